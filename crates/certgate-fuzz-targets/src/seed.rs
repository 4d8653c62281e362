//! Inputs to begin with.

use std::{fs, path::Path};

use certgate_domain::TaskKind;

/// Payloads of that name, each behind the byte that says its task.
pub(crate) fn payloads(fixtures: &Path, name: &str) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (at, kind) in (1..).zip(TaskKind::ALL) {
        let mut cases: Vec<_> = entries(&fixtures.join(kind.name()));
        cases.sort();
        let bodies = cases.iter().filter_map(|case| fs::read(case.join(name)).ok());
        seeds.extend(bodies.map(|body| [&[at], &body[..]].concat()));
    }
    let ending = name.rsplit('.').next().unwrap_or_default();
    let hostile = entries(&fixtures.join("_hostile"));
    let hostile = hostile.iter().filter(|path| path.extension().is_some_and(|extension| extension == ending));
    // 400104, which most of them pretend to answer.
    let at = (1..).zip(TaskKind::ALL).find(|(_, kind)| **kind == TaskKind::CertificateInfo).map_or(0, |(at, _)| at);
    seeds.extend(hostile.filter_map(|path| fs::read(path).ok()).map(|body| [&[at], &body[..]].concat()));
    seeds
}

/// Keys, requests and certificates.
pub(crate) fn files(fixtures: &Path, endings: &[&str]) -> Vec<Vec<u8>> {
    let mut paths = entries(&fixtures.join("_x509"));
    paths.extend(entries(&fixtures.join("_keys")));
    paths.sort();
    paths.retain(|path| {
        path.extension().and_then(|extension| extension.to_str()).is_some_and(|it| endings.contains(&it))
    });
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// Whole tapes, and each of their exchanges alone, in the form that [`crate::file::tape`] reads.
pub(crate) fn tapes(fixtures: &Path) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for tape in ["reissue-json", "reissue-xml"] {
        let folder = fixtures.join("_tapes").join(tape);
        let index = fs::read_to_string(folder.join("tape.jsonl")).unwrap_or_default();
        let (head, lines) = index.split_once('\n').unwrap_or_default();
        for line in lines.lines() {
            let mut seed = format!("{head}\n{line}\n").into_bytes();
            let mut files = entries(&folder);
            files.sort();
            for file in files {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if line.contains(&format!("\"{name}\"")) {
                    seed.extend([&[0], name.as_bytes(), b"\n", &fs::read(file).unwrap_or_default()].concat());
                }
            }
            seeds.push(seed);
        }
    }
    seeds
}

/// Texts as they stand here.
pub(crate) fn lines(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
