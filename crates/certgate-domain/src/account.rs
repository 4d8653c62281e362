use std::fmt;

/// Whose orders and messages these are: a user of a gateway, or the subuser it acts for. It is the same over both protocols.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

impl AccountId {
    /// The account of that user and context at a gateway, which is named by its host (`autodns.com`), acting for that subuser.
    pub fn new(user: &str, context: &str, gateway: &str, owner: Option<&str>) -> Self {
        let owner = owner.map(|owner| format!(" for {owner}")).unwrap_or_default();
        Self(format!("{user}@{context} at {gateway}{owner}"))
    }

    /// An account that is known by this text already, such as a store's.
    pub fn known_as(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text that stores know the account by.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn stores_know_accounts_by_these_texts() {
        for (owner, expected) in [(None, "user@9 at autodns.com"), (Some("sub"), "user@9 at autodns.com for sub")] {
            let account = AccountId::new("user", "9", "autodns.com", owner);
            assert_eq!(account.as_str(), expected);
            assert_eq!(account, AccountId::known_as(expected));
        }
    }
}
