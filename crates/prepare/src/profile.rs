//! Data profiling: statistics of each column, associations between columns, and suspicious findings.
//!
//! [`Profile::of`] makes one pass over the rows for [`Depth::Columns`], two for [`Depth::Whole`], chunk by chunk; the
//! result is bit for bit independent of chunks and threads, and is plain data.

mod between;
mod column;
mod histogram;
mod plan;
mod suspicion;

use between::Between;
use column::{Bounds, Seen};
use pipewright_diagnostic::Failure;
use pipewright_expr::Selection;
use pipewright_table::summary::{Counted, Distinct};
use pipewright_table::{Chunks, Column, ColumnType, Role, Schema, Table, for_each_wave, in_parallel};
use plan::Plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

pub use histogram::Histogram;
pub use plan::BETWEEN_MAX;
pub use suspicion::{Reason, Suspicion, percent};

/// Options of a profile: columns and depth.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The columns; all if `None`.
    pub on: Option<Selection>,
    /// Depth of the profile.
    pub depth: Depth,
}

/// Depth of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Each column by itself, in one pass: no histograms, no skewness, no associations.
    Columns,
    /// Everything, in two passes.
    #[default]
    Whole,
}

/// The profile of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The number of rows.
    pub rows: u64,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
    /// Rows that equal an earlier one; `None` if only some columns are profiled.
    pub duplicates: Option<Counted>,
    /// Associations between columns, in the order of the columns.
    pub associations: Vec<Association>,
    /// Suspicious findings, in the order of the columns.
    pub suspicions: Vec<Suspicion>,
}

/// The profile of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    /// The name of the column.
    pub name: Arc<str>,
    /// The column type.
    pub kind: ColumnType,
    /// The role of the column.
    pub role: Role,
    /// The number of rows.
    pub rows: u64,
    /// Number of missing values.
    pub missing: u64,
    /// Number of distinct values, without missing ones.
    pub distinct: Counted,
    /// The most frequent values, at most [`LEVELS_MAX`], in decreasing order, on ties the smallest first; empty if
    /// there are too many distinct values to count them.
    pub levels: Vec<Level>,
    /// Statistics of numbers.
    pub numbers: Option<NumberProfile>,
    /// Statistics of texts.
    pub text: Option<TextProfile>,
    /// First and last of dates or times.
    pub range: Option<(String, String)>,
}

/// Maximum number of levels in a profile.
pub const LEVELS_MAX: usize = 20;

/// A value and its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The value, as text.
    pub value: String,
    /// Number of occurrences.
    pub count: u64,
}

/// The names of the facts of [`ColumnProfile::fact`]; `unique` is an alias of `distinct`.
pub const FACTS: [&str; 10] = ["nulls", "count", "distinct", "unique", "mean", "std", "var", "min", "median", "max"];

/// Statistics of numbers. Infinite ones are counted, and excluded from everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberProfile {
    /// The arithmetic mean, correctly rounded.
    pub mean: f64,
    /// The standard deviation with divisor n - 1; needs at least two numbers.
    pub std: Option<f64>,
    /// The quantiles at [`SHARES`], by linear interpolation (type 7 of Hyndman and Fan, 1996).
    pub quantiles: [f64; 7],
    /// Are the quantiles approximate, with a relative error of 0.1%?
    pub approximate: bool,
    /// The skewness, `n / (n-1) / (n-2) · Σ((x - mean) / std)³`; needs at least three numbers that are not constant
    /// (the G₁ of Joanes and Gill, 1998).
    pub skewness: Option<f64>,
    /// Number of zeros.
    pub zeros: u64,
    /// Number of negative values.
    pub negative: u64,
    /// Number of infinite values.
    pub infinite: u64,
    /// The histogram.
    pub histogram: Option<Histogram>,
}

/// The probabilities whose quantiles a profile contains.
pub const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

impl NumberProfile {
    /// Returns the minimum.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.quantiles[0]
    }

    /// Returns the maximum.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.quantiles[6]
    }
}

