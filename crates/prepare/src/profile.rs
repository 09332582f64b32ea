//! What a stranger should know of a table: what each column holds, what columns say of each other, and what looks
//! suspicious.
//!
//! [`Profile::of`] goes through the rows once for [`Depth::Columns`], twice for [`Depth::Whole`], chunk by chunk; chunks
//! and threads do not change a bit. What is learned is plain data.

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
use pipewright_table::{Chunks, ColumnType, Role, Schema, Table, in_waves};
use plan::Plan;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub use histogram::Histogram;
pub use plan::BETWEEN_MAX;
pub use suspicion::{Reason, Suspicion, percent};

/// The columns to look at, and how closely.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The columns; all, if it is not said.
    pub on: Option<Selection>,
    /// How closely.
    pub depth: Depth,
}

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// At each column by itself, in one pass: no histograms, no skewness, nothing between columns.
    Columns,
    /// At everything, in two passes.
    #[default]
    Whole,
}

/// What there is to say of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The number of rows.
    pub rows: u64,
    /// The columns, in order.
    pub columns: Vec<ColumnProfile>,
    /// Rows that are equal to an earlier one; not looked for where only some columns are looked at.
    pub duplicates: Option<Counted>,
    /// How much columns say of each other, in the order of the columns.
    pub associations: Vec<Association>,
    /// What is worth a look, in the order of the columns.
    pub suspicions: Vec<Suspicion>,
}

/// What there is to say of a column by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub kind: ColumnType,
    /// What it is for.
    pub role: Role,
    /// The number of rows.
    pub rows: u64,
    /// How many values are missing.
    pub missing: u64,
    /// How many different values there are, missing ones left out.
    pub distinct: Counted,
    /// The most frequent values, at most [`LEVELS_MAX`], the most frequent first, of equally frequent ones the smallest;
    /// none where there are too many different values to count them.
    pub levels: Vec<Level>,
    /// Of numbers.
    pub numbers: Option<NumberProfile>,
    /// Of texts.
    pub text: Option<TextProfile>,
    /// Of dates and times: the first and the last.
    pub range: Option<(String, String)>,
}

/// The most levels that a profile names.
pub const LEVELS_MAX: usize = 20;

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// The value, as text.
    pub value: String,
    /// How often it occurs.
    pub count: u64,
}

/// The names of the facts of [`ColumnProfile::fact`]; `unique` is another word for `distinct`.
pub const FACTS: [&str; 10] = ["nulls", "count", "distinct", "unique", "mean", "std", "var", "min", "median", "max"];

/// What there is to say of numbers. Infinite ones are counted, and left out of everything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberProfile {
    /// The arithmetic mean, correctly rounded.
    pub mean: f64,
    /// The standard deviation, divided by n - 1; of two numbers at least.
    pub std: Option<f64>,
    /// The quantiles for the shares of [`SHARES`], by linear interpolation (type 7 of Hyndman and Fan, 1996).
    pub quantiles: [f64; 7],
    /// Are the quantiles known only to a thousandth of their size?
    pub approximate: bool,
    /// How far one tail is longer than the other: `n / (n-1) / (n-2) · Σ((x - mean) / std)³`, of three numbers at least
    /// that are not constant (the G₁ of Joanes and Gill, 1998).
    pub skewness: Option<f64>,
    /// How many are 0.
    pub zeros: u64,
    /// How many are below 0.
    pub negative: u64,
    /// How many are infinite.
    pub infinite: u64,
    /// How many lie where.
    pub histogram: Option<Histogram>,
}

/// The shares whose quantiles a profile gives.
pub const SHARES: [f64; 7] = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0];

impl NumberProfile {
    /// The smallest.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.quantiles[0]
    }

    /// The largest.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.quantiles[6]
    }
}

/// What there is to say of texts, besides how many different ones there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextProfile {
    /// The characters of the shortest.
    pub shortest: u64,
    /// The characters of all, divided by their number.
    pub mean_length: f64,
    /// The characters of the longest.
    pub longest: u64,
    /// How many are empty or hold white space only.
    pub blank: u64,
    /// How many can be read as numbers.
    pub numbers: u64,
    /// The first few, in their order, of the others where most can be read as numbers.
    pub odd: Vec<String>,
}

