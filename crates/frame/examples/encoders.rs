//! Benchmark of encoders: fit and apply on a million rows of three categorical columns, or of texts.
//!
//! `cargo run --release -p pipewright-frame --example encoders -- [NAME...]` times these steps, in script
//! notation; by default all of [`STEPS`]. It prints a line of JSON for each: the median of five runs in seconds, and the
//! sum of the output, for comparison with `xtask/peers/encoders.py`, which generates the same table.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use arrow_array::{ArrayRef, BooleanArray, StringArray};
use pipewright_diagnostic::Failure;
use pipewright_frame::{
    Column, ColumnType, Encoder, Estimator, FitContext, Role, State, Table, TableEstimator, TargetEncoder, TargetSpec,
    TextVectorizer, VectorizerMethod, fit,
};
use pipewright_world::random::Key;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

const ROWS: u64 = 1_000_000;
/// How many different names each column has.
const LEVELS: [u64; 3] = [10, 100, 1000];
/// Texts take a column for each word, so that there are fewer of them.
const TEXTS: u64 = 100_000;
const WORDS_A_TEXT: u64 = 8;
const TIMES: usize = 5;

/// Learns from a table and changes it.
type Step = fn(&Table) -> Result<Table, Failure>;

const STEPS: &[(&str, Step)] = &[
    ("encode onehot", |table| changed(&Encoder::onehot(), table)),
    ("encode ordinal", |table| changed(&Encoder::ordinal(), table)),
    ("encode count", |table| changed(&Encoder::count(), table)),
    ("encode hash[256]", |table| changed(&Encoder::hash(256), table)),
    ("encode target", crossed),
    ("text tfidf[200]", |table| changed(&TextVectorizer::new(VectorizerMethod::Tfidf, 200), table)),
    ("text bow[200]", |table| changed(&TextVectorizer::new(VectorizerMethod::Count, 200), table)),
    ("text hash[256]", |table| changed(&TextVectorizer::new(VectorizerMethod::Hash, 256), table)),
];

fn changed<E: Estimator>(estimator: &E, table: &Table) -> Result<Table, Failure> {
    fit(estimator, table)?.apply(table)
}

/// Training rows get what other parts of them teach.
fn crossed(table: &Table) -> Result<Table, Failure> {
    let classes: [String; 2] = ["false".into(), "true".into()];
    let about = FitContext {
        target_spec: Some(TargetSpec { target: "y".into(), classes: Some(classes.into()) }),
        key: Key::new(0),
    };
    let encoder = TargetEncoder::mean();
    let state = encoder.fit(table, &about)?;
    encoder.apply_training(&state, table, &about)
}

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(name) = names.iter().find(|name| STEPS.iter().all(|(known, _)| known != name)) {
        return Err(format!("no step `{name}`").into());
    }
    let tables = (names_and_target(), texts());
    for (name, step) in STEPS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|other| other == name)) {
        let table = if name.starts_with("text") { &tables.1 } else { &tables.0 };
        let mut times = Vec::new();
        let mut sum = 0.0;
        for time in 0..TIMES {
            let start = Instant::now();
            let made = step(table)?;
            times.push(start.elapsed().as_secs_f64());
            if time == 0 {
                sum = sum_of(&made)?;
            }
        }
        times.sort_by(f64::total_cmp);
        println!(r#"{{"name":"{name}","seconds":{:.4},"result":"{sum:.3}"}}"#, times[TIMES / 2]);
    }
    Ok(())
}

/// Three columns of names, some more frequent than others, and a target that has nothing to do with them.
fn names_and_target() -> Table {
    let name = |column: u64, row: u64| {
        let skewed = uniform(column * ROWS + row).powi(2);
        format!("name {}", (skewed * LEVELS[column as usize] as f64).floor())
    };
    let mut columns: Vec<Column> = (0..3).map(|column| Column::new(format!("c{column}"), ColumnType::Text)).collect();
    let of_column = |column| (0..ROWS).map(|row| Some(name(column, row))).collect::<StringArray>();
    let mut arrays: Vec<ArrayRef> = (0..3).map(|column| Arc::new(of_column(column)) as ArrayRef).collect();
    columns.push(Column { role: Role::Target, ..Column::new("y", ColumnType::Bool) });
    arrays.push(Arc::new((0..ROWS).map(|row| Some(uniform(3 * ROWS + row) < 0.3)).collect::<BooleanArray>()));
    Table::new(columns, arrays).expect("columns of one length")
}

/// One column of texts of a few words each.
fn texts() -> Table {
    let word = |place: u64| format!("word{}", (uniform(place).powi(2) * 5000.0).floor());
    let text = |row: u64| {
        let words: Vec<String> = (0..WORDS_A_TEXT).map(|place| word(row * WORDS_A_TEXT + place)).collect();
        words.join(" ")
    };
    let texts = (0..TEXTS).map(|row| Some(text(row))).collect::<StringArray>();
    Table::new(vec![Column::new("text", ColumnType::Text)], vec![Arc::new(texts)]).expect("one column")
}

/// A number in 0 to 1 that looks random (Steele, Lea and Flood 2014: SplitMix64).
fn uniform(place: u64) -> f64 {
    let state = (place + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The sum of all numbers of the features, column by column.
fn sum_of(table: &Table) -> Result<f64, Failure> {
    let sum = |name: &Arc<str>| Ok(table.numbers(std::slice::from_ref(name))?.iter().sum::<f64>());
    table.features().iter().map(sum).sum()
}
