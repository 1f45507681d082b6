//! What holds for all charts, whatever their data: read back from the attributes of the drawings.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use maud::html;

use super::calendar::{Calendar, CalendarDay, Period};
use super::clock::{Clock, Lane, LaneCommit, LaneSession};
use super::languages::Languages;
use super::order::{Order, OrderEvent};
use super::phases::Phases;
use super::rests::{Rests, RestsRow};
use super::scatter::{Scatter, ScatterTask};
use super::standing::{Standing, StandingRow};
use super::strips::{Strip, StripTask, Strips, swarm};
use super::svg::{BOLD, text_width};
use super::weights::{Weight, Weights};
use super::{Drawing, WIDTHS, cells, figure};
use crate::render::href::Href;

/// An element with its attributes and its own text.
#[derive(Debug, Clone, PartialEq)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn has_class(&self, class: &str) -> bool {
        self.attributes
            .get("class")
            .is_some_and(|classes| classes.split(' ').any(|one| one == class))
    }

    fn number(&self, name: &str) -> f64 {
        self.attributes[name].parse().unwrap()
    }
}

/// The elements of markup whose attributes are all in double quotes.
fn elements(markup: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    for piece in markup.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        if tag.starts_with('/') {
            continue;
        }
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while let Some((key, more)) = rest.split_once("=\"") {
            let (value, more) = more.split_once('"').unwrap();
            attributes.insert(key.trim().to_owned(), value.to_owned());
            rest = more;
        }
        found.push(Element {
            name: name.to_owned(),
            attributes,
            text: text.to_owned(),
        });
    }
    found
}

/// The corners of a path of absolute `M` and `L`, and of relative `h`, `v`, `l` and `z`.
fn corners(d: &str) -> Vec<(f64, f64)> {
    let mut found = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let starts: Vec<usize> = d
        .match_indices(|c: char| c.is_ascii_alphabetic())
        .map(|(at, _)| at)
        .collect();
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(d.len());
        let numbers: Vec<f64> = d[start + 1..end]
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        match (&d[*start..=*start], numbers.as_slice()) {
            ("M" | "L", [to_x, to_y]) => (x, y) = (*to_x, *to_y),
            ("h", [by]) => x += by,
            ("v", [by]) => y += by,
            ("l", [by_x, by_y]) => (x, y) = (x + by_x, y + by_y),
            ("z" | "Z", []) => {}
            other => panic!("{other:?} in {d}"),
        }
        found.push((x, y));
    }
    found
}

/// The corners of what an element covers, by estimate for a text.
fn extent(element: &Element) -> Vec<(f64, f64)> {
    let number = |name: &str| element.number(name);
    match element.name.as_str() {
        "line" => vec![(number("x1"), number("y1")), (number("x2"), number("y2"))],
        "circle" => {
            let (x, y, r) = (number("cx"), number("cy"), number("r"));
            vec![(x - r, y - r), (x + r, y + r)]
        }
        "rect" => {
            let (x, y) = (number("x"), number("y"));
            vec![(x, y), (x + number("width"), y + number("height"))]
        }
        "path" => corners(&element.attributes["d"]),
        "text" => {
            let bold = if element.has_class("str") { BOLD } else { 1.0 };
            let text = element
                .text
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
                .replace("&quot;", "\"");
            let (x, y, wide) = (number("x"), number("y"), text_width(&text) * bold);
            let left = match () {
                () if element.has_class("e") => x - wide,
                () if element.has_class("c") => x - wide / 2.0,
                () => x,
            };
            vec![(left, y - 9.0), (left + wide, y + 3.0)]
        }
        _ => Vec::new(),
    }
}

/// Whether all of it is inside.
fn assert_inside(what: &str, markup: &str, width: f64, height: f64) {
    // Patterns have their own coordinates.
    let markup = markup.split_once("</defs>").map_or(markup, |(_, drawn)| drawn);
    assert!(
        !markup.contains("NaN") && !markup.contains("inf"),
        "{what}: {markup}"
    );
    let mut up = 0.0;
    for element in elements(markup) {
        if let Some(moved) = element.attributes.get("transform") {
            up = moved
                .trim_start_matches("translate(0 ")
                .trim_end_matches(')')
                .parse()
                .unwrap();
        }
        for (x, y) in extent(&element) {
            let y = y + up;
            assert!(
                (-1.0..=width + 1.0).contains(&x) && (-1.0..=height + 1.0).contains(&y),
                "{what}: {element:?} at {x} {y}, outside of {width} × {height}"
            );
        }
    }
}