/// Statistics of texts, besides the number of distinct ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextProfile {
    /// Length of the shortest, in characters.
    pub shortest: u64,
    /// Mean length, in characters.
    pub mean_length: f64,
    /// Length of the longest, in characters.
    pub longest: u64,
    /// Number of texts that are empty or white space only.
    pub blank: u64,
    /// Number of texts that can be parsed as numbers.
    pub numbers: u64,
    /// The first few other texts, in order, if most can be parsed as numbers.
    pub odd: Vec<String>,
    /// Number of other texts that are amounts: money, percentages, marked thousands.
    pub amounts: u64,
    /// Have the amounts a decimal comma?
    pub comma: bool,
    /// Texts that look like another one and differ in their code points, as far as the texts are known one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
}

/// Texts that look like another one: [`pipewright_table::normalized`] makes them equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alike {
    /// Their number.
    pub count: u64,
    /// The first of them, and the one that it looks like.
    pub example: [String; 2],
}

/// The association between two columns, over the rows where both have a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// The column that comes first in the table.
    pub left: Arc<str>,
    /// The other one.
    pub right: Arc<str>,
    /// The measure.
    pub measure: Measure,
    /// From 0, or for Pearson's coefficient from -1, to 1.
    pub value: f64,
    /// Number of rows where both have a value.
    pub rows: u64,
}

/// A measure of association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Pearson's correlation coefficient, for two numbers.
    Pearson,
    /// The correlation ratio η, for a number and a category.
    CorrelationRatio,
    /// Cramér's V, for two categories.
    CramersV,
}

impl ColumnProfile {
    /// Returns the number of values that are not missing.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.rows - self.missing
    }

    /// Returns the share of missing values; 0 if there are no rows.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        self.missing as f64 / self.rows.max(1) as f64
    }

    /// Returns a statistic by one of the names of [`FACTS`], as used in `assert`; `None` if it is not defined, for
    /// example the mean of texts.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<f64> {
        let of_numbers = |of: fn(&NumberProfile) -> Option<f64>| self.numbers.as_ref().and_then(of);
        match name {
            "nulls" => Some(self.missing as f64),
            "count" => Some(self.present() as f64),
            "distinct" | "unique" => Some(self.distinct.value as f64),
            "mean" if self.kind == ColumnType::Bool => {
                let ones = self.levels.iter().find(|level| level.value == "true").map_or(0, |level| level.count);
                (self.present() > 0).then(|| ones as f64 / self.present() as f64)
            }
            "mean" => of_numbers(|numbers| Some(numbers.mean)),
            "std" => of_numbers(|numbers| numbers.std),
            "var" => of_numbers(|numbers| numbers.std.map(|std| std * std)),
            "min" => of_numbers(|numbers| Some(numbers.min())),
            "median" => of_numbers(|numbers| Some(numbers.quantiles[3])),
            "max" => of_numbers(|numbers| Some(numbers.max())),
            _ => None,
        }
    }

    /// Are all its values counted among its levels?
    #[must_use]
    pub fn is_told_by_levels(&self) -> bool {
        self.distinct.exact && self.distinct.value == self.levels.len() as u64
    }
}

impl Profile {
    /// Profiles rows.
    ///
    /// ```
    /// use pipewright_frame::profile::{Options, Profile};
    /// use pipewright_frame::{ReadOptions, csv};
    /// let (table, _) = csv::read(b"age,sex\n22,m\n38,f\n,f\n35,f\n", &ReadOptions::new("t.csv")).unwrap();
    /// let profile = Profile::of(&table, &Options::default()).unwrap();
    /// let [age, sex] = &profile.columns[..] else { panic!("there are two columns") };
    /// assert_eq!((age.missing, age.numbers.as_ref().unwrap().quantiles[3]), (1, 35.0));
    /// assert_eq!((&*sex.levels[0].value, sex.levels[0].count), ("f", 3));
    /// ```
    ///
    /// # Errors
    /// Those of the selection, and of reading a chunk.
    pub fn of(rows: &dyn Chunks, options: &Options) -> Result<Profile, Failure> {
        let schema = chosen(rows, options)?;
        let mut profile = first_pass(rows, &schema, options.depth)?;
        if options.depth == Depth::Whole {
            let plan = Plan::new(&profile);
            let found = Between::of(rows, &plan)?.finish(&plan, &mut profile);
            profile.suspicions = suspicion::all(&profile, &found);
        }
        Ok(profile)
    }
}

