//! The scale at which rows are compared.

use crate::data::Features;
use crate::mixed::check_width;
use crate::twofold::Twofold;
use pipewright_diagnostic::{Failure, code, room_for};
use serde::{Deserialize, Serialize};

/// Numbers beyond this, at the common scale, are cut off: their differences from all training rows are equal long
/// before.
const FAR: f64 = 1e60;

/// A common scale of all columns: values less their means, in a power of 2 near the largest difference. Squares of such
/// numbers neither overflow nor vanish, and which rows are near to which does not change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// A power of 2 near the largest magnitude.
    size: f64,
    /// The mean of each column, in units of `size`.
    centre: Vec<f64>,
    /// A power of 2 near the largest difference from a mean, in units of `size`.
    unit: f64,
}

/// Rows of numbers at a common scale, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Points {
    pub(super) width: usize,
    pub(super) values: Vec<f64>,
    /// The weight of each, if not all weigh 1.
    pub(super) weights: Option<Vec<f64>>,
}

impl Points {
    pub(super) fn len(&self) -> usize {
        self.values.len() / self.width
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    pub(super) fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    pub(super) fn total_weight(&self) -> f64 {
        self.weights.as_ref().map_or(self.len() as f64, |weights| Twofold::sum(weights.iter().copied()))
    }

    /// The variance of each column, with divisor n.
    pub(super) fn variances(&self) -> Vec<f64> {
        let total = self.total_weight();
        let of = |column: usize| {
            let terms =
                || (0..self.len()).map(|row| (self.values[row * self.width + column], self.weight(row) / total));
            let mean = Twofold::sum(terms().map(|(value, share)| value * share));
            Twofold::sum(terms().map(|(value, share)| (value - mean) * (value - mean) * share))
        };
        (0..self.width).map(of).collect()
    }
}

/// The rows to cluster, without those of weight 0, and their common scale.
///
/// # Errors
/// [`code::NO_FEATURES`] without columns, [`code::TOO_FEW_ROWS`] without rows, and as [`Features::check`];
/// [`code::BAD_WEIGHT`] for weights that are not finite or negative, or all 0.
pub(super) fn points_of(features: &Features, weights: Option<&[f64]>) -> Result<(Frame, Points), Failure> {
    points_in(features, weights, Frame::centred)
}

/// As [`points_of`], but only divided by a power of 2, so that distances are rounded as those of the columns are: rows
/// exactly as far apart as a limit stay so.
///
/// # Errors
/// As [`points_of`].
pub(super) fn plain_points_of(features: &Features, weights: Option<&[f64]>) -> Result<(Frame, Points), Failure> {
    points_in(features, weights, |features, _| Frame::plain(features))
}

fn points_in(
    features: &Features,
    weights: Option<&[f64]>,
    frame: impl Fn(&Features, Option<&[f64]>) -> Frame,
) -> Result<(Frame, Points), Failure> {
    features.check(false, false)?;
    if features.columns() == 0 {
        return Err(Failure::new(code::NO_FEATURES, "there are no columns to cluster by"));
    }
    if features.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to cluster"));
    }
    let numbers = 2 * features.rows() as u128 * features.columns() as u128;
    room_for(numbers * size_of::<f64>() as u128, || format!("clusters of {} rows", features.rows()))?;
    let rows = counting(features.rows(), weights)?;
    let weights = weights.map(|weights| rows.iter().map(|&row| weights[row as usize]).collect::<Vec<f64>>());
    let features = if rows.len() == features.rows() { features.clone() } else { features.take(&rows) };
    let frame = frame(&features, weights.as_deref());
    let weights = weights.filter(|weights| weights.iter().any(|weight| *weight != 1.0));
    let points = Points { weights, ..frame.points(&features) };
    Ok((frame, points))
}

/// The rows with a weight above 0.
fn counting(rows: usize, weights: Option<&[f64]>) -> Result<Vec<u32>, Failure> {
    let Some(weights) = weights else { return Ok((0..rows as u32).collect()) };
    assert_eq!(weights.len(), rows, "a weight per row");
    if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        let message = format!("a weight is {}; weights must be finite and at least 0", weights[row]);
        return Err(Failure::new(code::BAD_WEIGHT, message).row(row as u64 + 1));
    }
    let counting: Vec<u32> = (0..rows as u32).filter(|&row| weights[row as usize] > 0.0).collect();
    if counting.is_empty() {
        return Err(Failure::new(code::BAD_WEIGHT, "all weights are 0"));
    }
    let total = Twofold::sum(weights.iter().copied());
    if !total.is_finite() {
        return Err(Failure::new(code::BAD_WEIGHT, "the sum of the weights overflows"));
    }
    Ok(counting)
}

