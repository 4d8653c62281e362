//! Certificate requests.

use std::fmt::Display;

use certgate_x509::{attribute, host};
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
    /// A request for that subject and those alternative names, signed with this key; PEM. Names come into it in one spelling
    /// ([`certgate_x509::host`]), each once, and a country in capitals.
    ///
    /// # Errors
    /// [`KeyError::Failed`]: a name is none of a host, or X.520 does not allow a part of the subject.
    pub fn request(&self, subject: &Subject, names: &[String]) -> Result<String, KeyError> {
        let failed = |why: &dyn Display| KeyError::Failed(format!("no request could be made: {why}"));
        let wrong = |why: &dyn Display| KeyError::Failed(why.to_string());
        let mut hosts: Vec<String> = Vec::new();
        for name in names {
            let name = host(name).map_err(|why| wrong(&why))?.value();
            if !hosts.contains(&name) {
                hosts.push(name);
            }
        }
        let mut params = CertificateParams::new(hosts).map_err(|why| failed(&why))?;
        let Subject { common_name, organization, organization_unit, city, state, country } = subject;
        let mut name = DistinguishedName::new();
        let optional = [
            ("C", DnType::CountryName, country),
            ("ST", DnType::StateOrProvinceName, state),
            ("L", DnType::LocalityName, city),
            ("O", DnType::OrganizationName, organization),
            ("OU", DnType::OrganizationalUnitName, organization_unit),
        ];
        for (kind, oid, value) in optional {
            if let Some(value) = value {
                let value = attribute(kind, value).map_err(|why| wrong(&why))?;
                // X.520: a country is a PrintableString.
                let printable = (kind == "C").then(|| value.as_str().try_into().ok()).flatten();
                name.push(oid, printable.map_or(DnValue::Utf8String(value), DnValue::PrintableString));
            }
        }
        let common_name = host(common_name).map_err(|why| wrong(&why))?.value();
        name.push(DnType::CommonName, attribute("CN", &common_name).map_err(|why| wrong(&why))?);
        params.distinguished_name = name;
        params
            .serialize_request(self)
            .and_then(|request| request.pem())
            .map_err(|why| failed(&why))
            .map(|pem| pem.replace("\r\n", "\n"))
    }
}
