//! Which files of a certificate and its key are taken under care together, and which stay where they are.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use certgate::adoption::{LoneReason, Obstacle, search};
use certgate_simulator::{Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::{
    adopt::{issued, lay, ordered, public_key},
    support::{
        binary::{Here, mode, openssl, serve, told},
        tls_server::has_openssl,
    },
};

const DH: &str = "-----BEGIN DH PARAMETERS-----\nMAYCAQcCAQI=\n-----END DH PARAMETERS-----\n";

/// The texts of what became of each, without what is empty.
fn texts(document: &Value) -> Vec<&str> {
    let rows = document["certificates"].as_array().unwrap();
    rows.iter().filter_map(|row| row["text"].as_str()).collect()
}

/// Every link below a folder.
fn links(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(links(&path));
        }
    }
    found
}

/// What servers are set up with: a file with the certificate and one with its key.
type Read = (&'static str, &'static str);
/// A layout: files by their parts, what a server reads, and what is said where it stays as it is.
type Layout = (&'static str, &'static [(&'static str, &'static [&'static str])], &'static [Read], &'static str);

const LAYOUTS: [Layout; 8] = [
    (
        "blank.example",
        &[
            ("a/h.crt", &["fullchain.pem"]),
            ("a/h.key", &["key.pem"]),
            ("b/h.pem", &["cert.pem", "blank", "chain.pem"]),
            ("b/h.key", &["key.pem"]),
        ],
        &[("a/h.crt", "a/h.key"), ("b/h.pem", "b/h.key")],
        "",
    ),
    (
        "order.example",
        &[("a.pem", &["key.pem", "cert.pem", "chain.pem"]), ("b.pem", &["cert.pem", "chain.pem", "key.pem"])],
        &[("a.pem", "a.pem"), ("b.pem", "b.pem")],
        "",
    ),
    (
        "misnamed.example",
        &[("cert.pem", &["fullchain.pem"]), ("key.pem", &["key.pem"])],
        &[("cert.pem", "key.pem")],
        "",
    ),
    (
        "dh.example",
        &[("h.pem", &["key.pem", "cert.pem", "chain.pem", "dh"]), ("h.crt", &["cert.pem", "chain.pem", "dh"])],
        &[("h.pem", "h.pem"), ("h.crt", "h.pem")],
        "",
    ),
    ("Upper.EXAMPLE", &[("h.crt", &["cert.pem"]), ("h.key", &["key.pem"])], &[("h.crt", "h.key")], ""),
    (
        "chain.example",
        &[
            ("a/h.crt", &["fullchain.pem"]),
            ("a/h.key", &["key.pem"]),
            ("b/h.pem", &["fullchain.pem", "chain.pem"]),
            ("b/h.key", &["key.pem"]),
        ],
        &[],
        "b/h.pem and etc/chain.example/a/h.crt do not hold the same",
    ),
    (
        "parameters.example",
        &[("a.pem", &["key.pem", "fullchain.pem"]), ("b.pem", &["key.pem", "fullchain.pem", "dh"])],
        &[],
        "b.pem and etc/parameters.example/a.pem do not hold the same",
    ),
    (
        "mixed.example",
        &[("h.crt", &["cert.pem"]), ("h.pem", &["key.pem", "chain.pem"])],
        &[],
        "h.pem holds another certificate or key, too",
    ),
];

/// Either all of a pair's files lead to what comes after it, or none.
#[test]
fn all_files_of_a_pair_or_none() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    for (name, files, read, refusal) in LAYOUTS {
        let made = issued(here.home.path(), &here.server, name);
        fs::write(made.join("blank"), "\n").unwrap();
        fs::write(made.join("dh"), DH).unwrap();
        let (dir, etc) = (format!("etc/{name}"), here.path("etc").join(name));
        for (path, parts) in files {
            lay(&made, parts, &etc.join(path), 0o600);
        }
        let (code, rehearsed, said) = here.told(&["adopt", "--all-below", &dir, "--dry-run"]);
        assert_eq!((code, links(&etc)), (if refusal.is_empty() { 0 } else { 10 }, Vec::new()), "{name}: {said}");
        let (adopted, document, said) = here.told(&["adopt", "--all-below", &dir]);
        assert_eq!((adopted, texts(&document)), (code, texts(&rehearsed)), "{name}: {said}");
        if refusal.is_empty() {
            assert_eq!(here.told(&["adopt", "--all-below", &dir]).0, 8, "{name}");
            let before = public_key(&etc.join(read[0].1), false);
            let (code, _, said) = here.told(&["renew-due", &dir, "--renew-before", "400d"]);
            assert_eq!(code, 0, "{name}: {said}");
            for (certificate, key) in read {
                let key = public_key(&etc.join(key), false);
                assert_eq!(public_key(&etc.join(certificate), true), key, "{name}: {certificate}");
                assert_ne!(key, before, "{name}: renewed");
            }
        } else {
            assert!(texts(&document)[0].contains(refusal), "{name}: {document}");
            assert_eq!(links(&etc), Vec::<PathBuf>::new(), "{name}");
        }
    }
    let text = |path: &str| fs::read_to_string(here.path("etc").join(path)).unwrap();
    assert_eq!(text("misnamed.example/cert.pem").matches("BEGIN CERTIFICATE").count(), 2, "with its chain");
    assert!(text("dh.example/h.pem").ends_with(DH) && text("dh.example/h.crt").ends_with(DH));
}

/// Each of the two would have the key of the other after a renewal.
#[test]
fn one_key_of_two_certificates() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let a = issued(here.home.path(), &here.server, "a.example");
    fs::create_dir_all(here.path("made/b.example")).unwrap();
    fs::copy(a.join("key.pem"), here.path("made/b.example/key.pem")).unwrap();
    let b = issued(here.home.path(), &here.server, "b.example");
    let etc = here.path("etc");
    lay(&a, &["fullchain.pem"], &etc.join("a.crt"), 0o644);
    lay(&b, &["fullchain.pem"], &etc.join("b.crt"), 0o644);
    lay(&a, &["key.pem"], &etc.join("shared.key"), 0o600);
    let (code, document, _) = here.told(&["adopt", "etc"]);
    let said = |file| {
        format!("its key is that of etc/{file}, too: give each a key of its own, or remove what no server reads")
    };
    assert_eq!((code, texts(&document)), (10, vec![&*said("b.crt"), &*said("a.crt")]));
    assert_eq!(links(&etc), Vec::<PathBuf>::new());
}

/// One of the same names that has ended is nobody's matter any more.
#[test]
fn earlier_certificates_of_a_key() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let etc = home.path();
    assert!(openssl(etc, &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "h.key"]).0);
    for (name, host, days) in [("old", "h.example", "10"), ("new", "H.example", "20"), ("other", "o.example", "10")] {
        let (san, crt) = (format!("subjectAltName=DNS:{host}"), format!("{name}.crt"));
        let subject = ["req", "-x509", "-key", "h.key", "-subj", "/CN=h", "-days", days, "-addext", &san, "-out", &crt];
        assert!(openssl(etc, &subject).0);
    }
    let folders = [etc.to_owned()];
    let ended = i64::MAX;
    let shared = |name: &str| Some(Obstacle::SharedKey(etc.join(name)));
    for (with_other, now, expected, lone) in [
        (
            true,
            ended,
            vec![shared("other.crt"), shared("new.crt")],
            vec![(etc.join("old.crt"), LoneReason::Superseded)],
        ),
        (false, 0, vec![shared("old.crt"), shared("new.crt")], vec![]),
        (false, ended, vec![None], vec![(etc.join("old.crt"), LoneReason::Superseded)]),
    ] {
        if !with_other {
            let _ = fs::remove_file(etc.join("other.crt"));
        }
        let found = search(&folders, &[], now);
        let mut obstacles: Vec<_> = found.pairs.into_iter().map(|pair| pair.obstacle).collect();
        obstacles.sort_by_key(|obstacle| obstacle != &shared("other.crt") && obstacle != &shared("old.crt"));
        assert_eq!((obstacles, found.lone), (expected, lone), "{with_other} {now}");
    }
}

