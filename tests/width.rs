//! No line of a table for people, and none above or below it, is wider than the terminal.

use unicode_width::UnicodeWidthStr;

use crate::world::World;

const WIDTHS: [usize; 4] = [60, 80, 100, 120];

/// The session logs of the demo, for commands that show more of them than notes do.
const LOGS: &str = "claude-code=leverage-demo/agent-logs/claude";

/// The arguments of each command that shows tables, in a folder in which `leverage-demo` is.
const COMMANDS: &[&[&str]] = &[
    &["report", "leverage-demo"],
    &["report", "leverage-demo", "--by", "day"],
    &[
        "report",
        "leverage-demo",
        "--by",
        "repo,day",
        "--since",
        "2026-03-28",
    ],
    &["report", "leverage-demo", "--by", "task"],
    &["report", "leverage-demo", "--by", "task", "--on", "2026-04-04"],
    &["report", "leverage-demo", "--by", "session"],
    &["report", "leverage-demo", "--by", "author,model"],
    &["report", "leverage-demo", "--lines", "source", "--by", "agent"],
    &["report", "leverage-demo", "--estimate-model", "sloc"],
    &["report", "leverage-demo", "--until", "2020-01-01"],
    &["report", "leverage-demo", "--columns", "help"],
    &["audit", "leverage-demo/accounts"],
    &["audit", "leverage-demo/accounts", "--verbose"],
    &["-C", "leverage-demo/accounts", "log"],
    &["-C", "leverage-demo/accounts", "log", "--history"],
    &["-C", "leverage-demo/accounts", "show", "HEAD"],
    &["sessions", "leverage-demo", "--agent-dir", LOGS],
    &["sessions", "leverage-demo", "--agent-dir", LOGS, "--sensitivity"],
    &["inventory", "leverage-demo"],
    &["inventory", "leverage-demo", "--readiness"],
    &[
        "inventory",
        "leverage-demo",
        "--columns",
        "identity,size,testing,history,ai,clone",
    ],
    &["status", "leverage-demo"],
    &["status", "leverage-demo", "--agent-dir", LOGS],
    &["-C", "leverage-demo/accounts", "status"],
    &["scan", "leverage-demo"],
];

/// What a command prints on a terminal of this width.
fn output(world: &World, args: &[&str], width: usize) -> String {
    let mut command = world.leverage(&world.path(""));
    command.args(args).env("COLUMNS", width.to_string());
    let output = command.output().expect("git-leverage starts");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let world = World::new();
    world.run(&["demo"]).success();
    let mut wide = Vec::new();
    for args in COMMANDS {
        for width in WIDTHS {
            let output = output(&world, args, width);
            assert!(!output.is_empty(), "{args:?} prints nothing");
            let lines = output.lines().filter(|line| line.width() > width);
            wide.extend(lines.map(|line| format!("{} at {width}: {line}", args.join(" "))));
        }
    }
    assert!(
        wide.is_empty(),
        "{} lines are too wide:\n{}",
        wide.len(),
        wide.join("\n")
    );
}

#[test]
fn a_narrow_report_shows_something_measured_beside_the_claims() {
    let world = World::new();
    world.run(&["demo"]).success();
    let reports = COMMANDS.iter().filter(|args| args[0] == "report");
    for args in reports.filter(|args| !args.contains(&"help") && !args.contains(&"--until")) {
        let output = output(&world, args, 80);
        for basis in ["claimed", "measured"] {
            let bases = output
                .lines()
                .find(|line| line.contains("─ ") || line.contains("claimed"));
            assert!(
                bases.is_some_and(|line| line.contains(basis)),
                "{args:?}: {basis}\n{output}"
            );
        }
    }
}

