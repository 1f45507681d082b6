//! One story in every form in which OpenCode has stored it, and databases in every state.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::reading::{OWN_COMMAND, tokens};
use super::*;
use crate::agents::assemble::assemble;
use crate::facts::session::{ActionKind, Session as Assembled, TurnEnd};

const MINUTE: i64 = 60_000;
const V1: &str = "
    CREATE TABLE session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT, version TEXT);
    CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, time_created INTEGER, data TEXT);
    CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT, session_id TEXT, data TEXT);";
const V2: &str = "
    CREATE TABLE session_v2 (id TEXT PRIMARY KEY, parent_id TEXT, fork_session_id TEXT, directory TEXT, version TEXT);
    CREATE TABLE session_message (id TEXT PRIMARY KEY, session_id TEXT, type TEXT, seq INTEGER, data TEXT);";

/// A data directory of OpenCode.
struct Store {
    folder: tempfile::TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("opencode.db")
    }

    /// The database, as OpenCode has it open.
    fn open(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
    }

    fn v1(&self, sessions: &[(&str, Option<&str>)], messages: &[Told]) -> &Self {
        let connection = self.open();
        connection.execute_batch(V1).unwrap();
        add_v1(&connection, sessions, messages);
        self
    }

    fn v2(&self, sessions: &[(&str, Option<&str>)], records: &[(&str, &str, &str, Value)]) -> &Self {
        let connection = self.open();
        connection.execute_batch(V2).unwrap();
        for (id, parent) in sessions {
            let row = (id, parent, "/w/kiln", "2.0.14");
            let insert = "INSERT INTO session_v2 (id, parent_id, directory, version) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(insert, row).unwrap();
        }
        for (id, session, kind, data) in records {
            let row = (id, session, kind, data.to_string());
            let insert = "INSERT INTO session_message (id, session_id, type, data) VALUES (?1, ?2, ?3, ?4)";
            connection.execute(insert, row).unwrap();
        }
        self
    }

    fn tree(&self, sessions: &[(&str, Option<&str>)], messages: &[Told]) -> &Self {
        let storage = self.folder.path().join("storage");
        let put = |path: String, value: &Value| {
            let path = storage.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, value.to_string()).unwrap();
        };
        for (id, parent) in sessions {
            let session = json!({"id": id, "parentID": parent, "directory": "/w/kiln", "version": "1.1.50"});
            put(format!("session/p/{id}.json"), &session);
        }
        for (id, session, message, parts) in messages {
            put(format!("message/{session}/{id}.json"), message);
            for (number, part) in parts.iter().enumerate() {
                put(format!("part/{id}/prt_{number}.json"), part);
            }
        }
        self
    }

    fn logs(&self) -> Vec<(PathBuf, Log)> {
        let mut warnings = Vec::new();
        let files = OPENCODE.logs(self.folder.path(), &mut warnings);
        assert!(warnings.is_empty(), "{warnings:?}");
        let read = |file: LogFile| {
            let mut log = Log::default();
            OPENCODE.read(&file, &mut log).unwrap();
            assert!(log.flaws.is_empty(), "{:?}", log.flaws);
            (file.path, log)
        };
        files.into_iter().map(read).collect()
    }

    fn sessions(&self) -> Vec<Assembled> {
        assemble("opencode", &self.logs())
    }

    fn only(&self) -> Assembled {
        let mut sessions = self.sessions();
        assert_eq!(sessions.len(), 1, "{sessions:?}");
        sessions.remove(0)
    }

    /// Every file with its bytes.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect()
    }
}

#[test]
fn a_parent_is_looked_for_beside_its_session_alone() {
    for (parent, folder) in [
        ("ses_0", "/w/above"),
        ("../../../outside", ""),
        ("../p/ses_0", ""),
        ("ses_1", ""),
        ("", ""),
    ] {
        let store = Store::new();
        let (root, storage) = (store.folder.path(), store.folder.path().join("storage/session/p"));
        std::fs::create_dir_all(&storage).unwrap();
        let put = |path: PathBuf, parent: &str, folder: &str| {
            let session = json!({"id": "x", "parentID": parent, "directory": folder});
            std::fs::write(path, session.to_string()).unwrap();
        };
        put(root.join("outside.json"), "", "/w/outside");
        put(storage.join("ses_0.json"), "ses_1", "/w/above");
        put(storage.join("ses_1.json"), parent, "");
        let mut log = Log::default();
        let mut reading = super::reading::Reading::new(&mut log);
        let session = json!({"parentID": parent});
        super::tree::add_with_parents(&storage.join("ses_1.json"), &session, &mut reading);
        let found = |id: &str| {
            reading
                .sessions
                .get(id)
                .map_or("", |session| session.folder.as_str())
        };
        assert_eq!(found("ses_0"), folder, "{parent}");
        let outside: Vec<_> = reading
            .sessions
            .values()
            .map(|session| session.folder.clone())
            .collect();
        assert!(!outside.contains(&"/w/outside".to_owned()), "{parent}");
        assert_eq!(
            log.flaws.len(),
            usize::from(parent.contains("..")),
            "{parent}: {:?}",
            log.flaws
        );
    }
}

