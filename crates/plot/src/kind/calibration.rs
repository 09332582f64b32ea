//! Calibration: how often happens what is predicted.

use crate::figure::{Axis, Chart, Figure, Panel};
use crate::mark::{Mark, Point, Rectangle, Segment, Tone};
use crate::scale::{Interval, Scale};
use crate::summary::{left_out, shown};
use crate::theme::SERIES;

/// A bin of predicted probabilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationBin {
    /// The mean of the predicted probabilities.
    pub predicted: f64,
    /// The share of rows that are positive.
    pub observed: f64,
    /// Between which numbers that share may be.
    pub interval: Option<[f64; 2]>,
    /// How many rows there are.
    pub count: usize,
}

/// Calibration of models, each with its bins: above what is observed, below how many rows there are.
#[must_use]
pub fn calibration(models: &[(&str, &[CalibrationBin])]) -> Figure {
    let drawn = &models[..models.len().min(SERIES)];
    let mut above = vec![Mark::reference([0.0, 0.0], [1.0, 1.0]).series("perfect")];
    let mut below = Vec::new();
    let (mut most, mut missing) = (1, 0);
    for (index, (name, all)) in drawn.iter().enumerate() {
        let bins: Vec<&CalibrationBin> =
            all.iter().filter(|bin| bin.predicted.is_finite() && bin.observed.is_finite()).collect();
        missing += all.len() - bins.len();
        let tone = Tone::Series(index);
        let interval = |bin: &&CalibrationBin| {
            let [low, high] = bin.interval?;
            Some(Segment { from: [bin.predicted, low], to: [bin.predicted, high], arrow: false, data: Vec::new() })
        };
        let point = |bin: &&CalibrationBin| {
            let mut data = vec![
                ("predicted", bin.predicted.into()),
                ("observed", bin.observed.into()),
                ("count", bin.count.into()),
            ];
            data.extend(bin.interval.into_iter().flat_map(|[low, high]| [("low", low.into()), ("high", high.into())]));
            Point { at: [bin.predicted, bin.observed], tone: None, data }
        };
        above.push(Mark::segments(bins.iter().filter_map(interval)).tone(tone));
        above.push(Mark::line(bins.iter().map(|bin| [bin.predicted, bin.observed])).tone(tone));
        above.push(Mark::points(bins.iter().map(point)).tone(tone).series(*name));
        // Bars of models are side by side.
        let width = 0.02 / drawn.len() as f64;
        let start = |bin: &&CalibrationBin| bin.predicted - 0.01 + width * index as f64;
        let bar = |bin: &&CalibrationBin| Rectangle {
            x: [start(bin), start(bin) + width],
            y: [0.0, bin.count as f64],
            tone: None,
            text: String::new(),
            data: vec![("predicted", bin.predicted.into()), ("count", bin.count.into())],
        };
        below.push(Mark::rectangles(bins.iter().map(bar)).tone(tone));
        most = bins.iter().map(|bin| bin.count).fold(most, usize::max);
    }
    let share = |label| Axis::new(label, Scale::Linear(Interval::of([-0.015, 1.015])));
    let counts = Interval::of([0.0, most as f64]).headroom(0.05);
    let panels = vec![
        Panel::new("", Chart { x: share("predicted probability"), y: share("share of positive rows"), marks: above }),
        Panel::new(
            "",
            Chart { x: share("predicted probability"), y: Axis::new("rows", Scale::Count(counts)), marks: below },
        ),
    ];
    Figure::new("Calibration", panels).note(left_out(missing, "bin")).note(shown(drawn.len(), models.len(), "models"))
}
