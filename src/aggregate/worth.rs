//! What claimed hours are worth to somebody who doubts them: who else estimated them, when, in how much detail, and over which
//! minutes.
//!
//! Each part has the factor of its own tasks. A part may be empty and still be shown: that nobody else estimated anything is what a
//! reader should know.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::facts::estimate::Estimate;
use crate::facts::factor::Ratio;
use crate::facts::quantity::{Hours, Minutes, serialize_decimal};

/// What is known of the claim of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClaimFacts {
    /// The claimed hours.
    pub hours: Hours,
    /// The agent minutes that count.
    pub agent: Option<Minutes>,
    /// The agent minutes of its sessions, if all of them are known.
    pub measured: Option<Minutes>,
    /// Whether these were read in logs. A note may have been typed.
    pub is_from_logs: bool,
    /// How many people estimated it. An agent is not one of them.
    pub people: usize,
    /// Whether the estimate has phases.
    pub has_phases: bool,
    /// Whether the hours were given before the work.
    pub is_given_before: bool,
    /// Whether its estimator has enough tasks by hand.
    pub is_calibrated: bool,
}

/// The hours of some tasks, and the parts of them that have something besides one person's word.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Worth {
    /// All tasks.
    pub claimed: WorthPart,
    /// Estimated by two or more people.
    pub by_two_people: WorthPart,
    /// Estimated in phases.
    pub with_phases: WorthPart,
    /// Estimated before the first commit and the first session began.
    pub given_before_work: WorthPart,
    /// Estimated by somebody with enough tasks by hand.
    pub by_calibrated_estimators: WorthPart,
    /// With agent minutes that were read in the logs of their sessions. The factor is over these minutes.
    pub on_measured_minutes: WorthPart,
    /// With agent minutes of sessions, some of which are known only from notes. The factor is over these minutes.
    pub on_noted_minutes: WorthPart,
}

/// Some tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct WorthPart {
    /// How many.
    pub tasks: u64,
    /// Their hours.
    #[serde(serialize_with = "serialize_decimal")]
    pub human_hours: Hours,
    /// Their part of all claimed hours, 0 to 1; `None` if nothing is claimed.
    pub share: Option<f64>,
    /// Σ hours × 60 / Σ agent minutes, over those of them that have both.
    pub leverage_factor: Option<f64>,
}

impl Worth {
    /// That of some tasks.
    pub fn of(claims: &[ClaimFacts]) -> Self {
        let all: Hours = claims.iter().map(|claim| claim.hours).sum();
        let part = |has: fn(&ClaimFacts) -> bool| {
            let with = || claims.iter().filter(|claim| has(claim));
            WorthPart::of(with(), |claim| claim.agent, all)
        };
        let measured = |is_from_logs: bool| {
            let known = claims.iter().filter(|claim| claim.measured.is_some());
            let of = known.filter(move |claim| claim.is_from_logs == is_from_logs);
            WorthPart::of(of, |claim| claim.measured, all)
        };
        Self {
            claimed: part(|_| true),
            by_two_people: part(|claim| claim.people >= 2),
            with_phases: part(|claim| claim.has_phases),
            given_before_work: part(|claim| claim.is_given_before),
            by_calibrated_estimators: part(|claim| claim.is_calibrated),
            on_measured_minutes: measured(true),
            on_noted_minutes: measured(false),
        }
    }
}

impl WorthPart {
    fn of<'c>(
        claims: impl Iterator<Item = &'c ClaimFacts>,
        minutes: fn(&ClaimFacts) -> Option<Minutes>,
        all: Hours,
    ) -> Self {
        let mut part = Self::default();
        let mut ratio = Ratio::default();
        for claim in claims {
            part.tasks += 1;
            part.human_hours += claim.hours;
            ratio += Ratio::new(claim.hours, minutes(claim));
        }
        part.share = (all.get() > 0.0).then(|| part.human_hours.get() / all.get());
        part.leverage_factor = ratio.factor();
        part
    }
}

/// How many people gave these estimates. An agent's estimate is not one of the person on whose behalf it estimated.
pub fn people<'e>(estimates: impl IntoIterator<Item = &'e Estimate>) -> usize {
    let keys = estimates.into_iter().map(Estimate::estimator_key);
    let people: BTreeSet<String> = keys
        .filter(|key| key.agent.is_none())
        .map(|key| key.person)
        .collect();
    people.len()
}

