//! How the program is called: as a git command, with `-C`, wrongly.

use crate::world::World;

#[test]
fn a_wrong_option_is_a_usage_error() {
    let ran = World::new().run(&["completions", "--nonsense"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("--nonsense"), "{ran}");
}

#[test]
fn version_goes_to_stdout() {
    let ran = World::new().run(&["--version"]);
    assert_eq!(
        ran.success(),
        format!("git-leverage {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    insta::assert_snapshot!(World::new().run(&["-C", "gone", "completions", "bash"]), @r"
    [stderr]
    error: cannot change to `$WORLD/gone`: no such directory
    [exit 1]
    ");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let world = World::new();
    let mut child = world
        .leverage(&world.home())
        .args(["completions", "zsh"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
}

#[test]
fn git_finds_the_command() {
    let world = World::new();
    let repo = world.repo("kiln");
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_git-leverage"))
        .parent()
        .unwrap();
    let mut path = vec![folder.to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let output = std::process::Command::new("git")
        .args(["leverage", "--version"])
        .env("PATH", std::env::join_paths(path).unwrap())
        .current_dir(repo.path())
        .output()
        .unwrap();
    assert!(output.status.success());
}

#[test]
fn every_command_has_a_manual_page() {
    let world = World::new();
    world.run(&["manual", "share/man1"]).success();
    let page = |name: &str| {
        std::fs::read_to_string(world.path(&format!("share/man1/{name}.1")))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let help = world.run(&["help", "--all"]).success();
    let mut count = 0;
    for command in help.lines() {
        let words = command.split("  ").next().unwrap().split_whitespace();
        let words = words.take_while(|word| word.chars().all(char::is_lowercase));
        let page = page(&words.collect::<Vec<_>>().join("-"));
        assert!(page.contains(".SH SYNOPSIS"), "{page}");
        count += 1;
    }
    assert!(count > 10, "{help}");
    assert!(page("git-leverage").contains("record"));
}

#[test]
fn a_manual_that_cannot_be_written_says_where() {
    let world = World::new();
    std::fs::write(world.path("file"), "").unwrap();
    let ran = world.run(&["manual", "file/man1"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("`file/man1`"), "{ran}");
}

/// What `report --by day` says of its zone, with these variables.
fn zone_of(
    repo: &crate::world::TestRepo<'_>,
    world: &World,
    variables: &[(&str, &str)],
    args: &[&str],
) -> String {
    let output = world
        .leverage(repo.path())
        .args(args)
        .args(["report", ".", "--format", "json"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    report["zone"].as_str().unwrap().to_owned()
}

#[test]
fn settings_that_git_hands_on_win_over_the_repository() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    repo.commit("Fire");
    repo.git(&["config", "leverage.zone", "Europe/Berlin"]);
    let zone = |variables: &[(&str, &str)], args: &[&str]| zone_of(&repo, &world, variables, args);
    assert_eq!(zone(&[], &[]), "Europe/Berlin");
    for parameters in [
        "'leverage.zone'='UTC'",
        "'leverage.zone=UTC'",
        "'a.b'='c' 'Leverage.Zone'='UTC'",
    ] {
        assert_eq!(zone(&[("GIT_CONFIG_PARAMETERS", parameters)], &[]), "UTC");
    }
    let counted = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "leverage.zone"),
        ("GIT_CONFIG_VALUE_0", "Asia/Tokyo"),
    ];
    assert_eq!(zone(&counted, &[]), "Asia/Tokyo");
    // The nearer the word, the more it counts.
    let both: Vec<_> = counted
        .into_iter()
        .chain([("GIT_CONFIG_PARAMETERS", "'leverage.zone'='UTC'")])
        .collect();
    assert_eq!(zone(&both, &[]), "UTC");
    assert_eq!(
        zone(&both, &["-c", "leverage.zone=America/New_York"]),
        "America/New_York"
    );
    let broken = world
        .leverage(repo.path())
        .arg("log")
        .env("GIT_CONFIG_COUNT", "1")
        .output()
        .unwrap();
    assert_eq!(broken.status.code(), Some(1));
}

#[test]
fn git_hands_its_own_settings_on() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    repo.commit("Fire");
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_git-leverage"))
        .parent()
        .unwrap();
    let mut path = vec![folder.to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let output = std::process::Command::new("git")
        .args([
            "-c",
            "leverage.hoursPerDay=6",
            "-c",
            "user.name=It's Ada",
            "leverage",
            "record",
            "--estimate",
            "1d",
        ])
        .args(["--agent-time", "90s"])
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("HOME", world.home())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .current_dir(repo.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let line: serde_json::Value =
        serde_json::from_str(&repo.run(&["export", "tasks", "."]).success()).unwrap();
    assert_eq!(line["estimate"]["hours"], 6);
    assert_eq!(line["agent_minutes"], 1.5);
    assert!(line["by"].as_str().unwrap().starts_with("It's Ada <"), "{line}");
}

#[test]
fn a_dash_as_output_is_the_terminal() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    repo.commit("Fire\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 1m");
    let shown = |args: &[&str], output: &[&str]| {
        let mut command = world.leverage(repo.path());
        command.args(["--color", "always"]).args(args).args(output);
        let output = command.env("COLUMNS", "50").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for args in [
        &["audit"][..],
        &["audit", "--file", "kiln.rs"],
        &["report"],
        &["inventory"],
        &["inventory", "--readiness"],
    ] {
        let usual = shown(args, &[]);
        assert!(!usual.is_empty(), "{args:?}");
        assert_eq!(shown(args, &["--output", "-"]), usual, "{args:?}");
        // A file has no width and takes no colour.
        shown(args, &["--output", "out.txt"]);
        let file = std::fs::read_to_string(repo.path().join("out.txt")).unwrap();
        assert!(!file.contains('\u{1b}'), "{args:?}: {file}");
    }
}

#[test]
fn the_zone_of_the_machine_is_a_name_or_a_rule() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    let trailers = "Fire\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 1m";
    // 2026-03-29T22:30:00Z, summer time in Europe since that morning.
    repo.commit_at(trailers, 1_774_823_400);
    let day = |zone: &str, option: &[&str]| {
        let mut command = world.leverage(repo.path());
        command
            .args(["report", "--by", "day", "--format", "csv"])
            .args(option);
        let output = command.env("TZ", zone).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let days = ["2026-03-29", "2026-03-30"].into_iter();
        days.filter(|day| text.contains(day))
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (zone, expected) in [
        ("UTC", "2026-03-29"),
        ("Europe/Berlin", "2026-03-30"),
        ("America/New_York", "2026-03-29"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-30"),
        ("CET-1", "2026-03-29"),
    ] {
        assert_eq!(day(zone, &[]), expected, "{zone}");
        assert_eq!(day(zone, &["--zone", "Local"]), expected, "{zone}");
        assert_eq!(day(zone, &["--zone", "Europe/Berlin"]), "2026-03-30", "{zone}");
    }
}
