//! `select_k`: the columns that say most of the target.

use crate::adapt::{TableStep, load_state};
use crate::matrix::{COLUMNS, Choose, ChooseState, Inputs};
use pipewright_learn::select::{Best, Score};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb,
};
use std::sync::Arc;

/// Columns that stay, where the script does not say.
const COUNT: usize = 10;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "select_k",
        group: Group::Features,
        summary: "Keeps the columns that say most of the target, each on its own.",
        details: "`f[20]` keeps the 20 with the largest F statistic (analysis of variance for classes, linear regression \
                  for numbers), `chi2` is Pearson's χ² of classes and columns of counts, `mi` the mutual information \
                  estimated from 3 nearest neighbours (columns with at most two values are discrete). `l1` takes the \
                  lasso, or logistic regression with its penalty, at the penalty that lets in as many columns: these are \
                  judged together, and a column without a coefficient never stays. Without a number 10 stay; of equal \
                  scores the earlier column. Columns that stay are as they were. In every fold the choice is made anew, \
                  from training rows alone.",
        search: &["feature selection", "best features", "anova", "chi-squared", "mutual information", "lasso", "kbest"],
        output: Sort::Recipe,
        effect: Effect::FitTarget,
        positionals: &[Param::required(
            "by",
            Domain::OneOf(&[Domain::Sized("f"), Domain::Sized("mi"), Domain::Sized("chi2"), Domain::Sized("l1")]),
            "What they are judged by, and how many stay.",
        )],
        columns: Columns::Default(COLUMNS),
        examples: &[Example {
            script: "load iris.csv | target species | select_k f[2] | train logistic | eval holdout 30% seed=1 | assert accuracy > 0.8",
            output: "\
logistic predicts species (3 classes)
holdout, 45 rows, seed 1

                        mean    lowest   highest    baseline
accuracy              0.9333    0.9333    0.9333      0.3333
balanced_accuracy     0.9333    0.9333    0.9333      0.3333
auc                   0.9970    0.9970    0.9970      0.5000
log_loss              0.1454    0.1454    0.1454      1.0986
f1                    0.9333    0.9333    0.9333      0.1667
precision             0.9345    0.9345    0.9345           ·
recall                0.9333    0.9333    0.9333      0.3333
brier                 0.0704    0.0704    0.0704      0.6667
mcc                   0.9007    0.9007    0.9007      0.0000

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      15           0           0
versicolor                   0          14           1
virginica                    0           2          13
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<ChooseState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (by, count) = args.sized("by").unwrap_or(("f", None));
    let (score, says) = match by {
        "mi" => (Score::Information, "information"),
        "chi2" => (Score::Chi2, "χ²"),
        "l1" => (Score::L1, "coefficient"),
        _ => (Score::F, "F"),
    };
    let inputs = Inputs { step: "`select_k`", on: args.columns("columns").cloned() };
    let transformer = Best { score, count: count.unwrap_or(COUNT) };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says }))))
}
