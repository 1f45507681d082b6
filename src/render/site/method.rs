//! The page that explains words, formulas and rules.

use maud::html;

use super::options::{Content, SiteOptions};
use super::urls::Urls;
use crate::overview::Overview;

/// The page.
pub fn page(overview: &Overview, urls: &Urls, options: &SiteOptions) -> Content {
    let _ = (overview, urls, options);
    Content {
        title: String::new(),
        description: String::new(),
        body: html! {},
    }
}
