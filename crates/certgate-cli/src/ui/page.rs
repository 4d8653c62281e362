//! A page of certificates, orders and the queue: one HTML document that needs nothing from elsewhere.

use std::{fmt::Write, path::Path, time::Duration};

use certgate::{
    GatewayClock,
    estate::{PlannedAction, account::AccountCertificate},
    installation::Deployment,
    inventory::{InstalledCertificate, ends_within},
    monitoring::{Overview, Thresholds, WaitingMessage},
};
use certgate_store::{Order, OrderEvent};
use certgate_wire::one_line;

use super::{document, reports::escaped};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a browser may load and run: this style and this script, by their hashes, and nothing else from anywhere.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'sha256-eCOB+Th4RPn3mBsUsoNbRH7wkUzqzKveUYcko2hZ1u4='; \
     script-src 'sha256-UaVlwW7zSS+qjIVugst3d1zgrpIBO9SGIZtRX9jFp6Q='; base-uri 'none'; form-action 'none'";

/// The page. It loads itself anew so often, where that is said.
pub(crate) fn page(overview: &Overview, refresh: Option<Duration>) -> String {
    let seconds = refresh.map(|refresh| format!(" data-refresh=\"{}\"", refresh.as_secs())).unwrap_or_default();
    let mut html = format!("<!doctype html>\n<html lang=\"en\"{seconds}>\n<head>\n<meta charset=\"utf-8\">\n");
    html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    let _ = writeln!(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    html += "<meta name=\"referrer\" content=\"no-referrer\">\n";
    if let Some(refresh) = refresh {
        let refresh = format!("<meta http-equiv=\"refresh\" content=\"{}\">", refresh.as_secs());
        let _ = writeln!(html, "<noscript>{refresh}</noscript>");
    }
    let _ = write!(html, "<title>Certificates</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n");
    let taken = overview.snapshot.taken;
    let _ = writeln!(
        html,
        "<header><h1>Certificates</h1><span class=\"dim\">as of {}</span></header>",
        moment(taken, true)
    );
    if let Some(trouble) = &overview.trouble {
        let trouble = text(&trouble.to_string());
        let _ = writeln!(html, "<p class=\"trouble\">The gateway did not say all of this: {trouble}</p>");
    }
    for (folder, why) in &overview.snapshot.unreadable {
        let (folder, why) = (text(&folder.display().to_string()), text(&why.to_string()));
        let _ = writeln!(html, "<p class=\"trouble\">Of <code>{folder}</code> nothing can be told: {why}</p>");
    }
    html += &figures(overview);
    html +=
        "<input id=\"filter\" type=\"search\" placeholder=\"Filter by any text\" aria-label=\"Filter by any text\">\n";
    html += &certificates(overview);
    html += &orders(overview);
    html += &queue(overview);
    let _ = write!(html, "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n");
    html
}

fn figures(overview: &Overview) -> String {
    let snapshot = &overview.snapshot;
    let account = snapshot.account.as_ref();
    let number = |number: Option<i64>| number.map_or("?".to_owned(), |number| number.to_string());
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let open: u64 =
        snapshot.orders.iter().filter(|orders| !orders.state.is_finished()).map(|orders| orders.count).sum();
    let figures = [
        (number(account.map(|account| count(account.certificates.len()))), "certificates"),
        (snapshot.installed.len().to_string(), "installed here"),
        (open.to_string(), "open orders"),
        (number(snapshot.queue), "messages in the queue"),
        (number(account.and_then(|account| account.clock).map(GatewayClock::ahead)), "seconds between the clocks"),
    ];
    let item = |(figure, what): &(String, &str)| format!("<li><b>{figure}</b><span>{what}</span></li>\n");
    format!("<ul class=\"figures\">\n{}</ul>\n", figures.iter().map(item).collect::<String>())
}

const COLUMNS: [&str; 8] = ["Name", "Id", "Product", "Ends", "Term ends", "Installed", "Served", "Next"];

/// A certificate of the account, a set in place here, or both.
struct Row<'o> {
    account: Option<&'o AccountCertificate>,
    installed: Option<&'o InstalledCertificate>,
}

