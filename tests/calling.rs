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
    error: cannot change to `$WORLD/gone`: not a folder
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
    let help = world.run(&["-h"]).success();
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let mut count = 0;
    for command in commands {
        let name = command.split_whitespace().next().unwrap();
        let page = page(&format!("git-leverage-{name}"));
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
