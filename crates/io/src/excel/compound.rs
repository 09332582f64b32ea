//! Validation of `.xls` files before decoding: cyclic chains of sectors, and sheets that claim more cells than memory
//! can hold.
//!
//! Such a file is a compound file, a small file system: sectors of a fixed size, a table with the successor of each,
//! and a directory of streams. The stream of the workbook is a list of records.

use super::Fault;

/// Sector numbers from here on are not successors: free, or end of chain.
const SECTORS_END: u32 = 0xFFFF_FFFA;
/// Approximate memory of a cell in the decoder.
const CELL_BYTES: u64 = 64;
/// How often the decoder may visit the bytes of the workbook: sheets may overlap.
const VISITS_MAX: u64 = 64;

/// Validates a file; `memory_bytes` is the limit for its cells.
pub(super) fn check(bytes: &[u8], memory_bytes: u64) -> Result<(), Fault> {
    let file = Compound::open(bytes)?;
    let mut workbook = None;
    for entry in file.directory()?.chunks_exact(128) {
        let name: String =
            char::decode_utf16(entry[..64].chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])))
                .map_while(|unit| unit.ok().filter(|character| *character != '\0'))
                .collect();
        let stream = file.stream(u32_at(entry, 116)?, entry)?;
        if name.eq_ignore_ascii_case("EncryptedPackage") {
            return Err(Fault::locked());
        }
        let is_workbook = name.eq_ignore_ascii_case("Workbook") || name.eq_ignore_ascii_case("Book");
        if is_workbook && stream.is_some() {
            check_records(stream.as_deref().unwrap_or_default(), memory_bytes)?;
            workbook = stream;
        }
    }
    match workbook {
        Some(_) => Ok(()),
        None => Err(Fault::Damaged("it is a compound file without a workbook".to_string())),
    }
}

fn cut_off() -> Fault {
    Fault::Damaged("it is truncated, or its parts are inconsistent".to_string())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Fault> {
    let two = bytes.get(at..at + 2).and_then(|two| two.try_into().ok());
    two.map(u16::from_le_bytes).ok_or_else(cut_off)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_le_bytes).ok_or_else(cut_off)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// A compound file with a validated sector table.
struct Compound<'a> {
    bytes: &'a [u8],
    sector_bytes: usize,
    /// The successor of each sector.
    next: Vec<u32>,
    /// The small sectors of 64 bytes: their stream, and the successor of each.
    small: Option<(Vec<u8>, Vec<u32>)>,
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Result<Compound<'a>, Fault> {
        let sector_bytes = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return Err(Fault::Damaged("its sectors have an unknown size".to_string())),
        };
        let mut file = Compound { bytes, sector_bytes, next: Vec::new(), small: None };
        let head = bytes.get(76..512).ok_or_else(cut_off)?;
        let mut tables: Vec<u32> = words(head).collect();
        let mut more = u32_at(bytes, 68)?;
        let mut steps = 0;
        while more < SECTORS_END {
            tables.extend(words(file.sector(more)?));
            more = tables.pop().ok_or_else(cut_off)?;
            steps += 1;
            file.check_steps(steps)?;
        }
        for table in tables.into_iter().filter(|sector| *sector < SECTORS_END) {
            let sectors: Vec<u32> = words(file.sector(table)?).collect();
            file.next.extend(sectors);
            file.check_steps(file.next.len() / (sector_bytes / 4))?;
        }
        if u32_at(bytes, 64)? > 0 {
            let directory = file.directory()?;
            let root = file.chain(u32_at(&directory, 116)?, usize::MAX)?;
            let table = words(&file.chain(u32_at(bytes, 60)?, usize::MAX)?).collect();
            file.small = Some((root, table));
        }
        Ok(file)
    }

    fn sector(&self, sector: u32) -> Result<&'a [u8], Fault> {
        // The header takes the place of one sector.
        let start = (sector as usize + 1) * self.sector_bytes;
        let rest = self.bytes.get(start..).filter(|rest| !rest.is_empty()).ok_or_else(cut_off)?;
        Ok(&rest[..rest.len().min(self.sector_bytes)])
    }

    fn check_steps(&self, steps: usize) -> Result<(), Fault> {
        if steps > self.bytes.len() / self.sector_bytes + 1 {
            return Err(Fault::Damaged("a chain of its sectors is cyclic".to_string()));
        }
        Ok(())
    }

    fn chain(&self, mut sector: u32, length: usize) -> Result<Vec<u8>, Fault> {
        let (mut stream, mut steps) = (Vec::new(), 0);
        while sector < SECTORS_END && stream.len() < length {
            stream.extend_from_slice(self.sector(sector)?);
            sector = *self.next.get(sector as usize).ok_or_else(cut_off)?;
            steps += 1;
            self.check_steps(steps)?;
        }
        stream.truncate(length);
        Ok(stream)
    }

    fn directory(&self) -> Result<Vec<u8>, Fault> {
        self.chain(u32_at(self.bytes, 48)?, usize::MAX)
    }

    /// Returns the stream of a directory entry, if it is one.
    fn stream(&self, mut sector: u32, entry: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let length = u32_at(entry, 120)? as usize;
        if entry[66] != 2 {
            return Ok(None);
        }
        if length >= 4096 {
            return self.chain(sector, length).map(Some);
        }
        let Some((small, next)) = &self.small else { return Ok(Some(Vec::new())) };
        let mut stream = Vec::new();
        while sector < SECTORS_END && stream.len() < length {
            let start = sector as usize * 64;
            stream.extend_from_slice(small.get(start..(start + 64).min(small.len())).ok_or_else(cut_off)?);
            sector = *next.get(sector as usize).ok_or_else(cut_off)?;
        }
        stream.truncate(length);
        Ok(Some(stream))
    }
}

