//! Validation of the Thrift structures of a Parquet file before decoding.
//!
//! The decoder trusts counts and depths that would make it run for minutes, allocate gigabytes or overflow the stack;
//! here everything is walked once in a loop that consumes at least a byte per step, and implausible structures are
//! rejected.

/// Why a structure is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The bytes end within the structure.
    Short,
    /// Invalid.
    Malformed,
    /// The schema is nested too deeply.
    Deep,
}

/// Contents of a footer that are read here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Footer {
    /// Are the columns encrypted?
    pub(super) encrypted: bool,
    /// The elements of the schema.
    pub(super) elements: usize,
}

/// Contents of a page header that are read here.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Size of the header itself.
    pub(super) bytes: usize,
    /// Is it a dictionary?
    pub(super) dictionary: bool,
    pub(super) compressed: i64,
    pub(super) uncompressed: i64,
    pub(super) values: i64,
    /// Does it mark its values as uncompressed, whatever the column?
    pub(super) plain: bool,
    /// As numbered by the format.
    pub(super) encoding: i64,
}

/// Maximum nesting of schemas.
const SCHEMA_DEPTH_MAX: usize = 100;
/// Maximum nesting of skipped structures.
const SKIP_DEPTH_MAX: usize = 32;

/// Walks a footer.
pub(super) fn footer(bytes: &[u8]) -> Result<Footer, Fault> {
    let mut input = Input { bytes, position: 0 };
    let mut footer = Footer::default();
    input.fields(|input, field, kind| match (field, kind) {
        (2, LIST) => {
            footer.elements = input.schema()?;
            Ok(())
        }
        (8, STRUCT) => {
            footer.encrypted = true;
            input.skip(kind, 0)
        }
        _ => input.skip(kind, 0),
    })?;
    Ok(footer)
}

/// Parses the page header at the start of a byte string.
pub(super) fn page_header(bytes: &[u8]) -> Result<PageHeader, Fault> {
    let mut input = Input { bytes, position: 0 };
    let mut header = PageHeader::default();
    input.fields(|input, field, kind| {
        match (field, kind) {
            (2, I32) => header.uncompressed = input.integer()?,
            (3, I32) => header.compressed = input.integer()?,
            (5 | 7 | 8, STRUCT) => {
                header.dictionary = field == 7;
                let encoding = if field == 8 { 4 } else { 2 };
                input.fields(|input, inner, kind| {
                    match (inner, kind) {
                        (1, I32) => header.values = input.integer()?,
                        (7, FALSE) if field == 8 => header.plain = true,
                        (inner, I32) if inner == encoding => header.encoding = input.integer()?,
                        _ => input.skip(kind, 0)?,
                    }
                    Ok(())
                })?;
            }
            _ => input.skip(kind, 0)?,
        }
        Ok(())
    })?;
    header.bytes = input.position;
    Ok(header)
}

/// The types of the compact protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

