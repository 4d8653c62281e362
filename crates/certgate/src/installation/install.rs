//! Installing a certificate as the options say: files, key stores, hook.

use std::{path::PathBuf, time::SystemTime};

use certgate_domain::{Certificate, Secret};
use certgate_files::{FileError, Folder, NoSuchOwner, check_room};
use certgate_keys::{KeyError, PrivateKey, StorePassPhrase};
use certgate_store::{InstallOptions, KeyStores};
use certgate_x509::{CertificateRequest, Issued, X509};

use super::{
    Deployment, Installation, KEY, LedElsewhere, SetRecord, absolute,
    sets::{has_links, is_our_link},
};
use crate::{
    pass_phrase::{PassPhraseError, read_pass_phrase},
    selector::is_same_name,
};

/// Why a certificate cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The folder cannot be made or written.
    #[error("{}: cannot be written: {why}", folder.display())]
    Unwritable {
        /// The certificate's folder.
        folder: PathBuf,
        /// Why.
        #[source]
        why: std::io::Error,
    },
    /// Somebody reads what is in place, or is to, and what comes could not be given to them.
    #[error(
        "{}: {reader} reads it (mode {mode:o}), and what certgate writes there cannot be given away: run certgate as root, or as {as_whom}",
        path.display()
    )]
    OtherReader {
        /// The folder, or the file.
        path: PathBuf,
        /// The user or the group, by its name, or number where it has none.
        reader: String,
        /// As whom certgate could write it.
        as_whom: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// Key stores are asked for and no pass phrase.
    #[error("key stores are encrypted, and have no pass phrase")]
    NoPassPhrase,
    /// The pass phrase of the key stores cannot be read.
    #[error(transparent)]
    PassPhrase(#[from] PassPhraseError),
    /// The key stores cannot be made with that pass phrase or key.
    #[error(transparent)]
    KeyStore(#[from] KeyError),
    /// A key store is in place, and this certificate would come without one.
    #[error("{} is in place, and would be without this certificate", path.display())]
    KeyStoreLeftOut {
        /// `p12` or `jks`.
        kind: &'static str,
        /// The key store.
        path: PathBuf,
    },
    /// Key stores are asked for, and the folder has no key.
    #[error("a key store holds the key, and {} has none", folder.display())]
    NoKey {
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// The folder holds another key, and a certificate without its key may not take the place of a pair.
    #[error("the folder holds another key than the certificate's")]
    OtherKey,
    /// The key that was kept for this certificate is gone, and without it the certificate is of no use.
    #[error("{} does not hold the key that was kept for this certificate any more: nothing was written", folder.display())]
    KeyGone {
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// The key of what is in place is gone, and a certificate alone may not take the place of a pair.
    #[error("{} has lost its key, and its servers need one with the certificate: nothing was written", folder.display())]
    KeyLost {
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// A path of the installation has a name that no setting can hold.
    #[error("{}: its name, or another path's of its installation, is not UTF-8: a later run would not find it", folder.display())]
    NotText {
        /// The certificate's folder.
        folder: PathBuf,
    },
    /// What a server reads would keep another certificate or key.
    #[error(transparent)]
    LedElsewhere(#[from] LedElsewhere),
    /// The key in the folder cannot be read, and the certificate in place beside it has another one.
    #[error("{}: {why}: whether the certificate goes with it cannot be told", path.display())]
    UnreadableKey {
        /// The key's file.
        path: PathBuf,
        /// Why.
        #[source]
        why: KeyError,
    },
    /// Another certificate is in place, whose servers would be given this one.
    #[error("{} holds another certificate: {name}{}", folder.display(), id.map(|id| format!(" ({id})")).unwrap_or_default())]
    OtherCertificate {
        /// The certificate's folder.
        folder: PathBuf,
        /// The name of that which is in place.
        name: String,
        /// The gateway's id of it, where that was noted.
        id: Option<i64>,
    },
    /// What is in place was ordered by the account of another profile.
    #[error("{} holds a certificate of the profile `{profile}`", folder.display())]
    OtherProfile {
        /// The certificate's folder.
        folder: PathBuf,
        /// The profile that is remembered with what is in place.
        profile: String,
    },
    /// A file is a link that no installation made. What it points to may be what a server reads.
    #[error("{} is a symbolic link to {}, which certgate neither follows nor replaces", path.display(), target.display())]
    ForeignLink {
        /// The link.
        path: PathBuf,
        /// Where it points to.
        target: PathBuf,
    },
    /// Something that is no file, or where the link to the set goes no link, has the name.
    #[error("{} is in the way: certgate did not make it, and does not replace it; move it away", path.display())]
    InTheWay {
        /// What is there.
        path: PathBuf,
    },
    /// The certificate's folder could not be opened, or is not to be trusted.
    #[error(transparent)]
    Folder(FileError),
    /// A file or folder in it could not be read or written, or is not to be trusted.
    #[error(transparent)]
    File(#[from] FileError),
    /// The owner that files are to have is not there.
    #[error(transparent)]
    Owner(#[from] NoSuchOwner),
}

/// A key that everybody can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableKey {
    /// Its file.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The files in place by what they are: `cert`, `chain`, `fullchain`, `key`, `combined`, `p12`, `jks`.
    pub files: Vec<(&'static str, PathBuf)>,
    /// Whether nothing was to be done: the very same were in place already, and deployed.
    pub is_unchanged: bool,
    /// What came of the hook.
    pub deployment: Deployment,
    /// The keys that everybody can read, like those before them.
    pub readable: Vec<ReadableKey>,
    /// Whether servers found no set until then, since nothing led to one.
    pub was_led_nowhere: bool,
    /// The files that had another name, a hard link, which goes on leading to the earlier certificate.
    pub cut_links: Vec<PathBuf>,
    /// How it was installed, where its hook is left to be run with those of others: see [`deploy_together`](super::deploy_together). Until then
    /// the deployment counts as failed, so that a later run repeats it should this one be killed.
    pub hook_due: Option<Box<InstallOptions>>,
}

/// When the hook of what is installed runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HookTime {
    /// At once.
    #[default]
    Now,
    /// One that does the same for each certificate: at the end of the run, once for all of them. Any other at once.
    AtEnd,
}

impl Installation {
    /// Finds what would go wrong with these options, before anything is ordered. A folder that is missing is tried with another one in its
    /// place, and still missing then.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub fn check(&self) -> Result<(), InstallError> {
        let folder = self.folder();
        self.check_unwritten()?;
        let unwritable = |why| InstallError::Unwritable { folder: folder.to_owned(), why };
        let trial = certgate_files::stand_in(folder).map_err(|why| unwritable(why.into()))?;
        let place = trial.as_ref().map_or(folder, AsRef::as_ref);
        check_room(place).map_err(unwritable)?;
        let opened = match &trial {
            Some(_) => self.give(place).and_then(|()| Ok(Folder::open(place)?.owned_by(self.owner()))),
            None => self.open(),
        }
        .map_err(InstallError::Folder)?;
        let has_key = !self.keys()?.is_empty();
        self.check_readers(&opened, self.options.with_key || has_key)?;
        if !self.options.with_key && !has_key {
            self.refuse_key_stores_without_key()?;
        }
        Ok(())
    }

    /// Refuses that a certificate of this id and name, `known` at the gateway, takes the place of another one, and that a new one takes the place
    /// of another account's.
    ///
    /// # Errors
    /// [`InstallError::OtherCertificate`], [`InstallError::OtherProfile`].
    pub(crate) fn check_in_place(
        &self,
        id: Option<i64>,
        name: Option<&str>,
        known: &Certificate,
    ) -> Result<(), InstallError> {
        let record = self.record_in_place();
        let folder = self.folder().to_owned();
        if record.as_ref().is_none_or(|record| record.certificate.is_none() && record.name.is_none())
            && let Some(there) = self.set().and_then(|_| self.issued())
        {
            // Nothing is noted of the set: its certificate says what it is.
            let hosts: Vec<String> = there.certificate.hosts().collect();
            let is_other = |own: &str| !hosts.iter().any(|host| is_same_name(host, own));
            let other = known.name_beside(hosts.iter().map(String::as_str)).or(name.filter(|name| is_other(name)));
            let first = hosts.first().filter(|_| other.is_some()).cloned();
            return first.map_or(Ok(()), |name| Err(InstallError::OtherCertificate { folder, name, id: None }));
        }
        let Some(SetRecord { name: there, certificate, settings, .. }) = record else { return Ok(()) };
        if id.is_some() && certificate == id {
            // Another account may have one of that id.
            let in_place = self.issued();
            let hosts: Vec<String> = in_place.iter().flat_map(|issued| issued.certificate.hosts()).collect();
            let is_other = |name: &String| known.name_beside(hosts.iter().chain([name]).map(String::as_str)).is_some();
            return there
                .filter(is_other)
                .map_or(Ok(()), |name| Err(InstallError::OtherCertificate { folder, name, id: certificate }));
        }
        if let (Some(name), Some(there)) = (name, there)
            && !is_same_name(&there, name)
        {
            return Err(InstallError::OtherCertificate { folder, name: there, id: certificate });
        }
        let profile = self.options.profile();
        match settings.and_then(|settings| settings.profile) {
            Some(other) if id.is_none() && profile.is_some_and(|profile| profile != other) => {
                Err(InstallError::OtherProfile { folder, profile: other })
            }
            _ => Ok(()),
        }
    }

    /// Finds what is wrong with these options, or in their way, and leaves everything as it is.
    ///
    /// # Errors
    /// See [`InstallError`].
    pub(crate) fn check_unwritten(&self) -> Result<(), InstallError> {
        self.refuse_foreign_entries()?;
        self.refuse_to_leave_out_key_stores()?;
        self.refuse_what_leads_elsewhere()?;
        serde_json::to_value(durable(&self.options))
            .map_err(|_| InstallError::NotText { folder: self.folder().to_owned() })?;
        self.check_options()?;
        let unwritable =
            |why: FileError| InstallError::Unwritable { folder: self.folder().to_owned(), why: why.into() };
        certgate_files::stand_in(self.folder()).map(drop).map_err(unwritable)
    }

    /// Finds that the owner is not there, or the pass phrase missing or unusable, and not when an order is out.
    pub(crate) fn check_options(&self) -> Result<(), InstallError> {
        if let Some(Err(why)) = &self.owner {
            return Err(why.clone().into());
        }
        self.store_pass_phrase().map(drop)
    }

    /// What servers read would be renewed by halves.
    fn refuse_what_leads_elsewhere(&self) -> Result<(), InstallError> {
        let elsewhere = self.record_in_place().and_then(|record| self.led_elsewhere(&record));
        elsewhere.map_or(Ok(()), |why| Err(why.into()))
    }

    /// Finds before the order that the certificate for that request could not be installed here.
    ///
    /// # Errors
    /// [`InstallError::OtherKey`], or the folder cannot be read.
    pub fn check_request(&self, request: &CertificateRequest) -> Result<(), InstallError> {
        self.key_of(&request.key.spki).map(drop)
    }

    /// Installs a certificate: with its key where that is here, all files at once; then runs the hook, or leaves it
    /// to the end of the run. `certificate` is the gateway's id.
    ///
    /// # Errors
    /// See [`InstallError`]: what was in place stays. A hook that failed is no error: see [`Installed::deployment`].
    pub fn install(
        &self,
        issued: &Issued,
        name: &str,
        certificate: Option<i64>,
        hook_time: HookTime,
    ) -> Result<Installed, InstallError> {
        if let Some(Err(why)) = &self.owner {
            return Err(why.clone().into());
        }
        self.refuse_foreign_entries()?;
        self.refuse_what_leads_elsewhere()?;
        let key = self.key_of(&issued.certificate.key.spki)?;
        let made = self.make_folder(self.options.with_key);
        made.map_err(|why| InstallError::Unwritable { folder: self.folder().to_owned(), why: why.into() })?;
        let was_led_nowhere = self.restore()?;
        let before = self.record_in_place().unwrap_or_default();
        let linked = self.hard_links();
        let is_shown = !was_led_nowhere
            && self.key()?.is_none_or(|key| self.shows_no_other(&key))
            && self.missing(&before)?.is_empty();
        // All of it comes into place with the files: killed from then on, nothing of it is forgotten.
        let mut record = self.undeployed(SetRecord {
            name: Some(name.to_owned()),
            serial: Some(issued.certificate.serial.clone()),
            certificate,
            led: before.led.clone(),
            ..SetRecord::default()
        });
        let given = record.settings.iter().filter_map(|settings| settings.names.as_deref()).flatten();
        record.former_names = before.former_names_of(
            name,
            &issued.certificate.hosts().collect::<Vec<_>>(),
            &given.cloned().collect::<Vec<_>>(),
        );
        let (files, is_unchanged) = match key {
            Some(key) => {
                self.refuse_to_leave_out_key_stores()?;
                let key_stores = self.key_stores(issued, &key, name)?;
                let is_unchanged = self.install_set(issued, &key, &key_stores, &record)?;
                (self.files(), is_unchanged)
            }
            None => {
                self.refuse_key_stores_without_key()?;
                let is_unchanged = self.write_without_key(issued, &record)?;
                (self.plain_files(), is_unchanged)
            }
        };
        let readable = self.readable_keys();
        let left = self.hard_links();
        let cut_links: Vec<PathBuf> =
            linked.into_iter().filter(|one| !left.contains(one)).map(|(path, _)| path).collect();
        let is_in_place = is_unchanged && is_shown;
        // What is asked for otherwise and changes no file is noted, which is a change.
        let is_unchanged = is_in_place && record.is_installed_like(&before);
        if is_in_place && self.is_deployed() {
            self.note(&record, &Deployment::Deployed);
            self.prune(self.options.keep)?;
            return Ok(Installed {
                files,
                is_unchanged,
                deployment: Deployment::Deployed,
                readable,
                was_led_nowhere,
                cut_links,
                hook_due: None,
            });
        }
        let is_unchanged = is_unchanged && self.options.hook.is_none();
        if hook_time == HookTime::AtEnd && self.shares_hook() {
            let deployment = self.leave_hook(&record);
            let hook_due = Some(Box::new(self.options.clone()));
            return Ok(Installed { files, is_unchanged, deployment, readable, was_led_nowhere, cut_links, hook_due });
        }
        let deployment = self.deploy(&record, &files);
        // What a hook turned down may have to be taken back: nothing that it can be taken back to goes before.
        if !deployment.is_failed() {
            self.prune(self.options.keep)?;
        }
        Ok(Installed { files, is_unchanged, deployment, readable, was_led_nowhere, cut_links, hook_due: None })
    }

    fn wanted_key_stores(&self) -> Option<&KeyStores> {
        self.options.key_stores.as_ref().filter(|stores| stores.pkcs12 || stores.jks)
    }

    fn store_pass_phrase(&self) -> Result<Option<StorePassPhrase>, InstallError> {
        let Some(stores) = self.wanted_key_stores() else { return Ok(None) };
        let source = stores.pass_phrase.as_ref().ok_or(InstallError::NoPassPhrase)?;
        Ok(Some(StorePassPhrase::new(read_pass_phrase(source, Some(&self.options.working_folder))?)?))
    }

    /// The encrypted files for a certificate.
    fn key_stores(
        &self,
        issued: &Issued,
        key: &Secret,
        name: &str,
    ) -> Result<Vec<(&'static str, Vec<u8>)>, InstallError> {
        let (Some(stores), Some(pass_phrase)) = (self.wanted_key_stores(), self.store_pass_phrase()?) else {
            return Ok(Vec::new());
        };
        let key = PrivateKey::from_pem(key.expose(), None)?;
        let mut certificates = vec![issued.certificate.der()];
        certificates.extend(issued.chain.iter().map(X509::der));
        let mut files = Vec::new();
        if stores.pkcs12 {
            files.push(("p12", key.pkcs12(&certificates, name, &pass_phrase)?));
        }
        if stores.jks {
            files.push(("jks", key.jks(&certificates, name, &pass_phrase, SystemTime::now())?));
        }
        Ok(files)
    }

    fn refuse_key_stores_without_key(&self) -> Result<(), InstallError> {
        match self.wanted_key_stores() {
            Some(_) => Err(InstallError::NoKey { folder: self.folder().to_owned() }),
            None => Ok(()),
        }
    }

    /// Servers may be set up with the encrypted files in place: no set without them takes their place.
    fn refuse_to_leave_out_key_stores(&self) -> Result<(), InstallError> {
        let wanted = self.wanted_key_stores();
        for (kind, path) in self.files() {
            let is_wanted = match kind {
                "p12" => wanted.is_some_and(|stores| stores.pkcs12),
                "jks" => wanted.is_some_and(|stores| stores.jks),
                _ => true,
            };
            if !is_wanted {
                return Err(InstallError::KeyStoreLeftOut { kind, path });
            }
        }
        Ok(())
    }

    /// The key of a certificate: the one that waits for it, that in place, or that of a set that was taken back.
    fn key_of(&self, spki: &[u8]) -> Result<Option<Secret>, InstallError> {
        let found = self.key_with(spki)?;
        if found.is_some() {
            return Ok(found);
        }
        let fits = match self.key()? {
            Some(_) => Some(false),
            None => self.fits_plain_key(spki)?,
        };
        match fits {
            // Without its key it may not take the place of a pair.
            Some(false) => Err(InstallError::OtherKey),
            None if self.options.with_key => Err(InstallError::KeyGone { folder: self.folder().to_owned() }),
            None if self.is_without_its_key()? => Err(InstallError::KeyLost { folder: self.folder().to_owned() }),
            _ => Ok(None),
        }
    }

    /// Whether servers are led to a set, and no key is in place.
    pub(crate) fn is_without_its_key(&self) -> Result<bool, FileError> {
        let Some(folder) = self.open_if_there()? else { return Ok(false) };
        Ok(has_links(&folder)? && self.key()?.is_none())
    }

    /// Whether a certificate goes with the key that another tool has in this folder; `None` where there is none.
    fn fits_plain_key(&self, spki: &[u8]) -> Result<Option<bool>, InstallError> {
        let Some(folder) = self.open_if_there()?.filter(|folder| !is_our_link(folder, KEY).unwrap_or_default()) else {
            return Ok(None);
        };
        let read = folder.read(KEY).map_err(InstallError::from).and_then(|text| {
            let key = text.map(|text| PrivateKey::read(&text, None)).transpose();
            key.map_err(|why| InstallError::UnreadableKey { path: self.folder().join(KEY), why })
        });
        match read {
            Ok(key) => Ok(key.map(|key| key.spki() == spki)),
            Err(why) => match self.issued() {
                // The one in place has the same: what goes with it goes with the new one.
                Some(there) if there.certificate.key.spki == spki => Ok(Some(true)),
                Some(_) => Err(why),
                // It is in no pair yet.
                None => Ok(None),
            },
        }
    }
}

/// These options with paths that do not depend on where a later process runs. Both start from this process's folder: the one that is remembered
/// for commands says nothing of where the certificate is.
pub fn durable(options: &InstallOptions) -> InstallOptions {
    let mut options = options.clone();
    options.working_folder = absolute(&options.working_folder);
    options.folder = absolute(&options.folder);
    options
}
