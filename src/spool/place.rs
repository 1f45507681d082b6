//! The location of a spool, and the operations on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{DirBuilder, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::beside::common_dir;
use super::captured::{Captured, Dropped};
use super::file::{self, Lines};
use super::pending::{self, Contents};
use crate::facts::diagnostics::Warning;
use crate::facts::event::Event;
use crate::facts::ids::SessionId;
use crate::facts::quantity::counted;
use crate::git::folder::{self, Kind};

/// The name of a spool in the user's state directory, or in git-leverage's directory of a repository.
const NAME: &str = "spool";
/// The name of git-leverage's directory in a repository.
const OURS: &str = "leverage";
/// How many files of a spool in a repository are read, newest first: those of two weeks.
const MOST_FILES: usize = 32;
/// How many bytes of events are read from a spool in a repository, and from the machine's.
const MOST_BYTES_THERE: u64 = 16 << 20;
const MOST_BYTES: u64 = 256 << 20;
/// Completely captured files are removed at this age.
const KEPT: TimeDelta = TimeDelta::days(14);
/// A session is given up if its captures fail for this long.
const GIVEN_UP: TimeDelta = TimeDelta::days(7);

/// One spool. It need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spool {
    folder: PathBuf,
    /// The common directory of the repository it is in, if any. Whoever made that repository may also have made the spool.
    repository: Option<PathBuf>,
}

/// The exclusive right to capture what is in a spool. It ends when this is dropped, and with the process in any case.
#[derive(Debug)]
pub struct Sweeping {
    lock: Option<File>,
}

impl Sweeping {
    /// Whether it excludes others. Not every file system has locks.
    pub fn is_locked(&self) -> bool {
        self.lock.is_some()
    }
}

/// The results of a capture.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// When each successful capture began.
    pub captured: BTreeMap<SessionId, DateTime<Utc>>,
    /// The same for the commits in directories.
    pub committed: BTreeMap<String, DateTime<Utc>>,
    /// Why the others that were tried could not be captured.
    pub failed: BTreeMap<SessionId, String>,
}

impl Spool {
    /// The spool of the machine, in git-leverage's part of the user's state directory.
    pub fn of_machine(state: &Path) -> Self {
        Self {
            folder: state.join(NAME),
            repository: None,
        }
    }

    /// The spool that replaces it if it cannot be written, in the common directory of a repository.
    pub fn of_repository(common_dir: &Path) -> Self {
        Self {
            folder: common_dir.join(OURS).join(NAME),
            repository: Some(common_dir.to_owned()),
        }
    }

    /// The common directory of the repository it is in; `None` for the machine's spool. Its content counts for that repository
    /// only.
    pub fn repository(&self) -> Option<&Path> {
        self.repository.as_deref()
    }

    /// Its path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether it can be written: whether a hook could append to it now.
    pub fn check(&self) -> io::Result<()> {
        self.make()?;
        tempfile::tempfile_in(&self.folder).map(drop)
    }

    /// The files of days that are full.
    pub fn full(&self) -> Vec<PathBuf> {
        let files = self.files().into_iter().map(|name| self.folder.join(name));
        let is_full = |path: &PathBuf| path.metadata().is_ok_and(|data| data.len() > file::LARGEST);
        files.filter(is_full).collect()
    }

