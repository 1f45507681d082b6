//! Signs: evidence for a link or for who made a commit, with the text of each in notes and formats.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The kinds of evidence for a link, the strongest first. Time by itself is on no rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// The session's own log names the commit.
    Hash,
    /// A note or trailer of the commit names the session.
    Record,
    /// Lines that the session wrote or removed are written or removed by the commit.
    Lines,
    /// The commit was made where the session worked: its time and its files, or its position in the session's branch.
    Context,
    /// The same day and a file in common: a hint.
    Day,
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "hash",
            Self::Record => "record",
            Self::Lines => "lines",
            Self::Context => "context",
            Self::Day => "day",
        })
    }
}

/// How a log names a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashSign {
    /// In a field made for it.
    Structured,
    /// In the output of a command that makes commits.
    Output,
    /// Without a time.
    Untimed,
    /// Not itself: a commit that it is a copy of.
    Copy,
    /// No longer: this one replaced the commit that it names.
    Rewritten,
}

/// One sign. Its text is what is compared, sorted and written; [`Sign::Other`] is from a later version or from
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `author`: the commit's author is an agent.
    Author,
    /// `trailer:leverage-…`: a `Leverage-` trailer, by its key without the prefix.
    OwnTrailer(String),
    /// `trailer:…`: a trailer of another tool, by its key in lower case.
    Trailer(String),
    /// `text:…`: a line of the message that a tool leaves.
    Text(String),
    /// `note:…`: a note, by the tool that wrote it.
    Note(String),
    /// `human:…`: a note that names a person without an agent, by the tool that wrote it.
    Human(String),
    /// `session:…`: a session is linked to the commit, by the kind of evidence.
    Session(Rung),
    /// `url:…`: an address in the message names the session, by its agent.
    Url(String),
    /// `hash:…`: the session's log names the commit.
    Hash(HashSign),
    /// `lines:N`: N lines of the session are in the commit.
    Lines(usize),
    /// `window:N`: the session was active at the time, and changed N of the commit's files.
    Window(usize),
    /// `follows:N`: the commit continues the session's branch, in N of its files.
    Follows(usize),
    /// `beside:N`: a neighbor of the commit is the session's.
    Beside(usize),
    /// `day:N`: at most a day after the session, which changed N of the files.
    Day(usize),
    /// `ambiguous:N`: N sessions fit equally well.
    Ambiguous(usize),
    /// `launched`: a session that is linked to the commit launched this one while it worked on that.
    Launched,
    /// `copy`: another link of the session has the same change and its share.
    Copy,
    /// Anything else, as written. Untrusted text.
    Other(String),
}

impl Sign {
    /// A trailer, by its key in lower case.
    pub fn trailer(key: &str) -> Self {
        match key.strip_prefix("leverage-") {
            Some(own) => Self::OwnTrailer(own.to_owned()),
            None => Self::Trailer(key.to_owned()),
        }
    }

    /// The kind of evidence that it is for a link; `None` if it is not for one.
    pub fn rung(&self) -> Option<Rung> {
        match self {
            Self::Hash(_) => Some(Rung::Hash),
            Self::OwnTrailer(_) | Self::Trailer(_) | Self::Note(_) | Self::Url(_) => Some(Rung::Record),
            Self::Lines(_) => Some(Rung::Lines),
            Self::Window(_) | Self::Follows(_) | Self::Beside(_) | Self::Launched => Some(Rung::Context),
            Self::Day(_) => Some(Rung::Day),
            Self::Author | Self::Text(_) | Self::Human(_) | Self::Session(_) => None,
            Self::Ambiguous(_) | Self::Copy | Self::Other(_) => None,
        }
    }

    /// Whether it shows that a person made a commit. Any other is for an agent.
    pub fn is_of_person(&self) -> bool {
        matches!(self, Self::Human(_))
    }

    /// Whether another tool left it in the message.
    pub fn is_foreign_mark(&self) -> bool {
        matches!(self, Self::Trailer(_) | Self::Text(_))
    }

    /// The parts before and after the colon.
    fn parts(&self) -> (&str, Option<Cow<'_, str>>) {
        let count = |count: &usize| Some(Cow::Owned(count.to_string()));
        let text = |text| Some(Cow::Borrowed(text));
        match self {
            Self::Author => ("author", None),
            Self::OwnTrailer(key) => ("trailer", Some(format!("leverage-{key}").into())),
            Self::Trailer(key) => ("trailer", text(key.as_str())),
            Self::Text(kind) => ("text", text(kind)),
            Self::Note(tool) => ("note", text(tool)),
            Self::Human(tool) => ("human", text(tool)),
            Self::Session(rung) => ("session", Some(rung.to_string().into())),
            Self::Url(agent) => ("url", text(agent)),
            Self::Hash(how) => ("hash", text(how.text())),
            Self::Lines(lines) => ("lines", count(lines)),
            Self::Window(files) => ("window", count(files)),
            Self::Follows(files) => ("follows", count(files)),
            Self::Beside(files) => ("beside", count(files)),
            Self::Day(files) => ("day", count(files)),
            Self::Ambiguous(sessions) => ("ambiguous", count(sessions)),
            Self::Launched => ("launched", None),
            Self::Copy => ("copy", None),
            Self::Other(text) => (text, None),
        }
    }

