//! Double-double numbers: unevaluated sums of two `f64` with about 32 digits, for residuals and sums that must not lose
//! any.
//!
//! Sources: T. J. Dekker, "A floating-point technique for extending the available precision" (1971); D. E. Knuth,
//! TAOCP 2, 4.2.2. The product splits its factors instead of using a fused multiply-add, so that every machine computes
//! the same bits at the same speed; factors above 2^996 would overflow, and callers scale theirs.

/// The number `high + low`, where `low` is at most half a unit in the last place of `high`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Twofold {
    high: f64,
    low: f64,
}

impl Twofold {
    /// The sum of `values`, rounded once or nearly so.
    pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
        values.into_iter().fold(Twofold::default(), Twofold::plus).value()
    }

    /// The exact product of two numbers.
    pub(crate) fn product(a: f64, b: f64) -> Twofold {
        let product = a * b;
        let (a_high, a_low) = split(a);
        let (b_high, b_low) = split(b);
        let low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low;
        Twofold { high: product, low }
    }

    /// The nearest `f64`.
    pub(crate) fn value(self) -> f64 {
        self.high + self.low
    }

    /// `self + number`.
    pub(crate) fn plus(self, number: f64) -> Twofold {
        let (high, low) = two_sum(self.high, number);
        renormalised(high, low + self.low)
    }

    /// `self + other`.
    pub(crate) fn add(self, other: Twofold) -> Twofold {
        let (high, low) = two_sum(self.high, other.high);
        let (low, lowest) = two_sum(self.low + other.low, low);
        let sum = renormalised(high, low);
        renormalised(sum.high, sum.low + lowest)
    }

    /// `self - other`.
    pub(crate) fn minus(self, other: Twofold) -> Twofold {
        self.add(Twofold { high: -other.high, low: -other.low })
    }

    /// `self · number`.
    pub(crate) fn times(self, number: f64) -> Twofold {
        let product = Twofold::product(self.high, number);
        renormalised(product.high, product.low + self.low * number)
    }
}

impl From<f64> for Twofold {
    fn from(high: f64) -> Twofold {
        Twofold { high, low: 0.0 }
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

fn renormalised(high: f64, low: f64) -> Twofold {
    let sum = high + low;
    Twofold { high: sum, low: low - (sum - high) }
}

/// Two halves of 26 bits each (Veltkamp).
fn split(number: f64) -> (f64, f64) {
    let scaled = number * 134_217_729.0;
    let high = scaled - (scaled - number);
    (high, number - high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_keep_what_cancels() {
        assert_eq!(Twofold::sum([1e16, 1.0, -1e16]), 1.0);
        assert_eq!(Twofold::sum([1.0, 1e-20, -1.0]), 1e-20);
        assert_eq!(Twofold::sum(std::iter::repeat_n(0.1, 10)), 1.0);
    }

    proptest! {
        #[test]
        fn products_are_exact(a in -1_i64 << 53..1_i64 << 53, b in -1_i64 << 53..1_i64 << 53) {
            let product = Twofold::product(a as f64, b as f64);
            prop_assert_eq!(product.high as i128 + product.low as i128, i128::from(a) * i128::from(b));
        }

        #[test]
        fn sums_of_products_are_exact(parts in proptest::collection::vec((-1_i64 << 40..1_i64 << 40, -1_i64 << 40..1_i64 << 40), 1..9)) {
            let sum = parts.iter().fold(Twofold::default(), |sum, &(a, b)| sum.add(Twofold::from(a as f64).times(b as f64)));
            let exact: i128 = parts.iter().map(|&(a, b)| i128::from(a) * i128::from(b)).sum();
            prop_assert_eq!(sum.high as i128 + sum.low as i128, exact);
            prop_assert_eq!(sum.minus(sum).value(), 0.0);
        }
    }
}
