//! Window functions: values of the rows before (or after) a row, among those with the same key.

use super::sliding::Sliding;
use super::{ExprKind, Expression, function};
use crate::Aggregate;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, UInt32Array};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::text::text_of;
use pipewright_table::{ColumnType, Role, Schema, Table};
use std::collections::HashMap;
use std::sync::Arc;

/// A window function.
///
/// Rows with equal keys form a partition; missing keys are equal to each other. Rows are in table order, or ordered by
/// a date if the frame is a duration. Every frame ends with the row itself, except for [`WindowFunction::Lead`].
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The function.
    pub moving: WindowFunction,
    /// Its argument; `None` if rows are counted.
    pub of: Option<Expression>,
    /// The partition keys.
    pub keys: Vec<Expression>,
    /// The start of the frame.
    pub reach: FrameBound,
}

/// A window function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WindowFunction {
    /// The value a number of rows before.
    Lag(u32),
    /// The value a number of rows after.
    Lead(u32),
    /// A running aggregate up to the row; missing where the row's own value is.
    Running(Aggregate),
    /// An aggregate of the frame.
    Over(Aggregate),
}

/// The start of the frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// The first row of the partition.
    All,
    /// This many rows, including the row itself.
    Rows(u32),
    /// The rows less than a duration before the row, ordered by a date.
    Time {
        /// The duration in microseconds.
        micros: i64,
        /// The date column; if `None`, the table must have exactly one.
        by: Option<Arc<str>>,
    },
}

impl FrameBound {
    /// Returns the frame bound given by a literal, if it is one.
    #[must_use]
    pub fn of(constant: &Expression) -> Option<FrameBound> {
        match constant {
            Expression::Literal(value) => {
                let rows = value.as_f64().filter(|&rows| function::is_row_count(rows))?;
                Some(FrameBound::Rows(rows as u32))
            }
            Expression::Moment(ExprKind::Duration, micros) if *micros > 0 => {
                Some(FrameBound::Time { micros: *micros, by: None })
            }
            _ => None,
        }
    }

    /// Returns the date column that orders a time window: the given one, otherwise that of the role time, otherwise the
    /// only date.
    ///
    /// # Errors
    /// [`code::TYPE_MISMATCH`] if it is not a date; [`code::MISSING_ARGUMENT`] if none is given and there is not
    /// exactly one.
    pub(super) fn time_column(by: Option<&str>, schema: &Schema) -> Result<Arc<str>, Failure> {
        if let Some(name) = by {
            let column = schema.column(name)?;
            if column.kind == ColumnType::Date {
                return Ok(column.name.clone());
            }
            let message = format!("a time window needs dates, but `{name}` holds {}", column.kind);
            return Err(Failure::new(code::TYPE_MISMATCH, message).column(name));
        }
        let dates = || schema.columns().filter(|column| column.kind == ColumnType::Date);
        if let Some(time) = dates().find(|column| column.role == Role::Time) {
            return Ok(time.name.clone());
        }
        let mut dates = dates();
        match (dates.next(), dates.next()) {
            (Some(only), None) => Ok(only.name.clone()),
            (first, _) => {
                let how_many = if first.is_some() { "several date columns" } else { "no date column" };
                let message = format!("a time window needs a date, but there are {how_many}");
                let message = message.replace("are no date", "is no date");
                Err(Failure::new(code::MISSING_ARGUMENT, message).help("name it among the keys: over(key, date, 30d)"))
            }
        }
    }
}

impl Window {
    /// Returns the column that orders it.
    pub(super) fn time(&self) -> Option<&Arc<str>> {
        match &self.reach {
            FrameBound::Time { by, .. } => by.as_ref(),
            _ => None,
        }
    }

    /// Returns the window with all columns explicit: the only date of the table, and a date among the keys of a time
    /// window, which is its order rather than a key.
    pub(super) fn resolved(&self, schema: &Schema) -> Result<Window, Failure> {
        let of = self.of.as_ref().map(|of| of.resolved(schema)).transpose()?;
        let FrameBound::Time { micros, by } = &self.reach else { return Ok(Window { of, ..self.clone() }) };
        let is_date = |key: &Expression| {
            let Expression::Column(name) = key else { return None };
            schema.find(name).filter(|column| column.kind == ColumnType::Date).map(|column| column.name.clone())
        };
        let named = by.clone().or_else(|| self.keys.iter().find_map(is_date));
        let time = FrameBound::time_column(named.as_deref(), schema)?;
        let is_order = |key: &Expression| matches!(key, Expression::Column(name) if *name == time);
        let keys = match by {
            Some(_) => self.keys.clone(),
            None => self.keys.iter().filter(|key| !is_order(key)).cloned().collect(),
        };
        let reach = FrameBound::Time { micros: *micros, by: Some(time) };
        Ok(Window { moving: self.moving, of, keys, reach })
    }

