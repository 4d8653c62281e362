//! Certificates that other tools left on disk, taken under care where servers read them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use certgate_keys::KeyError;
use certgate_simulator::{Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::support::{
    binary::{Here, mode, openssl, told},
    tls_server::has_openssl,
};

/// Files of a certificate whose key openssl made, in a folder of that name: `cert.pem`, `chain.pem`, `fullchain.pem`, `key.pem`.
pub(crate) fn issued(home: &Path, server: &Server, name: &str) -> PathBuf {
    let order = ["create", "--product", "SSL123", "--admin", "1120", "--technical", "100", "--lifetime", "12"];
    ordered(home, server, name, name, &order)
}

/// The same by that order, in another folder. A key that is there already is that of this certificate, too.
pub(crate) fn ordered(home: &Path, server: &Server, name: &str, folder: &str, order: &[&str]) -> PathBuf {
    let made = home.join("made").join(folder);
    fs::create_dir_all(&made).unwrap();
    let key = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"];
    assert!(made.join("key.pem").exists() || openssl(&made, &key).0);
    let subject = format!("/CN={name}");
    assert!(openssl(&made, &["req", "-new", "-key", "key.pem", "-subj", &subject, "-out", "csr.pem"]).0);
    let (csr, out) = (made.join("csr.pem").display().to_string(), made.join("out").display().to_string());
    let (code, _, said) = told(home, server, "json", &[order, &["--csr", &csr, "--out", &out]].concat());
    assert_eq!(code, 0, "{said}");
    for name in ["cert.pem", "chain.pem", "fullchain.pem"] {
        fs::copy(made.join("out").join(name), made.join(name)).unwrap();
    }
    made
}

/// A file made of some of those, with that mode.
pub(crate) fn lay(from: &Path, parts: &[&str], to: &Path, mode: u32) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let text: String = parts.iter().map(|part| fs::read_to_string(from.join(part)).unwrap()).collect();
    fs::write(to, text).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).unwrap();
}

/// Five layouts below `etc`. Gives the paths that servers read: of each certificate those with it, and the one with its key.
fn layouts(home: &Path, server: &Server) -> BTreeMap<&'static str, (Vec<PathBuf>, PathBuf)> {
    let etc = home.join("etc");
    let at = |path: &str| etc.join(path);
    let made = |name: &str| issued(home, server, name);
    let mut read = BTreeMap::new();
    let own = made("own.example");
    for (name, mode) in [("cert.pem", 0o644), ("chain.pem", 0o644), ("fullchain.pem", 0o644), ("key.pem", 0o640)] {
        lay(&own, &[name], &at("own/own.example").join(name), mode);
    }
    read.insert(
        "own.example",
        (vec![at("own/own.example/cert.pem"), at("own/own.example/fullchain.pem")], at("own/own.example/key.pem")),
    );
    for (name, both) in [("nginx.example", "nginx/ssl/nginx.example"), ("second.example", "nginx/ssl/second.example")] {
        let from = made(name);
        let (crt, key) = (at(&format!("{both}.crt")), at(&format!("{both}.key")));
        lay(&from, &["fullchain.pem"], &crt, 0o644);
        lay(&from, &["key.pem"], &key, 0o600);
        read.insert(name, (vec![crt], key));
    }
    let from = made("apache.example");
    lay(&from, &["cert.pem"], &at("apache/certs/apache.example.crt"), 0o644);
    lay(&from, &["chain.pem"], &at("apache/certs/apache.example-chain.crt"), 0o644);
    lay(&from, &["key.pem"], &at("apache/private/apache.example.key"), 0o640);
    read.insert(
        "apache.example",
        (vec![at("apache/certs/apache.example.crt")], at("apache/private/apache.example.key")),
    );
    let from = made("haproxy.example");
    lay(&from, &["key.pem", "cert.pem", "chain.pem"], &at("haproxy/haproxy.example.pem"), 0o600);
    read.insert("haproxy.example", (vec![at("haproxy/haproxy.example.pem")], at("haproxy/haproxy.example.pem")));
    let from = made("certbot.example");
    let live = at("letsencrypt/live/certbot.example");
    fs::create_dir_all(&live).unwrap();
    for (name, of, mode) in [
        ("cert", "cert.pem", 0o644),
        ("chain", "chain.pem", 0o644),
        ("fullchain", "fullchain.pem", 0o644),
        ("privkey", "key.pem", 0o600),
    ] {
        lay(&from, &[of], &at(&format!("letsencrypt/archive/certbot.example/{name}1.pem")), mode);
        symlink(format!("../../archive/certbot.example/{name}1.pem"), live.join(format!("{name}.pem"))).unwrap();
    }
    read.insert("certbot.example", (vec![live.join("cert.pem"), live.join("fullchain.pem")], live.join("privkey.pem")));
    fs::remove_dir_all(home.join("made")).unwrap();
    read
}

