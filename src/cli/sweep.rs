//! Captures sessions that hooks reported: every command that reads sessions does this, so no person has to.
//!
//! A failure here does not affect the command that swept. Whatever could not be captured stays in the spool and is tried again
//! next time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::context::Context;
use super::error::CommandError;
use super::linking::Linking;
use super::logs::{LogArgs, RulesArgs};
use super::recording::OpenLedger;
use super::terminal::Terminal;
use super::watched::Watched;
use crate::correlate::measured::Repose;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::quantity::counted;
use crate::facts::record::Record;
use crate::facts::session::Session;
use crate::git::{OpenError, Repo, messages};
use crate::ledger;
use crate::sources::agents::READERS;
use crate::spool::pending::{Committed, Contents, RESTS};
use crate::spool::{Pending, Settled, Spool, common_dir};
use crate::workspace::capture::{Capture, Records, with_launched};
use crate::workspace::places::{named, repositories_near};
use crate::workspace::sessions::{OwnLinks, collect};

/// How long a capture after a hook waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(600);
/// The `nice` value of a capture that runs in the background.
#[cfg(unix)]
const POLITE: i32 = 10;
/// How long it waits first, so that hooks called at the same time have all stored their events.
const SETTLING: Duration = Duration::from_millis(300);
/// A log is quiet when it has not changed for this long.
const QUIET: Duration = Duration::from_secs(2);
/// The maximum time to wait for a log.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
/// How long it tries to become the waiting process: whoever checks for one holds the lock for a moment.
const TURN: Duration = Duration::from_millis(100);
/// After this time, a capture after a hook leaves new events to another process.
const LONGEST_STAY: Duration = Duration::from_secs(600);
/// Nothing that is waited for needs longer to rest, unless the clock was ahead.
const LONGEST_REST: Duration = Duration::from_secs(35);
/// How often the spool is checked for new events.
const BETWEEN_SIZES: Duration = Duration::from_secs(1);

/// How many seconds the time of a commit may be earlier than that of its hook: git takes it before the message is typed.
const CLOCKS: i64 = 3600;
/// A session whose log has an event this recent is at work.
const AT_WORK: TimeDelta = TimeDelta::seconds(60);

/// No capture of pending sessions takes this long unless a repository hangs. The process then exits, so that others can continue.
const LONGEST_ROUND: Duration = Duration::from_secs(1800);

/// A session with no events for this long counts as over.
const LONG_REST: TimeDelta = TimeDelta::hours(1);

/// Which repositories to sweep.
#[derive(Debug, Clone, Copy)]
pub enum Where<'a> {
    /// All repositories that the sessions worked in.
    Everywhere,
    /// Only those below or around these directories. What a session made elsewhere stays pending.
    At(&'a [PathBuf]),
}

/// The result of a sweep.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Swept {
    /// The sessions of which something was written.
    pub sessions: BTreeSet<SessionId>,
    /// How many commits have new records.
    pub commits: usize,
    /// What could not be captured, by session.
    pub failed: BTreeMap<SessionId, String>,
    /// Whether something was left to another process that is capturing now.
    pub is_left: bool,
    /// Why the result is unknown.
    pub trouble: Option<String>,
}

impl Swept {
    /// The result as a status line.
    pub fn in_words(&self) -> String {
        let sessions = counted(self.sessions.len(), "session", "sessions");
        let commits = counted(self.commits, "commit", "commits");
        match () {
            () if self.commits > 0 => format!("Captured {sessions} on {commits}"),
            () if self.is_left => "Another capture is already running".to_owned(),
            () => "Nothing new to capture".to_owned(),
        }
    }

    /// All failures in one line.
    pub fn warning(&self) -> Option<Warning> {
        if let Some(trouble) = &self.trouble {
            return Some(Warning::new("git leverage capture --pending", trouble.clone()));
        }
        let (session, reason) = self.failed.first_key_value()?;
        let more = match self.failed.len() {
            1 => String::new(),
            many => format!(" (and {} more)", many - 1),
        };
        Some(Warning::new(
            session.to_string(),
            format!("cannot capture yet: {reason}{more}"),
        ))
    }
}

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

/// The capture that a hook starts. It captures as soon as logs are quiet, and then sleeps until everything it knows of has
/// rested, so that what agents write after their last event is captured automatically. One such process sleeps and takes over new
/// events; one more may work. While it sleeps, others can capture.
pub fn after_hook(context: &mut Context) -> Swept {
    // The agent and the person waiting for it have priority.
    #[cfg(unix)]
    let _ = rustix::process::setpriority_process(None, POLITE);
    let mut swept = Swept::default();
    for spool in spools(context) {
        capture_to_the_end(context, &spool, &mut swept);
    }
    swept
}

