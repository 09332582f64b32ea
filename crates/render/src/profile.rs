//! A profile as text: an overview, warnings, a block per column, and associations.

use crate::WIDTH;
use crate::description::{about, left_out};
use crate::lines::{Cell, Lines, bars, brief, counted, value};
use pipewright_frame::profile::{
    Association, BETWEEN_MAX, ColumnProfile, Histogram, Measure, NumberProfile, Profile, Suspicion, TextProfile,
    percent,
};
use pipewright_frame::{ColumnType, Role, shortened};

/// Associations weaker than this are not printed.
const TOGETHER_MIN: f64 = 0.5;
/// Maximum number of associations printed.
const TOGETHER_SHOWN: usize = 15;
/// Maximum number of levels printed per column.
const LEVELS_SHOWN: usize = 5;

/// The report, with a block for each of the first `limit` columns.
pub(crate) fn text(profile: &Profile, limit: usize) -> String {
    let shown = limit.min(profile.columns.len());
    let mut parts = vec![overview(profile), worth_a_look(profile)];
    parts.extend(profile.columns[..shown].iter().map(block));
    parts.push(left_out("profile", profile.columns.len(), shown));
    parts.push(together(profile));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

/// Sizes, kinds, missing values, and duplicate rows.
fn overview(profile: &Profile) -> String {
    const KINDS: [ColumnType; 9] = [
        ColumnType::Continuous,
        ColumnType::Count,
        ColumnType::Bool,
        ColumnType::Category,
        ColumnType::Ordered,
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::Text,
        ColumnType::Id,
    ];
    let of = |kind: ColumnType| profile.columns.iter().filter(|column| column.kind == kind).count();
    let kinds: Vec<String> =
        KINDS.iter().filter(|kind| of(**kind) > 0).map(|kind| format!("{} {kind}", of(*kind))).collect();
    let columns = counted(profile.columns.len() as u64, "column");
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let mut text = format!("{}, {columns}{kinds}\n", counted(profile.rows, "row"));
    let missing: u64 = profile.columns.iter().map(|column| column.missing).sum();
    let gaps = profile.columns.iter().filter(|column| column.missing > 0).count() as u64;
    let values = (profile.rows * profile.columns.len() as u64).max(1);
    match missing {
        0 if values > 1 => text.push_str("no values are missing"),
        0 => return text,
        _ => {
            let share = percent(missing as f64 / values as f64);
            text.push_str(&format!("{share} of all values are missing, in {}", counted(gaps, "column")));
        }
    }
    match profile.duplicates {
        Some(rows) if rows.value == 0 && rows.exact => text.push_str("; no two rows are equal\n"),
        Some(rows) => {
            let are = if rows.value == 1 { "row is" } else { "rows are" };
            text.push_str(&format!("; {} {are} equal to an earlier one\n", about(rows)));
        }
        None => text.push('\n'),
    }
    text
}

/// Warnings, each with a stage that would fix it.
fn worth_a_look(profile: &Profile) -> String {
    if profile.suspicions.is_empty() {
        return String::new();
    }
    let mut lines = Lines::default();
    for Suspicion { column, reason, stage } in &profile.suspicions {
        let what = match column {
            Some(name) => format!("{} {reason}", shortened(name, 32)),
            None => reason.to_string(),
        };
        let stage = stage.as_ref().map(|stage| Cell::Free(format!("→ {stage}")));
        lines.push(std::iter::once(Cell::Left(shortened(&what, 72))).chain(stage));
    }
    format!("warnings\n{}", lines.print(2, WIDTH))
}

/// The block of a column.
fn block(column: &ColumnProfile) -> String {
    let role = match column.role {
        Role::Feature => String::new(),
        Role::Target => ", the target".to_owned(),
        role => format!(", {role}"),
    };
    let missing = match column.missing {
        0 => "none missing".to_owned(),
        missing => format!("{missing} missing ({})", percent(column.missing_share())),
    };
    let different = format!("{} distinct", about(column.distinct));
    let head = format!("{} · {}{role} · {different}, {missing}\n", shortened(&column.name, 60), column.kind);
    let mut lines = Lines::default();
    let mut line = |text: String| lines.push([Cell::Free(text)]);
    if let Some(numbers) = &column.numbers {
        of_numbers(numbers).into_iter().for_each(&mut line);
    }
    // A few whole numbers get a line each.
    let few = column.is_told_by_levels() && column.levels.len() <= LEVELS_SHOWN;
    if let Some(histogram) = column.numbers.as_ref().and_then(|numbers| numbers.histogram.as_ref()).filter(|_| !few) {
        line(shape(column.kind, histogram));
    }
    if let Some(text) = &column.text {
        line(of_texts(text));
    }
    if let Some((first, last)) = &column.range {
        line(format!("from {first} to {last}"));
    }
    let levels = if column.numbers.is_none() || few { of_levels(column) } else { String::new() };
    head + &lines.print(2, WIDTH) + &levels
}

fn of_numbers(numbers: &NumberProfile) -> Vec<String> {
    let mut moments = vec![format!("mean {}", brief(numbers.mean))];
    moments.extend(numbers.std.map(|std| format!("std {}", brief(std))));
    moments.extend(numbers.skewness.map(|skewness| format!("skewness {}", brief((skewness * 100.0).round() / 100.0))));
    for (count, what) in [(numbers.zeros, "zeros"), (numbers.negative, "below 0"), (numbers.infinite, "infinite")] {
        moments.extend((count > 0).then(|| format!("{count} {what}")));
    }
    let names = ["min", "5%", "25%", "median", "75%", "95%", "max"];
    let about = if numbers.approximate { "about " } else { "" };
    let quantiles: Vec<String> =
        names.iter().zip(numbers.quantiles).map(|(name, value)| format!("{name} {}", brief(value))).collect();
    vec![moments.join(", "), format!("{about}{}", quantiles.join(", "))]
}

/// A histogram between minimum and maximum.
fn shape(kind: ColumnType, histogram: &Histogram) -> String {
    let (first, last, step) = (histogram.edges[0], histogram.edges[histogram.counts.len()], histogram.step());
    let bars = bars(&histogram.counts);
    match kind {
        ColumnType::Count if step == 1.0 => {
            format!("{} {bars} {}   one bar per number", brief(first), brief(last - 1.0))
        }
        _ => format!("{} {bars} {}   bin width {}", brief(first), brief(last), brief(step)),
    }
}

fn of_texts(text: &TextProfile) -> String {
    let length = match (text.shortest, text.longest) {
        (shortest, longest) if shortest == longest => counted(longest, "character"),
        (shortest, longest) => format!("{shortest} to {longest} characters, {} on average", brief(text.mean_length)),
    };
    let blank = if text.blank > 0 { format!(", {} blank", text.blank) } else { String::new() };
    let numbers = if text.numbers > 0 { format!(", {} read as numbers", text.numbers) } else { String::new() };
    format!("{length}{blank}{numbers}")
}

/// The most frequent levels, each with its bar.
fn of_levels(column: &ColumnProfile) -> String {
    const BAR: u64 = 24;
    let Some(top) = column.levels.first().filter(|top| top.count > 1 || column.distinct.value <= 3) else {
        return String::new();
    };
    let mut lines = Lines::default();
    for level in column.levels.iter().take(LEVELS_SHOWN) {
        let bar = "█".repeat((level.count * BAR / top.count) as usize);
        let share = percent(level.count as f64 / column.present() as f64);
        let cells = [Cell::Left(value(&level.value, 32)), Cell::Right(level.count.to_string()), Cell::Right(share)];
        lines.push(cells.into_iter().chain([Cell::Free(bar)]));
    }
    let more = column.distinct.value.saturating_sub(LEVELS_SHOWN as u64);
    let more = if more > 0 { format!("  … and {more} more\n") } else { String::new() };
    lines.print(2, WIDTH) + &more
}

/// Associated columns, the strongest first.
fn together(profile: &Profile) -> String {
    let mut close: Vec<&Association> =
        profile.associations.iter().filter(|association| association.value.abs() > TOGETHER_MIN).collect();
    if close.is_empty() {
        return String::new();
    }
    // The sort is stable: equal associations stay in the order of the columns.
    close.sort_by(|one, other| other.value.abs().total_cmp(&one.value.abs()));
    let mut lines = Lines::default();
    for association in close.iter().take(TOGETHER_SHOWN) {
        let sign = match association.measure {
            Measure::Pearson => "r",
            Measure::CorrelationRatio => "η",
            Measure::CramersV => "V",
        };
        lines.push([
            Cell::Left(format!("{sign} = {:.2}", association.value)),
            Cell::Left(shortened(&association.left, 32)),
            Cell::Free(shortened(&association.right, 32)),
        ]);
    }
    let more = close.len().saturating_sub(TOGETHER_SHOWN);
    let more = if more > 0 { format!("  … and {}\n", counted(more as u64, "more pair")) } else { String::new() };
    let signs = "r: two numbers, η: a number and a category, V: two categories";
    format!("associations ({signs})\n{}{more}{}", lines.print(2, WIDTH), limits(profile))
}

/// Limits of the comparison.
fn limits(profile: &Profile) -> String {
    let numbers = profile.columns.iter().filter(|column| column.kind.is_numeric()).count();
    match numbers.max(profile.columns.len() - numbers) > BETWEEN_MAX {
        true => format!("  among the first {BETWEEN_MAX} numeric columns and the first {BETWEEN_MAX} categories\n"),
        false => String::new(),
    }
}
