//! Single files with charts: a report, an audit or an inventory as one page that holds everything.
//!
//! Charts and tiles come first, then the tables that every format has. Marks lead to a row of the same page if it has one.

mod audit;
mod inventory;
mod report;

pub use audit::audit;
pub use inventory::inventory;
pub use report::report;
