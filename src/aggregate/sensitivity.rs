//! How much of the factor of some tasks survives each doubt about them.
//!
//! Every row is a factor of sums, so that a reader can compute it again: hours × 60 / minutes over the tasks of the row. A doubt
//! removes tasks, or takes other hours or minutes for them. Models and calibration know only some tasks; their rows have only
//! these, with the factor that the same tasks have as claimed. Of two readings of a doubt, the lower factor counts.

use serde::{Serialize, Serializer};

use crate::facts::factor::Ratio;
use crate::facts::ids::TaskId;
use crate::facts::quantity::{Hours, Minutes};

/// The name and version of the format.
pub const SCHEMA: &str = "git-leverage.sensitivity/1";

/// The largest tasks that are left out are one of this many.
const TENTH: usize = 10;

/// What the doubts need to know of a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The task.
    pub id: TaskId,
    /// Its title. Untrusted text.
    pub title: String,
    /// The hours that count.
    pub hours: Hours,
    /// The agent minutes that count, with unknown time; `None` if they are unknown.
    pub agent: Option<Minutes>,
    /// The supervision that counts.
    pub supervision: Option<Minutes>,
    /// What else is known of the hours.
    pub other_hours: OtherHours,
    /// What else is known of the minutes.
    pub other_minutes: OtherMinutes,
}

/// Hours that others, or models, have for a task. `None` if there are none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OtherHours {
    /// The low end of the range.
    pub low: Option<Hours>,
    /// The lowest of the claim and the opinions, if there are opinions.
    pub lowest: Option<Hours>,
    /// The median of these.
    pub median: Option<Hours>,
    /// The hours by the calibration of the estimator.
    pub calibrated: Option<Hours>,
    /// By the pace of people in the repository.
    pub pace: Option<Hours>,
    /// By lines of source and tests per day.
    pub sloc: Option<Hours>,
    /// By COCOMO II.
    pub cocomo: Option<Hours>,
}

/// Agent minutes of a task other than those that count.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OtherMinutes {
    /// Without unknown time; `None` if there is none.
    pub least: Option<Minutes>,
    /// Those of its sessions, if those that count are claimed.
    pub measured: Option<Minutes>,
    /// Whether any session has minutes for it.
    pub has_sessions: bool,
}

/// A doubt about a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// None: the factor as it is reported.
    Total,
    /// The largest task decides it.
    WithoutLargestTask,
    /// Few large tasks decide it.
    WithoutLargestTenth,
    /// Few tasks with high factors decide it.
    WithoutHighestTenth,
    /// Another estimator is right, whoever says least.
    LowestOpinion,
    /// The estimators are right in the middle.
    MedianOpinion,
    /// Every estimate is at the low end of its range.
    LowEnds,
    /// The estimators are wrong as they were about tasks by hand.
    Calibrated,
    /// People here write lines at another pace.
    Pace,
    /// People write lines at a fixed pace.
    Sloc,
    /// People need as long as COCOMO II says.
    Cocomo,
    /// Sessions without a task were for them too.
    AllIn,
    /// Nobody worked in the time that logs leave unknown.
    WithoutUnknownTime,
    /// Claimed minutes are wrong where minutes were measured.
    MeasuredMinutes,
}

impl Serialize for Doubt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl Doubt {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 14] = [
        Self::Total,
        Self::WithoutLargestTask,
        Self::WithoutLargestTenth,
        Self::WithoutHighestTenth,
        Self::LowestOpinion,
        Self::MedianOpinion,
        Self::LowEnds,
        Self::Calibrated,
        Self::Pace,
        Self::Sloc,
        Self::Cocomo,
        Self::AllIn,
        Self::WithoutUnknownTime,
        Self::MeasuredMinutes,
    ];

    /// Its name in the formats.
    pub fn id(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::WithoutLargestTask => "without_largest_task",
            Self::WithoutLargestTenth => "without_largest_tenth",
            Self::WithoutHighestTenth => "without_highest_tenth",
            Self::LowestOpinion => "lowest_opinion",
            Self::MedianOpinion => "median_opinion",
            Self::LowEnds => "low_ends",
            Self::Calibrated => "calibrated",
            Self::Pace => "pace",
            Self::Sloc => "sloc",
            Self::Cocomo => "cocomo",
            Self::AllIn => "all_in",
            Self::WithoutUnknownTime => "without_unknown_time",
            Self::MeasuredMinutes => "measured_minutes",
        }
    }

    /// Whether it is only about agent time, and so says nothing of supervision.
    pub fn is_about_agent_time(self) -> bool {
        matches!(
            self,
            Self::AllIn | Self::WithoutUnknownTime | Self::MeasuredMinutes
        )
    }
}

