//! `freeze`: writes the fitted steps above it, without a model.

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::{Frozen, Output};
use pipewright_operator::work::Freeze;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, FilePath, Flow, Form, Group, Preparation,
    Spec, Structure, Verb, arguments, failure_of,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `freeze`.
    struct FreezeArgs {
        /// The file; usually `NAME.pw`.
        positional path: FilePath;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "freeze",
        group: Group::Out,
        summary: "Fits the steps above it on all rows and saves them to a file, for `apply`.",
        details: "The file holds fitted transformers without a model: the means of `fillna`, the levels of `encode`, \
                  and so on. It is a bundle like that of `save`: checksummed, inert, written as a whole.",
        search: &["fit", "transformer", "preprocessing", "persist", "pipeline", "store"],
        form: Form::Path,
        input: Flow::Recipe,
        output: Flow::Any,
        effect: Effect::Sink,
        structure: Structure::Final,
        examples: &[Example {
            script: "load penguins.csv | select \"Beak*\" | fillna median | scale | freeze prep.pw",
            output: "\
froze fillna, scale to prep.pw
",
        }],
        ..Spec::of::<FreezeArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    match FreezeArgs::read(args)?.path {
        FilePath(path) if path != "-" => Ok(Bound::Freeze(Arc::new(Target(path)))),
        _ => {
            Err(ArgumentError::of("path", code::MISSING_ARGUMENT, "steps are saved to a file, not to standard output")
                .help("for example: freeze prep.pw"))
        }
    }
}

struct Target(String);

impl Freeze for Target {
    fn freeze(&self, preparation: &Preparation, environment: &Environment) -> Result<Output, Failure> {
        let place = environment.place(&self.0);
        environment
            .world
            .replace(&place, &mut |out| pipewright_artifact::encode_preparation(preparation, out))
            .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", self.0.as_ref(), &error))?;
        let steps = preparation.steps.iter().map(|step| step.verb.clone()).collect();
        Ok(Output::Frozen(Frozen::new(&*self.0, steps)))
    }
}
