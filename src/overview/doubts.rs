//! What doubts about the factors of an overview rest on, and what its claims are worth: the figures of each of its tasks.

use super::{Group, Overview, Support, TaskView};
use crate::aggregate::sensitivity::{Doubts, Figures, OtherMinutes};
use crate::aggregate::worth::{ClaimFacts, Worth, people};
use crate::facts::factor::{FactorRange, RatioRange};

impl Overview {
    /// How much of the factors of all tasks survives each doubt.
    pub fn sensitivity(&self) -> Doubts {
        let figures: Vec<Figures> = self.tasks.iter().map(TaskView::figures).collect();
        Doubts::of(&figures, self.all.measures.session_agent_minutes)
    }
}

impl Overview {
    /// What the claims of a group are worth.
    pub fn worth(&self, group: &Group) -> Worth {
        Self::worth_of(self.tasks_of(group))
    }

    /// What the claims of some tasks are worth.
    pub fn worth_of<'t>(tasks: impl Iterator<Item = &'t TaskView>) -> Worth {
        let claims: Vec<ClaimFacts> = tasks.map(TaskView::claim_facts).collect();
        Worth::of(&claims)
    }
}

/// Both ends of the factor of some tasks: Σ low hours over the most minutes, and Σ high hours over the least. A task without a
/// range counts as it is; `None` if no task in the factor has one.
pub fn factor_ends<'t>(tasks: impl Iterator<Item = &'t TaskView>) -> Option<FactorRange> {
    let mut sum = RatioRange::default();
    for view in tasks {
        let most = view.agent.value;
        sum += RatioRange::new(view.task.estimate.ends(), most, view.agent_low.or(most));
    }
    sum.factors()
}

impl TaskView {
    /// What is known of its claim.
    fn claim_facts(&self) -> ClaimFacts {
        let others = self.opinions.iter().map(|opinion| &opinion.estimate);
        ClaimFacts {
            hours: self.task.estimate.hours,
            agent: self.agent.value,
            measured: self.logged,
            is_from_logs: self.support == Support::Logs,
            people: people(others.chain([&self.task.estimate])),
            has_phases: !self.task.estimate.phases.is_empty(),
            is_given_before: self.is_given_before,
            is_calibrated: self.other_hours.calibrated.is_some(),
        }
    }

    /// What doubts need to know of it.
    fn figures(&self) -> Figures {
        Figures {
            id: self.task.id,
            title: self.task.title.clone(),
            hours: self.task.estimate.hours,
            agent: self.agent.value,
            supervision: self.supervisory.value,
            other_hours: self.other_hours,
            other_minutes: OtherMinutes {
                least: self.agent_low,
                measured: self.claimed_minutes().and(self.logged),
                has_sessions: self.has_session_minutes,
            },
        }
    }
}
