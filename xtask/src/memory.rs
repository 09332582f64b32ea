//! `memory`: measures the peak memory of every verb and model on a file larger than `--mem`, and writes
//! docs/memory.md.

mod data;
mod scripts;

use crate::bench::build_program;
use crate::project::root;
use crate::usage;
use pipewright::{Key, REGISTRY};
use scripts::{SCRIPTS, Script};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The memory that a run takes besides what the limit is for: the program, its threads, and freed memory that the
/// allocator keeps.
const BESIDES_MIB: f64 = 40.0;
/// What the limit may be exceeded by.
const FACTOR: f64 = 1.2;
/// The random moments at which a run of each script is ended by a signal.
const MOMENTS: u64 = 3;

struct Options {
    csv_mib: u64,
    limit_mib: u64,
    only: Option<String>,
    binary: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options { csv_mib: 1000, limit_mib: 200, only: None, binary: None };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let value = rest.next().ok_or_else(|| usage("memory"))?;
            let number = || value.parse().map_err(|_| usage("memory"));
            match argument.as_str() {
                "--csv" => options.csv_mib = number()?,
                "--mem" => options.limit_mib = number()?,
                "--only" => options.only = Some(value.clone()),
                "--binary" => options.binary = Some(value.into()),
                _ => return Err(usage("memory")),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    all_are_measured()?;
    if !Path::new(TIME).exists() {
        return Err(format!("the peak of a process is measured with {TIME}, which is not installed"));
    }
    let program = options.binary.clone().map_or_else(build_program, Ok)?;
    let folder = std::env::temp_dir().join(format!("pipewright-memory-{}", options.csv_mib));
    let inputs = data::inputs(&folder, options.csv_mib << 20)?;
    let bench = Bench { program, folder, inputs, options };
    let mut rows = Vec::new();
    for script in SCRIPTS.iter().filter(|script| bench.options.only.as_ref().is_none_or(|only| only == script.name)) {
        let row = bench.row(script)?;
        println!("{row}");
        rows.push(row);
    }
    if bench.options.only.is_some() {
        return Ok(());
    }
    let file = root().join("docs/memory.md");
    fs::write(&file, document(&bench.options, &rows)).map_err(|error| format!("{}: {error}", file.display()))
}

/// Every verb and every model has a script.
fn all_are_measured() -> Result<(), String> {
    let names = REGISTRY.verb_names().chain(REGISTRY.model_names());
    let missing: Vec<&str> = names.filter(|name| !SCRIPTS.iter().any(|script| script.name == *name)).collect();
    match missing.as_slice() {
        [] => Ok(()),
        missing => Err(format!("without a script in xtask/src/memory/scripts.rs: {}", missing.join(", "))),
    }
}

struct Bench {
    program: PathBuf,
    folder: PathBuf,
    inputs: data::Inputs,
    options: Options,
}

/// The outcome of a run: its code, if it was refused, its peak memory and its time.
struct Measured {
    code: Option<String>,
    peak_mib: f64,
    seconds: f64,
}

/// Reports the peak memory of a process; only system calls, which are unsafe code, know it.
const TIME: &str = "/usr/bin/time";

impl Bench {
    /// Runs a script on the plain file, the compressed one and standard input, and ends runs by a signal: a line of the
    /// table.
    fn row(&self, script: &Script) -> Result<String, String> {
        let plain = self.run(script, &self.inputs.csv.to_string_lossy(), None)?;
        let packed = self.run(script, &self.inputs.zst.to_string_lossy(), None)?;
        let piped = self.run(script, "-", Some(&self.inputs.csv))?;
        let ended = self.ended(script, plain.seconds)?;
        let cells = [plain, packed, piped].map(|measured| self.cell(&measured));
        let text = script.text.replace('|', "\\|").replace('\n', "<br>");
        Ok(format!("| `{}` | `{text}` | {} | {ended} |", script.name, cells.join(" | ")))
    }

