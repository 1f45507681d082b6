//! Commits that a message quotes in the format of `git log`, as `git merge --squash` and forges write them.
//!
//! Git indents the quoted messages by four spaces, so that none of their trailers belongs to the squash commit. The
//! lines above each of them name its commit, author and time: everything that the id of a task is derived from.

use chrono::DateTime;

use super::commit::{Authored, Instant, Person};
use super::ids::ObjectId;

/// By how much `git log` indents a message.
const INDENT: &[u8] = b"    ";
/// git does not abbreviate an id further.
const SHORTEST_ID: usize = 7;

/// One quoted commit. Untrusted text.
#[derive(Debug, Clone, PartialEq)]
pub struct Quoted {
    /// Where it came from.
    pub part: Part,
    /// Its message, without the indentation.
    pub message: Vec<u8>,
    /// The line of the quoting message on which its message begins, counted from 1.
    pub line: usize,
}

/// The commit that a squash took a claim from. What the message does not contain, or not in a known form, is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its id, if the message has all of it.
    pub commit: Option<ObjectId>,
    /// Its author.
    pub author: Option<Person>,
    /// The author's time.
    pub time: Option<Instant>,
    /// The first line of its message.
    pub subject: String,
    /// What a rewrite preserves of it, if the commit itself is known.
    pub authored: Option<Authored>,
    /// The line of the squash commit's message on which the part begins: no two parts share one.
    pub line: usize,
}

impl Part {
    /// The known facts of it; missing ones are those of `whole`, the commit that quotes it.
    pub(super) fn as_authored(&self, whole: &Authored) -> Authored {
        Authored {
            author: self.author.clone().unwrap_or_else(|| whole.author.clone()),
            time: self.time.unwrap_or(whole.time),
            title: self.subject.clone(),
        }
    }
}

/// The quoted commits, in the order of the message. Takes time in proportion to the message.
pub fn quoted(message: &[u8]) -> Vec<Quoted> {
    let lines: Vec<&[u8]> = message.split(|byte| *byte == b'\n').collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some((part, start)) = header(&lines, at) else {
            at += 1;
            continue;
        };
        let body = lines[start..].iter();
        let length = body
            .take_while(|line| line.starts_with(INDENT) || line.trim_ascii().is_empty())
            .count();
        found.push(Quoted::new(part, &lines[start..start + length], start + 1));
        at = start + length;
    }
    found
}

/// The header of a quoted commit at line `at`, and the line after it.
fn header(lines: &[&[u8]], at: usize) -> Option<(Part, usize)> {
    let named = lines[at].strip_prefix(b"commit ")?;
    let end = named.iter().position(|byte| !byte.is_ascii_hexdigit());
    let id = &named[..end.unwrap_or(named.len())];
    // Only names of refs may follow.
    let is_id = id.len() >= SHORTEST_ID && end.is_none_or(|end| named[end].is_ascii_whitespace());
    let mut part = Part {
        commit: std::str::from_utf8(id).ok().and_then(|id| id.parse().ok()),
        author: None,
        time: None,
        subject: String::new(),
        authored: None,
        line: at + 1,
    };
    let mut next = at + 1;
    while let Some((name, value)) = lines.get(next).and_then(|line| field(line)) {
        match name {
            b"Author" => part.author = person(&value),
            b"Date" | b"AuthorDate" => part.time = part.time.or_else(|| instant(&value)),
            _ => {}
        }
        next += 1;
    }
    (is_id && part.author.is_some()).then_some((part, next))
}

/// `Author:     Ada <ada@example.org>`, as one name and one value.
fn field(line: &[u8]) -> Option<(&[u8], String)> {
    let colon = line
        .iter()
        .position(|byte| !byte.is_ascii_alphabetic())
        .filter(|colon| *colon > 0 && line[*colon] == b':')?;
    let value = String::from_utf8_lossy(&line[colon + 1..]).trim().to_owned();
    Some((&line[..colon], value))
}

