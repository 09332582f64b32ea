//! A file that is cut into tiny chunks reads as the same file in one piece: the same table with the same notes, or the
//! same failure. The first byte of the input is the size of a chunk, the second chooses options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipewright_frame::{ReadOptions, csv};

fuzz_target!(|input: &[u8]| {
    let [size, choice, text @ ..] = input else { return };
    let options = options(*choice);
    let whole = csv::read_in_chunks(text, &options, text.len() + 1);
    let pieces = csv::read_in_chunks(text, &options, usize::from(*size).max(1));
    match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => assert_eq!(whole, pieces),
        (Err(whole), Err(pieces)) => assert_eq!(whole, pieces),
        (whole, pieces) => panic!("one piece: {whole:?}\nmany pieces: {pieces:?}"),
    }
});

/// Most inputs leave all to be found out.
fn options(choice: u8) -> ReadOptions {
    let mut options = ReadOptions::new("t.csv");
    options.header = [None, None, Some(true), Some(false)][usize::from(choice % 4)];
    options.delimiter = [None, None, Some(b','), Some(b';')][usize::from(choice / 4 % 4)];
    options.comment = [None, None, None, Some(b'#')][usize::from(choice / 16 % 4)];
    options
}
