//! Parsing of numbers, booleans, dates and times.

use crate::MomentForm;

/// A decimal number at the start of a byte string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decimal {
    /// Its value, correctly rounded.
    pub value: f64,
    /// Length in bytes.
    pub length: usize,
    /// Has it a decimal point (or a negative zero), so that it is not a whole number?
    pub fractional: bool,
}

/// Parses the decimal number `[+-]digits[.digits]` at the start of `bytes`: the common case, in one pass. `None` for
/// anything more complex: exponents, more than 19 digits, words.
#[inline]
pub fn leading_decimal(bytes: &[u8]) -> Option<Decimal> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative || bytes.first() == Some(&b'+'));
    let (mut mantissa, mut position) = (0_u64, start);
    while let Some(digit) = digit_at(bytes, position) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        position += 1;
    }
    let mut digits = position - start;
    let mut decimals = 0;
    let pointed = bytes.get(position) == Some(&b'.');
    if pointed {
        position += 1;
        let point = position;
        while let Some(digit) = digit_at(bytes, position) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            position += 1;
        }
        decimals = position - point;
        digits += decimals;
    }
    if digits == 0 || digits > 19 {
        return None;
    }
    let value = if mantissa <= EXACT_MAX {
        // Mantissa and power of ten are exact, so the single division rounds once (Clinger 1990).
        let magnitude = mantissa as f64 / POWERS_OF_TEN[decimals];
        if negative { -magnitude } else { magnitude }
    } else {
        std::str::from_utf8(&bytes[..position]).ok()?.parse().ok()?
    };
    Some(Decimal { value, length: position, fractional: pointed || (negative && mantissa == 0) })
}

#[inline]
fn digit_at(bytes: &[u8], position: usize) -> Option<u64> {
    let digit = bytes.get(position)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// 2^53: up to it, every whole number is representable as a float.
pub const EXACT_MAX: u64 = 1 << 53;

const POWERS_OF_TEN: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// A number, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number of 64 bits; `-0` is not one, since integers have no negative zero.
    Whole(i64),
    /// A whole number beyond 64 bits, rounded.
    Huge(f64),
    /// Any other number, infinite ones included.
    Real(f64),
}

impl Number {
    /// Returns the number as a float; whole numbers beyond 2^53 are rounded.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Whole(value) => value as f64,
            Number::Huge(value) | Number::Real(value) => value,
        }
    }
}

/// Parses a number.
pub fn number(text: &[u8]) -> Option<Number> {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    let text = std::str::from_utf8(text).ok()?;
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        let negative_zero = text.starts_with('-') && digits.iter().all(|&digit| digit == b'0');
        return match text.parse() {
            Ok(_) if negative_zero => Some(Number::Real(-0.0)),
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse().ok().map(Number::Huge),
        };
    }
    // Words for infinities and NaN start with a letter; no other text that starts with one is a number.
    text.parse().ok().map(Number::Real)
}

/// Number format: decimal point and thousands separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numerals {
    /// Decimal point.
    pub decimal: u8,
    /// Thousands separator.
    pub thousands: Option<u8>,
}

impl Numerals {
    /// Creates a format from declared options; if the thousands separator is a point, the decimal point defaults to a
    /// comma.
    pub fn declared(decimal: Option<u8>, thousands: Option<u8>) -> Numerals {
        let usual = if thousands == Some(b'.') { b',' } else { b'.' };
        Numerals { decimal: decimal.unwrap_or(usual), thousands }
    }

    /// Are they the defaults?
    pub fn are_plain(&self) -> bool {
        self.decimal == b'.' && self.thousands.is_none()
    }

