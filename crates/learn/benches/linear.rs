//! Exact linear models on 100,000 rows × 20 columns.

#![allow(missing_docs)] // criterion's macros define public items.

use criterion::{Criterion, criterion_group, criterion_main};
use pipewright_learn::linear::{ElasticNet, Family, Glm, Huber, Linear, Logistic, Quantile, Ridge};
use pipewright_learn::{Dataset, Features, Judged, Key, Learner, Model, Target, metric};
use std::hint::black_box;

const ROWS: usize = 100_000;
const COLUMNS: usize = 20;

/// Uniform inputs of various units, and a noisy linear function of them.
fn problem() -> (Features, Vec<f64>) {
    let key = Key::new(1);
    let mut values = Vec::with_capacity(ROWS * COLUMNS);
    let mut sums = vec![0.0; ROWS];
    for column in 0..COLUMNS {
        let unit = 10.0_f64.powi(column as i32 % 7 - 3);
        for (row, sum) in sums.iter_mut().enumerate() {
            let uniform = key.index(column as u64).uniform(row as u64) - 0.5;
            *sum += uniform * (column as f64 * 0.3 - 2.0);
            values.push(uniform * unit + unit);
        }
    }
    for (row, sum) in sums.iter_mut().enumerate() {
        *sum += 4.0 * (key.child("noise").uniform(row as u64) - 0.5);
    }
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("x{column}")).collect();
    (Features::new(ROWS, names.into(), values), sums)
}

fn linear_models(criterion: &mut Criterion) {
    let (features, sums) = problem();
    let codes: Vec<u32> = sums.iter().map(|sum| u32::from(*sum > 0.0)).collect();
    let thirds: Vec<u32> = sums.iter().map(|sum| u32::from(*sum > -1.0) + u32::from(*sum > 1.0)).collect();
    let mut group = criterion.benchmark_group("100000x20");
    group.sample_size(10);
    let numbers = Dataset::new(features.clone(), Target::Numbers(sums));
    group.bench_function("linear", |b| b.iter(|| Linear::default().fit(black_box(&numbers))));
    group.bench_function("ridge", |b| b.iter(|| Ridge::default().fit(black_box(&numbers))));
    group.bench_function("lasso", |b| b.iter(|| ElasticNet::lasso(100.0).fit(black_box(&numbers))));
    group.bench_function("huber", |b| b.iter(|| Huber::default().fit(black_box(&numbers))));
    group.bench_function("quantile", |b| b.iter(|| Quantile::default().fit(black_box(&numbers))));
    let counts = Target::Numbers(codes.iter().map(|code| f64::from(*code)).collect());
    let counts = Dataset::new(features.clone(), counts);
    group.bench_function("glm poisson", |b| b.iter(|| Glm::new(Family::Poisson).fit(black_box(&counts))));
    let binary = Dataset::new(features.clone(), Target::Classes { codes, count: 2 });
    group.bench_function("logistic 2 classes", |b| {
        b.iter(|| Logistic::default().fit(black_box(&binary)));
    });
    let sparse = Logistic { l1: 10.0, l2: 0.0, ..Logistic::default() };
    group.bench_function("logistic 2 classes, l1", |b| b.iter(|| sparse.fit(black_box(&binary))));
    let ternary = Dataset::new(features, Target::Classes { codes: thirds, count: 3 });
    group.bench_function("logistic 3 classes", |b| {
        b.iter(|| Logistic::default().fit(black_box(&ternary)));
    });
    let model = Logistic::default().fit(&binary).expect("a sound problem");
    let outputs = model.predict(&binary.features).expect("its own columns");
    group.bench_function("predict", |b| b.iter(|| model.predict(black_box(&binary.features))));
    group.bench_function("auc", |b| b.iter(|| metric::AUC.score(&Judged::new(black_box(&binary.labels), &outputs))));
    group.finish();
}

criterion_group!(benches, linear_models);
criterion_main!(benches);
