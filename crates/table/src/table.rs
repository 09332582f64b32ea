//! Tables: a schema and the values of each column, as an Arrow array or sparse.

mod batch;
mod show;
mod stored;

pub use batch::IntoTable;
pub use show::{shortened, width_of};
pub use stored::{SparseArray, Stored};

use crate::schema::unknown_column;
use crate::{Column, Origin, Role, Schema};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use stored::{Arrays, Moved};

/// A table: named columns of equal length. Cloning is cheap: the arrays are shared.
///
/// ```
/// use arrow_array::{ArrayRef, Float64Array};
/// use pipewright_frame::{Column, ColumnType, Table};
/// use std::sync::Arc;
/// let ages: ArrayRef = Arc::new(Float64Array::from(vec![Some(38.0), None]));
/// let table = Table::new(vec![Column::new("age", ColumnType::Continuous)], vec![ages]).unwrap();
/// assert_eq!(table.rows(), 2);
/// assert_eq!(table.numbers(&["age".into()]).unwrap_err().place.row, Some(2));
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    columns: Arc<[Column]>,
    /// The index of each name in `columns`.
    places: Arc<BTreeMap<Arc<str>, usize>>,
    arrays: Arrays,
    rows: usize,
    origin: Option<Arc<Origin>>,
}

/// Two tables are equal if their columns and, bit for bit, their values are equal.
impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.rows == other.rows
            && self.columns == other.columns
            && self.arrays().iter().zip(other.arrays()).all(|(left, right)| left.to_data() == right.to_data())
    }
}

impl Table {
    /// Creates a table from columns and their values.
    ///
    /// # Errors
    /// [`code::DUPLICATE_COLUMN`] for a name that occurs twice; [`code::BUG`] if lengths differ or the storage of an
    /// array does not match its type. Texts with 32-bit offsets (`StringArray`) are converted to 64-bit ones.
    pub fn new(columns: Vec<Column>, arrays: Vec<ArrayRef>) -> Result<Table, Failure> {
        let rows = arrays.first().map_or(0, |array| array.len());
        Table::with_rows(columns, arrays, rows)
    }

    /// Like [`Table::new`], for a table that may have no columns.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn with_rows(columns: Vec<Column>, arrays: Vec<ArrayRef>, rows: usize) -> Result<Table, Failure> {
        Table::with_stored(columns, arrays.into_iter().map(Stored::Array).collect(), rows)
    }

    /// Like [`Table::with_rows`], for columns some of which may be sparse.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn with_stored(columns: Vec<Column>, mut arrays: Vec<Stored>, rows: usize) -> Result<Table, Failure> {
        if columns.len() != arrays.len() {
            return Err(Failure::new(code::BUG, format!("{} columns, {} arrays", columns.len(), arrays.len())));
        }
        let mut places = BTreeMap::new();
        for (place, (column, array)) in columns.iter().zip(&mut arrays).enumerate() {
            if places.insert(column.name.clone(), place).is_some() {
                let message = format!("two columns are named `{}`", column.name);
                return Err(Failure::new(code::DUPLICATE_COLUMN, message).column(&*column.name));
            }
            if let Stored::Array(array) = array
                && *array.data_type() == DataType::Utf8
                && column.kind.is_string()
            {
                *array = Arc::new(batch::with_long_offsets(array.as_string()));
            }
            if !array.fits(column.kind) {
                let message = format!("a column of type {} is stored as {}", column.kind, array.array().data_type());
                return Err(Failure::new(code::BUG, message).column(&*column.name));
            }
            if array.rows() != rows {
                let message = format!("a column has {} values, the table {rows} rows", array.rows());
                return Err(Failure::new(code::BUG, message).column(&*column.name));
            }
        }
        Ok(Table { columns: columns.into(), places: Arc::new(places), arrays: arrays.into(), rows, origin: None })
    }

    /// Creates a table of these columns without rows; open groups have no columns.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn empty(schema: &Schema) -> Result<Table, Failure> {
        let columns: Vec<Column> = schema.columns().cloned().collect();
        let arrays = columns.iter().map(|column| arrow_array::new_empty_array(&column.kind.storage())).collect();
        Table::with_rows(columns, arrays, 0)
    }

    /// Returns the size of its values in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        match &self.arrays {
            Arrays::Dense(arrays) => arrays.iter().map(|array| array.get_array_memory_size() as u64).sum(),
            Arrays::Mixed(stored, _) => stored.iter().map(Stored::memory_bytes).sum(),
        }
    }

    /// Returns its columns and their values.
    pub fn into_parts(self) -> (Arc<[Column]>, Vec<Stored>) {
        (self.columns, self.arrays.into_stored())
    }

    /// Replaces the values of all columns.
    fn with_arrays(&self, arrays: Arrays, rows: usize) -> Table {
        Table { columns: self.columns.clone(), places: self.places.clone(), arrays, rows, origin: self.origin.clone() }
    }

    /// Returns the schema.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::new(self.columns.iter().cloned())
    }

    /// Returns the origin, if it was read from a file.
    #[must_use]
    pub fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }

    /// Sets the origin.
    #[must_use]
    pub fn with_origin(self, origin: Option<Arc<Origin>>) -> Table {
        Table { origin, ..self }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the values, one array per column; sparse columns are converted to arrays on first use.
    #[must_use]
    pub fn arrays(&self) -> &[ArrayRef] {
        self.arrays.all()
    }

    /// Finds a column and its values by name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&Column, &ArrayRef)> {
        let position = *self.places.get(name)?;
        Some((&self.columns[position], self.arrays.at(position)))
    }

    /// Returns the values of a column.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn array(&self, name: &str) -> Result<&ArrayRef, Failure> {
        Ok(self.arrays.at(self.position(name)?))
    }

    /// Returns the values of a column in their storage format.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn stored(&self, name: &str) -> Result<Stored, Failure> {
        Ok(self.arrays.stored(self.position(name)?))
    }

    /// Returns a column by name.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn column(&self, name: &str) -> Result<&Column, Failure> {
        Ok(&self.columns[self.position(name)?])
    }

    /// Returns the target column.
    #[must_use]
    pub fn target(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.role == Role::Target)
    }

    /// Returns the names of the features, in order.
    #[must_use]
    pub fn features(&self) -> Vec<Arc<str>> {
        let features = self.columns.iter().filter(|column| column.role == Role::Feature);
        features.map(|column| column.name.clone()).collect()
    }

    fn position(&self, name: &str) -> Result<usize, Failure> {
        let position = self.places.get(name).copied();
        position.ok_or_else(|| unknown_column(name, self.columns.iter().map(|column| &*column.name)))
    }
}

