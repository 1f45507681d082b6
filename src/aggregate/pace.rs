//! How many lines of source and tests the people of a repository add per working day, before its first commit with an agent.
//!
//! A working day is a day of one person with at least one counted line. What no person wrote line by line is left out: bulk
//! commits, reformatting, robots, generated and vendored files. The pace is a mean, since it turns lines into hours in
//! sums; a median would be lower, so that every line would be worth more hours. `docs/decisions/pace.md` has the reasons.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::people::{People, is_robot};
use super::repository::Repository;
use super::written::written;
use crate::facts::commit::{Commit, LineCounts};
use crate::facts::evidence::OriginState;
use crate::facts::statistics::{normal, student};

/// Working days that a pace needs at least.
pub const FEWEST_DAYS: usize = 20;
/// Groups that an interval needs at least.
const FEWEST_GROUPS: usize = 5;
/// A commit or day is bulk if its logarithm is this many deviations above the median day.
const BULK: f64 = 3.0;
/// The least deviation of logarithms for this, so that people who work evenly may have a day of four times the median.
const LEAST_DEVIATION: f64 = 0.5;
/// Reformatting adds about as many lines as it removes: the smaller of the two is at least this part of the larger.
const BALANCED: f64 = 0.8;
/// It does so in this many files, or adds this many lines.
const REFORMATTED_FILES: u64 = 10;
const REFORMATTED_LINES: u64 = 100;
/// Smaller commits are reformatting if a person made this many on a day that have this many lines and that balance together, and
/// each of them at least the lesser balance.
const BALANCED_IN_PART: f64 = 0.6;
const REFORMATTED_COMMITS: u64 = 5;
const REFORMATTED_TOGETHER: u64 = 300;
/// One day is at most this part of all lines, if it is one of the largest twentieth.
const LARGEST_PART: f64 = 0.01;

/// The pace of people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pace {
    /// Lines of source and tests added per working day of a person.
    pub lines_per_day: f64,
    /// The interval of 95%; `None` with fewer than five people and five quarters of a year.
    pub lines_per_day_low: Option<f64>,
    /// Its other end.
    pub lines_per_day_high: Option<f64>,
    /// Working days, each of one person.
    pub days: u64,
    /// The people.
    pub people: u64,
    /// The commits.
    pub commits: u64,
    /// The first day.
    pub since: NaiveDate,
    /// The last day.
    pub until: NaiveDate,
    /// The commits that were left out, by reason.
    #[serde(skip)]
    pub left_out: Uncounted,
}

/// What is known of the pace of a repository.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepoPace {
    /// The name of the repository. Untrusted text.
    pub repo: String,
    /// Its path. Untrusted text.
    pub path: String,
    /// The pace; `None` if there is too little for one.
    pub pace: Option<Pace>,
    /// Why there is none.
    pub reason: Option<String>,
    /// The commits that were left out, by reason.
    pub left_out: Uncounted,
}

impl RepoPace {
    /// The pace of a repository, or why it has none.
    pub fn new(repo: &Repository, found: Result<Pace, TooLittle>) -> Self {
        let (pace, reason, left_out) = match found {
            Ok(pace) => (Some(pace.clone()), None, pace.left_out),
            Err(too_little) => (None, Some(too_little.to_string()), too_little.left_out),
        };
        Self {
            repo: repo.name.clone(),
            path: repo.path.clone(),
            pace,
            reason,
            left_out,
        }
    }
}

/// How many commits were left out, each for the first of these reasons that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Uncounted {
    /// They are merges.
    pub merges: u64,
    /// They are no older than the first with a sign of an agent, or have one.
    pub since_first_agent: u64,
    /// An automation made them.
    pub robots: u64,
    /// Their lines are unknown.
    pub unknown_lines: u64,
    /// They add no line of source or tests.
    pub without_code: u64,
    /// They are another copy of a counted commit, as after a cherry-pick.
    pub copies: u64,
    /// They reformat, rename or move.
    pub reformatting: u64,
    /// They are too large to have been written in a day, alone or with the others of the day.
    pub bulk: u64,
}

/// Why there is no pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TooLittle {
    /// The working days that were found.
    pub days: u64,
    /// What was left out.
    pub left_out: Uncounted,
}

