//! What earlier runs kept: any damage is noticed, and `cache` shows and removes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git_leverage::testing::facts::{ChangedFile, Progress};
use git_leverage::testing::git::{Known, Repo};
use git_leverage::testing::sources::{load_changed, read_survival, save_changed};
use serde_json::Value;

use crate::world::World;

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Calls `check` with each byte of the only file in a folder changed, and with each end of it missing.
fn damage(folder: &Path, mut check: impl FnMut(&str)) {
    let [file] = &*files_in(folder) else {
        panic!("not one file")
    };
    let whole = std::fs::read(file).unwrap();
    assert!(whole.len() > 40);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        std::fs::write(file, &bytes).unwrap();
        check(&format!("byte {at}"));
        std::fs::write(file, &whole[..at]).unwrap();
        check(&format!("cut at {at}"));
    }
}

#[test]
fn damaged_changes_are_read_again() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "clay\n").commit("Start");
    let repo = Repo::open(repo.path()).unwrap();
    let head = repo.head().unwrap().unwrap();
    let folder = world.path("kept");
    let file = ChangedFile {
        path: "a.txt".to_owned(),
        lines: None,
    };
    let known = Known {
        files: [(head, vec![file])].into(),
        has_grown: true,
    };
    save_changed(&folder, &repo, &known);
    assert_eq!(load_changed(&folder, &repo).files, known.files);
    damage(&folder, |what| {
        assert_eq!(load_changed(&folder, &repo), Known::default(), "{what}");
    });
}

#[test]
fn damaged_lines_of_head_are_read_again() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "clay\n").commit("Start");
    let repo = Repo::open(repo.path()).unwrap();
    let head = repo.head().unwrap().unwrap();
    let folder = world.path("kept");
    let read = || read_survival(&repo, head, 1, Some(&folder), None, &Progress::default()).unwrap();
    assert_eq!(read().trouble, None);
    let whole = std::fs::read(&files_in(&folder)[0]).unwrap();
    let head_line = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let mut noticed = 0;
    damage(&folder, |what| {
        let trouble = read().trouble;
        noticed += usize::from(trouble.is_some_and(|trouble| trouble.contains("damaged")));
        // It was replaced.
        assert_eq!(std::fs::read(&files_in(&folder)[0]).unwrap(), whole, "{what}");
    });
    // All but a damaged head, which is another version's.
    assert_eq!(noticed, 2 * (whole.len() - head_line - 1));
}

/// A world in which every kind of file but those of notes is kept, and where.
fn kept() -> (World, PathBuf) {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "clay\n").commit("Start");
    // A reading is not cached while a change might go unnoticed.
    std::thread::sleep(Duration::from_millis(100));
    for args in [&["report"][..], &["audit"], &["inventory"]] {
        repo.run(args).success();
    }
    let cache = world.home().join("cache/git-leverage");
    (world, cache)
}

