//! Contacts of certificates.

use certgate_domain::{SslContact, SslContactExtensions, SslContactGeneralExtensions, SslContactReference};

use crate::record::record;

record! {
    SslContact {
        created: moment("created"),
        updated: moment("updated"),
        extensions: record("extensions"),
        references: records("references"),
        fname: text("fname" | "first"),
        lname: text("lname" | "last"),
        phone: text("phone"),
        fax: text("fax"),
        email: text("email"),
        title: text("title"),
        organization: text("organization"),
        address: texts("address"),
        pcode: text("pcode" | "postalCode"),
        city: text("city"),
        country: text("country"),
        state: text("state"),
        owner: record("owner"),
        updater: record("updater"),
        id: integer("id"),
    }
}

record! {
    SslContactExtensions {
        general: record("general"),
    }
}

record! {
    SslContactGeneralExtensions {
        joi_country_name: text("joiCountryName"),
        joi_locality: text("joiLocality"),
        joi_state_or_province: text("joiStateOrProvince"),
        company_number: text("companyNumber"),
        business_category: word("businessCategory"),
        organisational_identifier: text("organisationalIdentifier"),
    }
}

record! {
    SslContactReference {
        created: moment("created"),
        updated: moment("updated"),
    }
}
