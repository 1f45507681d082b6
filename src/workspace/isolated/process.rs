//! A process that is asked for one repository after the other, and killed if necessary.

// The started program is this one: calls of git belong in `git/` only.
#![allow(clippy::disallowed_types)]

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::frame;
use crate::facts::diagnostics::plain;
use crate::facts::limits::{Exceeded, Limits};
use crate::git::temporary::{Lent, VARIABLE};

/// The maximum size of an answer: three million commits and their cache entries.
const LONGEST: u64 = 1 << 30;
/// How much of a process's other output is read.
const MOST_SAID: u64 = 16 << 10;
/// A process that used no processor time for this long is waiting for something.
const IDLE: Duration = Duration::from_millis(250);

/// Inherited descriptors are searched for once.
#[cfg(unix)]
static OTHERS: std::sync::Once = std::sync::Once::new();

/// A program, and everything it gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Program<'a> {
    /// Where it is.
    pub path: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a OsStr],
    /// Its environment.
    pub variables: &'a [(String, String)],
}

/// One process. It does not outlive this value, and neither do its children.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    said: ChildStderr,
    heard: Receiver<io::Result<Option<Vec<u8>>>>,
    /// How many answers it gave.
    answers: usize,
    /// Whether its process id may have been reused by now.
    has_ended: bool,
    /// Temporary files that it may have left, removed after it ended.
    _temporary: Lent,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Ended {
    /// It was never sent.
    NotStarted(io::Error),
    /// It took too long.
    Late(Duration),
    /// The process ended by itself, or sent something else.
    Alone {
        /// Its exit status.
        status: ExitStatus,
        /// Its output.
        said: String,
    },
}

impl Program<'_> {
    /// Starts it. It inherits nothing but the pipes: no variables, and no descriptors. Ours close automatically; those that the
    /// caller left open are marked to close.
    pub(super) fn start(&self) -> Result<Worker, Ended> {
        #[cfg(unix)]
        OTHERS.call_once(|| close_fds::set_fds_cloexec_threadsafe(3, &[]));
        let temporary = Lent::below(&self.temporary()).map_err(Ended::NotStarted)?;
        let mut command = Command::new(self.path);
        command
            .args(self.arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env(VARIABLE, temporary.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(Ended::NotStarted)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, heard) = channel();
        let listen = move |mut output| {
            loop {
                let answer = frame::read(&mut output, LONGEST);
                let is_last = !matches!(answer, Ok(Some(_)));
                // Nobody waits for a late answer.
                if sender.send(answer).is_err() || is_last {
                    return;
                }
            }
        };
        let started = match pipes {
            (Some(input), Some(output), Some(said)) => thread::Builder::new()
                .spawn(move || listen(output))
                .map(|_| (input, said)),
            _ => Err(io::Error::other("it has no pipes")),
        };
        match started {
            Ok((input, said)) => Ok(Worker {
                child,
                input,
                said,
                heard,
                answers: 0,
                has_ended: false,
                _temporary: temporary,
            }),
            Err(error) => {
                let _ = end(&mut child);
                Err(Ended::NotStarted(error))
            }
        }
    }
}

impl Program<'_> {
    /// The directory of temporary files that its environment names.
    fn temporary(&self) -> PathBuf {
        let named = self.variables.iter().find(|(name, _)| name == VARIABLE);
        named.map_or_else(tempfile::env::temp_dir, |(_, folder)| folder.into())
    }
}

impl Worker {
    /// Sends a request. The answer shows whether it arrived.
    pub(super) fn ask(&mut self, question: &[u8]) {
        let _ = frame::write(&mut self.input, question);
    }