/// The table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doubts {
    /// How many tasks there are, with or without minutes.
    pub tasks: u64,
    /// Tasks without agent minutes, which are in no leverage factor.
    pub tasks_without_agent_minutes: u64,
    /// The hours of these.
    pub human_hours_without_agent_minutes: Hours,
    /// The total, then a row per doubt.
    pub rows: Vec<DoubtRow>,
}

/// What a doubt leaves.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoubtRow {
    /// The doubt.
    pub doubt: Doubt,
    /// The leverage factor and its terms.
    #[serde(flatten)]
    pub agent: Agent,
    /// The supervisory factor and its terms.
    #[serde(flatten)]
    pub supervisory: Supervisory,
    /// How many tasks the doubt removes, changes or, if it knows only some, includes.
    pub tasks_concerned: u64,
    /// The factor that the tasks of the row have as claimed.
    pub claimed_leverage_factor: Option<f64>,
    /// The task that was left out, if it is one.
    pub task: Option<TaskLeftOut>,
    /// Why there is no factor.
    pub reason: Option<&'static str>,
}

/// A task by its id and title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskLeftOut {
    /// The id.
    pub id: TaskId,
    /// The title. Untrusted text.
    pub title: String,
}

/// A leverage factor with its terms: human hours × 60 / agent minutes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Agent {
    /// The tasks with both.
    pub tasks: Option<u64>,
    /// Their hours.
    pub human_hours: Option<Hours>,
    /// Their minutes.
    pub agent_minutes: Option<Minutes>,
    /// The factor.
    pub leverage_factor: Option<f64>,
    /// Which part of the factor of the total that is.
    pub left: Option<f64>,
}

/// A supervisory factor with its terms.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Supervisory {
    /// The tasks with hours and supervision.
    pub supervised_tasks: Option<u64>,
    /// Their hours.
    pub supervised_human_hours: Option<Hours>,
    /// Their supervision.
    pub supervisory_minutes: Option<Minutes>,
    /// The factor.
    pub supervisory_leverage_factor: Option<f64>,
    /// Which part of the supervisory factor of the total that is.
    pub supervisory_left: Option<f64>,
}

impl Doubts {
    /// That of some tasks. `session_minutes` are those of all sessions, with or without a task; `None` if no session was read.
    pub fn of(tasks: &[Figures], session_minutes: Option<Minutes>) -> Self {
        let without = || tasks.iter().filter(|task| !task.is_timed());
        let asked = Asked {
            tasks,
            session_minutes,
        };
        let total = asked.row(Doubt::Total, None);
        let rows = Doubt::ALL.into_iter().skip(1);
        let rows: Vec<DoubtRow> = rows.map(|doubt| asked.row(doubt, Some(&total))).collect();
        Self {
            tasks: tasks.len() as u64,
            tasks_without_agent_minutes: without().count() as u64,
            human_hours_without_agent_minutes: without().map(|task| task.hours).sum(),
            rows: std::iter::once(total).chain(rows).collect(),
        }
    }
}

impl Figures {
    /// Whether it is in the leverage factor.
    fn is_timed(&self) -> bool {
        !self.terms().is_empty()
    }

    fn terms(&self) -> Ratio {
        Ratio::new(self.hours, self.agent)
    }
}

/// A task as a doubt takes it.
#[derive(Clone, Copy)]
struct Taken<'a> {
    task: &'a Figures,
    hours: Hours,
    agent: Option<Minutes>,
}