/// Why a database is not read, given what was done to it.
fn refused(change: impl FnOnce(&Store, &rusqlite::Connection)) -> String {
    let store = Store::new();
    change(&store, &rusqlite::Connection::open(store.path()).unwrap());
    let mut log = Log::default();
    let read = OPENCODE.read(&LogFile::new(store.path()), &mut log);
    let flaws = log.flaws.iter().map(|flaw| flaw.message.clone());
    let error = read.err().map(|error| error.to_string());
    flaws.chain(error).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_schema_that_never_ends_is_not_run() {
    let endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS id, \
                   's' AS session_id, '{}' AS data FROM r";
    let said = refused(|_, connection| {
        let views = format!("CREATE VIEW session AS {endless}; CREATE VIEW message AS {endless};");
        connection.execute_batch(&views).unwrap();
    });
    assert!(said.contains("view"), "{said}");
    let said = refused(|_, connection| {
        let table = "CREATE TABLE message (id TEXT, session_id TEXT, \
                     data TEXT AS (printf('%.*c', 100000000, 'x')));
                     INSERT INTO message VALUES ('a', 's')";
        connection.execute_batch(table).unwrap();
    });
    assert!(said.contains("data"), "{said}");
}

#[test]
fn a_query_has_an_end() {
    let store = Store::new();
    store.open().execute_batch(V1).unwrap();
    let connection = super::super::database::open(&store.path()).unwrap();
    let endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r";
    let error = connection
        .query_row(endless, [], |row| row.get::<_, i64>(0))
        .unwrap_err();
    let said = super::super::database::explained(error).to_string();
    assert!(said.contains("more steps"), "{said}");
}

#[cfg(unix)]
#[test]
fn no_pipe_beside_a_database_is_opened() {
    for suffix in ["-wal", "-shm", "-journal"] {
        let said = refused(|store, connection| {
            connection.execute_batch(V1).unwrap();
            let mut pipe = store.path().into_os_string();
            pipe.push(suffix);
            let made = std::process::Command::new("mkfifo").arg(pipe).status().unwrap();
            assert!(made.success());
        });
        assert!(
            said.contains(suffix) && said.contains("not a regular file"),
            "{said}"
        );
    }
}

/// A message of version 1: its id, its session, itself, its parts.
type Told = (&'static str, &'static str, Value, Vec<Value>);

fn add_v1(connection: &rusqlite::Connection, sessions: &[(&str, Option<&str>)], messages: &[Told]) {
    for (id, parent) in sessions {
        let row = (id, parent, "/w/kiln", "1.2.0");
        connection
            .execute("INSERT INTO session VALUES (?1, ?2, ?3, ?4)", row)
            .unwrap();
    }
    for (id, session, message, parts) in messages {
        let row = (id, session, 0, message.to_string());
        connection
            .execute("INSERT INTO message VALUES (?1, ?2, ?3, ?4)", row)
            .unwrap();
        for (number, part) in parts.iter().enumerate() {
            let row = (format!("{id}-{number}"), id, session, part.to_string());
            connection
                .execute("INSERT INTO part VALUES (?1, ?2, ?3, ?4)", row)
                .unwrap();
        }
    }
}

fn asked(id: &'static str, session: &'static str, minute: i64, said: &str) -> Told {
    let message = json!({"role": "user", "time": {"created": minute * MINUTE}});
    (id, session, message, vec![json!({"type": "text", "text": said})])
}

fn answered(
    id: &'static str,
    session: &'static str,
    minutes: [i64; 2],
    finish: &str,
    parts: Vec<Value>,
) -> Told {
    let message = json!({
        "role": "assistant", "modelID": "m-x", "providerID": "p", "finish": finish,
        "time": {"created": minutes[0] * MINUTE, "completed": minutes[1] * MINUTE},
        "tokens": {"input": 1, "output": 20, "reasoning": 5, "cache": {"read": 300, "write": 4000}},
    });
    (id, session, message, parts)
}

fn called(tool: &str, input: &Value, minutes: [i64; 2], ended: &Value) -> Value {
    let mut state =
        json!({"input": input, "time": {"start": minutes[0] * MINUTE, "end": minutes[1] * MINUTE}});
    for (field, value) in ended.as_object().unwrap() {
        state[field] = value.clone();
    }
    json!({"type": "tool", "callID": format!("{tool}-{}", minutes[0]), "tool": tool, "state": state})
}

fn committed() -> Value {
    let ended = json!({"status": "completed", "output": "[main 1a2b3c4] x", "metadata": {"exit": 0}});
    called("bash", &json!({"command": "git commit -am x"}), [6, 7], &ended)
}

fn edited() -> Value {
    let input = json!({"filePath": "src/a.rs", "oldString": "one", "newString": "two"});
    called(
        "edit",
        &input,
        [4, 5],
        &json!({"status": "completed", "output": "ok"}),
    )
}

/// Asked at 1, edited to 5, committed to 7, answered to 9.
fn story() -> Vec<Told> {
    vec![
        asked("m1", "ses_1", 1, "cap the delay"),
        answered("m2", "ses_1", [1, 5], "tool-calls", vec![edited()]),
        answered("m3", "ses_1", [5, 7], "tool-calls", vec![committed()]),
        answered("m4", "ses_1", [7, 9], "stop", Vec::new()),
    ]
}

fn answer_v2(minutes: [i64; 2], output: [u64; 2], parts: &[Value]) -> Value {
    json!({
        "agent": "build", "model": {"id": "m-x", "providerID": "p"}, "content": parts,
        "time": {"created": minutes[0] * MINUTE, "completed": minutes[1] * MINUTE},
        "tokens": {"input": 1, "output": output[0], "reasoning": output[1], "cache": {"read": 300, "write": 4000}},
    })
}

fn called_v2(tool: &str, input: &Value, minutes: [i64; 2], output: &str) -> Value {
    json!({
        "type": "tool", "id": format!("{tool}-{}", minutes[0]), "name": tool,
        "state": {"status": "completed", "input": input, "content": [{"type": "text", "text": output}]},
        "time": {"created": minutes[0] * MINUTE, "ran": minutes[0] * MINUTE, "completed": minutes[1] * MINUTE},
    })
}

fn story_v2() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let at = |minute: i64| json!({"created": minute * MINUTE});
    let edit = json!({"path": "src/a.rs", "oldString": "one", "newString": "two"});
    let edited = called_v2("edit", &edit, [4, 5], "ok");
    let command = json!({"command": "git commit -am x"});
    let committed = called_v2("shell", &command, [6, 7], "[main 1a2b3c4] x");
    vec![
        (
            "m1",
            "ses_1",
            "user",
            json!({"text": "cap the delay", "time": at(1)}),
        ),
        ("m2", "ses_1", "assistant", answer_v2([1, 5], [15, 5], &[edited])),
        (
            "m3",
            "ses_1",
            "assistant",
            answer_v2([5, 7], [15, 5], &[committed]),
        ),
        ("m4", "ses_1", "assistant", answer_v2([7, 9], [15, 5], &[])),
        (
            "m5",
            "ses_1",
            "idle",
            json!({"outcome": "succeeded", "time": at(9)}),
        ),
    ]
}

