//! What the README shows is what a user sees.

use std::{fs, path::Path};

use pretty_assertions::assert_eq;

use crate::support::binary::bare;

#[test]
fn the_first_command_prints_what_the_readme_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let block = |fence: &str| readme.split_once(fence).unwrap().1.split_once("\n```").unwrap().0.to_owned();
    let command = block("```sh\nfor t in xml json; do cargo run --quiet --bin certgate -- ");
    let arguments = command.trim_end_matches("; done");
    for transport in ["xml", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().display().to_string();
        let arguments = arguments.replace("target/example/$t", &out).replace("$t", transport);
        let output = bare(folder.path()).args(arguments.split(' ')).current_dir(&root).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        // A new serial number each time, and a day less once a second has passed.
        let blanked = |text: &str| {
            let line = |line: &str| {
                let cut = ["serial number ", "valid for ", "serial: not "]
                    .iter()
                    .find_map(|mark| Some(line.split_once(mark)?.0));
                cut.unwrap_or(line).to_owned()
            };
            text.lines().map(line).collect::<Vec<String>>()
        };
        let shown = block("```text\n").replace("target/example/xml", &out);
        assert_eq!(blanked(&String::from_utf8_lossy(&output.stdout)), blanked(&shown));
    }
}
