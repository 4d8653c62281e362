//! The names that an order asks for: one rule, whoever orders.
//!
//! No name goes that somebody may rely on: neither one that is remembered or declared here, whatever was ordered elsewhere, nor one that was added
//! elsewhere. A name goes where somebody says so: who gives names by hand says all of them, and a file no longer names it.

use certgate_domain::Certificate;

use super::OrderRequest;
use crate::selector::is_same_name;

/// Who says which further names an order asks for, and so which others of the certificate's names at the gateway stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum NamesBy {
    /// Whoever orders: no others; all where none are given.
    #[default]
    Order,
    /// The folder that they are remembered in: all others.
    Folder,
    /// The file that declares them: all others but these.
    File {
        /// What the file named before, or was in place when it began to name any.
        no_longer: Vec<String>,
    },
}

impl NamesBy {
    /// Whether a name of the certificate at the gateway stays, where those are `given`.
    fn keeps(&self, given: &[String], name: &str) -> bool {
        match self {
            Self::Order => given.is_empty(),
            Self::Folder => true,
            Self::File { no_longer } => !is_among(name, no_longer),
        }
    }
}

/// Whether a name is one of these.
pub(crate) fn is_among(name: &str, names: &[String]) -> bool {
    names.iter().any(|other| is_same_name(other, name))
}

/// Whether a certificate with these names is for that one, be it by a wildcard.
pub(crate) fn is_covered(name: &str, names: &[String]) -> bool {
    let wildcard = || name.split_once('.').map(|(_, above)| format!("*.{above}"));
    is_among(name, names) || wildcard().is_some_and(|wildcard| is_among(&wildcard, names))
}

impl OrderRequest {
    /// The names of the CSR that is made, the certificate's own first. `known` is the certificate as the gateway has it.
    pub(super) fn all_names(&self, known: &Certificate) -> Vec<String> {
        let own = self.name.as_deref().or(known.name.as_deref());
        let given = self.names.iter().chain(&self.known_as).map(String::as_str);
        let others = known.names().filter(|name| self.names_by.keeps(&self.names, name));
        let mut all: Vec<String> = Vec::new();
        for name in own.into_iter().chain(given).chain(others) {
            if !is_among(name, &all) {
                all.push(name.to_owned());
            }
        }
        all
    }

    /// Whether the certificate's own name at the gateway is still asked for where the order gives it that one.
    pub(super) fn asks_for(&self, known: &Certificate, name: &str, own: &str) -> bool {
        match &self.csr {
            Some((_, csr)) => csr.asks_for(own),
            // A name that it has takes the first place, and no other one comes in by that.
            None if self.names_by.keeps(&self.names, own) => known.goes_by(name),
            None => is_among(own, &self.names),
        }
    }
}
