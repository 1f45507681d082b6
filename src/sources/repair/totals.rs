//! The totals of the ledger, as they are and as they would be.

use std::collections::BTreeMap;

use super::super::ledger::{LedgerOptions, Supposed, read_ledger_with};
use super::super::reach::everywhere;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::Ledger;
use crate::facts::quantity::{Hours, WorkTime};
use crate::facts::record::NoteLines;
use crate::git::{Repo, change_id};

/// The whole ledger with more lines, and with what `more` and all checked-out commits reach.
pub(super) fn read_with(
    repo: &Repo,
    work: WorkTime,
    lines: BTreeMap<ObjectId, NoteLines>,
    more: impl IntoIterator<Item = ObjectId>,
) -> Ledger {
    let mut tips = change_id::checked_out(repo);
    tips.extend(more);
    let supposed = Supposed {
        lines,
        tips,
        elsewhere: false,
    };
    read(repo, work, &supposed)
}

/// The whole ledger with more lines, as read by a clone without unreachable commits: a record takes precedence over its
/// commit's message, and there it is unknown which commits the message described.
pub(super) fn read_elsewhere(repo: &Repo, work: WorkTime, lines: BTreeMap<ObjectId, NoteLines>) -> Ledger {
    let supposed = Supposed {
        lines,
        tips: change_id::checked_out(repo),
        elsewhere: true,
    };
    read(repo, work, &supposed)
}

fn read(repo: &Repo, work: WorkTime, supposed: &Supposed) -> Ledger {
    let options = LedgerOptions {
        refs: everywhere(),
        work,
    };
    read_ledger_with(repo, &options, supposed)
}

/// The human hours of all tasks.
pub(super) fn hours(ledger: &Ledger) -> f64 {
    let hours = ledger.tasks.iter().map(|found| found.task.estimate.hours);
    hours.map(Hours::get).sum()
}

/// What each task and each measured session that counts adds.
pub(super) fn sums(ledger: &Ledger) -> BTreeMap<String, String> {
    let tasks = ledger.tasks.iter().map(|found| {
        let task = &found.task;
        let counted = (
            task.rev,
            task.estimate.hours,
            task.agent_minutes,
            task.supervisory_minutes,
            task.tokens,
        );
        (task.id.to_string(), format!("{counted:?}"))
    });
    let sessions = ledger.sessions.iter().map(|found| {
        let record = &found.record;
        let counted = (record.rev, record.agent_minutes, record.share);
        (record.id.as_task().to_string(), format!("{counted:?}"))
    });
    tasks.chain(sessions).collect()
}
