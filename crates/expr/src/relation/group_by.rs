//! Group-by with expressions: aggregates of row-wise expressions, and arithmetic over them.

use super::{Grouping, Measure, of_different, sources};
use crate::{Assign, Expression};
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, Entry, Role, Schema, Table};
use std::sync::Arc;

/// Group-by: one row per distinct combination of keys, with columns of expressions over aggregates: `mean(fare)`,
/// `sum(price * count) / sum(count)`, `max(day) - min(day)`. Outside of aggregates an expression may only read the
/// keys. Implemented by a [`Grouping`].
///
/// ```
/// use pipewright_frame::{Aggregate, Arithmetic, Assign, Expression, GroupBy, ReadOptions, csv};
/// let (table, _) = csv::read(b"city,fare\nOslo,3\nBonn,8\nOslo,5\n", &ReadOptions::new("t.csv")).unwrap();
/// let of = |aggregate| Expression::Aggregate(aggregate, Some(Box::new(Expression::column("fare"))));
/// let range = of(Aggregate::Max).arithmetic(Arithmetic::Subtract, of(Aggregate::Min));
/// let by = GroupBy { keys: vec!["city".into()], assigns: vec![Assign { name: "range".into(), expression: range }] };
/// assert_eq!(by.apply(&table).unwrap().numbers(&["range".into()]).unwrap(), [2.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GroupBy {
    /// The key columns.
    pub keys: Vec<Arc<str>>,
    /// The columns computed per group.
    pub assigns: Vec<Assign>,
}

/// The steps of a [`GroupBy`] over tables of one schema.
struct Parts {
    /// Row-wise expressions computed first.
    inputs: Vec<(Column, Expression)>,
    grouping: Grouping,
    /// Expressions over keys and measures, computed per group.
    outputs: Vec<(Arc<str>, Expression)>,
}

/// Returns the name of an intermediate column; no name of a file contains this character.
fn between(what: &str, place: usize, number: usize) -> Arc<str> {
    format!("\u{1}{what} {place} {number}").into()
}

impl GroupBy {
    /// Returns the output schema of [`GroupBy::apply`]: the keys unchanged, then a feature per expression, whose
    /// sources are the columns that it reads and the keys.
    ///
    /// # Errors
    /// As [`Grouping::schema`] and [`Expression::kind`]; [`code::TYPE_MISMATCH`] for a column outside of aggregates
    /// that is not a key.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let parts = self.parts(input)?;
        let grouped = parts.grouping.schema(&with(input, &parts.inputs))?;
        let keys = self.keys.iter().map(|name| grouped.column(name).cloned());
        let made = parts.outputs.iter().map(|(name, rest)| made(name, rest, &grouped));
        of_different(keys.chain(made).map(|column| column.map(Entry::Column)).collect::<Result<_, _>>()?)
    }

    /// Groups a table.
    ///
    /// # Errors
    /// As [`GroupBy::schema`] and [`Grouping::apply`].
    pub fn apply(&self, table: &Table) -> Result<Table, Failure> {
        let schema = self.schema(&table.schema())?;
        let parts = self.parts(&table.schema())?;
        let mut rows = table.clone();
        for (column, expression) in &parts.inputs {
            rows = rows.with_column(column.clone(), expression.evaluate(table)?)?;
        }
        let grouped = parts.grouping.apply(&rows)?;
        let keys = self.keys.iter().map(|name| grouped.array(name).cloned());
        let made = parts.outputs.iter().map(|(_, rest)| match rest {
            Expression::Column(name) => grouped.array(name).cloned(),
            rest => rest.evaluate(&grouped),
        });
        let arrays = keys.chain(made).collect::<Result<Vec<ArrayRef>, Failure>>()?;
        Table::with_rows(schema.columns().cloned().collect(), arrays, grouped.rows())
    }

    fn parts(&self, input: &Schema) -> Result<Parts, Failure> {
        let (mut inputs, mut measures, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (place, assign) in self.assigns.iter().enumerate() {
            let value = |number| between("value", place, number).to_string();
            let (aggregates, rest) = assign.expression.split_aggregates(value);
            self.check(&rest, &assign.name)?;
            for (number, (aggregate, of)) in aggregates.into_iter().enumerate() {
                let column = match of {
                    None => None,
                    Some(Expression::Column(name)) => Some(name),
                    Some(expression) => {
                        let name = between("input", place, number);
                        inputs.push((made(&name, &expression, input)?, expression));
                        Some(name)
                    }
                };
                measures.push(Measure { name: between("value", place, number), aggregate, column });
            }
            outputs.push((assign.name.clone(), rest));
        }
        Ok(Parts { inputs, grouping: Grouping { keys: self.keys.clone(), measures }, outputs })
    }

    /// An expression outside of its aggregates must only read its group.
    fn check(&self, rest: &Expression, name: &str) -> Result<(), Failure> {
        let mismatch = |message: String| Failure::new(code::TYPE_MISMATCH, message).column(name);
        if rest.learns() || rest.looks_around() {
            return Err(mismatch(format!("`{name}` reads rows outside its group")));
        }
        let is_value = |name: &str| name.starts_with('\u{1}') || self.keys.iter().any(|key| &**key == name);
        match rest.columns().into_iter().find(|name| !is_value(name)) {
            None => Ok(()),
            Some(column) => {
                let message = format!("`{column}` has one value per row; a group needs an aggregate");
                Err(Failure::new(code::TYPE_MISMATCH, message)
                    .column(&*column)
                    .help(format!("use one, such as mean({column}) or first({column})")))
            }
        }
    }
}

/// Returns a schema with the columns that are computed first.
fn with(input: &Schema, inputs: &[(Column, Expression)]) -> Schema {
    let inputs = inputs.iter().map(|(column, _)| Entry::Column(column.clone()));
    Schema::with_entries(input.entries().iter().cloned().chain(inputs).collect())
}

/// Returns the column that an expression creates; a plain column keeps its type.
fn made(name: &Arc<str>, expression: &Expression, schema: &Schema) -> Result<Column, Failure> {
    let kind = match expression {
        Expression::Column(of) => schema.column(of)?.kind,
        other => other.kind(schema)?.column_kind(),
    };
    let read = expression.columns();
    let read = read.iter().map(|name| schema.column(name)).collect::<Result<Vec<_>, _>>()?;
    Ok(Column { name: name.clone(), kind, role: Role::Feature, sources: sources(read.into_iter()) })
}