fn href(id: usize) -> Option<Href> {
    Href::path(format!("tasks/{id}.html"))
}

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2020, 2, 27).unwrap() + Days::new(n)
}

fn rests(count: usize, hours: f64) -> Rests {
    let row = |at: usize| RestsRow {
        name: format!("repository {at}"),
        is_total: at == 0,
        parts: [(1, hours), (0, 0.0), (2, hours * 3.0), (1, 0.1), (1, hours / 7.0)],
    };
    Rests {
        rows: (0..count).map(row).collect(),
    }
}

fn strips(rows: usize, tasks: usize, factor: impl Fn(usize) -> f64, hours: impl Fn(usize) -> f64) -> Strips {
    let task = |at: usize| StripTask {
        factor: factor(at),
        hours: hours(at),
        tip: format!("task {at}"),
        href: href(at),
    };
    let row = |row: usize| Strip {
        name: format!("2026-04-{row:02}"),
        factor: Some(factor(row)),
        href: href(row),
        tasks: (0..tasks).map(|at| task(row * tasks + at)).collect(),
    };
    Strips {
        rows: (0..rows).map(row).collect(),
    }
}

fn calendar(days: u64, factor: impl Fn(u64) -> f64) -> Calendar {
    let one = |n: u64| CalendarDay {
        day: day(n),
        href: href(1),
        factor_terms: Some((factor(n), 60.0)),
        measured_terms: n.is_multiple_of(2).then(|| (factor(n), 30.0)),
        tasks: 3,
        measured_tasks: 1,
        human_hours: Some(factor(n)),
        agent_minutes: Some(60.0),
        logged_minutes: (!n.is_multiple_of(3)).then_some(30.0),
        sessions: Some(2),
        commits: n % 5,
        agent_commits: n % 2,
    };
    Calendar {
        first: day(0),
        last: day(days - 1),
        days: (0..days).map(one).collect(),
    }
}

fn weights(
    count: usize,
    minutes: impl Fn(usize) -> f64,
    hours: impl Fn(usize) -> f64,
    title: &str,
) -> Weights {
    let task = |at: usize| Weight {
        title: title.to_owned(),
        href: href(at),
        hours: hours(at),
        minutes: minutes(at),
    };
    Weights {
        tasks: (0..count).map(task).collect(),
    }
}

fn scatter(
    count: usize,
    minutes: impl Fn(usize) -> f64,
    hours: impl Fn(usize) -> f64,
    title: &str,
) -> Scatter {
    let task = |at: usize| ScatterTask {
        title: title.to_owned(),
        href: href(at),
        hours: hours(at),
        minutes: minutes(at),
        logged_minutes: at.is_multiple_of(2).then(|| minutes(at) * 3.0),
        tip: title.to_owned(),
    };
    Scatter {
        tasks: (0..count).map(task).collect(),
    }
}

fn clock(lanes: usize, sessions: i64, length: i64) -> Clock {
    let start = 1_775_000_000;
    let lane = |at: usize| Lane {
        name: format!("repository {at}"),
        sessions: (0..sessions)
            .map(|n| LaneSession {
                tip: format!("session {n}"),
                href: None,
                from: start + n * 600,
                to: start + n * 600 + length,
                worked: vec![(start + n * 600, start + n * 600 + length / 2, 0.5)],
            })
            .collect(),
        commits: (0..sessions)
            .map(|n| LaneCommit {
                at: start + n * 700,
                by_agent: n % 2 == 0,
                tip: "commit".to_owned(),
                href: href(1),
            })
            .collect(),
    };
    Clock {
        lanes: (0..lanes).map(lane).collect(),
        zone: "Asia/Kolkata".parse().unwrap(),
        within: None,
    }
}

