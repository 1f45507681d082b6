//! The first lines of an audit, for a sceptic: what is claimed, what is measured, whose lines are at HEAD, how strong the
//! evidence is.

use super::sentences::{bare_hours, counted_in_groups, factor, minutes, number, of_states};
use crate::audit::origin::{Grouping, Row};
use crate::audit::strength::{Maker, Strength};
use crate::audit::{Audit, Level};
use crate::render::document::percent;
use crate::render::worth;

/// One line at the top.
pub(super) struct Fact {
    /// What it is about; empty if the text needs no label.
    pub(super) label: &'static str,
    /// The fact.
    pub(super) text: String,
    /// Shorter forms, for narrow terminals.
    pub(super) shorter: Vec<String>,
}

impl Fact {
    fn new(label: &'static str, text: impl Into<String>) -> Self {
        Self {
            label,
            text: text.into(),
            shorter: Vec::new(),
        }
    }

    fn shorter(mut self, text: String) -> Self {
        self.shorter.push(text);
        self
    }

    /// The label and the longest text that fits, or else the shortest.
    pub(super) fn line(&self, fits: impl Fn(&str) -> bool) -> String {
        let texts = std::iter::once(&self.text).chain(&self.shorter);
        let lines = texts.map(|text| match self.label {
            "" => text.clone(),
            label => format!("{label}: {text}"),
        });
        let mut last = String::new();
        for line in lines {
            if fits(&line) {
                return line;
            }
            last = line;
        }
        last
    }
}

/// What was looked at, how much of it agents made, and how many findings there are.
pub fn title(audit: &Audit) -> String {
    let mut title = format!("Audit of {}", audit.repo);
    let asked = &audit.asked;
    let is_one_day = asked.since.is_some() && asked.since == asked.until;
    let (since, until) = match is_one_day {
        true => ("on ", None),
        false => ("since ", asked.until.as_ref()),
    };
    for (word, part) in [
        ("", asked.range.as_ref()),
        (since, asked.since.as_ref()),
        ("until ", until),
        ("by ", asked.author.as_ref()),
    ] {
        if let Some(part) = part {
            title += &format!(", {word}{part}");
        }
    }
    let commits: u64 = of_states(audit).map(|row| row.commits).sum();
    let made = match commits {
        0 => "no commits".to_owned(),
        _ => format!(
            "{} of {} made with agents",
            number(commits_of(audit, Maker::Agent)),
            counted_in_groups(commits, "commit", "commits")
        ),
    };
    format!("{title}: {made}{}", found(audit))
}

/// `1 error, 2 warnings, 12 notes`.
fn finding_counts(audit: &Audit) -> String {
    let count = |wanted: Level| {
        audit
            .findings
            .iter()
            .filter(|found| found.level == wanted)
            .count() as u64
    };
    let counts = [Level::Error, Level::Warning, Level::Note].map(|wanted| (wanted, count(wanted)));
    let known: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(wanted, count)| {
            let word = wanted.word();
            counted_in_groups(count, word, &format!("{word}s"))
        })
        .collect();
    match known.is_empty() {
        true => "no findings".to_owned(),
        false => known.join(", "),
    }
}

/// The findings, counted, for the first line.
fn found(audit: &Audit) -> String {
    match (audit.checked.len(), audit.findings_below_level) {
        (0, _) => String::new(),
        (_, 0) => format!("; {}", finding_counts(audit)),
        (_, below) => format!(
            "; {}, {} below `{}`",
            finding_counts(audit),
            number(below),
            audit.level.word()
        ),
    }
}

/// The facts, in the order in which they are shown.
pub(super) fn facts(audit: &Audit) -> Vec<Fact> {
    let facts = [
        Some(claimed(audit)),
        measured(audit),
        worth(audit),
        lines(audit),
        strength(audit),
    ];
    facts.into_iter().flatten().collect()
}

fn claimed(audit: &Audit) -> Fact {
    let confidence = &audit.confidence;
    let claimed = &confidence.claimed;
    if claimed.tasks == 0 {
        return Fact::new(
            "",
            match audit.asked.is_everything() {
                true => "No tasks are recorded here",
                false => "No tasks are recorded for these commits",
            },
        );
    }
    let hours = format!(
        "{}h in {}",
        bare_hours(claimed.human_hours),
        counted_in_groups(claimed.tasks, "task", "tasks")
    );
    let known = match confidence.leverage_factor {
        None => ", no agent time".to_owned(),
        known if confidence.factor_hours < claimed.human_hours => format!(
            ", factor {} over {}h",
            factor(known),
            bare_hours(confidence.factor_hours)
        ),
        known => format!(", factor {}", factor(known)),
    };
    let text = format!("{hours}{known}; estimates cannot be checked");
    Fact::new("Claimed", text).shorter(format!("{hours}{known}; unchecked estimates"))
}

