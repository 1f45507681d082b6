//! The page of a task.

use maud::html;

use super::options::{Content, SiteOptions};
use super::urls::Urls;
use crate::overview::Overview;

/// The page of the one at a position.
pub fn page(overview: &Overview, at: usize, urls: &Urls, options: &SiteOptions) -> Content {
    let _ = (overview, at, urls, options);
    Content {
        title: String::new(),
        description: String::new(),
        body: html! {},
    }
}
