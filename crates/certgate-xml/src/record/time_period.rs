//! `lifetime`: a bare number of months.

use certgate_domain::{TimePeriod, words::TimeUnit};
use certgate_wire::DecodeError;

use crate::{element::Element, out::Out};

pub(crate) fn read(parent: &Element<'_, '_>) -> Result<Option<TimePeriod>, DecodeError> {
    let Some(e) = parent.one(&["lifetime", "life_time", "lifeTime"])? else { return Ok(None) };
    if e.has_children() {
        // Derived from JSON, where it has a unit.
        return e
            .read(|e| Ok(TimePeriod { unit: e.word("unit")?.map(TimeUnit::in_full), period: e.integer("period")? }));
    }
    match e.scalar()? {
        Some(text) => Ok(Some(TimePeriod::months(e.whole_number(text)?))),
        None => Ok(None),
    }
}

pub(crate) fn write(out: &mut Out<'_>, record: &TimePeriod) {
    match record.in_months() {
        Some(months) => out.integer("lifetime", Some(months)),
        None => out.lose("lifetime", "XML has whole months only"),
    }
}
