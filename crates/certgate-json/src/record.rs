//! The records, each as a list of its fields. An irregular field has a kind of its own in the file of its record; an irregular
//! record is written by hand.

mod authentication;
mod basic_user;
mod certificate;
mod certificate_data;
mod contact;
mod foreign;
mod install_check;
mod job;
mod message;
mod object;
mod poll_message;
mod query;
mod session;
mod site_seal;
mod status;
mod subject_alternative_name;
mod time_period;
mod vmc_check_data;
mod zone;

use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

/// A record as an object of the API.
pub(crate) trait Record: Sized {
    /// Reads the object. Unknown fields become findings.
    fn read(object: &Object<'_, '_>) -> Result<Self, DecodeError>;

    /// Writes the fields in the order of the API.
    fn write(&self, fields: &mut Fields);
}

impl<R: Record> Record for Box<R> {
    fn read(object: &Object<'_, '_>) -> Result<Self, DecodeError> {
        R::read(object).map(Self::new)
    }

    fn write(&self, fields: &mut Fields) {
        R::write(self, fields);
    }
}

/// Implements [`Record`] from a list of fields: `field: kind("name")`, or `kind("name" | "old")` with names of old payloads that are
/// only read.
///
/// A kind is a method of [`Object`] that reads and the method of [`Fields`] with the same name that writes. The macro expands to an
/// exhaustive struct literal and an exhaustive pattern, so a list that lacks a field of the domain does not compile.
/// `Record in "name" { … }` also reads the record wrapped in an object under that name.
macro_rules! record {
    ($record:ident $(in $wrapper:literal)? {
        $($field:ident: $kind:ident($name:literal $(| $older:literal)*),)+
    }) => {
        impl crate::record::Record for $record {
            fn read(object: &crate::object::Object<'_, '_>) -> Result<Self, certgate_wire::DecodeError> {
                $(if let Some(wrapped) = object.record([$wrapper])? {
                    object.finish();
                    return Ok(wrapped);
                })?
                let record = Self { $($field: object.$kind([$name $(, $older)*])?,)+ };
                object.finish();
                Ok(record)
            }

            fn write(&self, fields: &mut crate::fields::Fields) {
                let Self { $($field),+ } = self;
                $(fields.$kind($name, $field);)+
            }
        }
    };
}

use record;