    /// The answer to the last request, or why there is none; `None` if it has not arrived by then.
    pub(super) fn hear(&mut self, until: Option<Instant>) -> Option<Result<Vec<u8>, Ended>> {
        let heard = match until {
            Some(until) => self
                .heard
                .recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.heard.recv().map_err(RecvTimeoutError::from),
        };
        match heard {
            Ok(Ok(Some(answer))) => {
                self.answers += 1;
                Some(Ok(answer))
            }
            Ok(Err(error)) => Some(Err(self.ended(&error.to_string()))),
            Ok(Ok(None)) | Err(RecvTimeoutError::Disconnected) => Some(Err(self.ended(""))),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Whether it has not answered yet, so that only the current request can have ended it.
    pub(super) fn is_fresh(&self) -> bool {
        self.answers == 0
    }

    /// Whether it is waiting for something other than a processor. If unknown, it counts as working.
    pub(super) fn is_idle(&self) -> bool {
        let Some(before) = self.worked() else { return false };
        thread::sleep(IDLE);
        self.worked() == Some(before)
    }

    /// The processor time that it used, in the system's ticks.
    fn worked(&self) -> Option<u64> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Its name is in parentheses, and may contain some.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let mut number = || fields.next()?.parse::<u64>().ok();
        Some(number()? + number()?)
    }

    /// Its exit status, once it has ended.
    fn ended(&mut self, wrong: &str) -> Ended {
        self.has_ended = true;
        match end(&mut self.child) {
            Ok(status) => Ended::Alone {
                status,
                said: last_words(&mut self.said, wrong),
            },
            Err(error) => Ended::NotStarted(error),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.has_ended {
            // Nothing can be done about a process that cannot be killed.
            let _ = end(&mut self.child);
        }
    }
}

/// Other output of a process that has ended. Another process may still hold the pipe, so this does not wait.
fn last_words(said: &mut ChildStderr, wrong: &str) -> String {
    let mut words = Vec::new();
    #[cfg(unix)]
    if rustix::io::ioctl_fionbio(&*said, true).is_ok() {
        // Reads everything up to the moment when the pipe is empty.
        let _ = said.take(MOST_SAID).read_to_end(&mut words);
    }
    #[cfg(not(unix))]
    let _ = said.take(MOST_SAID).read_to_end(&mut words);
    match words.is_empty() {
        true => wrong.to_owned(),
        false => String::from_utf8_lossy(&words).into_owned(),
    }
}

/// Kills an unreaped process, if it has not ended, and its whole group.
fn end(child: &mut Child) -> io::Result<ExitStatus> {
    // Until it is reaped, its process id cannot be reused.
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        // The group may be empty.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = child.kill();
    child.wait()
}

impl Ended {
    /// A message for the user who set the limits.
    pub(super) fn reason(&self, limits: &Limits) -> String {
        match self {
            Self::NotStarted(error) => {
                format!("cannot start a process to read it: {}", plain(error.to_string()))
            }
            Self::Late(time) => Exceeded::Time(*time).to_string(),
            Self::Alone { status, said } => exceeded(*status, said, limits).map_or_else(
                || format!("the process that read it ended: {}", how(*status, said)),
                |exceeded| exceeded.to_string(),
            ),
        }
    }
}

/// The limit that ended a process, if one did. The memory limit is recognized by the allocator's last message.
fn exceeded(status: ExitStatus, said: &str, limits: &Limits) -> Option<Exceeded> {
    let memory = || Some(Exceeded::Memory(limits.memory?));
    if said.contains("memory allocation of ") {
        return memory();
    }
    #[cfg(unix)]
    if std::os::unix::process::ExitStatusExt::signal(&status) == Some(rustix::process::Signal::XCPU.as_raw())
    {
        return Some(Exceeded::Cpu(limits.cpu?));
    }
    let _ = status;
    None
}

/// How it ended, with the first line of its output.
fn how(status: ExitStatus, said: &str) -> String {
    match said.trim().lines().next() {
        Some(first) => format!("{status}: {first}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// The shell with a script.
    fn shell(script: &str) -> Worker {
        let arguments = ["-c".as_ref(), script.as_ref()];
        let program = Program {
            path: Path::new("/bin/sh"),
            arguments: &arguments,
            variables: &[("GREETING".to_owned(), "hello".to_owned())],
        };
        program.start().unwrap()
    }

    /// Its output within this many milliseconds.
    fn said(worker: &mut Worker, within: u64) -> Option<Result<Vec<u8>, Ended>> {
        worker.hear(Some(Instant::now() + Duration::from_millis(within)))
    }

    fn reason(script: &str) -> String {
        let limits = Limits {
            memory: Some(5 << 20),
            cpu: Some(Duration::from_secs(7)),
            ..Limits::default()
        };
        let heard = said(&mut shell(script), 20_000);
        heard.expect("it ends").expect_err("no answer").reason(&limits)
    }

    /// The arguments of `printf` for an answer.
    fn octal(body: &[u8]) -> String {
        let mut framed = Vec::new();
        frame::write(&mut framed, body).unwrap();
        framed.iter().map(|byte| format!("\\{byte:03o}")).collect()
    }

    #[test]
    fn answers_are_heard_one_after_the_other_however_the_process_goes_on() {
        let answer = octal(b"hello");
        let twice = format!("for i in 1 2; do dd bs=1 count=29 of=/dev/null 2>&-; printf '{answer}'; done");
        for after in ["", "exit 3", "sleep 30", "kill -KILL $$", "echo no >&2; exit 1"] {
            let began = Instant::now();
            let mut worker = shell(&format!("{twice}; {after}"));
            assert!(worker.is_fresh());
            for _ in 0..2 {
                assert!(said(&mut worker, 20).is_none(), "it was not asked");
                worker.ask(b"what?");
                assert_eq!(said(&mut worker, 20_000).unwrap().unwrap(), b"hello", "{after}");
                assert!(!worker.is_fresh());
            }
            drop(worker);
            assert!(began.elapsed() < Duration::from_secs(15), "{after}");
        }
        let cut = reason(&format!("printf '{answer}' | head -c 28"));
        assert!(cut.contains("its answer is truncated"), "{cut}");
        assert!(reason("echo hello; sleep 1").contains("its answer is invalid"));
        let environment = shell("echo $GREETING $HOME >&2");
        let ended = { environment }.hear(None).unwrap().expect_err("no answer");
        assert!(ended.reason(&Limits::default()).ends_with(": hello"), "{ended:?}");
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("late");
        let mut worker = shell(&format!("(sleep 1; echo x > {}) & sleep 60", file.display()));
        assert!(said(&mut worker, 200).is_none());
        let began = Instant::now();
        drop(worker);
        assert!(began.elapsed() < Duration::from_secs(30));
        thread::sleep(Duration::from_millis(1500));
        assert!(!file.exists(), "a process of its group went on");
    }

    #[test]
    fn what_it_left_among_temporary_files_goes_when_it_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let program = |script: &str| {
            let arguments = ["-c".as_ref(), script.as_ref()];
            let variables = [("TMPDIR".to_owned(), folder.path().to_str().unwrap().to_owned())];
            let path = Path::new("/bin/sh");
            Program {
                path,
                arguments: &arguments,
                variables: &variables,
            }
            .start()
            .unwrap()
        };
        let count = || crate::git::folder::present(folder.path()).count();
        let script = format!("mkdir $TMPDIR && : > $TMPDIR/left; printf '{}'; ", octal(b"done"));
        for end in ["exit 0", "kill -KILL $$", "sleep 60"] {
            let mut worker = program(&format!("{script}{end}"));
            assert_eq!(said(&mut worker, 20_000).unwrap().unwrap(), b"done");
            assert_eq!(count(), 1, "{end}");
            drop(worker);
            assert_eq!(count(), 0, "{end}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_waits_is_told_from_one_that_works() {
        assert!(shell("exec sleep 60").is_idle());
        let works = shell("while :; do :; done");
        thread::sleep(Duration::from_millis(50));
        assert!(!works.is_idle());
    }

    #[test]
    fn the_limit_or_the_crash_that_ended_it_is_named() {
        assert_eq!(
            reason("ulimit -St 1; while :; do :; done"),
            "took more than 7 s of processor time (`leverage.limits.cpu`)"
        );
        assert_eq!(
            reason("echo memory allocation of 9 bytes failed >&2; kill -ABRT $$"),
            "took more than 5 MiB of memory (`leverage.limits.memory`)"
        );
        let crash = reason("echo worse >&2; kill -ABRT $$");
        assert!(
            crash.starts_with("the process that read it ended: signal: 6"),
            "{crash}"
        );
        assert!(crash.ends_with(": worse"), "{crash}");
        assert!(reason("exit 4").ends_with("exit status: 4"));
        let much = reason("head -c 60000 /dev/zero | tr '\\0' x >&2; exit 5");
        assert!(much.starts_with("the process that read it ended: exit status: 5: xxx"));
        assert!(much.len() < 40_000);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let program = Program {
            path: Path::new("/nowhere"),
            arguments: &[],
            variables: &[],
        };
        let reason = program
            .start()
            .expect_err("none is there")
            .reason(&Limits::default());
        assert!(
            reason.starts_with("cannot start a process to read it: no such file"),
            "{reason}"
        );
    }
}
