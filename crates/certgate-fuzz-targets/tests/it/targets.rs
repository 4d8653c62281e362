//! Every target, with what it is given first and what that becomes.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use certgate_fuzz_targets::{TARGETS, Target, run};
use proptest::{prelude::*, sample::Index};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A target, and what it is given.
type Inputs = (&'static Target, Vec<Vec<u8>>);

/// Of each target the seeds and the committed corpus.
fn inputs() -> &'static [Inputs] {
    static INPUTS: OnceLock<Vec<Inputs>> = OnceLock::new();
    INPUTS.get_or_init(|| {
        let with_inputs = |target: &'static Target| {
            let mut inputs = (target.seeds)(&repository().join("fixtures"));
            let corpus = fs::read_dir(repository().join("fuzz/corpus").join(target.name));
            inputs.extend(corpus.into_iter().flatten().map(|file| fs::read(file.unwrap().path()).unwrap()));
            (target, inputs)
        };
        TARGETS.iter().map(with_inputs).collect()
    })
}

#[test]
fn seeds_and_corpus() {
    for (target, inputs) in inputs() {
        assert!(inputs.len() >= 3, "{} has nothing to begin with", target.name);
        inputs.iter().for_each(|input| run(target.name, input));
    }
}

/// A corpus that no target reads would be forgotten.
#[test]
fn each_corpus_is_of_a_target() {
    let folders = fs::read_dir(repository().join("fuzz/corpus")).unwrap();
    let found: BTreeSet<String> = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert!(found.is_subset(&names), "{found:?}");
}

#[test]
#[should_panic(expected = "no target is called `json`; expected one of json-response, xml-response")]
fn an_unknown_target() {
    run("json", b"");
}

/// One change of an input.
#[derive(Debug, Clone)]
enum Damage {
    Cut(Index),
    Set(Index, u8),
    Remove(Index, u8),
    Repeat(Index, u8),
    Insert(Index, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let odd = prop::sample::select(b"<>&\"'{}[],:;\\/#%()=.-_ 0a\n\r\t\xC3\x80\x00\xFF".to_vec());
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), odd).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<Index>(), 1..40_u8).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<Index>(), 1..40_u8).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..8)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn damaged(input: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut input = input.to_vec();
    for damage in damages {
        let length = input.len();
        let at = |index: &Index| index.index(length + 1);
        match damage {
            Damage::Cut(index) => input.truncate(at(index)),
            Damage::Set(index, byte) if length > 0 => input[index.index(length)] = *byte,
            Damage::Set(..) => {}
            Damage::Remove(index, count) => drop(input.drain(at(index)..length.min(at(index) + usize::from(*count)))),
            Damage::Repeat(index, count) => {
                let piece = input[at(index)..length.min(at(index) + usize::from(*count))].to_vec();
                input.splice(at(index)..at(index), piece);
            }
            Damage::Insert(index, bytes) => drop(input.splice(at(index)..at(index), bytes.iter().copied())),
        }
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_inputs(choice in any::<Index>(), damages in prop::collection::vec(damage(), 1..6)) {
        for (target, inputs) in inputs() {
            run(target.name, &damaged(&inputs[choice.index(inputs.len())], &damages));
        }
    }

    #[test]
    fn anything(data in prop::collection::vec(any::<u8>(), 0..200)) {
        for target in TARGETS {
            run(target.name, &data);
        }
    }
}
