//! Scores of models: along a parameter or the number of rows, in each fold, and ranked.

use super::curves::{self, Curve};
use crate::column::Group;
use crate::figure::{Axis, Chart, Figure};
use crate::mark::{Mark, Point, Segment, Tone, Weight};
use crate::number::short;
use crate::scale::{Interval, Scale};
use crate::summary::{CATEGORIES, left_out, mean, names, present, shown};

/// What a learning curve or a validation curve shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ScoreCurves<'a> {
    /// The title, such as `Learning curve`.
    pub title: &'a str,
    /// What the horizontal axis is, such as the number of training rows or the name of a parameter.
    pub along: &'a str,
    /// Is it logarithmic?
    pub is_log: bool,
    /// The name of the score.
    pub score: &'a str,
    /// The curves, such as those of training and held-out rows, with a band of folds.
    pub curves: &'a [Curve<'a>],
}

/// A place that is not finite is counted with the line, not once more with its points.
fn is_finite(place: &[f64; 2]) -> bool {
    place.iter().all(|value| value.is_finite())
}

/// Scores along the number of rows or a parameter, with bands of folds.
#[must_use]
pub fn score_curves(of: &ScoreCurves<'_>) -> Figure {
    let (mut marks, note) = curves::marks(of.curves, "best");
    for (index, curve) in of.curves.iter().enumerate() {
        marks.push(
            Mark::points(curve.places.iter().filter(|place| is_finite(place)).map(|[x, y]| Point::new(*x, *y)))
                .tone(Tone::Series(index)),
        );
    }
    let places = of.curves.iter().flat_map(|curve| curve.places);
    let x: Vec<f64> = places.clone().map(|[x, _]| *x).collect();
    let bands = of.curves.iter().flat_map(|curve| curve.band).flat_map(|[_, low, high]| [*low, *high]);
    let y = Interval::of(places.map(|[_, y]| *y).chain(bands)).padded(0.05);
    let left_out_by_log = if of.is_log { x.iter().filter(|x| **x <= 0.0).count() } else { 0 };
    let scale = if of.is_log { Scale::log(x) } else { Scale::Linear(Interval::of(x).padded(0.03)) };
    let below = match left_out_by_log {
        0 => String::new(),
        places => format!("{places} places at 0 or below are at the edge of the logarithmic axis."),
    };
    let chart = Chart { x: Axis::new(of.along, scale), y: Axis::new(of.score, Scale::Linear(y)), marks };
    Figure::of(of.title, chart).note(note).note(below)
}

/// The score of each fold for each model, with a line at the mean.
#[must_use]
pub fn fold_scores(score: &str, models: &[Group<'_>]) -> Figure {
    let drawn = &models[..models.len().min(CATEGORIES)];
    let (mut points, mut means, mut missing) = (Vec::new(), Vec::new(), 0);
    for (row, model) in drawn.iter().enumerate() {
        let y = row as f64;
        for (fold, score) in model.values.iter().enumerate().filter(|(_, score)| score.is_finite()) {
            let data = vec![("model", model.name.into()), ("fold", (fold + 1).into()), ("score", (*score).into())];
            points.push(Point { at: [*score, y], tone: None, data });
        }
        let finite = present(model.values);
        missing += model.values.len() - finite.len();
        if let Some(mean) = mean(&finite) {
            let data = vec![("model", model.name.into()), ("mean", mean.into())];
            means.push(Segment { from: [mean, y - 0.3], to: [mean, y + 0.3], arrow: false, data });
        }
    }
    let x = Interval::of(points.iter().map(|point| point.at[0])).padded(0.05);
    let marks = vec![
        Mark::points(points).series("fold"),
        Mark::segments(means).tone(Tone::Ink).weight(Weight::Normal).series("mean"),
    ];
    let chart =
        Chart { x: Axis::new(score, Scale::Linear(x)), y: names("", drawn.iter().map(|model| model.name)), marks };
    Figure::of(format!("{score} by fold"), chart).note(left_out(missing, "fold")).note(shown(
        drawn.len(),
        models.len(),
        "models",
    ))
}

/// A model in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its score.
    pub score: f64,
    /// Between which numbers the score may be.
    pub interval: Option<[f64; 2]>,
}

