//! From columns of any kind to the numbers and codes that the network reads, as learned from the training rows.

use crate::data::{Categories, Column, Features};
use crate::order::quantile;
use crate::tree::known_levels;
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::Range;

/// Robust scaling and a smooth clip to (−3, 3): x → z / √(1 + (z/3)²), z = (x − median) · factor. The factor is
/// 1 / (q₇₅ − q₂₅), or 2 / (max − min) if that is 0 ("Better by Default", section 3).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scaled {
    centre: f64,
    factor: f64,
}

impl Scaled {
    /// Learns from values and their weights; `None` if all are equal, or so close that no factor is finite.
    pub(super) fn learn(mut values: Vec<(f64, f64)>) -> Option<Scaled> {
        let [low, centre, high] = [0.25, 0.5, 0.75].map(|level| quantile(&mut values, level));
        let (first, last) = (values.first()?.0, values.last()?.0);
        let factor = if high > low { 1.0 / (high - low) } else { 2.0 / (last - first) };
        (factor.is_finite() && factor > 0.0).then_some(Scaled { centre, factor })
    }

    pub(super) fn apply(self, value: f64) -> f32 {
        // Beyond this the clip is at its end; farther numbers could overflow.
        const FAR: f64 = 1e9;
        // The halves cannot overflow where the difference could.
        let z = ((value / 2.0 - self.centre / 2.0) * self.factor * 2.0).clamp(-FAR, FAR);
        (z / (1.0 + (z / 3.0).powi(2)).sqrt()) as f32
    }

    fn is_sound(self) -> bool {
        self.centre.is_finite() && self.factor.is_finite() && self.factor > 0.0
    }
}

/// How a column is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Reading {
    /// A number; missing ones are the median, and marked by a column of their own if there were some in training.
    Number { value: Option<Scaled>, missing: Option<Scaled> },
    /// −1 or 1 for two levels; 0 for any other and for missing ones.
    Sign { levels: Vec<String>, value: Scaled },
    /// A column per level; all 0 for other levels and for missing ones.
    OneHot { levels: Vec<String>, columns: Vec<Scaled> },
    /// The place among the levels, to look an embedding up; other levels and missing ones share the last place.
    Code { levels: Vec<String> },
}

/// The readings of all columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Preparation {
    columns: Vec<Reading>,
}

/// Codes that single precision tells apart.
const CODES_MAX: usize = 1 << 24;

impl Preparation {
    /// Learns how to read the columns. Levels are one-hot encoded if there are at most `one_hot` of them.
    pub(super) fn learn(features: &Features, weights: Option<&[f64]>, one_hot: usize) -> Preparation {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let columns = (0..features.columns()).map(|index| match features.stored(index) {
            Column::Categories(categories) => levels_of(categories, &weight, one_hot),
            _ => {
                let values = features.column(index).iter().enumerate();
                let present = values.clone().filter(|(_, value)| !value.is_nan());
                let value = Scaled::learn(present.map(|(row, &value)| (value, weight(row))).collect());
                let marks = values.map(|(row, value)| (f64::from(value.is_nan()), weight(row)));
                Reading::Number { value, missing: Scaled::learn(marks.collect()) }
            }
        });
        Preparation { columns: columns.collect() }
    }

    pub(super) fn inputs(&self) -> usize {
        self.columns.len()
    }

    /// The number of columns of numbers.
    pub(super) fn numbers(&self) -> usize {
        self.columns.iter().filter(|reading| matches!(reading, Reading::Number { value: Some(_), .. })).count()
    }

    /// The number of columns of marks and levels.
    pub(super) fn others(&self) -> usize {
        let width = |reading: &Reading| match reading {
            Reading::Number { missing, .. } => usize::from(missing.is_some()),
            Reading::Sign { .. } => 1,
            Reading::OneHot { columns, .. } => columns.len(),
            Reading::Code { .. } => 0,
        };
        let others = self.columns.iter().map(width).sum();
        // Without any column that varies there is one of zeros, so that there is a network.
        if self.numbers() == 0 { std::cmp::max(others, 1) } else { others }
    }

