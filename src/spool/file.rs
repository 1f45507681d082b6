//! The files of a spool: one per day, one line per event.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};

use crate::facts::event::Event;

/// The maximum length of a line, in bytes.
const LONGEST: usize = 4096;
/// The maximum size of a day's file; a larger one takes no more lines.
pub(super) const LARGEST: u64 = 32 << 20;
const SUFFIX: &str = ".jsonl";

/// The name of the file for events of a day.
pub(super) fn name_of(at: DateTime<Utc>) -> String {
    format!("{}{SUFFIX}", at.date_naive())
}

/// The day whose events a file of this name has.
pub(super) fn day_of(name: &str) -> Option<NaiveDate> {
    let day = name.strip_suffix(SUFFIX)?.parse().ok()?;
    // Each day has exactly one name.
    (format!("{day}{SUFFIX}") == name).then_some(day)
}

/// The line of an event, between two line endings: a line cut short by a full disk thus does not damage the next. `None` if it
/// would be too long.
fn line(event: &Event) -> Option<Vec<u8>> {
    let mut event = event.clone();
    // Optional fields are left out first.
    let steps: [fn(&mut Event); 3] = [|_| (), |event| event.log = None, |event| event.folder = None];
    for shorten in steps {
        shorten(&mut event);
        let mut line = vec![b'\n'];
        serde_json::to_writer(&mut line, &event).ok()?;
        line.push(b'\n');
        if line.len() <= LONGEST {
            return Some(line);
        }
    }
    None
}

/// Appends an event to its day's file, with a single write.
pub(super) fn append(folder: &Path, event: &Event) -> io::Result<()> {
    let line = line(event).ok_or_else(|| io::Error::other("the event is too long"))?;
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    let mut file = open(&mut options, &folder.join(name_of(event.at)))?;
    if file.metadata()?.len() > LARGEST {
        return Err(io::Error::other("the file of the day is full"));
    }
    match file.write(&line)? {
        written if written == line.len() => Ok(()),
        _ => Err(io::Error::other("the line was cut short")),
    }
}

/// Opens a regular file, without following links.
fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// The content of a file from some byte on.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The events, each with the position after its line.
    pub events: Vec<(u64, Event)>,
    /// The position after the last complete line.
    pub end: u64,
    /// How many lines are not events.
    pub unreadable: usize,
    /// How many bytes were read.
    pub read: u64,
}

/// Reads a day's file from some byte on, or from the start if it is shorter than that; at most this many bytes.
pub(super) fn read(path: &Path, from: u64, most: u64) -> io::Result<Lines> {
    let mut file = open(OpenOptions::new().read(true), path)?;
    let from = if from <= file.metadata()?.len() { from } else { 0 };
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    let most = most.min(LARGEST + (1 << 20));
    file.take(most).read_to_end(&mut bytes)?;
    Ok(parse(&bytes, from))
}

/// The lines in bytes that begin at a position in a file.
pub(super) fn parse(bytes: &[u8], from: u64) -> Lines {
    let mut lines = Lines {
        end: from,
        read: bytes.len() as u64,
        ..Lines::default()
    };
    // A line that is still being written has no end yet.
    let whole = memchr::memrchr(b'\n', bytes).map_or(0, |last| last + 1);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', &bytes[..whole]) {
        let line = &bytes[start..end];
        start = end + 1;
        if line.is_empty() {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(event) if line.len() <= LONGEST => lines.events.push((from + start as u64, event)),
            _ => lines.unreadable += 1,
        }
    }
    lines.end = from + whole as u64;
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::event::EventKind;

    fn event(session: &str) -> Event {
        Event {
            at: DateTime::from_timestamp(1_775_822_400, 0).unwrap(),
            agent: "codex".into(),
            kind: EventKind::TurnEnd,
            session: Some(session.to_owned()),
            log: None,
            folder: Some("/home/ada/kiln".into()),
            model: None,
        }
    }

    #[test]
    fn a_line_that_was_cut_short_takes_nothing_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-04-10.jsonl");
        append(folder.path(), &event("a")).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
            append(folder.path(), &event("b")).unwrap();
            let lines = read(&path, 0, LARGEST).unwrap();
            let sessions: Vec<_> = lines
                .events
                .iter()
                .filter_map(|(_, event)| event.session.clone())
                .collect();
            // All but the line end is a whole line all the same.
            let twice = cut + 1 == whole.len();
            assert_eq!(
                sessions,
                if twice {
                    vec!["a", "a", "b"]
                } else {
                    vec!["a", "b"]
                }
            );
            assert_eq!(lines.end, std::fs::metadata(&path).unwrap().len());
            let rest = read(&path, lines.events[0].0, LARGEST).unwrap();
            assert_eq!(rest.events.len(), lines.events.len() - 1);
        }
    }

    #[test]
    fn what_is_too_long_gives_way_to_what_matters() {
        let long = Event {
            log: Some("x".repeat(5000)),
            ..event("a")
        };
        let line = line(&long).unwrap();
        assert!(line.len() < LONGEST && String::from_utf8_lossy(&line).contains("kiln"));
        assert_eq!(super::line(&event(&"x".repeat(5000))), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-04-10.jsonl");
        let other = folder.path().join("other");
        std::fs::write(&other, "").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(append(folder.path(), &event("a")).is_err());
        assert_eq!(std::fs::metadata(&other).unwrap().len(), 0);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(append(folder.path(), &event("a")).is_err());
        std::fs::remove_dir(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert!(append(folder.path(), &event("a")).is_err() && read(&path, 0, LARGEST).is_err());
    }

    #[test]
    fn a_full_file_gets_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("2026-04-10.jsonl")).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        assert!(append(folder.path(), &event("a")).is_err());
    }

    #[test]
    fn days_have_names() {
        let at = event("a").at;
        assert_eq!(name_of(at), "2026-04-10.jsonl");
        assert_eq!(day_of("2026-04-10.jsonl"), Some(at.date_naive()));
        for name in [
            "captured.json",
            "2026-4-10.jsonl",
            "2026-04-10.jsonl.bak",
            "+2026-04-10.jsonl",
        ] {
            assert_eq!(day_of(name), None, "{name}");
        }
    }
}
