//! Aider: `.aider.chat.history.md` at the root of each worktree, all sessions one after the other, as text for people.
//!
//! Only a header and `.aider.input.history` beside it have times, in local time without a zone. When the agent worked
//! is therefore unknown; a prompt has the time of the same text in the input history.
//!
//! A log that is committed at HEAD is not read: it came with the repository, from an unknown machine and zone.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use super::lines::each_line;
use super::log::{Change, Key, Log, Made, Metric, Name, Outcome, Stamp, Tool, What};
use super::{Agent, LogFile, Machine, prose};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, CommitKind, HashEvidence, TokenCounts};
use crate::facts::span::Moment;
use crate::git::Repo;

/// The reader.
pub struct Aider;

const CHAT: &str = ".aider.chat.history.md";
const INPUT: &str = ".aider.input.history";
const HEADER: &str = "# aider chat started at ";

impl Agent for Aider {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::AIDER
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let trees = machine.work_trees.iter();
        match machine.moved(self.identity()) {
            // Relative to where Aider was started, usually the root.
            Some(named) => trees
                .map(|tree| tree.join(&named))
                .chain([named.clone()])
                .collect(),
            None => trees.cloned().collect(),
        }
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let path = if root.is_dir() {
            root.join(CHAT)
        } else {
            root.to_owned()
        };
        // A link counts as its file, which several worktrees may share.
        let Ok(real) = path.canonicalize() else {
            return Vec::new();
        };
        if is_committed(&path) || is_committed(&real) {
            let why = "not read: the log is committed to the repository, so it may come from another machine";
            warnings.push(Warning::new(path.display().to_string(), why));
            return Vec::new();
        }
        let companions = vec![real.with_file_name(INPUT)];
        vec![LogFile {
            path: real,
            companions,
        }]
    }

    fn companions(&self, log: &LogFile, machine: &Machine) -> Vec<PathBuf> {
        let named = machine.folder("AIDER_INPUT_HISTORY_FILE");
        let beside = log.path.parent().unwrap_or(&log.path);
        named.map(|named| beside.join(named)).into_iter().collect()
    }

    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let mut reader = Reader::new(file)?;
        log.wall_clock = true;
        each_line(&file.path, log, |line, number, log| {
            reader.line(line, number, log);
        })?;
        reader.finish_prompt(log);
        Ok(())
    }
}

/// Whether the file is committed at HEAD of the repository around it.
fn is_committed(path: &Path) -> bool {
    let Some(repo) = path.parent().and_then(|folder| Repo::discover(folder).ok()) else {
        return false;
    };
    let trees = repo.work_trees();
    let inside = trees.iter().filter_map(|tree| path.strip_prefix(tree).ok());
    repo.count_of(inside.filter_map(Path::to_str)) > 0
}

/// When each prompt was typed, by the hash of its text, in order.
type Typed = HashMap<Key, Vec<Moment>>;

struct Reader<'file> {
    /// The worktree, if the log is in one.
    folder: Option<&'file Path>,
    /// `None` without an input history.
    typed: Option<Typed>,
    /// When sessions began, without those that were passed.
    ahead: std::vec::IntoIter<Moment>,
    /// The header of the file's first session: it distinguishes logs in directories of the same name.
    first: String,
    stamp: Option<Stamp>,
    model: Option<Name>,
    /// The lines of a prompt so far, and the number of the last.
    prompt: Option<(String, u32)>,
    /// Within a fenced block of a reply: nothing in it is output of the tool.
    fenced: bool,
}

impl<'file> Reader<'file> {
    fn new(file: &'file LogFile) -> io::Result<Self> {
        let mut starts = Vec::new();
        each_line(&file.path, &mut Log::default(), |line, _, _| {
            starts.extend(line.strip_prefix(HEADER).and_then(wall));
        })?;
        Ok(Self {
            folder: file.path.parent().filter(|folder| folder.join(".git").exists()),
            typed: typed(&file.companions),
            ahead: starts.into_iter(),
            first: String::new(),
            stamp: None,
            model: None,
            prompt: None,
            fenced: false,
        })
    }