/// The public key in a file, of the certificate or the key in it.
pub(crate) fn public_key(path: &Path, of_certificate: bool) -> String {
    let file = path.display().to_string();
    let arguments = match of_certificate {
        true => ["x509", "-in", &file, "-noout", "-pubkey"].to_vec(),
        false => ["pkey", "-in", &file, "-pubout"].to_vec(),
    };
    let (ok, printed) = openssl(Path::new("."), &arguments);
    assert!(ok, "{file}");
    printed
}

#[test]
fn five_layouts() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let read = layouts(here.home.path(), &here.server);
        let orders = here.orders();
        let paths = || read.values().flat_map(|(certificates, key)| certificates.iter().chain([key]));
        let shown = || paths().map(|path| (fs::read(path).unwrap(), mode(path))).collect::<Vec<_>>();
        let before = shown();
        let (code, document, said) = here.told(&["adopt", "--all-below", "etc", "--dry-run"]);
        assert_eq!((code, document["certificates"].as_array().unwrap().len()), (0, 6), "{said} {document}");
        assert!(!here.path("etc/own/own.example/sets").exists());
        let hook = ["--deploy-hook", "echo $CERTGATE_NAME >> hooks", "--write", "certificates.toml"];
        let (code, document, said) = here.told(&[&["adopt", "--all-below", "etc"][..], &hook].concat());
        assert_eq!((code, &document["declared"]), (0, &json!(6)), "{said} {document}");
        assert_eq!((shown(), here.orders()), (before, orders), "servers read the same, and nothing is ordered");
        let mut folders = Vec::new();
        for row in document["certificates"].as_array().unwrap() {
            let folder = here.path(row["folder"].as_str().unwrap());
            let record = fs::read_to_string(folder.join("current/about.json")).unwrap();
            let record: Value = serde_json::from_str(&record).unwrap();
            assert_eq!((&record["certificate"], &record["serial"]), (&row["certificate"], &row["serialNumber"]));
            assert_eq!(record["settings"]["deploy_hook"], "echo $CERTGATE_NAME >> hooks");
            assert!(row["certificate"].is_i64() && row.get("newer").is_none(), "{row}");
            folders.push(folder.display().to_string());
        }
        let declared: toml::Table = toml::from_str(&here.read("certificates.toml")).unwrap();
        let declared = declared["certificate"].as_array().unwrap();
        assert!(declared.iter().all(|entry| entry["id"].is_integer() && entry["deploy_hook"].is_str()));
        assert_eq!(here.told(&["adopt", "--all-below", "etc"]).0, 8, "all are under care");
        assert_eq!(here.told(&["adopt", "--all-below", "etc", "--write", "certificates.toml"]).0, 8, "and declared");
        // Renewed with nothing but their folders: whatever servers read is the new one, and its key.
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let keys: Vec<String> = read.values().map(|(_, key)| public_key(key, false)).collect();
        let (code, _, said) = here.told(&[&["renew-due", "--renew-before", "400d"][..], &folders].concat());
        assert_eq!((code, here.orders()), (0, orders + 6), "{said}");
        for ((name, (certificates, key)), before) in read.iter().zip(keys) {
            let now = public_key(key, false);
            assert_ne!(now, before, "{name}: a new key");
            assert!(certificates.iter().all(|path| public_key(path, true) == now), "{name}");
        }
        let hooked = here.read("hooks");
        assert_eq!(hooked.lines().count(), 6, "{hooked}");
        assert_eq!(mode(&here.path("etc/haproxy/haproxy.example.pem")), 0o600);
        assert_eq!(mode(&here.path("etc/own/own.example/key.pem")), 0o640);
    }
}

