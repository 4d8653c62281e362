//! Files of other kinds, by how they begin.

use super::Unreadable;

/// How a file begins, what it is, what to do with it.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (&[0xFE, 0xED, 0xFE, 0xED], "a Java key store (JKS)", TAKE_OUT_OF_JAVA),
    (&[0xCE, 0xCE, 0xCE, 0xCE], "a Java key store (JCEKS)", TAKE_OUT_OF_JAVA),
    (b"PK\x03\x04", "a ZIP archive", "unpack it with `unzip`, and give the file that is in it"),
    (&[0x1F, 0x8B], "a compressed file (gzip)", "unpack it with `gunzip`"),
    (
        b"PuTTY-User-Key-File",
        "PuTTY's key",
        "convert it with `puttygen OLD -O private-openssh -o NEW`, then `ssh-keygen -p -m PEM -f NEW`",
    ),
    (b"ssh-", "a public key of SSH", "give the private key, or the request made with it"),
    (b"ecdsa-sha2-", "a public key of SSH", "give the private key, or the request made with it"),
    (&[0xD0, 0xCF, 0x11, 0xE0], "a file of an old Word, Excel or Outlook", "save what is in it as plain text"),
    (b"{\\rtf", "formatted text (RTF)", "save it as plain text"),
    (b"%PDF", "a PDF", "give the file that was attached to it"),
];

const TAKE_OUT_OF_JAVA: &str = "convert it with `keytool -importkeystore -srckeystore OLD -destkeystore NEW.p12 -deststoretype \
     PKCS12`, then take out what is needed with `openssl pkcs12 -in NEW.p12`";

/// Whether it is no text of any alphabet.
fn is_binary(bytes: &[u8]) -> bool {
    let is_odd = |byte: &&u8| byte.is_ascii_control() && !byte.is_ascii_whitespace() || !byte.is_ascii();
    std::str::from_utf8(bytes).is_err() && bytes.iter().filter(is_odd).count() * 4 > bytes.len()
}

/// What a file is that has no block.
pub(super) fn named(bytes: &[u8], text: &str) -> Option<Unreadable> {
    if let Some((_, what, advice)) = KNOWN.iter().find(|(start, _, _)| bytes.starts_with(start)) {
        return Some(Unreadable::Foreign { what, advice });
    }
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        return Some(Unreadable::Foreign { what: "a web page", advice: "download the file itself" });
    }
    if is_binary(bytes) {
        let advice = "look at it with `openssl asn1parse -inform DER -in FILE`";
        return Some(Unreadable::Foreign {
            what: "binary data, and neither a request, a certificate nor a key as DER",
            advice,
        });
    }
    None
}