impl Frame {
    fn plain(features: &Features) -> Frame {
        let numbers = (0..features.columns()).flat_map(|index| features.column(index));
        let size = power_of_2(numbers.fold(0.0, |most, value| most.max(value.abs())));
        Frame { size, centre: vec![0.0; features.columns()], unit: 1.0 }
    }

    fn centred(features: &Features, weights: Option<&[f64]>) -> Frame {
        let Frame { size, .. } = Frame::plain(features);
        let columns: Vec<&[f64]> = (0..features.columns()).map(|index| features.column(index)).collect();
        let total = weights.map_or(features.rows() as f64, |weights| Twofold::sum(weights.iter().copied()));
        let share = |row: usize| weights.map_or(1.0, |weights| weights[row]) / total;
        let centre: Vec<f64> = columns.iter().map(|column| mean(column, size, share)).collect();
        let differences = columns.iter().zip(&centre).flat_map(|(column, centre)| {
            let difference = move |value: &f64| value / size - centre;
            column.iter().map(difference)
        });
        let unit = power_of_2(differences.fold(0.0, |most, difference| most.max(difference.abs())));
        Frame { size, centre, unit }
    }

    /// Rows at the common scale.
    pub(super) fn points(&self, features: &Features) -> Points {
        let width = self.centre.len();
        let mut values = vec![0.0; features.rows() * width];
        for (index, centre) in self.centre.iter().enumerate() {
            let places = values.iter_mut().skip(index).step_by(width);
            for (place, value) in places.zip(features.column(index)) {
                *place = ((value / self.size - centre) / self.unit).clamp(-FAR, FAR);
            }
        }
        Points { width, values, weights: None }
    }

    /// New rows at the common scale.
    ///
    /// # Errors
    /// [`code::WRONG_WIDTH`] for other columns, and as [`Features::check`].
    pub(super) fn new_points(&self, features: &Features) -> Result<Points, Failure> {
        check_width(self.centre.len(), features)?;
        features.check(false, false)?;
        Ok(self.points(features))
    }

    /// The logarithm of the unit of length.
    pub(super) fn log_length(&self) -> f64 {
        self.size.ln() + self.unit.ln()
    }

    pub(super) fn width(&self) -> usize {
        self.centre.len()
    }

    /// A row in the units of the columns.
    pub(super) fn outside(&self, point: &[f64]) -> Vec<f64> {
        let outside = |(value, centre): (&f64, &f64)| (value * self.unit + centre) * self.size;
        point.iter().zip(&self.centre).map(outside).collect()
    }

    /// A squared length in the units of the columns, at most the largest number.
    pub(super) fn square_outside(&self, square: f64) -> f64 {
        (square * self.unit * self.size * self.unit * self.size).min(f64::MAX)
    }

    /// A length in the units of the columns, at most the largest number.
    pub(super) fn length_outside(&self, length: f64) -> f64 {
        (length * self.unit * self.size).min(f64::MAX)
    }

    /// A length of the units of the columns at the common scale.
    pub(super) fn length_inside(&self, length: f64) -> f64 {
        length / self.size / self.unit
    }

    /// Are these numbers at the common scale?
    pub(super) fn are_sound(&self, numbers: &[f64]) -> bool {
        numbers.iter().all(|number| number.abs() <= FAR)
    }

    pub(super) fn is_sound(&self) -> bool {
        let sound = |number: f64| number.is_normal() && number > 0.0;
        sound(self.size) && sound(self.unit) && self.centre.iter().all(|centre| centre.abs() <= 4.0) && self.width() > 0
    }
}

/// The mean of a column in units of `size`; that of equal values is exactly the value.
fn mean(column: &[f64], size: f64, share: impl Fn(usize) -> f64) -> f64 {
    let first = column[0] / size;
    first + Twofold::sum(column.iter().enumerate().map(|(row, value)| (value / size - first) * share(row)))
}

/// The power of 2 at or below a number; 1 for 0.
fn power_of_2(number: f64) -> f64 {
    if number == 0.0 { 1.0 } else { 2.0_f64.powi((number.log2().floor() as i32).clamp(-1000, 1000)) }
}
