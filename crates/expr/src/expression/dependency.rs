//! Dependencies of an expression: which columns it reads, and in which rows.

use super::{Arithmetic, Comparison, Expression, FrameBound, Window, WindowFunction};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rows in which an expression reads a column, as seen from the row that it computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Only rows before it: `lag`.
    Earlier,
    /// The row itself, and possibly others.
    Now,
    /// Only rows after it: `lead`.
    Later,
}

impl When {
    /// The rows read by an expression over values that themselves were read in the rows `inner`.
    #[must_use]
    pub fn after(self, inner: When) -> When {
        match (self, inner) {
            (When::Now, when) | (when, When::Now) => when,
            (one, other) if one == other => one,
            // A lag of a lead may come back to the row itself, and may not.
            _ => When::Later,
        }
    }
}

/// The direction of a constant that an expression adds to a single column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// `column - c` with c > 0: the value of a later row's key matches the key of an earlier row.
    Back,
    /// `column + c` with c > 0.
    Forward,
}

impl Expression {
    /// Returns the columns whose values enter it, with the rows in which it reads them, each once per kind of rows.
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<(Arc<str>, When)> {
        let mut found = BTreeSet::new();
        self.collect(When::Now, &mut found);
        found
    }

    fn collect(&self, when: When, found: &mut BTreeSet<(Arc<str>, When)>) {
        match self {
            Expression::Column(name) => {
                found.insert((name.clone(), when));
            }
            Expression::Window(window) => window.collect(when, found),
            other => other.parts().into_iter().for_each(|part| part.collect(when, found)),
        }
    }

    /// Returns the columns that decide which rows its windows read: their keys, and their times.
    #[must_use]
    pub fn window_keys(&self) -> BTreeSet<Arc<str>> {
        let mut names = BTreeSet::new();
        self.visit(&mut |part| {
            if let Expression::Window(window) = part {
                names.extend(window.keys.iter().flat_map(Expression::columns));
                if let FrameBound::Time { by: Some(name), .. } = &window.reach {
                    names.insert(name.clone());
                }
            }
        });
        names
    }

    /// Returns the columns by which all of its windows partition the rows.
    #[must_use]
    pub fn partitions(&self) -> BTreeSet<Arc<str>> {
        let mut all: Option<BTreeSet<Arc<str>>> = None;
        self.visit(&mut |part| {
            if let Expression::Window(window) = part {
                let key = |key: &Expression| if let Expression::Column(name) = key { Some(name.clone()) } else { None };
                let keys: BTreeSet<Arc<str>> = window.keys.iter().filter_map(key).collect();
                all = Some(match all.take() {
                    Some(known) => known.intersection(&keys).cloned().collect(),
                    None => keys,
                });
            }
        });
        all.unwrap_or_default()
    }

    /// Returns its conjuncts: the parts of `a and b and c`, or the expression itself.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Expression> {
        match self {
            Expression::All(parts) => parts.iter().flat_map(Expression::conjuncts).collect(),
            other => vec![other],
        }
    }

    /// Do both compare one column with one value, so that no row meets both?
    #[must_use]
    pub fn contradicts(&self, other: &Expression) -> bool {
        let (Expression::Compare(one, left, value), Expression::Compare(two, right, same)) = (self, other) else {
            return false;
        };
        let is_column = matches!(**left, Expression::Column(_)) && left == right;
        let is_constant = |side: &Expression| matches!(side, Expression::Literal(_) | Expression::Moment(..));
        let opposite = matches!(
            (one, two),
            (Comparison::Less, Comparison::GreaterOrEqual | Comparison::Greater | Comparison::Equal)
                | (Comparison::LessOrEqual, Comparison::Greater)
                | (Comparison::GreaterOrEqual, Comparison::Less)
                | (Comparison::Greater, Comparison::LessOrEqual | Comparison::Less | Comparison::Equal)
                | (Comparison::Equal, Comparison::Unequal | Comparison::Less | Comparison::Greater)
                | (Comparison::Unequal, Comparison::Equal)
        );
        let differ = matches!((one, two), (Comparison::Equal, Comparison::Equal)) && value != same;
        is_column && is_constant(value) && is_constant(same) && (differ || (opposite && value == same))
    }

    /// Does it ask only whether values of columns are missing?
    #[must_use]
    pub fn asks_presence_only(&self) -> bool {
        match self {
            Expression::IsNull(inner) => matches!(**inner, Expression::Column(_)),
            Expression::Not(inner) => inner.asks_presence_only(),
            Expression::All(parts) | Expression::Any(parts) => parts.iter().all(Expression::asks_presence_only),
            _ => false,
        }
    }

    /// Returns the column and the direction of `column + constant` or `column - constant`.
    #[must_use]
    pub fn shift(&self) -> Option<(Arc<str>, Shift)> {
        let Expression::Arithmetic(first, rest) = self else { return None };
        let (Expression::Column(name), [(sign, constant)]) = (&**first, rest.as_slice()) else { return None };
        let constant = match constant {
            Expression::Literal(value) => value.as_f64()?,
            Expression::Moment(_, micros) => *micros as f64,
            _ => return None,
        };
        let amount = match sign {
            Arithmetic::Add => constant,
            Arithmetic::Subtract => -constant,
            _ => return None,
        };
        let direction = if amount < 0.0 { Shift::Back } else { Shift::Forward };
        (amount != 0.0).then(|| (name.clone(), direction))
    }
}

