//! Which line of a batch is which order: what was done stays done where the same certificate is meant, however the line calls it by now.

use std::fs;

use certgate_keys::{KeyType, PrivateKey};
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::binary::{Here, csr, secret};

const COLUMNS: &str = "action,id,name,key,csr,new_key,out,product,admin,technical,method,provisioning,deploy_hook";
const REST: &str = "1120,100,dns,true,echo hooked >> hooks";

/// A gateway, and a folder with two keys, the first one under two names.
fn here(transport: &'static str) -> Here {
    here_with(transport, Settings::default())
}

fn here_with(transport: &'static str, settings: Settings) -> Here {
    let here = Here::new(transport, Settings { more_certificates: 1, ..settings });
    let key = || PrivateKey::generate(KeyType::P256).unwrap().to_pem();
    let first = key();
    for name in ["a.key", "b.key"] {
        secret(&here.path(name), first.expose());
    }
    secret(&here.path("other.key"), key().expose());
    fs::copy(csr(), here.path("a.csr")).unwrap();
    here
}

fn write(here: &Here, rows: &[&str]) {
    let rows = rows.iter().map(|row| match row.contains("SSL") {
        true => format!("{row},{REST}\n"),
        false => format!("{row},QUICKSSLPREMIUM,{REST}\n"),
    });
    let rows: String = rows.collect();
    fs::write(here.path("b.csv"), format!("{COLUMNS}\n{rows}")).unwrap();
}

/// Ordered anew is only what is another certificate, or another order of it.
#[test]
fn a_line_is_done_where_the_same_certificate_is_meant() {
    let create = |name: &str, key: &str| format!("create,,{name},{key},,,one");
    let of = |action: &str, id: &str| format!("{action},{id},,,,true,one");
    let by_csr = |id: &str| format!("reissue,{id},,,a.csr,,one");
    for (title, before, after, is_another) in [
        ("an id becomes a name", of("renew", "571"), of("renew", "Example.com"), false),
        ("a name becomes an id", of("renew", "example.com"), of("renew", "571"), false),
        ("the same with a CSR", by_csr("571"), by_csr("example.com"), false),
        ("a key's file is renamed", create("example.net", "a.key"), create("example.net", "b.key"), false),
        ("another certificate's id", of("renew", "571"), of("renew", "10000").replace("one", "two"), true),
        (
            "another certificate's name",
            of("renew", "571"),
            of("renew", "host-000000.example.org").replace("one", "two"),
            true,
        ),
        ("another action", of("renew", "571"), of("reissue", "example.com"), true),
        ("a key in place of a CSR", by_csr("571"), of("reissue", "example.com").replace("one", "two"), true),
        ("another product", create("example.net", "a.key"), create("example.net", "b.key") + ",SSL123", true),
        ("another key", create("example.net", "a.key"), create("example.net", "other.key"), true),
        ("another name", create("example.net", "a.key"), create("b.example.net", "b.key").replace("one", "two"), true),
    ] {
        for transport in ["xml", "json"] {
            let here = here(transport);
            write(&here, &[&before]);
            here.run(&["batch", "b.csv"], 0);
            write(&here, &[&after]);
            let rows = here.run(&["batch", "b.csv", "--dry-run"], if is_another { 0 } else { 8 }).0["plan"].clone();
            assert_eq!(rows[0]["action"] == "nothing", !is_another, "{title}: {rows}");
            here.run(&["batch", "b.csv"], if is_another { 0 } else { 8 });
            assert_eq!(here.orders(), if is_another { 2 } else { 1 }, "{title}");
        }
    }
}

