//! A world that is kept in a file, over restarts.

use std::{fs, path::Path, time::Duration};

use certgate_domain::{
    AnyData, AnyTask, Call, Certificate, Options, Query, Response, Secret, SslContact, TaskKind, Verdict, task,
};
use certgate_json::{JsonCodec, document};
use certgate_server::Handler;
use certgate_simulator::{Gateway, Handled, Protocol, Settings};
use certgate_wire::{Codec, Reply};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::tasks::{account, order};

fn sent(gateway: &Gateway, task: impl Into<AnyTask>) -> Reply {
    let options = Options { ctid: Some("mine".to_owned()), ..Options::default() };
    let call = Call { task: task.into(), options, identity: Some(account().into()) };
    let mut request = JsonCodec::default().encode_request(&call).payload;
    request.headers.push(certgate_wire::Header::plain("User-Agent", "a test"));
    match Handler::handle(gateway, Protocol::Json, &request, &certgate_server::Caller::default()) {
        Handled::Reply(reply, _) => reply,
        other => panic!("{other:?}"),
    }
}

fn ask(gateway: &Gateway, task: impl Into<AnyTask>) -> Response<AnyData> {
    let task = task.into();
    let kind = task.kind();
    let mut answer = JsonCodec::default().decode_response(kind, &sent(gateway, task)).unwrap().value;
    assert_ne!(answer.verdict(), Some(Verdict::Refused), "{answer:?}");
    answer.stid = None;
    answer
}

/// All that can be asked of a world without changing it.
fn seen(gateway: &Gateway) -> Vec<Response<AnyData>> {
    let query = Query::default;
    let questions: [AnyTask; 9] = [
        task::PollInfo.into(),
        task::CertificateInfo::new(571).into(),
        task::CertificateInfo::new(10_001).into(),
        task::CertificateList { query: query() }.into(),
        task::ContactList { query: query() }.into(),
        task::ContactInfo::new(1120).into(),
        task::ZoneInfo::new("example.com", "ns1.dns.example").into(),
        task::JobList { query: query() }.into(),
        task::JobHistoryList { query: query() }.into(),
    ];
    questions.into_iter().map(|question| ask(gateway, question)).collect()
}

fn kept(settings: &Settings, file: &Path) -> Gateway {
    Gateway::kept(settings.clone(), file).unwrap()
}

fn root(gateway: &Gateway) -> String {
    let answer = ask(gateway, task::CertificateInfo::new(571));
    document::response(&answer)["data"][0]["certificationAuthority"][1]["caCertificate"].as_str().unwrap().to_owned()
}

#[test]
fn a_world_is_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let settings = Settings { foreign_first: 1, more_certificates: 2, ..Settings::default() };
    let gateway = kept(&settings, &file);
    // An order that is carried out, a certificate with a secret, changes of contacts, a message that is gone.
    ask(&gateway, task::CertificateReissue { certificate: order(Some(571)) });
    let secret = Certificate { password: Some(Secret::new("s3cr&t")), ..order(None) };
    let Some(AnyData::Certificate(issued)) =
        ask(&gateway, task::CertificateRealtime { certificate: secret }).data.into_iter().next()
    else {
        panic!("no certificate")
    };
    let contact = |id| SslContact { fname: Some("Jürgen & <Co>".to_owned()), id, ..SslContact::default() };
    ask(&gateway, task::ContactUpdate { contact: contact(Some(100)) });
    ask(&gateway, task::PollConfirm::new(1_405_661));
    let before = seen(&gateway);

    let again = kept(&Settings { foreign_first: 5, more_certificates: 9, ..Settings::default() }, &file);
    assert!(seen(&again) == before, "secrets included");
    let Some(AnyData::Certificate(there)) =
        ask(&again, task::CertificateInfo::new(issued.id.unwrap())).data.into_iter().next()
    else {
        panic!("no certificate")
    };
    assert_eq!(there.password.as_ref().map(Secret::expose), Some("s3cr&t"));
    // The same authority issues what is ordered now, and no number is given out twice.
    let (old, jobs) = (root(&again), document::response(&before[6])["object"]["summary"].clone());
    ask(&again, task::CertificateReissue { certificate: order(Some(571)) });
    let after = document::response(&seen(&again)[6])["object"]["summary"].clone();
    assert_eq!((root(&again), after.as_i64()), (old, jobs.as_i64().map(|jobs| jobs + 1)));
}

