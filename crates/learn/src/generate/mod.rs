//! Data sets made from a formula and random numbers, whose structure is known: moons, blobs, linear models and others, as
//! in `sklearn.datasets`.
//!
//! Every number is a function of the key and its place, and transcendental functions are those of `libm`, so that a data
//! set has the same bits on every machine.
//!
//! ```
//! use pipewright_learn::Key;
//! use pipewright_learn::generate::{Generate, Moons};
//! let data = Moons { rows: 200, noise: 0.1 }.generate(Key::new(0)).unwrap();
//! assert_eq!((data.features.len(), data.features[0].len()), (2, 200));
//! ```

mod models;
mod shapes;

pub use models::{Classification, Friedman1, Regression};
pub use shapes::{Blobs, Circles, Moons, SCurve, SwissRoll};

use pipewright_diagnostic::{Failure, go_on, room_for};
use pipewright_world::random::Key;
use std::f64::consts::TAU;

/// A data set: columns of features, and the answer of every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The features, column by column.
    pub features: Vec<Vec<f64>>,
    /// What a model would predict.
    pub answers: Answers,
}

/// The answers of a generated data set.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// Classes, numbered from 0.
    Classes(Vec<u32>),
    /// Numbers.
    Numbers(Vec<f64>),
}

/// The size of a data set, known before it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Number of rows.
    pub rows: usize,
    /// Number of features.
    pub features: usize,
    /// Are the answers classes?
    pub classes: bool,
    /// Numbers that are needed on the way, besides the columns.
    pub work: u128,
}

impl Extent {
    /// Returns about how many bytes making it takes: the columns, the answers, an order of the rows.
    #[must_use]
    pub fn bytes(&self) -> u128 {
        ((self.rows as u128) * (self.features as u128 + 3) + self.work) * size_of::<f64>() as u128
    }
}

/// A configuration of a data set.
pub trait Generate {
    /// Returns its size.
    fn extent(&self) -> Extent;

    /// Makes it; [`Generate::generate`] has made sure that there is room.
    ///
    /// # Errors
    /// A [`Failure`] if the run is stopped.
    fn make(&self, key: Key) -> Result<Generated, Failure>;

    /// Makes the data set of this key.
    ///
    /// # Errors
    /// A [`Failure`] before anything is made if there is no room for it, and if the run is stopped.
    fn generate(&self, key: Key) -> Result<Generated, Failure> {
        let extent = self.extent();
        room_for(extent.bytes(), || format!("a table of {} rows and {} features", extent.rows, extent.features))?;
        self.make(key)
    }
}

/// Rows between two questions whether the run was stopped.
const STRIDE: usize = 1 << 16;

/// A column of one value per row.
fn column<T>(rows: usize, mut value: impl FnMut(usize) -> T) -> Result<Vec<T>, Failure> {
    let mut values = Vec::with_capacity(rows);
    for start in (0..rows).step_by(STRIDE) {
        go_on()?;
        values.extend((start..rows.min(start + STRIDE)).map(&mut value));
    }
    Ok(values)
}

/// A normally distributed number with mean 0 and variance 1 (G. E. P. Box, M. E. Muller, "A Note on the Generation of
/// Random Normal Deviates", 1958).
pub(crate) fn normal(key: Key, position: usize) -> f64 {
    let position = 2 * position as u64;
    // 1 - [0, 1) is above 0, so that the logarithm is finite.
    let radius = (-2.0 * libm::log(1.0 - key.uniform(position))).sqrt();
    radius * libm::cos(TAU * key.uniform(position + 1))
}

/// Adds normal noise to columns.
fn add_noise(columns: &mut [Vec<f64>], deviation: f64, key: Key) -> Result<(), Failure> {
    if deviation == 0.0 {
        return Ok(());
    }
    for (index, column) in columns.iter_mut().enumerate() {
        let key = key.child("noise").index(index as u64);
        for (start, chunk) in column.chunks_mut(STRIDE).enumerate() {
            go_on()?;
            for (offset, value) in chunk.iter_mut().enumerate() {
                *value += deviation * normal(key, start * STRIDE + offset);
            }
        }
    }
    Ok(())
}

/// The first row of each of `parts` parts of nearly equal size, and the number of rows at the end; the first parts have
/// one more row.
fn bounds(rows: usize, parts: usize) -> Vec<usize> {
    let (size, more) = (rows / parts, rows % parts);
    (0..=parts).map(|part| part * size + part.min(more)).collect()
}

#[cfg(test)]
mod tests;
