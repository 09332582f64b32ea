//! Summaries that pictures are made of: quantiles, bins, densities; and bounds on how much is drawn.

use crate::figure::{Axis, Key, Ramp};
use crate::mark::{Mark, Point, Rectangle, Tone};
use crate::number::{count, edges};
use crate::scale::{Interval, Scale};

/// The most points that are drawn one by one.
pub(crate) const POINTS: usize = 5000;
/// The most categories that are drawn.
pub(crate) const CATEGORIES: usize = 50;
/// The most places of a line.
pub(crate) const PLACES: usize = 1000;

/// The finite values, in their order.
pub(crate) fn present(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|value| value.is_finite()).collect()
}

/// The rows in which both values are finite. A value without a partner is a row with a missing one.
pub(crate) fn pairs(x: &[f64], y: &[f64]) -> Vec<[f64; 2]> {
    x.iter().zip(y).map(|(x, y)| [*x, *y]).filter(|pair| pair.iter().all(|value| value.is_finite())).collect()
}

/// What to say about rows that are not drawn; nothing if there are none.
pub(crate) fn left_out(missing: usize, what: &str) -> String {
    match missing {
        0 => String::new(),
        1 => format!("1 {what} with a missing value is left out."),
        _ => format!("{} {what}s with a missing value are left out.", count(missing)),
    }
}

/// What to say where only some are drawn; nothing if all are.
pub(crate) fn shown(drawn: usize, all: usize, what: &str) -> String {
    if drawn >= all { String::new() } else { format!("{} of {} {what} are shown.", count(drawn), count(all)) }
}

/// The quantile of sorted values, between the two nearest ones (type 7 of Hyndman and Fan, as numpy and R take it).
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64))
}

/// The values in order.
pub(crate) fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// The mean, without overflow.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().map(|value| value / count).sum())
}

/// A bin: from, up to (without), and how many values are in it. The last one has its upper end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bin {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) count: usize,
}

/// Bins with ends at round numbers, about as many as `wanted`, or as Freedman and Diaconis' rule asks for, over the values and
/// what else is to be covered; of a constant, one around it.
pub(crate) fn bins(values: &[f64], wanted: Option<usize>, covered: Option<[f64; 2]>) -> Vec<Bin> {
    let range = Interval::of(values.iter().copied().chain(covered.into_iter().flatten()));
    if covered.is_none()
        && let Some(only) = values.first().filter(|first| values.iter().all(|value| value == *first))
    {
        let half = (range.high() - range.low()) / 10.0;
        return vec![Bin { from: only - half, to: only + half, count: values.len() }];
    }
    let most = wanted.unwrap_or_else(|| freedman_diaconis(values, range)).clamp(1, 200);
    let ends = edges(range, most);
    let mut bins: Vec<Bin> = ends.windows(2).map(|pair| Bin { from: pair[0], to: pair[1], count: 0 }).collect();
    for value in values {
        let after = ends.partition_point(|end| end <= value);
        let last = bins.len().saturating_sub(1);
        if let Some(bin) = bins.get_mut(after.saturating_sub(1).min(last)) {
            bin.count += 1;
        }
    }
    bins
}

/// Bins of width 2 · IQR / n^(1/3); where half of the values are equal, about log2(n) + 1 of them (Sturges).
fn freedman_diaconis(values: &[f64], range: Interval) -> usize {
    let values = sorted(values.to_vec());
    let spread = match (quantile(&values, 0.25), quantile(&values, 0.75)) {
        (Some(low), Some(high)) => high - low,
        _ => 0.0,
    };
    let width = 2.0 * spread / (values.len() as f64).cbrt();
    let sturges = (values.len().max(1) as f64).log2() + 1.0;
    let rule = if width > 0.0 { (range.high() - range.low()) / width } else { sturges };
    let whole = values.iter().all(|value| value.fract() == 0.0);
    // A bin of whole numbers has at least one of them.
    let most = if whole { range.high() - range.low() + 1.0 } else { 60.0 };
    rule.max(sturges).min(60.0).min(most).ceil().max(1.0) as usize
}

