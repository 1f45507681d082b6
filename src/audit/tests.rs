//! What the tests of all rules share, [`Case`] and what is asked of one, and tests of rules and of the audit as a whole.
//!
//! Every rule has a case that triggers it and one that nearly does. A new one has them in the file of its theme, as those of
//! `selection.rs` are.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::measured::SessionIndex;
use super::*;
use crate::aggregate::pace::pace;
use crate::correlate::linked::Linked;
use crate::correlate::seen::seen;
use crate::facts::claim;
use crate::facts::claimed::CommitClaims;
use crate::facts::commit::{Authored, Commit, Instant, LineCounts, Person};
use crate::facts::evidence::Origin;
use crate::facts::files::FileClass;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Findings, Ledger, LedgerTask};
use crate::facts::quantity::WorkTime;
use crate::facts::record::NoteLines;
use crate::facts::zone::Zone;
use crate::git::ledger_steps::{Jump, Jumps, Past};
use crate::sources::reach::Reach;

/// 2026-04-10T12:00:00Z, when everything in these cases happens unless they say otherwise.
const NOON: i64 = 1_775_822_400;

pub(super) fn oid(number: u8) -> ObjectId {
    ObjectId::from_bytes(&[number; 20]).unwrap()
}

pub(super) fn uuid(number: u8) -> String {
    format!("019d7743-6a00-7707-8707-0707070707{number:02x}")
}

fn merged(mut base: Value, fields: Value) -> Value {
    if let (Some(base), Value::Object(fields)) = (base.as_object_mut(), fields) {
        base.extend(fields);
    }
    base
}

pub(super) fn task(number: u8, fields: Value) -> Value {
    let base = json!({
        "v": 1, "kind": "task", "id": uuid(number), "rev": 0, "at": "2026-04-10T12:00:00Z",
        "by": "Ada Example <ada@example.org>", "title": format!("Task {number}"), "date": "2026-04-10",
        "estimate": { "hours": 40, "by": "Ada Example <ada@example.org>" }, "source": "record",
    });
    merged(base, fields)
}

pub(super) fn session(name: &str, fields: Value) -> Value {
    let base = json!({
        "v": 1, "kind": "session", "id": uuid(200), "rev": 0, "at": "2026-04-10T12:00:00Z",
        "by": "Ada Example <ada@example.org>", "session": name, "agent": "codex",
        "started_at": "2026-04-10T11:00:00Z", "ended_at": "2026-04-10T11:30:00Z",
        "intervals": [[0, 20]], "agent_minutes": 20, "supervisory_minutes": 4, "share": 1, "evidence": ["log:commit"],
    });
    merged(base, fields)
}

/// What an audit looks at, before anything is wrong: one commit a task, by a person, at noon.
#[derive(Default)]
pub(super) struct Case {
    pub(super) findings: Findings,
    pub(super) commits: Vec<Commit>,
    pub(super) reach: Reach,
    pub(super) steps: Vec<LedgerStep>,
    pub(super) jumps: Jumps,
    /// The sessions whose logs are here.
    pub(super) logs: Vec<&'static str>,
    /// The commits that are asked for; all where there are none.
    pub(super) asked: Vec<u8>,
}

impl Case {
    /// Lines in the note on the commit of that number, which is in the history.
    pub(super) fn note(self, number: u8, lines: &[Value]) -> Self {
        self.commit(number, |_| ()).note_alone(number, lines)
    }

    pub(super) fn note_alone(mut self, number: u8, lines: &[Value]) -> Self {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.findings
            .notes
            .push((oid(number), NoteLines::parse(text.as_bytes())));
        self
    }

    pub(super) fn commit(mut self, number: u8, change: impl FnOnce(&mut Commit)) -> Self {
        let noon = Instant {
            seconds: NOON,
            offset: 0,
        };
        let mut commit = Commit {
            id: oid(number),
            tree: oid(0),
            parents: Vec::new(),
            author: Person {
                name: "Ada".into(),
                email: "ada@example.org".into(),
            },
            author_time: noon,
            commit_time: noon,
            subject: "Work".into(),
            lines: Some(LineCounts {
                files: 1,
                added: 1000,
                removed: 0,
            }),
            by_class: Vec::new(),
            claiming: None,
            reverts: Box::default(),
            origin: Origin::default(),
        };
        change(&mut commit);
        self.reach.commits.insert(commit.id);
        self.commits.retain(|known| known.id != commit.id);
        self.commits.push(commit);
        self
    }

