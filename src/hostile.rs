//! Every reader of untrusted bytes, by name: used by the property tests below and by `fuzz/`.
//!
//! It is part of the crate only in tests and with the feature `fuzzing`. A reader may reject its input; it must not panic, or
//! produce more than the size of the input justifies.

use std::path::{Path, PathBuf};

use chrono::DateTime;

use crate::exchange::{self, ImportOptions, facts};
use crate::facts::attestation::git_ai::GitAiNote;
use crate::facts::inventory::{HistoryFacts, TreeFacts};
use crate::facts::quantity::WorkTime;
use crate::facts::record::{NoteLines, Record};
use crate::facts::{claim, commits, squash, trailers};
use crate::git::hostile as git;
use crate::git::survival::Kept;
use crate::integrations::settings::command::HookCommand;
use crate::integrations::settings::hooks::{GROUPED, HookFile};
use crate::integrations::settings::splice::undone;
use crate::integrations::told::told;
use crate::sources::agents::assemble::assemble;
use crate::sources::agents::log::Log;
use crate::sources::agents::{self, Agent, Machine};
use crate::sources::inventory::hostile as inventory;
use crate::spool;

/// A reader, called to check that it does not panic.
pub type Reader = fn(&[u8]);

/// The readers. Each has seeds in `fixtures/hostile/NAME/` and a target in `fuzz/fuzz_targets/`.
pub const READERS: &[(&str, Reader)] = &[
    ("delta", git::delta),
    ("pack_index", git::index),
    ("tree", git::tree),
    ("commit", git::commit),
    ("trailers", read_message),
    ("record", read_record),
    ("note", read_note),
    ("git_ai", read_git_ai),
    ("agent", read_agent),
    ("dockerfile", inventory::dockerfile),
    ("source", inventory::source),
    ("exchange", read_exchange),
    ("cache", read_cache),
    ("columns", commits::read_anything),
    ("facts", facts::hostile::read),
    ("settings", read_settings),
    ("payload", read_payload),
    ("spool", spool::hostile),
];

/// The reader with this name. It panics if there is none.
pub fn read(name: &str, data: &[u8]) {
    let reader = READERS.iter().find(|(known, _)| *known == name);
    let (_, reader) = reader.unwrap_or_else(|| panic!("no reader is called {name}"));
    reader(data);
}

/// An agent's settings file: hooks are added and removed again, or it is rejected.
fn read_settings(content: &[u8]) {
    let Ok(text) = std::str::from_utf8(content) else {
        return;
    };
    let command = HookCommand {
        program: "/opt/git-leverage".to_owned(),
        remind: false,
    };
    let form = HookFile {
        events: &[("SessionStart", 10), ("Stop", 10)],
        ..GROUPED
    };
    let _ = form.present(text);
    let _ = form.remove(text, None);
    HookCommand::read(text);
    HookCommand::anywhere(text);
    if let Ok(installed) = form.install(text, &["SessionStart", "Stop"], &command) {
        assert_eq!(undone(&installed.text, &installed.splices).as_deref(), Some(text));
        assert!(form.remove(&installed.text, Some(&installed.kept)).is_ok());
    }
}

fn read_message(message: &[u8]) {
    let longest = message.len();
    let all = trailers::parse_everywhere(message, |_| true);
    assert!(trailers::parse(message).len() <= longest && all.len() <= longest);
    assert!(squash::quoted(message).len() <= longest);
    claim::read(message, WorkTime::default());
}

fn read_record(line: &[u8]) {
    if let Ok(record) = Record::decode(line) {
        let line = record.encode();
        assert_eq!(Record::decode(&line).map(|again| again.encode()), Ok(line));
    }
}

fn read_note(content: &[u8]) {
    let note = NoteLines::parse(content);
    assert_eq!(NoteLines::parse(&note.content()), note);
    for line in note.iter() {
        read_record(line);
    }
}

fn read_payload(payload: &[u8]) {
    let told = told(payload, &|_| None, DateTime::UNIX_EPOCH);
    if let Some(told) = told {
        // Each stored text has a size limit.
        let kept = serde_json::to_string(&told.event).unwrap_or_default();
        assert!(kept.len() < 16 << 10, "{}", kept.len());
    }
}

