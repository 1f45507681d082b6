//! Git itself as the reference in the tests of this layer: repositories that it created, and its output for them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Repo;

/// A file as in `git fast-import`: its mode, and its content or the commit of a submodule.
pub(super) type File = (&'static str, Vec<u8>);
/// The files of a commit, by path.
pub(super) type Files = BTreeMap<String, File>;

pub(super) const PLAIN: &str = "100644";
pub(super) const PROGRAM: &str = "100755";
pub(super) const LINK: &str = "120000";
pub(super) const SUBMODULE: &str = "160000";

/// A repository in a separate directory with a separate home, and the number of digits of its object names.
pub(super) struct Oracle(tempfile::TempDir, usize);

impl Oracle {
    pub(super) fn new() -> Self {
        Self::of("sha1")
    }

    /// Three lines of history: HEAD is on the first, which was merged into the second, into which the third was merged, too.
    pub(super) fn with_merges() -> Self {
        let oracle = Self::new();
        let mut dice = Dice::new(3);
        let mut line = |commits: usize| (0..commits).map(|_| files(&mut dice)).collect();
        oracle.import(&[line(4), line(3), line(2)]);
        for (name, parents) in [("0", ["0", "2"]), ("1", ["1", "0"])] {
            let [first, second] = parents;
            let tree = format!("{first}^{{tree}}");
            let merge = oracle.text(&["commit-tree", "-p", first, "-p", second, "-m", "Merge", &tree]);
            oracle.git(&["update-ref", &format!("refs/heads/{name}"), &merge], b"");
        }
        oracle.git(&["symbolic-ref", "HEAD", "refs/heads/0"], b"");
        oracle
    }

    /// The ids that `git rev-list` prints.
    pub(super) fn listed(&self, args: &[&str]) -> BTreeSet<String> {
        let list = self.text(&[&["rev-list"], args].concat());
        list.lines().map(str::to_owned).collect()
    }

    /// A repository with this hash algorithm, `sha1` or `sha256`.
    pub(super) fn of(hash: &str) -> Self {
        let digits = match hash {
            "sha1" => 40,
            _ => 64,
        };
        let made = Self(tempfile::tempdir().unwrap(), digits);
        let hash = format!("--object-format={hash}");
        made.git(&["init", "--quiet", "--template=", &hash], b"");
        made
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn open(&self) -> Repo {
        Repo::open(self.path()).unwrap()
    }

    /// Runs git with `input` and returns what it printed.
    pub(super) fn git(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = Command::new("git")
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada")
            .env("GIT_AUTHOR_EMAIL", "ada@example.org")
            .env("GIT_COMMITTER_NAME", "Ada")
            .env("GIT_COMMITTER_EMAIL", "ada@example.org")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            // Git may stop reading before the end.
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output().unwrap()
        });
        let trouble = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {trouble}");
        output.stdout
    }

    /// The output of git, without trailing whitespace.
    pub(super) fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.git(args, b""))
            .unwrap()
            .trim_end()
            .to_owned()
    }

    /// Creates lines of history, the branches `0`, `1` …, each commit with all of its files. Returns the ids.
    pub(super) fn import(&self, branches: &[Vec<Files>]) -> Vec<Vec<String>> {
        let mut stream = Vec::new();
        let mut mark = 0;
        for (number, commits) in branches.iter().enumerate() {
            for files in commits {
                mark += 1;
                writeln!(stream, "commit refs/heads/{number}\nmark :{mark}").unwrap();
                writeln!(
                    stream,
                    "committer Ada <ada@example.org> {} +0000",
                    1_775_034_000 + mark
                )
                .unwrap();
                writeln!(stream, "data 0\n\ndeleteall").unwrap();
                for (path, (mode, content)) in files {
                    if *mode == SUBMODULE {
                        let commit = String::from_utf8_lossy(content);
                        writeln!(stream, "M {mode} {commit:0>width$} {path}", width = self.1).unwrap();
                        continue;
                    }
                    writeln!(stream, "M {mode} inline {path}\ndata {}", content.len()).unwrap();
                    stream.extend(content);
                    stream.push(b'\n');
                }
            }
        }
        self.git(
            &["fast-import", "--quiet", "--force", "--export-marks=.git/marks"],
            &stream,
        );
        let marks = std::fs::read_to_string(self.path().join(".git/marks")).unwrap();
        let mut ids = BTreeMap::new();
        for line in marks.lines() {
            let (mark, id) = line.split_once(' ').unwrap();
            ids.insert(mark[1..].parse::<usize>().unwrap(), id.to_owned());
        }
        let mut ids = ids.into_values();
        let of_branch = |commits: &Vec<Files>| ids.by_ref().take(commits.len()).collect();
        branches.iter().map(of_branch).collect()
    }
}