    /// The next commit of the ledger.
    pub(super) fn step(self, added: &[Value], removed: &[Value]) -> Self {
        let last = self.steps.len();
        let parents: Vec<usize> = last.checked_sub(1).into_iter().collect();
        self.step_after(&parents, added, removed)
    }

    /// A commit of the ledger, after those at some positions.
    pub(super) fn step_after(mut self, parents: &[usize], added: &[Value], removed: &[Value]) -> Self {
        let lines = |lines: &[Value]| lines.iter().map(|line| line.to_string().into_bytes()).collect();
        self.steps.push(LedgerStep {
            commit: oid(100 + u8::try_from(self.steps.len()).unwrap()),
            parents: parents.iter().map(|at| self.steps[*at].commit).collect(),
            past: Past::Here,
            is_import: false,
            committer: "Ada Example <ada@example.org>".into(),
            time: NOON,
            signature: Signature::Absent,
            added: lines(added),
            removed: lines(removed),
        });
        self
    }

    /// A message on the commit of that number, which is in the history.
    pub(super) fn message(mut self, number: u8, trailers: &str) -> Self {
        if self.commits.iter().all(|commit| commit.id != oid(number)) {
            self = self.commit(number, |_| ());
        }
        let message = format!("Work\n\n{trailers}");
        let (claims, errors) = claim::read(message.as_bytes(), WorkTime::default());
        let commit = self.commits.iter().find(|commit| commit.id == oid(number));
        let commit = commit.unwrap();
        self.findings.claims.push(CommitClaims {
            commit: commit.id,
            author: commit.author.clone(),
            time: commit.author_time,
            committed: commit.commit_time.seconds,
            subject: "Work".into(),
            authored: Authored {
                author: commit.author.clone(),
                time: commit.author_time,
                title: "Work".into(),
            },
            claims,
            errors,
        });
        self
    }

    pub(super) fn audit(self, choice: &Choice) -> Audit {
        let ledger = Ledger::assemble(self.findings);
        let mut sessions = seen(&[], Vec::new(), Linked::default(), &[&ledger.sessions]);
        for session in &mut sessions {
            if self.logs.contains(&session.id.to_string().as_str()) {
                session.origin = crate::correlate::seen::Origin::Log;
            }
        }
        let asked: HashSet<ObjectId> = self.asked.iter().map(|number| oid(*number)).collect();
        let has_one = |found: &&LedgerTask| found.commits.iter().any(|commit| asked.contains(commit));
        let only = Selection {
            tasks: ledger
                .tasks
                .iter()
                .filter(has_one)
                .map(|found| found.task.id)
                .collect(),
            sessions: sessions.iter().map(|session| session.id.clone()).collect(),
            commits: asked.clone(),
        };
        let at_head = self.commits.iter().map(|commit| commit.id).collect();
        let evidence = Evidence {
            asked: &Asked::default(),
            only: (!asked.is_empty()).then_some(&only),
            all: All {
                at_head: &at_head,
                ledger: &ledger,
                sessions: &sessions,
                session_index: &SessionIndex::of_ledger(&sessions, &ledger.tasks),
                attested: &[],
                steps: &self.steps,
                jumps: &self.jumps,
                commits: &self.commits,
                reach: &self.reach,
                standing: None,
                survival: None,
                pace: &pace(&self.commits),
            },
            zone: Zone::Named(chrono_tz::UTC),
            now: NOON,
        };
        audit("kiln".into(), &evidence, choice, Vec::new())
    }

    /// What `rule` finds. That it was asked at all is part of every case.
    pub(super) fn found(self, rule: &str) -> Vec<(Level, String)> {
        let audit = self.audit(&Choice {
            rules: BTreeSet::from([rule.to_owned()]),
            ..Choice::default()
        });
        assert_eq!(audit.skipped, [], "{rule}");
        audit
            .findings
            .into_iter()
            .map(|found| (found.level, found.message))
            .collect()
    }
}

#[track_caller]
pub(super) fn triggers(rule: &str, case: Case, level: Level, says: &str) {
    let found = case.found(rule);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, level, "{found:?}");
    assert!(found[0].1.contains(says), "{found:?}");
}

