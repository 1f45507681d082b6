//! The sentences of an audit below its tables.

use std::collections::BTreeMap;

use crate::audit::origin::{Grouping, Row};
use crate::audit::strength::Maker;
use crate::audit::{Allowed, AllowedBy, Audit, Signer};
use crate::facts::quantity::{Hours, Minutes, plural};
use crate::git::signing::Signature;
use crate::render::document::{Cell, grouped};
use crate::sources::attested_lines::AttestedCommit;

/// Hours as everywhere else, without their unit.
pub(super) fn bare_hours(hours: Hours) -> String {
    let cell = Cell::known(hours.checked(), Cell::Hours);
    cell.for_people().trim_end_matches('h').to_owned()
}

/// Minutes as everywhere else.
pub(super) fn minutes(minutes: Minutes) -> String {
    let cell = Cell::known(minutes.checked(), Cell::Minutes);
    cell.for_people().into_owned()
}

/// The all-in factor, which is not a sum of the table's, with what it is made of.
pub(super) fn all_in(audit: &Audit) -> String {
    let confidence = &audit.confidence;
    match (confidence.all_in_leverage_factor, confidence.session_minutes) {
        (Some(all_in), Some(session)) => format!(
            "All-in factor: {}, over the {} of all sessions, including those without a task",
            factor(Some(all_in)),
            minutes(session)
        ),
        (_, Some(_)) => "All-in factor: –, no task has measured minutes".to_owned(),
        _ if audit.asked.range.is_some() => {
            "All-in factor: –, sessions without a commit belong to no range".to_owned()
        }
        _ if audit.asked.author.is_some() => {
            "All-in factor: –, sessions without a commit have no known author".to_owned()
        }
        _ => "All-in factor: –, no sessions were found".to_owned(),
    }
}

/// How many estimates agents made, if any.
pub(super) fn by_agents(audit: &Audit) -> Option<String> {
    let confidence = &audit.confidence;
    let (all, theirs) = (&confidence.claimed, &confidence.by_agents);
    if theirs.tasks == 0 {
        return None;
    }
    let own = match confidence.by_own_agent {
        0 => String::new(),
        own if own == theirs.tasks => plural(
            &own,
            ", the one that did the work",
            ", each by the agent that did the work",
        )
        .to_owned(),
        own => format!(", {} of them by the agent that did the work", number(own)),
    };
    Some(format!(
        "{} of {} ({}h of {}h) {}{own}",
        number(theirs.tasks),
        counted_in_groups(all.tasks, "estimate", "estimates"),
        bare_hours(theirs.human_hours),
        bare_hours(all.human_hours),
        plural(&theirs.tasks, "is by an agent", "are by agents"),
    ))
}

