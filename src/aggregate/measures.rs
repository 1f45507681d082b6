//! The sums of a report, and the factors that follow from them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::calibration::Correction;
use super::effort::{Spent, TaskEffort};
use super::groups::CommitSum;
use super::models::ModelHours;
use crate::correlate::seen::{Part, SeenSession};
use crate::facts::commit::{Commit, LineCounts};
use crate::facts::estimate::Estimate;
use crate::facts::evidence::OriginState;
use crate::facts::factor::{FactorRange, Ratio, RatioRange};
use crate::facts::files::FileClass;
use crate::facts::ids::SessionId;
use crate::facts::quantity::{Hours, Minutes, Tokens};
use crate::facts::session::{Provenance, TokenCounts};
use crate::facts::span::{self, Span};
use crate::facts::task::Task;
use crate::facts::worked::Worked;

/// Declares the measures, so that their names and their values as numbers come from one list of fields.
macro_rules! measures {
    ($(#[$attribute:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* pub $field:ident: $type:ty,)*
    }) => {
        $(#[$attribute])*
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            /// The names of all fields, in the order of the formats.
            pub const NAMES: &[&str] = &[$(stringify!($field)),*];

            /// A field by its name, as a number; `None` if it is unknown.
            pub fn number(&self, name: &str) -> Option<f64> {
                $(if name == stringify!($field) {
                    return self.$field.number();
                })*
                None
            }
        }
    };
}

/// A measure that can be compared with others of its column.
trait Number {
    fn number(self) -> Option<f64>;
}

impl Number for u64 {
    fn number(self) -> Option<f64> {
        Some(self as f64)
    }
}

impl Number for f64 {
    fn number(self) -> Option<f64> {
        Some(self)
    }
}

impl Number for Hours {
    fn number(self) -> Option<f64> {
        Some(self.get())
    }
}

impl Number for Minutes {
    fn number(self) -> Option<f64> {
        Some(self.get())
    }
}

impl Number for Tokens {
    fn number(self) -> Option<f64> {
        Some(self.0 as f64)
    }
}

impl<N: Number> Number for Option<N> {
    fn number(self) -> Option<f64> {
        self.and_then(Number::number)
    }
}

