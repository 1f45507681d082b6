//! `trailers`: what the trailers of a message claim, and what is wrong with them; with `--print`, trailers that claim a task.
//!
//! Suitable for a `commit-msg` hook: it changes nothing, runs nothing, and accepts an empty message.

mod print;

use std::fmt::Write as _;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::input;
use crate::cli::outcome::Outcome;
use crate::cli::range;
use crate::cli::recording::{OpenLedger, TaskFields};
use crate::cli::task_json;
use crate::facts::claim::{self, Claim, ClaimError};
use crate::facts::estimate::Phase;
use crate::facts::factor::Ratio;
use crate::facts::trailers::TrailerPlace;
use crate::git::messages;
use crate::render::escape::visible;

/// The arguments of `trailers`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Trailers: `Leverage-Estimate: 40h` (enough to make a commit a task) or `24h..60h`, `Leverage-Agent-Time: 25m`, \
    `Leverage-Supervision: 5m`, `Leverage-Tokens: 400k`, `Leverage-Phase: Schema design 4h`, \
    `Leverage-Session: claude-code:ID`, `Leverage-Task: ID`, `Leverage-Agent`, `Leverage-Model`, `Leverage-Category`, \
    `Leverage-Estimator`\n\n\
    Examples:\n  git leverage trailers\n  git leverage trailers main~10..main\n  \
    git leverage trailers --file \"$1\"    in .git/hooks/commit-msg\n  \
    git leverage trailers --print --estimate 4h --phase 'Client=3h' --phase Tests=1h\n  \
    git commit -m 'Cap the retry delay' -m \"$(git leverage trailers --print --estimate 4h)\""
)]
pub struct Args {
    /// The commits to check: one, or `A..B` [default: HEAD]
    #[arg(value_name = "REV-RANGE", conflicts_with = "file")]
    range: Option<String>,
    /// Check the message in FILE (`-` for standard input); in a commit-msg hook, print errors only
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Print trailers that claim a task, for the end of a commit message; the options below set the values
    #[arg(long, conflicts_with_all = ["range", "file"])]
    print: bool,
    /// Read the fields from the JSON in FILE (`-` for standard input)
    #[arg(long, value_name = "FILE", requires = "print")]
    json: Option<String>,
    /// The fields of the task.
    #[command(flatten, next_help_heading = "Values for --print")]
    fields: TaskFields,
}

/// Prints what the trailers claim, with an error for each invalid one, or prints new trailers.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if args.print {
        let mut fields = args.fields.clone();
        if let Some(source) = &args.json {
            task_json::fill(&mut fields, source, context)?;
        }
        return print::run(&fields, context);
    }
    if args.fields != TaskFields::default() {
        return Err(CommandError::usage("the fields of a task need `--print`")
            .hint("Run `git leverage trailers --print --estimate 4h` to print trailers"));
    }
    let (text, errors) = match &args.file {
        Some(file) => check_file(file, context)?,
        None => check_commits(args.range.as_deref().unwrap_or("HEAD"), context)?,
    };
    if !(args.file.is_some() && context.environment.is_of_a_commit_hook()) {
        context.terminal.data(text.as_bytes())?;
    }
    let (first, more) = match errors.as_slice() {
        [] => {
            if text.is_empty() && !context.environment.is_of_a_commit_hook() {
                let place = match args.file.as_deref().or(args.range.as_deref()) {
                    Some("-") => "standard input".to_owned(),
                    named => format!("`{}`", named.unwrap_or("HEAD")),
                };
                let said = format!("No `Leverage-` trailers in {place}");
                context.terminal.status(&said)?;
            }
            return Ok(Outcome::Done);
        }
        [first, more @ ..] => (first, more),
    };
    let mut error = CommandError::failed(first.clone());
    for line in more {
        error = error.and(line.clone());
    }
    Err(error)
}

