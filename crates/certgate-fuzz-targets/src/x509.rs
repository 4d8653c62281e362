//! Requests, certificates and keys, in files and in DER alone.

use certgate_keys::PrivateKey;
use certgate_x509::{CertificateRequest, X509, certificates, check, host, pem};

/// 2026-06-01.
const NOW: i64 = 1_780_272_000;

/// What was read is written in one form, which is read as the same.
pub(crate) fn request(data: &[u8]) {
    for file in [data.to_vec(), pem::text("CERTIFICATE REQUEST", data).into_bytes()] {
        let Ok(request) = CertificateRequest::read(&file) else { continue };
        let text = request.to_pem();
        assert_eq!(CertificateRequest::read(&text).as_ref(), Ok(&request), "{text}");
        let refused = request.checks().iter().any(|check| !check.ok);
        assert!(request.usable().is_ok() || refused, "it cannot be used, and no check says so: {text}");
        request.warnings();
        request.hosts().filter(is_host).for_each(|name| assert!(request.asks_for(&name), "{name}"));
    }
}

/// The same, and what is checked of a certificate once it is issued.
pub(crate) fn certificate(data: &[u8]) {
    for file in [data.to_vec(), pem::text("CERTIFICATE", data).into_bytes()] {
        let _ = certificates(&file);
        let Ok(all) = X509::all(&file) else { continue };
        for one in &all {
            let text = one.to_pem();
            assert_eq!(X509::from_pem(&text).as_ref(), Ok(one), "{text}");
            one.hosts().filter(is_host).for_each(|name| assert!(one.covers(&name), "{name}"));
            // Whoever a certificate is for, nobody else's request gets it.
            let (checks, issued) = check(&request_of_ours(), None, &text, std::slice::from_ref(&text), NOW);
            assert!(issued.is_none() && checks.iter().any(|check| !check.ok), "{text}");
        }
    }
}

/// Whether it is a host in the spelling of certificates: what stands there in Unicode is nobody's name.
#[allow(clippy::ptr_arg, reason = "a filter of strings")]
fn is_host(name: &String) -> bool {
    host(name).is_ok_and(|host| host.value() == *name)
}

fn request_of_ours() -> CertificateRequest {
    static OURS: std::sync::OnceLock<CertificateRequest> = std::sync::OnceLock::new();
    let made = || {
        let key = PrivateKey::generate(certgate_keys::KeyType::P256).unwrap();
        let subject = certgate_keys::Subject { common_name: "example.com".to_owned(), ..Default::default() };
        CertificateRequest::from_pem(key.request(&subject, &["example.com".to_owned()]).unwrap()).unwrap()
    };
    OURS.get_or_init(made).clone()
}

/// A key that was read is written as PKCS#8, which is the same key. Those that are encrypted are not opened: that takes seconds by intent.
pub(crate) fn private_key(data: &[u8]) {
    let labels = ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"];
    for file in labels.map(|label| pem::text(label, data).into_bytes()).into_iter().chain([data.to_vec()]) {
        let Ok(key) = PrivateKey::read(&file, None) else { continue };
        let text = key.to_pem();
        let again = PrivateKey::from_pem(text.expose(), None).unwrap();
        assert_eq!((again.to_pkcs8(), again.spki()), (key.to_pkcs8(), key.spki()));
        assert!(!format!("{key:?}").contains(text.expose().lines().nth(1).unwrap_or("BEGIN")));
    }
}
