//! What can go wrong, by who is at fault, and what can be done about it.

#[cfg(feature = "config")]
mod advice;
#[cfg(feature = "orders")]
mod refusal;

#[cfg(feature = "orders")]
use std::path::PathBuf;

use certgate_client::{Error as ExchangeError, GatewayError, HttpSettingsError, NetworkError, Refusal, TaskError};
use certgate_domain::Protocol;
use certgate_files::FileError;
#[cfg(feature = "orders")]
use certgate_store::StoreError;

#[cfg(feature = "config")]
pub use self::advice::{Advice, Advised};
#[cfg(feature = "orders")]
pub use self::refusal::RefusalReason;
#[cfg(feature = "config")]
use crate::config::ConfigError;
#[cfg(feature = "orders")]
use crate::{PreparationError, validation::ValidationError};

/// What can go wrong, by who is at fault. [`Advised::advice`] says what can be done about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Whoever wrote the configuration. Nothing was sent.
    #[cfg(feature = "config")]
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Whoever set up the connection: an address, a proxy, or a file of authorities cannot be used. Nothing was sent.
    #[error(transparent)]
    HttpSettings(#[from] HttpSettingsError),
    /// Whoever made the task: it cannot be sent as it is. Nothing was sent.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// Whoever built this program: it does not speak that protocol.
    #[error("this program was built without the {0} protocol")]
    ProtocolNotBuilt(Protocol),
    /// Whoever set up the gateway: no file was named for the store of orders and messages. Nothing was sent.
    #[cfg(feature = "orders")]
    #[error("no file is named for the store of orders and messages")]
    NoStore,
    /// Whoever asked for the order: it cannot be placed. Nothing was ordered.
    #[cfg(feature = "orders")]
    #[error(transparent)]
    Preparation(Box<PreparationError>),
    /// The gateway: it answered, and not with what it was asked for.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The way to the gateway: no answer came.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Control over the names could not be shown. Nothing was ordered.
    #[cfg(feature = "orders")]
    #[error("{0}: nothing was ordered")]
    Validation(Box<ValidationError>),
    /// The store of orders and messages.
    #[cfg(feature = "orders")]
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store, which could not record what was to be sent. So it was not sent.
    #[cfg(feature = "orders")]
    #[error("nothing was sent: {0}")]
    Unsent(StoreError),
    /// This machine: its files or its clock.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// What stands around an exchange, such as a tape: it was to answer, and could not. Nothing was sent.
    #[error("{0}")]
    Intercepted(Box<dyn std::error::Error + Send + Sync>),
    /// Nobody: the run was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// This machine stands in the way.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// A file cannot be read or written, or is not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
    /// A spool holds so many different messages of one id that no name is left for another.
    #[cfg(feature = "orders")]
    #[error("{}: a thousand different messages have the id {id}", folder.display())]
    SpoolFull {
        /// The spool's folder.
        folder: PathBuf,
        /// The gateway's id of the messages; `none` where it gave none.
        id: String,
    },
    /// The folder for what the processes of this user share is not this user's alone.
    #[cfg(feature = "orders")]
    #[error("{}: expected a folder of your own that nobody else can enter", .0.display())]
    SharedFolder(PathBuf),
    /// The gateway's clock and this machine's are too far apart for an order. Nothing was ordered.
    #[cfg(feature = "orders")]
    #[error("{0}. Nothing was ordered: set the clock that is wrong, best by NTP")]
    Clock(crate::GatewayClock),
}

impl Error {
    /// Whether a task that is not safe to repeat may have been carried out although its call failed so: it is looked for, and
    /// what validates it stays published.
    pub fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::Gateway(error) => error.leaves_outcome_open(),
            Self::Network(error) => error.leaves_outcome_open(),
            // It never left.
            _ => false,
        }
    }

    /// The gateway's refusal, where a task was refused for something else than the credentials.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Gateway(error) => error.refusal(),
            _ => None,
        }
    }

    /// Whether the gateway cannot be reached now, and nothing was changed by asking.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Network(NetworkError::Unreachable { .. }))
    }
}

impl From<ExchangeError> for Error {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::HttpSettings(error) => Self::HttpSettings(error),
            ExchangeError::Task(error) => Self::Task(error),
            ExchangeError::Gateway(error) => Self::Gateway(error),
            ExchangeError::Network(error) => Self::Network(error),
            ExchangeError::Intercepted(error) => Self::Intercepted(error),
            ExchangeError::Interrupted | ExchangeError::HungUp(_) => Self::Interrupted,
            other => Self::Intercepted(Box::new(other)),
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Machine(MachineError::File(error))
    }
}

#[cfg(feature = "orders")]
impl From<PreparationError> for Error {
    fn from(error: PreparationError) -> Self {
        Self::Preparation(Box::new(error))
    }
}

#[cfg(feature = "orders")]
impl From<ValidationError> for Error {
    fn from(error: ValidationError) -> Self {
        match error {
            ValidationError::Interrupted => Self::Interrupted,
            ValidationError::Store(error) => error,
            other => Self::Validation(Box::new(other)),
        }
    }
}
