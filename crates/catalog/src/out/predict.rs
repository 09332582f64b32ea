//! `predict`: predicts with a saved pipeline.

use crate::clean::BadWord;
use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Column, OnInvalid, Role, Schema, Table};
use pipewright_operator::result::{prediction_arrays, prediction_columns};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, FilePath, FittedPipeline, Flow, Footprint,
    Form, Group, Neighbours, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::collections::BTreeSet;
use std::sync::Arc;

arguments! {
    /// The arguments of `predict`.
    struct PredictArgs {
        /// The saved pipeline.
        positional path: FilePath;
        /// Adds the probability of every class.
        option proba: bool = false;
        /// Columns of the input to keep, before the predictions.
        option keep: Option<Vec<Arc<str>>>;
        /// A value that cannot be read as the kind of the training rows: an error that names it, or a missing value.
        option bad: BadWord = OnInvalid::Error;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "predict",
        group: Group::Out,
        summary: "Predicts every row with a saved pipeline; the output is a table of predictions.",
        details: "Columns are matched by name: their order does not matter, extra ones are ignored with a note, a \
                  missing one is an error. Values are read as the kinds of the training rows: `10` as a text where \
                  texts were, 1 as true. Levels that did not occur in training are noted. Predictions keep the number and order of the rows. The column \
                  `prediction` holds the class or the number; a model of several quantiles adds a column for each, \
                  such as `q05` and `q97.5`.",
        search: &["score", "infer", "apply", "forecast"],
        form: Form::Path,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::Sink,
        examples: &[Example {
            script: "load iris.csv | sample 3 | predict iris.pw keep=species | show",
            output: "\
species     prediction
setosa      setosa
versicolor  versicolor
versicolor  versicolor
",
        }],
        ..Spec::of::<PredictArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, environment: &Environment) -> Result<Bound, ArgumentError> {
    let PredictArgs { path, proba, keep, bad } = PredictArgs::read(args)?;
    let pipeline = super::bundle_of("path", &path, environment, pipewright_artifact::decode)?;
    Ok(Bound::Rows(Arc::new(Predict { pipeline, proba, keep: keep.unwrap_or_default(), bad: bad.0 })))
}

struct Predict {
    pipeline: FittedPipeline,
    /// Adds the probability of every class.
    proba: bool,
    /// Columns of the input to keep before the predictions.
    keep: Vec<Arc<str>>,
    bad: OnInvalid,
}

impl Rows for Predict {
    fn footprint(&self, verb: Effect) -> Footprint {
        let neighbours = if self.pipeline.by_row() { Neighbours::NONE } else { Neighbours::ALL };
        Footprint::of(verb).looking_at(neighbours).reading_features().making_values()
    }

    fn expects(&self) -> &[Column] {
        &self.pipeline.input
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let kept = self.keep.iter().map(|name| input.column(name).map(feature));
        Ok(Schema::new(kept.collect::<Result<Vec<_>, _>>()?.into_iter().chain(self.columns())))
    }

    fn apply(&self, table: &Table, _: Key, progress: &dyn Progress) -> Result<Table, Failure> {
        let predicted = self.pipeline.predict(&self.offered(table)?, self.bad, progress)?;
        let mut columns = Vec::new();
        let mut arrays = Vec::new();
        for name in &self.keep {
            columns.push(feature(table.column(name)?));
            arrays.push(table.array(name)?.clone());
        }
        columns.extend(self.columns());
        arrays.extend(prediction_arrays(&predicted, &self.pipeline.task, self.proba));
        Table::with_rows(columns, arrays, table.rows())
    }
}

impl Predict {
    /// The table without columns that are only kept, so that the model does not report them as extra.
    fn offered(&self, table: &Table) -> Result<Table, Failure> {
        let input: BTreeSet<&Arc<str>> = self.pipeline.input.iter().map(|column| &column.name).collect();
        let used = |name: &Arc<str>| input.contains(name);
        let names = table.columns().iter().map(|column| column.name.clone());
        table.select(&names.filter(|name| used(name) || !self.keep.contains(name)).collect::<Vec<_>>())
    }

    /// The columns of the predictions.
    fn columns(&self) -> Vec<Column> {
        let FittedPipeline { task, model, .. } = &self.pipeline;
        prediction_columns(task, self.proba, model.levels(), model.is_conformal())
    }
}

fn feature(column: &Column) -> Column {
    Column { role: Role::Feature, ..column.clone() }
}
