//! Metrics of predicted classes: everything that the table of true against predicted classes says.

use super::{Undefined, undefined};

/// How many rows of each true class were predicted as each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
}

/// Counts the rows by true and predicted class.
///
/// # Panics
/// If the lists differ in length or a class is not below `classes`.
///
/// ```
/// let table = pipewright_learn::metric::confusion(&[0, 0, 1], &[0, 1, 1], 2);
/// assert_eq!(table.row(0), [1, 1]);
/// assert_eq!(table.row(1), [0, 1]);
/// ```
#[must_use]
pub fn confusion(codes: &[u32], predicted: &[u32], classes: usize) -> Confusion {
    assert_eq!(codes.len(), predicted.len(), "one prediction a row");
    let mut counts = vec![0; classes * classes];
    for (&truth, &predicted) in codes.iter().zip(predicted) {
        assert!((predicted as usize) < classes, "a predicted class is one of the classes");
        counts[truth as usize * classes + predicted as usize] += 1;
    }
    Confusion { classes, counts }
}

/// A share of counts, class by class.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ratio {
    Precision,
    Recall,
    F1,
}

/// How the shares of the classes become one figure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Average {
    /// The second class when there are two, else macro.
    Usual,
    Macro,
    Micro,
    Weighted,
}

impl Confusion {
    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How the rows of one true class were predicted.
    ///
    /// # Panics
    /// If there is no such class.
    #[must_use]
    pub fn row(&self, class: usize) -> &[u64] {
        &self.counts[class * self.classes..(class + 1) * self.classes]
    }

    /// Adds the counts of another table, as of another fold.
    ///
    /// # Panics
    /// If it has another number of classes.
    pub fn add(&mut self, other: &Confusion) {
        assert_eq!(self.classes, other.classes, "tables of the same classes");
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn hits(&self, class: usize) -> u64 {
        self.counts[class * self.classes + class]
    }

    fn all_hits(&self) -> u64 {
        (0..self.classes).map(|class| self.hits(class)).sum()
    }

    fn true_rows(&self, class: usize) -> u64 {
        self.row(class).iter().sum()
    }

    fn predicted_rows(&self, class: usize) -> u64 {
        self.counts.iter().skip(class).step_by(self.classes).sum()
    }

    pub(super) fn accuracy(&self) -> Result<f64, Undefined> {
        Ok(self.all_hits() as f64 / self.total() as f64)
    }

    pub(super) fn balanced_accuracy(&self) -> Result<f64, Undefined> {
        let occurring: Vec<usize> = (0..self.classes).filter(|&class| self.true_rows(class) > 0).collect();
        let recalls = occurring.iter().map(|&class| self.hits(class) as f64 / self.true_rows(class) as f64);
        Ok(recalls.sum::<f64>() / occurring.len() as f64)
    }

    /// Gorodkin's R_K: with t and p the counts by true and by predicted class, c hits and s rows,
    /// (c·s - Σ t·p) / √((s² - Σp²)(s² - Σt²)). "Comparing two K-category assignments by a K-category correlation
    /// coefficient", Computational Biology and Chemistry 28 (2004).
    pub(super) fn matthews(&self) -> Result<f64, Undefined> {
        let sum_over =
            |term: &dyn Fn(usize) -> u64| (0..self.classes).map(|class| i128::from(term(class))).sum::<i128>();
        let squared = |count: u64| count * count;
        let rows = i128::from(self.total());
        let spread_of_truth = rows * rows - sum_over(&|class| squared(self.true_rows(class)));
        let spread_of_predictions = rows * rows - sum_over(&|class| squared(self.predicted_rows(class)));
        if spread_of_truth == 0 {
            return Err(undefined("only one class occurs"));
        }
        if spread_of_predictions == 0 {
            return Ok(0.0);
        }
        let together = sum_over(&|class| self.true_rows(class) * self.predicted_rows(class));
        let covariance = i128::from(self.all_hits()) * rows - together;
        Ok(covariance as f64 / (spread_of_truth as f64 * spread_of_predictions as f64).sqrt())
    }

    pub(super) fn ratio(&self, ratio: Ratio, average: Average) -> Result<f64, Undefined> {
        let occurs = |&class: &usize| self.true_rows(class) + self.predicted_rows(class) > 0;
        match average {
            Average::Usual if self.classes == 2 => self.ratio_of_class(ratio, 1),
            Average::Usual | Average::Macro => {
                let shares: Result<Vec<f64>, Undefined> =
                    (0..self.classes).filter(occurs).map(|class| self.ratio_of_class(ratio, class)).collect();
                let shares = shares?;
                Ok(shares.iter().sum::<f64>() / shares.len() as f64)
            }
            // Every row is a hit of its class, or a miss of one class and a false alarm of another.
            Average::Micro => self.accuracy(),
            Average::Weighted => {
                let mut sum = 0.0;
                for class in (0..self.classes).filter(|&class| self.true_rows(class) > 0) {
                    sum += self.ratio_of_class(ratio, class)? * self.true_rows(class) as f64;
                }
                Ok(sum / self.total() as f64)
            }
        }
    }

    fn ratio_of_class(&self, ratio: Ratio, class: usize) -> Result<f64, Undefined> {
        let (hits, truth, predicted) = (self.hits(class), self.true_rows(class), self.predicted_rows(class));
        let (part, whole, missing) = match ratio {
            Ratio::Precision => (hits, predicted, "never predicted"),
            Ratio::Recall => (hits, truth, "not among the rows"),
            Ratio::F1 => (2 * hits, truth + predicted, "neither among the rows nor predicted"),
        };
        if whole == 0 {
            let which = if self.classes == 2 && class == 1 { "the positive class" } else { "one of the classes" };
            return Err(Undefined(format!("{which} is {missing}")));
        }
        Ok(part as f64 / whole as f64)
    }
}
