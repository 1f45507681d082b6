//! Compares notes with what `git notes` writes and reads.

use super::*;
use crate::facts::commit::{Instant, Person};
use crate::oracle::Oracle;
use crate::writer::Signing;

const REF: &str = "--ref=leverage";

fn writer() -> Writer {
    Writer {
        person: Person {
            name: "Ada".into(),
            email: "ada@example.org".into(),
        },
        time: Instant {
            seconds: 1_775_034_000,
            offset: 60,
        },
        signing: Signing::Off,
        signing_config: Vec::new(),
    }
}

fn commit(number: usize) -> ObjectId {
    let mut id = [number as u8; 20];
    id[1] = (number >> 8) as u8;
    ObjectId::from(id)
}

fn lines(text: &str) -> NoteLines {
    NoteLines::parse(text.replace(' ', "\n").as_bytes())
}

fn write(oracle: &Oracle, notes: &[(ObjectId, &str)]) -> Result<Written, WriteError> {
    let additions = notes.iter().map(|(on, text)| (*on, lines(text))).collect();
    add(&oracle.open(), &additions, "leverage: test", &writer())
}

/// The notes as this program reads them, one per line.
fn own(oracle: &Oracle) -> Vec<String> {
    let all = read(&oracle.open(), refs::NOTES).unwrap();
    let told = |(on, note): (ObjectId, StoredNote)| match note {
        StoredNote::Lines(lines) => {
            let lines: Vec<_> = lines.iter().map(String::from_utf8_lossy).collect();
            format!("{on} {}", lines.join(" "))
        }
        other => panic!("{other:?}"),
    };
    all.into_iter().map(told).collect()
}

/// The same as git reads them.
fn of_git(oracle: &Oracle) -> Vec<String> {
    let list = oracle.text(&["notes", REF, "list"]);
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let told = |line| {
        let (blob, on): (&str, &str) = str::split_once(line, ' ').unwrap();
        let text = texts.entry(blob);
        let text = text.or_insert_with(|| oracle.text(&["cat-file", "blob", blob]));
        format!("{on} {}", text.replace('\n', " "))
    };
    let mut all: Vec<String> = list.lines().map(told).collect();
    all.sort();
    all
}

fn paths(oracle: &Oracle) -> Vec<String> {
    let list = oracle.text(&["ls-tree", "-r", "--name-only", "refs/notes/leverage"]);
    list.lines().map(str::to_owned).collect()
}

#[test]
fn git_reads_what_is_written_and_lines_are_a_set() {
    let oracle = Oracle::new();
    assert!(matches!(
        write(&oracle, &[(commit(1), "b a"), (commit(2), "c")]),
        Ok(Written::Commit(_))
    ));
    assert!(matches!(
        write(&oracle, &[(commit(1), "d a")]),
        Ok(Written::Commit(_))
    ));
    let expected = [format!("{} a b d", commit(1)), format!("{} c", commit(2))];
    assert_eq!(own(&oracle), expected);
    assert_eq!(of_git(&oracle), expected);
    // Writing what is already there makes no commit.
    let tip = oracle.text(&["rev-parse", "refs/notes/leverage"]);
    assert!(matches!(
        write(&oracle, &[(commit(1), "a d"), (commit(2), "c")]),
        Ok(Written::Nothing)
    ));
    assert_eq!(oracle.text(&["rev-parse", "refs/notes/leverage"]), tip);
    let who = oracle.text(&["log", "-1", "--format=%an %ae %at %s", "refs/notes/leverage"]);
    assert_eq!(who, "Ada ada@example.org 1775034000 leverage: test");
    assert_eq!(oracle.text(&["rev-list", "--count", "refs/notes/leverage"]), "2");
}

