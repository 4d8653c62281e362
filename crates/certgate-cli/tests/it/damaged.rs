//! Folders that may not be written, that hold what is none of ours, or whose key is damaged.

use std::{
    fs,
    io::Write,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown, symlink},
        process::CommandExt,
    },
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, arguments, command, exit, serve, stderr};

/// What this user may not write is no bad usage, whichever command is to write it.
#[test]
fn a_folder_that_may_not_be_written() {
    let home = tempfile::tempdir().unwrap();
    let is_root = fs::metadata(home.path()).unwrap().uid() == 0;
    let (_, server) = serve(Settings::default());
    let run = |words: &[&str]| {
        let words = arguments(home.path(), &server, "json", words);
        let mut command = command(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
        command.current_dir(home.path()).env("TMPDIR", home.path());
        // Root may write all.
        if is_root {
            chown(home.path(), Some(65534), Some(65534)).unwrap();
            command.uid(65534).gid(65534);
        }
        command.output()
    };
    let order = ["reissue", "571", "--new-key", "--out", "certs/live"];
    let Ok(first) = run(&order) else {
        std::io::stderr()
            .write_all(b"nobody may not run this: a_folder_that_may_not_be_written was left out\n")
            .unwrap();
        return;
    };
    assert_eq!(exit(&first), 0, "{}", stderr(&first));
    assert_eq!(exit(&run(&[&order[..], &["--deploy-hook", "test -e good"]].concat()).unwrap()), 11);
    fs::write(home.path().join("good"), "").unwrap();
    let live = home.path().join("certs/live");
    let current = fs::read_link(live.join("current")).unwrap();
    let _ = fs::remove_file(live.join(".lock"));
    for folder in [&live, &live.join("sets")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    for words in [&["rollback", "certs/live"][..], &["renew-due", "certs"], &["resume"]] {
        let output = run(words).unwrap();
        assert_eq!(exit(&output), 12, "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("certs/live/.lock: Permission denied"), "{words:?}: {}", stderr(&output));
        assert_eq!(fs::read_link(live.join("current")).unwrap(), current);
    }
    fs::set_permissions(&live, fs::Permissions::from_mode(0o755)).unwrap();
    for words in [&["renew-due", "certs"][..], &["rollback", "certs/live"]] {
        let output = run(words).unwrap();
        assert_eq!(exit(&output), 0, "{words:?}: {}", stderr(&output));
    }
}

/// What somebody else put beside the sets is none of them, whatever it is called.
#[test]
fn what_is_no_set() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let order = ["reissue", "571", "--new-key", "--out", "certs/live", "--keep", "1"];
        here.ends(&order, 0);
        let sets = here.path("certs/live/sets");
        let strays = ["#notes", "000000-notes", "000009-notes", "notes"];
        for stray in strays {
            fs::write(sets.join(stray), "").unwrap();
        }
        symlink("..", sets.join("000008-link")).unwrap();
        fs::create_dir(sets.join("old")).unwrap();
        here.ends(&order, 0);
        here.ends(&order, 0);
        let (document, _) = here.run(&["rollback", "certs/live", "--list"], 0);
        let names: Vec<&str> =
            document["sets"].as_array().unwrap().iter().map(|set| set["set"].as_str().unwrap()).collect();
        assert_eq!(names.iter().map(|name| &name[..6]).collect::<Vec<_>>(), ["000002", "000003"]);
        let before = sets.join(names[0]);
        for lost in [false, true] {
            if lost {
                fs::remove_file(here.path("certs/live/current")).unwrap();
            }
            here.run(&["rollback", "certs/live"], 0);
            assert_eq!(here.path("certs/live/current").canonicalize().unwrap(), before.canonicalize().unwrap());
        }
        assert!(strays.iter().all(|stray| sets.join(stray).exists()) && sets.join("old").exists());
        here.run(&["renew-due", "certs"], 8);
    }
}
