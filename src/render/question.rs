//! The question of `opine --next`: what was done, and no figure of the claim.

use std::fmt::Write as _;

use super::escape::visible;
use super::format::terminal::shorten;
use crate::facts::quantity::counted;
use crate::facts::question::{AskedCommit, ChangedPath, Question};

/// As many phases, commits and files are listed; more are only counted.
const MOST_PHASES: usize = 40;
const MOST_COMMITS: usize = 20;
const MOST_FILES: usize = 30;
/// The widest title, subject or path.
const WIDEST: usize = 200;

/// The question, a line a fact. Ends with a newline. `is_partial` says that not all commits were read.
pub fn question(asked: &Question, is_partial: bool) -> String {
    let title = asked.title.as_deref().or_else(|| {
        let first = asked.commits.first()?;
        first.subject.as_deref()
    });
    let mut card = format!("{}\n", short(title.unwrap_or("A task that only a message names")));
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(card, "  {name:<12} {value}");
    };
    if let Some(date) = asked.date {
        fact("date", &date.to_string());
    }
    for (at, line) in limited(&asked.phases, MOST_PHASES, |name| short(name))
        .iter()
        .enumerate()
    {
        fact(if at == 0 { "phases" } else { "" }, line);
    }
    for (at, line) in limited(&asked.commits, MOST_COMMITS, commit).iter().enumerate() {
        fact(if at == 0 { "commits" } else { "" }, line);
    }
    if asked.commits.is_empty() {
        fact("commits", "none: a task without code");
    }
    if !asked.files.is_empty() {
        fact("changes", &total(&asked.files, is_partial));
        for line in limited(&asked.files, MOST_FILES, changed) {
            fact("", &line);
        }
    }
    let answer = format!("git leverage opine {} --estimate HOURS --basis TEXT", asked.key);
    fact("answer with", &answer);
    card
}

fn short(text: &str) -> String {
    visible(&shorten(text, WIDEST)).into_owned()
}

