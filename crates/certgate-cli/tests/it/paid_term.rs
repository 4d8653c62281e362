//! Reissue or renewal, by the paid term: what is ordered of a gateway whose certificates last less long than their term.

use std::{fs, path::Path, time::Duration};

use certgate_domain::{
    AnyData, AnyTask, Call, CertAuthentication, Certificate, Credentials, Options, Protocol, Secret, SslContact,
    TaskKind, TimePeriod,
    task::{CertificateCreate, CertificateInfo, PollInfo},
    words::AuthMethod,
};
use certgate_json::JsonCodec;
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Handled, Settings};
use certgate_wire::Codec as _;
use pretty_assertions::assert_eq;

use crate::support::binary::{Here, certgate, exit, json, secret, stderr};

/// The term of 571 ends in 25 days, that of a new certificate in a year.
#[test]
fn free_within_the_term_and_paid_at_its_end() {
    for transport in ["xml", "json"] {
        let max_validity = Some(Duration::from_secs(47 * 86_400));
        let here = Here::new(transport, Settings { max_validity, ..Settings::default() });
        let create = ["create", "--name", "new.example.com", "--new-key", "--lifetime", "12", "--out", "certs/new"];
        let more =
            ["--product", "QUICKSSLPREMIUM", "--admin", "1120", "--technical", "1120", "--software", "APACHESSL"];
        let old = ["reissue", "571", "--new-key", "--out", "certs/old"];
        for arguments in [&[&create[..], &more].concat()[..], &old] {
            here.ends(arguments, 0);
        }
        let asked =
            || (here.gateway.asked(TaskKind::CertificateReissue), here.gateway.asked(TaskKind::CertificateRenew));
        assert_eq!(asked(), (1, 0), "{transport}");
        let due = |before: &str| here.at(&["renew-due", "certs", "--renew-before", before]);
        for before in ["20d", "50d", "398d", "99/100"] {
            assert_eq!(exit(&due(before)), 8, "{before}: what has just been issued is not ordered anew");
        }
        // A person asks for all of them: one within its term, the other at its end.
        for expected in [(2, 1), (4, 1)] {
            let output = due("400d");
            assert_eq!((exit(&output), asked()), (0, expected), "{transport}: {}", stderr(&output));
        }
        // Its term was paid once: it goes on a year from where it ended.
        let info = json(&here.at(&["info", "571"]));
        let of = |name: &str| {
            let moment =
                info["response"]["data"][0][name].as_str().unwrap().parse::<certgate_domain::Moment>().unwrap();
            moment.unix_seconds().unwrap()
        };
        let term_after_certificate = (of("payable") - of("expire") + 43_200) / 86_400;
        assert_eq!(term_after_certificate, 25 + 365 - 47, "{transport}");
    }
}

/// The rule of renew-due, not a flat time: a third of a short lifetime, and what the gateway asks for in the last week.
#[test]
fn status_calls_due_what_renew_due_would_order() {
    for (days, arguments, expected) in [
        (20, &[][..], "nothing"),
        (20, &["--renew-before", "30d"], "nothing"),
        (20, &["--renew-before", "400d"], "due: certgate renew-due"),
        (6, &[], "due: certgate renew-due"),
        (6, &["--here"], "nothing"),
    ] {
        let max_validity = Some(Duration::from_secs(days * 86_400));
        let here = Here::new("json", Settings { max_validity, ..Settings::default() });
        here.ends(&["reissue", "571", "--new-key", "--out", "certs/a"], 0);
        let status = here.at(&[&["status", "certs"][..], arguments].concat());
        let todo = json(&status)["certificates"][0]["todo"].as_str().unwrap().replace(&here.options(), "");
        assert_eq!(todo, expected, "{days} days, {arguments:?}");
    }
    // Of one that has ended it says since when.
    let max_validity = Some(Duration::from_secs(20 * 86_400));
    let here = Here::new("json", Settings { max_validity, ..Settings::default() });
    ordered_before(30, &here.gateway, here.home.path());
    here.ends(&["adopt", "certs/new"], 0);
    let status = json(&here.at(&["status", "certs"]));
    let row = &status["certificates"][0];
    let certificate = certgate_x509::X509::from_pem(here.read("certs/new/cert.pem")).unwrap();
    let ended = jiff::Timestamp::from_second(certificate.not_after).unwrap();
    let expected = format!("it ended on {}: certgate renew-due{}", ended.strftime("%Y-%m-%d"), here.options());
    assert_eq!(row["todo"], expected, "{status}");
}

