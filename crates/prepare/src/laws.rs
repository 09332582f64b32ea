//! The laws of estimators, and tables to test them on: for the tests of every crate with an estimator.
//!
//! Each law takes an estimator and a table and panics if violated. An estimator may reject a table; then it must do so
//! identically for all chunk sizes and numbers of threads.

use crate::{Estimator, FitContext, State, Summary, TableEstimator, fit};
use pipewright_diagnostic::Failure;
use pipewright_table::{CHUNK_ROWS, Schema, Table};

pub use pipewright_table::testing::{edge_tables, random_table};

/// Checks all laws.
///
/// # Panics
/// If one is violated.
pub fn check<E: Estimator>(estimator: &E, table: &Table) {
    schema_is_as_predicted(estimator, table);
    fitting_is_pure(estimator, table);
    chunks_do_not_matter(estimator, table);
    threads_do_not_matter(estimator, table);
    rows_are_local(estimator, table);
    owning_does_not_matter(estimator, table);
    states_survive_files(estimator, table);
}

/// Checks the laws of an estimator that needs all rows at once: the schema is as predicted; fitting is pure and
/// deterministic for any number of threads, including the transformed training rows; rows are independent, ownership
/// does not matter, and states survive serialisation.
///
/// # Panics
/// If one is violated.
pub fn check_table<E: TableEstimator>(estimator: &E, table: &Table, context: &FitContext) {
    let fit = || {
        let state = estimator.fit(table, context)?;
        assert_eq!(state.validate(), Ok(()), "a fitted state is valid\n{table}");
        Ok(state)
    };
    let training = |state: &E::State| estimator.apply_training(state, table, context);
    let copy = Table::concat(&[table.clone(), table.slice(0, 0)]).expect("the columns are the same");
    let all = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of few threads");
        pool.install(|| (outcome(fit()), fit().and_then(|state| training(&state)).ok()))
    };
    let one = all(1);
    assert!(all(2) == one && all(8) == one, "it depends on threads\n{table}");
    assert!(copy == *table, "fitting changed its input\n{table}");
    let Ok(state) = fit() else { return };
    let predicted = estimator.schema(&table.schema()).expect("what can be fitted has a schema");
    for made in [state.apply(table), training(&state)].into_iter().flatten() {
        assert_eq!(predicted.admits(made.columns()), Ok(()), "in\n{table}");
    }
    if state.by_row() {
        stays_local(&state, table);
    }
    owners_do_not_matter(&state, table);
    survives_files(&state, table);
}

/// Checks that `apply` yields the predicted schema, and that a table with a rejected schema cannot be fitted.
///
/// # Panics
/// If violated.
pub fn schema_is_as_predicted<E: Estimator>(estimator: &E, table: &Table) {
    match (estimator.schema(&table.schema()), fitted(estimator, table)) {
        (Ok(predicted), Ok(state)) => {
            if let Ok(applied) = state.apply(table) {
                assert_eq!(predicted.admits(applied.columns()), Ok(()), "in\n{table}");
            }
        }
        (Err(refused), Ok(_)) => panic!("fitted although its schema was refused: {refused}\n{table}"),
        (_, Err(_)) => {}
    }
}

/// Checks that fitting leaves the input unchanged, and fitting again gives an equal state.
///
/// # Panics
/// If violated.
pub fn fitting_is_pure<E: Estimator>(estimator: &E, table: &Table) {
    let copy = Table::concat(&[table.clone(), table.slice(0, 0)]).expect("the columns are the same");
    let (first, second) = (outcome(fitted(estimator, table)), outcome(fitted(estimator, table)));
    assert_eq!(first, second, "fitted twice\n{table}");
    assert!(copy == *table, "fitting changed its input\n{table}");
}

/// Checks that rows observed in chunks of any size, merged in any grouping, give the same state, bit for bit.
///
/// # Panics
/// If violated.
pub fn chunks_do_not_matter<E: Estimator>(estimator: &E, table: &Table) {
    let whole = outcome(fitted(estimator, table));
    for chunk_rows in [1, 2, 3, 7, 64] {
        if table.rows() / chunk_rows > 2000 {
            continue;
        }
        let forwards = in_chunks(estimator, table, chunk_rows, |mut parts| {
            let mut all = parts.remove(0);
            parts.into_iter().for_each(|part| all.merge(part));
            all
        });
        let backwards = in_chunks(estimator, table, chunk_rows, |mut parts| {
            while parts.len() > 1 {
                let last = parts.pop().expect("there are two");
                parts.last_mut().expect("there is one").merge(last);
            }
            parts.remove(0)
        });
        assert_eq!(outcome(forwards), whole, "merged from the left, {chunk_rows} rows a chunk\n{table}");
        assert_eq!(outcome(backwards), whole, "merged from the right, {chunk_rows} rows a chunk\n{table}");
    }
}

