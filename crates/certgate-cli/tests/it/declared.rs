//! An entry that names one certificate by its id and another one by its name.

use std::{fs, net::SocketAddr, process::Command};

use certgate_simulator::{Gateway, Server, Settings};
use certgate_x509::CertificateRequest;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::binary::{Here, bare, command, ended, json as document, told, write_batch};

fn entry(id: i64, name: &str, out: &str) -> String {
    format!("[[certificate]]\nid = {id}\nname = \"{name}\"\nout = \"certs/{out}\"\n")
}

/// Nothing is ordered of it, planned or applied, be its folder empty or not; the others go on.
#[test]
fn an_id_and_the_name_of_another_certificate_are_two() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 4, ..Settings::default() });
        let run = |command: &[&str], code: i32| here.run(command, code).0;
        let (plan, apply) = (["plan", "certificates.toml"], ["apply", "certificates.toml"]);
        let write = |entries: &[String]| fs::write(here.path("certificates.toml"), entries.concat()).unwrap();
        let said = |id: i64, there: &str, declared: &str| {
            format!("certificate {id} is {there}, and stands in the file as {declared}: correct `id` or `name`")
        };
        let other = said(10001, "host-000001.example.org", "other.example.com");
        let right = entry(10000, "HOST-000000.example.org.", "right");

        write(&[entry(10001, "other.example.com", "wrong"), right.clone()]);
        let rows = run(&plan, 2)["plan"].clone();
        let shown = |row: &Value| [row["action"].clone(), row["why"].clone()];
        assert_eq!(shown(&rows[0]), [json!("error"), json!(other)], "{rows}");
        assert_eq!(rows[1]["action"], "reissue", "{rows}");
        let done = run(&apply, 2)["orders"].clone();
        let text = |rows: &Value, kind: &str| {
            let row = rows.as_array().unwrap().iter().find(|row| row["kind"] == kind);
            row.unwrap_or_else(|| panic!("{kind}: {rows}"))["text"].clone()
        };
        assert_eq!(text(&done, "usage"), json!(other));
        text(&done, "done");
        assert_eq!((here.orders(), here.path("certs/wrong").exists()), (1, false));

        // A line that was changed in place: what its folder holds is the certificate of the id.
        write(&[entry(10000, "host-000001.example.org", "right")]);
        let changed = said(10000, "host-000000.example.org", "host-000001.example.org");
        assert_eq!(shown(&run(&plan, 2)["plan"][0]), [json!("error"), json!(changed)]);
        assert_eq!(text(&run(&apply, 2)["orders"], "usage"), json!(changed));

        // And the other line: the folder holds another certificate.
        write(&[entry(10002, "host-000000.example.org", "right")]);
        let changed = said(10002, "host-000002.example.org", "host-000000.example.org");
        assert_eq!(shown(&run(&plan, 2)["plan"][0]), [json!("error"), json!(changed)]);
        run(&apply, 2);
        write(&[right]);
        run(&plan, 8);
        assert_eq!(here.orders(), 1);
    }
}

/// What a certificate is for besides its name is the same one, which keeps its own name when it is ordered.
#[test]
fn a_further_name_of_a_certificate_is_that_certificate() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 1, ..Settings::default() });
        let names = ["--san", "www.example.org", "--san", "*.wild.example.org", "--dns", "provision"];
        here.run(&[&["reissue", "10000", "--new-key", "--out", "certs/first"], &names[..]].concat(), 0);
        for (at, name) in ["WWW.example.org", "*.wild.example.org", "host-000000.example.org"].iter().enumerate() {
            let file = entry(10000, name, &at.to_string()) + "dns = \"provision\"\n";
            fs::write(here.path("certificates.toml"), file).unwrap();
            assert_eq!(here.run(&["plan", "certificates.toml"], 0).0["plan"][0]["action"], "reissue", "{name}");
            here.run(&["apply", "certificates.toml"], 0);
            let there = here.run(&["info", "10000"], 0).0;
            assert_eq!(there["response"]["data"][0]["name"], "host-000000.example.org", "{name}: {there}");
            let about = here.read(format!("certs/{at}/current/about.json"));
            assert!(about.contains("\"host-000000.example.org\""), "{name}: {about}");
        }
    }
}

