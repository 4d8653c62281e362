//! What is declared, or asked for, otherwise than a certificate has it.

use certgate_domain::Certificate;
use certgate_x509::X509;

use super::{PlannedAction, Subject};
use crate::{
    CertificateSettings,
    certificate_settings::Format,
    estate::term::revoked_at,
    inventory::InstalledCertificate,
    order::{NamesBy, is_among, is_covered},
    selector::is_same_name,
};

/// What the key or the CSR says that is declared as a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredKey {
    /// Its public key, DER.
    pub spki: Vec<u8>,
    /// The names that the CSR asks for; none of a key.
    pub hosts: Vec<String>,
}

/// What changed since a certificate was put in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The settings.
    pub settings: Vec<&'static str>,
    /// The names that the next one is for besides.
    pub added: Vec<String>,
    /// The names that it is for no longer.
    pub removed: Vec<String>,
}

impl Subject {
    /// The names that it goes by here: as it is declared, as it is in place, and as it was before.
    pub(in crate::estate) fn known_as(&self) -> Vec<String> {
        let in_place =
            self.installed.iter().flat_map(|there| [&there.name].into_iter().chain(&there.record.former_names));
        self.settings.name.iter().chain(in_place).cloned().collect()
    }

    /// Who says which further names it has. A folder remembers them; what a file declares is all of what was declared before, or in place.
    pub(in crate::estate) fn names_by(&self) -> NamesBy {
        let (Some(_), Some(names)) = (&self.selector, &self.settings.names) else { return NamesBy::Folder };
        let Some(installed) = &self.installed else { return NamesBy::Order };
        let before = installed.record.settings.as_ref().and_then(|settings| settings.names.as_ref());
        let known_as = self.known_as();
        let is_left_out = |name: &&String| !is_among(name, names) && !is_among(name, &known_as);
        NamesBy::File { no_longer: before.unwrap_or(&installed.hosts).iter().filter(is_left_out).cloned().collect() }
    }

    /// What is declared, or asked for, in another way than what is in place has it: what takes another certificate, else what does not.
    pub(super) fn changed(&self, installed: &InstalledCertificate) -> Option<(PlannedAction, Change)> {
        let change = self.reissued_for(installed);
        if !change.settings.is_empty() {
            return Some((PlannedAction::Reissue, change));
        }
        let nothing = CertificateSettings::default();
        let before = installed.record.settings.as_ref().unwrap_or(&nothing);
        let mut settings = self.settings.changed_since(before, &installed.folder);
        let is_wanted = |format: &Format| self.settings.formats.iter().flatten().any(|wanted| wanted == format);
        let has_more = before.formats.iter().flatten().any(|format| !is_wanted(format));
        // Whoever reads a key store is not to find out when it is due.
        if self.selector.is_some() && has_more && !settings.contains(&"formats") {
            settings.push("formats");
        }
        let change = Change { settings, ..Change::default() };
        (!change.settings.is_empty()).then_some((PlannedAction::Install, change))
    }

    /// What is declared that takes another certificate than the one in place.
    fn reissued_for(&self, installed: &InstalledCertificate) -> Change {
        if self.selector.is_none() {
            return Change::default();
        }
        let CertificateSettings { names, key_type, csr, key, .. } = &self.settings;
        let mut change = self.unlike_key(&installed.spki, &installed.hosts);
        let is_made_here = key.is_none() && installed.key_fits.is_some();
        if csr.is_some() || !(is_made_here || key.is_some()) {
            // Its CSR says its names.
            return change;
        }
        if is_made_here && key_type.is_some_and(|key_type| key_type != installed.key_type) {
            change.settings.push("key_type");
        }
        let is_there = |name: &&String| is_among(name, &installed.hosts);
        change.added = names.iter().flatten().filter(|name| !is_there(name)).cloned().collect();
        if let NamesBy::File { no_longer } = self.names_by() {
            change.removed = no_longer.iter().filter(is_there).cloned().collect();
        }
        if !change.added.is_empty() || !change.removed.is_empty() {
            change.settings.insert(0, "names");
        }
        change
    }

    /// The same of the gateway's certificate, as far as a key or a CSR is declared: in place, another one would have to be ordered next.
    pub(super) fn unlike_declared(&self, there: &Certificate) -> Change {
        let server = there.server.as_deref().and_then(|server| X509::from_pem(server).ok());
        server.map(|server| self.unlike_key(&server.key.spki, &server.hosts().collect::<Vec<_>>())).unwrap_or_default()
    }

    /// What the declared key or CSR has otherwise than a certificate of that public key and those names, which may be more.
    fn unlike_key(&self, spki: &[u8], hosts: &[String]) -> Change {
        let Some(Ok(declared)) = self.declared_key.as_deref() else { return Change::default() };
        let added: Vec<String> = declared.hosts.iter().filter(|name| !is_covered(name, hosts)).cloned().collect();
        let is_another = declared.spki != spki || !added.is_empty();
        let setting = if self.settings.csr.is_some() { "csr" } else { "key" };
        Change { settings: is_another.then_some(setting).into_iter().collect(), added, removed: Vec::new() }
    }

    /// The names in place that are declared or remembered, and that the gateway's certificate does not have; none where what is in place is of no use any
    /// more, or its CSR says the names.
    pub(super) fn left_out_of(&self, there: &Certificate, now: i64) -> Vec<String> {
        let Some(installed) = self.installed.as_ref().filter(|_| self.settings.csr.is_none()) else {
            return Vec::new();
        };
        let is_of_use = installed.not_after > now && revoked_at(there, &installed.serial).is_none();
        let known_as = self.known_as();
        let relied_on = self.settings.names.iter().flatten().chain(&known_as);
        let issued = there.server.as_deref().and_then(|server| X509::from_pem(server).ok());
        let has = |name: &str| match &issued {
            Some(issued) => issued.hosts().any(|host| is_same_name(&host, name)),
            None => there.names().next().is_none() || there.goes_by(name),
        };
        let is_left_out = |name: &&String| is_among(name, &installed.hosts) && !has(name);
        relied_on.filter(|_| is_of_use).filter(is_left_out).cloned().collect()
    }
}
