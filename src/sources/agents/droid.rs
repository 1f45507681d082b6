//! Factory Droid: `sessions/<folder>/<id>.jsonl`, one record per message, with `<id>.settings.json` beside it.
//!
//! Tokens are only in the settings: one total of the session, rewritten while it grows. How it is distributed over days
//! is unknown, so it is assigned to the first answer after the provider was chosen, and counts as estimated. A worker
//! that a session launched has a separate log, which names its caller; nobody typed its prompt, nor that of
//! `droid exec`.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_record;
use super::log::{Key, Log, Metric, Name, Outcome, Stamp, Tool, What};
use super::value::{companion, content, count, instant, is_miscounted, items, text, timed};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

/// The reader.
pub struct Droid;

/// Time limits of commands below this are seconds, not milliseconds.
const LONGEST_IN_SECONDS: u32 = 3600;

impl Agent for Droid {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::DROID
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let home = machine.moved(self.identity()).or_else(|| machine.home.clone());
        home.map(|home| home.join(".factory/sessions"))
            .into_iter()
            .collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let mut files = files_below(root, warnings, |path| {
            path.extension().is_some_and(|extension| extension == "jsonl")
        });
        for file in &mut files {
            file.companions.push(beside(file));
        }
        files
    }

    /// The totals are rewritten with every answer.
    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let settings = companion(&beside(file), log);
        let mut reader = Reader::new(file, &settings, log);
        each_record(&file.path, log, |line, number, log| {
            reader.read(&line.parse()?, number, log);
            Ok(())
        })?;
        read_totals(&settings, log);
        Ok(())
    }
}

/// The settings of the session.
fn beside(file: &LogFile) -> PathBuf {
    file.path.with_extension("settings.json")
}

/// What the records of a log have in common.
struct Reader {
    stamp: Stamp,
    /// The session that called this one or that it was forked from, until the first record with a time.
    parent: Option<Name>,
    /// Whether nobody typed the prompts.
    automated: bool,
}

impl Reader {
    fn new(file: &LogFile, settings: &Value, log: &mut Log) -> Self {
        let id = file.path.file_stem().unwrap_or_default().to_string_lossy();
        let tags = items(settings, "/tags");
        let caller = tags
            .iter()
            .map(|tag| text(tag, "/metadata/callingSessionId"))
            .find(|caller| !caller.is_empty());
        Self {
            stamp: Stamp::new(Moment::default(), 0, log.name(&id)),
            parent: caller.map(|caller| log.name(caller)),
            automated: caller.is_some() || tags.iter().any(|tag| text(tag, "/name") == "exec"),
        }
    }

    fn read(&mut self, record: &Value, line: u32, log: &mut Log) {
        if text(record, "/type") == "session_start" {
            return self.open(record, log);
        }
        let Some(at) = timed(record, "/timestamp", line, log) else {
            return;
        };
        let mut stamp = Stamp {
            at,
            line,
            ..self.stamp
        };
        if let Some(parent) = self.parent.take() {
            log.push(stamp, What::Parent(parent));
        }
        let id = text(record, "/id");
        stamp.key = (!id.is_empty()).then(|| Key::of(&[id]));
        match text(record, "/type") {
            "message" => self.read_message(record, stamp, log),
            "compaction" | "compaction_state" => log.push(stamp, What::Work),
            "session_end" => log.push(stamp, What::TurnEnd(None)),
            _ => {}
        }
    }

    fn open(&mut self, record: &Value, log: &mut Log) {
        let mut some = |pointer| {
            let text = text(record, pointer);
            (!text.is_empty()).then(|| log.name(text))
        };
        self.stamp.session = some("/id").unwrap_or(self.stamp.session);
        self.stamp.folder = some("/cwd");
        let caller = some("/callingSessionId");
        self.automated |= caller.is_some();
        self.parent = caller.or_else(|| some("/parent")).or(self.parent);
    }

    fn read_message(&self, record: &Value, stamp: Stamp, log: &mut Log) {
        let Some(message) = record.get("message") else {
            return;
        };
        let for_the_model_alone = [record, message]
            .iter()
            .any(|place| text(place, "/visibility") == "llm_only");
        match text(message, "/role") {
            "user" if !for_the_model_alone => self.read_input(message, stamp, log),
            "assistant" => read_answer(message, stamp, log),
            _ => {}
        }
    }

