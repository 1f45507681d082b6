//! All sessions on this machine: finds the logs of every agent, reads what changed since the last run, assembles them.
//!
//! The content of a log is cached by its path, size, modification time and first bytes. An unchanged log is not opened;
//! one that only grew is read from where it ended. The cache contains only what [`super::log`] can: no text of prompts,
//! replies or commands. The sessions of an agent are cached as well ([`super::assembled`]): while none of its logs changed, the
//! content of logs is not needed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::store::{Kind, Slot};
use super::assemble::assemble;
use super::assembled::{Assembled, Fingerprint, Fingerprinter};
use super::log::{Event, Key, Log};
use super::{Agent, LogFile, Machine, READERS, files};
use crate::facts::diagnostics::Warning;
use crate::facts::progress::Progress;
use crate::facts::session::Session;

/// Increase it whenever a reader or [`Log`] changes: older caches are then ignored.
const CACHE_VERSION: u32 = 14;
/// Increase it whenever [`Session`] changes, or sessions are assembled differently from the same content of logs.
const ASSEMBLED_VERSION: u32 = 1;
/// Milliseconds by which a record may be older than the one before it: several threads write a log.
const UNNOTICED: i64 = 60_000;
/// How much of a log's beginning distinguishes it from another one at its path.
const PREFIX: usize = 4096;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The machine.
    pub machine: Machine,
    /// Directories that replace an agent's own, by the agent's name.
    pub folders: BTreeMap<String, Vec<PathBuf>>,
    /// Paths in logs of another machine or a container, and where those are here.
    pub path_map: Vec<(String, String)>,
    /// The directory of the cache; `None` to cache nothing.
    pub cache: Option<PathBuf>,
    /// Told how far the reading is.
    pub progress: Arc<Progress>,
}

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// The sessions, by agent and id.
    pub sessions: Vec<Session>,
    /// The fingerprint of each; none if one of them has none.
    pub fingerprints: Vec<Fingerprint>,
    /// What was skipped, and where.
    pub warnings: Vec<Warning>,
}

/// Reads all sessions. Trouble is in the warnings.
pub fn collect(request: &Request) -> Collected {
    let mut collected = Collected::default();
    let found = READERS.iter().map(|agent| {
        let files = find_logs(*agent, request, &mut collected.warnings);
        (*agent, files)
    });
    let found: Vec<(&dyn Agent, Vec<LogFile>)> = found.collect();
    let count = found.iter().map(|(_, files)| files.len()).sum();
    request.progress.begin("Reading session logs", "", count);
    let mut found: Vec<Assembled> = found
        .into_iter()
        .map(|(agent, files)| sessions_of(agent, files, request))
        .collect();
    let warnings = found.iter_mut().map(|found| std::mem::take(&mut found.warnings));
    collected.warnings.extend(warnings.flatten());
    let is_whole = |found: &Assembled| found.fingerprints.len() == found.sessions.len();
    let are_whole = found.iter().all(is_whole);
    let each = found.into_iter().flat_map(|found| {
        let fingerprints = found
            .fingerprints
            .into_iter()
            .map(Some)
            .chain(std::iter::repeat(None));
        found.sessions.into_iter().zip(fingerprints)
    });
    let mut each: Vec<(Session, Option<Fingerprint>)> = each.collect();
    each.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
    for (session, fingerprint) in each {
        collected.sessions.push(session);
        collected.fingerprints.extend(fingerprint.filter(|_| are_whole));
    }
    collected
}

