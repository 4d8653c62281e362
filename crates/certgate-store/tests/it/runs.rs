//! When commands ran last, on each machine.

use certgate_store::{LastRun, Store};
use pretty_assertions::assert_eq;

use crate::places::{ACCOUNT, Place, places};

/// A run of `renew-due` that ended then, and how.
fn run(ended: i64, exit_code: u8) -> LastRun {
    let succeeded = (exit_code == 0).then_some(ended);
    LastRun { command: "renew-due".to_owned(), ended, exit_code, succeeded }
}

fn last(store: &dyn Store, host: Option<&str>) -> Vec<LastRun> {
    store.last_runs(ACCOUNT, host).unwrap()
}

#[test]
fn each_machine_has_its_runs() {
    for place in places() {
        let mut store = place.open();
        let record = |store: &mut dyn Store, host, run| store.record_run(ACCOUNT, host, &run, &[]).unwrap();
        record(&mut *store, Some("web1"), run(1, 0));
        assert_eq!(last(&*store, Some("web1")), [run(1, 0)]);
        assert_eq!((last(&*store, Some("web2")), last(&*store, None)), (vec![], vec![]), "it never ran there");
        record(&mut *store, Some("web2"), run(2, 0));
        record(&mut *store, Some("web1"), run(3, 5));
        assert_eq!(last(&*store, Some("web1")), [LastRun { succeeded: Some(1), ..run(3, 5) }]);
        assert_eq!(last(&*store, Some("web2")), [run(2, 0)]);
        assert_eq!(store.last_runs("somebody else", Some("web1")).unwrap(), []);
        // One that has no name beside those that have one.
        record(&mut *store, None, run(4, 0));
        assert_eq!(last(&*store, Some("web1")), [LastRun { succeeded: Some(1), ..run(3, 5) }]);
        assert_eq!(last(&*store, None), [run(4, 0)]);
    }
}

/// Makes of the table of runs that of version 12, with one run.
fn back_to_12(place: &Place) {
    drop(place.open());
    place.execute(&format!(
        "DROP TABLE runs; CREATE TABLE runs (account TEXT NOT NULL, command TEXT NOT NULL, ended BIGINT NOT NULL, exit BIGINT NOT NULL,
         succeeded BIGINT, PRIMARY KEY (account, command)); INSERT INTO runs VALUES ('{ACCOUNT}', 'renew-due', 7, 0, 7)"
    ));
    place.call_older(12);
}

/// Whose run it was is not known: each machine shows it, so that one that stopped is seen, until one of them runs the command.
#[test]
fn a_run_of_before_is_shown_until_a_machine_runs_the_command() {
    for place in places() {
        back_to_12(&place);
        let mut store = place.open();
        assert_eq!(store.migrated_from(), Some(12));
        for host in [Some("web1"), Some("web2"), None] {
            assert_eq!(last(&*store, host), [run(7, 0)], "{host:?}");
        }
        store.record_run(ACCOUNT, Some("web1"), &run(8, 5), &[]).unwrap();
        assert_eq!(last(&*store, Some("web1")), [LastRun { succeeded: Some(7), ..run(8, 5) }]);
        assert_eq!(last(&*store, Some("web2")), []);
    }
}
