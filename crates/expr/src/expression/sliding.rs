//! Sliding-window aggregates: rows enter and leave, and the aggregate is recorded at each row.
//!
//! All results are exact: sums lose nothing when a number leaves, and order statistics are kept by counts.

use super::window::taken;
use crate::Aggregate;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, Time64MicrosecondArray, TimestampMicrosecondArray};
use arrow_schema::DataType;
use pipewright_diagnostic::Failure;
use pipewright_table::ColumnType;
use pipewright_table::summary::{ExactSum, Moments, QuantilePlace};
use pipewright_table::{TextOffset, whole as whole_numbers};
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// An aggregate of the rows in a window.
pub(super) struct Sliding {
    aggregate: Aggregate,
    /// Is the value of a row missing?
    missing: Vec<bool>,
    /// Number of rows in the window, and number of those without a value.
    rows: u64,
    nulls: u64,
    held: Held,
    noted: Noted,
}

/// State of the rows in the window.
enum Held {
    /// Counts only.
    Counts,
    /// The sum of whole numbers, or of booleans as 0 and 1.
    Whole(Vec<i64>, i128),
    /// The sum of numbers.
    Sum(Vec<f64>, ExactSum),
    /// Sum and squares of numbers.
    Moments(Vec<f64>, Moments),
    /// Order statistics.
    Ordered(Vec<u32>, Ordered, ArrayRef),
    /// The values in row order.
    Queue(VecDeque<u32>, ArrayRef),
}

/// Recorded results per row.
enum Noted {
    Numbers(Vec<Option<f64>>),
    /// Whole numbers, or moments.
    Counts(Vec<Option<i64>>),
    /// The row whose value it is.
    Places(Vec<Option<u32>>),
}

impl Sliding {
    /// Creates an empty window over these values.
    pub(super) fn new(
        aggregate: Aggregate,
        values: Option<&ArrayRef>,
        rows: usize,
        kind: ColumnType,
    ) -> Result<Sliding, Failure> {
        let missing = match values {
            Some(values) if computes(aggregate) && *values.data_type() == DataType::Float64 => {
                // Non-finite numbers cannot be subtracted from a sum again.
                values.as_primitive::<Float64Type>().iter().map(|x| x.is_none_or(|x| !x.is_finite())).collect()
            }
            Some(values) => (0..rows).map(|row| values.is_null(row)).collect(),
            None => vec![false; rows],
        };
        let held = match (aggregate, values) {
            (Aggregate::Rows | Aggregate::Count | Aggregate::Nulls, _) | (_, None) => Held::Counts,
            (Aggregate::Sum | Aggregate::Mean, Some(values)) if *values.data_type() != DataType::Float64 => {
                Held::Whole(whole(values), 0)
            }
            (Aggregate::Sum | Aggregate::Mean, Some(values)) => Held::Sum(numbers(values), ExactSum::default()),
            (Aggregate::Std | Aggregate::Var, Some(values)) => Held::Moments(numbers(values), Moments::default()),
            (Aggregate::First | Aggregate::Last, Some(values)) => Held::Queue(VecDeque::new(), values.clone()),
            (_, Some(values)) => {
                let (codes, first) = ranked(values);
                Held::Ordered(codes, Ordered::new(first, aggregate == Aggregate::Mode), values.clone())
            }
        };
        let noted = match (&held, aggregate, kind) {
            (Held::Ordered(..), Aggregate::Median | Aggregate::Quantile(_), _) => Noted::Numbers(vec![None; rows]),
            (Held::Ordered(..), Aggregate::Distinct, _) => Noted::Counts(vec![None; rows]),
            (Held::Ordered(..) | Held::Queue(..), ..) => Noted::Places(vec![None; rows]),
            (_, _, ColumnType::Count | ColumnType::Date | ColumnType::Time) => Noted::Counts(vec![None; rows]),
            _ => Noted::Numbers(vec![None; rows]),
        };
        Ok(Sliding { aggregate, missing, rows: 0, nulls: 0, held, noted })
    }

    /// Adds a row to the window.
    pub(super) fn enter(&mut self, row: u32) {
        self.rows += 1;
        let place = row as usize;
        if self.missing[place] {
            self.nulls += 1;
            return;
        }
        match &mut self.held {
            Held::Counts => {}
            Held::Whole(numbers, sum) => *sum += i128::from(numbers[place]),
            Held::Sum(numbers, sum) => sum.add(numbers[place]),
            Held::Moments(numbers, moments) => moments.add(numbers[place]),
            Held::Ordered(codes, ranks, _) => ranks.add(codes[place]),
            Held::Queue(queue, _) => queue.push_back(row),
        }
    }

