//! Notes about columns that are text only because of a few values among numbers, often typing errors.

use crate::ReadOptions;
use arrow_array::cast::AsArray;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::TextOffset;
use pipewright_table::{ColumnType, Table};

/// Minimum number of values.
const VALUES_MIN: usize = 5;
/// Values tested first, to rule out columns that are not numeric.
const VALUES_TRIED: usize = 100;
/// Minimum share of numbers for a note.
const SHARE_MIN: f64 = 0.8;

/// Creates a note for every text column that would be numeric except for a few values, with the first of them.
pub(super) fn almost_numbers(table: &Table, options: &ReadOptions) -> Vec<Failure> {
    let texts = table.columns().iter().filter(|column| column.kind == ColumnType::Text);
    texts
        .filter(|column| !options.kinds.contains_key(&*column.name))
        .filter_map(|column| note(table, &column.name, options))
        .collect()
}

fn note(table: &Table, name: &str, options: &ReadOptions) -> Option<Failure> {
    let texts = table.array(name).ok()?.as_string::<TextOffset>();
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok();
    let tried: Vec<&str> = texts.iter().flatten().take(VALUES_TRIED).collect();
    let numbers = tried.iter().filter(|text| is_number(text)).count();
    if tried.len() < VALUES_MIN || (numbers as f64) < SHARE_MIN * tried.len() as f64 {
        return None;
    }
    let mut odd = texts.iter().enumerate().filter_map(|(row, text)| Some((row, text.filter(|text| !is_number(text))?)));
    let (row, first) = odd.next()?;
    let shown: String = first.chars().take(30).collect();
    let (row, others) = (row + 1, odd.count());
    let more = if others == 0 { String::new() } else { format!(", and {others} more") };
    let message = format!("`{name}` is read as text because of `{shown}` in row {row}{more}");
    Some(
        Failure::note(code::TYPE_WIDENED, message)
            .file(&options.name)
            .row(row as u64)
            .column(name)
            .help(format!("correct it, or declare it as a missing value: load … null={shown:?}")),
    )
}

#[cfg(test)]
mod tests {
    use crate::ReadOptions;
    use crate::csv::read;

    fn notes(values: &[&str]) -> Vec<String> {
        let text = format!("x\n{}\n", values.join("\n"));
        let (_, notes) = read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
        notes.into_iter().map(|note| note.message).collect()
    }

    #[test]
    fn a_mistyped_number_is_named() {
        let found = notes(&["1", "2", "3.5O", "4", "5", "6", "7", "oops"]);
        assert!(found.is_empty(), "{found:?}: a quarter of the values is no accident");
        let found = notes(&["1", "2", "3.5O", "4", "5", "6", "7", "8", "9", "10"]);
        assert_eq!(found, ["`x` is read as text because of `3.5O` in row 3"]);
    }

    #[test]
    fn texts_and_short_columns_are_left_alone() {
        assert!(notes(&["a", "b", "c", "d", "e", "1"]).is_empty());
        assert!(notes(&["1", "2", "x"]).is_empty());
    }
}