/// Certificates of the same name: each has its own folder, and of one certificate of the account only what is in place there.
#[test]
fn certificates_of_the_same_name() {
    if !has_openssl() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (gateway, server) = serve(Settings::default());
    let told = |command: &[&str]| told(home.path(), &server, "json", command);
    let etc = home.path().join("etc");
    let first = |server: &Server, folder| ordered(home.path(), server, "example.com", folder, &["reissue", "571"]);
    let (old, new) = (first(&server, "old"), first(&server, "new"));
    let other = issued(home.path(), &server, "example.com");
    for (made, name) in [(&old, "2025"), (&new, "www"), (&other, "ec")] {
        lay(made, &["fullchain.pem"], &etc.join(format!("{name}.crt")), 0o644);
        lay(made, &["key.pem"], &etc.join(format!("{name}.key")), 0o600);
    }
    let before = public_key(&etc.join("2025.key"), false);
    let (code, document, said) = told(&["adopt", "etc"]);
    let mut rows: Vec<_> = document["certificates"].as_array().unwrap().iter().collect();
    rows.sort_by_key(|row| row["files"][0].as_str());
    let ids: Vec<i64> = rows.iter().map(|row| row["certificate"].as_i64().unwrap()).collect();
    assert_eq!((code, ids[0], ids[2], rows.len()), (0, 571, 571, 3), "{said} {document}");
    let (www, ec) = (rows[2]["folder"].as_str().unwrap(), rows[1]["folder"].as_str().unwrap());
    assert!(www != ec && [www, ec].contains(&"etc/example.com"), "{document}");
    assert_eq!(rows[0]["text"], format!("this certificate of the account is taken care of in {www}, with another key"));
    assert!(!etc.join("2025.crt").is_symlink() && !etc.join("2025.key").is_symlink());
    assert_eq!(told(&["adopt", "etc"]).0, 8);
    let orders = gateway.counts().orders;
    assert_eq!(told(&["renew-due", "etc", "--renew-before", "400d"]).0, 0);
    assert_eq!(gateway.counts().orders, orders + 2);
    for name in ["www", "ec", "2025"] {
        let key = public_key(&etc.join(format!("{name}.key")), false);
        assert_eq!(public_key(&etc.join(format!("{name}.crt")), true), key, "{name}");
        assert_eq!(key == before, name == "2025", "{name}");
    }
}

