//! One column of a batch of rows: its values, and where they are absent or repeated.

use parquet::data_type::ByteArray;

use super::dictionary::Dictionary;

/// Values of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Yes or no.
    Bools(Vec<bool>),
    /// 32 bits.
    Ints(Vec<i32>),
    /// 64 bits.
    Longs(Vec<i64>),
    /// Fractions.
    Doubles(Vec<f64>),
    /// Text or ids to be written.
    Bytes(Vec<ByteArray>),
    /// Text or ids that were read: their positions among the different ones.
    Coded(Dictionary, Vec<u32>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Bools(all) => all.len(),
            Self::Ints(all) => all.len(),
            Self::Longs(all) => all.len(),
            Self::Doubles(all) => all.len(),
            Self::Bytes(all) => all.len(),
            Self::Coded(_, codes) => codes.len(),
        }
    }
}

/// A type of values that can be written.
pub trait IntoValues: Sized {
    /// Makes values of this type.
    fn values(all: Vec<Self>) -> Values;
}

/// A type of values that can be read.
pub trait FromValues: Sized {
    /// The values, if they have this type.
    fn take(values: Values) -> Option<Vec<Self>>;
}

macro_rules! value {
    ($type:ty, $variant:ident) => {
        impl IntoValues for $type {
            fn values(all: Vec<Self>) -> Values {
                Values::$variant(all)
            }
        }

        impl FromValues for $type {
            fn take(values: Values) -> Option<Vec<Self>> {
                match values {
                    Values::$variant(all) => Some(all),
                    _ => None,
                }
            }
        }
    };
}

value!(bool, Bools);
value!(i32, Ints);
value!(i64, Longs);
value!(f64, Doubles);

/// Positions in the [`Dictionary`] of the column: what has each different text once is not looked up for every row.
impl FromValues for u32 {
    fn take(values: Values) -> Option<Vec<Self>> {
        match values {
            Values::Coded(_, codes) => Some(codes),
            _ => None,
        }
    }
}

impl IntoValues for String {
    fn values(all: Vec<Self>) -> Values {
        Values::Bytes(all.into_iter().map(|text| text.into_bytes().into()).collect())
    }
}

/// Text that is not UTF-8 is not text.
impl FromValues for String {
    fn take(values: Values) -> Option<Vec<Self>> {
        let Values::Coded(dictionary, codes) = values else {
            return None;
        };
        let text = |code| String::from_utf8(dictionary.get(code).to_vec()).ok();
        codes.into_iter().map(text).collect()
    }
}

/// Bytes such as those of an id.
impl IntoValues for Vec<u8> {
    fn values(all: Vec<Self>) -> Values {
        Values::Bytes(all.into_iter().map(ByteArray::from).collect())
    }
}

impl FromValues for Vec<u8> {
    fn take(values: Values) -> Option<Vec<Self>> {
        let Values::Coded(dictionary, codes) = values else {
            return None;
        };
        Some(
            codes
                .into_iter()
                .map(|code| dictionary.get(code).to_vec())
                .collect(),
        )
    }
}

/// One column of a batch of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub(super) values: Values,
    /// For each place, how much of its path is there; empty if nothing can be absent.
    pub(super) defined: Vec<i16>,
    /// For each place, 0 where a row begins; empty if nothing can be repeated.
    pub(super) repeated: Vec<i16>,
}

/// Lists, one for each row: how long each is. Columns of one list share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists(pub Vec<usize>);

impl Column {
    /// A column with a value in each row.
    pub fn of<T: IntoValues>(values: impl IntoIterator<Item = T>) -> Self {
        Self {
            values: T::values(values.into_iter().collect()),
            defined: Vec::new(),
            repeated: Vec::new(),
        }
    }

    /// A column with a value in some rows.
    pub fn optional<T: IntoValues>(values: impl IntoIterator<Item = Option<T>>) -> Self {
        let mut defined = Vec::new();
        let mut present = Vec::new();
        for value in values {
            defined.push(i16::from(value.is_some()));
            present.extend(value);
        }
        Self {
            values: T::values(present),
            defined,
            repeated: Vec::new(),
        }
    }

    /// A column in lists, with a value in each element.
    pub fn list<T: IntoValues>(lists: &Lists, values: impl IntoIterator<Item = T>) -> Self {
        let present = T::values(values.into_iter().collect());
        Self::of_lists(lists, present, |_| 1)
    }

    /// A column in lists, with a value in some elements.
    pub fn optional_list<T: IntoValues>(lists: &Lists, values: impl IntoIterator<Item = Option<T>>) -> Self {
        let mut has = Vec::new();
        let mut present = Vec::new();
        for value in values {
            has.push(value.is_some());
            present.extend(value);
        }
        Self::of_lists(lists, T::values(present), |at| {
            1 + i16::from(has.get(at).copied().unwrap_or_default())
        })
    }