const ALONE: &[(&str, Option<&str>)] = &[("ses_1", None)];

/// The totals of a session.
fn facts(session: &Assembled) -> Value {
    let turns: Vec<Value> = session
        .turns()
        .map(|turn| {
            json!([
                turn.span.start.0 / MINUTE,
                turn.span.end.0 / MINUTE,
                turn.human,
                format!("{:?}", turn.end)
            ])
        })
        .collect();
    json!({
        "turns": turns,
        "actions": session.actions.len(),
        "typed": session.actions.first().map(|action| action.typed),
        "tokens": session.tokens().map(|tokens| [tokens.input, tokens.cache_write, tokens.cache_read, tokens.output]),
        "models": session.models,
        "edits": session.edits.iter().map(|edit| &edit.path).collect::<Vec<_>>(),
        "commits": session.commits.iter().map(|made| &made.hash).collect::<Vec<_>>(),
        "folders": session.places.iter().map(|place| &place.folder).collect::<Vec<_>>(),
    })
}

fn told_by_all() -> Value {
    json!({
        "turns": [[1, 9, true, "Recorded"]], "actions": 1, "typed": 13, "tokens": [3, 12000, 900, 60], "models": ["m-x"],
        "edits": ["/w/kiln/src/a.rs"], "commits": ["1a2b3c4"], "folders": ["/w/kiln"],
    })
}

#[test]
fn the_story_is_the_same_in_every_form() {
    let (documents, version_1, version_2) = (Store::new(), Store::new(), Store::new());
    documents.tree(ALONE, &story());
    version_1.v1(ALONE, &story());
    version_2.v2(ALONE, &story_v2());
    for (form, store) in [
        ("documents", documents),
        ("version 1", version_1),
        ("version 2", version_2),
    ] {
        assert_eq!(facts(&store.only()), told_by_all(), "{form}");
    }
}

/// Every row with `cap` or `two` in it gets the result of `after`, as bytes of text.
fn altered(store: &Store, after: &[u8]) {
    let connection = store.open();
    for table in ["message", "part", "session_message"] {
        for word in ["cap", "two"] {
            let update = format!(
                "UPDATE {table} SET data = CAST(replace(CAST(data AS BLOB), ?1, CAST(?1 AS BLOB) || ?2) AS TEXT)"
            );
            // One of the tables is not there.
            let _ = connection.execute(&update, rusqlite::params![word, after]);
        }
    }
}