measures! {
    /// The measures of a row or of the totals, in the order of the format. `None` is unknown, never 0.
    #[derive(Debug, Clone, PartialEq, Default, Serialize)]
    pub struct Measures {
        /// Tasks, each once.
        pub tasks: u64,
        /// Claimed: Σ estimates, in hours.
        pub human_hours: Option<Hours>,
        /// Claimed: Σ low ends of the estimates, a task without a range counting with its hours. `None` if none has a range.
        pub human_hours_low: Option<Hours>,
        /// Claimed: Σ high ends, as above.
        pub human_hours_high: Option<Hours>,
        /// Σ agent minutes of the tasks that have them: claimed, else measured in the sessions linked to their commits.
        pub agent_minutes: Option<Minutes>,
        /// The same without the unknown time of sessions, which `agent_minutes` has: the least that agents can have worked.
        /// `None` if nothing is unknown.
        pub agent_minutes_low: Option<Minutes>,
        /// Measured: the part of `agent_minutes` that comes from sessions, not from claims.
        pub agent_minutes_measured: Option<Minutes>,
        /// Σ supervisory minutes of the tasks that have them: claimed, else of their sessions.
        pub supervisory_minutes: Option<Minutes>,
        /// Estimated from logs: the part of `supervisory_minutes` that comes from sessions, not from claims.
        pub supervisory_minutes_measured: Option<Minutes>,
        /// Measured: minutes during which at least one agent worked, in any session.
        pub wall_minutes: Option<Minutes>,
        /// Σ tokens of the tasks that have them: claimed, else of their sessions.
        pub tokens: Option<Tokens>,
        /// Measured: the part of `tokens` that comes from sessions, not from claims.
        pub tokens_measured: Option<Tokens>,
        /// Σ human hours × 60 / Σ agent minutes, over tasks that have both: hours over 0 minutes are left out.
        pub leverage_factor: Option<f64>,
        /// The low end of the leverage factor: Σ low hours × 60 / the most minutes. `None` if neither hours nor minutes have a range.
        pub leverage_factor_low: Option<f64>,
        /// The high end: Σ high hours × 60 / the least minutes, as above.
        pub leverage_factor_high: Option<f64>,
        /// Σ human hours × 60 / Σ supervisory minutes, over tasks that have both, as above.
        pub supervisory_leverage_factor: Option<f64>,
        /// The low end of the supervisory factor: Σ low hours × 60 / the most minutes. `None` if neither hours nor minutes have a range.
        pub supervisory_leverage_factor_low: Option<f64>,
        /// The high end: Σ high hours × 60 / the least minutes, as above.
        pub supervisory_leverage_factor_high: Option<f64>,
        /// Σ human hours × 60 / minutes during which at least one agent worked or may have worked for these tasks, over tasks
        /// with sessions.
        pub wall_leverage_factor: Option<f64>,
        /// The low end of the wall factor: Σ low hours × 60 / the most minutes. `None` if neither hours nor minutes have a range.
        pub wall_leverage_factor_low: Option<f64>,
        /// The high end: Σ high hours × 60 / the least minutes, as above.
        pub wall_leverage_factor_high: Option<f64>,
        /// Σ human hours of tasks with sessions × 60 / Σ agent minutes of every session seen, with or without a task.
        pub all_in_leverage_factor: Option<f64>,
        /// The low end of the all-in factor: Σ low hours × 60 / the most minutes. `None` if neither hours nor minutes have a range.
        pub all_in_leverage_factor_low: Option<f64>,
        /// The high end: Σ high hours × 60 / the least minutes, as above.
        pub all_in_leverage_factor_high: Option<f64>,
        /// Σ human hours in weeks of work.
        pub human_weeks: Option<f64>,
        /// Measured: commits including merges, each once.
        pub commits: u64,
        /// Measured: commits in which an agent had a part.
        pub agent_commits: u64,
        /// Measured: total files changed in non-merge commits whose lines could be read.
        pub files_changed: Option<u64>,
        /// Measured: Σ lines added, over the same commits.
        pub lines_added: Option<u64>,
        /// Measured: Σ lines removed, over the same commits.
        pub lines_removed: Option<u64>,
        /// Measured: the part of `lines_added` in source files that ship: without tests, docs, lock files, generated and vendored ones.
        pub source_lines_added: Option<u64>,
        /// Measured: the same of `lines_removed`.
        pub source_lines_removed: Option<u64>,
        /// Measured: the part of `lines_added` in tests and their data.
        pub test_lines_added: Option<u64>,
        /// Measured: the same of `lines_removed`.
        pub test_lines_removed: Option<u64>,
        /// Measured: sessions seen. `None` if no logs were read, as in every field below.
        pub sessions: Option<u64>,
        /// Measured: Σ agent minutes of those sessions, with their unknown time.
        pub session_agent_minutes: Option<Minutes>,
        /// The same without their unknown time; `None` if nothing is unknown.
        pub session_agent_minutes_low: Option<Minutes>,
        /// Estimated from their logs: Σ supervisory minutes.
        pub session_supervisory_minutes: Option<Minutes>,
        /// Agent minutes per wall minute, both without unknown time.
        pub parallelism: Option<f64>,
        /// Measured: Σ fresh input tokens.
        pub tokens_input: Option<u64>,
        /// Measured: Σ tokens written to a cache.
        pub tokens_cache_write: Option<u64>,
        /// Measured: Σ tokens read from a cache.
        pub tokens_cache_read: Option<u64>,
        /// Measured: Σ output tokens.
        pub tokens_output: Option<u64>,
        /// Measured: the sum of the four.
        pub tokens_logged: Option<u64>,
        /// Estimated by a model, if one was requested: Σ human hours of commits without a task. In no other field.
        pub model_human_hours: Option<Hours>,
        /// The model's hours × 60 / Σ agent minutes, over commits without a task that sessions are linked to.
        pub model_leverage_factor: Option<f64>,
        /// The same by the pace of people in the repository, in which those of repositories without a pace are left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pace_human_hours: Option<Hours>,
        /// The low end of the range of these hours.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pace_human_hours_low: Option<Hours>,
        /// The high end.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pace_human_hours_high: Option<Hours>,
        /// The hours by pace × 60 / Σ agent minutes, over the same commits that sessions are linked to.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pace_leverage_factor: Option<f64>,
        /// The same by COCOMO II, for each commit by itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cocomo_human_hours: Option<Hours>,
        /// Those hours × 60 / Σ agent minutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cocomo_leverage_factor: Option<f64>,
        /// Derived, if requested: Σ human hours × the ratio of sums of their estimators, over tasks whose estimators have one.
        pub calibrated_human_hours: Option<Hours>,
        /// Those hours × 60 / Σ agent minutes, over the same tasks that have both.
        pub calibrated_leverage_factor: Option<f64>,
        /// The same by the low ends of the intervals of the ratios.
        pub calibrated_leverage_factor_low: Option<f64>,
        /// The same by the high ends.
        pub calibrated_leverage_factor_high: Option<f64>,
    }
}

