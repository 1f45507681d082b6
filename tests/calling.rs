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