/// How many places of a density are computed.
const DENSITY: usize = 160;

/// The density of values on a grid, by a Gaussian kernel of Scott's bandwidth n^(−1/5) · s, to three bandwidths beyond the
/// values. Of more than 2,000 values, the kernel is laid on the means of a fine grid.
pub(crate) fn density(values: &[f64]) -> Vec<[f64; 2]> {
    let range = Interval::of(values.iter().copied());
    let Some(mean) = mean(values) else { return Vec::new() };
    let count = values.len() as f64;
    let scale = (range.high() - range.low()).max(f64::MIN_POSITIVE);
    let squares: f64 = values.iter().map(|value| ((value - mean) / scale).powi(2)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt() * scale;
    let deviation = if deviation > scale * 1e-9 { deviation } else { scale * 0.1 };
    let bandwidth = deviation * count.powf(-0.2);
    let weighted = weighted(values, range);
    let range = Interval::of([range.low() - 3.0 * bandwidth, range.high() + 3.0 * bandwidth]);
    let step = (range.high() - range.low()) / (DENSITY - 1) as f64;
    let factor = 1.0 / (count * bandwidth * std::f64::consts::TAU.sqrt());
    let at = |index: usize| {
        let x = range.low() + step * index as f64;
        let kernel = |(value, weight): &(f64, f64)| weight * (-0.5 * ((x - value) / bandwidth).powi(2)).exp();
        [x, weighted.iter().map(kernel).sum::<f64>() * factor]
    };
    (0..DENSITY).map(at).filter(|place| place.iter().all(|value| value.is_finite())).collect()
}

/// The values with weight 1, or means of cells of a fine grid with their counts.
fn weighted(values: &[f64], range: Interval) -> Vec<(f64, f64)> {
    if values.len() <= 2000 {
        return values.iter().map(|value| (*value, 1.0)).collect();
    }
    let mut cells = vec![(0.0, 0.0); 1024];
    for value in values {
        let cell = (range.share(*value) * 1023.0).round() as usize;
        cells[cell].0 += value;
        cells[cell].1 += 1.0;
    }
    cells.into_iter().filter(|(_, count)| *count > 0.0).map(|(sum, count)| (sum / count, count)).collect()
}

/// Points as a mark with their note and key: one by one, or counted in tiles where they are too many.
pub(crate) struct Cloud {
    pub(crate) mark: Mark,
    pub(crate) note: String,
    pub(crate) key: Option<Key>,
}

/// Tiles across and down.
const TILES: [usize; 2] = [64, 48];

/// A cloud of points with finite places.
pub(crate) fn cloud(places: &[[f64; 2]], x: Interval, y: Interval) -> Cloud {
    if places.len() <= POINTS {
        let mark = Mark::points(places.iter().map(|[x, y]| Point::new(*x, *y)));
        return Cloud { mark, note: String::new(), key: None };
    }
    let mut counts = vec![0_usize; TILES[0] * TILES[1]];
    for [at_x, at_y] in places {
        let cell = |share: f64, tiles: usize| ((share * tiles as f64) as usize).min(tiles - 1);
        counts[cell(y.share(*at_y), TILES[1]) * TILES[0] + cell(x.share(*at_x), TILES[0])] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1);
    let end = |range: Interval, index: usize, tiles: usize| {
        range.low() + (range.high() - range.low()) * index as f64 / tiles as f64
    };
    let tiles = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(index, count)| {
        let (column, row) = (index % TILES[0], index / TILES[0]);
        Rectangle {
            x: [end(x, column, TILES[0]), end(x, column + 1, TILES[0])],
            y: [end(y, row, TILES[1]), end(y, row + 1, TILES[1])],
            tone: Some(Tone::Sequential(0.15 + 0.85 * (*count as f64).ln() / (most as f64).ln().max(1.0))),
            text: String::new(),
            data: vec![
                ("x", end(x, column, TILES[0]).midpoint(end(x, column + 1, TILES[0])).into()),
                ("y", end(y, row, TILES[1]).midpoint(end(y, row + 1, TILES[1])).into()),
                ("count", (*count).into()),
            ],
        }
    });
    let mark = Mark::rectangles(tiles);
    let note = format!("{} points are counted in {} tiles.", count(places.len()), count(mark.len()));
    let key =
        Key { label: "points per tile".to_owned(), low: "1".to_owned(), high: count(most), ramp: Ramp::Sequential };
    Cloud { mark, note, key: Some(key) }
}

