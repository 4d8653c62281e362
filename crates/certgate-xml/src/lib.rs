//! The XML gateway's envelopes: tasks to bytes and back.
//!
//! ```
//! use certgate_domain::{Call, Options, task::CertificateInfo};
//! use certgate_wire::Codec;
//! let codec = certgate_xml::XmlCodec::default();
//! let call = Call { task: CertificateInfo::new(571).into(), options: Options::default(), identity: None };
//! let request = codec.encode_request(&call).payload;
//! assert!(String::from_utf8_lossy(&request.body).contains("<code>400104</code><certificate><id>571</id></certificate>"));
//! ```

mod character;
mod codec;
mod element;
mod encoding;
mod envelope;
mod fingerprint;
mod key;
mod nodes;
mod out;
mod record;
mod redact;
mod salvage;
mod split;
mod task;
mod tree;
mod value;

pub use codec::XmlCodec;
pub use task::evidence;
