//! `certgate serve bridge`: what it answers is what the gateway behind would have said itself, in the other protocol.

use std::{fs, process::Stdio, time::Duration};

use certgate_domain::{
    AnyData, AnyTask, BasicUser, Call, Credentials, Identity, Lenient, Options, Response, Secret, TaskKind, Verdict,
    task,
};
use certgate_simulator::{Fault, Gateway, Settings};
use certgate_wire::{Body, Header, Method, Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::{
    binary::{
        certgate, certgate_in, command, csr, ended, endpoint, exit, fast, interrupt, json, openssl, serve, stderr,
        until,
    },
    serving::{Serving, account, bridge, call, codec, other, post, send, text, xml},
    tasks,
};

const FRONTS: [&str; 2] = ["xml", "json"];

/// The answer to a task that was sent in a protocol, as it can be compared.
fn ask(at: &str, protocol: &str, task: &AnyTask) -> Response<AnyData> {
    let identity = match task {
        AnyTask::SessionDelete(task) if protocol == "json" => Identity::Session(task.session.clone().unwrap()),
        _ => account(),
    };
    let reply = post(at, protocol, &call(task.clone(), identity));
    let answer = codec(protocol).decode_response(task.kind(), &reply);
    let answer = answer.unwrap_or_else(|why| panic!("{task:?}: {why}: {}", text(&reply)));
    assert_eq!(answer.findings, [], "{task:?}: {}", text(&reply));
    answer.value
}

/// Asks for a task, and before that for whatever it needs.
fn walked(at: &str, protocol: &str, index: usize) -> (TaskKind, Response<AnyData>) {
    let Some(AnyData::Session(session)) =
        ask(at, protocol, &task::SessionCreate::default().into()).data.into_iter().next()
    else {
        panic!("no session")
    };
    // The session is good for what the credentials are good for.
    let hello =
        post(at, protocol, &call(task::CertificateInfo::new(571), Identity::Session(session.id.clone().unwrap())));
    let info = codec(protocol).decode_response(TaskKind::CertificateInfo, &hello).unwrap().value;
    let Some(AnyData::Certificate(certificate)) = info.data.into_iter().next() else { panic!("{}", text(&hello)) };
    let (task, before) = tasks::tasks(&session.id.unwrap(), &certificate.serial_number.unwrap()).swap_remove(index);
    if let Some(before) = before {
        assert_eq!(ask(at, protocol, &before).verdict(), Some(Verdict::Accepted));
    }
    (task.kind(), ask(at, protocol, &task))
}

fn comparable(kind: TaskKind, answer: &Response<AnyData>) -> Value {
    let mut value = tasks::comparable(kind, answer);
    // The clocks went on between the two.
    tasks::blank(&mut value, &["created", "updated", "execution", "expire", "dns", "date"]);
    value
}

#[test]
fn every_task_is_answered_as_by_the_gateway_itself() {
    std::thread::scope(|scope| {
        for front in FRONTS {
            scope.spawn(move || {
                for (index, &kind) in TaskKind::ALL.iter().enumerate() {
                    let running = tasks::needs_running(tasks::tasks(&Secret::default(), "")[index].0.kind());
                    let job_time = Duration::from_secs(if running { 600 } else { 0 });
                    // 2026-06-01: XML times can say every instant but those of an hour in autumn.
                    let start = Some(1_780_272_000);
                    let finished_jobs_are_gone = false;
                    let settings = Settings { foreign_first: 1, job_time, seed: Some(1), start, ..Settings::default() };
                    let settings = Settings { finished_jobs_are_gone, ..settings };
                    let (_direct, server) = serve(settings.clone());
                    let (kind_asked, direct) = walked(&endpoint(&server, front), front, index);
                    let (_behind, server) = serve(settings);
                    let bridge = bridge(front, &server, &[]);
                    let (_, bridged) = walked(&bridge.endpoint, front, index);
                    if kind_asked == TaskKind::Hello {
                        // Over XML it is another task.
                        assert_eq!(direct.verdict(), bridged.verdict());
                    } else {
                        let (bridged, direct) = (comparable(kind_asked, &bridged), comparable(kind_asked, &direct));
                        assert_eq!(bridged, direct, "{front} in front: {kind:?}");
                    }
                    assert_eq!(bridge.stderr(), "", "{front} in front: {kind:?}");
                }
            });
        }
    });
}

#[test]
fn a_whole_reissue_goes_through_either_way() {
    for front in FRONTS {
        let (gateway, server) = serve(Settings { foreign_first: 1, ..Settings::default() });
        let bridge = bridge(front, &server, &["--trace", "trace.jsonl", "--record", "tape"]);
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out").display().to_string();
        let spool = home.path().join("spool").display().to_string();
        let arguments = ["reissue", "571", "--csr", &csr(), "--transport", front, "--endpoint", &bridge.endpoint];
        let more = ["--out", &out, "--spool", &spool, "--output", "json", "--config", &fast(home.path())];
        let output = certgate_in(home.path(), &[&arguments[..], &more].concat(), "");
        assert_eq!(exit(&output), 0, "{front}: {} {}", stderr(&output), bridge.stderr());
        assert_eq!((gateway.counts().orders, gateway.queue_len()), (1, 0), "{front}");
        let root = json(&output)["certificate"]["certificationAuthority"][1]["caCertificate"].clone();
        fs::write(home.path().join("root.pem"), root.as_str().unwrap()).unwrap();
        let openssl = |arguments: &[&str]| openssl(home.path(), arguments);
        let verify = ["verify", "-CAfile", "root.pem", "-untrusted", "out/chain.pem", "out/fullchain.pem"];
        assert!(openssl(&verify).0, "{front}");
        let key = openssl(&["x509", "-in", "out/fullchain.pem", "-noout", "-pubkey"]).1;
        assert_eq!(key, openssl(&["req", "-in", &csr(), "-noout", "-pubkey"]).1);

        // Ctrl-C ends it, and what it recorded is a tape.
        let mut bridge = bridge;
        assert_eq!(bridge.interrupted(), 0, "{}", bridge.stderr());
        let tape = bridge.file("tape").display().to_string();
        ended(certgate(&["replay", "check", &tape], ""), 0);
        let trace = fs::read_to_string(bridge.file("trace.jsonl")).unwrap();
        assert!(trace.contains(&format!("\"transport\":\"{}\"", other(front))), "{trace}");
    }
}

#[test]
fn what_goes_along_is_carried_over() {
    let options = Options {
        owner: Some(BasicUser {
            user: Some("subuser".to_owned()),
            context: Some(Lenient::Parsed(4)),
            ..BasicUser::default()
        }),
        ctid: Some("mine".to_owned()),
        reply_to: Some("me@example.com".to_owned()),
        keys: vec!["orderId".to_owned()],
        ..Options::default()
    };
    for (front, language, expected) in [
        (
            "xml",
            Some("de".to_owned()),
            &[
                "X-Domainrobot-Owner-User: subuser",
                "X-Domainrobot-Owner-Context: 4",
                "/certificate/571?",
                "ctid=mine",
                "replyTo=me%40example.com",
                "orderId",
                "X-Domainrobot-Context: 9",
                "Authorization: …",
            ][..],
        ),
        (
            "json",
            None,
            &[
                "<owner><user>subuser</user><context>4</context></owner>",
                "<ctid>mine</ctid>",
                "<reply_to>me@example.com</reply_to>",
                "<key>order_id</key>",
                "<user>user</user><password>…</password><context>9</context>",
            ][..],
        ),
    ] {
        let (_gateway, server) = serve(Settings::default());
        let bridge = bridge(front, &server, &["--trace", "trace.jsonl"]);
        let options = Options { language, ..options.clone() };
        let reply =
            post(&bridge.endpoint, front, &Call { options, ..call(task::CertificateInfo::new(571), account()) });
        let answer = codec(front).decode_response(TaskKind::CertificateInfo, &reply).unwrap().value;
        assert_eq!((answer.verdict(), answer.ctid.as_deref()), (Some(Verdict::Done), Some("mine")));
        let trace: Value = serde_json::from_slice(&fs::read(bridge.file("trace.jsonl")).unwrap()).unwrap();
        let sent = trace["request"].as_str().unwrap();
        for text in expected {
            assert!(sent.to_lowercase().contains(&text.to_lowercase()), "{text} in {sent}");
        }
    }
}

#[test]
fn what_cannot_be_carried_over_is_refused_before_anything_is_sent() {
    let (gateway, server) = serve(Settings::default());
    let bridges = FRONTS.map(|front| bridge(front, &server, &[]));
    let strict = bridge("xml", &server, &["--strict"]);
    let json = |target: &str, method, body: &str, header: Option<Header>| Request {
        method,
        target: target.to_owned(),
        headers: header.into_iter().collect(),
        body: Body(body.as_bytes().to_vec()),
    };
    let [over_xml, over_json] = &bridges;
    let nameless = "<task><code>400104</code></task>";
    let good = "<task><code>400104</code><certificate><id>571</id></certificate></task>";
    let query = r#"{"filters":[{"key":"name","operator":"IS_NULL"}]}"#;
    let cut = Request { body: Body(b"<request><task>".to_vec()), ..xml("") };
    for (bridge, front, request, status, code, reason, path) in [
        (over_xml, "xml", xml(&format!("{good}{nameless}")), 200, "E400104", "EF01000", "id"),
        (over_xml, "xml", xml(nameless), 200, "E400104", "EF01000", "id"),
        (
            over_json,
            "json",
            json("/certificate/571", Method::Get, "", Some(Header::plain("X-Domainrobot-Demo", "true"))),
            400,
            "E400104",
            "EF01000",
            "options.demo",
        ),
        (
            over_json,
            "json",
            json("/certificate/_search", Method::Post, query, None),
            400,
            "E400105",
            "EF01000",
            "filters[0].operator",
        ),
        // What cannot be read is answered as the gateway does.
        (over_xml, "xml", cut, 200, "E00000", "EF00000", "XML parser"),
        (
            over_xml,
            "xml",
            xml("<task><code>400104</code><certificate>x</certificate></task>"),
            200,
            "E400104",
            "EF00000",
            "XML parser",
        ),
        (over_json, "json", json("/certificate", Method::Post, "{", None), 400, "E00000", "EF00000", "JSON parser"),
        // What is none of the tasks is told by its number, or by HTTP.
        (over_xml, "xml", xml("<task><code>0102</code></task>"), 200, "E0102", "EFCG404", "task"),
        (over_json, "json", json("/nothing", Method::Get, "", None), 404, "E00000", "EFCG404", "task"),
        // What nobody understands is left out, unless that is not borne.
        (
            &strict,
            "xml",
            xml("<task><code>400104</code><colour>red</colour><certificate><id>571</id></certificate></task>"),
            200,
            "E400104",
            "EF01000",
            "request.task.colour",
        ),
    ] {
        let reply = send(&bridge.endpoint, &request);
        let what = text(&reply);
        let answers = codec(front).decode_responses(TaskKind::CertificateInfo, &reply).unwrap();
        assert_eq!(answers.len(), String::from_utf8_lossy(&request.body).matches("<code>").count().max(1), "{what}");
        let answer = &answers[0].value;
        assert_eq!((reply.status, answer.status.code.as_ref().unwrap().as_str()), (status, code), "{what}");
        let message = &answer.messages[0];
        assert_eq!(message.code.as_deref(), Some(reason), "{what}");
        assert_eq!(message.objects[0].r#type.as_deref(), Some(path), "{what}");
        assert_eq!(gateway.counts().requests, 0, "nothing was sent: {what}");
    }
    assert!(
        over_xml.stderr().contains("a request cannot be read: 1:16: request.task: expected "),
        "{}",
        over_xml.stderr()
    );
}

#[test]
fn several_tasks_are_answered_in_their_order() {
    let (gateway, server) = serve(Settings::default());
    let bridge = bridge("xml", &server, &[]);
    let task =
        |code: &str, id: i64| format!("<task><code>{code}</code><certificate><id>{id}</id></certificate></task>");
    let request = |tasks: &[String]| send(&bridge.endpoint, &xml(&tasks.concat()));
    let reply = request(&[task("400104", 571), task("400104", 1), task("400103", 571)]);
    let answers = codec("xml").decode_responses(TaskKind::CertificateInfo, &reply).unwrap();
    let codes: Vec<&str> = answers.iter().map(|answer| answer.value.status.code.as_ref().unwrap().as_str()).collect();
    assert_eq!(codes, ["S400104", "E400104", "N400103"]);

    // One whose outcome is not known is answered by none, what was done before it is said, and nothing comes after it.
    let (gone, delete) = (gateway.asked(TaskKind::CertificateInfo), Some(TaskKind::CertificateDelete));
    gateway.inject(Fault::DropAfterRead(delete));
    let reply = request(&[task("400104", 1), task("400103", 571), task("400104", 1)]);
    assert_eq!((reply.status, gateway.asked(TaskKind::CertificateInfo)), (502, gone + 1));
    let answers = codec("xml").decode_responses(TaskKind::CertificateInfo, &reply).unwrap();
    let told = answers.iter().map(|answer| {
        let answer = &answer.value;
        let reason = &answer.messages[0];
        (
            answer.status.code.as_ref().unwrap().as_str(),
            reason.code.as_deref().unwrap(),
            reason.text.as_deref().unwrap(),
        )
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told.iter().map(|(code, reason, _)| (*code, *reason)).collect::<Vec<_>>(),
        [("E400104", "EF01000"), ("E400103", "EFCG502"), ("E400104", "EFCG424"),]
    );
    assert!(told[1].2.starts_with("certificate-delete: it was sent and no answer came"), "{told:?}");
}

/// What becomes of one request that goes wrong behind.
fn through(front: &str, faults: Vec<Fault>, task: impl Into<AnyTask>) -> (Gateway, Reply) {
    let (gateway, server) = serve(Settings { faults, ..Settings::default() });
    let bridge = bridge(front, &server, &[]);
    let reply = post(&bridge.endpoint, front, &call(task, account()));
    (gateway, reply)
}

#[test]
fn an_order_of_unknown_outcome_is_sent_once_and_said_to_be_so() {
    let order = Some(TaskKind::CertificateReissue);
    let reissue = || task::CertificateReissue { certificate: tasks::order(Some(571)) };
    for front in FRONTS {
        for (fault, status, said) in [
            (Fault::DropAfterRead(order), 502, "whether it was carried out is not known"),
            (Fault::CutShort(order), 502, "whether it was carried out is not known"),
            (Fault::Html502(order), 502, "whether it was carried out is not known"),
            (Fault::Html200(order), 502, "Bad Gateway"),
            (Fault::Status(order, 500), 502, "whether it was carried out is not known"),
            (Fault::Status(order, 429), 429, "it changed nothing"),
        ] {
            // Only what was turned away unread is sent again.
            let times = if status == 429 { 4 } else { 1 };
            let (gateway, reply) = through(front, vec![fault.clone(); times], reissue());
            assert_eq!(reply.status, status, "{front} {fault:?}: {}", text(&reply));
            assert!(text(&reply).contains(said), "{front} {fault:?}: {}", text(&reply));
            assert_eq!(gateway.asked(TaskKind::CertificateReissue), times, "{front} {fault:?}");
            assert_eq!(reply.header("retry-after"), (status == 429).then_some("1"));
        }
        let (gateway, server) = serve(Settings { faults: vec![Fault::DropAfterRead(order)], ..Settings::default() });
        let bridge = bridge(front, &server, &[]);
        let arguments = ["reissue", "571", "--csr", &csr(), "--transport", front, "--endpoint", &bridge.endpoint];
        let output = certgate(&[&arguments[..], &["--output", "json"]].concat(), "");
        assert_eq!((exit(&output), gateway.counts().orders), (9, 1), "{front}: {}", stderr(&output));
    }
}

#[test]
fn other_troubles() {
    let info = Some(TaskKind::CertificateInfo);
    for front in FRONTS {
        let ask = |faults| through(front, faults, task::CertificateInfo::new(571));
        let (gateway, reply) = ask(vec![Fault::DropAfterRead(info)]);
        assert_eq!((reply.status, gateway.asked(TaskKind::CertificateInfo)), (200, 2), "a safe task is sent again");
        let (_, reply) = ask(vec![Fault::DropAfterRead(info); 4]);
        assert_eq!(reply.status, 502, "{front}: {}", text(&reply));
        assert!(text(&reply).contains("(4 attempts); it changed nothing"), "{}", text(&reply));
        let (_, reply) = ask(vec![Fault::Html200(info)]);
        let said = text(&reply);
        assert!(said.contains("cannot be understood") && said.contains("; it changed nothing"), "{said}");
        // Turned away without a word of the protocol: the front has one.
        let (_, reply) = ask(vec![Fault::Status(info, 401)]);
        let answer = codec(front).decode_response(TaskKind::CertificateInfo, &reply).unwrap().value;
        assert!(answer.blames_credentials());
        assert_eq!(reply.status, if front == "xml" { 200 } else { 401 });
        // A refusal of the gateway is one in front.
        let (_, reply) = through(front, vec![], task::CertificateInfo::new(1));
        let answer = codec(front).decode_response(TaskKind::CertificateInfo, &reply).unwrap().value;
        assert_eq!(answer.status.code.unwrap().as_str(), "E400104");
        assert_eq!(reply.status, if front == "xml" { 200 } else { 400 });
    }
}

const PASSWORD: &str = "s3cr&t<>:ü]]>";
const TOKEN: &str = "918273";
const SPELLINGS: [&str; 7] =
    [PASSWORD, TOKEN, "czNjciZ0PD46w7xdXT4", "b2RkOnMzY3ImdDw+OsO8XV0+", "s3cr&amp;t", "s3cr\\u0026t", "s3cr%26t"];

#[test]
fn no_secret_is_shown() {
    let odd = Credentials { token: Some(Secret::new(TOKEN)), ..Credentials::new("odd", Secret::new(PASSWORD), "9") };
    for front in FRONTS {
        let html = Fault::Html200(Some(TaskKind::CertificateList));
        let drop = Fault::DropAfterRead(Some(TaskKind::CertificateReissue));
        let settings =
            Settings { account: odd.clone(), faults: vec![html, drop], foreign_first: 1, ..Settings::default() };
        let (gateway, server) = serve(settings);
        let bridge = bridge(front, &server, &["-v", "--trace", "trace.jsonl", "--record", "tape"]);
        let at = &bridge.endpoint;
        let login = post(at, front, &call(task::SessionCreate::default(), odd.clone().into()));
        let answer = codec(front).decode_response(TaskKind::SessionCreate, &login).unwrap().value;
        let Some(AnyData::Session(session)) = answer.data.into_iter().next() else { panic!("{}", text(&login)) };
        let session = session.id.unwrap();
        for identity in [odd.clone().into(), Identity::Session(session.clone())] {
            for (task, _) in tasks::tasks(&session, "0a1b") {
                if task.kind() != TaskKind::SessionDelete {
                    post(at, front, &call(task, identity.clone()));
                }
            }
        }
        // A request with its secret at a wrong place, and one that breaks off in it.
        let body = "<request><auth><user>odd</user><password>s3cr&amp;t</password></auth><task><code>s3cr&amp;t";
        let target = if front == "xml" { "" } else { "/certificate" };
        for length in [body.len(), 60] {
            let (body, target) = (Body(body.as_bytes()[..length].to_vec()), target.to_owned());
            send(at, &Request { method: Method::Post, target, headers: vec![], body });
        }
        post(at, front, &call(task::SessionDelete { session: Some(session.clone()) }, Identity::Session(session)));
        let mut folders = vec![bridge.home.path().to_owned()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                files += 1;
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                for secret in SPELLINGS.iter().copied().chain(gateway.session_ids().iter().map(String::as_str)) {
                    assert!(!text.contains(secret), "{front}: {secret} in {}: {text}", path.display());
                }
            }
        }
        assert!(files > 50 && bridge.stderr().contains("session-delete: S1321003"), "{files} {}", bridge.stderr());
    }
}

#[test]
fn ctrl_c_lets_the_request_in_flight_be_answered() {
    let slow = Fault::Late(Some(TaskKind::CertificateReissue), Duration::from_millis(700));
    let (gateway, server) = serve(Settings { faults: vec![slow], ..Settings::default() });
    let mut bridge = bridge("xml", &server, &[]);
    let at = bridge.endpoint.clone();
    let reissue = task::CertificateReissue { certificate: tasks::order(Some(571)) };
    let asking = std::thread::spawn(move || post(&at, "xml", &call(reissue, account())));
    until("the order is on its way", || gateway.counts().orders == 1);
    assert_eq!(bridge.interrupted(), 0);
    let answer = codec("xml").decode_response(TaskKind::CertificateReissue, &asking.join().unwrap()).unwrap();
    assert_eq!(answer.value.verdict(), Some(Verdict::Accepted));
}

#[test]
fn the_sandbox_and_what_is_refused() {
    for (arguments, front, said) in [
        (&["bridge", "--sandbox"][..], "xml", ""),
        (&["bridge", "--sandbox", "--transport", "xml"], "json", ""),
        (&["bridge", "--sandbox", "--front", "json"], "json", ""),
    ] {
        let bridge = Serving::start(arguments);
        assert!(bridge.endpoint.ends_with(if front == "xml" { "/xml" } else { "/v1" }), "{}", bridge.endpoint);
        let reply = post(&bridge.endpoint, front, &call(task::CertificateInfo::new(571), account()));
        assert_eq!((reply.status, bridge.stderr().as_str()), (200, said), "{arguments:?}: {}", text(&reply));
    }
    for (arguments, said) in [
        (&["--front", "xml", "--transport", "xml"][..], "--front xml and --transport xml"),
        (&["--session"], "--session is not the bridge's to say"),
        (&["--owner", "x"], "--owner is not the bridge's to say"),
        (&["--user", "x"], "--user is not the bridge's to say"),
        (&["--endpoint", "http://gateway.example/"], "http would send the password in the clear"),
        (&["--listen", "192.0.2.1:1", "--sandbox"], "is not loopback: credentials travel to it in the clear"),
    ] {
        let output = ended(certgate(&[&["serve", "bridge"], arguments].concat(), ""), 2);
        assert!(stderr(&output).contains(said), "{said} in {}", stderr(&output));
    }
}

#[test]
fn where_it_listens_is_one_document() {
    let home = tempfile::tempdir().unwrap();
    let mut command = command(home.path(), &["serve", "bridge", "--sandbox", "--listen", "127.0.0.1:0"]);
    let mut child = command.args(["--output", "json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let document = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>().next().unwrap().unwrap();
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!((document["schema"].as_i64(), document["behind"]["transport"].as_str()), (Some(1), Some("json")));
    assert!(document["xml"].as_str().unwrap().ends_with("/xml") && document.get("json").is_none(), "{document}");
}

#[test]
fn all_who_ask_share_the_pace_of_the_gateway_behind() {
    let (gateway, server) = serve(Settings::default());
    // A profile whose pace is the gateway's.
    let bridge = bridge("xml", &server, &["--profile", "demo"]);
    let since = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..7 {
            scope.spawn(|| {
                let reply = post(&bridge.endpoint, "xml", &call(task::PollInfo, account()));
                assert_eq!(reply.status, 200, "{}", text(&reply));
            });
        }
    });
    // Three a second, whoever asks: the seventh leaves in the third second.
    assert!(since.elapsed() >= Duration::from_secs(2), "{:?}", since.elapsed());
    assert_eq!(gateway.counts().requests, 7);
}
