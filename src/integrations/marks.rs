//! How a command that an agent runs is told from others.

/// What shows that a command is an agent's.
#[derive(Debug)]
pub struct Marks {
    /// Variables that only commands of this agent have: any of them is enough. With a value, it has to be that one.
    pub variables: &'static [(&'static str, Option<&'static str>)],
    /// Variables that its commands have, and terminals in which a person types as well.
    pub hints: &'static [&'static str],
    /// The variables that hold the id of its session. The first that is set counts.
    pub session: &'static [&'static str],
    /// Whether they hold an id of another kind in commands of a subagent: then one without a log is no session's.
    pub has_other_ids: bool,
    /// The variable that holds the model.
    pub model: Option<&'static str>,
    /// Agents whose variables its commands have as well.
    pub imitates: &'static [&'static str],
    /// The names of its programs.
    pub programs: &'static [&'static str],
    /// The packages whose scripts an interpreter runs.
    pub packages: &'static [&'static str],
}

impl Marks {
    /// None at all.
    pub const NONE: Self = Self {
        variables: &[],
        hints: &[],
        session: &[],
        has_other_ids: false,
        model: None,
        imitates: &[],
        programs: &[],
        packages: &[],
    };
}
