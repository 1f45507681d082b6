//! Codex: `sessions/YYYY/MM/DD/rollout-….jsonl`, also compressed and archived.
//!
//! Every thread has a separate log, including subagents and forks; what those repeat of their parent is skipped
//! ([`replay`]). Token counts are cumulative and repeated; newer versions add one record per response, and then only
//! these count. The prompts appear in three forms, of which one counts: events, completed items (if the history is
//! paginated), and in old logs plain messages.

use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use serde_json::Value;

use super::lines::{each_record, each_record_of};
use super::log::{Key, Log, NAMELESS, Stamp, What};
use super::value::{content, is_miscounted, text, timed};
use super::{Agent, LogFile, Machine, files, files_below, json, prose};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

mod calls;
mod copies;
mod replay;
mod state;
#[cfg(test)]
mod tests;
mod turns;
mod waits;

use copies::Seen;
use state::{add, get, read_context, read_place, set, tokens};

/// The reader.
pub struct Codex;

impl Agent for Codex {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::CODEX
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        machine
            .moved_to(self.identity())
            .unwrap_or_else(|| machine.in_home(".codex").into_iter().collect())
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let homes: Vec<PathBuf> = ["sessions", "archived_sessions"]
            .iter()
            .map(|folder| root.join(folder))
            .filter(|folder| folder.is_dir())
            .collect();
        let folders = if homes.is_empty() {
            vec![root.to_owned()]
        } else {
            homes
        };
        let wanted = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // A compressed log beside its plain form contains nothing more.
            name.ends_with(".jsonl") || (name.ends_with(".jsonl.zst") && !path.with_extension("").exists())
        };
        folders
            .iter()
            .flat_map(|folder| files_below(folder, warnings, wanted))
            .collect()
    }

    fn appends(&self, file: &LogFile) -> bool {
        !is_compressed(&file.path)
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let path = &file.path;
        let mut seen = Seen::of(log);
        if !is_compressed(path) {
            return each_record(path, log, |line, number, log| {
                read_line(line, number, &mut seen, log)
            });
        }
        // Decompressed while reading: a log of any size takes the memory of one window and one line.
        let packed = BufReader::new(files::open(path)?);
        let read = Unpacked::new(packed).and_then(|plain| {
            each_record_of(plain, path, log, |line, number, log| {
                read_line(line, number, &mut seen, log)
            })
        });
        if read.is_err() {
            let line = log.lines.saturating_add(1);
            log.warn(path, line, "the compressed log is damaged from here on");
        }
        Ok(())
    }

    fn settle(&self, logs: &mut [(PathBuf, Log)]) {
        waits::settle(logs);
    }
}

/// The content of a compressed file, which may be several consecutive frames.
struct Unpacked<R: BufRead> {
    frame: Option<StreamingDecoder<R, FrameDecoder>>,
}

impl<R: BufRead> Unpacked<R> {
    fn new(packed: R) -> io::Result<Self> {
        let frame = StreamingDecoder::new(packed).map_err(io::Error::other)?;
        Ok(Self { frame: Some(frame) })
    }
}

impl<R: BufRead> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let count = frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let rest = self.frame.take().map(StreamingDecoder::into_inner);
            if let Some(mut rest) = rest
                && !rest.fill_buf()?.is_empty()
            {
                *self = Self::new(rest)?;
            }
        }
        Ok(0)
    }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

fn read_line(line: json::Text<'_>, number: u32, seen: &mut Seen, log: &mut Log) -> serde_json::Result<()> {
    read_record(&line.parse()?, number, seen, log);
    Ok(())
}

fn read_record(record: &Value, number: u32, seen: &mut Seen, log: &mut Log) {
    let (Some(at), Some(payload)) = (timed(record, "/timestamp", number, log), record.get("payload")) else {
        return;
    };
    let kind = text(record, "/type");
    if kind == "session_meta" {
        return read_meta(payload, at, number, log);
    }
    let Some(mut stamp) = log.carried.stamp else {
        return;
    };
    let turn = text(payload, "/turn_id");
    if !turn.is_empty() {
        set(log, "turn id", turn);
    }
    if replay::is_copied(record, payload, at, log) {
        return replay::go_on_from(kind, payload, log);
    }
    let (thread, turn) = (replay::thread(stamp.session, log), get(log, "turn id"));
    stamp.key = Some(seen.key(thread, turn, payload, at));
    (stamp.at, stamp.line) = (at, number);
    match kind {
        "turn_context" => {
            read_context(payload, log);
            calls::read_policy(payload, stamp, log);
        }
        "event_msg" => read_event(payload, stamp, log),
        "response_item" => read_item(payload, stamp, log),
        "token_usage_record" => read_response_tokens(payload, stamp, log),
        "compacted" => turns::compacted(stamp, log),
        _ => {}
    }
}

/// The first `session_meta` names the session; the same again is a resumption, another one opens what a fork repeats.
fn read_meta(payload: &Value, at: Moment, line: u32, log: &mut Log) {
    let id = text(payload, "/id");
    match log.carried.stamp {
        _ if id.is_empty() => log.refuse(line, NAMELESS),
        None => open(id, payload, at, line, log),
        Some(stamp) if log.text(stamp.session) == id => {
            replay::taken_up(log);
            read_place(payload, log);
        }
        Some(_) => replay::begin(id, at, line, log),
    }
}