/// The sums of a row while it is built.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally<'a> {
    tasks: u64,
    hours: Hours,
    hour_ends: HourEnds,
    agent: Ratios,
    agent_range: RatioRange,
    agent_low: Low,
    agent_measured: Option<Minutes>,
    supervision: Ratios,
    supervision_range: RatioRange,
    supervision_measured: Option<Minutes>,
    with_sessions: WithSessions,
    models: Models,
    calibrated: Calibrated,
    tokens: Option<Tokens>,
    tokens_measured: Option<Tokens>,
    commits: u64,
    agent_commits: u64,
    lines: Option<LineCounts>,
    source: Option<LineCounts>,
    tests: Option<LineCounts>,
    /// What agents' logs add; `None` if no session was seen.
    sessions: Option<SessionTally<'a>>,
}

/// Σ low and high ends of estimates.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct HourEnds {
    low: Hours,
    high: Hours,
    /// Whether any of them has a range.
    is_range: bool,
}

impl HourEnds {
    fn add(&mut self, (low, high): (Hours, Hours)) {
        self.low += low;
        self.high += high;
        self.is_range |= low != high;
    }

    /// The ends; `None` if no estimate has a range.
    fn range(self) -> Option<(Hours, Hours)> {
        self.is_range.then_some((self.low, self.high))
    }

    /// Both ends of the factor over minutes that may have a range.
    fn factors(self, most: Option<Minutes>, least: Option<Minutes>) -> Option<FactorRange> {
        RatioRange::new((self.low, self.high), most, least).factors()
    }
}

/// The terms of a factor, with how much of the work they include.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Ratios {
    sum: Ratio,
    /// The tasks with minutes.
    counted: u64,
    /// Whether the minutes of any task are known, even as 0.
    is_known: bool,
}

impl Ratios {
    fn add(&mut self, hours: Hours, minutes: Option<Minutes>) {
        let ratio = Ratio::new(hours, minutes);
        self.sum += ratio;
        self.counted += u64::from(!ratio.is_empty());
        self.is_known |= minutes.is_some();
    }

    fn minutes(self) -> Option<Minutes> {
        self.is_known.then(|| self.sum.minutes())
    }
}

/// The least agent minutes, beside the most in [`Ratios`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Low {
    /// Σ least minutes, of all that is in the sum of the most.
    minutes: Minutes,
    /// Whether they differ from the most for anything.
    is_less: bool,
}