fn certificates(overview: &Overview) -> String {
    let snapshot = &overview.snapshot;
    let all = snapshot.account.iter().flat_map(|account| &account.certificates);
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut shown = Vec::new();
    for account in all {
        let here = snapshot.installed.iter().filter(|set| set.id.is_some() && set.id == account.id);
        let before = rows.len();
        for installed in here {
            shown.push(&installed.folder);
            rows.push(Row { account: Some(account), installed: Some(installed) });
        }
        if rows.len() == before {
            rows.push(Row { account: Some(account), installed: None });
        }
    }
    let others = snapshot.installed.iter().filter(|set| !shown.contains(&&set.folder));
    rows.extend(others.map(|installed| Row { account: None, installed: Some(installed) }));
    rows.sort_by_key(Row::ends);
    let rows: Vec<String> = rows.iter().map(|row| row.html(overview)).collect();
    let empty = match snapshot.account {
        Some(_) => "The account has no certificate, and none is installed here.",
        None => "The gateway did not say which certificates there are, and none is installed here.",
    };
    table(("Certificates", "certificates"), &COLUMNS, &rows, empty)
}

impl Row<'_> {
    /// What is in use here goes before what the gateway has.
    fn ends(&self) -> Option<i64> {
        self.installed.map(|set| set.not_after).or_else(|| self.account?.not_after)
    }

    fn began(&self) -> Option<i64> {
        self.installed.map(|set| set.not_before).or_else(|| self.account?.began())
    }

    /// What is next with one that is not installed here.
    fn elsewhere(&self, now: i64) -> String {
        let soon = |ends| Thresholds::of(self.began(), ends).warning;
        let ends_soon = self.ends().is_some_and(|ends| ends_within(ends, soon(ends), now));
        if ends_soon { "<span class=\"warn\">see who has it</span>".to_owned() } else { String::new() }
    }

    fn html(&self, overview: &Overview) -> String {
        let Self { account, installed } = self;
        let now = overview.snapshot.taken;
        let name = installed.map_or_else(|| account.map_or("", |account| &account.name), |set| &set.name);
        let id = installed.and_then(|set| set.id).or(account.and_then(|account| account.id));
        let product = account.and_then(|account| account.product.as_deref()).unwrap_or_default();
        let term = account.and_then(|account| account.term).map(|term| term.end);
        let cells = [
            (None, own(name)),
            (id, id.map(|id| id.to_string()).unwrap_or_default()),
            (None, text(product)),
            (self.ends(), self.ends().map(|ends| end(self.began(), ends, now)).unwrap_or_default()),
            (term, term.map(|term| end(None, term, now)).unwrap_or_default()),
            (None, installed.map_or_else(|| "<span class=\"dim\">not here</span>".to_owned(), place)),
            (None, installed.map(|set| served(overview, &set.folder)).unwrap_or_default()),
            (None, installed.map_or_else(|| self.elsewhere(now), |set| next(overview, &set.folder))),
        ];
        row(&COLUMNS, cells)
    }
}

fn place(set: &InstalledCertificate) -> String {
    let folder = format!("<code>{}</code>", text(&set.folder.display().to_string()));
    let wrong = match (&set.record.deployment, set.key_fits, set.faults.is_empty(), set.led_gone.first()) {
        (_, Some(false), ..) => "the key is another one's".to_owned(),
        (_, _, false, _) => text(&set.faults.to_string()),
        (.., Some(path)) => format!("{} led into it and is gone", text(&path.display().to_string())),
        (Deployment::Failed { detail }, ..) => format!("not deployed: {}", text(detail)),
        _ => return folder,
    };
    format!("<div>{folder}<br><span class=\"bad\">{wrong}</span></div>")
}