/// Whether `hours` were given before the work. `revisions` are when each revision was written, in seconds since 1970, and its
/// hours; `began` is when the first commit was made or the first session began, `None` if that is unknown. The last revision
/// before the work counts: what was raised later was not given before.
pub fn is_given_before(
    revisions: impl IntoIterator<Item = (i64, Hours)>,
    hours: Hours,
    began: Option<i64>,
) -> bool {
    let Some(began) = began else {
        return false;
    };
    let before = revisions.into_iter().filter(|(at, _)| *at < began);
    let last = before.max_by_key(|(at, _)| *at);
    last.is_some_and(|(_, given)| hours.get() <= given.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::estimate::Estimator;

    fn hours(value: f64) -> Hours {
        Hours::new(value).unwrap()
    }

    fn claim(of: f64, agent: Option<f64>) -> ClaimFacts {
        ClaimFacts {
            hours: hours(of),
            agent: agent.and_then(Minutes::new),
            measured: None,
            is_from_logs: false,
            people: 1,
            has_phases: false,
            is_given_before: false,
            is_calibrated: false,
        }
    }

    fn figures(part: WorthPart) -> (u64, f64, Option<f64>, Option<f64>) {
        (
            part.tasks,
            part.human_hours.get(),
            part.share,
            part.leverage_factor,
        )
    }

    #[test]
    fn each_part_has_its_hours_its_share_and_its_own_factor() {
        let claims = [
            ClaimFacts {
                people: 2,
                has_phases: true,
                ..claim(30.0, Some(60.0))
            },
            ClaimFacts {
                has_phases: true,
                measured: Minutes::new(40.0),
                is_from_logs: true,
                ..claim(10.0, Some(20.0))
            },
            ClaimFacts {
                is_given_before: true,
                measured: Minutes::new(120.0),
                ..claim(60.0, None)
            },
        ];
        let worth = Worth::of(&claims);
        assert_eq!(figures(worth.claimed), (3, 100.0, Some(1.0), Some(30.0)));
        assert_eq!(figures(worth.by_two_people), (1, 30.0, Some(0.3), Some(30.0)));
        assert_eq!(figures(worth.with_phases), (2, 40.0, Some(0.4), Some(30.0)));
        // Hours without minutes have no factor.
        assert_eq!(figures(worth.given_before_work), (1, 60.0, Some(0.6), None));
        assert_eq!(figures(worth.by_calibrated_estimators), (0, 0.0, Some(0.0), None));
        // Over the measured minutes, not over the claimed ones.
        assert_eq!(
            figures(worth.on_measured_minutes),
            (1, 10.0, Some(0.1), Some(15.0))
        );
        assert_eq!(figures(worth.on_noted_minutes), (1, 60.0, Some(0.6), Some(30.0)));
        assert_eq!(Worth::of(&[]), Worth::default());
    }

    #[test]
    fn only_people_are_counted_and_each_once() {
        let by = |by: &str, agent: &str| Estimate {
            estimator: Estimator::parse(agent).unwrap(),
            ..Estimate::new(hours(1.0), by)
        };
        let ada = by("Ada Example <ada@example.org>", "person");
        let same = by("A. Example <ADA@example.org>", "person");
        let agent = by("Grace Example <grace@example.org>", "codex");
        let grace = by("Grace Example <grace@example.org>", "person");
        assert_eq!(people([&ada, &same, &agent]), 1);
        assert_eq!(people([&ada, &grace, &agent]), 2);
        assert_eq!(people([&agent]), 0);
    }

    #[test]
    fn hours_were_given_before_the_work_if_they_were_not_raised_since() {
        let given = |revisions: &[(i64, f64)], now: f64, began: Option<i64>| {
            let revisions = revisions.iter().map(|(at, of)| (*at, hours(*of)));
            is_given_before(revisions, hours(now), began)
        };
        assert!(given(&[(10, 8.0)], 8.0, Some(20)));
        assert!(given(&[(10, 8.0), (30, 6.0)], 6.0, Some(20)));
        assert!(!given(&[(10, 8.0), (30, 9.0)], 9.0, Some(20)));
        // The last one before counts, not the highest.
        assert!(!given(&[(10, 9.0), (15, 4.0), (30, 9.0)], 9.0, Some(20)));
        assert!(!given(&[(20, 8.0)], 8.0, Some(20)));
        assert!(!given(&[(10, 8.0)], 8.0, None));
    }
}
