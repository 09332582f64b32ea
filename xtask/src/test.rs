//! `golden`, `laws`, `gradcheck`, `oracle`: the right `cargo test` with the right settings.

use crate::ci::cargo_with;
use crate::usage;

pub(crate) fn golden(arguments: &[String]) -> Result<(), String> {
    let (flags, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| argument.starts_with('-'));
    let bless = match flags.as_slice() {
        [] => false,
        [flag] if *flag == "--bless" => true,
        _ => return Err(usage("golden")),
    };
    let filter = one(&names, "golden")?;
    let mut variables = vec![("PIPEWRIGHT_ONLY", filter)];
    if bless {
        variables.push(("PIPEWRIGHT_BLESS", "1"));
    }
    cargo_with(&["test", "-p", "pipewright", "--test", "golden"], &variables)?;
    if bless {
        println!("blessed: review the diff before committing");
    }
    Ok(())
}

pub(crate) fn laws(arguments: &[String]) -> Result<(), String> {
    let verb = one(&arguments.iter().collect::<Vec<_>>(), "laws")?;
    cargo_with(&["test", "-p", "pipewright", "--test", "laws"], &[("PIPEWRIGHT_ONLY", verb)])
}

pub(crate) fn gradcheck(arguments: &[String]) -> Result<(), String> {
    let op = one(&arguments.iter().collect::<Vec<_>>(), "gradcheck")?;
    cargo_with(&["test", "-p", "pipewright-tensor", "--test", "laws", "gradients"], &[("PIPEWRIGHT_ONLY", op)])
}

/// The tests against frozen numbers, by package.
const ORACLES: &[(&str, &[&str])] = &[
    ("pipewright-tensor", &["oracles"]),
    ("pipewright-expr", &["oracles"]),
    ("pipewright-learn", &["oracles", "nist"]),
    ("pipewright", &["folds"]),
];

pub(crate) fn oracle(arguments: &[String]) -> Result<(), String> {
    let name = one(&arguments.iter().collect::<Vec<_>>(), "oracle")?;
    for (package, programs) in ORACLES {
        let mut call = vec!["test", "-p", package];
        programs.iter().for_each(|program| call.extend(["--test", program]));
        call.extend(["--", name]);
        cargo_with(&call, &[])?;
    }
    Ok(())
}

/// Returns the only argument, empty if there is none.
fn one<'a>(arguments: &[&'a String], command: &str) -> Result<&'a str, String> {
    match arguments {
        [] => Ok(""),
        [argument] if !argument.starts_with('-') => Ok(argument),
        _ => Err(usage(command)),
    }
}