    /// A prompt, or the results of tools.
    fn read_input(&self, message: &Value, stamp: Stamp, log: &mut Log) {
        let blocks = items(message, "/content");
        let mut results = 0;
        for block in blocks
            .iter()
            .filter(|block| text(block, "/type") == "tool_result")
        {
            let failed = block.get("is_error").and_then(Value::as_bool) == Some(true);
            let outcome = if failed { Outcome::Failed } else { Outcome::Done };
            let id = Key::of(&[text(block, "/tool_use_id")]);
            let what = tools::result(log, id, outcome, None, &content(block.get("content")));
            log.push(stamp, what);
            results += 1;
        }
        let said = match blocks {
            [] => text(message, "/content").to_owned(),
            _ => blocks
                .iter()
                .map(|block| text(block, "/text"))
                .filter(|said| !is_attached(said))
                .collect::<Vec<_>>()
                .join("\n"),
        };
        if results > 0 || prose::is_injected(&said) {
            return;
        }
        let what = if self.automated {
            What::Automated
        } else {
            What::Prompt {
                kind: ActionKind::Prompt,
                typed: prose::typed(&said),
            }
        };
        log.push(stamp, what);
    }
}

/// Whether a block of a prompt is a file that the person named in it.
fn is_attached(said: &str) -> bool {
    let first = said.lines().next().unwrap_or_default();
    first.starts_with("Contents of ") && first.ends_with("):") && first.contains(" (lines ")
}

fn read_answer(message: &Value, stamp: Stamp, log: &mut Log) {
    log.push(stamp, What::Work);
    for block in items(message, "/content") {
        if text(block, "/type") != "tool_use" {
            continue;
        }
        let arguments = block.get("input").unwrap_or(&Value::Null);
        let mut what = tools::call(
            log,
            Key::of(&[text(block, "/id")]),
            text(block, "/name"),
            arguments,
        );
        if let What::Call {
            tool: Tool::Command {
                timeout: Some(timeout),
            },
            ..
        } = &mut what
            && *timeout < LONGEST_IN_SECONDS
        {
            *timeout *= 1000;
        }
        log.push(stamp, what);
    }
}

fn read_totals(settings: &Value, log: &mut Log) {
    if settings.get("tokenUsage").is_some_and(is_miscounted) {
        return log.refuse(
            1,
            "invalid token count in its settings file; its total is not counted",
        );
    }
    let tokens = tokens(settings);
    if tokens == TokenCounts::default() {
        return;
    }
    let chosen = instant(settings, "/providerLockTimestamp");
    let answers = log.events.iter().filter(|event| event.what == What::Work);
    let mut stamps = answers.map(|event| event.stamp);
    let first = chosen.and_then(|chosen| stamps.clone().find(|stamp| stamp.at >= chosen));
    let Some(stamp) = first.or_else(|| stamps.next_back()) else {
        return;
    };
    let stamp = Stamp { key: None, ..stamp };
    let named = text(settings, "/model");
    let model = log.name(if named.is_empty() { "unknown" } else { named });
    let session = log.text(stamp.session).to_owned();
    log.push(stamp, What::Estimated(Metric::Tokens));
    log.push(
        stamp,
        What::Usage {
            message: Some(Key::of(&["total", &session])),
            request: None,
            model,
            tokens,
        },
    );
}

