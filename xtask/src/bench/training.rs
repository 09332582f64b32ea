//! Training speed of networks: a small and a large one, with three batch sizes, on one thread and on two. Each program
//! reports the seconds per epoch of 100,000 rows, after a warm-up epoch.

use super::environment::Environment;
use super::estimators::timed;
use super::job::{Job, Tool};
use super::measure::Call;

/// Name of the job, layers, rows of a batch, epochs.
const TRAININGS: [(&str, &str, &str, &str); 6] = [
    ("small-32", "64,32,1", "32", "4"),
    ("small-256", "64,32,1", "256", "6"),
    ("small-1024", "64,32,1", "1024", "6"),
    ("large-32", "256,256,256,1", "32", "2"),
    ("large-256", "256,256,256,1", "256", "3"),
    ("large-1024", "256,256,256,1", "1024", "3"),
];

pub(super) fn jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let file = environment.data("mid.csv");
    let job = |(name, layers, batch, epochs)| {
        let own = |name, threads| -> Result<Tool, String> {
            let call = environment.matrix_example("train", &[&file, layers, batch, epochs])?;
            Ok(timed(name, call.variable("RAYON_NUM_THREADS", threads)))
        };
        let peer = |name, package: &'static str, threads, last: &[&str]| {
            let arguments =
                [&[&environment.script(&format!("mlp_{package}")), &*file, layers, batch, epochs, threads], last];
            let call = Call::new(environment.python(), &arguments.concat()).variable("OMP_NUM_THREADS", threads);
            Tool { probe: Some(environment.probe(package)), ..timed(name, call) }
        };
        let rust = |name, package, threads| {
            let (call, trouble) = environment.rust_peer(package, &[&file, layers, batch, epochs], threads);
            Tool { trouble, ..timed(name, call) }
        };
        let tools = vec![
            own("learn", "1")?,
            own("learn-2t", "2")?,
            peer("sklearn", "sklearn", "1", &[]),
            peer("torch", "torch", "1", &[]),
            peer("torch-2t", "torch", "2", &[]),
            peer("torch-compile", "torch", "1", &["compile"]),
            peer("jax", "jax", "1", &[]),
            peer("jax-2t", "jax", "2", &[]),
            rust("candle", "candle", "1"),
            rust("candle-2t", "candle", "2"),
            rust("burn", "burn", "1"),
            rust("burn-2t", "burn", "2"),
        ];
        Ok(Job { name, rounds: 3, own: "learn", tools })
    };
    TRAININGS.into_iter().map(job).chain([inference(environment)]).collect()
}

/// Inference on a million rows with a trained network.
fn inference(environment: &Environment) -> Result<Job, String> {
    let own = |name, threads| -> Result<Tool, String> {
        Ok(timed(name, environment.matrix_example("infer", &[])?.variable("RAYON_NUM_THREADS", threads)))
    };
    let peer = |name, threads| {
        let call = Call::new(environment.python(), &[&environment.script("infer_onnx"), threads]);
        Tool { probe: Some(environment.probe("onnxruntime")), ..timed(name, call) }
    };
    let tools = vec![own("learn", "1")?, own("learn-2t", "2")?, peer("onnx", "1"), peer("onnx-2t", "2")];
    Ok(Job { name: "infer", rounds: 3, own: "learn-2t", tools })
}
