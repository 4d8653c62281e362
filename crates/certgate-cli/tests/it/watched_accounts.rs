//! What monitoring systems are told of several accounts on one machine.

use std::{collections::BTreeSet, fs};

use certgate_domain::TaskKind;
use pretty_assertions::assert_eq;

use crate::{
    profiles::Accounts,
    support::binary::{ended, exit, stderr},
};

/// The metrics of a profile's account.
fn metrics(accounts: &Accounts, transport: &str, profile: &str) -> String {
    ended(accounts.run(transport, &["status", "--prometheus", "metrics", "--profile", profile]), 0);
    fs::read_to_string(accounts.path().join("metrics")).unwrap()
}

/// The commands that are recorded to have ended well.
fn recorded(metrics: &str) -> BTreeSet<&str> {
    let runs = metrics.lines().filter(|line| line.starts_with("certgate_last_success_timestamp_seconds{"));
    runs.map(|line| line.split("command=\"").nth(1).unwrap().split('"').next().unwrap()).collect()
}

/// How many such tasks were sent.
fn sent(metrics: &str, task: TaskKind) -> usize {
    let of_task = |line: &&str| line.starts_with("certgate_requests_total{") && line.contains(task.name());
    metrics.lines().filter(of_task).map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

/// A run is recorded at each account that it was about, with what was sent to that one, and at the run's own, without a look at its password.
#[test]
fn a_run_is_recorded_at_each_of_its_accounts() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        let [team, live] = [("571", "b", "profile = \"team\""), ("10000", "a", "")]
            .map(|(id, out, more)| format!("[[certificate]]\nid = {id}\nout = \"certs/{out}\"\n{more}\n"));
        fs::write(accounts.path().join("both.toml"), format!("{team}{live}")).unwrap();
        fs::write(accounts.path().join("team.toml"), team).unwrap();
        accounts.done(transport, &["apply", "both.toml"]);
        for (profile, gateway) in [("live", &accounts.first.0), ("team", &accounts.second.0)] {
            let metrics = metrics(&accounts, transport, profile);
            assert_eq!(recorded(&metrics), ["apply"].into(), "{transport} {profile}");
            for task in [TaskKind::CertificateReissue, TaskKind::CertificateInfo] {
                assert_eq!(sent(&metrics, task), gateway.asked(task), "{transport} {profile} {task:?}");
            }
        }
        // What is about the other account alone.
        let text = fs::read_to_string(accounts.path().join("config.toml")).unwrap();
        accounts.configure(&text.replace("echo password", "touch asked; echo password"));
        assert_eq!(exit(&accounts.run(transport, &["renew-due", "certs/b"])), 8);
        fs::remove_file(accounts.path().join("asked")).unwrap();
        assert_eq!(exit(&accounts.run(transport, &["plan", "team.toml"])), 8);
        assert!(!accounts.path().join("asked").exists(), "its password is not needed");
        for profile in ["live", "team"] {
            let metrics = metrics(&accounts, transport, profile);
            let expected = BTreeSet::from(["apply", "plan", "renew-due", "status"]);
            assert_eq!(recorded(&metrics), expected, "{transport} {profile}");
        }
        // A run that is the other profile's own, and one whose own profile has no account.
        ended(accounts.run(transport, &["resume", "--profile", "team"]), 8);
        assert_eq!(recorded(&metrics(&accounts, transport, "live")), ["apply", "plan", "renew-due", "status"].into());
        accounts.configure(&text[text.find("[team]").unwrap()..]);
        let output = ended(accounts.run(transport, &["plan", "team.toml"]), 8);
        assert!(!stderr(&output).contains("was not recorded"), "{}", stderr(&output));
        accounts.configure(&text);
        assert!(recorded(&metrics(&accounts, transport, "team")).contains("resume"));
    }
}

/// Each sample says whose it is: the files of two profiles may lie in one folder that a collector reads, and none of their series is the other's.
#[test]
fn metrics_of_two_accounts_stand_beside_each_other() {
    for transport in ["xml", "json"] {
        let accounts = Accounts::new();
        for profile in ["live", "team"] {
            let out = format!("certs/{profile}");
            accounts.done(transport, &["reissue", "571", "--new-key", "--out", &out, "--profile", profile]);
        }
        let [live, team] = [("live", "user", &accounts.first), ("team", "other", &accounts.second)].map(
            |(profile, user, (_, server))| {
                let at = server.xml_endpoint().split('/').nth(2).unwrap().to_owned();
                let metrics = metrics(&accounts, transport, profile);
                let series = metrics.lines().filter(|line| !line.starts_with('#'));
                let series: BTreeSet<String> = series.map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
                let account = format!("account=\"{user}@9 at {at}\"}}");
                assert!(series.iter().all(|one| one.ends_with(&account)), "{account} {series:?}");
                series
            },
        );
        assert!(live.len() > 10 && team.len() > 10, "{live:?} {team:?}");
        assert!(live.is_disjoint(&team), "{live:?} {team:?}");
    }
}
