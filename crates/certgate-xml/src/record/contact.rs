//! `contact`, `admin`, `technical`.

use certgate_domain::{SslContact, SslContactExtensions, SslContactGeneralExtensions, SslContactReference};

use crate::record::record;

record! {
    SslContact {
        fname: text("first" | "fname"),
        lname: text("last" | "lname"),
        phone: text("phone"),
        fax: text("fax"),
        email: text("email"),
        title: text("title"),
        organization: text("organization"),
        address: texts("address"),
        pcode: text("postal_code" | "pcode"),
        city: text("city"),
        country: text("country"),
        state: text("state"),
        owner: record("owner"),
        updater: record("updater"),
        id: integer("id"),
        created: moment("created"),
        updated: moment("updated"),
        extensions: record("extensions"),
        references: records("references"),
    }
}

record! {
    SslContactExtensions {
        general: record("general"),
    }
}

record! {
    SslContactGeneralExtensions {
        joi_country_name: text("joi_country_name"),
        joi_locality: text("joi_locality"),
        joi_state_or_province: text("joi_state_or_province"),
        company_number: text("company_number"),
        business_category: word("business_category"),
        organisational_identifier: text("organisational_identifier"),
    }
}

record! {
    SslContactReference {
        created: moment("created"),
        updated: moment("updated"),
    }
}
