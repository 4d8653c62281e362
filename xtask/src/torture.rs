//! `cargo xtask torture`: more rounds of the tests that CI runs a few of (`certgate-cli/tests/it/torture.rs`): of one machine, and of
//! four over one PostgreSQL, where that is installed.

use crate::{Failure, ci};

const ROUNDS: u64 = 300;

pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    let (rounds, seed) = read(arguments)?;
    println!("{rounds} rounds, seed {seed}");
    let (rounds, seed) = (rounds.to_string(), seed.to_string());
    ci::cargo(
        &[
            "test",
            "--package",
            "certgate-cli",
            "--features",
            "postgres",
            "--test",
            "it",
            "--",
            "--nocapture",
            "torture::",
        ],
        &[("TORTURE_ROUNDS", &rounds), ("TORTURE_SEED", &seed)],
    )
}

/// Rounds and seed.
fn read(arguments: &[&str]) -> Result<(u64, u64), Failure> {
    let number = |text: &str| text.parse().map_err(|_| format!("`{text}`: expected a number"));
    match arguments {
        [] => Ok((ROUNDS, 1)),
        ["--rounds", rounds] => Ok((number(rounds)?, 1)),
        ["--seed", seed] => Ok((ROUNDS, number(seed)?)),
        ["--rounds", rounds, "--seed", seed] | ["--seed", seed, "--rounds", rounds] => {
            Ok((number(rounds)?, number(seed)?))
        }
        _ => Err("usage: cargo xtask torture [--rounds N] [--seed S]".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn arguments() {
        assert_eq!(read(&["--rounds", "5", "--seed", "9"]), Ok((5, 9)));
        assert_eq!(read(&["--seed", "9", "--rounds", "5"]), Ok((5, 9)));
        assert_eq!(read(&[]), Ok((300, 1)));
        assert!(read(&["--rounds", "many"]).is_err() && read(&["--round", "1"]).is_err());
    }
}
