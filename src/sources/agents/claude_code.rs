//! Claude Code: `projects/<folder>/<session>.jsonl`, subagents beside it, one record a content block.
//!
//! The format is internal to the agent and changes; every field is optional here. A record's own `cwd` counts, never the
//! name of its folder.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::change;
use super::commands::{self, Making};
use super::lines::each_line;
use super::log::{Change, Key, Log, Made, NAMELESS, Outcome, Stamp, TIMELESS, Tool, What};
use super::prose;
use super::record::{Content, Tally, flag, list, moment, number, object, reason, tally, text};
use super::{Agent, LogFile, Machine, files_below};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

/// The reader.
pub struct ClaudeCode;

impl Agent for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        machine.folders("CLAUDE_CONFIG_DIR").unwrap_or_else(|| {
            let configured = machine.config_home().map(|config| config.join("claude"));
            configured.into_iter().chain(machine.in_home(".claude")).collect()
        })
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let projects = root.join("projects");
        let folder = if projects.is_dir() {
            projects
        } else {
            root.to_owned()
        };
        files_below(&folder, warnings, |path| {
            path.extension().is_some_and(|extension| extension == "jsonl") && !path.ends_with("journal.jsonl")
        })
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        each_line(&file.path, log, |line, number, log| {
            match serde_json::from_str(line) {
                Ok(record) => read_record(&record, number, log),
                Err(error) => log.warn(&file.path, number, reason(&error)),
            }
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    subtype: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    operation: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    uuid: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    timestamp: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    session_id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    agent_id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    cwd: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    git_branch: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    version: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    entrypoint: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    prompt_source: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    request_id: Cow<'a, str>,
    #[serde(borrow, rename = "sourceToolUseID", deserialize_with = "text")]
    source_tool: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    tool_denial_kind: Cow<'a, str>,
    #[serde(deserialize_with = "flag")]
    is_sidechain: bool,
    #[serde(deserialize_with = "flag")]
    is_meta: bool,
    #[serde(deserialize_with = "flag")]
    is_compact_summary: bool,
    #[serde(deserialize_with = "flag")]
    is_visible_in_transcript_only: bool,
    #[serde(deserialize_with = "number")]
    duration_ms: Option<u64>,
    #[serde(deserialize_with = "number")]
    retry_in_ms: Option<u64>,
    #[serde(borrow)]
    forked_from: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "object")]
    origin: Option<Origin<'a>>,
    #[serde(borrow, deserialize_with = "object")]
    message: Option<Message<'a>>,
    /// Of a queued prompt.
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_use_result: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Origin<'a> {
    #[serde(borrow, deserialize_with = "text")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, deserialize_with = "text")]
    id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    model: Cow<'a, str>,
    #[serde(borrow)]
    content: Content<'a, Block<'a>>,
    #[serde(borrow, deserialize_with = "object")]
    usage: Option<UsageRecord<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    tool_use_id: Cow<'a, str>,
    #[serde(deserialize_with = "flag")]
    is_error: bool,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct UsageRecord<'a> {
    #[serde(deserialize_with = "tally")]
    input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    cache_creation_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    cache_read_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    output_tokens: Tally,
    #[serde(borrow, deserialize_with = "text")]
    speed: Cow<'a, str>,
    #[serde(deserialize_with = "object")]
    cache_creation: Option<CacheCreation>,
}

/// How the cache writes split by lifetime: the same tokens again, used where the sum is missing.
#[derive(Deserialize, Default)]
#[serde(default)]
struct CacheCreation {
    #[serde(deserialize_with = "tally")]
    ephemeral_5m_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    ephemeral_1h_input_tokens: Tally,
}

