//! Columns by their names: an id or a shown heading, in any case, or a group that stands for its columns.

use super::document::{Cell, Column, Document, Table};
use crate::facts::similar::nearest;

/// A column that can be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    /// Its name in CSV.
    pub id: &'a str,
    /// Its name for people.
    pub heading: &'a str,
    /// Its group, if the table has groups.
    pub group: Option<&'a str>,
}

/// A name that is neither a column nor a group.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("unknown column `{name}`{}", meant.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default())]
pub struct UnknownName {
    /// The name. Untrusted text.
    pub name: String,
    /// The nearest name.
    pub meant: Option<String>,
}

/// The positions of the columns with these names, in the order of the names, each once.
pub fn find<S: AsRef<str>>(names: &[S], choices: &[Choice<'_>]) -> Result<Vec<usize>, UnknownName> {
    let mut found: Vec<usize> = Vec::new();
    for name in names.iter().map(|name| name.as_ref().trim()) {
        let is = |text: &str| normalized(text) == normalized(name);
        let with = |of: fn(&Choice<'_>) -> Option<String>| -> Vec<usize> {
            let named = choices.iter().enumerate();
            let named = named.filter(|(_, choice)| of(choice).is_some_and(|text| is(&text)));
            named.map(|(at, _)| at).collect()
        };
        // An id wins over a heading: a heading may be the id of another column.
        let all = [
            with(|choice| Some(choice.id.to_owned())),
            with(|choice| choice.group.map(str::to_owned)),
            with(|choice| Some(choice.heading.to_owned())),
        ];
        let Some(some) = all.into_iter().find(|found| !found.is_empty()) else {
            return Err(unknown(name, choices));
        };
        let new: Vec<usize> = some.into_iter().filter(|at| !found.contains(at)).collect();
        found.extend(new);
    }
    Ok(found)
}

/// `Last commit` and `last-commit` are `last_commit`, but the heading `-lines` is not `_lines`.
fn normalized(name: &str) -> String {
    let mark = |(at, letter): (usize, char)| match letter {
        ' ' | '-' if at > 0 => '_',
        other => other,
    };
    name.to_lowercase().chars().enumerate().map(mark).collect()
}

fn unknown(name: &str, choices: &[Choice<'_>]) -> UnknownName {
    let names = choices
        .iter()
        .flat_map(|choice| [Some(choice.id), Some(choice.heading), choice.group])
        .flatten();
    UnknownName {
        name: name.to_owned(),
        meant: nearest(name, names).map(str::to_owned),
    }
}

impl Table {
    /// The columns that can be requested here.
    pub fn choices(&self) -> Vec<Choice<'_>> {
        self.columns
            .iter()
            .map(|column| Choice {
                id: &column.id,
                heading: &column.heading,
                group: None,
            })
            .collect()
    }

    /// The same table with only these columns, in the order of their names; those that are marked as keys come first, named
    /// or not. A name that only `others` have is a column that this table lacks, not an error.
    pub fn choose<S: AsRef<str>>(&self, names: &[S], others: &[Choice<'_>]) -> Result<Self, UnknownName> {
        let mut columns: Vec<usize> = (0..self.columns.len())
            .filter(|at| self.columns[*at].is_key)
            .collect();
        let own = self.choices();
        for name in names {
            match find(std::slice::from_ref(name), &own) {
                Ok(found) => {
                    let new: Vec<usize> = found.into_iter().filter(|at| !columns.contains(at)).collect();
                    columns.extend(new);
                }
                Err(error) => {
                    let all: Vec<Choice<'_>> = own.iter().chain(others).copied().collect();
                    find(std::slice::from_ref(name), &all).map_err(|unknown| UnknownName {
                        meant: unknown.meant.or(error.meant),
                        ..unknown
                    })?;
                }
            }
        }
        Ok(self.reordered(&columns))
    }

    /// The same table with the columns at these positions, in this order. A row that ends before one has an empty cell there.
    pub fn reordered(&self, columns: &[usize]) -> Self {
        let pick = |row: &Vec<Cell>| -> Vec<Cell> {
            let cells = columns.iter().map(|at| row.get(*at).cloned().unwrap_or_default());
            cells.collect()
        };
        Self {
            columns: columns
                .iter()
                .filter_map(|at| self.columns.get(*at).cloned())
                .collect(),
            rows: self.rows.iter().map(pick).collect(),
            totals: self.totals.as_ref().map(pick),
            title: self.title.clone(),
            more_rows: self.more_rows,
            notes: self.notes.clone(),
        }
    }
}

impl Document {
    /// The same page; its first table has only these columns: [`Table::choose`].
    pub fn choose<S: AsRef<str>>(mut self, names: &[S]) -> Result<Self, UnknownName> {
        if let Some(first) = self.tables.first_mut() {
            *first = first.choose(names, &[])?;
        }
        Ok(self)
    }
}

/// All columns, with their headings and groups.
pub fn list(choices: &[Choice<'_>]) -> Table {
    let has_groups = choices.iter().any(|choice| choice.group.is_some());
    let mut columns = vec![
        Column::text("column", "Column"),
        Column::text("heading", "Heading"),
    ];
    columns.extend(has_groups.then(|| Column::text("group", "Group")));
    let row = |choice: &Choice<'_>| {
        let mut cells = vec![Cell::text(choice.id), Cell::text(choice.heading)];
        cells.extend(choice.group.map(Cell::text));
        cells
    };
    Table {
        columns,
        rows: choices.iter().map(row).collect(),
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHOICES: &[Choice<'static>] = &[
        Choice {
            id: "name",
            heading: "Repository",
            group: Some("identity"),
        },
        Choice {
            id: "lines_added",
            heading: "+lines",
            group: Some("size"),
        },
        Choice {
            id: "size",
            heading: "Bytes",
            group: Some("size"),
        },
    ];

    #[test]
    fn ids_headings_and_groups_are_names_in_any_case() {
        let found = |names: &[&str]| find(names, CHOICES);
        assert_eq!(found(&["+Lines", "NAME"]), Ok(vec![1, 0]));
        assert_eq!(found(&["repository", "identity"]), Ok(vec![0]));
        assert_eq!(found(&["Bytes", "size"]), Ok(vec![2]));
        assert_eq!(found(&["lines-added", "lines added"]), Ok(vec![1]));
    }

    #[test]
    fn a_name_that_is_unknown_leads_to_the_nearest() {
        let error = |name: &str| find(&[name], CHOICES).unwrap_err().to_string();
        assert_eq!(
            error("lines_aded"),
            "unknown column `lines_aded`; did you mean `lines_added`?"
        );
        assert_eq!(
            error("repositry"),
            "unknown column `repositry`; did you mean `Repository`?"
        );
        assert_eq!(error("zzz"), "unknown column `zzz`");
    }

    #[test]
    fn keys_stay_and_the_rest_comes_as_it_was_asked_for() {
        let number = |id: &'static str| Column::text(id, id);
        let table = Table {
            columns: vec![number("day").key(), number("a"), number("b")],
            rows: vec![vec![Cell::Count(1), Cell::Count(2), Cell::Count(3)]],
            totals: Some(vec![Cell::text("Total"), Cell::Count(2), Cell::Count(3)]),
            ..Table::default()
        };
        let chosen = table.choose(&["B"], &[]).unwrap();
        assert_eq!(chosen.rows, [[Cell::Count(1), Cell::Count(3)]]);
        assert_eq!(chosen.totals, Some(vec![Cell::text("Total"), Cell::Count(3)]));
        assert!(table.choose(&["repo"], &[]).is_err());
        let other = [Choice {
            id: "repo",
            heading: "Repository",
            group: None,
        }];
        assert_eq!(table.choose(&["repo", "a"], &other).unwrap().columns.len(), 2);
    }
}