impl fmt::Display for TooLittle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            0 => f.write_str("no person committed source or tests before the first agent"),
            1 => write!(
                f,
                "people have 1 working day before the first agent, and {FEWEST_DAYS} are needed"
            ),
            days => write!(
                f,
                "people have {days} working days before the first agent, and {FEWEST_DAYS} are needed"
            ),
        }
    }
}

/// The pace in these commits of one repository, or how little there is of it.
pub fn pace<'a>(commits: impl IntoIterator<Item = &'a Commit>) -> Result<Pace, TooLittle> {
    let commits: Vec<&Commit> = commits.into_iter().collect();
    let mut left_out = Uncounted::default();
    let works = without_reformatting(counted(&commits, &mut left_out), &mut left_out);
    let kept = without_bulk(works, &mut left_out);
    let days = days(&kept);
    let lines: Vec<f64> = days.values().copied().collect();
    let too_little = TooLittle {
        days: days.len() as u64,
        left_out,
    };
    let ends = days.keys().map(|(_, day)| *day);
    let (Some(since), Some(until)) = (ends.clone().min(), ends.max()) else {
        return Err(too_little);
    };
    if days.len() < FEWEST_DAYS {
        return Err(too_little);
    }
    let mean = Mean::of(lines);
    let people: BTreeSet<usize> = days.keys().map(|(person, _)| *person).collect();
    let interval = interval(&days, &mean);
    Ok(Pace {
        lines_per_day: mean.value,
        lines_per_day_low: interval.map(|[low, _]| low),
        lines_per_day_high: interval.map(|[_, high]| high),
        days: days.len() as u64,
        people: people.len() as u64,
        commits: kept.len() as u64,
        since,
        until,
        left_out,
    })
}

/// What a commit adds to a working day.
#[derive(Debug, Clone, Copy)]
struct Work {
    person: usize,
    day: NaiveDate,
    lines: u64,
    removed: u64,
}

/// A day of a person.
type Day = (usize, NaiveDate);

/// The commits that people may have written.
fn counted(commits: &[&Commit], left_out: &mut Uncounted) -> Vec<Work> {
    let with_agent = commits
        .iter()
        .filter(|commit| commit.origin.state() == OriginState::Agent);
    let first_agent = with_agent.map(|commit| commit.author_time.seconds).min();
    let people = People::of(commits.iter().map(|commit| &commit.author));
    let mut seen = HashSet::new();
    let mut works = Vec::new();
    for commit in commits {
        let reason = match (written(commit), people.number(&commit.author)) {
            _ if commit.is_merge() => &mut left_out.merges,
            _ if first_agent.is_some_and(|first| commit.author_time.seconds >= first) => {
                &mut left_out.since_first_agent
            }
            _ if is_robot(&commit.author) => &mut left_out.robots,
            (None, _) | (_, None) => &mut left_out.unknown_lines,
            (Some(lines), _) if lines.added == 0 => &mut left_out.without_code,
            (Some(lines), _) if is_reformatting(lines) => &mut left_out.reformatting,
            (Some(lines), Some(person)) => {
                // A cherry-pick preserves these.
                if seen.insert((person, commit.author_time, commit.subject.as_str(), lines.added)) {
                    let day = commit.author_time.day();
                    works.push(Work {
                        person,
                        day,
                        lines: lines.added,
                        removed: lines.removed,
                    });
                    continue;
                }
                &mut left_out.copies
            }
        };
        *reason += 1;
    }
    works
}

/// Whether a change looks as if a program made it of other lines.
fn is_reformatting(lines: LineCounts) -> bool {
    is_balanced(lines) && (lines.files >= REFORMATTED_FILES || lines.added >= REFORMATTED_LINES)
}

fn is_balanced(lines: LineCounts) -> bool {
    balance(lines.added, lines.removed) >= BALANCED
}

/// The smaller of two numbers as a part of the larger.
fn balance(one: u64, other: u64) -> f64 {
    one.min(other) as f64 / one.max(other).max(1) as f64
}

