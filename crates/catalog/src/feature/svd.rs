//! `svd`: truncated singular values.

use super::pca::new_name;
use crate::adapt::{TableStep, state};
use crate::matrix::{Inputs, Reduce, ReduceState};
use pipewright_frame::{Class, Selection};
use pipewright_learn::reduce::Svd;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `svd`.
    struct SvdArgs {
        /// Number of components.
        shape count: Count;
        /// Name of the new columns, before their numbers.
        option name: String = "svd";
        /// Columns to reduce.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "svd",
        group: Group::Features,
        summary: "Truncated singular value decomposition: replaces columns by components, `svd 1`, `svd 2`, ….",
        details: "Like `pca` without centring: for sparse columns of counts. Applied to words, it is latent semantic \
                  analysis. The new columns come last.",
        search: &["truncated svd", "lsa", "latent semantic", "reduce", "dimensions"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load iris.csv | svd[2] | show 3",
            output: "\
species     svd 1      svd 2
setosa   5.912747  -2.302033
setosa   5.572482  -1.971826
setosa   5.446977  -2.095206
… 147 more rows
",
        }],
        ..Spec::of::<SvdArgs>()
    },
    bind,
    states: &[state::<ReduceState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SvdArgs { count, name, columns } = SvdArgs::read(args)?;
    let (name, count) = (new_name(name, "svd")?, count.get());
    let transformer = Svd { count, name: name.clone() };
    let inputs = Inputs { step: "`svd`", on: Some(columns) };
    Ok(Bound::Step(Arc::new(TableStep::new(Reduce { inputs, transformer, name, count: Some(count) }))))
}