/// How many files there are of each kind.
fn counts(world: &World) -> BTreeMap<String, u64> {
    let shown: Value = serde_json::from_str(&world.run(&["cache", "--format", "json"]).success()).unwrap();
    assert_eq!(shown["schema"], "git-leverage.cache/1");
    let kinds = shown["kinds"].as_array().unwrap();
    let sum = |key: &str| kinds.iter().map(|kind| kind[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(shown["files"], sum("files"));
    assert_eq!(shown["bytes"], sum("bytes"));
    let count = |kind: &Value| {
        (
            kind["kind"].as_str().unwrap().to_owned(),
            kind["files"].as_u64().unwrap(),
        )
    };
    kinds.iter().map(count).filter(|(_, files)| *files > 0).collect()
}

fn some(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(kind, count)| ((*kind).to_owned(), *count))
        .collect()
}

#[test]
fn the_cache_is_shown_by_kind() {
    let (world, _) = kept();
    assert_eq!(
        counts(&world),
        some(&[("history", 1), ("inventory", 2), ("readings", 1), ("survival", 2)])
    );
    let shown = world.run(&["cache"]).success();
    assert!(
        shown.starts_with("$WORLD/home/cache/git-leverage\nKind "),
        "{shown}"
    );
    let line = |kind: &str| {
        let line = shown.lines().find(|line| line.starts_with(kind)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(line("inventory").starts_with("inventory 2 "), "{shown}");
    assert!(line("inventory").ends_with(" B just now"), "{shown}");
    assert_eq!(line("sessions"), "sessions 0 0 B –");
    assert!(line("total").starts_with("total 6 "), "{shown}");
    let rows = world.run(&["cache", "--format", "csv"]).success();
    assert!(
        rows.starts_with("kind,files,bytes,last_written\nhistory,1,"),
        "{rows}"
    );
}

#[test]
fn clearing_removes_the_kinds_that_were_named_and_costs_no_answer() {
    let (world, _) = kept();
    let report = || world.run(&["report", "kiln", "--format", "json"]).success();
    let first = report();
    let all = counts(&world);
    let dry = world.run(&["cache", "clear", "-n", "inventory"]).success();
    assert!(dry.starts_with("Would remove 2 inventory files ("), "{dry}");
    assert_eq!(counts(&world), all);
    let cleared = world.run(&["cache", "clear", "inventory", "notes"]).success();
    assert_eq!(cleared, dry.replace("Would remove", "Removing"));
    assert_eq!(
        counts(&world),
        some(&[("history", 1), ("readings", 1), ("survival", 2)])
    );
    world.run(&["cache", "clear"]).success();
    assert_eq!(counts(&world), some(&[]));
    let again = world.run(&["cache", "clear"]);
    assert_eq!((&*again.stdout, &*again.stderr), ("", "Nothing to remove\n"));
    assert_eq!(report(), first);
    assert_eq!(counts(&world), some(&[("history", 1), ("readings", 1)]));
}

#[test]
fn clearing_leaves_what_is_not_ours() {
    let (world, cache) = kept();
    std::fs::write(cache.join("notes.txt"), "mine").unwrap();
    std::fs::write(cache.join("inventory/notes.txt"), "mine").unwrap();
    #[cfg(unix)]
    {
        let outside = world.path("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("codex-0123456789abcdef"), "mine").unwrap();
        std::os::unix::fs::symlink(&outside, cache.join("sessions")).unwrap();
    }
    let shown = world.run(&["cache"]).success();
    let others = if cfg!(unix) { 3 } else { 2 };
    assert!(
        shown.contains(&format!("{others} other entries are not from git-leverage")),
        "{shown}"
    );
    world.run(&["cache", "clear"]).success();
    assert_eq!(counts(&world), some(&[]));
    assert!(cache.join("notes.txt").exists());
    assert!(cache.join("inventory/notes.txt").exists());
    if cfg!(unix) {
        assert!(world.path("outside/codex-0123456789abcdef").exists());
        assert!(cache.join("sessions").is_symlink());
    }
}

#[test]
fn an_unknown_kind_is_a_usage_error() {
    let ran = World::new().run(&["cache", "clear", "reports"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("Possible values: history, changes,"), "{ran}");
}

#[test]
fn without_a_home_there_is_no_cache() {
    let world = World::new();
    let mut command = world.leverage(&world.home());
    for name in ["XDG_CACHE_HOME", "HOME", "USERPROFILE"] {
        command.env_remove(name);
    }
    let output = command.arg("cache").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("neither `XDG_CACHE_HOME` nor `HOME` is set"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[test]
fn what_cannot_be_removed_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (world, cache) = kept();
    let set = |mode| std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let can_write = std::fs::write(cache.join("probe"), "").is_ok();
    let ran = world.run(&["cache", "clear", "history"]);
    set(0o700);
    // Nothing is forbidden to root.
    if !can_write {
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains("cannot remove the file"), "{ran}");
        assert_eq!(counts(&world)["history"], 1);
    }
}