/// Without the parts of a reformatting that was committed in many small ones.
fn without_reformatting(mut works: Vec<Work>, left_out: &mut Uncounted) -> Vec<Work> {
    let is_part = |work: &Work| balance(work.lines, work.removed) >= BALANCED_IN_PART;
    let mut days: HashMap<Day, (u64, u64, u64)> = HashMap::new();
    for work in works.iter().filter(|work| is_part(work)) {
        let (commits, added, removed) = days.entry((work.person, work.day)).or_default();
        *commits += 1;
        *added += work.lines;
        *removed += work.removed;
    }
    days.retain(|_, (commits, added, removed)| {
        *commits >= REFORMATTED_COMMITS
            && *added >= REFORMATTED_TOGETHER
            && balance(*added, *removed) >= BALANCED
    });
    let before = works.len();
    works.retain(|work| !(is_part(work) && days.contains_key(&(work.person, work.day))));
    left_out.reformatting += (before - works.len()) as u64;
    works
}

fn days(works: &[Work]) -> BTreeMap<Day, f64> {
    let mut days = BTreeMap::new();
    for work in works {
        *days.entry((work.person, work.day)).or_default() += work.lines as f64;
    }
    days
}

/// Without the commits, then the days, that are far larger than a day's work. What is large is decided again without them.
fn without_bulk(mut works: Vec<Work>, left_out: &mut Uncounted) -> Vec<Work> {
    loop {
        let sums = days(&works);
        let most = most_of_a_day(sums.values().copied().collect());
        let is_bulk = |lines: f64| most.is_some_and(|most| lines > most);
        let before = works.len();
        works.retain(|work| !is_bulk(work.lines as f64));
        if works.len() == before {
            works.retain(|work| !is_bulk(sums[&(work.person, work.day)]));
        }
        if works.len() == before {
            return works;
        }
        left_out.bulk += (before - works.len()) as u64;
    }
}

/// The most lines that a day of these can have. Bulk raises the upper quartile more than the lower one, so the lesser deviation
/// of the two counts.
fn most_of_a_day(mut lines: Vec<f64>) -> Option<f64> {
    lines.sort_unstable_by(f64::total_cmp);
    let logarithm = |part| Some(quantile(&lines, part)?.ln());
    let (lower, median, upper) = (logarithm(0.25)?, logarithm(0.5)?, logarithm(0.75)?);
    let deviation = (median - lower).min(upper - median) / QUARTILE;
    Some((median + BULK * deviation.max(LEAST_DEVIATION)).exp())
}

/// The 0.75 and 0.95 quantiles of the normal distribution.
const QUARTILE: f64 = 0.674_489_750_196_082;
const TWENTIETH: f64 = 1.644_853_626_951_473;

/// A quantile of sorted values, between the two that are closest (type 7 of Hyndman and Fan, *Sample Quantiles in Statistical
/// Packages*, 1996).
fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let at = part * sorted.len().checked_sub(1)? as f64;
    let low = *sorted.get(at.floor() as usize)?;
    let high = *sorted.get(at.ceil() as usize)?;
    Some(low + (high - low) * at.fract())
}

/// The mean of a skewed sample, robust to its largest values.
///
/// Values above a limit count as the limit (a winsorized mean: Dixon and Tukey, *Approximate Behavior of the Distribution of
/// Winsorized t*, 1968), which makes the mean too low. So the expected excess over the limit is added, for the log-normal
/// distribution through the quartile and the 0.95 quantile (its limited expected value: Klugman, Panjer and Willmot, *Loss
/// Models*, 2012, appendix A).
struct Mean {
    limit: f64,
    excess: f64,
    value: f64,
}

impl Mean {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let [quartile, twentieth] = [0.75, 0.95].map(|part| quantile(&values, part).unwrap_or_default());
        let limit = limit(&values, twentieth);
        let excess = excess(quartile, twentieth, limit);
        let sum: f64 = values.iter().map(|value| value.min(limit)).sum();
        Self {
            limit,
            excess,
            value: sum / values.len() as f64 + excess,
        }
    }
}

/// The most that a value counts: in a small sample the 0.95 quantile, in a large one a part of the sum of what counts.
fn limit(values: &[f64], least: f64) -> f64 {
    let mut limit = values.last().copied().unwrap_or_default();
    // It falls until it is that part, or reaches the least.
    for _ in 0..50 {
        let sum: f64 = values.iter().map(|value| value.min(limit)).sum();
        let next = (sum * LARGEST_PART).clamp(least.min(limit), limit);
        if next == limit {
            break;
        }
        limit = next;
    }
    limit
}

