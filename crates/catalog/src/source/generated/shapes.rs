//! Shapes in the plane and in space: `moons`, `circles`, `blobs`, `s_curve`, `swiss_roll`.

use super::{RowCount, Width, source, spec};
use pipewright_learn::generate::{Blobs, Circles, Moons, SCurve, SwissRoll};
use pipewright_operator::{Arguments, Example, Generator, NonNegative, Seed, Spec, UnitInterval, arguments};

arguments! {
    /// The arguments of `moons`, `s_curve` and `swiss_roll`.
    struct ShapeArgs {
        /// Number of rows.
        option n: RowCount = 100;
        /// Standard deviation of the normal noise of every coordinate.
        option noise: NonNegative = 0.0;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const MOONS: Generator = Generator {
    spec: Spec {
        name: "moons",
        summary: "Two half circles that interleave, in the plane: `x1`, `x2`, and the class `y`.",
        details: "Half of the rows, rounded down, are the upper moon (`y` is 0), (cos t, sin t) for t from 0 to π; the others are the lower one, (1 - cos t, 1/2 - sin t). As `make_moons` of scikit-learn.",
        search: &["make_moons", "half circles", "synthetic", "toy", "nonlinear"],
        examples: &[Example {
            script: "load moons(n=200, noise=0.2) | train knn | eval kfold 5 metric=accuracy",
            output: "\
knn predicts y (binary, positive class 1)
stratified, 5 folds, 200 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9250      0.8784 to 0.9716    0.9000    0.9500      0.5000

confusion (rows true, columns predicted)
                     0   1
0                   91   9
1                    6  94
",
        }],
        ..spec::<ShapeArgs>()
    },
    bind: |args| {
        let ShapeArgs { n, noise, seed } = ShapeArgs::read(args)?;
        source(args, &MOONS.spec, seed, Moons { rows: n.get(), noise: noise.0 })
    },
};

arguments! {
    /// The arguments of `circles`.
    struct CirclesArgs {
        /// Number of rows.
        option n: RowCount = 100;
        /// Standard deviation of the normal noise of every coordinate.
        option noise: NonNegative = 0.0;
        /// Radius of the inner circle; that of the outer one is 1.
        option factor: UnitInterval = 0.8;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const CIRCLES: Generator = Generator {
    spec: Spec {
        name: "circles",
        summary: "A circle inside of another one, in the plane: `x1`, `x2`, and the class `y`.",
        details: "Half of the rows, rounded down, are the outer circle (`y` is 0), in equal steps. As `make_circles` of scikit-learn.",
        search: &["make_circles", "rings", "synthetic", "toy", "nonlinear"],
        examples: &[Example {
            script: "load circles(n=4, factor=0.5) | sort y | select y, x1, x2 | show",
            output: "\
y    x1            x2
0    -1  1.224647e-16
0     1             0
1   0.5             0
1  -0.5  6.123234e-17
",
        }],
        ..spec::<CirclesArgs>()
    },
    bind: |args| {
        let CirclesArgs { n, noise, factor, seed } = CirclesArgs::read(args)?;
        source(args, &CIRCLES.spec, seed, Circles { rows: n.get(), noise: noise.0, factor: factor.0 })
    },
};

arguments! {
    /// The arguments of `blobs`.
    struct BlobsArgs {
        /// Number of rows, divided evenly among the centres.
        option n: RowCount = 100;
        /// Number of centres.
        option centers: Width<1> = 3;
        /// Number of features.
        option features: Width<1> = 2;
        /// Standard deviation around a centre.
        option std: NonNegative = 1.0;
        /// The random seed.
        option seed: Seed = 0;
    }
}

pub(super) const BLOBS: Generator = Generator {
    spec: Spec {
        name: "blobs",
        summary: "Normally distributed clusters: `x1`, `x2`, …, and the number `y` of the cluster.",
        details: "The centres are uniform in the cube from -10 to 10. As `make_blobs` of scikit-learn.",
        search: &["make_blobs", "clusters", "gaussian", "synthetic", "toy"],
        examples: &[Example {
            script: "load blobs(n=300, centers=3, std=0.5) | group y { rows = count() }",
            output: "\
y  rows
0   100
1   100
2   100
",
        }],
        ..spec::<BlobsArgs>()
    },
    bind: |args| {
        let BlobsArgs { n, centers, features, std, seed } = BlobsArgs::read(args)?;
        let config = Blobs { rows: n.get(), centers: centers.get(), features: features.get(), deviation: std.0 };
        source(args, &BLOBS.spec, seed, config)
    },
};

pub(super) const S_CURVE: Generator = Generator {
    spec: Spec {
        name: "s_curve",
        summary: "A surface in space that has the form of an S: `x1`, `x2`, `x3`, and `y`, the place along it.",
        details: "With y uniform from -3π/2 to 3π/2 and x2 uniform from 0 to 2, x1 is sin y, and x3 is sign(y) (cos y - 1). As `make_s_curve` of scikit-learn.",
        search: &["make_s_curve", "manifold", "synthetic", "toy"],
        examples: &[Example {
            script: "load s_curve(n=200) | schema",
            output: "\
200 rows
column  kind        role     missing  made from
x1      continuous  feature        0
x2      continuous  feature        0
x3      continuous  feature        0
y       continuous  feature        0
",
        }],
        ..spec::<ShapeArgs>()
    },
    bind: |args| {
        let ShapeArgs { n, noise, seed } = ShapeArgs::read(args)?;
        source(args, &S_CURVE.spec, seed, SCurve { rows: n.get(), noise: noise.0 })
    },
};

pub(super) const SWISS_ROLL: Generator = Generator {
    spec: Spec {
        name: "swiss_roll",
        summary: "A rolled-up surface in space: `x1`, `x2`, `x3`, and `y`, the place along it.",
        details: "With y uniform from 3π/2 to 9π/2 and x2 uniform from 0 to 21, x1 is y cos y, and x3 is y sin y. As `make_swiss_roll` of scikit-learn.",
        search: &["make_swiss_roll", "manifold", "synthetic", "toy"],
        examples: &[Example {
            script: "load swiss_roll(n=200, noise=0.5) | schema",
            output: "\
200 rows
column  kind        role     missing  made from
x1      continuous  feature        0
x2      continuous  feature        0
x3      continuous  feature        0
y       continuous  feature        0
",
        }],
        ..spec::<ShapeArgs>()
    },
    bind: |args| {
        let ShapeArgs { n, noise, seed } = ShapeArgs::read(args)?;
        source(args, &SWISS_ROLL.spec, seed, SwissRoll { rows: n.get(), noise: noise.0 })
    },
};
