//! Claims compared with commits: whether they exist, whether they were reverted, and what they changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Level;
use super::evidence::{All, Shown};
use super::found::{Found, number};
use super::models::{HOURS_PER_DAY, Sizes};
use super::rule::{Check, Rule, no_history, no_tasks};
use crate::aggregate::models::{ModelHours, USUAL_LINES_PER_DAY, by_cocomo, by_day};
use crate::aggregate::written::written;
use crate::facts::commit::LineCounts;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Hours, Minutes, plural};
use crate::facts::task::Task;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "claimed-twice",
        about: "Do several tasks claim the same session or commit?",
        advice: "Keep it in one task, or retract the duplicate",
        one: "session or commit claimed by several tasks",
        many: "sessions or commits claimed by several tasks",
        missing: no_tasks,
        check: Check::ShownByAll(claimed_twice),
    },
    Rule {
        id: "commit-missing",
        about: "Are the task's commits on a branch or tag?",
        advice: "Fetch the branch that has the commits, or revise the task",
        one: "task with commits on no branch",
        many: "tasks with commits on no branch",
        missing: no_history,
        check: Check::ShownByAll(commit_missing),
    },
    Rule {
        id: "commit-reverted",
        about: "Were the task's commits reverted?",
        advice: "Retract the task if none of its work is left",
        one: "task with reverted commits",
        many: "tasks with reverted commits",
        missing: no_history,
        check: Check::ShownByAll(commit_reverted),
    },
    Rule {
        id: "estimate-against-size",
        about: "Is the estimate higher than every model gives for the added lines?",
        advice: "Explain what the estimate is based on besides lines",
        one: "estimate high for its added lines",
        many: "estimates high for their added lines",
        missing: no_history,
        check: Check::ShownByAll(estimate_against_size),
    },
    Rule {
        id: "claim-without-code",
        about: "Do the task's commits change source or tests?",
        advice: "Explain what the estimate is based on, and add missing commits",
        one: "task whose commits change no code",
        many: "tasks whose commits change no code",
        missing: no_history,
        check: Check::ShownByAll(claim_without_code),
    },
    Rule {
        id: "claim-without-commit",
        about: "Does the task have a commit?",
        advice: "Add its commits: `git leverage revise ID --commit REV --reason TEXT`",
        one: "task without a commit",
        many: "tasks without a commit",
        missing: no_tasks,
        check: Check::Shown(claim_without_commit),
    },
];

/// What two tasks can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Claimed<'a> {
    Session(&'a SessionId),
    Commit(ObjectId),
}

fn claimed_twice(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let asked_for: BTreeSet<TaskId> = shown.tasks().map(|found| found.task.id).collect();
    let lines = lines_by_commit(all);
    let mut claims: BTreeMap<Claimed<'_>, BTreeMap<TaskId, &LedgerTask>> = BTreeMap::new();
    for found in &all.ledger.tasks {
        let sessions = found.task.sessions.iter().map(Claimed::Session);
        let commits = found.commits.iter().copied().map(Claimed::Commit);
        for claim in sessions.chain(commits) {
            claims.entry(claim).or_default().insert(found.task.id, found);
        }
    }
    claims
        .into_iter()
        .filter(|(_, tasks)| tasks.len() > 1 && tasks.keys().any(|id| asked_for.contains(id)))
        .filter(|(claim, tasks)| !is_squash(*claim, tasks) && !is_divided(all, *claim, tasks))
        .map(|(claim, tasks)| shared(claim, &tasks, &lines))
        .collect()
}

/// Whether the commit's own message claims each task in a paragraph of its own, as after a squash merge.
fn is_squash(claim: Claimed<'_>, tasks: &BTreeMap<TaskId, &LedgerTask>) -> bool {
    let Claimed::Commit(commit) = claim else {
        return false;
    };
    let says_so = |found: &&LedgerTask| found.claims.iter().any(|(by, _)| *by == commit);
    tasks.values().all(says_so)
}

/// Whether each task only has what was measured of the session for it, as when an agent records several tasks in one session:
/// the session's minutes are then divided among them and do not count twice.
fn is_divided(all: All<'_>, claim: Claimed<'_>, tasks: &BTreeMap<TaskId, &LedgerTask>) -> bool {
    let Claimed::Session(session) = claim else {
        return false;
    };
    let is_part = |task: &Task| {
        let is_measured = task.agent_minutes_basis.is_some() || task.recorded_in.as_ref() == Some(session);
        is_measured && task.leaves_minutes_to_sessions()
    };
    tasks.values().all(|found| is_part(&found.task)) && !is_taken_twice(all, tasks)
}

