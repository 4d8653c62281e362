//! The way back to an earlier set, and forward again.

use std::{iter::successors, path::PathBuf};

use certgate_files::{FileError, Folder};
use certgate_x509::{X509, is_same_serial};

use super::{
    CERTIFICATE, Deployment, FILES, Installation, SETS, SetRecord,
    lost::{first_damaged, lost},
    record,
    sets::{before, current, current_folder, linked, names, number, set_folder, switch},
};
use crate::estate::term::day;

/// A set of files that can be put in place.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct InstalledSet {
    /// The name of its folder, such as `000002-0a1b2c`.
    pub name: String,
    /// Whether it is in place.
    pub is_current: bool,
    /// Its certificate; `None` if that cannot be read.
    pub certificate: Option<X509>,
    /// What is noted of it.
    pub record: SetRecord,
    /// The first of its files that is gone, or is not of its certificate and key.
    pub gone: Option<&'static str>,
}

impl InstalledSet {
    /// When its certificate ended, where it has by now; in seconds since 1970.
    fn ended(&self, now: i64) -> Option<i64> {
        self.certificate.as_ref().map(|certificate| certificate.not_after).filter(|end| *end <= now)
    }

    /// Refuses it where servers would not find all of it.
    fn check_files(&self) -> Result<(), RollbackError> {
        let damaged = |file| Err(RollbackError::Damaged { set: self.name.clone(), file });
        self.gone.map_or(Ok(()), damaged)
    }

    /// The same, and where nobody accepts its certificate any more.
    fn check(&self, now: i64) -> Result<(), RollbackError> {
        self.check_files()?;
        match (self.record.revoked, self.ended(now)) {
            (Some(at), _) => Err(RollbackError::Revoked { set: self.name.clone(), at }),
            (None, Some(at)) => Err(RollbackError::Ended { set: self.name.clone(), at }),
            (None, None) => Ok(()),
        }
    }
}

/// A set that was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutBack {
    /// The set's folder.
    pub set: PathBuf,
    /// When its certificate ended, in seconds since 1970, where it has.
    pub ended: Option<i64>,
    /// When its certificate was revoked, in seconds since 1970, where that is noted.
    pub revoked: Option<i64>,
    /// What came of the hook for it.
    pub deployment: Deployment,
}

