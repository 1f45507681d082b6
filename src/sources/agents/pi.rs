//! Pi: `sessions/--<folder>--/<time>_<id>.jsonl`, a tree of entries in the order in which they were written.
//!
//! Every branch took tokens and time, so the whole tree counts, not only its current leaf. A fork contains its parent's
//! entries unchanged, before its own: they are older than its header.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_record;
use super::log::{Key, Log, NAMELESS, Name, Outcome, Stamp, What};
use super::value::{content, count, first_text, is_miscounted, items, text, timed};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

/// The reader.
pub struct Pi;

impl Agent for Pi {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::PI
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let sessions = machine.moved(self.identity()).or_else(|| {
            let home = machine
                .folder("PI_CODING_AGENT_DIR")
                .or_else(|| machine.in_home(".pi/agent"));
            home.map(|home| home.join("sessions"))
        });
        sessions.into_iter().collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        files_below(root, warnings, |path| {
            let is_log = path.extension().is_some_and(|extension| extension == "jsonl");
            is_log && !is_transcript(path)
        })
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let launched_by = launched_by(&file.path);
        each_record(&file.path, log, |line, number, log| {
            let entry: Value = line.parse()?;
            if text(&entry, "/type") == "session" {
                open(&entry, launched_by, number, log);
            } else {
                read_entry(&entry, line.as_str(), number, log);
            }
            Ok(())
        })
    }
}

/// The name of the parent of a session in [`Log::carried`], until its first own entry.
const PARENT: &str = "parent";
/// The name of a session that an agent launched: no person types in it.
const LAUNCHED: &str = "launched";
/// How far below the directory of its session the log of a subagent is.
const SUBAGENTS_BELOW: usize = 4;

/// Whether a file is a readable transcript of a subagent: its session has a separate log beside it.
fn is_transcript(path: &Path) -> bool {
    path.parent()
        .is_some_and(|folder| folder.ends_with("subagent-artifacts"))
}

/// The session that launched the one in a log: the directory of a subagent's log is named after its log.
fn launched_by(log: &Path) -> Option<&str> {
    let folders = log.ancestors().skip(1);
    let names = folders.filter_map(|folder| folder.file_name()?.to_str());
    names
        .take(SUBAGENTS_BELOW)
        .filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        .find_map(|name| {
            let (time, id) = name.split_once('_')?;
            (time.contains('T') && time.ends_with('Z') && !id.is_empty()).then_some(id)
        })
}

/// The header. Its time is that of the file, which may be long before the first prompt.
fn open(header: &Value, launched_by: Option<&str>, line: u32, log: &mut Log) {
    let (Some(at), id) = (timed(header, "/timestamp", line, log), text(header, "/id")) else {
        return;
    };
    if id.is_empty() {
        return log.refuse(line, NAMELESS);
    }
    let parent = first_text(header, &["parentSession", "branchedFrom"]);
    let forked_from = id_in(parent);
    log.carried.other.clear();
    if let Some(parent) = forked_from.or(launched_by) {
        log.carried.note(PARENT, parent);
    }
    if forked_from.is_none() && launched_by.is_some() {
        log.carried.note(LAUNCHED, "");
    }
    let folder = text(header, "/cwd");
    log.carried.stamp = Some(Stamp {
        at,
        line,
        key: None,
        session: log.name(id),
        lane: None,
        folder: (!folder.is_empty()).then(|| log.name(folder)),
        branch: None,
        copied: !parent.is_empty(),
    });
    log.carried.model = named_model(text(header, "/modelId"), log);
}

/// The id in the path of a log: `<time>_<id>.jsonl`.
fn id_in(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (_, id) = name.strip_suffix(".jsonl")?.rsplit_once('_')?;
    Some(id)
}

fn named_model(model: &str, log: &mut Log) -> Option<Name> {
    (!model.is_empty()).then(|| log.name(model))
}