/// A line of its own keeps its order to itself, and ordered anew is what somebody wants ordered anew.
#[test]
fn what_another_line_did_is_not_done_by_this_one() {
    let here = here("json");
    let new = |key: &str, out: &str| format!("create,,example.net,{key},,,{out}");
    write(&here, &[&new("a.key", "one")]);
    here.run(&["batch", "b.csv"], 0);
    // The same key in two lines, which say that they are two.
    write(&here, &[&new("a.key", "one"), &new("b.key", "two")]);
    here.run(&["batch", "b.csv"], 0);
    assert_eq!(here.orders(), 2);

    write(&here, &["reissue,571,,,,true,three"]);
    here.run(&["batch", "b.csv"], 0);
    write(&here, &["reissue,example.com,,,,true,three"]);
    let mut orders = 3;
    for (command, code) in [
        (&["batch", "b.csv"][..], 8),
        (&["batch", "b.csv", "--again"], 0),
        (&["batch", "b.csv"], 8),
        (&["batch", "b.csv", "--again"], 0),
    ] {
        here.run(command, code);
        orders += usize::from(code == 0);
        assert_eq!(here.orders(), orders, "{command:?}");
    }

    // What was renewed was not reissued, whatever else is renewed.
    write(&here, &["renew,10000,,,,true,four"]);
    here.run(&["batch", "b.csv"], 0);
    write(&here, &["reissue,host-000000.example.org,,,,true,four", "renew,571,,,,true,three"]);
    assert_eq!(here.run(&["batch", "b.csv", "--dry-run"], 0).0["plan"][0]["action"], "reissue");
}

/// A copy of a file, the same file under another name and in another form pay nothing again, be it done or still open. What is done and free is ordered.
#[test]
fn a_line_is_the_same_whatever_its_file_is_called() {
    let rows = [
        "create,,example.net,a.key,,,one",
        "create,,new.example.net,,,true,two",
        "renew,10000,,,,true,three",
        "reissue,example.com,,,,true,four",
    ];
    for (transport, is_open) in [("xml", false), ("json", false), ("xml", true), ("json", true)] {
        let here = here_with(transport, Settings { jobs_never_end: is_open, ..Settings::default() });
        let (first, again) = if is_open { (6, 6) } else { (0, 0) };
        write(&here, &rows);
        here.run(&["batch", "b.csv", "--timeout", "1s"], first);
        assert_eq!(here.orders(), 4);
        let text = here.read("b.csv");
        let (columns, values) = text.split_once('\n').unwrap();
        let tables = values.lines().map(|line| {
            let pairs = columns.split(',').zip(line.split(',')).filter(|(_, value)| !value.is_empty());
            let bare = |value: &str| value.parse::<i64>().is_ok() || value == "true";
            let field = |(name, value): (&str, &str)| {
                format!("{name} = {}\n", if bare(value) { value.to_owned() } else { format!("\"{value}\"") })
            };
            format!("[[order]]\n{}", pairs.map(field).collect::<String>())
        });
        fs::write(here.path("all.toml"), tables.collect::<String>()).unwrap();
        fs::copy(here.path("b.csv"), here.path("copy.csv")).unwrap();
        fs::rename(here.path("b.csv"), here.path("renamed.csv")).unwrap();
        for (at, file) in ["copy.csv", "renamed.csv", "all.toml"].into_iter().enumerate() {
            let (document, said) = here.run(&["batch", file, "--timeout", "1s"], again);
            assert_eq!(here.orders(), if is_open { 4 } else { 5 + at }, "{file} {said}");
            let rows = document["orders"].as_array().unwrap();
            for row in &rows[..if is_open { 4 } else { 3 }] {
                let begins = if is_open { "ordered before, and carried on with as it was" } else { "done before" };
                let detail = row["detail"].as_str().unwrap();
                assert!(detail.starts_with(&format!("{begins}; it was a line of b.csv")), "{file} {detail}");
            }
        }
    }
}

