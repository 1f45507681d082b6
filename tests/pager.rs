//! Long output on a terminal goes through the pager that git would take, and short messages, files and pipes do not.

use crate::world::{TestRepo, World, can_try};

/// Whether a terminal can be had for a test, from the `script` of util-linux.
fn can_have_a_terminal() -> bool {
    let tried = std::process::Command::new("script").arg("--version").output();
    let can = tried.is_ok_and(|ran| String::from_utf8_lossy(&ran.stdout).contains("util-linux"));
    can_try("`script` of util-linux", can)
}

/// What a terminal of 80 columns shows of a command line, and the exit code.
fn on_terminal(
    world: &World,
    repo: &TestRepo<'_>,
    variables: &[(&str, &str)],
    line: &str,
) -> (String, Option<i32>) {
    let program = env!("CARGO_BIN_EXE_git-leverage");
    let folder = std::path::Path::new(program).parent().unwrap();
    let script = format!(
        "PATH='{}':\"$PATH\"; export PATH; exec script -qec \"stty rows 24 cols 80; $LINE\" /dev/null </dev/null",
        folder.display()
    );
    let mut command = world.shell(repo.path(), &script);
    for name in [
        "PAGER",
        "GIT_PAGER",
        "GIT_PAGER_IN_USE",
        "LESS",
        "NO_COLOR",
        "COLUMNS",
    ] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").env("LINE", line);
    let ran = command.envs(variables.iter().copied()).output().unwrap();
    let shown = String::from_utf8_lossy(&ran.stdout).replace('\r', "");
    (shown, ran.status.code())
}

fn repo(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("a.rs", "one\n")
        .commit("Claim\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 5m\n");
    repo
}

/// A pager that marks what it shows.
const MARK: &str = "sed s/^/paged:/";

#[test]
fn output_is_paged_once_however_the_pager_is_chosen() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    let with = |line: &str| line.replace("MARK", MARK);
    for (variables, line) in [
        (&[("GIT_PAGER", MARK)][..], "git leverage log"),
        (&[("GIT_PAGER", MARK)], "git-leverage log"),
        (&[("GIT_PAGER", MARK)], "git --paginate leverage log"),
        (&[("PAGER", MARK)], "git leverage log"),
        (&[], "git -c core.pager='MARK' leverage log"),
        (&[], "git -c pager.leverage='MARK' leverage log"),
        (&[], "git-leverage -c pager.leverage='MARK' log"),
        (&[("GIT_PAGER", MARK)], "git -c pager.leverage=true leverage log"),
        (&[("GIT_PAGER", MARK)], "git leverage help record"),
        (&[("GIT_PAGER", MARK)], "git leverage record --help"),
        (&[("GIT_PAGER", MARK)], "git leverage audit ."),
        (&[("GIT_PAGER", MARK)], "git leverage log --format json"),
    ] {
        let (shown, _) = on_terminal(&world, &repo, variables, &with(line));
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines.len() > 1, "{line}: {shown}");
        for shown in &lines {
            assert!(shown.starts_with("paged:"), "{line}: {lines:#?}");
            assert!(!shown.starts_with("paged:paged:"), "{line}: {lines:#?}");
        }
    }
}

#[test]
fn output_is_not_paged_where_that_would_hide_it_or_is_not_wanted() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    let marked = [("GIT_PAGER", MARK)];
    for (variables, line) in [
        (&marked[..], "git --no-pager leverage log"),
        (&marked, "git -c pager.leverage=false leverage log"),
        (&marked, "git-leverage -c pager.leverage=false log"),
        (&marked, "git leverage log | cat"),
        (&marked, "git leverage record -n --estimate 1h --another"),
        (&marked, "git leverage -h"),
        (&marked, "git leverage status"),
        (&marked, "git leverage log --no-such-option"),
        (&marked, "git leverage show nothing"),
        (&[("GIT_PAGER", ""), ("PAGER", MARK)], "git leverage log"),
        (&[("GIT_PAGER", "cat"), ("PAGER", MARK)], "git leverage log"),
    ] {
        let (shown, _) = on_terminal(&world, &repo, variables, line);
        assert!(!shown.is_empty() && !shown.contains("paged:"), "{line}: {shown}");
    }
}

