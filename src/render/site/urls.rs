//! The addresses of all pages, and links between them, built from ids, dates and slugs only.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};

use crate::overview::Overview;
use crate::render::href::Href;
use crate::render::plots::Links;

/// The longest slug.
const MAX_SLUG: usize = 60;
/// Digits of the hash in a slug.
const HASH: usize = 8;
/// As much of a task's id as names its page, unless another begins alike: its first two groups.
const SHORT_ID: usize = 13;
/// Names of devices on Windows, with any extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The names of the pages of tasks and repositories, and which days and months have one.
#[derive(Debug, Default)]
pub struct Names {
    tasks: Vec<String>,
    repos: Vec<String>,
    days: BTreeSet<NaiveDate>,
}

impl Names {
    /// Those of an overview.
    pub fn new(overview: &Overview) -> Self {
        Self {
            tasks: task_names(overview),
            repos: slugs(overview.repos.iter().map(|repo| repo.name.as_str())),
            days: overview.tasks.iter().map(|task| task.day).collect(),
        }
    }

    /// The days with tasks, ascending.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = NaiveDate> {
        self.days.iter().copied()
    }

    /// The first days of months with tasks, ascending.
    pub fn months(&self) -> Vec<NaiveDate> {
        let months: BTreeSet<NaiveDate> = self.days().map(month_of).collect();
        months.into_iter().collect()
    }

    /// The path of a task's page.
    pub fn task(&self, at: usize) -> Option<String> {
        self.tasks.get(at).map(|name| format!("tasks/{name}.html"))
    }

    /// The path of a repository's page.
    pub fn repo(&self, at: usize) -> Option<String> {
        self.repos.get(at).map(|name| format!("repos/{name}.html"))
    }
}

/// The path of a day's page.
pub fn day_path(day: NaiveDate) -> String {
    format!("days/{day}.html")
}

/// The path of the page of the month in which a day is.
pub fn month_path(day: NaiveDate) -> String {
    format!("months/{}.html", day.format("%Y-%m"))
}

/// The first day of the month of a day.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// Links from one page to others.
#[derive(Debug, Clone)]
pub struct Urls {
    names: Arc<Names>,
    up: &'static str,
}

impl Urls {
    /// Links from the page at `path`.
    pub fn from(names: Arc<Names>, path: &str) -> Self {
        let up = if path.contains('/') { "../" } else { "" };
        Self { names, up }
    }

    /// The names of pages.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// A file of the site by its path, such as `data/days.csv` or `index.html#days`.
    ///
    /// Paths of the site are letters, digits and `._/#-`, so it is never `None` for one.
    pub fn file(&self, path: &str) -> Option<Href> {
        Href::path(format!("{}{path}", self.up))
    }

    /// The index, or one of its sections.
    pub fn index(&self, section: Option<&str>) -> Option<Href> {
        self.file(&with_section("index.html", section))
    }

    /// The page that explains the words, or one of its sections.
    pub fn method(&self, section: Option<&str>) -> Option<Href> {
        self.file(&with_section("method.html", section))
    }

    /// What the page that explains the words says of a rule of the audit.
    pub fn rule(&self, rule: &str) -> Option<Href> {
        self.method(Some(&rule_id(rule)))
    }

    /// The page of a repository, by its position.
    pub fn repo(&self, at: usize, section: Option<&str>) -> Option<Href> {
        self.file(&with_section(&self.names.repo(at)?, section))
    }

    /// The page of a task, by its position, or one of its sections.
    pub fn task_section(&self, at: usize, section: Option<&str>) -> Option<Href> {
        self.file(&with_section(&self.names.task(at)?, section))
    }

    /// The page of a day with tasks, or one of its sections.
    pub fn day_section(&self, day: NaiveDate, section: Option<&str>) -> Option<Href> {
        let day = self.names.days.get(&day)?;
        self.file(&with_section(&day_path(*day), section))
    }

    /// The page of the month of a day with tasks.
    pub fn month(&self, day: NaiveDate) -> Option<Href> {
        self.names
            .days
            .range(month_of(day)..)
            .next()
            .filter(|next| month_of(**next) == month_of(day))?;
        self.file(&month_path(day))
    }

    /// The days with tasks next to one.
    pub fn neighbors(&self, day: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let days = &self.names.days;
        let before = days.range(..day).next_back().copied();
        let after = days.range(day..).find(|next| **next != day).copied();
        (before, after)
    }
}