fn open(id: &str, payload: &Value, at: Moment, line: u32, log: &mut Log) {
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    let parent = some(text(payload, "/forked_from_id"))
        .or_else(|| some(text(payload, "/parent_thread_id")))
        .or_else(|| some(text(payload, "/source/subagent/thread_spawn/parent_thread_id")));
    let version = some(text(payload, "/cli_version"));
    let remote = some(text(payload, "/git/repository_url"));
    let stamp = Stamp {
        at,
        line,
        key: None,
        session: log.name(id),
        lane: None,
        folder: None,
        branch: None,
        copied: parent.is_some(),
    };
    log.carried.stamp = Some(stamp);
    read_place(payload, log);
    replay::expect(payload, at, log);
    if is_automated(payload) {
        set(log, "automated", "yes");
    }
    if text(payload, "/history_mode") == "paginated" {
        set(log, "paginated", "yes");
    }
    let facts = [
        parent.map(What::Parent),
        version.map(What::Version),
        remote.map(What::Remote),
    ];
    for what in facts.into_iter().flatten() {
        log.push(stamp, what);
    }
}

/// Whether a program or another agent types the prompts.
fn is_automated(payload: &Value) -> bool {
    let from_agent = ["/source/subagent", "/source/internal"]
        .iter()
        .any(|pointer| payload.pointer(pointer).is_some());
    from_agent
        || matches!(text(payload, "/source"), "exec" | "mcp" | "subagent")
        || text(payload, "/thread_source") == "subagent"
}

/// The working directory and the branch: each record that names them counts until the next one does.
fn read_event(payload: &Value, stamp: Stamp, log: &mut Log) {
    match text(payload, "/type") {
        // Old versions have a separate kind for what they added to the conversation.
        "user_message" if !matches!(text(payload, "/kind"), "" | "plain") => {}
        "user_message" => prompted(text(payload, "/message"), stamp, log),
        "token_count" => read_total_tokens(payload, stamp, log),
        "task_started" | "turn_started" => turns::began(stamp, log),
        "task_complete" | "turn_complete" | "turn_aborted" => turns::ended(payload, stamp, log),
        "item_completed" => read_completed(payload, stamp, log),
        "patch_apply_end" => calls::patched(payload, text(payload, "/call_id"), stamp, log),
        "exec_command_end" => calls::ran(payload, payload, text(payload, "/call_id"), stamp, log),
        "thread_settings_applied" => {
            let settings = payload.get("thread_settings").unwrap_or(&Value::Null);
            read_context(settings, log);
            calls::read_policy(settings, stamp, log);
        }
        "context_compacted" => turns::compacted(stamp, log),
        "agent_message" | "agent_reasoning" | "mcp_tool_call_end" | "web_search_end" => {
            log.push(stamp, What::Work);
        }
        _ => {}
    }
}

/// If the history is paginated, prompts, commands and edits are logged as completed items.
fn read_completed(payload: &Value, stamp: Stamp, log: &mut Log) {
    let item = payload.get("item").unwrap_or(&Value::Null);
    let id = text(item, "/id");
    match text(item, "/type") {
        "UserMessage" => prompted(&content(item.get("content")), stamp, log),
        "CommandExecution" => calls::ran(payload, item, id, stamp, log),
        "FileChange" => calls::patched(item, id, stamp, log),
        "ContextCompaction" => turns::compacted(stamp, log),
        _ => log.push(stamp, What::Work),
    }
}

fn read_item(payload: &Value, stamp: Stamp, log: &mut Log) {
    match (text(payload, "/type"), text(payload, "/role")) {
        ("message", "user") => read_message(&content(payload.get("content")), stamp, log),
        ("message", "assistant") => log.push(stamp, What::Work),
        ("reasoning" | "web_search_call", _) => log.push(stamp, What::Work),
        ("compaction" | "context_compaction", _) => turns::compacted(stamp, log),
        ("agent_message", _) => turns::told_by_agent(stamp, log),
        ("function_call" | "custom_tool_call" | "local_shell_call", _) => calls::call(payload, stamp, log),
        ("function_call_output" | "custom_tool_call_output" | "local_shell_call_output", _) => {
            calls::output(payload, stamp, log);
        }
        _ => {}
    }
}

/// A message in the person's role is their prompt only if the log has neither events nor items for prompts, which come
/// later than the first message: it counts until then.
fn read_message(said: &str, stamp: Stamp, log: &mut Log) {
    if let Some(command) = prose::tagged(said, "user_shell_command") {
        let command = prose::tagged(command, "command").unwrap_or(command);
        turns::own_command("message", command, stamp, log);
    } else if get(log, "prompts").is_empty() && !is_context(said) {
        add(log, "messages", stamp.line);
        push_prompt(said, stamp, log);
    }
}

