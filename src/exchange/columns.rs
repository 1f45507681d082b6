//! The meaning of a foreign table's columns, by their headings: in any order, in the wording that people publish.

/// The meaning of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    /// The id of a task, as in the CSV of `report` and `log`.
    Id,
    Human,
    /// The low end of the estimate's range.
    Low,
    /// Its high end.
    High,
    /// What a person needed without an agent.
    Actual,
    AgentTime,
    Supervision,
    Tokens,
    Factor,
    SupervisoryFactor,
    Date,
    Agent,
    Model,
    /// Who estimated: an agent, optionally with its model, or `person`.
    Estimator,
    /// The person who estimated.
    Person,
    Category,
    Tags,
    /// A running number, or a figure that `report` adds from git and from logs: known, and not part of a claim.
    Unclaimed,
}

impl Field {
    /// Whether its cells hold numbers.
    pub(super) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Human
                | Self::Low
                | Self::High
                | Self::Actual
                | Self::AgentTime
                | Self::Supervision
                | Self::Tokens
                | Self::Factor
                | Self::SupervisoryFactor
        )
    }
}

/// A field, and the unit that its heading names for bare numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ColumnKind {
    pub(super) field: Field,
    pub(super) unit: Option<&'static str>,
}

const AGENTS: &[&str] = &[
    "claude", "codex", "copilot", "cursor", "gemini", "aider", "ai", "llm", "agents", "machine",
];

/// Headings of `report --by task` that follow from git, from logs or from other columns, as words in lower case.
const UNCLAIMED: &[&str] = &[
    "agent from logs",
    "all in factor",
    "by agents",
    "cache read",
    "cache written",
    "commits",
    "est supervision",
    "estimated supervision",
    "files",
    "from logs",
    "human weeks",
    "input",
    "lines",
    "lines added",
    "lines removed",
    "logged agent",
    "logged agent time",
    "logged sup",
    "logged supervision",
    "model est",
    "model estimate",
    "model factor",
    "output",
    "parallelism",
    "range",
    "repository",
    "sessions",
    "source",
    "source added",
    "source removed",
    "sup from logs",
    "supervision from logs",
    "tests",
    "tests added",
    "tests removed",
    "tokens from logs",
    "wall",
    "wall factor",
    "wall time",
];

/// Reads a heading: `human_hours`, `Human Est.`, `Claude (min)`, `Sup. LF`.
pub(super) fn kind(heading: &str) -> Option<ColumnKind> {
    let lower = heading.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '#')
        .filter(|word| !word.is_empty())
        .collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let supervised = words
        .iter()
        .any(|word| word.starts_with("superv") || matches!(*word, "sup" | "slf"));
    let unit = unit(&words, &lower);
    let is_factor = has(&["factor", "leverage", "lf", "slf", "multiplier", "speedup"]);
    let has_end = has(&["low", "high"]);
    let is_of_estimate = words.iter().all(|word| {
        matches!(
            *word,
            "low" | "high" | "human" | "hours" | "h" | "estimate" | "est"
        )
    });
    let field = match words.as_slice() {
        _ if has_end && is_of_estimate && has(&["low"]) => Field::Low,
        _ if has_end && is_of_estimate => Field::High,
        // What models and calibration make of it.
        ["model" | "pace" | "cocomo" | "calibrated", ..] if has(&["hours"]) || is_factor => Field::Unclaimed,
        // The other end of what a report has of another column.
        _ if has_end && (is_factor || has(&["minutes"])) => Field::Unclaimed,
        [] | ["n" | "#" | "no" | "nr" | "num" | "number" | "row"] => Field::Unclaimed,
        words if UNCLAIMED.contains(&words.join(" ").as_str()) => Field::Unclaimed,
        _ if is_factor && supervised => Field::SupervisoryFactor,
        _ if is_factor => Field::Factor,
        _ if supervised => Field::Supervision,
        _ if has(&["tokens", "token"]) => Field::Tokens,
        _ if has(&["estimator"]) || (has(&["estimated", "estimate"]) && has(&["by"])) => Field::Estimator,
        _ if has(&["actual", "actuals"]) => Field::Actual,
        ["person" | "developer" | "engineer"] => Field::Person,
        _ if has(&["human", "estimate", "est", "estimated", "manual", "senior"]) => Field::Human,
        ["id"] => Field::Id,
        ["date" | "day"] => Field::Date,
        ["agent" | "tool"] => Field::Agent,
        ["model"] => Field::Model,
        ["category" | "type" | "kind"] => Field::Category,
        ["tags" | "tag" | "labels"] => Field::Tags,
        ["agent", ..] if unit.is_some() || has(&["time", "wall"]) => Field::AgentTime,
        _ if has(AGENTS) => Field::AgentTime,
        _ if has(&["task", "title", "what", "work", "description"]) => Field::Title,
        _ => return None,
    };
    Some(ColumnKind { field, unit })
}

