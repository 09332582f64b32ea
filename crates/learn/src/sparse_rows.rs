//! Sparse rows.

use crate::data::{Column, Features};

/// The non-zero numbers of some rows: compressed sparse rows (CSR).
#[derive(Debug, Clone)]
pub(crate) struct SparseRows {
    /// Start of each row, and end of the last one.
    starts: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl SparseRows {
    /// Converts all rows of some features; dense columns among them are stored as sparse ones.
    pub(crate) fn of(features: &Features) -> SparseRows {
        let mut starts = vec![0; features.rows() + 1];
        for column in 0..features.columns() {
            for_each_number(features, column, |row, _| starts[row + 1] += 1);
        }
        for row in 0..features.rows() {
            starts[row + 1] += starts[row];
        }
        let count = starts[features.rows()];
        let (mut columns, mut values) = (vec![0; count], vec![0.0; count]);
        let mut next = starts.clone();
        for column in 0..features.columns() {
            for_each_number(features, column, |row, value| {
                let place = next[row];
                next[row] += 1;
                (columns[place], values[place]) = (column as u32, value);
            });
        }
        SparseRows { starts, columns, values }
    }

    /// Returns the columns and numbers of a row, ascending by column.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[row]..self.starts[row + 1];
        self.columns[range.clone()].iter().map(|&column| column as usize).zip(self.values[range].iter().copied())
    }

    /// Writes a row in single precision, zeros included.
    pub(crate) fn write(&self, row: usize, place: &mut [f32]) {
        place.fill(0.0);
        self.row(row).for_each(|(column, value)| place[column] = value as f32);
    }
}

/// Passes the non-zero numbers of a column, ascending by row.
pub(crate) fn for_each_number(features: &Features, column: usize, mut take: impl FnMut(usize, f64)) {
    match features.stored(column) {
        Column::Sparse(sparse) => {
            sparse.positions().iter().zip(sparse.values()).for_each(|(&row, &value)| take(row as usize, value));
        }
        _ => {
            let numbers = features.column(column).iter().enumerate();
            numbers.filter(|(_, value)| **value != 0.0).for_each(|(row, &value)| take(row, value));
        }
    }
}

/// Counts the stored numbers: all of dense columns.
pub(crate) fn stored_count(features: &Features) -> usize {
    let count = |column| match features.stored(column) {
        Column::Sparse(sparse) => sparse.values().len(),
        _ => features.rows(),
    };
    (0..features.columns()).map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Sparse;

    #[test]
    fn rows_hold_what_columns_hold() {
        let columns = vec![
            Column::Sparse(Sparse::new(3, vec![0, 2].into(), vec![1.0, 2.0].into())),
            Column::Dense(vec![0.0, 5.0, 6.0].into()),
        ];
        let features = Features::from_columns(3, ["a".to_owned(), "b".to_owned()].into(), columns);
        let rows = SparseRows::of(&features);
        let row = |row| rows.row(row).collect::<Vec<_>>();
        assert_eq!((row(0), row(1), row(2)), (vec![(0, 1.0)], vec![(1, 5.0)], vec![(0, 2.0), (1, 6.0)]));
        let mut place = [9.0; 2];
        rows.write(1, &mut place);
        assert_eq!(place, [0.0, 5.0]);
        assert_eq!(stored_count(&features), 5);
    }
}
