//! `assert`: fails the run unless a condition holds.

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_frame::profile::{ColumnProfile, Depth, FACTS, Options, Profile};
use pipewright_frame::{
    Aggregate, Column, ColumnType, Comparison, ExprKind, Expression, Schema, Selection, Table, Value, learned,
};
use pipewright_operator::result::{Assertion, Output};
use pipewright_operator::work::{Consumer, Given};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Condition, Data, Effect, Environment, Example, Flow, Form, Group, Spec,
    Verb, arguments,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

arguments! {
    /// The arguments of `assert`.
    struct AssertArgs {
        /// A condition on results.
        positional condition: Condition;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "assert",
        group: Group::Judge,
        summary: "Fails the run, with exit code 4, unless a condition holds.",
        details: "The condition can use the mean of every metric of an `eval` above it, `rows`, and of the columns \
                  of the table `nulls(x)`, `count(x)` (values that are not missing), `distinct(x)` or `unique(x)`, \
                  `mean(x)`, `std(x)`, `var(x)`, `min(x)`, `median(x)` and `max(x)`. `unique(x)` without a \
                  comparison requires the values of `x` to be unique. A result without a value, such as the mean of \
                  no rows, meets no condition.",
        search: &["check", "require", "gate", "expect", "ensure"],
        form: Form::Expression,
        input: Flow::Any,
        effect: Effect::Tee,
        examples: &[
            Example {
                script: "load titanic.csv | assert rows == 1309 and unique(pclass) == 3 | show 1",
                output: "\
pclass  survived  sex     age  sibsp  parch
1st     survived  female   29      0      0
… 1308 more rows
",
            },
            Example {
                script: "load penguins.csv | assert min(`Body Mass (g)`) >= 2500 and nulls(Species) == 0 | show 1",
                output: "\
Species  Island     Beak Length (mm)  Beak Depth (mm)  Flipper Length (mm)  Body Mass (g)  Sex
Adelie   Torgersen              39.1             18.7                  181           3750  MALE
… 343 more rows
",
            },
        ],
        ..Spec::of::<AssertArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let AssertArgs { condition: Condition { expression, text } } = AssertArgs::read(args)?;
    let condition = claims(&expression);
    let names = condition.columns();
    let schema = Schema::new(names.iter().map(|name| Column::new(name.clone(), ColumnType::Continuous)));
    match condition.kind(&schema) {
        Ok(ExprKind::Bool) => Ok(Bound::Consumer(Arc::new(Assert { condition, text }))),
        Ok(_) => Err(ArgumentError::of(
            "condition",
            code::TYPE_MISMATCH,
            "this is not a condition: it is neither true nor false",
        )
        .help("compare it with something, for example: auc > 0.8")),
        Err(failure) => Err(ArgumentError::of("condition", failure.code, failure.message)),
    }
}

/// Spells out each `unique(x)` used as a truth value: the number of distinct values equals the number of values.
fn claims(condition: &Expression) -> Expression {
    match condition {
        Expression::Column(name) => match asked(name) {
            Some(("unique", column)) => Expression::Column(name.clone())
                .compare(Comparison::Equal, Expression::column(format!("count({column})"))),
            _ => condition.clone(),
        },
        Expression::Not(inner) => claims(inner).negated(),
        Expression::All(parts) => Expression::All(parts.iter().map(claims).collect()),
        Expression::Any(parts) => Expression::Any(parts.iter().map(claims).collect()),
        other => other.clone(),
    }
}

/// The function and the column of a name such as `nulls(age)`.
fn asked(name: &str) -> Option<(&str, &str)> {
    let (function, column) = name.strip_suffix(')')?.split_once('(')?;
    FACTS.contains(&function).then_some((function, column))
}

struct Assert {
    condition: Expression,
    text: String,
}

impl Consumer for Assert {
    fn consume(&self, given: &Given<'_>, _: &Environment) -> Result<Output, Failure> {
        let number = |(name, number): (String, f64)| (name, Value::Number(number));
        let mut known: Vec<(String, Value)> =
            given.results.iter().flat_map(|output| output.facts()).map(number).collect();
        if let Some(rows) = given.rows.filter(|_| self.condition.columns().iter().any(|name| &**name == "rows")) {
            known.push(("rows".to_owned(), Value::Int(rows.rows()? as i64)));
        }
        let mut columns_seen: BTreeMap<String, ColumnProfile> = BTreeMap::new();
        let mut values: Vec<Value> = Vec::new();
        for name in self.condition.columns() {
            values.push(match asked(&name) {
                Some((function, column)) => column_fact(function, column, given.rows, &mut columns_seen)?,
                // If there are several results, the last one is used.
                None => known
                    .iter()
                    .rev()
                    .find(|(fact, _)| **fact == *name)
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| unknown(&name, &known))?,
            });
        }
        let kind = |value: &Value| if let Value::Int(_) = value { ColumnType::Count } else { ColumnType::Continuous };
        let names = self.condition.columns();
        let columns = names.iter().zip(&values).map(|(name, value)| Column::new(name.clone(), kind(value))).collect();
        let array = |value: &Value| match value {
            Value::Int(whole) => Arc::new(Int64Array::from(vec![*whole])) as ArrayRef,
            other => Arc::new(Float64Array::from(vec![other.as_f64()])),
        };
        let row = Table::with_rows(columns, values.iter().map(array).collect(), 1)?;
        let mask = self.condition.mask(&row)?;
        if mask.is_valid(0) && mask.value(0) {
            return Ok(Output::Assertion(Assertion::new(&*self.text)));
        }
        let stated = names.iter().zip(&values).map(|(name, value)| match value {
            Value::Null => format!("{name} has no value"),
            value => format!("{name} is {value}"),
        });
        let stated: Vec<String> = stated.collect();
        let message = format!("`{}` does not hold", self.text);
        Err(Failure::new(code::ASSERT_FAILED, message).help(stated.join(", ")))
    }
}

