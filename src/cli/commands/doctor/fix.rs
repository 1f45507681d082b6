//! What `--fix` does: nothing that takes away what anybody wrote.

use crate::cli::apart;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::known_writer;
use crate::cli::sweep::Where;
use crate::doctor::{Diagnosis, Fix};
use crate::facts::diagnostics::Warning;
use crate::git::{Repo, health, own_config};
use crate::ledger;

/// Does all that the checks found a way for. What was done, and what could not be.
pub(super) fn all(
    diagnosis: &Diagnosis,
    context: &mut Context,
) -> Result<(Vec<String>, Vec<Warning>), CommandError> {
    let mut fixes: Vec<&Fix> = diagnosis
        .checks
        .iter()
        .filter_map(|found| found.fix.as_ref())
        .collect();
    // Without the locks nothing else is in the way of the others.
    fixes.sort_by_key(|fix| **fix != Fix::RemoveLocks);
    fixes.dedup();
    let (mut done, mut trouble) = (Vec::new(), Vec::new());
    for fix in fixes {
        match one(fix, context) {
            Ok(what) => done.extend(what),
            Err(error) => {
                let place = diagnosis
                    .repo
                    .clone()
                    .unwrap_or_else(|| "this machine".to_owned());
                trouble.push(Warning::new(place, format!("not fixed: {}", error.message())));
            }
        }
    }
    Ok((done, trouble))
}

fn one(fix: &Fix, context: &mut Context) -> Result<Option<String>, CommandError> {
    match fix {
        Fix::AddConfig(values) => {
            let repo = repository(context)?;
            for (key, value) in *values {
                own_config::add(&repo, key, value)?;
            }
            let told = values.iter().map(|(key, value)| format!("{key} = {value}"));
            let told: Vec<String> = told.collect();
            Ok(Some(format!(
                "the git config of this repository says {}",
                told.join(", ")
            )))
        }
        Fix::RemoveLocks => {
            health::remove_left_locks(&repository(context)?)?;
            Ok(Some(
                "the locks that a process of ours had left are gone".to_owned(),
            ))
        }
        Fix::HealLedger => heal(context),
        Fix::DrainSpool => drain(context),
    }
}

fn repository(context: &Context) -> Result<Repo, CommandError> {
    context.environment.repository()
}

fn heal(context: &Context) -> Result<Option<String>, CommandError> {
    let writer = known_writer(context).ok_or(ledger::WriteError::Nobody)?;
    let is_healed = ledger::heal(&repository(context)?, &writer)?;
    Ok(Some(match is_healed {
        true => "the ledger holds again what another program had overwritten".to_owned(),
        false => "the references of the ledger say again what they said".to_owned(),
    }))
}

/// Captures what waits, if nobody does just now. What cannot be captured yet is told, and waits on.
fn drain(context: &mut Context) -> Result<Option<String>, CommandError> {
    let swept = apart::sweep(context, Where::Everywhere);
    context.terminal.warnings(swept.warning().as_slice())?;
    // What was only tried is not mended.
    Ok((swept.commits > 0 || swept.failed.is_empty()).then(|| swept.in_words()))
}
