//! Converts a hook call to the event that is stored: the payload decides which agent it is, not the settings that contain the
//! hook, because agents run each other's hooks.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::integration::Integration;
use super::payload::{Fields, Reminder, innermost};
use super::{INTEGRATIONS, antigravity, by_name, copilot_cli, cursor};
use crate::facts::agents;
use crate::facts::event::{Event, EventKind};

/// A parsed hook call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The event to store.
    pub event: Event,
    /// How the agent accepts a reminder now; none if it continues by itself, or was continued by a hook.
    pub reminder: Reminder,
}

/// Parses a payload. `None` if it belongs to an unknown agent, or to an event that does not count: of a subagent, a tool or a
/// prompt.
///
/// `variable` looks up a variable of the hook.
pub fn told(payload: &[u8], variable: &dyn Fn(&str) -> Option<String>, now: DateTime<Utc>) -> Option<Told> {
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    let fields: Fields = serde_json::from_slice(payload).ok()?;
    match fields.leverage.0 {
        0 => by_agent(&fields, variable, now),
        1 => by_plugin(&fields, now),
        _ => None,
    }
}

/// One of git-leverage's own plugins, which reports for an agent that runs no commands.
fn by_plugin(fields: &Fields, now: DateTime<Utc>) -> Option<Told> {
    let kind = match fields.event.get()? {
        "session-start" => EventKind::SessionStart,
        "turn-end" => EventKind::TurnEnd,
        "session-end" => EventKind::SessionEnd,
        _ => return None,
    };
    let integration = by_name(fields.agent.get()?)?;
    Some(Told {
        event: Event {
            at: now,
            agent: integration.identity.name.to_owned(),
            kind,
            session: Some(plain(fields.session.get()?)?),
            log: fields.log.get().and_then(path),
            folder: fields.folder.get().and_then(path),
            model: fields.model.get().and_then(plain),
        },
        reminder: Reminder::None,
    })
}

fn by_agent(fields: &Fields, variable: &dyn Fn(&str) -> Option<String>, now: DateTime<Utc>) -> Option<Told> {
    let is_subagents = fields.agent_id.0 || fields.parent_agent_id.0 || fields.camel_parent_agent.0;
    if is_subagents {
        return None;
    }
    let integration = speaker(fields, variable)?;
    let form = &integration.payload;
    let name = fields.hook_event_name.get().or(fields.camel_event.get());
    let kind = match name {
        Some(name) => form.kind(name)?,
        None if fields.camel_conversation.get().is_some() => antigravity_event(fields)?,
        None => copilot_event(fields).filter(|_| fields.camel_session.get().is_some())?,
    };
    let texts = [
        &fields.session_id,
        &fields.camel_session,
        &fields.conversation_id,
        &fields.camel_conversation,
    ];
    let session = texts.into_iter().find_map(|text| text.get())?;
    let log = fields.transcript_path.get().or(fields.camel_transcript.get());
    let roots = fields.workspace_roots.0.as_deref();
    let folder = fields.cwd.get().or(roots).or(fields.workspace_paths.0.as_deref());
    let goes_on = fields.stop_hook_active.0 || fields.background_tasks.0 || fields.loop_count.0 > 0;
    Some(Told {
        event: Event {
            at: now,
            agent: integration.identity.name.to_owned(),
            kind,
            session: Some(plain(session)?),
            log: log.and_then(path),
            folder: folder.and_then(path),
            model: fields.model.get().and_then(plain),
        },
        reminder: match kind == EventKind::TurnEnd && !goes_on {
            true => form.reminder,
            false => Reminder::None,
        },
    })
}

