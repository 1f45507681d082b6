//! The figures of a claim, and texts without them: what somebody may read before giving an opinion of their own.
//!
//! A title such as `8h refactoring` would tell the estimate before anybody was asked. A number is hidden if it equals a figure
//! of the claim in any unit, or is so close that it would serve as an anchor. Numbers without a unit must equal one.

use super::estimate::Estimate;
use super::ledger::{LedgerSession, LedgerTask};
use super::quantity::{Hours, Minutes, WorkTime};
use super::task::Task;

/// What stands in the place of a figure.
pub const HIDDEN: &str = "[hidden]";
/// A number with a unit that is at most this part of a figure away from it is hidden as well.
const NEAR: f64 = 0.1;
/// The most parts of a duration: `1w 2d 3h 4m 5s`.
const MOST_PARTS: usize = 5;
/// The longest number that is read, in bytes.
const LONGEST_NUMBER: usize = 40;

/// All figures that were claimed or measured for a task.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    work: WorkTime,
    /// Of estimates and of times.
    minutes: Vec<f64>,
    /// Those of agents and persons, by which factors divide.
    times: Vec<f64>,
    tokens: Vec<f64>,
    factors: Vec<f64>,
}

impl Figures {
    /// The figures of every revision of a task, of the opinions on it and of its captured sessions.
    pub fn of(found: &LedgerTask, sessions: &[LedgerSession], work: WorkTime) -> Self {
        let mut figures = Self {
            work,
            ..Self::default()
        };
        let is_own = |session: &&LedgerSession| {
            session
                .commits
                .iter()
                .any(|commit| found.commits.contains(commit))
        };
        let sessions: Vec<&LedgerSession> = sessions.iter().filter(is_own).collect();
        let mut measured: Vec<Minutes> = Vec::new();
        for session in &sessions {
            let record = &session.record;
            let all = [record.agent_minutes, record.supervisory_minutes];
            for whole in all.into_iter().flatten() {
                measured.extend([whole, whole * record.share]);
            }
            let tokens = record.tokens.map(|tokens| tokens.total().0 as f64);
            figures
                .tokens
                .extend(tokens.into_iter().flat_map(|all| [all, all * record.share]));
        }
        let whole = sessions.iter().filter_map(|session| session.record.agent_minutes);
        measured.push(whole.sum());
        for minutes in measured {
            figures.add_time(minutes);
        }
        for task in &found.revisions {
            figures.add_task(task);
        }
        for opinion in &found.opinions {
            figures.add_estimate(&opinion.estimate);
        }
        figures.add_factors(found);
        figures
    }

    fn add_task(&mut self, task: &Task) {
        self.add_estimate(&task.estimate);
        let minutes = [task.agent_minutes, task.supervisory_minutes];
        for minutes in minutes.into_iter().flatten() {
            self.add_time(minutes);
        }
        self.tokens.extend(task.tokens.map(|tokens| tokens.0 as f64));
    }

    fn add_estimate(&mut self, estimate: &Estimate) {
        let phases = estimate.phases.iter();
        let of_phases = phases.flat_map(|phase| [Some(phase.hours), phase.low, phase.high]);
        let of_whole = [Some(estimate.hours), estimate.low, estimate.high];
        for hours in of_whole.into_iter().chain(of_phases).flatten() {
            self.add_minutes(hours.get() * 60.0);
        }
    }

    fn add_time(&mut self, minutes: Minutes) {
        self.add_minutes(minutes.get());
        if minutes.get() > 0.0 {
            self.times.push(minutes.get());
        }
    }

    fn add_minutes(&mut self, minutes: f64) {
        if minutes > 0.0 {
            self.minutes.push(minutes);
        }
    }

    /// Every estimate over every time that it could be divided by.
    fn add_factors(&mut self, found: &LedgerTask) {
        let claims = found.revisions.iter().map(|task| &task.estimate);
        let opinions = found.opinions.iter().map(|opinion| &opinion.estimate);
        let hours = claims.chain(opinions);
        let hours = hours.flat_map(|estimate| [Some(estimate.hours), estimate.low, estimate.high]);
        let mut hours: Vec<f64> = hours.flatten().map(Hours::get).collect();
        hours.sort_by(f64::total_cmp);
        hours.dedup();
        // A note may repeat its lines without end.
        hours.truncate(1_000);
        let mut times = std::mem::take(&mut self.times);
        times.sort_by(f64::total_cmp);
        times.dedup();
        times.truncate(1_000);
        let factor = |hours: f64| times.iter().map(move |time| hours * 60.0 / time);
        self.factors = hours.into_iter().flat_map(factor).collect();
        self.factors.sort_by(f64::total_cmp);
        self.factors.dedup();
    }

