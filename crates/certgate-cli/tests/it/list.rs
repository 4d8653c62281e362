//! Lists: conditions, pages, rows as they come, over both protocols alike.

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, certgate, csr, endpoint, exit, json, serve, stderr};

/// The dates of a world count from its start: two of the same start are alike.
fn many() -> Settings {
    // 2026-06-01.
    Settings { more_certificates: 250, start: Some(1_780_272_000), ..Settings::default() }
}

#[test]
fn pages_conditions_and_order() {
    let mut seen = Vec::new();
    for transport in ["xml", "json"] {
        let here = Here::new(transport, many());
        let run = |arguments: &[&str]| {
            let (code, document, _) = here.told(&[&["list"][..], arguments].concat());
            let rows = document["response"]["data"].as_array().cloned().unwrap_or_default();
            (code, rows, document)
        };
        let (code, rows, document) = run(&["--all"]);
        assert_eq!(
            (code, rows.len(), here.gateway.asked(TaskKind::CertificateList)),
            (0, 251, 3),
            "100 rows a request"
        );
        assert_eq!(
            (&document["schema"], &document["response"]["object"]["summary"], &document["findings"]),
            (&json!(1), &json!(251), &json!([]))
        );
        let (code, first, _) = run(&[]);
        assert_eq!((code, first.len()), (0, 100), "one request without --all");
        let (_, window, _) = run(&["--limit", "2", "--offset", "1", "--order", "id:desc"]);
        assert_eq!(window.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), [json!(10_248), json!(10_247)]);
        let (_, both, _) = run(&["--filter", "id>=10005", "--filter", "id<10007"]);
        assert_eq!(
            both.iter().map(|row| row["name"].clone()).collect::<Vec<_>>(),
            [json!("host-000005.example.org"), json!("host-000006.example.org")]
        );
        let (_, like, _) = run(&["--filter", "name=*.com", "--key", "orderId"]);
        assert_eq!(like.len(), 1);
        let (code, none, document) = run(&["--filter", "name=nobody"]);
        assert_eq!((code, none.len(), &document["response"]["status"]["code"]), (8, 0, &json!("S400105")));
        let (code, _, document) = run(&["--filter", "colour=red"]);
        assert_eq!((code, &document["error"]["kind"]), (3, &json!("refused")));
        let (code, _, document) = run(&["--filter", "colour"]);
        assert_eq!((code, &document["error"]["kind"]), (2, &json!("usage")));
        seen.push((rows, window, both));
    }
    assert_eq!(seen[0], seen[1], "both protocols list alike");
}

/// More rows than fit into one answer are asked for in several.
#[test]
fn many_rows() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 3000, ..Settings::default() });
        for (arguments, rows, requests) in
            [(&["--limit", "2500"][..], 2500, 3), (&["--all", "--limit", "5000"], 3001, 4)]
        {
            let before = here.gateway.asked(TaskKind::CertificateList);
            let (document, _) = here.run(&[&["list"][..], arguments].concat(), 0);
            let listed = document["response"]["data"].as_array().unwrap();
            let ids: std::collections::BTreeSet<i64> = listed.iter().filter_map(|row| row["id"].as_i64()).collect();
            let asked = here.gateway.asked(TaskKind::CertificateList) - before;
            assert_eq!((listed.len(), ids.len(), asked), (rows, rows, requests), "{transport} {arguments:?}");
        }
    }
}

/// A page that cannot be had leaves one whole document with the rows so far and the error.
#[test]
fn a_list_that_breaks_off_is_still_one_document() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, many());
        // The first page is answered; every attempt at the second is turned away.
        for _ in 0..4 {
            here.gateway.inject_after(1, Fault::Status(Some(TaskKind::CertificateList), 500));
        }
        let (document, _) = here.run(&["list", "--all"], 5);
        assert_eq!(document["response"]["data"].as_array().unwrap().len(), 100);
        assert_eq!(document["error"]["kind"], "unreachable");
    }
}

#[test]
fn tables_have_the_columns_asked_for() {
    let (_gateway, server) = serve(many());
    let at = endpoint(&server, "json");
    let output = certgate(&["list", "--limit", "2", "--columns", "id,name", "--endpoint", &at], "");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "id     name\n571    example.com\n10000  host-000000.example.org\n"
    );
}

