//! candle on the CPU.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, ops};
use job::{CHUNK, EPSILON, Examples, Job, Predict, RATE};

fn main() {
    job::run(|job, examples, batches| train(job, examples, batches).expect("shapes fit"));
}

struct Mlp(Vec<Linear>);

impl Mlp {
    fn new(width: usize, layers: &[usize], variables: &VarBuilder) -> Result<Self> {
        let inputs = [&[width], layers].concat();
        let layer = |(place, (&inputs, &units))| linear(inputs, units, variables.pp(place));
        Ok(Mlp(inputs.iter().zip(layers).enumerate().map(layer).collect::<Result<_>>()?))
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (last, hidden) = self.0.split_last().expect("a layer");
        let x = hidden.iter().try_fold(x.clone(), |x, layer| layer.forward(&x)?.relu())?;
        last.forward(&x)
    }
}

/// The mean of max(z, 0) - z y + ln(1 + exp(-|z|)). candle's own loss takes the logarithm of a probability, which
/// rounds to 0 for sure predictions: the training then ends in what is not a number.
fn cross_entropy(z: &Tensor, y: &Tensor) -> Result<Tensor> {
    let softplus = (z.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((z.relu()? - (z * y)?)? + softplus)?.mean_all()
}

fn train(job: &Job, examples: &Examples, batches: &mut dyn Iterator<Item = Vec<usize>>) -> Result<Predict> {
    let width = examples.width;
    let variables = VarMap::new();
    let model = Mlp::new(width, &job.layers, &VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu))?;
    let settings = ParamsAdamW { lr: RATE, eps: EPSILON, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(variables.all_vars(), settings)?;
    for rows in batches {
        let (features, target) = examples.batch(&rows);
        let features = Tensor::from_vec(features, (rows.len(), width), &Device::Cpu)?;
        let target = Tensor::from_vec(target, (rows.len(), 1), &Device::Cpu)?;
        optimizer.backward_step(&cross_entropy(&model.forward(&features)?, &target)?)?;
    }
    let predict = move |chunk: &[f32]| -> Result<Vec<f32>> {
        let features = Tensor::from_slice(chunk, (chunk.len() / width, width), &Device::Cpu)?;
        ops::sigmoid(&model.forward(&features)?)?.flatten_all()?.to_vec1()
    };
    Ok(Box::new(move |features| {
        features.chunks(width * CHUNK).flat_map(|chunk| predict(chunk).expect("shapes fit")).collect()
    }))
}
