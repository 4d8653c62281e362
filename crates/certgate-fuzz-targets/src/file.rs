//! Files and folders that somebody else may have written.

use std::{fs, path::Path};

use certgate::{
    Overrides, Redactor, Settings, batch,
    config::{Origin, Setting},
    estate::read_declared,
    tape::{self, Tape},
};
use certgate_domain::{Credentials, Secret};
use tempfile::TempDir;

thread_local! {
    /// One folder a thread: a new one for each of millions of inputs would cost more than reading them.
    static FOLDER: TempDir = tempfile::tempdir().unwrap();
}

/// Writes a file and has it read.
fn with_file(name: &str, data: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let path = folder.path().join(name);
        fs::write(&path, data).unwrap();
        read(&path);
    });
}

/// The index, and behind a NUL each a file's name, a line end, and what the file holds. Nothing is written elsewhere, whatever the
/// names say.
pub(crate) fn tape(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = data.split(|byte| *byte == 0);
    let index = parts.next().unwrap_or_default();
    fs::write(folder.path().join("tape.jsonl"), index).unwrap();
    for part in parts {
        let Some(at) = part.iter().position(|byte| *byte == b'\n') else { continue };
        let (name, body) = part.split_at(at);
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.".contains(byte);
        if name.iter().all(is_plain) && name.first().is_some_and(u8::is_ascii_alphanumeric) && name.len() < 100 {
            let name = String::from_utf8_lossy(name);
            fs::write(folder.path().join(name.as_ref()), &body[1..]).unwrap();
        }
    }
    let secrets = Redactor::new(&Credentials::new("user", Secret::new("password-x"), "9"));
    let checked = tape::check(folder.path(), None, &secrets);
    let replayed = Tape::replay(folder.path());
    if let Ok(checked) = checked {
        let is_fit = checked.iter().all(|one| one.problems.is_empty());
        assert!(!checked.is_empty() && (!is_fit || replayed.is_ok()), "{replayed:?}");
        let texts = checked.iter().flat_map(|one| &one.problems);
        texts.for_each(|text| assert!(!text.contains("password-x"), "{text}"));
    }
}

pub(crate) const BATCHES: &[&str] = &[
    "t[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"certs\"\nlifetime = 12\n[[order]]\nproduct = \"X\"\naction = \"create\"\n",
    "cid,csr,product,name,admin,technical,out\n571,a.csr,,,,,certs/a\n,b.csr,X,example.com,1120,1120,\n",
    "cID;csr;action\r\n571;\"a;b.csr\";renew\r\n",
    "j{\"id\":571,\"csr\":\"a.csr\",\"method\":\"dns\",\"provisioning\":true}\n\n{\"product\":\"X\"}\n",
];

/// A batch of any of its three kinds, by the first byte.
pub(crate) fn batch(data: &[u8]) {
    let Some((kind, text)) = data.split_first() else { return };
    let name = match kind % 3 {
        0 => "batch.csv",
        1 => "batch.jsonl",
        _ => "batch.toml",
    };
    with_file(name, text, |path| {
        // Whoever runs this may have profiles.
        let config = path.with_file_name("profiles.toml");
        fs::write(&config, "[team]\nuser = \"u\"\n").unwrap();
        match batch::read(path, Some(&config)) {
            Ok(orders) => assert!(!orders.is_empty()),
            Err(why) => assert!(why.to_string().contains(name), "{why}"),
        }
    });
}

pub(crate) const DECLARED: &[&str] = &[
    "[defaults]\nadmin = 1120\ntechnical = 1120\nlifetime = 12\n[[certificate]]\nid = 571\nout = \"certs/web\"\nkey_type = \"p256\"\nrenew_before = \"1/3\"\n",
    "[[certificate]]\nname = \"example.com\"\nnames = [\"www.example.com\"]\nout = \"a\"\nproduct = \"X\"\nformats = [\"pkcs12\"]\n\
     deploy_hook = \"true\"\nverify = [\"localhost:443\"]\nrenew_before = \"30d\"\nfile_owner = \"root\"\n",
    "[[certificate]]\nid = 1\nid = 2\n",
];

/// The declared certificates.
pub(crate) fn declared(data: &[u8]) {
    with_file("certificates.toml", data, |path| {
        if let Err(why) = read_declared(path, None) {
            assert!(why.to_string().contains("certificates.toml"), "{why}");
        }
    });
}

pub(crate) const PROFILES: &[&str] = &[
    "[live]\nuser = \"u\"\ncontext = 9\npassword_command = \"pass certgate\"\n",
    "[live]\ntransport = \"xml\"\nxml_endpoint = \"https://localhost/\"\nproxy = \"http://proxy.example:3128\"\nstand_ins = [\"names\"]\n\
     certificates = [\"a\"]\nrequests_per_second = 1\nbody_limit = 100\nsettle_after = \"15m\"\n[live.timeouts]\nconnect = \"2s\"\n",
    "[other]\nlanguage = \"de\"\n[live]\npassword = \"password-x\"\n",
];

/// A configuration file. What is wrong with it is said with its place, and a password in it is not shown.
pub(crate) fn profile(data: &[u8]) {
    with_file("config.toml", data, |path| {
        let config = Some(Setting { value: path.to_owned(), origin: Origin::Argument("--config".to_owned()) });
        match Settings::resolve(&Overrides { config, ..Overrides::default() }) {
            Ok(settings) => drop((settings.http(), settings.options(), settings.longest())),
            Err(why) => assert!(!why.to_string().contains("password-x"), "{why}"),
        }
    });
}
