//! `holdout`: sets rows apart for the final exam.

use super::evaluator::Eval;
use pipewright_diagnostic::code;
use pipewright_operator::work::{Evaluator, Holdout};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Name, Seed, Spec,
    Structure, Verb, arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `holdout`.
    struct HoldoutArgs {
        /// Share of the rows to set apart.
        positional share: Fraction = 0.2;
        /// Sets the latest rows apart, by the column with the role time, or else by row.
        option latest: bool = false;
        /// Keeps the class proportions on both sides. Without it, where the target has classes and no groups are kept
        /// together.
        option stratified: Option<bool>;
        /// Random seed of the split, in place of the seed of the run.
        option seed: Option<Seed>;
        /// Name of the rows that are set apart, for `assess`.
        as name: Name;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "holdout",
        group: Group::Judge,
        summary: "Holds out a test set for the final exam: the stages below see the other rows only.",
        details: "It stands above the first stage that learns. Nothing below learns from the test rows: neither \
                  steps nor models, and neither `tune` nor `eval` sees them. `assess NAME` judges the finished \
                  pipeline on them, once. The split keeps the class proportions, and the groups of a column with the \
                  role group together; `latest=true` splits by time. `eval holdout 20%` evaluates on a holdout too, but draws it from the rows at \
                  hand and may be repeated.",
        search: &["train_test_split", "test set", "split", "train test split", "hold out"],
        input: Flow::Table,
        effect: Effect::RowsAll,
        structure: Structure::Holdout,
        elsewhere: &[("random_state", "seed")],
        examples: &[Example {
            script: "load iris.csv | target species | holdout 20% as test | train logistic | assess test metric=accuracy",
            output: "\
logistic predicts species (3 classes)
final exam on the holdout, 30 rows, seed 0

                       score          95% interval    baseline
accuracy              1.0000                     ·      0.3333

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      10           0           0
versicolor                   0          10           0
virginica                    0           0          10
",
        }],
        ..Spec::of::<HoldoutArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let HoldoutArgs { share, latest, stratified, seed, name } = HoldoutArgs::read(args)?;
    if latest && (stratified.is_some() || seed.is_some()) {
        let message = "the latest rows are not drawn, so `stratified` and `seed` have no effect";
        return Err(ArgumentError::of("latest", code::BAD_VALUE, message).help("leave them out"));
    }
    let split = Eval::apart(share.0, latest, stratified, seed.map(|seed| seed.0));
    Ok(Bound::Holdout(Arc::new(Apart { name: name.0, split: Arc::new(split) })))
}

struct Apart {
    name: String,
    split: Arc<Eval>,
}

impl Holdout for Apart {
    fn name(&self) -> &str {
        &self.name
    }

    fn split(&self) -> Arc<dyn Evaluator> {
        self.split.clone()
    }
}
