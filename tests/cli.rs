//! The binary as a stranger meets it: other people's files, closed pipes, full disks, signals, and scripts that nobody
//! would write. `tests/command_line.rs` has the everyday cases.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use serde_json::Value as Json;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const LINE: &str = "load | fillna mean | scale | train mlp[8,1] epochs=2 | eval kfold 3";

/// A folder of its own, with the Titanic data in it; removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("pipewright-cli-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dsl-examples/data/titanic.csv");
        fs::copy(data, path.join("titanic.csv")).unwrap();
        Folder(path)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        fs::write(self.0.join(name), content).unwrap();
        self
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright"));
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null()).env("XDG_STATE_HOME", self.0.join("state"));
        command
    }

    /// Runs to the end; whatever happens, it is no panic.
    fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Done {
        Done::of(self.command(arguments).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Done {
    fn of(output: Output) -> Done {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is printed is UTF-8");
        let done = Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        assert!(!done.err.contains("panicked"), "{}", done.err);
        assert!(!done.err.contains("a bug in Pipewright"), "{}", done.err);
        done
    }

    #[track_caller]
    fn fails(self, code: i32, says: &str) -> Done {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(self.err.contains(says), "{}", self.err);
        self
    }

    #[track_caller]
    fn ends_well(self) -> Done {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }
}

#[test]
fn the_line_reads_a_data_file_standard_input_and_a_path_alike() {
    let folder = Folder::new("line");
    let by_file = folder.run(&["-c", LINE, "titanic.csv"]).ends_well();
    assert!(by_file.out.contains("mlp[8,1] predicts survived (binary, positive class survived)"), "{}", by_file.out);
    assert!(by_file.err.contains("target"), "the implied target is told");
    let by_path = folder.run(&["-c", &LINE.replace("load", "load titanic.csv")]).ends_well();
    assert_eq!(by_path.out, by_file.out);
    for arguments in [vec!["-c", LINE], vec!["-c", LINE, "-"]] {
        let data = fs::File::open(folder.0.join("titanic.csv")).unwrap();
        let by_input = Done::of(folder.command(&arguments).stdin(data).output().unwrap()).ends_well();
        assert_eq!(by_input.out, by_file.out);
    }
}

#[test]
fn the_json_document_has_its_documented_fields() {
    let folder = Folder::new("json");
    let done = folder.run(&["-c", LINE, "titanic.csv", "--json", "--seed", "7"]).ends_well();
    let document: Json = serde_json::from_str(&done.out).unwrap();
    assert_eq!((&document["version"], &document["seed"]), (&1.into(), &7.into()));
    assert!(!document["notes"].as_array().unwrap().is_empty());
    let result = &document["results"][0];
    for (field, expected) in [
        ("kind", Json::from("eval")),
        ("model", "mlp[8,1]".into()),
        ("target", "survived".into()),
        ("task", "binary".into()),
        ("scheme", "stratified".into()),
        ("folds", 3.into()),
        ("rows", 1309.into()),
    ] {
        assert_eq!(result[field], expected, "{field}");
    }
    for of in ["metrics", "baseline"] {
        let accuracy = &result[of]["accuracy"];
        let folds: Vec<f64> = accuracy["folds"].as_array().unwrap().iter().map(|fold| fold.as_f64().unwrap()).collect();
        let mean = accuracy["mean"].as_f64().unwrap();
        assert!(folds.len() == 3 && (folds.iter().sum::<f64>() / 3.0 - mean).abs() < 1e-12, "{accuracy}");
    }
    let judged: u64 = result["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(judged, 1309, "every row is judged once");
    assert!(result["seconds"].as_f64().unwrap() > 0.0);
    let stages = document["stages"].as_array().unwrap();
    assert!(stages.len() >= 6, "{stages:?}");
    for stage in stages {
        assert!(stage["stage"].is_string() && stage["runs"].is_u64() && stage["seconds"].is_f64(), "{stage}");
    }
}

#[test]
fn messages_can_be_an_object_a_line() {
    let folder = Folder::new("messages");
    let done =
        folder.run(&["-c", "load | drop agee | drop sexx", "titanic.csv", "--message-format", "json"]).fails(2, "");
    let lines: Vec<Json> = done.err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().filter(|line| line["code"] == "E0412").count(), 2, "{}", done.err);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_it_quietly_and_a_full_disk_does_not() {
    let folder = Folder::new("pipe");
    let script = "load titanic.csv | show 100000";
    let mut child = folder.command(&["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let done = Done::of(child.wait_with_output().unwrap());
    assert!(done.code == Some(0) || done.code == Some(141), "{done:?}");
    assert_eq!(done.err, "");
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let output = folder.command(&["-c", script]).stdout(full).stderr(Stdio::piped()).output().unwrap();
        Done::of(output).fails(1, "cannot write to standard output");
    }
}

#[test]
fn data_that_cannot_be_read_is_an_error_of_the_stage() {
    let folder = Folder::new("data").with("empty.csv", "");
    folder.run(&["-c", "load missing.csv | show"]).fails(1, "no such file");
    folder.run(&["-c", "load ./ | show"]).fails(1, "it is a directory");
    folder.run(&["-c", "load empty.csv | show"]).fails(1, "E0501");
    folder.run(&["-c", "load | show"]).fails(2, "there is no data to load");
    folder.run(&["-c", "load | show", "."]).fails(1, "it is a directory");
    let odd = folder.run(&["-c", "load | show", "a\nb\u{1b}[31m.csv"]).fails(1, "no such file");
    assert!(!odd.err.contains('\u{1b}'), "the name is escaped: {}", odd.err);
}

#[cfg(unix)]
#[test]
fn a_data_file_whose_name_is_no_text_is_read() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("name");
    let name = OsStr::from_bytes(b"\xff.csv");
    fs::write(folder.0.join(name), "a\n1\n").unwrap();
    let shown = folder.run(&[OsStr::new("-c"), OsStr::new("load | show"), name]).ends_well();
    assert_eq!(shown.out, "a\n1\n");
    folder.run(&[OsStr::new("-c"), OsStr::new("load | show"), OsStr::from_bytes(b"\xfe.csv")]).fails(1, "no such file");
}

#[test]
fn an_empty_script_does_nothing() {
    let folder = Folder::new("empty").with("empty.pipe", "").with("comment.pipe", "# nothing\n\n");
    for arguments in [["-c", ""], ["run", "empty.pipe"], ["run", "comment.pipe"]] {
        assert_eq!(folder.run(&arguments).ends_well().out, "");
    }
}

/// Generous, for slow machines: what is quadratic, or does not listen to a signal, takes far longer.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn brackets_without_end_are_refused_at_once() {
    let folder = Folder::new("brackets");
    for opening in ["[", "(", "{", "a(", "x["] {
        for before in ["", "load | ", "load | where ", "load | train ", "load | show on "] {
            let start = Instant::now();
            let done = folder.run(&["-c", &format!("{before}{}", opening.repeat(20_000)), "titanic.csv"]);
            assert_eq!(done.code, Some(2), "{before}{opening}…");
            assert!(start.elapsed() < PATIENCE, "{before}{opening}… took {:?}", start.elapsed());
        }
    }
}

#[test]
fn ten_thousand_stages_run() {
    let learning = format!("load titanic.csv{} | encode | train logistic | eval kfold 2", " | fillna 0".repeat(500));
    let folder = Folder::new("long")
        .with("row.pipe", format!("load titanic.csv{}", " | select @all".repeat(10_000)))
        .with("learning.pipe", learning);
    for script in ["row.pipe", "learning.pipe"] {
        let start = Instant::now();
        let done = folder.run(&["run", script]).ends_well();
        assert!(done.out.contains("survived"));
        assert!(start.elapsed() < PATIENCE, "{script} took {:?}", start.elapsed());
    }
}

#[test]
fn help_and_why_know_names_and_near_names() {
    let folder = Folder::new("help");
    assert!(folder.run(&["help"]).ends_well().out.contains("fillna"));
    assert!(folder.run(&["help", "fillna"]).ends_well().out.contains("indicator"));
    assert!(folder.run(&["help", "mlp"]).ends_well().out.contains("activation"));
    folder.run(&["help", "fillan"]).fails(2, "did you mean `fillna`?");
    assert!(folder.run(&["why", "E0412"]).ends_well().out.starts_with("E0412: "));
    folder.run(&["why", "E9999"]).fails(2, "no code named `E9999`");
    folder.run(&["-c", "load | show", "a.csv", "b.csv"]).fails(2, "unexpected `b.csv`");
    folder.run(&["-c", "load | show", "titanic.csv", "--threads", "0"]).fails(2, "1..=1024");
}

#[test]
fn a_formatted_script_is_formatted_and_an_explicit_one_prints_the_same() {
    let script = "load   titanic.csv|fillna mean|scale|train mlp[8,1]   epochs=2|eval kfold 3\n";
    let folder = Folder::new("format").with("a.pipe", script);
    let once = folder.run(&["fmt", "a.pipe"]).ends_well().out;
    let explicit = folder.run(&["fmt", "--explicit", "a.pipe"]).ends_well().out;
    assert!(explicit.contains("target survived") && explicit.contains("encode auto"), "{explicit}");
    let folder = folder.with("b.pipe", &once).with("c.pipe", &explicit);
    assert_eq!(folder.run(&["fmt", "b.pipe"]).ends_well().out, once, "formatting twice");
    assert_eq!(folder.run(&["fmt", "--explicit", "c.pipe"]).ends_well().out, explicit, "nothing more is implied");
    let expected = folder.run(&["run", "a.pipe"]).ends_well().out;
    assert_eq!(folder.run(&["run", "b.pipe"]).ends_well().out, expected);
    assert_eq!(folder.run(&["run", "--strict", "c.pipe"]).ends_well().out, expected);
    let plan = folder.run(&["plan", "a.pipe"]).ends_well().out;
    assert_eq!(plan.lines().filter(|line| line.starts_with("+ ")).count(), 2, "{plan}");
}

#[test]
fn a_check_says_what_the_files_at_hand_allow() {
    let folder = Folder::new("check").with("header.csv", "pclass,survived,sex,age,sibsp,parch\n");
    let check = |data: &str, column: &str| {
        folder.run(&["check", "-c", &format!("load {data} | fillna mean on {column} | train logistic | eval")])
    };
    assert!(check("none.csv", "agee").ends_well().err.contains("N0301"), "nothing is known");
    assert!(check("header.csv", "age").ends_well().err.contains("N0301"), "names are known");
    check("header.csv", "agee").fails(2, "did you mean `age`?");
    assert!(!check("titanic.csv", "age").ends_well().err.contains("N0301"), "all is known");
    check("titanic.csv", "sex").fails(2, "E0413");
    folder.run(&["check", "-c", "load none.csv | fillna meen"]).fails(2, "did you mean `mean`?");
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let folder = Folder::new("colour");
    for no_colour in ["", "1"] {
        let output =
            folder.command(&["-c", "load titanic.csv | drop agee"]).env("NO_COLOR", no_colour).output().unwrap();
        let done = Done::of(output).fails(2, "E0412");
        assert!(!done.err.contains('\u{1b}'));
    }
}

#[test]
fn a_saved_model_predicts_in_another_process() {
    let folder = Folder::new("saved");
    folder.run(&["-c", "load titanic.csv | fillna mean | encode | train logistic | save m.pw"]).ends_well();
    let script = "load titanic.csv | predict m.pw proba=true | write -";
    let first = folder.run(&["-c", script]).ends_well().out;
    assert_eq!(first.lines().count(), 1310);
    assert!(first.starts_with("prediction,p(died),p(survived)\n"), "{first:.60}");
    assert_eq!(folder.run(&["-c", script, "--threads", "1"]).ends_well().out, first);
    assert_eq!(folder.names(), ["m.pw", "titanic.csv"], "no temporary file is left");
}

/// Starts a training that takes for ever, and returns once it has begun: its input is longer than a pipe holds, so
/// when all of it is written, it is being read, and signals are watched before that.
fn endless(folder: &Folder) -> Child {
    let script = "load | encode | fillna mean | train mlp[64,64,1] epochs=1000000 | save m.pw";
    let data = fs::read_to_string(folder.0.join("titanic.csv")).unwrap();
    let (header, rows) = data.split_once('\n').unwrap();
    let mut child = folder
        .command(&["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{header}\n{}", rows.repeat(20)).as_bytes()).unwrap();
    drop(input);
    std::thread::sleep(Duration::from_millis(400));
    assert!(child.try_wait().unwrap().is_none(), "it trains");
    child
}

#[cfg(unix)]
#[test]
fn signals_end_a_training_soon_and_leave_the_old_model() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = Folder::new(&format!("signal{signal}")).with("m.pw", "the old model");
        let child = endless(&folder);
        let start = Instant::now();
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let done = Done::of(child.wait_with_output().unwrap());
        assert!(start.elapsed() < PATIENCE, "it ended after {:?}", start.elapsed());
        done.fails(code, "stopped");
        assert_eq!(fs::read(folder.0.join("m.pw")).unwrap(), b"the old model");
        assert_eq!(folder.names(), ["m.pw", "titanic.csv"]);
    }
}

