//! How lines of notes and claims of messages become tasks.

use proptest::prelude::*;

use super::*;
use crate::commit::{Authored, Instant, Person};
use crate::estimate::Estimate;
use crate::quantity::{Hours, WorkTime};
use crate::task::FirstClaim;
use crate::{claim, opinions, record};

fn commit(byte: u8) -> ObjectId {
    ObjectId::from([byte; 20])
}

fn id(number: u64) -> TaskId {
    TaskId::new(1_775_034_000_000 + number, &[7; 10])
}

fn time(second: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_775_034_000 + second, 0).unwrap()
}

fn task(number: u64, rev: u32, second: i64, hours: f64) -> Task {
    let first = FirstClaim {
        at: time(second),
        by: "Ada <ada@example.org>",
        title: "Kiln".into(),
        date: time(0).date_naive(),
        hours: Hours::new(hours).unwrap(),
        source: TaskSource::Record,
    };
    let mut task = Task::new(id(number), first);
    task.rev = rev;
    task
}

fn tombstone(number: u64, of: u64, second: i64) -> Tombstone {
    Tombstone {
        id: id(number).into(),
        rev: 0,
        at: time(second),
        by: "Ada <ada@example.org>".into(),
        of: id(of).into(),
        reason: format!("Said at {second}"),
    }
}

fn line(record: &Record) -> Vec<u8> {
    record.encode()
}

fn line_of(task: &Task) -> Vec<u8> {
    line(&Record::Task(Box::new(task.clone())))
}

fn line_that_retracts(tombstone: &Tombstone) -> Vec<u8> {
    line(&Record::Tombstone(tombstone.clone()))
}

fn note(on: u8, lines: &[Vec<u8>]) -> (ObjectId, NoteLines) {
    let mut note = NoteLines::default();
    for line in lines {
        note.insert(line.clone());
    }
    (commit(on), note)
}

fn of_notes(notes: Vec<(ObjectId, NoteLines)>) -> Ledger {
    Ledger::assemble(Findings {
        repo: "kiln".into(),
        notes,
        ..Findings::default()
    })
}

fn message(on: u8, text: &str) -> CommitClaims {
    let (claims, errors) = claim::read(text.as_bytes(), WorkTime::default());
    let authored = Authored {
        author: Person {
            name: "Ada".into(),
            email: "ada@example.org".into(),
        },
        time: Instant {
            seconds: time(0).timestamp() + i64::from(on),
            offset: 0,
        },
        title: text.lines().next().unwrap().to_owned(),
    };
    CommitClaims {
        commit: commit(on),
        author: authored.author.clone(),
        time: authored.time,
        committed: authored.time.seconds,
        subject: authored.title.clone(),
        authored,
        claims,
        errors,
    }
}

fn revisions(found: &LedgerTask) -> Vec<(u32, f64)> {
    let revision = |task: &Task| (task.rev, task.estimate.hours.get());
    found.revisions.iter().map(revision).collect()
}

#[test]
fn the_current_revision_is_the_highest_then_the_latest_then_the_last_by_bytes() {
    for (one, other) in [
        (task(1, 1, 0, 1.0), task(1, 0, 900, 2.0)),
        (task(1, 1, 5, 1.0), task(1, 1, 4, 2.0)),
        (task(1, 1, 5, 9.0), task(1, 1, 5, 8.0)),
    ] {
        for lines in [[&one, &other], [&other, &one]] {
            let ledger = of_notes(vec![note(1, &[line_of(lines[0])]), note(2, &[line_of(lines[1])])]);
            let [found] = &ledger.tasks[..] else {
                panic!("{:?}", ledger.tasks)
            };
            assert_eq!(found.task, one);
            assert_eq!(found.revisions, [other.clone(), one.clone()]);
            assert_eq!(found.commits, [commit(1), commit(2)]);
        }
    }
}

#[test]
fn a_line_that_a_rewrite_copied_is_one_revision_on_both_commits() {
    let one = task(1, 0, 0, 3.0);
    let ledger = of_notes(vec![note(1, &[line_of(&one)]), note(2, &[line_of(&one)])]);
    let [found] = &ledger.tasks[..] else {
        panic!("{:?}", ledger.tasks)
    };
    assert_eq!(found.revisions, [one]);
    assert_eq!(found.notes, [commit(1), commit(2)]);
}

