//! What Qwen Code records beside its conversation: whether a person was there, whom it asked before a call ran, and
//! which model answered a subagent, whose own log does not name it.
//!
//! Calls and responses of subagents are recorded in the log of the session, so a subagent's log is read together with
//! it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::LogFile;
use super::super::lines::each_record;
use super::super::log::{Event, Key, Log, Stamp, What};
use super::super::value::{companion, count, instant, items, millis, text};
use crate::facts::session::ActionKind;
use crate::facts::span::Moment;

/// The first version for which the records that only its screen writes are known.
const KNOWN: (u32, u32) = (0, 24);
/// The name of a sign of a person in [`super::super::log::Carried::other`].
const ATTENDED: &str = "attended";
/// The name of a sign of the command line, with a screen or without.
const COMMAND_LINE: &str = "command line";
/// Stops within this many milliseconds are one.
const ONE_STOP: i64 = 1_000;

/// Who allowed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// A person, when asked.
    Accepted,
    /// A setting or a rule, without asking anybody.
    Allowed {
        /// How long the call took, in milliseconds.
        took: Option<u32>,
    },
    /// A person refused it.
    Refused,
}

/// A response of a subagent, as the log of the session records it.
struct Response {
    at: Moment,
    model: String,
    counts: [u64; 4],
}

/// The records beside the conversation.
#[derive(Default)]
pub(super) struct Told {
    decisions: HashMap<Key, Decision>,
    /// The responses of subagents, by the subagent.
    responses: HashMap<Key, Vec<Response>>,
    /// The model that a subagent was started with, if nothing else is known.
    started_with: String,
    /// What the log of a subagent's session shows about who was there.
    session: Option<Signs>,
    /// Whether calls of a subagent ran without anybody being asked.
    unasked: bool,
    stopped: Option<Moment>,
    /// When a file was last saved before it was changed: that happens once the change is allowed.
    put_by: Option<Moment>,
}

/// Signs of a person.
#[derive(Default, Clone, Copy)]
struct Signs {
    attended: bool,
    command_line: bool,
}

impl Signs {
    /// Whether no person was there: a command line ran without what its screen always writes.
    fn nobody(self) -> bool {
        self.command_line && !self.attended
    }

    /// Adds the content of a record.
    fn note(&mut self, record: &Value) {
        let payload = record.get("systemPayload").unwrap_or(&Value::Null);
        match text(record, "/subtype") {
            "file_history_snapshot" | "mid_turn_user_message" | "realtime_message" | "slash_command" => {
                self.attended = true;
            }
            "attribution_snapshot" if text(payload, "/snapshot/surface") == "cli" => {
                self.command_line |= is_known(text(record, "/version"));
            }
            "ui_telemetry" => {
                self.attended |= matches!(text(payload, "/uiEvent/decision"), "accept" | "modify" | "reject");
            }
            _ => {}
        }
    }
}

/// When the last of the files in a snapshot was saved.
fn last_backup(record: &Value) -> Option<Moment> {
    if text(record, "/subtype") != "file_history_snapshot" {
        return None;
    }
    let snapshots = items(record, "/systemPayload/snapshots").iter();
    let files = snapshots.filter_map(|snapshot| snapshot.get("trackedFileBackups")?.as_object());
    files
        .flat_map(|files| files.values())
        .filter_map(|file| instant(file, "/backupTime"))
        .max()
}

fn is_known(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= KNOWN,
        _ => false,
    }
}

/// The file that only the screen writes, beside the log of its session.
fn runtime(chat: &Path) -> PathBuf {
    chat.with_extension("runtime.json")
}

/// The log of the session that launched a subagent, from that of the subagent: `subagents/<session>/agent-….jsonl`.
fn session_of(log: &Path) -> Option<PathBuf> {
    let folder = log.parent()?;
    let above = folder.parent().filter(|above| above.ends_with("subagents"))?;
    let mut name = folder.file_name()?.to_owned();
    name.push(".jsonl");
    Some(above.parent()?.join("chats").join(name))
}

/// The files that supplement a log.
pub(super) fn companions(log: &Path) -> Vec<PathBuf> {
    match session_of(log) {
        Some(chat) => vec![log.with_extension("meta.json"), runtime(&chat), chat],
        None => vec![runtime(log)],
    }
}

impl Told {
    /// The content of the files beside a log.
    pub(super) fn beside(file: &LogFile, log: &mut Log) -> Self {
        let mut told = Self::default();
        let Some(chat) = session_of(&file.path) else {
            if runtime(&file.path).exists() {
                remember(ATTENDED, log);
            }
            return told;
        };
        let meta = companion(&file.path.with_extension("meta.json"), log);
        text(&meta, "/persistedCliFlags/model").clone_into(&mut told.started_with);
        told.unasked = text(&meta, "/resolvedApprovalMode") == "yolo";
        let mut signs = Signs {
            attended: runtime(&chat).exists(),
            command_line: false,
        };
        // Truncated or overlong lines there are noted when that log itself is read.
        each_system_record(&chat, |record| {
            signs.note(record);
            told.take_event(record);
        });
        told.session = Some(signs);
        told
    }

    /// Adds a record of the log itself.
    pub(super) fn note(&mut self, record: &Value, stamp: Stamp, log: &mut Log) {
        let mut signs = Signs::default();
        signs.note(record);
        if signs.attended {
            remember(ATTENDED, log);
        }
        if signs.command_line {
            remember(COMMAND_LINE, log);
        }
        self.put_by = self.put_by.max(last_backup(record));
        let event = record.pointer("/systemPayload/uiEvent").unwrap_or(&Value::Null);
        if let Some((id, decision)) = self.take_event(record) {
            let lane = subagent(text(event, "/prompt_id"), text(record, "/sessionId"));
            let stamp = Stamp {
                lane: lane.map(|lane| log.name(lane)).or(stamp.lane),
                ..stamp
            };
            let asked = !matches!(decision, Decision::Allowed { .. });
            log.push(stamp, What::Approval { id, asked });
        }
    }

