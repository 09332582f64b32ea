//! Detection of the dialect: delimiter and quotes, lines before the header, and whether there is a header.
//!
//! A wrong guess is worse than none: defaults are used unless the evidence is clear.

use super::dialect::{Dialect, shown};
use super::refine::Candidates;
use super::scan::Field;
use crate::infer::Type;
use crate::{Quote, ReadOptions};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::literal;
use pipewright_table::literal::Number;

/// Maximum size of the sample in bytes.
pub(super) const SAMPLE_BYTES: usize = 64 << 10;

/// Number of records compared to find the delimiter.
const SAMPLE_RECORDS: usize = 100;

/// The candidate delimiters, most likely first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Maximum number of title lines above a table.
const TITLE_LINES_MAX: usize = 10;

/// Determines the dialect: from the options, and otherwise from the sample. `sample` starts where the text does; if
/// `complete`, it is all of it.
///
/// # Errors
/// Contradictory options.
pub(super) fn dialect(sample: &[u8], complete: bool, options: &ReadOptions) -> Result<Dialect, Failure> {
    refuse_clashes(options)?;
    let (mut skipped, mut declared) = (options.skip_lines, options.delimiter);
    if let (Some(delimiter), 0, None) = (separator_line(sample), skipped, declared) {
        (skipped, declared) = (1, Some(delimiter));
    }
    let rest = behind_lines(sample, skipped);
    let delimiter = declared.unwrap_or(b',');
    let mut usual = Marks {
        delimiter,
        quote: options.quote.map_or(b'"', Quote::byte),
        escape: options.escape,
        comment: options.comment,
    };
    let mut comment_lines = 0;
    if options.comment.is_none() {
        (comment_lines, usual.comment) = comments(rest, complete, usual, declared);
    }
    let rest = behind_lines(rest, comment_lines);
    let marks = marks(rest, complete, usual, declared, options);
    let known = options.skip_lines > 0 || options.header == Some(false);
    let title_lines = if known { 0 } else { title_lines(rest, complete, marks) };
    let mut dialect = Dialect::of(marks.delimiter, options)?;
    dialect.quote = marks.quote;
    dialect.escape = marks.escape;
    dialect.comment = marks.comment;
    dialect.skip_lines = skipped + comment_lines + title_lines;
    dialect.title_lines = title_lines;
    Ok(dialect)
}

/// Rejects bytes with two meanings.
fn refuse_clashes(options: &ReadOptions) -> Result<(), Failure> {
    let marks = [
        ("delimiter", options.delimiter),
        ("quote", options.quote.map(Quote::byte)),
        ("comment", options.comment),
        ("thousands", options.thousands),
        ("decimal", options.decimal),
    ];
    for (position, (name, byte)) in marks.iter().enumerate() {
        let Some(byte) = *byte else { continue };
        let bad = |message: String| Err(Failure::new(code::BAD_VALUE, message).file(&options.name));
        if matches!(byte, b'\n' | b'\r') {
            return bad(format!("a line end cannot be the {name}"));
        }
        let number = |name: &str| matches!(name, "thousands" | "decimal");
        if number(name) && (byte.is_ascii_digit() || matches!(byte, b'+' | b'-')) {
            return bad(format!("`{}` is part of numbers: it cannot be the {name} separator", shown(byte)));
        }
        for (other, _) in marks[..position].iter().filter(|(_, taken)| *taken == Some(byte)) {
            // A number that contains the delimiter can be quoted.
            if !(number(name) && *other == "delimiter") {
                return bad(format!("`{}` cannot be the {other} and the {name}", shown(byte)));
            }
        }
    }
    Ok(())
}

/// Returns the delimiter declared in a first line `sep=;`, as spreadsheets write it.
fn separator_line(sample: &[u8]) -> Option<u8> {
    let line = sample.split(|&byte| byte == b'\n').next()?;
    match line.strip_suffix(b"\r").unwrap_or(line) {
        [b's', b'e', b'p', b'=', delimiter] => Some(*delimiter),
        _ => None,
    }
}

/// Returns the text after `lines` lines.
fn behind_lines(text: &[u8], lines: usize) -> &[u8] {
    match lines.checked_sub(1) {
        None => text,
        Some(last) => memchr::memchr_iter(b'\n', text).nth(last).map_or(&[], |end| &text[end + 1..]),
    }
}

