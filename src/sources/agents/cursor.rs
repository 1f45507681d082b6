//! Cursor: `projects/<folder>/agent-transcripts/<id>.jsonl` of its command line, `<id>/<id>.jsonl` of its editor.
//!
//! A transcript has the conversation and the tools that ran, but no times of the records, no results and no tokens.
//! Most prompts open with a `<timestamp>` in minutes; when the agent was done with them is unknown. So a session has
//! edits and the person's prompts, while agent time, tokens and commits are absent. An edit has the earliest time that
//! is possible: that of the last prompt before it, otherwise that at which the session was opened. A commit that
//! contains its lines was made after that.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{FixedOffset, NaiveDateTime, TimeZone};
use serde_json::Value;

use super::lines::each_record;
use super::log::{Key, Log, Metric, Name, Outcome, Stamp, What};
use super::value::{companion, content, first_text, instant, items, text};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::ActionKind;
use crate::facts::span::Moment;

/// The reader.
pub struct Cursor;

impl Agent for Cursor {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::CURSOR
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let moved = machine.moved(self.identity());
        moved.or_else(|| machine.in_home(".cursor")).into_iter().collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let chats = files_below(&root.join("chats"), warnings, |path| {
            path.file_name() == Some(OsStr::new("meta.json"))
        });
        let chats: HashMap<&OsStr, &PathBuf> = chats
            .iter()
            .filter_map(|file| Some((file.path.parent()?.file_name()?, &file.path)))
            .collect();
        let projects = root.join("projects");
        let folder = if projects.is_dir() { &projects } else { root };
        let mut files = files_below(folder, warnings, |path| {
            path.extension() == Some(OsStr::new("jsonl")) && is_transcript(path)
        });
        for file in &mut files {
            let chat = file.path.file_stem().and_then(|id| chats.get(id));
            file.companions.extend(chat.map(|chat| (*chat).clone()));
        }
        files
    }

    /// The last event of a session is the last change of its file.
    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let chat = Chat::of(file, log)?;
        let mut reader = Reader::new(file, &chat, log);
        each_record(&file.path, log, |line, number, log| {
            reader.read(&line.parse()?, number, log);
            Ok(())
        })?;
        reader.close(&chat, log);
        Ok(())
    }
}

fn is_transcript(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str() == "agent-transcripts")
}

/// What is known of a session besides its transcript: from the command line's `meta.json`, otherwise from the file
/// itself.
struct Chat {
    opened: Moment,
    written: Moment,
    folder: Option<String>,
}

impl Chat {
    fn of(file: &LogFile, log: &mut Log) -> io::Result<Self> {
        let metadata = std::fs::metadata(&file.path)?;
        let written = moment(metadata.modified()?);
        // A copy is newer than its original.
        let opened = metadata.created().map_or(written, moment).min(written);
        let meta = file
            .companions
            .first()
            .map_or(Value::Null, |path| companion(path, log));
        let opened = instant(&meta, "/createdAtMs").unwrap_or(opened);
        let written = instant(&meta, "/updatedAtMs").unwrap_or(written);
        let folder = text(&meta, "/cwd");
        Ok(Self {
            opened,
            written: written.max(opened),
            folder: (!folder.is_empty()).then(|| native(folder)),
        })
    }
}

