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

/// Maximum number of columns with a note of their own; another note counts the rest.
const NOTES_MAX: usize = 10;

/// Creates notes about the text columns that would be numeric except for a few values, with the first of them.
pub(super) fn almost_numbers(table: &Table, options: &ReadOptions) -> Vec<Failure> {
    let texts = table.columns().iter().filter(|column| column.kind == ColumnType::Text);
    let undeclared = texts.filter(|column| !options.kinds.contains_key(&*column.name));
    let mut all = undeclared.filter_map(|column| note(table, &column.name, options));
    let mut notes: Vec<Failure> = all.by_ref().take(NOTES_MAX).collect();
    let unsaid = all.count();
    if unsaid > 0 {
        let message = format!("{unsaid} more columns are read as text because of a few values among numbers");
        notes.push(Failure::note(code::TYPE_WIDENED, message).file(&options.name));
    }
    notes
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
    fn many_columns_are_counted() {
        let row = |value: &str| format!("{}\n", vec![value; 30].join(","));
        let text = format!("{}{}{}", row("x"), row("1").repeat(9), row("1.O"));
        let (_, notes) = read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap();
        let of_values = notes.iter().filter(|note| note.code == pipewright_diagnostic::code::TYPE_WIDENED);
        let last = of_values.clone().next_back().unwrap().message.clone();
        assert_eq!((of_values.count(), last.split(' ').next()), (super::NOTES_MAX + 1, Some("20")), "{last}");
    }

    #[test]
    fn texts_and_short_columns_are_left_alone() {
        assert!(notes(&["a", "b", "c", "d", "e", "1"]).is_empty());
        assert!(notes(&["1", "2", "x"]).is_empty());
    }
}
