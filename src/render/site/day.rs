//! The page of a day: its task log, what weighs in its factor, and when it happened.

use maud::html;

use super::options::{Content, SiteOptions};
use super::urls::Urls;
use crate::overview::Overview;

/// The page of the day at a position of the overview.
pub fn page(overview: &Overview, at: usize, urls: &Urls, options: &SiteOptions) -> Content {
    let _ = (overview, at, urls, options);
    Content {
        title: String::new(),
        description: String::new(),
        body: html! {},
    }
}
