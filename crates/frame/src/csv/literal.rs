//! Numbers, truth values and dates as they are written.

/// A decimal number at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decimal {
    /// Its value, correctly rounded.
    pub(super) value: f64,
    /// The bytes that it takes.
    pub(super) length: usize,
    /// Has it a point (or a sign of zero), so that it is no whole number?
    pub(super) fractional: bool,
}

/// The decimal number `[+-]digits[.digits]` at the start of `bytes`: the common case, in one pass. None for whatever
/// needs more care: exponents, more than 19 digits, words.
#[inline]
pub(super) fn leading_decimal(bytes: &[u8]) -> Option<Decimal> {
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
        // Mantissa and power of ten are exact, so that the one division rounds once (Clinger 1990).
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

/// Up to 2^53 every whole number is a float.
const EXACT_MAX: u64 = 1 << 53;

const POWERS_OF_TEN: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// A number, whole or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// A whole number of 64 bits; `-0` is none, since integers have no sign of zero.
    Whole(i64),
    /// A whole number beyond 64 bits, rounded.
    Huge(f64),
    /// Any other number, infinite ones included.
    Real(f64),
}

/// The number that is written here, if it is one.
pub(super) fn number(text: &[u8]) -> Option<Number> {
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

/// `true` or `false`, in any case.
pub(super) fn truth(text: &[u8]) -> Option<bool> {
    if text.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// Microseconds since 1970-01-01T00:00:00 of `YYYY-MM-DD`, also with `THH:MM:SS[.f…]`, a blank for the `T`, and a
/// final `Z`; up to six decimals of a second.
pub(crate) fn date(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *day else { return None };
    let (year, month) = (decimal(&[y0, y1, y2, y3])?, decimal(&[m0, m1])?);
    let days = days_since_1970(year, month, decimal(&[d0, d1])?)?;
    Some(days * 86_400_000_000 + time_of_day(rest)?)
}

fn time_of_day(text: &[u8]) -> Option<i64> {
    let text = match text {
        [] => return Some(0),
        [b'T' | b' ', rest @ ..] => rest.strip_suffix(b"Z").unwrap_or(rest),
        _ => return None,
    };
    let (clock, rest) = text.split_at_checked(8)?;
    let [h0, h1, b':', m0, m1, b':', s0, s1] = *clock else { return None };
    let (hours, minutes, seconds) = (decimal(&[h0, h1])?, decimal(&[m0, m1])?, decimal(&[s0, s1])?);
    let micros = match rest {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => {
            decimal(digits)? * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    let valid = hours < 24 && minutes < 60 && seconds < 60;
    valid.then_some(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

fn decimal(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| number * 10 + i64::from(digit))
    })
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, if there is such a day (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
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

/// The ISO text of a moment: a day, and the time where it is not midnight.
pub(crate) fn date_text(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
    // `civil_from_days` of the same source.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let date = format!("{year:04}-{month:02}-{day:02}");
    if rest == 0 {
        return date;
    }
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if micros == 0 { format!("{date}T{time}") } else { format!("{date}T{time}.{micros:06}") }
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

    proptest! {
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
