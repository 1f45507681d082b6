//! What `--fix` does: nothing that removes anything that people wrote.

use crate::cli::background::apart;
use crate::cli::background::sweep::Where;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::known_writer;
use crate::doctor::{Diagnosis, Fix};
use crate::facts::diagnostics::Warning;
use crate::git::{Repo, health, own_config};
use crate::ledger;

/// Applies all fixes that the checks suggest. Returns what was done and what failed.
pub(super) fn all(
    diagnosis: &Diagnosis,
    context: &mut Context,
) -> Result<(Vec<String>, Vec<Warning>), CommandError> {
    let mut fixes: Vec<&Fix> = diagnosis
        .checks
        .iter()
        .filter_map(|found| found.fix.as_ref())
        .collect();
    // Once the locks are gone, the fixes do not depend on each other.
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
                "Set in the git config of this repository: {}",
                told.join(", ")
            )))
        }
        Fix::RemoveLocks => {
            health::remove_left_locks(&repository(context)?)?;
            Ok(Some("Removed locks left by a git-leverage process".to_owned()))
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
        true => "Restored records that another program had overwritten".to_owned(),
        false => "Restored the refs of the ledger".to_owned(),
    }))
}

/// Captures pending sessions, unless another process is capturing. What cannot be captured yet is reported and stays pending.
fn drain(context: &mut Context) -> Result<Option<String>, CommandError> {
    let swept = apart::sweep(context, Where::Everywhere);
    context.terminal.warnings(swept.warning().as_slice())?;
    // A mere attempt is not a fix.
    Ok((swept.commits > 0 || swept.failed.is_empty()).then(|| swept.in_words()))
}