#[test]
fn what_cannot_be_matched_is_listed_with_the_reason() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let etc = here.path("etc");
        fs::create_dir(&etc).unwrap();
        let self_signed = |name: &str, more: &[&str]| {
            let (subject, san) = (format!("/CN={name}"), format!("subjectAltName=DNS:{name}"));
            let (key, crt) = (format!("{name}.key"), format!("{name}.crt"));
            let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", &subject];
            assert!(openssl(&etc, &[&new[..], &["-addext", &san, "-keyout", &key, "-out", &crt], more].concat()).0);
        };
        self_signed("unknown.example", &["-nodes"]);
        self_signed("example.com", &["-nodes"]);
        self_signed("encrypted.example", &["-passout", "pass:secret"]);
        self_signed("keyless.example", &["-nodes"]);
        fs::remove_file(etc.join("keyless.example.key")).unwrap();
        fs::write(etc.join("notes.txt"), "-----BEGIN nothing").unwrap();
        let read = |name: &str| fs::read_to_string(etc.join(name)).unwrap();
        let several = ["unknown.example.key", "example.com.key", "unknown.example.crt"].map(read).concat();
        fs::write(etc.join("several.pem"), several).unwrap();
        assert!(openssl(&etc, &["x509", "-in", "unknown.example.crt", "-outform", "der", "-out", "w.cer"]).0);
        fs::write(etc.join("w.pfx"), [0x30, 0x82, 0xFF]).unwrap();
        let certificate = read("keyless.example.crt");
        let wide: Vec<u8> = certificate.encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(etc.join("x1.crt"), wide).unwrap();
        fs::write(etc.join("x2.crt"), &certificate[..certificate.len() - 40]).unwrap();
        assert!(openssl(&etc, &["crl2pkcs7", "-nocrl", "-certfile", "keyless.example.crt", "-out", "x3.p7b"]).0);
        let explicit = ["ec", "-in", "unknown.example.key", "-param_enc", "explicit", "-out", "x4.key"];
        assert!(openssl(&etc, &explicit).0);
        let (code, document, _) = here.told(&["adopt", "etc"]);
        let rows = document["certificates"].as_array().unwrap();
        let reasons: Vec<(&str, &str)> =
            rows.iter().map(|row| (row["folder"].as_str().unwrap(), row["text"].as_str().unwrap())).collect();
        let explicit_curve = KeyError::ExplicitCurve.to_string();
        let expected = [
            ("etc/example.com", "the account has others of its name, with other serial numbers and keys: 571"),
            ("etc/unknown.example", "the account has no certificate of its names"),
            ("etc/encrypted.example.crt", "its key is not found"),
            ("etc/encrypted.example.key", "the key is encrypted: write it decrypted, for its owner only"),
            ("etc/keyless.example.crt", "its key is not found"),
            ("etc/several.pem", "it holds several keys: give each certificate with its key a file of its own"),
            ("etc/w.cer", "it is DER: write it as PEM"),
            ("etc/w.pfx", "a key store is not looked into: write certificate and key as PEM"),
            ("etc/x1.crt", "it is text, and not UTF-8: write it as UTF-8"),
            ("etc/x2.crt", "no -----END CERTIFICATE----- line found"),
            ("etc/x3.p7b", "it is PKCS#7: write its certificates as PEM, such as with `openssl pkcs7 -print_certs`"),
            ("etc/x4.key", explicit_curve.as_str()),
        ];
        assert_eq!((code, reasons), (10, expected.to_vec()));
        assert!(!etc.join("unknown.example").exists() && here.orders() == 0);
        for folders in [&["adopt", "etc", "nowhere"][..], &["adopt", "--all-below", "nowhere"]] {
            let (code, document, said) = here.told(folders);
            let text = "nowhere: No such file or directory (os error 2)";
            assert_eq!((code, &document["error"]["text"]), (2, &text.into()), "{folders:?}");
            assert_eq!(said, format!("certgate: {text}\n"));
        }
    }
}

