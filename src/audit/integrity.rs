//! Whether the ledger was tampered with: its lines, who added them and when, its refs, its signatures.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;

use super::evidence::{All, Shown};
use super::found::Found;
use super::rule::{Check, Rule, no_ledger_past, no_revisions};
use super::{Evidence, Level};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{counted, plural};
use crate::facts::record::Record;
use crate::facts::span::Seconds;
use crate::facts::task::{Task, TaskSource};
use crate::git::ledger_steps::LedgerStep;
use crate::git::refs;
use crate::git::signing::Signature;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ledger-line-removed",
        about: "Was a line of the ledger removed?",
        advice: "Restore it from the commit before; `git leverage retract` withdraws a task and keeps its record",
        one: "commit that removed ledger lines",
        many: "commits that removed ledger lines",
        missing: no_ledger_past,
        check: Check::All(ledger_line_removed),
    },
    Rule {
        id: "ledger-back-dated",
        about: "Was each line written when it says it was?",
        advice: "Trust the ledger commit that first had the line, not the line",
        one: "date that the ledger's history does not confirm",
        many: "dates that the ledger's history does not confirm",
        missing: no_ledger_past,
        check: Check::All(ledger_back_dated),
    },
    Rule {
        id: "revision-twice",
        about: "Is there only one line for each revision?",
        advice: "See who wrote them: `git log -p refs/notes/leverage`",
        one: "revision that exists more than once",
        many: "revisions that exist more than once",
        missing: no_revisions,
        check: Check::ShownByAll(revision_twice),
    },
    Rule {
        id: "written-by-another",
        about: "Were records written by the people they name?",
        advice: "Ask the person named; importing or copying a ledger also causes this",
        one: "person whose records somebody else wrote",
        many: "people whose records somebody else wrote",
        missing: no_ledger_past,
        check: Check::All(written_by_another),
    },
    Rule {
        id: "ledger-moved",
        about: "Was a ledger ref moved off its own history?",
        advice: "Compare with another clone before the reflog expires",
        one: "ledger ref moved off its own history",
        many: "ledger refs moved off their own history",
        missing: no_reflog,
        check: Check::All(ledger_moved),
    },
    Rule {
        id: "ledger-signature",
        about: "Are the ledger's commits signed, and are the signatures valid?",
        advice: "Ask who made the commit; `git verify-commit` shows the details",
        one: "ledger commit without a valid signature",
        many: "ledger commits without a valid signature",
        missing: no_signatures,
        check: Check::All(ledger_signature),
    },
];

/// Moves that were found are reported, even if others may be missing.
fn no_reflog(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_unknown = evidence.all.jumps.found.is_empty() && !evidence.all.jumps.unlogged.is_empty();
    let unknown = match evidence.all.jumps.unlogged.as_slice() {
        [tasks] if tasks == refs::TASKS => "git keeps no reflog of `refs/leverage/tasks` here",
        _ => "git keeps no reflog of the ledger's refs here (`core.logAllRefUpdates`)",
    };
    // Without the ledger's history, nobody can tell whether a move left it.
    no_ledger_past(evidence).or(is_unknown.then_some(unknown))
}

fn no_signatures(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_unsigned = |step: &LedgerStep| step.signature == Signature::Absent;
    let mut steps = evidence.all.steps.iter();
    steps.all(is_unsigned).then_some("no ledger commit is signed")
}

/// Every valid line with the ledger commit that first had it. A line that was removed and restored is not new.
pub(super) fn first_carried<'a>(all: All<'a>) -> Vec<(&'a LedgerStep, Record)> {
    let mut known: BTreeSet<&[u8]> = BTreeSet::new();
    let lines = all
        .steps
        .iter()
        .flat_map(|step| step.added.iter().map(move |line| (step, line)));
    lines
        .filter(|(_, line)| known.insert(line.as_slice()))
        .filter_map(|(step, line)| Some((step, Record::decode(line).ok()?)))
        .collect()
}

