//! Work that would grow faster than its input: each command finishes in seconds.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

/// More than this for a few thousand of something means quadratic growth. Unoptimized, and on a busy machine.
const LONG: Duration = Duration::from_secs(40);

/// Commits, each with its files, as `git fast-import` reads them. A file without content is deleted.
fn import(repo: &TestRepo<'_>, commits: &[Vec<(String, Option<String>)>]) {
    let mut input = String::new();
    for (number, files) in commits.iter().enumerate() {
        let time = START + 60 * number as i64;
        let message = format!("Commit {number}\n");
        write!(
            input,
            "commit refs/heads/main\ncommitter Ada <ada@example.org> {time} +0000\ndata {}\n{message}\n",
            message.len()
        )
        .unwrap();
        for (path, content) in files {
            match content {
                Some(content) => write!(
                    input,
                    "M 100644 inline {path}\ndata {}\n{content}\n",
                    content.len()
                )
                .unwrap(),
                None => writeln!(input, "D {path}").unwrap(),
            }
        }
    }
    repo.git_with_input(&["fast-import", "--quiet"], &input);
}

fn assert_all_end(repo: &TestRepo<'_>, commands: &[&[&str]]) {
    for command in commands {
        let start = Instant::now();
        let ran = repo.run(command);
        assert_eq!(ran.code, Some(0), "{command:?}: {}", ran.stderr);
        let took = start.elapsed();
        assert!(took < LONG, "{command:?} took {} s", took.as_secs());
    }
}

const READING: &[&[&str]] = &[
    &["report", "--no-cache"],
    &["inventory", "--no-cache"],
    &["audit", "--no-cache"],
    &["export", "survival", "--no-cache"],
    &["export", "commits", "--no-cache"],
];

#[test]
fn thousands_of_equal_files_that_move_are_matched_at_once() {
    const FILES: usize = 5_000;
    let world = World::new();
    let repo = world.repo("app");
    let all = |prefix: &str, content: Option<&str>| -> Vec<(String, Option<String>)> {
        (0..FILES)
            .map(|number| (format!("{prefix}{number:05}.rs"), content.map(str::to_owned)))
            .collect()
    };
    import(
        &repo,
        &[
            all("a", Some("one\ntwo\n")),
            all("a", Some("one\nthree\n")),
            [all("a", None), all("b", Some("one\nthree\n"))].concat(),
        ],
    );
    assert_all_end(&repo, READING);
    let lines = repo.run(&["export", "survival", "--no-cache"]).success();
    let moved = repo.git(&["rev-parse", "HEAD"]);
    assert!(!lines.contains(&moved), "a move brings no line");
}

#[test]
fn sessions_and_commits_of_thousands_of_files_are_linked_at_once() {
    const FILES: usize = 3_000;
    let world = World::new();
    let repo = world.repo("app");
    let path = |number: usize| format!("src/f{number:05}.rs");
    let content = |number: usize| format!("let a{number} = {number};\nlet b{number} = 2;\n");
    let mut session = Transcript::new("s", repo.path()).prompt(1, "write it");
    for number in 0..FILES {
        session = session.write(2 + number as i64 / 200, &path(number), &content(number));
    }
    session.end(30).save(&world);
    let files = (0..FILES).map(|number| (path(number), Some(content(number))));
    import(&repo, &[vec![("x".into(), Some("x".into()))], files.collect()]);
    assert_all_end(&repo, &[&["sessions"], &["report"], &["audit", "--no-cache"]]);
}

#[test]
fn configuration_that_includes_itself_over_and_over_is_refused() {
    let world = World::new();
    let (bomb, good) = (world.repo("all/bomb"), world.repo("all/good"));
    for repo in [&bomb, &good] {
        repo.write("a.rs", "one\n").commit("Begin");
    }
    for level in 0..9 {
        let include = format!("[include]\n\tpath = level{}\n", level + 1).repeat(10);
        bomb.write(&format!(".git/level{level}"), include);
    }
    let config = std::fs::read_to_string(bomb.path().join(".git/config")).unwrap();
    bomb.write(".git/config", config + "[include]\n\tpath = level0\n");
    let start = Instant::now();
    for command in [&["report", "all"][..], &["inventory", "all", "--format", "json"]] {
        let ran = world.run(command);
        assert_eq!(ran.code, Some(3), "{command:?}: {ran}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("includes too much"), "{command:?}: {ran}");
    }
    assert_eq!(bomb.run(&["audit"]).code, Some(1));
    assert!(start.elapsed() < LONG);
}

/// A mailmap that is too large to be read is reported, because its authors differ from git's.
#[test]
fn a_mailmap_that_is_not_read_is_told() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn kiln() {}\n").commit("Kiln");
    let file = std::fs::File::create(repo.path().join(".mailmap")).unwrap();
    file.set_len(17 << 20).unwrap();
    let ran = repo.run(&["report"]);
    assert!(ran.stderr.contains("part of the mailmap was not read"), "{ran}");
}
