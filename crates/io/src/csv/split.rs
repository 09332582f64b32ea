//! Splitting of text into fields. Most pieces are split with bit operations on 64 bytes at a time; unusual ones by the
//! state machine of [`super::scan`], which reports errors.

use super::scan::{Field, Marks};
use super::window::Window;

/// Properties common to all pieces of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) marks: Marks,
    pub(super) columns: usize,
    /// Maximum field size in bytes.
    pub(super) field_bytes: usize,
    /// Maximum record size in bytes.
    pub(super) record_bytes: usize,
}

/// The fields of a piece of text that starts at a record.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Field starts. Each field ends one byte, its delimiter or line end, before the next start.
    pub(super) starts: Vec<u32>,
    /// The records, without blank lines, comments and skipped rows.
    pub(super) runs: Vec<Run>,
}

/// Consecutive records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The index in [`Index::starts`] of the first field.
    pub(super) first: usize,
    /// The number of records.
    pub(super) rows: usize,
}

/// Something unusual: the piece must be split by the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unusual;

/// Bytes processed together.
const BLOCK: usize = 64;

impl Index {
    /// The number of records.
    pub(super) fn rows(&self) -> usize {
        self.runs.iter().map(|run| run.rows).sum()
    }

    /// Restarts at this position.
    pub(super) fn restart(&mut self, position: usize) {
        self.runs.clear();
        self.starts.clear();
        self.starts.push(position as u32);
    }

    /// Adds a record that ends with the last of the starts, and begins `columns` before it.
    pub(super) fn push_row(&mut self, columns: usize) {
        let first = self.starts.len() - 1 - columns;
        match self.runs.last_mut() {
            Some(run) if run.first + run.rows * columns == first => run.rows += 1,
            _ => self.runs.push(Run { first, rows: 1 }),
        }
    }

    /// Adds a record of another number of fields, which ends with the last of the starts: surplus fields are left out,
    /// and absent ones are empty. Those lie in the padding of the window, or over the next record.
    pub(super) fn push_ragged_row(&mut self, fields: usize, columns: usize) {
        let last = self.starts.len() - 1;
        self.runs.push(Run { first: last - fields, rows: 1 });
        if fields < columns {
            let end = self.starts[last];
            self.starts.extend((1..=(columns - fields) as u32).map(|absent| end + absent));
            self.starts.push(end);
        }
    }

    /// Finds the fields of all whole records from `start`, a record boundary, up to `end`; returns the start of the
    /// first incomplete one. The window has bytes after `end`.
    pub(super) fn split(&mut self, window: &Window, start: usize, end: usize, shape: &Shape) -> Result<usize, Unusual> {
        self.restart(start);
        let text = window.text(start, end);
        let marks = &shape.marks;
        if hides_something(text, marks) {
            return Err(Unusual);
        }
        let quoted = memchr::memchr(marks.quote, text).is_some();
        let ascii = text.is_ascii();
        let lines = match (quoted, ascii) {
            (false, true) => self.split_blocks::<false, true>(window, start, end, marks)?,
            (false, false) => self.split_blocks::<false, false>(window, start, end, marks)?,
            (true, true) => self.split_blocks::<true, true>(window, start, end, marks)?,
            (true, false) => self.split_blocks::<true, false>(window, start, end, marks)?,
        };
        let bytes = window.bytes();
        let is_line_end = |next: u32| bytes[next as usize - 1] == b'\n';
        let fields = self.starts[1..].iter().rposition(|&next| is_line_end(next)).map_or(0, |last| last + 1);
        self.starts.truncate(fields + 1);
        let whole = self.starts[fields] as usize;
        if !ascii && std::str::from_utf8(window.text(start, whole)).is_err() {
            return Err(Unusual);
        }
        self.find_rows(bytes, lines, shape)?;
        Ok(whole)
    }