/// How much two columns say of each other, over the rows where both have a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// The column that stands first in the table.
    pub left: Arc<str>,
    /// The other one.
    pub right: Arc<str>,
    /// What is measured.
    pub measure: Measure,
    /// From 0, or for Pearson's coefficient from -1, to 1.
    pub value: f64,
    /// The rows where both have a value.
    pub rows: u64,
}

/// A measure of association.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Of two numbers: Pearson's correlation coefficient.
    Pearson,
    /// Of a number and a category: the correlation ratio η.
    CorrelationRatio,
    /// Of two categories: Cramér's V.
    CramersV,
}

impl ColumnProfile {
    /// How many values there are.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.rows - self.missing
    }

    /// The share of missing values: 0 where there are no rows.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        self.missing as f64 / self.rows.max(1) as f64
    }

    /// A number that the language's `assert` may ask for, by one of the names of [`FACTS`]: none where there is none, as
    /// the mean of nothing or of texts.
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
    /// Looks at rows.
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
    /// Those of the selection, and of a chunk that cannot be read.
    pub fn of(rows: &dyn Chunks, options: &Options) -> Result<Profile, Failure> {
        let schema = chosen(rows, options)?;
        let first = First::of(rows, &schema, options.depth)?;
        let mut profile = first.finish(&schema);
        if options.depth == Depth::Whole {
            let plan = Plan::new(&profile);
            let found = Between::of(rows, &plan)?.finish(&plan, &mut profile);
            profile.suspicions = suspicion::all(&profile, &found);
        }
        Ok(profile)
    }
}

/// The columns to look at, in the order of the table.
fn chosen(rows: &dyn Chunks, options: &Options) -> Result<Schema, Failure> {
    let schema = rows.schema();
    let Some(selection) = &options.on else { return Ok(Schema::new(schema.columns().cloned())) };
    let names = selection.settled(rows)?.resolve(&schema)?;
    Ok(Schema::new(schema.columns().filter(|column| names.contains(&column.name)).cloned()))
}

/// What the first pass sees.
struct First {
    rows: u64,
    columns: Vec<Seen>,
    /// Whole rows, by their hashes.
    lines: Option<Distinct>,
}

impl First {
    fn of(rows: &dyn Chunks, schema: &Schema, depth: Depth) -> Result<First, Failure> {
        let kinds: Vec<ColumnType> = schema.columns().map(|column| column.kind).collect();
        let names: Vec<&str> = schema.columns().map(|column| &*column.name).collect();
        let bounds = Bounds::new(rows.budget_bytes(), kinds.len());
        // That some columns of two rows are equal is no news.
        let is_whole = depth == Depth::Whole && kinds.len() == rows.schema().columns().count();
        let empty = || First {
            rows: 0,
            columns: kinds.iter().map(|kind| Seen::new(*kind, &bounds)).collect(),
            lines: is_whole.then(|| Distinct::bounded(bounds.lines)),
        };
        let mut whole = empty();
        let observe = |index: usize| {
            let mut part = empty();
            part.observe(&rows.chunk(index)?.select(&names)?);
            Ok(part)
        };
        in_waves(rows.count(), observe, |part| {
            whole.merge(part);
            Ok(())
        })?;
        Ok(whole)
    }

    fn observe(&mut self, chunk: &Table) {
        self.rows += chunk.rows() as u64;
        let mut lines = vec![0; if self.lines.is_some() { chunk.rows() } else { 0 }];
        for (seen, array) in self.columns.iter_mut().zip(chunk.arrays()) {
            seen.observe(array, &mut lines);
        }
        if let Some(seen) = &mut self.lines {
            lines.into_iter().for_each(|line| seen.add(line));
        }
    }

    fn merge(&mut self, later: First) {
        self.rows += later.rows;
        self.columns.iter_mut().zip(later.columns).for_each(|(seen, more)| seen.merge(more));
        if let (Some(lines), Some(more)) = (&mut self.lines, later.lines) {
            lines.merge(more);
        }
    }

    fn finish(mut self, schema: &Schema) -> Profile {
        let rows = self.rows;
        Profile {
            rows,
            columns: schema.columns().zip(self.columns).map(|(column, seen)| seen.finish(column, rows)).collect(),
            duplicates: self.lines.as_mut().map(Distinct::repeated).filter(|_| schema.columns().next().is_some()),
            associations: Vec::new(),
            suspicions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