fn read_entry(entry: &Value, line: &str, number: u32, log: &mut Log) {
    let (Some(header), Some(at)) = (log.carried.stamp, timed(entry, "/timestamp", number, log)) else {
        return;
    };
    let mut stamp = Stamp {
        at,
        line: number,
        key: None,
        copied: header.copied && at < header.at,
        ..header
    };
    if !stamp.copied
        && let Some(parent) = log.carried.take_note(PARENT)
    {
        let parent = log.name(&parent);
        log.push(stamp, What::Parent(parent));
    }
    stamp.key = Some(match text(entry, "/id") {
        // The oldest logs have no ids.
        "" => Key::of(&[line]),
        id => Key::of(&[id, text(entry, "/timestamp")]),
    });
    match text(entry, "/type") {
        "message" => read_message(entry, stamp, log),
        "compaction" | "branch_summary" => {
            log.push(stamp, What::Work);
            read_usage(entry, stamp, log);
        }
        "model_change" => log.carried.model = named_model(text(entry, "/modelId"), log),
        _ => {}
    }
}

fn read_message(entry: &Value, stamp: Stamp, log: &mut Log) {
    let Some(message) = entry.get("message") else {
        return;
    };
    match text(message, "/role") {
        role @ ("user" | "bashExecution") => {
            let launched = log.carried.noted(LAUNCHED).is_some();
            let what = if role == "user" && launched {
                What::Automated
            } else if role == "user" {
                What::Prompt {
                    kind: ActionKind::Prompt,
                    typed: prose::typed(&content(message.get("content"))),
                }
            } else {
                What::Local {
                    kind: ActionKind::Shell,
                    typed: prose::typed(&content(message.get("command"))),
                }
            };
            log.push(stamp, what);
        }
        "assistant" => {
            log.push(stamp, What::Work);
            for block in items(message, "/content") {
                if text(block, "/type") == "toolCall" {
                    let id = Key::of(&[text(block, "/id")]);
                    let arguments = block.get("arguments").unwrap_or(&Value::Null);
                    let what = tools::call(log, id, text(block, "/name"), arguments);
                    log.push(stamp, what);
                }
            }
            read_usage(message, stamp, log);
            match text(message, "/stopReason") {
                "aborted" => log.push(stamp, What::Interrupted),
                "stop" | "length" => log.push(stamp, What::TurnEnd(None)),
                _ => {}
            }
        }
        "toolResult" => {
            let failed = message.get("isError").and_then(Value::as_bool) == Some(true);
            let outcome = if failed { Outcome::Failed } else { Outcome::Done };
            let id = Key::of(&[text(message, "/toolCallId")]);
            let what = tools::result(log, id, outcome, None, &content(message.get("content")));
            log.push(stamp, what);
        }
        _ => {}
    }
}