    /// The text with [`HIDDEN`] in the place of each figure.
    pub fn hide(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut at = 0;
        let mut before = None;
        while let Some(next) = text[at..].chars().next() {
            let starts = next.is_ascii_digit() && !before.is_some_and(|c: char| c.is_ascii_digit());
            if let Some(length) = starts.then(|| self.figure_at(&text[at..], before)).flatten() {
                shown.push_str(HIDDEN);
                before = text[at..at + length].chars().next_back();
                at += length;
                // A hidden number is not the beginning of what follows.
                before = before.filter(|c| !c.is_ascii_digit());
                continue;
            }
            let length = if starts {
                number_length(&text[at..])
            } else {
                next.len_utf8()
            };
            shown.push_str(&text[at..at + length]);
            before = text[at..at + length].chars().next_back();
            at += length;
        }
        shown
    }

    /// The length of the figure that the text begins with, the longest reading first.
    fn figure_at(&self, text: &str, before: Option<char>) -> Option<usize> {
        let is_in_word = before.is_some_and(char::is_alphabetic);
        let grouped = grouped_length(text).map(|length| self.read(text, length, is_in_word));
        grouped
            .flatten()
            .or_else(|| self.read(text, number_length(text), is_in_word))
    }

    /// The length of the figure that begins with a number of that length.
    fn read(&self, text: &str, number: usize, is_in_word: bool) -> Option<usize> {
        let digits = &text[..number];
        let (unit, end) = unit_after(text, number);
        if let Some(minutes_in) = unit.and_then(|unit| self.minutes_in(unit)) {
            let found = self.duration(text, (readings(digits), minutes_in), end);
            if found.is_some() {
                return found;
            }
        }
        let scaled = |scale: f64| readings(digits).into_iter().map(move |value| value * scale);
        if let Some(unit) = unit {
            if matches!(unit, "x" | "×" | "fold" | "times") && is_near(scaled(1.0), &self.factors) {
                return Some(end);
            }
            let is_count = count_of(unit).is_some_and(|scale| is_near(scaled(scale), &self.tokens));
            if is_count {
                return Some(end);
            }
        }
        // Letters before or behind it make a number part of a name: `v2`, `sha256`.
        let is_name = is_in_word || text[number..].starts_with(char::is_alphabetic);
        (!is_name && self.is_one(&readings(digits))).then_some(number)
    }

    /// The length of the longest duration that is a figure, given its first number, the minutes of its unit and its end.
    fn duration(&self, text: &str, (first, minutes_in): (Vec<f64>, f64), end: usize) -> Option<usize> {
        let mut sums: Vec<f64> = first.iter().map(|value| value * minutes_in).collect();
        let mut found = is_near(sums.iter().copied(), &self.minutes).then_some(end);
        let mut end = end;
        for _ in 1..MOST_PARTS {
            let rest = &text[end..];
            let blank = rest.len() - rest.trim_start_matches(' ').len();
            let rest = &rest[blank..];
            if blank > 1 || !rest.starts_with(|c: char| c.is_ascii_digit()) {
                break;
            }
            let number = number_length(rest);
            let (unit, length) = unit_after(rest, number);
            let Some(minutes_in) = unit.and_then(|unit| self.minutes_in(unit)) else {
                break;
            };
            let more = readings(&rest[..number]);
            sums = sums
                .iter()
                .flat_map(|sum| more.iter().map(move |value| sum + value * minutes_in))
                .collect();
            end += blank + length;
            if is_near(sums.iter().copied(), &self.minutes) {
                found = Some(end);
            }
        }
        found
    }

    /// The minutes of a unit of time.
    fn minutes_in(&self, unit: &str) -> Option<f64> {
        Some(match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => 1.0 / 60.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 1.0,
            "h" | "hr" | "hrs" | "hour" | "hours" => 60.0,
            "d" | "day" | "days" => self.work.hours_per_day * 60.0,
            "w" | "wk" | "wks" | "week" | "weeks" => self.work.hours_per_week * 60.0,
            _ => return None,
        })
    }

    /// Whether a number without a unit is a figure.
    fn is_one(&self, readings: &[f64]) -> bool {
        let minutes = self.minutes.iter().flat_map(|minutes| [*minutes, minutes / 60.0]);
        let mut all = minutes
            .chain(self.factors.iter().copied())
            .chain(self.tokens.iter().copied());
        all.any(|figure| readings.iter().any(|value| is_written_as(figure, *value)))
    }
}

/// Whether a value is a figure as it would be written, with up to two decimals or none.
fn is_written_as(figure: f64, value: f64) -> bool {
    let rounded = |places: f64| ((figure * places).round() / places - value).abs() < 1e-9;
    rounded(100.0) || rounded(10.0) || (value >= 10.0 && rounded(1.0))
}

fn is_near(mut values: impl Iterator<Item = f64>, figures: &[f64]) -> bool {
    values.any(|value| {
        figures
            .iter()
            .any(|figure| (figure - value).abs() <= figure * NEAR + 1e-9)
    })
}

/// What a number of tokens is counted in.
fn count_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "token" | "tokens" => 1.0,
        "k" | "thousand" => 1e3,
        "m" | "million" | "mio" => 1e6,
        "b" | "billion" => 1e9,
        _ => return None,
    })
}

