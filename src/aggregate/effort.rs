//! What sessions took for commits and tasks: each minute for one commit, and for one task where several share a commit.

use std::collections::{BTreeMap, HashMap};

use super::repository::PlacedTask;
use crate::correlate::seen::SeenSession;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::Minutes;
use crate::facts::span::{self, Span};

/// What sessions took for something.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spent<'a> {
    sessions: BTreeMap<&'a SessionId, Time>,
}

/// What one session took for it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Time {
    /// Agent minutes, subagents as lanes of their own; `None` where no log says.
    agent_minutes: Option<f64>,
    /// When any agent worked, in no order.
    worked: Vec<Span>,
}

impl<'a> Spent<'a> {
    /// Adds a part of what was spent elsewhere. Time on the wall is not divided: who shares it had all of it.
    fn add(&mut self, other: &Spent<'a>, part: f64) {
        for (session, time) in &other.sessions {
            let own = self.sessions.entry(session).or_default();
            if let Some(minutes) = time.agent_minutes {
                *own.agent_minutes.get_or_insert(0.0) += minutes * part;
            }
            own.worked.extend_from_slice(&time.worked);
        }
    }

    /// Σ agent minutes; `None` where no log says.
    pub(super) fn minutes(&self) -> Option<Minutes> {
        let known = self.sessions.values().filter_map(|time| time.agent_minutes);
        Minutes::new(known.clone().sum()).filter(|_| known.count() > 0)
    }

    /// When any agent worked, in no order.
    pub(super) fn worked(&self) -> impl Iterator<Item = Span> {
        self.sessions.values().flat_map(|time| &time.worked).copied()
    }

    /// The sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &'a SessionId> {
        self.sessions.keys().copied()
    }

    /// What each session alone took, with its part of the agent minutes.
    pub(super) fn apart(&self) -> impl Iterator<Item = (&'a SessionId, f64, Self)> {
        let total = self.minutes().map_or(0.0, Minutes::get);
        let even = 1.0 / self.sessions.len() as f64;
        self.sessions.iter().map(move |(session, time)| {
            let part = if total > 0.0 {
                time.agent_minutes.unwrap_or(0.0) / total
            } else {
                even
            };
            let alone = Spent {
                sessions: BTreeMap::from([(*session, time.clone())]),
            };
            (*session, part, alone)
        })
    }
}

/// What the sessions of a report took, by commit and by task.
#[derive(Debug, Default)]
pub(super) struct Effort<'a> {
    commits: HashMap<ObjectId, Spent<'a>>,
    tasks: HashMap<TaskId, Spent<'a>>,
}

impl<'a> Effort<'a> {
    pub(super) fn new(sessions: &'a [SeenSession], tasks: &[&PlacedTask]) -> Self {
        let mut effort = Self::default();
        for session in sessions {
            for (_, link) in session.made() {
                let time = Time {
                    agent_minutes: session.agent_minutes().map(|minutes| minutes * link.share),
                    worked: link.worked.clone(),
                };
                let spent = Spent {
                    sessions: BTreeMap::from([(&session.id, time)]),
                };
                effort.commits.entry(link.commit).or_default().add(&spent, 1.0);
            }
        }
        effort.add_tasks(tasks);
        effort.add_named(sessions, tasks);
        effort
    }

    /// Tasks that share a commit share its time by their estimates.
    fn add_tasks(&mut self, tasks: &[&PlacedTask]) {
        let mut hours: HashMap<ObjectId, (f64, f64)> = HashMap::new();
        for placed in tasks {
            for commit in &placed.commits {
                let (hours, count) = hours.entry(*commit).or_default();
                *hours += placed.task.estimate.hours.get();
                *count += 1.0;
            }
        }
        for placed in tasks {
            for commit in &placed.commits {
                let Some((spent, (all, count))) = self.commits.get(commit).zip(hours.get(commit)) else {
                    continue;
                };
                let part = if *all > 0.0 {
                    placed.task.estimate.hours.get() / all
                } else {
                    1.0 / count
                };
                self.tasks.entry(placed.task.id).or_default().add(spent, part);
            }
        }
    }