/// Models in their order, the best first, with intervals; the lines of the others can be compared with that of the best.
#[must_use]
pub fn leaderboard(score: &str, models: &[Ranked<'_>]) -> Figure {
    let finite: Vec<Ranked<'_>> = models.iter().copied().filter(|model| model.score.is_finite()).collect();
    let drawn = &finite[..finite.len().min(CATEGORIES)];
    let point = |row: usize, model: &Ranked<'_>| {
        let mut data = vec![("model", model.name.into()), ("rank", (row + 1).into()), ("score", model.score.into())];
        data.extend(model.interval.into_iter().flat_map(|[low, high]| [("low", low.into()), ("high", high.into())]));
        let tone = Some(if row == 0 { Tone::Series(1) } else { Tone::Series(0) });
        Point { at: [model.score, row as f64], tone, data }
    };
    let interval = |(row, model): (usize, &Ranked<'_>)| {
        let [low, high] = model.interval?;
        Some(Segment { from: [low, row as f64], to: [high, row as f64], arrow: false, data: Vec::new() })
    };
    let x = Interval::of(drawn.iter().flat_map(|model| model.interval.into_iter().flatten().chain([model.score])))
        .padded(0.05);
    let mut marks = Vec::new();
    if let Some(best) = drawn.first().map(|best| best.score) {
        marks.push(
            Mark::reference([best, -0.5], [best, drawn.len() as f64 - 0.5]).series(format!("best: {}", short(best, 4))),
        );
    }
    marks.push(Mark::segments(drawn.iter().enumerate().filter_map(interval)).tone(Tone::Series(0)));
    marks.push(Mark::points(drawn.iter().enumerate().map(|(row, model)| point(row, model))));
    let chart =
        Chart { x: Axis::new(score, Scale::Linear(x)), y: names("", drawn.iter().map(|model| model.name)), marks };
    Figure::of("Leaderboard", chart).note(left_out(models.len() - finite.len(), "model")).note(shown(
        drawn.len(),
        finite.len(),
        "models",
    ))
}

/// A critical-difference diagram (Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, 2006):
/// models by their mean rank, and a bar for each group of models that are not told apart. `groups` are first and last
/// positions in the order of ranks; `critical` is the smallest difference of ranks that counts.
#[must_use]
pub fn critical_difference(models: &[(&str, f64)], critical: Option<f64>, groups: &[[usize; 2]]) -> Figure {
    let mut ranked: Vec<(&str, f64)> = models.iter().copied().filter(|(_, rank)| rank.is_finite()).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let all = ranked.len();
    ranked.truncate(CATEGORIES);
    let bars: Vec<[usize; 2]> =
        groups.iter().copied().filter(|[first, last]| first < last && *last < ranked.len()).collect();
    let last_row = ranked.len() as f64;
    let point = |(row, (name, rank)): (usize, &(&str, f64))| Point {
        at: [*rank, row as f64],
        tone: None,
        data: vec![("model", (*name).into()), ("mean-rank", (*rank).into())],
    };
    // From each model down to the bars, which are below all of them.
    let drops = ranked.iter().enumerate().map(|(row, (_, rank))| Segment {
        from: [*rank, row as f64],
        to: [*rank, last_row + bars.len() as f64 - 0.5],
        arrow: false,
        data: Vec::new(),
    });
    let bar = |(row, [first, last]): (usize, &[usize; 2])| {
        let y = last_row + row as f64;
        let data = vec![("from", ranked[*first].0.into()), ("to", ranked[*last].0.into())];
        Segment { from: [ranked[*first].1, y], to: [ranked[*last].1, y], arrow: false, data }
    };
    let mut rows: Vec<String> = ranked.iter().map(|(name, _)| (*name).to_owned()).collect();
    rows.extend(bars.iter().map(|_| "not told apart".to_owned()));
    let x = Interval::of(ranked.iter().map(|(_, rank)| *rank).chain([1.0])).padded(0.04);
    let marks = vec![
        Mark::segments(drops).tone(Tone::Muted).weight(Weight::Thin).dashed(),
        Mark::segments(bars.iter().enumerate().map(bar)).tone(Tone::Series(1)).weight(Weight::Bold),
        Mark::points(ranked.iter().enumerate().map(point)),
    ];
    let y = Axis::new("", Scale::Category(rows));
    let critical = critical.filter(|difference| difference.is_finite());
    let note = critical.map(|difference| format!("The critical difference of mean ranks is {}.", short(difference, 3)));
    Figure::of("Mean ranks", Chart { x: Axis::new("mean rank, the best is 1", Scale::Linear(x)), y, marks })
        .note(note.unwrap_or_default())
        .note(left_out(models.len() - all, "model"))
        .note(shown(ranked.len(), all, "models"))
}
