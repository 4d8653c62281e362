//! `cargo xtask fixtures`: extracts the documented payloads from the page again and shows what changed.

use std::fs;

use crate::{
    Failure,
    page::{PAGE, payloads},
    repository,
};

pub(crate) fn run(write: bool) -> Result<(), Failure> {
    let root = repository::root();
    let page = fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
    let payloads = payloads(&page);
    if payloads.is_empty() {
        return Err(format!("{PAGE}: no payloads found"));
    }
    let mut changed = 0;
    for payload in &payloads {
        let path = root.join(&payload.path);
        let existing = fs::read(&path).unwrap_or_default();
        if existing == payload.text.as_bytes() {
            println!("ok       {}", payload.path);
            continue;
        }
        changed += 1;
        println!("changed  {}", payload.path);
        print!("{}", difference(&String::from_utf8_lossy(&existing), &payload.text));
        if write {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            fs::write(&path, &payload.text).map_err(|error| format!("{}: {error}", payload.path))?;
        }
    }
    match changed {
        0 => Ok(()),
        changed if write => {
            println!("{changed} written");
            Ok(())
        }
        changed => Err(format!("{changed} of {} differ from the page; --write takes the page's", payloads.len())),
    }
}

/// The lines between the first and the last difference, at most this many of either side.
const SHOWN: usize = 8;

fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let front = same(&mut old.iter().zip(&new));
    let shorter = old.len().min(new.len()) - front;
    let back = same(&mut old.iter().rev().zip(new.iter().rev()).take(shorter));
    let mut shown = format!("@@ line {} @@\n", front + 1);
    for (sign, lines) in [('-', &old), ('+', &new)] {
        let middle = lines.get(front..lines.len() - back).unwrap_or_default();
        for line in middle.iter().take(SHOWN) {
            shown.push_str(&format!("{sign}{line}\n"));
        }
        if middle.len() > SHOWN {
            shown.push_str(&format!("{sign}… {} more\n", middle.len() - SHOWN));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::difference;

    #[test]
    fn differences() {
        for (old, new, expected) in [
            ("a\nb\nc\n", "a\nB\nc\n", "@@ line 2 @@\n-b\n+B\n"),
            ("a\nc\n", "a\nb\nc\n", "@@ line 2 @@\n+b\n"),
            ("a\na\n", "a\n", "@@ line 2 @@\n-a\n"),
            ("a", "a\n", "@@ line 2 @@\n+\n"),
        ] {
            assert_eq!(difference(old, new), expected, "{old:?} {new:?}");
        }
        let long: String = (0..20).map(|n| format!("{n}\n")).collect();
        assert_eq!(difference("", &long).lines().last(), Some("+… 12 more"));
    }
}
