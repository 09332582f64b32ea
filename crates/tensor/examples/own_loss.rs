//! A custom loss composed of built-in operations: quantile regression for the third quartile.
//!
//! `cargo run -p pipewright-tensor --example own_loss` prints the graph with its gradients, the program that it is
//! compiled to, and the fitted line. For the error e of a prediction the loss is 0.75·e where e > 0, else −0.25·e
//! (Koenker, Bassett 1978): it is minimal if three of four points are below the line.
#![allow(clippy::print_stdout)] // What a program is for.

use pipewright_tensor::{Graph, Node, Program};

const ROWS: usize = 200;
const STEPS: usize = 2000;

/// The mean loss of quantile `level`, an operation like any other.
fn quantile_loss(graph: &mut Graph, prediction: Node, target: Node, level: f64) -> Node {
    let error = graph.subtract(target, prediction);
    let above = graph.scale(error, level);
    let below = graph.scale(error, level - 1.0);
    let losses = graph.maximum(above, below);
    graph.mean(losses)
}

fn main() {
    // Points spread evenly between 2·x and 2·x + 2, so that three of four lie below 2·x + 1.5.
    let x: Vec<f64> = (0..ROWS).map(|row| row as f64 / ROWS as f64).collect();
    // Multiples of the golden ratio have evenly spread fractions.
    let spread = |row: usize| 2.0 * (row as f64 * 0.618_033_988_749_895).fract();
    let y: Vec<f64> = (0..ROWS).map(|row| 2.0 * x[row] + spread(row)).collect();

    let mut graph = Graph::new();
    let (input, target) = (graph.input(1), graph.input(1));
    let (slope, start) = (graph.parameter(1, 1), graph.parameter(1, 1));
    let product = graph.matmul(input, slope);
    let line = graph.add_row(product, start);
    let loss = quantile_loss(&mut graph, line, target, 0.75);
    let gradients = graph.gradients(loss, &[slope, start]);
    let mut program = Program::<f64>::new(&graph, &[loss, gradients[0], gradients[1]], ROWS);
    println!("{graph}\n{program}");

    let mut parameters = [0.0, 0.0];
    for step in 0..STEPS {
        program.run(ROWS, &[&x, &y], &parameters);
        let rate = 2.0 / (1.0 + step as f64 / 100.0);
        for (parameter, gradient) in parameters.iter_mut().zip(program.flat_outputs(1)) {
            *parameter -= rate * gradient;
        }
    }
    let [slope, start] = parameters;
    let below = (0..ROWS).filter(|&row| y[row] < slope * x[row] + start).count();
    println!(
        "{slope:.2}·x + {start:.2}, a mean loss of {:.3}: {below} of {ROWS} points lie below",
        program.output(0)[0]
    );
}
