//! The fields of the log's records that are read.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::log::Key;
use super::super::record::{Content, Tally, flag, list, number, object, tally, text};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) subtype: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) operation: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) uuid: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) parent_uuid: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) timestamp: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) session_id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) agent_id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) cwd: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) git_branch: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) version: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) entrypoint: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) prompt_source: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) permission_mode: Cow<'a, str>,
    /// Who began the turn.
    #[serde(borrow, deserialize_with = "text")]
    pub(super) turn_origin: Cow<'a, str>,
    /// Stamped on the copies that a session in the background begins with.
    #[serde(borrow, deserialize_with = "text")]
    pub(super) session_kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) request_id: Cow<'a, str>,
    #[serde(borrow, rename = "sourceToolUseID", deserialize_with = "text")]
    pub(super) source_tool: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) tool_denial_kind: Cow<'a, str>,
    #[serde(deserialize_with = "flag")]
    pub(super) is_sidechain: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_meta: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_compact_summary: bool,
    #[serde(deserialize_with = "flag")]
    pub(super) is_visible_in_transcript_only: bool,
    #[serde(deserialize_with = "number")]
    pub(super) duration_ms: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub(super) retry_in_ms: Option<u64>,
    #[serde(borrow)]
    pub(super) forked_from: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) origin: Option<Origin<'a>>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) message: Option<Message<'a>>,
    /// Of a queued prompt.
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_result: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) attachment: Option<Attachment<'a>>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) permission_decision: Option<Decision<'a>>,
    #[serde(deserialize_with = "object")]
    pub(super) compact_metadata: Option<Compaction>,
    #[serde(deserialize_with = "number")]
    pub(super) pending_background_agent_count: Option<u64>,
    /// Of a `progress` record.
    #[serde(borrow, deserialize_with = "object")]
    pub(super) data: Option<Progress<'a>>,
    #[serde(borrow, rename = "parentToolUseID", deserialize_with = "text")]
    pub(super) parent_tool: Cow<'a, str>,
    /// Of a `cost-state` record: when the program began, in milliseconds, and what each model took since.
    #[serde(deserialize_with = "number")]
    pub(super) start_time: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub(super) total_duration: Option<u64>,
    #[serde(borrow)]
    pub(super) model_usage: Option<&'a RawValue>,
    /// Whether the record was inside another one.
    #[serde(skip)]
    pub(super) nested: bool,
}

/// What is between the records of a conversation: a queued prompt, for example.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Attachment<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) prompt: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) origin: Option<Origin<'a>>,
}

/// Who allowed a tool call.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Decision<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) source: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Compaction {
    #[serde(deserialize_with = "number")]
    pub(super) duration_ms: Option<u64>,
}

/// What a tool does while it runs.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Progress<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) agent_id: Cow<'a, str>,
    /// A record of a subagent, without the envelope.
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    /// Records of the subagent, sometimes all it has.
    #[serde(borrow, deserialize_with = "list")]
    pub(super) normalized_messages: Vec<&'a RawValue>,
    #[serde(deserialize_with = "number")]
    pub(super) elapsed_time_seconds: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Origin<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) model: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) stop_reason: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) content: Content<'a, Block<'a>>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) usage: Option<UsageRecord<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) tool_use_id: Cow<'a, str>,
    #[serde(deserialize_with = "flag")]
    pub(super) is_error: bool,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ToolInput<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) file_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) notebook_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) old_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) new_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) new_source: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) content: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) command: Cow<'a, str>,
    #[serde(deserialize_with = "number")]
    pub(super) timeout: Option<u64>,
    #[serde(borrow, deserialize_with = "list")]
    pub(super) edits: Vec<Replacement<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Replacement<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) old_string: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) new_string: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ToolOutput<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) file_path: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "list")]
    pub(super) structured_patch: Vec<Hunk<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) stdout: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "object")]
    pub(super) git_operation: Option<GitOperation<'a>>,
    #[serde(deserialize_with = "number")]
    pub(super) total_duration_ms: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub(super) duration_ms: Option<u64>,
    #[serde(borrow)]
    pub(super) answers: Option<&'a RawValue>,
    /// What was waited for.
    #[serde(borrow, deserialize_with = "object")]
    pub(super) task: Option<Task<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Task<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) task_type: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Hunk<'a> {
    #[serde(borrow)]
    pub(super) lines: Vec<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct GitOperation<'a> {
    #[serde(borrow, deserialize_with = "object")]
    pub(super) commit: Option<CommitOperation<'a>>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) branch: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CommitOperation<'a> {
    #[serde(borrow, deserialize_with = "text")]
    pub(super) sha: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
}

/// The tokens of a response, or of one of the iterations that it took.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct UsageRecord<'a> {
    /// Of an iteration: `message` is one of the response itself, which the top level includes in its sum.
    #[serde(borrow, rename = "type", deserialize_with = "text")]
    pub(super) kind: Cow<'a, str>,
    /// Of an iteration that another model answered.
    #[serde(borrow, deserialize_with = "text")]
    pub(super) model: Cow<'a, str>,
    #[serde(deserialize_with = "tally")]
    pub(super) input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    pub(super) cache_creation_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    pub(super) cache_read_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    pub(super) output_tokens: Tally,
    #[serde(borrow, deserialize_with = "text")]
    pub(super) speed: Cow<'a, str>,
    #[serde(deserialize_with = "object")]
    pub(super) cache_creation: Option<CacheCreation>,
    #[serde(borrow, deserialize_with = "list")]
    pub(super) iterations: Vec<UsageRecord<'a>>,
}

/// How the cache writes split by lifetime: the same tokens again, used if the sum is missing.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CacheCreation {
    #[serde(deserialize_with = "tally")]
    pub(super) ephemeral_5m_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    pub(super) ephemeral_1h_input_tokens: Tally,
}

/// What makes a record the same in every copy: its id, otherwise its content and time.
pub(super) fn key(record: &Record<'_>) -> Key {
    if record.uuid.is_empty() {
        let content = record.content.map_or("", RawValue::get);
        let (session, kind) = (&record.session_id, &record.kind);
        Key::of(&[session, &record.timestamp, kind, &record.operation, content])
    } else {
        Key::of(&[&record.uuid])
    }
}
