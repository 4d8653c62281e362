//! A folder is where it is called from, whatever working folder is remembered for its hook: noted, carried on with, told to the hook.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use certgate_simulator::{Gateway, Server, Settings};
use pretty_assertions::assert_eq;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    adopt::{issued, lay},
    support::{
        binary::{Here, command, csr, endpoint, exit, json, pair, secret, stderr},
        tls_server::has_openssl,
    },
};

/// What a hook was told, a line each run, in the folder that it ran in.
const HOOK: &str = "echo $CERTGATE_DIR $CERTGATE_CERT $CERTGATE_FULLCHAIN >> told";

/// A gateway that may be another one at the same place, where orders are finished, or never.
struct World {
    home: TempDir,
    transport: &'static str,
    gateway: Gateway,
    server: Server,
}

impl World {
    fn new(transport: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = Self::served(home.path(), false, "127.0.0.1:0".parse().unwrap());
        fs::write(home.path().join("config.toml"), "[live]\nrequests_per_second = 1000\n").unwrap();
        fs::create_dir_all(home.path().join("a/certs")).unwrap();
        Self { home, transport, gateway, server }
    }

    fn served(home: &Path, jobs_never_end: bool, address: SocketAddr) -> (Gateway, Server) {
        let settings = Settings { jobs_never_end, more_certificates: 2, ..Settings::default() };
        let gateway = Gateway::kept(settings, &home.join("world.json")).unwrap();
        (gateway.clone(), Server::start(gateway, address).unwrap())
    }

