//! The rules, one function each. A claim is held against what was measured; what a rule says is never a verdict on a
//! person, only on figures that do not fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Evidence, Finding, Level, measured};
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::evidence::OriginState;
use crate::facts::files::FileClass;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::{LedgerTask, Provenance};
use crate::facts::record::Record;
use crate::facts::task::Task;
use crate::git::ledger_steps::LedgerStep;
use crate::git::signing::Signature;

/// One rule.
pub struct Rule {
    /// Its id, for `--rule` and `--allow`.
    pub id: &'static str,
    /// The question it asks.
    pub about: &'static str,
    /// What to do about what it finds.
    pub advice: &'static str,
    /// Why it cannot be asked here, if it cannot.
    pub(super) missing: fn(&Evidence<'_>) -> Option<&'static str>,
    /// The answer.
    pub(super) check: fn(&Evidence<'_>) -> Vec<Found>,
}

/// A finding without what its rule says of all of them.
pub(super) struct Found {
    level: Level,
    id: String,
    message: String,
    figures: BTreeMap<&'static str, f64>,
}

impl Found {
    fn new(level: Level, id: &dyn ToString, message: String) -> Self {
        Self {
            level,
            id: id.to_string(),
            message,
            figures: BTreeMap::new(),
        }
    }

    fn figure(mut self, name: &'static str, value: f64) -> Self {
        self.figures.insert(name, value);
        self
    }

    pub(super) fn under(self, rule: &Rule) -> Finding {
        Finding {
            rule: rule.id,
            level: self.level,
            id: self.id,
            message: self.message,
            figures: self.figures,
            advice: rule.advice,
        }
    }
}

/// All rules, in the order in which they are listed.
pub const RULES: &[Rule] = &[
    Rule {
        id: "estimate-after-work",
        about: "Was the estimate given after the work was done?",
        advice: "Record estimates before the work, or say what a late one rests on",
        missing: no_tasks,
        check: estimate_after_work,
    },
    Rule {
        id: "estimate-raised",
        about: "Was the estimate raised later?",
        advice: "Ask who raised it and why; a revision can carry a reason",
        missing: no_tasks,
        check: estimate_raised,
    },
    Rule {
        id: "agent-minutes-differ",
        about: "Are the claimed agent minutes those of the linked sessions, within a quarter?",
        advice: "Take the minutes from the sessions, or name the sessions that are missing",
        missing: no_sessions,
        check: agent_minutes_differ,
    },
    Rule {
        id: "supervision-too-short",
        about: "Can a person have supervised in the claimed time?",
        advice: "Count the time spent on prompting and reviewing",
        missing: no_tasks,
        check: supervision_too_short,
    },
    Rule {
        id: "agent-minutes-beyond-span",
        about: "Do the claimed agent minutes fit between the first and the last of the task's sessions?",
        advice: "Take the minutes from the sessions, or name the sessions that are missing",
        missing: no_sessions,
        check: agent_minutes_beyond_span,
    },
    Rule {
        id: "claimed-twice",
        about: "Is a session or a commit claimed by two tasks?",
        advice: "Leave it with one task, or retract the duplicate",
        missing: no_tasks,
        check: claimed_twice,
    },
    Rule {
        id: "commit-missing",
        about: "Are the task's commits in the history?",
        advice: "Fetch the branch that has them, or revise the task",
        missing: no_tasks,
        check: commit_missing,
    },
    Rule {
        id: "commit-reverted",
        about: "Were the task's commits reverted?",
        advice: "Retract the task if nothing of it is left",
        missing: no_tasks,
        check: commit_reverted,
    },
    Rule {
        id: "estimate-against-size",
        about: "Is the estimate above what the added lines would cost by two common measures?",
        advice: "Say what the estimate rests on beside the lines",
        missing: no_tasks,
        check: estimate_against_size,
    },
    Rule {
        id: "parts-do-not-sum",
        about: "Do the phases sum to the estimate?",
        advice: "Correct the phases or the estimate with `git leverage revise`",
        missing: no_tasks,
        check: parts_do_not_sum,
    },
    Rule {
        id: "trailer-against-note",
        about: "Do trailers and the record agree?",
        advice: "The record counts; correct it if the trailer is right",
        missing: no_tasks,
        check: trailer_against_note,
    },
    Rule {
        id: "outlier",
        about: "Is the factor far outside the repository's own?",
        advice: "Look at the estimate and the minutes of this task first",
        missing: too_few_tasks,
        check: outlier,
    },
    Rule {
        id: "session-without-task",
        about: "Are there measured sessions that no task claims?",
        advice: "Record what they were for, also when it came to nothing",
        missing: no_sessions,
        check: session_without_task,
    },
    Rule {
        id: "agent-commit-without-task",
        about: "Are most commits made with agents left out of the ledger?",
        advice: "Read the factor of the ledger as that of selected work",
        missing: no_tasks,
        check: agent_commit_without_task,
    },
    Rule {
        id: "ledger-line-removed",
        about: "Is a line of the ledger gone that once stood?",
        advice: "Restore it from the commit before; records are retracted with a tombstone, never removed",
        missing: no_ledger,
        check: ledger_line_removed,
    },
    Rule {
        id: "ledger-back-dated",
        about: "Was a line written when it says it was?",
        advice: "Trust the commit that first carried the line, not the line",
        missing: no_ledger,
        check: ledger_back_dated,
    },
    Rule {
        id: "ledger-moved",
        about: "Did the ledger's reference leave its own past behind?",
        advice: "Compare with another clone before the reflog expires",
        missing: no_ledger,
        check: ledger_moved,
    },
    Rule {
        id: "ledger-signature",
        about: "Are the commits of the ledger signed, and do the signatures hold?",
        advice: "Ask who made the commit; `git verify-commit` shows what git makes of its signature",
        missing: no_signatures,
        check: ledger_signature,
    },
];

fn no_tasks(evidence: &Evidence<'_>) -> Option<&'static str> {
    evidence
        .ledger
        .tasks
        .is_empty()
        .then_some("the repository has no tasks")
}

fn no_sessions(evidence: &Evidence<'_>) -> Option<&'static str> {
    evidence
        .sessions
        .is_empty()
        .then_some("no measured session worked here")
}

fn no_ledger(evidence: &Evidence<'_>) -> Option<&'static str> {
    (evidence.steps.is_empty() && evidence.jumps.is_empty()).then_some("the repository has no ledger")
}

fn no_signatures(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_unsigned = |step: &LedgerStep| step.signature == Signature::Absent;
    evidence
        .steps
        .iter()
        .all(is_unsigned)
        .then_some("no commit of the ledger is signed")
}

/// Quartiles of fewer say nothing.
const ENOUGH_FOR_A_DISTRIBUTION: usize = 8;

fn too_few_tasks(evidence: &Evidence<'_>) -> Option<&'static str> {
    (factors(evidence).len() < ENOUGH_FOR_A_DISTRIBUTION).then_some("fewer than eight tasks have a factor")
}

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

/// An estimate within an hour of the last commit counts as given with it.
fn estimate_after_work(evidence: &Evidence<'_>) -> Vec<Found> {
    let times: HashMap<ObjectId, i64> = evidence
        .commits
        .iter()
        .map(|one| (one.id, one.author_time.seconds))
        .collect();
    let carried = first_carried(evidence);
    let late = |task: &LedgerTask| {
        // A trailer is as old as its commit.
        if task.provenance != Provenance::Note {
            return None;
        }
        let last = task.commits.iter().filter_map(|commit| times.get(commit)).max()?;
        // What the line says of itself is not believed where the ledger's history says when it came.
        let said = task.revisions.first()?.at.timestamp();
        let given = carried.get(&task.task.id).copied().unwrap_or(said);
        let seconds = (given - last) as f64;
        let level = if seconds > 7.0 * DAY {
            Level::Warning
        } else {
            Level::Note
        };
        (seconds > HOUR).then(|| {
            let message = format!(
                "`{}` was estimated {:.1} h after its last commit",
                task.task.title,
                seconds / HOUR
            );
            Found::new(level, &task.task.id, message).figure("hours_after", seconds / HOUR)
        })
    };
    evidence.ledger.tasks.iter().filter_map(late).collect()
}

/// When a commit of the ledger first carried each task, seconds since the epoch.
fn first_carried(evidence: &Evidence<'_>) -> HashMap<TaskId, i64> {
    let mut carried = HashMap::new();
    for step in evidence.steps {
        for line in &step.added {
            if let Ok(Record::Task(task)) = Record::decode(line) {
                let first = carried.entry(task.id).or_insert(step.time);
                *first = step.time.min(*first);
            }
        }
    }
    carried
}

fn estimate_raised(evidence: &Evidence<'_>) -> Vec<Found> {
    let raised = |task: &LedgerTask| {
        let steps = task.revisions.windows(2);
        let (before, after) = steps
            .filter_map(|pair| Some((pair.first()?, pair.last()?)))
            .filter(|(before, after)| after.estimate.hours.get() > before.estimate.hours.get())
            .max_by_key(|(_, after)| after.rev)?;
        let (level, why) = match &after.reason {
            Some(reason) => (Level::Note, format!("because: {reason}")),
            None => (Level::Warning, "without a reason".to_owned()),
        };
        let message = format!(
            "`{}` was raised from {} to {} by {}, {why}",
            after.title, before.estimate.hours, after.estimate.hours, after.by
        );
        Some(
            Found::new(level, &task.task.id, message)
                .figure("hours_before", before.estimate.hours.get())
                .figure("hours_after", after.estimate.hours.get()),
        )
    };
    evidence.ledger.tasks.iter().filter_map(raised).collect()
}

/// How far a claim may be from the measure.
const TOLERANCE: f64 = 0.25;

fn agent_minutes_differ(evidence: &Evidence<'_>) -> Vec<Found> {
    let differs = |found: &LedgerTask| {
        let claimed = found.task.agent_minutes?.get();
        let measured = measured::of_task(evidence, found)?.agent_minutes;
        ((claimed - measured).abs() > TOLERANCE * measured).then(|| {
            let message = format!(
                "`{}` claims {claimed:.0} agent minutes, its sessions took {measured:.0}",
                found.task.title
            );
            Found::new(Level::Warning, &found.task.id, message)
                .figure("claimed_minutes", claimed)
                .figure("measured_minutes", measured)
        })
    };
    evidence.ledger.tasks.iter().filter_map(differs).collect()
}

/// Nobody writes a prompt and reads an answer in less, in minutes.
const LEAST_SUPERVISION: f64 = 0.5;

fn supervision_too_short(evidence: &Evidence<'_>) -> Vec<Found> {
    let short = |found: &LedgerTask| {
        let claimed = found.task.supervisory_minutes?.get();
        let measured = measured::of_task(evidence, found).unwrap_or_default();
        let least = LEAST_SUPERVISION.max(measured.supervisory_minutes * (1.0 - TOLERANCE));
        (claimed < least).then(|| {
            let message = format!(
                "`{}` claims {claimed:.1} supervisory minutes; it took at least {least:.1}",
                found.task.title
            );
            Found::new(Level::Warning, &found.task.id, message)
                .figure("claimed_minutes", claimed)
                .figure("least_minutes", least)
        })
    };
    evidence.ledger.tasks.iter().filter_map(short).collect()
}

fn agent_minutes_beyond_span(evidence: &Evidence<'_>) -> Vec<Found> {
    let beyond = |found: &LedgerTask| {
        let claimed = found.task.agent_minutes?.get();
        let possible = measured::of_task(evidence, found)?.possible_minutes;
        (claimed > possible + 1.0).then(|| {
            let message = format!(
                "`{}` claims {claimed:.0} agent minutes; its sessions allow {possible:.0}",
                found.task.title
            );
            Found::new(Level::Error, &found.task.id, message)
                .figure("claimed_minutes", claimed)
                .figure("possible_minutes", possible)
        })
    };
    evidence.ledger.tasks.iter().filter_map(beyond).collect()
}

fn claimed_twice(evidence: &Evidence<'_>) -> Vec<Found> {
    let mut claims: BTreeMap<(Level, String), BTreeSet<&str>> = BTreeMap::new();
    let mut ids: BTreeMap<(Level, String), BTreeSet<TaskId>> = BTreeMap::new();
    for found in &evidence.ledger.tasks {
        let sessions = found
            .task
            .sessions
            .iter()
            .map(|session| (Level::Error, session.to_string()));
        let commits = found
            .commits
            .iter()
            .map(|commit| (Level::Note, commit.to_string()));
        for claim in sessions.chain(commits) {
            ids.entry(claim.clone()).or_default().insert(found.task.id);
            claims.entry(claim).or_default().insert(&found.task.title);
        }
    }
    ids.into_iter()
        .filter(|(_, tasks)| tasks.len() > 1)
        .map(|((level, id), tasks)| {
            let titles = claims.get(&(level, id.clone())).into_iter().flatten();
            let titles: Vec<String> = titles.map(|title| format!("`{title}`")).collect();
            let message = format!("{id} is claimed by {} tasks: {}", tasks.len(), titles.join(", "));
            Found::new(level, &id, message).figure("tasks", tasks.len() as f64)
        })
        .collect()
}

fn commit_missing(evidence: &Evidence<'_>) -> Vec<Found> {
    let here = &evidence.reach.commits;
    let missing = |found: &LedgerTask| {
        // A task on a commit that carries no code lists none.
        let gone = found
            .commits
            .iter()
            .filter(|commit| !here.contains(commit))
            .count();
        (gone > 0).then(|| {
            let message = format!(
                "{gone} of the {} commits of `{}` are on no branch",
                found.commits.len(),
                found.task.title
            );
            Found::new(Level::Warning, &found.task.id, message).figure("commits_missing", gone as f64)
        })
    };
    evidence.ledger.tasks.iter().filter_map(missing).collect()
}

fn commit_reverted(evidence: &Evidence<'_>) -> Vec<Found> {
    let reverted = |found: &LedgerTask| {
        let (commit, by) = found
            .commits
            .iter()
            .find_map(|commit| Some((commit, standing_revert(evidence, *commit)?)))?;
        let message = format!(
            "{} of `{}` was reverted by {}",
            commit.short(),
            found.task.title,
            by.short()
        );
        Some(Found::new(Level::Warning, &found.task.id, message))
    };
    evidence.ledger.tasks.iter().filter_map(reverted).collect()
}

/// The commit that reverted `commit`, unless it was itself reverted.
fn standing_revert(evidence: &Evidence<'_>, commit: ObjectId) -> Option<ObjectId> {
    let by = *evidence.reach.reverts.get(&commit)?;
    match evidence.reach.reverts.get(&by) {
        Some(again) if *again != commit => None,
        _ => Some(by),
    }
}

/// Hours for so many new lines: 200 lines a day, and COCOMO II at its nominal values.
fn hours_by_size(lines: f64) -> (f64, f64) {
    let by_day = lines / 200.0 * 8.0;
    let cocomo = 2.94 * (lines / 1000.0).powf(1.0997) * 152.0;
    (by_day.min(cocomo), by_day.max(cocomo))
}

/// Added lines that a person would have written: source and tests, where files are told apart.
fn written_lines(commit: &Commit) -> Option<u64> {
    let all = commit.lines?.added;
    let is_code = |class: FileClass| matches!(class, FileClass::Source | FileClass::Test);
    let code = commit.by_class.iter().filter(|(class, _)| is_code(*class));
    Some(if commit.by_class.is_empty() {
        all
    } else {
        code.map(|(_, lines)| lines.added).sum()
    })
}

fn estimate_against_size(evidence: &Evidence<'_>) -> Vec<Found> {
    let added: HashMap<ObjectId, Option<u64>> = evidence
        .commits
        .iter()
        .map(|commit| (commit.id, written_lines(commit)))
        .collect();
    let above = |found: &LedgerTask| {
        let commits: BTreeSet<ObjectId> = found.commits.iter().copied().collect();
        let lines: Option<Vec<u64>> = commits
            .iter()
            .map(|commit| added.get(commit).copied().flatten())
            .collect();
        let lines: u64 = lines?.iter().sum();
        let (low, high) = hours_by_size(lines as f64);
        let claimed = found.task.estimate.hours.get();
        (lines > 0 && claimed > high).then(|| {
            let message = format!(
                "`{}` claims {claimed:.0} h for {lines} added lines of source and tests; by size alone they would take {low:.0} to {high:.0} h",
                found.task.title
            );
            Found::new(Level::Note, &found.task.id, message)
                .figure("claimed_hours", claimed)
                .figure("lines_added", lines as f64)
                .figure("hours_low", low)
                .figure("hours_high", high)
        })
    };
    evidence.ledger.tasks.iter().filter_map(above).collect()
}

/// Hours: less than a minute is rounding.
const ROUNDING: f64 = 1.0 / 60.0;

fn parts_do_not_sum(evidence: &Evidence<'_>) -> Vec<Found> {
    let wrong = |found: &LedgerTask| {
        let estimate = &found.task.estimate;
        let sum: f64 = estimate.phases.iter().map(|phase| phase.hours.get()).sum();
        (!estimate.phases.is_empty() && (sum - estimate.hours.get()).abs() > ROUNDING).then(|| {
            let message = format!(
                "the phases of `{}` sum to {sum:.2} h, not {}",
                found.task.title, estimate.hours
            );
            Found::new(Level::Error, &found.task.id, message)
                .figure("phases_hours", sum)
                .figure("estimate_hours", estimate.hours.get())
        })
    };
    evidence.ledger.tasks.iter().filter_map(wrong).collect()
}

fn trailer_against_note(evidence: &Evidence<'_>) -> Vec<Found> {
    let disagrees = |found: &LedgerTask| {
        if found.provenance != Provenance::Note {
            return None;
        }
        let recorded = found.task.estimate.hours;
        let (commit, claimed) = found
            .claims
            .iter()
            .find_map(|(commit, claim)| Some((commit, claim.estimate.filter(|hours| *hours != recorded)?)))?;
        let message = format!(
            "`{}` is {recorded} in the record and {claimed} in the trailer of {}",
            found.task.title,
            commit.short()
        );
        Some(
            Found::new(Level::Warning, &found.task.id, message)
                .figure("record_hours", recorded.get())
                .figure("trailer_hours", claimed.get()),
        )
    };
    evidence.ledger.tasks.iter().filter_map(disagrees).collect()
}

fn factors<'a>(evidence: &Evidence<'a>) -> Vec<(f64, &'a Task)> {
    let mut factors: Vec<(f64, &Task)> = evidence
        .ledger
        .tasks
        .iter()
        .filter_map(|found| {
            Some((
                found.task.leverage_factor().filter(|factor| *factor > 0.0)?,
                &found.task,
            ))
        })
        .collect();
    factors.sort_by(|one, other| one.0.total_cmp(&other.0));
    factors
}

/// Three times the distance of the quartiles above the upper one, on a logarithmic scale: factors are ratios.
fn outlier(evidence: &Evidence<'_>) -> Vec<Found> {
    let factors = factors(evidence);
    let at = |share: f64| {
        factors
            .get((share * (factors.len() as f64 - 1.0)).round() as usize)
            .map(|one| one.0.ln())
    };
    let (Some(lower), Some(upper)) = (at(0.25), at(0.75)) else {
        return Vec::new();
    };
    let bound = (upper + 3.0 * (upper - lower)).exp();
    factors
        .iter()
        .filter(|(factor, _)| *factor > bound * 1.000_001)
        .map(|(factor, task)| {
            let message = format!(
                "`{}` has a factor of {factor:.1}x; those of this repository end at {bound:.1}x",
                task.title
            );
            Found::new(Level::Note, &task.id, message)
                .figure("factor", *factor)
                .figure("bound", bound)
        })
        .collect()
}

fn session_without_task(evidence: &Evidence<'_>) -> Vec<Found> {
    let claimed: BTreeSet<&SessionId> = evidence
        .ledger
        .tasks
        .iter()
        .flat_map(|found| &found.task.sessions)
        .collect();
    let commits = commits_of_tasks(evidence);
    let has_task = |session: &&SeenSession| {
        claimed.contains(&session.id) || session.made().any(|(_, link)| commits.contains(&link.commit))
    };
    evidence
        .sessions
        .iter()
        .filter(|session| !has_task(session))
        .map(|session| {
            let minutes = session.agent_minutes().unwrap_or(0.0);
            let message = format!("{} worked {minutes:.0} minutes for no task", session.id);
            Found::new(Level::Note, &session.id, message).figure("agent_minutes", minutes)
        })
        .collect()
}

fn commits_of_tasks(evidence: &Evidence<'_>) -> BTreeSet<ObjectId> {
    let tasks = evidence.ledger.tasks.iter();
    tasks.flat_map(|found| found.commits.iter().copied()).collect()
}

fn agent_commit_without_task(evidence: &Evidence<'_>) -> Vec<Found> {
    let claimed = commits_of_tasks(evidence);
    let by_agents = || {
        evidence
            .commits
            .iter()
            .filter(|commit| commit.origin.state == OriginState::Agent && !commit.is_merge())
    };
    let all = by_agents().count();
    let left_out = by_agents().filter(|commit| !claimed.contains(&commit.id)).count();
    if left_out * 2 <= all {
        return Vec::new();
    }
    let message = format!("{left_out} of {all} commits made with agents belong to no task");
    vec![
        Found::new(Level::Warning, &"coverage", message)
            .figure("agent_commits", all as f64)
            .figure("without_task", left_out as f64),
    ]
}

fn ledger_line_removed(evidence: &Evidence<'_>) -> Vec<Found> {
    evidence
        .steps
        .iter()
        .filter(|step| !step.removed.is_empty())
        .map(|step| {
            let count = step.removed.len();
            let what = step
                .removed
                .iter()
                .find_map(|line| Some(described(&Record::decode(line).ok()?)));
            let message = format!(
                "{} removed {count} lines of the ledger{}",
                step.committer,
                what.map_or_else(String::new, |what| format!(", such as {what}"))
            );
            Found::new(Level::Error, &step.commit, message).figure("lines_removed", count as f64)
        })
        .collect()
}

fn described(record: &Record) -> String {
    match record {
        Record::Task(task) => format!("revision {} of `{}`", task.rev, task.title),
        Record::Session(session) => format!("the session {}", session.session),
        Record::Tombstone(tombstone) => format!("the retraction of {}", tombstone.of),
    }
}

/// Writing takes seconds, clocks differ by minutes.
const CLOCKS_DIFFER: f64 = HOUR;

fn ledger_back_dated(evidence: &Evidence<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for step in evidence.steps {
        for record in step.added.iter().filter_map(|line| Record::decode(line).ok()) {
            let (id, at) = match &record {
                Record::Task(task) => (task.id, task.at),
                Record::Session(session) => (session.id, session.at),
                Record::Tombstone(tombstone) => (tombstone.id, tombstone.at),
            };
            let early = (step.time - at.timestamp()) as f64;
            if early.abs() <= CLOCKS_DIFFER {
                continue;
            }
            let word = if early > 0.0 { "before" } else { "after" };
            let message = format!(
                "{} says it was written {:.1} h {word} {} first carried it",
                described(&record),
                early.abs() / HOUR,
                step.commit.short()
            );
            found.push(Found::new(Level::Error, &id, message).figure("hours", early / HOUR));
        }
    }
    found
}

fn ledger_moved(evidence: &Evidence<'_>) -> Vec<Found> {
    evidence
        .jumps
        .iter()
        .map(|jump| {
            let message = format!(
                "{} moved the ledger from {} to {}, which does not descend from it",
                jump.who,
                jump.from.short(),
                jump.to.short()
            );
            Found::new(Level::Error, &jump.from, message)
        })
        .collect()
}

/// Once somebody signs, what is not signed stands out.
fn ledger_signature(evidence: &Evidence<'_>) -> Vec<Found> {
    let judge = |step: &LedgerStep| {
        let (level, what) = match &step.signature {
            Signature::Good(_) => return None,
            Signature::Absent => (Level::Warning, "is not signed, unlike others of the ledger"),
            Signature::Unchecked => (Level::Note, "has a signature that cannot be checked here"),
            Signature::Bad => (Level::Error, "has a signature that does not hold"),
        };
        let message = format!("{} by {} {what}", step.commit.short(), step.committer);
        Some(Found::new(level, &step.commit, message))
    };
    evidence.steps.iter().filter_map(judge).collect()
}