#[test]
fn half_a_character_in_a_row_costs_nothing() {
    for after in [&b"\\ud83d"[..], b"\\uDC00\\uD83D"] {
        let (version_1, version_2) = (Store::new(), Store::new());
        version_1.v1(ALONE, &story());
        version_2.v2(ALONE, &story_v2());
        for store in [version_1, version_2] {
            let mut expected = facts(&store.only());
            expected["typed"] = json!(13 + after.len() / 6);
            altered(&store, after);
            let logs = store.logs();
            assert!(logs.iter().all(|(_, log)| log.flaws.is_empty()), "{logs:?}");
            assert_eq!(facts(&store.only()), expected);
            assert_eq!(store.only().edits[0].added.len(), 1);
        }
    }
}

#[test]
fn bytes_in_a_row_that_are_no_text_are_replaced_and_told() {
    let store = Store::new();
    store.v1(ALONE, &story());
    altered(&store, b"\xed\xa0\xbd");
    let mut log = Log::default();
    OPENCODE.read(&LogFile::new(store.path()), &mut log).unwrap();
    let flaws: Vec<&str> = log.flaws.iter().map(|flaw| flaw.message.as_str()).collect();
    assert_eq!(flaws, ["part: invalid UTF-8 was replaced"; 2]);
    let found = assemble("opencode", &[(store.path(), log)]);
    let (found, expected) = (facts(&found[0]), told_by_all());
    for what in ["edits", "tokens", "commits", "turns"] {
        assert_eq!(found[what], expected[what]);
    }
}

#[test]
fn copies_in_older_places_count_once() {
    let store = Store::new();
    store
        .tree(ALONE, &story())
        .v1(ALONE, &story())
        .v2(ALONE, &story_v2());
    assert_eq!(store.logs().len(), 2);
    assert_eq!(facts(&store.only()), told_by_all());
}

#[test]
fn a_fork_has_only_what_it_added() {
    let store = Store::new();
    let mut messages = story();
    messages.push(asked("f1", "ses_2", 1, "cap the delay"));
    messages.push(answered("f2", "ses_2", [1, 5], "tool-calls", vec![edited()]));
    messages.push(asked("f3", "ses_2", 20, "now another way"));
    messages.push(answered("f4", "ses_2", [20, 22], "stop", Vec::new()));
    store.v1(&[("ses_1", None), ("ses_2", None)], &messages);
    let sessions = store.sessions();
    assert_eq!(facts(&sessions[0]), told_by_all());
    let added = facts(&sessions[1]);
    assert_eq!(added["turns"], json!([[20, 22, true, "Recorded"]]));
    assert_eq!(
        (&added["tokens"], &added["edits"]),
        (&json!([1, 4000, 300, 20]), &json!([]))
    );
}

#[test]
fn a_subagent_is_a_lane_of_the_session_at_the_top() {
    let task = json!({"status": "completed", "output": "done"});
    let told = vec![
        asked("m1", "ses_1", 1, "look into it"),
        answered(
            "m2",
            "ses_1",
            [1, 40],
            "stop",
            vec![called("task", &json!({"prompt": "x"}), [2, 40], &task)],
        ),
        asked("m3", "ses_2", 2, "x"),
        answered("m4", "ses_2", [2, 8], "stop", Vec::new()),
        asked("m5", "ses_3", 3, "y"),
        answered("m6", "ses_3", [3, 4], "stop", Vec::new()),
    ];
    let sessions: &[(&str, Option<&str>)] = &[
        ("ses_1", None),
        ("ses_2", Some("ses_1")),
        ("ses_3", Some("ses_2")),
    ];
    let (documents, database) = (Store::new(), Store::new());
    documents.tree(sessions, &told);
    database.v1(sessions, &told);
    for store in [documents, database] {
        let session = store.only();
        let lanes: Vec<Option<&str>> = session
            .lanes
            .iter()
            .map(|lane| lane.subagent.as_deref())
            .collect();
        assert_eq!(lanes, [None, Some("ses_2"), Some("ses_3")]);
        assert_eq!((session.actions.len(), session.usage.len()), (1, 3));
        // The launching turn worked as long as its subagents did, from 2 to 8, however long it waited for them.
        let first = session.turns().next().unwrap();
        assert_eq!((first.unknown, first.span.millis()), (32 * MINUTE, 39 * MINUTE));
    }
}

#[test]
fn only_what_a_person_wrote_is_theirs() {
    let store = Store::new();
    let mut own = asked("m5", "ses_1", 20, OWN_COMMAND);
    own.3[0]["synthetic"] = json!(true);
    let mut answer = answered("m6", "ses_1", [20, 21], "", vec![committed()]);
    answer.2["parentID"] = json!("m5");
    answer.2["tokens"] = json!({"input": 0, "output": 0});
    let mut injected = asked("m7", "ses_1", 22, "go on with your task");
    injected.3[0]["synthetic"] = json!(true);
    let mut compact = asked("m8", "ses_1", 30, "");
    compact.3 = vec![json!({"type": "compaction", "auto": false})];
    let mut by_itself = asked("m9", "ses_1", 40, "");
    by_itself.3 = vec![json!({"type": "compaction", "auto": true})];
    let mut told = story();
    told.extend([own, answer, injected, compact, by_itself]);
    store.v1(ALONE, &told);
    let session = store.only();
    let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
    assert_eq!(
        kinds,
        [ActionKind::Prompt, ActionKind::Shell, ActionKind::Command]
    );
    assert_eq!((session.turns().count(), session.commits.len()), (1, 1));
}

