//! The page that explains words, formulas and rules.

use maud::{Markup, html};

use super::options::{PageContent, SiteOptions};
use super::urls::{Urls, rule_id};
use crate::audit::rules::RULES;
use crate::facts::quantity::{capital, thousands};
use crate::overview::{Overview, Support};
use crate::render::document::Cell;
use crate::render::page::{Grid, Head, Td, key};
use crate::render::sensitivity;

/// Words and what they mean.
const WORDS: [(&str, &str); 12] = [
    ("Task", "A piece of work with an estimate."),
    (
        "Estimate",
        "The hours that a senior engineer who knows the stack and the domain would have needed without an agent: hands-on work, \
         without learning and meetings. It is a claim. It can be revised, and every revision is still there.",
    ),
    (
        "Range",
        "The low and the high end of an estimate, with the likely value between them. The likely value counts. Phases combine as \
         independent; tasks do not, because one estimator may be too high everywhere.",
    ),
    (
        "Opinion",
        "Another estimate of the same task, of a person or an agent. The page of the task says whether the claim could be seen \
         when it was given.",
    ),
    (
        "Agent time",
        "Minutes an agent worked. A record may state them; if it does not, they are those of its sessions.",
    ),
    (
        "Measured",
        "Agent time of the sessions of a task, read in their logs, or in notes that were captured from these. Anyone can type a \
         note.",
    ),
    (
        "Supervision",
        "Minutes a person spent on prompting and reviewing: stated in the record, or estimated from the gaps before prompts.",
    ),
    ("Wall time", "Minutes during which at least one agent worked."),
    ("Session", "One run of an agent, as in its log."),
    (
        "Link",
        "The connection between a session and a commit it made, with its evidence.",
    ),
    (
        "Revision",
        "A later version of a task. Every number is that of the newest revision.",
    ),
    (
        "Unknown",
        "Nobody states it and nothing shows it. It is –, never 0, and in no sum.",
    ),
];

/// Each factor, its formula, and what it includes.
const FACTORS: [[&str; 3]; 4] = [
    [
        "Factor",
        "Σ estimates × 60 / Σ agent time",
        "Tasks that have both",
    ],
    [
        "Sup. factor",
        "Σ estimates × 60 / Σ supervision",
        "Tasks that have both",
    ],
    [
        "Factor over measured time",
        "Σ estimates × 60 / Σ agent time of their sessions",
        "Tasks whose sessions all have measured time",
    ],
    [
        "All-in factor",
        "Σ estimates of tasks with sessions × 60 / Σ agent time of all sessions",
        "Also sessions that led to nothing",
    ],
];

/// What a claim can rest on, the strongest first.
const EVIDENCE: [(Support, &str); 5] = [
    (
        Support::Logs,
        "The agent time of the task’s sessions was read in their logs.",
    ),
    (
        Support::Notes,
        "The agent time is known, at least in part only from notes: the logs no longer exist, or are on another \
         machine. Anyone can type a note.",
    ),
    (
        Support::Commits,
        "The commits that the task names are in the repository. How long they took is only claimed.",
    ),
    (
        Support::Unchecked,
        "The clone has no history that far back, so its commits could not be checked.",
    ),
    (Support::Nothing, "Neither a session nor a commit is known."),
];

/// The parts of the line about the worth of claims.
const WORTH: [(&str, &str); 5] = [
    (
        "By two or more people",
        "Somebody other than the author of the claim gave an opinion. Estimates of agents do not count as those of people.",
    ),
    ("With phases", "The estimate is a sum of named parts."),
    (
        "Given before the work",
        "These hours, or more, were recorded before the first commit was made and the first session began, and were not raised since.",
    ),
    (
        "By calibrated estimators",
        "The estimator has at least five tasks that a person did by hand, with what they took.",
    ),
    (
        "On measured minutes, on minutes in notes",
        "All sessions of the task have agent time, in their logs or in notes; the factor is over that time. Anyone can type a note.",
    ),
];

