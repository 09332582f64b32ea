//! Conversion of chunked rows to a row-major matrix.

use crate::Table;
use crate::in_table;
use crate::numbers::{Numeric, refuse_beyond};
use crate::{Chunks, for_each_chunk};
use pipewright_diagnostic::Failure;
use rayon::prelude::*;
use std::sync::Arc;

/// An element type of matrices.
pub trait Real: Copy + Send + Sync + 'static {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Largest finite value.
    const LARGEST: f64;

    /// Returns the closest value to a number.
    fn of(number: f64) -> Self;
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const LARGEST: f64 = f32::MAX as f64;

    #[inline]
    fn of(number: f64) -> f32 {
        number as f32
    }
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const LARGEST: f64 = f64::MAX;

    #[inline]
    fn of(number: f64) -> f64 {
        number
    }
}

/// Converts the named columns to a row-major matrix of finite numbers: rows × `names.len()`. Booleans are 0 and 1.
///
/// Chunks are processed in parallel and written in place if the number of rows before each is known; memory use is that
/// of the matrix and a few chunks.
///
/// ```
/// use pipewright_frame::{ReadOptions, csv, matrix};
/// let (table, _) = csv::read(b"a,b\n1,true\n2.5,false\n", &ReadOptions::new("t.csv")).unwrap();
/// assert_eq!(matrix::<f32>(&table, &table.features()).unwrap(), [1.0, 1.0, 2.5, 0.0]);
/// ```
///
/// # Errors
/// As [`Table::numbers`]; [`pipewright_diagnostic::code::VALUE_OUT_OF_RANGE`] with the row of a number that `N` cannot
/// hold; those of the chunks.
pub fn matrix<N: Real>(rows: &dyn Chunks, names: &[Arc<str>]) -> Result<Vec<N>, Failure> {
    let width = names.len();
    let chunk = |index: usize| rows.chunk(index);
    let told = |index: usize| move |failure| in_table(failure, rows.rows_before(index));
    let Some(ends) = ends(rows)? else {
        let mut numbers = Vec::new();
        let part = |index| {
            let chunk = chunk(index)?;
            let mut part = vec![N::ZERO; chunk.rows() * width];
            write(&chunk, names, &mut part).map_err(told(index))?;
            Ok(part)
        };
        for_each_chunk(rows, part, |part: Vec<N>| {
            numbers.extend(part);
            Ok(())
        })?;
        return Ok(numbers);
    };
    if ends.is_empty() {
        // Missing columns are an error even if there are no rows.
        write::<N>(&Table::empty(&rows.schema())?, names, &mut [])?;
    }
    let mut numbers = vec![N::ZERO; ends.last().copied().unwrap_or(0) * width];
    let mut rest = numbers.as_mut_slice();
    let mut places = Vec::with_capacity(ends.len());
    for (index, end) in ends.iter().enumerate() {
        let start = if index == 0 { 0 } else { ends[index - 1] };
        let (place, after) = rest.split_at_mut((end - start) * width);
        places.push(place);
        rest = after;
    }
    let written: Vec<Result<(), Failure>> = places
        .into_par_iter()
        .enumerate()
        .map(|(index, place)| write(&chunk(index)?, names, place).map_err(told(index)))
        .collect();
    written.into_iter().collect::<Result<(), Failure>>()?;
    Ok(numbers)
}

/// Returns the number of rows up to the end of each chunk, if known.
fn ends(rows: &dyn Chunks) -> Result<Option<Vec<usize>>, Failure> {
    let Some(last) = rows.count().checked_sub(1) else { return Ok(Some(Vec::new())) };
    let Some(mut ends) = (0..=last).map(|index| rows.rows_before(index)).collect::<Option<Vec<usize>>>() else {
        return Ok(None);
    };
    ends.push(ends[last] + rows.chunk(last)?.rows());
    ends.remove(0);
    Ok(Some(ends))
}

/// Bytes of rows transposed at a time: they stay in the first-level cache.
const TILE_BYTES: usize = 32 << 10;

