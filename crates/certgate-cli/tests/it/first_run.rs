//! What somebody meets who has just got certgate: the first screen, help, the demo, a profile.

use std::{
    fs,
    process::{Command, Stdio},
};

use pretty_assertions::assert_eq;

use crate::support::binary::{
    bare, certgate, ended, exit, json, mode, serve, stderr, stdout, told_on_stdin, until, within,
};
use certgate_simulator::Settings;

#[test]
fn the_name_alone_says_what_to_try() {
    let output = certgate(&[], "");
    assert_eq!((exit(&output), stderr(&output).as_str()), (0, ""));
    let screen = stdout(&output);
    assert!(screen.lines().count() <= 12, "{screen}");
    for command in ["certgate demo", "certgate config init", "certgate list", "certgate reissue", "certgate renew-due"]
    {
        assert!(screen.contains(command), "{command}: {screen}");
    }
    let home = tempfile::tempdir().unwrap();
    let list = bare(home.path()).arg("list").output().unwrap();
    assert_eq!(exit(&list), 4);
    assert!(stderr(&list).contains("`certgate config init`"), "{}", stderr(&list));
}

#[test]
fn options_of_every_command_stand_in_one_place() {
    let global = stdout(&certgate(&["help", "options"], ""));
    assert!(
        global.contains("--transport") && global.contains("--unchanged-ok") && !global.contains("--csr"),
        "{global}"
    );
    for arguments in
        [&["reissue", "--help"][..], &["help", "reissue"], &["reissue", "-h"], &["poll", "next", "-h"], &["--help"]]
    {
        let help = stdout(&certgate(arguments, ""));
        assert!(!help.contains("--transport <"), "{arguments:?}: {help}");
    }
    assert_eq!(stdout(&certgate(&["help", "reissue"], "")), stdout(&certgate(&["reissue", "--help"], "")));
    let all = stdout(&certgate(&["help"], ""));
    assert!(all.contains("The certificates of a company:\n  adopt "), "{all}");
    assert_eq!(all, stdout(&certgate(&["--help"], "")));
    // What the environment holds is shown to nobody.
    let home = tempfile::tempdir().unwrap();
    let output = bare(home.path()).args(["help", "options"]).env("CERTGATE_USER", "somebody").output().unwrap();
    assert_eq!(stdout(&output), global);
    let short = stdout(&certgate(&["reissue", "-h"], ""));
    assert!(short.contains("--new-key") && !short.contains("--store-pass-command"), "{short}");
    let output = certgate(&["help", "nosuch"], "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("`nosuch`: no such command; expected reissue"), "{}", stderr(&output));
}

#[test]
fn options_are_understood_as_people_type_them() {
    for arguments in
        [["tasks", "-o", "json"].as_slice(), &["tasks", "--json"], &["--json", "tasks"], &["tasks", "--output", "json"]]
    {
        assert_eq!(json(&certgate(arguments, ""))["schema"], 1, "{arguments:?}");
    }
    // What cannot be read is a document too.
    assert_eq!(json(&certgate(&["nosuch", "--json"], ""))["error"]["kind"], "usage");
    let quiet = certgate(&["resume", "-q", "--sandbox"], "");
    assert_eq!((exit(&quiet), stderr(&quiet).as_str()), (8, ""));
}

#[test]
fn the_demo_shows_each_command_and_runs_it() {
    for transport in ["xml", "json"] {
        let output = ended(certgate(&["demo", "--transport", transport], ""), 0);
        let shown = stdout(&output);
        for line in [
            "$ certgate list",
            "$ certgate plan",
            "$ certgate reissue 571 --new-key --out example.com",
            "ok name: example.com",
            "$ certgate rollback example.com",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
        }
    }
    let steps = json(&certgate(&["demo", "--json"], ""));
    let steps = steps["steps"].as_array().unwrap();
    assert!(steps.len() >= 5 && steps.iter().all(|step| step["exit"] == 0), "{steps:#?}");
}

/// What it is run with is nobody else's, whatever the umask.
#[cfg(unix)]
#[test]
fn the_demos_files_are_its_own() {
    let home = tempfile::tempdir().unwrap();
    let mut demo = within(home.path(), Command::new("sh"));
    demo.args(["-c", "umask 000; exec \"$0\" demo --output json", env!("CARGO_BIN_EXE_certgate")]);
    let mut demo = demo.env("TMPDIR", home.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut modes = None;
    until("it has its files or has ended", || {
        // Beside its folder is the one that its commands share.
        let mut folders = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path());
        let folder = folders.find(|folder| folder.join("certificates.toml").exists());
        modes = folder.map(|folder| ["", "config.toml", "certificates.toml"].map(|name| mode(&folder.join(name))));
        modes.is_some() || demo.try_wait().unwrap().is_some()
    });
    assert_eq!(modes, Some([0o700, 0o600, 0o600]));
    assert!(demo.wait().unwrap().success());
}

#[test]
fn a_profile_is_written_and_looked_at() {
    let (_gateway, server) = serve(Settings::default());
    for (transport, endpoint) in [("xml", server.xml_endpoint()), ("json", server.json_endpoint())] {
        let home = tempfile::tempdir().unwrap();
        let init = |arguments: &[&str], password: &str| {
            let mut command = bare(home.path());
            command.args(["config", "init", "--transport", transport, "--endpoint", &endpoint]).args(arguments);
            told_on_stdin(&mut command, password)
        };
        // Nobody can be asked: what is missing is said, and nothing is written.
        let output = init(&[], "");
        assert_eq!(exit(&output), 2);
        assert!(stderr(&output).contains("User: nobody can be asked here: give --user"), "{}", stderr(&output));
        let output = init(&["--user", "user", "--context", "9", "--password-stdin"], "");
        assert_eq!((exit(&output), stderr(&output).trim()), (2, "certgate: the password: it is empty"));
        assert!(!home.path().join(".config").exists());

        let output = ended(init(&["--user", "user", "--context", "9", "--password-stdin"], "password\n"), 0);
        assert!(
            stdout(&output).contains(&format!("user@9 is let in by {endpoint} over {transport}")),
            "{}",
            stdout(&output)
        );
        assert!(stdout(&output).contains("ok clock"), "{}", stdout(&output));
        let hello = json(&bare(home.path()).args(["hello", "--output", "json"]).output().unwrap());
        let said = ["user", "context", "gateway", "protocol"].map(|name| hello[name].as_str().unwrap());
        assert_eq!(said, ["user", "9", &endpoint, transport]);
        let folder = home.path().join(".config/certgate");
        assert!(stderr(&output).contains(&folder.join("config.toml").display().to_string()));
        let profile = fs::read_to_string(folder.join("config.toml")).unwrap();
        assert!(profile.contains("user = \"user\"") && !profile.contains("\"password\""), "{profile}");
        #[cfg(unix)]
        for file in ["config.toml", "live.password"] {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777, 0o600, "{file}");
        }

        // What is there is not written over; another profile comes beside it.
        let output = init(&["--user", "other", "--context", "9", "--password-stdin"], "x");
        assert_eq!(exit(&output), 2);
        assert!(stderr(&output).contains("the profile `live` is there already"), "{}", stderr(&output));
        let output =
            init(&["--profile", "team", "--user", "user", "--context", "9", "--password-command", "echo wrong"], "");
        assert_eq!(exit(&output), 4, "{}", stderr(&output));
        let both = fs::read_to_string(folder.join("config.toml")).unwrap();
        assert!(
            both.starts_with(&profile) && both.contains("[team]") && both.contains("password_command = \"echo wrong\""),
            "{both}"
        );
    }
}

