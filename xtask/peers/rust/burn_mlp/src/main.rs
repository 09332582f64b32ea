//! burn on its CPU backend `flex`.

use burn::nn::{Linear, LinearConfig, Relu, loss::BinaryCrossEntropyLossConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::activation::sigmoid;
use job::{CHUNK, EPSILON, Examples, Job, Predict, RATE};

fn main() {
    job::run(train);
}

#[derive(Module, Debug)]
struct Mlp {
    hidden: Vec<Linear>,
    last: Linear,
    relu: Relu,
}

impl Mlp {
    fn new(width: usize, layers: &[usize], device: &Device) -> Self {
        let inputs = [&[width], layers].concat();
        let layer = |(&inputs, &units)| LinearConfig::new(inputs, units).init(device);
        let mut hidden: Vec<Linear> = inputs.iter().zip(layers).map(layer).collect();
        let last = hidden.pop().expect("a layer");
        Mlp { hidden, last, relu: Relu::new() }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.hidden.iter().fold(x, |x, layer| self.relu.forward(layer.forward(x)));
        self.last.forward(x)
    }
}

fn matrix(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / width;
    Tensor::from_data(TensorData::new(values, [rows, width]), device)
}

fn train(job: &Job, examples: &Examples, batches: &mut dyn Iterator<Item = Vec<usize>>) -> Predict {
    let device = Device::flex().autodiff();
    device.seed(1);
    let width = examples.width;
    let mut model = Mlp::new(width, &job.layers, &device);
    let mut optimizer = AdamConfig::new().with_epsilon(EPSILON as f32).init();
    let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&device);
    for rows in batches {
        let (features, target) = examples.batch(&rows);
        let target: Vec<i64> = target.into_iter().map(|value| value as i64).collect();
        let target: Tensor<2, Int> = Tensor::from_data(TensorData::new(target, [rows.len(), 1]), &device);
        let loss = loss.forward(model.forward(matrix(features, width, &device)), target);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(RATE, model, gradients);
    }
    let model = model.valid();
    Box::new(move |features| {
        let device = Device::flex();
        let chunks = features.chunks(width * CHUNK).map(|chunk| model.forward(matrix(chunk.to_vec(), width, &device)));
        chunks.flat_map(|logits| sigmoid(logits).into_data().try_to_vec::<f32>().expect("floats")).collect()
    })
}
