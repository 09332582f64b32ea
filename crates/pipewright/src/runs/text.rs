//! Runs as text.

use super::record::{RecordedMetric, RecordedResult, RunRecord};
use pipewright_frame::MomentForm;
use pipewright_render::WIDTH;
use pipewright_render::lines::{Cell, Lines};
use std::path::Path;

/// The last runs, a line for each result.
pub(super) fn list(records: &[RunRecord], last: usize, path: &Path) -> String {
    if records.is_empty() {
        return format!("No run is kept in {} yet: `eval`, `tune` and `assess` add theirs.\n", path.display());
    }
    let mut lines = Lines::default();
    lines.push(["run", "time", "", "metric", "mean", "model"].map(|word| Cell::Left(word.to_owned())));
    let first = records.len().saturating_sub(last);
    for (place, record) in records.iter().enumerate().skip(first) {
        for (index, result) in record.results.iter().enumerate() {
            let only_first = |text: String| Cell::Left(if index == 0 { text } else { String::new() });
            let metric = result.metrics.first();
            lines.push([
                only_first((place + 1).to_string()),
                only_first(moment(record.time)),
                Cell::Left(result.kind.clone()),
                Cell::Left(metric.map_or_else(String::new, |metric| metric.name.clone())),
                Cell::Right(metric.map_or_else(String::new, mean)),
                Cell::Free(result.label()),
            ]);
        }
    }
    let mut text = lines.print(0, WIDTH);
    if first > 0 {
        text.push_str(&format!("… {first} earlier {}\n", if first == 1 { "run" } else { "runs" }));
    }
    text
}

/// A run: its script, its data and its results.
pub(super) fn show(number: usize, record: &RunRecord) -> String {
    let mut text = format!(
        "run {number}, {}, {:.1} s, pipewright {}, seed {}\n\n",
        moment(record.time),
        record.seconds,
        record.pipewright,
        record.seed
    );
    record.script.trim_end().lines().for_each(|line| text.push_str(&format!("  {line}\n")));
    for file in &record.data {
        text.push_str(&format!("\n{} ({} bytes)", file.path, file.bytes));
    }
    if !record.data.is_empty() {
        text.push('\n');
    }
    for result in &record.results {
        text.push_str(&format!("\n{} {} for {} ({})\n", result.kind, result.label(), result.target, result.scheme));
        let mut lines = Lines::default();
        for metric in &result.metrics {
            lines.push([Cell::Left(metric.name.clone()), Cell::Right(mean(metric)), Cell::Left(interval(metric))]);
        }
        for (name, value) in &result.chosen {
            lines.push([Cell::Left(name.clone()), Cell::Right(value.clone())]);
        }
        text.push_str(&lines.print(2, WIDTH));
    }
    text
}

/// A time of day in UTC.
fn moment(seconds: u64) -> String {
    let micros = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000_000).saturating_mul(1_000_000);
    MomentForm::Second.date_text(micros).replace('T', " ")
}

pub(super) fn mean(metric: &RecordedMetric) -> String {
    metric.mean.map_or_else(|| "undefined".to_owned(), number)
}

pub(super) fn number(number: f64) -> String {
    format!("{number:.4}")
}

fn interval(metric: &RecordedMetric) -> String {
    metric.interval.map_or_else(String::new, |[low, high]| format!("95% interval {low:.4} to {high:.4}"))
}

impl RecordedResult {
    /// The metric of this name.
    pub(super) fn metric(&self, name: &str) -> Option<&RecordedMetric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}
