//! Exact sums of many floats at once. Numbers of one exponent are whole numbers of one unit: they are added up apart
//! from the others, and only their sums reach the accumulators. That is the "large superaccumulator" of Neal (2015),
//! with a window of exponents that fits the fastest memory.

use super::big::Accumulator;

/// Numbers a block: so many mantissas of 53 bits add up to less than 2^63.
pub(crate) const BLOCK: usize = 1024;

/// Exponents that a block may span: numbers from 1e-9 to 1e9 do.
const WINDOW: usize = 64;

/// The exponent of what is not finite, as floats store it.
const SPECIAL: i32 = 0x7FF;

/// Adds a block of numbers to `sum` and, where they are wanted, their squares to `squares`; or nothing and tells so, if
/// one of them is not finite or subnormal, or they are too far apart.
///
/// # Panics
/// If there are more than [`BLOCK`].
pub(super) fn add(numbers: &[f64], sum: &mut Accumulator, squares: Option<&mut Accumulator>) -> bool {
    assert!(numbers.len() <= BLOCK, "a block is small");
    let (lowest, highest) = exponents(numbers);
    if lowest > highest {
        return true; // Zeros.
    }
    if lowest == 0 || highest == SPECIAL || highest - lowest >= WINDOW as i32 {
        return false;
    }
    let (lowest, span) = (lowest as usize, (highest - lowest) as usize + 1);
    let (sums, squared) = match squares {
        None => (by_exponent::<false>(numbers, lowest).0, None),
        Some(squares) => {
            let (sums, squared) = by_exponent::<true>(numbers, lowest);
            (sums, Some((squared, squares)))
        }
    };
    // The unit of a normal number's mantissa is 2^(exponent - 1 - 1074).
    for (place, &total) in sums[..span].iter().enumerate() {
        sum.add(total.unsigned_abs(), lowest - 1 + place, total < 0);
    }
    if let Some((squared, squares)) = squared {
        for (place, &total) in squared[..span].iter().enumerate() {
            squares.add_wide(total, 2 * (lowest - 1 + place));
        }
    }
    true
}

/// The lowest and the highest exponent of the numbers that are not 0, as floats store them.
fn exponents(numbers: &[f64]) -> (i32, i32) {
    let (mut lowest, mut highest) = (i32::MAX, 0);
    for &number in numbers {
        let exponent = (number.to_bits() >> 52) as i32 & SPECIAL;
        let low = if number == 0.0 { i32::MAX } else { exponent };
        lowest = if low < lowest { low } else { lowest };
        highest = if exponent > highest { exponent } else { highest };
    }
    (lowest, highest)
}

/// The sums of the mantissas, and of their squares, of each exponent from `lowest` on.
fn by_exponent<const SQUARES: bool>(numbers: &[f64], lowest: usize) -> ([i64; WINDOW], [u128; WINDOW]) {
    let (mut sums, mut squares) = ([0; WINDOW], [0; WINDOW]);
    for number in numbers {
        let bits = number.to_bits();
        let exponent = (bits >> 52) as usize & SPECIAL as usize;
        let place = exponent.wrapping_sub(lowest) % WINDOW;
        // Only zeros have the exponent 0 here: they add 0, to whatever place.
        let mantissa = bits & ((1 << 52) - 1) | u64::from(exponent != 0) << 52;
        let sign = bits as i64 >> 63;
        sums[place] += (mantissa as i64 ^ sign) - sign;
        if SQUARES {
            squares[place] += u128::from(mantissa) * u128::from(mantissa);
        }
    }
    (sums, squares)
}
