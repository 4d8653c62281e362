//! Links of Markdown files lead to files and headings that are there. Addresses elsewhere are not asked for.

use std::path::{Component, Path, PathBuf};

use super::Problem;
use crate::repository::Repository;

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut is_code = false;
        for (at, line) in file.text().lines().enumerate() {
            is_code ^= line.starts_with("```");
            for target in targets(line).filter(|_| !is_code) {
                if let Err(what) = follow(repository, &file.path, target) {
                    problems.push(Problem::new(&file.path, at + 1, format!("the link `{target}`: {what}")));
                }
            }
        }
    }
    problems
}

/// What the links of a line lead to.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

fn follow(repository: &Repository, from: &str, target: &str) -> Result<(), &'static str> {
    let (file, heading) = target.split_once('#').map_or((target, None), |(file, heading)| (file, Some(heading)));
    let path = match file {
        "" => from.to_owned(),
        file => resolved(&Path::new(from).parent().unwrap_or(Path::new("")).join(file)),
    };
    let folder = format!("{}/", path.trim_end_matches('/'));
    match repository.files.iter().find(|file| file.path == path) {
        Some(file) => match heading {
            Some(heading) if !headings(&file.text()).any(|there| there == heading) => Err("no such heading is there"),
            _ => Ok(()),
        },
        None if repository.files.iter().any(|file| file.path.starts_with(&folder)) => Ok(()),
        None => Err("no such file is there"),
    }
}

/// A path without `..`.
fn resolved(path: &Path) -> String {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::CurDir => {}
            part => parts.push(part),
        }
    }
    parts.iter().collect::<PathBuf>().display().to_string()
}

/// The names of a page's headings, as links have them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| line.strip_prefix('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::check;
    use crate::{repository::Repository, tidy::shown};

    #[test]
    fn links_lead_somewhere() {
        let text = "# A Page: one\n[a](b.md), [b](../README.md#top), [c](#a-page-one), [d](https://example.com/x), [e](sub)\n```\n[no](link)\n```\n";
        let bad = "[a](c.md)\n[b](../README.md#bottom) [c](#two)\n";
        let files = [
            ("docs/a.md", text),
            ("docs/b.md", ""),
            ("docs/sub/x.md", ""),
            ("README.md", "## Top\n"),
            ("docs/bad.md", bad),
        ];
        assert_eq!(
            shown(&check(&Repository::of(&files))),
            [
                "docs/bad.md:1: the link `c.md`: no such file is there",
                "docs/bad.md:2: the link `../README.md#bottom`: no such heading is there",
                "docs/bad.md:2: the link `#two`: no such heading is there",
            ]
        );
    }
}
