//! The lines of a log that may be huge, torn, or written to while it is read.
//!
//! One buffer per log: it grows to the longest line, never beyond [`LONGEST`]. What is longer is skipped and reported,
//! up to [`LONGEST_SKIPPED`]: a log with an even longer line ends there, and one beyond [`files::LONGEST_LOG`] at that.
//! A last line that is neither terminated nor a complete record is left for the next run: its writer may not be done
//! with it. A line that is not a record may be several ([`json::records`]).

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::files;
use super::json::{self, Piece};
use super::log::Log;
use super::record::reason;

/// The longest line that is read, in bytes.
pub const LONGEST: usize = 64 << 20;
/// The longest line that is skipped, in bytes. A file without a line end for so long is not a log, or no longer one.
const LONGEST_SKIPPED: u64 = 512 << 20;
/// The message for bytes that are not text.
pub const REPLACED: &str = "invalid UTF-8 was replaced";

/// Calls `record` for each record of a log that was not read before, with its number ([`super::log::Stamp::line`]); see
/// [`each_line`]. An error means that the text could not be parsed and nothing was taken from it. Then the line may be
/// several records, each of which is tried; the rest is noted.
pub fn each_record(
    path: &Path,
    log: &mut Log,
    record: impl FnMut(json::Text<'_>, u32, &mut Log) -> serde_json::Result<()>,
) -> io::Result<()> {
    let mut file = files::open(path)?;
    file.seek(SeekFrom::Start(log.read_to))?;
    each_record_of(file, path, log, record)
}

/// [`each_record`] of a decompressed log; `path` is for the warnings. `source` is at the position where the last run
/// ended.
pub fn each_record_of(
    source: impl Read,
    path: &Path,
    log: &mut Log,
    mut record: impl FnMut(json::Text<'_>, u32, &mut Log) -> serde_json::Result<()>,
) -> io::Result<()> {
    each_line_of(source, path, log, |line, number, log| {
        let line = json::mended(line);
        let Err(error) = record(json::whole(&line), number, log) else {
            return;
        };
        let pieces = json::records(&line);
        let is_whole_line = |piece: &Piece<'_>| match piece {
            Piece::Whole(text) => text.as_str() == line,
            Piece::Broken => true,
        };
        if pieces.len() <= 1 && pieces.iter().all(is_whole_line) {
            return log.warn(path, number, reason(&error));
        }
        let mut number = number;
        for (place, piece) in pieces.into_iter().enumerate() {
            if place > 0 {
                number = log.count_record(true);
            }
            match piece {
                Piece::Whole(text) => {
                    if let Err(error) = record(text, number, log) {
                        log.warn(path, number, reason(&error));
                    }
                }
                Piece::Broken => log.warn(path, number, "a record in the line is incomplete and was skipped"),
            }
        }
    })
}

/// Calls `record` for each line of a log that was not read before, with its number from 1 and without its line end, and
/// moves [`Log::read_to`] and [`Log::lines`] past it. Blank lines are counted and skipped, a byte order mark and NUL
/// bytes around a line are removed (a crash leaves such NULs), and overlong lines and those that are not UTF-8 are
/// reported.
pub fn each_line(path: &Path, log: &mut Log, mut record: impl FnMut(&str, u32, &mut Log)) -> io::Result<()> {
    let mut file = files::open(path)?;
    file.seek(SeekFrom::Start(log.read_to))?;
    each_line_of(file, path, log, &mut record)
}

fn each_line_of(
    source: impl Read,
    path: &Path,
    log: &mut Log,
    mut record: impl FnMut(&str, u32, &mut Log),
) -> io::Result<()> {
    lines_within(Limits::default(), source, path, log, &mut record)
}

fn lines_within(
    limits: Limits,
    source: impl Read,
    path: &Path,
    log: &mut Log,
    record: &mut impl FnMut(&str, u32, &mut Log),
) -> io::Result<()> {
    log.breaks_off = false;
    if log.given_up {
        return Ok(());
    }
    let mut lines = Lines::new(source, limits);
    while let Some(line) = lines.next_line()? {
        if let Some(reason) = limits.exceeded(log.read_to, &line) {
            log.give_up(path, reason);
            break;
        }
        if !line.ended && !line.content.is_some_and(is_whole) {
            log.breaks_off = true;
            break;
        }
        log.read_to += line.length;
        // The rest of a line that was read before it had an end: a line feed, or records that should have had one
        // before them.
        let goes_on = std::mem::replace(&mut log.in_line, !line.ended);
        if goes_on && line.content.is_some_and(|rest| trimmed(rest).is_empty()) {
            continue;
        }
        let number = log.count_record(goes_on);
        match line.content {
            Some(content) => {
                let text = trimmed(content);
                if text.len() + 1 < content.len() && content.contains(&0) {
                    log.warn(path, number, "NUL bytes around the record were skipped");
                }
                // Several times as fast as the repair, which hardly any line needs.
                let text = match std::str::from_utf8(text) {
                    Ok(text) => Cow::Borrowed(text),
                    Err(_) => String::from_utf8_lossy(text),
                };
                if matches!(text, Cow::Owned(_)) {
                    log.warn(path, number, REPLACED);
                }
                if !text.is_empty() {
                    record(&text, number, log);
                }
            }
            None => log.warn(
                path,
                number,
                format!("a line longer than {} MiB was skipped", limits.line >> 20),
            ),
        }
    }
    Ok(())
}

/// How much is read, in bytes.
#[derive(Clone, Copy)]
struct Limits {
    /// A line that is buffered.
    line: usize,
    /// A line that is skipped.
    skipped: u64,
    /// A log.
    log: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: LONGEST,
            skipped: LONGEST_SKIPPED,
            log: files::LONGEST_LOG,
        }
    }
}

