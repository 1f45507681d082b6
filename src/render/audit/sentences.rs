//! What an audit says in words: above its tables, and under them.

use std::collections::BTreeMap;

use crate::audit::confidence::{Confidence, Part};
use crate::audit::origin::{Grouping, Row, state_word};
use crate::audit::rules::RULES;
use crate::audit::{Allowed, AllowedBy, Audit, Level, Signer};
use crate::facts::evidence::OriginState;
use crate::facts::quantity::{Hours, Minutes, plural};
use crate::git::signing::Signature;
use crate::render::document::{Cell, grouped, percent};
use crate::sources::attested_lines::AttestedCommit;

/// One sentence on how much of the claims can be shown.
pub(super) fn headline(audit: &Audit) -> String {
    let confidence = &audit.confidence;
    let claimed = &confidence.claimed;
    if claimed.tasks == 0 {
        return unclaimed(audit);
    }
    let share = |part: &Part| match claimed.human_hours.get() {
        // Hours that are nothing rest on nothing.
        hours if hours <= 0.0 => "–".to_owned(),
        hours => percent(part.human_hours.get() / hours, 0),
    };
    let as_measured = |part: &Part| match (part.leverage_factor, part.measured_leverage_factor) {
        (None, None) => String::new(),
        (claimed, measured) => format!(
            " ({} as claimed, {} as measured)",
            factor(claimed),
            factor(measured)
        ),
    };
    // Most ledgers have either, and few sentences have room for what is not there.
    let noted = match confidence.noted.tasks {
        0 => String::new(),
        _ => format!(
            "{} on minutes that only notes tell{}, ",
            share(&confidence.noted),
            as_measured(&confidence.noted)
        ),
    };
    let linked = match (confidence.linked.tasks, confidence.without_unsupported) {
        (0, _) | (_, None) => String::new(),
        (_, known) => format!(" ({} with them)", factor(known)),
    };
    let unchecked = match confidence.unchecked.tasks {
        0 => String::new(),
        _ => format!(
            "; of {} a shallow clone cannot tell",
            share(&confidence.unchecked)
        ),
    };
    format!(
        "{} human hours are claimed{}: {} rest on measured minutes{}, {noted}{} on linked commits{linked}, {} on nothing{unchecked}",
        bare_hours(claimed.human_hours),
        at_factor(confidence),
        share(&confidence.measured),
        as_measured(&confidence.measured),
        share(&confidence.linked),
        share(&confidence.unsupported),
    )
}

/// Hours as everywhere else, without their unit.
fn bare_hours(hours: Hours) -> String {
    let cell = Cell::known(hours.checked(), Cell::Hours);
    cell.for_people().trim_end_matches('h').to_owned()
}

/// Minutes as everywhere else, without their unit.
fn bare_minutes(minutes: Minutes) -> String {
    let cell = Cell::known(minutes.checked(), Cell::Minutes);
    cell.for_people().trim_end_matches('m').to_owned()
}

/// The factor of all, with the hours that are in it where these are not all.
fn at_factor(confidence: &Confidence) -> String {
    match confidence.leverage_factor {
        None => ", with no agent time".to_owned(),
        known if confidence.factor_hours < confidence.claimed.human_hours => {
            format!(
                ", at {} over {} of them",
                factor(known),
                bare_hours(confidence.factor_hours)
            )
        }
        known => format!(", at {}", factor(known)),
    }
}

/// The headline where nobody claims anything.
fn unclaimed(audit: &Audit) -> String {
    let commits: u64 = of_states(audit).map(|row| row.commits).sum();
    let agents = of_states(audit).find(|row| row.value == state_word(OriginState::Agent));
    let agents = agents.map_or(0, |row| row.commits);
    match commits {
        0 => "no task claims any hours".to_owned(),
        _ => format!(
            "no task claims any hours; agents had a part in {} of {}",
            number(agents),
            counted_in_groups(commits, "commit", "commits")
        ),
    }
}