/// Row operations.
impl Table {
    /// Gathers the rows at these positions, in this order; a row may occur more than once.
    ///
    /// # Panics
    /// If a position is not below [`Table::rows`].
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Table {
        assert!(rows.iter().all(|&row| (row as usize) < self.rows), "positions lie in the table");
        let positions = UInt32Array::from(rows.to_vec());
        let gather = |array: &ArrayRef| {
            arrow_select::take::take(array.as_ref(), &positions, None).expect("positions lie in the table")
        };
        let moved = self.has_sparse().then(|| Moved::new(self.rows, rows));
        let gather_sparse = |sparse: &SparseArray| {
            sparse.moved(rows.len(), moved.as_ref().expect("rows move where a column is sparse"))
        };
        self.with_arrays(self.map_arrays(gather, gather_sparse), rows.len())
    }

    /// Returns `count` rows from row `start` (from 0), without copying.
    ///
    /// # Panics
    /// If the range is out of bounds.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Table {
        assert!(start + count <= self.rows, "the slice lies in the table");
        let arrays = match &self.arrays {
            Arrays::Dense(arrays) => Arrays::Dense(arrays.iter().map(|array| array.slice(start, count)).collect()),
            Arrays::Mixed(stored, _) => {
                stored.iter().map(|column| column.slice(start, count)).collect::<Vec<Stored>>().into()
            }
        };
        self.with_arrays(arrays, count)
    }

    /// Returns the first `count` rows, or all if there are fewer.
    #[must_use]
    pub fn head(&self, count: usize) -> Table {
        self.slice(0, count.min(self.rows))
    }

    /// Returns the last `count` rows, or all if there are fewer.
    #[must_use]
    pub fn tail(&self, count: usize) -> Table {
        let count = count.min(self.rows);
        self.slice(self.rows - count, count)
    }

    /// Keeps the rows where `keep` is true; null counts as false.
    ///
    /// # Panics
    /// If the length of `keep` is not the number of rows.
    #[must_use]
    pub fn filter(&self, keep: &BooleanArray) -> Table {
        assert_eq!(keep.len(), self.rows, "one decision per row");
        let keep = match keep.nulls() {
            Some(_) => arrow_select::filter::prep_null_mask_filter(keep),
            None => keep.clone(),
        };
        let predicate = arrow_select::filter::FilterBuilder::new(&keep).optimize().build();
        let choose = |array: &ArrayRef| predicate.filter(array.as_ref()).expect("one decision a row");
        if self.has_sparse() {
            let kept: Vec<u32> = keep.values().set_indices_u32().collect();
            return self.take(&kept);
        }
        self.with_arrays(self.map_arrays(choose, |_| unreachable!("no column is sparse")), predicate.count())
    }

    /// Draws `count` rows without replacement, in table order; all if there are no more.
    #[must_use]
    pub fn sample(&self, count: usize, key: Key) -> Table {
        if count >= self.rows {
            return self.clone();
        }
        let mut rows = key.permutation(self.rows);
        rows.truncate(count);
        rows.sort_unstable();
        self.take(&rows)
    }

    /// Concatenates the rows of all tables.
    ///
    /// # Errors
    /// [`code::KIND_CHANGED`] if their columns differ; [`code::EMPTY_DATA`] if there are no tables.
    pub fn concat(tables: &[Table]) -> Result<Table, Failure> {
        let Some(first) = tables.first() else { return Err(Failure::new(code::EMPTY_DATA, "there are no tables")) };
        if let Some(other) = tables.iter().find(|table| table.columns != first.columns) {
            let differs = first.columns.iter().zip(&*other.columns).find(|(left, right)| left != right);
            let name = differs.map_or("", |(column, _)| &column.name);
            return Err(Failure::new(code::KIND_CHANGED, "the tables have different columns").column(name));
        }
        let arrays = (0..first.columns.len()).map(|position| {
            let stored: Vec<Stored> = tables.iter().map(|table| table.arrays.stored(position)).collect();
            if let Some(sparse) = stored.iter().map(Stored::sparse).collect::<Option<Vec<_>>>() {
                return SparseArray::concat(&sparse).into();
            }
            let parts: Vec<&dyn Array> = stored.iter().map(|column| column.array().as_ref()).collect();
            Stored::Array(arrow_select::concat::concat(&parts).expect("the columns are of one kind"))
        });
        let rows = tables.iter().map(Table::rows).sum();
        Ok(first.with_arrays(arrays.collect::<Vec<Stored>>().into(), rows))
    }

    fn has_sparse(&self) -> bool {
        matches!(self.arrays, Arrays::Mixed(..))
    }

    fn map_arrays(
        &self,
        change: impl Fn(&ArrayRef) -> ArrayRef + Sync + Send,
        change_sparse: impl Fn(&SparseArray) -> SparseArray + Sync + Send,
    ) -> Arrays {
        let changed = |column: &Stored| match column {
            Stored::Array(array) => Stored::Array(change(array)),
            Stored::Sparse(sparse) => change_sparse(sparse).into(),
        };
        match &self.arrays {
            Arrays::Dense(arrays) => Arrays::Dense(arrays.par_iter().map(change).collect()),
            Arrays::Mixed(stored, _) => stored.par_iter().map(changed).collect::<Vec<Stored>>().into(),
        }
    }
}