struct Input<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = *self.bytes.get(self.position).ok_or(Fault::Short)?;
        self.position += 1;
        Ok(byte)
    }

    fn advance(&mut self, bytes: u64) -> Result<(), Fault> {
        let rest = (self.bytes.len() - self.position) as u64;
        if bytes > rest {
            return Err(Fault::Short);
        }
        self.position += bytes as usize;
        Ok(())
    }

    fn unsigned(&mut self) -> Result<u64, Fault> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Fault::Malformed)
    }

    fn integer(&mut self) -> Result<i64, Fault> {
        let number = self.unsigned()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Walks the fields of a structure: `each` receives the number and type of each and must consume its value.
    fn fields(&mut self, mut each: impl FnMut(&mut Self, i64, u8) -> Result<(), Fault>) -> Result<(), Fault> {
        let mut field = 0;
        loop {
            let head = self.byte()?;
            let (step, kind) = (head >> 4, head & 15);
            if kind == 0 {
                return Ok(());
            }
            field = if step == 0 { self.integer()? } else { field + i64::from(step) };
            if !(0..=i64::from(i16::MAX)).contains(&field) {
                return Err(Fault::Malformed);
            }
            each(self, field, kind)?;
        }
    }

    /// Returns the number and type of the elements of a list.
    fn list(&mut self) -> Result<(u64, u8), Fault> {
        let head = self.byte()?;
        let kind = head & 15;
        let count = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        // Every element takes at least a byte. The length of booleans differs between implementations.
        if matches!(kind, TRUE | FALSE) && count > 0 {
            return Err(Fault::Malformed);
        }
        if count > (self.bytes.len() - self.position) as u64 {
            return Err(Fault::Short);
        }
        Ok((count, kind))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<(), Fault> {
        if depth == SKIP_DEPTH_MAX {
            return Err(Fault::Malformed);
        }
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.advance(1),
            4..=I64 => self.unsigned().map(|_| ()),
            DOUBLE => self.advance(8),
            BINARY => {
                let length = self.unsigned()?;
                self.advance(length)
            }
            LIST | SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip(kind, depth + 1))
            }
            MAP => {
                let count = self.unsigned()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                let (key, value) = (kinds >> 4, kinds & 15);
                if matches!(key, TRUE | FALSE) {
                    return Err(Fault::Malformed);
                }
                (0..count).try_for_each(|_| {
                    self.skip(key, depth + 1)?;
                    self.skip(value, depth + 1)
                })
            }
            STRUCT => self.fields(|input, _, kind| input.skip(kind, depth + 1)),
            UUID => self.advance(16),
            _ => Err(Fault::Malformed),
        }
    }

    /// Walks the list of schema elements in preorder; returns their number.
    fn schema(&mut self) -> Result<usize, Fault> {
        let (count, kind) = self.list()?;
        if kind != STRUCT && count > 0 {
            return Err(Fault::Malformed);
        }
        // The remaining children of every enclosing element.
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..count {
            let mut children = 0;
            self.fields(|input, field, kind| match (field, kind) {
                (5, I32) => {
                    children = input.integer()?;
                    Ok(())
                }
                _ => input.skip(kind, 0),
            })?;
            if let Some(rest) = open.last_mut() {
                *rest -= 1;
            }
            if children > 0 {
                open.push(children);
            }
            while open.last() == Some(&0) {
                open.pop();
            }
            if open.len() > SCHEMA_DEPTH_MAX {
                return Err(Fault::Deep);
            }
        }
        Ok(count as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_header_is_read_and_what_it_does_not_know_is_skipped() {
        // type 0, uncompressed 100, compressed 50, a header of a data page with 7 values in encoding 0 and a list.
        let bytes = [
            0x15, 0x00, 0x15, 0xC8, 0x01, 0x15, 0x64, 0x2C, 0x15, 0x0E, 0x15, 0x00, 0x19, 0x25, 0x02, 0x04, 0x00, 0x00,
        ];
        let header = page_header(&bytes).unwrap();
        assert_eq!((header.uncompressed, header.compressed, header.values), (100, 50, 7));
        assert_eq!((header.bytes, header.dictionary), (bytes.len(), false));
        for end in 0..bytes.len() {
            assert_eq!(page_header(&bytes[..end]), Err(Fault::Short), "{end}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        // A footer whose schema is a chain: every element has one child.
        let mut bytes = vec![0x29, 0xFC];
        bytes.extend([0x90, 0x4E]);
        for _ in 0..10_000 {
            bytes.extend([0x55, 0x02, 0x00]);
        }
        bytes.push(0);
        assert_eq!(footer(&bytes), Err(Fault::Deep));
        let structures = vec![0x1C; 100_000];
        assert_eq!(footer(&structures), Err(Fault::Malformed));
    }

    #[test]
    fn counts_beyond_the_bytes_are_refused() {
        assert_eq!(footer(&[0x19, 0xF5, 0xFF, 0xFF, 0xFF, 0x7F, 0x00]), Err(Fault::Short));
        assert_eq!(footer(&[0x19, 0xF1, 0xFF, 0xFF, 0xFF, 0x7F, 0x00]), Err(Fault::Malformed));
    }
}
