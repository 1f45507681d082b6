//! Logs of Copilot CLI, event by event.

// `json!(…)` is most readable as an argument.
#![allow(clippy::needless_pass_by_value)]

use std::collections::BTreeMap;
use std::slice::from_ref;

use serde_json::json;

use super::super::collect::{Collected, Request, collect};
use super::tokens::parts;
use super::*;
use crate::facts::session::Provenance::{self, Estimated, Measured};
use crate::facts::session::{Session, TokenCounts, TurnEnd};

/// A directory `.copilot`.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn log(&self, name: &str, events: &[Value]) {
        let path = self.0.path().join("session-state").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        std::fs::write(path, lines).unwrap();
    }

    fn collected(&self) -> Collected {
        collect(&Request {
            folders: BTreeMap::from([("copilot-cli".to_owned(), vec![self.0.path().to_owned()])]),
            cache: Some(self.0.path().join("cache")),
            ..Request::default()
        })
    }

    fn session(&self) -> Session {
        let collected = self.collected();
        assert_eq!(collected.warnings, []);
        let [session] = <[Session; 1]>::try_from(collected.sessions).unwrap();
        session
    }
}

/// The events of one log, a minute apart.
fn events(list: &[(&str, Value)]) -> Vec<Value> {
    let start = (
        "session.start",
        json!({"sessionId": "s", "context": {"cwd": "/w/kiln", "branch": "main"}}),
    );
    [start]
        .iter()
        .chain(list)
        .enumerate()
        .map(|(minute, (kind, data))| {
            let at = format!("2026-04-{:02}T09:{:02}:00Z", 1 + minute / 60, minute % 60);
            let agent = data.get("agentId").cloned();
            json!({"type": kind, "id": format!("e{minute}"), "timestamp": at, "agentId": agent, "data": data})
        })
        .collect()
}

fn prompt() -> (&'static str, Value) {
    ("user.message", json!({"content": "fix it"}))
}

fn response(call: &str, output: u64) -> (&'static str, Value) {
    let data = json!({"apiCallId": call, "model": "m", "toolRequests": [], "outputTokens": output});
    ("assistant.message", data)
}

fn shutdown(input: u64, output: u64) -> (&'static str, Value) {
    totals(input, 0, output)
}

/// The totals of a shutdown; `input` includes the cache.
fn totals(input: u64, cached: u64, output: u64) -> (&'static str, Value) {
    let usage = json!({"inputTokens": input, "cacheReadTokens": cached, "cacheWriteTokens": 0, "outputTokens": output});
    (
        "session.shutdown",
        json!({"modelMetrics": {"m": {"usage": usage}}}),
    )
}

fn counted(session: &Session) -> (u64, u64) {
    let tokens = session.tokens().unwrap();
    (tokens.input, tokens.output)
}

fn kinds(session: &Session) -> Vec<ActionKind> {
    session.actions.iter().map(|action| action.kind).collect()
}

#[test]
fn totals_are_spread_over_the_responses_they_count() {
    let home = Home::new();
    let list = [prompt(), response("a", 10), response("b", 20), shutdown(101, 30)];
    home.log("s/events.jsonl", &events(&list));
    let session = home.session();
    assert_eq!(counted(&session), (101, 30));
    let inputs: Vec<u64> = session.usage.iter().map(|usage| usage.tokens.input).collect();
    assert_eq!(inputs, [51, 50]);
    assert_eq!(session.sources.tokens, Provenance::Estimated);
}

#[test]
fn tokens_are_unknown_without_a_shutdown() {
    let home = Home::new();
    home.log("s/events.jsonl", &events(&[prompt(), response("a", 10)]));
    let session = home.session();
    assert_eq!(
        (session.tokens(), session.sources.tokens),
        (None, Provenance::Absent)
    );
    assert_eq!(session.lanes[0].turns.len(), 1);
}

