//! A length of time.

use certgate_domain::{TimePeriod, words::TimeUnit};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<TimePeriod, DecodeError> {
    let record = TimePeriod { unit: object.word("unit")?.map(TimeUnit::in_full), period: object.integer("period")? };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &TimePeriod, fields: &mut Fields) {
    let TimePeriod { unit, period } = record;
    fields.word("unit", unit);
    fields.integer("period", *period);
}
