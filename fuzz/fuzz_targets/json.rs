//! JSON of any kind is a table or a failure; a table that is written as JSON lines and read under its kinds is the
//! same table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipewright_frame::{ReadOptions, json, read, sketch};
use pipewright_world::{Content, MemoryWorld};
use std::sync::Arc;

fuzz_target!(|text: &[u8]| {
    let mut options = ReadOptions::new("t.json");
    let content: Arc<dyn Content> = Arc::new(text.to_vec());
    let sketch = sketch(&content, &options);
    let Ok(reading) = read(&content, &options, &MemoryWorld::new()) else { return };
    let table = reading.table;
    assert!(sketch.is_ok(), "what can be read can be sketched: {sketch:?}");
    if table.rows() == 0 || table.columns().is_empty() {
        return;
    }
    let mut written = Vec::new();
    json::write(&table, &mut written).expect("memory takes everything");
    options.kinds = table.columns().iter().map(|column| (column.name.to_string(), column.kind)).collect();
    let content: Arc<dyn Content> = Arc::new(written);
    let back = read(&content, &options, &MemoryWorld::new()).expect("what was written can be read");
    assert_eq!(table, back.table);
});
