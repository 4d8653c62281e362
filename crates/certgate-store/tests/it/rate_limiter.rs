//! Several processes, one pace.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use certgate_store::{Departures, Draw, Ration, SharedRateLimiter};
use proptest::prelude::*;

use crate::places::places;

/// One departure, and nothing to give back.
const ONE: Draw = Draw { wanted: 1, unused: 0 };
const MILLISECOND: Duration = Duration::from_millis(1);

fn limiter(folder: &Path, gateway: &str, per_second: usize) -> SharedRateLimiter {
    SharedRateLimiter::in_file(&folder.join("pace.sqlite"), gateway, per_second).unwrap()
}

/// A process: what it shares, and what it has in hand.
struct Process {
    limiter: SharedRateLimiter,
    ration: Ration,
    draws: usize,
}

impl Process {
    fn depart(&mut self, now: i64) -> Option<Duration> {
        let Self { limiter, ration, draws } = self;
        let draw = |draw| {
            *draws += 1;
            limiter.draw(draw, Some(now))
        };
        ration.depart(MILLISECOND * u32::try_from(now).unwrap(), draw).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever each of them has in hand, uses or lets lie, and wherever a second begins.
    #[test]
    fn no_second_holds_more_than_allowed(
        per_second in prop_oneof![1usize..5, 60usize..400],
        asked in proptest::collection::vec((0usize..3, 0i64..700, prop_oneof![1usize..3, 1usize..60]), 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut processes: Vec<Process> = (0..3)
            .map(|_| Process { limiter: limiter(folder.path(), "gateway", per_second), ration: Ration::new(per_second), draws: 0 })
            .collect();
        let (mut now, mut left) = (1_000_000, Vec::new());
        for (which, idle, requests) in asked {
            now += idle;
            for request in 0..requests {
                while let Some(wait) = processes[which].depart(now) {
                    prop_assert!(wait >= MILLISECOND);
                    now += i64::try_from(wait.as_millis()).unwrap();
                }
                left.push(now);
                now += i64::from(request % 7 == 0);
            }
            // Another gateway has a pace of its own.
            let other = format!("other {}", left.len());
            prop_assert_eq!(limiter(folder.path(), &other, 1).draw(ONE, Some(now)).unwrap(), Departures::Granted(1));
        }
        // A second, and what a request may take less on its way than the one before.
        for (at, first) in left.iter().enumerate() {
            prop_assert!(left[at..].iter().take_while(|at| **at < first + 1045).count() <= per_second);
        }
    }
}

/// What is written down is a share of the pace at a time, and what is not used of it is there for the others.
#[test]
fn a_high_pace_is_drawn_in_shares() {
    let folder = tempfile::tempdir().unwrap();
    let of = |per_second| Process {
        limiter: limiter(folder.path(), "gateway", per_second),
        ration: Ration::new(per_second),
        draws: 0,
    };
    let mut busy = of(320);
    assert!((0..320).all(|_| busy.depart(5_000).is_none()));
    assert!(busy.draws < 50, "{}", busy.draws);
    assert_eq!(busy.depart(5_000), Some(MILLISECOND * 1045), "the first was drawn alone");
    assert_eq!(busy.depart(6_045), None);
    assert_eq!(busy.depart(6_045), Some(MILLISECOND * 25), "the others might have left until then");

    // One of the four that it drew last is used in time.
    let mut other = of(320);
    assert!([8_000, 8_000, 8_000, 8_000, 8_030].into_iter().all(|now| other.depart(now).is_none()));
    let mut rest = of(320);
    let used = (0..).take_while(|_| rest.depart(8_030).is_none()).count();
    assert_eq!(used, 315);
}

/// A low pace is as exact as it can be: nothing is in hand.
#[test]
fn a_low_pace_is_drawn_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut processes =
        [(); 2].map(|()| Process { limiter: limiter(folder.path(), "gateway", 3), ration: Ration::new(3), draws: 0 });
    for at in [0, 1, 0] {
        assert_eq!(processes[at].depart(1_000), None);
    }
    for process in &mut processes {
        assert_eq!(process.depart(1_500), Some(MILLISECOND * 545));
    }
    assert_eq!(processes.map(|process| process.draws), [3, 2]);
}

#[test]
fn everybody_waits_when_the_gateway_asks() {
    let folder = tempfile::tempdir().unwrap();
    let [mut one, mut other] = [(); 2].map(|()| limiter(folder.path(), "gateway", 3));
    one.hold(MILLISECOND * 10_000, Some(0)).unwrap();
    one.hold(MILLISECOND * 8_000, Some(1_000)).unwrap();
    assert_eq!(other.draw(ONE, Some(5_000)).unwrap(), Departures::After(MILLISECOND * 5_000));
    assert_eq!(limiter(folder.path(), "elsewhere", 3).draw(ONE, Some(5_000)).unwrap(), Departures::Granted(1));
    assert_eq!(other.draw(ONE, Some(20_000)).unwrap(), Departures::Granted(1));
}

/// Who has departures in hand lets none of them leave either.
#[test]
fn what_is_in_hand_waits_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process { limiter: limiter(folder.path(), "gateway", 1000), ration: Ration::new(1000), draws: 0 };
    assert!((0..4).all(|_| process.depart(1_000).is_none()), "one, two, and one of four");
    process.ration.stop();
    process.limiter.hold(MILLISECOND * 5_000, Some(1_000)).unwrap();
    assert_eq!(process.depart(1_001), Some(MILLISECOND * 4_999));
}

