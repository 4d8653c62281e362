//! Certificates ordered durably, watched until they are there, checked and installed.
//!
//! Certgate speaks to a certificate gateway (InterNetX SSLManager, AutoDNS) over either of its two protocols. This crate is all of
//! it below the command line: it blocks, prints nothing, reads no arguments and keeps no state in the process. This page goes through
//! it once, in the order in which a program meets it; the folder `examples` has whole programs.
//!
//! # A gateway
//!
//! A [`Gateway`] is a gateway as one account sees it: its address, who asks, at what pace, and the file where orders are recorded.
//! Nothing is connected to before the first task is sent. A [`Client`] from it carries out one task at a time, of those that
//! `certgate_domain::task` lists:
//!
//! ```
//! use certgate::Gateway;
//! use certgate_domain::{Credentials, Protocol, Secret, task::CertificateInfo};
//! # use certgate_simulator::{Gateway as Simulator, Server, Settings as Seed};
//! # let server = Server::start(Simulator::with(Seed::default()), "127.0.0.1:0".parse()?)?;
//! # let endpoint = server.json_endpoint();
//!
//! let gateway = Gateway::builder(Protocol::Json)
//!     .at(endpoint)
//!     .credentials(Credentials::new("user", Secret::new("password"), "9"))
//!     .build()?;
//! let answer = gateway.client()?.call(CertificateInfo::new(571))?;
//! assert_eq!(answer.value.data[0].name.as_deref(), Some("example.com"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is ordered
//!
//! An [`OrderRequest`] says which certificate is wanted and what is done once it is there. A reissue takes what it is not told from
//! the certificate as the gateway has it. [`OrderRequest::check`] finds what would go wrong before anything is sent.
//!
//! ```
//! use certgate::{OrderRequest, validation::Provision};
//! use certgate_keys::KeyType;
//! # let home = tempfile::tempdir()?;
//! # let folder = home.path().join("example.com");
//!
//! let request = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(&folder);
//! request.check()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # An order, and what it came to
//!
//! An [`Order`] is known by its [`OrderId`], which is all that a later process needs. [`Order::place`] records it before it leaves
//! and follows it to its end. Whatever ends the process in between, [`Gateway::unfinished_orders`] finds the order and
//! [`Order::resume`] carries on with it; nothing is ever ordered twice. What became of it is an [`Outcome`], not an error:
//!
//! ```
//! use std::time::Duration;
//! use certgate::{OrderId, OrderRequest, Outcome, validation::Provision};
//! use certgate_keys::KeyType;
//! # use certgate_simulator::{Gateway as Simulator, Server, Settings as Seed};
//! # let server = Server::start(Simulator::with(Seed::default()), "127.0.0.1:0".parse()?)?;
//! # let home = tempfile::tempdir()?;
//! # let gateway = certgate::Gateway::builder(certgate_domain::Protocol::Json)
//! #     .at(server.json_endpoint())
//! #     .credentials(certgate_domain::Credentials::new("user", certgate_domain::Secret::new("password"), "9"))
//! #     .store(home.path().join("orders.sqlite"))
//! #     .build()?;
//!
//! let request = OrderRequest::reissue(571).new_key(KeyType::P256).validate(Provision).install(home.path().join("example.com"));
//! let order = gateway.order(OrderId::new());
//! let report = order.place(request, Duration::from_secs(1800), &mut ())?;
//! match report.outcome {
//!     Outcome::Issued(issuance) => assert!(issuance.checks.iter().all(|check| check.ok)),
//!     Outcome::Pending(_) => println!("not finished: resume {}", order.id()),
//!     Outcome::Unknown(why) => println!("nobody knows whether it arrived: resume {} looks for it ({why})", order.id()),
//!     other => return Err(format!("{other:?}").into()),
//! }
//! assert!(gateway.unfinished_orders()?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What happens meanwhile
//!
//! An [`Observer`] is told each [`Event`] and may stop the run. A closure is one:
//!
//! ```
//! use certgate::{Control, Event, OrderId, OrderRequest};
//! # use certgate_simulator::{Gateway as Simulator, Server, Settings as Seed};
//! # let server = Server::start(Simulator::with(Seed::default()), "127.0.0.1:0".parse()?)?;
//! # let home = tempfile::tempdir()?;
//! # let gateway = certgate::Gateway::builder(certgate_domain::Protocol::Json)
//! #     .at(server.json_endpoint())
//! #     .credentials(certgate_domain::Credentials::new("user", certgate_domain::Secret::new("password"), "9"))
//! #     .store(home.path().join("orders.sqlite"))
//! #     .build()?;
//!
//! let mut sent = Vec::new();
//! let mut observer = |_: Option<&OrderId>, event: &Event<'_>| {
//!     if let Event::Sending { task } = event {
//!         sent.push(task.name());
//!     }
//!     Control::Continue
//! };
//! gateway.order(OrderId::new()).place(OrderRequest::renew(571), std::time::Duration::from_secs(1800), &mut observer)?;
//! assert_eq!(sent[..2], ["certificate-info", "certificate-prepare-order"]);
//! assert!(sent.contains(&"certificate-renew"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Showing control over a name
//!
//! A [`Validator`] publishes what the gateway asks for and removes it again. Those that are here are in [`validation`]: the gateway's
//! own name servers, a command, a zone's primary server (RFC 2136), a web server's folder, a person. A program's own is two methods
//! and a name; see `examples/own_validator.rs`.
//!
//! # The folder of a certificate
//!
//! An [`Installation`] is the folder that holds a certificate with its key. New files come into place by the switch of one link, so
//! that no reader sees a certificate beside another one's key, and the set before stays for a rollback.
//!
//! ```
//! use certgate::Installation;
//! # let home = tempfile::tempdir()?;
//! # let folder = home.path().join("example.com");
//!
//! let installation = Installation::at(&folder);
//! installation.check()?;
//! assert_eq!(installation.certificate()?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Many orders
//!
//! A [`Runner`] drives any number of orders: several requests in flight, one pace, one look into the account's queue for all. A single
//! order is a run of one. [`batch::read`] makes orders of a file, and [`batch::tasks`] says what is left to do of it, so that a batch
//! that is run again orders nothing twice. [`estate`] does the same for all certificates in some folders: those that are due are
//! renewed (`examples/renew_folder.rs`).
//!
//! ```
//! use certgate::batch;
//! # let home = tempfile::tempdir()?;
//! # let path = home.path().join("batch.toml");
//!
//! std::fs::write(&path, "[[order]]\naction = \"renew\"\nid = 571\n")?;
//! let orders = batch::read(&path, None)?;
//! assert_eq!((orders.len(), orders[0].request.action(), orders[0].request.certificate()), (1, "renew", Some(571)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Configuration
//!
//! A program may use the profiles of certgate's own configuration file. Each [`config::Setting`] says where it came from, and what
//! cannot be used is found before anything is sent.
//!
//! ```
//! use certgate::{Overrides, Settings};
//! # let home = tempfile::tempdir()?;
//! # let path = home.path().join("config.toml");
//!
//! std::fs::write(&path, "[team]\nuser = \"user\"\ncontext = 9\n")?;
//! # #[cfg(unix)]
//! # std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
//! let overrides = Overrides { config: Some(path.into()), profile: Some("team".to_owned().into()), ..Overrides::default() };
//! let settings = Settings::resolve(&overrides)?;
//! assert_eq!(settings.context.value.as_deref(), Some("9"));
//! assert!(settings.context.origin.to_string().contains("team"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What can go wrong
//!
//! [`Error`] says who is at fault: the configuration, the request, the gateway, the way to it, the store, this machine.
//! [`Advised::advice`] says what can be done about it, as a type, so that each program can name its own means.
//!
//! ```
//! use certgate::{Advice, Advised, Error, OrderId, ResumeOptions};
//! # use certgate_simulator::{Gateway as Simulator, Server, Settings as Seed};
//! # let server = Server::start(Simulator::with(Seed::default()), "127.0.0.1:0".parse()?)?;
//! # let home = tempfile::tempdir()?;
//! # let gateway = certgate::Gateway::builder(certgate_domain::Protocol::Json)
//! #     .at(server.json_endpoint())
//! #     .credentials(certgate_domain::Credentials::new("user", certgate_domain::Secret::new("password"), "9"))
//! #     .store(home.path().join("orders.sqlite"))
//! #     .build()?;
//!
//! let order = gateway.order(OrderId::from("certgate-1"));
//! let error = order.resume(ResumeOptions::default(), std::time::Duration::from_secs(60), &mut ()).err();
//! let error = error.ok_or("it is in the store")?;
//! assert!(matches!(error, Error::Store(_)), "{error}");
//! assert_eq!(error.advice(), Some(Advice::ListOrders));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! All are on unless `default-features = false`; each only adds.
//!
//! | feature | what a program gets |
//! | --- | --- |
//! | `json`, `xml` | a [`Gateway`] and its [`Client`] over that protocol: one exchange at a time. One of them alone is a bare client: it compiles no SQLite, DNS, key store, tape or server |
//! | `orders` | orders that outlive their process, batches, validation, installation, renewal, the queue |
//! | `tapes` | exchanges recorded, and answered from the recording |
//! | `config` | profiles of a configuration file, and advice about errors |

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output, and reads the clock")]