/// At most `most` of the items, evenly spread, with the last one.
pub(crate) fn spread<T: Clone>(items: &[T], most: usize) -> Vec<T> {
    if items.len() <= most {
        return items.to_vec();
    }
    let last = items.len() - 1;
    (0..most).map(|index| items[index * last / (most - 1).max(1)].clone()).collect()
}

/// The places of a line, as many as can be told apart, with a note if they are not all.
pub(crate) fn line_places<const N: usize>(places: &[[f64; N]]) -> (Vec<[f64; N]>, String) {
    (spread(places, PLACES), shown(places.len().min(PLACES), places.len(), "places of each line"))
}

/// An axis of names, of which no more than can be told apart are drawn.
pub(crate) fn names<'a>(label: &str, names: impl IntoIterator<Item = &'a str>) -> Axis {
    Axis::new(label, Scale::Category(names.into_iter().take(CATEGORIES).map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy 2.3: np.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .9, 1]).
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (share, expected) in [(0.0, 1.0), (0.1, 1.4), (0.25, 2.0), (0.5, 4.0), (0.9, 12.8), (1.0, 16.0)] {
            let found = quantile(&values, share).unwrap();
            assert!((found - expected).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn every_value_is_in_one_bin() {
        for values in [vec![0.0, 1.0, 2.0, 3.0, 10.0], vec![5.0; 20], (0..1000).map(|i| f64::from(i) * 0.37).collect()]
        {
            let bins = bins(&values, None, None);
            assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), values.len());
            assert!(bins.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }

    #[test]
    fn densities_are_those_of_scipy() {
        // scipy 1.17.1: gaussian_kde(values) at 160 places, from three bandwidths below the lowest to above the highest.
        let curve = density(&[1.0, 2.5, 2.5, 4.0, 9.5, 3.25, -1.0]);
        for (index, x, y) in [
            (0, -7.625295937066606, 0.00030082657189484146),
            (40, -1.6503042706179993, 0.0492780463172844),
            (80, 4.324687395830607, 0.09651835608352059),
            (120, 10.299679062279214, 0.02487299517012913),
            (159, 16.125295937066607, 0.0002866922845324047),
        ] {
            let [found_x, found_y] = curve[index];
            assert!((found_x - x).abs() < 1e-12 && (found_y - y).abs() < 1e-14, "{index}: {found_x}, {found_y}");
        }
        // Of many values, a fine grid stands for them.
        let many: Vec<f64> = (0..5000).map(|i| (f64::from(i) * 0.7).sin() * 3.0 + f64::from(i % 17) * 0.25).collect();
        let curve = density(&many);
        for (index, x, y) in [
            (20, -2.7410814356567403, 0.03454904688803981),
            (80, 2.040926456215992, 0.12195854725201792),
            (120, 5.22893171746448, 0.08897082831064584),
        ] {
            let [found_x, found_y] = curve[index];
            assert!((found_x - x).abs() < 1e-9 && (found_y - y).abs() < 1e-6, "{index}: {found_x}, {found_y}");
        }
    }

    #[test]
    fn what_is_spread_has_both_ends() {
        let items: Vec<usize> = (0..1000).collect();
        let some = spread(&items, 7);
        assert_eq!((some.len(), some[0], some[6]), (7, 0, 999));
    }
}