fn served(overview: &Overview, folder: &Path) -> String {
    let at = overview.snapshot.served.iter().filter(|set| set.folder == folder);
    let lines: Vec<String> = at
        .map(|set| match &set.problem {
            None => format!("<span class=\"ok\">{}</span>", text(&set.endpoint)),
            // It names the endpoint.
            Some(why) => format!("<span class=\"bad\">{}</span>", text(why)),
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("<div>{}</div>", lines.join("<br>")) }
}

fn next(overview: &Overview, folder: &Path) -> String {
    let Some(step) = overview.next.iter().find(|step| step.folder == folder) else { return String::new() };
    let (class, action) = match step.action {
        Some(PlannedAction::Nothing) => ("ok", "nothing"),
        Some(action) => ("warn", action.name()),
        None => ("bad", "unclear"),
    };
    format!("<div><span class=\"{class}\">{action}</span><br><span class=\"dim\">{}</span></div>", text(&step.reason))
}

fn orders(overview: &Overview) -> String {
    let columns = ["Order", "Task", "Certificate", "State", "Updated", "History"];
    let row = |(order, history): &(Order, Vec<OrderEvent>)| {
        let event = |event: &OrderEvent| {
            let time = moment(event.time.div_euclid(1000), true);
            format!("<li>{time} {}: {}</li>", event.state.as_str(), text(&event.detail))
        };
        let name = order.order.name.as_deref().unwrap_or_default();
        let certificate = match order.order.certificate {
            Some(id) => format!("<div>{} ({id})</div>", own(name)),
            None => own(name),
        };
        let class = if order.state.is_finished() { "dim" } else { "warn" };
        let (id, steps) = (text(&order.order.id), history.len());
        let s = if steps == 1 { "" } else { "s" };
        let events: String = history.iter().map(event).collect();
        let updated = order.updated.div_euclid(1000);
        let cells = [
            (None, format!("<code>{id}</code>")),
            (None, text(&order.order.task)),
            (None, certificate),
            (None, format!("<span class=\"{class}\">{}</span>", order.state.as_str())),
            (Some(updated), moment(updated, true)),
            (None, format!("<details data-of=\"{id}\"><summary>{steps} step{s}</summary><ol>{events}</ol></details>")),
        ];
        row(&columns, cells)
    };
    let rows: Vec<String> = overview.orders.iter().map(row).collect();
    let all: u64 = overview.snapshot.orders.iter().map(|orders| orders.count).sum();
    let shown = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let heading = if all > shown { format!("Orders, the latest {shown} of {all}") } else { "Orders".to_owned() };
    table((&heading, "orders"), &columns, &rows, "The store holds no order of this account.")
}

/// The messages that wait. A look confirms none of them.
fn queue(overview: &Overview) -> String {
    let columns = ["Message", "About", "Job", "Whose", "Waits"];
    let row = |waiting: &WaitingMessage| {
        let message = &waiting.message;
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let whose = match &waiting.order {
            Some(order) => format!("<div>order <code>{}</code></div>", text(order)),
            None => "<span class=\"dim\">somebody else's</span>".to_owned(),
        };
        let received = waiting.received.map(|received| received.div_euclid(1000));
        let place = match received {
            None => "first in the queue".to_owned(),
            Some(received) => format!("<div>stored here since<br>{}</div>", moment(received, true)),
        };
        let cells = [
            (message.id, number(message.id)),
            (None, text(&message.kind)),
            (message.job, number(message.job)),
            (None, whose),
            (received.or(Some(0)), place),
        ];
        row(&columns, cells)
    };
    let rows: Vec<String> = overview.messages.iter().map(row).collect();
    let empty = match overview.snapshot.queue {
        Some(_) => "No message waits.",
        None => "The gateway did not say whether messages wait, and none is stored here.",
    };
    let mut html = table(("Queue", "queue"), &columns, &rows, empty);
    if let Some(behind) = overview.snapshot.queue.map(|queue| queue - 1).filter(|behind| *behind > 0) {
        let (s, wait, them) = if behind == 1 { ("", "waits", "it") } else { ("s", "wait", "them") };
        let _ = writeln!(
            html,
            "<p class=\"dim\">Behind the first, {behind} message{s} {wait} in the queue: the gateway shows {them} when those before are confirmed. \
             This page confirms none.</p>"
        );
    }
    html
}

/// A heading and its table, of heading and id; a sentence in its place where it has no rows.
fn table((heading, id): (&str, &str), columns: &[&str], rows: &[String], empty: &str) -> String {
    let heading = format!("<h2>{heading}<span class=\"dim\" data-count=\"{id}\"></span></h2>\n");
    if rows.is_empty() {
        return format!("{heading}<p class=\"dim\">{empty}</p>\n");
    }
    let column = |column: &&str| format!("<th scope=\"col\"><button>{column}</button></th>");
    let (head, body): (String, String) = (columns.iter().map(column).collect(), rows.concat());
    format!("{heading}<table id=\"{id}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
}

/// A row of cells, each with what it is sorted by where that is not its text.
fn row<const N: usize>(columns: &[&str; N], cells: [(Option<i64>, String); N]) -> String {
    let cells = columns.iter().zip(cells).map(|(label, (key, content))| cell(label, key, &content));
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}

/// A cell of a row; `key` is what it is sorted by, where that is not its text.
fn cell(label: &str, key: Option<i64>, content: &str) -> String {
    let key = key.map_or_else(String::new, |key| format!(" data-key=\"{key}\""));
    format!("<td data-label=\"{label}\"{key}>{content}</td>")
}

fn end(began: Option<i64>, ends: i64, now: i64) -> String {
    let Thresholds { warning, critical } = Thresholds::of(began, ends);
    let within = |time| ends_within(ends, time, now);
    let class = match (within(critical), within(warning)) {
        (true, _) => "bad",
        (false, true) => "warn",
        (false, false) => "ok",
    };
    let days = (ends - now).div_euclid(86_400);
    let days = match days {
        ..0 => "ended".to_owned(),
        0 => "within a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    format!("<div><span class=\"{class}\">{days}</span><br>{}</div>", moment(ends, false))
}

/// A time, in seconds since 1970: the day alone, or the whole of it.
fn moment(unix: i64, is_whole: bool) -> String {
    let time = document::time(unix.saturating_mul(1000));
    if !is_whole {
        return format!("<time datetime=\"{time}\" title=\"{time}\">{}</time>", document::day(unix));
    }
    format!("<time datetime=\"{time}\">{}</time>", time.replace('T', " ").trim_end_matches('Z').to_owned() + " UTC")
}

/// What somebody else wrote: no markup, on one line, with what is hidden made visible.
fn text(text: &str) -> String {
    escaped(&one_line(text))
}

/// The same in whatever direction it is written, without turning what stands beside it.
fn own(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("<bdi>{}</bdi>", text(name)) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::{Engine, engine::general_purpose::STANDARD};
    use certgate::{
        estate::account::{Account, AccountCertificate},
        monitoring::{Overview, ServedSet},
    };
    use certgate_domain::Certificate;
    use sha2::{Digest, Sha256};

    use super::{POLICY, SCRIPT, STYLE, page, served};

    /// A browser runs the script and takes the style by their hashes.
    #[test]
    fn the_policy_names_style_and_script() {
        let source = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        for (directive, text) in [("style-src", STYLE), ("script-src", SCRIPT)] {
            let expected = format!("{directive} {};", source(text));
            assert!(POLICY.contains(&expected), "expected {expected} in {POLICY}");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let mut overview = Overview::default();
        assert!(page(&overview, None).contains("The gateway did not say which certificates there are"));
        overview.snapshot.account = Some(Account::default());
        overview.snapshot.queue = Some(0);
        let html = page(&overview, None);
        for said in ["The account has no certificate", "The store holds no order", "No message waits."] {
            assert!(html.contains(said), "{said}: {html}");
        }
        assert!(!html.contains("<table"), "{html}");
    }

    #[test]
    fn what_is_not_served_names_its_endpoint_once() {
        let mut overview = Overview::default();
        let problem = "example.com:443: nobody answers";
        overview.snapshot.served = vec![ServedSet {
            folder: "certs".into(),
            endpoint: "example.com:443".to_owned(),
            problem: Some(problem.to_owned()),
        }];
        let expected = format!("<div><span class=\"bad\">{problem}</span></div>");
        assert_eq!(served(&overview, "certs".as_ref()), expected);
    }

    #[test]
    fn what_the_gateway_says_is_text() {
        let name = "<script>alert(1)</script>\u{202e}\n\"'&";
        let certificate = Certificate { id: Some(1), name: Some(name.to_owned()), ..Certificate::default() };
        let mut overview = Overview::default();
        let certificates = vec![AccountCertificate::from(&certificate)];
        overview.snapshot.account = Some(Account { certificates, ..Account::default() });
        let html = page(&overview, Some(Duration::from_secs(60)));
        assert_eq!(html.matches("<script>").count(), 1, "only ours");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(!html.contains('\u{202e}') && html.contains("␊&quot;&#39;&amp;"), "{html}");
        assert!(html.contains("<meta http-equiv=\"refresh\" content=\"60\">"));
    }
}