/// A key's mode may leave it to its folder who reads it: nobody else does in its new place, nor the next one.
#[test]
fn a_key_that_its_folder_protects_stays_so() {
    if !has_openssl() {
        return;
    }
    for (around, key, expected) in
        [(0o700, 0o644, 0o600), (0o710, 0o644, 0o640), (0o755, 0o644, 0o644), (0o700, 0o640, 0o640)]
    {
        let here = Here::new("json", Settings::default());
        let made = issued(here.home.path(), &here.server, "own.example");
        lay(&made, &["fullchain.pem"], &here.path("ssl/certs/site.crt"), 0o644);
        lay(&made, &["key.pem"], &here.path("ssl/private/site.key"), key);
        for (folder, mode) in [("ssl", 0o755), ("ssl/certs", 0o755), ("ssl/private", around)] {
            fs::set_permissions(here.path(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
        assert_eq!(here.told(&["adopt", "--all-below", "ssl"]).0, 0);
        let adopted = fs::canonicalize(here.path("ssl/private/site.key")).unwrap();
        assert!(adopted.starts_with(fs::canonicalize(here.path("ssl/certs")).unwrap()), "{adopted:?}");
        assert_eq!(mode(&adopted), expected, "{around:o} {key:o}");
        assert_eq!(here.told(&["renew-due", "ssl", "--renew-before", "400d", "--dns", "provision"]).0, 0);
        let renewed = fs::canonicalize(here.path("ssl/private/site.key")).unwrap();
        assert!(renewed != adopted && mode(&renewed) == expected, "{renewed:?} {:o}", mode(&renewed));
    }
}

/// A certificate that a colleague has reissued since is taken under care, and what to do is said.
#[test]
fn an_earlier_certificate_of_an_order() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let made = issued(here.home.path(), &here.server, "own.example");
    let csr = made.join("csr.pem").display().to_string();
    lay(&made, &["fullchain.pem"], &here.path("ssl/site.crt"), 0o644);
    lay(&made, &["key.pem"], &here.path("ssl/site.key"), 0o600);
    assert_eq!(here.told(&["reissue", "own.example", "--csr", &csr]).0, 0);
    assert_eq!(here.told(&["fetch", "own.example", "--out", "without-key"]).0, 0);
    assert_eq!(here.told(&["adopt", "without-key"]).0, 8, "it is known, and its key is somebody else's matter");
    let (code, document, said) = here.told(&["adopt", "ssl"]);
    let row = &document["certificates"][0];
    assert_eq!((code, &row["folder"]), (0, &"ssl/own.example".into()), "{said}");
    let text = row["text"].as_str().unwrap();
    let command = text.split_once(": certgate ").unwrap().1;
    assert_eq!(command, format!("fetch{} {} --out ssl/own.example", here.options(), row["certificate"]));
    let command = command.replace(&here.options(), "");
    assert_eq!(here.told(&command.split(' ').collect::<Vec<_>>()).0, 0);
    let (ok, printed) = openssl(&here.path("ssl"), &["x509", "-in", "site.crt", "-noout", "-serial"]);
    assert!(ok && printed.trim().ends_with(row["newer"].as_str().unwrap()), "{printed} {row}");

    // One with another key cannot be fetched.
    let made = issued(here.home.path(), &here.server, "other.example");
    lay(&made, &["fullchain.pem"], &here.path("tls/site.crt"), 0o644);
    lay(&made, &["key.pem"], &here.path("tls/site.key"), 0o600);
    assert_eq!(here.told(&["reissue", "other.example", "--new-key", "--out", "elsewhere"]).0, 0);
    for command in [&["adopt", "tls", "--dry-run"][..], &["adopt", "tls"]] {
        let (code, document, said) = here.told(command);
        let row = &document["certificates"][0];
        let (newer, id) = (row["newer"].as_str().unwrap(), &row["certificate"]);
        let expected = format!(
            "the gateway has a newer one, serial number {newer}, whose key is not here: certgate reissue{} {id} --new-key --out tls/other.example",
            here.options()
        );
        assert_eq!((code, &row["text"]), (0, &expected.into()), "{said}");
    }
    assert_eq!(here.told(&["reissue", "other.example", "--new-key", "--out", "tls/other.example"]).0, 0);
    assert_eq!(public_key(&here.path("tls/site.key"), false), public_key(&here.path("tls/site.crt"), true));
}

/// A folder that was taken under care and is empty or gone now is known by what servers read, which led into it.
#[test]
fn an_adopted_folder_that_is_gone_is_said() {
    if !has_openssl() {
        return;
    }
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings::default());
        let told = |command: &[&str]| here.told(command);
        for name in ["a.example", "b.example"] {
            let (from, ssl) = (issued(here.home.path(), &here.server, name), here.path("ssl"));
            lay(&from, &["fullchain.pem"], &ssl.join(format!("{name}.crt")), 0o644);
            lay(&from, &["key.pem"], &ssl.join(format!("{name}.key")), 0o600);
        }
        assert_eq!(told(&["adopt", "ssl"]).0, 0);
        let (orders, folder) = (here.orders(), here.path("ssl/a.example"));
        let check = ["status", "ssl", "--check", "--warning", "1d", "--critical", "1d"];
        assert_eq!((told(&["renew-due", "ssl"]).0, told(&check).0), (8, 0));
        fs::remove_dir_all(&folder).unwrap();
        for is_made in [false, true] {
            if is_made {
                fs::create_dir(&folder).unwrap();
            }
            let expected =
                format!("ssl/a.example.key leads into {}, where no certificate is any more", folder.display());
            for command in [&["renew-due", "ssl"][..], &["renew-due", "ssl", "--dry-run"], &["status", "ssl"]] {
                let (code, document, said) = told(command);
                assert!(code == 2 && document.to_string().contains(&expected), "{command:?} {document} {said}");
            }
            let (code, document, _) = told(&check);
            let expected = "1 of the folders here without a certificate that can be read";
            assert_eq!((code, &document["check"]["text"]), (1, &json!(expected)));
        }
        assert_eq!(here.orders(), orders);
        // Nor does a set go unnoticed whose key is gone: nothing but another one helps, which costs nothing.
        fs::remove_file(here.path("ssl/b.example/current/key.pem")).unwrap();
        let (_, document, said) = told(&["status", "ssl/b.example"]);
        assert!(document.to_string().contains("key.pem"), "{document} {said}");
        let (code, _, said) = told(&["renew-due", "ssl/b.example"]);
        assert_eq!((code, here.orders()), (0, orders + 1), "{said}");
        let leads = |name: &str| here.path(format!("ssl/b.example.{name}")).exists();
        assert!(leads("crt") && leads("key"));
    }
}

