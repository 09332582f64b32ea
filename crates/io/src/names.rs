//! Unique column names: files may have missing or duplicate ones; and names that a declaration may use.

use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code, nearest};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Maximum number of changed names with a note of their own; another note counts the rest.
const NOTES_MAX: usize = 10;

/// Makes column names unique, with notes of the changed ones.
pub(crate) fn unique(names: &[String], file: &str) -> (Vec<Arc<str>>, Vec<Failure>) {
    let stated: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // The next number to try for each name, so that many equal names take linear time.
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut unique, mut notes) = (Vec::with_capacity(names.len()), Vec::new());
    let mut unsaid = 0;
    for (position, name) in names.iter().enumerate() {
        if !name.is_empty() && taken.insert(name.clone()) {
            unique.push(name.as_str().into());
            continue;
        }
        let base = if name.is_empty() { "column" } else { name };
        let first = if name.is_empty() { position + 1 } else { 2 };
        let number = next.entry(name).or_insert(first);
        *number = first.max(*number);
        let new = loop {
            let new = format!("{base}_{number}");
            *number += 1;
            if !taken.contains(&new) && !stated.contains(new.as_str()) {
                break new;
            }
        };
        let why = if name.is_empty() { "has no name" } else { "has the name of another one" };
        let message = format!("column {} {why}: it is renamed to `{new}`", position + 1);
        match notes.len() {
            NOTES_MAX => unsaid += 1,
            _ => notes.push(Failure::note(code::RENAMED_COLUMN, message).file(file).column(&*new)),
        }
        unique.push(new.as_str().into());
        taken.insert(new);
    }
    if unsaid > 0 {
        let message = format!("{unsaid} more columns have no name, or that of another one: they are renamed too");
        notes.push(Failure::note(code::RENAMED_COLUMN, message).file(file));
    }
    (unique, notes)
}

/// Checks that the file has all columns whose type is declared: a mistyped name would leave its column undeclared.
///
/// # Errors
/// [`code::UNKNOWN_COLUMN`], with the nearest names.
pub(crate) fn declared<'a>(names: impl Iterator<Item = &'a str>, options: &ReadOptions) -> Result<(), Failure> {
    const SHOWN_MAX: usize = 10;
    if options.kinds.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = names.collect();
    let known: BTreeSet<&str> = names.iter().copied().collect();
    let Some(unknown) = options.kinds.keys().find(|name| !known.contains(name.as_str())) else { return Ok(()) };
    let near = nearest(unknown, names.iter().copied());
    let help = match near.first() {
        Some(near) => format!("did you mean `{}`?", near.escape_debug()),
        None => {
            let mut shown: Vec<String> =
                names.iter().take(SHOWN_MAX).map(|name| name.escape_debug().to_string()).collect();
            shown.extend((names.len() > SHOWN_MAX).then(|| format!("{} more", names.len() - SHOWN_MAX)));
            format!("columns of the file: {}", shown.join(", "))
        }
    };
    let message = format!("`schema=` declares `{}`, which is no column of the file", unknown.escape_debug());
    Err(Failure::new(code::UNKNOWN_COLUMN, message).file(&options.name).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_table::ColumnType;

    #[test]
    fn a_declared_name_is_a_column() {
        let names = ["zip", "age"];
        let of = |name: &str| declared(names.into_iter(), &ReadOptions::new("t.csv").with_kind(name, ColumnType::Text));
        assert!(of("zip").is_ok());
        let near = of("zipp").unwrap_err();
        assert_eq!((near.code, &*near.help[0]), (code::UNKNOWN_COLUMN, "did you mean `zip`?"));
        assert_eq!(of("weight").unwrap_err().help, ["columns of the file: zip, age"]);
    }

    #[test]
    fn empty_and_repeated_names_get_numbers() {
        let names = ["a", "", "a", "a_2", "a", ""].map(str::to_string);
        let (unique, notes) = unique(&names, "t.parquet");
        let unique: Vec<&str> = unique.iter().map(|name| &**name).collect();
        assert_eq!(unique, ["a", "column_2", "a_3", "a_2", "a_4", "column_6"]);
        assert_eq!(notes.len(), 4);
        assert_eq!(notes[0].code, code::RENAMED_COLUMN);
    }

    #[test]
    fn many_equal_names_take_no_time() {
        let (unique, notes) = unique(&vec!["x".to_string(); 50_000], "t.arrow");
        assert_eq!((&*unique[49_999], notes.len()), ("x_50000", NOTES_MAX + 1));
        assert!(notes[NOTES_MAX].message.starts_with("49989 more columns"), "{}", notes[NOTES_MAX]);
    }
}
