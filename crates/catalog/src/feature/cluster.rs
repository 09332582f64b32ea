//! `cluster`: groups of rows that are alike.

use super::new_column::{NewColumn, with_new_column};
use super::pca::new_name;
use crate::adapt::{TableStep, state};
use crate::joined;
use crate::matrix::{Inputs, matrix};
use arrow_array::{ArrayRef, Int64Array, StringArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{
    Class, Column, ColumnType, FitContext, Schema, Selection, State, Table, TableEstimator, validate_names,
};
use pipewright_learn::cluster::{
    Clusterer, Clusters, Count as Number, Covariance, Cut, Dbscan, DbscanClusters, GaussianMixture, Hierarchical,
    HierarchicalClusters, KMeans, KMeansClusters, Label, Linkage, MixtureClusters,
};
use pipewright_learn::{Features, Key};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Int, NonNegative,
    Positive, Spec, Verb, arguments, words,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

words! {
    /// How clusters are found.
    enum Way { Kmeans(8) = "kmeans", Gmm(3) = "gmm", Dbscan = "dbscan", Hierarchical(4) = "hierarchical" }
}

words! {
    /// What the covariances of a mixture may be.
    struct CovarianceWord(Covariance) {
        "full" => Covariance::Full, "tied" => Covariance::Tied, "diagonal" => Covariance::Diagonal,
        "spherical" => Covariance::Spherical
    }
}

words! {
    /// The distance of two clusters.
    struct LinkageWord(Linkage) {
        "ward" => Linkage::Ward, "complete" => Linkage::Complete, "average" => Linkage::Average,
        "single" => Linkage::Single
    }
}

arguments! {
    /// How clusters are found, and by which columns.
    pub(super) struct WayArgs {
        /// How clusters are found, and how many.
        positional way: Way;
        /// Tries all numbers of clusters up to the one in brackets, and keeps the best.
        option auto: bool = false, for way in ["kmeans", "gmm"];
        /// Number of initialisations of k-means; the best result is kept.
        option starts: Int<1, 1000> = 4, for way in ["kmeans"];
        /// Shape of the covariance matrices.
        option covariance: CovarianceWord = Covariance::Full, for way in ["gmm"];
        /// Regularisation: added to all variances.
        option reg_covar: NonNegative = 1e-6, for way in ["gmm"];
        /// Distance up to which rows are neighbours.
        option eps: Positive = 0.5, for way in ["dbscan"];
        /// Neighbours that make a row a core row, itself included.
        option min_rows: Count = 5, for way in ["dbscan"];
        /// Distance of two clusters.
        option linkage: LinkageWord = Linkage::Ward, for way in ["hierarchical"];
        /// Distance from which clusters are not merged, instead of a number of clusters.
        option distance: Option<Positive>, for way in ["hierarchical"];
        /// Columns to compare rows by.
        on columns: Selection = [Class::Numeric];
    }
}

arguments! {
    /// The arguments of `cluster` besides.
    struct ClusterArgs {
        /// Name of the new column.
        option name: String = "cluster";
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "cluster",
        group: Group::Features,
        summary: "Groups rows that are alike (clustering): adds a column with the cluster of each row, `1`, `2`, ….",
        details: "Learned from the training rows, without looking at the target; new rows get one of the same \
                  clusters. Put `scale` before it unless the columns share a unit. `kmeans[8]` finds 8 centres, a row \
                  belongs to the nearest. `gmm[3]` fits 3 normal distributions (Gaussian mixture), a row belongs to \
                  the most probable. `dbscan` finds regions where each row has `min_rows` rows within `eps`; other \
                  rows are noise, and missing. `hierarchical[4]` merges the nearest clusters until 4 are left; a new \
                  row belongs with the nearest training row. `auto=true` chooses the number by the mean silhouette \
                  for `kmeans` and by BIC for `gmm`. Clusters are numbered in the order of their first rows. As \
                  scikit-learn's `KMeans`, `GaussianMixture`, `DBSCAN` and `AgglomerativeClustering`.",
        search: &[
            "clustering",
            "k-means",
            "segment",
            "groups",
            "unsupervised",
            "gaussian mixture",
            "dbscan",
            "agglomerative",
            "ward",
            "silhouette",
        ],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[
            Example {
                script: "load iris.csv | scale | cluster kmeans[3] | show 3",
                output: "\
sepal_length  sepal_width  petal_length  petal_width  species  cluster
  -0.9006812     1.019004     -1.340227    -1.315444  setosa   1
   -1.143017   -0.1319795     -1.340227    -1.315444  setosa   1
   -1.385353    0.3284141     -1.397064    -1.315444  setosa   1
… 147 more rows
",
            },
            Example {
                script: "load iris.csv | cluster dbscan eps=0.4 on \"petal*\" | show 3",
                output: "\
sepal_length  sepal_width  petal_length  petal_width  species  cluster
         5.1          3.5           1.4          0.2  setosa   1
         4.9            3           1.4          0.2  setosa   1
         4.7          3.2           1.3          0.2  setosa   1
… 147 more rows
",
            },
        ],
        options: &joined::<{ WAY.options.len() + 1 }>(WAY.options, ClusterArgs::PARAMS),
        ..WAY
    },
    bind,
    states: &[state::<ClusterState>()],
};

/// The parameters of [`WayArgs`].
pub(super) const WAY: Spec = Spec::of::<WayArgs>();

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let way = WayArgs::read(args)?;
    let inputs = Inputs { step: "`cluster`", on: Some(way.columns.clone()) };
    let name = new_name(ClusterArgs::read(args)?.name, "cluster")?.into();
    let column = NewColumn { inputs, name, kind: ColumnType::Category };
    let step = TableStep::new(ClusterStep { column, way: Configured::of(way)? });
    Ok(Bound::Step(Arc::new(TableStep { notices: ClusterState::notices, ..step })))
}