#[test]
fn totals_of_a_resumed_session_go_on_or_begin_anew_as_its_messages_say() {
    let resume = ("session.resume", json!({"context": {"cwd": "/w/kiln"}}));
    for (second, expected) in [
        // 30 more were output: 40 includes the first 10, 30 does not, and 5 cannot.
        (shutdown(400, 40), (400, 40)),
        (shutdown(300, 30), (400, 40)),
        (shutdown(50, 5), (150, 15)),
    ] {
        let home = Home::new();
        let list = [
            prompt(),
            response("a", 10),
            shutdown(100, 10),
            resume.clone(),
            prompt(),
            response("b", 30),
            second,
        ];
        home.log("s/events.jsonl", &events(&list[..3]));
        assert_eq!(counted(&home.session()), (100, 10));
        home.log("s/events.jsonl", &events(&list));
        assert_eq!(counted(&home.session()), expected);
    }
}

#[test]
fn a_response_in_pieces_is_one() {
    let home = Home::new();
    let list = [prompt(), response("a", 10), response("a", 10), shutdown(100, 10)];
    home.log("s/events.jsonl", &events(&list));
    assert_eq!(home.session().usage.len(), 1);
}

#[test]
fn the_older_file_beside_the_newer_says_nothing_more() {
    let home = Home::new();
    let list = events(&[prompt(), response("a", 10), shutdown(100, 10)]);
    home.log("s.jsonl", &list);
    assert_eq!(counted(&home.session()), (100, 10));
    home.log("s/events.jsonl", &list);
    let session = home.session();
    assert_eq!((counted(&session), session.actions.len()), ((100, 10), 1));
}

#[test]
fn a_turn_goes_on_while_the_agent_asks_for_tools() {
    let home = Home::new();
    let asking = json!({"apiCallId": "a", "toolRequests": [{"toolCallId": "c"}]});
    let list = [
        prompt(),
        ("assistant.turn_start", json!({})),
        ("assistant.message", asking),
        (
            "tool.execution_start",
            json!({"toolCallId": "c", "toolName": "view"}),
        ),
        (
            "tool.execution_complete",
            json!({"toolCallId": "c", "success": true}),
        ),
        ("assistant.turn_end", json!({})),
        ("assistant.turn_start", json!({})),
        response("b", 1),
        ("assistant.turn_end", json!({})),
    ];
    home.log("s/events.jsonl", &events(&list));
    let turns = &home.session().lanes[0].turns;
    assert_eq!(
        (turns.len(), turns[0].human, turns[0].end),
        (1, true, TurnEnd::Recorded)
    );
}

#[test]
fn waiting_for_a_permission_is_the_persons_time_and_refusing_it_one_refusal() {
    let asked = |requested: Value| {
        [
            prompt(),
            (
                "tool.execution_start",
                json!({"toolCallId": "c", "toolName": "bash"}),
            ),
            ("permission.requested", requested),
        ]
    };
    let request = json!({"requestId": "p", "promptRequest": {}});
    let done = (
        "tool.execution_complete",
        json!({"toolCallId": "c", "success": true}),
    );
    let failed = json!({"toolCallId": "c", "success": false, "error": {"code": "rejected"}});
    let settled = |kind: &str| {
        let data = json!({"requestId": "p", "toolCallId": "c", "result": {"kind": kind}});
        ("permission.completed", data)
    };
    for (requested, kind, end, expected, worked) in [
        (
            request.clone(),
            "approved",
            done.clone(),
            vec![ActionKind::Answer],
            3,
        ),
        (
            request,
            "denied-interactively-by-user",
            ("tool.execution_complete", failed),
            vec![ActionKind::Refusal],
            3,
        ),
        (json!({"requestId": "p"}), "approved", done, vec![], 4),
    ] {
        let home = Home::new();
        let mut list = asked(requested).to_vec();
        list.extend([settled(kind), end]);
        home.log("s/events.jsonl", &events(&list));
        let session = home.session();
        assert_eq!(kinds(&session)[1..], expected, "{kind}");
        assert_eq!(session.worked(), worked * 60_000, "{kind}");
    }
}

#[test]
fn only_what_a_person_typed_is_a_prompt() {
    let message = |data: Value| ("user.message", data);
    for (data, expected) in [
        (
            json!({"content": "fix it", "parentAgentTaskId": "t"}),
            vec![ActionKind::Prompt],
        ),
        (json!({"content": "/review it"}), vec![ActionKind::Command]),
        (
            json!({"content": "", "transformedContent": "<reminder>x</reminder>fix it"}),
            vec![ActionKind::Prompt],
        ),
        (
            json!({"content": "go on", "delivery": "steering"}),
            vec![ActionKind::Prompt],
        ),
        (json!({"content": "fix it", "source": "system"}), vec![]),
        (json!({"content": "fix it", "source": "skill-pdf"}), vec![]),
        (
            json!({"content": "fix it", "isAutopilotContinuation": true}),
            vec![],
        ),
        (json!({"content": "fix it", "parentToolCallId": "c"}), vec![]),
        (json!({"content": "<reminder>x</reminder>"}), vec![]),
    ] {
        let home = Home::new();
        home.log(
            "s/events.jsonl",
            &events(&[message(data.clone()), response("a", 1)]),
        );
        assert_eq!(kinds(&home.session()), expected, "{data}");
    }
}

