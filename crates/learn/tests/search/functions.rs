//! Functions to minimise: what searches are tested and compared by. The peers have the same in `xtask/peers/tpe.py`.

use pipewright_learn::search::{Dimension, Point, Range, Space};
use std::f64::consts::{E, PI, TAU};

/// A function of the points of a space.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// Where it is searched.
    pub(crate) space: Space,
    /// Its value at a point of the space.
    pub(crate) of: fn(&Point) -> f64,
}

/// All functions.
pub(crate) fn functions() -> Vec<Function> {
    let function = |name, dimensions: Vec<Dimension>, of| {
        let space = Space::new(dimensions).expect("the ranges are finite and their names differ");
        Function { name, space, of }
    };
    vec![
        function(
            "sphere",
            vec![number("a", -5.0, 5.0), number("b", -5.0, 5.0), number("c", -5.0, 5.0), number("d", -5.0, 5.0)],
            sphere,
        ),
        function("rosenbrock", vec![number("x", -2.0, 2.0), number("y", -1.0, 3.0)], rosenbrock),
        function("branin", vec![number("x", -5.0, 10.0), number("y", 0.0, 15.0)], branin),
        function("ackley", vec![number("x", -32.0, 32.0), number("y", -32.0, 32.0)], ackley),
        function("hartmann", ["a", "b", "c", "d", "e", "f"].map(|name| number(name, 0.0, 1.0)).into(), hartmann),
        function("mixed", mixed_dimensions(), mixed),
    ]
}

fn number(name: &str, low: f64, high: f64) -> Dimension {
    Dimension::new(name, Range::Uniform { low, high })
}

fn at(point: &Point, dimension: usize) -> f64 {
    point.number(dimension).expect("the dimension is active and a number")
}

/// 0 in the middle.
fn sphere(point: &Point) -> f64 {
    (0..4).map(|dimension| at(point, dimension).powi(2)).sum()
}

/// 0 at (1, 1), in a bent valley.
fn rosenbrock(point: &Point) -> f64 {
    let (x, y) = (at(point, 0), at(point, 1));
    100.0 * (y - x * x).powi(2) + (1.0 - x).powi(2)
}

/// 0.398 in three places.
fn branin(point: &Point) -> f64 {
    let (x, y) = (at(point, 0), at(point, 1));
    (y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0).powi(2) + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0
}

/// 0 in the middle, among many local minima.
fn ackley(point: &Point) -> f64 {
    let (x, y) = (at(point, 0), at(point, 1));
    let waves = f64::midpoint((TAU * x).cos(), (TAU * y).cos());
    -20.0 * (-0.2 * f64::midpoint(x * x, y * y).sqrt()).exp() - waves.exp() + 20.0 + E
}

/// The Hartmann function of six dimensions: -3.322 at its lowest. L. C. W. Dixon, G. P. Szegö, "Towards global optimisation
/// 2" (1978).
fn hartmann(point: &Point) -> f64 {
    const HEIGHTS: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const SLOPES: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const CENTRES: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let hill = |hill: usize| {
        let distance: f64 = (0..6)
            .map(|dimension| SLOPES[hill][dimension] * (at(point, dimension) - CENTRES[hill][dimension]).powi(2))
            .sum();
        HEIGHTS[hill] * (-distance).exp()
    };
    -(0..4).map(hill).sum::<f64>()
}

/// Three kinds of models with a rate.
fn mixed_dimensions() -> Vec<Dimension> {
    vec![
        Dimension::new("kind", Range::Choice(3)),
        Dimension::new("rate", Range::LogUniform { low: 1e-5, high: 1.0 }),
        Dimension::new("depth", Range::Int { low: 1, high: 12, log: false }).when(0, 0),
        Dimension::new("units", Range::Int { low: 1, high: 512, log: true }).when(0, 1),
        Dimension::new("drop", Range::Uniform { low: 0.0, high: 1.0 }).when(0, 1),
    ]
}

/// The second kind is the best, with a rate of 0.01, units near 64 and a share near 0.3, where it is 0.
fn mixed(point: &Point) -> f64 {
    let base = (at(point, 1).log10() + 2.0).powi(2);
    base + match point.choice(0) {
        Some(0) => 1.0 + (at(point, 2) - 7.0).abs() / 3.0,
        Some(1) => (at(point, 3).log2() - 6.0).powi(2) / 4.0 + (at(point, 4) - 0.3).powi(2),
        _ => 2.0,
    }
}