/// Pseudorandom numbers, the same each time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2) + 1)
    }

    /// Any number below `sides`.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % sides
    }

    /// Whether an event with this probability, one in so many, occurs.
    pub(super) fn one_in(&mut self, cases: usize) -> bool {
        self.roll(cases) == 0
    }
}

/// A text with lines of which some are in most texts, so that files are more or less similar.
pub(super) fn text(dice: &mut Dice, most: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let end = if dice.one_in(8) { "\r\n" } else { "\n" };
    for _ in 0..dice.roll(most + 1) {
        let word = dice.roll(40);
        let long = if dice.one_in(12) { 150 } else { 1 };
        write!(text, "{}{end}", format!("word {word} ").repeat(long)).unwrap();
    }
    if dice.one_in(10) {
        text.extend(b"no line end");
    }
    if dice.one_in(14) {
        text.insert(0, 0);
    }
    text
}

/// Changes some files as one commit does: edits, moves, copies, new modes and types.
pub(super) fn edited(files: &Files, dice: &mut Dice) -> Files {
    let mut edited = Files::new();
    for (path, (mode, content)) in files {
        let mut file = (*mode, content.clone());
        if dice.one_in(3) && *mode != SUBMODULE && *mode != LINK {
            file.1 = changed(content, dice);
        }
        match dice.roll(9) {
            0 => continue,
            1 | 2 => {}
            3 if dice.one_in(3) => file = any_file(dice),
            3 if file.0 == PLAIN => file.0 = PROGRAM,
            _ => {
                edited.insert(path.clone(), file);
                continue;
            }
        }
        // It moved, and others may be copies of it.
        for _ in 0..=usize::from(dice.one_in(4)) {
            edited.insert(any_path(dice), file.clone());
        }
    }
    for _ in 0..dice.roll(3) {
        edited.insert(any_path(dice), any_file(dice));
    }
    edited
}

/// Some files to start with.
pub(super) fn files(dice: &mut Dice) -> Files {
    (0..dice.roll(12))
        .map(|_| (any_path(dice), any_file(dice)))
        .collect()
}

/// Directories and files never have the same names, so any paths can be combined.
fn any_path(dice: &mut Dice) -> String {
    let folder = ["", "a/", "b/", "a/b/"][dice.roll(4)];
    format!("{folder}{}.rs", dice.roll(9))
}

fn any_file(dice: &mut Dice) -> File {
    match dice.roll(12) {
        0 => (LINK, format!("to/{}", dice.roll(3)).into_bytes()),
        1 => (SUBMODULE, format!("{:040x}", dice.roll(3) + 1).into_bytes()),
        2 => (PROGRAM, text(dice, 12)),
        _ => (PLAIN, text(dice, 12)),
    }
}

fn changed(content: &[u8], dice: &mut Dice) -> Vec<u8> {
    let lines = content.split_inclusive(|byte| *byte == b'\n');
    let mut changed = Vec::new();
    for line in lines {
        match dice.roll(6) {
            0 => {}
            1 => changed.extend(text(dice, 2)),
            _ => changed.extend(line),
        }
    }
    changed
}
