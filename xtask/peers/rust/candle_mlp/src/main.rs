//! candle on the CPU.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, ops};
use job::{CHUNK, EPOCHS, EPSILON, Examples, HIDDEN, Predict, RATE, batches};

fn main() {
    job::run(|examples| train(examples).expect("shapes fit"));
}

struct Mlp {
    first: Linear,
    second: Linear,
    last: Linear,
}

impl Mlp {
    fn new(width: usize, variables: VarBuilder) -> Result<Self> {
        let [first, second] = HIDDEN;
        Ok(Mlp {
            first: linear(width, first, variables.pp("first"))?,
            second: linear(first, second, variables.pp("second"))?,
            last: linear(second, 1, variables.pp("last"))?,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.first.forward(x)?.relu()?;
        let x = self.second.forward(&x)?.relu()?;
        self.last.forward(&x)
    }
}

/// The mean of max(z, 0) - z y + ln(1 + exp(-|z|)). candle's own loss takes the logarithm of a probability, which
/// rounds to 0 for sure predictions: the training then ends in what is not a number.
fn cross_entropy(z: &Tensor, y: &Tensor) -> Result<Tensor> {
    let softplus = (z.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((z.relu()? - (z * y)?)? + softplus)?.mean_all()
}

fn train(examples: &Examples) -> Result<Predict> {
    let width = examples.width;
    let variables = VarMap::new();
    let model = Mlp::new(width, VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu))?;
    let settings = ParamsAdamW { lr: RATE, eps: EPSILON, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(variables.all_vars(), settings)?;
    let mut epoch = batches(examples.target.len());
    for _ in 0..EPOCHS {
        for rows in epoch() {
            let (features, target) = examples.batch(&rows);
            let features = Tensor::from_vec(features, (rows.len(), width), &Device::Cpu)?;
            let target = Tensor::from_vec(target, (rows.len(), 1), &Device::Cpu)?;
            optimizer.backward_step(&cross_entropy(&model.forward(&features)?, &target)?)?;
        }
    }
    let predict = move |chunk: &[f32]| -> Result<Vec<f32>> {
        let features = Tensor::from_slice(chunk, (chunk.len() / width, width), &Device::Cpu)?;
        ops::sigmoid(&model.forward(&features)?)?.flatten_all()?.to_vec1()
    };
    Ok(Box::new(move |features| {
        features.chunks(width * CHUNK).flat_map(|chunk| predict(chunk).expect("shapes fit")).collect()
    }))
}
