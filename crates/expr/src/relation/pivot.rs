//! Pivot: a key column and a value column become one column per key.

use super::aggregates::Aggregating;
use crate::Aggregate;
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code, room_for};
use pipewright_table::rows::{Groups, Keys, NONE, Values, gather};
use pipewright_table::text::text_of;
use pipewright_table::{Column, Entry, Role, Schema, Table};
use rayon::prelude::*;
use std::sync::Arc;

/// Creates one column per value of `key`, filled with `value`, and one row per distinct combination of the other
/// columns. Rows are in order of first appearance; the new columns follow the others, in the order of the key's values:
/// `key=level`, and `key (missing)` for missing keys. Each is derived from a part of the values, so they count as
/// unrelated.
///
/// If no row has the key, the value is missing. If several do, they are aggregated.
///
/// ```
/// use pipewright_frame::{Aggregate, Pivot, ReadOptions, csv};
/// let text = "city,year,rain\nOslo,2023,7\nOslo,2024,8\nBonn,2024,6\n";
/// let (table, _) = csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
/// let pivot = Pivot { key: "year".into(), value: "rain".into(), aggregate: Some(Aggregate::Sum) };
/// let wide = pivot.apply(&table).unwrap();
/// assert_eq!(wide.numbers(&["year=2024".into()]).unwrap(), [8.0, 6.0]);
/// assert_eq!(wide.array("year=2023").unwrap().null_count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Pivot {
    /// The column whose values become column names.
    pub key: Arc<str>,
    /// The column whose values fill them.
    pub value: Arc<str>,
    /// Aggregate of several values; without it, several are an error.
    pub aggregate: Option<Aggregate>,
}

/// Upper bound on the number of pivoted columns.
const COLUMNS_MAX: usize = 10_000;

/// Upper bound on the number of pivoted cells, nearly all of which are missing if there are that many.
const CELLS_MAX: u128 = 100_000_000;

impl Pivot {
    /// Returns the output schema of [`Pivot::apply`]: the other columns, and an open group of the key.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`]; [`code::BAD_VALUE`] if key and value are one column; as [`Aggregate::kind`].
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let (key, value) = (input.column(&self.key)?, input.column(&self.value)?);
        if key.name == value.name {
            let message = format!("`{}` cannot be both key and value", key.name);
            return Err(Failure::new(code::BAD_VALUE, message).column(&*key.name));
        }
        let kind = self.aggregate.map_or(Ok(value.kind), |aggregate| aggregate.kind(value))?;
        let is_other = |entry: &&Entry| !matches!(entry, Entry::Column(column) if self.takes(column));
        let others = input.entries().iter().filter(is_other).cloned();
        Ok(Schema::with_entries(others.chain([Entry::Open { from: self.key.clone(), kind }]).collect()))
    }

    fn takes(&self, column: &Column) -> bool {
        column.name == self.key || column.name == self.value
    }

    /// Pivots a table.
    ///
    /// # Errors
    /// As [`Pivot::schema`]; [`code::VALUE_OUT_OF_RANGE`] with the row of a second value for a cell, without an
    /// aggregate; [`code::LIMIT_REACHED`] for more than 10,000 new columns; [`code::DUPLICATE_COLUMN`] for a new column
    /// with the name of an existing one.
    pub fn apply(&self, table: &Table) -> Result<Table, Failure> {
        self.schema(&table.schema())?;
        let (value, values) = (table.column(&self.value)?, table.array(&self.value)?);
        let others = || table.columns().iter().zip(table.arrays()).filter(|(column, _)| !self.takes(column));
        let keys: Vec<Keys> = others().map(|(_, array)| Keys::of(array)).collect();
        let rows = Groups::of(&keys, table.rows());
        let names = Groups::of_column(&Keys::of(table.array(&self.key)?));
        let cells = rows.paired(&names);
        let levels = self.levels(table, &names)?;
        let over = Aggregating::over(&cells);
        if self.aggregate.is_none() {
            self.refuse_several(table, &cells)?;
        }
        let aggregated = over.column(value, values).take(self.aggregate.unwrap_or(Aggregate::Last))?;
        // A position, and a number or an offset, for each cell.
        let (lines, new) = (rows.count() as u128, names.count() as u128);
        if lines * new > CELLS_MAX {
            let message = format!("{lines} rows and {new} new columns are {} cells", lines * new);
            return Err(Failure::new(code::LIMIT_REACHED, message)
                .column(&*self.key)
                .help(format!("a pivot creates at most {CELLS_MAX} cells: group the rows, or keep fewer levels")));
        }
        let bytes = lines * new * (size_of::<u32>() + size_of::<i64>()) as u128;
        room_for(bytes, || format!("a table of {lines} rows and {new} new columns"))?;
        // The source row of each cell.
        let mut place = vec![vec![NONE; rows.count()]; names.count()];
        for (cell, &first) in cells.first.iter().enumerate() {
            place[names.codes[first as usize] as usize][rows.codes[first as usize] as usize] = cell as u32;
        }
        let kept = others().map(|(column, array)| (column.clone(), gather(array, &rows.first)));
        let mut columns: Vec<(Column, ArrayRef)> = kept.collect();
        let kind = self.aggregate.map_or(Ok(value.kind), |aggregate| aggregate.kind(value))?;
        let new = levels.par_iter().map(|(group, name)| {
            let sources = value.sources.iter().map(|source| Column::part_of(source, name)).collect();
            let column = Column { name: name.clone(), kind, role: Role::Feature, sources };
            (column, gather(&aggregated, &place[*group]))
        });
        columns.extend(new.collect::<Vec<_>>());
        let (columns, arrays) = columns.into_iter().unzip();
        Table::with_rows(columns, arrays, rows.count())
    }

    /// Returns the values of the key in order, each with its group and column name.
    fn levels(&self, table: &Table, names: &Groups) -> Result<Vec<(usize, Arc<str>)>, Failure> {
        let array = table.array(&self.key)?;
        if names.count() > COLUMNS_MAX {
            let message =
                format!("`{}` has {} distinct values, each of which would become a column", self.key, names.count());
            return Err(Failure::new(code::LIMIT_REACHED, message)
                .column(&*self.key)
                .help(format!("a pivot creates at most {COLUMNS_MAX} columns")));
        }
        let values = Values::of(table.column(&self.key)?, array);
        let mut groups: Vec<usize> = (0..names.count()).collect();
        let first = |group: usize| names.first[group] as usize;
        groups.sort_by(|&left, &right| {
            let (left, right) = (first(left), first(right));
            match (values.is_there(left), values.is_there(right)) {
                (true, true) => values.compare(left, right),
                (one, other) => other.cmp(&one),
            }
        });
        let name = |group: usize| match text_of(array, first(group)) {
            Some(level) => format!("{}={level}", self.key).into(),
            None => format!("{} (missing)", self.key).into(),
        };
        Ok(groups.into_iter().map(|group| (group, name(group))).collect())
    }

    fn refuse_several(&self, table: &Table, cells: &Groups) -> Result<(), Failure> {
        let again = (0..table.rows()).find(|&row| cells.first[cells.codes[row] as usize] as usize != row);
        let Some(row) = again else { return Ok(()) };
        let key = text_of(table.array(&self.key)?, row).unwrap_or_else(|| "missing".into());
        let message = format!("there are several values of `{}` for which `{}` is {key}", self.value, self.key);
        Err(Failure::new(code::VALUE_OUT_OF_RANGE, message)
            .column(&*self.value)
            .row(row as u64 + 1)
            .help("aggregate them: agg=mean, agg=sum, agg=first"))
    }
}