    fn line(&mut self, line: &str, number: u32, log: &mut Log) {
        if let Some(header) = line.strip_prefix(HEADER) {
            self.finish_prompt(log);
            return self.start(header, number, log);
        }
        let said = line.strip_prefix("####").filter(|_| !self.fenced);
        match (said, &mut self.prompt) {
            (Some(said), Some((prompt, last))) if *last + 1 == number => {
                prompt.push('\n');
                prompt.push_str(said.trim());
                *last = number;
                return;
            }
            _ => self.finish_prompt(log),
        }
        if let Some(said) = said {
            self.prompt = Some((said.trim().to_owned(), number));
        } else if line.starts_with("```") {
            self.fenced = !self.fenced;
        } else if let Some(told) = line.strip_prefix("> ") {
            // They end a reply, so a block that is still open was not one.
            self.fenced &= !(told.starts_with("Tokens: ") || told.starts_with("^C again"));
            if let Some(stamp) = self.stamp(number).filter(|_| !self.fenced) {
                self.told(told, stamp, log);
            }
        }
    }

    fn start(&mut self, header: &str, line: u32, log: &mut Log) {
        self.fenced = false;
        let Some(at) = wall(header) else {
            self.stamp = None;
            return;
        };
        self.ahead.next();
        if self.first.is_empty() {
            header.clone_into(&mut self.first);
        }
        let folder = self.folder.map(|folder| folder.to_string_lossy());
        let name = self.folder.and_then(Path::file_name).unwrap_or_default();
        let digits: String = header.chars().filter(char::is_ascii_digit).collect();
        let place = Key::of(&[&name.to_string_lossy(), &self.first]).0 >> 32;
        let id = format!("{digits}-{place:08x}");
        self.stamp = Some(Stamp {
            folder: folder.map(|folder| log.name(&folder)),
            ..Stamp::new(at, line, log.name(&id))
        });
        if let Some(stamp) = self.stamp(line) {
            log.push(stamp, What::Absent(Metric::AgentTime));
            log.push(stamp, What::Absent(Metric::Edits));
            log.push(stamp, What::Estimated(Metric::Tokens));
            log.push(
                stamp,
                match self.typed {
                    // Only typing has a time: reading counts nowhere while no turn's end is known.
                    Some(_) => What::Estimated(Metric::HumanTime),
                    None => What::Absent(Metric::HumanTime),
                },
            );
        }
    }

    /// The stamp of a line in the current session: the time is the last one known.
    fn stamp(&self, line: u32) -> Option<Stamp> {
        let stamp = self.stamp?;
        let key = Key::of(&[&stamp.session.0.to_string(), &self.first, &line.to_string()]);
        Some(Stamp {
            line,
            key: Some(key),
            ..stamp
        })
    }

    fn finish_prompt(&mut self, log: &mut Log) {
        let Some((prompt, line)) = self.prompt.take() else {
            return;
        };
        self.fenced = false;
        let Some(since) = self.stamp.map(|stamp| stamp.at) else {
            return;
        };
        let at = match &self.typed {
            None => Some(since),
            Some(typed) => (typed.get(&Key::of(&[&prompt])))
                .and_then(|times| times.get(times.partition_point(|at| *at < since)).copied())
                .filter(|at| self.ahead.as_slice().first().is_none_or(|next| at <= next)),
        };
        if let (Some(at), Some(stamp)) = (at, &mut self.stamp) {
            stamp.at = at;
        }
        let what = match at {
            // A heading in a reply, or a prompt that a program gave.
            None => What::Automated,
            Some(_) => What::Prompt {
                kind: kind(&prompt),
                typed: prose::typed(&prompt),
            },
        };
        if let Some(stamp) = self.stamp(line) {
            log.push(stamp, what);
        }
    }