/// The rows of the table of doubts.
const DOUBTS: [(&str, &str); 9] = [
    (
        "Without the largest task, without the largest tenth, without the highest tenth",
        "The tasks with the most hours, or in the last row those with the highest factors, are left out. Of two with the same hours, the one with the higher factor is left out first.",
    ),
    (
        "By the lowest or the median opinion",
        "Claim and opinions of a task, the lowest or the middle one. Tasks without opinions count as claimed.",
    ),
    (
        "By low ends of ranges",
        "The low end of every estimate that has a range. The others count as claimed.",
    ),
    (
        "By calibrated hours",
        "Only tasks of calibrated estimators: their hours, times what their tasks by hand took, by their estimates of these.",
    ),
    (
        "By pace",
        "Only tasks whose lines are known, at the pace at which people wrote this repository before agents.",
    ),
    (
        "By sloc, by COCOMO II",
        "Only tasks whose lines are known, with the hours that the model gives for these.",
    ),
    (
        "Over all-in minutes",
        "Only tasks with sessions, over the agent time of all sessions, with or without a task.",
    ),
    (
        "Without unknown time",
        "Agent time that a log leaves unknown is in every other factor. This is the factor without it, which is higher.",
    ),
    (
        "Over measured minutes",
        "Claimed agent time is replaced by measured time where all of it is known.",
    ),
];

/// The page.
pub fn page(overview: &Overview, _urls: &Urls, _options: &SiteOptions) -> PageContent {
    let body = html! {
        h1 { "What the words mean" }
        p.lede {
            "How long the work would have taken by hand is a claim, of a person or of an agent on behalf of a person. Agent time, \
            supervision and tokens may also be claims. Other numbers are read from git and from the logs of agents, or computed."
        }
        (key())
        h2 #words { "Words" }
        dl { @for (word, meaning) in WORDS { dt { (word) } dd { (meaning) } } }
        h2 #factors { "Factors" }
        (factors())
        p { "A factor of several tasks is a ratio of sums, never a mean of factors: a task weighs as much as it took." }
        h2 #evidence { "Evidence for claims" }
        dl { @for (support, meaning) in EVIDENCE { dt { (capital(support.words())) } dd { (meaning) } } }
        (calibration())
        (worth())
        (doubts())
        (rules())
        h2 #limits { "What the numbers cannot show" }
        ul {
            li { "Whether an estimate is right. Time can be measured; the hours that were not worked cannot." }
            li { "Whether the work was worth doing, and how good it is. Lines show how much was changed, not what it is worth." }
            li { "Who made a commit without signs of an agent: that there is no sign does not prove that a person made it." }
            li { "Sessions whose logs are gone and were never captured. Agents delete their logs after some weeks." }
        }
        (settings(overview))
    };
    PageContent {
        title: "Method".to_owned(),
        description: "What the words on these pages mean, and how the numbers are computed".to_owned(),
        body,
    }
}

fn worth() -> Markup {
    html! {
        h2 #worth { "What claims are worth" }
        p { "One line at the head of a page says which of the claimed hours have more than one person’s word, with the factor on each part:" }
        dl { @for (word, meaning) in WORTH { dt { (word) } dd { (meaning) } } }
    }
}

fn doubts() -> Markup {
    html! {
        h2 #doubts { (sensitivity::HEADING) }
        p { "Each doubt leaves a factor of sums, and a part of the factor of the total. It can be more than all of it: large tasks may have low factors." }
        dl { @for (word, meaning) in DOUBTS { dt { (word) } dd { (meaning) } } }
    }
}

fn factors() -> Markup {
    let row = |[name, formula, takes]: [&str; 3]| {
        vec![
            Td::head(name),
            Td::of(Cell::text(formula)),
            Td::of(Cell::text(takes)),
        ]
    };
    Grid {
        label: "Factors".to_owned(),
        columns: ["Factor", "Formula", "Includes"].map(Head::text).into(),
        rows: FACTORS.map(row).into(),
        ..Grid::default()
    }
    .render()
}

