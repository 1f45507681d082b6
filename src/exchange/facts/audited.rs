//! The table of audited commits: where each is, how many of its lines are at HEAD, and what reverted it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use super::field::{MOST_LINES, Taken, id_in, long, same, uneven};
use super::layout::{AUDITED, Told};
use crate::facts::commit::{Commit, Instant};
use crate::facts::ids::ObjectId;
use crate::sources::attested_lines::AttestedCommit;
use crate::sources::reach::Reach;
use crate::tables::{Column, Schema, TableError, TableFile};
use crate::workspace::from_objects::FromObjects;

const SCHEMA: &str = "message audited {
    required binary repo (STRING);
    required binary commit;
    required boolean is_reached;
    required boolean at_head;
    optional int64 lines_standing;
    optional binary reverted_by;
    optional binary twin;
    optional int64 agent_lines;
    optional int64 human_lines;
}";

/// How many rows are in one batch.
const BATCH: usize = 128 << 10;

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// What the table has of a repository.
#[derive(Debug, Default)]
pub struct Audited {
    /// Its commits, and reverts; the rest of it is in another table.
    pub reach: Reach,
    /// The commits that HEAD reaches.
    pub at_head: HashSet<ObjectId>,
    /// The lines at HEAD, of commits that have any.
    pub lines: HashMap<ObjectId, u64>,
    /// What notes of git-ai say, by commit.
    pub attested: Vec<AttestedCommit>,
    /// The first of the commits with the same author's time and title, for all others of them.
    pub twins: HashMap<ObjectId, ObjectId>,
}

/// Writes the table.
pub fn write(
    folder: &Path,
    (repo, refs): (&str, &str),
    objects: &FromObjects,
    commits: &[Commit],
) -> Result<u64, TableError> {
    let ids = ids(objects, commits);
    let twins = twins(commits);
    let attested: HashMap<ObjectId, &AttestedCommit> =
        (objects.attested.iter()).map(|one| (one.commit, one)).collect();
    let lines = |id: &ObjectId| Some(objects.standing.as_ref()?.lines_of(id));
    let raw = |id: Option<&ObjectId>| id.map(|id| id.as_bytes().to_vec());
    let batches = ids.chunks(BATCH).map(|ids| {
        let attested = |of: fn(&AttestedCommit) -> u64| {
            Column::optional(ids.iter().map(|id| attested.get(id).map(|one| long(of(one)))))
        };
        vec![
            same(repo, ids.len()),
            Column::of(ids.iter().map(|id| id.as_bytes().to_vec())),
            Column::of(ids.iter().map(|id| objects.reach.commits.contains(id))),
            Column::of(ids.iter().map(|id| objects.at_head.contains(id))),
            Column::optional(ids.iter().map(|id| lines(id).map(long))),
            Column::optional(ids.iter().map(|id| raw(objects.reach.reverts.get(id)))),
            Column::optional(ids.iter().map(|id| raw(twins.get(id)))),
            attested(|one| one.agent_lines),
            attested(|one| one.human_lines),
        ]
    });
    Told::new(AUDITED, repo, refs).write(folder, schema(), &[], batches)
}

/// All commits of which something is known, sorted.
fn ids(objects: &FromObjects, commits: &[Commit]) -> Vec<ObjectId> {
    let standing = objects.standing.iter().flat_map(|standing| standing.lines.keys());
    let attested = objects.attested.iter().map(|one| &one.commit);
    let ids: BTreeSet<ObjectId> = (objects.reach.commits.iter())
        .chain(&objects.at_head)
        .chain(standing)
        .chain(attested)
        .chain(commits.iter().map(|commit| &commit.id))
        .copied()
        .collect();
    ids.into_iter().collect()
}

/// Of commits with the same author's time and title the first by id, for each of the others. A cherry-pick has both from its
/// original. Titles are in no table.
fn twins(commits: &[Commit]) -> HashMap<ObjectId, ObjectId> {
    let mut first: HashMap<(Instant, &str), ObjectId> = HashMap::new();
    for commit in commits {
        let known = first.entry((commit.author_time, commit.subject.as_str()));
        let known = known.or_insert(commit.id);
        *known = commit.id.min(*known);
    }
    let twin = |commit: &Commit| {
        let first = *first.get(&(commit.author_time, commit.subject.as_str()))?;
        (first != commit.id).then_some((commit.id, first))
    };
    commits.iter().filter_map(twin).collect()
}

/// Reads the table.
pub fn read(folder: &Path, repo: &str, refs: &str) -> Result<Audited, TableError> {
    let file = Told::new(AUDITED, repo, refs).open(folder, schema())?;
    let mut audited = Audited::default();
    for batch in 0..file.batches() {
        audited.add(&file, file.whole_batch(batch)?)?;
    }
    Ok(audited)
}

impl Audited {
    fn add(&mut self, file: &TableFile, columns: Vec<Column>) -> Result<(), TableError> {
        let mut taken = Taken::new(file, columns);
        taken.skip(1)?;
        let ids = taken.ids()?;
        let is_marked = |(id, is_marked): (ObjectId, bool)| is_marked.then_some(id);
        let reached = of_rows(file, &ids, taken.all()?)?;
        self.reach.commits.extend(reached.filter_map(is_marked));
        let at_head = of_rows(file, &ids, taken.all()?)?;
        self.at_head.extend(at_head.filter_map(is_marked));
        let lines: Vec<Option<i64>> = taken.some()?;
        for (id, lines) in of_rows(file, &ids, lines)? {
            let lines = lines.map(|lines| count(file, lines)).transpose()?;
            self.lines
                .extend(lines.filter(|lines| *lines > 0).map(|lines| (id, lines)));
        }
        self.reach.reverts.extend(named(file, &ids, &mut taken)?);
        self.twins.extend(named(file, &ids, &mut taken)?);
        let (agents, people): (Vec<Option<i64>>, Vec<Option<i64>>) = (taken.some()?, taken.some()?);
        let people = of_rows(file, &ids, people)?.map(|(_, lines)| lines);
        for ((commit, agent), human) in of_rows(file, &ids, agents)?.zip(people) {
            if let Some((agent, human)) = agent.zip(human) {
                self.attested.push(AttestedCommit {
                    commit,
                    agent_lines: count(file, agent)?,
                    human_lines: count(file, human)?,
                });
            }
        }
        Ok(())
    }
}

/// A value for each id.
fn of_rows<'i, T: 'i>(
    file: &TableFile,
    ids: &'i [ObjectId],
    values: Vec<T>,
) -> Result<impl Iterator<Item = (ObjectId, T)> + use<'i, T>, TableError> {
    match values.len() == ids.len() {
        true => Ok(ids.iter().copied().zip(values)),
        false => Err(uneven(file)),
    }
}

/// A column with another commit for some.
fn named(
    file: &TableFile,
    ids: &[ObjectId],
    taken: &mut Taken<'_>,
) -> Result<Vec<(ObjectId, ObjectId)>, TableError> {
    let others: Vec<Option<Vec<u8>>> = taken.some()?;
    let others = of_rows(file, ids, others)?;
    others
        .filter_map(|(id, other)| Some((id, other?)))
        .map(|(id, other)| Ok((id, id_in(file, &other)?)))
        .collect()
}

fn count(file: &TableFile, lines: i64) -> Result<u64, TableError> {
    let lines = u64::try_from(lines).ok().filter(|lines| *lines <= MOST_LINES);
    lines.ok_or_else(|| file.wrong("a number of lines is impossible"))
}
