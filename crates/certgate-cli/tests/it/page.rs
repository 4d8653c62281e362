//! The page of certificates: served, as a file, and in a real browser.

use std::{fs, path::Path, process::Command};

use certgate_domain::TaskKind;
use certgate_simulator::Settings;
use pretty_assertions::assert_eq;

use crate::support::{
    binary::{csr, endpoint, exit, fast, run, serve, stderr, told},
    serving::Serving,
};

/// The document as a browser has it, with its script run; none where no browser is installed.
fn dom(file: &Path, fragment: &str) -> Option<String> {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))?;
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}#{fragment}", file.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The names in the rows of the first table that are shown.
fn shown(dom: &str) -> Vec<&str> {
    let body = dom.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    let rows = body.split("<tr").skip(1).filter(|row| !row.starts_with(" hidden"));
    rows.map(|row| row.split("data-label=\"Name\">").nth(1).unwrap().split('<').next().unwrap()).collect()
}

#[test]
fn a_page_as_a_file() {
    for transport in ["xml", "json"] {
        let home = tempfile::tempdir().unwrap();
        let (gateway, server) = serve(Settings { foreign_first: 1, more_certificates: 2, ..Settings::default() });
        let (csr, out) = (csr(), home.path().join("certs/example.com").display().to_string());
        let order = ["reissue", "571", "--csr", &csr, "--out", &out, "--deploy-hook", "false"];
        assert_eq!(told(home.path(), &server, transport, &order).0, 11);
        let file = home.path().join("page.html");
        let (at, config) = (endpoint(&server, transport), fast(home.path()));
        let (certs, page) = (home.path().join("certs").display().to_string(), file.display().to_string());
        let command = ["status", &certs, "--html", &page, "--transport", transport, "--endpoint", &at];
        let asked = || gateway.asked(TaskKind::CertificateInfo);
        let before = asked();
        let output = run(home.path(), &[&command[..], &["--config", &config]].concat());
        assert_eq!((exit(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
        assert_eq!(asked() - before, 1, "of the one that is installed here");
        let html = fs::read_to_string(&file).unwrap();
        for there in [
            "<b>3</b><span>certificates",
            "<b>1</b><span>installed here",
            &out,
            "not deployed: the deploy hook failed",
            ">redeploy<",
            "certificate-reissue",
            "<b>2</b><span>messages in the queue",
        ] {
            assert!(html.contains(there), "{there}: {html}");
        }
        assert!(!html.contains("://"), "nothing comes from elsewhere");
        assert!(!html.contains("http-equiv=\"refresh\""), "a file does not change by itself");
        let hosts = ["host-000000.example.org", "host-000001.example.org"];
        let Some(plain) = dom(&file, "") else {
            eprintln!("left out: no Chromium is installed");
            continue;
        };
        assert_eq!(shown(&plain), [hosts[0], hosts[1], "example.com"], "by their ends");
        assert_eq!(shown(&dom(&file, "filter=HOST-").unwrap()), hosts);
        assert_eq!(shown(&dom(&file, "certificates=1a").unwrap()), ["example.com", hosts[0], hosts[1]], "by number");
        assert_eq!(shown(&dom(&file, "certificates=0d&filter=org").unwrap()), [hosts[1], hosts[0]]);
    }
}

/// The gateway is asked so often as is said, and not for each look at the page.
#[test]
fn a_page_that_is_served() {
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        let mut serving = Serving::start(&["status", "--transport", transport, "--endpoint", &at, "--interval", "1h"]);
        let asked = gateway.counts().requests;
        assert!(asked > 0);
        for _ in 0..20 {
            let page = serving.page("/");
            assert!(page.contains(">example.com<") && page.contains("http-equiv=\"refresh\""), "{page}");
        }
        assert_eq!(serving.page("/healthz"), "ok\n");
        let metrics = serving.page("/metrics");
        assert!(metrics.contains("certgate_certificate_not_after_timestamp_seconds{id=\"571\""), "{metrics}");
        assert_eq!(gateway.counts().requests, asked);
        assert_eq!(serving.interrupted(), 0);
    }
}
