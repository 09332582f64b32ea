//! Learning of aggregates and distributions in one pass; they become constants of the expression.

use super::evaluate::Evaluation;
use super::lanes::Values;
use super::{ExprKind, Expression};
use crate::{Aggregate, Arithmetic};
use pipewright_diagnostic::Failure;
use pipewright_table::numbers::non_finite;
use pipewright_table::summary::{ExactSum, Levels, Moments, Quantiles};
use pipewright_table::{Table, Value, whole};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::sync::Arc;

/// The position of a value in a learned distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Score {
    /// The fraction of the learned numbers that are not larger.
    Rank,
    /// The distance to their mean in standard deviations (with divisor n).
    Zscore,
}

impl Score {
    /// Returns its name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Score::Rank => "rank",
            Score::Zscore => "zscore",
        }
    }
}

/// An empirical distribution: learned numbers in order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmpiricalCdf {
    /// The distinct numbers, ascending.
    numbers: Vec<f64>,
    /// The cumulative count at each of them.
    counts: Vec<u64>,
}

impl EmpiricalCdf {
    fn of(mut numbers: Vec<f64>) -> EmpiricalCdf {
        numbers.iter_mut().for_each(|number| *number += 0.0);
        numbers.sort_unstable_by(f64::total_cmp);
        let mut ranks = EmpiricalCdf::default();
        for (count, number) in (1..).zip(numbers) {
            if ranks.numbers.last() == Some(&number) {
                ranks.counts.pop();
            } else {
                ranks.numbers.push(number);
            }
            ranks.counts.push(count);
        }
        ranks
    }

    /// Returns the fraction of the numbers that are not larger; NaN for NaN, and if there are no numbers.
    #[must_use]
    pub fn share(&self, number: f64) -> f64 {
        let below = self.numbers.partition_point(|other| *other <= number);
        match self.counts.last() {
            Some(&all) if !number.is_nan() => {
                below.checked_sub(1).map_or(0, |place| self.counts[place]) as f64 / all as f64
            }
            _ => f64::NAN,
        }
    }

    /// Are the numbers finite and ascending, and the counts consistent?
    pub(super) fn is_sound(&self) -> bool {
        let ascending = self.numbers.is_sorted_by(|left, right| left < right);
        let finite = self.numbers.iter().all(|number| number.is_finite());
        let counted = self.counts.is_sorted_by(|left, right| left < right) && self.counts.first() != Some(&0);
        ascending && finite && counted && self.counts.len() == self.numbers.len()
    }
}

impl Expression {
    /// Returns the parts that have to be learned, each once.
    #[must_use]
    pub fn unlearned(&self) -> Vec<Expression> {
        let mut parts: Vec<Expression> = Vec::new();
        self.visit(&mut |part| {
            if matches!(part, Expression::Aggregate(..) | Expression::Score(..)) && !parts.contains(part) {
                parts.push(part.clone());
            }
        });
        parts
    }

    /// Returns the expression with these parts, as in [`Expression::unlearned`], replaced.
    #[must_use]
    pub fn with_learned(&self, parts: &[(Expression, Expression)]) -> Expression {
        self.map(&mut |part| parts.iter().find(|(old, _)| old == part).map(|(_, new)| new.clone()))
    }
}

/// The accumulated state of one learned part.
#[derive(Debug, Clone)]
pub struct Accumulator {
    of: Option<Expression>,
    kind: ExprKind,
    end: End,
    rows: u64,
    nulls: u64,
    seen: Seen,
}

/// What it is accumulated for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Aggregate(Aggregate),
    Score(Score),
}

#[derive(Debug, Clone)]
enum Seen {
    /// Counts only.
    Counts,
    Sum(Total),
    Moments(Moments),
    Quantiles(Quantiles),
    Numbers(Vec<f64>),
    Levels(Levels<Cell>),
    One(Option<Cell>),
}

/// An exact sum of whole numbers and of others.
#[derive(Debug, Clone, Default)]
struct Total {
    whole: i128,
    rest: ExactSum,
}

impl Total {
    fn add(&mut self, cell: &Cell) -> Result<(), f64> {
        match cell.whole() {
            Some(whole) => self.whole += i128::from(whole),
            None => self.rest.add(cell.finite()?),
        }
        Ok(())
    }
}

/// A value of any type except null.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Truth(bool),
    Whole(i64),
    Number(f64),
    Moment(i64),
    Text(Arc<str>),
}

impl Eq for Cell {}