impl UsageRecord<'_> {
    /// The tokens; `None` where a count is none. Responses without a cache may have null for it, and only for it.
    fn tokens(&self) -> Option<TokenCounts> {
        let split = self.cache_creation.as_ref().map_or([Tally::Missing; 2], |split| {
            [split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens]
        });
        let cached = [self.cache_creation_input_tokens, self.cache_read_input_tokens];
        let is_wrong = [self.input_tokens, self.output_tokens].contains(&Tally::Null)
            || [self.input_tokens, self.output_tokens]
                .iter()
                .chain(&cached)
                .chain(&split)
                .any(|count| *count == Tally::Unusable);
        let written = match self.cache_creation_input_tokens.get() {
            0 => split.iter().map(|count| count.get()).sum(),
            written => written,
        };
        (!is_wrong).then(|| TokenCounts {
            input: self.input_tokens.get(),
            cache_write: written,
            cache_read: self.cache_read_input_tokens.get(),
            output: self.output_tokens.get(),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ToolInput<'a> {
    #[serde(borrow, deserialize_with = "text")]
    file_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    notebook_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    old_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    new_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    new_source: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    content: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    command: Cow<'a, str>,
    #[serde(deserialize_with = "number")]
    timeout: Option<u64>,
    #[serde(borrow, deserialize_with = "list")]
    edits: Vec<Replacement<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Replacement<'a> {
    #[serde(borrow, deserialize_with = "text")]
    old_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    new_string: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ToolOutput<'a> {
    #[serde(borrow, deserialize_with = "text")]
    file_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "list")]
    structured_patch: Vec<Hunk<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    stdout: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "object")]
    git_operation: Option<GitOperation<'a>>,
    #[serde(deserialize_with = "number")]
    total_duration_ms: Option<u64>,
    #[serde(deserialize_with = "number")]
    duration_ms: Option<u64>,
    #[serde(borrow)]
    answers: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Hunk<'a> {
    #[serde(borrow)]
    lines: Vec<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GitOperation<'a> {
    #[serde(borrow, deserialize_with = "object")]
    commit: Option<CommitOperation<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    branch: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CommitOperation<'a> {
    #[serde(borrow, deserialize_with = "text")]
    sha: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    kind: Cow<'a, str>,
}

fn read_record(record: &Record<'_>, line: u32, log: &mut Log) {
    let Some(stamp) = stamp(record, line, log) else {
        return;
    };
    match &*record.kind {
        // What the program says in the agent's place (errors, an answer to nothing after a resumption) is no work of it.
        "assistant"
            if record
                .message
                .as_ref()
                .is_some_and(|said| said.model == SYNTHETIC) => {}
        "assistant" => {
            note_version(record, stamp, log);
            read_response(record, stamp, log);
        }
        "user" => read_user(record, stamp, log),
        "system" => match &*record.subtype {
            "turn_duration" | "stop_hook_summary" => {
                log.push(stamp, What::TurnEnd(record.duration_ms.and_then(small)));
            }
            "api_error" => log.push(
                stamp,
                What::Backoff(record.retry_in_ms.and_then(small).unwrap_or(0)),
            ),
            "scheduled_task_fire" => log.push(stamp, What::Automated),
            _ => {}
        },
        "queue-operation" if record.operation == "enqueue" => {
            let prompt = record.content.map_or(Cow::Borrowed(""), string);
            if !prose::is_injected(&prompt) {
                log.carried.queued.push(Key::of(&[prompt.trim()]));
                let typed = prose::typed(&prompt);
                log.push(stamp, What::Queued { typed });
            }
        }
        _ => {}
    }
}

fn stamp(record: &Record<'_>, line: u32, log: &mut Log) -> Option<Stamp> {
    // Records about the log itself have neither.
    let is_told = matches!(&*record.kind, "assistant" | "user" | "system" | "queue-operation");
    let missing = |flaw, log: &mut Log| {
        if is_told {
            log.refuse(line, flaw);
        }
    };
    let Some(at) = moment(&record.timestamp) else {
        missing(TIMELESS, log);
        return None;
    };
    if record.session_id.is_empty() {
        missing(NAMELESS, log);
        return None;
    }
    let lane = match (&*record.agent_id, record.is_sidechain) {
        ("", false) => None,
        ("", true) => Some(log.name("sidechain")),
        (agent, _) => Some(log.name(agent)),
    };
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    Some(Stamp {
        at,
        line,
        key: Some(key(record)),
        session: some(&record.session_id)?,
        lane,
        folder: some(&record.cwd),
        // A detached head is no branch.
        branch: some(&record.git_branch).filter(|_| record.git_branch != "HEAD"),
        copied: record.forked_from.is_some(),
    })
}

