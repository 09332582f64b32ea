//! Pictures of tables.

use super::Kind;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{ColumnType, Table};
use pipewright_plot::{Bar, Bars, Boxes, Categories, Column, Densities, Figure, Group, Histogram, Scatter};
use std::sync::Arc;

/// The picture of a kind, of these columns; of groups by another one.
///
/// # Errors
/// A [`Failure`] if there are no columns of the kind that it draws.
pub(super) fn figure(kind: Kind, table: &Table, columns: &[Arc<str>], by: Option<&str>) -> Result<Figure, Failure> {
    let groups = by.map(|by| Groups::of(table, by)).transpose()?;
    let own: Vec<&Arc<str>> = columns.iter().filter(|name| by != Some(name)).collect();
    match kind {
        Kind::Histogram => each(kind, "Distributions", &numbers(table, &own)?, |name, values| match &groups {
            None => {
                pipewright_plot::histogram(&Histogram { column: Column::new(name, values), ..Histogram::default() })
            }
            Some(groups) => {
                let parts = groups.parts(values);
                let covered = range(&parts);
                let mut figures = Vec::new();
                for (group, values) in &parts {
                    let column = Column::new(name, values);
                    let of = Histogram { column, bins: None, range: covered };
                    figures.push((*group, pipewright_plot::histogram(&of)));
                }
                let title = format!("Distribution of {name} by {}", groups.name);
                pipewright_plot::small_multiples(&title, &figures)
            }
        }),
        Kind::Density => each(kind, "Densities", &numbers(table, &own)?, |name, values| {
            let parts = split(groups.as_ref(), name, values);
            let parts: Vec<Group<'_>> = parts.iter().map(|(name, values)| Group { name, values }).collect();
            pipewright_plot::densities(&Densities { name, unit: "", groups: &parts })
        }),
        Kind::Box | Kind::Violin => each(kind, "Distributions", &numbers(table, &own)?, |name, values| {
            let parts = split(groups.as_ref(), name, values);
            let parts: Vec<Group<'_>> = parts.iter().map(|(name, values)| Group { name, values }).collect();
            let by = groups.as_ref().map_or("", |groups| &groups.name);
            let of = Boxes { name, unit: "", by, groups: &parts };
            if kind == Kind::Box { pipewright_plot::boxes(&of) } else { pipewright_plot::violins(&of) }
        }),
        Kind::Bar => bars(table, &own),
        Kind::Scatter => scatter(table, &own, groups.as_ref()),
        Kind::Matrix => {
            let columns = numbers(table, &own)?;
            let columns: Vec<Column<'_>> = columns.iter().map(|(name, values)| Column::new(name, values)).collect();
            Ok(pipewright_plot::scatter_matrix(&columns))
        }
        Kind::Correlation => Ok(correlations(&numbers(table, &own)?)),
        _ => Ok(missing(table, &own)),
    }
}

/// A figure per column; several of them in one.
fn each(
    kind: Kind,
    title: &str,
    columns: &[(Arc<str>, Vec<f64>)],
    draw: impl Fn(&str, &[f64]) -> Figure,
) -> Result<Figure, Failure> {
    match columns {
        [] => Err(none(kind, "numbers")),
        [(name, values)] => Ok(draw(name, values)),
        several => {
            let figures: Vec<(&str, Figure)> =
                several.iter().map(|(name, values)| (&**name, draw(name, values))).collect();
            let panels = figures.into_iter().flat_map(|(name, figure)| {
                figure.panels.into_iter().map(move |mut panel| {
                    panel.title =
                        if panel.title.is_empty() { name.to_owned() } else { format!("{name}, {}", panel.title) };
                    panel
                })
            });
            Ok(Figure::new(title, panels.collect()))
        }
    }
}

fn none(kind: Kind, what: &str) -> Failure {
    let message = format!("`plot {}` draws columns of {what}, and there are none here", kind.word());
    Failure::new(code::NOT_NUMERIC, message).help("name columns after `on`")
}

/// Columns of numbers by their names.
type Numbers = Vec<(Arc<str>, Vec<f64>)>;

/// The columns of numbers; missing values are NaN.
fn numbers(table: &Table, names: &[&Arc<str>]) -> Result<Numbers, Failure> {
    let is_number = |name: &&&Arc<str>| table.column(name).is_ok_and(|column| column.kind.is_numeric());
    let of = |name: &&Arc<str>| Ok(((*name).clone(), table.numbers_or_nan(std::slice::from_ref(*name))?));
    names.iter().filter(is_number).map(of).collect()
}

/// The groups of rows by the values of a column.
struct Groups {
    name: String,
    names: Vec<String>,
    of_row: Vec<Option<u32>>,
}

impl Groups {
    fn of(table: &Table, by: &str) -> Result<Groups, Failure> {
        let names = table.classes(by)?;
        let of_row = table.codes(by, &names)?;
        Ok(Groups { name: by.to_owned(), names, of_row })
    }

    /// The values of each group.
    fn parts(&self, values: &[f64]) -> Vec<(&str, Vec<f64>)> {
        let mut parts: Vec<(&str, Vec<f64>)> = self.names.iter().map(|name| (name.as_str(), Vec::new())).collect();
        for (value, group) in values.iter().zip(&self.of_row) {
            if let Some(group) = group {
                parts[*group as usize].1.push(*value);
            }
        }
        parts
    }
}