impl Limits {
    /// Why a log is not read further from `offset`, at `line`.
    fn exceeded(&self, offset: u64, line: &Line<'_>) -> Option<String> {
        if line.content.is_none() && line.length > self.skipped {
            let mib = self.skipped >> 20;
            return Some(format!(
                "a line is longer than {mib} MiB; the log is not read from here on"
            ));
        }
        let is_beyond = offset.saturating_add(line.length) > self.log;
        let gib = self.log >> 30;
        is_beyond.then(|| format!("the log is larger than {gib} GiB and is not read from here on"))
    }
}

/// Whether a line without an end still ends with a complete JSON object.
fn is_whole(line: &[u8]) -> bool {
    let line = trimmed(line);
    line.ends_with(b"}")
        && matches!(
            json::records(&String::from_utf8_lossy(line)).last(),
            Some(Piece::Whole(_))
        )
}

/// Without the byte order mark, and without white space and NULs at both ends.
fn trimmed(line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0;
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let end = line
        .iter()
        .rposition(|byte| !blank(byte))
        .map_or(start, |last| last + 1);
    line.get(start..end).unwrap_or_default()
}

/// A line.
struct Line<'buffer> {
    /// Whether it has a line feed; only the last one may have none.
    ended: bool,
    /// How many bytes of the file it took, its end included.
    length: u64,
    /// Its bytes without the line feed; `None` if there were too many.
    content: Option<&'buffer [u8]>,
}

struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    /// The part of the buffer that was read but not returned.
    start: usize,
    end: usize,
    limits: Limits,
}

impl<R: Read> Lines<R> {
    fn new(source: R, limits: Limits) -> Self {
        Self {
            source,
            buffer: vec![0; limits.line.min(256 << 10)],
            start: 0,
            end: 0,
            limits,
        }
    }