#[test]
fn the_first_retraction_of_a_task_holds_wherever_it_stands() {
    let (early, late) = (tombstone(11, 1, 10), tombstone(10, 1, 20));
    for lines in [[&early, &late], [&late, &early]] {
        let ledger = of_notes(vec![
            note(1, &[line_that_retracts(lines[0])]),
            note(2, &[line_of(&task(1, 0, 0, 3.0)), line_that_retracts(lines[1])]),
            note(3, &[line_of(&task(2, 0, 0, 4.0))]),
        ]);
        let counted: Vec<TaskId> = ledger.tasks.iter().map(|found| found.task.id).collect();
        assert_eq!(counted, [id(2)]);
        assert_eq!(ledger.tombstone(id(1)), Some(&early));
        assert_eq!(ledger.task(id(1)).map(revisions), Some(vec![(0, 3.0)]));
    }
}

#[test]
fn a_task_that_is_revised_after_its_retraction_stays_retracted() {
    let ledger = of_notes(vec![note(
        1,
        &[
            line_of(&task(1, 0, 0, 3.0)),
            line_that_retracts(&tombstone(9, 1, 10)),
            line_of(&task(1, 1, 20, 5.0)),
        ],
    )]);
    assert_eq!(ledger.tasks, []);
    assert_eq!(ledger.task(id(1)).map(revisions), Some(vec![(0, 3.0), (1, 5.0)]));
}

#[test]
fn a_retraction_of_a_task_that_is_not_here_changes_nothing() {
    let lines = [
        line_of(&task(1, 0, 0, 3.0)),
        line_that_retracts(&tombstone(9, 5, 10)),
    ];
    let ledger = of_notes(vec![note(1, &lines)]);
    assert_eq!((ledger.tasks.len(), ledger.retracted.len()), (1, 0));
    assert_eq!(ledger.tombstone(id(5)), None);
}

#[test]
fn a_retraction_takes_the_claim_of_a_message_too() {
    let claims = || vec![message(1, "Fire\n\nLeverage-Estimate: 2h\n")];
    let read = |notes| {
        Ledger::assemble(Findings {
            notes,
            claims: claims(),
            ..Findings::default()
        })
    };
    let claimed = read(Vec::new());
    let [found] = &claimed.tasks[..] else {
        panic!("{:?}", claimed.tasks)
    };
    assert_eq!(
        (found.provenance, found.commits.clone()),
        (TaskProvenance::Trailer, vec![commit(1)])
    );
    let mut retraction = tombstone(9, 0, 10);
    retraction.of = found.task.id.into();
    let retracted = read(vec![note(1, &[line_that_retracts(&retraction)])]);
    assert_eq!(retracted.tasks, []);
    assert_eq!(retracted.tombstone(found.task.id), Some(&retraction));
}

#[test]
fn a_record_comes_before_what_a_message_says_of_the_same_task() {
    let named = format!("Fire\n\nLeverage-Task: {}\nLeverage-Estimate: 2h\n", id(1));
    let read = |rev| {
        Ledger::assemble(Findings {
            notes: vec![note(2, &[line_of(&task(1, rev, 0, 3.0))])],
            claims: vec![message(1, &named)],
            ..Findings::default()
        })
    };
    // A first revision replaces the claim in the message; a later one comes after it.
    for (rev, expected) in [(0, vec![(0, 3.0)]), (1, vec![(0, 2.0), (1, 3.0)])] {
        let ledger = read(rev);
        let [found] = &ledger.tasks[..] else {
            panic!("{:?}", ledger.tasks)
        };
        assert_eq!(found.provenance, TaskProvenance::Note);
        assert_eq!(revisions(found), expected);
        assert_eq!(found.commits, [commit(1), commit(2)]);
        assert_eq!(found.notes, [commit(2)]);
    }
}

#[test]
fn a_message_that_names_a_task_without_a_record_makes_none_and_says_so() {
    let ledger = Ledger::assemble(Findings {
        repo: "kiln".into(),
        claims: vec![message(1, &format!("Fire\n\nLeverage-Task: {}\n", id(1)))],
        ..Findings::default()
    });
    assert_eq!(ledger.tasks, []);
    assert_eq!(ledger.unknown, BTreeMap::from([(commit(1), id(1))]));
    assert_eq!(ledger.warnings.len(), 1);
    assert!(ledger.warnings[0].message.contains("no note here records"));
    assert_eq!(ledger.status, Status::Complete);
}

