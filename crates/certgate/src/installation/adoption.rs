//! Files that others wrote become a set of the folder, while servers read the same as before.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    fmt, fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use certgate_domain::Secret;
use certgate_files::{FileError, Folder, Owner};
use certgate_keys::PrivateKey;
use certgate_x509::{Issued, X509};

use super::{CURRENT, FILES, Installation, LOCK, SetRecord, absolute, sets::link};
use crate::{
    adoption::{FoundFile, Obstacle, Pair, holding},
    inventory::{leads_into, shown_by},
};

/// What a server reads led into the folder once, and is something else now: a renewal would change only its certificate, or only its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedElsewhere {
    /// What a server reads.
    pub path: PathBuf,
    /// The certificate's folder.
    pub folder: PathBuf,
    /// What it is now.
    pub shows: Shown,
}

/// What a server reads in place of what is in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shown {
    /// Another certificate or key.
    Another,
    /// The same as what is in place, in a file that no hook is remembered for, which would copy to it what comes.
    Copy,
    /// What is in that other folder, which it is led into: the one that it is noted in is a copy of that, or what was there before.
    Original(PathBuf),
}

impl LedElsewhere {
    /// Whether it shows the same as what is in place, which a hook may copy there.
    pub(crate) fn is_copy(&self) -> bool {
        self.shows == Shown::Copy
    }

    /// Whether the folder is a copy of another one, which servers read.
    pub fn is_of_copied_folder(&self) -> bool {
        matches!(self.shows, Shown::Original(_))
    }
}

impl fmt::Display for LedElsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, folder) = (self.path.display(), self.folder.display());
        let (shown, or_else) = match &self.shows {
            Shown::Another => ("shows another one", ""),
            Shown::Copy => ("is a copy that would stay as it is", ", or a deploy hook copies what comes"),
            Shown::Original(original) => {
                let original = original.display();
                return write!(
                    f,
                    "{folder} is a copy of {original}, which {path} leads into, or what was there before: nothing is ordered for it; \
                     remove it, or move it to where no certificates are looked for"
                );
            }
        };
        write!(
            f,
            "{path} does not lead into {folder} any more, as adopt had it do, and {shown}: nothing is ordered for it until it leads there \
             again or is moved away{or_else}"
        )
    }
}

impl std::error::Error for LedElsewhere {}

/// Who may write decides who is trusted: a folder that is made lets in whom the one around it does, and nobody else writes.
const WRITABLE: u32 = 0o022;

impl Installation {
    /// Makes the pair's files a set of this folder, has every path that held one lead there, and then records it: what is not recorded is not
    /// renewed.
    ///
    /// # Errors
    /// Something cannot be read or written, or is not to be trusted, or an [obstacle](Self::obstacle): each path shows what it showed before.
    pub(crate) fn adopt(&self, pair: &Pair, id: i64, name: Option<&str>) -> Result<(), FileError> {
        let refused = |why: String| FileError::Io { path: self.folder().to_owned(), source: io::Error::other(why) };
        self.check_adoptable(pair)?;
        self.make_like_the_one_around()?;
        let Some(_lock) = self.lock()? else {
            let source = io::Error::other("another process is at it");
            return Err(FileError::Io { path: self.folder().join(LOCK), source });
        };
        if let Some(obstacle) = self.obstacle(pair) {
            return Err(refused(obstacle.to_string()));
        }
        let folder = self.open()?;
        let in_place = self.record_in_place();
        let led = self.led_by(pair, in_place.as_ref());
        let outside: Vec<_> = self.outside(pair).filter(|(file, _)| !file.is_managed).collect();
        self.copy_into(&folder, pair)?;
        self.take_over(&folder, |_, _| true)?;
        for (file, own) in &outside {
            self.lead(&file.path, own)?;
        }
        let record = SetRecord {
            name: name.map(str::to_owned),
            serial: Some(pair.certificate.serial.clone()),
            certificate: Some(id),
            led,
            ..SetRecord::default()
        };
        self.note(&record, &in_place.unwrap_or_default().deployment);
        Ok(())
    }

    /// Finds a folder that is not to be trusted, before anything is made: the certificate's, or one that a server reads the pair in.
    ///
    /// # Errors
    /// That folder.
    pub(crate) fn check_adoptable(&self, pair: &Pair) -> Result<(), FileError> {
        if self.open_if_there()?.is_none() {
            self.folder_around(self.folder())?;
        }
        let mut outside = self.outside(pair).filter(|(file, _)| !file.is_managed);
        outside.try_for_each(|(file, _)| self.folder_around(&file.path).map(drop))
    }

