//! Power transforms that make numeric columns more normal, by maximum likelihood.

mod likelihood;

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen, for_each_row};
use crate::number_map::{NumberMap, NumberMaps, continuous_entry, out_of_range};
use arrow_array::ArrayRef;
use likelihood::best_exponent;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::text::quoted;
use pipewright_table::{Column, ColumnType, Entry, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Power transform: raises numeric columns to powers so that they are as normal as possible, and standardises the
/// result.
///
/// The exponent λ of a column maximises the likelihood; a constant column keeps λ = 1. Missing values stay missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Power {
    /// Family of powers.
    pub family: PowerFamily,
    /// Standardise the result to mean 0 and standard deviation 1 (of the training rows, with divisor n)?
    pub standardise: bool,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// A family of powers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PowerFamily {
    /// ((1 + x)^λ − 1) / λ, and −((1 − x)^(2−λ) − 1) / (2 − λ) below 0 (Yeo and Johnson, 2000).
    YeoJohnson,
    /// (x^λ − 1) / λ, for numbers above 0 (Box and Cox, 1964).
    BoxCox,
}

impl Power {
    /// Yeo-Johnson transform, for all numbers.
    #[must_use]
    pub fn yeo_johnson() -> Power {
        Power { family: PowerFamily::YeoJohnson, standardise: true, on: None }
    }

    /// Box-Cox transform, for numbers above 0.
    #[must_use]
    pub fn box_cox() -> Power {
        Power { family: PowerFamily::BoxCox, ..Power::yeo_johnson() }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Power {
        Power { on: Some(columns), ..self }
    }
}

impl PowerFamily {
    /// Returns the logarithm that both the power and its likelihood use.
    fn log(self, number: f64) -> f64 {
        match self {
            PowerFamily::BoxCox if number > 0.0 => number.ln(),
            PowerFamily::BoxCox => f64::NAN,
            PowerFamily::YeoJohnson => number.abs().ln_1p().copysign(number),
        }
    }

    /// Returns the power of a number, given its logarithm.
    #[inline]
    fn raised(self, log: f64, exponent: f64) -> f64 {
        let (log, exponent, sign) = self.branch(log, exponent);
        let product = log * exponent;
        // For exponents near 0 the power tends to the logarithm.
        sign * if product == 0.0 { log } else { product.exp_m1() / exponent }
    }

    /// Logarithm, exponent and sign of the formula's branch: below 0, Yeo and Johnson mirror the curve.
    #[inline]
    fn branch(self, log: f64, exponent: f64) -> (f64, f64, f64) {
        if self == PowerFamily::YeoJohnson && log < 0.0 { (-log, 2.0 - exponent, -1.0) } else { (log, exponent, 1.0) }
    }
}

impl ByColumn for Power {
    type Learned = Raised;
    type State = PowerState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`power`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        continuous_entry(column)
    }

    fn seen(&self, _: &Column) -> Seen {
        Seen::quantiles()
    }

    fn check(&self, column: &Column, array: &ArrayRef) -> Result<(), Failure> {
        if self.family == PowerFamily::YeoJohnson {
            return Ok(());
        }
        let mut bad = None;
        for_each_row(array, |row, number| {
            if number <= 0.0 && bad.is_none() {
                bad = Some((row, number));
            }
        });
        match bad {
            None => Ok(()),
            Some((row, number)) => Err(not_positive(&column.name, number).column(&*column.name).row(row as u64 + 1)),
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Raised, Failure> {
        let Seen::Quantiles(quantiles) = seen else { unreachable!("all numbers were seen") };
        let counted = quantiles.counted();
        if counted.is_empty() {
            return Err(all_missing(&column.name, "power"));
        }
        let logs: Vec<(f64, f64)> =
            counted.into_iter().map(|(number, count)| (self.family.log(number), count as f64)).collect();
        let best = best_exponent(self.family, &logs);
        let (center, spread) = if self.standardise { (best.mean, best.deviation) } else { (0.0, 1.0) };
        if !(center.is_finite() && spread.is_finite()) {
            return Err(out_of_range(&column.name));
        }
        let (name, kind) = (column.name, column.kind);
        Ok(Raised { name, kind, family: self.family, exponent: best.exponent, center, spread })
    }

    fn state(&self, columns: Vec<Raised>) -> PowerState {
        PowerState { columns }
    }
}

/// The transform of each column.
pub type PowerState = NumberMaps<Raised>;

/// The transform of one column, and its standardisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    name: Arc<str>,
    kind: ColumnType,
    family: PowerFamily,
    exponent: f64,
    center: f64,
    /// Divisor of the transformed number less `center`; 0 for a column that was constant.
    spread: f64,
}

impl NumberMap for Raised {
    const TAG: &str = "power_transformer";
    const PARAMETERS: &'static [&'static str] = &["exponent", "center", "spread"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        let raised = self.family.raised(self.family.log(number), self.exponent);
        let scaled = if self.spread == 0.0 { 0.0 } else { (raised - self.center) / self.spread };
        // Values out of the domain must not become 0.
        if raised.is_finite() { scaled } else { raised }
    }

    fn refuse(&self, number: f64) -> Failure {
        match self.family {
            PowerFamily::BoxCox if number <= 0.0 => not_positive(&self.name, number),
            _ => out_of_range(&self.name),
        }
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        vec![Some(self.exponent), Some(self.center), Some(self.spread)]
    }

    fn is_valid(&self) -> bool {
        let finite = [self.exponent, self.center, self.spread].iter().all(|number| number.is_finite());
        finite && self.spread >= 0.0
    }
}

fn not_positive(name: &str, number: f64) -> Failure {
    Failure::new(code::VALUE_OUT_OF_RANGE, format!("`{name}` is {number}; `power boxcox` takes numbers above 0"))
        .help(format!("for all numbers: `power yeojohnson on {}`", quoted(name)))
}