/// By how much rounding in records may raise their sum.
const ROUNDED: f64 = 1.01;

/// Whether records have more minutes than their sessions. Sessions that were not found may have had more.
fn is_taken_twice(all: All<'_>, tasks: &BTreeMap<TaskId, &LedgerTask>) -> bool {
    let minutes = |session: &SessionId| {
        let mut here = all.sessions.iter();
        here.find(|one| one.id == *session)?.agent_minutes()
    };
    let named = tasks.values().flat_map(|found| &found.task.sessions);
    let named: BTreeSet<&SessionId> = named.collect();
    let known: Option<Minutes> = named.into_iter().map(minutes).sum();
    let taken: Minutes = tasks.values().filter_map(|found| found.task.agent_minutes).sum();
    known.is_some_and(|known| taken.get() > known.get() * ROUNDED)
}

/// A sentence has room for this many.
const TASKS_NAMED: usize = 3;

/// A session measures one task. Several tasks in one commit are common, and fine if its size allows their hours.
fn shared(claim: Claimed<'_>, tasks: &BTreeMap<TaskId, &LedgerTask>, lines: &Lines) -> Found {
    let count = tasks.len();
    let named: Vec<String> = tasks
        .values()
        .take(TASKS_NAMED)
        .map(|found| format!("`{}` ({})", found.task.title, found.task.id.short()))
        .collect();
    let others = match count.saturating_sub(TASKS_NAMED) {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    let told = |what: &str| format!("{count} tasks claim {what}: {}{others}", named.join(", "));
    let found = match claim {
        Claimed::Session(session) => Found::new(Level::Error, session, told(&session.to_string())),
        Claimed::Commit(commit) => {
            let hours: Hours = tasks.values().map(|found| found.task.estimate.hours).sum();
            let commits = tasks.values().flat_map(|found| &found.commits).copied();
            let size = written_in(commits, lines).and_then(|lines| most_by_size(lines.added));
            let excess = size.filter(|most| hours.get() > *most);
            let (level, too_much) = match excess {
                Some(most) => (
                    Level::Warning,
                    format!(
                        "; they claim {hours} together, and all their lines suggest at most {}",
                        hours_text(most)
                    ),
                ),
                None => (Level::Note, String::new()),
            };
            Found::new(level, &commit, told(&commit.short()) + &too_much).figure("claimed_hours", hours.get())
        }
    };
    found.figure("tasks", count as f64).up_to(count as u64)
}

/// The most hours that the models of lines give for any repository.
fn most_by_size(lines: u64) -> Option<f64> {
    let given = [
        by_day(lines, USUAL_LINES_PER_DAY, HOURS_PER_DAY),
        by_cocomo(lines),
    ];
    given.into_iter().flatten().map(Hours::get).reduce(f64::max)
}

fn hours_text(hours: f64) -> String {
    Hours::new(hours.round()).unwrap_or_default().to_string()
}

/// Tasks without code have their own ref, which a plain `git fetch` leaves out.
const MAYBE_WITHOUT_CODE: &str =
    "; if it is a `--no-commit` task, run `git fetch origin refs/leverage/tasks:refs/leverage/tasks`";

fn commit_missing(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let here = &all.reach.commits;
    let missing = |found: &LedgerTask| {
        // A task without code lists no commit.
        let gone = found
            .commits
            .iter()
            .filter(|commit| !here.contains(commit))
            .count();
        (gone > 0).then(|| {
            let may_be_without_code = !all.reach.has_task_commits && gone == found.commits.len();
            let message = format!(
                "{} on no branch{}",
                so_many(gone, found, "is", "are"),
                if may_be_without_code {
                    MAYBE_WITHOUT_CODE
                } else {
                    ""
                }
            );
            Found::of(Level::Warning, &found.task, message).figure("commits_missing", gone as f64)
        })
    };
    shown.tasks().filter_map(missing).collect()
}

fn commit_reverted(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let reverts = &all.reach.reverts;
    let reverted = |found: &LedgerTask| {
        let gone: Vec<(&ObjectId, &ObjectId)> = found
            .commits
            .iter()
            .filter_map(|commit| Some((commit, reverts.get(commit)?)))
            .collect();
        let (commit, by) = gone.first()?;
        let message = format!(
            "{} reverted{} {} by {}",
            so_many(gone.len(), found, "was", "were"),
            if gone.len() > 1 { ", such as" } else { "," },
            commit.short(),
            by.short()
        );
        Some(Found::of(Level::Warning, &found.task, message).figure("commits_reverted", gone.len() as f64))
    };
    shown.tasks().filter_map(reverted).collect()
}

/// Some of a task's commits, with the verb: `2 of the 3 commits of `X` are`.
fn so_many(some: usize, found: &LedgerTask, is: &str, are: &str) -> String {
    let title = &found.task.title;
    let verb = if some == 1 { is } else { are };
    match found.commits.len() {
        1 => format!("the only commit of `{title}` {verb}"),
        all => format!("{some} of the {all} commits of `{title}` {verb}"),
    }
}

/// Written lines by commit; `None` where they are unknown.
type Lines = HashMap<ObjectId, Option<LineCounts>>;

fn lines_by_commit(all: All<'_>) -> Lines {
    let commits = all.commits.iter();
    commits.map(|commit| (commit.id, written(commit))).collect()
}

/// The written lines of commits, each counted once; `None` without commits or if the lines of one are unknown.
fn written_in(commits: impl Iterator<Item = ObjectId>, lines: &Lines) -> Option<LineCounts> {
    let commits: BTreeSet<ObjectId> = commits.collect();
    let known: Option<Vec<LineCounts>> = commits
        .iter()
        .map(|commit| lines.get(commit).copied().flatten())
        .collect();
    known?.into_iter().reduce(|sum, lines| sum + lines)
}

fn estimate_against_size(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let sizes = Sizes::of(all);
    let above = |found: &LedgerTask| {
        let size = sizes.hours(found).filter(|size| size.lines_added > 0)?;
        let given = given(&size);
        let most = given.iter().map(|(_, hours)| hours.get()).reduce(f64::max)?;
        let least = given.iter().map(|(_, hours)| hours.get()).reduce(f64::min)?;
        let claimed = found.task.estimate.hours;
        (claimed.get() > most).then(|| {
            let message = format!(
                "`{}` claims {claimed} for {} added {} of source and tests; their size suggests {}",
                found.task.title,
                number(size.lines_added),
                plural(&size.lines_added, "line", "lines"),
                listed(&given)
            );
            let found = Found::of(Level::Note, &found.task, message)
                .figure("claimed_hours", claimed.get())
                .figure("lines_added", size.lines_added as f64)
                .figure("hours_low", least)
                .figure("hours_high", most);
            let of_each = given.iter();
            of_each.fold(found, |found, (model, hours)| {
                found.figure(figure_of(model), hours.get())
            })
        })
    };
    shown.tasks().filter_map(above).collect()
}

/// What each model that knows enough gives.
fn given(size: &ModelHours) -> Vec<(&'static str, Hours)> {
    let all = [
        ("sloc", size.sloc),
        ("cocomo", size.cocomo),
        ("pace", size.pace.map(|pace| pace.hours)),
    ];
    let known = all.into_iter().filter_map(|(model, hours)| Some((model, hours?)));
    known.collect()
}

fn figure_of(model: &str) -> &'static str {
    match model {
        "sloc" => "hours_sloc",
        "cocomo" => "hours_cocomo",
        _ => "hours_pace",
    }
}

