//! Help, and what is said of a call that is wrong.

use crate::world::World;

#[test]
fn help_describes_the_program_and_each_command() {
    let world = World::new();
    let help = world.run(&["help"]).success();
    assert_eq!(help, world.run(&["--help"]).success());
    for group in ["Record work:", "Report and check:", "Share and exchange:"] {
        assert!(help.contains(group), "{help}");
    }
    let all = world.run(&["help", "-a"]).success();
    assert!(all.contains("git leverage sessions show"), "{all}");
    for command in git_leverage::testing::cli::commands() {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        assert!(
            all.contains(&format!("git leverage {command} ")),
            "{command}: {all}"
        );
        let described = world.run(&["help", &command]).success();
        assert_eq!(described, world.run(&[&command, "--help"]).success());
        assert!(
            described.contains(&format!("git leverage {command}")),
            "{described}"
        );
    }
    let inner = world.run(&["help", "sessions", "show"]).success();
    assert_eq!(inner, world.run(&["sessions", "show", "--help"]).success());
}

#[test]
fn the_commands_have_a_line_each() {
    let world = World::new();
    let help = world
        .leverage(&world.path(""))
        .arg("-h")
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let groups = help.split("Options:").next().unwrap();
    for line in groups.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn the_short_help_leaves_out_what_few_need_and_says_so() {
    let world = World::new();
    for command in ["report", "sessions", "scan", "audit"] {
        let short = world.run(&[command, "-h"]).success();
        let long = world.run(&[command, "--help"]).success();
        assert!(short.contains("`--help` lists all options"), "{short}");
        for option in ["--no-cache", "--verbose", "--ignore-foreign-trailers"] {
            assert!(!short.contains(option), "{short}");
            assert!(long.contains(option), "{long}");
        }
    }
    let report = world.run(&["report", "-h"]).success();
    assert!(report.lines().count() <= 50, "{report}");
}

#[test]
fn no_paragraph_of_a_help_is_broken_in_the_middle() {
    let world = World::new();
    for command in git_leverage::testing::cli::commands() {
        for columns in ["60", "80", "100"] {
            let ran = world
                .leverage(&world.path(""))
                .args([&command, "-h"])
                .env("COLUMNS", columns)
                .output();
            let help = String::from_utf8(ran.unwrap().stdout).unwrap();
            let width: usize = columns.parse().unwrap();
            let lines: Vec<&str> = help.lines().collect();
            for pair in lines.windows(2) {
                let [line, next] = pair else { continue };
                let is_text = |line: &str| !line.is_empty() && !line.starts_with(' ');
                if !is_text(line) || !is_text(next) || line.ends_with(':') {
                    continue;
                }
                // The next word would have found no room.
                let word = next.split(' ').next().unwrap().chars().count();
                assert!(
                    line.chars().count() + 1 + word > width,
                    "{command} at {columns}:\n{line}\n{next}"
                );
            }
        }
    }
}

#[test]
fn a_wrong_call_is_told_with_what_was_meant() {
    let world = World::new();
    for (call, message, hint) in [
        (
            &["lgo"][..],
            "unknown command `lgo`",
            "Did you mean `git leverage log`?",
        ),
        (
            &["nonsense"],
            "unknown command `nonsense`",
            "`git leverage -h` lists the commands",
        ),
        (
            &["help", "reprot"],
            "unknown command `reprot`",
            "`git leverage report`",
        ),
        (&["report", "--sine", "x"], "unknown option `--sine`", "`--since`"),
        (
            &["cache", "cleer"],
            "unknown command `cleer`",
            "`git leverage cache clear`",
        ),
        (
            &["show", "-z"],
            "unknown option `-z`",
            "`git leverage show -h` lists the options",
        ),
        (
            &["report", "--format", "jsn"],
            "invalid value for `--format`: `jsn`",
            "Did you mean `json`?",
        ),
        (&["report", "--jobs", "0"], "invalid value for `--jobs`: `0`", ""),
        (&["report", "--by"], "`--by` needs a value", ""),
        (&["revise"], "missing `", "Usage: git leverage revise"),
        (
            &["record", "a", "b"],
            "unexpected argument `b`",
            "Usage: git leverage record",
        ),
        (&["-q", "-v"], "`--quiet` cannot be used with `--verbose`", ""),
    ] {
        let ran = world.run(call);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.starts_with("error: "), "{ran}");
        assert!(ran.stderr.contains(message), "{message}: {ran}");
        assert!(ran.stderr.contains(hint), "{hint}: {ran}");
        assert!(!ran.stderr.contains('\''), "{ran}");
        assert!(!ran.stderr.contains("-- -"), "{ran}");
    }
}
