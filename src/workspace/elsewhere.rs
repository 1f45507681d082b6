//! What is needed of repositories that were read elsewhere, and that are not opened here.

use std::collections::HashSet;

use super::from_objects::FromObjects;
use crate::aggregate::repository::Repository;
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;

/// Repositories that were read elsewhere. What a `take_` function returns, it returns once.
pub trait ReadElsewhere: Sync {
    /// The repositories. Other functions name them by their position among these.
    fn take_repos(&mut self) -> Vec<Repository>;

    /// What could not be read of sessions.
    fn take_warnings(&mut self) -> Vec<Warning>;

    /// The sessions of logs that worked in some of the repositories, with positions among these, and the ids of all sessions in logs.
    fn sessions(&self, among: &[usize]) -> (Vec<SeenSession>, HashSet<SessionId>);

    /// What an audit of a repository examines besides its commits and sessions, or why that is unknown.
    fn objects(&self, at: usize) -> Result<FromObjects, String>;
}
