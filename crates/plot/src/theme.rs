//! Colours: a palette that colour-blind readers can tell apart, in light and in dark.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::mark::Tone;
use crate::scene::Ink;

/// In which colours a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Light or dark, as the reader's system prefers (`prefers-color-scheme`).
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

type Rgb = [u8; 3];

/// The colours of one theme.
pub(crate) struct Palette {
    paper: Rgb,
    text: Rgb,
    quiet: Rgb,
    grid: Rgb,
    axis: Rgb,
    muted: Rgb,
    /// Okabe and Ito, "Color Universal Design", without the yellow, which is hard to see on white; its black is a grey.
    series: [Rgb; SERIES],
    sequential: [Rgb; 4],
    diverging: [Rgb; 5],
    value: [Rgb; 3],
}

/// How many colours there are for series.
pub(crate) const SERIES: usize = 7;

/// Into how many colours a scale is cut: few enough to be told apart, and named in a style sheet.
const STEPS: usize = 11;

const LIGHT: Palette = Palette {
    paper: [0xff, 0xff, 0xff],
    text: [0x1f, 0x23, 0x28],
    quiet: [0x59, 0x60, 0x68],
    grid: [0xe6, 0xe8, 0xeb],
    axis: [0x8a, 0x91, 0x99],
    muted: [0x9a, 0xa1, 0xa9],
    series: [
        [0x00, 0x72, 0xb2],
        [0xd5, 0x5e, 0x00],
        [0x00, 0x9e, 0x73],
        [0xcc, 0x79, 0xa7],
        [0xe6, 0x9f, 0x00],
        [0x56, 0xb4, 0xe9],
        [0x44, 0x49, 0x50],
    ],
    sequential: [[0xe9, 0xf1, 0xf8], [0x8f, 0xbd, 0xdd], [0x2c, 0x7f, 0xb8], [0x08, 0x30, 0x6b]],
    diverging: [[0x0b, 0x5f, 0xa5], [0x9c, 0xc6, 0xe5], [0xf4, 0xf2, 0xef], [0xf3, 0xb5, 0x8b], [0xc2, 0x4e, 0x00]],
    value: [[0x00, 0x72, 0xb2], [0x8a, 0x78, 0x9c], [0xd5, 0x5e, 0x00]],
};

const DARK: Palette = Palette {
    paper: [0x15, 0x18, 0x1c],
    text: [0xe6, 0xe8, 0xeb],
    quiet: [0xa3, 0xab, 0xb4],
    grid: [0x2b, 0x30, 0x36],
    axis: [0x6b, 0x73, 0x7c],
    muted: [0x78, 0x80, 0x89],
    series: [
        [0x4a, 0x9e, 0xdb],
        [0xf0, 0x7b, 0x28],
        [0x1f, 0xbf, 0x92],
        [0xde, 0x9c, 0xc2],
        [0xf2, 0xb6, 0x32],
        [0x9a, 0xd4, 0xf5],
        [0xc9, 0xcd, 0xd2],
    ],
    sequential: [[0x1d, 0x2c, 0x3b], [0x2c, 0x6e, 0xa3], [0x7f, 0xbc, 0xe6], [0xe3, 0xf1, 0xfb]],
    diverging: [[0x56, 0xb4, 0xe9], [0x2e, 0x6a, 0x8c], [0x2a, 0x2d, 0x31], [0x94, 0x50, 0x2a], [0xff, 0x8a, 0x3d]],
    value: [[0x56, 0xb4, 0xe9], [0xb5, 0x8c, 0xb0], [0xff, 0x8a, 0x3d]],
};

impl Palette {
    /// The colours on a terminal without a theme of its own.
    pub(crate) const TERMINAL: &'static Palette = &DARK;

    fn of(&self, ink: Ink) -> Rgb {
        match ink {
            Ink::Text => self.text,
            Ink::Quiet => self.quiet,
            Ink::Grid => self.grid,
            Ink::Axis => self.axis,
            Ink::Paper => self.paper,
            Ink::Tone(tone) => self.tone(tone),
            Ink::On(tone) => {
                let (light, dark) = ([0xff; 3], [0x00; 3]);
                let below = self.tone(tone);
                if contrast(light, below) >= contrast(dark, below) { light } else { dark }
            }
        }
    }

    pub(crate) fn tone(&self, tone: Tone) -> Rgb {
        match tone {
            Tone::Series(index) => self.series[index % SERIES],
            Tone::Sequential(share) => ramp(&self.sequential, stepped(share)),
            Tone::Diverging(share) => ramp(&self.diverging, stepped(share.midpoint(1.0))),
            Tone::Value(share) => ramp(&self.value, stepped(share)),
            Tone::Ink => self.text,
            Tone::Muted => self.muted,
        }
    }
}

