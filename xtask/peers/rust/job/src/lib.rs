//! The job around a network: read, fill by means, standardise, train, predict the training rows, report.

use csv::{ByteRecord, ReaderBuilder};

/// Units of the hidden layers.
pub const HIDDEN: [usize; 2] = [64, 32];
/// Passes over the rows.
pub const EPOCHS: usize = 10;
/// Rows a step.
pub const BATCH: usize = 32;
/// The learning rate of Adam.
pub const RATE: f64 = 1e-3;
/// The epsilon of Adam.
pub const EPSILON: f64 = 1e-7;
/// Rows that are predicted at once.
pub const CHUNK: usize = 8192;

/// From features, row after row, to probabilities of class 1.
pub type Predict = Box<dyn Fn(&[f32]) -> Vec<f32>>;

/// Rows of `width` standardised features, and the target, 0 or 1.
pub struct Examples {
    pub width: usize,
    pub features: Vec<f32>,
    pub target: Vec<f32>,
}

/// Does the job of the command line, `seed FILE TARGET`, and prints accuracy and log loss as JSON.
pub fn run(train: impl FnOnce(&Examples) -> Predict) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [job, file, target] = &arguments[..] else { panic!("usage: seed FILE TARGET") };
    assert_eq!(job, "seed");
    let examples = Examples::read(file, target);
    let predict = train(&examples);
    report(&predict(&examples.features), &examples.target);
}

impl Examples {
    fn read(file: &str, target: &str) -> Examples {
        let (names, mut columns) = read(file);
        let place = names.iter().position(|name| name == target).expect("the target is a column");
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

/// The batches of an epoch after another, in ever new order.
pub fn batches(rows: usize) -> impl FnMut() -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..rows).collect();
    let mut random = 7_u64;
    move || {
        for last in (1..rows).rev() {
            // Xorshift (Marsaglia 2003, 13-7-17).
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            order.swap(last, (random % (last as u64 + 1)) as usize);
        }
        order.chunks(BATCH).map(<[usize]>::to_vec).collect()
    }
}

fn report(probabilities: &[f32], target: &[f32]) {
    let rows = target.len() as f64;
    let pairs = || probabilities.iter().map(|&p| f64::from(p)).zip(target.iter().map(|&y| y > 0.5));
    let accuracy = pairs().filter(|(p, y)| (*p > 0.5) == *y).count() as f64 / rows;
    let losses = pairs().map(|(p, y)| -(if y { p } else { 1.0 - p }).clamp(1e-7, 1.0 - 1e-7).ln());
    println!("{{\"accuracy\": {accuracy}, \"log_loss\": {}}}", losses.sum::<f64>() / rows);
}
