//! Fixed-point numbers wide enough for exact sums of floats.

/// An exact sum of integers times powers of two: a superaccumulator of 32-bit limbs in 64-bit words, whose carries are
/// propagated only occasionally (Neal, "Fast exact summation using small and large superaccumulators", 2015).
#[derive(Debug, Clone)]
pub(super) struct Accumulator {
    /// Limb `i` counts units of 2^(32 i); it may be negative or exceed 32 bits.
    limbs: Vec<i64>,
    /// Additions since carries were propagated: each changes a limb by less than 2^32.
    unsettled: u32,
}

/// This many additions of less than 2^32 stay far below 2^63.
const UNSETTLED_MAX: u32 = 1 << 29;

impl Accumulator {
    pub(super) fn new(bits: usize) -> Accumulator {
        // Two more limbs for the carries of 2^63 additions, and the sign.
        Accumulator { limbs: vec![0; bits.div_ceil(32) + 2], unsettled: 0 }
    }

    /// Adds `±mantissa * 2^bit`.
    #[inline]
    pub(super) fn add(&mut self, mantissa: u64, bit: usize, negative: bool) {
        if self.unsettled == UNSETTLED_MAX {
            self.settle();
        }
        self.unsettled += 1;
        let (limb, shifted) = (bit / 32, u128::from(mantissa) << (bit % 32));
        let sign = if negative { -1 } else { 1 };
        let limbs = &mut self.limbs[limb..limb + 3];
        limbs[0] += sign * i64::from(shifted as u32);
        limbs[1] += sign * i64::from((shifted >> 32) as u32);
        limbs[2] += sign * i64::from((shifted >> 64) as u32);
    }

    /// Adds `±mantissa * 2^bit`.
    #[inline]
    pub(super) fn add_wide(&mut self, mantissa: u128, bit: usize, negative: bool) {
        self.add(mantissa as u64, bit, negative);
        self.add((mantissa >> 64) as u64, bit + 64, negative);
    }

    pub(super) fn merge(&mut self, mut other: Accumulator) {
        other.settle();
        if self.unsettled == UNSETTLED_MAX {
            self.settle();
        }
        self.unsettled += 1;
        self.limbs.iter_mut().zip(&other.limbs).for_each(|(limb, more)| *limb += more);
    }

    /// Propagates carries: all limbs but the last are in 0..2^32; the last carries the sign.
    fn settle(&mut self) {
        let mut carry = 0;
        let (last, rest) = self.limbs.split_last_mut().expect("there are limbs");
        for limb in rest {
            *limb += carry;
            carry = *limb >> 32;
            *limb &= 0xFFFF_FFFF;
        }
        *last += carry;
        self.unsettled = 1;
    }

    /// Returns whether the sum is negative, and its magnitude.
    pub(super) fn total(&self) -> (bool, Whole) {
        let mut settled = self.clone();
        settled.settle();
        let negative = settled.limbs.last().is_some_and(|&last| last < 0);
        if negative {
            settled.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            settled.settle();
        }
        (negative, Whole::new(settled.limbs.iter().map(|&limb| limb as u32).collect()))
    }
}

/// A non-negative integer: 32-bit limbs, lowest first, without leading zeros.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Whole(Vec<u32>);

impl Whole {
    fn new(mut limbs: Vec<u32>) -> Whole {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Whole(limbs)
    }

    pub(super) fn from_u64(number: u64) -> Whole {
        Whole::new(vec![number as u32, (number >> 32) as u32])
    }

    pub(super) fn times(&self, other: &Whole) -> Whole {
        let mut limbs = vec![0_u32; self.0.len() + other.0.len()];
        for (shift, &left) in self.0.iter().enumerate().filter(|(_, left)| **left != 0) {
            let mut carry = 0;
            for (position, &right) in other.0.iter().enumerate() {
                let sum = u64::from(left) * u64::from(right) + u64::from(limbs[shift + position]) + carry;
                limbs[shift + position] = sum as u32;
                carry = sum >> 32;
            }
            limbs[shift + other.0.len()] = carry as u32;
        }
        Whole::new(limbs)
    }

    /// `self - other`, which must not be larger.
    pub(super) fn minus(&self, other: &Whole) -> Whole {
        let mut borrow = 0;
        let limbs = self.0.iter().enumerate().map(|(position, &limb)| {
            let difference = i64::from(limb) - i64::from(other.0.get(position).copied().unwrap_or(0)) - borrow;
            borrow = i64::from(difference < 0);
            difference as u32
        });
        let difference = Whole::new(limbs.collect());
        assert!(borrow == 0 && other.0.len() <= self.0.len(), "the smaller is taken from the larger");
        difference
    }