#[test]
fn a_validity_that_is_none_is_refused() {
    for (given, said) in [("47", "has no unit"), ("0d", "expected at least 1d"), ("23h", "expected at least 1d")] {
        let output = certgate(&["serve", "simulator", "--listen", "127.0.0.1:0", "--max-validity", given], "");
        assert!(exit(&output) == 2 && stderr(&output).contains(said), "{given}: {}", stderr(&output));
    }
}

/// A certificate that was ordered so long ago, with its key in `certs/new`; its id.
fn ordered_before(days: i64, gateway: &Gateway, home: &Path) -> String {
    let now = certgate::unix_now() / 1000 - days * 86_400;
    let ask = |task: AnyTask| {
        let (codec, kind) = (JsonCodec::default(), task.kind());
        let identity = Some(Credentials::new("user", Secret::new("password"), "9").into());
        let request = codec.encode_request(&Call { task, options: Options::default(), identity }).payload;
        let Handled::Reply(reply, _) = gateway.handle(Protocol::Json, &request, Duration::ZERO, now) else { panic!() };
        codec.decode_response(kind, &reply).unwrap().value.data.into_iter().next()
    };
    let (key, name) = (PrivateKey::generate(KeyType::P256).unwrap(), "new.example.com".to_owned());
    let subject = Subject { common_name: name.clone(), ..Subject::default() };
    let certificate = Certificate {
        csr: Some(key.request(&subject, std::slice::from_ref(&name)).unwrap()),
        name: Some(name),
        product: Some("QUICKSSLPREMIUM".to_owned()),
        lifetime: Some(TimePeriod::months(12)),
        admin_contact: Some(SslContact::by_id(1120)),
        technical_contact: Some(SslContact::by_id(1120)),
        authentication: Some(CertAuthentication { method: Some(AuthMethod::Dns), ..CertAuthentication::default() }),
        ..Certificate::default()
    };
    ask(CertificateCreate { certificate }.into());
    let Some(AnyData::PollMessage(message)) = ask(PollInfo.into()) else { panic!("no message") };
    let id = message.object.unwrap().certificate().unwrap().id.unwrap();
    let Some(AnyData::Certificate(there)) = ask(CertificateInfo::new(id).into()) else { panic!("no certificate") };
    let folder = home.join("certs/new");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("cert.pem"), there.server.unwrap()).unwrap();
    secret(&folder.join("key.pem"), key.to_pem().expose());
    id.to_string()
}

