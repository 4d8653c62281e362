//! Every task has cases, every case says where it comes from, and the documented ones are untouched.

use certgate_domain::TaskKind;
use toml::{Table, Value};

use super::Problem;
use crate::{
    page::{PAGE, payloads},
    repository::Repository,
};

/// The fingerprint of the page's text, so that nobody makes a fixture pass by changing the page.
const PAGE_FINGERPRINT: u64 = 0x3f9e_a205_8da5_d5f7;

/// Folders of `fixtures/` that are no task.
const OTHERS: &[&str] = &["_hostile", "_keys", "_peers", "_tapes", "_x509", "openapi", "page"];
const HOSTILE: &str = "fixtures/_hostile";

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = tasks(repository);
    problems.extend(documented(repository, PAGE_FINGERPRINT));
    problems.extend(hostile(repository));
    problems
}

fn tasks(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    let folders = repository.folders("fixtures");
    for kind in TaskKind::ALL {
        if !folders.contains(&kind.name()) {
            problems.push(Problem::new(format!("fixtures/{}", kind.name()), 1, "this task has no case"));
        }
    }
    for task in folders {
        if OTHERS.contains(&task) {
            continue;
        }
        let folder = format!("fixtures/{task}");
        if TaskKind::by_name(task).is_none() {
            problems.push(Problem::new(&folder, 1, "no such task"));
        }
        for case in repository.folders(&folder) {
            problems.extend(about(repository, &format!("{folder}/{case}")));
        }
    }
    problems
}