/// Detects comments: the number of comment lines at the head, or the comment character if there are some further down.
/// Records starting with `#` are comments if they do not fit the table of the others; the last one at the head may be
/// its header.
fn comments(sample: &[u8], complete: bool, usual: Marks, declared: Option<u8>) -> (usize, Option<u8>) {
    let is_first = |start: usize| sample[..start].last().is_none_or(|&byte| byte == b'\n');
    if !memchr::memchr_iter(b'#', sample).any(is_first) {
        return (0, None);
    }
    let commented = Marks { comment: Some(b'#'), ..usual };
    let (marks, score) = best_delimiter(sample, complete, commented, declared);
    if !score.is_consistent() || score.fields < 2 {
        return (0, None);
    }
    let (records, _) = records(sample, complete, Marks { comment: None, ..marks }, SAMPLE_RECORDS);
    let is_comment = |record: &&Record<'_>| sample[record.start] == b'#';
    let misfits = |record: &&Record<'_>| record.fields.len() != score.fields;
    let head = records.iter().take_while(is_comment).count();
    let above = records.iter().take(head).take_while(misfits).count();
    if records[head..].iter().filter(is_comment).any(|record| misfits(&record)) {
        return if above == head { (0, Some(b'#')) } else { (0, None) };
    }
    match records.get(above) {
        Some(header) if above + 1 >= head => (memchr::memchr_iter(b'\n', &sample[..header.start]).count(), None),
        _ => (0, None),
    }
}

/// Detects title lines above the table: without delimiters, above records that all have several fields; or, as
/// spreadsheets write them, with empty fields only after the title, above a record of names. A single line above
/// records of two fields is ambiguous.
fn title_lines(sample: &[u8], complete: bool, marks: Marks) -> usize {
    let (records, clean) = records(sample, complete, marks, SAMPLE_RECORDS);
    let is_empty = |field: &Token<'_>| !field.quoted && field.bytes.is_empty();
    let is_padded = |record: &Record<'_>| record.fields.len() > 2 && record.fields[1..].iter().all(is_empty);
    let titles = records.iter().take_while(|record| record.fields.len() == 1 || is_padded(record)).count();
    let (Some(header), Some(last)) = (records.get(titles), titles.checked_sub(1)) else { return 0 };
    let fields = header.fields.len();
    let table = &records[titles..];
    let lines = memchr::memchr_iter(b'\n', &sample[..header.start]).count();
    let apart = lines > titles || records[last].fields[0].bytes.contains(&b' ');
    let is_name = |field: &Token<'_>| !field.bytes.is_empty() && literal::number(field.bytes).is_none();
    let evident = match records[..titles].iter().any(is_padded) {
        true => (titles > 1 || apart) && header.fields.iter().all(is_name),
        false => fields > 2 || titles > 1 || apart,
    };
    let enough = table.len() > 2 || (fields > 2 && table.len() == 2);
    let agreed = clean && enough && table.iter().all(|record| record.fields.len() == fields);
    if evident && agreed && lines <= TITLE_LINES_MAX { lines } else { 0 }
}

/// Delimiters, quotes and escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks {
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    comment: Option<u8>,
}

/// Returns the default marks with the best delimiter; others only if the text requires them.
fn marks(sample: &[u8], complete: bool, usual: Marks, declared: Option<u8>, options: &ReadOptions) -> Marks {
    let (best, score) = best_delimiter(sample, complete, usual, declared);
    let quote = usual.quote;
    if options.escape.is_none() && !score.is_consistent() && memchr::memmem::find(sample, &[b'\\', quote]).is_some() {
        let escaping = Marks { escape: Some(b'\\'), ..usual };
        let (escaped, score) = best_delimiter(sample, complete, escaping, declared);
        if score.is_consistent() {
            return escaped;
        }
    }
    if options.quote.is_none() && memchr::memchr(b'\'', sample).is_some() {
        let (single, single_score) = best_delimiter(sample, complete, Marks { quote: b'\'', ..usual }, declared);
        let better = match score.is_consistent() {
            true => quotes_whole_column(sample, complete, single),
            false => quotes_marks(sample, complete, single),
        };
        if single_score.is_consistent() && single_score.fields >= score.fields.min(2) && better {
            return single;
        }
    }
    best
}

/// Do these quotes enclose characters that would otherwise end a field?
fn quotes_marks(sample: &[u8], complete: bool, marks: Marks) -> bool {
    let (records, _) = records(sample, complete, marks, SAMPLE_RECORDS);
    let mut quoted = records.iter().flat_map(|record| &record.fields).filter(|field| field.quoted);
    quoted.any(|field| memchr::memchr2(marks.delimiter, b'\n', field.bytes).is_some())
}

