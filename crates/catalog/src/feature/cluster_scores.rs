//! `cluster_scores`: how good clusters are, judged on rows that they were not learned from.
//!
//! The rows are split into folds; in each, clusters are learned from the training rows, and the held-out rows are
//! assigned to them and scored. The result is a table and not an `eval`: nothing is predicted that could be compared with
//! a target, the scores are functions of the columns and the clusters of held-out rows. So that no other stage learns from
//! held-out rows, it takes a table only, and scales its columns itself.

use super::cluster::{Configured, WAY, WayArgs};
use crate::joined;
use crate::matrix::{Inputs, matrix};
use arrow_array::{ArrayRef, Float64Array, Int64Array};
use pipewright_diagnostic::{Bounds, Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Scaler, ScalerMethod, Schema, State, Table, fit};
use pipewright_learn::cluster::{Label, score};
use pipewright_learn::split::{Fold, kfold};
use pipewright_learn::{Features, Key};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Int, Spec, Verb,
    arguments,
};
use rayon::prelude::*;
use std::sync::Arc;

arguments! {
    /// The arguments of `cluster_scores` besides those of `cluster`.
    struct ScoresArgs {
        /// Number of folds.
        option folds: Int<2, 1000> = 5;
        /// A column of known classes to compare the clusters with; it is not clustered by.
        option truth: Option<Arc<str>>;
        /// Standardises the columns, as learned from the training rows of each fold.
        option scale: bool = true;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "cluster_scores",
        group: Group::Features,
        summary: "Scores clusters on held-out rows (cross-validation of a clustering): a line per fold.",
        details: "Clusters are learned from the training rows of each fold as by `cluster`, and its held-out rows are assigned to \
                  them. `silhouette` (-1 to 1) and `calinski_harabasz` are better if larger, `davies_bouldin` if smaller; \
                  they are missing where the held-out rows are all in one cluster. With `truth=species`, \
                  `ari` (adjusted Rand index) and `ami` (adjusted mutual information) compare clusters and classes: 1 if they are the same up to names, about 0 by \
                  chance. `rows` are the held-out rows, of which `clustered` have a cluster; the others, noise of `dbscan`, are left out of \
                  the scores by distances. No target is needed. The formulas are scikit-learn's. To choose a number of clusters, compare \
                  the means of each: `| group { silhouette = mean(silhouette) }`.",
        search: &[
            "silhouette",
            "davies bouldin",
            "calinski harabasz",
            "adjusted rand",
            "adjusted mutual information",
            "evaluate clustering",
            "number of clusters",
            "elbow",
        ],
        elsewhere: &[("cv", "folds"), ("labels_true", "truth")],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load iris.csv | cluster_scores kmeans[3] folds=3 truth=species \
                     | select fold, silhouette, ari, ami | show",
            output: "\
fold  silhouette        ari        ami
   1   0.4766504  0.6135346  0.6401518
   2   0.4265055  0.6869791  0.7044468
   3   0.4541293   0.541567  0.6086391
",
        }],
        options: &joined::<{ WAY.options.len() + ScoresArgs::PARAMS.len() }>(WAY.options, ScoresArgs::PARAMS),
        ..WAY
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let (way, ScoresArgs { folds, truth, scale }) = (WayArgs::read(args)?, ScoresArgs::read(args)?);
    let inputs = Inputs { step: "`cluster_scores`", on: Some(way.columns.clone()) };
    Ok(Bound::Rows(Arc::new(Scores { inputs, way: Configured::of(way)?, folds: folds.get(), truth, scale })))
}

struct Scores {
    inputs: Inputs,
    way: Configured,
    folds: usize,
    /// The column of classes.
    truth: Option<Arc<str>>,
    /// Are the columns standardised?
    scale: bool,
}

/// The columns of a result; the last two need classes.
const COLUMNS: [(&str, ColumnType); 9] = [
    ("fold", ColumnType::Count),
    ("rows", ColumnType::Count),
    ("clustered", ColumnType::Count),
    ("clusters", ColumnType::Count),
    ("silhouette", ColumnType::Continuous),
    ("davies_bouldin", ColumnType::Continuous),
    ("calinski_harabasz", ColumnType::Continuous),
    ("ari", ColumnType::Continuous),
    ("ami", ColumnType::Continuous),
];

impl Rows for Scores {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of_new_table(verb).mixing_values().reading(self.truth.clone())
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.names(input)?;
        if let Some(truth) = &self.truth {
            input.column(truth)?;
        }
        Ok(Schema::new(self.columns()))
    }

    fn apply(&self, table: &Table, key: Key, _: &dyn Progress) -> Result<Table, Failure> {
        let names = self.names(&table.schema())?;
        let truth = match &self.truth {
            None => None,
            Some(name) => Some(table.codes(name, &table.classes(name)?)?),
        };
        let folds = kfold(table.rows(), self.folds, Some(key.child("folds")))?.folds;
        let bounds = Bounds::current();
        let scored = |(index, fold): (usize, &Fold)| {
            bounds.around(|| self.scored(table, &names, truth.as_deref(), fold, key.child("fold").index(index as u64)))
        };
        let scored: Vec<Result<FoldScores, Failure>> = folds.par_iter().enumerate().map(scored).collect();
        // Of several folds that fail, the first is reported, whatever the timing of threads.
        let folds: Vec<FoldScores> = scored.into_iter().collect::<Result<_, _>>()?;
        let count = |of: fn(&FoldScores) -> usize| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(folds.iter().map(|fold| of(fold) as i64)))
        };
        let numbers = |place: usize| -> ArrayRef {
            Arc::new(folds.iter().map(|fold| fold.scores[place]).collect::<Float64Array>())
        };
        let fold: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=folds.len() as i64));
        let counts = [count(|fold| fold.rows), count(|fold| fold.clustered), count(|fold| fold.clusters)];
        let columns = self.columns();
        let scores = (0..columns.len() - 1 - counts.len()).map(numbers);
        let arrays = std::iter::once(fold).chain(counts.clone()).chain(scores).collect();
        Table::new(columns, arrays)
    }
}

