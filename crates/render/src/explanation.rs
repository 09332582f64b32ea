//! Explanations as text (the columns, the most important ones first) and as JSON.

mod rules;

use crate::evaluation::number;
use crate::lines::brief;
use pipewright_operator::result::{
    Contributions, Effect, EffectMethod, EffectPoint, Effects, Explained, Explanation, Importance, Place,
};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

/// The most columns that are listed as text.
const COLUMNS_SHOWN: usize = 20;

/// The fields of the documented JSON.
pub(crate) fn json(explanation: &Explanation) -> Json {
    let mut json = match &explanation.shown {
        Explained::Importance(importance) => of_importance(importance),
        Explained::Contributions(contributions) => of_contributions(contributions, explanation),
        Explained::Effects(effects) => of_effects(effects, explanation),
        Explained::Rules(rules) => rules::json(rules),
        _ => json!({}),
    };
    json["model"] = json!(explanation.model);
    json["target"] = json!(&*explanation.task.target);
    if let Some(arm) = &explanation.arm {
        json["arm"] = json!(arm);
    }
    json
}

fn of_importance(importance: &Importance) -> Json {
    let column = |(name, player): (&String, &pipewright_explain::PlayerImportance)| {
        let interval = player.interval.map(|interval| [interval.low, interval.high]);
        json!({"column": name, "mean": player.mean, "interval": interval, "each": player.each})
    };
    let found = &importance.found;
    json!({
        "method": "permutation",
        "metric": importance.metric,
        "score": found.score,
        "rows": importance.rows[1],
        "columns": found.names.iter().zip(&found.players).map(column).collect::<Vec<_>>(),
    })
}

fn of_contributions(Contributions { rows, found, values }: &Contributions, explanation: &Explanation) -> Json {
    let outputs = outputs(explanation);
    let of_row = |row: usize| {
        let of_output = |(output, name): (usize, &String)| {
            let contributions: Map<String, Json> =
                found.names().iter().cloned().zip(found.of(row, output).iter().map(|value| json!(value))).collect();
            let prediction = found.total(row, output);
            (
                name.clone(),
                json!({"base": found.base(row, output), "prediction": prediction, "contributions": contributions}),
            )
        };
        let values: Map<String, Json> =
            found.names().iter().cloned().zip(values[row].iter().map(|value| json!(value))).collect();
        let outputs: Map<String, Json> = shown(found.outputs()).zip(outputs.iter()).map(of_output).collect();
        json!({"row": rows[row] + 1, "values": values, "outputs": outputs})
    };
    let importance = |(output, name): (usize, &String)| {
        let of: Map<String, Json> =
            found.names().iter().cloned().zip(found.importance(output).into_iter().map(|value| json!(value))).collect();
        (name.clone(), Json::Object(of))
    };
    json!({
        "method": "shap",
        "importance": shown(found.outputs()).zip(outputs.iter()).map(importance).collect::<Map<_, _>>(),
        "rows": (0..found.rows()).map(of_row).collect::<Vec<_>>(),
    })
}

fn of_effects(Effects { method, rows, effects }: &Effects, explanation: &Explanation) -> Json {
    let outputs = outputs(explanation);
    let of_point = |point: &EffectPoint| {
        let of = |numbers: &[f64]| -> Map<String, Json> {
            outputs.iter().cloned().zip(shown(numbers.len()).map(|output| json!(numbers[output]))).collect()
        };
        let value = match &point.place {
            Place::Number(number) => json!(number),
            Place::Level(level) => json!(level),
        };
        json!({"value": value, "mean": of(&point.mean), "low": of(&point.low), "high": of(&point.high)})
    };
    let of_effect = |effect: &Effect| json!({"column": effect.column, "points": effect.points.iter().map(of_point).collect::<Vec<_>>()});
    json!({"method": method.name(), "rows": rows, "columns": effects.iter().map(of_effect).collect::<Vec<_>>()})
}

/// The outputs that are reported: of two classes the second, since the first mirrors it.
fn shown(outputs: usize) -> std::ops::Range<usize> {
    if outputs == 2 { 1..2 } else { 0..outputs }
}

/// The names of the outputs that are reported.
fn outputs(explanation: &Explanation) -> Vec<String> {
    match explanation.task.classes() {
        None => vec![explanation.task.target.to_string()],
        Some(classes) => shown(classes.len()).map(|class| format!("p({})", classes[class])).collect(),
    }
}

/// The columns, the most important ones first.
pub(crate) fn text(explanation: &Explanation) -> String {
    let arm = explanation.arm.as_ref().map_or_else(String::new, |arm| format!("{arm}: "));
    let mut text = format!("{arm}{} explained", explanation.model);
    match &explanation.shown {
        Explained::Importance(importance) => write_importance(&mut text, importance),
        Explained::Contributions(contributions) => write_contributions(&mut text, contributions, explanation),
        Explained::Effects(effects) => write_effects(&mut text, effects, explanation),
        Explained::Rules(rules) => rules::write(&mut text, rules),
        _ => {}
    }
    text
}

