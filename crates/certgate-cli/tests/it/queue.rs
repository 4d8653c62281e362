//! Messages of others in the account's queue are never lost.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use certgate_domain::{Protocol, TaskKind};
use certgate_server::{Caller, Handled, Handler};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use certgate_wire::Request;
use pretty_assertions::assert_eq;
use serde_json::{Value, json as value};

use crate::support::binary::{
    Here, certgate_in, command, csr, ended, endpoint, exit, fast, interrupt, json, serve, stderr, told, until,
};

#[test]
fn spool_stores_before_it_confirms() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 2, ..Settings::default() });
        here.ends(&["reissue", "571", "--csr", &csr(), "--spool", "spool"], 0);
        assert_eq!((here.gateway.counts().confirms, here.gateway.queue_len()), (3, 0));
        let mut files: Vec<_> = fs::read_dir(here.path("spool")).unwrap().map(|entry| entry.unwrap().path()).collect();
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
            let here = Here::new(transport, Settings { foreign_first: 1, ..Settings::default() });
            let (document, said) = here.run(&["reissue", "571", "--csr", &csr(), "--foreign", foreign], expected);
            assert_eq!(here.gateway.counts().confirms, 0, "{foreign}: {said}");
            let text = document["error"]["text"].as_str().unwrap_or_default();
            assert_eq!(text.contains("message 1405661 of somebody else's"), foreign == "stop", "{text}");
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
    let (csr, at) = (csr(), endpoint(&server, "json"));
    let run = |arguments: &[&str]| {
        let arguments = [arguments, &["--endpoint", &at, "--output", "json"]].concat();
        certgate_in(folder.path(), &arguments, "")
    };
    let output = run(&["reissue", "571", "--csr", &csr, "--spool", &spool]);
    assert_eq!((exit(&output), gateway.counts().requests), (2, 0), "{}", stderr(&output));
    assert_eq!(exit(&run(&["reissue", "571", "--csr", &csr, "--no-wait"])), 6);
    let output = ended(run(&["resume", "--spool", &spool]), 6);
    assert!(json(&output)["orders"][0]["resume"].as_str().unwrap().starts_with("certgate resume "));
    assert_eq!((gateway.counts().confirms, gateway.queue_len()), (0, 2));
}

fn drain(home: &Path, server: &Server, transport: &str, exec: &str) -> Output {
    let (at, config) = (endpoint(server, transport), fast(home));
    let arguments = ["poll", "drain", "--exec", exec, "--transport", transport, "--endpoint", &at, "--config", &config];
    certgate_in(home, &arguments, "")
}

/// A command takes each message once, in order; one that fails keeps the message and those behind it.
#[cfg(unix)]
#[test]
fn a_command_that_fails_keeps_the_message() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { foreign_first: 3, ..Settings::default() });
        let taken = home.path().join("taken");
        let exec = format!(
            "read -r line; printf '%s %s %s|%s\\n' \"$CERTGATE_STABLE_ID\" \"$CERTGATE_MESSAGE_ID\" \"$CERTGATE_KIND\" \"$line\" \
             >> {0} && test -z \"$CERTGATE_PASSWORD\" && [ \"$CERTGATE_STABLE_ID\" != msg-2 -o -e {0}.go ]",
            taken.display()
        );
        let output = ended(drain(home.path(), &server, transport, &exec), 10);
        assert!(stderr(&output).contains("message msg-2 was not taken: exit status: 1"), "{}", stderr(&output));
        // Those behind it wait at the gateway or in the store; none is lost.
        let lines = |path: &Path| -> Vec<String> {
            fs::read_to_string(path).unwrap().lines().map(|line| line.split('|').next().unwrap().to_owned()).collect()
        };
        assert_eq!(lines(&taken), ["msg-1 1405661 domain", "msg-2 1405662 domain"]);
        fs::write(home.path().join("taken.go"), "").unwrap();
        assert_eq!(exit(&drain(home.path(), &server, transport, &exec)), 0);
        assert_eq!(
            lines(&taken),
            ["msg-1 1405661 domain", "msg-2 1405662 domain", "msg-2 1405662 domain", "msg-3 1405663 domain"]
        );
        assert_eq!((gateway.queue_len(), gateway.counts().confirms), (0, 3));
        // The message itself comes on standard input.
        let text = fs::read_to_string(&taken).unwrap();
        let document: Value = serde_json::from_str(text.lines().next().unwrap().split_once('|').unwrap().1).unwrap();
        assert_eq!((&document["stableId"], &document["message"]["id"]), (&"msg-1".into(), &1_405_661.into()));
        assert_eq!(exit(&drain(home.path(), &server, transport, &exec)), 8, "nothing is left");
    }
}

