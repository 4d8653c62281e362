//! `cargo xtask bench`: how fast, beside the barest thing that does the same.

mod batch;
mod bridge;
pub(crate) mod build;
mod cli;
mod codec;
#[cfg(feature = "postgres")]
mod databases;
#[cfg(unix)]
mod estate;
mod hostile;
mod list;
mod load;
mod nginx;
mod samples;
pub(crate) mod simulator;
mod state;
mod store;
mod tape;

use crate::{Failure, ci};

/// Asks for a certificate over XML.
const INFO_XML: &str = "<request><auth><user>user</user><password>password</password><context>9</context></auth>\
                        <task><code>400104</code><certificate><id>571</id></certificate></task></request>";

pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        // Both need an optimised build, and counting would slow down what is timed: so we run ourselves twice.
        ["codec"] => {
            let run = ["run", "--quiet", "--release", "--package", "xtask"];
            ci::cargo(&[run.as_slice(), &["--", "bench", "times"]].concat(), &[])?;
            ci::cargo(
                &[run.as_slice(), &["--features", "count-allocations", "--", "bench", "allocations"]].concat(),
                &[],
            )
        }
        ["times"] => codec::times(),
        ["allocations"] => codec::allocations(),
        ["cli"] => cli::run(),
        ["build"] => build::run(),
        ["list"] => list::run(),
        ["bridge"] => bridge::run(),
        ["batch"] => batch::run(),
        #[cfg(unix)]
        ["estate"] => estate::run(),
        ["state"] => state::run(),
        ["store"] => store::run(),
        #[cfg(feature = "postgres")]
        ["databases"] => databases::run(),
        // Optimised, as it is released.
        ["tape"] => ci::cargo(&["run", "--quiet", "--release", "--package", "xtask", "--", "bench", "replay"], &[]),
        ["replay"] => tape::run(),
        ["hostile"] => ci::cargo(&["run", "--quiet", "--release", "--package", "xtask", "--", "bench", "worst"], &[]),
        ["worst"] => hostile::run(),
        _ => {
            Err("usage: cargo xtask bench build|codec|cli|list|batch|bridge|estate|state|store|tape|hostile".to_owned())
        }
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What is said of an aim, after it.
fn missed(is_met: bool) -> &'static str {
    if is_met { "" } else { ", MISSED" }
}

/// A ratio beside what it should be at most.
fn verdict(ratio: f64, aim: f64) -> String {
    format!("{ratio:.3} (aim: at most {aim}{})", missed(ratio <= aim))
}

#[cfg(test)]
mod tests {
    use super::{median, verdict};

    #[test]
    fn medians() {
        for (values, expected) in [(vec![3.0, 1.0, 2.0], 2.0), (vec![1.0, 2.0, 3.0, 4.0], 3.0), (vec![7.0], 7.0)] {
            assert!((median(values) - expected).abs() < f64::EPSILON);
        }
        assert!(median(vec![]).is_nan());
    }

    #[test]
    fn verdicts() {
        assert_eq!(verdict(1.5, 2.0), "1.500 (aim: at most 2)");
        assert_eq!(verdict(2.01, 2.0), "2.010 (aim: at most 2, MISSED)");
    }
}