/// A backup beside a folder that was taken under care is called a copy, whatever came into the folder since. Nothing is done with it, and the rest is
/// renewed.
#[test]
fn a_copy_of_an_adopted_folder_is_told_as_one() {
    if !has_openssl() {
        return;
    }
    for hook in [&[][..], &["--deploy-hook", "true"]] {
        let here = Here::new("json", Settings::default());
        let (from, site) = (issued(here.home.path(), &here.server, "a.example"), here.path("etc/site"));
        lay(&from, &["fullchain.pem"], &site.join("fullchain.pem"), 0o644);
        lay(&from, &["key.pem"], &site.join("privkey.pem"), 0o600);
        let folder = here.run(&[&["adopt", "etc/site"][..], hook].concat(), 0).0["certificates"][0]["folder"].clone();
        let folder = folder.as_str().unwrap();
        let copy = folder.replace("etc/site", "etc/a.bak");
        assert!(
            Command::new("cp")
                .args(["-a", "etc/site", "etc/a.bak"])
                .current_dir(here.home.path())
                .status()
                .unwrap()
                .success()
        );
        let said = format!(
            "{copy} is a copy of {}, which {} leads into, or what was there before: nothing is ordered for it; remove it,",
            here.path(folder).display(),
            site.join("fullchain.pem").display()
        );
        let (orders, before) = (here.orders(), here.read(format!("{copy}/cert.pem")));
        for (command, ordered) in [
            (&["status", "etc"][..], 0),
            (&["renew-due", "etc", "--dry-run", "--renew-before", "400d"], 0),
            (&["renew-due", "etc", "--renew-before", "400d"], 1),
            (&["renew-due", "etc"], 1),
            (&["status", "etc"], 1),
            (&["reissue", "a.example", "--new-key", "--out", &copy], 1),
        ] {
            let (document, text) = here.run(command, 2);
            assert!(format!("{document}{text}").contains(&said), "{command:?} {document} {text}");
            assert_eq!(here.orders() - orders, ordered, "{command:?}");
        }
        let rows = here.run(&["status", "etc"], 2).0["certificates"].clone();
        let todo =
            |folder: &str| rows.as_array().unwrap().iter().find(|row| row["folder"] == folder).unwrap()["todo"].clone();
        assert!(todo(&copy).as_str().unwrap().starts_with(&said) && todo(folder) == "nothing", "{rows}");
        assert_eq!(public_key(&site.join("privkey.pem"), false), public_key(&site.join("fullchain.pem"), true));
        assert!(before != here.read(format!("{folder}/cert.pem")) && before == here.read(format!("{copy}/cert.pem")));
        let check = here.told(&["status", "etc", "--check", "--warning", "1d", "--critical", "1d"]);
        assert_eq!((check.0, &check.1["check"]["text"]), (1, &json!("1 installed here in the copy of another folder")));
        fs::remove_dir_all(here.path("etc/a.bak")).unwrap();
        here.run(&["renew-due", "etc"], 8);
    }
}

