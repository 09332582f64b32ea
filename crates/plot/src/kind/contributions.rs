//! Contributions of features to predictions: of all rows, of one, and by the value of the feature.

use crate::column::Column;
use crate::figure::{Axis, Chart, Figure, Key, Ramp};
use crate::mark::{Label, Mark, Point, Rectangle, Side, Tone};
use crate::number::short;
use crate::scale::{Interval, Scale};
use crate::summary::{POINTS, left_out, names, present, quantile, shown, sorted, spread};

/// What a feature contributes to the prediction of each row (its SHAP values).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contribution<'a> {
    /// The feature.
    pub feature: &'a str,
    /// Its contribution in each row.
    pub contributions: &'a [f64],
    /// Its value in each row; one that is not finite has no colour.
    pub values: &'a [f64],
}

/// The most features.
const FEATURES: usize = 20;

/// A point for each feature and row at what the feature contributes, coloured by its value between its 5 % and 95 % quantiles;
/// points at the same place are beside each other. The first 20 features.
#[must_use]
pub fn beeswarm(of: &[Contribution<'_>]) -> Figure {
    let drawn = &of[..of.len().min(FEATURES)];
    let each = POINTS / drawn.len().max(1);
    let x = Interval::of(drawn.iter().flat_map(|feature| feature.contributions).copied()).with(0.0).padded(0.03);
    let (mut points, mut all, mut missing) = (Vec::new(), 0, 0);
    for (row, feature) in drawn.iter().enumerate() {
        let values = feature.values.iter().copied().chain(std::iter::repeat(f64::NAN));
        let rows: Vec<[f64; 2]> = feature
            .contributions
            .iter()
            .copied()
            .zip(values)
            .map(|(x, value)| [x, value])
            .filter(|[x, _]| x.is_finite())
            .collect();
        missing += feature.contributions.len() - rows.len();
        all += rows.len();
        let known = sorted(present(feature.values));
        let ends = [0.05, 0.95].map(|share| quantile(&known, share).unwrap_or(0.0));
        let range = Interval::of(ends);
        let kept = spread(&rows, each);
        let asides = asides(&kept, x);
        points.extend(kept.iter().zip(asides).map(|([x, value], aside)| Point {
            at: [*x, row as f64 + aside],
            tone: Some(if value.is_finite() { Tone::Value(range.share(*value)) } else { Tone::Muted }),
            data: vec![("feature", feature.feature.into()), ("contribution", (*x).into()), ("value", (*value).into())],
        }));
    }
    let drawn_points = points.len();
    let zero = Mark::reference([0.0, -0.5], [0.0, drawn.len() as f64 - 0.5]);
    let chart = Chart {
        x: Axis::new("contribution to the prediction", Scale::Linear(x)),
        y: names("", drawn.iter().map(|feature| feature.feature)),
        marks: vec![zero, Mark::points(points)],
    };
    let key = Key {
        label: "value of the feature".to_owned(),
        low: "low".to_owned(),
        high: "high".to_owned(),
        ramp: Ramp::Value,
    };
    Figure::of("Contributions of features", chart)
        .key(key)
        .note(left_out(missing, "contribution"))
        .note(shown(drawn.len(), of.len(), "features"))
        .note(shown(drawn_points, all, "points, evenly spread,"))
}

/// How far each point is moved aside, so that those at about the same place are beside each other, in turn on both sides.
fn asides(rows: &[[f64; 2]], x: Interval) -> Vec<f64> {
    const PLACES: usize = 100;
    let cell = |x_at: f64| (x.share(x_at) * PLACES as f64) as usize;
    let mut counts = vec![0_usize; PLACES + 1];
    let turns: Vec<usize> = rows
        .iter()
        .map(|[x, _]| {
            counts[cell(*x)] += 1;
            counts[cell(*x)] - 1
        })
        .collect();
    let most = counts.iter().copied().max().unwrap_or(1).max(8) as f64;
    let aside = |turn: usize| turn.div_ceil(2) as f64 * if turn.is_multiple_of(2) { 0.84 } else { -0.84 } / most;
    turns.into_iter().map(aside).collect()
}

/// The prediction of one row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Waterfall<'a> {
    /// What is predicted, with its unit.
    pub target: &'a str,
    /// What is predicted without knowing the row.
    pub base: f64,
    /// The features, with the value as it is to be written (may be empty), and the contribution.
    pub contributions: &'a [(&'a str, &'a str, f64)],
}

/// The most features of a waterfall; the others are one.
const STEPS: usize = 14;