/// Writes the rows of a table to their place, which is zeroed.
fn write<N: Real>(table: &Table, names: &[Arc<str>], place: &mut [N]) -> Result<(), Failure> {
    let columns = names.iter().map(|name| Numeric::complete(table, name)).collect::<Result<Vec<_>, _>>()?;
    let width = columns.len().max(1);
    let tile_rows = (TILE_BYTES / width / size_of::<N>()).next_multiple_of(64);
    let mut block = vec![0.0; tile_rows];
    for (tile, numbers) in place.chunks_mut(tile_rows * width).enumerate() {
        let (start, count) = (tile * tile_rows, numbers.len() / width);
        for (position, column) in columns.iter().enumerate() {
            let floats = match column {
                Numeric::Floats(values) => &values[start..start + count],
                Numeric::Counts(values) => {
                    let counts = &values[start..start + count];
                    block.iter_mut().zip(counts).for_each(|(number, &count)| *number = count as f64);
                    &block[..count]
                }
                Numeric::Truths(values) => {
                    let truths = values.slice(start, count);
                    truths.set_indices().for_each(|row| numbers[row * width + position] = N::ONE);
                    continue;
                }
            };
            refuse_beyond(&names[position], floats, N::LARGEST).map_err(|failure| in_table(failure, Some(start)))?;
            let rows = numbers.chunks_exact_mut(width);
            rows.zip(floats).for_each(|(row, &number)| row[position] = N::of(number));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random_table;
    use crate::{CHUNK_ROWS, Column, ColumnType, Schema};
    use arrow_array::{ArrayRef, Float64Array};
    use pipewright_diagnostic::code;
    use pipewright_world::random::Key;

    /// Chunks with an unknown number of preceding rows.
    struct Uncounted(Table);

    impl Chunks for Uncounted {
        fn schema(&self) -> Schema {
            self.0.schema()
        }

        fn count(&self) -> usize {
            Chunks::count(&self.0)
        }

        fn chunk(&self, index: usize) -> Result<Table, Failure> {
            self.0.chunk(index)
        }

        fn rows_before(&self, _: usize) -> Option<usize> {
            None
        }
    }

    fn floats(values: Vec<f64>) -> Table {
        let array: ArrayRef = Arc::new(Float64Array::from(values));
        Table::new(vec![Column::new("x", ColumnType::Continuous)], vec![array]).unwrap()
    }

    #[test]
    fn rows_follow_rows_as_columns_follow_columns() {
        for rows in [0, 1, 200, CHUNK_ROWS, 2 * CHUNK_ROWS + 77] {
            let columns = ["real", "count", "truth"];
            let complete = random_table(Key::new(3), 2 * rows + 40).select(&columns).unwrap().dropna(&columns).unwrap();
            let whole = complete.head(rows);
            assert_eq!(whole.rows(), rows);
            let names = whole.features();
            let by_column = whole.numbers(&names).unwrap();
            let at = |row: usize, column: usize| by_column[column * whole.rows() + row];
            let by_row: Vec<f64> = (0..whole.rows())
                .flat_map(|row| (0..names.len()).map(move |column| (row, column)))
                .map(|(r, c)| at(r, c))
                .collect();
            assert_eq!(matrix::<f64>(&whole, &names).unwrap(), by_row);
            assert_eq!(matrix::<f64>(&Uncounted(whole.clone()), &names).unwrap(), by_row);
            let short: Vec<f32> = by_row.iter().map(|&number| number as f32).collect();
            assert_eq!(matrix::<f32>(&whole, &names).unwrap(), short);
            assert!(matrix::<f32>(&whole, &[]).unwrap().is_empty());
        }
    }

    #[test]
    fn refusals_name_column_and_row() {
        let refused = |value: f64| {
            let mut values = vec![1.0; CHUNK_ROWS + 900];
            values[CHUNK_ROWS + 700] = value;
            let failure = matrix::<f32>(&floats(values), &["x".into()]).unwrap_err();
            assert_eq!(
                (failure.place.column.as_deref(), failure.place.row),
                (Some("x"), Some(CHUNK_ROWS as u64 + 701))
            );
            failure.code
        };
        assert_eq!(refused(f64::INFINITY), code::NON_FINITE);
        assert_eq!(refused(f64::NAN), code::NON_FINITE);
        assert_eq!(refused(-1e39), code::VALUE_OUT_OF_RANGE);
        assert_eq!(matrix::<f64>(&floats(vec![-1e39]), &["x".into()]).unwrap(), [-1e39]);
        let unknown = matrix::<f64>(&floats(Vec::new()), &["y".into()]).unwrap_err();
        assert_eq!(unknown.code, code::UNKNOWN_COLUMN);
        let table = random_table(Key::new(3), 40);
        let text = |rows: &Table| matrix::<f64>(rows, &["category".into()]).unwrap_err().code;
        assert_eq!((text(&table), text(&table.head(0))), (code::MISSING_VALUES, code::UNENCODED_COLUMN));
    }
}
