//! A folder's entries from its descriptor.

use std::{fs, os::unix::fs::symlink, path::Path};

use certgate_files::{FileError, Folder, Owner};
use pretty_assertions::assert_eq;

fn said<T: std::fmt::Debug>(result: Result<T, FileError>) -> String {
    result.unwrap_err().reason()
}

/// What happens to the path does not change which folder it is, and a link in it leads nowhere.
#[test]
fn no_link_leads_out_of_it() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    fs::create_dir(at("elsewhere")).unwrap();
    fs::write(at("elsewhere/file"), "theirs").unwrap();
    let folder = Folder::open(&at("folder")).unwrap();
    symlink("../elsewhere", at("folder/below")).unwrap();
    symlink("../elsewhere/file", at("folder/file")).unwrap();
    assert!(said(folder.folder("below")).contains("symbolic link to ../elsewhere"));
    assert!(said(folder.folder_or_make("below", 0o700, None)).contains("symbolic link to ../elsewhere"));
    assert!(said(folder.read("file")).contains("symbolic link to ../elsewhere/file"));
    assert!(said(folder.write_new("file", b"ours", 0o600, None)).contains("File exists"));
    assert!(said(folder.open_lock("file")).contains("symbolic link"));
    fs::rename(at("folder"), at("moved")).unwrap();
    symlink("elsewhere", at("folder")).unwrap();
    folder.write_new("ours", b"ours", 0o640, None).unwrap();
    assert_eq!(folder.link("below").unwrap().as_deref(), Some(Path::new("../elsewhere")));
    assert_eq!(folder.names().unwrap(), ["below", "file", "ours"]);
    assert_eq!(
        (fs::read_to_string(at("moved/ours")).unwrap(), at("elsewhere/ours").exists()),
        ("ours".to_owned(), false)
    );
    assert_eq!(folder.owner_and_mode("ours").unwrap().map(|(_, mode)| mode), Some(0o640));
    // A link is removed, and not what it leads to.
    folder.remove_file("file").unwrap();
    assert_eq!(fs::read_to_string(at("elsewhere/file")).unwrap(), "theirs");
}

#[test]
fn files_are_whole_or_not_there() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::open(home.path()).unwrap();
    folder.write_new_whole("key", b"first", 0o600).unwrap();
    assert!(said(folder.write_new_whole("key", b"second", 0o600)).contains("File exists"));
    assert_eq!(folder.read("key").unwrap().unwrap(), b"first");
    folder.replace("key", b"third", 0o644, None).unwrap();
    assert_eq!(folder.read("key").unwrap().unwrap(), b"third");
    assert_eq!(folder.names().unwrap(), ["key"], "nothing is left beside it");
    assert_eq!((folder.read("none").unwrap(), folder.folder("none").unwrap().is_none()), (None, true));
    folder.make_folder("set", 0o750, None).unwrap().write_new("a", b"a", 0o600, None).unwrap();
    assert_eq!(folder.folder("set").unwrap().unwrap().mode().unwrap(), 0o750);
    folder.remove_folder_and_files("set").unwrap();
    assert!(!folder.has("set").unwrap());
}

#[test]
fn owners_by_name_and_number() {
    assert_eq!(Owner::named("root").unwrap(), Owner { user: 0, group: Some(0) });
    assert_eq!(Owner::named("4711:0").unwrap(), Owner { user: 4711, group: Some(0) });
    assert_eq!(Owner::named("4294967294").unwrap(), Owner { user: 4_294_967_294, group: None });
    for (text, said) in
        [("no-such-user", "user `no-such-user`"), ("root:no-such-group", "group `no-such-group`"), ("", "user ``")]
    {
        let error = Owner::named(text).unwrap_err().to_string();
        assert_eq!(error, format!("there is no {said}; expected USER or USER:GROUP, names or numbers"));
    }
}
