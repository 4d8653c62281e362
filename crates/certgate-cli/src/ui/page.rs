//! A page of certificates, orders and the queue: one HTML document that needs nothing from elsewhere.

use std::{fmt::Write, path::Path, time::Duration};

use certgate::{
    estate::{PlannedAction, account::AccountCertificate},
    installation::Deployment,
    inventory::{InstalledCertificate, ends_within},
    monitoring::{Overview, Thresholds},
};
use certgate_store::{Order, OrderEvent};
use certgate_wire::one_line;

use super::{document, reports::escaped};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page. It loads itself anew so often, where that is said.
pub(crate) fn page(overview: &Overview, refresh: Option<Duration>) -> String {
    let mut html = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    html += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n";
    if let Some(refresh) = refresh {
        let _ = writeln!(html, "<meta http-equiv=\"refresh\" content=\"{}\">", refresh.as_secs());
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
    html += &figures(overview);
    html +=
        "<h2>Certificates</h2>\n<input id=\"filter\" type=\"search\" placeholder=\"Filter\" aria-label=\"Filter\">\n";
    html += &certificates(overview);
    html += "<h2>Orders</h2>\n";
    html += &orders(&overview.orders);
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
        (number(account.and_then(|account| account.clock_ahead)), "seconds between the clocks"),
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
    let body: String = rows.iter().map(|row| row.html(overview)).collect();
    table("certificates", &COLUMNS, &body)
}

impl Row<'_> {
    /// What is in use here goes before what the gateway has.
    fn ends(&self) -> Option<i64> {
        self.installed.map(|set| set.not_after).or_else(|| self.account?.not_after)
    }

    fn html(&self, overview: &Overview) -> String {
        let Self { account, installed } = self;
        let now = overview.snapshot.taken;
        let name = installed.map_or_else(|| account.map_or("", |account| &account.name), |set| &set.name);
        let id = installed.and_then(|set| set.id).or(account.and_then(|account| account.id));
        let product = account.and_then(|account| account.product.as_deref()).unwrap_or_default();
        let term = account.and_then(|account| account.term).map(|term| term.end);
        let cells = [
            (None, text(name)),
            (id, id.map(|id| id.to_string()).unwrap_or_default()),
            (None, text(product)),
            (self.ends(), self.ends().map(|ends| end(ends, now)).unwrap_or_default()),
            (term, term.map(|term| end(term, now)).unwrap_or_default()),
            (None, installed.map_or_else(|| "<span class=\"dim\">not here</span>".to_owned(), place)),
            (None, installed.map(|set| served(overview, &set.folder)).unwrap_or_default()),
            (None, installed.map(|set| next(overview, &set.folder)).unwrap_or_default()),
        ];
        let cells = COLUMNS.iter().zip(cells).map(|(label, (key, content))| cell(label, key, &content));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    }
}

fn place(set: &InstalledCertificate) -> String {
    let folder = format!("<code>{}</code>", text(&set.folder.display().to_string()));
    let wrong = match (&set.record.deployment, set.key_fits) {
        (_, Some(false)) => "the key is another one's".to_owned(),
        (Deployment::Failed { detail }, _) => format!("not deployed: {}", text(detail)),
        _ => return folder,
    };
    format!("<div>{folder}<br><span class=\"bad\">{wrong}</span></div>")
}

fn served(overview: &Overview, folder: &Path) -> String {
    let at = overview.snapshot.served.iter().filter(|set| set.folder == folder);
    let lines: Vec<String> = at
        .map(|set| match &set.problem {
            None => format!("<span class=\"ok\">{}</span>", text(&set.endpoint)),
            Some(why) => format!("<span class=\"bad\">{}: {}</span>", text(&set.endpoint), text(why)),
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

fn orders(orders: &[(Order, Vec<OrderEvent>)]) -> String {
    if orders.is_empty() {
        return "<p class=\"dim\">The store holds no order of this account.</p>\n".to_owned();
    }
    let columns = ["Order", "Task", "Certificate", "State", "Updated", "History"];
    let row = |(order, history): &(Order, Vec<OrderEvent>)| {
        let event = |event: &OrderEvent| {
            let time = moment(event.time.div_euclid(1000), true);
            format!("<li>{time} {}: {}</li>", event.state.as_str(), text(&event.detail))
        };
        let name = order.order.name.as_deref().unwrap_or_default();
        let certificate = match order.order.certificate {
            Some(id) => format!("{} ({id})", text(name)),
            None => text(name),
        };
        let class = if order.state.is_finished() { "dim" } else { "warn" };
        let events: String = history.iter().map(event).collect();
        let cells = [
            format!("<code>{}</code>", text(&order.order.id)),
            text(&order.order.task),
            certificate,
            format!("<span class=\"{class}\">{}</span>", order.state.as_str()),
            moment(order.updated.div_euclid(1000), true),
            format!("<details><summary>{} steps</summary><ol>{events}</ol></details>", history.len()),
        ];
        let cells: String = columns.iter().zip(cells).map(|(label, content)| cell(label, None, &content)).collect();
        format!("<tr>{cells}</tr>\n")
    };
    table("orders", &columns, &orders.iter().map(row).collect::<String>())
}

fn table(id: &str, columns: &[&str], body: &str) -> String {
    let head: String =
        columns.iter().map(|column| format!("<th scope=\"col\"><button>{column}</button></th>")).collect();
    format!("<table id=\"{id}\">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
}

/// A cell of a row; `key` is what it is sorted by, where that is not its text.
fn cell(label: &str, key: Option<i64>, content: &str) -> String {
    let key = key.map_or_else(String::new, |key| format!(" data-key=\"{key}\""));
    format!("<td data-label=\"{label}\"{key}>{content}</td>")
}

fn end(ends: i64, now: i64) -> String {
    let Thresholds { warning, critical } = Thresholds::default();
    let within = |time| ends_within(ends, time, now);
    let class = match (within(critical), within(warning)) {
        (true, _) => "bad",
        (false, true) => "warn",
        (false, false) => "ok",
    };
    let days = (ends - now).div_euclid(86_400);
    let days = if days < 0 { "ended".to_owned() } else { format!("{days} days") };
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use certgate::{
        estate::account::{Account, AccountCertificate},
        monitoring::Overview,
    };
    use certgate_domain::Certificate;

    use super::page;

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
