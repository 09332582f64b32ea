//! Numbers on axes and in labels: steps of 1, 2 and 5, and as few digits as tell them apart.

use crate::scale::{Interval, Tick};

/// A step between ticks: `digit` · 10^`power`, where the digit is 1, 2 or 5.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    digit: f64,
    power: i32,
}

impl Step {
    /// The multiple of the step, exact as far as a decimal number can be.
    fn times(self, count: f64) -> f64 {
        match self.power >= 0 {
            true => count * self.digit * 10_f64.powi(self.power),
            false => count * self.digit / 10_f64.powi(-self.power),
        }
    }

    fn next(self) -> Step {
        match self.digit as u8 {
            1 => Step { digit: 2.0, ..self },
            2 => Step { digit: 5.0, ..self },
            _ => Step { digit: 1.0, power: self.power + 1 },
        }
    }

    /// The first and the last multiple within a range.
    fn within(self, range: Interval) -> (f64, f64) {
        let unit = self.times(1.0);
        // The ends of a range that are multiples themselves belong to it, whatever their last bit.
        ((range.low() / unit - 1e-9).ceil(), (range.high() / unit + 1e-9).floor())
    }
}

/// Between which numbers ticks may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    Any,
    /// Whole numbers, as for counts.
    Whole,
}

/// The smallest step of which the range has at most `most` multiples.
fn step(range: Interval, most: usize, steps: Steps) -> Step {
    let rough = (range.high() - range.low()) / (most.max(1) as f64 + 1.0);
    let smallest = if steps == Steps::Whole { 0.0 } else { -300.0 };
    let mut step = Step { digit: 1.0, power: rough.log10().floor().clamp(smallest, 299.0) as i32 };
    loop {
        let (first, last) = step.within(range);
        if last - first + 1.0 <= most.max(1) as f64 {
            return step;
        }
        step = step.next();
    }
}

/// At most `most` ticks at multiples of 1, 2 or 5 times a power of ten.
pub(crate) fn ticks(range: Interval, most: usize, steps: Steps) -> Vec<Tick> {
    let step = step(range, most, steps);
    let (first, last) = step.within(range);
    let count = (last - first + 1.0).max(0.0) as usize;
    let values: Vec<f64> = (0..count).map(|index| step.times(first + index as f64)).collect();
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    values.into_iter().map(|at| Tick { at, text: on_axis(at, largest, step.power) }).collect()
}

/// The ends of at most `most` bins, at multiples of a round step, that cover the range. Up to two more, if the range starts
/// and ends within a bin.
pub(crate) fn edges(range: Interval, most: usize) -> Vec<f64> {
    let step = step(range, most.max(1) + 1, Steps::Any);
    let unit = step.times(1.0);
    let (first, last) = ((range.low() / unit + 1e-9).floor(), (range.high() / unit - 1e-9).ceil());
    (0..=(last - first).max(1.0) as usize).map(|index| step.times(first + index as f64)).collect()
}

/// A number on an axis whose largest is `largest` and whose steps have this power of ten.
fn on_axis(value: f64, largest: f64, power: i32) -> String {
    let decimals = |power: i32| usize::try_from(power).unwrap_or(0);
    let magnitude = if largest > 0.0 { largest.log10().floor() as i32 } else { 0 };
    if value == 0.0 {
        return "0".to_owned();
    }
    let text = if !(-4..9).contains(&magnitude) {
        scientific(value, decimals(magnitude - power))
    } else if magnitude >= 6 {
        format!("{:.*}M", decimals(6 - power), value / 1e6)
    } else if magnitude >= 4 {
        thousands(&format!("{value:.*}", decimals(-power)))
    } else {
        format!("{value:.*}", decimals(-power))
    };
    text.replace('-', "−")
}

fn scientific(value: f64, decimals: usize) -> String {
    format!("{value:.*e}", decimals.min(15))
}

