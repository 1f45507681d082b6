//! Where a spool lies, and what is done with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::captured::{Captured, Dropped};
use super::file::{self, Lines};
use super::pending::{self, Contents};
use crate::facts::diagnostics::Warning;
use crate::facts::event::Event;
use crate::facts::ids::SessionId;
use crate::facts::quantity::counted;
use crate::git::folder::{self, Kind};

/// The name of a spool in the folder of the user's state, or in what is ours in a repository.
const NAME: &str = "spool";
/// Files of which all is captured go when they are so old.
const KEPT: TimeDelta = TimeDelta::days(14);
/// A session of which nothing can be captured is given up after so long.
const GIVEN_UP: TimeDelta = TimeDelta::days(7);

/// One spool. It need not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spool {
    folder: PathBuf,
}

/// That nobody else captures what is in a spool. It ends when this is dropped, and with the process however that ends.
#[derive(Debug)]
pub struct Sweeping {
    _lock: Option<File>,
}

/// What became of sessions.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// When each capture began that succeeded.
    pub captured: BTreeMap<SessionId, DateTime<Utc>>,
    /// The same of the commits in folders.
    pub committed: BTreeMap<String, DateTime<Utc>>,
    /// Why nothing could be captured of the others that were tried.
    pub failed: BTreeMap<SessionId, String>,
}

impl Spool {
    /// The spool of the machine, in the folder of the user's state that is ours.
    pub fn of_machine(state: &Path) -> Self {
        Self {
            folder: state.join(NAME),
        }
    }

    /// The one that stands in where that cannot be written, in the common folder of a repository.
    pub fn of_repository(common_dir: &Path) -> Self {
        Self {
            folder: common_dir.join("leverage").join(NAME),
        }
    }

    /// Where it lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it can be written: a hook could append to it now.
    #[allow(dead_code, reason = "what looks after the whole chain asks for it")]
    pub fn check(&self) -> io::Result<()> {
        self.make()?;
        tempfile::tempfile_in(&self.folder).map(drop)
    }

    /// The files of days that take no more events.
    pub fn full(&self) -> Vec<PathBuf> {
        let files = self.files().into_iter().map(|name| self.folder.join(name));
        let is_full = |path: &PathBuf| path.metadata().is_ok_and(|data| data.len() > file::LARGEST);
        files.filter(is_full).collect()
    }

