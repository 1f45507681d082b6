//! The names of our references.

/// The ledger.
pub const NOTES: &str = "refs/notes/leverage";
/// The chain of commits that carry tasks without code.
pub const TASKS: &str = "refs/leverage/tasks";
/// The last ledger that this clone wrote.
pub const PIN: &str = "refs/leverage/pin";
/// What was fetched: `refs/leverage/remotes/<remote>/notes` and `…/tasks`.
pub const REMOTES: &str = "refs/leverage/remotes/";
