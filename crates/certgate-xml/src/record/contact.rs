//! `contact`, `admin`, `technical`.

use certgate_domain::{SslContact, SslContactExtensions, SslContactGeneralExtensions, SslContactReference};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

use crate::record::basic_user;

pub(crate) fn read(e: &Element<'_, '_>) -> Result<SslContact, DecodeError> {
    Ok(SslContact {
        created: e.moment("created")?,
        updated: e.moment("updated")?,
        extensions: e.record("extensions", read_extensions)?,
        references: e.records("references", |e| {
            Ok(SslContactReference { created: e.moment("created")?, updated: e.moment("updated")? })
        })?,
        fname: e.text_of(&["first", "fname"])?,
        lname: e.text_of(&["last", "lname"])?,
        phone: e.text("phone")?,
        fax: e.text("fax")?,
        email: e.text("email")?,
        title: e.text("title")?,
        organization: e.text("organization")?,
        address: e.texts("address")?,
        pcode: e.text_of(&["postal_code", "pcode"])?,
        city: e.text("city")?,
        country: e.text("country")?,
        state: e.text("state")?,
        owner: e.record("owner", basic_user::read)?,
        updater: e.record("updater", basic_user::read)?,
        id: e.integer("id")?,
    })
}

fn read_extensions(e: &Element<'_, '_>) -> Result<SslContactExtensions, DecodeError> {
    Ok(SslContactExtensions {
        general: e.record("general", |e| {
            Ok(SslContactGeneralExtensions {
                joi_country_name: e.text("joi_country_name")?,
                joi_locality: e.text("joi_locality")?,
                joi_state_or_province: e.text("joi_state_or_province")?,
                company_number: e.text("company_number")?,
                business_category: e.word("business_category")?,
                organisational_identifier: e.text("organisational_identifier")?,
            })
        })?,
    })
}

pub(crate) fn write(out: &mut Out<'_>, record: &SslContact) {
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
    out.text("first", fname.as_deref());
    out.text("last", lname.as_deref());
    out.text("phone", phone.as_deref());
    out.text("fax", fax.as_deref());
    out.text("email", email.as_deref());
    out.text("title", title.as_deref());
    out.text("organization", organization.as_deref());
    out.texts("address", address);
    out.text("postal_code", pcode.as_deref());
    out.text("city", city.as_deref());
    out.text("country", country.as_deref());
    out.text("state", state.as_deref());
    out.record("owner", owner.as_ref(), basic_user::write);
    out.record("updater", updater.as_ref(), basic_user::write);
    out.integer("id", *id);
    out.moment("created", created.as_ref());
    out.moment("updated", updated.as_ref());
    out.record("extensions", extensions.as_ref(), write_extensions);
    out.records("references", references, |out, reference| {
        let SslContactReference { created, updated } = reference;
        out.moment("created", created.as_ref());
        out.moment("updated", updated.as_ref());
    });
}

fn write_extensions(out: &mut Out<'_>, record: &SslContactExtensions) {
    let SslContactExtensions { general } = record;
    out.record("general", general.as_ref(), |out, general| {
        let SslContactGeneralExtensions {
            joi_country_name,
            joi_locality,
            joi_state_or_province,
            company_number,
            business_category,
            organisational_identifier,
        } = general;
        out.text("joi_country_name", joi_country_name.as_deref());
        out.text("joi_locality", joi_locality.as_deref());
        out.text("joi_state_or_province", joi_state_or_province.as_deref());
        out.text("company_number", company_number.as_deref());
        out.text("business_category", business_category.as_ref().map(|word| word.as_str()));
        out.text("organisational_identifier", organisational_identifier.as_deref());
    });
}
