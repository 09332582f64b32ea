//! Training allocates before its first step and in it, then no more: what a step costs is arithmetic.
//!
//! Products that are cut for idle threads are larger than those here: handing work over may allocate.

use pipewright_learn::net::layer::{BatchNorm, Dense, Dropout as DropoutLayer, Glu, Layer, Residual};
use pipewright_learn::net::{
    Adagrad, Adam, AdamW, Lion, NAdam, Network, Optimizer, OptimizerConfig, RAdam, RealMlp, RmsProp, ScheduleFree, Sgd,
    Stack, Trainer, Training,
};
use pipewright_learn::{Dataset, Features, Learner, NoProgress, Target};
use pipewright_tensor::op::Dropout;
use pipewright_tensor::{Graph, Node, Program, Shape};
use pipewright_world::random::Key;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The allocator of the system, which counts what each thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count_one() {
    ALLOCATIONS.with(|count| count.set(count.get() + 1));
}

#[allow(unsafe_code, reason = "the trait is unsafe; every call is passed on as it came")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_one();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count_one();
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often this thread allocates in `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.with(Cell::get);
    work();
    ALLOCATIONS.with(Cell::get) - before
}

const COLUMNS: usize = 20;
const CLASSES: usize = 3;

/// The loss of the last layer's sums against a target.
type Loss = fn(&mut Graph, Node, Node) -> Node;

const LOSSES: [(&str, usize, Loss); 3] = [
    ("mean squared error", 1, |graph, sums, target| graph.mean_squared_error(sums, target)),
    ("binary cross-entropy", 1, |graph, sums, target| graph.binary_cross_entropy(sums, target)),
    ("softmax cross-entropy", CLASSES, |graph, sums, target| graph.softmax_cross_entropy(sums, target)),
];

fn optimizers() -> [OptimizerConfig; 9] {
    [
        OptimizerConfig::Sgd(Sgd { momentum: 0.9, nesterov: true, weight_decay: 1e-3, ..Sgd::default() }),
        OptimizerConfig::RmsProp(RmsProp::default()),
        OptimizerConfig::Adam(Adam::default()),
        OptimizerConfig::AdamW(AdamW::default()),
        OptimizerConfig::NAdam(NAdam::default()),
        OptimizerConfig::RAdam(RAdam::default()),
        OptimizerConfig::Adagrad(Adagrad::default()),
        OptimizerConfig::Lion(Lion::default()),
        OptimizerConfig::ScheduleFree(ScheduleFree::default()),
    ]
}

/// Numbers in [-1, 1).
fn numbers(count: usize, seed: u64) -> impl Iterator<Item = f64> {
    let key = Key::new(seed);
    (0..count as u64).map(move |place| 2.0 * key.uniform(place) - 1.0)
}

/// A loss and the gradients of all parameters: two layers, each with batch normalisation, the rectifier and dropout,
/// below one of `outputs`. Input 1 is the number of the step, input 2 the target.
fn training(hidden: [usize; 2], outputs: usize, loss: Loss) -> (Graph, Vec<Node>) {
    let mut graph = Graph::new();
    let mut values = graph.input(COLUMNS);
    let step = graph.input_of(Shape::SCALAR);
    let mut width = COLUMNS;
    for (key, units) in [1, 2].into_iter().zip(hidden) {
        let kernel = graph.parameter(width, units);
        let product = graph.matmul(values, kernel);
        let (gain, bias) = (graph.parameter(1, units), graph.parameter(1, units));
        let normal = graph.batch_norm(product, gain, bias, 1e-5);
        let active = graph.relu(normal);
        values = graph.dropout(active, step, Dropout { rate: 0.2, key });
        width = units;
    }
    let (kernel, bias) = (graph.parameter(width, outputs), graph.parameter(1, outputs));
    let product = graph.matmul(values, kernel);
    let sums = graph.add_row(product, bias);
    let target = graph.input(outputs);
    let loss = loss(&mut graph, sums, target);
    let parameters = graph.parameters().to_vec();
    let gradients = graph.gradients(loss, &parameters);
    let outputs = [loss].into_iter().chain(gradients).collect();
    (graph, outputs)
}

#[test]
fn a_step_of_a_program_and_its_optimiser_allocates_nothing_after_the_first() {
    for (name, width, loss) in LOSSES {
        for hidden in [[64, 32], [256, 256]] {
            let (graph, outputs) = training(hidden, width, loss);
            for batch in [32, 256] {
                for config in optimizers() {
                    let found = allocations_after_the_first_step(&graph, &outputs, width, batch, config);
                    assert_eq!(found, 0, "{name}, {hidden:?}, batches of {batch}, {config:?}");
                }
            }
        }
    }
}

fn allocations_after_the_first_step(
    graph: &Graph,
    outputs: &[Node],
    width: usize,
    batch: usize,
    config: OptimizerConfig,
) -> usize {
    let mut program = Program::<f32>::new(graph, outputs, batch);
    let mut parameters: Vec<f32> = numbers(graph.parameter_count(), 1).map(|number| 0.3 * number as f32).collect();
    let mut optimizer = Optimizer::new(config, parameters.len());
    let features: Vec<f32> = numbers(batch * COLUMNS, 2).map(|number| number as f32).collect();
    let target: Vec<f32> = (0..batch * width).map(|place| f32::from(u8::from(place % width == 0))).collect();
    let start = parameters.clone();
    let mut step = |number: usize| {
        // The last batch of an epoch may be smaller than the others.
        let rows = if number % 5 == 4 { batch / 3 } else { batch };
        program.run(rows, &[&features[..rows * COLUMNS], &[number as f32], &target[..rows * width]], &parameters);
        optimizer.step(&mut parameters, program.flat_outputs(1));
    };
    step(0);
    let found = allocations(|| (1..8).for_each(&mut step));
    assert_ne!(parameters, start, "it trains");
    found
}

/// A target for rows of numbers, and the network's outputs for it.
fn targets(rows: usize) -> [(Target, usize); 3] {
    let codes =
        |count: u32| Target::Classes { codes: (0..rows as u32).map(|r| r % count).collect(), count: count as usize };
    [(Target::Numbers(numbers(rows, 3).collect()), 1), (codes(2), 1), (codes(CLASSES as u32), CLASSES)]
}

#[test]
fn an_epoch_allocates_as_often_whatever_the_number_of_its_steps() {
    let of_epoch = |steps: usize, batch: usize, kind: usize, optimizer: OptimizerConfig| {
        let rows = steps * batch;
        let names = (0..COLUMNS).map(|column| column.to_string()).collect();
        let features = Features::new(rows, names, numbers(rows * COLUMNS, 4).collect());
        let (target, outputs) = targets(rows)[kind].clone();
        let examples = Dataset::new(features, target);
        let dropout = [0.0, 0.2, 0.0][kind];
        // The averages of the schedule-free optimiser are its own.
        let ema = if matches!(optimizer, OptimizerConfig::ScheduleFree(_)) { None } else { Some(0.9) };
        let more = Training { accumulate: 2, clip: Some(1.0), ema, mixup: Some(0.3), ..Training::default() };
        let training = Training { batch, optimizer, ..if kind == 1 { more } else { Training::default() } };
        let network = Network { outputs, dropout, training, ..Network::default() };
        let mut trainer = Trainer::start(&network, &examples, None, Key::new(1)).unwrap();
        trainer.epoch(&NoProgress).unwrap();
        allocations(|| assert!(trainer.epoch(&NoProgress).unwrap().loss.is_finite()))
    };
    // An epoch runs on a thread of the pool: this is one, so that what it allocates is counted.
    let check = || {
        for (batch, kind) in [32, 256].into_iter().flat_map(|batch| (0..3).map(move |kind| (batch, kind))) {
            for optimizer in optimizers() {
                let (few, many) = (of_epoch(2, batch, kind, optimizer), of_epoch(12, batch, kind, optimizer));
                assert_eq!(few, many, "batches of {batch}, target {kind}, {optimizer:?}");
                assert!(few > 0, "the order of the rows and the marks of classes take memory of an epoch");
            }
        }
    };
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(check);
}

#[test]
fn a_stack_allocates_as_often_whatever_the_number_of_its_steps() {
    let of_fit = |batch: usize| {
        let names = (0..COLUMNS).map(|column| column.to_string()).collect();
        let features = Features::new(640, names, numbers(640 * COLUMNS, 4).collect());
        let examples = Dataset::new(features, targets(640)[2].0.clone());
        let block = vec![Layer::Dense(Dense { units: 32 }), Layer::BatchNorm(BatchNorm::default())];
        let layers = vec![
            Layer::Dense(Dense { units: 32 }),
            Layer::Residual(Residual { layers: block }),
            Layer::Dropout(DropoutLayer { rate: 0.1 }),
            Layer::Glu(Glu {}),
        ];
        let training = |epochs: usize| Training { batch, epochs, ..Training::default() };
        let fit = |epochs: usize| {
            let stack = Stack { layers: layers.clone(), outputs: CLASSES, training: training(epochs) };
            allocations(|| assert!(stack.fit(&examples).is_ok()))
        };
        // The first products of a process ask for the sizes of caches.
        fit(1);
        fit(6) - fit(3)
    };
    let check = || assert_eq!(of_fit(256), of_fit(32), "what three more epochs allocate");
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(check);
}

#[test]
fn real_mlp_allocates_as_often_whatever_the_number_of_its_steps() {
    const ROWS: usize = 640;
    let of_fit = |batch: usize, kind: usize, epochs: usize| {
        let names = (0..COLUMNS).map(|column| column.to_string()).collect();
        let features = Features::new(ROWS, names, numbers(ROWS * COLUMNS, 4).collect());
        let (target, _) = targets(ROWS)[kind].clone();
        let examples = Dataset::new(features, target);
        // A calibration allocates as often as it takes iterations.
        let own = RealMlp { calibrate: false, ..RealMlp::default() };
        let mlp = RealMlp { hidden: vec![32, 32], batch: Some(batch), epochs: Some(epochs), ..own };
        allocations(|| assert!(mlp.fit(&examples).is_ok()))
    };
    let check = || {
        for kind in 0..3 {
            // What three more epochs allocate does not depend on their steps, 2 or 16 each; an epoch that is the best so far
            // keeps its weights.
            let of_epochs = |batch: usize| of_fit(batch, kind, 6) - of_fit(batch, kind, 3);
            let (few, many) = (of_epochs(256), of_epochs(32));
            assert!(few.abs_diff(many) <= 3 * 3, "target {kind}: {few} {many}");
        }
    };
    rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(check);
}

#[test]
fn what_allocates_is_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
    assert!(
        allocations(|| drop((0..100).fold(Vec::new(), |mut all, n| {
            all.push(n);
            all
        }))) > 1
    );
    assert_eq!(allocations(|| ()), 0);
}