fn read_git_ai(content: &[u8]) {
    GitAiNote::read(content).evidence();
}

/// Where each agent's log would be below the home directory.
const LOGS: &[(&str, &str)] = &[
    ("amp", ".local/share/amp/threads/T-1.json"),
    ("claude-code", ".claude/projects/-w-kiln/a.jsonl"),
    (
        "codex",
        ".codex/sessions/2026/04/01/rollout-2026-04-01T09-00-58-a.jsonl",
    ),
    ("copilot-cli", ".copilot/session-state/a/events.jsonl"),
    ("cursor", ".cursor/projects/w-kiln/agent-transcripts/a.jsonl"),
    ("droid", ".factory/sessions/-w-kiln/a.jsonl"),
    (
        "gemini-cli",
        ".gemini/tmp/kiln/chats/session-2026-04-01T09-00-a.jsonl",
    ),
    (
        "opencode",
        ".local/share/opencode/storage/message/ses_1/msg_1.json",
    ),
    (
        "pi",
        ".pi/agent/sessions/--w-kiln--/2026-04-01T09-00-58-000Z_a.jsonl",
    ),
    ("qwen", ".qwen/projects/-w-kiln/chats/a.jsonl"),
];

/// A log, after a byte that selects the agent.
fn read_agent(data: &[u8]) {
    events_of(data);
}

/// The number of events in it.
fn events_of(data: &[u8]) -> usize {
    let (Some((first, log)), Ok(home)) = (data.split_first(), tempfile::tempdir()) else {
        return 0;
    };
    let (agent, path) = LOGS[usize::from(*first) % LOGS.len()];
    let path = home.path().join(path);
    let folder = path.parent().unwrap_or(home.path());
    match std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, log)) {
        Ok(()) => read_home(agent, home.path(), log.len()),
        Err(_) => 0,
    }
}

/// Reads all logs of an agent below a home directory of `size` bytes, and returns the number of events.
fn read_home(name: &str, home: &Path, size: usize) -> usize {
    let machine = Machine {
        home: Some(home.to_owned()),
        work_trees: vec![home.join("$KILN")],
        ..Machine::default()
    };
    let mut all = 0;
    for agent in agents::READERS.iter().filter(|agent| agent.name() == name) {
        let logs = read_logs(*agent, &machine);
        let events: usize = logs.iter().map(|(_, log)| log.events.len()).sum();
        // A log can represent a session with only its name and its times.
        let most = size + 8 * logs.len();
        assert!(events <= most, "{name} made {events} events of {size} bytes");
        assemble(name, &logs);
        all += events;
    }
    all
}

fn read_logs(agent: &dyn Agent, machine: &Machine) -> Vec<(PathBuf, Log)> {
    let mut logs = Vec::new();
    for root in agent.roots(machine) {
        for mut file in agent.logs(&root, &mut Vec::new()) {
            file.companions.extend(agent.companions(&file, machine));
            let mut log = Log::default();
            // Unreadable input is rejected.
            if agent.read(&file, &mut log).is_ok() {
                logs.push((file.path, log));
            }
        }
    }
    agent.settle(&mut logs);
    logs
}

fn read_exchange(data: &[u8]) {
    for name in ["a.csv", "a.md", "a.jsonl", "a"] {
        let options = ImportOptions {
            name: name.to_owned(),
            date: None,
            agent: None,
            by: "Ada <ada@example.com>".to_owned(),
            at: chrono::DateTime::UNIX_EPOCH,
            work: WorkTime::default(),
        };
        // Unreadable input is rejected.
        let _ = exchange::read(data, &options);
    }
}

fn read_cache(body: &[u8]) {
    let _ = postcard::from_bytes::<Log>(body);
    let _ = postcard::from_bytes::<TreeFacts>(body);
    let _ = postcard::from_bytes::<(i64, HistoryFacts)>(body);
    let _ = postcard::from_bytes::<Kept>(body);
}

#[cfg(test)]
mod tests;
