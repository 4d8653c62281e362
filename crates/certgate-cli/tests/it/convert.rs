//! Whole files and folders of legacy requests, turned into the other protocol's.

use std::{fs, path::Path, process::Command};

use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::binary::{certgate, ended, endpoint, exit, fixture, json, serve, stderr};

const LEGACY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<request>
  <auth><user>legacy</user><password>legacy-pw</password><context>9</context></auth>
  <task>
    <certificate>
      <id>{{CERT_ID}}</id>
      <csr>%CSR%</csr>
      <name>${ name }</name>
      <product>SSL123</product>
      <lifetime>12</lifetime>
    </certificate>
    <code>400102</code>
  </task>
</request>
"#;

const TWO: &str = r#"<request><auth_session><hash>0123456789abcdef</hash></auth_session>
<task><code>400104</code><certificate><id>571</id></certificate></task>
<task><code>0905</code></task></request>"#;

fn convert(arguments: &[&str], stdin: &str) -> std::process::Output {
    certgate(&[&["convert", "--from", "xml", "--to", "json", "--side", "request"][..], arguments].concat(), stdin)
}

#[test]
fn templates_keep_their_places() {
    let output = ended(convert(&["-"], LEGACY), 0);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("PUT /certificate/{{CERT_ID}}\n\n{"), "{text}");
    for kept in ["\"csr\": \"%CSR%\"", "\"name\": \"${ name }\"", "\"product\": \"SSL123\""] {
        assert!(text.contains(kept), "{kept} in {text}");
    }
    assert!(!text.contains("legacy-pw") && !stderr(&output).contains("legacy-pw"));
    // And back.
    let arguments = ["convert", "--from", "json", "--to", "xml", "--side", "request", "-"];
    let output = ended(certgate(&arguments, &text), 0);
    let xml = String::from_utf8_lossy(&output.stdout).into_owned();
    for kept in [
        "<id>{{CERT_ID}}</id>",
        "%CSR%",
        "<name>${ name }</name>",
        "<code>400102</code>",
        "<password>PASSWORD</password>",
    ] {
        assert!(xml.contains(kept), "{kept} in {xml}");
    }
}

#[test]
fn several_tasks_are_several_requests() {
    let output = convert(&["-", "--output", "json"], TWO);
    let document = json(&output);
    let text = document["payload"].as_str().unwrap();
    assert!(text.contains("GET /certificate/571\n") && text.contains("GET /poll\n"), "{text}");
    assert!(!text.contains("0123456789abcdef"));
    let why = document["losses"][0]["why"].as_str().unwrap();
    assert_eq!(why, "JSON has one task a request: the 2 tasks are 2 requests here, one after the other");
    assert_eq!(exit(&convert(&["-", "--strict"], TWO)), 10);
    // And back: one request with both tasks.
    let back = ["convert", "--from", "json", "--to", "xml", "--side", "request", "-"];
    let output = certgate(&back, text);
    assert_eq!((exit(&output), stderr(&output).as_str()), (0, ""));
    let xml = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((xml.matches("<request>").count(), xml.matches("<task>").count()), (1, 2), "{xml}");
    let output = certgate(&["decode", "--transport", "json", "--side", "request", "-"], text);
    assert_eq!(json(&output)["documents"][1]["task"], "poll-info");
    // For two subusers they stay two.
    let two = "GET /poll\nX-Domainrobot-Owner-User: a\n\nGET /poll\nX-Domainrobot-Owner-User: b\n\n";
    let output = certgate(&back, two);
    assert!(
        stderr(&output).contains("owner: not carried over: not all are for the same subuser"),
        "{}",
        stderr(&output)
    );
}