/// The sessions in the logs of one agent, as an earlier run assembled them or from the logs.
fn sessions_of(agent: &dyn Agent, files: Vec<LogFile>, request: &Request) -> Assembled {
    if files.is_empty() {
        return Assembled::default();
    }
    let key = key(agent, &files, request);
    let place = request.cache.as_ref().zip(key).map(|(cache, key)| {
        let name = format!("{}-assembled", agent.name());
        (slot(cache, ASSEMBLED_VERSION, &name, &files), key)
    });
    let before = place.as_ref().and_then(|(slot, key)| Assembled::load(slot, key));
    if let Some(assembled) = before {
        request.progress.advance(files.len());
        return assembled;
    }
    let mut warnings = Vec::new();
    let Read { mut logs, is_lasting } = read_agent(agent, files, request, &mut warnings);
    agent.settle(&mut logs);
    warnings.extend(
        logs.iter()
            .flat_map(|(_, log)| log.flaws.iter().map(Warning::from)),
    );
    let mut sessions = assemble(agent.name(), &logs);
    drop(logs);
    for session in &mut sessions {
        find_home(session, request.machine.home.as_deref());
        map_paths(session, &request.path_map);
    }
    let place = place.as_ref().filter(|_| is_lasting);
    Assembled::new(sessions, warnings, place.map(|(slot, key)| (slot, *key)))
}

/// Everything that determines the sessions in these logs. `None` if one of them cannot be examined.
fn key(agent: &dyn Agent, files: &[LogFile], request: &Request) -> Option<Fingerprint> {
    let mut key = Fingerprinter::default();
    key.add(format!("{} {CACHE_VERSION} {}", env!("CARGO_PKG_VERSION"), agent.name()).as_bytes());
    key.add(request.machine.zone.name().unwrap_or_default().as_bytes());
    key.add_path(request.machine.home.as_deref().unwrap_or(Path::new("")));
    key.add(&request.path_map.len().to_le_bytes());
    for (from, to) in &request.path_map {
        key.add(from.as_bytes());
        key.add(to.as_bytes());
    }
    for file in files {
        key.add(&file.companions.len().to_le_bytes());
        key.add_path(&file.path);
        key.add(&Mark::of(&file.path).ok()?.bytes());
        for companion in &file.companions {
            key.add_path(companion);
            key.add(&Mark::of(companion).unwrap_or_default().bytes());
        }
    }
    Some(key.finish())
}

/// The directories and logs of each agent that cannot be searched or opened, by its name. Nothing is read.
pub fn unreadable(request: &Request) -> BTreeMap<&'static str, Vec<Warning>> {
    let mut found: BTreeMap<&'static str, Vec<Warning>> = BTreeMap::new();
    for agent in READERS {
        let mut warnings = Vec::new();
        for file in find_logs(*agent, request, &mut warnings) {
            if let Err(error) = files::open(&file.path) {
                let what = format!("cannot read the log: {error}");
                warnings.push(Warning::new(file.path.display().to_string(), what));
            }
        }
        if !warnings.is_empty() {
            found.insert(agent.name(), warnings);
        }
    }
    found
}

/// The state of all logs: two are equal if no log was added, removed or written to in between. Nothing is read.
pub fn state(request: &Request) -> u64 {
    let mut state = DefaultHasher::new();
    for agent in READERS {
        for file in find_logs(*agent, request, &mut Vec::new()) {
            for path in std::iter::once(&file.path).chain(&file.companions) {
                (path, Mark::of(path).ok()).hash(&mut state);
            }
        }
    }
    state.finish()
}

/// The logs of one agent.
struct Read {
    logs: Vec<(PathBuf, Log)>,
    /// Whether they say the same as long as their files do not change: not if one could not be read, or if its times are those of
    /// this machine's clock, whose rules may change.
    is_lasting: bool,
}

