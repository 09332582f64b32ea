//! The binary as people meet it: streams, exit codes, and messages about the command line itself.
#![allow(clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn pipewright(arguments: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipewright"));
    command
        .arg("--no-runs")
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .expect("the binary can be run")
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

#[test]
fn a_data_file_that_nothing_reads_is_e0330() {
    let iris = "dsl-examples/data/iris.csv";
    for data in ["nosuch.csv", "dsl-examples/data/wine.csv", "-"] {
        let output = pipewright(&["-c", &format!("load {iris} | show 1"), data]);
        assert_eq!(output.status.code(), Some(2), "{data}");
        assert!(
            text(&output.stderr).contains(&format!("nothing in the script reads `{data}`")),
            "{}",
            text(&output.stderr)
        );
    }
    for script in [
        format!("load {iris} | show 1"),
        "load | show 1".to_owned(),
        format!("let a = load\nload {iris} | concat a | show 1"),
    ] {
        let output = pipewright(&["-c", &script, iris]);
        assert_eq!(output.status.code(), Some(0), "{script}: {}", text(&output.stderr));
    }
}

#[test]
fn options_stand_before_or_after_a_command() {
    let script = "load dsl-examples/data/iris.csv | train logistic | save never-written.pw";
    for arguments in [["--seed", "3", "plan", "-c", script], ["plan", "--seed", "3", "-c", script]] {
        let output = pipewright(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(
            text(&output.stdout).contains("| save") || text(&output.stdout).contains("save never"),
            "{arguments:?}"
        );
    }
    let output = pipewright(&["--json", "check", "-c", script]);
    assert!(text(&output.stdout).starts_with('{'));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    assert!(!root.join("never-written.pw").exists());
}

#[test]
fn a_mistyped_command_runs_nothing() {
    for arguments in
        [&["paln", "-c", "load iris | show 1"][..], &["-c", "load | show 1", "paln"], &["--seed", "1", "chek", "x"]]
    {
        let output = pipewright(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && text(&output.stderr).contains("did you mean `pipewright "),
            "{arguments:?}"
        );
    }
    let output = pipewright(&["-c", "load iris | show 1", "plan"]);
    assert_eq!(output.status.code(), Some(2), "a command after a script");
}

/// Signals, and what they leave behind.
#[cfg(unix)]
mod signals {
    use super::*;
    use std::path::PathBuf;
    use std::process::Child;
    use std::time::{Duration, Instant};

    /// Longer than a second, so that a busy machine fails no test.
    const SOON: Duration = Duration::from_secs(5);

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("pipewright-signals-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder can be made");
            Folder(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(&self.0).expect("the folder is there");
            let mut names: Vec<String> = entries
                .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort_unstable();
            names
        }

        fn start(&self, script: &str) -> Child {
            Command::new(env!("CARGO_BIN_EXE_pipewright"))
                .args(["-c", script])
                .current_dir(&self.0)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary can be run")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn wait_until(what: &str, holds: impl Fn() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < 4 * SOON, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn send(signal: &str, process: &Child) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &process.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Sends a signal, and returns the exit code and the messages of the process.
    fn ended_by(signal: &str, mut process: Child) -> (Option<i32>, String) {
        send(signal, &process);
        let start = Instant::now();
        let status = loop {
            match process.try_wait().expect("a child can be asked") {
                Some(status) => break status,
                None if start.elapsed() > SOON => {
                    process.kill().expect("a child can be ended");
                    panic!("{signal} is not heeded");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let mut told = String::new();
        let mut stderr = process.stderr.take().expect("it is piped");
        std::io::Read::read_to_string(&mut stderr, &mut told).expect("messages are UTF-8");
        (status.code(), told)
    }

    #[test]
    fn a_run_that_waits_for_input_is_stopped() {
        let folder = Folder::new("waits");
        let fifo = Command::new("mkfifo").arg(folder.0.join("pipe.csv")).status();
        assert!(fifo.expect("mkfifo can be run").success());
        for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            for script in ["load - | show 1", "load pipe.csv | show 1"] {
                let process = folder.start(script);
                // The handlers are there long before this.
                std::thread::sleep(Duration::from_millis(700));
                let (ended, told) = ended_by(signal, process);
                assert_eq!(ended, Some(code), "{signal} {script}: {told}");
                assert!(told.contains("E0802"), "{signal} {script}: {told}");
            }
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_signal_that_is_ignored_stays_ignored() {
        let folder = Folder::new("ignored");
        let command = format!("trap '' HUP; exec {} -c 'load - | show 1'", env!("CARGO_BIN_EXE_pipewright"));
        let mut process = Command::new("sh")
            .args(["-c", &command])
            .current_dir(&folder.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("sh can be run");
        std::thread::sleep(Duration::from_millis(700));
        send("HUP", &process);
        std::thread::sleep(Duration::from_millis(300));
        assert!(process.try_wait().expect("a child can be asked").is_none(), "as under nohup");
        assert_eq!(ended_by("TERM", process).0, Some(143));
    }

    /// A table that takes long to write.
    fn large(folder: &Folder) {
        let rows: String = (0..400_000).map(|row| format!("{row},{},text {row}\n", row * 7)).collect();
        std::fs::write(folder.0.join("large.csv"), format!("a,b,c\n{rows}")).expect("a file can be written");
    }

    #[test]
    fn no_temporary_file_stays_behind() {
        let folder = Folder::new("temporary");
        large(&folder);
        let is_writing = || folder.names().iter().any(|name| name.starts_with(".out.csv"));
        let script = "load large.csv | write out.csv";
        for (signal, code) in [("HUP", 129), ("TERM", 143)] {
            let process = folder.start(script);
            wait_until("the file is being written", is_writing);
            let (ended, told) = ended_by(signal, process);
            // A run that was quick has written all of it.
            assert!(ended == Some(code) || ended == Some(0), "{signal}: {ended:?} {told}");
            assert!(!is_writing(), "{signal}: {:?}", folder.names());
        }
        // What a kill leaves is swept by the next run.
        let mut process = folder.start(script);
        wait_until("the file is being written", is_writing);
        send("KILL", &process);
        process.wait().expect("it was killed");
        let next = folder.start("load large.csv | head 1 | write other.csv").wait().expect("it runs");
        assert!(next.success() && !is_writing(), "{:?}", folder.names());
    }

    #[test]
    fn a_file_that_grows_too_large_is_an_error_and_leaves_nothing() {
        let folder = Folder::new("full");
        large(&folder);
        let binary = env!("CARGO_BIN_EXE_pipewright");
        let command = format!("ulimit -f 64; exec {binary} -c 'load large.csv | write out.csv'");
        let output = Command::new("sh").args(["-c", &command]).current_dir(&folder.0).output().expect("sh can be run");
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("E0702"), "{}", text(&output.stderr));
        assert_eq!(folder.names(), ["large.csv"]);
    }
}
