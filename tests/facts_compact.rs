//! Facts as a few large files: `facts --compact`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::Ran;
use crate::world::clones::{Places, files};
use crate::world::tables::only_rows_of;

/// The facts of the demo with all tables.
fn places() -> Places {
    let places = Places::new();
    places.write(&["--inventory", "--audit"]).success();
    places
}

fn compact(places: &Places) -> Ran {
    let args = ["facts", "--compact", "facts", "--output", "compact"];
    places.run(&[&args[..], &["--format", "json"]].concat())
}

/// The rows of each table, of its files by name.
fn rows(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(folder) {
        let table = file.parent().unwrap().file_name().unwrap().to_string_lossy();
        tables
            .entry(table.into_owned())
            .or_default()
            .extend(only_rows_of(&file));
    }
    tables
}

fn bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(folder).into_iter();
    all.map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

/// The file of a table of a repository, and the id of that.
fn file_of(places: &Places, table: &str) -> (PathBuf, String) {
    let facts = places.world.path("facts");
    let file = files(&facts)
        .into_iter()
        .find(|file| file.parent().unwrap().ends_with(table))
        .unwrap();
    let id = file.file_stem().unwrap().to_string_lossy().into_owned();
    (file, id)
}

#[test]
fn compact_facts_have_the_rows_of_the_others() {
    let places = places();
    let (facts, folder) = (places.world.path("facts"), places.world.path("compact"));
    let report: Value = serde_json::from_str(&compact(&places).success()).unwrap();
    let (expected, found) = (rows(&facts), rows(&folder));
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>()
    );
    assert_eq!(found.len(), 10);
    for (table, expected) in &expected {
        assert_eq!(&found[table], expected, "{table}");
        let told = report["tables"].as_array().unwrap().iter();
        let told = told.clone().find(|told| told["table"] == **table).unwrap();
        assert_eq!(
            (&told["rows"], &told["files"]),
            (&expected.len().into(), &1.into()),
            "{table}"
        );
    }
    // Again, over parts of an earlier time, of which one is of no table any more.
    let before = bytes(&folder);
    fs::copy(
        folder.join("commits/part-00000.parquet"),
        folder.join("commits/part-00001.parquet"),
    )
    .unwrap();
    compact(&places).success();
    assert_eq!(bytes(&folder), before);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 10);
}

#[test]
fn what_is_damaged_is_in_no_table() {
    let places = places();
    let whole = rows(&places.world.path("facts"));
    for table in [
        "commits",
        "tasks",
        "records",
        "inventory",
        "audited",
        "ledger_steps",
        "audits",
    ] {
        let (file, id) = file_of(&places, table);
        let content = fs::read(&file).unwrap();
        fs::write(&file, &content[..content.len() / 2]).unwrap();
        let ran = compact(&places);
        assert_eq!(ran.code, Some(3), "{table}: {ran}");
        assert!(
            ran.stderr.contains(&format!("facts/{table}/{id}.parquet")),
            "{table}: {ran}"
        );
        for (other, mut expected) in whole.clone() {
            let found = rows(&places.world.path("compact")).remove(&other).unwrap();
            if !["repos", "sessions", "links"].contains(&&*other) {
                expected.retain(|row| !row.contains(&format!("repo: \"{id}\"")));
            }
            if other == "repos" {
                let own = found.iter().find(|row| row.contains(&id)).unwrap();
                assert!(
                    own.contains("\"failed\"") && own.contains(&format!("DIR/{table}/{id}")),
                    "{own}"
                );
                assert_eq!(found.len(), expected.len());
            } else {
                assert_eq!(found, expected, "{table}: {other}");
            }
        }
        fs::write(&file, content).unwrap();
    }
    compact(&places).success();
    assert_eq!(rows(&places.world.path("compact")), whole);
}