/// Statistics of the columns of the rows that pass through; each column is profiled once.
fn column_fact(
    function: &str,
    column: &str,
    rows: Option<&Data>,
    seen: &mut BTreeMap<String, ColumnProfile>,
) -> Result<Value, Failure> {
    let Some(rows) = rows else {
        let message = format!("`{function}({column})` needs a table, and there is none at this point");
        return Err(Failure::new(code::WRONG_ORDER, message));
    };
    let profile = match seen.get(column) {
        Some(profile) => profile,
        None => {
            rows.schema().column(column)?;
            let options = Options { on: Some(Selection::name(column)), depth: Depth::Columns };
            let found = Profile::of(rows.chunks(), &options)?.columns.pop();
            seen.entry(column.to_owned()).or_insert(found.expect("the column is there"))
        }
    };
    let counts = matches!(function, "nulls" | "count" | "distinct" | "unique");
    let is_number = profile.kind.is_numeric() || function == "mean" && profile.kind == ColumnType::Bool;
    if !counts && !is_number {
        let message = format!("`{function}` needs numbers, and `{column}` holds {}", profile.kind);
        return Err(Failure::new(code::NOT_NUMERIC, message).column(column));
    }
    if matches!(function, "distinct" | "unique") && !profile.distinct.exact {
        let message = format!("`{column}` has more distinct values than fit in memory");
        return Err(Failure::new(code::LIMIT_REACHED, message).column(column).help("raise the limit: --mem 8G"));
    }
    if let (ColumnType::Count, Some((_, aggregate))) =
        (profile.kind, EXTREMES.iter().find(|(name, _)| *name == function))
    {
        // A profile holds floats, which round whole numbers beyond 2^53.
        let of = Some(Box::new(Expression::column(column)));
        let (extreme, _) = learned(&Expression::Aggregate(*aggregate, of), rows.chunks())?;
        return Ok(if let Expression::Literal(value) = extreme { value } else { Value::Null });
    }
    Ok(profile.fact(function).map_or(Value::Null, Value::Number))
}

const EXTREMES: [(&str, Aggregate); 2] = [("min", Aggregate::Min), ("max", Aggregate::Max)];

fn unknown(name: &str, known: &[(String, Value)]) -> Failure {
    let names: BTreeSet<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let failure = Failure::new(code::UNKNOWN_NAME, format!("there is no result named `{name}`"));
    match nearest(name, names.iter().copied()).first() {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("available here: {}", names.into_iter().collect::<Vec<_>>().join(", "))),
    }
}
