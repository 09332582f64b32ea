//! Benchmarks of the network.
//!
//! `seed-*`: read a table, impute means, standardise, train a 64-32-1 network for 10 epochs with Adam. The peers then
//! predict the training rows, a small part of their time; Pipewright saves the model, and `and-predict` adds a second
//! process that predicts. `start`: time to the first row of a three-row file. `folds-*`: the same network in ten-fold
//! cross-validation. `small-*`, `large-*`: training only.

use super::Family;
use super::environment::Environment;
use super::job::{Goal, Job, Tool};
use super::measure::Call;
use super::training;
use serde_json::Value as Json;

pub(super) static FAMILY: Family = Family { name: "mlp", files: &["small.csv", "mid.csv"], jobs, goals: GOALS };

fn jobs(environment: &Environment) -> Result<Vec<Job>, String> {
    let job = |name, rounds, tools| Job { name, rounds, own: "pipewright", tools };
    let (small, mid) = (environment.data("small.csv"), environment.data("mid.csv"));
    let start = environment.pipewright(&format!("load {} | head 1 | show", environment.scratch("three.csv")), &[])?;
    let mut jobs = vec![
        job("start", 5, vec![Tool::new("pipewright", vec![start])]),
        job("seed-small", 5, seed(environment, &small)?),
        job("seed-mid", 3, seed(environment, &mid)?),
        job("folds-small", 5, folds(environment, &small)?),
        job("folds-mid", 3, folds(environment, &mid)?),
    ];
    jobs.extend(training::jobs(environment)?);
    Ok(jobs)
}

const NETWORK: &str = "load | target target | fillna mean | scale | train mlp[64,32,1](recipe=plain) epochs=10";

fn seed(environment: &Environment, file: &str) -> Result<Vec<Tool>, String> {
    let model = environment.scratch("model.pw");
    let script = format!("{NETWORK} | save {model}");
    let train = |arguments: &[&str]| environment.pipewright(&script, &[&[file], arguments].concat());
    let predict = environment.pipewright(&format!("load | predict {model} | show"), &[file])?;
    // Pipewright's own table of predictions is scored here, outside of the measured time.
    let table = format!("load | predict {model} proba=true keep=[target] | write -");
    let judge = environment.pipewright(&table, &[file])?;
    let judged = |name, calls| Tool { judge: Some(judge.clone()), read: quality, ..Tool::new(name, calls) };
    Ok(vec![
        judged("pipewright", vec![train(&[])?]),
        judged("pipewright-1t", vec![train(&["--threads", "1"])?]),
        // A second process reads the file again and predicts, which the peers do in the first.
        judged("and-predict", vec![train(&[])?, predict]),
        python_peer(environment, "sklearn", file),
        python_peer(environment, "torch", file),
        python_peer(environment, "jax", file),
        python_peer(environment, "keras", file),
        rust_peer(environment, "candle", file),
        rust_peer(environment, "burn", file),
    ])
}

fn folds(environment: &Environment, file: &str) -> Result<Vec<Tool>, String> {
    let script = format!("{NETWORK} | eval kfold 10");
    let tool = |name, threads| -> Result<Tool, String> {
        let call = environment.pipewright(&script, &[file, "--json", "--threads", threads])?;
        Ok(Tool { read: quality, ..Tool::new(name, vec![call]) })
    };
    Ok(vec![tool("pipewright", "1")?, tool("pipewright-2t", "2")?])
}

fn python_peer(environment: &Environment, name: &'static str, file: &str) -> Tool {
    let call = Call::new(environment.python(), &[&environment.script(&format!("mlp_{name}")), file]);
    Tool { probe: Some(environment.probe(name)), read: quality, ..Tool::new(name, vec![call]) }
}

fn rust_peer(environment: &Environment, name: &'static str, file: &str) -> Tool {
    // With more threads both are slower with batches of 32 rows.
    let (call, trouble) = environment.rust_peer(name, &[file], "1");
    Tool { trouble, read: quality, ..Tool::new(name, vec![call]) }
}

