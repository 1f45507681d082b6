//! Commit objects, as `git log` reads them: the only parser for them.
//!
//! It is lenient: a damaged author line costs its author, not the commit and its history.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::facts::commit::{Authored, Instant, Person};
use crate::facts::ids::ObjectId;

/// A commit object. Its header was scanned once; everything else is parsed on demand.
#[derive(Debug, Clone, Copy)]
pub struct RawCommit<'a> {
    /// Its id.
    pub id: ObjectId,
    /// The bytes of the object, up to where git ends it: at the first NUL.
    object: &'a [u8],
    header: &'a [u8],
    /// The message, in the encoding that the header names.
    message: &'a [u8],
    author: &'a [u8],
    committer: &'a [u8],
    encoding: &'a [u8],
}

const NO_TIME: Instant = Instant {
    seconds: 0,
    offset: 0,
};

impl<'a> RawCommit<'a> {
    /// Parses the bytes of the commit object `id`. If a header occurs twice, the last one counts.
    pub fn parse(id: ObjectId, data: &'a [u8]) -> Self {
        let object = &data[..memchr::memchr(0, data).unwrap_or(data.len())];
        let (header, message) = split_head(object);
        let mut commit = Self {
            id,
            object,
            header,
            message,
            author: b"",
            committer: b"",
            encoding: b"",
        };
        for line in lines(header) {
            if let Some(line) = line.strip_prefix(b"author ") {
                commit.author = line;
            } else if let Some(line) = line.strip_prefix(b"committer ") {
                commit.committer = line;
            } else if let Some(line) = line.strip_prefix(b"encoding ") {
                commit.encoding = line;
            }
        }
        commit
    }

    /// The bytes from which it can be parsed again.
    pub fn object(&self) -> &'a [u8] {
        self.object
    }

    /// Its tree; `None` if the first line names none, in which case it is not a commit.
    pub fn tree(&self) -> Option<ObjectId> {
        self.tree_id()
    }

    pub(super) fn tree_id(&self) -> Option<ObjectId> {
        let tree = id_of_hex(lines(self.header).next()?.strip_prefix(b"tree ")?);
        tree.filter(|tree| tree.width() == self.id.width())
    }

    /// Its parents, as in the object; malformed ones are left out.
    pub fn parents(&self) -> impl Iterator<Item = ObjectId> + use<'a> {
        self.parent_ids()
    }

    pub(super) fn parent_ids(&self) -> impl Iterator<Item = ObjectId> + use<'a> {
        let width = self.id.width();
        let parents = lines(self.header).filter_map(|line| id_of_hex(line.strip_prefix(b"parent ")?));
        parents.filter(move |parent| parent.width() == width)
    }

    /// Its author, as in `git log --format='%an <%ae>'`: empty if the address does not end.
    pub fn author(&self) -> Person {
        person(&self.decoded(self.author)).unwrap_or_default()
    }

    /// The bytes that [`author`](Self::author) parses, without the time; `None` if their meaning depends on an encoding.
    pub(super) fn author_bytes(&self) -> Option<&'a [u8]> {
        if !self.encoding.is_empty() && !self.author.is_ascii() {
            return None;
        }
        let address = memchr::memchr(b'<', self.author).map_or(self.author.len(), |open| open + 1);
        let end = memchr::memchr(b'>', &self.author[address..]);
        Some(end.map_or(b"", |end| &self.author[..=address + end]))
    }

    /// When the author made the change; the epoch if that cannot be parsed.
    pub fn author_time(&self) -> Instant {
        time(self.author)
    }

    /// The author's day, by the author's own clock.
    pub fn author_day(&self) -> NaiveDate {
        self.author_time().day()
    }

    /// When the commit was made; the epoch if that cannot be parsed.
    pub fn commit_time(&self) -> Instant {
        time(self.committer)
    }

    /// The message as in `git log --format=%B`: in UTF-8, unless the commit declares a wrong encoding.
    pub fn message(&self) -> Cow<'a, [u8]> {
        self.decoded(self.message)
    }

    /// The first paragraph as one line, as in `git log --format=%s`; empty if there is none.
    pub fn subject(&self) -> String {
        let message = self.message();
        let title: Vec<&[u8]> = lines(&message)
            .map(trim_end)
            .skip_while(|line| line.is_empty())
            .take_while(|line| !line.is_empty())
            .collect();
        text(&title.join(&b' '))
    }

    /// The first non-blank line, which becomes the title of a task; `(no subject)` if there is none.
    pub fn title(&self) -> String {
        first_line(&self.message())
    }

    /// The parts that a rewrite preserves, from which ids are derived that must never change: as the first version parsed them,
    /// with bytes that are not UTF-8 replaced, whatever the encoding.
    pub fn authored(&self) -> Authored {
        let line = String::from_utf8_lossy(self.author);
        let (name, rest) = line.split_once('<').unwrap_or((&line, ""));
        let (email, _) = rest.rsplit_once('>').unwrap_or((rest, ""));
        Authored {
            author: Person {
                name: name.trim().to_owned(),
                email: email.to_owned(),
            },
            time: self.author_time(),
            title: first_line(self.message),
        }
    }

    /// In UTF-8. Bytes that are invalid in the declared encoding are preserved, as git does.
    fn decoded(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.encoding.is_empty() || bytes.is_ascii() {
            return Cow::Borrowed(bytes);
        }
        if is_latin1(self.encoding) {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            return Cow::Owned(text.into_bytes());
        }
        // Its ASCII decodes as Windows-1252; git's contains nothing above 127.
        let is_ascii = [&b"ascii"[..], b"us-ascii"]
            .iter()
            .any(|name| self.encoding.eq_ignore_ascii_case(name));
        encoding_rs::Encoding::for_label_no_replacement(self.encoding)
            .filter(|encoding| *encoding != encoding_rs::UTF_8 && !is_ascii)
            .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
            .map_or(Cow::Borrowed(bytes), |text| {
                Cow::Owned(text.into_owned().into_bytes())
            })
    }
}

