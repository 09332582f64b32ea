//! The nearest rows found so far.

/// The nearest of the rows offered, the earlier of equally distant ones first.
///
/// Rows are kept until their weights reach the number wanted.
#[derive(Debug, Clone)]
pub(super) struct Nearest<'a> {
    wanted: usize,
    weights: Option<&'a [f64]>,
    /// Squared distances and rows, ascending.
    found: Vec<(f64, u32)>,
    limit: f64,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(wanted: usize, weights: Option<&'a [f64]>) -> Nearest<'a> {
        Nearest { wanted, weights, found: Vec::new(), limit: f64::INFINITY }
    }

    /// A row further away than this is none of the nearest; one exactly as far may be, if it comes earlier.
    pub(super) fn limit(&self) -> f64 {
        self.limit
    }

    pub(super) fn found(&self) -> &[(f64, u32)] {
        &self.found
    }

    pub(super) fn offer(&mut self, square: f64, row: u32) {
        if square > self.limit {
            return;
        }
        let place = self.found.partition_point(|found| *found < (square, row));
        self.found.insert(place, (square, row));
        if let Some(enough) = self.enough() {
            self.found.truncate(enough);
            self.limit = self.found[enough - 1].0;
        }
    }

    /// How many of the found rows weigh as much as wanted, if they do.
    fn enough(&self) -> Option<usize> {
        let Some(weights) = self.weights else {
            return (self.found.len() >= self.wanted).then_some(self.wanted);
        };
        let mut total = 0.0;
        let reached = self.found.iter().position(|&(_, row)| {
            total += weights[row as usize];
            total >= self.wanted as f64
        });
        reached.map(|place| place + 1)
    }
}