    /// The rows of the table of each column with an embedding.
    pub(super) fn tables(&self) -> Vec<usize> {
        let rows = |reading: &Reading| match reading {
            Reading::Code { levels } => Some(levels.len() + 1),
            _ => None,
        };
        self.columns.iter().filter_map(rows).collect()
    }

    /// The numbers per row as the network reads it: numbers, marks and levels, then the codes of embedded columns as
    /// row numbers of their tables.
    pub(super) fn width(&self) -> usize {
        self.numbers() + self.others() + self.tables().len()
    }

    /// Prepares features to be read block by block.
    pub(super) fn reader<'a>(&'a self, features: &'a Features) -> Reader<'a> {
        let column = |(index, reading): (usize, &'a Reading)| {
            let levels = match reading {
                Reading::Number { .. } => None,
                Reading::Sign { levels, .. } | Reading::OneHot { levels, .. } | Reading::Code { levels } => {
                    Some(levels.as_slice())
                }
            };
            (reading, Values::of(features, index, levels))
        };
        let columns = self.columns.iter().enumerate().map(column).collect();
        let (numbers, others) = (self.numbers(), self.others());
        Reader { columns, numbers, dense: numbers + others, width: self.width() }
    }

    /// Validates what came from a file.
    pub(super) fn validate(&self) -> Result<(), Failure> {
        let levels_are_sound = |levels: &[String]| {
            let distinct: HashSet<&String> = levels.iter().collect();
            distinct.len() == levels.len() && levels.len() < CODES_MAX
        };
        let sound = self.columns.iter().all(|reading| match reading {
            Reading::Number { value, missing } => {
                [value, missing].into_iter().flatten().all(|scaled| scaled.is_sound())
            }
            Reading::Sign { levels, value } => levels.len() == 2 && levels_are_sound(levels) && value.is_sound(),
            Reading::OneHot { levels, columns } => {
                levels.len() == columns.len()
                    && levels_are_sound(levels)
                    && columns.iter().all(|scaled| scaled.is_sound())
            }
            Reading::Code { levels } => levels_are_sound(levels),
        });
        if sound { Ok(()) } else { Err(Failure::new(code::BAD_BUNDLE, "a network whose columns are not sound")) }
    }
}

/// How to read a column of levels, of which only those with rows count.
fn levels_of(categories: &Categories, weight: &dyn Fn(usize) -> f64, one_hot: usize) -> Reading {
    let mut counts = vec![0_usize; categories.levels().len()];
    for &code in categories.codes() {
        counts.get_mut(code as usize).into_iter().for_each(|count| *count += 1);
    }
    let known = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(level, _)| level);
    let known: Vec<usize> = known.take(CODES_MAX - 1).collect();
    let name = |level: &usize| categories.levels()[*level].clone();
    if known.len() > one_hot.max(2) {
        return Reading::Code { levels: known.iter().map(name).collect() };
    }
    let learn = |number: &dyn Fn(u32) -> f64| {
        let pairs = categories.codes().iter().enumerate().map(|(row, &code)| (number(code), weight(row)));
        Scaled::learn(pairs.collect())
    };
    if let [first, second] = known[..] {
        let value = learn(&|code| sign(code as usize == first, code as usize == second));
        if let Some(value) = value {
            return Reading::Sign { levels: known.iter().map(name).collect(), value };
        }
    }
    let columns = known.iter().filter_map(|level| {
        let value = learn(&|code| f64::from(code as usize == *level))?;
        Some((name(level), value))
    });
    let (levels, columns) = columns.unzip();
    Reading::OneHot { levels, columns }
}

fn sign(is_first: bool, is_second: bool) -> f64 {
    f64::from(is_second) - f64::from(is_first)
}

/// The values of a column: numbers, or places among the levels of the training rows, NaN for none.
enum Values<'a> {
    Numbers(&'a [f64]),
    Codes {
        codes: &'a [u32],
        known: Vec<f64>,
    },
    /// The column is of another kind than in training: nothing is known.
    Unknown,
}