#[cfg(feature = "orders")]
pub mod adoption;
#[cfg(feature = "orders")]
pub mod batch;
#[cfg(feature = "orders")]
pub mod certificate_settings;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "config")]
pub mod diagnosis;
#[cfg(feature = "orders")]
mod duration;
mod error;
#[cfg(feature = "orders")]
pub mod estate;
#[cfg(feature = "orders")]
mod fetch;
mod gateway;
#[cfg(feature = "orders")]
pub mod installation;
#[cfg(feature = "orders")]
pub mod inventory;
#[cfg(feature = "orders")]
mod journal;
#[cfg(feature = "orders")]
pub mod key;
#[cfg(feature = "orders")]
pub mod monitoring;
#[cfg(feature = "orders")]
mod order;
#[cfg(feature = "orders")]
mod order_book;
#[cfg(feature = "orders")]
pub mod pages;
#[cfg(feature = "orders")]
pub mod pass_phrase;
#[cfg(all(feature = "xml", feature = "json"))]
pub mod payload;
pub mod process;
#[cfg(feature = "orders")]
pub mod queue;
#[cfg(feature = "orders")]
pub mod rerun;
mod selector;
#[cfg(feature = "orders")]
pub mod served;
#[cfg(feature = "orders")]
mod shared_pace;
#[cfg(feature = "orders")]
mod spool;
#[cfg(feature = "orders")]
mod together;
mod transaction_id;
#[cfg(feature = "orders")]
mod undecodable;
#[cfg(feature = "orders")]
pub mod validation;
pub mod zones;

