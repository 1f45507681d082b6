//! The audit as a document, and as SARIF for forges.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::document::{Basis, Cell, Column, Document, Table, grouped, percent};
use crate::audit::confidence::Part;
use crate::audit::lines::FileLine;
use crate::audit::origin::{Grouping, Row, state_word};
use crate::audit::rules::RULES;
use crate::audit::{Allowed, Audit, Finding, Level, Signer};
use crate::facts::evidence::OriginState;
use crate::facts::ids::TaskId;
use crate::git::signing::Signature;
use crate::sources::attested_lines::AttestedCommit;

/// The page for people: what the claims rest on, what does not add up, what made the code.
pub fn document(audit: &Audit) -> Document {
    let mut tables = Vec::new();
    if audit.confidence.claimed.tasks > 0 {
        tables.push(confidence(audit));
    }
    tables.extend(findings_by_rule(&audit.findings));
    for (by, title, heading) in [
        (Grouping::State, "What made the commits", "Made by"),
        (Grouping::HowKnown, "How that is known", "Sign"),
        (Grouping::Agent, "Commits by agent", "Agent"),
        (Grouping::Model, "Commits by model", "Model"),
        (Grouping::Task, "Commits by task", "Task"),
    ] {
        tables.extend(origin(&audit.origin, by, title, heading));
    }
    tables.extend(over_time(&audit.origin));
    Document {
        title: Some(format!("{}: {}", subject(audit), headline(audit))),
        tables,
        notes: notes(audit),
    }
}

/// One sentence on how much of the claims can be shown.
fn headline(audit: &Audit) -> String {
    let confidence = &audit.confidence;
    let claimed = &confidence.claimed;
    if claimed.tasks == 0 {
        return unclaimed(audit);
    }
    let share = |part: &Part| match claimed.human_hours {
        // Hours that are nothing rest on nothing.
        hours if hours <= 0.0 => "–".to_owned(),
        hours => percent(part.human_hours / hours, 0),
    };
    let measured = match confidence.measured.tasks {
        0 => String::new(),
        _ => format!(
            " ({} as claimed, {} as measured)",
            factor(confidence.measured.leverage_factor),
            factor(confidence.measured.measured_leverage_factor)
        ),
    };
    let linked = match confidence.linked.tasks {
        0 => String::new(),
        _ => format!(" ({} with them)", factor(confidence.without_unsupported)),
    };
    format!(
        "{} human hours are claimed, at {}: {} rest on measured minutes{measured}, {} on linked commits{linked}, {} on nothing",
        grouped(&format!("{:.0}", claimed.human_hours)),
        factor(claimed.leverage_factor),
        share(&confidence.measured),
        share(&confidence.linked),
        share(&confidence.unsupported),
    )
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
            counted(commits, "commit")
        ),
    }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number(count))
}

fn number(count: u64) -> String {
    grouped(&count.to_string())
}

/// The all-in factor, which is none of the table's sums, with what it is made of.
fn all_in(audit: &Audit) -> String {
    let confidence = &audit.confidence;
    match (confidence.all_in_leverage_factor, confidence.session_minutes) {
        (Some(all_in), Some(minutes)) => format!(
            "All-in, apart from these sums: the hours that rest on measured minutes over the {} agent minutes of every \
             session seen, in a task or not: {}",
            grouped(&format!("{minutes:.0}")),
            factor(Some(all_in))
        ),
        (_, Some(_)) => "All-in: –, as no hours rest on measured minutes".to_owned(),
        _ if audit.asked.range.is_some() => {
            "All-in: –, as sessions that made no commit belong to no range".to_owned()
        }
        _ => "All-in: –, as no session was seen".to_owned(),
    }
}