#[test]
fn a_prompt_during_an_answer_opens_the_next_turn() {
    let store = Store::new();
    store.v1(
        ALONE,
        &[
            asked("m1", "ses_1", 1, "one"),
            answered("m2", "ses_1", [1, 5], "stop", Vec::new()),
            asked("m3", "ses_1", 3, "and two"),
            answered("m4", "ses_1", [6, 8], "stop", Vec::new()),
        ],
    );
    let facts = facts(&store.only());
    assert_eq!(
        facts["turns"],
        json!([[1, 5, true, "Recorded"], [6, 8, true, "Recorded"]])
    );
    assert_eq!(facts["actions"], 2);
}

#[test]
fn refusals_interrupts_and_waits_are_not_work() {
    let store = Store::new();
    let refused =
        json!({"status": "error", "error": "The user rejected permission to use this specific tool call."});
    let write = json!({"filePath": "/w/kiln/b.rs", "content": "b"});
    let mut stopped = answered("m4", "ses_1", [50, 51], "", Vec::new());
    stopped.2["error"] = json!({"name": "MessageAbortedError", "data": {}});
    store.v1(
        ALONE,
        &[
            asked("m1", "ses_1", 1, "one"),
            answered(
                "m2",
                "ses_1",
                [1, 40],
                "tool-calls",
                vec![
                    called("write", &write, [2, 12], &refused),
                    called(
                        "edit",
                        &json!({"filePath": "/w/kiln/a.rs", "oldString": "a", "newString": "b"}),
                        [13, 40],
                        &json!({"status": "completed", "output": "ok"}),
                    ),
                ],
            ),
            asked("m3", "ses_1", 50, "two"),
            stopped,
        ],
    );
    let session = store.only();
    let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
    assert_eq!(
        kinds,
        [
            ActionKind::Prompt,
            ActionKind::Refusal,
            ActionKind::Prompt,
            ActionKind::Interrupt
        ]
    );
    assert_eq!(session.edits.len(), 1);
    let turns: Vec<_> = session.turns().collect();
    // Of 27 minutes of an edit one second is work, the rest waited for a person.
    assert_eq!(
        (turns[0].unknown, turns[1].end),
        (27 * MINUTE - 1_000, TurnEnd::Interrupted)
    );
}

#[test]
fn the_total_tells_whether_reasoning_stands_beside_the_output() {
    for (reasoning, total, output) in [
        (5, None, 20),
        (5, Some(4321), 20),
        (5, Some(4326), 25),
        (30, None, 50),
    ] {
        let mut answer = answered("m2", "ses_1", [1, 2], "stop", Vec::new());
        answer.2["tokens"]["reasoning"] = json!(reasoning);
        answer.2["tokens"]["total"] = json!(total);
        assert_eq!(tokens(&answer.2).output, output, "{reasoning} {total:?}");
    }
}

#[test]
fn a_session_that_moved_is_in_both_folders() {
    let store = Store::new();
    let mut records = story_v2();
    let moved = json!({"location": {"directory": "/w/other"}, "time": {"created": 10 * MINUTE}});
    records.push(("m6", "ses_1", "location-switched", moved));
    records.push((
        "m7",
        "ses_1",
        "shell",
        json!({"command": "cargo test", "time": {"created": 11 * MINUTE}}),
    ));
    records.push((
        "m8",
        "ses_1",
        "idle",
        json!({"outcome": "interrupted", "time": {"created": 12 * MINUTE}}),
    ));
    store.v2(ALONE, &records);
    let session = store.only();
    assert_eq!(facts(&session)["folders"], json!(["/w/kiln", "/w/other"]));
    let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
    assert_eq!(
        kinds,
        [ActionKind::Prompt, ActionKind::Shell, ActionKind::Interrupt]
    );
}

#[test]
fn a_database_in_use_is_read_with_its_latest_rows_and_left_alone() {
    let store = Store::new();
    store.v1(ALONE, &story());
    let writer = store.open();
    writer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    add_v1(
        &writer,
        &[],
        &[
            asked("m5", "ses_1", 20, "more"),
            answered("m6", "ses_1", [20, 22], "stop", Vec::new()),
        ],
    );
    assert!(
        std::fs::metadata(store.path().with_extension("db-wal"))
            .unwrap()
            .len()
            > 0
    );
    let names = |store: &Store| store.files().into_keys().collect::<Vec<_>>();
    let (before, database) = (names(&store), std::fs::read(store.path()).unwrap());
    assert_eq!(store.only().turns().count(), 2);
    assert_eq!(
        (names(&store), std::fs::read(store.path()).unwrap()),
        (before, database)
    );
    // An open transaction does not stop reading.
    writer
        .execute_batch("BEGIN IMMEDIATE; DELETE FROM message")
        .unwrap();
    assert_eq!(store.only().turns().count(), 2);
}