/// Why no set is put in place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RollbackError {
    /// The folder holds no sets.
    #[error("{}: no sets of certificates are there", .0.display())]
    NoSets(PathBuf),
    /// There is no such set.
    #[error("there is no set `{asked}`; there are {}", there.join(", "))]
    NoSuchSet {
        /// What was asked for.
        asked: String,
        /// Those that there are.
        there: Vec<String>,
    },
    /// Several sets are meant.
    #[error("`{asked}` are several sets: {}", there.join(", "))]
    Several {
        /// What was asked for.
        asked: String,
        /// Those that are meant.
        there: Vec<String>,
    },
    /// A file of the set is gone, or is not of its certificate and key.
    #[error("the set {set} is damaged: its `{file}` is gone, or not of its certificate and key")]
    Damaged {
        /// The set.
        set: String,
        /// The file's name.
        file: &'static str,
    },
    /// The certificate of the set to put in place has ended: nobody puts that in place but who names it.
    #[error("the certificate of the set {set} ended on {}", day(*.at))]
    Ended {
        /// The set.
        set: String,
        /// When, in seconds since 1970.
        at: i64,
    },
    /// The certificate of the set to put in place was revoked: nobody puts that in place but who names it.
    #[error("the certificate of the set {set} was revoked on {}", day(*.at))]
    Revoked {
        /// The set.
        set: String,
        /// When, in seconds since 1970.
        at: i64,
    },
    /// Another process works in the folder.
    #[error("{}: another process is at it", .0.display())]
    Held(PathBuf),
    /// The folder could not be read or written, or is not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Installation {
    /// The sets of the folder, oldest first.
    ///
    /// # Errors
    /// See [`RollbackError`].
    pub fn sets(&self) -> Result<Vec<InstalledSet>, RollbackError> {
        let Some(folder) = self.open_if_there()? else { return Err(RollbackError::NoSets(self.folder().to_owned())) };
        let linked = linked(&folder)?;
        let mut found = Vec::new();
        for name in folder.folder(SETS)?.map(|sets| names(&sets)).transpose()?.unwrap_or_default() {
            let Some(set) = set_folder(&folder, &name)? else { continue };
            let record = record::of_set(&set)?.unwrap_or_default();
            found.push(InstalledSet {
                is_current: linked.as_ref().is_some_and(|(linked, _)| *linked == name),
                certificate: set.read(CERTIFICATE)?.and_then(|text| X509::from_pem(text).ok()),
                gone: first_damaged(&set, &name, &record)?,
                record,
                name,
            });
        }
        if found.is_empty() { Err(RollbackError::NoSets(self.folder().to_owned())) } else { Ok(found) }
    }

    /// Has `current` lead to the [set](lost) that is to be in place again, where it is gone and servers are led to one. That one's hook is to be run
    /// then. Whoever calls has the folder for itself.
    ///
    /// # Errors
    /// The folder cannot be read or written, or is not to be trusted.
    pub(crate) fn restore(&self) -> Result<bool, FileError> {
        let lost = self.open_if_there()?.map(|folder| lost(&folder)).transpose()?.flatten();
        let Some(set) = lost.filter(|lost| lost.is_good).map(|lost| lost.name) else { return Ok(false) };
        let put_back = self.record_in_place().and_then(|record| record.put_back);
        Ok(self.put_in_place(&set, None, put_back)?.is_some())
    }

    /// Puts a set in place, all its files at once, and runs the hook that is remembered for the folder: the nearest whole one before the present, the
    /// one that was in place where nothing leads to a set any more, or that of the given name, number or serial number, be it an earlier or a later
    /// one. None where it is in place already, or where there is none before.
    ///
    /// # Errors
    /// See [`RollbackError`]: what was in place stays.
    pub fn put_back(&self, asked: Option<&str>) -> Result<Option<PutBack>, RollbackError> {
        let sets = self.sets()?;
        let Some(_lock) = self.lock()? else { return Err(RollbackError::Held(self.folder().to_owned())) };
        let folder = self.open()?;
        let lost = lost(&folder)?.map(|lost| lost.name);
        let target = match asked {
            Some(asked) => Some(meant(&sets, asked)?.name.clone()),
            None if lost.is_some() => lost.clone(),
            None => {
                let earlier = |set: &String| before(&folder, set).ok().flatten();
                let earlier: Vec<String> = successors(current(&folder)?, earlier).skip(1).collect();
                let is_whole = |name: &&String| sets.iter().any(|set| set.name == **name && set.gone.is_none());
                earlier.iter().find(is_whole).or(earlier.first()).cloned()
            }
        };
        let Some(target) = target.filter(|target| !sets.iter().any(|set| set.is_current && set.name == *target)) else {
            return Ok(None);
        };
        // What was asked for last holds for the folder, whichever set is in place: the hook, and how it is renewed.
        let remembered = self.record_in_place();
        let put_back = remembered.as_ref().and_then(|record| record.put_back);
        let of_target = sets.into_iter().find(|set| set.name == target);
        let now = self.now();
        if let Some(set) = &of_target {
            if asked.is_some() { set.check_files()? } else { set.check(now)? }
        }
        let ended = of_target.as_ref().and_then(|set| set.ended(now));
        let revoked = of_target.as_ref().and_then(|set| set.record.revoked);
        let mut options = [remembered, of_target.map(|set| set.record)].into_iter().flatten();
        let options = options.find_map(|record| record.install_options(self.folder()));
        let installation = options.map_or_else(|| self.clone(), |options| Self { now: self.now, ..Self::new(options) });
        // What was in place all the same is not put back over anything.
        let put_back = if lost.as_ref() == Some(&target) { put_back } else { Some(now) };
        let Some(set) = installation.put_in_place(&target, None, put_back)? else { return Ok(None) };
        let deployment = installation.deploy_as_asked(&self.told_in_place(), &self.files());
        Ok(Some(PutBack { set, ended, revoked, deployment }))
    }

    /// Notes of the sets of a certificate that it was revoked, in seconds since 1970, so that nobody goes back to it by mistake.
    ///
    /// # Errors
    /// See [`RollbackError`].
    pub fn note_revocation(&self, serial: &str, at: i64) -> Result<(), RollbackError> {
        let Some(_lock) = self.lock()? else { return Err(RollbackError::Held(self.folder().to_owned())) };
        Ok(self.note_revoked(|there| is_same_serial(there, serial).then_some(at))?)
    }

    /// Notes of each set whose certificate was revoked when that was. `revoked` tells that by a
    /// serial number, in seconds since 1970. Whoever calls has the folder for itself.
    ///
    /// # Errors
    /// It could not be noted.
    pub(crate) fn note_revoked(&self, revoked: impl Fn(&str) -> Option<i64>) -> Result<(), FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(()) };
        for name in folder.folder(SETS)?.map(|sets| names(&sets)).transpose()?.unwrap_or_default() {
            let Some(set) = set_folder(&folder, &name)? else { continue };
            let Some(mut noted) = record::of_set(&set)?.filter(|noted| noted.revoked.is_none()) else { continue };
            let certificate = set.read(CERTIFICATE)?.and_then(|text| X509::from_pem(text).ok());
            noted.revoked = certificate.and_then(|certificate| revoked(&certificate.serial));
            if noted.revoked.is_some() {
                set.replace(record::FILE, noted.to_text().as_bytes(), 0o644, None)?;
            }
        }
        Ok(())
    }

    /// Puts back the set that was in place when the present one came. Gives its folder; `None` if there is none.
    ///
    /// # Errors
    /// The present one stays: nobody accepts the one before any more, or it cannot be put in place.
    pub(super) fn put_before_back(&self, present: &SetRecord) -> Result<Option<PathBuf>, RollbackError> {
        let folder = self.open()?;
        let before = current(&folder)?.map(|set| before(&folder, &set)).transpose()?.flatten();
        let Some(before) = self.sets()?.into_iter().find(|set| Some(&set.name) == before.as_ref()) else {
            return Ok(None);
        };
        before.check(self.now())?;
        Ok(self.put_in_place(&before.name, present.name.as_deref(), None)?)
    }

    /// Puts that set in place, whose hook is to be run: what was found in the folder has the name of what came after it. `put_back` is when
    /// somebody asked for it. Gives its folder; `None` if it is gone.
    fn put_in_place(&self, set: &str, name: Option<&str>, put_back: Option<i64>) -> Result<Option<PathBuf>, FileError> {
        let folder = self.open()?;
        let Some(files) = set_folder(&folder, set)? else { return Ok(None) };
        // Killed from now on, the hook of what is in place is still to be run, and what somebody asked for stays.
        let mut noted = record::of_set(&files)?.unwrap_or_default();
        noted.name = noted.name.or_else(|| name.map(str::to_owned));
        noted.put_back = put_back;
        // They lead into the folder, whichever set is in place.
        noted.led = self.record_in_place().map_or(noted.led, |there| there.led);
        files.replace(record::FILE, self.undeployed(noted).to_text().as_bytes(), 0o644, None)?;
        let in_place = current_folder(&folder)?;
        let is_in = |of: Option<&Folder>, name| of.map_or(Ok(false), |set| set.has(name));
        let mut concerned = Vec::new();
        for (_, name, _) in FILES {
            if is_in(in_place.as_ref(), name)? || files.has(name)? {
                concerned.push(name);
            }
        }
        self.take_over(&folder, |_, name| concerned.contains(&name))?;
        switch(&folder, set)?;
        Ok(self.set())
    }

    /// What is noted of what is in place, with its certificate's own serial number.
    pub(super) fn told_in_place(&self) -> SetRecord {
        let in_place = self.in_place().ok().flatten().and_then(Result::ok);
        SetRecord {
            serial: in_place.map(|in_place| in_place.certificate.serial),
            ..self.record_in_place().unwrap_or_default()
        }
    }
}

/// The set that is meant: by its name, its number, or its certificate's serial number.
fn meant<'a>(sets: &'a [InstalledSet], asked: &str) -> Result<&'a InstalledSet, RollbackError> {
    let has_serial = |set: &&InstalledSet| {
        set.certificate.as_ref().is_some_and(|certificate| is_same_serial(&certificate.serial, &asked.replace(':', "")))
    };
    let by_name = sets.iter().find(|set| set.name == asked);
    let by_number = || sets.iter().find(|set| asked.parse().is_ok_and(|asked: u64| number(&set.name) == Some(asked)));
    if let Some(set) = by_name.or_else(by_number) {
        return Ok(set);
    }
    let by_serial: Vec<&InstalledSet> = sets.iter().filter(has_serial).collect();
    let names = |sets: &[&InstalledSet]| sets.iter().map(|set| set.name.clone()).collect();
    match by_serial.as_slice() {
        [set] => Ok(*set),
        [] => Err(RollbackError::NoSuchSet { asked: asked.to_owned(), there: names(&sets.iter().collect::<Vec<_>>()) }),
        several => Err(RollbackError::Several { asked: asked.to_owned(), there: names(several) }),
    }
}
