//! Small facts for the tests of this layer.

use crate::aggregate::repository::{PlacedTask, Repository};
use crate::facts::commit::{Commit, Instant, LineCounts, Person};
use crate::facts::evidence::Origin;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::lineage::Lineage;
use crate::facts::quantity::{Hours, Minutes};
use crate::facts::record::ByHand;
use crate::facts::task::{FirstClaim, Task, TaskSource};

pub(crate) fn repository(name: &str) -> Repository {
    Repository {
        name: name.to_owned(),
        path: format!("/src/{name}"),
        lineage: Lineage {
            place: format!("/src/{name}/.git").into(),
            ..Lineage::default()
        },
        ..Repository::default()
    }
}

pub(crate) fn object(number: u8) -> ObjectId {
    ObjectId::from_bytes(&[number; 20]).unwrap()
}

/// A commit by Grace that added ten lines to one file.
pub(crate) fn commit(number: u8, at: &str) -> Commit {
    let seconds = chrono::DateTime::parse_from_rfc3339(at).unwrap().timestamp();
    let time = Instant { seconds, offset: 0 };
    Commit {
        id: object(number),
        tree: object(0),
        parents: Vec::new(),
        author: Person {
            name: "Grace Example".to_owned(),
            email: "grace@example.org".to_owned(),
        },
        author_time: time,
        commit_time: time,
        subject: format!("commit {number}"),
        lines: Some(LineCounts {
            files: 1,
            added: 10,
            removed: 0,
        }),
        by_class: Vec::new(),
        claiming: None,
        reverts: Box::default(),
        origin: Origin::default(),
    }
}

pub(crate) struct Claim(PlacedTask);

/// A task that Ada estimated.
pub(crate) fn claim(number: u64, date: &str, hours: f64) -> Claim {
    let first = FirstClaim {
        at: chrono::DateTime::UNIX_EPOCH,
        by: "Ada Example <ada@example.org>",
        title: format!("task {number}"),
        date: date.parse().unwrap(),
        hours: Hours::new(hours).unwrap(),
        source: TaskSource::Record,
    };
    let task = Task::new(TaskId::new(number, &[0; 10]), first);
    Claim(PlacedTask {
        task,
        earlier: Vec::new(),
        commits: Vec::new(),
        opinions: Vec::new(),
    })
}

impl Claim {
    pub(crate) fn agent_minutes(mut self, minutes: f64) -> Self {
        self.0.task.agent_minutes = Minutes::new(minutes);
        self
    }

    pub(crate) fn supervised(mut self, minutes: f64) -> Self {
        self.0.task.supervisory_minutes = Minutes::new(minutes);
        self
    }

    pub(crate) fn agent(mut self, agent: &str) -> Self {
        self.0.task.agent = Some(agent.to_owned());
        self
    }

    pub(crate) fn tags(mut self, tags: &[&str]) -> Self {
        self.0.task.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self
    }

    pub(crate) fn revised(mut self, rev: u32) -> Self {
        self.0.task.rev = rev;
        self
    }

    pub(crate) fn on(mut self, commit: u8) -> Self {
        self.0.commits.push(object(commit));
        self
    }

    pub(crate) fn placed(self) -> PlacedTask {
        self.0
    }
}

/// A task that `by` estimated and that was done by hand.
pub(crate) fn by_hand(number: u64, by: &str, estimated: f64, actual: f64) -> ByHand {
    let mut task = claim(number, "2026-03-01", estimated).placed().task;
    task.estimate.by = by.to_owned();
    ByHand::new(task, Hours::new(actual).unwrap())
}
