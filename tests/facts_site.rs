//! Sites by facts: they are the sites of the repositories, byte for byte.

use std::collections::BTreeSet;
use std::fs;

use crate::world::clones::{Places, files, pages};
use crate::world::tables::all_rows;
use crate::world::{START, World};

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
}

/// A repository with a task whose title has its name, cloned from this remote.
fn worked(world: &World, path: &str, name: &str) {
    let repo = world.repo(path);
    let remote = format!("https://example.org/team/{name}.git");
    repo.git(&["remote", "add", "origin", &remote]);
    let message = format!("Work of {name}\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 10m");
    repo.write("a.rs", format!("fn {name}() {{}}\n")).commit(&message);
}

/// Asserts that the page of each repository shows its own task and no other one.
#[track_caller]
fn assert_own_tasks(world: &World, site: &str, names: &[&str]) {
    let written = pages(&world.path(site));
    let mut found = BTreeSet::new();
    for (file, page) in written.iter().filter(|(name, _)| name.starts_with("repos/")) {
        let page = String::from_utf8_lossy(page);
        let shown = names
            .iter()
            .filter(|name| page.contains(&format!("Work of {name}")));
        for name in shown {
            assert!(file.contains(name), "{site}: {file} has the task of {name}");
            found.insert(*name);
        }
    }
    assert_eq!(found, names.iter().copied().collect(), "{site}");
    let place = world.path("").display().to_string();
    for (name, page) in &written {
        let page = String::from_utf8_lossy(page);
        assert!(
            !page.contains(place.trim_end_matches('/')),
            "{site}: {name} has a path"
        );
    }
}

#[test]
fn repositories_of_one_name_are_told_apart_without_their_paths() {
    let world = World::new();
    worked(&world, "one/kiln", "kiln");
    for (path, name) in [
        ("one/glaze", "glaze"),
        ("other/yak", "yak"),
        ("other/zebra", "zebra"),
    ] {
        worked(&world, path, name);
    }
    // The same remote, other work.
    let other = world.repo("other/kiln");
    other.git(&["remote", "add", "origin", "https://example.org/team/kiln"]);
    other
        .write("b.rs", "fn b() {}\n")
        .commit("Work of kiln\n\nLeverage-Estimate: 1h");
    for place in ["one", "other"] {
        let facts = format!("facts-{place}");
        world
            .run(&["facts", place, "--output", &facts, "--audit"])
            .success();
    }
    let two = ["--facts", "facts-one", "--facts", "facts-other"];
    world.run(&[&["site", "two"][..], &two].concat()).success();
    assert_own_tasks(&world, "two", &["kiln", "glaze", "yak", "zebra"]);
    let by_repo = ["report", "--by", "repo", "--format", "csv"];
    let report = world.run(&[&by_repo[..], &two].concat()).success();
    assert!(report.contains("kiln (2)"), "{report}");
    // The same repositories here and in facts, with and without a remote.
    world
        .repo("one/bare")
        .write("c.rs", "fn c() {}\n")
        .commit("Work\n\nLeverage-Estimate: 2h");
    world
        .run(&["facts", "one", "--output", "facts-one", "--audit"])
        .success();
    let both = ["site", "both", "one", "--no-sessions"];
    world.run(&[&both[..], &two].concat()).success();
    assert_own_tasks(&world, "both", &["kiln", "glaze", "yak", "zebra"]);
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
fn a_site_says_why_a_repository_could_not_be_read() {
    let places = Places::new();
    let failed = |facts: &str, reason: &str| {
        let ran = places.run(&["facts", "made/accounts", "--output", facts, "--failed", reason]);
        assert_eq!(ran.code, Some(3), "{ran}");
    };
    let site = |name: &str, facts: &str| {
        let ran = places.run(&["site", name, "--facts", facts]);
        assert_eq!(ran.code, Some(3), "{ran}");
        let pages = pages(&places.world.path(name)).into_iter();
        let pages = pages.filter(|(name, _)| name.ends_with(".html"));
        let pages = pages.map(|(_, page)| String::from_utf8(page).unwrap());
        pages.collect::<String>()
    };
    places.write(&["--audit"]).success();
    failed("facts", "took more than 5 s");
    let earlier = site("earlier", "facts");
    let reason = "could not be read again: took more than 5 s; these facts are of 2026-04-10";
    assert!(earlier.contains(reason));

    places
        .run(&["facts", "made/courses", "--output", "few", "--audit"])
        .success();
    failed("few", "signal 9");
    let without = site("without", "few");
    assert!(without.contains("signal 9") && !without.contains("could not be read again"));
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
        assert_only_glaze(&world, &by, roots.len() - 1);
    }
    // One is here, and the others are elsewhere.
    world
        .run(&["facts", "other", "glaze", "--output", "far", "--audit"])
        .success();
    let mixed = [
        "site",
        "mixed",
        "kiln",
        "--facts",
        "far",
        "--exclude",
        "kiln",
        "--no-sessions",
    ];
    world.run(&mixed).success();
    assert_only_glaze(&world, "mixed", 2);
}

