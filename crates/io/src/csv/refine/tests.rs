//! Readings of text columns, against values that were written in every form.

use super::*;
use arrow_array::Array;
use arrow_array::types::{Float64Type, TimestampMicrosecondType};
use pipewright_table::TextArray;
use pipewright_table::literal::{DAY, date, date_text, time_text};
use proptest::prelude::*;

fn candidates(texts: &[&str]) -> Candidates {
    Candidates::of(&TextArray::from(texts.to_vec()))
}

/// What becomes of a column of these texts in a file with this delimiter.
fn decided(delimiter: u8, texts: &[&str]) -> Decision {
    let options = ReadOptions::new("t.csv");
    candidates(texts).decide(&Dialect::of(delimiter, &options).unwrap(), &options, false)
}

/// The moments that a column is read as, as ISO writes them.
fn moments(texts: &[&str]) -> Vec<String> {
    let Some(alternative @ Alternative::Moment(_)) = decided(b',', texts).alternative else {
        return vec!["none".into()];
    };
    let texts: ArrayRef = Arc::new(TextArray::from(texts.to_vec()));
    let read = alternative.apply(&texts);
    read.as_primitive::<TimestampMicrosecondType>().values().iter().map(|&micros| date_text(micros)).collect()
}

fn numbers(delimiter: u8, texts: &[&str]) -> Option<(ColumnType, Vec<f64>)> {
    let alternative = decided(delimiter, texts).alternative?;
    let texts: ArrayRef = Arc::new(TextArray::from(texts.to_vec()));
    let read = alternative.apply(&texts);
    let values = match alternative.kind() {
        ColumnType::Count => {
            read.as_primitive::<arrow_array::types::Int64Type>().values().iter().map(|&n| n as f64).collect()
        }
        _ => read.as_primitive::<Float64Type>().values().to_vec(),
    };
    Some((alternative.kind(), values))
}

#[test]
fn dates_of_many_forms() {
    let day = ["2024-01-31"];
    assert_eq!(moments(&["2024/01/31"]), day);
    assert_eq!(moments(&["31.01.2024"]), day);
    assert_eq!(moments(&["31/1/2024"]), day);
    assert_eq!(moments(&["1/31/2024"]), day);
    assert_eq!(moments(&["31-01-2024"]), day);
    assert_eq!(moments(&["31-Jan-2024"]), day);
    assert_eq!(moments(&["31 january 2024"]), day);
    assert_eq!(moments(&["January 31, 2024"]), day);
    assert_eq!(moments(&["JAN 31 2024"]), day);
    assert_eq!(moments(&["2024-1-31"]), day);
    assert_eq!(moments(&["1/31/2024 3:05 PM", "12/1/2023 12:00 am"]), ["2024-01-31T15:05:00", "2023-12-01"]);
    assert_eq!(moments(&["2024/01/31 23:59:59.25", "2024/01/31T00:00"]), ["2024-01-31T23:59:59.250", "2024-01-31"]);
    assert_eq!(moments(&["1/31/2024, 10:00 AM"]), ["2024-01-31T10:00:00"]);
    assert_eq!(moments(&["2024-01-31 10:00", "2024-01-31"]), ["2024-01-31T10:00:00", "2024-01-31"]);
    for other in
        ["31.13.2024", "2024/02/30", "31/01/24", "31/01-2024", "Janu 3, 2024", "1/31/2024 13:00 PM", "31.1.2024 "]
    {
        assert_eq!(moments(&[other]), ["none"], "{other}");
    }
}

