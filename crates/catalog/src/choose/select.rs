//! `select`: keeps columns.

use super::projection::{Project, ProjectionState};
use crate::adapt::{StepOf, state};
use pipewright_frame::Selection;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Form, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `select`.
    struct SelectArgs {
        /// The columns.
        on columns: Selection;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "select",
        group: Group::Choose,
        summary: "Keeps the selected columns, in the order in which they are named.",
        details: "The target and the column with the role weight are always kept.",
        search: &["pick", "project", "columns", "keep"],
        form: Form::Selector,
        examples: &[
            Example {
                script: "load titanic.csv | select survived, age..parch | show 3",
                output: "\
survived     age  sibsp  parch
survived      29      0      0
survived  0.9167      1      2
died           2      1      2
… 1306 more rows
",
            },
            Example {
                script: "load penguins.csv | select @numeric - \"* (mm)\" | show 2",
                output: "\
Body Mass (g)
         3750
         3800
… 342 more rows
",
            },
        ],
        ..Spec::of::<SelectArgs>()
    },
    bind,
    states: &[state::<ProjectionState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SelectArgs { columns } = SelectArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Project::keeping(columns)))))
}