/// A decimal number with commas between the thousands.
fn thousands(text: &str) -> String {
    let (sign, text) = text.split_at(usize::from(text.starts_with('-')));
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// A number with at most `digits` significant digits behind a point, whole numbers with all of theirs.
pub(crate) fn short(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..15).contains(&magnitude) {
        let text = scientific(value, digits.saturating_sub(1)).replace('-', "−");
        // As few digits as the number has: 2e15, not 2.00e15.
        return match text.split_once('e') {
            Some((digits, power)) if digits.contains('.') => {
                format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        };
    }
    let decimals = usize::try_from(digits as i32 - 1 - magnitude).unwrap_or(0);
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if magnitude >= 4 { thousands(text) } else { text.to_owned() };
    text.replace('-', "−")
}

/// A number for programs: up to nine significant digits, as Rust and JSON write it; nothing if it is not finite.
pub(crate) fn plain(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    match format!("{value:.8e}").parse::<f64>() {
        Ok(rounded) if rounded != 0.0 && !(1e-5..1e16).contains(&rounded.abs()) => format!("{rounded:e}"),
        Ok(rounded) => rounded.to_string(),
        Err(_) => String::new(),
    }
}

/// A count, with commas.
pub(crate) fn count(count: usize) -> String {
    if count < 10_000 { count.to_string() } else { thousands(&count.to_string()) }
}

/// Ticks of a logarithmic axis: powers of ten, or 1, 2 and 5 times these where they are few.
pub(crate) fn log_ticks(range: Interval, most: usize) -> Vec<Tick> {
    let (low, high) = (range.low().log10(), range.high().log10());
    let powers: Vec<i32> = ((low - 1e-9).ceil() as i32..=(high + 1e-9).floor() as i32).collect();
    if powers.len() < 2 && most >= 2 {
        let first = low.floor() as i32;
        let finer: Vec<f64> = (first..=high.ceil() as i32)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| Step { digit, power }.times(1.0)))
            .filter(|value| (range.low()..=range.high()).contains(value))
            .collect();
        // A range without even two of these is so narrow that it is nearly linear.
        return match finer.len() {
            0 | 1 => ticks(range, most, Steps::Any),
            len => thin(finer, len.div_ceil(most)),
        };
    }
    let stride = powers.len().div_ceil(most.max(1)).max(1);
    thin(powers.into_iter().map(|power| Step { digit: 1.0, power }.times(1.0)).collect(), stride)
}

fn thin(values: Vec<f64>, stride: usize) -> Vec<Tick> {
    values.into_iter().step_by(stride).map(|at| Tick { at, text: short(at, 3) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64, most: usize) -> Vec<String> {
        ticks(Interval::of([low, high]), most, Steps::Any).into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_are_those_that_a_person_would_choose() {
        assert_eq!(texts(0.0, 1.0, 6), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(0.0, 0.3, 4), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(texts(-37.0, 81.0, 5), ["0", "50"]);
        assert_eq!(texts(-37.0, 81.0, 6), ["−20", "0", "20", "40", "60", "80"]);
        assert_eq!(texts(1985.0, 2024.0, 5), ["1990", "2000", "2010", "2020"]);
        assert_eq!(texts(0.0, 43_210.0, 5), ["0", "10,000", "20,000", "30,000", "40,000"]);
        assert_eq!(texts(0.0, 5_400_000.0, 6), ["0", "1M", "2M", "3M", "4M", "5M"]);
        assert_eq!(texts(0.0, 2.5e-7, 3), ["0", "1e−7", "2e−7"]);
        assert_eq!(texts(1e12, 1.5e12, 3), ["1.0e12", "1.2e12", "1.4e12"]);
    }

    #[test]
    fn there_is_no_half_of_a_row() {
        let texts = |high: f64| -> Vec<String> {
            ticks(Interval::of([0.0, high]), 6, Steps::Whole).into_iter().map(|tick| tick.text).collect()
        };
        assert_eq!(texts(1.1), ["0", "1"]);
        assert_eq!(texts(11.0), ["0", "2", "4", "6", "8", "10"]);
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten_where_there_are_some() {
        let texts = |low: f64, high: f64, most| -> Vec<String> {
            log_ticks(Interval::of([low, high]), most).into_iter().map(|tick| tick.text).collect()
        };
        assert_eq!(texts(0.5, 2000.0, 6), ["1", "10", "100", "1000"]);
        assert_eq!(texts(0.5, 2e12, 5), ["1", "1000", "1,000,000", "1,000,000,000", "1,000,000,000,000"]);
        assert_eq!(texts(15.0, 80.0, 5), ["20", "50"]);
    }

    #[test]
    fn numbers_in_labels_are_short() {
        assert_eq!(short(0.123_456, 3), "0.123");
        assert_eq!(short(-1234.56, 3), "−1235");
        assert_eq!(short(12_345.6, 3), "12,346");
        assert_eq!(short(2.0, 3), "2");
        assert_eq!(short(1.5e-7, 3), "1.5e−7");
        assert_eq!(count(1_000_000), "1,000,000");
    }
}
