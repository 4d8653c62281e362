//! The certificates of the whole account, as the gateway lists them.

use std::collections::BTreeMap;

use certgate_domain::{AnyData, AnyTask, Certificate, Query, task::CertificateList};

use certgate_x509::{X509, is_same_serial};

use super::{
    SAME_END,
    term::{Term, TermSource},
};
use crate::{Client, Error, GatewayClock, inventory::InstalledCertificate, pages, selector::spelled};

/// A certificate of the account.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct AccountCertificate {
    /// The gateway's id.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
    /// Its product's code.
    pub product: Option<String>,
    /// Its serial number, hexadecimal, where the gateway says it.
    pub serial: Option<String>,
    /// From when it is valid, in seconds since 1970, where the certificate itself is known: a list does not say it.
    pub not_before: Option<i64>,
    /// When it ends, in seconds since 1970.
    pub not_after: Option<i64>,
    /// When it was last changed, in seconds since 1970, where the gateway says it.
    pub updated: Option<i64>,
    /// The paid term, where the gateway says more of it than the certificate's own end.
    pub term: Option<Term>,
}

impl From<&Certificate> for AccountCertificate {
    fn from(certificate: &Certificate) -> Self {
        let server = certificate.server.as_deref().and_then(|pem| X509::from_pem(pem).ok());
        Self {
            not_before: server.map(|server| server.not_before),
            id: certificate.id,
            name: certificate.name.clone().unwrap_or_default(),
            product: certificate.product.clone(),
            serial: certificate.serial_number.clone(),
            not_after: certificate.ends(),
            updated: certificate.updated.as_ref().and_then(|updated| updated.value()?.unix_seconds()),
            term: Term::of(certificate)
                .filter(|term| matches!(term.source, TermSource::Payable | TermSource::Lifetime)),
        }
    }
}

/// Authorities date a certificate back by so much at most: what the account changed later may be another one.
const A_DAY: i64 = 86_400;
/// Authorities bound a certificate at that, in seconds, or more.
const SHORTEST: i64 = 47 * A_DAY;
/// Zones differ by whole quarters of an hour, in seconds.
const QUARTER: u64 = 15 * 60;

impl AccountCertificate {
    /// When it began to be valid at the latest, in seconds since 1970: where the certificate itself is not known, it began before it was changed
    /// last, and lasts as long as authorities let it.
    pub fn began(&self) -> Option<i64> {
        let by_list = || Some(self.updated?.min(self.not_after?.saturating_sub(SHORTEST)));
        self.not_before.or_else(by_list)
    }

    /// Whether it may be another one than that in place: a list does not say all.
    pub(crate) fn may_be_another(&self, installed: &InstalledCertificate) -> bool {
        self.not_after.is_none_or(|end| !is_same_end(end, installed.not_after))
            || self.updated.is_some_and(|updated| is_later(updated, installed))
            || self.serial.as_ref().is_some_and(|serial| !is_same_serial(serial, &installed.serial))
    }
}

/// Whether what a list says is the end of that certificate: it may say the day only, or the time of another zone.
fn is_same_end(listed: i64, installed: i64) -> bool {
    let (apart, is_of_a_day) = (listed.abs_diff(installed), matches!(listed.rem_euclid(60), 0 | 59));
    apart <= SAME_END && (is_of_a_day || apart.is_multiple_of(QUARTER))
}

/// Whether a change is later than the certificate in place. One of the same term, or of the same day, may end when that does: nothing else
/// tells it.
fn is_later(updated: i64, installed: &InstalledCertificate) -> bool {
    updated > installed.not_before.saturating_add(A_DAY)
        || installed.written().is_some_and(|written| updated >= written)
}

/// What the gateway lists.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The certificates that are in force: of several with one name the one that ends last.
    pub certificates: Vec<AccountCertificate>,
    /// How many others there are: an earlier certificate of a name.
    pub superseded: usize,
    /// The gateway's clock and ours, where that said its date.
    pub clock: Option<GatewayClock>,
}

impl Account {
    /// Lists all certificates of the account, in as many requests as that takes.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of(client: &mut Client) -> Result<Self, Error> {
        let (all, clock) = AccountCertificate::all(client)?;
        let listed = all.len();
        let certificates = in_force(all);
        Ok(Self { superseded: listed - certificates.len(), certificates, clock })
    }
}

impl AccountCertificate {
    /// Every certificate of the account, and the clocks, where the gateway said its date.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn all(client: &mut Client) -> Result<(Vec<Self>, Option<GatewayClock>), Error> {
        let mut clock = None;
        let all = pages::all(&Query::default(), |query| {
            let task = AnyTask::from(CertificateList { query });
            let exchange = client.ask(&task)?;
            clock = GatewayClock::of(&exchange).or(clock);
            let answer = exchange.answer.value;
            let rows = answer.data.iter().filter_map(|data| match data {
                AnyData::Certificate(certificate) => Some(Self::from(&**certificate)),
                _ => None,
            });
            Ok::<_, Error>((rows.collect(), answer.object.as_ref().and_then(|object| object.summary)))
        })?;
        Ok((all, clock))
    }
}

/// Of several certificates of one name the one that ends last, in the order of their names.
fn in_force(all: Vec<AccountCertificate>) -> Vec<AccountCertificate> {
    let (mut by_name, mut nameless) = (BTreeMap::<String, AccountCertificate>::new(), Vec::new());
    for certificate in all {
        if certificate.name.is_empty() {
            nameless.push(certificate);
            continue;
        }
        let rank = |certificate: &AccountCertificate| (certificate.not_after, certificate.id);
        let name = spelled(&certificate.name).to_ascii_lowercase();
        if by_name.get(&name).is_none_or(|other| rank(other) < rank(&certificate)) {
            by_name.insert(name, certificate);
        }
    }
    by_name.into_values().chain(nameless).collect()
}

#[cfg(test)]
mod tests {
    use super::{AccountCertificate, in_force, is_same_end};

    #[test]
    fn one_end_is_said_in_several_ways() {
        const END: i64 = 1_800_000_000 + 7 * 3600 + 12 * 60 + 34;
        let midnight = (END / 86_400 + 1) * 86_400;
        for (listed, installed, expected) in [
            (END, END, true),
            // Of another one that was made a moment later, or the day after.
            (END + 1, END, false),
            (END + 86_400 + 1, END, false),
            // In another zone.
            (END - 7200, END, true),
            (END + 5 * 3600 + 2700, END, true),
            // The day only, by its first or last second.
            (midnight, END, true),
            (midnight - 1, END, true),
            (midnight - 1 + 86_400, END, false),
        ] {
            assert_eq!(is_same_end(listed, installed), expected, "{listed} {installed}");
        }
    }

    #[test]
    fn the_certificate_that_ends_last_is_in_force() {
        let row = |id, name: &str, not_after| AccountCertificate {
            id: Some(id),
            name: name.to_owned(),
            not_after,
            ..AccountCertificate::default()
        };
        let all = vec![
            row(1, "b.example", Some(10)),
            row(2, "B.example", Some(30)),
            row(3, "b.example", None),
            row(4, "a.example", Some(5)),
            row(5, "a.example", Some(5)),
            row(6, "", Some(1)),
            row(7, "", Some(2)),
            row(8, "Bücher.example", Some(20)),
            row(9, "XN--bcher-KVA.example", Some(10)),
        ];
        let ids: Vec<_> = in_force(all).into_iter().filter_map(|row| row.id).collect();
        assert_eq!(ids, [5, 2, 8, 6, 7]);
    }
}
