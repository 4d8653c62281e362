//! Running the real binary.

use std::{
    fs,
    io::{self, Write},
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use certgate_keys::{KeyType, PrivateKey, Subject};
use certgate_simulator::{Gateway, Server, Settings};
use serde_json::Value;
use tempfile::TempDir;

use super::schema;

pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

pub(crate) fn csr() -> String {
    fixture("_keys/example.com.csr").display().to_string()
}

/// The binary with an environment and a store of its own.
pub(crate) fn certgate(arguments: &[&str], stdin: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    certgate_in(folder.path(), arguments, stdin)
}

/// The binary with its home, and so its store, in that folder.
pub(crate) fn certgate_in(home: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut command = command(home, arguments);
    told_on_stdin(&mut command, stdin)
}

/// Runs a command with that on its standard input. One that ended before it was told has closed it.
pub(crate) fn told_on_stdin(command: &mut Command, text: &str) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Err(why) = child.stdin.take().unwrap().write_all(text.as_bytes()) {
        assert_eq!(why.kind(), std::io::ErrorKind::BrokenPipe, "{why}");
    }
    child.wait_with_output().unwrap()
}

/// The binary in an environment of its own.
pub(crate) fn bare(home: &Path) -> Command {
    within(home, Command::new(env!("CARGO_BIN_EXE_certgate")))
}

/// A program in an environment that holds its home, and what makes it see the date that the test sees (`cargo xtask calendar`).
pub(crate) fn within(home: &Path, mut command: Command) -> Command {
    command.env_clear().env("HOME", home);
    let of_the_date = |name: &str| name == "LD_PRELOAD" || name == "TZ" || name.starts_with("FAKETIME");
    command.envs(std::env::vars().filter(|(name, _)| of_the_date(name)));
    command
}

/// The same with an account, to be run by the caller.
pub(crate) fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = with_account(bare(home));
    command.args(arguments).env("TMPDIR", std::env::temp_dir());
    command
}

/// A command with the simulator's account, and what is on the path.
pub(crate) fn with_account(mut command: Command) -> Command {
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("CERTGATE_USER", "user").env("CERTGATE_CONTEXT", "9").env("CERTGATE_PASSWORD", "password");
    command
}

/// A command of the shell in that folder, with the simulator's account; `certgate` is the binary.
pub(crate) fn shell(home: &Path, command: &str) -> Command {
    let mut shell = with_account(within(home, Command::new("sh")));
    let certgate = Path::new(env!("CARGO_BIN_EXE_certgate")).parent().unwrap();
    shell.env("PATH", format!("{}:{}", certgate.display(), std::env::var("PATH").unwrap()));
    shell.args(["-c", command]).current_dir(home);
    shell
}

/// A folder's files, copied.
pub(crate) fn copy(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|file| file.unwrap()) {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    to.to_owned()
}

/// A file with its first such text replaced.
pub(crate) fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} in {}", path.display());
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

