//! nginx as a proxy, for benches.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{Failure, repository};

const START: Duration = Duration::from_secs(10);

/// A proxy in front of an address, ended with this value.
pub(super) struct Nginx {
    process: Child,
    config: PathBuf,
    pub(super) address: String,
}

impl Nginx {
    /// `None` where it is not installed.
    pub(super) fn start(behind: &str) -> Result<Option<Self>, Failure> {
        if Command::new("nginx").arg("-v").stderr(Stdio::null()).status().is_err() {
            return Ok(None);
        }
        // It does not choose a port by itself: one that is free a moment before will do.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.map_err(|why| format!("127.0.0.1: {why}"))?.to_string();
        let folder = repository::root().join("target").join("bench-nginx");
        let config = folder.join("nginx.conf");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&config, configuration(&address, behind)));
        written.map_err(|why| format!("{}: {why}", config.display()))?;
        let process = command(&config).stderr(Stdio::null()).spawn().map_err(|why| format!("nginx: {why}"))?;
        let nginx = Self { process, config, address };
        let until = Instant::now() + START;
        while TcpStream::connect(&nginx.address).is_err() {
            if Instant::now() > until {
                return Err(format!("nginx does not listen on {}", nginx.address));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(nginx))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers end with it only where it is told.
        let _ = command(&self.config).args(["-s", "stop"]).stderr(Stdio::null()).status();
        let until = Instant::now() + START;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        // One that did not hear it, such as one that had not begun to listen.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(config: &PathBuf) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(config.with_file_name("")).arg("-c").arg(config);
    command
}

/// Keeps its connections on both sides, as the bridge does.
fn configuration(address: &str, behind: &str) -> String {
    format!(
        "daemon off; worker_processes auto; pid nginx.pid; error_log error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
           access_log off; keepalive_requests 1000000;\n\
           client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
           upstream simulator {{ server {behind}; keepalive 64; keepalive_requests 1000000; }}\n\
           server {{ listen {address}; location / {{ proxy_pass http://simulator; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $http_host; }} }}\n\
         }}\n"
    )
}
