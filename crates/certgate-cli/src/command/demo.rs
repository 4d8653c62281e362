//! `certgate demo`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use certgate_files::WholeFile;
use certgate_simulator::{Gateway, Server, Settings};
use clap::Args;
use serde_json::{Value, json};

use crate::{
    app::{App, own_folder},
    common::itself::Itself,
    exit::{Exit, Failure, Kind},
    ui::demo::{self, DECLARED, STEPS},
};

/// See certgate at work: each command is shown before it is run
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  certgate demo\n  certgate demo --transport xml\n\nIt needs no account and no network, and leaves nothing behind."
)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self, app: &App) -> Result<Exit, Failure> {
        let folder = own_folder("the demo's files")?;
        let settings = Settings { more_certificates: 4, ..Settings::default() };
        let server = Server::start(Gateway::with(settings), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|why| Failure::new(Kind::Unreachable, format!("the demo cannot listen on loopback: {why}")))?;
        let (xml, json) = (server.xml_endpoint(), server.json_endpoint());
        let profile =
            format!("[live]\nxml_endpoint = \"{xml}\"\njson_endpoint = \"{json}\"\nrequests_per_second = 1000\n");
        for (name, text) in [("config.toml", profile.as_str()), ("certificates.toml", DECLARED)] {
            WholeFile::beside(&folder.path().join(name), text.as_bytes(), 0o600)?.create()?;
        }
        let transport = app.transport.unwrap_or(certgate_domain::Protocol::Json).name();
        let steps = STEPS.iter().map(|(why, command)| step(app, folder.path(), transport, why, command));
        let steps = steps.collect::<Result<Vec<Value>, Failure>>()?;
        server.stop();
        if app.json() {
            app.stdout.print(&json!({ "schema": 1, "steps": steps }));
        }
        Ok(Exit::DONE)
    }
}

/// Shows a command, and runs it.
fn step(app: &App, folder: &Path, transport: &str, why: &str, command: &[&str]) -> Result<Value, Failure> {
    let path = |name: &str| folder.join(name).display().to_string();
    let environment = [
        ("CERTGATE_CONFIG", path("config.toml")),
        ("CERTGATE_STORE", path("store.sqlite")),
        ("CERTGATE_USER", "user".to_owned()),
        ("CERTGATE_CONTEXT", "9".to_owned()),
        ("CERTGATE_PASSWORD", "password".to_owned()),
        ("CERTGATE_TRANSPORT", transport.to_owned()),
        ("CERTGATE_ENDPOINT", String::new()),
        ("CERTGATE_PROFILE", String::new()),
    ];
    let itself = Itself { arguments: command, environment: &environment, folder };
    let typed = format!("certgate {}", command.join(" "));
    if app.json() {
        let output = itself.output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        return Ok(json!({ "command": typed, "exit": output.status.code(), "output": text(&output.stdout) }));
    }
    demo::announce(app, why, &typed);
    let code = itself.run()?;
    if code != 0 {
        return Err(Failure::new(Kind::Internal, format!("`{typed}` ended with {code}: the demo stops here")));
    }
    demo::pause(app);
    Ok(Value::Null)
}
