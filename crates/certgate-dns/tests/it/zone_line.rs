//! Zone lines as gateways, tools and people write them.

use certgate_dns::{Fault, RecordData, ZoneRecord};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

fn read(text: &str) -> Result<Vec<(String, u32, String, String)>, Fault> {
    let records = ZoneRecord::parse(text).map_err(|why| why.fault)?;
    let parts =
        |record: ZoneRecord| (record.name.clone(), record.ttl, record.kind().to_owned(), record.value().to_owned());
    Ok(records.into_iter().map(parts).collect())
}

#[test]
fn one_record() {
    let (a, b) = ("a".repeat(255), "b".repeat(40));
    for (text, name, ttl, kind, value) in [
        // The page's own: tabs, and a line end inside the quotes.
        ("example.com.\t\t300\tIN\tTXT\t\"2017\n\"", "example.com.", 300, "TXT", "2017"),
        ("  example.com. 300 IN TXT \"2018abc\"\r\n", "example.com.", 300, "TXT", "2018abc"),
        ("_dnsauth.example.com. IN CNAME x.example.", "_dnsauth.example.com.", 300, "CNAME", "x.example."),
        ("_dnsauth.example.com IN CNAME x.example", "_dnsauth.example.com.", 300, "CNAME", "x.example."),
        ("example.com. txt a", "example.com.", 300, "TXT", "a"),
        ("example.com. IN 60 TXT \"tok\"", "example.com.", 60, "TXT", "tok"),
        ("example.com. 60 TXT \"tok\"", "example.com.", 60, "TXT", "tok"),
        ("example.com. 5m IN TXT \"tok\"", "example.com.", 300, "TXT", "tok"),
        ("example.com. in 1H30M5s txt tok", "example.com.", 5405, "TXT", "tok"),
        ("example.com. 1w2d IN TXT tok", "example.com.", 777_600, "TXT", "tok"),
        ("$TTL 1h\nexample.com. IN TXT tok", "example.com.", 3600, "TXT", "tok"),
        ("$ORIGIN example.com.\n_x TXT tok", "_x.example.com.", 300, "TXT", "tok"),
        ("$ORIGIN example.com.\n@ TXT tok", "example.com.", 300, "TXT", "tok"),
        ("example.com. 300 IN TXT ( \"tok\" )", "example.com.", 300, "TXT", "tok"),
        ("example.com. ( 300 ; five minutes\n IN TXT\n\"to\"\n \"k\" )", "example.com.", 300, "TXT", "tok"),
        ("example.com. 300 IN TXT \"tok\" ; valid until 2027", "example.com.", 300, "TXT", "tok"),
        ("; by hand\n\nexample.com. TXT tok;no more", "example.com.", 300, "TXT", "tok"),
        ("example.com. TXT \"to\" \"k\"", "example.com.", 300, "TXT", "tok"),
        ("example.com. TXT to k", "example.com.", 300, "TXT", "tok"),
        ("example.com. TXT \"to\"\"k\"", "example.com.", 300, "TXT", "tok"),
        (&format!("example.com. TXT \"{a}\" \"{b}\""), "example.com.", 300, "TXT", &format!("{a}{b}")),
        (r#"example.com. TXT "to\;k""#, "example.com.", 300, "TXT", "to;k"),
        (r"example.com. TXT to\;k", "example.com.", 300, "TXT", "to;k"),
        (r#"example.com. TXT "a \"b\" \\ (c) ;d""#, "example.com.", 300, "TXT", r#"a "b" \ (c) ;d"#),
        (r#"example.com. TXT "\065\066\x""#, "example.com.", 300, "TXT", "ABx"),
        ("example.com. TXT \"grün \\ü\"", "example.com.", 300, "TXT", "grün ü"),
        ("_x.Bücher.example. TXT tok", "_x.xn--bcher-kva.example.", 300, "TXT", "tok"),
        ("bücher.example CNAME straße.example.", "xn--bcher-kva.example.", 300, "CNAME", "xn--strae-oqa.example."),
        ("example.com. A 192.0.2.1", "example.com.", 300, "A", "192.0.2.1"),
        ("example.com. MX 10 mail.example.com.", "example.com.", 300, "MX", "10 mail.example.com."),
        (r"example.com. TXT \# 4 03746f6b", "example.com.", 300, "TXT", "tok"),
        (r"example.com. TYPE16 \# 5 ( 0274 6f016b )", "example.com.", 300, "TXT", "tok"),
        (r"example.com. IN TYPE5 \# 11 0178076578616d706c6500", "example.com.", 300, "CNAME", "x.example."),
        ("example.com. TXT “to k”", "example.com.", 300, "TXT", "to k"),
        ("example.com. TXT „to\"k“", "example.com.", 300, "TXT", "to\"k"),
        ("example.com. TXT ‘tok’", "example.com.", 300, "TXT", "tok"),
        ("example.com. TXT 'to k'", "example.com.", 300, "TXT", "to k"),
        ("example.com. TXT it's", "example.com.", 300, "TXT", "it's"),
        ("example.com. TXT tok\nexample.com. 300 IN TXT \"tok\"", "example.com.", 300, "TXT", "tok"),
        ("com. TXT tok", "com.", 300, "TXT", "tok"),
        (". TXT tok", ".", 300, "TXT", "tok"),
    ] {
        let expected = (name.to_owned(), ttl, kind.to_owned(), value.to_owned());
        assert_eq!(read(text), Ok(vec![expected]), "{text:?}");
    }
}

#[test]
fn several_records() {
    let text = "_a.example.com. 300 IN TXT \"one\"\n        IN TXT \"two\"\n_b.example.com. CNAME x.example. ; three\n";
    let records = ZoneRecord::parse(text).unwrap();
    let shown: Vec<String> = records.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["_a.example.com. TXT one", "_a.example.com. TXT two", "_b.example.com. CNAME x.example."]);
    assert_eq!(records[2].data, RecordData::Cname("x.example.".to_owned()));
}

#[test]
fn what_is_no_zone_line() {
    let syntax = |text: &str| Fault::Syntax(text.to_owned());
    for (text, expected) in [
        ("", Fault::Empty),
        (" \n; nothing\n", Fault::Empty),
        ("example.com.", syntax("unexpected end of entry")),
        ("example.com. 300 IN TXT", syntax("unexpected end of entry")),
        ("example.com. 300 IN TOKEN tok", syntax("expected rtype")),
        ("example.com. 1h30 IN TXT tok", syntax("expected rtype")),
        ("example.com. 9999999999w IN TXT tok", syntax("expected rtype")),
        ("example.com. 300 CH TXT tok", syntax("different class: CH != IN")),
        ("example.com. CNAME a. b.", syntax("trailing tokens")),
        ("a..example.com. TXT tok", syntax("`a..example.com.`: empty label")),
        ("example.com. TXT \"tok", Fault::Unbalanced),
        ("example.com. TXT \"tok\\", Fault::Unbalanced),
        ("example.com. TXT “tok", Fault::Unbalanced),
        (r"example.com. TXT \# 4 05746f6b", Fault::NotText),
        ("example.com. TXT ( tok", Fault::Unbalanced),
        ("example.com. TXT tok )", Fault::Unbalanced),
        ("example.com. TXT \" \n\"", Fault::NotText),
        (r"example.com. TXT \255", Fault::NotText),
        (r"example.com. TXT a\010b", Fault::NotText),
        ("$INCLUDE /etc/passwd", Fault::Include),
        ("$GENERATE 1-9 x$ TXT a", syntax("unknown control: $GENERATE")),
    ] {
        assert_eq!(read(text), Err(expected), "{text:?}");
    }
    let error = ZoneRecord::parse("exam\u{202e}ple.com. TXT tok").unwrap_err();
    assert!(matches!(error.fault, Fault::Name(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("exam\\u{202e}ple.com. TXT tok") && text.contains("U+202E"), "{text}");
    let long = format!("example.com. TXT \"{}\"", "a".repeat(256));
    assert_eq!(read(&long), Err(syntax("bad charstr")));
}

#[test]
fn made_of_parts() {
    for line in ["_x.example.com. TXT a;b", "_x.example.com. CNAME x.example."] {
        let parts: Vec<&str> = line.split(' ').collect();
        let record = ZoneRecord::from_parts(parts[0], parts[1], parts[2]).unwrap();
        assert_eq!(record.to_string(), line);
    }
    let error = ZoneRecord::from_parts("example.com.", "A", "192.0.2.1").unwrap_err();
    assert_eq!(error.fault, Fault::Kind("A".to_owned()));
}

proptest! {
    /// A hostile line is read or refused, never more.
    #[test]
    fn anything(text in "([ \t\n();\"\\\\$@.a0-9]|TXT |CNAME |IN |1h|SVCB |SOA |NSEC3 |LOC |\\PC|\\u{0})*") {
        let _ = ZoneRecord::parse(&text);
    }

    /// The value comes out as it was put in.
    #[test]
    fn any_text(value in "[!-~ü例]([ -~ü例]{0,100}[!-~ü例])?", ttl in any::<u32>()) {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        prop_assert_eq!(read(&format!("_x.example.com. IN {ttl} TXT \"{quoted}\"")), Ok(vec![("_x.example.com.".to_owned(), ttl, "TXT".to_owned(), value)]));
    }
}
