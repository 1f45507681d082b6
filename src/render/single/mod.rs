//! Results as one HTML file each, with charts: what `report`, `audit` and `inventory` write as HTML.
//!
//! Tables and notes are those of the other formats; above them are the claim in one sentence, what it rests on, and the charts.
//! Links lead to places in the same file.

mod audit;
mod inventory;
mod report;

pub use audit::audit;
pub use inventory::inventory;
pub use report::report;

use maud::Markup;

use super::page::{Page, Place};

/// The page with this content, which has its `h1`.
fn file(title: &str, description: &str, body: Markup) -> String {
    Page {
        title,
        description,
        body,
        place: Place::Single,
    }
    .render()
}
