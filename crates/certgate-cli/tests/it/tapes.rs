//! Tapes on the command line: recorded, replayed without a network, checked.

use std::{fs, net::TcpListener, path::Path, process::Output};

use certgate_domain::TaskKind;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{
    certgate, command, csr, edit, ended, endpoint, exit, fast, fixture, json as json_of, run, secret, serve, stderr,
    write_batch,
};

pub(crate) fn reissue(folder: &Path, transport: &str, more: &[&str]) -> Output {
    let csr = csr();
    let arguments = ["reissue", "571", "--csr", &csr, "--transport", transport, "--out", "out", "--output", "json"];
    run(folder, &[&arguments[..], more].concat())
}

/// A whole reissue from a committed tape: the same output to the byte, and nobody is asked anything.
#[test]
fn a_replayed_reissue_says_what_the_recorded_one_said() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let tape = fixture(&format!("_tapes/reissue-{transport}"));
        let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
        gateway.set_nonblocking(true).unwrap();
        let at = format!("http://{}/v1", gateway.local_addr().unwrap());
        let output = reissue(folder.path(), transport, &["--endpoint", &at, "--replay", tape.to_str().unwrap()]);
        assert_eq!(exit(&output), 0, "{}", stderr(&output));
        let expected = fs::read_to_string(fixture(&format!("_tapes/reissue-{transport}.json"))).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert_eq!(gateway.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody was asked");
        let chain = fs::read_to_string(folder.path().join("out/fullchain.pem")).unwrap();
        assert_eq!(chain.matches("BEGIN CERTIFICATE").count(), 2);
        // The store of a replay is none of ours.
        assert!(!folder.path().join(".local").exists());
    }
}

/// Each workflow, recorded live or not, says the same in its replay, over the tape's own transport.
#[test]
fn what_is_recorded_is_replayed() {
    let (csr, more) = (csr(), ["--out", "out", "--output", "json"]);
    let order = ["--product", "SSL123", "--admin", "1120", "--technical", "100", "--lifetime", "12"];
    // Its CSR is signed anew in each run.
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("key.pem");
    secret(&key, fs::read(fixture("_keys/p256-pkcs8.pem")).unwrap());
    let key = key.display().to_string();
    for transport in ["xml", "json"] {
        for in_sandbox in [true, false] {
            for workflow in [
                [&["reissue", "571", "--csr", &csr][..], &more].concat(),
                [&["reissue", "571", "--key", &key][..], &more].concat(),
                [&["create", "--csr", &csr][..], &order, &more].concat(),
                [&["renew", "571"][..], &more].concat(),
            ] {
                let [there, here, elsewhere] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
                let (_gateway, server) = serve(Settings::default());
                let at = endpoint(&server, transport);
                let gateway = if in_sandbox { &["--sandbox"][..] } else { &["--endpoint", &at] };
                let live = [gateway, &["--transport", transport, "--record", "tape"]].concat();
                let live = ended(run(there.path(), &[&workflow[..], &live].concat()), 0);
                let tape = there.path().join("tape").display().to_string();
                let replayed = ended(run(here.path(), &[&workflow[..], &["--replay", &tape]].concat()), 0);
                let mut live = json_of(&live);
                // A replay tells no times of its own.
                for time in ["created", "updated"] {
                    assert!(live["order"].as_object_mut().unwrap().remove(time).is_some());
                }
                assert_eq!(json_of(&replayed), live);
                // And over the other one.
                let other = if transport == "xml" { "json" } else { "xml" };
                let across =
                    run(elsewhere.path(), &[&workflow[..], &["--replay", &tape, "--transport", other]].concat());
                assert_eq!(exit(&across), 0, "{transport} over {other}: {}", stderr(&across));
                assert_eq!(json_of(&across), live, "{transport} over {other}");
            }
        }
    }
}

