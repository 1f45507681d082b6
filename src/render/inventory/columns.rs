//! The columns of the inventory: ids, headings, groups and cells.

use crate::aggregate::inventory::{Activity, InventoryRow};
use crate::facts::zone::Zone;
use crate::render::columns::{Choice, UnknownName, find};
use crate::render::document::Basis::{self, Claimed, Derived, Measured};
use crate::render::document::Cell;

/// What a cell shows.
pub(super) struct Given<'a> {
    pub(super) row: &'a InventoryRow,
    pub(super) zone: Zone,
}

/// A column that can be requested.
pub(super) struct Spec {
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) group: &'static str,
    /// How its numbers came to be; `None` for text.
    pub(super) basis: Option<Basis>,
    pub(super) cell: fn(&Given) -> Cell,
}

const IDENTITY: &str = "identity";
pub(super) const SIZE: &str = "size";
pub(super) const TESTS: &str = "testing";
pub(super) const HISTORY: &str = "history";
/// The group whose columns need every commit to be read.
pub const AI: &str = "ai";
const STATE: &str = "clone";
/// The groups: `--columns` takes the name of one for all of its columns.
pub const GROUPS: [&str; 6] = [IDENTITY, SIZE, TESTS, HISTORY, AI, STATE];
/// The columns that are shown by default.
pub const DEFAULT: [&str; 10] = [
    "name",
    "language",
    "code",
    "tests",
    "test_ratio",
    "commits",
    "authors",
    "last_commit",
    "commits_90d",
    "state",
];

const fn text(
    id: &'static str,
    heading: &'static str,
    group: &'static str,
    cell: fn(&Given) -> Cell,
) -> Spec {
    Spec {
        id,
        heading,
        group,
        basis: None,
        cell,
    }
}

const fn number(
    id: &'static str,
    heading: &'static str,
    group: &'static str,
    basis: Basis,
    cell: fn(&Given) -> Cell,
) -> Spec {
    Spec {
        id,
        heading,
        group,
        basis: Some(basis),
        cell,
    }
}

pub(super) fn count(value: Option<u64>) -> Cell {
    Cell::known(value, Cell::Count)
}

fn words(value: Option<&String>) -> Cell {
    Cell::known(value, |text| Cell::text(text.as_str()))
}

fn yes(value: Option<bool>) -> Cell {
    Cell::known(value, |yes| Cell::text(if yes { "yes" } else { "no" }))
}

fn day(given: &Given, seconds: Option<i64>) -> Cell {
    Cell::known(seconds, |seconds| Cell::Date(given.zone.day(seconds)))
}

fn commits(activity: Option<Activity>) -> Cell {
    count(activity.map(|activity| activity.commits))
}

fn added(activity: Option<Activity>) -> Cell {
    count(activity.and_then(|activity| activity.lines_added))
}

fn removed(activity: Option<Activity>) -> Cell {
    count(activity.and_then(|activity| activity.lines_removed))
}

