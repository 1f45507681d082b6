//! Requests that left no record of their own, by what a program says that it took in all.
//!
//! Totals stand at the ends of a program's runs, and go on from run to run. Between two of them they must hold all that was
//! recorded of each model; what they have beyond is what compactions, titles and the like took. Where they hold less, or
//! several sessions share them, they say nothing.

use std::collections::BTreeMap;

use super::log::{Event, Key, Log, What};
use crate::facts::session::{TokenCounts, Usage};
use crate::facts::span::Moment;

/// What the totals of a session add.
#[derive(Debug, Default, PartialEq)]
pub struct Unrecorded {
    /// Tokens beyond the recorded responses.
    pub usage: Vec<Usage>,
    /// Whether there was a compaction whose tokens nothing tells.
    pub is_short: bool,
}

/// What a program had taken in all at one time, by model.
struct State<'log> {
    at: Moment,
    run: Key,
    line: u32,
    models: BTreeMap<&'log str, TokenCounts>,
}

/// Compares the totals among the events of a session, in order of time, with its `recorded` tokens. `trusted` says of a run
/// whether it was of this session alone.
pub fn unrecorded<'log>(
    events: &[(&'log Log, &'log Event)],
    recorded: &[Usage],
    trusted: impl Fn(Key) -> bool,
) -> Unrecorded {
    let mut found = Unrecorded::default();
    let mut compactions: Vec<Moment> = (events.iter())
        .filter(|(_, event)| matches!(event.what, What::Compacted(_)))
        .map(|(_, event)| event.stamp.at)
        .collect();
    let states = states(events);
    for (number, state) in states.iter().enumerate() {
        let before = number.checked_sub(1).and_then(|before| states.get(before));
        let since = before.map(|before| before.at);
        let base = before.filter(|before| before.run == state.run);
        let own = recorded
            .iter()
            .filter(|usage| since.is_none_or(|since| usage.at > since) && usage.at <= state.at);
        let Some(rest) = rest(state, base, own).filter(|_| trusted(state.run)) else {
            continue;
        };
        let within = |at: &Moment| since.is_none_or(|since| *at > since) && *at <= state.at;
        let last = compactions.iter().copied().rfind(|at| within(at));
        if !rest.is_empty() {
            compactions.retain(|at| !within(at));
        }
        found.usage.extend(rest.into_iter().map(|(model, tokens)| Usage {
            at: last.unwrap_or(state.at),
            model: model.to_owned(),
            lane: 0,
            tokens,
        }));
    }
    found.is_short = !compactions.is_empty();
    found
}

/// The totals, those of one record together.
fn states<'log>(events: &[(&'log Log, &'log Event)]) -> Vec<State<'log>> {
    let mut states: Vec<State<'log>> = Vec::new();
    for (log, event) in events {
        let What::Totals { run, model, tokens } = &event.what else {
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
                line,
                models: BTreeMap::from([(log.text(*model), *tokens)]),
            }),
        }
    }
    states
}

/// What the totals have beyond the recorded tokens since `base`; `None` where they hold less than those.
fn rest<'log, 'usage>(
    state: &State<'log>,
    base: Option<&State<'log>>,
    recorded: impl Iterator<Item = &'usage Usage>,
) -> Option<Vec<(&'log str, TokenCounts)>> {
    let mut left = state.models.clone();
    for (model, tokens) in base.iter().flat_map(|base| &base.models) {
        let counts = left.get_mut(model)?;
        *counts = without(*counts, *tokens)?;
    }
    for usage in recorded {
        let counts = left.get_mut(usage.model.as_str())?;
        *counts = without(*counts, usage.tokens)?;
    }
    left.retain(|_, tokens| *tokens != TokenCounts::default());
    Some(left.into_iter().collect())
}

fn without(all: TokenCounts, part: TokenCounts) -> Option<TokenCounts> {
    Some(TokenCounts {
        input: all.input.checked_sub(part.input)?,
        cache_write: all.cache_write.checked_sub(part.cache_write)?,
        cache_read: all.cache_read.checked_sub(part.cache_read)?,
        output: all.output.checked_sub(part.output)?,
    })
}
