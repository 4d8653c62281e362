//! The client: a codec chosen at run time behind one trait, a real transport behind another, one exchange at a time.
//!
//! ```no_run
//! use certgate_client::{Client, HttpSettings, HttpTransport};
//! use certgate_domain::{Credentials, Secret, task::CertificateInfo};
//!
//! let transport = HttpTransport::new("https://api.autodns.com/v1", HttpSettings::default())?;
//! let credentials = Credentials::new("user", Secret::new("…"), "9");
//! let mut client = Client::new(Box::new(certgate_json::JsonCodec::default()), Box::new(transport), credentials);
//! let answer = client.call(CertificateInfo::new(571))?;
//! println!("{:?}", answer.value.data.first().and_then(|certificate| certificate.name.as_deref()));
//! # Ok::<(), certgate_client::Error>(())
//! ```

#![allow(clippy::disallowed_methods, reason = "this crate does the input and output, and reads the clock")]

mod asker;
mod client;
mod clock;
mod connection;
mod connector;
mod departure;
mod error;
pub mod escape;
mod exchange;
mod forward;
mod http;
mod interceptor;
mod interrupt;
mod label;
mod proxy;
mod redact;
mod relay;
mod resolver;
mod session;
mod spelling;
mod throttle;
mod trace;
mod transport;

pub use asker::Asker;
pub use client::Client;
pub use clock::unix_now;
pub use error::{Error, GatewayError, HttpSettingsError, NetworkError, Refusal, TaskError};
pub use exchange::Exchange;
pub use forward::PreparedCall;
pub use http::{HttpSettings, HttpTransport, Timeouts};
pub use interceptor::{Interceptor, Meter, Outgoing, SendError};
pub use interrupt::Interrupt;
pub use proxy::Proxy;
pub use redact::Redactor;
pub use relay::RelayError;
pub use throttle::{Line, OwnPace, Place, Throttle};
pub use trace::{Trace, Untraced};
pub use transport::{Phase, Transport, TransportError};
