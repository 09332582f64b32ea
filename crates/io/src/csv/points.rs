//! Numbers such as `1.000` in a file with decimal commas: one, or a thousand?

use super::chunk::Chunk;
use super::layout::Layout;
use super::sniff;
use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};

/// Creates a note for each of these columns, which were read as numbers with a decimal point, if the numbers of its
/// head may have marked thousands instead.
pub(super) fn notes(layout: &Layout, columns: &[usize], options: &ReadOptions) -> Vec<Failure> {
    let start = layout.body.start;
    let mut chunk = Chunk::default();
    let end = layout.body.end.min(start + sniff::SAMPLE_BYTES as u64);
    if columns.is_empty() || chunk.find(&layout.body, start, end, &layout.terms).is_err() {
        return Vec::new();
    }
    // The first value of each column, while all values may have marked thousands.
    let mut first: Vec<Option<String>> = vec![None; layout.names.len()];
    let mut grouped = vec![true; layout.names.len()];
    chunk.each_field(&layout.terms, |column, field| {
        if !layout.terms.rules.dialect.is_null(&field) {
            grouped[column] &= has_groups(field.bytes);
            first[column].get_or_insert_with(|| String::from_utf8_lossy(field.bytes).into_owned());
        }
    });
    let note = |column: &usize| {
        let (name, text) = (&layout.names[*column], first[*column].as_ref().filter(|_| grouped[*column])?);
        let plain = text.replace('.', "");
        let message = format!(
            "`{name}`: `{text}` is read with a decimal point, though other columns seem to have decimal commas"
        );
        Some(
            Failure::note(code::TYPE_WIDENED, message)
                .file(&options.name)
                .column(&**name)
                .help(format!("if it is {plain}: load … decimal=\",\" thousands=\".\"")),
        )
    };
    columns.iter().filter_map(note).collect()
}

/// Has a number one point, with one to three digits before and three after?
fn has_groups(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let Some(point) = digits.iter().position(|&byte| byte == b'.') else { return false };
    let all_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit);
    let (whole, group) = (&digits[..point], &digits[point + 1..]);
    (1..=3).contains(&whole.len()) && whole[0] != b'0' && all_digits(whole) && group.len() == 3 && all_digits(group)
}
