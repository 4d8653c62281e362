//! A further name of a certificate.

use certgate_domain::SubjectAlternativeName;
use certgate_wire::DecodeError;

use crate::{
    fields::Fields,
    object::Object,
    record::{Record, record},
    tree::Kind,
    value::Value,
};

record! {
    SubjectAlternativeName {
        created: moment("created"),
        updated: moment("updated"),
        r#type: word("type"),
        ssl_certificate_id: integer("sslCertificateId"),
        name: text("name"),
        approver_email: text("approverEmail" | "appoverEmail"),
        order_id: text("orderId"),
        free: boolean("free"),
    }
}

impl Object<'_, '_> {
    /// All names; in old payloads they are texts.
    pub(crate) fn alternative_names<const N: usize>(
        &self,
        names: [&str; N],
    ) -> Result<Vec<SubjectAlternativeName>, DecodeError> {
        let read = |item: Value<'_, '_>| match item.kind() {
            Kind::Text(_) => item.text().map(SubjectAlternativeName::new),
            _ => item.record(Record::read),
        };
        self.items(names)?.map(read).collect()
    }
}

impl Fields {
    pub(crate) fn alternative_names(&mut self, name: &str, names: &[SubjectAlternativeName]) {
        self.records(name, names);
    }
}
