use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};

use super::{CertificateSettings, OF_ONE_ORDER, VALIDATION};

/// A value of each setting as it is written, and the text of a CSV field that says the same.
fn full() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("name", json!("example.com"), "example.com"),
        ("names", json!(["a.example", "b.example"]), "a.example, b.example"),
        ("product", json!("SSL123"), "SSL123"),
        ("admin", json!(1120), "1120"),
        ("technical", json!(100), "100"),
        ("software", json!("APACHE2"), "APACHE2"),
        ("lifetime", json!(12), "12"),
        ("csr", json!("a.csr"), "a.csr"),
        ("new_key", json!(true), "TRUE"),
        ("key_type", json!("rsa2048"), "rsa2048"),
        ("key", json!("a.key"), "a.key"),
        ("pass_phrase_file", json!("pass"), "pass"),
        ("pass_phrase_command", json!("pass show"), "pass show"),
        ("decrypt_key", json!(false), "false"),
        ("method", json!("dns"), "DNS"),
        ("provisioning", json!(true), "true"),
        ("dns", json!("exec ./publish it"), "exec ./publish it"),
        ("dns_server", json!("9.9.9.9:53"), "9.9.9.9"),
        ("dns_key", json!("tsig.key"), "tsig.key"),
        ("dns_profile", json!("dns"), "dns"),
        ("dns_config", json!("/etc/certgate.toml"), "/etc/certgate.toml"),
        ("dns_check", json!(true), "true"),
        ("dns_timeout", json!("600s"), "10m"),
        ("resolver", json!(["9.9.9.9:53", "[2620:fe::fe]:5353"]), "9.9.9.9 [2620:fe::fe]:5353"),
        ("no_authoritative", json!(true), "true"),
        ("webroot", json!("/srv/www"), "/srv/www"),
        ("approver", json!("admin@example.com"), "admin@example.com"),
        ("allow_any_record", json!(true), "true"),
        ("out", json!("certs"), "certs"),
        ("keep", json!(0), "0"),
        ("formats", json!(["p12", "jks"]), "p12 jks"),
        ("store_pass_file", json!("/pass"), "/pass"),
        ("store_pass_command", json!("pass show"), "pass show"),
        ("file_owner", json!("www-data:www-data"), "www-data:www-data"),
        ("deploy_hook", json!("systemctl reload nginx"), "systemctl reload nginx"),
        ("hook_timeout", json!("90s"), "90s"),
        ("rollback_on_failure", json!(true), "true"),
        ("verify", json!(["example.com:443"]), "example.com:443"),
        ("renew_before", json!("1/3"), "1/3"),
        ("profile", json!("team"), "team"),
        ("working_folder", json!("here"), "here"),
    ]
}

#[test]
fn every_setting_is_written_as_it_is_read() {
    let names: Vec<&str> = full().iter().map(|(name, ..)| *name).collect();
    let listed: Vec<&str> = CertificateSettings::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names, listed);
    for (name, written, text) in full() {
        for value in [written.clone(), text.into()] {
            let mut settings = CertificateSettings::default();
            settings.set(name, &value).unwrap();
            assert_eq!(settings.to_map()[name], written, "{name}");
            assert_eq!(settings.to_map().len(), 1, "{name}");
        }
    }
    for group in [VALIDATION, OF_ONE_ORDER] {
        let known: BTreeSet<&str> = listed.iter().copied().collect();
        assert!(group.iter().all(|name| known.contains(name)), "{group:?}");
    }
}

#[test]
fn other_spellings() {
    let text = r#"{"san":"a.example","pkcs12":true,"jks":false,"validation":{"dns":"provision"}}"#;
    let settings: CertificateSettings = serde_json::from_str(text).unwrap();
    let expected = json!({ "names": ["a.example"], "dns": "provision", "formats": ["p12"] });
    assert_eq!(serde_json::to_value(&settings).unwrap(), expected);
}

#[test]
fn what_is_no_value_says_what_was_expected() {
    for (name, value, said) in [
        ("colour", json!("red"), "found `colour`, which is no setting; expected one of name, names, product"),
        ("keep", json!(-1), "`keep`: found `-1`, expected a whole number of 0 or more"),
        ("admin", json!("x"), "`admin`: found `x`, expected a whole number of 1 or more"),
        ("new_key", json!("yes"), "`new_key`: found `yes`, expected true or false"),
        ("dns", json!("exec"), "`dns`: found `exec`, expected provision, autodns, manual, exec CMD or nsupdate"),
        ("hook_timeout", json!("90"), "`hook_timeout`: found `90`, expected a number with s, m, h, d or w"),
        ("formats", json!("both"), r#"`formats`: found `both`, expected "p12", "jks" or ["p12", "jks"]"#),
        ("resolver", json!("ns.example"), "`resolver`: found `ns.example`, expected an IP address"),
        ("renew_before", json!("3/3"), "`renew_before`: found `3/3`, expected a time such as 30d, or a share"),
        ("validation", json!("dns"), "`validation`: found `dns`, expected a table"),
        ("validation", json!({ "keep": 3 }), "found `keep`, which is no setting; expected one of method"),
    ] {
        let error = CertificateSettings::default().set(name, &value).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

/// What is given replaces what is remembered, and what belongs to it.
#[test]
fn what_is_given_goes_before_what_is_remembered() {
    let read = |value: Value| serde_json::from_value::<CertificateSettings>(value).unwrap();
    let before = read(json!({
        "dns": "nsupdate", "dns_server": "9.9.9.9:53", "dns_key": "/key", "deploy_hook": "reload", "hook_timeout": "9s",
        "keep": 5, "formats": ["p12"], "store_pass_file": "/pass",
    }));
    for (given, expected) in [
        (json!({}), serde_json::to_value(&before).unwrap()),
        (
            json!({ "webroot": "/www", "deploy_hook": "restart", "keep": 1, "store_pass_command": "show" }),
            json!({
                "webroot": "/www", "deploy_hook": "restart", "keep": 1, "formats": ["p12"], "store_pass_command": "show",
            }),
        ),
    ] {
        assert_eq!(serde_json::to_value(read(given).or(&before)).unwrap(), expected);
    }
}

#[test]
fn relative_paths_start_from_a_folder() {
    let mut settings = CertificateSettings::default();
    full().iter().for_each(|(name, value, _)| settings.set(name, value).unwrap());
    let map = settings.absolute(Path::new("/base")).to_map();
    let moved: Vec<&str> = map.values().filter_map(Value::as_str).filter(|text| text.starts_with("/base/")).collect();
    assert_eq!(moved, ["/base/a.csr", "/base/a.key", "/base/pass", "/base/tsig.key", "/base/certs", "/base/here"]);
    assert_eq!(map["webroot"], "/srv/www");
}
