//! The records, each as a list of its fields. An irregular field has a kind of its own in the file of its record; an irregular
//! record is written by hand.

mod authentication;
mod basic_user;
mod certificate;
mod certificate_data;
mod contact;
mod install_check;
pub(crate) mod job;
mod message;
pub(crate) mod object;
mod poll_message;
mod query;
mod session;
mod site_seal;
mod status;
mod subject_alternative_name;
mod time_period;
mod vmc_check_data;
mod zone;

use certgate_domain::{
    Certificate, CertificateData, CertificateInstallCheckResult, SiteSealInformation, SslContact, VmcCheckData, Zone,
};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

/// A record as the children of an element.
pub(crate) trait Record: Sized {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError>;

    /// Writes the children in the order of the gateway's samples.
    fn write(&self, out: &mut Out<'_>);
}

impl<R: Record> Record for Box<R> {
    fn read(e: &Element<'_, '_>) -> Result<Self, DecodeError> {
        R::read(e).map(Self::new)
    }

    fn write(&self, out: &mut Out<'_>) {
        R::write(self, out);
    }
}

/// A record that answers carry in `<data>`.
pub(crate) trait InData: Record {
    /// The name of its element.
    const ELEMENT: &'static str;

    fn read_one(parent: &Element<'_, '_>) -> Result<Option<Self>, DecodeError> {
        parent.record([Self::ELEMENT])
    }

    fn read_all(data: &Element<'_, '_>) -> Result<Vec<Self>, DecodeError> {
        data.records([Self::ELEMENT])
    }

    fn write_into(&self, out: &mut Out<'_>) {
        out.element(Self::ELEMENT, |out| self.write(out));
    }
}

macro_rules! in_data {
    ($($record:ident $element:literal,)+) => {
        $(impl InData for $record {
            const ELEMENT: &'static str = $element;
        })+
    };
}

in_data! {
    Certificate "certificate",
    CertificateData "certificate_request",
    CertificateInstallCheckResult "certificate_install_check_result",
    SiteSealInformation "site_seal_information",
    SslContact "contact",
    VmcCheckData "vmc_check_data",
    Zone "zone",
}

/// Implements [`Record`] from a list of fields: `field: kind("name")`, or `kind("name" | "other")` with further names that are only
/// read. Losses use the JSON API's name: the field's name in camel case, unless `as "jsonName"` says otherwise.
///
/// A kind is a method of [`Element`] that reads and the method of [`Out`] with the same name that writes. The macro expands to an
/// exhaustive struct literal and an exhaustive pattern, so a list that lacks a field of the domain does not compile.
macro_rules! record {
    ($record:ident {
        $($field:ident: $kind:ident($name:literal $(| $other:literal)*) $(as $json:literal)?,)+
    }) => {
        impl crate::record::Record for $record {
            fn read(e: &crate::element::Element<'_, '_>) -> Result<Self, certgate_wire::DecodeError> {
                Ok(Self { $($field: e.$kind([$name $(, $other)*])?,)+ })
            }

            fn write(&self, out: &mut crate::out::Out<'_>) {
                let Self { $($field),+ } = self;
                $(out.$kind(($name, record!(@json $field $($json)?)), $field);)+
            }
        }
    };
    (@json $field:ident) => { stringify!($field) };
    (@json $field:ident $json:literal) => { $json };
}

use record;