/// The all-in factor, which is none of the table's sums, with what it is made of.
pub(super) fn all_in(audit: &Audit) -> String {
    let confidence = &audit.confidence;
    match (confidence.all_in_leverage_factor, confidence.session_minutes) {
        (Some(all_in), Some(minutes)) => format!(
            "All-in, apart from these sums: the hours that rest on measured minutes over the {} agent minutes of every \
             session seen, in a task or not: {}",
            bare_minutes(minutes),
            factor(Some(all_in))
        ),
        (_, Some(_)) => "All-in: –, as no hours rest on measured minutes".to_owned(),
        _ if audit.asked.range.is_some() => {
            "All-in: –, as sessions that made no commit belong to no range".to_owned()
        }
        _ => "All-in: –, as no session was seen".to_owned(),
    }
}

/// How many estimates are agents', where any is.
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
        "{} of {}, with {} of {} human hours, {}{own}",
        number(theirs.tasks),
        counted_in_groups(all.tasks, "estimate", "estimates"),
        bare_hours(theirs.human_hours),
        bare_hours(all.human_hours),
        plural(&theirs.tasks, "is by an agent", "are by agents"),
    ))
}

/// The tasks that count no more, and what they would make of the factor.
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
            "; with {them} the factor would be {}",
            factor(gone.leverage_factor_with)
        ),
        None => String::new(),
    };
    Some(format!("{tasks} with {hours} human hours {are} retracted{with}"))
}

/// What was looked at.
pub(super) fn subject(audit: &Audit) -> String {
    let mut subject = format!("Audit of {}", audit.repo);
    for (word, part) in [("", &audit.asked.range), ("since ", &audit.asked.since)] {
        if let Some(part) = part {
            subject += &format!(", {word}{part}");
        }
    }
    subject
}

fn factor(factor: Option<f64>) -> String {
    factor.map_or_else(|| "–".to_owned(), |factor| format!("{factor:.1}x"))
}

pub(super) fn notes(audit: &Audit) -> Vec<String> {
    let mut notes = verdict(audit);
    let is_skipped = |rule: &str| audit.skipped.iter().any(|one| one.rule == rule);
    if !is_skipped("ledger-signature") {
        notes.extend(audit.signatures.iter().map(signed));
    }
    notes.extend(about_lines(audit));
    notes.extend(allowed_by_repository(audit));
    notes.extend(
        audit
            .allowed
            .iter()
            .map(|one| format!("Allowed {}:{}: {}", one.finding.rule, one.finding.id, one.reason)),
    );
    let mut skipped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in &audit.skipped {
        skipped.entry(one.reason).or_default().push(one.rule);
    }
    notes.extend(
        skipped
            .iter()
            .map(|(reason, rules)| format!("Not checked, as {reason}: {}", rules.join(", "))),
    );
    notes
}

/// An audit of somebody else's repository must not be silenced by it unseen.
fn allowed_by_repository(audit: &Audit) -> Option<String> {
    let by_repository = |one: &&Allowed| one.by == AllowedBy::Repository;
    let count = audit.allowed.iter().filter(by_repository).count();
    (count > 0).then(|| {
        let findings = counted_in_groups(count as u64, "finding", "findings");
        format!("{findings} allowed by the repository itself, shown with --no-allow-file")
    })
}

/// What the rules found, where the table does not show it, and what it leaves out.
fn verdict(audit: &Audit) -> Vec<String> {
    let mut said = Vec::new();
    let (checked, below) = (audit.checked.len(), audit.findings_below_level);
    if checked == 0 {
        said.push("No rule could be checked".to_owned());
    } else if audit.findings.is_empty() && below == 0 && audit.allowed.is_empty() {
        said.push(if checked == RULES.len() {
            "Nothing was found that does not add up".to_owned()
        } else {
            let all = RULES.len();
            format!("Nothing was found by the rules that were checked, {checked} of {all}")
        });
    }
    if below > 0 {
        let findings = counted_in_groups(below, "finding", "findings");
        said.push(format!("Not shown: {findings} below `{}`", level(audit.level)));
    }
    said
}