/// A task that cannot be converted does not stop the others, and says why and where.
#[test]
fn a_task_that_cannot_be_converted() {
    let legacy = TWO.replace("</request>", "\n<task><code>999</code><id>{{ID}}</id></task></request>");
    let output = convert(&["-", "--output", "json"], &legacy);
    let document = json(&output);
    assert_eq!(exit(&output), 0, "{document}");
    assert!(document["payload"].as_str().unwrap().contains("GET /poll\n"), "{document}");
    let losses = document["losses"].as_array().unwrap();
    let lost = losses.iter().find(|loss| loss["path"] == "task[2]").unwrap();
    assert!(
        lost["why"].as_str().unwrap().starts_with("4:7: request.task[2].code: found the task code `999`"),
        "{lost}"
    );
    assert_eq!(exit(&convert(&["-", "--strict"], &legacy)), 10);
    let requests = "GET /poll\n\nGET /nothing\n\n";
    let output = certgate(&["convert", "--from", "json", "--to", "xml", "--side", "request", "-"], requests);
    assert!(
        exit(&output) == 0 && stderr(&output).contains("task[1]: not carried over: 3:5: request: found `GET /nothing`"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        exit(&convert(&["-"], "<request><task><code>998</code></task><task><code>999</code></task></request>")),
        7
    );
}

/// Tasks are found by the codec, not by their text: with an attribute, as libinternetx sends them, and beside a comment that
/// holds one.
#[test]
fn tasks_are_elements_not_text() {
    let serials = "<request><!-- <task><code>1</code></task> --><task serial=\"0\"><code>0905</code></task>\n\
                   <task serial=\"1\"><code>999</code></task><task serial=\"2\"><code>400104</code>\
                   <certificate><id>571</id><colour>red</colour></certificate></task></request>";
    let output = convert(&["-", "--output", "json"], serials);
    let document = json(&output);
    assert_eq!(exit(&output), 0, "{document}");
    assert_eq!(document["payload"], "GET /poll\n\n\nGET /certificate/571\n\n");
    let losses: Vec<(&str, &str)> = document["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loss| (loss["path"].as_str().unwrap(), loss["why"].as_str().unwrap()))
        .collect();
    let unknown =
        "2:18: request.task[1].code: found the task code `999`, expected the code of a known task, such as 400104";
    assert_eq!(
        losses,
        [
            ("request.task[2].certificate.colour", "unknown, so the other protocol's name for it is not known"),
            ("task", "JSON has one task a request: the 2 tasks are 2 requests here, one after the other"),
            ("task[1]", unknown),
        ]
    );
    let alone = "<request><!-- <task> --><task><code>0905</code></task></request>";
    let output = convert(&["-"], alone);
    assert_eq!((exit(&output), stderr(&output).as_str()), (0, ""));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "GET /poll\n\n");
}

/// A template is a template in messages too, and a place may stand for a boolean or for the task's code.
#[test]
fn places_in_templates() {
    let certificate = |inside: &str| {
        format!("<request><task><code>400102</code><certificate><id>%ID%</id>{inside}</certificate></task></request>")
    };
    let authentication = certificate("<authentication><provisioning>{{ON}}</provisioning></authentication>");
    let output = convert(&["-"], &authentication);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("PUT /certificate/%ID%\n") && text.contains("\"provisioning\": {{ON}}"), "{text}");
    assert_eq!(stderr(&output), "");

    let coded = certificate("").replace("400102", "{{CODE}}");
    let output = ended(convert(&["-", "--task", "certificate-reissue"], &coded), 0);
    assert!(stderr(&output).contains("task.code: not carried over: `{{CODE}}`"), "{}", stderr(&output));
    assert_eq!(exit(&convert(&["-"], &coded)), 7);

    // Columns are those of the template.
    let odd = certificate("<lifetime>x{{MONTHS}}</lifetime>");
    let output = convert(&["-"], &odd);
    let column = odd.find("x{{").unwrap() + 1;
    assert_eq!(exit(&output), 7);
    let (here, element) = (format!("1:{column}: "), format!("1:{}: ", column - "<lifetime>".len()));
    let said = stderr(&output);
    assert!(said.contains(&here) || said.contains(&element), "{column} {said}");
    assert!(said.contains("x{{MONTHS}}") && !said.contains("9007199"), "{said}");
    let key = "PUT /certificate/571\n\n{\"certificate\": 1, \"{{k}}\": 1}";
    let output = certgate(&["convert", "--from", "json", "--to", "xml", "--side", "request", "-"], key);
    assert!(
        stderr(&output).contains("{{k}}: not carried over") && !stderr(&output).contains("9007199"),
        "{}",
        stderr(&output)
    );
}

