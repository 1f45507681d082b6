//! Claude Code: `projects/<folder>/<session>.jsonl`, subagents beside it, one record per content block.
//!
//! The format is internal to the agent and changes; every field is optional here. A record's own `cwd` counts, never
//! the name of its directory.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use super::change;
use super::commands;
use super::lines::each_record;
use super::log::{Change, Key, Log, Made, NAMELESS, Outcome, Stamp, TIMELESS, Tool, What};
use super::prose;
use super::record::{Content, moment};
use super::{Agent, LogFile, Machine, files_below, json, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::ActionKind;
use records::{Block, Record, ToolInput, ToolOutput, key};

mod cowork;
mod progress;
mod queue;
mod records;
#[cfg(test)]
mod tests;
mod totals;
mod usage;

/// The reader.
pub struct ClaudeCode;

impl Agent for ClaudeCode {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::CLAUDE_CODE
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        machine.moved_to(self.identity()).unwrap_or_else(|| {
            let configured = machine.config_home().map(|config| config.join("claude"));
            let own = configured.into_iter().chain(machine.in_home(".claude"));
            own.chain(cowork::roots(machine)).collect()
        })
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let projects = root.join("projects");
        let folder = if projects.is_dir() {
            projects
        } else {
            root.to_owned()
        };
        let mut files = files_below(&folder, warnings, |path| {
            let is_log = path.extension().is_some_and(|extension| extension == "jsonl");
            is_log && !path.ends_with("journal.jsonl") && cowork::is_conversation(path)
        });
        cowork::accompany(&mut files);
        files
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let mut nested = HashSet::new();
        each_record(&file.path, log, |line, number, log| {
            let record: Record<'_> = line.parse()?;
            if record.kind == "progress" {
                progress::read(&record, number, &mut nested, log, read_record);
            } else {
                read_record(&record, number, log);
            }
            Ok(())
        })?;
        cowork::move_out(file, log);
        Ok(())
    }
}

fn read_record(record: &Record<'_>, line: u32, log: &mut Log) {
    if record.kind == "cost-state" {
        return totals::read(record, line, log);
    }
    let Some(stamp) = stamp(record, line, log) else {
        return;
    };
    if stamp.lane.is_none() && !stamp.copied {
        log.carried.stamp = Some(stamp);
    }
    match &*record.kind {
        // Text that the program writes in place of the agent (errors, an answer to nothing after a resumption) is not
        // its work.
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
        "system" => read_system(record, stamp, log),
        "queue-operation" => read_queue(record, stamp, log),
        "attachment" => read_attachment(record, stamp, log),
        _ => {}
    }
}

fn read_system(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let took = record.duration_ms.and_then(small);
    match &*record.subtype {
        "turn_duration" => {
            // Without the waits for a person, unless a subagent asked at the same time: one clock runs for all.
            if let Some(millis) = took {
                let at_most = record.pending_background_agent_count.unwrap_or(0) > 0;
                log.push(stamp, What::Worked { millis, at_most });
            }
            log.push(stamp, What::TurnEnd(took));
        }
        "stop_hook_summary" => log.push(stamp, What::TurnEnd(took)),
        "compact_boundary" => {
            let took = record.compact_metadata.as_ref();
            let took = took.and_then(|metadata| metadata.duration_ms).and_then(small);
            log.push(stamp, What::Compacted(took));
        }
        "api_error" => log.push(
            stamp,
            What::Backoff(record.retry_in_ms.and_then(small).unwrap_or(0)),
        ),
        "scheduled_task_fire" => log.push(stamp, What::Automated),
        _ => {}
    }
}

fn read_queue(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let prompt = record.content.map(string);
    let text = prompt.as_deref().map(queue::hash);
    match &*record.operation {
        "enqueue" => {
            let prompt = prompt.unwrap_or_default();
            let typed = (!prose::is_injected(&prompt)).then(|| prose::typed(&prompt));
            queue::join(queue::hash(&prompt), typed, stamp, log);
        }
        "dequeue" => queue::leave(text, true, log),
        "remove" => queue::leave(text, false, log),
        "popAll" => queue::empty(log),
        _ => {}
    }
}

/// A prompt that was queued and reached the agent in the middle of its turn.
fn read_attachment(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let Some(attachment) = &record.attachment else {
        return;
    };
    if attachment.kind != "queued_command" {
        return;
    }
    let prompt = attachment.prompt.map(string).unwrap_or_default();
    let origin = attachment.origin.as_ref();
    let human = is_human(record, stamp) && origin.is_none_or(|origin| origin.kind == "human");
    let is_new = queue::attached(queue::hash(&prompt), human, log);
    if is_new && human && !prose::is_injected(&prompt) {
        let typed = prose::typed(&prompt);
        log.push(stamp, What::Queued { typed });
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
        // A detached head is not a branch.
        branch: some(&record.git_branch).filter(|_| record.git_branch != "HEAD"),
        copied: record.forked_from.is_some() || !record.session_kind.is_empty() || record.nested,
    })
}