#[track_caller]
pub(super) fn passes(rule: &str, case: Case) {
    assert_eq!(case.found(rule), []);
}

#[test]
fn estimates_given_after_the_work() {
    let earlier = |seconds: i64| {
        Case::default()
            .note(1, &[task(1, json!({}))])
            .commit(1, |commit| commit.author_time.seconds -= seconds)
    };
    triggers(
        "estimate-after-work",
        earlier(3 * 3600),
        Level::Note,
        "3.0h after",
    );
    triggers(
        "estimate-after-work",
        earlier(8 * 86_400),
        Level::Warning,
        "192.0h after",
    );
    passes("estimate-after-work", earlier(3600));
    // What the message said was said with the commit, however late it was revised.
    let revised = task(1, json!({ "rev": 1, "reason": "scope grew" }));
    let of_trailer = Case::default()
        .note(1, &[revised])
        .commit(1, |commit| commit.author_time.seconds -= 9 * 86_400);
    passes(
        "estimate-after-work",
        of_trailer.message(
            1,
            &format!("Leverage-Task: {}\nLeverage-Estimate: 40h\n", uuid(1)),
        ),
    );
}

#[test]
fn estimates_raised_later() {
    let revised = |hours: u32, reason: Value| {
        let estimate = json!({ "hours": hours, "by": "A" });
        let second = task(1, json!({ "rev": 1, "estimate": estimate, "reason": reason }));
        Case::default().note(1, &[task(1, json!({})), second])
    };
    triggers(
        "estimate-raised",
        revised(80, Value::Null),
        Level::Warning,
        "without a reason",
    );
    triggers(
        "estimate-raised",
        revised(50, "scope grew".into()),
        Level::Note,
        "scope grew",
    );
    triggers(
        "estimate-raised",
        revised(51, "scope grew".into()),
        Level::Warning,
        "scope grew",
    );
    passes("estimate-raised", revised(30, Value::Null));
}

fn revisions(fields: &[Value]) -> Case {
    let lines: Vec<Value> = (0..)
        .zip(fields)
        .map(|(rev, fields)| {
            task(
                1,
                merged(json!({ "rev": rev, "reason": "scope grew" }), fields.clone()),
            )
        })
        .collect();
    Case::default().note(1, &lines)
}

#[test]
fn many_small_raises_are_a_large_one() {
    let estimates = |hours: &[u32]| {
        let fields: Vec<Value> = hours
            .iter()
            .map(|hours| json!({ "estimate": { "hours": hours, "by": "A" } }))
            .collect();
        revisions(&fields)
    };
    let rule = "estimate-raised";
    triggers(rule, estimates(&[40, 44, 48]), Level::Note, "from 40h to 48h");
    triggers(
        rule,
        estimates(&[40, 44, 48, 52]),
        Level::Warning,
        "from 40h to 52h",
    );
    // Taken back, and raised again.
    triggers(rule, estimates(&[80, 40, 80]), Level::Warning, "from 40h to 80h");
    passes(rule, estimates(&[80, 100, 80]).note(2, &[]));
    // A trailer is the first revision where the records have none.
    let of_trailer = |hours: u32| {
        let second = json!({ "rev": 1, "reason": "scope grew", "estimate": { "hours": hours, "by": "A" } });
        let trailers = format!("Leverage-Task: {}\nLeverage-Estimate: 40h\n", uuid(1));
        Case::default().note(1, &[task(1, second)]).message(1, &trailers)
    };
    triggers(rule, of_trailer(80), Level::Warning, "from 40h to 80h");
    passes(rule, of_trailer(30));
}

#[test]
fn minutes_lowered_later() {
    let minutes = |field: &str, minutes: &[f64]| {
        let fields: Vec<Value> = minutes.iter().map(|one| json!({ field: one })).collect();
        revisions(&fields)
    };
    let rule = "minutes-lowered";
    let agent = minutes("agent_minutes", &[60.0, 50.0, 40.0]);
    triggers(
        rule,
        agent,
        Level::Warning,
        "agent time of `Task 1` was lowered from 60m to 40m",
    );
    let person = minutes("supervisory_minutes", &[20.0, 16.0]);
    triggers(
        rule,
        person,
        Level::Note,
        "supervision of `Task 1` was lowered from 20m to 16m",
    );
    passes(rule, minutes("agent_minutes", &[40.0, 60.0]));
    // Nothing was known before.
    passes(rule, revisions(&[json!({}), json!({ "agent_minutes": 4 })]));
    // A task without minutes is in no factor.
    for field in ["agent_minutes", "supervisory_minutes"] {
        let taken_out = revisions(&[json!({ field: 400 }), json!({ field: 300 }), json!({}), json!({})]);
        let says = "was 400m and is unknown since revision 2, by Ada";
        triggers(rule, taken_out, Level::Warning, says);
    }
}

