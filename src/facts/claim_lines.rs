//! The `Leverage-*` trailers that express a task's claims: the inverse of [`super::claim`].
//!
//! The output reads back as the same numbers and names on every machine: durations are in hours, minutes and seconds,
//! never in days or weeks, whose length is a setting.

use super::checks::{TaskError, check_agent_minutes, check_hours, check_text};
use super::claim;
use super::estimate::{Estimate, Phase};
use super::quantity::{Hours, Minutes, WorkTime};
use super::range::{Ends, HoursRange};
use super::session::Provenance;
use super::task::Task;

/// The trailers of a task, one per line with its newline, for the end of a commit's message. The error says which value
/// cannot be written.
///
/// Measured figures are left out: they are not claims, and readers of the task's sessions measure them again, with what
/// came later. Title, day, basis, labels and commits of a task have no trailer: [`without_trailer`].
pub fn block(task: &Task) -> Result<String, TaskError> {
    let lines = lines(task)?.into_iter();
    Ok(lines
        .map(|(name, value)| format!("{}{name}: {value}\n", claim::PREFIX))
        .collect())
}

/// Names, without the common prefix, and values.
fn lines(task: &Task) -> Result<Vec<(&'static str, String)>, TaskError> {
    check_hours(task.estimate.hours)?;
    task.agent_minutes.map_or(Ok(()), check_agent_minutes)?;
    task.estimate.check()?;
    let mut lines = vec![("Estimate", whole(&task.estimate))];
    let phases = task.estimate.phases.iter();
    lines.extend(phases.map(|part| ("Phase", phase(part))));
    let is_claimed = |basis: Option<Provenance>| basis.is_none();
    let agent_time = task
        .agent_minutes
        .filter(|_| is_claimed(task.agent_minutes_basis));
    let agent_time = agent_time.map(minutes);
    let supervision = task.supervisory_minutes;
    let supervision = supervision.filter(|_| is_claimed(task.supervisory_minutes_basis));
    let supervision = supervision.map(minutes);
    let tokens = task.tokens.filter(|_| is_claimed(task.tokens_basis));
    let tokens = tokens.map(|tokens| tokens.0.to_string());
    let estimator = task.estimate.estimator.as_ref().map(ToString::to_string);
    for (name, value) in [
        ("Agent-Time", agent_time),
        ("Supervision", supervision),
        ("Tokens", tokens),
        ("Agent", text("the agent", task.agent.as_deref())?),
        ("Model", text("the model", task.model.as_deref())?),
        ("Category", text("the category", task.category.as_deref())?),
        ("Estimator", estimator),
    ] {
        lines.extend(value.map(|value| (name, value)));
    }
    let sessions = task.sessions.iter();
    lines.extend(sessions.map(|session| ("Session", session.to_string())));
    Ok(lines)
}

/// The fields of a task that have no trailer.
pub fn without_trailer(task: &Task) -> Vec<&'static str> {
    let said = [
        ("basis", task.estimate.basis.is_some()),
        ("tags", !task.tags.is_empty()),
        ("further commits", !task.commits.is_empty()),
        ("further repositories", !task.repos.is_empty()),
    ];
    let said = said.into_iter().filter(|(_, is_said)| *is_said);
    said.map(|(name, _)| name).collect()
}

/// A text without the blanks around it, which git does not read.
fn text(field: &'static str, text: Option<&str>) -> Result<Option<String>, TaskError> {
    let text = text.map(|text| text.trim_matches(' '));
    text.map_or(Ok(()), |text| check_text(field, text))?;
    Ok(text.map(str::to_owned))
}

/// The hours of an estimate, with its range if that does not follow from the phases: `4h`, `3h..6h` or `3h..5h..6h`.
pub fn whole(estimate: &Estimate) -> String {
    match estimate
        .range()
        .filter(|ends| estimate.range_of_phases() != Some(*ends))
    {
        // The sum of the phases is the likely value.
        Some(ends) if !estimate.phases.is_empty() => ends_of(ends),
        ends => range(estimate.hours, ends),
    }
}

