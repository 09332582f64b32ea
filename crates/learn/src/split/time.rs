//! Time-series splits: train on earlier rows, test on later ones.

use super::{Fold, check_counts, order_of};
use pipewright_diagnostic::{Failure, code};
use std::collections::BTreeSet;
use std::ops::Range;

/// A time-series split in rounds: the rows in the order of their times are cut into blocks of equal size, and each of the
/// last `rounds` blocks is tested on a model of the rows before it.
///
/// With rows in order and lengths in rows these are the folds of scikit-learn's `TimeSeriesSplit`. Rows of equal times are
/// never on both sides: a round tests from the first row of its first time on.
///
/// ```
/// use pipewright_learn::split::{Forward, Length};
/// let sliding = Forward { train: Some(Length::Rows(2)), ..Forward::new(3) };
/// let folds = sliding.split(&[1.0, 2.0, 3.0, 4.0], None).unwrap();
/// assert_eq!((folds[2].train.as_slice(), folds[2].test.as_slice()), ([1, 2].as_slice(), [3].as_slice()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward {
    /// The number of rounds.
    pub rounds: usize,
    /// What is left out between the training rows and the first test row: that many rows, or the rows less than this much
    /// time before it, or exactly that much.
    pub gap: Length,
    /// The number of test rows of a round; if `None`, the rows divided by one more than the rounds.
    pub test: Option<usize>,
    /// The most that is trained on, so that the training rows slide along: that many rows, or the rows at most this much
    /// time before the last of them. All earlier rows if `None`.
    pub train: Option<Length>,
}

/// A number of rows, or a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// A number of rows.
    Rows(usize),
    /// A time, in the unit of the times; at least 0.
    Time(f64),
}

/// [`Forward`] with a gap in time and all earlier rows as training rows.
///
/// # Errors
/// As [`Forward::split`].
///
/// ```
/// let folds = pipewright_learn::split::forward(&[1.0, 2.0, 3.0, 4.0], None, 3, 0.0).unwrap();
/// assert_eq!((folds[0].train.as_slice(), folds[0].test.as_slice()), ([0].as_slice(), [1].as_slice()));
/// ```
pub fn forward(times: &[f64], groups: Option<&[u32]>, count: usize, gap: f64) -> Result<Vec<Fold>, Failure> {
    Forward { gap: Length::Time(gap), ..Forward::new(count) }.split(times, groups)
}

impl Forward {
    /// Tests as many rows in each round as fit, without a gap, and trains on all rows before.
    #[must_use]
    pub fn new(rounds: usize) -> Forward {
        Forward { rounds, gap: Length::Rows(0), test: None, train: None }
    }

    /// Splits rows with these times. A row is left out of training if one of its group is tested.
    ///
    /// # Errors
    /// `TOO_FEW_ROWS` for fewer than two rounds, too few rows or times, or lengths or groups that leave no training rows.
    pub fn split(&self, times: &[f64], groups: Option<&[u32]>) -> Result<Vec<Fold>, Failure> {
        check_forward(times.len(), self.rounds)?;
        let line = Line::new(times);
        line.check_times(self.rounds)?;
        let size = self.test.unwrap_or(times.len() / (self.rounds + 1));
        let tested = size.saturating_mul(self.rounds);
        if size == 0 || tested >= times.len() {
            let message = format!("{} rounds of {size} test rows: there are {} rows", self.rounds, times.len());
            return Err(
                Failure::new(code::TOO_FEW_ROWS, message).help("each round needs a test row, and rows before it")
            );
        }
        let first = times.len() - tested;
        (0..self.rounds).map(|round| self.round(&line, groups, round, first + round * size, size)).collect()
    }

    /// The round whose block starts at a place.
    fn round(
        &self,
        line: &Line<'_>,
        groups: Option<&[u32]>,
        round: usize,
        place: usize,
        size: usize,
    ) -> Result<Fold, Failure> {
        let (start, end) = (line.first_of_its_time(place), line.first_of_its_time(place + size));
        if start == end {
            let message = format!("round {} has no time of its own: too many rows have the same time", round + 1);
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help("use fewer rounds"));
        }
        let mut test = line.order[start..end].to_vec();
        let tested: BTreeSet<u32> =
            groups.into_iter().flat_map(|groups| test.iter().map(|&row| groups[row as usize])).collect();
        let is_apart = |row: &u32| groups.is_none_or(|groups| !tested.contains(&groups[*row as usize]));
        let trained = self.trained(line, start);
        let mut train: Vec<u32> = line.order[trained].iter().copied().filter(is_apart).collect();
        if train.is_empty() {
            let message = format!("no training rows are left in round {}", round + 1);
            let help = if groups.is_some() {
                "every group is tested: leave out the role group"
            } else {
                "use a smaller gap or fewer rounds"
            };
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help(help));
        }
        train.sort_unstable();
        test.sort_unstable();
        Ok(Fold { train, test })
    }

    /// The places of the training rows of a round that tests from `start` on.
    fn trained(&self, line: &Line<'_>, start: usize) -> Range<usize> {
        let end = match self.gap {
            Length::Rows(rows) => start.saturating_sub(rows),
            Length::Time(0.0) => start,
            Length::Time(gap) => line.before(line.time(start) - gap).min(start),
        };
        let first = match self.train {
            Some(Length::Rows(rows)) => end.saturating_sub(rows),
            Some(Length::Time(length)) if end > 0 => line.before(line.time(end - 1) - length).min(end),
            _ => 0,
        };
        first..end
    }
}

/// Rows in the order of their times.
struct Line<'a> {
    times: &'a [f64],
    order: Vec<u32>,
}

impl Line<'_> {
    fn new(times: &[f64]) -> Line<'_> {
        let mut order: Vec<u32> = order_of(times.len(), None);
        order.sort_by(|&one, &two| times[one as usize].total_cmp(&times[two as usize]));
        Line { times, order }
    }

    fn time(&self, place: usize) -> f64 {
        self.times[self.order[place] as usize]
    }

    /// The number of rows before a time.
    fn before(&self, time: f64) -> usize {
        self.order.partition_point(|&row| self.times[row as usize] < time)
    }

    fn first_of_its_time(&self, place: usize) -> usize {
        if place == self.order.len() { place } else { self.before(self.time(place)) }
    }

    fn check_times(&self, rounds: usize) -> Result<(), Failure> {
        let different = 1 + (1..self.order.len()).filter(|&place| self.time(place) != self.time(place - 1)).count();
        if different > rounds {
            return Ok(());
        }
        let message = format!("{rounds} rounds need {} different times, and there are {different}", rounds + 1);
        let failure = Failure::new(code::TOO_FEW_ROWS, message);
        Err(match different {
            ..3 => failure,
            _ => failure.help(format!("use {} rounds or fewer", different - 1)),
        })
    }
}

/// Are this many rows enough for `count` rounds of [`Forward`]?
///
/// # Errors
/// `TOO_FEW_ROWS` if not.
pub fn check_forward(rows: usize, count: usize) -> Result<(), Failure> {
    check_counts(rows, count)?;
    // A block of rows for each round, and one before the first.
    if rows <= count {
        let message = format!("{count} rounds of {rows} rows: each needs a test row, and rows before it");
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    Ok(())
}
