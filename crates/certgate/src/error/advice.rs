//! What can be done about an error.

use std::path::PathBuf;

use certgate_client::GatewayError;
use certgate_dns::DnsError;
use certgate_domain::words::AuthMethod;
use certgate_files::{Distrust, FileError};
use certgate_flow::{Field, RequestError};
use certgate_store::{ConflictingOrder, State, StoreError};

use crate::{
    Error, FetchError, Namesake, PreparationError, RefusalReason, SelectionError,
    config::{ConfigError, Credential},
    installation::InstallError,
    key::KeySourceError,
    validation::ValidationError,
};

/// What can be done about an error. It names no option and no command: who shows it knows its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Give this part of the credentials.
    GiveCredential {
        /// Which.
        credential: Credential,
        /// The profile that is to have it, where the program chose that one.
        profile: Option<String>,
    },
    /// Give all that a new certificate needs.
    Give(Vec<Field>),
    /// Give the key's file as it is called, let a new key be made, or give a CSR.
    GiveOtherKey,
    /// Give the certificate's name.
    GiveName,
    /// Give the certificate's own name or the id of another one, or make a CSR for both names.
    CorrectName,
    /// Make a CSR for that name, or name the certificate that the CSR is for.
    MatchName {
        /// The certificate's name.
        name: String,
    },
    /// Choose another method of validation.
    ChooseMethod,
    /// Say how control over the names is shown, where the certificate was validated by this.
    ShowControl {
        /// What it was validated by.
        by: AuthMethod,
    },
    /// Wait until that job of the gateway's is over.
    WaitForJob {
        /// The gateway's id of the job.
        job: i64,
    },
    /// Look at that certificate; what is asked for again takes it into account.
    LookAtCertificate {
        /// The gateway's id of it.
        certificate: i64,
    },
    /// Choose another approver.
    ChooseApprover,
    /// Let the record be published although it does not belong to the names of the order.
    AllowAnyRecord,
    /// Give a CSR, whose names say what may be published; or let any record be published.
    GiveCsrOrAllowAnyRecord,
    /// Give a name server to ask, or let the zone's own be asked.
    GiveOrAllowNameServer,
    /// Give a name server to ask.
    GiveNameServer,
    /// Give the pass phrase of the key stores.
    GiveKeyStorePassPhrase,
    /// Write this kind of key store again, or remove the file if nobody needs it.
    RenewKeyStore {
        /// `p12` or `jks`.
        kind: &'static str,
        /// The key store that is in place.
        path: PathBuf,
    },
    /// Order with a key that comes with the certificate.
    OrderWithKey,
    /// Install into another folder, or order with a key that comes with the certificate.
    OtherFolderOrKey,
    /// Put the key back that waited for its certificate.
    PutKeyBack,
    /// Give another folder than this one.
    OtherFolder {
        /// The folder, whose certificate is another one.
        folder: PathBuf,
    },
    /// Remove the link, or install into the folder that it leads to.
    RemoveLink {
        /// Where the link leads.
        target: PathBuf,
    },
    /// Say that the files are that user's, if they are.
    InstallFor {
        /// The owner's name, or number where it has none.
        owner: String,
    },
    /// Agree to the key being written decrypted, or make the CSR with it and give that.
    AgreeToDecryptedKey,
    /// Carry on with that order.
    Resume {
        /// The order's id.
        order: String,
    },
    /// Carry on with that order, or give it up.
    ResumeOrAbandon {
        /// The order's id.
        order: String,
    },
    /// Look for the order among messages, certificates and jobs before it is placed again.
    LookBeforeOrdering,
    /// Look which orders there are.
    ListOrders,
    /// Look which certificates there are.
    ListCertificates,
    /// Say which of these is meant, by its id.
    GiveId {
        /// Those that have the name which was given.
        found: Vec<Namesake>,
    },
    /// Carry on with the order that the certificate is to come from.
    ResumeItsOrder,
    /// Order under another transaction id.
    ChooseTransactionId,
    /// Ask as the account that the order belongs to.
    ChooseAccount,
    /// Name the store's file.
    GiveStore,
    /// Edit the profile that is there, or name another.
    EditProfile,
    /// Name another file as the store.
    ChooseStore,
    /// Check the store's folder and its rights, or name another file.
    CheckStore,
    /// Accept parts of answers that are not known.
    AcceptUnknownParts,
    /// Look which contacts the account has.
    ListContacts,
    /// Look at the serial numbers that the certificate has and had.
    ListSerials,
    /// Look into the queue.
    LookIntoQueue,
    /// Give the certificates that need the contact another one.
    ReplaceContact,
    /// Give all fields that a contact needs.
    CompleteContact,
    /// Look which jobs are running, and which are over.
    ListJobs,
    /// Look which zones the account has.
    ListZones,
    /// Check user, password and context, and where they come from.
    CheckCredentials,
    /// Choose another contact, of those that the account has.
    ChooseContact,
    /// Take this message off the queue, once its body was looked at: nobody gets past it.
    ConfirmUnread {
        /// The message's id.
        message: i64,
    },
    /// Reissue the certificate: that is free, and possible at any time of the term.
    Reissue,
    /// Check that the address is that of this protocol.
    CheckEndpoint,
}

/// An error that something can be done about.
pub trait Advised {
    /// What can be done about it; `None` where its text says all there is.
    fn advice(&self) -> Option<Advice>;
}

