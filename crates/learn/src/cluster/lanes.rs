//! Distances of a row to several others at once.

/// Rows compared together; processors subtract several numbers at a time.
pub(super) const LANES: usize = 8;

/// Rows in groups of [`LANES`], column by column within each. Squared distances are summed column by column, as
/// [`square`] does, so that both give the same bits.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    width: usize,
    values: Vec<f64>,
}

impl Lanes {
    /// Arranges rows. Places beyond the last row are infinitely far.
    pub(super) fn new<'a>(width: usize, rows: impl ExactSizeIterator<Item = &'a [f64]>) -> Lanes {
        let groups = rows.len().div_ceil(LANES);
        let mut values = vec![f64::INFINITY; groups * LANES * width];
        for (place, row) in rows.enumerate() {
            let start = place / LANES * LANES * width + place % LANES;
            for (column, value) in row.iter().enumerate() {
                values[start + column * LANES] = *value;
            }
        }
        Lanes { width, values }
    }

    /// The squared distances of a row to those of each group.
    pub(super) fn squares<'a>(&'a self, point: &'a [f64]) -> impl Iterator<Item = [f64; LANES]> + 'a {
        self.values.chunks_exact(LANES * self.width).map(move |group| squares(group, point))
    }

    /// The nearest row and its squared distance; the first of equally near ones.
    pub(super) fn nearest(&self, point: &[f64]) -> (u32, f64) {
        let (place, square, _) = self.nearest_two(point);
        (place, square)
    }

    /// The nearest row, its squared distance and that of the second nearest.
    pub(super) fn nearest_two(&self, point: &[f64]) -> (u32, f64, f64) {
        let (mut place, mut least, mut second) = (0, f64::INFINITY, f64::INFINITY);
        for (group, squares) in self.squares(point).enumerate() {
            for (lane, square) in squares.into_iter().enumerate() {
                if square < least {
                    (place, second, least) = ((group * LANES + lane) as u32, least, square);
                } else if square < second {
                    second = square;
                }
            }
        }
        (place, least, second)
    }
}

#[inline]
fn squares(group: &[f64], point: &[f64]) -> [f64; LANES] {
    let mut sums = [0.0; LANES];
    for (others, own) in group.chunks_exact(LANES).zip(point) {
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum += (own - other) * (own - other);
        }
    }
    sums
}

/// The squared distance of two rows.
pub(super) fn square(point: &[f64], other: &[f64]) -> f64 {
    point.iter().zip(other).fold(0.0, |sum, (own, other)| sum + (own - other) * (own - other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_and_pairs_give_the_same_bits() {
        let rows: Vec<[f64; 3]> = (0..19).map(|row| [f64::from(row).sin(), f64::from(row * row).cos(), 0.1]).collect();
        let lanes = Lanes::new(3, rows.iter().map(|row| &row[..]));
        let point = [0.3, -0.2, 0.7];
        let found: Vec<f64> = lanes.squares(&point).flatten().take(19).collect();
        let wanted: Vec<f64> = rows.iter().map(|row| square(&point, row)).collect();
        assert_eq!(found, wanted);
        let (place, least, second) = lanes.nearest_two(&point);
        let mut sorted = wanted.clone();
        sorted.sort_by(f64::total_cmp);
        assert_eq!((least, second, wanted[place as usize]), (sorted[0], sorted[1], sorted[0]));
    }
}
