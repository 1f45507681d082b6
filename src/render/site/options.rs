//! What a site is drawn with, and what comes of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

/// The choices of whoever publishes.
#[derive(Debug, Clone, Default)]
pub struct SiteOptions {
    /// The name of the site, at the top of every page. Untrusted text.
    pub title: String,
    /// Where the site will be, with a slash at the end: links of the feed are then absolute.
    pub base_url: Option<String>,
    /// Whether e-mail addresses are published.
    pub mail: bool,
    /// The author's own words, by day. Untrusted text.
    pub notes: BTreeMap<NaiveDate, String>,
}

/// One file of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path in the site, with `/` between names.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What a page contains, without the frame of the site.
#[derive(Default)]
pub struct PageContent {
    /// Its title, without the name of the site. Untrusted text.
    pub title: String,
    /// What it contains, in one sentence. Untrusted text.
    pub description: String,
    /// The content, with one `h1`.
    pub body: maud::Markup,
}
