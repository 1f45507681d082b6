//! Sites of made-up overviews: every link leads somewhere, every number is that of the report, hostile text is text.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::*;
use crate::aggregate::repository::Repository;
use crate::aggregate::sample::{claim, commit, repository};
use crate::correlate::seen::Origin;
use crate::facts::quantity::{Minutes, WorkTime};
use crate::facts::span::{Moment, Span};
use crate::facts::zone::{Period, Zone};
use crate::overview::{Query, SessionView, TaskSession};

const HOSTILE: [&str; 7] = [
    "\"'><script>alert(1)</script>",
    "</title></style></script><!--",
    "]]>&amp;&#x41;\u{fffe}",
    "\u{202e}gnp.exe\0\u{1b}[31m",
    "\" onmouseover=\"alert(1)",
    "../../../etc/passwd",
    "CON",
];

fn overview(repos: &[Repository]) -> Overview {
    let query = Query {
        zone: Zone::Named(chrono_tz::UTC),
        period: Period::default(),
        author: None,
        work: WorkTime::default(),
        excluded: 1,
    };
    Overview::new(repos, &[], repos.iter().map(|_| None).collect(), &query)
}

fn sample(name: &str, title: &str) -> Overview {
    let mut tasks = vec![
        claim(1, "2026-03-02", 8.0).agent_minutes(40.0).on(1).placed(),
        claim(2, "2026-04-03", 4.0).on(2).placed(),
        claim(3, "2026-04-03", 1.0).agent_minutes(1.0).placed(),
    ];
    for placed in &mut tasks {
        placed.task.title = title.to_owned();
        placed.task.by = "Ada Example <ada@example.org>".to_owned();
        placed.task.estimate.by = placed.task.by.clone();
    }
    let kiln = Repository {
        commits: vec![
            commit(1, "2026-03-02T10:00:00Z"),
            commit(2, "2026-04-03T10:00:00Z"),
            commit(3, "2026-04-05T10:00:00Z"),
        ]
        .into(),
        tasks,
        ..repository(name)
    };
    overview(&[kiln])
}

fn options() -> SiteOptions {
    SiteOptions {
        title: "Leverage Record".to_owned(),
        ..SiteOptions::default()
    }
}

fn site(overview: &Overview, options: &SiteOptions) -> BTreeMap<String, String> {
    let files = plan(overview)
        .into_iter()
        .map(|planned| draw(overview, &planned, options));
    files
        .map(|file| (file.path, String::from_utf8(file.bytes).expect("UTF-8")))
        .collect()
}

/// The values of an attribute.
fn values<'a>(page: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    let start = format!(" {attribute}=\"");
    let parts: Vec<&str> = page.split(start.as_str()).skip(1).collect();
    parts.into_iter().filter_map(|part| part.split('"').next())
}

/// The path that a link on a page leads to, with its fragment.
fn target(from: &str, href: &str) -> (String, Option<String>) {
    let (path, fragment) = match href.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment.to_owned())),
        None => (href, None),
    };
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = match path.strip_prefix("../") {
        _ if path.is_empty() => from.to_owned(),
        Some(path) => path.to_owned(),
        None if folder.is_empty() => path.to_owned(),
        None => format!("{folder}/{path}"),
    };
    (path, fragment)
}

#[test]
fn every_link_leads_to_a_file_and_an_element_of_the_site() {
    let site = site(&sample("kiln", "Fire it"), &options());
    let ids: HashMap<&str, BTreeSet<&str>> = site
        .iter()
        .map(|(path, page)| (path.as_str(), values(page, "id").collect()))
        .collect();
    let mut links = 0;
    for (path, page) in site.iter().filter(|(path, _)| path.ends_with(".html")) {
        for href in values(page, "href").chain(values(page, "src")) {
            let (to, fragment) = target(path, href);
            let ids = ids
                .get(to.as_str())
                .unwrap_or_else(|| panic!("{path} links {href}"));
            assert!(
                fragment.as_deref().is_none_or(|id| ids.contains(id)),
                "{path} links {href}"
            );
            links += 1;
        }
        let all: Vec<&str> = values(page, "id").collect();
        let once: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), once.len(), "{path} has an id twice");
    }
    assert!(links > 50);
}