#[test]
fn notes_on_names_of_sha_256_are_written_in_packs() {
    let on = |number: usize| {
        let raw = [[number as u8; 16], [(number >> 8) as u8; 16]].concat();
        ObjectId::from_bytes(&raw).unwrap()
    };
    for count in [3, 400] {
        let oracle = Oracle::of("sha256");
        let texts: Vec<String> = (0..count).map(|number| format!("line {number}")).collect();
        let notes: Vec<(ObjectId, &str)> = (0..count).map(|number| (on(number), &*texts[number])).collect();
        assert!(matches!(write(&oracle, &notes), Ok(Written::Commit(_))));
        let packs = std::fs::read_dir(oracle.path().join(".git/objects/pack")).unwrap();
        assert!(packs.count() > 0, "{count}");
        oracle.git(&["fsck", "--strict"], b"");
        let read = own(&oracle);
        assert_eq!((read.len(), &read), (count, &of_git(&oracle)), "{count}");
        oracle.git(&["gc", "--quiet", "--prune=now"], b"");
        assert_eq!(own(&oracle), read, "{count}");
    }
}

#[test]
fn notes_that_git_cut_into_folders_and_left_flat_are_read_and_written_in_one_form() {
    // Git leaves few notes flat, and splits many into directories.
    for count in [3, 700] {
        let oracle = Oracle::new();
        let blob = String::from_utf8(oracle.git(&["hash-object", "-w", "--stdin"], b"x\n")).unwrap();
        let stream: String = (0..count)
            .map(|number| format!("{} {}\n", commit(number), blob.trim()))
            .collect();
        let tree: String = stream
            .lines()
            .map(|line| {
                let (on, blob) = line.split_once(' ').unwrap();
                format!("100644 blob {blob}\t{on}\n")
            })
            .collect();
        let flat = oracle.git(&["mktree"], tree.as_bytes());
        let flat = String::from_utf8(flat).unwrap();
        let made = oracle.text(&["commit-tree", "-m", "flat", flat.trim()]);
        oracle.git(&["update-ref", "refs/notes/leverage", &made], b"");
        assert_eq!(own(&oracle).len(), count);
        // Any change by git converts the tree to the form it prefers.
        oracle.git(&["commit", "--quiet", "--allow-empty", "-m", "x"], b"");
        oracle.git(&["notes", REF, "add", "-f", "-m", "y", "HEAD"], b"");
        let before = of_git(&oracle);
        assert!(own(&oracle) == before, "{count}");
        assert!(matches!(
            write(&oracle, &[(commit(1), "z")]),
            Ok(Written::Commit(_))
        ));
        let mut expected = before;
        for note in expected
            .iter_mut()
            .filter(|note| note.starts_with(&commit(1).to_string()))
        {
            note.push_str(" z");
        }
        assert!(of_git(&oracle) == expected, "{count}");
        assert!(
            paths(&oracle)
                .iter()
                .all(|path| path.len() == 41 && &path[2..3] == "/")
        );
    }
}

#[test]
fn a_note_that_lies_flat_and_in_folders_becomes_one_with_all_lines() {
    let oracle = Oracle::new();
    let blob = |text: &[u8]| String::from_utf8(oracle.git(&["hash-object", "-w", "--stdin"], text)).unwrap();
    let (one, two) = (blob(b"a\nb\n"), blob(b"b\nc\n"));
    let id = commit(1).to_string();
    let folder = format!("100644 blob {}\t{}\n", two.trim(), &id[2..]);
    let folder = String::from_utf8(oracle.git(&["mktree"], folder.as_bytes())).unwrap();
    let tree = format!(
        "040000 tree {}\t{}\n100644 blob {}\t{id}\n100644 blob {}\tREADME\n",
        folder.trim(),
        &id[..2],
        one.trim(),
        one.trim()
    );
    let tree = String::from_utf8(oracle.git(&["mktree"], tree.as_bytes())).unwrap();
    let made = oracle.text(&["commit-tree", "-m", "both", tree.trim()]);
    oracle.git(&["update-ref", "refs/notes/leverage", &made], b"");
    assert_eq!(own(&oracle).len(), 2);
    assert!(matches!(
        write(&oracle, &[(commit(2), "d")]),
        Ok(Written::Commit(_))
    ));
    assert_eq!(own(&oracle), [format!("{id} a b c"), format!("{} d", commit(2))]);
    // Entries that are not notes stay.
    assert!(paths(&oracle).contains(&"README".to_owned()));
}