impl Advised for Error {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::Config(error) => error.advice(),
            Self::NoStore => Some(Advice::GiveStore),
            Self::Preparation(error) => error.advice(),
            Self::Validation(error) => error.advice(),
            Self::Store(error) | Self::Unsent(error) => error.advice(),
            Self::Gateway(GatewayError::Unexpected { .. }) => Some(Advice::AcceptUnknownParts),
            Self::Gateway(GatewayError::Refused(refusal)) => RefusalReason::of(refusal)?.advice(),
            Self::Gateway(GatewayError::Undecodable { message: Some(message), .. }) => {
                Some(Advice::ConfirmUnread { message: *message })
            }
            // Nothing of the kind is there: another protocol's address, or a part of its path is missing.
            Self::Gateway(GatewayError::Undecodable { task, http_status: 404 | 405, .. })
                if task.is_safe_to_repeat() =>
            {
                Some(Advice::CheckEndpoint)
            }
            open if open.leaves_outcome_open() => Some(Advice::LookBeforeOrdering),
            _ => None,
        }
    }
}

impl Advised for ConfigError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::Missing { credential, profile } => {
                Some(Advice::GiveCredential { credential: *credential, profile: profile.clone() })
            }
            Self::NoStore => Some(Advice::GiveStore),
            Self::ProfileExists { .. } => Some(Advice::EditProfile),
            _ => None,
        }
    }
}

impl Advised for PreparationError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::Key(error) => error.advice(),
            Self::Install(error) => error.advice(),
            Self::Validation(error) => error.advice(),
            Self::Request(error) => error.advice(),
            Self::Unattended(by) => Some(Advice::ShowControl { by: by.clone() }),
            Self::UnderWay { job, .. } => Some(Advice::WaitForJob { job: *job }),
            Self::CameMeanwhile { certificate, .. } => Some(Advice::LookAtCertificate { certificate: *certificate }),
            _ => None,
        }
    }
}

impl Advised for RequestError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::Missing(fields) => Some(Advice::Give(fields.clone())),
            Self::OwnCsr(_) | Self::NoOwnCsr => Some(Advice::Give(vec![Field::Csr])),
            Self::OtherName { name, .. } => Some(Advice::MatchName { name: name.clone() }),
            Self::NameOfAnother { .. } => Some(Advice::CorrectName),
            Self::OtherMethod { there: by @ (AuthMethod::Dns | AuthMethod::File), .. } => {
                Some(Advice::ShowControl { by: by.clone() })
            }
            Self::OtherMethod { .. } | Self::MethodNotOffered { .. } => Some(Advice::ChooseMethod),
            Self::ApproverNotOffered { .. } => Some(Advice::ChooseApprover),
            _ => None,
        }
    }
}

impl Advised for SelectionError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::None(_) => Some(Advice::ListCertificates),
            Self::Several { found, .. } => Some(Advice::GiveId { found: found.clone() }),
            Self::Gateway(error) => error.advice(),
        }
    }
}

impl Advised for FetchError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::NotIssued { .. } => Some(Advice::ResumeItsOrder),
            Self::Unreadable { .. } => None,
            Self::Gateway(error) => error.advice(),
        }
    }
}

impl Advised for InstallError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::NoPassPhrase => Some(Advice::GiveKeyStorePassPhrase),
            Self::KeyStoreLeftOut { kind, path } => Some(Advice::RenewKeyStore { kind, path: path.clone() }),
            Self::NoKey { .. } => Some(Advice::OrderWithKey),
            Self::OtherKey | Self::UnreadableKey { .. } => Some(Advice::OtherFolderOrKey),
            Self::KeyGone { .. } => Some(Advice::PutKeyBack),
            Self::KeyLost { .. } => Some(Advice::OrderWithKey),
            Self::OtherCertificate { folder, .. } | Self::OtherProfile { folder, .. } => {
                Some(Advice::OtherFolder { folder: folder.clone() })
            }
            Self::ForeignLink { target, .. } => Some(Advice::RemoveLink { target: target.clone() }),
            Self::Folder(FileError::Untrusted { distrust: Distrust::Owner { owner, .. }, .. }) => {
                Some(Advice::InstallFor { owner: owner.clone() })
            }
            _ => None,
        }
    }
}

impl Advised for KeySourceError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::File(error) if error.is_not_found() => Some(Advice::GiveOtherKey),
            Self::NoName => Some(Advice::GiveName),
            Self::Decrypted { .. } => Some(Advice::AgreeToDecryptedKey),
            _ => None,
        }
    }
}

impl Advised for ValidationError {
    fn advice(&self) -> Option<Advice> {
        match self {
            Self::OutOfScope(_) => Some(Advice::AllowAnyRecord),
            Self::NoNames => Some(Advice::GiveCsrOrAllowAnyRecord),
            Self::Dns(DnsError::Nobody) => Some(Advice::GiveOrAllowNameServer),
            Self::Dns(DnsError::System(_)) => Some(Advice::GiveNameServer),
            Self::Store(error) => error.advice(),
            _ => None,
        }
    }
}

impl Advised for StoreError {
    /// An order is given up only where it may be.
    fn advice(&self) -> Option<Advice> {
        Some(match self {
            Self::Unfinished(ConflictingOrder { order, is_held }) => match (order.state, order.order.id.clone()) {
                (State::Unknown | State::Issued, order) if !is_held => Advice::ResumeOrAbandon { order },
                (_, order) => Advice::Resume { order },
            },
            Self::LeaseLost(id) => Advice::Resume { order: id.clone() },
            Self::Known(_) => Advice::ChooseTransactionId,
            Self::NoOrder(_) => Advice::ListOrders,
            Self::OtherAccount { .. } => Advice::ChooseAccount,
            Self::NoStore { .. } => Advice::ChooseStore,
            Self::Unwritable { .. } => Advice::CheckStore,
            _ => return None,
        })
    }
}
