//! Predictions with what was decided from them: classes by a threshold, intervals and sets by conformal prediction. Models
//! of several quantiles predict all of them.

use super::{Outputs, Quantiles};
use crate::calibrate::conformal::Interval;
use std::borrow::Cow;
use std::ops::Deref;

/// Where the true value of each row lies with a chosen probability.
#[derive(Debug, Clone, PartialEq)]
pub enum Regions {
    /// An interval per row.
    Intervals(Vec<Interval>),
    /// A set of classes per row, ascending; it may be empty.
    Sets(Vec<Vec<u32>>),
}

/// The outputs of a model, with what was decided from them row by row.
///
/// ```
/// use pipewright_learn::{Outputs, Predictions};
/// let outputs = Outputs::Probabilities { values: vec![0.7, 0.3, 0.9, 0.1], classes: 2 };
/// let mut predictions = Predictions::from(outputs);
/// assert_eq!(predictions.labels(), [0, 0]);
/// predictions.decide(vec![1, 0]);
/// assert_eq!(predictions.labels(), [1, 0]);
/// assert_eq!(predictions.outputs.values()[1], 0.3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// What the model says.
    pub outputs: Outputs,
    labels: Option<Vec<u32>>,
    quantiles: Option<Quantiles>,
    regions: Option<Regions>,
}

/// What metrics judge: outputs of a model, with or without decisions.
pub trait Predicted: Clone {
    /// Returns what the model says.
    fn outputs(&self) -> &Outputs;

    /// Returns the class of each row, if it was decided otherwise than by the highest probability.
    fn decided(&self) -> Option<&[u32]> {
        None
    }

    /// Returns the quantiles, if several are predicted.
    fn quantiles(&self) -> Option<&Quantiles> {
        None
    }

    /// Returns where the true values lie, if that is predicted.
    fn regions(&self) -> Option<Cow<'_, Regions>> {
        None
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    fn take(&self, rows: &[u32]) -> Self;
}

impl Predicted for Outputs {
    fn outputs(&self) -> &Outputs {
        self
    }

    fn take(&self, rows: &[u32]) -> Outputs {
        Outputs::take(self, rows)
    }
}

impl Predicted for Predictions {
    fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    fn decided(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    fn quantiles(&self) -> Option<&Quantiles> {
        self.quantiles.as_ref()
    }

    fn regions(&self) -> Option<Cow<'_, Regions>> {
        let of_quantiles = || Some(Cow::Owned(Regions::Intervals(self.quantiles.as_ref()?.intervals()?)));
        self.regions.as_ref().map(Cow::Borrowed).or_else(of_quantiles)
    }

    fn take(&self, rows: &[u32]) -> Predictions {
        Predictions {
            outputs: self.outputs.take(rows),
            labels: self.labels.as_ref().map(|labels| rows.iter().map(|&row| labels[row as usize]).collect()),
            quantiles: self.quantiles.as_ref().map(|quantiles| quantiles.take(rows)),
            regions: self.regions.as_ref().map(|regions| regions.take(rows)),
        }
    }
}

impl Regions {
    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Regions::Intervals(intervals) => intervals.len(),
            Regions::Sets(sets) => sets.len(),
        }
    }

    fn take(&self, rows: &[u32]) -> Regions {
        match self {
            Regions::Intervals(all) => Regions::Intervals(rows.iter().map(|&row| all[row as usize]).collect()),
            Regions::Sets(all) => Regions::Sets(rows.iter().map(|&row| all[row as usize].clone()).collect()),
        }
    }

    fn concat(parts: Vec<Regions>) -> Option<Regions> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            match (&mut whole, part) {
                (Regions::Intervals(all), Regions::Intervals(more)) => all.extend(more),
                (Regions::Sets(all), Regions::Sets(more)) => all.extend(more),
                _ => return None,
            }
        }
        Some(whole)
    }
}

impl From<Outputs> for Predictions {
    fn from(outputs: Outputs) -> Predictions {
        Predictions { outputs, labels: None, quantiles: None, regions: None }
    }
}

/// Several quantiles: the prediction is that of the level nearest to ½, of two the mean.
impl From<Quantiles> for Predictions {
    fn from(quantiles: Quantiles) -> Predictions {
        let outputs = quantiles.middle_outputs();
        Predictions { outputs, labels: None, quantiles: Some(quantiles), regions: None }
    }
}

/// Everything that outputs can do.
impl Deref for Predictions {
    type Target = Outputs;

    fn deref(&self) -> &Outputs {
        &self.outputs
    }
}

impl Predictions {
    /// Sets the class of each row.
    ///
    /// # Panics
    /// If there is not one class per row.
    pub fn decide(&mut self, labels: Vec<u32>) {
        assert_eq!(labels.len(), self.outputs.rows(), "a class per row");
        self.labels = Some(labels);
    }

    /// Sets where the true value of each row lies.
    ///
    /// # Panics
    /// If there is not one region per row.
    pub fn bound(&mut self, regions: Regions) {
        assert_eq!(regions.rows(), self.outputs.rows(), "a region per row");
        self.regions = Some(regions);
    }

