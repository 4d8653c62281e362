//! Contacts of certificates.

use certgate_domain::{SslContact, SslContactExtensions, SslContactGeneralExtensions, SslContactReference};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::basic_user, value::Value};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<SslContact, DecodeError> {
    let record = SslContact {
        created: object.moment("created")?,
        updated: object.moment("updated")?,
        extensions: object.record("extensions", read_extensions)?,
        references: object.records("references", read_reference)?,
        fname: object.either(&["fname", "first"])?.map(Value::text).transpose()?,
        lname: object.either(&["lname", "last"])?.map(Value::text).transpose()?,
        phone: object.text("phone")?,
        fax: object.text("fax")?,
        email: object.text("email")?,
        title: object.text("title")?,
        organization: object.text("organization")?,
        address: object.texts("address")?,
        pcode: object.either(&["pcode", "postalCode"])?.map(Value::text).transpose()?,
        city: object.text("city")?,
        country: object.text("country")?,
        state: object.text("state")?,
        owner: object.record("owner", basic_user::read)?,
        updater: object.record("updater", basic_user::read)?,
        id: object.integer("id")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &SslContact, fields: &mut Fields) {
    let SslContact {
        created,
        updated,
        extensions,
        references,
        fname,
        lname,
        phone,
        fax,
        email,
        title,
        organization,
        address,
        pcode,
        city,
        country,
        state,
        owner,
        updater,
        id,
    } = record;
    fields.moment("created", created);
    fields.moment("updated", updated);
    fields.record("extensions", extensions.as_ref(), write_extensions);
    fields.records("references", references, write_reference);
    fields.text("fname", fname.as_deref());
    fields.text("lname", lname.as_deref());
    fields.text("phone", phone.as_deref());
    fields.text("fax", fax.as_deref());
    fields.text("email", email.as_deref());
    fields.text("title", title.as_deref());
    fields.text("organization", organization.as_deref());
    fields.texts("address", address);
    fields.text("pcode", pcode.as_deref());
    fields.text("city", city.as_deref());
    fields.text("country", country.as_deref());
    fields.text("state", state.as_deref());
    fields.record("owner", owner.as_ref(), basic_user::write);
    fields.record("updater", updater.as_ref(), basic_user::write);
    fields.integer("id", *id);
}

pub(crate) fn read_extensions(object: &Object<'_, '_>) -> Result<SslContactExtensions, DecodeError> {
    let record = SslContactExtensions { general: object.record("general", read_general)? };
    object.finish();
    Ok(record)
}

pub(crate) fn write_extensions(record: &SslContactExtensions, fields: &mut Fields) {
    let SslContactExtensions { general } = record;
    fields.record("general", general.as_ref(), write_general);
}

pub(crate) fn read_general(object: &Object<'_, '_>) -> Result<SslContactGeneralExtensions, DecodeError> {
    let record = SslContactGeneralExtensions {
        joi_country_name: object.text("joiCountryName")?,
        joi_locality: object.text("joiLocality")?,
        joi_state_or_province: object.text("joiStateOrProvince")?,
        company_number: object.text("companyNumber")?,
        business_category: object.word("businessCategory")?,
        organisational_identifier: object.text("organisationalIdentifier")?,
    };
    object.finish();
    Ok(record)
}

pub(crate) fn write_general(record: &SslContactGeneralExtensions, fields: &mut Fields) {
    let SslContactGeneralExtensions {
        joi_country_name,
        joi_locality,
        joi_state_or_province,
        company_number,
        business_category,
        organisational_identifier,
    } = record;
    fields.text("joiCountryName", joi_country_name.as_deref());
    fields.text("joiLocality", joi_locality.as_deref());
    fields.text("joiStateOrProvince", joi_state_or_province.as_deref());
    fields.text("companyNumber", company_number.as_deref());
    fields.word("businessCategory", business_category);
    fields.text("organisationalIdentifier", organisational_identifier.as_deref());
}

pub(crate) fn read_reference(object: &Object<'_, '_>) -> Result<SslContactReference, DecodeError> {
    let record = SslContactReference { created: object.moment("created")?, updated: object.moment("updated")? };
    object.finish();
    Ok(record)
}

pub(crate) fn write_reference(record: &SslContactReference, fields: &mut Fields) {
    let SslContactReference { created, updated } = record;
    fields.moment("created", created);
    fields.moment("updated", updated);
}
