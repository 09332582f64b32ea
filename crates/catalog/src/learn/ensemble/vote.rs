//! `vote`: the mean of several models.

use super::{Averaged, Ensemble, Member, Part, Way, in_parallel, load_averaged, members};
use crate::learn::model_spec;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_operator::work::{FittedModel, Learner, Training};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Chosen, Data, Example, Model, Positive, Spec, Task, Tasks, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The hyper-parameters of `vote`.
    struct VoteArgs {
        /// The models, with their hyper-parameters.
        shape models: Vec<Box<Chosen>>;
        /// A weight per model, in their order. Without it, all weigh the same.
        option weights: Option<Vec<Positive>>;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "vote",
        summary: "Averages the predictions of several models (soft voting).",
        details: "`vote[gbdt, logistic]` fits each model on the training rows; predictions are the mean of their \
                  probabilities or numbers. Worth it where models of different kinds are about equally good and err on \
                  different rows. Prepare the rows for the model that needs most: if one of them takes no missing values, \
                  the rows must have none.",
        search: &["ensemble", "votingclassifier", "votingregressor", "average", "blend", "soft voting"],
        examples: &[Example {
            script: "load wine.csv | target cultivar | scale | train vote[logistic, knn[7], bayes] | eval kfold 5 \
                     metric=[accuracy, log_loss]",
            output: "\
vote[logistic,knn[7],bayes] predicts cultivar (3 classes)
stratified, 5 folds, 178 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9887      0.9600 to 1.0000    0.9714    1.0000      0.3990
log_loss              0.0668      0.0235 to 0.1101    0.0505    0.1072      1.0863

confusion (rows true, columns predicted)
                    class_0  class_1  class_2
class_0                  59        0        0
class_1                   1       69        1
class_2                   0        0       48
",
        }],
        ..model_spec::<VoteArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_averaged,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let VoteArgs { models, weights } = VoteArgs::read(own)?;
    let weights = weights.map(|weights| weights.into_iter().map(|weight| weight.0).collect::<Vec<f64>>());
    if let Some(weights) = weights.as_ref().filter(|weights| weights.len() != models.len()) {
        let message = format!("there are {} models and {} weights", models.len(), weights.len());
        return Err(ArgumentError::of("model", code::BAD_VALUE, message));
    }
    let weights = weights.unwrap_or_else(|| vec![1.0; models.len()]);
    let total: f64 = weights.iter().sum();
    let weights = weights.into_iter().map(|weight| weight / total).collect();
    Ensemble::of(label, &models, Weighted(weights), train)
}

/// The weight of each model.
struct Weighted(Vec<f64>);

impl Way for Weighted {
    fn learner(&self, parts: &[Part], task: &Task) -> Result<Arc<dyn Learner>, ArgumentError> {
        Ok(Arc::new(VoteOf { members: members(parts, task)?, weights: self.0.clone() }))
    }
}

struct VoteOf {
    members: Vec<Member>,
    weights: Vec<f64>,
}

impl Learner for VoteOf {
    fn fit(
        &self,
        train: &Data,
        _: Option<&Data>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Arc<dyn FittedModel>, Failure> {
        let fit = |index: usize| self.members[index].fit(train, key.index(index as u64), progress);
        let members = in_parallel(self.members.len(), fit)?;
        Ok(Arc::new(Averaged { members, weights: self.weights.clone() }))
    }
}
