//! `assert`: fails the run unless a condition holds.

use arrow_array::{Array, ArrayRef, Float64Array};
use pipewright_diagnostic::{Failure, code, nearest};
use pipewright_frame::{Column, ExprKind, Expression, Kind, Schema, Table};
use pipewright_operator::work::{Check, Report};
use pipewright_operator::{
    Args, Bound, Data, Domain, Effect, Example, Fault, Form, Group, Param, Sort, Spec, Surroundings, Verb,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "assert",
        group: Group::Judge,
        summary: "Fails the run, with exit code 4, unless a condition holds.",
        details: "The condition knows the mean of every metric of the `eval` above it, `rows`, `nulls(column)` and \
                  `unique(column)`.",
        search: &["check", "require", "gate", "expect", "ensure"],
        form: Form::Expression,
        input: Sort::Any,
        effect: Effect::Tee,
        positionals: &[Param::required("condition", Domain::Condition, "An expression over results.")],
        examples: &[Example {
            script: "load titanic.csv | assert rows == 1309 and unique(pclass) == 3 | show 1",
            output: "\
pclass  survived  sex     age  sibsp  parch
1st     survived  female   29      0      0
… 1308 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let (Some(condition), Some(text)) = (args.condition("condition").cloned(), args.get("condition")) else {
        return Err(Fault::of("condition", code::MISSING_ARGUMENT, "a condition is missing"));
    };
    let names = condition.columns();
    let schema = Schema::new(names.iter().map(|name| Column::new(name.clone(), Kind::Continuous)));
    match condition.kind(&schema) {
        Ok(ExprKind::Bool) => Ok(Bound::Check(Arc::new(Assert { condition, text: text.to_string() }))),
        Ok(_) => Err(Fault::of("condition", code::TYPE_MISMATCH, "this is no condition: it is neither true nor false")
            .help("compare it with something, for example: auc > 0.8")),
        Err(failure) => Err(Fault::of("condition", failure.code, failure.message)),
    }
}

struct Assert {
    condition: Expression,
    text: String,
}

impl Check for Assert {
    fn check(&self, facts: &[(String, f64)], rows: Option<&Data>) -> Result<Report, Failure> {
        let mut known: Vec<(String, f64)> = facts.to_vec();
        if let Some(rows) = rows.filter(|_| self.condition.columns().iter().any(|name| &**name == "rows")) {
            known.push(("rows".to_owned(), rows.rows()? as f64));
        }
        let mut values = Vec::new();
        for name in self.condition.columns() {
            values.push(match column_fact(&name, rows)? {
                Some(value) => value,
                // Of several results, the last one is meant.
                None => known
                    .iter()
                    .rev()
                    .find(|(fact, _)| **fact == *name)
                    .map(|(_, value)| *value)
                    .ok_or_else(|| unknown(&name, &known))?,
            });
        }
        let columns: Vec<Column> =
            self.condition.columns().into_iter().map(|name| Column::new(name, Kind::Continuous)).collect();
        let arrays = values.iter().map(|value| Arc::new(Float64Array::from(vec![*value])) as ArrayRef).collect();
        let row = Table::with_rows(columns, arrays, 1)?;
        if self.condition.mask(&row)?.value(0) {
            let json = json!({"kind": "assert", "condition": self.text, "holds": true});
            return Ok(Report { kind: "assert", json, ..Report::default() });
        }
        let names = self.condition.columns();
        let stated: Vec<String> = names.iter().zip(&values).map(|(name, value)| format!("{name} is {value}")).collect();
        let message = format!("`{}` does not hold", self.text);
        Err(Failure::new(code::ASSERT_FAILED, message).help(stated.join(", ")))
    }
}

/// `nulls(column)` and `unique(column)` of the table that flows past.
fn column_fact(name: &str, rows: Option<&Data>) -> Result<Option<f64>, Failure> {
    let inside = |function: &str| name.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')');
    let (column, counts_nulls) = match (inside("nulls"), inside("unique")) {
        (Some(column), _) => (column, true),
        (_, Some(column)) => (column, false),
        _ => return Ok(None),
    };
    let Some(rows) = rows else {
        return Err(Failure::new(code::WRONG_ORDER, format!("`{name}` asks for a table, and none flows past here")));
    };
    let table = rows.select(&[column.into()])?;
    let array = table.array(column)?;
    if counts_nulls {
        return Ok(Some(array.null_count() as f64));
    }
    let classes = table.classes(column)?;
    Ok(Some(classes.into_iter().collect::<BTreeSet<_>>().len() as f64))
}

fn unknown(name: &str, known: &[(String, f64)]) -> Failure {
    let names: BTreeSet<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let failure = Failure::new(code::UNKNOWN_NAME, format!("nothing above gives `{name}`"));
    match nearest(name, names.iter().copied()).first() {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("known here: {}", names.into_iter().collect::<Vec<_>>().join(", "))),
    }
}
