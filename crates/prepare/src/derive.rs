//! New columns from expressions, one after another: aggregates are learned and become constants, the rest is evaluated
//! on any rows.

use crate::State;
use crate::columns::bad_state;
use crate::estimator::{approximate, numbers_within};
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::{Accumulator, Assign, ExprKind, Expression};
use pipewright_table::TextArray;
use pipewright_table::{Chunks, Column, ColumnType, Entry, Role, Schema, Table, for_each_chunk, in_table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Computes columns from expressions. Later ones may read earlier ones.
///
/// Aggregates ([`Expression::Aggregate`], [`Expression::Score`]) are learned from the rows it is fitted on, in one pass
/// per assignment that has any. Windows see the table that it is applied to.
///
/// ```
/// use pipewright_frame::{Aggregate, Arithmetic, Assign, Derive, Expression, ReadOptions, State, csv};
/// let (table, _) = csv::read(b"x\n1\n2\n6\n", &ReadOptions::new("t.csv")).unwrap();
/// let mean = Expression::Aggregate(Aggregate::Mean, Some(Box::new(Expression::column("x"))));
/// let expression = Expression::column("x").arithmetic(Arithmetic::Subtract, mean);
/// let state = Derive { assigns: vec![Assign { name: "above".into(), expression }] }.fit(&table).unwrap();
/// let new = state.apply(&table.slice(0, 1)).unwrap();
/// assert_eq!(new.numbers(&["above".into()]).unwrap(), [-2.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Derive {
    /// The assignments, in order.
    pub assigns: Vec<Assign>,
}

impl Derive {
    /// Returns the output schema.
    ///
    /// # Errors
    /// As [`Expression::kind`]; [`code::DUPLICATE_COLUMN`] for a name that may belong to a member of an open group.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let mut schema = input.clone();
        for assign in &self.assigns {
            let entry = match assign.expression.columns().iter().any(|name| schema.is_undecided(name)) {
                true => Entry::Undecided { from: assign.name.clone() },
                false => Entry::Column(made(&assign.name, &assign.expression, &schema)?),
            };
            let is_new = schema.find(&assign.name).is_none();
            if is_new && (schema.foreseen(&assign.name).is_some() || schema.is_undecided(&assign.name)) {
                let message = format!("`{}` may be a column that an earlier stage creates", assign.name);
                return Err(Failure::new(code::DUPLICATE_COLUMN, message).column(&*assign.name));
            }
            schema.set(&assign.name, entry);
        }
        Ok(schema)
    }

    /// Returns the columns that it reads from its input.
    #[must_use]
    pub fn reads(&self) -> Vec<Arc<str>> {
        reads(self.assigns.iter().map(|assign| (&assign.name, &assign.expression)))
    }

    /// Fits the expressions.
    ///
    /// # Errors
    /// As [`Derive::schema`], and those of reading and evaluating rows.
    pub fn fit(&self, rows: &dyn Chunks) -> Result<DeriveState, Failure> {
        self.fit_noting(rows).map(|(state, _)| state)
    }

    /// Like [`Derive::fit`], with notes on approximate results, and on whole numbers beyond 64 bits.
    ///
    /// # Errors
    /// As [`Derive::fit`].
    pub fn fit_noting(&self, rows: &dyn Chunks) -> Result<(DeriveState, Vec<Failure>), Failure> {
        let mut state = DeriveState { columns: Vec::new() };
        let mut context = Vec::new();
        let mut schema = rows.schema();
        for assign in &self.assigns {
            let resolved = assign.expression.resolved(&schema)?;
            let Column { kind, sources, .. } = made(&assign.name, &assign.expression, &schema)?;
            let (expression, approximate) = learned_after(&resolved, &state, rows)?;
            if approximate {
                context.push(&*assign.name);
            }
            let derived = Derived { name: assign.name.clone(), kind, sources, expression };
            schema.set(&assign.name, Entry::Column(derived.column(&schema)?));
            state.columns.push(derived);
        }
        let mut notes = approximate(&context);
        notes.extend(state.overflows(rows)?);
        Ok((state, notes))
    }
}