#[test]
fn the_day_or_the_month_first() {
    assert_eq!(moments(&["1/2/2024", "13/2/2024"]), ["2024-02-01", "2024-02-13"]);
    assert_eq!(moments(&["1/2/2024", "2/13/2024"]), ["2024-01-02", "2024-02-13"]);
    let both = decided(b',', &["1/2/2024", "3/4/2024"]);
    assert_eq!(both, Decision::ask(Remark::DayOrMonth("%d/%m/%Y", "%m/%d/%Y")));
    assert_eq!(decided(b',', &["01-02-2024"]).remark, Some(Remark::DayOrMonth("%d-%m-%Y", "%m-%d-%Y")));
    assert_eq!(decided(b',', &["13/2/2024", "2/13/2024"]), Decision::default());
    let notes =
        notes(&[("a".into(), both.remark.unwrap()), ("b".into(), both.remark.unwrap())], &ReadOptions::new("t"));
    assert_eq!(notes.len(), 1);
    assert!(notes[0].message.starts_with("`a`, `b`: ") && notes[0].help[0].contains("dates=\"%d/%m/%Y\""), "{notes:?}");
}

#[test]
fn moments_with_a_distance_from_utc() {
    let texts =
        ["2024-01-31T23:30:00-02:00", "2024-01-31 10:00Z", "2024-01-31T10:00:00.5+0530", "2024-01-31T10:00 +02"];
    let expected = ["2024-02-01T01:30:00", "2024-01-31T10:00:00", "2024-01-31T04:30:00.500", "2024-01-31T08:00:00"];
    assert_eq!(moments(&texts), expected);
    assert_eq!(decided(b',', &texts).remark, Some(Remark::InUtc));
    // A moment without one may be anywhere.
    assert_eq!(decided(b',', &["2024-01-31T10:00:00+02:00", "2024-01-31T10:00:00"]), Decision::default());
    assert_eq!(decided(b',', &["2024-01-31T10:00:00+2:00"]), Decision::default());
}

#[test]
fn times_of_day() {
    assert_eq!(decided(b',', &["10:30", "23:59:59.5", ""]).alternative, Some(Alternative::Time));
    assert_eq!(decided(b',', &["9:30 pm", "12:00 AM"]).alternative, Some(Alternative::Time));
    for other in ["24:00", "9:30", "10:60", "10:30:61", "10:30:00,5", "10", "13:00 PM"] {
        assert_ne!(decided(b',', &[other]).alternative, Some(Alternative::Time), "{other}");
    }
}

#[test]
fn marks_in_numbers() {
    use ColumnType::{Continuous, Count};
    assert_eq!(numbers(b',', &["1,234", "12"]), Some((Count, vec![1234.0, 12.0])));
    assert_eq!(numbers(b';', &["1,234,567.8", "-1,000"]), Some((Continuous, vec![1_234_567.8, -1000.0])));
    assert_eq!(numbers(b';', &["1,5", "12", "-0,25"]), Some((Continuous, vec![1.5, 12.0, -0.25])));
    assert_eq!(numbers(b'\t', &["1.234,5", "1.234", "7"]), Some((Continuous, vec![1234.5, 1234.0, 7.0])));
    assert_eq!(numbers(b';', &["1.234.567"]), Some((Count, vec![1_234_567.0])));
    // Other values decide.
    assert_eq!(numbers(b';', &["1,234", "1,5"]), Some((Continuous, vec![1.234, 1.5])));
    assert_eq!(numbers(b',', &["1,234", "5.25"]), Some((Continuous, vec![1234.0, 5.25])));
    assert_eq!(numbers(b';', &["1,234", "5,678.25"]), Some((Continuous, vec![1234.0, 5678.25])));
    assert_eq!(decided(b';', &["1,234", "5.25"]), Decision::ask(Remark::ThousandsOrDecimals));
    assert_eq!(decided(b';', &["5,5", "5.555"]), Decision::ask(Remark::ThousandsOrDecimals));
    assert_eq!(decided(b';', &["1,234", "12"]), Decision::ask(Remark::ThousandsOrDecimals));
    assert_eq!(decided(b',', &["1,5"]), Decision::ask(Remark::MaybeDecimalComma));
    for other in
        ["1,23,456", "1,5%", "$1,000", "01,234", "0,5", "1,", ",5", "1.5,2", "1,234.", "x", "inf", "-", "1 000"]
    {
        assert_ne!(decided(b',', &[other, "1,234"]).alternative.map(Alternative::kind), Some(Count), "{other}");
    }
    assert_eq!(decided(b';', &["007,5"]), Decision::default());
}

