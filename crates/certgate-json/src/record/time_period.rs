//! A length of time.

use certgate_domain::{TimePeriod, words::TimeUnit};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, record::record};

record! {
    TimePeriod {
        unit: time_unit("unit"),
        period: integer("period"),
    }
}

impl Object<'_, '_> {
    /// Old payloads have initials.
    fn time_unit(&self, name: [&str; 1]) -> Result<Option<TimeUnit>, DecodeError> {
        Ok(self.word(name)?.map(TimeUnit::in_full))
    }
}

impl Fields {
    fn time_unit(&mut self, name: &str, unit: &Option<TimeUnit>) {
        self.word(name, unit);
    }
}
