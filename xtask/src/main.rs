//! Development tasks of the project: `cargo xtask COMMAND`. One file per command; without one, lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod bench;
mod ci;
mod generate;
mod ladder;
mod memory;
mod messy;
mod new;
mod project;
mod size;
mod test;
mod tidy;

use std::process::ExitCode;

/// A task; a returned error is printed.
struct Command {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "ci",
        arguments: "",
        summary: "Runs all checks, cheapest first; stops at the first failure.",
        run: ci::run,
    },
    Command {
        name: "optional",
        arguments: "",
        summary: "Like `ci`, for the optional crates and features: remote files, database drivers, pictures as PNG.",
        run: ci::optional,
    },
    Command {
        name: "tidy",
        arguments: "",
        summary: "Checks project rules that the compiler does not; reports all findings together.",
        run: tidy::run,
    },
    Command {
        name: "gen",
        arguments: "[--check]",
        summary: "Writes docs/verbs.md and docs/codes.md from the code, or checks that they are up to date.",
        run: generate::run,
    },
    Command {
        name: "golden",
        arguments: "[FILTER] [--bless]",
        summary: "Runs the golden and error tests, or updates the expected output.",
        run: test::golden,
    },
    Command { name: "laws", arguments: "[VERB]", summary: "Runs the laws of verbs and models.", run: test::laws },
    Command {
        name: "gradcheck",
        arguments: "[OP]",
        summary: "Checks the gradients of the tensor operations.",
        run: test::gradcheck,
    },
    Command {
        name: "oracle",
        arguments: "[NAME]",
        summary: "Compares with frozen results of other tools.",
        run: test::oracle,
    },
    Command {
        name: "bench",
        arguments: "[--peers [mlp|csv|prepare|parquet|quality] [OPTION VALUE]...]",
        summary: "Runs benchmarks, optionally compared with other tools.",
        run: bench::run,
    },
    Command {
        name: "messy",
        arguments: "FOLDER... [--peers] [--root DIR] [--details FILE] [--binary FILE]",
        summary: "Loads every file of folders of messy files, and counts the outcomes.",
        run: messy::run,
    },
    Command {
        name: "memory",
        arguments: "[--csv MIB] [--mem MIB] [--only NAME] [--binary FILE]",
        summary: "Measures the peak memory of every verb and model under `--mem`, and writes docs/memory.md.",
        run: memory::run,
    },
    Command {
        name: "new",
        arguments: "verb GROUP NAME | op NAME | format NAME",
        summary: "Writes the skeleton of a verb, an operation or a file format, and says how to register it.",
        run: new::run,
    },
    Command {
        name: "ladder",
        arguments: "",
        summary: "Prints the crates from top to bottom, one line each.",
        run: ladder::run,
    },
    Command { name: "size", arguments: "", summary: "Prints the lines of code and of tests by crate.", run: size::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        list();
        return ExitCode::SUCCESS;
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("there is no command `{name}`\n");
        list();
        return ExitCode::from(2);
    };
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn list() {
    println!("cargo xtask COMMAND\n");
    for command in COMMANDS {
        println!("  {:<36} {}", format!("{} {}", command.name, command.arguments), command.summary);
    }
}

/// Returns the usage message of a command.
fn usage(name: &str) -> String {
    let command = COMMANDS.iter().find(|command| command.name == name).expect("a command asks for its own usage");
    format!("usage: cargo xtask {} {}", command.name, command.arguments)
}