    /// Appends an event.
    pub fn append(&self, event: &Event) -> io::Result<()> {
        if !self.is_ours() {
            return Err(io::Error::other("others can write to the directory"));
        }
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

    /// Its content. A missing spool is empty.
    pub fn contents(&self, now: DateTime<Utc>) -> Contents {
        let captured = Captured::read(&self.folder);
        let mut contents = Contents::default();
        let files = self.unsettled(&captured, &mut contents.warnings);
        let events: Vec<&Event> = events(&files).collect();
        contents.pending = pending::pending(events.iter().copied(), &captured, now);
        contents.committed = pending::committed(events.iter().copied(), &captured, now);
        let mut heard = captured;
        events.into_iter().for_each(|event| heard.heard(event));
        let mut within = Within::of(self);
        heard.last.retain(|_, event| within.has(event));
        contents.last = heard.last;
        contents.dropped = heard.dropped;
        contents
    }

    /// The events since a time, in order of time.
    pub fn recent(&self, since: DateTime<Utc>) -> Vec<Event> {
        let first = since.date_naive();
        let is_recent = |name: &String| file::day_of(name).is_some_and(|day| day >= first);
        let files = self.read_files(is_recent, |_| 0, &mut Vec::new());
        let events = files.into_values().flat_map(|lines| lines.events);
        let events = events.map(|(_, event)| event);
        let mut events: Vec<Event> = events.filter(|event| event.at >= since).collect();
        events.sort_by_key(|event| event.at);
        events
    }

    /// Acquires the right to capture, waiting this long for the current holder.
    pub fn sweep(&self, patience: Duration) -> Option<Sweeping> {
        let lock = self.lock("sweep.lock")?;
        let is_locked = wait(&lock, patience)?;
        // A file system without locks: what is captured twice is in the ledger once.
        Some(Sweeping {
            lock: is_locked.then_some(lock),
        })
    }

    /// Becomes the one process that waits to capture. `None` if another one already does: nothing in the spool can escape it, as
    /// long as it reads the spool again after releasing this.
    pub fn turn(&self, patience: Duration) -> Option<Sweeping> {
        let lock = self.lock("next.lock")?;
        let is_locked = wait(&lock, patience)?;
        Some(Sweeping {
            lock: is_locked.then_some(lock),
        })
    }

    /// The total size of its files: it changes with each event.
    pub fn size(&self) -> u64 {
        let files = self.files().into_iter().map(|name| self.folder.join(name));
        files
            .filter_map(|file| Some(file.symlink_metadata().ok()?.len()))
            .sum()
    }

    /// Whether a process is waiting to capture, and will find what is in the spool now.
    pub fn is_awaited(&self) -> bool {
        let next = self.lock("next.lock");
        next.is_some_and(|next| matches!(next.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Excludes other copies of the same hook while the returned value exists.
    pub fn alone(&self, patience: Duration) -> Option<Sweeping> {
        let lock = self.lock("hook.lock")?;
        let is_locked = wait(&lock, patience)?;
        Some(Sweeping {
            lock: is_locked.then_some(lock),
        })
    }

    /// A file for a lock.
    fn lock(&self, name: &str) -> Option<File> {
        if !self.is_ours() {
            return None;
        }
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

    /// Stores the results of a capture, gives up what cannot be captured, and removes files that are no longer needed.
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

    /// Gives up the sessions whose captures have failed for too long.
    fn give_up(captured: &mut Captured, files: &Files, settled: &Settled, now: DateTime<Utc>) {
        for pending in pending::pending(events(files), captured, now) {
            let Some(reason) = settled.failed.get(&pending.session) else {
                continue;
            };
            let session = pending.session.to_string();
            let since = *captured.failing.entry(session.clone()).or_insert(now);
            // A computer that was off for a week also tries more than once.
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

    /// Removes old files in which nothing is pending.
    fn remove_old(&self, captured: &mut Captured, files: &Files, now: DateTime<Utc>) {
        let last = (now - KEPT).date_naive();
        for (name, lines) in files {
            let is_old = file::day_of(name).is_some_and(|day| day < last);
            if is_old && captured.files.get(name) == Some(&lines.end) {
                // It is tried again next time.
                let _ = std::fs::remove_file(self.folder.join(name));
            }
        }
        captured.files.retain(|name, _| files.contains_key(name));
    }

    /// Whether it is as this program creates it, or can be created. In a repository, links could lead elsewhere, and files that
    /// others may write are not trusted.
    fn is_ours(&self) -> bool {
        let Some(repository) = &self.repository else {
            return true;
        };
        [&repository.join(OURS), &self.folder]
            .into_iter()
            .all(|folder| match folder.symlink_metadata() {
                Ok(data) => data.is_dir() && is_of_the_user(&data),
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            })
    }

    /// The names of the files, oldest first.
    fn files(&self) -> Vec<String> {
        if !self.is_ours() {
            return Vec::new();
        }
        let entries = folder::present(&self.folder);
        let files = entries.filter(|entry| entry.kind().is_ok_and(|kind| kind == Kind::File));
        let names = files.filter_map(|entry| entry.name().to_str().map(str::to_owned));
        let mut names: Vec<String> = names.filter(|name| file::day_of(name).is_some()).collect();
        names.sort();
        names
    }

    /// The content of each file after the byte up to which nothing is pending.
    fn unsettled(&self, captured: &Captured, warnings: &mut Vec<Warning>) -> Files {
        let from = |name: &str| captured.files.get(name).copied().unwrap_or_default();
        self.read_files(|_| true, from, warnings)
    }

    /// The trusted content of files from some byte on. If there is too much, the newest is read.
    fn read_files(
        &self,
        wanted: impl Fn(&String) -> bool,
        from: impl Fn(&str) -> u64,
        warnings: &mut Vec<Warning>,
    ) -> Files {
        let mut files = Files::new();
        let mut within = Within::of(self);
        let mut left = match self.repository {
            Some(_) => MOST_BYTES_THERE,
            None => MOST_BYTES,
        };
        let most = self.repository.as_ref().map_or(usize::MAX, |_| MOST_FILES);
        let names = self.files().into_iter().rev().take(most).filter(wanted);
        for name in names {
            let path = self.folder.join(&name);
            let place = || path.display().to_string();
            match file::read(&path, from(&name), left) {
                Ok(mut lines) => {
                    left = left.saturating_sub(lines.read);
                    if lines.unreadable > 0 {
                        let reason = counted(
                            lines.unreadable as u64,
                            "line is not an event",
                            "lines are not events",
                        );
                        warnings.push(Warning::new(place(), reason));
                    }
                    lines.events.retain(|(_, event)| within.has(event));
                    files.insert(name, lines);
                }
                Err(error) => warnings.push(Warning::new(place(), format!("cannot read it: {error}"))),
            }
        }
        files
    }
}

/// Which events of a spool are trusted: in a repository's spool, those about that repository.
struct Within<'a> {
    repository: Option<&'a Path>,
    /// The known directories.
    known: HashMap<String, bool>,
}

impl<'a> Within<'a> {
    fn of(spool: &'a Spool) -> Self {
        Self {
            repository: spool.repository(),
            known: HashMap::new(),
        }
    }

    fn has(&mut self, event: &Event) -> bool {
        let Some(repository) = self.repository else {
            return true;
        };
        let Some(folder) = &event.folder else { return false };
        if let Some(known) = self.known.get(folder) {
            return *known;
        }
        let is_there = is_of(Path::new(folder), repository);
        self.known.insert(folder.clone(), is_there);
        is_there
    }
}

/// Whether a directory is in the repository with this common directory, whatever links lead to it.
fn is_of(folder: &Path, repository: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    let around =
        || common_dir(&real(folder).filter(|_| folder.is_absolute())?).and_then(|common| real(&common));
    around().is_some_and(|around| Some(around) == real(repository))
}

/// Whether something belongs to the user of this process, and nobody else may write to it.
#[cfg(unix)]
fn is_of_the_user(data: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    data.uid() == rustix::process::geteuid().as_raw() && data.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_of_the_user(_data: &Metadata) -> bool {
    true
}

/// The content of files, by name.
type Files = BTreeMap<String, Lines>;

fn events(files: &Files) -> impl Iterator<Item = &Event> {
    files
        .values()
        .flat_map(|lines| lines.events.iter().map(|(_, event)| event))
}

/// Moves the byte of a file past everything settled; returns what is not settled.
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

/// Waits for a lock; `Some(false)` if the file system has none, `None` if another process still holds it.
fn wait(lock: &File, patience: Duration) -> Option<bool> {
    let deadline = Instant::now() + patience;
    let pause = (patience / 20).min(Duration::from_millis(50));
    loop {
        match lock.try_lock() {
            Ok(()) => return Some(true),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(pause);
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
        // If the results are lost, it is captured again.
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
        let sweeps = spool.sweep(Duration::ZERO).unwrap();
        assert!(sweeps.is_locked() && !spool.is_awaited());
        assert!(spool.sweep(Duration::ZERO).is_none());
        let turn = spool.turn(Duration::ZERO).unwrap();
        assert!(spool.is_awaited() && spool.turn(Duration::from_millis(20)).is_none());
        // A waiting process does not prevent captures.
        drop(sweeps);
        assert!(spool.sweep(Duration::ZERO).is_some());
        drop(turn);
        assert!(!spool.is_awaited() && spool.turn(Duration::ZERO).is_some());
    }

    #[test]
    fn each_event_makes_it_larger() {
        let (_folder, spool) = new();
        assert_eq!(spool.size(), 0);
        spool.append(&event("a", 0)).unwrap();
        let one = spool.size();
        capture(&spool, &[], 10);
        assert_eq!(spool.size(), one, "what is noted beside them is no event");
        spool.append(&event("a", 86_400)).unwrap();
        assert!(spool.size() > one);
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

    /// A repository with a spool that has events of these directories.
    fn beside(root: &Path, folders: &[&Path]) -> Spool {
        for name in [
            "kiln/.git/objects",
            "kiln/src",
            "other/.git/objects",
            "kiln/nested/.git/objects",
        ] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        let spool = Spool::of_repository(&root.join("kiln/.git"));
        for (number, folder) in folders.iter().enumerate() {
            let mut event = event(&format!("s{number}"), number as i64);
            event.folder = Some(folder.display().to_string());
            spool.append(&event).unwrap();
        }
        spool
    }

    #[test]
    fn a_spool_in_a_repository_tells_of_that_repository_alone() {
        let root = tempfile::tempdir().unwrap();
        let at_root = |name: &str| root.path().join(name);
        std::fs::create_dir_all(at_root("kiln")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(at_root("other"), at_root("kiln/link")).unwrap();
        let folders = [
            "other",
            "kiln/src",
            "kiln/nested",
            "kiln/link",
            "kiln/../other",
            "gone",
        ]
        .map(at_root);
        let mut folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        folders.push(Path::new("."));
        let spool = beside(root.path(), &folders);
        assert_eq!(pending(&spool, 10), ["s1"]);
        assert_eq!(
            spool.contents(at(10)).last["codex"].session.as_deref(),
            Some("s1")
        );
        assert_eq!(spool.recent(at(0)).len(), 1);
        // What it lists as last called must also be about that repository.
        let last = serde_json::json!({"last": {"amp": {"at": at(0), "agent": "amp", "kind": "turn-end", "folder": "/"}}});
        std::fs::write(spool.folder().join("captured.json"), last.to_string()).unwrap();
        assert!(!spool.contents(at(10)).last.contains_key("amp"));
        // Events of others do not delay anything.
        capture(&spool, &["s1"], 60);
        let end = captured(&spool).files[&file::name_of(at(0))];
        assert_eq!(
            end,
            std::fs::metadata(spool.folder().join(file::name_of(at(0))))
                .unwrap()
                .len()
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_spool_in_a_repository_is_ours_alone_or_nobodys() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("kiln/src");
        let spool = beside(root.path(), &[&folder]);
        assert_eq!(pending(&spool, 1).len(), 1);
        let ours = spool.folder().parent().unwrap();
        for open in [spool.folder(), ours] {
            for mode in [0o720, 0o702, 0o777] {
                std::fs::set_permissions(open, PermissionsExt::from_mode(mode)).unwrap();
                assert!(pending(&spool, 1).is_empty(), "{mode:o}");
                assert!(spool.append(&event("a", 0)).is_err() && spool.sweep(Duration::ZERO).is_none());
            }
            std::fs::set_permissions(open, PermissionsExt::from_mode(0o700)).unwrap();
        }
        assert_eq!(pending(&spool, 1).len(), 1);
        // A link could lead to a place that others chose.
        let elsewhere = root.path().join("elsewhere");
        std::fs::rename(ours, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, ours).unwrap();
        assert!(pending(&spool, 1).is_empty() && spool.append(&event("a", 0)).is_err());
    }

    #[test]
    fn a_spool_in_a_repository_is_read_as_far_as_is_reasonable() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("kiln/src");
        let spool = beside(root.path(), &[&folder]);
        for day in 1..29 {
            let file = File::create(spool.folder().join(format!("2026-03-{day:02}.jsonl"))).unwrap();
            file.set_len(33 << 20).unwrap();
        }
        let began = Instant::now();
        let contents = spool.contents(at(1));
        assert_eq!(contents.pending.len(), 1, "the newest comes first");
        assert!(began.elapsed() < Duration::from_secs(5));
        let files = spool.unsettled(&Captured::default(), &mut Vec::new());
        let read: u64 = files.values().map(|lines| lines.read).sum();
        assert!(read <= MOST_BYTES_THERE, "{read}");
        for day in 1..=365 {
            let name = format!("{}.jsonl", at(-86_400 * day).date_naive());
            std::fs::write(spool.folder().join(name), "\n").unwrap();
        }
        assert_eq!(
            spool.unsettled(&Captured::default(), &mut Vec::new()).len(),
            MOST_FILES
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
