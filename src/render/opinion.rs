//! Opinions for people: who gave them, and how much of the claim could be seen.

use std::fmt::Write as _;

use super::escape::visible;
use crate::aggregate::effort::TaskEffort;
use crate::aggregate::estimates::Spread;
use crate::facts::estimate::{Estimate, Estimator};
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Hours, counted};
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
        estimate.shown(),
        estimated_by(estimate),
        sight(opinion),
        basis.unwrap_or_default()
    )
}

/// What is known of the opinions on a task, below its card, a line a fact: each that counts, how far they are apart, and the factor
/// under each choice. Nothing without opinions; otherwise it ends with a newline.
pub fn facts(found: &LedgerTask, counting: &[Opinion], effort: TaskEffort) -> String {
    let mut facts = String::new();
    let Some(spread) = Spread::of(&found.task.estimate, counting) else {
        return facts;
    };
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(facts, "  {name:<12} {}", visible(value));
    };
    for (at, opinion) in counting.iter().take(MOST_SHOWN).enumerate() {
        fact(if at == 0 { "opinions" } else { "" }, &line(opinion));
    }
    let more = counting.len().saturating_sub(MOST_SHOWN);
    if more > 0 {
        fact("", &format!("and {more} more"));
    }
    let replaced = found.opinions.len().saturating_sub(counting.len());
    if replaced > 0 {
        let opinions = counted(replaced, "opinion does", "opinions do");
        fact(
            "",
            &format!("{opinions} not count: replaced, or by who made the claim"),
        );
    }
    fact("spread", &apart(&spread, counting));
    let factor = |hours: Hours| {
        let mut task = found.task.clone();
        task.estimate.hours = hours;
        effort.leverage_factor(&task)
    };
    let choices = [
        ("claimed", spread.claimed),
        ("median", spread.median),
        ("lowest", spread.lowest),
        ("highest", spread.highest),
    ];
    let factors = choices
        .iter()
        .filter_map(|(name, hours)| Some(format!("{:.1}x {name}", factor(*hours)?)));
    let factors: Vec<String> = factors.collect();
    if !factors.is_empty() {
        fact("factors", &factors.join(", "));
    }
    facts
}

/// As many opinions are listed.
const MOST_SHOWN: usize = 20;

/// `3h to 8h (2.7 times), median 6h; 1 opinion by people, 1 by agents`.
fn apart(spread: &Spread, counting: &[Opinion]) -> String {
    let by_agents = counting
        .iter()
        .filter(|opinion| opinion.estimate.estimator.is_some());
    let by_agents = by_agents.count();
    let people = counted(counting.len() - by_agents, "opinion", "opinions");
    let ratio = spread.ratio.map(|ratio| format!(" ({ratio:.1} times)"));
    format!(
        "{} to {}{}, median {}; {people} by people, {by_agents} by agents",
        spread.lowest,
        spread.highest,
        ratio.unwrap_or_default(),
        spread.median,
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
        fact("", &format!("{}  {}", phase.shown(), phase.name));
    }
    card
}
