//! A file that is cut into tiny chunks reads as the same file in one piece: the same table with the same notes, or the
//! same failure. The first byte of the input is the size of a chunk, the second chooses options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipewright_frame::{BadRows, ReadOptions, csv};

fuzz_target!(|input: &[u8]| {
    let [size, choice, text @ ..] = input else { return };
    let options = options(*choice);
    let read = |chunk_bytes| {
        let reading = csv::read_in_chunks(text, &options, chunk_bytes)?;
        Ok::<_, pipewright_diagnostic::Failure>((reading.table, reading.notes, reading.rejected))
    };
    let whole = read(1 << 30);
    let pieces = read(u64::from(*size).max(1));
    assert!(whole == pieces, "one piece: {whole:?}\nmany pieces: {pieces:?}");
});

/// Most inputs leave all to be found out.
fn options(choice: u8) -> ReadOptions {
    let mut options = ReadOptions::new("t.csv");
    options.header = [None, None, Some(true), Some(false)][usize::from(choice % 4)];
    options.delimiter = [None, None, Some(b','), Some(b';')][usize::from(choice / 4 % 4)];
    options.comment = [None, None, None, Some(b'#')][usize::from(choice / 16 % 4)];
    options.bad_rows = [BadRows::Refuse, BadRows::Refuse, BadRows::Refuse, BadRows::Reject][usize::from(choice / 64)];
    options
}
