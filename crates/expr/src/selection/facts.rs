//! Facts about the values of columns that selections depend on: missing and distinct counts.

use super::{Class, Fact};
use arrow_array::Array;
use pipewright_diagnostic::Failure;
use pipewright_table::text::text_of;
use pipewright_table::{Chunks, Table, for_each_chunk};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Facts about every feature.
pub(super) struct Facts {
    rows: u64,
    columns: Vec<Known>,
}

struct Known {
    name: Arc<str>,
    missing: u64,
    distinct: Distinct,
}

/// Distinct values, counted up to a bound.
#[derive(Default)]
struct Distinct {
    values: BTreeSet<String>,
    is_beyond: bool,
}

/// Maximum number of distinct values that are counted.
const DISTINCT_MAX: usize = 100_000;

impl Distinct {
    fn add(&mut self, value: String) {
        if !self.is_beyond {
            self.values.insert(value);
            self.keep_bound();
        }
    }

    fn merge(&mut self, other: Distinct) {
        self.is_beyond |= other.is_beyond;
        if !self.is_beyond {
            self.values.extend(other.values);
        }
        self.keep_bound();
    }

    fn keep_bound(&mut self) {
        if self.is_beyond || self.values.len() > DISTINCT_MAX {
            self.is_beyond = true;
            self.values.clear();
        }
    }

    /// Returns their number; `None` if there are too many to count.
    fn count(&self) -> Option<u64> {
        (!self.is_beyond).then_some(self.values.len() as u64)
    }
}

impl Facts {
    pub(super) fn of(rows: &dyn Chunks) -> Result<Facts, Failure> {
        let schema = rows.schema();
        let features = schema.columns().filter(|column| Class::Features.holds(column));
        let names: Vec<Arc<str>> = features.map(|column| column.name.clone()).collect();
        let unseen = |name: &Arc<str>| Known { name: name.clone(), missing: 0, distinct: Distinct::default() };
        let nothing = || Facts { rows: 0, columns: names.iter().map(unseen).collect() };
        let mut whole = nothing();
        let observe = |index| {
            let mut part = nothing();
            part.observe(&rows.chunk(index)?)?;
            Ok(part)
        };
        for_each_chunk(rows, observe, |part: Facts| {
            whole.merge(part);
            Ok(())
        })?;
        Ok(whole)
    }

    fn observe(&mut self, rows: &Table) -> Result<(), Failure> {
        self.rows += rows.rows() as u64;
        for known in &mut self.columns {
            let array = rows.array(&known.name)?;
            known.missing += array.null_count() as u64;
            for row in 0..array.len() {
                if known.distinct.is_beyond {
                    break;
                }
                text_of(array, row).into_iter().for_each(|value| known.distinct.add(value));
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Facts) {
        self.rows += later.rows;
        for (known, more) in self.columns.iter_mut().zip(later.columns) {
            known.missing += more.missing;
            known.distinct.merge(more.distinct);
        }
    }

    /// Returns the features for which this holds.
    pub(super) fn names(&self, fact: Fact) -> Vec<Arc<str>> {
        let holds = |known: &&Known| match fact {
            Fact::Missing(share) => known.missing > 0 && known.missing as f64 >= share * self.rows as f64,
            Fact::Constant => known.distinct.count().is_some_and(|count| count <= 1),
            Fact::Cardinality(min, max) => match known.distinct.count() {
                Some(count) => (min..=max).contains(&count),
                None => max == u64::MAX,
            },
        };
        self.columns.iter().filter(holds).map(|known| known.name.clone()).collect()
    }
}
