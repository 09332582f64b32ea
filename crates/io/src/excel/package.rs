//! Validation of zip-based workbooks before decoding: unpacked sizes and claimed counts.

use super::{Fault, repeats};
use crate::Limits;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The kinds of zip-based workbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Xlsb,
    Ods,
}

/// The attribute with the number of shared texts, for which the decoder allocates.
const CLAIM: &[u8] = b"uniqueCount";
/// Maximum length of a claim.
const CLAIM_BYTES: usize = 256;
/// Minimum size of a text: `<si/>`.
const TEXT_BYTES_MIN: u64 = 5;

const BLOCK_BYTES: usize = 256 << 10;

/// Unpacked size of a part above which its expansion ratio is checked. Sheets are decoded into memory, and slowly.
const BOMB_BYTES: u64 = 256 << 20;
/// Expansion ratio of a bomb. Sheets whose rows are all alike reach about a hundred.
const BOMB_GROWTH: u64 = 200;
/// Where an OpenDocument file says which of its parts are encrypted.
const MANIFEST: &str = "meta-inf/manifest.xml";
const ENCRYPTED: &[u8] = b"encryption-data";

/// Unpacks all parts of a workbook without keeping them, so that the decoder's output is known to be bounded.
pub(super) fn check(bytes: &[u8], limits: &Limits) -> Result<Kind, Fault> {
    let unreadable = |error: zip::result::ZipError| Fault::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
    let names: Vec<String> =
        archive.file_names_raw().map(|name| String::from_utf8_lossy(name).to_lowercase()).collect();
    let ends = |end: &str| names.iter().any(|name| name.ends_with(end));
    let kind = if ends("workbook.bin") {
        Kind::Xlsb
    } else if names.iter().any(|name| name == "content.xml") {
        Kind::Ods
    } else if names.iter().any(|name| name.contains("workbook") && name.ends_with(".xml")) {
        Kind::Xlsx
    } else {
        return Err(Fault::Damaged("it is a zip archive without a workbook: unzip it first".to_string()));
    };
    // Unpacked data is held in memory.
    let limit = limits.unpacked_bytes.min(limits.memory_bytes);
    // A raised limit is a deliberate choice.
    let raised = limits.unpacked_bytes > Limits::default().unpacked_bytes;
    let (mut total, mut content) = (0, None);
    for (index, name) in names.iter().enumerate() {
        // What cannot be opened here cannot be opened by the decoder either.
        let Ok(entry) = archive.by_index(index) else { continue };
        let keep = kind == Kind::Ods && (name == "content.xml" || name == MANIFEST);
        let packed_bytes = if raised { u64::MAX } else { entry.compressed_size() };
        let mut part = Part { total: &mut total, limit, packed_bytes, claims: 0, kept: keep.then(Vec::new) };
        part.read(entry)?;
        match part.kept {
            Some(text) if name == MANIFEST && memchr::memmem::find(&text, ENCRYPTED).is_some() => {
                return Err(Fault::locked());
            }
            Some(text) if name != MANIFEST => content = Some(text),
            _ => {}
        }
    }
    // Of an encrypted content nothing can be told.
    content.map_or(Ok(()), |text| repeats::check(&text, limits.memory_bytes))?;
    Ok(kind)
}

/// One file of an archive.
struct Part<'a> {
    /// Unpacked size of all parts so far.
    total: &'a mut u64,
    limit: u64,
    /// Size of this part in the archive.
    packed_bytes: u64,
    /// The largest claimed number of texts.
    claims: u64,
    kept: Option<Vec<u8>>,
}

impl Part<'_> {
    fn read(&mut self, mut entry: impl Read) -> Result<(), Fault> {
        let before = *self.total;
        let mut window = vec![0; CLAIM_BYTES + BLOCK_BYTES];
        // The end of the last block is examined again with what follows it.
        let mut carried = 0;
        loop {
            let length = match entry.read(&mut window[carried..]) {
                Ok(length) => length,
                Err(error) => return Err(Fault::Damaged(error.to_string())),
            };
            let first = before == *self.total;
            if first && (window.starts_with(b"\xFF\xFE") || window.starts_with(b"\xFE\xFF")) {
                return Err(Fault::Damaged("a part of it is UTF-16".to_string()));
            }
            *self.total += length as u64;
            if *self.total > self.limit {
                return Err(Fault::TooLarge(format!("the workbook unpacks to more than {} bytes", self.limit)));
            }
            let unpacked = *self.total - before;
            if unpacked > BOMB_BYTES && unpacked / BOMB_GROWTH > self.packed_bytes {
                let message = format!("a part of the workbook unpacks to more than {BOMB_GROWTH} times its size");
                return Err(Fault::TooLarge(message));
            }
            if let Some(kept) = &mut self.kept {
                kept.extend_from_slice(&window[carried..carried + length]);
            }
            let end = carried + length;
            self.find_claims(&window[..end], length == 0);
            if length == 0 {
                break;
            }
            carried = end.min(CLAIM_BYTES);
            window.copy_within(end - carried..end, 0);
        }
        if self.claims > (*self.total - before) / TEXT_BYTES_MIN {
            return Err(Fault::Damaged(format!("it claims to hold {} texts, and does not", self.claims)));
        }
        Ok(())
    }

    fn find_claims(&mut self, window: &[u8], last: bool) {
        for place in memchr::memmem::find_iter(window, CLAIM) {
            let text = &window[place + CLAIM.len()..];
            let before = text.iter().take_while(|byte| byte.is_ascii_whitespace() || b"='\"+".contains(byte)).count();
            let digits = text[before..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let cut = before + digits == text.len() && !last;
            if cut && window.len() - place <= CLAIM_BYTES {
                // It is found again with what follows it.
                continue;
            }
            let number =
                std::str::from_utf8(&text[before..before + digits]).ok().and_then(|digits| digits.parse().ok());
            // A number with more digits than fit claims more than any file holds.
            let claim = if digits == 0 && !cut { 0 } else { number.filter(|_| !cut).unwrap_or(u64::MAX) };
            self.claims = self.claims.max(claim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_end_early() {
        let read = |packed_bytes: u64| {
            let mut total = 0;
            let mut part = Part { total: &mut total, limit: 1 << 40, packed_bytes, claims: 0, kept: None };
            let told = part.read(std::io::repeat(b' ').take(BOMB_BYTES + (8 << 20)));
            (matches!(told, Err(Fault::TooLarge(_))), total)
        };
        let (refused, total) = read(1 << 20);
        assert!(refused && total <= BOMB_BYTES + BLOCK_BYTES as u64 + CLAIM_BYTES as u64);
        assert!(!read(2 << 20).0);
    }

    #[test]
    fn claims_are_found_wherever_blocks_end() {
        struct Slow<'a>(&'a [u8], usize);
        impl Read for Slow<'_> {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                let length = self.0.len().min(self.1).min(out.len());
                out[..length].copy_from_slice(&self.0[..length]);
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        let text = format!("{}<sst count=\"1\" uniqueCount = '123456789'>{}", " ".repeat(500), " ".repeat(500));
        for step in [1, 7, 300, 2000] {
            let mut total = 0;
            let mut part = Part { total: &mut total, limit: 1 << 20, packed_bytes: 1000, claims: 0, kept: None };
            assert!(matches!(part.read(Slow(text.as_bytes(), step)), Err(Fault::Damaged(_))));
            assert_eq!((part.claims, total), (123_456_789, text.len() as u64), "{step}");
        }
    }
}
