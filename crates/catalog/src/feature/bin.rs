//! `bin`: parts numbers into bins.

use crate::adapt::{StepOf, at_most, load_state};
use pipewright_frame::{BinMethod, Binner, BinnerState};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "bin",
        group: Group::Features,
        summary: "Replaces numeric features by the bins that they fall into.",
        details: "The edges of bins come from the training rows: `quantile`, as many values in each; `width`, evenly between \
                  minimum and maximum; `kmeans`, midway between the means of clusters. A bin takes its lower edge, and the \
                  outermost ones all that lies beyond. Edges that fall together are one, so that there may be fewer bins. \
                  Missing values stay missing.",
        search: &["discretise", "discretize", "bucket", "cut", "histogram", "interval"],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[
            Param::with_default("bins", Domain::Whole { min: 2 }, "10", "How many bins."),
            Param::with_default(
                "method",
                Domain::Word(&["quantile", "width", "kmeans"]),
                "quantile",
                "Where the edges are.",
            ),
        ],
        options: &[Param::with_default(
            "encode",
            Domain::Word(&["ordinal", "onehot"]),
            "ordinal",
            "The place of the bin from 0, or a truth value for every bin: `age (below 20)`.",
        )],
        columns: Columns::Default("@numeric"),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<BinnerState>),
};

/// More bins than that say no more than the numbers.
const BINS_MAX: usize = 10_000;

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = match args.text("method") {
        Some("width") => BinMethod::Width,
        Some("kmeans") => BinMethod::Kmeans,
        _ => BinMethod::Quantile,
    };
    let onehot = args.text("encode") == Some("onehot");
    let bins = at_most(args, "bins", BINS_MAX)?;
    let binner = Binner { bins, method, onehot, on: args.columns("columns").cloned() };
    Ok(Bound::Step(Arc::new(StepOf::new(binner))))
}
