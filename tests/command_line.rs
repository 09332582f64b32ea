//! The binary as people meet it: streams, exit codes, and messages about the command line itself.
#![allow(clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn pipewright(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright"));
    command.args(arguments).current_dir(root).stdin(Stdio::null()).output().expect("the binary can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the binary prints UTF-8")
}

#[test]
fn results_go_to_standard_output_and_messages_to_standard_error() {
    let output = pipewright(&["-c", "load dsl-examples/data/iris.csv | train logistic | eval kfold 3 metric=accuracy"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("logistic predicts species"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).starts_with("note[N0414]"), "{}", text(&output.stderr));
}

#[test]
fn a_wrong_script_ends_with_2_and_shows_the_place() {
    let output = pipewright(&["-c", "load dsl-examples/data/iris.csv | drop speces"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("did you mean `species`?"));
}

#[test]
fn an_assert_that_does_not_hold_ends_with_4() {
    let output = pipewright(&["-c", "load dsl-examples/data/iris.csv | assert rows > 150"]);
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_wrong_command_line_is_e0330() {
    for arguments in [&["run"][..], &["frobnicate"], &["run", "-c", "load | show", "a.csv", "b.csv"]] {
        let output = pipewright(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("E0330"), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// A pipe gives its bytes only once, to the check and to the run.
#[test]
#[cfg(unix)]
fn a_pipe_is_read_by_its_path() {
    for arguments in [&["-c", "load /dev/stdin | show"][..], &["-c", "load | show", "/dev/stdin"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright"));
        let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be run");
        let mut input = child.stdin.take().expect("its input is a pipe");
        std::io::Write::write_all(&mut input, b"a,b\n1,x\n").expect("it reads its input");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(text(&output.stdout), "a  b\n1  x\n", "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn an_address_that_this_build_cannot_read_is_no_missing_file() {
    let output = pipewright(&["-c", "load \"https://127.0.0.1:1/a.csv\" | show"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!text(&output.stderr).contains("no such file"), "{}", text(&output.stderr));
    let output = pipewright(&["-c", "load dsl-examples/data/iris.csv | write nowhere/at/all.csv"]);
    assert!(text(&output.stderr).contains("the folder `nowhere/at` does not exist"), "{}", text(&output.stderr));
}

#[test]
fn a_script_runs_by_its_name_alone() {
    let (alone, by_run) =
        (pipewright(&["dsl-examples/cleaning.pipe"]), pipewright(&["run", "dsl-examples/cleaning.pipe"]));
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stderr));
    assert_eq!(text(&alone.stdout), text(&by_run.stdout));
}

#[test]
fn a_script_that_is_no_text_is_e0110() {
    let path = std::env::temp_dir().join(format!("pipewright-{}.pipe", std::process::id()));
    std::fs::write(&path, [0xff, 0xfe, 0x00]).expect("a temporary file can be written");
    let output = pipewright(&["run", &path.to_string_lossy()]);
    std::fs::remove_file(&path).expect("the temporary file is there");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("E0110"), "{}", text(&output.stderr));
}

#[test]
fn json_is_one_document_whatever_happens() {
    for (script, exit) in [("load dsl-examples/data/iris.csv | show 1", 0), ("load | nonsuch", 2)] {
        let output = pipewright(&["--json", "-c", script]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        assert_eq!((&document["version"], &document["exit"]), (&1.into(), &exit.into()), "{script}");
        assert_eq!(output.status.code(), Some(exit));
    }
}
