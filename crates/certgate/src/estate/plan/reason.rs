//! Why something is to be done with a certificate, or cannot be said.

use std::{
    fmt,
    iter::{once, repeat},
    path::PathBuf,
};

use certgate_domain::Certificate;

use super::Change;
use crate::{
    CertificateSettings,
    estate::term::{Decision, day},
    installation::Faults,
    inventory::InstalledCertificate,
};

/// Why something is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanReason {
    /// By its lifetime and its paid term.
    Term(Decision),
    /// An order of it is not finished.
    Open {
        /// The order's id.
        order: String,
    },
    /// An order of it never left, and what was published for it is removed.
    NeverLeft {
        /// The order's id.
        order: String,
    },
    /// The account has none of its name.
    NotThere,
    /// There is none in its folder.
    NothingInPlace,
    /// It is in place, and was not noted to be the gateway's.
    NotNoted,
    /// The gateway has another one, which can be put in place: its key is here, or the folder is without keys.
    LaterOne {
        /// That one's serial number.
        serial: String,
    },
    /// The gateway's certificate was ordered elsewhere without names that are in place.
    LeftOut {
        /// The names.
        names: Vec<String>,
    },
    /// The gateway's certificate, which is only fetched here, is without names that are in place: it is not put there before what is there is due.
    Lacks {
        /// The names.
        names: Vec<String>,
    },
    /// The gateway asks for a reissue of a certificate that was reissued for that reason.
    StillRequired,
    /// It is declared, or asked for, in another way than it was put in place.
    Changed(Change),
    /// Somebody put an earlier one back in place, which stays there until it is due.
    PutBack {
        /// When, in seconds since 1970.
        at: i64,
        /// The serial number of the gateway's.
        serial: String,
    },
    /// Its key is here, and not where servers read it.
    KeyNotInPlace,
    /// What is there as its key is none, or another one's, and its own is nowhere here.
    KeyDamaged,
    /// Files of it are gone from its folder, or damaged.
    Faults(Faults),
    /// Its hook failed.
    NotDeployed,
    /// It is declared where it is served.
    Served,
    /// It is ordered for another folder of this machine, too.
    OrderedIn {
        /// That folder.
        folder: PathBuf,
    },
    /// Another machine orders it, and this one fetches it.
    OrderedBy {
        /// That machine.
        host: String,
    },
}

impl fmt::Display for PlanReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(decision) => decision.fmt(f),
            Self::Open { order } => write!(f, "order {order} is not finished"),
            Self::NeverLeft { order } => write!(f, "order {order} never left, and what was published for it is removed"),
            Self::NotThere => f.write_str("the account has no certificate of this name"),
            Self::NothingInPlace => f.write_str("nothing is in place in its folder"),
            Self::NotNoted => f.write_str("it is in place, and the gateway's certificate is the same"),
            Self::LaterOne { serial } => {
                write!(f, "the gateway has another one, serial {serial}, which can be put in place here")
            }
            Self::LeftOut { names } => {
                write!(f, "the gateway's certificate was ordered elsewhere without `{}`", names.join("`, `"))
            }
            Self::Lacks { names } => write!(
                f,
                "the gateway's certificate was ordered without `{}`, and what is in place stays until it is due",
                names.join("`, `")
            ),
            Self::StillRequired => f.write_str(
                "the gateway asks for a reissue, and this one was reissued for that: only the gateway's support knows why",
            ),
            Self::Changed(Change { settings, added, removed }) => {
                write!(f, "`{}` changed since it was put in place", settings.join("`, `"))?;
                let (come, go) = (added.iter().map(|name| (name, "comes")), removed.iter().map(|name| (name, "goes")));
                come.chain(go).zip(once(": ").chain(repeat(", "))).try_for_each(|((name, verb), between)| {
                    write!(f, "{between}`{name}` {verb}")
                })
            }
            Self::PutBack { at, serial } => {
                let day = day(*at);
                write!(f, "it was put back by hand on {day}, and stays until it is due; the gateway's is {serial}")
            }
            Self::KeyNotInPlace => f.write_str("its key is here, and not where servers read it"),
            Self::KeyDamaged => f.write_str("its key is damaged, or another one's, and its own is nowhere here"),
            Self::Faults(faults) => faults.fmt(f),
            Self::NotDeployed => f.write_str("its hook, or the look at what is served, failed"),
            Self::OrderedIn { folder } => write!(f, "it is ordered for {}, and fetched for this folder", folder.display()),
            Self::OrderedBy { host } => write!(f, "{host} orders it, and this machine fetches what it ordered"),
            Self::Served => f.write_str("it is looked at where it is served"),
        }
    }
}

