//! Steps that work on a matrix: columns of a table are passed to `learn` as numbers, and the result becomes columns.
//!
//! There are three here: [`Reduce`] replaces columns by new ones, [`Choose`] selects columns, [`Fill`] fills missing
//! values. Those that add a column are in `feature::new_column`.

use arrow_array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{
    Column, ColumnType, Complete, Entry, FitContext, Schema, Selection, State, Table, TableEstimator, TargetSpec,
    check_exact_as_floats, chosen, fill_whole, indicator_of, missing_in, validate_names,
};
use pipewright_learn::impute::{IterativeFilling, KnnFilling};
use pipewright_learn::reduce::{Projection, names};
use pipewright_learn::select::Choice;
use pipewright_learn::{Features, Target, Transform, Transformer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The columns that form the matrix.
pub(crate) struct Inputs {
    /// Name of the stage in messages.
    pub step: &'static str,
    pub on: Option<Selection>,
}

impl Inputs {
    pub(crate) fn columns(&self, schema: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), schema, self.step, |kind| kind.is_numeric() || kind == ColumnType::Bool)
    }

    pub(crate) fn names(&self, rows: &Table) -> Result<Vec<Arc<str>>, Failure> {
        Ok(self.columns(&rows.schema())?.into_iter().map(|column| column.name).collect())
    }
}

/// The named columns as a matrix; missing values are an error.
pub(crate) fn matrix(rows: &Table, columns: &[Arc<str>]) -> Result<Features, Failure> {
    Ok(Features::new(rows.rows(), texts(columns), rows.numbers(columns)?))
}

/// The named columns as a matrix, with NaN for missing values.
pub(crate) fn matrix_with_gaps(rows: &Table, columns: &[Arc<str>]) -> Result<Features, Failure> {
    Ok(Features::new(rows.rows(), texts(columns), rows.numbers_or_nan(columns)?))
}

fn texts(columns: &[Arc<str>]) -> Arc<[String]> {
    columns.iter().map(|name| name.to_string()).collect()
}

/// The target, if the step learns with it.
fn target(rows: &Table, target_spec: Option<&TargetSpec>) -> Result<Option<Target>, Failure> {
    let of = |target_spec: &TargetSpec| match &target_spec.classes {
        Some(classes) => Ok(Target::Classes { codes: target_spec.codes(rows)?, count: classes.len() }),
        None => Ok(Target::Numbers(target_spec.numbers(rows)?)),
    };
    target_spec.map(of).transpose()
}

/// Checks that the transform takes as many columns as there are names.
fn validate(transform: &impl Transform, columns: &[Arc<str>]) -> Result<(), Failure> {
    validate_names(columns.iter())?;
    if transform.inputs() != columns.len() {
        let message = format!("a step takes {} columns but lists {}", transform.inputs(), columns.len());
        return Err(Failure::new(code::BAD_BUNDLE, message));
    }
    transform.validate()
}

/// Replaces columns by fewer new ones, which come last.
pub(crate) struct Reduce<T> {
    pub inputs: Inputs,
    pub transformer: T,
    /// Prefix of the names of the new columns, before their numbers.
    pub name: String,
    /// The number of new columns, if it does not depend on the rows.
    pub count: Option<usize>,
}

impl<T: Transformer<Transform = Projection>> TableEstimator for Reduce<T> {
    type State = ReduceState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = self.inputs.columns(input)?;
        let gone: BTreeSet<&str> = columns.iter().map(|column| &*column.name).collect();
        let mut entries: Vec<Entry> = input.entries().to_vec();
        entries.retain(|entry| !matches!(entry, Entry::Column(column) if gone.contains(&*column.name)));
        match self.count {
            None => entries.push(Entry::Open { from: self.name.as_str().into(), kind: ColumnType::Continuous }),
            Some(count) => {
                if input.is_closed() && count > columns.len() {
                    let (step, there) = (self.inputs.step, columns.len());
                    let message = format!("{step} cannot make {count} components of {there} columns");
                    return Err(Failure::new(code::BAD_VALUE, message));
                }
                let sources = sources(columns.iter());
                entries.extend(names(&self.name, count).iter().map(|name| Entry::Column(made(name, &sources))));
            }
        }
        Ok(Schema::with_entries(entries))
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<ReduceState, Failure> {
        let columns = self.inputs.names(rows)?;
        let transform = self.transformer.fit(&matrix(rows, &columns)?, None, context.key)?;
        Ok(ReduceState { columns, transform })
    }
}

/// The column of a component.
fn made(name: &str, sources: &[Arc<str>]) -> Column {
    Column { sources: sources.to_vec(), ..Column::new(name, ColumnType::Continuous) }
}

