//! A PostgreSQL of the tests' own: a cluster in a scratch folder, on a port of loopback.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;

use crate::at_free_port;

/// A running cluster. It is stopped and removed when this value is dropped, and when the process ends, however it ends.
pub struct Cluster {
    /// Ends with its standard input, and the cluster with it.
    watcher: Child,
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
}

/// A role of a cluster that owns one schema, and nothing else.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name, and its schema's.
    pub name: String,
    /// The cluster's port on loopback.
    pub port: u16,
}

/// The database in which roles have their schemas.
pub(crate) const DATABASE: &str = "certgate";
/// The one who made the cluster, and may do everything in it.
const SUPERUSER: &str = "super";

impl Role {
    /// The password of every role.
    pub const PASSWORD: &'static str = "pässword:\\";

    /// The URL of its schema, without TLS.
    pub fn url(&self) -> String {
        self.url_over(&format!("127.0.0.1:{}", self.port))
    }

    /// The same behind another address, such as a proxy's.
    pub fn url_over(&self, address: &str) -> String {
        format!("postgres://{}@{address}/{DATABASE}?sslmode=disable", self.name)
    }
}

impl Cluster {
    /// Whether a PostgreSQL is installed.
    pub fn is_installed() -> bool {
        programs().is_some()
    }

    /// The cluster of this process. `None` where no PostgreSQL is installed or can be started; then the caller leaves something
    /// out, and that is said on stderr with how much has been left out so far, past what a test harness captures.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        static LEFT_OUT: AtomicUsize = AtomicUsize::new(0);
        let shared = SHARED.get_or_init(|| Self::start(false)).as_ref();
        if shared.is_none() {
            let number = LEFT_OUT.fetch_add(1, Ordering::Relaxed) + 1;
            let _ = writeln!(io::stderr(), "left out: {number} over PostgreSQL, which is not installed here");
        }
        shared
    }

    /// Starts a cluster. One that is not durable forgets what it was told when the machine stops, and is faster. `None` where
    /// no PostgreSQL is installed, or none for a user other than root where root asks.
    pub fn start(is_durable: bool) -> Option<Self> {
        let programs = programs()?;
        let folder = TempDir::new().unwrap().keep();
        let user = user_beside_root(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(folder.join("password"), Role::PASSWORD).unwrap();
        if let Some((user, group)) = user {
            for path in [folder.join("password"), folder.clone()] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        let mut init = as_owner_of(&folder, &programs.join("initdb"));
        init.args(["--no-sync", "--encoding", "UTF8", "--no-locale", "--auth", "scram-sha-256"]);
        init.args(["--username", SUPERUSER, "--pwfile"])
            .arg(folder.join("password"))
            .arg("-D")
            .arg(folder.join("data"));
        done(&mut init);
        let mut settings = String::from(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nshared_buffers = '16MB'\nmax_connections = 100\n",
        );
        if !is_durable {
            settings += "fsync = off\nfull_page_writes = off\n";
        }
        let file = folder.join("data/postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
        file.write_all(settings.as_bytes()).unwrap();
        let mut script = as_owner_of(&folder, Path::new("/bin/sh"));
        script.args(["-c", "cat >/dev/null; \"$0\" -D \"$1/data\" -m immediate stop; cd /; rm -rf \"$1\""]);
        script.arg(programs.join("pg_ctl")).arg(&folder);
        // What ends the tests' whole group, such as timeout(1), must not end who cleans up after them.
        script.process_group(0);
        let watcher = script.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut cluster = Self { watcher, folder, programs, port: 0 };
        cluster.port = at_free_port(|port| {
            // The last one counts.
            writeln!(file, "port = {port}").unwrap();
            let is_started = cluster.controlling("start").status().unwrap().success();
            is_started.then_some(port).ok_or_else(|| read_log(&cluster.folder.join("log")))
        });
        cluster.run("postgres", &format!("CREATE DATABASE {DATABASE}"));
        Some(cluster)
    }

    /// A new role with a schema of its own, which is empty.
    pub fn role(&self) -> Role {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        // Several processes may share a cluster.
        let name = format!("role_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!(
            "CREATE ROLE {name} LOGIN PASSWORD '{}'; CREATE SCHEMA AUTHORIZATION {name}",
            Role::PASSWORD
        ));
        Role { name, port: self.port }
    }

    /// Runs statements as the superuser, in the database of the roles. What it prints, a row a line, columns parted by `|`.
    pub fn execute(&self, sql: &str) -> String {
        self.run(DATABASE, sql)
    }

    /// Runs statements as a role, in its schema.
    pub fn execute_as(&self, role: &Role, sql: &str) -> String {
        self.execute(&format!("SET ROLE {0}; SET search_path = {0}; {sql}", role.name))
    }

    /// Stops the server at once, as a power cut would, and starts it again.
    pub fn restart(&self) {
        self.control("restart");
    }

    /// Has the server speak TLS too, with that certificate and key (PEM).
    pub fn speak_tls(&self, certificate: &str, key: &str) {
        let data = self.folder.join("data");
        let owner = fs::metadata(&self.folder).unwrap();
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            fs::write(data.join(name), text).unwrap();
            fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600)).unwrap();
            chown(data.join(name), Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        self.execute("ALTER SYSTEM SET ssl = on");
        self.control("reload");
    }

    /// Its scratch folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn control(&self, action: &str) {
        done(&mut self.controlling(action));
    }

    fn controlling(&self, action: &str) -> Command {
        let mut control = as_owner_of(&self.folder, &self.programs.join("pg_ctl"));
        control.args(["-w", "-t", "60", "-m", "immediate", "-D"]).arg(self.folder.join("data"));
        // The server must not hold the pipe that `done` reads to its end.
        control.arg("-l").arg(self.folder.join("log")).arg(action);
        control.stdin(Stdio::null()).stdout(Stdio::null());
        control
    }

    fn run(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1"]);
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", SUPERUSER, "-d", database, "-c", sql]);
        psql.env("PGPASSWORD", Role::PASSWORD).env("PGCLIENTENCODING", "UTF8");
        String::from_utf8(done(&mut psql).stdout).unwrap().trim_end().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// The folder of the server's programs: what the path leads to, else the newest that Debian has installed.
fn programs() -> Option<PathBuf> {
    const NEEDED: [&str; 4] = ["initdb", "pg_ctl", "postgres", "psql"];
    // A link leads to where the others are.
    let on_path = on_path("initdb").and_then(|initdb| Some(initdb.canonicalize().ok()?.parent()?.to_owned()));
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| {
            let version = version.ok()?;
            Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin")))
        })
        .collect();
    installed.sort_unstable();
    let installed = installed.into_iter().rev().map(|(_, folder)| folder);
    on_path.into_iter().chain(installed).find(|folder| NEEDED.iter().all(|program| folder.join(program).is_file()))
}

/// What a server wrote.
pub(crate) fn read_log(log: &Path) -> String {
    fs::read_to_string(log).unwrap_or_default()
}

/// A program that the path leads to.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The server runs as no root. `Some(None)`: whoever asks is no root; `None`: there is nobody else.
fn user_beside_root(own: &Path) -> Option<Option<(u32, u32)>> {
    if fs::metadata(own).unwrap().uid() != 0 {
        return Some(None);
    }
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let number = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(|number| number.parse().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    Some(Some(number("postgres").or_else(|| number("nobody"))?))
}

/// A program that runs as the owner of a folder.
pub(crate) fn as_owner_of(folder: &Path, program: &Path) -> Command {
    let owner = fs::metadata(folder).unwrap();
    let mut command = if owner.uid() == fs::metadata("/proc/self").map_or(owner.uid(), |own| own.uid()) {
        Command::new(program)
    } else {
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={}", owner.uid())).arg(format!("--regid={}", owner.gid())).arg("--clear-groups");
        command.arg(program);
        command
    };
    command.current_dir(folder).env("LC_ALL", "C").env("HOME", folder);
    command
}

/// Runs a command to its end, which is to be a good one.
fn done(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output
}