/// All who use a store, each on a connection of its own, by the database's clock.
#[test]
fn who_shares_a_store_shares_its_pace() {
    const PACE: usize = 20;
    for place in places() {
        drop(place.open());
        let of_store = |gateway: &str| SharedRateLimiter::in_store(place.address(), gateway, PACE);
        let begun = Instant::now();
        thread::scope(|scope| {
            for mut limiter in [(); 4].map(|()| of_store("gateway")) {
                scope.spawn(move || {
                    for _ in 0..PACE * 3 / 4 {
                        while let Departures::After(wait) = limiter.draw(ONE, None).unwrap() {
                            thread::sleep(wait);
                        }
                    }
                });
            }
        });
        assert!(begun.elapsed() > Duration::from_secs(2), "the third score leaves two seconds after the first");
        let most = "SELECT max(held) FROM (SELECT (SELECT sum(count) FROM draws AS later WHERE later.at >= first.at \
            AND later.at < first.at + 1045) AS held FROM draws AS first) AS seconds";
        assert!((1..=PACE as i64).contains(&place.number(most)), "{}", place.number(most));
        let [mut one, mut other] = [(); 2].map(|()| of_store("another gateway"));
        assert_eq!(one.draw(ONE, None).unwrap(), Departures::Granted(1));
        one.hold(Duration::from_secs(3600), None).unwrap();
        assert!(matches!(other.draw(ONE, None).unwrap(), Departures::After(wait) if wait > Duration::from_secs(3000)));
    }
}

/// A clock that is set back must not stop everything.
#[test]
fn a_clock_set_back() {
    let later = 100 * 3_600_000;
    for back in [99 * 3_600_000, 30 * 60_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut limiter = limiter(folder.path(), "gateway", 3);
        for _ in 0..3 {
            assert_eq!(limiter.draw(ONE, Some(later)).unwrap(), Departures::Granted(1));
        }
        limiter.hold(MILLISECOND * 60_000, Some(later)).unwrap();
        let now = later - back;
        assert_eq!(limiter.draw(ONE, Some(now)).unwrap(), Departures::Granted(1), "{back}");
        // A hold of the time before hides none that comes now.
        limiter.hold(MILLISECOND * 5_000, Some(now)).unwrap();
        assert_eq!(limiter.draw(ONE, Some(now)).unwrap(), Departures::After(MILLISECOND * 5_000), "{back}");
    }
}

/// However long the gateway asks for: what is too long for the numbers ends nothing, and hides nothing.
#[test]
fn a_hold_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut limiter = limiter(folder.path(), "gateway", 3);
    limiter.hold(Duration::MAX, Some(1_000)).unwrap();
    assert!(matches!(limiter.draw(ONE, Some(2_000)).unwrap(), Departures::After(_)));
}