/// Returns the expression with its aggregates learned from the rows, as constants; and whether any of them is
/// approximate.
///
/// ```
/// use pipewright_frame::{Aggregate, Expression, ReadOptions, csv, learned};
/// let (table, _) = csv::read(b"id\n9007199254740993\n", &ReadOptions::new("t.csv")).unwrap();
/// let max = Expression::Aggregate(Aggregate::Max, Some(Box::new(Expression::column("id"))));
/// assert_eq!(learned(&max, &table).unwrap().0, Expression::from(9_007_199_254_740_993_i64));
/// ```
///
/// # Errors
/// As [`Derive::fit`].
pub fn learned(expression: &Expression, rows: &dyn Chunks) -> Result<(Expression, bool), Failure> {
    learned_after(expression, &DeriveState { columns: Vec::new() }, rows)
}

/// Returns the columns that expressions read and no earlier one creates.
fn reads<'a>(assigns: impl Iterator<Item = (&'a Arc<str>, &'a Expression)>) -> Vec<Arc<str>> {
    let (mut made, mut read) = (BTreeSet::new(), Vec::new());
    for (name, expression) in assigns {
        read.extend(expression.columns().into_iter().filter(|name| !made.contains(name)));
        made.insert(name.clone());
    }
    read
}

/// Returns the expression with all aggregates learned from the rows, with the columns so far; and whether any result is
/// approximate.
fn learned_after(
    expression: &Expression,
    so_far: &DeriveState,
    rows: &dyn Chunks,
) -> Result<(Expression, bool), Failure> {
    let parts = expression.unlearned();
    if parts.is_empty() {
        return Ok((expression.clone(), false));
    }
    if !so_far.by_row() {
        // Expressions that look at other rows are evaluated over all rows together.
        let whole = so_far.apply(&rows.table()?)?;
        return learned(expression, &whole);
    }
    let bound = rows.budget_bytes().map(|bytes| numbers_within(bytes, parts.len()));
    let empty = || parts.iter().map(|part| Accumulator::new(part).bounded(bound)).collect::<Vec<Accumulator>>();
    let observe = |index: usize| {
        let mut tallies = empty();
        let chunk = so_far.apply(&rows.chunk(index)?)?;
        for tally in &mut tallies {
            tally.observe(&chunk).map_err(|failure| in_table(failure, rows.rows_before(index)))?;
        }
        Ok(tallies)
    };
    let mut whole = empty();
    for_each_chunk(rows, observe, |tallies| {
        whole.iter_mut().zip(tallies).for_each(|(tally, more)| tally.merge(more));
        Ok(())
    })?;
    let approximate = whole.iter().any(Accumulator::is_approximate);
    let found: Vec<(Expression, Expression)> =
        parts.into_iter().zip(whole.into_iter().map(Accumulator::finish)).collect();
    Ok((expression.with_learned(&found), approximate))
}

/// Returns the column that an expression creates: with the role of the column that it replaces, and the sources of the
/// columns that it reads.
fn made(name: &Arc<str>, expression: &Expression, schema: &Schema) -> Result<Column, Failure> {
    let read: Vec<Column> = expression.columns().iter().filter_map(|name| schema.foreseen(name)).collect();
    // Of the columns, only those that it reads matter; all are there for a message about others.
    let members: Vec<&Column> = read.iter().filter(|column| schema.find(&column.name).is_none()).collect();
    let kind = match members.as_slice() {
        [] => expression.kind(schema)?,
        members => expression.kind(&Schema::new(schema.columns().chain(members.iter().copied()).cloned()))?,
    };
    let kind = kind.column_kind();
    let mut sources: Vec<Arc<str>> = Vec::new();
    for source in read.iter().flat_map(|column| &column.sources) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    Ok(Column { name: name.clone(), kind, role: role(name, schema), sources })
}

/// Returns the role of the replaced column, if any.
fn role(name: &str, schema: &Schema) -> Role {
    schema.find(name).map_or(Role::Feature, |column| column.role)
}

/// Fitted expressions that apply to any rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeriveState {
    columns: Vec<Derived>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Derived {
    name: Arc<str>,
    kind: ColumnType,
    /// The source columns, including those of learned constants.
    sources: Vec<Arc<str>>,
    expression: Expression,
}

