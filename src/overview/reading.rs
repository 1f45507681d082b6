//! How the figures of some tasks are to be read: sentences computed from facts.
//!
//! A sentence is a list of parts, so that a page can link the tasks that it names and a text does not have to.

use super::{Overview, TaskView};
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Minutes, counted, percent, plural, thousands};

/// Claims that differ from what was measured by more than this share of it are counted.
const QUARTER: f64 = 0.25;

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words.
    Text(String),
    /// The title of a task, by its position in [`Overview::tasks`].
    Task(usize),
}

/// One sentence.
pub type Sentence = Vec<Part>;

/// A sentence as text, with titles in the place of tasks. Untrusted text.
pub fn plain(overview: &Overview, sentence: &[Part]) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Task(at) => {
            let view = overview.tasks.get(*at);
            view.map(|view| view.task.title.clone()).unwrap_or_default()
        }
    };
    sentence.iter().map(text).collect()
}

/// The sentences about some tasks, by their positions. None without tasks.
pub fn sentences(overview: &Overview, tasks: &[usize]) -> Vec<Sentence> {
    let reading = Reading {
        tasks: overview.numbered(tasks).collect(),
    };
    if reading.tasks.is_empty() {
        return Vec::new();
    }
    let parts = [
        reading.ends(),
        reading.heaviest(),
        reading.half(),
        reading.measured(),
        reading.commits(),
        reading.findings(overview),
    ];
    parts.into_iter().flatten().collect()
}

struct Reading<'a> {
    tasks: Vec<(usize, &'a TaskView)>,
}

impl Reading<'_> {
    /// The highest and the lowest factor.
    fn ends(&self) -> Option<Sentence> {
        let with = |(at, view): &(usize, &TaskView)| Some((*at, view.measures.leverage_factor?));
        let factors: Vec<(usize, f64)> = self.tasks.iter().filter_map(with).collect();
        let by_factor = |a: &&(usize, f64), b: &&(usize, f64)| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0));
        let highest = factors.iter().max_by(by_factor)?;
        let lowest = factors.iter().min_by(by_factor)?;
        (factors.len() > 1).then(|| {
            vec![
                text(format!("The highest factor is {} (", factor(highest.1))),
                Part::Task(highest.0),
                text(format!("), the lowest {} (", factor(lowest.1))),
                Part::Task(lowest.0),
                text(")."),
            ]
        })
    }

    /// The task with the most agent time, and the factor without it.
    fn heaviest(&self) -> Option<Sentence> {
        let mut terms: Vec<(usize, Ratio)> =
            self.tasks.iter().map(|(at, view)| (*at, view.terms())).collect();
        terms.retain(|(_, ratio)| !ratio.is_empty());
        let by_minutes = |a: &&(usize, Ratio), b: &&(usize, Ratio)| {
            let minutes = |one: &(usize, Ratio)| one.1.minutes().get();
            minutes(a).total_cmp(&minutes(b)).then(b.0.cmp(&a.0))
        };
        let (heaviest, own) = *terms.iter().max_by(by_minutes)?;
        let all: Ratio = terms.iter().map(|(_, ratio)| *ratio).sum();
        let others = terms.iter().filter(|(at, _)| *at != heaviest);
        let without = others.map(|(_, ratio)| *ratio).sum::<Ratio>().factor()?;
        let hours = own.hours().get() / all.hours().get().max(f64::MIN_POSITIVE);
        Some(vec![
            text("The task with the most agent time, "),
            Part::Task(heaviest),
            text(format!(
                ", has {} of the agent time and {} of the hours. Without it, the factor is {}.",
                percent(own.minutes().get() / all.minutes().get(), 0),
                percent(hours, 0),
                factor(without)
            )),
        ])
    }

    /// In how few tasks half of the hours are.
    fn half(&self) -> Option<Sentence> {
        let mut hours: Vec<f64> = self
            .tasks
            .iter()
            .map(|(_, view)| view.task.estimate.hours.get())
            .collect();
        hours.sort_by(|a, b| b.total_cmp(a));
        let half = hours.iter().sum::<f64>() / 2.0;
        let mut sum = 0.0;
        let count = hours
            .iter()
            .take_while(|hours| {
                let was_below = sum < half;
                sum += **hours;
                was_below
            })
            .count() as u64;
        (hours.len() > 2 && half > 0.0).then(|| {
            vec![text(format!(
                "At least half of the hours are in {}.",
                counted(count, "task", "tasks")
            ))]
        })
    }

    /// How many have measured time, and how many of these differ from it.
    fn measured(&self) -> Option<Sentence> {
        let all = self.tasks.len();
        let measured: Vec<&TaskView> = self
            .tasks
            .iter()
            .map(|(_, view)| *view)
            .filter(|view| view.logged.is_some())
            .collect();
        if measured.is_empty() {
            return Some(vec![text("No task has measured agent time.")]);
        }
        let logged: Minutes = measured.iter().filter_map(|view| view.logged).sum();
        let mut sentence = format!(
            "{} of {} {} measured agent time: {}.",
            thousands(measured.len()),
            counted(all as u64, "task", "tasks"),
            plural(&(measured.len() as u64), "has", "have"),
            logged.rounded()
        );
        let compared: Vec<(f64, f64)> = measured
            .iter()
            .filter_map(|view| claimed_and_measured(view))
            .collect();
        if !compared.is_empty() {
            let apart = compared
                .iter()
                .filter(|(claim, log)| (claim - log).abs() > QUARTER * log)
                .count() as u64;
            let apart = match apart {
                0 => "None".to_owned(),
                apart => thousands(apart),
            };
            sentence += &format!(
                " {apart} of the {} that also claim it {} by more than a quarter.",
                thousands(compared.len()),
                if apart == "1" || apart == "None" {
                    "differs"
                } else {
                    "differ"
                }
            );
        }
        Some(vec![text(sentence)])
    }

    fn commits(&self) -> Option<Sentence> {
        let is_without =
            |(_, view): &&(usize, &TaskView)| view.commits.is_empty() && view.missing_commits.is_empty();
        Some(vec![text(
            match self.tasks.iter().filter(is_without).count() as u64 {
                0 => "Every task has a commit.".to_owned(),
                count => format!("{} no commit.", have(count)),
            },
        )])
    }

    /// `None` if no audit was made.
    fn findings(&self, overview: &Overview) -> Option<Sentence> {
        let is_audited = |(_, view): &(usize, &TaskView)| {
            overview
                .repos
                .get(view.repo)
                .is_some_and(|repo| repo.audit.is_some())
        };
        if !self.tasks.iter().all(is_audited) {
            return None;
        }
        let count = self
            .tasks
            .iter()
            .filter(|(_, view)| !view.findings.is_empty())
            .count() as u64;
        Some(vec![text(match count {
            0 => "The audit has no findings about them.".to_owned(),
            count => format!("{} findings of the audit.", have(count)),
        })])
    }
}