/// The bytes of a commit that libgit2 read.
pub(super) fn object_of(commit: &git2::Commit<'_>) -> Vec<u8> {
    let header = commit.raw_header_bytes().trim_ascii_end();
    [header, b"\n\n", commit.message_raw_bytes()].concat()
}

/// The header lines, and the message after the first empty line.
fn split_head(data: &[u8]) -> (&[u8], &[u8]) {
    let mut ends = memchr::memchr_iter(b'\n', data);
    match ends.find(|end| data.get(end + 1) == Some(&b'\n')) {
        Some(end) => (&data[..end], &data[end + 2..]),
        None => (data, b""),
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'\n', text);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

fn id_of_hex(hex: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(hex).ok()?.parse().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What git considers blank: not the vertical tab and the form feed.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim_end(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !is_space(*byte));
    &bytes[..end.map_or(0, |last| last + 1)]
}

/// The name before the first `<` and the address up to the next `>`.
fn person(line: &[u8]) -> Option<Person> {
    let open = memchr::memchr(b'<', line)?;
    let address = &line[open + 1..];
    let end = memchr::memchr(b'>', address)?;
    Some(Person {
        name: text(trim_end(&line[..open])),
        email: text(&address[..end]),
    })
}

/// The seconds and the zone after the last `>`.
fn time(line: &[u8]) -> Instant {
    let tail = memchr::memrchr(b'>', line).map_or(&line[..0], |end| &line[end + 1..]);
    let mut words = tail.split(|byte| is_space(*byte)).filter(|word| !word.is_empty());
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

fn first_line(message: &[u8]) -> String {
    let line = lines(message)
        .find(|line| !line.iter().all(u8::is_ascii_whitespace))
        .unwrap_or_default();
    match String::from_utf8_lossy(line).trim() {
        "" => "(no subject)".to_owned(),
        line => line.to_owned(),
    }
}

fn is_latin1(encoding: &[u8]) -> bool {
    [
        &b"iso-8859-1"[..],
        b"iso8859-1",
        b"iso88591",
        b"latin1",
        b"latin-1",
        b"l1",
    ]
    .iter()
    .any(|name| encoding.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;

    const TREE: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n";

    fn id() -> ObjectId {
        [1; 20].into()
    }

    fn git(folder: &Path, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut git = Command::new("git")
            .args(args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(input).unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}");
        output.stdout
    }

    /// Header lines and messages, as programs and accidents write them.
    fn objects() -> Vec<Vec<u8>> {
        let time = "1775034000 -0130";
        let mut all: Vec<Vec<u8>> = [
            "Ada Example <ada@example.org>",
            "Ada  Example   <ada@example.org>",
            "  Ada <ada@example.org>",
            "Ada < ada@example.org >",
            "Ada <<ada@example.org>>",
            "Ada <ada <old> new@example.org>",
            "Ada <of> Kiln <ada@example.org>",
            "<ada@example.org>",
            " <>",
            "Ada <>",
            "Ada",
            "Ada <ada@example.org",
            "Ada ada@example.org>",
            "Ada\t<ada@example.org>",
            "\u{e9}lodie <e@example.org>",
        ]
        .iter()
        .map(|author| {
            format!("{TREE}author {author} {time}\ncommitter C <c@d> {time}\n\nTitle\n").into_bytes()
        })
        .collect();
        let committed = format!("{TREE}author Ada <a@b> {time}\ncommitter C <c@d> {time}\n");
        for message in [
            "Title\nwraps\n\nBody\n",
            "\n \n  Title, indented  \t\n  and wrapped\r\n\r\nBody\n",
            "Title\n \t \nBody\n",
            "\u{c}\nTitle\n",
            "Title without an end",
            "",
            "\n\n",
            "Title\n\nBody\n\0behind\n",
        ] {
            all.push(format!("{committed}\n{message}").into_bytes());
        }
        all.push(
            format!(
                "{TREE}author A <a@b> {time}\nauthor B <b@b> {time}\ncommitter C <c@d> {time}\n\nTwice\n"
            )
            .into_bytes(),
        );
        all
    }

    /// Commits that declare their encoding, correctly or not.
    fn encoded_objects() -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let encoded = |encoding: &str, name: &[u8], message: &[u8]| {
            let head = [
                TREE.as_bytes(),
                b"author ",
                name,
                b" <j@b> 1 +0000\ncommitter C <c@d> 1 +0000\n",
            ]
            .concat();
            let encoding = format!("encoding {encoding}\n\n").into_bytes();
            [head, encoding, message.to_vec()].concat()
        };
        for latin1 in ["ISO-8859-1", "iso8859-1", "latin1", "Latin-1"] {
            all.push(encoded(latin1, b"Jos\xe9", b"caf\xe9\n\n\x93quoted\x94\n"));
        }
        all.push(encoded("windows-1252", b"Jos\xe9", b"\x93quoted\x94 \x80 5\n"));
        all.push(encoded("ISO-8859-2", b"\xa3ukasz", b"\xbf\xf3\xb3w\n"));
        all.push(encoded("KOI8-R", b"\xe1\xce\xce\xc1", b"\xf0\xc5\xde\xd8\n"));
        all.push(encoded("Shift_JIS", b"\x8ct", b"\x8f\xe0\n"));
        all.push(encoded("EUC-JP", b"A", b"\xcd\xd2\n"));
        all.push(encoded("UTF-8", "Jos\u{e9}".as_bytes(), "caf\u{e9}\n".as_bytes()));
        all.push(encoded("UTF-8", b"Jos\xe9", b"caf\xe9\n"));
        all.push(encoded("us-ascii", b"Jose", b"caf\xe9\n"));
        all.push(encoded("no-such-encoding", b"Jose", b"caf\xe9\n"));
        all
    }

    #[test]
    fn a_commit_is_read_as_git_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "-q"], b"");
        git(folder.path(), &["write-tree"], b"");
        for object in objects().into_iter().chain(encoded_objects()) {
            let shown = String::from_utf8_lossy(&object).into_owned();
            let name = git(
                folder.path(),
                &["hash-object", "-t", "commit", "--literally", "-w", "--stdin"],
                &object,
            );
            let name = text(trim_end(&name));
            let format = ["log", "-1", "--format=%an%x00%ae%x00%s%x00%B", &name];
            let log = text(&git(folder.path(), &format, b""));
            let log = log.strip_suffix('\n').unwrap_or(&log);
            let commit = RawCommit::parse(id(), &object);
            let author = commit.author();
            let read = [
                author.name,
                author.email,
                commit.subject(),
                text(&commit.message()),
            ];
            assert_eq!(read.join("\0"), log, "{shown}");
        }
    }

    fn parsed(rest: &str) -> String {
        format!("{TREE}{rest}")
    }

    #[test]
    fn a_plain_commit() {
        let object = parsed(
            "parent 0101010101010101010101010101010101010101\nauthor Ada Example <ada@example.org> 1775034000 -0130\n\
             committer Grace <g@example.org> 1775034060 +0200\n\nTitle\nwraps\n\nBody\n",
        );
        let commit = RawCommit::parse(id(), object.as_bytes());
        assert_eq!(commit.author().to_string(), "Ada Example <ada@example.org>");
        assert_eq!(commit.parents().collect::<Vec<_>>(), [id()]);
        assert_eq!(
            (commit.author_time().seconds, commit.author_time().offset),
            (1_775_034_000, -90)
        );
        assert_eq!(commit.commit_time().offset, 120);
        assert_eq!(
            (commit.subject().as_str(), commit.title().as_str()),
            ("Title wraps", "Title")
        );
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
            let object = parsed(&format!("{author}\n\nTitle\n"));
            assert_eq!(
                RawCommit::parse(id(), object.as_bytes()).subject(),
                "Title",
                "{author}"
            );
        }
        assert!(RawCommit::parse(id(), b"parent 00\n\nTitle").tree().is_none());
    }

    /// The parts of a derived id do not change when the rest is parsed differently.
    #[test]
    fn what_ids_are_derived_from_stays_as_it_was_read_first() {
        let of = |object: &[u8]| {
            let authored = RawCommit::parse(id(), object).authored();
            (authored.author.name, authored.author.email, authored.title)
        };
        let own =
            |name: &str, email: &str, title: &str| (name.to_owned(), email.to_owned(), title.to_owned());
        let plain = parsed("author Ada <a@b> 1 +0000\n\n\n Title \nwraps\n");
        assert_eq!(of(plain.as_bytes()), own("Ada", "a@b", "Title"));
        let nested = parsed("author Ada <<a@b>> 1 +0000\n\n");
        assert_eq!(of(nested.as_bytes()), own("Ada", "<a@b>", "(no subject)"));
        let mut latin1 = parsed("author J <j@b> 1 +0000\nencoding ISO-8859-1\n\n").into_bytes();
        latin1.extend_from_slice(b"caf\xe9\n");
        assert_eq!(of(&latin1), own("J", "j@b", "caf\u{fffd}"));
    }
}
