//! What is between here and an answer of the gateway: names, connections, TLS, credentials, clocks, the pace, the queue.
//!
//! ```
//! use certgate::{Gateway, GatewayBuilder, Overrides, Settings, diagnosis::{Subject, examine}};
//! # let server = certgate_simulator::Server::start(
//! #     certgate_simulator::Gateway::with(certgate_simulator::Settings::default()),
//! #     "127.0.0.1:0".parse()?,
//! # )?;
//! # let home = tempfile::tempdir()?;
//!
//! let mut settings = Settings::resolve(&Overrides::default())?;
//! # settings.xml_endpoint.value = server.xml_endpoint();
//! # settings.json_endpoint.value = server.json_endpoint();
//! let gateway = GatewayBuilder::of_settings(&settings)?
//!     .credentials(certgate_domain::Credentials::new("user", certgate_domain::Secret::new("password"), "9"))
//!     .store(home.path().join("orders.sqlite"))
//!     .build()?;
//! let checks = examine(&settings, Some(&gateway))?;
//! assert!(checks.iter().all(|check| check.result.is_ok()));
//! assert_eq!(checks.last().map(|check| check.subject), Some(Subject::Queue));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod examination;

use std::{net::IpAddr, path::PathBuf, time::Duration};

use certgate_client::Proxy;
use certgate_domain::Protocol;
use certgate_store::{StoreAddress, StoreStatus};

pub use self::{address::LookUpError, examination::examine};
use crate::{Error, config::Origin};

/// How far the gateway's clock and this machine's may differ: what a message took on its way is within it.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// One thing that was looked at, and what was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Check {
    /// What was looked at.
    pub subject: Subject,
    /// What was found.
    pub result: Result<Finding, Problem>,
}

/// What is looked at, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The profile and its file.
    Configuration,
    /// The store of orders and messages.
    Store,
    /// The name of the host that is connected to.
    Name(Protocol),
    /// A connection to that host.
    Connection(Protocol),
    /// TLS over the connection.
    Tls(Protocol),
    /// User and password.
    Credentials(Protocol),
    /// What else the first answer came to; only where it is a problem.
    Answer(Protocol),
    /// The user's context.
    Context,
    /// The gateway's clock and this machine's.
    Clock,
    /// The pace of requests.
    Pace,
    /// The account's queue of messages.
    Queue,
}

/// What was found where all is well.
#[derive(Debug)]
#[non_exhaustive]
pub enum Finding {
    /// These settings are used.
    Configured {
        /// The profile's name.
        profile: String,
        /// Where the configuration file is looked for.
        file: Option<PathBuf>,
        /// Whether that file is there.
        file_exists: bool,
        /// The only protocol that is looked at, and where its address came from. An address that is given for one run is that of
        /// one protocol: the other's would be somebody else's gateway.
        only: Option<(Protocol, Origin)>,
    },
    /// The store can be used.
    Store {
        /// Where it is.
        address: StoreAddress,
        /// How it stands.
        status: StoreStatus,
    },
    /// The host has an address.
    Resolved {
        /// The gateway's host.
        host: String,
        /// The proxy that is connected to in its place.
        proxy: Option<Proxy>,
        /// The address of whichever of them is connected to.
        address: IpAddr,
    },
    /// Somebody listens at this endpoint.
    Connected {
        /// The gateway's address, a URL.
        endpoint: String,
    },
    /// The server's certificate is trusted.
    Trusted(Trust),
    /// The gateway takes user and password.
    Accepted,
    /// The gateway takes this context.
    ContextAccepted(String),
    /// The clocks differ by no more than [`CLOCK_SKEW`].
    ClocksAgree,
    /// No answer said what time it is.
    NoDate,
    /// The header `Date` of an answer holds this text, which is no time.
    UnreadableDate(String),
    /// The gateway did not ask to slow down.
    PaceKept {
        /// The pace that is set.
        requests_per_second: usize,
    },
    /// So many messages wait.
    Waiting(i64),
}

/// Why the server's certificate is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The endpoint is plain HTTP, which only this machine's own may be.
    Plain,
    /// By the authorities of this file.
    File(PathBuf),
    /// By the authorities of the platform.
    Platform,
}

/// What stands in the way.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The store cannot be used.
    NoStore(Error),
    /// A pool answers in the store's place, and gives each transaction another session of the database.
    PooledStore(StoreAddress),
    /// The host that is connected to has no address.
    NotFound {
        /// The gateway's host.
        host: String,
        /// The proxy whose address is looked up in its place.
        proxy: Option<Proxy>,
        /// Why there is none.
        why: LookUpError,
        /// Where the gateway's address came from.
        origin: Origin,
    },
    /// No client can be made: the settings of TLS cannot be used.
    NoClient(Error),
    /// Nobody listens.
    Unconnected(Error),
    /// The proxy did not let the connection through.
    ProxyRefused(Error),
    /// There is a connection, but no TLS over it.
    NoTls(Error),
    /// The gateway refused the context.
    ContextRefused(Error),
    /// The gateway refused user or password.
    CredentialsRefused(Error),
    /// The answer is not what the protocol promises, or there is none.
    Unanswered(Error),
    /// The gateway's clock is ahead of this machine's by so many seconds; behind it where the number is negative.
    ClockOff(i64),
    /// The gateway asks to slow down (HTTP 429).
    TooFast {
        /// The pace that is set.
        requests_per_second: usize,
    },
    /// The queue cannot be looked at.
    NoQueue(Error),
}
