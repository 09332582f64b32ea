//! Filling of missing values from the rows before and after: forward, backward, interpolation.

use crate::columns::{applies, chosen, indicator_of, missing_in, replaced, shown, validate_names};
use crate::{FitContext, State, TableEstimator};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, UInt32Array};
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::summary::ExactSum;
use pipewright_table::text::{plural, text_of};
use pipewright_table::{Column, ColumnType, Entry, Schema, Table, check_exact_as_floats};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Fills a missing value from the nearest row before or after that has one. Learns nothing.
///
/// Values without such a neighbour stay missing: leading ones in a forward fill, trailing ones in a backward fill, both
/// in an interpolation (pandas' `limit_area="inside"`).
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionalFill {
    /// Direction of the fill.
    pub neighbour: FillDirection,
    /// The columns to fill; all supported features if `None`.
    pub on: Option<Selection>,
    /// Group columns: values are only taken from rows of the same group. Missing values form a group of their own.
    pub over: Vec<Arc<str>>,
    /// The column that orders the rows and measures distances: numbers, dates or times. If `None`, rows are in table
    /// order with distance 1.
    pub by: Option<Arc<str>>,
    /// Adds an indicator column `NAME (missing)` after each column?
    pub indicator: bool,
}

/// Direction of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FillDirection {
    /// Forward fill: the last value before.
    Before,
    /// Backward fill: the next value after.
    After,
    /// Linear interpolation of numbers between both; the results are continuous.
    Between,
    /// Rolling mean: the mean of the values of this many rows before; the results are continuous.
    Rolling(u32),
}

impl FillDirection {
    /// Does it compute with numbers, rather than carry values?
    fn computes(self) -> bool {
        matches!(self, FillDirection::Between | FillDirection::Rolling(_))
    }
}

/// Does a selection list this column by name, not by type or pattern?
fn names(selection: &Selection, name: &str) -> bool {
    match selection {
        Selection::Name(known) => **known == *name,
        Selection::Union(parts) => parts.iter().any(|part| names(part, name)),
        Selection::Except(from, _) => names(from, name),
        _ => false,
    }
}

impl DirectionalFill {
    /// Fills all features in this direction.
    #[must_use]
    pub fn new(neighbour: FillDirection) -> DirectionalFill {
        DirectionalFill { neighbour, on: None, over: Vec::new(), by: None, indicator: false }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let step = match self.neighbour {
            FillDirection::Before => "`fillna ffill`",
            FillDirection::After => "`fillna bfill`",
            FillDirection::Between => "`fillna interpolate`",
            FillDirection::Rolling(_) => "`fillna rolling`",
        };
        for name in &self.over {
            input.column(name)?;
        }
        if let Some(by) = &self.by {
            let column = input.column(by)?;
            if !is_measure(column.kind) {
                let message = format!("`{by}` holds {}, so no distance is defined", plural(column.kind));
                let help = "order rows by numbers, dates or times";
                return Err(Failure::new(code::NOT_NUMERIC, message).column(&**by).help(help));
            }
        }
        let takes = |kind: ColumnType| !self.neighbour.computes() || kind.is_numeric();
        let mut columns = chosen(self.on.as_ref(), input, step, takes)?;
        // A column that orders or groups the rows is filled only if selected by name.
        let is_key = |name: &Arc<str>| self.over.contains(name) || self.by.as_ref() == Some(name);
        let is_named = |name: &str| self.on.as_ref().is_some_and(|on| names(on, name));
        columns.retain(|column| !is_key(&column.name) || is_named(&column.name));
        Ok(columns)
    }

    /// Returns the output schema.
    ///
    /// # Errors
    /// A [`Failure`] naming a column that is not supported or does not exist.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| {
            let filled = Column { kind: filled_kind(self.neighbour, column.kind), ..column.clone() };
            let indicator = self.indicator.then(|| indicator_of(column));
            [filled].into_iter().chain(indicator).map(Entry::Column).collect()
        }))
    }

    /// Returns the state for rows of these columns; nothing is learned.
    ///
    /// # Errors
    /// As [`DirectionalFill::schema`].
    pub fn state(&self, input: &Schema) -> Result<DirectionalFillState, Failure> {
        let columns = self.columns(input)?;
        Ok(DirectionalFillState {
            neighbour: self.neighbour,
            columns: columns.into_iter().map(|column| Carried { name: column.name, kind: column.kind }).collect(),
            over: self.over.clone(),
            by: self.by.clone(),
            indicator: self.indicator,
        })
    }
}