fn order(events: i64, apart: i64, word: &str) -> Order {
    let start = 1_775_000_000;
    let event = |n: i64| OrderEvent {
        at: start + n * apart,
        word: word.to_owned(),
        is_claim: n % 2 == 0,
    };
    Order {
        sessions: (0..events / 2)
            .map(|n| (start + n * 300, start + n * 300 + 1_200, word.to_owned()))
            .collect(),
        events: (0..events).map(event).collect(),
        zone: "Europe/Berlin".parse().unwrap(),
    }
}

fn named(name: &str) -> Vec<(String, Box<dyn Drawing>)> {
    let standing = |standing| StandingRow {
        name: name.to_owned(),
        added: 7,
        standing,
        by_agent: true,
    };
    let mut rests = rests(3, 10.0);
    rests
        .rows
        .iter_mut()
        .for_each(|row| name.clone_into(&mut row.name));
    let mut strips = strips(2, 3, |at| at as f64 + 1.0, |_| 2.0);
    strips
        .rows
        .iter_mut()
        .for_each(|row| name.clone_into(&mut row.name));
    let mut clock = clock(2, 2, 100);
    clock
        .lanes
        .iter_mut()
        .for_each(|lane| name.clone_into(&mut lane.name));
    let all: Vec<Box<dyn Drawing>> = vec![
        Box::new(rests),
        Box::new(strips),
        Box::new(weights(5, |at| at as f64 + 1.0, |_| 3.0, name)),
        Box::new(scatter(5, |at| at as f64 + 1.0, |_| 3.0, name)),
        Box::new(clock),
        Box::new(order(4, 500, name)),
        Box::new(order(3, 90_000, name)),
        Box::new(Standing {
            rows: vec![standing(Some(3)), standing(None), standing(Some(9))],
        }),
        Box::new(Phases {
            phases: vec![(name.to_owned(), 3.0), (name.to_owned(), 0.0)],
        }),
        Box::new(Languages {
            rows: vec![(name.to_owned(), 3), (name.to_owned(), 0)],
        }),
    ];
    all.into_iter()
        .enumerate()
        .map(|(at, chart)| (format!("{name:.12} {at}"), chart))
        .collect()
}

type Named = Vec<(String, Box<dyn Drawing>)>;

/// Every chart with usual and with odd data.
fn charts() -> Named {
    let mut all = bars();
    all.extend(over_time());
    all.extend(of_tasks());
    all.extend(of_events());
    for name in [
        "",
        "x".repeat(1_000).as_str(),
        "日本語の題名".repeat(50).as_str(),
        "\"><script>&\u{202e}\0".repeat(40).as_str(),
    ] {
        all.extend(named(name));
    }
    all
}

fn bars() -> Named {
    let mut all: Named = Vec::new();
    let mut add = |name: String, chart: Box<dyn Drawing>| all.push((name, chart));
    for count in [1, 2, 40, 41, 60] {
        add(format!("rests {count}"), Box::new(rests(count, 100_000.0)));
        add(
            format!("phases {count}"),
            Box::new(Phases {
                phases: vec![("phase".to_owned(), 0.1); count],
            }),
        );
        add(
            format!("languages {count}"),
            Box::new(Languages {
                rows: vec![("Rust".to_owned(), u64::MAX); count],
            }),
        );
        let row = StandingRow {
            name: "none".to_owned(),
            added: u64::MAX,
            standing: Some(1),
            by_agent: false,
        };
        add(
            format!("standing {count}"),
            Box::new(Standing {
                rows: vec![row; count],
            }),
        );
    }
    add("no hours".to_owned(), Box::new(rests(4, 0.0)));
    all
}

fn powers(at: usize) -> f64 {
    10_f64.powi((at % 9) as i32 - 2)
}

