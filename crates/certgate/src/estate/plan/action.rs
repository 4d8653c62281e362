//! What is done with a certificate, and what that costs.

use certgate_flow::Purpose;

/// What is done with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlannedAction {
    /// Nothing.
    Nothing,
    /// An order that is not finished is carried on with.
    Resume,
    /// What is in place is noted to be the gateway's certificate.
    Adopt,
    /// A new certificate is ordered.
    Create,
    /// It is ordered anew within its paid term.
    Reissue,
    /// It is ordered for another term.
    Renew,
    /// The gateway's certificate is fetched and put in place.
    Install,
    /// Its hook is repeated.
    Redeploy,
    /// It is looked at where it is served.
    Verify,
}

impl From<Purpose> for PlannedAction {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Create => Self::Create,
            Purpose::Reissue(_) => Self::Reissue,
            Purpose::Renew(_) => Self::Renew,
        }
    }
}

/// What an action costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Nothing.
    Free,
    /// A term is paid.
    NewTerm,
}

impl PlannedAction {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Resume => "resume",
            Self::Adopt => "adopt",
            Self::Create => "create",
            Self::Reissue => "reissue",
            Self::Renew => "renew",
            Self::Install => "install",
            Self::Redeploy => "redeploy",
            Self::Verify => "verify",
        }
    }

    /// What it costs.
    pub fn cost(self) -> Cost {
        match self {
            Self::Create | Self::Renew => Cost::NewTerm,
            _ => Cost::Free,
        }
    }
}
