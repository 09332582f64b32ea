//! Validation of the pages of a column chunk before decoding.
//!
//! The decoder allocates what a page header claims. So the headers are checked first: every page must be in the file,
//! none may claim more than the block limit, and counts must be possible given the number of bytes. The results also
//! bound the text that the chunk can expand to.

use super::input::Input;
use super::thrift::{self, Fault, PageHeader};
use crate::ReadOptions;
use crate::arrow::Allowance;
use parquet::column::page::{Page, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::Length;
use parquet::file::serialized_reader::SerializedPageReader;
use pipewright_diagnostic::{Failure, code};
use std::sync::Arc;

/// Claims of the page headers of a chunk.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Claims {
    /// Unpacked size of all pages.
    pub(super) bytes: u64,
    /// Size of the dictionary.
    dictionary: u64,
    /// Number of values that refer to the dictionary.
    pointers: u64,
    /// Maximum size of plain values.
    plain: u64,
    /// The largest page with prefix-encoded values.
    shared: u64,
    /// Are there delta-encoded lengths?
    differences: bool,
}

/// Maximum size of a header, which may contain statistics of long texts.
const HEADER_BYTES_MAX: u64 = 16 << 20;

const PLAIN_DICTIONARY: i64 = 2;
const DELTA_LENGTH_BYTE_ARRAY: i64 = 6;
const DELTA_BYTE_ARRAY: i64 = 7;
const RLE_DICTIONARY: i64 = 8;

/// Validates all pages of a column chunk.
pub(super) fn inspect(
    input: &Input,
    chunk: &ColumnChunkMetaData,
    allowance: &Allowance,
    options: &ReadOptions,
) -> Result<Claims, Failure> {
    let name = chunk.column_path().string();
    let bad = |message: &str| Failure::new(code::BAD_FILE, message).file(&options.name).column(&name);
    let (mut position, mut rest) = range(chunk, input.len()).ok_or_else(|| bad("its bytes lie outside the file"))?;
    let (mut claims, mut values) = (Claims::default(), 0_i64);
    while rest > 0 {
        let header = match header(input, position, rest) {
            Ok(header) => header,
            // Data after the last value is never decoded.
            Err(_) if values >= chunk.num_values() => break,
            Err(message) => return Err(bad(&message)),
        };
        let compressed = u64::try_from(header.compressed).ok();
        let length = compressed.and_then(|bytes| bytes.checked_add(header.bytes as u64)).filter(|bytes| *bytes <= rest);
        let unpacked = u64::try_from(header.uncompressed).ok();
        let (Some(length), Some(unpacked), Ok(count)) = (length, unpacked, u64::try_from(header.values)) else {
            if values >= chunk.num_values() {
                break;
            }
            return Err(bad("a page claims a size that it cannot have"));
        };
        allowance.admit_block(unpacked, options).map_err(|refused| refused.column(&name))?;
        if header.dictionary && count > unpacked {
            return Err(bad("a dictionary claims more values than it has bytes"));
        }
        if header.plain && header.compressed != header.uncompressed {
            // Arrow before version 3 compressed such pages anyway (ARROW-10353).
            return Err(bad("a page says that it is not compressed, but its sizes differ"));
        }
        claims.add(&header, unpacked, count);
        if !header.dictionary {
            values = values.saturating_add(header.values);
        }
        position += length;
        rest -= length;
    }
    if claims.differences {
        check_differences(input, chunk).map_err(|message| bad(&message))?;
    }
    Ok(claims)
}

/// Returns start and size of a chunk; `None` if it is outside the file.
fn range(chunk: &ColumnChunkMetaData, file_bytes: u64) -> Option<(u64, u64)> {
    let start = chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset());
    let (start, length) = (u64::try_from(start).ok()?, u64::try_from(chunk.compressed_size()).ok()?);
    (start.checked_add(length)? <= file_bytes).then_some((start, length))
}

fn header(input: &Input, position: u64, rest: u64) -> Result<PageHeader, String> {
    let mut window = 256;
    loop {
        let bytes = input.bytes(position, rest.min(window)).map_err(|error| error.to_string())?;
        match thrift::page_header(&bytes) {
            Ok(header) => return Ok(header),
            Err(Fault::Short) if window < rest.min(HEADER_BYTES_MAX) => window *= 16,
            Err(_) => return Err("the header of a page is damaged".into()),
        }
    }
}

impl Claims {
    fn add(&mut self, header: &PageHeader, unpacked: u64, values: u64) {
        self.bytes = self.bytes.saturating_add(unpacked);
        match header.encoding {
            _ if header.dictionary => self.dictionary = unpacked,
            PLAIN_DICTIONARY | RLE_DICTIONARY => self.pointers = self.pointers.saturating_add(values),
            DELTA_BYTE_ARRAY => {
                // Every value may share a prefix as long as the page.
                self.plain = self.plain.saturating_add(values.saturating_mul(unpacked));
                self.shared = self.shared.max(unpacked);
                self.differences = true;
            }
            encoding => {
                self.plain = self.plain.saturating_add(unpacked);
                self.differences |= encoding == DELTA_LENGTH_BYTE_ARRAY;
            }
        }
    }

