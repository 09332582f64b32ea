//! Parsing of JSON rows into typed columns.
//!
//! The objects of a file mostly have the same keys in the same order, so a key is first compared with the one that
//! followed last time, and looked up only if it differs. Keys of nested objects are joined by points.

use super::parse::{Cursor, DEPTH_MAX, Fault, FaultKind, unescape};
use super::shape::Shape;
use crate::gather::{Cell, Cells, Misfit, Start};
use std::collections::HashMap;
use std::sync::Arc;

/// How columns are read, and their limits.
pub(super) struct Plan<'a> {
    pub(super) start: &'a (dyn Fn(&str) -> Start + Sync),
    pub(super) columns_max: usize,
    pub(super) field_bytes_max: usize,
}

/// Number of nulls for missing keys that is always allowed.
const GAPS_MIN: usize = 32 << 20;
/// Maximum number of such nulls per byte of the file beyond that.
const GAPS_A_BYTE: usize = 16;

/// Maximum length of a column name. It contains the keys of all enclosing objects, so deep nesting would multiply a
/// long one.
pub(super) const NAME_BYTES_MAX: usize = 4096;

/// The columns of a range of rows, in order of first appearance.
pub(super) struct Chunk {
    pub(super) columns: Vec<(Arc<str>, Cells)>,
    pub(super) rows: usize,
    places: HashMap<Arc<str>, usize>,
    nodes: Vec<Node>,
    gaps: usize,
    scratch: Vec<u8>,
}

/// The keys of the objects at one position: rows, or the values of a key.
struct Node {
    /// Prefix of the column names.
    prefix: String,
    children: Vec<Child>,
    /// The children by raw key.
    written: HashMap<Vec<u8>, usize>,
    /// The children by unescaped key.
    plain: HashMap<Vec<u8>, usize>,
}

struct Child {
    /// The raw key, in its quotes.
    quoted: Box<[u8]>,
    name: Arc<str>,
    /// The column of plain values.
    column: Option<usize>,
    /// The node of objects.
    node: Option<usize>,
    /// The last row with this key, from 1.
    row: usize,
}

impl Node {
    fn new(prefix: String) -> Node {
        Node { prefix, children: Vec::new(), written: HashMap::new(), plain: HashMap::new() }
    }
}

impl Chunk {
    fn new() -> Chunk {
        let nodes = vec![Node::new(String::new())];
        Chunk { columns: Vec::new(), rows: 0, places: HashMap::new(), nodes, gaps: 0, scratch: Vec::new() }
    }

    /// Reads lines with one object each; blank ones are skipped.
    pub(super) fn of_lines(bytes: &[u8], plan: &Plan<'_>) -> Result<Chunk, Fault> {
        let mut chunk = Chunk::new();
        chunk.read_lines(bytes, plan)?;
        Ok(chunk)
    }

