//! Plain decimal numbers, `[-]digits[.digits]`, eight digits at a time.

use pipewright_table::literal::EXACT_MAX;

/// A parsed number: `mantissa` without the decimal point, which precedes the last `decimals` digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: u64,
    decimals: u32,
    negative: bool,
    /// Has it a decimal point?
    pub(super) pointed: bool,
}

impl Decimal {
    /// Parses the number from `start` to `end`. `None` for anything more complex: other signs, leading zeros, exponents,
    /// words, more than 19 digits. There must be at least 16 bytes before `start`, and a mark at `end`.
    #[inline]
    pub(super) fn read(bytes: &[u8], start: usize, end: usize) -> Option<Decimal> {
        let negative = *bytes.get(start)? == b'-';
        let start = start + usize::from(negative);
        if let Some([b'0', b'0'..=b'9']) = bytes.get(start..start + 2) {
            return None;
        }
        let length = end.wrapping_sub(start);
        if length.wrapping_sub(1) < 8 {
            let digits = DigitText(word(bytes, end - 8)? ^ ZEROS).last(length);
            let (digits, decimals) = digits.without_point(length)?;
            let pointed = decimals.is_some();
            return Some(Decimal { mantissa: digits.value(), decimals: decimals.unwrap_or(0), negative, pointed });
        }
        Decimal::read_long(bytes, start, end, negative)
    }

    fn read_long(bytes: &[u8], start: usize, end: usize, negative: bool) -> Option<Decimal> {
        let text = bytes.get(start..end).filter(|text| (9..=20).contains(&text.len()))?;
        let point = memchr::memchr(b'.', text);
        let (whole, decimals) = match point {
            None => (text, &[][..]),
            Some(point) => (&text[..point], &text[point + 1..]),
        };
        if whole.len() + decimals.len() > 19 {
            return None;
        }
        let mut mantissa = 0;
        for part in [whole, decimals] {
            let (eights, rest) = part.as_chunks::<8>();
            for eight in eights {
                let digits = DigitText(u64::from_le_bytes(*eight) ^ ZEROS);
                if digits.others() != 0 {
                    return None;
                }
                mantissa = mantissa * 100_000_000 + digits.value();
            }
            for byte in rest {
                let digit = byte.wrapping_sub(b'0');
                if digit > 9 {
                    return None;
                }
                mantissa = mantissa * 10 + u64::from(digit);
            }
        }
        Some(Decimal { mantissa, decimals: decimals.len() as u32, negative, pointed: point.is_some() })
    }

    /// Returns its correctly rounded value.
    #[inline]
    pub(super) fn as_f64(self) -> f64 {
        let magnitude = if self.mantissa <= EXACT_MAX {
            // Mantissa and power of ten are exact, so the single division rounds once (Clinger 1990).
            self.mantissa as i64 as f64 / POWERS_OF_TEN[self.decimals as usize & 31]
        } else {
            quotient(self.mantissa, self.decimals)
        };
        f64::from_bits(magnitude.to_bits() | (u64::from(self.negative) << 63))
    }

    /// Returns its value, if it is a whole number of 64 bits. `-0` is not one, since integers have no negative zero.
    #[inline]
    pub(super) fn as_i64(self) -> Option<i64> {
        let value = i64::try_from(self.mantissa).ok()?;
        if self.pointed || (self.negative && value == 0) {
            return None;
        }
        Some(if self.negative { -value } else { value })
    }
}

/// Returns `mantissa` / 10^`decimals`, correctly rounded, with integer arithmetic.
fn quotient(mantissa: u64, decimals: u32) -> f64 {
    let divisor = 10_u64.pow(decimals);
    let (above, below) = (mantissa.leading_zeros(), divisor.leading_zeros());
    let dividend = u128::from(mantissa << above) << 64;
    let divisor = u128::from(divisor << below);
    let whole = dividend / divisor;
    let is_exact = whole * divisor == dividend;
    // 64 or 65 bits, of which a float keeps 53: lost bits are recorded in the last one (sticky) for rounding.
    let rounded = (whole | u128::from(!is_exact)) as f64;
    let power_of_two = 1023 - 64 + u64::from(below) - u64::from(above);
    rounded * f64::from_bits(power_of_two << 52)
}

/// Eight bytes of text minus the character `0` each: the first byte is the lowest.
#[derive(Clone, Copy)]
struct DigitText(u64);

