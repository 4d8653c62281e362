//! Who owns a file.

/// The owner of a file: a user, and a group where it is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub user: u32,
    /// The group's number.
    pub group: Option<u32>,
}

/// There is no such user or group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {kind} `{name}`; expected USER or USER:GROUP, names or numbers")]
pub struct NoSuchOwner {
    kind: &'static str,
    name: String,
}

impl Owner {
    /// Whether it is the effective user, or root.
    #[cfg(unix)]
    pub fn is_own(self) -> bool {
        self.user == 0 || self.user == rustix::process::geteuid().as_raw()
    }

    /// Whether what that owner has need not be given to this one.
    pub fn covers(self, there: Self) -> bool {
        self.user == there.user && (self.group.is_none() || self.group == there.group)
    }

    /// The user's name, or number where it has none.
    #[cfg(unix)]
    pub fn user_name(self) -> String {
        let known = nix::unistd::User::from_uid(self.user.into()).ok().flatten();
        known.map_or_else(|| self.user.to_string(), |user| user.name)
    }

    /// The group's name, or number where it has none.
    #[cfg(unix)]
    pub fn group_name(self) -> String {
        let number = self.group.unwrap_or_default();
        let known = nix::unistd::Group::from_gid(number.into()).ok().flatten();
        known.map_or_else(|| number.to_string(), |group| group.name)
    }

    /// The owner that `USER` or `USER:GROUP` names. A user alone stands for its group too. A number need not have a name.
    ///
    /// # Errors
    /// There is no such user or group.
    #[cfg(unix)]
    pub fn named(text: &str) -> Result<Self, NoSuchOwner> {
        use nix::unistd::{Group, User};
        let missing = |kind, name: &str| NoSuchOwner { kind, name: name.to_owned() };
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        let number = |text: &str| text.parse::<u32>().ok();
        let found = User::from_name(user).ok().flatten();
        let own_group = found.as_ref().map(|found| found.gid.as_raw());
        let user =
            found.map(|found| found.uid.as_raw()).or_else(|| number(user)).ok_or_else(|| missing("user", user))?;
        let group = match group {
            Some(name) => {
                let found = Group::from_name(name).ok().flatten().map(|found| found.gid.as_raw());
                Some(found.or_else(|| number(name)).ok_or_else(|| missing("group", name))?)
            }
            None => own_group,
        };
        Ok(Self { user, group })
    }

    /// Nobody: this platform has no such owners.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(unix))]
    pub fn named(text: &str) -> Result<Self, NoSuchOwner> {
        Err(NoSuchOwner { kind: "user", name: text.to_owned() })
    }
}