fn measured(audit: &Audit) -> Option<Fact> {
    let confidence = &audit.confidence;
    let (tasks, noted) = (confidence.claimed.tasks, confidence.noted.tasks);
    let known = confidence.measured.tasks + noted;
    if tasks == 0 {
        let minutes = minutes(confidence.session_minutes?);
        return Some(Fact::new(
            "Measured",
            format!("{minutes} of agent time in session logs or notes, in no task"),
        ));
    }
    if known == 0 {
        let text = "no agent time; no session log or note covers these tasks";
        return Some(Fact::new("Measured", text));
    }
    let of = format!(
        "{} of {}",
        number(known),
        counted_in_groups(tasks, "task", "tasks")
    );
    let over = factor(confidence.claimed.measured_leverage_factor);
    // A note measures nothing itself: whoever can write notes can type any minutes.
    if noted == known {
        let text = format!("agent time of {of}; anyone can type it; factor {over}");
        return Some(Fact::new("From notes", text).shorter(format!("minutes of {of}; factor {over}")));
    }
    // However short: what only notes say is not called measured.
    let (from, short) = match noted {
        0 => (", from session logs".to_owned(), String::new()),
        some => (
            format!(", {} only from notes", number(some)),
            format!(", {} from notes", number(some)),
        ),
    };
    let text = format!("agent time of {of}{from}; factor {over}");
    Some(Fact::new("Measured", text).shorter(format!("{of}{short}; factor {over}")))
}

/// Which of the claimed hours have more than one person's word.
fn worth(audit: &Audit) -> Option<Fact> {
    Some(Fact::new("Worth", worth::phrase(&audit.worth)?))
}

/// Whose lines are at HEAD.
fn lines(audit: &Audit) -> Option<Fact> {
    let standing = standing(audit)?;
    let all: u64 = standing.iter().map(|(_, lines)| lines).sum();
    let label = match audit.asked.is_everything() {
        true => "Lines at HEAD",
        false => "Their lines at HEAD",
    };
    if all == 0 {
        return Some(Fact::new(label, "none"));
    }
    let shown = standing.into_iter().filter(|(maker, lines)| {
        // Most repositories have no automation, and all have people.
        *maker != Maker::Automation || *lines > 0
    });
    let shares: Vec<String> = shown
        .map(|(maker, lines)| format!("{} {}", plural_of(maker), percent(lines as f64 / all as f64, 1)))
        .collect();
    Some(Fact::new(label, shares.join(", ")))
}

fn plural_of(maker: Maker) -> &'static str {
    match maker {
        Maker::Agent => "agents",
        Maker::Human => "people",
        Maker::Automation => "automation",
        Maker::Unknown => "unknown",
    }
}

/// Lines at HEAD by who made them; `None` where that is unknown.
fn standing(audit: &Audit) -> Option<Vec<(Maker, u64)>> {
    let of = |maker: Maker| match of_states(audit).find(|row| row.value == maker.word()) {
        Some(row) => row.lines_standing.map(|lines| (maker, lines)),
        None => Some((maker, 0)),
    };
    of_states(audit).next()?;
    Maker::ALL.into_iter().map(of).collect()
}

fn commits_of(audit: &Audit, maker: Maker) -> u64 {
    let row = of_states(audit).find(|row| row.value == maker.word());
    row.map_or(0, |row| row.commits)
}

/// How many commits each kind of evidence attributes to agents, every commit once, by its strongest.
fn strength(audit: &Audit) -> Option<Fact> {
    let rows: Vec<&Row> = audit
        .origin
        .iter()
        .filter(|row| row.by == Grouping::Strength)
        .collect();
    let of = |strength: Strength| -> u64 {
        let same = rows.iter().filter(|row| row.strength == Some(strength));
        same.map(|row| row.commits).sum()
    };
    let all: u64 = rows.iter().map(|row| row.commits).sum();
    of_states(audit).next()?;
    if all == 0 {
        return Some(Fact::new("Evidence", "no commit shows a sign of an agent"));
    }
    let logged = of(Strength::Log);
    let rest: Vec<String> = Strength::ALL
        .into_iter()
        .filter(|strength| *strength != Strength::Log && of(*strength) > 0)
        .map(|strength| format!("{} {}", strength.word(), number(of(strength))))
        .collect();
    let log = counted_in_groups(logged, "commit", "commits");
    if rest.is_empty() {
        return Some(Fact::new("Evidence", format!("{log} by session log")));
    }
    let rest = rest.join(", ");
    Some(
        Fact::new(
            "Evidence",
            format!("{log} by session log; anyone can type the rest: {rest}"),
        )
        .shorter(format!("{log} by session log; anyone can type {rest}"))
        .shorter(format!("log {}; anyone can type {rest}", number(logged)))
        .shorter(format!(
            "{log} by session log, {} by what anyone can type",
            number(all - logged)
        )),
    )
}
