//! Every rule with a case that triggers it and one that nearly does.

use serde_json::{Value, json};

use super::*;
use crate::correlate::history::Linked;
use crate::correlate::seen::seen;
use crate::facts::claim;
use crate::facts::commit::{Instant, LineCounts, Person};
use crate::facts::evidence::{Origin, OriginState};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{CommitClaims, Findings};
use crate::facts::quantity::WorkTime;
use crate::facts::record::NoteLines;

/// 2026-04-10T12:00:00Z, when everything in these cases happens unless they say otherwise.
const NOON: i64 = 1_775_822_400;

fn oid(number: u8) -> ObjectId {
    ObjectId::from_bytes(&[number; 20]).unwrap()
}

fn uuid(number: u8) -> String {
    format!("019d7743-6a00-7707-8707-0707070707{number:02x}")
}

fn merged(mut base: Value, fields: Value) -> Value {
    if let (Some(base), Value::Object(fields)) = (base.as_object_mut(), fields) {
        base.extend(fields);
    }
    base
}

fn task(number: u8, fields: Value) -> Value {
    let base = json!({
        "v": 1, "kind": "task", "id": uuid(number), "rev": 0, "at": "2026-04-10T12:00:00Z",
        "by": "Ada Example <ada@example.org>", "title": format!("Task {number}"), "date": "2026-04-10",
        "estimate": { "hours": 40, "by": "Ada Example <ada@example.org>" }, "source": "record",
    });
    merged(base, fields)
}

fn session(name: &str, fields: Value) -> Value {
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
struct Case {
    findings: Findings,
    commits: Vec<Commit>,
    reach: Reach,
    steps: Vec<LedgerStep>,
    jumps: Vec<Jump>,
}

impl Case {
    /// Lines in the note on the commit of that number, which is in the history.
    fn note(self, number: u8, lines: &[Value]) -> Self {
        self.commit(number, |_| ()).note_alone(number, lines)
    }

    fn note_alone(mut self, number: u8, lines: &[Value]) -> Self {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.findings
            .notes
            .push((oid(number), NoteLines::parse(text.as_bytes())));
        self
    }

    fn commit(mut self, number: u8, change: impl FnOnce(&mut Commit)) -> Self {
        let noon = Instant {
            seconds: NOON,
            offset: 0,
        };
        let mut commit = Commit {
            id: oid(number),
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
            may_claim: false,
            origin: Origin::default(),
        };
        change(&mut commit);
        self.reach.commits.insert(commit.id);
        self.commits.retain(|known| known.id != commit.id);
        self.commits.push(commit);
        self
    }

    fn step(mut self, added: &[Value], removed: &[Value]) -> Self {
        let lines = |lines: &[Value]| lines.iter().map(|line| line.to_string().into_bytes()).collect();
        self.steps.push(LedgerStep {
            commit: oid(100),
            committer: "Ada Example <ada@example.org>".into(),
            time: NOON,
            signature: Signature::Absent,
            added: lines(added),
            removed: lines(removed),
        });
        self
    }

    fn audit(self, choice: &Choice) -> Audit {
        let ledger = Ledger::assemble(self.findings);
        let sessions = seen(&[], Vec::new(), Linked::default(), &[&ledger.sessions]);
        let at_head = self.commits.iter().map(|commit| commit.id).collect();
        let evidence = Evidence {
            asked: &Asked::default(),
            at_head: &at_head,
            ledger: &ledger,
            sessions: &sessions,
            attested: &[],
            steps: &self.steps,
            jumps: &self.jumps,
            commits: &self.commits,
            reach: &self.reach,
            survival: None,
            now: NOON,
        };
        audit("kiln".into(), &evidence, choice, Vec::new())
    }

    /// What `rule` finds. That it was asked at all is part of every case.
    fn found(self, rule: &str) -> Vec<(Level, String)> {
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
fn triggers(rule: &str, case: Case, level: Level, says: &str) {
    let found = case.found(rule);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, level, "{found:?}");
    assert!(found[0].1.contains(says), "{found:?}");
}

#[track_caller]
fn passes(rule: &str, case: Case) {
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
        "3.0 h after",
    );
    triggers(
        "estimate-after-work",
        earlier(8 * 86_400),
        Level::Warning,
        "192.0 h after",
    );
    passes("estimate-after-work", earlier(3600));
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
        revised(80, "scope grew".into()),
        Level::Note,
        "scope grew",
    );
    passes("estimate-raised", revised(30, Value::Null));
}