/// What makes a record the same in every copy: its id, else what it says and when.
fn key(record: &Record<'_>) -> Key {
    if record.uuid.is_empty() {
        let content = record.content.map_or("", RawValue::get);
        let (session, kind) = (&record.session_id, &record.kind);
        Key::of(&[session, &record.timestamp, kind, &record.operation, content])
    } else {
        Key::of(&[&record.uuid])
    }
}

/// The version stands in every record; it is noted when it changes.
fn note_version(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let noted = log.carried.other.iter_mut().find(|(name, _)| name == "version");
    match noted {
        Some((_, version)) if *version == record.version => return,
        Some((_, version)) => *version = record.version.to_string(),
        None => log
            .carried
            .other
            .push(("version".into(), record.version.to_string())),
    }
    if !record.version.is_empty() {
        let version = log.name(&record.version);
        log.push(stamp, What::Version(version));
    }
}

fn read_response(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let Some(message) = &record.message else {
        return log.push(stamp, What::Work);
    };
    let before = log.events.len();
    if let Some(usage) = &message.usage {
        read_usage(record, message, usage, stamp, log);
    }
    if let Content::Blocks(blocks) = &message.content {
        for block in blocks.iter().filter(|block| block.kind == "tool_use") {
            let what = call(block, log);
            log.push(stamp, what);
        }
    }
    if log.events.len() == before {
        log.push(stamp, What::Work);
    }
}

fn read_usage(
    record: &Record<'_>,
    message: &Message<'_>,
    usage: &UsageRecord<'_>,
    stamp: Stamp,
    log: &mut Log,
) {
    let Some(tokens) = usage.tokens() else {
        log.push(stamp, What::Work);
        return log.refuse_tokens(stamp);
    };
    let key = |id: &str| (!id.is_empty()).then(|| Key::of(&[id]));
    let model = if usage.speed == "fast" {
        log.name(&format!("{}-fast", message.model))
    } else {
        log.name(&message.model)
    };
    let what = What::Usage {
        message: key(&message.id),
        request: key(&record.request_id),
        model,
        tokens,
    };
    log.push(stamp, what);
}

fn call(block: &Block<'_>, log: &mut Log) -> What {
    let input: ToolInput<'_> = block
        .input
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let id = Key::of(&[&block.id]);
    let (mut changes, mut reads) = (Vec::new(), Vec::new());
    let path = if input.file_path.is_empty() {
        &input.notebook_path
    } else {
        &input.file_path
    };
    let tool = match &*block.name {
        "Bash" => {
            if let Some(making) = commands::making(log, &input.command) {
                log.carried.open_commands.push((id, making));
            }
            Tool::Command {
                timeout: input.timeout.and_then(small),
            }
        }
        "AskUserQuestion" | "ExitPlanMode" => Tool::Question,
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => {
            if is_work(path) {
                changes = announced(&block.name, path, &input, log);
            }
            Tool::Instant
        }
        "Read" | "NotebookRead" => {
            reads.push(log.name(path));
            Tool::Instant
        }
        "Glob" | "Grep" | "LS" | "TodoWrite" | "TodoRead" => Tool::Instant,
        "Task" | "Agent" => Tool::Subagent,
        _ => Tool::Command { timeout: None },
    };
    What::Call {
        id,
        tool,
        changes,
        reads,
    }
}

/// The agent's own plans are no work on the repository.
fn is_work(path: &str) -> bool {
    !path.is_empty() && !path.contains("/.claude/plans/") && !path.contains("\\.claude\\plans\\")
}