/// Every record has the version; it is noted when it changes.
fn note_version(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    if log.carried.note("version", &record.version) && !record.version.is_empty() {
        let version = log.name(&record.version);
        log.push(stamp, What::Version(version));
    }
}

/// The longest time that a command is assumed to run if it may have waited for a person without a trace, in
/// milliseconds. Chosen so that agent time without the durations of turns equals those durations, where both are known.
const UNTOLD_RUN: u32 = 15_000;

/// Whether calls may wait for a person from this prompt on. Subagents work in the mode of the session.
fn note_mode(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    if stamp.lane.is_some() {
        return;
    }
    let asks = match &*record.permission_mode {
        _ if is_headless(record) => false,
        "bypassPermissions" | "dontAsk" | "auto" => false,
        // Older logs do not record it, and the record of a command does not either.
        "" if log.carried.noted("asks").is_some() => return,
        _ => true,
    };
    if log.carried.note("asks", if asks { "yes" } else { "no" }) {
        log.push(stamp, What::MayAsk(asks));
        log.push(stamp, What::UntoldRun(UNTOLD_RUN));
    }
}

/// Whether a program drives the agent, and nobody is there to be asked.
fn is_headless(record: &Record<'_>) -> bool {
    let entrypoint = &*record.entrypoint;
    entrypoint.starts_with("sdk")
        || matches!(entrypoint, "mcp" | "claude-code-github-action")
        || record.prompt_source == "sdk"
        || record.turn_origin == "sdk"
}

