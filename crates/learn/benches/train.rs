//! An epoch of 100 steps of a network, compared with a hand-written program for this network: the cost of generality.
//!
//! The hand-written program has its sizes as constants, calls the products of `tensor` and uses a plain loop for the rest,
//! compiled for AVX2; it runs only on CPUs with AVX2.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pipewright_learn::net::{Adam, Network, OptimizerConfig, Trainer, Training};
use pipewright_learn::{Dataset, Features, NoProgress, Target};
use pipewright_world::random::Key;
use std::hint::black_box;

const STEPS: usize = 100;
/// So low that the network of the thousandth epoch is still that of the first: a step of one that knows all rows by heart
/// took twice as long, probably since its gradients are too small for normal numbers.
const RATE: f64 = 1e-9;

fn examples(rows: usize, columns: usize) -> Dataset {
    let key = Key::new(5);
    let values: Vec<f64> = (0..rows * columns).map(|position| 2.0 * key.uniform(position as u64) - 1.0).collect();
    let codes = (0..rows).map(|row| u32::from(values[row] * values[rows + row] > 0.0)).collect();
    let names = (0..columns).map(|column| column.to_string()).collect();
    Dataset::new(Features::new(rows, names, values), Target::Classes { codes, count: 2 })
}

fn epoch<const INPUTS: usize, const FIRST: usize, const SECOND: usize>(criterion: &mut Criterion, batch: usize) {
    let examples = examples(STEPS * batch, INPUTS);
    let mut group = criterion.benchmark_group(format!("100 steps of {INPUTS}-{FIRST}-{SECOND}-1"));
    group.throughput(Throughput::Elements((STEPS * batch) as u64)).sample_size(20);
    group.bench_function(BenchmarkId::new("network", batch), |bencher| {
        let optimizer = OptimizerConfig::Adam(Adam { lr: RATE, ..Adam::default() });
        let network = Network {
            hidden: vec![FIRST, SECOND],
            training: Training { epochs: usize::MAX, batch, optimizer, ..Training::default() },
            ..Network::default()
        };
        let mut trainer = Trainer::start(&network, &examples, None, Key::new(1)).expect("the width fits");
        bencher.iter(|| black_box(trainer.epoch(&NoProgress).expect("nothing diverges").loss));
    });
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        group.bench_function(BenchmarkId::new("by hand", batch), |bencher| {
            let mut program = by_hand::Program::<INPUTS, FIRST, SECOND>::new(&examples, batch);
            bencher.iter(|| black_box(program.epoch()));
        });
    }
    group.finish();
}

fn training(criterion: &mut Criterion) {
    epoch::<20, 64, 32>(criterion, 32);
    epoch::<30, 64, 32>(criterion, 32);
    epoch::<256, 256, 256>(criterion, 32);
    epoch::<256, 256, 256>(criterion, 256);
}

criterion_group!(benches, training);
criterion_main!(benches);

#[cfg(target_arch = "x86_64")]
mod by_hand {
    //! Two hidden layers with the rectifier, binary cross-entropy, Adam.
    #![allow(unsafe_code, reason = "calls of functions compiled for AVX2, which the caller has found")]

    use pipewright_learn::{Dataset, Target};
    use pipewright_tensor::Factor;
    use pipewright_world::random::Key;

    pub(super) struct Program<const I: usize, const H: usize, const K: usize> {
        batch: usize,
        epoch: u64,
        step: i32,
        features: Vec<f32>,
        target: Vec<f32>,
        parameters: Vec<f32>,
        gradients: Vec<f32>,
        means: Vec<f32>,
        squares: Vec<f32>,
        x: Vec<f32>,
        y: Vec<f32>,
        first: Vec<f32>,
        second: Vec<f32>,
        logits: Vec<f32>,
        first_gradient: Vec<f32>,
        second_gradient: Vec<f32>,
    }

    impl<const I: usize, const H: usize, const K: usize> Program<I, H, K> {
        // Where kernels and biases start: kernel 1 at 0, bias 1, kernel 2, bias 2, kernel 3, bias 3.
        const B1: usize = I * H;
        const W2: usize = Self::B1 + H;
        const B2: usize = Self::W2 + H * K;
        const W3: usize = Self::B2 + K;
        const B3: usize = Self::W3 + K;

