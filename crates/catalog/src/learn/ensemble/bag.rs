//! `bag`: one model, fitted on several random samples of the rows.

use super::{Averaged, Ensemble, Member, Part, Way, in_parallel, load_averaged};
use crate::learn::model_spec;
use pipewright_diagnostic::{Failure, Progress};
use pipewright_operator::work::{FittedModel, Learner, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Chosen, Data, Example, Int, Model, Ratio, Spec, Task, Tasks, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `bag`.
    struct BagArgs {
        /// The model, with its hyper-parameters.
        shape model: Box<Chosen>;
        /// Number of samples, and of models.
        option n: Int<1, 1000> = 10;
        /// Rows of a sample, as a share of the training rows.
        option rows: Ratio = 1.0;
        /// Draws rows with replacement (bootstrap); without it, `rows` must be below 1 for the models to differ.
        option replace: bool = true;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "bag",
        summary: "Bagging: the mean of one model fitted on several random samples of the rows.",
        details: "`bag[tree](n=50)` fits 50 trees, each on a bootstrap sample of the training rows; predictions are the \
                  mean of their probabilities or numbers. It steadies models that change much with the rows, such as \
                  trees and networks, and does little for linear ones. Source: L. Breiman, \"Bagging Predictors\" \
                  (1996).",
        search: &["ensemble", "bagging", "bootstrap", "baggingclassifier", "baggingregressor"],
        examples: &[Example {
            script: "load diabetes.csv | target progression | scale | train bag[knn[7]](n=20, rows=50%, replace=false) \
                     | eval kfold 5 metric=rmse",
            output: "\
bag[knn[7]](n=20, rows=50%, replace=false) predicts progression (regression)
kfold, 5 folds, 442 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
rmse                 56.3411    49.1232 to 63.5591   52.2136   62.3371     77.1127
",
        }],
        ..model_spec::<BagArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_averaged,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let BagArgs { model, n, rows, replace } = BagArgs::read(own)?;
    let sampling = Sampling { count: n.get(), share: rows.0, replace };
    Ensemble::of(label, std::slice::from_ref(&model), sampling, train)
}

/// How samples are drawn.
#[derive(Clone, Copy)]
struct Sampling {
    count: usize,
    share: f64,
    replace: bool,
}

impl Sampling {
    /// The rows of a sample, ascending; with replacement, a row may be there several times.
    fn rows(self, rows: usize, key: Key) -> Vec<u32> {
        let wanted = ((rows as f64 * self.share).round() as usize).clamp(1, rows.max(1));
        let mut sample = match self.replace {
            true => (0..wanted as u64).map(|place| key.below(place, rows.max(1) as u64) as u32).collect(),
            false => key.permutation(rows).into_iter().take(wanted).collect::<Vec<u32>>(),
        };
        sample.sort_unstable();
        sample
    }
}

impl Way for Sampling {
    fn learner(&self, parts: &[Part], task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        let member = parts[0].member(task)?;
        Ok(Arc::new(BagOf { member, sampling: *self }))
    }
}

struct BagOf {
    member: Member,
    sampling: Sampling,
}

impl Learner for BagOf {
    fn fit(
        &self,
        train: &Data,
        _: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let table = train.table()?;
        let fit = |index: usize| {
            let key = key.index(index as u64);
            let sample = Data::Table(table.take(&self.sampling.rows(table.rows(), key.child("rows"))));
            self.member.fit(&sample, key.child("fit"), progress)
        };
        let count = self.sampling.count;
        let members = in_parallel(count, fit)?;
        Ok(Arc::new(Averaged { members, weights: vec![1.0 / count as f64; count] }))
    }
}