#[test]
fn what_no_time_was_claimed_for() {
    let rule = "zero-claimed";
    let of = |fields: Value| Case::default().note(1, &[task(1, fields)]);
    let no_hours = of(json!({ "estimate": { "hours": 0, "by": "A" } }));
    triggers(rule, no_hours, Level::Error, "an estimate of 0h");
    triggers(
        rule,
        of(json!({ "agent_minutes": 0 })),
        Level::Error,
        "40h in 0m of agent time",
    );
    passes(rule, of(json!({ "agent_minutes": 1, "supervisory_minutes": 0 })));

    let trailers = |text: &str| Case::default().message(1, text);
    let rule = "trailer-refused";
    let nothing = "Leverage-Estimate: 0h\nLeverage-Agent-Time: 0m\n";
    triggers(rule, trailers(nothing), Level::Warning, "the estimate is 0h");
    triggers(
        rule,
        trailers("Leverage-Estimate: forty\n"),
        Level::Warning,
        "is ignored",
    );
    passes(
        rule,
        trailers("Leverage-Estimate: 1h\nLeverage-Supervision: 0m\n"),
    );
    // Not of the commits that are asked for.
    let mut elsewhere = trailers(nothing).message(2, "Leverage-Estimate: 1h\n");
    elsewhere.asked = vec![2];
    passes(rule, elsewhere);
}

#[test]
fn sessions_that_nothing_tells_of() {
    let rule = "session-not-found";
    let named = |name: &str| {
        Case::default().note(
            1,
            &[
                task(1, json!({ "sessions": [name] })),
                session("codex:1", json!({})),
            ],
        )
    };
    passes(rule, named("codex:1"));
    triggers(rule, named("codex:2"), Level::Note, "it may be deleted");
    let with_logs = |name: &str| Case {
        logs: vec!["codex:1"],
        ..named(name)
    };
    triggers(
        rule,
        with_logs("codex:2"),
        Level::Warning,
        "though older logs are here",
    );
    triggers(rule, with_logs("pi:2"), Level::Note, "it may be deleted");
    // Logs that begin after the work may have had older ones.
    let older = with_logs("codex:2").commit(1, |commit| commit.author_time.seconds -= 86_400);
    triggers(rule, older, Level::Note, "it may be deleted");
}

pub(super) fn with_session(fields: Value) -> Case {
    let fields = merged(json!({ "sessions": ["codex:1"] }), fields);
    Case::default().note(1, &[task(1, fields), session("codex:1", json!({}))])
}

#[test]
fn agent_minutes_against_sessions() {
    triggers(
        "agent-minutes-differ",
        with_session(json!({ "agent_minutes": 14 })),
        Level::Warning,
        "took 20",
    );
    triggers(
        "agent-minutes-differ",
        with_session(json!({ "agent_minutes": 26 })),
        Level::Warning,
        "claims 26",
    );
    passes(
        "agent-minutes-differ",
        with_session(json!({ "agent_minutes": 25 })),
    );
    // A session that is not here may hold the rest.
    let partly = json!({ "agent_minutes": 60, "sessions": ["codex:1", "codex:2"] });
    passes("agent-minutes-differ", with_session(partly));
}

#[test]
fn supervision_below_what_it_takes() {
    let alone = |minutes: f64| Case::default().note(1, &[task(1, json!({ "supervisory_minutes": minutes }))]);
    triggers("supervision-too-short", alone(0.2), Level::Warning, "about 0.5");
    passes("supervision-too-short", alone(0.5));
    let measured = |minutes: f64| with_session(json!({ "supervisory_minutes": minutes }));
    triggers(
        "supervision-too-short",
        measured(2.9),
        Level::Warning,
        "about 4m (limit: 3m)",
    );
    passes("supervision-too-short", measured(3.0));
}

