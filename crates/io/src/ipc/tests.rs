//! Round trips, and rejection of damaged files.

use super::*;
use crate::Format;
use crate::file::sketch;
use crate::testing::{self, content, difficult, opened, scanned};
use arrow_array::*;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field};
use pipewright_diagnostic::code;
use pipewright_table::ColumnType;
use pipewright_table::testing::{edge_tables, random_table};
use pipewright_world::random::Key;
use proptest::prelude::*;

fn written(table: &Table) -> Vec<u8> {
    testing::written(Format::IPC, table)
}

fn options() -> ReadOptions {
    testing::options(Format::IPC)
}

/// A stream of batches of some rows.
fn stream(table: &Table, batch_rows: usize) -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &table.to_batch().schema()).unwrap();
    for start in (0..table.rows()).step_by(batch_rows) {
        writer.write(&table.slice(start, batch_rows.min(table.rows() - start)).to_batch()).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn what_was_written_is_read_back() {
    for table in edge_tables().into_iter().chain([difficult(), random_table(Key::new(3), 300)]) {
        for bytes in [written(&table), stream(&table, 7), stream(&table, 1)] {
            let reading = opened(&bytes, &options()).unwrap();
            assert!(reading.table == table, "{}\n{table}", reading.table);
            assert_eq!(reading.notes, []);
            assert!(scanned(&bytes, &options()).unwrap() == table, "{table}");
            let sketch = sketch(&content(&bytes), &options()).unwrap();
            assert_eq!((sketch.schema, sketch.certain, sketch.rows_seen), (table.schema(), true, table.rows()));
        }
        assert_eq!(written(&table), written(&table), "the same bytes again");
    }
}

#[test]
fn the_head_of_a_packed_file_tells_the_columns() {
    let table = random_table(Key::new(9), 60);
    for bytes in [written(&table), stream(&table, 7)] {
        let head = content(&bytes[..bytes.len() * 3 / 4]);
        let sketch = IpcReader.sketch(&head, true, &options()).unwrap();
        assert_eq!(sketch.schema, table.schema());
        assert!(sketch.rows_seen <= table.rows());
    }
}

#[test]
fn only_wanted_columns_are_made() {
    let table = difficult();
    let options = options().with_columns(["category", "cöunt, \"n\""]);
    let expected = table.select(&["cöunt, \"n\"", "category"]).unwrap();
    assert!(opened(&stream(&table, 3), &options).unwrap().table == expected);
    assert!(scanned(&written(&table), &options).unwrap() == expected);
}

#[test]
fn values_decide_over_all_batches() {
    let batch = |numbers: Vec<u64>, bytes: Vec<&[u8]>| {
        let fields = vec![Field::new("u", DataType::UInt64, true), Field::new("b", DataType::Binary, true)];
        let schema = Arc::new(arrow_schema::Schema::new(fields));
        let arrays: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(numbers)), Arc::new(BinaryArray::from_vec(bytes))];
        RecordBatch::try_new(schema, arrays).unwrap()
    };
    let first = batch(vec![1], vec![b"ab"]);
    let mut writer = StreamWriter::try_new(Vec::new(), &first.schema()).unwrap();
    writer.write(&first).unwrap();
    writer.write(&batch(vec![u64::MAX], vec![b"\xFF"])).unwrap();
    let bytes = writer.into_inner().unwrap();
    let reading = opened(&bytes, &options()).unwrap();
    let kinds: Vec<ColumnType> = reading.table.columns().iter().map(|column| column.kind).collect();
    assert_eq!((kinds, reading.notes.len()), (vec![ColumnType::Continuous, ColumnType::Text], 2));
    assert_eq!(pipewright_table::text::text_of(&reading.table.arrays()[1], 0).unwrap(), "6162");
    assert!(scanned(&bytes, &options()).unwrap() == reading.table);
    assert!(!sketch(&content(&bytes), &options()).unwrap().certain);
}

#[test]
fn dictionaries_may_change_in_a_stream() {
    let batch = |levels: [&str; 2]| {
        let levels: DictionaryArray<types::Int8Type> = levels.into_iter().collect();
        RecordBatch::try_from_iter([("d", Arc::new(levels) as ArrayRef)]).unwrap()
    };
    let mut writer = StreamWriter::try_new(Vec::new(), &batch(["a", "b"]).schema()).unwrap();
    writer.write(&batch(["a", "b"])).unwrap();
    writer.write(&batch(["z", "a"])).unwrap();
    let bytes = writer.into_inner().unwrap();
    let table = opened(&bytes, &options()).unwrap().table;
    let texts: Vec<String> =
        (0..4).map(|row| pipewright_table::text::text_of(&table.arrays()[0], row).unwrap()).collect();
    assert_eq!(texts, ["a", "b", "z", "a"]);
    assert!(scanned(&bytes, &options()).unwrap() == table);
}

#[test]
fn what_cannot_be_read_says_why() {
    let bytes = written(&random_table(Key::new(1), 50));
    assert_eq!(opened(b"FEA1....", &options()).unwrap_err().code, code::UNKNOWN_FORMAT);
    assert_eq!(opened(b"ARROW1", &options()).unwrap_err().code, code::BAD_FILE);
    assert_eq!(opened(b"", &options()).unwrap_err().code, code::BAD_FILE);
    assert_eq!(opened(&bytes[..bytes.len() / 2], &options()).unwrap_err().code, code::BAD_FILE);
    let mut tight = options();
    tight.limits.record_bytes = 10;
    assert_eq!(opened(&bytes, &tight).unwrap_err().code, code::LIMIT_REACHED);
    tight = options();
    tight.limits.block_bytes = 10;
    assert_eq!(opened(&bytes, &tight).unwrap_err().code, code::LIMIT_REACHED);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tables_survive(seed in any::<u64>(), rows in 0..200_usize, batch in 1..90_usize) {
        let table = random_table(Key::new(seed), rows);
        prop_assert!(opened(&written(&table), &options()).unwrap().table == table);
        prop_assert!(opened(&stream(&table, batch), &options()).unwrap().table == table);
        prop_assert!(scanned(&stream(&table, batch), &options()).unwrap() == table);
    }

    #[test]
    fn damaged_files_never_panic(
        seed in 0..4_u64, cut in any::<prop::sample::Index>(), truncated in any::<bool>(), streamed in any::<bool>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8_u32), 0..4),
    ) {
        let table = random_table(Key::new(seed), 40);
        let mut bytes = if streamed { stream(&table, 15) } else { written(&table) };
        if truncated {
            bytes.truncate(cut.index(bytes.len()));
        }
        for (place, bit) in flips {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
        }
        let _ = sketch(&content(&bytes), &options());
        let _ = scanned(&bytes, &options());
        if let Err(failure) = opened(&bytes, &options()) {
            let known = [code::BAD_FILE, code::LIMIT_REACHED, code::UNKNOWN_FORMAT, code::KIND_CHANGED];
            prop_assert!(known.contains(&failure.code), "{failure}");
            prop_assert!(failure.place.file.is_some());
        }
    }
}
