//! What a fitted model learned, as a table with the names of features and classes.

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use pipewright_frame::{Column, ColumnType, Table};
use pipewright_learn::{Estimate, Importance, Inference, LayerSummary, LinearFunction, Summary};
use pipewright_operator::Task;
use pipewright_operator::result::quantile_name;
use std::sync::Arc;

/// The parameters of a model, a line per coefficient, layer or class.
pub(crate) fn table(summary: &Summary, features: &[String], task: &Task) -> Table {
    let classes: &[String] = task.classes().map_or(&[], |classes| classes);
    let columns = match summary {
        Summary::Shares(shares) => vec![texts("class", classes), numbers("share", shares.clone())],
        Summary::Constant(value) => vec![numbers("prediction", vec![*value])],
        Summary::Coefficients(functions) => coefficients(functions, features, classes),
        Summary::Layers(layers) => network(layers),
        Summary::Importance(importance) => importances(importance, features),
        Summary::Sizes(sizes) => {
            let (names, numbers): (Vec<&str>, Vec<usize>) = sizes.iter().copied().unzip();
            vec![texts("part", &names), counts("count", numbers)]
        }
        _ => Vec::new(),
    };
    let (columns, arrays) = columns.into_iter().unzip();
    Table::new(columns, arrays).expect("the columns of a summary have one length")
}

fn coefficients(functions: &[LinearFunction], features: &[String], classes: &[String]) -> Vec<(Column, ArrayRef)> {
    let terms: Vec<&str> = std::iter::once("(intercept)").chain(features.iter().map(String::as_str)).collect();
    let each = functions.iter().flat_map(|function| {
        let class = function.class.and_then(|class| classes.get(class));
        let of = |name: &str| match (class, functions.len()) {
            (Some(class), 2..) => format!("{name}({class})"),
            _ => name.to_owned(),
        };
        let name = match (class, function.quantile) {
            (Some(class), _) => format!("log_odds({class})"),
            (None, Some(level)) => format!("coefficient({})", quantile_name(level)),
            (None, None) => "coefficient".to_owned(),
        };
        let values = std::iter::once(function.intercept).chain(function.weights.iter().copied()).collect();
        let certainty = function.inference.iter().flat_map(|inference| certainty(inference, of));
        std::iter::once(numbers(&name, values)).chain(certainty.collect::<Vec<_>>())
    });
    std::iter::once(texts("term", &terms)).chain(each).collect()
}

/// The features by their share of the gain, the most important one first.
fn importances(importance: &Importance, features: &[String]) -> Vec<(Column, ArrayRef)> {
    let mut order: Vec<usize> = (0..features.len()).collect();
    order.sort_by(|&a, &b| importance.gain[b].total_cmp(&importance.gain[a]).then(a.cmp(&b)));
    let each = |of: &[f64]| order.iter().map(|&feature| of[feature]).collect();
    vec![
        texts("feature", &order.iter().map(|&feature| features[feature].as_str()).collect::<Vec<_>>()),
        numbers("gain", each(&importance.gain)),
        numbers("cover", each(&importance.cover)),
        counts("splits", order.iter().map(|&feature| importance.splits[feature]).collect()),
    ]
}

/// How certain the parameters are: standard error, t or z, p-value, and the interval of 95 %. They are missing for an
/// intercept that does not exist.
fn certainty(inference: &Inference, name: impl Fn(&str) -> String) -> Vec<(Column, ArrayRef)> {
    let all: Vec<Option<Estimate>> =
        std::iter::once(inference.intercept).chain(inference.weights.iter().copied().map(Some)).collect();
    let statistic = if inference.freedom.is_some() { "t" } else { "z" };
    type Part = (&'static str, fn(&Estimate) -> f64);
    let parts: [Part; 5] = [
        ("std_error", |estimate| estimate.std_error),
        (statistic, |estimate| estimate.statistic),
        ("p_value", |estimate| estimate.p_value),
        ("low_95", |estimate| estimate.low),
        ("high_95", |estimate| estimate.high),
    ];
    let column = |(part, of): Part| {
        let values: Float64Array = all.iter().map(|estimate| estimate.as_ref().map(of)).collect();
        (Column::new(name(part), ColumnType::Continuous), Arc::new(values) as ArrayRef)
    };
    parts.into_iter().map(column).collect()
}

fn network(layers: &[LayerSummary]) -> Vec<(Column, ArrayRef)> {
    let each = |of: fn(&LayerSummary) -> usize| layers.iter().map(of).collect();
    vec![
        texts("layer", &layers.iter().map(|layer| layer.kind).collect::<Vec<_>>()),
        counts("inputs", each(|layer| layer.inputs)),
        counts("outputs", each(|layer| layer.outputs)),
        texts("activation", &layers.iter().map(|layer| layer.activation.as_str()).collect::<Vec<_>>()),
        counts("parameters", each(|layer| layer.parameters)),
    ]
}

fn texts(name: &str, values: &[impl AsRef<str>]) -> (Column, ArrayRef) {
    (Column::new(name, ColumnType::Text), Arc::new(StringArray::from_iter_values(values)))
}

fn numbers(name: &str, values: Vec<f64>) -> (Column, ArrayRef) {
    (Column::new(name, ColumnType::Continuous), Arc::new(Float64Array::from(values)))
}

fn counts(name: &str, values: Vec<usize>) -> (Column, ArrayRef) {
    let values = values.into_iter().map(|value| i64::try_from(value).unwrap_or(i64::MAX));
    (Column::new(name, ColumnType::Count), Arc::new(values.collect::<Int64Array>()))
}
