//! The tests and the binary that they start see one date: without that, `cargo xtask calendar` would show nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use certgate_domain::Moment;

use crate::support::binary::{certgate, ended, json};

#[test]
fn the_binary_sees_the_date_of_the_test() {
    let now = || i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let before = now();
    if let Ok(expected) = std::env::var("CALENDAR_FROM") {
        let expected: i64 = expected.parse().unwrap();
        assert!((expected..expected + 7200).contains(&before), "expected {expected}, the clock says {before}");
    }
    // Certificate 571 of a new sandbox ends in 20 days.
    let output = ended(certgate(&["info", "571", "--sandbox", "--output", "json"], ""), 0);
    let expire = json(&output)["response"]["data"][0]["expire"].as_str().unwrap().to_owned();
    let begun = expire.parse::<Moment>().unwrap().unix_seconds().unwrap() - 20 * 86_400;
    assert!((before..=now()).contains(&begun), "the binary's clock says {begun}, the test's {before}");
}
