//! Hashes of rows: equal values, equal hashes, on every machine and in every version.

use crate::{ColumnType, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use pipewright_diagnostic::Failure;
use std::sync::Arc;

impl Table {
    /// Returns a hash of each row's value in a column; of a missing value, 0.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`](pipewright_diagnostic::code::UNKNOWN_COLUMN).
    pub fn value_hashes(&self, name: &str) -> Result<Vec<u64>, Failure> {
        Ok(hashes(self.array(name)?, self.column(name)?.kind))
    }

    /// Returns a hash of each row's values in some columns.
    ///
    /// ```
    /// use pipewright_table::{Column, ColumnType, Table};
    /// use std::sync::Arc;
    /// let values = arrow_array::Float64Array::from(vec![1.0, 2.0, 1.0]);
    /// let table = Table::new(vec![Column::new("x", ColumnType::Continuous)], vec![Arc::new(values)])?;
    /// let hashes = table.row_hashes(&["x".into()])?;
    /// assert!(hashes[0] == hashes[2] && hashes[0] != hashes[1]);
    /// # Ok::<(), pipewright_diagnostic::Failure>(())
    /// ```
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`](pipewright_diagnostic::code::UNKNOWN_COLUMN).
    pub fn row_hashes(&self, names: &[Arc<str>]) -> Result<Vec<u64>, Failure> {
        let mut rows = vec![0; self.rows()];
        for name in names {
            rows.iter_mut().zip(self.value_hashes(name)?).for_each(|(row, value)| *row = mix(*row, value));
        }
        Ok(rows)
    }
}

fn hashes(column: &ArrayRef, kind: ColumnType) -> Vec<u64> {
    let of = |row: usize, bits: &dyn Fn(usize) -> u64| if column.is_valid(row) { mix(1, bits(row)) } else { 0 };
    let each = |bits: &dyn Fn(usize) -> u64| (0..column.len()).map(|row| of(row, bits)).collect();
    match kind {
        ColumnType::Continuous => {
            let numbers = column.as_primitive::<Float64Type>();
            // Adding 0 turns -0 into +0: the two are equal.
            each(&|row| (numbers.value(row) + 0.0).to_bits())
        }
        ColumnType::Count => each(&|row| column.as_primitive::<Int64Type>().value(row) as u64),
        ColumnType::Bool => each(&|row| u64::from(column.as_boolean().value(row))),
        ColumnType::Date => each(&|row| column.as_primitive::<TimestampMicrosecondType>().value(row) as u64),
        ColumnType::Time => each(&|row| column.as_primitive::<Time64MicrosecondType>().value(row) as u64),
        ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
            let texts = column.as_string::<i64>();
            each(&|row| texts.value(row).bytes().fold(0, |hash, byte| mix(hash, u64::from(byte))))
        }
    }
}

/// A step of a hash; the constants are those of SplitMix64.
fn mix(hash: u64, value: u64) -> u64 {
    let mut mixed = (hash.rotate_left(23) ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