/// Is there a column whose values are all in these quotes, and none in double quotes?
fn quotes_whole_column(sample: &[u8], complete: bool, marks: Marks) -> bool {
    let (records, _) = records(sample, complete, marks, SAMPLE_RECORDS);
    let columns = records.first().map_or(0, |record| record.fields.len());
    let quoted =
        |column: usize| records.iter().all(|record| record.fields.get(column).is_some_and(|field| field.quoted));
    memchr::memchr(b'"', sample).is_none() && records.len() > 2 && (0..columns).any(quoted)
}

/// How well some marks fit a text.
#[derive(Debug, Clone, Copy)]
struct Score {
    /// The most common number of fields per record.
    fields: usize,
    /// The number of records with that many fields.
    votes: usize,
    records: usize,
    /// Are all quotes well placed?
    clean: bool,
}

impl Score {
    fn of(records: &[Record<'_>], clean: bool) -> Score {
        let votes = |number: usize| records.iter().filter(|record| record.fields.len() == number).count();
        let counts = records.iter().map(|record| record.fields.len());
        // A single field is not evidence, unless there is nothing else.
        let best = counts.map(|count| (count > 1, votes(count), count)).max();
        let (_, votes, fields) = best.unwrap_or((false, 0, 1));
        Score { fields, votes, records: records.len(), clean }
    }

    fn is_consistent(self) -> bool {
        self.clean && self.votes == self.records && self.records > 0
    }

    /// Ranks scores: if all records agree, by the number of fields, otherwise by the number of agreeing records.
    fn rank(self) -> (bool, usize, usize) {
        match self.fields {
            0 | 1 => (false, 0, 0),
            fields if self.is_consistent() => (true, fields, self.votes),
            fields => (false, self.votes, fields),
        }
    }
}

/// Returns the best delimiter, unless it is declared; a comma if there is none.
fn best_delimiter(sample: &[u8], complete: bool, usual: Marks, declared: Option<u8>) -> (Marks, Score) {
    let score = |delimiter: u8| {
        let marks = Marks { delimiter, ..usual };
        let (records, clean) = records(sample, complete, marks, SAMPLE_RECORDS);
        (marks, Score::of(&records, clean))
    };
    if let Some(delimiter) = declared {
        return score(delimiter);
    }
    let mut best = score(b',');
    for candidate in DELIMITERS.into_iter().map(score).skip(1) {
        let decimal_comma =
            best.0.delimiter == b',' && candidate.1.rank().0 && commas_are_in_numbers(sample, complete, candidate.0);
        if candidate.1.rank() > best.1.rank() || decimal_comma {
            best = candidate;
        }
    }
    best
}

/// Are all commas in the records between digits?
fn commas_are_in_numbers(sample: &[u8], complete: bool, marks: Marks) -> bool {
    let (records, _) = records(sample, complete, marks, SAMPLE_RECORDS);
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    records.iter().flat_map(|record| &record.fields).all(|field| {
        memchr::memchr_iter(b',', field.bytes).all(|comma| {
            is_digit(comma.checked_sub(1).and_then(|before| field.bytes.get(before)))
                && is_digit(field.bytes.get(comma + 1))
        })
    })
}

/// A record of the sample.
struct Record<'a> {
    start: usize,
    fields: Vec<Token<'a>>,
}

/// A field of the sample, trimmed.
#[derive(Clone, Copy)]
struct Token<'a> {
    bytes: &'a [u8],
    quoted: bool,
}

/// Returns the records except blank lines and comments, up to the first misplaced quote; and whether there was none.
/// The last record of an incomplete sample is dropped.
fn records(sample: &[u8], complete: bool, marks: Marks, records_max: usize) -> (Vec<Record<'_>>, bool) {
    let (mut records, mut position) = (Vec::new(), 0);
    while position < sample.len() && records.len() < records_max {
        let start = position;
        if marks.comment == Some(sample[start]) {
            position += memchr::memchr(b'\n', &sample[start..]).map_or(sample.len() - start, |end| end + 1);
            continue;
        }
        let Some(fields) = record(sample, &mut position, marks) else {
            // A quote that is open at the end of the sample may be closed after it.
            return (records, position >= sample.len() && !complete);
        };
        if position >= sample.len() && !complete && !records.is_empty() {
            break;
        }
        if fields.len() > 1 || fields[0].quoted || !fields[0].bytes.is_empty() {
            records.push(Record { start, fields });
        }
    }
    (records, true)
}