/// Captures the contents of a spool until everything in it has rested.
fn capture_to_the_end(context: &mut Context, spool: &Spool, swept: &mut Swept) {
    let began = Instant::now();
    let Some(turn) = spool.turn(TURN) else { return };
    let is_alone = turn.is_locked();
    thread::sleep(SETTLING);
    let mut turn = Some(turn);
    loop {
        context.environment.look_at_clock();
        let contents = spool.contents(context.environment.now);
        wait_until_quiet(&contents.pending, context.environment.now);
        let Some(held) = spool.sweep(PATIENCE) else { return };
        // From now on, each new caller starts its own process; everything that came before is in the spool.
        drop(turn.take());
        context.environment.look_at_clock();
        let now = context.environment.now;
        if spool.contents(now).newest().is_none() {
            return;
        }
        let settled = capture(context, spool, Where::Everywhere, swept);
        let is_noted = spool.settle(&held, &settled, now).is_ok();
        drop(held);
        // Without locks, each of many hooks would leave a process; with a fixed clock, nothing ever rests.
        let may_stay = is_noted && is_alone && !context.environment.is_clock_fixed();
        let Some(rest) = rest_of(&spool.contents(now), now).filter(|_| may_stay) else {
            return;
        };
        if began.elapsed() < LONGEST_STAY {
            turn = spool.turn(TURN);
            // Another process already stays for the same events.
            if turn.is_none() {
                return;
            }
            sleep(spool, rest.first);
        } else if began.elapsed() < LONGEST_STAY + LONGEST_REST {
            // Other processes have come or will come; this is the last round.
            thread::sleep(rest.last);
        } else {
            return;
        }
    }
}

/// How long it takes until what a capture left has rested: the first of it, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rest {
    first: Duration,
    last: Duration,
}

/// The same for the contents of a spool after a capture that began then; `None` if waiting does not help.
fn rest_of(contents: &Contents, began: DateTime<Utc>) -> Option<Rest> {
    let sessions = contents.pending.iter().map(|pending| pending.last);
    let commits = contents.committed.iter().map(|committed| committed.last);
    let left = sessions
        .chain(commits)
        .filter_map(|last| (RESTS - (began - last)).to_std().ok());
    // Do not wait for times from a clock that was ahead.
    let left: Vec<Duration> = left
        .filter(|left| !left.is_zero() && *left <= LONGEST_REST)
        .collect();
    Some(Rest {
        first: *left.iter().min()?,
        last: *left.iter().max()?,
    })
}

/// Sleeps for this long, or until a hook stores something new.
fn sleep(spool: &Spool, time: Duration) {
    let (start, size) = (Instant::now(), spool.size());
    while start.elapsed() < time && spool.size() == size {
        thread::sleep(BETWEEN_SIZES.min(time.saturating_sub(start.elapsed())));
    }
}

/// Waits until nothing writes to the logs of sessions that had an event just now.
fn wait_until_quiet(pending: &[Pending], now: DateTime<Utc>) {
    let recent = pending.iter().filter(|pending| !pending.rests(now));
    let logs: Vec<Option<&str>> = recent.map(|pending| pending.log.as_deref()).collect();
    if logs.is_empty() {
        return;
    }
    let size = |log: &Option<&str>| std::fs::metadata((*log)?).map(|data| data.len()).ok();
    let sizes = || logs.iter().map(size).collect::<Vec<Option<u64>>>();
    let (start, mut before, mut since) = (Instant::now(), sizes(), Instant::now());
    while since.elapsed() < QUIET && start.elapsed() < LONGEST_WAIT {
        thread::sleep(BETWEEN_LOOKS);
        let now = sizes();
        if now != before {
            before = now;
            since = Instant::now();
        }
    }
}

/// A pending session with the sessions it started.
struct Target<'a> {
    pending: &'a Pending,
    sessions: BTreeSet<SessionId>,
    /// The repositories they worked in.
    repositories: BTreeSet<PathBuf>,
    /// Whether all of it is captured now, or only commits that have nothing of it yet: while the session is active, each turn
    /// would otherwise add a line to each of its commits.
    is_due: bool,
    /// What is left to do.
    left: Left,
}

/// What is still to be captured of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Left {
    /// Nothing, for now.
    Nothing,
    /// Work in a place that was not examined.
    Elsewhere,
    /// Too little new work for new lines, as long as more may come.
    Waits,
    /// Work whose capture failed.
    Failed(String),
}

