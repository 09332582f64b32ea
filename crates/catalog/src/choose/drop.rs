//! `drop`: removes columns.

use super::projection::{Project, ProjectionState};
use crate::adapt::{StepOf, load_state};
use pipewright_operator::{Args, Bound, Columns, Example, Fault, Form, Group, Spec, Surroundings, Verb};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "drop",
        group: Group::Choose,
        summary: "Removes the selected columns.",
        search: &["remove", "delete", "exclude"],
        form: Form::Selector,
        columns: Columns::Default(""),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ProjectionState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Step(Arc::new(StepOf::new(Project::dropping(super::selected(args)?)))))
}
