//! `audit [REPO]`: what agents built, how that is known, and which claims do not add up.

mod args;
mod by_facts;
mod scope;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::audit::lines::{FileLine, of_file};
use crate::audit::{self, AllowedBy, Audit, Choice, Reason, allow_file};
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::send_text;
use crate::cli::terminal::Verbosity;
use crate::facts::diagnostics::Warning;
use crate::git::survival::Standing;
use crate::git::{Repo, ledger_steps};
use crate::render::format::{Content, Format};
use crate::render::json::Versioned;
use crate::render::{audit as shown, json, single};
use crate::workspace::audit::{AuditInput, Part};
use args::AuditFormat;

pub use args::Args;
use scope::{in_repository, part, target};

/// Reads the repository, applies the rules and shows the findings.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if !args.facts.is_empty() {
        let (input, part) = by_facts::read(args, context)?;
        return examine(args, context, input, part);
    }
    let (repo, range) = target(args, context)?;
    if let Some(path) = &args.file {
        if range.is_some() {
            return Err(CommandError::usage("`--file` cannot be used with REV-RANGE"));
        }
        return of_one_file(args, context, &repo, path);
    }
    let part = part(&repo, range, args, context)?;
    let options = args.options(context)?;
    let input = bar::during(context, || AuditInput::read(&repo, &options));
    examine(args, context, input, part)
}

/// Applies the rules to a part of what was read, and shows the findings.
fn examine(
    args: &Args,
    context: &mut Context,
    mut input: AuditInput,
    part: Part,
) -> Result<Outcome, CommandError> {
    let now = context.environment.now.timestamp();
    input.narrow(part);
    let (allowed, mut warnings) = allowed(&input.objects.allow_file, args);
    warnings.extend(input.warnings.iter().cloned());
    let choice = Choice {
        rules: args.rule.iter().cloned().collect(),
        level: args.level.into(),
        allowed,
    };
    let name = input.objects.name.clone();
    let audit = bar::during(context, || {
        context.progress.begin("Applying rules", "", 0);
        audit::audit(name, &input.evidence(now), &choice, warnings)
    });
    send(
        args,
        context,
        &audit,
        input.objects.standing.as_ref().and_then(place),
    )?;
    context.terminal.warnings(&audit.warnings)?;
    Ok(match args.strict && !audit.findings.is_empty() {
        true => Outcome::Findings,
        false => input.status.into(),
    })
}

/// `--file`: reads the repository, and shows each line of the file.
fn of_one_file(
    args: &Args,
    context: &mut Context,
    repo: &Repo,
    path: &Path,
) -> Result<Outcome, CommandError> {
    let now = context.environment.now.timestamp();
    let path = in_repository(repo, path, args, context)?;
    let options = args.options(context)?;
    let input = bar::during(context, || AuditInput::read(repo, &options));
    let content = ledger_steps::file_at_head(repo, &path);
    let lines = of_file(&input.evidence(now), &path, content.as_deref())?;
    show_file(args, context, &path, &lines)
}

/// The file that represents the repository where a finding needs one: the allow file, or a README.
fn place(standing: &Standing) -> Option<&str> {
    let may_be_it = |path: &&str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        path.chars().all(is_plain)
            && (*path == allow_file::PATH || path.to_ascii_lowercase().starts_with("readme"))
    };
    standing.top.iter().map(String::as_str).filter(may_be_it).min()
}

/// The allowed findings: those of the committed file, and `--allow`.
fn allowed(file: &[u8], args: &Args) -> (BTreeMap<String, Reason>, Vec<Warning>) {
    let file = if args.no_allow_file { &[] } else { file };
    let (mut allowed, warnings) = allow_file::parse(file);
    allowed.extend(args.allow.iter().map(|one| {
        let reason = Reason {
            text: "--allow".to_owned(),
            by: AllowedBy::CommandLine,
        };
        (one.clone(), reason)
    }));
    (allowed, warnings)
}

fn send(args: &Args, context: &mut Context, audit: &Audit, place: Option<&str>) -> Result<(), CommandError> {
    let text = match args.format() {
        AuditFormat::Sarif => json::pretty(&shown::sarif(audit, place, env!("CARGO_PKG_VERSION"))),
        AuditFormat::Common(Format::Table) => {
            let unfolded = context.terminal.verbosity == Verbosity::Verbose;
            let screen = context.terminal.screen(args.output.as_deref());
            Ok(shown::page(audit, screen, unfolded))
        }
        AuditFormat::Common(Format::Html) => Ok(single::audit(&shown::document(audit), audit)),
        AuditFormat::Common(format) => {
            let content = Content {
                document: &shown::document(audit),
                rows: &shown::findings(audit),
                machine: &Versioned {
                    schema: audit::SCHEMA,
                    body: audit,
                },
            };
            format.render(&content, context.terminal.screen(args.output.as_deref()))
        }
    };
    let text = text.map_err(|error| CommandError::from_error(&error))?;
    send_text(context, args.output.as_deref(), &text)
}

/// The machine format of `--file`.
#[derive(Serialize)]
struct FileBody<'a> {
    path: &'a str,
    lines: &'a [FileLine],
}

/// `--file`: each line with its commit, author and agent; in other formats with its task and sessions, too.
fn show_file(
    args: &Args,
    context: &mut Context,
    path: &str,
    lines: &[FileLine],
) -> Result<Outcome, CommandError> {
    let AuditFormat::Common(format) = args.format() else {
        return Err(CommandError::usage(
            "`--file` cannot be used with `--format sarif`",
        ));
    };
    let document = shown::file_document(path, lines);
    let content = Content {
        document: &document,
        rows: &document.tables.first().cloned().unwrap_or_default(),
        machine: &Versioned {
            schema: audit::LINES_SCHEMA,
            body: FileBody { path, lines },
        },
    };
    let screen = context.terminal.screen(args.output.as_deref());
    let text = match format {
        Format::Table => Ok(shown::file_page(lines, screen)),
        _ => format.render(&content, screen),
    };
    let text = text.map_err(|error| CommandError::from_error(&error))?;
    send_text(context, args.output.as_deref(), &text)?;
    Ok(Outcome::Done)
}