/// What a run that was killed did not lead into the folder is led there by the next one; and a key that everybody can read stays so.
#[test]
fn after_a_run_that_was_killed() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let etc = here.path("etc");
    let files = ["certs/h.crt", "certs/h-chain.crt", "private/h.key"];
    let made = issued(here.home.path(), &here.server, "h.example");
    let second = issued(here.home.path(), &here.server, "h2.example");
    lay(&second, &["cert.pem"], &etc.join("certs/h2.crt"), 0o644);
    lay(&second, &["key.pem"], &etc.join("private/h2.key"), 0o600);
    for (path, part) in files.into_iter().zip(["cert.pem", "chain.pem", "key.pem"]) {
        lay(&made, &[part], &etc.join(path), 0o644);
    }
    let folder = etc.join("certs/h.example");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".chain.pem.new"), "half").unwrap();
    for undone in [&files[..0], &files[1..2], &files[1..], &files] {
        for path in undone {
            let content = fs::read(etc.join(path)).unwrap();
            fs::remove_file(etc.join(path)).unwrap();
            fs::write(etc.join(path), content).unwrap();
            fs::set_permissions(etc.join(path), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let (code, document, said) = here.told(&["adopt", "--all-below", "etc"]);
        assert_eq!((code, texts(&document)), (0, vec![]), "{undone:?}: {said}");
        assert!(said.contains("warning: everybody can read etc/certs/h.example/key.pem (mode 644)"), "{said}");
        assert!(files.iter().all(|path| etc.join(path).is_symlink()), "{undone:?}");
        assert_eq!(mode(&etc.join("private/h.key")), 0o644);
    }
    assert!(!folder.join(".chain.pem.new").exists());
    let (code, document, _) = here.told(&["adopt", "--all-below", "etc"]);
    assert_eq!((code, texts(&document)), (8, vec![]));
    let before = fs::read_to_string(etc.join("private/h.key")).unwrap();
    assert_eq!(here.told(&["renew-due", "etc", "--renew-before", "400d"]).0, 0);
    assert_ne!(fs::read_to_string(etc.join("private/h.key")).unwrap(), before);
    assert_eq!(mode(&etc.join("private/h.key")), 0o644);
}

/// Certificates under care are seen however deep they are, also below a folder that has one itself; where there is none, that is said.
#[test]
fn what_is_under_care_is_seen() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let etc = here.path("etc");
    let (outer, inner) = (
        issued(here.home.path(), &here.server, "outer.example"),
        issued(here.home.path(), &here.server, "inner.example"),
    );
    for name in ["cert.pem", "key.pem"] {
        lay(&outer, &[name], &etc.join("nginx/ssl").join(name), 0o600);
    }
    lay(&inner, &["cert.pem"], &etc.join("nginx/ssl/sites/h.crt"), 0o600);
    lay(&inner, &["key.pem"], &etc.join("nginx/ssl/sites/h.key"), 0o600);
    fs::create_dir_all(here.path("empty/sets")).unwrap();
    assert_eq!(here.told(&["adopt", "--all-below", "etc"]).0, 0);
    std::os::unix::fs::symlink(etc.join("nginx/ssl"), here.path("empty/again")).unwrap();
    let folders = |document: &Value| -> Vec<String> {
        let rows = document.get("plan").unwrap_or(&document["certificates"]).as_array().unwrap();
        rows.iter().map(|row| row["folder"].as_str().unwrap().to_owned()).collect()
    };
    let under_care = ["etc/nginx/ssl", "etc/nginx/ssl/sites/inner.example"];
    for (roots, expected) in [
        (&["etc"][..], &under_care[..]),
        (&["etc/nginx/ssl"][..], &under_care[..]),
        (&["etc/nginx/ssl/sites", "etc"][..], &["etc/nginx/ssl/sites/inner.example", "etc/nginx/ssl"][..]),
        (&["empty"][..], &["empty/again"][..]),
    ] {
        let (code, document, said) = here.told(&[&["status", "--here"][..], roots].concat());
        assert_eq!((code, folders(&document)), (0, expected.iter().map(ToString::to_string).collect()), "{said}");
        let (code, document, said) = here.told(&[&["renew-due", "--dry-run"][..], roots].concat());
        assert_eq!(
            (code, folders(&document)),
            (8, expected.iter().map(ToString::to_string).collect()),
            "{said} {document}"
        );
    }
    fs::remove_file(here.path("empty/again")).unwrap();
    for command in [&["status", "--here"][..], &["renew-due"], &["renew-due", "--dry-run"]] {
        for roots in [&["empty"][..], &["etc", "empty"]] {
            let (code, document, said) = here.told(&[command, roots].concat());
            let said = format!("{document}{said}");
            assert_eq!(code, 2, "{command:?} {said}");
            assert!(said.contains("empty: no certificate is installed in it or below it"), "{command:?} {said}");
        }
    }
}