/// It hands over what comes while it runs, rests, and ends with Ctrl-C.
#[cfg(unix)]
#[test]
fn follow_goes_on_until_it_is_told_to_stop() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let to = home.path().join("messages");
        let to_folder = to.display().to_string();
        let arguments = ["poll", "follow", "--interval", "1s", "--to", &to_folder];
        let common = ["--transport", transport, "--endpoint", &at, "--config", &config];
        let mut follow = command(home.path(), &[&arguments[..], &common].concat());
        let child = follow.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let files = || fs::read_dir(&to).map_or(0, Iterator::count);
        until("the first message is there", || files() == 1 && gateway.queue_len() == 0);
        gateway.push_foreign(2);
        until("those after it are there", || files() == 3 && gateway.queue_len() == 0);
        interrupt(&child);
        let output = ended(child.wait_with_output().unwrap(), 130);
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
    }
}

/// `--quiet` leaves errors only: a command that fails and is tried again is none.
#[cfg(unix)]
#[test]
fn follow_can_be_quiet() {
    for (quiet, warned) in [(&["--quiet"][..], false), (&[], true)] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
        let (at, config) = (endpoint(&server, "json"), fast(home.path()));
        let tried = home.path().join("tried");
        let exec = format!("echo >> {}; false", tried.display());
        let arguments = ["poll", "follow", "--interval", "1s", "--exec", &exec, "--endpoint", &at, "--config", &config];
        let mut follow = command(home.path(), &[&arguments, quiet].concat());
        let child = follow.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        until("it is tried twice", || fs::read_to_string(&tried).is_ok_and(|text| text.lines().count() == 2));
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(stderr(&output).contains("message msg-1 was not taken"), warned, "{}", stderr(&output));
    }
}

/// Another store took our message, or it stands behind one that nobody can decode: the job itself tells.
#[test]
fn a_message_that_never_comes_keeps_no_order() {
    std::thread::scope(|scope| {
        for (transport, taken) in [("xml", true), ("json", true), ("xml", false), ("json", false)] {
            scope.spawn(move || {
                let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                let faults = if taken { vec![] } else { vec![Fault::Html200(Some(TaskKind::PollInfo)); 100] };
                let job_time = Duration::from_secs(if taken { 4 } else { 0 });
                let (gateway, server) = serve(Settings { faults, job_time, foreign_first: 1, ..Settings::default() });
                let (at, config) = (endpoint(&server, transport), fast(home.path()));
                let common = ["--transport", transport, "--endpoint", &at, "--config", &config, "--output", "json"];
                let csr = csr();
                let order = ["reissue", "571", "--csr", &csr, "--timeout", "50s"];
                let mut run = command(home.path(), &[&order[..], &common].concat());
                let mut run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                if taken {
                    let to = other.path().join("messages").display().to_string();
                    until("it is ordered", || gateway.counts().orders == 1);
                    let follow = ["poll", "follow", "--interval", "1s", "--to", &to];
                    let mut follow = command(other.path(), &[&follow[..], &common].concat())
                        .stdout(Stdio::null())
                        .stderr(Stdio::null())
                        .spawn()
                        .unwrap();
                    run.wait().unwrap();
                    follow.kill().unwrap();
                    follow.wait().unwrap();
                }
                let output = run.wait_with_output().unwrap();
                assert_eq!(exit(&output), 0, "{transport} {taken}: {}", stderr(&output));
                assert_eq!(json(&output)["order"]["state"], "done");
                if !taken {
                    let kept = "its body, redacted, is in ";
                    assert_eq!(stderr(&output).matches(kept).count(), 1, "{}", stderr(&output));
                    assert_eq!(gateway.counts().confirms, 0);
                }
            });
        }
    });
}

