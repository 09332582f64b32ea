//! The scripts of `tests/trust/leaks` and `tests/trust/clean`.
//!
//! Each says what is expected of it: `# expect: E0302` it is refused with a code (this one or a better one);
//! `# expect: W0321` or `note` it may run, but says so with that warning or a note; `# expect: runs` it runs. A script
//! that leaks, runs, and says nothing may not score above noise.

use crate::judge::{self, Run};
use crate::support::{files, root};
use crate::tables::{self, Files};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

const SEEDS: u64 = 3;
/// The most that noise scores, on average over the seeds.
const AUC_OF_NOISE: f64 = 0.58;
const R2_OF_NOISE: f64 = 0.1;

/// Runs of a script on the tables of each seed, up to the first that fails.
fn runs(script: &str, worlds: &[Files]) -> Vec<Run> {
    let mut runs = Vec::new();
    for files in worlds {
        runs.push(judge::run(script, files));
        if runs.last().is_some_and(|run| run.exit != 0) {
            break;
        }
    }
    runs
}

/// What a script did, if it is not what it should do.
fn shortcoming(path: &Path, script: &str, clean: bool, worlds: &[Files]) -> Option<String> {
    let expect = script.split("# expect: ").nth(1).and_then(|rest| rest.lines().next()).unwrap().trim_end_matches('?');
    let runs = runs(script, worlds);
    let exit = runs.last().unwrap().exit;
    let codes: Vec<&str> = runs.iter().flat_map(|run| &run.errors).map(String::as_str).collect();
    let told: Vec<&str> = runs.iter().flat_map(|run| &run.told).map(String::as_str).collect();
    let scores: Vec<_> = runs.iter().flat_map(|run| &run.scores).collect();
    let mean = scores.iter().map(|score| score.value).sum::<f64>() / scores.len() as f64;
    let noise = if scores.first().is_some_and(|score| score.is_auc) { AUC_OF_NOISE } else { R2_OF_NOISE };
    let above = mean > noise;
    let refused = exit != 0 && !codes.is_empty();
    let said = told.contains(&expect) || expect == "note" && !told.is_empty();
    let fine = match clean {
        true => exit == 0,
        false => refused || (!expect.starts_with('E') && said) || (exit == 0 && !above && expect != "E0302"),
    };
    let name = path.strip_prefix(root().join("tests/trust")).unwrap_or(path).display();
    let unique = |mut codes: Vec<&str>| {
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    };
    let shown = scores.first().map_or("no score".to_owned(), |score| format!("{} {mean:.3}", score.name()));
    let text = format!("{name}: expects {expect}; exit {exit} [{}] told [{}] {shown}", unique(codes), unique(told));
    (!fine).then_some(text)
}

#[test]
#[allow(clippy::disallowed_methods)]
fn leaks_are_refused_and_honest_scripts_run() {
    let worlds: Vec<Files> = (0..SEEDS).map(tables::corpus).collect();
    let only = crate::support::filter();
    let of = |folder: &str, clean: bool| -> Vec<(PathBuf, bool)> {
        files(&format!("tests/trust/{folder}"), "pipe").into_iter().map(|path| (path, clean)).collect()
    };
    let mut scripts = [of("leaks", false), of("clean", true)].concat();
    scripts.retain(|(path, _)| path.display().to_string().contains(&only));
    let judged = scripts.par_iter().filter_map(|(path, clean)| {
        let script = fs::read_to_string(path).unwrap();
        shortcoming(path, &script, *clean, &worlds)
    });
    let short: Vec<String> = judged.collect();
    assert!(short.is_empty(), "{} of {} scripts fall short:\n{}", short.len(), scripts.len(), short.join("\n"));
}