impl Low {
    fn add(&mut self, effort: TaskEffort) {
        self.minutes += effort.least_agent_minutes().unwrap_or_default();
        self.is_less |= effort.agent_low.is_some();
    }

    fn minutes(self) -> Option<Minutes> {
        self.is_less.then_some(self.minutes)
    }
}

/// Tasks for which agents worked in sessions.
#[derive(Debug, Clone, PartialEq, Default)]
struct WithSessions {
    tasks: u64,
    hours: Option<Hours>,
    hour_ends: HourEnds,
    on_the_wall: OnTheWall,
}

/// Tasks for which it is known when agents worked.
#[derive(Debug, Clone, PartialEq, Default)]
struct OnTheWall {
    hours: Hours,
    hour_ends: HourEnds,
    /// When they worked.
    spans: Vec<Span>,
    /// Minutes in which they may have worked in addition.
    unknown: Minutes,
    /// Whether of some only the days are known: what worked at the same time is then unknown.
    is_by_day: bool,
}

impl OnTheWall {
    /// Unknown time has no position, so it is counted as if no agent worked beside it: the factor is never too high.
    fn factor(&self) -> Option<f64> {
        Ratio::new(self.hours, self.most()?.checked()).factor()
    }

    fn factors(&self) -> Option<FactorRange> {
        let least = self.least()?;
        self.hour_ends.factors(self.most()?.checked(), least.checked())
    }

    fn least(&self) -> Option<Minutes> {
        (!self.is_by_day).then(|| wall(&self.spans))
    }

    fn most(&self) -> Option<Minutes> {
        self.least().map(|least| least + self.unknown)
    }
}

impl WithSessions {
    fn add(&mut self, estimate: &Estimate, worked: impl Iterator<Item = Span>, spent: &Spent<'_>) {
        let hours = estimate.hours;
        self.tasks += 1;
        *self.hours.get_or_insert_default() += hours;
        self.hour_ends.add(estimate.ends());
        let mut worked = worked.filter(|span| !span.is_empty()).peekable();
        if worked.peek().is_some() {
            self.on_the_wall.hours += hours;
            self.on_the_wall.hour_ends.add(estimate.ends());
            self.on_the_wall.spans.extend(worked);
            self.on_the_wall.unknown += spent.unknown_minutes();
            self.on_the_wall.is_by_day |= spent.is_by_day();
        }
    }
}

/// Tasks whose estimators have a calibration.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Calibrated {
    hours: Option<Hours>,
    /// The terms at the low ends, the ratios and the high ends.
    ratios: [Ratio; 3],
}

impl Calibrated {
    fn add(&mut self, hours: [Hours; 3], minutes: Option<Minutes>) {
        *self.hours.get_or_insert_default() += hours[1];
        for (sum, hours) in self.ratios.iter_mut().zip(hours) {
            *sum += Ratio::new(hours, minutes);
        }
    }
}

/// What a model estimates for commits without a task.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Model {
    hours: Option<Hours>,
    /// Its factor over commits with linked sessions.
    ratio: Ratio,
}

impl Model {
    fn add(&mut self, hours: Hours, minutes: Option<Minutes>) {
        *self.hours.get_or_insert_default() += hours;
        self.ratio += Ratio::new(hours, minutes);
    }
}

/// The same for each model that was requested.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Models {
    sloc: Model,
    cocomo: Model,
    pace: Model,
    /// The ends of the range by pace: hours without a range count at both.
    pace_ends: [Hours; 2],
    has_range: bool,
}

impl Models {
    fn add(&mut self, hours: &ModelHours, minutes: Option<Minutes>) {
        for (model, hours) in [(&mut self.sloc, hours.sloc), (&mut self.cocomo, hours.cocomo)] {
            if let Some(hours) = hours {
                model.add(hours, minutes);
            }
        }
        if let Some(pace) = hours.pace {
            self.pace.add(pace.hours, minutes);
            for (sum, end) in self.pace_ends.iter_mut().zip([pace.low, pace.high]) {
                *sum += end.unwrap_or(pace.hours);
            }
            self.has_range |= pace.low.is_some();
        }
    }

