//! The page of a month: its days with tasks.

use chrono::NaiveDate;
use maud::html;

use super::options::{Content, SiteOptions};
use super::urls::Urls;
use crate::overview::Overview;

/// The page of the month that begins on a day.
pub fn page(overview: &Overview, first: NaiveDate, urls: &Urls, options: &SiteOptions) -> Content {
    let _ = (overview, first, urls, options);
    Content {
        title: String::new(),
        description: String::new(),
        body: html! {},
    }
}
