//! `cargo xtask dist`: what is released, in `target/dist`: a static binary, an archive with all that goes with it, a Debian package, their sums and
//! what they are made of.

mod sbom;
mod units;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{
    Failure,
    ci::{POSTGRES, cargo, cargo_program, is_installed},
    repository,
};

/// Where the static binary runs: on any Linux of this processor.
const STATIC: &str = "x86_64-unknown-linux-musl";
/// What of the repository goes along: as it is called here, and in the archive.
const FILES: [(&str, &str); 10] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("SECURITY.md", "SECURITY.md"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("packaging/cron/certgate", "cron/certgate"),
    ("packaging/sysusers.d/certgate.conf", "sysusers.d/certgate.conf"),
    ("packaging/monitoring/alerts.yml", "monitoring/alerts.yml"),
    ("packaging/monitoring/alerts_test.yml", "monitoring/alerts_test.yml"),
    ("packaging/monitoring/dashboard.json", "monitoring/dashboard.json"),
];
/// The completions, as each shell looks for them.
const COMPLETIONS: [(&str, &str); 3] =
    [("bash", "completions/certgate.bash"), ("zsh", "completions/_certgate"), ("fish", "completions/certgate.fish")];
const SUMS: &str = "SHA256SUMS";

pub(crate) fn run(arguments: &[&str]) -> Result<(), Failure> {
    let (folder, (binary, platform), speed) = match arguments {
        [] => ("target/dist", released()?, None),
        // Nobody installs it: it shows whether all of it can be put together.
        ["--check"] => ("target/dist-check", tested()?, Some("--fast")),
        _ => return Err("usage: cargo xtask dist [--check]".to_owned()),
    };
    let folder = repository::root().join(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|why| at(&folder, why))?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("certgate-{version}-{platform}");
    let stage = folder.join(&name);
    copy(&binary, &stage.join("certgate"))?;
    // Where the container and the Debian package find it.
    copy(&binary, &folder.join("certgate"))?;
    put_together(&stage)?;
    let archive = archive(&folder, &name)?;
    let bill = format!("{name}.cdx.json");
    copy(&stage.join(sbom::FILE), &folder.join(&bill))?;
    let mut made = vec![archive, bill];
    made.extend(debian(&folder, &name, speed)?);
    let mut sums = program("sha256sum").args(&made).current_dir(&folder).output();
    fs::write(folder.join(SUMS), output("sha256sum", &mut sums)?).map_err(|why| at(&folder, why))?;
    check(&folder, &name)?;
    made.push(SUMS.to_owned());
    made.iter().for_each(|name| println!("{}", folder.join(name).display()));
    Ok(())
}

/// Builds the binary for release, static where that can be made here; gives the file and where it runs.
fn released() -> Result<(PathBuf, String), Failure> {
    let platform = match missing() {
        None => STATIC.to_owned(),
        Some(missing) => {
            let host = host()?;
            println!("not static, and so none for the container: {missing}; made for {host} instead");
            host
        }
    };
    cargo(&["build", "--release", "--locked", "--package", "certgate-cli", "--target", &platform], &[])?;
    Ok((repository::root().join("target").join(&platform).join("release/certgate"), platform))
}

/// The same with the binary that tests run.
fn tested() -> Result<(PathBuf, String), Failure> {
    cargo(&["test", "--locked", "--no-run", "--workspace", "--features", POSTGRES], &[])?;
    // Its tables of lines would take most of the time.
    let target = repository::root().join("target");
    let stripped = target.join("dist-check-certgate");
    let mut strip = program("strip");
    strip.arg("-o").args([&stripped, &target.join("debug/certgate")]);
    output("strip", &mut strip.output())?;
    Ok((stripped, host()?))
}

/// What is not here that a static binary needs. Parts of it are in C.
fn missing() -> Option<String> {
    let libraries = program("rustc").args(["--print", "target-libdir", "--target", STATIC]).output().ok()?;
    if !Path::new(String::from_utf8_lossy(&libraries.stdout).trim()).is_dir() {
        return Some(format!("the target {STATIC} is not installed (rustup target add {STATIC})"));
    }
    let compiler = std::env::var("CC_x86_64_unknown_linux_musl").unwrap_or_else(|_| "musl-gcc".to_owned());
    let runs = program(&compiler).arg("--version").output().is_ok_and(|output| output.status.success());
    (!runs).then(|| format!("`{compiler}` is not installed (on Debian: musl-tools)"))
}

fn host() -> Result<String, Failure> {
    let version = output("rustc", &mut program("rustc").arg("-vV").output())?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not say which machine this is".to_owned())
}

/// Everything beside the binary.
fn put_together(stage: &Path) -> Result<(), Failure> {
    let binary = stage.join("certgate");
    let root = repository::root();
    for (from, to) in FILES {
        copy(&root.join(from), &stage.join(to))?;
    }
    copy_all(&root.join("docs/src"), &stage.join("docs/src"))?;
    for unit in units::all()? {
        copy(&unit, &stage.join("systemd").join(unit.file_name().unwrap_or_default()))?;
    }
    let said = |arguments: &[&str]| output("certgate", &mut program(&binary).args(arguments).output());
    write(&stage.join("man/certgate.1"), &said(&["man"])?)?;
    for (shell, file) in COMPLETIONS {
        write(&stage.join(file), &said(&["completions", shell])?)?;
    }
    write(&stage.join(sbom::FILE), &sbom::of("certgate-cli")?)
}

