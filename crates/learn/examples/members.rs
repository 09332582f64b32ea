//! Benchmark of many networks of one shape: as one program of stacked matrices, or as one program per network, sequential
//! or as tasks of the pool. All give the same bits.
//!
//! `cargo run --release -p pipewright-learn --example members` prints the microseconds of a step of loss and gradients of
//! eight members together, each the median of many.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it times itself.

use pipewright_learn::Key;
use pipewright_tensor::op::BatchMatMul;
use pipewright_tensor::{Graph, Node, Program, Shape, Size};
use rayon::prelude::*;
use std::time::Instant;

const MEMBERS: usize = 8;

fn main() {
    let shapes: [(&[usize], usize, usize); 4] = [
        (&[20, 64, 32, 1], 32, 4000),
        (&[20, 64, 32, 1], 256, 800),
        (&[20, 256, 256, 1], 32, 200),
        (&[20, 256, 256, 1], 256, 50),
    ];
    println!("widths, batch: one program | one after another | as tasks");
    rayon::scope(|_| shapes.iter().for_each(|&(widths, batch, times)| compare(widths, batch, times)));
}

fn compare(widths: &[usize], batch: usize, times: usize) {
    let numbers = |count: usize, name: &str| -> Vec<f32> {
        let key = Key::new(1).child(name);
        (0..count as u64).map(|place| (2.0 * key.uniform(place) - 1.0) as f32).collect()
    };
    let (mut whole, mut single) = (program(widths, MEMBERS, batch), program(widths, 1, batch));
    let x = numbers(MEMBERS * batch * widths[0], "x");
    let y: Vec<f32> = numbers(MEMBERS * batch, "y").into_iter().map(|number| number.max(0.0).ceil()).collect();
    let count: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let parameters: Vec<Vec<f32>> =
        (0..MEMBERS).map(|member| numbers(count, ["a", "b", "c", "d", "e", "f", "g", "h"][member])).collect();
    // In the program of all, the first matrices of all members come first, then the second ones, and so on.
    let mut stacked = Vec::new();
    let mut start = 0;
    for pair in widths.windows(2) {
        let end = start + pair[0] * pair[1];
        parameters.iter().for_each(|parameters| stacked.extend(&parameters[start..end]));
        start = end;
    }
    let of_member = |member: usize| {
        (&x[member * batch * widths[0]..][..batch * widths[0]], &y[member * batch..][..batch], &parameters[member])
    };
    let mut members: Vec<Program<f32>> = (0..MEMBERS).map(|_| single.clone()).collect();
    let run = |(member, program): (usize, &mut Program<f32>)| {
        let (x, y, parameters) = of_member(member);
        program.run(batch, &[x, y], parameters);
    };
    let together = median(times, || whole.run(batch, &[&x, &y], &stacked));
    let in_turn = median(times, || members.iter_mut().enumerate().for_each(run));
    let as_tasks = median(times, || members.par_iter_mut().enumerate().for_each(run));
    println!("{widths:?}, {batch}: {together:.1} | {in_turn:.1} | {as_tasks:.1}");

    let mut start = 0;
    for (layer, pair) in widths.windows(2).enumerate() {
        let size = pair[0] * pair[1];
        for member in 0..MEMBERS {
            let (x, y, parameters) = of_member(member);
            single.run(batch, &[x, y], parameters);
            let own = &single.flat_outputs(0)[start..start + size];
            assert!(own == &whole.output(layer)[member * size..][..size], "the bits of member {member}, layer {layer}");
        }
        start += size;
    }
}

/// The gradients of dense layers without biases, with ReLU except in the last, of `members` networks.
fn program(widths: &[usize], members: usize, batch: usize) -> Program<f32> {
    let mut graph = Graph::new();
    let stack = |columns: usize| Shape { rows: Size::Blocks(members), columns: Size::Fixed(columns) };
    let mut values = graph.input_of(if members == 1 { Shape::batch(widths[0]) } else { stack(widths[0]) });
    let target = graph.input_of(if members == 1 { Shape::batch(1) } else { stack(1) });
    let mut kernels: Vec<Node> = Vec::new();
    for (layer, pair) in widths.windows(2).enumerate() {
        let kernel = graph.parameter(members * pair[0], pair[1]);
        kernels.push(kernel);
        let product = BatchMatMul { blocks: Size::Fixed(members), transpose_left: false, transpose_right: false };
        let sums =
            if members == 1 { graph.matmul(values, kernel) } else { graph.batch_matmul(values, kernel, product) };
        values = if layer + 2 < widths.len() { graph.relu(sums) } else { sums };
    }
    let losses = graph.sigmoid_cross_entropy(values, target);
    let loss = graph.sum(losses);
    let gradients = graph.gradients(loss, &kernels);
    Program::new(&graph, &gradients, batch)
}

/// Returns the median time of some work in microseconds.
fn median(times: usize, mut work: impl FnMut()) -> f64 {
    let mut found: Vec<f64> = (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    found.sort_by(f64::total_cmp);
    found[times / 2]
}
