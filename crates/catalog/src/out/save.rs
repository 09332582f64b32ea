//! `save`: writes the fitted pipeline.

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::{Output, Saved};
use pipewright_operator::work::ModelSink;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, FilePath, FittedPipeline, Flow, Form, Group,
    Spec, Structure, Verb, arguments, failure_of,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `save`.
    struct SaveArgs {
        /// The file; usually `NAME.pw`.
        positional path: FilePath;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "save",
        group: Group::Out,
        summary: "Fits the pipeline on all rows and saves it to a file, for `predict`.",
        details: "The file holds the steps, the model, the script and the seed; it is checksummed, and reading it \
                  runs nothing. It is written atomically and durably: there is either the old file or the new one.",
        search: &["persist", "store", "dump", "export"],
        form: Form::Path,
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Sink,
        structure: Structure::Final,
        examples: &[Example {
            script: "load iris.csv | train logistic | save iris.pw",
            output: "\
saved iris.pw
",
        }],
        ..Spec::of::<SaveArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, environment: &Environment) -> Result<Bound, ArgumentError> {
    match SaveArgs::read(args)?.path {
        FilePath(path) if path != IN_MEMORY || environment.takes_models => Ok(Bound::ModelSink(Arc::new(Save(path)))),
        _ => {
            Err(ArgumentError::of("path", code::MISSING_ARGUMENT, "a model is saved to a file, not to standard output")
                .help("for example: save model.pw"))
        }
    }
}

/// In place of a file name: the pipeline goes to the host program only.
const IN_MEMORY: &str = "-";

struct Save(String);

impl ModelSink for Save {
    fn store(&self, pipeline: &Arc<FittedPipeline>, environment: &Environment) -> Result<Output, Failure> {
        if self.0 != IN_MEMORY {
            let place = environment.place(&self.0);
            environment
                .world
                .replace(&place, &mut |out| pipewright_artifact::encode(pipeline, out))
                .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", self.0.as_ref(), &error))?;
        }
        Ok(Output::Saved(Saved::new(&*self.0, pipeline.clone())))
    }
}
