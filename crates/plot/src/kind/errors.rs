//! Errors of regressions: predicted against actual values, and residuals.

use super::histogram;
use crate::column::labelled;
use crate::figure::{Axis, Chart, Figure, Panel};
use crate::mark::Mark;
use crate::scale::{Interval, Scale};
use crate::summary::{cloud, left_out, pairs};

/// Predictions of a number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Predictions<'a> {
    /// The name of the target.
    pub target: &'a str,
    /// Its unit; may be empty.
    pub unit: &'a str,
    /// What was predicted for each row.
    pub predicted: &'a [f64],
    /// What it was.
    pub actual: &'a [f64],
}

impl Predictions<'_> {
    fn rows(&self) -> (Vec<[f64; 2]>, String) {
        let rows = pairs(self.predicted, self.actual);
        let missing = self.predicted.len().max(self.actual.len()) - rows.len();
        (rows, left_out(missing, "row"))
    }
}

/// Predicted against actual values; on the diagonal, both are the same.
#[must_use]
pub fn predicted_actual(of: &Predictions<'_>) -> Figure {
    let (rows, note) = of.rows();
    let places: Vec<[f64; 2]> = rows.iter().map(|[predicted, actual]| [*actual, *predicted]).collect();
    let range = Interval::of(places.iter().flatten().copied()).padded(0.03);
    let cloud = cloud(&places, range, range);
    let axis = |what: &str| Axis::new(labelled(&format!("{what} {}", of.target), of.unit), Scale::Linear(range));
    let diagonal = Mark::reference([range.low(); 2], [range.high(); 2]).series("same");
    let chart = Chart { x: axis("actual"), y: axis("predicted"), marks: vec![cloud.mark, diagonal] };
    let figure = Figure::of(format!("Predicted against actual {}", of.target), chart).note(note).note(cloud.note);
    Figure { key: cloud.key, ..figure }
}

/// Residuals, actual less predicted, by the predicted value; and how they are distributed.
#[must_use]
pub fn residuals(of: &Predictions<'_>) -> Figure {
    let (rows, note) = of.rows();
    let differences = rows.iter().map(|[predicted, actual]| [*predicted, actual - predicted]);
    let places: Vec<[f64; 2]> = differences.filter(|[_, residual]| residual.is_finite()).collect();
    let x = Interval::of(places.iter().map(|[x, _]| *x)).padded(0.03);
    let y = Interval::of(places.iter().map(|[_, y]| *y).chain([0.0])).padded(0.03);
    let cloud = cloud(&places, x, y);
    let predicted = labelled(&format!("predicted {}", of.target), of.unit);
    let residual = labelled("residual", of.unit);
    let by_prediction = Chart {
        x: Axis::new(predicted, Scale::Linear(x)),
        y: Axis::new(&*residual, Scale::Linear(y)),
        marks: vec![cloud.mark, Mark::reference([x.low(), 0.0], [x.high(), 0.0])],
    };
    let values: Vec<f64> = places.iter().map(|[_, residual]| *residual).collect();
    let panels = vec![Panel::new("", by_prediction), Panel::new("", histogram::chart(&values, None, None, &residual))];
    let figure = Figure::new(format!("Residuals of {}", of.target), panels).note(note).note(cloud.note);
    Figure { key: cloud.key, ..figure }
}