/// What an edit changes if it succeeds and its result does not say it better.
fn announced(tool: &str, path: &str, input: &ToolInput<'_>, log: &mut Log) -> Vec<Change> {
    match tool {
        "Write" => vec![change::written(log, path, &input.content)],
        "NotebookEdit" => vec![change::written(log, path, &input.new_source)],
        "Edit" => vec![change::replaced(log, path, &input.old_string, &input.new_string)],
        _ => (input.edits.iter())
            .map(|edit| change::replaced(log, path, &edit.old_string, &edit.new_string))
            .collect(),
    }
}

fn read_user(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let Some(message) = &record.message else { return };
    let blocks = match &message.content {
        Content::Text(prompt) => return read_prompt(record, prompt, stamp, log),
        Content::Blocks(blocks) => blocks,
        Content::Nothing => return,
    };
    let mut is_result = false;
    for block in blocks.iter().filter(|block| block.kind == "tool_result") {
        is_result = true;
        let what = result(record, block, log);
        log.push(stamp, what);
    }
    let parts: Vec<Cow<'_, str>> = blocks
        .iter()
        .filter_map(|block| Some(string(block.text?)))
        .collect();
    let prompt = parts.join("\n");
    if is_result {
        // A refusal and an interrupt may stand beside the result they caused.
        if prompt.starts_with(INTERRUPTED) {
            log.push(stamp, What::Interrupted);
        }
    } else {
        read_prompt(record, &prompt, stamp, log);
    }
}

/// The model of records that the program writes in the agent's place.
const SYNTHETIC: &str = "<synthetic>";
/// Commands that the program carries out by itself, without the agent.
const LOCAL: &[&str] = &[
    "add-dir",
    "agents",
    "bug",
    "clear",
    "config",
    "context",
    "cost",
    "doctor",
    "effort",
    "exit",
    "export",
    "fast",
    "feedback",
    "help",
    "hooks",
    "ide",
    "login",
    "logout",
    "mcp",
    "memory",
    "model",
    "output-style",
    "permissions",
    "plugin",
    "quit",
    "release-notes",
    "rename",
    "resume",
    "rewind",
    "stats",
    "status",
    "tasks",
    "theme",
    "todos",
    "upgrade",
    "usage",
    "vim",
];
const INTERRUPTED: &str = "[Request interrupted by user";
/// How a refused call's result begins, in versions without `toolDenialKind`.
const REFUSED: &str = "The user doesn't want to";

fn read_prompt(record: &Record<'_>, prompt: &str, stamp: Stamp, log: &mut Log) {
    if prompt.trim_start().starts_with(INTERRUPTED) {
        return log.push(stamp, What::Interrupted);
    }
    let is_internal = record.is_meta
        || record.is_compact_summary
        || record.is_visible_in_transcript_only
        || record.tool_use_result.is_some()
        || !record.source_tool.is_empty();
    if is_internal {
        return;
    }
    if !is_human(record, stamp) {
        return log.push(stamp, What::Automated);
    }
    if let Some(at) = log
        .carried
        .queued
        .iter()
        .position(|key| *key == Key::of(&[prompt.trim()]))
    {
        log.carried.queued.swap_remove(at);
        return log.push(stamp, What::Dequeued);
    }
    let (kind, typed) = if let Some(name) = prose::tagged(prompt, "command-name") {
        let arguments = prose::tagged(prompt, "command-args").unwrap_or_default();
        let typed = prose::typed(&format!("{name} {arguments}"));
        let kind = ActionKind::Command;
        if LOCAL.contains(&name.trim().trim_start_matches('/')) {
            return log.push(stamp, What::Local { kind, typed });
        }
        (kind, typed)
    } else if let Some(command) = prose::tagged(prompt, "bash-input") {
        (ActionKind::Shell, prose::typed(command))
    } else if prose::is_injected(prompt) {
        // What a command printed before the agent did anything shows that it was a local one.
        let is_after_command = log.events.last().is_some_and(|event| {
            let what = &event.what;
            matches!(
                what,
                What::Prompt {
                    kind: ActionKind::Command,
                    ..
                }
            )
        });
        if is_after_command && prompt.contains("<local-command-std") {
            log.push(stamp, What::TurnEnd(None));
        }
        // It asks nothing of the agent; a notification does.
        if prompt.contains("-notification>") || prompt.contains("<teammate-message") {
            log.push(stamp, What::Automated);
        }
        return;
    } else {
        (ActionKind::Prompt, prose::typed(prompt))
    };
    log.push(stamp, What::Prompt { kind, typed });
}

