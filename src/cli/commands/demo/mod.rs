//! `demo`: a small workspace of real repositories, with tasks, history and agent logs, to try everything on.
//!
//! The same bytes on every machine: dates, people and ids are fixed, only the logs contain the directory that they are in. What
//! the sessions made is captured in notes, so that reports and audits show it as measured without being told where the logs are.

mod captured;
mod code;
mod random;
mod story;
mod traces;

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::facts::commit::Instant;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::{Hours, Minutes, Tokens};
use crate::facts::record::Record;
use crate::facts::task::{FirstClaim, Task, TaskSource};
use crate::git::Repo;
use crate::git::create::{Change, NewRepo};
use crate::git::folder;
use crate::ledger::{self, Signing, Writer};
use code::{Purpose, SourceFile};
use random::Random;
use story::{Claim, Event, PLACES, Place, Work, person};
use traces::Trace;

/// The arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage demo\n  git leverage demo /tmp/workspace && git leverage report /tmp/workspace"
)]
pub struct Args {
    /// A new or empty directory
    #[arg(value_name = "DIR", default_value = "leverage-demo")]
    folder: PathBuf,
}

/// Creates the workspace and prints what to try on it.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.directory.join(&args.folder);
    let folder = make_empty(&folder)?;
    let mut workspace = Workspace::new(&folder)?;
    for event in story::events() {
        workspace.happen(&event)?;
    }
    workspace.finish()?;
    let text = what_to_try(&args.folder);
    context.terminal.data(text.as_bytes())?;
    Ok(Outcome::Done)
}