fn check_file(file: &str, context: &Context) -> Result<(String, Vec<String>), CommandError> {
    let unreadable = |error: std::io::Error| CommandError::failed(format!("cannot read `{file}`: {error}"));
    let message = match file {
        "-" => input::standard_input(input::LARGEST_MESSAGE),
        _ => input::file(&context.environment.directory.join(file), input::LARGEST_MESSAGE),
    };
    let message = message.map_err(unreadable)?;
    let work = context.settings().work_time()?;
    let (claims, errors) = claim::read(&message, work);
    let errors = errors.iter().map(ClaimError::to_string);
    let errors = errors.chain(beside_the_title(&message, &claims)).collect();
    Ok((claims.iter().map(|claim| described(claim, "")).collect(), errors))
}

fn check_commits(range: &str, context: &mut Context) -> Result<(String, Vec<String>), CommandError> {
    let open = OpenLedger::open_as_it_is(context)?;
    let mut text = String::new();
    let mut errors = Vec::new();
    let mut check = |raw: messages::RawCommit<'_>| {
        let short = raw.id.short();
        let (claims, wrong) = claim::read(&raw.message(), open.work);
        for claim in &claims {
            text.push_str(&described(claim, &format!("{short} ")));
        }
        errors.extend(wrong.iter().map(|error| format!("{short}: {error}")));
        let misplaced = beside_the_title(&raw.message(), &claims);
        errors.extend(misplaced.map(|error| format!("{short}: {error}")));
    };
    if range.contains("..") {
        range::visit(&open.repo, range, check)?;
    } else {
        messages::with_commit(&open.repo, open.commit(range)?, &mut check)?;
    }
    Ok((text, errors))
}

/// The error for a message whose trailers are all in the title's paragraph, where git reads none.
fn beside_the_title(message: &[u8], claims: &[Claim]) -> Option<String> {
    let lines = message.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let paragraph = lines.enumerate().skip_while(|(_, line)| line.is_empty());
    let mut paragraph = paragraph.skip(1).take_while(|(_, line)| !line.is_empty());
    let (at, line) = paragraph.find(|(_, line)| claim::is_ours(line) && line.contains(&b':'))?;
    let key = String::from_utf8_lossy(line.split(|byte| *byte == b':').next().unwrap_or(line));
    claims.is_empty().then(|| {
        format!(
            "line {}: {key}: in the title's paragraph, where git reads no trailers; add a blank line before it",
            at + 1
        )
    })
}

/// The claims of one paragraph, one per line.
fn described(claim: &Claim, prefix: &str) -> String {
    let mut text = String::new();
    let place = match claim.place {
        TrailerPlace::Block => "",
        TrailerPlace::Body => " (outside the trailer block; git itself ignores it)",
    };
    if let Some(part) = &claim.part {
        let commit = part
            .commit
            .map_or_else(String::new, |commit| commit.short() + " ");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{prefix}squashed from: {commit}{}", visible(&part.subject));
    }
    let mut line = |what: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{prefix}{what}: {}{place}", visible(&value));
    };
    let phases = |phases: &[Phase]| {
        let parts: Vec<_> = phases
            .iter()
            .map(|phase| format!("{} {}", phase.name, phase.shown()))
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let factor_over = |minutes| Ratio::new(claim.estimate?, minutes).factor();
    let leverage = factor_over(claim.agent_minutes);
    let supervisory = factor_over(claim.supervisory_minutes);
    let facts = [
        ("task", claim.task.map(|id| id.to_string())),
        ("estimate", claim.estimate_shown()),
        ("phases", phases(&claim.phases)),
        (
            "agent time",
            claim.agent_minutes.map(|minutes| minutes.to_string()),
        ),
        (
            "supervision",
            claim.supervisory_minutes.map(|minutes| minutes.to_string()),
        ),
        ("tokens", claim.tokens.map(|tokens| tokens.to_string())),
        ("agent", claim.agent.clone()),
        ("model", claim.model.clone()),
        ("category", claim.category.clone()),
        ("leverage factor", leverage.map(|factor| format!("{factor:.1}x"))),
        (
            "supervisory factor",
            supervisory.map(|factor| format!("{factor:.1}x")),
        ),
    ];
    for (what, value) in facts {
        if let Some(value) = value {
            line(what, value);
        }
    }
    for session in &claim.sessions {
        line("session", session.to_string());
    }
    text
}
