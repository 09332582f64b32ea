//! Exact sums of many floats at once. Numbers of equal exponent are integers of one unit: they are summed separately,
//! and only their sums reach the accumulators. This is the "large superaccumulator" of Neal (2015), with a window of
//! exponents that fits the first-level cache.

use super::big::Accumulator;

/// Numbers per block: this many mantissas of 53 bits sum to less than 2^63.
pub const BLOCK: usize = 1024;

/// Range of exponents per block, enough for numbers from 1e-9 to 1e9.
const WINDOW: usize = 64;

/// The exponent of non-finite floats.
const SPECIAL: i32 = 0x7FF;

/// Adds a block of numbers to `sum` and, if given, their squares to `squares`; or does nothing and returns `false`, if
/// one of them is not finite or subnormal, or their exponents are too far apart.
///
/// # Panics
/// If there are more than [`BLOCK`] numbers.
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
            squares.add_wide(total, 2 * (lowest - 1 + place), false);
        }
    }
    true
}

/// Returns the lowest and the highest biased exponent of the non-zero numbers.
fn exponents(numbers: &[f64]) -> (i32, i32) {
    const LANES: usize = 8;
    let (mut lowest, mut highest, mut finite) = ([f64::INFINITY; LANES], [0.0; LANES], [true; LANES]);
    let mut look = |lane: usize, number: f64| {
        let size = number.abs();
        let low = if size == 0.0 { f64::INFINITY } else { size };
        lowest[lane] = if low < lowest[lane] { low } else { lowest[lane] };
        highest[lane] = if size > highest[lane] { size } else { highest[lane] };
        finite[lane] &= size <= f64::MAX;
    };
    let (groups, rest) = numbers.as_chunks::<LANES>();
    for group in groups {
        (0..LANES).for_each(|lane| look(lane, group[lane]));
    }
    rest.iter().for_each(|&number| look(0, number));
    let exponent = |number: f64| (number.to_bits() >> 52) as i32 & SPECIAL;
    let lowest = lowest.into_iter().fold(f64::INFINITY, f64::min);
    let highest = highest.into_iter().fold(0.0, f64::max);
    match finite.into_iter().all(|lane| lane) {
        true if highest == 0.0 => (i32::MAX, 0),
        true => (exponent(lowest), exponent(highest)),
        false => (0, SPECIAL),
    }
}

/// Numbers summed in parallel lanes. Neighbours often have the same exponent, and adding to the slot that was written
/// last would stall.
const LANES: usize = 4;

/// Returns the sums of the mantissas, and of their squares, per exponent from `lowest`.
fn by_exponent<const SQUARES: bool>(numbers: &[f64], lowest: usize) -> ([i64; WINDOW], [u128; WINDOW]) {
    let (mut sums, mut squares) = ([[0; WINDOW]; LANES], [[0; WINDOW]; LANES]);
    let mut add = |lane: usize, number: f64| {
        let bits = number.to_bits();
        let exponent = (bits >> 52) as usize & SPECIAL as usize;
        let place = exponent.wrapping_sub(lowest) % WINDOW;
        // Only zeros have the exponent 0 here: they add 0, to whichever slot.
        let mantissa = bits & ((1 << 52) - 1) | u64::from(exponent != 0) << 52;
        let sign = bits as i64 >> 63;
        sums[lane][place] += (mantissa as i64 ^ sign) - sign;
        if SQUARES {
            squares[lane][place] += u128::from(mantissa) * u128::from(mantissa);
        }
    };
    let (groups, rest) = numbers.as_chunks::<LANES>();
    for group in groups {
        (0..LANES).for_each(|lane| add(lane, group[lane]));
    }
    rest.iter().for_each(|&number| add(0, number));
    let place_sums = std::array::from_fn(|place| sums.iter().map(|lane| lane[place]).sum());
    let place_squares = std::array::from_fn(|place| squares.iter().map(|lane| lane[place]).sum());
    (place_sums, if SQUARES { place_squares } else { [0; WINDOW] })
}
