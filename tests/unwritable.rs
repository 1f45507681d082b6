//! Repositories whose git folder cannot be written, as in a sandbox: nothing is half done, and the claim is not lost.

use std::path::PathBuf;
use std::process::Command;

use crate::world::transcript::Transcript;
use crate::world::{Ran, START, TestRepo, World};

/// How a git folder is kept from being written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// It and the home are mounted for reading alone.
    Mount,
    /// Its files and folders have no permission to write, which binds root only where it gave a power away.
    Mode,
}

const MOUNT: &str = "for folder in .git \"$HOME\"; do mount --bind \"$folder\" \"$folder\" && \
    mount -o remount,ro,bind \"$folder\" || exit 99; done; exec \"$0\" \"$@\"";

impl Way {
    fn starter(self) -> Vec<&'static str> {
        match (self, is_root()) {
            (Self::Mount, true) => vec!["unshare", "--mount", "sh", "-c", MOUNT],
            (Self::Mount, false) => vec!["unshare", "--mount", "--map-root-user", "sh", "-c", MOUNT],
            (Self::Mode, true) => vec!["setpriv", "--bounding-set=-dac_override,-dac_read_search"],
            (Self::Mode, false) => vec!["env"],
        }
    }

    /// Runs `git leverage ARGS` while nothing can be written.
    fn run(self, world: &World, repo: &TestRepo<'_>, args: &[&str]) -> Ran {
        self.run_with(world, repo, &[], args)
    }

    /// The same with `NAME=VALUE` variables.
    fn run_with(self, world: &World, repo: &TestRepo<'_>, variables: &[&str], args: &[&str]) -> Ran {
        let mode = |mode: &str| {
            let changed = Command::new("chmod")
                .args(["-R", mode, ".git"])
                .current_dir(repo.path())
                .status();
            assert!(self == Self::Mount || changed.unwrap().success());
        };
        if self == Self::Mode {
            mode("a-w");
        }
        let starter = [&self.starter()[..], &["env"], variables].concat();
        let ran = world.run_through(repo.path(), &starter, args);
        if self == Self::Mode {
            mode("u+w");
        }
        ran
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// The ways that this machine has; it is said which it has not.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
fn ways() -> Vec<Way> {
    let has = |way: &Way| {
        let world = World::new();
        let repo = world.repo("tried");
        let starter = way.starter();
        let is_there = Command::new(starter[0]).arg("--version").output().is_ok();
        let has = is_there && way.run(&world, &repo, &["--version"]).code == Some(0);
        if !has {
            eprintln!("not tried: {way:?}");
        }
        has
    };
    [Way::Mount, Way::Mode].into_iter().filter(has).collect()
}

/// Every file in the git folder, with what it holds.
fn files(repo: &TestRepo<'_>) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![repo.path().join(".git")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), std::fs::read(path).unwrap())),
            }
        }
    }
    found.sort();
    found
}

/// What is said of a record that cannot be written.
const TOLD: &str = "\
Leverage-Estimate: 4h
Leverage-Phase: Curve 3h
Leverage-Phase: Tests 1h
Leverage-Category: firmware
[stderr]
Left out, because there are no trailers for them: basis
error: cannot write to `$WORLD/kiln/.git`: REASON
hint: Nothing was recorded. Add the lines on standard output, unchanged, to the end of this task's next commit message
hint: Or run the same command where the git directory is writable, such as outside the sandbox
[exit 5]";