fn read_response(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let Some(message) = &record.message else {
        return log.push(stamp, What::Work);
    };
    let before = log.events.len();
    if let Some(usage) = &message.usage {
        usage::read(record, message, usage, stamp, log);
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

fn call(block: &Block<'_>, log: &mut Log) -> What {
    let input: ToolInput<'_> = block
        .input
        .and_then(|raw| json::part(raw).ok())
        .unwrap_or_default();
    let id = Key::of(&[&block.id]);
    let (mut changes, mut reads) = (Vec::new(), Vec::new());
    let path = if input.file_path.is_empty() {
        &input.notebook_path
    } else {
        &input.file_path
    };
    let tool = match &*block.name {
        shell if tools::is_shell(shell) => {
            if let Some(making) = commands::making(log, &input.command) {
                log.carried.open_commands.insert(id, making);
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
        "Task" | "Agent" | "AgentOutputTool" => Tool::Subagent,
        // The result shows whether an agent or a command is waited for.
        "TaskOutput" | "BashOutput" | "Monitor" => Tool::Wait,
        _ => Tool::Command { timeout: None },
    };
    What::Call {
        id,
        tool,
        changes,
        reads,
    }
}

/// The agent's own plans are not work on the repository.
fn is_work(path: &str) -> bool {
    !path.is_empty() && !path.contains("/.claude/plans/") && !path.contains("\\.claude\\plans\\")
}

/// What an edit changes if it succeeds and its result does not contain more detail.
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
        if let Some(decision) = &record.permission_decision {
            let id = Key::of(&[&block.tool_use_id]);
            let asked = decision.source.starts_with("user");
            log.push(stamp, What::Approval { id, asked });
        }
        let what = result(record, block, stamp, log);
        log.push(stamp, what);
    }
    let parts: Vec<Cow<'_, str>> = blocks
        .iter()
        .filter_map(|block| Some(string(block.text?)))
        .collect();
    let prompt = parts.join("\n");
    if is_result {
        // A refusal and an interrupt may be beside the result they caused.
        if prompt.starts_with(INTERRUPTED) {
            log.push(stamp, What::Interrupted);
        }
    } else {
        read_prompt(record, &prompt, stamp, log);
    }
}

/// The model of records that the program writes in place of the agent.
const SYNTHETIC: &str = "<synthetic>";
/// Commands that the program carries out itself, without the agent.
const LOCAL: &[&str] = &[
    "add-dir",
    "advisor",
    "agents",
    "background",
    "bg",
    "branch",
    "bug",
    "cd",
    "clear",
    "color",
    "config",
    "context",
    "cost",
    "doctor",
    "effort",
    "exit",
    "export",
    "fast",
    "feedback",
    "fork",
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
    "rc",
    "release-notes",
    "remote-control",
    "rename",
    "reset",
    "resume",
    "rewind",
    "stats",
    "status",
    "subtask",
    "tasks",
    "teleport",
    "theme",
    "todos",
    "tp",
    "upgrade",
    "usage",
    "vim",
];
/// Commands after which the program works on another session.
const SWITCHING: &[&str] = &["branch", "clear", "fork", "new", "reset", "resume"];
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
    usage::end(record, stamp, log);
    note_mode(record, stamp, log);
    let human = is_human(record, stamp);
    let is_queued = stamp.lane.is_none() && queue::given(queue::hash(prompt), human, log);
    if !human {
        return log.push(stamp, What::Automated);
    }
    if is_queued && !prose::is_injected(prompt) {
        return log.push(stamp, What::Dequeued);
    }
    let (kind, typed) = if let Some(name) = prose::tagged(prompt, "command-name") {
        let arguments = prose::tagged(prompt, "command-args").unwrap_or_default();
        let typed = prose::typed(&format!("{name} {arguments}"));
        let kind = ActionKind::Command;
        let name = name.trim().trim_start_matches('/');
        if SWITCHING.contains(&name) {
            totals::distrust(stamp, log);
        }
        if LOCAL.contains(&name) {
            return log.push(stamp, What::Local { kind, typed });
        }
        (kind, typed)
    } else if let Some(command) = prose::tagged(prompt, "bash-input") {
        (ActionKind::Shell, prose::typed(command))
    } else if prose::is_injected(prompt) {
        // Output of a command before the agent did anything shows that it was a local one.
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
        // It does not ask the agent for anything; a notification does.
        if prompt.contains("-notification>") || prompt.contains("<teammate-message") {
            log.push(stamp, What::Automated);
        }
        return;
    } else {
        (ActionKind::Prompt, prose::typed(prompt))
    };
    log.push(stamp, What::Prompt { kind, typed });
}

/// Whether a person wrote the prompt, not a program, a timer or another agent.
fn is_human(record: &Record<'_>, stamp: Stamp) -> bool {
    stamp.lane.is_none()
        && record.origin.as_ref().is_none_or(|origin| origin.kind == "human")
        && matches!(&*record.prompt_source, "" | "typed" | "queued")
        && !is_headless(record)
}

fn result(record: &Record<'_>, block: &Block<'_>, stamp: Stamp, log: &mut Log) -> What {
    let id = Key::of(&[&block.tool_use_id]);
    let ran = progress::ran_since(id, log).and_then(|since| u64::try_from(stamp.at.since(since)).ok());
    let output: ToolOutput<'_> = record
        .tool_use_result
        .filter(|raw| raw.get().starts_with('{'))
        .and_then(|raw| json::part(raw).ok())
        .unwrap_or_default();
    let changes = (!output.structured_patch.is_empty() && is_work(&output.file_path)).then(|| {
        let lines = output.structured_patch.iter().flat_map(|hunk| &hunk.lines);
        vec![change::patched(log, &output.file_path, lines.map(AsRef::as_ref))]
    });
    if is_of_agent(&output, block) {
        log.set_tool(id, Tool::Subagent);
    }
    What::Result {
        id,
        outcome: outcome(record, block),
        took: output
            .total_duration_ms
            .or(output.duration_ms)
            .or(ran)
            .and_then(small),
        typed: output.answers.map_or(0, answer_length),
        changes,
        commits: commits(id, &output, block, log),
    }
}

/// Whether a result is that of a wait for an agent that runs in the background.
fn is_of_agent(output: &ToolOutput<'_>, block: &Block<'_>) -> bool {
    let said;
    let kind = match &output.task {
        Some(task) => &*task.task_type,
        None => {
            let is_told = |raw: &&RawValue| raw.get().contains("<task_type>");
            said = block.content.filter(is_told).map_or(Cow::Borrowed(""), string);
            prose::tagged(&said, "task_type").unwrap_or_default()
        }
    };
    ["agent", "teammate", "workflow"]
        .iter()
        .any(|agent| kind.contains(agent))
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

/// The commits that a command made: by the field for them, otherwise by git's output.
fn commits(id: Key, output: &ToolOutput<'_>, block: &Block<'_>, log: &mut Log) -> Vec<Made> {
    let making = log.carried.open_commands.remove(&id);
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
    match json::part(raw) {
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
    let answers: std::collections::BTreeMap<Cow<'_, str>, Cow<'_, str>> = json::part(raw).unwrap_or_default();
    answers.values().map(|answer| prose::typed(answer)).sum()
}

fn small(number: u64) -> Option<u32> {
    u32::try_from(number).ok()
}