#[test]
fn a_repository_names_no_pager() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    for name in ["core.pager", "pager.leverage"] {
        repo.git(&["config", name, "sed s/^/evil:/"]);
    }
    let (shown, code) = on_terminal(&world, &repo, &[("PAGER", MARK)], "git-leverage log");
    assert!(shown.starts_with("paged:") && !shown.contains("evil:"), "{shown}");
    assert_eq!(code, Some(0));
    // Git itself runs `pager.leverage` before this program is started, but not `core.pager`.
    repo.git(&["config", "--unset", "pager.leverage"]);
    let (shown, code) = on_terminal(&world, &repo, &[("PAGER", MARK)], "git leverage log");
    assert!(shown.starts_with("paged:") && !shown.contains("evil:"), "{shown}");
    assert_eq!(code, Some(0));
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    // Leaves at once, and reads nothing.
    let left = [("GIT_PAGER", "exec true")];
    assert_eq!(on_terminal(&world, &repo, &left, "git-leverage log").1, Some(0));
    assert_eq!(
        on_terminal(&world, &repo, &left, "git-leverage help report").1,
        Some(0)
    );
    let failing = [("GIT_PAGER", "cat >/dev/null; exit 7")];
    assert_eq!(
        on_terminal(&world, &repo, &failing, "git-leverage log").1,
        Some(0)
    );
    let audit = "git-leverage audit --strict --level note .";
    let unpaged = on_terminal(&world, &repo, &[("GIT_PAGER", "cat")], audit).1;
    assert_eq!(unpaged, Some(4));
    for pager in ["cat >/dev/null", "exec true", "exit 7"] {
        assert_eq!(
            on_terminal(&world, &repo, &[("GIT_PAGER", pager)], audit).1,
            unpaged,
            "{pager}"
        );
    }
}

#[test]
fn a_pager_that_is_not_there_is_named_and_the_output_shown() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    let (shown, code) = on_terminal(
        &world,
        &repo,
        &[("GIT_PAGER", "no-such-pager")],
        "git-leverage log",
    );
    assert!(shown.contains("cannot run the pager `no-such-pager`"), "{shown}");
    assert!(shown.contains("Claim"), "{shown}");
    assert!(!shown.contains("os error"), "{shown}");
    assert_eq!(code, Some(0));
}

#[test]
fn color_and_width_are_those_of_the_terminal_behind_the_pager() {
    if !can_have_a_terminal() {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    let passed = ("GIT_PAGER", "cat -");
    for (variables, line, colored) in [
        (&[passed][..], "git leverage help", true),
        (&[passed], "git --paginate leverage help", true),
        (&[("GIT_PAGER", "cat")], "git leverage help", true),
        (&[passed, ("NO_COLOR", "1")], "git leverage help", false),
        (
            &[passed, ("NO_COLOR", "1")],
            "git leverage --color=always help",
            true,
        ),
        (&[passed, ("TERM", "dumb")], "git leverage help", false),
        (&[passed], "git leverage --color=never help", false),
        (&[passed], "git leverage help | cat", false),
        (&[passed], "git leverage --color=always help | cat", true),
        (&[], "git leverage -h", true),
        (&[("NO_COLOR", "1")], "git leverage -h", false),
        (&[("NO_COLOR", "1")], "git leverage --nonsense", false),
        (&[("TERM", "dumb")], "git leverage --nonsense", false),
        (&[], "git leverage --nonsense", true),
    ] {
        let (shown, _) = on_terminal(&world, &repo, variables, line);
        assert_eq!(shown.contains('\u{1b}'), colored, "{variables:?} {line}: {shown}");
        assert!(shown.len() > 20, "{shown}");
    }
    let (paged, _) = on_terminal(&world, &repo, &[passed], "git leverage log");
    let (plain, _) = on_terminal(&world, &repo, &[("GIT_PAGER", "cat")], "git leverage log");
    let (by_git, _) = on_terminal(&world, &repo, &[passed], "git --paginate leverage log");
    assert_eq!(paged, plain);
    assert_eq!(by_git, plain);
}

#[test]
fn less_shows_short_output_and_ends() {
    let less = std::process::Command::new("less").arg("--version").output();
    if !can_have_a_terminal() || !can_try("`less`", less.is_ok()) {
        return;
    }
    let world = World::new();
    let repo = repo(&world);
    let (shown, code) = on_terminal(
        &world,
        &repo,
        &[("LINES", "24")],
        "stty rows 24; git-leverage log",
    );
    assert!(shown.contains("Claim"), "{shown}");
    assert_eq!(code, Some(0));
}
