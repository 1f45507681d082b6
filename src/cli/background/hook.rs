//! Runs when agents or git call: stores an event and starts the capture. The caller must never notice.
//!
//! So nothing here opens a repository or reads a setting unless the reminder is requested; nothing is printed except what an
//! agent's protocol expects; everything finishes within a time that no agent notices, and the exit code is 0.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::{detached, reminder};
use crate::cli::environment::state_dir;
use crate::cli::outcome::Outcome;
use crate::facts::event::{Event, EventKind};
use crate::integrations::payload::Reminder;
use crate::integrations::told::{Told, told};
use crate::spool::{Spool, common_dir};

/// The name of the command.
const COMMAND: &str = "hook";
/// The maximum length of a payload. A longer one is ignored.
const LONGEST: usize = 16 << 20;
/// How much more is read from a caller that keeps writing, and for how long, so that it does not notice.
const MORE: usize = 64 << 20;
const PATIENCE_WITH_MORE: Duration = Duration::from_millis(5);
/// How long the caller may take to send its payload: a machine may be busy. Agents allow the end of a session a little more than
/// this limit and the next one together.
const PATIENCE_TO_READ: Duration = Duration::from_millis(1_800);
/// The process ends after this additional time, whatever delays it.
const PATIENCE: Duration = Duration::from_millis(1_000);
/// The same limit if commits are looked for.
const PATIENCE_TO_REMIND: Duration = Duration::from_millis(4_000);

/// The arguments of the hook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether to remind the agent of commits without a task.
    pub remind: bool,
    /// The event of git that calls, instead of an agent.
    pub git: Option<String>,
}

impl Asked {
    /// Parses arguments. Unknown ones belong to a later release and are ignored; `None` means that help is requested.
    fn of(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut asked = Self::default();
        let mut arguments = arguments.map(|argument| argument.to_string_lossy().into_owned());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-h" | "--help" => return None,
                "--remind" => asked.remind = true,
                "--git" => asked.git = Some(arguments.next().unwrap_or_default()),
                other => asked.git = other.strip_prefix("--git=").map(str::to_owned).or(asked.git),
            }
        }
        Some(asked)
    }
}

/// The answer to the agent.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    output: String,
    errors: String,
    goes_on: bool,
}

/// Runs the hook if this process was started for it. Nothing else of the process is examined before.
pub fn main() -> Option<ExitCode> {
    let arguments = arguments(std::env::args_os().skip(1))?;
    Some(ExitCode::from(run(Asked::of(arguments)?).exit_code()))
}

/// The arguments of the command, if this is the command. Global options may precede it: a hook uses none of them, and an invalid
/// one must not make it fail.
fn arguments(mut all: impl Iterator<Item = OsString>) -> Option<impl Iterator<Item = OsString>> {
    loop {
        let argument = all.next()?;
        match argument.to_str()? {
            COMMAND => return Some(all),
            "-C" | "-c" | "--color" => drop(all.next()),
            option if option.starts_with('-') => {}
            _ => return None,
        }
    }
}

/// The same with arguments that are already parsed.
pub fn run(asked: Asked) -> Outcome {
    end_silently_at_panics();
    let patience = if asked.remind {
        PATIENCE_TO_REMIND
    } else {
        PATIENCE
    };
    let (sender, steps) = channel();
    let work = move || work(&asked, &sender);
    let answer = match thread::Builder::new().spawn(work) {
        Ok(_) => answer(&steps, patience),
        Err(_) => Answer::default(),
    };
    let printed = io::stdout().write_all(answer.output.as_bytes());
    let printed = printed.and_then(|()| io::stderr().write_all(answer.errors.as_bytes()));
    // A caller that writes its own line ending after the value must still find a reader.
    while let Ok(Step::Read | Step::Answer(_)) = steps.recv_timeout(PATIENCE_WITH_MORE) {}
    match answer.goes_on && printed.is_ok() {
        true => Outcome::GoOn,
        false => Outcome::Done,
    }
}

/// Neither an error of this program nor a broken stream may affect the agent.
#[expect(clippy::exit, reason = "nothing can go on after a panic")]
fn end_silently_at_panics() {
    std::panic::set_hook(Box::new(|_| {
        std::process::exit(i32::from(Outcome::Done.exit_code()))
    }));
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn now() -> DateTime<Utc> {
    let fixed = variable("GIT_TEST_DATE_NOW").and_then(|seconds| seconds.parse().ok());
    let now = fixed.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let now = now.unwrap_or_else(Utc::now);
    DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now)
}