impl Links for Urls {
    fn task(&self, at: usize) -> Option<Href> {
        self.task_section(at, None)
    }

    fn day(&self, day: NaiveDate) -> Option<Href> {
        self.day_section(day, None)
    }
}

/// The id of a rule of the audit on the page that explains the words.
pub fn rule_id(rule: &str) -> String {
    format!("rule-{}", plain(rule))
}

fn with_section(path: &str, section: Option<&str>) -> String {
    match section {
        Some(section) => format!("{path}#{section}"),
        None => path.to_owned(),
    }
}

fn task_names(overview: &Overview) -> Vec<String> {
    let ids: Vec<String> = overview
        .tasks
        .iter()
        .map(|view| view.task.id.to_string())
        .collect();
    let short = |id: &String| id.get(..SHORT_ID).unwrap_or(id).to_owned();
    let mut times: HashMap<String, u32> = HashMap::new();
    for id in &ids {
        *times.entry(short(id)).or_default() += 1;
    }
    let is_one = |id: &String| times.get(&short(id)) == Some(&1);
    ids.iter()
        .map(|id| if is_one(id) { short(id) } else { id.clone() })
        .collect()
}

/// A slug per name, all different even where case does not matter.
fn slugs<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: Vec<&str> = names.collect();
    let mut times: HashMap<String, u32> = HashMap::new();
    for name in &names {
        *times.entry(plain(name)).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    let mut slug = |name: &&str| {
        let is_shared = times.get(&plain(name)).is_none_or(|times| *times > 1);
        let mut slug = slug(name, is_shared);
        while !taken.insert(slug.clone()) {
            slug = hashed(&format!("{slug}/{name}"));
        }
        slug
    };
    names.iter().map(&mut slug).collect()
}

/// The name itself where it is a slug already, otherwise what is left of it with a hash.
fn slug(name: &str, is_shared: bool) -> String {
    let plain = plain(name);
    if !plain.is_empty() && plain == name && !is_shared && plain.len() <= MAX_SLUG && !is_reserved(&plain) {
        plain
    } else {
        hashed(name)
    }
}

fn hashed(name: &str) -> String {
    let mut slug = plain(name);
    slug.truncate(MAX_SLUG - HASH - 1);
    let slug = slug.trim_matches('-');
    let mut hash = String::new();
    for byte in Sha256::digest(name.as_bytes()).iter().take(HASH / 2) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    if slug.is_empty() {
        hash
    } else {
        format!("{slug}-{hash}")
    }
}

/// In lower case, with one `-` in place of all other characters.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            plain.push(c);
        } else if !plain.ends_with('-') {
            plain.push('-');
        }
    }
    plain.trim_matches('-').to_owned()
}

fn is_reserved(name: &str) -> bool {
    let is_port = |name: &str| {
        ["com", "lpt"].iter().any(|port| {
            name.strip_prefix(port)
                .is_some_and(|number| number.len() == 1 && number.bytes().all(|c| c.is_ascii_digit()))
        })
    };
    RESERVED.contains(&name) || is_port(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<String> {
        slugs(names.iter().copied())
    }

    #[test]
    fn a_slug_is_the_name_or_has_a_hash() {
        assert_eq!(of(&["kiln", "glaze-2"]), ["kiln", "glaze-2"]);
        for name in [
            "CON",
            "con",
            "nul",
            "com1",
            "Kiln",
            "../../x",
            "a b",
            "ü",
            "",
            "-a",
            &"y".repeat(61),
        ] {
            let slug = &of(&[name])[0];
            assert_ne!(slug, name);
            assert!(slug.len() >= HASH && slug.len() <= MAX_SLUG, "{slug}");
            assert!(
                slug.bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'),
                "{slug}"
            );
        }
    }

    #[test]
    fn slugs_differ_where_case_does_not_matter() {
        let names = ["kiln", "Kiln", "KILN", "kiln.", "a/b", "a-b"];
        let slugs: BTreeSet<String> = of(&names).into_iter().collect();
        assert_eq!(slugs.len(), names.len());
    }

    #[test]
    fn links_lead_out_of_the_directory_of_a_page() {
        let names = Arc::new(Names::default());
        let href = |path: &str| Urls::from(Arc::clone(&names), path).index(Some("days"));
        assert_eq!(href("index.html").unwrap().as_str(), "index.html#days");
        assert_eq!(
            href("days/2026-04-04.html").unwrap().as_str(),
            "../index.html#days"
        );
    }
}