/// Detects the agent. The strongest evidence comes first: marks of only one agent, then the location of its log, then variables
/// with the id of this session, which an agent that runs within another does not inherit; then the form of the log's path, and
/// the rest.
fn speaker(fields: &Fields, variable: &dyn Fn(&str) -> Option<String>) -> Option<&'static Integration> {
    if fields.cursor_version.0 {
        return Some(&cursor::CURSOR);
    }
    let log = fields.transcript_path.get();
    let all = || INTEGRATIONS.iter().copied();
    let owner = |folder: &str| all().find(|one| one.payload.folders.contains(&folder));
    if let Some(owner) = log.and_then(|log| innermost(log, owner)) {
        return Some(owner);
    }
    if fields.conversation_id.get().is_some() {
        return Some(&cursor::CURSOR);
    }
    if fields.camel_conversation.get().is_some() {
        return Some(&antigravity::ANTIGRAVITY);
    }
    let Some(session) = fields.session_id.get() else {
        let has_session = fields.camel_session.get().is_some();
        return has_session.then_some(&copilot_cli::COPILOT_CLI);
    };
    let names_it = |name: &&'static str| variable(name).is_some_and(|value| value == session);
    let by_variable = || all().find(|one| one.payload.session_variables.iter().any(names_it));
    let is_log = |one: &&Integration| log.is_some_and(|log| (one.payload.is_log)(Path::new(log), session));
    let has_own = |one: &&Integration| {
        one.payload
            .own_variables
            .iter()
            .any(|name| variable(name).is_some())
    };
    by_variable()
        .or_else(|| all().find(is_log))
        .or_else(|| by_name(agents::CODEX.name).filter(|_| fields.turn_id.0))
        .or_else(|| all().find(has_own))
}

/// The event, from the fields of Copilot CLI's own format.
fn copilot_event(fields: &Fields) -> Option<EventKind> {
    let is_else = [
        &fields.hook_name,
        &fields.tool_name,
        &fields.agent_name,
        &fields.error,
    ];
    match () {
        () if is_else.iter().any(|field| field.0) => None,
        () if fields.stop_reason.0 => Some(EventKind::TurnEnd),
        () if fields.source.0 => Some(EventKind::SessionStart),
        () if fields.reason.0 => Some(EventKind::SessionEnd),
        () => None,
    }
}

/// The event, from the fields of Antigravity CLI: only the end of a turn has a reason, or says whether all work is done.
fn antigravity_event(fields: &Fields) -> Option<EventKind> {
    let is_end = fields.termination_reason.0 || fields.fully_idle.0;
    is_end.then_some(EventKind::TurnEnd)
}

