//! What makes a score too good to be true, as far as the rows show it: rows on both sides of a split, and features that
//! are the target in other words.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::profile::{Options, Profile, Reason};
use pipewright_frame::{Column, ColumnType, Role, Table, quoted};
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
    if has_ids(rows) {
        return None;
    }
    let compares = rows.columns().iter().filter(|column| matches!(column.role, Role::Feature | Role::Target));
    let names: Vec<Arc<str>> = compares.map(|column| column.name.clone()).collect();
    let places = compared(rows, &names)?;
    let sample = if places.len() == rows.rows() {
        rows.select(&names)
    } else {
        rows.select(&names).map(|rows| rows.take(&places))
    };
    let sample = sample.ok()?;
    let mut hashed: Vec<(u64, u32)> = sample.row_hashes(&names).ok()?.into_iter().zip(places.iter().copied()).collect();
    hashed.sort_unstable();
    let equal: Vec<&[(u64, u32)]> =
        hashed.chunk_by(|one, other| one.0 == other.0).filter(|rows| rows.len() > 1).collect();
    if equal.iter().map(|rows| rows.len()).sum::<usize>() < REPEATED_MIN {
        return None;
    }
    let (mut tested, mut known) = (0_usize, 0_usize);
    for round in rounds {
        let is_test = |row: u32| round.test.binary_search(&row).is_ok();
        let is_train = |row: u32| round.train.binary_search(&row).is_ok();
        tested += places.iter().filter(|&&row| is_test(row)).count();
        let of_equal = |rows: &&[(u64, u32)]| match rows.iter().any(|&(_, row)| is_train(row)) {
            true => rows.iter().filter(|&&(_, row)| is_test(row)).count(),
            false => 0,
        };
        known += equal.iter().map(of_equal).sum::<usize>();
    }
    let share = known as f64 / tested.max(1) as f64;
    if known < REPEATED_MIN || share < SHARE_MIN {
        return None;
    }
    let pairs = |rows: usize| rows as f64 * (rows as f64 - 1.0) / 2.0;
    let found: f64 = equal.iter().map(|rows| pairs(rows.len())).sum();
    // Coarse values are often equal by chance, and depend on each other: only continuous columns tell copies apart.
    let continuous = sample.columns().iter().filter(|column| column.kind == ColumnType::Continuous);
    let chance = continuous.map(|column| sample.value_hashes(&column.name).map_or(1.0, collision)).product::<f64>();
    (found > BEYOND_CHANCE * pairs(places.len()) * chance).then(|| {
        let message = format!("{:.0} % of the test rows have an equal row among the training rows", share * 100.0);
        Failure::warning(code::REPEATED_ROWS, message)
            .help("remove the copies: | dedup; or keep them together: duplicates=together")
    })
}

/// Does a column with the role id tell all rows apart?
fn has_ids(rows: &Table) -> bool {
    let mut ids = rows.columns().iter().filter(|column| column.role == Role::Id);
    ids.any(|column| {
        let mut hashes = rows.value_hashes(&column.name).unwrap_or_default();
        hashes.sort_unstable();
        hashes.windows(2).all(|pair| pair[0] != pair[1])
    })
}

/// The rows that are compared: all, or of a large table those with some of the values of its most varied column, so that
/// equal rows stay together.
fn compared(rows: &Table, names: &[Arc<str>]) -> Option<Vec<u32>> {
    let all = 0..rows.rows() as u32;
    let parts = rows.rows().div_ceil(ROWS_COMPARED) as u64;
    if parts <= 1 {
        return Some(all.collect());
    }
    let few = rows.select(names).ok()?.head(1_000);
    let variety = |name: &&Arc<str>| few.value_hashes(name).map_or(1.0, collision);
    let varied = names.iter().min_by(|one, other| variety(one).total_cmp(&variety(other)))?;
    let hashes = rows.value_hashes(varied).ok()?;
    Some(all.filter(|&row| hashes[row as usize].is_multiple_of(parts)).collect())
}

/// The probability that two rows have the same value.
fn collision(mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    let squares = values.chunk_by(|one, other| one == other).map(|equal| (equal.len() as f64).powi(2)).sum::<f64>();
    squares / (values.len() as f64).powi(2).max(1.0)
}
