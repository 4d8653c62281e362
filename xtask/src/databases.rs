//! What tests run over besides files: installed by Debian's packages where it is missing and can be.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A package, and a program of it.
const PACKAGES: [(&str, &str); 2] = [("postgresql", "initdb"), ("pgbouncer", "pgbouncer")];

/// Installs what is missing, where root asks and there is apt-get. Else the tests leave out what needs it, and say how much.
pub(crate) fn install() {
    let missing = missing(is_installed);
    if missing.is_empty() {
        return;
    }
    let names = missing.join(" and ");
    if !(is_root() && is_installed("apt-get")) {
        println!("not installed: {names} (apt-get as root would do it); the tests say how many are left out");
        return;
    }
    println!("installing {names} by apt-get");
    // Without a network the index that is there has to do.
    apt_get(&["update"]);
    for package in missing {
        if !apt_get(&["install", "-y", "--no-install-recommends", package]) {
            println!("{package} cannot be installed here; the tests say how many are left out");
        }
    }
}

/// The packages that no program is there of.
fn missing(is_installed: impl Fn(&str) -> bool) -> Vec<&'static str> {
    PACKAGES.into_iter().filter(|(_, program)| !is_installed(program)).map(|(package, _)| package).collect()
}

/// Whether a program is on the path, or where Debian has those of its servers.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let servers = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let servers = servers.map(|version| version.path().join("bin"));
    let system = Path::new("/usr/sbin").to_owned();
    std::env::split_paths(&path).chain(servers).chain([system]).any(|folder| folder.join(program).is_file())
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    asked.is_ok_and(|asked| asked.stdout.trim_ascii() == b"0")
}

fn apt_get(arguments: &[&str]) -> bool {
    let mut run = Command::new("apt-get");
    run.arg("-qq").args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::missing;

    #[test]
    fn what_is_missing_is_installed() {
        for (there, expected) in [
            (&["initdb", "pgbouncer"][..], &[][..]),
            (&["initdb"], &["pgbouncer"]),
            (&[], &["postgresql", "pgbouncer"]),
        ] {
            assert_eq!(missing(|program| there.contains(&program)), expected);
        }
    }
}
