//! The layout of a repository: its directories, refs, packs, index and configuration.

use std::fs;
use std::path::PathBuf;

use super::{Complete, Failed, Partial, Specimen, gits_figures, grow, kinds, plain, said, spoil, try_git};
use crate::world::{TestRepo, World};

kinds! {
    a_plain_one, Complete, |world| plain(world, "kiln");
    bare, Complete, |world| cloned(world, &["--bare"]);
    a_mirror, Complete, |world| cloned(world, &["--mirror"]);
    linked_work_tree, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.git(&["worktree", "add", "-q", "-b", "linked", "../linked", "HEAD~1"]);
        world.path("linked")
    };
    work_tree_config, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.git(&["config", "extensions.worktreeConfig", "true"]);
        fs::write(world.path("attributes"), "*.rs -diff\n").unwrap();
        let attributes = world.path("attributes").display().to_string();
        repo.git(&["config", "--worktree", "core.attributesFile", &attributes]);
        repo
    };
    relative_work_trees, Complete, |world| {
        let repo = plain(world, "kiln");
        unreadable_for_git(world, &repo, "extensions.relativeWorktrees", "true")
    };
    chain_of_alternates, Complete, |world| {
        plain(world, "lender-0");
        for number in 1..=5 {
            let (from, to) = (format!("lender-{}", number - 1), format!("lender-{number}"));
            clone(world, &["--shared"], &world.path(&from), &to);
        }
        world.path("lender-5")
    };
    submodule, Complete, |world| {
        let library = plain(world, "library");
        let repo = plain(world, "kiln");
        let url = library.path().to_string_lossy();
        repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "lib"]);
        repo.commit("Borrow");
        repo
    };
    many_packed_references, Complete, |world| {
        let repo = plain(world, "kiln");
        let head = repo.git(&["rev-parse", "HEAD"]);
        let names = (0..20_000).map(|number| format!("create refs/heads/many/{number} {head}\n"));
        let names: String = names.collect();
        // One file, written as git packs them: making a loose one of each first takes seconds.
        repo.git(&["pack-refs", "--all"]);
        let packed = names.lines().map(|line| {
            let mut words = line.split(' ').skip(1);
            let name = words.next().unwrap();
            format!("{} {name}\n", words.next().unwrap())
        });
        let packed: String = packed.collect();
        fs::write(repo.path().join(".git/packed-refs"), packed + &packed_refs(&repo)).unwrap();
        repo
    };
    several_packs, Complete, |world| packed(world, &["multi-pack-index", "write"]);
    kept_packs, Complete, |world| {
        let repo = packed(world, &["repack", "-q", "-d"]);
        for entry in fs::read_dir(repo.path().join(".git/objects/pack")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "pack") {
                fs::write(path.with_extension("keep"), "").unwrap();
            }
        }
        repo
    };
    commit_graph, Complete, |world| packed(world, &["commit-graph", "write", "--reachable", "--changed-paths"]);
    split_commit_graph, Complete, |world| packed(world, &["commit-graph", "write", "--reachable", "--split"]);
    damaged_commit_graph, Complete, |world| {
        let repo = packed(world, &["commit-graph", "write", "--reachable"]);
        let figures = gits_figures(world, repo.path());
        let graph = repo.path().join(".git/objects/info/commit-graph");
        let mut bytes = fs::read(&graph).unwrap();
        bytes.iter_mut().skip(100).for_each(|byte| *byte ^= 0x55);
        spoil(&graph, &bytes);
        Specimen { path: repo.path().to_owned(), figures: Some(figures) }
    };
    untracked_cache, Complete, |world| indexed(world, &["update-index", "--force-untracked-cache"]);
    index_version_4, Complete, |world| indexed(world, &["update-index", "--index-version", "4"]);
    split_index, Complete, |world| indexed(world, &["update-index", "--split-index"]);
    sparse_index, Complete, |world| indexed(world, &["sparse-checkout", "set", "--cone", "--sparse-index", "side"]);
    damaged_index, Complete, |world| {
        let repo = plain(world, "kiln");
        fs::write(repo.path().join(".git/index"), b"DIRC\0\0\0\x02\0\0\0\x09rubbish").unwrap();
        repo
    };
    shallow, Partial("the clone is shallow"), |world| shallow_figures(world, cloned(world, &["--depth=3"]));
    partial_clone, Partial("the lines of 6 commits are unknown"), |world| promised(world, &["--filter=blob:none"]);
    partial_clone_without_trees, Partial("the lines of 6 commits are unknown"), |world| promised(world, &["--filter=tree:0"]);
    partial_clone_of_old, Partial("the lines of 6 commits are unknown"), |world| {
        let path = promised(world, &["--filter=blob:none"]);
        let git = |args: &[&str]| assert!(try_git(world, &path, args).status.success());
        git(&["config", "--unset", "remote.origin.promisor"]);
        git(&["config", "core.repositoryFormatVersion", "1"]);
        git(&["config", "extensions.partialClone", "origin"]);
        path
    };
    references_in_a_table, Complete, |world| {
        let repo = tabled(world);
        grow(&repo);
        repo.git(&["tag", "-a", "-m", "One", "v1"]);
        repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/side"]);
        repo
    };
    table_of_a_bare_one, Complete, |world| cloned(world, &["--bare", "--ref-format=reftable"]);
    table_of_a_linked_work_tree, Complete, |world| {
        let repo = tabled(world);
        grow(&repo);
        repo.git(&["worktree", "add", "-q", "-b", "linked", "../linked", "HEAD~1"]);
        world.at("linked").write("more", "1\n").commit("More");
        world.path("linked")
    };
    table_with_a_detached_head, Complete, |world| {
        let repo = tabled(world);
        grow(&repo);
        repo.git(&["checkout", "-q", "--detach"]);
        repo.write("alone", "1\n").commit("Alone");
        repo
    };
    table_with_replacements, Complete, |world| {
        let repo = tabled(world);
        grow(&repo);
        let [parent, past] = ["HEAD^", "HEAD~3"].map(|name| repo.git(&["rev-parse", name]));
        repo.git(&["replace", &parent, &past]);
        repo
    };
    shallow_one_with_a_table, Partial("the clone is shallow"), |world| {
        shallow_figures(world, cloned(world, &["--depth=3", "--ref-format=reftable"]))
    };
    partial_clone_with_a_table, Partial("the lines of 6 commits are unknown"), |world| {
        promised(world, &["--filter=blob:none", "--ref-format=reftable"])
    };
    table_of_an_unborn_one, Complete, |world| tabled(world);
    damaged_table, Failed("git failed"), |world| {
        let repo = tabled(world);
        grow(&repo);
        fs::write(repo.path().join(".git/reftable/tables.list"), "rubbish\n").unwrap();
        repo
    };
    pipe_in_place_of_a_table, Failed("not a regular file"), |world| {
        let repo = tabled(world);
        grow(&repo);
        let list = repo.path().join(".git/reftable/tables.list");
        fs::remove_file(&list).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(list).status().unwrap().success());
        repo
    };
    unborn, Complete, |world| world.repo("kiln");
    detached, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.git(&["checkout", "-q", "--detach"]);
        repo.write("alone", "1\n").commit("Alone");
        repo
    };
    empty_reference, Partial("1 ref names no commit"), |world| with_branch(world, "");
    rubbish_in_a_reference, Partial("1 ref names no commit"), |world| with_branch(world, "rubbish\n");
    reference_to_nothing, Partial("1 ref names no commit"), |world| {
        with_branch(world, "0123456789012345678901234567890123456789\n")
    };
    broken_configuration, Failed("failed to parse config file"), |world| {
        let repo = plain(world, "kiln");
        fs::write(repo.path().join(".git/config"), "[core\nbare").unwrap();
        repo
    };
    format_2, Failed("unsupported repository version"), |world| configured(world, "core.repositoryFormatVersion", "2");
    unknown_extension, Failed("extensions.kiln"), |world| configured(world, "extensions.kiln", "true");
    unknown_extension_of_format_0, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.git(&["config", "extensions.kiln", "true"]);
        repo
    };
}

