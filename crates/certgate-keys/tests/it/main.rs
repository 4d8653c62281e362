//! Keys and key stores beside the programs that others read them with.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod forms;
mod requests;
mod stores;

use std::{ffi::OsStr, fs, path::Path, process::Command};

/// A fixture's text.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys").join(name);
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// Bytes as hexadecimal digits, with blanks wherever they help.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

/// What a program printed, and whether it was content. `None`: it is not installed.
fn program(name: &str, folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Option<(bool, String)> {
    let output = Command::new(name).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output().ok()?;
    let printed = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&printed).into_owned()))
}
