//! No number in a script takes more time or memory than there is: every parameter that takes numbers is given very
//! small and very large ones, and each script ends soon, with a result or with a code. Only a training may take longer,
//! since it does what it is asked to; it ends soon after it is told to stop.
//!
//! An allocation that fails ends the process, so the scripts run in processes of their own. CI runs a sample;
//! `PIPEWRIGHT_WHOLE=1` runs all of them.
#![allow(clippy::disallowed_methods)]

use crate::arguments::{is_grammar, script, specs, valid};
use crate::sample::Sample;
use pipewright::{Diagnostic, Observer, Options, REGISTRY, Session, Stop, code};
use pipewright_operator::{Domain, Effect, Param, Spec, When};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const ROWS: usize = 300;
/// The memory limit of every run.
const MEMORY_BYTES: u64 = 256 << 20;
/// What a process may take at most: the limit of its run, the binary, and what a limit does not see.
const PROCESS_BYTES: u64 = 3 * MEMORY_BYTES;
/// Longer than a script needs, so that a busy machine fails no test; then it is told to stop.
const PATIENCE: Duration = Duration::from_secs(10);
/// A script that does not end after that is at fault.
const DEADLINE: Duration = Duration::from_secs(30);

const NUMBERS: [&str; 11] = [
    "0",
    "1",
    "-1",
    "0.5",
    "65536",
    "9999999",
    "2147483648",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "1e308",
];

/// Set for a process that runs the scripts from this number on.
const FIRST: &str = "PIPEWRIGHT_HOSTILE_FROM";

#[test]
fn every_number_ends_soon_in_a_result_or_a_code() {
    let scripts = scripts();
    if let Ok(first) = std::env::var(FIRST) {
        return run_from(&scripts, first.parse().expect("this test sets a number"));
    }
    assert!(scripts.len() > 80 || !crate::support::filter().is_empty(), "{} scripts", scripts.len());
    let mut problems = Vec::new();
    let (mut next, mut ran) = (0, 0);
    while next < scripts.len() {
        let (mut process, lines) = process_from(next);
        // A process tells of each script that it is done with; the first one that it does not tell of is at fault.
        let problem = loop {
            match lines.recv_timeout(DEADLINE) {
                Ok(line) if line == "refused" => next += 1,
                Ok(line) if line == "ran" => (next, ran) = (next + 1, ran + 1),
                Ok(line) => break Some(line),
                Err(_) if next == scripts.len() => break None,
                Err(_) => break Some(how_it_ended(&mut process)),
            }
        };
        process.kill().and_then(|()| process.wait()).expect("a child can be ended");
        if let Some(problem) = problem {
            problems.push(format!("{}: {problem}", scripts[next]));
            next += 1;
        }
    }
    println!("{ran} of {} scripts ran, the others were refused", scripts.len());
    assert!(10 * ran > scripts.len() || !crate::support::filter().is_empty(), "{ran} of {}", scripts.len());
    assert!(problems.is_empty(), "{} of {}\n{}", problems.len(), scripts.len(), problems.join("\n"));
}

fn process_from(first: usize) -> (Child, Receiver<String>) {
    let mut process = Command::new(std::env::current_exe().expect("a test has a file"))
        .args(["--exact", "hostile::every_number_ends_soon_in_a_result_or_a_code", "--nocapture"])
        .env(FIRST, first.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a test can run itself");
    let output = BufReader::new(process.stderr.take().expect("it is piped"));
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let told = output.lines().map_while(Result::ok).filter_map(|line| line.strip_prefix("= ").map(str::to_owned));
        told.for_each(|line| drop(sender.send(line)));
    });
    (process, lines)
}

fn how_it_ended(process: &mut Child) -> String {
    match process.try_wait().expect("a child can be asked") {
        Some(status) => format!("it ended the process: {status}"),
        None => format!("not done after {} s", DEADLINE.as_secs()),
    }
}

/// Stops a run that takes long.
struct Impatient;

impl Observer for Impatient {
    fn stop(&self) -> Stop {
        let stop = Stop::default();
        let then = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            then.set();
        });
        stop
    }
}

