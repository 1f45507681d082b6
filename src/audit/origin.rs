//! Who made the commits and lines of a repository, how that is known, and how much of it is still at HEAD.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::evidence::{Evidence, Shown};
use super::strength::{self, Maker, Strength};
use crate::facts::commit::Commit;
use crate::facts::evidence::OriginState;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::model::canonical;
use crate::facts::sign::Sign;
use crate::facts::span::Seconds;
use crate::facts::zone::Zone;

/// What commits are grouped by. A commit is in at most one row of `state`, `strength` and `month`, and may be in several of the
/// others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// `agent`, `human`, `automation` or `unknown`.
    State,
    /// The strongest evidence of an agent.
    Strength,
    /// Each sign of an agent or a person.
    HowKnown,
    /// The same for people, to whom all trailers of git-leverage are one sign. Not in JSON.
    Evidence,
    /// Each agent that is named, and commits of agents that no sign names.
    Agent,
    /// Each model that is named, and commits of agents without one.
    Model,
    /// Each task of the ledger.
    Task,
    /// The month in the time zone, with the state.
    Month,
}

/// The value of commits that an agent made whose name no sign gives.
pub const NOT_NAMED: &str = "not named";

/// Commits that have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What they have in common.
    pub by: Grouping,
    /// Its value: of a task its title. Untrusted text.
    pub value: String,
    /// Of a task its id, as titles repeat.
    pub id: Option<TaskId>,
    /// Of a sign how strong it is.
    pub strength: Option<Strength>,
    /// How many.
    pub commits: u64,
    /// Lines that they added, without those that could not be counted; merges add none.
    pub lines_added: u64,
    /// Commits whose lines could not be counted because an object is missing.
    pub commits_uncounted: u64,
    /// Those of `commits` that are only on other branches: none of their lines can be at HEAD.
    pub commits_elsewhere: u64,
    /// The part of `lines_added` that is theirs.
    pub lines_elsewhere: u64,
    /// Lines at HEAD that blame attributes to them, including merges. `None` if survival is unknown.
    pub lines_standing: Option<u64>,
}

impl Row {
    fn new(by: Grouping, group: &Group) -> Self {
        Self {
            by,
            value: group.value.clone(),
            id: group.id,
            strength: group.strength,
            commits: 0,
            lines_added: 0,
            commits_uncounted: 0,
            commits_elsewhere: 0,
            lines_elsewhere: 0,
            lines_standing: None,
        }
    }

    fn add(&mut self, commit: &Commit, place: Place) {
        let added = commit.lines.map_or(0, |lines| lines.added);
        self.commits += 1;
        self.lines_added += added;
        self.commits_uncounted += u64::from(commit.lines.is_none());
        match place {
            Place::Unknown => {}
            Place::Elsewhere => {
                self.commits_elsewhere += 1;
                self.lines_elsewhere += added;
                self.lines_standing.get_or_insert(0);
            }
            Place::AtHead(standing) => *self.lines_standing.get_or_insert(0) += standing,
        }
    }
}

/// Where a commit is, as far as its lines are concerned.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Survival is unknown.
    Unknown,
    /// On a branch that HEAD does not reach.
    Elsewhere,
    /// HEAD reaches it, and has this many of its lines.
    AtHead(u64),
}

/// What commits of one row have in common. The strongest sign comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    strength: Option<Strength>,
    value: String,
    id: Option<TaskId>,
}

impl From<String> for Group {
    fn from(value: String) -> Self {
        Self {
            strength: None,
            value,
            id: None,
        }
    }
}

impl Group {
    fn of_strength(strength: Strength, value: String) -> Self {
        Self {
            strength: Some(strength),
            ..value.into()
        }
    }
}

/// The commits among `commits` that `head` reaches, including itself.
pub fn reached(commits: &[Commit], head: Option<ObjectId>) -> HashSet<ObjectId> {
    let parents: HashMap<ObjectId, &[ObjectId]> = commits
        .iter()
        .map(|commit| (commit.id, commit.parents.as_slice()))
        .collect();
    let mut reached = HashSet::new();
    let mut pending: Vec<ObjectId> = head.into_iter().collect();
    while let Some(id) = pending.pop() {
        if reached.insert(id) {
            pending.extend(parents.get(&id).copied().unwrap_or_default());
        }
    }
    reached
}

/// After how many days half of the added lines are gone: fitted to all commits, an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct HalfLives {
    /// Lines of commits with an agent, in days.
    pub agent_days: Option<f64>,
    /// All other lines, in days.
    pub other_days: Option<f64>,
}

/// The rows of all groupings, and apart from them those of [`Grouping::Evidence`].
pub(super) fn rows(evidence: &Evidence<'_>) -> (Vec<Row>, Vec<Row>) {
    let place = |commit: ObjectId| match evidence.all.standing {
        None => Place::Unknown,
        Some(_) if !evidence.all.at_head.contains(&commit) => Place::Elsewhere,
        Some(standing) => Place::AtHead(standing.lines_of(&commit)),
    };
    let tasks = tasks_by_commit(evidence.shown());
    let logged = strength::logged(evidence.all);
    let mut rows: BTreeMap<(Grouping, Group), Row> = BTreeMap::new();
    for commit in evidence.shown().commits() {
        let tasks = tasks.get(&commit.id).map_or(&[][..], Vec::as_slice);
        for (by, group) in groups(commit, tasks, evidence.zone, logged.contains(&commit.id)) {
            rows.entry((by, group))
                .or_insert_with_key(|(by, group)| Row::new(*by, group))
                .add(commit, place(commit.id));
        }
    }
    rows.into_values().partition(|row| row.by != Grouping::Evidence)
}