fn over_time() -> Named {
    let mut all: Named = Vec::new();
    let mut add = |name: String, chart: Box<dyn Drawing>| all.push((name, chart));
    for (rows, tasks) in [(1, 1), (1, 30), (4, 20), (31, 12), (20, 30)] {
        add(
            format!("strips of all powers {rows} {tasks}"),
            Box::new(strips(rows, tasks, powers, |at| powers(at) * 10.0)),
        );
        add(
            format!("equal strips {rows} {tasks}"),
            Box::new(strips(rows, tasks, |_| 20.0, |_| 100_000.0)),
        );
    }
    for days in [1, 2, 28, 119, 121, 700, 2_000, 20_000] {
        add(
            format!("calendar {days}"),
            Box::new(calendar(days, |n| powers(n as usize))),
        );
        add(
            format!("equal calendar {days}"),
            Box::new(calendar(days, |_| 0.01)),
        );
    }
    all
}

fn of_tasks() -> Named {
    let mut all: Named = Vec::new();
    let mut add = |name: String, chart: Box<dyn Drawing>| all.push((name, chart));
    for count in [1, 7, 300, 1_000] {
        let vary = |at: usize| (at * 37 % 101) as f64 + 0.1;
        add(
            format!("weights {count}"),
            Box::new(weights(count, powers, vary, "title")),
        );
        add(
            format!("equal weights {count}"),
            Box::new(weights(count, |_| 1.0, |_| 100_000.0, "title")),
        );
        add(
            format!("scatter {count}"),
            Box::new(scatter(count, powers, vary, "title")),
        );
        add(
            format!("equal scatter {count}"),
            Box::new(scatter(count, |_| 1.0, |_| 1e6, "title")),
        );
    }
    all
}

fn of_events() -> Named {
    let mut all: Named = Vec::new();
    let mut add = |name: String, chart: Box<dyn Drawing>| all.push((name, chart));
    for (lanes, sessions, length) in [(1, 1, 0), (3, 20, 1_000), (50, 3, 90_000), (2, 300, 100_000)] {
        add(
            format!("clock {lanes} {sessions}"),
            Box::new(clock(lanes, sessions, length)),
        );
        let within = Some((1_775_001_000, 1_775_080_000));
        add(
            format!("part of a clock {lanes} {sessions}"),
            Box::new(Clock {
                within,
                ..clock(lanes, sessions, length)
            }),
        );
    }
    for (events, apart) in [(1, 0), (2, 0), (5, 60), (9, 86_400), (30, 5), (40, 1_000_000)] {
        add(
            format!("order {events} {apart}"),
            Box::new(order(events, apart, "an event of some kind")),
        );
    }
    all
}