    /// Removes the oldest row.
    pub(super) fn leave(&mut self, row: u32) {
        self.rows -= 1;
        let place = row as usize;
        if self.missing[place] {
            self.nulls -= 1;
            return;
        }
        match &mut self.held {
            Held::Counts => {}
            Held::Whole(numbers, sum) => *sum -= i128::from(numbers[place]),
            Held::Sum(numbers, sum) => sum.add(-numbers[place]),
            Held::Moments(numbers, moments) => moments.remove(numbers[place]),
            Held::Ordered(codes, ranks, _) => ranks.remove(codes[place]),
            Held::Queue(queue, _) => drop(queue.pop_front()),
        }
    }

    /// Records the aggregate of the window for a row.
    pub(super) fn note(&mut self, row: u32) {
        let place = row as usize;
        let present = self.rows - self.nulls;
        match &mut self.noted {
            Noted::Counts(noted) => {
                noted[place] = match (&self.held, self.aggregate) {
                    (Held::Ordered(_, ranks, _), _) => Some(ranks.distinct as i64),
                    (Held::Whole(_, sum), Aggregate::Mean) => whole_numbers::nearest_quotient(*sum, present as i64),
                    // A sum beyond 64 bits is missing.
                    (Held::Whole(_, sum), _) => i64::try_from(*sum).ok(),
                    (_, Aggregate::Rows) => Some(self.rows as i64),
                    (_, Aggregate::Nulls) => Some(self.nulls as i64),
                    _ => Some(present as i64),
                }
            }
            Noted::Numbers(noted) => {
                noted[place] = match (&self.held, self.aggregate) {
                    (Held::Whole(_, sum), _) => whole_numbers::quotient(*sum, present as i64),
                    (Held::Sum(_, sum), Aggregate::Sum) => Some(sum.value()),
                    (Held::Sum(_, sum), _) => (present > 0).then(|| sum.quotient(present)),
                    (Held::Moments(_, moments), Aggregate::Var) => moments.variance(1),
                    (Held::Moments(_, moments), _) => moments.deviation(1),
                    (Held::Ordered(_, ranks, values), Aggregate::Quantile(share)) => ranks.quantile(values, share),
                    (Held::Ordered(_, ranks, values), _) => ranks.quantile(values, 0.5),
                    _ => None,
                }
                .filter(|number| number.is_finite())
            }
            Noted::Places(noted) => {
                noted[place] = match (&self.held, self.aggregate) {
                    (Held::Queue(queue, _), Aggregate::First) => queue.front().copied(),
                    (Held::Queue(queue, _), _) => queue.back().copied(),
                    (Held::Ordered(_, ranks, _), Aggregate::Mode) => ranks.mode(),
                    // For booleans, `all` is the minimum and `any` the maximum.
                    (Held::Ordered(_, ranks, _), Aggregate::Min | Aggregate::All) => ranks.at(0),
                    (Held::Ordered(_, ranks, _), _) => ranks.total.checked_sub(1).and_then(|last| ranks.at(last)),
                    _ => None,
                }
            }
        }
    }

    /// Returns the recorded results, missing where `own` is.
    pub(super) fn array(self, own: Option<&ArrayRef>, storage: &DataType) -> ArrayRef {
        let keep = |row: usize| own.is_none_or(|own| own.is_valid(row));
        fn kept<T: Copy>(noted: Vec<Option<T>>, keep: impl Fn(usize) -> bool) -> Vec<Option<T>> {
            noted.into_iter().enumerate().map(|(row, value)| value.filter(|_| keep(row))).collect()
        }
        let array: ArrayRef = match (self.noted, self.held) {
            (Noted::Numbers(noted), _) => Arc::new(Float64Array::from(kept(noted, keep))),
            (Noted::Counts(noted), _) => match storage {
                DataType::Timestamp(..) => Arc::new(TimestampMicrosecondArray::from(kept(noted, keep))),
                DataType::Time64(_) => Arc::new(Time64MicrosecondArray::from(kept(noted, keep))),
                _ => Arc::new(Int64Array::from(kept(noted, keep))),
            },
            (Noted::Places(noted), Held::Ordered(_, _, values) | Held::Queue(_, values)) => {
                taken(&values, kept(noted, keep))
            }
            (Noted::Places(_), _) => unreachable!("places are those of values"),
        };
        debug_assert_eq!(array.data_type(), storage);
        array
    }
}

/// Does the aggregate compute with numbers, rather than count or compare them?
fn computes(aggregate: Aggregate) -> bool {
    use Aggregate::{Mean, Median, Quantile, Std, Sum, Var};
    matches!(aggregate, Sum | Mean | Std | Var | Median | Quantile(_))
}

/// Returns the numbers of a column; booleans are 0 and 1. Missing ones are arbitrary.
fn numbers(values: &ArrayRef) -> Vec<f64> {
    match values.data_type() {
        DataType::Float64 => values.as_primitive::<Float64Type>().values().to_vec(),
        DataType::Int64 => values.as_primitive::<Int64Type>().values().iter().map(|&count| count as f64).collect(),
        _ => values.as_boolean().values().iter().map(f64::from).collect(),
    }
}