fn is_measure(kind: ColumnType) -> bool {
    kind.is_numeric() || matches!(kind, ColumnType::Date | ColumnType::Time)
}

impl TableEstimator for DirectionalFill {
    type State = DirectionalFillState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        DirectionalFill::schema(self, input)
    }

    fn fit(&self, rows: &Table, _: &FitContext) -> Result<DirectionalFillState, Failure> {
        self.state(&rows.schema())
    }
}

/// The filled columns and the method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectionalFillState {
    neighbour: FillDirection,
    columns: Vec<Carried>,
    over: Vec<Arc<str>>,
    by: Option<Arc<str>>,
    indicator: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carried {
    name: Arc<str>,
    kind: ColumnType,
}

fn filled_kind(neighbour: FillDirection, kind: ColumnType) -> ColumnType {
    if neighbour.computes() { ColumnType::Continuous } else { kind }
}

/// The rows of each group in their order, and the position of each row.
struct Lines {
    groups: Vec<Vec<u32>>,
    places: Vec<f64>,
}

impl DirectionalFillState {
    fn lines(&self, rows: &Table) -> Result<Lines, Failure> {
        let mut groups = self.groups(rows)?;
        let Some(by) = &self.by else {
            let mut places = vec![0.0; rows.rows()];
            for group in &groups {
                group.iter().enumerate().for_each(|(place, &row)| places[row as usize] = place as f64);
            }
            return Ok(Lines { groups, places });
        };
        let places = rows.moments(by)?;
        for group in &mut groups {
            group.sort_by(|&left, &right| places[left as usize].total_cmp(&places[right as usize]));
        }
        Ok(Lines { groups, places })
    }

    /// Returns the rows of each group; groups in order of their first rows.
    fn groups(&self, rows: &Table) -> Result<Vec<Vec<u32>>, Failure> {
        let count = u32::try_from(rows.rows()).expect("rows are counted in 32 bits");
        if self.over.is_empty() {
            return Ok(vec![(0..count).collect()]);
        }
        let names = self.over.iter().map(|name| rows.array(name)).collect::<Result<Vec<_>, _>>()?;
        // Never iterated, so its order is irrelevant.
        let mut known: HashMap<Vec<Option<String>>, usize> = HashMap::new();
        let mut groups: Vec<Vec<u32>> = Vec::new();
        for row in 0..count {
            let key = names.iter().map(|array| text_of(array, row as usize)).collect();
            let group = *known.entry(key).or_insert(groups.len());
            if group == groups.len() {
                groups.push(Vec::new());
            }
            groups[group].push(row);
        }
        Ok(groups)
    }

    fn fill(&self, array: &ArrayRef, lines: &Lines) -> ArrayRef {
        match self.neighbour {
            FillDirection::Between => return interpolated(array, lines),
            FillDirection::Rolling(rows) => return rolled(array, lines, rows as usize),
            FillDirection::Before | FillDirection::After => {}
        }
        if array.null_count() == 0 {
            return array.clone();
        }
        let mut sources: Vec<Option<u32>> = vec![None; array.len()];
        let mut carry = |rows: &mut dyn Iterator<Item = &u32>| {
            let mut last = None;
            for &row in rows {
                last = if array.is_valid(row as usize) { Some(row) } else { last };
                sources[row as usize] = last;
            }
        };
        for group in &lines.groups {
            match self.neighbour {
                FillDirection::After => carry(&mut group.iter().rev()),
                _ => carry(&mut group.iter()),
            }
        }
        let sources = UInt32Array::from(sources);
        arrow_select::take::take(array.as_ref(), &sources, None).expect("the rows are those of the array")
    }
}

