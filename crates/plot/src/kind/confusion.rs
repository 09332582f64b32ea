//! A confusion matrix: which classes are taken for which.

use crate::figure::{Chart, Figure, Key, Ramp};
use crate::mark::{Mark, Rectangle};
use crate::number::count;
use crate::summary::{CATEGORIES, names, shown};

/// How often each class was predicted as each: `counts` row by row, a row for each actual class. A colour is the share of the
/// actual class.
#[must_use]
pub fn confusion(classes: &[&str], counts: &[usize]) -> Figure {
    let drawn = classes.len().min(CATEGORIES);
    let mut tiles = Vec::new();
    for (row, (actual, of_class)) in classes.iter().zip(counts.chunks(classes.len().max(1))).enumerate().take(drawn) {
        let total: usize = of_class.iter().sum();
        for (column, (predicted, number)) in classes.iter().zip(of_class).enumerate().take(drawn) {
            let share = *number as f64 / total.max(1) as f64;
            let (x, y) = (column as f64, row as f64);
            tiles.push(Rectangle {
                x: [x - 0.5, x + 0.5],
                y: [y - 0.5, y + 0.5],
                tone: Some(Ramp::Sequential.tone(share)),
                text: count(*number),
                data: vec![
                    ("actual", (*actual).into()),
                    ("predicted", (*predicted).into()),
                    ("count", (*number).into()),
                    ("share", share.into()),
                ],
            });
        }
    }
    let chart = Chart {
        x: names("predicted", classes.iter().copied()),
        y: names("actual", classes.iter().copied()),
        marks: vec![Mark::rectangles(tiles)],
    };
    let key = Key {
        label: "share of the actual class".to_owned(),
        low: "0 %".to_owned(),
        high: "100 %".to_owned(),
        ramp: Ramp::Sequential,
    };
    Figure::of("Confusion matrix", chart).key(key).note(shown(drawn, classes.len(), "classes"))
}
