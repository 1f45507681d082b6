//! An audit as a single file: what the claims rest on, the findings folded by rule, and what is still at HEAD.

use maud::{Markup, html};

use super::report::RESTS_CAPTION;
use crate::audit::confidence::{Confidence, Part};
use crate::audit::{Audit, Finding, Level};
use crate::facts::quantity::counted;
use crate::render::audit as shown;
use crate::render::chart::figure;
use crate::render::chart::rests::{Rests, RestsRow};
use crate::render::document::Document;
use crate::render::html::with_lead;
use crate::render::page::{Mark, key, mark};
use crate::render::plots;

/// Findings of one rule beyond this are counted and not shown.
const MAX_FINDINGS: usize = 500;

/// The page of an audit.
pub fn audit(audit: &Audit) -> String {
    let facts = shown::facts_table(audit);
    let lead = html! {
        (key())
        (crate::render::page::Grid::of_table(&facts, "In short").render())
        (rests(audit))
        (findings(&audit.findings))
        (standing(audit))
    };
    let rest = Document {
        title: Some(shown::title(audit)),
        tables: shown::tables(audit),
        notes: shown::all_notes(audit),
        ..Document::default()
    };
    with_lead(&rest, &lead)
}

fn rests(audit: &Audit) -> Markup {
    let chart = rests_of(&audit.repo, &audit.confidence);
    html! {
        @if !chart.rows.is_empty() {
            h2 #rests { "What the claims rest on" }
            (figure(&chart, "rests", html! { (RESTS_CAPTION) }, None))
        }
    }
}

fn rests_of(repo: &str, confidence: &Confidence) -> Rests {
    if confidence.claimed.tasks == 0 {
        return Rests::default();
    }
    let part = |part: &Part| (part.tasks, part.human_hours.get());
    Rests {
        rows: vec![RestsRow {
            name: repo.to_owned(),
            is_total: false,
            parts: [
                part(&confidence.measured),
                part(&confidence.noted),
                part(&confidence.linked),
                part(&confidence.unchecked),
                part(&confidence.unsupported),
            ],
        }],
    }
}

fn standing(audit: &Audit) -> Markup {
    let chart = plots::standing(audit);
    let caption = html! {
        "Dashed: lines added. " (mark(Mark::Measured)) "Solid: those still at HEAD. That a commit shows no sign of an agent does not \
        prove that a person made it."
    };
    html! {
        @if !chart.rows.is_empty() {
            h2 #standing { "Lines still at HEAD" }
            (figure(&chart, "standing", caption, None))
        }
    }
}

/// The findings by rule, the most severe first. Untrusted text.
pub fn findings(findings: &[Finding]) -> Markup {
    html! {
        h2 #findings { "What does not add up" }
        @if findings.is_empty() { p { "No findings." } }
        @for same in findings.chunk_by(|a, b| a.rule == b.rule && a.level == b.level) {
            (of_rule(same))
        }
    }
}

fn of_rule(findings: &[Finding]) -> Markup {
    let Some(first) = findings.first() else {
        return html! {};
    };
    let more = findings.len().saturating_sub(MAX_FINDINGS);
    html! {
        div class={ "finding " (word(first.level)) } {
            h3 {
                span.tag { (word(first.level)) } " " code { (first.rule) } " "
                span.faint.small { (counted(findings.len(), "time", "times")) }
            }
            ul { @for found in &findings[..findings.len() - more] { li { (found.message) } } }
            @if more > 0 { p { "And " (more) " more; " code { "--format json" } " has all of them." } }
            p.faint.small { (first.advice) }
        }
    }
}

/// The level as a word.
pub fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}