#[test]
fn every_mark_is_inside_of_its_drawing() {
    for (name, chart) in charts() {
        for (_, width) in WIDTHS {
            let drawn = chart.draw(width, "chart");
            assert!(
                drawn.height > 0.0 && drawn.height < 6_000.0,
                "{name}: {}",
                drawn.height
            );
            assert_inside(
                &format!("{name} at {width}"),
                &drawn.marks.into_string(),
                width,
                drawn.height,
            );
        }
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    let (first, second) = (charts(), charts());
    for ((name, a), (_, b)) in first.iter().zip(&second) {
        let draw =
            |chart: &dyn Drawing| figure(chart, "chart", &html! { "Words." }, Some("id")).into_string();
        assert_eq!(draw(a.as_ref()), draw(b.as_ref()), "{name}");
    }
}

#[test]
fn nothing_known_gives_no_figure() {
    let unknown = CalendarDay {
        day: day(0),
        href: None,
        factor_terms: Some((1.0, 0.0)),
        measured_terms: None,
        tasks: 1,
        measured_tasks: 0,
        human_hours: None,
        agent_minutes: None,
        logged_minutes: None,
        sessions: None,
        commits: 0,
        agent_commits: 0,
    };
    let empty: [Box<dyn Drawing>; 14] = [
        Box::new(Rests::default()),
        Box::new(Rests {
            rows: vec![RestsRow {
                name: "all".to_owned(),
                is_total: true,
                parts: [(0, 0.0); 5],
            }],
        }),
        Box::new(Strips::default()),
        Box::new(strips(3, 2, |_| f64::NAN, |_| 1.0)),
        Box::new(Calendar {
            first: day(0),
            last: day(9),
            days: vec![unknown],
        }),
        Box::new(Calendar {
            first: day(9),
            last: day(0),
            days: Vec::new(),
        }),
        Box::new(Weights::default()),
        Box::new(weights(3, |_| 1.0, |_| 0.0, "title")),
        Box::new(scatter(3, |_| 0.0, |_| 1.0, "title")),
        Box::new(clock(0, 0, 0)),
        Box::new(order(0, 0, "")),
        Box::new(Standing::default()),
        Box::new(Phases::default()),
        Box::new(Languages::default()),
    ];
    for (at, chart) in empty.iter().enumerate() {
        assert!(chart.is_empty(), "{at}");
        assert_eq!(
            figure(chart.as_ref(), "chart", &html! { "Words." }, None).into_string(),
            "",
            "{at}"
        );
        // Whoever draws one nevertheless gets an empty drawing.
        let drawn = chart.draw(690.0, "chart");
        assert_inside(
            &at.to_string(),
            &drawn.marks.into_string(),
            690.0,
            drawn.height.max(20.0),
        );
    }
}

#[test]
fn a_figure_has_three_drawings_that_screen_readers_and_tabs_skip() {
    let page = figure(
        &strips(2, 3, |at| at as f64 + 1.0, |_| 1.0),
        "spread",
        &html! { "Words." },
        Some("fig"),
    )
    .into_string();
    let all = elements(&page);
    let drawings: Vec<&Element> = all.iter().filter(|element| element.name == "svg").collect();
    let classes: Vec<&str> = drawings
        .iter()
        .map(|svg| svg.attributes["class"].as_str())
        .collect();
    assert_eq!(classes, ["wide", "mid", "slim"]);
    for svg in drawings {
        assert_eq!(svg.attributes["aria-hidden"], "true");
        assert_eq!(svg.attributes["focusable"], "false");
    }
    let links: Vec<&Element> = all.iter().filter(|element| element.name == "a").collect();
    assert_eq!(links.len(), 3 * (6 + 2));
    assert!(links.iter().all(|link| link.attributes["tabindex"] == "-1"));
    assert!(
        page.starts_with("<figure id=\"fig\">") && page.ends_with("<figcaption>Words.</figcaption></figure>")
    );
}

#[test]
fn text_of_repositories_stays_text() {
    let attack = "\"></title><script>alert(1)</script><img src=x onerror=alert(2)>";
    for (name, chart) in named(attack) {
        let page = figure(chart.as_ref(), "chart", &html! {}, None).into_string();
        let known = [
            "a",
            "circle",
            "defs",
            "figcaption",
            "figure",
            "g",
            "line",
            "path",
            "pattern",
            "rect",
            "svg",
            "text",
        ];
        for element in elements(&page) {
            assert!(known.contains(&element.name.as_str()), "{name}: {element:?}");
            assert!(
                !element
                    .attributes
                    .keys()
                    .any(|key| key.starts_with("on") || key == "style"),
                "{name}: {element:?}"
            );
        }
    }
}

/// The marks of a drawing with one class.
fn marks(chart: &dyn Drawing, width: f64, class: &str) -> Vec<Element> {
    let drawn = chart.draw(width, "chart").marks.into_string();
    elements(&drawn)
        .into_iter()
        .filter(|element| element.has_class(class))
        .collect()
}

#[test]
fn bars_begin_at_zero_and_are_as_long_as_their_values() {
    let phases = Phases {
        phases: [4.0, 2.0, 1.0].map(|hours| (hours.to_string(), hours)).to_vec(),
    };
    let bars: Vec<(f64, f64)> = marks(&phases, 690.0, "f-claimed")
        .iter()
        .map(|bar| (bar.number("x"), bar.number("width") + 1.4))
        .collect();
    let [whole, half, quarter] = bars.as_slice() else {
        panic!("{bars:?}");
    };
    assert!(whole.0 == half.0 && half.0 == quarter.0);
    assert!(
        (whole.1 - 2.0 * half.1).abs() < 0.3 && (half.1 - 2.0 * quarter.1).abs() < 0.3,
        "{bars:?}"
    );
}

#[test]
fn parts_of_hours_add_up_to_their_bar() {
    let parts = [(1, 10.0), (1, 20.0), (1, 30.0), (1, 40.0), (1, 100.0)];
    let chart = Rests {
        rows: vec![RestsRow {
            name: "all".to_owned(),
            is_total: true,
            parts,
        }],
    };
    let drawn = chart.draw(1_138.0, "chart").marks.into_string();
    let (_, drawn) = drawn.split_once("</defs>").unwrap();
    let bars: Vec<Element> = elements(drawn)
        .into_iter()
        .filter(|element| element.name == "rect")
        .collect();
    let widths: Vec<f64> = bars.iter().map(|bar| bar.number("width") + 1.4).collect();
    assert_eq!(widths.len(), 5);
    for (width, (_, hours)) in widths.iter().zip(parts) {
        assert!((width / widths[4] - hours / 100.0).abs() < 0.01, "{widths:?}");
    }
    for pair in bars.windows(2) {
        assert!((pair[0].number("x") + pair[0].number("width") + 1.4 - pair[1].number("x")).abs() < 0.3);
    }
    let classes: Vec<&str> = bars.iter().map(|bar| bar.attributes["class"].as_str()).collect();
    assert_eq!(
        classes,
        ["f-measured", "f-linked", "f-linked", "f-other", "f-none"]
    );
    assert_ne!(bars[1].attributes["fill"], bars[2].attributes["fill"]);
}

#[test]
fn equal_ratios_of_factors_are_equally_far_apart() {
    let chart = strips(1, 4, |at| 10_f64.powi(at as i32), |_| 1.0);
    let mut places: Vec<f64> = marks(&chart, 1_138.0, "dot")
        .iter()
        .map(|dot| dot.number("cx"))
        .collect();
    places.sort_by(f64::total_cmp);
    let steps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps.len(), 3);
    assert!(
        steps.iter().all(|step| (step - steps[0]).abs() < 0.3),
        "{steps:?}"
    );
}

