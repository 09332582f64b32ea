//! Summary statistics as text: one line per column.

use crate::WIDTH;
use crate::lines::{Cell, Lines, brief, counted, value};
use pipewright_frame::profile::{ColumnProfile, Level, NumberProfile, Profile, percent};
use pipewright_frame::summary::Counted;
use pipewright_frame::{shortened, width_of};

/// The statistics of the first `limit` columns.
pub(crate) fn text(profile: &Profile, limit: usize) -> String {
    let mut text = format!("{}, {}\n", counted(profile.rows, "row"), counted(profile.columns.len() as u64, "column"));
    if profile.columns.is_empty() {
        return text;
    }
    let shown = &profile.columns[..limit.min(profile.columns.len())];
    // As wide as the names, or as the space left by the rest.
    let rest = table(shown, 0).lines().map(width_of).max().unwrap_or(0);
    let widest = shown.iter().map(|column| width_of(&column.name)).max().unwrap_or(0);
    text.push('\n');
    text.push_str(&table(shown, widest.min(WIDTH.saturating_sub(rest).max(12))));
    text.push_str(&left_out("describe", profile.columns.len(), shown.len()));
    text
}

/// The line about further columns, and how to print them.
pub(crate) fn left_out(verb: &str, columns: usize, shown: usize) -> String {
    match columns - shown {
        0 => String::new(),
        more => format!("… and {} (to print all: {verb} limit={columns})\n", counted(more as u64, "more column")),
    }
}

/// The table, with names no wider than `name_width`; levels, at the end of a line, are cut at the width of the
/// terminal.
fn table(columns: &[ColumnProfile], name_width: usize) -> String {
    let left = |text: &str| Cell::Left(text.to_owned());
    let right = |text: &str| Cell::Right(text.to_owned());
    let mut lines = Lines::default();
    let has_numbers = columns.iter().any(|column| column.numbers.is_some());
    let mut head = vec![left("column"), left("kind"), right("missing"), right("distinct")];
    match has_numbers {
        true => head.extend(["mean", "std", "min", "25%", "50%", "75%", "max"].map(right)),
        false => head.push(Cell::Free("most frequent".to_owned())),
    }
    if name_width == 0 {
        head[0] = left("");
    }
    lines.push(head);
    for column in columns {
        let mut line = vec![
            Cell::Left(if name_width == 0 { String::new() } else { shortened(&column.name, name_width) }),
            Cell::Left(column.kind.to_string()),
            Cell::Right(if column.missing == 0 { "0".to_owned() } else { percent(column.missing_share()) }),
            Cell::Right(about(column.distinct)),
        ];
        match &column.numbers {
            Some(numbers) => line.extend(cells(numbers).map(Cell::Right)),
            // Cells that can shrink do not count towards the width that numbers need.
            None if name_width == 0 => {}
            None => line.push(levels(column)),
        }
        lines.push(line);
    }
    lines.print(0, WIDTH)
}

fn cells(numbers: &NumberProfile) -> [String; 7] {
    let [min, _, low, middle, high, _, max] = numbers.quantiles.map(brief);
    let std = numbers.std.map_or("·".to_owned(), brief);
    [brief(numbers.mean), std, min, low, middle, high, max]
}

/// The most frequent levels, or the range of dates.
fn levels(column: &ColumnProfile) -> Cell {
    if let Some((first, last)) = &column.range {
        return Cell::Free(format!("{first} … {last}"));
    }
    let present = column.present().max(1);
    // If all texts are distinct, none is the most frequent.
    if column.levels.first().is_some_and(|top| top.count == 1) && column.distinct.value > 3 {
        return Cell::Free(format!("all distinct, such as {}", value(&column.levels[0].value, 40)));
    }
    let level = |level: &Level| format!("{} {}", value(&level.value, 24), percent(level.count as f64 / present as f64));
    Cell::List(column.levels.iter().map(level).collect())
}

/// A number, with `~` if it is approximate.
pub(crate) fn about(counted: Counted) -> String {
    format!("{}{}", if counted.exact { "" } else { "~" }, counted.value)
}
