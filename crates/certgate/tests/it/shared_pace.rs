//! The pace that processes share, and what is left of it where they cannot.

use std::{fs, time::Duration};

use certgate::{SharedPace, StoreAddress};
use certgate_client::Throttle;
use pretty_assertions::assert_eq;

const GATEWAY: &str = "https://gateway.example";

#[test]
fn who_shares_a_store_shares_its_pace() {
    let folder = tempfile::tempdir().unwrap();
    let store = StoreAddress::from(folder.path().join("store.sqlite"));
    let [one, other] = [(); 2].map(|()| SharedPace::in_store(store.clone(), GATEWAY, 1));
    let elsewhere = SharedPace::in_store(store, "https://elsewhere.example", 1);
    one.hold(Duration::from_secs(3600));
    assert!(other.depart().is_some_and(|wait| wait > Duration::from_secs(3000)));
    assert_eq!(elsewhere.depart(), None);
}

/// Each process keeps a pace of its own then, and does not try with each request.
#[test]
fn a_store_that_fails_is_left_alone_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::write(&home, "no folder").unwrap();
    let store = home.join("store.sqlite");
    let pace = SharedPace::in_store((&store).into(), GATEWAY, 1);
    assert_eq!(pace.depart(), None);
    // One that leaves each second, however slow this machine is.
    let wait = (0..60).find_map(|_| pace.depart());
    assert!(wait.is_some_and(|wait| wait <= Duration::from_secs(2)));
    fs::remove_file(&home).unwrap();
    pace.depart();
    assert!(!store.exists(), "it was asked again at once");
    pace.hold(Duration::from_secs(3600));
    assert!(pace.depart().is_some_and(|wait| wait > Duration::from_secs(3000)), "whoever asks for a pause is heard");
}

/// A pause that could not be told to the others is this process's own, though they can be asked again meanwhile.
#[test]
fn a_pause_that_was_not_written_down_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::write(&home, "no folder").unwrap();
    let pace = SharedPace::in_store(home.join("store.sqlite").into(), GATEWAY, 3);
    pace.hold(Duration::from_secs(3600));
    fs::remove_file(&home).unwrap();
    assert!(pace.depart().is_some_and(|pause| pause > Duration::from_secs(3000)));
}