#[test]
fn the_area_of_a_circle_is_its_hours() {
    let chart = strips(
        1,
        2,
        |at| 10_f64.powi(at as i32),
        |at| if at == 0 { 100.0 } else { 25.0 },
    );
    let mut radii: Vec<f64> = marks(&chart, 1_138.0, "dot")
        .iter()
        .map(|dot| dot.number("r"))
        .collect();
    radii.sort_by(f64::total_cmp);
    assert!((radii[1] / radii[0] - 2.0).abs() < 0.05, "{radii:?}");
}

#[test]
fn a_swarm_never_overlaps_and_never_moves_along_its_row() {
    // A simple generator, always with the same seed.
    let mut state = 7_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    for count in [1, 2, 50, 300] {
        let points: Vec<(f64, f64)> = (0..count)
            .map(|_| (next() * 200.0, 2.4 + next() * 10.0))
            .collect();
        let offsets = swarm(&points);
        assert_eq!(offsets.len(), count);
        for (at, (a, y)) in points.iter().zip(&offsets).enumerate() {
            for (b, other) in points.iter().zip(&offsets).skip(at + 1) {
                let apart = ((a.0 - b.0).powi(2) + (y - other).powi(2)).sqrt();
                assert!(apart >= a.1 + b.1, "{a:?} {b:?}");
            }
        }
    }
    assert_eq!(swarm(&[(5.0, 3.0)]), [0.0]);
    let chart = strips(1, 30, |_| 20.0, |at| at as f64);
    let places: Vec<f64> = marks(&chart, 1_138.0, "dot")
        .iter()
        .map(|dot| dot.number("cx"))
        .collect();
    assert_eq!(places.len(), 30);
    assert!(places.iter().all(|x| *x == places[0]));
}

