//! The feed: an entry per day with tasks, in Atom.

use super::options::SiteOptions;
use super::urls::Urls;
use crate::overview::Overview;

/// The feed.
pub fn feed(overview: &Overview, urls: &Urls, options: &SiteOptions) -> String {
    let _ = (overview, urls, options);
    String::new()
}