/// The certificate of an order's id keeps its name, whatever else the order says that is right; nothing is sent that changes it, and no key waits.
#[test]
fn an_order_renames_no_certificate() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { more_certificates: 30, ..Settings::default() });
        let _ = write_batch(here.home.path(), 1);
        // A CSR for the names of both.
        let both = ["csr", "new", "--name", "other.example.org", "--san", "host-000001.example.org"];
        here.ends(&[&both[..], &["--key-out", "both.key", "--out", "both.csr"]].concat(), 0);
        let said = "certificate 10001 is host-000001.example.org, not host-000000.example.org";
        let key = "new_key = true\nout = \"out\"\n";
        let csr = "csr = \"host-000000.example.org.csr\"\n";
        let all = "csr = \"host-000000.example.org.csr\"\nproduct = \"QUICKSSLPREMIUM\"\nadmin = 1120\ntechnical = 100\n\
            software = \"APACHE2\"\nlifetime = 12\nmethod = \"dns\"\nprovisioning = true\n";
        for (what, rest) in [("a key", key), ("a CSR", csr), ("all of it", all)] {
            let row = format!("[[order]]\nid = 10001\nname = \"host-000000.example.org\"\n{rest}");
            // Of many the whole list is asked for.
            let others = (2..30).map(|at| {
                format!(
                    "[[order]]\nid = {}\nname = \"host-{at:06}.example.org\"\nnew_key = true\nout = \"out-{at}\"\n",
                    10_000 + at
                )
            });
            let many: String = others.collect();
            for (file, more) in [("one.toml", ""), ("many.toml", many.as_str())] {
                fs::write(here.path(file), row.clone() + more).unwrap();
                let before = here.orders();
                let rows = here.run(&["batch", file, "--dry-run"], 2).0["plan"].clone();
                let text = rows[0]["why"].as_str().unwrap_or_default().to_owned();
                assert!(text.contains(said), "{what}, {file}: {rows}");
                assert_eq!(here.orders(), before, "{what}, {file}");
            }
            let rows = here.run(&["batch", "one.toml"], 2).0["orders"].clone();
            assert!(rows[0]["text"].as_str().unwrap().contains(said), "{what}: {rows}");
            let single = match what {
                "a key" => &["--new-key", "--out", "out"][..],
                _ => &["--csr", "host-000000.example.org.csr"],
            };
            let words = [&["reissue", "10001", "--name", "host-000000.example.org"], single].concat();
            assert!(here.run(&words, 2).1.contains(said), "{what}");
            assert!(!here.path("out/pending").exists(), "{what}");
        }
        assert_eq!(here.orders(), 0);
        // Its own in any spelling is its own, and who asks for both says that the name is to change.
        let own = "[[order]]\nid = 10000\nname = \"HOST-000000.example.org.\"\nnew_key = true\nout = \"own\"\n";
        let changed = "[[order]]\nid = 10001\nname = \"other.example.org\"\ncsr = \"both.csr\"\n";
        fs::write(here.path("right.toml"), own.to_owned() + changed).unwrap();
        here.run(&["batch", "right.toml"], 0);
        assert_eq!(here.run(&["info", "10001"], 0).0["response"]["data"][0]["name"], "other.example.org");
    }
}

