//! Storage of a column's values: as an Arrow array, or sparse.

use crate::ColumnType;
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array};
use arrow_buffer::{BooleanBufferBuilder, ScalarBuffer};
use std::sync::{Arc, OnceLock};

/// The values of a column in their storage format. Cloning is cheap.
#[derive(Debug, Clone)]
pub enum Stored {
    /// An array.
    Array(ArrayRef),
    /// Sparse: positions of the values that are not 0 or false.
    Sparse(Arc<SparseArray>),
}

impl Stored {
    /// Returns the values as an array; a sparse column is converted on first use.
    #[must_use]
    pub fn array(&self) -> &ArrayRef {
        match self {
            Stored::Array(array) => array,
            Stored::Sparse(sparse) => sparse.array(),
        }
    }

    /// Converts to an array.
    #[must_use]
    pub fn into_array(self) -> ArrayRef {
        match self {
            Stored::Array(array) => array,
            Stored::Sparse(sparse) => sparse.array().clone(),
        }
    }

    /// Returns the sparse form, if that is the storage.
    #[must_use]
    pub fn sparse(&self) -> Option<&SparseArray> {
        match self {
            Stored::Array(_) => None,
            Stored::Sparse(sparse) => Some(sparse),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Stored::Array(array) => array.len(),
            Stored::Sparse(sparse) => sparse.rows,
        }
    }

    /// Returns the size in bytes.
    pub(super) fn memory_bytes(&self) -> u64 {
        match self {
            Stored::Array(array) => array.get_array_memory_size() as u64,
            Stored::Sparse(sparse) => sparse.memory_bytes(),
        }
    }

    /// Returns `count` rows from row `start`.
    pub(super) fn slice(&self, start: usize, count: usize) -> Stored {
        match self {
            Stored::Array(array) => Stored::Array(array.slice(start, count)),
            Stored::Sparse(sparse) => sparse.slice(start, count).into(),
        }
    }

    /// Is it a valid storage for a column of this type?
    pub(super) fn fits(&self, kind: ColumnType) -> bool {
        match self {
            Stored::Array(array) => *array.data_type() == kind.storage(),
            Stored::Sparse(sparse) => sparse.kind == kind,
        }
    }
}

impl From<ArrayRef> for Stored {
    fn from(array: ArrayRef) -> Stored {
        Stored::Array(array)
    }
}

impl From<SparseArray> for Stored {
    fn from(sparse: SparseArray) -> Stored {
        Stored::Sparse(Arc::new(sparse))
    }
}

/// A sparse column: booleans that are mostly false, or numbers that are mostly 0; without missing values.
///
/// ```
/// use pipewright_frame::{Column, ColumnType, SparseArray, Table};
/// let one_hot = SparseArray::truths(4, vec![1, 2].into());
/// let table = Table::with_stored(vec![Column::new("x=a", ColumnType::Bool)], vec![one_hot.into()], 4).unwrap();
/// assert_eq!(table.numbers(&["x=a".into()]).unwrap(), [0.0, 1.0, 1.0, 0.0]);
/// ```
#[derive(Debug)]
pub struct SparseArray {
    /// Booleans, whole or real numbers.
    kind: ColumnType,
    rows: usize,
    /// Ascending.
    positions: ScalarBuffer<u32>,
    /// The number at each position; `None` for booleans.
    values: Option<ScalarBuffer<f64>>,
    /// The dense array, computed on first use.
    dense: OnceLock<ArrayRef>,
}

impl SparseArray {
    /// Creates a boolean column that is true at these rows, which must be ascending.
    ///
    /// # Panics
    /// If a row is not below `rows`.
    #[must_use]
    pub fn truths(rows: usize, positions: ScalarBuffer<u32>) -> SparseArray {
        SparseArray::new(ColumnType::Bool, rows, positions, None)
    }

    /// Creates a numeric column with non-zero values at these rows, which must be ascending.
    ///
    /// # Panics
    /// If a row is not below `rows`, or the numbers of positions and values differ.
    #[must_use]
    pub fn numbers(rows: usize, positions: ScalarBuffer<u32>, values: ScalarBuffer<f64>) -> SparseArray {
        assert_eq!(positions.len(), values.len(), "a number per position");
        SparseArray::new(ColumnType::Continuous, rows, positions, Some(values))
    }

    /// Like [`SparseArray::numbers`], for whole numbers.
    ///
    /// # Panics
    /// As [`SparseArray::numbers`].
    #[must_use]
    pub fn counts(rows: usize, positions: ScalarBuffer<u32>, values: ScalarBuffer<f64>) -> SparseArray {
        SparseArray { kind: ColumnType::Count, ..SparseArray::numbers(rows, positions, values) }
    }

