//! The values of a column, from its pages.
//!
//! The library writes tables and reads what they say about themselves, but not their values: it ends the program at some content that no
//! writer produces, and it takes texts one by one where a file has each different one once. Only what [`write`](super::write) or another
//! writer of plain Parquet produces is read: pages of the first version, with values as they are or by a dictionary.

use parquet::basic::Type as Physical;
use parquet::file::metadata::ColumnChunkMetaData;

use super::column::{Column, Values};
use super::dictionary::Dictionary;
use super::page::{self, Kind, Page, Unpacked};
use super::runs::{self, CUT, Run};
use super::thrift::Wrong;

/// The values of a column with so many rows, whose values may be absent and repeated so often.
pub(super) fn column(
    (about, bytes): (&ColumnChunkMetaData, &[u8]),
    rows: usize,
    levels: (i16, i16),
    unpacked: &mut Unpacked,
) -> Result<Column, Wrong> {
    let mut places = Places {
        levels,
        ..Places::default()
    };
    let pages = Pages {
        about,
        bytes,
        unpacked,
    };
    let values = match about.column_type() {
        Physical::BOOLEAN => Values::Bools(pages.read(&mut places, Bools::default())?),
        Physical::INT32 => Values::Ints(pages.read(&mut places, Fixed::default())?),
        Physical::INT64 => Values::Longs(pages.read(&mut places, Fixed::default())?),
        Physical::DOUBLE => Values::Doubles(pages.read(&mut places, Fixed::default())?),
        Physical::BYTE_ARRAY => {
            let (dictionary, codes) = pages.read(&mut places, Coded::default())?;
            Values::Coded(dictionary, codes)
        }
        _ => return Err("a column of another type"),
    };
    if places.rows != rows {
        return Err("a column has another number of rows");
    }
    Ok(Column {
        values,
        defined: places.defined,
        repeated: places.repeated,
    })
}

/// The pages of a column.
struct Pages<'a> {
    about: &'a ColumnChunkMetaData,
    bytes: &'a [u8],
    unpacked: &'a mut Unpacked,
}

impl Pages<'_> {
    fn read<R: Reader>(self, places: &mut Places, mut reader: R) -> Result<R::Values, Wrong> {
        page::each(self.about, self.bytes, self.unpacked, |page| match page.kind {
            Kind::Dictionary => reader.dictionary(page.bytes, page.values),
            Kind::Plain => {
                let (values, count) = places.read(page)?;
                reader.plain(values, count)
            }
            Kind::Coded => {
                let (values, count) = places.read(page)?;
                reader.coded(values, count)
            }
        })?;
        Ok(reader.finish())
    }
}

/// For each place of a column whether there is a value, and where a row begins.
#[derive(Default)]
struct Places {
    levels: (i16, i16),
    defined: Vec<i16>,
    repeated: Vec<i16>,
    rows: usize,
}

impl Places {
    /// Reads the levels at the beginning of a page; returns the rest of it and how many values it has.
    fn read<'a>(&mut self, page: &Page<'a>) -> Result<(&'a [u8], usize), Wrong> {
        let (most_defined, most_repeated) = self.levels;
        let (mut rest, mut rows, mut present) = (page.bytes, 0, 0);
        rest = levels(
            rest,
            most_repeated,
            page.values,
            &mut self.repeated,
            |level, count| {
                rows += if level == 0 { count } else { 0 };
            },
        )?;
        rest = levels(
            rest,
            most_defined,
            page.values,
            &mut self.defined,
            |level, count| {
                present += if level == most_defined { count } else { 0 };
            },
        )?;
        self.rows += rows;
        Ok((rest, present))
    }
}

/// Reads levels up to this one; if it is 0, all of them are, and the page has none.
fn levels<'a>(
    bytes: &'a [u8],
    most: i16,
    count: usize,
    all: &mut Vec<i16>,
    mut each: impl FnMut(i16, usize),
) -> Result<&'a [u8], Wrong> {
    if most == 0 {
        each(0, count);
        return Ok(bytes);
    }
    let (length, rest) = length(bytes)?;
    let (own, rest) = rest.split_at_checked(length).ok_or(CUT)?;
    let width = u16::BITS - most.unsigned_abs().leading_zeros();
    let highest = u32::from(most.unsigned_abs());
    runs::each(own, width, count, |run| {
        match run {
            Run::Same(level, times) if level <= highest => {
                all.extend(std::iter::repeat_n(level as i16, times));
                each(level as i16, times);
            }
            Run::Each(some) if some.iter().all(|level| *level <= highest) => {
                all.extend(some.iter().map(|level| *level as i16));
                some.iter().for_each(|level| each(*level as i16, 1));
            }
            _ => return Err("a level is too high"),
        }
        Ok(())
    })?;
    Ok(rest)
}

/// A length in four bytes, and what follows.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Wrong> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(CUT)?;
    Ok((u32::from_le_bytes(*length) as usize, rest))
}

/// Takes the values of one page after the other.
trait Reader {
    /// All values.
    type Values;

