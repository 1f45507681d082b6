//! Internals that the tests of the command use. None of this is an interface: it changes whenever the code does.

/// Facts and their readers.
pub mod facts {
    pub use crate::facts::agents::{AGENTS, by_name};
    pub use crate::facts::change::ChangedFile;
    pub use crate::facts::commit::decide;
    pub use crate::facts::diagnostics::Status;
    pub use crate::facts::estimate::Phase;
    pub use crate::facts::evidence::ForeignTrailers;
    pub use crate::facts::ids::TaskId;
    pub use crate::facts::progress::Progress;
    pub use crate::facts::quantity::{Hours, Minutes, Tokens, WorkTime};
    pub use crate::facts::task::{FirstClaim, Task, TaskSource};
    pub use crate::facts::trailers::parse as trailers;
    pub use crate::facts::zone::{Period, Zone};
}

/// How the program is called.
pub mod cli {
    pub use crate::cli::command_names as commands;
    pub use crate::cli::{help_texts, usage_error};
}

/// The checks of `doctor`, by name.
pub mod doctor {
    /// The names and questions of all checks.
    pub fn checks() -> Vec<(&'static str, &'static str)> {
        crate::doctor::checks()
            .map(|check| (check.name, check.about))
            .collect()
    }
}

/// What git reports.
pub mod git {
    pub use crate::git::Repo;
    pub use crate::git::added_lines::Known;
    pub use crate::git::changes::Renames;
    pub use crate::git::survival::survival;
}

/// Sources.
pub mod sources {
    pub use crate::sources::agents::{Machine, READERS};
    pub use crate::sources::changed::{load as load_changed, save as save_changed};
    pub use crate::sources::discover::{LinkedWorkTrees, discover};
    pub use crate::sources::history::{History, HistoryOptions, KeptFacts, read_history};
    pub use crate::sources::survival::read_survival;
}

/// What the benchmarks read.
pub mod reading {
    pub use crate::sources::agents::Machine;
    pub use crate::sources::agents::collect::{Request, collect};
    pub use crate::workspace::options::ReadOptions;
    pub use crate::workspace::read::Workspace;
}

/// What is computed from them.
pub mod reports {
    pub use crate::aggregate::group::Dimension;
    pub use crate::aggregate::models::Requested;
    pub use crate::aggregate::report::{Query, Report, report};
    pub use crate::aggregate::repository::{PlacedTask, Repository};
    pub use crate::render::format::Format;
    pub use crate::render::markdown::render as markdown;
    pub use crate::render::report::{View, task_log};
}
