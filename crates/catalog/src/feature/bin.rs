//! `bin`: bins numbers.

use crate::adapt::{StepOf, state};
use pipewright_frame::{BinMethod, Binner, BinnerState, Class, Selection};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Int, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// Where the edges are.
    struct Method(BinMethod) {
        "quantile" => BinMethod::Quantile, "width" => BinMethod::Width, "kmeans" => BinMethod::Kmeans
    }
}

words! {
    /// How bins are encoded.
    enum Encoding { Ordinal = "ordinal", OneHot = "onehot" }
}

arguments! {
    /// The arguments of `bin`.
    struct BinArgs {
        /// Number of bins.
        positional bins: Int<2, 10_000> = 10;
        /// Where the edges are.
        positional method: Method = BinMethod::Quantile;
        /// The index of the bin, from 0, or a boolean column per bin: `age (below 20)`.
        option encode: Encoding = Encoding::Ordinal;
        /// Columns to bin.
        on columns: Selection = [Class::Numeric];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "bin",
        group: Group::Features,
        summary: "Bins numeric features (discretisation).",
        details: "Edges are learned from the training rows: `quantile` bins have equally many values, `width` bins \
                  equal width between minimum and maximum, `kmeans` edges lie midway between the means of the clusters \
                  with the least squared distances. A bin includes its lower edge; the outermost bins include \
                  everything beyond. Equal edges are merged, so there may be fewer bins. Missing values stay missing.",
        search: &["discretise", "discretize", "bucket", "cut", "histogram", "interval"],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[
            Example {
                script: "load titanic.csv | select age, sibsp | head 5 | bin 3 quantile on age | show",
                output: "\
age  sibsp
  2      0
  0      1
  0      1
  2      1
  1      1
",
            },
            Example {
                script: "load titanic.csv | select age, sibsp | head 4 | bin 2 width encode=onehot on age | show",
                output: "\
age (below 15.46)  age (15.46 and above)  sibsp
false              true                       0
true               false                      1
true               false                      1
false              true                       1
",
            },
        ],
        ..Spec::of::<BinArgs>()
    },
    bind,
    states: &[state::<BinnerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let BinArgs { bins, method, encode, columns } = BinArgs::read(args)?;
    let onehot = encode == Encoding::OneHot;
    let binner = Binner { bins: bins.get(), method: method.0, onehot, on: Some(columns) };
    Ok(Bound::Step(Arc::new(StepOf::new(binner))))
}
