//! Which notes are on commits that no longer stand, and which commits took the place of these.
//!
//! A note is moved only where something proves one commit, and one alone: what a rewrite keeps or a squash quotes, as every
//! reader of the ledger sees it; the same change; a task or a session that a message names. Everything else is left undecided,
//! and so is whatever would change what the ledger adds up to. Tasks that only messages on no branch claim are listed where a
//! squash made their change.

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