fn about(repository: &Repository, case: &str) -> Vec<Problem> {
    let path = format!("{case}/about.toml");
    let table = match table(repository, &path) {
        Ok(table) => table,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    for key in ["source", "date"] {
        if !is_text(&table, key) {
            problems.push(Problem::new(&path, 1, format!("lacks `{key}`")));
        }
    }
    let differs = table.get("differs").and_then(Value::as_array).into_iter().flatten();
    for difference in differs.filter_map(Value::as_table) {
        if !is_text(difference, "path") || !is_text(difference, "why") {
            problems.push(Problem::new(&path, 1, "a `[[differs]]` lacks `path` or `why`"));
        }
    }
    let payloads = ["request.xml", "request.json", "response.xml", "response.json"];
    if !payloads.iter().any(|name| repository.file(&format!("{case}/{name}")).is_some()) {
        problems.push(Problem::new(path, 1, "a case without a payload"));
    }
    problems
}

fn documented(repository: &Repository, fingerprint_of_page: u64) -> Vec<Problem> {
    let Some(page) = repository.file(PAGE) else {
        return vec![Problem::new(PAGE, 1, "is missing")];
    };
    let mut problems = Vec::new();
    if fingerprint(&page.bytes) != fingerprint_of_page {
        problems.push(Problem::new(PAGE, 1, format!("was changed: {:#018x}", fingerprint(&page.bytes))));
    }
    let payloads = payloads(&page.text());
    for payload in &payloads {
        match repository.file(&payload.path) {
            None => problems.push(Problem::new(&payload.path, 1, "is missing; see `cargo xtask fixtures`")),
            Some(file) if file.bytes == payload.text.as_bytes() => {}
            Some(file) => {
                let same = file.bytes.iter().zip(payload.text.as_bytes()).take_while(|(a, b)| a == b);
                let line = 1 + same.filter(|(byte, _)| **byte == b'\n').count();
                problems.push(Problem::new(&payload.path, line, "differs from the page; see `cargo xtask fixtures`"));
            }
        }
    }
    for file in repository.files.iter().filter(|file| file.is_in("fixtures") && file.path.contains("/documented/")) {
        let is_payload = file.path.ends_with(".xml") || file.path.ends_with(".json");
        if is_payload && !payloads.iter().any(|payload| payload.path == file.path) {
            problems.push(Problem::new(&file.path, 1, "is not on the page"));
        }
    }
    problems
}

fn hostile(repository: &Repository) -> Vec<Problem> {
    let path = format!("{HOSTILE}/about.toml");
    let table = match table(repository, &path) {
        Ok(table) => table,
        Err(problem) => return vec![problem],
    };
    let mut problems = Vec::new();
    for (name, entry) in &table {
        let verdicts = ["refused", "accepted"].iter().filter(|key| entry.get(**key).is_some()).count();
        if repository.file(&format!("{HOSTILE}/{name}")).is_none() {
            problems.push(Problem::new(&path, 1, format!("there is no {name}")));
        }
        if verdicts != 1 || entry.get("what").is_none() {
            problems.push(Problem::new(&path, 1, format!("{name} needs `what`, and either `refused` or `accepted`")));
        }
    }
    for file in repository.files.iter().filter(|file| file.is_in(HOSTILE) && file.name() != "about.toml") {
        if !table.contains_key(file.name()) {
            problems.push(Problem::new(&file.path, 1, "is not in about.toml"));
        }
    }
    problems
}

fn table(repository: &Repository, path: &str) -> Result<Table, Problem> {
    let file = repository.file(path).ok_or_else(|| Problem::new(path, 1, "is missing"))?;
    toml::from_str(&file.text()).map_err(|error| Problem::new(path, 1, format!("not TOML: {error}")))
}

fn is_text(table: &Table, key: &str) -> bool {
    table.get(key).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}

/// FNV-1a: enough to see a change that nobody meant.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{PAGE, about, documented, fingerprint, hostile, tasks};
    use crate::{repository::Repository, tidy::shown};

    const ABOUT: &str = "source = \"page\"\ndate = \"2018\"\n";

    #[test]
    fn every_task_has_a_case() {
        let repository = Repository::of(&[
            ("fixtures/hello/ok/about.toml", ABOUT),
            ("fixtures/hello/ok/response.xml", ""),
            ("fixtures/no-task/ok/about.toml", ABOUT),
            ("fixtures/no-task/ok/response.xml", ""),
            ("fixtures/page/page.txt", ""),
        ]);
        let problems = shown(&tasks(&repository));
        assert!(problems.contains(&"fixtures/certificate-info:1: this task has no case".to_owned()));
        assert!(problems.contains(&"fixtures/no-task:1: no such task".to_owned()));
        assert_eq!(problems.iter().filter(|problem| problem.contains("hello") || problem.contains("page")).count(), 0);
    }

    #[test]
    fn every_case_says_where_it_comes_from() {
        for (text, expected) in [
            (Some(ABOUT), vec![]),
            (None, vec!["is missing"]),
            (Some("date = \"2018\""), vec!["lacks `source`"]),
            (Some("source = \"page\"\ndate = \" \""), vec!["lacks `date`"]),
            (
                Some("source = \"a\"\ndate = \"b\"\n[[differs]]\npath = \"data\"\n"),
                vec!["a `[[differs]]` lacks `path` or `why`"],
            ),
        ] {
            let mut files = vec![("fixtures/hello/ok/response.xml", "")];
            files.extend(text.map(|text| ("fixtures/hello/ok/about.toml", text)));
            let expected: Vec<_> =
                expected.iter().map(|what| format!("fixtures/hello/ok/about.toml:1: {what}")).collect();
            assert_eq!(shown(&about(&Repository::of(&files), "fixtures/hello/ok")), expected, "{text:?}");
        }
        let empty = Repository::of(&[("fixtures/hello/ok/about.toml", ABOUT)]);
        assert_eq!(
            shown(&about(&empty, "fixtures/hello/ok")),
            ["fixtures/hello/ok/about.toml:1: a case without a payload"]
        );
    }

    #[test]
    fn documented_payloads_are_the_pages() {
        let page = "PollInfo - Example\nResponse\n{\n  \"a\": 1\n}\n";
        let path = "fixtures/poll-info/documented/response.json";
        let print = fingerprint(page.as_bytes());
        let check = |payload: &str, print| shown(&documented(&Repository::of(&[(PAGE, page), (path, payload)]), print));
        assert_eq!(check("{\n  \"a\": 1\n}\n", print), Vec::<String>::new());
        assert_eq!(
            check("{\n  \"a\": 2\n}\n", print),
            [format!("{path}:2: differs from the page; see `cargo xtask fixtures`")]
        );
        assert_eq!(check("{\n  \"a\": 1\n}\n", print ^ 1), [format!("{PAGE}:1: was changed: {print:#018x}")]);
        let missing = Repository::of(&[(PAGE, page)]);
        assert_eq!(shown(&documented(&missing, print)), [format!("{path}:1: is missing; see `cargo xtask fixtures`")]);
        let added = Repository::of(&[(PAGE, ""), ("fixtures/hello/documented/response.xml", "")]);
        assert_eq!(
            shown(&documented(&added, fingerprint(b""))),
            ["fixtures/hello/documented/response.xml:1: is not on the page"]
        );
        assert_eq!(shown(&documented(&Repository::default(), 0)), [format!("{PAGE}:1: is missing")]);
    }

    #[test]
    fn hostile_files_and_their_list_agree() {
        let list =
            "[\"a.xml\"]\nwhat = \"x\"\nrefused = true\n[\"b.xml\"]\nwhat = \"x\"\n[\"c.xml\"]\nrefused = \"1:1\"\n";
        let repository = Repository::of(&[
            ("fixtures/_hostile/a.xml", ""),
            ("fixtures/_hostile/b.xml", ""),
            ("fixtures/_hostile/d.xml", ""),
            ("fixtures/_hostile/about.toml", list),
        ]);
        let about = "fixtures/_hostile/about.toml:1:";
        assert_eq!(
            shown(&hostile(&repository)),
            [
                format!("{about} b.xml needs `what`, and either `refused` or `accepted`"),
                format!("{about} there is no c.xml"),
                format!("{about} c.xml needs `what`, and either `refused` or `accepted`"),
                "fixtures/_hostile/d.xml:1: is not in about.toml".to_owned(),
            ]
        );
    }

    #[test]
    fn fingerprints() {
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
