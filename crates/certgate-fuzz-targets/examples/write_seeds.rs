//! Writes the inputs to begin with: a folder a target below the one that is named, made of `fixtures`. It is what `cargo xtask fuzz` runs.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a tool")]

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let into = std::env::args().nth(1).ok_or_else(|| io::Error::other("expected a folder to write into"))?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    for target in certgate_fuzz_targets::TARGETS {
        let folder = Path::new(&into).join(target.name);
        fs::create_dir_all(&folder)?;
        for (at, seed) in (target.seeds)(&fixtures).iter().enumerate() {
            fs::write(folder.join(format!("seed-{at:03}")), seed)?;
        }
        println!("{}", target.name);
    }
    Ok(())
}
