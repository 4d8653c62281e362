//! Site seals.

use certgate_domain::SiteSealInformation;
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<SiteSealInformation, DecodeError> {
    let record = SiteSealInformation {
        hash: object.text("hash")?,
        size: object.text("size")?,
        html: object.text("html")?,
        icon: object.text("icon")?,
        preview: object.text("preview")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &SiteSealInformation, fields: &mut Fields) {
    let SiteSealInformation { hash, size, html, icon, preview } = record;
    fields.text("hash", hash.as_deref());
    fields.text("size", size.as_deref());
    fields.text("html", html.as_deref());
    fields.text("icon", icon.as_deref());
    fields.text("preview", preview.as_deref());
}
