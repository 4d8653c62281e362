//! The paid term of an order, and how long each of its certificates lasts.
//!
//! Certificates last as long as their term unless [`Settings::max_validity`](crate::Settings::max_validity) bounds them. Then the
//! gateway states the end of the term (`payable`), reissues until then, and renews from some time before it.

use certgate_domain::{Certificate, Lenient, Message, Moment, TimePeriod};

use crate::world::{DAY, World, message, wrong_value};

/// A term may be renewed so long before it ends.
const RENEWABLE: i64 = 90 * DAY;

/// A certificate that ends so soon, and before its term, must be reissued.
const REISSUE_REQUIRED: i64 = 7 * DAY;

impl World {
    /// Pays a term: a first one from now, a further one from the end of the present one.
    pub(crate) fn begin_term(&self, certificate: &mut Certificate, now: i64) {
        if self.settings.max_validity.is_some() {
            let start = end_of_term(certificate).map_or(now, |end| end.max(now));
            certificate.payable = self.moment(start.saturating_add(months(certificate).saturating_mul(365 * DAY) / 12));
        }
    }

    /// Until when a certificate is valid that is issued at that time.
    pub(crate) fn valid_until(&self, certificate: &Certificate, from: i64) -> i64 {
        match self.settings.max_validity {
            None => from + months(certificate).saturating_mul(30).clamp(90, 397) * DAY,
            Some(longest) => {
                let until = from.saturating_add(longest.as_secs().cast_signed());
                end_of_term(certificate).map_or(until, |end| until.min(end))
            }
        }
    }

    /// The certificate as an answer shows it at that time.
    pub(crate) fn shown(&self, certificate: &Certificate, now: i64) -> Certificate {
        let mut shown = certificate.clone();
        if let (Some(term), Some(end)) = (seconds(&certificate.payable), seconds(&certificate.expire)) {
            let is_required = now < term && end < term && now >= end - REISSUE_REQUIRED;
            shown.reissue_required = Some(Lenient::Parsed(is_required));
        }
        if !self.settings.tells_terms {
            shown.payable = None;
        }
        let late = self.settings.starts_told_late.as_secs().cast_signed();
        if !self.settings.tells_starts {
            shown.created = None;
        } else if late > 0 {
            shown.created = seconds(&certificate.created).and_then(|start| self.moment(start.saturating_add(late)));
        }
        shown
    }

    /// Why a certificate cannot be reissued now: its term is over. By which code the vendor's gateway says so is not known, and a client may
    /// conclude nothing from this one.
    pub(crate) fn check_term(&self, id: Option<i64>, now: i64) -> Result<(), Message> {
        let end = id.and_then(|id| seconds(&self.certificates.get(&id)?.payable));
        match end {
            Some(end) if end <= now => {
                let over = self.moment(end).and_then(|end| end.value().map(ToString::to_string)).unwrap_or_default();
                Err(wrong_value("certificate.payable", &over))
            }
            _ => Ok(()),
        }
    }

    /// `EF4001012`: it is too early to renew that certificate.
    pub(crate) fn check_renewal(&self, id: Option<i64>, now: i64) -> Result<(), Message> {
        let Some(existing) = id.and_then(|id| self.certificates.get(&id)) else { return Ok(()) };
        if end_of_term(existing).is_some_and(|end| end > now + RENEWABLE) {
            let name = existing.name.as_deref().unwrap_or_default();
            return Err(message("EF4001012", "It is too early to renew the certificate.", "certificate", name));
        }
        Ok(())
    }
}

/// As the gateway states it, else the end of the certificate; in seconds since 1970.
fn end_of_term(certificate: &Certificate) -> Option<i64> {
    seconds(&certificate.payable).or_else(|| seconds(&certificate.expire))
}

fn months(certificate: &Certificate) -> i64 {
    certificate.lifetime.as_ref().and_then(TimePeriod::in_months).unwrap_or(12)
}

fn seconds(moment: &Option<Lenient<Moment>>) -> Option<i64> {
    moment.as_ref()?.value()?.unix_seconds()
}