#[test]
fn many_tasks_are_counted_in_bins() {
    let few = strips(4, 100, |at| 1.1_f64.powi(at as i32 % 60), |_| 1.0);
    let many = strips(4, 101, |at| 1.1_f64.powi(at as i32 % 60), |_| 1.0);
    assert!(!few.is_binned() && many.is_binned());
    assert_eq!(marks(&few, 1_138.0, "dot").len(), 400);
    assert_eq!(marks(&many, 1_138.0, "dot").len(), 4);
    assert!(
        strips(1, 399, |_| 20.0, |_| 1.0).is_binned(),
        "too many at one place"
    );
    assert!(
        figure(
            &strips(31, 400, |at| 1.001_f64.powi(at as i32), |_| 1.0),
            "x",
            &html! {},
            None
        )
        .into_string()
        .len()
            < 200_000
    );
}

#[test]
fn unknown_values_have_no_mark() {
    let mut day = calendar(1, |_| 50.0);
    day.days[0].measured_terms = None;
    day.days[0].logged_minutes = None;
    day.days[0].commits = 0;
    assert_eq!(marks(&day, 690.0, "h-derived").len(), 1);
    assert_eq!(
        marks(&day, 690.0, "f-derived").len() + marks(&day, 690.0, "f-measured").len(),
        0
    );
    day.days[0].factor_terms = None;
    assert_eq!(marks(&day, 690.0, "h-derived").len(), 0);
    let row = StandingRow {
        name: "agent".to_owned(),
        added: 9,
        standing: None,
        by_agent: true,
    };
    assert_eq!(marks(&Standing { rows: vec![row] }, 690.0, "f-measured").len(), 0);
    let mut tasks = scatter(1, |_| 5.0, |_| 5.0, "title");
    tasks.tasks[0].logged_minutes = None;
    assert_eq!(marks(&tasks, 690.0, "f-measured").len(), 0);
    let scale = cells::Scale::of([5.0, 50.0]).unwrap();
    assert!(!cells::pair(&scale, None, None).into_string().contains("derived"));
    assert!(!cells::rug(&scale, &[], None).into_string().contains("tick"));
}

#[test]
fn cells_of_a_column_share_a_scale() {
    let scale = cells::Scale::of([0.01, 54.1, 1e6]).unwrap();
    let drawings = [
        cells::axis(&scale),
        cells::pair(&scale, Some(54.1), Some(1e6)),
        cells::pair(&scale, Some(0.01), None),
        cells::rug(&scale, &[0.01, 54.1, 54.1, 1e6], Some(54.1)),
    ];
    for drawing in &drawings {
        assert_inside("cell", &drawing.clone().into_string(), cells::WIDTH, 34.0);
    }
    let middle = |at: usize| {
        let all = elements(&drawings[at].clone().into_string());
        let diamond = all
            .into_iter()
            .find(|element| element.has_class("h-derived"))
            .unwrap();
        corners(&diamond.attributes["d"])[0].0
    };
    assert_eq!(middle(1), middle(3));
    assert!(middle(2) < middle(1));
    // Two tasks at one place are one tick.
    let rug = drawings[3].clone().into_string();
    let ticks = elements(&rug)
        .into_iter()
        .find(|element| element.has_class("tick"))
        .unwrap();
    assert_eq!(ticks.attributes["d"].matches('M').count(), 3);
    assert!(
        !cells::pair(&scale, Some(1e7), None)
            .into_string()
            .contains("derived"),
        "not on the scale"
    );
    assert_eq!(cells::Scale::of([]), None);
}

#[test]
fn long_calendars_go_by_weeks_months_and_years() {
    let period = |days| calendar(days, |_| 1.0).period();
    assert_eq!(
        [1, 120, 121, 1_000, 2_000, 20_000].map(period),
        [
            Period::Day,
            Period::Day,
            Period::Week,
            Period::Week,
            Period::Month,
            Period::Year
        ]
    );
    // Two days of one week have the factor of their sums: (10 + 40) × 60 / (60 + 60).
    let mut weeks = calendar(200, |_| 1.0);
    weeks.days.truncate(2);
    weeks.days[0] = CalendarDay {
        day: NaiveDate::from_ymd_opt(2020, 3, 2).unwrap(),
        factor_terms: Some((10.0, 60.0)),
        ..weeks.days[0].clone()
    };
    weeks.days[1] = CalendarDay {
        day: NaiveDate::from_ymd_opt(2020, 3, 8).unwrap(),
        factor_terms: Some((40.0, 60.0)),
        ..weeks.days[1].clone()
    };
    let drawn = weeks.draw(1_138.0, "chart").marks.into_string();
    assert_eq!(marks(&weeks, 1_138.0, "h-derived").len(), 1);
    assert!(
        drawn.contains("Week of 2020-03-02\n25.0x as claimed, 6 tasks"),
        "{drawn}"
    );
}

