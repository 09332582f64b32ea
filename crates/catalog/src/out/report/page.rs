//! What a report tells, as the values that its templates are filled with.

use super::Form;
use crate::look::plot::all_of_results;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment as Templates, Value as Filled};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Role;
use pipewright_frame::profile::{ColumnProfile, Depth, Options, Profile, percent};
use pipewright_learn::metric::Confusion;
use pipewright_operator::Data;
use pipewright_operator::result::{Evaluation, Explanation, MetricResult, Output, Score, Subgroup, Subgroups};
use pipewright_operator::work::Given;
use pipewright_plot::{Size, Theme};
use serde::Serialize;

const PAGE: &str = include_str!("page.html");
const CARD: &str = include_str!("card.md");

/// The size of a picture, in pixels.
const PICTURE: Size = Size { width: 560, height: 400 };

/// Columns of the data that are listed.
const COLUMNS_MAX: usize = 200;

#[derive(Serialize)]
struct Page {
    target: String,
    models: String,
    data: Option<Facts>,
    evaluations: Vec<Judged>,
    /// Other results, as text.
    others: Vec<Said>,
    pictures: Vec<String>,
    script: String,
    seed: u64,
    version: &'static str,
}

/// The columns of the data.
#[derive(Serialize)]
struct Facts {
    rows: u64,
    columns: Vec<Fact>,
    more: usize,
}

#[derive(Serialize)]
struct Fact {
    name: String,
    kind: String,
    role: String,
    missing: String,
    distinct: u64,
    values: String,
}

#[derive(Serialize)]
struct Judged {
    name: String,
    setting: String,
    assessed: Option<String>,
    metrics: Vec<Measured>,
    classes: Vec<String>,
    confusion: Vec<Vec<u64>>,
    by: Option<By>,
}

/// The scores of groups of rows.
#[derive(Serialize)]
struct By {
    column: String,
    metrics: Vec<&'static str>,
    groups: Vec<GroupOfRows>,
}

#[derive(Serialize)]
struct GroupOfRows {
    name: String,
    rows: usize,
    scores: Vec<String>,
}

#[derive(Serialize)]
struct Measured {
    name: &'static str,
    mean: String,
    interval: String,
    baseline: String,
    undefined: Option<String>,
}

#[derive(Serialize)]
struct Said {
    kind: &'static str,
    text: String,
}

/// The text of a report.
///
/// # Errors
/// A [`Failure`] if the rows cannot be read.
pub(super) fn text(form: Form, given: &Given<'_>) -> Result<String, Failure> {
    let page = page(form, given)?;
    let broken = |error: minijinja::Error| Failure::new(code::BUG, format!("a template of reports: {error:#}"));
    let mut templates = Templates::new();
    templates.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(broken)?);
    let (name, source, escape) = match form {
        Form::Page => ("page.html", PAGE, AutoEscape::Html),
        Form::Card => ("card.md", CARD, AutoEscape::None),
    };
    templates.set_auto_escape_callback(move |_| escape.clone());
    templates.add_filter("cell", |text: String| text.replace('|', "\\|").replace('\n', " "));
    templates.add_template(name, source).map_err(broken)?;
    templates.get_template(name).map_err(broken)?.render(Filled::from(Serde(&page))).map_err(broken)
}

fn page(form: Form, given: &Given<'_>) -> Result<Page, Failure> {
    let evaluations: Vec<&Evaluation> = given.results.iter().filter_map(|output| output.as_evaluation()).collect();
    let explanations: Vec<&Explanation> = given.results.iter().filter_map(|output| output.as_explanation()).collect();
    let pictures = match form {
        Form::Page => all_of_results(&evaluations, &explanations)
            .iter()
            .map(|figure| pipewright_plot::svg(figure, Theme::Auto, PICTURE))
            .collect(),
        Form::Card => Vec::new(),
    };
    let mut models: Vec<&str> = evaluations.iter().map(|evaluation| evaluation.model.as_str()).collect();
    models.dedup();
    Ok(Page {
        target: evaluations.first().map(|evaluation| evaluation.task.target.to_string()).unwrap_or_default(),
        models: models.join(", "),
        data: given.rows.map(facts).transpose()?,
        evaluations: evaluations.into_iter().map(judged).collect(),
        others: given.results.iter().filter_map(|output| said(output)).collect(),
        pictures,
        script: given.script.trim_end().to_owned(),
        seed: given.seed,
        version: env!("CARGO_PKG_VERSION"),
    })
}