/// A method with its settings.
pub(super) enum Configured {
    Kmeans(KMeans),
    Gmm(GaussianMixture),
    Dbscan(Dbscan),
    Hierarchical(Hierarchical),
}

impl Configured {
    /// The method that these arguments describe.
    pub(super) fn of(args: WayArgs) -> Result<Configured, ArgumentError> {
        let number = |count| if args.auto { Number::Best(count) } else { Number::Exactly(count) };
        if let (true, Way::Kmeans(1) | Way::Gmm(1)) = (args.auto, args.way) {
            let fault =
                ArgumentError::of("way", code::BAD_VALUE, "`auto=true` needs 2 clusters or more to choose from");
            return Err(fault.help("for example kmeans[10] auto=true"));
        }
        Ok(match args.way {
            Way::Kmeans(count) => {
                Configured::Kmeans(KMeans { count: number(count), starts: args.starts.get(), ..KMeans::new(count) })
            }
            Way::Gmm(count) => Configured::Gmm(GaussianMixture {
                count: number(count),
                covariance: args.covariance.0,
                reg_covar: args.reg_covar.0,
                ..GaussianMixture::new(count)
            }),
            Way::Dbscan => Configured::Dbscan(Dbscan { eps: args.eps.0, min_rows: args.min_rows.get() }),
            Way::Hierarchical(count) => {
                let cut = args.distance.map_or(Cut::Count(count), |distance| Cut::Distance(distance.0));
                Configured::Hierarchical(Hierarchical { linkage: args.linkage.0, cut })
            }
        })
    }

    pub(super) fn fit(&self, features: &Features, key: Key) -> Result<Found, Failure> {
        Ok(match self {
            Configured::Kmeans(way) => Found::Kmeans(way.fit(features, None, key)?),
            Configured::Gmm(way) => Found::Gmm(way.fit(features, None, key)?),
            Configured::Dbscan(way) => Found::Dbscan(way.fit(features, None, key)?),
            Configured::Hierarchical(way) => Found::Hierarchical(way.fit(features, None, key)?),
        })
    }
}

