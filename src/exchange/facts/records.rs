//! The table of records: the sessions that were captured into notes.

use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::LazyLock;

use super::field::{id_lists, lines, long, millis, same};
use super::layout::{RECORDS, Told};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::LedgerSession;
use crate::facts::record::SessionRecord;
use crate::facts::session::TokenCounts;
use crate::tables::{Column, Schema, TableError};

const SCHEMA: &str = "message records {
    required binary repo (STRING);
    required group commits (LIST) { repeated group list { required binary element; } }
    required binary agent (STRING);
    required binary session (STRING);
    required int32 rev;
    required int64 written_at;
    required int64 started_at;
    required int64 ended_at;
    optional int64 agent_ms;
    optional int64 supervisory_ms;
    optional int64 tokens_input;
    optional int64 tokens_cache_write;
    optional int64 tokens_cache_read;
    optional int64 tokens_output;
    required int32 share;
    required binary line (STRING);
}";

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// The line of a row.
#[derive(Serialize)]
struct Line<'a> {
    record: &'a SessionRecord,
    commits: &'a [ObjectId],
}

#[derive(Deserialize)]
struct OwnLine {
    record: SessionRecord,
    commits: Vec<ObjectId>,
}

/// The rows of a repository.
pub fn columns(repo: &str, captured: &[LedgerSession]) -> Result<Vec<Column>, String> {
    let all = || captured.iter().map(|session| &session.record);
    let json = captured.iter().map(|session| {
        serde_json::to_string(&Line {
            record: &session.record,
            commits: &session.commits,
        })
    });
    let json: Result<Vec<String>, _> = json.collect();
    let tokens = |kind: fn(&TokenCounts) -> u64| {
        Column::optional(all().map(move |record| record.tokens.as_ref().map(kind).map(long)))
    };
    Ok(vec![
        same(repo, captured.len()),
        id_lists(captured.iter().map(|session| &*session.commits)),
        Column::of(all().map(|record| record.agent.clone())),
        Column::of(all().map(|record| record.session.id.clone())),
        Column::of(all().map(|record| i32::try_from(record.rev).unwrap_or(i32::MAX))),
        Column::of(all().map(|record| record.at.timestamp_millis())),
        Column::of(all().map(|record| record.started_at.timestamp_millis())),
        Column::of(all().map(|record| record.ended_at.timestamp_millis())),
        Column::optional(all().map(|record| record.agent_minutes.map(millis))),
        Column::optional(all().map(|record| record.supervisory_minutes.map(millis))),
        tokens(|tokens| tokens.input),
        tokens(|tokens| tokens.cache_write),
        tokens(|tokens| tokens.cache_read),
        tokens(|tokens| tokens.output),
        Column::of(all().map(|record| (record.share * 10_000.0).round() as i32)),
        Column::of(json.map_err(|error| error.to_string())?),
    ])
}

/// The captured sessions of a repository.
pub fn read(folder: &Path, repo: &str, refs: &str) -> Result<Vec<LedgerSession>, TableError> {
    let file = Told::new(RECORDS, repo, refs).open(folder, schema())?;
    let captured = lines(&file, schema())?.into_iter();
    let checked = captured.map(|OwnLine { record, commits }| {
        let wrong = |reason| file.wrong(format!("the record {} is invalid: {reason}", record.id));
        record.check().map_err(wrong)?;
        Ok(LedgerSession { record, commits })
    });
    checked.collect()
}
