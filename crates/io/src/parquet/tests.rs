//! Round trips, with pruning, and rejection of damaged files.

use super::*;
use crate::Format;
use crate::file::{scan, sketch};
use crate::testing::{self, content, difficult, opened, scanned};
use arrow_array::*;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use pipewright_expr::{Comparison, Expression};
use pipewright_table::TextArray;
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_table::{Column, ColumnType, Value};
use pipewright_world::MemoryWorld;
use pipewright_world::random::Key;
use proptest::prelude::*;

fn written(table: &Table) -> Vec<u8> {
    testing::written(Format::PARQUET, table)
}

fn options() -> ReadOptions {
    testing::options(Format::PARQUET)
}

/// A table as others write it: small row groups and pages.
fn foreign(table: &Table, group_rows: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_data_page_row_count_limit(5)
        .set_write_batch_size(5)
        .set_compression(Compression::SNAPPY)
        .build();
    let batch = table.to_batch();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A table whose texts are written in one of the ways that the format has.
fn encoded(table: &Table, encoding: Encoding, version: WriterVersion) -> Vec<u8> {
    let mut properties = WriterProperties::builder()
        .set_writer_version(version)
        .set_dictionary_enabled(false)
        .set_data_page_row_count_limit(20)
        .set_write_batch_size(20);
    for name in ["category", "text", "id"] {
        properties = properties.set_column_encoding(ColumnPath::from(name), encoding);
    }
    let batch = table.to_batch();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn what_was_written_is_read_back() {
    for table in edge_tables().into_iter().chain([difficult(), random_table(Key::new(3), 300)]) {
        for bytes in [written(&table), foreign(&table, 7)] {
            let reading = opened(&bytes, &options()).unwrap();
            assert!(reading.table == table, "{}\n{table}", reading.table);
            assert_eq!(reading.notes, []);
            assert!(scanned(&bytes, &options()).unwrap() == table, "{table}");
            let sketch = sketch(&content(&bytes), &options()).unwrap();
            assert_eq!((sketch.schema, sketch.certain), (table.schema(), true));
        }
        assert_eq!(written(&table), written(&table), "the same bytes again");
    }
}

#[test]
fn only_wanted_columns_are_made() {
    let table = difficult();
    let options = options().with_columns(["id", "real"]);
    let expected = table.select(&["real", "id"]).unwrap();
    assert!(opened(&foreign(&table, 2), &options).unwrap().table == expected);
    assert!(scanned(&foreign(&table, 2), &options).unwrap() == expected);
}

#[test]
fn large_row_groups_are_scanned_in_parts() {
    let table = random_table(Key::new(5), 900);
    let bytes = foreign(&table, 900);
    let mut opened = open::open(&content(&bytes), &options()).unwrap();
    let [whole] = &opened.pieces(&options())[..] else { panic!("one row group is one chunk") };
    let rows = |range: std::ops::Range<usize>| Piece {
        before: range.start,
        rows: range.len(),
        part: Some(range),
        groups: whole.groups.clone(),
    };
    for range in [0..0, 0..1, 13..700, 899..900, 0..900] {
        if !range.is_empty() {
            let part = opened.piece(&rows(range.clone()), &options()).unwrap();
            assert!(part == table.slice(range.start, range.len()), "{range:?}");
        }
    }
    assert!(opened.table(&options()).unwrap().0 == table);
}

const TEXT_ENCODINGS: [Encoding; 3] = [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY];

#[test]
fn every_way_to_write_texts_is_read() {
    let table = random_table(Key::new(8), 150);
    for encoding in TEXT_ENCODINGS {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            let bytes = encoded(&table, encoding, version);
            assert!(opened(&bytes, &options()).unwrap().table == table, "{encoding} {version:?}");
            assert!(scanned(&bytes, &options()).unwrap() == table, "{encoding} {version:?}");
        }
    }
}

#[test]
fn names_are_made_unique() {
    let array: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let fields = ["a", "", "a"].map(|name| arrow_schema::Field::new(name, DataType::Int64, false));
    let schema = Arc::new(arrow_schema::Schema::new(fields.to_vec()));
    let batch = RecordBatch::try_new(schema.clone(), vec![array.clone(), array.clone(), array]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    let reading = opened(&writer.into_inner().unwrap(), &options()).unwrap();
    let names: Vec<&str> = reading.table.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["a", "column_2", "a_2"]);
    assert!(reading.notes.iter().all(|note| note.code == code::RENAMED_COLUMN) && reading.notes.len() == 2);
}

#[test]
fn what_cannot_be_read_says_why() {
    let bytes = written(&random_table(Key::new(1), 50));
    let mut encrypted = bytes.clone();
    encrypted.truncate(bytes.len() - 4);
    encrypted.extend(b"PARE");
    assert_eq!(opened(&encrypted, &options()).unwrap_err().code, code::CANNOT_READ);
    assert_eq!(opened(b"PAR1", &options()).unwrap_err().code, code::BAD_FILE);
    assert_eq!(opened(&bytes[..bytes.len() / 2], &options()).unwrap_err().code, code::BAD_FILE);
    let mut tight = options();
    tight.limits.record_bytes = 10;
    assert_eq!(opened(&bytes, &tight).unwrap_err().code, code::LIMIT_REACHED);
    tight = options();
    tight.limits.block_bytes = 10;
    assert_eq!(opened(&bytes, &tight).unwrap_err().code, code::LIMIT_REACHED);
    let packed = ParquetReader.sketch(&content(&bytes), true, &options()).unwrap_err();
    assert_eq!(packed.code, code::UNKNOWN_FORMAT);
    let mut kinds = options();
    kinds.kinds.insert("real".into(), ColumnType::Count);
    let refused = opened(&bytes, &kinds).unwrap_err();
    assert_eq!((refused.code, refused.place.column.as_deref()), (code::KIND_CHANGED, Some("real")));
}

#[test]
fn a_file_that_claims_more_than_it_can_hold_is_refused() {
    // A million equal texts of a kilobyte take next to nothing in a file: a gigabyte is more than it may ask for.
    let long = "x".repeat(1 << 10);
    let texts: ArrayRef = Arc::new(TextArray::from(vec![long.as_str(); 1 << 12]));
    let table = Table::new(vec![Column::new("t", ColumnType::Text)], vec![texts]).unwrap();
    let mut bytes = Vec::new();
    let mut writer = writer(&table.schema(), &mut bytes).unwrap();
    for _ in 0..1 << 8 {
        writer.write(&table).unwrap();
    }
    writer.finish().unwrap();
    assert!(bytes.len() < 1 << 18, "{}", bytes.len());
    assert_eq!(opened(&bytes, &options()).unwrap_err().code, code::LIMIT_REACHED);
    let mut generous = options();
    generous.limits.block_bytes = 8 << 30;
    let chunk = scan(&content(&bytes), &generous, &MemoryWorld::new()).unwrap();
    assert_eq!(chunk.rows(), 1 << 20);
}

#[test]
fn row_groups_that_a_filter_does_not_need_are_left_out() {
    let numbers: ArrayRef = Arc::new((0..100).map(Some).collect::<Int64Array>());
    let table = Table::new(vec![Column::new("n", ColumnType::Count)], vec![numbers]).unwrap();
    let bytes = foreign(&table, 10);
    let rows = |filter: Expression| {
        let options = ReadOptions { filter: Some(filter), ..options() };
        let reading = opened(&bytes, &options).unwrap();
        assert!(scanned(&bytes, &options).unwrap() == reading.table);
        reading.table.rows()
    };
    let n = || Expression::column("n");
    assert_eq!(rows(n().compare(Comparison::Less, 10.0.into())), 10);
    assert_eq!(rows(Expression::from(95.0).compare(Comparison::LessOrEqual, n())), 10);
    assert_eq!(rows(n().is_in(vec![Value::Number(5.0), Value::Number(55.0)])), 20);
    assert_eq!(rows(n().is_null()), 0);
    assert_eq!(rows(n().is_null().negated()), 100);
    assert_eq!(rows(n().compare(Comparison::Equal, 1000.0.into())), 0);
    assert_eq!(rows(n().compare(Comparison::Less, 10.0.into()).or(n().compare(Comparison::Greater, 85.0.into()))), 30);
    assert_eq!(rows(n().minus().compare(Comparison::Less, 10.0.into())), 100);
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Equal,
        Comparison::Unequal,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

/// A literal that may be in a column of random tables.
fn condition() -> impl Strategy<Value = Expression> {
    let literal = prop_oneof![
        (-3..9_i32).prop_map(|count| ("count", Value::Number(f64::from(count)))),
        (-50.0..50.0_f64).prop_map(|real| ("real", Value::Number(real))),
        (0..5_u32).prop_map(|level| ("category", Value::Text(format!("category {level}").into()))),
        (0..200_u32).prop_map(|level| ("text", Value::Text(format!("text {level}").into()))),
        any::<bool>().prop_map(|truth| ("truth", Value::Bool(truth))),
        (1..29_u32).prop_map(|day| ("date", Value::Text(format!("1971-02-{day:02}").into()))),
    ];
    (literal, comparison(), 0..5_u32, any::<bool>()).prop_map(|((name, value), operator, form, negated)| {
        let column = Expression::column(name);
        let condition = match form {
            0 => column.is_null(),
            1 => column.is_in(vec![value]),
            2 => Expression::Literal(value).compare(operator, column),
            _ => column.compare(operator, Expression::Literal(value)),
        };
        if negated && form == 0 { condition.negated() } else { condition }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn pruning_keeps_what_the_filter_keeps(
        seed in any::<u64>(), rows in 0..60_usize, group in 1..20_usize,
        parts in prop::collection::vec(condition(), 1..4), any in any::<bool>(),
    ) {
        let table = random_table(Key::new(seed), rows);
        let filter = if any { Expression::Any(parts) } else { Expression::All(parts) };
        let options = ReadOptions { filter: Some(filter.clone()), ..options() };
        let pruned = opened(&foreign(&table, group), &options).unwrap().table;
        let kept = |table: &Table| table.filter(&filter.mask(table).unwrap());
        prop_assert!(kept(&pruned) == kept(&table), "{pruned}\n{table}");
    }

    #[test]
    fn tables_survive(seed in any::<u64>(), rows in 0..200_usize, group in 1..90_usize) {
        let table = random_table(Key::new(seed), rows);
        prop_assert!(opened(&written(&table), &options()).unwrap().table == table);
        prop_assert!(opened(&foreign(&table, group), &options()).unwrap().table == table);
        prop_assert!(scanned(&foreign(&table, group), &options()).unwrap() == table);
    }

    #[test]
    fn damaged_files_never_panic(
        seed in 0..4_u64, cut in any::<prop::sample::Index>(), truncated in any::<bool>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..4), tail in any::<bool>(),
        encoding in 0..4_usize,
    ) {
        let table = random_table(Key::new(seed), 40);
        let mut bytes = match TEXT_ENCODINGS.get(encoding) {
            Some(encoding) => encoded(&table, *encoding, WriterVersion::PARQUET_2_0),
            None => foreign(&table, 15),
        };
        if truncated {
            bytes.truncate(cut.index(bytes.len()));
        }
        for (place, bit) in flips {
            if !bytes.is_empty() {
                // The footer is where most can go wrong.
                let from = if tail { bytes.len() / 2 } else { 0 };
                let place = from + place.index(bytes.len() - from);
                bytes[place] ^= 1 << bit;
            }
        }
        let _ = sketch(&content(&bytes), &options());
        let _ = scanned(&bytes, &options());
        if let Err(failure) = opened(&bytes, &options()) {
            prop_assert!(
                [code::BAD_FILE, code::LIMIT_REACHED, code::UNKNOWN_FORMAT, code::KIND_CHANGED, code::CANNOT_READ]
                    .contains(&failure.code),
                "{failure}"
            );
            prop_assert!(failure.place.file.is_some());
        }
    }
}
