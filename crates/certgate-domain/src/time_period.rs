//! A length of time.

use crate::words::TimeUnit;

/// A number of time units (OpenAPI `TimePeriod`). XML says a bare number of months.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimePeriod {
    /// The unit.
    pub unit: Option<TimeUnit>,
    /// How many of them.
    pub period: Option<i64>,
}

impl TimePeriod {
    /// So many months.
    pub fn months(period: i64) -> Self {
        Self { unit: Some(TimeUnit::Month), period: Some(period) }
    }

    /// The length in whole months, where it is one: `None` for days and shorter units.
    ///
    /// ```
    /// use certgate_domain::{TimePeriod, words::TimeUnit};
    /// assert_eq!(TimePeriod { unit: Some(TimeUnit::Year), period: Some(2) }.in_months(), Some(24));
    /// assert_eq!(TimePeriod { unit: Some(TimeUnit::Day), period: Some(90) }.in_months(), None);
    /// ```
    pub fn in_months(&self) -> Option<i64> {
        let factor = match self.unit {
            Some(TimeUnit::Month) => 1,
            Some(TimeUnit::Quarter) => 3,
            Some(TimeUnit::Year) => 12,
            _ => return None,
        };
        self.period?.checked_mul(factor)
    }
}

impl TimeUnit {
    /// The unit that an initial stands for in old payloads; any other word as it is.
    ///
    /// ```
    /// use certgate_domain::words::TimeUnit;
    /// assert_eq!(TimeUnit::from("m").in_full(), TimeUnit::Month);
    /// ```
    #[must_use]
    pub fn in_full(self) -> Self {
        match self.as_str() {
            "m" | "M" => Self::Month,
            "y" | "Y" => Self::Year,
            "d" | "D" => Self::Day,
            _ => self,
        }
    }
}