#[test]
fn an_abort_is_an_interrupt_unless_a_limit_was_reached() {
    for (reason, expected) in [
        ("user_initiated", vec![ActionKind::Prompt, ActionKind::Interrupt]),
        ("autopilot_credit_limit", vec![ActionKind::Prompt]),
    ] {
        let home = Home::new();
        let list = [prompt(), response("a", 1), ("abort", json!({"reason": reason}))];
        home.log("s/events.jsonl", &events(&list));
        assert_eq!(kinds(&home.session()), expected);
    }
}

#[test]
fn parts_add_up() {
    let tokens = TokenCounts {
        input: 10,
        cache_write: 2,
        cache_read: 0,
        output: 7,
    };
    let sum = parts(tokens, 3).fold(TokenCounts::default(), |sum, part| sum + part);
    assert_eq!((sum, parts(tokens, 3).count()), (tokens, 3));
}

/// The record of a response; `input` includes the cache.
fn record(call: &str, input: u64, cached: u64, output: u64) -> (&'static str, Value) {
    let usage = json!({"model": "m", "inputTokens": input, "cacheReadTokens": cached, "cacheWriteTokens": 0,
                       "outputTokens": output, "reasoningTokens": 3, "duration": 900, "apiCallId": call});
    ("session.usage_record", json!({"usage": usage}))
}