/// The usage of the session itself; `inclusiveTokenUsage` includes its workers, whose logs have the same.
fn tokens(settings: &Value) -> TokenCounts {
    let output = count(settings, "/tokenUsage/outputTokens");
    let thought = count(settings, "/tokenUsage/thinkingTokens");
    TokenCounts {
        input: count(settings, "/tokenUsage/inputTokens"),
        cache_write: count(settings, "/tokenUsage/cacheCreationTokens"),
        cache_read: count(settings, "/tokenUsage/cacheReadTokens"),
        // Thinking is a part of the output, unless it is larger.
        output: if thought > output {
            output + thought
        } else {
            output
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::assemble::assemble;
    use super::*;
    use crate::facts::session::{Provenance, Session};

    /// The sessions in a directory of logs: name and text of each file.
    fn sessions(files: &[(&str, &str)]) -> Vec<Session> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut warnings = Vec::new();
        let logs: Vec<(PathBuf, Log)> = Droid
            .logs(folder.path(), &mut warnings)
            .into_iter()
            .map(|file| {
                let mut log = Log::default();
                Droid.read(&file, &mut log).unwrap();
                assert_eq!(log.flaws, []);
                (file.path, log)
            })
            .collect();
        assert_eq!(warnings, []);
        assemble("droid", &logs)
    }

    fn message(id: &str, minute: u32, role: &str, content: &str) -> String {
        format!(
            r#"{{"type":"message","id":"{id}","timestamp":"2026-08-07T12:{minute:02}:00.000Z","message":{{"role":"{role}","content":{content}}}}}"#
        )
    }

    fn log(header: &str, messages: &[String]) -> String {
        format!(r#"{{"type":"session_start",{header}}}"#) + "\n" + &messages.join("\n") + "\n"
    }

    const ANSWER: &str = r#"[{"type":"text","text":"done"}]"#;

    #[test]
    fn what_programs_put_into_a_prompt_was_not_typed() {
        let attached = r#"[{"type":"text","text":"<system-reminder>be brief</system-reminder>"},
            {"type":"text","text":"fix it"},
            {"type":"text","text":"Contents of /w/a.rs (lines 1-2 of 2):\nlet a;\n"}]"#
            .replace('\n', " ");
        let hidden = message("m0", 0, "user", r#"[{"type":"text","text":"tools"}]"#)
            .replace(r#""role":"user""#, r#""role":"user","visibility":"llm_only""#);
        let all = log(
            r#""id":"d","cwd":"/w""#,
            &[
                hidden,
                message("m1", 1, "user", &attached.replace(":\\n", "):\\n")),
                message("m2", 2, "assistant", ANSWER),
                message(
                    "m3",
                    3,
                    "user",
                    r#"[{"type":"text","text":"<system-reminder>x</system-reminder>"}]"#,
                ),
            ],
        );
        let found = sessions(&[("d.jsonl", &all)]);
        let typed: Vec<u32> = found[0].actions.iter().map(|action| action.typed).collect();
        assert_eq!(typed, [6]);
    }

    #[test]
    fn a_worker_names_its_caller_and_nobody_typed_its_prompt() {
        let prompt = |id| message(id, 1, "user", r#"[{"type":"text","text":"go"}]"#);
        let worker = log(
            r#""id":"w","cwd":"/w","callingSessionId":"d","callingToolUseId":"t""#,
            &[prompt("w1"), message("w2", 3, "assistant", ANSWER)],
        );
        let headless = log(
            r#""id":"h""#,
            &[prompt("h1"), message("h2", 3, "assistant", ANSWER)],
        );
        let found = sessions(&[
            ("w.jsonl", &worker),
            ("h.jsonl", &headless),
            ("h.settings.json", r#"{"tags":[{"name":"exec"}]}"#),
        ]);
        let seen: Vec<_> = found
            .iter()
            .map(|session| {
                let parent = session.parent.as_ref().map(|parent| parent.id.clone());
                (parent, session.actions.len(), session.worked())
            })
            .collect();
        assert_eq!(seen, [(None, 0, 120_000), (Some("d".into()), 0, 120_000)]);
    }

    #[test]
    fn the_total_stands_at_the_first_answer_after_the_provider_was_chosen() {
        let all = log(
            r#""id":"d""#,
            &[
                message("m1", 1, "user", r#""go""#),
                message("m2", 2, "assistant", ANSWER),
                message("m3", 9, "user", r#""on""#),
                message("m4", 12, "assistant", ANSWER),
            ],
        );
        let usage =
            r#""tokenUsage":{"inputTokens":10,"outputTokens":50,"cacheReadTokens":7,"thinkingTokens":20}"#;
        for (lock, minute) in [
            (r#""providerLockTimestamp":"2026-08-07T12:08:59.000Z","#, 12),
            ("", 12),
            (r#""providerLockTimestamp":"2026-08-07T12:00:59.000Z","#, 2),
        ] {
            let settings = format!("{{{lock}{usage}}}");
            let found = sessions(&[("d.jsonl", &all), ("d.settings.json", &settings)]);
            let total = &found[0].usage[0];
            let shown = total.at.seconds() % 3600 / 60;
            assert_eq!(
                (found[0].usage.len(), shown, total.tokens.output),
                (1, minute, 50)
            );
            assert_eq!(found[0].sources.tokens, Provenance::Estimated);
            assert_eq!(found[0].worked(), 4 * 60_000);
        }
    }

    #[test]
    fn settings_that_are_being_written_say_nothing_yet() {
        let all = log(
            r#""id":"d""#,
            &[
                message("m1", 1, "user", r#""go""#),
                message("m2", 2, "assistant", ANSWER),
            ],
        );
        for settings in [
            "",
            r#"{"tokenUsage":{"inputTok"#,
            r#"{"tokenUsage":{"inputTokens":0}}"#,
        ] {
            let found = sessions(&[("d.jsonl", &all), ("d.settings.json", settings)]);
            assert_eq!(
                (found[0].tokens(), found[0].sources.tokens),
                (None, Provenance::Absent)
            );
        }
    }

    #[test]
    fn a_time_limit_is_in_seconds() {
        let call = r#"[{"type":"tool_use","id":"t","name":"Execute","input":{"command":"cargo test","timeout":120}}]"#;
        let result = r#"[{"type":"tool_result","tool_use_id":"t","content":"ok"}]"#;
        let all = log(
            r#""id":"d""#,
            &[
                message("m1", 1, "user", r#""go""#),
                message("m2", 1, "assistant", call),
                message("m3", 9, "user", result),
            ],
        );
        assert_eq!(sessions(&[("d.jsonl", &all)])[0].worked(), 2 * 60_000);
    }
}
