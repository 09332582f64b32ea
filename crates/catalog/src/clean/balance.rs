//! `balance`: gives rare classes more weight among the training rows.

use crate::adapt::{TableStep, load_state};
use pipewright_diagnostic::code;
use pipewright_frame::{BalanceMethod, Balancer, BalancerState};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Value, Verb,
};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "balance",
        group: Group::Clean,
        summary: "Gives rare classes more weight: more training rows of them, or fewer of the others.",
        details: "`oversample` adds copies of rows of rare classes, `undersample` leaves rows of frequent ones out, both at random. \
                  `smote` adds rows between a row and one of its `k` nearest of the same class: numbers lie on the \
                  line between the two, counts are rounded; what is no number, or missing in one of them, comes from the \
                  first. Near is what differs little in units of each column's standard deviation. Only training rows \
                  change: rows that are held out or predicted stay what they are.",
        search: &["imbalanced", "resample", "upsample", "downsample"],
        output: Sort::Recipe,
        effect: Effect::RowsTrain,
        positionals: &[Param::required("method", Domain::Word(&["smote", "oversample", "undersample"]), "Which rows.")],
        options: &[
            Param::with_default(
                "ratio",
                Domain::OneOf(&[Domain::Share, Domain::Real { min: 0.0, max: 1.0 }]),
                "1",
                "How many rows the rarest class has in the end for one of the most frequent.",
            ),
            Param::optional("k", Domain::Whole { min: 1 }, "How many neighbours; 5 if it is not said; for `smote`."),
        ],
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
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<BalancerState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let method = match args.text("method") {
        Some("oversample") => BalanceMethod::Over,
        Some("undersample") => BalanceMethod::Under,
        _ => {
            let neighbours = args.whole("k").map_or(5, |count| u32::try_from(count).unwrap_or(u32::MAX));
            BalanceMethod::Smote { neighbours }
        }
    };
    if args.is_given("k") && !matches!(method, BalanceMethod::Smote { .. }) {
        let message = "copies and rows that are left out have no neighbours";
        return Err(Fault::of("k", code::MISPLACED_OPTION, message).help("it is for `balance smote`"));
    }
    let ratio = match args.get("ratio") {
        Some(Value::Share(ratio) | Value::Real(ratio)) => *ratio,
        _ => 1.0,
    };
    if ratio <= 0.0 {
        return Err(Fault::of("ratio", code::BAD_VALUE, "a ratio of 0 balances nothing").help("1 makes all equal"));
    }
    Ok(Bound::Step(Arc::new(TableStep::new(Balancer { method, ratio }))))
}