/// From the base to the prediction, step by step: the largest contributions, and all others as one.
#[must_use]
pub fn waterfall(of: &Waterfall<'_>) -> Figure {
    let mut steps: Vec<(String, f64)> = of
        .contributions
        .iter()
        .filter(|(_, _, amount)| amount.is_finite())
        .map(|(name, value, amount)| {
            (if value.is_empty() { (*name).to_owned() } else { format!("{name} = {value}") }, *amount)
        })
        .collect();
    let missing = of.contributions.len() - steps.len();
    steps.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    if steps.len() > STEPS {
        let others = steps.split_off(STEPS - 1);
        steps.push((format!("{} others", others.len()), others.iter().map(|(_, amount)| amount).sum()));
    }
    let (mut bars, mut labels, mut links) = (Vec::new(), Vec::new(), Vec::new());
    let mut sum = of.base;
    let mut ends = vec![of.base];
    for (row, (name, amount)) in steps.iter().enumerate() {
        let (y, after) = (row as f64, sum + amount);
        bars.push(Rectangle {
            x: [sum, after],
            y: [y - 0.36, y + 0.36],
            tone: Some(Tone::Series(usize::from(*amount >= 0.0))),
            text: String::new(),
            data: vec![("feature", name.as_str().into()), ("contribution", (*amount).into()), ("sum", after.into())],
        });
        let sign = if *amount >= 0.0 { "+" } else { "" };
        let side = if *amount >= 0.0 { Side::Right } else { Side::Left };
        labels.push(Label { at: [after, y], text: format!("{sign}{}", short(*amount, 3)), side });
        if row + 1 < steps.len() {
            links.push(Mark::reference([after, y + 0.36], [after, y + 0.64]));
        }
        sum = after;
        ends.push(after);
    }
    let x = Interval::of(ends).padded(0.2);
    let bottom = steps.len() as f64 - 0.5;
    let mut marks = links;
    marks.insert(0, Mark::reference([of.base, -0.5], [of.base, bottom]).series(format!("base: {}", short(of.base, 4))));
    marks.push(Mark::rectangles(bars));
    marks.push(Mark::labels(labels));
    let chart = Chart {
        x: Axis::new(of.target, Scale::Linear(x)),
        y: names("", steps.iter().map(|(name, _)| name.as_str())),
        marks,
    };
    Figure::of("Why this prediction", chart)
        .subtitle(format!("from {} to {}, the largest contribution first", short(of.base, 4), short(sum, 4)))
        .note(left_out(missing, "contribution"))
}

/// Contributions of a feature by its value, coloured by another one.
#[must_use]
pub fn dependence(feature: &Column<'_>, contributions: &[f64], by: Option<&Column<'_>>) -> Figure {
    let other = |row: usize| by.and_then(|column| column.values.get(row)).copied().unwrap_or(f64::NAN);
    let rows: Vec<[f64; 3]> =
        feature.values.iter().zip(contributions).enumerate().map(|(row, (x, y))| [*x, *y, other(row)]).collect();
    let finite: Vec<[f64; 3]> = rows.into_iter().filter(|[x, y, _]| x.is_finite() && y.is_finite()).collect();
    let missing = feature.values.len().max(contributions.len()) - finite.len();
    let drawn = spread(&finite, POINTS);
    let range = Interval::of(finite.iter().map(|[_, _, other]| *other));
    let point = |[x, y, other]: &[f64; 3]| {
        let mut data = vec![("value", (*x).into()), ("contribution", (*y).into())];
        if by.is_some() {
            data.push(("by", (*other).into()));
        }
        let tone = match by {
            None => None,
            Some(_) if other.is_finite() => Some(Tone::Value(range.share(*other))),
            Some(_) => Some(Tone::Muted),
        };
        Point { at: [*x, *y], tone, data }
    };
    let x = Interval::of(finite.iter().map(|[x, _, _]| *x)).padded(0.03);
    let y = Interval::of(finite.iter().map(|[_, y, _]| *y)).with(0.0).padded(0.04);
    let chart = Chart {
        x: Axis::new(feature.label(), Scale::Linear(x)),
        y: Axis::new("contribution to the prediction", Scale::Linear(y)),
        marks: vec![Mark::reference([x.low(), 0.0], [x.high(), 0.0]), Mark::points(drawn.iter().map(point))],
    };
    let key = by.map(|column| Key {
        label: column.label(),
        low: short(range.low(), 3),
        high: short(range.high(), 3),
        ramp: Ramp::Value,
    });
    let figure = Figure::of(format!("Contribution of {}", feature.name), chart)
        .note(left_out(missing, "row"))
        .note(shown(drawn.len(), finite.len(), "rows, evenly spread,"));
    Figure { key, ..figure }
}