    /// Returns its 64 highest bits `m` and the exponent `e` of `m * 2^e`; if bits are cut off, the lowest bit of `m` is
    /// set (sticky), so that rounding `m` to a float rounds the number itself.
    pub(super) fn top(&self) -> (u64, i32) {
        let limb = |back: usize| self.0.len().checked_sub(back).map_or(0, |position| u128::from(self.0[position]));
        if self.0.is_empty() {
            return (0, 0);
        }
        let window = (limb(1) << 64) | (limb(2) << 32) | limb(3);
        // Among the 96 bits of three limbs, the highest set bit is in the first limb.
        let drop = 32 - limb(1).leading_zeros().saturating_sub(96);
        let below = self.0[..self.0.len().saturating_sub(3)].iter().any(|&limb| limb != 0);
        let sticky = below || window & ((1 << drop) - 1) != 0;
        let exponent = 32 * (self.0.len() as i32 - 3) + drop as i32;
        ((window >> drop) as u64 | u64::from(sticky), exponent)
    }
}

/// Returns the float that is nearest to `magnitude * 2^exponent / divisor`; on ties the even one.
///
/// # Panics
/// If the divisor is 0.
pub(super) fn quotient(magnitude: &Whole, exponent: i32, divisor: u64) -> f64 {
    /// Limbs of zeros, so that the quotient has 64 bits or more, whatever the divisor.
    const ZEROS: usize = 4;
    let shifted = std::iter::repeat_n(&0, ZEROS).chain(&magnitude.0);
    let mut rest = 0;
    let mut limbs: Vec<u32> = shifted
        .rev()
        .map(|&limb| {
            let dividend = u128::from(rest) << 32 | u128::from(limb);
            rest = (dividend % u128::from(divisor)) as u64;
            (dividend / u128::from(divisor)) as u32
        })
        .collect();
    limbs.reverse();
    let (top, of_top) = Whole::new(limbs).top();
    nearest(top | u64::from(rest != 0), exponent + of_top - 32 * ZEROS as i32)
}

/// As [`quotient`], of a magnitude of one word.
pub(super) fn short_quotient(magnitude: u128, exponent: i32, divisor: u64) -> f64 {
    if magnitude == 0 {
        return 0.0;
    }
    let shift = magnitude.leading_zeros();
    let (dividend, divisor) = (magnitude << shift, u128::from(divisor));
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    let drop = 64_u32.saturating_sub(quotient.leading_zeros());
    let is_cut = rest != 0 || quotient & ((1 << drop) - 1) != 0;
    let top = (quotient >> drop) as u64;
    // A divisor of 64 bits leaves a bit less.
    let missing = top.leading_zeros();
    nearest(top << missing | u64::from(is_cut), exponent - shift as i32 + drop as i32 - missing as i32)
}

/// Returns the float that is nearest to `top * 2^exponent`. The highest bit of `top` is set, unless all is 0; its lowest
/// bit stands for all bits below it too.
fn nearest(top: u64, exponent: i32) -> f64 {
    /// The exponent of the unit of subnormal floats.
    const UNIT: i32 = -1074;
    /// The conversion to a float drops this many bits.
    const DROPPED: u32 = 11;
    let below = u32::try_from(UNIT - exponent).unwrap_or(0);
    if below <= DROPPED {
        return times_power_of_two(top as f64, exponent);
    }
    // A subnormal float has fewer bits, and is a count of units.
    if below > 64 {
        return 0.0;
    }
    let units = top.checked_shr(below).unwrap_or(0);
    let (rest, half) = (u128::from(top) - (u128::from(units) << below), 1 << (below - 1));
    let is_up = rest > half || rest == half && units % 2 == 1;
    f64::from_bits(units + u64::from(is_up))
}

/// Returns `number * 2^exponent`, also if 2^exponent itself is out of range.
pub(super) fn times_power_of_two(mut number: f64, mut exponent: i32) -> f64 {
    while exponent > 1000 {
        number *= 2_f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 {
        number *= 2_f64.powi(-1000);
        exponent += 1000;
    }
    number * 2_f64.powi(exponent)
}

/// A finite float as `±mantissa * 2^(bit - 1074)`: negative, mantissa, bit.
#[inline]
pub(super) fn parts(number: f64) -> (bool, u64, usize) {
    let bits = number.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7FF) as usize, bits & ((1 << 52) - 1));
    let (mantissa, bit) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
    (bits >> 63 == 1, mantissa, bit)
}