#[test]
fn a_closed_database_gets_no_files_beside_it() {
    let store = Store::new();
    store.v1(ALONE, &story());
    let before = store.files();
    assert_eq!(before.len(), 1, "{:?}", before.keys());
    assert_eq!(facts(&store.only()), told_by_all());
    assert_eq!(store.files(), before);
}

#[test]
fn a_log_that_a_crash_left_is_read_and_left() {
    let (store, crashed) = (Store::new(), Store::new());
    let writer = store.open();
    writer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    writer.execute_batch(V1).unwrap();
    add_v1(&writer, ALONE, &story());
    for suffix in ["db", "db-wal"] {
        let (from, to) = (
            store.path().with_extension(suffix),
            crashed.path().with_extension(suffix),
        );
        std::fs::copy(from, to).unwrap();
    }
    let before = crashed.files();
    assert_eq!(facts(&crashed.only()), told_by_all());
    assert_eq!(crashed.files(), before);
}

#[test]
fn a_database_that_cannot_be_read_is_an_error_and_a_damaged_one_gives_what_it_has() {
    let read = |path: &Path| {
        let mut log = Log::default();
        let result = OPENCODE
            .read(&super::super::database::log_file(path), &mut log)
            .map_err(|error| error.to_string());
        (result, log)
    };
    let store = Store::new();
    std::fs::write(store.path(), "no database at all, whatever its name says").unwrap();
    assert_eq!(read(&store.path()).0, Err("file is not a database".to_owned()));

    let foreign = Store::new();
    foreign
        .open()
        .execute_batch("CREATE TABLE account (id TEXT)")
        .unwrap();
    let (result, log) = read(&foreign.path());
    assert_eq!((result, log.flaws.len()), (Ok(()), 1));

    let locked = Store::new();
    locked.v1(ALONE, &story());
    let writer = rusqlite::Connection::open(locked.path()).unwrap();
    writer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    writer
        .execute_batch("BEGIN EXCLUSIVE; DELETE FROM session")
        .unwrap();
    assert_eq!(read(&locked.path()).0, Err("database is locked".to_owned()));

    let damaged = Store::new();
    damaged.v1(ALONE, &story());
    damaged
        .open()
        .execute("UPDATE message SET data = '{\"role\":' WHERE id = 'm4'", ())
        .unwrap();
    let (result, log) = read(&damaged.path());
    assert_eq!((result, log.flaws.len()), (Ok(()), 1));
    assert!(log.flaws[0].place.ends_with("opencode.db:4"), "{:?}", log.flaws);
    assert_eq!(assemble("opencode", &[(damaged.path(), log)])[0].usage.len(), 2);
}

