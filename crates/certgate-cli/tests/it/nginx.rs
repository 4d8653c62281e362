//! A real nginx that a hook has read its files again: done means served, by the right one of two virtual hosts.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use certgate_simulator::{Server, Settings};
use certgate_testing::at_free_port;
use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::support::{
    binary::{at, exit, serve, told, until},
    tls_server::has_ipv6,
};

/// nginx, with a configuration of its own below a folder. It ends with this.
struct Nginx {
    child: Child,
    /// Has it read its files again.
    reload: String,
}

impl Nginx {
    /// Where nginx is: also where only root has it on the path. None where it is not installed, which is said.
    #[allow(clippy::print_stderr, reason = "a test that is left out is not left out in silence")]
    fn program() -> Option<&'static str> {
        let there = |program: &&str| {
            Command::new(program).arg("-v").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let found = ["nginx", "/usr/sbin/nginx"].into_iter().find(there);
        if found.is_none() {
            eprintln!("SKIPPED: nginx is not installed");
        }
        found
    }

    /// Serves the certificates of these folders on these addresses, each by its name, the first to who asks for none; with the port.
    fn start(program: &str, home: &Path, addresses: &[&str], hosts: &[(&str, &str)]) -> (Self, u16) {
        at_free_port(|port| Ok((Self::start_at(program, home, port, addresses, hosts)?, port)))
    }

    /// The same at that port; what it says where somebody else has it.
    fn start_at(
        program: &str,
        home: &Path,
        port: u16,
        addresses: &[&str],
        hosts: &[(&str, &str)],
    ) -> Result<Self, String> {
        let listen: String = addresses.iter().map(|address| format!("listen {address}:{port} ssl;")).collect();
        let server = |(name, folder): &(&str, &str)| {
            format!(
                "server {{ {listen} server_name {name}; ssl_certificate {folder}/fullchain.pem; \
                 ssl_certificate_key {folder}/key.pem; return 204; }}"
            )
        };
        let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders: String = kinds.iter().map(|kind| format!("{kind}_temp_path {kind};")).collect();
        let hosts: String = hosts.iter().map(server).collect();
        let configuration = format!(
            "daemon off; pid nginx.pid; error_log stderr; events {{}} http {{ access_log off; {folders} {hosts} }}"
        );
        let file = home.join("nginx.conf");
        fs::write(&file, configuration).unwrap();
        let started =
            [program, "-p", &home.display().to_string(), "-c", &file.display().to_string()].map(str::to_owned);
        let log = fs::File::create(home.join("nginx.log")).unwrap();
        let child =
            Command::new(program).args(&started[1..]).stdin(Stdio::null()).stderr(log).stdout(Stdio::null()).spawn();
        let mut nginx = Self { child: child.unwrap(), reload: format!("{} -s reload 2>/dev/null", started.join(" ")) };
        // It notes its number once it listens, and ends where it cannot.
        let (mut listens, mut has_ended) = (false, false);
        until("nginx listens, or ends", || {
            listens = fs::read_to_string(home.join("nginx.pid")).is_ok_and(|number| number.ends_with('\n'));
            has_ended = nginx.child.try_wait().unwrap().is_some();
            listens || has_ended
        });
        listens.then_some(nginx).ok_or_else(|| fs::read_to_string(home.join("nginx.log")).unwrap())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, the master would leave its workers behind.
        let stopped = Command::new("kill").arg(self.child.id().to_string()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

struct Company<'h> {
    home: &'h Path,
    server: Server,
}

impl Company<'_> {
    fn told(&self, transport: &str, command: &[&str]) -> (i32, Value) {
        let (code, document, _) = told(self.home, &self.server, transport, command);
        (code, document)
    }

    /// The serial number that is served there for the certificate of a folder, and how the look ended.
    fn served(&self, at: &str, folder: &str) -> (i32, String) {
        let (code, document) = self.told("json", &["verify", at, "--installed", folder]);
        (code, document["served"][0]["serialNumber"].as_str().unwrap_or_default().to_owned())
    }
}

#[test]
fn done_means_served_by_nginx() {
    let Some(program) = Nginx::program() else { return };
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (_gateway, server) = serve(Settings { more_certificates: 1, ..Settings::default() });
        let company = Company { home: home.path(), server };
        for (id, folder) in [("571", "live"), ("10000", "other")] {
            assert_eq!(company.told(transport, &["reissue", id, "--new-key", "--out", folder]).0, 0);
        }
        let mut addresses = vec!["127.0.0.1"];
        if has_ipv6() {
            addresses.push("[::1]");
        }
        let hosts = [("host-000000.example.org", "other"), ("example.com", "live")];
        let (nginx, port) = Nginx::start(program, home.path(), &addresses, &hosts);
        let addresses: Vec<String> = addresses.iter().map(|address| format!("{address}:{port}")).collect();
        // One address, two names.
        let before = addresses.iter().map(|at| company.served(at, "live")).collect::<Vec<_>>();
        assert!(before.iter().all(|(code, serial)| *code == 0 && *serial == before[0].1), "{before:?}");
        let other = company.served(&addresses[0], "other");
        assert!(other.0 == 0 && other.1 != before[0].1, "{other:?} {before:?}");
        let (code, document) = company
            .told("json", &["verify", &addresses[0], "--installed", "live", "--name", "host-000000.example.org"]);
        assert_eq!((code, &document["served"][0]["kind"]), (10, &"check failed".into()), "{document}");

        let verify: Vec<&str> = addresses.iter().flat_map(|at| ["--verify", at]).collect();
        let reissue = |hook: &str| {
            let order = ["reissue", "571", "--new-key", "--out", "live", "--deploy-hook", hook];
            let (code, document) = company.told(transport, &[&order[..], &verify].concat());
            (code, document["deployment"]["state"].as_str().unwrap().to_owned())
        };
        assert_eq!(reissue(&nginx.reload), (0, "deployed".to_owned()));
        let after = company.served(&addresses[0], "live");
        assert!(after.0 == 0 && after.1 != before[0].1, "{after:?} {before:?}");
        // A hook that ends well and reloads nothing.
        assert_eq!(reissue("true"), (11, "failed".to_owned()));
        assert_eq!(company.served(&addresses[0], "live"), (10, after.1.clone()), "nginx has what it read before");
        let (_, document) = company.told(transport, &["status", "live", "--check", "--served"]);
        assert_eq!(document["check"]["level"], "warning", "{document}");
        let (code, document) = company.told(transport, &["renew-due", "live", "--deploy-hook", &nginx.reload]);
        assert_eq!((code, &document["orders"][0]["action"]), (0, &"redeploy".into()), "{document}");
        let last = company.served(&addresses[0], "live");
        assert!(last.0 == 0 && last.1 != after.1, "{last:?}");
        let watch = ["status", "live", "--prometheus", "metrics", "--served"];
        let code = exit(&at(company.home, &company.server, transport, &watch));
        let metrics = fs::read_to_string(home.path().join("metrics")).unwrap();
        let served = metrics.lines().filter(|line| line.starts_with("certgate_installed_served{")).collect::<Vec<_>>();
        assert!(code == 0 && served.len() == addresses.len(), "{metrics}");
        assert!(served.iter().all(|line| line.ends_with(" 1")), "{served:?}");
        // nginx is gone: nobody answers.
        drop(nginx);
        assert_eq!(company.told(transport, &["verify", "live"]).0, 5);
    }
}
