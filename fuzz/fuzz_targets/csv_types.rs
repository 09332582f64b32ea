//! The kinds that reading finds hold for every value: reading again under them, declared, gives the same table; and so
//! does reading what is written of it. A sketch that is sure of its kinds is right. The first byte says whether there
//! is a header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipewright_frame::{ColumnType, ReadOptions, Table, csv, read, sketch};
use pipewright_world::{Content, MemoryWorld};
use std::collections::BTreeMap;
use std::sync::Arc;

fuzz_target!(|input: &[u8]| {
    let [header, text @ ..] = input else { return };
    let mut options = ReadOptions::new("t.csv");
    options.header = Some(header % 2 == 0);
    let content: Arc<dyn Content> = Arc::new(text.to_vec());
    let sketch = sketch(&content, &options);
    let Ok(reading) = read(&content, &options, &MemoryWorld::new()) else { return };
    let table = reading.table;
    let sketch = sketch.expect("what can be read can be sketched");
    if sketch.certain {
        assert_eq!(sketch.schema, table.schema());
    }

    options.kinds = kinds(&table);
    let again = read(&content, &options, &MemoryWorld::new()).expect("the kinds hold");
    assert_eq!(table, again.table, "under its own kinds");

    let mut written = Vec::new();
    csv::write(&table, &mut written).expect("memory takes everything");
    let mut plain = ReadOptions::new("w");
    (plain.header, plain.delimiter, plain.kinds) = (Some(true), Some(b','), kinds(&table));
    let content: Arc<dyn Content> = Arc::new(written);
    let back = read(&content, &plain, &MemoryWorld::new()).expect("what was written can be read");
    assert_eq!(table, back.table, "written and read");
});

fn kinds(table: &Table) -> BTreeMap<String, ColumnType> {
    table.columns().iter().map(|column| (column.name.to_string(), column.kind)).collect()
}
