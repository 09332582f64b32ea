//! Exact arithmetic of 64-bit integers, also beside floats.

use std::cmp::Ordering;

/// 2^63, the first float beyond 64-bit integers.
const BEYOND: f64 = -(i64::MIN as f64);

/// Returns the 64-bit integer that equals the float, if there is one.
///
/// ```
/// use pipewright_table::whole;
/// assert_eq!(whole::of(3.0), Some(3));
/// assert_eq!(whole::of(9.3e18), None);
/// ```
#[must_use]
pub fn of(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && (-BEYOND..BEYOND).contains(&number)).then_some(number as i64)
}

/// Returns the nearest 64-bit integer; halves are rounded away from 0.
///
/// ```
/// use pipewright_table::whole;
/// assert_eq!((whole::nearest(28.7), whole::nearest(-0.5), whole::nearest(1e300)), (29, -1, i64::MAX));
/// ```
#[must_use]
pub fn nearest(number: f64) -> i64 {
    number.round() as i64
}

/// Compares an integer with a float without rounding either; `None` for NaN.
///
/// ```
/// use pipewright_table::whole;
/// // As floats, the two would be equal.
/// assert_eq!(whole::compare((1 << 53) + 1, 2_f64.powi(53)), Some(std::cmp::Ordering::Greater));
/// ```
#[must_use]
pub fn compare(whole: i64, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    if number >= BEYOND {
        return Some(Ordering::Less);
    }
    if number < -BEYOND {
        return Some(Ordering::Greater);
    }
    // Within 64 bits, the integral part of a float is an exact integer.
    Some(whole.cmp(&(number.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(number.fract() + 0.0))))
}

/// Returns the quotient, rounded once; `None` if divided by 0.
///
/// ```
/// use pipewright_table::whole;
/// assert_eq!(whole::quotient(1, 3), Some(1.0 / 3.0));
/// ```
#[must_use]
pub fn quotient(left: i128, right: i64) -> Option<f64> {
    const EXACT: u128 = 1 << 53;
    let (dividend, divisor) = (left.unsigned_abs(), u128::from(right.unsigned_abs()));
    if divisor == 0 {
        return None;
    }
    if dividend == 0 || (dividend <= EXACT && divisor <= EXACT) {
        return Some(left as f64 / right as f64);
    }
    // 63 bits or more of the quotient; the last one also stands for all that follow, so that ties are noticed.
    let shift = dividend.leading_zeros();
    let shifted = dividend << shift;
    let sticky = u128::from(shifted % divisor != 0);
    let magnitude = ((shifted / divisor) | sticky) as f64 * 2_f64.powi(-(shift as i32));
    Some(if (left < 0) != (right < 0) { -magnitude } else { magnitude })
}

/// Returns the quotient rounded to the nearest integer, half to even; `None` if divided by 0, or beyond 64 bits.
///
/// ```
/// use pipewright_table::whole;
/// assert_eq!((whole::nearest_quotient(5, 2), whole::nearest_quotient(-7, 2)), (Some(2), Some(-4)));
/// ```
#[must_use]
pub fn nearest_quotient(left: i128, right: i64) -> Option<i64> {
    let right = i128::from(right);
    let (below, rest) = (left.checked_div_euclid(right)?, left.rem_euclid(right));
    // Compared as a difference, since twice the rest may exceed 128 bits.
    let up = match rest.cmp(&(right.abs() - rest)) {
        Ordering::Equal => below.rem_euclid(2) == 1,
        order => order == Ordering::Greater,
    };
    i64::try_from(if right > 0 { below + i128::from(up) } else { below - i128::from(up) }).ok()
}

/// Returns the quotient rounded down; `None` if divided by 0, or beyond 64 bits.
#[must_use]
pub fn floor_quotient(left: i64, right: i64) -> Option<i64> {
    let quotient = left.checked_div(right)?;
    let inexact = left.wrapping_rem(right) != 0;
    Some(if inexact && (left < 0) != (right < 0) { quotient - 1 } else { quotient })
}

/// Returns the remainder of [`floor_quotient`], with the sign of the divisor; `None` if divided by 0.
#[must_use]
pub fn remainder(left: i64, right: i64) -> Option<i64> {
    if right == 0 {
        return None;
    }
    let remainder = left.wrapping_rem(right);
    Some(if remainder != 0 && (remainder < 0) != (right < 0) { remainder + right } else { remainder })
}