/// An event of a subagent.
fn by(agent: &str, (kind, mut data): (&'static str, Value)) -> (&'static str, Value) {
    data["agentId"] = json!(agent);
    (kind, data)
}

/// (uncached input, cache reads, output), and how they came to be.
fn tokens(session: &Session) -> (u64, u64, u64, Provenance) {
    let tokens = session.tokens().unwrap();
    (
        tokens.input,
        tokens.cache_read,
        tokens.output,
        session.sources.tokens,
    )
}

#[test]
fn the_record_of_a_response_is_measured_with_and_without_a_shutdown() {
    let list = [
        prompt(),
        record("a", 100, 60, 10),
        response("a", 0),
        by("x", record("b", 50, 0, 5)),
        by("x", response("b", 0)),
        record("c", 200, 150, 20),
        response("c", 0),
        totals(350, 210, 35),
    ];
    let home = Home::new();
    for shown in 6..=list.len() {
        home.log("s/events.jsonl", &events(&list[..shown]));
        let session = home.session();
        assert_eq!(tokens(&session), (140, 210, 35, Measured));
        let lanes: Vec<u32> = session.usage.iter().map(|usage| usage.lane).collect();
        assert_eq!(lanes, [0, 1, 0]);
        let minutes: Vec<i64> = session
            .usage
            .iter()
            .map(|usage| usage.at.seconds() / 60 % 60)
            .collect();
        assert_eq!(minutes, [2, 4, 6]);
    }
}

#[test]
fn a_shutdown_counts_what_no_record_does() {
    let home = Home::new();
    // Its version began to write records in the middle.
    let list = [
        prompt(),
        response("a", 10),
        record("b", 100, 0, 20),
        response("b", 0),
        shutdown(170, 30),
    ];
    home.log("s/events.jsonl", &events(&list));
    let session = home.session();
    assert_eq!(tokens(&session), (170, 0, 30, Estimated));
    let at_a = session.usage.first().unwrap();
    assert_eq!((at_a.tokens.input, at_a.tokens.output), (70, 10));
}

#[test]
fn a_response_that_nothing_counts_leaves_the_rest_a_part() {
    let home = Home::new();
    let list = [
        prompt(),
        record("a", 100, 0, 10),
        response("a", 0),
        response("b", 5),
    ];
    home.log("s/events.jsonl", &events(&list));
    assert_eq!(tokens(&home.session()), (100, 0, 10, Estimated));
}

#[test]
fn a_count_that_is_none_is_left_out() {
    let home = Home::new();
    let (kind, mut data) = record("b", 0, 0, 0);
    data["usage"]["outputTokens"] = json!(-1);
    let list = [prompt(), record("a", 100, 0, 10), response("a", 0), (kind, data)];
    home.log("s/events.jsonl", &events(&list));
    let collected = home.collected();
    assert_eq!(collected.warnings.len(), 1);
    assert_eq!(tokens(&collected.sessions[0]), (100, 0, 10, Estimated));
}

fn compaction_start() -> (&'static str, Value) {
    ("session.compaction_start", json!({}))
}

fn compaction(used: Value) -> (&'static str, Value) {
    (
        "session.compaction_complete",
        json!({"success": true, "compactionTokensUsed": used}),
    )
}

#[test]
fn the_tokens_of_a_compaction_are_the_agents_in_either_form() {
    for used in [
        json!({"input": 100, "cachedInput": 80, "output": 7}),
        json!({"inputTokens": 100, "cacheReadTokens": 80, "outputTokens": 7, "model": "m"}),
    ] {
        for with_shutdown in [false, true] {
            let mut list = vec![
                prompt(),
                record("a", 100, 0, 10),
                response("a", 0),
                compaction_start(),
                compaction(used.clone()),
            ];
            if with_shutdown {
                list.push(shutdown(100, 10));
            }
            let home = Home::new();
            home.log("s/events.jsonl", &events(&list));
            assert_eq!(tokens(&home.session()), (120, 80, 17, Measured), "{used}");
        }
    }
}

#[test]
fn a_compaction_with_a_record_of_its_own_counts_once() {
    let used = json!({"input": 100, "cachedInput": 80, "output": 7});
    let list = [
        prompt(),
        record("a", 100, 0, 10),
        response("a", 0),
        compaction_start(),
        record("k", 100, 80, 7),
        compaction(used),
    ];
    let home = Home::new();
    home.log("s/events.jsonl", &events(&list));
    assert_eq!(tokens(&home.session()), (120, 80, 17, Measured));
}

#[test]
fn a_compaction_that_the_totals_have_is_not_added_to_them() {
    let used = json!({"input": 40, "output": 7, "model": "m"});
    for (total, expected) in [
        (shutdown(340, 37), (340, 0, 37)),
        (shutdown(300, 30), (340, 0, 37)),
    ] {
        let list = [
            prompt(),
            response("a", 10),
            compaction(used.clone()),
            response("b", 20),
            total,
        ];
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let (input, cached, output, source) = tokens(&home.session());
        assert_eq!(((input, cached, output), source), (expected, Estimated));
    }
}

#[test]
fn a_compaction_alone_is_no_count_of_a_session() {
    let home = Home::new();
    let list = [
        prompt(),
        response("a", 10),
        compaction(json!({"input": 40, "output": 7})),
    ];
    home.log("s/events.jsonl", &events(&list));
    let session = home.session();
    assert_eq!(
        (session.tokens(), session.sources.tokens),
        (None, Provenance::Absent)
    );
}

#[test]
fn totals_may_begin_anew_at_a_compaction() {
    let failed = ("session.compaction_complete", json!({"success": false}));
    let done = ("session.compaction_complete", json!({"success": true}));
    // 10 were output before the compaction, 30 after it.
    for (between, second, expected) in [
        (&done, shutdown(300, 30), (400, 0, 40)),
        (&done, shutdown(500, 50), (500, 0, 50)),
        (&failed, shutdown(500, 50), (500, 0, 50)),
    ] {
        let list = [
            prompt(),
            response("a", 10),
            shutdown(100, 10),
            prompt(),
            response("b", 10),
            between.clone(),
            response("c", 30),
            second,
        ];
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let (input, cached, output, source) = tokens(&home.session());
        assert_eq!(((input, cached, output), source), (expected, Estimated));
    }
}

#[test]
fn a_compaction_takes_its_time_and_is_a_command_where_a_person_asked_for_it() {
    let started = |trigger: &str| ("session.compaction_start", json!({"trigger": trigger}));
    let done = compaction(json!({"input": 40, "output": 7}));
    let ended = ("assistant.turn_end", json!({}));
    let turn = [prompt(), record("a", 9, 0, 1), response("a", 0), ended.clone()];
    let after = |start: (&'static str, Value)| [&turn[..], &[start, done.clone()]].concat();
    let (prompt_alone, with_command) = (
        vec![ActionKind::Prompt],
        vec![ActionKind::Prompt, ActionKind::Command],
    );
    for (list, expected, worked, turns) in [
        (after(started("manual")), with_command.clone(), 4, 2),
        (after(compaction_start()), with_command, 4, 2),
        (after(started("auto")), prompt_alone.clone(), 4, 2),
        (
            [&turn[..3], &[compaction_start(), done.clone(), ended]].concat(),
            prompt_alone.clone(),
            5,
            1,
        ),
        // One that ends later than the turn in which it began.
        (
            [&turn[..1], &[compaction_start()], &turn[1..], from_ref(&done)].concat(),
            prompt_alone.clone(),
            5,
            2,
        ),
        // One of which only the end was logged.
        ([&turn[..], from_ref(&done)].concat(), prompt_alone, 3, 2),
    ] {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let session = home.session();
        assert_eq!((kinds(&session), session.worked()), (expected, worked * 60_000));
        assert_eq!(session.lanes[0].turns.len(), turns);
        assert_eq!(session.sources.agent_time, Measured);
        assert_eq!(tokens(&session), (49, 0, 8, Measured));
    }
}

/// The database of a home, in the form that lacks some columns; rows are (minute, input, cached, output, initiator).
fn store(home: &Home, without: &[&str], rows: &[(u32, u64, u64, u64, &str)]) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(home.0.path().join("session-store.db")).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    let columns = [
        "session_id",
        "model",
        "input_tokens",
        "cache_read_tokens",
        "output_tokens",
        "initiator",
        "created_at",
    ];
    let columns: Vec<&str> = columns
        .into_iter()
        .filter(|column| !without.contains(column))
        .collect();
    database
        .execute_batch(&format!(
            "CREATE TABLE sessions (id TEXT PRIMARY KEY, cwd TEXT, branch TEXT);
             INSERT INTO sessions VALUES ('s', '/w/kiln', 'main');
             CREATE TABLE assistant_usage_events (id INTEGER PRIMARY KEY, {});",
            columns.join(", ")
        ))
        .unwrap();
    for (minute, input, cached, output, initiator) in rows {
        let value = |column: &&str| match *column {
            "session_id" => "'s'".to_owned(),
            "model" => "'m'".to_owned(),
            "input_tokens" => input.to_string(),
            "cache_read_tokens" => cached.to_string(),
            "output_tokens" => output.to_string(),
            "initiator" => format!("'{initiator}'"),
            _ => format!("'2026-04-01 09:{minute:02}:00'"),
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let insert = format!(
            "INSERT INTO assistant_usage_events ({}) VALUES ({})",
            columns.join(", "),
            values.join(", ")
        );
        database.execute(&insert, []).unwrap();
    }
    database
}

#[test]
fn rows_of_the_store_are_measured_while_the_program_has_it_open_or_has_crashed() {
    let home = Home::new();
    home.log(
        "s/events.jsonl",
        &events(&[prompt(), response("a", 0), response("b", 0)]),
    );
    let open = store(
        &home,
        &[],
        &[(2, 100, 60, 10, "user"), (3, 200, 150, 20, "agent")],
    );
    assert_eq!(tokens(&home.session()), (90, 210, 30, Measured));
    let minutes: Vec<i64> = home
        .session()
        .usage
        .iter()
        .map(|usage| usage.at.seconds() / 60 % 60)
        .collect();
    assert_eq!(minutes, [2, 3]);
    drop(open);
    assert_eq!(tokens(&home.session()), (90, 210, 30, Measured));
    // A response without a row.
    home.log(
        "s/events.jsonl",
        &events(&[prompt(), response("a", 0), response("b", 0), response("c", 1)]),
    );
    assert_eq!(tokens(&home.session()), (90, 210, 30, Estimated));
}

#[test]
fn a_row_and_a_record_of_one_response_are_not_added() {
    let list = [
        prompt(),
        record("a", 100, 60, 10),
        response("a", 0),
        record("b", 100, 60, 10),
        response("b", 0),
    ];
    // The row of one is missing, or there is one without a record in the log.
    for (rows, expected) in [
        (vec![(2, 100, 60, 10, "user")], (80, 120, 20)),
        (
            vec![(2, 100, 60, 10, "user"), (4, 100, 60, 10, "agent")],
            (80, 120, 20),
        ),
        (
            vec![
                (2, 100, 60, 10, "user"),
                (4, 100, 60, 10, "agent"),
                (5, 7, 0, 1, "agent"),
            ],
            (87, 120, 21),
        ),
    ] {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let _open = store(&home, &[], &rows);
        let session = home.session();
        let (input, cached, output, source) = tokens(&session);
        assert_eq!(((input, cached, output), source), (expected, Measured));
        assert_eq!(session.lanes[0].turns.len(), 1);
    }
}

#[test]
fn a_shutdown_counts_what_it_has_beyond_the_rows() {
    let list = [
        prompt(),
        response("a", 10),
        response("b", 20),
        shutdown(300, 30),
        prompt(),
        response("c", 40),
        shutdown(700, 70),
    ];
    let home = Home::new();
    home.log("s/events.jsonl", &events(&list));
    // The store was made after the first response.
    let _open = store(&home, &[], &[(3, 200, 0, 20, "user"), (6, 400, 0, 40, "user")]);
    let session = home.session();
    assert_eq!(tokens(&session), (700, 0, 70, Estimated));
    // All rows are there: nothing remains for the totals.
    let home = Home::new();
    home.log("s/events.jsonl", &events(&list));
    let rows = [
        (2, 100, 0, 10, "user"),
        (3, 200, 0, 20, "user"),
        (6, 400, 0, 40, "user"),
    ];
    let _open = store(&home, &[], &rows);
    assert_eq!(tokens(&home.session()), (700, 0, 70, Measured));
}

#[test]
fn what_a_compaction_hid_from_the_totals_is_in_the_rows() {
    let done = (
        "session.compaction_complete",
        json!({"success": true, "compactionTokensUsed": {"input": 50, "output": 5}}),
    );
    let list = [
        prompt(),
        response("a", 10),
        done,
        response("b", 30),
        shutdown(300, 30),
    ];
    let rows = [
        (2, 100, 0, 10, "user"),
        (3, 51, 0, 5, "compaction"),
        (4, 300, 0, 30, "agent"),
    ];
    let home = Home::new();
    home.log("s/events.jsonl", &events(&list));
    let _open = store(&home, &[], &rows);
    assert_eq!(tokens(&home.session()), (451, 0, 45, Measured));
}

#[test]
fn an_older_store_lacks_columns() {
    let list = [prompt(), response("a", 10), response("b", 20)];
    let rows = [(2, 100, 60, 10, "user"), (3, 200, 150, 20, "agent")];
    for (without, expected) in [
        (vec!["initiator"], Some((90, 210, 30, Measured))),
        (vec!["cache_read_tokens"], Some((300, 0, 30, Measured))),
        // The output is known from the messages.
        (vec!["output_tokens"], Some((90, 210, 30, Measured))),
        (vec!["input_tokens"], None),
    ] {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let _open = store(&home, &without, &rows);
        let session = home.session();
        assert_eq!(
            session.tokens().map(|_| tokens(&session)),
            expected,
            "{without:?}"
        );
    }
}

#[test]
fn a_session_of_the_store_alone_is_tokens_and_a_place() {
    let home = Home::new();
    std::fs::create_dir(home.0.path().join("session-state")).unwrap();
    let _open = store(&home, &[], &[(2, 100, 60, 10, "user")]);
    let session = home.session();
    assert_eq!(tokens(&session), (40, 60, 10, Measured));
    assert_eq!(session.places[0].folder, "/w/kiln");
    assert_eq!(session.lanes[0].turns.len(), 0);
    let sources = session.sources;
    let others = [
        sources.agent_time,
        sources.human_time,
        sources.edits,
        sources.commits,
    ];
    assert_eq!(others, [Provenance::Absent; 4]);
}

#[test]
fn a_row_whose_count_is_none_is_named_and_left_out() {
    let home = Home::new();
    home.log(
        "s/events.jsonl",
        &events(&[prompt(), response("a", 1), response("b", 1)]),
    );
    let open = store(&home, &[], &[(2, 100, 60, 10, "user"), (3, 200, 0, 20, "user")]);
    open.execute(
        "UPDATE assistant_usage_events SET input_tokens = 'many' WHERE id = 2",
        [],
    )
    .unwrap();
    let collected = home.collected();
    assert_eq!(collected.warnings.len(), 1);
    assert!(collected.warnings[0].place.ends_with("session-store.db:2"));
    assert_eq!(tokens(&collected.sessions[0]), (40, 60, 10, Estimated));
    drop(open);
    std::fs::write(home.0.path().join("session-store.db"), "none").unwrap();
    assert_eq!(home.collected().warnings.len(), 1);
}

/// A subagent that asks for a permission, which is given after a minute; it began a minute before, and ends one after.
fn asking_subagent(mode: &str) -> Vec<(&'static str, Value)> {
    let call = (
        "tool.execution_start",
        json!({"toolCallId": "t", "toolName": "task"}),
    );
    let started = (
        "subagent.started",
        json!({"toolCallId": "t", "executionMode": mode}),
    );
    let asked = (
        "permission.requested",
        json!({"requestId": "p", "promptRequest": {}}),
    );
    let given = (
        "permission.completed",
        json!({"requestId": "p", "toolCallId": "c", "result": {"kind": "approved"}, "decisionSource": "human_response"}),
    );
    let completed = ("subagent.completed", json!({"toolCallId": "t"}));
    let done = (
        "tool.execution_complete",
        json!({"toolCallId": "t", "success": true}),
    );
    vec![
        prompt(),
        call,
        by("x", started),
        by("x", asked),
        by("x", given),
        by("x", completed),
        done,
    ]
}

#[test]
fn what_a_subagent_asks_is_answered_by_the_person_and_nobody_works_meanwhile() {
    // The call of either is open until the end, and its lane works as long as the subagent does.
    for (mode, main) in [("sync", 3), ("background", 3)] {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&asking_subagent(mode)));
        let session = home.session();
        assert_eq!(
            kinds(&session),
            [ActionKind::Prompt, ActionKind::Answer],
            "{mode}"
        );
        let answer = session.actions[1];
        let waited = answer.waited_since.map(|since| answer.at.since(since));
        assert_eq!(waited, Some(60_000));
        let worked = session.lanes.iter().map(|lane| {
            let working = lane.turns.iter().flat_map(|turn| &turn.working);
            working
                .map(|span| span.end.since(span.start) / 60_000)
                .sum::<i64>()
        });
        assert_eq!(worked.collect::<Vec<_>>(), [main, 2], "{mode}");
    }
}

