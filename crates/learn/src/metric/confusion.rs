//! Metrics of predicted classes, computed from the confusion matrix.

use super::{Undefined, undefined};
use crate::twofold::Twofold;

/// A confusion matrix: counts and weights of rows by true and predicted class.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    classes: usize,
    counts: Vec<u64>,
    /// The sums of sample weights; `None` if all rows weigh 1.
    weights: Option<Vec<f64>>,
}

/// Counts the rows by true and predicted class.
///
/// # Panics
/// If the lists differ in length or a class is not below `classes`.
///
/// ```
/// let table = pipewright_learn::metric::confusion(&[0, 0, 1], &[0, 1, 1], 2, None);
/// assert_eq!(table.row(0), [1, 1]);
/// assert_eq!(table.row(1), [0, 1]);
/// ```
#[must_use]
pub fn confusion(codes: &[u32], predicted: &[u32], classes: usize, weights: Option<&[f64]>) -> Confusion {
    assert_eq!(codes.len(), predicted.len(), "one prediction per row");
    let mut counts = vec![0; classes * classes];
    let mut sums = weights.map(|_| vec![Twofold::default(); classes * classes]);
    for (row, (&truth, &predicted)) in codes.iter().zip(predicted).enumerate() {
        assert!((predicted as usize) < classes, "a predicted class is one of the classes");
        let cell = truth as usize * classes + predicted as usize;
        counts[cell] += 1;
        if let (Some(sums), Some(weights)) = (&mut sums, weights) {
            sums[cell] = sums[cell].plus(weights[row]);
        }
    }
    let weights = sums.map(|sums| sums.into_iter().map(Twofold::value).collect());
    Confusion { classes, counts, weights }
}

/// A ratio of weights per class.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ratio {
    Precision,
    Recall,
    /// F, where recall weighs β times as much as precision.
    F(f64),
    Jaccard,
    /// The share of the rows of other classes that are predicted so.
    Specificity,
    /// The share of other classes among the rows predicted so.
    NegativePredictive,
}

/// How much a cell of the table is off the diagonal, for Cohen's kappa.
#[derive(Debug, Clone, Copy)]
pub(super) enum Distance {
    /// 1.
    Equal,
    /// The squared difference of the numbers of the classes.
    Quadratic,
}

/// Weights of rows by a true and a predicted class, of two; numbers of rows if all rows weigh 1.
///
/// ```
/// let table = pipewright_learn::metric::confusion(&[0, 0, 1, 1], &[0, 1, 1, 1], 2, None);
/// let counts = table.counts_of(1);
/// assert_eq!(5.0 * counts.true_positives - counts.false_positives, 9.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    /// Of the class, and predicted so.
    pub true_positives: f64,
    /// Of another class, but predicted as this one.
    pub false_positives: f64,
    /// Of another class, and predicted so.
    pub true_negatives: f64,
    /// Of the class, but predicted as another one.
    pub false_negatives: f64,
}

/// A class in a report.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassReport {
    /// TP / (TP + FP).
    pub precision: Result<f64, Undefined>,
    /// TP / (TP + FN).
    pub recall: Result<f64, Undefined>,
    /// 2TP / (2TP + FP + FN).
    pub f1: Result<f64, Undefined>,
    /// The weight of the rows of the class; their number if all rows weigh 1.
    pub support: f64,
}