#[test]
fn one_of_another_user() {
    use std::os::unix::fs::{MetadataExt, chown};
    let world = World::new();
    let repo = plain(&world, "kiln");
    let git_dir = repo.path().join(".git");
    let other = git_dir.metadata().unwrap().uid() + 1;
    let places = [repo.path(), &git_dir];
    // Only the superuser can give a directory away.
    if places.iter().all(|place| chown(place, Some(other), None).is_ok()) {
        assert!(said(&try_git(&world, repo.path(), &["log"])).is_none());
        super::check(&world, &Failed("belongs to another user"), repo.into());
    }
}

/// A clone of a plain repository.
fn cloned(world: &World, options: &[&str]) -> PathBuf {
    let repo = plain(world, "kiln");
    clone(world, options, repo.path(), "clone");
    world.path("clone")
}

fn clone(world: &World, options: &[&str], from: &std::path::Path, to: &str) {
    let url = match options.contains(&"--shared") {
        true => from.to_string_lossy().into_owned(),
        false => format!("file://{}", from.display()),
    };
    let args = [&["clone", "-q"], options, &[&url, to]].concat();
    let cloned = try_git(world, &world.path(""), &args);
    assert!(cloned.status.success(), "{cloned:?}");
    // The same branches as its origin.
    let path = world.path(to);
    let side = try_git(world, &path, &["rev-parse", "-q", "--verify", "origin/side"]);
    if let Some(side) = said(&side) {
        try_git(world, &path, &["update-ref", "refs/heads/side", side.trim()]);
    }
}

