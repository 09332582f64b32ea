//! `normalize`: scales each row to length 1.

use crate::adapt::{StepOf, state};
use pipewright_frame::{Class, Norm, Normalizer, NormalizerState, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Environment, Example, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// The length of a row.
    struct NormWord(Norm) { "l1" => Norm::L1, "l2" => Norm::L2, "max" => Norm::Max }
}

arguments! {
    /// The arguments of `normalize`.
    struct NormalizeArgs {
        /// The length to divide by.
        positional norm: NormWord = Norm::L2;
        /// Columns to normalise together.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "normalize",
        group: Group::Scale,
        summary: "Normalizes each row: divides its selected numbers by their length.",
        details: "`l2` is the square root of the sum of squares, `l1` the sum of absolute values, `max` the largest \
                  absolute value. Each row is scaled by itself; `scale` scales columns. Missing values do not count \
                  and stay missing, a row of zeros stays as it is.",
        search: &["normalise", "unit", "norm", "cosine"],
        examples: &[Example {
            script: "load iris.csv | head 2 | normalize | show",
            output: "\
sepal_length  sepal_width  petal_length  petal_width  species
   0.8037728    0.5516088     0.2206435    0.0315205  setosa
   0.8281329    0.5070201     0.2366094   0.03380134  setosa
",
        }],
        ..Spec::of::<NormalizeArgs>()
    },
    bind,
    states: &[state::<NormalizerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let NormalizeArgs { norm, columns } = NormalizeArgs::read(args)?;
    Ok(Bound::Step(Arc::new(StepOf::new(Normalizer { norm: norm.0, on: Some(columns) }))))
}
