//! `apply`: transforms rows with frozen steps.

use crate::clean::BadWord;
use pipewright_diagnostic::{Failure, NoProgress, Progress};
use pipewright_frame::{Column, OnInvalid, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, FilePath, Flow, Footprint, Form, Group,
    Neighbours, Preparation, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `apply`.
    struct ApplyArgs {
        /// The file with the fitted steps.
        positional path: FilePath;
        /// A value that cannot be read as the kind of the training rows: an error that names it, or a missing value.
        option bad: BadWord = OnInvalid::Error;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "apply",
        group: Group::Out,
        summary: "Transforms rows with the fitted steps of a file that `freeze` wrote.",
        details: "Columns are matched by name; those that the steps do not know pass unchanged. The rows keep their \
                  number and order. A file of `save` holds a model too: `predict` uses it.",
        search: &["transform", "preprocessing", "reuse", "serve"],
        form: Form::Path,
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::Sink,
        examples: &[Example {
            script: "load penguins.csv | select Species, \"Beak*\" | head 4 | apply prep.pw",
            output: "\
Species  Beak Length (mm)  Beak Depth (mm)
Adelie         -0.8876218        0.7872894
Adelie         -0.8140366        0.1261141
Adelie         -0.6668661         0.431272
Adelie         0.09658061       0.07525452
",
        }],
        ..Spec::of::<ApplyArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, environment: &Environment) -> Result<Bound, ArgumentError> {
    let ApplyArgs { path, bad } = ApplyArgs::read(args)?;
    let preparation = super::bundle_of("path", &path, environment, pipewright_artifact::decode_preparation)?;
    Ok(Bound::Rows(Arc::new(Apply(preparation, bad.0))))
}

struct Apply(Preparation, OnInvalid);

impl Rows for Apply {
    fn footprint(&self, verb: Effect) -> Footprint {
        let neighbours = if self.0.by_row() { Neighbours::NONE } else { Neighbours::ALL };
        Footprint::of(verb).looking_at(neighbours).reading_features().making_values()
    }

    fn expects(&self) -> &[Column] {
        &self.0.input
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(self.0.apply(&Table::empty(input)?, self.1, &NoProgress)?.schema())
    }

    fn apply(&self, table: &Table, _: Key, progress: &dyn Progress) -> Result<Table, Failure> {
        self.0.apply(table, self.1, progress)
    }
}