/// The source columns (of the file) of some columns, each once.
pub(crate) fn sources<'a>(columns: impl Iterator<Item = &'a Column>) -> Vec<Arc<str>> {
    let mut seen = BTreeSet::new();
    columns.flat_map(|column| &column.sources).filter(|source| seen.insert(*source)).cloned().collect()
}

/// The input columns and the fitted projection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReduceState {
    columns: Vec<Arc<str>>,
    transform: Projection,
}

impl State for ReduceState {
    const TAG: &str = "components";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let projected = self.transform.apply(&matrix(rows, &self.columns)?)?;
        let inputs = self.columns.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, _>>()?;
        let sources = sources(inputs.into_iter());
        let mut table = rows.drop(&self.columns)?;
        let (mut columns, mut arrays) = (table.columns().to_vec(), table.arrays().to_vec());
        for (index, name) in projected.names().iter().enumerate() {
            columns.push(made(name, &sources));
            arrays.push(Arc::new(Float64Array::from(projected.column(index).to_vec())));
        }
        let origin = rows.origin().cloned();
        table = Table::with_rows(columns, arrays, rows.rows())?.with_origin(origin);
        Ok(table)
    }

    fn show(&self) -> Table {
        let columns = vec![
            Column::new("component", ColumnType::Text),
            Column::new("variance", ColumnType::Continuous),
            Column::new("share", ColumnType::Continuous),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(self.transform.names())),
            Arc::new(Float64Array::from(self.transform.variances().to_vec())),
            Arc::new(Float64Array::from(self.transform.shares().to_vec())),
        ];
        Table::new(columns, arrays).expect("three columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate(&self.transform, &self.columns)
    }
}

/// Keeps some columns unchanged, and drops the others.
pub(crate) struct Choose<T> {
    pub inputs: Inputs,
    pub transformer: T,
    /// Does it use the target?
    pub aims: bool,
    /// Name of the score of each column.
    pub says: &'static str,
}

impl<T: Transformer<Transform = Choice>> TableEstimator for Choose<T> {
    type State = ChooseState;

    /// Which columns stay depends on the rows, so each is an open group that may be empty.
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = self.inputs.columns(input)?;
        let asked: BTreeSet<&str> = columns.iter().map(|column| &*column.name).collect();
        let open = |entry: &Entry| match entry {
            Entry::Column(Column { name, kind, .. }) if asked.contains(&**name) => {
                Entry::Open { from: name.clone(), kind: *kind }
            }
            other => other.clone(),
        };
        Ok(Schema::with_entries(input.entries().iter().map(open).collect()))
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<ChooseState, Failure> {
        let columns = self.inputs.names(rows)?;
        let target_spec = if self.aims { Some(context.target_spec()?) } else { None };
        let choice =
            self.transformer.fit(&matrix(rows, &columns)?, target(rows, target_spec)?.as_ref(), context.key)?;
        Ok(ChooseState { columns, choice, says: self.says.to_owned() })
    }
}

/// The candidate columns, and which of them stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseState {
    columns: Vec<Arc<str>>,
    choice: Choice,
    /// Name of the scores.
    says: String,
}

impl ChooseState {
    fn kept(&self) -> impl Iterator<Item = &Arc<str>> {
        self.choice.kept().iter().map(|&index| &self.columns[index])
    }
}

impl State for ChooseState {
    const TAG: &str = "feature_selection";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let kept: BTreeSet<&Arc<str>> = self.kept().collect();
        kept.iter().try_for_each(|name| rows.column(name).map(drop))?;
        let gone = self.columns.iter().filter(|name| !kept.contains(name) && rows.find(name).is_some());
        rows.drop(&gone.collect::<Vec<_>>())
    }

    fn show(&self) -> Table {
        let columns = vec![
            Column::new("column", ColumnType::Text),
            Column::new(self.says.as_str(), ColumnType::Continuous),
            Column::new("kept", ColumnType::Bool),
        ];
        let is_kept = |index: usize| self.choice.kept().binary_search(&index).is_ok();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(&self.columns)),
            Arc::new(Float64Array::from(self.choice.scores().to_vec())),
            Arc::new((0..self.columns.len()).map(|index| Some(is_kept(index))).collect::<BooleanArray>()),
        ];
        Table::new(columns, arrays).expect("three columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        if matches!(self.says.as_str(), "" | "column" | "kept") {
            return Err(Failure::new(code::BAD_BUNDLE, "a selection of columns without a name for its scores"));
        }
        validate(&self.choice, &self.columns)
    }
}

