//! What never happens: imports against the order of the house, the state of a run in a static, words of the command line in a
//! library, sentences where decisions are made.

use super::{
    Problem,
    source::{Piece, pieces},
};
use crate::repository::Repository;

/// What the code of a library may not name, and why.
const NEVER_NAMED: &[(&[&str], &str)] = &[
    (&["clap"], "a library knows no arguments"),
    (&["io::stdout", "println!", "print!"], "a library prints nothing"),
    (&["process::exit", "ExitCode"], "a library ends no process"),
];

/// What the client may not name besides.
const NEVER_IN_THE_CLIENT: &[(&[&str], &str)] =
    &[(&["certgate_tape", "certgate_store"], "a client knows one exchange")];

/// The rooms of the command line, and which of the others each may enter. A room may name itself.
const ROOMS: &[(&str, &[&str])] = &[
    ("exit", &[]),
    ("streams", &[]),
    ("args", &["exit", "streams"]),
    ("app", &["args", "exit", "streams"]),
    ("ui", &["app", "args", "exit", "streams"]),
    ("common", &["app", "args", "exit", "streams", "ui"]),
    ("command", &["app", "args", "cli", "common", "exit", "streams", "ui"]),
];

const CLI: &str = "crates/certgate-cli/src/";

/// Libraries whose texts name neither an option nor a command: they have other users than the command line.
const LIBRARIES: &[&str] = &[
    "certgate",
    "certgate-bridge",
    "certgate-client",
    "certgate-dns",
    "certgate-domain",
    "certgate-files",
    "certgate-flow",
    "certgate-json",
    "certgate-keys",
    "certgate-server",
    "certgate-store",
    "certgate-tape",
    "certgate-wire",
    "certgate-x509",
    "certgate-xml",
];

/// Commands, as a text would tell people to give them: `certgate resume`.
const COMMANDS: &[&str] = &[
    "adopt",
    "apply",
    "batch",
    "call",
    "compare",
    "config",
    "contact",
    "convert",
    "create",
    "csr",
    "decode",
    "delete",
    "demo",
    "doctor",
    "fetch",
    "hello",
    "info",
    "job",
    "list",
    "orders",
    "plan",
    "poll",
    "prepare",
    "reissue",
    "renew",
    "renew-due",
    "replay",
    "resume",
    "revoke",
    "rollback",
    "serve",
    "status",
    "store",
    "tasks",
    "verify",
    "zone",
];

/// What makes a static the state of a run.
const MUTABLE: &[&str] = &["OnceLock", "LazyLock", "Mutex", "RwLock", "Atomic", "OnceCell", "RefCell"];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in repository.files.iter().filter(|file| file.is_rust() && file.is_in("crates")) {
        let Some((package, _)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once("/src/")) else {
            continue;
        };
        let pieces = pieces(&file.text());
        let mut report = |line: usize, what: String| problems.push(Problem::new(&file.path, line, what));
        if LIBRARIES.contains(&package) {
            never_named(&pieces, NEVER_NAMED, &mut report);
            words(&pieces, &mut report);
        }
        if package == "certgate-client" {
            never_named(&pieces, NEVER_IN_THE_CLIENT, &mut report);
        }
        if matches!(package, "certgate" | "certgate-bridge" | "certgate-cli") {
            statics(&pieces, &mut report);
        }
        // An error is a type, and says itself once somebody asks for its text.
        if package == "certgate-flow" && !file.name().ends_with("error.rs") {
            sentences(&pieces, &mut report);
        }
        if let Some(path) = file.path.strip_prefix(CLI) {
            rooms(path, &pieces, &mut report);
        }
    }
    problems
}

/// What code names, in its lines or by the groups that it imports from the standard library.
fn never_named(pieces: &[Piece], never: &[(&[&str], &str)], report: &mut impl FnMut(usize, String)) {
    let lines = pieces.iter().filter(|piece| !piece.is_text).map(|piece| (piece.line, piece.content.clone()));
    let grouped = paths(pieces, "std::").into_iter().filter(|(line, path)| {
        !pieces.iter().any(|piece| piece.line == *line && piece.content.contains(path.as_str()))
    });
    for (line, code) in lines.chain(grouped) {
        for (words, why) in never {
            if let Some(word) = words.iter().find(|word| names(&code, word)) {
                report(line, format!("`{word}`: {why}"));
            }
        }
    }
}