impl PartialOrd for Cell {
    fn partial_cmp(&self, other: &Cell) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Values of one column have one type.
impl Ord for Cell {
    fn cmp(&self, other: &Cell) -> Ordering {
        match (self, other) {
            (Cell::Truth(left), Cell::Truth(right)) => left.cmp(right),
            (Cell::Whole(left), Cell::Whole(right)) => left.cmp(right),
            (Cell::Number(left), Cell::Number(right)) => left.total_cmp(right),
            (Cell::Moment(left), Cell::Moment(right)) => left.cmp(right),
            (Cell::Text(left), Cell::Text(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

impl Accumulator {
    /// Creates an empty accumulator for a part of [`Expression::unlearned`].
    ///
    /// # Panics
    /// If it is not one of those.
    #[must_use]
    pub fn new(part: &Expression) -> Accumulator {
        let (of, end) = match part {
            Expression::Aggregate(aggregate, of) => (of.as_deref().cloned(), End::Aggregate(*aggregate)),
            Expression::Score(score, of) => (Some((**of).clone()), End::Score(*score)),
            _ => panic!("this is nothing to learn"),
        };
        use Aggregate::{All, Any, Count, Distinct, First, Last, Max, Mean, Median, Min, Mode, Nulls, Quantile, Rows};
        let seen = match end {
            End::Aggregate(Rows | Count | Nulls) => Seen::Counts,
            End::Aggregate(Aggregate::Sum | Mean) => Seen::Sum(Total::default()),
            End::Aggregate(Aggregate::Std | Aggregate::Var) | End::Score(Score::Zscore) => {
                Seen::Moments(Moments::default())
            }
            End::Aggregate(Median | Quantile(_)) => Seen::Quantiles(Quantiles::default()),
            End::Aggregate(Distinct | Mode) => Seen::Levels(Levels::default()),
            End::Aggregate(Min | Max | First | Last | Any | All) => Seen::One(None),
            End::Score(Score::Rank) => Seen::Numbers(Vec::new()),
        };
        Accumulator { of, kind: ExprKind::Null, end, rows: 0, nulls: 0, seen }
    }

    /// Limits the number of values kept for quantiles.
    #[must_use]
    pub fn bounded(mut self, numbers: Option<usize>) -> Accumulator {
        if let Seen::Quantiles(quantiles) = &mut self.seen {
            *quantiles = Quantiles::bounded(numbers);
        }
        self
    }

    /// Is the result approximate?
    #[must_use]
    pub fn is_approximate(&self) -> bool {
        matches!(&self.seen, Seen::Quantiles(quantiles) if quantiles.is_approximate())
    }

    /// Adds rows whose column types were checked.
    ///
    /// # Errors
    /// As [`Expression::kind`]; `NON_FINITE` with the row of a number that is not finite.
    pub fn observe(&mut self, rows: &Table) -> Result<(), Failure> {
        self.rows += rows.rows() as u64;
        let Some(of) = &self.of else { return Ok(()) };
        self.kind = of.kind(&rows.schema())?;
        let values = Evaluation::over(rows).values(of);
        let name = if let Expression::Column(name) = of { name } else { "an expression" };
        for row in 0..rows.rows() {
            let Some(cell) = cell(&values, row) else {
                self.nulls += 1;
                continue;
            };
            self.seen.add(cell, self.end).map_err(|number| non_finite(name, row, number))?;
        }
        Ok(())
    }

    /// Merges the accumulator of later rows.
    pub fn merge(&mut self, later: Accumulator) {
        self.rows += later.rows;
        self.nulls += later.nulls;
        if later.kind != ExprKind::Null {
            self.kind = later.kind;
        }
        match (&mut self.seen, later.seen) {
            (Seen::Sum(sum), Seen::Sum(more)) => {
                sum.whole += more.whole;
                sum.rest.merge(more.rest);
            }
            (Seen::Moments(moments), Seen::Moments(more)) => moments.merge(more),
            (Seen::Quantiles(quantiles), Seen::Quantiles(more)) => quantiles.merge(more),
            (Seen::Numbers(numbers), Seen::Numbers(mut more)) => numbers.append(&mut more),
            (Seen::Levels(levels), Seen::Levels(more)) => levels.merge(more),
            (seen @ Seen::One(_), Seen::One(Some(cell))) => {
                // One of several cells is a cell.
                let _ = seen.add(cell, self.end);
            }
            _ => {}
        }
    }

    /// Returns the constant that replaces the part.
    #[must_use]
    pub fn finish(self) -> Expression {
        let present = self.rows - self.nulls;
        let number = |number: Option<f64>| number.filter(|number| number.is_finite()).map_or(MISSING, Expression::from);
        let kind = self.kind;
        let is_whole = matches!(kind, ExprKind::Int | ExprKind::Bool);
        let one = |cell: Option<Cell>| cell.map_or(MISSING, |cell| constant(cell, kind));
        match (self.seen, self.end) {
            (Seen::Sum(sum), End::Aggregate(Aggregate::Sum)) if is_whole => {
                i64::try_from(sum.whole).map_or(MISSING, Expression::from)
            }
            (Seen::Sum(sum), _) if matches!(kind, ExprKind::Date | ExprKind::Time) => {
                whole::nearest_quotient(sum.whole, present as i64)
                    .map_or(MISSING, |mean| Expression::Moment(kind, mean))
            }
            (Seen::Sum(sum), _) if is_whole => number(whole::quotient(sum.whole, present as i64)),
            (Seen::Sum(sum), End::Aggregate(Aggregate::Sum)) => number(Some(sum.rest.value())),
            (Seen::Sum(sum), _) => number((present > 0).then(|| sum.rest.quotient(present))),
            (Seen::Moments(moments), End::Aggregate(Aggregate::Var)) => number(moments.variance(1)),
            (Seen::Moments(moments), End::Aggregate(_)) => number(moments.deviation(1)),
            (Seen::Moments(moments), End::Score(_)) => {
                let of = self.of.expect("a score is of something");
                of.arithmetic(Arithmetic::Subtract, number(moments.mean()))
                    .arithmetic(Arithmetic::Divide, number(moments.deviation(0)))
            }
            (Seen::Quantiles(mut quantiles), End::Aggregate(Aggregate::Quantile(share))) => {
                number(quantiles.quantile(share))
            }
            (Seen::Quantiles(mut quantiles), _) => number(quantiles.median()),
            (Seen::Numbers(numbers), _) => {
                let of = self.of.expect("a score is of something");
                Expression::Ranked(Arc::new(EmpiricalCdf::of(numbers)), Box::new(of))
            }
            (Seen::Levels(levels), End::Aggregate(Aggregate::Mode)) => one(levels.mode().cloned()),
            (Seen::Levels(levels), _) => Expression::from(levels.len() as i64),
            (Seen::One(cell), _) => one(cell),
            (Seen::Counts, End::Aggregate(Aggregate::Nulls)) => Expression::from(self.nulls as i64),
            (Seen::Counts, End::Aggregate(Aggregate::Rows)) => Expression::from(self.rows as i64),
            (Seen::Counts, _) => Expression::from(present as i64),
        }
    }
}

const MISSING: Expression = Expression::Literal(Value::Null);

impl Seen {
    /// Adds a value; returns it as an error if it is not finite but must be.
    fn add(&mut self, cell: Cell, end: End) -> Result<(), f64> {
        match self {
            Seen::Counts => {}
            Seen::Sum(sum) => sum.add(&cell)?,
            Seen::Moments(moments) => moments.add(cell.finite()?),
            Seen::Quantiles(quantiles) => quantiles.add(cell.finite()?),
            Seen::Numbers(numbers) => numbers.push(cell.finite()?),
            Seen::Levels(levels) => levels.add(&cell),
            Seen::One(one) => {
                if let Cell::Number(number) = cell
                    && !number.is_finite()
                {
                    return Err(number);
                }
                let End::Aggregate(aggregate) = end else { unreachable!("a score is of numbers") };
                let better = |old: &Cell| match aggregate {
                    Aggregate::Last => true,
                    Aggregate::Min | Aggregate::All => cell < *old,
                    Aggregate::Max | Aggregate::Any => cell > *old,
                    _ => false,
                };
                if one.as_ref().is_none_or(better) {
                    *one = Some(cell);
                }
            }
        }
        Ok(())
    }
}

impl Cell {
    /// Returns the whole number; booleans are 0 and 1, moments microseconds.
    fn whole(&self) -> Option<i64> {
        match self {
            Cell::Truth(truth) => Some(i64::from(*truth)),
            Cell::Whole(whole) | Cell::Moment(whole) => Some(*whole),
            _ => None,
        }
    }

    /// Returns the number, as an error if it is not finite.
    fn finite(&self) -> Result<f64, f64> {
        match self {
            Cell::Number(number) if !number.is_finite() => Err(*number),
            Cell::Number(number) => Ok(*number),
            cell => Ok(cell.whole().expect("the kinds of the parts were checked") as f64),
        }
    }
}

fn cell(values: &Values, row: usize) -> Option<Cell> {
    match values {
        Values::Ints(lane) => lane.at(row).map(Cell::Whole),
        Values::Numbers(lane) => Some(lane.at(row)).filter(|number| !number.is_nan()).map(|x| Cell::Number(x + 0.0)),
        Values::Truths(lane) => lane.at(row).map(Cell::Truth),
        Values::Texts(texts) => texts.at(row).map(|text| Cell::Text(text.into())),
        Values::Moments(_, lane) => lane.at(row).map(Cell::Moment),
        Values::Null => None,
    }
}

fn constant(cell: Cell, kind: ExprKind) -> Expression {
    match cell {
        Cell::Truth(truth) => Expression::from(truth),
        Cell::Whole(whole) => Expression::from(whole),
        Cell::Number(number) => Expression::from(number),
        Cell::Moment(micros) => Expression::Moment(kind, micros),
        Cell::Text(text) => Expression::Literal(Value::Text(text)),
    }
}
