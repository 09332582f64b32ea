//! The document of `--json`, described in `docs/json.md`.

use crate::RunResult;
use pipewright_diagnostic::{Source, render_json};
use serde_json::{Value as Json, json};

/// The version of the document format.
pub(crate) const VERSION: u32 = 1;

/// Returns the JSON document of a run.
#[must_use]
pub fn document(run: &RunResult, source: &Source) -> Json {
    let (errors, notes): (Vec<_>, Vec<_>) = run.diagnostics.iter().partition(|diagnostic| diagnostic.is_error());
    let render = |all: Vec<&pipewright_diagnostic::Diagnostic>| -> Vec<Json> {
        all.into_iter().map(|diagnostic| render_json(diagnostic, source)).collect()
    };
    let stages: Vec<Json> = run
        .stages
        .iter()
        .map(|line| {
            json!({
                "stage": line.text,
                "implied": line.implied,
                "runs": line.time.runs,
                "seconds": line.time.time.as_secs_f64(),
            })
        })
        .collect();
    let results: Vec<Json> = run
        .outputs
        .iter()
        .map(|output| {
            let mut result = pipewright_render::json(output);
            if output.as_evaluation().is_some() {
                result["seconds"] = json!(run.time.as_secs_f64());
            }
            result
        })
        .collect();
    json!({
        "version": VERSION,
        "seed": run.seed,
        "exit": run.exit_code(),
        "errors": render(errors),
        "notes": render(notes),
        "results": results,
        "stages": stages,
        "seconds": run.time.as_secs_f64(),
    })
}