    /// Adds the start of every field after the first; returns the number of line ends.
    fn split_blocks<const QUOTED: bool, const ASCII: bool>(
        &mut self,
        window: &Window,
        start: usize,
        end: usize,
        marks: &Marks,
    ) -> Result<usize, Unusual> {
        let blocks = (end - start).div_ceil(BLOCK);
        let (blocks, _) = window.bytes()[start..start + blocks * BLOCK].as_chunks::<BLOCK>();
        let mut quotes = Quotes::new(window.bytes(), start, end, marks);
        let (mut count, mut lines, mut position) = (self.starts.len(), 0, start);
        if !QUOTED {
            lines = memchr::memchr_iter(b'\n', window.text(start, end)).count();
        }
        for block in blocks {
            let inside_end = if end - position >= BLOCK { !0 } else { (1 << (end - position)) - 1 };
            let mut ends = positions::<ASCII>(block, marks.delimiter, b'\n') & inside_end;
            if QUOTED {
                let marked = positions::<ASCII>(block, marks.quote, marks.quote) & inside_end;
                if marked != 0 || !quotes.are_quiet() {
                    ends = quotes.outside(ends, marked, position)?;
                } else {
                    quotes.pass(ends);
                }
                lines += (positions::<ASCII>(block, b'\n', b'\n') & ends).count_ones() as usize;
            }
            // Reserves room for all bytes of the block, so that starts can be written before they are counted.
            if self.starts.len() < count + BLOCK {
                self.starts.resize(2 * (count + BLOCK), 0);
            }
            write_positions(ends, position as u32 + 1, &mut self.starts[count..count + BLOCK]);
            count += ends.count_ones() as usize;
            position += BLOCK;
        }
        self.starts.truncate(count);
        Ok(lines)
    }

    /// Groups the fields into records; they must end with a record.
    fn find_rows(&mut self, bytes: &[u8], lines: usize, shape: &Shape) -> Result<(), Unusual> {
        let columns = shape.columns;
        let fields = self.starts.len() - 1;
        let longest = shape.field_bytes.min(shape.record_bytes);
        let rows = fields / columns;
        let row_fits = |row: usize| {
            let (start, next) = (self.starts[row * columns] as usize, self.starts[(row + 1) * columns] as usize);
            bytes[next - 1] == b'\n' && next - start <= longest
        };
        if lines == rows && rows * columns == fields && (0..rows).all(row_fits) {
            if rows > 0 {
                self.runs.push(Run { first: 0, rows });
            }
            return Ok(());
        }
        let mut first = 0;
        for field in 1..=fields {
            let next = self.starts[field] as usize;
            if bytes[next - 1] != b'\n' {
                continue;
            }
            let start = self.starts[first] as usize;
            let blank = field - first == 1 && Field::of(&bytes[start..next - 1], true, &shape.marks).is_blank();
            if next - start > longest || (field - first != columns && !blank) {
                return Err(Unusual);
            }
            if field - first == columns {
                match self.runs.last_mut() {
                    Some(run) if run.first + run.rows * columns == first => run.rows += 1,
                    _ => self.runs.push(Run { first, rows: 1 }),
                }
            }
            first = field;
        }
        Ok(())
    }
}

/// Is there a byte that only the state machine can handle?
fn hides_something(text: &[u8], marks: &Marks) -> bool {
    let comments = |comment| text.first() == Some(&comment) || memchr::memmem::find(text, &[b'\n', comment]).is_some();
    memchr::memchr(0, text).is_some()
        || marks.escape.is_some_and(|escape| memchr::memchr(escape, text).is_some())
        || marks.comment.is_some_and(comments)
        || (marks.lone_returns && memchr::memchr(b'\r', text).is_some())
}

/// Returns a bitmap of two bytes in a block. ASCII blocks need fewer operations.
#[inline(always)]
fn positions<const ASCII: bool>(block: &[u8; BLOCK], first: u8, second: u8) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const SEVEN: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let (first, second) = (LOW * u64::from(first), LOW * u64::from(second));
    let (words, _) = block.as_chunks::<8>();
    let mut found = 0;
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The top bit of a byte is set where it differs.
        let differs = |marks: u64| {
            let other = word ^ marks;
            if ASCII { other.wrapping_add(SEVEN) } else { ((other & SEVEN) + SEVEN) | other }
        };
        let equal = (!(differs(first) & differs(second)) >> 7) & LOW;
        // The product gathers the lowest bits of all bytes in the top byte.
        found |= (equal.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * place);
    }
    found
}