/// Creates the directory, or takes an empty one. Existing files are never touched.
fn make_empty(folder: &Path) -> Result<PathBuf, CommandError> {
    let failed = |error: std::io::Error| {
        CommandError::failed(format!("cannot create `{}`: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    if !folder::list(folder).map_err(failed)?.is_empty() {
        return Err(
            CommandError::failed(format!("`{}` is not empty", folder.display()))
                .hint("Name a new directory: `git leverage demo DIR`"),
        );
    }
    folder.canonicalize().map_err(failed)
}

fn what_to_try(folder: &Path) -> String {
    let name = folder.display();
    let first = PLACES.first().map_or("", |place| place.name);
    let captured = match PLACES.iter().find(|place| !place.is_captured) {
        Some(place) => format!("captured in notes, except those of `{}`", place.name),
        None => "captured in notes".to_owned(),
    };
    format!(
        "Created {} repositories and the logs of their agents in {name}.\nThe sessions are {captured}. Try:\n\n  \
         git leverage report {name}\n  \
         git leverage report {name} --by day\n  \
         git leverage report {name} --by task --on 2026-04-04\n  \
         git leverage audit {name}/{first}\n  \
         git leverage inventory {name}\n  \
         git leverage sessions {name} --agent-dir claude-code={name}/agent-logs/claude\n  \
         git -C {name}/{first} leverage log\n",
        PLACES.len(),
    )
}

/// The repositories while their month goes by.
struct Workspace {
    repos: Vec<Growing>,
    logs: PathBuf,
    random: Random,
}

struct Growing {
    place: &'static Place,
    path: PathBuf,
    repo: NewRepo,
    /// Tasks for notes on commits.
    notes: Vec<(ObjectId, Task)>,
    /// Tasks that changed no code.
    without_code: Vec<Task>,
    /// By name, in the order of their making.
    files: Vec<(String, SourceFile)>,
}

impl Workspace {
    fn new(folder: &Path) -> Result<Self, CommandError> {
        let repos: Result<Vec<Growing>, CommandError> =
            PLACES.iter().map(|place| Growing::new(place, folder)).collect();
        Ok(Self {
            repos: repos?,
            logs: folder.join("agent-logs/claude"),
            random: Random::new(4),
        })
    }
}

impl Workspace {
    /// Makes the commit of an event, and the log of the agent that made it.
    fn happen(&mut self, event: &Event) -> Result<(), CommandError> {
        let session = traces::uuid(&mut self.random);
        let Some(growing) = self.repos.get_mut(event.place) else {
            return Ok(());
        };
        let recorded = match &event.work {
            Work::Task(claim) => Some(task(event, claim, &session, &mut self.random)),
            _ => None,
        };
        if let (Work::Task(claim), Some(task)) = (&event.work, &recorded)
            && claim.is_without_code
        {
            growing.without_code.push(task.clone());
            return Ok(());
        }
        // A team does it both ways: some write trailers, some record when the work is done.
        let in_note = recorded.filter(|_| self.random.below(2) == 0);
        let files = growing.change(event, &mut self.random);
        let message = message(event, &session, in_note.is_some());
        let commit = growing.repo.commit(&Change {
            files: &files,
            message: &message,
            author: &person(event.person),
            at: Instant {
                seconds: event.at,
                offset: 0,
            },
        })?;
        if let (Some(commit), Some(task)) = (commit, in_note) {
            growing.notes.push((commit, task));
        }
        let short = commit.map(|commit| commit.to_string()[..7].to_owned());
        if let Some(trace) = growing.trace(event, &session, short.as_deref()) {
            trace.write(&self.logs, &mut self.random)?;
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), CommandError> {
        for growing in &self.repos {
            growing.repo.check_out()?;
            growing.write_ledger()?;
            if growing.place.is_captured {
                captured::capture(&growing.path, &self.logs)?;
            }
        }
        Ok(())
    }
}

impl Growing {
    /// The repository with its first commit.
    fn new(place: &'static Place, folder: &Path) -> Result<Self, CommandError> {
        let path = folder.join(place.name);
        let owner = person(0);
        let mut repo = NewRepo::init(&path, &owner)?;
        let readme = format!(
            "# {}\n\n{}.\n\nPart of a made-up workspace.\n",
            place.name, place.about
        );
        let files = [
            ("README.md".to_owned(), readme),
            place.language.manifest(place.name, place.about),
            (
                ".gitignore".to_owned(),
                "/target\n/node_modules\n__pycache__\n".to_owned(),
            ),
        ];
        // 2026-02-26T09:00:00Z
        let at = Instant {
            seconds: 1_772_096_400,
            offset: 0,
        };
        repo.commit(&Change {
            files: &files,
            message: "Begin\n",
            author: &owner,
            at,
        })?;
        Ok(Self {
            place,
            path,
            repo,
            notes: Vec::new(),
            without_code: Vec::new(),
            files: Vec::new(),
        })
    }

    /// The files that an event writes: new ones for a task, an older one for ordinary work.
    fn change(&mut self, event: &Event, random: &mut Random) -> Vec<(String, String)> {
        match &event.work {
            Work::Task(claim) => self.add(&event.subject, claim, random),
            _ => self.touch(random),
        }
    }

    /// One commit of notes a task, a minute after it was done: the ledger's own history is evidence.
    fn write_ledger(&self) -> Result<(), CommandError> {
        let repo = Repo::open(&self.path)?;
        let writer = |task: &Task| Writer {
            person: person(0),
            time: Instant {
                seconds: task.at.timestamp() + 60,
                offset: 0,
            },
            signing: Signing::Off,
            signing_config: Vec::new(),
        };
        let mut tasks: Vec<(Option<ObjectId>, &Task)> = self
            .notes
            .iter()
            .map(|(commit, task)| (Some(*commit), task))
            .collect();
        tasks.extend(self.without_code.iter().map(|task| (None, task)));
        tasks.sort_by_key(|(_, task)| task.at);
        for (commit, task) in tasks {
            let message = format!("Record: {}\n", task.title);
            match commit {
                Some(commit) => {
                    let record = Record::Task(Box::new(task.clone()));
                    ledger::append(&repo, &[(commit, record)], &message, &writer(task))?;
                }
                None => {
                    ledger::append_without_code(&repo, &[task.into()], &message, &writer(task))?;
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, subject: &str, claim: &Claim, random: &mut Random) -> Vec<(String, String)> {
        let name = slug(subject);
        let lines = (claim.hours * 9.0).clamp(18.0, 900.0) as usize;
        let language = self.place.language;
        let paths = [
            (language.path(&name), Purpose::Work, lines),
            (language.test_path(&name), Purpose::Test, lines / 2),
        ];
        let mut written = Vec::new();
        for (path, purpose, lines) in paths {
            let file = SourceFile::new(language, purpose, lines, random);
            written.push((path.clone(), file.text()));
            self.files.push((path, file));
        }
        written
    }

    fn touch(&mut self, random: &mut Random) -> Vec<(String, String)> {
        if self.files.is_empty() {
            let path = self.place.language.path("core");
            let file = SourceFile::new(self.place.language, Purpose::Work, 40, random);
            self.files.push((path, file));
        }
        let at = random.below(self.files.len());
        let Some((path, file)) = self.files.get_mut(at) else {
            return Vec::new();
        };
        file.change(random);
        vec![(path.clone(), file.text())]
    }

    /// The log of an agent's event, while it would still be there: agents delete theirs after some weeks.
    fn trace<'a>(&'a self, event: &'a Event, session: &'a str, commit: Option<&'a str>) -> Option<Trace<'a>> {
        // 2026-03-10T00:00:00Z
        const OLDEST: i64 = 1_773_100_800;
        let (agent_minutes, supervisory_minutes, tokens) = match &event.work {
            Work::Task(claim) => (claim.agent_minutes, claim.supervisory_minutes?, claim.tokens),
            Work::Agent {
                agent: "claude-code",
                minutes,
            } => (*minutes, 2.0, (minutes * 5000.0) as u64),
            _ => return None,
        };
        (event.at >= OLDEST).then_some(Trace {
            session,
            directory: &self.path,
            subject: &event.subject,
            commit,
            end: event.at,
            agent_minutes,
            supervisory_minutes,
            tokens,
        })
    }
}

/// A title as the name of a file.
fn slug(title: &str) -> String {
    let plain: String = title
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect();
    plain.split_whitespace().take(4).collect::<Vec<_>>().join("_")
}

/// The task of an event, as `record` would write it.
fn task(event: &Event, claim: &Claim, session: &str, random: &mut Random) -> Task {
    let author = person(event.person).to_string();
    let at = chrono::DateTime::from_timestamp(event.at, 0).unwrap_or_default();
    let id = TaskId::new(event.at.unsigned_abs() * 1000, &random.bytes());
    let hours = Hours::new(claim.hours).unwrap_or_default();
    let first = FirstClaim {
        at,
        by: &author,
        title: event.subject.clone(),
        date: claim.date,
        hours,
        source: TaskSource::Record,
    };
    let mut task = Task::new(id, first);
    task.agent_minutes = Minutes::new(claim.agent_minutes);
    task.supervisory_minutes = claim.supervisory_minutes.and_then(Minutes::new);
    task.tokens = Some(Tokens(claim.tokens));
    task.agent = Some("claude-code".to_owned());
    task.model = Some(traces::MODEL.to_owned());
    task.category = Some(claim.category.to_owned());
    task.sessions = vec![SessionId::new("claude-code", session)];
    task
}

/// The subject, and trailers that say who made it and, unless a note does, what is claimed.
fn message(event: &Event, session: &str, in_note: bool) -> String {
    let mut lines = vec![event.subject.clone(), String::new()];
    match &event.work {
        Work::Task(claim) => {
            if !in_note {
                lines.extend(claim_trailers(claim, session));
            }
            lines.push("Co-Authored-By: Claude <noreply@anthropic.com>".to_owned());
        }
        Work::Agent { agent: "codex", .. } => {
            lines.push("Co-Authored-By: Codex <noreply@openai.com>".to_owned());
        }
        Work::Agent { .. } => lines.push("Co-Authored-By: Claude <noreply@anthropic.com>".to_owned()),
        Work::Human => {}
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

fn claim_trailers(claim: &Claim, session: &str) -> Vec<String> {
    let mut trailers = vec![
        format!("Leverage-Estimate: {}h", claim.hours),
        format!("Leverage-Agent-Time: {}m", claim.agent_minutes),
    ];
    trailers.extend(
        claim
            .supervisory_minutes
            .map(|minutes| format!("Leverage-Supervision: {minutes}m")),
    );
    trailers.push(format!("Leverage-Tokens: {}", claim.tokens));
    trailers.push("Leverage-Agent: claude-code".to_owned());
    trailers.push(format!("Leverage-Model: {}", traces::MODEL));
    trailers.push(format!("Leverage-Category: {}", claim.category));
    trailers.push(format!("Leverage-Session: claude-code:{session}"));
    trailers
}