/// What was looked at.
fn subject(audit: &Audit) -> String {
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

/// What was found, a table for each rule and level, with what to do about it.
fn findings_by_rule(findings: &[Finding]) -> impl Iterator<Item = Table> {
    let is_same = |one: &Finding, other: &Finding| (one.level, one.rule) == (other.level, other.rule);
    findings.chunk_by(is_same).filter_map(|found| {
        let first = found.first()?;
        let rows = found
            .iter()
            .map(|found| vec![Cell::text(&found.message), Cell::text(&found.id)]);
        Some(Table {
            title: Some(format!("{}: {}", capital(level(first.level)), first.rule)),
            columns: vec![Column::prose("finding", "Finding"), Column::text("id", "Id")],
            rows: rows.collect(),
            notes: vec![first.advice.to_owned()],
            ..Table::default()
        })
    })
}

fn capital(word: &str) -> String {
    let mut rest = word.chars();
    rest.next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// What was found, as rows of one table.
pub fn findings(audit: &Audit) -> Table {
    Table {
        title: Some("What does not add up".into()),
        columns: vec![
            Column::text("level", "Level"),
            Column::text("rule", "Rule"),
            Column::text("finding", "Finding"),
            Column::text("id", "Id").spare(2),
            Column::text("advice", "What to do").spare(1),
        ],
        rows: audit
            .findings
            .iter()
            .map(|found| {
                vec![
                    Cell::text(level(found.level)),
                    Cell::text(found.rule),
                    Cell::text(&found.message),
                    Cell::text(&found.id),
                    Cell::text(found.advice),
                ]
            })
            .collect(),
        ..Table::default()
    }
}

fn confidence(audit: &Audit) -> Table {
    let confidence = &audit.confidence;
    let row = |name: &str, part: &Part| {
        vec![
            Cell::text(name),
            Cell::Count(part.tasks),
            Cell::Number(part.human_hours),
            Cell::known(part.leverage_factor, Cell::Factor),
            Cell::known(part.measured_leverage_factor, Cell::Factor),
        ]
    };
    Table {
        title: Some("What the claims rest on".into()),
        columns: vec![
            Column::text("rests_on", "Rests on"),
            Column::number("tasks", "Tasks", Basis::Measured),
            Column::number("human_hours", "Human hours", Basis::Claimed),
            Column::number("leverage_factor", "By claimed minutes", Basis::Derived),
            Column::number("measured_leverage_factor", "By measured minutes", Basis::Derived),
        ],
        rows: vec![
            row("measured minutes", &confidence.measured),
            row("linked commits", &confidence.linked),
            row("nothing", &confidence.unsupported),
        ],
        totals: Some(row("all", &confidence.claimed)),
        notes: vec![all_in(audit)],
        ..Table::default()
    }
}

fn origin(rows: &[Row], by: Grouping, title: &str, heading: &'static str) -> Option<Table> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.by == by).collect();
    let cells = |(label, row): (String, &&Row)| {
        let mut cells = vec![
            Cell::text(label),
            Cell::Count(row.commits),
            Cell::Count(row.lines_added),
        ];
        cells.extend(fate(row.lines_added, row.lines_elsewhere, row.lines_standing));
        cells
    };
    let mut columns = vec![
        Column::text("value", heading),
        Column::number("commits", "Commits", Basis::Measured),
        Column::number("lines_added", "Lines added", Basis::Measured),
    ];
    columns.extend(fate_columns());
    let table = Table {
        title: Some(title.to_owned()),
        columns,
        rows: labels(&rows).into_iter().zip(&rows).map(cells).collect(),
        ..Table::default()
    };
    (!rows.is_empty()).then(|| without_idle_column(table))
}

/// The column of lines on other branches, which most repositories do not need.
const ELSEWHERE: &str = "lines_elsewhere";

/// What became of lines: the end of every table about them.
fn fate_columns() -> [Column; 3] {
    [
        Column::number(ELSEWHERE, "Not in HEAD", Basis::Measured),
        Column::number("lines_standing", "Standing", Basis::Measured),
        Column::number("share_standing", "Share", Basis::Derived),
    ]
}

/// What HEAD does not reach cannot stand there, and so is no part of the share.
fn fate(added: u64, elsewhere: u64, standing: Option<u64>) -> [Cell; 3] {
    let at_head = added - elsewhere;
    let share = standing.filter(|_| at_head > 0);
    [
        Cell::Count(elsewhere),
        Cell::known(standing, Cell::Count),
        Cell::known(share, |standing| Cell::Percent(standing as f64 / at_head as f64)),
    ]
}

/// The table without the column of lines on other branches, where there are none.
fn without_idle_column(mut table: Table) -> Table {
    let at = table.columns.iter().position(|column| column.id == ELSEWHERE);
    let is_idle = |at: &usize| table.rows.iter().all(|row| row.get(*at) == Some(&Cell::Count(0)));
    if let Some(at) = at.filter(is_idle) {
        table.columns.remove(at);
        for row in &mut table.rows {
            row.remove(at);
        }
    }
    table
}

/// The value of each row, with as much of a task's id as tells it from others of the same title.
fn labels(rows: &[&Row]) -> Vec<String> {
    let mut ids: HashMap<&str, Vec<TaskId>> = HashMap::new();
    for row in rows {
        ids.entry(&row.value).or_default().extend(row.id);
    }
    let label = |row: &&Row| {
        let (Some(id), Some(same)) = (row.id, ids.get(row.value.as_str())) else {
            return row.value.clone();
        };
        let namesakes = |id: TaskId| same.iter().filter(|one| one.short() == id.short()).count();
        match (same.len(), namesakes(id)) {
            (1, _) => row.value.clone(),
            (_, 1) => format!("{} ({})", row.value, id.short()),
            _ => format!("{} ({id})", row.value),
        }
    };
    rows.iter().map(label).collect()
}

/// Months that have a row of their own; what is before them is put together by year.
const MONTHS_SHOWN: usize = 18;

/// All commits of a month or a year, and those with agents.
#[derive(Default)]
struct Span {
    commits: u64,
    agent_commits: u64,
    added: u64,
    agent_added: u64,
    elsewhere: u64,
    standing: Option<u64>,
}

fn over_time(rows: &[Row]) -> Option<Table> {
    let by_month: Vec<(&str, &str, &Row)> = rows
        .iter()
        .filter(|row| row.by == Grouping::Month)
        .filter_map(|row| {
            row.value
                .split_once(' ')
                .map(|(month, state)| (month, state, row))
        })
        .collect();
    let mut months: Vec<&str> = by_month.iter().map(|(month, ..)| *month).collect();
    months.dedup();
    let recent = months.len().saturating_sub(MONTHS_SHOWN);
    // Years are whole: the first month with a row of its own is a January, where there is one.
    let january = months
        .iter()
        .skip(recent)
        .position(|month| month.ends_with("-01"));
    let first_shown = months.get(recent + january.filter(|_| recent > 0).unwrap_or(0))?;
    let mut spans: BTreeMap<&str, Span> = BTreeMap::new();
    for (month, state, row) in by_month {
        let year = month.split('-').next().unwrap_or(month);
        let span = spans
            .entry(if month < *first_shown { year } else { month })
            .or_default();
        span.commits += row.commits;
        span.added += row.lines_added;
        span.elsewhere += row.lines_elsewhere;
        if state == state_word(OriginState::Agent) {
            span.agent_commits += row.commits;
            span.agent_added += row.lines_added;
        }
        if let Some(standing) = row.lines_standing {
            *span.standing.get_or_insert(0) += standing;
        }
    }
    let mut columns = vec![
        Column::text("period", "Period"),
        Column::number("commits", "Commits", Basis::Measured),
        Column::number("agent_commits", "Agents' commits", Basis::Measured),
        Column::number("lines_added", "Lines added", Basis::Measured),
        Column::number("agent_lines_added", "Agents' lines", Basis::Measured),
    ];
    columns.extend(fate_columns());
    Some(without_idle_column(Table {
        title: Some("Over time".into()),
        columns,
        rows: spans
            .into_iter()
            .map(|(period, span)| span_cells(period, &span))
            .collect(),
        ..Table::default()
    }))
}

fn span_cells(period: &str, span: &Span) -> Vec<Cell> {
    let mut cells = vec![
        Cell::text(period),
        Cell::Count(span.commits),
        Cell::Count(span.agent_commits),
        Cell::Count(span.added),
        Cell::Count(span.agent_added),
    ];
    cells.extend(fate(span.added, span.elsewhere, span.standing));
    cells
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
        let findings = counted(below, "finding");
        said.push(format!("Not shown: {findings} below `{}`", level(audit.level)));
    }
    said
}

fn notes(audit: &Audit) -> Vec<String> {
    let mut notes = verdict(audit);
    let is_skipped = |rule: &str| audit.skipped.iter().any(|one| one.rule == rule);
    if !is_skipped("ledger-signature") {
        notes.extend(audit.signatures.iter().map(signed));
    }
    notes.extend(about_lines(audit));
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

/// The lines of a file, as rows.
pub fn file_lines(lines: &[FileLine]) -> Document {
    let cells = |line: &FileLine| {
        vec![
            Cell::Count(line.first_line),
            Cell::Count(line.last_line),
            Cell::known(line.commit, |commit| Cell::text(commit.short())),
            Cell::known(line.state, |state| Cell::text(state_word(state))),
            Cell::text(line.agents.join(", ")),
            Cell::text(line.tasks.join(", ")),
            Cell::text(line.sessions.join(", ")),
        ]
    };
    Document::from(Table {
        columns: vec![
            Column::ordinal("first_line", "First"),
            Column::ordinal("last_line", "Last"),
            Column::text("commit", "Commit"),
            Column::text("state", "Made by"),
            Column::text("agents", "Agents"),
            Column::text("tasks", "Task"),
            Column::text("sessions", "Sessions").spare(1),
        ],
        rows: lines.iter().map(cells).collect(),
        ..Table::default()
    })
}

/// What notes attest, in one sentence.
fn attested(commits: &[AttestedCommit]) -> Option<String> {
    let sum = |lines: fn(&AttestedCommit) -> u64| commits.iter().map(lines).sum::<u64>();
    (!commits.is_empty()).then(|| {
        format!(
            "Notes of git-ai on {} attest {} of the lines added there to agents and {} to people alone",
            counted(commits.len() as u64, "commit"),
            number(sum(|one| one.agent_lines)),
            number(sum(|one| one.human_lines))
        )
    })
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
            counted(uncounted, "commit")
        ));
    }
    let elsewhere = sum(|row| row.commits_elsewhere);
    if elsewhere > 0 {
        notes.push(format!(
            "In no share or half-life, as HEAD does not reach them: {} on other branches, with {}",
            counted(elsewhere, "commit"),
            counted(sum(|row| row.lines_elsewhere), "line")
        ));
    }
    notes.extend(attested(&audit.attested));
    notes.extend(standing(audit));
    notes.extend(half_lives(audit));
    notes.push("Unknown is not human: nothing says who made those commits".to_owned());
    notes
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