/// Next year's file renews what this year's did: the term that was paid for is over for the most part.
#[test]
fn a_renewal_counts_for_another_file_for_90_days() {
    let here = here("json");
    write(&here, &["renew,571,,,,true,one"]);
    here.run(&["batch", "b.csv"], 0);
    let store = rusqlite::Connection::open(here.path(".local/share/certgate/store.sqlite")).unwrap();
    let age = |days: i64| store.execute("UPDATE orders SET created = created - ?1", [days * 86_400_000]).unwrap();
    fs::rename(here.path("b.csv"), here.path("c.csv")).unwrap();
    assert_eq!(age(89), 1);
    here.run(&["batch", "c.csv"], 8);
    age(2);
    fs::copy(here.path("c.csv"), here.path("b.csv")).unwrap();
    here.run(&["batch", "b.csv"], 8);
    assert_eq!(here.orders(), 1, "the same file did it, however long ago");
    here.run(&["batch", "c.csv", "--dry-run"], 0);
    assert_eq!(here.orders(), 1);
}

/// A folder that is written in another way is the same one, and what one file ordered again is ordered again by another one, too.
#[test]
fn folders_by_other_names_and_again() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        fs::create_dir_all(here.path("real/sub")).unwrap();
        write(&here, &["create,,a.example,,,true,out/a", "create,,b.example,,,true,out/b"]);
        fs::rename(here.path("b.csv"), here.path("real/b.csv")).unwrap();
        here.run(&["batch", "real/b.csv"], 0);
        std::os::unix::fs::symlink("real", here.path("link")).unwrap();
        fs::copy(here.path("real/b.csv"), here.path("real/copy.csv")).unwrap();
        fs::write(here.path("real/sub/c.csv"), here.read("real/b.csv").replace("out/", "../out/")).unwrap();
        for file in ["real/copy.csv", "link/copy.csv", "real/sub/c.csv"] {
            here.run(&["batch", file], 8);
        }
        assert_eq!(here.orders(), 2);
        for (file, orders) in [("link/copy.csv", 4), ("real/b.csv", 6)] {
            here.run(&["batch", file, "--again"], 0);
            here.run(&["batch", file], 8);
            assert_eq!(here.orders(), orders, "{file}");
        }
    }
}

/// The same line of another file is another order where its certificate goes to another folder; of the same file it is told, and not ordered.
#[test]
fn a_line_of_another_file_and_folder_is_another_order() {
    let here = here("json");
    write(&here, &["reissue,571,,,,true,one"]);
    here.run(&["batch", "b.csv"], 0);
    write(&here, &["reissue,571,,,,true,two"]);
    let (document, _) = here.run(&["batch", "b.csv"], 8);
    let detail = document["orders"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("done before; `out` is ") && !here.path("two").exists(), "{detail}");
    fs::rename(here.path("b.csv"), here.path("c.csv")).unwrap();
    here.run(&["batch", "c.csv"], 0);
    assert_eq!((here.orders(), here.path("two/cert.pem").exists()), (2, true));
}

/// Two files of one name in two folders, with other lines each, know nothing of each other.
#[test]
fn files_of_one_name_are_two() {
    for transport in ["xml", "json"] {
        let here = here(transport);
        let rows = [("x", "reissue,571,,,,true,one"), ("y", "reissue,10000,,,,true,one")];
        for (folder, row) in rows {
            fs::create_dir(here.path(folder)).unwrap();
            write(&here, &[row]);
            fs::rename(here.path("b.csv"), here.path(folder).join("b.csv")).unwrap();
        }
        let mut orders = 0;
        for (file, again, code) in [
            ("x/b.csv", false, 0),
            ("y/b.csv", false, 0),
            ("x/b.csv", false, 8),
            ("x/b.csv", true, 0),
            ("y/b.csv", false, 8),
            ("y/b.csv", true, 0),
            ("y/b.csv", false, 8),
        ] {
            let (document, said) =
                here.run(&[&["batch", file][..], if again { &["--again"] } else { &[] }].concat(), code);
            orders += usize::from(code == 0);
            assert_eq!((here.orders(), &document["orders"][0]["detail"]), (orders, &Value::Null), "{file} {said}");
        }
    }
}
