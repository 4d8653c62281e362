//! A length of time.

use certgate_domain::{TimePeriod, words::TimeUnit};
use certgate_wire::DecodeError;

use crate::{fields::Fields, object::Object, value::Value};

pub(crate) fn read(object: &Object<'_, '_>) -> Result<TimePeriod, DecodeError> {
    let record = TimePeriod { unit: read_unit(object)?, period: object.integer("period")? };
    object.finish();
    Ok(record)
}

pub(crate) fn write(record: &TimePeriod, fields: &mut Fields) {
    let TimePeriod { unit, period } = record;
    fields.word("unit", unit);
    fields.integer("period", *period);
}

/// Old payloads have the unit's initial.
fn read_unit(object: &Object<'_, '_>) -> Result<Option<TimeUnit>, DecodeError> {
    let word = object.field("unit").map(Value::word).transpose()?;
    Ok(word.map(|unit| match unit {
        TimeUnit::Other(word) => match word.as_str() {
            "m" | "M" => TimeUnit::Month,
            "y" | "Y" => TimeUnit::Year,
            "d" | "D" => TimeUnit::Day,
            _ => TimeUnit::Other(word),
        },
        unit => unit,
    }))
}
