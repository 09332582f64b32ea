//! Curves of classifiers: ROC, precision and recall, gain, lift, and thresholds; with bands of folds.

use crate::figure::{Axis, Chart, Figure, Panel};
use crate::mark::{Mark, Tone, Weight};
use crate::number::short;
use crate::scale::{Interval, Scale};
use crate::summary::{line_places, shown};
use crate::theme::SERIES;

/// A curve, with how certain it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Curve<'a> {
    /// Its name, such as that of a model.
    pub name: &'a str,
    /// Its places, in order.
    pub places: &'a [[f64; 2]],
    /// A band around it, such as that of folds: places along the horizontal axis with a lower and an upper value.
    pub band: &'a [[f64; 3]],
    /// A number that sums it up, such as the area under it.
    pub score: Option<f64>,
}

/// The most curves: as many as there are colours.
const CURVES: usize = SERIES;

/// Marks of curves, below them those of their bands; and what to say about places that are not drawn.
pub(super) fn marks(curves: &[Curve<'_>], score: &str) -> (Vec<Mark>, String) {
    let mut note = shown(curves.len().min(CURVES), curves.len(), "curves");
    let curves = &curves[..curves.len().min(CURVES)];
    let band = |(index, curve): (usize, &Curve<'_>)| Mark::band(line_places(curve.band).0).tone(Tone::Series(index));
    let mut marks: Vec<Mark> = curves.iter().enumerate().map(band).filter(|mark| !mark.is_empty()).collect();
    for (index, curve) in curves.iter().enumerate() {
        let (places, thinned) = line_places(curve.places);
        if !thinned.is_empty() {
            note = thinned;
        }
        let name = match curve.score.filter(|score| score.is_finite()) {
            Some(value) => format!("{} ({score} {})", curve.name, short(value, 3)),
            None => curve.name.to_owned(),
        };
        marks.push(Mark::line(places).tone(Tone::Series(index)).series(name));
    }
    (marks, note)
}

fn share(label: &str) -> Axis {
    Axis::new(label, Scale::Linear(Interval::of([0.0, 1.0]).headroom(0.01)))
}

/// ROC curves: places (false positive rate, true positive rate); the diagonal is what guessing does.
#[must_use]
pub fn roc(curves: &[Curve<'_>]) -> Figure {
    let (drawn, note) = marks(curves, "area");
    let mut marks = vec![Mark::reference([0.0, 0.0], [1.0, 1.0]).series("guessing")];
    marks.extend(drawn);
    let chart = Chart { x: share("false positive rate"), y: share("true positive rate"), marks };
    Figure::of("ROC curve", chart).note(note)
}

/// Curves of precision against recall: places (recall, precision). With the share of positive rows, which guessing reaches.
#[must_use]
pub fn precision_recall(curves: &[Curve<'_>], positives: Option<f64>) -> Figure {
    let (drawn, note) = marks(curves, "average precision");
    let mut marks: Vec<Mark> = Vec::new();
    if let Some(level) = positives.filter(|share| share.is_finite()) {
        marks.push(Mark::reference([0.0, level], [1.0, level]).series("guessing"));
    }
    marks.extend(drawn);
    Figure::of("Precision and recall", Chart { x: share("recall"), y: share("precision"), marks }).note(note)
}

/// Gain and lift: places (share of rows with the highest scores, share of the positive rows among them). The lift is the
/// second by the first: how many times as many as by chance.
#[must_use]
pub fn gain(curves: &[Curve<'_>]) -> Figure {
    let (gains, note) = marks(curves, "area");
    let mut gain_marks = vec![Mark::reference([0.0, 0.0], [1.0, 1.0]).series("by chance")];
    gain_marks.extend(gains);
    let lifts: Vec<Vec<[f64; 2]>> = curves
        .iter()
        .map(|curve| curve.places.iter().filter(|[x, _]| *x > 0.0).map(|[x, y]| [*x, y / x]).collect())
        .collect();
    let lifted: Vec<Curve<'_>> =
        curves.iter().zip(&lifts).map(|(curve, places)| Curve { places, band: &[], ..*curve }).collect();
    let mut lift_marks = vec![Mark::reference([0.0, 1.0], [1.0, 1.0])];
    lift_marks.extend(marks(&lifted, "area").0);
    let highest = lifts.iter().flatten().map(|[_, y]| *y).filter(|y| y.is_finite());
    let lift_range = Interval::of(highest.chain([0.0])).headroom(0.04);
    let rows = "share of rows, highest scores first";
    let panels = vec![
        Panel::new("Gain", Chart { x: share(rows), y: share("share of positive rows"), marks: gain_marks }),
        Panel::new(
            "Lift",
            Chart { x: share(rows), y: Axis::new("times as by chance", Scale::Linear(lift_range)), marks: lift_marks },
        ),
    ];
    Figure::new("Gain and lift", panels).note(note)
}

/// Measures by the threshold from which a row is taken as positive, with the one that was chosen.
#[must_use]
pub fn thresholds(measures: &[Curve<'_>], chosen: Option<f64>) -> Figure {
    let (mut marks, note) = marks(measures, "best");
    let places =
        measures.iter().flat_map(|measure| measure.places).filter(|place| place.iter().all(|value| value.is_finite()));
    let y = Interval::of(places.map(|[_, y]| *y).chain([0.0, 1.0])).headroom(0.01);
    if let Some(at) = chosen.filter(|threshold| threshold.is_finite()) {
        let line = Mark::reference([at, y.low()], [at, y.high()]).tone(Tone::Ink).weight(Weight::Normal);
        marks.push(line.series(format!("chosen: {}", short(at, 3))));
    }
    let chart = Chart { x: share("threshold"), y: Axis::new("measure", Scale::Linear(y)), marks };
    Figure::of("Measures by threshold", chart).note(note)
}