#[test]
fn what_another_program_overwrote_comes_back_with_the_next_write() {
    let oracle = Oracle::new();
    oracle.git(&["commit", "--quiet", "--allow-empty", "-m", "x"], b"");
    let head: ObjectId = oracle.text(&["rev-parse", "HEAD"]).parse().unwrap();
    write(&oracle, &[(head, "a"), (commit(1), "b")]).unwrap();
    assert!(!was_moved(&oracle.open()));
    oracle.git(&["notes", REF, "add", "-f", "-m", "theirs", "HEAD"], b"");
    assert!(was_moved(&oracle.open()));
    write(&oracle, &[]).unwrap();
    let mut expected = [format!("{head} a theirs"), format!("{} b", commit(1))];
    expected.sort();
    assert_eq!(of_git(&oracle), expected);
    assert!(!was_moved(&oracle.open()));
}

#[test]
fn a_ledger_that_was_set_back_is_joined_with_what_stands_now() {
    let oracle = Oracle::new();
    write(&oracle, &[(commit(1), "a")]).unwrap();
    let first = oracle.text(&["rev-parse", "refs/notes/leverage"]);
    write(&oracle, &[(commit(2), "b")]).unwrap();
    let second = oracle.text(&["rev-parse", "refs/notes/leverage"]);
    oracle.git(&["update-ref", "refs/notes/leverage", &first], b"");
    assert!(is_ahead(&oracle.open(), refs::PIN));
    write(&oracle, &[(commit(3), "c")]).unwrap();
    let all = [(1, "a"), (2, "b"), (3, "c")].map(|(on, text)| format!("{} {text}", commit(on)));
    assert_eq!(of_git(&oracle), all);
    let parents = oracle.text(&["log", "-1", "--format=%P", "refs/notes/leverage"]);
    assert_eq!(parents, format!("{first} {second}"));
    // A removed ledger is restored completely.
    oracle.git(&["update-ref", "-d", "refs/notes/leverage"], b"");
    write(&oracle, &[]).unwrap();
    assert_eq!(of_git(&oracle), all);
}

#[test]
fn a_note_that_would_be_too_large_to_read_is_not_written() {
    let oracle = Oracle::new();
    let long = "x".repeat(NOTE_CAP - 1);
    write(&oracle, &[(commit(1), &long)]).unwrap();
    let before = own(&oracle);
    let more = write(&oracle, &[(commit(1), "y"), (commit(2), "z")]);
    assert!(matches!(more, Err(WriteError::NoteFull { commit: on, .. }) if on == commit(1)));
    assert_eq!(own(&oracle), before);
}

#[test]
fn more_notes_than_are_written_loose_come_in_one_pack() {
    let oracle = Oracle::new();
    const MANY: usize = 200;
    let texts: Vec<String> = (0..MANY).map(|number| number.to_string()).collect();
    let notes: Vec<(ObjectId, &str)> = (0..MANY)
        .map(|number| (commit(number), texts[number].as_str()))
        .collect();
    write(&oracle, &notes).unwrap();
    assert_eq!(of_git(&oracle), own(&oracle));
    assert_eq!(own(&oracle).len(), MANY);
    let count = oracle.text(&["count-objects", "-v"]);
    assert!(
        count.contains("\npacks: 1\n") && count.starts_with("count: 0\n"),
        "{count}"
    );
    oracle.git(&["fsck", "--strict"], b"");
}

