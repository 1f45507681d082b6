//! Seeds, intact and damaged, and random bytes.

use std::collections::BTreeMap;
use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The files below a directory, by relative path.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).unwrap();
                found.insert(path.strip_prefix(root).unwrap().to_owned(), content);
            }
        }
    }
    found
}

/// One change to bytes. Positions are in units of 1/65,536 of the whole.
#[derive(Debug, Clone)]
enum Damage {
    Flip(u16, u8),
    Cut(u16),
    Remove(u16, u8),
    Repeat(u16, u8),
    Insert(u16, Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let inserted = prop_oneof![
        vec(any::<u8>(), 1..8),
        Just(b"\n".to_vec()),
        Just(b"99999999999999999999".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"{[\"".to_vec()),
        Just("\u{e9}\u{2028}".as_bytes().to_vec()),
        Just(vec![0xff; 9]),
    ];
    prop_oneof![
        (any::<u16>(), 1_u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        any::<u16>().prop_map(Damage::Cut),
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Damage::Repeat(at, length)),
        (any::<u16>(), inserted).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
    ]
}

fn damaged(seed: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for damage in damages {
        let place = |part: &u16| usize::from(*part) * bytes.len() / 65_536;
        match damage {
            Damage::Flip(at, bits) => {
                let at = place(at);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bits);
            }
            Damage::Cut(at) => bytes.truncate(place(at)),
            Damage::Remove(at, length) => {
                let at = place(at);
                bytes.drain(at..(at + usize::from(*length)).min(bytes.len()));
            }
            Damage::Repeat(at, length) => {
                let at = place(at);
                let again = bytes[at..(at + usize::from(*length)).min(bytes.len())].to_vec();
                bytes.splice(at..at, again);
            }
            Damage::Insert(at, more) => {
                let at = place(at);
                bytes.splice(at..at, more.iter().copied());
            }
        }
    }
    bytes
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

#[test]
fn every_reader_has_seeds_and_a_fuzz_target() {
    let targets = files(&fixtures().with_file_name("fuzz").join("fuzz_targets"));
    let targets: Vec<&str> = targets
        .keys()
        .map(|path| path.file_stem().unwrap().to_str().unwrap())
        .collect();
    let mut names: Vec<&str> = READERS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(targets, names);
    for name in names {
        assert!(
            !files(&fixtures().join("hostile").join(name)).is_empty(),
            "{name}"
        );
    }
}

/// Input that a reader rejects at its first byte would test nothing.
#[test]
fn seeds_are_whole() {
    for (name, seed) in files(&fixtures().join("hostile/record")) {
        assert!(Record::decode(&seed).is_ok(), "{}", name.display());
    }
    // A message of OpenCode is part of a session that is in other files.
    let logs = files(&fixtures().join("hostile/agent"));
    for (name, seed) in logs.iter().filter(|(name, _)| !name.ends_with("opencode")) {
        assert!(events_of(seed) > 3, "{}", name.display());
    }
}

#[test]
fn no_reader_panics_on_damaged_bytes() {
    for (name, read) in READERS {
        let seeds: Vec<Vec<u8>> = files(&fixtures().join("hostile").join(name))
            .into_values()
            .collect();
        seeds.iter().for_each(|seed| read(seed));
        let cases = (any::<prop::sample::Index>(), vec(damage(), 1..6));
        let done = runner(CASES).run(&cases, |(seed, damages)| {
            read(&damaged(&seeds[seed.index(seeds.len())], &damages));
            Ok(())
        });
        assert!(done.is_ok(), "{name}: {}", done.unwrap_err());
    }
}

#[test]
fn no_reader_panics_on_any_bytes() {
    for (name, read) in READERS {
        let done = runner(CASES).run(&vec(any::<u8>(), 0..300), |bytes| {
            read(&bytes);
            Ok(())
        });
        assert!(done.is_ok(), "{name}: {}", done.unwrap_err());
    }
}

const CASES: u32 = 200;

#[test]
fn no_agent_panics_on_a_damaged_home() {
    for (name, _) in LOGS
        .iter()
        .chain([&("aider", "")])
        .filter(|(name, _)| *name != "claude-code")
    {
        let seed: Vec<(PathBuf, Vec<u8>)> =
            files(&fixtures().join("agents").join(name)).into_iter().collect();
        let cases = (any::<prop::sample::Index>(), vec(damage(), 1..6));
        let done = runner(60).run(&cases, |(which, damages)| {
            let home = tempfile::tempdir().unwrap();
            let which = which.index(seed.len());
            let mut size = 0;
            for (number, (path, content)) in seed.iter().enumerate() {
                let content = match number == which {
                    true => damaged(content, &damages),
                    false => content.clone(),
                };
                size += content.len();
                let path = home.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            read_home(name, home.path(), size);
            Ok(())
        });
        assert!(done.is_ok(), "{name}: {}", done.unwrap_err());
    }
}
