//! `pca`: principal components.

use crate::adapt::{TableStep, state};
use crate::matrix::{Inputs, Reduce, ReduceState};
use pipewright_diagnostic::code;
use pipewright_frame::{Class, Selection};
use pipewright_learn::reduce::{Keep, Pca};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Fraction, Group, Spec, Verb,
    arguments,
};
use std::sync::Arc;

/// The share of the variance to keep if the script gives neither a share nor a count.
const SHARE: f64 = 0.95;

arguments! {
    /// The arguments of `pca`.
    struct PcaArgs {
        /// Number of components.
        shape count: Option<Count>;
        /// Share of the variance to keep, instead of a number of components. Without either, 95%.
        positional share: Option<Fraction>;
        /// Scales each component to variance 1.
        option whiten: bool = false;
        /// Name of the new columns, before their numbers.
        option name: String = "pca";
        /// Columns to reduce.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "pca",
        group: Group::Features,
        summary: "Principal component analysis: replaces columns by components, `pca 1`, `pca 2`, ….",
        details: "`pca[10]` keeps 10 components, `pca 90%` as many as hold more than 90 % of the variance. Columns \
                  are centred, not scaled: put `scale` before it unless they share a unit. The sign of each \
                  component makes its largest loading positive. The new columns come last.",
        search: &["principal components", "reduce", "dimensions", "whiten", "eigenvectors"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load iris.csv | scale | pca[2] | show 3",
            output: "\
species      pca 1       pca 2
setosa   -2.264703   0.4800266
setosa   -2.080961  -0.6741336
setosa   -2.364229   -0.341908
… 147 more rows
",
        }],
        ..Spec::of::<PcaArgs>()
    },
    bind,
    states: &[state::<ReduceState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let PcaArgs { count, share, whiten, name, columns } = PcaArgs::read(args)?;
    let keep = match (count, share) {
        (Some(_), Some(_)) => {
            let message = "`pca` keeps a number of components or a share of the variance, not both";
            return Err(ArgumentError::of("share", code::BAD_VALUE, message).help("pca[10], or pca 95%"));
        }
        (Some(count), None) => Keep::First(count.get()),
        (None, Some(share)) => Keep::Share(share.0),
        (None, None) => Keep::Share(SHARE),
    };
    let name = new_name(name, "pca")?;
    let transformer = Pca { keep, whiten, name: name.clone() };
    let inputs = Inputs { step: "`pca`", on: Some(columns) };
    let count = count.map(Count::get);
    Ok(Bound::Step(Arc::new(TableStep::new(Reduce { inputs, transformer, name, count }))))
}

/// The name of new columns, before their numbers; it must not be blank.
pub(super) fn new_name(name: String, verb: &str) -> Result<String, ArgumentError> {
    if !name.trim().is_empty() {
        return Ok(name);
    }
    let fault = ArgumentError::of("name", code::BAD_VALUE, "the name of the new columns is blank");
    Err(fault.help(format!("for example name=\"{verb}\"")))
}