fn write_importance(text: &mut String, Importance { metric, found, rows }: &Importance) {
    let _ = writeln!(
        text,
        ": how much worse {metric} gets when a column is shuffled\n{} held-out rows, {metric} {}\n",
        rows[1],
        number(Some(found.score))
    );
    let names = width(&found.names);
    let _ = writeln!(text, "{:<names$}{:>12}{:>22}", "", "importance", "95% interval");
    for place in order(found.players.iter().map(|player| player.mean)) {
        let player = &found.players[place];
        let interval = player.interval.map_or_else(
            || "·".to_owned(),
            |interval| format!("{} to {}", number(Some(interval.low)), number(Some(interval.high))),
        );
        let _ = writeln!(text, "{:<names$}{:>12}{interval:>22}", short(&found.names[place]), number(Some(player.mean)));
    }
    write_rest(text, found.names.len());
}

fn write_contributions(text: &mut String, contributions: &Contributions, explanation: &Explanation) {
    let found = &contributions.found;
    if found.rows() == 1 {
        return write_row(text, contributions, explanation);
    }
    let rows = found.rows();
    let _ = writeln!(text, ": mean absolute contribution of each column (SHAP)\n{rows} held-out rows\n");
    let importance: Vec<Vec<f64>> = shown(found.outputs()).map(|output| found.importance(output)).collect();
    let total = |column: usize| importance.iter().map(|of_output| of_output[column]).sum::<f64>();
    let outputs = outputs(explanation);
    let names = width(found.names());
    let cells = outputs.iter().map(|output| output.chars().count() + 2).max().unwrap_or(0).max(12);
    let header: String = outputs.iter().map(|output| format!("{output:>cells$}")).collect();
    let _ = writeln!(text, "{:<names$}{header}", "");
    for column in order((0..found.names().len()).map(total)) {
        let values = importance.iter().map(|of_output| format!("{:>cells$}", number(Some(of_output[column]))));
        let _ = writeln!(text, "{:<names$}{}", short(&found.names()[column]), values.collect::<String>());
    }
    write_rest(text, found.names().len());
}

/// How the prediction of a row comes about: the base, and what each column adds to it.
fn write_row(text: &mut String, Contributions { rows, found, values }: &Contributions, explanation: &Explanation) {
    let _ = writeln!(text, ": row {}", rows[0] + 1);
    let label = |column: usize| match values[0][column].as_str() {
        "" => format!("{} is missing", short(&found.names()[column])),
        value => format!("{} = {}", short(&found.names()[column]), short(value)),
    };
    let labels: Vec<String> = (0..found.names().len()).map(label).collect();
    let names = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(BASE.len()) + 2;
    for (output, name) in shown(found.outputs()).zip(outputs(explanation)) {
        let _ = writeln!(text, "\n{name:<names$}{:>12}", number(Some(found.total(0, output))));
        let _ = writeln!(text, "{BASE:<names$}{:>12}", number(Some(found.base(0, output))));
        let contributions = found.of(0, output);
        for column in order(contributions.iter().map(|amount| amount.abs())) {
            // What rounds to 0 has no sign.
            let amount = if contributions[column].abs() < 5e-5 { 0.0 } else { contributions[column] };
            let _ = writeln!(text, "{:<names$}{amount:>+12.4}", labels[column]);
        }
        write_rest(text, labels.len());
    }
}

/// What contributions are added to.
const BASE: &str = "on average";

/// A block of lines per column, with at most this many of its values.
const VALUES_SHOWN: usize = 8;

fn write_effects(text: &mut String, Effects { method, rows, effects }: &Effects, explanation: &Explanation) {
    let what = match method {
        EffectMethod::Dependence => "mean prediction if all rows had the value (partial dependence)",
        EffectMethod::Accumulated => "how predictions change along a column (accumulated local effects)",
    };
    let _ = writeln!(text, ": {what}\n{rows} held-out rows");
    let outputs = outputs(explanation);
    let cells = outputs.iter().map(|output| output.chars().count() + 2).max().unwrap_or(0).max(12);
    let label = |point: &EffectPoint| match &point.place {
        Place::Number(number) => brief(*number),
        Place::Level(level) => short(level),
    };
    let header: String = outputs.iter().map(|output| format!("{output:>cells$}")).collect();
    for Effect { column, points } in effects {
        let kept = evenly(points);
        let labels = kept.iter().map(|point| label(point)).chain([short(column)]);
        let names = labels.map(|label| label.chars().count()).max().unwrap_or(0) + 2;
        let _ = writeln!(text, "\n{:<names$}{header}", short(column));
        for point in kept {
            let values = shown(point.mean.len()).map(|output| format!("{:>cells$}", number(Some(point.mean[output]))));
            let _ = writeln!(text, "{:<names$}{}", label(point), values.collect::<String>());
        }
    }
}

/// Evenly spread values of a column, the first and the last one among them.
fn evenly(points: &[EffectPoint]) -> Vec<&EffectPoint> {
    let (last, count) = (points.len().saturating_sub(1), points.len().min(VALUES_SHOWN));
    (0..count).map(|at| &points[at * last / (count - 1).max(1)]).collect()
}

/// The places of the largest values, the largest first.
fn order(values: impl Iterator<Item = f64>) -> Vec<usize> {
    let values: Vec<f64> = values.collect();
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    places.truncate(COLUMNS_SHOWN);
    places
}

fn write_rest(text: &mut String, columns: usize) {
    if columns > COLUMNS_SHOWN {
        let _ = writeln!(text, "… {} more columns: see --json", columns - COLUMNS_SHOWN);
    }
}

const NAME_WIDTH: usize = 30;

fn short(name: &str) -> String {
    name.chars().take(NAME_WIDTH).collect()
}

fn width(names: &[String]) -> usize {
    names.iter().map(|name| name.chars().count().min(NAME_WIDTH)).max().unwrap_or(0) + 2
}
