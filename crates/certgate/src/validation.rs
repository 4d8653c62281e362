//! Showing control over the names of an order before it leaves, and removing what shows it once the order is over.
//!
//! The gateway says what is to be published; a [`Validator`] publishes it. A program can bring its own:
//!
//! ```
//! use certgate::validation::{Challenge, Method, Steps, Validation, ValidationError, ValidationStep, Validator};
//!
//! /// Publishes records with the interface of a provider of DNS.
//! struct Provider;
//!
//! impl Validator for Provider {
//!     fn name(&self) -> &str {
//!         "provider"
//!     }
//!     fn method(&self) -> Method {
//!         Method::Dns { provisioning: false }
//!     }
//!     fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError> {
//!         let Challenge::Record(record) = challenge else { return Ok(()) };
//!         // Stored before it is done: whatever ends this process, a later one removes the record.
//!         steps.about_to(ValidationStep::Custom { validator: "provider".to_owned(), data: record.name.as_str().into() })?;
//!         // … add the record
//!         Ok(())
//!     }
//!     fn cleanup(&self, step: &ValidationStep) -> Result<(), ValidationError> {
//!         // … remove the record that the step names
//!         Ok(())
//!     }
//! }
//!
//! let validation = Validation::by(Provider);
//! assert_eq!(validation.method(), Some(Method::Dns { provisioning: false }));
//! ```

mod autodns;
mod command;
mod propagation;
mod steps;
mod webroot;
mod zone_update;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use certgate_client::Interrupt;
use certgate_dns::{DnsError, NotAZoneLine, OutOfScope, PublicationScope, TsigKeyError};
use certgate_domain::{CertAuthentication, words::AuthMethod};
use certgate_files::FileError;
use certgate_x509::CertificateRequest;

pub use certgate_dns::ZoneRecord;
pub use certgate_store::{PublishedRecord, ValidationStep};

pub use self::{
    autodns::AutoDns,
    command::Command,
    propagation::{Propagation, PropagationEvent},
    steps::{Steps, clean_up},
    webroot::Webroot,
    zone_update::ZoneUpdate,
};
use crate::{Error, process::ProcessError, zones::ZoneError};

/// Publishes what shows control over a name, and removes it again.
pub trait Validator: Send + Sync {
    /// Its name, by which it knows its own steps.
    fn name(&self) -> &str;

    /// What the gateway is asked to validate by.
    fn method(&self) -> Method;

    /// Finds what would go wrong, before anything is sent.
    ///
    /// # Errors
    /// Nothing may be ordered.
    fn check(&self) -> Result<(), ValidationError> {
        Ok(())
    }

    /// Publishes what the gateway asks for. Each step is given to `steps` before it is done, so that it is removed whatever ends
    /// this process.
    ///
    /// # Errors
    /// It was not published: nothing may be ordered.
    fn present(&self, challenge: &Challenge, steps: &mut Steps<'_>) -> Result<(), ValidationError>;

    /// Removes what a step published. A step that was never done, or was removed already, is no error.
    ///
    /// # Errors
    /// It may still be there: it is tried again by the next run.
    fn cleanup(&self, step: &ValidationStep) -> Result<(), ValidationError> {
        remove(step, &[])
    }
}

/// What the gateway is asked to validate by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// A DNS record.
    Dns {
        /// Whether the gateway publishes it itself.
        provisioning: bool,
    },
    /// A file of a web server.
    File,
    /// A mail to this address, one of those that the gateway offers.
    Email {
        /// The address.
        approver: String,
    },
}

impl Method {
    /// The gateway's word for it, and whether it provisions the record itself, where that is to be said.
    pub fn words(&self) -> (AuthMethod, Option<bool>) {
        match self {
            Self::Dns { provisioning } => (AuthMethod::Dns, Some(*provisioning)),
            Self::File => (AuthMethod::File, None),
            Self::Email { .. } => (AuthMethod::Email, None),
        }
    }
}

/// What the gateway asks to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// A DNS record.
    Record(ZoneRecord),
    /// A file of a web server.
    File {
        /// Its address or path, such as `http://example.com/.well-known/pki-validation/fileauth.txt`.
        name: String,
        /// What it holds.
        content: String,
    },
}