/// Returns the columns to profile, in table order.
fn chosen(rows: &dyn Chunks, options: &Options) -> Result<Schema, Failure> {
    let schema = rows.schema();
    let Some(selection) = &options.on else { return Ok(Schema::new(schema.columns().cloned())) };
    let names: BTreeSet<Arc<str>> = selection.settled(rows)?.resolve(&schema)?.into_iter().collect();
    Ok(Schema::new(schema.columns().filter(|column| names.contains(&column.name)).cloned()))
}

/// The first pass: each column by itself.
fn first_pass(rows: &dyn Chunks, schema: &Schema, depth: Depth) -> Result<Profile, Failure> {
    let columns: Vec<&Column> = schema.columns().collect();
    let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
    let bounds = Bounds::new(rows.budget_bytes(), columns.len());
    // Duplicates are only meaningful if all columns are profiled.
    let is_whole = depth == Depth::Whole && columns.len() == rows.schema().columns().count();
    let mut lines = is_whole.then(|| Distinct::bounded(bounds.lines)).filter(|_| !columns.is_empty());
    let mut count = 0;
    let mut see_rows = |chunks: &[Table]| {
        count += chunks.iter().map(|chunk| chunk.rows() as u64).sum::<u64>();
        if let Some(lines) = &mut lines {
            let hashes = in_parallel(chunks.len(), |index| line_hashes(&chunks[index]));
            hashes.into_iter().flatten().for_each(|hash| lines.add(hash));
        }
    };
    let chunk = |index: usize| rows.chunk(index)?.select(&names);
    let columns = match rows.budget_bytes() {
        // All rows are in memory: the summary of a column is finished before that of another one is begun.
        None => {
            let chunks = in_parallel(rows.count(), chunk).into_iter().collect::<Result<Vec<_>, _>>()?;
            see_rows(&chunks);
            in_parallel(columns.len(), |place| {
                let mut seen = Seen::new(columns[place].kind, &bounds);
                chunks.iter().for_each(|chunk| seen.observe(&chunk.arrays()[place]));
                seen.finish(columns[place])
            })
        }
        Some(_) => {
            let seen: Vec<Mutex<Option<Seen>>> =
                columns.iter().map(|column| Mutex::new(Some(Seen::new(column.kind, &bounds)))).collect();
            let of = |place: usize| seen[place].lock().unwrap_or_else(PoisonError::into_inner);
            for_each_wave(rows, chunk, |chunks| {
                see_rows(&chunks);
                let observe = |seen: &mut Seen, place: usize| {
                    chunks.iter().for_each(|chunk| seen.observe(&chunk.arrays()[place]));
                };
                in_parallel(columns.len(), |place| of(place).as_mut().map(|seen| observe(seen, place)));
                Ok(())
            })?;
            let finish = |place: usize| of(place).take().map(|seen| seen.finish(columns[place]));
            in_parallel(columns.len(), finish).into_iter().flatten().collect()
        }
    };
    let duplicates = lines.as_mut().map(Distinct::repeated);
    Ok(Profile { rows: count, columns, duplicates, associations: Vec::new(), suspicions: Vec::new() })
}

/// Returns a hash of each row.
fn line_hashes(chunk: &Table) -> Vec<u64> {
    let mut lines = vec![0; chunk.rows()];
    chunk.arrays().iter().for_each(|array| column::mix_into(&mut lines, array));
    lines
}

#[cfg(test)]
mod tests;
