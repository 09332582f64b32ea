//! burn on its CPU backend `flex`.

use burn::nn::{Linear, LinearConfig, Relu, loss::BinaryCrossEntropyLossConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::prelude::*;
use burn::tensor::activation::sigmoid;
use job::{CHUNK, EPOCHS, EPSILON, Examples, HIDDEN, Predict, RATE, batches};

fn main() {
    job::run(train);
}

#[derive(Module, Debug)]
struct Mlp {
    first: Linear,
    second: Linear,
    last: Linear,
    relu: Relu,
}

impl Mlp {
    fn new(width: usize, device: &Device) -> Self {
        let linear = |inputs, outputs| LinearConfig::new(inputs, outputs).init(device);
        let [first, second] = HIDDEN;
        Mlp { first: linear(width, first), second: linear(first, second), last: linear(second, 1), relu: Relu::new() }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = self.relu.forward(self.first.forward(x));
        let x = self.relu.forward(self.second.forward(x));
        self.last.forward(x)
    }
}

fn matrix(values: Vec<f32>, width: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / width;
    Tensor::from_data(TensorData::new(values, [rows, width]), device)
}

fn train(examples: &Examples) -> Predict {
    let device = Device::flex().autodiff();
    device.seed(1);
    let width = examples.width;
    let mut model = Mlp::new(width, &device);
    let mut optimizer = AdamConfig::new().with_epsilon(EPSILON as f32).init();
    let loss = BinaryCrossEntropyLossConfig::new().with_logits(true).init(&device);
    let mut epoch = batches(examples.target.len());
    for _ in 0..EPOCHS {
        for rows in epoch() {
            let (features, target) = examples.batch(&rows);
            let target: Vec<i64> = target.into_iter().map(|value| value as i64).collect();
            let target: Tensor<2, Int> = Tensor::from_data(TensorData::new(target, [rows.len(), 1]), &device);
            let loss = loss.forward(model.forward(matrix(features, width, &device)), target);
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimizer.step(RATE, model, gradients);
        }
    }
    let model = model.valid();
    Box::new(move |features| {
        let device = Device::flex();
        let chunks = features.chunks(width * CHUNK).map(|chunk| model.forward(matrix(chunk.to_vec(), width, &device)));
        chunks.flat_map(|logits| sigmoid(logits).into_data().try_to_vec::<f32>().expect("floats")).collect()
    })
}