#[test]
fn runs_are_kept_listed_and_compared() {
    let data: String = (0..60).map(|row| format!("{},{}\n", row % 7, if row % 7 > 3 { "a" } else { "b" })).collect();
    let folder = Folder::new("runs").with("d.csv", format!("x,y\n{data}"));
    assert_eq!(folder.run(&["runs"]).code, Some(0));
    for script in
        ["load d.csv | train knn[3] | eval kfold 3", "load d.csv | show 1", "load d.csv | train tree | eval kfold 3"]
    {
        assert_eq!(folder.run(&["-c", script]).code, Some(0));
    }
    assert!(folder.0.join("state/pipewright/runs.jsonl").exists());
    let list = folder.run(&["runs"]).out;
    assert_eq!(list.lines().count(), 3, "a line for each run that evaluated something: {list}");
    assert!(list.contains("knn[3]") && list.contains("tree"), "{list}");
    assert!(folder.run(&["runs", "show", "1"]).out.contains("| train knn[3]"));
    let diff = folder.run(&["runs", "diff", "1", "2"]).out;
    assert!(diff.contains("- train knn[3]\n+ train tree\n") && !diff.contains("not on the same folds"), "{diff}");
    folder.run(&["runs", "show", "3"]).fails(2, "runs 1 to 2 are kept");
    assert!(folder.run(&["runs", "--json"]).out.starts_with("[\n"));
    assert!(folder.run(&["runs", "show", "2", "--json"]).out.contains("\"model\": \"tree\""));
    // Another place, none, and one that cannot be written.
    assert_eq!(folder.run(&["--runs", "own.jsonl", "-c", "load d.csv | train tree | eval kfold 3"]).code, Some(0));
    assert_eq!(folder.run(&["--no-runs", "-c", "load d.csv | train tree | eval kfold 3"]).code, Some(0));
    assert_eq!(folder.run(&["runs", "--runs", "own.jsonl"]).out.lines().count(), 2);
    assert_eq!(folder.run(&["runs"]).out.lines().count(), 3);
    let done = folder.run(&["--runs", "d.csv/own.jsonl", "-c", "load d.csv | train tree | eval kfold 3"]);
    assert!(
        done.code == Some(0) && done.out.contains("tree predicts y") && done.err.contains("cannot add the run to"),
        "{done:?}"
    );
    folder.run(&["runs", "--runs", "d.csv"]).fails(2, "is not a run");
}
