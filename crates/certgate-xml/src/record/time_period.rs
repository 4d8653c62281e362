//! `lifetime`: a bare number of months.

use certgate_domain::{TimePeriod, words::TimeUnit};
use certgate_wire::DecodeError;

use crate::{
    element::Element,
    out::{Name, Out},
};

impl Element<'_, '_> {
    pub(crate) fn months<const N: usize>(&self, names: [&str; N]) -> Result<Option<TimePeriod>, DecodeError> {
        let Some(e) = self.one(names)? else { return Ok(None) };
        if e.has_children() {
            // Derived from JSON, where it has a unit.
            return e.read(|e| {
                Ok(TimePeriod { unit: e.word(["unit"])?.map(TimeUnit::in_full), period: e.integer(["period"])? })
            });
        }
        e.scalar()?.map(|text| e.whole_number(text).map(TimePeriod::months)).transpose()
    }
}

impl Out<'_> {
    pub(crate) fn months<'n>(&mut self, name: impl Into<Name<'n>>, period: &Option<TimePeriod>) {
        let Some(period) = period else { return };
        let name = name.into();
        match period.in_months() {
            Some(months) => self.integer(name, &Some(months)),
            None => self.lose(name.field, "XML has whole months only"),
        }
    }
}
