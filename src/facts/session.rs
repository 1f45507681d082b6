//! A session: what one run of one agent left in its log.
//!
//! A log contains prompts, code and secrets. Nothing of them is here: a session is times, counts, model names, paths,
//! short commit ids and hashes of lines.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::hash;
use super::ids::SessionId;
use super::quantity::Tokens;
use super::span::{self, Moment, Span};

/// Tokens by kind. `input` is fresh input without the cache; reasoning is part of `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Input that was neither read from a cache nor written to one.
    pub input: u64,
    /// Input written to the cache.
    pub cache_write: u64,
    /// Input read from the cache.
    pub cache_read: u64,
    /// Output, reasoning included.
    pub output: u64,
}

impl TokenCounts {
    /// All kinds together.
    pub fn total(self) -> Tokens {
        [self.input, self.cache_write, self.cache_read, self.output]
            .into_iter()
            .map(Tokens)
            .sum()
    }

    /// The larger of each kind.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cache_write: self.cache_write.max(other.cache_write),
            cache_read: self.cache_read.max(other.cache_read),
            output: self.output.max(other.output),
        }
    }

    /// The rest without a part; `None` if the part has more of some kind.
    #[must_use]
    pub fn checked_sub(self, part: Self) -> Option<Self> {
        Some(Self {
            input: self.input.checked_sub(part.input)?,
            cache_write: self.cache_write.checked_sub(part.cache_write)?,
            cache_read: self.cache_read.checked_sub(part.cache_read)?,
            output: self.output.checked_sub(part.output)?,
        })
    }

    /// The rest without a part; 0 of a kind of which the part has more.
    #[must_use]
    pub fn saturating_sub(self, part: Self) -> Self {
        Self {
            input: self.input.saturating_sub(part.input),
            cache_write: self.cache_write.saturating_sub(part.cache_write),
            cache_read: self.cache_read.saturating_sub(part.cache_read),
            output: self.output.saturating_sub(part.output),
        }
    }
}

impl Add for TokenCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            output: self.output.saturating_add(other.output),
        }
    }
}

impl AddAssign for TokenCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// How a metric came to be. Shown wherever the metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The log records it.
    Measured,
    /// It follows from the log, by a rule.
    Derived,
    /// A model is between the log and the number.
    Estimated,
    /// The log does not show it: the metric is unknown, not zero.
    #[default]
    Absent,
    /// A note has it without recording how it came to be: a line from before notes did.
    Captured,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Measured => "measured",
            Self::Derived => "derived",
            Self::Estimated => "estimated",
            Self::Absent => "absent",
            Self::Captured => "captured",
        })
    }
}

/// Where the metrics of a session come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sources {
    /// When the agent worked.
    pub agent_time: Provenance,
    /// When the person acted. What is computed from it, supervisory minutes, is always estimated.
    pub human_time: Provenance,
    /// Tokens.
    pub tokens: Provenance,
    /// Edited lines.
    pub edits: Provenance,
    /// Commits made.
    pub commits: Provenance,
}

/// A directory in which the session worked, with the branch there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The working directory as the log names it. Untrusted text; may belong to another machine.
    pub folder: String,
    /// The branch checked out there, if the log names it. Untrusted text.
    pub branch: Option<String>,
}

/// What ended a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnEnd {
    /// The log has a record of the end.
    Recorded,
    /// The person interrupted.
    Interrupted,
    /// Nothing followed, or a prompt did: the turn ends with its last event.
    LastEvent,
}

/// From a prompt to the end of the agent's work on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// From prompt to end.
    pub span: Span,
    /// When the agent worked in it: the turn without waits for the person and without unknown time. Sorted, disjoint.
    pub working: Vec<Span>,
    /// Milliseconds in which it is unknown whether anything worked: sleep, rate limits, unanswered permission prompts.
    pub unknown: i64,
    /// Whether a person's prompt opened it. Headless runs, timers and messages of other agents do not count.
    pub human: bool,
    /// What ended it.
    pub end: TurnEnd,
    /// Whether the log records how long the agent worked in it, and `working` adds up to that.
    pub told: bool,
}

/// Turns that follow each other: the main agent, or one subagent in parallel to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lane {
    /// The agent's name for the subagent; `None` for the main lane.
    pub subagent: Option<String>,
    /// In order of time.
    pub turns: Vec<Turn>,
}

/// What a person did, as far as the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionKind {
    /// Typed a prompt.
    Prompt,
    /// Gave a slash command.
    Command,
    /// Ran a shell command.
    Shell,
    /// Answered a question, or approved a plan.
    Answer,
    /// Refused a tool call.
    Refusal,
    /// Interrupted the agent.
    Interrupt,
}

/// One action of a person. How long it took is not in the log: [`super::supervision`] estimates it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Action {
    /// When it was done: a prompt was typed before this.
    pub at: Moment,
    /// What it was.
    pub kind: ActionKind,
    /// Characters typed, without pasted blocks and attachments.
    pub typed: u32,
    /// The agent waited for it since then: a question, an approval.
    pub waited_since: Option<Moment>,
}

/// Tokens that one response of one model took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When the response was logged.
    pub at: Moment,
    /// The model, as the log names it. Untrusted text.
    pub model: String,
    /// Which of the session's lanes: an index into [`Session::lanes`].
    pub lane: u32,
    /// The tokens.
    pub tokens: TokenCounts,
}