fn prompted(said: &str, stamp: Stamp, log: &mut Log) {
    if get(log, "prompts").is_empty() {
        set(log, "prompts", "logged");
        forget_messages(log);
    }
    if !is_context(said) {
        push_prompt(said, stamp, log);
    }
}

/// Removes the prompts that messages stood for.
fn forget_messages(log: &mut Log) {
    let lines: Vec<u32> = get(log, "messages")
        .split(',')
        .filter_map(|line| line.parse().ok())
        .collect();
    if lines.is_empty() {
        return;
    }
    log.events.retain(|event| !lines.contains(&event.stamp.line));
    set(log, "messages", "");
    match get(log, "turn") {
        "prompted" => set(log, "turn", "open"),
        "asked" => set(log, "turn", ""),
        _ => {}
    }
}

/// A prompt, or what is typed into a turn that already runs on one.
fn push_prompt(said: &str, stamp: Stamp, log: &mut Log) {
    let is_queued = get(log, "turn") == "prompted";
    let is_automated = !get(log, "automated").is_empty();
    match get(log, "turn") {
        "open" => set(log, "turn", "prompted"),
        "" => set(log, "turn", "asked"),
        _ => {}
    }
    let typed = prose::typed(said);
    let what = match (is_automated, is_queued) {
        (true, true) => What::Work,
        (true, false) => What::Automated,
        (false, true) => What::Queued { typed },
        (false, false) => What::Prompt {
            kind: ActionKind::Prompt,
            typed,
        },
    };
    log.push(stamp, what);
}

/// How the messages begin that the agent adds in the person's role.
const CONTEXT: &[&str] = &[
    "# AGENTS.md instructions",
    "<INSTRUCTIONS>",
    "<apps_instructions>",
    "<codex_internal_context",
    "<collaboration_mode>",
    "<environment_context",
    "<goal_context",
    "<hook_prompt",
    "<model_switch>",
    "<permissions instructions>",
    "<personality_spec>",
    "<plugins_instructions>",
    "<recommended_plugins>",
    "<skill>",
    "<skills_instructions>",
    "<subagent_notification>",
    "<turn_aborted>",
    "<user_instructions",
];

fn is_context(said: &str) -> bool {
    let said = said.trim_start();
    CONTEXT.iter().any(|opening| said.starts_with(opening)) || prose::is_injected(said)
}

/// The tokens since the last count; an unchanged count adds nothing, one that fell starts again.
fn read_total_tokens(payload: &Value, stamp: Stamp, log: &mut Log) {
    if payload.get("info").is_some_and(is_miscounted) {
        return log.refuse_tokens(stamp);
    }
    let before = log.carried.totals;
    let last = payload.pointer("/info/last_token_usage").map(tokens);
    let total = match (payload.pointer("/info/total_token_usage").map(tokens), last) {
        (Some(total), _) if total == before => return,
        (Some(total), _) => total,
        (None, Some(last)) => before + last,
        (None, None) => return,
    };
    log.carried.totals = total;
    let tokens = last.unwrap_or_else(|| since(before, total));
    if get(log, "tokens") == "by response" || tokens == TokenCounts::default() {
        return;
    }
    let session = log.text(stamp.session).to_owned();
    // The cumulative count is the same wherever a fork repeats it, whatever its time.
    let message = Key::of(&[&format!("{total:?} {tokens:?}")]);
    push_usage((Some(message), Some(Key::of(&[&session]))), tokens, stamp, log);
}

fn since(before: TokenCounts, total: TokenCounts) -> TokenCounts {
    if total.total() < before.total() {
        return total;
    }
    total.saturating_sub(before)
}

/// The tokens of one response. From the first such record on, the cumulative counts repeat these.
fn read_response_tokens(payload: &Value, stamp: Stamp, log: &mut Log) {
    let (thread, response) = (text(payload, "/thread_id"), text(payload, "/response_id"));
    let Some(usage) = payload.get("usage").filter(|usage| usage.is_object()) else {
        return;
    };
    if !thread.is_empty() && thread != log.text(stamp.session) {
        return;
    }
    if is_miscounted(usage) {
        return log.refuse_tokens(stamp);
    }
    let tokens = tokens(usage);
    let is_first = get(log, "tokens").is_empty();
    set(log, "tokens", "by response");
    if tokens == TokenCounts::default() || is_first && was_just_counted(tokens, log) {
        return;
    }
    let message = (!response.is_empty()).then(|| Key::of(&["response", response]));
    push_usage((message.or(stamp.key), None), tokens, stamp, log);
}

fn was_just_counted(tokens: TokenCounts, log: &Log) -> bool {
    let last = log.events.iter().rev().find_map(|event| match event.what {
        What::Usage { tokens, .. } => Some(tokens),
        _ => None,
    });
    last == Some(tokens)
}

fn push_usage(
    (message, request): (Option<Key>, Option<Key>),
    tokens: TokenCounts,
    stamp: Stamp,
    log: &mut Log,
) {
    let model = log.carried.model.unwrap_or_else(|| log.name("unknown"));
    let what = What::Usage {
        message,
        request,
        model,
        tokens,
    };
    log.push(stamp, what);
}