/// What has nothing to be answered from a tape says so.
#[test]
fn no_replay() {
    let tape = fixture("_tapes/reissue-xml").display().to_string();
    for (arguments, said) in [
        (&["doctor"][..], "doctor looks at the way to the gateway"),
        (&["resume"], "a replay has a store of its own"),
        (&["resume", "4297539521"], "give --certificate or --name"),
    ] {
        let output = certgate(&[arguments, &["--replay", &tape]].concat(), "");
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{}", stderr(&output));
        assert!(!stderr(&output).contains("not asked for"));
    }
}
/// What the tape lacks is asked for and recorded; what it has is not asked for again.
#[test]
fn recording_what_is_missing() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: 1, ..Settings::default() });
        let at = endpoint(&server, transport);
        let ask = |id: &str, more: &[&str]| {
            run(folder.path(), &[&["info", id, "--transport", transport, "--endpoint", &at][..], more].concat())
        };
        assert_eq!(exit(&ask("571", &["--record", "tape"])), 0);
        let missing = ["--replay", "tape", "--replay-mode", "record-missing"];
        // What is on the tape may be for other runs.
        ended(ask("10000", &missing), 0);
        assert_eq!(gateway.asked(TaskKind::CertificateInfo), 2);
        for id in ["571", "10000"] {
            let output = ask(id, &["--replay", "tape"]);
            assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("id: {id}")), "{}", stderr(&output));
        }
        assert_eq!(gateway.asked(TaskKind::CertificateInfo), 2, "nobody was asked again");
        // All anew: what is not asked for any more is gone, and other files are not; nothing is where a run cannot start.
        let record_all = ["info", "571", "--endpoint", &at, "--replay", "tape", "--replay-mode", "record-all"];
        let output =
            command(folder.path(), &record_all).env_remove("CERTGATE_PASSWORD").current_dir(folder.path()).output();
        assert_eq!((exit(&output.unwrap()), fs::read_dir(folder.path().join("tape")).unwrap().count()), (4, 5));
        fs::write(folder.path().join("tape/README"), "ours").unwrap();
        ended(ask("10000", &["--replay", "tape", "--replay-mode", "record-all"]), 0);
        assert_eq!(gateway.asked(TaskKind::CertificateInfo), 3);
        assert_eq!(fs::read_dir(folder.path().join("tape")).unwrap().count(), 4);
        assert_eq!(exit(&ask("10000", &["--replay", "tape", "--replay-mode", "replay"])), 0);
        assert_eq!(exit(&run(folder.path(), &["replay", "check", "tape"])), 0);
    }
}

/// The gateway is asked, and what it says differs from the tape or not.
#[test]
fn live_and_compare() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        let ask = |more: &[&str]| {
            run(folder.path(), &[&["info", "571", "--transport", transport, "--endpoint", &at][..], more].concat())
        };
        assert_eq!(exit(&ask(&["--record", "tape"])), 0);
        let compare = ["--replay", "tape", "--replay-mode", "live-and-compare"];
        ended(ask(&compare), 0);
        let file = fs::read_dir(folder.path().join("tape")).unwrap().map(|file| file.unwrap().path());
        let answer = file.into_iter().find(|path| path.display().to_string().contains("response")).unwrap();
        edit(&answer, "QUICKSSLPREMIUM", "SSL123");
        let output = ask(&compare);
        assert_eq!(exit(&output), 10);
        let said = "certificate-info: data[0].product is \"SSL123\" on the tape and \"QUICKSSLPREMIUM\" now";
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
        // What nobody knows differs too.
        edit(&answer, "SSL123", "QUICKSSLPREMIUM");
        let (from, to, path) = match transport {
            "xml" => ("<id>571</id>", "<id>571</id><colour>red</colour>", "response.result.data.certificate.colour"),
            _ => ("\"id\": 571", "\"id\": 571, \"colour\": \"red\"", "data[0].colour"),
        };
        edit(&answer, from, to);
        let output = ask(&compare);
        assert_eq!(exit(&output), 10);
        let said = format!("certificate-info: {path} is");
        assert!(stderr(&output).contains(&said), "{}", stderr(&output));
    }
}

