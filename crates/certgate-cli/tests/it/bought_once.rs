//! A new certificate is bought once while its order is open, whatever its folder is called, and whichever command asks for it.

use std::{
    fs,
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::binary::{Here, arguments, at, csr, exit, json, stderr, told, until};

const NEW: [&str; 6] = ["--admin", "1120", "--technical", "100", "--dns", "provision"];

fn create<'a>(name: &'a str, product: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["create", "--name", name, "--product", product, "--no-wait"], &NEW[..], more].concat()
}

#[test]
fn another_folder_buys_no_second_one() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        let new = |name, out| create(name, "SSL123", &["--new-key", "--out", out]);
        let (first, said) = here.run(&new("new.example.com", "a"), 6);
        let id = first["order"]["id"].as_str().unwrap();
        assert_eq!(here.orders(), 1, "{said}");
        let asked = here.gateway.counts().requests;
        for again in [new("new.example.com", "b"), new("New.Example.com", "c"), new("new.example.com", "a")] {
            let (document, said) = here.run(&again, 6);
            assert_eq!((here.orders(), here.gateway.counts().requests), (1, asked), "{again:?} {said}");
            assert_eq!((&document["error"]["kind"], &document["order"]["id"]), (&json!("pending"), &json!(id)));
            let advice = document["error"]["advice"].as_str().unwrap();
            assert!(advice.contains("certgate resume") && advice.contains(id), "{advice}");
        }
        assert!(!here.path("b").exists() && !here.path("c").exists(), "no key is made for it");
        // The same of a batch, in its row, and of a declared one.
        let columns = "name,new_key,out,product,admin,technical,dns";
        fs::write(here.path("b.csv"), format!("{columns}\nnew.example.com,true,b,SSL123,1120,100,provision\n"))
            .unwrap();
        let (document, said) = here.run(&["batch", "b.csv", "--timeout", "1s"], 6);
        let row = &document["orders"][0];
        assert_eq!((&row["kind"], row["text"].as_str().unwrap().contains(id)), (&json!("pending"), true), "{said}");
        let declared = "[[certificate]]\nname = \"new.example.com\"\nout = \"b\"\nproduct = \"SSL123\"\nadmin = 1120\ntechnical = 100\n";
        fs::write(here.path("all.toml"), declared).unwrap();
        here.run(&["apply", "all.toml", "--timeout", "1s"], 6);
        assert_eq!((here.orders(), here.path("b").exists()), (1, false));
        // What makes it another one: each of these is.
        let csr = csr();
        let others = [
            create("new.example.com", "QUICKSSLPREMIUM", &["--new-key", "--out", "d"]),
            create("new.example.com", "SSL123", &["--new-key", "--out", "e", "--key-type", "rsa2048"]),
            create("new.example.com", "SSL123", &["--new-key", "--out", "f", "--san", "www.example.com"]),
            create("other.example.com", "SSL123", &["--new-key", "--out", "g"]),
            create("example.com", "SSL123", &["--csr", &csr]),
        ];
        for (number, other) in others.iter().enumerate() {
            let (_, said) = here.run(other, 6);
            assert_eq!(here.orders(), number + 2, "{other:?} {said}");
        }
    }
}

/// One whose answer was lost is looked for before, as for the same folder.
#[test]
fn one_whose_outcome_is_unknown_is_in_the_way_too() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { jobs_never_end: true, ..Settings::default() });
        here.gateway.inject(Fault::DropAfterRead(Some(TaskKind::CertificateCreate)));
        here.ends(&create("new.example.com", "SSL123", &["--new-key", "--out", "a"]), 9);
        let (document, said) = here.run(&create("new.example.com", "SSL123", &["--new-key", "--out", "b"]), 6);
        assert_eq!((here.orders(), &document["order"]["state"]), (1, &json!("pending")), "{said}");
        assert!(!here.path("b").exists(), "{said}");
    }
}