/// Asks a process to stop, as Ctrl-C does.
#[cfg(unix)]
pub(crate) fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Looks again and again until something is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !so() {
        assert!(Instant::now() < end, "it did not happen: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn exit(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What came of a command, which is to have ended with that code.
#[track_caller]
pub(crate) fn ended(output: Output, code: i32) -> Output {
    assert_eq!(exit(&output), code, "{}", stderr(&output));
    output
}

pub(crate) fn json(output: &Output) -> Value {
    let document = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?} {}", output, String::from_utf8_lossy(&output.stderr)));
    schema::check(&document);
    document
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn serve(settings: Settings) -> (Gateway, Server) {
    let gateway = Gateway::with(settings);
    let server = Server::start(gateway.clone(), "127.0.0.1:0".parse().unwrap()).unwrap();
    (gateway, server)
}

pub(crate) fn endpoint(server: &Server, transport: &str) -> String {
    if transport == "xml" { server.xml_endpoint() } else { server.json_endpoint() }
}

/// A batch that reissues so many certificates of the simulator, all fields given.
pub(crate) fn write_batch(folder: &Path, count: usize) -> String {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let mut rows = "id,csr,product,name,admin,technical,software,lifetime,method,provisioning,out\n".to_owned();
    for number in 0..count {
        let name = format!("host-{number:06}.example.org");
        let subject = Subject { common_name: name.clone(), ..Subject::default() };
        let csr = key.request(&subject, std::slice::from_ref(&name)).unwrap();
        fs::write(folder.join(format!("{name}.csr")), csr).unwrap();
        rows +=
            &format!("{},{name}.csr,QUICKSSLPREMIUM,{name},1120,100,APACHE2,12,dns,true,out/{name}\n", 10_000 + number);
    }
    fs::write(folder.join("batch.csv"), rows).unwrap();
    folder.join("batch.csv").display().to_string()
}

/// A profile without the gateway's pace.
pub(crate) fn fast(folder: &Path) -> String {
    paced(folder, 1000)
}

/// A profile with that pace.
pub(crate) fn paced(folder: &Path, per_second: usize) -> String {
    fs::write(folder.join("config.toml"), format!("[live]\nrequests_per_second = {per_second}\n")).unwrap();
    folder.join("config.toml").display().to_string()
}

/// The binary in that folder, which is its home too.
pub(crate) fn run(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).current_dir(home).output().unwrap()
}

/// A command line against a gateway, over that protocol.
pub(crate) fn arguments(home: &Path, server: &Server, transport: &str, command: &[&str]) -> Vec<String> {
    let at = endpoint(server, transport);
    let config = fast(home);
    let common = ["--transport", transport, "--endpoint", &at, "--output", "json", "--config", &config];
    command.iter().chain(&common).map(|word| (*word).to_owned()).collect()
}

/// What it does in that folder.
pub(crate) fn at(home: &Path, server: &Server, transport: &str, command: &[&str]) -> Output {
    let arguments = arguments(home, server, transport, command);
    run(home, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same, started, whatever it says.
pub(crate) fn started(home: &Path, server: &Server, transport: &str, command: &[&str]) -> Child {
    let arguments = arguments(home, server, transport, command);
    let mut run = self::command(home, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    run.current_dir(home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs it as a user who may not read and write all: nobody, to whom the folder is given, where root runs it. The error of the start, where that user
/// may not run the binary.
pub(crate) fn not_as_root(home: &Path, server: &Server, transport: &str, words: &[&str]) -> io::Result<Output> {
    let words = arguments(home, server, transport, words);
    let mut command = command(home, &words.iter().map(String::as_str).collect::<Vec<_>>());
    command.current_dir(home).env("TMPDIR", home);
    if rustix::process::geteuid().is_root() {
        chown(home, Some(65534), Some(65534)).unwrap();
        command.uid(65534).gid(65534);
    }
    command.output()
}

/// How it ends: the exit code, the document, what is said on stderr.
pub(crate) fn told(home: &Path, server: &Server, transport: &str, command: &[&str]) -> (i32, Value, String) {
    let output = at(home, server, transport, command);
    (exit(&output), json(&output), stderr(&output))
}

/// A folder, a gateway, and certgate in the one against the other over one protocol.
pub(crate) struct Here {
    pub(crate) home: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) server: Server,
    pub(crate) transport: &'static str,
}

impl Here {
    pub(crate) fn new(transport: &'static str, settings: Settings) -> Self {
        let (gateway, server) = serve(settings);
        Self { home: tempfile::tempdir().unwrap(), gateway, server, transport }
    }

    pub(crate) fn at(&self, command: &[&str]) -> Output {
        at(self.home.path(), &self.server, self.transport, command)
    }

    /// What a command does that is to end with that code.
    #[track_caller]
    pub(crate) fn ends(&self, command: &[&str], code: i32) -> Output {
        ended(self.at(command), code)
    }

    /// The document that it prints, and what it says on stderr.
    #[track_caller]
    pub(crate) fn run(&self, command: &[&str], code: i32) -> (Value, String) {
        let output = self.ends(command, code);
        (json(&output), stderr(&output))
    }

    /// The options by which a command that is shown comes to the same account.
    pub(crate) fn options(&self) -> String {
        format!(" --config {}", self.path("config.toml").display())
    }

    /// What a command does that is shown to be copied.
    pub(crate) fn copied(&self, command: &str) -> Output {
        let mut shell = shell(self.home.path(), command);
        shell.env("CERTGATE_TRANSPORT", self.transport);
        shell.env("CERTGATE_ENDPOINT", endpoint(&self.server, self.transport)).output().unwrap()
    }

    pub(crate) fn told(&self, command: &[&str]) -> (i32, Value, String) {
        told(self.home.path(), &self.server, self.transport, command)
    }

    pub(crate) fn started(&self, command: &[&str]) -> Child {
        started(self.home.path(), &self.server, self.transport, command)
    }

    /// How many orders the gateway has taken.
    pub(crate) fn orders(&self) -> usize {
        self.gateway.counts().orders
    }

    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.home.path().join(path)
    }

    pub(crate) fn read(&self, path: impl AsRef<Path>) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }
}

pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The public keys of key and certificate in a folder, as openssl reads them.
pub(crate) fn pair(folder: &Path) -> (String, String) {
    let (key, certificate) = (
        openssl(folder, &["pkey", "-in", "key.pem", "-pubout"]),
        openssl(folder, &["x509", "-in", "cert.pem", "-noout", "-pubkey"]),
    );
    assert!(key.0 && certificate.0, "{}", folder.display());
    (key.1, certificate.1)
}

/// A file that nobody else can read.
#[cfg(unix)]
pub(crate) fn secret(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}
