//! What tests run over besides files: installed by Debian's packages where it is missing and can be.

use std::process::{Command, Stdio};

use certgate_testing::{Cluster, Pool};

/// Installs what is missing, where root asks and there is apt-get. Else the tests leave out what needs it, and say how much.
pub(crate) fn install() {
    let packages = [("postgresql", Cluster::is_installed()), ("pgbouncer", Pool::is_installed())];
    let missing: Vec<&str> =
        packages.into_iter().filter(|(_, is_installed)| !is_installed).map(|(package, _)| package).collect();
    if missing.is_empty() {
        return;
    }
    let names = missing.join(" and ");
    if !is_root() {
        println!("not installed: {names} (apt-get as root would do it); the tests say how many are left out");
        return;
    }
    println!("installing {names} by apt-get");
    // Without a network the index that is there has to do, and without apt-get nothing does.
    apt_get(&["update"]);
    for package in missing {
        if !apt_get(&["install", "-y", "--no-install-recommends", package]) {
            println!("{package} cannot be installed here; the tests say how many are left out");
        }
    }
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