/// Commits that git reported.
struct Commits<'a> {
    committed: &'a Committed,
    /// The repository they are in, if it still exists.
    repository: Option<PathBuf>,
    /// Whether any of them is left to do.
    is_left: bool,
}

/// Captures what is pending in a spool, and marks it as settled.
fn capture(context: &Context, spool: &Spool, place: Where<'_>, swept: &mut Swept) -> Settled {
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

impl<'a> Commits<'a> {
    fn new(committed: &'a Committed, near: &Near) -> Self {
        let is_near = near.holds(Path::new(&committed.folder));
        let repository = match is_near {
            true => main_folder(&committed.folder),
            false => Ok(None),
        };
        Self {
            committed,
            is_left: !is_near || repository.is_err(),
            repository: repository.ok().flatten(),
        }
    }

    /// Whether a commit may be one of them.
    fn may_have(&self, commit: ObjectId, repo: &Repo) -> bool {
        let first = self.committed.first.timestamp().saturating_sub(CLOCKS);
        messages::with_commit(repo, commit, |raw| raw.commit_time().seconds >= first).unwrap_or(false)
    }
}

impl<'a> Target<'a> {
    fn new(pending: &'a Pending, all: &[Session], near: &Near, now: DateTime<Utc>) -> Self {
        let mut target = Self {
            is_due: pending.is_ended || pending.rests(now),
            pending,
            sessions: with_launched(&pending.session, all),
            repositories: BTreeSet::new(),
            left: Left::Nothing,
        };
        let own: Vec<&Session> = all
            .iter()
            .filter(|one| target.sessions.contains(&one.id))
            .collect();
        let folders: Vec<&Path> = pending.folders.iter().map(Path::new).collect();
        let named = own.iter().flat_map(|session| named(session));
        let is_near = |path: &Path| near.holds(path);
        let (is_here, is_elsewhere) = folders
            .iter()
            .copied()
            .chain(named)
            .map(is_near)
            .fold((false, false), |(here, elsewhere), is_near| {
                (here || is_near, elsewhere || !is_near)
            });
        if is_elsewhere {
            target.leave(Left::Elsewhere);
        }
        if is_here || !is_elsewhere {
            target.look(&own, near);
        }
        target
    }

    /// Finds the repositories the session worked in, and the obstacles.
    fn look(&mut self, own: &[&Session], near: &Near) {
        let pending = self.pending;
        let is_near = |folder: &&String| near.holds(Path::new(folder));
        let mut folders = Vec::new();
        for folder in pending.folders.iter().filter(is_near) {
            match main_folder(folder) {
                Ok(found) => folders.extend(found),
                Err(reason) => self.leave(Left::Failed(reason)),
            }
        }
        let found = repositories_near(&folders, own.iter().copied(), |path| near.holds(path));
        self.repositories = found.into_iter().collect();
        // One that can no longer be opened is reported when it is captured in.
        self.repositories.extend(folders);
        let is_gone = |folder: &String| !Path::new(folder).exists();
        if self.repositories.is_empty() && pending.folders.iter().filter(is_near).any(is_gone) {
            self.leave(Left::Failed("its working directory no longer exists".to_owned()));
        }
        if own.is_empty() && has_log(pending) {
            self.leave(Left::Failed("its log could not be read".to_owned()));
        }
    }

    /// Records that something is left, unless something worse already is.
    fn leave(&mut self, left: Left) {
        if !matches!(self.left, Left::Failed(_)) {
            self.left = left;
        }
    }
}

/// Whether a log exists that must contain something.
fn has_log(pending: &Pending) -> bool {
    let is_read = READERS
        .iter()
        .any(|reader| reader.name() == pending.session.agent);
    let is_there = |log: &String| std::fs::metadata(log).is_ok_and(|data| data.is_file());
    is_read && pending.had_turns && pending.log.as_ref().is_some_and(is_there)
}

/// The main directory of the repository around a directory that an agent named; `None` if there is none.
fn main_folder(folder: &str) -> Result<Option<PathBuf>, String> {
    let folder = Path::new(folder);
    if !folder.is_absolute() || !folder.is_dir() {
        return Ok(None);
    }
    match Repo::discover(folder) {
        Ok(repo) => Ok(Some(repo.main_folder())),
        // There should be a repository here, but it is broken.
        Err(OpenError::NotARepository(_)) if !has_git_folder(folder) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn has_git_folder(folder: &Path) -> bool {
    folder.ancestors().any(|above| above.join(".git").exists())
}

/// Captures what sessions made in one repository, as `capture` does when run there.
fn capture_in(
    context: &Context,
    repository: &Path,
    targets: &mut [&mut Target<'_>],
    made_by_hand: &mut [&mut Commits<'_>],
    swept: &mut Swept,
) -> Result<(), CommandError> {
    let there = Context::new(context.environment.at(repository), Terminal::plain());
    let open = OpenLedger::open_quietly(&there)?;
    let options = Linking::usual(&LogArgs::default(), &RulesArgs::default()).options(&there)?;
    let own = OwnLinks::of(&open.repo, &options);
    if let Some(reason) = unread(&open.repo, &own) {
        return Err(CommandError::failed(reason));
    }
    let there = There {
        capture: Capture::new(&open.repo, &own),
        own: &own,
        open: &open,
        now: context.environment.now,
    };
    let wanted = there.wanted(targets, made_by_hand);
    there.keep(&wanted, targets, made_by_hand, swept)
}

/// A repository being captured in.
struct There<'a> {
    capture: Capture<'a>,
    own: &'a OwnLinks,
    open: &'a OpenLedger,
    now: DateTime<Utc>,
}

impl There<'_> {
    /// The commits that get records of all their sessions.
    fn wanted(
        &self,
        targets: &[&mut Target<'_>],
        made_by_hand: &mut [&mut Commits<'_>],
    ) -> HashSet<ObjectId> {
        let due = targets
            .iter()
            .filter(|target| target.is_due || self.capture.has_news(&target.sessions));
        let sessions: BTreeSet<&SessionId> = due.flat_map(|target| &target.sessions).collect();
        let links = || self.capture.links();
        let made = links().filter(|link| sessions.contains(&link.session));
        let mut wanted: HashSet<ObjectId> = made.map(|link| link.commit).collect();
        // An active session has not written everything yet; its own hook comes at the end of the turn.
        let lately = (self.now - AT_WORK).timestamp();
        let sessions = self.own.sessions.iter();
        let works = sessions.filter(|session| session.span.end.seconds() >= lately);
        let works: HashSet<&SessionId> = works.map(|session| &session.id).collect();
        for commits in made_by_hand {
            let made = links().filter(|link| commits.may_have(link.commit, &self.open.repo));
            let (at_work, done): (Vec<&Link>, Vec<&Link>) =
                made.partition(|link| works.contains(&link.session));
            wanted.extend(done.into_iter().map(|link| link.commit));
            commits.is_left = !at_work.is_empty();
        }
        wanted
    }

    /// Writes what the notes on these commits lack, and marks the sessions that have something left to do.
    fn keep(
        &self,
        wanted: &HashSet<ObjectId>,
        targets: &mut [&mut Target<'_>],
        made_by_hand: &mut [&mut Commits<'_>],
        swept: &mut Swept,
    ) -> Result<(), CommandError> {
        let stamp = self.open.stamp(self.open.author()?);
        let mut records = self.capture.records(wanted, &stamp);
        let reposes = |session: &SessionId| repose(session, targets, &self.own.sessions, self.now);
        let waiting = self.capture.put_off(&mut records, reposes);
        let left = match records.is_empty() {
            true => ledger::Left::new(),
            false => write(self.open, &records)?,
        };
        for target in targets
            .iter_mut()
            .filter(|target| !target.sessions.is_disjoint(&waiting))
        {
            target.leave(Left::Waits);
        }
        let mut written = HashSet::new();
        for (commit, record) in records {
            let Some(error) = left.get(&commit) else {
                swept.commits += usize::from(written.insert(commit));
                swept.sessions.insert(record.session);
                continue;
            };
            let of_it = targets
                .iter_mut()
                .filter(|target| target.sessions.contains(&record.session));
            of_it.for_each(|target| target.leave(Left::Failed(error.to_string())));
            swept.failed.insert(record.session, error.to_string());
        }
        for commits in made_by_hand {
            let is_open = |link: &Link| left.contains_key(&link.commit) || waiting.contains(&link.session);
            let is_one = |link: &&Link| commits.may_have(link.commit, &self.open.repo);
            let is_left = self.capture.links().filter(is_one).any(is_open);
            commits.is_left |= is_left;
        }
        Ok(())
    }
}

/// Why the links of a repository are unknown: their absence then proves nothing.
fn unread(repo: &Repo, own: &OwnLinks) -> Option<String> {
    let places = [repo.place().to_owned(), repo.main_folder()].map(|place| place.display().to_string());
    let mut warnings = own.warnings.iter().filter(|_| own.links.is_empty());
    let found = warnings.find(|warning| places.contains(&warning.place));
    found.map(|warning| warning.message.clone())
}

/// Whether a session rests, according to hooks and its log.
fn repose(session: &SessionId, targets: &[&mut Target<'_>], all: &[Session], now: DateTime<Utc>) -> Repose {
    let log = all.iter().find(|one| one.id == *session);
    let is_quiet = log.is_none_or(|log| now.timestamp() - log.span.end.seconds() >= LONG_REST.num_seconds());
    let told = targets.iter().filter(|target| target.sessions.contains(session));
    let told = told.map(|target| match target.pending {
        pending if now - pending.last >= LONG_REST => Repose::Long,
        pending if pending.is_ended => Repose::Ended,
        _ => Repose::None,
    });
    // A session without events was captured to its end.
    match told.min().unwrap_or(Repose::Long) {
        Repose::Long if !is_quiet => Repose::Ended,
        told => told,
    }
}

/// Writes records to the notes. Returns the commits whose notes could not take them, and why.
pub fn write(open: &OpenLedger, records: &Records) -> Result<ledger::Left, CommandError> {
    let lines: Vec<(ObjectId, Record)> = records
        .iter()
        .map(|(commit, record)| (*commit, Record::Session(Box::new(record.clone()))))
        .collect();
    let message = |left: &ledger::Left| {
        let mut written = records.clone();
        written.retain(|(commit, _)| !left.contains_key(commit));
        format!("Capture: {} on {}\n", count(&written), commits(&written))
    };
    Ok(ledger::append_each(&open.repo, &lines, message, open.writer()?)?)
}

/// The number of sessions in records, with its noun.
pub fn count(records: &Records) -> String {
    let sessions: HashSet<_> = records.iter().map(|(_, record)| &record.session).collect();
    counted(sessions.len(), "session", "sessions")
}

/// The number of commits in records, with its noun.
pub fn commits(records: &Records) -> String {
    let commits: HashSet<_> = records.iter().map(|(commit, _)| commit).collect();
    counted(commits.len(), "commit", "commits")
}

/// The places to sweep, compared by their paths only: examining a directory in which another person's agent worked can take
/// forever.
struct Near {
    /// The requested directories, and the working trees of the repositories around them; `None` means all.
    folders: Option<Vec<PathBuf>>,
}

impl Near {
    fn of(place: Where<'_>) -> Self {
        let Where::At(folders) = place else {
            return Self { folders: None };
        };
        let mut near: BTreeSet<PathBuf> = folders.iter().cloned().collect();
        for repo in folders.iter().filter_map(|folder| Repo::discover(folder).ok()) {
            near.insert(repo.main_folder());
            near.extend(repo.work_trees());
        }
        let real: Vec<PathBuf> = near
            .iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .collect();
        near.extend(real);
        Self {
            folders: Some(near.into_iter().collect()),
        }
    }

    fn holds(&self, path: &Path) -> bool {
        let folders = self.folders.as_ref();
        folders.is_none_or(|folders| folders.iter().any(|folder| path.starts_with(folder)))
    }
}

impl Where<'_> {
    /// Whether a repository, given its main directory, is one of them.
    fn holds(self, repository: &Path) -> bool {
        let Self::At(folders) = self else { return true };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let repository = real(repository);
        folders.iter().any(|folder| {
            let folder = real(folder);
            let around = || Repo::discover(&folder).ok().map(|repo| real(&repo.main_folder()));
            repository.starts_with(&folder) || around() == Some(repository.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(at: DateTime<Utc>) -> Committed {
        Committed {
            folder: "/w/kiln".to_owned(),
            first: at,
            last: at,
        }
    }

    #[test]
    fn what_had_an_event_lately_is_waited_for() {
        let began = DateTime::from_timestamp(1_775_822_400, 0).unwrap();
        let rest = |ago: &[i64]| {
            let at = |seconds: &i64| committed(began - TimeDelta::seconds(*seconds));
            let contents = Contents {
                committed: ago.iter().map(at).collect(),
                ..Contents::default()
            };
            rest_of(&contents, began).map(|rest| (rest.first.as_secs(), rest.last.as_secs()))
        };
        assert_eq!(rest(&[]), None);
        assert_eq!(
            rest(&[30, 31, 4000]),
            None,
            "it was tried, and time alone helps nothing"
        );
        assert_eq!(rest(&[29, 4, 0, 70]), Some((1, 30)));
        assert_eq!(rest(&[-2, 10]), Some((20, 32)), "it came while captured");
        assert_eq!(rest(&[-3600]), None, "a clock that was ahead");
    }
}
