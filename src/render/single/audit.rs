//! An audit as a page: the evidence for the claims, what was found, whose lines are at HEAD, and the tables.

use maud::{Markup, html};

use super::file;
use crate::audit::{Audit, Level};
use crate::facts::quantity::counted;
use crate::render::audit::{self as shown, Kind, kinds, short_id};
use crate::render::chart::rests::{Rests, RestsRow};
use crate::render::chart::{Drawing, figure};
use crate::render::document::Document;
use crate::render::html::{list, tables};
use crate::render::page::key;
use crate::render::plots;

/// The page of an audit; `document` is the same for the other formats.
pub fn audit(document: &Document, audit: &Audit) -> String {
    let title = document.title.as_deref().unwrap_or("Audit");
    let body = html! {
        h1 { (title) }
        @if let Some(summary) = document.tables.first() {
            dl { @for row in &summary.rows {
                @if let [about, fact, ..] = row.as_slice() { dt { (about.for_people()) } dd { (fact.for_people()) } }
            } }
        }
        (key())
        (evidence(audit))
        (findings(audit))
        (standing(audit))
        (tables(&shown::tables(audit), title))
        (list(&document.notes))
    };
    file(title, title, body)
}

fn evidence(audit: &Audit) -> Markup {
    let parts = &audit.confidence;
    let of = [
        parts.measured,
        parts.noted,
        parts.linked,
        parts.unchecked,
        parts.unsupported,
    ];
    let chart = Rests {
        rows: match parts.claimed.tasks {
            0 => Vec::new(),
            _ => vec![RestsRow {
                name: audit.repo.clone(),
                is_total: true,
                parts: of.map(|part| (part.tasks, part.human_hours.get())),
            }],
        },
    };
    if chart.is_empty() {
        return html! {};
    }
    html! {
        h2 id="rests" { "What the claimed hours rest on" }
        (figure(&chart, "rests", &html! {
            "Solid: the minutes of the task’s sessions were read in logs. Hatched: minutes from notes, or only commits. Dashed: nothing. "
            "Minutes can be measured, hours cannot."
        }, None))
    }
}

/// The findings by rule, the most severe first. Errors are unfolded.
fn findings(audit: &Audit) -> Markup {
    let kinds = kinds(&audit.findings);
    html! {
        h2 id="findings" { "Findings" }
        @if kinds.is_empty() {
            p.sub { "No findings in " (counted(audit.checked.len() as u64, "check", "checks")) "." }
        }
        @for kind in &kinds { (of_kind(kind)) }
    }
}

/// Beyond these, the findings of a rule are counted.
const MAX_FINDINGS: usize = 500;

fn of_kind(kind: &Kind<'_>) -> Markup {
    let shown = &kind.findings[..kind.findings.len().min(MAX_FINDINGS)];
    let more = kind.findings.len() - shown.len();
    html! {
        div.finding.(kind.level.word()) id={ "rule-" (kind.rule.id) "-" (kind.level.word()) } {
            p { span.tag { (kind.level.word()) } " " (kind.summary()) " " code.faint { (kind.rule.id) } }
            p.faint.small { (kind.rule.advice) }
            details open[kind.level == Level::Error] {
                summary { "Show " (counted(kind.findings.len() as u64, "finding", "findings")) }
                ul { @for found in shown {
                    li { @let id = short_id(found); @if !id.is_empty() { code { (id) } " " } (found.message) }
                } }
                @if more > 0 { p.sub { "And " (counted(more as u64, "more finding", "more findings")) "; " code { "--format json" } " has all of them" } }
            }
        }
    }
}

fn standing(audit: &Audit) -> Markup {
    let chart = plots::standing(audit);
    if chart.is_empty() {
        return html! {};
    }
    html! {
        h2 id="standing" { "Lines added and lines at HEAD" }
        (figure(&chart, "standing", &html! {
            "Dashed: lines that the commits added. Solid: those of them that are still at HEAD. Commits without a sign of an agent are not "
            "known to be by people."
        }, None))
    }
}
