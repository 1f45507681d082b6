//! Logs as Claude Code leaves them: prompts, answers with their tokens, tool calls, and the commit at the end.

use std::fs;
use std::io;
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::random::Random;

/// The model that the made-up agent ran on.
pub(super) const MODEL: &str = "claude-opus-4-6";

/// Seconds that a command takes.
const COMMAND: f64 = 2.0;

/// One session that ended in a commit.
pub(super) struct Trace<'a> {
    /// The id of the session.
    pub(super) session: &'a str,
    /// Where the agent worked: the working tree.
    pub(super) directory: &'a Path,
    /// What it was asked to do, and the subject of the commit.
    pub(super) subject: &'a str,
    /// The commit, shortened; `None` where nothing came of it.
    pub(super) commit: Option<&'a str>,
    /// The end, in seconds since the epoch.
    pub(super) end: i64,
    /// How long the agent worked.
    pub(super) agent_minutes: f64,
    /// How long a person read and wrote between its turns.
    pub(super) supervisory_minutes: f64,
    /// All tokens together.
    pub(super) tokens: u64,
}

impl Trace<'_> {
    /// Writes the log below `root`, where Claude Code would keep it.
    pub(super) fn write(&self, root: &Path, random: &mut Random) -> io::Result<()> {
        let folder: String = self
            .directory
            .to_string_lossy()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let folder = root.join("projects").join(folder);
        fs::create_dir_all(&folder)?;
        let lines: String = self
            .records(random)
            .iter()
            .map(|record| format!("{record}\n"))
            .collect();
        fs::write(folder.join(format!("{}.jsonl", self.session)), lines)
    }

    /// Turns of equal length, with a person's time between them.
    fn records(&self, random: &mut Random) -> Vec<Value> {
        let turns = (self.supervisory_minutes / 3.0).round().clamp(1.0, 4.0);
        let turn = self.agent_minutes * 60.0 / turns;
        let pause = if turns > 1.0 {
            self.supervisory_minutes * 60.0 / (turns - 1.0)
        } else {
            0.0
        };
        let mut log = Log {
            trace: self,
            records: Vec::new(),
            random,
            parent: Value::Null,
        };
        let mut clock = self.end as f64 - turns * turn - (turns - 1.0) * pause;
        for number in 0..turns as u64 {
            let is_last = number + 1 == turns as u64;
            log.turn(clock, turn, (self.tokens as f64 / turns) as u64, number, is_last);
            clock += turn + pause;
        }
        log.records
    }
}

/// A log in the making.
struct Log<'a> {
    trace: &'a Trace<'a>,
    records: Vec<Value>,
    random: &'a mut Random,
    parent: Value,
}

impl Log<'_> {
    fn turn(&mut self, start: f64, seconds: f64, tokens: u64, number: u64, is_last: bool) {
        let prompt = match number {
            0 => self.trace.subject.to_owned(),
            _ => "Good. Go on, and keep the tests green".to_owned(),
        };
        self.push(start, json!({"type": "user", "origin": {"kind": "human"}, "promptSource": "typed", "message": {"role": "user", "content": prompt}}));
        let steps = (seconds / 240.0).ceil().clamp(2.0, 8.0);
        for step in 0..steps as u64 {
            let is_commit = is_last && step + 1 == steps as u64;
            // The commit carries the second in which the turn ends.
            let at = match is_commit {
                true => start + seconds - COMMAND,
                false => start + seconds * (step as f64 + 0.5) / steps,
            };
            self.step(at, tokens / steps as u64, is_commit);
        }
        self.push(start + seconds, json!({"type": "system", "subtype": "turn_duration", "durationMs": (seconds * 1000.0) as u64, "pendingBackgroundAgentCount": 0}));
    }

    /// One answer that calls a tool, and what the tool said.
    fn step(&mut self, at: f64, tokens: u64, is_commit: bool) {
        let commit = self.trace.commit.filter(|_| is_commit);
        let command = match commit {
            Some(_) => format!(
                "git commit --all --message '{}'",
                self.trace.subject.replace('\'', "")
            ),
            None => "make test".to_owned(),
        };
        let call = format!("toolu_{:016x}", self.random.next());
        let usage = json!({
            "input_tokens": tokens / 100,
            "cache_creation_input_tokens": tokens / 10,
            "cache_read_input_tokens": tokens - tokens / 100 - tokens / 10 - tokens / 20,
            "output_tokens": tokens / 20,
        });
        let answer = json!({
            "id": format!("msg_{:016x}", self.random.next()),
            "role": "assistant",
            "model": MODEL,
            "stop_reason": "tool_use",
            "content": [{"type": "tool_use", "id": call, "name": "Bash", "input": {"command": command}}],
            "usage": usage,
        });
        let request = format!("req_{:016x}", self.random.next());
        self.push(
            at,
            json!({"type": "assistant", "requestId": request, "message": answer}),
        );
        let stdout = match commit {
            Some(id) => format!("[main {id}] {}", self.trace.subject),
            None => "ok".to_owned(),
        };
        let mut result = json!({"stdout": stdout, "stderr": "", "interrupted": false});
        if let Some(id) = commit {
            result["gitOperation"] = json!({"commit": {"sha": id, "kind": "committed"}});
        }
        let content = json!([{"type": "tool_result", "tool_use_id": call, "content": stdout}]);
        self.push(
            at + COMMAND,
            json!({"type": "user", "message": {"role": "user", "content": content}, "toolUseResult": result}),
        );
    }

    /// Adds a record in the envelope that all share.
    fn push(&mut self, at: f64, mut record: Value) {
        let id = uuid(self.random);
        let millis = (at * 1000.0) as i64;
        let timestamp = DateTime::from_timestamp_millis(millis)
            .unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true);
        let envelope = json!({
            "uuid": id,
            "parentUuid": std::mem::replace(&mut self.parent, json!(id)),
            "sessionId": self.trace.session,
            "timestamp": timestamp,
            "cwd": self.trace.directory.to_string_lossy(),
            "gitBranch": "main",
            "version": "2.1.225",
            "userType": "external",
            "isSidechain": false,
        });
        if let (Some(record), Value::Object(envelope)) = (record.as_object_mut(), envelope) {
            record.extend(envelope);
        }
        self.records.push(record);
    }
}

/// An id in the form of a UUID.
pub(super) fn uuid(random: &mut Random) -> String {
    uuid::Builder::from_random_bytes(std::array::from_fn(|_| (random.next() & 0xff) as u8))
        .into_uuid()
        .to_string()
}