#[test]
fn numbers_are_those_of_the_report() {
    let overview = sample("kiln", "Fire it");
    let site = site(&overview, &options());
    let day = &overview.days[1];
    let page = &site["days/2026-04-03.html"];
    let foot = page
        .split("<tfoot>")
        .nth(1)
        .and_then(|rest| rest.split("</tfoot>").next())
        .expect("totals");
    let shown: Vec<&str> = values(foot, "data-v").collect();
    assert_eq!(
        shown,
        ["5", "1", "60"],
        "hours, minutes and factor; no more is known"
    );
    assert_eq!(day.group.measures.leverage_factor, Some(60.0));
    let report: serde_json::Value = serde_json::from_str(&site["data/report.json"]).expect("JSON");
    assert_eq!(report["totals"]["human_hours"], 13);
    assert_eq!(report["rows"][1]["key"]["day"], "2026-04-03");
    assert_eq!(report["repos"][0].get("path"), None);
    let csv = &site["data/days.csv"];
    assert!(csv.starts_with("day,tasks,human_hours,human_hours_low,human_hours_high,agent_minutes,"));
    assert_eq!(csv.lines().count(), 1 + overview.days.len());
    assert_eq!(site["data/tasks.jsonl"].lines().count(), 3);
}

/// The pages of a site with sessions that worked from 10:31 to 10:41 for the first task of a day.
fn with_sessions(count: usize, is_by_day: bool) -> String {
    let mut overview = sample("kiln", "Fire it");
    let start = Moment(1_775_212_260_000);
    let span = Span::new(start, start.plus(600_000));
    let session = SessionView {
        agent: "claude-code".to_owned(),
        id: "s".to_owned(),
        models: Vec::new(),
        origin: Origin::Log,
        repo: Some(0),
        span,
        worked: vec![span],
        is_by_day,
        agent_minutes: Minutes::new(10.0),
        agent_minutes_low: None,
        wall_minutes: Minutes::new(10.0),
        commits: 0,
    };
    overview.sessions.extend(vec![session; count]);
    overview.days[1].sessions.extend(0..count);
    for task in &mut overview.tasks {
        task.sessions.push(TaskSession {
            session: 0,
            commit: None,
            rung: None,
            confidence: None,
            evidence: Vec::new(),
            share: None,
        });
    }
    site(&overview, &options()).into_values().collect()
}

#[test]
fn no_time_is_shown_of_a_session_of_which_only_the_day_is_known() {
    let (timed, by_day) = (with_sessions(1, false), with_sessions(1, true));
    for shown in ["10:31", "10:41", "10m of agent time"] {
        assert!(timed.contains(shown) && !by_day.contains(shown), "{shown}");
    }
    assert!(by_day.contains("Of 1 session only the day is known."));
    assert!(by_day.contains("Only the day is known of 1 session, which is left out."));
    assert!(!timed.contains("nly the day is known"));
}

#[test]
fn only_sessions_that_could_be_drawn_are_said_to_be_cut() {
    let cut = "The first 200 of each are drawn.";
    assert!(with_sessions(201, false).contains(cut) && !with_sessions(200, false).contains(cut));
    assert!(!with_sessions(201, true).contains(cut));
}

#[test]
fn addresses_are_published_on_request_only() {
    let overview = sample("kiln", "Fire it");
    let has = |options: &SiteOptions| {
        site(&overview, options)
            .values()
            .any(|page| page.contains("ada@example.org"))
    };
    assert!(!has(&options()));
    assert!(has(&SiteOptions {
        mail: true,
        ..options()
    }));
}

#[test]
fn hostile_text_changes_no_structure_and_no_path() {
    let clean = site(&sample("kiln", "x"), &options());
    let shape = |page: &str| {
        (
            page.matches("<script").count(),
            page.matches("<p").count(),
            page.matches("<a ").count(),
        )
    };
    for text in HOSTILE {
        let options = SiteOptions {
            title: text.to_owned(),
            ..options()
        };
        let site = site(&sample(text, text), &options);
        for (path, page) in &site {
            assert!(
                path.bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"/.-".contains(&c))
                    && !path.contains(".."),
                "{path}"
            );
            let deceptive = page
                .chars()
                .find(|c| *c != '\n' && crate::render::escape::is_deceptive(*c));
            assert_eq!(deceptive, None, "{path}: {text:?}");
            if let Some(clean) = clean.get(path).filter(|_| path.ends_with(".html")) {
                assert_eq!(shape(page), shape(clean), "{path}: {text:?}");
            }
        }
        assert!(!site["feed.xml"].contains('\u{fffe}'));
    }
}

#[test]
fn the_same_overview_gives_the_same_bytes() {
    let overview = sample("kiln", "Fire it");
    assert_eq!(site(&overview, &options()), site(&overview, &options()));
}

