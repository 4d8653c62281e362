//! Several processes, one pace.

use certgate_store::SharedRateLimiter;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_second_holds_more_than_allowed(per_second in 1usize..5, idle in proptest::collection::vec((0usize..3, 0i64..700), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pace.sqlite");
        let mut budgets: Vec<SharedRateLimiter> = (0..3).map(|_| SharedRateLimiter::open(&path).unwrap()).collect();
        let (mut now, mut left) = (1_000_000, Vec::new());
        for (which, idle) in idle {
            now += idle;
            while let Some(until) = budgets[which].depart("gateway", per_second, now).unwrap() {
                prop_assert!(until > now);
                now = until;
            }
            left.push(now);
            // Another gateway has a pace of its own.
            prop_assert_eq!(budgets[which].depart(&format!("other {}", left.len()), 1, now).unwrap(), None);
        }
        for first in &left {
            prop_assert!(left.iter().filter(|at| (*first..first + 1000).contains(*at)).count() <= per_second);
        }
    }
}

#[test]
fn everybody_waits_when_the_gateway_asks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pace.sqlite");
    let (mut one, mut other) = (SharedRateLimiter::open(&path).unwrap(), SharedRateLimiter::open(&path).unwrap());
    one.hold("gateway", 0, 10_000).unwrap();
    one.hold("gateway", 1_000, 8_000).unwrap();
    assert_eq!(other.depart("gateway", 3, 5_000).unwrap(), Some(10_000));
    assert_eq!(other.depart("elsewhere", 3, 5_000).unwrap(), None);
    assert_eq!(other.depart("gateway", 3, 20_000).unwrap(), None);
}

/// A clock that is set back must not stop everything.
#[test]
fn a_clock_set_back() {
    let later = 100 * 3_600_000;
    for back in [99 * 3_600_000, 30 * 60_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut budget = SharedRateLimiter::open(&folder.path().join("pace.sqlite")).unwrap();
        for _ in 0..3 {
            assert_eq!(budget.depart("gateway", 3, later).unwrap(), None);
        }
        budget.hold("gateway", later, 60_000).unwrap();
        let now = later - back;
        assert_eq!(budget.depart("gateway", 3, now).unwrap(), None, "{back}");
        // A hold of the time before hides none that comes now.
        budget.hold("gateway", now, 5_000).unwrap();
        assert_eq!(budget.depart("gateway", 3, now).unwrap(), Some(now + 5_000), "{back}");
    }
}

/// However long the gateway asks for: what is too long for the numbers ends nothing, and hides nothing.
#[test]
fn a_hold_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut budget = SharedRateLimiter::open(&folder.path().join("pace.sqlite")).unwrap();
    budget.hold("gateway", 1_000, i64::MAX).unwrap();
    assert!(budget.depart("gateway", 3, 2_000).unwrap().is_some());
}