#[test]
fn a_ledger_that_cannot_be_read_is_not_written_over() {
    let oracle = Oracle::new();
    write(&oracle, &[(commit(1), "a")]).unwrap();
    let tree = oracle.text(&["rev-parse", "refs/notes/leverage^{tree}"]);
    let objects = oracle.path().join(".git/objects");
    let entries = std::fs::read_dir(objects.join("pack")).unwrap();
    let mut packs = entries.map(|entry| entry.unwrap().path());
    let pack = packs
        .find(|path| path.extension().is_some_and(|kind| kind == "pack"))
        .unwrap();
    let packed = std::fs::read(&pack).unwrap();
    std::fs::remove_dir_all(objects.join("pack")).unwrap();
    oracle.git(&["unpack-objects", "-q"], &packed);
    std::fs::remove_file(objects.join(&tree[..2]).join(&tree[2..])).unwrap();
    let tip = oracle.text(&["rev-parse", "refs/notes/leverage"]);
    assert!(matches!(
        write(&oracle, &[(commit(2), "b")]),
        Err(WriteError::Unreadable { .. })
    ));
    assert_eq!(oracle.text(&["rev-parse", "refs/notes/leverage"]), tip);
    assert!(read(&oracle.open(), refs::NOTES).is_err());
}

/// A repository with notes: each with a target and its content.
fn with_notes(notes: &[(Oid, &str)]) -> (tempfile::TempDir, Repo) {
    let folder = tempfile::tempdir().unwrap();
    let raw = git2::Repository::init(folder.path()).unwrap();
    let mut tree = raw.treebuilder(None).unwrap();
    for (target, text) in notes {
        let blob = raw.blob(text.as_bytes()).unwrap();
        tree.insert(target.to_string(), blob, FILE).unwrap();
    }
    let tree = raw.find_tree(tree.write().unwrap()).unwrap();
    let author = git2::Signature::new("Ada", "ada@example.org", &git2::Time::new(0, 0)).unwrap();
    raw.commit(Some(refs::NOTES), &author, &author, "Notes", &tree, &[])
        .unwrap();
    let repo = Repo::open(folder.path()).unwrap();
    (folder, repo)
}

fn target(number: usize) -> Oid {
    Oid::hash_object(ObjectType::Blob, number.to_string().as_bytes()).unwrap()
}

#[test]
fn a_note_on_many_commits_is_read_once_and_held_for_each() {
    let notes: Vec<(Oid, &str)> = (0..9).map(|at| (target(at), "0123456789\n")).collect();
    let (_folder, repo) = with_notes(&notes);
    let blobs: Vec<Oid> = blobs(&repo, refs::NOTES)
        .unwrap()
        .into_values()
        .flatten()
        .collect();
    assert_eq!(blobs.len(), 9);
    let read_within = |to_read, to_hold| {
        let mut reader = NoteReader::new(&repo, 0).unwrap();
        (reader.to_read, reader.to_hold) = (to_read, to_hold);
        reader.named.insert(blobs[0], blobs.len());
        blobs
            .iter()
            .map(|blob| reader.note(*blob))
            .collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(read_within(11, 99).unwrap().len(), 9);
    assert!(read_within(11, 98).is_err());
    assert!(read_within(10, 99).is_err());
    assert_eq!(read(&repo, refs::NOTES).unwrap().len(), 9);
}

#[test]
fn notes_of_others_are_visited_once_with_all_their_commits() {
    let (_folder, repo) = with_notes(&[(target(0), "a"), (target(1), "b"), (target(2), "a")]);
    let mut seen = Vec::new();
    let unread = visit_foreign(&repo, refs::NOTES, |commits, content| {
        seen.push((content.to_vec(), commits.len()));
    });
    seen.sort();
    assert_eq!(
        (unread, seen),
        (Ok(0), vec![(b"a".to_vec(), 2), (b"b".to_vec(), 1)])
    );
}