/// What the tables of lines leave out, and what follows from them.
fn about_lines(audit: &Audit) -> Vec<String> {
    let sum = |count: fn(&Row) -> u64| -> u64 { of_states(audit).map(count).sum() };
    if sum(|row| row.commits) == 0 {
        return vec![if audit.asked.is_everything() {
            "There is no commit here".to_owned()
        } else {
            "No commit is in this range".to_owned()
        }];
    }
    let mut notes = Vec::new();
    let uncounted = sum(|row| row.commits_uncounted);
    if uncounted > 0 {
        notes.push(format!(
            "Lines could not be counted, and are in no sum, of {}",
            counted_in_groups(uncounted, "commit", "commits")
        ));
    }
    let elsewhere = sum(|row| row.commits_elsewhere);
    if elsewhere > 0 {
        notes.push(format!(
            "In no share or half-life, as HEAD does not reach them: {} on other branches, with {}",
            counted_in_groups(elsewhere, "commit", "commits"),
            counted_in_groups(sum(|row| row.lines_elsewhere), "line", "lines")
        ));
    }
    notes.extend(attested(&audit.attested));
    notes.extend(standing(audit));
    notes.extend(half_lives(audit));
    notes.push("Unknown is not human: nothing says who made those commits".to_owned());
    notes
}

/// What notes attest, in one sentence.
fn attested(commits: &[AttestedCommit]) -> Option<String> {
    let sum = |lines: fn(&AttestedCommit) -> u64| commits.iter().map(lines).sum::<u64>();
    (!commits.is_empty()).then(|| {
        format!(
            "Notes of git-ai on {} attest {} of the lines added there to agents and {} to people alone",
            counted_in_groups(commits.len() as u64, "commit", "commits"),
            number(sum(|one| one.agent_lines)),
            number(sum(|one| one.human_lines))
        )
    })
}

/// What made the lines at HEAD, in one sentence.
fn standing(audit: &Audit) -> Option<String> {
    let of = |state: OriginState| match of_states(audit).find(|row| row.value == state_word(state)) {
        Some(row) => row.lines_standing,
        None => Some(0),
    };
    let (agent, human, unknown) = (
        of(OriginState::Agent)?,
        of(OriginState::Human)?,
        of(OriginState::Unknown)?,
    );
    let all = agent + human + unknown;
    let share = |lines: u64| percent(lines as f64 / all as f64, 1);
    let which = match (audit.asked.is_everything(), all) {
        (true, 0) => return Some("No line stands at HEAD".to_owned()),
        (false, 0) => return Some("No line of these commits stands at HEAD".to_owned()),
        (true, _) => "Of the lines at HEAD".to_owned(),
        (false, _) => format!(
            "Of {} of these commits at HEAD",
            counted_in_groups(all, "line", "lines")
        ),
    };
    Some(format!(
        "{which}, {} are from commits with agents, {} from people alone, and of {} nobody says",
        share(agent),
        share(human),
        share(unknown)
    ))
}

/// How long lines last, of those who brought any that could stand at HEAD.
fn half_lives(audit: &Audit) -> Option<String> {
    let brought = |is_agent: bool| {
        of_states(audit)
            .filter(|row| (row.value == state_word(OriginState::Agent)) == is_agent)
            .any(|row| row.lines_added > row.lines_elsewhere)
    };
    let half_life = |whose: &str, days: Option<f64>| match days {
        Some(days) => format!("{whose} {days:.0} days"),
        None => format!("{whose} too early to tell"),
    };
    let agents = brought(true).then(|| half_life("agents'", audit.half_life.agent_days));
    let others = brought(false).then(|| half_life("all others", audit.half_life.other_days));
    let known: Vec<String> = agents.into_iter().chain(others).collect();
    (!known.is_empty()).then(|| format!("Half-life of lines (estimated): {}", known.join(", ")))
}

fn signed(signer: &Signer) -> String {
    let how = match &signer.signature {
        Signature::Absent => "not signed".to_owned(),
        Signature::Good(who) => format!("signed by {who}, verified"),
        Signature::Unchecked => "signed by a key that is unknown here".to_owned(),
        Signature::Bad => "signed, but the signature does not hold".to_owned(),
    };
    format!("Commits of the ledger: {} {how}", signer.commits)
}

/// `1,234 commits`.
fn counted_in_groups(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), plural(&count, one, many))
}

fn number(count: u64) -> String {
    grouped(&count.to_string())
}

fn of_states(audit: &Audit) -> impl Iterator<Item = &Row> {
    audit.origin.iter().filter(|row| row.by == Grouping::State)
}

/// A level as it is written.
pub(super) fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
