//! `cost-state` records: what each model took since the program began, including the requests that left no other
//! record.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::json;
use super::super::log::{Key, Log, Stamp, What};
use super::super::record::{Tally, tally};
use super::records::Record;
use crate::facts::session::TokenCounts;
use crate::facts::span::Moment;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ModelUsage {
    #[serde(deserialize_with = "tally")]
    input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    cache_creation_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    cache_read_input_tokens: Tally,
    #[serde(deserialize_with = "tally")]
    output_tokens: Tally,
}

impl ModelUsage {
    /// The tokens, if all kinds are present.
    fn tokens(&self) -> Option<TokenCounts> {
        let told = |count: Tally| match count {
            Tally::Known(count) => Some(count),
            _ => None,
        };
        Some(TokenCounts {
            input: told(self.input_tokens)?,
            cache_write: told(self.cache_creation_input_tokens)?,
            cache_read: told(self.cache_read_input_tokens)?,
            output: told(self.output_tokens)?,
        })
    }
}

/// The key of the time of a command after which the program worked on another session, among what is carried.
const MIXED: &str = "mixed";

/// From here on the totals of this run of the program are those of several sessions.
pub(super) fn distrust(stamp: Stamp, log: &mut Log) {
    log.carried.note(MIXED, &stamp.at.0.to_string());
}

/// Reads a record, which has no time: the one before it has, and the program has run for the recorded duration.
pub(super) fn read(record: &Record<'_>, line: u32, log: &mut Log) {
    let (Some(last), Some(start), Some(raw)) = (log.carried.stamp, record.start_time, record.model_usage)
    else {
        return;
    };
    let models: BTreeMap<Cow<'_, str>, ModelUsage> = json::part(raw).unwrap_or_default();
    let (Ok(start), ran) = (i64::try_from(start), record.total_duration.unwrap_or(0)) else {
        return;
    };
    let mixed = log.carried.noted(MIXED);
    let is_mixed = mixed
        .and_then(|at| at.parse().ok())
        .is_some_and(|at: i64| at >= start);
    if is_mixed || log.text(last.session) != record.session_id {
        return;
    }
    let run = Key::of(&[&start.to_string()]);
    let began = Moment(start);
    let ended = began.plus(i64::try_from(ran).unwrap_or(0));
    for (model, usage) in &models {
        let Some(tokens) = usage.tokens() else { continue };
        let total = format!("{tokens:?}");
        let identity = [
            &*record.session_id,
            "cost-state",
            &start.to_string(),
            model,
            &total,
        ];
        let stamp = Stamp {
            at: last.at.max(ended),
            line,
            key: Some(Key::of(&identity)),
            ..last
        };
        let model = log.name(model);
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
}