/// A further name that takes the first one's place leaves that in the CSR that is made.
#[test]
fn a_further_name_takes_the_first_place_and_the_first_one_stays() {
    let here = Here::new("json", Settings { more_certificates: 1, ..Settings::default() });
    here.run(&["reissue", "10000", "--new-key", "--out", "first", "--san", "www.example.org", "--dns", "provision"], 0);
    here.run(
        &["reissue", "10000", "--new-key", "--out", "second", "--name", "www.example.org", "--dns", "provision"],
        0,
    );
    // Not where the names are given, and it is not among them.
    let renamed = ["reissue", "10000", "--new-key", "--out", "second", "--name", "host-000000.example.org"];
    let said = here.run(&[&renamed[..], &["--san", "www.example.net"]].concat(), 2).1;
    assert!(said.contains("certificate 10000 is www.example.org, not host-000000.example.org"), "{said}");
    let there = here.run(&["info", "10000"], 0).0["response"]["data"][0].clone();
    let csr = CertificateRequest::from_pem(there["csr"].as_str().unwrap()).unwrap();
    assert_eq!(csr.hosts().collect::<Vec<_>>(), ["www.example.org", "host-000000.example.org"], "{there}");
}

/// A certificate that is being ordered stays that order's where the file names another folder for it meanwhile, and where its own is written in another way.
#[test]
fn another_folder_buys_no_second_one() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let world = home.path().join("world.json");
        let serve = |settings: Settings, address: SocketAddr| {
            let gateway = Gateway::kept(settings, &world).unwrap();
            (gateway.clone(), Server::start(gateway, address).unwrap())
        };
        let declare = |name: &str, out: &str| {
            let new = "product = \"SSL123\"\nadmin = 1120\ntechnical = 100\nlifetime = 12\nout";
            let text = format!("[[certificate]]\nname = \"{name}\"\n{new} = \"certs/{out}\"\n");
            fs::write(home.path().join("certificates.toml"), text).unwrap();
        };
        let (gateway, server) =
            serve(Settings { jobs_never_end: true, ..Settings::default() }, "127.0.0.1:0".parse().unwrap());
        let run = |server: &Server, command: &[&str]| told(home.path(), server, transport, command);
        declare("new.example.com", "n");
        let apply = ["apply", "certificates.toml", "--timeout", "1s"];
        assert_eq!((run(&server, &apply).0, gateway.counts().orders), (6, 1));
        declare("New.example.com", "moved");
        let (_, document, said) = run(&server, &["plan", "certificates.toml"]);
        assert_eq!(document["plan"][0]["action"], "resume", "{said}");
        assert_eq!((run(&server, &apply).0, gateway.counts().orders), (6, 1));
        let address = server.address();
        drop((gateway, server));

        let (gateway, server) = serve(Settings::default(), address);
        let (code, _, said) = run(&server, &["apply", "certificates.toml"]);
        assert_eq!((code, gateway.counts().orders), (0, 0), "{said}");
        assert!(home.path().join("certs/n/cert.pem").exists(), "its key is there: {said}");
        let (_, document, said) = run(&server, &["plan", "certificates.toml"]);
        assert_eq!(
            (&document["plan"][0]["action"], &document["plan"][0]["cost"]),
            (&"reissue".into(), &"free".into()),
            "{said}"
        );
    }
}

/// What the run says of its own account is not taken for another, and not advised.
#[test]
fn a_profile_without_a_password_is_told_how_it_gets_one() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("config.toml"), "[live]\n[team]\nuser = \"other\"\ncontext = 9\n").unwrap();
    let declared = "[[certificate]]\nid = 571\nout = \"certs/a\"\nprofile = \"team\"\n";
    fs::write(home.path().join("certificates.toml"), declared).unwrap();
    let said = |mut program: Command, command: &[&str]| {
        program.args(command).args(["--config", "config.toml", "--output", "json"]).current_dir(home.path());
        document(&ended(program.output().unwrap(), 4))["error"].clone()
    };
    // CERTGATE_PASSWORD is set.
    let of_other = said(command(home.path(), &[]), &["plan", "certificates.toml"]);
    assert_eq!(of_other["text"], "no password is given in the profile `team`");
    let advice = "set its password_command or password_file; options and environment are for the run's own profile";
    assert_eq!(of_other["advice"], advice);
    let own = said(bare(home.path()), &["list", "--profile", "team"]);
    assert_eq!(own["text"], "no password is given");
    assert!(own["advice"].as_str().unwrap().starts_with("use CERTGATE_PASSWORD, "), "{own}");
}
