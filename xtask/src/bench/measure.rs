//! Timing of whole processes, and of the machine's load meanwhile.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// A process to start.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub variables: Vec<(&'static str, &'static str)>,
    /// Measure its memory? That takes another process, about a millisecond.
    pub peak: bool,
}

/// A successfully completed process.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Wall-clock time in seconds.
    pub wall: f64,
    /// CPU seconds of all its threads, with a resolution of 0.01 s, if available.
    pub cpu: Option<f64>,
    /// Peak memory in MiB, if requested and available.
    pub peak: Option<f64>,
    /// What it wrote to standard output.
    pub output: String,
}

impl Call {
    pub(super) fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Call {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Call { program: program.into(), arguments, variables: Vec::new(), peak: false }
    }

    pub(super) fn variable(mut self, name: &'static str, value: &'static str) -> Call {
        self.variables.push((name, value));
        self
    }

    pub(super) fn with_peak(self) -> Call {
        Call { peak: true, ..self }
    }

    /// Runs it to completion. Its error output is the error.
    pub(super) fn run(&self) -> Result<Outcome, String> {
        let watched = self.peak && Path::new(WATCH).exists();
        let mut command = Command::new(if watched { WATCH.as_ref() } else { self.program.as_os_str() });
        if watched {
            // The last line of standard error then reports the memory.
            command.args(["-f", "%M"]).arg(&self.program);
        }
        command.args(&self.arguments).envs(self.variables.iter().copied());
        // These settings select other kernels in numpy than a user would have.
        command.env_remove("OPENBLAS_CORETYPE").env_remove("OPENBLAS_L2_SIZE");
        // Python would write compiled files beside the scripts.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let cpu_before = children_cpu();
        let start = Instant::now();
        let output = command.output().map_err(|error| format!("{}: {error}", self.program.display()))?;
        let wall = start.elapsed().as_secs_f64();
        let cpu = cpu_before.zip(children_cpu()).map(|(before, after)| after - before);
        let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            // After the error message there are two lines of the watching process.
            let complaint = complaints.trim_end().lines().rev().nth(if watched { 2 } else { 0 });
            return Err(complaint.unwrap_or("it failed without a message").to_owned());
        }
        let kibibytes = complaints.lines().last().filter(|_| watched).and_then(|line| line.parse::<f64>().ok());
        let peak = kibibytes.map(|kibibytes| kibibytes / 1024.0);
        Ok(Outcome { wall, cpu, peak, output: String::from_utf8_lossy(&output.stdout).into_owned() })
    }
}

/// Runs a program and reports its peak memory; only system calls, which are unsafe code, know it.
const WATCH: &str = "/usr/bin/time";

/// Ticks of `/proc` per second, on all relevant architectures.
const TICKS: f64 = 100.0;

/// Returns the CPU seconds of all ended children: fields 16 and 17 of `/proc/self/stat`.
fn children_cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses and may contain spaces.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(13);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

/// Measures how busy the machine is with other processes.
pub(super) struct Neighbours {
    start: Instant,
    load: Option<f64>,
    busy: Option<f64>,
    children: Option<f64>,
}

/// Maximum average load, and number of cores used by others, for credible results.
const LOAD_MAX: f64 = 0.5;
const CORES_MAX: f64 = 0.1;

impl Neighbours {
    pub(super) fn progress() -> Neighbours {
        Neighbours { start: Instant::now(), load: load(), busy: busy_seconds(), children: children_cpu() }
    }

    /// Returns the report printed below the results.
    pub(super) fn report(&self) -> String {
        let show = |value: Option<f64>| value.map_or("unknown".to_owned(), |value| format!("{value:.2}"));
        let since = |now: Option<f64>, then: Option<f64>| now.zip(then).map(|(now, then)| now - then);
        let ours = since(children_cpu(), self.children);
        let others = since(since(busy_seconds(), self.busy), ours);
        let cores = others.map(|seconds| seconds.max(0.0) / self.start.elapsed().as_secs_f64());
        let (before, after) = (show(self.load), show(load()));
        let mut text =
            format!("load {before} before, {after} after; others kept {} cores busy meanwhile\n", show(cores));
        if self.load.is_some_and(|load| load > LOAD_MAX) || cores.is_some_and(|cores| cores > CORES_MAX) {
            text.push_str("warning: the machine was not idle, so the results are unreliable\n");
        }
        text
    }
}

/// Returns the load average of the last minute.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Returns the seconds of work of all cores since system start: user, nice, system, irq and softirq.
fn busy_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let fields = text.lines().next()?.split_whitespace().skip(1).map(|field| field.parse::<f64>().ok());
    let ticks: Vec<f64> = fields.collect::<Option<_>>()?;
    Some([0, 1, 2, 5, 6].iter().filter_map(|&field| ticks.get(field)).sum::<f64>() / TICKS)
}

/// Returns the median. `None` without values.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

/// Returns the mean, which evens out a coarse clock. `None` without values.
pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle_and_mean_the_level() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!((median(&[]), mean(&[])), (None, None));
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
    }

    #[test]
    fn what_fails_says_why() {
        assert!(Call::new("no such program", &[]).run().is_err());
        let outcome = Call::new(env!("CARGO"), &["--version"]).run().expect("cargo runs");
        assert!(outcome.output.starts_with("cargo") && outcome.wall > 0.0 && outcome.peak.is_none());
        let outcome = Call::new(env!("CARGO"), &["--version"]).with_peak().run().expect("cargo runs");
        assert_eq!(outcome.peak.is_some_and(|peak| peak > 0.0), Path::new(WATCH).exists());
        assert!(outcome.output.starts_with("cargo"), "{}", outcome.output);
    }
}