fn unit(words: &[&str], heading: &str) -> Option<&'static str> {
    // A lone `s` may be what is left of `Claude's time`.
    let is_seconds = ["(s)", "[s]"].iter().any(|unit| heading.contains(unit));
    if is_seconds {
        return Some("s");
    }
    words.iter().find_map(|word| match *word {
        "h" | "hr" | "hrs" | "hour" | "hours" => Some("h"),
        "m" | "min" | "mins" | "minute" | "minutes" => Some("m"),
        "d" | "days" => Some("d"),
        "w" | "wk" | "weeks" => Some("w"),
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_as_people_write_them() {
        for (heading, field, unit) in [
            ("Task", Field::Title, None),
            ("title", Field::Title, None),
            ("human_hours", Field::Human, Some("h")),
            ("Human Est.", Field::Human, None),
            ("Human Estimate (hrs)", Field::Human, Some("h")),
            ("Claude", Field::AgentTime, None),
            ("Claude Time", Field::AgentTime, None),
            ("agent_minutes", Field::AgentTime, Some("m")),
            ("Agent time", Field::AgentTime, None),
            ("Agent (s)", Field::AgentTime, Some("s")),
            ("agent_seconds", Field::AgentTime, Some("s")),
            ("Claude's time", Field::AgentTime, None),
            ("agent", Field::Agent, None),
            ("estimator", Field::Estimator, None),
            ("Estimated by", Field::Estimator, None),
            ("Estimated", Field::Human, None),
            ("estimate_hours", Field::Human, Some("h")),
            ("actual_hours", Field::Actual, Some("h")),
            ("human_hours_low", Field::Low, Some("h")),
            ("human_hours_high", Field::High, Some("h")),
            ("Low", Field::Low, None),
            ("High (h)", Field::High, Some("h")),
            ("Range", Field::Unclaimed, None),
            ("pace_human_hours_low", Field::Unclaimed, Some("h")),
            ("model_leverage_factor", Field::Unclaimed, None),
            ("leverage_factor_low", Field::Unclaimed, None),
            ("agent_minutes_low", Field::Unclaimed, Some("m")),
            ("Actual", Field::Actual, None),
            ("person", Field::Person, None),
            ("Sup.", Field::Supervision, None),
            ("supervisory_minutes", Field::Supervision, Some("m")),
            ("Factor", Field::Factor, None),
            ("published_factor", Field::Factor, None),
            ("LF", Field::Factor, None),
            ("Sup. Factor", Field::SupervisoryFactor, None),
            ("SLF", Field::SupervisoryFactor, None),
            ("published_supervisory_factor", Field::SupervisoryFactor, None),
            ("Tokens", Field::Tokens, None),
            ("#", Field::Unclaimed, None),
            ("n", Field::Unclaimed, None),
            ("All-in Factor", Field::Unclaimed, None),
            ("Wall factor", Field::Unclaimed, None),
            ("Logged Sup.", Field::Unclaimed, None),
            ("From logs", Field::Unclaimed, None),
            ("+lines", Field::Unclaimed, None),
            ("\u{2212}lines", Field::Unclaimed, None),
            ("By agents", Field::Unclaimed, None),
            ("Sup. factor", Field::SupervisoryFactor, None),
            ("Human", Field::Human, None),
            ("Agent", Field::Agent, None),
            ("Date", Field::Date, None),
        ] {
            assert_eq!(kind(heading), Some(ColumnKind { field, unit }), "{heading}");
        }
        for heading in ["Mood", "Commit", "Owner"] {
            assert_eq!(kind(heading), None, "{heading}");
        }
    }
}