fn have(count: u64) -> String {
    format!(
        "{} {}",
        counted(count, "task", "tasks"),
        plural(&count, "has", "have")
    )
}

/// What a task claims and what was measured, which may be nothing; `None` unless it has both.
fn claimed_and_measured(view: &TaskView) -> Option<(f64, f64)> {
    Some((view.claimed_minutes()?.get(), view.logged?.get()))
}

fn text(text: impl Into<String>) -> Part {
    Part::Text(text.into())
}

fn factor(value: f64) -> String {
    thousands(format!("{value:.1}x"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{claim, commit, repository};
    use crate::facts::quantity::WorkTime;
    use crate::facts::zone::{Period, Zone};
    use crate::overview::Query;

    fn overview(tasks: Vec<crate::aggregate::repository::PlacedTask>) -> Overview {
        let repo = crate::aggregate::repository::Repository {
            commits: vec![commit(1, "2026-04-02T10:00:00Z")].into(),
            tasks,
            ..repository("kiln")
        };
        let query = Query {
            zone: Zone::Named(chrono_tz::UTC),
            period: Period::default(),
            author: None,
            work: WorkTime::default(),
            excluded: 0,
        };
        Overview::new(&[repo], &[], vec![None], &query)
    }

    fn all(overview: &Overview) -> Vec<String> {
        let sentences = sentences(overview, &overview.all.tasks);
        sentences
            .iter()
            .map(|sentence| plain(overview, sentence))
            .collect()
    }

    #[test]
    fn the_heaviest_task_is_named_with_the_factor_without_it() {
        let overview = overview(vec![
            claim(1, "2026-04-02", 8.0).agent_minutes(60.0).on(1).placed(),
            claim(2, "2026-04-02", 6.0).agent_minutes(20.0).placed(),
            claim(3, "2026-04-02", 2.0).agent_minutes(20.0).placed(),
        ]);
        let title = |at: usize| overview.tasks[at].task.title.clone();
        assert_eq!(
            all(&overview),
            [
                format!(
                    "The highest factor is 18.0x ({}), the lowest 6.0x ({}).",
                    title(0),
                    title(2)
                ),
                format!(
                    "The task with the most agent time, {}, has 60% of the agent time and 50% of the hours. Without it, the \
                     factor is 12.0x.",
                    title(1)
                ),
                "At least half of the hours are in 1 task.".to_owned(),
                "No task has measured agent time.".to_owned(),
                "2 tasks have no commit.".to_owned(),
            ]
        );
    }

    #[test]
    fn what_is_unknown_is_in_no_sentence() {
        let overview = overview(vec![claim(1, "2026-04-02", 8.0).on(1).placed()]);
        assert_eq!(
            all(&overview),
            ["No task has measured agent time.", "Every task has a commit."]
        );
        assert_eq!(sentences(&overview, &[]), Vec::<Sentence>::new());
        assert_eq!(sentences(&overview, &[7]), Vec::<Sentence>::new());
    }
}
