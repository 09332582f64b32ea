//! Spaces of hyper-parameters, their points, and random points.

use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;

/// A space to search: named dimensions, some of which may be active only under a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    dimensions: Vec<Dimension>,
}

/// A named dimension of a space.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// The name, unique in the space.
    pub name: String,
    /// The values.
    pub range: Range,
    /// When the dimension is active; `None` for always.
    pub when: Option<Condition>,
}

/// The values of a dimension. Both ends are included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// One of this many values, by position.
    Choice(usize),
    /// A number, uniformly distributed.
    Uniform {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// A positive number whose logarithm is uniformly distributed.
    LogUniform {
        /// The lowest, above 0.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// A whole number.
    Int {
        /// The lowest; at least 1 with `log`.
        low: i64,
        /// The highest.
        high: i64,
        /// Whether the logarithm is uniformly distributed rather than the number.
        log: bool,
    },
}

/// A dimension is active if an earlier dimension is active and has a certain choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The position of the earlier dimension, a [`Range::Choice`].
    pub dimension: usize,
    /// The choice that it must have.
    pub choice: usize,
}

/// A value of a dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// The position of a choice.
    Choice(usize),
    /// A number.
    Number(f64),
    /// A whole number.
    Int(i64),
}

/// A point of a space: a value per dimension, `None` where the dimension is inactive.
#[derive(Debug, Clone, PartialEq)]
pub struct Point(pub Vec<Option<Value>>);

/// Whole numbers up to here are exact as `f64`.
const EXACT: i64 = 1 << 53;

impl Dimension {
    /// A dimension that is always active.
    pub fn new(name: impl Into<String>, range: Range) -> Dimension {
        Dimension { name: name.into(), range, when: None }
    }

    /// Makes the dimension active only if the earlier dimension at position `dimension` has the choice `choice`.
    #[must_use]
    pub fn when(self, dimension: usize, choice: usize) -> Dimension {
        Dimension { when: Some(Condition { dimension, choice }), ..self }
    }
}

impl Point {
    /// The choice of a dimension; `None` if it is inactive or not a choice.
    #[must_use]
    pub fn choice(&self, dimension: usize) -> Option<usize> {
        match self.0.get(dimension) {
            Some(Some(Value::Choice(choice))) => Some(*choice),
            _ => None,
        }
    }

    /// The number or whole number of a dimension; `None` if it is inactive or a choice.
    #[must_use]
    pub fn number(&self, dimension: usize) -> Option<f64> {
        match self.0.get(dimension) {
            Some(Some(Value::Number(number))) => Some(*number),
            Some(Some(Value::Int(number))) => Some(*number as f64),
            _ => None,
        }
    }
}

impl Space {
    /// Creates a space.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] naming the dimension: none at all, two of one name, an empty or infinite range, a logarithmic
    /// range that is not above 0, or a condition that is not on an earlier choice.
    pub fn new(dimensions: Vec<Dimension>) -> Result<Space, Failure> {
        if dimensions.is_empty() {
            return Err(Failure::new(code::BAD_VALUE, "nothing to search: the space has no dimensions"));
        }
        for (position, dimension) in dimensions.iter().enumerate() {
            let earlier = &dimensions[..position];
            let problem = if earlier.iter().any(|other| other.name == dimension.name) {
                Some("it occurs twice".to_owned())
            } else {
                dimension.range.problem().or_else(|| dimension.when?.problem(earlier))
            };
            if let Some(problem) = problem {
                return Err(Failure::new(code::BAD_VALUE, format!("cannot search `{}`: {problem}", dimension.name)));
            }
        }
        Ok(Space { dimensions })
    }

    /// Returns the dimensions.
    #[must_use]
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// Makes a point of the values that `choose` gives to the active dimensions, in order.
    pub(super) fn point(&self, mut choose: impl FnMut(usize, &Range) -> Value) -> Point {
        let mut point = Point(Vec::with_capacity(self.dimensions.len()));
        for (position, dimension) in self.dimensions.iter().enumerate() {
            let value = dimension.is_active(&point).then(|| choose(position, &dimension.range));
            point.0.push(value);
        }
        point
    }
}

