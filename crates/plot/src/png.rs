//! A figure as PNG: the SVG, drawn by resvg with the font of this crate.

use std::fmt;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb::Database};

use crate::figure::Figure;
use crate::svg::{Size, svg};
use crate::theme::Theme;

/// The most pixels of a side.
const LARGEST: u32 = 16_384;

/// Arimo, which is as wide as Arial and Liberation Sans; the licence is beside it.
const FONTS: [&[u8]; 2] = [include_bytes!("../fonts/Arimo-Regular.ttf"), include_bytes!("../fonts/Arimo-Bold.ttf")];

/// Is a character in the font? Its file has these ranges.
fn has(character: char) -> bool {
    matches!(character, '\n' | ' '..='\u{24f}' | '\u{300}'..='\u{52f}' | '\u{1e00}'..='\u{1eff}' | '\u{2000}'..='\u{22ff}' | '\u{25a0}'..='\u{25ff}' | '\u{fffd}')
}

/// Why there is no PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PngError(String);

impl fmt::Display for PngError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for PngError {}

/// The figure as PNG, with `scale` pixels for each pixel of the size: 2 for screens and print of high resolution. A picture
/// has one theme only; [`Theme::Auto`] is light. The font has Latin, Greek and Cyrillic letters; others are drawn as `□`.
///
/// # Errors
/// If a side would have no pixel, or more than 16,384.
pub fn png(figure: &Figure, theme: Theme, size: Size, scale: u32) -> Result<Vec<u8>, PngError> {
    let theme = if theme == Theme::Auto { Theme::Light } else { theme };
    let mut fonts = Database::new();
    FONTS.iter().for_each(|font| fonts.load_font_data(font.to_vec()));
    fonts.set_sans_serif_family("Arimo");
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let text: String = svg(figure, theme, size).chars().map(|letter| if has(letter) { letter } else { '□' }).collect();
    let tree = Tree::from_str(&text, &options).map_err(|error| PngError(error.to_string()))?;
    let pixels = |side: f32| (side as u32).saturating_mul(scale);
    let (width, height) = (pixels(tree.size().width()), pixels(tree.size().height()));
    let fits = |side: u32| (1..=LARGEST).contains(&side);
    let pixmap = if fits(width) && fits(height) { Pixmap::new(width, height) } else { None };
    let Some(mut pixmap) = pixmap else {
        return Err(PngError(format!("a PNG of {width} × {height} pixels: each side has 1 to {LARGEST}")));
    };
    resvg::render(&tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| PngError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Histogram, histogram};

    fn sample() -> Figure {
        histogram(&Histogram { column: Column::new("x", &[1.0, 2.0, 2.0, 3.0]), bins: None, range: None })
    }

    fn colours(picture: &Pixmap) -> std::collections::BTreeSet<[u8; 3]> {
        picture.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect()
    }

    #[test]
    fn bars_and_letters_are_drawn_in_the_colours_of_the_theme() {
        for (theme, paper, bars) in
            [(Theme::Auto, [0xff; 3], [0x00, 0x72, 0xb2]), (Theme::Dark, [0x15, 0x18, 0x1c], [0x4a, 0x9e, 0xdb])]
        {
            let bytes = png(&sample(), theme, Size { width: 300, height: 200 }, 2).unwrap();
            let picture = Pixmap::decode_png(&bytes).unwrap();
            assert_eq!((picture.width(), picture.height()), (600, 400));
            let colours = colours(&picture);
            assert!(colours.contains(&paper) && colours.contains(&bars), "{theme:?}");
            // Smooth edges of letters have many shades.
            assert!(colours.len() > 30, "{}", colours.len());
        }
    }

    #[test]
    fn letters_that_the_font_does_not_have_are_not_blank() {
        let of = |name| {
            let figure = histogram(&Histogram { column: Column::new(name, &[1.0, 2.0]), bins: None, range: None });
            png(&figure, Theme::Light, Size::default(), 1).unwrap()
        };
        assert_eq!(of("名"), of("□"));
        assert_ne!(of("名"), of(" "));
    }

    #[test]
    fn a_picture_without_pixels_or_with_too_many_is_refused() {
        assert!(png(&sample(), Theme::Light, Size::default(), 0).is_err());
        assert!(png(&sample(), Theme::Light, Size::default(), 100).is_err());
        assert!(png(&sample(), Theme::Light, Size { width: u32::MAX, height: 10 }, 1).is_err());
    }
}