fn with_session(fields: Value) -> Case {
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
    triggers(
        "supervision-too-short",
        alone(0.2),
        Level::Warning,
        "at least 0.5",
    );
    passes("supervision-too-short", alone(0.5));
    let measured = |minutes: f64| with_session(json!({ "supervisory_minutes": minutes }));
    triggers(
        "supervision-too-short",
        measured(2.9),
        Level::Warning,
        "at least 3.0",
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
}

#[test]
fn commits_that_are_gone_or_reverted() {
    let gone = Case::default().note_alone(1, &[task(1, json!({}))]);
    triggers("commit-missing", gone, Level::Warning, "1 of the 1 commits");
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
        "was reverted",
    );
    passes("commit-reverted", reverted(&[(1, 2), (2, 3)]));
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
    triggers("estimate-against-size", claims(448.0), Level::Note, "40 to 447 h");
    passes("estimate-against-size", claims(446.0));
    passes(
        "estimate-against-size",
        claims(500.0).commit(1, |commit| commit.lines = None),
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
    triggers("parts-do-not-sum", phases(12.0), Level::Error, "sum to 42.00 h");
    passes("parts-do-not-sum", phases(10.0));
}

#[test]
fn trailers_against_records() {
    let trailer = |estimate: &str| {
        let message = format!(
            "Work\n\nLeverage-Task: {}\nLeverage-Estimate: {estimate}\n",
            uuid(1)
        );
        let (claims, errors) = claim::read(message.as_bytes(), WorkTime::default());
        let mut case = Case::default().note(1, &[task(1, json!({}))]);
        case.findings.claims.push(CommitClaims {
            commit: oid(1),
            author: case.commits[0].author.clone(),
            time: case.commits[0].author_time,
            subject: "Work".into(),
            claims,
            errors,
        });
        case
    };
    triggers(
        "trailer-against-note",
        trailer("60h"),
        Level::Warning,
        "60h in the trailer",
    );
    passes("trailer-against-note", trailer("40h"));
}

#[test]
fn factors_out_of_the_repositorys_range() {
    // Eight tasks between 20x and 27x, and a ninth.
    let with = |hours: f64| {
        let usual = (1..=8).map(|number| (number, 20.0 + f64::from(number) - 1.0));
        usual
            .chain([(9, hours)])
            .fold(Case::default(), |case, (number, hours)| {
                let fields = json!({ "agent_minutes": 60, "estimate": { "hours": hours, "by": "A" } });
                case.note(number, &[task(number, fields)])
            })
    };
    triggers("outlier", with(400.0), Level::Note, "400.0x");
    passes("outlier", with(40.0));
    let few = Case::default().note(1, &[task(1, json!({ "agent_minutes": 60 }))]);
    assert!(
        few.audit(&Choice::default())
            .skipped
            .iter()
            .any(|one| one.rule == "outlier")
    );
}

#[test]
fn what_no_task_claims() {
    let left_out = Case::default()
        .note(1, &[task(1, json!({}))])
        .note(2, &[session("codex:1", json!({}))]);
    triggers("session-without-task", left_out, Level::Note, "20 minutes");
    passes("session-without-task", with_session(json!({})));

    let agents = |others: u8| {
        (1..=1 + others).fold(Case::default().note(1, &[task(1, json!({}))]), |case, number| {
            case.commit(number, |commit| commit.origin.state = OriginState::Agent)
        })
    };
    triggers("agent-commit-without-task", agents(2), Level::Warning, "2 of 3");
    passes("agent-commit-without-task", agents(1));
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
        "2.0 h before",
    );
    triggers(
        "ledger-back-dated",
        at("2026-04-11T12:00:00Z"),
        Level::Error,
        "24.0 h after",
    );
    passes("ledger-back-dated", at("2026-04-10T11:00:00Z"));
}

#[test]
fn a_ledger_that_left_its_past() {
    let mut moved = Case::default().step(&[], &[]);
    moved.jumps.push(Jump {
        from: oid(1),
        to: oid(2),
        who: "Ada".into(),
        time: NOON,
    });
    triggers("ledger-moved", moved, Level::Error, "does not descend");
    passes("ledger-moved", Case::default().step(&[], &[]));
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
    triggers(rule, signed(Signature::Bad), Level::Error, "does not hold");
    triggers(
        rule,
        signed(Signature::Unchecked),
        Level::Note,
        "cannot be checked",
    );
    passes(rule, signed(Signature::Good("ada@example.org".into())));
}

#[test]
fn what_is_allowed_is_listed_and_no_finding() {
    let case = with_session(json!({ "agent_minutes": 26 }));
    let choice = Choice {
        allowed: BTreeMap::from([(format!("agent-minutes-differ:{}", uuid(1)), "known".to_owned())]),
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
fn every_rule_has_its_own_id() {
    let ids: BTreeSet<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), rules::RULES.len());
}

#[test]
fn hours_are_sorted_by_what_they_rest_on() {
    let case = with_session(json!({ "agent_minutes": 20 }))
        .note(2, &[task(2, json!({}))])
        .note_alone(9, &[task(3, json!({}))]);
    let confidence = case.audit(&Choice::default()).confidence;
    assert_eq!(
        [
            confidence.claimed.tasks,
            confidence.measured.tasks,
            confidence.linked.tasks,
            confidence.unsupported.tasks
        ],
        [3, 1, 1, 1]
    );
    assert_eq!(confidence.measured.leverage_factor, Some(120.0));
    assert_eq!(confidence.all_in_leverage_factor, Some(120.0));
}