/// Fills missing values of numeric columns from the other columns.
pub(crate) struct Fill<T> {
    pub step: &'static str,
    pub on: Option<Selection>,
    pub transformer: T,
    /// Adds a boolean column `NAME (missing)` after each of these columns.
    pub indicator: bool,
    /// The columns that are known to miss no value: whole numbers stay whole in them.
    pub complete: Complete,
}

impl<T> Fill<T> {
    fn columns(&self, schema: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), schema, self.step, ColumnType::is_numeric)
    }
}

impl<T: Transformer<Transform: FillTransform>> TableEstimator for Fill<T> {
    type State = FillState<T::Transform>;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = self.columns(input)?;
        let filled: BTreeSet<&str> = columns.iter().map(|column| &*column.name).collect();
        let mut entries = Vec::with_capacity(input.entries().len());
        for entry in input.entries() {
            match entry {
                Entry::Column(column) if filled.contains(&*column.name) => {
                    entries.push(Entry::Column(Column { kind: self.complete.filled_kind(column), ..column.clone() }));
                    entries.extend(self.indicator.then(|| Entry::Column(indicator_of(column))));
                }
                other => entries.push(other.clone()),
            }
        }
        Ok(Schema::with_entries(entries))
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<Self::State, Failure> {
        let columns = self.columns(&rows.schema())?;
        let whole = columns.iter().filter(|column| self.complete.stays_whole(column));
        let whole = whole.map(|column| column.name.clone()).collect();
        let columns: Vec<Arc<str>> = columns.into_iter().map(|column| column.name).collect();
        let transform = self.transformer.fit(&with_gaps(rows, &columns)?, None, context.key)?;
        Ok(FillState { columns, transform, indicator: self.indicator, whole })
    }
}

/// As [`matrix_with_gaps`], of columns that must hold numbers.
fn with_gaps(rows: &Table, columns: &[Arc<str>]) -> Result<Features, Failure> {
    if let Some(name) = columns.iter().find(|name| rows.column(name).is_ok_and(|column| !column.kind.is_numeric())) {
        let message = format!("`{name}` no longer holds numbers");
        return Err(Failure::new(code::KIND_CHANGED, message).column(&**name));
    }
    matrix_with_gaps(rows, columns)
}

/// What fills columns together, with the name of its state in bundles.
pub(crate) trait FillTransform: Transform {
    const TAG: &str;
}

impl FillTransform for KnnFilling {
    const TAG: &str = "knn_imputer";
}

impl FillTransform for IterativeFilling {
    const TAG: &str = "iterative_imputer";
}

/// The columns that are filled together, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FillState<M> {
    columns: Vec<Arc<str>>,
    transform: M,
    indicator: bool,
    /// The columns of whole numbers that stay whole.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    whole: BTreeSet<Arc<str>>,
}

impl<M: FillTransform> FillState<M> {
    /// A column after filling.
    ///
    /// # Errors
    /// [`code::VALUE_OUT_OF_RANGE`] for a whole number that the floats of the filled column cannot hold.
    fn filled(&self, column: &Column, array: &ArrayRef, values: &[f64]) -> Result<(Column, ArrayRef), Failure> {
        if column.kind == ColumnType::Count && self.whole.contains(&column.name) {
            return Ok((column.clone(), fill_whole(array, |row| Some(values[row]))));
        }
        check_exact_as_floats(&column.name, array)?;
        let filled = Column { kind: ColumnType::Continuous, ..column.clone() };
        Ok((filled, Arc::new(Float64Array::from(values.to_vec()))))
    }
}

impl<M: FillTransform> State for FillState<M> {
    const TAG: &str = M::TAG;

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let filled = self.transform.apply(&with_gaps(rows, &self.columns)?)?;
        let places: BTreeMap<&str, usize> = self.columns.iter().map(|name| &**name).zip(0..).collect();
        rows.map_columns(|column, array| {
            let Some(&place) = places.get(&*column.name) else { return Ok(vec![(column.clone(), array.clone())]) };
            let (filled, values) = self.filled(column, array.array(), filled.column(place))?;
            let mut columns = vec![(filled, values.into())];
            if self.indicator {
                columns.push((indicator_of(column), missing_in(array.array()).into()));
            }
            Ok(columns)
        })
    }

    fn show(&self) -> Table {
        let names = StringArray::from_iter_values(&self.columns);
        Table::new(vec![Column::new("column", ColumnType::Text)], vec![Arc::new(names)])
            .expect("one column makes a table")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate(&self.transform, &self.columns)
    }
}