fn facts(rows: &Data) -> Result<Facts, Failure> {
    let profile = Profile::of(rows.chunks(), &Options { on: None, depth: Depth::Columns })?;
    let more = profile.columns.len().saturating_sub(COLUMNS_MAX);
    Ok(Facts { rows: profile.rows, columns: profile.columns.iter().take(COLUMNS_MAX).map(fact).collect(), more })
}

fn fact(column: &ColumnProfile) -> Fact {
    const LEVELS: usize = 3;
    let present = column.present().max(1) as f64;
    let level =
        |level: &pipewright_frame::profile::Level| format!("{} {}", level.value, percent(level.count as f64 / present));
    let values = match (&column.numbers, &column.range) {
        (Some(numbers), _) => {
            format!("mean {}, from {} to {}", number(numbers.mean), number(numbers.min()), number(numbers.max()))
        }
        (None, Some((first, last))) => format!("from {first} to {last}"),
        (None, None) => column.levels.iter().take(LEVELS).map(level).collect::<Vec<_>>().join(", "),
    };
    Fact {
        name: column.name.to_string(),
        kind: column.kind.to_string(),
        role: if column.role == Role::Feature { String::new() } else { column.role.to_string() },
        missing: if column.missing == 0 { "0".to_owned() } else { percent(column.missing_share()) },
        distinct: column.distinct.value,
        values,
    }
}

fn judged(evaluation: &Evaluation) -> Judged {
    let name = match &evaluation.arm {
        Some(arm) => format!("{arm}: {}", evaluation.model),
        None => evaluation.model.clone(),
    };
    let folds = match (evaluation.folds, evaluation.repeat) {
        (1, 1) => String::new(),
        (folds, 1) => format!(", {folds} folds"),
        (folds, repeat) => format!(", {folds} folds, {repeat} times"),
    };
    let (classes, confusion) = match (evaluation.task.classes(), evaluation.confusion()) {
        (Some(classes), Some(confusion)) => (classes.to_vec(), counts(&confusion)),
        _ => (Vec::new(), Vec::new()),
    };
    let assessed = evaluation.assessed.as_ref().map(|assessed| match assessed.times {
        1 => format!("final exam on the holdout `{}`", assessed.holdout),
        times => format!("final exam on the holdout `{}`, on which {times} pipelines were assessed", assessed.holdout),
    });
    Judged {
        name,
        setting: format!("{}{folds}, {} held-out rows, seed {}", evaluation.scheme, evaluation.rows(), evaluation.seed),
        assessed,
        metrics: evaluation.metrics().map(|metric| measured(&metric)).collect(),
        classes,
        confusion,
        by: evaluation.subgroups.as_ref().map(by),
    }
}

fn by(Subgroups { by, groups }: &Subgroups) -> By {
    let metrics = groups.first().map(|group| group.scores.iter().map(|score| score.metric).collect());
    let score = |score: &Score| score.model.as_ref().map_or_else(|_| "·".to_owned(), |value| number(*value));
    let group = |group: &Subgroup| GroupOfRows {
        name: group.name.to_string(),
        rows: group.rows,
        scores: group.scores.iter().map(score).collect(),
    };
    By { column: by.to_string(), metrics: metrics.unwrap_or_default(), groups: groups.iter().map(group).collect() }
}

fn counts(confusion: &Confusion) -> Vec<Vec<u64>> {
    (0..confusion.classes()).map(|class| confusion.row(class).to_vec()).collect()
}

fn measured(metric: &MetricResult<'_>) -> Measured {
    let [mean, baseline] =
        [metric.mean().ok(), metric.baseline().mean().ok()].map(|value| value.map_or_else(|| "·".to_owned(), number));
    let interval = metric.interval();
    let interval = interval.map_or_else(String::new, |of| format!("{} to {}", number(of.low), number(of.high)));
    Measured {
        name: metric.name(),
        mean,
        interval,
        baseline,
        undefined: metric.undefined().map(|reason| reason.0.clone()),
    }
}

/// A number with four significant digits or, if it is whole, all of them.
fn number(value: f64) -> String {
    if value == value.round() && value.abs() < 1e15 {
        return format!("{value}");
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    format!("{value:.*}", digits.clamp(0, 9) as usize)
}

/// What is told as the terminal tells it.
fn said(output: &Output) -> Option<Said> {
    match output {
        Output::Evaluation(_) | Output::Figures(_) | Output::Saved(_) | Output::Written(_) | Output::Reported(_) => {
            None
        }
        other => Some(Said { kind: other.kind(), text: pipewright_render::text(other).trim_end().to_owned() }),
    }
}