#[test]
fn nobody_types_in_a_headless_run() {
    let told = |said: &str| ("system.message", json!({"role": "system", "content": said}));
    let headless = told("You are the CLI. You are running in non-interactive mode and cannot ask.");
    let attended = told("You are the CLI.");
    let instructions = told(&format!(
        "You are the CLI. {}\nYou are running in non-interactive mode: so say the instructions.",
        "More. ".repeat(400)
    ));
    let turn = |message: &(&'static str, Value)| {
        vec![
            prompt(),
            message.clone(),
            ("assistant.turn_start", json!({})),
            response("a", 1),
            ("assistant.turn_end", json!({})),
        ]
    };
    let unsaid = [
        prompt(),
        ("assistant.turn_start", json!({})),
        response("b", 1),
        ("abort", json!({"reason": "user_initiated"})),
    ];
    for (list, typed, human) in [
        (turn(&headless), 0, vec![false]),
        (turn(&attended), 1, vec![true]),
        (turn(&instructions), 1, vec![true]),
        // A message applies until another one comes.
        ([turn(&headless), unsaid.to_vec()].concat(), 0, vec![false, false]),
        ([turn(&headless), turn(&attended)].concat(), 1, vec![false, true]),
        ([turn(&attended), turn(&headless)].concat(), 1, vec![true, false]),
        ([turn(&attended), unsaid.to_vec()].concat(), 3, vec![true, true]),
        // A subagent's task does not show who is there.
        (turn(&by("x", headless.clone())), 1, vec![true]),
    ] {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&list));
        let session = home.session();
        let turns: Vec<bool> = session.lanes[0].turns.iter().map(|turn| turn.human).collect();
        assert_eq!((session.actions.len(), turns), (typed, human));
    }
}
