//! Scores of RealMLP on tables with a column of folds.
//!
//! `cargo run --release -p pipewright-learn --example tabular -- DIRECTORY [SETTING=VALUE …]` reads each `NAME.json` of
//! the directory, `{"target": COLUMN, "classes": true}`, and `NAME.csv` with a column `fold` of whole numbers. For each
//! fold it trains on the others, and prints a line of JSON with the mean over the folds of accuracy and log loss, or of
//! the root mean squared error. `xtask/peers/quality.py` prepares such a directory and scores other tools on it.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // What a program is for; it reads files and times itself.

use pipewright_learn::data::{Categories, Column};
use pipewright_learn::metric::{ACCURACY, Judged, LOG_LOSS, RMSE};
use pipewright_learn::net::RealMlp;
use pipewright_learn::{Dataset, Features, Fit, Learner, Model, Target};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("DIRECTORY [SETTING=VALUE …]")?;
    let (mut settings, mut names) = (serde_json::to_value(RealMlp::default())?, Vec::new());
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) => settings[name] = serde_json::from_str(value)?,
            None => names.push(argument),
        }
    }
    let mlp: RealMlp = serde_json::from_value(settings)?;
    if names.is_empty() {
        for entry in std::fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
            }
        }
        names.sort();
    }
    for name in names {
        let start = Instant::now();
        let scores = score(&mlp, Path::new(&directory), &name)?;
        let seconds = start.elapsed().as_secs_f64();
        println!(r#"{{"set":"{name}","scores":{scores:?},"seconds":{seconds:.1}}}"#);
    }
    Ok(())
}

/// The mean scores over the folds.
fn score(mlp: &RealMlp, directory: &Path, name: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let (rows, folds) = read(directory, name)?;
    let count = folds.iter().max().map_or(0, |last| last + 1);
    let mut sums: Vec<f64> = Vec::new();
    for fold in 0..count {
        let part = |is_test: bool| -> Vec<u32> {
            (0..folds.len() as u32).filter(|&row| (folds[row as usize] == fold) == is_test).collect()
        };
        let (train, test) = (rows.take(&part(false)), rows.take(&part(true)));
        let model = mlp.fit_with(&train, &Fit::new().seed(fold as u64))?;
        let outputs = model.predict(&test.features)?;
        let judged = Judged::new(&test.labels, &outputs);
        let metrics =
            if matches!(test.target(), Target::Numbers(_)) { vec![&RMSE] } else { vec![&ACCURACY, &LOG_LOSS] };
        sums.resize(metrics.len(), 0.0);
        for (sum, metric) in sums.iter_mut().zip(metrics) {
            *sum += metric.score(&judged)? / count as f64;
        }
    }
    Ok(sums)
}

/// The rows of a table, and the fold of each.
fn read(directory: &Path, name: &str) -> Result<(Dataset, Vec<usize>), Box<dyn Error>> {
    let info: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(directory.join(format!("{name}.json")))?)?;
    let text = std::fs::read_to_string(directory.join(format!("{name}.csv")))?;
    let mut lines = text.lines().map(fields);
    let names = lines.next().ok_or("an empty file")?;
    let mut columns = vec![Vec::new(); names.len()];
    for line in lines {
        columns.iter_mut().zip(line).for_each(|(column, field)| column.push(field));
    }
    let place = |wanted: &str| names.iter().position(|name| name == wanted).ok_or("a column is missing");
    let target = place(info["target"].as_str().ok_or("no target")?)?;
    let fold = place("fold")?;
    let folds = columns[fold].iter().map(|fold| fold.parse()).collect::<Result<Vec<usize>, _>>()?;
    let rows = folds.len();
    let labels = if info["classes"].as_bool() == Some(true) {
        let (codes, levels) = encoded(&columns[target]);
        Target::Classes { codes, count: levels.len() }
    } else {
        Target::Numbers(columns[target].iter().map(|field| field.parse()).collect::<Result<_, _>>()?)
    };
    let inputs: Vec<usize> = (0..names.len()).filter(|&index| index != target && index != fold).collect();
    let column = |&index: &usize| {
        let number = |field: &String| if field.is_empty() { Ok(f64::NAN) } else { field.parse::<f64>() };
        match columns[index].iter().map(number).collect::<Result<Vec<f64>, _>>() {
            Ok(numbers) => Column::Dense(numbers.into()),
            Err(_) => {
                let (codes, levels) = encoded(&columns[index]);
                Column::Categories(Categories::new(codes.into(), levels.into()))
            }
        }
    };
    let kept = inputs.iter().map(|&index| names[index].clone()).collect();
    let features = Features::from_columns(rows, kept, inputs.iter().map(column).collect());
    Ok((Dataset::new(features, labels), folds))
}

/// The codes and the levels of texts; blanks are missing.
fn encoded(texts: &[String]) -> (Vec<u32>, Vec<String>) {
    let levels: Vec<String> =
        texts.iter().filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().into_iter().cloned().collect();
    let code = |text: &String| levels.binary_search(text).map_or(Categories::MISSING, |place| place as u32);
    (texts.iter().map(code).collect(), levels)
}

/// The fields of a line; those in quotes may contain commas.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            letter => fields.last_mut().expect("there is a field").push(letter),
        }
    }
    fields
}