/// The retracted tasks, and the factor with them.
pub(super) fn retracted(audit: &Audit) -> Option<String> {
    let gone = &audit.confidence.retracted;
    let (are, them) = match gone.tasks {
        0 => return None,
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    let tasks = counted_in_groups(gone.tasks, "task", "tasks");
    let hours = bare_hours(gone.human_hours);
    let with = match gone.leverage_factor_with {
        Some(_) => format!(
            "; the factor would be {} with {them}",
            factor(gone.leverage_factor_with)
        ),
        None => String::new(),
    };
    Some(format!("{tasks} with {hours}h {are} retracted{with}"))
}

pub(super) fn factor(factor: Option<f64>) -> String {
    factor.map_or_else(
        || "–".to_owned(),
        |factor| Cell::Factor(factor).for_people().into_owned(),
    )
}

pub(super) fn notes(audit: &Audit) -> Vec<String> {
    let mut notes: Vec<String> = verdict(audit).into_iter().collect();
    let is_skipped = |rule: &str| audit.skipped.iter().any(|one| one.rule == rule);
    if !is_skipped("ledger-signature") {
        notes.extend(audit.signatures.iter().map(signed));
    }
    notes.extend(about_lines(audit));
    if of_states(audit).any(|row| row.value == Maker::Automation.word() && row.commits > 0) {
        notes.push("Automation is recognized by the author's address, which anyone can type".to_owned());
    }
    notes.extend(allowed_by_repository(audit));
    notes.extend(
        audit
            .allowed
            .iter()
            .map(|one| format!("Allowed {}:{}: {}", one.finding.rule, one.finding.id, one.reason)),
    );
    notes
}

/// The rules that had nothing to check: how many, or the full list.
pub(super) fn skipped(audit: &Audit, is_listed: bool) -> Vec<String> {
    let count = audit.skipped.len();
    if count == 0 {
        return Vec::new();
    }
    if !is_listed {
        let all = count + audit.checked.len();
        return vec![format!(
            "{count} of {} had nothing to check (`-v` lists them)",
            counted_in_groups(all as u64, "rule", "rules")
        )];
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &audit.skipped {
        by_reason.entry(one.reason).or_default().push(one.rule);
    }
    by_reason
        .iter()
        .map(|(reason, rules)| format!("Not checked, because {reason}: {}", rules.join(", ")))
        .collect()
}

/// A repository must not silence its own audit unnoticed.
fn allowed_by_repository(audit: &Audit) -> Option<String> {
    let by_repository = |one: &&Allowed| one.by == AllowedBy::Repository;
    let count = audit.allowed.iter().filter(by_repository).count();
    (count > 0).then(|| {
        let findings = counted_in_groups(count as u64, "finding", "findings");
        format!("{findings} allowed by the repository itself (`--no-allow-file` shows them)")
    })
}

/// Whether the rules found nothing, and how many findings are not shown.
fn verdict(audit: &Audit) -> Option<String> {
    let (checked, below) = (audit.checked.len(), audit.findings_below_level);
    if below > 0 {
        let findings = counted_in_groups(below, "finding", "findings");
        return Some(format!("{findings} below `{}` not shown", audit.level.word()));
    }
    let is_clean = audit.findings.is_empty() && audit.allowed.is_empty() && checked > 0;
    is_clean.then(|| match audit.skipped.is_empty() {
        true => "All rules were checked and found nothing".to_owned(),
        false => "The rules that had something to check found nothing".to_owned(),
    })
}

/// What the tables of lines leave out.
fn about_lines(audit: &Audit) -> Vec<String> {
    let sum = |count: fn(&Row) -> u64| -> u64 { of_states(audit).map(count).sum() };
    if sum(|row| row.commits) == 0 {
        return vec![if audit.asked.is_everything() {
            "The repository has no commits".to_owned()
        } else {
            "No commits are in this range".to_owned()
        }];
    }
    let mut notes = Vec::new();
    let uncounted = sum(|row| row.commits_uncounted);
    if uncounted > 0 {
        notes.push(format!(
            "The sums leave out {}, whose lines could not be counted",
            counted_in_groups(uncounted, "commit", "commits")
        ));
    }
    let elsewhere = sum(|row| row.commits_elsewhere);
    if elsewhere > 0 {
        notes.push(format!(
            "Survival and half-life leave out {} with {} that HEAD does not reach",
            counted_in_groups(elsewhere, "commit", "commits"),
            counted_in_groups(sum(|row| row.lines_elsewhere), "line", "lines")
        ));
    }
    notes.extend(attested(&audit.attested));
    notes.extend(half_lives(audit));
    notes.push("Unknown does not mean human: there is no evidence either way".to_owned());
    notes
}

/// The lines that notes attribute.
fn attested(commits: &[AttestedCommit]) -> Option<String> {
    let sum = |lines: fn(&AttestedCommit) -> u64| commits.iter().map(lines).sum::<u64>();
    (!commits.is_empty()).then(|| {
        format!(
            "git-ai notes on {} attribute {} added lines to agents and {} to people",
            counted_in_groups(commits.len() as u64, "commit", "commits"),
            number(sum(|one| one.agent_lines)),
            number(sum(|one| one.human_lines))
        )
    })
}

/// How long lines last, of those who added any that HEAD reaches.
fn half_lives(audit: &Audit) -> Option<String> {
    let brought = |is_agent: bool| {
        of_states(audit)
            .filter(|row| (row.value == Maker::Agent.word()) == is_agent)
            .any(|row| row.lines_added > row.lines_elsewhere)
    };
    let half_life = |whose: &str, days: Option<f64>| match days {
        Some(days) => format!("{whose}: {days:.0} days"),
        None => format!("{whose}: too early to estimate"),
    };
    let agents = brought(true).then(|| half_life("agents", audit.half_life.agent_days));
    let others = brought(false).then(|| half_life("others", audit.half_life.other_days));
    let known: Vec<String> = agents.into_iter().chain(others).collect();
    (!known.is_empty()).then(|| format!("Half-life of lines (an estimate): {}", known.join(", ")))
}

fn signed(signer: &Signer) -> String {
    let how = match &signer.signature {
        Signature::Absent => "not signed".to_owned(),
        Signature::Good(who) => format!("signed by {who} and verified"),
        Signature::Unchecked => "signed with an unknown key".to_owned(),
        Signature::Bad => "with an invalid signature".to_owned(),
    };
    format!("Ledger commits {how}: {}", number(signer.commits))
}

/// `1,234 commits`.
pub(super) fn counted_in_groups(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), plural(&count, one, many))
}

pub(super) fn number(count: u64) -> String {
    grouped(&count.to_string())
}

pub(super) fn of_states(audit: &Audit) -> impl Iterator<Item = &Row> {
    audit.origin.iter().filter(|row| row.by == Grouping::State)
}