    /// Stores what a record has of a call or of a subagent's response. Returns who allowed the call.
    fn take_event(&mut self, record: &Value) -> Option<(Key, Decision)> {
        let event = record.pointer("/systemPayload/uiEvent")?;
        match text(event, "/event.name") {
            "qwen-code.tool_call" => {
                let decision = match text(event, "/decision") {
                    "accept" | "modify" => Decision::Accepted,
                    "auto_accept" => Decision::Allowed {
                        took: millis(event, "/duration_ms"),
                    },
                    "reject" => Decision::Refused,
                    _ => return None,
                };
                let id = Key::of(&[text(event, "/call_id")]);
                self.decisions.insert(id, decision);
                Some((id, decision))
            }
            "qwen-code.api_response" => {
                let (subagent, model) = (text(event, "/subagent_id"), text(event, "/model"));
                if let (false, false, Some(at)) = (
                    subagent.is_empty(),
                    model.is_empty(),
                    instant(event, "/event.timestamp"),
                ) {
                    let fields = [
                        "input_token_count",
                        "output_token_count",
                        "cached_content_token_count",
                        "total_token_count",
                    ];
                    let response = Response {
                        at,
                        model: model.to_owned(),
                        counts: fields.map(|field| count(event, &format!("/{field}"))),
                    };
                    self.responses
                        .entry(Key::of(&[subagent]))
                        .or_default()
                        .push(response);
                }
                None
            }
            _ => None,
        }
    }

    /// Who allowed a call, if known.
    pub(super) fn decision(&self, id: Key) -> Option<Decision> {
        self.decisions.get(&id).copied()
    }

    /// The model of a subagent's response that does not name it: that of the response with its counts nearest in time,
    /// otherwise the one that answered all others, otherwise the one that the subagent was started with.
    pub(super) fn model_of(&self, subagent: &str, at: Moment, usage: &Value) -> Option<&str> {
        let fields = [
            "promptTokenCount",
            "candidatesTokenCount",
            "cachedContentTokenCount",
            "totalTokenCount",
        ];
        let counts = fields.map(|field| count(usage, &format!("/{field}")));
        let told = self
            .responses
            .get(&Key::of(&[subagent]))
            .map_or(&[][..], Vec::as_slice);
        let same = told.iter().filter(|response| response.counts == counts);
        let nearest = same.min_by_key(|response| response.at.since(at).abs());
        let all_one = || {
            let first = told.first()?;
            told.iter()
                .all(|other| other.model == first.model)
                .then_some(first)
        };
        let known = nearest.or_else(all_one).map(|response| response.model.as_str());
        known.or(Some(self.started_with.as_str()).filter(|model| !model.is_empty()))
    }

    /// How long an edit took that a person had to allow, if a file was saved for it since the answer that called for
    /// it.
    pub(super) fn ran_until(&self, at: Moment) -> Option<u32> {
        u32::try_from(at.since(self.put_by?)).ok()
    }

    /// Forgets what was saved for calls of an earlier answer.
    pub(super) fn answered(&mut self) {
        self.put_by = None;
    }

    /// Whether a stop differs from the last.
    pub(super) fn is_first_stop(&mut self, at: Moment) -> bool {
        let before = self.stopped.replace(at);
        before.is_none_or(|before| at.since(before) > ONE_STOP)
    }

    /// Decides, now that everything is read, whether a person may have been asked, and who wrote the prompts.
    pub(super) fn settle(&self, log: &mut Log) {
        let own = Signs {
            attended: remembers(ATTENDED, log),
            command_line: remembers(COMMAND_LINE, log),
        };
        let nobody = self.session.unwrap_or(own).nobody();
        let may_ask = What::MayAsk(!nobody && !self.unasked);
        let known = log
            .events
            .iter_mut()
            .find(|event| matches!(event.what, What::MayAsk(_)));
        if let Some(known) = known {
            known.what = may_ask;
        } else if let Some(at) = log.events.iter().position(|event| !event.stamp.copied) {
            let first = Event {
                stamp: log.events[at].stamp,
                what: may_ask,
            };
            log.events.insert(at, first);
        }
        if nobody {
            for event in &mut log.events {
                if let What::Prompt {
                    kind: ActionKind::Prompt,
                    ..
                } = event.what
                {
                    event.what = What::Automated;
                }
            }
        }
    }
}

fn remembers(name: &str, log: &Log) -> bool {
    log.carried.noted(name).is_some()
}

fn remember(name: &str, log: &mut Log) {
    log.carried.note(name, "");
}

/// The subagent that a prompt's id names: `<session>#<subagent>#<number>`, in the session itself `<session>########<number>`.
fn subagent<'id>(prompt: &'id str, session: &str) -> Option<&'id str> {
    let (subagent, _) = prompt
        .strip_prefix(session)?
        .strip_prefix('#')?
        .rsplit_once('#')?;
    Some(subagent.trim_matches('#')).filter(|subagent| !subagent.is_empty())
}

/// Calls `record` for each record of a log that is the program's own.
fn each_system_record(path: &Path, mut record: impl FnMut(&Value)) {
    // What cannot be read of it is reported where the log itself is read.
    let _ = each_record(path, &mut Log::default(), |line, _, _| {
        if line.as_str().contains("\"systemPayload\"") {
            record(&line.parse()?);
        }
        Ok(())
    });
}