#[test]
fn a_later_claim_that_changes_only_the_range_is_a_revision_and_a_copy_is_none() {
    let said = |number: u8, estimate: &str| {
        let text = format!(
            "Fire\n\nLeverage-Task: {}\nLeverage-Estimate: {estimate}\n",
            id(1)
        );
        message(number, &text)
    };
    let shown = |estimates: &[&str]| {
        let claims = (1..).zip(estimates).map(|(on, estimate)| said(on, estimate));
        let ledger = Ledger::assemble(Findings {
            claims: claims.collect(),
            ..Findings::default()
        });
        let revisions = ledger.tasks[0].revisions.iter();
        revisions.map(|task| task.estimate.shown()).collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&["40h", "24h..40h..60h", "24h..40h..60h", "20h..40h..60h"]),
        ["40h", "40h (24h..60h)", "40h (20h..60h)"]
    );
    // What a later claim leaves out stays; other hours are another estimate.
    assert_eq!(shown(&["24h..40h..60h", "40h"]), ["40h (24h..60h)"]);
    assert_eq!(shown(&["24h..60h", "30h"]), ["37.9h (24h..60h)", "30h"]);
    let copy = "Fire\n\nLeverage-Estimate: 24h..60h\n";
    let squash = "All\n\n* Fire\n\nLeverage-Estimate: 24h..60h\n\n* Glaze\n\nLeverage-Estimate: 2h..3h\n";
    let ledger = Ledger::assemble(Findings {
        claims: vec![message(1, copy), message(2, squash)],
        ..Findings::default()
    });
    let mut shown: Vec<String> = ledger
        .tasks
        .iter()
        .map(|found| found.task.estimate.shown())
        .collect();
    shown.sort();
    assert_eq!(shown, ["2.44h (2h..3h)", "37.9h (24h..60h)"]);
}

#[test]
fn a_range_that_is_none_is_reported_and_its_task_counts() {
    let line = String::from_utf8(line_of(&task(1, 0, 0, 3.0))).unwrap();
    let line = line
        .replace("\"hours\":3", "\"high\":1,\"hours\":3,\"low\":2")
        .into_bytes();
    let ledger = of_notes(vec![note(1, &[line])]);
    assert_eq!(ledger.tasks[0].task.estimate.shown(), "3h");
    let warnings: Vec<&str> = ledger
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(
        warnings,
        ["ignored the range `2..1` in revision 0 of `Kiln`: it is not one"]
    );
}

#[test]
fn a_commit_that_holds_tasks_without_code_is_none_of_theirs() {
    let mut listed = task(1, 0, 0, 3.0);
    listed.commits = vec![commit(5)];
    let ledger = Ledger::assemble(Findings {
        notes: vec![note(1, &[line_of(&listed)])],
        task_commits: HashSet::from([commit(1)]),
        ..Findings::default()
    });
    assert_eq!(ledger.tasks[0].notes, [commit(1)]);
    assert_eq!(ledger.tasks[0].commits, [commit(5)]);
}

#[test]
fn lines_that_cannot_be_read_are_one_warning_a_note_and_cost_the_others_nothing() {
    let foreign = br#"{"kind":"verdict","v":1}"#.to_vec();
    let newer = br#"{"kind":"task","v":9}"#.to_vec();
    let lines = [
        line_of(&task(1, 0, 0, 3.0)),
        foreign,
        newer,
        b"~ no JSON".to_vec(),
    ];
    let (on, all) = note(1, &lines);
    let ledger = of_notes(vec![(on, all.clone()), note(2, &[line_of(&task(2, 0, 0, 4.0))])]);
    assert_eq!(ledger.tasks.len(), 2);
    assert_eq!(ledger.status, Status::Partial);
    let [warning] = &ledger.warnings[..] else {
        panic!("{:?}", ledger.warnings)
    };
    assert!(warning.message.ends_with("and 2 more such lines"), "{warning}");
    assert!(warning.hint.is_some());
    // They stay in the note byte for byte.
    let kept: BTreeSet<&[u8]> = all.iter().collect();
    assert_eq!(kept, lines.iter().map(Vec::as_slice).collect());
}

#[test]
fn a_short_id_names_one_task_alone() {
    let twin = |last: u8| TaskId::new(1_775_034_000_001, &[7, 7, 7, 7, 7, 7, 7, 7, 7, last]);
    let with_id = |id, mut task: Task| {
        task.id = id;
        line_of(&task)
    };
    let apart = |last: u8| TaskId::new(1_775_034_000_001, &[last; 10]);
    let mut lines = vec![
        with_id(apart(1), task(0, 0, 0, 1.0)),
        with_id(twin(1), task(1, 0, 0, 1.0)),
        with_id(twin(9), task(1, 0, 0, 1.0)),
        with_id(apart(9), task(2, 0, 0, 1.0)),
    ];
    let check = |ledger: &Ledger| {
        for alone in [apart(1), apart(9)] {
            assert_eq!(ledger.short_id(alone), alone.short());
        }
        for (one, short) in [(twin(1), "070707070701"), (twin(9), "070707070709")] {
            assert_eq!(ledger.short_id(one), short);
            assert_eq!(ledger.short_ids().of(one), short);
        }
    };
    check(&of_notes(vec![note(1, &lines)]));
    // A retracted task still has its id.
    let mut retraction = tombstone(50, 0, 10);
    retraction.of = twin(9).into();
    lines.push(line_that_retracts(&retraction));
    check(&of_notes(vec![note(1, &lines)]));
}

