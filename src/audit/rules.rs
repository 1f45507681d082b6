//! The rules, one function each. A claim is held against what was measured; what a rule says is never a verdict on a
//! person, only on figures that do not fit.

use super::Evidence;
use super::claims::{
    agent_minutes_beyond_span, agent_minutes_differ, factors, outlier, session_away_from_commits,
    session_not_found, session_without_task, supervision_too_short, zero_claimed,
};
use super::found::Found;
use super::integrity::{
    ledger_back_dated, ledger_line_removed, ledger_moved, ledger_signature, revision_twice,
    written_by_another,
};
use super::retractions::task_retracted;
use super::revisions::{estimate_after_work, estimate_raised, minutes_lowered};
use super::trailers::{parts_do_not_sum, trailer_against_note, trailer_refused};
use super::work::{
    agent_commit_without_task, claim_without_code, claim_without_commit, claimed_twice, commit_missing,
    commit_reverted, estimate_against_size,
};
use crate::git::ledger_steps::{LedgerStep, Past};
use crate::git::refs;
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

/// All rules, in the order in which they are listed.
pub const RULES: &[Rule] = &[
    Rule {
        id: "estimate-after-work",
        about: "Was the estimate given after the work was done?",
        advice: "Record estimates before the work, or say what a late one rests on",
        missing: no_past,
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
        id: "minutes-lowered",
        about: "Were the agent or the supervisory minutes lowered later?",
        advice: "Ask who lowered them and why; sessions and the first revision say what it took",
        missing: no_tasks,
        check: minutes_lowered,
    },
    Rule {
        id: "task-retracted",
        about: "Was a task retracted, and does the factor gain by it?",
        advice: "Ask what became of the work; `git leverage log --history` shows what is retracted",
        missing: no_tasks_at_all,
        check: task_retracted,
    },
    Rule {
        id: "zero-claimed",
        about: "Does a task claim no hours, or no agent time?",
        advice: "Revise it with the time that it took, or retract it; what is unknown is left out",
        missing: no_tasks,
        check: zero_claimed,
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
        id: "session-not-found",
        about: "Is there a log or a captured record of each session that a task names?",
        advice: "Correct the name, or capture the session where it ran: git leverage capture",
        missing: no_tasks,
        check: session_not_found,
    },
    Rule {
        id: "session-away-from-commits",
        about: "Was a session there when the commits were made that it is said to have made?",
        advice: "Look who wrote its record, and name the session that did the work",
        missing: no_sessions,
        check: session_away_from_commits,
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
        missing: no_history,
        check: commit_missing,
    },
    Rule {
        id: "commit-reverted",
        about: "Were the task's commits reverted?",
        advice: "Retract the task if nothing of it is left",
        missing: no_history,
        check: commit_reverted,
    },
    Rule {
        id: "estimate-against-size",
        about: "Is the estimate above what the added lines would cost by two common measures?",
        advice: "Say what the estimate rests on beside the lines",
        missing: no_history,
        check: estimate_against_size,
    },
    Rule {
        id: "claim-without-code",
        about: "Do the commits of a task change source or tests at all?",
        advice: "Say what the estimate rests on, and add the commits that are missing",
        missing: no_history,
        check: claim_without_code,
    },
    Rule {
        id: "claim-without-commit",
        about: "Does a task name a commit at all?",
        advice: "Name its commits: git leverage revise ID --commit REV",
        missing: no_tasks,
        check: claim_without_commit,
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
        id: "trailer-refused",
        about: "Can the trailers of git leverage be read?",
        advice: "Say it in a record instead: git leverage record REV",
        missing: no_trailers,
        check: trailer_refused,
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
        missing: no_history,
        check: agent_commit_without_task,
    },
    Rule {
        id: "ledger-line-removed",
        about: "Is a line of the ledger gone that once stood?",
        advice: "Restore it from the commit before; records are retracted with a tombstone, never removed",
        missing: no_ledger_past,
        check: ledger_line_removed,
    },
    Rule {
        id: "ledger-back-dated",
        about: "Was a line written when it says it was?",
        advice: "Trust the commit that first carried the line, not the line",
        missing: no_ledger_past,
        check: ledger_back_dated,
    },
    Rule {
        id: "revision-twice",
        about: "Is there one line for each revision of a task?",
        advice: "Look who wrote them: git log -p refs/notes/leverage",
        missing: no_revisions,
        check: revision_twice,
    },
    Rule {
        id: "written-by-another",
        about: "Did those who are named in the lines bring them?",
        advice: "Ask who is named; an import or a move of another ledger brings lines so",
        missing: no_ledger_past,
        check: written_by_another,
    },
    Rule {
        id: "ledger-moved",
        about: "Did a reference of the ledger leave its own past behind?",
        advice: "Compare with another clone before the reflog expires",
        missing: no_reflog,
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
    let is_empty = evidence.ledger.tasks.is_empty();
    is_empty.then_some("the repository has no tasks")
}

/// Retracted ones included.
fn no_tasks_at_all(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).filter(|_| evidence.ledger.retracted.is_empty())
}

fn no_sessions(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_empty = evidence.all_sessions().is_empty();
    is_empty.then_some("no measured session worked here")
}

fn no_trailers(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut tasks = evidence.ledger.tasks.iter();
    let is_none = evidence.ledger.refused.is_empty() && tasks.all(|found| found.claims.is_empty());
    is_none.then_some("no trailer here claims anything")
}

fn no_ledger(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_empty = evidence.steps.is_empty() && evidence.jumps.found.is_empty();
    is_empty.then_some("the repository has no ledger")
}

const SHALLOW: &str = "the clone is shallow (git fetch --unshallow)";
const SHALLOW_LEDGER: &str = "the ledger was fetched shallow, without its history";

/// Rules about a task's commits need those before the edge of a shallow clone too.
fn no_history(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).or(evidence.reach.is_cut.then_some(SHALLOW))
}

/// The first commit of a ledger that was fetched shallow seems to bring all lines at once.
fn shallow_ledger(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut steps = evidence.steps.iter();
    steps
        .any(|step| step.past == Past::CutOff)
        .then_some(SHALLOW_LEDGER)
}

fn no_ledger_past(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_ledger(evidence).or_else(|| shallow_ledger(evidence))
}

fn no_revisions(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).or_else(|| shallow_ledger(evidence))
}

fn no_past(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_history(evidence).or_else(|| shallow_ledger(evidence))
}

/// What moved is reported, whatever else is not known.
fn no_reflog(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_unknown = evidence.jumps.found.is_empty() && !evidence.jumps.unlogged.is_empty();
    let unknown = match evidence.jumps.unlogged.as_slice() {
        [tasks] if tasks == refs::TASKS => "git kept no log here of where refs/leverage/tasks stood",
        _ => "git kept no log here of where the ledger's references stood (core.logAllRefUpdates)",
    };
    // Whether a move left the past behind cannot be told without the past.
    no_ledger_past(evidence).or(is_unknown.then_some(unknown))
}

fn no_signatures(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_unsigned = |step: &LedgerStep| step.signature == Signature::Absent;
    let mut steps = evidence.steps.iter();
    steps
        .all(is_unsigned)
        .then_some("no commit of the ledger is signed")
}

/// Quartiles of fewer say nothing.
const ENOUGH_FOR_A_DISTRIBUTION: usize = 8;

fn too_few_tasks(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_few = factors(evidence.all_tasks()).len() < ENOUGH_FOR_A_DISTRIBUTION;
    is_few.then_some("fewer than eight tasks have a factor")
}
