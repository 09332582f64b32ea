//! What searches find in a number of trials.

use super::functions::Function;
use pipewright_learn::Key;
use pipewright_learn::search::{Point, Tpe, random};

/// The trials of a search.
const TRIALS: u64 = 60;
/// Candidates in a pool per trial, as `tune tpe` draws them.
const POOL: u64 = 8;

/// How the next point is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// At random.
    Random,
    /// The one that [`Tpe::suggest`] gives.
    Suggest,
    /// The one that [`Tpe::pick`] takes of a pool of random points.
    Pick,
}

/// The quartiles over the seeds 0 to 30 of the lowest of [`TRIALS`] values.
pub(crate) fn quartiles(function: &Function, way: Way) -> [f64; 3] {
    let mut lowest: Vec<f64> = (0..31).map(|seed| lowest(function, way, Key::new(seed))).collect();
    lowest.sort_by(f64::total_cmp);
    [7, 15, 23].map(|place| lowest[place])
}

/// The lowest value that a search finds.
fn lowest(function: &Function, way: Way, key: Key) -> f64 {
    let Function { space, of, .. } = function;
    let pool: Vec<Point> = match way {
        Way::Pick => (0..POOL * TRIALS).map(|trial| random(space, key, trial)).collect(),
        _ => Vec::new(),
    };
    let mut history: Vec<(Point, f64)> = Vec::new();
    let mut picked: Vec<(usize, f64)> = Vec::new();
    for trial in 0..TRIALS {
        let point = match way {
            Way::Random => random(space, key, trial),
            Way::Suggest => Tpe::new(space).suggest(&history, key, trial),
            Way::Pick => {
                let place =
                    Tpe::new(space).pick(&pool, &picked).expect("the pool has more points than there are trials");
                assert!(picked.iter().all(|(known, _)| *known != place), "no point is tried twice");
                picked.push((place, of(&pool[place])));
                pool[place].clone()
            }
        };
        assert_eq!(point.0.len(), space.dimensions().len());
        let value = of(&point);
        history.push((point, value));
    }
    history.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min)
}