/// What a method found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    Kmeans(KMeansClusters),
    Gmm(MixtureClusters),
    Dbscan(DbscanClusters),
    Hierarchical(HierarchicalClusters),
}

impl Found {
    pub(super) fn assign(&self, features: &Features) -> Result<Vec<Label>, Failure> {
        match self {
            Found::Kmeans(clusters) => clusters.assign(features),
            Found::Gmm(clusters) => clusters.assign(features),
            Found::Dbscan(clusters) => clusters.assign(features),
            Found::Hierarchical(clusters) => clusters.assign(features),
        }
    }

    /// The numbers of clusters and of columns.
    pub(super) fn shape(&self) -> (usize, usize) {
        match self {
            Found::Kmeans(clusters) => (clusters.count(), clusters.inputs()),
            Found::Gmm(clusters) => (clusters.count(), clusters.inputs()),
            Found::Dbscan(clusters) => (clusters.count(), clusters.inputs()),
            Found::Hierarchical(clusters) => (clusters.count(), clusters.inputs()),
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        match self {
            Found::Kmeans(clusters) => clusters.validate(),
            Found::Gmm(clusters) => clusters.validate(),
            Found::Dbscan(clusters) => clusters.validate(),
            Found::Hierarchical(clusters) => clusters.validate(),
        }
    }

    /// The rounds of a method that did not converge.
    fn unfinished(&self) -> Option<usize> {
        match self {
            Found::Kmeans(clusters) if !clusters.converged() => Some(clusters.iterations()),
            Found::Gmm(clusters) if !clusters.converged() => Some(clusters.iterations()),
            _ => None,
        }
    }
}

/// Adds a column with the cluster of each row.
struct ClusterStep {
    column: NewColumn,
    way: Configured,
}

impl TableEstimator for ClusterStep {
    type State = ClusterState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.column.schema(input)
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<ClusterState, Failure> {
        let columns = self.column.inputs.names(rows)?;
        let features = matrix(rows, &columns)?;
        let found = self.way.fit(&features, context.key)?;
        let mut rows_of = vec![0; found.shape().0];
        found.assign(&features)?.into_iter().flatten().for_each(|label| rows_of[label as usize] += 1);
        Ok(ClusterState { columns, name: self.column.name.clone(), found, rows: rows_of })
    }
}

/// The input columns and the fitted clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterState {
    columns: Vec<Arc<str>>,
    /// Name of the new column.
    name: Arc<str>,
    found: Found,
    /// The number of training rows of each cluster.
    rows: Vec<i64>,
}

impl ClusterState {
    fn notices(&self) -> Vec<Failure> {
        let notice = |rounds: usize| {
            let message = format!("`cluster` did not fully converge in {rounds} rounds");
            Failure::warning(code::NOT_FULLY_CONVERGED, message).help("scale the columns, or ask for fewer clusters")
        };
        self.found.unfinished().map(notice).into_iter().collect()
    }
}

impl State for ClusterState {
    const TAG: &str = "clusters";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let labels = self.found.assign(&matrix(rows, &self.columns)?)?;
        let names: Vec<String> = (1..=self.rows.len()).map(|number| number.to_string()).collect();
        let clusters: StringArray = labels.iter().map(|label| label.map(|label| &names[label as usize])).collect();
        with_new_column(rows, &self.columns, &self.name, ColumnType::Category, Arc::new(clusters))
    }

    fn show(&self) -> Table {
        let columns = vec![Column::new("cluster", ColumnType::Text), Column::new("rows", ColumnType::Count)];
        let names = (1..=self.rows.len()).map(|number| Some(number.to_string())).collect::<StringArray>();
        let arrays: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(Int64Array::from(self.rows.clone()))];
        Table::new(columns, arrays).expect("two columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().chain([&self.name]))?;
        let rows = self.rows.iter().all(|rows| *rows >= 0);
        if self.found.shape() != (self.rows.len(), self.columns.len()) || !rows {
            return Err(Failure::new(code::BAD_BUNDLE, "clusters that do not fit their columns"));
        }
        self.found.validate()
    }
}
