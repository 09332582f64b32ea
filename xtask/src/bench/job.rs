//! Jobs, tools, measurements and goals.

use super::measure::{Call, Outcome, mean, median};

pub(super) const MISSING: &str = "missing";

/// A job, and the tools that do it.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) rounds: usize,
    /// The reference tool for comparisons.
    pub(super) own: &'static str,
    pub(super) tools: Vec<Tool>,
}

/// A tool for a job, with measurements.
pub(super) struct Tool {
    pub(super) name: &'static str,
    /// Fails if the tool is not installed.
    pub(super) probe: Option<Call>,
    /// Run in sequence; their times are added.
    pub(super) calls: Vec<Call>,
    /// Computes the result, if the last call does not.
    pub(super) judge: Option<Call>,
    /// Extracts the time in seconds that the last call reports; if `None`, the time of all calls is measured from
    /// outside.
    pub(super) told: Option<fn(&str) -> Option<f64>>,
    /// Extracts the result from the output of the last call or the judge, to check that all tools did the same.
    pub(super) read: fn(&str) -> Option<String>,
    pub(super) walls: Vec<f64>,
    pub(super) cpus: Vec<f64>,
    pub(super) peaks: Vec<f64>,
    pub(super) result: Option<String>,
    /// Why it is not measured.
    pub(super) trouble: Option<String>,
}

impl Job {
    /// Runs the tools in alternation, so that disturbances affect all alike.
    pub(super) fn run(&mut self, rounds: Option<usize>) {
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

    fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Prints one line per tool.
    pub(super) fn print(&self) {
        let own = self.tool(self.own).and_then(|tool| median(&tool.walls));
        for tool in &self.tools {
            print!("{:<16} {:<16} ", self.name, tool.name);
            if let Some(trouble) = &tool.trouble {
                println!("{trouble}");
                continue;
            }
            let middle = median(&tool.walls);
            let show =
                |value: Option<f64>, digits: usize| value.map_or("-".into(), |value| format!("{value:.digits$}"));
            println!(
                "{:>10} {:>10} {:>10} {:>9} {:>8}  {}",
                seconds(middle),
                seconds(tool.walls.iter().copied().reduce(f64::min)),
                seconds(mean(&tool.cpus)),
                show(tool.peaks.iter().copied().reduce(f64::max), 0),
                show(middle.zip(own).map(|(wall, own)| wall / own), 2),
                tool.result.as_deref().unwrap_or("-"),
            );
        }
    }
}

/// Prints the header of [`Job::print`].
pub(super) fn print_head() {
    println!(
        "{:<16} {:<16} {:>10} {:>10} {:>10} {:>9} {:>8}  result",
        "job", "tool", "median s", "min s", "CPU s", "peak MiB", "ratio"
    );
}

impl Tool {
    pub(super) fn new(name: &'static str, calls: Vec<Call>) -> Tool {
        Tool {
            name,
            probe: None,
            calls,
            judge: None,
            told: None,
            read: |_| None,
            walls: Vec::new(),
            cpus: Vec::new(),
            peaks: Vec::new(),
            result: None,
            trouble: None,
        }
    }

    fn run(&mut self, judges: bool) -> Result<(), String> {
        let outcomes = self.calls.iter().map(Call::run).collect::<Result<Vec<Outcome>, String>>()?;
        let output = outcomes.last().map_or("", |outcome| &outcome.output);
        self.walls.push(match self.told {
            None => outcomes.iter().map(|outcome| outcome.wall).sum(),
            Some(told) => told(output).ok_or("it did not report its time")?,
        });
        self.cpus.extend(outcomes.iter().map(|outcome| outcome.cpu).sum::<Option<f64>>());
        self.peaks.extend(outcomes.iter().filter_map(|outcome| outcome.peak).reduce(f64::max));
        if judges {
            let judged = self.judge.as_ref().map(Call::run).transpose()?;
            self.result = judged.as_ref().or(outcomes.last()).and_then(|outcome| (self.read)(&outcome.output));
        }
        Ok(())
    }
}

/// Keeps the named jobs and tools; all of a kind if none of it is named.
pub(super) fn choose(jobs: &mut Vec<Job>, only: &[String]) -> Result<(), String> {
    let (by_job, by_tool): (Vec<&String>, Vec<&String>) =
        only.iter().partition(|name| jobs.iter().any(|job| job.name == name.as_str()));
    let is_tool = |name: &str| jobs.iter().any(|job| job.tool(name).is_some());
    if let Some(name) = by_tool.iter().find(|name| !is_tool(name)) {
        return Err(format!("`{name}` is neither a job nor a tool"));
    }
    let keeps = |names: &[&String], name: &str| names.is_empty() || names.iter().any(|other| *other == name);
    jobs.retain(|job| keeps(&by_job, job.name));
    jobs.iter_mut().for_each(|job| job.tools.retain(|tool| keeps(&by_tool, tool.name)));
    Ok(())
}

fn seconds(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.4}"))
}

