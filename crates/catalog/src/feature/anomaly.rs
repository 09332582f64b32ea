//! `anomaly`: how unlike the others each row is.

use super::new_column::{NewColumn, with_new_column};
use super::pca::new_name;
use crate::adapt::{TableStep, state};
use crate::matrix::{Inputs, matrix_with_gaps};
use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{
    Class, Column, ColumnType, FitContext, Schema, Selection, State, Table, TableEstimator, validate_names,
};
use pipewright_learn::NoProgress;
use pipewright_learn::forest::{IsolationForest, IsolationModel};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Spec, Verb, arguments, words,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

words! {
    /// How anomalies are found.
    enum Way { Forest = "iforest" }
}

arguments! {
    /// The arguments of `anomaly`.
    struct AnomalyArgs {
        /// How anomalies are found: by an isolation forest.
        positional way: Way = Way::Forest;
        /// Number of trees.
        option trees: Int<1, 10_000> = IsolationForest::default().trees;
        /// Number of rows that each tree is grown on, drawn without replacement; at most all.
        option rows: Int<2, 1_000_000> = IsolationForest::default().rows;
        /// Name of the new column.
        option name: String = "anomaly";
        /// Columns to compare rows by.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "anomaly",
        group: Group::Features,
        summary: "Scores how unusual each row is (anomaly detection): adds a column of scores from 0 to 1.",
        details: "An isolation forest splits samples of the training rows at random until every row is alone; rows that \
                  are alone after few splits are anomalies. Scores well above 0.5 are anomalies, those of usual rows \
                  are below. New rows are scored by the same trees. Columns may have missing values, and scaling \
                  changes nothing. To drop such rows from the training rows instead: `outliers iforest`. After Liu, Ting and Zhou, \
                  Isolation Forest (ICDM, 2008); the score is that of scikit-learn's `IsolationForest`, negated.",
        search: &[
            "anomaly detection",
            "isolation forest",
            "outlier score",
            "novelty",
            "fraud",
            "unsupervised",
            "isolationforest",
        ],
        elsewhere: &[("n_estimators", "trees"), ("max_samples", "rows")],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load iris.csv | select species, \"petal*\" | anomaly iforest trees=200 | show 3",
            output: "\
species  petal_length  petal_width    anomaly
setosa            1.4          0.2  0.4020063
setosa            1.4          0.2  0.4020063
setosa            1.3          0.2  0.4449938
… 147 more rows
",
        }],
        ..Spec::of::<AnomalyArgs>()
    },
    bind,
    states: &[state::<AnomalyState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let AnomalyArgs { way: Way::Forest, trees, rows, name, columns } = AnomalyArgs::read(args)?;
    let forest = IsolationForest { trees: trees.get(), rows: rows.get() };
    let inputs = Inputs { step: "`anomaly`", on: Some(columns) };
    let column = NewColumn { inputs, name: new_name(name, "anomaly")?.into(), kind: ColumnType::Continuous };
    Ok(Bound::Step(Arc::new(TableStep::new(AnomalyStep { column, forest }))))
}

/// Adds a column with the anomaly score of each row.
struct AnomalyStep {
    column: NewColumn,
    forest: IsolationForest,
}

impl TableEstimator for AnomalyStep {
    type State = AnomalyState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.column.schema(input)
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<AnomalyState, Failure> {
        let columns = self.column.inputs.names(rows)?;
        let model = self.forest.fit(&matrix_with_gaps(rows, &columns)?, context.key, &NoProgress)?;
        Ok(AnomalyState { columns, name: self.column.name.clone(), model })
    }
}

/// The input columns and the fitted forest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnomalyState {
    columns: Vec<Arc<str>>,
    /// Name of the new column.
    name: Arc<str>,
    model: IsolationModel,
}

impl State for AnomalyState {
    const TAG: &str = "isolation_forest";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let scores = self.model.scores(&matrix_with_gaps(rows, &self.columns)?)?;
        let scores = Arc::new(Float64Array::from(scores));
        with_new_column(rows, &self.columns, &self.name, ColumnType::Continuous, scores)
    }

    fn show(&self) -> Table {
        let columns = vec![Column::new("part", ColumnType::Text), Column::new("count", ColumnType::Count)];
        let counts = [self.model.trees(), self.model.rows()].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        let names = StringArray::from_iter_values(["trees", "rows per tree"]);
        let arrays: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(Int64Array::from_iter_values(counts))];
        Table::new(columns, arrays).expect("two columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().chain([&self.name]))?;
        if self.model.inputs() != self.columns.len() {
            return Err(Failure::new(code::BAD_BUNDLE, "an isolation forest that does not fit its columns"));
        }
        self.model.validate()
    }
}
