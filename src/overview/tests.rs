//! Overviews of made-up facts, compared with reports and audits of the same.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::*;
use crate::aggregate::group::Dimension;
use crate::aggregate::report::{self, Report};
use crate::aggregate::repository::{PlacedTask, Repository};
use crate::aggregate::sample::{claim, commit, object, repository};
use crate::audit::measured::SessionIndex;
use crate::audit::{All, Asked, Choice, Evidence, audit};
use crate::correlate::seen::SeenSession;
use crate::facts::commit::LineCounts;
use crate::facts::ids::SessionId;
use crate::facts::ledger::{Ledger, LedgerTask, TaskProvenance};
use crate::facts::link::Link;
use crate::facts::session::{Provenance, Sources};
use crate::facts::span::Moment;
use crate::git::ledger_steps::Jumps;
use crate::sources::reach::Reach;

fn query() -> Query {
    Query {
        zone: Zone::Named(chrono_tz::UTC),
        period: Period::default(),
        author: None,
        work: WorkTime::default(),
        excluded: 0,
    }
}

fn moment(at: &str) -> Moment {
    Moment(at.parse::<DateTime<Utc>>().unwrap().timestamp_millis())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A session of an hour from `at`, half of which an agent worked, that made these commits of the first repository.
fn session(id: &str, at: &str, made: &[(u8, f64)]) -> SeenSession {
    let start = moment(at);
    let worked = Span::new(start, start.plus(1_800_000));
    let link = |(number, share): &(u8, f64)| Link {
        commit: object(*number),
        session: SessionId::new("codex", id),
        rung: Rung::Hash,
        confidence: Confidence::Certain,
        evidence: Vec::new(),
        share: *share,
        worked: vec![worked],
    };
    SeenSession {
        id: SessionId::new("codex", id),
        origin: Origin::Log,
        home: 0,
        models: Vec::new(),
        span: Span::new(start, start.plus(3_600_000)),
        worked: vec![worked],
        lanes: 1.0,
        unknown: Vec::new(),
        attention: Vec::new(),
        usage: Vec::new(),
        sources: Sources {
            agent_time: Provenance::Measured,
            ..Sources::default()
        },
        links: made.iter().map(|made| (0, link(made))).collect(),
        elsewhere: Vec::new(),
        rest: 1.0,
        vague: Default::default(),
    }
}

fn naming(mut placed: PlacedTask, sessions: &[&str]) -> PlacedTask {
    let ids = sessions.iter().map(|id| SessionId::new("codex", *id));
    placed.task.sessions = ids.collect();
    placed
}

/// Two repositories with work on three days: tasks with and without minutes, a commit without a task, and sessions.
fn two() -> (Vec<Repository>, Vec<SeenSession>) {
    let kiln = Repository {
        commits: vec![
            commit(1, "2026-04-02T10:00:00Z"),
            commit(2, "2026-04-03T10:00:00Z"),
            commit(3, "2026-04-05T10:00:00Z"),
        ]
        .into(),
        tasks: vec![
            naming(
                claim(1, "2026-04-02", 8.0).agent_minutes(40.0).on(1).placed(),
                &["a"],
            ),
            claim(2, "2026-04-03", 4.0).on(2).placed(),
            claim(3, "2026-04-03", 1.0).agent_minutes(1.0).placed(),
        ],
        ..repository("kiln")
    };
    let glaze = Repository {
        commits: vec![commit(4, "2026-04-03T12:00:00Z")].into(),
        tasks: vec![claim(4, "2026-04-03", 6.0).agent_minutes(90.0).on(4).placed()],
        ..repository("glaze")
    };
    let sessions = vec![
        session("a", "2026-04-02T09:00:00Z", &[(1, 1.0)]),
        session("b", "2026-04-03T23:45:00Z", &[]),
    ];
    (vec![kiln, glaze], sessions)
}

fn overview(repos: &[Repository], sessions: &[SeenSession]) -> Overview {
    Overview::new(repos, sessions, repos.iter().map(|_| None).collect(), &query())
}

fn reported(repos: &[Repository], sessions: &[SeenSession], by: &[Dimension]) -> Report {
    let query = query();
    let query = report::Query {
        by: by.to_vec(),
        zone: query.zone,
        period: query.period,
        today: None,
        author: None,
        agent: None,
        sort: None,
        limit: None,
        work: query.work,
        models: crate::aggregate::models::Requested::default(),
        calibrated: false,
    };
    report::report(repos, sessions, &query)
}

fn row(report: &Report, values: &[&str]) -> Measures {
    let has = |row: &&report::Row| {
        row.key
            .0
            .iter()
            .map(|(_, value)| value.as_deref())
            .eq(values.iter().map(|value| Some(*value)))
    };
    report.rows.iter().find(has).expect("a row").measures.clone()
}

#[test]
fn sums_are_those_of_reports() {
    let (repos, sessions) = two();
    let overview = overview(&repos, &sessions);
    let by_day = reported(&repos, &sessions, &[Dimension::Day]);
    let days: Vec<String> = overview.days.iter().map(|day| day.day.to_string()).collect();
    assert_eq!(days, ["2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05"]);
    for day in &overview.days {
        assert_eq!(day.group.measures, row(&by_day, &[&day.day.to_string()]));
        assert_eq!(day.group.tasks.len() as u64, day.group.measures.tasks);
        assert_eq!(
            day.sessions.len() as u64,
            day.group.measures.sessions.unwrap_or(0),
            "{}",
            day.day
        );
    }
    assert_eq!(overview.all.measures, by_day.totals);
    assert_eq!(overview.left_out, by_day.left_out);
    let by_repo = reported(&repos, &sessions, &[Dimension::Repo]);
    let both = reported(&repos, &sessions, &[Dimension::Repo, Dimension::Day]);
    let names: Vec<&str> = overview.repos.iter().map(|repo| repo.name.as_str()).collect();
    assert_eq!(names, ["glaze", "kiln"]);
    for repo in &overview.repos {
        assert_eq!(repo.group.measures, row(&by_repo, &[&repo.name]));
        for (day, group) in &repo.days {
            assert_eq!(group.measures, row(&both, &[&repo.name, &day.to_string()]));
        }
        let of_days: usize = repo.days.iter().map(|(_, group)| group.tasks.len()).sum();
        assert_eq!(of_days, repo.group.tasks.len());
    }
    let by_task = reported(&repos, &sessions, &[Dimension::Task]);
    for view in &overview.tasks {
        assert_eq!(view.measures, row(&by_task, &[&view.task.id.to_string()]));
    }
}

#[test]
fn days_have_their_commits_and_sessions() {
    let (repos, sessions) = two();
    let overview = overview(&repos, &sessions);
    let commits: Vec<ObjectId> = overview.commits.iter().map(|commit| commit.id).collect();
    assert_eq!(
        commits,
        [object(1), object(2), object(4)],
        "the last is on a day without a task or a session"
    );
    let of_days: Vec<&[usize]> = overview.days.iter().map(|day| day.commits.as_slice()).collect();
    assert_eq!(of_days, [&[0][..], &[1, 2], &[], &[]]);
    // One began a quarter of an hour before midnight and worked for half an hour.
    let late = &overview.sessions[1];
    assert_eq!(late.worked_on(day("2026-04-03"), overview.zone).len(), 1);
    let midnight = moment("2026-04-04T00:00:00Z");
    assert_eq!(
        late.worked_on(day("2026-04-04"), overview.zone),
        [Span::new(midnight, midnight.plus(900_000))]
    );
    let whole = late.span_on(day("2026-04-04"), overview.zone).unwrap();
    assert_eq!(whole, Span::new(midnight, midnight.plus(2_700_000)));
    assert_eq!(late.span_on(day("2026-04-05"), overview.zone), None);
}

#[test]
fn lanes_side_by_side_are_one_worked_time() {
    let (repos, mut sessions) = two();
    let first = sessions[0].worked[0];
    sessions[0]
        .worked
        .push(Span::new(first.start.plus(600_000), first.end.plus(600_000)));
    let overview = overview(&repos, &sessions);
    let view = &overview.sessions[0];
    assert_eq!(view.worked, [Span::new(first.start, first.end.plus(600_000))]);
    assert_eq!(view.agent_minutes, Minutes::new(60.0));
    assert_eq!(view.wall_minutes, Minutes::new(40.0));
}

#[test]
fn tasks_stand_by_day_then_by_factor_then_by_id() {
    let tasks = [
        (1, "2026-04-03", 1.0, Some(1.0)),
        (2, "2026-04-02", 8.0, None),
        (3, "2026-04-02", 1.0, Some(1.0)),
        (4, "2026-04-02", 2.0, Some(1.0)),
        (5, "2026-04-02", 1.0, Some(1.0)),
    ];
    let placed = tasks.map(|(number, date, hours, minutes)| {
        let claim = claim(number, date, hours);
        match minutes {
            Some(minutes) => claim.agent_minutes(minutes).placed(),
            None => claim.placed(),
        }
    });
    let kiln = Repository {
        tasks: placed.into(),
        ..repository("kiln")
    };
    let overview = overview(&[kiln], &[]);
    let titles: Vec<&str> = overview
        .tasks
        .iter()
        .map(|view| view.task.title.as_str())
        .collect();
    assert_eq!(titles, ["task 4", "task 3", "task 5", "task 2", "task 1"]);
}

#[test]
fn a_task_in_two_clones_counts_once_and_keeps_its_revisions() {
    let clone = |name: &str| {
        let mut task = claim(1, "2026-04-02", 8.0)
            .agent_minutes(40.0)
            .revised(1)
            .on(1)
            .placed();
        task.earlier = vec![claim(1, "2026-04-02", 4.0).placed().task];
        Repository {
            commits: vec![commit(1, "2026-04-02T10:00:00Z")].into(),
            tasks: vec![task],
            ..repository(name)
        }
    };
    let repos = [clone("kiln"), clone("kiln-copy")];
    let overview = overview(&repos, &[]);
    assert_eq!(overview.tasks.len(), 1);
    assert_eq!(overview.commits.len(), 1);
    assert_eq!(overview.repos.len(), 1, "nothing counts in the copy");
    assert_eq!(overview.notes.len(), 1, "{:?}", overview.notes);
    let view = &overview.tasks[0];
    assert_eq!(view.earlier.len(), 1);
    assert_eq!(view.earlier[0].estimate.hours, Hours::new(4.0).unwrap());
}

#[test]
fn what_nobody_knows_stays_unknown() {
    let empty = overview(&[], &[]);
    assert_eq!((empty.as_of, empty.tasks.len(), empty.days.len()), (None, 0, 0));
    let missing = naming(
        claim(1, "2026-04-02", 8.0)
            .agent_minutes(40.0)
            .on(1)
            .on(9)
            .placed(),
        &["gone"],
    );
    let mut unread = commit(1, "2026-04-02T10:00:00Z");
    unread.lines = None;
    let kiln = Repository {
        commits: vec![unread].into(),
        tasks: vec![missing, claim(2, "2026-04-02", 1.0).placed()],
        ..repository("kiln")
    };
    let overview = overview(&[kiln], &[]);
    let view = &overview.tasks[0];
    assert_eq!(
        (view.logged, view.logged_factor, view.logged_tokens),
        (None, None, None)
    );
    assert_eq!(view.logged_supervision, None);
    assert_eq!(view.missing_commits, [object(9)]);
    assert_eq!(overview.tasks[1].agent.value, None);
    assert_eq!(overview.all.measured, Compared::default());
    let commit = &overview.commits[0];
    assert_eq!((commit.lines_added, commit.lines_standing), (None, None));
}

#[test]
fn a_session_that_shows_no_supervision_or_tokens_leaves_them_unknown() {
    let (repos, mut sessions) = two();
    let known = overview(&repos, &sessions);
    let view = &known.tasks[0];
    assert_eq!(view.logged, Minutes::new(30.0));
    assert_eq!(view.logged_factor, Some(16.0));
    assert_eq!(view.logged_supervision, None);
    assert_eq!(view.sessions.len(), 1);
    assert_eq!(view.sessions[0].commit, Some(object(1)));
    assert_eq!(known.all.measured.tasks, 1);
    assert_eq!(known.all.measured.claimed_factor, Some(12.0));
    assert_eq!(known.all.measured.factor, Some(16.0));
    sessions[0].sources.human_time = Provenance::Measured;
    let known = overview(&repos, &sessions);
    assert_eq!(known.tasks[0].logged_supervision, Minutes::new(0.0));
}

#[test]
fn its_age_is_that_of_the_newest_commit_or_record() {
    let (mut repos, sessions) = two();
    let at = |text: &str| Some(text.parse::<DateTime<Utc>>().unwrap());
    assert_eq!(overview(&repos, &sessions).as_of, at("2026-04-05T10:00:00Z"));
    repos[1].tasks[0].task.at = at("2026-04-07T08:00:00Z").unwrap();
    assert_eq!(overview(&repos, &sessions).as_of, at("2026-04-07T08:00:00Z"));
}

/// Tasks with every kind of evidence.
fn supported() -> (Repository, Vec<SeenSession>) {
    let mut empty = commit(4, "2026-04-02T10:00:00Z");
    empty.lines = Some(LineCounts::default());
    let kiln = Repository {
        commits: vec![
            commit(1, "2026-04-02T10:00:00Z"),
            commit(2, "2026-04-02T10:00:00Z"),
            commit(3, "2026-04-02T10:00:00Z"),
            empty,
        ]
        .into(),
        tasks: vec![
            naming(
                claim(1, "2026-04-02", 1.0).agent_minutes(4.0).on(1).placed(),
                &["a"],
            ),
            claim(2, "2026-04-02", 2.0).on(1).on(2).placed(),
            naming(
                claim(3, "2026-04-02", 4.0).agent_minutes(9.0).placed(),
                &["b", "noted"],
            ),
            claim(4, "2026-04-02", 8.0).agent_minutes(5.0).on(3).placed(),
            claim(5, "2026-04-02", 16.0).on(4).placed(),
            claim(6, "2026-04-02", 32.0).on(9).placed(),
            naming(claim(7, "2026-04-02", 64.0).on(3).placed(), &["a", "gone"]),
        ],
        ..repository("kiln")
    };
    let mut sessions = vec![
        session("a", "2026-04-02T08:00:00Z", &[(1, 0.5), (2, 0.25)]),
        session("b", "2026-04-02T09:00:00Z", &[]),
        session("noted", "2026-04-02T09:30:00Z", &[]),
    ];
    sessions[2].origin = Origin::Note;
    (kiln, sessions)
}

/// What an audit of the same says.
fn audited(repo: &Repository, sessions: &[SeenSession], is_cut: bool) -> Audited {
    let found = repo.tasks.iter().map(|placed| LedgerTask {
        task: placed.task.clone(),
        revisions: vec![placed.task.clone()],
        provenance: TaskProvenance::Note,
        notes: Vec::new(),
        commits: placed.commits.clone(),
        claims: Vec::new(),
        opinions: placed.opinions.clone(),
    });
    let ledger = Ledger {
        tasks: found.collect(),
        ..Ledger::default()
    };
    let reach = Reach {
        commits: repo.commits.iter().map(|commit| commit.id).collect(),
        is_cut,
        ..Reach::default()
    };
    let evidence = Evidence {
        asked: &Asked::default(),
        only: None,
        all: All {
            ledger: &ledger,
            sessions,
            session_index: &SessionIndex::of_ledger(sessions, &ledger.tasks),
            steps: &[],
            jumps: &Jumps::default(),
            commits: &repo.commits,
            attested: &[],
            reach: &reach,
            at_head: &HashSet::new(),
            standing: None,
            survival: None,
            pace: &crate::aggregate::pace::pace(&repo.commits),
        },
        zone: query().zone,
        now: 0,
    };
    Audited {
        audit: audit(repo.name.clone(), &evidence, &Choice::default(), Vec::new()),
        standing: Some(HashMap::from([(object(1), 7)])),
        reach,
    }
}

#[test]
fn the_evidence_for_claims_is_that_of_an_audit() {
    let (kiln, sessions) = supported();
    for is_cut in [false, true] {
        let audited = audited(&kiln, &sessions, is_cut);
        let confidence = audited.audit.confidence;
        let repos = [Repository {
            cut_short: is_cut,
            ..kiln.clone()
        }];
        let without = overview(&repos, &sessions);
        let with = Overview::new(&repos, &sessions, vec![Some(audited)], &query());
        let parts = [
            confidence.measured,
            confidence.noted,
            confidence.linked,
            confidence.unchecked,
            confidence.unsupported,
        ];
        let expected = parts.map(|part| (part.tasks, part.human_hours));
        let unchecked = u64::from(is_cut);
        assert_eq!(parts.map(|part| part.tasks), [2, 1, 2, unchecked, 2 - unchecked]);
        for overview in [without, with] {
            let found = overview.all.support.0.map(|part| (part.tasks, part.human_hours));
            assert_eq!(found, expected);
            assert_eq!(overview.repos[0].group.support, overview.all.support);
            assert_eq!(
                overview.all.measured.factor,
                confidence.claimed.measured_leverage_factor
            );
        }
    }
}

#[test]
fn findings_belong_to_their_tasks_and_lines_to_their_commits() {
    let (kiln, sessions) = supported();
    let audited = audited(&kiln, &sessions, false);
    let overview = Overview::new(&[kiln], &sessions, vec![Some(audited)], &query());
    let audit = overview.repos[0].audit.as_ref().unwrap();
    let mut found = 0;
    for view in &overview.tasks {
        let own: Vec<_> = view.findings.iter().map(|at| &audit.findings[*at]).collect();
        assert!(own.iter().all(|finding| finding.id == view.task.id.to_string()));
        assert_eq!(view.level, own.iter().map(|finding| finding.level).max());
        found += own.len();
    }
    let of_tasks = |id: &str| overview.tasks.iter().any(|view| view.task.id.to_string() == id);
    let expected = audit
        .findings
        .iter()
        .filter(|finding| of_tasks(&finding.id))
        .count();
    assert!(expected > 0);
    assert_eq!(found, expected);
    let standing: Vec<Option<u64>> = overview
        .commits
        .iter()
        .map(|commit| commit.lines_standing)
        .collect();
    assert_eq!(standing, [Some(7), Some(0), Some(0), Some(0)]);
}

#[test]
fn the_order_of_repositories_changes_nothing() {
    let (mut repos, mut sessions) = two();
    let expected = overview(&repos, &sessions);
    repos.reverse();
    for session in &mut sessions {
        session.home = 1;
        session.links.iter_mut().for_each(|(repo, _)| *repo = 1);
    }
    assert_eq!(overview(&repos, &sessions), expected);
}

#[test]
fn a_period_selects_tasks_days_and_sessions() {
    let (repos, sessions) = two();
    let query = Query {
        period: Period {
            since: Some(day("2026-04-03")),
            until: Some(day("2026-04-03")),
        },
        ..query()
    };
    let overview = Overview::new(&repos, &sessions, Vec::new(), &query);
    let days: Vec<NaiveDate> = overview.days.iter().map(|day| day.day).collect();
    assert_eq!(days, [day("2026-04-03")]);
    assert_eq!(overview.tasks.len(), 3);
    let ids: Vec<&str> = overview
        .sessions
        .iter()
        .map(|session| session.id.as_str())
        .collect();
    assert_eq!(ids, ["b"]);
    assert_eq!(overview.all.measures.tasks, 3);
}
