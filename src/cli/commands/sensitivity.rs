//! `report --sensitivity`: how much of the factor survives each doubt, in the place of the sums.

use chrono::NaiveDate;
use serde::Serialize;

use crate::aggregate::report::{RepoStatus, Report};
use crate::aggregate::sensitivity::{Doubts, SCHEMA};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::output::OutputArgs;
use crate::facts::diagnostics::Warning;
use crate::facts::zone::Zone;
use crate::overview::Overview;
use crate::render::json::Versioned;
use crate::render::report::title;
use crate::render::sensitivity::{document, rows};

/// The table with what it was read from, for programs.
#[derive(Serialize)]
struct Body<'a> {
    zone: Zone,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    #[serde(flatten)]
    sensitivity: &'a Doubts,
    repos: &'a [RepoStatus],
    warnings: &'a [Warning],
}

/// Writes the table of the tasks of an overview; `report` has the same selection.
pub fn send(
    output: &OutputArgs,
    context: &mut Context,
    report: &Report,
    overview: &Overview,
) -> Result<(), CommandError> {
    let sensitivity = overview.sensitivity();
    let machine = Versioned {
        schema: SCHEMA,
        body: Body {
            zone: report.zone,
            since: report.since,
            until: report.until,
            sensitivity: &sensitivity,
            repos: &report.repos,
            warnings: &report.warnings,
        },
    };
    let page = document(&sensitivity, title(report));
    output.send(context, &page, &rows(&sensitivity), &machine)
}
