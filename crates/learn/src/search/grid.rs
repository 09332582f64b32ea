//! All points of a space of finitely many values.

use super::space::{Dimension, Point, Range, Space, Value};
use pipewright_diagnostic::{Failure, code};

/// All points of a space in lexicographic order: the last dimension changes fastest. Points are made one at a time.
#[derive(Debug, Clone)]
pub struct Grid<'a> {
    space: &'a Space,
    /// The point to return next.
    next: Option<Point>,
}

/// Returns all points of a space. A dimension that is inactive has no values to go through, so no point occurs twice.
///
/// # Errors
/// [`code::BAD_VALUE`] for a range of continuous numbers.
///
/// ```
/// use pipewright_learn::search::{Dimension, Range, Space, grid};
/// let space = Space::new(vec![
///     Dimension::new("kernel", Range::Choice(2)),
///     Dimension::new("degree", Range::Int { low: 2, high: 4, log: false }).when(0, 1),
/// ])?;
/// assert_eq!((grid(&space)?.points(), grid(&space)?.count()), (4, 4));
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
pub fn grid(space: &Space) -> Result<Grid<'_>, Failure> {
    let is_continuous = |range: &Range| matches!(range, Range::Uniform { .. } | Range::LogUniform { .. });
    if let Some(dimension) = space.dimensions().iter().find(|dimension| is_continuous(&dimension.range)) {
        let message = format!("a grid needs values of `{}`, not a range of numbers", dimension.name);
        return Err(Failure::new(code::BAD_VALUE, message).help("name its values, or search at random"));
    }
    Ok(Grid { space, next: Some(space.point(|_, range| first(range))) })
}

impl Grid<'_> {
    /// The number of points of the whole grid; `u128::MAX` if there are more.
    #[must_use]
    pub fn points(&self) -> u128 {
        let dimensions = self.space.dimensions();
        // By the choice that it depends on, each dimension multiplies the points below that choice. Conditions are on
        // earlier dimensions, so going backwards every dimension is complete when it is reached.
        let choices = |dimension: &Dimension| if let Range::Choice(count) = dimension.range { count } else { 0 };
        let mut below: Vec<Vec<u128>> = dimensions.iter().map(|dimension| vec![1; choices(dimension)]).collect();
        let mut all = 1_u128;
        for (position, dimension) in dimensions.iter().enumerate().rev() {
            let points = match dimension.range {
                Range::Int { low, high, .. } => (high - low) as u128 + 1,
                _ => below[position].iter().fold(0, |sum: u128, points| sum.saturating_add(*points)),
            };
            let product = match dimension.when {
                Some(condition) => &mut below[condition.dimension][condition.choice],
                None => &mut all,
            };
            *product = product.saturating_mul(points);
        }
        all
    }
}

impl Iterator for Grid<'_> {
    type Item = Point;

    fn next(&mut self) -> Option<Point> {
        let point = self.next.take()?;
        self.next = following(self.space, &point);
        Some(point)
    }
}

/// The point after `point`: the last dimension that can go on does, and those after it start again.
fn following(space: &Space, point: &Point) -> Option<Point> {
    let step = |position: usize| Some((position, after(&space.dimensions()[position].range, point.0[position]?)?));
    let (moved, value) = (0..point.0.len()).rev().find_map(step)?;
    Some(space.point(|position, range| match position.cmp(&moved) {
        std::cmp::Ordering::Less => point.0[position].unwrap_or_else(|| first(range)),
        std::cmp::Ordering::Equal => value,
        std::cmp::Ordering::Greater => first(range),
    }))
}

fn first(range: &Range) -> Value {
    match *range {
        Range::Choice(_) => Value::Choice(0),
        Range::Int { low, .. } => Value::Int(low),
        Range::Uniform { low, .. } | Range::LogUniform { low, .. } => Value::Number(low),
    }
}

fn after(range: &Range, value: Value) -> Option<Value> {
    match (*range, value) {
        (Range::Choice(count), Value::Choice(choice)) => (choice + 1 < count).then_some(Value::Choice(choice + 1)),
        (Range::Int { high, .. }, Value::Int(number)) => (number < high).then_some(Value::Int(number + 1)),
        _ => None,
    }
}
