//! The transformation ln(1 + x).

use crate::by_column::{ByColumn, Seen};
use crate::columns::chosen;
use crate::number_map::{NumberMap, NumberMaps, continuous_entry};
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::text::quoted;
use pipewright_table::{Column, ColumnType, Entry, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Transforms numeric columns to ln(1 + x), exact also near 0; learns nothing. Missing values stay missing.
///
/// ```
/// use pipewright_frame::{Log1p, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a\n0\n1.718281828459045\n", &ReadOptions::new("t.csv")).unwrap();
/// let logs = fit(&Log1p::default(), &table).unwrap().apply(&table).unwrap();
/// assert_eq!(logs.numbers(&["a".into()]).unwrap(), [0.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log1p {
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

impl ByColumn for Log1p {
    type Learned = Logarithm;
    type State = Log1pState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`log1p`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        continuous_entry(column)
    }

    fn seen(&self, _: &Column) -> Seen {
        Seen::Nothing
    }

    fn looks(&self) -> bool {
        false
    }

    fn learn(&self, column: Column, _: Seen) -> Result<Logarithm, Failure> {
        Ok(Logarithm { name: column.name, kind: column.kind })
    }

    fn state(&self, columns: Vec<Logarithm>) -> Log1pState {
        Log1pState { columns }
    }
}

/// The transformed columns.
pub type Log1pState = NumberMaps<Logarithm>;

/// A transformed column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logarithm {
    name: Arc<str>,
    kind: ColumnType,
}

impl NumberMap for Logarithm {
    const TAG: &str = "log1p";
    const PARAMETERS: &'static [&'static str] = &[];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    #[inline]
    fn at(&self, number: f64) -> f64 {
        ln_1p(number)
    }

    fn refuse(&self, number: f64) -> Failure {
        let name = &self.name;
        Failure::new(code::VALUE_OUT_OF_RANGE, format!("`{name}` is {number}; `log1p` takes numbers above -1"))
            .help(format!("for numbers of either sign: `power yeojohnson on {}`", quoted(name)))
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        Vec::new()
    }

    fn is_valid(&self) -> bool {
        true
    }
}

/// ln(1 + x) without branches, so that it vectorises; NaN where it is not finite.
///
/// 1 + x is rounded to u; ln u is that of `e_log.c` of fdlibm (Sun Microsystems 1993), u = 2ᵏ·(1 + f) with
/// √½ ≤ 1 + f < √2, and what the rounding lost is added as (x - (u - 1)) / u. The error is below 2 units of the last place.
#[inline]
fn ln_1p(x: f64) -> f64 {
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const ODD: [f64; 4] =
        [6.666_666_666_666_735e-1, 2.857_142_874_366_239e-1, 1.818_357_216_161_805e-1, 1.479_819_860_511_658_6e-1];
    const EVEN: [f64; 3] = [3.999_999_999_940_942e-1, 2.222_219_843_214_978_4e-1, 1.531_383_769_920_937_3e-1];
    /// The upper half of √½.
    const ROOT_HALF: u32 = 0x3FE6_A09E;
    /// The upper half of 1.
    const ONE: u32 = 0x3FF0_0000;

    let u = 1.0 + x;
    let lost = x - (u - 1.0);
    let upper = ((u.to_bits() >> 32) as u32).wrapping_add(ONE - ROOT_HALF);
    let exponent = f64::from((upper >> 20) as i32 - 0x3FF);
    let fraction = u64::from((upper & 0x000F_FFFF) + ROOT_HALF) << 32 | u.to_bits() & 0xFFFF_FFFF;
    let f = f64::from_bits(fraction) - 1.0;
    let s = f / (2.0 + f);
    let (z, w) = (s * s, s * s * (s * s));
    let odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])));
    let even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]));
    let half_square = 0.5 * f * f;
    let tail = s * (half_square + odd + even) + (lost / u + exponent * LN_2_LOW);
    let logarithm = tail - half_square + f + exponent * LN_2_HIGH;
    if u > 0.0 && u < f64::INFINITY { logarithm } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::ln_1p;

    #[test]
    fn it_is_that_of_the_standard_library() {
        let exact = |x: f64| x.ln_1p();
        let steps = (0..200_000).map(|step| f64::from(step) / 100_000.0);
        let numbers =
            steps.flat_map(|step| [step - 1.0 + 1e-12, step, step * 1e-9, -step * 1e-5, step * 1e3, step * 1e300]);
        for x in numbers.chain([0.0, f64::MAX, f64::MIN_POSITIVE, -1.0 + f64::EPSILON, 1e-300]) {
            let (found, expected) = (ln_1p(x), exact(x));
            assert!((found - expected).abs() <= 4.5e-16 * expected.abs(), "{x:e}: {found:e} {expected:e}");
        }
        for x in [-1.0, -2.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(ln_1p(x).is_nan(), "{x}");
        }
    }
}