fn read_usage(message: &Value, stamp: Stamp, log: &mut Log) {
    let Some(usage) = message.get("usage").filter(|usage| usage.is_object()) else {
        return;
    };
    // A summary does not name its model: it is the one that answered last.
    let model = named_model(text(message, "/model"), log)
        .or(log.carried.model)
        .unwrap_or_else(|| log.name("unknown"));
    log.carried.model = Some(model);
    if is_miscounted(usage) {
        return log.refuse_tokens(stamp);
    }
    let tokens = TokenCounts {
        input: count(usage, "/input"),
        cache_write: count(usage, "/cacheWrite"),
        cache_read: count(usage, "/cacheRead"),
        output: count(usage, "/output"),
    };
    // A response that was interrupted or failed has zeros, whatever it took.
    if tokens == TokenCounts::default() {
        return;
    }
    let what = What::Usage {
        message: stamp.key,
        request: None,
        model,
        tokens,
    };
    log.push(stamp, what);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::assemble::assemble;
    use super::*;
    use crate::facts::session::{Session, TurnEnd};

    /// The sessions in a directory of logs: name and text of each file.
    fn sessions(files: &[(&str, &str)]) -> Vec<Session> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let logs: Vec<(PathBuf, Log)> = Pi
            .logs(folder.path(), &mut Vec::new())
            .into_iter()
            .map(|file| {
                let mut log = Log::default();
                Pi.read(&file, &mut log).unwrap();
                assert_eq!(log.flaws, []);
                (file.path, log)
            })
            .collect();
        assemble("pi", &logs)
    }

    fn header(id: &str, minute: u32, more: &str) -> String {
        format!(
            r#"{{"type":"session","version":3,"id":"{id}","timestamp":"2026-08-09T09:{minute:02}:00.000Z","cwd":"/w/kiln"{more}}}"#
        ) + "\n"
    }

    fn entry(id: &str, parent: &str, minute: u32, fields: &str) -> String {
        format!(
            r#"{{"id":"{id}","parentId":"{parent}","timestamp":"2026-08-09T09:{minute:02}:00.000Z",{fields}}}"#
        ) + "\n"
    }

    const PROMPT: &str = r#""type":"message","message":{"role":"user","content":"go on"}"#;

    fn answer(output: u32, reason: &str) -> String {
        format!(
            r#""type":"message","message":{{"role":"assistant","model":"m-x","content":[],"usage":{{"input":1,"output":{output}}},"stopReason":"{reason}"}}"#
        )
    }

    fn output(session: &Session) -> Option<u64> {
        session.tokens().map(|tokens| tokens.output)
    }

    #[test]
    fn a_fork_has_what_it_added_and_its_parent_the_rest() {
        let shared = entry("a", "", 1, PROMPT) + &entry("b", "a", 3, &answer(10, "stop"));
        let parent = header("p", 0, "")
            + &shared
            + &entry("c", "b", 30, PROMPT)
            + &entry("d", "c", 31, &answer(5, "stop"));
        let from = r#","parentSession":"/h/.pi/2026-08-09T09-00-00-000Z_p.jsonl""#;
        let fork = header("f", 10, from)
            + &shared
            + &entry("e", "b", 11, PROMPT)
            + &entry("g", "e", 13, &answer(7, "stop"));
        let found = sessions(&[("0_p.jsonl", &parent), ("1_f.jsonl", &fork)]);
        let seen: Vec<_> = found
            .iter()
            .map(|session| {
                let parent = session.parent.as_ref().map(|parent| parent.id.as_str());
                (
                    parent,
                    session.actions.len(),
                    output(session),
                    session.worked() / 60_000,
                )
            })
            .collect();
        assert_eq!(seen, [(Some("p"), 1, Some(7), 2), (None, 2, Some(15), 3)]);
        // Without its parent, only the fork is left.
        let alone = sessions(&[("1_f.jsonl", &fork)]);
        assert_eq!((alone[0].actions.len(), output(&alone[0])), (2, Some(17)));
    }

    #[test]
    fn every_branch_of_the_tree_counts() {
        let log = header("p", 0, "")
            + &entry("a", "", 1, PROMPT)
            + &entry("b", "a", 3, &answer(10, "stop"))
            + &entry(
                "s",
                "a",
                20,
                r#""type":"branch_summary","summary":"x","usage":{"input":3,"output":2}"#,
            )
            + &entry("c", "s", 21, PROMPT)
            + &entry("d", "c", 22, &answer(5, "stop"))
            + &entry("m", "d", 23, r#""type":"model_change","modelId":"m-y""#)
            + &entry(
                "k",
                "m",
                24,
                r#""type":"compaction","summary":"x","usage":{"input":4,"output":1}"#,
            );
        let found = sessions(&[("0_p.jsonl", &log)]);
        assert_eq!((found.len(), output(&found[0])), (1, Some(18)));
        assert_eq!(found[0].models, ["m-x", "m-y"]);
        // What came after the end of a turn includes none of the pause before it.
        assert_eq!(found[0].worked(), 3 * 60_000);
    }

    #[test]
    fn an_aborted_answer_is_an_interrupt_without_tokens() {
        let aborted = answer(0, "aborted").replace(r#""input":1"#, r#""input":0"#);
        let log = header("p", 0, "") + &entry("a", "", 1, PROMPT) + &entry("b", "a", 3, &aborted);
        let session = &sessions(&[("0_p.jsonl", &log)])[0];
        let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
        assert_eq!(kinds, [ActionKind::Prompt, ActionKind::Interrupt]);
        let ends: Vec<TurnEnd> = session.turns().map(|turn| turn.end).collect();
        assert_eq!((ends, output(session)), (vec![TurnEnd::Interrupted], None));
    }

    #[test]
    fn the_oldest_logs_have_no_ids_and_paths_may_be_relative() {
        let write = r#""type":"message","message":{"role":"assistant","content":[{"type":"toolCall","id":"t","name":"write","arguments":{"path":"./src/a.rs","content":"let a;"}}],"usage":{"input":1,"output":4}}"#;
        let done = r#""type":"message","message":{"role":"toolResult","toolCallId":"t","content":[]}"#;
        let log = header("p", 0, r#","modelId":"m-old""#)
            + &entry("", "", 1, PROMPT)
            + &entry("", "", 1, write)
            + &entry("", "", 1, done);
        let copy = header("q", 5, r#","branchedFrom":"/h/x_p.jsonl""#) + log.split_once('\n').unwrap().1;
        let found = sessions(&[("0_p.jsonl", &log), ("1_q.jsonl", &copy)]);
        assert_eq!((found.len(), output(&found[0])), (1, Some(4)));
        assert_eq!(found[0].models, ["m-old"]);
        assert_eq!(found[0].edits[0].path, "/w/kiln/src/a.rs");
    }

    #[test]
    fn variables_move_the_folder() {
        let roots = |variables: &[(&str, &str)]| {
            let variables: BTreeMap<String, String> = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            let machine = Machine {
                home: Some("/h".into()),
                variables,
                ..Machine::default()
            };
            Pi.roots(&machine)
        };
        assert_eq!(roots(&[]), [Path::new("/h/.pi/agent/sessions")]);
        let agent = ("PI_CODING_AGENT_DIR", "~/pi");
        assert_eq!(roots(&[agent]), [Path::new("/h/pi/sessions")]);
        let both = [agent, ("PI_CODING_AGENT_SESSION_DIR", "/s")];
        assert_eq!(roots(&both), [Path::new("/s")]);
    }

    #[test]
    fn a_subagents_session_names_the_one_whose_folder_it_lies_in() {
        let folder = tempfile::tempdir().unwrap();
        let above = "2026-08-09T09-00-00-000Z_main";
        let below = folder.path().join(above).join("run/run-0");
        let transcripts = folder.path().join(above).join("subagent-artifacts");
        for made in [&below, &transcripts] {
            std::fs::create_dir_all(made).unwrap();
        }
        let prompt = entry(
            "e1",
            "",
            1,
            r#""type":"message","message":{"role":"user","content":"look"}"#,
        );
        let answer = r#""type":"message","message":{"role":"assistant","content":[],"stopReason":"stop"}"#;
        let log = below.join("session.jsonl");
        std::fs::write(
            &log,
            header("sub", 1, "") + &prompt + &entry("e2", "e1", 2, answer),
        )
        .unwrap();
        let transcript = r#"{"version":1,"recordType":"message","timestamp":"2026-08-09T09:01:00.000Z"}"#;
        std::fs::write(transcripts.join("a_transcript.jsonl"), transcript).unwrap();
        let files = Pi.logs(folder.path(), &mut Vec::new());
        assert_eq!(files, [LogFile::new(&log)]);
        let mut read = Log::default();
        Pi.read(&files[0], &mut read).unwrap();
        let session = assemble("pi", &[(log, read)]).remove(0);
        assert_eq!(session.parent.as_ref().map(|parent| &*parent.id), Some("main"));
        assert_eq!(session.actions, []);
        assert_eq!(
            session.turns().map(|turn| turn.human).collect::<Vec<_>>(),
            [false]
        );
    }
}
