//! `save`: writes the fitted pipeline.

use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::{Output, Saved};
use pipewright_operator::work::Keep;
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, FittedPipeline, Form, Group, Param, Sort, Spec, Structure,
    Surroundings, Verb, failure_of,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "save",
        group: Group::Out,
        summary: "Fits everything on all rows and writes it to a file, from which `predict` predicts.",
        details: "The file holds the steps, the model, the script and the seed; it is checksummed, and reading it runs \
                  nothing. It is written as a whole and durably: whoever looks finds the old file or the new one.",
        search: &["persist", "store", "dump", "export"],
        form: Form::Path,
        input: Sort::Learner,
        output: Sort::Learner,
        effect: Effect::Sink,
        structure: Structure::Final,
        positionals: &[Param::required("path", Domain::Path, "The file; `.pw` is its usual ending.")],
        examples: &[Example {
            script: "load iris.csv | train logistic | save iris.pw",
            output: "\
saved iris.pw
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    match args.text("path") {
        Some(path) if path != "-" => Ok(Bound::Keep(Arc::new(Save(path.to_owned())))),
        _ => Err(Fault::of("path", code::MISSING_ARGUMENT, "a file is missing: save model.pw")),
    }
}

struct Save(String);

impl Keep for Save {
    fn keep(&self, pipeline: &FittedPipeline, surroundings: &Surroundings) -> Result<Output, Failure> {
        let place = surroundings.place(&self.0);
        surroundings
            .world
            .replace(&place, &mut |out| pipewright_artifact::encode(pipeline, out))
            .map_err(|error| failure_of(code::CANNOT_WRITE, "cannot write", self.0.as_ref(), &error))?;
        Ok(Output::Saved(Saved::new(&*self.0, &*pipeline.model_name, pipeline.task.target.clone())))
    }
}
