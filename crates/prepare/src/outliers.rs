//! Outliers: values beyond a fence, and anomalous rows.

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, bad_state, chosen, fitted, for_each_number, for_each_row, map_numbers};
use crate::number_map::{NumberMap, NumberMaps, continuous, out_of_range};
use crate::{FitContext, State, TableEstimator, forest};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use pipewright_diagnostic::Failure;
use pipewright_expr::Selection;
use pipewright_table::summary::Quantiles;
use pipewright_table::{Column, ColumnType, Entry, Schema, Table};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Outlier rule for the values of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fence {
    /// This many standard deviations (with divisor n) from the mean.
    ZScore(f64),
    /// This many interquartile ranges below the first or above the third quartile (Tukey 1977).
    Iqr(f64),
    /// This many scaled median absolute deviations from the median, |x − median| / (1.4826 · MAD) (Iglewicz and Hoaglin
    /// 1993); if more than half of the values are equal, of scaled mean absolute deviations instead.
    Mad(f64),
}

/// Handling of values beyond a fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutlierAction {
    /// Clip to the fence.
    Clip,
    /// Make them missing.
    Null,
}

/// Clips or removes outliers of numeric columns by fences, in all rows. A constant column gets no fence.
#[derive(Debug, Clone, PartialEq)]
pub struct Outliers {
    /// Outlier rule.
    pub fencing: Fence,
    /// Handling of outliers.
    pub beyond: OutlierAction,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

fn numeric(on: Option<&Selection>, input: &Schema) -> Result<Vec<Column>, Failure> {
    chosen(on, input, "`outliers`", ColumnType::is_numeric)
}

impl ByColumn for Outliers {
    type Learned = ColumnFence;
    type State = OutlierState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        numeric(self.on.as_ref(), input)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        let changed = match self.beyond {
            OutlierAction::Clip => continuous(column),
            OutlierAction::Null => column.clone(),
        };
        vec![Entry::Column(changed)]
    }