    /// Evaluates it for every row, stored as a column of `kind`.
    pub(super) fn evaluate(&self, table: &Table, kind: ColumnType) -> Result<ArrayRef, Failure> {
        let window = self.resolved(&table.schema())?;
        let values = window.of.as_ref().map(|of| of.evaluate(table)).transpose()?;
        let groups = window.groups(table)?;
        match (window.moving, values) {
            (WindowFunction::Lag(rows), Some(values)) => Ok(shifted(&values, &groups, -i64::from(rows))),
            (WindowFunction::Lead(rows), Some(values)) => Ok(shifted(&values, &groups, i64::from(rows))),
            (WindowFunction::Running(aggregate) | WindowFunction::Over(aggregate), values) => {
                let mut sliding = Sliding::new(aggregate, values.as_ref(), table.rows(), kind)?;
                let time = window.times(table)?;
                for group in &groups {
                    window.slide(group, time.as_deref(), &mut sliding);
                }
                let own = values.filter(|_| matches!(window.moving, WindowFunction::Running(_)));
                Ok(sliding.array(own.as_ref(), &kind.storage()))
            }
            (WindowFunction::Lag(_) | WindowFunction::Lead(_), None) => unreachable!("a shift is of something"),
        }
    }

    /// Returns the rows of each partition; partitions in order of their first rows, each in its order.
    fn groups(&self, table: &Table) -> Result<Vec<Vec<u32>>, Failure> {
        let mut places = vec![0_u32; table.rows()];
        let mut count = u32::from(table.rows() > 0);
        for key in &self.keys {
            let values = key.evaluate(table)?;
            // Lookup only: partitions are numbered in the order of their first rows.
            let mut known: HashMap<(u32, Option<String>), u32> = HashMap::new();
            for (row, place) in places.iter_mut().enumerate() {
                let next = known.len() as u32;
                *place = *known.entry((*place, text_of(&values, row))).or_insert(next);
            }
            count = known.len() as u32;
        }
        let mut groups = vec![Vec::new(); count as usize];
        for (row, place) in places.into_iter().enumerate() {
            groups[place as usize].push(row as u32);
        }
        if let Some(time) = self.times(table)? {
            groups.iter_mut().for_each(|group| group.sort_by_key(|&row| time[row as usize]));
        }
        Ok(groups)
    }

    /// Returns the moment of each row, if needed.
    fn times(&self, table: &Table) -> Result<Option<Vec<Option<i64>>>, Failure> {
        let Some(name) = self.time() else { return Ok(None) };
        Ok(Some(table.array(name)?.as_primitive::<TimestampMicrosecondType>().iter().collect()))
    }

    /// Slides the window over the rows of a partition.
    fn slide(&self, group: &[u32], time: Option<&[Option<i64>]>, sliding: &mut Sliding) {
        let mut first = 0;
        for (last, &row) in group.iter().enumerate() {
            let now = time.map(|time| time[row as usize]);
            // Rows without a moment come first, and are in no time window.
            if now == Some(None) {
                first = last + 1;
                continue;
            }
            sliding.enter(row);
            let is_out = |earlier: usize| match (&self.reach, now) {
                (FrameBound::Rows(rows), _) => last - earlier >= *rows as usize,
                (FrameBound::Time { micros, .. }, Some(Some(now))) => {
                    let then = time.and_then(|time| time[group[earlier] as usize]).unwrap_or(i64::MIN);
                    now.saturating_sub(then) >= *micros
                }
                _ => false,
            };
            while first < last && is_out(first) {
                sliding.leave(group[first]);
                first += 1;
            }
            sliding.note(row);
        }
        group[first.min(group.len())..].iter().for_each(|&row| sliding.leave(row));
    }
}

/// Returns the value `by` rows further on in the partition of each row.
fn shifted(values: &ArrayRef, groups: &[Vec<u32>], by: i64) -> ArrayRef {
    let mut places: Vec<Option<u32>> = vec![None; values.len()];
    for group in groups {
        for (place, &row) in group.iter().enumerate() {
            let other = usize::try_from(place as i64 + by).ok();
            places[row as usize] = other.and_then(|other| group.get(other)).copied();
        }
    }
    taken(values, places)
}

/// Gathers the values at these positions.
pub(super) fn taken(values: &ArrayRef, places: Vec<Option<u32>>) -> ArrayRef {
    arrow_select::take::take(values.as_ref(), &UInt32Array::from(places), None).expect("places lie in the values")
}

#[cfg(test)]
mod tests;
