//! `certgate serve simulator`: a world over restarts, and how it ends.

use std::fs;

use pretty_assertions::assert_eq;

use crate::support::{
    binary::{certgate, certgate_in, csr, exit, fast, json, stderr},
    serving::Serving,
};

#[test]
fn an_order_is_carried_on_with_a_simulator_that_was_started_anew() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state.json").display().to_string();
    let config = fast(home.path());
    // Ctrl-C and SIGKILL leave the same.
    for kill in [false, true] {
        let mut simulator = Serving::start(&["simulator", "--state", &state, "--job-time", "3600"]);
        let arguments = ["reissue", "571", "--csr", &csr(), "--no-wait", "--config", &config, "--transport", "xml"];
        let more = ["--endpoint", &simulator.endpoint, "--output", "json"];
        let output = certgate_in(home.path(), &[&arguments[..], &more].concat(), "");
        assert_eq!(exit(&output), 6, "{}", stderr(&output));
        if kill {
            simulator.child.kill().unwrap();
            simulator.child.wait().unwrap();
        } else {
            assert_eq!(simulator.interrupted(), 0, "{}", simulator.stderr());
        }

        let simulator = Serving::start(&["simulator", "--state", &state]);
        let order = json(&output)["order"]["job"]["id"].clone();
        let out = home.path().join("out").display().to_string();
        let arguments = ["resume", &order.to_string(), "--certificate", "571", "--csr", &csr(), "--out", &out];
        let more = ["--config", &config, "--transport", "xml", "--endpoint", &simulator.endpoint, "--output", "json"];
        let output = certgate_in(tempfile::tempdir().unwrap().path(), &[&arguments[..], &more].concat(), "");
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert_eq!(json(&output)["order"]["state"], "done");
    }
}

#[test]
fn a_damaged_state_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("state.json");
    for (text, said) in [("{\"schema\":1", "EOF"), ("{\"schema\":2}", "a newer one wrote it")] {
        fs::write(&state, text).unwrap();
        let path = state.display().to_string();
        let output = certgate(&["serve", "simulator", "--listen", "127.0.0.1:0", "--state", &path], "");
        assert_eq!(exit(&output), 2, "{}", stderr(&output));
        let shown = stderr(&output);
        assert!(shown.contains(&format!("--state {path}: ")) && shown.contains(said), "{shown}");
        assert_eq!(fs::read_to_string(&state).unwrap(), text);
    }
}

#[test]
fn an_account_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let account = home.path().join("account.toml");
    fs::write(&account, "user = \"u\"\npassword = \"s3cret\"\ncontext = 9\n").unwrap();
    fs::set_permissions(&account, fs::Permissions::from_mode(0o644)).unwrap();
    let output = certgate(&["serve", "simulator", "--account-file", &account.display().to_string()], "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("it holds a password and others can read it ("), "{}", stderr(&output));
}