const GOALS: &[Goal] = &[
    Goal::Below { job: "start", seconds: 0.020 },
    Goal::Ratio { job: "seed-small", slow: "sklearn", fast: "pipewright", least: 50.0 },
    Goal::Ratio { job: "seed-small", slow: "torch", fast: "pipewright", least: 50.0 },
    Goal::Ratio { job: "seed-small", slow: "burn", fast: "pipewright", least: 1.0 },
    Goal::Ratio { job: "seed-small", slow: "candle", fast: "pipewright", least: 1.0 },
    Goal::Ratio { job: "seed-mid", slow: "sklearn", fast: "pipewright", least: 20.0 },
    Goal::Ratio { job: "seed-mid", slow: "torch", fast: "pipewright", least: 20.0 },
    Goal::Ratio { job: "seed-mid", slow: "burn", fast: "pipewright", least: 5.0 },
    Goal::Ratio { job: "seed-mid", slow: "candle", fast: "pipewright", least: 5.0 },
    Goal::Ratio { job: "folds-mid", slow: "pipewright", fast: "pipewright-2t", least: 1.8 },
    Goal::Best { job: "small-32", fast: "learn", least: 8.0 },
    Goal::Best { job: "small-256", fast: "learn", least: 1.2 },
    Goal::Best { job: "small-1024", fast: "learn", least: 1.2 },
    Goal::Best { job: "large-32", fast: "learn", least: 2.0 },
    Goal::Best { job: "large-256", fast: "learn", least: 1.2 },
    Goal::Best { job: "large-1024", fast: "learn", least: 1.2 },
    Goal::Ratio { job: "infer", slow: "onnx-2t", fast: "learn-2t", least: 2.0 },
];

/// Extracts accuracy and log loss from a tool's output, as text.
fn quality(output: &str) -> Option<String> {
    let Quality { accuracy, log_loss } = Quality::read(output)?;
    Some(format!("accuracy {accuracy:.4}, log loss {log_loss:.4}"))
}

/// Scores of the predicted training rows, or the means over folds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quality {
    accuracy: f64,
    log_loss: f64,
}

impl Quality {
    /// Parses a tool's output: a JSON object with both numbers, the report of `eval`, or a table of predictions.
    fn read(output: &str) -> Option<Quality> {
        let Ok(json) = serde_json::from_str::<Json>(output) else { return Quality::of_table(output) };
        let metrics = &json["results"][0]["metrics"];
        let number = |name: &str| json[name].as_f64().or(metrics[name]["mean"].as_f64());
        Some(Quality { accuracy: number("accuracy")?, log_loss: number("log_loss")? })
    }

    /// Columns: the true class, 0 or 1; the predicted one; the probabilities of 0 and 1.
    fn of_table(csv: &str) -> Option<Quality> {
        let (mut rows, mut hits, mut loss) = (0.0, 0.0, 0.0);
        for line in csv.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let [truth, predicted, zero, one] = fields[..] else { return None };
            let probability: f64 = if truth == "1" { one } else { zero }.parse().ok()?;
            rows += 1.0;
            hits += f64::from(truth == predicted);
            // Clipped as in the peers, so that one confident error does not dominate.
            loss -= probability.clamp(1e-7, 1.0 - 1e-7).ln();
        }
        (rows > 0.0).then(|| Quality { accuracy: hits / rows, log_loss: loss / rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_is_read_from_all_that_tools_write() {
        let expected = Some(Quality { accuracy: 0.5, log_loss: 2.0_f64.ln() });
        assert_eq!(Quality::read("target,prediction,p(0),p(1)\n0,0,0.5,0.5\n1,0,0.5,0.5\n"), expected);
        let expected = Some(Quality { accuracy: 0.75, log_loss: 0.5 });
        assert_eq!(Quality::read("{\"accuracy\": 0.75, \"log_loss\": 0.5}\n"), expected);
        let eval = r#"{"results": [{"metrics": {"accuracy": {"mean": 0.75}, "log_loss": {"mean": 0.5}}}]}"#;
        assert_eq!(Quality::read(eval), expected);
        assert_eq!(Quality::read("a  b\n1  2\n"), None);
    }
}
