//! Certificate requests.

use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue};

use crate::{KeyError, PrivateKey};

/// Whom a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// Common name.
    pub common_name: String,
    /// Organisation.
    pub organization: Option<String>,
    /// Organisational unit.
    pub organization_unit: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
}

impl PrivateKey {
    /// A request for that subject and those alternative names, signed with this key; PEM.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: a name or the country is none.
    pub fn request(&self, subject: &Subject, names: &[String]) -> Result<String, KeyError> {
        let failed = |why: rcgen::Error| KeyError::Failed(format!("no request could be made: {why}"));
        names.iter().chain([&subject.common_name]).try_for_each(|name| host_name(name))?;
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        let Subject { common_name, organization, organization_unit, city, state, country } = subject;
        let mut name = DistinguishedName::new();
        let optional = [
            (DnType::CountryName, country),
            (DnType::StateOrProvinceName, state),
            (DnType::LocalityName, city),
            (DnType::OrganizationName, organization),
            (DnType::OrganizationalUnitName, organization_unit),
        ];
        for (kind, value) in optional {
            if let Some(value) = value {
                // X.520: a country is a PrintableString.
                let two_letters = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
                let value = match (&kind, value.as_str().try_into()) {
                    (DnType::CountryName, Ok(printable)) if two_letters => DnValue::PrintableString(printable),
                    (DnType::CountryName, _) => {
                        return Err(KeyError::Failed(format!("country `{value}`: expected two letters, such as DE")));
                    }
                    _ => DnValue::Utf8String(value.clone()),
                };
                name.push(kind, value);
            }
        }
        name.push(DnType::CommonName, common_name.as_str());
        params.distinguished_name = name;
        params
            .serialize_request(&self.pair)
            .and_then(|request| request.pem())
            .map_err(failed)
            .map(|pem| pem.replace("\r\n", "\n"))
    }
}

/// A name that a certificate can be for: labels of letters, digits and hyphens (RFC 1123), the first of which may be a star.
fn host_name(name: &str) -> Result<(), KeyError> {
    let in_a_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(in_a_label)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= 253 && name.strip_prefix("*.").unwrap_or(name).split('.').all(is_label) {
        return Ok(());
    }
    Err(KeyError::Failed(format!(
        "name `{name}`: expected a host name of letters, digits and hyphens, such as www.example.com, *.example.com or xn--bcher-kva.example"
    )))
}
