//! Tables that were written, as they are, cut and forged.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Column, Lists, Schema, TableFile, joined, write, write_up_to};

const SCHEMA: &str = "message things {
    required binary name (STRING);
    required binary id;
    optional int64 count;
    required int32 number;
    required boolean is_new;
    required double part;
    required group names (LIST) { repeated group list { required binary element (STRING); } }
    required group signs (LIST) { repeated group list { required group element {
        required binary rule (STRING);
        optional binary agent (STRING);
        optional int64 lines;
    } } }
}";

/// One row.
#[derive(Debug, Clone, PartialEq)]
struct Thing {
    name: String,
    id: Vec<u8>,
    count: Option<i64>,
    number: i32,
    is_new: bool,
    part: f64,
    names: Vec<String>,
    signs: Vec<(String, Option<String>, Option<i64>)>,
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    // Few different texts, so that there are runs.
    let text = || prop_oneof![Just(String::new()), "[a-c]{1,2}", "\\PC{0,12}"];
    let sign = (text(), prop::option::of(text()), prop::option::of(any::<i64>()));
    let thing = (
        (
            text(),
            any::<[u8; 20]>(),
            prop::option::of(-3_i64..3),
            any::<i32>(),
        ),
        (any::<bool>(), -1e9..1e9),
        (
            prop::collection::vec(text(), 0..4),
            prop::collection::vec(sign, 0..3),
        ),
    );
    let thing = thing.prop_map(
        |((name, id, count, number), (is_new, part), (names, signs))| Thing {
            name,
            id: id.to_vec(),
            count,
            number,
            is_new,
            part,
            names,
            signs,
        },
    );
    prop::collection::vec(thing, 0..60)
}

fn columns(things: &[Thing]) -> Vec<Column> {
    let all = || things.iter().cloned();
    let names = Lists(all().map(|thing| thing.names.len()).collect());
    let signs = Lists(all().map(|thing| thing.signs.len()).collect());
    vec![
        Column::of(all().map(|thing| thing.name)),
        Column::of(all().map(|thing| thing.id)),
        Column::optional(all().map(|thing| thing.count)),
        Column::of(all().map(|thing| thing.number)),
        Column::of(all().map(|thing| thing.is_new)),
        Column::of(all().map(|thing| thing.part)),
        Column::list(&names, all().flat_map(|thing| thing.names)),
        Column::list(&signs, all().flat_map(|thing| thing.signs).map(|(rule, ..)| rule)),
        Column::optional_list(
            &signs,
            all().flat_map(|thing| thing.signs).map(|(_, agent, _)| agent),
        ),
        Column::optional_list(
            &signs,
            all().flat_map(|thing| thing.signs).map(|(.., lines)| lines),
        ),
    ]
}

/// The rows of a batch; `None` if its columns have other types or numbers of rows.
fn rows(columns: Vec<Column>) -> Option<Vec<Thing>> {
    let mut columns = columns.into_iter();
    let names: Vec<String> = columns.next()?.all()?;
    let ids: Vec<Vec<u8>> = columns.next()?.all()?;
    let counts: Vec<Option<i64>> = columns.next()?.some()?;
    let numbers: Vec<i32> = columns.next()?.all()?;
    let news: Vec<bool> = columns.next()?.all()?;
    let parts: Vec<f64> = columns.next()?.all()?;
    let (name_lists, list_names): (Lists, Vec<String>) = columns.next()?.elements()?;
    let (sign_lists, rules): (Lists, Vec<String>) = columns.next()?.elements()?;
    let (_, agents): (Lists, Vec<Option<String>>) = columns.next()?.some_elements()?;
    let (_, lines): (Lists, Vec<Option<i64>>) = columns.next()?.some_elements()?;
    let mut list_names = list_names.into_iter();
    let mut signs = rules.into_iter().zip(agents).zip(lines);
    let each = names
        .into_iter()
        .zip(ids)
        .zip(counts)
        .zip(numbers)
        .zip(news)
        .zip(parts);
    let each = each.zip(name_lists.0.into_iter().zip(sign_lists.0));
    let rows = each.map(
        |((((((name, id), count), number), is_new), part), (names, own))| Thing {
            name,
            id,
            count,
            number,
            is_new,
            part,
            names: list_names.by_ref().take(names).collect(),
            signs: signs
                .by_ref()
                .take(own)
                .map(|((rule, agent), lines)| (rule, agent, lines))
                .collect(),
        },
    );
    Some(rows.collect())
}

struct Written {
    folder: TempDir,
    schema: Schema,
}