fn ledger_line_removed(all: All<'_>) -> Vec<Found> {
    all.steps
        .iter()
        .filter(|step| !step.removed.is_empty())
        .map(|step| {
            let count = step.removed.len();
            let what = step
                .removed
                .iter()
                .find_map(|line| Some(Record::decode(line).ok()?.described()));
            let message = format!(
                "{} removed {} of the ledger{}",
                step.committer,
                counted(count, "line", "lines"),
                what.map_or_else(String::new, |what| format!(", such as {what}"))
            );
            Found::new(Level::Error, &step.commit, message).figure("lines_removed", count as f64)
        })
        .collect()
}

/// Writing takes seconds, clocks differ by minutes.
const CLOCKS_DIFFER: Seconds = Seconds::HOUR;

fn ledger_back_dated(all: All<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut imported: BTreeMap<ObjectId, (&LedgerStep, u64)> = BTreeMap::new();
    for (step, record) in first_carried(all) {
        let (id, at) = (record.id(), record.at());
        let early = Seconds(step.time - at.timestamp());
        if early.0.abs() <= CLOCKS_DIFFER.0 {
            continue;
        }
        if early.0 > 0 && is_imported(step, &record) {
            imported.entry(step.commit).or_insert((step, 0)).1 += 1;
            continue;
        }
        let word = if early.0 > 0 { "before" } else { "after" };
        let message = format!(
            "{} says it was written {:.1}h {word} {} added it",
            record.described(),
            early.hours().abs(),
            step.commit.short()
        );
        found.push(Found::new(Level::Error, &id, message).figure("hours", early.hours()));
    }
    found.extend(
        imported
            .into_values()
            .map(|(step, count)| brought_in(step, count)),
    );
    found
}

/// Whether the record or its commit says that it was imported.
fn is_imported(step: &LedgerStep, record: &Record) -> bool {
    let is_import = |task: &Task| matches!(task.source, TaskSource::Import(_));
    matches!(record, Record::Task(task) if is_import(task) || step.is_import)
}

/// Imported records come from elsewhere, and nothing here can confirm their dates.
fn brought_in(step: &LedgerStep, count: u64) -> Found {
    let day = DateTime::from_timestamp(step.time, 0)
        .unwrap_or_default()
        .date_naive();
    let tasks = counted(count, "task was", "tasks were");
    let their = plural(&count, "its date is a claim", "their dates are claims");
    let message = format!("{tasks} imported on {day} ({}), so {their}", step.commit.short());
    Found::new(Level::Note, &step.commit, message)
        .figure("tasks", count as f64)
        .up_to(count)
}

/// One finding for all lines that one person added in the name of another. Names differ between machines, addresses do not.
fn written_by_another(all: All<'_>) -> Vec<Found> {
    let carried = first_carried(all);
    let mut foreign: BTreeMap<(&str, &str), Vec<&(&LedgerStep, Record)>> = BTreeMap::new();
    for line in &carried {
        let (step, record) = line;
        let people = (step.committer.as_str(), record.by());
        if !address(people.0).eq_ignore_ascii_case(address(people.1)) {
            foreign.entry(people).or_default().push(line);
        }
    }
    foreign
        .into_iter()
        .filter_map(|((committer, by), lines)| {
            let (step, first) = lines.first()?;
            let count = counted(lines.len(), "line", "lines");
            let message = format!(
                "{committer} added {count} in the name of {by}, first in {}: {}",
                step.commit.short(),
                first.described()
            );
            let count = lines.len() as u64;
            let found = Found::new(Level::Note, &step.commit, message);
            Some(found.figure("lines", count as f64).up_to(count))
        })
        .collect()
}

/// The mail address in `Name <mail>`, or all of it.
fn address(person: &str) -> &str {
    let inner = person.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(person, |(mail, _)| mail).trim()
}

/// Every program reads the last revision before it writes the next, so two lines of one revision are forged, unless two clones
/// revised the task at the same time.
fn revision_twice(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let has_twins = |found: &LedgerTask| found.revisions.windows(2).any(is_twin);
    if !shown.tasks().any(has_twins) {
        return Vec::new();
    }
    let carried = first_carried(all);
    shown
        .tasks()
        .flat_map(|found| {
            let same_revision = found.revisions.chunk_by(|one, other| one.rev == other.rev);
            same_revision.filter_map(|lines| twins(all, &carried, found, lines))
        })
        .collect()
}