fn of_states(audit: &Audit) -> impl Iterator<Item = &Row> {
    audit.origin.iter().filter(|row| row.by == Grouping::State)
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
        (false, _) => format!("Of {} of these commits at HEAD", counted(all, "line")),
    };
    Some(format!(
        "{which}, {} are from commits with agents, {} from people alone, and of {} nobody says",
        share(agent),
        share(human),
        share(unknown)
    ))
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

fn level(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// SARIF 2.1.0, the form in which forges take findings. `place` is a file of the repository that stands for all of it, by
/// its path.
pub fn sarif(audit: &Audit, place: Option<&str>, version: &str) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.about },
                "help": { "text": rule.advice },
            })
        })
        .collect();
    let findings = audit.findings.iter().map(|found| result(found, place));
    let allowed = audit.allowed.iter().map(|one| suppressed(one, place));
    let results: Vec<Value> = findings.chain(allowed).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "git-leverage", "version": version, "rules": rules } },
            "results": results,
            "properties": { "level": audit.level, "findingsBelowLevel": audit.findings_below_level },
        }],
    })
}

fn result(found: &Finding, place: Option<&str>) -> Value {
    let mut location = json!({ "logicalLocations": [{ "name": found.id }] });
    if let Some(place) = place {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": place },
            "region": { "startLine": 1 },
        });
    }
    json!({
        "ruleId": found.rule,
        "level": level(found.level),
        "message": { "text": format!("{}. {}", found.message, found.advice) },
        "partialFingerprints": { "ruleAndId/v1": format!("{}:{}", found.rule, found.id) },
        "locations": [location],
        "properties": found.figures,
    })
}

fn suppressed(allowed: &Allowed, place: Option<&str>) -> Value {
    let mut result = result(&allowed.finding, place);
    let suppression = json!({ "kind": "external", "status": "accepted", "justification": allowed.reason });
    result["suppressions"] = json!([suppression]);
    result
}
