//! Validation of OpenDocument sheets: repeated cells, rows and spaces are written once with a count that the decoder
//! trusts, as it trusts that every element is closed.

use super::Fault;

/// Memory of a cell in the decoder, which holds it twice while building the sheet.
const CELL_BYTES: u64 = 128;
/// The decoder limits repetitions to the size of a sheet.
const COLUMNS_MAX: u64 = 16_384;
const ROWS_MAX: u64 = 1_048_576;

/// Validates the text of all sheets; `memory_bytes` is the limit for its cells.
pub(super) fn check(text: &[u8], memory_bytes: u64) -> Result<(), Fault> {
    let mut tags = Tags { text, at: 0 };
    let (mut sheet, mut cells, mut blanks) = (Extent::default(), 0_u64, 0_u64);
    let mut open: Vec<&[u8]> = Vec::new();
    while let Some(tag) = tags.next_tag()? {
        // The decoder would search forever for the end of an open element.
        match tag.name().strip_prefix(b"/") {
            Some(name) if open.pop() == Some(name) => {}
            Some(_) => return Err(Fault::Damaged("its content closes an element that is not open".to_string())),
            None if tag.is_whole() => {}
            None => open.push(tag.name()),
        }
        match tag.name() {
            b"table:table" => sheet = Extent::default(),
            b"table:table-row" => sheet.begin_row(tag.number(b"table:number-rows-repeated")?.min(ROWS_MAX)),
            b"table:table-cell" | b"table:covered-table-cell" => {
                sheet.cell(tag.number(b"table:number-columns-repeated")?.min(COLUMNS_MAX), tag.may_have_value());
            }
            b"text:s" => blanks = blanks.saturating_add(tag.number(b"text:c")?),
            b"/table:table-row" => sheet.end_row(),
            b"/table:table" => cells = cells.saturating_add(sheet.cells()),
            _ => {}
        }
        let asked = cells.saturating_add(sheet.cells()).saturating_mul(CELL_BYTES).saturating_add(blanks);
        if asked > memory_bytes {
            return Err(Fault::TooLarge("the sheets repeat cells more often than memory may hold".to_string()));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(Fault::Damaged("its content has an unclosed element".to_string())) }
}

/// The extent of a sheet, and what its decoder collects.
#[derive(Default)]
struct Extent {
    /// Collected cells; a repeated row counts once.
    collected: u64,
    columns: u64,
    rows: u64,
    /// Rows without values, which count if one with values follows.
    empty_rows: u64,
    /// In this row: its repetitions, its cells so far, trailing cells without values, and whether it has a value.
    repeated: u64,
    width: u64,
    empty_cells: u64,
    has_value: bool,
}

impl Extent {
    fn begin_row(&mut self, repeated: u64) {
        (self.repeated, self.width, self.empty_cells, self.has_value) = (repeated, 0, 0, false);
    }

    fn cell(&mut self, repeated: u64, has_value: bool) {
        if has_value {
            self.width = (self.width + self.empty_cells + repeated).min(COLUMNS_MAX);
            self.empty_cells = 0;
            self.has_value = true;
        } else {
            self.empty_cells = (self.empty_cells + repeated).min(COLUMNS_MAX);
        }
    }

    fn end_row(&mut self) {
        if self.has_value {
            self.collected = self.collected.saturating_add(self.width);
            self.columns = self.columns.max(self.width);
            self.rows = self.rows.saturating_add(self.empty_rows).saturating_add(self.repeated);
            self.empty_rows = 0;
        } else {
            self.empty_rows = self.empty_rows.saturating_add(self.repeated);
        }
        (self.width, self.empty_cells, self.has_value) = (0, 0, false);
    }

    fn cells(&self) -> u64 {
        self.collected.saturating_add(self.rows.saturating_mul(self.columns)).saturating_add(self.width)
    }
}

/// The tags of a text, without comments and the like.
struct Tags<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tags<'a> {
    fn next_tag(&mut self) -> Result<Option<Tag<'a>>, Fault> {
        loop {
            let Some(length) = memchr::memchr(b'<', &self.text[self.at..]) else { return Ok(None) };
            self.at += length + 1;
            let rest = &self.text[self.at..];
            let skipped = [(&b"!--"[..], &b"-->"[..]), (b"![CDATA[", b"]]>"), (b"?", b"?>")];
            if let Some((begin, end)) = skipped.iter().find(|(begin, _)| rest.starts_with(begin)) {
                let length = memchr::memmem::find(&rest[begin.len()..], end).ok_or_else(open_tag)?;
                self.at += begin.len() + length + end.len();
                continue;
            }
            let mut quote = None;
            let end = rest.iter().position(|byte| {
                match (quote, byte) {
                    (None, b'"' | b'\'') => quote = Some(*byte),
                    (None, b'>') => return true,
                    (Some(open), byte) if open == *byte => quote = None,
                    _ => {}
                }
                false
            });
            let end = end.ok_or_else(open_tag)?;
            self.at += end + 1;
            return Ok(Some(Tag(&rest[..end])));
        }
    }
}

