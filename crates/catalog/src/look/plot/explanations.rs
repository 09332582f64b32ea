//! Pictures of explanations: the importance of columns, and their contributions to predictions.

use super::Kind;
use pipewright_diagnostic::{Failure, code};
use pipewright_operator::result::{
    Contributions, Effect, EffectMethod, EffectPoint, Effects, Explained, Explanation, Importance, Place,
};
use pipewright_plot::{Bar, Bars, Contribution, Figure};

/// The most columns that have a panel.
const PANELS: usize = 12;

/// The most classes that have a panel of their own.
const CLASSES: usize = 6;

/// The picture of a kind, of the last explanation that has one.
///
/// # Errors
/// `WRONG_ORDER` if there is none above.
pub(super) fn figure(kind: Kind, explanations: &[&Explanation]) -> Result<Figure, Failure> {
    let found = explanations.iter().rev().find_map(|explanation| match (kind, &explanation.shown) {
        (Kind::Importance, Explained::Importance(importance)) => Some(importance_bars(importance)),
        (Kind::Importance, Explained::Contributions(found)) => Some(contribution_bars(found)),
        (Kind::Beeswarm, Explained::Contributions(found)) => Some(beeswarm(found, explanation)),
        (Kind::Waterfall, Explained::Contributions(found)) => Some(waterfall(found, explanation)),
        (Kind::Effect, Explained::Effects(found)) => Some(effects(found, explanation)),
        _ => None,
    });
    found.ok_or_else(|| {
        let message = format!("there is no explanation above from which to draw `{}`", kind.word());
        let help = match kind {
            Kind::Importance => "explain first: | explain permutation",
            Kind::Waterfall => "explain first: | explain shap row=1",
            Kind::Effect => "explain first: | explain pdp on COLUMN",
            _ => "explain first: | explain shap",
        };
        Failure::new(code::WRONG_ORDER, message).help(help)
    })
}

