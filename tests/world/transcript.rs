//! A Claude Code log, written event by event. Minutes are counted from [`super::START`].

use std::path::Path;

use serde_json::{Value, json};

use super::{START, World};

/// A log under construction.
pub struct Transcript {
    session: String,
    folder: String,
    records: Vec<Value>,
    lines: Vec<String>,
}

impl Transcript {
    /// The log of a session that works in `folder`.
    pub fn new(session: &str, folder: &Path) -> Self {
        Self {
            session: session.to_owned(),
            folder: folder.to_string_lossy().into_owned(),
            records: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A person's prompt.
    pub fn prompt(self, minute: i64, text: &str) -> Self {
        let message = json!({"role": "user", "content": text});
        self.record(minute, json!({"type": "user", "message": message}))
    }

    /// An answer of the model that took 10 input, 20 written, 30 read and 40 output tokens.
    pub fn answer(self, minute: i64, text: &str) -> Self {
        self.response(minute, &json!({"type": "text", "text": text}))
    }

    /// A file written as a whole.
    pub fn write(self, minute: i64, file: &str, content: &str) -> Self {
        let path = format!("{}/{file}", self.folder);
        let input = json!({"file_path": path, "content": content});
        let result = json!({"filePath": path, "type": "create", "structuredPatch": []});
        self.tool(minute, "Write", &input, "File created", &result)
    }

    /// A shell command with what it printed.
    pub fn command(self, minute: i64, command: &str, printed: &str) -> Self {
        let result = json!({"stdout": printed, "stderr": "", "interrupted": false});
        self.tool(minute, "Bash", &json!({"command": command}), printed, &result)
    }

    /// The end of a turn.
    pub fn end(self, minute: i64) -> Self {
        self.record(
            minute,
            json!({"type": "system", "subtype": "turn_duration", "durationMs": 1}),
        )
    }

    /// Any other record.
    pub fn raw(self, minute: i64, record: Value) -> Self {
        self.record(minute, record)
    }

    /// A line that is written unchanged, after all records.
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(format!("{line}\n"));
        self
    }

    /// Writes the log into the home of the world.
    pub fn save(self, world: &World) {
        let folder = world.home().join(".claude/projects/any");
        std::fs::create_dir_all(&folder).expect("a folder for logs");
        std::fs::write(folder.join(format!("{}.jsonl", self.session)), self.text()).expect("a log");
    }

    /// The log as it is in its file.
    pub fn text(&self) -> String {
        let records = self.records.iter().map(|record| format!("{record}\n"));
        records.chain(self.lines.iter().cloned()).collect()
    }

    fn tool(self, minute: i64, name: &str, input: &Value, printed: &str, result: &Value) -> Self {
        let id = format!("tool-{}-{}", self.session, self.records.len());
        let call = json!({"type": "tool_use", "id": id, "name": name, "input": input});
        let content = json!([{"type": "tool_result", "tool_use_id": id, "content": printed}]);
        self.response(minute, &call).record(
            minute,
            json!({"type": "user", "toolUseResult": result, "message": {"role": "user", "content": content}}),
        )
    }

    fn response(self, minute: i64, block: &Value) -> Self {
        let id = format!("message-{}-{}", self.session, self.records.len());
        let usage = json!({
            "input_tokens": 10, "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30, "output_tokens": 40,
        });
        let message = json!({
            "id": id, "role": "assistant", "model": "model-x", "content": [block], "usage": usage,
        });
        self.record(
            minute,
            json!({"type": "assistant", "requestId": id, "message": message}),
        )
    }

    fn record(mut self, minute: i64, mut record: Value) -> Self {
        let at = chrono::DateTime::from_timestamp(START + minute * 60, 0).expect("an instant");
        let number = self.records.len();
        let envelope = json!({
            "uuid": format!("{}-{number}", self.session),
            "sessionId": self.session,
            "timestamp": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "cwd": self.folder,
            "gitBranch": "main",
            "version": "2.0.0",
        });
        if let (Value::Object(record), Value::Object(envelope)) = (&mut record, envelope) {
            record.extend(envelope);
        }
        self.records.push(record);
        self
    }
}
