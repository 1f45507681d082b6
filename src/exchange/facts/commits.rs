//! The table of commits, sorted by the author's time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::LazyLock;

use super::field::{LONGEST_TEXT, MOST_LINES, Taken, id_in, long, same, uneven};
use super::layout::{COMMITS, Told};
use super::trouble::Trouble;
use crate::facts::commit::{Commit, Instant, LineCounts, Person};
use crate::facts::commits::{CommitColumns, Commits, Distant, Layer, LineColumns, Load, SomeLines, Wanted};
use crate::facts::evidence::Evidence;
use crate::facts::files::FileClass;
use crate::facts::ids::ObjectId;
use crate::facts::sign::Sign;
use crate::tables::{Column, Dictionary, Lists, Schema, TableError, TableFile, paired};

const SCHEMA: &str = "message commits {
    required binary repo (STRING);
    required binary commit;
    required int32 parents;
    required group parent_rows (LIST) { repeated group list { required int32 element; } }
    required group other_parents (LIST) { repeated group list { required binary element; } }
    required binary author_name (STRING);
    required binary author_email (STRING);
    required int64 author_time;
    required int32 author_offset;
    required int64 commit_time;
    required int32 commit_offset;
    optional int64 files_changed;
    optional int64 lines_added;
    optional int64 lines_removed;
    optional int64 source_files;
    optional int64 source_added;
    optional int64 source_removed;
    optional int64 test_files;
    optional int64 test_added;
    optional int64 test_removed;
    required group other_classes (LIST) { repeated group list { required group element {
        required binary class (STRING);
        required int64 files;
        required int64 added;
        required int64 removed;
    } } }
    required group evidence (LIST) { repeated group list { required group element {
        required binary rule (STRING);
        optional binary agent (STRING);
        optional binary model (STRING);
        optional int64 lines;
    } } }
}";

/// What a file says about the parents in it.
const REGROWN_PROPERTY: &str = "git-leverage.is_regrown";
/// How many rows are in one batch: with fewer, a reader of a few days skips more and reads worse.
const BATCH: usize = 128 << 10;
/// The positions of some columns.
const ID: usize = 1;
const PARENTS: usize = 2;
const OTHER_PARENTS: usize = 4;
/// Those of the author's name, e-mail address, time and offset.
const AUTHORED: [usize; 4] = [5, 6, 7, 8];
/// What stands for a parent that is not in the file.
const ELSEWHERE: i32 = -1;

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// Writes the commits of a repository, whose origins contain all evidence but that of sessions. Returns the size in bytes.
pub fn write(
    folder: &Path,
    (repo, refs): (&str, &str),
    commits: &[Commit],
    is_regrown: bool,
) -> Result<u64, TableError> {
    let mut sorted: Vec<&Commit> = commits.iter().collect();
    sorted.sort_by_key(|commit| (commit.author_time.seconds, commit.id));
    let places: HashMap<ObjectId, i32> = sorted
        .iter()
        .zip(0..)
        .map(|(commit, place)| (commit.id, place))
        .collect();
    let batches = sorted.chunks(BATCH).map(|some| columns(repo, some, &places));
    let more = [(REGROWN_PROPERTY, if is_regrown { "true" } else { "false" })];
    Told::new(COMMITS, repo, refs).write(folder, schema(), &more, batches)
}

fn columns(repo: &str, commits: &[&Commit], places: &HashMap<ObjectId, i32>) -> Vec<Column> {
    let place = |parent: &ObjectId| places.get(parent).copied().unwrap_or(ELSEWHERE);
    let all = || commits.iter().copied();
    let parents = Lists(all().map(|commit| commit.parents.len()).collect());
    let elsewhere = |commit: &'_ Commit| -> Vec<ObjectId> {
        let parents = commit.parents.iter();
        parents
            .copied()
            .filter(|parent| !places.contains_key(parent))
            .collect()
    };
    let others: Vec<Vec<ObjectId>> = all().map(elsewhere).collect();
    let other_lengths = Lists(others.iter().map(Vec::len).collect());
    let mut columns = vec![
        same(repo, commits.len()),
        Column::of(all().map(|commit| commit.id.as_bytes().to_vec())),
        Column::of(all().map(|commit| i32::try_from(commit.parents.len()).unwrap_or(i32::MAX))),
        Column::list(&parents, all().flat_map(|commit| &commit.parents).map(place)),
        Column::list(
            &other_lengths,
            others.iter().flatten().map(|id| id.as_bytes().to_vec()),
        ),
        Column::of(all().map(|commit| commit.author.name.clone())),
        Column::of(all().map(|commit| commit.author.email.clone())),
        Column::of(all().map(|commit| commit.author_time.seconds)),
        Column::of(all().map(|commit| i32::from(commit.author_time.offset))),
        Column::of(all().map(|commit| commit.commit_time.seconds)),
        Column::of(all().map(|commit| i32::from(commit.commit_time.offset))),
    ];
    let of_class = |class: FileClass| move |commit: &Commit| class_of(commit, class);
    columns.extend(lines(commits, |commit| commit.lines));
    columns.extend(lines(commits, of_class(FileClass::Source)));
    columns.extend(lines(commits, of_class(FileClass::Test)));
    columns.extend(other_classes(commits));
    columns.extend(evidence(commits));
    columns
}

