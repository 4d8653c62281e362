//! The one reader of files and fields.

use certgate_x509::pem::{self, Kind, Unreadable};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::{fixture, text};

fn kinds(input: &[u8]) -> Vec<Kind> {
    pem::read(input).unwrap().iter().map(|block| block.kind).collect()
}

fn utf_16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

/// Every spelling of one request is that request, and is written anew in one.
#[test]
fn spellings_of_one_block() {
    let request = text("_x509/key-p256.csr");
    let der = pem::read(&request).unwrap().remove(0).der;
    let body: String = request.lines().filter(|line| !line.starts_with('-')).collect();
    let spellings: Vec<(&str, Vec<u8>)> = vec![
        ("as openssl writes it", request.clone().into()),
        ("CRLF", request.replace('\n', "\r\n").into()),
        ("CR alone", request.replace('\n', "\r").into()),
        ("one line", request.replace('\n', "").into()),
        ("one line, line ends written out", request.replace('\n', "\\n").into()),
        ("blank lines", request.replace('\n', "\n\n").into()),
        ("indented", request.replace('\n', "\n\t  ").into()),
        ("blanks at the ends", request.replace('\n', " \t\n").into()),
        (
            "lines of 76",
            format!(
                "-----BEGIN CERTIFICATE REQUEST-----\n{}\n{}\n-----END CERTIFICATE REQUEST-----",
                &body[..76],
                &body[76..]
            )
            .into(),
        ),
        ("a byte order mark", format!("\u{FEFF}{request}").into()),
        (
            "text around it",
            format!("Begin of request: - BEGIN -\n\tVersion: 1 (0x0)\n{request}-- \nsent by Jörg").into(),
        ),
        ("Latin-1 around it", [b"M\xFCller\n", request.as_bytes()].concat()),
        ("a header", request.replacen("-----\n", "-----\nComment: from the web form\n\n", 1).into()),
        ("an older label", request.replace("CERTIFICATE", "NEW CERTIFICATE").into()),
        ("an older label at its beginning", request.replacen("CERTIFICATE", "NEW CERTIFICATE", 1).into()),
        ("the label of certutil", request.replace("CERTIFICATE REQUEST", "CERTIFICATE").into()),
        ("UTF-16 of Windows", utf_16(&format!("\u{FEFF}{request}"), u16::to_le_bytes)),
        ("UTF-16, the other way round", utf_16(&format!("\u{FEFF}{request}"), u16::to_be_bytes)),
        ("UTF-16 without a mark", utf_16(&request, u16::to_le_bytes)),
        ("UTF-16 without a mark, the other way round", utf_16(&request, u16::to_be_bytes)),
        ("no lines around it", body.clone().into()),
        ("no lines around it, in lines", body.as_bytes().chunks(64).collect::<Vec<_>>().join(&b'\n')),
        ("no padding", request.replace("=\n", "\n").into()),
        ("DER", der.clone()),
        ("DER and a line end", [&der[..], b"\r\n"].concat()),
        ("DER and zeros", [&der[..], &[0; 8]].concat()),
        ("a byte order mark before DER", [b"\xEF\xBB\xBF", &der[..]].concat()),
        ("UTF-32", format!("\u{FEFF}{request}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
    ];
    for (what, spelling) in spellings {
        let blocks = pem::read(&spelling).unwrap_or_else(|why| panic!("{what}: {why}"));
        let [block] = blocks.as_slice() else { panic!("{what}: {} blocks", blocks.len()) };
        assert_eq!((block.kind, block.der == der), (Kind::CertificateRequest, true), "{what}");
        assert_eq!(pem::text("CERTIFICATE REQUEST", &block.der), request, "{what}");
    }
}

#[test]
fn kinds_by_label_and_by_content() {
    for (file, kind) in [
        ("_x509/key-p256.csr", Kind::CertificateRequest),
        ("_x509/no-attributes.csr", Kind::CertificateRequest),
        ("_x509/leaf.pem", Kind::Certificate),
        ("_x509/leaf-and-root.p7b", Kind::Pkcs7),
        ("_keys/p256-pkcs8.pem", Kind::PrivateKey),
        ("_keys/p256-pkcs8-encrypted.pem", Kind::EncryptedPrivateKey),
        ("_keys/rsa-pkcs1.pem", Kind::RsaPrivateKey),
    ] {
        assert_eq!(kinds(&fixture(file)), [kind], "{file}");
        let block = pem::read(fixture(file)).unwrap().remove(0);
        let bare = pem::read(&block.der).unwrap().remove(0);
        assert_eq!((bare.kind, bare.label), (kind, block.label), "{file} as DER");
    }
    for (label, kind) in [
        ("X509 CERTIFICATE", Kind::Certificate),
        ("TRUSTED CERTIFICATE", Kind::Certificate),
        ("CERTIFICATE", Kind::Certificate),
        ("PKCS #7 SIGNED DATA", Kind::Pkcs7),
        ("OPENSSH PRIVATE KEY", Kind::OtherPrivateKey),
        ("X", Kind::Other),
    ] {
        assert_eq!(kinds(pem::text(label, &[0x30, 0]).as_bytes()), [kind], "{label}");
    }
    let seven = pem::read(fixture("_x509/leaf-and-root.p7b")).unwrap().remove(0).der;
    assert_eq!(kinds(pem::text("CERTIFICATE", &seven).as_bytes()), [Kind::Pkcs7], "by its content, whatever its label");
    let several = format!("key:\n{}\ncertificate:\n{}", text("_keys/p256-sec1.pem"), text("_x509/leaf.pem"));
    assert_eq!(kinds(several.as_bytes()), [Kind::EcParameters, Kind::EcPrivateKey, Kind::Certificate]);
    let old = pem::read(fixture("_keys/rsa-old-encryption.pem")).unwrap().remove(0);
    assert!(old.is_encrypted && old.der.is_empty());
}

#[test]
fn what_is_wrong_is_named_and_never_shown() {
    let request = text("_x509/key-p256.csr");
    let cut = &request[..request.len() - 40];
    for (what, input, expected) in [
        ("nothing", &b""[..], "it is empty"),
        ("blanks", b"\xEF\xBB\xBF \r\n", "it is empty"),
        ("words", b"MIIB", "no -----BEGIN line found"),
        ("no more than the word", b"BEGIN CERTIFICATE", "no -----BEGIN line found"),
        (
            "the end of a line is missing",
            b"-----BEGIN PRIVATE KEY\nc2VjcmV0\n-----END PRIVATE KEY-----",
            "the -----BEGIN line is cut short",
        ),
        ("content in a label", b"-----BEGIN c2VjcmV0-----", "the -----BEGIN line is cut short"),
        ("control characters in a label", b"-----BEGIN \x1b[2J-----", "the -----BEGIN line is cut short"),
        ("no end", b"-----BEGIN X-----\nc2VjcmV0", "no -----END X----- line found"),
        (
            "the end of another kind",
            b"-----BEGIN CERTIFICATE-----\nc2Vj\n-----END CERTIFICATE REQUEST-----",
            "no -----END CERTIFICATE----- line found",
        ),
        (
            "another begin",
            b"-----BEGIN X-----\nc2Vj\n-----BEGIN X-----\nc2Vj\n-----END X-----",
            "no -----END X----- line found",
        ),
        ("no Base64", b"-----BEGIN X-----\r\nc2Vj\r\nc2Vj%cmV0\r\n-----END X-----", "line 3 is not Base64"),
        ("half a letter", b"-----BEGIN X-----\nc\n-----END X-----", "line 1 is not Base64"),
        (
            "four hyphens",
            b"\n----BEGIN X----\nc2Vj\n----END X----",
            "line 2: five hyphens (-----) must stand before and after BEGIN, and others stand there",
        ),
        (
            "four hyphens at the end",
            b"-----BEGIN X-----\nc2Vj\n----END X----",
            "line 3: five hyphens (-----) must stand before and after END, and others stand there",
        ),
        (
            "dashes of a word processor",
            "—–BEGIN X—–\nc2Vj\n—–END X—–".as_bytes(),
            "line 1: five hyphens (-----) must stand before and after BEGIN, and others stand there",
        ),
        ("a web page", b"\n<!DOCTYPE html><html>", "found a web page: download the file itself"),
        ("compressed", &[0x1F, 0x8B, 8], "found a compressed file (gzip): unpack it with `gunzip`"),
        (
            "RTF",
            b"{\\rtf1\\ansi -----BEGIN X-----\\par\nc2Vj\\par\n-----END X-----}",
            "found formatted text (RTF): save it as plain text",
        ),
        (
            "a Word document",
            &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1],
            "found a file of an old Word, Excel or Outlook: save what is in it as plain text",
        ),
        ("SSH", b"ssh-ed25519 AAAA", "found a public key of SSH: give the private key, or the request made with it"),
        (
            "some DER",
            &[0x30, 4, 0x0C, 2, 0xFF, 0xFF],
            "found binary data, and neither a request, a certificate nor a key as DER: look at it with `openssl asn1parse -inform DER -in FILE`",
        ),
        ("a request that is cut short", cut.as_bytes(), "no -----END CERTIFICATE REQUEST----- line found"),
    ] {
        assert_eq!(pem::read(input).map(|_| ()).unwrap_err().to_string(), expected, "{what}");
    }
    let java = pem::read(fixture("_keys/keystore.jks")).map(|_| ()).unwrap_err();
    assert!(matches!(java, Unreadable::Foreign { what: "a Java key store (JKS)", .. }), "{java}");
    assert!(java.to_string().contains("keytool -importkeystore"), "{java}");
}

#[test]
fn written_in_lines_of_64_and_read_back() {
    for (length, lines) in [(0, 3), (3, 3), (48, 3), (49, 4), (96, 4), (97, 5)] {
        let der: Vec<u8> = (0..length).collect();
        let text = pem::text("X", &der);
        assert_eq!((text.lines().count(), text.lines().all(|line| line.len() <= 64)), (lines, true), "{length}");
        assert!(text.ends_with("-----END X-----\n") && !text.contains('\r'), "{length}");
        assert_eq!(pem::read(&text).unwrap().remove(0).der, der, "{length}");
    }
}

proptest! {
    /// No input makes it panic, and no error shows what a block holds.
    #[test]
    fn nothing_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..300, with in "[-A-Z \n=0-9]{0,40}") {
        let _ = pem::read(&bytes);
        let mut text = text("_keys/p256-pkcs8.pem");
        text.insert_str(at.min(text.len()), &with);
        if let Err(why) = pem::read(&text) {
            let why = why.to_string();
            let body: String = text.lines().nth(1).unwrap_or_default().chars().take(12).collect();
            prop_assert!(body.len() < 12 || !why.contains(&body), "{}", why);
        }
    }
}
