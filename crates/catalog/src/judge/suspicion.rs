//! What makes a score too good to be true, as far as the rows show it: rows on both sides of a split, and features that
//! are the target in other words.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::profile::{Options, Profile, Reason};
use pipewright_frame::{Column, Role, Table, quoted};
use pipewright_operator::work::Round;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows that are looked at for features that tell the target.
const ROWS_EXAMINED: usize = 2_000;
/// Rows that are compared with each other; of larger tables, those with some of the values of one column.
const ROWS_COMPARED: usize = 50_000;
/// The share of test rows with an equal training row that is worth a warning.
const SHARE_MIN: f64 = 0.02;
/// How many times more equal rows there have to be than columns of these values would have by chance.
const BEYOND_CHANCE: f64 = 10.0;
const REPEATED_MIN: usize = 10;
/// From here on, a feature tells the target.
const TELLS: f64 = 0.98;
const ROWS_MIN: usize = 40;
const CLASSES_MAX: usize = 20;
/// With more rows of one class, equal neighbours say little.
const MAJORITY_MAX: f64 = 0.9;

/// Features that alone nearly tell the target, a warning for each.
pub(super) fn telling(rows: &Table) -> Vec<Failure> {
    if rows.rows() < ROWS_MIN {
        return Vec::new();
    }
    let step = rows.rows().div_ceil(ROWS_EXAMINED).max(1);
    let sample: Vec<u32> = (0..rows.rows() as u32).step_by(step).collect();
    let sample = rows.take(&sample);
    let Ok(profile) = Profile::of(&sample, &Options::default()) else { return Vec::new() };
    let warning = |column: &str, measure: &str, value: f64| {
        let message = format!("`{column}` alone nearly tells the target ({measure} {value:.4})");
        let help = format!("if it is not known before the outcome: drop {}", quoted(column));
        Failure::warning(code::TELLS_TARGET, message).help(help)
    };
    let leaks = profile.suspicions.iter().filter_map(|suspicion| match (&suspicion.column, &suspicion.reason) {
        (Some(column), Reason::Leak { measure, value }) => Some((column.to_string(), warning(column, measure, *value))),
        _ => None,
    });
    let mut warnings: BTreeMap<String, Failure> = leaks.collect();
    for (column, share) in sorted_apart(&sample) {
        warnings.entry(column.clone()).or_insert_with(|| warning(&column, "share of neighbours of one class", share));
    }
    warnings.into_values().collect()
}

/// Numeric features by which the classes lie in blocks, such as the number of a row in a sorted file: the share of rows
/// whose next one, in the order of the feature, is of the same class.
fn sorted_apart(rows: &Table) -> Vec<(String, f64)> {
    let Some(target) = rows.target().map(|target| target.name.clone()) else { return Vec::new() };
    let Ok(classes) = rows.classes(&target) else { return Vec::new() };
    let Ok(codes) = rows.codes(&target, &classes) else { return Vec::new() };
    if !(2..=CLASSES_MAX).contains(&classes.len()) {
        return Vec::new();
    }
    let numeric = rows.columns().iter().filter(|column| column.role == Role::Feature && column.kind.is_numeric());
    let apart = |column: &Column| {
        let values = rows.numbers_or_nan(std::slice::from_ref(&column.name)).ok()?;
        let mut order: Vec<usize> = (0..values.len()).filter(|&row| values[row].is_finite()).collect();
        order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
        let steps: Vec<bool> = order
            .windows(2)
            .filter(|pair| values[pair[0]] != values[pair[1]])
            .map(|pair| codes[pair[0]] == codes[pair[1]])
            .collect();
        let share = steps.iter().filter(|same| **same).count() as f64 / steps.len().max(1) as f64;
        (steps.len() * 2 >= rows.rows() && share > TELLS).then(|| (column.name.to_string(), share))
    };
    let mut counts = vec![0_usize; classes.len()];
    codes.iter().flatten().for_each(|&code| counts[code as usize] += 1);
    let most = counts.into_iter().max().unwrap_or(0) as f64;
    if most > MAJORITY_MAX * rows.rows() as f64 { Vec::new() } else { numeric.filter_map(apart).collect() }
}

/// Rows that are equal in all features and the target, and lie on both sides of a split more often than by chance.
pub(super) fn repeated(rows: &Table, rounds: &[Round]) -> Option<Failure> {
    let compares = rows.columns().iter().filter(|column| matches!(column.role, Role::Feature | Role::Target));
    let names: Vec<Arc<str>> = compares.map(|column| column.name.clone()).collect();
    let hashes: Vec<Vec<u64>> = names.iter().filter_map(|name| rows.value_hashes(name).ok()).collect();
    let whole = rows.row_hashes(&names).ok()?;
    let compared = compared(rows, &hashes);
    let mut equal: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for &row in &compared {
        equal.entry(whole[row as usize]).or_default().push(row);
    }
    equal.retain(|_, rows| rows.len() > 1);
    let (mut tested, mut known) = (0_usize, 0_usize);
    for round in rounds {
        let is_test = |row: &u32| round.test.binary_search(row).is_ok();
        tested += compared.iter().filter(|row| is_test(row)).count();
        known += equal
            .values()
            .map(|rows| {
                let tests = rows.iter().filter(|row| is_test(row)).count();
                let trains = rows.iter().any(|row| round.train.binary_search(row).is_ok());
                if trains { tests } else { 0 }
            })
            .sum::<usize>();
    }
    let share = known as f64 / tested.max(1) as f64;
    if known < REPEATED_MIN || share < SHARE_MIN {
        return None;
    }
    let pairs: f64 = equal.values().map(|rows| rows.len() as f64 * (rows.len() as f64 - 1.0) / 2.0).sum();
    let chance: f64 = hashes.iter().map(|column| collision(column, &compared)).product();
    let expected = compared.len() as f64 * (compared.len() as f64 - 1.0) / 2.0 * chance;
    (pairs > BEYOND_CHANCE * expected).then(|| {
        let message = format!("{:.0} % of the test rows have an equal row among the training rows", share * 100.0);
        Failure::warning(code::REPEATED_ROWS, message)
            .help("remove the copies: | dedup; or keep them together: role group=NAME")
    })
}

/// The rows that are compared: all, or of a large table those with some of the values of its most varied column, so that
/// equal rows stay together.
fn compared(rows: &Table, hashes: &[Vec<u64>]) -> Vec<u32> {
    let all = 0..rows.rows() as u32;
    let parts = rows.rows().div_ceil(ROWS_COMPARED) as u64;
    if parts <= 1 {
        return all.collect();
    }
    let few: Vec<u32> = (0..rows.rows().min(1_000) as u32).collect();
    let varied = hashes.iter().min_by(|one, other| collision(one, &few).total_cmp(&collision(other, &few)));
    let Some(varied) = varied else { return Vec::new() };
    all.filter(|&row| varied[row as usize].is_multiple_of(parts)).collect()
}

/// The probability that two rows have the same value.
fn collision(column: &[u64], rows: &[u32]) -> f64 {
    let mut values: Vec<u64> = rows.iter().map(|&row| column[row as usize]).collect();
    values.sort_unstable();
    let squares = values.chunk_by(|one, other| one == other).map(|equal| (equal.len() as f64).powi(2)).sum::<f64>();
    squares / (rows.len() as f64).powi(2).max(1.0)
}
