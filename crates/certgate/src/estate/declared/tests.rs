use std::{fs, path::Path};

use super::{read_declared, schema};
use crate::{CertificateSelector, CertificateSettings};

fn read(text: &str) -> Result<Vec<super::Declared>, String> {
    read_file(text).map(|file| file.certificates)
}

fn read_file(text: &str) -> Result<super::DeclaredFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("certificates.toml");
    fs::write(&path, text).unwrap();
    read_declared(&path, Some(Path::new("/etc/run.toml")))
        .map_err(|why| why.to_string().replace(&folder.path().display().to_string(), "HOME"))
}

#[test]
fn what_is_declared_goes_before_the_defaults() {
    let found = read(
        "[defaults]\ndns = \"provision\"\nkeep = 5\ndeploy_hook = \"reload\"\n[[certificate]]\nid = 571\nout = \"a\"\nkeep = 1\n\
         [[certificate]]\nname = \"b.example\"\nout = \"/b\"\nvalidation = { webroot = \"www\" }\nverify = \"b.example:443\"\n",
    )
    .unwrap();
    let [first, second] = &found[..] else { panic!("{found:?}") };
    assert_eq!((&first.selector, first.settings.keep), (&CertificateSelector::Id(571), Some(1)));
    assert!(first.settings.out.as_deref().is_some_and(|out| out.is_absolute() && out.ends_with("a")));
    assert_eq!(second.selector, CertificateSelector::Name("b.example".to_owned()));
    assert_eq!(
        (second.settings.keep, second.settings.dns.as_ref(), second.settings.verify.as_ref().map(Vec::len)),
        (Some(5), None, Some(1))
    );
    assert!(second.settings.webroot.as_deref().is_some_and(|root| root != Path::new("www") && root.ends_with("www")));
}

/// One name in two accounts is two certificates, and what says more about a default's hook or record goes with it.
#[test]
fn what_is_declared_goes_together() {
    let text = "[defaults]\ndeploy_hook = \"reload\"\ndns = \"nsupdate\"\ndns_server = \"192.0.2.1\"\n\
        [[certificate]]\nname = \"a.example\"\nout = \"a\"\ndns_key = \"/a\"\nrollback_on_failure = true\n\
        [[certificate]]\nname = \"a.example\"\nout = \"b\"\ndns_key = \"/b\"\n";
    let twice = read(text).unwrap_err();
    assert_eq!(twice, "HOME/certificates.toml: certificate 2: line 11: certificate 1 declares a.example too");
    let found = read(&format!("{text}profile = \"other\"\n")).unwrap();
    let told: Vec<_> = found.iter().map(|one| one.settings.to_map()).collect();
    assert_eq!((&told[0]["deploy_hook"], &told[0]["dns_server"]), (&"reload".into(), &"192.0.2.1:53".into()));
    assert_eq!((&told[0]["rollback_on_failure"], &told[1]["dns_key"]), (&true.into(), &"/b".into()));
}

#[test]
fn a_profile_is_looked_for_in_the_configuration_of_the_run() {
    let found = read(
        "[defaults]\ndns = \"autodns\"\ndns_profile = \"zones\"\n[[certificate]]\nid = 1\nout = \"a\"\n\
         [[certificate]]\nid = 2\nout = \"b\"\ndns = \"autodns\"\ndns_profile = \"zones\"\ndns_config = \"/own.toml\"\n\
         [[certificate]]\nid = 3\nout = \"c\"\ndns = \"provision\"\n",
    );
    let configs: Vec<_> = found.unwrap().into_iter().map(|one| one.settings.dns_config).collect();
    assert_eq!(configs, [Some("/etc/run.toml".into()), Some("/own.toml".into()), None]);
}

