//! Sites by facts: they are the sites of the repositories, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::world::clones::{Places, files};
use crate::world::{START, World};

/// The files of a site, by their path in it.
fn pages(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(at: &Path, top: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => add(&path, top, found),
                false => {
                    let name = path.strip_prefix(top).unwrap().display().to_string();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    add(folder, folder, &mut found);
    found
}

#[track_caller]
fn assert_same(world: &World, one: &str, other: &str, what: &str) {
    let (one, other) = (pages(&world.path(one)), pages(&world.path(other)));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        other.keys().collect::<Vec<_>>(),
        "{what}"
    );
    let differs: Vec<&String> = one.keys().filter(|name| one[*name] != other[*name]).collect();
    assert!(differs.is_empty(), "{what}: {differs:?}");
    assert!(one.len() > 5, "{what}");
}

#[test]
fn a_site_by_facts_is_the_site_of_the_repositories() {
    let places = Places::new();
    places.write(&["--audit"]).success();
    let logs = ["--agent-dir", places.logs.as_str()];
    for (number, more) in [
        &[][..],
        &["--no-sessions"],
        &["--no-audit"],
        &["--since", "2026-03-02"],
        &["--exclude", "platform"],
        &["--exclude", "spare", "--exclude", "courses"],
    ]
    .into_iter()
    .enumerate()
    {
        let (one, other) = (format!("site-{number}"), format!("facts-{number}"));
        let repositories = [&["site", &one, "made"], more, &logs].concat();
        let repositories = places.run(&repositories);
        let facts = places.run(&[&["site", &other, "--facts", "facts"], more].concat());
        assert_eq!(repositories.code, facts.code, "{more:?}: {facts}");
        assert_same(&places.world, &one, &other, &format!("{more:?}"));
    }
    // Some of them are here, and others elsewhere.
    let all = ["site", "both", "made/courses", "--facts", "facts"];
    places.run(&[&all[..], &logs].concat()).success();
    let index = String::from_utf8(pages(&places.world.path("both"))["index.html"].clone()).unwrap();
    assert!(index.contains("platform"), "{index}");
}

#[test]
fn what_audits_need_may_be_missing() {
    let places = Places::new();
    places.write(&[]).success();
    let refused = places.run(&["site", "public", "--facts", "facts"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused
            .stderr
            .contains("the facts in `facts` do not have what audits need"),
        "{refused}"
    );
    assert!(refused.stderr.contains("--no-audit"), "{refused}");
    assert!(!places.world.path("public").exists());
    places
        .run(&["site", "public", "--facts", "facts", "--no-audit"])
        .success();
    places.write(&["--audit"]).success();
    let tables = places.world.path("facts/audits");
    let one = files(&places.world.path("facts"))
        .into_iter()
        .find(|file| file.starts_with(&tables))
        .unwrap();
    fs::remove_file(one).unwrap();
    let partial = places.run(&["site", "public", "--facts", "facts"]);
    assert_eq!(partial.code, Some(3), "{partial}");
    assert!(
        partial
            .stderr
            .contains("its facts do not have what an audit needs: write them with `--audit`"),
        "{partial}"
    );
}

#[test]
fn clones_of_a_directory_are_excluded_with_it() {
    let world = World::new();
    let kiln = world.repo("kiln");
    kiln.write("a.rs", "fn a() {}\n").commit("First");
    for name in ["one", "other"] {
        let to = world.path(name);
        let cloned = world
            .git(&world.home())
            .args(["clone", "--quiet"])
            .arg(world.path("kiln"))
            .arg(&to)
            .status()
            .unwrap();
        assert!(cloned.success());
        // None has all commits of another one.
        world
            .at(name)
            .write(&format!("{name}.rs"), "fn own() {}\n")
            .commit_at("Own", START);
    }
    kiln.write("b.rs", "fn b() {}\n").commit("More");
    world.repo("glaze").write("c.rs", "fn c() {}\n").commit("Other");
    // The directory that they were cloned from is among them, or is not.
    for (facts, roots) in [
        ("all", &["kiln", "one", "other", "glaze"][..]),
        ("some", &["one", "other", "glaze"]),
    ] {
        world
            .run(&[&["facts"], roots, &["--output", facts, "--audit"]].concat())
            .success();
        let (from, by) = (format!("site-{facts}"), format!("site-by-{facts}"));
        let exclude = ["--exclude", "one", "--no-sessions"];
        world.run(&[&["site", &from], roots, &exclude].concat()).success();
        world
            .run(&[&["site", &by, "--facts", facts], &exclude[..]].concat())
            .success();
        assert_same(&world, &from, &by, facts);
        let written = pages(&world.path(&by));
        let index = String::from_utf8_lossy(&written["index.html"]).into_owned();
        assert!(index.contains("glaze") && !index.contains("kiln"), "{index}");
        let left_out = roots.len() - 1;
        assert!(
            index.contains(&format!("{left_out} repositories")),
            "{facts}: {index}"
        );
    }
}
