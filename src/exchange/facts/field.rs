//! Columns of rows: each value checked when it is taken.

use serde::de::DeserializeOwned;

use crate::facts::ids::ObjectId;
use crate::facts::quantity::Minutes;
use crate::tables::{Column, Dictionary, FromValues, Lists, Schema, TableError, TableFile};

/// The longest name, key, reason or model, in bytes: longer ones are not written by this program.
pub const LONGEST_TEXT: usize = 64 << 10;
/// The longest JSON of a row, in bytes.
pub const LONGEST_JSON: usize = 64 << 20;
/// The largest number of lines, files or tests: sums of these cannot overflow.
pub const MOST_LINES: u64 = 1 << 40;

/// The columns of a batch, to be taken in order.
pub struct Taken<'a> {
    file: &'a TableFile,
    columns: std::vec::IntoIter<Column>,
}

impl<'a> Taken<'a> {
    pub fn new(file: &'a TableFile, columns: Vec<Column>) -> Self {
        Self {
            file,
            columns: columns.into_iter(),
        }
    }

    fn next(&mut self) -> Result<Column, TableError> {
        self.columns
            .next()
            .ok_or_else(|| self.file.wrong("too few columns"))
    }

    fn typed<T>(&self, values: Option<T>) -> Result<T, TableError> {
        values.ok_or_else(|| {
            self.file
                .wrong("its values are not of the types of their columns")
        })
    }

    /// A value for each row.
    pub fn all<T: FromValues>(&mut self) -> Result<Vec<T>, TableError> {
        let column = self.next()?;
        self.typed(column.all())
    }

    /// A value for some rows.
    pub fn some<T: FromValues>(&mut self) -> Result<Vec<Option<T>>, TableError> {
        let column = self.next()?;
        self.typed(column.some())
    }

    /// Whether each row has a value, and the values that are there.
    pub fn present<T: FromValues>(&mut self) -> Result<(Vec<bool>, Vec<T>), TableError> {
        let column = self.next()?;
        self.typed(column.present())
    }

    /// A list for each row.
    pub fn lists<T: FromValues>(&mut self) -> Result<(Lists, Vec<T>), TableError> {
        let column = self.next()?;
        self.typed(column.elements())
    }

    /// A list for each row, in which values may be missing.
    pub fn some_lists<T: FromValues>(&mut self) -> Result<(Lists, Vec<Option<T>>), TableError> {
        let column = self.next()?;
        self.typed(column.some_elements())
    }

    /// Text or an id for each row, by its position among the different ones.
    pub fn coded(&mut self) -> Result<(Dictionary, Vec<u32>), TableError> {
        let mut column = self.next()?;
        let dictionary = column.take_dictionary();
        Ok((dictionary, self.typed(column.all())?))
    }

    /// A list of texts or ids for each row.
    pub fn coded_lists(&mut self) -> Result<(Dictionary, Lists, Vec<u32>), TableError> {
        let mut column = self.next()?;
        let dictionary = column.take_dictionary();
        let (lists, codes) = self.typed(column.elements())?;
        Ok((dictionary, lists, codes))
    }

    /// A list of texts for each row, in which some may be missing.
    pub fn some_coded_lists(&mut self) -> Result<(Dictionary, Vec<Option<u32>>), TableError> {
        let mut column = self.next()?;
        let dictionary = column.take_dictionary();
        let (_, codes) = self.typed(column.some_elements())?;
        Ok((dictionary, codes))
    }

    /// An id for each row.
    pub fn ids(&mut self) -> Result<Vec<ObjectId>, TableError> {
        let (known, codes) = self.coded()?;
        let ids = codes.into_iter().map(|code| id_in(self.file, known.get(code)));
        ids.collect()
    }

    /// Text for each row.
    pub fn texts(&mut self) -> Result<Vec<String>, TableError> {
        let texts: Vec<String> = self.all()?;
        texts.iter().try_for_each(|text| self.check(text, LONGEST_TEXT))?;
        Ok(texts)
    }

    /// Text for some rows.
    pub fn some_texts(&mut self) -> Result<Vec<Option<String>>, TableError> {
        let texts: Vec<Option<String>> = self.some()?;
        texts
            .iter()
            .flatten()
            .try_for_each(|text| self.check(text, LONGEST_TEXT))?;
        Ok(texts)
    }

    /// JSON of each row.
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<Vec<T>, TableError> {
        let texts: Vec<String> = self.all()?;
        let parsed = texts.iter().map(|text| {
            self.check(text, LONGEST_JSON)?;
            serde_json::from_str(text).map_err(|error| {
                let reason: String = error.to_string().chars().take(120).collect();
                self.file
                    .wrong(format!("the JSON of a row is not as expected: {reason}"))
            })
        });
        parsed.collect()
    }

    /// Skips a column.
    pub fn skip(&mut self, columns: usize) -> Result<(), TableError> {
        (0..columns).try_for_each(|_| self.next().map(drop))
    }

    fn check(&self, text: &str, longest: usize) -> Result<(), TableError> {
        match text.len() <= longest {
            true => Ok(()),
            false => Err(self.file.wrong("a text in it is too long")),
        }
    }
}

/// The last column of a table, which has each row as JSON for this program: the others follow from it.
pub fn lines<T: DeserializeOwned>(file: &TableFile, schema: &Schema) -> Result<Vec<T>, TableError> {
    let mut lines = Vec::new();
    for batch in 0..file.batches() {
        lines.extend(Taken::new(file, file.batch(batch, &[schema.len() - 1])?).json::<T>()?);
    }
    Ok(lines)
}

/// Refuses a table that has more or less than one row.
pub fn check_one_row(file: &TableFile) -> Result<(), TableError> {
    match file.rows() == 1 && file.batches() == 1 {
        true => Ok(()),
        false => Err(file.wrong("more or less than one row")),
    }
}

/// The error for columns that do not belong together.
pub fn uneven(file: &TableFile) -> TableError {
    file.wrong("its columns have different numbers of rows")
}

/// Minutes as whole milliseconds.
pub fn millis(minutes: Minutes) -> i64 {
    (minutes.get() * 60_000.0).round() as i64
}

/// A count as a signed number, which is what other programs sum.
pub fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// An id in a column.
pub fn id_in(file: &TableFile, raw: &[u8]) -> Result<ObjectId, TableError> {
    ObjectId::from_bytes(raw).ok_or_else(|| file.wrong("an id has an impossible length"))
}

/// A column with lists of ids.
pub fn id_lists<'a>(lists: impl Iterator<Item = &'a [ObjectId]> + Clone) -> Column {
    let lengths = Lists(lists.clone().map(<[ObjectId]>::len).collect());
    Column::list(&lengths, lists.flatten().map(|id| id.as_bytes().to_vec()))
}

/// `repo` in each of so many rows.
pub fn same(text: &str, rows: usize) -> Column {
    Column::of((0..rows).map(|_| text.to_owned()))
}
