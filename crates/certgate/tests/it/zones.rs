//! Zones and their records, and the validator that publishes in them, by the account of a gateway that the program has.

use std::sync::Arc;

use certgate::{
    Error, Gateway, ValidationStep, Validator,
    validation::{AutoDns, Challenge, Manual, PublishedRecord, Steps, ValidationError, ZoneRecord},
    zones::{RecordChange, ZoneError, ZoneId, Zones},
};
use certgate_domain::{Credentials, Protocol, ResourceRecord, Secret, TaskKind};
use certgate_simulator::{Fault, Server, Settings};
use pretty_assertions::assert_eq;

/// A gateway with the zone example.com, as the library sees it.
fn account(protocol: Protocol) -> (certgate_simulator::Gateway, Server, Gateway) {
    let simulator = certgate_simulator::Gateway::with(Settings::default());
    let server = Server::start(simulator.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let credentials = Credentials::new("user", Secret::new("password"), "9");
    let gateway = Gateway::builder(protocol).at(server.endpoint(protocol)).credentials(credentials).own_pace(1000);
    (simulator, server, gateway.build().unwrap())
}

fn zone() -> ZoneId {
    ZoneId { origin: "example.com".to_owned(), name_server: Some("ns1.dns.example".to_owned()) }
}

const UPDATE: Option<TaskKind> = Some(TaskKind::ZoneUpdateRecords);

#[test]
fn a_record_comes_and_goes_once() {
    for protocol in Protocol::ALL {
        let (simulator, _server, gateway) = account(protocol);
        let mut client = gateway.client().unwrap();
        let mut zones = Zones::of(&mut client);
        assert_eq!(zones.find("_dnsauth.www.Example.com.").unwrap(), zone(), "{protocol:?}");
        let record = ResourceRecord { ttl: Some(300), ..ResourceRecord::txt("_dnsauth.www", "2026abcd") };
        for expected in [RecordChange::Made, RecordChange::Unchanged] {
            assert_eq!(zones.add(&zone(), &record).unwrap(), expected, "{protocol:?}");
        }
        let other = ResourceRecord::txt("_dnsauth.www", "another value");
        assert_eq!(zones.remove(&zone(), &other).unwrap(), RecordChange::Unchanged, "only that one is removed");
        for expected in [RecordChange::Made, RecordChange::Unchanged] {
            assert_eq!(zones.remove(&zone(), &record).unwrap(), expected, "{protocol:?}");
        }
        // The answer was lost: what is not there any more is removed.
        zones.add(&zone(), &record).unwrap();
        simulator.inject(Fault::DropAfterRead(UPDATE));
        assert_eq!(zones.remove(&zone(), &record).unwrap(), RecordChange::Unchanged);
        simulator.inject(Fault::DropBeforeRead(UPDATE));
        let lost = zones.add(&zone(), &record).unwrap_err();
        assert!(lost.leaves_outcome_open(), "{lost}");
        let nowhere = zones.find("a.example.org").unwrap_err();
        assert!(matches!(nowhere, ZoneError::None { asked, .. } if asked == ["a.example.org", "example.org"]));
    }
}

#[test]
fn a_validator_stores_its_step_and_takes_it_back() {
    for protocol in Protocol::ALL {
        let (simulator, server, gateway) = account(protocol);
        let gateway = Arc::new(gateway);
        let validator = AutoDns::at(gateway.clone());
        let line = "_dnsauth.www.example.com. 600 IN TXT \"2026 abcd\"";
        let challenge = Challenge::Record(ZoneRecord::parse(line).unwrap().remove(0));
        let present = || {
            let mut stored = Vec::new();
            let mut store = |steps: &[ValidationStep]| -> Result<(), Error> {
                stored = steps.to_vec();
                Ok(())
            };
            let presented = validator.present(&challenge, &mut Steps::stored_by(&mut store));
            (presented, stored)
        };
        let records = || Zones::of(&mut gateway.client().unwrap()).records(&zone()).unwrap();
        let (presented, stored) = present();
        presented.unwrap();
        let record = PublishedRecord {
            name: "_dnsauth.www.example.com.".to_owned(),
            kind: "TXT".to_owned(),
            value: "2026 abcd".to_owned(),
        };
        let ZoneId { origin, name_server } = zone();
        let step = ValidationStep::ZoneTask { config: None, profile: None, zone: origin, name_server, record };
        assert_eq!(stored, std::slice::from_ref(&step), "{protocol:?}");
        let expected = ResourceRecord { ttl: Some(600), ..ResourceRecord::txt("_dnsauth.www", "2026 abcd") };
        assert_eq!(records().last(), Some(&expected));
        // Whoever does not have the account leaves it; who has it removes it, and once more is no error.
        let unknown = Manual.cleanup(&step).unwrap_err();
        assert!(matches!(unknown, ValidationError::UnknownValidator(name) if name == "autodns"));
        for _ in 0..2 {
            validator.cleanup(&step).unwrap();
            assert!(!records().contains(&expected), "{protocol:?}");
        }

        // Refused: nothing is there to be removed. Nobody knows: it stays stored.
        simulator.inject(Fault::Status(UPDATE, 401));
        let (presented, stored) = present();
        assert!(presented.is_err() && stored.is_empty(), "{presented:?} {stored:?}");
        simulator.inject(Fault::DropAfterRead(UPDATE));
        let (presented, stored) = present();
        assert!(presented.is_err() && stored == [step.clone()], "{presented:?} {stored:?}");
        validator.cleanup(&step).unwrap();

        // The order is over: who takes nothing unknown before one has what was published removed all the same.
        let (presented, stored) = present();
        presented.unwrap();
        let credentials = Credentials::new("user", Secret::new("password"), "9");
        let strict = Gateway::builder(protocol).at(server.endpoint(protocol)).credentials(credentials).strict(true);
        simulator.inject(Fault::Unknown(Some(TaskKind::ZoneInfo)));
        AutoDns::at(Arc::new(strict.own_pace(1000).build().unwrap())).cleanup(&stored[0]).unwrap();
        assert!(!records().contains(&expected), "{protocol:?}");

        let alias = ResourceRecord::of_text(Some("_dnsauth.www".to_owned()), "CNAME", "elsewhere.example.net");
        Zones::of(&mut gateway.client().unwrap()).add(&zone(), &alias).unwrap();
        let (presented, stored) = present();
        let said = presented.unwrap_err().to_string();
        assert!(said.contains("_dnsauth.www.example.com is an alias (CNAME) of elsewhere.example.net"), "{said}");
        assert_eq!(stored, []);
    }
}
