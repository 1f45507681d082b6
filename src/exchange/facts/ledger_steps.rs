//! The table of the ledger's history: who changed its notes, when, and which lines.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use super::field::{Taken, id_in, id_lists, same, uneven};
use super::layout::{LEDGER_STEPS, Told};
use crate::facts::ids::ObjectId;
use crate::git::ledger_steps::{LedgerStep, Past};
use crate::git::signing::Signature;
use crate::tables::{Column, Lists, Schema, TableError, TableFile};

const SCHEMA: &str = "message ledger_steps {
    required binary repo (STRING);
    required binary commit;
    required group parents (LIST) { repeated group list { required binary element; } }
    required boolean is_cut_off;
    required boolean is_import;
    required binary committer (STRING);
    required int64 time;
    required binary signature (STRING);
    optional binary signer (STRING);
    required group added (LIST) { repeated group list { required binary element; } }
    required group removed (LIST) { repeated group list { required binary element; } }
}";

/// How many rows are in one batch.
const BATCH: usize = 4 << 10;

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// Writes the table.
pub fn write(folder: &Path, (repo, refs): (&str, &str), steps: &[LedgerStep]) -> Result<u64, TableError> {
    let batches = steps.chunks(BATCH).map(|steps| columns(repo, steps));
    Told::new(LEDGER_STEPS, repo, refs).write(folder, schema(), &[], batches)
}

fn columns(repo: &str, steps: &[LedgerStep]) -> Vec<Column> {
    let all = || steps.iter();
    vec![
        same(repo, steps.len()),
        Column::of(all().map(|step| step.commit.as_bytes().to_vec())),
        id_lists(all().map(|step| &*step.parents)),
        Column::of(all().map(|step| step.past == Past::CutOff)),
        Column::of(all().map(|step| step.is_import)),
        Column::of(all().map(|step| step.committer.clone())),
        Column::of(all().map(|step| step.time)),
        Column::of(all().map(|step| signed(step).0.to_owned())),
        Column::optional(all().map(|step| signed(step).1.map(str::to_owned))),
        line_lists(steps, |step| &step.added),
        line_lists(steps, |step| &step.removed),
    ]
}

/// The state of a signature, and the signer.
fn signed(step: &LedgerStep) -> (&'static str, Option<&str>) {
    match &step.signature {
        Signature::Absent => ("absent", None),
        Signature::Good(signer) => ("good", Some(signer)),
        Signature::Unchecked => ("unchecked", None),
        Signature::Bad => ("bad", None),
    }
}

type Lines = BTreeSet<Vec<u8>>;

fn line_lists(steps: &[LedgerStep], lines: fn(&LedgerStep) -> &Lines) -> Column {
    let lengths = Lists(steps.iter().map(|step| lines(step).len()).collect());
    Column::list(&lengths, steps.iter().flat_map(lines).cloned())
}

/// Reads the table.
pub fn read(folder: &Path, repo: &str, refs: &str) -> Result<Vec<LedgerStep>, TableError> {
    let file = Told::new(LEDGER_STEPS, repo, refs).open(folder, schema())?;
    let mut steps = Vec::new();
    for batch in 0..file.batches() {
        add(&mut steps, &file, file.whole_batch(batch)?)?;
    }
    Ok(steps)
}

fn add(steps: &mut Vec<LedgerStep>, file: &TableFile, columns: Vec<Column>) -> Result<(), TableError> {
    let mut taken = Taken::new(file, columns);
    taken.skip(1)?;
    let commits = taken.ids()?;
    let parents: (Lists, Vec<Vec<u8>>) = taken.lists()?;
    let mut parents = split(parents).into_iter();
    let (cut, imports): (Vec<bool>, Vec<bool>) = (taken.all()?, taken.all()?);
    let committers = taken.texts()?;
    let times: Vec<i64> = taken.all()?;
    let (states, signers) = (taken.texts()?, taken.some_texts()?);
    let (added, removed) = (split(taken.lists()?), split(taken.lists()?));
    let about = cut.into_iter().zip(imports).zip(committers).zip(times);
    let signatures = states.into_iter().zip(signers);
    let lines = added.into_iter().zip(removed);
    let before = steps.len();
    let rows = commits.iter().zip(about).zip(signatures).zip(lines);
    for (((commit, about), (state, signer)), (added, removed)) in rows {
        let (((is_cut_off, is_import), committer), time) = about;
        let ids = parents.next().unwrap_or_default();
        let ids: Result<Vec<ObjectId>, TableError> = ids.iter().map(|id| id_in(file, id)).collect();
        steps.push(LedgerStep {
            commit: *commit,
            parents: ids?,
            past: if is_cut_off { Past::CutOff } else { Past::Here },
            is_import,
            committer,
            time,
            signature: signature(file, &state, signer)?,
            added: line_set(&added),
            removed: line_set(&removed),
        });
    }
    match steps.len() - before == commits.len() {
        true => Ok(()),
        false => Err(uneven(file)),
    }
}

/// The values of each list.
fn split((lists, values): (Lists, Vec<Vec<u8>>)) -> Vec<Vec<Vec<u8>>> {
    let mut values = values.into_iter();
    let take = |length: usize| values.by_ref().take(length).collect();
    lists.0.into_iter().map(take).collect()
}

fn line_set(lines: &[Vec<u8>]) -> Lines {
    lines.iter().cloned().collect()
}

fn signature(file: &TableFile, state: &str, signer: Option<String>) -> Result<Signature, TableError> {
    Ok(match (state, signer) {
        ("absent", None) => Signature::Absent,
        ("good", Some(signer)) => Signature::Good(signer),
        ("unchecked", None) => Signature::Unchecked,
        ("bad", None) => Signature::Bad,
        _ => return Err(file.wrong("the state of a signature is unknown")),
    })
}