    /// The sign with these parts, if they form one.
    fn of_parts(kind: &str, value: &str) -> Option<Self> {
        let count = || value.parse().ok();
        Some(match kind {
            "trailer" => Self::trailer(value),
            "text" => Self::Text(value.to_owned()),
            "note" => Self::Note(value.to_owned()),
            "human" => Self::Human(value.to_owned()),
            "session" => Self::Session(rung_called(value)?),
            "url" => Self::Url(value.to_owned()),
            "hash" => Self::Hash(HashSign::called(value)?),
            "lines" => Self::Lines(count()?),
            "window" => Self::Window(count()?),
            "follows" => Self::Follows(count()?),
            "beside" => Self::Beside(count()?),
            "day" => Self::Day(count()?),
            "ambiguous" => Self::Ambiguous(count()?),
            _ => return None,
        })
    }
}

fn rung_called(text: &str) -> Option<Rung> {
    let all = [Rung::Hash, Rung::Record, Rung::Lines, Rung::Context, Rung::Day];
    all.into_iter().find(|rung| rung.to_string() == text)
}

impl HashSign {
    fn text(self) -> &'static str {
        match self {
            Self::Structured => "structured",
            Self::Output => "output",
            Self::Untimed => "untimed",
            Self::Copy => "copy",
            Self::Rewritten => "rewritten",
        }
    }

    fn called(text: &str) -> Option<Self> {
        let all = [
            Self::Structured,
            Self::Output,
            Self::Untimed,
            Self::Copy,
            Self::Rewritten,
        ];
        all.into_iter().find(|how| how.text() == text)
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (kind, Some(value)) => write!(f, "{kind}:{value}"),
            (text, None) => f.write_str(text),
        }
    }
}

impl FromStr for Sign {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = match (text, text.split_once(':')) {
            ("author", _) => Some(Self::Author),
            ("launched", _) => Some(Self::Launched),
            ("copy", _) => Some(Self::Copy),
            (_, Some((kind, value))) => Self::of_parts(kind, value),
            _ => None,
        };
        // A number has several spellings: the written bytes are preserved.
        let exact = known.filter(|sign| sign.to_string() == text);
        Ok(exact.unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl Ord for Sign {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

impl PartialOrd for Sign {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Sign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Sign {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ok(sign) = String::deserialize(deserializer)?.parse();
        Ok(sign)
    }
}

/// Signs in a row, as people read them. Untrusted text.
pub fn in_words(signs: &[Sign]) -> String {
    signs.iter().map(Sign::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(text: &str) -> Sign {
        let Ok(sign) = text.parse();
        sign
    }

    #[test]
    fn every_sign_keeps_its_text_and_its_rung() {
        let all = [
            ("author", Sign::Author, None),
            (
                "trailer:leverage-agent",
                Sign::OwnTrailer("agent".into()),
                Some(Rung::Record),
            ),
            (
                "trailer:claude-session",
                Sign::Trailer("claude-session".into()),
                Some(Rung::Record),
            ),
            ("text:generated-with", Sign::Text("generated-with".into()), None),
            ("note:git-ai", Sign::Note("git-ai".into()), Some(Rung::Record)),
            ("human:git-ai", Sign::Human("git-ai".into()), None),
            ("session:context", Sign::Session(Rung::Context), None),
            (
                "url:claude-code",
                Sign::Url("claude-code".into()),
                Some(Rung::Record),
            ),
            (
                "hash:rewritten",
                Sign::Hash(HashSign::Rewritten),
                Some(Rung::Hash),
            ),
            ("lines:12", Sign::Lines(12), Some(Rung::Lines)),
            ("window:3", Sign::Window(3), Some(Rung::Context)),
            ("follows:1", Sign::Follows(1), Some(Rung::Context)),
            ("beside:0", Sign::Beside(0), Some(Rung::Context)),
            ("day:2", Sign::Day(2), Some(Rung::Day)),
            ("ambiguous:2", Sign::Ambiguous(2), None),
            ("launched", Sign::Launched, Some(Rung::Context)),
            ("copy", Sign::Copy, None),
        ];
        for (text, expected, rung) in all {
            assert_eq!((sign(text), expected.to_string().as_str()), (expected, text));
            assert_eq!(sign(text).rung(), rung, "{text}");
        }
    }

    #[test]
    fn what_is_not_known_keeps_its_bytes() {
        for text in [
            "",
            "log:commit",
            "lines:07",
            "lines:+7",
            "hash:",
            "session:",
            "copy:",
            "author:x",
            "a:b:c",
        ] {
            assert_eq!(sign(text), Sign::Other(text.to_owned()));
            assert_eq!(sign(text).to_string(), text);
        }
        for text in ["trailer:", "note:a:b", "human:"] {
            assert_eq!(sign(text).to_string(), text);
            assert!(!matches!(sign(text), Sign::Other(_)), "{text}");
        }
    }

    #[test]
    fn signs_are_in_the_order_of_their_texts() {
        let mut signs = ["note:git-ai", "lines:9", "lines:12", "author", "zzz", "trailer:a"].map(sign);
        signs.sort();
        assert_eq!(
            in_words(&signs),
            "author lines:12 lines:9 note:git-ai trailer:a zzz"
        );
    }

    #[test]
    fn json_has_the_text() {
        let read: Vec<Sign> = serde_json::from_str(r#"["lines:2","log:commit"]"#).unwrap();
        assert_eq!(read, [Sign::Lines(2), Sign::Other("log:commit".into())]);
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            r#"["lines:2","log:commit"]"#
        );
    }
}