/// The units that a number may have, the longest first where one begins like another.
const UNITS: &[&str] = &[
    "seconds", "second", "secs", "sec", "minutes", "minute", "mins", "min", "hours", "hour", "hrs", "hr",
    "days", "day", "weeks", "week", "wks", "wk", "tokens", "token", "thousand", "million", "mio", "billion",
    "times", "fold", "×", "s", "m", "h", "d", "w", "x", "k", "b",
];

/// The unit behind a number that ends at `at`, and where it ends. Whatever its case, and behind a blank or a hyphen.
fn unit_after(text: &str, at: usize) -> (Option<&'static str>, usize) {
    let rest = &text[at..];
    let word = rest.trim_start_matches([' ', '-', '\u{a0}', '\u{202f}']);
    let start = at + rest.len() - word.len();
    if start > at + 3 {
        return (None, at);
    }
    let found = UNITS.iter().find(|unit| {
        let begins = word
            .get(..unit.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(unit));
        begins && !word[unit.len()..].starts_with(char::is_alphabetic)
    });
    match found {
        Some(unit) => (Some(unit), start + unit.len()),
        None => (None, at),
    }
}

const SEPARATORS: [char; 4] = ['.', ',', '\'', '_'];

/// The length of the number that the text begins with: digits, and separators between them.
fn number_length(text: &str) -> usize {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_between =
            SEPARATORS.contains(&c) && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if at >= LONGEST_NUMBER || !(c.is_ascii_digit() || is_between) {
            break;
        }
        end = at + c.len_utf8();
    }
    end
}

/// The length of a number whose digits blanks group by thousands: `1 375.5`.
fn grouped_length(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(text);
    if !(1..=3).contains(&end) {
        return None;
    }
    let first = end;
    while let Some(rest) = text[end..].strip_prefix([' ', '\u{a0}', '\u{202f}']) {
        let start = text.len() - rest.len();
        if digits(rest) != 3 || start > LONGEST_NUMBER {
            break;
        }
        end = start + 3;
    }
    // The fraction.
    let rest = &text[end..];
    let fraction = rest
        .strip_prefix(['.', ','])
        .map_or(0, |rest| match digits(rest) {
            0 => 0,
            digits => digits + 1,
        });
    (end > first).then_some(end + fraction)
}

/// What a number can mean: with all its separators as groups, or the last one as the decimal mark.
fn readings(number: &str) -> Vec<f64> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let whole = digits(number).parse().ok();
    let fraction = number
        .rsplit_once(['.', ','])
        .and_then(|(whole, fraction)| format!("{}.{}", digits(whole), digits(fraction)).parse().ok());
    [whole, fraction].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::super::ledger::TaskProvenance;
    use super::super::quantity::Tokens;
    use super::super::task::sample;
    use super::*;

    fn found(task: Task) -> LedgerTask {
        LedgerTask {
            revisions: vec![task.clone()],
            task,
            provenance: TaskProvenance::Note,
            notes: Vec::new(),
            commits: Vec::new(),
            claims: Vec::new(),
            opinions: Vec::new(),
        }
    }

    /// The figures of 40 hours in 25 minutes, with 5 of supervision: factors of 96 and 480.
    fn figures() -> Figures {
        let mut task = sample();
        task.tokens = Some(Tokens(2_620_000));
        Figures::of(&found(task), &[], WorkTime::default())
    }

    #[test]
    fn a_figure_is_hidden_in_every_spelling() {
        for text in [
            "40h",
            "40 hours",
            "40-hour",
            "40.0h",
            "~40h",
            "2400m",
            "2,400 minutes",
            "2 400 min",
            "5d",
            "5 days",
            "1w",
            "4d8h",
            "39h 60m",
            "38h",
            "25m",
            "0h25m",
            "1500s",
            "96x",
            "96×",
            "96.0",
            "480 times",
            "2.62M tokens",
            "2620k",
            "2,620,000",
            "est40h",
        ] {
            let shown = figures().hide(&format!("a {text} b"));
            assert!(shown.contains(HIDDEN), "{text}: {shown}");
            assert!(!shown.contains(|c: char| c.is_ascii_digit()), "{text}: {shown}");
        }
    }

    #[test]
    fn what_is_no_figure_stays() {
        for text in [
            "Kiln controller v40",
            "sha256 of 17 files",
            "HTTP/2 in 3 days",
            "300h",
            "10x faster",
            "1.2.3",
            "",
            "Öfen 🔥 7",
            "a_1,_2.",
        ] {
            assert_eq!(figures().hide(text), text);
        }
    }

    #[test]
    fn the_rest_of_a_text_stays_as_it_is() {
        assert_eq!(
            figures().hide("Kiln (40h, 96x): part 1 of 3 for 7€"),
            "Kiln ([hidden], [hidden]): part 1 of 3 for 7€"
        );
        assert_eq!(figures().hide("40"), HIDDEN);
        assert_eq!(figures().hide("40 of 40h, 1h30m"), "[hidden] of [hidden], 1h30m");
    }
}