/// A clone of a part of the past. Git counts the lines of files that existed before as added.
fn shallow_figures(world: &World, path: PathBuf) -> Specimen {
    let mut figures = gits_figures(world, &path);
    let ends = fs::read_to_string(path.join(".git/shallow")).unwrap();
    ends.lines().for_each(|id| *figures.get_mut(id).unwrap() = None);
    Specimen {
        path,
        figures: Some(figures),
    }
}

/// An empty repository whose refs are in a table.
fn tabled(world: &World) -> TestRepo<'_> {
    fs::create_dir_all(world.path("kiln")).unwrap();
    let repo = world.at("kiln");
    repo.git(&["init", "-q", "--ref-format=reftable"]);
    repo
}

/// A clone whose files are promised by a missing remote.
fn promised(world: &World, options: &[&str]) -> PathBuf {
    let repo = plain(world, "kiln");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    clone(world, &[options, &["--bare"]].concat(), repo.path(), "clone");
    let path = world.path("clone");
    let git = |args: &[&str]| assert!(try_git(world, &path, args).status.success());
    // A fetch leaves a mark.
    let mark = format!("touch {}; false", world.path("fetched").display());
    git(&["config", "remote.origin.uploadpack", &mark]);
    path
}

/// A repository with packs, after one more command.
fn packed<'world>(world: &'world World, args: &[&str]) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    repo.git(&["repack", "-q", "-d"]);
    repo.write("more", "1\n").commit("More");
    repo.git(&["repack", "-q", "-d"]);
    repo.git(args);
    repo
}

/// A repository after a command that changes its index. Without one that can be read, its lines are the same.
fn indexed<'world>(world: &'world World, args: &[&str]) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    repo.git(args);
    repo
}

fn with_branch<'world>(world: &'world World, content: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    fs::write(repo.path().join(".git/refs/heads/broken"), content).unwrap();
    repo
}

fn packed_refs(repo: &TestRepo<'_>) -> String {
    let packed = fs::read_to_string(repo.path().join(".git/packed-refs")).unwrap();
    packed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// A repository of format 1 with one additional setting.
fn configured<'world>(world: &'world World, key: &str, value: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", key, value]);
    repo
}

/// [`configured`] with settings of newer versions of git.
fn unreadable_for_git(world: &World, repo: &TestRepo<'_>, key: &str, value: &str) -> Specimen {
    let figures = gits_figures(world, repo.path());
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", key, value]);
    Specimen {
        path: repo.path().to_owned(),
        figures: Some(figures),
    }
}

