//! What is watched, as metrics.

use super::{
    Snapshot,
    exposition::{Exposition, Metric, MetricKind},
};
use crate::{GatewayClock, inventory::InstalledCertificate};

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Gauge, help }
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: MetricKind::Counter, help }
}

const SNAPSHOT: Metric = gauge("certgate_snapshot_timestamp_seconds", "When these metrics were taken.");
const GATEWAY: Metric = gauge("certgate_gateway_up", "Whether the gateway answered when these metrics were taken.");
const CLOCK: Metric =
    gauge("certgate_gateway_clock_ahead_seconds", "How far the gateway's clock is ahead of this machine's.");
const QUEUE: Metric = gauge("certgate_queue_messages", "Messages that wait in the account's queue.");
const SUPERSEDED: Metric =
    gauge("certgate_certificates_superseded", "Certificates of the account that another one of their name outlasts.");
const NOT_AFTER: Metric = gauge(
    "certgate_certificate_not_after_timestamp_seconds",
    "When a certificate of the account ends, the last of its name.",
);
const NOT_BEFORE: Metric = gauge(
    "certgate_certificate_not_before_timestamp_seconds",
    "When a certificate of the account began to be valid, at the latest: lists do not say it.",
);
const TERM_END: Metric = gauge(
    "certgate_certificate_term_end_timestamp_seconds",
    "When the paid term of a certificate of the account ends.",
);
const INSTALLED: Metric =
    gauge("certgate_installed_not_after_timestamp_seconds", "When the certificate that is in place in a folder ends.");
const INSTALLED_SINCE: Metric = gauge(
    "certgate_installed_not_before_timestamp_seconds",
    "When the certificate that is in place in a folder began to be valid.",
);
const DEPLOYED: Metric =
    gauge("certgate_installed_deployed", "Whether the hook of the set in place went well; 1 where it has none.");
const REVOKED: Metric =
    gauge("certgate_installed_revoked", "Whether the certificate that is in place in a folder was revoked.");
const SERVED: Metric = gauge(
    "certgate_installed_served",
    "Whether what is served at an endpoint is the set in place in its folder, where that is looked at.",
);
const UNREADABLE: Metric = gauge("certgate_folders_unreadable", "Folders whose certificate cannot be read.");
const ORDERS: Metric = gauge("certgate_orders", "Orders in the store, by state.");
const OLDEST: Metric = gauge(
    "certgate_orders_oldest_timestamp_seconds",
    "When the oldest order that is not finished was placed, by state.",
);
const LAST_RUN: Metric =
    gauge("certgate_last_run_timestamp_seconds", "When a command that uses the store ended last on this machine.");
const LAST_SUCCESS: Metric = gauge(
    "certgate_last_success_timestamp_seconds",
    "When a command that uses the store last ended with exit code 0 or 8 on this machine.",
);
const EXIT_CODE: Metric =
    gauge("certgate_last_exit_code", "The exit code of the last run of a command that uses the store on this machine.");
const REQUESTS: Metric = counter(
    "certgate_requests_total",
    "Tasks that commands that use the store sent since it was made, repeats of one counted once.",
);

/// Every metric that there may be.
pub const METRICS: [Metric; 20] = [
    SNAPSHOT,
    GATEWAY,
    CLOCK,
    QUEUE,
    SUPERSEDED,
    NOT_AFTER,
    NOT_BEFORE,
    TERM_END,
    INSTALLED,
    INSTALLED_SINCE,
    DEPLOYED,
    REVOKED,
    SERVED,
    UNREADABLE,
    ORDERS,
    OLDEST,
    LAST_RUN,
    LAST_SUCCESS,
    EXIT_CODE,
    REQUESTS,
];

