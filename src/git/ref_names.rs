//! The names of this program's refs.

/// The ledger.
pub const NOTES: &str = "refs/notes/leverage";
/// The chain of commits that carry tasks without a commit.
pub const TASKS: &str = "refs/leverage/tasks";
/// The last ledger that this clone wrote.
pub const PIN: &str = "refs/leverage/pin";
/// Fetched ledgers: `refs/leverage/remotes/<remote>/notes` and `…/tasks`.
pub const REMOTES: &str = "refs/leverage/remotes/";
