//! Which commit added each line: the same as `git blame`, over renames, merges and everything that blame decides by
//! rules.

use git_leverage::testing::facts::Progress;
use git_leverage::testing::git::{Repo, survival};

use crate::world::{TestRepo, World};

/// `path:line commit` for every line of every text file, by git-leverage and by git.
fn both(repo: &TestRepo<'_>) -> (Vec<String>, Vec<String>) {
    let opened = Repo::open(repo.path()).unwrap();
    let head = opened.head().unwrap().unwrap();
    let mut ours = Vec::new();
    let mut gits = Vec::new();
    for file in survival(&opened, head, 2, None, None, &Progress::default())
        .unwrap()
        .0
        .files
    {
        let path = String::from_utf8(file.path).unwrap();
        let commits = file
            .runs
            .unwrap()
            .into_iter()
            .flatten()
            .flat_map(|run| std::iter::repeat_n(run.commit, run.lines));
        ours.extend(
            commits
                .enumerate()
                .map(|(line, commit)| format!("{path}:{} {}", line + 1, commit.unwrap())),
        );
        let blame = repo.git(&[
            "blame",
            "--no-textconv",
            "-l",
            "-s",
            "--root",
            "HEAD",
            "--",
            &path,
        ]);
        gits.extend(
            blame
                .lines()
                .enumerate()
                .map(|(line, text)| format!("{path}:{} {}", line + 1, &text[..40])),
        );
    }
    (ours, gits)
}

fn assert_equals_blame(repo: &TestRepo<'_>) {
    let (ours, gits) = both(repo);
    assert!(!gits.is_empty());
    assert_eq!(ours, gits);
}

/// A file of `lines` numbered lines with a word in each.
fn text(word: &str, lines: usize) -> String {
    (0..lines).map(|line| format!("{word} {line}\n")).collect()
}

#[test]
fn changes_of_one_file_are_followed_to_its_start() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", text("clay", 30)).commit("Start");
    repo.write("a.txt", text("clay", 30).replace("clay 7\n", "glaze 7\nfire\n"))
        .commit("Change");
    repo.write("a.txt", text("clay", 25) + "last line without an end")
        .commit("Undo and cut");
    assert_equals_blame(&repo);
}

#[test]
fn a_moved_file_keeps_its_past() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/one.txt", text("clay", 40))
        .write("src/same.txt", text("glaze", 12))
        .write("lib/mod.rs", text("wheel", 20))
        .commit("Start");
    repo.git(&["mv", "src", "kiln"]);
    repo.git(&["mv", "kiln/one.txt", "kiln/two.txt"]);
    repo.write("kiln/two.txt", text("clay", 40).replace("clay 3\n", "slip\n"))
        .write("lib/mod.rs", text("other", 20))
        .write("new/mod.rs", text("wheel", 20) + "more\n")
        .commit("Move");
    repo.write("kiln/copy.txt", text("clay", 40))
        .commit("A copy is new");
    assert_equals_blame(&repo);
}

#[test]
fn merges_pass_lines_to_each_parent() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", text("clay", 30))
        .write("b.txt", text("b", 5))
        .commit("Start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.txt", text("clay", 30).replace("clay 25\n", "side\n"))
        .write("only-side.txt", text("side", 8))
        .commit("Side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", text("clay", 30).replace("clay 2\n", "main\n"))
        .commit("Main");
    repo.git(&["mv", "b.txt", "c.txt"]);
    repo.commit("Rename on main");
    repo.git(&["merge", "-q", "--no-commit", "side"]);
    let merged = std::fs::read_to_string(repo.path().join("a.txt")).unwrap();
    repo.write("a.txt", merged.replace("clay 10\n", "by the merge itself\n"))
        .commit("Merge");
    assert_equals_blame(&repo);
}

#[test]
fn a_file_of_another_kind_has_no_past() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("target", "one\ntwo\n")
        .write("link", "target")
        .write("bin", b"\0\n")
        .commit("Start");
    std::fs::remove_file(repo.path().join("link")).unwrap();
    std::os::unix::fs::symlink("target", repo.path().join("link")).unwrap();
    std::fs::remove_file(repo.path().join("bin")).unwrap();
    repo.write("bin/inside", "text\n")
        .write("empty", "")
        .commit("Change kinds");
    assert_equals_blame(&repo);
}