    /// Parses a number. Thousands must be separated everywhere or nowhere.
    pub fn number(&self, text: &[u8]) -> Option<Number> {
        let sign = text.first().is_some_and(|byte| matches!(byte, b'-' | b'+'));
        let (sign, digits) = text.split_at(usize::from(sign));
        let whole = digits.iter().position(|&byte| byte == self.decimal || matches!(byte, b'e' | b'E'));
        let (whole, rest) = digits.split_at(whole.unwrap_or(digits.len()));
        if self.thousands.is_none_or(|mark| !whole.contains(&mark)) && !digits.contains(&self.decimal) {
            // No separators: a whole number, one with an exponent, or a word. A point is not allowed, unless it is the
            // decimal point.
            return if digits.contains(&b'.') { None } else { number(text) };
        }
        let mut plain = sign.to_vec();
        let mut groups = whole.split(|&byte| Some(byte) == self.thousands);
        let first = groups.next()?;
        let marked = first.len() < whole.len();
        let is_group = |group: &[u8]| group.len() == 3 && group.iter().all(u8::is_ascii_digit);
        if !first.iter().all(u8::is_ascii_digit)
            || (marked && (first.is_empty() || first.len() > 3 || first[0] == b'0'))
        {
            return None;
        }
        plain.extend_from_slice(first);
        for group in groups {
            if !is_group(group) {
                return None;
            }
            plain.extend_from_slice(group);
        }
        match rest.strip_prefix(&[self.decimal]) {
            Some(decimals) if decimals.contains(&b'.') => return None,
            Some(decimals) => {
                plain.push(b'.');
                plain.extend_from_slice(decimals);
            }
            None => plain.extend_from_slice(rest),
        }
        number(&plain)
    }
}

/// Parses `true` or `false`, in any case.
pub fn truth(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// Parses a boolean in a column that was declared boolean, which allows more words, in any case.
pub fn truth_declared(text: &[u8]) -> Option<bool> {
    const TRUE: [&str; 6] = ["true", "yes", "y", "t", "on", "1"];
    const FALSE: [&str; 6] = ["false", "no", "n", "f", "off", "0"];
    let is = |words: [&str; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is(TRUE) { Some(true) } else { is(FALSE).then_some(false) }
}

/// Parses `YYYY-MM-DD` as microseconds since 1970-01-01T00:00:00, also with `THH:MM:SS[.f…]`, a space instead of the
/// `T`, and a final `Z`; up to six decimals of a second.
pub fn date(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *day else { return None };
    let (year, month) = (decimal(&[y0, y1, y2, y3])?, decimal(&[m0, m1])?);
    let days = days_since_1970(year, month, decimal(&[d0, d1])?)?;
    let time = match rest {
        [] => 0,
        [b'T' | b' ', rest @ ..] => {
            let mut rest = rest.strip_suffix(b"Z").unwrap_or(rest);
            clock(&mut rest, Clock::Full).filter(|_| rest.is_empty())?
        }
        _ => return None,
    };
    Some(days * DAY + time)
}

/// Parses microseconds since midnight from `HH:MM`, `HH:MM:SS[.f…]`, or either with AM or PM, where the hour may have
/// one digit.
pub fn time(text: &[u8]) -> Option<i64> {
    let halved = text.last().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'm'));
    let mut rest = text;
    clock(&mut rest, if halved { Clock::Loose } else { Clock::Strict }).filter(|_| rest.is_empty())
}

/// Required precision of a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// `HH:MM:SS`.
    Full,
    /// `HH:MM`.
    Strict,
    /// `H:MM`, and AM or PM may follow.
    Loose,
    /// As `Loose`, and decimals of a second beyond six are cut off.
    Fine,
}

/// A second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// A day in microseconds.
pub const DAY: i64 = 24 * HOUR;
/// Moments of the years 0000 to 9999, the range of ISO 8601.
pub const MOMENTS: std::ops::Range<i64> = -62_167_219_200 * SECOND..253_402_300_800 * SECOND;