impl<'a> Values<'a> {
    fn of(features: &'a Features, index: usize, levels: Option<&[String]>) -> Values<'a> {
        match (features.stored(index), levels) {
            (Column::Categories(categories), Some(levels)) => {
                Values::Codes { codes: categories.codes(), known: known_levels(categories, levels) }
            }
            (Column::Dense(_) | Column::Sparse(_), None) => Values::Numbers(features.column(index)),
            _ => Values::Unknown,
        }
    }

    fn at(&self, row: usize) -> f64 {
        match self {
            Values::Numbers(values) => values[row],
            Values::Codes { codes, known } => known.get(codes[row] as usize).copied().unwrap_or(f64::NAN),
            Values::Unknown => f64::NAN,
        }
    }
}

/// Features to be read block by block.
pub(super) struct Reader<'a> {
    columns: Vec<(&'a Reading, Values<'a>)>,
    numbers: usize,
    /// The columns before the codes.
    dense: usize,
    width: usize,
}

impl Reader<'_> {
    /// Reads some rows into `into`, row-major, reusing its memory.
    pub(super) fn read(&self, rows: Range<usize>, into: &mut Vec<f32>) {
        into.clear();
        into.resize(rows.len() * self.width, 0.0);
        let (mut number, mut other, mut table) = (0, self.numbers, self.dense);
        for (reading, values) in &self.columns {
            let mut write = |place: usize, value: &dyn Fn(f64) -> f32| {
                let places = into.iter_mut().skip(place).step_by(self.width);
                places.zip(rows.clone()).for_each(|(into, row)| *into = value(values.at(row)));
            };
            match reading {
                Reading::Number { value, missing } => {
                    if let Some(scaled) = value {
                        // A missing number is the median, which is 0 when scaled.
                        write(number, &|value| if value.is_nan() { 0.0 } else { scaled.apply(value) });
                        number += 1;
                    }
                    if let Some(scaled) = missing {
                        write(other, &|value| scaled.apply(f64::from(value.is_nan())));
                        other += 1;
                    }
                }
                Reading::Sign { value: scaled, .. } => {
                    write(other, &|place| scaled.apply(sign(place == 0.0, place == 1.0)));
                    other += 1;
                }
                Reading::OneHot { columns, .. } => {
                    for (level, scaled) in columns.iter().enumerate() {
                        write(other, &|place| scaled.apply(f64::from(place == level as f64)));
                        other += 1;
                    }
                }
                Reading::Code { levels } => {
                    let last = levels.len() as f32;
                    write(table, &|place| if place.is_nan() { last } else { place as f32 });
                    table += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_that_of_the_paper() {
        let scaled = |values: &[f64]| Scaled::learn(values.iter().map(|&value| (value, 1.0)).collect());
        let apply = |values: &[f64], value| scaled(values).unwrap().apply(value);
        assert!((apply(&[0.0, 0.0, 0.0, 0.0, 10.0], 10.0) - 2.0 / (1.0_f32 + 4.0 / 9.0).sqrt()).abs() < 1e-6);
        assert!((apply(&[1.0, 2.0, 3.0, 4.0, 5.0], 5.0) - 1.0 / (1.0_f32 + 1.0 / 9.0).sqrt()).abs() < 1e-6);
        assert_eq!(scaled(&[7.0; 5]), None);
        assert_eq!(scaled(&[]), None);
        // Neither huge nor tiny numbers overflow.
        assert!(apply(&[-1e308, 1e308, 0.0, 1e300], 1e308).is_finite());
        assert!((apply(&[1.0, 2.0, 3.0, 4.0, 5.0], 1e300) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn a_weight_is_a_repeated_row() {
        let once = Scaled::learn(vec![(1.0, 2.0), (5.0, 1.0), (2.0, 3.0)]);
        let repeated = Scaled::learn([1.0, 1.0, 5.0, 2.0, 2.0, 2.0].map(|value| (value, 1.0)).to_vec());
        assert_eq!(once, repeated);
    }
}