impl Dimension {
    /// Is it active, given the values of earlier dimensions?
    pub(super) fn is_active(&self, earlier: &Point) -> bool {
        self.when.is_none_or(|condition| earlier.choice(condition.dimension) == Some(condition.choice))
    }
}

impl Condition {
    fn problem(self, earlier: &[Dimension]) -> Option<String> {
        match earlier.get(self.dimension).map(|dimension| dimension.range) {
            Some(Range::Choice(count)) if self.choice < count => None,
            Some(Range::Choice(count)) => {
                Some(format!("its condition is on choice {} of {count}, counted from 0", self.choice))
            }
            _ => Some("its condition is not on an earlier choice".to_owned()),
        }
    }
}

impl Range {
    fn problem(&self) -> Option<String> {
        let problem = match *self {
            Range::Choice(0) => "it has no values",
            Range::Choice(_) => return None,
            Range::Uniform { low, high } | Range::LogUniform { low, high } => {
                if !(high - low).is_finite() {
                    "the ends of its range must be finite numbers"
                } else if low > high {
                    "its range ends before it starts"
                } else if matches!(self, Range::LogUniform { .. }) && low <= 0.0 {
                    "a logarithmic range must be above 0"
                } else {
                    return None;
                }
            }
            Range::Int { low, high, log } => {
                if low > high {
                    "its range ends before it starts"
                } else if low < -EXACT || high > EXACT {
                    "the ends of its range must lie within ±2^53"
                } else if log && low < 1 {
                    "a logarithmic range of whole numbers starts at 1 or above"
                } else {
                    return None;
                }
            }
        };
        Some(problem.to_owned())
    }

    /// The value at the position `at` in [0, 1) of the range: equal shares of it for equal probabilities.
    pub(super) fn value_at(&self, at: f64) -> Value {
        match *self {
            Range::Choice(count) => Value::Choice(((at * count as f64) as usize).min(count - 1)),
            _ => {
                let (low, high) = self.scale();
                self.value_on_scale(low + at * (high - low))
            }
        }
    }

    /// The ends of a numeric range on the scale on which it is uniform: logarithms for logarithmic ranges, and half a
    /// step more at both ends for whole numbers, so that the first and the last have as much room as the others.
    pub(super) fn scale(&self) -> (f64, f64) {
        match *self {
            Range::Choice(count) => (0.0, count as f64),
            Range::Uniform { low, high } => (low, high),
            Range::LogUniform { low, high } => (low.ln(), high.ln()),
            Range::Int { low, high, log } => {
                let (low, high) = (low as f64 - 0.5, high as f64 + 0.5);
                if log { (low.ln(), high.ln()) } else { (low, high) }
            }
        }
    }

    /// The value of a numeric range nearest to a number on its scale.
    pub(super) fn value_on_scale(&self, number: f64) -> Value {
        match *self {
            Range::Choice(count) => Value::Choice((number as usize).min(count - 1)),
            Range::Uniform { low, high } => Value::Number(number.clamp(low, high)),
            Range::LogUniform { low, high } => Value::Number(number.exp().clamp(low, high)),
            Range::Int { low, high, log } => {
                let number = if log { number.exp() } else { number };
                Value::Int((number.round() as i64).clamp(low, high))
            }
        }
    }
}

/// Returns the random point of trial `trial`: it depends on the key and the trial, never on other trials.
///
/// ```
/// use pipewright_learn::{Key, search::{Dimension, Range, Space, random}};
/// let space = Space::new(vec![Dimension::new("depth", Range::Int { low: 2, high: 8, log: false })])?;
/// let depth = random(&space, Key::new(1), 5).number(0).unwrap();
/// assert!((2.0..=8.0).contains(&depth));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[must_use]
pub fn random(space: &Space, key: Key, trial: u64) -> Point {
    let key = key.index(trial);
    space.point(|position, range| range.value_at(key.uniform(position as u64)))
}