/// What cannot be taken under care keeps no earlier certificate of the same from it.
#[test]
fn what_failed_is_in_nobodys_way() {
    let here = Here::new("json", Settings::default());
    for folder in ["etc/earlier", "etc/now"] {
        let order = ["reissue", "571", "--new-key", "--out", "seed"];
        assert_eq!(here.told(&order).0, 0);
        fs::create_dir_all(here.path(folder)).unwrap();
        for name in ["cert.pem", "key.pem"] {
            fs::copy(here.path("seed").join(name), here.path(folder).join(name)).unwrap();
        }
    }
    // Whoever may write into a folder could put a key there.
    fs::set_permissions(here.path("etc/now"), fs::Permissions::from_mode(0o777)).unwrap();
    // Nor is a folder of its own left in such a one.
    fs::create_dir_all(here.path("shared")).unwrap();
    for (from, to) in [("fullchain.pem", "site.crt"), ("key.pem", "site.key")] {
        fs::copy(here.path("seed").join(from), here.path("shared").join(to)).unwrap();
    }
    fs::set_permissions(here.path("shared"), fs::Permissions::from_mode(0o775)).unwrap();
    for (root, expected) in
        [("shared", &[("shared/example.com", "local")][..]), ("etc", &[("etc/earlier", "done"), ("etc/now", "local")])]
    {
        for more in [&["--dry-run"][..], &[]] {
            let (code, document, said) = here.told(&[&["adopt", "--all-below", root], more].concat());
            let kind = |row: &Value| (row["folder"].clone(), row["kind"].clone());
            let kinds: Vec<_> = document["certificates"].as_array().unwrap().iter().map(kind).collect();
            let expected: Vec<_> = expected.iter().map(|(folder, kind)| ((*folder).into(), (*kind).into())).collect();
            assert_eq!((code, kinds), (12, expected), "{more:?} {said}");
        }
    }
    assert_eq!(fs::read_dir(here.path("shared")).unwrap().count(), 2);
}