/// Checks that 1, 2 and 8 threads give the same state, bit for bit.
///
/// # Panics
/// If violated.
pub fn threads_do_not_matter<E: Estimator>(estimator: &E, table: &Table) {
    // More rows than a chunk, so that there is work to split.
    let copies = if table.rows() == 0 { 1 } else { 2 * CHUNK_ROWS / table.rows() + 1 };
    let large = Table::concat(&vec![table.clone(); copies.min(MOST_COPIES)]).expect("the columns are the same");
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of few threads");
        pool.install(|| outcome(fit(estimator, &large)))
    };
    let one = with(1);
    assert_eq!(with(2), one, "two threads\n{table}");
    assert_eq!(with(8), one, "eight threads\n{table}");
}

/// Tables of a row or two need not be copied thousands of times.
const MOST_COPIES: usize = 400;

/// Checks that applying to some rows gives the same rows as applying to all, bit for bit.
///
/// # Panics
/// If violated.
pub fn rows_are_local<E: Estimator>(estimator: &E, table: &Table) {
    let Ok(state) = fitted(estimator, table) else { return };
    stays_local(&state, table);
}

fn stays_local(state: &impl State, table: &Table) {
    let Ok(whole) = state.apply(table) else { return };
    assert_eq!(whole.rows(), table.rows(), "apply keeps all rows\n{table}");
    let rows = table.rows();
    for (start, end) in [(0, 0), (0, rows / 2), (rows / 2, rows), (rows / 3, rows - rows / 3)] {
        if start > end {
            continue;
        }
        let part = state.apply(&table.slice(start, end - start)).expect("what fits all rows fits some");
        assert!(part == whole.slice(start, end - start), "rows {start}..{end} of\n{table}\n{part}\n{whole}");
    }
}

/// Checks that owned rows give the same result as shared ones, and that shared rows stay unchanged.
///
/// # Panics
/// If violated.
pub fn owning_does_not_matter<E: Estimator>(estimator: &E, table: &Table) {
    let Ok(state) = fitted(estimator, table) else { return };
    owners_do_not_matter(&state, table);
}

fn owners_do_not_matter(state: &impl State, table: &Table) {
    let all: Vec<u32> = (0..table.rows() as u32).collect();
    let (own, same) = (table.take(&all), table.take(&all));
    let expected = state.apply(table);
    assert!(state.apply_owned(table.clone()) == expected, "shared rows became something else\n{table}");
    assert!(*table == same, "rows were changed that somebody holds\n{table}\n{same}");
    assert!(state.apply_owned(own) == expected, "owned rows became something else\n{table}");
}

/// Checks that a state survives serialisation: it is valid and applies the same bits.
///
/// # Panics
/// If violated.
pub fn states_survive_files<E: Estimator>(estimator: &E, table: &Table) {
    let Ok(state) = fitted(estimator, table) else { return };
    survives_files(&state, table);
}

fn survives_files<S: State>(state: &S, table: &Table) {
    let text = serde_json::to_string(state).expect("states can be written");
    let read: S = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    assert_eq!(read.validate(), Ok(()), "{text}");
    assert_eq!(serde_json::to_string(&read).expect("states can be written"), text);
    assert!(state.apply(table).ok() == read.apply(table).ok(), "{text} applies otherwise to\n{table}");
    assert!(state.show() == read.show(), "{text} is shown otherwise");
}

/// Fits and validates.
fn fitted<E: Estimator>(estimator: &E, table: &Table) -> Result<E::State, Failure> {
    let state = fit(estimator, table)?;
    assert_eq!(state.validate(), Ok(()), "a fitted state is valid\n{table}");
    Ok(state)
}

/// Returns the state as text, which keeps every bit of finite floats, or the code of the failure.
fn outcome<S: State>(result: Result<S, Failure>) -> Result<String, &'static str> {
    let written = result.map(|state| serde_json::to_string(&state).expect("states can be written"));
    written.map_err(|failure| failure.code.as_str())
}

