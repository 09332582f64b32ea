//! Loosely typed cells become columns of the narrowest kind.

use super::*;
use pipewright_table::text::text_of;

/// The texts of a column of these cells and its type, read again where that is needed.
fn column(cells: &[Cell<'_>], start: Start) -> Result<(Type, Vec<Option<String>>), Misfit> {
    let gather = |start| {
        let mut gathered = Cells::new(start);
        for (row, cell) in cells.iter().enumerate() {
            gathered.push(row, *cell, None)?;
        }
        Ok(gathered)
    };
    let mut gathered = gather(start)?;
    let mut outcome = Outcome::new();
    outcome.add(&gathered, 0);
    if gathered.needs_rereading(outcome.kind) {
        gathered = gather(Start::Exactly(outcome.kind))?;
    }
    let array = array(vec![(Some(gathered), cells.len())], outcome.kind);
    Ok((outcome.kind, (0..cells.len()).map(|row| text_of(&array, row)).collect()))
}

fn narrowest(cells: &[Cell<'_>]) -> (Type, String) {
    let (kind, texts) = column(cells, Start::Narrowest).unwrap();
    let shown = texts.into_iter().map(|text| text.unwrap_or("·".into()));
    (kind, shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn a_column_is_the_narrowest_type_that_holds_its_cells() {
    use Cell::{Bool, Date, Huge, List, Null, Real, Text, Time, Whole};
    assert_eq!(narrowest(&[Null, Whole(1), Null]), (Type::Count, "· 1 ·".into()));
    assert_eq!(narrowest(&[Whole(1), Null, Real(0.5)]), (Type::Continuous, "1 · 0.5".into()));
    assert_eq!(narrowest(&[Huge(1e20), Whole(1)]), (Type::Continuous, "100000000000000000000 1".into()));
    assert_eq!(narrowest(&[Text(b"2024-01-31"), Date(0)]), (Type::Date, "2024-01-31 1970-01-01".into()));
    assert_eq!(narrowest(&[Text(b"10:30"), Time(0)]), (Type::Time, "10:30:00 00:00:00".into()));
    assert_eq!(narrowest(&[Bool(true), Whole(9_007_199_254_740_993)]), (Type::Text, "true 9007199254740993".into()));
    assert_eq!(narrowest(&[Date(0), Time(0), Real(0.1)]), (Type::Text, "1970-01-01 00:00:00 0.1".into()));
    assert_eq!(narrowest(&[Text(b"2024-01-31"), Text(b"soon")]), (Type::Text, "2024-01-31 soon".into()));
    assert_eq!(narrowest(&[List(b"[1]"), Null]), (Type::Text, "[1] ·".into()));
    assert_eq!(narrowest(&[Null, Null]), (Type::Nothing, "· ·".into()));
}

#[test]
fn declared_types_take_what_is_written_for_them() {
    let exactly = |kind, cell| column(&[Cell::Null, cell], Start::Exactly(kind)).map(|(_, texts)| texts[1].clone());
    let text = |text: &str| Ok(Some(text.to_string()));
    assert_eq!(exactly(Type::Count, Cell::Text(b"-7")), text("-7"));
    assert_eq!(exactly(Type::Continuous, Cell::Text(b"1e3")), text("1000"));
    assert_eq!(exactly(Type::Bool, Cell::Text(b"TRUE")), text("true"));
    assert_eq!(exactly(Type::Bool, Cell::Whole(0)), text("false"));
    assert_eq!(exactly(Type::Text, Cell::Bool(true)), text("true"));
    for (kind, cell) in [
        (Type::Count, Cell::Real(1.0)),
        (Type::Count, Cell::Huge(1e20)),
        (Type::Bool, Cell::Whole(2)),
        (Type::Date, Cell::Whole(2)),
        (Type::Time, Cell::Text(b"25:00")),
        (Type::Continuous, Cell::Text(b"")),
    ] {
        assert_eq!(exactly(kind, cell), Err(Misfit::Kind), "{kind:?} {cell:?}");
    }
    let mut cells = Cells::new(Start::Narrowest);
    cells.push(3, Cell::Whole(1), None).unwrap();
    assert_eq!((cells.push(2, Cell::Whole(1), None), cells.rows()), (Err(Misfit::Again), 4));
}
