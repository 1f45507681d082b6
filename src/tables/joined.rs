//! Batches of several files as fewer and larger ones of another file.

use super::column::Column;
use super::error::TableError;

/// A batch with this many rows gets no more.
const ROWS: usize = 128 << 10;
/// Nor does one with this many bytes, before they are compressed.
const BYTES: usize = 64 << 20;

/// Joins batches of the same columns, as they were read, in order. An error ends what can be used.
pub fn joined<B>(batches: B) -> impl Iterator<Item = B::Item>
where
    B: Iterator<Item = Result<Vec<Column>, TableError>>,
{
    let mut batches = batches;
    std::iter::from_fn(move || {
        let mut all: Option<Vec<Column>> = None;
        while all.as_deref().is_none_or(has_room) {
            match batches.next() {
                Some(Ok(batch)) => add(&mut all, batch),
                Some(Err(error)) => return Some(Err(error)),
                None => break,
            }
        }
        all.map(Ok)
    })
}

fn has_room(batch: &[Column]) -> bool {
    let rows = batch.first().map_or(0, Column::rows);
    rows < ROWS && batch.iter().map(Column::size).sum::<usize>() < BYTES
}

fn add(all: &mut Option<Vec<Column>>, batch: Vec<Column>) {
    let batch = batch.into_iter().map(Column::decoded);
    match all {
        Some(all) => all
            .iter_mut()
            .zip(batch)
            .for_each(|(column, more)| column.append(more)),
        None => *all = Some(batch.collect()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::column::Lists;

    fn batch(first: i64, rows: i64) -> Vec<Column> {
        let numbers = first..first + rows;
        let lists = Lists(
            numbers
                .clone()
                .map(|number| usize::try_from(number % 3).unwrap())
                .collect(),
        );
        vec![
            Column::of(numbers.clone()),
            Column::optional(
                numbers
                    .clone()
                    .map(|number| (number % 2 == 0).then(|| number.to_string())),
            ),
            Column::list(
                &lists,
                numbers.flat_map(|number| vec![number; usize::try_from(number % 3).unwrap()]),
            ),
        ]
    }

    #[test]
    fn batches_are_joined_in_order_until_they_are_large() {
        let small = [batch(0, 3), batch(3, 0), batch(3, 4)];
        let all: Vec<Vec<Column>> = joined(small.into_iter().map(Ok)).map(Result::unwrap).collect();
        assert_eq!(all, [batch(0, 7)]);
        assert_eq!(all[0].iter().map(Column::rows).collect::<Vec<usize>>(), [7, 7, 7]);
        let half = i64::try_from(ROWS / 2).unwrap();
        let many = (0..5).map(|number| Ok(batch(number * half, half)));
        let rows: Vec<usize> = joined(many).map(|batch| batch.unwrap()[0].rows()).collect();
        assert_eq!(rows, [ROWS, ROWS, ROWS / 2]);
        let text = || Ok(vec![Column::of(["x".repeat(BYTES / 2)])]);
        let rows: Vec<usize> = joined((0..3).map(|_| text()))
            .map(|batch| batch.unwrap()[0].rows())
            .collect();
        assert_eq!(rows, [2, 1]);
        assert_eq!(joined(std::iter::empty()).count(), 0);
    }

    #[test]
    fn an_error_comes_before_what_was_joined_with_it() {
        let broken = || TableError::content(Path::new("a"), "broken");
        let mut all = joined([Ok(batch(0, 3)), Err(broken()), Ok(batch(3, 1))].into_iter());
        assert!(all.next().unwrap().is_err());
    }
}