/// The step of a scale of colours at a share between 0 and 1.
fn step(share: f64) -> usize {
    (share.clamp(0.0, 1.0) * (STEPS - 1) as f64).round() as usize
}

fn stepped(share: f64) -> f64 {
    step(share) as f64 / (STEPS - 1) as f64
}

/// The colour at a share of the way through others.
fn ramp(colours: &[Rgb], share: f64) -> Rgb {
    let place = share * (colours.len() - 1) as f64;
    let below = (place.floor() as usize).min(colours.len() - 2);
    let part = place - below as f64;
    let mix = |channel: usize| {
        let (from, to) = (f64::from(colours[below][channel]), f64::from(colours[below + 1][channel]));
        (from + (to - from) * part).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

/// The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let luminance = |colour: Rgb| {
        let linear = colour.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The name of a colour in the style sheet.
pub(crate) fn class(ink: Ink) -> String {
    let of_tone = |tone: Tone| match tone {
        Tone::Series(index) => format!("s{}", index % SERIES),
        Tone::Sequential(share) => format!("q{}", step(share)),
        Tone::Diverging(share) => format!("d{}", step(share.midpoint(1.0))),
        Tone::Value(share) => format!("v{}", step(share)),
        Tone::Ink => "ink".to_owned(),
        Tone::Muted => "muted".to_owned(),
    };
    match ink {
        Ink::Text => "ink".to_owned(),
        Ink::Quiet => "quiet".to_owned(),
        Ink::Grid => "grid".to_owned(),
        Ink::Axis => "axis".to_owned(),
        Ink::Paper => "paper".to_owned(),
        Ink::Tone(tone) => of_tone(tone),
        Ink::On(tone) => format!("on-{}", of_tone(tone)),
    }
}

impl Theme {
    /// The class of a picture, so that pictures of several themes may be in one page.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Theme::Auto => "plot-auto",
            Theme::Light => "plot-light",
            Theme::Dark => "plot-dark",
        }
    }
}

/// The style sheet with the colours that are used.
pub(crate) fn style(theme: Theme, inks: &[Ink]) -> String {
    let scope = theme.class();
    let mut style = format!(
        ".{scope}{{font-family:Arial,Helvetica,\"Liberation Sans\",sans-serif}}\
         .{scope} .f{{fill:currentColor}}.{scope} .o{{fill:none;stroke:currentColor}}"
    );
    // Tiles meet without a seam.
    _ = write!(style, ".{scope} rect.f{{shape-rendering:crispEdges}}");
    match theme {
        Theme::Light => style.push_str(&rules(scope, &LIGHT, inks)),
        Theme::Dark => style.push_str(&rules(scope, &DARK, inks)),
        Theme::Auto => {
            style.push_str(&rules(scope, &LIGHT, inks));
            _ = write!(style, "@media (prefers-color-scheme:dark){{{}}}", rules(scope, &DARK, inks));
        }
    }
    style
}

fn rules(scope: &str, palette: &Palette, inks: &[Ink]) -> String {
    let rule = |ink: &Ink| {
        let [red, green, blue] = palette.of(*ink);
        format!(".{scope} .{}{{color:#{red:02x}{green:02x}{blue:02x}}}", class(*ink))
    };
    inks.iter().map(rule).collect::<BTreeSet<String>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_every_colour() {
        for palette in [&LIGHT, &DARK] {
            let tones = (0..=20)
                .map(|step| f64::from(step) / 20.0)
                .flat_map(|share| [Tone::Sequential(share), Tone::Diverging(2.0 * share - 1.0), Tone::Value(share)]);
            for tone in tones.chain((0..SERIES).map(Tone::Series)) {
                let ratio = contrast(palette.of(Ink::On(tone)), palette.tone(tone));
                assert!(ratio >= 4.5, "{tone:?}: {ratio}");
            }
            for ink in [Ink::Text, Ink::Quiet] {
                assert!(contrast(palette.of(ink), palette.paper) >= 4.5, "{ink:?}");
            }
            for index in 0..SERIES {
                let ratio = contrast(palette.series[index], palette.paper);
                assert!(ratio >= 2.0, "{index}: {ratio}");
            }
        }
    }

    #[test]
    fn only_what_is_used_is_in_the_style() {
        let style = style(Theme::Auto, &[Ink::Text, Ink::Tone(Tone::Series(0)), Ink::Tone(Tone::Series(7))]);
        assert_eq!(style.matches(".s0{").count(), 2);
        assert!(!style.contains(".s1{"));
    }
}