#[test]
fn agent_minutes_longer_than_the_sessions() {
    let rule = "agent-minutes-beyond-span";
    triggers(
        rule,
        with_session(json!({ "agent_minutes": 32 })),
        Level::Error,
        "allow 30",
    );
    passes(rule, with_session(json!({ "agent_minutes": 30 })));
}

#[test]
fn claims_of_two_tasks() {
    let two = |first: &str, second: &str, commit: u8| {
        Case::default()
            .note(1, &[task(1, json!({ "sessions": [first] }))])
            .note(commit, &[task(2, json!({ "sessions": [second] }))])
    };
    triggers(
        "claimed-twice",
        two("codex:1", "codex:1", 2),
        Level::Error,
        "2 tasks",
    );
    triggers(
        "claimed-twice",
        two("codex:1", "codex:2", 1),
        Level::Note,
        "2 tasks",
    );
    passes("claimed-twice", two("codex:1", "codex:2", 2));
    // Ids that begin alike are two.
    passes(
        "claimed-twice",
        two("codex:019d7743-6a00-7707", "codex:019d7743-6a00-7708", 2),
    );
    // More hours than the lines of both would take.
    let large = |number| task(number, json!({ "estimate": { "hours": 240, "by": "A" } }));
    let both = Case::default().note(1, &[large(1), large(2)]);
    triggers("claimed-twice", both, Level::Warning, "they claim 480h together");
    // The other task is not of the commits that are asked for, and its claim stands.
    let mut part = two("codex:1", "codex:1", 2);
    part.asked = vec![2];
    triggers("claimed-twice", part, Level::Error, "`Task 1`");
    let mut none = two("codex:1", "codex:1", 2).note(3, &[task(3, json!({}))]);
    none.asked = vec![3];
    passes("claimed-twice", none);
}

#[test]
fn tasks_that_divide_a_session() {
    let rule = "claimed-twice";
    let of = |number: u8, minutes: u32, more: Value| {
        let mut fields = json!({ "sessions": ["codex:a"], "agent_minutes": minutes });
        for (name, value) in more.as_object().unwrap() {
            fields[name] = value.clone();
        }
        task(number, fields)
    };
    let measured = || json!({ "agent_minutes_basis": "measured" });
    let both = |first: Value, second: Value| Case::default().note(1, &[first]).note(2, &[second]);
    passes(rule, both(of(1, 10, measured()), of(2, 12, measured())));
    let later = json!({ "agent_minutes": null, "recorded_in": "codex:a" });
    passes(rule, both(of(1, 10, measured()), of(2, 0, later)));
    // A person who claims minutes of it, or names it alone, has them from the other task.
    triggers(
        rule,
        both(of(1, 10, measured()), of(2, 12, json!({}))),
        Level::Error,
        "2 tasks",
    );
    let named = json!({ "agent_minutes": null });
    triggers(
        rule,
        both(of(1, 10, measured()), of(2, 0, named)),
        Level::Error,
        "2 tasks",
    );
    // Lines by hand may say that they were measured.
    let long = with_session(json!({ "agent_minutes": 30, "agent_minutes_basis": "measured" }));
    let other = task(
        2,
        json!({ "sessions": ["codex:1"], "agent_minutes": 30, "agent_minutes_basis": "measured" }),
    );
    triggers(rule, long.note(2, &[other]), Level::Error, "2 tasks");
}

#[test]
fn commits_that_are_gone_or_reverted() {
    let gone = Case::default().note_alone(1, &[task(1, json!({}))]);
    triggers(
        "commit-missing",
        gone,
        Level::Warning,
        "the only commit of `Task 1`",
    );
    passes("commit-missing", Case::default().note(1, &[task(1, json!({}))]));

    let reverted = |reverts: &[(u8, u8)]| {
        let mut case = Case::default().note(1, &[task(1, json!({}))]);
        case.reach.reverts = reverts.iter().map(|(one, by)| (oid(*one), oid(*by))).collect();
        case
    };
    triggers(
        "commit-reverted",
        reverted(&[(1, 2)]),
        Level::Warning,
        "the only commit of `Task 1`",
    );
    passes("commit-reverted", reverted(&[(4, 2)]));
}