pub use certgate_client::{
    Client, Error as ExchangeError, Exchange, GatewayError, HttpSettings, HttpSettingsError, HttpTransport,
    Interceptor, Interrupt, Meter, NetworkError, Outgoing, OwnPace, Phase, Proxy, Redactor, Refusal, SendError,
    TaskError, Throttle, Timeouts, Trace, Transport, TransportError, Untraced, unix_now,
};
#[cfg(feature = "orders")]
pub use certgate_flow::ForeignMessages;
#[cfg(feature = "tapes")]
pub use certgate_tape as tape;

pub use certgate_domain::AccountId;
#[cfg(feature = "orders")]
pub use certgate_store::{InstallOptions, StoreAddress, ValidationStep};
#[cfg(feature = "orders")]
pub use certificate_settings::{CertificateSettings, SettingsError};
#[cfg(feature = "config")]
pub use config::{Overrides, SecretSource, Settings};
#[cfg(feature = "orders")]
pub use duration::{NotADuration, parse_duration};
#[cfg(feature = "orders")]
pub use error::RefusalReason;
#[cfg(feature = "config")]
pub use error::{Advice, Advised};
pub use error::{Error, MachineError};
#[cfg(feature = "orders")]
pub use fetch::{FetchError, Fetched, certificate_of, fetch, newest};
pub use gateway::{Gateway, GatewayBuilder};
#[cfg(feature = "orders")]
pub use installation::Installation;
#[cfg(feature = "orders")]
pub use journal::{Intent, Journal};
#[cfg(feature = "orders")]
pub use key::KeySource;
#[cfg(feature = "orders")]
pub use order::{
    Abandonment, Adoption, CLOCK_TOLERANCE, Clock, Control, ElsewhereOrder, Event, GatewayClock, Issuance, Observer,
    Order, OrderId, OrderReport, OrderRequest, OrderState, Outcome, PendingReason, Preparation, PreparationError,
    PreparationOptions, Reconciled, RecoveryOptions, Rehearsal, ResumeOptions, Resumed, Resumption, Run, RunItem,
    RunOptions, Runner, RunningJobs, reconcile, rehearse, resume,
};
#[cfg(feature = "orders")]
pub use order_book::{OrderBook, OrderDetails, OrderFilter};
pub use selector::{BadSelector, CertificateSelector, Namesake, SelectionError};
#[cfg(feature = "orders")]
pub use shared_pace::SharedPace;
#[cfg(feature = "orders")]
pub use spool::Spool;
#[cfg(feature = "orders")]
pub use undecodable::UndecodableAnswers;
#[cfg(feature = "orders")]
pub use validation::Validator;