fn open_tag() -> Fault {
    Fault::Damaged("its content ends inside a tag".to_string())
}

/// The text between `<` and `>`.
struct Tag<'a>(&'a [u8]);

impl<'a> Tag<'a> {
    /// Is it self-closing, or not an element?
    fn is_whole(&self) -> bool {
        self.0.ends_with(b"/") || self.0.starts_with(b"!")
    }

    fn name(&self) -> &'a [u8] {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let start = usize::from(self.0.starts_with(b"/"));
        let end = self.0[start..].iter().position(ends).map_or(self.0.len(), |length| start + length);
        &self.0[..end]
    }

    /// May the cell have a value? All writers use an attribute of one of these families.
    fn may_have_value(&self) -> bool {
        [&b"office:"[..], b"calcext:", b"table:formula"].iter().any(|name| memchr::memmem::find(self.0, name).is_some())
    }

    /// Returns the largest number in attributes of this name, or 1.
    fn number(&self, name: &[u8]) -> Result<u64, Fault> {
        let mut greatest = 1;
        for place in memchr::memmem::find_iter(self.0, name) {
            let mut rest = self.0[place + name.len()..].trim_ascii_start();
            // Another attribute with the same prefix.
            let Some(value) = rest.strip_prefix(b"=") else { continue };
            rest = value.trim_ascii_start();
            let value = rest.get(1..).unwrap_or_default();
            let end = value.iter().position(|byte| Some(byte) == rest.first()).ok_or_else(open_tag)?;
            let number = std::str::from_utf8(&value[..end]).ok().and_then(|digits| digits.trim().parse().ok());
            let odd = || Fault::Damaged("a repetition count is not a number".to_string());
            greatest = greatest.max(number.ok_or_else(odd)?);
        }
        Ok(greatest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> &'static str {
        match check(text.as_bytes(), 1 << 20) {
            Ok(()) => "ok",
            Err(Fault::Damaged(_)) => "damaged",
            Err(Fault::TooLarge(_)) => "large",
        }
    }

    #[test]
    fn what_is_empty_may_be_repeated_to_the_end_of_the_sheet() {
        let text = "<table:table><table:table-row><table:table-cell office:value=\"1\"/><table:table-cell \
            table:number-columns-repeated=\"16383\"/></table:table-row><table:table-row \
            table:number-rows-repeated=\"1048575\"><table:table-cell table:number-columns-repeated=\"16384\"/>\
            </table:table-row></table:table>";
        assert_eq!(judge(text), "ok");
        let behind = text.replace(
            "</table:table>",
            "<table:table-row><table:table-cell office:value=\"2\"/></table:table-row></table:table>",
        );
        assert_eq!(judge(&behind), "large");
        assert_eq!(judge(&text.replace("16383\"/>", "16383\"/><table:table-cell office:value=\"1\"/>")), "large");
        assert_eq!(judge("<text:s text:c=\"4000000000\"/>"), "large");
        assert_eq!(judge("<text:s text:c=\"&#57;&#57;\"/>"), "damaged");
        assert_eq!(judge("<?xml x?><!-- <text:s text:c=\"4000000000\"/> --><a><text:s text:c='3'/></a >"), "ok");
        assert_eq!(judge("<x y=\">\" /><text:s x=\"<\" text:c = '99999999'/>"), "large");
        for text in ["<text:s ", "<a>", "</a>", "<a><b></a></b>", "<table:table><table:table-row>"] {
            assert_eq!(judge(text), "damaged", "{text}");
        }
    }
}