/// A snapshot in Prometheus' text format. What is not known is left out.
pub fn prometheus(snapshot: &Snapshot) -> String {
    // So that the metrics of several accounts may stand beside each other.
    let account = snapshot.account_id.iter().map(|account| ("account", account.to_string()));
    let mut text = Exposition::with_labels(account.collect());
    let one = |value: Option<i64>| value.map(|value| (Vec::new(), value));
    let account = snapshot.account.as_ref();
    text.metric(SNAPSHOT, one(Some(snapshot.taken)));
    text.metric(GATEWAY, one(Some(i64::from(account.is_some()))));
    text.metric(CLOCK, one(account.and_then(|account| account.clock).map(GatewayClock::ahead)));
    text.metric(QUEUE, one(snapshot.queue));
    text.metric(SUPERSEDED, account.map(|account| (Vec::new(), account.superseded)));
    let certificates = || account.into_iter().flat_map(|account| &account.certificates);
    let labels = |id: Option<i64>, name: &str| {
        vec![("id", id.map_or_else(String::new, |id| id.to_string())), ("name", name.to_owned())]
    };
    text.metric(NOT_AFTER, certificates().filter_map(|one| Some((labels(one.id, &one.name), one.not_after?))));
    text.metric(NOT_BEFORE, certificates().filter_map(|one| Some((labels(one.id, &one.name), one.began()?))));
    text.metric(TERM_END, certificates().filter_map(|one| Some((labels(one.id, &one.name), one.term?.end))));
    let folder = |folder: &std::path::Path| ("folder", folder.display().to_string());
    let in_place = |set: &InstalledCertificate| {
        let mut labels = labels(set.id, &set.name);
        labels.push(folder(&set.folder));
        labels
    };
    text.metric(INSTALLED, snapshot.installed.iter().map(|set| (in_place(set), set.not_after)));
    text.metric(INSTALLED_SINCE, snapshot.installed.iter().map(|set| (in_place(set), set.not_before)));
    text.metric(
        DEPLOYED,
        snapshot.installed.iter().map(|set| (vec![folder(&set.folder)], u8::from(!set.record.deployment.is_failed()))),
    );
    // Of one that is not noted to be revoked only the gateway knows.
    let is_revoked = |set: &InstalledCertificate| snapshot.revoked.contains(&set.folder);
    let known = snapshot.installed.iter().filter(|set| account.is_some() || is_revoked(set));
    text.metric(REVOKED, known.map(|set| (vec![folder(&set.folder)], u8::from(is_revoked(set)))));
    text.metric(
        SERVED,
        snapshot.served.iter().map(|set| {
            (vec![folder(&set.folder), ("endpoint", set.endpoint.clone())], u8::from(set.problem.is_none()))
        }),
    );
    text.metric(UNREADABLE, [(Vec::new(), snapshot.unreadable.len())]);
    let state = |state: &str| vec![("state", state.to_owned())];
    text.metric(ORDERS, snapshot.orders.iter().map(|orders| (state(orders.state.as_str()), orders.count)));
    let open = snapshot.orders.iter().filter(|orders| !orders.state.is_finished());
    text.metric(OLDEST, open.map(|orders| (state(orders.state.as_str()), orders.oldest.div_euclid(1000))));
    let command = |command: &str| vec![("command", command.to_owned())];
    text.metric(LAST_RUN, snapshot.runs.iter().map(|run| (command(&run.command), run.ended.div_euclid(1000))));
    text.metric(
        LAST_SUCCESS,
        snapshot.runs.iter().filter_map(|run| Some((command(&run.command), run.succeeded?.div_euclid(1000)))),
    );
    text.metric(EXIT_CODE, snapshot.runs.iter().map(|run| (command(&run.command), run.exit_code)));
    text.metric(
        REQUESTS,
        snapshot.requests.iter().map(|sent| {
            let labels = vec![
                ("task", sent.task.clone()),
                ("transport", sent.transport.clone()),
                ("outcome", sent.outcome.clone()),
            ];
            (labels, sent.count)
        }),
    );
    text.into_text()
}
