//! An issued certificate again, as a program gets it.

use std::{fs, time::Duration};

use certgate::{
    Client, Clock, Error, FetchError, GatewayError, InstallOptions, Journal, Outcome, RunOptions, Transport,
    TransportError, fetch, unix_now,
};
use certgate_domain::{Credentials, Secret};
use certgate_json::JsonCodec;
use certgate_simulator::{Gateway, Handled, Protocol};
use certgate_wire::{Reply, Request};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};

/// The simulator's answers, changed on their way.
struct Changed(Gateway, fn(&mut Value));

impl Transport for Changed {
    fn send(&mut self, request: &Request, _: Duration) -> Result<Reply, TransportError> {
        let handled = self.0.handle(Protocol::Json, request, Duration::ZERO, unix_now() / 1000);
        let Handled::Reply(reply, _) = handled else { panic!("no answer") };
        let mut answer: Value = serde_json::from_slice(&reply.body.0).unwrap();
        (self.1)(&mut answer["data"][0]);
        Ok(Reply::of(answer.to_string()))
    }

    fn endpoint(&self) -> &str {
        "changed:"
    }
}

fn client(change: fn(&mut Value)) -> Client {
    let transport = Box::new(Changed(Gateway::seeded(), change));
    Client::new(Box::<JsonCodec>::default(), transport, Credentials::new("user", Secret::new("password"), "9"))
}

fn checks(outcome: &Outcome) -> Vec<(&'static str, bool)> {
    match outcome {
        Outcome::Issued(issuance) | Outcome::CheckFailed(issuance) => {
            issuance.checks.iter().map(|check| (check.name, check.ok)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_checked() {
    let options = RunOptions::default();
    let fetched = fetch(&mut client(|_| ()), 571, None, None, &options).unwrap();
    let all = ["certificate", "public-key", "name", "names", "dates", "chain"].map(|name| (name, true));
    assert_eq!(checks(&fetched.outcome), all);
    // While a reissue is under way the CSR may be the next certificate's: then it is none to check by.
    const OTHER: &str = include_str!("../../../../fixtures/_keys/example.com.csr");
    let fetched = fetch(&mut client(|shown| shown["csr"] = json!(OTHER)), 571, None, None, &options).unwrap();
    let without = ["certificate", "name", "dates", "chain"].map(|name| (name, true));
    assert_eq!(checks(&fetched.outcome), without);
    let options = RunOptions { clock: Clock::new(|| unix_now() / 1000 + 400 * 86_400), ..options };
    let fetched = fetch(&mut client(|_| ()), 571, None, None, &options).unwrap();
    assert!(matches!(fetched.outcome, Outcome::CheckFailed(_)));
    assert!(checks(&fetched.outcome).contains(&("dates", false)));
}

#[test]
fn what_cannot_be_fetched() {
    let unissued = |shown: &mut Value| drop(shown.as_object_mut().unwrap().remove("server"));
    let error = fetch(&mut client(unissued), 571, None, None, &RunOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "certificate 571 is not issued yet");
    assert!(matches!(error, FetchError::NotIssued { id: 571 }));
    let strange = |shown: &mut Value| shown["colour"] = json!("red");
    let error = fetch(&mut client(strange).strict(true), 571, None, None, &RunOptions::default()).unwrap_err();
    assert!(matches!(error, FetchError::Gateway(Error::Gateway(GatewayError::Unexpected { .. }))), "{error}");
    assert_eq!(fetch(&mut client(strange), 571, None, None, &RunOptions::default()).unwrap().findings.len(), 1);
}

/// What a server reads besides stays, and what fails leaves nothing behind.
#[test]
fn plain_files_keep_what_stands_beside_the_certificate() {
    const BESIDE: &str = "-----BEGIN DH PARAMETERS-----\nMAMCAQU=\n-----END DH PARAMETERS-----\n";
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (mut client, store) = (client(|_| ()), tempfile::tempdir().unwrap());
    let journal = Journal::open(store.path().join("store.sqlite"), "account").unwrap();
    let mut fetched = || {
        let install = Some((InstallOptions::into_folder(folder.path()), &journal));
        fetch(&mut client, 571, None, install, &RunOptions::default()).unwrap().outcome
    };
    assert!(matches!(fetched(), Outcome::Issued(_)));
    let text = fs::read_to_string(path("fullchain.pem")).unwrap() + BESIDE;
    fs::write(path("fullchain.pem"), &text).unwrap();
    fs::remove_file(path("chain.pem")).unwrap();
    assert!(matches!(fetched(), Outcome::Issued(_)) && path("chain.pem").exists());
    assert_eq!(fs::read_to_string(path("fullchain.pem")).unwrap(), text);
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    fs::remove_file(path(".about.json")).unwrap();
    fs::create_dir(path(".about.json")).unwrap();
    fs::write(path("chain.pem"), "").unwrap();
    assert!(matches!(fetched(), Outcome::NotInstalled(..)));
    assert_eq!((names(), fs::read_to_string(path("chain.pem")).unwrap()), (before, String::new()));
}
