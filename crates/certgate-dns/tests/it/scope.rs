//! What may be published for an order, and what a hostile gateway asks for.

use certgate_dns::{OutOfScopeReason, PublicationScope, ZoneRecord};
use pretty_assertions::assert_eq;

const NAMES: [&str; 5] = ["www.example.com", "EXAMPLE.com", "*.shop.example.org", "bücher.example", "Example GmbH"];

fn judge(line: &str) -> Result<(), OutOfScopeReason> {
    let record = ZoneRecord::parse(line).unwrap().remove(0);
    PublicationScope::of(NAMES).record(&record).map_err(|why| why.reason)
}

#[test]
fn records_of_the_order() {
    for line in [
        "www.example.com. TXT tok",
        "example.com. TXT tok",
        "WWW.Example.COM. TXT tok",
        "_dnsauth.www.example.com. TXT tok",
        "_a._b-c_d.example.com. TXT tok",
        "_dnsauth.www.example.com. CNAME x.ca.example.",
        "_0123456789abcdef0123456789abcdef.example.com. CNAME _x.y.ca.example.",
        "shop.example.org. TXT tok",
        "example.org. TXT tok",
        "_x.example.org. CNAME y.ca.example.",
        "xn--bcher-kva.example. TXT tok",
        "_x.bücher.example. CNAME y.ca.example.",
    ] {
        assert_eq!(judge(line), Ok(()), "{line}");
    }
}

#[test]
fn records_of_somebody_else() {
    let foreign = |name: &str| OutOfScopeReason::ForeignName {
        name: name.to_owned(),
        names: ["www.example.com", "example.com", "shop.example.org", "xn--bcher-kva.example"]
            .map(str::to_owned)
            .to_vec(),
    };
    let no_host = |name: &str| OutOfScopeReason::NotAHostName(name.to_owned());
    let kind = |kind: &str| OutOfScopeReason::Kind(kind.to_owned());
    for (line, expected) in [
        ("www.bank.example. 60 CNAME evil.attacker.example.", foreign("www.bank.example")),
        ("_x.www.bank.example. TXT tok", foreign("www.bank.example")),
        ("notexample.com. TXT tok", foreign("notexample.com")),
        ("mail.example.com. TXT tok", foreign("mail.example.com")),
        ("com. TXT tok", foreign("com")),
        ("_x.com. TXT tok", foreign("com")),
        ("example. TXT tok", foreign("example")),
        ("_x. TXT tok", foreign("_x")),
        ("a._x.example.com. TXT tok", foreign("a._x.example.com")),
        ("xn--bcher-kvb.example. TXT tok", foreign("xn--bcher-kvb.example")),
        (". TXT tok", no_host(".")),
        ("--config=/etc/passwd TXT tok", no_host("--config=/etc/passwd.")),
        ("-e.example.com. TXT tok", no_host("-e.example.com.")),
        ("*.example.com. TXT tok", no_host("*.example.com.")),
        ("_.example.com. TXT tok", no_host("_.example.com.")),
        ("_x\\;y.example.com. TXT tok", no_host("_x;y.example.com.")),
        ("exam\\226\\128\\174ple.com. TXT tok", no_host("exam\\226\\128\\174ple.com.")),
        ("www.example.com\\.bank.example. TXT tok", no_host("www.example.com\\.bank.example.")),
        ("www.example.com. CNAME evil.attacker.example.", OutOfScopeReason::TakesHostOver),
        ("example.com. CNAME evil.attacker.example.", OutOfScopeReason::TakesHostOver),
        ("_x.example.com. CNAME --config=x.", no_host("--config=x.")),
        ("_x.example.com. CNAME .", no_host(".")),
        ("example.com. A 6.6.6.6", kind("A")),
        ("_x.example.com. NS ns.attacker.example.", kind("NS")),
        ("example.com. MX 10 mail.attacker.example.", kind("MX")),
    ] {
        assert_eq!(judge(line), Err(expected), "{line}");
    }
    let record = ZoneRecord::parse("www.bank.example. CNAME evil.example.").unwrap().remove(0);
    let error = PublicationScope::of(["example.com"]).record(&record).unwrap_err().to_string();
    assert_eq!(
        error,
        "the gateway asks for \"www.bank.example. CNAME evil.example.\", which is not published: `www.bank.example` is no name of the request (example.com) and no parent of one"
    );
    assert!(PublicationScope::of([]).record(&record).is_err(), "without names nothing belongs to the order");
    assert!(judge("example.com. TXT --config=x").is_ok(), "a value may begin with any character");
}

#[test]
fn files() {
    let scope = PublicationScope::of(NAMES);
    for (file, expected) in [
        (".well-known/pki-validation/fileauth.txt", Ok(&[".well-known", "pki-validation", "fileauth.txt"][..])),
        (
            "http://www.example.com/.well-known/pki-validation/A1B2.txt",
            Ok(&[".well-known", "pki-validation", "A1B2.txt"]),
        ),
        ("https://EXAMPLE.COM/.well-known/acme-challenge/a-_B", Ok(&[".well-known", "acme-challenge", "a-_B"])),
        ("http://shop.example.org/A1B2.txt", Ok(&["A1B2.txt"])),
        ("/gsdv.htm", Ok(&["gsdv.htm"])),
        ("//starfield.HTML", Ok(&["starfield.HTML"])),
        ("", Err(OutOfScopeReason::Path)),
        ("http://example.com", Err(OutOfScopeReason::Path)),
        ("http://example.com/", Err(OutOfScopeReason::Path)),
        ("/.htaccess", Err(OutOfScopeReason::Path)),
        ("/shell.php", Err(OutOfScopeReason::Path)),
        ("/shell.php.txt", Err(OutOfScopeReason::Path)),
        ("/token", Err(OutOfScopeReason::Path)),
        ("/-e.txt", Err(OutOfScopeReason::Path)),
        ("/.txt", Err(OutOfScopeReason::Path)),
        ("/a/b.txt", Err(OutOfScopeReason::Path)),
        ("/linkdir/x.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known", Err(OutOfScopeReason::Path)),
        ("/.well-known/", Err(OutOfScopeReason::Path)),
        ("/.well-known/../x.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known/./x.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known//x.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known/.htaccess", Err(OutOfScopeReason::Path)),
        ("/.well-known/shell.php", Err(OutOfScopeReason::Path)),
        ("/.well-known/a b.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known/a\u{202e}b.txt", Err(OutOfScopeReason::Path)),
        ("/.well-known/a\\b.txt", Err(OutOfScopeReason::Path)),
        ("../x.txt", Err(OutOfScopeReason::Path)),
        ("C:x.txt", Err(OutOfScopeReason::Path)),
        ("http://exa\u{202e}mple.com/x.txt", Err(OutOfScopeReason::NotAHostName("exa\u{202e}mple.com".to_owned()))),
    ] {
        assert_eq!(scope.file(file).map_err(|why| why.reason).as_deref(), expected.as_ref().copied(), "{file:?}");
    }
    for host in ["www.bank.example", "mail.example.com", "example.org"] {
        let reason = scope.file(&format!("http://{host}/x.txt")).unwrap_err().reason;
        assert!(matches!(&reason, OutOfScopeReason::ForeignName { name, .. } if name == host), "{reason}");
    }
}