    fn write(&self, measures: &mut Measures) {
        let end = |at: usize| Some(self.pace_ends[at]).filter(|_| self.has_range);
        measures.model_human_hours = self.sloc.hours;
        measures.model_leverage_factor = self.sloc.ratio.factor();
        measures.pace_human_hours = self.pace.hours;
        measures.pace_human_hours_low = end(0);
        measures.pace_human_hours_high = end(1);
        measures.pace_leverage_factor = self.pace.ratio.factor();
        measures.cocomo_human_hours = self.cocomo.hours;
        measures.cocomo_leverage_factor = self.cocomo.ratio.factor();
    }
}

/// What the logs of agents add to a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct SessionTally<'a> {
    sessions: BTreeSet<&'a SessionId>,
    time: Worked,
    supervisory_minutes: Option<Minutes>,
    tokens: Option<TokenCounts>,
}

impl<'a> SessionTally<'a> {
    fn add(&mut self, session: &'a SeenSession, part: &Part, model: Option<&str>) {
        let known = |provenance| provenance != Provenance::Absent;
        self.sessions.insert(&session.id);
        if known(session.sources.agent_time) {
            self.time.add(part.time.clone());
        }
        if known(session.sources.human_time) {
            *self.supervisory_minutes.get_or_insert_default() += part.supervisory_minutes;
        }
        if let Some(tokens) = session.tokens_of(part, model) {
            *self.tokens.get_or_insert_default() += tokens;
        }
    }

    /// Of one session, its own times show what it did at the same time, even if only their days are right.
    fn wall_minutes(&self) -> Option<Minutes> {
        let is_known = !self.time.is_by_day || self.sessions.len() == 1;
        let minutes = self.time.minutes.filter(|_| is_known);
        minutes.map(|_| wall(&self.time.spans))
    }
}

/// Minutes that at least one span covers.
fn wall(worked: &[Span]) -> Minutes {
    span::minutes(span::total(&span::union(worked.iter().copied())))
}

impl<'a> Tally<'a> {
    /// Counts a task with its effort, and with what its sessions show.
    pub fn add_task(&mut self, task: &Task, effort: TaskEffort, spent: Option<&Spent<'_>>) {
        self.tasks += 1;
        let hours = task.estimate.hours;
        self.hours += hours;
        self.hour_ends.add(task.estimate.ends());
        self.agent.add(hours, effort.agent.value);
        self.agent_range += effort.ratio_range(task);
        self.agent_low.add(effort);
        self.supervision.add(hours, effort.supervisory.value);
        self.supervision_range += effort.supervisory_ratio_range(task);
        let sums = [
            (&mut self.agent_measured, effort.agent.measured),
            (&mut self.supervision_measured, effort.supervisory.measured),
        ];
        for (sum, minutes) in sums {
            if let Some(minutes) = minutes {
                *sum.get_or_insert_default() += minutes;
            }
        }
        let sums = [
            (&mut self.tokens, effort.tokens.value),
            (&mut self.tokens_measured, effort.tokens.measured),
        ];
        for (sum, tokens) in sums {
            if let Some(tokens) = tokens {
                *sum.get_or_insert_default() += tokens;
            }
        }
        if let Some(spent) = spent.filter(|spent| spent.minutes().is_some()) {
            // Less wall time than agents worked would make the factor too high.
            let is_known = effort.is_told_by(spent);
            let worked = spent.worked().filter(|_| is_known);
            self.with_sessions.add(&task.estimate, worked, spent);
        }
    }

    /// Counts the hours of a task as the calibration of its estimator corrects them, with its agent minutes.
    pub(super) fn add_calibrated(&mut self, task: &Task, effort: TaskEffort, by: Correction) {
        let hours = by.of_hours(task.estimate.hours);
        self.calibrated.add(hours, effort.agent.value);
    }

