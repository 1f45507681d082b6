//! What happened in the made-up month: four published days in full, and ordinary work between them.
//!
//! The figures of the four days are the published ones. Repositories, people, times of day and tokens by task are ours:
//! tokens were published as totals, which are spread here in proportion to agent minutes.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::code::Language;
use super::random::Random;
use crate::facts::commit::Person;

/// A published day: its date, its rows and its total of tokens.
const DAYS: [(&str, &str, u64); 4] = [
    (
        "2026-03-01",
        include_str!("../../../../fixtures/published/2026-03-01.csv"),
        2_620_000,
    ),
    (
        "2026-03-02",
        include_str!("../../../../fixtures/published/2026-03-02.csv"),
        2_095_000,
    ),
    (
        "2026-03-26",
        include_str!("../../../../fixtures/published/2026-03-26.csv"),
        3_751_000,
    ),
    (
        "2026-04-04",
        include_str!("../../../../fixtures/published/2026-04-04.csv"),
        11_636_500,
    ),
];

/// A repository of the workspace and what is in its tasks' titles. The first that matches takes a task.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) language: Language,
    /// Whether its sessions are captured in notes. One repository is left, so that there is something to capture.
    pub(super) is_captured: bool,
    words: &'static [&'static str],
}

pub(super) const PLACES: [Place; 4] = [
    Place {
        name: "accounts",
        about: "Books, invoices and the hours behind them",
        language: Language::TypeScript,
        is_captured: true,
        words: &[
            "account",
            "time track",
            "list management",
            "cross-app",
            "oidc",
            "payment",
            "onboarding",
            "route",
        ],
    },
    Place {
        name: "courses",
        about: "Courses, certifications and the exams at their end",
        language: Language::Python,
        is_captured: true,
        words: &[
            "certif",
            "course",
            "domain",
            "content",
            "proficiency",
            "ml pipeline",
            "exam",
            "transfer",
            "caching",
        ],
    },
    Place {
        name: "console",
        about: "The desktop client and its terminal",
        language: Language::Go,
        is_captured: false,
        words: &[
            "desktop",
            "ui ",
            "console",
            "simulator",
            "activity",
            "tracker",
            "frontend",
        ],
    },
    Place {
        name: "platform",
        about: "Sign-in, mail, deployment and what else every service needs",
        language: Language::Rust,
        is_captured: true,
        words: &[""],
    },
];

/// Who works there: name and mail.
const PEOPLE: [(&str, &str); 3] = [
    ("Ada Example", "ada@example.org"),
    ("Grace Example", "grace@example.org"),
    ("Lin Example", "lin@example.org"),
];

/// One of [`PEOPLE`], the first if there is none at this position.
pub(super) fn person(at: usize) -> Person {
    let (name, email) = PEOPLE.get(at).or(PEOPLE.first()).copied().unwrap_or_default();
    Person {
        name: name.to_owned(),
        email: email.to_owned(),
    }
}

/// One thing that happened, and left a commit unless it changed no code.
#[derive(Debug, Clone)]
pub(super) struct Event {
    /// Which of [`PLACES`].
    pub(super) place: usize,
    /// When it was done, in seconds since the epoch.
    pub(super) at: i64,
    /// Which of [`PEOPLE`].
    pub(super) person: usize,
    pub(super) subject: String,
    pub(super) work: Work,
}

#[derive(Debug, Clone)]
pub(super) enum Work {
    /// A recorded task.
    Task(Claim),
    /// An agent's work that nobody recorded.
    Agent { agent: &'static str, minutes: f64 },
    /// A person's work.
    Human,
}

/// What is claimed of a task.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) date: NaiveDate,
    pub(super) hours: f64,
    pub(super) agent_minutes: f64,
    pub(super) supervisory_minutes: Option<f64>,
    pub(super) tokens: u64,
    pub(super) category: &'static str,
    /// No code came of it here: an audit, a plan, an article.
    pub(super) is_without_code: bool,
}

/// Everything that happened, in order.
pub(super) fn events() -> Vec<Event> {
    let mut random = Random::new(2026);
    let mut events: Vec<Event> = DAYS
        .iter()
        .flat_map(|(date, rows, tokens)| published_day(date, rows, *tokens, &mut random))
        .collect();
    events.extend(ordinary_days(&mut random));
    events.sort_by_key(|event| event.at);
    events
}