impl Derived {
    /// The column that it creates in a table with these columns.
    fn column(&self, schema: &Schema) -> Result<Column, Failure> {
        let kind = self.kind_of(self.expression.kind(schema)?)?;
        let (name, sources) = (self.name.clone(), self.sources.clone());
        Ok(Column { role: role(&name, schema), name, kind, sources })
    }

    /// Returns the type of the column if the expression now yields this type: real numbers if only whole ones were seen
    /// in training are real numbers.
    fn kind_of(&self, found: ExprKind) -> Result<ColumnType, Failure> {
        match (self.kind, found) {
            (kind, ExprKind::Null) => Ok(kind),
            (ColumnType::Count, ExprKind::Number) => Ok(ColumnType::Continuous),
            (kind, found) if ExprKind::of(kind).takes(found) || found.column_kind() == kind => Ok(kind),
            (kind, found) => {
                let message = format!("`{}` had {kind} values in training and has {found} values here", self.name);
                Err(Failure::new(code::KIND_CHANGED, message).column(&*self.name))
            }
        }
    }
}

impl DeriveState {
    /// Returns the rows with the columns, and how many whole numbers of each are missing because they are beyond 64 bits.
    fn counted(&self, rows: &Table) -> Result<(Table, Vec<usize>), Failure> {
        let mut table = rows.clone();
        let mut schema = table.schema();
        let mut overflows = Vec::with_capacity(self.columns.len());
        for derived in &self.columns {
            let column = derived.column(&schema)?;
            let (values, beyond) = derived.expression.evaluate_counting(&table, column.kind)?;
            schema.set(&column.name, Entry::Column(column.clone()));
            table = table.with_column(column, values)?;
            overflows.push(beyond);
        }
        Ok((table, overflows))
    }

    /// Returns notes on whole numbers beyond 64 bits. Rows are only looked at if there may be any.
    fn overflows(&self, rows: &dyn Chunks) -> Result<Vec<Failure>, Failure> {
        let schema = self.apply(&Table::empty(&rows.schema())?)?.schema();
        let may = |derived: &Derived| derived.expression.may_overflow(&schema);
        if !self.columns.iter().map(may).collect::<Result<Vec<bool>, _>>()?.contains(&true) {
            return Ok(Vec::new());
        }
        let mut all = vec![0; self.columns.len()];
        let mut add = |more: Vec<usize>| all.iter_mut().zip(more).for_each(|(all, more)| *all += more);
        if self.by_row() {
            for_each_chunk(
                rows,
                |index| self.counted(&rows.chunk(index)?),
                |(_, more)| {
                    add(more);
                    Ok(())
                },
            )?;
        } else {
            add(self.counted(&rows.table()?)?.1);
        }
        let note = |(derived, &count): (&Derived, &usize)| {
            let values = if count == 1 { "a value of".to_owned() } else { format!("{count} values of") };
            let message = format!("{values} `{}` would be beyond 64 bits, and became missing", derived.name);
            Failure::note(code::MADE_MISSING, message)
                .column(&*derived.name)
                .help("compute with real numbers: multiply by 1.0 first")
        };
        Ok(self.columns.iter().zip(&all).filter(|(_, count)| **count > 0).map(note).collect())
    }
}

impl State for DeriveState {
    const TAG: &str = "derive";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.counted(rows).map(|(table, _)| table)
    }

    fn by_row(&self) -> bool {
        !self.columns.iter().any(|derived| derived.expression.looks_around())
    }

    fn reads(&self) -> Vec<Arc<str>> {
        reads(self.columns.iter().map(|derived| (&derived.name, &derived.expression)))
    }

    fn show(&self) -> Table {
        let names = TextArray::from_iter_values(self.columns.iter().map(|derived| &derived.name));
        let kinds = TextArray::from_iter_values(self.columns.iter().map(|derived| derived.kind.to_string()));
        let columns = vec![Column::new("column", ColumnType::Text), Column::new("kind", ColumnType::Text)];
        let arrays: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(kinds)];
        Table::new(columns, arrays).expect("two columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        match self.columns.iter().find(|derived| derived.expression.learns()) {
            Some(derived) => Err(bad_state(format!("`{}` has not been learned", derived.name))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
