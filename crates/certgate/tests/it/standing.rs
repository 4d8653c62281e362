//! How certificates stand that are in many folders: the account's list says which of them may be another one.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use certgate::{
    Client, Clock, Journal, RunOptions, fetch,
    inventory::find,
    monitoring::{Level, Questions, Snapshot, Standing, Thresholds, Todo, WatchedFolders, check, standings},
};
use certgate_domain::{
    AnyData, Certificate, Protocol, TaskKind,
    task::{CertificateInfo, CertificateReissue, CertificateRevoke},
};
use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Settings};
use certgate_store::InstallOptions;
use pretty_assertions::assert_eq;

use crate::{
    term::{START, ask},
    year::{Wire, process},
};

/// Reissues the world's certificate with a new key; gives it as it was before.
fn reissue(gateway: &Gateway, protocol: Protocol, now: i64) -> Certificate {
    let there = ask(gateway, protocol, CertificateInfo::new(571), now).into_iter().next();
    let Some(AnyData::Certificate(there)) = there else { panic!("{there:?}") };
    let name = "example.com".to_owned();
    let subject = Subject { common_name: name.clone(), ..Subject::default() };
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let csr = Some(key.request(&subject, &[name]).unwrap());
    let certificate = Certificate { csr, server: None, ..(*there).clone() };
    ask(gateway, protocol, CertificateReissue { certificate }, now);
    *there
}

/// A gateway whose time runs with the clock, and a process that asks it.
fn started(protocol: Protocol, folder: &Path) -> (Gateway, Arc<AtomicI64>, Client, Journal) {
    let gateway = Gateway::with(Settings { start: Some(START), ..Settings::default() });
    let clock = Arc::new(AtomicI64::new(START));
    let wire = Wire { gateway: gateway.clone(), protocol, clock: Arc::clone(&clock) };
    let (client, journal) = process(Box::new(wire), protocol, folder, START);
    (gateway, clock, client, journal)
}

/// The file in place as it is where the process has the gateway's clock: written a minute after the certificate was issued.
fn written_after(folder: &Path, issued: i64) {
    let written = UNIX_EPOCH + Duration::from_secs(issued.cast_unsigned() + 60);
    File::options().write(true).open(folder.join("cert.pem")).unwrap().set_modified(written).unwrap();
}

/// More than are asked for one by one.
const FOLDERS: usize = 101;

#[test]
fn many_are_not_asked_for_one_by_one() {
    for protocol in Protocol::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, clock, mut client, journal) = started(protocol, folder.path());
        let reissue = |now: i64| drop(reissue(&gateway, protocol, now));
        reissue(START);
        let run = RunOptions { clock: Clock::new(|| START), ..RunOptions::default() };
        for number in 0..FOLDERS {
            let into = folder.path().join(format!("certificates/{number:03}"));
            fetch(&mut client, 571, None, Some((InstallOptions::into_folder(&into), &journal)), &run).unwrap();
            written_after(&into, START);
        }
        let roots = [folder.path().join("certificates")];
        let mut look = |now: i64| {
            clock.store(now, Ordering::SeqCst);
            let asked = gateway.asked(TaskKind::CertificateInfo);
            let found = find(&roots, now);
            let (found, trouble) = standings(found, &roots, Some((&mut client, &journal)), None, now).unwrap();
            assert!(trouble.is_none(), "{trouble:?}");
            let todos: Vec<Todo> = found
                .iter()
                .map(|standing| match standing {
                    Standing::Installed(installed) => installed.todo,
                    other => panic!("{other:?}"),
                })
                .collect();
            (todos, gateway.asked(TaskKind::CertificateInfo) - asked)
        };
        assert_eq!(look(START), (vec![Todo::Nothing; FOLDERS], 0), "{protocol:?}: the list is enough");
        // A colleague reissues it, to the end of its term: it ends when the one before does, and the list shows that it was changed.
        reissue(START + 3600);
        let other = Todo::OtherCertificate { has_its_key: true };
        assert_eq!(look(START + 3600), (vec![other; FOLDERS], FOLDERS), "{protocol:?}: all are another one");
    }
}

/// A check asks for what the account has another one of, and tells that what is in place was revoked.
#[test]
fn what_was_revoked_is_critical() {
    for protocol in Protocol::ALL {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, clock, mut client, journal) = started(protocol, folder.path());
        reissue(&gateway, protocol, START);
        let into = folder.path().join("live");
        let run = RunOptions { clock: Clock::new(|| START), ..RunOptions::default() };
        fetch(&mut client, 571, None, Some((InstallOptions::into_folder(&into), &journal)), &run).unwrap();
        written_after(&into, START);
        let mut look = |now: i64| {
            clock.store(now, Ordering::SeqCst);
            let asked = gateway.asked(TaskKind::CertificateInfo);
            let folders = WatchedFolders { roots: std::slice::from_ref(&into), are_named: true };
            let mut snapshot = Snapshot::here(folders, &journal, now).unwrap();
            snapshot.ask(&mut client, Questions::default()).unwrap();
            // The machine's own clock is not the gateway's here.
            snapshot.account.as_mut().unwrap().clock = None;
            let verdict = check(&snapshot, &Thresholds::default());
            (
                verdict.level,
                verdict.text.contains("1 installed here and revoked"),
                gateway.asked(TaskKind::CertificateInfo) - asked,
            )
        };
        assert_eq!(look(START), (Level::Ok, false, 0), "{protocol:?}: the list is enough");
        // On the same day, to the end of its term: it ends when the one before does.
        let later = START + 3600;
        let before = reissue(&gateway, protocol, later);
        assert_eq!(look(later), (Level::Ok, false, 1), "{protocol:?}");
        let certificate = Certificate { id: Some(571), serial_number: before.serial_number, ..Certificate::default() };
        ask(&gateway, protocol, CertificateRevoke { certificate }, later);
        assert_eq!(look(later), (Level::Critical, true, 1), "{protocol:?}");
    }
}
