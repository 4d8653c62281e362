//! An order into a folder with a certificate in place: what it does not say is as it is remembered there.

use std::path::Path;

use certgate_flow::Purpose;

use super::{CertificateSettings, Dns, SettingsError};
use crate::{
    Installation, KeySource, OrderRequest,
    installation::durable,
    key::{RequestText, key_type_like},
    order::NamesBy,
};

/// What says which certificate it is, of which account and when it is due, and where paths start: it is not compared.
const NOT_COMPARED: [&str; 6] = ["name", "names", "key_type", "profile", "renew_before", "working_folder"];

impl CertificateSettings {
    /// What of these settings would be remembered with a certificate in that folder in another way than `before`, by name.
    pub(crate) fn changed_since(&self, before: &Self, folder: &Path) -> Vec<&'static str> {
        if self.differing(before).is_empty() {
            return Vec::new();
        }
        let Ok(options) = self.installed_into(folder) else { return Vec::new() };
        let mut changed = Self::of_installation(&durable(&options)).changed_from(before);
        changed.retain(|name| self.has(name));
        changed
    }

    /// What is remembered in another way than `before`, by name.
    pub(crate) fn changed_from(&self, before: &Self) -> Vec<&'static str> {
        let mut changed = self.differing(before);
        changed.retain(|name| !NOT_COMPARED.contains(name));
        changed
    }

    /// The order for that purpose with a CSR that was read already. Where a certificate is in place in its folder, what is not given is
    /// as remembered with it, names too unless the CSR says them, and a new key is of its type: no other certificate may come into that folder.
    /// Commands and relative paths that are given start from `here`, by default the process's folder.
    ///
    /// # Errors
    /// The settings do not go together.
    pub fn request_over(
        mut self,
        purpose: Purpose,
        csr: Option<RequestText>,
        here: Option<&Path>,
    ) -> Result<OrderRequest, SettingsError> {
        let installation = self.out.as_deref().map(Installation::at);
        let known = installation.and_then(|place| place.record_in_place().map(|record| (place, record)));
        let before = known.as_ref().map(|(_, record)| record.settings.clone().unwrap_or_default());
        self.check_order(before.as_ref())?;
        let (Some((place, record)), Some(mut before)) = (known, before) else {
            self.working_folder = self.working_folder.or(here.map(Path::to_owned));
            return self.request_with(purpose, csr);
        };
        if csr.is_some() {
            before.names = None;
        } else if purpose == Purpose::Create {
            before.name.clone_from(&record.name);
        }
        let in_place = || Some(key_type_like(&place.issued()?.certificate.key));
        let key_type = before.key_type.take().or_else(in_place).unwrap_or_default();
        let (are_given, is_named) = (self.names.is_some(), self.name.is_some());
        let mut request = self.given_in(here).or(&before).request_with(purpose, csr)?;
        request.known_as.extend(record.name.filter(|_| !are_given || !is_named));
        request.known_as.extend(record.former_names.into_iter().filter(|_| !are_given));
        request.names_by = if are_given { NamesBy::Order } else { NamesBy::Folder };
        if let Some(KeySource::New { default, .. }) = &mut request.key {
            *default = key_type;
        }
        Ok(request)
    }

    /// These settings, where the commands and relative paths in them start from that folder, by default the process's, whatever folder is
    /// remembered.
    #[must_use]
    pub fn given_in(mut self, here: Option<&Path>) -> Self {
        let out = self.out.take();
        let here = here.map_or_else(|| self.working_folder(), Path::to_owned);
        let runs_one = matches!(self.dns, Some(Dns::Exec(_)))
            || [&self.deploy_hook, &self.store_pass_command].into_iter().any(Option::is_some);
        if runs_one {
            self.working_folder.get_or_insert_with(|| here.clone());
        }
        Self { out, ..self.absolute(&here) }
    }
}
