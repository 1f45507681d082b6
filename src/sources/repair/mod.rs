//! Which notes are on unreachable commits, and which commits replaced these.
//!
//! A note is moved only if exactly one commit is proven: by what a rewrite preserves or a squash quotes, as every
//! reader of the ledger sees it; by the same change; or by a task or a session that a message names. Everything else is
//! left undecided, and so is whatever would change the totals of the ledger. Tasks that only messages on no branch
//! claim are listed if a squash made their change.

mod carry;
mod changes;
mod lines;
mod lost;
mod plan;
mod standing;
mod totals;
mod undecided;

pub use carry::{Refused, carry};
pub use lines::{sessions, tasks};
pub use plan::{Move, Repair, additions, plan};
pub use undecided::{Doubt, Undecided};