fn bars(title: &str, name: &str, bars: &[Bar<'_>]) -> Figure {
    pipewright_plot::bars(&Bars { title, by: "", name, unit: "", bars, in_order: false })
}

fn importance_bars(Importance { metric, found, .. }: &Importance) -> Figure {
    let bar = |(name, player): (&String, &pipewright_explain::PlayerImportance)| {
        (name.clone(), player.mean, player.interval.map(|interval| [interval.low, interval.high]))
    };
    let all: Vec<_> = found.names.iter().zip(&found.players).map(bar).collect();
    let all: Vec<Bar<'_>> =
        all.iter().map(|(name, value, interval)| Bar { name, value: *value, interval: *interval }).collect();
    bars("Permutation importance", &format!("how much worse {metric} gets"), &all)
}

fn contribution_bars(Contributions { found, .. }: &Contributions) -> Figure {
    let outputs = outputs(found.outputs());
    let mean = |column: usize| outputs.clone().map(|output| found.importance(output)[column]).sum::<f64>();
    let all: Vec<Bar<'_>> = found
        .names()
        .iter()
        .enumerate()
        .map(|(column, name)| Bar { name, value: mean(column), interval: None })
        .collect();
    bars("Importance by SHAP", "mean absolute contribution", &all)
}

/// Of two classes the second, since the first mirrors it.
fn outputs(count: usize) -> std::ops::Range<usize> {
    if count == 2 { 1..2 } else { 0..count }
}

/// The first row that is explained; of several classes, that of the last.
fn waterfall(Contributions { found, values, .. }: &Contributions, explanation: &Explanation) -> Figure {
    let output = explanation.task.classes().map_or(0, |classes| classes.len() - 1);
    let of = found.names().iter().zip(&values[0]).zip(found.of(0, output));
    let contributions: Vec<(&str, &str, f64)> =
        of.map(|((name, value), amount)| (name.as_str(), value.as_str(), *amount)).collect();
    pipewright_plot::waterfall(&pipewright_plot::Waterfall {
        target: &predicted(explanation, output),
        base: found.base(0, output),
        contributions: &contributions,
    })
}

/// What an output is: a number, or the probability of a class.
fn predicted(explanation: &Explanation, output: usize) -> String {
    match explanation.task.classes() {
        Some(classes) => format!("p({})", classes[output]),
        None => explanation.task.target.to_string(),
    }
}

/// A panel per column: a line over numbers, a bar per level. Of several classes, that of the last.
fn effects(Effects { effects, method, .. }: &Effects, explanation: &Explanation) -> Figure {
    let output = explanation.task.classes().map_or(0, |classes| classes.len() - 1);
    let what = predicted(explanation, output);
    let figures: Vec<(&str, Figure)> =
        effects.iter().take(PANELS).map(|effect| (effect.column.as_str(), panel(effect, output, &what))).collect();
    match figures.as_slice() {
        [(_, figure)] => figure.clone(),
        several => {
            let title = match method {
                EffectMethod::Dependence => "Partial dependence",
                EffectMethod::Accumulated => "Accumulated local effects",
            };
            pipewright_plot::small_multiples(title, several)
        }
    }
}

fn panel(Effect { column, points }: &Effect, output: usize, what: &str) -> Figure {
    let number = |point: &EffectPoint| match point.place {
        Place::Number(number) => Some([number, point.mean[output], point.low[output], point.high[output]]),
        Place::Level(_) => None,
    };
    let Some(places) = points.iter().map(number).collect::<Option<Vec<_>>>() else {
        let bar = |point: &EffectPoint| match &point.place {
            Place::Level(level) => (level.clone(), point.mean[output], [point.low[output], point.high[output]]),
            Place::Number(number) => (number.to_string(), point.mean[output], [point.low[output], point.high[output]]),
        };
        let all: Vec<_> = points.iter().map(bar).collect();
        let all: Vec<Bar<'_>> = all
            .iter()
            .map(|(name, value, ends)| Bar { name, value: *value, interval: (ends[0] < ends[1]).then_some(*ends) })
            .collect();
        return pipewright_plot::bars(&Bars {
            title: &format!("Effect of {column}"),
            by: column,
            name: what,
            unit: "",
            bars: &all,
            in_order: false,
        });
    };
    let average: Vec<[f64; 2]> = places.iter().map(|[place, mean, ..]| [*place, *mean]).collect();
    let band: Vec<[f64; 3]> = places.iter().map(|[place, _, low, high]| [*place, *low, *high]).collect();
    let feature = pipewright_plot::Column::new(column, &[]);
    pipewright_plot::effect(&pipewright_plot::Effect {
        feature,
        effect: what,
        average: &average,
        band: &band,
        rows: &[],
    })
}

fn beeswarm(contributions: &Contributions, explanation: &Explanation) -> Figure {
    let found = &contributions.found;
    let classes = explanation.task.classes();
    let of_output = |output: usize| {
        let name = classes.map_or_else(|| explanation.task.target.to_string(), |classes| classes[output].clone());
        (name, of_output(contributions, output))
    };
    let figures: Vec<(String, Figure)> = outputs(found.outputs()).take(CLASSES).map(of_output).collect();
    match figures.as_slice() {
        [(_, figure)] => figure.clone(),
        several => {
            let several: Vec<(&str, Figure)> = several.iter().map(|(name, of)| (name.as_str(), of.clone())).collect();
            pipewright_plot::small_multiples("Contributions to each class", &several)
        }
    }
}

fn of_output(Contributions { found, values, .. }: &Contributions, output: usize) -> Figure {
    let importance = found.importance(output);
    let mut order: Vec<usize> = (0..importance.len()).collect();
    order.sort_by(|a, b| importance[*b].total_cmp(&importance[*a]));
    let number = |text: &String| text.parse().unwrap_or(f64::NAN);
    let of_column = |&column: &usize| {
        let contributions: Vec<f64> = (0..found.rows()).map(|row| found.of(row, output)[column]).collect();
        let values: Vec<f64> = values.iter().map(|row| number(&row[column])).collect();
        (&found.names()[column], contributions, values)
    };
    let columns: Vec<_> = order.iter().map(of_column).collect();
    let columns: Vec<Contribution<'_>> = columns
        .iter()
        .map(|(feature, contributions, values)| Contribution { feature, contributions, values })
        .collect();
    pipewright_plot::beeswarm(&columns)
}