/// The line goes through a real shell to a real gateway, and is answered.
#[test]
fn a_line_for_curl() {
    let (gateway, server) = serve(Settings::default());
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("[live]\njson_endpoint = \"{}\"\n", endpoint(&server, "json"))).unwrap();
    let legacy = TWO.replace("<hash>", "<hash>it's ");
    let output = convert(&["-", "--curl", "--config", &config.display().to_string()], &legacy);
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((exit(&output), lines.lines().count()), (0, 2), "{}", stderr(&output));
    // The words that the shell makes of it, whatever program would get them.
    let words = |line: &str| {
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}\n{line}");
        let output = Command::new("sh")
            .args(["-c", &script])
            .env("CERTGATE_USER", "user")
            .env("CERTGATE_PASSWORD", "pass word")
            .output();
        String::from_utf8_lossy(&output.unwrap().stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let first = words(lines.lines().next().unwrap());
    let address = format!("{}/certificate/571", endpoint(&server, "json"));
    assert_eq!(first[..5], ["--request", "GET", &address, "--user", "user:pass word"]);
    let template = convert(&["-", "--curl"], &LEGACY.replace("SSL123", "it's $HOME `x`"));
    let line = String::from_utf8_lossy(&template.stdout).into_owned();
    let body = words(&line).split_off(9).join("\n");
    assert!(body.contains("it's $HOME `x`"), "{body}");
    if Command::new("curl").arg("--version").output().is_ok() {
        let mut shell = Command::new("sh");
        shell.args(["-c", lines.lines().next().unwrap()]);
        let answer = shell
            .env("CERTGATE_USER", "user")
            .env("CERTGATE_PASSWORD", "password")
            .env("CERTGATE_CONTEXT", "9")
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&answer.stdout).contains("S400104"), "{answer:?}");
        assert_eq!(gateway.counts().requests, 1);
    }
    let answer = fixture("certificate-info/documented/response.xml").display().to_string();
    let output = certgate(&["convert", "--curl", &answer], "");
    assert_eq!(exit(&output), 2);
    assert!(stderr(&output).contains("a response: --curl sends requests"), "{}", stderr(&output));
    // And the other way: the credentials are places to be filled in.
    let reverse = ["convert", "--from", "json", "--to", "xml", "--side", "request", "--curl", "-"];
    let output = certgate(&reverse, "GET /certificate/571\n\n");
    let sent = words(&String::from_utf8_lossy(&output.stdout)).join("\n");
    assert!(
        sent.starts_with("--request\nPOST\nhttps://gateway.autodns.com\n--header\nContent-Type: text/xml"),
        "{sent}"
    );
    assert!(sent.contains("<password>PASSWORD</password>") && sent.contains("<code>400104</code>"), "{sent}");
    let at = endpoint(&server, "xml");
    let output = certgate(&[&reverse[..], &["--endpoint", &at]].concat(), "GET /certificate/571\n\n");
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(words(&line)[..3], ["--request", "POST", &at]);
    if Command::new("curl").arg("--version").output().is_ok() {
        let line = [("USER", "user"), ("PASSWORD", "password"), ("CONTEXT", "9")]
            .iter()
            .fold(line, |line, (place, value)| line.replacen(&format!(">{place}<"), &format!(">{value}<"), 1));
        let answer = Command::new("sh").args(["-c", &line]).output().unwrap();
        assert!(String::from_utf8_lossy(&answer.stdout).contains("S400104"), "{answer:?}");
    }
}

