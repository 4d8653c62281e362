//! What settings come to: an order, its validation, its key, its installation; and what of them does not go together.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use certgate_flow::Purpose;
use certgate_keys::KeyType;
use certgate_store::{DeployHook, KeyStores, PassPhraseSource};
use certgate_x509::{BadAttribute, CertificateRequest, NotAHost, attribute, host};
use serde_json::{Map, Value, json};

use super::{CertificateSettings, Dns, Format};
use crate::{
    InstallOptions, KeySource, OrderRequest,
    key::RequestText,
    selector::without_dot,
    validation::{AutoDns, Command, Email, Manual, Propagation, Provision, Validation, Webroot, ZoneUpdate},
};

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SettingsError {
    /// There is no such setting.
    Unknown {
        /// What was found.
        name: String,
        /// Those that there are.
        known: Vec<&'static str>,
    },
    /// A value that is none.
    Value {
        /// The setting.
        setting: &'static str,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A name that no certificate request can be made for.
    Name {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        why: NotAHost,
    },
    /// The name of a certificate, which no subject can have.
    CommonName(BadAttribute),
    /// Two that exclude each other.
    Conflict(&'static str, &'static str),
    /// Some that do nothing without another one.
    Lone {
        /// Those that are given.
        settings: Vec<&'static str>,
        /// Those of which they need one.
        with: &'static [&'static str],
        /// Its value, where only that one is meant.
        value: &'static str,
    },
    /// A dynamic update without the zone's server or key.
    NoZoneServer,
    /// The zone tasks of AutoDNS without the profile of the account.
    NoZoneAccount,
    /// An order that is made with no CSR and no key.
    NoKey,
    /// The CSR's file cannot be used.
    Csr {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl SettingsError {
    pub(super) fn value(setting: &'static str, found: &Value, expected: &'static str) -> Self {
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        Self::Value { setting, found, expected }
    }

    /// The same where these names are known besides.
    pub(super) fn beside(self, own: &[&'static str]) -> Self {
        match self {
            Self::Unknown { name, known } => Self::Unknown { name, known: own.iter().copied().chain(known).collect() },
            why => why,
        }
    }

    /// The settings that it is about.
    pub(crate) fn settings(&self) -> Vec<&'static str> {
        match self {
            Self::Value { setting, .. } | Self::Name { setting, .. } => vec![setting],
            Self::Conflict(one, other) => vec![other, one],
            Self::Lone { settings, .. } => settings.clone(),
            Self::NoZoneServer | Self::NoZoneAccount => vec!["dns"],
            Self::Csr { .. } => vec!["csr"],
            Self::CommonName(_) => vec!["name"],
            Self::Unknown { .. } | Self::NoKey => Vec::new(),
        }
    }

    /// What is to be said, where each setting goes by the name that `name` gives it.
    pub fn said(&self, name: &dyn Fn(&str) -> String) -> String {
        let list = |settings: &[&str], last: &str| match settings.split_last() {
            Some((only, [])) => name(only),
            Some((end, before)) => {
                let before: Vec<String> = before.iter().map(|setting| name(setting)).collect();
                format!("{} {last} {}", before.join(", "), name(end))
            }
            None => String::new(),
        };
        match self {
            Self::Unknown { name: found, known } => {
                format!("found `{found}`, which is no setting; expected one of {}", known.join(", "))
            }
            Self::Value { setting, found, expected } => {
                format!("{}: found `{found}`, expected {expected}", name(setting))
            }
            Self::Name { setting, why } => format!("{}: {why}", name(setting)),
            Self::CommonName(why) => format!("{}: {why}", name("name")),
            Self::Conflict(one, other) => format!("{} and {} exclude each other: give one", name(one), name(other)),
            Self::Lone { settings, with, value } => {
                let verb = if settings.len() == 1 { "needs" } else { "need" };
                let value = if value.is_empty() { String::new() } else { format!(" {value}") };
                format!("{} {verb} {}{value} too", list(settings, "and"), list(with, "or"))
            }
            Self::NoZoneServer => format!(
                "{} nsupdate: give the zone's server and key too: {}, {}",
                name("dns"),
                name("dns_server"),
                name("dns_key")
            ),
            Self::NoZoneAccount => format!(
                "{} autodns: give the profile of the account that has the zones too: {}",
                name("dns"),
                name("dns_profile")
            ),
            Self::NoKey => format!("a certificate needs a key: give {}", list(&["csr", "new_key", "key"], "or")),
            Self::Csr { path, why } if path.exists() => format!("CSR {}: {why}", path.display()),
            Self::Csr { path, why } => {
                let [csr, new_key, key, out] = ["csr", "new_key", "key", "out"].map(name);
                let path = path.display();
                format!("CSR {path}: {why}: give another {csr}, or a key: {new_key} or {key}, with {out}")
            }
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said(&|setting| format!("`{setting}`")))
    }
}

impl std::error::Error for SettingsError {}

/// What goes with files that are in place.
const WITH_FILES: &[&str] = &["deploy_hook", "rollback_on_failure", "formats", "file_owner", "verify"];

impl CertificateSettings {
    /// The order for that purpose.
    ///
    /// # Errors
    /// The settings do not go together, or the CSR's file cannot be used.
    pub fn request(&self, purpose: Purpose) -> Result<OrderRequest, SettingsError> {
        self.request_with(purpose, self.read_csr()?)
    }

    /// The CSR of the file that is given.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn read_csr(&self) -> Result<Option<RequestText>, SettingsError> {
        self.csr.as_deref().map(read_csr).transpose()
    }

    /// The same with a CSR that was read already.
    ///
    /// # Errors
    /// The settings do not go together.
    pub fn request_with(&self, purpose: Purpose, csr: Option<RequestText>) -> Result<OrderRequest, SettingsError> {
        let mut request = OrderRequest::new(purpose);
        self.check_names()?;
        request.key = self.key_source()?;
        if let Some(name) = self.name.as_deref().filter(|_| request.key.is_some()) {
            host(without_dot(name)).map_err(|why| SettingsError::Name { setting: "name", why })?;
            self.check_common_name()?;
        }
        request.csr = csr;
        if request.key.is_none() && request.csr.is_none() && matches!(purpose, Purpose::Reissue(_)) {
            return Err(SettingsError::NoKey);
        }
        request.names = self.names.iter().flatten().map(|name| without_dot(name).to_owned()).collect();
        request.product.clone_from(&self.product);
        request.name = self.name.as_deref().map(|name| without_dot(name).to_owned());
        request.admin = self.admin;
        request.technical = self.technical;
        request.software = self.software.as_deref().map(Into::into);
        request.lifetime = self.lifetime;
        request.method = self.method.map(Into::into);
        request.provisioning = self.provisioning;
        request.validation = self.validation()?;
        request.install = self.install_options()?;
        request.profile.clone_from(&self.profile);
        Ok(request)
    }

    /// Whether a certificate request can be made for each further name.
    ///
    /// # Errors
    /// [`SettingsError::Name`].
    pub(crate) fn check_names(&self) -> Result<(), SettingsError> {
        let mut names = self.names.iter().flatten();
        names.try_for_each(|name| {
            let checked = host(without_dot(name));
            checked.map(drop).map_err(|why| SettingsError::Name { setting: "names", why })
        })
    }

    /// Whether a certificate request can be made for the name, where it is a host's: it becomes the subject's common name.
    ///
    /// # Errors
    /// [`SettingsError::CommonName`].
    pub(crate) fn check_common_name(&self) -> Result<(), SettingsError> {
        let name = self.name.as_deref().and_then(|name| host(without_dot(name)).ok());
        let checked = name.map(|name| attribute("CN", &name.value()));
        checked.transpose().map(drop).map_err(SettingsError::CommonName)
    }

    /// How control over the names is shown.
    ///
    /// # Errors
    /// The settings do not go together.
    pub fn validation(&self) -> Result<Validation, SettingsError> {
        self.exclude(&["dns", "webroot", "approver", "method"])?;
        self.exclude(&["dns", "webroot", "approver", "provisioning"])?;
        if self.dns != Some(Dns::NsUpdate) {
            self.refuse_lone(&["dns_server", "dns_key"], &["dns"], "nsupdate")?;
        }
        if self.dns != Some(Dns::AutoDns) {
            self.refuse_lone(&["dns_profile", "dns_config"], &["dns"], "autodns")?;
        }
        let validation = match &self.dns {
            Some(Dns::AutoDns) => Validation::by(self.autodns()?),
            Some(Dns::Provision) => Validation::by(Provision),
            Some(Dns::Manual) => Validation::by(Manual),
            Some(Dns::Exec(command)) => {
                Validation::by(Command { command: command.clone(), working_folder: self.working_folder() })
            }
            Some(Dns::NsUpdate) => match (self.dns_server, &self.dns_key) {
                (Some(server), Some(key)) => Validation::by(ZoneUpdate { server, key: key.clone() }),
                _ => return Err(SettingsError::NoZoneServer),
            },
            None => match (&self.webroot, &self.approver) {
                (Some(folder), _) => Validation::by(Webroot { folder: folder.clone() }),
                (None, Some(approver)) => Validation::by(Email { approver: approver.clone() }),
                (None, None) => Validation::default(),
            },
        };
        let validation = if self.allow_any_record == Some(true) { validation.allowing_any() } else { validation };
        if !self.awaits_the_record() {
            self.refuse_lone(&["resolver", "no_authoritative"], &["dns_check"], "")?;
            return Ok(validation);
        }
        Ok(validation.once_seen(Propagation {
            resolvers: self.resolver.clone().unwrap_or_default(),
            authoritative: self.no_authoritative != Some(true),
            timeout: self.dns_timeout.unwrap_or(Propagation::default().timeout),
        }))
    }

    /// Whether it is ordered only once the record is seen.
    fn awaits_the_record(&self) -> bool {
        self.dns == Some(Dns::Manual) || self.dns_check.unwrap_or(self.dns == Some(Dns::AutoDns))
    }

    fn autodns(&self) -> Result<AutoDns, SettingsError> {
        #[cfg(feature = "config")]
        if let Some(profile) = &self.dns_profile {
            return Ok(AutoDns::of_profile(self.dns_config.clone(), profile.as_str()));
        }
        Err(SettingsError::NoZoneAccount)
    }

    /// The key that the CSR is made with; `None` if the order is made with a CSR, or with the certificate's own.
    ///
    /// # Errors
    /// The settings do not go together.
    pub(crate) fn key_source(&self) -> Result<Option<KeySource>, SettingsError> {
        let is_new = self.new_key == Some(true);
        if is_new {
            self.exclude(&["new_key", "csr"])?;
            self.exclude(&["new_key", "key"])?;
        }
        self.exclude(&["key", "csr"])?;
        self.exclude(&["names", "csr"])?;
        self.exclude(&["pass_phrase_file", "pass_phrase_command"])?;
        if self.key.is_none() {
            self.refuse_lone(&["pass_phrase_file", "pass_phrase_command", "decrypt_key"], &["key"], "")?;
        }
        if !is_new {
            self.refuse_lone(&["key_type"], &["new_key"], "")?;
        }
        if self.out.is_none() {
            self.refuse_lone(&["new_key", "key"], &["out"], "")?;
        }
        if is_new {
            return Ok(Some(KeySource::New { key_type: self.key_type, default: KeyType::default() }));
        }
        let pass_phrase = PassPhraseSource::of(self.pass_phrase_file.as_ref(), self.pass_phrase_command.as_ref());
        let decrypt = self.decrypt_key == Some(true);
        Ok(self.key.clone().map(|path| KeySource::File { path, pass_phrase, decrypt }))
    }

    /// How the certificate is installed; `None` if it is only shown.
    ///
    /// # Errors
    /// Something is asked for that goes with files in place.
    pub fn install_options(&self) -> Result<Option<InstallOptions>, SettingsError> {
        match &self.out {
            Some(folder) => self.installed_into(folder).map(Some),
            None => self.refuse_lone(WITH_FILES, &["out"], "").map(|()| None),
        }
    }

    /// How a certificate is installed in that folder.
    ///
    /// # Errors
    /// The settings do not go together.
    pub fn installed_into(&self, folder: &Path) -> Result<InstallOptions, SettingsError> {
        self.exclude(&KEY_STORE_PASS_PHRASE)?;
        if self.deploy_hook.is_none() {
            self.refuse_lone(&["rollback_on_failure"], &["deploy_hook"], "")?;
        }
        let mut options = InstallOptions::into_folder(folder);
        options.keep = self.keep.unwrap_or(options.keep);
        let formats = self.formats.clone().unwrap_or_default();
        options.key_stores = (!formats.is_empty()).then(|| KeyStores {
            pkcs12: formats.contains(&Format::P12),
            jks: formats.contains(&Format::Jks),
            pass_phrase: PassPhraseSource::of(self.store_pass_file.as_ref(), self.store_pass_command.as_ref()),
        });
        options.hook = self.deploy_hook.as_ref().filter(|command| !command.trim().is_empty()).map(|command| {
            let mut hook = DeployHook::new(command);
            hook.timeout = self.hook_timeout.unwrap_or(hook.timeout);
            hook.rollback = self.rollback_on_failure == Some(true);
            hook
        });
        options.file_owner.clone_from(&self.file_owner);
        if let Some(folder) = &self.working_folder {
            options.working_folder.clone_from(folder);
        }
        let mut rest = self.to_remember().absolute(&self.working_folder());
        OF_INSTALLATION.iter().for_each(|setting| rest.clear(setting));
        options.remembered = rest.to_map();
        Ok(options)
    }

    /// What is known of what is remembered: a later version may have written more, an earlier one what belonged to its order.
    pub(crate) fn known_of(remembered: &Map<String, Value>) -> Self {
        let mut settings = Self::default();
        for (name, value) in remembered {
            let _ = settings.set(name, value);
        }
        settings.to_remember()
    }

    /// The settings of an installation, as they are remembered with its set.
    pub(crate) fn of_installation(options: &InstallOptions) -> Self {
        let InstallOptions { keep, key_stores, hook, file_owner, working_folder, remembered, .. } = options;
        let mut settings = Self::known_of(remembered);
        settings.keep = Some(*keep);
        if let Some(KeyStores { pkcs12, jks, pass_phrase }) = key_stores {
            let formats = [(*pkcs12, Format::P12), (*jks, Format::Jks)];
            settings.formats = Some(formats.into_iter().filter(|(is, _)| *is).map(|(_, format)| format).collect());
            match pass_phrase {
                Some(PassPhraseSource::File(file)) => settings.store_pass_file = Some(file.clone()),
                Some(PassPhraseSource::Command(command)) => settings.store_pass_command = Some(command.clone()),
                None => {}
            }
        }
        if let Some(DeployHook { command, timeout, rollback }) = hook {
            settings.deploy_hook = Some(command.clone());
            settings.hook_timeout = Some(*timeout);
            settings.rollback_on_failure = Some(*rollback);
        }
        settings.file_owner.clone_from(file_owner);
        settings.working_folder = Some(working_folder.clone());
        settings.absolute(working_folder)
    }

    /// The folder that commands run in, absolute.
    pub(super) fn working_folder(&self) -> PathBuf {
        let folder = self.working_folder.as_deref().unwrap_or(Path::new("."));
        std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
    }

    /// Refuses the first of these with another one.
    fn exclude(&self, settings: &[&'static str]) -> Result<(), SettingsError> {
        let mut given = settings.iter().filter(|setting| self.has(setting));
        match (given.next(), given.next()) {
            (Some(one), Some(other)) => Err(SettingsError::Conflict(one, other)),
            _ => Ok(()),
        }
    }

    /// Refuses those of these that are given, and not to say no: they do nothing without one of `with`.
    fn refuse_lone(
        &self,
        settings: &[&'static str],
        with: &'static [&'static str],
        value: &'static str,
    ) -> Result<(), SettingsError> {
        let nothing = [json!(false), json!([])];
        let is_given = |setting: &&str| {
            self.has(setting) && self.to_map().get(*setting).is_some_and(|value| !nothing.contains(value))
        };
        let settings: Vec<&str> = settings.iter().copied().filter(is_given).collect();
        if settings.is_empty() { Ok(()) } else { Err(SettingsError::Lone { settings, with, value }) }
    }

    /// Refuses what an order asks for and what does nothing with it, where `before` is remembered in its folder. A declared file may say it of
    /// all its certificates, for those that have a use for it.
    pub(super) fn check_order(&self, before: Option<&Self>) -> Result<(), SettingsError> {
        let all = before.map_or_else(|| self.clone(), |before| self.clone().or(before));
        let has_sets = before.is_some() || self.new_key == Some(true) || self.key.is_some();
        let is_published = all.webroot.is_some() || all.dns.as_ref().is_some_and(|dns| *dns != Dns::Provision);
        let rules: [(bool, &[&str], &[&str]); 5] = [
            (has_sets, &["keep"], &["new_key", "key"]),
            (all.formats.is_some(), &KEY_STORE_PASS_PHRASE, &["formats"]),
            (all.deploy_hook.is_some(), &["hook_timeout"], &["deploy_hook"]),
            (all.awaits_the_record(), &["dns_timeout"], &["dns_check"]),
            (is_published, &["allow_any_record"], &["dns", "webroot"]),
        ];
        let mut idle = rules.into_iter().filter(|(is_of_use, ..)| !is_of_use);
        idle.try_for_each(|(_, settings, with)| self.refuse_lone(settings, with, ""))
    }
}

/// Where the key stores' pass phrase comes from.
pub(super) const KEY_STORE_PASS_PHRASE: [&str; 2] = ["store_pass_file", "store_pass_command"];

/// What [`InstallOptions`] says itself.
const OF_INSTALLATION: &[&str] = &[
    "keep",
    "formats",
    "store_pass_file",
    "store_pass_command",
    "file_owner",
    "deploy_hook",
    "hook_timeout",
    "rollback_on_failure",
    "working_folder",
];

/// The CSR of a file.
fn read_csr(path: &Path) -> Result<RequestText, SettingsError> {
    let bad = |why: &dyn fmt::Display| SettingsError::Csr { path: path.to_owned(), why: why.to_string() };
    let bytes = certgate_files::read_input(path, 1 << 20).map_err(|why| bad(&why.reason()))?;
    let request = CertificateRequest::from_pem(bytes).map_err(|why| bad(&why))?;
    Ok((request.as_sent(), request))
}
