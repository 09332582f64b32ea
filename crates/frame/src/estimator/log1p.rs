//! The logarithm of one plus a number.

use super::by_column::{ByColumn, Seen};
use super::columns::chosen;
use super::number_map::{NumberMap, NumberMaps, continuous_entry};
use crate::table::quoted;
use crate::{Column, Entry, Kind, Schema, Selection};
use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Makes ln(1 + x) of numeric columns, exact also near 0; learns nothing. Missing values stay missing.
///
/// ```
/// use pipewright_frame::{Log1p, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a\n0\n1.718281828459045\n", &ReadOptions::new("t.csv")).unwrap();
/// let logs = fit(&Log1p::default(), &table).unwrap().apply(&table).unwrap();
/// assert_eq!(logs.numbers(&["a".into()]).unwrap(), [0.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log1p {
    /// The columns; without it all numeric features.
    pub on: Option<Selection>,
}

impl ByColumn for Log1p {
    type Learned = Logarithm;
    type State = Log1pState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`log1p`", Kind::is_numeric)
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

/// The columns of which logarithms are taken.
pub type Log1pState = NumberMaps<Logarithm>;

/// A column of which the logarithm is taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logarithm {
    name: Arc<str>,
    kind: Kind,
}

impl NumberMap for Logarithm {
    const PARAMETERS: &'static [&'static str] = &[];

    fn fitted_on(&self) -> (&Arc<str>, Kind) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        number.ln_1p()
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
