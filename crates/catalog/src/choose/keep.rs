//! `keep`: keeps columns, or all of them.

use super::projection::{Project, ProjectionState};
use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Class, Selection};
use pipewright_operator::{Args, Bound, Columns, Example, Fault, Form, Group, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "keep",
        group: Group::Choose,
        summary: "Keeps the selected columns, as `select` does; as a whole arm of its own, all of them.",
        details: "The target and the weights of rows stay, selected or not.",
        search: &["select", "pass", "identity", "columns"],
        form: Form::Selector,
        columns: Columns::Default(""),
        examples: &[Example {
            script: "load titanic.csv | keep sex, age | show 2",
            output: "\
sex        age
female      29
male    0.9167
… 1307 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ProjectionState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let selection = args.columns("columns").cloned().unwrap_or(Selection::Class(Class::All));
    Ok(Bound::Step(Arc::new(StepOf::new(Project::keeping(selection)))))
}