fn moment(time: SystemTime) -> Moment {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

struct Reader {
    /// The stamp of the next record, at the earliest time it can have.
    stamp: Stamp,
    session: String,
    /// The project's directory as Cursor names it, with everything but letters and digits replaced by dashes.
    project: String,
    folder: Option<Name>,
    prompts_with_time: usize,
}

impl Reader {
    fn new(file: &LogFile, chat: &Chat, log: &mut Log) -> Self {
        let part = |path: Option<&Path>| {
            let name = path.and_then(Path::file_name).unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let id = file.path.file_stem().unwrap_or_default().to_string_lossy();
        // `<session>/subagents/<id>.jsonl`
        let inside = file.path.parent();
        let is_subagent = part(inside) == "subagents";
        let session = if is_subagent {
            part(inside.and_then(Path::parent))
        } else {
            id.clone().into_owned()
        };
        let transcripts = file
            .path
            .ancestors()
            .find(|folder| folder.ends_with("agent-transcripts"));
        Self {
            stamp: Stamp {
                lane: is_subagent.then(|| log.name(&id)),
                ..Stamp::new(chat.opened, 0, log.name(&session))
            },
            project: dashed(&part(transcripts.and_then(Path::parent))),
            folder: chat.folder.as_deref().map(|folder| log.name(folder)),
            session,
            prompts_with_time: 0,
        }
    }

    fn read(&mut self, record: &Value, line: u32, log: &mut Log) {
        let lane = self.stamp.lane.map_or("", |lane| log.text(lane));
        // Records have no ids; two layouts of one session have the same lines.
        self.stamp.key = Some(Key::of(&[&self.session, lane, &line.to_string()]));
        self.stamp.line = line;
        if text(record, "/type") == "turn_ended" {
            return self.read_end(record, log);
        }
        match text(record, "/role") {
            "user" => self.read_prompt(&content(record.pointer("/message/content")), log),
            "assistant" => {
                let blocks = items(record, "/message/content").iter().enumerate();
                for (number, block) in blocks.filter(|(_, block)| text(block, "/type") == "tool_use") {
                    self.read_call(block, number, log);
                }
            }
            _ => {}
        }
    }

    fn read_prompt(&mut self, said: &str, log: &mut Log) {
        let Some(at) = prose::tagged(said, "timestamp").and_then(timestamp) else {
            return;
        };
        self.stamp.at = at;
        // Messages from programs (a task that ended, an event elsewhere) also have a time, but no query.
        let Some(query) = prose::tagged(said, "user_query").filter(|_| self.stamp.lane.is_none()) else {
            return;
        };
        self.prompts_with_time += 1;
        let typed = prose::typed(query);
        let kind = ActionKind::Prompt;
        log.push(self.stamp, What::Prompt { kind, typed });
    }

    /// The end of a turn, which has no time either: it gets that of the last prompt that has one.
    fn read_end(&self, record: &Value, log: &mut Log) {
        if self.prompts_with_time == 0 {
            return;
        }
        let is_stopped = text(record, "/status") != "success"
            && ["abort", "cancel", "interrupt"]
                .iter()
                .any(|sign| text(record, "/error").to_ascii_lowercase().contains(sign));
        let what = if is_stopped {
            What::Interrupted
        } else {
            What::TurnEnd(None)
        };
        log.push(self.stamp, what);
    }

    /// A call. It is written when it is done, and without its result: it is assumed to have succeeded.
    fn read_call(&mut self, block: &Value, number: usize, log: &mut Log) {
        let lane = self.stamp.lane.map_or("", |lane| log.text(lane));
        let place = format!("{}:{number}", self.stamp.line);
        let id = Key::of(&[&self.session, lane, &place]);
        let input = block.get("input").unwrap_or(&Value::Null);
        let mut stamp = self.stamp;
        let folder = first_text(input, &["working_directory", "workingDirectory"]);
        stamp.folder = (!folder.is_empty()).then(|| log.name(&native(folder)));
        let mut call = tools::call(log, id, text(block, "/name"), input);
        if let What::Call { changes, reads, .. } = &mut call {
            let paths = changes.iter_mut().map(|change| &mut change.path);
            for path in paths.chain(reads) {
                let named = native(log.text(*path));
                self.folder = self.folder.or_else(|| Some(log.name(self.project_of(&named)?)));
                *path = log.name(&named);
            }
        }
        log.push(stamp, call);
        let done = tools::result(log, id, Outcome::Done, None, "");
        log.push(stamp, done);
    }

    /// The parent directory of a path that the project is named after. The name without a path is ambiguous.
    fn project_of<'path>(&self, path: &'path str) -> Option<&'path str> {
        let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        ends.filter_map(|at| path.get(..at))
            .find(|folder| dashed(folder) == self.project)
    }

    fn close(self, chat: &Chat, log: &mut Log) {
        let end = Stamp {
            at: chat.written.max(self.stamp.at),
            key: None,
            ..self.stamp
        };
        log.push(end, What::Absent(Metric::AgentTime));
        log.push(end, What::Absent(Metric::Commits));
        if self.stamp.lane.is_none() {
            log.push(
                end,
                if self.prompts_with_time == 0 {
                    What::Absent(Metric::HumanTime)
                } else {
                    What::Estimated(Metric::HumanTime)
                },
            );
        }
        for event in &mut log.events {
            event.stamp.folder = event.stamp.folder.or(self.folder);
        }
    }
}

/// `Monday, Aug 24, 2026, 3:01 PM (UTC+5:30)`; without a zone it is ambiguous.
fn timestamp(said: &str) -> Option<Moment> {
    let said = said.trim().replace('\u{202f}', " ");
    let (local, zone) = said.strip_suffix(')')?.rsplit_once(" (UTC")?;
    let (_weekday, local) = local.split_once(", ")?;
    let local = NaiveDateTime::parse_from_str(local, "%B %d, %Y, %I:%M %p").ok()?;
    let instant = offset(zone)?.from_local_datetime(&local).single()?;
    Some(Moment(instant.timestamp_millis()))
}