#[test]
fn declared_marks_leave_the_readings_that_fit_them() {
    let mut options = ReadOptions::new("t.csv");
    let dialect = Dialect::of(b';', &options).unwrap();
    let kind = |options: &ReadOptions, text: &str, points: bool| {
        candidates(&[text]).decide(&dialect, options, points).alternative.map(Alternative::kind)
    };
    assert_eq!(kind(&options, "1,5", true), None);
    options.decimal = Some(b',');
    assert_eq!(kind(&options, "1,5", true), Some(ColumnType::Continuous));
    assert_eq!(kind(&options, "1.234.567", false), Some(ColumnType::Count));
    assert_eq!(kind(&options, "1,234,567", false), None);
    options.decimal = Some(b'.');
    assert_eq!(kind(&options, "1,234", false), Some(ColumnType::Count));
    assert_eq!(kind(&options, "1,5", false), None);
    options.thousands = Some(b' ');
    assert_eq!(kind(&options, "1,234", false), None);
}

#[test]
fn nothing_is_made_of_nothing() {
    assert_eq!(Candidates::of(&TextArray::from(vec![None::<&str>, Some("")])), Candidates::ALL);
    assert_eq!(decided(b',', &["", ""]), Decision::default());
    assert!(candidates(&["a"]).are_none() && candidates(&["12:30", "1,234"]).are_none());
}

#[test]
fn digits_beyond_microseconds_are_cut_off_with_a_remark() {
    let read = |texts: &[&str]| {
        let decision = decided(b',', texts);
        let array: ArrayRef = Arc::new(TextArray::from(texts.to_vec()));
        let moments = decision.alternative.unwrap().apply(&array);
        let moments = moments.as_primitive::<TimestampMicrosecondType>().values().iter().map(|at| date_text(*at));
        (decision.remark, moments.collect::<Vec<_>>().join(" "))
    };
    let (remark, moments) = read(&["2024-01-01T10:00:00.123456789", "2024-01-02"]);
    assert_eq!((remark, &*moments), (Some(Remark::Fine), "2024-01-01T10:00:00.123456 2024-01-02"));
    let (remark, moments) = read(&["2024-01-01T10:00:00.1234567+02:00"]);
    assert_eq!((remark, &*moments), (Some(Remark::FineInUtc), "2024-01-01T08:00:00.123456"));
    let (remark, _) = read(&["2024-01-01T10:00:00.123456000+02:00"]);
    assert_eq!(remark, Some(Remark::InUtc), "nothing is lost");
}

/// How a moment is written in the form at this place; without the time of day where it is midnight.
fn written(position: usize, micros: i64, halves: bool) -> String {
    let (day, clock) = (date_text(micros.div_euclid(DAY) * DAY), micros.rem_euclid(DAY));
    let (year, month, of_month) = (&day[..4], &day[5..7], &day[8..10]);
    let month_name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        [month.parse::<usize>().unwrap() - 1];
    let form = FORMS[position].text();
    let day = form.replace("%Y", year).replace("%m", month).replace("%d", of_month).replace("%b", month_name);
    let clock = match (clock, halves) {
        (0, false) if ![ZONED, FINE_ZONED].contains(&position) => return day,
        (clock, true) if clock % 60_000_000 == 0 => {
            let (hour, minute) = (clock / 3_600_000_000, clock / 60_000_000 % 60);
            let half = if hour < 12 { "AM" } else { "PM" };
            format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
        }
        (clock, _) => time_text(clock),
    };
    let zone = if [ZONED, FINE_ZONED].contains(&position) { "Z" } else { "" };
    format!("{day} {clock}{zone}")
}

