//! The one document of `--json`; `docs/json.md` describes its shape.

use crate::Done;
use pipewright_diagnostic::{Source, render_json};
use serde_json::{Value as Json, json};

/// The version of the document's shape.
pub(crate) const VERSION: u32 = 1;

/// The document of a run.
#[must_use]
pub fn document(done: &Done, source: &Source) -> Json {
    let (errors, notes): (Vec<_>, Vec<_>) = done.diagnostics.iter().partition(|diagnostic| diagnostic.is_error());
    let render = |all: Vec<&pipewright_diagnostic::Diagnostic>| -> Vec<Json> {
        all.into_iter().map(|diagnostic| render_json(diagnostic, source)).collect()
    };
    let stages: Vec<Json> = done
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
    let results: Vec<Json> = done
        .reports
        .iter()
        .map(|report| {
            let mut result = report.json.clone();
            if report.kind == "eval" {
                result["seconds"] = json!(done.time.as_secs_f64());
            }
            result
        })
        .collect();
    json!({
        "version": VERSION,
        "seed": done.seed,
        "exit": done.exit_code(),
        "errors": render(errors),
        "notes": render(notes),
        "results": results,
        "stages": stages,
        "seconds": done.time.as_secs_f64(),
    })
}