const COLUMNS: &[Spec] = &[
    text("name", "Repository", IDENTITY, |given| {
        let address = given.row.web_address();
        address.map_or_else(
            || Cell::text(given.row.name.as_str()),
            |address| Cell::Link(given.row.name.clone(), address),
        )
    }),
    text("path", "Path", IDENTITY, |given| {
        Cell::text(given.row.path.as_str())
    }),
    text("status", "Status", IDENTITY, |given| {
        Cell::known(given.row.status, |status| Cell::text(status.to_string()))
    }),
    text("default_branch", "Default branch", IDENTITY, |given| {
        words(given.row.default_branch.as_ref())
    }),
    text("branch", "Branch", IDENTITY, |given| {
        words(given.row.branch.as_ref())
    }),
    text("head", "HEAD", IDENTITY, |given| {
        Cell::known(given.row.head.as_ref(), |head| {
            Cell::text(head.chars().take(10).collect::<String>())
        })
    }),
    text("remotes", "Remotes", IDENTITY, |given| {
        let urls: Vec<&str> = given
            .row
            .remotes
            .iter()
            .map(|remote| remote.url.as_str())
            .collect();
        Cell::text(urls.join(", "))
    }),
    text("description", "Description", IDENTITY, |given| {
        words(given.row.description.as_ref())
    }),
    text("license", "License", IDENTITY, |given| {
        words(given.row.license.as_ref())
    }),
    text("language", "Language", IDENTITY, |given| {
        words(given.row.language.as_ref())
    }),
    text("languages", "Languages", IDENTITY, |given| {
        Cell::known(shares(given.row), Cell::text)
    }),
    number("files", "Files", SIZE, Measured, |given| count(given.row.files)),
    number("code", "Code", SIZE, Measured, |given| count(given.row.lines_own)),
    number("all_code", "All code", SIZE, Measured, |given| {
        count(given.row.lines_code)
    }),
    number("comments", "Comments", SIZE, Measured, |given| {
        count(given.row.lines_comments)
    }),
    number("blanks", "Blanks", SIZE, Measured, |given| {
        count(given.row.lines_blank)
    }),
    number("generated", "Generated", SIZE, Measured, |given| {
        count(given.row.lines_generated)
    }),
    number("vendored", "Vendored", SIZE, Measured, |given| {
        count(given.row.lines_vendored)
    }),
    number("submodules", "Submodules", SIZE, Measured, |given| {
        count(given.row.submodules)
    }),
    number("tests", "Tests", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().and_then(|tests| tests.cases))
    }),
    number("parametrized", "Parametrized", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().and_then(|tests| tests.parametrized))
    }),
    text("frameworks", "Frameworks", TESTS, |given| {
        let known = given.row.tests.as_ref().filter(|tests| tests.cases.is_some());
        Cell::known(known, |tests| {
            let each: Vec<String> = tests
                .frameworks
                .iter()
                .map(|(name, all)| format!("{name} {}", all.cases))
                .collect();
            Cell::text(each.join(", "))
        })
    }),
    number("test_lines", "Test lines", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().map(|tests| tests.test_lines))
    }),
    number("test_ratio", "Test ratio", TESTS, Derived, |given| {
        Cell::known(
            given.row.tests.as_ref().and_then(|tests| tests.ratio),
            Cell::Percent,
        )
    }),
    number("commits", "Commits", HISTORY, Measured, |given| {
        count(given.row.commits)
    }),
    number("authors", "Authors", HISTORY, Measured, |given| {
        count(given.row.authors)
    }),
    text("first_commit", "First commit", HISTORY, |given| {
        day(given, given.row.first_commit)
    }),
    text("last_commit", "Last commit", HISTORY, |given| {
        day(given, given.row.last_commit)
    }),
    number("commits_30d", "Commits 30d", HISTORY, Measured, |given| {
        commits(given.row.last_30_days)
    }),
    number("added_30d", "Added 30d", HISTORY, Measured, |given| {
        added(given.row.last_30_days)
    }),
    number("removed_30d", "Removed 30d", HISTORY, Measured, |given| {
        removed(given.row.last_30_days)
    }),
    number("commits_90d", "Commits 90d", HISTORY, Measured, |given| {
        commits(given.row.last_90_days)
    }),
    number("added_90d", "Added 90d", HISTORY, Measured, |given| {
        added(given.row.last_90_days)
    }),
    number("removed_90d", "Removed 90d", HISTORY, Measured, |given| {
        removed(given.row.last_90_days)
    }),
    number("commits_since", "Commits since", HISTORY, Measured, |given| {
        commits(given.row.since)
    }),
    number("added_since", "Added since", HISTORY, Measured, |given| {
        added(given.row.since)
    }),
    number("removed_since", "Removed since", HISTORY, Measured, |given| {
        removed(given.row.since)
    }),
    number("tags", "Tags", HISTORY, Measured, |given| count(given.row.tags)),
    number("releases", "Releases", HISTORY, Measured, |given| {
        count(given.row.releases)
    }),
    text("latest_release", "Latest release", HISTORY, |given| {
        words(given.row.latest_release.as_ref())
    }),
    number("agent_commits", "By agents", AI, Measured, |given| {
        count(given.row.agent_commits)
    }),
    number("agent_lines", "Agent lines", AI, Measured, |given| {
        count(given.row.agent_lines_added)
    }),
    number("known_origin", "Known origin", AI, Derived, |given| {
        Cell::known(given.row.known_origin_share, Cell::Percent)
    }),
    number("tasks", "Tasks", AI, Claimed, |given| count(given.row.tasks)),
    number("human_hours", "Human", AI, Claimed, |given| {
        Cell::known(given.row.human_hours, Cell::Hours)
    }),
    number("leverage", "Factor", AI, Derived, |given| {
        Cell::known(given.row.leverage_factor, Cell::Factor)
    }),
    number("sessions", "Sessions", AI, Measured, |given| {
        count(given.row.sessions)
    }),
    text("state", "State", STATE, |given| {
        Cell::text(given.row.state_in_words())
    }),
    number("changed", "Changed", STATE, Measured, |given| {
        count(given.row.changed_files)
    }),
    number("untracked", "Untracked", STATE, Measured, |given| {
        count(given.row.untracked_files)
    }),
    number("ahead", "Ahead", STATE, Measured, |given| count(given.row.ahead)),
    number("behind", "Behind", STATE, Measured, |given| {
        count(given.row.behind)
    }),
    number("unpushed", "Unpushed", STATE, Measured, |given| {
        count(
            given
                .row
                .unpushed_branches
                .as_ref()
                .map(|branches| branches.len() as u64),
        )
    }),
    number("stale", "Stale", STATE, Measured, |given| {
        count(
            given
                .row
                .stale_branches
                .as_ref()
                .map(|branches| branches.len() as u64),
        )
    }),
    number("stashes", "Stashes", STATE, Measured, |given| {
        count(given.row.stashes)
    }),
    text("bare", "Bare", STATE, |given| yes(given.row.bare)),
    text("shallow", "Shallow", STATE, |given| yes(given.row.shallow)),
    text("partial", "Partial", STATE, |given| yes(given.row.partial_clone)),
    text("last_fetch", "Last fetch", STATE, |given| {
        day(given, given.row.last_fetch)
    }),
];

