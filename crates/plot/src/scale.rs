//! Scales: from a value to its place on an axis, and the ticks that a person would choose.

use crate::number::{self, Steps};
use crate::time;

/// Numbers beyond this are drawn at it, so that differences of two numbers stay finite.
const LARGEST: f64 = 1e300;

/// A range of numbers, both finite, the first below the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

impl Interval {
    /// The range of `values`, of which those that are not finite are ignored.
    ///
    /// A range of one number, or of numbers that differ in their last bits only, is widened around it; without a number
    /// it is 0 to 1.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Interval {
        let finite = values.into_iter().filter(|value| value.is_finite()).map(|value| value.clamp(-LARGEST, LARGEST));
        let range = finite.fold(None, |range: Option<(f64, f64)>, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((low.min(value), high.max(value))),
        });
        let (low, high) = range.unwrap_or((0.0, 1.0));
        let largest = low.abs().max(high.abs());
        if high - low > largest * 1e-9 {
            return Interval { low, high };
        }
        let around = if largest == 0.0 { 1.0 } else { largest * 0.1 };
        Interval { low: low - around, high: high + around }
    }

    /// The range that also has `value` in it, if it is finite.
    #[must_use]
    pub fn with(self, value: f64) -> Interval {
        match value.is_finite() {
            true => {
                let value = value.clamp(-LARGEST, LARGEST);
                Interval { low: self.low.min(value), high: self.high.max(value) }
            }
            false => self,
        }
    }

    /// The range, wider by this share of itself at both ends, so that marks do not touch the frame.
    #[must_use]
    pub fn padded(self, share: f64) -> Interval {
        let more = (self.high - self.low) * share;
        Interval { low: self.low - more, high: self.high + more }
    }

    /// The range, wider by this share of itself above.
    #[must_use]
    pub fn headroom(self, share: f64) -> Interval {
        Interval { high: self.high + (self.high - self.low) * share, ..self }
    }

    /// The lower end.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The upper end.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// The place of a value in the range: 0 at its lower end, 1 at its upper end, never beyond.
    #[must_use]
    pub fn share(self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        if share.is_finite() { share } else { 0.0 }
    }
}

/// How values are laid along an axis.
#[derive(Debug, Clone, PartialEq)]
pub enum Scale {
    /// Numbers, evenly.
    Linear(Interval),
    /// Counts, evenly: as numbers, with ticks at whole ones.
    Count(Interval),
    /// Positive numbers by their logarithm; make it by [`Scale::log`].
    Log(Interval),
    /// Seconds since 1970-01-01T00:00:00, evenly, with dates at the ticks.
    Time(Interval),
    /// Names; the value of the first is 0, of the second 1, and so on. On a vertical axis, the first is at the top.
    Category(Vec<String>),
}

/// A tick of an axis: a value, and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) text: String,
}

impl Scale {
    /// A linear scale over the range of `values`.
    #[must_use]
    pub fn linear(values: impl IntoIterator<Item = f64>) -> Scale {
        Scale::Linear(Interval::of(values))
    }

    /// A logarithmic scale over the range of those of `values` that are positive.
    #[must_use]
    pub fn log(values: impl IntoIterator<Item = f64>) -> Scale {
        let range = Interval::of(values.into_iter().filter(|value| *value > 0.0));
        match range.low > 0.0 {
            true => Scale::Log(range),
            false => Scale::Log(Interval { low: 0.1, high: range.high.max(1.0) }),
        }
    }

    /// The ends of the scale, in the values of its marks.
    #[must_use]
    pub fn interval(&self) -> Interval {
        match self {
            Scale::Linear(range) | Scale::Count(range) | Scale::Log(range) | Scale::Time(range) => *range,
            Scale::Category(names) => Interval { low: -0.5, high: names.len().max(1) as f64 - 0.5 },
        }
    }

    /// The names of a scale of categories.
    #[must_use]
    pub fn names(&self) -> Option<&[String]> {
        match self {
            Scale::Category(names) => Some(names),
            _ => None,
        }
    }

    /// The place of a value along the axis: from 0 to 1.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        match self {
            Scale::Log(range) => {
                let logs = Interval { low: range.low.ln(), high: range.high.ln() };
                logs.share(value.max(range.low).ln())
            }
            _ => self.interval().share(value),
        }
    }

    /// At most so many ticks, in their order. Categories all have one: which of them are written is up to who draws them.
    pub(crate) fn ticks(&self, most: usize) -> Vec<Tick> {
        match self {
            Scale::Linear(range) => number::ticks(*range, most, Steps::Any),
            Scale::Count(range) => number::ticks(*range, most, Steps::Whole),
            Scale::Log(range) => number::log_ticks(*range, most),
            Scale::Time(range) => time::ticks(*range, most),
            Scale::Category(names) => {
                let tick = |(index, name): (usize, &String)| Tick { at: index as f64, text: name.clone() };
                names.iter().enumerate().map(tick).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_never_empty() {
        for values in
            [vec![], vec![f64::NAN], vec![0.0], vec![-3.0, -3.0], vec![1e300, f64::MAX], vec![1.0, 1.0 + 1e-15]]
        {
            let range = Interval::of(values.clone());
            assert!(range.low < range.high && range.low.is_finite() && range.high.is_finite(), "{values:?}: {range:?}");
        }
    }

    #[test]
    fn places_are_between_0_and_1() {
        let log = Scale::log([0.0, -1.0, 1.0, 100.0]);
        assert_eq!(log.place(10.0), 0.5);
        assert_eq!(log.place(-5.0), 0.0);
        assert_eq!(log.place(1e9), 1.0);
        let names = Scale::Category(vec!["a".to_owned(), "b".to_owned()]);
        assert_eq!((names.place(0.0), names.place(1.0)), (0.25, 0.75));
        assert_eq!(Scale::linear([-f64::MAX, f64::MAX]).place(0.0), 0.5);
    }
}
