//! Builds an overview.

use super::{Audited, Overview, Query};
use crate::aggregate::repository::Repository;
use crate::correlate::seen::SeenSession;

impl Overview {
    /// Joins what was read. `sessions` name repositories by their position in `repos`, as `audits` do; a repository that was not
    /// audited has `None`.
    pub fn new(
        repos: &[Repository],
        sessions: &[SeenSession],
        audits: Vec<Option<Audited>>,
        query: &Query,
    ) -> Self {
        let _ = (repos, sessions, audits);
        Self {
            zone: query.zone,
            work: query.work,
            as_of: None,
            all: super::Group::default(),
            left_out: crate::aggregate::report::LeftOut::default(),
            estimates_by_agents: 0,
            days: Vec::new(),
            repos: Vec::new(),
            tasks: Vec::new(),
            sessions: Vec::new(),
            commits: Vec::new(),
            notes: Vec::new(),
            excluded: query.excluded,
        }
    }
}