/// A line without its text: 64 bits of the hash of the trimmed line.
///
/// Enough to find the line again in a commit, too little to read it. The hash is stable: caches contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineHash(pub u64);

impl LineHash {
    /// The hash of a line without its surrounding white space; `None` for a blank one.
    pub fn of(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return None;
        }
        Some(Self(hash::spread(hash::fnv1a(line.iter().copied()))))
    }

    /// The hashes of all lines of a text that are not blank, in order, with repetitions.
    pub fn of_lines(text: &[u8]) -> Vec<Self> {
        text.split(|byte| *byte == b'\n').filter_map(Self::of).collect()
    }
}

/// One change that the session made to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// When the change was done.
    pub at: Moment,
    /// The file, as the log names it; absolute unless the log was not. Untrusted text.
    pub path: String,
    /// The lines it added, in order, with repetitions. Blank lines are left out.
    pub added: Vec<LineHash>,
    /// The lines it removed, likewise.
    pub removed: Vec<LineHash>,
}

/// Which command made a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommitKind {
    /// `git commit`.
    Commit,
    /// `git commit --amend`.
    Amend,
    /// `git merge` or `git pull`.
    Merge,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git rebase`.
    Rebase,
    /// `git am`.
    Apply,
}

/// Where the hash of a made commit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashEvidence {
    /// In a field of the log made for it.
    Structured,
    /// In the output of a command that makes commits.
    Output,
    /// In a log without the time: the commit was made after [`MadeCommit::at`].
    Untimed,
}

/// A commit that the session's own log names as made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MadeCommit {
    /// When the command had ended; if that is unknown, the last known time before.
    pub at: Moment,
    /// The hash, shortened as the log has it: 4 to 64 lower-case hex digits.
    pub hash: String,
    /// The command.
    pub kind: CommitKind,
    /// The directory in which git ran (`git -C` and `cd … &&` followed), if known. Untrusted text.
    pub folder: Option<String>,
    /// The branch that git names in its output, if any. Untrusted text.
    pub branch: Option<String>,
    /// Where the hash was found.
    pub evidence: HashEvidence,
}

/// A file that the session read or changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Touch {
    /// The file or directory. Untrusted text.
    pub path: String,
    /// When it was first touched.
    pub first: Moment,
    /// When it was last touched.
    pub last: Moment,
    /// Whether it was changed, not only read.
    pub changed: bool,
}

/// One run of one agent, with its subagents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Agent and id.
    pub id: SessionId,
    /// The session that launched this one or from which it was forked, if the log names it.
    pub parent: Option<SessionId>,
    /// From the first to the last event of any lane.
    pub span: Span,
    /// Where it worked, by the first event there, each once.
    pub places: Vec<Place>,
    /// URLs of the repository's remotes, if the log has them. Untrusted text.
    pub remotes: Vec<String>,
    /// Versions of the agent, sorted, each once. Untrusted text.
    pub versions: Vec<String>,
    /// Models that answered, sorted, each once. Untrusted text.
    pub models: Vec<String>,
    /// The main lane first, then one for each subagent.
    pub lanes: Vec<Lane>,
    /// What the person did, in order of time.
    pub actions: Vec<Action>,
    /// Tokens, each response once, in order of time.
    pub usage: Vec<Usage>,
    /// Changes to files, in order of time.
    pub edits: Vec<Edit>,
    /// Commits made, in order of time.
    pub commits: Vec<MadeCommit>,
    /// Files touched, by path.
    pub touched: Vec<Touch>,
    /// Where all this comes from.
    pub sources: Sources,
}

impl Session {
    /// All tokens; `None` if the log has none.
    pub fn tokens(&self) -> Option<TokenCounts> {
        (self.sources.tokens != Provenance::Absent).then(|| {
            self.usage
                .iter()
                .fold(TokenCounts::default(), |sum, usage| sum + usage.tokens)
        })
    }

    /// Milliseconds in which its agents worked, each lane separately.
    pub fn worked(&self) -> i64 {
        self.turns().map(|turn| span::total(&turn.working)).sum()
    }

    /// Milliseconds in which its agents may have worked in addition, each lane separately.
    pub fn unknown(&self) -> i64 {
        self.turns().map(|turn| turn.unknown).sum()
    }

    /// All turns of all lanes.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.lanes.iter().flat_map(|lane| &lane.turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_lines_never_move() {
        let expected = Some(LineHash(0xd051_5b8c_95dc_370a));
        assert_eq!(LineHash::of(b"\tlet x = 1; \r"), expected);
        assert_eq!(LineHash::of(b" \t"), None);
    }

    #[test]
    fn a_line_is_known_again_whatever_its_indentation() {
        assert_eq!(LineHash::of(b"\tlet x = 1;\r"), LineHash::of(b"let x = 1;"));
        assert_ne!(LineHash::of(b"let x = 1;"), LineHash::of(b"let x = 2;"));
        assert_eq!(LineHash::of(b" \t\r"), None);
    }

    #[test]
    fn the_hash_of_a_line_never_changes() {
        assert_eq!(LineHash::of(b"let x = 1;"), Some(LineHash(0xd051_5b8c_95dc_370a)));
    }

    #[test]
    fn repeated_lines_stay_repeated() {
        assert_eq!(LineHash::of_lines(b"a\n\n b\na\n").len(), 3);
    }
}
