//! Sets of files: how one comes, is put in place with a switch of one link, and goes.

use std::{
    fs,
    iter::successors,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_files::{FileError, Folder, Owner};
use certgate_x509::{Issued, X509, pem};

use super::{
    BEFORE, CERTIFICATE, CHAIN, CURRENT, FILES, FULL_CHAIN, Installation, KEY, LAST, ReadableKey, SETS, SetRecord,
    lost::lost, record,
};
use crate::{adoption::others, certificate_settings::Format};

/// What is in a set: what each file is, and what it holds.
type Files<'a> = &'a [(&'static str, Vec<u8>)];

/// What the name of a set ends with that another tool wrote.
const FOUND: &str = "found";

/// Who is not its owner may not write any file, and others should not read a key.
const WRITABLE: u32 = 0o022;
const READABLE: u32 = 0o004;

impl Installation {
    /// Puts a certificate and its key in place, all of it at once, with encrypted files (`p12`, `jks`) of them. Gives whether
    /// they were in place already.
    ///
    /// # Errors
    /// Something could not be written: what was in place stays.
    pub(super) fn install_set(
        &self,
        issued: &Issued,
        key: &Secret,
        stores: &[(&'static str, Vec<u8>)],
        record: &SetRecord,
    ) -> Result<bool, FileError> {
        let folder = self.open()?;
        let cert = issued.certificate.to_pem();
        let chain: String = issued.chain.iter().map(|authority| authority.to_pem()).collect();
        let fullchain = format!("{cert}{chain}");
        let combined = format!("{}{fullchain}", key.expose());
        let key_pem = key.expose().to_owned();
        let texts =
            [("cert", cert), ("chain", chain), ("fullchain", fullchain), ("key", key_pem), ("combined", combined)];
        let mut files = stores.to_vec();
        for (kind, text) in texts {
            files.push((kind, (text + &carried_over(&folder, kind)?).into_bytes()));
        }
        self.take_over(&folder, |kind, _| files.iter().any(|(of, _)| *of == kind))?;
        let is_the_same = |there: SetRecord| there.is_of_the_same(record);
        let in_place = current_folder(&folder)?;
        let has_files = in_place.map(|set| self.has(&set, &files, record)).transpose()?.unwrap_or_default();
        let unchanged = has_files && self.record_in_place().is_some_and(is_the_same);
        let new =
            if unchanged { None } else { Some(self.set_of(&folder, &files, record, &issued.certificate.serial)?) };
        self.give_away(&folder)?;
        new.map_or(Ok(()), |set| switch(&folder, &set))?;
        self.forget_pending(&folder, key)?;
        Ok(unchanged)
    }

    /// Removes older sets than the one in place, once nobody wants to go back to them; the `keep` that were in place before
    /// it stay.
    ///
    /// # Errors
    /// One could not be removed.
    pub fn prune(&self, keep: usize) -> Result<(), FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(()) };
        let (Some(current), Some(sets)) = (current(&folder)?, folder.folder(SETS)?) else { return Ok(()) };
        let earlier = |set: &String| before(&folder, set).ok().flatten();
        let kept: Vec<String> = successors(earlier(&current), earlier).take(keep).collect();
        for name in numbered(&sets)? {
            // A dot: what a run began and did not finish.
            let set = name.trim_start_matches('.').to_owned();
            if set >= current || kept.contains(&name) {
                continue;
            }
            // Nobody may find, and go back to, half a set.
            let gone = format!(".{set}");
            if !name.starts_with('.') {
                sets.rename(&name, &gone)?;
            }
            sets.remove_folder_and_files(&gone)?;
        }
        Ok(())
    }

    fn new_set(&self, folder: &Folder, files: Files<'_>, record: &SetRecord, label: &str) -> Result<String, FileError> {
        let (mode, owner) = self.readers(folder)?;
        let sets = folder.folder_or_make(SETS, mode, Some(owner))?;
        sets.check()?;
        let next = names(&sets)?.iter().filter_map(|name| number(name)).max().unwrap_or_default().saturating_add(1);
        let set = format!("{next:06}-{label}");
        let name = format!(".{set}");
        if sets.folder(&name)?.is_some() {
            sets.remove_folder_and_files(&name)?;
        }
        let unfinished = sets.make_folder(&name, mode, Some(owner))?;
        for (kind, name, _) in FILES {
            if let Some((_, bytes)) = files.iter().find(|(of, _)| *of == kind) {
                let (owner, mode) = self.owner_and_mode(folder, kind)?;
                unfinished.write_new(name, bytes, mode, owner)?;
            }
        }
        // A hook of it may be run again: it stays the process's own.
        unfinished.write_new(record::FILE, record.to_text().as_bytes(), 0o644, None)?;
        if let Some(current) = current(folder)? {
            unfinished.make_link(&Path::new("..").join(current), BEFORE)?;
        }
        unfinished.sync()?;
        sets.rename(&name, &set)?;
        sets.sync()?;
        Ok(set)
    }

    /// Mode and owner of a set's folder: servers may read what is in it, as far as they may enter the certificate's folder; the files decide.
    pub(super) fn readers(&self, folder: &Folder) -> Result<(u32, Owner), FileError> {
        Ok((folder.mode()? & !WRITABLE, self.owner().map_or_else(|| folder.owner(), Ok)?))
    }

    /// The name of a set of these files: the one that was taken back, else a new one.
    fn set_of(&self, folder: &Folder, files: Files<'_>, record: &SetRecord, label: &str) -> Result<String, FileError> {
        let Some((name, set)) = self.taken_back(folder, files, record)? else {
            return self.new_set(folder, files, record, label);
        };
        set.replace(record::FILE, record.to_text().as_bytes(), 0o644, None)?;
        Ok(name)
    }

    /// The set of these files that came after the one in place, and was taken back.
    fn taken_back(
        &self,
        folder: &Folder,
        files: Files<'_>,
        record: &SetRecord,
    ) -> Result<Option<(String, Folder)>, FileError> {
        let (Some(current), Some(sets)) = (current(folder)?, folder.folder(SETS)?) else { return Ok(None) };
        for name in names(&sets)?.into_iter().filter(|name| *name > current) {
            if let Some(set) = set_folder(folder, &name)?
                && before(folder, &name)?.as_ref() == Some(&current)
                && self.has(&set, files, record)?
            {
                return Ok(Some((name, set)));
            }
        }
        Ok(None)
    }

    /// Whether a set has these files, and they belong to whom they are to belong to. Encrypted ones are never the same twice: those of the
    /// same pass phrase are.
    fn has(&self, set: &Folder, files: Files<'_>, record: &SetRecord) -> Result<bool, FileError> {
        let there = record::of_set(set).ok().flatten().unwrap_or_default();
        for (kind, name, _) in FILES {
            let is_key_store = matches!(kind, "p12" | "jks");
            let Some((_, bytes)) = files.iter().find(|(of, _)| *of == kind) else {
                // One that is asked for no longer.
                if is_key_store && set.has(name)? {
                    return Ok(false);
                }
                continue;
            };
            let same = |found: Vec<u8>| if is_key_store { there.has_pass_phrase_of(record) } else { found == *bytes };
            if !set.read(name)?.is_some_and(same) || !self.is_owned(set.owner_and_mode(name)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives the sets to the owner that is named, and the folder where it was an earlier one's. Who that was stands in the records of its
    /// sets, whatever kills the process.
    fn give_away(&self, folder: &Folder) -> Result<(), FileError> {
        let (Some(owner), Some(sets)) = (self.owner(), folder.folder(SETS)?) else { return Ok(()) };
        for name in names(&sets)? {
            sets.folder(&name)?.map_or(Ok(()), |set| set.give(owner))?;
        }
        sets.give(owner)?;
        if folder.is_anothers()? { folder.give(owner) } else { Ok(()) }
    }

    /// Whether a file belongs to whom the options say, where they say that and this process may give files away.
    pub(super) fn is_owned(&self, found: Option<(Owner, u32)>) -> bool {
        !rustix::process::geteuid().is_root()
            || self.owner().zip(found).is_none_or(|(asked, (there, _))| asked.covers(there))
    }

    /// Owner and mode of a new file: those of the one in place, whose server would read it no longer with less; but nobody else writes it.
    pub(super) fn owner_and_mode(&self, folder: &Folder, kind: &str) -> Result<(Option<Owner>, u32), FileError> {
        let Some((_, name, mode)) = FILES.into_iter().find(|(of, ..)| *of == kind) else { return Ok((None, 0o600)) };
        let Some((owner, there)) = found(folder, name)? else { return Ok((self.owner(), mode)) };
        Ok((self.owner().or(Some(owner)), there & !WRITABLE))
    }

    /// The names of files that are [gone](missing_in).
    pub(crate) fn missing(&self, record: &SetRecord) -> Result<Vec<&'static str>, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(Vec::new()) };
        missing_in(&folder, in_place(&folder)?.as_ref(), record)
    }

    /// Whether no set came after the one in place.
    pub(super) fn is_newest_in_place(&self) -> Result<bool, FileError> {
        let folder = self.open()?;
        let sets = folder.folder(SETS)?.map(|sets| names(&sets)).transpose()?.unwrap_or_default();
        let newest = sets.iter().filter_map(|name| number(name)).max();
        Ok(current(&folder)?.is_none_or(|set| number(&set) == newest))
    }

    /// Notes where `current` leads, where an earlier version did not.
    ///
    /// # Errors
    /// The folder cannot be read or written, or is not to be trusted.
    pub(crate) fn note_current(&self) -> Result<(), FileError> {
        let [current, last] = [CURRENT, LAST].map(|name| fs::read_link(self.folder().join(name)).ok());
        if current.is_none() || current == last {
            return Ok(());
        }
        // Whoever switches has the folder for itself.
        let (Some(_lock), folder) = (self.lock()?, self.open()?) else { return Ok(()) };
        linked(&folder)?.map_or(Ok(()), |(set, _)| link(&folder, &Path::new(SETS).join(set), LAST))
    }

    /// Whether servers are led to a set, and find none.
    ///
    /// # Errors
    /// The folder cannot be read, or is not to be trusted.
    pub fn is_led_nowhere(&self) -> Result<bool, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(false) };
        Ok(linked(&folder)?.is_none() && has_links(&folder)?)
    }

    /// The keys in place that everybody can read, as far as the folder can be read.
    pub fn readable_keys(&self) -> Vec<ReadableKey> {
        let Ok(Some(folder)) = self.open_if_there() else { return Vec::new() };
        let readable = |(_, name, _): (&str, &str, u32)| {
            let (_, mode) = found(&folder, name).ok()??;
            (mode & READABLE != 0).then(|| ReadableKey { path: self.folder().join(name), mode })
        };
        FILES.into_iter().filter(|(kind, ..)| is_secret(kind)).filter_map(readable).collect()
    }

    /// The files that have another name besides that in the folder, each with its number.
    pub(super) fn hard_links(&self) -> Vec<(PathBuf, u64)> {
        let linked = |(_, name, _): (&str, &str, u32)| {
            let path = self.folder().join(name);
            let found = fs::symlink_metadata(&path).ok().filter(|found| found.is_file() && found.nlink() > 1)?;
            Some((path, found.ino()))
        };
        FILES.into_iter().filter_map(linked).collect()
    }

    /// Files that stand where a switch puts its own and are not those of the set in place, as from before there were sets, become
    /// a set of their own, which is put in place: nothing changes for who reads them, and from then on one link switches them all.
    pub(super) fn take_over(&self, folder: &Folder, concerns: impl Fn(&str, &str) -> bool) -> Result<(), FileError> {
        let in_place = current_folder(folder)?;
        let (mut files, mut foreign) = (Vec::new(), false);
        for (kind, name, _) in FILES.into_iter().filter(|(kind, name, _)| concerns(kind, name)) {
            let of_set = in_place.as_ref().map(|set| set.read(name)).transpose()?.flatten();
            // A link of ours leads to the set in place.
            let there = if is_our_link(folder, name)? { of_set.clone() } else { folder.read(name)? };
            if let Some(bytes) = there {
                foreign |= of_set.as_ref() != Some(&bytes);
                files.push((kind, bytes));
            }
        }
        if foreign {
            // They stay under care, unless they show another certificate.
            let record = in_place.as_ref().and_then(|set| record::of_set(set).ok()?).unwrap_or_default();
            let of_set = in_place.map(|set| set.read(CERTIFICATE)).transpose()?.flatten();
            let is_another =
                shown(&files).is_some_and(|shown| of_set.and_then(|text| X509::from_pem(text).ok()) != Some(shown));
            let record = if is_another { SetRecord::default() } else { record };
            let set = self.new_set(folder, &files, &record, FOUND)?;
            switch(folder, &set)?;
        }
        // What an earlier run did not finish: the new set may come only when every name is a link.
        show(folder)
    }
}

/// What a server reads besides in the place of a file with a certificate, such as the parameters of a key exchange: the new one has it, too.
pub(super) fn carried_over(folder: &Folder, kind: &str) -> Result<String, FileError> {
    let named = FILES.into_iter().find(|(of, ..)| *of == kind && matches!(kind, "cert" | "fullchain" | "combined"));
    let Some((_, name, _)) = named else { return Ok(String::new()) };
    let there = if is_our_link(folder, name)? {
        current_folder(folder)?.map(|set| set.read(name)).transpose()?.flatten()
    } else {
        folder.read(name)?
    };
    let text = there.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    Ok(others(&text).map(|block| pem::text(&block.label, &block.der)).collect())
}

/// The certificate that files show.
fn shown(files: Files<'_>) -> Option<X509> {
    let of_kind = |asked| files.iter().find(|(kind, _)| *kind == asked);
    ["cert", "fullchain"].into_iter().filter_map(of_kind).find_map(|(_, bytes)| X509::from_pem(bytes).ok())
}

/// Whether a set was found in the folder, and not made here.
pub(super) fn is_found(name: &str) -> bool {
    name.ends_with(&format!("-{FOUND}"))
}

/// The names of files that are gone, from the set in place or from where servers read them, while others are there; `current` where
/// that is gone, and a set could be in place.
pub(super) fn missing_in(
    folder: &Folder,
    in_place: Option<&(String, Folder)>,
    record: &SetRecord,
) -> Result<Vec<&'static str>, FileError> {
    let Some((name, set)) = in_place else { return missing_of_plain(folder) };
    if folder.link(CURRENT)? != Some(Path::new(SETS).join(name)) {
        return Ok(vec![CURRENT]);
    }
    // What was found holds what another tool wrote.
    let is_whole = !is_found(name);
    if !set.has(KEY)? {
        return Ok(if is_whole || is_our_link(folder, KEY)? { vec![KEY] } else { Vec::new() });
    }
    let formats = record.settings.as_ref().and_then(|settings| settings.formats.clone()).unwrap_or_default();
    let mut missing = Vec::new();
    for (kind, name, _) in FILES {
        let is_expected = match kind {
            "p12" => formats.contains(&Format::P12),
            "jks" => formats.contains(&Format::Jks),
            _ => is_whole,
        };
        let is_gone = if set.has(name)? { !folder.has(name)? } else { is_expected || is_our_link(folder, name)? };
        if is_gone {
            missing.push(name);
        }
    }
    Ok(missing)
}

/// Of a certificate without its key: what another tool wrote may be its own file alone.
fn missing_of_plain(folder: &Folder) -> Result<Vec<&'static str>, FileError> {
    let (mut there, mut gone) = (false, Vec::new());
    for name in [CERTIFICATE, CHAIN, FULL_CHAIN] {
        if folder.has(name)? {
            there |= name != CERTIFICATE;
        } else {
            gone.push(name);
        }
    }
    Ok(if there { gone } else { Vec::new() })
}

fn is_secret(kind: &str) -> bool {
    matches!(kind, "key" | "combined" | "p12" | "jks")
}

/// The name of the set in place.
pub(super) fn current(folder: &Folder) -> Result<Option<String>, FileError> {
    Ok(in_place(folder)?.map(|(name, _)| name))
}

/// The folder of the set in place.
pub(super) fn current_folder(folder: &Folder) -> Result<Option<Folder>, FileError> {
    Ok(in_place(folder)?.map(|(_, set)| set))
}

/// The set in place: the one that `current` leads to, else the one that did: see [`lost`].
pub(super) fn in_place(folder: &Folder) -> Result<Option<(String, Folder)>, FileError> {
    match linked(folder)? {
        Some(there) => Ok(Some(there)),
        None => Ok(lost(folder)?.map(|lost| (lost.name, lost.set))),
    }
}

/// The set that `current` leads to.
pub(super) fn linked(folder: &Folder) -> Result<Option<(String, Folder)>, FileError> {
    let Some(name) = folder.link(CURRENT)?.and_then(|target| name_in_sets(&target)) else { return Ok(None) };
    Ok(set_folder(folder, &name)?.map(|set| (name, set)))
}

/// The set that a link leads to. Anything else is not ours, and not followed.
pub(super) fn name_in_sets(target: &Path) -> Option<String> {
    name_of(target.strip_prefix(SETS).ok()?)
}

pub(super) fn set_folder(folder: &Folder, set: &str) -> Result<Option<Folder>, FileError> {
    let Some(sets) = folder.folder(SETS)? else { return Ok(None) };
    sets.check()?;
    let set = sets.folder(set)?;
    set.as_ref().map_or(Ok(()), Folder::check)?;
    Ok(set)
}

/// The set that was in place when this one came, where it is still there.
pub(super) fn before(folder: &Folder, set: &str) -> Result<Option<String>, FileError> {
    let Some(this) = set_folder(folder, set)? else { return Ok(None) };
    let Some(before) = this.link(BEFORE)?.and_then(|target| name_of(target.strip_prefix("..").ok()?)) else {
        return Ok(None);
    };
    Ok(set_folder(folder, &before)?.map(|_| before))
}

/// The number that a set's name begins with.
pub(super) fn number(name: &str) -> Option<u64> {
    name.split('-').next()?.parse().ok()
}

/// The names of the sets, oldest first.
pub(super) fn names(sets: &Folder) -> Result<Vec<String>, FileError> {
    let mut names = numbered(sets)?;
    names.retain(|name| !name.starts_with('.'));
    Ok(names)
}

/// The same, with what a run began and did not finish, or did not finish removing. What somebody else put there is none of them.
fn numbered(sets: &Folder) -> Result<Vec<String>, FileError> {
    let mut names = sets.folder_names()?;
    names.retain(|name| number(name.trim_start_matches('.')).is_some());
    Ok(names)
}

/// Owner and mode of a file as who reads it finds it.
fn found(folder: &Folder, name: &str) -> Result<Option<(Owner, u32)>, FileError> {
    if !is_our_link(folder, name)? {
        return folder.owner_and_mode(name);
    }
    current_folder(folder)?.map(|set| set.owner_and_mode(name)).transpose().map(Option::flatten)
}

/// Whether servers are led to a set, be it gone, or were before all that led them to one was removed.
pub(super) fn has_links(folder: &Folder) -> Result<bool, FileError> {
    let mut is_empty = true;
    for (_, name, _) in FILES {
        if is_our_link(folder, name)? {
            return Ok(true);
        }
        is_empty &= !folder.has(name)?;
    }
    Ok(is_empty && folder.has(SETS)? && folder.link(LAST)?.is_some())
}

pub(super) fn is_our_link(folder: &Folder, name: &str) -> Result<bool, FileError> {
    Ok(folder.link(name)?.is_some_and(|target| target == Path::new(CURRENT).join(name)))
}

/// The one moment at which all files change.
pub(super) fn switch(folder: &Folder, set: &str) -> Result<(), FileError> {
    let target = Path::new(SETS).join(set);
    // Noted first, so that it is never what was in place before. It is a note: where it cannot be made there is none, and the set is in place all the same.
    if link(folder, &target, LAST).is_err() {
        let _ = folder.remove_file(LAST);
    }
    link(folder, &target, CURRENT)?;
    folder.sync()?;
    show(folder)
}

/// The names that servers are configured with: a link for each file of the set in place, and none to what it has not.
fn show(folder: &Folder) -> Result<(), FileError> {
    // Where there is none, they tell that servers are led to one.
    let Some(set) = current_folder(folder)? else { return Ok(()) };
    for (_, name, _) in FILES {
        match (set.has(name)?, is_our_link(folder, name)?) {
            (true, false) => link(folder, &Path::new(CURRENT).join(name), name)?,
            (false, true) => folder.remove_file(name)?,
            _ => {}
        }
    }
    folder.sync()
}

/// A link of that name to a target, in place of what has the name, at once.
pub(super) fn link(folder: &Folder, target: &Path, name: &str) -> Result<(), FileError> {
    let beside = format!(".{name}.new");
    let _ = folder.remove_file(&beside);
    folder.make_link(target, &beside)?;
    folder.rename(&beside, name)
}

/// The name that a path is, where it is one.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    (path == Path::new(name) && !name.starts_with('.')).then(|| name.to_owned())
}
