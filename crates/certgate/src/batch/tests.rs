use std::{fs, path::Path};

use certgate_keys::{KeyType, PrivateKey, Subject};

use super::read;

#[test]
fn three_forms_and_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let csr = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/_keys/example.com.csr");
    fs::copy(csr, folder.path().join("a.csr")).unwrap();
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        read(&folder.path().join(name), None).map_err(|error| error.to_string())
    };
    for (name, text) in [
        ("b.toml", "[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
        ("b.jsonl", "{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n\n"),
        ("b.csv", "id,csr,out\n571,a.csr,x\n"),
        ("b.toml", "\u{feff}[[order]]\nid = 571\ncsr = \"a.csr\"\nout = \"x\"\n"),
        ("b.jsonl", "\u{feff}{\"id\":571,\"csr\":\"a.csr\",\"out\":\"x\"}\n"),
        ("b.csv", "\u{feff}id,csr,out\n571,a.csr,x\n"),
        ("b.csv", "id;csr;out\n571;a.csr;x\n"),
        ("b.csv", "id\tcsr\tout\r\n571\ta.csr\tx\r\n"),
        ("b.csv", "ID; Csr ;OUT\n571 ; a.csr;x\n"),
        ("b.csv", "\n \r\nid;csr;out\n\n571;a.csr;x\n\t\n"),
        ("b.csv", "id,csr,out,\r571,\"a.csr\", \"x\" ,"),
        ("b.csv", "sep=;\r\nid;csr;out\r\n571;a.csr;x\r\n"),
        ("b.csv", "\u{feff}SEP=|\nid|csr|out\n571|a.csr|x\n"),
        ("b.csv", "id|csr|out\n571|a.csr|x\n"),
        ("b.csv", "# ours\nid,csr,out\n#572,a.csr,y\n571,a.csr,x\n"),
        ("b.csv", "id,csr,out\n,,\n571,a.csr,x\n,\n\"\",,\n"),
        ("b.csv", "id\tcsr\tdeploy-hook\tout\n571\t\"a.csr\"\t\tx"),
    ] {
        let orders = file(name, text).unwrap();
        assert_eq!((orders.len(), orders[0].title().as_str()), (1, "571 example.com"), "{name}");
        assert_eq!(
            orders[0].request.install.as_ref().map(|install| install.folder.as_path()),
            Some(folder.path().join("x").as_path())
        );
    }
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let utf16: Vec<u8> = "\u{feff}id,csr\r\n571,a.csr\r\n".encode_utf16().flat_map(to_bytes).collect();
        fs::write(folder.path().join("wide.csv"), utf16).unwrap();
        let orders = read(&folder.path().join("wide.csv"), None).unwrap();
        assert_eq!((orders.len(), orders[0].title().as_str()), (1, "571 example.com"));
    }
    fs::write(folder.path().join("latin1.csv"), b"id,csr\n571,\xfcber.csr\n").unwrap();
    let error = read(&folder.path().join("latin1.csv"), None).unwrap_err().to_string();
    assert!(error.contains("line 2: neither UTF-8 nor UTF-16"), "{error}");
    for (start, said) in [
        (&[0xD0, 0xCF, 0x11, 0xE0][..], "it is a workbook of Excel before 2007 (.xls): save the sheet as CSV"),
        (&[0x1F, 0x8B, 8], "it is a compressed file (gzip): unpack it with `gunzip`"),
    ] {
        fs::write(folder.path().join("b.csv"), start).unwrap();
        let error = read(&folder.path().join("b.csv"), None).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    for (name, text, said) in [
        (
            "b.csv",
            "id,csr\n571,a.csr\n571,a.csr\n",
            "line 3: an order of the same, 571 example.com, stands in the file before",
        ),
        ("b.csv", "id,csr,out\n571,a.csr,x\n572,a.csr,./x/\n", "line 3: its `out` is that of line 2 too"),
        // One certificate, whatever is ordered of it.
        (
            "b.csv",
            "id,csr,action\n571,a.csr,\n571,,renew\n",
            "line 3: an order of the same, 571, stands in the file before",
        ),
        (
            "b.csv",
            "id,new_key,out\nBücher.example,true,x\nXN--bcher-kva.EXAMPLE,true,y\n",
            "line 3: an order of the same, XN--bcher-kva.EXAMPLE, stands in the file before",
        ),
        ("b.csv", "id,csr\n571,none.csr\n", ": give another `csr`, or a key: `new_key` or `key`, with `out`"),
        (
            "b.csv",
            "id,csr\n0,a.csr\n",
            "line 2: id `0`: found a number that is no id, expected a whole number of 1 or more, or a name",
        ),
        ("b.csv", "id,csr\nbü cher,a.csr\n", "line 2: id `bü cher`: "),
        ("b.csv", "id,csr,out\na.example,a.csr,x\nb.example,a.csr,./x/\n", "line 3: its `out` is that of line 2 too"),
        (
            "b.csv",
            "id,csr,out,deploy_hook\n571,a.csr,x,\"echo hi\n572,a.csr,y,\"true\"\n",
            "line 2: found `\"echo hi`, expected its closing `\"`",
        ),
        ("b.csv", "id,csr\n571,\"a.csr\n\"", "line 2: found `\"a.csr`, expected its closing `\"`"),
        ("b.csv", "\nid,csr\n571,\"a.csr\"x\n", "line 3: found `x` behind a closing `\"`, expected `,`"),
        ("b.csv", "id,csr\n571,a.csr,x\n", "line 2: found 3 fields, expected 2 with `,` between them"),
        ("b.csv", "id,csr\n571;a.csr\n", "line 2: found 1 fields, expected 2 with `,` between them"),
        ("b.csv", "id\tcsr\n571;a.csr\n", "line 2: found 1 fields, expected 2 with `\\t` between them"),
        ("b.csv", "PK\u{3}\u{4}x", "it is a spreadsheet's own file or a ZIP archive: save the sheet as CSV"),
        ("b.csv", "\n<!DOCTYPE html><table>", "it is HTML or XML"),
        ("b.csv", "571,a.csr\n", "no order in it; the first line of CSV names the columns"),
        ("b.csv", "id,csr,csr\n571,a.csr,a.csr\n", "line 1: `csr` names two columns"),
        ("b.csv", "id,new-key,NEW_KEY\n571,,true\n", "line 1: `new_key` names two columns"),
        ("b.jsonl", "{\"id\":571,\"csr\":\"a.csr\",\"id\":572}", "line 1: `id` stands in it twice"),
        ("b.jsonl", "[571]", "line 1: invalid type: sequence, expected an object"),
        (
            "b.csv",
            "id,colour\n571,red\n",
            "line 1: found `colour`, which is no setting; expected one of action, id, name",
        ),
        (
            "b.csv",
            "571,a.csr\n572,a.csr\n",
            "line 1: the first line of CSV names the columns, such as `id,csr`; found `571`, which is no setting",
        ),
        ("b.csv", "id,csr\n571.0,a.csr\n", "line 2: id `571.0`: found a number that is no id, expected a whole number"),
        ("b.jsonl", "{\"id\":571.5,\"csr\":\"a.csr\"}", "line 1: id `571.5`: found a number that is no id"),
        ("b.toml", "[[order]]\nid = 571\ncolour = 1\n", "order 1: line 3: found `colour`"),
        ("b.toml", "[[orders]]\nid = 571\n", "line 1: found `orders`, expected [order]"),
        ("b.csv", "id,csr,keep\n571,a.csr,many\n", "line 2: `keep`: found `many`, expected a whole number"),
        ("b.csv", "id,csr,dns,webroot\n571,a.csr,manual,.\n", "`dns` and `webroot` exclude each other"),
        ("b.csv", "id,csr,dns_server\n571,a.csr,9.9.9.9\n", "`dns_server` needs `dns` nsupdate too"),
        ("b.csv", "id,csr,pkcs12\n571,a.csr,true\n", "line 2: `pkcs12` needs `out` too"),
        ("b.csv", "id,new_key,san\n571,true,a..b\n", "line 2: `san`: "),
        ("b.csv", "id,csr,san\n571,a.csr,b.example\n", "line 2: `san` and `csr` exclude each other: give one"),
        (
            "b.toml",
            "[[order]]\nid = 571\ncsr = \"a.csr\"\n\nsan = \"b.example\"",
            "order 1: line 5: `san` and `csr` exclude each other",
        ),
        ("b.jsonl", "{", "line 1: EOF"),
        ("b.toml", "", "no order in it"),
        (
            "b.toml",
            "[[order]]\naction = \"melt\"\nid = 1",
            "order 1: line 2: action `melt`: expected create, reissue or renew",
        ),
        ("b.toml", "[[order]]\nid = 1", "order 1: line 1: a certificate needs a key: give `csr`, `new_key` or `key`"),
        ("b.txt", "x", "the ending `txt` is not known"),
    ] {
        let error = file(name, text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

/// A second new certificate of a name is bought where something makes it another one.
#[test]
fn a_new_certificate_stands_in_a_file_once() {
    let folder = tempfile::tempdir().unwrap();
    for csr in ["one.csr", "other.csr"] {
        let names = ["a.example".to_owned()];
        let subject = Subject { common_name: names[0].clone(), ..Subject::default() };
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        fs::write(folder.path().join(csr), key.request(&subject, &names).unwrap()).unwrap();
    }
    let file = folder.path().join("b.jsonl");
    let row = |more: &str| {
        let product = if more.contains("product") { "" } else { "\"product\":\"SSL123\"," };
        format!("{{\"admin\":1,\"technical\":1,{product}{more}}}\n")
    };
    let first = r#""name":"a.example","names":["b.example","c.example"],"new_key":true,"out":"x""#;
    for (other, is_another) in [
        (r#""name":"A.example.","names":["C.example","b.example"],"new_key":true,"out":"y""#, false),
        (
            r#""name":"a.example","names":["b.example","c.example","a.example"],"key_type":"p256","new_key":true,"out":"y""#,
            false,
        ),
        (
            r#""name":"a.example","names":["b.example","c.example"],"new_key":true,"out":"y","lifetime":24,"keep":9"#,
            false,
        ),
        (r#""name":"a.example","names":["b.example"],"new_key":true,"out":"y""#, true),
        (r#""name":"b.example","names":["a.example","c.example"],"new_key":true,"out":"y""#, true),
        (r#""name":"a.example","names":["b.example","c.example"],"key_type":"rsa2048","new_key":true,"out":"y""#, true),
        (r#""name":"a.example","names":["b.example","c.example"],"key":"own.key","out":"y""#, true),
        (r#""name":"a.example","names":["b.example","c.example"],"new_key":true,"out":"y","product":"SSLWEB""#, true),
        (r#""name":"a.example","names":["b.example","c.example"],"new_key":true,"out":"y","profile":"other""#, true),
    ] {
        fs::write(&file, row(first) + &row(other)).unwrap();
        let orders = read(&file, None).map(|orders| orders.len()).map_err(|why| why.to_string());
        let said = "line 2: the same new certificate, ";
        match orders {
            Ok(count) => assert!(is_another && count == 2, "{other}"),
            Err(why) => assert!(!is_another && why.contains(said), "{other}: {why}"),
        }
    }
    // One key file is one, however its path is spelled.
    fs::write(folder.path().join("own.key"), "").unwrap();
    let by_file = |key: &str, out: &str| row(&format!("\"name\":\"a.example\",\"key\":\"{key}\",\"out\":\"{out}\""));
    fs::write(&file, by_file("own.key", "x") + &by_file("./own.key", "y")).unwrap();
    assert!(read(&file, None).unwrap_err().to_string().contains("line 2: the same new certificate, "));
    // Each CSR is a certificate of its own, whatever its names; one CSR twice is one.
    for (other, count) in [("one.csr", None), ("other.csr", Some(2))] {
        fs::write(&file, row("\"csr\":\"one.csr\"") + &row(&format!("\"csr\":\"{other}\""))).unwrap();
        assert_eq!(read(&file, None).ok().map(|orders| orders.len()), count, "{other}");
    }
}

/// A file that is the same below a folder that another one took the place of orders the same.
#[cfg(unix)]
#[test]
fn a_release_in_the_place_of_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let current = folder.path().join("current");
    let mut keys = Vec::new();
    for release in ["1", "2"] {
        let release = folder.path().join(release);
        fs::create_dir(&release).unwrap();
        fs::write(release.join("own.key"), "").unwrap();
        let row = r#"{"name":"a.example","key":"./own.key","product":"SSL123","admin":1,"technical":1,"out":"/x"}"#;
        fs::write(release.join("b.jsonl"), row).unwrap();
        let _ = fs::remove_file(&current);
        std::os::unix::fs::symlink(&release, &current).unwrap();
        keys.push(read(&current.join("b.jsonl"), None).unwrap().remove(0).key);
    }
    assert_eq!(keys[0], keys[1]);
}