/// Column operations.
impl Table {
    /// Selects columns, in the order of the names.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`], [`code::DUPLICATE_COLUMN`].
    pub fn select(&self, names: &[impl AsRef<str>]) -> Result<Table, Failure> {
        let positions = names.iter().map(|name| self.position(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let columns = positions.iter().map(|&position| self.columns[position].clone()).collect();
        let arrays = positions.iter().map(|&position| self.arrays.stored(position)).collect();
        Ok(Table::with_stored(columns, arrays, self.rows)?.with_origin(self.origin.clone()))
    }

    /// Drops columns.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn drop(&self, names: &[impl AsRef<str>]) -> Result<Table, Failure> {
        let dropped = names.iter().map(|name| self.position(name.as_ref())).collect::<Result<BTreeSet<_>, _>>()?;
        let kept = || (0..self.columns.len()).filter(|position| !dropped.contains(position));
        let columns = kept().map(|position| self.columns[position].clone()).collect();
        let arrays = kept().map(|position| self.arrays.stored(position)).collect();
        Ok(Table::with_stored(columns, arrays, self.rows)?.with_origin(self.origin.clone()))
    }

    /// Sets the role of one column. A table has one target: the previous one becomes a feature.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`].
    pub fn with_role(&self, name: &str, role: Role) -> Result<Table, Failure> {
        let position = self.position(name)?;
        let mut columns = self.columns.to_vec();
        if role == Role::Target {
            for column in columns.iter_mut().filter(|column| column.role == Role::Target) {
                column.role = Role::Feature;
            }
        }
        columns[position].role = role;
        Ok(Table { columns: columns.into(), ..self.clone() })
    }

    /// Appends a column, or replaces the column of that name.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn with_column(&self, column: Column, array: ArrayRef) -> Result<Table, Failure> {
        let (mut columns, mut arrays) = (self.columns.to_vec(), self.arrays.clone().into_stored());
        let array = Stored::Array(array);
        match columns.iter().position(|other| other.name == column.name) {
            Some(position) => (columns[position], arrays[position]) = (column, array),
            None => {
                columns.push(column);
                arrays.push(array);
            }
        }
        Ok(Table::with_stored(columns, arrays, self.rows)?.with_origin(self.origin.clone()))
    }

    /// Appends a null column, or replaces the column of that name.
    ///
    /// # Errors
    /// As [`Table::new`].
    pub fn with_nulls(&self, column: Column) -> Result<Table, Failure> {
        let array = arrow_array::new_null_array(&column.kind.storage(), self.rows);
        self.with_column(column, array)
    }

    /// Replaces each column by the results of `change`.
    ///
    /// # Errors
    /// Those of `change`, and as [`Table::new`].
    pub fn map_columns(
        &self,
        mut change: impl FnMut(&Column, &Stored) -> Result<Vec<(Column, Stored)>, Failure>,
    ) -> Result<Table, Failure> {
        let (mut columns, mut arrays) = (Vec::new(), Vec::new());
        for (position, column) in self.columns.iter().enumerate() {
            for (column, array) in change(column, &self.arrays.stored(position))? {
                columns.push(column);
                arrays.push(array);
            }
        }
        Ok(Table::with_stored(columns, arrays, self.rows)?.with_origin(self.origin.clone()))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(10, 100))
    }
}

#[cfg(test)]
mod tests;
