//! Site seals; derived.

use certgate_domain::SiteSealInformation;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<SiteSealInformation, DecodeError> {
    Ok(SiteSealInformation {
        hash: e.text("hash")?,
        size: e.text("size")?,
        html: e.bytes("html")?,
        icon: e.text("icon")?,
        preview: e.text("preview")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &SiteSealInformation) {
    let SiteSealInformation { hash, size, html, icon, preview } = record;
    out.text("hash", hash.as_deref());
    out.text("size", size.as_deref());
    out.cdata("html", html.as_deref());
    out.text("icon", icon.as_deref());
    out.text("preview", preview.as_deref());
}
