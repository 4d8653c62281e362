//! What is written has its mode, whatever the umask.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Output},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};
use pretty_assertions::assert_eq;

use crate::support::binary::{
    Here, arguments, csr, ended, exit, fixture, mode, serve, stderr, with_account, within, write_batch,
};

/// The binary in that folder, started with that umask.
fn under(umask: &str, home: &Path, arguments: &[&str]) -> Output {
    let mut command = with_account(within(home, Command::new("sh")));
    command.args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask, env!("CARGO_BIN_EXE_certgate")]);
    command.args(arguments).current_dir(home).output().unwrap()
}

/// Everything below a folder.
fn all_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.is_symlink() {
            found.extend(all_below(&path));
        }
        found.push(path);
    }
    found
}

/// What others may read: certificates, and the folders that lead to them where there is no key, or where their owner lets others in.
const PUBLIC: [&str; 17] = [
    "cert.pem",
    "chain.pem",
    "fullchain.pem",
    "about.json",
    ".about.json",
    "plain",
    "plain/sets",
    "open",
    "open/sets",
    "open/sets/*",
    "out",
    "out/*",
    "c.csr",
    "request.pem",
    // The test's own.
    "batch.csv",
    "host-000000.example.org.csr",
    "host-000001.example.org.csr",
];

fn is_public(path: &Path) -> bool {
    let is = |pattern: &str| match pattern.strip_suffix("/*") {
        Some(folder) => path.parent().is_some_and(|parent| parent.ends_with(folder)),
        None => path.ends_with(pattern),
    };
    PUBLIC.into_iter().any(is)
}

/// The sandbox's own store lets nobody else in, and so it can be used.
#[test]
fn a_sandbox_where_everybody_may_write() {
    let home = tempfile::tempdir().unwrap();
    ended(under("000", home.path(), &["reissue", "571", "--csr", &csr(), "--sandbox"]), 0);
}