    fn seen(&self, _: &Column) -> Seen {
        match self.fencing {
            Fence::ZScore(_) => Seen::moments(),
            Fence::Iqr(_) | Fence::Mad(_) => Seen::quantiles(),
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<ColumnFence, Failure> {
        let missing = || all_missing(&column.name, "spread");
        let (low, high) = match seen {
            Seen::Moments(moments) => {
                let (mean, deviation) = moments.mean().zip(moments.deviation(0)).ok_or_else(missing)?;
                around(mean, mean, deviation, self.fencing)
            }
            Seen::Quantiles(quantiles) => match self.fencing {
                Fence::Mad(_) => {
                    let (median, deviation) = median_deviation(quantiles).ok_or_else(missing)?;
                    around(median, median, deviation, self.fencing)
                }
                _ => {
                    let mut quantiles = quantiles;
                    let quartiles = quantiles.quantiles(&[0.25, 0.75]).ok_or_else(missing)?;
                    let (first, third) = (quartiles[0], quartiles[1]);
                    around(first, third, third - first, self.fencing)
                }
            },
            _ => unreachable!("fences come from numbers"),
        };
        Ok(ColumnFence { name: column.name, kind: column.kind, low, high, beyond: self.beyond })
    }

    fn state(&self, columns: Vec<ColumnFence>) -> OutlierState {
        OutlierState::Fences(NumberMaps { columns })
    }
}

/// Returns the fences at that many spreads below and above; `None` if the spread is 0, or the fence overflows.
fn around(below: f64, above: f64, spread: f64, fencing: Fence) -> (Option<f64>, Option<f64>) {
    let (Fence::ZScore(times) | Fence::Iqr(times) | Fence::Mad(times)) = fencing;
    let fence = |number: f64| (spread > 0.0 && number.is_finite()).then_some(number);
    (fence(below - times * spread), fence(above + times * spread))
}

/// Returns the median, and the median absolute deviation times 1.4826, which estimates the standard deviation of a
/// normal distribution; if that is 0, the mean absolute deviation times 1.2533, which does too.
fn median_deviation(mut quantiles: Quantiles) -> Option<(f64, f64)> {
    /// 1 / Φ⁻¹(3/4), and √(π/2).
    const FACTORS: (f64, f64) = (1.482_602_218_505_602, 1.253_314_137_315_500_3);
    let median = quantiles.median()?;
    let mut off: Vec<(f64, u64)> =
        quantiles.counted().into_iter().map(|(number, count)| ((number - median).abs(), count)).collect();
    off.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let total: u64 = off.iter().map(|(_, count)| count).sum();
    let ranked = |rank: u64| {
        let mut before = 0;
        let found = off.iter().find(|(_, count)| {
            before += count;
            rank < before
        });
        found.expect("the rank is below the total").0
    };
    let middle = ranked((total - 1) / 2) / 2.0 + ranked(total / 2) / 2.0;
    if middle > 0.0 {
        return Some((median, FACTORS.0 * middle));
    }
    let mean: f64 = off.iter().map(|&(off, count)| off * (count as f64 / total as f64)).sum();
    Some((median, FACTORS.1 * mean))
}

/// The fences of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnFence {
    name: Arc<str>,
    kind: ColumnType,
    low: Option<f64>,
    high: Option<f64>,
    beyond: OutlierAction,
}

impl ColumnFence {
    fn is_within(&self, number: f64) -> bool {
        self.low.is_none_or(|low| number >= low) && self.high.is_none_or(|high| number <= high)
    }
}

impl NumberMap for ColumnFence {
    const TAG: &str = "outlier_fence";
    const PARAMETERS: &'static [&'static str] = &["low", "high"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        number.max(self.low.unwrap_or(f64::NEG_INFINITY)).min(self.high.unwrap_or(f64::INFINITY))
    }

    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        if self.beyond == OutlierAction::Clip {
            let clipped = map_numbers(&column.name, array, |number| self.at(number), |_| out_of_range(&self.name))?;
            return Ok(vec![(continuous(column), Arc::new(clipped))]);
        }
        for_each_number(&self.name, &array, |_| ())?;
        let kept: ArrayRef = match array.data_type() {
            DataType::Int64 => {
                let counts = array.as_primitive::<Int64Type>();
                let nulls = within(&array, |row| self.is_within(counts.value(row) as f64));
                Arc::new(Int64Array::new(counts.values().clone(), nulls))
            }
            _ => {
                let numbers = array.as_primitive::<Float64Type>();
                let nulls = within(&array, |row| self.is_within(numbers.value(row)));
                Arc::new(Float64Array::new(numbers.values().clone(), nulls))
            }
        };
        Ok(vec![(column.clone(), kept)])
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        vec![self.low, self.high]
    }

    fn is_valid(&self) -> bool {
        let bounds = [self.low, self.high];
        let finite = bounds.into_iter().flatten().all(f64::is_finite);
        finite && self.low.unwrap_or(f64::MIN) <= self.high.unwrap_or(f64::MAX)
    }
}

/// Returns the mask of present values within the fences; `None` if all are.
fn within(array: &ArrayRef, is_within: impl Fn(usize) -> bool) -> Option<NullBuffer> {
    let there = BooleanBuffer::collect_bool(array.len(), |row| array.is_valid(row) && is_within(row));
    Some(NullBuffer::new(there)).filter(|nulls| nulls.null_count() > 0)
}

/// Drops outlier rows of the training rows; all other rows are unchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlierRows {
    /// Outlier rule for rows.
    pub unusual: OutlierRule,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// Outlier rule for rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OutlierRule {
    /// A value beyond a fence; missing values never are.
    Value(Fence),
    /// This share of the rows: those with the highest scores of an isolation forest, with missing values replaced by
    /// the median.
    Whole(f64),
}

