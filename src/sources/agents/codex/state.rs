//! What a log carries from one record to the next, under names.

use serde_json::Value;

use super::super::log::Log;
use super::super::value::{count, text};
use crate::facts::session::TokenCounts;

pub(super) fn read_place(payload: &Value, log: &mut Log) {
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    let (folder, branch) = (some(text(payload, "/cwd")), some(text(payload, "/git/branch")));
    if let Some(stamp) = &mut log.carried.stamp {
        stamp.folder = folder.or(stamp.folder);
        stamp.branch = branch.or(stamp.branch);
    }
}

pub(super) fn read_context(payload: &Value, log: &mut Log) {
    read_place(payload, log);
    let model = text(payload, "/model");
    if !model.is_empty() {
        log.carried.model = Some(log.name(model));
    }
}

/// Cached input, read or written, is part of the input; reasoning is part of the output.
pub(super) fn tokens(usage: &Value) -> TokenCounts {
    let input = count(usage, "/input_tokens");
    let cache_read = count(usage, "/cached_input_tokens").min(input);
    let cache_write = count(usage, "/cache_write_input_tokens").min(input - cache_read);
    TokenCounts {
        input: input - cache_read - cache_write,
        cache_write,
        cache_read,
        output: count(usage, "/output_tokens"),
    }
}

pub(super) fn get<'log>(log: &'log Log, name: &str) -> &'log str {
    log.carried.noted(name).unwrap_or_default()
}

pub(super) fn set(log: &mut Log, name: &str, value: &str) {
    if get(log, name) != value {
        log.carried.note(name, value);
    }
}

/// Adds a number to a list.
pub(super) fn add(log: &mut Log, name: &str, number: u32) {
    let number = format!("{number},");
    match log.carried.other.iter_mut().find(|(known, _)| known == name) {
        Some((_, list)) => list.push_str(&number),
        None => log.carried.other.push((name.to_owned(), number)),
    }
}