/// `-5`, `+5:30`, or nothing.
fn offset(zone: &str) -> Option<FixedOffset> {
    if zone.is_empty() {
        return FixedOffset::east_opt(0);
    }
    let (sign, rest) = match zone.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, zone.strip_prefix('+')?),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
    FixedOffset::east_opt(sign * seconds)
}

/// `/c:/Users/ada` and `c:\Users\ada` as `C:/Users/ada`, as in git; other paths unchanged.
fn native(path: &str) -> String {
    let bare = path.strip_prefix('/').unwrap_or(path);
    match bare.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && rest.starts_with(['/', '\\']) => {
            format!("{}:{}", drive.to_ascii_uppercase(), rest.replace('\\', "/"))
        }
        _ => path.to_owned(),
    }
}

/// Letters and digits, in lower case, with one dash for everything between them.
fn dashed(path: &str) -> String {
    let words = path.split(|char: char| !char.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::super::assemble::assemble;
    use super::*;
    use crate::facts::session::{Provenance, Session};

    /// The sessions in a directory of logs: path below the root and text of each file.
    fn sessions(files: &[(&str, &str)]) -> Vec<Session> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut warnings = Vec::new();
        let logs: Vec<(PathBuf, Log)> = Cursor
            .logs(root.path(), &mut warnings)
            .into_iter()
            .map(|file| {
                let mut log = Log::default();
                Cursor.read(&file, &mut log).unwrap();
                assert_eq!(log.flaws, []);
                (file.path, log)
            })
            .collect();
        assert_eq!(warnings, []);
        assemble("cursor", &logs)
    }

    const META: (&str, &str) = (
        "chats/0f/s/meta.json",
        r#"{"schemaVersion":1,"createdAtMs":1786096800000,"updatedAtMs":1786098000000}"#,
    );
    const OPENED: i64 = 1_786_096_800;

    fn prompt(said: &str) -> String {
        format!(r#"{{"role":"user","message":{{"content":[{{"type":"text","text":"{said}"}}]}}}}"#) + "\n"
    }

    fn write(path: &str) -> String {
        format!(
            r#"{{"role":"assistant","message":{{"content":[{{"type":"text","text":"[REDACTED]"}},{{"type":"tool_use","name":"Write","input":{{"path":"{path}","contents":"let a;\n"}}}}]}}}}"#
        ) + "\n"
    }

    #[test]
    fn without_times_an_edit_stands_at_the_opening_and_the_rest_is_absent() {
        let text = prompt("<user_query>\\nfix it\\n</user_query>") + &write("/w/kiln/src/a.rs");
        let found = sessions(&[("projects/w-kiln/agent-transcripts/s.jsonl", &text), META]);
        let session = &found[0];
        assert_eq!(session.edits[0].at.seconds(), OPENED);
        assert_eq!(session.places[0].folder, "/w/kiln");
        assert_eq!(
            (session.span.start.seconds(), session.span.end.seconds()),
            (OPENED, OPENED + 1200)
        );
        let sources = session.sources;
        for absent in [
            sources.agent_time,
            sources.human_time,
            sources.tokens,
            sources.commits,
        ] {
            assert_eq!(absent, Provenance::Absent);
        }
        assert_eq!(sources.edits, Provenance::Measured);
        assert_eq!((session.turns().count(), session.actions.len()), (0, 0));
    }

    #[test]
    fn a_timestamp_dates_the_prompt_and_what_follows_it() {
        let text = prompt(
            "<timestamp>Friday, Aug 7, 2026, 11:03 AM (UTC+1)</timestamp>\\n<user_query>\\nfix it\\n</user_query>",
        ) + &write("/w/a.rs")
            + &prompt(
                "<timestamp>Friday, Aug 7, 2026, 3:38 PM (UTC+5:30)</timestamp>\\n<system_notification>a task ended</system_notification>",
            )
            + &write("/w/b.rs");
        let found = sessions(&[("projects/w/agent-transcripts/s/s.jsonl", &text), META]);
        let session = &found[0];
        let minutes = |at: Moment| (at.seconds() - OPENED) / 60;
        assert_eq!(session.actions.len(), 1);
        assert_eq!((minutes(session.actions[0].at), session.actions[0].typed), (3, 6));
        let edits: Vec<i64> = session.edits.iter().map(|edit| minutes(edit.at)).collect();
        assert_eq!(edits, [3, 8]);
        assert_eq!(session.sources.human_time, Provenance::Estimated);
        assert_eq!(session.sources.agent_time, Provenance::Absent);
    }

    #[test]
    fn the_ends_of_turns_are_read_in_their_order() {
        let end = |rest: &str| format!(r#"{{"type":"turn_ended",{rest}}}"#) + "\n";
        let dated = |minute: &str| {
            prompt(&format!(
                "<timestamp>Friday, Aug 7, 2026, 11:{minute} AM (UTC+1)</timestamp><user_query>go</user_query>"
            ))
        };
        let text = end(r#""status":"success""#)
            + &dated("03")
            + &end(r#""status":"success""#)
            + &dated("05")
            + &end(r#""status":"error","error":"User aborted request""#)
            + &dated("07")
            + &end(r#""status":"error","error":"the provider is away""#);
        let found = sessions(&[("projects/w/agent-transcripts/s/s.jsonl", &text), META]);
        let session = &found[0];
        let interrupts = session
            .actions
            .iter()
            .filter(|action| action.kind == ActionKind::Interrupt);
        let minutes: Vec<i64> = interrupts
            .map(|action| (action.at.seconds() - OPENED) / 60)
            .collect();
        assert_eq!(minutes, [5]);
        // When the turns ended is just as unknown as before.
        assert_eq!(
            (session.sources.agent_time, session.turns().count()),
            (Provenance::Absent, 0)
        );
    }

    #[test]
    fn two_layouts_of_a_session_count_once_and_a_subagent_is_a_lane() {
        let text = prompt("<user_query>go</user_query>") + &write("/w/a.rs");
        let child =
            prompt("<timestamp>Friday, Aug 7, 2026, 10:05 AM (UTC)</timestamp><user_query>go</user_query>")
                + &write("/w/b.rs");
        let found = sessions(&[
            ("projects/w/agent-transcripts/s.jsonl", &text),
            ("projects/w/agent-transcripts/s/s.jsonl", &text),
            ("projects/w/agent-transcripts/s/subagents/c.jsonl", &child),
            META,
        ]);
        assert_eq!(found.len(), 1);
        let session = &found[0];
        let paths: Vec<&str> = session.edits.iter().map(|edit| edit.path.as_str()).collect();
        assert_eq!(paths, ["/w/a.rs", "/w/b.rs"]);
        assert_eq!(session.lanes.len(), 2);
        assert_eq!(session.actions, []);
    }

    #[test]
    fn the_file_dates_what_nothing_else_does() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("agent-transcripts/s.jsonl");
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, write("/w/a.rs")).unwrap();
        let restored = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(restored).unwrap();
        let mut log = Log::default();
        Cursor.read(&LogFile::new(path), &mut log).unwrap();
        // Created after its last change, it is a copy: only that change is left.
        let times: Vec<i64> = log.events.iter().map(|event| event.stamp.at.seconds()).collect();
        assert!(times.iter().all(|second| *second == 1_000_000_000), "{times:?}");
    }

    #[test]
    fn paths_of_windows_are_written_as_git_writes_them() {
        for (named, expected) in [
            ("/c:/Users/ada/kiln/a.rs", "C:/Users/ada/kiln/a.rs"),
            ("c:\\Users\\ada", "C:/Users/ada"),
            ("/w/a:b", "/w/a:b"),
            ("src/a.rs", "src/a.rs"),
        ] {
            assert_eq!(native(named), expected);
        }
        let text = write("/c:/Users/ada/my_kiln/src/a.rs") + &write("src/b.rs");
        let found = sessions(&[
            ("projects/c-Users-ada-my-kiln/agent-transcripts/s.jsonl", &text),
            META,
        ]);
        let paths: Vec<&str> = found[0].edits.iter().map(|edit| edit.path.as_str()).collect();
        assert_eq!(
            paths,
            ["C:/Users/ada/my_kiln/src/a.rs", "C:/Users/ada/my_kiln/src/b.rs"]
        );
        assert_eq!(found[0].places[0].folder, "C:/Users/ada/my_kiln");
    }

    #[test]
    fn a_timestamp_needs_time_and_zone() {
        let expected = Some(Moment(1_787_601_660_000));
        for said in [
            "Monday, Aug 24, 2026, 3:01 PM (UTC-5)",
            "Monday, August 24, 2026, 3:01\u{202f}PM (UTC-05:00)",
            "Monday, Aug 24, 2026, 8:01 PM (UTC)",
        ] {
            assert_eq!(timestamp(said), expected, "{said}");
        }
        for said in [
            "Monday, Aug 24, 2026",
            "Monday, Aug 24, 2026, 3:01 PM",
            "later (UTC+1)",
            "x, y (UTC+99999999)",
        ] {
            assert_eq!(timestamp(said), None, "{said}");
        }
    }
}