fn in_chunks<E: Estimator>(
    estimator: &E,
    table: &Table,
    chunk_rows: usize,
    merge: impl FnOnce(Vec<E::Summary>) -> E::Summary,
) -> Result<E::State, Failure> {
    let schema: Schema = table.schema();
    let mut parts = vec![estimator.empty(&schema)?];
    for start in (0..table.rows()).step_by(chunk_rows) {
        let mut part = estimator.empty(&schema)?;
        estimator.observe(&mut part, &table.slice(start, chunk_rows.min(table.rows() - start)))?;
        parts.push(part);
    }
    parts.push(estimator.empty(&schema)?);
    estimator.finish(merge(parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BinMethod, Binner, Clip, ClipBound, Dates, Encoder, EncoderMethod, Fence, Generalise, Hmac, Imputer, Knots,
        Log1p, Mask, Masking, OutlierAction, Outliers, Period, PolynomialFeatures, Power, QuantileMapper, Rare, Scaler,
        Shape, Spline, TextVectorizer, Unseen, VectorizerMethod,
    };
    use pipewright_expr::{Class, Selection};
    use pipewright_table::DatePart;
    use pipewright_world::random::Key;
    use proptest::prelude::*;

    fn every_estimator(table: &Table) {
        let numeric = || Selection::Class(Class::Numeric);
        for imputer in [
            Imputer::mean(),
            Imputer::median().with_indicator(),
            Imputer::mode(),
            Imputer::mode().on(numeric()).with_indicator(),
            Imputer::constant(0.0),
            Imputer::constant(0.5).on(numeric()),
            Imputer::constant("missing"),
            Imputer::constant(true),
        ] {
            check(&imputer, table);
        }
        for scaler in
            [Scaler::standard(), Scaler::minmax(), Scaler::robust().on(numeric()), Scaler::maxabs(), Scaler::squash()]
        {
            check(&scaler, table);
        }
        for power in [Power::yeo_johnson(), Power { standardise: false, ..Power::yeo_johnson() }, Power::box_cox()] {
            check(&power, table);
        }
        for shape in [Shape::Uniform, Shape::Normal] {
            check(&QuantileMapper::to(shape).with_landmarks(20), table);
        }
        check(&Log1p::default(), table);
        shaping_estimators(table);
        for encoder in [
            Encoder::auto(),
            Encoder::onehot(),
            Encoder::onehot().with_rare(Rare::Share(0.1)).with_unseen(Unseen::Other),
            Encoder::onehot().with_rare(Rare::Count(2)).with_unseen(Unseen::Error),
            Encoder::ordinal(),
            Encoder::ordinal().with_rare(Rare::Count(2)).with_unseen(Unseen::Other),
            Encoder::count(),
            Encoder { method: EncoderMethod::Count { share: true }, ..Encoder::count() }.with_rare(Rare::Share(0.2)),
            Encoder::hash(7),
        ] {
            check(&encoder, table);
        }
        let texts = || Selection::Class(Class::String);
        for words in [
            TextVectorizer::new(VectorizerMethod::Tfidf, 5),
            TextVectorizer::new(VectorizerMethod::Count, 100).with_runs(2).on(texts()),
            TextVectorizer::new(VectorizerMethod::Hash, 6),
        ] {
            check(&words, table);
        }
        for dates in [Dates::all(), Dates::all().cyclic(), Dates::parts([DatePart::Hour, DatePart::Month]).cyclic()] {
            check(&dates, table);
        }
        let less = Generalise { step: Some(2.5), date: Some(Period::Month), letters: Some(3) };
        for masking in [Masking::Hash(Hmac::new(b"key")), Masking::Redact, Masking::Blank, Masking::Generalise(less)] {
            check(&Mask::new(masking, Selection::Class(Class::All)), table);
        }
        let texts_and_dates = Selection::Union(vec![numeric(), texts(), Selection::Class(Class::Date)]);
        check(&Mask::new(Masking::Generalise(less), texts_and_dates), table);
    }

    fn shaping_estimators(table: &Table) {
        for low in [None, Some(ClipBound::Constant(-2.0)), Some(ClipBound::Quantile(0.1))] {
            for high in [None, Some(ClipBound::Constant(5.0)), Some(ClipBound::Quantile(0.9))] {
                check(&Clip { low, high, on: None }, table);
            }
        }
        for fencing in [Fence::ZScore(1.0), Fence::Iqr(0.5), Fence::Mad(1.0)] {
            check(&Outliers { fencing, beyond: OutlierAction::Clip, on: None }, table);
            check(&Outliers { fencing, beyond: OutlierAction::Null, on: None }, table);
        }
        for method in [BinMethod::Width, BinMethod::Quantile, BinMethod::Kmeans] {
            check(&Binner { bins: 3, method, onehot: false, on: None }, table);
            check(&Binner { bins: 7, method, onehot: true, on: None }, table);
        }
        check(&Spline::default(), table);
        check(&Spline { knots: 4, degree: 2, placing: Knots::Quantile, bias: false, on: None }, table);
        check(&PolynomialFeatures::of_degree(3), table);
        check(&PolynomialFeatures::of_pairs(), table);
    }

    #[test]
    fn laws_hold_at_the_edges() {
        edge_tables().iter().for_each(every_estimator);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn laws_hold_over_random_tables(seed in any::<u64>(), rows in 0..90_usize) {
            every_estimator(&random_table(Key::new(seed), rows));
        }
    }
}