    /// The tool's own output, in quoted lines.
    fn told(&mut self, told: &str, stamp: Stamp, log: &mut Log) {
        if let Some(version) = told.strip_prefix("Aider v") {
            let version = log.name(version.trim());
            log.push(stamp, What::Version(version));
        } else if let Some(model) = told
            .strip_prefix("Main model: ")
            .or_else(|| told.strip_prefix("Model: "))
        {
            let name = model.split(" with ").next().unwrap_or(model).trim();
            self.model = Some(log.name(name));
        } else if let Some(counts) = told.strip_prefix("Tokens: ") {
            let model = self.model.unwrap_or_else(|| log.name("unknown"));
            log.push(
                stamp,
                What::Usage {
                    message: stamp.key,
                    request: None,
                    model,
                    tokens: tokens(counts),
                },
            );
        } else if let Some(file) = told.strip_prefix("Applied edit to ") {
            let path = self.path(file.trim(), log);
            let change = Change {
                path,
                added: Vec::new(),
                removed: Vec::new(),
            };
            did(log, stamp, vec![change], Vec::new());
        } else if let Some(hash) = told.strip_prefix("Commit ").and_then(hash) {
            let made = Made {
                hash: hash.to_owned(),
                kind: CommitKind::Commit,
                folder: None,
                branch: None,
                evidence: HashEvidence::Untimed,
            };
            did(log, stamp, Vec::new(), vec![made]);
        } else if told.starts_with("^C") {
            log.push(stamp, What::Interrupted);
        }
    }

    /// File names are relative to the root of the working tree.
    fn path(&self, file: &str, log: &mut Log) -> Name {
        match self.folder {
            Some(folder) => log.name(&folder.join(file).to_string_lossy()),
            None => log.name(file),
        }
    }
}

/// Something that Aider did: a call with its result, both in one line.
fn did(log: &mut Log, stamp: Stamp, changes: Vec<Change>, commits: Vec<Made>) {
    let id = stamp.key.unwrap_or_else(|| Key::of(&[]));
    log.push(
        stamp,
        What::Call {
            id,
            tool: Tool::Instant,
            changes: Vec::new(),
            reads: Vec::new(),
        },
    );
    log.push(
        stamp,
        What::Result {
            id,
            outcome: Outcome::Done,
            took: None,
            typed: 0,
            changes: Some(changes),
            commits,
        },
    );
}

fn kind(prompt: &str) -> ActionKind {
    match prompt.split_whitespace().next() {
        Some("/ask" | "/code" | "/architect") => ActionKind::Prompt,
        Some("/run" | "/test") => ActionKind::Shell,
        Some(word) if word.starts_with('!') => ActionKind::Shell,
        Some(word) if word.starts_with('/') => ActionKind::Command,
        _ => ActionKind::Prompt,
    }
}

/// `2026-08-10 14:02:11`, with or without a fraction, as if it were UTC.
fn wall(text: &str) -> Option<Moment> {
    let time = chrono::NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(Moment(time.and_utc().timestamp_millis()))
}

/// The hash that a sentence begins with.
fn hash(text: &str) -> Option<&str> {
    let hash = text.split(' ').next()?;
    let is_hex = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    ((4..=64).contains(&hash.len()) && is_hex).then_some(hash)
}

/// `5.2k sent, 1k cache write, 3k cache hit, 1.1k received. Cost: …`: the sent tokens include those of the cache.
fn tokens(counts: &str) -> TokenCounts {
    let counts = counts.split(" received").next().unwrap_or(counts);
    let mut tokens = TokenCounts::default();
    for part in counts.split(", ") {
        match part.split_once(' ') {
            Some((count, "sent")) => tokens.input = rounded(count),
            Some((count, "cache write")) => tokens.cache_write = rounded(count),
            Some((count, "cache hit")) => tokens.cache_read = rounded(count),
            _ => tokens.output = rounded(part),
        }
    }
    tokens.input = (tokens.input)
        .saturating_sub(tokens.cache_write)
        .saturating_sub(tokens.cache_read);
    tokens
}

/// `523`, `5.2k`, `12k`, `1.5M`.
fn rounded(count: &str) -> u64 {
    let (digits, unit) = match count.strip_suffix('k') {
        Some(digits) => (digits, 1e3),
        None => (
            count.trim_end_matches('M'),
            if count.ends_with('M') { 1e6 } else { 1.0 },
        ),
    };
    let number = digits.replace(',', "").parse::<f64>().unwrap_or(0.0) * unit;
    if (0.0..=1e15).contains(&number) {
        number.round() as u64
    } else {
        0
    }
}

