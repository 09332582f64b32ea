//! Other tools, each in a process that reads file after file and is restarted when it dies or times out.

use super::{Corpus, End, MEMORY_MAX, Outcome, TIME_MAX, Tool, excess};
use crate::project::root;
use serde_json::{Value as Json, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const NAMES: [&str; 4] = ["pandas", "polars", "duckdb", "pyarrow"];

/// Maximum startup time of a tool.
const START_MAX: Duration = Duration::from_secs(120);

/// Runs every tool on every file; tools that are not installed are skipped with a message.
pub(super) fn load_all(folder: &Path, corpora: &[Corpus]) -> Result<Vec<Tool>, String> {
    let mut tools = Vec::new();
    for name in NAMES {
        let Ok(mut worker) = Worker::start(folder, name) else {
            eprintln!("{name} is missing");
            continue;
        };
        let mut outcomes = Vec::new();
        for corpus in corpora {
            let mut ends = Vec::new();
            for file in &corpus.files {
                let (outcome, usable) = worker.read(file);
                if !usable {
                    worker = Worker::start(folder, name)?;
                }
                ends.push(outcome);
            }
            outcomes.push(ends);
        }
        tools.push(Tool { name: name.to_owned(), outcomes });
    }
    Ok(tools)
}

/// A running tool.
struct Worker {
    process: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have exited by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Worker {
    fn start(folder: &Path, name: &str) -> Result<Worker, String> {
        let mut process = Command::new(folder.join("venv/bin/python"))
            .arg(root().join("xtask/peers/messy.py"))
            .arg(name)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let (questions, output) = (process.stdin.take(), process.stdout.take());
        let (Some(questions), Some(output)) = (questions, output) else {
            return Err(format!("{name} has no streams"));
        };
        let (sender, answers) = channel();
        // Reading a line has no timeout, receiving from a channel does.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let worker = Worker { process, questions, answers };
        match worker.answers.recv_timeout(START_MAX) {
            Ok(_) => Ok(worker),
            Err(_) => Err(format!("{name} does not start")),
        }
    }

    /// Returns its result for a file, and whether it is still running.
    fn read(&mut self, file: &Path) -> (Outcome, bool) {
        let outcome = |end, message: String| Outcome { end, shape: None, message };
        let start = Instant::now();
        // A dead worker gives no answer either.
        let _ = writeln!(self.questions, "{}", json!(file.to_string_lossy()));
        match self.answers.recv_timeout(TIME_MAX) {
            Ok(answer) => {
                let answer: Json = serde_json::from_str(&answer).unwrap_or_default();
                let peak = answer["peak"].as_u64().unwrap_or_default();
                (judge(&answer, start.elapsed(), peak), peak <= MEMORY_MAX)
            }
            Err(RecvTimeoutError::Timeout) => (outcome(End::TooLong, String::new()), false),
            Err(RecvTimeoutError::Disconnected) => (outcome(End::Panicked, "the process died".to_owned()), false),
        }
    }
}

fn judge(answer: &Json, elapsed: Duration, peak: u64) -> Outcome {
    let end = match answer["kind"].as_str() {
        Some("read") => End::Read,
        Some("refused") => End::Refused,
        _ => End::Panicked,
    };
    let shape = answer["shape"][0].as_u64().zip(answer["shape"][1].as_u64());
    let message = answer["message"].as_str().unwrap_or_default().to_owned();
    Outcome { end: excess(elapsed, peak).unwrap_or(end), shape, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged() {
        let judged = |answer: Json, peak| judge(&answer, Duration::ZERO, peak);
        let read = judged(json!({"kind": "read", "shape": [3, 2]}), 1);
        assert_eq!((read.end, read.shape), (End::Read, Some((3, 2))));
        assert_eq!(judged(json!({"kind": "panicked"}), 1).end, End::Panicked);
        assert_eq!(judged(json!({"kind": "refused"}), 1).end, End::Refused);
        assert_eq!(judged(json!({"kind": "read"}), MEMORY_MAX + 1).end, End::TooMuchMemory);
    }
}