/// Parses a time of day at the front.
pub fn clock(text: &mut &[u8], form: Clock) -> Option<i64> {
    let is_loose = matches!(form, Clock::Loose | Clock::Fine);
    let one_digit = is_loose && text.get(1) == Some(&b':');
    let hour = two_digits(text, 1 + usize::from(!one_digit))?;
    *text = text.strip_prefix(b":")?;
    let mut micros = two_digits(text, 2).filter(|&minute| minute < 60)? * MINUTE;
    if let Some(rest) = text.strip_prefix(b":") {
        *text = rest;
        micros += two_digits(text, 2).filter(|&second| second < 60)? * SECOND;
        if let Some(rest) = text.strip_prefix(b".") {
            *text = rest;
            micros += if form == Clock::Fine { fine_fraction(text)? } else { fraction(text)? };
        }
    } else if form == Clock::Full {
        return None;
    }
    let mut rest = text.strip_prefix(b" ").unwrap_or(text);
    let half = if is_loose { half_of_day(&mut rest) } else { None };
    match half {
        Some(half) if (1..=12).contains(&hour) => {
            *text = rest;
            Some((hour % 12) * HOUR + half + micros)
        }
        None if hour < 24 => Some(hour * HOUR + micros),
        _ => None,
    }
}

fn two_digits(text: &mut &[u8], length: usize) -> Option<i64> {
    let (number, rest) = text.split_at_checked(length)?;
    *text = rest;
    decimal(number)
}

/// Parses AM or PM at the front; returns the microseconds to add.
pub fn half_of_day(text: &mut &[u8]) -> Option<i64> {
    let (half, rest) = text.split_at_checked(2)?;
    *text = rest;
    if half.eq_ignore_ascii_case(b"am") { Some(0) } else { half.eq_ignore_ascii_case(b"pm").then_some(12 * HOUR) }
}

/// Parses the decimals of a second at the front: up to six significant digits.
pub fn fraction(text: &mut &[u8]) -> Option<i64> {
    let (micros, beyond) = decimals(text)?;
    beyond.iter().all(|&digit| digit == b'0').then_some(micros)
}

/// As [`fraction`], of any digits: those beyond six are cut off.
fn fine_fraction(text: &mut &[u8]) -> Option<i64> {
    decimals(text).map(|(micros, _)| micros)
}

/// Takes the decimals of a second off the front: microseconds, and the digits beyond those.
fn decimals<'a>(text: &mut &'a [u8]) -> Option<(i64, &'a [u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let (digits, beyond) = digits.split_at(length.min(6));
    *text = rest;
    if digits.is_empty() { None } else { Some((decimal(digits)? * 10_i64.pow(6 - digits.len() as u32), beyond)) }
}

