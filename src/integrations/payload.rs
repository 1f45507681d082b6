//! What agents send to their hooks on standard input: which agent it is, what happened, and where its log is.
//!
//! A payload can contain the prompt, the answer, or a whole file. None of that is stored: unneeded fields are skipped while
//! parsing, and stored ones have a size limit.

use std::fmt;
use std::path::{Component, Path};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::facts::event::EventKind;

/// How the payloads of one agent are recognized and read.
pub struct PayloadForm {
    /// Its names for the relevant events, in its own spelling.
    pub events: &'static [(&'static str, EventKind)],
    /// The directories in its home that contain its logs, such as `.codex`.
    pub folders: &'static [&'static str],
    /// Whether a path looks like a log of the session with this id, wherever it is.
    pub is_log: fn(&Path, &str) -> bool,
    /// The variables of its hooks that contain the id of the session.
    pub session_variables: &'static [&'static str],
    /// The variables that only its hooks have.
    pub own_variables: &'static [&'static str],
    /// How it accepts a reminder at the end of a turn.
    pub reminder: Reminder,
}

impl PayloadForm {
    /// For an agent that sends nothing itself: a plugin of git-leverage does, or nothing does.
    pub const NONE: Self = Self {
        events: &[],
        folders: &[],
        is_log: |_, _| false,
        session_variables: &[],
        own_variables: &[],
        reminder: Reminder::None,
    };

    /// The event that corresponds to an agent's event name.
    pub fn kind(&self, event: &str) -> Option<EventKind> {
        let known = self.events.iter().find(|(name, _)| *name == event);
        known.map(|(_, kind)| *kind)
    }
}

/// How an agent accepts a reminder from a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reminder {
    /// `additionalContext` for the event with this name, on standard output.
    Context(&'static str),
    /// Exit code 2, with the reminder on standard error.
    Refusal,
    /// `decision` and `reason`, on standard output.
    Decision,
    /// `followup_message`, on standard output.
    FollowUp,
    /// Not at all.
    None,
}

/// Claude Code's names for the relevant events, which several other agents also use.
pub const AS_CLAUDE_CODE: &[(&str, EventKind)] = &[
    ("SessionStart", EventKind::SessionStart),
    ("Stop", EventKind::TurnEnd),
    ("StopFailure", EventKind::TurnEnd),
    ("SessionEnd", EventKind::SessionEnd),
];

/// The innermost directory of a path that satisfies `is_known`.
pub(super) fn innermost<T>(path: &str, is_known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let folders = path.rsplit(['/', '\\']).skip(1);
    folders.into_iter().find_map(is_known)
}

/// The names of the directories around a file, innermost first, and its own name without the extension.
pub fn shape(log: &Path) -> Option<(&str, Vec<&str>)> {
    let folders = log.parent()?.components().rev();
    let names = folders.filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    Some((log.file_stem()?.to_str()?, names.collect()))
}

/// The relevant fields of a payload, in any spelling.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fields {
    pub hook_event_name: Text<64>,
    pub session_id: Text<200>,
    #[serde(rename = "sessionId")]
    pub camel_session: Text<200>,
    pub conversation_id: Text<200>,
    // Fields of Antigravity, whose events may have no names.
    #[serde(rename = "conversationId")]
    pub camel_conversation: Text<200>,
    #[serde(rename = "hookEventName")]
    pub camel_event: Text<64>,
    #[serde(rename = "workspacePaths")]
    pub workspace_paths: First<1024>,
    #[serde(rename = "fullyIdle")]
    pub fully_idle: Present,
    #[serde(rename = "terminationReason")]
    pub termination_reason: Present,
    pub transcript_path: Text<1024>,
    #[serde(rename = "transcriptPath")]
    pub camel_transcript: Text<1024>,
    pub cwd: Text<1024>,
    pub workspace_roots: First<1024>,
    pub model: Text<100>,
    pub cursor_version: Present,
    pub turn_id: Present,
    pub agent_id: Present,
    pub parent_agent_id: Present,
    #[serde(rename = "parentAgentId")]
    pub camel_parent_agent: Present,
    pub stop_hook_active: Truth,
    pub background_tasks: Present,
    pub loop_count: Count,
    // The events of Copilot have no names in its own payload format.
    pub source: Present,
    pub reason: Present,
    #[serde(rename = "stopReason")]
    pub stop_reason: Present,
    #[serde(rename = "hookName")]
    pub hook_name: Present,
    #[serde(rename = "toolName")]
    pub tool_name: Present,
    #[serde(rename = "agentName")]
    pub agent_name: Present,
    pub error: Present,
    // Fields of git-leverage's own plugins.
    pub leverage: Count,
    pub agent: Text<64>,
    pub event: Text<64>,
    pub session: Text<200>,
    pub folder: Text<1024>,
    pub log: Text<1024>,
}

/// A text of at most this many bytes; anything else is ignored.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Text<const MOST: usize>(pub Option<String>);

impl<const MOST: usize> Text<MOST> {
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// The first of several texts.
#[derive(Debug, Default)]
pub(super) struct First<const MOST: usize>(pub Option<String>);

/// Whether there is a value: neither `null` nor an empty list.
#[derive(Debug, Default)]
pub(super) struct Present(pub bool);

/// Whether a value is true.
#[derive(Debug, Default)]
pub(super) struct Truth(pub bool);

/// An integer; anything else is 0.
#[derive(Debug, Default)]
pub(super) struct Count(pub u64);

/// Accepts any value, and stores the relevant fields.
#[derive(Default)]
struct Any<const MOST: usize> {
    text: Option<String>,
    first: Option<String>,
    is_present: bool,
    is_true: bool,
    count: u64,
}

impl<'de, const MOST: usize> Visitor<'de> for Any<MOST> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(mut self, text: &str) -> Result<Self, E> {
        self.is_present = true;
        self.text = (!text.is_empty() && text.len() <= MOST).then(|| text.to_owned());
        Ok(self)
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<Self, E> {
        self.is_present = true;
        self.is_true = value;
        Ok(self)
    }

    fn visit_u64<E>(mut self, value: u64) -> Result<Self, E> {
        self.is_present = true;
        self.count = value;
        Ok(self)
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<Self, E> {
        self.is_present = true;
        Ok(self)
    }

    fn visit_f64<E>(mut self, _: f64) -> Result<Self, E> {
        self.is_present = true;
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        self.is_present = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        if let Some(first) = list.next_element::<Text<MOST>>()? {
            self.is_present = true;
            self.first = first.0;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

macro_rules! taken_of_any {
    ($name:ident, $value:ident => $taken:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $value = deserializer.deserialize_any(Any::<0>::default())?;
                Ok(Self($taken))
            }
        }
    };
}

taken_of_any!(Present, any => any.is_present);
taken_of_any!(Truth, any => any.is_true);
taken_of_any!(Count, any => any.count);

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(deserializer.deserialize_any(Any::<MOST>::default())?.text))
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for First<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(deserializer.deserialize_any(Any::<MOST>::default())?.first))
    }
}
