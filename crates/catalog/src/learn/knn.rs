//! `knn`: nearest neighbours.

use super::model_spec;
use super::train::TrainArgs;
use crate::adapt::{FeatureUse, TrainingOf, load_model};
use pipewright_learn::knn::{Neighbors, NeighborsModel, Weights};
use pipewright_operator::work::Training;
use pipewright_operator::{Args, ArgumentError, Arguments, Count, Example, Model, Spec, Tasks, arguments, words};
use std::sync::Arc;

words! {
    /// How neighbours are weighted.
    struct WeightsWord(Weights) { "uniform" => Weights::Uniform, "distance" => Weights::Distance }
}

arguments! {
    /// The hyper-parameters of `knn`.
    struct KnnArgs {
        /// Number of neighbours.
        shape k: Count = Neighbors::default().k;
        /// Weights of the neighbours: equal, or by inverse distance.
        option weights: WeightsWord = Neighbors::default().weights;
    }
}

pub(crate) const MODEL: Model = Model {
    spec: Spec {
        name: "knn",
        summary: "Nearest neighbours: the classes, or the mean, of the rows most like a row.",
        details: "The distance is Euclidean, and a category that differs counts like a number 1 away, so `scale` first. \
                  A missing value counts like the columns that are there. Good where like rows have like targets in \
                  few columns; it neither extrapolates nor ignores columns that say nothing, and it keeps all training \
                  rows. A row weight w takes w of the `k` places. Source: Fix and Hodges (1951); distances with missing \
                  values are those of scikit-learn's `nan_euclidean_distances`.",
        search: &["k nearest neighbors", "nearest neighbours", "kneighbors", "lazy", "instance"],
        examples: &[Example {
            script: "load wine.csv | scale | train knn[7](weights=distance) | eval kfold 5 metric=[accuracy, log_loss]",
            output: "\
knn[7](weights=distance) predicts cultivar (3 classes)
stratified, 5 folds, 178 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9606      0.9317 to 0.9895    0.9429    0.9722      0.3990
log_loss              0.2911      0.0000 to 1.0841    0.0865    1.0523      1.0863

confusion (rows true, columns predicted)
                    class_0  class_1  class_2
class_0                  59        0        0
class_1                   3       64        4
class_2                   0        0       48
",
        }],
        ..model_spec::<KnnArgs>()
    },
    tasks: Tasks::Both,
    training: &[],
    prepare,
    load: load_model::<NeighborsModel>,
};

fn prepare(label: String, own: &Args, train: &Args) -> Result<Arc<dyn Training>, ArgumentError> {
    let own = KnnArgs::read(own)?;
    let learner = Neighbors { k: own.k.get(), weights: own.weights.0 };
    let seed = TrainArgs::read(train)?.seed();
    Ok(Arc::new(TrainingOf { label, learner, tasks: MODEL.tasks, sees: FeatureUse::Features, seed }))
}
