//! `explain`: why the models of an evaluation predict what they predict.

mod effects;
mod importance;
mod rules;
mod shap;

use crate::judge::eval::MetricWord;
use effects::EffectsOf;
use importance::Permutation;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Class, Selection, Table};
use pipewright_learn::metric::{self, Metric};
use pipewright_operator::result::{EffectMethod, RuleMethod};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Int, Spec, Task,
    Verb, arguments, words,
};
use pipewright_world::random::Key;
use rules::RulesOf;
use shap::Shap;
use std::collections::BTreeSet;
use std::sync::Arc;

words! {
    /// How models are explained.
    enum Method { Permutation = "permutation", Shap = "shap", Dependence = "pdp", Accumulated = "ale", Surrogate = "surrogate",
        Slices = "slices" }
}

arguments! {
    /// The arguments of `explain`.
    struct ExplainArgs {
        /// `permutation`: how much worse a metric gets when a column is shuffled. `shap`: what each column contributes to
        /// each prediction. `pdp`, partial dependence: the mean prediction if all rows had a value. `ale`, accumulated
        /// local effects: the same where columns are correlated. `surrogate`: a small tree that imitates the model.
        /// `slices`: the rows where the model is worst.
        positional method: Method = Method::Permutation;
        /// How often each column is shuffled.
        option repeat: Int<1, 1000> = 5, for method in ["permutation"];
        /// The metric that gets worse. Without it, log_loss for classes and rmse for numbers.
        option metric: Option<MetricWord>, for method in ["permutation"];
        /// Number of rows to explain, divided among the folds and rounded up; of `pdp` and `ale`, of each fold.
        option rows: Count = 200, for method in ["shap", "pdp", "ale"];
        /// Number of a row of the table, from 1, that alone is explained, by the model that was fitted without it.
        option row: Option<Count>, for method in ["shap"];
        /// Depth of the tree whose leaves are the rules.
        option depth: Int<1, 10> = 3, for method in ["surrogate", "slices"];
        /// Number of training rows that stand for values that are not known.
        option background: Count = 100, for method in ["shap"];
        /// Columns to explain.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "explain",
        group: Group::Look,
        summary: "Explains the models of an evaluation by the columns of the table: permutation importance, SHAP.",
        details: "The fold models explain the rows that they were not fitted on, so an importance is what a column is worth \
                  for new rows. Columns are those of the table above the first stage that learns: a column that is one-hot \
                  encoded is explained as one. `permutation` shuffles one column at a time and reports how much worse the \
                  metric gets, with a 95 % interval; below or around 0, the model does as well without it. `shap` divides \
                  the difference between a prediction and the mean prediction of training rows among the columns (Shapley \
                  values); the result lists the mean absolute contribution, and the JSON each row; `row=17` explains one row, which `plot \
                  waterfall` draws. `pdp` and `ale` tell how the \
                  prediction changes with each column `on` which they are asked for, as the mean of the folds with their \
                  lowest and highest. `surrogate` fits a small tree to the predictions and tells how well it imitates the model on other rows \
                  (R²). `slices` finds in the same way where the loss is highest: the slices are found in half of the held-out \
                  rows, and their losses are those of the other half. Columns that carry the \
                  same information share it: of two copies, each may seem unimportant.",
        search: &[
            "feature importance",
            "permutation importance",
            "shap",
            "shapley",
            "interpret",
            "explainability",
            "xai",
            "why",
            "partial dependence",
            "accumulated local effects",
            "ice",
            "surrogate model",
            "slices",
            "error analysis",
            "where is the model wrong",
        ],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        examples: &[
            Example {
                script: "load diabetes | train ridge | eval kfold 5 metric=rmse | explain permutation repeat=10",
                output: "\
ridge predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 54.5261    50.4523 to 58.6000   51.8985   57.6145     77.1127

ridge explained: how much worse rmse gets when a column is shuffled
442 held-out rows, rmse 54.5261

       importance          95% interval
s5        16.0637    12.8087 to 19.3188
s1        13.6198     4.3105 to 22.9291
bmi       10.4592     6.1974 to 14.7210
s2         4.5575     -0.8258 to 9.9409
bp         4.3036      0.6199 to 7.9874
sex        2.2209      0.6209 to 3.8209
s4         1.2670     -0.7404 to 3.2744
s6         0.0783     -0.4343 to 0.5910
s3        -0.0274     -0.3326 to 0.2778
age       -0.1237     -0.2968 to 0.0494
",
            },
            Example {
                script: "load iris | train logistic | eval holdout 30% metric=accuracy | explain shap rows=20",
                output: "\
logistic predicts species (3 classes)
holdout, 45 rows, seed 0

                       score          95% interval    baseline
accuracy              0.9778      0.8889 to 1.0000      0.3333

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      15           0           0
versicolor                   0          15           0
virginica                    0           1          14

logistic explained: mean absolute contribution of each column (SHAP)
20 held-out rows

                    p(setosa)  p(versicolor)   p(virginica)
petal_length           0.3766         0.3305         0.2411
petal_width            0.0089         0.1008         0.1060
sepal_length           0.0220         0.0401         0.0201
sepal_width            0.0157         0.0160         0.0004
",
            },
        ],
        ..Spec::of::<ExplainArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ExplainArgs { method, repeat, metric, rows, row, depth, background, columns } = ExplainArgs::read(args)?;
    Ok(Bound::Explain(match method {
        Method::Permutation => {
            let metric = metric.and_then(|word| Metric::find(word.0));
            Arc::new(Permutation { repeats: repeat.get(), metric, columns })
        }
        Method::Dependence | Method::Accumulated => {
            let method = match method {
                Method::Accumulated => EffectMethod::Accumulated,
                _ => EffectMethod::Dependence,
            };
            Arc::new(EffectsOf { method, rows: rows.get(), columns })
        }
        // All columns are the default, which an explicit script spells out.
        Method::Shap | Method::Surrogate | Method::Slices if columns != Selection::Class(Class::All) => {
            let message = format!("`explain {}` takes no columns: it is about all of them", method.to_value());
            return Err(ArgumentError::of("columns", code::MISPLACED_OPTION, message).help("leave it out"));
        }
        Method::Surrogate => Arc::new(RulesOf { method: RuleMethod::Surrogate, depth: depth.get() }),
        Method::Slices => Arc::new(RulesOf { method: RuleMethod::Slices, depth: depth.get() }),
        Method::Shap => {
            Arc::new(Shap { rows: rows.get(), row: row.map(|row| row.get()), background: background.get() })
        }
    }))
}

/// The selected columns that are features.
fn features(selection: &Selection, rows: &Table) -> Result<Vec<Arc<str>>, Failure> {
    let features: BTreeSet<Arc<str>> = rows.features().iter().cloned().collect();
    let mut names = selection.resolve(&rows.schema())?;
    names.retain(|name| features.contains(name));
    Ok(names)
}

/// Some of the rows, drawn at random, ascending.
fn some(rows: usize, count: usize, key: Key) -> Vec<u32> {
    let mut drawn = key.permutation(rows);
    drawn.truncate(count);
    drawn.sort_unstable();
    drawn
}

/// The metric that is looked at, if none is named: that by which searches decide.
fn metric_of(given: Option<&'static Metric>, task: &Task) -> &'static Metric {
    given.unwrap_or(if task.classes().is_some() { &metric::LOG_LOSS } else { &metric::RMSE })
}

/// A metric of the other kind of target is refused.
fn check_metric(given: Option<&'static Metric>, task: &Task) -> Result<(), ArgumentError> {
    let is_of_classes = |metric: &Metric| metric.task == metric::Task::Classes;
    match given.filter(|metric| is_of_classes(metric) != task.classes().is_some()) {
        None => Ok(()),
        Some(metric) => {
            let kind = if is_of_classes(metric) { "classes" } else { "numbers" };
            let message = format!("`{}` is a metric for {kind}, which `{}` does not hold", metric.name, task.target);
            Err(ArgumentError::of("metric", code::WRONG_TASK, message))
        }
    }
}
