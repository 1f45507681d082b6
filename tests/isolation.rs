//! Of several repositories, those that are not cached are read in separate processes: a failure in one costs only that
//! repository.

use std::fmt::Write as _;
use std::path::Path;

use crate::world::{Ran, START, TestRepo, World};

/// A repository with this many commits, each of which changes a file.
fn large<'world>(world: &'world World, name: &str, commits: i64) -> TestRepo<'world> {
    let repo = world.repo(name);
    let mut stream = String::new();
    for number in 0..commits {
        let at = START + number;
        let content = format!("{number}\n").repeat(40);
        writeln!(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> {at} +0000\ndata 2\nc\nM 100644 inline f{}\ndata {}\n{content}",
            number % 50,
            content.len(),
        )
        .unwrap();
    }
    repo.git_with_input(&["fast-import", "--quiet"], &stream);
    repo
}

/// Two repositories that were read before.
fn known<'world>(world: &'world World) -> [TestRepo<'world>; 2] {
    let repos = ["src/kiln", "src/loom"].map(|name| {
        let repo = world.repo(name);
        repo.write("a.txt", format!("{name}\n")).commit("Start");
        repo.write("a.txt", format!("{name}\nmore\n")).commit("More");
        repo
    });
    assert_eq!(world.run(&["scan", "src"]).code, Some(0));
    repos
}

/// Asserts that the known repositories are complete, and the `large` one failed for this `reason`.
fn assert_alone(ran: &Ran, reason: &str) {
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    for (name, row) in [
        (
            "kiln",
            "kiln              2    0          0       2       0  complete",
        ),
        (
            "loom",
            "loom              2    0          0       2       0  complete",
        ),
        (
            "large",
            "large             –    –          –       –       –  failed",
        ),
    ] {
        let found = ran.stdout.lines().find(|line| line.starts_with(name));
        assert_eq!(found, Some(row), "{}", ran.stdout);
    }
    assert!(ran.stderr.contains("$WORLD/src/large: "), "{}", ran.stderr);
    assert!(ran.stderr.contains(reason), "{}", ran.stderr);
}