/// The row itself, and the sessions of a machine.
#[test]
fn of_what_has_no_row_and_of_damaged_sessions_nothing_is_there() {
    let places = places();
    for table in ["repos", "sessions"] {
        let (file, id) = file_of(&places, table);
        let of_it = |folder: &str| {
            let all = rows(&places.world.path(folder));
            let starts = ["repo", "source"].map(|column| format!("{{{column}: \"{id}\""));
            let is_own = |row: &&String| starts.iter().any(|start| row.starts_with(start));
            all.values().flatten().filter(is_own).count()
        };
        assert!(of_it("facts") > 3, "{table}");
        let content = fs::read(&file).unwrap();
        fs::write(&file, &content[..content.len() / 2]).unwrap();
        let ran = compact(&places);
        assert!(ran.code == Some(3) && ran.stderr.contains(&id), "{ran}");
        assert_eq!(of_it("compact"), 0, "{table}");
        fs::write(&file, content).unwrap();
    }
}

#[test]
fn facts_of_other_refs_are_in_no_table() {
    let places = places();
    let (commits, id) = file_of(&places, "commits");
    let (inventory, _) = file_of(&places, "inventory");
    let (stray, early) = (
        places.world.path("facts/commits/0123456789abcdef.parquet"),
        fs::read(&commits).unwrap(),
    );
    let early_inventory = fs::read(&inventory).unwrap();
    // Rows without a repository do not count, nor do those that were written before others.
    fs::write(&stray, &early).unwrap();
    compact(&places).success();
    let has = |table: &str, id: &str| {
        let rows = rows(&places.world.path("compact"));
        rows[table].iter().any(|row| row.contains(id))
    };
    assert!(has("commits", &id) && !has("commits", "0123456789abcdef"));
    for repo in ["accounts", "courses", "platform", "console", "spare", "a-fork"] {
        let repo = places.world.at(&format!("made/{repo}"));
        repo.write("x", "x\n").commit("X");
    }
    places.write(&["--audit"]).success();
    fs::write(&inventory, early_inventory).unwrap();
    compact(&places).success();
    assert!(has("commits", &id) && !places.world.path("compact/inventory/part-00000.parquet").exists());
    fs::write(&commits, early).unwrap();
    let ran = compact(&places);
    assert!(
        ran.code == Some(3) && ran.stderr.contains("from another run"),
        "{ran}"
    );
    assert!(!has("commits", &id) && !has("tasks", &id) && has("repos", &id));
}

#[test]
fn compact_facts_are_not_mixed_with_others() {
    let places = places();
    let before = bytes(&places.world.path("facts"));
    let refused = |args: &[&str], code: i32, says: &str| {
        let ran = places.run(args);
        assert_eq!(ran.code, Some(code), "{args:?}: {ran}");
        assert!(ran.stderr.contains(says), "{args:?}: {ran}");
    };
    refused(
        &["facts", "--compact", "facts", "--output", "made/../facts"],
        1,
        "another directory",
    );
    places
        .run(&["facts", "made/accounts", "--output", "other"])
        .success();
    refused(
        &["facts", "--compact", "facts", "--output", "other"],
        1,
        "not compact",
    );
    compact(&places).success();
    refused(
        &["facts", "--compact", "compact", "--output", "more"],
        1,
        "made from",
    );
    refused(&["report", "--facts", "compact"], 1, "made from");
    refused(&["audit", "--facts", "compact"], 1, "made from");
    refused(&["facts", "made", "--output", "compact"], 1, "compact facts");
    refused(
        &["facts", "--compact", "nowhere", "--output", "more"],
        1,
        "nowhere",
    );
    for other in [
        "made",
        "--sessions",
        "--inventory",
        "--audit",
        "--again",
        "--failed=x",
        "--repos=x",
    ] {
        refused(
            &["facts", "--compact", "facts", "--output", "compact", other],
            2,
            "--compact",
        );
    }
    assert_eq!(bytes(&places.world.path("facts")), before);
}