/// Earlier ids of columns, which are still accepted.
const FORMER: [(&str, &str); 2] = [("licence", "license"), ("parametrised", "parametrized")];

/// Chosen columns, in order.
#[derive(Clone)]
pub struct Columns(pub(super) Vec<&'static Spec>);

/// The columns of a group.
fn columns_of(group: &str) -> impl Iterator<Item = &'static Spec> {
    COLUMNS.iter().filter(move |spec| spec.group == group)
}

/// `size: files, code, …`: the columns of each group.
pub fn groups_in_words() -> impl Iterator<Item = String> {
    GROUPS.into_iter().map(|group| {
        let ids: Vec<&str> = columns_of(group).map(|spec| spec.id).collect();
        format!("{group}: {}", ids.join(", "))
    })
}

/// All columns that can be requested, group by group.
pub fn choices() -> Vec<Choice<'static>> {
    let choice = |spec: &'static Spec| Choice {
        id: spec.id,
        heading: spec.heading,
        group: Some(spec.group),
    };
    GROUPS.into_iter().flat_map(columns_of).map(choice).collect()
}

impl Columns {
    /// The columns with these ids or headings, in any case; the name of a group means all of its columns. Each is there once.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownName> {
        let current = |name: &'a str| {
            let former = FORMER
                .iter()
                .find(|(former, _)| name.trim().eq_ignore_ascii_case(former));
            former.map_or(name, |(_, id)| id)
        };
        let names: Vec<&str> = names.into_iter().map(current).collect();
        let specs: Vec<&Spec> = GROUPS.into_iter().flat_map(columns_of).collect();
        let found = find(&names, &choices())?;
        Ok(Self(
            found
                .into_iter()
                .filter_map(|at| specs.get(at).copied())
                .collect(),
        ))
    }

    /// Whether any of them is of the group.
    pub fn touch(&self, group: &str) -> bool {
        self.0.iter().any(|spec| spec.group == group)
    }
}

/// `Rust 91%, Python 9%`: the three largest programming languages.
fn shares(row: &InventoryRow) -> Option<String> {
    let mut shares: Vec<(&String, f64)> = row
        .languages
        .as_ref()?
        .iter()
        .filter_map(|(name, language)| Some((name, language.share?)))
        .filter(|(_, share)| *share >= 0.005)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> = shares
        .iter()
        .take(3)
        .map(|(name, share)| format!("{name} {:.0}%", share * 100.0))
        .collect();
    Some(named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_own_id_and_the_default_ones_exist() {
        let ids: std::collections::BTreeSet<_> = COLUMNS.iter().map(|spec| spec.id).collect();
        assert_eq!(ids.len(), COLUMNS.len());
        assert!(Columns::named(DEFAULT).is_ok());
        assert!(Columns::named(GROUPS).is_ok_and(|all| all.0.len() == COLUMNS.len()));
        let headings: std::collections::BTreeSet<_> = COLUMNS.iter().map(|spec| spec.heading).collect();
        assert_eq!(headings.len(), COLUMNS.len());
    }

    #[test]
    fn a_column_goes_by_its_id_heading_or_former_id() {
        let ids = |names: &[&str]| {
            let columns = Columns::named(names.iter().copied()).unwrap();
            let ids = columns.0.iter().map(|spec| spec.id);
            ids.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            ids(&["Repository", "last commit", "LICENSE", "licence", "test-ratio"]),
            "name last_commit license test_ratio"
        );
    }

    #[test]
    fn an_unknown_column_suggests_a_similar_one() {
        let meant = |name: &str| Columns::named([name]).err().unwrap().meant;
        assert_eq!(meant("lisense").as_deref(), Some("license"));
        assert_eq!(meant("comits").as_deref(), Some("commits"));
        assert_eq!(meant("kiln"), None);
    }
}