impl OutlierRows {
    /// Returns the kept rows, and the state.
    fn sifted(&self, rows: &Table, context: &FitContext) -> Result<(BooleanBuffer, OutlierState), Failure> {
        match self.unusual {
            OutlierRule::Value(fencing) => {
                let outliers = Outliers { fencing, beyond: OutlierAction::Null, on: self.on.clone() };
                let OutlierState::Fences(NumberMaps { columns: fences }) = crate::fit(&outliers, rows)? else {
                    unreachable!("fences were fitted")
                };
                let mut kept = vec![true; rows.rows()];
                for fence in &fences {
                    let array = fitted(rows, &fence.name, fence.kind)?;
                    for_each_row(array, |row, number| kept[row] &= fence.is_within(number));
                }
                let dropped = kept.iter().filter(|kept| !**kept).count() as u64;
                Ok((kept.into(), OutlierState::Rows(RowState { fences, score: None, dropped })))
            }
            OutlierRule::Whole(share) => {
                let columns = numeric(self.on.as_ref(), &rows.schema())?;
                let numbers = columns.iter().map(|column| filled(rows, column)).collect::<Result<Vec<_>, _>>()?;
                let scores = forest::scores(&numbers, context.key)?;
                let mut quantiles = Quantiles::default();
                scores.iter().for_each(|&score| quantiles.add(score));
                // Without columns, no row is an outlier.
                let score = quantiles.quantile(1.0 - share).unwrap_or(1.0);
                let all = columns.is_empty() || rows.rows() == 0;
                let kept = BooleanBuffer::collect_bool(rows.rows(), |row| all || scores[row] <= score);
                let dropped = (kept.len() - kept.count_set_bits()) as u64;
                Ok((kept, OutlierState::Rows(RowState { fences: Vec::new(), score: Some(score), dropped })))
            }
        }
    }
}

/// Returns the numbers of a column, with missing values replaced by the median.
fn filled(rows: &Table, column: &Column) -> Result<Vec<f64>, Failure> {
    let array = rows.array(&column.name)?;
    let mut quantiles = Quantiles::default();
    for_each_number(&column.name, array, |number| quantiles.add(number))?;
    let median = match array.is_empty() {
        true => 0.0,
        false => quantiles.median().ok_or_else(|| all_missing(&column.name, "median"))?,
    };
    let mut numbers = vec![median; array.len()];
    for_each_row(array, |row, number| numbers[row] = number);
    Ok(numbers)
}

impl TableEstimator for OutlierRows {
    type State = OutlierState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        numeric(self.on.as_ref(), input)?;
        Ok(input.clone())
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<OutlierState, Failure> {
        Ok(self.sifted(rows, context)?.1)
    }

    fn treats_training_apart(&self) -> bool {
        true
    }

    fn apply_training(&self, _: &OutlierState, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let (kept, _) = self.sifted(rows, context)?;
        Ok(rows.filter(&BooleanArray::new(kept, None)))
    }
}

/// Fences for all rows, or the rules by which training rows were dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum OutlierState {
    /// Values beyond them are changed in all rows.
    Fences(NumberMaps<ColumnFence>),
    /// Training rows were dropped; other rows are kept.
    Rows(RowState),
}

/// Rules by which training rows were dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowState {
    /// Rows with a value beyond one were dropped.
    fences: Vec<ColumnFence>,
    /// Rows with a higher score were dropped.
    score: Option<f64>,
    dropped: u64,
}

impl OutlierState {
    /// Returns the number of training rows dropped.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        match self {
            OutlierState::Fences(_) => 0,
            OutlierState::Rows(rows) => rows.dropped,
        }
    }
}

impl State for OutlierState {
    const TAG: &str = "outliers";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        match self {
            OutlierState::Fences(fences) => fences.apply(rows),
            OutlierState::Rows(_) => Ok(rows.clone()),
        }
    }

    fn show(&self) -> Table {
        match self {
            OutlierState::Fences(fences) => fences.show(),
            OutlierState::Rows(RowState { score: Some(score), dropped, .. }) => {
                let columns =
                    vec![Column::new("score", ColumnType::Continuous), Column::new("dropped", ColumnType::Count)];
                let dropped = i64::try_from(*dropped).unwrap_or(i64::MAX);
                let arrays: Vec<ArrayRef> =
                    vec![Arc::new(Float64Array::from(vec![*score])), Arc::new(Int64Array::from(vec![dropped]))];
                Table::new(columns, arrays).expect("columns of one length")
            }
            OutlierState::Rows(rows) => NumberMaps { columns: rows.fences.clone() }.show(),
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        match self {
            OutlierState::Fences(fences) => fences.validate(),
            OutlierState::Rows(rows) if rows.score.is_some_and(|score| !(0.0..=1.0).contains(&score)) => {
                Err(bad_state("the score of an unusual row is not between 0 and 1"))
            }
            OutlierState::Rows(rows) => NumberMaps { columns: rows.fences.clone() }.validate(),
        }
    }
}
