//! A pool of connections before a cluster.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Cluster, Role, at_free_port,
    postgres::{DATABASE, as_owner_of, on_path, read_log},
};

/// A PgBouncer before a cluster, ended with this value.
pub struct Pool {
    process: Child,
    port: u16,
}

impl Pool {
    /// Whether it is installed.
    pub fn is_installed() -> bool {
        program().is_some()
    }

    /// Starts one in that mode, `transaction` or `session`. `None` where it is not installed.
    pub fn start(cluster: &Cluster, role: &Role, mode: &str) -> Option<Self> {
        let program = program()?;
        let file = |name: &str| cluster.folder().join(format!("{}-{mode}-{name}", role.name));
        let [users, settings, log] = [file("users"), file("pgbouncer.ini"), file("log")];
        fs::write(&users, format!("\"{}\" \"{}\"\n", role.name, Role::PASSWORD)).unwrap();
        Some(at_free_port(|port| {
            let (server, users, logfile) = (role.port, users.display(), log.display());
            let text = format!(
                "[databases]\n{DATABASE} = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {users}\nlogfile = {logfile}\n\
                 pool_mode = {mode}\nserver_tls_sslmode = prefer\n"
            );
            fs::write(&settings, text).unwrap();
            let mut command = as_owner_of(cluster.folder(), Path::new(&program));
            command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut pool = Self { process: command.spawn().unwrap(), port };
            // It says so once it listens, and ends where it cannot.
            let until = Instant::now() + Duration::from_secs(60);
            while !read_log(&log).contains("process up") {
                if pool.process.try_wait().unwrap().is_some() || Instant::now() > until {
                    return Err(read_log(&log));
                }
                thread::sleep(Duration::from_millis(5));
            }
            Ok(pool)
        }))
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn program() -> Option<PathBuf> {
    let debian = PathBuf::from("/usr/sbin/pgbouncer");
    on_path("pgbouncer").or_else(|| debian.is_file().then_some(debian))
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