    /// Appends an event.
    pub fn append(&self, event: &Event) -> io::Result<()> {
        match file::append(&self.folder, event) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.make()?;
                file::append(&self.folder, event)
            }
            done => done,
        }
    }

    fn make(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.folder)
    }

    /// What is in it. One that is not there is empty.
    pub fn contents(&self, now: DateTime<Utc>) -> Contents {
        let captured = Captured::read(&self.folder);
        let mut contents = Contents::default();
        let files = self.unsettled(&captured, &mut contents.warnings);
        let events: Vec<&Event> = events(&files).collect();
        contents.pending = pending::pending(events.iter().copied(), &captured, now);
        contents.committed = pending::committed(events.iter().copied(), &captured, now);
        let mut heard = captured;
        events.into_iter().for_each(|event| heard.heard(event));
        contents.last = heard.last;
        contents.dropped = heard.dropped;
        contents
    }

    /// The events since a time, in order of time.
    pub fn recent(&self, since: DateTime<Utc>) -> Vec<Event> {
        let first = since.date_naive();
        let days = self.files().into_iter();
        let recent = days.filter(|name| file::day_of(name).is_some_and(|day| day >= first));
        let lines = recent.filter_map(|name| file::read(&self.folder.join(name), 0).ok());
        let events = lines.flat_map(|lines| lines.events).map(|(_, event)| event);
        let mut events: Vec<Event> = events.filter(|event| event.at >= since).collect();
        events.sort_by_key(|event| event.at);
        events
    }

    /// Takes the right to capture, if nobody has it or gives it back while one waits so long.
    pub fn sweep(&self, patience: Duration) -> Option<Sweeping> {
        let lock = self.lock("sweep.lock")?;
        match wait(&lock, patience)? {
            true => Some(Sweeping { _lock: Some(lock) }),
            // A file system without locks: what is captured twice is in the ledger once.
            false => Some(Sweeping { _lock: None }),
        }
    }

    /// Takes the right to capture after whoever does now. `None` where somebody waits for that already: nothing that is in the
    /// spool now escapes them.
    pub fn sweep_next(&self, patience: Duration) -> Option<Sweeping> {
        let next = self.lock("next.lock")?;
        // Whoever looks whether somebody waits holds it for a moment.
        wait(&next, Duration::from_millis(100))?;
        self.sweep(patience)
    }

    /// Whether somebody waits to capture, and will find what is in the spool now.
    pub fn is_awaited(&self) -> bool {
        let next = self.lock("next.lock");
        next.is_some_and(|next| matches!(next.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Keeps other copies of the same hook out, for as long as what is returned is held.
    pub fn alone(&self, patience: Duration) -> Option<Sweeping> {
        let lock = self.lock("hook.lock")?;
        let is_locked = wait(&lock, patience)?;
        Some(Sweeping {
            _lock: is_locked.then_some(lock),
        })
    }

    /// A file for a lock.
    fn lock(&self, name: &str) -> Option<File> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options
                .mode(0o600)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        }
        options.open(self.folder.join(name)).ok()
    }

    /// Notes what became of sessions, gives up what cannot be captured, and removes files that nobody needs any more.
    pub fn settle(&self, _held: &Sweeping, settled: &Settled, now: DateTime<Utc>) -> io::Result<()> {
        let mut captured = Captured::read(&self.folder);
        for (session, began) in &settled.captured {
            captured.failing.remove(&session.to_string());
            captured.sessions.insert(session.to_string(), *began);
        }
        for (folder, began) in &settled.committed {
            captured.sessions.insert(pending::key_of_folder(folder), *began);
        }
        let mut files = self.unsettled(&captured, &mut Vec::new());
        Self::give_up(&mut captured, &files, settled, now);
        let mut behind = BTreeSet::new();
        for (name, lines) in &mut files {
            let open = advance(&mut captured, name, lines, now);
            behind.extend(open.filter_map(pending::key_of));
        }
        captured.sessions.retain(|session, _| behind.contains(session));
        captured.failing.retain(|session, _| behind.contains(session));
        self.remove_old(&mut captured, &files, now);
        captured.write(&self.folder)
    }

    /// Notes the sessions of which nothing could be captured for so long that nothing will.
    fn give_up(captured: &mut Captured, files: &Files, settled: &Settled, now: DateTime<Utc>) {
        for pending in pending::pending(events(files), captured, now) {
            let Some(reason) = settled.failed.get(&pending.session) else {
                continue;
            };
            let session = pending.session.to_string();
            let since = *captured.failing.entry(session.clone()).or_insert(now);
            // A computer that was off for a week tries more than once as well.
            if now - since.max(pending.last) >= GIVEN_UP {
                captured.failing.remove(&session);
                captured.sessions.insert(session.clone(), now);
                captured.dropped.push(Dropped {
                    session,
                    last: pending.last,
                    at: now,
                    reason: reason.clone(),
                });
            }
        }
        for committed in pending::committed(events(files), captured, now) {
            if now - committed.last >= GIVEN_UP {
                captured
                    .sessions
                    .insert(pending::key_of_folder(&committed.folder), now);
            }
        }
    }

    /// Removes the files of long ago with nothing in them that is pending.
    fn remove_old(&self, captured: &mut Captured, files: &Files, now: DateTime<Utc>) {
        let last = (now - KEPT).date_naive();
        for (name, lines) in files {
            let is_old = file::day_of(name).is_some_and(|day| day < last);
            if is_old && captured.files.get(name) == Some(&lines.end) {
                // It is tried again the next time.
                let _ = std::fs::remove_file(self.folder.join(name));
            }
        }
        captured.files.retain(|name, _| files.contains_key(name));
    }

    /// The names of the files, the oldest first.
    fn files(&self) -> Vec<String> {
        let entries = folder::present(&self.folder);
        let files = entries.filter(|entry| entry.kind().is_ok_and(|kind| kind == Kind::File));
        let names = files.filter_map(|entry| entry.name().to_str().map(str::to_owned));
        let mut names: Vec<String> = names.filter(|name| file::day_of(name).is_some()).collect();
        names.sort();
        names
    }

    /// What is behind the byte of each file up to which nothing is pending.
    fn unsettled(&self, captured: &Captured, warnings: &mut Vec<Warning>) -> Files {
        let mut files = Files::new();
        for name in self.files() {
            let path = self.folder.join(&name);
            let from = captured.files.get(&name).copied().unwrap_or_default();
            let place = || path.display().to_string();
            match file::read(&path, from) {
                Ok(lines) => {
                    if lines.unreadable > 0 {
                        let reason = counted(
                            lines.unreadable as u64,
                            "line is not an event",
                            "lines are not events",
                        );
                        warnings.push(Warning::new(place(), reason));
                    }
                    files.insert(name, lines);
                }
                Err(error) => warnings.push(Warning::new(place(), format!("cannot be read: {error}"))),
            }
        }
        files
    }
}