fn read_agent(
    agent: &dyn Agent,
    files: Vec<LogFile>,
    request: &Request,
    warnings: &mut Vec<Warning>,
) -> Read {
    let cache = request.cache.as_ref();
    let cache = cache.map(|folder| slot(folder, CACHE_VERSION, agent.name(), &files));
    let mut known = cache.as_ref().map(load).unwrap_or_default();
    let before = known.len();
    let with_known: Vec<(LogFile, Option<Entry>)> = files
        .into_iter()
        .map(|file| {
            let entry = known.remove(&file.path);
            (file, entry)
        })
        .collect();
    let read: Vec<Result<(Entry, bool), Warning>> = with_known
        .into_par_iter()
        .with_max_len(1)
        .map(|(file, entry)| {
            let read = read_log(agent, &file, entry);
            request.progress.advance(1);
            read
        })
        .collect();
    let mut entries = Vec::with_capacity(read.len());
    let mut changed = !known.is_empty();
    let is_zone_known = request.machine.zone.name().is_some();
    let mut is_lasting = true;
    for result in read {
        match result {
            Ok((entry, is_new)) => {
                changed |= is_new;
                warnings.extend(entry.unfinished());
                is_lasting &= is_zone_known || !entry.log.wall_clock;
                entries.push(entry);
            }
            Err(warning) => {
                is_lasting = false;
                warnings.push(warning);
            }
        }
    }
    if let Some(slot) = cache.filter(|_| changed || entries.len() != before) {
        // A cache that cannot be written only costs time.
        let _ = slot.save(&entries);
    }
    let logs = entries.into_iter().map(|Entry { path, mut log, .. }| {
        log.set_clock(request.machine.zone);
        (path, log)
    });
    Read {
        logs: logs.collect(),
        is_lasting,
    }
}

/// The logs below all directories of an agent, each once even if links lead to it twice.
fn find_logs(agent: &dyn Agent, request: &Request, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
    let named = request.folders.get(agent.name());
    let roots = named.cloned().unwrap_or_else(|| agent.roots(&request.machine));
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for root in roots {
        let place = || root.display().to_string();
        match root.canonicalize() {
            Ok(root) if seen.insert(root.clone()) => files.extend(agent.logs(&root, warnings)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if named.is_some() {
                    warnings.push(Warning::new(place(), "no such directory"));
                }
            }
            Err(error) => warnings.push(Warning::new(place(), format!("cannot be searched: {error}"))),
        }
    }
    for file in &mut files {
        let named = agent.companions(file, &request.machine);
        file.companions.extend(named);
    }
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    each_once(files)
}

/// Of several paths of one file, the one without links, otherwise the first.
fn each_once(files: Vec<LogFile>) -> Vec<LogFile> {
    let mut folders: HashMap<PathBuf, PathBuf> = HashMap::new();
    let mut known: BTreeMap<PathBuf, LogFile> = BTreeMap::new();
    for file in files {
        let real = real(&file.path, &mut folders);
        let is_better = known.get(&real).is_none_or(|_| file.path == real);
        if is_better {
            known.insert(real, file);
        }
    }
    let mut files: Vec<LogFile> = known.into_values().collect();
    files.sort();
    files
}

/// The resolved path of a file; its path if that is unknown. `folders` are those that were resolved before.
fn real(path: &Path, folders: &mut HashMap<PathBuf, PathBuf>) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link && let Ok(real) = path.canonicalize() {
        return real;
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return path.to_owned();
    };
    if let Some(real) = folders.get(folder) {
        return real.join(name);
    }
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folders.insert(folder.to_owned(), real.clone());
    real.join(name)
}

/// What is cached of one log.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: PathBuf,
    marks: Vec<Mark>,
    prefix: Prefix,
    log: Log,
}

impl Entry {
    /// That the log ends in the middle of a record. It is not a fault of the log: the next run may find the rest.
    fn unfinished(&self) -> Option<Warning> {
        let line = self.log.line_of(self.log.lines).saturating_add(1);
        self.log.breaks_off.then(|| {
            Warning::new(
                format!("{}:{line}", self.path.display()),
                "the last line is incomplete and was left for the next run",
            )
        })
    }
}

/// The state of a file when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
struct Mark {
    size: u64,
    changed: i128,
}

impl Mark {
    fn bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.size.to_le_bytes());
        bytes[8..].copy_from_slice(&self.changed.to_le_bytes());
        bytes
    }

    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        // Opening a pipe would wait for a writer.
        if !metadata.is_file() {
            return Err(io::Error::other("not a file"));
        }
        let changed = metadata.modified()?.duration_since(std::time::UNIX_EPOCH);
        Ok(Self {
            size: metadata.len(),
            changed: changed.map_or(0, |since| since.as_nanos() as i128),
        })
    }
}

