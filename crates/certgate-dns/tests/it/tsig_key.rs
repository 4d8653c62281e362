//! Files with TSIG keys.

use certgate_dns::{TsigKey, TsigKeyError};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

const KEY: &str = "key \"certgate\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };";

#[test]
fn files_that_people_have() {
    let plain = TsigKey::from_text(KEY).unwrap();
    for text in [
        "key \"certgate\" {\n\talgorithm hmac-sha256;\n\tsecret \"c2VjcmV0\";\n};\n",
        "key certgate. { secret c2VjcmV0; algorithm HMAC-SHA256; }",
        "KEY \"certgate\" { ALGORITHM HMAC-SHA256; Secret \"c2VjcmV0\"; };",
        "key certgate { algorithm hmac-sha256; secret \" c2Vj\tcm\r\n V0 \"; };",
        "key certgate. { algorithm hmac-sha256.; secret c2VjcmV0; }",
        "# rotated in May; key \"old\" { }\nkey \"certgate\" { algorithm hmac-sha256; secret \"c2VjcmV0\"; };",
        "// key \"old\" {\r\nkey \"certgate\" {\r\n algorithm \"hmac-sha256\"; # the default\r\n secret \"c2VjcmV0\"; // it\r\n};\r\n",
        "/* key \"old\" { algorithm hmac-md5;\n * }; */key \"certgate\"{algorithm hmac-sha256;secret \"c2VjcmV0\";};",
        "\u{feff}key \"certgate\" { algorithm /* was md5 */ hmac-sha256; secret \"c2VjcmV0\"; };;",
    ] {
        assert_eq!(TsigKey::from_text(text).as_ref(), Ok(&plain), "{text}");
    }
    for algorithm in ["hmac-sha1", "hmac-sha224", "hmac-sha384", "hmac-sha512"] {
        assert!(TsigKey::from_text(&KEY.replace("hmac-sha256", algorithm)).is_ok(), "{algorithm}");
    }
    // A `#` or `//` inside a string begins no comment.
    assert!(TsigKey::from_text(&KEY.replace("c2VjcmV0", "a//b")).is_ok());
}

#[test]
fn refusals() {
    let syntax = |line, expected| TsigKeyError::Syntax { line, expected };
    for (text, expected) in [
        ("", TsigKeyError::Missing),
        ("# nothing\n", TsigKeyError::Missing),
        (&*KEY.repeat(2), TsigKeyError::Several(vec!["certgate".to_owned(), "certgate".to_owned()])),
        ("key \"a\" { secret \"c2VjcmV0\"; };", TsigKeyError::Incomplete("algorithm")),
        ("key \"a\" { algorithm hmac-sha256; };", TsigKeyError::Incomplete("secret")),
        (&KEY.replace("hmac-sha256", "hmac-md5"), TsigKeyError::Algorithm),
        ("key \"a\" { algorithm \"hidden\"; secret \"hmac-sha256\"; };", TsigKeyError::Algorithm),
        (&KEY.replace("c2VjcmV0", "%%hidden%%"), TsigKeyError::Secret),
        (&KEY.replace("c2VjcmV0", ""), TsigKeyError::Secret),
        (&KEY.replace("certgate", "hidden..b"), TsigKeyError::Name),
        ("zone \"example.com\" { };", syntax(1, "key")),
        ("# the secret alone\nhidden", syntax(2, "key")),
        ("key \"a\" {\nalgorithm hmac-sha256;\nsecret \"hidden\" }", syntax(3, ";")),
        ("key \"a\" { algorithm hmac-sha256; secret \"hidden", syntax(1, ";")),
        ("/*\n\n*/ key \"a\" hidden", syntax(3, "{")),
        ("key \"a\" {\n\thidden;\n};", syntax(2, "algorithm, secret or }")),
    ] {
        let error = TsigKey::from_text(text).unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.to_string().contains("hidden"), "{error}");
    }
    let known = "its algorithm is none of hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224, hmac-sha1";
    assert_eq!(TsigKeyError::Algorithm.to_string(), known);
    let two = TsigKeyError::Several(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(two.to_string(), "two keys: give one (found a, b)");
    assert!(!format!("{:?}", TsigKey::from_text(KEY).unwrap()).contains("c2VjcmV0"));
}

proptest! {
    /// Any text is a key or is refused, and no refusal shows what stands as a secret.
    #[test]
    fn anything(words in prop::collection::vec("key|algorithm|secret|secret hidden|hmac-sha256|[{};#]|/\\*|\\*/|//|\n|\\PC", 0..30)) {
        if let Err(why) = TsigKey::from_text(&words.join(" ")) {
            prop_assert!(!why.to_string().contains("hidden"), "{}", why);
        }
    }
}
