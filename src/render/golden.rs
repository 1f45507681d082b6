//! One document with hostile text in every place that takes text, in every format.

use super::document::{Basis, Cell, Column, Document, Table};
use super::format::{csv, html, markdown, terminal};
use super::terminal::Screen;
use crate::facts::quantity::{Hours, Minutes};

const HOSTILE: &str = "=cmd|'/c calc'!A1\x1b[2J\u{202e}<img src=x onerror=\"a\">\n`[x](y)`";

fn document() -> Document {
    let table = Table {
        title: Some("Tasks \x1b]0;pwned\x07".to_owned()),
        columns: vec![
            Column::text("title", "task"),
            Column::number("human_hours", "human", Basis::Claimed),
            Column::number("agent_minutes", "agent", Basis::Claimed),
            Column::number("leverage_factor", "leverage", Basis::Derived),
            Column::number("commits", "commits", Basis::Measured).drop_order(1),
        ],
        rows: vec![
            row(HOSTILE, 40.0, Some(25.0)),
            row("日本語のタイトルは幅が二倍", 1386.0, None),
        ],
        totals: Some(vec![
            Cell::text("total"),
            Cell::known(Hours::new(1426.0), Cell::Hours),
            Cell::known(Minutes::new(25.0), Cell::Minutes),
            Cell::Factor(96.0),
            Cell::Count(2000),
        ]),
        more_rows: 3,
        notes: vec!["1 task without agent time is in no factor: \u{9b}31m<b>".to_owned()],
    };
    Document {
        title: Some("Report <script>".to_owned()),
        tables: vec![table],
        notes: vec!["-1".to_owned()],
        ..Document::default()
    }
}

fn row(title: &str, hours: f64, minutes: Option<f64>) -> Vec<Cell> {
    vec![
        Cell::text(title),
        Cell::known(Hours::new(hours), Cell::Hours),
        Cell::known(minutes.and_then(Minutes::new), Cell::Minutes),
        Cell::known(minutes.map(|minutes| hours * 60.0 / minutes), Cell::Factor),
        Cell::Count(1000),
    ]
}