/// Lines of all kinds about few tasks.
fn any_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        5 => (0_u64..4, 0_u32..3, 0_i64..4, 1_u8..4)
            .prop_map(|(number, rev, second, hours)| line_of(&task(number, rev, second, hours.into()))),
        1 => (20_u64..24, 0_u64..4, 0_i64..4)
            .prop_map(|(number, of, second)| line_that_retracts(&tombstone(number, of, second))),
        1 => Just(br#"{"kind":"verdict","v":1}"#.to_vec()),
    ]
}

proptest! {
    #[test]
    fn the_order_of_notes_and_messages_does_not_matter(
        notes in proptest::collection::vec((1_u8..6, proptest::collection::vec(any_line(), 1..5)), 0..7),
        claims in proptest::collection::btree_map(1_u8..6, 0_u64..4, 0..5),
        turn in 0_usize..7,
    ) {
        let notes: Vec<_> = notes.iter().map(|(on, lines)| note(*on, lines)).collect();
        let said = |(on, number): (&u8, &u64)| {
            let name = if number % 2 == 0 { format!("Leverage-Task: {}\n", id(*number)) } else { String::new() };
            message(*on, &format!("Fire {number}\n\n{name}Leverage-Estimate: {on}h\n"))
        };
        let claims: Vec<_> = claims.iter().map(said).collect();
        let read = |notes: Vec<(ObjectId, NoteLines)>, claims: Vec<CommitClaims>| {
            let mut ledger = Ledger::assemble(Findings { notes, claims, ..Findings::default() });
            ledger.warnings.sort();
            ledger.refused.sort_by_key(|(commit, _)| *commit);
            ledger
        };
        let expected = read(notes.clone(), claims.clone());
        let (mut turned, mut back) = (notes.clone(), claims);
        turned.rotate_left(turn.min(notes.len()));
        back.reverse();
        prop_assert_eq!(&read(turned, back.clone()).tasks, &expected.tasks);
        // Lines of one note may come in parts, as of two ledgers that were fetched.
        let parts = notes.iter().flat_map(|(on, lines)| lines.iter().map(|line| note(on.as_bytes()[0], &[line.to_vec()])));
        let of_parts = read(parts.collect(), back);
        prop_assert_eq!(of_parts.tasks, expected.tasks);
        prop_assert_eq!(of_parts.retracted, expected.retracted);
    }
}

#[test]
fn a_cap_is_no_matter_for_reading() {
    let long = "x".repeat(record::NOTE_CAP);
    let mut big = task(1, 0, 0, 3.0);
    big.reason = Some(long);
    let ledger = of_notes(vec![note(1, &[line_of(&big)])]);
    assert_eq!(ledger.tasks.len(), 1);
}

/// An opinion of `by` on revision 0 of a task.
fn opinion(of: u64, by: &str, rev: u32, hours: f64) -> Opinion {
    Opinion {
        id: id(900 + of).into(),
        rev,
        at: time(i64::from(rev)),
        by: by.into(),
        of: id(of),
        of_rev: Some(0),
        estimate: Estimate::new(Hours::new(hours).unwrap(), by),
        claim_here: true,
        asked: false,
        written_by: None,
    }
}

#[test]
fn of_each_other_estimator_the_last_opinion_counts_once() {
    let (ada, ben) = ("Ada <ada@example.org>", "Ben <ben@example.org>");
    let given = [
        opinion(1, ben, 0, 12.0),
        opinion(1, ben, 1, 9.0),
        opinion(1, ada, 0, 30.0),
        opinion(1, "Cy <cy@example.org>", 0, 20.0),
        opinion(2, ben, 0, 4.0),
    ];
    let lines: Vec<Vec<u8>> = given
        .iter()
        .map(|given| line(&Record::Opinion(Box::new(given.clone()))))
        .collect();
    let with_task = [lines.as_slice(), &[line_of(&task(1, 0, 0, 40.0))]].concat();
    let ledger = of_notes(vec![note(1, &with_task), note(2, &lines)]);
    let [found] = &ledger.tasks[..] else {
        panic!("{:?}", ledger.tasks)
    };
    assert_eq!(found.opinions.len(), 4);
    let hours = |opinion: &Opinion| opinion.estimate.hours.get();
    let current = opinions::current(&found.task, &found.opinions, &ledger.people);
    assert_eq!(current.iter().map(hours).collect::<Vec<_>>(), [9.0, 20.0]);
    assert_eq!(ledger.strayed, [given[4].clone()]);
    assert_eq!(ledger.status, Status::Complete);
}

