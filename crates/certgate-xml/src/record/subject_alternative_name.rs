//! `subject_alternative_name`; in old payloads `san`, a plain name.

use certgate_domain::SubjectAlternativeName;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read_all(parent: &Element<'_, '_>) -> Result<Vec<SubjectAlternativeName>, DecodeError> {
    let mut names = Vec::new();
    for e in parent.all(&["subject_alternative_name", "san"]) {
        if e.name() == "san" && !e.has_children() {
            names.extend(e.scalar()?.map(SubjectAlternativeName::new));
        } else {
            names.extend(e.read(read)?);
        }
    }
    Ok(names)
}

fn read(e: &Element<'_, '_>) -> Result<SubjectAlternativeName, DecodeError> {
    Ok(SubjectAlternativeName {
        created: e.moment("created")?,
        updated: e.moment("updated")?,
        r#type: e.word("type")?,
        ssl_certificate_id: e.integer("ssl_certificate_id")?,
        name: e.text("name")?,
        approver_email: e.text_of(&["approver_email", "appover_email"])?,
        order_id: e.text("order_id")?,
        free: e.flag("free")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &SubjectAlternativeName) {
    let SubjectAlternativeName { created, updated, r#type, ssl_certificate_id, name, approver_email, order_id, free } =
        record;
    out.text("name", name.as_deref());
    out.integer("ssl_certificate_id", *ssl_certificate_id);
    out.flag("free", free.as_ref());
    out.text_as("approver_email", "approverEmail", approver_email.as_deref());
    out.text("order_id", order_id.as_deref());
    out.text("type", r#type.as_ref().map(|word| word.as_str()));
    out.moment("created", created.as_ref());
    out.moment("updated", updated.as_ref());
}