/// Writes the positions of the set bits, relative to `base`. More are written than there are: the number of bits is
/// hard to predict, and a misprediction costs more than a few superfluous writes.
#[inline(always)]
fn write_positions(mut bits: u64, base: u32, out: &mut [u32]) {
    const FEW: usize = 10;
    const SOME: usize = 16;
    let Some(out) = out.first_chunk_mut::<BLOCK>() else { return };
    for place in &mut out[..FEW] {
        *place = base + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
    if bits == 0 {
        return;
    }
    for place in &mut out[FEW..SOME] {
        *place = base + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
    for place in &mut out[SOME..] {
        if bits == 0 {
            return;
        }
        *place = base + bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
    }
}

/// Tracks quoted regions from block to block, as long as all quotes are well placed.
struct Quotes<'a> {
    bytes: &'a [u8],
    start: usize,
    end: usize,
    marks: &'a Marks,
    /// All bits set: the last block ended inside quotes.
    inside: u64,
    /// The last byte of the last block ended a field or was a quote.
    may_open: u64,
    /// The last byte of the last block closed quotes.
    closed: u64,
}

impl<'a> Quotes<'a> {
    fn new(bytes: &'a [u8], start: usize, end: usize, marks: &'a Marks) -> Quotes<'a> {
        Quotes { bytes, start, end, marks, inside: 0, may_open: 1, closed: 0 }
    }

    /// Can a block without quotes be skipped?
    #[inline(always)]
    fn are_quiet(&self) -> bool {
        self.inside == 0 && self.closed == 0
    }

    /// Skips a block without quotes, outside of quotes.
    #[inline(always)]
    fn pass(&mut self, ends: u64) {
        self.may_open = ends >> 63;
    }

    /// Returns the field ends outside quotes, in the block at `position` with its `quotes`.
    #[inline(always)]
    fn outside(&mut self, ends: u64, quotes: u64, position: usize) -> Result<u64, Unusual> {
        let mut inside = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            inside ^= inside << shift;
        }
        inside ^= self.inside;
        let ends = ends & !inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let usual_neighbours = ends | quotes;
        let odd_openings = opening & !((usual_neighbours << 1) | self.may_open);
        let mut odd_closings = ((closing << 1) | self.closed) & !usual_neighbours;
        self.may_open = usual_neighbours >> 63;
        self.closed = closing >> 63;
        self.inside = 0_u64.wrapping_sub(inside >> 63);
        // What follows the end is handled with the last record.
        odd_closings &= if self.end - position >= BLOCK { !0 } else { (1 << (self.end - position)) - 1 };
        if odd_openings != 0 && !every(odd_openings, |place| self.opens(position + place)) {
            return Err(Unusual);
        }
        if odd_closings != 0 && !every(odd_closings, |place| self.ends_field(position + place)) {
            return Err(Unusual);
        }
        Ok(ends)
    }

    /// Are there only blanks between the start of the field and the quote at `position`?
    fn opens(&self, position: usize) -> bool {
        let before = &self.bytes[self.start..position];
        match before.iter().rposition(|&byte| !self.marks.is_blank(byte)) {
            None => true,
            Some(last) => before[last] == self.marks.delimiter || before[last] == b'\n',
        }
    }

    /// Are there only blanks, or a carriage return, between `position` and the end of the field?
    fn ends_field(&self, position: usize) -> bool {
        let next = self.marks.skip_blanks(self.bytes, position);
        match self.bytes.get(next..) {
            _ if next >= self.end => true,
            Some([b'\r', b'\n', ..]) => true,
            Some([b'\r', ..]) => next + 1 >= self.end,
            Some([byte, ..]) => *byte == self.marks.delimiter || *byte == b'\n',
            _ => true,
        }
    }
}

/// Does the test hold for the positions of all set bits?
fn every(mut bits: u64, test: impl Fn(usize) -> bool) -> bool {
    while bits != 0 {
        if !test(bits.trailing_zeros() as usize) {
            return false;
        }
        bits &= bits - 1;
    }
    true
}