/// The hash of a log's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Prefix {
    length: usize,
    hash: Key,
}

impl Prefix {
    fn of(path: &Path, length: usize) -> io::Result<Self> {
        let bytes = files::beginning(path, length)?;
        Ok(Self {
            length: bytes.len(),
            hash: Key::of(&[&String::from_utf8_lossy(&bytes)]),
        })
    }
}

/// A log as it is now, and whether that differs from the cached state.
fn read_log(agent: &dyn Agent, file: &LogFile, known: Option<Entry>) -> Result<(Entry, bool), Warning> {
    let unreadable = |error: io::Error| {
        Warning::new(
            file.path.display().to_string(),
            format!("cannot read the log: {error}"),
        )
    };
    let mut marks = vec![Mark::of(&file.path).map_err(unreadable)?];
    marks.extend(
        file.companions
            .iter()
            .map(|path| Mark::of(path).unwrap_or_default()),
    );
    let known = match known {
        Some(entry) if entry.marks == marks => return Ok((entry, false)),
        Some(entry) if agent.appends(file) && only_grew(&entry, &marks) => Some(entry),
        _ => None,
    };
    let mut log = known.map(|entry| entry.log).unwrap_or_default();
    let before = log.events.len();
    log.file.clone_from(&file.path);
    agent.read(file, &mut log).map_err(unreadable)?;
    if agent.appends(file) {
        note_clock(&file.path, before, &mut log);
    }
    let prefix = Prefix::of(&file.path, PREFIX).map_err(unreadable)?;
    let path = file.path.clone();
    Ok((
        Entry {
            path,
            marks,
            prefix,
            log,
        },
        true,
    ))
}

/// Notes where the clock was set back: apart from that, a log that grows is in order of time.
fn note_clock(path: &Path, read_before: usize, log: &mut Log) {
    let own = |event: &Event| (event.stamp.session, event.stamp.lane, event.stamp.copied);
    let events = log
        .events
        .get(read_before.saturating_sub(1)..)
        .unwrap_or_default();
    let back: Vec<(u32, i64)> = events
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] if own(one) == own(next) => {
                Some((next.stamp.line, one.stamp.at.since(next.stamp.at)))
            }
            _ => None,
        })
        .filter(|(_, back)| *back > UNNOTICED)
        .collect();
    for (line, back) in back {
        let seconds = back / 1000;
        log.warn(
            path,
            line,
            format!("the clock went back by {seconds} s; events are read in order of time"),
        );
    }
}

fn only_grew(entry: &Entry, marks: &[Mark]) -> bool {
    let [(old, new), companions @ ..] = &*entry.marks.iter().zip(marks).collect::<Vec<_>>() else {
        return false;
    };
    entry.marks.len() == marks.len()
        && companions.iter().all(|(old, new)| old == new)
        && new.size > old.size
        && new.size >= entry.log.read_to
        && Prefix::of(&entry.path, entry.prefix.length).is_ok_and(|prefix| prefix == entry.prefix)
}

/// One file for each agent and log directory.
fn slot(cache: &Path, version: u32, name: &str, files: &[LogFile]) -> Slot {
    let first = files
        .first()
        .and_then(|file| file.path.parent())
        .map(Path::to_string_lossy);
    let key = Key::of(&[name, first.as_deref().unwrap_or_default()]);
    Slot::new(cache, Kind::Sessions, version, format!("{name}-{:016x}", key.0))
}

fn load(slot: &Slot) -> HashMap<PathBuf, Entry> {
    let entries: Vec<Entry> = slot.load().unwrap_or_default();
    entries
        .into_iter()
        .map(|entry| (entry.path.clone(), entry))
        .collect()
}

fn paths(session: &mut Session) -> impl Iterator<Item = &mut String> {
    (session.places.iter_mut().map(|place| &mut place.folder))
        .chain(session.edits.iter_mut().map(|edit| &mut edit.path))
        .chain(session.touched.iter_mut().map(|touch| &mut touch.path))
        .chain(session.commits.iter_mut().filter_map(|made| made.folder.as_mut()))
}