#[test]
fn contacts_and_jobs() {
    for transport in ["xml", "json"] {
        let (_gateway, server) = serve(Settings { finished_jobs_are_gone: false, ..Settings::default() });
        let at = endpoint(&server, transport);
        let run = |arguments: &[&str], stdin: &str| {
            let mut all = arguments.to_vec();
            all.extend(["--transport", transport, "--endpoint", &at, "--output", "json"]);
            let output = certgate(&all, stdin);
            (exit(&output), json(&output))
        };
        let john =
            r#"{"fname":"John","lname":"O'Neil & <Sons>","email":"j@example.com","address":["1 Street","2nd floor"]}"#;
        let (code, created) = run(&["contact", "create", "--data", "-"], john);
        assert_eq!((code, &created["response"]["object"]["value"]), (0, &json!("1121")));
        let (_, info) = run(&["contact", "info", "1121"], "");
        let contact = &info["response"]["data"][0];
        assert_eq!((&contact["lname"], &contact["address"][1]), (&json!("O'Neil & <Sons>"), &json!("2nd floor")));
        let (code, _) = run(
            &["contact", "update", "1121", "--data", "-"],
            r#"{"fname":"Jane","lname":"Doe","email":"j@example.com"}"#,
        );
        let (_, list) = run(&["contact", "list", "--filter", "fname=Jane", "--key", "pcode"], "");
        assert_eq!((code, &list["response"]["data"][0]["id"]), (0, &json!(1121)));
        assert_eq!(run(&["contact", "delete", "1121", "--yes"], "").0, 0);
        assert_eq!(run(&["contact", "info", "1121"], "").0, 3);
        let (code, odd) = run(&["contact", "create", "--data", "-"], r#"{"fname":"John","colour":"red"}"#);
        assert!(code == 2 && odd["error"]["text"].as_str().unwrap().contains("colour"), "{odd}");

        assert_eq!(run(&["job", "list"], "").0, 8, "no job yet");
        let csr = csr();
        assert_eq!(run(&["reissue", "571", "--csr", &csr, "--no-wait"], "").0, 6);
        let (code, jobs) = run(&["job", "list", "--filter", "object=example.com"], "");
        assert_eq!(code, 0, "{jobs}");
        let id = jobs["response"]["data"][0]["job"]["id"].to_string();
        assert_eq!(run(&["job", "info", &id], "").1["response"]["data"][0]["job"]["status"], "SUCCESS");
        assert_eq!(run(&["job", "info", &id, "--history"], "").0, 0);
        let (code, gone) = run(&["job", "cancel", &id, "--yes"], "");
        assert_eq!((code, &gone["error"]["messages"][0]["code"]), (3, &json!("EF300101")), "it is over");
    }
}

#[test]
fn the_queue_is_drained_into_a_folder() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 3, ..Settings::default() });
        let (document, _) = here.run(&["poll", "drain", "--to", "messages"], 0);
        assert_eq!((document["messages"].as_array().unwrap().len(), here.gateway.queue_len()), (3, 0));
        for message in document["messages"].as_array().unwrap() {
            assert!(here.path(message["file"].as_str().unwrap()).exists());
        }
        let (document, _) = here.run(&["poll", "drain", "--to", "messages"], 8);
        assert_eq!(document["messages"], json!([]));
    }
}

#[test]
fn nothing_to_show_and_more_than_is_shown_are_said() {
    let (_gateway, server) = serve(many());
    let at = endpoint(&server, "json");
    let run = |more: &[&str]| certgate(&[&["list", "--endpoint", &at][..], more].concat(), "");
    let nothing = ["--filter", "name=nobody.example"];
    for (more, code, said) in [
        (&[][..], 8, "certgate: no row fits\n"),
        (&["--unchanged-ok"], 0, "certgate: no row fits\n"),
        (&["--quiet"], 8, ""),
    ] {
        let output = run(&[&nothing[..], more].concat());
        assert_eq!((exit(&output), stderr(&output).as_str()), (code, said), "{more:?}");
    }
    let goes_on = "certgate: 100 of 251 rows are shown: --all shows every row, --offset 100 the next ones\n";
    for (more, said) in [(&[][..], goes_on), (&["--quiet"], ""), (&["--all"], ""), (&["--limit", "251"], "")] {
        let output = run(more);
        assert_eq!((exit(&output), stderr(&output).as_str()), (0, said), "{more:?}");
    }
}

#[test]
fn what_ends_within_a_time() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 250, ..Settings::default() });
        let run = |more: &[&str]| {
            let (code, document, _) = here.told(&[&["list", "--all"][..], more].concat());
            (code, document["response"]["data"].as_array().cloned().unwrap_or_default())
        };
        // As the gateway writes it, which is not UTC over XML: it compares no other.
        let day = |row: &Value| row["expire"].as_str().unwrap()[..10].parse::<Date>().unwrap();
        let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].as_i64().unwrap()).collect::<Vec<_>>();
        let today = || Timestamp::now().to_zoned(TimeZone::UTC).date();
        let (_, mut all) = run(&[]);
        all.retain(|row| row["expire"].is_string());
        all.sort_by_key(day);
        let before = today();
        let (code, rows) = run(&["--expiring", "70d"]);
        let is_expected = |today: Date| {
            let within = |row: &&Value| (0..=70).contains(&today.until(day(row)).unwrap().get_days());
            ids(&rows) == ids(&all.iter().filter(within).cloned().collect::<Vec<_>>())
        };
        // Midnight may pass meanwhile.
        assert!(code == 0 && [before, today()].into_iter().any(is_expected), "{transport}: {rows:?}");
        assert!(!rows.is_empty() && rows.len() < all.len(), "{} of {}", rows.len(), all.len());
        let (_, named) = run(&["--expiring", "70d", "--filter", "name=host-*", "--order", "id:desc"]);
        let named = ids(&named);
        assert!(
            !named.is_empty() && named.len() <= rows.len() && named.is_sorted_by(|one, next| one > next),
            "{named:?}"
        );
        assert_eq!(run(&["--expiring", "soon"]).0, 2);
    }
}
