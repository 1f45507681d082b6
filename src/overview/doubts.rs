//! What doubts about the factors of an overview rest on: the figures of each of its tasks.

use super::{Overview, TaskView};
use crate::aggregate::sensitivity::{Doubts, Figures, OtherMinutes};

impl Overview {
    /// How much of the factors of all tasks survives each doubt.
    pub fn sensitivity(&self) -> Doubts {
        let figures: Vec<Figures> = self.tasks.iter().map(TaskView::figures).collect();
        Doubts::of(&figures, self.all.measures.session_agent_minutes)
    }
}

impl TaskView {
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
                least: None,
                measured: self.claimed_minutes().and(self.logged),
                has_sessions: self.has_session_minutes,
            },
        }
    }
}