#[test]
fn channels_and_a_named_database_are_found() {
    let store = Store::new();
    for name in [
        "opencode.db",
        "opencode-dev.db",
        "opencode.db-wal",
        "other.db",
        "mine.sqlite",
    ] {
        std::fs::write(store.folder.path().join(name), "").unwrap();
    }
    let found = |root: &Path| {
        let files = OPENCODE.logs(root, &mut Vec::new());
        let names = files
            .iter()
            .map(|file| file.path.file_name().unwrap().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    assert_eq!(found(store.folder.path()), ["opencode-dev.db", "opencode.db"]);
    assert_eq!(found(&store.folder.path().join("mine.sqlite")), ["mine.sqlite"]);
    let variables = [("XDG_DATA_HOME", "/d"), ("OPENCODE_DB", "mine.sqlite")];
    let machine = Machine {
        variables: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Machine::default()
    };
    let expected = ["/d/opencode", "/d/opencode/mine.sqlite"].map(PathBuf::from);
    assert_eq!(OPENCODE.roots(&machine), expected);
}

/// Makes a program run the session: nobody may be asked a question.
const NOBODY: &str = r#"[{"permission":"question","pattern":"*","action":"deny"},{"permission":"plan_exit","pattern":"*","action":"deny"}]"#;

/// Adds columns and tables of later versions.
fn extend(store: &Store, statements: &str) {
    store.open().execute_batch(statements).unwrap();
}

fn worked(session: &Assembled) -> Vec<(i64, i64)> {
    let turns = session.turns();
    turns
        .map(|turn| (crate::facts::span::total(&turn.working), turn.unknown))
        .collect()
}

#[test]
fn nobody_types_and_nobody_is_asked_where_no_question_may_be() {
    for (rules, acted, work, unknown) in [
        // Six minutes between requests and edits and one of the commit.
        (NOBODY, 0, 8 * MINUTE - 59_000, 59_000),
        (
            r#"[{"permission":"bash","pattern":"*","action":"ask"}]"#,
            1,
            6 * MINUTE + 2_000,
            2 * MINUTE - 2_000,
        ),
        ("", 1, 6 * MINUTE + 2_000, 2 * MINUTE - 2_000),
    ] {
        let store = Store::new();
        store.v1(ALONE, &story());
        extend(
            &store,
            &format!(
                "ALTER TABLE session ADD COLUMN permission TEXT; UPDATE session SET permission = '{rules}'"
            ),
        );
        let session = store.only();
        assert_eq!(session.actions.len(), acted, "{rules}");
        assert_eq!(session.turns().next().unwrap().human, acted == 1, "{rules}");
        assert_eq!(worked(&session), [(work, unknown)], "{rules}");
    }
}

#[test]
fn a_call_ran_from_when_it_showed_what_it_does() {
    let store = Store::new();
    let bash = json!({"status": "completed", "output": "ok"});
    let bash = called("bash", &json!({"command": "cargo test"}), [7, 8], &bash);
    store.v1(
        ALONE,
        &[
            asked("m1", "ses_1", 1, "cap the delay"),
            answered("m2", "ses_1", [1, 6], "tool-calls", vec![edited()]),
            answered("m3", "ses_1", [6, 9], "tool-calls", vec![bash]),
            answered("m4", "ses_1", [9, 10], "stop", Vec::new()),
        ],
    );
    let shown = |tool: &str, start: i64, at: i64, metadata: &Value| {
        let state = json!({"status": "running", "time": {"start": start * MINUTE}, "metadata": metadata});
        let part = json!({"type": "tool", "callID": format!("{tool}-{start}"), "tool": tool, "state": state});
        json!({"part": part, "time": at}).to_string()
    };
    let events = [
        shown("edit", 4, 4 * MINUTE, &json!({})),
        shown("edit", 4, 4 * MINUTE + 50_000, &json!({"diff": "d"})),
        shown("bash", 7, 7 * MINUTE + 40_000, &json!({"output": ""})),
        shown("bash", 7, 7 * MINUTE + 55_000, &json!({"output": "x"})),
    ];
    extend(&store, "CREATE TABLE event (id TEXT, type TEXT, data TEXT)");
    for event in events {
        let row = ("e", "message.part.updated.1", event);
        store
            .open()
            .execute("INSERT INTO event VALUES (?1, ?2, ?3)", row)
            .unwrap();
    }
    // 10 seconds of the edit and 20 of the command, in addition to the model's 1 to 4, 5 to 7 and 8 to 10.
    assert_eq!(
        worked(&store.only()),
        [(7 * MINUTE + 30_000, 2 * MINUTE - 30_000)]
    );
}

#[test]
fn what_the_program_does_for_itself_is_not_work() {
    let store = Store::new();
    let mut told = story();
    for (number, _, _, parts) in &mut told {
        if *number != "m1" {
            parts.insert(0, json!({"type": "step-start"}));
        }
    }
    store.v1(ALONE, &told);
    // The first answer was requested half a minute after the prompt, the last a quarter of a minute after it was begun.
    extend(
        &store,
        "ALTER TABLE part ADD COLUMN time_created INTEGER;
         UPDATE part SET time_created = 90000 WHERE id = 'm2-0';
         UPDATE part SET time_created = 300000 WHERE id = 'm3-0';
         UPDATE part SET time_created = 435000 WHERE id = 'm4-0';",
    );
    // If a person may be there, the quarter cannot be distinguished from a wait.
    let attended = 6 * MINUTE + 2_000 - 30_000 - 15_000;
    assert_eq!(worked(&store.only())[0].0, attended);
    extend(
        &store,
        &format!(
            "ALTER TABLE session ADD COLUMN permission TEXT; UPDATE session SET permission = '{NOBODY}'"
        ),
    );
    assert_eq!(worked(&store.only())[0].0, 8 * MINUTE - 59_000 - 30_000);
}

#[test]
fn an_answer_that_was_stopped_or_broke_off_took_tokens_that_nobody_counted() {
    use crate::facts::session::Provenance;
    let noughts = json!({"input": 0, "output": 0, "reasoning": 0, "cache": {"read": 0, "write": 0}});
    let stopped = json!({"error": {"name": "MessageAbortedError", "data": {}}, "tokens": noughts});
    let failed = json!({"error": {"name": "APIError", "data": {}}, "tokens": noughts});
    let broken_off = json!({"tokens": noughts, "time": {"created": 20 * MINUTE}});
    for (change, gone_on, expected) in [
        (&stopped, false, Provenance::Estimated),
        (&broken_off, true, Provenance::Estimated),
        (&broken_off, false, Provenance::Measured),
        (&failed, true, Provenance::Measured),
        (&json!({}), true, Provenance::Measured),
    ] {
        let mut last = answered("m6", "ses_1", [20, 21], "", Vec::new());
        for (field, value) in change.as_object().unwrap() {
            last.2[field] = value.clone();
        }
        let mut told = story();
        told.extend([asked("m5", "ses_1", 20, "more"), last]);
        if gone_on {
            told.push(asked("m7", "ses_1", 30, "again"));
        }
        let store = Store::new();
        store.v1(ALONE, &told);
        assert_eq!(store.only().sources.tokens, expected, "{change}");
    }
}

#[test]
fn a_session_knows_when_it_was_last_idle() {
    for (outcome, end, interrupts) in [
        ("succeeded", TurnEnd::Recorded, 0),
        ("interrupted", TurnEnd::Interrupted, 1),
    ] {
        let store = Store::new();
        let mut records = story_v2();
        records.pop();
        store.v2(ALONE, &records);
        extend(
            &store,
            &format!(
                "ALTER TABLE session_v2 ADD COLUMN time_idle INTEGER; ALTER TABLE session_v2 ADD COLUMN idle_outcome TEXT;
                 UPDATE session_v2 SET time_idle = 540000, idle_outcome = '{outcome}'"
            ),
        );
        let session = store.only();
        assert_eq!(session.turns().next().unwrap().end, end);
        let kinds = session.actions.iter().map(|action| action.kind);
        let found = kinds.filter(|kind| *kind == ActionKind::Interrupt).count();
        assert_eq!(found, interrupts);
    }
}

#[test]
fn what_is_older_than_its_session_belongs_to_the_one_it_was_forked_from() {
    let store = Store::new();
    // The fork's copies come first, as they may.
    let mut records = vec![
        (
            "f1",
            "ses_2",
            "user",
            json!({"text": "cap the delay", "time": {"created": MINUTE}}),
        ),
        ("f2", "ses_2", "assistant", answer_v2([1, 5], [15, 5], &[])),
        (
            "f3",
            "ses_2",
            "user",
            json!({"text": "another way", "time": {"created": 20 * MINUTE}}),
        ),
        ("f4", "ses_2", "assistant", answer_v2([20, 22], [15, 5], &[])),
    ];
    records.extend(story_v2());
    store.v2(&[("ses_1", None), ("ses_2", None)], &records);
    extend(
        &store,
        "ALTER TABLE session_v2 ADD COLUMN time_created INTEGER;
         UPDATE session_v2 SET time_created = 60000 WHERE id = 'ses_1';
         UPDATE session_v2 SET time_created = 900000, fork_session_id = 'ses_1' WHERE id = 'ses_2';",
    );
    let sessions = store.sessions();
    assert_eq!(facts(&sessions[0]), told_by_all());
    assert_eq!(facts(&sessions[1])["turns"], json!([[20, 22, true, "LastEvent"]]));
    let parent = sessions[1].parent.as_ref().map(|parent| &*parent.id);
    assert_eq!(parent, Some("ses_1"));
}

#[test]
fn kilo_says_by_which_rule_a_call_was_allowed() {
    for (rule, work) in [
        (json!({"action": "allow", "permission": "bash"}), MINUTE),
        (json!({"action": "ask", "permission": "bash"}), 1_000),
    ] {
        let mut told = story();
        told[2].3[0]["state"]["metadata"]["approval"] = json!({"source": "global", "rule": rule});
        let store = Store::new();
        store.v1(ALONE, &told);
        let session = store.only();
        assert_eq!(worked(&session)[0].0, 6 * MINUTE + 1_000 + work, "{rule}");
        let answers = session
            .actions
            .iter()
            .filter(|action| action.kind == ActionKind::Answer);
        assert_eq!(answers.count(), usize::from(work < MINUTE), "{rule}");
    }
}

#[test]
fn programs_made_from_it_are_found_under_their_own_names() {
    let machine = |variables: &[(&str, &str)]| Machine {
        home: Some("/home/a".into()),
        variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Machine::default()
    };
    let data = Path::new("/home/a/.local/share");
    for (agent, name) in [(&KILO, "kilo"), (&MIMO, "mimocode"), (&ICODEMATE, "icodemate")] {
        assert_eq!(agent.name(), name);
        assert_eq!(agent.roots(&machine(&[])), [data.join(name)]);
    }
    assert_eq!(
        KILO.roots(&machine(&[("KILO_DATA_DIR", "/k")])),
        [PathBuf::from("/k")]
    );
    // What is Kilo's is not OpenCode's, too.
    let kilos = data.join("kilo/kilo.db");
    let named = machine(&[("OPENCODE_DB", kilos.to_str().unwrap())]);
    assert_eq!(OPENCODE.roots(&named), [data.join("opencode")]);

    let store = Store::new();
    for name in ["kilo.db", "kilo-dev.db", "mimicode.db", "other.db"] {
        std::fs::write(store.folder.path().join(name), "").unwrap();
    }
    let found = |agent: &OpenCode| agent.logs(store.folder.path(), &mut Vec::new()).len();
    assert_eq!([&KILO, &MIMO, &ICODEMATE, &OPENCODE].map(found), [2, 1, 0, 0]);
}