/// A gateway that tells neither the end of a term nor its start, and whose certificates last so short a time that each may be the last of its
/// term: the certificate's own end is all that is known, and a renewal within the term is refused. Then it is reissued, by a declared file and by the line in the crontab, once, and never paid for. A person's own order
/// stays what it is.
#[test]
fn what_is_too_early_to_renew_is_reissued_instead() {
    for (transport, is_declared) in [("xml", true), ("xml", false), ("json", true), ("json", false)] {
        let max_validity = Some(Duration::from_secs(39 * 86_400));
        let settings = Settings { max_validity, tells_terms: false, tells_starts: false, ..Settings::default() };
        let here = Here::new(transport, settings);
        let run = |command: &[&str], code: i32| {
            let output = here.at(command);
            assert_eq!(exit(&output), code, "{command:?}: {}", stderr(&output));
            (json(&output), stderr(&output))
        };
        let id = ordered_before(28, &here.gateway, here.home.path());
        run(&["adopt", "certs/new"], 0);
        let asked =
            || (here.gateway.asked(TaskKind::CertificateReissue), here.gateway.asked(TaskKind::CertificateRenew));
        let text = format!(
            "[defaults]\nrenew_before = \"400d\"\n[[certificate]]\nid = {id}\nout = \"certs/new\"\ndeploy_hook = \"touch reloaded\"\n"
        );
        fs::write(here.path("certificates.toml"), text).unwrap();
        let (dry, due) = match is_declared {
            true => (&["plan", "certificates.toml"][..], &["apply", "certificates.toml"][..]),
            false => (
                &["renew-due", "certs", "--dry-run"][..],
                &["renew-due", "certs", "--deploy-hook", "touch reloaded"][..],
            ),
        };
        let (plan, _) = run(dry, 0);
        let row = &plan["plan"][0];
        assert_eq!((&row["action"], &row["cost"]), (&"renew".into(), &"new term".into()), "{plan}");
        assert_eq!((&row["otherwise"]["action"], &row["otherwise"]["cost"]), (&"reissue".into(), &"free".into()));
        assert_eq!(asked(), (0, 0), "nothing is ordered");

        let (document, said) = run(due, 0);
        let row = &document["orders"][0];
        assert_eq!(
            (&row["action"], &row["kind"], &row["order"]["action"]),
            (&"reissue".into(), &"done".into(), &"reissue".into())
        );
        let why = row["why"].as_str().unwrap();
        assert!(why.starts_with("the gateway does not renew it yet: its term ends later than on "), "{why}");
        assert_eq!((asked(), document["summary"]["done"].as_i64()), ((1, 1), Some(1)), "refused once, reissued once");
        assert!(said.contains("it is too early to renew") && said.contains(": reissue instead"), "{said}");
        assert!(here.path("reloaded").exists());
        // However long the time that is declared: what this run ordered the next one leaves alone. A person's own time is for a run, and
        // pays for no term of which nothing is known.
        for command in [due, &["apply", "certificates.toml"]] {
            run(command, 8);
        }
        let (document, _) = run(&["renew-due", "certs", "--renew-before", "400d"], 0);
        assert_eq!((&document["orders"][0]["action"], asked()), (&"reissue".into(), (2, 1)), "{document}");
        // Who asks for a renewal is told, and gets nothing else.
        for _ in 0..2 {
            let (_, said) = run(&["renew", &id, "--new-key", "--out", "certs/new"], 3);
            assert!(said.contains("`certgate reissue` is free"), "{said}");
        }
        fs::write(here.path("one.csv"), format!("id,action,new_key,out\n{id},renew,true,certs/new\n")).unwrap();
        run(&["batch", "one.csv"], 3);
        assert_eq!(asked(), (2, 4), "{transport}");
        let (orders, _) = run(&["orders", "list", "--state", "refused"], 0);
        assert_eq!(orders["orders"].as_array().map(Vec::len), Some(4), "each refusal is recorded: {orders}");
        let account = orders["orders"][0]["order"]["account"].as_str().unwrap();
        let user = account.split(' ').next().unwrap();
        let name = orders["orders"][0]["order"]["name"].as_str().unwrap().to_uppercase();
        for (more, count) in [
            (vec!["--limit", "2"], 2),
            (vec!["--account", account], 4),
            (vec!["--account", user, "--since", "1h"], 4),
            (vec!["--account", &user[..1]], 0),
            (vec!["--certificate", &id], 4),
            (vec!["--certificate", "1"], 0),
            (vec!["--certificate", &name], 4),
            (vec!["--certificate", "other.example"], 0),
            (vec!["--unfinished"], 0),
        ] {
            let some = [&["orders", "list", "--state", "refused"], &more[..]].concat();
            let (some, _) = run(&some, if count == 0 { 8 } else { 0 });
            assert_eq!(some["orders"].as_array().map(Vec::len), Some(count), "{more:?}: {some}");
        }
        let (last, said) = run(&["orders", "--state", "refused", "--state", "done", "--limit", "1"], 0);
        let row = &last["orders"][0];
        let shown = (row["order"]["state"].as_str(), row["kind"].as_str());
        assert_eq!(shown, (Some("refused"), Some("refused")), "the last one placed: {last}");
        assert!(said.starts_with("certgate: 1 of ") && said.contains("those that were placed last"), "{said}");
    }
}