/// Asserts that a site shows one repository, and says how many are left out.
#[track_caller]
fn assert_only_glaze(world: &World, site: &str, left_out: usize) {
    let written = pages(&world.path(site));
    let repos = written.keys().filter(|name| name.starts_with("repos/"));
    assert_eq!(repos.collect::<Vec<_>>(), ["repos/glaze.html"], "{site}");
    let index = String::from_utf8_lossy(&written["index.html"]).into_owned();
    let said = match left_out {
        1 => "1 repository is left out".to_owned(),
        _ => format!("{left_out} repositories are left out"),
    };
    assert!(index.contains(&said), "{site}: {index}");
}

#[test]
fn clones_of_a_remote_are_excluded_whatever_a_list_calls_them() {
    let world = World::new();
    worked(&world, "kiln", "kiln");
    worked(&world, "glaze", "glaze");
    let spare = world.repo("spare");
    spare.git(&["remote", "add", "origin", "git@example.org:team/kiln.git"]);
    spare.write("b.rs", "fn b() {}\n").commit("Other work");
    let list = ["kiln", "spare", "glaze"].map(|name| format!("{name}\tlisted/{name}\n"));
    fs::write(world.path("list.tsv"), list.concat()).unwrap();
    world
        .run(&["facts", "--repos", "list.tsv", "--output", "facts", "--audit"])
        .success();
    // The list may be there to hide the remotes.
    let rows = all_rows(&world.path("facts/repos")).concat();
    assert!(
        rows.contains("listed/kiln") && !rows.contains("team/kiln"),
        "{rows}"
    );
    world
        .run(&["site", "public", "--facts", "facts", "--exclude", "spare"])
        .success();
    assert_only_glaze(&world, "public", 2);
}

#[test]
fn equal_paths_of_two_machines_are_two_places() {
    let world = World::new();
    for name in ["alpha", "beta"] {
        // As if each was cloned from the `hub` of its machine.
        let repo = world.repo(name);
        let hub = world.path("hub");
        if !hub.exists() {
            world
                .git(&world.home())
                .args(["init", "-q", "--bare"])
                .arg(&hub)
                .status()
                .unwrap();
        }
        repo.git(&["remote", "add", "origin", &hub.display().to_string()]);
        repo.write("a.rs", format!("fn {name}() {{}}\n"))
            .commit(&format!("Work of {name}"));
        let facts = format!("facts-{name}");
        // Another home is another user, or another machine.
        let home = world.path(&format!("home-{name}"));
        fs::create_dir_all(&home).unwrap();
        let written = world
            .leverage(&world.path(""))
            .env("HOME", &home)
            .args(["facts", name, "--output", &facts, "--audit"])
            .output()
            .unwrap();
        assert!(written.status.success(), "{written:?}");
    }
    let both = ["--facts", "facts-alpha", "--facts", "facts-beta"];
    world
        .run(&[&["site", "public", "--exclude", "alpha"][..], &both].concat())
        .success();
    let written = pages(&world.path("public"));
    assert!(written.contains_key("repos/beta.html"), "{:?}", written.keys());
}