/// Whether code names a word, not merely as a part of another one.
fn names(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|code| code.chars().next_back());
        let after = code.get(at + word.len()..).and_then(|code| code.chars().next());
        !before.is_some_and(is_part) && (!word.ends_with(is_part) || !after.is_some_and(is_part))
    })
}

fn statics(pieces: &[Piece], report: &mut impl FnMut(usize, String)) {
    let code: Vec<&Piece> = pieces.iter().filter(|piece| !piece.is_text).collect();
    for (at, piece) in code.iter().enumerate() {
        let declared = piece.content.match_indices("static ").find(|(start, _)| {
            let before = piece.content.get(..*start).unwrap_or_default();
            before.is_empty() || before.ends_with([' ', ')'])
        });
        // Its type may go over several lines.
        let is_mutable = declared.is_some_and(|(start, _)| {
            let mut text = piece.content.get(start..).unwrap_or_default().to_owned();
            for more in code.iter().skip(at + 1) {
                if text.contains(['=', ';']) {
                    break;
                }
                text += &more.content;
            }
            MUTABLE.iter().any(|kind| text.contains(kind))
        });
        if is_mutable || names(&piece.content, "thread_local!") {
            report(
                piece.line,
                "a static is the state of every run of this process: make it a value of the run".to_owned(),
            );
        }
    }
}

fn words(pieces: &[Piece], report: &mut impl FnMut(usize, String)) {
    for piece in pieces.iter().filter(|piece| piece.is_text) {
        let is_option = |word: &str| {
            word.trim_start_matches(['`', '(', '\''])
                .strip_prefix("--")
                .is_some_and(|name| name.len() > 1 && name.starts_with(|c: char| c.is_ascii_lowercase()))
        };
        let text = &piece.content;
        if let Some(word) = text.split_whitespace().find(|word| is_option(word)) {
            report(piece.line, format!("`{word}`: a library has other users than the command line; say it there"));
        }
        let named = text.split("certgate ").skip(1).filter_map(|rest| {
            let word = rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next();
            word.filter(|word| COMMANDS.contains(word))
        });
        for command in named {
            report(
                piece.line,
                format!("`certgate {command}`: a library has other users than the command line; say it there"),
            );
        }
    }
}

/// What decides is a type. A text with a space in it is for people.
fn sentences(pieces: &[Piece], report: &mut impl FnMut(usize, String)) {
    let mut is_lint = false;
    for piece in pieces {
        if !piece.is_text {
            is_lint = piece.content.contains("reason =");
        } else if piece.content.trim().contains(' ') && !is_lint {
            report(
                piece.line,
                format!("\"{}\": decisions are types, and texts stand where they are shown", piece.content),
            );
        }
    }
}

/// The imports of a file of the command line.
fn rooms(path: &str, pieces: &[Piece], report: &mut impl FnMut(usize, String)) {
    let room = path.split(['/', '.']).next().unwrap_or_default();
    let allowed = ROOMS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
    for piece in pieces.iter().filter(|piece| !piece.is_text && names(&piece.content, "crate as")) {
        report(piece.line, "`crate as`: a room is named as it is".to_owned());
    }
    for (line, import) in imports(path, pieces) {
        let mut parts = import.split("::");
        let (head, next) = (parts.next().unwrap_or_default(), parts.next());
        if let Some(allowed) = allowed
            && head != room
            && !allowed.contains(&head)
        {
            let others = if allowed.is_empty() { "nothing else".to_owned() } else { allowed.join(", ") };
            report(line, format!("{room} must not import `{head}`: it may enter {others}"));
        }
        let own = path.strip_prefix("command/").and_then(|path| path.split(['/', '.']).next());
        let other = next.unwrap_or("all of them");
        if let (Some(own), "command") = (own, head)
            && other != own
        {
            report(
                line,
                format!(
                    "command `{own}` must not import command `{other}`: what both need is the library's or in common"
                ),
            );
        }
    }
}

/// What the code of that file names of its own crate, from the crate's root: behind `crate::`, or behind `super::`.
fn imports(path: &str, pieces: &[Piece]) -> Vec<(usize, String)> {
    let module: Vec<&str> = path.trim_end_matches(".rs").split('/').filter(|name| *name != "main").collect();
    let outer = paths(pieces, "super::").into_iter().filter_map(|(line, path)| {
        let inner = path.trim_start_matches("super::");
        let ups = 1 + (path.len() - inner.len()) / "super::".len();
        let above = module.get(..module.len().checked_sub(ups)?)?;
        Some((line, above.iter().copied().chain([inner]).collect::<Vec<_>>().join("::")))
    });
    paths(pieces, "crate::").into_iter().chain(outer).collect()
}