impl<'a> Taken<'a> {
    /// As it is.
    fn whole(task: &'a Figures) -> Self {
        Self {
            task,
            hours: task.hours,
            agent: task.agent,
        }
    }
}

/// The tasks that a doubt leaves, and how many it is about.
struct Case<'a> {
    taken: Vec<Taken<'a>>,
    concerned: usize,
    /// The one task that it removes.
    removed: Option<&'a Figures>,
}

impl<'a> Case<'a> {
    fn of(taken: Vec<Taken<'a>>, concerned: usize) -> Self {
        Self {
            taken,
            concerned,
            removed: None,
        }
    }
}

/// The case of a doubt, or why there is none.
type Answer<'a> = Result<Case<'a>, &'static str>;

struct Asked<'a> {
    tasks: &'a [Figures],
    session_minutes: Option<Minutes>,
}

impl<'a> Asked<'a> {
    fn case(&self, doubt: Doubt) -> Answer<'a> {
        let instead = |of, reason| self.instead(of, reason);
        let only = |of, reason| self.only(of, reason);
        match doubt {
            Doubt::Total => self.total(),
            Doubt::WithoutLargestTask => self.without_largest_task(),
            Doubt::WithoutLargestTenth => self.without_tenth(&self.by_size()),
            Doubt::WithoutHighestTenth => self.without_tenth(&self.by_factor()),
            Doubt::LowestOpinion => instead(|hours| hours.lowest, NO_OPINION),
            Doubt::MedianOpinion => instead(|hours| hours.median, NO_OPINION),
            Doubt::LowEnds => instead(|hours| hours.low, "no estimate has a range"),
            Doubt::Calibrated => only(|hours| hours.calibrated, "no estimator has five tasks by hand"),
            Doubt::Pace if self.tasks.iter().all(|task| task.other_hours.sloc.is_none()) => Err(NO_LINES),
            Doubt::Pace => only(|hours| hours.pace, "the pace of people is unknown here"),
            Doubt::Sloc => only(|hours| hours.sloc, NO_LINES),
            Doubt::Cocomo => only(|hours| hours.cocomo, NO_LINES),
            Doubt::AllIn => self.all_in(),
            Doubt::WithoutUnknownTime => self.over(
                |minutes| minutes.least,
                "no agent time of a task is unknown in part",
            ),
            Doubt::MeasuredMinutes => self.over(
                |minutes| minutes.measured,
                "no task with claimed agent time has measured agent time",
            ),
        }
    }

    fn row(&self, doubt: Doubt, total: Option<&DoubtRow>) -> DoubtRow {
        let (case, reason) = match self.case(doubt) {
            Ok(case) => (Some(case), None),
            Err(reason) => (None, Some(reason)),
        };
        let mut row = DoubtRow {
            doubt,
            agent: Agent::default(),
            supervisory: Supervisory::default(),
            tasks_concerned: case.as_ref().map_or(0, |case| case.concerned as u64),
            claimed_leverage_factor: None,
            task: None,
            reason,
        };
        let Some(case) = case else {
            return row;
        };
        row.agent = match doubt {
            Doubt::AllIn => self.agent_all_in(&case.taken),
            _ => Agent::of(&case.taken),
        };
        if !doubt.is_about_agent_time() {
            row.supervisory = Supervisory::of(&case.taken);
        }
        let claimed = case.taken.iter().filter(|taken| taken.agent.is_some());
        let claimed: Ratio = claimed.map(|taken| taken.task.terms()).sum();
        row.claimed_leverage_factor = claimed.factor();
        row.task = case.removed.map(|task| TaskLeftOut {
            id: task.id,
            title: task.title.clone(),
        });
        row.compare(total);
        row
    }

    fn total(&self) -> Answer<'a> {
        if self.tasks.is_empty() {
            return Err("no task is recorded");
        }
        let taken: Vec<Taken<'a>> = self.tasks.iter().map(Taken::whole).collect();
        let count = taken.len();
        Ok(Case::of(taken, count))
    }

    /// The tasks in the leverage factor, or all if none is in it, the largest first. Of two with the same hours, the one with the
    /// higher factor is the larger: without it, less is left.
    fn by_size(&self) -> Vec<&'a Figures> {
        let timed = self.tasks.iter().filter(|task| task.is_timed());
        let mut tasks: Vec<&Figures> = timed.collect();
        if tasks.is_empty() {
            tasks = self.tasks.iter().collect();
        }
        let minutes = |task: &Figures| task.agent.map_or(f64::INFINITY, Minutes::get);
        tasks.sort_by(|a, b| {
            let by_hours = b.hours.get().total_cmp(&a.hours.get());
            let by_minutes = minutes(a).total_cmp(&minutes(b));
            by_hours.then(by_minutes).then(a.id.cmp(&b.id))
        });
        tasks
    }

    fn without_largest_task(&self) -> Answer<'a> {
        let by_size = self.by_size();
        let removed = by_size.first().copied();
        let case = self.without_first(&by_size, 1)?;
        Ok(Case { removed, ..case })
    }

    /// The tasks of [`by_size`](Self::by_size), those with the highest factors first: without any large task a few of them may
    /// still decide the sum.
    fn by_factor(&self) -> Vec<&'a Figures> {
        let mut tasks = self.by_size();
        let factor = |task: &Figures| task.terms().factor().unwrap_or(0.0);
        tasks.sort_by(|a, b| factor(b).total_cmp(&factor(a)));
        tasks
    }

    fn without_tenth(&self, tasks: &[&Figures]) -> Answer<'a> {
        self.without_first(tasks, tasks.len().div_ceil(TENTH))
    }

    fn without_first(&self, tasks: &[&Figures], count: usize) -> Answer<'a> {
        if tasks.len() <= count {
            return Err("there is no other task");
        }
        let removed: Vec<TaskId> = tasks.iter().take(count).map(|task| task.id).collect();
        let left = self.tasks.iter().filter(|task| !removed.contains(&task.id));
        Ok(Case::of(left.map(Taken::whole).collect(), count))
    }

    /// Other hours for those tasks that have them.
    fn instead(&self, of: fn(&OtherHours) -> Option<Hours>, reason: &'static str) -> Answer<'a> {
        let taken = self.tasks.iter().map(|task| Taken {
            hours: of(&task.other_hours).unwrap_or(task.hours),
            ..Taken::whole(task)
        });
        let concerned = self.tasks.iter().filter(|task| of(&task.other_hours).is_some());
        match concerned.count() {
            0 => Err(reason),
            count => Ok(Case::of(taken.collect(), count)),
        }
    }

    /// Only the tasks that have other hours, with these.
    fn only(&self, of: fn(&OtherHours) -> Option<Hours>, reason: &'static str) -> Answer<'a> {
        let taken = self.tasks.iter().filter_map(|task| {
            Some(Taken {
                hours: of(&task.other_hours)?,
                ..Taken::whole(task)
            })
        });
        let taken: Vec<Taken<'a>> = taken.collect();
        match taken.len() {
            0 => Err(reason),
            count => Ok(Case::of(taken, count)),
        }
    }

    /// Other minutes for those tasks that have them.
    fn over(&self, of: fn(&OtherMinutes) -> Option<Minutes>, reason: &'static str) -> Answer<'a> {
        let taken = self.tasks.iter().map(|task| Taken {
            agent: of(&task.other_minutes).or(task.agent),
            ..Taken::whole(task)
        });
        let concerned = self.tasks.iter().filter(|task| of(&task.other_minutes).is_some());
        match concerned.count() {
            0 => Err(reason),
            count => Ok(Case::of(taken.collect(), count)),
        }
    }

    /// The tasks with sessions.
    fn all_in(&self) -> Answer<'a> {
        let with = self.tasks.iter().filter(|task| task.other_minutes.has_sessions);
        let taken: Vec<Taken<'a>> = with.map(Taken::whole).collect();
        match (taken.len(), self.session_minutes) {
            (_, None) => Err("no session was read"),
            (0, _) => Err("no task has a session"),
            (count, _) => Ok(Case::of(taken, count)),
        }
    }

    fn agent_all_in(&self, taken: &[Taken<'_>]) -> Agent {
        let hours: Hours = taken.iter().map(|taken| taken.hours).sum();
        Agent::from_terms(taken.len() as u64, Ratio::new(hours, self.session_minutes))
    }
}

const NO_OPINION: &str = "no task has a second opinion";
const NO_LINES: &str = "no task has commits with known lines";

impl Agent {
    fn of(taken: &[Taken<'_>]) -> Self {
        let terms = taken.iter().map(|taken| Ratio::new(taken.hours, taken.agent));
        let (tasks, terms) = counted(terms);
        Self::from_terms(tasks, terms)
    }

    fn from_terms(tasks: u64, terms: Ratio) -> Self {
        Self {
            tasks: Some(tasks),
            human_hours: terms.hours().checked().filter(|_| !terms.is_empty()),
            agent_minutes: terms.minutes().checked().filter(|_| !terms.is_empty()),
            leverage_factor: terms.factor(),
            left: None,
        }
    }
}

impl Supervisory {
    fn of(taken: &[Taken<'_>]) -> Self {
        let terms = taken
            .iter()
            .map(|taken| Ratio::new(taken.hours, taken.task.supervision));
        let (tasks, terms) = counted(terms);
        let is_known = !terms.is_empty();
        Self {
            supervised_tasks: is_known.then_some(tasks),
            supervised_human_hours: terms.hours().checked().filter(|_| is_known),
            supervisory_minutes: terms.minutes().checked().filter(|_| is_known),
            supervisory_leverage_factor: terms.factor(),
            supervisory_left: None,
        }
    }
}

/// The sum of terms, and how many of them are not empty.
fn counted(terms: impl Iterator<Item = Ratio>) -> (u64, Ratio) {
    terms
        .filter(|terms| !terms.is_empty())
        .fold((0, Ratio::default()), |(count, sum), terms| {
            (count + 1, sum + terms)
        })
}

impl DoubtRow {
    /// Compares it with the total; the total is all of itself.
    fn compare(&mut self, total: Option<&DoubtRow>) {
        let part = |own: Option<f64>, whole: Option<f64>| {
            let whole = whole.filter(|whole| *whole > 0.0)?;
            Some(own? / whole)
        };
        let (agent, supervisory) = match total {
            Some(total) => (total.agent, total.supervisory),
            None => (self.agent, self.supervisory),
        };
        self.agent.left = part(self.agent.leverage_factor, agent.leverage_factor);
        self.supervisory.supervisory_left = part(
            self.supervisory.supervisory_leverage_factor,
            supervisory.supervisory_leverage_factor,
        );
        if self.agent.leverage_factor.is_none() && self.reason.is_none() {
            self.reason = Some("no agent time is known");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(value: f64) -> Hours {
        Hours::new(value).unwrap()
    }

    fn task(number: u64, of: f64, agent: f64, supervision: Option<f64>) -> Figures {
        Figures {
            id: TaskId::new(number, &[0; 10]),
            title: format!("task {number}"),
            hours: hours(of),
            agent: Minutes::new(agent).filter(|minutes| minutes.get() > 0.0),
            supervision: supervision.and_then(Minutes::new),
            other_hours: OtherHours::default(),
            other_minutes: OtherMinutes::default(),
        }
    }

    /// Twelve tasks: 100h over 50m, 40h over 40m, ten of 6h over 30m, and one of 9h without agent time.
    fn tasks() -> Vec<Figures> {
        let mut tasks = vec![task(1, 100.0, 50.0, Some(10.0)), task(2, 40.0, 40.0, Some(20.0))];
        tasks.extend((3..13).map(|number| task(number, 6.0, 30.0, None)));
        tasks.push(task(13, 9.0, 0.0, Some(3.0)));
        tasks
    }

    fn row(tasks: &[Figures], doubt: Doubt) -> DoubtRow {
        row_with(tasks, doubt, None)
    }

    fn row_with(tasks: &[Figures], doubt: Doubt, session_minutes: Option<f64>) -> DoubtRow {
        let table = Doubts::of(tasks, session_minutes.and_then(Minutes::new));
        assert_eq!(
            table.rows.iter().map(|row| row.doubt).collect::<Vec<_>>(),
            Doubt::ALL
        );
        table.rows.into_iter().find(|row| row.doubt == doubt).unwrap()
    }

    /// Tasks, hours, minutes, factor and what is left of it.
    fn is(row: &DoubtRow, (tasks, hours, minutes, factor, left): (u64, f64, f64, f64, f64)) {
        let agent = row.agent;
        assert_eq!((row.reason, agent.tasks), (None, Some(tasks)));
        let found = [
            agent.human_hours.unwrap().get(),
            agent.agent_minutes.unwrap().get(),
            agent.leverage_factor.unwrap(),
            agent.left.unwrap(),
        ];
        for (found, expected) in found.into_iter().zip([hours, minutes, factor, left]) {
            assert!(
                (found / expected - 1.0).abs() < 1e-12,
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn the_total_is_the_headline_and_tasks_without_minutes_are_in_no_factor() {
        let table = Doubts::of(&tasks(), None);
        let total = &table.rows[0];
        // (100 + 40 + 60) × 60 / (50 + 40 + 300)
        is(total, (12, 200.0, 390.0, 12_000.0 / 390.0, 1.0));
        assert_eq!((table.tasks, table.tasks_without_agent_minutes), (13, 1));
        assert_eq!(table.human_hours_without_agent_minutes, hours(9.0));
        // The supervisory factor has its own hours: (100 + 40 + 9) × 60 / 33.
        let supervisory = total.supervisory;
        assert_eq!(supervisory.supervised_tasks, Some(3));
        assert_eq!(supervisory.supervised_human_hours, Some(hours(149.0)));
        assert_eq!(supervisory.supervisory_leverage_factor, Some(149.0 * 60.0 / 33.0));
        assert_eq!(supervisory.supervisory_left, Some(1.0));
    }

    #[test]
    fn without_the_largest_task_and_the_largest_tenth_rounded_up() {
        let one = row(&tasks(), Doubt::WithoutLargestTask);
        let whole = 12_000.0 / 390.0;
        is(&one, (11, 100.0, 340.0, 6000.0 / 340.0, 6000.0 / 340.0 / whole));
        assert_eq!(one.task.unwrap().title, "task 1");
        assert_eq!(
            one.supervisory.supervisory_leverage_factor,
            Some(49.0 * 60.0 / 23.0)
        );
        // A tenth of 12 is 2.
        let tenth = row(&tasks(), Doubt::WithoutLargestTenth);
        is(&tenth, (10, 60.0, 300.0, 12.0, 12.0 / whole));
        assert_eq!((tenth.tasks_concerned, tenth.task), (2, None));
        // The two highest factors are not those of the two largest tasks.
        let highest = row(&tasks(), Doubt::WithoutHighestTenth);
        let mut factors: Vec<(f64, f64)> = tasks()
            .iter()
            .filter_map(|task| Some((task.hours.get(), task.agent?.get())))
            .collect();
        factors.sort_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
        let left: (f64, f64) = factors[2..]
            .iter()
            .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(highest.agent.leverage_factor, Some(left.0 * 60.0 / left.1));
        let alone = row(&tasks()[..1], Doubt::WithoutLargestTask);
        assert_eq!(
            (alone.agent, alone.reason),
            (Agent::default(), Some("there is no other task"))
        );
    }

    #[test]
    fn of_two_tasks_of_one_size_the_one_with_the_higher_factor_is_left_out() {
        let tasks = [
            task(1, 8.0, 60.0, None),
            task(2, 8.0, 20.0, None),
            task(3, 9.0, 0.0, None),
        ];
        let one = row(&tasks, Doubt::WithoutLargestTask);
        assert_eq!(one.task.unwrap().title, "task 2");
        assert_eq!(one.agent.leverage_factor, Some(8.0));
    }

    #[test]
    fn other_hours_count_for_the_tasks_that_have_them() {
        let mut tasks = tasks();
        tasks[0].other_hours = OtherHours {
            low: Some(hours(50.0)),
            lowest: Some(hours(30.0)),
            median: Some(hours(60.0)),
            ..OtherHours::default()
        };
        for (doubt, expected) in [
            (Doubt::LowEnds, 150.0),
            (Doubt::LowestOpinion, 130.0),
            (Doubt::MedianOpinion, 160.0),
        ] {
            let row = row(&tasks, doubt);
            is(
                &row,
                (12, expected, 390.0, expected * 60.0 / 390.0, expected / 200.0),
            );
            assert_eq!(row.tasks_concerned, 1);
            assert_eq!(
                row.supervisory.supervised_human_hours,
                Some(hours(expected - 60.0 + 9.0))
            );
        }
    }

    #[test]
    fn models_and_calibration_have_only_the_tasks_that_they_know() {
        let mut tasks = tasks();
        tasks[0].other_hours.sloc = Some(hours(25.0));
        tasks[1].other_hours.sloc = Some(hours(5.0));
        tasks[12].other_hours.sloc = Some(hours(1.0));
        let row = row(&tasks, Doubt::Sloc);
        is(&row, (2, 30.0, 90.0, 20.0, 20.0 * 390.0 / 12_000.0));
        // Those two have 140h over 90m as claimed.
        assert_eq!(row.claimed_leverage_factor, Some(140.0 * 60.0 / 90.0));
        assert_eq!(row.tasks_concerned, 3);
        assert_eq!(row.supervisory.supervised_human_hours, Some(hours(31.0)));
    }

    #[test]
    fn doubts_about_minutes_leave_supervision_alone() {
        let mut tasks = tasks();
        tasks[0].other_minutes = OtherMinutes {
            least: Minutes::new(40.0),
            measured: None,
            has_sessions: true,
        };
        tasks[1].other_minutes = OtherMinutes {
            least: None,
            measured: Minutes::new(100.0),
            has_sessions: true,
        };
        let least = row(&tasks, Doubt::WithoutUnknownTime);
        is(&least, (12, 200.0, 380.0, 12_000.0 / 380.0, 390.0 / 380.0));
        let measured = row(&tasks, Doubt::MeasuredMinutes);
        is(
            &measured,
            (
                12,
                200.0,
                450.0,
                12_000.0 / 450.0,
                (12_000.0 / 450.0) / (12_000.0 / 390.0),
            ),
        );
        let all_in = row_with(&tasks, Doubt::AllIn, Some(700.0));
        assert_eq!(all_in.agent.tasks, Some(2));
        assert_eq!(all_in.agent.leverage_factor, Some(140.0 * 60.0 / 700.0));
        for row in [least, measured, all_in] {
            assert_eq!(row.supervisory, Supervisory::default());
        }
    }

    #[test]
    fn a_doubt_that_cannot_be_computed_says_why() {
        let table = Doubts::of(&tasks(), None);
        let without: Vec<Doubt> = (table.rows.iter())
            .filter(|row| row.agent.leverage_factor.is_none())
            .map(|row| row.doubt)
            .collect();
        assert_eq!(without, Doubt::ALL[4..]);
        for row in &table.rows {
            assert_eq!(
                row.reason.is_some(),
                row.agent.leverage_factor.is_none(),
                "{row:?}"
            );
        }
        let untimed = Doubts::of(&[task(1, 8.0, 0.0, None)], Minutes::new(0.0));
        assert_eq!(untimed.rows[0].reason, Some("no agent time is known"));
        assert_eq!(untimed.rows[0].agent.left, None);
        assert!(Doubts::of(&[], None).rows.iter().all(|row| row.reason.is_some()));
    }

    /// No sum of hours and minutes can make a doubt that only lowers hours or raises minutes higher than the headline.
    #[test]
    fn lower_hours_never_raise_the_factor() {
        let mut tasks = tasks();
        for (at, task) in tasks.iter_mut().enumerate() {
            let part = 1.0 / (at + 1) as f64;
            task.other_hours.low = Hours::new(task.hours.get() * part);
            task.other_minutes.measured = task.agent.and_then(|agent| Minutes::new(agent.get() / part));
        }
        for doubt in [Doubt::LowEnds, Doubt::MeasuredMinutes] {
            let left = row(&tasks, doubt).agent.left.unwrap();
            assert!(left <= 1.0, "{doubt:?}: {left}");
        }
    }
}