/// The scores of a fold.
struct FoldScores {
    rows: usize,
    clustered: usize,
    /// The number of clusters that were found in the training rows.
    clusters: usize,
    /// In the order of [`COLUMNS`]; `None` for one without a value.
    scores: [Option<f64>; 5],
}

impl Scores {
    fn columns(&self) -> Vec<Column> {
        let count = if self.truth.is_some() { COLUMNS.len() } else { COLUMNS.len() - 2 };
        COLUMNS[..count].iter().map(|(name, kind)| Column::new(*name, *kind)).collect()
    }

    /// The columns that rows are compared by.
    fn names(&self, schema: &Schema) -> Result<Vec<Arc<str>>, Failure> {
        let columns = self.inputs.columns(schema)?.into_iter().map(|column| column.name);
        Ok(columns.filter(|name| Some(name) != self.truth.as_ref()).collect())
    }

    fn scored(
        &self,
        table: &Table,
        names: &[Arc<str>],
        truth: Option<&[Label]>,
        fold: &Fold,
        key: Key,
    ) -> Result<FoldScores, Failure> {
        let [train, test] = self.matrices(table, names, fold)?;
        let found = self.way.fit(&train, key.child("fit"))?;
        let labels = found.assign(&test)?;
        // Held-out rows of a single cluster, or each of its own, have no distances to compare.
        let or_none = |score: Result<f64, Failure>| match score {
            Ok(score) => Ok(Some(score)),
            Err(failure) if failure.code == code::TOO_FEW_ROWS => Ok(None),
            Err(failure) => Err(failure),
        };
        let silhouette = score::silhouette(&test, &labels, key.child("silhouette")).map(|silhouette| silhouette.mean);
        let truth: Option<Vec<Label>> = truth.map(|truth| fold.test.iter().map(|&row| truth[row as usize]).collect());
        let against = |score: fn(&[Label], &[Label]) -> f64| truth.as_ref().map(|truth| score(truth, &labels));
        Ok(FoldScores {
            rows: labels.len(),
            clustered: labels.iter().flatten().count(),
            clusters: found.shape().0,
            scores: [
                or_none(silhouette)?,
                or_none(score::davies_bouldin(&test, &labels))?,
                or_none(score::calinski_harabasz(&test, &labels))?,
                against(score::adjusted_rand),
                against(score::adjusted_mutual_information),
            ],
        })
    }

    /// The training and the held-out rows.
    fn matrices(&self, table: &Table, names: &[Arc<str>], fold: &Fold) -> Result<[Features; 2], Failure> {
        let [train, test] = [&fold.train, &fold.test].map(|rows| table.take(rows));
        if !self.scale {
            return Ok([matrix(&train, names)?, matrix(&test, names)?]);
        }
        let scaler = Scaler { method: ScalerMethod::Standard, on: self.inputs.on.clone() };
        let state = fit(&scaler, &train)?;
        Ok([matrix(&state.apply(&train)?, names)?, matrix(&state.apply(&test)?, names)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_learn::cluster::KMeans;

    /// scikit-learn 1.9.1: `StandardScaler` and `KMeans(3, n_init=50)` fitted on the training rows, which find the same
    /// clusters from every start; `silhouette_score`, `davies_bouldin_score`, `calinski_harabasz_score`,
    /// `adjusted_rand_score` and `adjusted_mutual_info_score` of the held-out rows.
    #[test]
    fn held_out_rows_are_scored_as_by_scikit_learn() {
        let rows = 0..60_i32;
        let x = rows.clone().map(|i| f64::from(i % 3) * 4.0 + (12.9 * f64::from(i)).sin() * 1.9);
        let y = rows.clone().map(|i| f64::from(u8::from(i % 3 == 1)) * 30.0 + (7.7 * f64::from(i)).cos() * 9.0);
        let class = rows.clone().map(|i| i64::from((i % 3 + i32::from(i % 5 == 0)) % 3));
        let number = |name: &str| Column::new(name, ColumnType::Continuous);
        let columns = vec![number("x"), number("y"), Column::new("class", ColumnType::Count)];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from_iter_values(x)),
            Arc::new(Float64Array::from_iter_values(y)),
            Arc::new(Int64Array::from_iter_values(class)),
        ];
        let table = Table::new(columns, arrays).unwrap();
        let (test, train): (Vec<u32>, Vec<u32>) = (0..60).partition(|row| row % 4 == 1);
        let inputs = Inputs { step: "`cluster_scores`", on: None };
        let way = Configured::Kmeans(KMeans::new(3));
        let scores = Scores { inputs, way, folds: 2, truth: Some("class".into()), scale: true };
        let names = scores.names(&table.schema()).unwrap();
        assert_eq!(names, ["x".into(), "y".into()], "the classes are not clustered by");
        let truth = table.codes("class", &table.classes("class").unwrap()).unwrap();
        let found = scores.scored(&table, &names, Some(&truth), &Fold { train, test }, Key::new(0)).unwrap();
        assert_eq!((found.rows, found.clustered, found.clusters), (15, 15, 3));
        let wanted =
            [0.627_090_511_011_203_2, 0.468_126_509_732_990_47, 33.418_081_861_658_834, 0.44, 0.458_278_557_250_867_1];
        for (found, wanted) in found.scores.into_iter().zip(wanted) {
            assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} {wanted}");
        }
    }
}