    /// A task without commits that names its sessions has what they did not commit.
    fn add_named(&mut self, sessions: &'a [SeenSession], tasks: &[&PlacedTask]) {
        let mut naming: HashMap<&SessionId, Vec<TaskId>> = HashMap::new();
        for placed in tasks.iter().filter(|placed| placed.commits.is_empty()) {
            for session in &placed.task.sessions {
                naming.entry(session).or_default().push(placed.task.id);
            }
        }
        for session in sessions {
            let Some(tasks) = naming.get(&session.id) else {
                continue;
            };
            let committed: Vec<Span> = session.made().flat_map(|(_, link)| link.worked.clone()).collect();
            let share: f64 = session.made().map(|(_, link)| link.share).sum();
            let committed = span::union(committed);
            let rest = span::union(session.worked.iter().copied());
            let left = (1.0 - share).max(0.0);
            let time = Time {
                agent_minutes: session.agent_minutes().map(|minutes| minutes * left),
                worked: rest
                    .into_iter()
                    .flat_map(|span| span::without(span, &committed))
                    .collect(),
            };
            let spent = Spent {
                sessions: BTreeMap::from([(&session.id, time)]),
            };
            for task in tasks {
                let part = 1.0 / tasks.len() as f64;
                self.tasks.entry(*task).or_default().add(&spent, part);
            }
        }
    }

    /// What was spent on a commit; `None` where no session is linked to it.
    pub(super) fn of_commit(&self, commit: ObjectId) -> Option<&Spent<'a>> {
        self.commits.get(&commit)
    }

    /// What was spent on a task; `None` where no session is linked to it.
    pub(super) fn of_task(&self, task: TaskId) -> Option<&Spent<'a>> {
        self.tasks.get(&task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{claim, object};
    use crate::correlate::seen::Origin;
    use crate::facts::evidence::Confidence;
    use crate::facts::link::{Link, Rung};
    use crate::facts::session::{Provenance, Sources};
    use crate::facts::span::Moment;

    /// A session of ten minutes, of which it committed these parts.
    fn session(id: &str, shares: &[(u8, f64)]) -> SeenSession {
        let worked = Span::new(Moment(0), Moment(600_000));
        let link = |(commit, share): &(u8, f64)| Link {
            commit: object(*commit),
            session: SessionId::new("codex", id),
            rung: Rung::Lines,
            confidence: Confidence::High,
            evidence: Vec::new(),
            share: *share,
            worked: Vec::new(),
        };
        SeenSession {
            id: SessionId::new("codex", id),
            origin: Origin::Log,
            home: 0,
            models: Vec::new(),
            span: worked,
            worked: vec![worked],
            lanes: 1.0,
            attention: Vec::new(),
            usage: Vec::new(),
            sources: Sources {
                agent_time: Provenance::Measured,
                ..Sources::default()
            },
            links: shares.iter().map(|share| (0, link(share))).collect(),
        }
    }

    #[test]
    fn tasks_on_one_commit_share_its_time_by_their_estimates() {
        let sessions = [session("a", &[(1, 0.5)]), session("b", &[(1, 1.0), (2, 0.0)])];
        let tasks = [
            claim(1, "2026-03-01", 3.0).on(1).placed(),
            claim(2, "2026-03-01", 1.0).on(1).placed(),
            claim(3, "2026-03-01", 1.0).on(9).placed(),
        ];
        let tasks: Vec<&PlacedTask> = tasks.iter().collect();
        let effort = Effort::new(&sessions, &tasks);
        let minutes = |task: &PlacedTask| Some(effort.of_task(task.task.id)?.minutes()?.get());
        assert_eq!(minutes(tasks[0]), Some(11.25));
        assert_eq!(minutes(tasks[1]), Some(3.75));
        assert_eq!(minutes(tasks[2]), None);
        let apart: Vec<f64> = effort
            .of_commit(object(1))
            .map(|spent| spent.apart().map(|(_, part, _)| part).collect())
            .unwrap_or_default();
        assert_eq!(apart, [5.0 / 15.0, 10.0 / 15.0]);
    }

    #[test]
    fn a_task_without_commits_has_what_its_sessions_did_not_commit() {
        let sessions = [session("a", &[(1, 0.25)])];
        let mut plan = claim(1, "2026-03-01", 8.0).placed();
        plan.task.sessions = vec![SessionId::new("codex", "a")];
        let effort = Effort::new(&sessions, &[&plan]);
        let spent = effort.of_task(plan.task.id).and_then(Spent::minutes);
        assert_eq!(spent, Minutes::new(7.5));
    }
}