#[test]
fn every_command_works_on_a_table_of_references() {
    let world = World::new();
    let repo = tabled(&world);
    grow(&repo);
    repo.write("src/last.rs", "changed\n");
    repo.git(&["stash", "-q"]);
    repo.write("src/last.rs", "changed again\n");
    let ids = ["4h", "5h"].map(|estimate| {
        repo.run(&["record", "--another", "--estimate", estimate])
            .success()
    });
    repo.run(&["record", "--no-commit", "--title", "Plan", "--estimate", "1h"])
        .success();
    assert!(ids[0] != ids[1]);
    for command in ["log", "audit", "scan", "report"] {
        let ran = repo.run(&[command]);
        assert!(matches!(ran.code, Some(0 | 1)), "{command}: {ran}");
    }
    let log = repo.run(&["log"]).success();
    assert!(
        ["4h", "5h", "Plan"].iter().all(|part| log.contains(part)),
        "{log}"
    );
    let rows = repo.run(&["inventory", ".", "--format", "json"]).success();
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let row = &rows["rows"][0];
    assert_eq!(
        (&row["stashes"], &row["branch"]),
        (&1.into(), &"main".into()),
        "{row}"
    );
    assert_eq!(
        (&row["changed_files"], &row["commits"]),
        (&1.into(), &7.into()),
        "{row}"
    );
    // As git sees it, too.
    let note = repo.git(&["log", "--format=%N", "--notes=leverage", "-1"]);
    assert!(!note.trim().is_empty());
    assert!(!repo.git(&["reflog", "show", "refs/leverage/tasks"]).is_empty());
    repo.git(&["fsck", "--strict"]);
    assert!(!repo.path().join(".git/refs/notes").exists());
}

#[test]
fn writers_beside_each_other_lose_nothing_in_a_table() {
    let world = World::new();
    let repo = tabled(&world);
    grow(&repo);
    let recorded = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let mut commands = (0..3).map(|number| {
                    let mut command = world.leverage(repo.path());
                    let title = format!("Task {writer}-{number}");
                    command.args(["record", "--no-commit", "--estimate", "1h", "--title", &title]);
                    command
                });
                let mut commands: Vec<_> = commands.by_ref().collect();
                scope.spawn(move || {
                    let outputs = commands.iter_mut().map(|command| command.output().unwrap());
                    outputs.filter(|output| output.status.success()).count()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum::<usize>()
    });
    let log = repo.run(&["log"]).success();
    assert_eq!(recorded, 12, "{log}");
    let found = (0..4).flat_map(|writer| (0..3).map(move |number| format!("Task {writer}-{number}")));
    assert_eq!(found.filter(|title| log.contains(title)).count(), 12, "{log}");
}

#[test]
fn ledgers_in_tables_are_exchanged() {
    let world = World::new();
    let origin = cloned(&world, &["--bare", "--ref-format=reftable"]);
    let url = format!("file://{}", origin.display());
    let clones = ["one", "two"].map(|name| {
        let made = try_git(
            &world,
            &world.path(""),
            &["clone", "-q", "--ref-format=reftable", &url, name],
        );
        assert!(made.status.success(), "{made:?}");
        world.at(name)
    });
    for (clone, title) in clones.iter().zip(["First", "Second"]) {
        clone
            .run(&["record", "--no-commit", "--estimate", "1h", "--title", title])
            .success();
    }
    for clone in [&clones[0], &clones[1], &clones[0]] {
        clone.run(&["sync"]).success();
    }
    for clone in &clones {
        let log = clone.run(&["log"]).success();
        assert!(log.contains("First") && log.contains("Second"), "{log}");
    }
}

#[test]
fn a_partial_clone_of_old_takes_records() {
    let world = World::new();
    let path = promised(&world, &["--filter=blob:none"]);
    for args in [
        ["config", "--unset", "remote.origin.promisor"].as_slice(),
        &["config", "core.repositoryFormatVersion", "1"],
        &["config", "extensions.partialClone", "origin"],
    ] {
        assert!(try_git(&world, &path, args).status.success());
    }
    world.run_in(&path, &["record", "--estimate", "4h"]).success();
    let log = world.run_in(&path, &["log"]).success();
    assert!(log.contains("4h"), "{log}");
}

#[test]
fn nothing_is_fetched_that_a_remote_promised() {
    let world = World::new();
    let path = promised(&world, &["--filter=blob:none"]);
    let place = path.to_string_lossy();
    for command in ["report", "scan", "inventory", "audit"] {
        let ran = world.run(&[command, &place, "--no-cache"]);
        assert_ne!(ran.code, None, "{command}: {ran}");
    }
    assert!(!world.path("fetched").exists());
}