fn class_of(commit: &Commit, class: FileClass) -> Option<LineCounts> {
    let of_class = commit.by_class.iter().find(|(known, _)| *known == class);
    of_class.map(|(_, counts)| *counts)
}

fn lines(commits: &[&Commit], counts: impl Fn(&Commit) -> Option<LineCounts>) -> [Column; 3] {
    let column = |one: fn(&LineCounts) -> u64| {
        let of = |commit: &&Commit| counts(commit).map(|counts| long(one(&counts)));
        Column::optional(commits.iter().map(of))
    };
    [
        column(|counts| counts.files),
        column(|counts| counts.added),
        column(|counts| counts.removed),
    ]
}

fn has_own_columns(class: FileClass) -> bool {
    matches!(class, FileClass::Source | FileClass::Test)
}

fn other_classes(commits: &[&Commit]) -> [Column; 4] {
    let of = |commit: &&Commit| -> Vec<(FileClass, LineCounts)> {
        let classes = commit.by_class.iter().copied();
        classes.filter(|(class, _)| !has_own_columns(*class)).collect()
    };
    let others: Vec<Vec<(FileClass, LineCounts)>> = commits.iter().map(of).collect();
    let lengths = Lists(others.iter().map(Vec::len).collect());
    let all = || others.iter().flatten();
    [
        Column::list(&lengths, all().map(|(class, _)| name_of(*class))),
        Column::list(&lengths, all().map(|(_, counts)| long(counts.files))),
        Column::list(&lengths, all().map(|(_, counts)| long(counts.added))),
        Column::list(&lengths, all().map(|(_, counts)| long(counts.removed))),
    ]
}