/// What is in files, by their names.
type Files = BTreeMap<String, Lines>;

fn events(files: &Files) -> impl Iterator<Item = &Event> {
    files
        .values()
        .flat_map(|lines| lines.events.iter().map(|(_, event)| event))
}

/// Moves the byte of a file behind all that is settled; returns what is not behind it.
fn advance<'a>(
    captured: &mut Captured,
    name: &str,
    lines: &'a Lines,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'a Event> + use<'a> {
    let is_open = |event: &Event| {
        let key = pending::key_of(event);
        key.is_some_and(|key| !pending::is_settled(event.at, captured.sessions.get(&key), now))
    };
    let settled = lines
        .events
        .iter()
        .take_while(|(_, event)| !is_open(event))
        .count();
    let (before, behind) = lines.events.split_at(settled);
    let start = before.last().map(|(end, _)| *end);
    let end = if behind.is_empty() { Some(lines.end) } else { start };
    if let Some(end) = end {
        captured.files.insert(name.to_owned(), end);
    }
    before.iter().for_each(|(_, event)| captured.heard(event));
    behind.iter().map(|(_, event)| event)
}

/// Waits for a lock; `Some(false)` where the file system has none, `None` where somebody else has it still.
fn wait(lock: &File, patience: Duration) -> Option<bool> {
    let deadline = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Some(true),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(TryLockError::WouldBlock) => return None,
            Err(TryLockError::Error(_)) => return Some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::event::EventKind;

    const AT: i64 = 1_775_822_400;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(AT + seconds, 0).unwrap()
    }

    fn event(session: &str, seconds: i64) -> Event {
        Event {
            at: at(seconds),
            agent: "codex".into(),
            kind: EventKind::TurnEnd,
            session: Some(session.to_owned()),
            log: None,
            folder: Some("/w/kiln".into()),
            model: None,
        }
    }

    fn new() -> (tempfile::TempDir, Spool) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::of_machine(folder.path());
        (folder, spool)
    }

    fn pending(spool: &Spool, seconds: i64) -> Vec<String> {
        let pending = spool.contents(at(seconds)).pending;
        pending.into_iter().map(|pending| pending.session.id).collect()
    }

    /// A capture of these sessions that began and ended then.
    fn capture(spool: &Spool, sessions: &[&str], seconds: i64) {
        let captured = sessions
            .iter()
            .map(|id| (SessionId::new("codex", *id), at(seconds)));
        let settled = Settled {
            captured: captured.collect(),
            ..Settled::default()
        };
        let held = spool.sweep(Duration::ZERO).unwrap();
        spool.settle(&held, &settled, at(seconds)).unwrap();
    }

    fn captured(spool: &Spool) -> Captured {
        Captured::read(spool.folder())
    }

    #[test]
    fn a_session_is_pending_until_a_capture_began_late_enough() {
        let (_folder, spool) = new();
        assert!(pending(&spool, 0).is_empty() && spool.sweep(Duration::ZERO).is_none());
        spool.append(&event("a", 0)).unwrap();
        spool.append(&event("b", 10)).unwrap();
        capture(&spool, &["a", "b"], 35);
        assert_eq!(pending(&spool, 36), ["b"]);
        spool.append(&event("a", 36)).unwrap();
        assert_eq!(pending(&spool, 37), ["b", "a"]);
        capture(&spool, &["b"], 40);
        assert_eq!(pending(&spool, 41), ["a"]);
        capture(&spool, &["a"], 66);
        assert!(pending(&spool, 67).is_empty());
        let captured = captured(&spool);
        assert!(captured.sessions.is_empty());
        assert_eq!(captured.last["codex"].at, at(36));
        assert_eq!(spool.contents(at(67)).last["codex"].at, at(36));
    }

    #[test]
    fn one_that_waits_holds_back_nothing_but_the_byte() {
        let (_folder, spool) = new();
        spool.append(&event("a", 0)).unwrap();
        spool.append(&event("b", 0)).unwrap();
        capture(&spool, &["b"], 60);
        assert_eq!(pending(&spool, 61), ["a"]);
        assert!(captured(&spool).files.is_empty() && captured(&spool).sessions.len() == 1);
        // Whoever lost what was noted captures again.
        std::fs::write(spool.folder().join("captured.json"), "{").unwrap();
        assert_eq!(pending(&spool, 62), ["a", "b"]);
    }

    #[test]
    fn a_clock_that_was_years_ahead_is_not_waited_for() {
        let (_folder, spool) = new();
        spool.append(&event("a", 400 * 24 * 3600)).unwrap();
        assert_eq!(pending(&spool, 0), ["a"]);
        capture(&spool, &["a"], 0);
        assert!(pending(&spool, 1).is_empty());
    }

    #[test]
    fn one_captures_and_one_waits() {
        let (_folder, spool) = new();
        spool.append(&event("a", 0)).unwrap();
        let first = spool.sweep(Duration::ZERO).unwrap();
        assert!(spool.sweep(Duration::ZERO).is_none());
        let waiting = {
            let spool = spool.clone();
            thread::spawn(move || spool.sweep_next(Duration::from_secs(30)).is_some())
        };
        let is_waiting = || spool.lock("next.lock").unwrap().try_lock().is_err();
        while !is_waiting() {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(spool.is_awaited() && spool.sweep_next(Duration::from_secs(30)).is_none());
        drop(first);
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn lines_that_are_no_events_are_counted() {
        let (_folder, spool) = new();
        spool.append(&event("a", 0)).unwrap();
        let file = spool.folder().join(file::name_of(at(0)));
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}\n{{\"at\": 1}}\nrubbish\n")).unwrap();
        let contents = spool.contents(at(1));
        assert_eq!(contents.pending.len(), 1);
        assert!(
            contents.warnings[0].message.starts_with("2 lines"),
            "{:?}",
            contents.warnings
        );
    }

    #[test]
    fn recent_events_come_in_order() {
        let (_folder, spool) = new();
        for seconds in [86_400, 5, 0] {
            spool.append(&event("a", seconds)).unwrap();
        }
        let recent: Vec<DateTime<Utc>> = spool.recent(at(5)).into_iter().map(|event| event.at).collect();
        assert_eq!(recent, [at(5), at(86_400)]);
    }
}
