//! The same jobs by Pipewright and by other tools: whole processes in alternation, and what was aimed at.
//!
//! `seed-*`: read a table, fill by means, standardise, train a 64-32-1 network for 10 epochs with Adam. The peers then
//! predict the training rows, which is a small part of their time; Pipewright saves the model, and `and-predict` adds
//! a second process that predicts. `start`: to the first row of a file of three. `folds-*`: the same network in
//! ten-fold cross-validation.

use super::Options;
use super::measure::{Call, Neighbours, Outcome, mean, median};
use crate::ci::cargo;
use crate::project::root;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn run(options: &Options) -> Result<(), String> {
    let environment = Environment::find(options)?;
    let mut jobs = environment.jobs();
    choose(&mut jobs, &options.only)?;
    let neighbours = Neighbours::watch();
    for job in &mut jobs {
        job.run(options.rounds);
    }
    print_table(&jobs);
    print!("\n{}", neighbours.report());
    println!("\ngoals");
    GOALS.iter().for_each(|goal| println!("  {}", goal.verdict(&jobs)));
    Ok(())
}

/// Where everything is.
struct Environment {
    /// The program that is measured.
    binary: PathBuf,
    /// Of the peers: `venv`, `data`, `rs`.
    root: PathBuf,
    scripts: PathBuf,
    /// A fresh folder for what is written, removed at the end.
    scratch: PathBuf,
}

