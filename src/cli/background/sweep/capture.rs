//! Captures what is pending in the spools.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::one::capture_in;
use super::place::{Near, Where};
use super::swept::Swept;
use super::target::{Commits, Left, Target, main_folder};
use crate::cli::background::watched::Watched;
use crate::cli::context::Context;
use crate::cli::linking::Linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::spool::{Settled, Spool, common_dir};
use crate::workspace::sessions::collect;

/// No capture of pending sessions takes this long unless a repository hangs. The process then exits, so that others can continue.
const LONGEST_ROUND: Duration = Duration::from_secs(1800);

/// The spools this process may read: the machine's, and the one that replaces it in the repository around the current directory.
pub fn spools(context: &Context) -> Vec<Spool> {
    let machine = context
        .environment
        .state_dir()
        .map(|state| Spool::of_machine(&state));
    let common = common_dir(&context.environment.directory);
    let beside = common.map(|common| Spool::of_repository(&common));
    machine.into_iter().chain(beside).collect()
}

/// Whether hooks reported anything that is not captured yet.
pub fn is_pending(context: &Context) -> bool {
    let now = context.environment.now;
    spools(context)
        .iter()
        .any(|spool| spool.contents(now).newest().is_some())
}

/// Captures what is pending, unless another process is capturing.
pub fn sweep(context: &Context, place: Where<'_>) -> Swept {
    let mut swept = Swept::default();
    for spool in spools(context) {
        let now = context.environment.now;
        if spool.contents(now).newest().is_none() {
            continue;
        }
        let Some(held) = spool.sweep(Duration::ZERO) else {
            swept.is_left = true;
            continue;
        };
        // Another process may have captured it in the meantime.
        let settled = capture(context, &spool, place, &mut swept);
        // What is not marked as captured is captured again, which changes nothing.
        let _ = spool.settle(&held, &settled, now);
    }
    swept
}

/// Captures what is pending in a spool, and marks it as settled.
pub(super) fn capture(context: &Context, spool: &Spool, place: Where<'_>, swept: &mut Swept) -> Settled {
    let _watched = Watched::until(LONGEST_ROUND);
    let began = context.environment.now;
    let contents = &spool.contents(began);
    let near = Near::of(place);
    let folders = contents.pending.iter().flat_map(|pending| &pending.folders);
    let folders = folders.filter(|folder| near.holds(Path::new(folder)));
    let around: BTreeSet<PathBuf> = folders.filter_map(|folder| main_folder(folder).ok()?).collect();
    let around: Vec<PathBuf> = around.into_iter().collect();
    let collected = match Linking::usual(&LogArgs::default(), &RulesArgs::default()).options(context) {
        Ok(options) => collect(&options, &around),
        // Unreadable settings stop every command that reads logs, and are reported there.
        Err(_) => return Settled::default(),
    };
    let target = |one| {
        let mut target = Target::new(one, &collected.sessions, &near, began);
        if spool.repository().is_some() {
            // Whoever made the repository may also have made its spool, so nothing in it may affect other repositories.
            target
                .repositories
                .retain(|repository| around.contains(repository));
        }
        target
    };
    let mut targets: Vec<Target<'_>> = contents.pending.iter().map(target).collect();
    let commits = contents.committed.iter().map(|one| Commits::new(one, &near));
    let mut commits: Vec<Commits<'_>> = commits.collect();
    let all = targets.iter().flat_map(|target| &target.repositories);
    let all: BTreeSet<PathBuf> = all
        .chain(commits.iter().flat_map(|one| &one.repository))
        .cloned()
        .collect();
    for repository in &all {
        let here = targets
            .iter_mut()
            .filter(|target| target.repositories.contains(repository));
        let mut here: Vec<&mut Target<'_>> = here.collect();
        let made = commits
            .iter_mut()
            .filter(|one| one.repository.as_ref() == Some(repository));
        let mut made: Vec<&mut Commits<'_>> = made.collect();
        let left = match place.holds(repository) {
            false => Some(Left::Elsewhere),
            true => capture_in(context, repository, &mut here, &mut made, swept)
                .err()
                .map(|error| Left::Failed(error.message().to_owned())),
        };
        if let Some(left) = left {
            here.iter_mut().for_each(|target| target.leave(left.clone()));
            made.iter_mut().for_each(|commits| commits.is_left = true);
        }
    }
    settled(targets, &commits, began, swept)
}

/// What a capture that began then has settled.
fn settled(
    targets: Vec<Target<'_>>,
    commits: &[Commits<'_>],
    began: DateTime<Utc>,
    swept: &mut Swept,
) -> Settled {
    let done = commits.iter().filter(|commits| !commits.is_left);
    let mut settled = Settled {
        committed: done
            .map(|commits| (commits.committed.folder.clone(), began))
            .collect(),
        ..Settled::default()
    };
    for Target {
        pending,
        is_due,
        left,
        ..
    } in targets
    {
        let session = pending.session.clone();
        match left {
            Left::Nothing if is_due => drop(settled.captured.insert(session, began)),
            Left::Nothing | Left::Elsewhere | Left::Waits => {}
            Left::Failed(reason) => {
                swept.failed.insert(session.clone(), reason.clone());
                settled.failed.insert(session, reason);
            }
        }
    }
    settled
}