#[test]
fn the_demo_at_eighty_columns() {
    let world = World::new();
    world.run(&["demo"]).success();
    insta::assert_snapshot!(output(&world, &["report", "leverage-demo"], 80), @r"
    Leverage, 4 repositories

                ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌╌  derived  ──────── measured ─────────
                                   Agent                        By      Logged
    Repository  Tasks     Human     time   Factor  Commits  agents  agent time
    ──────────────────────────────────────────────────────────────────────────
    courses        22  1,375.5h  32h 59m    41.7x       42      31     18h 55m
    accounts       16      828h   4h 16m   194.1x       31      24      4h 23m
    platform       38      713h  18h 42m    38.1x       46      40     11h 36m
    console        12      119h   2h 16m    52.5x       27      15           –
    ──────────────────────────────────────────────────────────────────────────
    Total          88  3,035.5h  58h 13m    52.1x      146     110     34h 53m

    Hidden at this width: Sup., Tokens, Sup. factor, Wall factor, All-in factor,
    Wall time, +lines, -lines, +source, +tests, Sessions, Logged tokens, Logged
    sup., Parallelism
    27 of 88 tasks have no supervision time; the supervisory factor leaves them out
    41 of 88 tasks have no time in sessions; the wall and all-in factors leave them
    out
    67 of 146 commits have no task
    ");
    let by_day = [
        "report",
        "leverage-demo",
        "--by",
        "repo,day",
        "--since",
        "2026-04-03",
        "--until",
        "2026-04-04",
    ];
    insta::assert_snapshot!(output(&world, &by_day, 80), @r"
    Leverage from 2026-04-03 to 2026-04-04, 4 repositories, days in local time

                            ╌╌╌ claimed ╌╌╌  derived  ──────── measured ─────────
                                      Agent                        By      Logged
    Repository  Day          Human     time   Factor  Commits  agents  agent time
    ─────────────────────────────────────────────────────────────────────────────
    accounts    2026-04-03       –        –        –        1       1           –
    accounts    2026-04-04    812h   3h 57m   205.6x       12      12      3h 42m
    console     2026-04-03       –        –        –        0       0           –
    console     2026-04-04     26h      39m    40.0x        3       3           –
    courses     2026-04-03       –        –        –        2       1           –
    courses     2026-04-04    260h  16h 58m    15.3x        3       3     16h 25m
    platform    2026-04-03       –        –        –        1       1         23m
    platform    2026-04-04    328h   4h 47m    68.6x       10      10      4h 19m
    ─────────────────────────────────────────────────────────────────────────────
    Total                   1,426h  26h 21m    54.1x       32      31     24h 48m

    Hidden at this width: Tasks, Sup., Tokens, Sup. factor, Wall factor, All-in
    factor, Wall time, +lines, -lines, +source, +tests, Sessions, Logged tokens,
    Logged sup., Parallelism
    4 of 29 tasks have no time in sessions; the wall and all-in factors leave them
    out
    4 of 32 commits have no task
    ");
}

#[test]
fn the_columns_that_were_requested() {
    let world = World::new();
    world.run(&["demo"]).success();
    let asked = [
        "report",
        "leverage-demo",
        "--columns",
        "commits,Factor,+LINES",
        "-n",
        "2",
    ];
    insta::assert_snapshot!(output(&world, &asked, 80), @r"
    Leverage, 4 repositories

                measured  derived  measured
    Repository   Commits   Factor    +lines
    ───────────────────────────────────────
    courses           42    41.7x    11,859
    accounts          31   194.1x     7,903
    ───────────────────────────────────────
    Total            146    52.1x    29,136

    2 more rows; the totals include them
    27 of 88 tasks have no supervision time; the supervisory factor leaves them out
    41 of 88 tasks have no time in sessions; the wall and all-in factors leave them
    out
    67 of 146 commits have no task
    ");
}

#[test]
fn an_unknown_column_leads_to_a_known_one() {
    let world = World::new();
    world.run(&["demo"]).success();
    insta::assert_snapshot!(world.run(&["report", "leverage-demo", "--columns", "comits"]), @r"
    [stderr]
    error: unknown column `comits`; did you mean `commits`?
    hint: `--columns help` lists them
    [exit 2]
    ");
    insta::assert_snapshot!(world.run(&["scan", "leverage-demo", "--columns", "lines"]), @r"
    [stderr]
    error: unknown column `lines`; did you mean `lines_added`?
    hint: `--columns help` lists them
    [exit 2]
    ");
    insta::assert_snapshot!(world.run(&["scan", "leverage-demo", "--columns", "repository,commits"]), @r"
                measured
    Repository   Commits
    ────────────────────
    accounts          31
    console           27
    courses           42
    platform          46
    ────────────────────
    Total            146
    [exit 0]
    ");
}
