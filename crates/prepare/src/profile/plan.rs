//! Plan of the second pass, from the results of the first.

use super::column::texts;
use super::{ColumnProfile, Histogram, Profile};
use arrow_array::{Array, ArrayRef};
use pipewright_table::Role;
use pipewright_table::text::text_of;
use std::collections::HashMap;
use std::sync::Arc;

/// Maximum number of numeric and of categorical columns that are compared with each other: the target and the first
/// ones.
pub const BETWEEN_MAX: usize = 40;
/// Maximum number of levels of a category; with more, associations are spurious.
const CATEGORY_LEVELS_MAX: u64 = 20;
/// Minimum average number of values per level; with fewer, associations arise by chance.
const LEVEL_VALUES_MIN: u64 = 5;
/// Maximum number of earlier columns that a column is compared with for equality.
const TWINS_MAX: usize = 8;

/// What the second pass computes.
pub(super) struct Plan {
    pub(super) names: Vec<Arc<str>>,
    /// Columns with numbers.
    pub(super) numbers: Vec<Numeric>,
    /// The indices in `numbers` of those that are compared with others.
    pub(super) compared: Vec<usize>,
    /// Columns of few levels that are compared with others.
    pub(super) categories: Vec<Category>,
    /// Pairs of possibly equal columns: one, and an earlier one.
    pub(super) twins: Vec<(usize, usize)>,
    /// The target, if it has two classes.
    pub(super) classes: Option<Category>,
}

/// A column of numbers.
pub(super) struct Numeric {
    pub(super) position: usize,
    mean: f64,
    /// 0 if constant.
    std: f64,
    pub(super) histogram: Histogram,
}

/// A column of few levels.
pub(super) struct Category {
    pub(super) position: usize,
    /// The code of each level; lookup only.
    codes: HashMap<String, usize>,
}

impl Numeric {
    fn new(position: usize, column: &ColumnProfile) -> Option<Numeric> {
        let numbers = column.numbers.as_ref()?;
        let count = column.present() - numbers.infinite;
        Some(Numeric {
            position,
            mean: numbers.mean,
            std: numbers.std.unwrap_or(0.0),
            histogram: Histogram::new(column.kind, count, numbers.min(), numbers.max()),
        })
    }

    /// Returns the number of standard deviations above the mean; 0 if constant.
    pub(super) fn standardised(&self, number: f64) -> f64 {
        // Halved, so that the difference of extreme numbers does not overflow.
        if self.std == 0.0 { 0.0 } else { (number / 2.0 - self.mean / 2.0) / (self.std / 2.0) }
    }
}

impl Category {
    fn new(position: usize, column: &ColumnProfile) -> Category {
        let codes = column.levels.iter().enumerate().map(|(code, level)| (level.value.clone(), code)).collect();
        Category { position, codes }
    }

    /// Returns the number of levels; also the code of missing values.
    pub(super) fn levels(&self) -> usize {
        self.codes.len()
    }

    /// Returns the code of each row.
    pub(super) fn codes(&self, array: &ArrayRef) -> Vec<usize> {
        let code = |text: &str| self.codes.get(text).copied().unwrap_or(self.levels());
        match texts(array) {
            Some(texts) => texts.iter().map(|text| text.map_or(self.levels(), code)).collect(),
            None => {
                let text = |row: usize| text_of(array, row);
                (0..array.len()).map(|row| text(row).map_or(self.levels(), |text| code(&text))).collect()
            }
        }
    }
}

impl Plan {
    pub(super) fn new(profile: &Profile) -> Plan {
        let columns = || profile.columns.iter().enumerate();
        let is_target = |position: usize| profile.columns[position].role == Role::Target;
        let numbers: Vec<Numeric> = columns().filter_map(|(position, column)| Numeric::new(position, column)).collect();
        let varying = (0..numbers.len()).filter(|&number| numbers[number].std > 0.0);
        let few = |column: &ColumnProfile| {
            let levels = column.distinct.value;
            levels > 1 && levels <= CATEGORY_LEVELS_MAX && column.present() >= LEVEL_VALUES_MIN * levels
        };
        let told = |column: &ColumnProfile| few(column) && column.is_told_by_levels();
        let category = |(position, column): (usize, &ColumnProfile)| {
            (!column.kind.is_numeric() && told(column)).then_some(position)
        };
        let binary = |&(position, column): &(usize, &ColumnProfile)| {
            is_target(position) && told(column) && column.distinct.value == 2
        };
        let of = |position: usize| Category::new(position, &profile.columns[position]);
        Plan {
            names: profile.columns.iter().map(|column| column.name.clone()).collect(),
            compared: some(varying, |number| is_target(numbers[number].position)),
            categories: some(columns().filter_map(category), is_target).into_iter().map(of).collect(),
            twins: twins(profile),
            classes: columns().find(binary).map(|(position, _)| of(position)),
            numbers,
        }
    }
}

/// Returns the first [`BETWEEN_MAX`], and one that is always included.
fn some(positions: impl Iterator<Item = usize>, wanted: impl Fn(usize) -> bool) -> Vec<usize> {
    positions.enumerate().filter(|&(place, at)| place < BETWEEN_MAX || wanted(at)).map(|(_, at)| at).collect()
}

/// Returns pairs of columns that the first pass cannot distinguish.
fn twins(profile: &Profile) -> Vec<(usize, usize)> {
    let mut twins = Vec::new();
    for (position, column) in profile.columns.iter().enumerate() {
        let alike =
            |other: &ColumnProfile| ColumnProfile { name: column.name.clone(), role: column.role, ..other.clone() };
        let earlier = profile.columns[..position].iter().enumerate();
        let earlier = earlier.filter(|(_, other)| column.distinct.value > 1 && other.distinct == column.distinct);
        let earlier = earlier.filter(|(_, other)| alike(other) == *column).take(TWINS_MAX);
        twins.extend(earlier.map(|(other, _)| (position, other)));
    }
    twins
}