/// Validates what the sheets of a workbook claim in total: the decoder reads all of them, each as the whole rectangle
/// between its outermost cells.
fn check_records(stream: &[u8], memory_bytes: u64) -> Result<(), Fault> {
    let (mut cells, mut visited) = (0_u64, 0_u64);
    for (kind, data) in Records(stream) {
        if kind == END {
            break;
        }
        if kind != SHEET {
            continue;
        }
        let start = u32_at(data, 0)? as usize;
        let sheet = stream.get(start..).ok_or_else(cut_off)?;
        let (asked, bytes) = cells_asked(sheet)?;
        cells = cells.saturating_add(asked);
        visited += bytes;
        if cells.saturating_mul(CELL_BYTES) > memory_bytes || visited > VISITS_MAX.saturating_mul(stream.len() as u64) {
            return Err(Fault::TooLarge(format!("the workbook claims {cells} cells, more than memory may hold")));
        }
    }
    Ok(())
}

const END: u16 = 0x000A;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const SEVERAL_NUMBERS: u16 = 0x00BD;
/// Records that begin with the row and the column of a cell.
const CELLS: [u16; 10] = [0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0207, 0x027E];

/// Returns the cells that the decoder allocates for one sheet, and the bytes that it reads for that.
fn cells_asked(sheet: &[u8]) -> Result<(u64, u64), Fault> {
    let (mut rows, mut columns) = ((u64::MAX, 0), (u64::MAX, 0));
    let (mut asked, mut bytes, mut depth) = (0_u64, 0, 0);
    for (kind, data) in Records(sheet) {
        bytes += data.len() as u64 + 4;
        match kind {
            // Charts inside a sheet have their own begin and end.
            0x0809 => depth += 1,
            END if depth <= 1 => break,
            END => depth -= 1,
            DIMENSIONS => asked = asked.saturating_add(cells_claimed(data)?),
            kind if CELLS.contains(&kind) && data.len() >= 4 => {
                let (row, column) = (u64::from(u16_at(data, 0)?), u64::from(u16_at(data, 2)?));
                let last = match kind {
                    SEVERAL_NUMBERS => u64::from(u16_at(data, data.len() - 2)?),
                    _ => column,
                };
                rows = (rows.0.min(row), rows.1.max(row));
                columns = (columns.0.min(column), columns.1.max(last));
            }
            _ => {}
        }
    }
    if rows.0 <= rows.1 && columns.0 <= columns.1 {
        asked = asked.saturating_add((rows.1 - rows.0 + 1) * (columns.1 - columns.0 + 1));
    }
    Ok((asked, bytes))
}

/// Returns the cells that a dimensions record claims, as the decoder allocates them: first row, last row + 1, first
/// column, last column + 1. Inverted ranges claim too much.
fn cells_claimed(data: &[u8]) -> Result<u64, Fault> {
    let (rows, columns) = match data.len() {
        10 => ((u16_at(data, 0)?.into(), u16_at(data, 2)?.into()), (u16_at(data, 4)?, u16_at(data, 6)?)),
        _ => ((u32_at(data, 0)?, u32_at(data, 4)?), (u16_at(data, 8)?, u16_at(data, 10)?)),
    };
    if rows.1 == 0 || columns.1 == 0 {
        return Ok(1);
    }
    // An impossible first column is treated as 0.
    let first_column = if columns.0 > 0xFF || columns.1 < columns.0 { 0 } else { columns.0 };
    let rows = rows.1.checked_sub(rows.0).ok_or_else(cut_off)?;
    let columns = columns.1.checked_sub(first_column).ok_or_else(cut_off)?;
    Ok(u64::from(rows) * u64::from(columns))
}

/// The records of a stream: type, length, payload.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let (kind, length) = (u16_at(self.0, 0).ok()?, u16_at(self.0, 2).ok()?);
        let data = self.0.get(4..4 + usize::from(length))?;
        self.0 = &self.0[4 + data.len()..];
        Some((kind, data))
    }
}
