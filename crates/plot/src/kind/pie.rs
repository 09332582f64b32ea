//! A pie: parts of a whole, few of them.

use crate::figure::{Content, Figure, Panel, Share};
use crate::mark::Tone;
use crate::number::count;
use crate::summary::left_out;
use crate::theme::SERIES;

/// Parts of a whole, the largest first; the smallest of more than seven are one part. Parts that are not positive have no
/// place in a pie.
#[must_use]
pub fn pie(title: &str, parts: &[(&str, f64)]) -> Figure {
    let mut drawn: Vec<(&str, f64)> =
        parts.iter().copied().filter(|(_, size)| size.is_finite() && *size > 0.0).collect();
    let missing = parts.iter().filter(|(_, size)| !size.is_finite()).count();
    let without = parts.len() - drawn.len() - missing;
    drawn.sort_by(|a, b| b.1.total_cmp(&a.1));
    let own = if drawn.len() > SERIES { SERIES - 1 } else { drawn.len() };
    let share = |(index, (name, size)): (usize, &(&str, f64))| Share {
        name: (*name).to_owned(),
        size: *size,
        tone: Tone::Series(index),
    };
    let mut shares: Vec<Share> = drawn[..own].iter().enumerate().map(share).collect();
    let others = &drawn[own..];
    if !others.is_empty() {
        let size = others.iter().map(|(_, size)| size).sum();
        shares.push(Share { name: format!("{} others", count(others.len())), size, tone: Tone::Muted });
    }
    let note = if without == 0 { String::new() } else { format!("{without} parts of size 0 or below are left out.") };
    Figure::new(title, vec![Panel { title: String::new(), content: Content::Shares(shares) }])
        .note(note)
        .note(left_out(missing, "part"))
}