/// How far the work is.
#[derive(Debug)]
enum Step {
    /// The payload was read.
    Read,
    /// The answer is ready.
    Answer(Answer),
    /// The caller closed the stream.
    Closed,
}

/// The answer, if it is ready in time.
fn answer(steps: &Receiver<Step>, patience: Duration) -> Answer {
    let mut next = steps.recv_timeout(PATIENCE_TO_READ);
    if let Ok(Step::Read) = next {
        next = steps.recv_timeout(patience);
    }
    match next {
        Ok(Step::Answer(answer)) => answer,
        _ => Answer::default(),
    }
}

/// Does all the work and reports its progress. By then, nobody may be waiting for it any more.
fn work(asked: &Asked, steps: &Sender<Step>) {
    let now = now();
    let stdin = io::stdin();
    if let Some(event) = &asked.git {
        let _ = steps.send(Step::Read);
        let event = of_git(event, now);
        if let Some(kept) = event.as_ref().and_then(keep) {
            capture_after(event.map(|event| event.kind), &kept);
        }
    } else if !stdin.is_terminal() {
        let payload = read(stdin.lock());
        let _ = steps.send(Step::Read);
        let answer = payload.map(|payload| answer_to(&payload, asked, now));
        let _ = steps.send(Step::Answer(answer.unwrap_or_default()));
        drain(stdin.lock());
    }
    let _ = steps.send(Step::Closed);
}

/// Stores the agent's event, starts the capture, and reminds the agent if requested.
fn answer_to(payload: &[u8], asked: &Asked, now: DateTime<Utc>) -> Answer {
    let Some(told) = told(payload, &variable, now) else {
        return Answer::default();
    };
    let Some(kept) = keep(&told.event) else {
        return Answer::default();
    };
    capture_after(Some(told.event.kind), &kept);
    match asked.remind {
        true => remind(&told, &kept.spool),
        false => Answer::default(),
    }
}

/// Starts the capture of what was stored if something has ended and no process is already waiting to capture it.
fn capture_after(kind: Option<EventKind>, kept: &Kept) {
    let is_over = matches!(
        kind,
        Some(EventKind::TurnEnd | EventKind::SessionEnd | EventKind::Commit)
    );
    if is_over && !kept.spool.is_awaited() {
        // If no process can be started, the next command that sweeps captures it.
        let _ = detached::start(&["capture", "--pending", "--after-hook"], &kept.folder);
    }
}

/// Stores an event of git, in the directory in which git calls its hooks.
fn of_git(event: &str, now: DateTime<Utc>) -> Option<Event> {
    let kind = match event {
        "post-commit" => EventKind::Commit,
        "post-rewrite" | "post-merge" => EventKind::Other,
        _ => return None,
    };
    let folder = std::env::current_dir().ok();
    Some(Event {
        at: now,
        agent: "git".to_owned(),
        kind,
        session: None,
        log: None,
        folder: folder.and_then(|folder| folder.into_os_string().into_string().ok()),
        model: None,
    })
}

/// Where an event was stored, and the directory from which a capture finds it.
struct Kept {
    spool: Spool,
    folder: PathBuf,
}

/// Stores an event: in the machine's spool, else in the repository the agent works in.
fn keep(event: &Event) -> Option<Kept> {
    let state = state_dir(|name| variable(name).map(PathBuf::from));
    if let Some(spool) = state.map(|state| Spool::of_machine(&state))
        && spool.append(event).is_ok()
    {
        let folder = spool.folder().to_owned();
        return Some(Kept { spool, folder });
    }
    let folder = Path::new(event.folder.as_ref()?);
    let spool = Spool::of_repository(&common_dir(folder)?);
    spool.append(event).ok()?;
    let folder = folder.to_owned();
    Some(Kept { spool, folder })
}