#[test]
fn a_folder_is_converted_whole() {
    let folder = tempfile::tempdir().unwrap();
    let legacy = folder.path().join("legacy");
    fs::create_dir_all(legacy.join("below")).unwrap();
    fs::write(legacy.join("reissue.xml"), LEGACY).unwrap();
    fs::write(legacy.join("below/two.xml"), TWO).unwrap();
    fs::write(legacy.join("notes.txt"), "none of ours").unwrap();
    fs::copy(fixture("certificate-reissue/documented/request.xml"), legacy.join("documented.xml")).unwrap();
    let (from, out) = (legacy.display().to_string(), folder.path().join("out").display().to_string());
    let output = ended(convert(&[&from, "--out", &out, "--output", "json"], ""), 0);
    let files = json(&output)["files"].as_array().unwrap().clone();
    let names: Vec<&str> = files.iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(names, ["below/two.xml", "documented.xml", "reissue.xml"]);
    let written = |name: &str| fs::read_to_string(Path::new(&out).join(name)).unwrap();
    assert!(written("below/two.http").starts_with("GET /certificate/571\n"));
    assert!(written("reissue.http").starts_with("PUT /certificate/{{CERT_ID}}\n"));

    // What is there stays; one that is broken does not stop the rest.
    fs::write(legacy.join("broken.xml"), "<request><task>").unwrap();
    let output = ended(convert(&[&from, "--out", &out], ""), 7);
    assert!(stderr(&output).contains("File exists"), "{}", stderr(&output));
    let other = folder.path().join("other").display().to_string();
    let output = convert(&[&from, "--out", &other], "");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!((exit(&output), stdout.lines().count()), (7, 4), "{stdout}");
    assert!(stdout.contains("broken.xml: not converted"), "{stdout}");
    assert!(exit(&convert(&[&from], "")) == 2, "a folder needs --out");
    // Two that would be written over each other.
    let twins = folder.path().join("twins");
    fs::create_dir(&twins).unwrap();
    fs::write(twins.join("a.http"), "GET /poll\n\n").unwrap();
    fs::write(twins.join("a.json"), "GET /poll\n\n").unwrap();
    let third = folder.path().join("third").display().to_string();
    let twins = twins.display().to_string();
    let output =
        certgate(&["convert", "--from", "json", "--to", "xml", "--side", "request", &twins, "--out", &third], "");
    assert_eq!(exit(&output), 2);
    assert!(
        stderr(&output).contains("a.http") && stderr(&output).contains("a.json would both be"),
        "{}",
        stderr(&output)
    );
    assert!(!Path::new(&third).exists());
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(exit(&convert(&[&empty.display().to_string(), "--out", &other], "")), 2);
}

/// What a payload shows need not be given, and what was found is said; what it does not show is asked for.
#[test]
fn payloads_say_what_they_are() {
    for (file, found, line) in [
        ("certificate-info/documented/request.xml", "xml request certificate-info", "an XML request"),
        (
            "certificate-info/documented/response.json",
            "json response certificate-info",
            "a JSON response to certificate-info",
        ),
        (
            "certificate-reissue/documented/response.xml",
            "xml response certificate-create",
            "an XML response to certificate-create (by its code it may be one to certificate-reissue, too: --task says so)",
        ),
        (
            "certificate-prepare-order/documented/request.json",
            "json request certificate-prepare-order",
            "a JSON request for certificate-prepare-order",
        ),
    ] {
        let path = fixture(file).display().to_string();
        let output = ended(certgate(&["decode", &path], ""), 0);
        let document = json(&output);
        let told = ["protocol", "side", "task"].map(|name| document[name].as_str().unwrap());
        assert_eq!(told.join(" "), found);
        let said = stderr(&output);
        assert!(said.starts_with(&format!("certgate: {path}: {line}\n")), "{said}");
        // And there and back again.
        let there = certgate(&["convert", "--quiet", &path], "");
        assert_eq!((exit(&there), stderr(&there).as_str()), (0, ""));
        let there = String::from_utf8(there.stdout).unwrap();
        let back = ended(certgate(&["convert", "--quiet", "-"], &there), 0);
        let back = certgate(&["decode", "--quiet", "-"], &String::from_utf8(back.stdout).unwrap());
        assert_eq!(json(&back)["task"], document["task"]);
    }
    let path = fixture("certificate-reissue/documented/request.json").display().to_string();
    for command in ["decode", "convert"] {
        let output = certgate(&[command, &path, "--output", "json"], "");
        let error = json(&output)["error"].clone();
        assert_eq!(exit(&output), 2);
        assert!(error["text"].as_str().unwrap().ends_with("a JSON body alone has neither method nor path"), "{error}");
        let advice = error["advice"].as_str().unwrap();
        assert!(
            advice.starts_with("name it with --task: certificate-create, certificate-realtime, certificate-reissue")
                && advice.ends_with("or put a line with method and path before it, such as `PUT /certificate/571`"),
            "{advice}"
        );
        assert_eq!(exit(&certgate(&[command, &path, "--task", "certificate-reissue"], "")), 0);
        assert_eq!(exit(&certgate(&[command, "-"], "hello")), 7);
    }
    // A transport that is meant for the gateway says nothing of a file.
    let output = certgate(&["decode", "--transport", "json", "-"], "<request><task><code>0905</code></task></request>");
    assert!(exit(&output) == 7 && stderr(&output).contains("found XML"), "{}", stderr(&output));
}