#[test]
fn work_by_hand_is_no_task_and_can_be_retracted() {
    let by_hand = |number: u64, rev: u32, actual: f64| ByHand {
        id: id(number),
        rev,
        at: time(0),
        by: "Ada <ada@example.org>".into(),
        title: "Kiln door".into(),
        date: time(0).date_naive(),
        estimate: Estimate::new(Hours::new(4.0).unwrap(), "Ada <ada@example.org>"),
        actual_hours: Hours::new(actual).unwrap(),
        category: None,
        tags: Vec::new(),
        source: TaskSource::Record,
    };
    let recorded = [by_hand(1, 0, 6.0), by_hand(1, 1, 7.0), by_hand(2, 0, 1.0)];
    let lines = recorded.map(|by_hand| line(&Record::ByHand(Box::new(by_hand))));
    let ledger = of_notes(vec![
        note(1, &lines),
        note(2, &[line_that_retracts(&tombstone(9, 2, 0))]),
    ]);
    assert!(ledger.tasks.is_empty());
    let [found] = &ledger.by_hand[..] else {
        panic!("{:?}", ledger.by_hand)
    };
    assert_eq!((found.record.rev, found.record.actual_hours.get()), (1, 7.0));
    assert_eq!(found.commits, [commit(1)]);
    let [(retracted, tombstone)] = &ledger.retracted_by_hand[..] else {
        panic!("{:?}", ledger.retracted_by_hand)
    };
    assert_eq!(
        (retracted.record.id, tombstone.reason.as_str()),
        (id(2), "Said at 0")
    );
}

#[test]
fn a_revision_that_the_task_does_not_have_does_not_silence_later_opinions() {
    let ben = "Ben <ben@example.org>";
    let forged = Opinion {
        of_rev: Some(99),
        at: time(1),
        ..opinion(1, ben, 0, 77.0)
    };
    let later = Opinion {
        at: time(2),
        ..opinion(1, ben, 0, 3.0)
    };
    let current = opinions::current(&task(1, 0, 0, 40.0), &[later, forged], &opinions::People::new());
    let hours: Vec<f64> = current
        .iter()
        .map(|opinion| opinion.estimate.hours.get())
        .collect();
    assert_eq!(hours, [3.0]);
}

#[test]
fn the_opinion_that_was_given_last_counts_whether_or_not_the_claim_was_here() {
    let ben = "Ben <ben@example.org>";
    let sighted = Opinion {
        at: time(1),
        ..opinion(1, ben, 0, 77.0)
    };
    let blind = Opinion {
        id: id(800).into(),
        of_rev: None,
        at: time(2),
        ..opinion(1, ben, 0, 3.0)
    };
    // A clock that is behind does not undo a revision of the same record.
    let again = Opinion {
        rev: 1,
        at: time(0),
        ..sighted.clone()
    };
    let hours = |given: &[Opinion]| {
        let current = opinions::current(&task(1, 0, 0, 40.0), given, &opinions::People::new());
        current
            .iter()
            .map(|opinion| opinion.estimate.hours.get())
            .collect::<Vec<f64>>()
    };
    assert_eq!(hours(&[sighted.clone(), blind.clone()]), [3.0]);
    assert_eq!(hours(&[blind, sighted.clone()]), [3.0]);
    let changed = Opinion {
        estimate: Estimate::new(Hours::new(5.0).unwrap(), ben),
        ..again
    };
    assert_eq!(hours(&[changed, sighted]), [5.0]);
}

#[test]
fn an_opinion_of_no_hours_is_refused_and_the_task_counts() {
    let empty = line(&Record::Opinion(Box::new(opinion(
        1,
        "Ben <ben@example.org>",
        0,
        0.0,
    ))));
    let ledger = of_notes(vec![note(1, &[line_of(&task(1, 0, 0, 40.0)), empty])]);
    assert_eq!((ledger.tasks.len(), ledger.tasks[0].opinions.len()), (1, 0));
    assert!(
        ledger.warnings[0]
            .message
            .contains("invalid opinion line: the estimate is 0h"),
        "{:?}",
        ledger.warnings
    );
}