/// Reads one JSON value: to its end, not to the end of the stream, which some callers never close. `None` if it is too long.
fn read(mut input: impl Read) -> Option<Vec<u8>> {
    let mut payload = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    let mut value = Value::default();
    while payload.len() <= LONGEST {
        let length = input.read(&mut chunk).unwrap_or_default();
        let read = chunk.get(..length).filter(|read| !read.is_empty());
        let Some(read) = read else { return Some(payload) };
        payload.extend_from_slice(read);
        if value.ends_in(read) {
            return Some(payload);
        }
    }
    drain(input);
    None
}

/// Reads more for a moment.
fn drain(mut input: impl Read) {
    let mut chunk = vec![0; 64 << 10];
    let deadline = Instant::now() + PATIENCE_WITH_MORE;
    let mut more = 0;
    while more < MORE && Instant::now() < deadline {
        match input.read(&mut chunk) {
            Ok(length) if length > 0 => more += length,
            _ => break,
        }
    }
}

/// How far an object or array of JSON has been read.
#[derive(Debug, Default)]
struct Value {
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
}

impl Value {
    /// Whether it ends within the next bytes.
    fn ends_in(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while let Some((first, more)) = rest.split_first() {
            if self.ends_with(*first) {
                return true;
            }
            rest = more;
            if self.is_in_text && !self.is_escaped {
                // Most of a long payload is text.
                let special = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                rest = rest.get(special..).unwrap_or_default();
            }
        }
        false
    }

    fn ends_with(&mut self, byte: u8) -> bool {
        if self.is_in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.is_in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

/// The reminder in the agent's format, if there is anything to remind it of.
fn remind(told: &Told, spool: &Spool) -> Answer {
    if told.reminder == Reminder::None {
        return Answer::default();
    }
    match reminder::due(spool, &told.event) {
        Some(text) => in_its_form(told.reminder, &text),
        None => Answer::default(),
    }
}

fn in_its_form(form: Reminder, text: &str) -> Answer {
    let json = |value: serde_json::Value| Answer {
        output: format!("{value}\n"),
        ..Answer::default()
    };
    match form {
        Reminder::Context(event) => json(serde_json::json!({
            "hookSpecificOutput": {"hookEventName": event, "additionalContext": text},
        })),
        Reminder::Decision => json(serde_json::json!({"decision": "block", "reason": text})),
        Reminder::FollowUp => json(serde_json::json!({"followup_message": text})),
        Reminder::Refusal => Answer {
            errors: format!("{text}\n"),
            goes_on: true,
            ..Answer::default()
        },
        Reminder::None => Answer::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_ends_with_its_value() {
        let text = br#" {"a": "}\"}", "b": [{}, "]"]} "#;
        for size in 1..text.len() {
            let mut value = Value::default();
            let ends: Vec<usize> = (text.chunks(size).enumerate())
                .filter(|(_, chunk)| value.ends_in(chunk))
                .map(|(number, _)| number * size)
                .collect();
            let end = text.len() - 2;
            assert!(
                ends.first()
                    .is_some_and(|start| (*start..start + size).contains(&end)),
                "{size}"
            );
        }
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        assert_eq!(read(&b"{}{}"[..]).as_deref(), Some(&b"{}{}"[..]));
        assert_eq!(read(io::repeat(b' ')), None);
    }

    #[test]
    fn options_of_every_command_may_stand_before_it() {
        let rest = |words: &[&str]| arguments(words.iter().map(OsString::from)).map(Iterator::count);
        assert_eq!(rest(&["hook", "--git", "post-commit"]), Some(2));
        assert_eq!(
            rest(&["-q", "-C", "/w", "-c", "x=y", "--color=never", "hook", "--new"]),
            Some(1)
        );
        assert_eq!(rest(&["record", "hook"]), None);
        assert_eq!(rest(&["-C", "hook", "record"]), None);
        assert_eq!(rest(&["-q"]), None);
    }

    #[test]
    fn arguments_that_are_not_known_change_nothing() {
        let asked = |arguments: &[&str]| Asked::of(arguments.iter().map(OsString::from));
        let remind = Asked {
            remind: true,
            git: None,
        };
        assert_eq!(asked(&["--remind", "--new", "x"]), Some(remind));
        for form in [&["--git", "post-commit"][..], &["--git=post-commit"]] {
            assert_eq!(asked(form).unwrap().git.as_deref(), Some("post-commit"));
        }
        assert_eq!(asked(&["--help"]), None);
    }
}
