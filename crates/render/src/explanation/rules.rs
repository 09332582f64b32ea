//! Rules that imitate a model, or tell where it is worst.

use crate::WIDTH;
use crate::evaluation::number;
use crate::lines::{Cell, Lines, brief};
use pipewright_explain::{Condition, Rule, Test};
use pipewright_operator::result::{RuleMethod, RuleSet, Rules};
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// The most rules that are listed as text.
const RULES_SHOWN: usize = 16;

/// The fields of the documented JSON.
pub(super) fn json(rules: &Rules) -> Json {
    let condition = |condition: &Condition| {
        let (test, value) = match &condition.test {
            Test::AtMost(most) => ("<=", json!(most)),
            Test::Above(least) => (">", json!(least)),
            Test::In(levels) => ("in", json!(levels)),
            Test::NotIn(levels) => ("not in", json!(levels)),
        };
        json!({"column": condition.name, "test": test, "value": value, "or_missing": condition.or_missing})
    };
    let rule = |rule: &Rule| {
        json!({
            "conditions": rule.conditions.iter().map(condition).collect::<Vec<_>>(),
            "mean": rule.test_value,
            "rows": rule.test_rows,
            "fitted_mean": rule.value,
            "fitted_rows": rule.rows,
        })
    };
    let set = |set: &RuleSet| {
        let rules: Vec<Json> = set.rules.iter().map(rule).collect();
        json!({"of": set.of, "mean": set.mean, "fidelity": set.fidelity, "rules": rules})
    };
    json!({
        "method": rules.method.name(),
        "rows": rules.rows,
        "sets": rules.sets.iter().map(set).collect::<Vec<_>>(),
    })
}

/// A block of lines per number that the rules are about.
pub(super) fn write(text: &mut String, Rules { method, rows, sets }: &Rules) {
    let what = match method {
        RuleMethod::Surrogate => "a small tree that imitates it (surrogate)",
        RuleMethod::Slices => "where it is worst (slices)",
    };
    let _ = writeln!(text, ": {what}\n{rows} held-out rows; means are those of rows that the tree was not fitted to");
    for set in sets {
        let fidelity = match (method, set.fidelity) {
            (RuleMethod::Slices, _) => String::new(),
            (_, Some(fidelity)) => format!(", R² of the tree {}", number(Some(fidelity))),
            (_, None) => ", the same for all rows".to_owned(),
        };
        let _ = writeln!(text, "\n{}: mean {}{fidelity}\n", set.of, number(Some(set.mean)));
        let mut lines = Lines::default();
        let word = |word: &str| word.to_owned();
        lines.push([Cell::Right(word("mean")), Cell::Right(word("rows")), Cell::Left(word("where"))]);
        // Of a rule that holds for no other row nothing is known.
        for rule in set.rules.iter().filter(|rule| rule.test_rows > 0).take(RULES_SHOWN) {
            let conditions = simplest(&rule.conditions);
            let place = if conditions.is_empty() { word("everywhere") } else { conditions.join(" and ") };
            lines.push([
                Cell::Right(number(rule.test_value)),
                Cell::Right(rule.test_rows.to_string()),
                Cell::Free(place),
            ]);
        }
        text.push_str(&lines.print(2, WIDTH));
        if set.rules.len() > RULES_SHOWN {
            let _ = writeln!(text, "… {} more rules: see --json", set.rules.len() - RULES_SHOWN);
        }
    }
}

/// The conditions as text, without those that a later one of the same column implies.
fn simplest(conditions: &[Condition]) -> Vec<String> {
    let implied = |place: usize| {
        let own = &conditions[place];
        conditions[place + 1..].iter().any(|later| {
            let same = matches!(
                (&own.test, &later.test),
                (Test::AtMost(_), Test::AtMost(_)) | (Test::Above(_), Test::Above(_)) | (Test::In(_), Test::In(_))
            );
            same && later.name == own.name
        })
    };
    let kept = (0..conditions.len()).filter(|&place| !implied(place));
    kept.map(|place| condition(&conditions[place])).collect()
}

fn condition(condition: &Condition) -> String {
    let name = &condition.name;
    let text = match &condition.test {
        Test::AtMost(most) => format!("{name} <= {}", brief(*most)),
        Test::Above(least) => format!("{name} > {}", brief(*least)),
        Test::In(levels) if levels.len() == 1 => format!("{name} == {}", levels[0]),
        Test::In(levels) => format!("{name} in [{}]", levels.join(", ")),
        Test::NotIn(levels) if levels.len() == 1 => format!("{name} != {}", levels[0]),
        Test::NotIn(levels) => format!("{name} not in [{}]", levels.join(", ")),
    };
    if condition.or_missing { format!("({text} or missing)") } else { text }
}