#[test]
fn estimates_above_what_the_lines_are_worth() {
    let claims = |hours: f64| {
        Case::default().note(
            1,
            &[task(1, json!({ "estimate": { "hours": hours, "by": "A" } }))],
        )
    };
    // A thousand lines: 40 h at 200 lines a day, 447 h by COCOMO II.
    triggers(
        "estimate-against-size",
        claims(448.0),
        Level::Note,
        "suggests 40h by `sloc` and 447h by `cocomo`",
    );
    passes("estimate-against-size", claims(446.0));
    passes(
        "estimate-against-size",
        claims(500.0).commit(1, |commit| commit.lines = None),
    );
    // Its other commit is not asked for, and counts.
    let trailers = format!("Leverage-Task: {}\n", uuid(1));
    let mut part = claims(1000.0).message(2, &trailers);
    part.asked = vec![2];
    triggers(
        "estimate-against-size",
        part,
        Level::Note,
        "for 2,000 added lines",
    );
}

#[test]
fn claims_for_no_code() {
    let changes = |class: FileClass, added: u64, removed: u64| {
        Case::default()
            .note(1, &[task(1, json!({}))])
            .commit(1, |commit| {
                let lines = LineCounts {
                    files: 1,
                    added,
                    removed,
                };
                commit.lines = Some(lines);
                commit.by_class = vec![(class, lines)];
            })
    };
    let rule = "claim-without-code";
    triggers(
        rule,
        changes(FileClass::Docs, 9, 9),
        Level::Note,
        "changes no line of source",
    );
    passes(rule, changes(FileClass::Source, 0, 1));
    passes(rule, changes(FileClass::Test, 1, 0));
    // A merge has the lines of its branch, which are not its own.
    let merge = changes(FileClass::Docs, 0, 0).commit(1, |commit| {
        commit.parents = vec![oid(8), oid(9)];
        commit.lines = Some(LineCounts::default());
    });
    passes(rule, merge);

    let mut plan = Case::default().note_alone(1, &[task(1, json!({}))]);
    plan.findings.task_commits.insert(oid(1));
    triggers("claim-without-commit", plan, Level::Note, "has no commit");
    passes(
        "claim-without-commit",
        Case::default().note(1, &[task(1, json!({}))]),
    );
}

#[test]
fn phases_against_their_estimate() {
    let phases = |second: f64| {
        let phases = json!([{ "name": "a", "hours": 30 }, { "name": "b", "hours": second }]);
        Case::default().note(
            1,
            &[task(
                1,
                json!({ "estimate": { "hours": 40, "by": "A", "phases": phases } }),
            )],
        )
    };
    triggers("parts-do-not-sum", phases(12.0), Level::Error, "add up to 42h");
    passes("parts-do-not-sum", phases(10.0));
}

#[test]
fn phases_in_trailers_against_their_estimate() {
    let trailers = |hours: u32| {
        let text =
            format!("Leverage-Estimate: 40h\nLeverage-Phase: Design 4h\nLeverage-Phase: Code {hours}h\n");
        Case::default().message(1, &text)
    };
    let rule = "parts-do-not-sum";
    triggers(rule, trailers(30), Level::Error, "add up to 34h, not 40h");
    passes(rule, trailers(36));
    passes("trailer-refused", trailers(30));
}

#[test]
fn trailers_against_records() {
    let with = |fields: Value, trailer: &str| {
        Case::default()
            .note(1, &[task(1, fields)])
            .message(1, &format!("Leverage-Task: {}\n{trailer}\n", uuid(1)))
    };
    let rule = "trailer-against-note";
    let estimate = |hours: &str| format!("Leverage-Estimate: {hours}");
    triggers(
        rule,
        with(json!({}), &estimate("60h")),
        Level::Warning,
        "60h in the trailer",
    );
    passes(rule, with(json!({}), &estimate("40h")));
    // The reason of a revision is known.
    triggers(
        rule,
        with(json!({ "rev": 1 }), &estimate("60h")),
        Level::Note,
        "60h in the trailer",
    );
    let minutes = || json!({ "agent_minutes": 25, "supervisory_minutes": 5 });
    triggers(
        rule,
        with(minutes(), "Leverage-Agent-Time: 50m"),
        Level::Warning,
        "agent time of 25m",
    );
    triggers(
        rule,
        with(minutes(), "Leverage-Supervision: 9m"),
        Level::Warning,
        "supervision of 5m",
    );
    passes(rule, with(minutes(), "Leverage-Agent-Time: 26m"));
}