#[test]
fn a_record_that_cannot_be_written_is_printed_as_trailers() {
    for way in ways() {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.commit("Begin");
        repo.commit("Kiln controller");
        let before = files(&repo);
        let args = [
            "record",
            "--phase",
            "Curve=3h",
            "--phase",
            "Tests=1h",
            "--basis",
            "18 tests",
            "--category",
            "firmware",
        ];
        let ran = way.run(&world, &repo, &args);
        assert!(files(&repo) == before, "{way:?}");
        let block = ran.stdout.clone();
        let told = ran.to_string();
        let reasons = ["read-only file system", "permission denied"];
        let reason = reasons.iter().find(|reason| told.contains(*reason)).unwrap();
        assert_eq!(told.replace(reason, "REASON"), TOLD, "{way:?}");
        let amended = way.run(&world, &repo, &[&args[..], &["--trailer"]].concat());
        assert_eq!(
            (amended.code, amended.stdout.as_str()),
            (Some(5), block.as_str()),
            "{amended}"
        );
        // A commit with these lines is the task.
        repo.git(&["commit", "--quiet", "--allow-empty", "-m", "Tests", "-m", &block]);
        let shown = repo.run(&["show", "HEAD"]).success();
        assert!(
            shown.contains("3h  Curve") && shown.contains("firmware"),
            "{shown}"
        );
        // Where it can be written, the same command records.
        assert_eq!(repo.run(&[&args[..], &["HEAD~1"]].concat()).code, Some(0));
        let again = way.run(&world, &repo, &[&args[..], &["HEAD~1"]].concat());
        assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""), "{again}");
        // The next task of an agent that cannot commit here is for a commit to come.
        let next = way.run(&world, &repo, &["record", "--estimate", "2h"]);
        assert_eq!(
            (next.code, next.stdout.as_str()),
            (Some(5), "Leverage-Estimate: 2h\n"),
            "{next}"
        );
        let dry = way.run(
            &world,
            &repo,
            &["record", "HEAD~2", "--estimate", "1h", "--dry-run"],
        );
        assert_eq!(dry.code, Some(0), "{dry}");
    }
}

/// A repository with a task on its first commit, whose id is returned, and a session behind its second.
fn with_a_session(world: &World) -> (TestRepo<'_>, String) {
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let lines = "let retries = 5;\nlet delay = cap(retries);\n";
    Transcript::new("s", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", lines)
        .answer(70, "done")
        .end(70)
        .save(world);
    repo.write("src/a.rs", lines)
        .commit_at("Cap the delay", START + 71 * 60);
    let recorded = repo
        .run(&["record", "HEAD~1", "--estimate", "4h", "--no-sessions"])
        .success();
    let id = recorded
        .split_once("id           ")
        .unwrap()
        .1
        .split('\n')
        .next()
        .unwrap();
    repo.write("tasks.csv", "date,title,human_hours\n2026-04-01,Audit,4h\n");
    let id = id.to_owned();
    (repo, id)
}

#[test]
fn every_command_that_records_says_so_with_a_code_of_its_own() {
    for way in ways() {
        let world = World::new();
        let (repo, id) = with_a_session(&world);
        let id = id.as_str();
        let before = files(&repo);
        for args in [
            &["revise", id, "--estimate", "3h", "--reason", "x"] as &[&str],
            &[
                "record",
                "HEAD~1",
                "--revise",
                "--estimate",
                "3h",
                "--reason",
                "x",
            ],
            &["record", "--no-commit", "--title", "Audit", "--estimate", "3h"],
            &["retract", id, "--reason", "x"],
            &["capture"],
            &["import", "tasks.csv"],
        ] {
            let ran = way.run(&world, &repo, args);
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (Some(5), ""),
                "{way:?} {args:?}: {ran}"
            );
            assert!(
                ran.stderr.starts_with("error: cannot write to `$WORLD/kiln"),
                "{ran}"
            );
            assert!(ran.stderr.contains("hint: Nothing was written."), "{ran}");
            assert!(files(&repo) == before, "{way:?} {args:?}");
        }
        // The session's minutes are measured by whoever reads the claim, and so are none of it.
        let ran = way.run(&world, &repo, &["record", "--estimate", "4h"]);
        assert_eq!(ran.code, Some(5), "{ran}");
        assert_eq!(
            ran.stdout,
            "Leverage-Estimate: 4h\nLeverage-Session: claude-code:s\n"
        );
    }
}

#[test]
fn what_is_printed_for_the_next_commit_names_the_session_that_called() {
    for way in ways() {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.commit("Begin");
        Transcript::new("s", repo.path())
            .prompt(200, "cap the delay")
            .answer(210, "done")
            .end(210)
            .save(&world);
        let session = ["CLAUDE_CODE_SESSION_ID=s"];
        let ran = way.run_with(&world, &repo, &session, &["record", "--estimate", "4h"]);
        assert_eq!(ran.code, Some(5), "{ran}");
        for line in [
            "Leverage-Estimate: 4h\n",
            "Leverage-Agent: claude-code\n",
            "Leverage-Session: claude-code:s\n",
            "Leverage-Estimator: claude-code",
        ] {
            assert!(ran.stdout.contains(line), "{way:?} {ran}");
        }
        assert!(!ran.stderr.contains("not named"), "{ran}");
        assert!(!ran.stderr.contains("agent time"), "{ran}");
    }
}