/// The paths behind a root, each with its line: `use crate::{a::B, c::{D, E}}` gives `a::B`, `c::D` and `c::E` behind `crate::`.
fn paths(pieces: &[Piece], root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: Vec<&Piece> = pieces.iter().filter(|piece| !piece.is_text).collect();
    for (at, piece) in code.iter().enumerate() {
        for (start, _) in piece.content.match_indices(root) {
            // Not within a path of another root.
            if piece.content.get(..start).is_some_and(|before| before.ends_with(':')) {
                continue;
            }
            let rest = piece.content.get(start + root.len()..).unwrap_or_default();
            // A group may go over several lines.
            let mut tree = rest.to_owned();
            for more in code.iter().skip(at + 1) {
                if tree.matches('{').count() <= tree.matches('}').count() || !tree.starts_with('{') {
                    break;
                }
                tree += &more.content;
            }
            let mut paths = Vec::new();
            expand("", &tree, &mut paths);
            found.extend(paths.into_iter().map(|path| (piece.line, path)));
        }
    }
    found
}

/// The paths of a tree of imports.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim_start();
    let Some(group) = tree.strip_prefix('{') else {
        let path: String = tree.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')).collect();
        match tree.strip_prefix(path.as_str()).filter(|rest| rest.starts_with('{') && path.ends_with("::")) {
            Some(rest) => expand(&format!("{prefix}{path}"), rest, paths),
            None => paths.push(format!("{prefix}{}", path.trim_end_matches(':'))),
        }
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = group.get(start..at).unwrap_or_default().trim();
                if !item.is_empty() {
                    expand(prefix, item, paths);
                }
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::{check, imports};
    use crate::{
        repository::Repository,
        tidy::{shown, source::pieces},
    };

    #[test]
    fn the_paths_of_imports() {
        let source = "use crate::{\n    a::B,\n    c::{D, e::F},\n    g,\n};\nuse crate::h::I;\nfn x() { crate::j::k(); }\n// crate::no\n\
                      use super::{l, m::N};\nuse super::super::o::P;\nuse super::super::super::no;\n";
        let paths =
            ["1 a::B", "1 c::D", "1 c::e::F", "1 g", "6 h::I", "7 j::k", "9 command::l", "9 command::m::N", "10 o::P"];
        let shown: Vec<String> =
            imports("command/a.rs", &pieces(source)).into_iter().map(|(line, path)| format!("{line} {path}")).collect();
        assert_eq!(shown, paths);
    }

    #[test]
    fn each_planted_never_is_found() {
        for (path, source, expected) in [
            ("certgate/src/a.rs", "use clap::Args;\n", "1: `clap`: a library knows no arguments"),
            ("certgate/src/a.rs", "\nfn f() { println!(\"a\"); }\n", "2: `println!`: a library prints nothing"),
            ("certgate/src/a.rs", "use std::io::stdout;\n", "1: `io::stdout`: a library prints nothing"),
            ("certgate/src/a.rs", "std::process::exit(1);\n", "1: `process::exit`: a library ends no process"),
            (
                "certgate-store/src/a.rs",
                "use std::{\n    io,\n    process::{Command, exit},\n};\n",
                "1: `process::exit`: a library ends no process",
            ),
            (
                "certgate-client/src/a.rs",
                "use std::io::{Write, stdout};\n",
                "1: `io::stdout`: a library prints nothing",
            ),
            ("certgate-dns/src/a.rs", "fn f() { println!(\"a\"); }\n", "1: `println!`: a library prints nothing"),
            (
                "certgate/src/a.rs",
                "static TAPE: OnceLock<Tape> = OnceLock::new();\n",
                "1: a static is the state of every run of this process: make it a value of the run",
            ),
            (
                "certgate-cli/src/ui/a.rs",
                "    pub(crate) static FAILED: Mutex<bool> = Mutex::new(false);\n",
                "1: a static is the state of every run of this process: make it a value of the run",
            ),
            (
                "certgate-cli/src/app/a.rs",
                "pub(super) static FAILED:\n    Mutex<bool> = Mutex::new(false);\n",
                "1: a static is the state of every run of this process: make it a value of the run",
            ),
            (
                "certgate/src/a.rs",
                "thread_local! { static TURNS: Cell<u8> = Cell::new(0); }\n",
                "1: a static is the state of every run of this process: make it a value of the run",
            ),
            (
                "certgate-client/src/a.rs",
                "use certgate_tape::Tape;\n",
                "1: `certgate_tape`: a client knows one exchange",
            ),
            (
                "certgate-flow/src/a.rs",
                "fn f() { g(\"the CSR is missing\") }\n",
                "1: \"the CSR is missing\": decisions are types, and texts stand where they are shown",
            ),
            (
                "certgate-store/src/a.rs",
                "let a = \"choose another with --store\";\n",
                "1: `--store`: a library has other users than the command line; say it there",
            ),
            (
                "certgate-store/src/a.rs",
                "let a = \"`certgate orders` lists them\";\n",
                "1: `certgate orders`: a library has other users than the command line; say it there",
            ),
            (
                "certgate-x509/src/a.rs",
                "let a = \"renewed by certgate renew-due, daily\";\n",
                "1: `certgate renew-due`: a library has other users than the command line; say it there",
            ),
            (
                "certgate-cli/src/exit.rs",
                "use crate::ui::say;\n",
                "1: exit must not import `ui`: it may enter nothing else",
            ),
            (
                "certgate-cli/src/args/a.rs",
                "use crate::{\n    exit::Failure,\n    command::order,\n};\n",
                "1: args must not import `command`: it may enter exit, streams",
            ),
            (
                "certgate-cli/src/ui/a.rs",
                "crate::command::order::run();\n",
                "1: ui must not import `command`: it may enter app, args, exit, streams",
            ),
            (
                "certgate-cli/src/command/a.rs",
                "use crate::{app::App, command::{a::b, order}};\n",
                "1: command `a` must not import command `order`: what both need is the library's or in common",
            ),
            (
                "certgate-cli/src/command/a.rs",
                "use super::reissue::Reissue;\n",
                "1: command `a` must not import command `reissue`: what both need is the library's or in common",
            ),
            (
                "certgate-cli/src/command/a.rs",
                "use crate::command;\nfn f() { command::reissue::run(); }\n",
                "1: command `a` must not import command `all of them`: what both need is the library's or in common",
            ),
            (
                "certgate-cli/src/ui/a.rs",
                "use super::super::command::order;\n",
                "1: ui must not import `command`: it may enter app, args, exit, streams",
            ),
            ("certgate-cli/src/common/a.rs", "use crate as k;\n", "1: `crate as`: a room is named as it is"),
            (
                "certgate-cli/src/command/serve/a.rs",
                "use crate::progress;\n",
                "1: command must not import `progress`: it may enter app, args, cli, common, exit, streams, ui",
            ),
        ] {
            let path = format!("crates/{path}");
            assert_eq!(shown(&check(&Repository::of(&[(&path, source)]))), [format!("{path}:{expected}")]);
        }
    }

    #[test]
    fn what_is_like_one_passes() {
        for (path, source) in [
            (
                "certgate/src/a.rs",
                "//! clap and `certgate resume --all`\nfn clapped() { command.stdout(Stdio::null()); }\n",
            ),
            ("certgate/src/a.rs", "static NAMES: [&str; 2] = [\"a\", \"b\"];\n"),
            ("certgate/src/a.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use clap::Args; static A: Mutex<u8>; }\n"),
            ("certgate/src/a.rs", "fn f(a: &'static Mutex<u8>) { the_certgate_list(\"certgate lists\") }\n"),
            ("certgate-cli/src/command/serve/a.rs", "use super::{Gateways, serve};\nuse super::super::serve::b;\n"),
            ("certgate-flow/src/a.rs", "fn f() { g(\"dns\") }\n"),
            ("certgate-keys/src/a.rs", "let a = \"-----BEGIN CERTIFICATE-----\";\n"),
            ("certgate-simulator/src/a.rs", "let a = \"see --state\";\n"),
            ("certgate-cli/src/command/serve/a.rs", "use crate::{command::serve::serve, args::Global};\n"),
            ("certgate-cli/src/main.rs", "use crate::{args::Arguments, command, exit, ui};\n"),
        ] {
            let path = format!("crates/{path}");
            assert_eq!(shown(&check(&Repository::of(&[(&path, source)]))), Vec::<String>::new(), "{source}");
        }
    }
}
