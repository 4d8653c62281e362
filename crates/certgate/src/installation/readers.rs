//! Who reads what is in place must be able to read what comes: that is tried before anything is ordered.

use std::{io, path::Path};

use certgate_files::{FileError, Folder, Owner};

use super::{FILES, Installation, SETS, install::InstallError};

/// The bits by which something is read, be it a folder.
const READ: u32 = 0o5;

impl Installation {
    /// Finds whether those who read what is in that folder, or in the one that it stands for, could read what comes: it is made as it will be, and
    /// removed.
    pub(super) fn check_readers(&self, folder: &Folder, has_sets: bool) -> Result<(), InstallError> {
        let failed = InstallError::Folder;
        if !has_sets {
            return self.check_files(folder, folder);
        }
        // Where no set is in the folder yet, another one stands for that of the sets: other processes may be at it.
        let name = certgate_files::beside("trial");
        if let Some(sets) = folder.folder(SETS).map_err(failed)? {
            sets.check().map_err(failed)?;
            return self.check_set(folder, &sets, &name);
        }
        let (mode, owner) = self.readers(folder).map_err(failed)?;
        let made = folder.make_folder(&name, mode, Some(owner));
        let sets = made.map_err(|why| refused(self.folder(), mode, owner, why))?;
        let checked = self.check_set(folder, &sets, "set");
        folder.remove_folder(&name).map_err(failed)?;
        checked
    }

    /// The same of a set of that name among those.
    fn check_set(&self, folder: &Folder, sets: &Folder, name: &str) -> Result<(), InstallError> {
        let (mode, owner) = self.readers(folder).map_err(InstallError::Folder)?;
        let made = sets.make_folder(name, mode, Some(owner));
        let set = made.map_err(|why| refused(self.folder(), mode, owner, why))?;
        let given = set.owner().map_err(InstallError::Folder);
        let checked = given
            .and_then(|given| check_given(self.folder(), mode, owner, given))
            .and_then(|()| self.check_files(folder, &set));
        sets.remove_folder_and_files(name).map_err(InstallError::Folder)?;
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