    fn of_lists(lists: &Lists, values: Values, level: impl Fn(usize) -> i16) -> Self {
        let (mut defined, mut repeated) = (Vec::new(), Vec::new());
        let mut at = 0;
        for length in &lists.0 {
            if *length == 0 {
                defined.push(0);
                repeated.push(0);
            }
            for place in 0..*length {
                defined.push(level(at));
                repeated.push(i16::from(place > 0));
                at += 1;
            }
        }
        Self {
            values,
            defined,
            repeated,
        }
    }

    /// The column as it is written: texts and ids as such, and not by their positions among the different ones.
    #[must_use]
    pub fn decoded(self) -> Self {
        let Values::Coded(dictionary, codes) = self.values else {
            return self;
        };
        let different: Vec<ByteArray> = dictionary.iter().map(|value| value.to_vec().into()).collect();
        // Copies share their bytes.
        let value = |code: u32| different.get(code as usize).cloned().unwrap_or_default();
        Self {
            values: Values::Bytes(codes.into_iter().map(value).collect()),
            ..self
        }
    }

    /// Adds the rows of the same column of another batch; both are [decoded](Self::decoded).
    ///
    /// # Panics
    ///
    /// If the columns have different types, which [`TableFile`](super::TableFile) never has for one schema.
    pub fn append(&mut self, more: Self) {
        self.defined.extend(more.defined);
        self.repeated.extend(more.repeated);
        match (&mut self.values, more.values) {
            (Values::Bools(all), Values::Bools(more)) => all.extend(more),
            (Values::Ints(all), Values::Ints(more)) => all.extend(more),
            (Values::Longs(all), Values::Longs(more)) => all.extend(more),
            (Values::Doubles(all), Values::Doubles(more)) => all.extend(more),
            (Values::Bytes(all), Values::Bytes(more)) => all.extend(more),
            _ => unreachable!("columns of one schema have one type"),
        }
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        match (self.repeated.is_empty(), self.defined.is_empty()) {
            (false, _) => self.repeated.iter().filter(|level| **level == 0).count(),
            (true, false) => self.defined.len(),
            (true, true) => self.values.len(),
        }
    }

    /// The bytes of its values; of texts by position, of each different one once.
    pub fn size(&self) -> usize {
        match &self.values {
            Values::Bools(all) => all.len(),
            Values::Ints(all) => 4 * all.len(),
            Values::Longs(all) => 8 * all.len(),
            Values::Doubles(all) => 8 * all.len(),
            Values::Bytes(all) => all.iter().map(ByteArray::len).sum(),
            Values::Coded(dictionary, codes) => {
                4 * codes.len() + dictionary.iter().map(<[u8]>::len).sum::<usize>()
            }
        }
    }

    /// The different values of a column of texts or ids, whose values are then positions in it; empty if it has other ones.
    pub fn take_dictionary(&mut self) -> Dictionary {
        match &mut self.values {
            Values::Coded(dictionary, _) => std::mem::take(dictionary),
            _ => Dictionary::default(),
        }
    }

    /// The values of a column with one in each row; `None` if they have another type.
    pub fn all<T: FromValues>(self) -> Option<Vec<T>> {
        T::take(self.values)
    }

    /// The values of a column with one in some rows.
    pub fn some<T: FromValues>(self) -> Option<Vec<Option<T>>> {
        spread(T::take(self.values)?, self.defined.iter().map(|level| *level > 0))
    }

    /// The values of a column with one in some rows, without room for those that are absent.
    pub fn present<T: FromValues>(self) -> Option<(Vec<bool>, Vec<T>)> {
        let values = T::take(self.values)?;
        let has = self.defined.iter().map(|level| *level > 0).collect();
        Some((has, values))
    }

    /// The values of the elements of lists.
    pub fn elements<T: FromValues>(self) -> Option<(Lists, Vec<T>)> {
        let lists = self.lists();
        let values = T::take(self.values)?;
        (values.len() == lists.0.iter().sum::<usize>()).then_some((lists, values))
    }

    /// The values of some elements of lists.
    pub fn some_elements<T: FromValues>(self) -> Option<(Lists, Vec<Option<T>>)> {
        let lists = self.lists();
        let of_elements = self.defined.iter().filter(|level| **level > 0);
        let values = spread(T::take(self.values)?, of_elements.map(|level| *level > 1))?;
        (values.len() == lists.0.iter().sum::<usize>()).then_some((lists, values))
    }

    /// How long the list in each row is.
    fn lists(&self) -> Lists {
        let mut lengths: Vec<usize> = Vec::new();
        for (defined, repeated) in self.defined.iter().zip(&self.repeated) {
            if *repeated == 0 {
                lengths.push(0);
            }
            if let Some(last) = lengths.last_mut() {
                *last += usize::from(*defined > 0);
            }
        }
        Lists(lengths)
    }
}

/// Puts values where there are some; `None` if there are more or fewer of them.
fn spread<T>(values: Vec<T>, has: impl Iterator<Item = bool>) -> Option<Vec<Option<T>>> {
    let mut values = values.into_iter();
    let mut missing = false;
    let spread = has
        .map(|has| {
            let value = if has { values.next() } else { None };
            missing |= has && value.is_none();
            value
        })
        .collect();
    (!missing && values.next().is_none()).then_some(spread)
}