impl DigitText {
    /// Zeroes all but the last `length` bytes, of which there are one to eight.
    #[inline(always)]
    fn last(self, length: usize) -> DigitText {
        DigitText(self.0 & (!0 << (64 - 8 * length)))
    }

    /// The top bit of every byte that is not a digit.
    #[inline(always)]
    fn others(self) -> u64 {
        (((self.0 & SEVENS) + 0x7676_7676_7676_7676) | self.0) & !SEVENS
    }

    /// Returns the digits without the decimal point among the last `length` bytes, and the number of decimals. `None`
    /// if there is anything else, or no digit.
    #[inline(always)]
    fn without_point(self, length: usize) -> Option<(DigitText, Option<u32>)> {
        let others = self.others();
        if others == 0 {
            return Some((self, None));
        }
        let place = others.trailing_zeros() & 56;
        let is_point = (self.0 >> place) as u8 == b'.' ^ b'0';
        if others & (others - 1) != 0 || !is_point || length == 1 {
            return None;
        }
        let before = (others >> 7) - 1;
        let joined = (self.0 & (!before << 8)) | ((self.0 & before) << 8);
        Some((DigitText(joined), Some((56 - place) / 8)))
    }

    /// The number that eight digits make.
    #[inline(always)]
    fn value(self) -> u64 {
        const EVERY_FOURTH: u64 = 0x0000_00FF_0000_00FF;
        let pairs = self.0.wrapping_mul(10).wrapping_add(self.0 >> 8);
        let upper = (pairs & EVERY_FOURTH).wrapping_mul(0x000F_4240_0000_0064);
        let lower = ((pairs >> 16) & EVERY_FOURTH).wrapping_mul(0x0000_2710_0000_0001);
        upper.wrapping_add(lower) >> 32
    }
}

const ZEROS: u64 = 0x3030_3030_3030_3030;
const SEVENS: u64 = 0x7F7F_7F7F_7F7F_7F7F;

/// Eight bytes of text.
#[inline(always)]
pub(super) fn word(bytes: &[u8], start: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(start..)?.first_chunk()?))
}

/// Every power of ten up to 10^22 is a float; the rest is never used.
const POWERS_OF_TEN: [f64; 32] = {
    let mut powers = [1.0; 32];
    let mut power = 1;
    while power < 23 {
        powers[power] = powers[power - 1] * 10.0;
        power += 1;
    }
    powers
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Decimal> {
        let padded = format!("{:16}{text}{:16}", "", "");
        Decimal::read(padded.as_bytes(), 16, 16 + text.len())
    }

    #[test]
    fn what_is_no_plain_decimal_is_left_to_others() {
        for text in
            ["", "-", ".", "-.", "+1", "1e3", "1.2.3", "--1", "1-", "1 ", "x", "12345678.x", "1_0", "é", "007", "-00.5"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("-0").unwrap().as_i64(), None);
        assert_eq!(read("9223372036854775808").unwrap().as_i64(), None);
        assert_eq!(read("-5.").unwrap().as_f64(), -5.0);
    }

    proptest! {
        #[test]
        fn values_are_those_of_the_standard_library(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?") {
            if let Some(decimal) = read(&text) {
                prop_assert_eq!(Some(decimal.as_f64().to_bits()), text.parse().ok().map(f64::to_bits));
                if let Some(value) = decimal.as_i64() {
                    prop_assert_eq!(Ok(value), text.parse());
                }
            }
        }

        #[test]
        fn most_numbers_are_plain(number in -1_000_000_i64..1_000_000, decimals in 0_u32..7) {
            let value = number as f64 / 10_f64.powi(decimals as i32);
            let text = value.to_string();
            prop_assert_eq!(read(&text).map(|found| found.as_f64().to_bits()), Some(value.to_bits()));
        }

        #[test]
        fn long_numbers_are_rounded_to_the_nearest(mantissa in any::<u64>(), decimals in 0_usize..19) {
            let digits = format!("11{:018}", mantissa % 10_u64.pow(18));
            let text = format!("{}.{}", &digits[1..20 - decimals], &digits[20 - decimals..]);
            let found = read(&text);
            prop_assert!(found.is_some());
            prop_assert_eq!(found.map(|found| found.as_f64().to_bits()), text.parse().ok().map(f64::to_bits));
        }
    }
}