/// The name of a class in JSON.
fn name_of(class: FileClass) -> String {
    match serde_json::to_value(class) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn evidence(commits: &[&Commit]) -> [Column; 4] {
    let lengths = Lists(
        commits
            .iter()
            .map(|commit| commit.origin.evidence().len())
            .collect(),
    );
    let all = || commits.iter().flat_map(|commit| commit.origin.evidence());
    [
        Column::list(&lengths, all().map(|sign| sign.rule.to_string())),
        Column::optional_list(&lengths, all().map(|sign| sign.agent.clone())),
        Column::optional_list(&lengths, all().map(|sign| sign.model.clone())),
        Column::optional_list(&lengths, all().map(|sign| sign.lines.map(long))),
    ]
}

/// The commits of a repository: in memory, or loaded whenever they are looked at.
pub fn read(
    folder: &Path,
    (repo, refs): (&str, &str),
    keep: bool,
    trouble: &Arc<Trouble>,
) -> Result<Commits, TableError> {
    let stored = StoredCommits {
        rows: 0,
        folder: folder.to_owned(),
        repo: repo.to_owned(),
        refs: refs.to_owned(),
        trouble: Arc::clone(trouble),
    };
    let file = stored.open()?;
    let stored = StoredCommits {
        rows: file.rows(),
        ..stored
    };
    match keep {
        true => Ok(Commits::of_layers(vec![stored.load(&file)?])),
        false => Ok(Commits::of_distant(Distant::new(Arc::new(stored)))),
    }
}

/// Commits in a file.
#[derive(Debug)]
struct StoredCommits {
    rows: usize,
    folder: PathBuf,
    repo: String,
    refs: String,
    trouble: Arc<Trouble>,
}

impl Load for StoredCommits {
    fn len(&self) -> usize {
        self.rows
    }

    fn layer(&self) -> Layer {
        let layer = self.open().and_then(|file| self.load(&file));
        layer.unwrap_or_else(|error| {
            self.trouble.met(error);
            empty()
        })
    }

    fn ids(&self) -> Vec<ObjectId> {
        let ids = self.open().and_then(|file| {
            let mut ids = Vec::new();
            for batch in 0..file.batches() {
                ids.extend(Taken::new(&file, file.batch(batch, &[ID])?).ids()?);
            }
            Ok(ids)
        });
        self.or_none(ids)
    }

    fn found(&self, wanted: &Wanted) -> Vec<ObjectId> {
        self.or_none(self.find(wanted))
    }

    fn ends(&self) -> Vec<ObjectId> {
        self.or_none(self.find_ends())
    }

    fn authored(&self, wanted: &Wanted) -> Vec<(ObjectId, Person, Instant)> {
        self.or_none(self.find_authored(wanted))
    }
}

impl StoredCommits {
    /// The result of a look at the file, or none, with the reason kept.
    fn or_none<T: Default>(&self, looked: Result<T, TableError>) -> T {
        looked.unwrap_or_else(|error| {
            self.trouble.met(error);
            T::default()
        })
    }

    fn find(&self, wanted: &Wanted) -> Result<Vec<ObjectId>, TableError> {
        let file = self.open()?;
        let mut found = Vec::new();
        for batch in 0..file.batches() {
            let (known, codes) = Taken::new(&file, file.batch(batch, &[ID])?).coded()?;
            let ids = codes.iter().map(|code| known.get(*code));
            for id in ids.filter(|id| wanted.has(id)) {
                found.push(id_in(&file, id)?);
            }
        }
        Ok(found)
    }

    fn find_ends(&self) -> Result<Vec<ObjectId>, TableError> {
        let file = self.open()?;
        let is_regrown = file.property(REGROWN_PROPERTY) == Some("true");
        let mut ends = Vec::new();
        for batch in 0..file.batches() {
            let mut taken = Taken::new(&file, file.batch(batch, &[ID, PARENTS, OTHER_PARENTS])?);
            let (ids, codes) = taken.coded()?;
            let parents: Vec<i32> = taken.all()?;
            let (_, others, _) = taken.coded_lists()?;
            for ((id, parents), others) in codes.into_iter().zip(parents).zip(others.0) {
                if is_regrown || parents == 0 || others > 0 {
                    ends.push(id_in(&file, ids.get(id))?);
                }
            }
        }
        Ok(ends)
    }

    fn find_authored(&self, wanted: &Wanted) -> Result<Vec<(ObjectId, Person, Instant)>, TableError> {
        let file = self.open()?;
        let mut found = Vec::new();
        for batch in 0..file.batches() {
            let mut taken = Taken::new(&file, file.batch(batch, &[ID])?);
            let (known, codes) = taken.coded()?;
            let rows = codes.iter().map(|code| known.get(*code)).enumerate();
            let rows: Vec<(usize, &[u8])> = rows.filter(|(_, id)| wanted.has(id)).collect();
            if rows.is_empty() {
                continue;
            }
            let authored = Authored::in_batch(&file, batch)?;
            for (row, id) in rows {
                let (author, time) = authored.of(&file, row)?;
                found.push((id_in(&file, id)?, author, time));
            }
        }
        Ok(found)
    }
}

/// The authors and the author's times of a batch of rows.
struct Authored {
    names: (Dictionary, Vec<u32>),
    emails: (Dictionary, Vec<u32>),
    seconds: Vec<i64>,
    offsets: Vec<i32>,
}

impl Authored {
    fn in_batch(file: &TableFile, batch: usize) -> Result<Self, TableError> {
        let mut taken = Taken::new(file, file.batch(batch, &AUTHORED)?);
        Ok(Self {
            names: taken.coded()?,
            emails: taken.coded()?,
            seconds: taken.all()?,
            offsets: taken.all()?,
        })
    }

    fn of(&self, file: &TableFile, row: usize) -> Result<(Person, Instant), TableError> {
        let text = |(known, codes): &(Dictionary, Vec<u32>)| {
            let code = codes.get(row).ok_or_else(|| uneven(file))?;
            text(file, known.get(*code))
        };
        let time = self.seconds.get(row).zip(self.offsets.get(row));
        let (seconds, offset) = time.ok_or_else(|| uneven(file))?;
        let person = Person {
            name: text(&self.names)?,
            email: text(&self.emails)?,
        };
        let time = Instant {
            seconds: *seconds,
            offset: i16::try_from(*offset).unwrap_or_default(),
        };
        Ok((person, time))
    }
}

fn empty() -> Layer {
    let columns = CommitColumns {
        id_width: 20,
        ..CommitColumns::default()
    };
    columns
        .layer()
        .unwrap_or_else(|| unreachable!("no commits fit together"))
}

impl StoredCommits {
    fn open(&self) -> Result<TableFile, TableError> {
        let file = Told::new(COMMITS, &self.repo, &self.refs).open(&self.folder, schema())?;
        match self.rows {
            0 => Ok(file),
            rows if rows == file.rows() => Ok(file),
            _ => Err(file.wrong("it changed while it was read")),
        }
    }

    fn load(&self, file: &TableFile) -> Result<Layer, TableError> {
        if file.rows() == 0 {
            return Ok(empty());
        }
        let mut gathered = Gathered::default();
        for batch in 0..file.batches() {
            gathered.add(file, file.whole_batch(batch)?)?;
        }
        gathered.columns.is_regrown = file.property(REGROWN_PROPERTY) == Some("true");
        let layer = gathered.columns.layer();
        layer.ok_or_else(|| file.wrong("its columns do not fit together"))
    }
}

/// The columns of all batches so far.
#[derive(Default)]
struct Gathered {
    columns: CommitColumns,
    people: HashMap<Person, u32>,
    sets: HashMap<Vec<Evidence>, u32>,
}

/// One sign of a batch, with texts by their positions.
type RawSign = (u32, Option<u32>, Option<u32>, Option<i64>);

impl Gathered {
    fn add(&mut self, file: &TableFile, columns: Vec<Column>) -> Result<(), TableError> {
        let mut taken = Taken::new(file, columns);
        taken.skip(1)?;
        let rows = self.add_ancestry(file, &mut taken)?;
        self.add_people_and_times(file, &mut taken)?;
        self.add_lines(file, &mut taken)?;
        self.add_evidence(file, &mut taken)?;
        let fits = self.columns.authors.len() == rows && self.columns.evidence.len() == rows;
        fits.then_some(()).ok_or_else(|| uneven(file))
    }

    /// Returns how many rows there are so far.
    fn add_ancestry(&mut self, file: &TableFile, taken: &mut Taken<'_>) -> Result<usize, TableError> {
        let (ids, codes) = taken.coded()?;
        let own = &mut self.columns;
        let width = ids.length();
        if own.id_width == 0 {
            own.id_width = width.unwrap_or(20);
        }
        if width.is_none_or(|width| width != own.id_width) && !codes.is_empty() {
            return Err(file.wrong("its ids have different lengths"));
        }
        own.ids.extend(ids.joined(&codes));
        taken.skip(1)?;
        let (lengths, rows): (Lists, Vec<i32>) = taken.lists()?;
        let (known, _, others) = taken.coded_lists()?;
        own.foreign_ids.extend(known.joined(&others));
        own.parent_counts.extend(lengths.0);
        own.parents.extend(rows);
        Ok(own.parent_counts.len())
    }

    fn add_people_and_times(&mut self, file: &TableFile, taken: &mut Taken<'_>) -> Result<(), TableError> {
        let (names, of_names) = taken.coded()?;
        let (emails, of_emails) = taken.coded()?;
        // An address belongs to one person, more than a name does.
        let (authors, pairs) = paired(&of_emails, &of_names);
        let mut numbers = Vec::with_capacity(pairs.len());
        for (email, name) in pairs {
            numbers.push(self.person(Person {
                name: text(file, names.get(name))?,
                email: text(file, emails.get(email))?,
            }));
        }
        let numbers = authors.iter().filter_map(|author| numbers.get(*author as usize));
        self.columns.authors.extend(numbers);
        for times in [&mut self.columns.author_times, &mut self.columns.commit_times] {
            times.0.append(&mut taken.all()?);
            times.1.append(&mut taken.all()?);
        }
        Ok(())
    }

    fn person(&mut self, person: Person) -> u32 {
        let next = self.columns.people.len() as u32;
        *self.people.entry(person).or_insert_with_key(|person| {
            self.columns.people.push(person.clone());
            next
        })
    }

    fn add_lines(&mut self, file: &TableFile, taken: &mut Taken<'_>) -> Result<(), TableError> {
        let own = &mut self.columns;
        for lines in [&mut own.lines, &mut own.source, &mut own.tests] {
            lines.append(some_lines(file, taken)?);
        }
        let (names, lengths, codes) = taken.coded_lists()?;
        let known: Result<Vec<FileClass>, TableError> =
            names.iter().map(|name| class_in(file, name)).collect();
        let known = known?;
        let classes = codes.iter().filter_map(|code| known.get(*code as usize)).copied();
        own.others.extend(classes);
        let mut each = || -> Result<Vec<i64>, TableError> { Ok(taken.lists()?.1) };
        let lines = [each()?, each()?, each()?];
        own.other_lines.append(checked(file, lines)?);
        own.other_counts.extend(lengths.0);
        Ok(())
    }

    fn add_evidence(&mut self, file: &TableFile, taken: &mut Taken<'_>) -> Result<(), TableError> {
        let (rules, lengths, of_rules) = taken.coded_lists()?;
        let (agents, of_agents) = taken.some_coded_lists()?;
        let (models, of_models) = taken.some_coded_lists()?;
        let (_, lines): (Lists, Vec<Option<i64>>) = taken.some_lists()?;
        let signs = of_rules.into_iter().zip(of_agents).zip(of_models).zip(lines);
        let signs = signs.map(|(((rule, agent), model), lines)| (rule, agent, model, lines));
        let signs: Vec<RawSign> = signs.collect();
        let texts = [&rules, &agents, &models];
        let mut known: HashMap<&[RawSign], u32> = HashMap::new();
        // The next commit most often has the same.
        let mut last: Option<(&[RawSign], u32)> = None;
        let mut rest = &*signs;
        for length in lengths.0 {
            let (set, after) = rest.split_at_checked(length).ok_or_else(|| uneven(file))?;
            rest = after;
            let number = match last.filter(|(last, _)| *last == set) {
                Some((_, number)) => Some(number),
                None => known.get(set).copied(),
            };
            let number = match number {
                Some(number) => number,
                None => {
                    let signs = set.iter().map(|sign| sign_of(file, texts, *sign));
                    let number = self.set(signs.collect::<Result<_, _>>()?);
                    known.insert(set, number);
                    number
                }
            };
            last = Some((set, number));
            self.columns.evidence.push(number);
        }
        Ok(())
    }

    fn set(&mut self, set: Vec<Evidence>) -> u32 {
        let next = self.columns.evidence_sets.len() as u32;
        *self.sets.entry(set).or_insert_with_key(|set| {
            self.columns.evidence_sets.push(set.clone());
            next
        })
    }
}

fn class_in(file: &TableFile, name: &[u8]) -> Result<FileClass, TableError> {
    let class = serde_json::from_value(serde_json::Value::String(text(file, name)?));
    class.map_err(|_| file.wrong("a class of files is unknown"))
}

fn sign_of(
    file: &TableFile,
    [rules, agents, models]: [&Dictionary; 3],
    (rule, agent, model, lines): RawSign,
) -> Result<Evidence, TableError> {
    let some =
        |known: &Dictionary, code: Option<u32>| code.map(|code| text(file, known.get(code))).transpose();
    let rule: Result<Sign, _> = text(file, rules.get(rule))?.parse();
    let lines =
        lines.map(|lines| u64::try_from(lines).map_err(|_| file.wrong("a number of lines is negative")));
    Ok(Evidence {
        rule: rule.map_err(|_| file.wrong("a rule of evidence is unknown"))?,
        agent: some(agents, agent)?,
        model: some(models, model)?,
        lines: lines.transpose()?,
    })
}

fn text(file: &TableFile, bytes: &[u8]) -> Result<String, TableError> {
    if bytes.len() > LONGEST_TEXT {
        return Err(file.wrong("a text in it is too long"));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| file.wrong("a text in it is not UTF-8"))
}

/// Numbers of lines in three columns, if all are possible.
fn checked(file: &TableFile, lines: [Vec<i64>; 3]) -> Result<LineColumns, TableError> {
    LineColumns::new(lines, MOST_LINES).ok_or_else(|| file.wrong("a number of lines or files is impossible"))
}

/// Numbers of lines in three columns, for some commits.
fn some_lines(file: &TableFile, taken: &mut Taken<'_>) -> Result<SomeLines, TableError> {
    let [files, added, removed] = [taken.present()?, taken.present()?, taken.present()?];
    let partly = || file.wrong("only some numbers of lines are known");
    if files.0 != added.0 || files.0 != removed.0 {
        return Err(partly());
    }
    let lines = checked(file, [files.1, added.1, removed.1])?;
    SomeLines::new(files.0, lines).ok_or_else(partly)
}