/// Returns the remainder of a division of floats rounded down, with the sign of the divisor; NaN if divided by 0.
#[must_use]
pub fn float_remainder(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) { remainder + right } else { remainder }
}

/// Returns the quotient of floats rounded down, consistent with [`float_remainder`]; not finite if divided by 0.
///
/// ```
/// use pipewright_table::whole;
/// // 1 / 0.1 is 10 in floats, but 0.1 is slightly more than a tenth.
/// assert_eq!(whole::float_floor_quotient(1.0, 0.1), 9.0);
/// ```
#[must_use]
pub fn float_floor_quotient(left: f64, right: f64) -> f64 {
    if right == 0.0 {
        return left / right;
    }
    ((left - float_remainder(left, right)) / right).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Integers near the limits where floats stop being exact.
    fn edgy() -> impl Strategy<Value = i64> {
        let near = |centre: i64| (-4..=4_i64).prop_map(move |by| centre.saturating_add(by));
        prop_oneof![near(0), near(1 << 53), near(-(1 << 53)), near(i64::MAX), near(i64::MIN), any::<i64>()]
    }

    proptest! {
        #[test]
        fn integers_and_floats_are_compared_as_rational_numbers(whole in edgy(), other in edgy(), part in -0.5..0.5) {
            let rounded = other as f64;
            // A rounded integer is an integer of at most 65 bits.
            prop_assert_eq!(compare(whole, rounded), Some(i128::from(whole).cmp(&(rounded as i128))));
            prop_assert_eq!(of(rounded).map(i128::from), i64::try_from(rounded as i128).ok().map(i128::from));
            let small = whole % 1000;
            prop_assert_eq!(compare(small, small as f64 + part), 0.0.partial_cmp(&part));
            prop_assert_eq!(compare(whole, f64::NAN), None);
            prop_assert_eq!(compare(whole, f64::INFINITY), Some(Ordering::Less));
        }

        #[test]
        fn quotients_are_the_nearest_floats(left in edgy(), right in edgy()) {
            let Some(found) = quotient(i128::from(left), right) else {
                prop_assert_eq!(right, 0);
                return Ok(());
            };
            prop_assert!(found == 0.0 || (found < 0.0) == ((left < 0) != (right < 0)));
            let (left, right) = (u128::from(left.unsigned_abs()), u128::from(right.unsigned_abs()));
            // Half a unit in the last place, of which the neighbours are multiples too.
            let unit = (found.abs().to_bits() >> 52) as i32 - 1076;
            // |left / right - float|, in such units times 1 / right.
            let distance = |float: f64| {
                let multiple = (float.abs() * 2_f64.powi(-unit)) as u128 * right;
                if unit < 0 { multiple.abs_diff(left << -unit) } else { (multiple << unit).abs_diff(left) }
            };
            if left > 0 {
                for neighbour in [found.next_up(), found.next_down()] {
                    prop_assert!(distance(found) <= distance(neighbour), "{left} / {right} = {found}, not {neighbour}");
                }
            }
        }

        #[test]
        fn floor_quotients_and_remainders_agree(left in edgy(), right in edgy()) {
            let (Some(quotient), Some(rest)) = (floor_quotient(left, right), remainder(left, right)) else {
                prop_assert!(right == 0 || (left, right) == (i64::MIN, -1));
                return Ok(());
            };
            let (wide_left, wide_right) = (i128::from(left), i128::from(right));
            prop_assert_eq!(i128::from(quotient) * wide_right + i128::from(rest), wide_left);
            prop_assert!(rest == 0 || (rest < 0) == (right < 0));
            prop_assert!(i128::from(rest).abs() < wide_right.abs());
        }

        #[test]
        fn floats_and_integers_divide_alike(left in -1000..1000_i64, right in -50..50_i64) {
            prop_assume!(right != 0);
            prop_assert_eq!(Some(float_remainder(left as f64, right as f64)), remainder(left, right).map(|x| x as f64));
            let quotient = floor_quotient(left, right).map(|x| x as f64);
            prop_assert_eq!(Some(float_floor_quotient(left as f64, right as f64)), quotient);
        }
    }
}