/// A line of a batch whose folder is another one by now is carried on with: its key is where it was ordered into.
#[test]
fn a_line_that_is_being_ordered_stays_in_its_folder() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let world = home.path().join("world.json");
        let serve = |settings: Settings, address: SocketAddr| {
            let gateway = Gateway::kept(settings, &world).unwrap();
            (gateway.clone(), Server::start(gateway, address).unwrap())
        };
        let write = |out: &str| {
            let rows =
                format!("create,,n.example.com,true,certs/{out},SSL123,1120,100\nreissue,571,,true,live/{out},,,\n");
            let columns = "action,id,name,new_key,out,product,admin,technical";
            fs::write(home.path().join("b.csv"), format!("{columns}\n{rows}")).unwrap();
        };
        let (gateway, server) =
            serve(Settings { jobs_never_end: true, ..Settings::default() }, "127.0.0.1:0".parse().unwrap());
        let run = |server: &Server| told(home.path(), server, transport, &["batch", "b.csv", "--timeout", "1s"]);
        write("a");
        assert_eq!((run(&server).0, gateway.counts().orders), (6, 2));
        write("b");
        let (code, document, said) = run(&server);
        assert_eq!((code, gateway.counts().orders), (6, 2), "{said}");
        for row in document["orders"].as_array().unwrap() {
            let detail = row["detail"].as_str().unwrap();
            assert!(detail.starts_with("ordered before, and carried on with as it was; `out` is "), "{detail}");
        }
        let address = server.address();
        drop((gateway, server));
        let (gateway, server) = serve(Settings::default(), address);
        let (code, _, said) = run(&server);
        assert_eq!((code, gateway.counts().orders), (0, 0), "{said}");
        for (folder, is_there) in [("certs/a", true), ("live/a", true), ("certs/b", false), ("live/b", false)] {
            assert_eq!(home.path().join(folder).join("cert.pem").exists(), is_there, "{folder} {said}");
        }
    }
}

/// Another machine, with a store of its own, comes to a certificate of the name while this one publishes what validates its order: its job is over, and no
/// second one is bought. The next run goes on with that one where it is declared.
#[test]
fn what_another_machine_came_to_meanwhile_is_not_bought_again() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let script = "echo $1 >> calls; test $1 = remove || while ! test -e go; do sleep 0.05; done";
        let new =
            "product = \"SSL123\"\nadmin = 1120\ntechnical = 100\ndns_check = false\ndns = \"exec sh ./wait.sh\"\n";
        let machine = |name: &str, command: &[&str]| {
            let home = tempfile::tempdir().unwrap();
            fs::write(home.path().join("wait.sh"), script).unwrap();
            let table = format!("name = \"{name}.example.com\"\nout = \"certs\"\n{new}");
            fs::write(home.path().join("all.toml"), format!("[[certificate]]\n{table}")).unwrap();
            fs::write(home.path().join("b.toml"), format!("[[order]]\nnew_key = true\n{table}")).unwrap();
            let words = arguments(home.path(), &here.server, transport, command);
            let mut run =
                crate::support::binary::command(home.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
            run.current_dir(home.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
            (home, run.spawn().unwrap())
        };
        let exec = ["--new-key", "--out", "certs"];
        let mut single = create("single.example.com", "SSL123", &exec);
        single.retain(|word| !["--no-wait", "--dns", "provision"].contains(word));
        single.extend(["--dns", "exec", "sh ./wait.sh"]);
        let begun = Instant::now();
        let machines = [
            ("declared", machine("declared", &["apply", "all.toml"])),
            ("batch", machine("batch", &["batch", "b.toml"])),
            ("single", machine("single", &single)),
        ];
        for (name, (home, _)) in &machines {
            until("the record is published", || home.path().join("calls").exists());
            let mut others = create("", "SSL123", &["--new-key", "--out", name]);
            let name = format!("{name}.example.com");
            others.retain(|word| *word != "--no-wait");
            others[2] = &name;
            here.ends(&others, 0);
        }
        until("what was looked at before is old", || begun.elapsed() > Duration::from_secs(6));
        for (_, (home, _)) in &machines {
            fs::write(home.path().join("go"), "").unwrap();
        }
        for (name, (home, child)) in machines {
            let output = child.wait_with_output().unwrap();
            let (document, said) = (json(&output), stderr(&output));
            assert_eq!((exit(&output), here.gateway.asked(TaskKind::CertificateCreate)), (6, 3), "{name} {said}");
            let told = format!(
                " of {name}.example.com came or was changed meanwhile, and was not ordered from here: nothing was ordered"
            );
            let text = document.pointer("/orders/0/text").or(document.pointer("/error/text")).unwrap();
            assert!(text.as_str().unwrap().contains(&told) && said.contains("certgate info"), "{document} {said}");
            assert_eq!(fs::read_to_string(home.path().join("calls")).unwrap(), "add\nremove\n", "{name}");
            if name == "declared" {
                let output = at(home.path(), &here.server, transport, &["apply", "all.toml"]);
                assert_eq!(
                    (exit(&output), here.gateway.asked(TaskKind::CertificateCreate)),
                    (0, 3),
                    "{}",
                    stderr(&output)
                );
                assert_eq!((&json(&output)["orders"][0]["action"], here.orders()), (&json!("reissue"), 4));
            }
        }
    }
}
