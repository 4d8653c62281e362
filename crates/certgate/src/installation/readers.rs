//! Who reads what is in place must be able to read what comes: that is tried before anything is ordered.

use std::{io, path::Path};

use certgate_files::{FileError, Folder, Owner};

use super::{FILES, Installation, SETS, install::InstallError};

/// The bits by which something is read, be it a folder.
const READ: u32 = 0o5;

impl Installation {
    /// Finds whether those who read what is in place could read what comes: it is made as it will be, and removed.
    pub(super) fn check_readers(&self, has_sets: bool) -> Result<(), InstallError> {
        let folder = self.open().map_err(InstallError::Folder)?;
        if !has_sets {
            return self.check_files(&folder, &folder);
        }
        let (mode, owner) = self.readers(&folder).map_err(InstallError::Folder)?;
        // It sorts before every set: what a killed run left behind goes with older ones.
        let name = format!(".0-{}", std::process::id());
        let made = self.sets_in(&folder).and_then(|sets| Ok((self.begin_set(&folder, &sets, &name)?, sets)));
        let checked = made.map_err(|why| refused(self.folder(), mode, owner, why)).and_then(|(set, sets)| {
            let given = set.owner().map_err(InstallError::Folder)?;
            let checked = check_given(self.folder(), mode, owner, given).and_then(|()| self.check_files(&folder, &set));
            sets.remove_folder_and_files(&name).map_err(InstallError::Folder)?;
            checked
        });
        // Where no set is in it, it was made for this.
        let _ = folder.remove_folder(SETS);
        checked
    }

    fn check_files(&self, folder: &Folder, place: &Folder) -> Result<(), InstallError> {
        let mut seen = Vec::new();
        for (kind, name, _) in FILES {
            let (owner, mode) = self.owner_and_mode(folder, kind).map_err(InstallError::Folder)?;
            let Some(owner) = owner.filter(|owner| !seen.contains(&(*owner, mode))) else { continue };
            seen.push((owner, mode));
            let path = self.folder().join(name);
            let given = place.try_owner(name, mode, owner).map_err(|why| refused(&path, mode, owner, why))?;
            check_given(&path, mode, owner, given)?;
        }
        Ok(())
    }
}

/// Refuses what an owner cannot read who reads it now, or was named. Root reads everything.
fn check_given(path: &Path, mode: u32, owner: Owner, given: Owner) -> Result<(), InstallError> {
    let is_read_by = |shift: u32| mode >> shift & READ != mode & READ;
    let is_other_group = owner.group.is_some() && given.group != owner.group;
    if is_read_by(3) && is_other_group {
        return Err(other_reader(path, mode, owner, true));
    }
    if is_read_by(6) && owner.user != 0 && given.user != owner.user {
        return Err(other_reader(path, mode, owner, false));
    }
    Ok(())
}

/// What is said of something that could not be made for its owner.
fn refused(path: &Path, mode: u32, owner: Owner, why: FileError) -> InstallError {
    match why {
        FileError::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            other_reader(path, mode, owner, mode >> 3 & READ != mode & READ)
        }
        why => InstallError::Folder(why),
    }
}

fn other_reader(path: &Path, mode: u32, owner: Owner, is_group: bool) -> InstallError {
    let (reader, as_whom) = match is_group {
        true => (format!("the group {}", owner.group_name()), "a member of it"),
        false => (format!("the user {}", owner.user_name()), "that user"),
    };
    InstallError::OtherReader { path: path.to_owned(), reader, as_whom, mode: mode & 0o777 }
}