/// Persons stay out of tapes where the profile says so; what belongs together still does.
#[test]
fn stand_ins() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        fs::write(folder.path().join("config.toml"), "[live]\nstand_ins = [\"names\", \"emails\", \"phones\"]\n")
            .unwrap();
        let arguments = ["info", "571", "--transport", transport, "--endpoint", &at, "--config", "config.toml"];
        let live = ended(run(folder.path(), &[&arguments[..], &["--record", "tape"]].concat()), 0);
        assert!(String::from_utf8_lossy(&live.stdout).contains("john.doe@example.com"), "who asks sees them");
        for file in fs::read_dir(folder.path().join("tape")).unwrap().map(|file| file.unwrap().path()) {
            let text = fs::read_to_string(&file).unwrap();
            for person in ["Johnny", "john.doe", "Company", "+49-123"] {
                assert!(!text.contains(person), "{person} in {}", file.display());
            }
        }
        let replayed =
            run(folder.path(), &["info", "571", "--transport", transport, "--replay", "tape", "--output", "json"]);
        let data = json_of(&replayed)["response"]["data"][0].clone();
        assert_eq!(data["adminContact"]["email"], data["technicalContact"]["email"]);
        assert!(data["adminContact"]["fname"].as_str().unwrap().starts_with("name-"), "{data}");
        assert_eq!(data["name"], "example.com");
        assert_eq!(exit(&run(folder.path(), &["replay", "check", "tape"])), 0);
        // What is asked now and what another tape has in plain text is the same to one with stand-ins.
        let compare =
            run(folder.path(), &[&arguments[..], &["--replay", "tape", "--replay-mode", "live-and-compare"]].concat());
        assert_eq!(exit(&compare), 0, "{}", stderr(&compare));
        let plain = ["info", "571", "--transport", transport, "--endpoint", &at, "--record", "plain"];
        assert_eq!(exit(&run(folder.path(), &plain)), 0);
        let compare = run(folder.path(), &["compare", "--tape", "tape", "--tape", "plain"]);
        assert_eq!(exit(&compare), 0, "{}", String::from_utf8_lossy(&compare.stdout));
        // A name put back is found.
        let answer = format!("tape/0001-certificate-info.response.{transport}");
        edit(&folder.path().join(answer), "name-", "Ada-");
        let checked = run(folder.path(), &["replay", "check", "tape"]);
        let stdout = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(exit(&checked) == 10 && stdout.contains("holds what a stand-in is to stand for"), "{stdout}");
    }
}

/// A session is recorded without its id, and replayed with none.
#[test]
fn sessions_on_tape() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        let arguments = ["info", "571", "--session", "--transport", transport, "--output", "json"];
        let live = ended(run(folder.path(), &[&arguments[..], &["--endpoint", &at, "--record", "tape"]].concat()), 0);
        assert_eq!((gateway.asked(TaskKind::SessionCreate), gateway.asked(TaskKind::SessionDelete)), (1, 1));
        let replayed = run(folder.path(), &[&arguments[..], &["--replay", "tape"]].concat());
        assert_eq!((exit(&replayed), &replayed.stdout), (0, &live.stdout), "{}", stderr(&replayed));
        let checked = run(folder.path(), &["replay", "check", "tape"]);
        assert_eq!(exit(&checked), 0, "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// A batch is replayed too: many requests in flight, each answered by its own exchange.
#[test]
fn a_batch_on_tape() {
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let file = write_batch(folder.path(), 6);
        let (gateway, server) = serve(Settings { more_certificates: 6, ..Settings::default() });
        let (at, config) = (endpoint(&server, transport), fast(folder.path()));
        let arguments = ["batch", &file, "--transport", transport, "--output", "json", "--config", &config];
        let live = ended(run(folder.path(), &[&arguments[..], &["--endpoint", &at, "--record", "tape"]].concat()), 0);
        let requests = gateway.counts().requests;
        assert_eq!(fs::read_to_string(folder.path().join("tape/tape.jsonl")).unwrap().lines().count(), requests + 1);
        let checked = run(folder.path(), &["replay", "check", "tape"]);
        assert_eq!(exit(&checked), 0, "{}", String::from_utf8_lossy(&checked.stdout));
        // The orders' own ids and times are each run's; all else is the same.
        fs::remove_dir_all(folder.path().join("out")).unwrap();
        let replayed = ended(run(folder.path(), &[&arguments[..], &["--replay", "tape"]].concat()), 0);
        let [live, replayed] = [live, replayed].map(|output| {
            let mut document = json_of(&output);
            for row in document["orders"].as_array_mut().unwrap() {
                let order = row["order"].as_object_mut().unwrap();
                assert!(order.remove("id").is_some() && order.remove("ctid").is_some());
                order.retain(|member, _| member != "created" && member != "updated");
                // What is left of it is counted from each run's own second.
                let checks = row["checks"].as_array_mut().unwrap();
                let validity = checks.iter_mut().find(|check| check["name"] == "dates").unwrap();
                assert!(validity["detail"].take().as_str().unwrap().starts_with("valid for "));
            }
            document
        });
        assert_eq!(replayed, live);
    }
}