/// What is given with the account is in the profile; what no profile holds is refused.
#[test]
fn no_option_of_a_profile_is_lost() {
    let home = tempfile::tempdir().unwrap();
    let (_gateway, server) = serve(Settings::default());
    let endpoint = server.xml_endpoint();
    let init = |more: &[&str]| {
        let account =
            ["config", "init", "--transport", "xml", "--endpoint", &endpoint, "--user", "user", "--context", "9"];
        let all = [&account[..], &["--password-command", "echo password"], more].concat();
        bare(home.path()).args(all).output().unwrap()
    };
    for lost in [
        &["--store", "x.sqlite"][..],
        &["--ctid", "1"],
        &["--demo"],
        &["--session"],
        &["--record", "tape"],
        &["--sandbox"],
    ] {
        let output = init(lost);
        let said = stderr(&output);
        assert!(exit(&output) == 2 && said.contains(&format!("no profile holds {}", lost[0])), "{said}");
    }
    assert!(!home.path().join(".config/certgate/config.toml").exists());
    let output =
        init(&["--owner", "customer", "--owner-context", "9", "--language", "de", "--time-zone", "Europe/London"]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    let written = fs::read_to_string(home.path().join(".config/certgate/config.toml")).unwrap();
    for line in ["owner = \"customer\"", "owner_context = 9", "language = \"de\"", "time_zone = \"Europe/London\""] {
        assert!(written.lines().any(|there| there == line), "{line}: {written}");
    }
}

#[test]
fn a_refusal_says_what_is_wrong_and_what_to_do() {
    let wrong_password =
        "user or password are wrong: `certgate config show` says where user, password and context come from";
    for (arguments, code, advice) in [
        (
            &["info", "572"][..],
            3,
            "there is no certificate 572 in this account: `certgate list` shows those that there are",
        ),
        (
            &["contact", "info", "7"],
            3,
            "there is no contact 7 in this account: `certgate contact list` shows those that there are",
        ),
        (
            &["job", "info", "77"],
            3,
            "no job 77 is running: it is over, or there never was one: `certgate job list` shows those that run, with --history those that are over",
        ),
        (&["hello"], 4, wrong_password),
    ] {
        let (_gateway, server) = serve(Settings::default());
        for (transport, endpoint) in [("xml", server.xml_endpoint()), ("json", server.json_endpoint())] {
            let home = tempfile::tempdir().unwrap();
            let mut command = crate::support::binary::command(home.path(), arguments);
            command.args(["--transport", transport, "--endpoint", &endpoint, "--output", "json"]);
            if code == 4 {
                command.env("CERTGATE_PASSWORD", "wrong");
            }
            let output = ended(command.output().unwrap(), code);
            assert_eq!(stderr(&output).trim_end().lines().last(), Some(advice));
            assert_eq!(json(&output)["error"]["advice"], advice);
        }
    }
    // An address at which nothing of the kind is.
    let (_gateway, server) = serve(Settings::default());
    let nowhere = server.json_endpoint().replace("/v1", "/nowhere");
    let output = certgate(&["info", "571", "--endpoint", &nowhere], "");
    assert!(stderr(&output).contains("is /v1 missing?"), "{}", stderr(&output));
}

/// Those that need no account; that all are command lines is tested where they stand.
#[cfg(unix)]
#[test]
fn examples_of_the_help_run() {
    let page =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/reference/commands.md")).unwrap();
    // A line that is broken goes on in the next one.
    let lines = page.replace("\\\n", "").replace(" |\n", " | ");
    let home = tempfile::tempdir().unwrap();
    fs::copy(crate::support::binary::csr(), home.path().join("example.com.csr")).unwrap();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_certgate")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut count = 0;
    for example in
        lines.lines().filter(|line| line.starts_with("  ") && line.contains("certgate ") && line.contains("--sandbox"))
    {
        if example.contains("serve ") {
            continue;
        }
        let mut shell = crate::support::binary::within(home.path(), std::process::Command::new("sh"));
        let output = shell.args(["-c", example]).current_dir(home.path()).env("PATH", &path).output().unwrap();
        // The embedded gateway begins anew with each: there may be nothing to do.
        assert!(matches!(output.status.code(), Some(0 | 8)), "{example}: {}", stderr(&output));
        count += 1;
    }
    assert!(count > 10, "{count} examples");
}