/// Parses a UTC offset at the front: `Z`, `+02:00`, `+0200` or `+02`, optionally after a space.
pub fn zone(text: &mut &[u8]) -> Option<i64> {
    *text = text.strip_prefix(b" ").unwrap_or(text);
    let (sign, rest) = text.split_first()?;
    *text = rest;
    let sign = match sign {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = two_digits(text, 2).filter(|&hours| hours < 24)?;
    *text = text.strip_prefix(b":").unwrap_or(text);
    let minutes = if text.is_empty() { 0 } else { two_digits(text, 2).filter(|&minutes| minutes < 60)? };
    Some(sign * (hours * HOUR + minutes * MINUTE))
}

/// Parses a whole number from digits.
pub fn decimal(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}

/// Returns days since 1970-01-01 for a date of the proleptic Gregorian calendar, if valid (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
pub fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

/// Returns year, month and day from days since 1970-01-01 (`civil_from_days` of the same source).
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Formats a single moment as ISO 8601: the date, and the time unless it is midnight. For the moments of a column see
/// [`MomentForm`].
pub fn date_text(micros: i64) -> String {
    MomentForm::Day.date_text(micros)
}

/// Formats a single time of day.
pub fn time_text(micros: i64) -> String {
    MomentForm::Day.time_text(micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_told_apart() {
        assert_eq!(number(b"007"), Some(Number::Whole(7)));
        assert_eq!(number(b"+5"), Some(Number::Whole(5)));
        assert_eq!(number(b"-9223372036854775808"), Some(Number::Whole(i64::MIN)));
        assert_eq!(number(b"9223372036854775808"), Some(Number::Huge(9_223_372_036_854_775_808.0)));
        assert_eq!(number(b"1e3"), Some(Number::Real(1000.0)));
        assert_eq!(number(b"-inf"), Some(Number::Real(f64::NEG_INFINITY)));
        assert!(matches!(number(b"-0"), Some(Number::Real(zero)) if zero.is_sign_negative()));
        for text in ["", "-", "1,5", "1 5", "0x10", "one", "1_000", "."] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn days_that_are_none_are_refused() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-32",
            "2024-1-1",
            "2024-01-01T",
            "2024-01-01T24:00:00",
            "2024-01-01T10:00",
            "2024-01-01T10:00:00.1234567",
            "24-01-01",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
        assert_eq!(date(b"1970-01-02T00:00:01.5Z"), Some(86_401_500_000));
        assert_eq!(date(b"2000-02-29 00:00:00"), date(b"2000-02-29"));
    }

    #[test]
    fn declared_marks() {
        let european = Numerals::declared(None, Some(b'.'));
        assert_eq!(european, Numerals { decimal: b',', thousands: Some(b'.') });
        assert_eq!(european.number(b"-1.234.567,5"), Some(Number::Real(-1_234_567.5)));
        assert_eq!(european.number(b"1.234"), Some(Number::Whole(1234)));
        assert_eq!(european.number(b"12,5e3"), Some(Number::Real(12_500.0)));
        assert_eq!(european.number(b"12"), Some(Number::Whole(12)));
        assert_eq!(Numerals::declared(Some(b','), None).number(b",5"), Some(Number::Real(0.5)));
        assert_eq!(Numerals::declared(None, Some(b' ')).number(b"12 345.5"), Some(Number::Real(12_345.5)));
        assert_eq!(
            Numerals::declared(None, Some(b',')).number(b"9,223,372,036,854,775,808"),
            number(b"9223372036854775808")
        );
        for text in
            ["1.5", "1.23", "1234.567", "1,5,5", "1,234.5", ".123", "0.123", "1..234", "1.234.", "", "-", "-,", "x"]
        {
            assert_eq!(european.number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Numerals::declared(Some(b','), None).number(b"1.5"), None);
        assert!(Numerals::declared(None, None).are_plain() && !european.are_plain());
    }

    #[test]
    fn truth_is_read_widely_only_where_it_is_declared() {
        for (text, value) in [("YES", true), ("n", false), ("T", true), ("off", false), ("1", true), ("False", false)] {
            assert_eq!(truth_declared(text.as_bytes()), Some(value));
        }
        assert_eq!((truth(b"TRUE"), truth(b"yes"), truth_declared(b"2")), (Some(true), None, None));
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time(b"00:00"), Some(0));
        assert_eq!(time(b"23:59:59.999999"), Some(DAY - 1));
        assert_eq!(time(b"23:59:59.9000000000"), Some(DAY - 100_000));
        assert_eq!(time(b"1:05 pm"), time(b"13:05"));
        for text in ["", "1:05", "24:00", "10:5", "10:05:", "10:05:00.", "10:05:00.0000001", "0:05 AM", "10:05 ", "am"]
        {
            assert_eq!(time(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn times_come_back(micros in 0..DAY) {
            prop_assert_eq!(time(time_text(micros).as_bytes()), Some(micros));
        }

        #[test]
        fn decimals_are_those_of_the_standard_library(text in "[-+]?[0-9]{0,21}(\\.[0-9]{0,20})?") {
            let (fast, slow) = (leading_decimal(text.as_bytes()), text.parse::<f64>().ok());
            if let Some(fast) = fast {
                prop_assert_eq!(fast.length, text.len());
                prop_assert_eq!(Some(fast.value.to_bits()), slow.map(f64::to_bits));
            }
        }

        #[test]
        fn dates_come_back(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let text = date_text(micros);
            prop_assert_eq!(date(text.as_bytes()), Some(micros), "{}", text);
        }
    }
}