#[test]
fn a_job_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let long = Settings { job_time: Duration::from_secs(3600), ..Settings::default() };
    let gateway = kept(&long, &file);
    let job = ask(&gateway, task::CertificateReissue { certificate: order(Some(571)) });
    let id = document::response(&job)["data"][0]["id"].as_i64().unwrap();
    let state = |gateway: &Gateway| {
        let answer = document::response(&ask(gateway, task::JobInfo::new(id)));
        (answer["data"][0]["job"]["status"].clone(), gateway.queue_len())
    };
    assert_eq!(state(&kept(&long, &file)), (json!("RUNNING"), 0));
    let due = kept(&Settings::default(), &file);
    assert_eq!(state(&due), (json!("SUCCESS"), 1));
    let message = document::response(&ask(&due, task::PollInfo));
    assert_eq!(message["data"][0]["ctid"], "mine");
    // What a job did is kept although nobody ordered anything.
    assert_eq!(state(&kept(&long, &file)), (json!("SUCCESS"), 1));
}

#[test]
fn it_is_written_when_something_changed_and_privately() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gateway = kept(&Settings::default(), &file);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap()) & 0o777, 0o600);
    let length = || fs::metadata(&file).unwrap().len();
    let whole = length();
    seen_but(&gateway);
    ask(&gateway, task::SessionCreate::default());
    assert_eq!(length(), whole, "nothing was changed");
    ask(&gateway, task::ContactUpdate { contact: SslContact::by_id(100) });
    let added = length() - whole;
    assert!((20..400).contains(&added), "one contact takes {added} bytes");
    // Whoever removes the file gets it back with the next change.
    fs::remove_file(&file).unwrap();
    seen_but(&gateway);
    assert!(!file.exists(), "nothing was changed");
    ask(&gateway, task::ContactUpdate { contact: SslContact::by_id(100) });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    let rest = text_of(&file).lines().count();
    assert_eq!(rest, 2, "whole again");
    let text = fs::read_to_string(&file).unwrap();
    assert!(gateway.session_ids().iter().all(|session| !text.contains(session)));
    assert!(!text.contains("\"password\""));

    // What cannot be kept is no success, and is kept as soon as it can be.
    let moved = folder.path().with_extension("moved");
    fs::rename(folder.path(), &moved).unwrap();
    let reply = sent(&gateway, task::ContactDelete::new(100));
    assert_eq!((reply.status, reply.body.starts_with(b"the simulator's state could not be kept")), (500, true));
    fs::rename(&moved, folder.path()).unwrap();
    assert_eq!(sent(&gateway, task::PollInfo).status, 200);
    assert_eq!(sent(&kept(&Settings::default(), &file), task::ContactInfo::new(100)).status, 400);
}

fn text_of(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

/// What changes nothing.
fn seen_but(gateway: &Gateway) {
    for question in [AnyTask::from(task::PollInfo), task::CertificateInfo::new(571).into(), task::Hello.into()] {
        ask(gateway, question);
    }
}

/// The lines of a state as the one document that an earlier certgate wrote: each row as it was said last.
fn one_document(lines: &str) -> Value {
    let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut document = lines.next().unwrap();
    document["schema"] = json!(1);
    for name in ["certificates", "contacts", "zones", "orders", "messages"] {
        document[name] = json!([]);
    }
    for change in lines {
        document["next"] = change["next"].clone();
        for name in ["certificates", "contacts", "zones", "orders", "messages"] {
            let key = |row: &Value| [&row["id"], &row["job"]["id"], &row["origin"]].map(Value::to_string);
            let rows = document[name].as_array_mut().unwrap();
            for row in change[name].as_array().into_iter().flatten() {
                rows.retain(|existing| key(existing) != key(row));
                rows.push(row.clone());
            }
        }
    }
    document
}

/// One whole document, as an earlier certgate wrote it.
#[test]
fn a_state_of_the_earlier_form_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gateway = kept(&Settings { foreign_first: 1, more_certificates: 2, ..Settings::default() }, &file);
    ask(&gateway, task::CertificateReissue { certificate: order(Some(571)) });
    let before = seen(&gateway);
    let document = one_document(&fs::read_to_string(&file).unwrap());
    fs::write(&file, serde_json::to_string_pretty(&document).unwrap()).unwrap();
    let again = kept(&Settings::default(), &file);
    assert!(seen(&again) == before);
    ask(&again, task::ContactUpdate { contact: SslContact::by_id(100) });
    assert!(seen(&kept(&Settings::default(), &file)) == seen(&again), "in today's form");
}

/// The process ended while it wrote: what came before stands, and the next change finds its place.
#[test]
fn half_a_line_at_its_end_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gateway = kept(&Settings { foreign_first: 1, more_certificates: 2, ..Settings::default() }, &file);
    let contact = |fname: &str| task::ContactUpdate {
        contact: SslContact { fname: Some(fname.to_owned()), ..SslContact::by_id(100) },
    };
    ask(&gateway, contact("first"));
    let before = (fs::read(&file).unwrap(), seen(&gateway));
    ask(&gateway, contact("second"));
    let (after, line) = (fs::read(&file).unwrap(), before.0.len());
    for end in (line..after.len()).step_by(9) {
        fs::write(&file, &after[..end]).unwrap();
        let again = kept(&Settings::default(), &file);
        assert!(seen(&again) == before.1, "{end} of {} bytes", after.len());
        ask(&again, contact("second"));
        assert!(seen(&kept(&Settings::default(), &file)) == seen(&again), "{end} of {} bytes", after.len());
    }
}

