//! `--dns autodns`: the record goes into the zone of another account, by the zone tasks.

use std::{
    fs,
    process::{Output, Stdio},
};

use certgate_domain::{Credentials, Secret, TaskKind};
use certgate_simulator::{Fault, Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    binary::{command, csr, ended, endpoint, exit, json, run, secret, serve, stderr, until},
    dns,
};

/// The certificates at one gateway, the zones at another one, each over its protocol.
struct Accounts {
    home: TempDir,
    gateway: Gateway,
    server: Server,
    zones: Gateway,
    _zone_server: Server,
    transport: &'static str,
}

const UPDATE: Option<TaskKind> = Some(TaskKind::ZoneUpdateRecords);

impl Accounts {
    fn new((transport, zone_transport): (&'static str, &str), settings: Settings) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(settings);
        let account = Credentials::new("dns", Secret::new("zones' password"), "4");
        let (zones, zone_server) = serve(Settings { account, ..Settings::default() });
        let password = home.path().join("dns.password");
        secret(&password, "zones' password\n");
        let at = endpoint(&zone_server, zone_transport);
        let dns = format!(
            "transport = \"{zone_transport}\"\n{zone_transport}_endpoint = \"{at}\"\nuser = \"dns\"\ncontext = 4\n\
             password_file = \"dns.password\"\nrequests_per_second = 1000\n"
        );
        let other = dns.replace("dns.password", "other.password");
        secret(&home.path().join("other.password"), "wrong\n");
        let config = format!("[live]\nrequests_per_second = 1000\n[dns]\n{dns}[other]\n{other}");
        fs::write(home.path().join("zones.toml"), config).unwrap();
        Self { home, gateway, server, zones, _zone_server: zone_server, transport }
    }

    fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let at = endpoint(&self.server, self.transport);
        let common = ["--transport", self.transport, "--endpoint", &at, "--config", "zones.toml", "--output", "json"];
        arguments.iter().chain(&common).map(|word| (*word).to_owned()).collect()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.home.path(), &self.arguments(arguments).iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn reissue(&self, more: &[&str]) -> Output {
        let csr = csr();
        self.run(&[&["reissue", "571", "--csr", &csr, "--dns", "autodns"], more].concat())
    }

    /// Asks as the account of the zones.
    fn of_zones(&self, arguments: &[&str]) -> Output {
        let mut command = command(self.home.path(), arguments);
        for name in ["USER", "CONTEXT", "PASSWORD"] {
            command.env_remove(format!("CERTGATE_{name}"));
        }
        command.args(["--config", "zones.toml", "--profile", "dns"]).current_dir(self.home.path()).output().unwrap()
    }

    /// The values of the TXT records of the zone.
    fn texts(&self) -> Vec<String> {
        let zone = json(&self.of_zones(&["zone", "info", "example.com", "--output", "json"]));
        let rows = zone["response"]["data"][0]["resourceRecords"].as_array().unwrap().clone();
        let texts = rows.into_iter().filter(|row| row["type"] == "TXT" && row.get("name").is_none());
        texts.map(|row| row["value"].as_str().unwrap().to_owned()).collect()
    }

    /// How often records were added or removed, and how many orders were taken.
    fn counts(&self) -> (usize, usize) {
        (self.zones.asked(TaskKind::ZoneUpdateRecords), self.gateway.counts().orders)
    }
}

const WITH_PROFILE: [&str; 3] = ["--dns-profile", "dns", "--dns-check=false"];
const PAIRS: [(&str, &str); 4] = [("xml", "json"), ("json", "xml"), ("xml", "xml"), ("json", "json")];

/// The record is there while the order is open; the run that ends it removes the record, also a later one.
#[test]
fn the_record_is_there_while_the_order_is_open() {
    for pair in PAIRS {
        let accounts = Accounts::new(pair, Settings::default());
        let output = accounts.reissue(&WITH_PROFILE);
        assert_eq!((exit(&output), accounts.counts()), (0, (2, 1)), "{pair:?} {}", stderr(&output));
        assert_eq!(accounts.texts(), Vec::<String>::new());

        ended(accounts.reissue(&[&WITH_PROFILE[..], &["--no-wait"]].concat()), 6);
        let [token] = &accounts.texts()[..] else { panic!("{:?}", accounts.texts()) };
        assert!(token.len() > 40 && !token.contains('"'), "{token}");
        let output = accounts.run(&["resume"]);
        assert_eq!((exit(&output), accounts.texts().len()), (0, 0), "{pair:?} {}", stderr(&output));
        assert_eq!(accounts.counts(), (4, 2));
    }
}

/// The zone has it already, or the answer was lost: both are as good as done. What could not be removed is removed later.
#[test]
fn what_is_there_already_and_what_is_gone() {
    for pair in [PAIRS[0], PAIRS[1]] {
        let accounts = Accounts::new(pair, Settings::default());
        accounts.zones.inject(Fault::DropAfterRead(UPDATE));
        let output = accounts.reissue(&WITH_PROFILE);
        assert_eq!((exit(&output), accounts.counts().1), (13, 0), "{pair:?} {}", stderr(&output));
        // Nobody knows whether it was added: it is looked for and removed at once.
        assert_eq!(accounts.texts().len(), 0, "{pair:?} {}", stderr(&output));

        accounts.zones.inject_after(1, Fault::Status(UPDATE, 502));
        let output = accounts.reissue(&WITH_PROFILE);
        assert_eq!((exit(&output), accounts.texts().len()), (0, 1), "{pair:?} {}", stderr(&output));
        assert!(stderr(&output).contains("still there"), "{}", stderr(&output));
        let output = accounts.run(&["resume"]);
        assert_eq!((exit(&output), accounts.texts().len()), (0, 0), "{pair:?} {}", stderr(&output));
    }
}

#[test]
fn nothing_is_ordered_where_it_cannot_be_published() {
    for pair in [PAIRS[0], PAIRS[1]] {
        let accounts = Accounts::new(pair, Settings::default());
        let zone = |arguments: &[&str]| {
            ended(accounts.of_zones(arguments), 0);
        };
        let check = |more: &[&str], code: i32, said: &str| {
            let output = accounts.reissue(more);
            assert!(exit(&output) == code && stderr(&output).contains(said), "{pair:?} {more:?}: {}", stderr(&output));
            assert_eq!(accounts.counts().1, 0, "{more:?}");
        };
        check(&[], 2, "--dns autodns: give the profile of the account that has the zones too: --dns-profile");
        check(&["--dns-profile", "none"], 2, "none");
        check(&["--dns-profile", "other", "--dns-check=false"], 13, "[request.auth.password]");
        let runs = [(&["--sandbox"][..], "--sandbox asks no account"), (&["--replay", "tape"], "a replay asks nobody")];
        for (more, said) in runs {
            let csr = csr();
            let reissue = ["reissue", "571", "--csr", &csr, "--dns", "autodns", "--dns-profile", "dns"];
            let output = run(accounts.home.path(), &[&reissue[..], &["--config", "zones.toml"], more].concat());
            assert!(exit(&output) == 2 && stderr(&output).contains(said), "{more:?}: {}", stderr(&output));
        }
        let lone = accounts.run(&["reissue", "571", "--csr", &csr(), "--dns", "provision", "--dns-profile", "dns"]);
        assert!(
            exit(&lone) == 2 && stderr(&lone).contains("--dns-profile needs --dns autodns too"),
            "{}",
            stderr(&lone)
        );

        zone(&["zone", "add", "example.com", "CNAME", "elsewhere.example.net"]);
        let before = accounts.counts();
        check(&WITH_PROFILE, 13, "example.com is an alias (CNAME) of elsewhere.example.net in the zone example.com");
        assert_eq!(accounts.counts(), before, "nothing was published");
        zone(&["zone", "remove", "example.com", "CNAME", "elsewhere.example.net"]);
        fs::write(
            accounts.home.path().join("zone.json"),
            r#"{"origin":"example.com","virtualNameServer":"ns1.dns.example"}"#,
        )
        .unwrap();
        zone(&["call", "zone-delete", "--data", "zone.json"]);
        check(&WITH_PROFILE, 13, "AutoDNS: the account has no zone for example.com.");
    }
}

/// A batch's columns, and what is remembered with an installed set: the line in the crontab needs no options.
#[test]
fn columns_of_a_batch_and_what_is_remembered() {
    for pair in [PAIRS[0], PAIRS[1]] {
        let accounts = Accounts::new(pair, Settings::default());
        let rows = "id,new_key,dns,dns_profile,dns_check,out\n571,true,autodns,dns,false,certs/live\n";
        fs::write(accounts.home.path().join("batch.csv"), rows).unwrap();
        let sandbox = run(accounts.home.path(), &["batch", "batch.csv", "--config", "zones.toml", "--sandbox"]);
        assert!(exit(&sandbox) == 2 && stderr(&sandbox).contains("--sandbox asks no account"), "{}", stderr(&sandbox));
        let output = accounts.run(&["batch", "batch.csv"]);
        assert_eq!((exit(&output), accounts.counts()), (0, (2, 1)), "{pair:?} {}", stderr(&output));
        let output = accounts.run(&["renew-due", "certs", "--renew-before", "400d"]);
        assert_eq!((exit(&output), accounts.counts()), (0, (4, 2)), "{pair:?} {}", stderr(&output));
        // Also from elsewhere, where the run has another configuration file.
        let elsewhere = accounts.home.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        fs::write(elsewhere.join("zones.toml"), "[live]\nrequests_per_second = 1000\n").unwrap();
        let folder = accounts.home.path().join("certs").display().to_string();
        let due = accounts.arguments(&["renew-due", &folder, "--renew-before", "400d"]);
        let due: Vec<&str> = due.iter().map(String::as_str).collect();
        let output = command(accounts.home.path(), &due).current_dir(&elsewhere).output().unwrap();
        assert_eq!((exit(&output), accounts.counts()), (0, (6, 3)), "{pair:?} {}", stderr(&output));
        let row: Value = json(&output)["orders"][0].clone();
        assert_eq!(row["kind"], "done", "{row}");
    }
}

/// Nothing is ordered before the zone's servers show the record.
#[test]
fn it_waits_until_the_record_is_seen() {
    for pair in [PAIRS[0], PAIRS[1]] {
        let accounts = Accounts::new(pair, Settings::default());
        let zone = dns::zone(&[]);
        let server = dns::serve(zone.clone()).to_string();
        let (csr, seen) = (csr(), ["--no-authoritative", "--resolver", &server]);
        let reissue = ["reissue", "571", "--csr", &csr, "--dns", "autodns", "--dns-profile", "dns"];
        let arguments = accounts.arguments(&[&reissue[..], &seen].concat());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut reissue = command(accounts.home.path(), &arguments);
        reissue.current_dir(accounts.home.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let stderr = accounts.home.path().join("stderr");
        let mut child = reissue.stderr(fs::File::create(&stderr).unwrap()).spawn().unwrap();
        let said = || fs::read_to_string(&stderr).unwrap();
        until("the record is missed", || said().contains("not seen yet"));
        assert_eq!(accounts.counts(), (1, 0), "{}", said());
        let token = accounts.texts().remove(0);
        zone.lock().unwrap().push(("example.com.".to_owned(), dns::txt(&token)));
        let status = child.wait().unwrap();
        assert_eq!((status.code(), accounts.counts()), (Some(0), (2, 1)), "{pair:?} {}", said());
    }
}

/// The account of the zones is a profile of the configuration that the run is given.
#[test]
fn a_declared_certificate_finds_its_account_of_zones() {
    for pair in [PAIRS[0], PAIRS[1]] {
        let accounts = Accounts::new(pair, Settings::default());
        let declared = "[[certificate]]\nid = 571\nnew_key = true\ndns = \"autodns\"\ndns_profile = \"dns\"\n\
                        dns_check = false\nout = \"certs/live\"\n";
        fs::write(accounts.home.path().join("certificates.toml"), declared).unwrap();
        let output = accounts.run(&["plan", "certificates.toml"]);
        assert_eq!((exit(&output), accounts.counts()), (0, (0, 0)), "{pair:?} {}", stderr(&output));
        let output = accounts.run(&["apply", "certificates.toml"]);
        assert_eq!((exit(&output), accounts.counts()), (0, (2, 1)), "{pair:?} {}", stderr(&output));
        assert_eq!(accounts.texts(), Vec::<String>::new());
    }
}