fn numbers(array: &ArrayRef) -> Vec<Option<f64>> {
    match array.data_type() {
        DataType::Int64 => {
            array.as_primitive::<Int64Type>().iter().map(|value| value.map(|value| value as f64)).collect()
        }
        _ => array.as_primitive::<Float64Type>().iter().collect(),
    }
}

/// Fills each gap with the mean of the values in the rows before it; filled ones do not count.
fn rolled(array: &ArrayRef, lines: &Lines, rows: usize) -> ArrayRef {
    let values = numbers(array);
    let mut filled = values.clone();
    for group in &lines.groups {
        let value = |position: usize| values[group[position] as usize];
        // Sums are exact, so that what has left the window leaves no trace.
        let (mut sum, mut count) = (ExactSum::default(), 0);
        for position in 0..group.len() {
            if let Some(number) = position.checked_sub(1).and_then(value) {
                sum.add(number);
                count += 1;
            }
            if let Some(number) = position.checked_sub(rows + 1).and_then(value) {
                sum.add(-number);
                count -= 1;
            }
            if value(position).is_none() {
                filled[group[position] as usize] = (count > 0).then(|| sum.quotient(count));
            }
        }
    }
    Arc::new(Float64Array::from(filled))
}

/// Interpolates linearly between the values around each gap.
fn interpolated(array: &ArrayRef, lines: &Lines) -> ArrayRef {
    let mut values = numbers(array);
    for group in &lines.groups {
        let place = |position: usize| lines.places[group[position] as usize];
        let mut last: Option<(usize, f64)> = None;
        for position in 0..group.len() {
            let Some(value) = values[group[position] as usize] else { continue };
            if let Some((start, from)) = last {
                for gap in start + 1..position {
                    let (along, whole) = (place(gap) - place(start), place(position) - place(start));
                    let share = if whole > 0.0 { along / whole } else { 0.0 };
                    values[group[gap] as usize] = Some(from + (value - from) * share);
                }
            }
            last = Some((position, value));
        }
    }
    Arc::new(Float64Array::from(values))
}