#[test]
fn xml_on_several_lines() {
    let short = certgate(&["convert", "-"], "GET /certificate/571\n\n");
    let pretty = certgate(&["convert", "--pretty", "-"], "GET /certificate/571\n\n");
    let text = String::from_utf8(pretty.stdout).unwrap();
    assert!(text.contains("\n    <certificate>\n      <id>571</id>\n    </certificate>\n"), "{text}");
    assert_eq!(text.lines().map(str::trim).collect::<String>(), String::from_utf8(short.stdout).unwrap().trim_end());
    // It is the same request.
    let output = certgate(&["decode", "-"], &text);
    assert_eq!((&json(&output)["task"], &json(&output)["value"]["id"]), (&"certificate-info".into(), &571.into()));
}

/// An option that would do nothing is refused: for a payload that becomes JSON, and for a folder of such.
#[test]
fn json_is_on_several_lines_anyhow() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.xml"), LEGACY).unwrap();
    let [one, all, out] = ["one.xml", "", "out"].map(|name| folder.path().join(name).display().to_string());
    for words in [&["convert", "--pretty", &one][..], &["convert", "--pretty", "--out", &out, &all]] {
        let output = certgate(words, "");
        assert_eq!(exit(&output), 2, "{words:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("--pretty is for XML"), "{}", stderr(&output));
        assert!(output.stdout.is_empty() && !Path::new(&out).exists(), "{words:?}");
    }
    // Of a folder whose payloads become both, one is enough.
    fs::write(folder.path().join("two.http"), "GET /certificate/571\n\n").unwrap();
    ended(certgate(&["convert", "--pretty", "--out", &out, &all], ""), 0);
    assert!(fs::read_to_string(folder.path().join("out/two.xml")).unwrap().contains("\n      <id>571</id>\n"));
}

/// Without a protocol each file of a folder goes to the other one.
#[test]
fn a_folder_of_both_protocols() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from");
    fs::create_dir(&from).unwrap();
    fs::write(from.join("two.xml"), TWO).unwrap();
    fs::write(from.join("look.http"), "GET /poll\n\n").unwrap();
    fs::copy(fixture("poll-confirm/documented/response.json"), from.join("answer.json")).unwrap();
    fs::write(from.join("body.json"), "{}").unwrap();
    let out = folder.path().join("out");
    let output = certgate(
        &["convert", &from.display().to_string(), "--out", &out.display().to_string(), "--output", "json"],
        "",
    );
    assert_eq!(exit(&output), 2, "{}", stderr(&output));
    let document = json(&output);
    let rows: Vec<String> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["file"].as_str().unwrap(), row["protocol"], row["side"]))
        .collect();
    assert_eq!(
        rows,
        [
            "answer.json \"json\" \"response\"",
            "body.json null null",
            "look.http \"json\" \"request\"",
            "two.xml \"xml\" \"request\"",
        ]
    );
    let mut written: Vec<_> = fs::read_dir(&out).unwrap().map(|file| file.unwrap().file_name()).collect();
    written.sort();
    assert_eq!(written, ["answer.xml", "look.xml", "two.http"]);
}