    /// Like [`Chunk::of_lines`], skipping invalid lines: `reject` receives the range and the fault of each.
    pub(super) fn of_good_lines(
        bytes: &[u8],
        plan: &Plan<'_>,
        mut reject: impl FnMut(std::ops::Range<usize>, Fault),
    ) -> Result<Chunk, Fault> {
        let mut chunk = Chunk::new();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
            // A row that fails midway would leave cells behind: it is tried separately first.
            let alone = Chunk::new().read_lines(&bytes[start..end], plan);
            match alone.and_then(|()| chunk.read_lines(&bytes[start..end], plan)) {
                Ok(()) => {}
                Err(fault) if fault.kind.is_of_row() => reject(start..end, fault),
                Err(fault) => return Err(Fault { offset: start + fault.offset, ..fault }),
            }
            start = end + 1;
        }
        Ok(chunk)
    }

    fn read_lines(&mut self, bytes: &[u8], plan: &Plan<'_>) -> Result<(), Fault> {
        as_text(bytes, |text| {
            let mut cursor = Cursor::new(text, true);
            loop {
                while let Some(b' ' | b'\t' | b'\r' | b'\n') = cursor.peek() {
                    cursor.at += 1;
                }
                if cursor.peek().is_none() {
                    return Ok(());
                }
                self.row(&mut cursor, plan)?;
                cursor.skip_blanks();
                if cursor.peek().is_some_and(|byte| byte != b'\n') {
                    return Err(cursor.fault(FaultKind::Expected("the end of the line")));
                }
            }
        })
    }

    /// Reads an array of objects, or objects one after the other, at most `rows_max` of them.
    pub(super) fn of_values(
        shape: Shape,
        bytes: &[u8],
        plan: &Plan<'_>,
        rows_max: usize,
    ) -> Result<Chunk, (Chunk, Fault)> {
        let mut chunk = Chunk::new();
        let read = as_text(bytes, |text| match shape {
            Shape::Array => chunk.read_array(text, plan, rows_max),
            Shape::Lines | Shape::Objects => chunk.read_objects(text, plan, rows_max),
        });
        match read {
            Ok(()) => Ok(chunk),
            Err(fault) => Err((chunk, fault)),
        }
    }

    fn read_array(&mut self, text: &[u8], plan: &Plan<'_>, rows_max: usize) -> Result<(), Fault> {
        let mut cursor = Cursor::new(text, false);
        cursor.expect(b'[', "an array")?;
        cursor.skip_blanks();
        let mut ended = cursor.peek() == Some(b']');
        while !ended {
            self.row(&mut cursor, plan)?;
            if self.rows == rows_max {
                return Ok(());
            }
            cursor.skip_blanks();
            match cursor.peek() {
                Some(b',') => {
                    cursor.at += 1;
                    cursor.skip_blanks();
                }
                Some(b']') => ended = true,
                _ => return Err(cursor.unexpected("a comma or `]`")),
            }
        }
        cursor.at += 1;
        cursor.skip_blanks();
        if cursor.peek().is_some() {
            return Err(cursor.fault(FaultKind::Expected("the end of the file")));
        }
        Ok(())
    }

    fn read_objects(&mut self, text: &[u8], plan: &Plan<'_>, rows_max: usize) -> Result<(), Fault> {
        let mut cursor = Cursor::new(text, false);
        cursor.skip_blanks();
        while cursor.peek().is_some() && self.rows < rows_max {
            self.row(&mut cursor, plan)?;
            cursor.skip_blanks();
        }
        Ok(())
    }

    fn row(&mut self, cursor: &mut Cursor<'_>, plan: &Plan<'_>) -> Result<(), Fault> {
        if cursor.peek() != Some(b'{') {
            return Err(cursor.unexpected("an object"));
        }
        self.object(cursor, 0, 1, plan)?;
        self.rows += 1;
        Ok(())
    }

    fn object(&mut self, cursor: &mut Cursor<'_>, node: usize, depth: usize, plan: &Plan<'_>) -> Result<(), Fault> {
        cursor.at += 1;
        cursor.skip_blanks();
        if cursor.peek() == Some(b'}') {
            cursor.at += 1;
            return Ok(());
        }
        let mut expected = 0;
        loop {
            let start = cursor.at;
            let place = self.key(cursor, node, expected)?;
            expected = place + 1;
            let child = &mut self.nodes[node].children[place];
            if child.row == self.rows + 1 {
                return Err(Fault { offset: start, kind: FaultKind::Again(child.name.to_string()) });
            }
            child.row = self.rows + 1;
            cursor.expect(b':', "a colon")?;
            cursor.skip_blanks();
            self.value(cursor, (node, place), depth, plan)?;
            cursor.skip_blanks();
            match cursor.peek() {
                Some(b',') => cursor.at += 1,
                Some(b'}') => {
                    cursor.at += 1;
                    return Ok(());
                }
                _ => return Err(cursor.unexpected("a comma or `}`")),
            }
            cursor.skip_blanks();
        }
    }

    /// Parses a key, and returns the child of the node. The `expected` one is tried first.
    #[inline]
    fn key(&mut self, cursor: &mut Cursor<'_>, node: usize, expected: usize) -> Result<usize, Fault> {
        if let Some(child) = self.nodes[node].children.get(expected)
            && cursor.bytes[cursor.at..].starts_with(&child.quoted)
        {
            cursor.at += child.quoted.len();
            return Ok(expected);
        }
        if cursor.peek() != Some(b'"') {
            return Err(cursor.unexpected("a key in quotes"));
        }
        let start = cursor.at;
        let (raw, escaped) = cursor.string()?;
        if let Some(place) = self.nodes[node].written.get(raw) {
            return Ok(*place);
        }
        let mut plain = Vec::new();
        if escaped {
            unescape(raw, start + 1, &mut plain)?;
        } else {
            plain.extend_from_slice(raw);
        }
        let node = &mut self.nodes[node];
        let place = match node.plain.get(&plain) {
            Some(place) => *place,
            None => {
                let name = format!("{}{}", node.prefix, String::from_utf8_lossy(&plain));
                if name.len() > NAME_BYTES_MAX {
                    return Err(Fault { offset: start, kind: FaultKind::LongName });
                }
                let quoted = cursor.bytes[start..cursor.at].into();
                node.children.push(Child { quoted, name: name.into(), column: None, node: None, row: 0 });
                node.plain.insert(plain, node.children.len() - 1);
                node.children.len() - 1
            }
        };
        node.written.insert(raw.to_vec(), place);
        Ok(place)
    }

    /// Parses a value into the column or the node of a child.
    #[inline]
    fn value(
        &mut self,
        cursor: &mut Cursor<'_>,
        child: (usize, usize),
        depth: usize,
        plan: &Plan<'_>,
    ) -> Result<(), Fault> {
        let start = cursor.at;
        let cell = match cursor.peek() {
            Some(b'"') => {
                let (raw, escaped) = cursor.string()?;
                if raw.len() > plan.field_bytes_max {
                    return Err(Fault { offset: start, kind: FaultKind::LongField });
                }
                if escaped {
                    let mut scratch = std::mem::take(&mut self.scratch);
                    scratch.clear();
                    unescape(raw, start + 1, &mut scratch)?;
                    let pushed = self.push(child, Cell::Text(&scratch), start, None, plan);
                    self.scratch = scratch;
                    return pushed;
                }
                Cell::Text(raw)
            }
            Some(b'-' | b'0'..=b'9') => cursor.number()?,
            Some(b'n') => cursor.word("null").map(|()| Cell::Null)?,
            Some(b't') => cursor.word("true").map(|()| Cell::Bool(true))?,
            Some(b'f') => cursor.word("false").map(|()| Cell::Bool(false))?,
            Some(b'[') => Cell::List(cursor.list(depth + 1)?),
            Some(b'{') => {
                if depth >= DEPTH_MAX {
                    return Err(cursor.fault(FaultKind::Deep));
                }
                return self.inner(cursor, child, depth, plan);
            }
            _ => return Err(cursor.unexpected("a value")),
        };
        let written = (!matches!(cell, Cell::Text(_))).then(|| &cursor.bytes[start..cursor.at]);
        self.push(child, cell, start, written, plan)
    }

    /// Parses a nested object; an empty one is null.
    fn inner(
        &mut self,
        cursor: &mut Cursor<'_>,
        child: (usize, usize),
        depth: usize,
        plan: &Plan<'_>,
    ) -> Result<(), Fault> {
        let start = cursor.at;
        cursor.at += 1;
        cursor.skip_blanks();
        if cursor.peek() == Some(b'}') {
            cursor.at += 1;
            return self.push(child, Cell::Null, start, None, plan);
        }
        cursor.at = start;
        let owner = &self.nodes[child.0].children[child.1];
        let node = match owner.node {
            Some(node) => node,
            None => {
                if self.nodes.len() > plan.columns_max {
                    return Err(cursor.fault(FaultKind::TooManyColumns));
                }
                self.nodes.push(Node::new(format!("{}.", owner.name)));
                let new = self.nodes.len() - 1;
                self.nodes[child.0].children[child.1].node = Some(new);
                new
            }
        };
        self.object(cursor, node, depth + 1, plan)
    }

    #[inline]
    fn push(
        &mut self,
        (node, place): (usize, usize),
        cell: Cell<'_>,
        offset: usize,
        written: Option<&[u8]>,
        plan: &Plan<'_>,
    ) -> Result<(), Fault> {
        let column = match self.nodes[node].children[place].column {
            Some(column) => column,
            None => self.new_column(node, place, plan).map_err(|kind| Fault { offset, kind })?,
        };
        let (name, cells) = &mut self.columns[column];
        if cells.rows() < self.rows {
            self.gaps += self.rows - cells.rows();
            if self.gaps > GAPS_MIN.max(offset.saturating_mul(GAPS_A_BYTE)) {
                return Err(Fault { offset, kind: FaultKind::Sparse });
            }
        }
        cells.push(self.rows, cell, written).map_err(|misfit| {
            let name = name.to_string();
            let kind = match misfit {
                Misfit::Kind => FaultKind::Misfit(name),
                Misfit::Again => FaultKind::Again(name),
            };
            Fault { offset, kind }
        })
    }

    #[cold]
    fn new_column(&mut self, node: usize, place: usize, plan: &Plan<'_>) -> Result<usize, FaultKind> {
        let name = self.nodes[node].children[place].name.clone();
        let column = match self.places.get(&name) {
            Some(column) => *column,
            None => {
                if self.columns.len() >= plan.columns_max {
                    return Err(FaultKind::TooManyColumns);
                }
                self.columns.push((name.clone(), Cells::new((plan.start)(&name))));
                self.places.insert(name, self.columns.len() - 1);
                self.columns.len() - 1
            }
        };
        self.nodes[node].children[place].column = Some(column);
        Ok(column)
    }

    /// Returns the names of keys with object values.
    pub(super) fn parents(&self) -> impl Iterator<Item = &str> {
        self.nodes[1..].iter().filter_map(|node| node.prefix.strip_suffix('.'))
    }

    /// Replaces columns by those of another reading of the same bytes that did not skip them.
    pub(super) fn replace(&mut self, again: Chunk) {
        for (name, cells) in again.columns {
            if let Some(&place) = self.places.get(&name).filter(|_| !cells.is_skipped()) {
                self.columns[place].1 = cells;
            }
        }
    }
}

/// Reads bytes up to the first that is not UTF-8, which is a fault unless there is an earlier one.
fn as_text(bytes: &[u8], read: impl FnOnce(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
    let length = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    match read(&bytes[..length]) {
        Ok(()) if length == bytes.len() => Ok(()),
        Err(fault) if length == bytes.len() || fault.kind != FaultKind::Unfinished => Err(fault),
        Err(fault) if fault.offset < length => Err(fault),
        _ => Err(Fault { offset: length, kind: FaultKind::NotText }),
    }
}
