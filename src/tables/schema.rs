//! The columns of a table, as text in the notation of Parquet.

use parquet::basic::Type as Physical;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, TypePtr};
use std::sync::Arc;

/// The columns of a table.
#[derive(Debug, Clone)]
pub struct Schema {
    descriptor: SchemaDescPtr,
}

/// What makes two columns the same for a reader.
#[derive(Debug, PartialEq, Eq)]
struct Leaf {
    path: String,
    physical: Physical,
    levels: (i16, i16),
}

impl Schema {
    /// The schema that a text in the program describes.
    ///
    /// # Panics
    ///
    /// If it is not one: the texts are constants, and a test reads each.
    pub fn of(text: &'static str) -> Self {
        let root = parse_message_type(text).unwrap_or_else(|error| panic!("a schema: {error}"));
        Self {
            descriptor: Arc::new(SchemaDescriptor::new(Arc::new(root))),
        }
    }

    /// How many columns it has: the leaves.
    pub fn len(&self) -> usize {
        self.descriptor.num_columns()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position of the column with this path, such as `evidence.list.element.rule`.
    pub fn position(&self, path: &str) -> Option<usize> {
        (0..self.len()).find(|at| self.descriptor.column(*at).path().string() == path)
    }

    pub(super) fn root(&self) -> TypePtr {
        self.descriptor.root_schema_ptr()
    }

    /// How often values of a column may be absent, and may be repeated.
    pub(super) fn levels(&self, at: usize) -> (i16, i16) {
        let column = self.descriptor.column(at);
        (column.max_def_level(), column.max_rep_level())
    }

    /// The first column in which a file differs.
    pub(super) fn difference(&self, other: &SchemaDescriptor) -> Option<String> {
        let leaf = |schema: &SchemaDescriptor, at: usize| {
            (at < schema.num_columns()).then(|| {
                let column = schema.column(at);
                Leaf {
                    path: column.path().string(),
                    physical: column.physical_type(),
                    levels: (column.max_def_level(), column.max_rep_level()),
                }
            })
        };
        let longest = self.len().max(other.num_columns());
        let differs = |at: &usize| leaf(&self.descriptor, *at) != leaf(other, *at);
        let at = (0..longest).find(differs)?;
        let name = leaf(&self.descriptor, at).or(leaf(other, at))?.path;
        Some(name.chars().take(60).collect())
    }
}
