//! Killed at random times while connections drop, over both transports, alone and in batches: never a second order for a
//! certificate, never a lost message, every order ends. `cargo xtask torture` runs more rounds.

mod account;
#[cfg(all(feature = "postgres", unix))]
mod machines;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use certgate_domain::TaskKind;
use certgate_simulator::{Fault, Settings};
use fastrand::Rng;

use self::account::Account;
use crate::support::binary::{csr, serve, write_batch};

/// Certificates of a batch.
const BATCH: usize = 4;
/// Runs that are killed at most, before one that is left to end.
const KILLED: usize = 5;

/// Runs rounds, four at a time: as many as are asked for, else so many. Each gets its dice and its name.
fn rounds(default: u64, run: impl Fn(Rng, String) + Sync) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let rounds = number("TORTURE_ROUNDS").unwrap_or(default);
    let seed = number("TORTURE_SEED").unwrap_or(1);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        return;
                    }
                    let dice = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(round));
                    run(dice, format!("seed {seed}, round {round}"));
                }
            });
        }
    });
}

#[test]
fn killed_at_random_times() {
    rounds(24, one_machine);
}

fn one_machine(mut dice: Rng, title: String) {
    let home = tempfile::tempdir().unwrap();
    let transport = if dice.bool() { "xml" } else { "json" };
    let is_batch = dice.bool();
    let settings = settings(&mut dice);
    let foreign = settings.foreign_first;
    let (gateway, server) = serve(settings);
    let out = home.path().join("out").display().to_string();
    let csr = csr();
    let (batch, orders);
    let (start, carry_on) = if is_batch {
        (batch, orders) = (write_batch(home.path(), BATCH), BATCH);
        (vec!["batch", batch.as_str()], vec!["batch", batch.as_str()])
    } else {
        orders = 1;
        (vec!["reissue", "571", "--csr", &csr, "--out", &out], vec!["resume", "--out", &out])
    };
    let words = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let mut account = Account {
        gateway,
        server,
        transport,
        homes: vec![home.path().to_owned()],
        store: None,
        orders,
        foreign,
        start: words(start),
        carry_on: words(carry_on),
        title: format!("{title}, {transport}, batch {is_batch}"),
    };
    for at in 0..dice.usize(1..=KILLED) {
        account.foreign += trouble(&mut dice, &account);
        let words = if at == 0 { &account.start } else { &account.carry_on };
        if account.killed(&mut dice, home.path(), None, words) {
            break;
        }
    }
    account.finish();
    account.check();
}

/// A gateway that misbehaves.
fn settings(dice: &mut Rng) -> Settings {
    Settings {
        faults: (0..dice.usize(0..5)).map(|_| fault(dice)).collect(),
        foreign_first: dice.usize(0..4),
        more_certificates: BATCH,
        job_time: Duration::from_millis(dice.u64(0..400)),
        ..Settings::default()
    }
}

/// What happens to an account's gateway meanwhile. So many messages of others came.
fn trouble(dice: &mut Rng, account: &Account) -> usize {
    let foreign = usize::from(dice.usize(0..3) == 0);
    if foreign > 0 {
        account.gateway.push_foreign(foreign);
    }
    if dice.usize(0..3) == 0 {
        account.gateway.inject(fault(dice));
    }
    foreign
}

/// A misbehaviour that a gateway or what stands before it may have.
fn fault(dice: &mut Rng) -> Fault {
    let tasks = [
        TaskKind::CertificateInfo,
        TaskKind::CertificatePrepareOrder,
        TaskKind::CertificateReissue,
        TaskKind::PollInfo,
        TaskKind::PollConfirm,
        TaskKind::JobList,
    ];
    let task = Some(tasks[dice.usize(..tasks.len())]);
    match dice.usize(0..6) {
        0 | 1 => Fault::DropBeforeRead(task),
        2 | 3 => Fault::DropAfterRead(task),
        4 => Fault::CutShort(task),
        _ => Fault::Html502(task),
    }
}
