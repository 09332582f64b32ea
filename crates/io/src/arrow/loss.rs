//! What a conversion loses, which a note says.

use super::Source;
use crate::ReadOptions;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal64Type, Decimal128Type, Decimal256Type, DecimalType};
use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};

/// What a conversion lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Parts of times below a microsecond.
    Fine,
    /// Digits of decimals that have more than a 64-bit float.
    Digits,
}

impl Source {
    /// Creates the note about a loss.
    pub(crate) fn loss_note(&self, loss: Loss, options: &ReadOptions) -> Failure {
        let name = &self.column.name;
        let message = match loss {
            Loss::Fine => format!("`{name}` holds times finer than a microsecond: they are truncated"),
            Loss::Digits => format!("`{name}` holds decimals of more digits than a 64-bit number: they are rounded"),
        };
        let note = Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(&**name);
        match loss {
            Loss::Fine => note,
            Loss::Digits => note.help(format!("to keep all digits: load … schema=\"{name}: text\"")),
        }
    }
}

/// Every decimal with this many digits comes back from a 64-bit float.
const DIGITS_KEPT: u32 = f64::DIGITS;

/// Have decimals lost digits as these floats?
pub(super) fn of_decimals(decimals: &ArrayRef, floats: &Float64Array, nulls: Option<&NullBuffer>) -> bool {
    let valid = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row));
    let long = |digits: String| digits.trim_start_matches('-').len() > DIGITS_KEPT as usize;
    // The text is only compared where there are many digits.
    let changed = |row: usize, text: String| plain(&text) != plain(&floats.value(row).to_string());
    fn value<T: DecimalType>(array: &ArrayRef, row: usize) -> String {
        array.as_primitive::<T>().value_as_string(row)
    }
    const SHORT: u64 = 10_u64.pow(DIGITS_KEPT);
    let mut rows = (0..decimals.len()).filter(|row| valid(*row));
    match decimals.data_type() {
        DataType::Decimal64(..) => {
            let numbers = decimals.as_primitive::<Decimal64Type>().values();
            rows.any(|row| numbers[row].unsigned_abs() >= SHORT && changed(row, value::<Decimal64Type>(decimals, row)))
        }
        DataType::Decimal128(..) => {
            let numbers = decimals.as_primitive::<Decimal128Type>().values();
            let is_long = |number: i128| number.unsigned_abs() >= SHORT.into();
            rows.any(|row| is_long(numbers[row]) && changed(row, value::<Decimal128Type>(decimals, row)))
        }
        DataType::Decimal256(..) => {
            let numbers = decimals.as_primitive::<Decimal256Type>().values();
            rows.any(|row| long(numbers[row].to_string()) && changed(row, value::<Decimal256Type>(decimals, row)))
        }
        _ => false,
    }
}

/// Without zeros that say nothing.
fn plain(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}