/// `4h`, `3h..6h`, or `3h..5h..6h` if the likely value does not follow from the ends.
fn range(likely: Hours, ends: Option<Ends>) -> String {
    let Some(ends) = ends else {
        return hours(likely);
    };
    let two = ends_of(ends);
    match HoursRange::parse(&two, WorkTime::default()) {
        Ok(read) if is_same(read.likely().get(), likely.get()) => two,
        _ => format!("{}..{}..{}", hours(ends.low), hours(likely), hours(ends.high)),
    }
}

fn ends_of(ends: Ends) -> String {
    format!("{}..{}", hours(ends.low), hours(ends.high))
}

/// `Client 3h`, or `Stage 1h=30m` if that could be read as something else.
fn phase(phase: &Phase) -> String {
    let (name, time) = (phase.name.trim(), range(phase.hours, phase.range()));
    let plain = format!("{name} {time}");
    match Phase::parse(&plain, WorkTime::default()) {
        Ok(read) if read.name == name && is_same_phase(&read, phase) => plain,
        _ => format!("{name}={time}"),
    }
}

fn is_same_phase(one: &Phase, other: &Phase) -> bool {
    let is_same_end = |one: Option<Hours>, other: Option<Hours>| match (one, other) {
        (Some(one), Some(other)) => is_same(one.get(), other.get()),
        (one, other) => one == other,
    };
    is_same(one.hours.get(), other.hours.get())
        && is_same_end(one.low, other.low)
        && is_same_end(one.high, other.high)
}

/// Whether two numbers differ only by how they were computed.
fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs()
}

/// The shortest of the forms that read back as the same time, otherwise all digits.
fn hours(hours: Hours) -> String {
    let digits = format!("{}h", hours.get());
    let reads_back = |text: &String| {
        Hours::parse(text, WorkTime::default()).is_ok_and(|read| is_same(read.get(), hours.get()))
    };
    let forms = [
        hours.to_string(),
        digits.clone(),
        format!("{}m", hours.minutes().get()),
    ];
    forms.into_iter().find(reads_back).unwrap_or(digits)
}

