//! Messages of others in the account's queue are never lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test"
)]

#[path = "support/binary.rs"]
mod common;

use std::fs;

use certgate_simulator::Settings;
use common::{certgate, csr, endpoint, exit, json, serve, stderr};
use pretty_assertions::assert_eq;
use serde_json::Value;

#[test]
fn spool_stores_before_it_confirms() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        let (gateway, server) = serve(Settings { foreign_first: 2, ..Settings::default() });
        let output = certgate(
            &[
                "reissue",
                "571",
                "--csr",
                &csr(),
                "--transport",
                transport,
                "--endpoint",
                &endpoint(&server, transport),
                "--spool",
                &spool.display().to_string(),
            ],
            "",
        );
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert_eq!((gateway.counts().confirms, gateway.queue_len()), (3, 0));
        let mut files: Vec<_> = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), 2, "one file each, nothing of ours");
        let stored: Value = serde_json::from_str(&fs::read_to_string(&files[0]).unwrap()).unwrap();
        assert_eq!(stored["message"]["id"], 1_405_661);
        assert_eq!(stored["message"]["object"]["data"]["nserver"][1]["name"], "b.ns14.net");
        assert_eq!(stored["message"]["object"]["data"]["authinfo"], "S0Lygv+ZkNbniICm", "kept whole");
        assert!(stored["raw"].as_str().unwrap().contains("a.ns14.net"));
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&files[0]).unwrap().permissions()) & 0o777,
            0o600
        );
    }
}

#[test]
fn stop_and_leave_touch_nothing() {
    for transport in ["xml", "json"] {
        for (foreign, expected) in [("stop", 6), ("leave", 0)] {
            let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
            let at = endpoint(&server, transport);
            let output = certgate(
                &[
                    "reissue",
                    "571",
                    "--csr",
                    &csr(),
                    "--transport",
                    transport,
                    "--endpoint",
                    &at,
                    "--foreign",
                    foreign,
                    "--output",
                    "json",
                ],
                "",
            );
            assert_eq!(exit(&output), expected, "{foreign}: {}", stderr(&output));
            assert_eq!(gateway.counts().confirms, 0, "{foreign}");
            if foreign == "stop" {
                assert!(
                    json(&output)["error"]["text"].as_str().unwrap().contains("message 1405661 of somebody else's")
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_stored_is_not_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
    let spool = file.join("spool").display().to_string();
    let output = certgate(
        &[
            "reissue",
            "571",
            "--csr",
            &csr(),
            "--endpoint",
            &endpoint(&server, "json"),
            "--spool",
            &spool,
            "--output",
            "json",
        ],
        "",
    );
    assert_eq!(exit(&output), 6, "{}", stderr(&output));
    assert!(json(&output)["resume"].as_str().unwrap().starts_with("certgate resume "));
    assert_eq!((gateway.counts().confirms, gateway.queue_len()), (0, 2));
}
