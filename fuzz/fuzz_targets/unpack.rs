//! Packed files of any kind end in a table or a failure, and never unpack to more than is allowed. The first byte says
//! what the file is called.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipewright_frame::{ReadOptions, read, sketch};
use pipewright_world::{Content, MemoryWorld};
use std::sync::Arc;

fuzz_target!(|input: &[u8]| {
    let [name, bytes @ ..] = input else { return };
    let mut options = ReadOptions::new(["t.csv.gz", "t.csv.zst", "t.csv", "t.jsonl.gz"][usize::from(name % 4)]);
    options.limits.unpacked_bytes = 1 << 20;
    let content: Arc<dyn Content> = Arc::new(bytes.to_vec());
    let sketch = sketch(&content, &options);
    if let Ok(reading) = read(&content, &options, &MemoryWorld::new()) {
        assert!(sketch.is_ok(), "what can be read can be sketched: {sketch:?}");
        // Every value takes a byte of the text at least, a null its delimiter or line end.
        assert!(reading.table.rows() <= 1 << 20);
    }
});