    /// The next line; `None` at the end. Of one that is too long to be skipped, the part that was read.
    fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut skipped = 0_u64;
        let mut searched = 0;
        loop {
            let held = self
                .buffer
                .get(self.start + searched..self.end)
                .unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', held) {
                let (from, to) = (self.start, self.start + searched + at);
                self.start = to + 1;
                let whole = self.buffer.get(from..to).filter(|_| skipped == 0);
                return Ok(Some(Line {
                    ended: true,
                    length: skipped + (to + 1 - from) as u64,
                    content: whole,
                }));
            }
            searched = self.end - self.start;
            if searched >= self.limits.line {
                skipped += searched as u64;
                self.start = self.end;
                searched = 0;
            }
            if skipped > self.limits.skipped {
                return Ok(Some(Line {
                    ended: false,
                    length: skipped,
                    content: None,
                }));
            }
            if self.fill()? == 0 {
                let rest = self.rest();
                return Ok(if skipped == 0 {
                    rest
                } else {
                    Some(Line {
                        ended: false,
                        length: skipped + rest.map_or(0, |rest| rest.length),
                        content: None,
                    })
                });
            }
        }
    }

    /// The part after the last line feed.
    fn rest(&mut self) -> Option<Line<'_>> {
        let content = self
            .buffer
            .get(self.start..self.end)
            .filter(|rest| !rest.is_empty())?;
        self.start = self.end;
        Some(Line {
            ended: false,
            length: content.len() as u64,
            content: Some(content),
        })
    }

    /// Reads more, making room first. Returns how many bytes came.
    fn fill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer
                .resize((self.buffer.len() * 2).min(self.limits.line + 1), 0);
        }
        loop {
            match self
                .source
                .read(self.buffer.get_mut(self.end..).unwrap_or_default())
            {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(line: usize) -> Limits {
        Limits {
            line,
            ..Limits::default()
        }
    }

    fn read(bytes: &[u8], longest: usize) -> Vec<(u64, Option<String>)> {
        let mut lines = Lines::new(bytes, limits(longest));
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap().filter(|line| line.ended) {
            let text = line
                .content
                .map(|content| String::from_utf8_lossy(content).into_owned());
            found.push((line.length, text));
        }
        found
    }

    #[test]
    fn lines_end_with_a_line_feed_or_are_left_for_later() {
        assert_eq!(
            read(b"one\n\ntwo\r\nthr", 64),
            [
                (4, Some("one".into())),
                (1, Some(String::new())),
                (5, Some("two\r".into()))
            ]
        );
    }

    #[test]
    fn a_line_that_is_too_long_costs_only_itself() {
        let mut bytes = vec![b'x'; 1000];
        bytes.extend_from_slice(b"\nshort\n");
        assert_eq!(read(&bytes, 64), [(1001, None), (6, Some("short".into()))]);
    }

    #[test]
    fn the_buffer_grows_to_the_line_and_no_further() {
        let mut bytes = vec![b'x'; 1 << 20];
        bytes.push(b'\n');
        let mut lines = Lines::new(bytes.as_slice(), limits(2 << 20));
        assert!(
            lines
                .next_line()
                .unwrap()
                .is_some_and(|line| line.content.is_some())
        );
        assert!(lines.buffer.len() <= 2 << 20, "{}", lines.buffer.len());
    }

    #[test]
    fn a_log_without_an_end_is_given_up_and_what_stands_before_is_not() {
        let small = Limits {
            line: 100,
            skipped: 1000,
            log: 5000,
        };
        let long = "x".repeat(2000);
        let skipped = "x".repeat(900);
        for (text, lines, warned) in [
            (format!("a\n{skipped}\nb\n"), vec!["a", "b"], "a line longer than"),
            (format!("a\n{long}\nb\n"), vec!["a"], "a line is longer than"),
            (format!("a\n{long}"), vec!["a"], "a line is longer than"),
            (
                "abcd\n".repeat(1001),
                vec!["abcd"; 1000],
                "the log is larger than",
            ),
            ("abcd\n".repeat(1000), vec!["abcd"; 1000], ""),
            ("\0".repeat(5001), vec![], "a line is longer than"),
        ] {
            let mut log = Log::default();
            let mut seen = Vec::new();
            // A second run does not begin it again.
            for _ in 0..2 {
                let rest = text.as_bytes().get(log.read_to as usize..).unwrap_or_default();
                let record = &mut |line: &str, _: u32, _: &mut Log| seen.push(line.to_owned());
                lines_within(small, rest, Path::new("log"), &mut log, record).unwrap();
            }
            assert_eq!(seen, lines);
            let said: Vec<&str> = log.flaws.iter().map(|flaw| flaw.message.as_str()).collect();
            assert_eq!(said.len(), usize::from(!warned.is_empty()), "{said:?}");
            assert!(said.iter().all(|said| said.starts_with(warned)), "{said:?}");
            assert_eq!(log.given_up, !warned.is_empty() && seen.len() != 2);
        }
    }

    #[test]
    fn a_log_is_read_on_from_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let mut log = Log::default();
        let mut seen = Vec::new();
        for part in ["\u{feff}{\"a\":1}\n{\"b\"", ":2}", "\n\0\0\0{\"c\":3}\r\n"] {
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            std::fs::write(&path, before + part).unwrap();
            each_line(&path, &mut log, |line, number, _| {
                seen.push((number, line.to_owned()));
            })
            .unwrap();
        }
        assert_eq!(
            seen,
            [
                (1, "{\"a\":1}".into()),
                (2, "{\"b\":2}".into()),
                (3, "{\"c\":3}".into())
            ]
        );
        assert_eq!(log.line_of(3), 3);
        assert_eq!(log.flaws.len(), 1, "{:?}", log.flaws);
        assert!(log.flaws[0].place.ends_with("log.jsonl:3"));
    }

    #[test]
    fn records_on_one_line_have_numbers_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let mut log = Log::default();
        let mut seen = Vec::new();
        // A record without an end, a truncated one, one after it, and one whose line feed was lost.
        for part in [
            "{\"a\":1}{\"b\":2}\n{\"c\":3}",
            "{\"d\":4}\n{\"e\":\"",
            "x{\"f\":6}",
            "\n{\"g\":7}\nno\n",
        ] {
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            std::fs::write(&path, before + part).unwrap();
            each_record(&path, &mut log, |record, number, log| {
                let _: serde_json::Value = record.parse()?;
                seen.push((number, log.line_of(number), record.as_str().to_owned()));
                Ok(())
            })
            .unwrap();
        }
        let seen: Vec<_> = seen
            .iter()
            .map(|(number, line, text)| (*number, *line, text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (1, 1, "{\"a\":1}"),
                (2, 1, "{\"b\":2}"),
                (3, 2, "{\"c\":3}"),
                (4, 2, "{\"d\":4}"),
                (6, 3, "{\"f\":6}"),
                (7, 4, "{\"g\":7}"),
            ]
        );
        let places: Vec<&str> = log
            .flaws
            .iter()
            .filter_map(|flaw| flaw.place.rsplit(':').next())
            .collect();
        assert_eq!(places, ["3", "5"]);
    }
}
