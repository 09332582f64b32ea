//! `balance`: resamples the training rows to balance classes.

use crate::adapt::{TableStep, state};
use pipewright_frame::{BalanceMethod, Balancer, BalancerState};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Ratio, Spec, Verb,
    arguments, words,
};
use std::sync::Arc;

words! {
    /// How classes are balanced.
    enum Method { Smote = "smote", Oversample = "oversample", Undersample = "undersample" }
}

arguments! {
    /// The arguments of `balance`.
    struct BalanceArgs {
        /// How classes are balanced.
        positional method: Method;
        /// Rows of the rarest class per row of the most frequent class.
        option ratio: Ratio = 1.0;
        /// Nearest neighbours to interpolate between.
        option k: Count = 5, for method in ["smote"];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "balance",
        group: Group::Clean,
        summary: "Balances classes in the training rows: adds rows of rare classes, or drops rows of frequent ones.",
        details: "`oversample` adds copies of random rows of rare classes, `undersample` drops random rows of \
                  frequent ones. `smote` adds synthetic rows between a row and one of its `k` nearest neighbours of \
                  the same class: numbers are interpolated, counts rounded; values that are not numbers, or missing \
                  in one of the two, come from the first. Distances are in standard deviations of each column. Only \
                  training rows change: held-out and predicted rows stay unchanged.",
        search: &["imbalanced", "resample", "upsample", "downsample"],
        output: Flow::Recipe,
        effect: Effect::RowsTrain,
        examples: &[Example {
            script: "load visits.csv | target returned | select age, returned | balance undersample | show",
            output: "\
age  returned
 51  no
 29  no
 36  yes
 62  yes
 44  no
 63  yes
",
        }],
        ..Spec::of::<BalanceArgs>()
    },
    bind,
    states: &[state::<BalancerState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let BalanceArgs { method, ratio, k } = BalanceArgs::read(args)?;
    let method = match method {
        Method::Smote => BalanceMethod::Smote { neighbours: k.saturating_u32() },
        Method::Oversample => BalanceMethod::Over,
        Method::Undersample => BalanceMethod::Under,
    };
    Ok(Bound::Step(Arc::new(TableStep::new(Balancer { method, ratio: ratio.0 }))))
}
