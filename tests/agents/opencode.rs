//! OpenCode.

use insta::assert_snapshot;
use rusqlite::Connection;

use super::{MARKER, fixture, install, kiln, told, told_of};
use crate::world::World;

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("opencode"), @r"
    opencode/ses_1 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent 8m derived, supervisory 1.25m measured, tokens 60/300/18000/150 measured by m-x, edits measured, commits derived
    ses_1 → Cap the delay: hash, certain, hash:output lines:2
    ");
}

/// Copies the documents of the home directory into a database, as OpenCode did when it moved to one.
fn move_into_database(world: &World) {
    let data = world.home().join(".local/share/opencode");
    let database = Connection::open(data.join("opencode.db")).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    let tables = "
        CREATE TABLE session (id TEXT PRIMARY KEY, parent_id TEXT, directory TEXT, version TEXT);
        CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, data TEXT);
        CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT, data TEXT);";
    database.execute_batch(tables).unwrap();
    for (name, _) in fixture("opencode") {
        let text = std::fs::read_to_string(world.home().join(&name)).unwrap();
        let insert = match name.iter().rev().nth(2).and_then(|folder| folder.to_str()) {
            Some("session") => {
                "INSERT INTO session SELECT ?1 ->> 'id', NULL, ?1 ->> 'directory', ?1 ->> 'version'"
            }
            Some("message") => "INSERT INTO message SELECT ?1 ->> 'id', ?1 ->> 'sessionID', json(?1)",
            _ => "INSERT INTO part SELECT ?1 ->> 'id', ?1 ->> 'messageID', json(?1)",
        };
        database.execute(insert, [text]).unwrap();
    }
}

#[test]
fn a_database_tells_what_the_documents_told_and_keeps_what_was_said_to_itself() {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install("opencode", &world, &repo, &made);
    let expected = told_of(&repo);
    move_into_database(&world);
    assert_eq!(told_of(&repo), expected, "beside the documents");
    std::fs::remove_dir_all(world.home().join(".local/share/opencode/storage")).unwrap();
    assert_eq!(told_of(&repo), expected, "alone");
    let kept = world.home().join("cache/git-leverage/sessions");
    let mut count = 0;
    for file in std::fs::read_dir(kept).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(MARKER));
        count += 1;
    }
    assert!(count > 0, "nothing was kept");
}

#[test]
fn a_file_that_is_no_database_is_a_warning() {
    let world = World::new();
    let (repo, _) = kiln(&world);
    let data = world.home().join(".local/share/opencode");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("opencode.db"), MARKER).unwrap();
    let ran = repo.run(&["sessions"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(
        ran.stderr
            .contains("opencode.db: cannot read the log: file is not a database"),
        "{ran}"
    );
}