/// Why control over a name could not be shown, or what shows it could not be removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidationError {
    /// The gateway's DNS record is no zone line.
    #[error(transparent)]
    Record(#[from] NotAZoneLine),
    /// What the gateway asks for does not belong to the names of the order.
    #[error(transparent)]
    OutOfScope(#[from] OutOfScope),
    /// The order has no certificate request of its own, whose names would say what may be published.
    #[error(
        "the names of the order are known from the gateway only, which could have anything published: give a certificate request"
    )]
    NoNames,
    /// The gateway's file may not be published.
    #[error("the gateway asks for the file `{name}`: {why}")]
    File {
        /// The file's address or path.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// A command that publishes records failed.
    #[error("in {}: `{command} {argument}` {why}", folder.display())]
    Command {
        /// The command.
        command: String,
        /// `add` or `remove`.
        argument: &'static str,
        /// Where it ran.
        folder: PathBuf,
        /// Why.
        why: ProcessError,
    },
    /// The TSIG key cannot be read.
    #[error("TSIG key {0}")]
    KeyFile(#[source] FileError),
    /// The TSIG key cannot be used.
    #[error("TSIG key {}: {why}", path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// Why.
        why: TsigKeyError,
    },
    /// The zone was not updated, or no name server can be asked.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The zone of an AutoDNS account was not found or not changed, or the account cannot be asked.
    #[error("AutoDNS: {0}")]
    Zone(Box<ZoneError>),
    /// A web root cannot be written.
    #[error("{}: cannot be written: {why}", path.display())]
    Unwritable {
        /// The web root.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// A file or folder below a web root could not be read, written or removed.
    #[error(transparent)]
    Web(#[from] FileError),
    /// Something is in the place of a file below a web root, and not by this order.
    #[error("{}: it is there already, and not by this order: move it away", .0.display())]
    Occupied(PathBuf),
    /// The record was not seen in time.
    #[error("the DNS record is not seen after {} s:\n  {}\n", waited.as_secs(), missing.join("\n  "))]
    NotSeen {
        /// How long it was waited for.
        waited: Duration,
        /// The servers that do not show it, with what they show.
        missing: Vec<String>,
    },
    /// A step was published by a validator that this program does not have.
    #[error("it was published by the validator `{0}`, which is not here")]
    UnknownValidator(String),
    /// The run was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// A step could not be stored.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<ZoneError> for ValidationError {
    fn from(error: ZoneError) -> Self {
        match error {
            ZoneError::Gateway(Error::Interrupted) => Self::Interrupted,
            other => Self::Zone(Box::new(other)),
        }
    }
}

/// How control over the names of an order is shown.
#[derive(Clone, Default)]
pub struct Validation {
    validator: Option<Arc<dyn Validator>>,
    propagation: Option<Propagation>,
    allows_any: bool,
}

impl std::fmt::Debug for Validation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Validation")
            .field("validator", &self.by_name())
            .field("propagation", &self.propagation)
            .finish()
    }
}

impl Validation {
    /// By that validator.
    pub fn by(validator: impl Validator + 'static) -> Self {
        Self { validator: Some(Arc::new(validator)), ..Self::default() }
    }

    /// Orders only once a DNS record is seen.
    #[must_use]
    pub fn once_seen(self, propagation: Propagation) -> Self {
        Self { propagation: Some(propagation), ..self }
    }

    /// Publishes whatever the gateway asks for, also what does not belong to the names of the order.
    #[must_use]
    pub fn allowing_any(self) -> Self {
        Self { allows_any: true, ..self }
    }

    /// The name of the validator; `None` if the certificate's own method stays.
    pub fn by_name(&self) -> Option<&str> {
        self.validator.as_ref().map(|validator| validator.name())
    }

    /// What the gateway is asked to validate by; `None` if the certificate's own method stays.
    pub fn method(&self) -> Option<Method> {
        self.validator.as_ref().map(|validator| validator.method())
    }

    /// The validators that remove their own steps.
    pub(crate) fn validators(&self) -> Vec<&dyn Validator> {
        self.validator.iter().map(|validator| &**validator as &dyn Validator).collect()
    }

    /// Finds what would go wrong, before anything is sent.
    ///
    /// # Errors
    /// Nothing may be ordered.
    pub fn check(&self) -> Result<(), ValidationError> {
        if let Some(propagation) = &self.propagation {
            propagation.check()?;
        }
        self.validator.as_ref().map_or(Ok(()), |validator| validator.check())
    }

    /// What is to be published, or looked for, of that which the gateway asks for. `request` is the order's own, not one that the gateway tells of: its
    /// names bind what may be published. Nothing of it is done yet.
    ///
    /// # Errors
    /// It cannot be understood, or does not belong to the order: nothing may be published or ordered.
    pub fn challenges(
        &self,
        authentication: &CertAuthentication,
        request: Option<&CertificateRequest>,
    ) -> Result<Vec<Challenge>, ValidationError> {
        let by = |method| self.method() == Some(method);
        let challenges: Vec<Challenge> = match authentication.method {
            Some(AuthMethod::Dns) if by(Method::Dns { provisioning: false }) || self.propagation.is_some() => {
                let records = ZoneRecord::parse(authentication.dns.as_deref().unwrap_or_default())?;
                records.into_iter().map(Challenge::Record).collect()
            }
            Some(AuthMethod::File) if by(Method::File) => {
                let name = authentication.file_name.clone().unwrap_or_default();
                match authentication.file_content.clone() {
                    Some(content) => vec![Challenge::File { name, content }],
                    None => {
                        return Err(ValidationError::File { name, why: "it does not say what the file is to hold" });
                    }
                }
            }
            _ => return Ok(Vec::new()),
        };
        // What is only looked for, the gateway publishes.
        let is_published = matches!(self.method(), Some(Method::Dns { provisioning: false } | Method::File));
        if self.allows_any || !is_published {
            return Ok(challenges);
        }
        let request = request.ok_or(ValidationError::NoNames)?;
        let names: Vec<String> = request.common_name.iter().cloned().chain(request.hosts()).collect();
        let scope = PublicationScope::of(names.iter().map(String::as_str));
        for challenge in &challenges {
            match challenge {
                Challenge::Record(record) => scope.record(record)?,
                Challenge::File { name, .. } => drop(scope.file(name)?),
            }
        }
        Ok(challenges)
    }

