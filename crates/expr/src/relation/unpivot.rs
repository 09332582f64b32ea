//! Unpivot (melt): several columns become one of their names and one of their values.

use super::concat::as_kind;
use super::{of_different, sources};
use crate::Selection;
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code, room_for};
use pipewright_table::TextArray;
use pipewright_table::rows::{gather, joined};
use pipewright_table::text::plural;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table};
use std::sync::Arc;

/// Creates a row per row and selected column: the values of all other columns, the name of the selected one, and its
/// value. The new rows of a row are consecutive, in the order of the selection. Missing values are kept.
///
/// ```
/// use pipewright_frame::{ReadOptions, Selection, Unpivot, csv};
/// let (table, _) = csv::read(b"city,jan,feb\nOslo,1,2\nBonn,3,4\n", &ReadOptions::new("t.csv")).unwrap();
/// let months = Selection::Range("jan".into(), "feb".into());
/// let long = Unpivot { on: months, key: "month".into(), value: "rain".into() }.apply(&table).unwrap();
/// assert_eq!(long.classes("month").unwrap(), ["feb", "jan"]);
/// assert_eq!(long.numbers(&["rain".into()]).unwrap(), [1.0, 2.0, 3.0, 4.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Unpivot {
    /// The columns to melt; their values must have one type.
    pub on: Selection,
    /// The name of the output column of names.
    pub key: Arc<str>,
    /// The name of the output column of values.
    pub value: Arc<str>,
}

impl Unpivot {
    /// Returns the output schema of [`Unpivot::apply`].
    ///
    /// # Errors
    /// Those of the selection; [`code::TYPE_MISMATCH`] for selected columns of different types;
    /// [`code::MISSING_ARGUMENT`] if nothing is selected; [`code::DUPLICATE_COLUMN`] for a new name that exists.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let taken = self.taken(input)?;
        let open = input.entries().iter().find_map(|entry| match entry {
            Entry::Open { kind, .. } => Some(*kind),
            Entry::Column(_) | Entry::Undecided { .. } => None,
        });
        let kind = match (taken.is_empty(), open) {
            // Which of its members are selected is only known from the rows.
            (true, Some(kind)) => kind,
            _ => shared_kind(&taken)?,
        };
        let sources = sources(taken.iter().copied());
        let feature = |name: &Arc<str>, kind| {
            Entry::Column(Column { name: name.clone(), kind, role: Role::Feature, sources: sources.clone() })
        };
        let is_other = |entry: &&Entry| !matches!(entry, Entry::Column(column) if taken.contains(&column));
        let others = input.entries().iter().filter(is_other).cloned();
        let new = [feature(&self.key, ColumnType::Category), feature(&self.value, kind)];
        of_different(others.chain(new).collect())
    }

    /// Unpivots a table.
    ///
    /// # Errors
    /// As [`Unpivot::schema`]; [`code::LIMIT_REACHED`] for more than 2^32 rows.
    pub fn apply(&self, table: &Table) -> Result<Table, Failure> {
        let input = table.schema();
        let (schema, taken) = (self.schema(&input)?, self.taken(&input)?);
        let (count, rows) = (taken.len(), table.rows());
        if rows as u64 * count as u64 >= u64::from(u32::MAX) {
            let message = format!("{rows} rows times {count} columns are more rows than a table holds");
            return Err(Failure::new(code::LIMIT_REACHED, message));
        }
        let row_bytes = u128::from(table.memory_bytes()) / rows.max(1) as u128;
        let all = rows as u128 * count as u128;
        room_for(all * (row_bytes + 2 * size_of::<u32>() as u128), || format!("a table of {all} rows"))?;
        let repeated: Vec<u32> = (0..rows as u32).flat_map(|row| std::iter::repeat_n(row, count)).collect();
        let columns: Vec<Column> = schema.columns().cloned().collect();
        let (others, new) = columns.split_at(columns.len() - 2);
        let others = others.iter().map(|column| Ok(gather(table.array(&column.name)?, &repeated)));
        let mut arrays: Vec<ArrayRef> = others.collect::<Result<_, Failure>>()?;
        let names = (0..rows).flat_map(|_| taken.iter().map(|column| Some(&*column.name)));
        arrays.push(Arc::new(names.collect::<TextArray>()));
        let parts = taken.iter().map(|column| as_kind(table.array(&column.name)?, new[1].kind));
        let below = joined(&parts.collect::<Result<Vec<_>, Failure>>()?);
        // Columns are stacked now; the output needs all values of a row together.
        let by_row: Vec<u32> =
            (0..rows).flat_map(|row| (0..count).map(move |place| (place * rows + row) as u32)).collect();
        arrays.push(gather(&below.expect("a column is selected"), &by_row));
        Table::with_rows(columns, arrays, rows * count)
    }

    fn taken<'a>(&self, input: &'a Schema) -> Result<Vec<&'a Column>, Failure> {
        let names = self.on.resolve(input)?;
        if names.is_empty() && input.is_closed() {
            return Err(Failure::new(code::MISSING_ARGUMENT, "no columns are selected to be melted"));
        }
        names.iter().map(|name| input.column(name)).collect()
    }
}

/// Returns the common type of all these columns.
fn shared_kind(columns: &[&Column]) -> Result<ColumnType, Failure> {
    let first = columns[0];
    let all = |test: fn(ColumnType) -> bool| columns.iter().all(|column| test(column.kind));
    match columns.iter().find(|column| column.kind != first.kind) {
        None => Ok(first.kind),
        Some(_) if all(ColumnType::is_numeric) => Ok(ColumnType::Continuous),
        Some(_) if all(ColumnType::is_string) => Ok(ColumnType::Text),
        Some(other) => {
            let (one, kind) = (plural(first.kind), plural(other.kind));
            let message =
                format!("`{}` holds {one}, but `{}` {kind}: one column cannot hold both", first.name, other.name);
            Err(Failure::new(code::TYPE_MISMATCH, message).column(&*other.name))
        }
    }
}