/// The name of a sign for people.
fn for_people(sign: &Sign) -> String {
    match sign {
        Sign::OwnTrailer(_) => "trailer:leverage".to_owned(),
        other => other.to_string(),
    }
}

fn tasks_by_commit(shown: Shown<'_>) -> HashMap<ObjectId, Vec<Group>> {
    let mut tasks: HashMap<ObjectId, Vec<Group>> = HashMap::new();
    for task in shown.tasks() {
        for commit in &task.commits {
            tasks.entry(*commit).or_default().push(Group {
                id: Some(task.task.id),
                ..task.task.title.clone().into()
            });
        }
    }
    tasks
}

fn groups(commit: &Commit, tasks: &[Group], zone: Zone, is_logged: bool) -> Vec<(Grouping, Group)> {
    let maker = Maker::of(commit);
    let state = maker.word();
    let month = zone.day(commit.author_time.seconds).format("%Y-%m");
    let mut groups = vec![
        (Grouping::State, state.to_owned().into()),
        (Grouping::Month, format!("{month} {state}").into()),
    ];
    let signs = commit.origin.evidence();
    let strength = |sign: &Sign| Strength::of(sign, is_logged);
    for sign in signs {
        let of_sign = Group::of_strength(strength(&sign.rule), sign.rule.to_string());
        groups.push((Grouping::HowKnown, of_sign));
        let shown = Group::of_strength(strength(&sign.rule), for_people(&sign.rule));
        groups.push((Grouping::Evidence, shown));
        groups.extend(sign.agent.clone().map(|agent| (Grouping::Agent, agent.into())));
        groups.extend(
            sign.model
                .iter()
                .map(|model| (Grouping::Model, canonical(model).into())),
        );
    }
    if maker == Maker::Agent {
        let of_agent = signs.iter().filter(|sign| !sign.rule.is_of_person());
        let strongest = of_agent.map(|sign| strength(&sign.rule)).min();
        groups.extend(strongest.map(|strongest| {
            let group = Group::of_strength(strongest, strongest.word().to_owned());
            (Grouping::Strength, group)
        }));
        for by in [Grouping::Agent, Grouping::Model] {
            if groups.iter().all(|(grouping, _)| *grouping != by) {
                groups.push((by, NOT_NAMED.to_owned().into()));
            }
        }
    }
    groups.extend(tasks.iter().map(|task| (Grouping::Task, task.clone())));
    groups.sort();
    groups.dedup();
    groups
}

/// One half-life for agents' lines and one for all others.
pub(super) fn half_lives(evidence: &Evidence<'_>) -> HalfLives {
    let Some(standing) = evidence.all.standing else {
        return HalfLives::default();
    };
    let fit = |agent: bool| {
        let batches: Vec<Batch> = evidence
            .shown()
            .commits()
            .filter(|commit| evidence.all.at_head.contains(&commit.id))
            .filter(|commit| (commit.origin.state() == OriginState::Agent) == agent)
            .filter_map(|commit| {
                let added = commit.lines?.added as f64;
                Some(Batch {
                    days: Seconds((evidence.now - commit.commit_time.seconds).max(0)).days(),
                    added,
                    standing: (standing.lines_of(&commit.id) as f64).min(added),
                })
            })
            .collect();
        half_life(&batches)
    };
    HalfLives {
        agent_days: fit(true),
        other_days: fit(false),
    }
}

/// Lines of one age.
struct Batch {
    days: f64,
    added: f64,
    standing: f64,
}

/// The half-life that leaves as many lines as there are; `None` if no line is gone, all are gone, or all are too young.
fn half_life(batches: &[Batch]) -> Option<f64> {
    let standing: f64 = batches.iter().map(|batch| batch.standing).sum();
    let added: f64 = batches.iter().map(|batch| batch.added).sum();
    if standing <= 0.0 || standing >= added {
        return None;
    }
    let expected = |half_life: f64| -> f64 {
        batches
            .iter()
            .map(|batch| batch.added * (-batch.days / half_life).exp2())
            .sum()
    };
    let (mut low, mut high) = (1e-3, 1e6);
    for _ in 0..100 {
        let middle = f64::sqrt(low * high);
        let end = if expected(middle) < standing {
            &mut low
        } else {
            &mut high
        };
        // As close as numbers are: it would stay there.
        if std::mem::replace(end, middle) == middle {
            break;
        }
    }
    // A half-life that is much longer than the history is a guess.
    let watched = batches.iter().map(|batch| batch.days).fold(0.0, f64::max);
    (low > 2e-3 && high < 2.0 * watched).then_some(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_life_is_found_again() {
        let batch = |days: f64| Batch {
            days,
            added: 1000.0,
            standing: 1000.0 * (-days / 90.0).exp2(),
        };
        let found = half_life(&[batch(10.0), batch(90.0), batch(400.0)]).unwrap();
        assert!((found - 90.0).abs() < 0.01, "{found}");
    }

    #[test]
    fn young_lines_have_no_half_life_yet() {
        let batch = Batch {
            days: 10.0,
            added: 100.0,
            standing: 99.0,
        };
        assert_eq!(half_life(&[batch]), None);
    }

    #[test]
    fn where_nothing_went_there_is_no_half_life() {
        let batch = Batch {
            days: 10.0,
            added: 5.0,
            standing: 5.0,
        };
        assert_eq!(half_life(&[batch]), None);
    }
}
