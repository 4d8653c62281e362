//! `certgate zone`: which zone a name is in, and its records.

use certgate_domain::TaskKind;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, certgate, ended, exit, json, stderr, stdout};

/// The name, type and value of each record.
fn records(zone: &Value) -> Vec<(String, String, String)> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = zone["response"]["data"][0]["resourceRecords"].as_array().unwrap();
    rows.iter().map(|row| (text(row, "name"), text(row, "type"), text(row, "value"))).collect()
}

#[test]
fn records_come_and_go() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let mx = || ("".to_owned(), "MX".to_owned(), "mail.example.com".to_owned());
        let txt = ["_dnsauth.www.Example.com.", "txt", "2026 \"abcd\" ä"];
        let (code, added, said) = here.told(&[&["zone", "add"][..], &txt, &["--ttl", "5m"]].concat());
        let record = json!({ "name": txt[0], "type": "TXT", "value": txt[2] });
        let zone = json!({ "origin": "example.com", "virtualNameServer": "ns1.dns.example" });
        assert_eq!(
            (code, &added),
            (0, &json!({ "schema": 1, "changed": true, "zone": zone, "record": record })),
            "{said}"
        );
        let (code, info, _) = here.told(&["zone", "info", "deep.below.example.com"]);
        let there = ("_dnsauth.www".to_owned(), "TXT".to_owned(), txt[2].to_owned());
        assert_eq!((code, records(&info)), (0, vec![mx(), there]), "{transport}");
        assert_eq!(info["response"]["data"][0]["resourceRecords"][1]["ttl"], 300);

        let (code, again, said) = here.told(&[&["zone", "add"][..], &txt].concat());
        assert_eq!((code, &again["changed"]), (8, &json!(false)));
        assert!(said.contains("the record is there already"), "{said}");
        assert_eq!(here.told(&[&["zone", "remove"][..], &txt].concat()).0, 0);
        assert_eq!(records(&here.told(&["zone", "info", "example.com"]).1), [mx()]);
        let asked = here.gateway.asked(TaskKind::ZoneUpdateRecords);
        let (code, gone, said) = here.told(&[&["zone", "remove"][..], &txt, &["--unchanged-ok"]].concat());
        assert_eq!(
            (code, &gone["changed"], here.gateway.asked(TaskKind::ZoneUpdateRecords)),
            (0, &json!(false), asked),
            "{said}"
        );
        // An MX record is removed by its preference too.
        for (value, code) in [("20 mail.example.com", 8), ("10 mail.example.com", 0)] {
            assert_eq!(here.told(&["zone", "remove", "example.com", "MX", value]).0, code, "{transport} {value}");
        }
    }
}

#[test]
fn a_zone_is_looked_for_up_to_the_top_level_domain() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        for (arguments, said, asked) in [
            (
                &["zone", "add", "a.b.example.org", "TXT", "x"][..],
                "asked for a.b.example.org, b.example.org, example.org",
                3,
            ),
            (&["zone", "info", "de"], "found `de`, expected a name below a top-level domain", 0),
            (&["zone", "remove", "a..example.com", "TXT", "x"], "found `a..example.com`", 0),
        ] {
            let before = here.gateway.asked(TaskKind::ZoneList);
            let (code, document, text) = here.told(arguments);
            assert!(code == 2 && text.contains(said), "{transport} {arguments:?}: {text}");
            assert_eq!(
                (&document["error"]["kind"], here.gateway.asked(TaskKind::ZoneList) - before),
                (&json!("usage"), asked)
            );
        }
        assert_eq!(here.gateway.asked(TaskKind::ZoneUpdateRecords), 0);
        let (code, list, _) = here.told(&["zone", "list", "--filter", "name=example*"]);
        let origin = &list["response"]["data"][0]["origin"];
        assert_eq!((code, origin.as_str()), (0, Some("example.com")), "{transport}");
        here.ends(&["zone", "list", "--filter", "name=shop.example"], 8);
    }
}

#[test]
fn people_read_a_line() {
    for transport in ["xml", "json"] {
        let run = |arguments: &[&str]| {
            certgate(&[&["zone"], arguments, &["--sandbox", "--transport", transport]].concat(), "")
        };
        let output = ended(run(&["add", "www.example.com", "MX", "5 mx.example.com"]), 0);
        let expected = "www.example.com MX 5 mx.example.com: added to the zone example.com at ns1.dns.example\n";
        assert_eq!(stdout(&output), expected);
        let output = run(&["remove", "www.example.com", "TXT", "none"]);
        assert_eq!((exit(&output), stdout(&output).as_str()), (8, ""));
        assert!(stderr(&output).contains("there is no such record"), "{}", stderr(&output));
        let listed = stdout(&run(&["list"]));
        assert!(listed.contains("example.com") && listed.contains("ns1.dns.example"), "{listed}");
        assert_eq!(json(&run(&["info", "example.com", "--output", "json"]))["schema"], 1);
    }
}