/// The same of minutes.
fn minutes(minutes: Minutes) -> String {
    let digits = format!("{}m", minutes.get());
    let reads_back = |text: &String| {
        Minutes::parse(text, WorkTime::default()).is_ok_and(|read| is_same(read.get(), minutes.get()))
    };
    let forms = [minutes.to_string(), digits.clone()];
    forms.into_iter().find(reads_back).unwrap_or(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::estimate::{Estimator, phase_sum};
    use super::super::quantity::Tokens;
    use super::super::task::sample;
    use super::*;

    /// The claim in a message with this block.
    fn read(block: &str) -> claim::Claim {
        let message = format!("Kiln controller\n\nWhat and why.\n\n{block}");
        let (mut claims, errors) = claim::read(message.as_bytes(), WorkTime::default());
        assert_eq!((errors, claims.len()), (Vec::new(), 1), "{block}");
        claims.remove(0)
    }

    fn named(name: &str, hours: f64) -> Phase {
        Phase::new(name, Hours::new(hours).unwrap())
    }

    #[test]
    fn a_task_is_a_block_of_trailers() {
        let mut task = sample();
        task.estimate.phases = vec![named("Schema", 4.0), named("Client", 35.75), named("Rest", 0.25)];
        task.tokens = Some(Tokens(2_615_004));
        task.agent = Some(" codex ".into());
        task.category = Some("api: v2 #1".into());
        task.estimate.estimator = Estimator::parse("codex gpt-6").unwrap();
        task.sessions = vec!["codex:a:b".parse().unwrap()];
        insta::assert_snapshot!(block(&task).unwrap(), @r"
        Leverage-Estimate: 40h
        Leverage-Phase: Schema 4h
        Leverage-Phase: Client 35.75h
        Leverage-Phase: Rest 0.25h
        Leverage-Agent-Time: 25m
        Leverage-Supervision: 5m
        Leverage-Tokens: 2615004
        Leverage-Agent: codex
        Leverage-Category: api: v2 #1
        Leverage-Estimator: codex gpt-6
        Leverage-Session: codex:a:b
        ");
        assert!(without_trailer(&task).is_empty());
        task.agent_minutes_basis = Some(Provenance::Measured);
        task.supervisory_minutes_basis = Some(Provenance::Measured);
        task.tokens_basis = Some(Provenance::Measured);
        let claimed = block(&task).unwrap();
        let measured = ["Agent-Time", "Supervision", "Tokens"];
        assert!(!measured.iter().any(|name| claimed.contains(name)), "{claimed}");
        task.tags = vec!["x".into()];
        task.estimate.basis = Some("y".into());
        assert_eq!(without_trailer(&task), ["basis", "tags"]);
    }

    #[test]
    fn a_range_is_written_as_short_as_it_can_be_read() {
        let stated = |text: &str, phases: &[&str]| {
            let mut task = sample();
            let hours = HoursRange::parse(text, WorkTime::default()).ok();
            let phases = phases
                .iter()
                .map(|text| Phase::parse(text, WorkTime::default()).unwrap());
            task.estimate.state(hours, phases.collect());
            let lines = lines(&task).unwrap().into_iter();
            let lines = lines.filter(|(name, _)| matches!(*name, "Estimate" | "Phase"));
            lines.map(|(_, value)| value).collect::<Vec<_>>()
        };
        for (text, written) in [
            ("24h..60h", "24h..60h"),
            ("24h..40h..60h", "24h..40h..60h"),
            ("24h..37.9h..60h", "24h..60h"),
            ("30m..1d", "0.5h..8h"),
            ("4h..4h", "4h"),
        ] {
            assert_eq!(stated(text, &[]), [written], "{text}");
        }
        let phases = ["a=7h..10h..16h", "b=16h..20h..28h"];
        assert_eq!(stated("", &phases), ["30h", "a 7h..10h..16h", "b 16h..20h..28h"]);
        let whole = stated("24h..60h", &["Stage 1h=30h"]);
        assert_eq!(whole, ["24h..60h", "Stage 1h 30h"]);
    }

    #[test]
    fn a_name_that_ends_like_a_duration_stays_a_name() {
        for name in [
            "Stage 1h", "Stage 2", "a=b", "a=1h", "40h", "=", "1 234", "x 1", "1h ..", "1h..2h", "a..",
        ] {
            let part = named(name, 0.5);
            let text = phase(&part);
            assert_eq!(Phase::parse(&text, WorkTime::default()), Ok(part), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let refused = |change: &dyn Fn(&mut Task)| {
            let mut task = sample();
            change(&mut task);
            block(&task).unwrap_err().to_string()
        };
        let texts = [
            refused(&|task| task.agent = Some("a\nSigned-off-by: b".into())),
            refused(&|task| task.category = Some("  ".into())),
            refused(&|task| task.model = Some("m".repeat(1001))),
            refused(&|task| task.estimate.phases = vec![named("a\r\n", 40.0)]),
            refused(&|task| task.estimate.phases = vec![named("a", 4.0)]),
            refused(&|task| task.agent_minutes = Minutes::new(0.0)),
            refused(&|task| task.estimate.hours = Hours::new(0.0).unwrap()),
        ];
        assert_eq!(
            texts,
            [
                "the agent `a\nSigned-off-by: b` contains the control character U+000A; write it on one line of plain text",
                "the category is empty",
                "the model has more than 1000 characters",
                "the phase `a\r\n` contains the control character U+000D; write it on one line of plain text",
                "the phases sum to 4h, but the estimate is 40h",
                "the agent time is 0m; leave it out if it is unknown",
                "the estimate is 0h; leave it out if it is unknown",
            ]
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            parts in proptest::collection::vec(
                ("[^\\p{C}]{1,12}", 1u32..400_000, proptest::option::of((0.01f64..=1.0, 1.0f64..1.9))), 0..5,
            ),
            own_range in proptest::option::of((0.01f64..=1.0, 1.0f64..1.9)),
            seconds in (1u32..4_000_000, 0u32..4_000_000),
            odd in 0.001f64..1e6,
            tokens in proptest::option::of(0u64..1_000_000_000_000),
            texts in proptest::collection::vec(proptest::option::of("[^\\p{C}]{1,30}"), 3),
        ) {
            let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
            let mut task = sample();
            let end = |hours: Hours, part: f64| Some(hours * part);
            let parts = parts.iter().filter(|(name, ..)| !name.trim().is_empty());
            task.estimate.phases = parts
                .map(|(name, seconds, range)| {
                    let mut part = named(name.trim(), f64::from(*seconds) / 3600.0);
                    if let Some((low, high)) = range.filter(|(low, high)| low < high) {
                        part.low = end(part.hours, low);
                        part.high = end(part.hours, high);
                    }
                    part
                })
                .collect();
            task.estimate.hours = match task.estimate.phases.is_empty() {
                true => Hours::new(odd).unwrap(),
                false => phase_sum(&task.estimate.phases),
            };
            if let Some((low, high)) = own_range.filter(|(low, high)| low < high) {
                task.estimate.low = end(task.estimate.hours, low);
                task.estimate.high = end(task.estimate.hours, high);
            }
            task.estimate.fill_range();
            task.agent_minutes = Minutes::new(f64::from(seconds.0) / 60.0);
            task.supervisory_minutes = Minutes::new(f64::from(seconds.1) / 60.0);
            task.tokens = tokens.map(Tokens);
            task.agent = said(&texts[0]);
            task.model = said(&texts[1]);
            task.category = said(&texts[2]);
            task.estimate.estimator = texts[0].as_deref().and_then(|text| Estimator::parse(text).ok()?);
            task.sessions = vec!["codex:1".parse().unwrap(), "codex:2".parse().unwrap()];
            let claim = read(&block(&task).unwrap());
            prop_assert!(is_same(claim.estimate.unwrap().get(), task.estimate.hours.get()));
            prop_assert_eq!(claim.phases.len(), task.estimate.phases.len());
            for (read, wanted) in claim.phases.iter().zip(&task.estimate.phases) {
                prop_assert_eq!(&read.name, &wanted.name);
                prop_assert!(is_same_phase(read, wanted), "{:?} {:?}", read, wanted);
            }
            let ends = |ends: Option<Ends>| ends.map_or([0.0; 2], |ends| [ends.low.get(), ends.high.get()]);
            let (read, wanted) = (ends(claim.range), ends(task.estimate.range()));
            prop_assert!((0..2).all(|end| (read[end] - wanted[end]).abs() <= 1e-9 * wanted[end]), "{:?} {:?}", read, wanted);
            let minutes = |minutes: Option<Minutes>| minutes.unwrap().get();
            prop_assert!(is_same(minutes(claim.agent_minutes), minutes(task.agent_minutes)));
            prop_assert!(is_same(minutes(claim.supervisory_minutes), minutes(task.supervisory_minutes)));
            prop_assert_eq!(claim.tokens, task.tokens);
            let trimmed = |text: Option<String>| text.map(|text| text.trim_matches(' ').to_owned());
            prop_assert_eq!(claim.agent, trimmed(task.agent));
            prop_assert_eq!(claim.model, trimmed(task.model));
            prop_assert_eq!(claim.category, trimmed(task.category));
            prop_assert_eq!(claim.estimator, task.estimate.estimator);
            prop_assert_eq!(claim.sessions, task.sessions);
        }
    }
}
