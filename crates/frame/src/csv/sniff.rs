//! What a text does not say of itself: its delimiter, and whether its first record is a header.

use super::cells::{Start, Type};
use super::chunk::{self, Dialect};
use super::literal;
use super::scan::{self, Field};

/// The text that guesses are made from: at most this many bytes.
pub(super) const SAMPLE_BYTES: usize = 64 << 10;

/// Records that are compared to find the delimiter.
const SAMPLE_RECORDS: usize = 100;

/// The candidates, the likeliest first.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// The delimiter under which the first records have the same number of fields; of several the one with most fields,
/// of none the one that most records agree on, and a comma where nothing delimits.
pub(super) fn delimiter(sample: &[u8], complete: bool) -> u8 {
    let mut best = (b',', (false, 0, 0));
    for candidate in DELIMITERS {
        let score = agreement(&field_counts(sample, candidate, complete));
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// The number of fields of each record, but for blank lines; up to the first fault. The last record of a sample that
/// is not the whole text is left out.
fn field_counts(sample: &[u8], delimiter: u8, complete: bool) -> Vec<usize> {
    let (mut counts, mut position) = (Vec::new(), 0);
    while position < sample.len() && counts.len() < SAMPLE_RECORDS {
        let Ok(fields) = scan::record(sample, &mut position, delimiter) else { break };
        if position == sample.len() && !complete && !counts.is_empty() {
            break;
        }
        if fields.len() > 1 || !fields[0].is_blank() {
            counts.push(fields.len());
        }
    }
    counts
}

/// Do all records have one number of fields; how many have the commonest number; what is that number. A number below
/// two is no agreement.
fn agreement(counts: &[usize]) -> (bool, usize, usize) {
    let votes = |number: usize| counts.iter().filter(|&&count| count == number).count();
    let best = counts.iter().filter(|&&count| count > 1).map(|&count| (votes(count), count)).max();
    match best {
        None => (false, 0, 0),
        Some((votes, count)) if votes == counts.len() => (true, count, votes),
        Some((votes, count)) => (false, votes, count),
    }
}

/// Is the first record a header? It is data if it fits all columns below that hold numbers, dates or truth values.
/// Names that are years (`2019,2020,2021`) are the exception.
pub(super) fn has_header(first: &[Field<'_>], body: &[u8], dialect: &Dialect) -> bool {
    let Some(types) = types(body, first.len(), dialect) else { return true };
    let typed: Vec<(&Field<'_>, Type)> =
        first.iter().zip(types).filter(|(_, found)| !matches!(found, Type::Nothing | Type::Text)).collect();
    let filled: Vec<&(&Field<'_>, Type)> = typed.iter().filter(|(field, _)| !dialect.is_null(field)).collect();
    let fits = filled.iter().all(|(field, found)| match found {
        Type::Bool => literal::truth(field.bytes).is_some(),
        Type::Date => literal::date(field.bytes).is_some(),
        _ => literal::number(field.bytes).is_some(),
    });
    let years = filled.len() > 1 && filled.iter().all(|(field, _)| is_year(field.bytes));
    filled.is_empty() || !fits || years
}

fn is_year(text: &[u8]) -> bool {
    text.len() == 4 && matches!(literal::number(text), Some(literal::Number::Whole(1800..=2199)))
}

/// The types of the columns, as far as a sample of complete records tells; none if it cannot be read.
pub(super) fn types(sample: &[u8], columns: usize, dialect: &Dialect) -> Option<Vec<Type>> {
    let starts = vec![Start::AtLeast(Type::Nothing); columns];
    let chunk = chunk::read(sample, &starts, usize::MAX, dialect).ok()?;
    // Whole numbers beyond 64 bits begin as counts, so that whoever reads on notices what widened the column.
    let of = |cells: &super::cells::Cells| match cells.type_found() {
        Type::Continuous if cells.huge && !cells.fractional => Type::Count,
        found => found,
    };
    Some(chunk.cells.iter().map(of).collect())
}