impl Window {
    fn collect(&self, when: When, found: &mut BTreeSet<(Arc<str>, When)>) {
        let rows = match self.moving {
            WindowFunction::Lag(distance) if distance > 0 => When::Earlier,
            WindowFunction::Lead(distance) if distance > 0 => When::Later,
            _ => When::Now,
        };
        if let Some(of) = &self.of {
            of.collect(rows.after(when), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Aggregate;

    fn window(moving: WindowFunction, of: &str) -> Expression {
        let (of, keys) = (Some(Expression::column(of)), vec![Expression::column("shop")]);
        Expression::Window(Box::new(Window { moving, of, keys, reach: FrameBound::All }))
    }

    fn reads(expression: &Expression) -> Vec<(Arc<str>, When)> {
        expression.dependencies().into_iter().collect()
    }

    #[test]
    fn windows_read_earlier_or_later_rows() {
        let of = |when| (Arc::from("sales"), when);
        assert_eq!(reads(&window(WindowFunction::Lag(1), "sales")), [of(When::Earlier)]);
        assert_eq!(reads(&window(WindowFunction::Lead(2), "sales")), [of(When::Later)]);
        let running = window(WindowFunction::Running(Aggregate::Sum), "sales");
        assert_eq!(reads(&running), [of(When::Now)]);
        assert_eq!(running.window_keys(), BTreeSet::from(["shop".into()]));
        let change =
            Expression::column("sales").arithmetic(Arithmetic::Subtract, window(WindowFunction::Lag(1), "sales"));
        assert_eq!(reads(&change), [of(When::Earlier), of(When::Now)]);
    }

    #[test]
    fn conditions_on_presence_are_told_from_conditions_on_values() {
        let y = || Expression::column("y");
        let known = Expression::Not(Box::new(y().is_null()));
        assert!(known.asks_presence_only() && y().is_null().asks_presence_only());
        assert!(!y().is_in(vec![1.0.into()]).asks_presence_only());
        assert_eq!(known.clone().and(y()).conjuncts(), [&known, &y()]);
    }

    #[test]
    fn conditions_that_no_row_meets_together_contradict() {
        let compare = |how, value: f64| {
            Expression::Compare(how, Box::new(Expression::column("x")), Box::new(Expression::from(value)))
        };
        assert!(compare(Comparison::Less, 1.0).contradicts(&compare(Comparison::GreaterOrEqual, 1.0)));
        assert!(!compare(Comparison::Less, 1.0).contradicts(&compare(Comparison::LessOrEqual, 1.0)));
        assert!(!compare(Comparison::Less, 2.0).contradicts(&compare(Comparison::GreaterOrEqual, 1.0)));
        assert!(compare(Comparison::Equal, 1.0).contradicts(&compare(Comparison::Equal, 2.0)));
    }

    #[test]
    fn shifts_have_a_direction() {
        let day = || Expression::column("day");
        let back = day().arithmetic(Arithmetic::Subtract, Expression::duration(86_400.0));
        assert_eq!(back.shift(), Some(("day".into(), Shift::Back)));
        let forward = day().arithmetic(Arithmetic::Subtract, Expression::from(-1.0));
        assert_eq!(forward.shift(), Some(("day".into(), Shift::Forward)));
        assert_eq!(day().shift(), None);
    }
}