/// The mean of what values have above a limit, over all values, if they are log-normal with these quantiles.
fn excess(quartile: f64, twentieth: f64, limit: f64) -> f64 {
    let deviation = (twentieth.ln() - quartile.ln()) / (TWENTIETH - QUARTILE);
    if deviation.is_nan() || deviation <= 0.0 {
        return 0.0;
    }
    let middle = quartile.ln() - QUARTILE * deviation;
    let at = (limit.ln() - middle) / deviation;
    let mean = (middle + deviation * deviation / 2.0).exp();
    (mean * normal(deviation - at) - limit * normal(-at)).max(0.0)
}

/// The wider interval of two: over people, who differ, and over quarters of a year, since the work changes.
fn interval(days: &BTreeMap<Day, f64>, mean: &Mean) -> Option<[f64; 2]> {
    let by_person = jackknife(days, mean, |(person, _)| *person);
    let by_quarter = jackknife(days, mean, |(_, day)| {
        usize::try_from(day.year()).unwrap_or_default() * 4 + day.month0() as usize / 3
    });
    let error = by_person.into_iter().chain(by_quarter).reduce(f64::max)?;
    Some([mean.value * (-error).exp(), mean.value * error.exp()])
}

/// Half the interval of the logarithm of the mean, by the jackknife that leaves out one group at a time (Efron and Tibshirani, *An
/// Introduction to the Bootstrap*, 1993, chapter 11): if one person has most days and another pace than the others, the interval is
/// wide. Limit and excess remain those of the whole.
fn jackknife(days: &BTreeMap<Day, f64>, mean: &Mean, group: fn(&Day) -> usize) -> Option<f64> {
    let mut groups: HashMap<usize, (f64, f64)> = HashMap::new();
    for (day, lines) in days {
        let (count, sum) = groups.entry(group(day)).or_default();
        *count += 1.0;
        *sum += lines.min(mean.limit);
    }
    if groups.len() < FEWEST_GROUPS {
        return None;
    }
    let groups: Vec<(f64, f64)> = BTreeMap::from_iter(groups).into_values().collect();
    let (count, sum) = groups
        .iter()
        .fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
    let without = |(of_group, lines): &(f64, f64)| ((sum - lines) / (count - of_group) + mean.excess).ln();
    let without: Vec<f64> = groups.iter().map(without).collect();
    let number = groups.len() as f64;
    let middle = without.iter().sum::<f64>() / number;
    let squares: f64 = without.iter().map(|value| (value - middle).powi(2)).sum();
    let error = (squares * (number - 1.0) / number).sqrt() * student(number - 1.0);
    Some(error).filter(|error| error.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample;
    use crate::facts::commit::Person;
    use crate::facts::evidence::{Evidence, Origin};
    use crate::facts::files::FileClass;

    /// Numbers between 0 and 1 that look random and are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// Standard normal, by the sum of twelve.
        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.next()).sum::<f64>() - 6.0
        }
    }

    const DAY: i64 = 86_400;

    fn commit(name: &str, email: &str, seconds: i64, counts: (u64, u64, u64)) -> Commit {
        let (files, added, removed) = counts;
        let lines = LineCounts {
            files,
            added,
            removed,
        };
        let mut commit = sample::commit(1, "2015-01-05T09:00:00Z");
        commit.author_time.seconds += seconds;
        commit.author = Person {
            name: name.to_owned(),
            email: email.to_owned(),
        };
        commit.subject = format!("{name} at {seconds}");
        commit.lines = Some(lines);
        commit.by_class = vec![(FileClass::Source, lines)];
        commit
    }

    fn by(person: usize, seconds: i64, counts: (u64, u64, u64)) -> Commit {
        commit(
            &format!("Person {person}"),
            &format!("p{person}@example.org"),
            seconds,
            counts,
        )
    }

    /// A repository: some people, each with days of one to three commits whose lines are log-normal with this deviation.
    fn history(people: usize, days: usize, deviation: f64) -> Vec<Commit> {
        let mut numbers = Numbers(people as u64 * 1000 + days as u64);
        let mut commits = Vec::new();
        for day in 0..days {
            for person in 0..people {
                for part in 0..=(numbers.next() * 3.0) as i64 {
                    let lines = (30.0 * (numbers.normal() * deviation).exp()).ceil() as u64;
                    let at = day as i64 * DAY + part * 3600;
                    commits.push(by(person, at, (1 + lines / 40, lines, lines / 3)));
                }
            }
        }
        commits
    }

    /// Small, large, even and uneven ones.
    fn histories() -> impl Iterator<Item = Vec<Commit>> {
        let sizes = [(1, 60), (2, 40), (3, 100), (8, 60)];
        sizes
            .into_iter()
            .flat_map(|(people, days)| [0.2, 0.7, 1.2].map(|deviation| history(people, days, deviation)))
    }

    fn of(commits: &[Commit]) -> Pace {
        pace(commits).unwrap()
    }

    /// Adds commits to each history, which must not move its pace by more than 5%.
    fn does_not_move(what: &str, added: impl Fn(&[Commit]) -> Vec<Commit>) {
        for commits in histories() {
            let before = of(&commits);
            let added = added(&commits);
            let after = of(&[commits, added].concat());
            let moved = after.lines_per_day / before.lines_per_day - 1.0;
            assert!(moved.abs() <= 0.05, "{what} moves {before:#?} by {moved}");
        }
    }

    #[test]
    fn an_import_does_not_move_it() {
        let middle = 20 * DAY + 1800;
        for lines in [3000, 20_000, 500_000] {
            does_not_move("an import", |_| vec![by(0, middle, (lines / 100, lines, 0))]);
            does_not_move("an import on a free day", |_| {
                vec![by(0, -30 * DAY, (lines / 100, lines, 0))]
            });
            does_not_move("an import in parts", |_| {
                (0..10)
                    .map(|part| by(0, middle + part, (lines / 1000, lines / 4, 3)))
                    .collect()
            });
            does_not_move("an import in parts on three days", |_| {
                (0..9)
                    .map(|part| by(0, part % 3 * DAY + part, (lines / 1000, lines / 2, 3)))
                    .collect()
            });
        }
    }

    #[test]
    fn an_import_in_many_small_commits_of_a_day_does_not_move_it() {
        does_not_move("an import file by file", |_| {
            (0..2000)
                .map(|part| by(0, -5 * DAY + part * 10, (1, 60, 0)))
                .collect()
        });
    }

    #[test]
    fn reformatting_does_not_move_it() {
        for lines in [400, 3000, 60_000] {
            does_not_move("reformatting", |_| {
                vec![by(0, 20 * DAY + 1800, (lines / 30, lines, lines * 9 / 10))]
            });
            does_not_move("reformatting in parts", |_| {
                (0..12)
                    .map(|part| by(0, (20 + part) * DAY + 1800, (lines / 30, lines, lines)))
                    .collect()
            });
            does_not_move("reformatting file by file", |_| {
                (0..50)
                    .map(|part| by(0, (20 + part % 4) * DAY + part, (1, lines, lines + 10)))
                    .collect()
            });
        }
        does_not_move("reformatting of small files one by one", |_| {
            (0..60)
                .map(|part| by(0, 20 * DAY + part, (1, 45 + part as u64 % 20, 50)))
                .collect()
        });
    }

    #[test]
    fn a_robot_does_not_move_it() {
        for (name, email) in [
            (
                "dependabot[bot]",
                "49699333+dependabot[bot]@users.noreply.github.com",
            ),
            ("Sync Bot", "sync@example.org"),
            ("Example CI", "ci@example.org"),
        ] {
            for lines in [1, 400, 9000] {
                does_not_move(name, |_| {
                    (0..300)
                        .map(|at| commit(name, email, at * DAY / 2, (3, lines, lines / 2)))
                        .collect()
                });
            }
        }
    }

    #[test]
    fn one_person_under_two_addresses_is_one() {
        for commits in histories() {
            let mut split = commits.clone();
            for (at, commit) in split.iter_mut().enumerate() {
                match at % 3 {
                    0 => {
                        commit.author.email = format!("{}@home.example", commit.author.name.replace(' ', ""));
                    }
                    1 => commit.author.name = commit.author.name.to_uppercase(),
                    _ => {}
                }
            }
            assert_eq!(of(&split), of(&commits));
        }
    }

    #[test]
    fn it_is_the_mean_of_days_and_not_their_median() {
        // 30·e^(σ²/2) for one commit per day; with the variance of twelve uniform numbers the tail is a little shorter.
        for (deviation, expected) in [(0.2, 30.6), (0.7, 38.3), (1.2, 61.6)] {
            let mut numbers = Numbers(7);
            let day = |at| {
                let lines = (30.0 * (numbers.normal() * deviation).exp()).round().max(1.0) as u64;
                by(at as usize % 6, at * DAY, (1, lines, 0))
            };
            let commits: Vec<Commit> = (0..3000).map(day).collect();
            let found = of(&commits);
            assert!(
                (found.lines_per_day / expected - 1.0).abs() < 0.05,
                "{deviation}: {found:?}"
            );
            let (low, high) = (
                found.lines_per_day_low.unwrap(),
                found.lines_per_day_high.unwrap(),
            );
            assert!(low < expected && expected < high, "{deviation}: {found:?}");
        }
    }

    #[test]
    fn equal_days_have_exactly_their_lines_and_no_spread() {
        let commits: Vec<Commit> = (0..400)
            .map(|at| by(at as usize % 5, at * DAY, (2, 40, 0)))
            .collect();
        let found = of(&commits);
        assert_eq!(
            (found.lines_per_day, found.days, found.people, found.commits),
            (40.0, 400, 5, 400)
        );
        for end in [found.lines_per_day_low, found.lines_per_day_high] {
            assert!((end.unwrap() - 40.0).abs() < 1e-9, "{found:?}");
        }
        assert_eq!(found.since.to_string(), "2015-01-05");
    }

    /// A person with most of the days and another pace than all others decides the pace, so the range reaches the pace without them.
    #[test]
    fn the_range_is_wide_if_one_person_decides_the_pace() {
        let day = |at: i64| match at % 3 {
            0 => by(1 + at as usize % 20, at * DAY, (2, 40, 0)),
            _ => by(0, at * DAY, (2, 120, 0)),
        };
        let commits: Vec<Commit> = (0..600).map(day).collect();
        let found = of(&commits);
        assert!((found.lines_per_day / 93.3 - 1.0).abs() < 0.01, "{found:?}");
        assert!(found.lines_per_day_low.unwrap() <= 40.0, "{found:?}");
    }

    #[test]
    fn only_what_precedes_the_first_agent_counts_and_too_little_is_said() {
        let mut commits: Vec<Commit> = (0..40).map(|at| by(0, at * DAY, (2, 40, 0))).collect();
        let Ok(rule) = "trailer:co-authored-by".parse();
        let sign = Evidence {
            rule,
            agent: None,
            model: None,
            lines: None,
        };
        commits[25].origin = Origin::new(vec![sign]);
        let found = of(&commits);
        assert_eq!((found.days, found.left_out.since_first_agent), (25, 15));
        commits.swap(25, 3);
        let (early, late) = (commits[25].author_time, commits[3].author_time);
        commits[25].author_time = late;
        commits[3].author_time = early;
        let little = pace(&commits).unwrap_err();
        assert_eq!((little.days, little.left_out.since_first_agent), (3, 37));
        assert_eq!(
            little.to_string(),
            "people have 3 working days before the first agent, and 20 are needed"
        );
        assert_eq!(pace([]).unwrap_err().days, 0);
    }

    #[test]
    fn each_reason_counts_what_it_leaves_out() {
        let mut commits: Vec<Commit> = (0..40).map(|at| by(0, at * DAY, (2, 40, 0))).collect();
        let copy = commits[7].clone();
        let mut merge = by(0, 7200, (0, 0, 0));
        merge.parents = vec![sample::object(1), sample::object(2)];
        let mut unknown = by(0, 7201, (0, 0, 0));
        unknown.lines = None;
        unknown.by_class.clear();
        let mut docs = by(0, 7202, (3, 500, 0));
        docs.by_class = vec![(FileClass::Docs, docs.lines.unwrap())];
        let mut vendored = by(0, 7203, (3, 500, 0));
        vendored.by_class = vec![(FileClass::Vendored, vendored.lines.unwrap())];
        let reformatting = by(0, 7204, (30, 500, 480));
        let bulk = by(0, 7205, (30, 5000, 0));
        let robot = commit("Sync Bot", "sync@example.org", 7206, (1, 5, 0));
        commits.extend([copy, merge, unknown, docs, vendored, reformatting, bulk, robot]);
        let expected = Uncounted {
            merges: 1,
            since_first_agent: 0,
            robots: 1,
            unknown_lines: 1,
            without_code: 2,
            copies: 1,
            reformatting: 1,
            bulk: 1,
        };
        let found = of(&commits);
        assert_eq!((found.left_out, found.lines_per_day), (expected, 40.0));
    }
}