    /// Different values, as they are.
    fn dictionary(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong>;
    /// Values, as they are.
    fn plain(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong>;
    /// Values by their positions in the dictionary.
    fn coded(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong>;
    /// The end.
    fn finish(self) -> Self::Values;
}

/// Calls `take` with positions in a dictionary of this length.
fn codes(bytes: &[u8], count: usize, length: usize, mut take: impl FnMut(Run<'_>)) -> Result<(), Wrong> {
    if count == 0 {
        return Ok(());
    }
    let (width, bytes) = bytes.split_first().ok_or(CUT)?;
    runs::each(bytes, u32::from(*width), count, |run| {
        let is_inside = match run {
            Run::Same(code, _) => (code as usize) < length,
            Run::Each(some) => some.iter().all(|code| (*code as usize) < length),
        };
        if !is_inside {
            return Err("a value is not in the dictionary");
        }
        take(run);
        Ok(())
    })
}

/// A number of fixed length.
trait Number: Copy {
    const WIDTH: usize;

    fn of(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($type:ty) => {
        impl Number for $type {
            const WIDTH: usize = size_of::<$type>();

            fn of(bytes: &[u8]) -> Self {
                let mut own = [0; Self::WIDTH];
                own.copy_from_slice(bytes);
                Self::from_le_bytes(own)
            }
        }
    };
}

number!(i32);
number!(i64);
number!(f64);

/// Numbers.
struct Fixed<T> {
    dictionary: Vec<T>,
    values: Vec<T>,
}

impl<T> Default for Fixed<T> {
    fn default() -> Self {
        Self {
            dictionary: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Number> Fixed<T> {
    fn numbers(bytes: &[u8], count: usize) -> Result<impl Iterator<Item = T>, Wrong> {
        let length = count.checked_mul(T::WIDTH).ok_or(CUT)?;
        let bytes = bytes.get(..length).ok_or(CUT)?;
        Ok(bytes.chunks_exact(T::WIDTH).map(T::of))
    }
}

impl<T: Number> Reader for Fixed<T> {
    type Values = Vec<T>;

    fn dictionary(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        self.dictionary.extend(Self::numbers(bytes, count)?);
        Ok(())
    }

    fn plain(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        self.values.extend(Self::numbers(bytes, count)?);
        Ok(())
    }

    fn coded(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        let Self { dictionary, values } = self;
        values.reserve(count);
        codes(bytes, count, dictionary.len(), |run| match run {
            Run::Same(code, times) => values.extend(std::iter::repeat_n(dictionary[code as usize], times)),
            Run::Each(some) => values.extend(some.iter().map(|code| dictionary[*code as usize])),
        })
    }

    fn finish(self) -> Vec<T> {
        self.values
    }
}

/// Yes or no, a bit each.
#[derive(Default)]
struct Bools(Vec<bool>);

impl Reader for Bools {
    type Values = Vec<bool>;

    fn dictionary(&mut self, _: &[u8], _: usize) -> Result<(), Wrong> {
        Err("a dictionary of yes and no")
    }

    fn plain(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        let bytes = bytes.get(..count.div_ceil(8)).ok_or(CUT)?;
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        self.0.extend(bits.take(count));
        Ok(())
    }

    fn coded(&mut self, _: &[u8], _: usize) -> Result<(), Wrong> {
        Err("a value is not in the dictionary")
    }

    fn finish(self) -> Vec<bool> {
        self.0
    }
}

/// Texts and ids.
#[derive(Default)]
struct Coded {
    dictionary: Dictionary,
    codes: Vec<u32>,
}

impl Coded {
    /// Adds texts to the dictionary; returns the position of the first.
    fn add(&mut self, bytes: &[u8], count: usize) -> Result<u32, Wrong> {
        let first = u32::try_from(self.dictionary.len()).map_err(|_| "too many texts")?;
        let mut rest = bytes;
        for _ in 0..count {
            let (long, after) = length(rest)?;
            let (text, after) = after.split_at_checked(long).ok_or(CUT)?;
            self.dictionary.push(text);
            rest = after;
        }
        Ok(first)
    }
}

impl Reader for Coded {
    type Values = (Dictionary, Vec<u32>);

    fn dictionary(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        self.add(bytes, count).map(drop)
    }

    fn plain(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        let first = self.add(bytes, count)?;
        let count = u32::try_from(count).map_err(|_| "too many texts")?;
        let end = first.checked_add(count).ok_or("too many texts")?;
        self.codes.extend(first..end);
        Ok(())
    }

    fn coded(&mut self, bytes: &[u8], count: usize) -> Result<(), Wrong> {
        let Self {
            dictionary,
            codes: all,
        } = self;
        all.reserve(count);
        codes(bytes, count, dictionary.len(), |run| match run {
            Run::Same(code, times) => all.extend(std::iter::repeat_n(code, times)),
            Run::Each(some) => all.extend_from_slice(some),
        })
    }

    fn finish(self) -> (Dictionary, Vec<u32>) {
        (self.dictionary, self.codes)
    }
}
