//! What some tasks claim, each factor with the hours that belong to it.
//!
//! Hours without minutes are in no factor. A sentence that gives all hours beside the minutes of some tasks would suggest a factor
//! that nobody claims, so sentences and headings are made from this.

use super::TaskView;
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Hours, Minutes};

/// The claim of some tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Claim {
    /// How many they are.
    pub tasks: u64,
    /// The hours of all of them.
    pub hours: Hours,
    /// Those with agent time.
    pub timed: Terms,
    /// Those with supervision.
    pub supervised: Terms,
}

/// The tasks in a factor.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// How many they are.
    pub tasks: u64,
    /// Their hours and minutes.
    pub ratio: Ratio,
}

impl Terms {
    fn add(&mut self, hours: Hours, minutes: Option<Minutes>) {
        let ratio = Ratio::new(hours, minutes);
        self.tasks += u64::from(!ratio.is_empty());
        self.ratio += ratio;
    }
}

impl Claim {
    /// That of tasks by their hours, agent minutes and supervision.
    pub fn of(tasks: impl IntoIterator<Item = (Hours, Option<Minutes>, Option<Minutes>)>) -> Self {
        let mut claim = Self::default();
        for (hours, agent, supervisory) in tasks {
            claim.tasks += 1;
            claim.hours += hours;
            claim.timed.add(hours, agent);
            claim.supervised.add(hours, supervisory);
        }
        claim
    }

    /// That of tasks of an overview.
    pub fn of_views<'a>(views: impl IntoIterator<Item = &'a TaskView>) -> Self {
        let amounts = |view: &TaskView| (view.task.estimate.hours, view.agent.value, view.supervisory.value);
        Self::of(views.into_iter().map(amounts))
    }

    /// Whether all hours are in the factor over agent time.
    pub fn is_timed(&self) -> bool {
        self.timed.tasks == self.tasks
    }
}
