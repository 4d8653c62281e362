//! The orders of lines that call the same certificate something else by now: its name in place of its id, or another file of the same key.

use std::collections::{BTreeSet, HashMap, HashSet};

use certgate_domain::{Certificate, TaskKind};
use certgate_flow::Purpose;
use certgate_store::Order;

use super::BatchOrder;
use crate::{Error, Journal, KeySource, selector::spelled};

/// What lines of a file ordered that stand in it no longer: by what they were known, for each certificate.
pub(super) struct Renamed {
    keys: HashMap<String, BTreeSet<String>>,
}

impl Renamed {
    /// Those that none of these lines is known by.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn since(lines: &[BatchOrder], journal: &Journal) -> Result<Self, Error> {
        let own: HashSet<&str> = lines.iter().map(|line| line.key.as_str()).collect();
        let beginnings: BTreeSet<&str> = lines.iter().map(|line| line.beginning.as_str()).collect();
        let mut keys: HashMap<String, BTreeSet<String>> = HashMap::new();
        for beginning in beginnings {
            for Order { order, .. } in journal.of_batches(beginning)? {
                let is_new = order.task == TaskKind::CertificateCreate.name();
                let id = order.certificate.filter(|_| !is_new);
                if let (Some(key), Some(subject)) = (order.batch, subject(id, order.name.as_deref()))
                    && !own.contains(key.as_str())
                {
                    keys.entry(subject).or_default().insert(key);
                }
            }
        }
        Ok(Self { keys })
    }

    /// The orders of the certificate that a line means, once its id is known.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) fn orders_of(&self, line: &BatchOrder, journal: &Journal) -> Result<Vec<Order>, Error> {
        let mut request = line.request.clone();
        let of_csr = request.csr.as_ref().and_then(|(_, csr)| csr.name());
        let subject = subject(request.certificate(), request.name.as_deref().or(of_csr));
        let Some(keys) = subject.and_then(|subject| self.keys.get(&subject)) else { return Ok(Vec::new()) };
        let is_new = request.purpose == Purpose::Create;
        if is_new && matches!(request.key, Some(KeySource::File { .. })) {
            // Why it cannot be used is told where it is ordered.
            let _ = request.make_csr_like(&Certificate::default(), true);
        }
        let is_the_same = |order: &Order| request.is_for(order) && (!is_new || order.order.product == request.product);
        let mut orders = Vec::new();
        for key in keys.iter().filter(|key| key.starts_with(&line.beginning) && (is_new || line.asks_what(key))) {
            orders.extend(journal.of_batch(key)?.into_iter().filter(is_the_same));
        }
        Ok(orders)
    }
}

/// What an order is about: the certificate of that id, or a new one of that name.
fn subject(id: Option<i64>, name: Option<&str>) -> Option<String> {
    id.map(|id| format!("certificate {id}")).or_else(|| name.map(|name| format!("new {}", spelled(name))))
}