/// Replaces `~` by the home directory: the one that the session worked below, because its log may be another machine's,
/// otherwise that of this machine. `~ada` is beside it.
fn find_home(session: &mut Session, home: Option<&Path>) {
    let own = session.places.iter().find_map(|place| home_around(&place.folder));
    let own = own.map(str::to_owned);
    let here = home.map(|home| home.to_string_lossy().into_owned());
    let is_here = |path: &str| {
        here.as_deref()
            .is_some_and(|here| Path::new(path).starts_with(here))
    };
    let works_here = session.places.iter().any(|place| is_here(&place.folder));
    let Some(home) = own.filter(|_| !works_here).or(here) else {
        return;
    };
    let homes = Path::new(&home)
        .parent()
        .unwrap_or(Path::new("/"))
        .to_string_lossy()
        .into_owned();
    let user = Path::new(&home)
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for path in paths(session).filter(|path| path.starts_with('~')) {
        let (name, rest) = path.split_at(path.find(['/', '\\']).unwrap_or(path.len()));
        let folder = match name.trim_start_matches('~') {
            "" => home.clone(),
            named if named == user => home.clone(),
            "root" => "/root".to_owned(),
            other => format!("{}/{other}", homes.trim_end_matches('/')),
        };
        *path = format!("{folder}{}", rest.replace('\\', "/"));
    }
}

/// The home directory that contains a path, by the common places of home directories.
fn home_around(path: &str) -> Option<&str> {
    let bare = path
        .get(2..)
        .filter(|_| path.get(1..2) == Some(":"))
        .unwrap_or(path);
    let before = path.len() - bare.len();
    let rest = ["/home/", "/Users/", "\\Users\\"]
        .iter()
        .find_map(|homes| bare.strip_prefix(homes))?;
    let user = rest.find(['/', '\\']).unwrap_or(rest.len());
    path.get(..before + (bare.len() - rest.len()) + user)
        .filter(|_| user > 0)
}