#[test]
fn a_wide_terminal_shows_all() {
    insta::assert_snapshot!(terminal::render(&document(), Screen::default()), @r#"
    Report <script>

    Tasks \x1b]0;pwned\x07
                                                                       ╌╌ claimed ╌╌  derived   measured
    task                                                                human  agent  leverage   commits
    ────────────────────────────────────────────────────────────────────────────────────────────────────
    =cmd|'/c calc'!A1\x1b[2J\u{202e}<img src=x onerror="a">\n`[x](y)`     40h    25m     96.0x     1,000
    日本語のタイトルは幅が二倍                                         1,386h      –         –     1,000
    ────────────────────────────────────────────────────────────────────────────────────────────────────
    total                                                              1,426h    25m     96.0x     2,000

    3 more rows; the totals include them
    1 task without agent time is in no factor: \x9b31m<b>

    -1
    "#);
}

#[test]
fn a_terminal_of_80_columns_shortens_titles() {
    let text = terminal::render(
        &document(),
        Screen {
            width: Some(80),
            color: false,
        },
    );
    insta::assert_snapshot!(text, @r"
    Report <script>

    Tasks \x1b]0;pwned\x07
                                                   ╌╌ claimed ╌╌  derived   measured
    task                                            human  agent  leverage   commits
    ────────────────────────────────────────────────────────────────────────────────
    =cmd|'/c calc'!A1\x1b[2J\u{202e}<img src=x o…     40h    25m     96.0x     1,000
    日本語のタイトルは幅が二倍                     1,386h      –         –     1,000
    ────────────────────────────────────────────────────────────────────────────────
    total                                          1,426h    25m     96.0x     2,000

    3 more rows; the totals include them
    1 task without agent time is in no factor: \x9b31m<b>

    -1
    ");
}

#[test]
fn a_narrow_terminal_loses_spare_columns_and_says_so() {
    let text = terminal::render(
        &document(),
        Screen {
            width: Some(40),
            color: false,
        },
    );
    insta::assert_snapshot!(text, @r"
    Report <script>

    Tasks \x1b]0;pwned\x07
                           claimed  derived
    task                     human  leverage
    ────────────────────────────────────────
    =cmd|'/c calc'!A1\x1…      40h     96.0x
    日本語のタイトルは幅…   1,386h         –
    ────────────────────────────────────────
    total                   1,426h     96.0x

    3 more rows; the totals include them
    Hidden at this width: agent, commits
    1 task without agent time is in no
    factor: \x9b31m<b>

    -1
    ");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    use unicode_width::UnicodeWidthStr;
    for width in 44..200 {
        let text = terminal::render(
            &document(),
            Screen {
                width: Some(width),
                color: false,
            },
        );
        let widest = text.lines().map(UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{width}: {widest:?}\n{text}");
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = terminal::render(
        &document(),
        Screen {
            width: Some(60),
            color: false,
        },
    );
    let colored = terminal::render(
        &document(),
        Screen {
            width: Some(60),
            color: true,
        },
    );
    assert_ne!(plain, colored);
    let stripped = anstream::adapter::strip_str(&colored).to_string();
    assert_eq!(
        plain,
        stripped
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect::<String>()
    );
    assert!(!plain.contains('\x1b'));
}

#[test]
fn csv_is_for_machines() {
    insta::assert_snapshot!(csv::render(&document().tables[0]).escape_debug().to_string().replace("\\n", "\n"), @r#"
    title,human_hours,agent_minutes,leverage_factor,commits
    \"\'=cmd|\'/c calc\'!A1\\x1b[2J\\u{202e}<img src=x onerror=\"\"a\"\">\
    `[x](y)`\",40,25,96,1000
    日本語のタイトルは幅が二倍,1386,,,1000
    "#);
}

#[test]
fn markdown_is_a_table_and_nothing_else() {
    insta::assert_snapshot!(markdown::render(&document()), @r#"
    # Report \<script\>

    ## Tasks \\x1b\]0;pwned\\x07

    | task | human | agent | leverage | commits |
    | :--- | ---: | ---: | ---: | ---: |
    | =cmd\|'/c calc'!A1\\x1b\[2J\\u{202e}\<img src=x onerror="a"\>\\n`[x](y)` | 40h | 25m | 96.0x | 1,000 |
    | 日本語のタイトルは幅が二倍 | 1,386h | – | – | 1,000 |
    | **total** | **1,426h** | **25m** | **96.0x** | **2,000** |

    - 3 more rows; the totals include them
    - human, agent are claimed; commits is measured; leverage is derived
    - 1 task without agent time is in no factor: \\x9b31m\<b\>

    - -1
    "#);
}

#[test]
fn html_holds_no_tag_of_theirs() {
    let page = html::render(&document());
    let (_, body) = page.split_once("<main").unwrap();
    insta::assert_snapshot!(body, @r#"
     class="wrap" id="main"><h1>Report &lt;script&gt;</h1><ul class="code-key"><li><span class="m claimed" aria-hidden="true"></span>claimed by a person</li><li><span class="m measured" aria-hidden="true"></span>measured in git or an agent’s log</li><li><span class="m derived" aria-hidden="true"></span>factor of claims</li><li><span class="m derived solid" aria-hidden="true"></span>factor over measured minutes</li><li><span class="m estimated" aria-hidden="true"></span>estimated by a rule</li><li><span class="u">–</span> unknown</li></ul>
    <h2>Tasks \x1b]0;pwned\x07</h2><section class="scroll" tabindex="0" aria-label="Tasks \x1b]0;pwned\x07"><table data-sort><thead><tr class="bands"><td colspan="1"></td><th class="edge claimed" scope="colgroup" colspan="2"><span class="m claimed" aria-hidden="true"></span>claimed</th><th class="edge derived" scope="colgroup" colspan="1"><span class="m derived" aria-hidden="true"></span>derived</th><th class="edge measured" scope="colgroup" colspan="1"><span class="m measured" aria-hidden="true"></span>measured</th></tr>
    <tr><th scope="col" class="key">task</th><th scope="col" class="n edge">human</th><th scope="col" class="n">agent</th><th scope="col" class="n edge">leverage</th><th scope="col" class="n edge">commits</th></tr></thead><tbody>
    <tr><th scope="row">=cmd|'/c calc'!A1\x1b[2J\u{202e}&lt;img src=x onerror=&quot;a&quot;&gt;\n`[x](y)`</th><td class="n edge" data-v="40">40h</td><td class="n" data-v="25">25m</td><td class="n edge" data-v="96">96.0x</td><td class="n edge" data-v="1000">1,000</td></tr>
    <tr><th scope="row">日本語のタイトルは幅が二倍</th><td class="n edge" data-v="1386">1,386h</td><td class="n u">–</td><td class="n u edge">–</td><td class="n edge" data-v="1000">1,000</td></tr></tbody><tfoot>
    <tr><th scope="row">total</th><td class="n edge" data-v="1426">1,426h</td><td class="n" data-v="25">25m</td><td class="n edge" data-v="96">96.0x</td><td class="n edge" data-v="2000">2,000</td></tr></tfoot></table></section><p class="sub">3 more rows; the totals include them</p>
    <ul class="faint"><li>1 task without agent time is in no factor: \x9b31m&lt;b&gt;</li></ul>
    <ul class="faint"><li>-1</li></ul></main><footer class="foot"><div class="wrap"><p>Made by <code>git leverage</code>.</p></div></footer></body></html>
    "#);
}
