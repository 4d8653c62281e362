use certgate_domain::{
    AnyData, Certificate, CertificateInstallCheckData, CertificateInstallCheckResult, Lenient, Response, TlsData,
    X509CertificateData, task::CertificateInstallCheck, words::StatusType,
};

use crate::{
    task::Asked,
    world::{World, answer, object, refusal, wrong_value},
};

/// Every server shows the account's certificate of its name, where there is one.
pub(super) fn run(world: &mut World, task: &CertificateInstallCheck, _: &Asked<'_>) -> Response<AnyData> {
    let hostname = task.hostname.as_deref().unwrap_or_default();
    if hostname.is_empty() {
        return refusal("E4001013", wrong_value("hostname", ""));
    }
    let shown = world.certificates.values().find(|certificate| certificate.name.as_deref() == Some(hostname));
    let data = CertificateInstallCheckData {
        ip: Some("192.0.2.1".to_owned()),
        secured: Some(Lenient::Parsed(shown.is_some())),
        inventory: Some(Lenient::Parsed(shown.is_some())),
        chain_ok: Some(Lenient::Parsed(shown.is_some())),
        certificate: shown
            .map(|shown| Box::new(Certificate { id: shown.id, name: shown.name.clone(), ..Certificate::default() })),
        certificate_data: shown.map(|shown| X509CertificateData {
            cn: shown.name.clone(),
            serial_number: shown.serial_number.clone(),
            ..X509CertificateData::default()
        }),
        tls: vec![TlsData { version: Some("TLSv1.3".to_owned()), supported: Some(Lenient::Parsed(shown.is_some())) }],
        ..CertificateInstallCheckData::default()
    };
    let mut answer = answer("S4001013", "The server was checked successfully.", StatusType::Success);
    answer.object = object("hostname", Some(hostname));
    answer.data.push(CertificateInstallCheckResult { hostname: task.hostname.clone(), data: vec![data] }.into());
    answer
}
