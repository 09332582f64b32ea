//! `keep`: keeps columns.

use super::projection::{Project, ProjectionState};
use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Form, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `keep`.
    struct KeepArgs {
        /// The columns.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "keep",
        group: Group::Choose,
        summary: "Keeps the selected columns, as `select` does; alone in an arm of `columns`, keeps all of them.",
        details: "The target and the column with the role weight are always kept.",
        search: &["select", "pass", "identity", "columns"],
        form: Form::Selector,
        examples: &[Example {
            script: "load titanic.csv | keep sex, age | show 2",
            output: "\
sex        age
female      29
male    0.9167
… 1307 more rows
",
        }],
        ..Spec::of::<KeepArgs>()
    },
    bind,
    states: &[state::<ProjectionState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let KeepArgs { columns } = KeepArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Project::keeping(columns)))))
}
