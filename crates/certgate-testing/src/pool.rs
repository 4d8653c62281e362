//! A pool of connections before a cluster.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Cluster, Role,
    postgres::{DATABASE, as_owner_of, on_path},
};

/// A PgBouncer before a cluster, ended with this value.
pub struct Pool {
    process: Child,
    port: u16,
}

impl Pool {
    /// Starts one in that mode, `transaction` or `session`. `None` where it is not installed.
    pub fn start(cluster: &Cluster, role: &Role, mode: &str) -> Option<Self> {
        let debian = PathBuf::from("/usr/sbin/pgbouncer");
        let program = on_path("pgbouncer").or_else(|| debian.is_file().then_some(debian))?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = |name: &str| cluster.folder().join(format!("{}-{mode}-{name}", role.name));
        let [users, settings] = [file("users"), file("pgbouncer.ini")];
        fs::write(&users, format!("\"{}\" \"{}\"\n", role.name, Role::PASSWORD)).unwrap();
        let (server, users) = (role.port, users.display());
        let text = format!(
            "[databases]\n{DATABASE} = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {users}\npool_mode = {mode}\n"
        );
        fs::write(&settings, text).unwrap();
        let mut pool = as_owner_of(cluster.folder(), Path::new(&program));
        let process =
            pool.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "PgBouncer does not listen");
            thread::sleep(Duration::from_millis(5));
        }
        Some(Self { process, port })
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
