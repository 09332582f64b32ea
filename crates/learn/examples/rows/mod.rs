//! The matrix and the target of the benchmarks, which `xtask/peers/transforms.py` generates alike.

use pipewright_learn::Features;

/// The share of values that is missing, where some are.
const MISSING: f64 = 0.1;

/// Columns that have a part in common with the one before, and a part of their own.
pub(crate) fn matrix(rows: u64, columns: u64, blanks: bool) -> Features {
    let value = |column: u64, row: u64| {
        let at = |column: u64| uniform((column * rows + row) * 2);
        let missing = blanks && uniform((column * rows + row) * 2 + 1) < MISSING;
        if missing { f64::NAN } else { at(column) + 0.5 * at((column + columns - 1) % columns) }
    };
    let values = (0..columns).flat_map(|column| (0..rows).map(move |row| (column, row)));
    let names: Vec<String> = (0..columns).map(|column| format!("x{column}")).collect();
    Features::new(rows as usize, names.into(), values.map(|(column, row)| value(column, row)).collect())
}

/// Most of it is noise.
pub(crate) fn target(rows: u64, columns: u64) -> Vec<f64> {
    let part = |column: u64, row: u64| uniform((column * rows + row) * 2);
    (0..rows).map(|row| part(0, row) + 0.7 * part(1, row) - 0.5 * part(2, row) + 2.0 * part(columns, row)).collect()
}

/// A number in 0 to 1 that looks random (Steele, Lea and Flood 2014: SplitMix64).
fn uniform(place: u64) -> f64 {
    let state = (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