/// Why it cannot be said what is to be done.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum PlanError {
    /// The account has no certificate of that id.
    NotThere {
        /// The gateway's id.
        id: i64,
        /// The name of what is in place of it, which the account may have under another id by now.
        name: Option<String>,
        /// How that is installed.
        settings: Box<CertificateSettings>,
    },
    /// The account has none of the name that is declared and in place: it was given another one, is gone, or is another account's.
    NotNamed {
        /// The gateway's id of what is in place.
        id: i64,
        /// The name.
        declared: String,
    },
    /// Another certificate is in its folder, and the account has none of its name.
    OtherName {
        /// The folder.
        folder: PathBuf,
        /// The name of what is in place there.
        there: String,
        /// The gateway's id of that.
        id: i64,
        /// The name that is declared.
        declared: String,
    },
    /// The certificate of the id that is given has another name than the one that is given with it.
    NameOfAnother {
        /// The gateway's id.
        id: i64,
        /// Its name at the gateway.
        there: String,
        /// The name that is declared.
        declared: String,
    },
    /// The certificate of that id goes by no name of what is in place: that has its servers, and its account.
    OfAnotherName {
        /// The gateway's id.
        id: i64,
        /// Its name at the gateway.
        there: String,
        /// The folder.
        folder: PathBuf,
        /// The name of what is in place there.
        in_place: String,
    },
    /// The account has several certificates of the name.
    Several {
        /// The name.
        name: String,
        /// Their ids.
        ids: Vec<i64>,
    },
    /// The same certificate is declared twice: each would take the other's out of use.
    DeclaredTwice {
        /// Where else.
        place: String,
    },
    /// It is declared as another product, and what is ordered of it stays what it is.
    OtherProduct {
        /// The gateway's id.
        id: i64,
        /// Its product.
        product: String,
        /// The declared one.
        declared: String,
    },
    /// Which certificate of the account is in the folder is not noted, or that cannot be read.
    NotNoted {
        /// The folder.
        folder: PathBuf,
        /// The file that notes it.
        record: PathBuf,
    },
    /// What a new certificate needs is not declared.
    Missing(Vec<&'static str>),
    /// The certificate is ordered for another folder, whose key is not in this one, which has a key of its own.
    OtherKey {
        /// The gateway's id.
        id: i64,
        /// That other folder.
        folder: PathBuf,
    },
    /// The certificate in the folder, and that at the gateway, are two, and only its key's holder can install the other one.
    OtherCertificate {
        /// The gateway's id.
        id: i64,
        /// How it is installed.
        settings: Box<CertificateSettings>,
    },
}

impl PlanError {
    /// Refuses a certificate that does not go by the name that a file has for it: ordered under that, its own would be gone.
    pub(crate) fn check_name(id: i64, there: &Certificate, declared: &str) -> Result<(), Self> {
        match &there.name {
            Some(name) if !there.goes_by(declared) => {
                Err(Self::NameOfAnother { id, there: name.clone(), declared: declared.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Refuses a certificate that goes by no name of what is in place. One of that name may have come in the place of it; any other is another
    /// account's, or has servers of its own.
    pub(crate) fn check_in_place(id: i64, there: &Certificate, in_place: &InstalledCertificate) -> Result<(), Self> {
        let InstalledCertificate { folder, name, hosts, .. } = in_place;
        match there.name_beside(hosts.iter().chain([name]).map(String::as_str)) {
            Some(own) => {
                Err(Self::OfAnotherName { id, there: own.to_owned(), folder: folder.clone(), in_place: name.clone() })
            }
            None => Ok(()),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere { id, .. } => write!(f, "the account has no certificate {id}"),
            Self::NotNamed { id, declared } => write!(
                f,
                "the account has no certificate named {declared}, and {id} is in place: where it was given another name, declare it by `id = {id}`; where it was deleted, order a new one"
            ),
            Self::OtherName { folder, there, id, declared } => write!(
                f,
                "{} holds another certificate, {there} ({id}), and the account has none named {declared}: declare another `out`",
                folder.display()
            ),
            Self::NameOfAnother { id, there, declared } => {
                write!(f, "certificate {id} is {there}, and stands in the file as {declared}: correct `id` or `name`")
            }
            Self::OfAnotherName { id, there, in_place, .. } => {
                write!(f, "certificate {id} of the account is {there}, and {in_place} is in place")
            }
            Self::Several { name, ids } => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                write!(
                    f,
                    "the account has several certificates named {name}: {}; declare the `id` of one",
                    ids.join(", ")
                )
            }
            Self::DeclaredTwice { place } => write!(f, "{place} declares the same certificate: declare it once"),
            Self::OtherProduct { id, product, declared } => {
                write!(f, "certificate {id} is a {product}, and stays one: it is declared as {declared}")
            }
            Self::NotNoted { record, .. } => {
                write!(f, "which certificate of the account this is is not noted in {}", record.display())
            }
            Self::Missing(names) => write!(f, "a new certificate needs `{}`", names.join("`, `")),
            Self::OtherKey { id, folder } => write!(
                f,
                "certificate {id} is in {} too, with another key: it is ordered for that folder only; have that one's deploy hook copy \
                 key and certificate to here, or order a certificate of its own for this one",
                folder.display()
            ),
            Self::OtherCertificate { id, .. } => {
                write!(f, "what is in place is not certificate {id} of the account, and not its predecessor")
            }
        }
    }
}

impl std::error::Error for PlanError {}