/// In a process of its own: a line for each script.
fn run_from(scripts: &[String], first: usize) {
    let world = Arc::new(Sample::new(31, ROWS).world());
    let options = Options { memory_bytes: Some(MEMORY_BYTES), threads: Some(2), ..Options::default() };
    let session = Session::new(world, options);
    let mut told = std::io::stderr();
    for script in &scripts[first..] {
        let run = session.run_watched(script, &Impatient);
        let is_fault = |said: &&Diagnostic| match said.code {
            code::BUG => true,
            code::CANCELLED => !script.contains("| train "),
            _ => false,
        };
        let fault = run.diagnostics.iter().find(is_fault);
        let fault = fault.map(|fault| format!("{}: {}", fault.code, fault.message.replace('\n', " ")));
        let peak = peak_bytes().filter(|&peak| peak > PROCESS_BYTES);
        let problem = fault.or(peak.map(|peak| format!("it took {} MB", peak / 1_000_000)));
        let end = if run.exit_code() == 0 { "ran" } else { "refused" };
        writeln!(told, "= {}", problem.as_deref().unwrap_or(end)).expect("the parent listens");
        if problem.is_some() {
            // The peak of a process never falls: the next script needs another one.
            return;
        }
    }
}

/// The largest amount of memory that this process had, where the system tells.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

/// The scripts of this run.
fn scripts() -> Vec<String> {
    const SAMPLE: usize = 7;
    let whole = std::env::var_os("PIPEWRIGHT_WHOLE").is_some();
    let mut scripts = Vec::new();
    for spec in specs() {
        for param in spec.params().filter(|param| !is_grammar(spec, param)) {
            for text in texts(&param.domain) {
                scripts.push(of(spec, param, &text));
            }
        }
    }
    for model in REGISTRY.models.iter().filter(|model| model.spec.name.contains(&crate::support::filter())) {
        for param in model.training {
            // These stand after the model.
            let of = |when: &When| model.training.iter().find(|other| other.name == when.of);
            let others =
                param.when.iter().filter_map(of).map(|other| format!(" {}={}", other.name, valid(other.domain)));
            let others: String = others.collect();
            let model = script(&model.spec, &[]);
            let stage = |text: String| format!("{model} {}={text}{others}", param.name);
            scripts.extend(texts(&param.domain).into_iter().map(stage));
        }
    }
    scripts
        .into_iter()
        .enumerate()
        .filter(|(place, _)| whole || place % SAMPLE == 0)
        .map(|(_, script)| script)
        .collect()
}

/// A script where a parameter has this text, and its conditions on others hold.
fn of(spec: &'static Spec, param: &'static Param, text: &str) -> String {
    let others: Vec<(&Param, String)> = param
        .when
        .iter()
        .filter_map(|when| {
            let other = spec.params().find(|other| other.name == when.of)?;
            Some((other, when.words.first().map_or_else(|| valid(other.domain), |word| (*word).to_owned())))
        })
        .collect();
    // The brackets of a shape are written around its text; the last width is that of the target.
    let shape = spec.shape.as_ref().filter(|shape| shape.name == param.name);
    let inner = shape.map(|_| format!("{}, auto", text.trim_matches(['[', ']'])));
    let mut given: Vec<(&Param, &str)> = vec![(param, inner.as_deref().unwrap_or(text))];
    given.extend(others.iter().map(|(other, text)| (*other, text.as_str())));
    let script = script(spec, &given);
    match spec.effect {
        Effect::FitTarget | Effect::RowsTrain => script.replace("load t.csv", "load t.csv | target grade"),
        _ => script,
    }
}

/// Texts with numbers that have the form of a domain, whether it takes the number or not.
fn texts(domain: &Domain) -> Vec<String> {
    let each = |form: &dyn Fn(&str) -> String| NUMBERS.iter().map(|number| form(number)).collect();
    match domain {
        Domain::Int { .. }
        | Domain::Float { .. }
        | Domain::Positive
        | Domain::Fraction
        | Domain::Ratio
        | Domain::Bytes => each(&|number| number.to_owned()),
        Domain::Duration => each(&|number| format!("{number}d")),
        Domain::Words(words) => {
            let sized = words.iter().filter(|word| word.size.is_some());
            sized.flat_map(|word| NUMBERS.iter().map(|number| format!("{}[{number}]", word.text))).collect()
        }
        Domain::List(inner) => texts(inner).into_iter().map(|text| format!("[{text}]")).collect(),
        Domain::OneOf(domains) => {
            let mut all: Vec<String> = domains.iter().flat_map(texts).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
        _ => Vec::new(),
    }
}
