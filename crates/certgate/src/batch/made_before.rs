//! The orders that lines made before, whatever their file was called: of the same line, and of one that called the same certificate something else, its
//! name in place of its id, or another file of the same key.

use std::collections::{BTreeSet, HashMap, HashSet};

use certgate_domain::{Certificate, TaskKind};
use certgate_flow::Purpose;
use certgate_store::{InstallOptions, Order};

use super::BatchOrder;
use crate::{Error, Journal, KeySource, estate::term::RENEWABLE, inventory::whole, selector::spelled};

/// What a key holds behind the name of its file: what a line orders, and of which certificate.
pub(super) fn line_of(key: &str) -> &str {
    let behind_file = ["create", "reissue", "renew"].iter().filter_map(|action| key.find(&format!(":{action}:")));
    behind_file.min().and_then(|at| key.get(at + 1..)).unwrap_or(key)
}

/// The name of the file that a key begins with.
pub(super) fn file_of(key: &str) -> &str {
    key.strip_suffix(line_of(key)).unwrap_or_default().trim_end_matches(':')
}

/// The keys of the orders that lines made, by the lines, and by the certificates.
#[derive(Default)]
pub(super) struct MadeBefore {
    lines: HashMap<String, BTreeSet<String>>,
    subjects: HashMap<String, BTreeSet<String>>,
    /// Whether all is ordered anew.
    again: bool,
}

impl MadeBefore {
    /// Those of the account.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn read(journal: &Journal, again: bool) -> Result<Self, Error> {
        let mut made = Self { again, ..Self::default() };
        for Order { order, .. } in journal.of_batches("")? {
            let Some(key) = order.batch else { continue };
            made.lines.entry(line_of(&key).to_owned()).or_default().insert(key.clone());
            let is_new = order.task == TaskKind::CertificateCreate.name();
            if let Some(subject) = subject(order.certificate.filter(|_| !is_new), order.name.as_deref()) {
                made.subjects.entry(subject).or_default().insert(key);
            }
        }
        Ok(made)
    }

    /// The orders of a line, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn orders_of(&self, line: &BatchOrder, journal: &Journal) -> Result<Vec<Order>, Error> {
        let mut orders = Vec::new();
        for key in self.lines.get(line_of(&line.key)).into_iter().flatten() {
            orders.extend(journal.of_batch(key)?.into_iter().filter(|order| self.is_of(line, order, journal.now())));
        }
        orders.sort_by_key(|order| order.created);
        Ok(orders)
    }

    /// The orders of the certificate that a line means, once its id is known, which no other line of its file made: `own` are these.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn orders_of_renamed(
        &self,
        line: &BatchOrder,
        own: &HashSet<String>,
        journal: &Journal,
    ) -> Result<Vec<Order>, Error> {
        let mut request = line.request.clone();
        let of_csr = request.csr.as_ref().and_then(|(_, csr)| csr.name());
        let subject = subject(request.certificate(), request.name.as_deref().or(of_csr));
        let Some(keys) = subject.and_then(|subject| self.subjects.get(&subject)) else { return Ok(Vec::new()) };
        let is_new = request.purpose == Purpose::Create;
        if is_new && matches!(request.key, Some(KeySource::File { .. })) {
            // Why it cannot be used is told where it is ordered.
            let _ = request.make_csr_like(&Certificate::default(), true);
        }
        let is_the_same = |order: &Order| {
            self.is_of(line, order, journal.now())
                && request.is_for(order)
                && (!is_new || order.order.product == request.product)
        };
        let action = format!("{}:", request.action());
        let is_meant = |key: &&String| {
            let other = line_of(key);
            other.starts_with(&action) && !own.contains(other) && (is_new || line.asks_what(key))
        };
        let mut orders = Vec::new();
        for key in keys.iter().filter(is_meant) {
            orders.extend(journal.of_batch(key)?.into_iter().filter(is_the_same));
        }
        Ok(orders)
    }

    /// Whether an order of the same may be a line's at this time, in milliseconds since 1970: of its file, whatever folder it names by now, or of another file's
    /// with the same folder, as far as that one is open or a second one would be paid for what the first one gave. A term that is over for the most part is
    /// renewed by another file, a reissue is free, and what is ordered again is ordered by its own file.
    fn is_of(&self, line: &BatchOrder, order: &Order, now: i64) -> bool {
        let folder = |install: Option<&InstallOptions>| install.map(|install| whole(&install.folder));
        let still_counts = || match line.request.purpose {
            _ if self.again => false,
            Purpose::Create => true,
            Purpose::Renew(_) => now.saturating_sub(order.created) < RENEWABLE * 1000,
            Purpose::Reissue(_) => false,
        };
        order.order.batch.as_deref().map(file_of) == Some(file_of(&line.key))
            || (!order.state.is_finished() || still_counts())
                && folder(line.request.install.as_ref()) == folder(order.order.resume.install.as_ref())
    }
}

/// What an order is about: the certificate of that id, or a new one of that name.
fn subject(id: Option<i64>, name: Option<&str>) -> Option<String> {
    id.map(|id| format!("certificate {id}")).or_else(|| name.map(|name| format!("new {}", spelled(name))))
}

#[cfg(test)]
mod tests {
    use super::{file_of, line_of};

    #[test]
    fn a_line_is_what_stands_behind_its_file() {
        for (key, file, line) in [
            ("b.csv:reissue:571:", "b.csv", "reissue:571:"),
            ("b.csv:create::a.example:SSL123:/keys/renew:1:", "b.csv", "create::a.example:SSL123:/keys/renew:1:"),
            ("a:b.toml:renew:example.com:", "a:b.toml", "renew:example.com:"),
            ("odd", "", "odd"),
        ] {
            assert_eq!((file_of(key), line_of(key)), (file, line));
        }
    }
}