    /// Counts a commit.
    pub fn add_commit(&mut self, commit: &Commit) {
        self.commits += 1;
        self.agent_commits += u64::from(commit.origin.state() == OriginState::Agent);
        let classes = [
            (&mut self.lines, commit.lines),
            (&mut self.source, commit.lines_in(FileClass::Source)),
            (&mut self.tests, commit.lines_in(FileClass::Test)),
        ];
        for (sum, lines) in classes {
            if let Some(lines) = lines {
                *sum.get_or_insert_default() += lines;
            }
        }
    }

    /// Counts commits by their sums.
    pub(super) fn add_commits(&mut self, sum: &CommitSum) {
        self.commits += sum.commits;
        self.agent_commits += sum.agent_commits;
        let classes = [
            (&mut self.lines, sum.lines),
            (&mut self.source, sum.source),
            (&mut self.tests, sum.tests),
        ];
        for (known, lines) in classes.into_iter().filter(|_| sum.counted > 0) {
            *known.get_or_insert_default() += lines;
        }
    }

    /// Counts what models estimate for a commit without a task, with the time of its sessions.
    pub(super) fn add_models(&mut self, hours: &ModelHours, spent: Option<&Spent<'_>>) {
        self.models.add(hours, spent.and_then(Spent::most_minutes));
    }

    /// Counts a part of a session, with the tokens of one model or of all.
    pub(super) fn add_part(&mut self, session: &'a SeenSession, part: &Part, model: Option<&str>) {
        self.sessions.get_or_insert_default().add(session, part, model);
    }

    /// The sums and what follows from them; a week has `hours_per_week`.
    pub fn measures(&self, hours_per_week: f64) -> Measures {
        let hours = (self.tasks > 0).then_some(self.hours);
        let mut measures = Measures {
            tasks: self.tasks,
            human_hours: hours,
            agent_minutes: self.agent.minutes(),
            agent_minutes_low: self.agent_low.minutes(),
            agent_minutes_measured: self.agent_measured,
            supervisory_minutes: self.supervision.minutes(),
            supervisory_minutes_measured: self.supervision_measured,
            tokens: self.tokens,
            tokens_measured: self.tokens_measured,
            leverage_factor: self.agent.sum.factor(),
            supervisory_leverage_factor: self.supervision.sum.factor(),
            wall_leverage_factor: self.with_sessions.on_the_wall.factor(),
            human_weeks: hours.map(|hours| hours.get() / hours_per_week),
            commits: self.commits,
            agent_commits: self.agent_commits,
            files_changed: self.lines.map(|lines| lines.files),
            lines_added: self.lines.map(|lines| lines.added),
            lines_removed: self.lines.map(|lines| lines.removed),
            source_lines_added: self.source.map(|lines| lines.added),
            source_lines_removed: self.source.map(|lines| lines.removed),
            test_lines_added: self.tests.map(|lines| lines.added),
            test_lines_removed: self.tests.map(|lines| lines.removed),
            calibrated_human_hours: self.calibrated.hours,
            calibrated_leverage_factor: self.calibrated.ratios[1].factor(),
            calibrated_leverage_factor_low: self.calibrated.ratios[0].factor(),
            calibrated_leverage_factor_high: self.calibrated.ratios[2].factor(),
            ..Measures::default()
        };
        self.models.write(&mut measures);
        self.add_ranges(&mut measures);
        if let Some(seen) = &self.sessions {
            self.add_seen(&mut measures, seen);
        }
        measures
    }