#[test]
fn a_repository_that_takes_too_long_costs_itself_alone() {
    let world = World::new();
    let _known = known(&world);
    large(&world, "src/large", 3000);
    let ran = world.run(&["-c", "leverage.limits.time=0.05", "scan", "src"]);
    assert_alone(&ran, "took longer than 0.05 s (`leverage.limits.time`)");
    let ran = world.run(&[
        "-c",
        "leverage.limits.time=0.05",
        "report",
        "--no-sessions",
        "src",
    ]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    // With more time it is complete, and then known: limits apply only to what was not read yet.
    let ran = world.run(&["scan", "src"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = world.run(&["-c", "leverage.limits.time=0.05", "scan", "src"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_repository_that_takes_too_much_memory_costs_itself_alone() {
    let world = World::new();
    let _known = known(&world);
    let repo = world.repo("src/large");
    for line in ["clay\n", "ash\n"] {
        repo.write("large.txt", line.repeat(6 << 20)).commit("Grow");
    }
    repo.git(&["repack", "-adq"]);
    let ran = world.run(&["-c", "leverage.limits.memory=24m", "scan", "src"]);
    assert_alone(&ran, "took more than 24 MiB of memory (`leverage.limits.memory`)");
}

/// Ending the process of a repository from outside is no different from a crash in it. It is examined while it runs.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_costs_one_repository_and_no_secret_is_passed_on() {
    let world = World::new();
    let _known = known(&world);
    large(&world, "src/large", 6000);
    // A shell leaves a descriptor open, which the program inherits.
    let secret = world.path("secret");
    std::fs::write(&secret, "tell-nobody").unwrap();
    let mut command = world.leverage(&world.path(""));
    let program = command.get_program().to_owned();
    let script = format!("exec \"$0\" scan src 7<{}", secret.display());
    let mut shell = std::process::Command::new("sh");
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    shell.env_clear().envs(variables).current_dir(world.path(""));
    shell.arg("-c").arg(script).arg(program);
    command = shell;
    command
        .env("SECRET_TOKEN", "tell-nobody")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "http.extraHeader")
        .env("GIT_CONFIG_VALUE_0", "tell-nobody")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let parent = command.spawn().unwrap();
    let child = child_of(parent.id());
    let place = Path::new("/proc").join(child.to_string());
    let seen = ["environ", "cmdline"].map(|name| std::fs::read_to_string(place.join(name)).unwrap());
    let opened = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_link(entry.ok()?.path()).ok();
    let files: Vec<_> = std::fs::read_dir(place.join("fd"))
        .unwrap()
        .filter_map(opened)
        .collect();
    let killed = std::process::Command::new("kill")
        .args(["-ABRT", &child.to_string()])
        .status();
    assert!(killed.unwrap().success());
    let output = parent.wait_with_output().unwrap();
    assert!(seen[0].contains("HOME="), "{seen:?}");
    assert!(!seen.concat().contains("tell-nobody"), "{seen:?}");
    assert!(!seen[0].contains("XDG_CACHE_HOME") && !seen[0].contains("GIT_CONFIG_COUNT"));
    assert!(!files.iter().any(|file| file.ends_with("secret")), "{files:?}");
    // All it has of the parent's descriptors are the ends of three pipes.
    assert!(
        files
            .iter()
            .filter(|file| file.to_string_lossy().starts_with("pipe:"))
            .count()
            >= 3
    );
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("src/large: the process that read it ended: signal: 6"),
        "{said}"
    );
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.matches("complete").count(), 2, "{shown}");
}

/// The process that reads a repository for another.
#[cfg(target_os = "linux")]
fn child_of(parent: u32) -> u32 {
    let is_child = |process: &u32| {
        let place = Path::new("/proc").join(process.to_string());
        let of = std::fs::read_to_string(place.join("stat")).ok()?;
        let parent_of: u32 = of.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        let command = std::fs::read_to_string(place.join("cmdline")).ok()?;
        (parent_of == parent && command.contains("read-repositories")).then_some(*process)
    };
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(30) {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let processes: Vec<u32> = processes
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        if let Some(found) = processes.iter().find_map(is_child) {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("no process was started")
}

/// A merge, a mailmap, trailers, a record, and garbage notes of another tool.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write(".mailmap", "Grace <g@example.org> <ada@example.org>\n");
    // Only its first line shows its language.
    repo.write("fire", "#!/usr/bin/env python3\nprint(1)\n");
    repo.write("a.rs", "fn a() {}\n").commit("Start");
    repo.git(&["switch", "-qc", "side"]);
    repo.write("b.md", "# b\n")
        .commit("Describe\n\nCo-authored-by: Claude <noreply@anthropic.com>\nLeverage-Estimate: 1.5h");
    repo.git(&["switch", "-q", "main"]);
    repo.write("c.rs", "fn c() {}\n").commit("Go on");
    repo.git(&["merge", "-q", "--no-edit", "side"]);
    let recorded = repo.run(&[
        "record",
        "--estimate",
        "3h",
        "--agent-time",
        "12.7m",
        "--title",
        "Mérge",
    ]);
    assert_eq!(recorded.code, Some(0));
    repo.git(&["notes", "--ref=refs/notes/ai", "add", "-m", "rubbish", "HEAD~1"]);
    repo
}

#[test]
fn apart_or_not_the_answer_is_the_same() {
    let world = World::new();
    let repo = kiln(&world);
    world.repo("empty");
    let url = format!("file://{}", repo.path().display());
    world
        .repo("here")
        .git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let beside = world.repo("beside");
    beside.write("a.md", "# a\n").commit("Start");
    let beside = beside.path().to_str().unwrap();
    for name in ["kiln", "empty", "shallow"] {
        let inside = world.path(name);
        let path = inside.to_str().unwrap();
        for command in [
            &["report", "--format", "json"][..],
            &["export", "commits"],
            &["export", "tasks"],
            &["scan"],
            &["inventory", "--format", "json"],
            &["inventory", "--format", "json", "--columns", "name,ai"],
        ] {
            // A single repository is not read in a separate process, and neither is the current one.
            let arguments = [command, &["--no-cache", path, beside]].concat();
            let (apart, here) = (world.run(&arguments), world.run_in(&inside, &arguments));
            assert_eq!(apart.code, here.code, "{arguments:?}");
            assert_eq!(apart.stdout, here.stdout, "{arguments:?}");
            assert_eq!(apart.stderr, here.stderr, "{arguments:?}");
            // Cold, then known; only `scan` reports what is new.
            let arguments = [command, &[path, beside]].concat();
            for ran in [world.run(&arguments), world.run(&arguments)] {
                assert!(ran.stdout == here.stdout || command == ["scan"], "{arguments:?}");
            }
        }
    }
    repo.write("d.rs", "fn d() {}\n").commit("Grow");
    let inside = repo.run(&["export", "commits", "--no-cache"]);
    assert_eq!(world.run(&["export", "commits", "kiln"]).stdout, inside.stdout);
    let both = world.run(&["export", "commits", "kiln", "empty"]);
    assert_eq!(both.stdout, inside.stdout);
}

#[test]
fn what_is_known_starts_nothing_and_what_changed_is_read_again() {
    let world = World::new();
    let [kiln, _] = known(&world);
    // A program that cannot be started would fail each repository that is not known.
    let at_once = ["-c", "leverage.limits.time=0.000001", "scan", "src"];
    assert_eq!(world.run(&at_once).code, Some(0), "all are known");
    kiln.write("b.txt", "b\n").commit("Grow");
    let ran = world.run(&at_once);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("kiln: took longer than"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("loom"), "{}", ran.stderr);
    assert_eq!(world.run(&["scan", "src"]).code, Some(0));
    assert_eq!(world.run(&at_once).code, Some(0), "known again");
    assert_eq!(world.run(&["cache", "clear", "history"]).code, Some(0));
    assert_eq!(world.run(&at_once).code, Some(3), "what was kept is gone");
    assert_eq!(world.run(&["scan", "src"]).code, Some(0));
    let rebuild = [&at_once[..], &["--rebuild"]].concat();
    assert_eq!(world.run(&rebuild).code, Some(3), "it is asked for");
}

#[test]
fn limits_are_the_users_own() {
    let world = World::new();
    let [kiln, loom] = known(&world);
    kiln.git(&["config", "leverage.limits.time", "0.000001"]);
    loom.git(&["config", "leverage.limits.time", "rubbish"]);
    for directory in [kiln.path(), loom.path(), &world.path("")] {
        let src = world.path("src");
        let ran = world.run_in(directory, &["report", "--no-cache", src.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    let global = |value| kiln.git(&["config", "--global", "leverage.limits.time", value]);
    global("0.000001");
    assert_eq!(world.run(&["report", "--no-cache", "src"]).code, Some(3));
    global("none");
    assert_eq!(world.run(&["report", "--no-cache", "src"]).code, Some(0));
    global("soon");
    let ran = world.run(&["report", "src"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr
            .contains("`leverage.limits.time` is `soon`, which is not a time"),
        "{}",
        ran.stderr
    );
}
