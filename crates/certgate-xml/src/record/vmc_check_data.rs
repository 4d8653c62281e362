//! Verified mark certificates; derived.

use certgate_domain::VmcCheckData;
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out, record::subject_alternative_name};

pub(crate) fn read(e: &Element<'_, '_>) -> Result<VmcCheckData, DecodeError> {
    Ok(VmcCheckData {
        name: e.text("name")?,
        subject_alternative_names: subject_alternative_name::read_all(e)?,
        vmc_logo: e.text("vmc_logo")?,
        product: e.text("product")?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &VmcCheckData) {
    let VmcCheckData { name, subject_alternative_names, vmc_logo, product } = record;
    out.text("name", name.as_deref());
    out.records("subject_alternative_name", subject_alternative_names, subject_alternative_name::write);
    out.text("vmc_logo", vmc_logo.as_deref());
    out.text("product", product.as_deref());
}
