//! Cursor.

use std::fs;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;

use super::{fixture, kiln, told, told_of};
use crate::world::{START, World};

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("cursor"), @r"
    cursor/c0a1b2c3-0000-4000-8000-000000000001 2026-04-01T09:01:00Z–2026-04-01T09:10:00Z: agent nullm absent, supervisory 0.5m estimated, tokens null/null/null/null absent by , edits measured, commits absent
    c0a1b2c3-0000-4000-8000-000000000001 → Cap the delay: lines, high, lines:2
    ");
}

/// The transcript of the fixture where the editor leaves it, last changed this many seconds after [`START`].
fn told_of_the_editors(changed: u64, edit: impl Fn(&str) -> String) -> String {
    let world = World::new();
    let (repo, _) = kiln(&world);
    let (_, text) = fixture("cursor")
        .into_iter()
        .find(|(name, _)| name.extension().is_some_and(|extension| extension == "jsonl"))
        .unwrap();
    let folder = repo.path().to_string_lossy().into_owned();
    let project = folder.trim_start_matches('/').replace(['/', '.'], "-");
    let path = world
        .home()
        .join(".cursor/projects")
        .join(project)
        .join("agent-transcripts/e/e.jsonl");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, edit(&text.replace("$KILN", &folder))).unwrap();
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(START.unsigned_abs() + changed);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(changed).unwrap();
    told_of(&repo)
}

#[test]
fn the_editors_session_ends_with_its_file() {
    assert_snapshot!(told_of_the_editors(12 * 60, str::to_owned), @r"
    cursor/e 2026-04-01T09:01:00Z–2026-04-01T09:12:00Z: agent nullm absent, supervisory 0.5m estimated, tokens null/null/null/null absent by , edits measured, commits absent
    e → Cap the delay: lines, high, lines:2
    ");
}

#[test]
fn without_timestamps_only_the_file_dates_a_session() {
    let without = |text: &str| text.replace("<timestamp>", "<was>");
    assert_snapshot!(told_of_the_editors(7 * 60, without), @r"
    cursor/e 2026-04-01T09:07:00Z–2026-04-01T09:07:00Z: agent nullm absent, supervisory nullm absent, tokens null/null/null/null absent by , edits measured, commits absent
    e → Cap the delay: lines, high, lines:2
    ");
    assert_snapshot!(told_of_the_editors(12 * 60, without), @"cursor/e 2026-04-01T09:12:00Z–2026-04-01T09:12:00Z: agent nullm absent, supervisory nullm absent, tokens null/null/null/null absent by , edits measured, commits absent");
}