/// Who puts the account's newer pair where servers read it is told to have it taken under care: another order helps nobody. It is renewed as what
/// was there before was to be, but for what is said now.
#[test]
fn a_pair_that_somebody_put_in_place_is_adopted_again() {
    if !has_openssl() {
        return;
    }
    let beside = ([("fullchain.pem", "site.crt"), ("key.pem", "site.key")], 2, "shows another one");
    let within = ([("cert.pem", "cert.pem"), ("key.pem", "key.pem")], 10, "what servers read there is another pair");
    let (one, all) = (&["etc/a.example"][..], &["--all-below", "etc"][..]);
    for ((files, code, said), found) in [(beside, one), (beside, all), (within, one), (within, all)] {
        let here = Here::new("json", Settings::default());
        let (from, site) = (issued(here.home.path(), &here.server, "a.example"), here.path("etc/a.example"));
        let put = |from: &Path| {
            for (part, name) in files {
                let _ = fs::remove_file(site.join(name));
                lay(from, &[part], &site.join(name), 0o600);
            }
        };
        put(&from);
        here.run(&["adopt", "etc/a.example", "--deploy-hook", "echo hooked >> hooks", "--keep", "5"], 0);
        here.run(&["reissue", "a.example", "--new-key", "--out", "newer"], 0);
        put(&here.path("newer"));
        let orders = here.orders();
        let status = here.run(&["status", "etc"], code).0;
        let todo = status["certificates"][0]["todo"].as_str().unwrap();
        assert!(todo.contains(said) && !todo.contains("certgate reissue"), "{todo}");
        let adopt = format!(
            "`certgate adopt{} {}`",
            here.options(),
            if code == 2 { site.to_str().unwrap() } else { "etc/a.example" }
        );
        assert!(todo.contains(&adopt), "{todo}");
        let (due, document, text) = here.told(&["renew-due", "etc"]);
        assert_eq!(
            (due, document.to_string().contains(&adopt)),
            if code == 2 { (2, true) } else { (8, false) },
            "{text}"
        );
        let adopt = [&["adopt"][..], found, &["--keep", "4"]].concat();
        for is_rehearsal in [true, false] {
            let rehearsed = if is_rehearsal { &["--dry-run"][..] } else { &[] };
            let rows = here.run(&[&adopt[..], rehearsed].concat(), 0).0["certificates"].clone();
            let adopted = rows.as_array().unwrap().iter().find(|row| row["kind"] == "done").unwrap();
            let settings = &adopted["settings"];
            let expected = (&json!("echo hooked >> hooks"), &json!(4));
            assert_eq!((&settings["deploy_hook"], &settings["keep"]), expected, "{found:?} {rows}");
        }
        here.run(&adopt, 8);
        if code == 2 {
            // What was there before is told as that.
            let rows = here.run(&["status", "etc"], 2).0["certificates"].clone();
            assert!(rows[0]["todo"].as_str().unwrap().contains("a.example-572, which"), "{rows}");
            fs::remove_dir_all(site.join("a.example")).unwrap();
        }
        here.run(&["status", "etc"], 0);
        here.run(&["renew-due", "etc"], 8);
        assert_eq!(here.orders(), orders);
        here.run(&["renew-due", "etc", "--renew-before", "400d"], 0);
        assert_eq!((here.orders(), here.read("hooks")), (orders + 1, "hooked\n".to_owned()), "{found:?}");
    }
}
