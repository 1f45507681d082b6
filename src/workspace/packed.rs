//! A repository as bytes, before it is decided who made its commits: passed on by a worker process, or cached.
//!
//! Both sides are the same version of this program. The ledger is in its own format, JSON; commits, of which there may be a
//! million, are in columns, and what notes say about them is in a compact form.

use serde::{Deserialize, Serialize};

use crate::aggregate::repository::{PlacedTask, Repository};
use crate::facts::commits::{Bytes, Commits};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::{Signs, StoredEvidence};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::LedgerSession;
use crate::facts::lineage::Lineage;
use crate::facts::record::{ByHand, SessionRecord};
use crate::sources::cache::KeptIn;
use crate::sources::history::UnknownLines;

/// A repository without its commits.
#[derive(Serialize, Deserialize)]
pub struct Packed {
    lineage: Lineage,
    kept_in: Option<KeptIn>,
    /// One for each commit of which notes say who made it: there may be many.
    signs: Vec<(ObjectId, Vec<StoredEvidence>)>,
    /// [`Rest`] as JSON: its types omit empty fields.
    rest: String,
}

/// A repository with its commits.
#[derive(Serialize, Deserialize)]
pub struct PackedWhole {
    without: Packed,
    commits: Bytes,
}

impl PackedWhole {
    /// Packs it; the error says why it cannot be packed.
    pub fn of(mut repository: Repository) -> Result<Self, String> {
        let commits = std::mem::take(&mut repository.commits).encode();
        Ok(Self {
            without: Packed::of(&repository)?,
            commits: Bytes(commits.ok_or("its commits cannot be written")?),
        })
    }

    /// Unpacks it; `None` if it is not one.
    pub fn repository(self) -> Option<Repository> {
        self.without.repository(Commits::decode(&self.commits.0)?)
    }
}

/// A repository without its commits and its lineage.
#[derive(Serialize, Deserialize)]
struct Rest {
    name: String,
    path: String,
    status: Status,
    reason: Option<String>,
    cut_short: bool,
    new_commits: usize,
    tasks: Vec<PlacedTask>,
    by_hand: Vec<ByHand>,
    same: Vec<(TaskId, TaskId)>,
    captured: Vec<(SessionRecord, Vec<ObjectId>)>,
    ledger_status: Status,
    warnings: Vec<Warning>,
    untold: Option<String>,
    unknown_lines: Option<UnknownLines>,
    unfetched: Option<String>,
    given_up: bool,
}

impl Packed {
    /// Packs it; the error says why it cannot be packed.
    pub fn of(repository: &Repository) -> Result<Self, String> {
        let Repository {
            name,
            path,
            status,
            reason,
            lineage,
            commits: _,
            kept_in,
            cut_short,
            new_commits,
            signs,
            tasks,
            // Nothing is set aside before estimates are chosen.
            set_aside: _,
            by_hand,
            same,
            captured,
            ledger_status,
            warnings,
            untold,
            unknown_lines,
            unfetched,
            given_up,
        } = repository;
        let rest = Rest {
            name: name.clone(),
            path: path.clone(),
            status: *status,
            reason: reason.clone(),
            cut_short: *cut_short,
            new_commits: *new_commits,
            tasks: tasks.clone(),
            by_hand: by_hand.clone(),
            same: same.iter().map(|(id, same)| (*id, *same)).collect(),
            captured: captured
                .iter()
                .map(|session| (session.record.clone(), session.commits.clone()))
                .collect(),
            ledger_status: *ledger_status,
            warnings: warnings.clone(),
            untold: untold.clone(),
            unknown_lines: unknown_lines.clone(),
            unfetched: unfetched.clone(),
            given_up: *given_up,
        };
        let rest = serde_json::to_string(&rest).map_err(|error| error.to_string())?;
        Ok(Self {
            lineage: lineage.clone(),
            kept_in: kept_in.clone(),
            signs: signs
                .iter()
                .map(|(commit, signs)| (commit, signs.iter().map(StoredEvidence::of).collect()))
                .collect(),
            rest,
        })
    }

    /// The state of the cache that has its commits, if reading it again would find the same.
    pub fn kept_in(&self) -> Option<&KeptIn> {
        self.kept_in.as_ref()
    }

    /// Unpacks it with these commits; `None` if it is not one.
    pub fn repository(self, commits: Commits) -> Option<Repository> {
        let rest: Rest = serde_json::from_str(&self.rest).ok()?;
        let mut signs = Signs::default();
        for (commit, found) in self.signs {
            signs.add(commit, found.into_iter().map(StoredEvidence::evidence));
        }
        Some(Repository {
            name: rest.name,
            path: rest.path,
            status: rest.status,
            reason: rest.reason,
            lineage: self.lineage,
            commits,
            kept_in: self.kept_in,
            cut_short: rest.cut_short,
            new_commits: rest.new_commits,
            signs,
            tasks: rest.tasks,
            set_aside: Vec::new(),
            by_hand: rest.by_hand,
            same: rest.same.into_iter().collect(),
            captured: rest
                .captured
                .into_iter()
                .map(|(record, commits)| LedgerSession { record, commits })
                .collect(),
            ledger_status: rest.ledger_status,
            warnings: rest.warnings,
            untold: rest.untold,
            unknown_lines: rest.unknown_lines,
            unfetched: rest.unfetched,
            given_up: rest.given_up,
        })
    }
}