    fn restarted(self, jobs_never_end: bool) -> Self {
        let Self { home, transport, gateway, server } = self;
        let address = server.address();
        drop((gateway, server));
        let (gateway, server) = Self::served(home.path(), jobs_never_end, address);
        Self { home, transport, gateway, server }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn text(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// A command line in a folder, which is to end so.
    #[track_caller]
    fn run(&self, folder: impl AsRef<Path>, config: &str, words: &[&str], code: i32) -> Value {
        let at = endpoint(&self.server, self.transport);
        let common = ["--transport", self.transport, "--endpoint", &at, "--output", "json", "--config", config];
        let mut command = command(self.home.path(), &[words, &common].concat());
        let output = command.current_dir(self.path("").join(folder)).output().unwrap();
        assert_eq!(exit(&output), code, "{words:?}: {}", stderr(&output));
        json(&output)
    }

    #[track_caller]
    fn ends(&self, folder: impl AsRef<Path>, words: &[&str], code: i32) -> Value {
        self.run(folder, &self.text("config.toml"), words, code)
    }

    /// What a hook was told of the folder that is `a/certs/web`.
    fn told_once(&self) -> String {
        let folder = self.text("a/certs/web");
        format!("{folder} {folder}/cert.pem {folder}/fullchain.pem\n")
    }
}

/// The next run and `resume` find the key, and put the certificate where servers read it.
#[test]
fn what_was_interrupted_elsewhere_is_carried_on_with() {
    for transport in ["xml", "json"] {
        for with_key in [true, false] {
            for is_renewal in [true, false] {
                let world = World::new(transport);
                let (csr, config) = (csr(), world.text("config.toml"));
                let key: &[&str] = if with_key { &["--new-key"] } else { &["--csr", &csr] };
                let into = |out: &'static str| [&["reissue", "571"][..], key, &["--out", out]].concat();
                world.ends("a", &[&into("certs/web")[..], &["--deploy-hook", HOOK]].concat(), 0);
                let before = world.read("a/certs/web/cert.pem");
                let world = world.restarted(true);
                if is_renewal {
                    world.ends("a/certs", &["renew-due", "web", "--renew-before", "400d", "--timeout", "1s"], 6);
                } else {
                    world.ends("a/certs", &[&into("web")[..], &["--no-wait"]].concat(), 6);
                }
                let world = world.restarted(false);
                if is_renewal {
                    world.run("/", &config, &["renew-due", &world.text("a/certs")], 0);
                } else {
                    world.run("/", &config, &["resume"], 0);
                }
                assert_eq!(world.gateway.counts().orders, 0, "the order is carried on with");
                assert_ne!(world.read("a/certs/web/cert.pem"), before, "{transport} {with_key} {is_renewal}");
                if with_key {
                    let (key, certificate) = pair(&world.path("a/certs/web"));
                    assert_eq!(key, certificate);
                }
                assert!(!world.path("a/web").exists(), "another folder of that name");
                assert_eq!(world.read("a/told"), world.told_once().repeat(2));
            }
        }
    }
}

/// Its paths lead there, whatever folder it runs in. One that is given runs where it is given, and so do the files that are given start from there.
#[test]
fn a_hook_is_told_absolute_paths() {
    for transport in ["xml", "json"] {
        let world = World::new(transport);
        let first = ["reissue", "571", "--new-key", "--out", "certs/web", "--deploy-hook", HOOK];
        world.ends("a", &first, 0);
        let mut runs = 1;
        for words in [
            &["renew-due", "web", "--renew-before", "400d"][..],
            &["reissue", "571", "--new-key", "--out", "web"],
            &["rollback", "web"],
            &["fetch", "571", "--out", "web"],
        ] {
            world.ends("a/certs", words, 0);
            runs += 1;
            assert_eq!(world.read("a/told"), world.told_once().repeat(runs), "{words:?}");
        }
        assert!(!world.path("a/web").exists() && !world.path("a/certs/told").exists());
        secret(&world.path("a/certs/pass"), "geheim\n");
        let given = ["fetch", "571", "--out", "web", "--deploy-hook", HOOK, "--pkcs12", "--store-pass-file", "pass"];
        world.ends("a/certs", &given, 0);
        assert!(world.path("a/certs/web/bundle.p12").exists());
        assert_eq!(world.read("a/certs/told"), world.told_once());
        assert_eq!(world.read("a/told"), world.told_once().repeat(runs), "the earlier one is not run");
    }
}

/// The configuration's own folder may be called by a relative path, and the folders in it start from there.
#[test]
fn folders_of_a_relative_configuration() {
    let world = World::new("json");
    fs::create_dir_all(world.path("hk/c")).unwrap();
    fs::write(world.path("hk/c/config.toml"), "[live]\nrequests_per_second = 1000\ncertificates = [\"certs\"]\n")
        .unwrap();
    fs::write(world.path("hk/c/certificates.toml"), "[[certificate]]\nid = 571\nout = \"certs/h9\"\n").unwrap();
    let config = "hk/c/config.toml";
    let first = world.run("", config, &["apply", "hk/c/certificates.toml"], 0)["orders"][0]["order"]["id"].clone();
    let world = world.restarted(true);
    let due = ["renew-due", "--renew-before", "400d", "--timeout", "1s"];
    let second = world.run("", config, &due, 6)["orders"][0]["order"]["id"].clone();
    assert_ne!(first, second);
    let world = world.restarted(false);
    let carried_on = world.run("/", &world.text(config), &["resume"], 0);
    assert_eq!(carried_on["orders"][0]["order"]["id"], second, "{carried_on}");
    let (key, certificate) = pair(&world.path("hk/c/certs/h9"));
    assert_eq!(key, certificate);
    assert!(!world.path("hk/c/hk").exists() && !world.path("hk/c/certs/h9/pending").exists());
    world.run("", config, &["renew-due"], 8);
}

/// What else is said of one that is under care does not move its hook.
#[test]
fn adopted_again_from_another_folder() {
    if !has_openssl() {
        return;
    }
    let here = Here::new("json", Settings::default());
    let made = issued(here.home.path(), &here.server, "own.example");
    lay(&made, &["cert.pem"], &here.path("etc/site/cert.pem"), 0o644);
    lay(&made, &["key.pem"], &here.path("etc/site/key.pem"), 0o600);
    here.run(&["adopt", "etc/site", "--deploy-hook", HOOK], 0);
    let at = endpoint(&here.server, "json");
    let config = here.path("config.toml").display().to_string();
    let run = |words: &[&str]| {
        let common = ["--transport", "json", "--endpoint", &at, "--output", "json", "--config", &config];
        let mut command = command(here.home.path(), &[words, &common].concat());
        let output = command.current_dir(here.path("etc")).output().unwrap();
        assert_eq!(exit(&output), 0, "{words:?}: {}", stderr(&output));
    };
    run(&["adopt", "site", "--keep", "5"]);
    run(&["renew-due", "site", "--renew-before", "400d"]);
    let folder = here.path("etc/site").display().to_string();
    assert_eq!(here.read("told"), format!("{folder} {folder}/cert.pem {folder}/fullchain.pem\n"));
    assert!(!here.path("etc/told").exists());
    let record: Value = serde_json::from_str(&here.read("etc/site/current/about.json")).unwrap();
    let settings = &record["settings"];
    assert_eq!(settings["keep"], 5);
    assert_eq!(settings["working_folder"].as_str().map(Path::new), Some(here.home.path()));
}