    /// The folder that a path is in, once it is found to be trusted: it may belong to the owner that is named.
    fn folder_around(&self, path: &Path) -> Result<Folder, FileError> {
        let folder = Folder::open(certgate_files::parent(path))?.owned_by(self.owner());
        folder.check()?;
        Ok(folder)
    }

    /// Has a path lead to a file that holds the same, at once.
    fn lead(&self, path: &Path, to: &Path) -> Result<(), FileError> {
        let folder = self.folder_around(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target: PathBuf = match to.strip_prefix(path.parent().unwrap_or(Path::new(""))) {
            Ok(below) => below.to_owned(),
            Err(_) => absolute(to),
        };
        link(&folder, &target, &name)?;
        folder.sync()
    }

    /// The pair's files that are not the folder's own, each with that one.
    fn outside<'p>(&self, pair: &'p Pair) -> impl Iterator<Item = (&'p FoundFile, PathBuf)> {
        let own = |file: &FoundFile| {
            FILES.iter().find(|(kind, ..)| *kind == file.kind).map(|(_, name, _)| self.folder().join(name))
        };
        pair.files.iter().filter_map(move |file| Some((file, own(file)?))).filter(|(file, own)| file.path != *own)
    }

    /// The paths that are to lead into the folder: the pair's, and those that were noted, but for what is gone or another folder's by now.
    /// Where what is in place has no note that can be read, those of the other sets tell.
    pub(crate) fn led_by(&self, pair: &Pair, in_place: Option<&SetRecord>) -> Vec<PathBuf> {
        let of_sets = || self.sets().into_iter().flatten().flat_map(|set| set.record.led).collect();
        let mut noted = in_place.map_or_else(of_sets, |record| record.led.clone());
        let is_anothers = |path: &Path| shown_by(path).is_some() && !leads_into(path, self.folder());
        noted.retain(|path| !self.is_led_gone(path) && !is_anothers(path));
        let all = self.outside(pair).map(|(file, _)| absolute(&file.path)).chain(noted);
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The first path that was noted to lead into the folder and shows something else, or is a copy that no hook makes anew. What a hook did not
    /// get to copy is its failure, and repeated.
    pub(crate) fn led_elsewhere(&self, record: &SetRecord) -> Option<LedElsewhere> {
        if record.led.is_empty() || record.deployment.is_failed() {
            return None;
        }
        let in_place = self.issued()?;
        let noted = record.install_options(self.folder());
        let has_hook = self.options.hook.is_some() || noted.is_some_and(|options| options.hook.is_some());
        let astray = record.led.iter().filter_map(|path| {
            let shows = self.shown_astray(path, &in_place)?;
            Some(LedElsewhere { path: path.clone(), folder: self.folder().to_owned(), shows })
        });
        // What shows another one comes first: no hook helps there.
        astray.filter(|astray| !astray.is_copy() || !has_hook).min_by_key(LedElsewhere::is_copy)
    }

    /// Whether a path that was noted to lead into the folder is gone, or a link that leads to nothing, such as to where the folder was before it was
    /// moved. One to a file that is gone from the folder is there.
    pub(crate) fn is_led_gone(&self, path: &Path) -> bool {
        let leads_to_nothing = || path.try_exists().is_ok_and(|is_there| !is_there);
        path.symlink_metadata().is_err() || (leads_to_nothing() && !leads_into(path, self.folder()))
    }

    /// What a path shows that servers read, and that does not lead into the folder; `None` where it leads there, is gone, or shows a whole pair of
    /// another certificate, which is there on purpose.
    fn shown_astray(&self, path: &Path, in_place: &Issued) -> Option<Shown> {
        if self.is_led_gone(path) || leads_into(path, self.folder()) {
            return None;
        }
        let is_original = |folder: &PathBuf| {
            let there = Self::at(folder).record_in_place();
            there.is_some_and(|there| there.led.iter().any(|led| led == path))
        };
        if let Some(original) = shown_by(path).filter(is_original) {
            return Some(Shown::Original(original));
        }
        let Ok(text) = fs::read_to_string(path).map(Secret::new) else { return Some(Shown::Another) };
        let key = PrivateKey::from_pem(text.expose(), None).map(|key| key.spki());
        let is_same = match (key, X509::from_pem(text.expose())) {
            (Ok(key), Ok(beside)) if key != beside.key.spki => false,
            (Ok(_), Ok(beside)) if beside != in_place.certificate => return None,
            (Ok(_), Ok(_)) => true,
            (Ok(key), Err(_)) => key == in_place.certificate.key.spki,
            (Err(_), Ok(first)) => first == in_place.certificate || in_place.chain.contains(&first),
            (Err(_), Err(_)) => false,
        };
        Some(if is_same { Shown::Copy } else { Shown::Another })
    }

    /// Why the pair cannot be adopted into this folder: what is the pair's own, or a file that is here and holds something else.
    pub(crate) fn obstacle(&self, pair: &Pair) -> Option<Obstacle> {
        let here = FILES.into_iter().filter_map(|(kind, name, _)| {
            let path = self.folder().join(name);
            let there = holding(&fs::read_to_string(&path).ok()?);
            let of_pair = content(pair, kind);
            let is_known = match &of_pair {
                Some((_, text)) => holding(text) == there,
                // Made of the same certificate, or an authority's.
                None => kind == "chain" || self.is_shown(name),
            };
            let other = of_pair.map(|(like, _)| like).or(pair.files.first());
            (!is_known).then(|| Obstacle::Differs(path, other.map(|file| file.path.clone()).unwrap_or_default()))
        });
        pair.obstacle.clone().into_iter().chain(here).next()
    }

    fn make_like_the_one_around(&self) -> Result<(), FileError> {
        let folder = self.folder();
        if folder.exists() {
            return Ok(());
        }
        let around = self.folder_around(folder)?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        around.make_folder(&name, around.mode()? & 0o777 & !WRITABLE, Some(around.owner()?)).map(drop)
    }

    /// Whether that name is a link to the file of the set in place.
    fn is_shown(&self, name: &str) -> bool {
        self.folder().join(name).read_link().is_ok_and(|target| target == Path::new(CURRENT).join(name))
    }

    /// Copies the pair's files into the folder under our names, with owner and mode of each. What a server reads elsewhere stays.
    fn copy_into(&self, folder: &Folder, pair: &Pair) -> Result<(), FileError> {
        for (kind, name, _) in FILES {
            let path = self.folder().join(name);
            // A link of others is replaced; a file of that name holds the same.
            let is_there = path.is_file() && (self.is_shown(name) || !path.is_symlink());
            let Some((like, text)) = content(pair, kind).filter(|_| !is_there) else { continue };
            let found = fs::metadata(&like.path).map_err(|source| FileError::Io { path: like.path.clone(), source })?;
            // A certificate that was cut out of a file with its key is as secret as that file.
            let (owner, mode) = match like.kind {
                "key" | "combined" => readers_of(&like.path, &found, self.folder()),
                _ => (Owner { user: found.uid(), group: Some(found.gid()) }, found.mode() & 0o777),
            };
            // What an earlier run began and did not finish has the same name.
            let beside = format!(".{name}.new");
            let _ = folder.remove_file(&beside);
            folder.write_new(&beside, text.as_bytes(), mode, Some(owner))?;
            folder.rename(&beside, name)?;
        }
        folder.sync()
    }
}

/// Who may read a key that is copied from there into that folder: who could before. One that everybody may read in a folder that is not open to all
/// is that folder's owner's, and its group's where that may enter.
fn readers_of(path: &Path, found: &fs::Metadata, folder: &Path) -> (Owner, u32) {
    let (path, folder) = (absolute(path), absolute(folder));
    let around = path.ancestors().skip(1).filter(|around| !folder.starts_with(around));
    let closed = around.filter_map(|around| fs::metadata(around).ok()).find(|around| around.mode() & 0o001 == 0);
    let mode = found.mode() & 0o777;
    match closed.filter(|_| mode & 0o004 != 0) {
        Some(closed) => {
            let is_open_to_group = closed.mode() & 0o010 != 0;
            let owner = Owner { user: closed.uid(), group: Some(closed.gid()) };
            (owner, if is_open_to_group { 0o640 } else { 0o600 })
        }
        None => (Owner { user: found.uid(), group: Some(found.gid()) }, mode),
    }
}

/// What a set has of a pair for a kind of file, and the pair's file that it is made of.
fn content<'p>(pair: &'p Pair, kind: &str) -> Option<(&'p FoundFile, Cow<'p, str>)> {
    let of = |kinds: &[&str]| pair.files.iter().find(|file| kinds.contains(&file.kind));
    match (of(&[kind]), kind) {
        (Some(file), _) => Some((file, file.content.expose().into())),
        // Those without which a folder holds no certificate.
        (None, "cert") => Some((of(&["fullchain", "combined"])?, pair.certificate.to_pem().into())),
        (None, "key") => Some((of(&["combined"])?, pair.key.expose().into())),
        _ => None,
    }
}
