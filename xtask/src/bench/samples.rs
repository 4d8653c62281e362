//! The answers that the bench reads.

use std::fs;

use serde_json::Value;

use crate::{Failure, repository};

/// The documented answers to certificate-info.
pub(super) struct Samples {
    /// The XML one, with the JSON one's real PEM blocks put in for its stubs.
    pub(super) xml: Vec<u8>,
    /// The JSON one.
    pub(super) json: Vec<u8>,
}

impl Samples {
    pub(super) fn read() -> Result<Self, Failure> {
        let folder = repository::root().join("fixtures/certificate-info/documented");
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let (xml, json) = (read("response.xml")?, read("response.json")?);
        Ok(Self { xml: with_real_pem(&xml, &json)?.into_bytes(), json: json.into_bytes() })
    }
}

fn with_real_pem(xml: &str, json: &str) -> Result<String, Failure> {
    let answer: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let pem = |pointer: &str| {
        answer.pointer(pointer).and_then(Value::as_str).ok_or_else(|| format!("the JSON sample has no {pointer}"))
    };
    let xml = replace(xml, "csr", pem("/data/0/csr")?)?;
    let xml = replace(&xml, "server", pem("/data/0/server")?)?;
    let root = pem("/data/0/certificationAuthority/1/caCertificate")?;
    let xml = replace(&xml, "ca_cert", pem("/data/0/certificationAuthority/0/caCertificate")?)?;
    let end = "</certification_authority>";
    let second = format!(
        "{end}\n        <certification_authority>\n          <ca_type>ROOT</ca_type>\n          \
         <ca_cert><![CDATA[{root}]]></ca_cert>\n        {end}"
    );
    Ok(xml.replacen(end, &second, 1))
}

fn replace(xml: &str, name: &str, pem: &str) -> Result<String, Failure> {
    let (open, close) = (format!("<{name}><![CDATA["), format!("]]></{name}>"));
    let (before, rest) = xml.split_once(&open).ok_or_else(|| format!("the XML sample has no {open}"))?;
    let (_, after) = rest.split_once(&close).ok_or_else(|| format!("the XML sample has no {close}"))?;
    Ok(format!("{before}{open}{pem}{close}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{Samples, replace};

    #[test]
    fn stubs_are_replaced() {
        let xml = "<a><csr><![CDATA[stub]]></csr></a>";
        assert_eq!(replace(xml, "csr", "REAL").as_deref(), Ok("<a><csr><![CDATA[REAL]]></csr></a>"));
        assert_eq!(replace("<a/>", "csr", "REAL"), Err("the XML sample has no <csr><![CDATA[".to_owned()));
    }

    #[test]
    fn the_xml_sample_has_four_real_blocks() {
        let samples = Samples::read().unwrap();
        let xml = String::from_utf8(samples.xml).unwrap();
        assert_eq!(xml.matches("<![CDATA[-----BEGIN CERTIFICATE").count(), 4);
        assert_eq!(xml.matches("....").count(), 0);
    }
}
