//! How a command run by an agent is told apart from others.

/// Evidence that an agent runs a command.
#[derive(Debug)]
pub struct Marks {
    /// Variables that only commands of this agent have: any of them suffices. If a value is given, it must match.
    pub variables: &'static [(&'static str, Option<&'static str>)],
    /// Variables that its commands have, but terminals in which a person types may have, too.
    pub hints: &'static [&'static str],
    /// The variables that contain the id of its session. The first one that is set counts.
    pub session: &'static [&'static str],
    /// Whether they contain another kind of id in commands of a subagent: without a log, it is then not a session.
    pub has_other_ids: bool,
    /// The variable that contains the model.
    pub model: Option<&'static str>,
    /// Agents whose variables its commands have, too.
    pub imitates: &'static [&'static str],
    /// The names of its programs.
    pub programs: &'static [&'static str],
    /// The packages whose scripts an interpreter runs.
    pub packages: &'static [&'static str],
}

impl Marks {
    /// No marks.
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
