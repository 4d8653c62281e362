//! The page of certificates: served, as a file, and in a real browser.

use std::{fs, path::Path, process::Command};

use certgate_domain::TaskKind;
use certgate_simulator::{Gateway, Server, Settings};
use pretty_assertions::assert_eq;

use crate::support::{
    binary::{Here, at, csr, edit, ended, endpoint, exit, fast, run, serve, stderr},
    serving::{Serving, raw},
};

/// The document as a browser has it, with its script run; none where no browser is installed.
fn dom(file: &Path, fragment: &str) -> Option<String> {
    dom_by(file, fragment, &[])
}

fn dom_by(file: &Path, fragment: &str, options: &[&str]) -> Option<String> {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))?;
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"])
        .args(options)
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
    rows.map(|row| row.split("data-label=\"Name\"><bdi>").nth(1).unwrap().split('<').next().unwrap()).collect()
}

#[test]
fn a_page_as_a_file() {
    for transport in ["xml", "json"] {
        let here = Here::new(transport, Settings { foreign_first: 1, more_certificates: 2, ..Settings::default() });
        let (csr, out) = (csr(), here.path("certs/example.com").display().to_string());
        let order = ["reissue", "571", "--csr", &csr, "--out", &out, "--deploy-hook", "false"];
        assert_eq!(here.told(&order).0, 11);
        let file = here.path("page.html");
        let (at, config) = (endpoint(&here.server, transport), fast(here.home.path()));
        let (certs, page) = (here.path("certs").display().to_string(), file.display().to_string());
        let command = ["status", &certs, "--html", &page, "--transport", transport, "--endpoint", &at];
        let asked = || here.gateway.asked(TaskKind::CertificateInfo);
        let before = asked();
        let output = run(here.home.path(), &[&command[..], &["--config", &config]].concat());
        assert_eq!((exit(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
        assert_eq!(asked() - before, 1, "of the one that is installed here");
        assert_eq!(
            (here.gateway.asked(TaskKind::PollConfirm), here.gateway.queue_len()),
            (0, 2),
            "a look confirms nothing"
        );
        let html = fs::read_to_string(&file).unwrap();
        for there in [
            "<b>3</b><span>certificates",
            "<b>1</b><span>installed here",
            &out,
            "not deployed: the deploy hook failed",
            ">redeploy<",
            "certificate-reissue",
            "<b>2</b><span>messages in the queue",
            ">somebody else's<",
            "Behind the first, 1 message waits",
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
        let id = html.split("data-of=\"").nth(1).unwrap().split('"').next().unwrap();
        let opened = dom(&file, &format!("open={id}")).unwrap();
        assert!(
            opened.contains(&format!("<details data-of=\"{id}\" open=\"\">")),
            "what was open stays open: {opened}"
        );
    }
}

/// What a reader of a page has before and after it loaded itself anew, in a frame of that width: its whole width, what is filtered by, whether the
/// history is open and which columns are sorted by. A minute passes at once.
fn read(page: &Path, width: u32) -> Option<Vec<String>> {
    let around = page.with_file_name("around.html");
    let html = format!(
        "<!doctype html><iframe src=\"{}\" width=\"{width}\" height=\"2000\" style=\"border:0\"></iframe><pre></pre><script>{READER}</script>",
        page.file_name().unwrap().display()
    );
    fs::write(&around, html).unwrap();
    let dom = dom_by(&around, "", &["--allow-file-access-from-files", "--virtual-time-budget=70000"])?;
    let said = dom.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap();
    Some(said.lines().map(str::to_owned).collect())
}

/// Chooses what can be chosen on a page once it is loaded, and writes what is chosen then and after each load.
const READER: &str = r##"
const frame = document.querySelector("iframe");
let chosen = false;
frame.addEventListener("load", () => {
  const page = frame.contentDocument;
  const [filter, history] = [page.querySelector("#filter"), page.querySelector("details")];
  if (!chosen) {
    page.querySelectorAll("th button")[1].click();
    filter.value = "example";
    filter.dispatchEvent(new Event("input"));
    history.open = true;
    chosen = true;
  }
  const sorted = [...page.querySelectorAll("th[aria-sort]")].map((column) => column.textContent);
  const said = [page.documentElement.scrollWidth, filter.value, history.open, sorted];
  document.querySelector("pre").textContent += said.join(" ") + "\n";
});
"##;

#[test]
fn what_was_chosen_on_a_page_stays_and_fits_each_width() {
    let here = Here::new("json", Settings::default());
    here.ends(&["reissue", "571", "--new-key", "--dns", "provision", "--out", "certs/example.com"], 0);
    let at = endpoint(&here.server, "json");
    let [certs, store] =
        ["certs", ".local/share/certgate/store.sqlite"].map(|name| here.path(name).display().to_string());
    let file = here.path("page.html");
    let mut serving = Serving::start(&["status", &certs, "--endpoint", &at, "--store", &store]);
    fs::write(&file, serving.page("/")).unwrap();
    assert_eq!(serving.interrupted(), 0);
    for width in [360, 800, 1000, 1100] {
        let Some(said) = read(&file, width) else {
            eprintln!("left out: no Chromium is installed");
            return;
        };
        let chosen = format!("{width} example true Id");
        assert_eq!(said, [chosen.clone(), chosen], "before and after, at {width}");
    }
}

/// What others named is text in a browser too, however it is written, and whatever the browser is asked for.
#[test]
fn hostile_names_in_a_browser() {
    let home = tempfile::tempdir().unwrap();
    let world = home.path().join("world.json");
    let settings = || Settings { more_certificates: 60, ..Settings::default() };
    // Opened twice: what it holds is written when it is made.
    drop(Gateway::kept(settings(), &world).unwrap());
    let names = ["<script>document.title='taken'</script>", "x' onmouseover='document.title=1", "שלום.example"];
    for (at, name) in names.iter().enumerate() {
        edit(&world, &format!("\"host-{at:06}.example.org\""), &format!("\"{name}\""));
    }
    let gateway = Gateway::kept(settings(), &world).unwrap();
    let server = Server::start(gateway, "127.0.0.1:0".parse().unwrap()).unwrap();
    ended(at(home.path(), &server, "json", &["status", "--html", "page.html"]), 0);
    let Some(dom) = dom(&home.path().join("page.html"), "certificates=0a") else {
        eprintln!("left out: no Chromium is installed");
        return;
    };
    assert!(dom.contains("<title>Certificates</title>"), "{dom}");
    assert_eq!(dom.matches("<script").count(), 1, "only ours: {dom}");
    assert!(
        dom.contains("data-count=\"certificates\"> 61<"),
        "our script ran, so that its hash is the policy's: {dom}"
    );
    assert!(dom.contains("<bdi>&lt;script&gt;document.title='taken'&lt;/script&gt;</bdi>"), "{dom}");
    assert!(shown(&dom).len() == 61 && !dom.contains("onmouseover=\""), "{dom}");
}

/// The gateway is asked so often as is said, and not for each look at the page.
#[test]
fn a_page_that_is_served() {
    for transport in ["xml", "json"] {
        let (gateway, server) = serve(Settings::default());
        let at = endpoint(&server, transport);
        let empty = tempfile::tempdir().unwrap();
        let folder = empty.path().display().to_string();
        let common = ["--transport", transport, "--endpoint", &at, "--interval", "1h"];
        let mut serving = Serving::start(&[&["status", &folder][..], &common].concat());
        let asked = gateway.counts().requests;
        assert!(asked > 0);
        for _ in 0..20 {
            let page = serving.page("/");
            assert!(page.contains(">example.com<") && page.contains("http-equiv=\"refresh\""), "{page}");
        }
        assert_eq!(serving.page("/healthz"), "ok\n");
        let whole = raw(serving.address(), "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let policy = whole.lines().find_map(|line| line.strip_prefix("content-security-policy: ")).unwrap();
        for directive in ["default-src 'none'", "script-src 'sha256-", "style-src 'sha256-", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let metrics = serving.page("/metrics");
        assert!(metrics.contains("certgate_certificate_not_after_timestamp_seconds{id=\"571\""), "{metrics}");
        // A folder that was named is to hold a certificate.
        let unreadable = |line: &str| line.starts_with("certgate_folders_unreadable{") && line.ends_with("\"} 1");
        assert!(metrics.lines().any(unreadable), "{metrics}");
        assert_eq!(gateway.counts().requests, asked);
        assert_eq!(serving.interrupted(), 0);
    }
}