/// An answer that cannot be understood takes nothing off the queue, and is kept for a person.
#[test]
fn what_cannot_be_decoded_stays_in_the_queue() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let faults = vec![Fault::Html200(Some(TaskKind::PollInfo))];
        let (gateway, server) = serve(Settings { foreign_first: 1, faults, ..Settings::default() });
        ended(drain(home.path(), &server, transport, "true"), 7);
        assert_eq!((gateway.counts().confirms, gateway.queue_len()), (0, 1));
        assert_eq!(exit(&drain(home.path(), &server, transport, "true")), 0, "the next look is another one");
        assert_eq!((gateway.counts().confirms, gateway.queue_len()), (1, 0));
    }
}

/// The confirm's answer is lost: the message is not handed over twice.
#[test]
fn a_confirm_whose_answer_is_lost() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let faults = vec![Fault::DropAfterRead(Some(TaskKind::PollConfirm))];
        let (gateway, server) = serve(Settings { foreign_first: 2, faults, ..Settings::default() });
        let taken = home.path().join("taken");
        let output =
            drain(home.path(), &server, transport, &format!("echo $CERTGATE_MESSAGE_ID >> {}", taken.display()));
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        assert_eq!(fs::read_to_string(&taken).unwrap(), "1405661\n1405662\n");
        assert_eq!(gateway.queue_len(), 0);
    }
}

/// It would be stored and confirmed for ever.
#[test]
fn a_message_that_comes_back_ends_the_drain() {
    for transport in ["xml", "json"] {
        let settings = Settings { foreign_first: 1, keeps_confirmed: true, ..Settings::default() };
        let here = Here::new(transport, settings);
        let (_, document, _) = here.told(&["poll", "next"]);
        let id = document["response"]["data"][0]["id"].to_string();
        let output = drain(here.home.path(), &here.server, transport, "true");
        assert_eq!((exit(&output), here.gateway.counts().confirms), (6, 1), "{}", stderr(&output));
        assert!(stderr(&output).contains(&format!("message {id} is first in the queue again")), "{}", stderr(&output));
    }
}

/// A message that stays first though it is confirmed is confirmed once by a run and named, and the job is asked itself.
#[test]
fn a_message_that_stays_first_keeps_no_order() {
    for transport in ["xml", "json"] {
        let settings = Settings { foreign_first: 1, keeps_confirmed: true, ..Settings::default() };
        let here = Here::new(transport, settings);
        let csr = csr();
        let order = ["reissue", "571", "--csr", &csr, "--foreign", "spool", "--timeout", "25s"];
        let (code, document, said) = here.told(&order);
        assert_eq!((code, &document["order"]["state"]), (0, &"done".into()), "{transport}: {said}");
        assert_eq!((here.gateway.counts().confirms, here.gateway.queue_len()), (1, 2), "{transport}");
        let named = "message 1405661 is first in the queue again although it was confirmed";
        assert_eq!(said.matches(named).count(), 1, "{transport}: {said}");
    }
}

