//! Facts → what is broken in the chain from an agent's hook to the ledger, and how to fix it.
//!
//! Each check is a named function over facts that were gathered before: nothing here reads or writes. A check whose facts are
//! missing reports that it cannot tell, which is never the same as a pass.

mod agents;
mod check;
pub mod evidence;
mod ledger;
mod logs;
mod program;
mod remotes;
mod spool;

use serde::Serialize;

pub use check::{Check, Fix, Health, Symptom};
use evidence::Evidence;

/// The name and version of the format.
pub const SCHEMA: &str = "git-leverage.doctor/1";

/// The themes, in the order of their checks: along the chain.
const THEMES: [&[Check]; 6] = [
    program::CHECKS,
    agents::CHECKS,
    spool::CHECKS,
    ledger::CHECKS,
    remotes::CHECKS,
    logs::CHECKS,
];

/// All checks, in order.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    THEMES.into_iter().flatten()
}

/// The results of all checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The repository that was examined, if any.
    pub repo: Option<String>,
    /// The worst health of all.
    pub health: Health,
    /// The findings, in the order of the checks.
    pub checks: Vec<Symptom>,
}

/// Runs all checks.
pub fn examine(evidence: &Evidence) -> Diagnosis {
    let checks: Vec<Symptom> = checks().flat_map(|check| check.symptoms(evidence)).collect();
    Diagnosis {
        repo: evidence.repository.as_ref().map(|repo| repo.name.clone()),
        health: checks.iter().map(|found| found.health).max().unwrap_or_default(),
        checks,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_checks_are_told_apart() {
        let names: BTreeSet<&str> = checks().map(|check| check.name).collect();
        assert_eq!(names.len(), checks().count());
    }

    #[test]
    fn without_facts_nothing_is_well_that_needs_some() {
        let diagnosis = examine(&Evidence::default());
        let well = diagnosis.checks.iter().filter(|found| found.health == Health::Ok);
        let well: Vec<&str> = well.map(|found| found.check).collect();
        assert_eq!(well, [""; 0]);
        assert_ne!(diagnosis.health, Health::Ok);
    }
}