/// Averaging over classes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Average {
    /// The second class if there are two, otherwise macro.
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

    /// Returns how the rows of one true class were predicted.
    ///
    /// # Panics
    /// If the class is out of range.
    #[must_use]
    pub fn row(&self, class: usize) -> &[u64] {
        &self.counts[class * self.classes..(class + 1) * self.classes]
    }

    /// Adds another confusion matrix, for example that of another fold.
    ///
    /// # Panics
    /// If its number of classes differs.
    pub fn add(&mut self, other: &Confusion) {
        assert_eq!(self.classes, other.classes, "tables of the same classes");
        if self.weights.is_some() || other.weights.is_some() {
            let sums = (0..self.counts.len()).map(|cell| self.weight(cell) + other.weight(cell)).collect();
            self.weights = Some(sums);
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// Returns the weights of the rows of a class and of all others, by whether they were predicted so.
    ///
    /// # Panics
    /// If the class is out of range.
    #[must_use]
    pub fn counts_of(&self, class: usize) -> Counts {
        assert!(class < self.classes, "one of the classes");
        let (true_positives, truth, predicted) = (self.hits(class), self.true_rows(class), self.predicted_rows(class));
        let others =
            |others: &dyn Fn(usize) -> f64| (0..self.classes).filter(|&other| other != class).map(others).sum();
        // Sums of what is there: a difference of sums of weights could miss 0.
        let false_positives: f64 = others(&|truth| self.cell(truth, class));
        let false_negatives: f64 = others(&|predicted| self.cell(class, predicted));
        let negatives = self.total() - truth - predicted + true_positives;
        let true_negatives = match self.classes {
            2 => self.hits(1 - class),
            _ => negatives.max(0.0),
        };
        Counts { true_positives, false_positives, true_negatives, false_negatives }
    }

    /// Precision, recall, F1 and number of rows of each class.
    #[must_use]
    pub fn report(&self) -> Vec<ClassReport> {
        let of_class = |class: usize| ClassReport {
            precision: self.ratio_of_class(Ratio::Precision, class),
            recall: self.ratio_of_class(Ratio::Recall, class),
            f1: self.ratio_of_class(Ratio::F(1.0), class),
            support: self.true_rows(class),
        };
        (0..self.classes).map(of_class).collect()
    }

    fn weight(&self, cell: usize) -> f64 {
        self.weights.as_ref().map_or(self.counts[cell] as f64, |weights| weights[cell])
    }

    /// Returns the weight of the rows of a true class that were predicted as a class; their number if all rows weigh 1.
    fn cell(&self, truth: usize, predicted: usize) -> f64 {
        self.weight(truth * self.classes + predicted)
    }

    fn total(&self) -> f64 {
        (0..self.classes).map(|class| self.true_rows(class)).sum()
    }

    fn hits(&self, class: usize) -> f64 {
        self.cell(class, class)
    }

    fn all_hits(&self) -> f64 {
        (0..self.classes).map(|class| self.hits(class)).sum()
    }

    fn true_rows(&self, class: usize) -> f64 {
        (0..self.classes).map(|predicted| self.cell(class, predicted)).sum()
    }

    fn predicted_rows(&self, class: usize) -> f64 {
        (0..self.classes).map(|truth| self.cell(truth, class)).sum()
    }

    pub(super) fn accuracy(&self) -> Result<f64, Undefined> {
        Ok(self.all_hits() / self.total())
    }

    pub(super) fn error(&self) -> Result<f64, Undefined> {
        Ok((self.total() - self.all_hits()) / self.total())
    }

    /// Cohen's kappa: 1 - the mean distance of a row's cell from the diagonal / that of independent classes with the same
    /// margins. J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
    pub(super) fn kappa(&self, distance: Distance) -> Result<f64, Undefined> {
        let of = |truth: usize, predicted: usize| match distance {
            Distance::Equal => f64::from(u8::from(truth != predicted)),
            Distance::Quadratic => (truth as f64 - predicted as f64).powi(2),
        };
        let total = self.total();
        let predicted: Vec<f64> = (0..self.classes).map(|class| self.predicted_rows(class)).collect();
        let (mut found, mut by_chance) = (Twofold::default(), Twofold::default());
        for truth in 0..self.classes {
            let rows = self.true_rows(truth);
            for (class, predicted) in predicted.iter().enumerate() {
                let distance = of(truth, class);
                found = found.plus(distance * self.cell(truth, class));
                by_chance = by_chance.plus(distance * rows * predicted / total);
            }
        }
        if by_chance.value() == 0.0 {
            return Err(undefined("all rows are of one class and predicted so"));
        }
        Ok(1.0 - found.value() / by_chance.value())
    }

    pub(super) fn balanced_accuracy(&self) -> Result<f64, Undefined> {
        let occurring: Vec<usize> = (0..self.classes).filter(|&class| self.true_rows(class) > 0.0).collect();
        let recalls = occurring.iter().map(|&class| self.hits(class) / self.true_rows(class));
        Ok(recalls.sum::<f64>() / occurring.len() as f64)
    }

    /// Gorodkin's R_K: with t and p the weights by true and by predicted class, c those of hits and s of all rows,
    /// (c·s - Σ t·p) / √((s² - Σp²)(s² - Σt²)). "Comparing two K-category assignments by a K-category correlation
    /// coefficient", Computational Biology and Chemistry 28 (2004).
    pub(super) fn matthews(&self) -> Result<f64, Undefined> {
        let occurring = |rows: &dyn Fn(usize) -> f64| (0..self.classes).filter(|&class| rows(class) > 0.0).count();
        if occurring(&|class| self.true_rows(class)) < 2 {
            return Err(undefined("only one class occurs"));
        }
        if occurring(&|class| self.predicted_rows(class)) < 2 {
            return Ok(0.0);
        }
        // Twofold precision keeps the digits of the differences: exact for whole numbers.
        let less_products = |first: Twofold, term: &dyn Fn(usize) -> (f64, f64)| {
            (0..self.classes).map(term).fold(first, |sum, (a, b)| sum.minus(Twofold::product(a, b))).value()
        };
        let (rows, hits) = (self.total(), self.all_hits());
        let squares = Twofold::product(rows, rows);
        let spread_of_truth = less_products(squares, &|class| (self.true_rows(class), self.true_rows(class)));
        let spread_of_predictions =
            less_products(squares, &|class| (self.predicted_rows(class), self.predicted_rows(class)));
        let together = |class| (self.true_rows(class), self.predicted_rows(class));
        let covariance = less_products(Twofold::product(hits, rows), &together);
        Ok(covariance / (spread_of_truth * spread_of_predictions).sqrt())
    }

    pub(super) fn ratio(&self, ratio: Ratio, average: Average) -> Result<f64, Undefined> {
        let occurs = |&class: &usize| self.true_rows(class) + self.predicted_rows(class) > 0.0;
        match average {
            Average::Usual if self.classes == 2 => self.ratio_of_class(ratio, 1),
            Average::Usual | Average::Macro => {
                let shares: Result<Vec<f64>, Undefined> =
                    (0..self.classes).filter(occurs).map(|class| self.ratio_of_class(ratio, class)).collect();
                let shares = shares?;
                Ok(shares.iter().sum::<f64>() / shares.len() as f64)
            }
            // Every row is a hit of its class, or a miss of one class and a false positive of another.
            Average::Micro => self.accuracy(),
            Average::Weighted => {
                let mut sum = 0.0;
                for class in (0..self.classes).filter(|&class| self.true_rows(class) > 0.0) {
                    sum += self.ratio_of_class(ratio, class)? * self.true_rows(class);
                }
                Ok(sum / self.total())
            }
        }
    }

    fn ratio_of_class(&self, ratio: Ratio, class: usize) -> Result<f64, Undefined> {
        let (hits, truth, predicted) = (self.hits(class), self.true_rows(class), self.predicted_rows(class));
        let (part, whole, missing) = match ratio {
            Ratio::Precision => (hits, predicted, "never predicted"),
            Ratio::Recall => (hits, truth, "not among the rows"),
            Ratio::F(beta) => {
                let square = beta * beta;
                ((1.0 + square) * hits, square * truth + predicted, "neither among the rows nor predicted")
            }
            Ratio::Jaccard => (hits, truth + predicted - hits, "neither among the rows nor predicted"),
            Ratio::Specificity => {
                let Counts { true_negatives, false_positives, .. } = self.counts_of(class);
                (true_negatives, true_negatives + false_positives, "the only one among the rows")
            }
            Ratio::NegativePredictive => {
                let Counts { true_negatives, false_negatives, .. } = self.counts_of(class);
                (true_negatives, true_negatives + false_negatives, "the only one predicted")
            }
        };
        if whole == 0.0 {
            let which = if self.classes == 2 && class == 1 { "the positive class" } else { "one of the classes" };
            return Err(Undefined(format!("{which} is {missing}")));
        }
        Ok(part / whole)
    }
}