proptest! {
    #[test]
    fn every_form_comes_back(
        position in 0..FORMS_KNOWN,
        micros in prop::collection::vec(-62_135_596_800_000_000_i64..253_402_300_800_000_000, 1..8),
        step in prop::sample::select(vec![1, 1_000_000, 60_000_000, DAY]),
        halves in any::<bool>(),
    ) {
        let micros: Vec<i64> = micros.iter().map(|micros| micros.div_euclid(step) * step).collect();
        let texts: Vec<String> = micros.iter().map(|&micros| written(position, micros, halves)).collect();
        let texts = TextArray::from(texts);
        prop_assert!(Candidates::of(&texts).has(1 << position), "{texts:?}");
        let texts: ArrayRef = Arc::new(texts);
        let read = Alternative::Moment(position).apply(&texts);
        prop_assert_eq!(read.as_primitive::<TimestampMicrosecondType>().values(), &micros[..], "{:?}", texts);
    }

    #[test]
    fn candidates_join_as_the_columns_do(
        left in prop::collection::vec(piece(), 0..4),
        right in prop::collection::vec(piece(), 0..4),
    ) {
        let both: Vec<&str> = left.iter().chain(&right).copied().collect();
        prop_assert_eq!(candidates(&both), candidates(&left).and(candidates(&right)));
    }

    #[test]
    fn what_is_allowed_has_a_value(texts in prop::collection::vec(piece(), 1..4), delimiter in prop::sample::select(b",;\t".to_vec())) {
        if let Some(alternative) = decided(delimiter, &texts).alternative {
            let array: ArrayRef = Arc::new(TextArray::from(texts.clone()));
            let read = alternative.apply(&array);
            for (row, text) in texts.iter().enumerate() {
                prop_assert_eq!(read.is_null(row), text.is_empty(), "{:?} as {:?}", texts, alternative);
            }
            prop_assert_eq!(read.data_type(), &alternative.kind().storage());
        }
    }

    #[test]
    fn marked_numbers_are_those_without_marks(digits in "(0|[1-9][0-9]{0,8})", decimals in prop::option::of("[0-9]{1,4}"), sign in "[-+]?") {
        let grouped = |mark: char| {
            let mut text = String::new();
            for (position, digit) in digits.chars().enumerate() {
                if position > 0 && (digits.len() - position) % 3 == 0 {
                    text.push(mark);
                }
                text.push(digit);
            }
            text
        };
        let plain = format!("{sign}{digits}.{}", decimals.as_deref().unwrap_or("0")).parse::<f64>().unwrap();
        for (numerals, thousands, decimal) in [(&COMMA_THOUSANDS, ',', '.'), (&GROUPED_COMMA, '.', ',')] {
            let decimals = decimals.as_ref().map_or(String::new(), |decimals| format!("{decimal}{decimals}"));
            let text = format!("{sign}{}{decimals}", grouped(thousands));
            let read = marked_number(numerals, text.as_bytes()).map(Number::as_f64);
            prop_assert_eq!(read.map(f64::to_bits), Some(plain.to_bits()), "{}", text);
        }
    }
}

/// Texts that fit one reading, several, or none.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "1,234",
        "1.234",
        "1,5",
        "1.234,5",
        "1,234.5",
        "12",
        "-0",
        "99999999999999999999",
        "10:30",
        "1/2/2024",
        "13/2/2024",
        "2/13/2024",
        "1.2.2024",
        "2024-1-2",
        "2024-01-02T10:00Z",
        "01,234",
        "x",
    ])
}

#[test]
fn what_is_read_without_help_is_no_better_as_something_else() {
    // ISO dates are dates already; the readings here must not differ from that one.
    let iso = "2024-02-29T10:00:00.25";
    assert_eq!(FORMS[1].moment(iso.as_bytes()), date(iso.as_bytes()));
}
