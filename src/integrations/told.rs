//! From what a hook was given to the event that is kept of it: which agent speaks is told by the payload, not by whose settings
//! the hook stands in, as agents run each other's hooks.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::integration::Integration;
use super::payload::{Fields, Reminder, innermost};
use super::{INTEGRATIONS, by_name, copilot_cli, cursor};
use crate::facts::agents;
use crate::facts::event::{Event, EventKind};

/// What a hook was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What is kept of it.
    pub event: Event,
    /// How the agent takes a reminder now; none where it goes on by itself, or went on because of a hook.
    pub reminder: Reminder,
}

/// What a payload tells. `None` where it is of no agent that is known, or of an event that does not count: one of a subagent,
/// of a tool, of a prompt.
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

/// One of our own plugins, which speaks for an agent that starts no commands.
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
    let kind = match fields.hook_event_name.get() {
        Some(name) => form.kind(name)?,
        None => copilot_event(fields).filter(|_| fields.camel_session.get().is_some())?,
    };
    let texts = [&fields.session_id, &fields.camel_session, &fields.conversation_id];
    let session = texts.into_iter().find_map(|text| text.get())?;
    let log = fields.transcript_path.get().or(fields.camel_transcript.get());
    let folder = fields.cwd.get().or(fields.workspace_roots.0.as_deref());
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

/// Who speaks. What is surest comes first: marks of one agent alone, then where its log lies, then variables with the id of
/// this session, which one that runs within another does not hand on; then what a log looks like, and the rest.
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

/// What happened, by the fields that Copilot CLI's own form has for it.
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

/// A name or an id: one word without control characters.
fn plain(text: &str) -> Option<String> {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// A path that stands for itself, wherever the process is.
fn path(text: &str) -> Option<String> {
    let is_absolute = Path::new(text).is_absolute() || text.get(1..3) == Some(":\\");
    (is_absolute && !text.chars().any(char::is_control)).then(|| text.to_owned())
}
