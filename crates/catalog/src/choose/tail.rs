//! `tail`: keeps the last rows.

use super::head::End;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, RowsKept, Spec, Verb,
    arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `tail`.
    struct TailArgs {
        /// Number of rows.
        positional count: Int<0> = 10;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "tail",
        group: Group::Choose,
        summary: "Keeps the last rows.",
        search: &["last", "bottom"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load iris.csv | tail 2 | show",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
         6.2          3.4           5.4          2.3  virginica
         5.9            3           5.1          1.8  virginica
",
        }],
        ..Spec::of::<TailArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new(End(RowsKept::Last(TailArgs::read(args)?.count.get())))))
}
