//! The job around a network: read, fill by means, standardise, train, predict the training rows, report. As `job.py`:
//!
//!     TOOL_mlp FILE [LAYERS BATCH EPOCHS]
//!
//! as in `mid.csv 64,32,1 32 10`. The number of threads is rayon's, by its variable.

use csv::{ByteRecord, ReaderBuilder};
use std::time::Instant;

/// The learning rate of Adam.
pub const RATE: f64 = 1e-3;
/// The epsilon of Adam.
pub const EPSILON: f64 = 1e-7;
/// Rows that are predicted at once.
pub const CHUNK: usize = 8192;

/// What is trained, and how long.
pub struct Job {
    /// Units of the layers, the output's last.
    pub layers: Vec<usize>,
    /// Rows a step.
    batch: usize,
    /// Passes over the rows.
    epochs: usize,
}

/// From features, row after row, to probabilities of class 1.
pub type Predict = Box<dyn Fn(&[f32]) -> Vec<f32>>;

/// Rows of `width` standardised features, and the target, 0 or 1.
pub struct Examples {
    pub width: usize,
    pub features: Vec<f32>,
    pub target: Vec<f32>,
}

/// Does the job of the command line and prints accuracy and log loss as JSON, and the seconds of an epoch after one that
/// warms up. `train` gets the batches of all epochs, in ever new order.
pub fn run(train: impl FnOnce(&Job, &Examples, &mut dyn Iterator<Item = Vec<usize>>) -> Predict) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (file, layers, batch, epochs) = match &arguments[..] {
        [file] => (file, "64,32,1", "32", "10"),
        [file, layers, batch, epochs] => (file, &**layers, &**batch, &**epochs),
        _ => panic!("usage: FILE [LAYERS BATCH EPOCHS]"),
    };
    let number = |text: &str| text.parse().expect("a whole number");
    let job = Job { layers: layers.split(',').map(number).collect(), batch: number(batch), epochs: number(epochs) };
    let examples = Examples::read(file);
    let mut order = Order::new(examples.target.len());
    let mut laps = Vec::new();
    // What is between the last batch of an epoch and the first of the next is the epoch's.
    let mut batches = (0..job.epochs).flat_map(|_| {
        laps.push(Instant::now());
        order.shuffle().chunks(job.batch).map(<[usize]>::to_vec).collect::<Vec<_>>()
    });
    let predict = train(&job, &examples, &mut batches);
    drop(batches);
    laps.push(Instant::now());
    report(&predict(&examples.features), &examples.target, &laps);
}

impl Examples {
    fn read(file: &str) -> Examples {
        let (names, mut columns) = read(file);
        let place = names.iter().position(|name| name == "target").expect("the target is a column");
        let target = columns.remove(place).into_iter().map(|value| value as f32).collect();
        columns.iter_mut().for_each(|column| standardise(column));
        let rows = columns[0].len();
        let features = (0..rows).flat_map(|row| columns.iter().map(move |column| column[row] as f32)).collect();
        Examples { width: columns.len(), features, target }
    }

    /// The features and the target of these rows.
    pub fn batch(&self, rows: &[usize]) -> (Vec<f32>, Vec<f32>) {
        let features = rows.iter().flat_map(|row| &self.features[row * self.width..][..self.width]);
        (features.copied().collect(), rows.iter().map(|&row| self.target[row]).collect())
    }
}

/// Names and columns; what is blank is not a number.
fn read(file: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let mut reader = ReaderBuilder::new().buffer_capacity(1 << 20).from_path(file).expect("the file can be read");
    let names: Vec<String> = reader.headers().expect("a head").iter().map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); names.len()];
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).expect("a row") {
        for (column, field) in columns.iter_mut().zip(&record) {
            column.push(fast_float2::parse(field).unwrap_or(f64::NAN));
        }
    }
    (names, columns)
}

/// Fills what is missing with the mean; then mean 0 and standard deviation 1.
fn standardise(column: &mut [f64]) {
    let known = column.iter().filter(|value| !value.is_nan());
    let mean = known.clone().sum::<f64>() / known.count() as f64;
    column.iter_mut().for_each(|value| *value = if value.is_nan() { 0.0 } else { *value - mean });
    let deviation = (column.iter().map(|value| value * value).sum::<f64>() / column.len() as f64).sqrt();
    column.iter_mut().for_each(|value| *value /= deviation);
}

/// The rows, in ever new order.
struct Order {
    rows: Vec<usize>,
    random: u64,
}

impl Order {
    fn new(rows: usize) -> Self {
        Order { rows: (0..rows).collect(), random: 7 }
    }

    fn shuffle(&mut self) -> &[usize] {
        for last in (1..self.rows.len()).rev() {
            // Xorshift (Marsaglia 2003, 13-7-17).
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            self.rows.swap(last, (self.random % (last as u64 + 1)) as usize);
        }
        &self.rows
    }
}

fn report(probabilities: &[f32], target: &[f32], laps: &[Instant]) {
    let rows = target.len() as f64;
    let pairs = || probabilities.iter().map(|&p| f64::from(p)).zip(target.iter().map(|&y| y > 0.5));
    let accuracy = pairs().filter(|(p, y)| (*p > 0.5) == *y).count() as f64 / rows;
    let losses = pairs().map(|(p, y)| -(if y { p } else { 1.0 - p }).clamp(1e-7, 1.0 - 1e-7).ln());
    let log_loss = losses.sum::<f64>() / rows;
    let [_, warm, .., last] = laps else { panic!("one epoch warms up, at least one is measured") };
    let seconds = (*last - *warm).as_secs_f64() / (laps.len() - 2) as f64;
    println!(
        r#"{{"accuracy": {accuracy}, "log_loss": {log_loss}, "result": "log loss {log_loss:.3}", "seconds": {seconds}}}"#
    );
}
