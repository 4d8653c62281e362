//! Tasks asked on both sides: the old gateway answers, and the proof is kept.

use std::{fs, path::Path};

use certgate_domain::{AnyTask, TaskKind, task};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::{
    binary::{certgate, ended, endpoint, exit, stderr, stdout, until},
    serving::{Serving, account, call, codec, other, post},
    tasks,
};

/// Two gateways with the same world, and a bridge between them.
struct Pair {
    behind: Gateway,
    beside: Gateway,
    bridge: Serving,
    _servers: [Server; 2],
    _worlds: tempfile::TempDir,
}

fn pair(front: &str, more: &[&str]) -> Pair {
    let settings = || Settings { start: Some(1_780_272_000), ..Settings::default() };
    let worlds = tempfile::tempdir().unwrap();
    let [one, other_one] = ["one", "other"].map(|name| worlds.path().join(name));
    drop(Gateway::kept(settings(), &one).unwrap());
    fs::copy(&one, &other_one).unwrap();
    let listening = |world: &Path| {
        let gateway = Gateway::kept(settings(), world).unwrap();
        (gateway.clone(), Server::start(gateway, "127.0.0.1:0".parse().unwrap()).unwrap())
    };
    let ((behind, back), (beside, own)) = (listening(&one), listening(&other_one));
    let (at, beside_at) = (endpoint(&back, other(front)), endpoint(&own, front));
    let arguments = ["bridge", "--front", front, "--endpoint", &at, "--pass-through", &beside_at, "--shadow"];
    Pair {
        behind,
        beside,
        bridge: Serving::start(&[&arguments[..], more].concat()),
        _servers: [back, own],
        _worlds: worlds,
    }
}

impl Pair {
    fn ask(&self, front: &str, task: impl Into<AnyTask>) -> String {
        let task = task.into();
        let reply = post(&self.bridge.endpoint, front, &call(task.clone(), account()));
        let answer = codec(front).decode_response(task.kind(), &reply).unwrap().value;
        answer.status.code.unwrap().as_str().to_owned()
    }

    fn report(&self) -> Vec<Value> {
        let document: Value = serde_json::from_str(&self.bridge.page("/shadow")).unwrap();
        document["tasks"].as_array().unwrap().clone()
    }
}

#[test]
fn the_old_gateway_answers_and_what_differs_is_told() {
    for front in ["xml", "json"] {
        let pair = pair(front, &["--record", "tapes"]);
        // The other side says something else, and goes on saying so.
        pair.behind.push_foreign(1);
        assert_eq!(pair.ask(front, task::CertificateInfo::new(571)), "S400104");
        assert_eq!(pair.ask(front, task::CertificateInfo::new(1)), "E400104", "a refusal is compared too");
        assert_eq!(pair.ask(front, task::PollInfo), "S0905");
        pair.behind.inject(Fault::Status(Some(TaskKind::JobList), 400));
        pair.ask(front, task::JobList::default());
        // What changes something is asked on the old side only.
        assert_eq!(pair.ask(front, task::CertificateReissue { certificate: tasks::order(Some(571)) }), "N400101");
        let row = |task, asked, equal, different, unasked| json!({ "task": task, "asked": asked, "equal": equal, "different": different, "unasked": unasked });
        let expected = [row("certificate-info", 2, 2, 0, 0), row("job-list", 1, 0, 0, 1), row("poll-info", 1, 0, 1, 0)];
        until("all is compared", || pair.report() == expected);
        assert_eq!((pair.beside.counts().orders, pair.behind.counts().orders), (1, 0), "{front}");
        assert_eq!(pair.behind.asked(TaskKind::CertificateInfo), 2);
        until("it says so", || pair.bridge.stderr().contains("poll-info: the sides differ: data[0]"));
        let page = pair.bridge.page("/metrics");
        assert!(page.contains("certgate_bridge_shadow_total{task=\"certificate-info\",result=\"equal\"} 2"), "{page}");
        assert!(page.contains("\ncertgate_bridge_shadow_unasked{task=\"job-list\"} 1\n"), "{page}");
        assert!(!page.contains("result=\"unasked\""), "what goes down is no counter: {page}");
        let Pair { mut bridge, .. } = pair;
        assert_eq!(bridge.interrupted(), 0);
        let [left, right] = ["front", "behind"].map(|side| bridge.file("tapes").join(side).display().to_string());
        ended(certgate(&["replay", "check", &left], ""), 0);
        let compared = ended(certgate(&["compare", "--tape", &left, "--tape", &right], ""), 10);
        assert!(
            stdout(&compared).contains("poll-info") && !stdout(&compared).contains("certificate-info: "),
            "{}",
            stdout(&compared)
        );
    }
}

#[test]
fn only_what_is_named_is_asked_on_both_sides() {
    let pair = pair("xml", &["--only", "poll-info,certificate-info"]);
    pair.ask("xml", task::CertificateInfo::new(571));
    pair.ask("xml", task::CertificateList::default());
    until("it is compared", || pair.report().first().is_some_and(|row| row["equal"] == 1));
    assert_eq!(pair.report().len(), 1, "only what --only names: {:?}", pair.report());
    assert_eq!((pair.behind.counts().requests, pair.beside.counts().requests), (1, 2));
}

#[test]
fn a_shadow_needs_the_old_gateway() {
    for more in [&["--pass-through", "off"][..], &["--endpoint", "http://127.0.0.1:1/v1"]] {
        let output = certgate(&[&["serve", "bridge", "--shadow", "--listen", "127.0.0.1:0"], more].concat(), "");
        assert_eq!(exit(&output), 2, "{}", stderr(&output));
        assert!(
            stderr(&output).contains("--shadow needs the gateway of the front's own protocol"),
            "{}",
            stderr(&output)
        );
    }
}
