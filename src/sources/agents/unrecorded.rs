//! Requests without a separate record, from a program's totals.
//!
//! Totals appear at the ends of a program's runs and within them, and count from the beginning of each run. Between two
//! of one run, or from its beginning to its first, they must include everything that was recorded of each model; the
//! rest is what compactions, titles and the like took. Totals are ignored if they are lower, if several sessions share
//! them, or if runs of one session overlap in time, so that the owner of a response is unknown.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::log::{Event, Key, Log, What};
use crate::facts::session::{TokenCounts, Usage};
use crate::facts::span::Moment;

/// What the totals of a session add.
#[derive(Debug, Default, PartialEq)]
pub struct Unrecorded {
    /// Tokens beyond the recorded responses.
    pub usage: Vec<Usage>,
    /// Whether there was a compaction whose tokens are unknown.
    pub is_short: bool,
}

/// What a program had taken in total at one time, by model.
struct State<'log> {
    at: Moment,
    run: Key,
    began: Moment,
    line: u32,
    models: BTreeMap<&'log str, TokenCounts>,
}

/// Compares the totals among the events of a session, in order of time, with its `recorded` tokens, also in order of
/// time. `trusted` returns for a run whether it was only of this session.
pub fn unrecorded<'log>(
    events: &[(&'log Log, &'log Event)],
    recorded: &[Usage],
    trusted: impl Fn(Key) -> bool,
) -> Unrecorded {
    let mut found = Unrecorded::default();
    let compactions: Vec<Moment> = (events.iter())
        .filter(|(_, event)| matches!(event.what, What::Compacted(_)))
        .map(|(_, event)| event.stamp.at)
        .collect();
    let mut untold = compactions.len();
    let states = states(events);
    let overlapping = overlapping(&states);
    for (number, state) in states.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| states.get(before));
        let since = before.map(|before| before.at);
        let base = before.filter(|before| before.run == state.run);
        let own = within(recorded, since, state.at, |usage| usage.at);
        let is_usable = trusted(state.run) && !overlapping.contains(&state.run);
        let Some(rest) = is_usable.then(|| rest(state, base, own)).flatten() else {
            continue;
        };
        let compacted = within(&compactions, since, state.at, |at| *at);
        if !rest.is_empty() {
            untold -= compacted.len();
        }
        found.usage.extend(rest.into_iter().map(|(model, tokens)| Usage {
            at: compacted.last().copied().unwrap_or(state.at),
            model: model.to_owned(),
            lane: 0,
            tokens,
        }));
    }
    found.is_short = untold > 0 || !overlapping.is_empty();
    found
}

/// The part of a list in order of time that is after `since`, if there is such a time, and not after `until`.
fn within<T>(list: &[T], since: Option<Moment>, until: Moment, at: impl Fn(&T) -> Moment) -> &[T] {
    let from = since.map_or(0, |since| list.partition_point(|item| at(item) <= since));
    let to = list.partition_point(|item| at(item) <= until);
    list.get(from..to).unwrap_or_default()
}

/// The runs that went on while another one of the same session did.
fn overlapping(states: &[State<'_>]) -> HashSet<Key> {
    let mut runs: HashMap<Key, (Moment, Moment)> = HashMap::new();
    for state in states {
        let run = runs.entry(state.run).or_insert((state.began, state.at));
        run.1 = run.1.max(state.at);
    }
    let mut runs: Vec<(Key, (Moment, Moment))> = runs.into_iter().collect();
    runs.sort_unstable_by_key(|(run, span)| (*span, *run));
    let mut found = HashSet::new();
    let mut last: Option<(Key, Moment)> = None;
    for (run, (began, ended)) in runs {
        if let Some((other, until)) = last
            && began < until
        {
            found.extend([run, other]);
        }
        last = last.filter(|(_, until)| *until > ended).or(Some((run, ended)));
    }
    found
}

/// The totals, those of one record together.
fn states<'log>(events: &[(&'log Log, &'log Event)]) -> Vec<State<'log>> {
    let mut states: Vec<State<'log>> = Vec::new();
    for (log, event) in events {
        let What::Totals {
            run,
            began,
            model,
            tokens,
        } = &event.what
        else {
            continue;
        };
        let (at, line) = (event.stamp.at, event.stamp.line);
        match states.last_mut() {
            Some(state) if (state.run, state.line) == (*run, line) => {
                state.models.insert(log.text(*model), *tokens);
            }
            _ => states.push(State {
                at,
                run: *run,
                began: *began,
                line,
                models: BTreeMap::from([(log.text(*model), *tokens)]),
            }),
        }
    }
    states
}

/// What the totals have beyond the recorded tokens since `base`; `None` if they are lower.
fn rest<'log>(
    state: &State<'log>,
    base: Option<&State<'log>>,
    recorded: &[Usage],
) -> Option<Vec<(&'log str, TokenCounts)>> {
    let mut left = state.models.clone();
    for (model, tokens) in base.iter().flat_map(|base| &base.models) {
        let counts = left.get_mut(model)?;
        *counts = counts.checked_sub(*tokens)?;
    }
    for usage in recorded {
        let counts = left.get_mut(usage.model.as_str())?;
        *counts = counts.checked_sub(usage.tokens)?;
    }
    left.retain(|_, tokens| *tokens != TokenCounts::default());
    Some(left.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::super::log::Stamp;
    use super::*;

    /// What totals of one model have if nothing was recorded: each of a run with its beginning, the time and the output
    /// so far.
    fn found(totals: &[(u64, i64, i64, u64)]) -> (u64, bool) {
        let mut log = Log::default();
        let (session, model) = (log.name("s"), log.name("m"));
        for (line, (run, began, at, output)) in (1..).zip(totals) {
            let stamp = Stamp::new(Moment(*at), line, session);
            let tokens = TokenCounts {
                output: *output,
                ..TokenCounts::default()
            };
            let (run, began) = (Key(*run), Moment(*began));
            log.push(
                stamp,
                What::Totals {
                    run,
                    began,
                    model,
                    tokens,
                },
            );
        }
        let events: Vec<_> = log.events.iter().map(|event| (&log, event)).collect();
        let found = unrecorded(&events, &[], |_| true);
        let output = found.usage.iter().map(|usage| usage.tokens.output).sum();
        (output, found.is_short)
    }

    #[test]
    fn runs_behind_each_other_add_up() {
        assert_eq!(
            found(&[(1, 0, 10, 100), (1, 0, 20, 150), (2, 20, 30, 10)]),
            (160, false)
        );
    }

    #[test]
    fn runs_beside_each_other_say_nothing() {
        assert_eq!(
            found(&[(1, 0, 10, 100), (2, 5, 20, 10), (1, 0, 30, 200)]),
            (0, true)
        );
        // One within the other.
        assert_eq!(found(&[(2, 5, 20, 10), (1, 0, 30, 200)]), (0, true));
        // A third one after them.
        assert_eq!(
            found(&[(2, 5, 20, 10), (1, 0, 30, 200), (3, 31, 40, 7)]),
            (7, true)
        );
    }
}