#[test]
fn an_empty_ledger_is_said_to_be_empty() {
    let overview = overview(&[]);
    let site = site(&overview, &options());
    let index = &site["index.html"];
    assert!(index.contains("No task has been recorded yet") && !index.contains("<figure"));
    assert!(!site.keys().any(|path| path.starts_with("days/")));
}

#[test]
fn the_words_of_the_author_are_named_as_theirs() {
    let day = "2026-04-03".parse().expect("a day");
    let options = SiteOptions {
        notes: BTreeMap::from([(day, "A <long> day.".to_owned())]),
        ..options()
    };
    let site = site(&sample("kiln", "Fire it"), &options);
    let page = &site["days/2026-04-03.html"];
    assert!(page.contains("In the author’s own words") && page.contains("<p>A &lt;long&gt; day.</p>"));
    assert!(!site["days/2026-03-02.html"].contains("own words"));
    assert!(page.contains("<h1>Leverage Record: April 3, 2026</h1>"));
}

#[test]
fn links_of_the_feed_are_absolute_if_the_address_is_known() {
    let overview = sample("kiln", "Fire it");
    let relative = site(&overview, &options())["feed.xml"].clone();
    let base_url = Some("https://example.org/record/".to_owned());
    let absolute = site(
        &overview,
        &SiteOptions {
            base_url,
            ..options()
        },
    )["feed.xml"]
        .clone();
    assert!(relative.contains("href=\"days/2026-04-03.html\"") && !relative.contains("rel=\"self\""));
    assert!(absolute.contains("href=\"https://example.org/record/days/2026-04-03.html\""));
    assert!(absolute.contains("rel=\"self\""));
    let ids = |feed: &str| feed.matches("urn:uuid:").count();
    assert_eq!((ids(&relative), ids(&absolute)), (3, 3));
    let first = |feed: &str| feed.split("urn:uuid:").nth(2).map(|rest| rest[..36].to_owned());
    assert_eq!(first(&relative), first(&absolute));
}

/// Ten thousand tasks in two thousand days over forty repositories.
fn large() -> Overview {
    let first = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).expect("a day");
    let task = |number: u64| {
        let day = first + chrono::Days::new(number % 2_000);
        let mut placed = claim(1, &day.to_string(), 1.0 + (number % 40) as f64)
            .agent_minutes(1.0 + (number % 97) as f64)
            .placed();
        placed.task.id = format!("019d0000-0000-7000-8000-{number:012x}")
            .parse()
            .expect("an id");
        placed.task.title = format!("Rewrite the scheduler of component {number}");
        placed
    };
    let repo = |number: u64| Repository {
        tasks: (0..250).map(|at| task(number * 250 + at)).collect(),
        ..repository(&format!("project-{number}"))
    };
    let repos: Vec<Repository> = (0..40).map(repo).collect();
    overview(&repos)
}

#[test]
fn pages_of_a_large_record_stay_small() {
    let overview = large();
    assert_eq!((overview.tasks.len(), overview.days.len()), (10_000, 2_000));
    let plan = plan(&overview);
    assert!(plan.len() > 12_000, "{}", plan.len());
    let is_task = |path: &str| path.starts_with("tasks/") || path.starts_with("days/");
    let mut drawn = 0;
    for (at, planned) in plan.iter().enumerate() {
        // Every page that grows with the record, and some of those that do not.
        if is_task(&planned.path(&overview)) && at % 400 != 0 {
            continue;
        }
        let file = draw(&overview, planned, &options());
        let is_page = std::path::Path::new(&file.path)
            .extension()
            .is_some_and(|extension| extension == "html");
        assert!(
            !is_page || file.bytes.len() <= 500_000,
            "{}: {}",
            file.path,
            file.bytes.len()
        );
        drawn += u64::from(is_page);
    }
    assert!(drawn > 100, "{drawn}");
}

#[test]
fn hours_without_agent_time_are_beside_no_minutes() {
    let tasks = vec![
        claim(1, "2026-04-03", 1.0).agent_minutes(6.0).placed(),
        claim(2, "2026-04-03", 99.0).placed(),
    ];
    let kiln = Repository {
        tasks,
        ..repository("kiln")
    };
    let pages = site(&overview(&[kiln]), &options());
    for path in ["index.html", "days/2026-04-03.html"] {
        let page = &pages[path];
        assert!(
            page.contains("Agent time is known for 1h of these, in 1 task: over 6m, a factor of 10.0x"),
            "{page}"
        );
        assert!(!page.contains("100h of human work, claimed for"), "{page}");
        assert!(page.contains("1h × 60 over 6m"), "{page}");
    }
    assert!(pages["feed.xml"].contains("a factor of 10.0x"));
}