fn is_twin(pair: &[Task]) -> bool {
    matches!(pair, [one, other] if one.rev == other.rev && claims_of(one) != claims_of(other))
}

fn twins(
    all: All<'_>,
    carried: &[(&LedgerStep, Record)],
    found: &LedgerTask,
    lines: &[Task],
) -> Option<Found> {
    let pair = lines.windows(2).find(|pair| is_twin(pair))?;
    let [one, other] = pair else {
        return None;
    };
    let met = one.rev > 0 && knew_nothing_of_each_other(all, carried, one, other);
    let (level, how) = match met {
        true => (Level::Warning, ", written in two clones at the same time"),
        false => (Level::Error, ""),
    };
    let count = match lines.len() {
        2 => "twice".to_owned(),
        many => format!("{many} times"),
    };
    let message = format!(
        "revision {} of `{}` exists {count}{how}: {} and {}; the one by {} counts",
        one.rev,
        found.task.title,
        told(one),
        told(other),
        lines.last()?.by,
    );
    Some(Found::of(level, &found.task, message).figure("lines", lines.len() as f64))
}

/// Whether the commits that first had the two lines are on sides of the ledger's history that were merged later.
fn knew_nothing_of_each_other(
    all: All<'_>,
    carried: &[(&LedgerStep, Record)],
    one: &Task,
    other: &Task,
) -> bool {
    let origin = |wanted: &Task| {
        let is_it = |record: &Record| matches!(record, Record::Task(task) if **task == *wanted);
        carried
            .iter()
            .find(|(_, record)| is_it(record))
            .map(|(step, _)| step.commit)
    };
    let (Some(one), Some(other)) = (origin(one), origin(other)) else {
        return false;
    };
    !descends(all, one, other) && !descends(all, other, one)
}

/// Whether `commit` of the ledger is `from` or comes after it.
fn descends(all: All<'_>, commit: ObjectId, from: ObjectId) -> bool {
    let mut after = BTreeSet::from([from]);
    for step in all.steps {
        if step.parents.iter().any(|parent| after.contains(parent)) {
            after.insert(step.commit);
        }
    }
    after.contains(&commit)
}

/// A revision without its author, time and reason: the same import in two clones claims the same.
fn claims_of(task: &Task) -> Task {
    let mut claims = Task {
        at: chrono::DateTime::UNIX_EPOCH,
        by: String::new(),
        source: TaskSource::Record,
        reason: None,
        ..task.clone()
    };
    claims.estimate.by.clear();
    claims
}

fn told(task: &Task) -> String {
    let agent = task
        .agent_minutes
        .map_or_else(String::new, |minutes| format!(" in {minutes}"));
    format!("{}{agent} by {}", task.estimate.hours, task.by)
}

fn ledger_moved(all: All<'_>) -> Vec<Found> {
    let jumps = all.jumps.found.iter();
    jumps
        .map(|jump| {
            let by = jump.who.as_ref().map(|who| format!(" by {who}"));
            let message = format!(
                "`{}` was moved{} from {} to {}, which does not descend from it",
                jump.reference,
                by.unwrap_or_default(),
                jump.from.short(),
                jump.to.short()
            );
            Found::new(Level::Error, &jump.from, message)
        })
        .collect()
}

/// If some ledger commits are signed, the unsigned ones are suspicious.
fn ledger_signature(all: All<'_>) -> Vec<Found> {
    let judge = |step: &LedgerStep| {
        let (level, what) = match &step.signature {
            Signature::Good(_) => return None,
            Signature::Absent => (Level::Warning, "is not signed, unlike other ledger commits"),
            Signature::Unchecked => (Level::Note, "has a signature that cannot be checked here"),
            Signature::Bad => (Level::Error, "has an invalid signature"),
        };
        let message = format!("{} by {} {what}", step.commit.short(), step.committer);
        Some(Found::new(level, &step.commit, message))
    };
    all.steps.iter().filter_map(judge).collect()
}
