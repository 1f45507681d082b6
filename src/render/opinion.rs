//! Opinions for people: who gave them, and how much of the claim could be seen.

use std::fmt::Write as _;

use super::escape::visible;
use crate::facts::estimate::{Estimate, Estimator};
use crate::facts::record::Opinion;

/// What its author could see of the claim.
pub fn sight(opinion: &Opinion) -> &'static str {
    match (opinion.claim_here, opinion.asked) {
        (false, _) => "blind",
        (true, true) => "asked blind, claim was here",
        (true, false) => "claim was here",
    }
}

/// Who estimated: a person, or `claude-code (claude-opus-4-8) for` one. Untrusted text.
pub fn estimated_by(estimate: &Estimate) -> String {
    let person = &estimate.by;
    match &estimate.estimator {
        None => person.clone(),
        Some(Estimator { agent, model: None }) => format!("{agent} for {person}"),
        Some(Estimator {
            agent,
            model: Some(model),
        }) => format!("{agent} ({model}) for {person}"),
    }
}

/// The opinion as one line: `6h, by Bo <bo@example.org>, blind: like the one before`. Untrusted text.
pub fn line(opinion: &Opinion) -> String {
    let estimate = &opinion.estimate;
    let basis = estimate.basis.as_deref().map(|basis| format!(": {basis}"));
    format!(
        "{}, by {}, {}{}",
        estimate.hours,
        estimated_by(estimate),
        sight(opinion),
        basis.unwrap_or_default()
    )
}

/// A new opinion below what it is on, a line a fact. Ends with a newline.
pub fn card(what: &str, opinion: &Opinion) -> String {
    let mut card = format!("{}\n", visible(what));
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(card, "  {name:<12} {}", visible(value));
    };
    fact("task", &opinion.of.to_string());
    fact("opinion", &line(opinion));
    for phase in &opinion.estimate.phases {
        fact("", &format!("{}  {}", phase.hours, phase.name));
    }
    card
}
