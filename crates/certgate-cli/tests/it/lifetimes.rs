//! What is told of certificates that last for so long.

use std::time::Duration;

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::Here;

const DAY: f64 = 86_400.0;

/// With 20 days left, one that lasts 47 days is fresh, and one that lasts a year is to be renewed; a list does not say which it is, only when it was
/// changed.
#[test]
fn what_ends_soon_is_told_by_the_lifetime() {
    for transport in ["xml", "json"] {
        for (days, todo) in [(360.0, "not here, and it ends soon: see who has it"), (47.0, "not here")] {
            let max_validity = (days < 100.0).then(|| Duration::from_secs_f64(days * DAY));
            let here = Here::new(transport, Settings { max_validity, ..Settings::default() });
            let (_, document, said) = here.told(&["status", "."]);
            let rows = document["certificates"].as_array().unwrap();
            let row = rows.iter().find(|row| row["certificate"] == 571).unwrap_or_else(|| panic!("{document} {said}"));
            assert_eq!(row["todo"], todo, "{transport} {days}");
            here.ends(&["status", "--html", "page.html", "--prometheus", "metrics"], 0);
            let (page, metrics) = (here.read("page.html"), here.read("metrics"));
            // Within its first second, the gateway's certificate lasts for whole 20 days yet.
            let days_left = |days: u8| page.contains(&format!("<span class=\"warn\">{days} days</span>"));
            let is_told = (page.contains(">see who has it</span>"), days_left(19) || days_left(20));
            assert_eq!(is_told, (days > 100.0, days > 100.0), "{transport} {days}: {page}");
            let value = |name: &str| {
                let series = format!("certgate_certificate_{name}_timestamp_seconds{{id=\"571\"");
                let line = metrics.lines().find(|line| line.starts_with(&series));
                line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
                    .unwrap_or_else(|| panic!("{metrics}"))
            };
            assert_eq!((value("not_after") - value("not_before")) / DAY, days, "{transport}");
        }
    }
}