#[test]
fn shares_of_a_day_are_as_wide_as_they_weigh() {
    let chart = weights(2, |at| [30.0, 10.0][at], |at| [1.0, 1.0][at], "title");
    let pieces: Vec<f64> = marks(&chart, 1_138.0, "f-claimed")
        .iter()
        .map(|piece| piece.number("width") + 1.4)
        .collect();
    let [long, short, left, right] = pieces.as_slice() else {
        panic!("{pieces:?}");
    };
    assert!(
        (long / short - 3.0).abs() < 0.02 && (left - right).abs() < 0.2,
        "{pieces:?}"
    );
    assert!((long + short - left - right).abs() < 0.3, "{pieces:?}");
}

#[test]
fn a_slanted_line_is_one_factor() {
    // 10h over 60m and 100h over 600m are both 10x.
    let chart = scatter(2, |at| [60.0, 600.0][at], |at| [10.0, 100.0][at], "title");
    let dots: Vec<(f64, f64)> = marks(&chart, 1_138.0, "dot")
        .iter()
        .map(|dot| (dot.number("cx"), dot.number("cy")))
        .collect();
    let on_line = |line: &Element| {
        let (x1, y1, x2, y2) = (
            line.number("x1"),
            line.number("y1"),
            line.number("x2"),
            line.number("y2"),
        );
        dots.iter()
            .all(|(x, y)| (y1 + (x - x1) / (x2 - x1) * (y2 - y1) - y).abs() < 0.5)
    };
    assert_eq!(
        marks(&chart, 1_138.0, "iso")
            .iter()
            .filter(|line| on_line(line))
            .count(),
        1
    );
}

#[test]
fn tasks_with_the_same_figures_are_beside_each_other() {
    let chart = scatter(3, |_| 10.0, |_| 10.0, "title");
    let mut places: Vec<f64> = marks(&chart, 690.0, "dot")
        .iter()
        .map(|dot| dot.number("cx"))
        .collect();
    places.sort_by(f64::total_cmp);
    assert_eq!(places.len(), 3);
    assert!((places[1] - places[0] - 5.0).abs() < 0.15 && (places[2] - places[1] - 5.0).abs() < 0.15);
    assert!(
        scatter(9, |_| 10.0, |_| 10.0, "t")
            .draw(690.0, "x")
            .marks
            .into_string()
            .contains("+5")
    );
}

#[test]
fn sessions_at_the_same_time_are_in_rows() {
    let chart = clock(1, 3, 1_000);
    let lines = marks(&chart, 1_138.0, "span");
    let mut rows: Vec<f64> = lines
        .iter()
        .map(|line| corners(&line.attributes["d"])[0].1)
        .collect();
    rows.sort_by(f64::total_cmp);
    rows.dedup();
    assert_eq!(
        rows.len(),
        2,
        "every second one is over when the next begins: {rows:?}"
    );
    assert!(
        figure(&clock(3, 500, 4_000), "clock", &html! {}, None)
            .into_string()
            .len()
            < 400_000
    );
}

#[test]
fn an_axis_is_cut_where_nothing_is_for_long() {
    let breaks = |order: &Order| {
        let paths = elements(&order.draw(1_138.0, "x").marks.into_string()).into_iter();
        paths.filter(|element| element.name == "path").count()
    };
    assert_eq!(breaks(&order(5, 600, "event")), 0);
    let mut late = order(5, 600, "event");
    late.events.push(OrderEvent {
        at: 1_775_000_000 + 100_000,
        word: "revision".to_owned(),
        is_claim: true,
    });
    assert_eq!(breaks(&late), 1);
}
