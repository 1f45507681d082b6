//! The same as data: the report by day, the tasks, and the days as a table.

use super::options::SiteOptions;
use crate::overview::Overview;

/// The report by day, as `report --by day --format json` prints it, without paths.
pub fn report(overview: &Overview) -> String {
    let _ = overview;
    String::new()
}

/// The tasks, one per line, as `export tasks` prints them.
pub fn tasks(overview: &Overview, options: &SiteOptions) -> String {
    let _ = (overview, options);
    String::new()
}

/// The days, as CSV.
pub fn days(overview: &Overview) -> String {
    let _ = overview;
    String::new()
}
