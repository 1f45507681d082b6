//! Facts → what is broken in the chain from an agent's hook to the ledger, and how to mend it.
//!
//! Each check is a function with a name, over facts that were gathered before: nothing here reads or writes. A check whose
//! facts are missing says that it cannot tell, which is never the same as that all is well.

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

/// The themes, in the order in which their checks are made: along the chain.
const THEMES: [&[Check]; 6] = [
    program::CHECKS,
    agents::CHECKS,
    spool::CHECKS,
    ledger::CHECKS,
    remotes::CHECKS,
    logs::CHECKS,
];

/// All checks, in the order in which they are made.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    THEMES.into_iter().flatten()
}

/// What all checks say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The repository that was looked at, where one was.
    pub repo: Option<String>,
    /// The worst of all.
    pub health: Health,
    /// What was found, in the order of the checks.
    pub checks: Vec<Symptom>,
}

/// Makes all checks.
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
