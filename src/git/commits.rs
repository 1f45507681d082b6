//! Commit objects, read leniently: a damaged author line costs its author, not the commit and all behind it.

use super::packs::RawId;
use crate::facts::commit::{Instant, Person};

/// What a commit object says.
pub(super) struct CommitText {
    pub(super) tree: RawId,
    pub(super) parents: Vec<RawId>,
    pub(super) author: Person,
    pub(super) author_time: Instant,
    pub(super) commit_time: Instant,
    /// UTF-8, unless the commit lies about its encoding.
    pub(super) message: Vec<u8>,
}

const NO_TIME: Instant = Instant {
    seconds: 0,
    offset: 0,
};

impl CommitText {
    /// Reads the bytes of a commit object; `None` where it has no tree.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (head, message) = split_head(data);
        let mut lines = head.split(|byte| *byte == b'\n');
        let tree = raw_id(lines.next()?.strip_prefix(b"tree ")?)?;
        let mut commit = Self {
            tree,
            parents: Vec::new(),
            author: Person::default(),
            author_time: NO_TIME,
            commit_time: NO_TIME,
            message: Vec::new(),
        };
        let mut encoding: &[u8] = b"";
        let mut author: &[u8] = b"";
        for line in lines {
            if let Some(parent) = line.strip_prefix(b"parent ") {
                commit.parents.extend(raw_id(parent));
            } else if let Some(line) = line.strip_prefix(b"author ") {
                author = line;
            } else if let Some(line) = line.strip_prefix(b"committer ") {
                commit.commit_time = time(line);
            } else if let Some(line) = line.strip_prefix(b"encoding ") {
                encoding = line;
            }
        }
        let to_utf8 = |text: &[u8]| {
            if is_latin1(encoding) {
                from_latin1(text)
            } else {
                text.to_vec()
            }
        };
        commit.author = person(&to_utf8(author));
        commit.author_time = time(author);
        commit.message = to_utf8(message);
        Some(commit)
    }

    /// The title: the first paragraph as one line, as `git log --format=%s` has it.
    pub(super) fn subject(&self) -> String {
        let lines = self.message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let title: Vec<&[u8]> = lines
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect();
        String::from_utf8_lossy(&title.join(&b' ')).into_owned()
    }
}

/// The header lines, and the message behind the first empty line.
fn split_head(data: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(data, b"\n\n") {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, b""),
    }
}

fn raw_id(hex: &[u8]) -> Option<RawId> {
    let id: crate::facts::ids::ObjectId = std::str::from_utf8(hex).ok()?.parse().ok()?;
    id.as_bytes().try_into().ok()
}

/// The name before `<` and the address up to `>`.
fn person(line: &[u8]) -> Person {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    let Some(open) = memchr::memchr(b'<', line) else {
        return Person::default();
    };
    let address = &line[open + 1..];
    let end = memchr::memchr(b'>', address).unwrap_or(address.len());
    Person {
        name: text(&line[..open]),
        email: text(&address[..end]),
    }
}

/// The seconds and the zone behind the last `>`; the epoch where they cannot be read, as git shows them.
fn time(line: &[u8]) -> Instant {
    let tail = memchr::memrchr(b'>', line).map_or(&line[..0], |end| &line[end + 1..]);
    let mut words = tail.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let mut number = || std::str::from_utf8(words.next()?).ok()?.parse::<i64>().ok();
    let Some(seconds) = number() else {
        return NO_TIME;
    };
    let zone = number().filter(|zone| zone.abs() < 10_000).unwrap_or(0);
    Instant {
        seconds,
        offset: (zone / 100 * 60 + zone % 100) as i16,
    }
}

fn is_latin1(encoding: &[u8]) -> bool {
    [
        &b"iso-8859-1"[..],
        b"iso8859-1",
        b"latin1",
        b"latin-1",
        b"windows-1252",
        b"cp1252",
    ]
    .iter()
    .any(|name| encoding.eq_ignore_ascii_case(name))
}

fn from_latin1(text: &[u8]) -> Vec<u8> {
    text.iter()
        .map(|byte| char::from(*byte))
        .collect::<String>()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";

    fn parsed(rest: &str) -> CommitText {
        CommitText::parse(format!("{TREE}{rest}").as_bytes()).unwrap()
    }

    #[test]
    fn a_plain_commit() {
        let commit = parsed(
            "author Ada Example <ada@example.org> 1775034000 -0130\n\
             committer Grace <g@example.org> 1775034060 +0200\n\nTitle\nwraps\n\nBody\n",
        );
        assert_eq!(commit.author.name, "Ada Example");
        assert_eq!(commit.author.email, "ada@example.org");
        assert_eq!(
            (commit.author_time.seconds, commit.author_time.offset),
            (1_775_034_000, -90)
        );
        assert_eq!(commit.commit_time.offset, 120);
        assert_eq!(commit.subject(), "Title wraps");
    }

    #[test]
    fn damaged_people_and_times_are_not_fatal() {
        for author in [
            "author",
            "author Ada",
            "author <<a@b>> 12 +0000",
            "author Ada <a@b> 99999999999999999999 +0000",
            "author Ada <a@b> then +0000",
        ] {
            let commit = parsed(&format!("{author}\n\nTitle\n"));
            assert_eq!(commit.subject(), "Title", "{author}");
        }
        assert!(CommitText::parse(b"parent 00\n\nTitle").is_none());
    }

    #[test]
    fn latin1_becomes_utf8() {
        let mut data = format!("{TREE}author J <j@b> 1 +0000\nencoding ISO-8859-1\n\n").into_bytes();
        data.extend_from_slice(b"caf\xe9\n");
        assert_eq!(CommitText::parse(&data).unwrap().subject(), "caf\u{e9}");
    }
}