/// One archive, the same bytes for the same contents.
fn archive(folder: &Path, name: &str) -> Result<String, Failure> {
    let archive = format!("{name}.tar.gz");
    let order =
        ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--use-compress-program=gzip -n"];
    let mut tar = program("tar");
    tar.args(order).args(["-cf", &archive, name]).current_dir(folder);
    output("tar", &mut tar.output())?;
    Ok(archive)
}

/// The Debian package, where somebody can make it: what goes into it stands in certgate-cli's Cargo.toml.
fn debian(folder: &Path, name: &str, speed: Option<&str>) -> Result<Option<String>, Failure> {
    if !is_installed("deb") {
        println!("left out: the Debian package, for cargo-deb is not installed (cargo install cargo-deb)");
        return Ok(None);
    }
    // Its metadata names these places, whatever was built.
    let assets = repository::root().join("target/debian-assets");
    if assets.exists() {
        fs::remove_dir_all(&assets).map_err(|why| at(&assets, why))?;
    }
    copy_all(&folder.join(name), &assets)?;
    let package = format!("certgate_{}-1_amd64.deb", env!("CARGO_PKG_VERSION"));
    let path = folder.join(&package).display().to_string();
    let mut arguments =
        vec!["deb", "--quiet", "--no-build", "--no-strip", "--package", "certgate-cli", "--output", &path];
    arguments.extend(speed);
    cargo(&arguments, &[])?;
    Ok(Some(package))
}

/// What was made is whole: it is unpacked elsewhere, and looked at.
fn check(folder: &Path, name: &str) -> Result<(), Failure> {
    output("sha256sum", &mut program("sha256sum").args(["--check", "--quiet", SUMS]).current_dir(folder).output())?;
    let unpacked = folder.join("unpacked");
    fs::create_dir_all(&unpacked).map_err(|why| at(&unpacked, why))?;
    let archive = format!("../{name}.tar.gz");
    output("tar", &mut program("tar").args(["-xf", &archive]).current_dir(&unpacked).output())?;
    let inside = unpacked.join(name);
    let version = output("certgate", &mut program(inside.join("certgate")).arg("--version").output())?;
    if version.trim() != format!("certgate {}", env!("CARGO_PKG_VERSION")) {
        return Err(format!("the binary is another version: {}", version.trim()));
    }
    let expected = FILES.iter().chain(&COMPLETIONS).map(|(_, file)| *file);
    for file in expected.chain(["man/certgate.1", "docs/src/introduction.md", sbom::FILE]) {
        let length = fs::metadata(inside.join(file)).map(|file| file.len()).unwrap_or_default();
        if length == 0 {
            return Err(format!("{name}.tar.gz: `{file}` is missing or empty"));
        }
    }
    sbom::check(&fs::read_to_string(inside.join(sbom::FILE)).map_err(|why| at(&inside, why))?)?;
    units::check(&inside.join("systemd"), &inside.join("certgate"))?;
    fs::remove_dir_all(&unpacked).map_err(|why| at(&unpacked, why))
}

fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    Command::new(name)
}

/// What a program printed, where it succeeded.
fn output(name: &str, run: &mut std::io::Result<Output>) -> Result<String, Failure> {
    match run {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(why) => Err(format!("{name} cannot be started: {why}")),
    }
}

/// What cargo knows of the packages, as JSON.
fn metadata() -> Result<serde_json::Value, Failure> {
    let mut cargo = program(cargo_program());
    cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", STATIC]);
    let text = output("cargo metadata", &mut cargo.current_dir(repository::root()).output())?;
    serde_json::from_str(&text).map_err(|why| format!("cargo metadata: {why}"))
}

fn at(path: &Path, why: std::io::Error) -> Failure {
    format!("{}: {why}", path.display())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(|why| at(path, why))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).and_then(|()| fs::copy(from, to)).map(drop).map_err(|why| at(from, why))
}

fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(from).map_err(|why| at(from, why))?.flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() { copy_all(&path, &to)? } else { copy(&path, &to)? }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, process::Command};

    use crate::repository;

    /// What certgate made in its folder goes with it, and what somebody else put there stays.
    #[test]
    fn a_purge_takes_what_is_certgates() {
        let folder = std::env::temp_dir().join(format!("certgate-purge-{}", std::process::id()));
        let state = folder.join("lib");
        let script = fs::read_to_string(repository::root().join("packaging/debian/postrm")).unwrap();
        let here = |path: &str| folder.join(path).display().to_string();
        let script = script
            .replace("/var/lib/certgate", &here("lib"))
            .replace("/etc/certgate", &here("etc"))
            .replace("/run/systemd/system", &here("no-systemd"))
            .replace("deb-systemd-helper", ":");
        assert!(!script.contains("/var/") && !script.contains("/etc/"), "{script}");
        for (more, left) in [(None, false), (Some("mine"), true)] {
            fs::create_dir_all(state.join("store.sqlite.locks")).unwrap();
            let made =
                ["store.sqlite", "store.sqlite-wal", "store.sqlite.locks/1-0123456789abcdef", "certgate-undecodable-1"];
            for name in made.into_iter().chain(more) {
                fs::write(state.join(name), "").unwrap();
            }
            let status = Command::new("sh").args(["-c", &script, "postrm", "purge"]).status().unwrap();
            assert!(status.success());
            assert_eq!(state.exists(), left, "{more:?}");
        }
        let left: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["mine"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
