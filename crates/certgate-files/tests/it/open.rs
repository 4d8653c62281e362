//! What is opened, and what is refused.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use certgate_files::{
    make_folder, open_to_append, read_input, read_plain, read_secret, read_trusted, write_over, write_report,
};
use pretty_assertions::assert_eq;

fn write(path: &Path, mode: u32) {
    fs::write(path, "held").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn secrets_and_what_decides() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    for (mode, secret, trusted) in [
        (0o600, true, true),
        (0o400, true, true),
        (0o640, false, true),
        (0o644, false, true),
        (0o660, false, false),
        (0o606, false, false),
    ] {
        write(&file, mode);
        assert_eq!(read_secret(&file).is_ok(), secret, "{mode:o}");
        assert_eq!(read_trusted(&file).is_ok(), trusted, "{mode:o}");
    }
    write(&file, 0o644);
    let why = read_secret(&file).unwrap_err().reason();
    assert!(why.starts_with("others can read it (owner ") && why.contains("mode 644): chmod 600 "), "{why}");
    // What holds no secret may be behind a link of one's own.
    let link = home.path().join("link");
    symlink("file", &link).unwrap();
    let opened = read_trusted(&link).unwrap();
    assert_eq!(opened.text().unwrap(), "held");
    // As editors write it.
    fs::write(&file, b"\xFF\xFEh\0\xFC\0").unwrap();
    assert_eq!(read_trusted(&file).unwrap().text().unwrap(), "hü");
    fs::write(&file, b"held\nh\xFC").unwrap();
    let why = read_trusted(&file).unwrap().text().unwrap_err().to_string();
    assert!(why.ends_with("/file: line 2: it is not text; expected UTF-8"), "{why}");
    assert!(opened.require_no_link().unwrap_err().reason().starts_with("it is a symbolic link to file"));
    let why = read_trusted(&file).unwrap().require_secrecy("the proxy's password").unwrap_err().reason();
    assert!(why.starts_with("it holds the proxy's password and others can read it"), "{why}");
}

/// None of them makes the process wait, or reads without an end.
#[test]
fn what_is_no_plain_file() {
    let home = tempfile::tempdir().unwrap();
    let pipe = home.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink("/dev/zero", home.path().join("link")).unwrap();
    for (path, said) in [
        (pipe, "it is a named pipe; expected a file"),
        (home.path().to_owned(), "it is a folder; expected a file"),
        ("/dev/zero".into(), "it is a device; expected a file"),
        (
            home.path().join("link"),
            "it is a symbolic link to /dev/zero, and links are not followed here: give that path",
        ),
    ] {
        assert_eq!(read_plain(&path, 10).unwrap_err().reason(), said, "{}", path.display());
        assert_eq!(read_secret(&path).unwrap_err().reason(), said, "{}", path.display());
        if path != home.path().join("link") {
            assert_eq!(read_input(&path, 10).unwrap_err().reason(), said, "{}", path.display());
        }
    }
    let why = read_input(&home.path().join("link"), 10).unwrap_err().reason();
    assert_eq!(why, "it is a device; expected a file", "as what it leads to");
    let file = home.path().join("file");
    write(&file, 0o644);
    assert_eq!(read_plain(&file, 4).unwrap(), b"held");
    symlink("file", home.path().join("other")).unwrap();
    assert_eq!(read_input(&home.path().join("other"), 3).unwrap(), b"hel");
    assert_eq!(read_plain(&file, 3).unwrap_err().reason(), "it is larger than 3 bytes");
}

/// A link stays, and leads to what was written; owner and mode are those of the file there.
#[test]
fn what_is_written_over() {
    let home = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let (kept, linked, new, nowhere) =
        (home.path().join("kept"), home.path().join("link"), home.path().join("new"), home.path().join("nowhere"));
    write(&kept, 0o640);
    std::os::unix::fs::symlink("kept", &linked).unwrap();
    std::os::unix::fs::symlink("gone", &nowhere).unwrap();
    for (path, mode_after, is_link) in
        [(&kept, 0o640, false), (&linked, 0o640, true), (&new, 0o600, false), (&nowhere, 0o600, false)]
    {
        let text = path.display().to_string();
        write_over(path, text.as_bytes(), 0o600).unwrap();
        let there = fs::symlink_metadata(path).unwrap().is_symlink();
        assert_eq!((fs::read_to_string(path).unwrap(), mode(path), there), (text, mode_after, is_link), "{path:?}");
    }
    assert_eq!(fs::read_to_string(&kept).unwrap(), linked.display().to_string());
}

#[test]
fn what_is_written() {
    let home = tempfile::tempdir().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let report = home.path().join("report");
    write_report(&report, b"one").unwrap();
    assert_eq!(mode(&report), 0o600);
    write(&report, 0o644);
    write_report(&report, b"two").unwrap();
    assert_eq!((mode(&report), fs::read(&report).unwrap()), (0o644, b"two".to_vec()));
    write_report(Path::new("/dev/null"), b"three").unwrap();
    let nested = home.path().join("a/b");
    make_folder(&nested, 0o750).unwrap();
    assert_eq!((mode(&nested), mode(nested.parent().unwrap())), (0o750, 0o750));
    assert!(make_folder(&report, 0o700).unwrap_err().reason().contains("expected a folder"));
    write(&report, 0o666);
    assert!(open_to_append(&report).unwrap_err().reason().starts_with("others can write to it"));
}