impl State for DirectionalFillState {
    const TAG: &str = "directional_fill";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for Carried { name, kind } in &self.columns {
            applies(rows, name, *kind)?;
        }
        let lines = self.lines(rows)?;
        let carried: BTreeSet<&str> = self.columns.iter().map(|column| &*column.name).collect();
        rows.map_columns(|column, array| {
            if !carried.contains(&*column.name) {
                return Ok(vec![(column.clone(), array.clone())]);
            }
            let filled = Column { kind: filled_kind(self.neighbour, column.kind), ..column.clone() };
            if filled.kind != column.kind {
                check_exact_as_floats(&column.name, array.array())?;
            }
            let mut columns = vec![(filled, self.fill(array.array(), &lines).into())];
            if self.indicator {
                columns.push((indicator_of(column), missing_in(array.array()).into()));
            }
            Ok(columns)
        })
    }

    fn by_row(&self) -> bool {
        false
    }

    fn reads(&self) -> Vec<Arc<str>> {
        self.over.iter().chain(&self.by).cloned().collect()
    }

    fn show(&self) -> Table {
        let what = match self.neighbour {
            FillDirection::Before => "the value before",
            FillDirection::After => "the value after",
            FillDirection::Between => "the line between the values around",
            FillDirection::Rolling(rows) => &format!("the mean of the {rows} rows before"),
        };
        shown("fill", self.columns.iter().map(|column| (column.name.to_string(), what.to_owned())))
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|column| &column.name))?;
        let fits = |column: &Carried| !self.neighbour.computes() || column.kind.is_numeric();
        match self.columns.iter().find(|column| !fits(column)) {
            None => Ok(()),
            Some(column) => {
                let message = format!("`{}` is not numeric", column.name);
                Err(Failure::new(code::BAD_BUNDLE, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laws::check_table;
    use pipewright_io::{ReadOptions, csv};
    use pipewright_table::testing::random_table;
    use pipewright_world::random::Key;

    fn filled(carry: &DirectionalFill, text: &str) -> String {
        let (table, _) = csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
        let context = FitContext { target_spec: None, key: Key::new(0) };
        let state = carry.fit(&table, &context).unwrap();
        assert_eq!(state.validate(), Ok(()));
        let applied = state.apply(&table).unwrap();
        assert_eq!(carry.schema(&table.schema()).unwrap().admits(applied.columns()), Ok(()));
        let read: DirectionalFillState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert!(read == state && !state.by_row());
        let mut written = Vec::new();
        csv::write(&applied, &mut written).unwrap();
        String::from_utf8(written).unwrap().replace('\n', " ")
    }

    #[test]
    fn values_are_carried_and_ends_stay_missing() {
        let text = "a,b\n,x\n1,\n,\n3,y\n,\n";
        assert_eq!(filled(&DirectionalFill::new(FillDirection::Before), text), "a,b ,x 1,x 1,x 3,y 3,y ");
        assert_eq!(filled(&DirectionalFill::new(FillDirection::After), text), "a,b 1,x 1,y 3,y 3,y , ");
        let rolling = DirectionalFill::new(FillDirection::Rolling(2));
        assert_eq!(filled(&rolling, "a\n\n1\n4\n\n\n\n7\n\n"), "a NA 1 4 2.5 4 NA 7 ");
        assert_eq!(filled(&DirectionalFill::new(FillDirection::Between), text), "a,b ,x 1, 2, 3,y , ");
    }

    #[test]
    fn groups_keep_their_values_and_a_column_orders_the_rows() {
        let text = "g,t,a\nu,4,40\nv,1,\nu,1,\nu,0,0\nv,2,7\nv,3,\n";
        let over = |neighbour| DirectionalFill { over: vec!["g".into()], ..DirectionalFill::new(neighbour) };
        let kept = |carry: &DirectionalFill| {
            filled(&DirectionalFill { on: Some(Selection::name("a")), ..carry.clone() }, text)
        };
        assert_eq!(kept(&over(FillDirection::Before)), "g,t,a u,4,40 v,1, u,1,40 u,0,0 v,2,7 v,3,7 ");
        let by = DirectionalFill { by: Some("t".into()), ..over(FillDirection::Between) };
        assert_eq!(kept(&by), "g,t,a u,4,40 v,1, u,1,10 u,0,0 v,2,7 v,3, ");
    }

    #[test]
    fn every_kind_can_be_carried_and_only_numbers_interpolated() {
        let table = random_table(Key::new(5), 40);
        let context = FitContext { target_spec: None, key: Key::new(0) };
        let state = DirectionalFill { indicator: true, ..DirectionalFill::new(FillDirection::Before) }
            .fit(&table, &context)
            .unwrap();
        check_table(
            &DirectionalFill { indicator: true, ..DirectionalFill::new(FillDirection::Between) },
            &table,
            &context,
        );
        check_table(&DirectionalFill::new(FillDirection::Rolling(3)), &table, &context);
        check_table(
            &DirectionalFill { over: vec!["truth".into()], ..DirectionalFill::new(FillDirection::After) },
            &table,
            &context,
        );
        let applied = state.apply(&table).unwrap();
        let late = applied.slice(20, 20);
        for column in table.columns() {
            assert_eq!(late.array(&column.name).unwrap().null_count(), 0, "{}", column.name);
        }
        let text =
            DirectionalFill { on: Some(Selection::name("text")), ..DirectionalFill::new(FillDirection::Between) };
        assert_eq!(text.fit(&table, &context).unwrap_err().code, code::NOT_NUMERIC);
        let by_text = DirectionalFill { by: Some("text".into()), ..DirectionalFill::new(FillDirection::Before) };
        assert_eq!(by_text.fit(&table, &context).unwrap_err().code, code::NOT_NUMERIC);
        let by_gaps = DirectionalFill { by: Some("date".into()), ..DirectionalFill::new(FillDirection::Before) };
        let failure = by_gaps.fit(&table, &context).unwrap().apply(&table).unwrap_err();
        assert_eq!((failure.code, failure.place.row.is_some()), (code::MISSING_VALUES, true));
    }
}