/// Replaces the beginning of every path that a mapping names; the longest one wins.
fn map_paths(session: &mut Session, path_map: &[(String, String)]) {
    if path_map.is_empty() {
        return;
    }
    for path in paths(session) {
        let fits = path_map.iter().filter_map(|(from, to)| {
            let rest = path.strip_prefix(from.trim_end_matches(['/', '\\']))?;
            (rest.is_empty() || rest.starts_with(['/', '\\']))
                .then(|| (from.len(), format!("{}{rest}", to.trim_end_matches('/'))))
        });
        if let Some((_, mapped)) = fits.max_by_key(|(length, _)| *length) {
            *path = mapped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::store::assert_damage_is_noticed;
    use super::*;

    const PROMPT: &str = r#"{"type":"user","uuid":"u1","sessionId":"s","timestamp":"2026-08-03T09:00:00Z","cwd":"/w/kiln","message":{"content":"SECRET fix it"}}"#;
    const REPLY: &str = r#"{"type":"assistant","uuid":"a1","sessionId":"s","timestamp":"2026-08-03T09:01:00Z","requestId":"r1","message":{"id":"m1","model":"x","content":[{"type":"text","text":"SECRET"}],"usage":{"input_tokens":1,"output_tokens":2}}}"#;

    struct Fixture {
        folder: tempfile::TempDir,
        request: Request,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("projects");
            std::fs::create_dir(&root).unwrap();
            let request = Request {
                folders: BTreeMap::from([("claude-code".to_owned(), vec![root])]),
                cache: Some(folder.path().join("cache")),
                ..Request::default()
            };
            Self { folder, request }
        }

        fn log(&self) -> PathBuf {
            self.folder.path().join("projects/s.jsonl")
        }

        fn output_tokens(&self) -> u64 {
            let sessions = collect(&self.request).sessions;
            sessions
                .iter()
                .filter_map(Session::tokens)
                .map(|tokens| tokens.output)
                .sum()
        }
    }

    #[test]
    fn an_unchanged_log_is_not_opened_even_where_it_has_flaws() {
        let fixture = Fixture::new();
        std::fs::write(fixture.log(), format!("{PROMPT}\n{{SECRET\n{REPLY}\n")).unwrap();
        let first = collect(&fixture.request);
        assert_eq!(first.warnings.len(), 1);
        assert!(
            first.warnings[0].place.ends_with("s.jsonl:2"),
            "{:?}",
            first.warnings
        );
        let changed = std::fs::metadata(fixture.log()).unwrap().modified().unwrap();
        std::fs::write(
            fixture.log(),
            format!("{PROMPT}\n{{SECRET\n{}\n", REPLY.replace(":2}", ":9}")),
        )
        .unwrap();
        std::fs::File::options()
            .write(true)
            .open(fixture.log())
            .unwrap()
            .set_modified(changed)
            .unwrap();
        let second = collect(&fixture.request);
        assert_eq!(
            (second.sessions, second.warnings),
            (first.sessions, first.warnings)
        );
    }

    #[test]
    fn sessions_that_are_kept_are_those_of_the_logs() {
        let mut fixture = Fixture::new();
        let check = |fixture: &Fixture, what: &str| {
            let fresh = Request {
                cache: None,
                ..fixture.request.clone()
            };
            let fresh = collect(&fresh);
            for run in ["first", "second"] {
                let kept = collect(&fixture.request);
                assert_eq!(kept.sessions, fresh.sessions, "{what}, {run}");
                assert_eq!(kept.fingerprints, fresh.fingerprints, "{what}, {run}");
                assert_eq!(kept.warnings, fresh.warnings, "{what}, {run}");
            }
            fresh.fingerprints
        };
        std::fs::write(fixture.log(), format!("{PROMPT}\n{{SECRET\n{REPLY}\n")).unwrap();
        let first = check(&fixture, "a log");
        assert_eq!(first.len(), 1);
        let more = REPLY.replace("\"a1\"", "\"a2\"").replace("m1", "m2");
        std::fs::write(fixture.log(), format!("{PROMPT}\n{{SECRET\n{REPLY}\n{more}\n")).unwrap();
        assert_ne!(check(&fixture, "more of it"), first);
        let other = fixture.log().with_file_name("t.jsonl");
        let mut text = format!("{PROMPT}\n{more}");
        // Nothing in it may be a copy of what the first one has.
        for (own, other) in [
            ("\"s\"", "\"t\""),
            ("u1", "u9"),
            ("a2", "a9"),
            ("m2", "m9"),
            ("r1", "r9"),
        ] {
            text = text.replace(own, other);
        }
        std::fs::write(&other, text).unwrap();
        assert_eq!(check(&fixture, "another log").len(), 2);
        fixture.request.path_map = vec![("/w".to_owned(), "/v".to_owned())];
        let mapped = check(&fixture, "a path that is elsewhere");
        std::fs::remove_file(other).unwrap();
        assert_eq!(check(&fixture, "a log less"), mapped[..1]);
    }

    #[test]
    fn any_damage_of_kept_sessions_is_noticed() {
        let fixture = Fixture::new();
        std::fs::write(fixture.log(), format!("{PROMPT}\n{REPLY}\n")).unwrap();
        let expected = collect(&fixture.request);
        let agent = READERS
            .iter()
            .find(|agent| agent.name() == "claude-code")
            .unwrap();
        let files = find_logs(*agent, &fixture.request, &mut Vec::new());
        let key = key(*agent, &files, &fixture.request).unwrap();
        let cache = fixture.request.cache.as_ref().unwrap();
        let slot = slot(cache, ASSEMBLED_VERSION, "claude-code-assembled", &files);
        assert_damage_is_noticed(slot.path(), || {
            Assembled::load(&slot, &key).is_some_and(|kept| kept.sessions == expected.sessions)
        });
        assert_eq!(Assembled::load(&slot, &[0; 32]), None);
    }

    #[test]
    fn a_log_that_grew_is_read_on_and_a_replaced_one_from_the_start() {
        let fixture = Fixture::new();
        std::fs::write(fixture.log(), format!("{PROMPT}\n{REPLY}")).unwrap();
        assert_eq!(fixture.output_tokens(), 2);
        let more = REPLY.replace("\"a1\"", "\"a2\"").replace("m1", "m2");
        std::fs::write(fixture.log(), format!("{PROMPT}\n{REPLY}\n{more}\n")).unwrap();
        assert_eq!(fixture.output_tokens(), 4);
        let other = REPLY.replace(":2}", ":7}");
        std::fs::write(fixture.log(), format!("{other}\n{}", " ".repeat(4096))).unwrap();
        assert_eq!(fixture.output_tokens(), 7);
    }

    #[test]
    fn any_damage_of_what_is_kept_is_noticed() {
        let fixture = Fixture::new();
        std::fs::write(fixture.log(), format!("{PROMPT}\n{REPLY}\n")).unwrap();
        collect(&fixture.request);
        let agent = READERS
            .iter()
            .find(|agent| agent.name() == "claude-code")
            .unwrap();
        let files = find_logs(*agent, &fixture.request, &mut Vec::new());
        let cache = fixture.request.cache.as_ref().unwrap();
        let slot = slot(cache, CACHE_VERSION, agent.name(), &files);
        let is_kept = || load(&slot).len() == 1;
        assert_damage_is_noticed(slot.path(), is_kept);
    }

    #[test]
    fn the_cache_holds_no_text_of_the_log() {
        let fixture = Fixture::new();
        std::fs::write(fixture.log(), format!("{PROMPT}\n{{SECRET\n{REPLY}\n")).unwrap();
        assert_eq!(fixture.output_tokens(), 2);
        let cached = std::fs::read_dir(fixture.folder.path().join("cache/sessions")).unwrap();
        let files: Vec<PathBuf> = cached.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 2);
        for file in files {
            let bytes = std::fs::read(file).unwrap();
            assert!(memchr::memmem::find(&bytes, b"SECRET").is_none());
            assert!(memchr::memmem::find(&bytes, b"/w/kiln").is_some());
        }
    }

    #[test]
    fn the_home_folder_is_that_of_the_session() {
        for (folder, home, expected) in [
            ("/w/kiln", "/home/ada", "/home/ada/x"),
            ("/home/ada/src", "/home/ada", "/home/ada/x"),
            ("/Users/eve/src", "/home/ada", "/Users/eve/x"),
            ("C:\\Users\\eve\\src", "/home/ada", "C:\\Users\\eve/x"),
            ("/srv/homes/ada/src", "/srv/homes/ada", "/srv/homes/ada/x"),
        ] {
            let fixture = Fixture::new();
            let prompt = PROMPT.replace("/w/kiln", &folder.replace('\\', "\\\\"));
            let call = REPLY.replace(
                r#"{"type":"text","text":"SECRET"}"#,
                r#"{"type":"tool_use","id":"t","name":"Write","input":{"file_path":"~/x","content":"a"}}"#,
            );
            let result = r#"{"type":"user","uuid":"u2","sessionId":"s","timestamp":"2026-08-03T09:02:00Z","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}}"#;
            std::fs::write(fixture.log(), format!("{prompt}\n{call}\n{result}\n")).unwrap();
            let mut request = fixture.request.clone();
            request.machine.home = Some(home.into());
            let sessions = collect(&request).sessions;
            let paths: Vec<&str> = sessions[0].edits.iter().map(|edit| edit.path.as_str()).collect();
            assert_eq!(paths, [expected], "{folder}");
        }
    }

    #[test]
    fn two_copies_of_a_log_count_once() {
        let fixture = Fixture::new();
        for name in ["s.jsonl", "copy.jsonl"] {
            std::fs::write(fixture.log().with_file_name(name), format!("{PROMPT}\n{REPLY}\n")).unwrap();
        }
        let sessions = collect(&fixture.request).sessions;
        assert_eq!((sessions.len(), sessions[0].actions.len()), (1, 1));
        assert_eq!(fixture.output_tokens(), 2);
    }
}
