//! A company's certificates: settings that are remembered, all that is due in one run, and others who are at the same certificate.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{at, csr, exit, json as document, pair, serve, stderr, told};

/// Installed by a reissue with these options.
fn installed(home: &Path, server: &Server, transport: &str, id: &str, options: &[&str]) {
    let output = at(home, server, transport, &[&["reissue", id][..], options].concat());
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
}

/// A mixed estate is renewed by one line without options, as each certificate was ordered.
#[test]
fn one_line_renews_a_mixed_estate() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { more_certificates: 5, ..Settings::default() });
        fs::create_dir(home.path().join("www")).unwrap();
        fs::write(home.path().join("pass"), "secret\n").unwrap();
        fs::set_permissions(home.path().join("pass"), fs::Permissions::from_mode(0o600)).unwrap();
        let new = |folder: &str| ["--new-key", "--out", folder].map(str::to_owned).to_vec();
        for (id, folder, more) in [
            ("10000", "certs/p12", &["--pkcs12", "--store-pass-file", "pass", "--keep", "1"][..]),
            ("10001", "certs/exec", &["--dns", "exec", "echo >> calls; true"]),
            ("10002", "certs/hook", &["--deploy-hook", "echo $CERTGATE_NAME >> hooked", "--key-type", "p384"]),
            ("10003", "certs/provision", &["--dns", "provision", "--san", "other.example.org"]),
        ] {
            let words = new(folder);
            let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
            installed(home.path(), &server, transport, id, &words);
        }
        installed(home.path(), &server, transport, "571", &["--csr", &csr(), "--out", "certs/csr"]);
        let orders = gateway.counts().orders;
        let due = ["renew-due", "certs", "--renew-before", "400d"];
        let planned = at(home.path(), &server, transport, &[&due[..], &["--dry-run"]].concat());
        let rows = document(&planned)["plan"].as_array().unwrap().clone();
        assert_eq!((exit(&planned), rows.len(), gateway.counts().orders), (0, 5, orders), "{rows:?}");
        assert!(rows.iter().all(|row| row["cost"] == "free" && row["action"] == "reissue"), "{rows:?}");
        let before = pair(&home.path().join("certs/hook"));
        let output = at(home.path(), &server, transport, &due);
        let rows = document(&output)["orders"].clone();
        assert_eq!((exit(&output), gateway.counts().orders), (0, orders + 5), "{rows:#} {}", stderr(&output));
        assert!(home.path().join("certs/p12/bundle.p12").exists());
        let now = pair(&home.path().join("certs/hook"));
        assert!(now.0 == now.1 && now != before);
        let text = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!((text("calls").lines().count(), text("hooked").lines().count()), (4, 2));
        // The key that is somewhere else is ordered for again.
        assert!(!home.path().join("certs/csr/key.pem").exists());
        let about: Value = serde_json::from_str(&text("certs/provision/current/about.json")).unwrap();
        assert_eq!(
            (&about["settings"]["dns"], &about["settings"]["names"]),
            (&json!("provision"), &json!(["other.example.org"]))
        );
    }
}

/// What is due is ordered at once and waited for together.
#[test]
fn all_that_is_due_is_waited_for_together() {
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) =
        serve(Settings { more_certificates: 6, job_time: Duration::from_millis(1500), ..Settings::default() });
    let mut lines = "id,new_key,out\n".to_owned();
    for at in 0..6 {
        lines += &format!("{},true,certs/{at}\n", 10_000 + at);
    }
    fs::write(home.path().join("all.csv"), lines).unwrap();
    let output = at(home.path(), &server, "json", &["batch", "all.csv"]);
    assert_eq!(exit(&output), 0, "{}", stderr(&output));
    // What a batch installed is known.
    let begun = Instant::now();
    let output = at(home.path(), &server, "json", &["renew-due", "certs", "--renew-before", "400d"]);
    assert_eq!((exit(&output), gateway.counts().orders), (0, 12), "{}", stderr(&output));
    assert!(begun.elapsed() < Duration::from_millis(6 * 1500), "one after the other: {:?}", begun.elapsed());
    let output = at(home.path(), &server, "json", &["renew-due", "certs"]);
    assert_eq!((exit(&output), &document(&output)["orders"]), (8, &json!([])), "nothing is due any more");
}

/// Another machine or a person is at the same certificate: nothing is ordered, be it one order or many.
#[test]
fn a_job_of_somebody_elses_is_not_ordered_over() {
    for transport in ["xml", "json"] {
        let [home, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (gateway, server) = serve(Settings { jobs_never_end: true, more_certificates: 1, ..Settings::default() });
        let csr = csr();
        let (code, theirs, said) =
            told(other.path(), &server, transport, &["reissue", "571", "--csr", &csr, "--no-wait"]);
        assert_eq!((code, gateway.counts().orders), (6, 1), "{said}");
        let job = &theirs["order"]["job"]["id"];
        let expected = format!("job {job} (reissue) of example.com runs at the gateway and was not ordered from here");
        let (code, document, said) = told(home.path(), &server, transport, &["renew", "571", "--csr", &csr]);
        assert_eq!((code, gateway.counts().orders, &document["job"]["id"]), (6, 1, job), "{said}");
        assert!(said.contains(&expected), "{said}");
        fs::write(home.path().join("b.csv"), format!("id,csr\n571,{csr}\n")).unwrap();
        let file = home.path().join("b.csv").display().to_string();
        let looks = gateway.asked(TaskKind::JobList);
        let (code, document, said) = told(home.path(), &server, transport, &["batch", &file]);
        assert_eq!((code, gateway.counts().orders), (6, 1), "{said}");
        assert_eq!(document["orders"][0]["order"]["state"], "unsent", "{document}");
        assert_eq!(gateway.asked(TaskKind::JobList), looks + 1, "one look a run");
    }
}