impl Drop for Environment {
    fn drop(&mut self) {
        // What stays behind in the system's folder for such things does no harm.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

impl Environment {
    fn find(options: &Options) -> Result<Environment, String> {
        let given = options.root.clone().or_else(|| std::env::var_os("PEERS_ROOT").map(PathBuf::from));
        let given = given.ok_or("say where the peers are: --root DIR or PEERS_ROOT; see xtask/peers/README.md")?;
        let root_folder = fs::canonicalize(&given).map_err(|error| format!("{}: {error}", given.display()))?;
        let binary = options.binary.clone().map_or_else(build, Ok)?;
        let binary = fs::canonicalize(&binary).map_err(|error| format!("{}: {error}", binary.display()))?;
        let scratch = std::env::temp_dir().join(format!("pipewright-bench-{}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let environment = Environment { binary, root: root_folder, scripts: root().join("xtask/peers"), scratch };
        environment.make_data()?;
        Ok(environment)
    }

    /// Files of the peers that are missing are made with fixed seeds; the file for `start` is made anew.
    fn make_data(&self) -> Result<(), String> {
        if ["small", "mid"].iter().any(|name| !Path::new(&self.data(name)).exists()) {
            eprintln!("making the data");
            Call::new(self.python(), &[&self.script("data"), &path_text(&self.root.join("data"))]).run()?;
        }
        fs::write(self.scratch.join("three.csv"), "a,b\n1,2\n3,4\n5,6\n").map_err(|error| format!("three.csv: {error}"))
    }

    fn data(&self, name: &str) -> String {
        path_text(&self.root.join(format!("data/{name}.csv")))
    }

    fn python(&self) -> PathBuf {
        self.root.join("venv/bin/python")
    }

    fn script(&self, name: &str) -> String {
        path_text(&self.scripts.join(format!("{name}.py")))
    }

    fn jobs(&self) -> Vec<Job> {
        let job = |name, rounds, tools| Job { name, rounds, tools };
        let (small, mid) = (self.data("small"), self.data("mid"));
        let three = path_text(&self.scratch.join("three.csv"));
        let start = self.pipewright(&format!("load {three} | head 1 | show"), &[]);
        vec![
            job("start", 5, vec![Tool::new("pipewright", vec![start])]),
            job("seed-small", 5, self.seed(&small)),
            job("seed-mid", 3, self.seed(&mid)),
            job("folds-small", 5, self.folds(&small)),
            job("folds-mid", 3, self.folds(&mid)),
        ]
    }

    fn seed(&self, file: &str) -> Vec<Tool> {
        let model = path_text(&self.scratch.join("model.pw"));
        let script = format!("{NETWORK} | save {model}");
        let train = |arguments: &[&str]| self.pipewright(&script, &[&[file], arguments].concat());
        let predict = self.pipewright(&format!("load | predict {model} | show"), &[file]);
        // Pipewright's own table of predictions is judged here, outside of the time.
        let table = format!("load | predict {model} proba=true keep=[target] | write -");
        let judged = |tool: Tool| Tool { judge: Some(self.pipewright(&table, &[file])), ..tool };
        vec![
            judged(Tool::new("pipewright", vec![train(&[])])),
            judged(Tool::new("pipewright-1t", vec![train(&["--threads", "1"])])),
            // A second process reads the file once more and predicts, which the peers do in the first.
            judged(Tool::new("and-predict", vec![train(&[]), predict])),
            self.python_peer("sklearn", file),
            self.python_peer("torch", file),
            self.python_peer("jax", file),
            self.python_peer("keras", file),
            self.rust_peer("candle", file),
            self.rust_peer("burn", file),
        ]
    }

    fn folds(&self, file: &str) -> Vec<Tool> {
        let script = format!("{NETWORK} | eval kfold 10");
        let call = |threads| self.pipewright(&script, &[file, "--json", "--threads", threads]);
        vec![Tool::new("pipewright", vec![call("1")]), Tool::new("pipewright-2t", vec![call("2")])]
    }

    fn pipewright(&self, script: &str, arguments: &[&str]) -> Call {
        Call::new(&self.binary, &[&["-c", script], arguments].concat())
    }

    fn python_peer(&self, name: &'static str, file: &str) -> Tool {
        let find = format!("import importlib.util; raise SystemExit(importlib.util.find_spec('{name}') is None)");
        let call = Call::new(self.python(), &[&self.script(&format!("mlp_{name}")), file]);
        Tool { probe: Some(Call::new(self.python(), &["-c", &find])), ..Tool::new(name, vec![call]) }
    }

    fn rust_peer(&self, name: &'static str, file: &str) -> Tool {
        let program = self.root.join(format!("rs/target/release/{name}_mlp"));
        let trouble = (!program.exists()).then(|| MISSING.to_owned());
        // With more threads both are slower on batches of 32 rows.
        let call = Call::new(program, &["seed", file, "target"]).variable("RAYON_NUM_THREADS", "1");
        Tool { trouble, ..Tool::new(name, vec![call]) }
    }
}

const NETWORK: &str = "load | target target | fillna mean | scale | train mlp[64,32,1](recipe=plain) epochs=10";

/// Builds the program; where cargo puts it, this one lies too, in the folder of another profile.
fn build() -> Result<PathBuf, String> {
    cargo(&["build", "--release", "-p", "pipewright-cli"])?;
    let own = std::env::current_exe().map_err(|error| format!("the path of xtask: {error}"))?;
    let target = own.ancestors().nth(2).ok_or("xtask lies outside of a target folder")?;
    Ok(target.join("release").join(format!("pipewright{}", std::env::consts::EXE_SUFFIX)))
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

const MISSING: &str = "missing";

/// A job, and who does it.
struct Job {
    name: &'static str,
    rounds: usize,
    tools: Vec<Tool>,
}

/// A tool at a job, and what was measured.
struct Tool {
    name: &'static str,
    /// Fails where the tool is not installed.
    probe: Option<Call>,
    /// One after the other; their times are added.
    calls: Vec<Call>,
    /// Tells the quality, if the last call does not.
    judge: Option<Call>,
    walls: Vec<f64>,
    cpus: Vec<f64>,
    quality: Option<Quality>,
    /// Why it is not measured.
    trouble: Option<String>,
}

/// Of the predicted training rows, or the means of the folds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Quality {
    accuracy: f64,
    log_loss: f64,
}

impl Job {
    /// In alternation, so that what disturbs the machine for a while disturbs all alike.
    fn run(&mut self, rounds: Option<usize>) {
        for tool in &mut self.tools {
            if tool.probe.as_ref().is_some_and(|probe| probe.run().is_err()) {
                tool.trouble = Some(MISSING.to_owned());
            }
        }
        for round in 1..=rounds.unwrap_or(self.rounds) {
            for tool in self.tools.iter_mut().filter(|tool| tool.trouble.is_none()) {
                tool.trouble = tool.run(round == 1).err();
                let said = tool.trouble.clone().unwrap_or_else(|| seconds(tool.walls.last().copied()));
                eprintln!("{} {round} {}: {said}", self.name, tool.name);
            }
        }
    }
}

impl Tool {
    fn new(name: &'static str, calls: Vec<Call>) -> Tool {
        Tool { name, probe: None, calls, judge: None, walls: vec![], cpus: vec![], quality: None, trouble: None }
    }

    fn run(&mut self, judges: bool) -> Result<(), String> {
        let outcomes = self.calls.iter().map(Call::run).collect::<Result<Vec<Outcome>, String>>()?;
        self.walls.push(outcomes.iter().map(|outcome| outcome.wall).sum());
        self.cpus.extend(outcomes.iter().map(|outcome| outcome.cpu).sum::<Option<f64>>());
        if judges {
            let judged = self.judge.as_ref().map(Call::run).transpose()?;
            self.quality = judged.as_ref().or(outcomes.last()).and_then(|outcome| Quality::read(&outcome.output));
        }
        Ok(())
    }
}

impl Quality {
    /// From what a tool has written: a JSON object with both numbers, the report of `eval`, or a table of predictions.
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
            // As the peers do, so that one sure mistake is not everything.
            loss -= probability.clamp(1e-7, 1.0 - 1e-7).ln();
        }
        (rows > 0.0).then(|| Quality { accuracy: hits / rows, log_loss: loss / rows })
    }
}

/// Keeps the jobs and the tools that are named, all of a kind of which none is named.
fn choose(jobs: &mut Vec<Job>, only: &[String]) -> Result<(), String> {
    let (by_job, by_tool): (Vec<&String>, Vec<&String>) =
        only.iter().partition(|name| jobs.iter().any(|job| job.name == name.as_str()));
    let is_tool = |name: &str| jobs.iter().any(|job| job.tools.iter().any(|tool| tool.name == name));
    if let Some(name) = by_tool.iter().find(|name| !is_tool(name)) {
        return Err(format!("`{name}` is neither a job nor a tool"));
    }
    let keeps = |names: &[&String], name: &str| names.is_empty() || names.iter().any(|other| *other == name);
    jobs.retain(|job| keeps(&by_job, job.name));
    jobs.iter_mut().for_each(|job| job.tools.retain(|tool| keeps(&by_tool, tool.name)));
    Ok(())
}

/// The wall time of a tool at a job.
fn wall(jobs: &[Job], job: &str, tool: &str) -> Option<f64> {
    let job = jobs.iter().find(|other| other.name == job)?;
    median(&job.tools.iter().find(|other| other.name == tool)?.walls)
}

fn print_table(jobs: &[Job]) {
    println!(
        "{:<12} {:<14} {:>10} {:>10} {:>10} {:>8} {:>9} {:>9}",
        "job", "tool", "median s", "min s", "CPU s", "ratio", "accuracy", "log loss"
    );
    for job in jobs {
        for tool in &job.tools {
            print!("{:<12} {:<14} ", job.name, tool.name);
            if let Some(trouble) = &tool.trouble {
                println!("{trouble}");
                continue;
            }
            let middle = median(&tool.walls);
            let ratio = middle.zip(wall(jobs, job.name, "pipewright")).map(|(wall, own)| wall / own);
            println!(
                "{:>10} {:>10} {:>10} {:>8} {:>9} {:>9}",
                seconds(middle),
                seconds(tool.walls.iter().copied().reduce(f64::min)),
                seconds(mean(&tool.cpus)),
                ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
                tool.quality.map_or("-".to_owned(), |quality| format!("{:.4}", quality.accuracy)),
                tool.quality.map_or("-".to_owned(), |quality| format!("{:.4}", quality.log_loss)),
            );
        }
    }
}

fn seconds(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.4}"))
}

/// What was aimed at.
enum Goal {
    /// At this job, one tool takes at least so many times as long as another.
    Ratio { job: &'static str, slow: &'static str, fast: &'static str, least: f64 },
    /// At this job, Pipewright takes less.
    Below { job: &'static str, seconds: f64 },
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
    Goal::Ratio { job: "folds-mid", slow: "pipewright", fast: "pipewright-2t", least: 1.7 },
];

impl Goal {
    fn verdict(&self, jobs: &[Job]) -> String {
        let (text, found) = match *self {
            Goal::Ratio { job, slow, fast, least } => {
                let ratio = wall(jobs, job, slow).zip(wall(jobs, job, fast)).map(|(slow, fast)| slow / fast);
                let found = ratio.map(|ratio| (ratio >= least, format!("{ratio:.2}")));
                (format!("{job}: {slow} / {fast} ≥ {least}"), found)
            }
            Goal::Below { job, seconds } => {
                let found = wall(jobs, job, "pipewright");
                let found = found.map(|wall| (wall < seconds, format!("{:.1} ms", 1000.0 * wall)));
                (format!("{job}: pipewright < {:.0} ms", 1000.0 * seconds), found)
            }
        };
        match found {
            Some((true, value)) => format!("{text:<46} reached: {value}"),
            Some((false, value)) => format!("{text:<46} missed: {value}"),
            None => format!("{text:<46} not measured"),
        }
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

    #[test]
    fn goals_are_judged_by_medians() {
        let tool = |name, walls: &[f64]| Tool { walls: walls.to_vec(), ..Tool::new(name, vec![]) };
        let tools = vec![tool("pipewright", &[3.5, 9.0, 1.0]), tool("pipewright-2t", &[2.0])];
        let jobs = [Job { name: "folds-mid", rounds: 3, tools }];
        let verdicts: Vec<String> = GOALS.iter().map(|goal| goal.verdict(&jobs)).collect();
        assert!(verdicts.last().is_some_and(|verdict| verdict.ends_with("reached: 1.75")), "{verdicts:?}");
        assert!(verdicts[0].ends_with("not measured"), "{verdicts:?}");
    }

    #[test]
    fn only_names_jobs_and_tools() {
        let job = |name| Job { name, rounds: 1, tools: ["a", "b"].map(|tool| Tool::new(tool, vec![])).into() };
        let mut jobs = vec![job("one"), job("two")];
        assert!(choose(&mut jobs, &["c".to_owned()]).is_err());
        choose(&mut jobs, &["two".to_owned(), "a".to_owned()]).expect("both are known");
        assert_eq!((jobs.len(), jobs[0].name, jobs[0].tools.len()), (1, "two", 1));
    }
}
