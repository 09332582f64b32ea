//! `svd`: truncated singular values.

use super::pca::new_name;
use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Inputs, Reduce, ReduceState};
use pipewright_learn::reduce::Svd;
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "svd",
        group: Group::Features,
        summary: "Replaces columns by the directions of their largest singular values, `svd 1`, `svd 2`, ….",
        details: "As `pca`, without taking the mean away: for columns of counts, most of which are 0. Of words, that is \
                  latent semantic analysis. The new columns come last.",
        search: &["truncated svd", "lsa", "latent semantic", "reduce", "dimensions"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        shape: Some(Param::required("count", Domain::Whole { min: 1 }, "How many directions.")),
        options: &[Param::optional(
            "name",
            Domain::Text,
            "What the new columns are called, before their numbers; `svd` without it.",
        )],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load iris.csv | head 3 | svd[2] | show",
            output: "\
species     svd 1       svd 2
setosa   6.344003   0.1164787
setosa   5.913313  -0.2067166
setosa   5.835499  0.08284444
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ReduceState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (name, count) = (new_name(args, "svd")?, args.whole("count").unwrap_or(1));
    let transformer = Svd { count, name: name.clone() };
    let inputs = Inputs { step: "`svd`", on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(TableStep::new(Reduce { inputs, transformer, name, count: Some(count) }))))
}