/// The values of each group, or all of them under the name of the column.
fn split<'a>(groups: Option<&'a Groups>, name: &'a str, values: &[f64]) -> Vec<(&'a str, Vec<f64>)> {
    groups.map_or_else(|| vec![(name, values.to_vec())], |groups| groups.parts(values))
}

/// The range of all groups together.
fn range(parts: &[(&str, Vec<f64>)]) -> Option<[f64; 2]> {
    let values = parts.iter().flat_map(|(_, values)| values).copied().filter(|value| value.is_finite());
    values.fold(None, |range, value| {
        let [low, high] = range.unwrap_or([value, value]);
        Some([value.min(low), value.max(high)])
    })
}

/// How many rows have each value of a column of texts.
fn bars(table: &Table, names: &[&Arc<str>]) -> Result<Figure, Failure> {
    let is_text = |name: &&&Arc<str>| {
        let kind = table.column(name).map(|column| column.kind);
        matches!(kind, Ok(ColumnType::Category | ColumnType::Text | ColumnType::Bool))
    };
    let mut figures = Vec::new();
    for name in names.iter().filter(is_text) {
        let classes = table.classes(name)?;
        let mut counts = vec![0_usize; classes.len()];
        let codes = table.codes(name, &classes)?;
        codes.iter().flatten().for_each(|&code| counts[code as usize] += 1);
        let bar = |(name, &count): (&String, &usize)| (name.clone(), count as f64);
        let counted: Vec<(String, f64)> = classes.iter().zip(&counts).map(bar).collect();
        let bars: Vec<Bar<'_>> =
            counted.iter().map(|(name, value)| Bar { name, value: *value, interval: None }).collect();
        let title = format!("Values of {name}");
        let of = Bars { title: &title, by: name, name: "rows", unit: "", bars: &bars, in_order: false };
        figures.push((&***name, pipewright_plot::bars(&of)));
    }
    match figures.len() {
        0 => Err(none(Kind::Bar, "texts")),
        1 => Ok(figures.remove(0).1),
        _ => {
            let panels = figures.into_iter().flat_map(|(name, figure)| {
                figure.panels.into_iter().map(move |mut panel| {
                    panel.title = name.to_owned();
                    panel
                })
            });
            Ok(Figure::new("Values", panels.collect()))
        }
    }
}

fn scatter(table: &Table, names: &[&Arc<str>], groups: Option<&Groups>) -> Result<Figure, Failure> {
    let columns = numbers(table, names)?;
    let [(x_name, x), (y_name, y), ..] = columns.as_slice() else {
        return Err(none(Kind::Scatter, "two numbers"));
    };
    let of_row = |groups: &'_ Groups| -> Vec<String> {
        let name = |group: &Option<u32>| group.map_or(String::new(), |group| groups.names[group as usize].clone());
        groups.of_row.iter().map(name).collect()
    };
    let names = groups.map(of_row);
    let names: Option<Vec<&str>> = names.as_ref().map(|names| names.iter().map(String::as_str).collect());
    let by = groups.zip(names.as_deref()).map(|(groups, values)| Categories { name: &groups.name, values });
    Ok(pipewright_plot::scatter(&Scatter { x: Column::new(x_name, x), y: Column::new(y_name, y), by }))
}

/// Pearson's correlations of all pairs, over the rows in which both have a value.
fn correlations(columns: &[(Arc<str>, Vec<f64>)]) -> Figure {
    let names: Vec<&str> = columns.iter().map(|(name, _)| &**name).collect();
    let pair = |one: &[f64], other: &[f64]| {
        let both: Vec<(f64, f64)> =
            one.iter().copied().zip(other.iter().copied()).filter(|(a, b)| (a + b).is_finite()).collect();
        let count = both.len() as f64;
        let (a, b) =
            (both.iter().map(|pair| pair.0).sum::<f64>() / count, both.iter().map(|pair| pair.1).sum::<f64>() / count);
        let sum = |of: &dyn Fn(f64, f64) -> f64| both.iter().map(|(x, y)| of(x - a, y - b)).sum::<f64>();
        let (xy, xx, yy) = (sum(&|x, y| x * y), sum(&|x, _| x * x), sum(&|_, y| y * y));
        xy / (xx * yy).sqrt()
    };
    let values: Vec<f64> =
        columns.iter().flat_map(|(_, one)| columns.iter().map(move |(_, other)| pair(one, other))).collect();
    pipewright_plot::correlations(&names, &values)
}

fn missing(table: &Table, names: &[&Arc<str>]) -> Figure {
    let is_missing: Vec<(&str, Vec<bool>)> = names
        .iter()
        .filter_map(|name| {
            let array = table.array(name).ok()?;
            Some((&***name, (0..array.len()).map(|row| arrow_array::Array::is_null(array, row)).collect()))
        })
        .collect();
    let columns: Vec<(&str, &[bool])> = is_missing.iter().map(|(name, rows)| (*name, rows.as_slice())).collect();
    pipewright_plot::missing_values(&columns)
}
