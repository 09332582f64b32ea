//! Small multiples: the same picture for each category, with the same axes.

use crate::figure::{Axis, Content, Figure, Panel};
use crate::scale::{Interval, Scale};
use crate::summary::shown;

/// The most categories.
const PANELS: usize = 16;

/// The first panel of each figure, side by side under the names of the categories, on the same scales wherever all of them
/// have numbers; the first 16.
#[must_use]
pub fn small_multiples(title: &str, figures: &[(&str, Figure)]) -> Figure {
    let drawn = &figures[..figures.len().min(PANELS)];
    let mut panels = Vec::new();
    let mut result = Figure::new(title, Vec::new());
    for (name, figure) in drawn {
        if let Some(panel) = figure.panels.first() {
            panels.push(Panel { title: (*name).to_owned(), content: panel.content.clone() });
        }
        // What is true of one category is said with its name.
        result.notes.extend(figure.notes.iter().map(|note| format!("{name}: {note}")));
        result.key = result.key.or_else(|| figure.key.clone());
    }
    let x = share(&mut panels, |content| match content {
        Content::Chart(chart) => Some(&mut chart.x),
        _ => None,
    });
    let y = share(&mut panels, |content| match content {
        Content::Chart(chart) => Some(&mut chart.y),
        _ => None,
    });
    Figure { panels, shared: x && y, ..result }.note(shown(drawn.len(), figures.len(), "categories"))
}

/// Gives an axis of all panels the range of all, if they have the same kind of scale. Is it the same then?
fn share(panels: &mut [Panel], axis: impl Fn(&mut Content) -> Option<&mut Axis>) -> bool {
    let mut axes: Vec<&mut Axis> = panels.iter_mut().filter_map(|panel| axis(&mut panel.content)).collect();
    let Some(first) = axes.first().map(|axis| axis.scale.clone()) else { return false };
    let kind = std::mem::discriminant(&first);
    if first.names().is_some() || axes.iter().any(|axis| std::mem::discriminant(&axis.scale) != kind) {
        return axes.iter().all(|axis| axis.scale == first);
    }
    let all = Interval::of(axes.iter().map(|axis| axis.scale.interval()).flat_map(|range| [range.low(), range.high()]));
    for axis in &mut axes {
        axis.scale = match &axis.scale {
            Scale::Log(_) => Scale::Log(all),
            Scale::Count(_) => Scale::Count(all),
            Scale::Time(_) => Scale::Time(all),
            _ => Scale::Linear(all),
        };
    }
    true
}
