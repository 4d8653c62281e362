//! How long before its end a certificate is due: a time, or a share of its lifetime.

use std::{fmt, str::FromStr, time::Duration};

use super::DAY;
use crate::duration::parse_duration;

/// How long before its end a certificate is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewBefore {
    /// That long.
    Time(Duration),
    /// That share of its lifetime, such as 1/3: more than nothing, and less than the whole.
    Share {
        /// 1 of a third.
        part: u32,
        /// 3 of a third.
        whole: u32,
    },
}

/// A text that is neither a time nor a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}`: expected a time such as 30d, or a share of the lifetime such as 1/3")]
pub struct NotRenewBefore(String);

impl FromStr for RenewBefore {
    type Err = NotRenewBefore;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || NotRenewBefore(text.to_owned());
        let Some((part, whole)) = text.split_once('/') else {
            return parse_duration(text).map(Self::Time).map_err(|_| bad());
        };
        match (part.trim().parse::<u32>(), whole.trim().parse::<u32>()) {
            (Ok(part), Ok(whole)) if 0 < part && part < whole => Ok(Self::Share { part, whole }),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for RenewBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) if time.as_secs() % DAY.unsigned_abs() == 0 => {
                write!(f, "{}d", time.as_secs() / DAY.unsigned_abs())
            }
            Self::Time(time) => write!(f, "{}s", time.as_secs()),
            Self::Share { part, whole } => write!(f, "{part}/{whole}"),
        }
    }
}

/// Thirty days, or a third of the certificate's lifetime where that is less.
const DEFAULT: i64 = 30 * DAY;
/// No certificate lasts longer.
pub(super) const LONGEST: i64 = 398 * DAY;

impl RenewBefore {
    /// The time before the end of a certificate that is valid from and until then, in seconds. `None` takes the default.
    ///
    /// It is two thirds of the lifetime at most: with `60d` a certificate that lasts 47 days would be ordered anew by every run. Only a time
    /// that is longer than any certificate lasts, such as `400d`, means all of them, now; that is for a single run, see
    /// [`of_every_run`](Self::of_every_run).
    pub fn seconds(this: Option<Self>, not_before: i64, not_after: i64) -> i64 {
        let lifetime = not_after.saturating_sub(not_before).max(0);
        let share = |part: u32, whole: u32| lifetime.saturating_mul(part.into()) / i64::from(whole.max(1));
        let asked = match this {
            Some(Self::Time(time)) => i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            Some(Self::Share { part, whole }) => share(part, whole),
            None => share(1, 3).min(DEFAULT),
        };
        if asked > LONGEST { asked } else { asked.min(share(2, 3)) }
    }

    /// As it holds for every run, where it is declared or remembered.
    #[must_use]
    pub fn of_every_run(self) -> Self {
        match self {
            Self::Time(time) => Self::Time(time.min(Duration::from_secs(LONGEST.unsigned_abs()))),
            share => share,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DAY, RenewBefore};

    /// In days: how long a certificate lasts, what is asked of one run, how long before its end it is due then, and in every run.
    #[test]
    fn no_run_orders_what_the_one_before_it_ordered() {
        for (lasts, asked, once, always) in [
            (398, "", 30, 30),
            (47, "", 15, 15),
            (199, "60d", 60, 60),
            (47, "31d", 31, 31),
            (47, "32d", 31, 31),
            (47, "60d", 31, 31),
            (47, "398d", 31, 31),
            (47, "399d", 399, 31),
            (398, "400d", 400, 265),
            (100, "1/2", 50, 50),
            (100, "99/100", 66, 66),
        ] {
            let asked: Option<RenewBefore> = asked.parse().ok();
            let days = |before| RenewBefore::seconds(before, 0, lasts * DAY) / DAY;
            assert_eq!((days(asked), days(asked.map(RenewBefore::of_every_run))), (once, always), "{lasts} {asked:?}");
        }
    }

    #[test]
    fn a_time_or_a_share() {
        for (text, expected, written) in [
            ("30d", Ok(RenewBefore::Time(Duration::from_secs(30 * 86_400))), "30d"),
            ("90s", Ok(RenewBefore::Time(Duration::from_secs(90))), "90s"),
            ("1/3", Ok(RenewBefore::Share { part: 1, whole: 3 }), "1/3"),
            ("30", Err(()), ""),
            ("3/3", Err(()), ""),
            ("0/3", Err(()), ""),
            ("1/0", Err(()), ""),
            ("a/b", Err(()), ""),
        ] {
            let read: Result<RenewBefore, _> = text.parse();
            assert_eq!(read.map(|before| before.to_string()).unwrap_or_default(), written, "{text}");
            assert_eq!(text.parse::<RenewBefore>().map_err(drop), expected, "{text}");
        }
    }
}