/// However often one row is changed, and also where rows come and go.
#[test]
fn it_does_not_grow_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gateway = kept(&Settings::default(), &file);
    let whole = fs::metadata(&file).unwrap().len();
    let (mut most, mut times_less) = (0, 0);
    let mut last = whole;
    let long = "x".repeat(20_000);
    for _ in 0..300 {
        ask(
            &gateway,
            task::ContactUpdate { contact: SslContact { fname: Some(long.clone()), ..SslContact::by_id(100) } },
        );
        let length = fs::metadata(&file).unwrap().len();
        times_less += u32::from(length < last);
        (most, last) = (length.max(most), length);
    }
    assert!(
        times_less >= 2 && most < 3 * (whole + 20_000) + (1 << 20) + 1,
        "{most} bytes, written anew {times_less} times"
    );
    ask(&gateway, task::ZoneDelete { origin: Some("example.com".to_owned()), virtual_name_server: None });
    ask(&gateway, task::CertificateDelete::new(571));
    ask(&gateway, task::PollInfo);
    ask(&gateway, task::ContactDelete::new(1120));
    let again = kept(&Settings::default(), &file);
    for (gone, code) in [
        (AnyTask::from(task::CertificateInfo::new(571)), 400),
        (task::ContactInfo::new(1120).into(), 400),
        (task::ZoneInfo::new("example.com", "ns1.dns.example").into(), 400),
    ] {
        assert_eq!(sent(&again, gone).status, code);
    }
    assert_eq!(again.queue_len(), 1, "the message of the deletion");
}

#[test]
fn what_is_no_state_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let gateway = kept(&Settings { foreign_first: 1, ..Settings::default() }, &file);
    ask(&gateway, task::CertificateReissue { certificate: order(Some(571)) });
    let lines = fs::read_to_string(&file).unwrap();
    let (head, rest) = lines.split_once('\n').unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut state = one_document(&lines);
        change(&mut state);
        state.to_string()
    };
    for (what, text, said) in [
        ("nothing", String::new(), "EOF"),
        ("cut short", with(&|_| ())[..4000].to_owned(), "EOF"),
        ("cut in its first line", head[..400].to_owned(), "EOF"),
        ("cut in its second line", lines[..head.len() + 400].to_owned(), "EOF: its second line"),
        ("a line that is none", format!("{head}\n{rest}{{}}\n"), "line 4: missing field `next`"),
        ("garbage among the lines", format!("{head}\nx\n{rest}"), "line 2: expected value"),
        (
            "an unknown field of a line",
            format!("{head}\n{}", rest.replacen("\"next\"", "\"then\"", 1)),
            "line 2: unknown",
        ),
        ("another document", "{}".to_owned(), "expected \"schema\": 2"),
        ("a list", "[1]".to_owned(), "expected \"schema\": 2"),
        ("a document and more", with(&|_| ()) + "{}", "expected \"schema\": 2"),
        ("a newer one", with(&|state| state["schema"] = json!(3)), "its schema is 3, and this certgate knows 2"),
        ("an unknown part", with(&|state| state["colour"] = json!(1)), "unknown field `colour`"),
        ("a missing part", with(&|state| drop(state.as_object_mut().unwrap().remove("messages"))), "`messages`"),
        ("an unknown field", with(&|state| state["contacts"][0]["colour"] = json!(1)), "contacts[0]: data[0].colour"),
        ("a wrong shape", with(&|state| state["certificates"][0]["id"] = json!("x")), "certificates[0]: "),
        ("no id", with(&|state| drop(state["contacts"][0].as_object_mut().unwrap().remove("id"))), "one has no id"),
        ("nothing in it", with(&|state| state["messages"][0] = json!({})), "messages[0]: it is empty"),
        ("half an order", with(&|state| state["orders"][0]["job"]["action"] = json!("dance")), "one is incomplete"),
        ("no key", with(&|state| state["authority"]["key"] = json!("x")), "authority: "),
        ("no root", with(&|state| state["authority"]["root"] = json!("x")), "authority: "),
    ] {
        fs::write(&file, &text).unwrap();
        let error = Gateway::kept(Settings::default(), &file).err().unwrap_or_else(|| panic!("{what} was taken"));
        assert!(error.to_string().contains(said), "{what}: {error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), text, "{what}");
    }
    let nowhere = Gateway::kept(Settings::default(), &folder.path().join("none/state.json"));
    assert!(nowhere.is_err());
    assert_eq!(gateway.asked(TaskKind::CertificateReissue), 1);
}
