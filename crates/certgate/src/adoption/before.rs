//! What was under care where a pair is found now that somebody put there in its stead.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::Pair;
use crate::{
    CertificateSettings, Installation,
    installation::{SetRecord, absolute},
    inventory::whole,
};

/// What servers read and had led into the folders beside the pairs: by its path that folder, and what is noted there.
pub(super) struct LedBefore(HashMap<PathBuf, Rc<(PathBuf, SetRecord)>>);

impl LedBefore {
    /// What the folders beside those of the pairs say.
    pub(super) fn beside(pairs: &[Pair]) -> Self {
        let around: BTreeSet<&Path> = pairs.iter().map(|pair| certgate_files::parent(&pair.folder)).collect();
        let entries = around.into_iter().filter_map(|around| fs::read_dir(around).ok()).flatten();
        // Of two that say so the later one has an id in its name, which is the later one's.
        let folders: BTreeSet<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let mut led = HashMap::new();
        for folder in folders {
            let Some(record) = Installation::at(&folder).record_in_place() else { continue };
            let before = Rc::new((folder, record));
            led.extend(before.1.led.iter().map(|path| (path.clone(), before.clone())));
        }
        Self(led)
    }

    /// How what was there before was installed, which goes for the pair in its stead; the names only where it is the same certificate of the account.
    pub(super) fn settings_for(&self, pair: &Pair, id: i64) -> Option<CertificateSettings> {
        let (_, record) = &**paths(pair).find_map(|path| self.0.get(&path))?;
        let mut settings = record.settings.clone()?;
        if record.certificate != Some(id) {
            settings.names = None;
        }
        Some(settings)
    }

    /// The folder of the same certificate of the account that nothing leads into any more, since the pair is in the place of all that did.
    pub(super) fn replaced_by(&self, pair: &Pair, id: i64) -> Option<PathBuf> {
        let paths: BTreeSet<PathBuf> = paths(pair).collect();
        let (folder, record) = &**paths.iter().find_map(|path| self.0.get(path))?;
        let is_replaced = record.certificate == Some(id) && record.led.iter().all(|led| paths.contains(led));
        is_replaced.then(|| whole(folder))
    }
}

/// The pair's files that lead into no folder, as they are noted.
fn paths(pair: &Pair) -> impl Iterator<Item = PathBuf> {
    let files = pair.files.iter().filter(|file| !file.is_managed);
    files.map(|file| absolute(&file.path))
}