    fn add_ranges(&self, measures: &mut Measures) {
        let hours = self.hour_ends.range();
        measures.human_hours_low = hours.map(|(low, _)| low);
        measures.human_hours_high = hours.map(|(_, high)| high);
        let agent = self.agent_range.factors();
        measures.leverage_factor_low = agent.map(|ends| ends.low);
        measures.leverage_factor_high = agent.map(|ends| ends.high);
        let supervision = self.supervision_range.factors();
        measures.supervisory_leverage_factor_low = supervision.map(|ends| ends.low);
        measures.supervisory_leverage_factor_high = supervision.map(|ends| ends.high);
        let wall = self.with_sessions.on_the_wall.factors();
        measures.wall_leverage_factor_low = wall.map(|ends| ends.low);
        measures.wall_leverage_factor_high = wall.map(|ends| ends.high);
    }

    fn add_seen(&self, measures: &mut Measures, seen: &SessionTally<'_>) {
        let minutes = |value: Option<Minutes>| value.and_then(Minutes::checked);
        let wall = seen.wall_minutes();
        let most = minutes(seen.time.most());
        let all_in = self.with_sessions.hours.zip(most);
        measures.wall_minutes = minutes(wall);
        measures.all_in_leverage_factor = all_in.and_then(|(hours, all)| Ratio::new(hours, all).factor());
        let least = minutes(seen.time.minutes);
        let ends = self
            .with_sessions
            .hours
            .and_then(|_| self.with_sessions.hour_ends.factors(most, least));
        measures.all_in_leverage_factor_low = ends.map(|ends| ends.low);
        measures.all_in_leverage_factor_high = ends.map(|ends| ends.high);
        measures.sessions = Some(seen.sessions.len() as u64);
        measures.session_agent_minutes = most;
        measures.session_agent_minutes_low = minutes(seen.time.minutes).filter(|least| Some(*least) < most);
        measures.session_supervisory_minutes = minutes(seen.supervisory_minutes);
        let side_by_side = seen.time.minutes.zip(wall.filter(|wall| wall.get() > 0.0));
        measures.parallelism = side_by_side.map(|(agent, wall)| agent.get() / wall.get());
        measures.tokens_input = seen.tokens.map(|tokens| tokens.input);
        measures.tokens_cache_write = seen.tokens.map(|tokens| tokens.cache_write);
        measures.tokens_cache_read = seen.tokens.map(|tokens| tokens.cache_read);
        measures.tokens_output = seen.tokens.map(|tokens| tokens.output);
        measures.tokens_logged = seen
            .tokens
            .map(|tokens| tokens.input + tokens.cache_write + tokens.cache_read + tokens.output);
    }

    /// Whether any session was counted.
    pub fn has_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    /// Of the counted tasks, those for which no session is known to have spent any time.
    pub fn tasks_without_sessions(&self) -> u64 {
        self.tasks - self.with_sessions.tasks
    }

    /// How many tasks were counted.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// Tasks that the leverage factor leaves out.
    pub fn tasks_without_agent_time(&self) -> u64 {
        self.tasks - self.agent.counted
    }

    /// Tasks that the supervisory factor leaves out.
    pub fn tasks_without_supervision(&self) -> u64 {
        self.tasks - self.supervision.counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_found_by_the_name_that_json_has_for_it() {
        let measures = Measures {
            tasks: 3,
            human_hours: Hours::new(1.5),
            agent_minutes: Minutes::new(2.25),
            tokens: Some(Tokens(400)),
            leverage_factor: Some(40.0),
            lines_added: Some(7),
            pace_human_hours: Hours::new(2.0),
            pace_human_hours_low: Hours::new(1.0),
            pace_human_hours_high: Hours::new(3.0),
            pace_leverage_factor: Some(4.0),
            cocomo_human_hours: Hours::new(5.0),
            cocomo_leverage_factor: Some(6.0),
            ..Measures::default()
        };
        let json = serde_json::to_value(&measures).unwrap();
        let fields = json.as_object().unwrap();
        let mut names = Measures::NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(names, fields.keys().collect::<Vec<_>>());
        for (name, value) in fields {
            assert_eq!(measures.number(name), value.as_f64(), "{name}");
        }
        assert_eq!(measures.number("no_such_field"), None);
    }
}
