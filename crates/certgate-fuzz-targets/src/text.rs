//! Texts of others.

use certgate_dns::{PublicationScope, RecordData, TsigKey, ZoneRecord};
use certgate_wire::{is_hidden, one_line, visible};

pub(crate) const ZONE_LINES: &[&str] = &[
    "example.com. 300 IN TXT \"2018abc\"",
    "_dnsauth.www.example.com. IN 1h30m TXT ( \"on\" \"e\" ) ; until May",
    "_x.Bücher.example. CNAME straße.example.",
    "_a.example.com. IN TXT one\n IN TXT \"t\\\"w\\014o\"\n$TTL 60\n_b CNAME @\n",
    "example.com. A 6.6.6.6",
    "$ORIGIN example.com.\n$INCLUDE /etc/passwd",
    "*.example.com. SVCB 1 . alpn=h2",
    "http://example.com/.well-known/pki-validation/x.txt",
    "/x.html",
];

/// A record that may be published is one of the order's names, or below an underscore; so is a file.
pub(crate) fn zone_line(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let scope = PublicationScope::of(["www.example.com", "*.example.org", "xn--bcher-kva.example"]);
    for record in ZoneRecord::parse(&text).unwrap_or_default() {
        if scope.record(&record).is_ok() {
            let name = record.name.trim_end_matches('.').to_ascii_lowercase();
            let ours = ["example.com", "example.org", "bcher-kva.example"];
            assert!(ours.iter().any(|base| name.ends_with(base)), "{record}");
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)), "{record}");
            assert!(!name.starts_with(['-', '.']) && !matches!(record.data, RecordData::Other { .. }), "{record}");
            assert!(record.kind() == "TXT" || name.contains('_'), "{record}");
            assert!(!record.value().contains(|c: char| c.is_control()), "{record}");
            let parts = ZoneRecord::from_parts(&record.name, record.kind(), record.value());
            assert_eq!(parts.map(|parts| parts.data), Ok(record.data));
        }
    }
    if let Ok(parts) = scope.file(&text) {
        let (name, folders) = parts.split_last().unwrap();
        assert!(folders.first().is_none_or(|first| *first == ".well-known"), "{parts:?}");
        let plain =
            |part: &&str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.contains(['/', '\\', '\0']);
        assert!(folders.iter().skip(1).chain([name]).all(plain), "{parts:?}");
    }
}

pub(crate) const TSIG_KEYS: &[&str] = &[
    "key \"certgate\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n",
    "# one\n// two\n/* three */ key certgate. { secret c2VjcmV0; algorithm \"HMAC-SHA512.\"; };",
    "key \"a\" { algorithm hmac-md5; secret \"\"; }; key \"b\" {",
];

/// A key is shown without its secret.
pub(crate) fn tsig_key(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(key) = TsigKey::from_text(&text) {
        assert!(format!("{key:?}").contains("secret: Secret(…)"), "{key:?}");
    }
}

pub(crate) const MESSAGES: &[&str] = &[
    "no\nok public-key: FORGED\r\nok",
    "\u{9b}31m\u{85}\u{7f}\u{1b}[2J",
    "example.com\u{202e}moc\u{2066}\u{200b}\u{feff}\u{2028}",
];

/// A text of others is shown in one line, and nothing of it is hidden.
pub(crate) fn message(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = visible(&text);
    assert!(shown.chars().all(|c| !is_hidden(c) || matches!(c, '\n' | '\t')), "{shown:?}");
    assert_eq!(visible(&shown), shown, "it is shown as it is");
    let line = one_line(&text);
    assert!(line.chars().all(|c| !is_hidden(c)), "{line:?}");
    assert_eq!(line.lines().count().max(1), 1);
}