    /// Returns the class of each row: the decided one, or the most probable one.
    #[must_use]
    pub fn labels(&self) -> Vec<u32> {
        self.labels.clone().unwrap_or_else(|| self.outputs.labels())
    }

    /// Returns where the true values lie, if that is predicted: the regions of [`Predictions::bound`], or else the
    /// intervals from the lowest to the highest of several quantiles.
    #[must_use]
    pub fn regions(&self) -> Option<Cow<'_, Regions>> {
        Predicted::regions(self)
    }

    /// Returns the regions of [`Predictions::bound`].
    #[must_use]
    pub fn bounded(&self) -> Option<&Regions> {
        self.regions.as_ref()
    }

    /// Returns the quantiles, if several are predicted.
    #[must_use]
    pub fn quantiles(&self) -> Option<&Quantiles> {
        self.quantiles.as_ref()
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Predictions {
        Predicted::take(self, rows)
    }

    /// Returns the size in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let labels = self.labels.as_ref().map_or(0, |labels| size_of_val(&labels[..]));
        let regions = match &self.regions {
            None => 0,
            Some(Regions::Intervals(intervals)) => size_of_val(&intervals[..]),
            Some(Regions::Sets(sets)) => sets.iter().map(|set| size_of_val(set) + size_of_val(&set[..])).sum(),
        };
        let quantiles = self.quantiles.as_ref().map_or(0, Quantiles::memory_bytes);
        self.outputs.memory_bytes() + quantiles + (labels + regions) as u64
    }

    /// Concatenates the predictions for consecutive parts of the rows; `None` if their kinds or levels differ, if only
    /// some of them have quantiles or regions, or if there are none.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Predictions>) -> Option<Predictions> {
        let parts: Vec<Predictions> = parts.into_iter().collect();
        let decided = parts.iter().any(|part| part.labels.is_some());
        let labels = decided.then(|| parts.iter().flat_map(Predictions::labels).collect());
        let regions = of_all(&parts, |part| part.regions.clone(), Regions::concat)?;
        let quantiles = of_all(&parts, |part| part.quantiles.clone(), Quantiles::concat)?;
        let outputs = Outputs::concat(parts.into_iter().map(|part| part.outputs))?;
        Some(Predictions { outputs, labels, quantiles, regions })
    }
}

/// What all of some parts have, put together, or none of them; `None` if only some have it or it does not fit together.
fn of_all<T>(
    parts: &[Predictions],
    of: impl Fn(&Predictions) -> Option<T>,
    concat: impl FnOnce(Vec<T>) -> Option<T>,
) -> Option<Option<T>> {
    let found: Vec<T> = parts.iter().filter_map(of).collect();
    match found.len() {
        0 => Some(None),
        count if count == parts.len() => concat(found).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(values: [f64; 4]) -> Predictions {
        Outputs::Probabilities { values: values.to_vec(), classes: 2 }.into()
    }

    #[test]
    fn decisions_stay_with_their_rows() {
        let (mut decided, plain) = (two([0.6, 0.4, 0.9, 0.1]), two([0.2, 0.8, 0.7, 0.3]));
        decided.decide(vec![1, 0]);
        decided.bound(Regions::Sets(vec![vec![0, 1], vec![0]]));
        assert_eq!(decided.take(&[1, 0]).labels(), [0, 1]);
        assert_eq!(decided.take(&[1]).bounded(), Some(&Regions::Sets(vec![vec![0]])));
        assert!(Predictions::concat([decided.clone(), plain.clone()]).is_none(), "regions of some rows only");
        let (mut first, second) = (two([0.6, 0.4, 0.9, 0.1]), plain);
        first.decide(vec![1, 1]);
        assert_eq!(Predictions::concat([first, second]).unwrap().labels(), [1, 1, 1, 0]);
    }

    #[test]
    fn quantiles_stay_with_their_rows_and_bound_them() {
        let all: Predictions = Quantiles::new(&[0.1, 0.9], vec![vec![1.0, 2.0], vec![3.0, 5.0]]).into();
        assert_eq!(all.values(), [2.0, 3.5], "0.1 and 0.9 are equally near to a half");
        let mut second = all.take(&[1]);
        let interval = |low: f64, high: f64| Regions::Intervals(vec![Interval { low, high }]);
        assert_eq!(second.regions().as_deref(), Some(&interval(2.0, 5.0)));
        assert_eq!(Predictions::concat([all.take(&[0]), second.clone()]), Some(all.clone()));
        assert!(Predictions::concat([all.clone(), Outputs::Numbers(vec![1.0]).into()]).is_none(), "of some rows only");
        assert_eq!(all.memory_bytes(), 6 * 8);
        second.bound(interval(0.0, 9.0));
        assert_eq!(second.regions().as_deref(), Some(&interval(0.0, 9.0)));
        assert_eq!(second.quantiles().unwrap().of_row(0), [2.0, 5.0]);
    }
}