fn person(text: &str) -> Option<Person> {
    let (name, rest) = text.split_once('<')?;
    let (email, _) = rest.rsplit_once('>')?;
    Some(Person {
        name: name.trim().to_owned(),
        email: email.to_owned(),
    })
}

/// The formats of `--date` that show a time to the second and its zone; `default`, which squashes have, comes first.
const DATES: [&str; 3] = ["%a %b %e %H:%M:%S %Y %z", "%Y-%m-%d %H:%M:%S %z", "%s %z"];

fn instant(text: &str) -> Option<Instant> {
    let at = DATES
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .or_else(|| DateTime::parse_from_rfc3339(text).ok())
        .or_else(|| DateTime::parse_from_rfc2822(text).ok())?;
    Some(Instant {
        seconds: at.timestamp(),
        offset: i16::try_from(at.offset().local_minus_utc() / 60).ok()?,
    })
}

impl Quoted {
    fn new(mut part: Part, lines: &[&[u8]], line: usize) -> Self {
        let mut message = Vec::new();
        for line in lines {
            message.extend_from_slice(line.strip_prefix(INDENT).unwrap_or_default());
            message.push(b'\n');
        }
        let says_something = |line: &&&[u8]| !line.trim_ascii().is_empty();
        let subject = lines.iter().find(says_something).copied().unwrap_or_default();
        part.subject = String::from_utf8_lossy(subject.trim_ascii()).into_owned();
        Self { part, message, line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn what_git_quotes_is_found() {
        let message = format!(
            "Squashed commit of the following:\n\ncommit {ID}\nAuthor: Ada <ada@example.org>\n\
             Date:   Wed Apr 1 11:00:00 2026 +0200\n\n    Second\n    \n    Why\n\ncommit 0123456 (HEAD -> topic)\n\
             Merge: 1 2\nAuthor:     Bo <bo@example.org>\nAuthorDate: 2026-04-01 09:00:00 +0000\nCommit:     x\n\n    First\n\nprose\n"
        );
        let found = quoted(message.as_bytes());
        let read: Vec<_> = found
            .iter()
            .map(|one| (one.line, one.part.line, one.part.subject.as_str()))
            .collect();
        assert_eq!(read, [(6, 3, "Second"), (16, 11, "First")]);
        assert_eq!(found[0].message, b"\nSecond\n\nWhy\n\n");
        assert_eq!(found[0].part.commit, Some(ID.parse().unwrap()));
        let time = found[0].part.time.unwrap();
        assert_eq!((time.seconds, time.offset), (1_775_034_000, 120));
        assert_eq!(found[1].part.commit, None);
        assert_eq!(found[1].part.author.as_ref().unwrap().email, "bo@example.org");
        assert_eq!(found[1].part.time.unwrap().seconds, 1_775_034_000);
    }

    #[test]
    fn prose_quotes_nothing() {
        for message in [
            "T\n\n    Leverage-Estimate: 4h\n",
            "T\n\ncommit to it\n\n    x\n",
            "T\n\ncommit 0123456\n\n    x\n",
            "T\n\ncommit 0123456x\nAuthor: Ada <a@b>\n\n    x\n",
            "T\n\ncommit 012\nAuthor: Ada <a@b>\n\n    x\n",
        ] {
            assert_eq!(quoted(message.as_bytes()), [], "{message}");
        }
    }

    #[test]
    fn every_date_that_tells_its_zone_is_read() {
        for text in [
            "Wed Apr 1 09:00:00 2026 +0000",
            "Wed, 1 Apr 2026 09:00:00 +0000",
            "2026-04-01 09:00:00 +0000",
            "2026-04-01T09:00:00Z",
            "1775034000 +0000",
        ] {
            assert_eq!(instant(text).map(|at| at.seconds), Some(1_775_034_000), "{text}");
        }
        assert_eq!(instant("3 days ago"), None);
    }
}