impl Written {
    fn new(batches: &[Vec<Thing>]) -> Self {
        let written = Self {
            folder: tempfile::tempdir().unwrap(),
            schema: Schema::of(SCHEMA),
        };
        let batches = batches.iter().map(|things| columns(things));
        write(&written.path(), &written.schema, &[("kind", "test")], batches).unwrap();
        written
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("things.parquet")
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    /// What can be read of these bytes, or why not.
    fn read(&self, bytes: &[u8]) -> Result<Vec<Thing>, String> {
        let path = self.folder.path().join("other.parquet");
        fs::write(&path, bytes).unwrap();
        read(&path, &self.schema)
    }
}

fn read(path: &Path, schema: &Schema) -> Result<Vec<Thing>, String> {
    let file = TableFile::open(path, schema).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    for batch in 0..file.batches() {
        let columns = file.whole_batch(batch).map_err(|error| error.to_string())?;
        all.extend(rows(columns).ok_or("its columns do not fit together")?);
    }
    Ok(all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_was_written(batches in prop::collection::vec(things(), 0..3)) {
        let written = Written::new(&batches);
        let all: Vec<Thing> = batches.into_iter().flatten().collect();
        prop_assert_eq!(read(&written.path(), &written.schema), Ok(all));
    }

    #[test]
    fn what_is_read_can_be_joined_and_divided_again(batches in prop::collection::vec(things(), 0..5)) {
        let written = Written::new(&batches);
        let all: Vec<Thing> = batches.into_iter().flatten().collect();
        let file = TableFile::open(&written.path(), &written.schema).unwrap();
        let read_again = || (0..file.batches()).map(|batch| file.whole_batch(batch));
        let path = |name: usize| written.folder.path().join(name.to_string());
        write_up_to(&path(0), &written.schema, &[], joined(read_again()), u64::MAX).unwrap();
        prop_assert_eq!(TableFile::open(&path(0), &written.schema).unwrap().batches(), usize::from(file.batches() > 0));
        prop_assert_eq!(read(&path(0), &written.schema), Ok(all.clone()));
        // A file of one byte has room for one batch.
        let mut apart = read_again().flat_map(|batch| joined(std::iter::once(batch))).peekable();
        let (mut parts, mut rows) = (0, Vec::new());
        while apart.peek().is_some() {
            parts += 1;
            write_up_to(&path(parts), &written.schema, &[], &mut apart, 1).unwrap();
            rows.extend(read(&path(parts), &written.schema).unwrap());
        }
        prop_assert_eq!((parts, rows), (file.batches(), all));
    }

    #[test]
    fn bytes_that_changed_are_an_error_or_other_values(things in things(), at in any::<prop::sample::Index>(), bits in 1_u8..) {
        let written = Written::new(std::slice::from_ref(&things));
        let mut bytes = written.bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= bits;
        if let Ok(read) = written.read(&bytes) {
            prop_assert!(read.len() <= bytes.len() + 4096);
        }
    }
}

fn some() -> Vec<Thing> {
    let thing = |number: i32| Thing {
        name: format!("thing {}", number % 3),
        id: vec![number as u8; 20],
        count: (number % 2 == 0).then_some(i64::from(number)),
        number,
        is_new: number % 5 == 0,
        part: f64::from(number) / 4.0,
        names: vec!["a".to_owned(); (number % 3) as usize],
        signs: vec![("rule".to_owned(), None, Some(1)); (number % 2) as usize],
    };
    (0..50).map(thing).collect()
}

/// More values than fit into a dictionary: a column begins with positions and goes on with the values themselves.
#[test]
fn a_column_may_outgrow_its_dictionary() {
    let things: Vec<Thing> = (0..30_000)
        .map(|number| Thing {
            name: format!("a name that is long enough to fill pages quickly, number {number:08}"),
            ..some()[number % 50].clone()
        })
        .collect();
    let written = Written::new(std::slice::from_ref(&things));
    assert!(read(&written.path(), &written.schema).unwrap() == things);
}

#[test]
fn a_file_that_was_cut_anywhere_is_an_error() {
    let written = Written::new(&[some()]);
    let bytes = written.bytes();
    for end in 0..bytes.len() {
        assert!(written.read(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert_eq!(written.read(&bytes), Ok(some()));
}

/// The footer of a file with another one in its place.
fn with_footer(bytes: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let (rest, tail) = bytes.split_at(bytes.len() - 8);
    let length = u32::from_le_bytes(tail[..4].try_into().unwrap()) as usize;
    let (pages, footer) = rest.split_at(rest.len() - length);
    let mut footer = footer.to_vec();
    change(&mut footer);
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    [pages, &footer, &length, b"PAR1"].concat()
}

#[test]
fn a_footer_that_lies_is_refused() {
    let written = Written::new(&[some()]);
    let bytes = written.bytes();
    assert_eq!(written.read(&with_footer(&bytes, |_| {})), Ok(some()));
    // A thousand groups, one in the other.
    let nested = with_footer(&bytes, |footer| *footer = vec![0x1c; 1000]);
    assert!(written.read(&nested).unwrap_err().contains("nested too deep"));
    // A list of two billion batches.
    let many = with_footer(&bytes, |footer| {
        *footer = vec![0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07];
    });
    assert!(written.read(&many).unwrap_err().contains("a list is too long"));
    // A length of the footer that is longer than the file.
    let mut long = bytes;
    let at = long.len() - 8;
    long[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(written.read(&long).unwrap_err().contains("it has no footer"));
}
