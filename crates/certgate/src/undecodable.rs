//! Answers that could not be understood, kept for whoever finds out why.

use std::{
    fs,
    path::{Path, PathBuf},
};

use certgate_client::unix_now;
use certgate_files::{FileError, WholeFile, check_folder, make_private_folder};

/// The folder where the bodies of answers that could not be understood are kept: the newest [`Self::MOST`] of them, each for
/// [`Self::DAYS`] days at most.
#[derive(Debug, Clone)]
pub struct UndecodableAnswers {
    folder: PathBuf,
}

const START: &str = "certgate-undecodable-";
const END: &str = ".txt";
const MILLISECONDS_PER_DAY: i64 = 86_400_000;

impl UndecodableAnswers {
    /// So many are kept.
    pub const MOST: usize = 20;
    /// So many days they are kept at most. Older ones go when the next one comes.
    pub const DAYS: i64 = 30;

    /// Those in the folder of that store.
    pub fn beside(store: &Path) -> Self {
        Self { folder: certgate_files::parent(store).to_owned() }
    }

    /// Writes a body, which is redacted already, into a file of mode 0600 and removes those that are too many or too old.
    /// A folder that is missing is made for its owner only.
    ///
    /// # Errors
    /// Others can write to the folder, or the file cannot be written.
    pub fn keep(&self, body: &[u8]) -> Result<PathBuf, FileError> {
        self.keep_at(body, unix_now())
    }

    fn keep_at(&self, body: &[u8], now: i64) -> Result<PathBuf, FileError> {
        make_private_folder(&self.folder)?;
        check_folder(&self.folder, None)?;
        // The next free name: two may come within a millisecond.
        let path = (now..).map(|time| self.folder.join(name(time))).find(|path| fs::symlink_metadata(path).is_err());
        let path = path.unwrap_or_default();
        WholeFile::beside(&path, body, 0o600)?.create()?;
        self.prune(now);
        Ok(path)
    }

    /// What cannot be removed stays until the next time.
    fn prune(&self, now: i64) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| name.len() == self::name(now).len() && name.starts_with(START) && name.ends_with(END));
        // Names in their order are times in theirs.
        names.sort_unstable_by(|a, b| b.cmp(a));
        let oldest = name(now - Self::DAYS * MILLISECONDS_PER_DAY);
        for (at, name) in names.iter().enumerate() {
            if at >= Self::MOST || *name < oldest {
                let _ = fs::remove_file(self.folder.join(name));
            }
        }
    }
}

/// The file of an answer, by its time in milliseconds since 1970.
fn name(time: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(time).unwrap_or_default();
    format!("{START}{}{END}", time.strftime("%Y-%m-%dT%H%M%S.%3fZ"))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::{MILLISECONDS_PER_DAY, UndecodableAnswers, name};

    #[test]
    fn the_newest_are_kept_and_nothing_else_is_touched() {
        const NOW: i64 = 1_700_000_000_000;
        let home = tempfile::tempdir().unwrap();
        let store = home.path().join("data/store.sqlite");
        let answers = UndecodableAnswers::beside(&store);
        let there = || -> BTreeSet<String> {
            let entries = fs::read_dir(home.path().join("data")).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let first = answers.keep_at(b"<html>", NOW).unwrap();
        assert_eq!(first.file_name().unwrap(), "certgate-undecodable-2023-11-14T221320.000Z.txt");
        assert_eq!(fs::read(&first).unwrap(), b"<html>");
        for other in ["store.sqlite", "certgate-undecodable-notes.txt", "certgate-undecodable-2001"] {
            fs::write(home.path().join("data").join(other), "other").unwrap();
        }
        // Within one millisecond each has a name of its own.
        for _ in 1..UndecodableAnswers::MOST {
            answers.keep_at(b"", NOW).unwrap();
        }
        assert!(first.exists() && there().len() == UndecodableAnswers::MOST + 3);
        answers.keep_at(b"", NOW + 60_000).unwrap();
        assert!(!first.exists() && there().len() == UndecodableAnswers::MOST + 3, "one too many: the oldest goes");

        let later = NOW + UndecodableAnswers::DAYS * MILLISECONDS_PER_DAY + 60_000;
        answers.keep_at(b"", later).unwrap();
        let expected = [
            "certgate-undecodable-2001",
            "certgate-undecodable-notes.txt",
            &name(NOW + 60_000),
            &name(later),
            "store.sqlite",
        ];
        assert_eq!(there(), expected.map(str::to_owned).into(), "30 days are not over for the last one");
    }

    #[cfg(unix)]
    #[test]
    fn modes_and_a_folder_that_others_can_write_to() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let answers = UndecodableAnswers::beside(&home.path().join("a/b/store.sqlite"));
        let file = answers.keep_at(b"x", 0).unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
        fs::set_permissions(file.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(answers.keep_at(b"x", 1).is_err());
    }
}
