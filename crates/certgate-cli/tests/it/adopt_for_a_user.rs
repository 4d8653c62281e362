//! Folders of a service's user, taken under care for that user.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::Path,
};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::{
    adopt::{issued, lay, public_key},
    support::{
        binary::{Here, exit, json, not_as_root},
        tls_server::has_openssl,
    },
};

const NOBODY: u32 = 65534;
const OTHER: u32 = 65533;

type Layout = [(&'static str, &'static str); 2];
const LAYOUTS: [Layout; 2] =
    [[("fullchain.pem", "site.crt"), ("key.pem", "site.key")], [("cert.pem", "cert.pem"), ("key.pem", "key.pem")]];

/// A pair in a folder of that user, which no other may enter.
fn laid(here: &Here, home: &Path, layout: Layout, user: u32) {
    let (from, site) = (issued(here.home.path(), &here.server, "a.example"), home.join("ow/e2"));
    for (part, name) in layout {
        lay(&from, &[part], &site.join(name), 0o640);
        chown(site.join(name), Some(user), Some(user)).unwrap();
    }
    chown(&site, Some(user), Some(user)).unwrap();
}

fn is_root(here: &Here) -> bool {
    fs::metadata(here.home.path()).unwrap().uid() == 0
}

/// What is below a folder, and what leads where.
fn listed(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut listed: Vec<String> =
        entries.map(|path| format!("{} {:?}", path.display(), path.read_link().ok())).collect();
    listed.sort();
    listed
}

#[test]
fn root_takes_it_over_for_its_user_alone() {
    for (transport, layout) in ["xml", "json"].into_iter().zip(LAYOUTS) {
        let here = Here::new(transport, Settings::default());
        if !has_openssl() || !is_root(&here) {
            return;
        }
        laid(&here, here.home.path(), layout, NOBODY);
        let (site, key) = (here.path("ow/e2"), here.path("ow/e2").join(layout[1].1));
        let before = listed(&site);
        let adopt = |more: &[&'static str]| [&["adopt", "ow/e2"][..], more].concat();
        for rehearsed in [&["--dry-run"][..], &[]] {
            for (options, expected) in [(&[][..], "root"), (&["--file-owner", "65533:65533"], "user 65533 or root")] {
                let (document, said) = here.run(&[&adopt(options)[..], rehearsed].concat(), 12);
                let text = document["certificates"][0]["text"].as_str().unwrap();
                let expected =
                    format!("expected {expected} as its owner: give --file-owner nobody if the files are that user's");
                assert!(text.contains("ow/e2: it belongs to nobody") && text.ends_with(&expected), "{text} {said}");
                assert_eq!(listed(&site), before, "{options:?}");
            }
        }
        let named = adopt(&["--file-owner", "nobody"]);
        here.run(&[&named[..], &["--dry-run"]].concat(), 0);
        assert_eq!(listed(&site), before);
        let shown = public_key(&key, false);
        let (document, _) = here.run(&named, 0);
        let folder = here.path(document["certificates"][0]["folder"].as_str().unwrap());
        let owners = || {
            let set = fs::canonicalize(folder.join("current")).unwrap();
            let owner = |path: &Path| fs::metadata(path).unwrap().uid();
            [&folder, &set, &set.join("key.pem"), &set.join("cert.pem")].map(|path| owner(path)) == [NOBODY; 4]
                && owner(&set.join("about.json")) == 0
        };
        assert!(owners() && public_key(&key, false) == shown, "{document}");
        // Whom it is for is remembered.
        here.run(&adopt(&[]), 8);
        here.run(&["renew-due", "ow", "--renew-before", "400d"], 0);
        let renewed = public_key(&key, false);
        assert!(owners() && renewed != shown && public_key(&site.join(layout[0].1), true) == renewed);
    }
}

/// To name its user helps nobody who is not root.
#[test]
fn who_is_not_root_takes_no_folder_of_another_user() {
    for layout in LAYOUTS {
        let here = Here::new("json", Settings::default());
        if !has_openssl() || !is_root(&here) {
            return;
        }
        let home = tempfile::tempdir().unwrap();
        laid(&here, home.path(), layout, OTHER);
        let site = home.path().join("ow/e2");
        for (_, name) in layout {
            chown(site.join(name), Some(OTHER), Some(NOBODY)).unwrap();
        }
        let before = listed(&site);
        for options in [&[][..], &["--file-owner", "65533:65533"]] {
            let command = [&["adopt", "ow/e2"][..], options].concat();
            let Ok(output) = not_as_root(home.path(), &here.server, "json", &command) else { return };
            let row = json(&output)["certificates"][0].clone();
            assert_eq!((exit(&output), row["kind"].as_str()), (12, Some("local")), "{row}");
            assert_eq!(listed(&site), before, "{options:?}: {row}");
        }
    }
}
