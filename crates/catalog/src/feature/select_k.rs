//! `select_k`: univariate feature selection.

use crate::adapt::{TableStep, state};
use crate::matrix::{Choose, ChooseState, Inputs};
use pipewright_frame::{Class, Selection};
use pipewright_learn::select::{Best, Score};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Spec, Verb, arguments, words,
};
use std::sync::Arc;

words! {
    /// The score to rank columns by, and how many to keep.
    enum By { F(10) = "f", Information(10) = "mi", Chi2(10) = "chi2", L1(10) = "l1" }
}

arguments! {
    /// The arguments of `select_k`.
    struct SelectKArgs {
        /// Score to rank by, and number of columns to keep.
        positional by: By;
        /// Columns to choose from.
        on columns: Selection = [Class::Numeric, Class::Bool];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "select_k",
        group: Group::Features,
        summary: "Keeps the k columns most informative about the target (univariate feature selection).",
        details: "`f[20]` keeps the 20 columns with the largest F statistic (analysis of variance for classes, \
                  linear regression for numbers). `chi2` is Pearson's χ² of classes and columns of counts. `mi` is \
                  the mutual information, estimated from 3 nearest neighbours (columns with at most two values are \
                  discrete). `l1` takes the lasso, or L1-penalised logistic regression, at the penalty that lets in \
                  as many columns: it scores columns jointly, and never keeps one without a coefficient. Ties keep \
                  the earlier column. Columns that are kept do not change. Every fold chooses anew, from training \
                  rows only.",
        search: &["feature selection", "best features", "anova", "chi-squared", "mutual information", "lasso", "kbest"],
        output: Flow::Recipe,
        effect: Effect::FitTarget,
        examples: &[Example {
            script: "load iris.csv | target species | select_k f[2] | show 2",
            output: "\
petal_length  petal_width  species
         1.4          0.2  setosa
         1.4          0.2  setosa
… 148 more rows
",
        }],
        ..Spec::of::<SelectKArgs>()
    },
    bind,
    states: &[state::<ChooseState>()],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let SelectKArgs { by, columns } = SelectKArgs::read(args)?;
    let (score, count, says) = match by {
        By::F(count) => (Score::F, count, "F"),
        By::Information(count) => (Score::Information, count, "information"),
        By::Chi2(count) => (Score::Chi2, count, "χ²"),
        By::L1(count) => (Score::L1, count, "coefficient"),
    };
    let inputs = Inputs { step: "`select_k`", on: Some(columns) };
    let transformer = Best { score, count };
    Ok(Bound::Step(Arc::new(TableStep::new(Choose { inputs, transformer, aims: true, says }))))
}