        pub(super) fn new(examples: &Dataset, batch: usize) -> Self {
            let rows = examples.rows();
            let Target::Classes { codes, .. } = examples.target() else { unreachable!("two classes") };
            let columns: Vec<&[f64]> = (0..I).map(|column| examples.features.column(column)).collect();
            let features = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row] as f32)).collect();
            let count = Self::B3 + 1;
            let key = Key::new(1);
            let mut parameters = vec![0.0_f32; count];
            for (start, inputs, outputs) in [(0, I, H), (Self::W2, H, K), (Self::W3, K, 1)] {
                let limit = (6.0 / (inputs + outputs) as f64).sqrt();
                for (position, weight) in parameters.iter_mut().enumerate().skip(start).take(inputs * outputs) {
                    *weight = (limit * (2.0 * key.uniform(position as u64) - 1.0)) as f32;
                }
            }
            let zeros = |count: usize| vec![0.0_f32; count];
            Program {
                batch,
                epoch: 0,
                step: 0,
                features,
                target: codes.iter().map(|&code| code as f32).collect(),
                parameters,
                gradients: zeros(count),
                means: zeros(count),
                squares: zeros(count),
                x: zeros(batch * I),
                y: zeros(batch),
                first: zeros(batch * H),
                second: zeros(batch * K),
                logits: zeros(batch),
                first_gradient: zeros(batch * H),
                second_gradient: zeros(batch * K),
            }
        }

        /// An epoch of whole batches; the sum of the losses.
        pub(super) fn epoch(&mut self) -> f32 {
            let order = Key::new(1).index(self.epoch).permutation(self.target.len());
            self.epoch += 1;
            order.chunks_exact(self.batch).map(|order| self.step(order)).sum()
        }

        fn step(&mut self, order: &[u32]) -> f32 {
            let batch = self.batch;
            for (slot, &row) in order.iter().enumerate() {
                let row = row as usize;
                self.x[slot * I..][..I].copy_from_slice(&self.features[row * I..][..I]);
                self.y[slot] = self.target[row];
            }
            let p = &self.parameters;
            product(&mut self.first, (&self.x, false), (&p[..Self::B1], false), [batch, I, H]);
            // SAFETY: the caller of the program has found AVX2 and FMA; so below.
            unsafe { bias_and_rectifier::<H>(&mut self.first, &p[Self::B1..]) };
            product(&mut self.second, (&self.first, false), (&p[Self::W2..Self::B2], false), [batch, H, K]);
            // SAFETY: as above.
            unsafe { bias_and_rectifier::<K>(&mut self.second, &p[Self::B2..]) };
            product(&mut self.logits, (&self.second, false), (&p[Self::W3..Self::B3], false), [batch, K, 1]);
            let (loss, bias_gradient) = loss_and_gradient(&mut self.logits, &self.y, p[Self::B3]);

            let g = &mut self.gradients;
            g[Self::B3] = bias_gradient;
            product(&mut g[Self::W3..Self::B3], (&self.second, true), (&self.logits, false), [K, batch, 1]);
            product(&mut self.second_gradient, (&self.logits, false), (&p[Self::W3..Self::B3], true), [batch, 1, K]);
            // SAFETY: as above.
            unsafe { mask_and_sum::<K>(&self.second, &mut self.second_gradient, &mut g[Self::B2..]) };
            product(&mut g[Self::W2..Self::B2], (&self.first, true), (&self.second_gradient, false), [H, batch, K]);
            product(
                &mut self.first_gradient,
                (&self.second_gradient, false),
                (&p[Self::W2..Self::B2], true),
                [batch, K, H],
            );
            // SAFETY: as above.
            unsafe { mask_and_sum::<H>(&self.first, &mut self.first_gradient, &mut g[Self::B1..]) };
            product(&mut g[..Self::B1], (&self.x, true), (&self.first_gradient, false), [I, batch, H]);

            self.step += 1;
            let rate = (super::RATE / (1.0 - 0.9_f64.powi(self.step))) as f32;
            let root = (1.0 / (1.0 - 0.999_f64.powi(self.step)).sqrt()) as f32;
            // SAFETY: as above.
            unsafe { adam(&mut self.parameters, g, &mut self.means, &mut self.squares, rate, root) };
            loss
        }
    }

    fn product(output: &mut [f32], left: (&[f32], bool), right: (&[f32], bool), sides: [usize; 3]) {
        let factor = |(values, transposed)| Factor { values, transposed };
        pipewright_tensor::product(sides, factor(left), factor(right), output);
    }

    /// The mean loss, and its gradients in place of the logits, and their sum.
    fn loss_and_gradient(logits: &mut [f32], target: &[f32], bias: f32) -> (f32, f32) {
        let count = logits.len() as f32;
        let (mut loss, mut sum) = (0.0, 0.0);
        for (logit, &y) in logits.iter_mut().zip(target) {
            let z = *logit + bias;
            let e = (-z.abs()).exp();
            loss += z.max(0.0) - z * y + e.ln_1p();
            let probability = if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            *logit = (probability - y) / count;
            sum += *logit;
        }
        (loss / count, sum)
    }

    #[target_feature(enable = "avx2,fma")]
    fn bias_and_rectifier<const N: usize>(values: &mut [f32], bias: &[f32]) {
        for row in values.as_chunks_mut::<N>().0 {
            for (value, &bias) in row.iter_mut().zip(bias) {
                let sum = *value + bias;
                *value = if sum > 0.0 { sum } else { 0.0 };
            }
        }
    }

    #[target_feature(enable = "avx2,fma")]
    fn mask_and_sum<const N: usize>(values: &[f32], gradient: &mut [f32], sums: &mut [f32]) {
        let mut total = [0.0; N];
        for (values, gradient) in values.as_chunks::<N>().0.iter().zip(gradient.as_chunks_mut::<N>().0) {
            for ((gradient, &value), total) in gradient.iter_mut().zip(values).zip(&mut total) {
                *gradient = if value > 0.0 { *gradient } else { 0.0 };
                *total += *gradient;
            }
        }
        sums[..N].copy_from_slice(&total);
    }

    #[target_feature(enable = "avx2,fma")]
    fn adam(p: &mut [f32], g: &[f32], means: &mut [f32], squares: &mut [f32], rate: f32, root: f32) {
        for (((p, &g), mean), square) in p.iter_mut().zip(g).zip(means).zip(squares) {
            *mean += 0.1 * (g - *mean);
            *square = 0.999 * *square + 0.001 * g * g;
            *p -= rate * *mean / (square.sqrt() * root + 1e-8);
        }
    }
}
