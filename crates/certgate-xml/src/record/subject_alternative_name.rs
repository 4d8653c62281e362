//! `subject_alternative_name`; in old payloads `san`, a plain name.

use certgate_domain::SubjectAlternativeName;
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
    record::{Record, record},
};

record! {
    SubjectAlternativeName {
        name: text("name"),
        ssl_certificate_id: integer("ssl_certificate_id"),
        free: flag("free"),
        approver_email: text("approver_email" | "appover_email"),
        order_id: text("order_id"),
        r#type: word("type"),
        created: moment("created"),
        updated: moment("updated"),
    }
}

impl Element<'_, '_> {
    /// All names; `san` may be a text.
    pub(crate) fn alternative_names(&self, names: [&str; 2]) -> Result<Vec<SubjectAlternativeName>, DecodeError> {
        let mut read = Vec::new();
        for e in self.all(names) {
            if e.name() == "san" && !e.has_children() {
                read.extend(e.scalar()?.map(SubjectAlternativeName::new));
            } else {
                read.extend(e.read(Record::read)?);
            }
        }
        Ok(read)
    }
}

impl Out<'_> {
    pub(crate) fn alternative_names<'n>(&mut self, name: impl Into<Name<'n>>, names: &[SubjectAlternativeName]) {
        self.records(name, names);
    }
}
