//! Why a request cannot be ordered.

use certgate_domain::{Certificate, is_same_name, words::AuthMethod};
use certgate_x509::BadRequest;

/// A part of a request that was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The CSR.
    Csr,
    /// The name, where the CSR is made with a key.
    Name,
    /// The product's code.
    Product,
    /// The administrative contact.
    Admin,
    /// The technical contact.
    Technical,
}

/// Why a request cannot be ordered. Nothing was.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RequestError {
    /// A new certificate needs them.
    Missing(Vec<Field>),
    /// The certificate's own CSR, which is to be used again, cannot be read.
    OwnCsr(BadRequest),
    /// The certificate's own CSR is to be used again, and the gateway does not say it.
    NoOwnCsr,
    /// The CSR is for other names than the certificate's.
    OtherName {
        /// The CSR's common name.
        common_name: Option<String>,
        /// The certificate's name.
        name: String,
    },
    /// The certificate has another name than the one that is given, and the CSR is not for its own as well: ordered under the other, its own would
    /// be gone.
    NameOfAnother {
        /// The gateway's id.
        id: i64,
        /// Its name at the gateway.
        there: String,
        /// The name that is given.
        name: String,
    },
    /// The certificate is validated by another method, and a reissue cannot change that.
    OtherMethod {
        /// The method that it is validated by.
        there: AuthMethod,
        /// The method that is requested.
        method: AuthMethod,
    },
    /// The gateway does not offer this method of validation for the CSR.
    MethodNotOffered {
        /// The method that is requested, or that the certificate had before.
        method: AuthMethod,
        /// Those on offer.
        offered: Vec<AuthMethod>,
    },
    /// The gateway does not offer approval by this address.
    ApproverNotOffered {
        /// The address that is requested.
        approver: String,
        /// Those on offer.
        offered: Vec<String>,
    },
}

impl RequestError {
    /// Refuses another name for the certificate of that id, which is `there`, be it a further one of it, where its own is to be in the new one
    /// no more. `asks_for` tells what the CSR is for.
    ///
    /// # Errors
    /// [`RequestError::NameOfAnother`].
    pub fn check_name(id: i64, there: &Certificate, name: &str, asks_for: impl Fn(&str) -> bool) -> Result<(), Self> {
        match &there.name {
            Some(own) if !is_same_name(own, name) && !asks_for(own) => {
                Err(Self::NameOfAnother { id, there: own.clone(), name: name.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Csr => "a CSR",
            Self::Name => "a name",
            Self::Product => "a product",
            Self::Admin => "an administrative contact",
            Self::Technical => "a technical contact",
        })
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(fields) => {
                let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                let fields = match fields.split_last() {
                    Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
                    _ => fields.concat(),
                };
                write!(f, "a new certificate needs {fields}")
            }
            Self::OwnCsr(why) => write!(f, "the certificate's own CSR cannot be used ({why})"),
            Self::NoOwnCsr => f.write_str("the gateway does not say the certificate's CSR"),
            Self::OtherName { common_name, name } => {
                let found = common_name.as_deref().unwrap_or("none");
                write!(f, "the CSR's common name is `{found}`, the certificate's name is `{name}`")
            }
            Self::NameOfAnother { id, there, name } => write!(f, "certificate {id} is {there}, not {name}"),
            Self::OtherMethod { there, method } => {
                write!(f, "the certificate is validated by {there}; a reissue cannot change that to {method}")
            }
            Self::MethodNotOffered { method, offered } => {
                let offered: Vec<&str> = offered.iter().map(AuthMethod::as_str).collect();
                let offered = offered.join(", ");
                write!(f, "the gateway does not offer validation by {method} for this CSR, but by {offered}")
            }
            Self::ApproverNotOffered { approver, offered } => {
                write!(f, "the gateway does not offer approval by {approver}, but by {}", offered.join(", "))
            }
        }
    }
}

impl std::error::Error for RequestError {}