/// As editors of other systems save it.
#[test]
fn a_byte_order_mark_line_ends_and_tabs_are_no_trouble() {
    let text = "\u{feff}notify = \"mail\"\r\n\r\n[[certificate]]\r\n\tid\t= 571\r\n\tout = \"a\"\r\n";
    let file = read_file(text).unwrap();
    assert_eq!((file.notify.map(|notify| notify.command).as_deref(), file.certificates.len()), (Some("mail"), 1));
    let error = read(&format!("{text}\tcolour = 1\r\n")).unwrap_err();
    assert!(error.contains("line 6: found `colour`"), "{error}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, said) in [
        ("[[certificate]]\nid = 1\n", "certificate 1: line 1: where it is to be does not stand in it: give `out`"),
        ("\n[[certificate]]\nout = \"a\"\n", "certificate 1: line 2: which certificate it is does not stand in it"),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\ncolour = 1\n",
            "certificate 1: line 4: found `colour`, which is no setting",
        ),
        ("[defaults]\nkeep = \"x\"\n", "defaults: line 2: `keep`: found `x`, expected a whole number"),
        ("[certificates]\n", "line 1: found `certificates`, expected [defaults], [certificate], notify = …"),
        ("certificate = [1]\n", "line 1: `certificate`: expected a table"),
        ("certificate = 1\n", "line 1: `certificate`: expected a table"),
        ("[[defaults]]\nkeep = 1\n[[defaults]]\nkeep = 2\n", "defaults: line 3: stands there twice"),
        ("\nnotify = 1\n", "line 2: `notify`: found `1`, expected a text"),
        ("[defaults]\nnotify = \"mail\"\n", "`notify` is the file's own: write it above the first table"),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\n[[certificate]]\nid = 1\nout = \"b\"\n",
            "certificate 2: line 5: certificate 1 declares 1 too",
        ),
        (
            "[[certificate]]\nname = \"a.example\"\nout = \"a\"\n[[certificate]]\nname = \"A.EXAMPLE\"\nout = \"b\"\n",
            "certificate 2: line 5: certificate 1 declares A.EXAMPLE too",
        ),
        (
            "[[certificate]]\nid = \"x\"\nout = \"a\"\n",
            "certificate 1: line 2: `id`: found `\"x\"`, expected the number",
        ),
        ("[[certificate]]\nid = 0\nout = \"a\"\n", "certificate 1: line 2: `id`: found `0`, expected the number"),
        ("[[certificate]]\nid = -7\nout = \"a\"\n", "certificate 1: line 2: `id`: found `-7`, expected the number"),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\ndns = \"nsupdate\"\n",
            "certificate 1: line 4: `dns` nsupdate: give the zone's server and key too",
        ),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\nverify = \"ftp://a\"\n",
            "certificate 1: line 4: `verify`: found `ftp://a`",
        ),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\n[[certificate]]\nid = 2\nout = \"./a\"\n",
            "certificate 2: line 6: its `out` is that of certificate 1 too",
        ),
        (
            "[defaults]\ndns = \"provision\"\nwebroot = \"www\"\n[[certificate]]\nid = 1\nout = \"a\"\n",
            "certificate 1: line 4: `dns` and `webroot` exclude each other",
        ),
        (
            "[[certificate]]\nid = 1\nwebroot = \"www\"\nout = \"a\"\ndns = \"provision\"\n",
            "certificate 1: line 5: `dns` and `webroot` exclude each other",
        ),
        ("[[certificate]]\nid = 1\nout = \"a\"\nhosts = []\n", "certificate 1: line 4: `hosts`: found `[]`"),
        (
            "[[certificate]]\nid = 1\nout = \"a\"\nnames = [\"a.example\", \"-bad-\"]\n",
            "certificate 1: line 4: `names`: name `-bad-`: a label begins or ends with a hyphen",
        ),
        (
            &format!("[[certificate]]\nout = \"a\"\nname = \"{LONG}\"\n"),
            "certificate 1: line 3: `name`: common name `long.a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.example`: it has \
             72 characters; X.520 allows 64",
        ),
        ("[defaults]\nsan = \"a b..c\"\n", "defaults: line 2: `san`: name `b..c`: it has a dot where"),
        ("[[certificate]\n", "line 1: "),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
    // A further name of the certificate of an id, or one that a CSR of somebody's is for.
    for more in ["id = 1\n", "csr = \"own.csr\"\n"] {
        read(&format!("[[certificate]]\nout = \"a\"\nname = \"{LONG}\"\n{more}")).unwrap();
    }
}

const LONG: &str = "long.a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.example";

#[test]
fn what_is_no_text_is_told_with_its_path_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificates.toml");
    fs::write(&file, b"[[certificate]]\nname = \"b\xFCcher.example\"\n").unwrap();
    for (path, why) in
        [(file.as_path(), "line 2: it is not text; expected UTF-8"), (folder.path(), "it is a folder; expected a file")]
    {
        let found = read_declared(path, None).map(drop).unwrap_err().to_string();
        assert_eq!(found, format!("{}: {why}", path.display()));
    }
}

/// The schema is made of the list, and holds all that the reader takes.
#[test]
fn the_schema_is_the_list() {
    let schema = schema();
    let certificate = &schema["properties"]["certificate"]["items"]["properties"];
    for name in CertificateSettings::names_known().chain(["id", "hosts"]) {
        assert!(certificate[name]["description"].is_string(), "{name}");
    }
    assert_eq!(certificate.as_object().unwrap().len(), CertificateSettings::names_known().count() + 2);
    assert_eq!(certificate["keep"]["minimum"], 0);
}
