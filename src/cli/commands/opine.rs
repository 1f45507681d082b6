//! `opine REV|ID|KEY`: another estimate of a task. `opine --next` asks for one without showing the claim.

mod next;
mod subject;

use subject::{Subject, estimator};

use crate::cli::called::Seen;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields};
use crate::facts::diagnostics::Status;
use crate::facts::estimate::{Estimate, EstimatorKey};
use crate::facts::ids::{RecordId, TaskId};
use crate::facts::ledger::Ledger;
use crate::facts::quantity::Hours;
use crate::facts::record::{Opinion, Record};
use crate::facts::task::{FirstClaim, Task, TaskSource};
use crate::ledger;
use crate::render::opinion;

/// The arguments of `opine`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    git leverage opine --next                            (shows a task, and nothing that was claimed)\n  \
    git leverage opine q3f9a0c2b7d41 --estimate 6h --basis 'Two endpoints and a migration'\n  \
    git leverage opine 8f3a61c2 --estimate 6h            (marked: the claim was in this clone)\n  \
    git leverage opine HEAD~2 --phase Client=3h --phase Tests=2h")]
pub struct Args {
    /// A commit with one task, a task id (its first 4 digits or more), or the key that `--next` printed
    #[arg(value_name = "REV|ID|KEY", required_unless_present = "next")]
    what: Option<String>,
    /// Show the next task without an opinion of yours, and none of its claimed figures
    #[arg(long, conflicts_with_all = ["what", "estimate", "phase", "basis", "dry_run"])]
    next: bool,
    /// Hours that a senior engineer who knows the stack would need by hand: 40h, 1.5h, 90m, 2d, or a range 24h..60h
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    estimate: Option<String>,
    /// A named part of the estimate; the parts must add up to `--estimate`, or replace it; may be repeated
    #[arg(long, value_name = "NAME=DURATION")]
    phase: Vec<String>,
    /// Reason for the estimate
    #[arg(long, value_name = "TEXT")]
    basis: Option<String>,
    /// Whose opinion it is: `person`, or an agent, optionally with its model [default: the calling agent, else person]
    #[arg(long, value_name = "WHO")]
    estimated_by: Option<String>,
    /// Show the opinion, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl Args {
    /// What was given of the estimate.
    fn fields(&self) -> TaskFields {
        TaskFields {
            estimate: self.estimate.clone(),
            phase: self.phase.clone(),
            basis: self.basis.clone(),
            estimated_by: self.estimated_by.clone(),
            ..TaskFields::default()
        }
    }
}

/// Shows the next question, or writes the opinion next to the task.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let is_only_read = args.dry_run || args.next;
    let mut open = OpenLedger::open_to(is_only_read, context)?;
    let seen = Seen::of(&context.environment, &open.repo);
    open.estimator = seen.estimator();
    open.written_by = seen.written_by();
    // Warnings quote what messages claim.
    let ledger = match args.next {
        true => open.read(),
        false => open.ledger(context)?,
    };
    let fields = args.fields();
    if let Some(unknown) = fields.unknown_estimator() {
        context.terminal.status(&unknown)?;
    }
    match &args.what {
        Some(what) => {
            if let Some(doubt) = seen.doubt().filter(|_| fields.counts_as_the_callers()) {
                context.terminal.status(&doubt)?;
            }
            give(args, what, (&open, &ledger), context)
        }
        None => next::show(&fields, &open, &ledger, context),
    }
}

/// Writes an opinion.
fn give(
    args: &Args,
    what: &str,
    (open, ledger): (&OpenLedger, &Ledger),
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let (subject, asked) = subject::find(open, ledger, what)?;
    let estimate = estimate(&args.fields(), open)?;
    let people = open.repo.name_map();
    let mine = estimator(&estimate, &people);
    subject.check(ledger, |claim| estimator(claim, &people) == mine)?;
    let given = opinion_on(&subject, ledger, open, (estimate, &mine), asked)?;
    let title = subject.title(open);
    if !args.dry_run {
        let message = format!("Opine: {title}\n");
        let records: Vec<_> = subject
            .homes()
            .into_iter()
            .map(|commit| (commit, Record::Opinion(Box::new(given.clone()))))
            .collect();
        ledger::append(&open.repo, &records, &message, open.writer()?)?;
        let what = format!("the opinion on the task {} is recorded", given.of);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let shown = match asked && args.dry_run {
        true => "The task that `opine --next` showed",
        false => &title,
    };
    context.terminal.cards(&opinion::card(shown, &given))?;
    let done = match args.dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!(
            "Recorded an opinion of {} on `{}` ({})",
            given.estimate.shown(),
            ledger.short_id(given.of),
            opinion::sight(&given)
        ),
    };
    context.terminal.status(&done)?;
    Ok(Outcome::Done)
}

/// The estimate as a record would have it.
fn estimate(fields: &TaskFields, open: &OpenLedger) -> Result<Estimate, CommandError> {
    if fields.estimate.is_none() && fields.phase.is_empty() {
        return Err(
            CommandError::usage("the opinion has no estimate").hint(
                "Pass the hours that a person would have needed: `--estimate 6h`, or `--phase 'Design=4h'` for each part",
            ),
        );
    }
    let author = open.author()?;
    let first = FirstClaim {
        at: open.now,
        by: &author,
        title: "opinion".to_owned(),
        date: open.now.date_naive(),
        hours: Hours::default(),
        source: TaskSource::Record,
    };
    let mut task = Task::new(TaskId::derived(&[]), first);
    fields.apply(&mut task, open)?;
    Ok(task.estimate)
}

/// The next revision of the estimator's opinion on the current revision of the task.
fn opinion_on(
    subject: &Subject<'_>,
    ledger: &Ledger,
    open: &OpenLedger,
    (estimate, mine): (Estimate, &EstimatorKey),
    asked: bool,
) -> Result<Opinion, CommandError> {
    let (of, of_rev) = (subject.id(), subject.rev());
    let id = id(of, of_rev, mine);
    let before = subject.opinions(ledger).filter(|before| before.id == id);
    let last = before.map(|before| before.rev).max();
    // A claim that cannot be read may be here.
    let may_be_here = of_rev.is_some() || ledger.status != Status::Complete;
    Ok(Opinion {
        id,
        rev: last.map_or(0, |last| last.saturating_add(1)),
        at: open.now,
        by: open.author()?,
        of,
        of_rev,
        estimate,
        claim_here: may_be_here,
        asked,
        written_by: open.written_by.clone(),
    })
}

/// The id of an estimator's opinion on a revision of a task: the same in every clone.
fn id(of: TaskId, of_rev: Option<u32>, by: &EstimatorKey) -> RecordId {
    let rev = of_rev.map(|rev| rev.to_string()).unwrap_or_default();
    let agent = by.agent.as_deref().unwrap_or_default();
    RecordId::derived(&["opinion", &of.to_string(), &rev, &by.person, agent])
}