#[test]
fn lines_that_went_from_the_ledger() {
    let line = task(1, json!({}));
    let removed = Case::default().step(&[], std::slice::from_ref(&line));
    triggers(
        "ledger-line-removed",
        removed,
        Level::Error,
        "revision 0 of `Task 1`",
    );
    passes("ledger-line-removed", Case::default().step(&[line], &[]));
}

#[test]
fn lines_that_say_another_time() {
    let at = |at: &str| Case::default().step(&[task(1, json!({ "at": at }))], &[]);
    triggers(
        "ledger-back-dated",
        at("2026-04-10T10:00:00Z"),
        Level::Error,
        "2.0h before",
    );
    triggers(
        "ledger-back-dated",
        at("2026-04-11T12:00:00Z"),
        Level::Error,
        "24.0h after",
    );
    passes("ledger-back-dated", at("2026-04-10T11:00:00Z"));
}

#[test]
fn two_lines_of_one_revision() {
    let rule = "revision-twice";
    let line = |rev: u32, hours: u32, at: &str| {
        task(
            1,
            json!({ "rev": rev, "at": at, "estimate": { "hours": hours, "by": "A" } }),
        )
    };
    let (noon, later) = ("2026-04-10T12:00:00Z", "2026-04-10T12:10:00Z");
    let forged = [line(0, 40, noon), line(0, 400, later)];
    let first = Case::default()
        .note(1, &forged)
        .step(&forged[..1], &[])
        .step(&forged[1..], &[]);
    triggers(rule, first, Level::Error, "exists twice: 40h by Ada");
    // The same import in two clones.
    let twice = [line(0, 40, noon), line(0, 40, later)];
    passes(rule, Case::default().note(1, &twice).step(&twice, &[]));
    let revised = [line(0, 40, noon), line(1, 30, noon), line(1, 50, later)];
    let case = || {
        Case::default()
            .note(1, &revised)
            .step(&revised[..1], &[])
            .step(&revised[1..2], &[])
    };
    triggers(
        rule,
        case().step(&revised[2..], &[]),
        Level::Error,
        "revision 1 of `Task 1`",
    );
    let merged = case()
        .step_after(&[0], &revised[2..], &[])
        .step_after(&[1, 2], &[], &[]);
    triggers(rule, merged, Level::Warning, "in two clones at the same time");
}

#[test]
fn lines_in_the_name_of_another() {
    let rule = "written-by-another";
    let by = |number: u8, by: &str| task(number, json!({ "by": by }));
    let eve = "Eve <eve@example.org>";
    let brought = [by(1, eve), by(2, "Ada <ADA@example.org>"), by(3, eve)];
    let case = Case::default().step(&brought, &[]);
    triggers(rule, case, Level::Note, "added 2 lines in the name of Eve");
    passes(rule, Case::default().step(&brought[1..2], &[]));
    // Merging what Eve wrote is no writing.
    let mut merged = Case::default()
        .step(&[], &[])
        .step_after(&[], &brought[..1], &[])
        .step_after(&[0, 1], &[], &[]);
    merged.steps[1].committer = eve.into();
    passes(rule, merged);
}

#[test]
fn a_ledger_that_left_its_past() {
    let mut moved = Case::default().step(&[], &[]);
    moved.jumps.found.push(Jump {
        reference: "refs/notes/leverage".into(),
        from: oid(1),
        to: oid(2),
        who: Some("Ada".into()),
    });
    triggers("ledger-moved", moved, Level::Error, "does not descend");
    passes("ledger-moved", Case::default().step(&[], &[]));
    // Without a log, nobody can tell.
    let mut unlogged = Case::default().step(&[], &[]);
    unlogged.jumps.unlogged.push("refs/leverage/tasks".into());
    let skipped = unlogged.audit(&Choice::default()).skipped;
    let moved = skipped.iter().find(|one| one.rule == "ledger-moved").unwrap();
    assert!(moved.reason.contains("refs/leverage/tasks"), "{moved:?}");
}

