//! What settings come to: an order, its validation, its key, its installation; and what of them does not go together.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use certgate_flow::Purpose;
use certgate_keys::KeyType;
use certgate_store::{DeployHook, KeyStores, PassPhraseSource};
use certgate_x509::{BadAttribute, CertificateRequest, NotAHost, attribute, host};
use serde_json::{Map, Value};

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
    /// Some that make sense with another one only.
    Lone {
        /// Those, of which one is given.
        settings: &'static [&'static str],
        /// The one that they go with.
        with: &'static str,
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
            Self::Lone { settings, .. } => settings.to_vec(),
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
            Self::Lone { settings, with: "out", .. } => {
                format!("{} go with files that are in place: give {} too", list(settings, "and"), name("out"))
            }
            Self::Lone { settings, with, value } => {
                let verb = if settings.len() == 1 { "is" } else { "are" };
                let value = if value.is_empty() { String::new() } else { format!(" {value}") };
                format!("{} {verb} for {}{value}: give that too", list(settings, "and"), name(with))
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
            Self::Csr { path, why } => format!("CSR {}: {why}", path.display()),
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
const WITH_FILES: &[&str] = &["deploy_hook", "formats", "file_owner", "verify"];

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
        if self.dns != Some(Dns::NsUpdate) && (self.dns_server.is_some() || self.dns_key.is_some()) {
            return Err(SettingsError::Lone { settings: &["dns_server", "dns_key"], with: "dns", value: "nsupdate" });
        }
        if self.dns != Some(Dns::AutoDns) && (self.dns_profile.is_some() || self.dns_config.is_some()) {
            let settings = &["dns_profile", "dns_config"];
            return Err(SettingsError::Lone { settings, with: "dns", value: "autodns" });
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
        let asked = Propagation::default();
        let no_authoritative = self.no_authoritative == Some(true);
        let is_checked = self.dns_check.unwrap_or(self.dns == Some(Dns::AutoDns));
        if is_checked || self.dns == Some(Dns::Manual) {
            return Ok(validation.once_seen(Propagation {
                resolvers: self.resolver.clone().unwrap_or_default(),
                authoritative: !no_authoritative,
                timeout: self.dns_timeout.unwrap_or(asked.timeout),
            }));
        }
        if no_authoritative || self.resolver.as_ref().is_some_and(|resolvers| !resolvers.is_empty()) {
            return Err(SettingsError::Lone {
                settings: &["resolver", "no_authoritative"],
                with: "dns_check",
                value: "",
            });
        }
        Ok(validation)
    }

    fn autodns(&self) -> Result<AutoDns, SettingsError> {
        #[cfg(feature = "config")]
        if let Some(profile) = &self.dns_profile {
            return Ok(AutoDns::of_profile(self.dns_config.clone(), profile.as_str()));
        }
        Err(SettingsError::NoZoneAccount)
    }

    /// The key that the CSR is made with; `None` if the order is made with a CSR, or with the certificate's own.
    fn key_source(&self) -> Result<Option<KeySource>, SettingsError> {
        let is_new = self.new_key == Some(true);
        if is_new {
            self.exclude(&["new_key", "csr"])?;
            self.exclude(&["new_key", "key"])?;
        }
        self.exclude(&["key", "csr"])?;
        self.exclude(&["names", "csr"])?;
        self.exclude(&["pass_phrase_file", "pass_phrase_command"])?;
        let lone = |settings: &'static [&'static str], with| {
            let given = settings.iter().any(|setting| self.has(setting) && self.is_not_off(setting));
            if given { Err(SettingsError::Lone { settings, with, value: "" }) } else { Ok(()) }
        };
        if self.key.is_none() {
            lone(&["pass_phrase_file", "pass_phrase_command", "decrypt_key"], "key")?;
        }
        if !is_new {
            lone(&["key_type"], "new_key")?;
        }
        if self.out.is_none() && is_new {
            return Err(SettingsError::Lone { settings: &["new_key"], with: "out", value: "" });
        }
        if self.out.is_none() && self.key.is_some() {
            return Err(SettingsError::Lone { settings: &["key"], with: "out", value: "" });
        }
        if is_new {
            return Ok(Some(KeySource::New { key_type: self.key_type, default: KeyType::default() }));
        }
        let pass_phrase = pass_phrase(self.pass_phrase_file.as_ref(), self.pass_phrase_command.as_ref());
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
            None if WITH_FILES.iter().any(|setting| self.has(setting)) => {
                Err(SettingsError::Lone { settings: WITH_FILES, with: "out", value: "" })
            }
            None => Ok(None),
        }
    }

    /// How a certificate is installed in that folder.
    ///
    /// # Errors
    /// The settings do not go together.
    pub fn installed_into(&self, folder: &Path) -> Result<InstallOptions, SettingsError> {
        self.exclude(&KEY_STORE_PASS_PHRASE)?;
        if self.rollback_on_failure == Some(true) && self.deploy_hook.is_none() {
            return Err(SettingsError::Lone { settings: &["rollback_on_failure"], with: "deploy_hook", value: "" });
        }
        let mut options = InstallOptions::into_folder(folder);
        options.keep = self.keep.unwrap_or(options.keep);
        let formats = self.formats.clone().unwrap_or_default();
        options.key_stores = (!formats.is_empty()).then(|| KeyStores {
            pkcs12: formats.contains(&Format::P12),
            jks: formats.contains(&Format::Jks),
            pass_phrase: pass_phrase(self.store_pass_file.as_ref(), self.store_pass_command.as_ref()),
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

    fn is_not_off(&self, setting: &str) -> bool {
        setting != "decrypt_key" || self.decrypt_key == Some(true)
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

fn pass_phrase(file: Option<&PathBuf>, command: Option<&String>) -> Option<PassPhraseSource> {
    let file = file.cloned().map(PassPhraseSource::File);
    file.or_else(|| command.cloned().map(PassPhraseSource::Command))
}

/// The CSR of a file.
fn read_csr(path: &Path) -> Result<RequestText, SettingsError> {
    let bad = |why: &dyn fmt::Display| SettingsError::Csr { path: path.to_owned(), why: why.to_string() };
    let bytes = certgate_files::read_input(path, 1 << 20).map_err(|why| bad(&why.reason()))?;
    let request = CertificateRequest::from_pem(bytes).map_err(|why| bad(&why))?;
    Ok((request.as_sent(), request))
}