    /// Publishes what shows control, and waits until it is seen where that is asked for. Each step is stored before it is done.
    ///
    /// # Errors
    /// Nothing may be ordered.
    pub fn publish(
        &self,
        challenges: &[Challenge],
        steps: &mut Steps<'_>,
        interrupt: &Interrupt,
        observe: &mut dyn FnMut(&PropagationEvent),
    ) -> Result<(), ValidationError> {
        if let Some(validator) = &self.validator {
            challenges.iter().try_for_each(|challenge| validator.present(challenge, steps))?;
        }
        let records = challenges.iter().filter_map(|challenge| match challenge {
            Challenge::Record(record) => Some(record),
            Challenge::File { .. } => None,
        });
        let Some(propagation) = &self.propagation else { return Ok(()) };
        records.into_iter().try_for_each(|record| propagation.wait_for(record, interrupt, observe))
    }
}

/// Removes what a step published; a custom one by the validator of its name.
pub(crate) fn remove(step: &ValidationStep, validators: &[&dyn Validator]) -> Result<(), ValidationError> {
    match step {
        ValidationStep::Command { command, working_folder, record } => {
            command::run(command, working_folder, "remove", record)
        }
        ValidationStep::ZoneUpdate { server, key, record } => zone_update::remove(*server, key, record),
        ValidationStep::ZoneTask { config, profile, .. } => {
            #[cfg(feature = "config")]
            if let Some(profile) = profile {
                return AutoDns::of_profile(config.clone(), profile.as_str()).cleanup(step);
            }
            let _ = (config, profile);
            by_its_validator(AutoDns::NAME, step, validators)
        }
        ValidationStep::Folder { root, path } => webroot::remove_folder(root.as_deref(), path),
        ValidationStep::File { root, path, content } => webroot::remove_file(root.as_deref(), path, content),
        ValidationStep::Custom { validator, .. } => by_its_validator(validator, step, validators),
    }
}

fn by_its_validator(name: &str, step: &ValidationStep, validators: &[&dyn Validator]) -> Result<(), ValidationError> {
    let own = validators.iter().find(|there| there.name() == name);
    own.ok_or_else(|| ValidationError::UnknownValidator(name.to_owned()))?.cleanup(step)
}

/// The gateway publishes the DNS record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provision;

impl Validator for Provision {
    fn name(&self) -> &str {
        "provision"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: true }
    }

    fn present(&self, _: &Challenge, _: &mut Steps<'_>) -> Result<(), ValidationError> {
        Ok(())
    }
}

/// A person publishes the DNS record. Goes with a [`Propagation`], which waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manual;

impl Validator for Manual {
    fn name(&self) -> &str {
        "manual"
    }

    fn method(&self) -> Method {
        Method::Dns { provisioning: false }
    }

    fn present(&self, _: &Challenge, _: &mut Steps<'_>) -> Result<(), ValidationError> {
        Ok(())
    }
}

/// A person approves by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Whom the gateway writes to; one of the addresses that it offers.
    pub approver: String,
}

impl Validator for Email {
    fn name(&self) -> &str {
        "email"
    }

    fn method(&self) -> Method {
        Method::Email { approver: self.approver.clone() }
    }

    fn present(&self, _: &Challenge, _: &mut Steps<'_>) -> Result<(), ValidationError> {
        Ok(())
    }
}

/// A record as it is stored with what published it.
fn published(record: &ZoneRecord) -> PublishedRecord {
    PublishedRecord { name: record.name.clone(), kind: record.kind().to_owned(), value: record.value().to_owned() }
}

/// A resolver or a primary server: an address, with port 53 where it has none.
///
/// # Errors
/// It is no address.
pub fn name_server(text: &str) -> Result<SocketAddr, &'static str> {
    let bare = || text.parse().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| bare()).map_err(|_| "expected an IP address, such as 9.9.9.9 or [2620:fe::fe]:53")
}