/// A performance goal.
pub(super) enum Goal {
    /// At this job, one tool takes at least this many times as long as another.
    Ratio { job: &'static str, slow: &'static str, fast: &'static str, least: f64 },
    /// At this job, the fastest peer takes at least this many times as long as this tool; on one thread, if names mark
    /// two-thread variants.
    Best { job: &'static str, fast: &'static str, least: f64 },
    /// At this job, Pipewright takes less.
    Below { job: &'static str, seconds: f64 },
}

/// Our own tools, by name prefix.
const OURS: [&str; 3] = ["pipewright", "frame", "learn"];

/// Suffix of tools that use two threads where others of the job use one.
const ON_TWO: &str = "-2t";

impl Goal {
    pub(super) fn verdict(&self, jobs: &[Job]) -> String {
        let find = |job: &str| jobs.iter().find(|other| other.name == job);
        let wall = |job, tool| median(&find(job)?.tool(tool)?.walls);
        let reached = |ratio: Option<f64>, least| ratio.map(|ratio| (ratio >= least, format!("{ratio:.2}")));
        let (text, found) = match *self {
            Goal::Ratio { job, slow, fast, least } => {
                let ratio = wall(job, slow).zip(wall(job, fast)).map(|(slow, fast)| slow / fast);
                (format!("{job}: {slow} / {fast} ≥ {least}"), reached(ratio, least))
            }
            Goal::Best { job, fast, least } => {
                let peers = find(job).into_iter().flat_map(|job| &job.tools);
                let peers = peers.filter(|tool| !OURS.iter().any(|own| tool.name.starts_with(own)));
                let peers = peers.filter(|tool| !tool.name.ends_with(ON_TWO));
                let best = peers.filter_map(|tool| median(&tool.walls)).reduce(f64::min);
                let ratio = best.zip(wall(job, fast)).map(|(best, fast)| best / fast);
                (format!("{job}: fastest peer / {fast} ≥ {least}"), reached(ratio, least))
            }
            Goal::Below { job, seconds } => {
                let found = wall(job, "pipewright");
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
    fn goals_are_judged_by_medians() {
        let tool = |name, walls: &[f64]| Tool { walls: walls.to_vec(), ..Tool::new(name, vec![]) };
        let tools = vec![tool("pipewright", &[3.5, 9.0, 1.0]), tool("pipewright-2t", &[2.0]), tool("other", &[7.0])];
        let jobs = [Job { name: "folds", rounds: 3, own: "pipewright", tools }];
        let ratio = Goal::Ratio { job: "folds", slow: "pipewright", fast: "pipewright-2t", least: 1.7 };
        assert!(ratio.verdict(&jobs).ends_with("reached: 1.75"), "{}", ratio.verdict(&jobs));
        let best = Goal::Best { job: "folds", fast: "pipewright", least: 2.5 };
        assert!(best.verdict(&jobs).ends_with("missed: 2.00"), "{}", best.verdict(&jobs));
        let below = Goal::Below { job: "start", seconds: 1.0 };
        assert!(below.verdict(&jobs).ends_with("not measured"), "{}", below.verdict(&jobs));
    }

    #[test]
    fn only_names_jobs_and_tools() {
        let tools = || ["a", "b"].map(|tool| Tool::new(tool, vec![])).into();
        let job = |name| Job { name, rounds: 1, own: "a", tools: tools() };
        let mut jobs = vec![job("one"), job("two")];
        assert!(choose(&mut jobs, &["c".to_owned()]).is_err());
        choose(&mut jobs, &["two".to_owned(), "a".to_owned()]).expect("both are known");
        assert_eq!((jobs.len(), jobs[0].name, jobs[0].tools.len()), (1, "two", 1));
    }
}