/// A name or an id: one word without control characters.
fn plain(text: &str) -> Option<String> {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// An absolute path.
fn path(text: &str) -> Option<String> {
    let is_absolute = Path::new(text).is_absolute() || text.get(1..3) == Some(":\\");
    (is_absolute && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// `agent event` for a payload with these variables.
    fn of(payload: &Value, variables: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            let known = variables.iter().find(|(known, _)| *known == name);
            known.map(|(_, value)| (*value).to_owned())
        };
        let told = told(payload.to_string().as_bytes(), &variable, DateTime::UNIX_EPOCH)?;
        let kind = serde_json::to_value(told.event.kind).ok()?;
        Some(format!("{} {}", told.event.agent, kind.as_str()?))
    }

    fn claude_like(log: &str, event: &str) -> Value {
        json!({"session_id": "0a1b", "transcript_path": log, "cwd": "/w/kiln", "hook_event_name": event})
    }

    /// A log, an event, and the agent and event for both.
    const LOGS: &[(&str, &str, &str)] = &[
        (
            "/home/ada/.claude/projects/-w-kiln/0a1b.jsonl",
            "Stop",
            "claude-code turn-end",
        ),
        (
            "/home/ada/.codex/sessions/2026/04/10/rollout-0a1b.jsonl",
            "Stop",
            "codex turn-end",
        ),
        (
            "/home/ada/.gemini/tmp/kiln/chats/session-0a1b.json",
            "AfterAgent",
            "gemini-cli turn-end",
        ),
        (
            "/home/ada/.gemini/antigravity-cli/conversations/0a1b.db",
            "Stop",
            "antigravity turn-end",
        ),
        (
            "/home/ada/.qwen/projects/-w-kiln/chats/0a1b.jsonl",
            "Stop",
            "qwen turn-end",
        ),
        (
            "/home/ada/.factory/sessions/-w-kiln/0a1b.jsonl",
            "SessionEnd",
            "droid session-end",
        ),
        (
            "/home/ada/.copilot/session-state/0a1b/events.jsonl",
            "SessionStart",
            "copilot-cli session-start",
        ),
        // One agent working inside the home directory of another.
        (
            "/home/ada/.copilot/trees/x/.claude/projects/-w/0a1b.jsonl",
            "Stop",
            "claude-code turn-end",
        ),
        (
            "C:\\Users\\ada\\.codex\\sessions\\rollout-0a1b.jsonl",
            "Stop",
            "codex turn-end",
        ),
        // Moved directories.
        (
            "/data/claude/projects/-w-kiln/0a1b.jsonl",
            "Stop",
            "claude-code turn-end",
        ),
        (
            "/data/codex/sessions/2026/04/10/rollout-2026-0a1b.jsonl",
            "Stop",
            "codex turn-end",
        ),
        (
            "/data/qwen/projects/-w-kiln/chats/0a1b.jsonl",
            "Stop",
            "qwen turn-end",
        ),
        (
            "/data/gemini/tmp/kiln/chats/session-2026-0a1b.jsonl",
            "AfterAgent",
            "gemini-cli turn-end",
        ),
        (
            "/data/copilot/session-state/0a1b/events.jsonl",
            "Stop",
            "copilot-cli turn-end",
        ),
    ];

    #[test]
    fn the_folder_of_the_log_tells_who_speaks() {
        for (log, event, told) in LOGS {
            assert_eq!(of(&claude_like(log, event), &[]).as_deref(), Some(*told), "{log}");
        }
    }

    #[test]
    fn variables_tell_where_the_log_does_not() {
        let start = json!({"session_id": "0a1b", "cwd": "/w/kiln", "hook_event_name": "SessionStart"});
        for (variables, told) in [
            (
                &[("CLAUDE_CODE_SESSION_ID", "0a1b"), ("DROID_PROJECT_DIR", "/w")][..],
                Some("claude-code session-start"),
            ),
            // One agent runs within another.
            (
                &[("CLAUDE_CODE_SESSION_ID", "else"), ("DROID_PROJECT_DIR", "/w")],
                Some("droid session-start"),
            ),
            (&[("GEMINI_SESSION_ID", "0a1b")], Some("gemini-cli session-start")),
            (
                &[("QWEN_CODE_SESSION_ID", "0a1b"), ("GEMINI_PROJECT_DIR", "/w")],
                Some("qwen session-start"),
            ),
            (
                &[("COPILOT_PROJECT_DIR", "/w"), ("CLAUDE_PROJECT_DIR", "/w")],
                Some("copilot-cli session-start"),
            ),
            (&[("CLAUDE_PROJECT_DIR", "/w")], None),
        ] {
            assert_eq!(of(&start, variables).as_deref(), told, "{variables:?}");
        }
        let mut turn = start;
        turn["hook_event_name"] = json!("Stop");
        turn["turn_id"] = json!("t");
        assert_eq!(of(&turn, &[]).as_deref(), Some("codex turn-end"));
    }

    #[test]
    fn cursor_and_copilot_say_who_they_are_in_hooks_of_others() {
        let mut cursors = claude_like("/home/ada/.claude/projects/-w/0a1b.jsonl", "Stop");
        cursors["cursor_version"] = json!("2.0.1");
        assert_eq!(of(&cursors, &[]).as_deref(), Some("cursor turn-end"));
        let own = json!({"conversation_id": "c", "hook_event_name": "sessionEnd", "workspace_roots": ["/w/kiln", "/w/oven"]});
        assert_eq!(of(&own, &[]).as_deref(), Some("cursor session-end"));
        let event = told(own.to_string().as_bytes(), &|_| None, DateTime::UNIX_EPOCH)
            .unwrap()
            .event;
        assert_eq!(
            (event.session.as_deref(), event.folder.as_deref()),
            (Some("c"), Some("/w/kiln"))
        );
    }

    #[test]
    fn antigravity_names_its_fields_in_its_own_way() {
        let with = |fields: Value| {
            let mut payload = json!({
                "conversationId": "0a1b",
                "transcriptPath": "/home/ada/.gemini/antigravity-cli/brain/0a1b/transcript.jsonl",
                "workspacePaths": ["/w/kiln", "/w/oven"],
            });
            let fields = fields.as_object().cloned().unwrap_or_default();
            payload.as_object_mut().unwrap().extend(fields);
            payload
        };
        for end in [
            json!({"executionNum": 1, "terminationReason": "model_stop", "fullyIdle": true}),
            json!({"terminationReason": "model_stop", "fullyIdle": false}),
            json!({"hookEventName": "Stop"}),
            json!({"hook_event_name": "Stop"}),
        ] {
            assert_eq!(
                of(&with(end.clone()), &[]).as_deref(),
                Some("antigravity turn-end"),
                "{end}"
            );
        }
        for other in [
            json!({"invocationNum": 1}),
            json!({"stepIdx": 3, "toolCall": {"name": "run_command", "args": {}}}),
            json!({"stepIdx": 3, "toolCall": null, "error": "x"}),
            json!({"hookEventName": "PreToolUse"}),
        ] {
            assert_eq!(of(&with(other.clone()), &[]), None, "{other}");
        }
        let stop = with(json!({"fullyIdle": true}));
        let told = told(stop.to_string().as_bytes(), &|_| None, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(told.event.session.as_deref(), Some("0a1b"));
        assert_eq!(told.event.folder.as_deref(), Some("/w/kiln"));
        assert!(
            told.event
                .log
                .is_some_and(|log| log.ends_with("transcript.jsonl"))
        );
    }

    #[test]
    fn events_of_copilot_have_no_names() {
        let with = |fields: Value| {
            let mut payload = json!({"sessionId": "0a1b", "timestamp": 1, "cwd": "/w/kiln"});
            let fields = fields.as_object().cloned().unwrap_or_default();
            payload.as_object_mut().unwrap().extend(fields);
            of(&payload, &[]).map(|told| told.replace("copilot-cli ", ""))
        };
        assert_eq!(
            with(json!({"source": "new", "initialPrompt": "x"})).as_deref(),
            Some("session-start")
        );
        assert_eq!(
            with(json!({"stopReason": "end_turn", "stop_hook_active": false})).as_deref(),
            Some("turn-end")
        );
        assert_eq!(
            with(json!({"reason": "complete"})).as_deref(),
            Some("session-end")
        );
        for other in [
            json!({"prompt": "x"}),
            json!({"toolName": "edit", "toolArgs": {}}),
            json!({"hookName": "permissionRequest", "reason": "x"}),
            json!({"stopReason": "end_turn", "parentAgentId": "p", "agentId": "a"}),
            json!({"stopReason": "end_turn", "agentName": "task"}),
            json!({"error": {"message": "x"}, "reason": "x"}),
        ] {
            assert_eq!(with(other.clone()), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_turn_of_the_session_does_not_count() {
        let log = "/home/ada/.codex/sessions/rollout-0a1b.jsonl";
        for event in [
            "UserPromptSubmit",
            "PreToolUse",
            "SubagentStop",
            "PreCompress",
            "Notification",
            "",
        ] {
            assert_eq!(of(&claude_like(log, event), &[]), None, "{event}");
        }
        let mut subagents = claude_like(log, "Stop");
        subagents["agent_id"] = json!("helper");
        assert_eq!(of(&subagents, &[]), None);
    }

    #[test]
    fn texts_are_taken_whole_or_not_at_all() {
        let mut payload = claude_like("/home/ada/.codex/rollout-0a1b.jsonl", "Stop");
        payload["model"] = json!("x".repeat(101));
        payload["cwd"] = json!("kiln/below");
        payload["prompt"] = json!({"deep": ["\u{1f600}", null, 1.5, -3, true]});
        let told = told(payload.to_string().as_bytes(), &|_| None, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!((told.event.model, told.event.folder), (None, None));
        // Half of a surrogate pair, as some languages write wide characters.
        let halves = br#"{"session_id": "0a1b", "hook_event_name": "Stop", "turn_id": "t", "prompt": "\ud83d", "cwd": "/w"}"#;
        let told = super::told(halves, &|_| None, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(told.event.folder.as_deref(), Some("/w"));
    }
}