/// Returns the rank of each value among the distinct ones, and for each of those a row that has it.
fn ranked(values: &ArrayRef) -> (Vec<u32>, Vec<u32>) {
    let mut rows: Vec<u32> = (0..values.len() as u32).filter(|&row| values.is_valid(row as usize)).collect();
    let ordering: Box<dyn Fn(u32, u32) -> std::cmp::Ordering> = match values.data_type() {
        DataType::Float64 => {
            let numbers = values.as_primitive::<Float64Type>();
            Box::new(|left, right| {
                let number = |row: u32| numbers.value(row as usize) + 0.0;
                number(left).total_cmp(&number(right))
            })
        }
        DataType::LargeUtf8 => {
            let texts = values.as_string::<TextOffset>();
            Box::new(|left, right| texts.value(left as usize).cmp(texts.value(right as usize)))
        }
        DataType::Boolean => {
            let truths = values.as_boolean();
            Box::new(|left, right| truths.value(left as usize).cmp(&truths.value(right as usize)))
        }
        _ => {
            let numbers = whole(values);
            Box::new(move |left, right| numbers[left as usize].cmp(&numbers[right as usize]))
        }
    };
    rows.sort_by(|&left, &right| ordering(left, right));
    let (mut codes, mut first) = (vec![0; values.len()], Vec::<u32>::new());
    for row in rows {
        if first.last().is_none_or(|&last| ordering(last, row).is_ne()) {
            first.push(row);
        }
        codes[row as usize] = first.len() as u32 - 1;
    }
    (codes, first)
}

/// Returns the 64-bit integers of counts, dates and times; booleans are 0 and 1.
fn whole(values: &ArrayRef) -> Vec<i64> {
    if let Some(truths) = values.as_boolean_opt() {
        return truths.values().iter().map(i64::from).collect();
    }
    let data = values.to_data();
    data.buffer::<i64>(0)[..values.len()].to_vec()
}

/// Counts of each distinct value in the window, in order: a Fenwick tree (1994).
struct Ordered {
    /// Counts of ranges of values.
    tree: Vec<u32>,
    counts: Vec<u32>,
    /// A row that has the value.
    first: Vec<u32>,
    total: u64,
    distinct: u64,
    /// Counts with their values, largest count first, then smallest value; only for the mode.
    frequent: Option<BTreeSet<(Reverse<u32>, u32)>>,
}

impl Ordered {
    fn new(first: Vec<u32>, has_mode: bool) -> Ordered {
        let (tree, counts) = (vec![0; first.len() + 1], vec![0; first.len()]);
        Ordered { tree, counts, first, total: 0, distinct: 0, frequent: has_mode.then(BTreeSet::new) }
    }

    fn add(&mut self, code: u32) {
        let count = self.counts[code as usize];
        self.recount(code, count, count + 1);
        self.total += 1;
        self.distinct += u64::from(count == 0);
        self.walk(code, |node| *node += 1);
    }

    fn remove(&mut self, code: u32) {
        let count = self.counts[code as usize];
        self.recount(code, count, count - 1);
        self.total -= 1;
        self.distinct -= u64::from(count == 1);
        self.walk(code, |node| *node -= 1);
    }

    fn recount(&mut self, code: u32, old: u32, new: u32) {
        self.counts[code as usize] = new;
        if let Some(frequent) = &mut self.frequent {
            frequent.remove(&(Reverse(old), code));
            if new > 0 {
                frequent.insert((Reverse(new), code));
            }
        }
    }

    fn walk(&mut self, code: u32, change: impl Fn(&mut u32)) {
        let mut node = code as usize + 1;
        while node < self.tree.len() {
            change(&mut self.tree[node]);
            node += node & node.wrapping_neg();
        }
    }

    /// Returns a row with the n-th smallest value of the window.
    fn at(&self, place: u64) -> Option<u32> {
        if place >= self.total {
            return None;
        }
        let (mut node, mut left) = (0, place);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            let next = node + step;
            if next < self.tree.len() && u64::from(self.tree[next]) <= left {
                node = next;
                left -= u64::from(self.tree[next]);
            }
            step /= 2;
        }
        Some(self.first[node])
    }

    fn mode(&self) -> Option<u32> {
        self.frequent.as_ref()?.first().map(|(_, code)| self.first[*code as usize])
    }

    /// Returns the quantile at a probability, interpolated linearly.
    fn quantile(&self, values: &ArrayRef, share: f64) -> Option<f64> {
        let place = QuantilePlace::of(share, self.total)?;
        let number = |row: u32| numbers(&values.slice(row as usize, 1))[0];
        Some(place.between(number(self.at(place.low())?), number(self.at(place.high())?)))
    }
}