    fn new(
        kind: ColumnType,
        rows: usize,
        positions: ScalarBuffer<u32>,
        values: Option<ScalarBuffer<f64>>,
    ) -> SparseArray {
        debug_assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "positions ascend");
        assert!(positions.last().is_none_or(|&last| (last as usize) < rows), "positions are rows");
        SparseArray { kind, rows, positions, values, dense: OnceLock::new() }
    }

    /// Returns the rows whose values are not 0 or false, ascending.
    #[must_use]
    pub fn positions(&self) -> &ScalarBuffer<u32> {
        &self.positions
    }

    /// Returns the number at each of those rows; `None` for booleans.
    #[must_use]
    pub fn values(&self) -> Option<&ScalarBuffer<f64>> {
        self.values.as_ref()
    }

    fn array(&self) -> &ArrayRef {
        self.dense.get_or_init(|| match &self.values {
            None => {
                let mut truths = BooleanBufferBuilder::new(self.rows);
                truths.append_n(self.rows, false);
                self.positions.iter().for_each(|&row| truths.set_bit(row as usize, true));
                Arc::new(BooleanArray::new(truths.finish(), None))
            }
            Some(values) => {
                let mut numbers = vec![0.0; self.rows];
                self.positions.iter().zip(values).for_each(|(&row, &value)| numbers[row as usize] = value);
                match self.kind {
                    ColumnType::Count => {
                        Arc::new(Int64Array::from_iter_values(numbers.into_iter().map(|count| count as i64)))
                    }
                    _ => Arc::new(Float64Array::from(numbers)),
                }
            }
        })
    }

    fn memory_bytes(&self) -> u64 {
        let stored = self.positions.inner().len() + self.values.as_ref().map_or(0, |values| values.inner().len());
        (stored + size_of::<SparseArray>() + self.dense.get().map_or(0, |array| array.get_array_memory_size())) as u64
    }

    fn slice(&self, start: usize, count: usize) -> SparseArray {
        let place = |row: usize| self.positions.partition_point(|&position| (position as usize) < row);
        let (first, last) = (place(start), place(start + count));
        let positions = self.positions[first..last].iter().map(|position| position - start as u32).collect();
        SparseArray::new(
            self.kind,
            count,
            positions,
            self.values.as_ref().map(|values| values.slice(first, last - first)),
        )
    }

    /// Moves the values to other rows: `moved` maps each row to its new positions, ascending.
    pub(super) fn moved(&self, rows: usize, moved: &Moved) -> SparseArray {
        let mut stored: Vec<(u32, usize)> = Vec::with_capacity(self.positions.len());
        for (index, &row) in self.positions.iter().enumerate() {
            stored.extend(moved.places(row).iter().map(|&place| (place, index)));
        }
        stored.sort_unstable();
        let values = self.values.as_ref().map(|values| stored.iter().map(|(_, index)| values[*index]).collect());
        SparseArray::new(self.kind, rows, stored.into_iter().map(|(place, _)| place).collect(), values)
    }

    /// Concatenates the rows of all parts.
    pub(super) fn concat(parts: &[&SparseArray]) -> SparseArray {
        let (mut rows, mut positions) = (0, Vec::new());
        for part in parts {
            positions.extend(part.positions.iter().map(|position| position + rows as u32));
            rows += part.rows;
        }
        let values: Option<Vec<&ScalarBuffer<f64>>> = parts.iter().map(|part| part.values.as_ref()).collect();
        let values = values.map(|values| values.into_iter().flat_map(|values| values.iter().copied()).collect());
        SparseArray::new(parts.first().map_or(ColumnType::Bool, |part| part.kind), rows, positions.into(), values)
    }
}

/// The new positions of each row when rows are gathered: several, one, or none.
pub(super) struct Moved {
    /// Start of the positions of each row in `places`.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl Moved {
    /// Creates the mapping for gathering `taken` from a table with `rows` rows.
    pub(super) fn new(rows: usize, taken: &[u32]) -> Moved {
        let mut starts = vec![0; rows + 1];
        taken.iter().for_each(|&row| starts[row as usize + 1] += 1);
        (0..rows).for_each(|row| starts[row + 1] += starts[row]);
        let (mut next, mut places) = (starts.clone(), vec![0; taken.len()]);
        for (place, &row) in taken.iter().enumerate() {
            places[next[row as usize] as usize] = place as u32;
            next[row as usize] += 1;
        }
        Moved { starts, places }
    }

    fn places(&self, row: u32) -> &[u32] {
        &self.places[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }
}

/// The values of all columns of a table.
#[derive(Debug, Clone)]
pub(super) enum Arrays {
    /// Arrays, one per column.
    Dense(Vec<ArrayRef>),
    /// Columns some of which are sparse, and the arrays of all, computed on first use.
    Mixed(Vec<Stored>, OnceLock<Vec<ArrayRef>>),
}

impl Arrays {
    pub(super) fn all(&self) -> &[ArrayRef] {
        match self {
            Arrays::Dense(arrays) => arrays,
            Arrays::Mixed(stored, all) => {
                all.get_or_init(|| stored.iter().map(|column| column.array().clone()).collect())
            }
        }
    }

    pub(super) fn at(&self, position: usize) -> &ArrayRef {
        match self {
            Arrays::Dense(arrays) => &arrays[position],
            Arrays::Mixed(stored, _) => stored[position].array(),
        }
    }

    pub(super) fn stored(&self, position: usize) -> Stored {
        match self {
            Arrays::Dense(arrays) => Stored::Array(arrays[position].clone()),
            Arrays::Mixed(stored, _) => stored[position].clone(),
        }
    }

    pub(super) fn into_stored(self) -> Vec<Stored> {
        match self {
            Arrays::Dense(arrays) => arrays.into_iter().map(Stored::Array).collect(),
            Arrays::Mixed(stored, _) => stored,
        }
    }
}

impl From<Vec<Stored>> for Arrays {
    fn from(stored: Vec<Stored>) -> Arrays {
        if stored.iter().any(|column| column.sparse().is_some()) {
            return Arrays::Mixed(stored, OnceLock::new());
        }
        Arrays::Dense(stored.into_iter().map(Stored::into_array).collect())
    }
}