/// Of all that is left behind nothing can be written by others, and only certificates can be read by them.
#[test]
fn modes_whatever_the_umask() {
    for umask in ["000", "022", "077"] {
        let home = tempfile::tempdir().unwrap();
        let inside = |path: &str| home.path().join(path);
        let faults = vec![Fault::Html200(Some(TaskKind::ContactList))];
        let settings = Settings { foreign_first: 1, more_certificates: 2, faults, ..Settings::default() };
        let (_gateway, server) = serve(settings);
        let batch = write_batch(home.path(), 2);
        // Services enter a folder that its owner lets them into.
        fs::create_dir(inside("open")).unwrap();
        fs::set_permissions(inside("open"), fs::Permissions::from_mode(0o755)).unwrap();
        let csr = csr();
        let runs: &[(&[&str], i32)] = &[
            (&["poll", "drain", "--to", "messages/b"], 0),
            (
                &[
                    "reissue",
                    "571",
                    "--new-key",
                    "--out",
                    "live",
                    "--spool",
                    "spool/a",
                    "--record",
                    "tape",
                    "--trace",
                    "trace",
                ],
                0,
            ),
            (&["reissue", "571", "--csr", &csr, "--out", "plain"], 0),
            (&["reissue", "571", "--new-key", "--out", "open", "--pkcs12", "--store-pass-command", "echo password"], 0),
            (&["reissue", "571", "--new-key", "--out", "later", "--no-wait"], 6),
            (&["replay", "check", "tape", "--html", "tape.html", "--junit", "tape.xml"], 0),
            (&["batch", &batch, "--report", "report.jsonl", "--foreign", "leave"], 0),
            (&["csr", "new", "--name", "example.com", "--key-out", "k.key", "--out", "c.csr"], 0),
            (&["contact", "list"], 7),
            (&["config", "init", "--profile", "team", "--password-command", "echo password"], 0),
        ];
        for (words, expected) in runs {
            let words = arguments(home.path(), &server, "json", words);
            fs::set_permissions(inside("config.toml"), fs::Permissions::from_mode(0o600)).unwrap();
            let output = under(umask, home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(exit(&output), *expected, "umask {umask}, {words:?}: {}", stderr(&output));
        }
        let set = |folder: &str| fs::canonicalize(inside(folder).join("current")).unwrap();
        for (path, expected) in [
            (inside("live"), 0o700),
            (inside("live/sets"), 0o700),
            (set("live"), 0o700),
            (set("live").join("key.pem"), 0o600),
            (set("live").join("combined.pem"), 0o600),
            (set("live").join("cert.pem"), 0o644),
            (inside("open"), 0o755),
            (inside("open/sets"), 0o755),
            (set("open"), 0o755),
            (set("open").join("key.pem"), 0o600),
            (set("open").join("bundle.p12"), 0o600),
            (set("open").join("fullchain.pem"), 0o644),
            (inside("later/pending"), 0o700),
            (inside("later/pending/key.pem"), 0o600),
            (inside("plain"), 0o755),
            (inside("plain/cert.pem"), 0o644),
            (inside("spool"), 0o700),
            (inside("spool/a"), 0o700),
            (inside("messages"), 0o700),
            (inside("messages/b"), 0o700),
            (inside("tape"), 0o700),
            (inside("tape/tape.jsonl"), 0o600),
            (inside("trace"), 0o600),
            (inside("tape.html"), 0o600),
            (inside("tape.xml"), 0o600),
            (inside("report.jsonl"), 0o600),
            (inside("k.key"), 0o600),
            (inside("config.toml"), 0o600),
            (inside(".local/share/certgate"), 0o700),
            (inside(".local/share/certgate/store.sqlite"), 0o600),
        ] {
            assert_eq!(format!("{:o}", mode(&path)), format!("{expected:o}"), "umask {umask}: {}", path.display());
        }
        let all = all_below(home.path());
        assert!(all.iter().any(|path| path.display().to_string().contains("certgate-undecodable-")), "{all:?}");
        for path in all.iter().filter(|path| !path.is_symlink()) {
            let others = if is_public(path) { 0o022 } else { 0o077 };
            assert_eq!(mode(path) & others, 0, "umask {umask}: {} is {:o}", path.display(), mode(path));
        }
    }
}

/// Who may enter the certificate's folder by its group reads from it afterwards, too.
#[test]
fn a_folder_that_a_group_may_enter() {
    const GROUP: u32 = 1;
    let is_root = rustix::process::geteuid().is_root();
    for (folder_mode, has_files) in [(0o750, true), (0o2750, true), (0o750, false), (0o2750, false), (0o755, false)] {
        let here = Here::new("json", Settings::default());
        let live = here.path("live");
        fs::create_dir(&live).unwrap();
        if has_files {
            for (name, text) in [("cert.pem", "_keys/chain.pem"), ("key.pem", "_keys/p256-sec1.pem")] {
                fs::copy(fixture(text), live.join(name)).unwrap();
                fs::set_permissions(live.join(name), fs::Permissions::from_mode(0o640)).unwrap();
            }
        }
        if is_root {
            for path in [live.clone(), live.join("cert.pem"), live.join("key.pem")] {
                let _ = chown(path, None, Some(GROUP));
            }
            fs::set_permissions(here.home.path(), fs::Permissions::from_mode(0o711)).unwrap();
        }
        fs::set_permissions(&live, fs::Permissions::from_mode(folder_mode)).unwrap();
        let like = |path: &Path| {
            let found = fs::metadata(path).unwrap();
            (found.uid(), found.gid(), format!("{:o}", found.mode() & 0o7777))
        };
        for _ in 0..2 {
            here.ends(&["reissue", "571", "--new-key", "--out", "live"], 0);
            for path in [live.join("sets"), fs::canonicalize(live.join("current")).unwrap()] {
                assert_eq!(like(&path), like(&live), "{}", path.display());
            }
            if is_root {
                let read = Command::new("cat").arg(live.join("cert.pem")).uid(GROUP).gid(GROUP).output().unwrap();
                assert!(read.stdout.starts_with(b"-----BEGIN CERTIFICATE"), "{}", stderr(&read));
            }
        }
    }
}

/// Who reads by a group that nothing can be given to would read nothing any more: that is found before the order, whoever runs it.
#[test]
fn a_group_that_nothing_can_be_given_to() {
    const GROUP: u32 = 1;
    const USER: u32 = 4321;
    const ROOT: u32 = 0;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    if !Command::new("setpriv").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("left out: setpriv is not installed");
        return;
    }
    let nobody: &[&str] = &["--reuid=4321", "--regid=4321", "--clear-groups"];
    let member: &[&str] = &["--reuid=4321", "--regid=4321", "--groups=1"];
    // Root of a container that gives no files away.
    let contained: &[&str] = &["--bounding-set=-chown", "--inh-caps=-chown"];
    let group = "the group daemon reads it (mode";
    let user = "the user daemon reads it (mode 600)";
    // The mode of the folder, owner and mode of the key in it, who runs it, with what, and what is missing.
    for (folder_mode, key, with, options, missing) in [
        (0o750, None, nobody, &[][..], Some(group)),
        (0o755, None, nobody, &[], None),
        (0o755, Some((USER, 0o640)), nobody, &[], Some(group)),
        (0o750, None, contained, &[], Some(group)),
        (0o755, None, contained, &[], None),
        // What is made in such a folder has its group whoever makes it.
        (0o2750, None, nobody, &[], None),
        (0o2755, Some((USER, 0o640)), nobody, &[], None),
        // Who is in the group gives it what was another user's.
        (0o750, Some((ROOT, 0o640)), member, &[], None),
        (0o750, Some((1, 0o600)), member, &[], Some(user)),
        (0o755, None, nobody, &["--file-owner", "daemon"], Some(user)),
    ] {
        let here = Here::new("json", Settings::default());
        let live = here.path("live");
        fs::create_dir(&live).unwrap();
        let reissue = ["reissue", "571", "--new-key", "--out", "live"];
        let words = arguments(here.home.path(), &here.server, "json", &[&reissue, options].concat());
        let owner = if with == contained { None } else { Some(USER) };
        for path in [here.home.path(), &live] {
            chown(path, owner, Some(GROUP)).unwrap();
        }
        fs::set_permissions(&live, fs::Permissions::from_mode(folder_mode)).unwrap();
        if let Some((user, mode)) = key {
            fs::copy(fixture("_keys/p256-sec1.pem"), live.join("key.pem")).unwrap();
            chown(live.join("key.pem"), Some(user), Some(GROUP)).unwrap();
            fs::set_permissions(live.join("key.pem"), fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut command = within(here.home.path(), Command::new("setpriv"));
        command.args(with).arg(env!("CARGO_BIN_EXE_certgate"));
        let output = with_account(command).args(&words).current_dir(here.home.path()).output().unwrap();
        let case = format!("{folder_mode:o} {key:?} {with:?} {options:?}: {}", stderr(&output));
        let code = if missing.is_some() { 12 } else { 0 };
        assert_eq!((exit(&output), here.orders()), (code, usize::from(code == 0)), "{case}");
        if let Some(missing) = missing {
            assert!(stderr(&output).contains(missing), "{case}");
            assert_eq!(here.gateway.counts().requests, 0, "{case}");
            assert!(!live.join("sets").exists(), "{case}");
            continue;
        }
        let group_and_mode =
            |path: &str| fs::metadata(live.join(path)).map(|is| (is.gid(), is.mode() & 0o777)).unwrap();
        if folder_mode & 0o777 != 0o755 {
            for set in ["sets", "current/"] {
                assert_eq!(group_and_mode(set), (GROUP, folder_mode & 0o777), "{set} {case}");
            }
        }
        if let Some((_, mode)) = key {
            assert_eq!(group_and_mode("current/key.pem"), (GROUP, mode), "{case}");
        }
    }
}

/// Whose a folder is, is known by what is declared, too, where nothing notes it any more.
#[test]
fn a_declared_owner_is_one_where_nothing_notes_it() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let file = "[[certificate]]\nid = 571\nout = \"live\"\nfile_owner = \"4321\"\n";
    fs::write(here.path("certificates.toml"), file).unwrap();
    here.ends(&["apply", "certificates.toml"], 0);
    let live = here.path("live");
    chown(&live, Some(4321), None).unwrap();
    fs::remove_file(live.join("current/about.json")).unwrap();
    let row = here.run(&["plan", "certificates.toml"], 0).0["plan"][0].clone();
    assert_ne!(row["action"], "error", "{row}");
    here.ends(&["apply", "certificates.toml"], 0);
    here.ends(&["plan", "certificates.toml"], 8);
}

/// Another name of a file in place, a hard link, keeps the earlier certificate: that is said, once.
#[test]
fn a_file_that_has_another_name() {
    let csr = csr();
    for order in [&["--new-key"][..], &["--csr", &csr]] {
        let here = Here::new("json", Settings::default());
        fs::create_dir(here.path("live")).unwrap();
        fs::copy(fixture("_keys/chain.pem"), here.path("live/cert.pem")).unwrap();
        fs::hard_link(here.path("live/cert.pem"), here.path("web.crt")).unwrap();
        let words = [&["reissue", "571", "--out", "live"], order].concat();
        let said =
            "certgate: warning: live/cert.pem had another name, a hard link, which still leads to the file of before";
        assert_eq!(stderr(&here.ends(&words, 0)).matches(said).count(), 1, "{order:?}");
        assert_ne!(here.read("live/cert.pem"), here.read("web.crt"));
        assert!(!stderr(&here.ends(&words, 0)).contains("another name"), "{order:?}");
    }
}
