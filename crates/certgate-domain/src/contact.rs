//! Contacts of certificates.

use crate::{BasicUser, Lenient, Moment, words::BusinessCategory};

/// An SSL contact (OpenAPI `SslContact`; XML `contact`, `admin`, `technical`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SslContact {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
    /// Extensions.
    pub extensions: Option<SslContactExtensions>,
    /// What refers to it.
    pub references: Vec<SslContactReference>,
    /// First name (XML `first`).
    pub fname: Option<String>,
    /// Last name (XML `last`).
    pub lname: Option<String>,
    /// Phone number, such as `+49-123-12345`.
    pub phone: Option<String>,
    /// Fax number.
    pub fax: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Organisation.
    pub organization: Option<String>,
    /// Lines of the street address.
    pub address: Vec<String>,
    /// Postal code (XML `postal_code`).
    pub pcode: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Its owner.
    pub owner: Option<BasicUser>,
    /// Who last updated it.
    pub updater: Option<BasicUser>,
    /// Its id; −1 occurs.
    pub id: Option<i64>,
}

impl SslContact {
    /// A reference to an existing contact.
    pub fn by_id(id: i64) -> Self {
        Self { id: Some(id), ..Self::default() }
    }
}

/// Extensions of a contact (OpenAPI `SslContactExtensions`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SslContactExtensions {
    /// The general ones.
    pub general: Option<SslContactGeneralExtensions>,
}

/// General extensions of a contact (OpenAPI `SslContactGeneralExtensions`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SslContactGeneralExtensions {
    /// Country of incorporation.
    pub joi_country_name: Option<String>,
    /// Locality of incorporation.
    pub joi_locality: Option<String>,
    /// State or province of incorporation.
    pub joi_state_or_province: Option<String>,
    /// Company number.
    pub company_number: Option<String>,
    /// Kind of business.
    pub business_category: Option<BusinessCategory>,
    /// Registration number: VAT, NTR or LEI.
    pub organisational_identifier: Option<String>,
}

/// What refers to a contact (OpenAPI `SslContactReference`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SslContactReference {
    /// When it was created.
    pub created: Option<Lenient<Moment>>,
    /// When it was last updated.
    pub updated: Option<Lenient<Moment>>,
}