fn published_day(date: &str, rows: &str, tokens: u64, random: &mut Random) -> Vec<Event> {
    let Ok(date) = date.parse::<NaiveDate>() else {
        return Vec::new();
    };
    let mut reader = csv::Reader::from_reader(rows.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().flatten().collect();
    let number = |row: &csv::StringRecord, at: usize| row.get(at).and_then(|text| text.parse::<f64>().ok());
    let minutes = |row: &csv::StringRecord| number(row, 3).unwrap_or_default();
    let all_minutes: f64 = rows.iter().map(minutes).sum();
    let own_tokens = |row: &csv::StringRecord| {
        number(row, 5).unwrap_or_else(|| (tokens as f64 * minutes(row) / all_minutes / 500.0).round() * 500.0)
            as u64
    };
    // Rounding must not change the published total: the first row takes up the difference.
    let spread: u64 = rows.iter().skip(1).map(own_tokens).sum();
    let step = 13 * 3600 / rows.len().max(1) as i64;
    let mut events = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let title = row.get(1).unwrap_or_default();
        let claim = Claim {
            date,
            hours: number(row, 2).unwrap_or_default(),
            agent_minutes: minutes(row),
            supervisory_minutes: number(row, 4),
            tokens: if at == 0 {
                tokens.saturating_sub(spread)
            } else {
                own_tokens(row)
            },
            category: category(title),
            is_without_code: is_without_code(title),
        };
        events.push(Event {
            place: place(title),
            at: noon(date) - 4 * 3600 + at as i64 * step + random.below(step as usize / 2) as i64,
            person: usize::from(random.below(4) == 0),
            subject: title.to_owned(),
            work: Work::Task(claim),
        });
    }
    events
}

fn noon(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp() + 12 * 3600
}

fn place(title: &str) -> usize {
    let title = title.to_lowercase();
    PLACES
        .iter()
        .position(|place| place.words.iter().any(|word| title.contains(word)))
        .unwrap_or(0)
}

fn category(title: &str) -> &'static str {
    let title = title.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| title.contains(word));
    if has(&["test", "coverage"]) {
        "tests"
    } else if has(&[
        "audit",
        "document",
        "article",
        "spec",
        "content",
        "plan",
        "reference",
        "inventory",
    ]) {
        "writing"
    } else if has(&["fix", "bug", "error", "stale", "mismatch"]) {
        "repair"
    } else if has(&[
        "deploy",
        "terraform",
        "infrastructure",
        "migration",
        "upgrade",
        "rename",
        "registration",
    ]) {
        "operations"
    } else {
        "feature"
    }
}

fn is_without_code(title: &str) -> bool {
    let title = title.to_lowercase();
    [
        "audit,",
        "readiness audit",
        "design document",
        "article",
        "launch plan",
    ]
    .iter()
    .any(|word| title.contains(word))
        || title.ends_with("audit")
}

/// Commits without a task, on the working days of March and the first of April.
fn ordinary_days(random: &mut Random) -> Vec<Event> {
    let first = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap_or_default();
    let working_days = first
        .iter_days()
        .take(33)
        .filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun));
    let mut events = Vec::new();
    for day in working_days {
        for _ in 0..=random.below(4) {
            events.push(ordinary(day, random));
        }
    }
    events
}

const ORDINARY: [&str; 16] = [
    "Handle an empty answer from the gateway",
    "Name the retry limit",
    "Show the total before tax",
    "Drop an unused flag",
    "Explain why the queue is bounded",
    "Round to cents once, at the end",
    "Keep the cursor where it was after a refresh",
    "Log the reason when a login is refused",
    "Raise the limit for long exams",
    "Sort labs by their number",
    "Read the window size only once",
    "Close the file when parsing fails",
    "Accept dates without a time",
    "Move the clock out of the parser",
    "Update the pinned toolchain",
    "Correct the units in the summary",
];

fn ordinary(day: NaiveDate, random: &mut Random) -> Event {
    let work = match random.below(10) {
        0..=3 => Work::Agent {
            agent: "claude-code",
            minutes: 4.0 + random.below(26) as f64,
        },
        4 => Work::Agent {
            agent: "codex",
            minutes: 5.0,
        },
        _ => Work::Human,
    };
    Event {
        place: random.below(PLACES.len()),
        at: noon(day) - 4 * 3600 + random.below(10 * 3600) as i64,
        person: random.below(PEOPLE.len()),
        subject: random.pick(&ORDINARY).copied().unwrap_or_default().to_owned(),
        work,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_days_are_in_it() {
        let claims: Vec<Claim> = events()
            .into_iter()
            .filter_map(|event| match event.work {
                Work::Task(claim) => Some(claim),
                _ => None,
            })
            .collect();
        assert_eq!(claims.len(), 12 + 15 + 32 + 29);
        for (date, _, tokens) in DAYS {
            let of_day = claims.iter().filter(|claim| claim.date.to_string() == date);
            assert_eq!(of_day.map(|claim| claim.tokens).sum::<u64>(), tokens, "{date}");
        }
    }

    #[test]
    fn every_event_is_on_its_day() {
        for event in events() {
            if let Work::Task(claim) = &event.work {
                let day = chrono::DateTime::from_timestamp(event.at, 0)
                    .unwrap()
                    .date_naive();
                assert_eq!(day, claim.date, "{}", event.subject);
            }
        }
    }
}