/// Several processes may drain into one folder: each message is a file, whoever writes it.
#[test]
fn several_drain_into_one_folder() {
    let here = Here::new("json", Settings { foreign_first: 12, ..Settings::default() });
    let to = here.path("messages");
    let ended: Vec<(i32, Value, String)> = std::thread::scope(|scope| {
        let drain = || here.told(&["poll", "drain", "--to", &to.display().to_string()]);
        let all: Vec<_> = (0..4).map(|_| scope.spawn(drain)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for (code, _, said) in &ended {
        assert!([0, 8].contains(code), "{code} {said}");
    }
    assert_eq!((fs::read_dir(&to).unwrap().count(), here.gateway.queue_len()), (12, 0));
}

/// The simulator, whose first message cannot be decoded.
struct Spoiled(Gateway);

impl Handler for Spoiled {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Xml, Protocol::Json]
    }

    fn handle(&self, protocol: Protocol, request: &Request, caller: &Caller) -> Handled {
        let mut handled = Handler::handle(&self.0, protocol, request, caller);
        if let Handled::Reply(reply, _) = &mut handled {
            let said = String::from_utf8_lossy(&reply.body.0);
            if said.contains("S0905") && said.contains("1405661") {
                reply.body.0.extend(b"<x");
            }
        }
        handled
    }
}

/// A message that cannot be decoded is named with the way out, and whoever follows the queue goes on once somebody takes it off.
#[cfg(unix)]
#[test]
fn a_message_that_cannot_be_decoded_is_named() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let gateway = Gateway::with(Settings { foreign_first: 2, ..Settings::default() });
        let server = Server::start(Spoiled(gateway.clone()), "127.0.0.1:0".parse().unwrap()).unwrap();
        let way_out = "message 1405661 is first: `certgate poll confirm 1405661` takes it off the queue";
        let options = format!(" --config {}", fast(home.path()));
        for (command, options) in [(&["poll", "next"][..], &*options), (&["poll", "drain", "--to", "messages"], "")] {
            let (code, document, said) = told(home.path(), &server, transport, command);
            assert_eq!((code, &document["error"]["kind"]), (7, &"undecodable".into()), "{transport}: {said}");
            let way_out = way_out.replace(" confirm", &format!(" confirm{options}"));
            assert_eq!(document["error"]["advice"], way_out, "{transport}: {document}");
        }
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let to = home.path().join("messages").display().to_string();
        let common = ["--transport", transport, "--endpoint", &at, "--config", &config];
        let follow = ["poll", "follow", "--interval", "1s", "--to", &to];
        let mut follow = command(home.path(), &[&follow[..], &common].concat());
        let child = follow.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let asked = gateway.asked(TaskKind::PollInfo);
        until("it looks again", || gateway.asked(TaskKind::PollInfo) >= asked + 2);
        assert_eq!(told(home.path(), &server, transport, &["poll", "confirm", "1405661"]).0, 0, "{transport}");
        until("it goes on", || gateway.queue_len() == 0);
        interrupt(&child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(exit(&output), 130, "{transport}: {}", stderr(&output));
        assert!(stderr(&output).contains(way_out), "{transport}: {}", stderr(&output));
    }
}

/// The simulator, which counts five messages and shows none.
struct Silent(Gateway);

impl Handler for Silent {
    fn protocols(&self) -> &[Protocol] {
        &[Protocol::Json]
    }

    fn handle(&self, protocol: Protocol, request: &Request, caller: &Caller) -> Handled {
        let mut handled = Handler::handle(&self.0, protocol, request, caller);
        if let Handled::Reply(reply, _) = &mut handled {
            let mut answer: Value = serde_json::from_slice(&reply.body.0).unwrap();
            answer["data"] = value!([]);
            answer["object"] = value!({ "summary": 5 });
            reply.body.0 = answer.to_string().into_bytes();
        }
        handled
    }
}

/// It is one error with one document, and what came is kept.
#[test]
fn messages_that_are_counted_and_not_shown() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(Silent(Gateway::with(Settings::default())), "127.0.0.1:0".parse().unwrap()).unwrap();
    for command in [&["poll", "next"][..], &["poll", "drain", "--to", "messages"]] {
        let (code, document, said) = told(home.path(), &server, "json", command);
        assert_eq!((code, &document["error"]["kind"]), (7, &"undecodable".into()), "{said}");
        assert!(document.get("response").is_none(), "{document}");
        assert!(said.contains("its body, redacted, is in "), "{said}");
    }
}