    /// Returns the maximum size of text that the chunk can expand to, and the size of the longest value that can be
    /// repeated. A rough bound is used if it is within `enough`.
    pub(super) fn text(&self, input: &Input, chunk: &ColumnChunkMetaData, enough: u64) -> (u64, u64) {
        let bound = |longest: u64| self.pointers.saturating_mul(longest).saturating_add(self.plain);
        if self.pointers == 0 || bound(self.dictionary) <= enough {
            return (bound(self.dictionary), self.dictionary.max(self.shared));
        }
        let longest = longest_entry(input, chunk).unwrap_or(self.dictionary);
        (bound(longest), longest.max(self.shared))
    }
}

/// Returns the size of the longest text in a chunk's dictionary.
fn longest_entry(input: &Input, chunk: &ColumnChunkMetaData) -> Option<u64> {
    let mut pages = SerializedPageReader::new(Arc::new(input.clone()), chunk, 0, None).ok()?;
    let Ok(Some(Page::DictionaryPage { buf, .. })) = pages.get_next_page() else { return None };
    let (mut rest, mut longest) = (&buf[..], 0);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length);
        longest = longest.max(u64::from(length));
        rest = after.get(length as usize..)?;
    }
    Some(longest)
}

/// Delta-encoded lengths start with their number, which the decoder trusts.
fn check_differences(input: &Input, chunk: &ColumnChunkMetaData) -> Result<(), String> {
    let damaged = |error: ParquetError| format!("a page is damaged: {error}");
    let mut pages = SerializedPageReader::new(Arc::new(input.clone()), chunk, 0, None).map_err(damaged)?;
    while let Some(page) = pages.get_next_page().map_err(damaged)? {
        let levels = match &page {
            Page::DictionaryPage { .. } => continue,
            Page::DataPage { buf, .. } => levels_v1(buf, chunk),
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                Some(*def_levels_byte_len as usize + *rep_levels_byte_len as usize)
            }
        };
        let most = u64::from(page.num_values());
        let values = levels.and_then(|levels| page.buffer().get(levels..)).unwrap_or_default();
        let possible = match page.encoding() as i64 {
            DELTA_LENGTH_BYTE_ARRAY => differences_end(values, most).is_some(),
            DELTA_BYTE_ARRAY => differences_end(values, most)
                .and_then(|end| values.get(end..))
                .is_some_and(|suffixes| differences_end(suffixes, most).is_some()),
            _ => true,
        };
        if !possible {
            return Err("a page claims more lengths than it has values".into());
        }
    }
    Ok(())
}

/// Returns the size of the levels at the start of a version-1 page.
fn levels_v1(page: &[u8], chunk: &ColumnChunkMetaData) -> Option<usize> {
    let column = chunk.column_descr();
    let mut end = 0_usize;
    for level in [column.max_rep_level(), column.max_def_level()] {
        if level > 0 {
            let length = page.get(end..)?.first_chunk::<4>()?;
            end = end.checked_add(4)?.checked_add(u32::from_le_bytes(*length) as usize)?;
        }
    }
    Some(end)
}

/// Returns the end of a delta block with at most `most` numbers; `None` if it is invalid.
fn differences_end(bytes: &[u8], most: u64) -> Option<usize> {
    let mut position = 0;
    let block = varint(bytes, &mut position)?;
    let parts = varint(bytes, &mut position)?;
    let count = varint(bytes, &mut position)?;
    varint(bytes, &mut position)?;
    if count > most || parts == 0 || parts > bytes.len() as u64 || block == 0 || block > MOST_IN_BLOCK {
        return None;
    }
    let values_in_part = block / parts;
    let mut rest = count.saturating_sub(1);
    while rest > 0 {
        varint(bytes, &mut position)?;
        let widths = bytes.get(position..position + parts as usize)?;
        position += parts as usize;
        for width in widths {
            if rest == 0 {
                break;
            }
            position += usize::from(*width) * values_in_part as usize / 8;
            rest = rest.saturating_sub(values_in_part.max(1));
        }
    }
    // The padding of the last part may be omitted.
    Some(position.min(bytes.len()))
}

/// Blocks usually have 128 values.
const MOST_IN_BLOCK: u64 = 1 << 20;

fn varint(bytes: &[u8], position: &mut usize) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*position)?;
        *position += 1;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_end_where_their_blocks_do() {
        // Blocks of 128 in 4 parts, 2 numbers, the first is 1; a block: least 1, widths 2, 0, 0, 0, 8 bytes.
        let bytes = [0x80, 0x01, 4, 2, 2, 2, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 99];
        assert_eq!(differences_end(&bytes, 2), Some(18));
        assert_eq!(differences_end(&bytes, 1), None, "more than there can be");
        assert_eq!(differences_end(&bytes[..3], 2), None);
        let endless = [0x80, 0x01, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0];
        assert_eq!(differences_end(&endless, 1000), None);
    }
}
