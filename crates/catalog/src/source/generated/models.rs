//! Data sets that follow a model: `classification`, `regression`, `friedman1`.

use super::{RowCount, Width, source, spec};
use pipewright_diagnostic::code;
use pipewright_learn::generate::{Classification, Friedman1, Regression};
use pipewright_operator::{
    ArgumentError, Arguments, Example, Generator, NonNegative, Number, Seed, Spec, UnitInterval, arguments,
};

arguments! {
    /// The arguments of `classification`.
    struct ClassificationArgs {
        /// Number of rows, divided evenly among the clusters.
        option n: RowCount = 100;
        /// Number of features.
        option features: Width<1> = 20;
        /// Number of informative features, which come first.
        option informative: Width<1> = 2;
        /// Number of features that are random linear combinations of the informative ones, and follow them.
        option redundant: Width<0> = 2;
        /// Number of classes.
        option classes: Width<1> = 2;
        /// Clusters per class.
        option clusters: Width<1> = 2;
        /// Half of an edge of the cube on whose corners the clusters stand.
        option separation: NonNegative = 1.0;
        /// Share of the rows whose class is drawn at random.
        option flip: UnitInterval = 0.01;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const CLASSIFICATION: Generator = Generator {
    spec: Spec {
        name: "classification",
        summary: "Clusters at the corners of a cube, some for each class: `x1`, `x2`, …, and the class `y`.",
        details: "A cluster is normal in the informative features, mixed by a random matrix. Redundant features follow, then features that are noise. As `make_classification` of scikit-learn with unshuffled columns.",
        search: &["make_classification", "synthetic", "toy", "madelon"],
        examples: &[Example {
            script: "load classification(n=200, features=4, separation=2) | group y { rows = count() }",
            output: "\
y  rows
0    99
1   101
",
        }],
        ..spec::<ClassificationArgs>()
    },
    bind: |args| {
        let given = ClassificationArgs::read(args)?;
        let [features, informative, redundant] = [given.features.get(), given.informative.get(), given.redundant.get()];
        let useless = features.checked_sub(informative + redundant).ok_or_else(|| {
            let message =
                format!("{informative} informative and {redundant} redundant features are more than {features} in all");
            ArgumentError::of("features", code::BAD_VALUE, message)
        })?;
        let config = Classification {
            rows: given.n.get(),
            informative,
            redundant,
            useless,
            classes: given.classes.get(),
            clusters_per_class: given.clusters.get(),
            separation: given.separation.0,
            flip: given.flip.0,
        };
        config.clusters().map_err(|failure| ArgumentError::of("informative", failure.code, failure.message))?;
        source(args, &CLASSIFICATION.spec, given.seed, config)
    },
};

arguments! {
    /// The arguments of `regression`.
    struct RegressionArgs {
        /// Number of rows.
        option n: RowCount = 100;
        /// Number of features.
        option features: Width<1> = 100;
        /// Number of informative features, which come first.
        option informative: Width<0> = 10;
        /// The constant.
        option bias: Number = 0.0;
        /// Standard deviation of the normal noise of `y`.
        option noise: NonNegative = 0.0;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const REGRESSION: Generator = Generator {
    spec: Spec {
        name: "regression",
        summary: "A linear function of normally distributed features: `x1`, `x2`, …, and its value `y`.",
        details: "The coefficients of the informative features are uniform from 0 to 100, those of the others are 0. As `make_regression` of scikit-learn with unshuffled columns.",
        search: &["make_regression", "synthetic", "toy", "linear"],
        examples: &[Example {
            script: "load regression(n=200, features=10, informative=3, noise=5) | train linear | eval kfold 5 metric=r2",
            output: "\
linear predicts y (regression)
kfold, 5 folds, 200 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
r2                    0.9936      0.9875 to 0.9996    0.9885    0.9966     -0.0529
",
        }],
        ..spec::<RegressionArgs>()
    },
    bind: |args| {
        let RegressionArgs { n, features, informative, bias, noise, seed } = RegressionArgs::read(args)?;
        let config = Regression {
            rows: n.get(),
            features: features.get(),
            informative: informative.get(),
            bias: bias.as_f64(),
            noise: noise.0,
        };
        source(args, &REGRESSION.spec, seed, config)
    },
};

arguments! {
    /// The arguments of `friedman1`.
    struct FriedmanArgs {
        /// Number of rows.
        option n: RowCount = 100;
        /// Number of features, of which five have an effect.
        option features: Width<5> = 10;
        /// Standard deviation of the normal noise of `y`.
        option noise: NonNegative = 0.0;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const FRIEDMAN1: Generator = Generator {
    spec: Spec {
        name: "friedman1",
        summary: "The first function of Friedman of uniform features: `x1`, `x2`, …, and its value `y`.",
        details: "y is 10 sin(π x1 x2) + 20 (x3 - 1/2)² + 10 x4 + 5 x5, plus noise (J. H. Friedman, “Multivariate Adaptive Regression Splines”, 1991). As `make_friedman1` of scikit-learn.",
        search: &["make_friedman1", "synthetic", "toy", "nonlinear"],
        examples: &[Example {
            script: "load friedman1(n=200, noise=1) | train linear | eval kfold 5 metric=r2",
            output: "\
linear predicts y (regression)
kfold, 5 folds, 200 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
r2                    0.5921      0.3828 to 0.8013    0.4692    0.7261     -0.0095
",
        }],
        ..spec::<FriedmanArgs>()
    },
    bind: |args| {
        let FriedmanArgs { n, features, noise, seed } = FriedmanArgs::read(args)?;
        let useless = features.get().saturating_sub(5);
        source(args, &FRIEDMAN1.spec, seed, Friedman1 { rows: n.get(), useless, noise: noise.0 })
    },
};
