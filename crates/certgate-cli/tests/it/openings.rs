//! A command opens the store once: each opening takes a lock and examines every order.

use std::{fs, mem::MaybeUninit, path::Path};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use serde_json::Value;

use crate::support::binary::{Here, csr};

/// How often that file was opened while a command ran, and what the command printed.
fn openings(store: &Path, run: impl FnOnce() -> Value) -> (usize, Value) {
    let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, store.parent().unwrap(), WatchFlags::OPEN).unwrap();
    let document = run();
    let name = store.file_name().unwrap().as_encoded_bytes();
    let mut buffer = [MaybeUninit::uninit(); 1 << 14];
    let mut events = Reader::new(&watch, &mut buffer);
    let mut count = 0;
    while let Ok(event) = events.next() {
        count += usize::from(event.file_name().is_some_and(|opened| opened.to_bytes() == name));
    }
    (count, document)
}

#[test]
fn a_command_opens_the_store_once_at_most() {
    let csr = csr();
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let store = here.path("orders").join("store.sqlite");
        fs::create_dir(store.parent().unwrap()).unwrap();
        let at = store.display().to_string();
        let batch = here.path("batch.toml").display().to_string();
        fs::write(&batch, format!("[[order]]\naction = \"renew\"\nid = 572\ncsr = \"{csr}\"\n")).unwrap();
        let spool = here.path("spool").display().to_string();
        let counted = |command: &[&str]| {
            let command: Vec<&str> = command.iter().copied().chain(["--store", &at]).collect();
            openings(&store, || here.told(&command).1)
        };
        // Made with the first order, which is opened once more by the look whether it is there.
        counted(&["reissue", "571", "--csr", &csr, "--no-wait"]);
        let orders = ["orders", "--unfinished"];
        let (count, document) = counted(&orders);
        assert_eq!(count, 1, "{transport}: {orders:?}");
        let id = document["orders"][0]["order"]["id"].as_str().unwrap().to_owned();
        for (command, expected) in [
            (&["orders", "show", &id][..], 1),
            (&["orders", "export"], 1),
            (&["orders", "adopt", &id, "--job", "1"], 1),
            (&["orders", "abandon", &id, "--yes"], 1),
            (&["resume", &id], 1),
            (&["resume"], 1),
            (&["renew", "571", "--csr", &csr], 1),
            (&["batch", &batch], 1),
            (&["status", "."], 1),
            (&["renew-due", "."], 1),
            (&["poll", "drain", "--to", &spool], 1),
            (&["revoke", "574", "--serial", "01", "--yes"], 1),
            (&["delete", "574", "--yes"], 1),
            (&["doctor"], 1),
            (&["store", "status"], 1),
            // What orders nothing and stores nothing does without.
            (&["info", "571"], 0),
            (&["list"], 0),
            (&["hello"], 0),
            (&["poll", "next"], 0),
        ] {
            let (count, document) = counted(command);
            assert_eq!(count, expected, "{transport}: {command:?}: {document}");
        }
    }
}
