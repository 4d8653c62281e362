//! `certgate serve` in a process of its own.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Stdio},
    time::Duration,
};

use certgate::{HttpSettings, HttpTransport, Transport};
use certgate_domain::{AnyTask, Call, Credentials, Identity, Options, Secret};
use certgate_json::JsonCodec;
use certgate_simulator::Server;
use certgate_wire::{Body, Codec, Method, Reply, Request};
use certgate_xml::XmlCodec;

use super::binary::{command, endpoint, interrupt};

/// The account of a request in XML.
pub(crate) const AUTH: &str = "<auth><user>user</user><password>password</password><context>9</context></auth>";

/// A server with a home of its own. It is ended with this.
pub(crate) struct Serving {
    pub(crate) child: Child,
    /// Held open: what the server says later has somewhere to go.
    _stdout: BufReader<ChildStdout>,
    /// Where it listens, by its first line.
    pub(crate) endpoint: String,
    pub(crate) home: tempfile::TempDir,
}

impl Serving {
    /// `certgate serve` with these arguments, once it listens; without the gateway's pace.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::at_pace(1000, arguments)
    }

    /// The same at that pace.
    pub(crate) fn at_pace(per_second: usize, arguments: &[&str]) -> Self {
        Self::configured(&format!("requests_per_second = {per_second}"), arguments)
    }

    /// The same with these lines in the profile.
    pub(crate) fn configured(profile: &str, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("config.toml");
        fs::write(&config, format!("[live]\n{profile}\n")).unwrap();
        let common = ["--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()];
        let mut command = command(home.path(), &[&["serve"], arguments, &common].concat());
        let stderr = File::create(home.path().join("stderr")).unwrap();
        let mut child = command.current_dir(home.path()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let endpoint = line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let serving = Self { child, _stdout: stdout, endpoint, home };
        assert!(serving.endpoint.contains("://127.0.0.1:"), "{line} {}", serving.stderr());
        serving
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.file("stderr")).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Where it listens, without the protocol's path.
    pub(crate) fn address(&self) -> &str {
        self.endpoint.split_once("://").unwrap().1.split('/').next().unwrap()
    }

    /// The body of one of its pages.
    pub(crate) fn page(&self, path: &str) -> String {
        let answer =
            raw(self.address(), &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The sum of these metrics.
    pub(crate) fn metric(&self, names: &[&str]) -> usize {
        let page = self.page("/metrics");
        let of = |name: &str| page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        names.iter().map(|name| of(name).map_or(0, |value| value.parse().unwrap())).sum()
    }

    /// Ctrl-C; its exit code.
    pub(crate) fn interrupted(&mut self) -> i32 {
        interrupt(&self.child);
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bridge to the simulator.
pub(crate) fn bridge(front: &str, server: &Server, more: &[&str]) -> Serving {
    let behind = endpoint(server, other(front));
    Serving::start(&[&["bridge", "--front", front, "--endpoint", &behind], more].concat())
}

/// What comes back for bytes that are sent as they are.
pub(crate) fn raw(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn codec(protocol: &str) -> Box<dyn Codec> {
    if protocol == "xml" { Box::new(XmlCodec::default()) } else { Box::new(JsonCodec::default()) }
}

pub(crate) fn other(protocol: &str) -> &'static str {
    if protocol == "xml" { "json" } else { "xml" }
}

/// These tasks by that account, as a request in XML.
pub(crate) fn xml(tasks: &str) -> Request {
    let body = format!("<request>{AUTH}{tasks}</request>").into_bytes();
    Request { method: Method::Post, target: String::new(), headers: vec![], body: Body(body) }
}

/// The body of an answer.
pub(crate) fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

pub(crate) fn account() -> Identity {
    Credentials::new("user", Secret::new("password"), "9").into()
}

pub(crate) fn call(task: impl Into<AnyTask>, identity: Identity) -> Call {
    Call { task: task.into(), options: Options::default(), identity: Some(identity) }
}

/// Sends bytes as they are.
pub(crate) fn send(endpoint: &str, request: &Request) -> Reply {
    let mut transport = HttpTransport::new(endpoint, HttpSettings::default()).unwrap();
    transport.send(request, Duration::from_secs(60)).unwrap()
}

/// Sends a call in a protocol.
pub(crate) fn post(endpoint: &str, protocol: &str, call: &Call) -> Reply {
    send(endpoint, &codec(protocol).encode_request(call).payload)
}
