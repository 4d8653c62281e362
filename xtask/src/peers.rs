//! `cargo xtask peers`: other people's clients against the simulator and through the bridge.
//!
//! They are installed by the names of their packages into `target/peers`; what is not on this machine is left out, and said.
//! Their requests are fixtures too (`fixtures/_peers`), which the tests send.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Failure,
    bench::simulator::{Simulator, paced},
    ci, repository,
};

/// A client, and how it is started against an address.
struct Peer {
    name: &'static str,
    /// The protocol that it speaks.
    is_xml: bool,
    /// The program, and its arguments before the address.
    command: Vec<String>,
    /// Whether it wants a certificate request behind the address.
    takes_csr: bool,
}

pub(crate) fn run() -> Result<(), Failure> {
    ci::cargo(&["build", "--quiet", "--package", "certgate-cli"], &[])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository::root().join("target"), PathBuf::from);
    let program = target.join("debug").join(format!("certgate{}", std::env::consts::EXE_SUFFIX));
    let folder = target.join("peers");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let config = paced("peers.toml", 1000)?;
    let (mut calls, mut wrong) = (0, 0);
    for peer in installed(&folder) {
        for through_bridge in [false, true] {
            let (found, failed) = play(&program, &config, &peer, through_bridge)?;
            calls += found;
            wrong += failed;
        }
    }
    println!("{calls} calls, {wrong} not as expected");
    match (calls, wrong) {
        (0, _) => Err("no client could be run".to_owned()),
        (_, 0) => Ok(()),
        _ => Err(format!("{wrong} of {calls} calls are not as expected")),
    }
}

/// The clients that can be run here.
fn installed(folder: &Path) -> Vec<Peer> {
    let script = |name: &str| repository::root().join("xtask/peers").join(name).display().to_string();
    let python = folder.join("python/bin/python").display().to_string();
    let mut peers = Vec::new();
    let mut offer = |name, is_ready: Result<(), Failure>, is_xml, command: Vec<String>, takes_csr| match is_ready {
        Ok(()) => peers.push(Peer { name, is_xml, command, takes_csr }),
        Err(why) => println!("left out: {name}: {why}"),
    };
    let npm = ["install", "--silent", "--no-audit", "--no-fund", "js-domainrobot-sdk"];
    let packages = folder.display().to_string();
    let js = vec!["node".to_owned(), script("domainrobot.js"), packages];
    offer("js-domainrobot-sdk", done(Command::new("npm").args(npm).current_dir(folder)), false, js, true);
    let made = done(Command::new("python3").args(["-m", "venv", "python"]).current_dir(folder));
    let pip = || done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "domainrobot"]));
    let package = made.clone().and_then(|()| pip());
    offer("domainrobot (Python)", package, false, vec![python.clone(), script("domainrobot.py")], true);
    let lego = made.clone().and_then(|()| done(Command::new("lego").arg("--version")));
    offer("lego", lego, false, vec![python.clone(), script("lego.py")], false);
    offer("acme.sh's requests", made, true, vec![python, script("acme_sh.py")], false);
    peers
}

/// Runs a client against a new simulator, and prints a row a call: how many there are, and how many are wrong.
fn play(program: &Path, config: &str, peer: &Peer, through_bridge: bool) -> Result<(usize, usize), Failure> {
    let simulator = Simulator::start(program, &[])?;
    let address =
        |server: &Simulator, is_xml: bool| format!("http://{}{}", server.address, if is_xml { "/xml" } else { "/v1" });
    let own = address(&simulator, peer.is_xml);
    let bridge =
        if through_bridge { Some(bridge(program, config, peer, &address(&simulator, !peer.is_xml))?) } else { None };
    let endpoint = bridge.as_ref().map_or(own, |bridge| address(bridge, peer.is_xml));
    let mut command = Command::new(peer.command.first().map(String::as_str).unwrap_or_default());
    command.args(peer.command.iter().skip(1)).arg(endpoint);
    if peer.takes_csr {
        command.arg(repository::root().join("fixtures/_keys/example.com.csr"));
    }
    let output = command.output().map_err(|why| format!("{}: {why}", peer.name))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let way = if through_bridge { "bridge" } else { "simulator" };
    let rows = rows(&said);
    for [verdict, call, found] in &rows {
        println!("{verdict:<5}  {:<20}  {way:<9}  {call:<32}  {found}", peer.name);
    }
    if rows.is_empty() || !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{} ended with {}: {}", peer.name, output.status, why.trim()));
    }
    Ok((rows.len(), rows.iter().filter(|[verdict, ..]| *verdict != "ok").count()))
}

/// A bridge with the client's protocol in front, which asks for everything over the other one.
fn bridge(program: &Path, config: &str, peer: &Peer, behind: &str) -> Result<Simulator, Failure> {
    let front = if peer.is_xml { "xml" } else { "json" };
    Simulator::serve(program, "bridge", &["--front", front, "--endpoint", behind, "--config", config])
}

/// The lines of a script that are about calls: the verdict, the call, what was found.
fn rows(said: &str) -> Vec<[&str; 3]> {
    said.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<[&str; 3]> {
    let mut parts = line.splitn(3, '\t');
    let verdict = parts.next().filter(|verdict| matches!(*verdict, "ok" | "WRONG"))?;
    Some([verdict, parts.next()?, parts.next().unwrap_or_default()])
}

/// Runs a command that installs or asks for something.
fn done(command: &mut Command) -> Result<(), Failure> {
    let name = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Err(why) => Err(format!("{name} is not installed ({why})")),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn lines_about_calls() {
        let said = "ok\tinfo\texample.com\nError: noise of a library\n    at x\nWRONG\tpoll\ta\tb\nok\n";
        assert_eq!(rows(said), [["ok", "info", "example.com"], ["WRONG", "poll", "a\tb"]]);
    }
}
