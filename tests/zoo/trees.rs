//! The contents of trees: odd names, attributes, sizes and depths, and entries that are not files.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use super::{Complete, Failed, Partial, Specimen, gits_figures, kinds, plain};
use crate::world::{TestRepo, World};

kinds! {
    odd_names, Complete, |world| {
        let repo = plain(world, "kiln");
        for name in [&b"caf\xe9"[..], b"\xff\xfe/\x80", b"tab\there", b"line\nend", b" ", b"\"quoted\"", b"-n", b"=1"] {
            let path = repo.path().join(OsStr::from_bytes(name));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "one\ntwo\n").unwrap();
        }
        repo.commit("Odd names");
        repo
    };
    attributes, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.write(".gitattributes", "*.gen -diff\n*.bin binary\n*.nul diff\n*.up diff=upper\n*.own linguist-generated\n");
        for round in 1..=2 {
            for name in ["a.gen", "b.bin", "d.up", "e.own", "f.txt"] {
                repo.write(name, "a line\n".repeat(round * 3));
            }
            repo.write("c.nul", b"nul\0\n".repeat(round)).write("g", b"nul\0\n".repeat(round));
            repo.commit("Attributes");
        }
        // Its commands must not run.
        repo.git(&["config", "diff.upper.textconv", "tr a-z A-Z <"]);
        repo
    };
    ends_of_lines, Complete, |world| {
        let repo = plain(world, "kiln");
        for content in ["a\r\nb\r\nc", "a\nb\nc\n", "a\r\nb\nc\r\n", "\r\r\r", "a"] {
            repo.write("ends", content).commit("Ends");
        }
        repo
    };
    large_file, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.write("large", "\n".repeat(4 << 20)).commit("Large");
        repo
    };
    file_above_the_threshold, Complete, |world| {
        let repo = plain(world, "kiln");
        repo.git(&["config", "core.bigFileThreshold", "1m"]);
        repo.write("large", "\n".repeat(4 << 20)).commit("Large");
        repo
    };
    deep_tree, Complete, |world| nested(world, 1500);
    // Deeper than git reads.
    too_deep_tree, Partial("the lines of 1 commit are unknown"), |world| nested(world, 5000);
    tree_bomb, Partial("the lines of 1 commit are unknown"), |world| {
        let repo = plain(world, "kiln");
        let figures = gits_figures(world, repo.path());
        let blob = repo.git_with_input(&["hash-object", "-w", "--stdin"], "a line\n");
        let mut tree = repo.git_with_input(&["mktree"], &format!("100644 blob {blob}\tfile\n"));
        for _ in 0..10 {
            let folders: String = (0..10).map(|number| format!("040000 tree {tree}\td{number}\n")).collect();
            tree = repo.git_with_input(&["mktree"], &folders);
        }
        with_tree(&repo, &tree, figures)
    };
    pipe_in_place_of_references, Failed("packed-refs"), |world| with_pipe(world, ".git/packed-refs");
    pipe_in_place_of_shallow, Failed("shallow"), |world| with_pipe(world, ".git/shallow");
    pipe_in_place_of_attributes, Partial("the lines of 6 commits are unknown"), |world| {
        let repo = plain(world, "kiln");
        let mut figures = gits_figures(world, repo.path());
        let single = figures.values_mut().filter(|lines| **lines != Some((0, 0)));
        single.for_each(|lines| *lines = None);
        pipe(&repo, ".gitattributes");
        Specimen { path: repo.path().to_owned(), figures: Some(figures) }
    };
    pipe_as_an_include, Failed("not a regular file"), |world| {
        let repo = plain(world, "kiln");
        pipe(&repo, "pipe");
        let config = repo.path().join(".git/config");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, format!("{text}[include]\n\tpath = ../pipe\n")).unwrap();
        repo
    };
}

fn pipe(repo: &TestRepo<'_>, name: &str) {
    let path = repo.path().join(name);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn with_pipe<'world>(world: &'world World, name: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    pipe(&repo, name);
    repo
}

/// One file below this many directories.
fn nested(world: &World, folders: usize) -> Specimen {
    let repo = plain(world, "kiln");
    let figures = gits_figures(world, repo.path());
    let blob = repo.git_with_input(&["hash-object", "-w", "--stdin"], "a line\n");
    let tree = super::nested_trees(&repo, &blob, folders);
    let mut made = with_tree(&repo, &tree, figures);
    if folders < 2048 {
        made.figures = None;
    }
    made
}

/// A commit of a tree on a branch, whose lines are unknown.
fn with_tree(repo: &TestRepo<'_>, tree: &str, mut figures: super::Figures) -> Specimen {
    let commit = repo.git_at(
        &["commit-tree", "-p", "HEAD", "-m", "Many", tree],
        crate::world::START + 7200,
    );
    repo.git(&["branch", "many", &commit]);
    figures.insert(commit, None);
    Specimen {
        path: repo.path().to_owned(),
        figures: Some(figures),
    }
}