/// A colleague went back to a key that is here: the pair with it can be brought up to date without an order, however new another one is.
#[test]
fn the_pair_with_the_key_of_the_newest_is_adopted() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let world = home.path().join("world.json");
        let serve = |days: u64| {
            let max_validity = Some(Duration::from_secs(days * 86_400));
            let gateway = Gateway::kept(Settings { max_validity, ..Settings::default() }, &world).unwrap();
            (gateway.clone(), Server::start(gateway, "127.0.0.1:0".parse().unwrap()).unwrap())
        };
        let at = |folder: &str| home.path().join("etc").join(folder);
        let put = |from: &Path, folder: &str| {
            lay(from, &["fullchain.pem"], &at(folder).join("site.crt"), 0o644);
            lay(from, &["key.pem"], &at(folder).join("site.key"), 0o600);
        };
        let (_, server) = serve(47);
        put(&issued(home.path(), &server, "a.example"), "earlier");
        drop(server);
        // It ends later than the one before.
        let (_, server) = serve(199);
        let reissue = ["reissue", "a.example"];
        put(&ordered(home.path(), &server, "a.example", "two", &reissue), "later");
        ordered(home.path(), &server, "a.example", "a.example", &reissue);
        let key = public_key(&at("earlier/site.key"), false);
        for rehearsed in [&["--dry-run"][..], &[]] {
            let command = [&["adopt", "--all-below", "etc"][..], rehearsed].concat();
            let (code, document, said) = told(home.path(), &server, transport, &command);
            let rows = document["certificates"].as_array().unwrap();
            let shown: Vec<(&str, &str)> =
                rows.iter().map(|row| (row["folder"].as_str().unwrap(), row["kind"].as_str().unwrap())).collect();
            assert_eq!(
                (code, shown),
                (0, vec![("etc/earlier/a.example", "done"), ("etc/later/a.example", "unchanged")]),
                "{said}"
            );
            let (text, other) = (rows[0]["text"].as_str().unwrap(), rows[1]["text"].as_str().unwrap());
            let fetch = format!("{} --out etc/earlier/a.example", rows[0]["certificate"]);
            assert!(text.contains(": certgate fetch ") && text.ends_with(&fetch), "{text}");
            assert!(other.contains("is taken care of in etc/earlier/a.example"), "{other}");
        }
        let (code, _, said) =
            told(home.path(), &server, transport, &["fetch", "a.example", "--out", "etc/earlier/a.example"]);
        assert_eq!(code, 0, "{said}");
        assert_eq!(public_key(&at("earlier/site.crt"), true), key);
        let (ok, newest) =
            openssl(&home.path().join("made/a.example"), &["x509", "-in", "cert.pem", "-noout", "-serial"]);
        assert!(ok && openssl(&at("earlier"), &["x509", "-in", "site.crt", "-noout", "-serial"]).1 == newest);
    }
}
