//! `fork`: branches into several pipelines that are evaluated on the same folds.

use pipewright_operator::{
    Args, ArgumentError, Bound, Domain, Effect, Environment, Example, Flow, Form, Group, Param, Place, Preset, Spec,
    Structure, Verb,
};

/// The arms; the planner expands them, so the verb itself reads no arguments.
pub(super) const ARMS: Param = Param {
    place: Place::Positional,
    name: "arms",
    domain: Domain::Arms,
    preset: Preset::None,
    required: true,
    doc: "The pipelines, one per line or separated by `;`.",
    when: &[],
};

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "fork",
        group: Group::Branch,
        summary: "Branches into several pipelines, to compare models on identical folds.",
        details: "Each arm is a pipeline of its own, named by the word before its colon. The stages after the fork are \
                  run for every arm: `eval` evaluates all of them on the same folds and prints one row per arm. The \
                  stages above the fork, and those that two arms share, run once. Everything in an arm is fitted \
                  anew in every fold. Stages that filter or add rows, or that name the target, must come before \
                  the fork. Put `save` in the arm whose model you want.",
        search: &["compare models", "model selection", "alternatives", "benchmark", "leaderboard"],
        form: Form::Arms,
        output: Flow::Any,
        effect: Effect::Row,
        structure: Structure::Branches,
        positionals: &[ARMS],
        examples: &[Example {
            script: "load iris.csv | target species | fork { plain: train logistic; scaled: scale | train logistic } | eval kfold 3 metric=accuracy",
            output: "\
2 models predict species (3 classes)
stratified, 3 folds, 150 rows, seed 0

arm       model       accuracy
plain     logistic      0.9600
scaled    logistic      0.9600
baseline                0.3200
",
        }],
        ..Spec::BASE
    },
    bind,
    states: &[],
};

fn bind(_: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Fork)
}