/// The first few, a line each, and how many more there are.
fn limited<T>(all: &[T], most: usize, line: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(most).map(line).collect();
    let more = all.len().saturating_sub(most);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

fn commit(commit: &AskedCommit) -> String {
    let subject = commit.subject.as_deref().unwrap_or("(not in this clone)");
    format!("{} {}", commit.id.short(), short(subject))
}

fn total(files: &[ChangedPath], is_partial: bool) -> String {
    let at_least = |is_lower_bound: bool| if is_lower_bound { "≥" } else { "" };
    let lines = files.iter().filter_map(|file| file.lines);
    let (added, removed) = lines.fold((0_u64, 0_u64), |sum, lines| {
        (sum.0.saturating_add(lines.0), sum.1.saturating_add(lines.1))
    });
    let unknown = is_partial || files.iter().any(|file| file.lines.is_none());
    let least = at_least(unknown);
    format!(
        "{}{}, {least}{}, {least}{}",
        at_least(is_partial),
        counted(files.len(), "file", "files"),
        counted(added, "line added", "lines added"),
        counted(removed, "line removed", "lines removed")
    )
}

fn changed(file: &ChangedPath) -> String {
    let lines = match file.lines {
        Some((added, removed)) => format!("+{added} −{removed}"),
        None => "–".to_owned(),
    };
    format!("{lines:<12} {}", short(&file.path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::facts::estimate::Phase;
    use crate::facts::figures::Figures;
    use crate::facts::ids::{ObjectId, TaskId};
    use crate::facts::ledger::{LedgerTask, TaskProvenance};
    use crate::facts::quantity::{Hours, Minutes, Tokens, WorkTime};
    use crate::facts::question::Work;
    use crate::facts::task::{FirstClaim, Task, TaskSource};

    /// A task whose figures occur nowhere else: dates, ids and counts of lines have other numbers.
    fn task(hours: f64, minutes: f64, supervision: f64, tokens: u64) -> Task {
        let first = FirstClaim {
            at: chrono::DateTime::from_timestamp(1_775_822_400, 0).unwrap(),
            by: "Ada Example <ada@example.org>",
            title: "Kiln".into(),
            date: chrono::NaiveDate::from_ymd_opt(2026, 4, 10).unwrap(),
            hours: Hours::new(hours).unwrap(),
            source: TaskSource::Record,
        };
        let mut task = Task::new(TaskId::derived(&["kiln"]), first);
        task.agent_minutes = Minutes::new(minutes);
        task.supervisory_minutes = Minutes::new(supervision);
        task.tokens = Some(Tokens(tokens));
        task.estimate.phases = vec![
            Phase::new("Schema", Hours::new(hours * 0.4).unwrap()),
            Phase::new("Client", Hours::new(hours * 0.6).unwrap()),
        ];
        task
    }

    /// The figures as people write them, each several times.
    fn spellings(task: &Task) -> Vec<String> {
        let mut all = Vec::new();
        let phases = task.estimate.phases.iter().map(|phase| phase.hours);
        for hours in phases.chain([task.estimate.hours]) {
            let value = hours.get();
            all.extend([
                hours.to_string(),
                hours.in_decimals(),
                hours.minutes().to_string(),
            ]);
            all.extend([
                format!("{value:.1} hours"),
                format!("{value:.2}-hour"),
                format!("{:.0}m", value * 60.0),
            ]);
            all.extend([
                format!("{:.1}d", value / 8.0),
                format!("{:.2} weeks", value / 40.0),
            ]);
        }
        for minutes in [task.agent_minutes, task.supervisory_minutes]
            .into_iter()
            .flatten()
        {
            all.extend([
                minutes.to_string(),
                minutes.rounded(),
                format!("{:.1} min", minutes.get()),
            ]);
        }
        let factors = [task.leverage_factor(), task.supervisory_leverage_factor()];
        for factor in factors.into_iter().flatten() {
            all.extend([
                format!("{factor:.1}x"),
                format!("{factor:.0}×"),
                format!("{factor:.2} times"),
            ]);
        }
        let tokens = task.tokens.unwrap();
        all.extend([
            tokens.to_string(),
            tokens.0.to_string(),
            crate::facts::quantity::thousands(tokens.0),
        ]);
        all
    }

    /// The words of a text in which a digit is, without the marks around them.
    fn figures_in(text: &str) -> Vec<&str> {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | '/' | '|' | '`'));
        let words = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
        words
            .filter(|word| word.contains(|c: char| c.is_ascii_digit()))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_question_holds_no_figure_of_the_claim(
            hours in 1301_u32..9_999,
            minutes in 1_111_u32..9_999,
            supervision in 101_u32..999,
            tokens in 1_234_567_u64..987_654_321,
            picks in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..5, " ?[(~/]?"), 1..6),
        ) {
            let claimed = task(f64::from(hours) / 10.0, f64::from(minutes) / 10.0, f64::from(supervision) / 10.0, tokens);
            let spelled = spellings(&claimed);
            let mut placed = claimed.clone();
            let mut subject = "Heat the kiln".to_owned();
            let mut path = "src/kiln".to_owned();
            for (pick, place, before) in &picks {
                let figure = pick.get(&spelled);
                let text = match place {
                    0 => &mut placed.title,
                    1 => &mut subject,
                    2 => &mut path,
                    3 => &mut placed.estimate.phases[0].name,
                    _ => &mut placed.estimate.phases[1].name,
                };
                // Writing to a string cannot fail.
                let _ = write!(text, " {before}{figure} of it");
            }
            let found = LedgerTask {
                revisions: vec![placed.clone()],
                task: placed,
                provenance: TaskProvenance::Note,
                notes: Vec::new(),
                commits: Vec::new(),
                claims: Vec::new(),
                opinions: Vec::new(),
            };
            let figures = Figures::of(&found, &[], WorkTime::default());
            let work = Work {
                commits: vec![(ObjectId::from_bytes(&[0xab; 20]).unwrap(), Some(subject))],
                files: vec![ChangedPath { path, lines: Some((7, 3)) }],
            };
            let asked = Question::about(&found, found.task.date, work, &figures);
            let shown = question(&asked, false);
            // Everything else in it that has a digit is known.
            let own = ["2026-04-10", "abababababababababababababababababababab", "1", "7", "3", "+7", "−3"];
            for word in figures_in(&shown) {
                let is_own = own.contains(&word) || word == asked.key || own[1].starts_with(word);
                prop_assert!(is_own, "{word} in\n{shown}");
            }
        }
    }

    #[test]
    fn what_is_long_or_hostile_is_shortened_and_escaped() {
        let file = |at: usize| ChangedPath {
            path: format!("{}\u{1b}[31m{at}", "d/".repeat(400)),
            lines: (at > 0).then_some((u64::MAX, 1)),
        };
        let commit = |at: u8| AskedCommit {
            id: ObjectId::from_bytes(&[at; 20]).unwrap(),
            subject: (at > 0).then(|| "\u{202e}x".repeat(1_000)),
        };
        let asked = Question {
            key: "q0123456789ab".into(),
            title: None,
            date: None,
            phases: vec!["a\nb".into(); 100],
            commits: (0..100).map(commit).collect(),
            files: (0..100).map(file).collect(),
        };
        let shown = question(&asked, true);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']));
        assert!(shown.lines().count() < 120, "{shown}");
        assert!(
            shown.contains("and 80 more") && shown.contains("≥100 files"),
            "{shown}"
        );
        assert!(shown.contains("(not in this clone)"), "{shown}");
    }
}