#[test]
fn signatures_on_the_ledger() {
    let signed = |signature: Signature| {
        let mut case = Case::default().step(&[], &[]).step(&[], &[]);
        case.steps[0].signature = Signature::Good("ada@example.org".into());
        case.steps[1].signature = signature;
        case
    };
    let rule = "ledger-signature";
    triggers(rule, signed(Signature::Absent), Level::Warning, "is not signed");
    triggers(
        rule,
        signed(Signature::Bad),
        Level::Error,
        "has an invalid signature",
    );
    triggers(
        rule,
        signed(Signature::Unchecked),
        Level::Note,
        "cannot be checked",
    );
    passes(rule, signed(Signature::Good("ada@example.org".into())));
}

/// What a committed file says of a finding.
fn known() -> Reason {
    Reason {
        text: "known".into(),
        by: AllowedBy::Repository,
    }
}

#[test]
fn what_is_allowed_is_listed_and_no_finding() {
    let case = with_session(json!({ "agent_minutes": 26 }));
    let choice = Choice {
        allowed: BTreeMap::from([(format!("agent-minutes-differ:{}", uuid(1)), known())]),
        ..Choice::default()
    };
    let audit = case.audit(&choice);
    assert!(
        audit
            .findings
            .iter()
            .all(|found| found.rule != "agent-minutes-differ")
    );
    assert_eq!(audit.allowed.len(), 1);
    assert_eq!(audit.allowed[0].reason, "known");
}

#[test]
fn what_is_allowed_is_allowed_as_it_was() {
    let entry = |end: &str| format!("supervision-too-short:{}{end}", uuid(1));
    let asked = |rev: u32, entries: &[String]| {
        let line = task(1, json!({ "rev": rev, "supervisory_minutes": 0 }));
        let choice = Choice {
            rules: BTreeSet::from(["supervision-too-short".to_owned()]),
            allowed: entries.iter().map(|entry| (entry.clone(), known())).collect(),
            ..Choice::default()
        };
        Case::default().note(1, &[line]).audit(&choice)
    };
    let first = asked(0, &[entry("")]);
    assert_eq!(
        (first.findings.len(), first.allowed.len(), first.warnings.len()),
        (0, 1, 0)
    );
    let revised = asked(1, &[entry("")]);
    assert_eq!((revised.findings.len(), revised.allowed.len()), (1, 0));
    let hint = revised.warnings[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains(&entry("@1")), "{hint}");
    let again = asked(1, &[entry(""), entry("@1")]);
    assert_eq!(
        (again.findings.len(), again.allowed.len(), again.warnings.len()),
        (0, 1, 1)
    );
    // A typing error; and a rule that was not asked may find it.
    let mistyped = asked(0, &[entry("0"), format!("outlier:{}", uuid(1))]);
    assert_eq!((mistyped.findings.len(), mistyped.warnings.len()), (1, 1));
    assert!(
        mistyped.warnings[0]
            .to_string()
            .contains("there is no such finding")
    );
}

#[test]
fn every_rule_has_its_own_id() {
    let ids: BTreeSet<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules::RULES.len());
}

#[test]
fn every_rule_has_its_row_in_the_documentation_in_the_order_shown() {
    let text = include_str!("../../docs/formats/audit.md");
    let rows: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let listed: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    // The keys of the format come first.
    assert_eq!(rows[rows.len() - listed.len()..], listed);
}

#[test]
fn hours_are_sorted_by_what_they_rest_on() {
    let case = || {
        with_session(json!({ "agent_minutes": 20 }))
            .note(2, &[task(2, json!({}))])
            .note_alone(9, &[task(3, json!({}))])
    };
    let from_notes = case().audit(&Choice::default()).confidence;
    assert_eq!((from_notes.measured.tasks, from_notes.noted.tasks), (0, 1));
    assert_eq!(from_notes.noted.measured_leverage_factor, Some(120.0));
    let with_log = Case {
        logs: vec!["codex:1"],
        ..case()
    };
    let confidence = with_log.audit(&Choice::default()).confidence;
    assert_eq!(
        [
            confidence.claimed.tasks,
            confidence.measured.tasks,
            confidence.noted.tasks,
            confidence.linked.tasks,
            confidence.unsupported.tasks
        ],
        [3, 1, 0, 1, 1]
    );
    assert_eq!(confidence.measured.leverage_factor, Some(120.0));
    assert_eq!(confidence.all_in_leverage_factor, Some(120.0));
}