/// ``40h by `sloc`, 447h by `cocomo` and 70h by `pace` ``.
fn listed(given: &[(&str, Hours)]) -> String {
    let texts = given.iter();
    let texts: Vec<String> = texts
        .map(|(model, hours)| format!("{:.0}h by `{model}`", hours.get()))
        .collect();
    match texts.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => texts.concat(),
    }
}

fn claim_without_code(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let by_commit = lines_by_commit(all);
    let bare = |found: &LedgerTask| {
        let lines = written_in(found.commits.iter().copied(), &by_commit)?;
        let (hours, commits) = (found.task.estimate.hours, found.commits.len());
        (lines.added + lines.removed == 0).then(|| {
            let message = format!(
                "`{}` claims {hours}, but its {} no line of source or tests",
                found.task.title,
                match commits {
                    1 => "commit changes".to_owned(),
                    many => format!("{many} commits change"),
                }
            );
            Found::of(Level::Note, &found.task, message)
                .figure("claimed_hours", hours.get())
                .figure("commits", commits as f64)
        })
    };
    shown.tasks().filter_map(bare).collect()
}

fn claim_without_commit(shown: Shown<'_>) -> Vec<Found> {
    let tasks = shown.tasks();
    tasks
        .filter(|found| found.commits.is_empty())
        .map(|found| {
            let hours = found.task.estimate.hours;
            let message = format!("`{}` claims {hours} and has no commit", found.task.title);
            Found::of(Level::Note, &found.task, message).figure("claimed_hours", hours.get())
        })
        .collect()
}