    /// The longest time that a run on the plain file takes to end after SIGTERM, which arrives at random moments of the
    /// `seconds` that it would take.
    fn ended(&self, script: &Script, seconds: f64) -> Result<String, String> {
        let told = |error: std::io::Error| format!("{}: {error}", script.name);
        let before = entries(&self.folder).map_err(told)?;
        let mut longest: Option<f64> = None;
        for moment in 0..MOMENTS {
            let mut command = self.command(Command::new(&self.program), script, &self.inputs.csv.to_string_lossy());
            let mut run =
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(told)?;
            let share = Key::new(0).child(script.name).uniform(moment);
            std::thread::sleep(Duration::from_secs_f64(share * seconds));
            let start = Instant::now();
            Command::new("kill").arg(run.id().to_string()).stderr(Stdio::null()).status().map_err(told)?;
            if !run.wait().map_err(told)?.success() {
                longest = Some(longest.unwrap_or(0.0).max(start.elapsed().as_secs_f64()));
            }
        }
        let left: Vec<String> = entries(&self.folder).map_err(told)?.difference(&before).cloned().collect();
        let left = left.iter().map(|name| format!(" **left {name}**")).collect::<String>();
        Ok(longest.map_or_else(|| format!("ended before{left}"), |longest| format!("{longest:.2} s{left}")))
    }

    fn cell(&self, measured: &Measured) -> String {
        let allowed = FACTOR * self.options.limit_mib as f64 + BESIDES_MIB;
        let mark = if measured.peak_mib > allowed { " **over**" } else { "" };
        let code = measured.code.as_ref().map_or(String::new(), |code| format!("{code}, "));
        format!("{code}{:.0} MiB, {:.1} s{mark}", measured.peak_mib, measured.seconds)
    }

    /// The command line of a script on this input.
    fn command(&self, mut command: Command, script: &Script, path: &str) -> Command {
        command.args(["--mem", &format!("{}M", self.options.limit_mib), "--message-format", "json", "-c"]);
        command.arg(script.text.replace("FILE", &format!("\"{path}\""))).current_dir(&self.folder);
        command
    }

    fn run(&self, script: &Script, path: &str, piped: Option<&Path>) -> Result<Measured, String> {
        let told = |error: std::io::Error| format!("{}: {error}", script.name);
        let peak = self.folder.join("peak");
        let mut timed = Command::new(TIME);
        timed.args(["-q", "-f", "%M", "-o"]).arg(&peak).arg(&self.program);
        let mut command = self.command(timed, script, path);
        let mut feeder = piped.map(|file| Command::new("cat").arg(file).stdout(Stdio::piped()).spawn());
        let pipe = feeder.as_mut().and_then(|feeder| feeder.as_mut().ok()?.stdout.take());
        command.stdin(pipe.map_or_else(Stdio::null, Stdio::from)).stdout(Stdio::null());
        let start = Instant::now();
        let output = command.stderr(Stdio::piped()).output().map_err(told)?;
        let seconds = start.elapsed().as_secs_f64();
        if let Some(feeder) = feeder {
            // A refused run leaves its input unread.
            let _ = feeder.map_err(told)?.wait();
        }
        let peak = fs::read_to_string(&peak).map_err(told)?;
        let kib: f64 = peak.trim().parse().map_err(|_| format!("{}: no peak in {peak:?}", script.name))?;
        let messages = String::from_utf8_lossy(&output.stderr);
        let code = (!output.status.success()).then(|| error_code(&messages));
        Ok(Measured { code, peak_mib: kib / 1024.0, seconds })
    }
}

/// The names in a folder.
fn entries(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// The code of the error among messages in JSON, one a line.
fn error_code(messages: &str) -> String {
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut codes = parsed.filter_map(|message| message["code"].as_str().map(str::to_owned));
    codes.rfind(|code| code.starts_with('E')).unwrap_or_else(|| "no code".to_owned())
}

fn document(options: &Options, rows: &[String]) -> String {
    let mut text = String::from(INTRODUCTION);
    let size = |mib: u64| if mib.is_multiple_of(1000) { format!("{} GB", mib / 1000) } else { format!("{mib} MB") };
    let _ = write!(
        text,
        "\n## Measured\n\nPeak memory of a run of each verb and model with `--mem {}M` on a CSV of {}, on {} threads: from \
         the plain file, from the file compressed with zstd, and from a pipe. `E0801` is a refusal. **over** marks more \
         than {FACTOR} times the limit and {BESIDES_MIB} MiB for the program itself. The last column is the time from \
         SIGTERM to the end of the process, the longest of {MOMENTS} random moments of the run on the plain file; \
         **left** marks a file that was left behind.\n\n\
         | | script | plain | `.zst` | standard input | SIGTERM |\n|---|---|---|---|---|---|\n",
        options.limit_mib,
        size(options.csv_mib),
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    rows.iter().for_each(|row| {
        let _ = writeln!(text, "{row}");
    });
    text
}

const INTRODUCTION: &str = include_str!("memory/introduction.md");

/// A file, opened to be written.
fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|error| format!("{}: {error}", path.display()))
}