/// Text with what is between backticks as code. Untrusted text.
pub(super) fn spans(text: &str) -> Markup {
    let pieces: Vec<&str> = text.split('`').collect();
    // A backtick without a second one is text.
    let is_open = pieces.len().is_multiple_of(2);
    let last = pieces.len() - 1;
    html! {
        @for (at, piece) in pieces.iter().enumerate() {
            @if at == last && is_open { "`" (piece) }
            @else if at % 2 == 1 { code { (piece) } }
            @else { (piece) }
        }
    }
}

fn rules() -> Markup {
    html! {
        h2 #rules { "Rules of the audit" }
        p.sub { "A finding is about numbers that do not fit, never about a person." }
        dl {
            @for rule in RULES {
                dt id=(rule_id(rule.id)) { code { (rule.id) } }
                dd {
                    (spans(rule.about)) @if !rule.about.ends_with(['?', '.']) { "." } " "
                    span.faint { (spans(rule.advice)) }
                }
            }
        }
    }
}

/// What tasks done by hand say about estimates, and what they do not.
fn calibration() -> Markup {
    html! {
        h2 #calibration { "Calibration" }
        p {
            "Tasks that people did without an agent, with what they took, show what estimates are worth: Σ actual hours / Σ \
            estimates of an estimator, with its interval. " code { "git leverage report --calibrated" } " multiplies the hours of \
            an estimator with at least 5 such tasks by that ratio, in columns of its own."
        }
        p {
            "It helps where an estimator has hundreds of such tasks and estimates as before. In a public data set of 8,882 tasks \
            (SiP; Jones and Cullum, arXiv 1901.01621), the first half of the tasks of each person was used to predict the sum of the \
            second: seven of the eight people with more than 200 tasks came closer, and all together were off by 10.1% instead of \
            22.7%."
        }
        p {
            "It does not help with few tasks: six of the seven people with fewer than 200 were closer without it, some by far. A \
            ratio of few tasks follows the longest of them, and people change. It corrects sums, not single tasks, and it says \
            nothing about work that nobody ever did by hand."
        }
    }
}

/// The settings that the numbers depend on.
fn settings(overview: &Overview) -> Markup {
    let hours = |value: f64| thousands((value * 10.0).round() / 10.0);
    html! {
        h2 #settings { "Settings" }
        ul {
            li {
                "Days begin and end in the time zone "
                @match overview.zone.name() {
                    Some(name) => (name),
                    None => "that is local where this site was made",
                }
                "."
            }
            li { "A day of work has " (hours(overview.work.hours_per_day)) " hours, a week " (hours(overview.work.hours_per_week)) "." }
            li {
                "Pauses are cut: without activity for " code { "leverage.idle" } " minutes, an agent or a person counts as away, and a \
                single action counts for at most " code { "leverage.cap" } " minutes. By default, these are 15 and 10 minutes; which \
                values were set is unknown here."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::quantity::WorkTime;
    use crate::facts::zone::{Period, Zone};
    use crate::overview::Query;
    use crate::render::site::urls::Names;

    #[test]
    fn a_pair_of_backticks_is_code() {
        let shown = |text| spans(text).into_string();
        assert_eq!(shown("Run `a <b>`."), "Run <code>a &lt;b&gt;</code>.");
        assert_eq!(shown("`a` and `b"), "<code>a</code> and `b");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn every_rule_has_a_place_that_links_reach() {
        let query = Query {
            zone: Zone::Named(chrono_tz::UTC),
            period: Period::default(),
            author: None,
            work: WorkTime {
                hours_per_day: 6.0,
                hours_per_week: 30.0,
            },
            excluded: 0,
        };
        let overview = Overview::new(&[], &[], Vec::new(), &query);
        let urls = Urls::from(Arc::new(Names::new(&overview)), "method.html");
        let page = page(&overview, &urls, &SiteOptions::default()).body.into_string();
        for rule in RULES {
            let to = urls.rule(rule.id).unwrap();
            let id = to.as_str().strip_prefix("method.html#").unwrap();
            assert_eq!(page.matches(&format!("<dt id=\"{id}\">")).count(), 1, "{id}");
        }
        assert!(!page.contains('`') && !page.contains("?."));
        assert!(page.contains("the time zone UTC") && page.contains("A day of work has 6 hours, a week 30."));
    }
}
