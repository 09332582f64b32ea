//! Grouping: one row per key, with aggregates of other columns.

use super::aggregates::Aggregating;
use super::{of_different, sources};
use crate::Aggregate;
use arrow_array::ArrayRef;
use pipewright_diagnostic::Failure;
use pipewright_table::rows::{Groups, Keys, gather};
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An aggregate column of a [`Grouping`].
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Its name.
    pub name: Arc<str>,
    /// The aggregate function.
    pub aggregate: Aggregate,
    /// Its column; [`Aggregate::Rows`] needs none.
    pub column: Option<Arc<str>>,
}

impl Measure {
    /// Creates an aggregate of a column.
    pub fn new(name: impl Into<Arc<str>>, aggregate: Aggregate, column: impl Into<Arc<str>>) -> Measure {
        Measure { name: name.into(), aggregate, column: Some(column.into()) }
    }

    /// Creates a count of rows per group.
    pub fn rows(name: impl Into<Arc<str>>) -> Measure {
        Measure { name: name.into(), aggregate: Aggregate::Rows, column: None }
    }
}

/// One row per distinct combination of keys, in order of first appearance. Missing values are equal to each other and
/// form a group. The output has the key columns, then the measures.
///
/// Sums and means are exact and rounded once, so that no digit depends on the order of the rows.
///
/// ```
/// use pipewright_frame::{Aggregate, Grouping, Measure, ReadOptions, csv};
/// let (table, _) = csv::read(b"city,fare\nOslo,3\nBonn,8\nOslo,5\n", &ReadOptions::new("t.csv")).unwrap();
/// let grouping = Grouping {
///     keys: vec!["city".into()],
///     measures: vec![Measure::rows("rides"), Measure::new("fare", Aggregate::Mean, "fare")],
/// };
/// let groups = grouping.apply(&table).unwrap();
/// assert_eq!(groups.classes("city").unwrap(), ["Bonn", "Oslo"]);
/// assert_eq!(groups.numbers(&["rides".into(), "fare".into()]).unwrap(), [2.0, 1.0, 4.0, 8.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// The key columns; without any, all rows are one group.
    pub keys: Vec<Arc<str>>,
    /// The aggregates.
    pub measures: Vec<Measure>,
}

impl Grouping {
    /// Returns the output schema of [`Grouping::apply`]: the keys unchanged, then the measures, whose sources are their
    /// column and the keys.
    ///
    /// # Errors
    /// [`pipewright_diagnostic::code::UNKNOWN_COLUMN`], [`pipewright_diagnostic::code::DUPLICATE_COLUMN`], and as
    /// [`Aggregate::kind`] for a column that an aggregate does not support.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let keys: Vec<&Column> = self.keys.iter().map(|name| input.column(name)).collect::<Result<_, _>>()?;
        let measures = self.measures.iter().map(|measure| {
            let of = measure.column.as_ref().map(|name| input.column(name)).transpose()?;
            let kind = of.map_or(Ok(ColumnType::Count), |column| measure.aggregate.kind(column))?;
            let sources = sources(of.into_iter().chain(keys.iter().copied()));
            Ok(Column { name: measure.name.clone(), kind, role: Role::Feature, sources })
        });
        let measures: Vec<Column> = measures.collect::<Result<_, Failure>>()?;
        of_different(keys.into_iter().cloned().chain(measures).map(Entry::Column).collect())
    }

    /// Groups a table.
    ///
    /// # Errors
    /// As [`Grouping::schema`]; [`pipewright_diagnostic::code::NON_FINITE`] with the row of an infinite number to be
    /// summed; [`pipewright_diagnostic::code::VALUE_OUT_OF_RANGE`] if a sum of whole numbers overflows 64 bits.
    pub fn apply(&self, table: &Table) -> Result<Table, Failure> {
        let schema = self.schema(&table.schema())?;
        let keys: Vec<Keys> = self.keys.iter().map(|name| table.array(name).map(Keys::of)).collect::<Result<_, _>>()?;
        let groups = Groups::of(&keys, table.rows());
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.entries().len());
        for name in &self.keys {
            arrays.push(gather(table.array(name)?, &groups.first));
        }
        arrays.extend(self.measured(table, &groups)?);
        Table::with_rows(schema.columns().cloned().collect(), arrays, groups.count())
    }

    /// Computes the measures, in order.
    fn measured(&self, table: &Table, groups: &Groups) -> Result<Vec<ArrayRef>, Failure> {
        let over = Aggregating::over(groups);
        let mut by_column: BTreeMap<Option<&Arc<str>>, Vec<usize>> = BTreeMap::new();
        for (place, measure) in self.measures.iter().enumerate() {
            by_column.entry(measure.column.as_ref()).or_default().push(place);
        }
        let by_column: Vec<_> = by_column.into_iter().collect();
        let measured = by_column.par_iter().map(|(name, places)| {
            let Some(name) = name else { return Ok(places.iter().map(|&place| (place, over.rows())).collect()) };
            let column = over.column(table.column(name)?, table.array(name)?);
            let take = |&place: &usize| Ok((place, column.take(self.measures[place].aggregate)?));
            places.iter().map(take).collect::<Result<Vec<_>, Failure>>()
        });
        let parts: Vec<Result<Vec<(usize, ArrayRef)>, Failure>> = measured.collect();
        let mut arrays: Vec<(usize, ArrayRef)> = parts.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        arrays.sort_by_key(|(place, _)| *place);
        Ok(arrays.into_iter().map(|(_, array)| array).collect())
    }
}
