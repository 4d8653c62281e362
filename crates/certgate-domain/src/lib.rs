//! What the field speaks of: certificates, contacts, jobs, messages and the tasks that carry them.
//!
//! These types know no wire: no serde, no HTTP, no clock, no input or output. Each codec maps each record by plain
//! functions, so that the compiler sees to completeness.

mod account;
mod authentication;
mod basic_user;
mod call;
mod certificate;
mod certificate_data;
mod contact;
mod credentials;
mod foreign;
mod idn;
mod install_check;
mod job;
mod lenient;
mod message;
mod moment;
mod object;
mod poll_message;
mod protocol;
mod query;
mod response;
mod secret;
mod session;
mod site_seal;
mod status;
mod subject_alternative_name;
pub mod task;
mod text;
mod time_period;
mod vmc_check_data;
pub mod words;
mod zone;
mod zone_name;

pub use account::AccountId;
pub use authentication::{CertAuthentication, CertAuthenticationStatus, DomainControlValidationStatus};
pub use basic_user::BasicUser;
pub use call::{Call, Options};
pub use certificate::{CaCertificate, Certificate, CertificateHistory, ExtendedValidationExtension};
pub use certificate_data::CertificateData;
pub use contact::{SslContact, SslContactExtensions, SslContactGeneralExtensions, SslContactReference};
pub use credentials::{Credentials, Identity};
pub use foreign::Foreign;
pub use idn::{NotAnIdn, is_a_label, is_same_name, spelled, spellings, to_a_labels, without_dot};
pub use install_check::{
    CertificateInstallCheckData, CertificateInstallCheckNotice, CertificateInstallCheckResult, TlsData,
    X509CertificateData, X509CertificateName, X509CertificatePublicKeyData, X509CertificateValidity,
};
pub use job::{Job, NiccomLog, ObjectJob, WorkflowEvent};
pub use lenient::Lenient;
pub use message::{GenericObject, Message};
pub use moment::{Moment, NotAMoment};
pub use object::{ObjectData, ResponseObject};
pub use poll_message::{NotifyMessage, PollMessage};
pub use protocol::{NotAProtocol, Protocol};
pub use query::{Query, QueryFilter, QueryOrder, QueryView};
pub use response::{AnyData, Data, Response};
pub use secret::Secret;
pub use session::Session;
pub use site_seal::SiteSealInformation;
pub use status::{Status, StatusCode, Verdict};
pub use subject_alternative_name::SubjectAlternativeName;
pub use task::{AnyTask, Mode, Task, TaskKind};
pub use text::{decoded, wide, wide_encoding};
pub use time_period::TimePeriod;
pub use vmc_check_data::VmcCheckData;
pub use zone::{MainAddress, NameServer, ResourceRecord, Soa, Zone};
pub use zone_name::{name_in_zone, zones_around};
