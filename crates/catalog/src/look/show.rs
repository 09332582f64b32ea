//! `show`: prints the first rows, or what a saved pipeline holds.

use crate::out::read_bundle;
use pipewright_artifact::Bundle;
use pipewright_diagnostic::Failure;
use pipewright_operator::result::{Output, SavedPipeline, TableHead};
use pipewright_operator::work::{Consumer, Given, Inspect};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Data, Effect, Environment, Example, FilePath, Flow, Group, Int, Spec, Verb,
    arguments, either,
};
use std::sync::Arc;

either! {
    /// What is shown.
    enum What { Rows(Int<0>), Saved(FilePath) }
}

arguments! {
    /// The arguments of `show`.
    struct ShowArgs {
        /// Number of rows, or the file of a saved pipeline.
        positional count: What = What::Rows(Int(10));
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "show",
        group: Group::Look,
        summary: "Prints the first rows, or what a saved pipeline holds, and passes its input on.",
        details: "After a stage that learns, it shows that stage fitted on, and applied to, all rows. With the file of a \
                  saved pipeline (`save`, `freeze`), which needs no table before it: what the model predicts, the \
                  script that made it, the columns that new rows need, its scores, what each step learned, and the \
                  coefficients or layers of the model.",
        search: &["print", "display", "view", "peek", "head", "coefficients", "layers", "inspect model"],
        input: Flow::Anywhere,
        effect: Effect::Tee,
        examples: &[Example {
            script: "load iris.csv | show 2",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
         5.1          3.5           1.4          0.2  setosa
         4.9            3           1.4          0.2  setosa
… 148 more rows
",
        }],
        ..Spec::of::<ShowArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(match ShowArgs::read(args)?.count {
        What::Rows(count) => Bound::Inspect(Arc::new(Show(count.get()))),
        What::Saved(path) => Bound::Consumer(Arc::new(ShowSaved(path))),
    })
}

struct Show(usize);

impl Inspect for Show {
    fn inspect(&self, rows: &Data, _: &Environment) -> Result<Output, Failure> {
        Ok(Output::Table(TableHead::new(rows.head(self.0)?, rows.rows()?)))
    }
}

/// Shows a saved pipeline. The file is read when the stage runs, so that a `save` above it comes first.
struct ShowSaved(FilePath);

impl Consumer for ShowSaved {
    fn consume(&self, _: &Given<'_>, environment: &Environment) -> Result<Output, Failure> {
        let path = &*self.0.0;
        let saved = match read_bundle(&self.0, environment, pipewright_artifact::read)? {
            Bundle::Pipeline(pipeline) => SavedPipeline::of_pipeline(path, pipeline),
            Bundle::Preparation(preparation) => SavedPipeline::of_preparation(path, preparation),
        };
        Ok(Output::SavedPipeline(Box::new(saved)))
    }
}