fn record<'a>(sample: &'a [u8], position: &mut usize, marks: Marks) -> Option<Vec<Token<'a>>> {
    let is_blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r') && byte != marks.delimiter;
    let mut fields = Vec::new();
    loop {
        while sample.get(*position).is_some_and(|&byte| is_blank(byte)) {
            *position += 1;
        }
        let quoted = sample.get(*position) == Some(&marks.quote);
        let start = *position + usize::from(quoted);
        let mut close = start;
        if quoted {
            *position = sample.len();
            close = closing_quote(sample, start, marks)?;
            *position = close + 1;
        }
        let rest = &sample[*position..];
        let end = rest.iter().position(|&byte| byte == marks.delimiter || byte == b'\n').unwrap_or(rest.len());
        let text = &rest[..end];
        if quoted && !text.iter().all(|&byte| is_blank(byte)) {
            return None;
        }
        let length = text.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
        let bytes = if quoted { &sample[start..close] } else { &text[..length] };
        fields.push(Token { bytes, quoted });
        *position += end + 1;
        if rest.get(end) != Some(&marks.delimiter) {
            return Some(fields);
        }
    }
}

fn closing_quote(sample: &[u8], start: usize, marks: Marks) -> Option<usize> {
    let mut position = start;
    loop {
        let byte = *sample.get(position)?;
        let next = sample.get(position + 1);
        if Some(byte) == marks.escape && marks.escape != Some(marks.quote) && next.is_some() {
            position += 2;
        } else if byte != marks.quote {
            position += 1;
        } else if next == Some(&marks.quote) {
            position += 2;
        } else {
            return Some(position);
        }
    }
}

/// Is the first record a header? It is data if it fits all columns below that hold numbers, dates or booleans. Names
/// that are years (`2019,2020,2021`) are the exception.
pub(super) fn has_header(first: &[Field<'_>], body: &[u8], dialect: &Dialect) -> bool {
    let first: Vec<Token<'_>> = first.iter().map(|field| Token { bytes: field.bytes, quoted: field.quoted }).collect();
    is_header(&first, body, dialect)
}

fn is_header(first: &[Token<'_>], body: &[u8], dialect: &Dialect) -> bool {
    let Some(columns) = columns(body, first.len(), dialect) else { return true };
    let is_filled = |field: &Token<'_>| field.quoted || !dialect.is_null_text(field.bytes);
    let typed: Vec<(&Token<'_>, &Guess)> =
        first.iter().zip(&columns).filter(|(field, found)| found.is_typed() && is_filled(field)).collect();
    let fits = typed.iter().all(|(field, found)| match found.kind {
        Type::Bool => literal::truth(field.bytes).is_some(),
        Type::Date => dialect.date(field.bytes).is_some(),
        Type::Text => !found.refined.and(Candidates::of_text(field.bytes)).are_none(),
        _ => dialect.number(field.bytes).is_some(),
    });
    let years = typed.len() > 1 && typed.iter().all(|(field, _)| is_year(field.bytes));
    typed.is_empty() || !fits || years
}

fn is_year(text: &[u8]) -> bool {
    text.len() == 4 && matches!(literal::number(text), Some(Number::Whole(1800..=2199)))
}

/// What a sample suggests for a column.
#[derive(Clone, Copy)]
struct Guess {
    kind: Type,
    /// Other interpretations of its texts.
    refined: Candidates,
}

impl Guess {
    fn is_typed(&self) -> bool {
        match self.kind {
            Type::Nothing => false,
            Type::Text => !self.refined.are_none() && self.refined != Candidates::ALL,
            _ => true,
        }
    }
}

/// Returns the suggested columns of a sample of complete records; `None` if it cannot be parsed.
fn columns(sample: &[u8], columns: usize, dialect: &Dialect) -> Option<Vec<Guess>> {
    let Dialect { delimiter, quote, escape, comment, .. } = *dialect;
    let (records, clean) = records(sample, true, Marks { delimiter, quote, escape, comment }, usize::MAX);
    let mut found = vec![Guess { kind: Type::Nothing, refined: Candidates::ALL }; columns];
    if !clean || records.iter().any(|record| record.fields.len() != columns) {
        return None;
    }
    for record in records {
        for (field, found) in record.fields.into_iter().zip(&mut found) {
            if field.bytes.is_empty() || (!field.quoted && dialect.is_null_text(field.bytes)) {
                continue;
            }
            found.kind = found.kind.join(type_of(field.bytes, dialect));
            found.refined = found.refined.and(Candidates::of_text(field.bytes));
        }
    }
    Some(found)
}

/// Returns the narrowest type of a text.
fn type_of(text: &[u8], dialect: &Dialect) -> Type {
    match dialect.number(text) {
        Some(Number::Whole(_)) => Type::Count,
        Some(Number::Huge(_) | Number::Real(_)) => Type::Continuous,
        None if literal::truth(text).is_some() => Type::Bool,
        None if dialect.date(text).is_some() => Type::Date,
        None => Type::Text,
    }
}

#[cfg(test)]
mod tests;
