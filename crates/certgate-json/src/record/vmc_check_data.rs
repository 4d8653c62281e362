//! Verified mark certificates.

use certgate_domain::VmcCheckData;
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::subject_alternative_name};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<VmcCheckData, DecodeError> {
    let record = VmcCheckData {
        name: object.text("name")?,
        subject_alternative_names: subject_alternative_name::read_all(object)?,
        vmc_logo: object.text("vmcLogo")?,
        product: object.text("product")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &VmcCheckData, fields: &mut Fields) {
    let VmcCheckData { name, subject_alternative_names, vmc_logo, product } = record;
    fields.text("name", name.as_deref());
    fields.records("subjectAlternativeNames", subject_alternative_names, subject_alternative_name::write);
    fields.text("vmcLogo", vmc_logo.as_deref());
    fields.text("product", product.as_deref());
}
