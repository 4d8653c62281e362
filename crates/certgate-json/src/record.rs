//! The records, each by the list of its fields. What is irregular is a kind of field in the file of its record, or written by hand.

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

use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

/// A record as an object of the API.
pub(crate) trait Record: Sized {
    /// Reads the object, and notes the fields that nobody knows.
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

/// Makes a [`Record`] of a list: `field: kind("name"),`, and names of old payloads that are only read, `kind("name" | "old")`.
///
/// A kind is a method of [`Object`], which reads, and the method of the same name of [`Fields`], which writes. The struct literal
/// and the pattern that come of it are exhaustive: a field of the domain that is missing in the list does not compile.
/// `Record in "name" { … }` may also stand wrapped in an object that has nothing but this name.
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
