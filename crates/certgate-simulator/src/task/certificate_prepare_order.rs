use certgate_domain::{
    AnyData, CertAuthentication, CertificateData, Response, SubjectAlternativeName,
    task::CertificatePrepareOrder,
    words::{AuthMethod, CsrAlgorithm, SignatureHashAlgorithm, StatusType},
};
use certgate_x509::KeyAlgorithm;

use crate::{
    product,
    task::Asked,
    world::{World, answer, refusal, wrong_value},
};

pub(super) fn run(world: &mut World, task: &CertificatePrepareOrder, asked: &Asked<'_>) -> Response<AnyData> {
    let plain = task.request.plain.as_deref().unwrap_or_default();
    let Some(request) = crate::issue::certifiable(plain) else {
        return refusal("E400110", wrong_value("certificate_request.plain", ""));
    };
    if let Some(product) = task.request.product.as_deref().filter(|product| !product::is_known(product)) {
        return refusal("E400110", wrong_value("certificate_request.product", product));
    }
    let name = request.name().unwrap_or_default().to_owned();
    let token: String =
        std::iter::repeat_with(|| world.random.alphanumeric()).take(48).collect::<String>().to_ascii_lowercase();
    let token = format!("{}{token}", asked.now.unix);
    let base = base(&name);
    let mail = |mailbox: &str| format!("{mailbox}@{base}");
    let offer = |method| CertAuthentication { method: Some(method), ..CertAuthentication::default() };
    let file = format!("http://{base}/.well-known/pki-validation/fileauth.txt");
    let settings = &world.settings;
    let authentication = vec![
        CertAuthentication {
            approver_emails: ["admin", "administrator", "hostmaster", "webmaster", "postmaster"].map(mail).to_vec(),
            ..offer(AuthMethod::Email)
        },
        CertAuthentication {
            dns: Some(settings.record.clone().unwrap_or_else(|| dns_record(&name, &token))),
            ..offer(AuthMethod::Dns)
        },
        CertAuthentication {
            file_name: Some(settings.file.clone().unwrap_or(file)),
            file_content: Some(token.clone()),
            ..offer(AuthMethod::File)
        },
    ];
    let algorithm = match &request.key.algorithm {
        KeyAlgorithm::Rsa => CsrAlgorithm::Rsa,
        KeyAlgorithm::Ec(curve) if curve == "P-256" => CsrAlgorithm::Prime256V1,
        KeyAlgorithm::Ec(curve) if curve == "P-384" => CsrAlgorithm::Secp384R1,
        _ => CsrAlgorithm::Other("EC".to_owned()),
    };
    let data = CertificateData {
        plain: Some(plain.to_owned()),
        name: Some(name),
        subject_alternative_names: request.hosts().map(SubjectAlternativeName::new).collect(),
        key_size: Some(i64::from(request.key.bits)),
        country_code: request.country,
        state: request.state,
        city: request.city,
        organization: request.organization,
        organization_unit: request.organization_unit,
        email: request.email,
        product: task.request.product.clone(),
        authentication,
        algorithm: Some(algorithm),
        signature_hash_algorithm: request.signature_hash.as_deref().map(SignatureHashAlgorithm::from),
        ..CertificateData::default()
    };
    let mut answer = answer("S400110", "CSR key was checked successfully.", StatusType::Success);
    answer.data.push(data.into());
    answer
}

/// Control over a wildcard is control over its base.
fn base(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

/// The record that shows control over a name.
pub(super) fn dns_record(name: &str, token: &str) -> String {
    format!("{}.\t\t300\tIN\tTXT\t\"{token}\"", base(name))
}
