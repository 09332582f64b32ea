//! Serialisation of expressions as a list of steps that build it from the leaves up, so that no recursion is needed,
//! and malicious files are validated while building.

use super::{
    Arithmetic, Call, Comparison, EmpiricalCdf, ExprKind, Expression, FrameBound, Functions, Score, Window,
    WindowFunction,
};
use crate::Aggregate;
use pipewright_table::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::sync::Arc;

/// Maximum number of steps of a deserialised expression.
const STEPS_MAX: usize = 1_000_000;
/// Maximum nesting of a deserialised expression.
const HEIGHT_MAX: usize = 1_000;

/// A step: it pops its parts off the stack, and pushes the result.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    Column(Arc<str>),
    Literal(Value),
    Moment(ExprKind, i64),
    Negate,
    Not,
    Arithmetic(Vec<Arithmetic>),
    Compare(Comparison),
    All(usize),
    Any(usize),
    In(Vec<Value>),
    IsNull,
    If,
    Call(String, usize),
    /// The name, and whether it has an argument.
    Aggregate(String, bool),
    /// The quantile at a probability.
    Quantile(f64),
    Score(Score),
    Ranked(EmpiricalCdf),
    Window(SavedWindow),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedWindow {
    moving: SavedMoving,
    of: bool,
    keys: usize,
    reach: SavedReach,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SavedMoving {
    Lag(u32),
    Lead(u32),
    Running(String),
    Over(String),
    OverQuantile(f64),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum SavedReach {
    All,
    Rows(u32),
    Time { micros: i64, by: Option<Arc<str>> },
}

impl Serialize for Expression {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut steps = Vec::new();
        self.write(&mut steps);
        steps.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expression, D::Error> {
        built(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Expression {
    fn write(&self, steps: &mut Vec<Step>) {
        self.parts().into_iter().for_each(|part| part.write(steps));
        steps.push(match self {
            Expression::Column(name) => Step::Column(name.clone()),
            Expression::Literal(value) => Step::Literal(value.clone()),
            Expression::Moment(kind, micros) => Step::Moment(*kind, *micros),
            Expression::Negate(_) => Step::Negate,
            Expression::Not(_) => Step::Not,
            Expression::Arithmetic(_, rest) => Step::Arithmetic(rest.iter().map(|(operator, _)| *operator).collect()),
            Expression::Compare(operator, ..) => Step::Compare(*operator),
            Expression::All(parts) => Step::All(parts.len()),
            Expression::Any(parts) => Step::Any(parts.len()),
            Expression::In(_, values) => Step::In(values.clone()),
            Expression::IsNull(_) => Step::IsNull,
            Expression::If(_) => Step::If,
            Expression::Call(function, parts) => Step::Call(function.name.to_owned(), parts.len()),
            Expression::Aggregate(Aggregate::Quantile(share), _) => Step::Quantile(*share),
            Expression::Aggregate(aggregate, of) => Step::Aggregate(aggregate.name().to_owned(), of.is_some()),
            Expression::Score(score, _) => Step::Score(*score),
            Expression::Ranked(ranks, _) => Step::Ranked((**ranks).clone()),
            Expression::Window(window) => Step::Window(SavedWindow::of(window)),
        });
    }
}

impl SavedWindow {
    fn of(window: &Window) -> SavedWindow {
        let moving = match window.moving {
            WindowFunction::Lag(rows) => SavedMoving::Lag(rows),
            WindowFunction::Lead(rows) => SavedMoving::Lead(rows),
            WindowFunction::Running(aggregate) => SavedMoving::Running(aggregate.name().to_owned()),
            WindowFunction::Over(Aggregate::Quantile(share)) => SavedMoving::OverQuantile(share),
            WindowFunction::Over(aggregate) => SavedMoving::Over(aggregate.name().to_owned()),
        };
        let reach = match &window.reach {
            FrameBound::All => SavedReach::All,
            FrameBound::Rows(rows) => SavedReach::Rows(*rows),
            FrameBound::Time { micros, by } => SavedReach::Time { micros: *micros, by: by.clone() },
        };
        SavedWindow { moving, of: window.of.is_some(), keys: window.keys.len(), reach }
    }

    fn build(self, mut parts: Vec<Expression>) -> Result<Expression, String> {
        let moving = match self.moving {
            SavedMoving::Lag(rows) => WindowFunction::Lag(rows),
            SavedMoving::Lead(rows) => WindowFunction::Lead(rows),
            SavedMoving::Running(name) => WindowFunction::Running(aggregate(&name, self.of)?),
            SavedMoving::Over(name) => WindowFunction::Over(aggregate(&name, self.of)?),
            SavedMoving::OverQuantile(share) => WindowFunction::Over(quantile(share)?),
        };
        let counts = matches!(moving, WindowFunction::Over(Aggregate::Rows));
        let reach = match self.reach {
            SavedReach::All => FrameBound::All,
            SavedReach::Rows(rows) if rows > 0 => FrameBound::Rows(rows),
            SavedReach::Time { micros, by } if micros > 0 => FrameBound::Time { micros, by },
            _ => return Err("a window without values".to_owned()),
        };
        if self.of == counts {
            return Err("a window lacks its values, or has too many".to_owned());
        }
        let keys = parts.split_off(usize::from(self.of));
        Ok(Expression::Window(Box::new(Window { moving, of: parts.pop(), keys, reach })))
    }
}

fn aggregate(name: &str, of: bool) -> Result<Aggregate, String> {
    if name == "count" && !of {
        return Ok(Aggregate::Rows);
    }
    let known = Aggregate::NAMES.iter().find(|(known, _)| *known == name && of);
    known.map(|(_, aggregate)| *aggregate).ok_or_else(|| format!("no aggregate `{name}`"))
}

fn quantile(share: f64) -> Result<Aggregate, String> {
    match (0.0..=1.0).contains(&share) {
        true => Ok(Aggregate::Quantile(share)),
        false => Err(format!("a quantile for {share}")),
    }
}

/// Builds the expression from the steps.
fn built(steps: Vec<Step>) -> Result<Expression, String> {
    if steps.len() > STEPS_MAX {
        return Err("an expression has too many parts".to_owned());
    }
    let mut stack: Vec<(usize, Expression)> = Vec::new();
    for step in steps {
        let count = step.takes();
        let start = stack.len().checked_sub(count).ok_or("an expression lacks a part")?;
        let (heights, parts): (Vec<usize>, Vec<Expression>) = stack.split_off(start).into_iter().unzip();
        let height = heights.into_iter().max().unwrap_or(0) + 1;
        if height > HEIGHT_MAX {
            return Err("an expression is nested too deep".to_owned());
        }
        stack.push((height, step.build(parts)?));
    }
    match (stack.pop(), stack.pop()) {
        (Some((_, whole)), None) => Ok(whole),
        _ => Err("an expression has parts that belong to nothing".to_owned()),
    }
}

impl Step {
    /// Returns the number of parts it takes.
    fn takes(&self) -> usize {
        match self {
            Step::Column(_) | Step::Literal(_) | Step::Moment(..) => 0,
            Step::Negate | Step::Not | Step::In(_) | Step::IsNull => 1,
            Step::Quantile(_) | Step::Score(_) | Step::Ranked(_) => 1,
            Step::Arithmetic(operators) => operators.len() + 1,
            Step::Compare(_) => 2,
            Step::If => 3,
            Step::All(count) | Step::Any(count) | Step::Call(_, count) => *count,
            Step::Aggregate(_, of) => usize::from(*of),
            Step::Window(window) => window.keys.saturating_add(usize::from(window.of)),
        }
    }

    fn build(self, parts: Vec<Expression>) -> Result<Expression, String> {
        let mut given = parts.into_iter();
        let mut next = || given.next().expect("as many parts as it takes");
        Ok(match self {
            Step::Column(name) => Expression::Column(name),
            Step::Literal(value) => Expression::Literal(value),
            Step::Moment(kind @ (ExprKind::Date | ExprKind::Time | ExprKind::Duration), micros) => {
                Expression::Moment(kind, micros)
            }
            Step::Moment(kind, _) => return Err(format!("{kind} is no moment")),
            Step::Negate => Expression::Negate(Box::new(next())),
            Step::Not => Expression::Not(Box::new(next())),
            Step::In(values) => Expression::In(Box::new(next()), values),
            Step::IsNull => Expression::IsNull(Box::new(next())),
            Step::Compare(operator) => Expression::Compare(operator, Box::new(next()), Box::new(next())),
            Step::If => Expression::If(Box::new([next(), next(), next()])),
            Step::Arithmetic(operators) => {
                let first = Box::new(next());
                Expression::Arithmetic(first, operators.into_iter().map(|operator| (operator, next())).collect())
            }
            Step::All(_) => Expression::All(given.collect()),
            Step::Any(_) => Expression::Any(given.collect()),
            Step::Call(name, count) => called(&name, count, given.collect())?,
            Step::Aggregate(name, of) => Expression::Aggregate(aggregate(&name, of)?, given.next().map(Box::new)),
            Step::Quantile(share) => Expression::Aggregate(quantile(share)?, Some(Box::new(next()))),
            Step::Score(score) => Expression::Score(score, Box::new(next())),
            Step::Ranked(ranks) if ranks.is_sound() => Expression::Ranked(Arc::new(ranks), Box::new(next())),
            Step::Ranked(_) => return Err("ranks that are not in order".to_owned()),
            Step::Window(window) => window.build(given.collect())?,
        })
    }
}

fn called(name: &str, count: usize, arguments: Vec<Expression>) -> Result<Expression, String> {
    let function = Functions::reading().find(name, count).map_err(|failure| failure.message)?;
    function.check_constants(&arguments).map_err(|failure| failure.message)?;
    match function.call(&arguments) {
        Call::Row => Ok(Expression::Call(function, arguments)),
        _ => Err(format!("`{name}` is no function of one row")),
    }
}

#[cfg(test)]
mod tests;
