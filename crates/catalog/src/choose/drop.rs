//! `drop`: removes columns.

use super::projection::{Project, ProjectionState};
use crate::adapt::{StepOf, state};
use pipewright_frame::Selection;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Form, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `drop`.
    struct DropArgs {
        /// The columns.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "drop",
        group: Group::Choose,
        summary: "Drops the selected columns.",
        search: &["remove", "delete", "exclude"],
        form: Form::Selector,
        examples: &[Example {
            script: "load penguins.csv | drop \"* (mm)\", Sex | show 3",
            output: "\
Species  Island     Body Mass (g)
Adelie   Torgersen           3750
Adelie   Torgersen           3800
Adelie   Torgersen           3250
… 341 more rows
",
        }],
        ..Spec::of::<DropArgs>()
    },
    bind,
    states: &[state::<ProjectionState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let DropArgs { columns } = DropArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Project::dropping(columns)))))
}
