//! How fast delimited text becomes a table: 100,000 rows of 21 floats, and a mix of kinds.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pipewright_frame::csv::write;
use pipewright_frame::{ReadOptions, read, scan};
use pipewright_world::random::Key;
use pipewright_world::{Content, MemoryWorld};
use std::fmt::Write;
use std::sync::Arc;

/// `rows` × 21 floats of about eight characters.
fn floats(rows: u64) -> String {
    let names: Vec<String> = (0..21).map(|column| format!("x{column}")).collect();
    let mut text = names.join(",");
    text.push('\n');
    for row in 0..rows {
        for column in 0..21 {
            let number = (Key::new(column).uniform(row) - 0.5) * 10.0;
            let end = if column == 20 { '\n' } else { ',' };
            write!(text, "{number:.4}{end}").expect("memory does not fail");
        }
    }
    text
}

/// Counts, floats, texts with quotes and commas, dates, booleans, and nulls.
fn mixed(rows: u64) -> String {
    let mut text = String::from("id,price,name,sold,day\n");
    for row in 0..rows {
        let key = Key::new(3).index(row);
        let price = if key.below(0, 20) == 0 { String::new() } else { format!("{:.2}", key.uniform(1) * 1000.0) };
        let name = if key.below(2, 10) == 0 {
            "\"Smith, \"\"J.\"\"\"".to_string()
        } else {
            format!("name {}", key.below(3, 500))
        };
        let (sold, day) = (key.below(4, 2) == 1, key.below(5, 28) + 1);
        writeln!(text, "{row},{price},{name},{sold},2024-02-{day:02}").expect("memory does not fail");
    }
    text
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("csv");
    for (name, text) in [("floats", floats(100_000)), ("mixed", mixed(300_000))] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        let (world, options) = (MemoryWorld::new(), ReadOptions::new("bench.csv"));
        let content: Arc<dyn Content> = Arc::new(text.into_bytes());
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a small pool");
            group.bench_function(format!("read {name}, {threads} threads"), |bencher| {
                bencher.iter(|| pool.install(|| read(&content, &options, &world)));
            });
            group.bench_function(format!("scan {name}, {threads} threads"), |bencher| {
                bencher.iter(|| pool.install(|| scan(&content, &options, &world)));
            });
        }
        let table = read(&content, &options, &world).expect("the text is clean").table;
        group.bench_function(format!("write {name}"), |bencher| {
            bencher.iter(|| write(&table, &mut std::io::sink()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = reading
}
criterion_main!(benches);