/// The input histories: a line with the time before the lines of each prompt, which begin with `+`. `None` without any;
/// if one cannot be read, its prompts have no time.
fn typed(histories: &[PathBuf]) -> Option<Typed> {
    let histories: Vec<&PathBuf> = histories.iter().filter(|path| path.is_file()).collect();
    let mut typed = Typed::new();
    for path in &histories {
        let mut at = None;
        let mut prompt: Vec<String> = Vec::new();
        let mut finish = |at: Option<Moment>, prompt: &mut Vec<String>| {
            if let Some(at) = at.filter(|_| !prompt.is_empty()) {
                typed.entry(Key::of(&[&prompt.join("\n")])).or_default().push(at);
            }
            prompt.clear();
        };
        // Its own faults only cost a prompt its time.
        let _ = each_line(path, &mut Log::default(), |line, _, _| {
            if let Some(said) = line.strip_prefix('+') {
                prompt.push(said.trim().to_owned());
            } else if let Some(time) = line.strip_prefix("# ") {
                finish(at, &mut prompt);
                at = wall(time);
            }
        });
        finish(at, &mut prompt);
    }
    for times in typed.values_mut() {
        times.sort_unstable();
        times.dedup();
    }
    (!histories.is_empty()).then_some(typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_tokens_are_split_by_kind() {
        let counts = tokens(
            "5.2k sent, 1k cache write, 3k cache hit, 523 received. Cost: $0.02 message, $0.03 session.",
        );
        let expected = TokenCounts {
            input: 1200,
            cache_write: 1000,
            cache_read: 3000,
            output: 523,
        };
        assert_eq!(counts, expected);
        assert_eq!(tokens("12k sent, 1.1k received.").total().0, 13_100);
    }

    #[test]
    fn what_stands_in_a_reply_is_no_prompt_and_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CHAT);
        let chat = "# aider chat started at 2026-04-01 11:00:00\n\n#### fix it\n\n#### A heading\n\n```\n> Commit 1a2b3c4 x\n\
                    ```\n> Commit 4c0ffee fix\n";
        std::fs::write(&path, chat).unwrap();
        std::fs::write(folder.path().join(INPUT), "\n# 2026-04-01 11:00:30.25\n+fix it\n").unwrap();
        let mut log = Log::default();
        let files = Aider.logs(folder.path(), &mut Vec::new());
        Aider.read(&files[0], &mut log).unwrap();
        let prompts = log
            .events
            .iter()
            .filter(|event| matches!(event.what, What::Prompt { .. }));
        let times: Vec<i64> = prompts.map(|event| event.stamp.at.0 % 60_000).collect();
        assert_eq!(times, [30_250]);
        let made = log.events.iter().filter_map(|event| match &event.what {
            What::Result { commits, .. } => commits.first().map(|made| made.hash.as_str()),
            _ => None,
        });
        assert_eq!(made.collect::<Vec<_>>(), ["4c0ffee"]);
        assert!(log.wall_clock);
    }

    #[test]
    fn a_prompt_of_a_program_does_not_take_the_time_of_a_later_session() {
        let folder = tempfile::tempdir().unwrap();
        let chat = "# aider chat started at 2026-04-01 11:00:00\n\n#### fix it\n\n# aider chat started at \
                    2026-04-09 11:00:00\n\n#### fix it\n";
        std::fs::write(folder.path().join(CHAT), chat).unwrap();
        std::fs::write(folder.path().join("typed"), "# 2026-04-09 11:00:30\n+fix it\n").unwrap();
        let mut files = Aider.logs(folder.path(), &mut Vec::new());
        let variables = [("AIDER_INPUT_HISTORY_FILE".to_owned(), "typed".to_owned())];
        let machine = Machine {
            variables: variables.into(),
            ..Machine::default()
        };
        let named = Aider.companions(&files[0], &machine);
        files[0].companions.extend(named);
        let mut log = Log::default();
        Aider.read(&files[0], &mut log).unwrap();
        let prompts: Vec<bool> = (log.events.iter())
            .filter_map(|event| match event.what {
                What::Prompt { .. } => Some(true),
                What::Automated => Some(false),
                _ => None,
            })
            .collect();
        assert_eq!(prompts, [false, true]);
    }
}