#[test]
fn an_octopus_and_two_files_from_one_source_are_as_in_blame() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", text("clay", 60)).commit("Start");
    for (branch, line) in [("x", 5), ("y", 25), ("z", 45)] {
        repo.git(&["checkout", "-q", "-b", branch, "main"]);
        repo.write(
            "a.txt",
            text("clay", 60).replace(&format!("clay {line}\n"), &format!("{branch}\n")),
        )
        .commit(branch);
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "x", "y", "z", "-m", "Octopus"]);
    repo.git(&["rm", "-q", "a.txt"]);
    repo.write("b.txt", text("clay", 60))
        .write("c.txt", text("clay", 55) + "else\n")
        .commit("Split");
    assert_equals_blame(&repo);
}

/// The output of `export survival`, without and with a cache.
fn exported(repo: &TestRepo<'_>, more: &[&str]) -> String {
    repo.run(&[&["export", "survival"], more].concat()).success()
}

#[track_caller]
fn assert_warm_equals_cold(repo: &TestRepo<'_>) {
    let warm = exported(repo, &[]);
    assert!(!warm.is_empty());
    assert_eq!(warm, exported(repo, &["--no-cache"]));
    assert_eq!(warm, exported(repo, &[]), "asked again");
}

#[test]
fn what_was_kept_is_brought_forward_to_the_same_answer() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", text("clay", 60))
        .write("b.txt", text("b", 9))
        .write("picture", b"\0\x01\n\x02")
        .write("turns", b"\0\n")
        .commit("Start");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a.txt", text("clay", 60).replace("clay 50\n", "side\n"))
        .commit("Forked before what is kept");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.txt", text("clay", 60).replace("clay 3\n", "main\n"))
        .commit("Main");
    assert_warm_equals_cold(&repo);
    repo.git(&["mv", "a.txt", "c.txt"]);
    repo.write("turns", "text\n")
        .commit("Move, and a binary file becomes text");
    assert_warm_equals_cold(&repo);
    repo.git(&["merge", "-q", "side", "-m", "Merge"]);
    repo.write("b.txt", text("b", 9).replace("b 4\n", "later\n"))
        .commit("Later");
    assert_warm_equals_cold(&repo);
    repo.git(&["commit", "-q", "--amend", "--allow-empty", "-m", "Amended"]);
    assert_warm_equals_cold(&repo);
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    assert_warm_equals_cold(&repo);
}

#[test]
fn a_damaged_answer_is_read_anew() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", text("clay", 6)).commit("Start");
    let first = exported(&repo, &[]);
    let folder = world.home().join("cache/git-leverage");
    let kept = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("survival-")
        })
        .unwrap();
    let mut bytes = std::fs::read(&kept).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&kept, bytes).unwrap();
    let ran = repo.run(&["export", "survival"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains("read again"), "{ran}");
    assert_eq!(ran.stdout, first);
    assert_eq!(exported(&repo, &[]), first);
}

#[test]
fn merges_that_change_many_files_are_followed_on_all_sides() {
    let world = World::new();
    let repo = world.repo("kiln");
    for number in 0..30 {
        repo.write(&format!("src/{number}.rs"), text(&format!("file {number}"), 12));
    }
    repo.commit("Begin");
    repo.git(&["checkout", "--quiet", "-b", "side"]);
    for number in 0..20 {
        let path = format!("src/{number}.rs");
        let more = format!("from the side {number}\n{}", text(&format!("file {number}"), 12));
        repo.write(&path, more);
        repo.git(&["add", &path]);
        if number % 4 == 0 {
            repo.git(&["mv", &path, &format!("src/side{number}.rs")]);
        }
    }
    repo.commit("Write aside");
    repo.git(&["checkout", "--quiet", "main"]);
    for number in 0..25 {
        let more = format!(
            "{}from the main line {number}\n",
            text(&format!("file {number}"), 12)
        );
        repo.write(&format!("src/{number}.rs"), more);
    }
    repo.commit("Write on");
    repo.git(&["merge", "--quiet", "--no-commit", "side"]);
    repo.write("src/1.rs", text("the merge", 3));
    repo.commit("Merge");
    assert_equals_blame(&repo);
}

#[test]
fn files_that_meet_in_one_merge_after_the_other_are_followed_to_the_end() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", text("one", 10)).commit("Begin");
    repo.git(&["branch", "still"]);
    for number in 0..12 {
        repo.git(&["checkout", "--quiet", "-B", "still", "still"]);
        repo.write(&format!("other{number}"), "x\n")
            .commit("Something else");
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--no-commit", "--no-ff", "still"]);
        let content = format!("{}{}", text("merged", number + 1), text("one", 10));
        repo.write("a.rs", content).commit("Merge");
    }
    assert_equals_blame(&repo);
}