/// Whether a person gave the prompt, rather than a program, a timer or another agent.
fn is_human(record: &Record<'_>, stamp: Stamp) -> bool {
    stamp.lane.is_none()
        && record.origin.as_ref().is_none_or(|origin| origin.kind == "human")
        && matches!(&*record.prompt_source, "" | "typed" | "queued")
        && !record.entrypoint.starts_with("sdk")
}

fn result(record: &Record<'_>, block: &Block<'_>, log: &mut Log) -> What {
    let id = Key::of(&[&block.tool_use_id]);
    let output: ToolOutput<'_> = record
        .tool_use_result
        .filter(|raw| raw.get().starts_with('{'))
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let changes = (!output.structured_patch.is_empty() && is_work(&output.file_path)).then(|| {
        let lines = output.structured_patch.iter().flat_map(|hunk| &hunk.lines);
        vec![change::patched(log, &output.file_path, lines.map(AsRef::as_ref))]
    });
    What::Result {
        id,
        outcome: outcome(record, block),
        took: output.total_duration_ms.or(output.duration_ms).and_then(small),
        typed: output.answers.map_or(0, answer_length),
        changes,
        commits: commits(id, &output, block, log),
    }
}

fn outcome(record: &Record<'_>, block: &Block<'_>) -> Outcome {
    if !block.is_error {
        return Outcome::Done;
    }
    let says = block.content.map_or(Cow::Borrowed(""), string);
    if record.tool_denial_kind == "user-rejected" || says.starts_with(REFUSED) {
        Outcome::Refused
    } else {
        Outcome::Failed
    }
}

/// The commits that a command made: by the field for it, else by what git printed.
fn commits(id: Key, output: &ToolOutput<'_>, block: &Block<'_>, log: &mut Log) -> Vec<Made> {
    let open = log.carried.open_commands.iter().position(|(open, _)| *open == id);
    let making: Option<Making> = open.map(|at| log.carried.open_commands.swap_remove(at).1);
    let operation = output.git_operation.as_ref();
    let structured = operation.and_then(|operation| {
        let branch = Some(&*operation.branch).filter(|branch| !branch.is_empty());
        let commit = operation.commit.as_ref()?;
        commands::named(log, making, &commit.kind, &commit.sha, branch)
    });
    let mut printed = match making {
        Some(making) if output.stdout.is_empty() => {
            let says = block.content.map_or(Cow::Borrowed(""), string);
            commands::made(log, making, &says)
        }
        Some(making) => commands::made(log, making, &output.stdout),
        None => Vec::new(),
    };
    if let Some(structured) = structured {
        let same =
            |made: &Made| made.hash.starts_with(&structured.hash) || structured.hash.starts_with(&made.hash);
        printed.retain(|made| !same(made));
        printed.push(structured);
    }
    printed
}

/// A JSON string; the texts of an array of text blocks, joined.
fn string(raw: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str(raw.get()) {
        Ok(Content::Text(text)) => text,
        Ok(Content::Blocks(blocks)) => {
            let texts: Vec<Cow<'_, str>> = blocks
                .iter()
                .filter_map(|block: &Block<'_>| Some(string(block.text?)))
                .collect();
            Cow::Owned(texts.join("\n"))
        }
        _ => Cow::Borrowed(""),
    }
}

/// The characters of all answers to a question.
fn answer_length(raw: &RawValue) -> u32 {
    let answers: std::collections::BTreeMap<Cow<'_, str>, Cow<'_, str>> =
        serde_json::from_str(raw.get()).unwrap_or_default();
    answers.values().map(|answer| prose::typed(answer)).sum()
}

fn small(number: u64) -> Option<u32> {
    u32::try_from(number).ok()
}
