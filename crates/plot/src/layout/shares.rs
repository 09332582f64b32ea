//! Parts of a whole as a pie, with a list beside it.

use super::{LEADING, Type};
use crate::figure::Share;
use crate::number;
use crate::scene::{Anchor, Area, Geometry, Ink, Item, Text};
use crate::text::Ruler;

/// Draws the parts, the first at the top, clockwise.
pub(super) fn draw(items: &mut Vec<Item>, shares: &[Share], area: Area, fonts: Type) {
    let total: f64 = shares.iter().map(|share| share.size).sum();
    let radius = (area.h / 2.0).min(area.w * 0.22).min(220.0);
    let center = [area.x + radius, area.middle()[1]];
    let mut before = 0.0;
    for share in shares {
        let (start, end) = (before / total, (before + share.size) / total);
        before += share.size;
        let percent = percent(end - start);
        let geometry = Geometry::Path { points: wedge(center, radius, start, end), closed: true };
        let data = vec![("name", share.name.clone()), ("size", number::plain(share.size))];
        let tip = format!("{}: {} ({percent})", share.name, number::short(share.size, 4));
        items.push(Item { data, ..Item::fill(geometry, Ink::Tone(share.tone)).tip(tip) });
        if shares.len() > 1 {
            let edge = vec![center, on_circle(center, radius, start)];
            items.push(Item::stroke(edge, Ink::Paper, 1.5));
        }
    }
    list(items, shares, total, area.inset(0.0, 0.0, radius * 2.0 + fonts.tick * 1.5, 0.0), fonts);
}

/// A share with three digits, the last one too where it is 0.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent >= 99.95 {
        0
    } else if percent >= 9.995 {
        1
    } else {
        2
    };
    format!("{percent:.decimals$} %")
}

/// The place on a circle at a share of a turn from the top, clockwise.
fn on_circle([x, y]: [f64; 2], radius: f64, turn: f64) -> [f64; 2] {
    let angle = turn * std::f64::consts::TAU;
    [x + radius * angle.sin(), y - radius * angle.cos()]
}

fn wedge(center: [f64; 2], radius: f64, start: f64, end: f64) -> Vec<[f64; 2]> {
    // Corners of a degree and a half look round.
    let steps = ((end - start) * 240.0).ceil().max(1.0);
    let arc = (0..=steps as usize).map(|step| on_circle(center, radius, start + (end - start) * step as f64 / steps));
    std::iter::once(center).chain(arc).collect()
}

fn list(items: &mut Vec<Item>, shares: &[Share], total: f64, area: Area, fonts: Type) {
    let size = fonts.tick;
    let ruler = Ruler::Sans(size);
    let line = size * LEADING * 1.2;
    let shown = shares.len().min((area.h / line) as usize);
    let top = area.middle()[1] - shown as f64 * line / 2.0;
    for (index, share) in shares.iter().take(shown).enumerate() {
        let y = top + (index as f64 + 0.5) * line;
        let tile = Area { x: area.x, y: y - size * 0.4, w: size * 0.8, h: size * 0.8 };
        items.push(Item::fill(Geometry::Rectangle(tile), Ink::Tone(share.tone)));
        let percent = percent(share.size / total);
        let end = area.x + size * 1.3 + ruler.width("99.9 %");
        items.push(Item::text(Text::new(&*percent, [end, y], size, Anchor::End), Ink::Quiet, &percent));
        let x = end + size * 0.8;
        let name = ruler.fit(&share.name, area.right() - x);
        items.push(Item::text(Text::new(name, [x, y], size, Anchor::Start), Ink::Text, &share.name));
    }
}
