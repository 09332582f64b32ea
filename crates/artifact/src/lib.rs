//! Saved pipelines as bytes: versioned, checksummed, inert.
//!
//! ```text
//! offset  bytes
//!      0      8  "PIPEWRT\n"
//!      8      4  format version, little-endian
//!     12      4  number of sections, little-endian
//!     16   48·n  for each section: 8 bytes name (padded with zeros), 8 bytes length, 32 bytes SHA-256 of its bytes
//!  16+48n     32  SHA-256 of everything above
//!  48+48n         the sections, consecutive, with nothing between or after them
//! ```
//!
//! The sections of version 2: `pipeline` (kind, input columns, task, script, seed, the verb of each step, the model's
//! name, and a record of its training), `steps` (one state per step) and `model`, which are JSON; and `arrays`, the
//! long arrays of numbers of the other three, in the safetensors format ([`arrays`](mod@arrays)). Version 1 has no
//! `arrays`: the numbers are in the documents. Both versions stay readable. Names of verbs and models are looked up in
//! a registry; an unknown name is an error. Nothing in a bundle is executed, and no path in it is followed.
//!
//! **Invariant (inert models):** decoding allocates no more than the bytes that are there, follows no path and runs no
//! code from the bundle. Checked by the flip and truncation tests below and by `tests/bundles.rs`.
#![doc = include_str!("../README.md")]

mod arrays;
mod container;

pub use container::HEADER_BYTES_MAX;

use arrays::{Arrays, Stored, pack};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Column;
use pipewright_operator::work::Adjusted;
use pipewright_operator::{FittedPipeline, Preparation, Record, Registry, StepRecord, Task};
use serde_json::{Value as Json, json};
use std::io;
use std::sync::Arc;

/// The content of a bundle.
#[derive(Debug, Clone)]
pub enum Bundle {
    /// Steps and a model, as written by `save`.
    Pipeline(FittedPipeline),
    /// Steps only, as written by `freeze`.
    Preparation(Preparation),
}

/// Writes a fitted pipeline.
///
/// # Errors
/// Those of `out`.
pub fn encode(pipeline: &FittedPipeline, out: &mut dyn io::Write) -> io::Result<()> {
    let head = json!({
        "kind": "pipeline",
        "input": pipeline.input,
        "task": pipeline.task.to_json(),
        "model": pipeline.model_name,
        "script": pipeline.script,
        "seed": pipeline.seed,
        "record": pipeline.record,
    });
    write(head, &pipeline.steps, pipeline.model.save(), out)
}

/// Writes fitted steps without a model.
///
/// # Errors
/// Those of `out`.
pub fn encode_preparation(preparation: &Preparation, out: &mut dyn io::Write) -> io::Result<()> {
    let head = json!({
        "kind": "preparation",
        "input": preparation.input,
        "target": preparation.target.as_deref(),
        "script": preparation.script,
        "seed": preparation.seed,
    });
    write(head, &preparation.steps, Json::Null, out)
}

fn write(head: Json, steps: &[StepRecord], model: Json, out: &mut dyn io::Write) -> io::Result<()> {
    let mut arrays = Arrays::default();
    let steps: Vec<Json> = steps.iter().map(StepRecord::save).collect();
    let steps = pack(Json::from(steps), "steps", &mut arrays);
    let model = pack(model, "model", &mut arrays);
    let bodies = [head.to_string().into(), steps.to_string().into(), model.to_string().into(), arrays.encode()];
    container::write(&bodies, out)
}

/// Returns the size of a bundle as its first [`HEADER_BYTES_MAX`] bytes claim it: so much has to be read of a file that
/// may be no bundle, and long.
///
/// # Errors
/// `BAD_BUNDLE` and `NEWER_BUNDLE`, as [`read`].
pub fn claimed_bytes(start: &[u8]) -> Result<u64, Failure> {
    container::claimed_bytes(start)
}

/// Reads a bundle.
///
/// # Errors
/// `BAD_BUNDLE` naming the damaged part; `NEWER_BUNDLE` for an unknown version.
pub fn read(bytes: &[u8], registry: &Registry) -> Result<Bundle, Failure> {
    let sections = container::read(bytes)?;
    let parsed = |index: usize| parse(container::SECTIONS[index], sections[index]);
    let (head, mut steps, mut model) = (parsed(0)?, parsed(1)?, parsed(2)?);
    let head = Head(&head);
    match sections.get(3) {
        Some(section) => {
            let mut stored = Stored::decode(section)?;
            steps = stored.unpack(steps)?;
            model = stored.unpack(model)?;
        }
        None => steps = with_verbs(head.field("verbs")?, steps)?,
    }
    let input: Vec<Column> =
        serde_json::from_value(head.field("input")?.clone()).map_err(|error| bad(format!("its columns: {error}")))?;
    let steps = steps.as_array().ok_or_else(|| bad("its steps are not a list"))?;
    let steps = steps.iter().map(|step| StepRecord::load(step, registry)).collect::<Result<_, _>>()?;
    let script = head.text("script")?;
    let seed = head.field("seed")?.as_u64().ok_or_else(|| bad("its seed is no number"))?;
    match head.0.get("kind").and_then(Json::as_str).unwrap_or("pipeline") {
        "pipeline" => {
            let task = Task::from_json(head.field("task")?).ok_or_else(|| bad("its task cannot be read"))?;
            let model_name = head.text("model")?;
            let entry = registry.model(&model_name).ok_or_else(|| bad(format!("no model is called `{model_name}`")))?;
            let record = match head.0.get("record") {
                None | Some(Json::Null) => None,
                Some(record) => Some(Record::from_json(record).ok_or_else(|| bad("its record cannot be read"))?),
            };
            let model = Adjusted::load(&model, registry, entry.load)?;
            Ok(Bundle::Pipeline(FittedPipeline { input, steps, model, model_name, task, script, seed, record }))
        }
        "preparation" => {
            let target = match head.field("target")? {
                Json::Null => None,
                target => Some(Arc::from(target.as_str().ok_or_else(|| bad("its target has no name"))?)),
            };
            Ok(Bundle::Preparation(Preparation { input, steps, target, script, seed }))
        }
        other => Err(bad(format!("it is a `{other}`, which is not known"))),
    }
}

/// Reads a fitted pipeline.
///
/// # Errors
/// As [`read`]; `BAD_BUNDLE` for steps without a model.
pub fn decode(bytes: &[u8], registry: &Registry) -> Result<FittedPipeline, Failure> {
    match read(bytes, registry)? {
        Bundle::Pipeline(pipeline) => Ok(pipeline),
        Bundle::Preparation(_) => {
            let message = "this file holds steps without a model";
            Err(Failure::new(code::BAD_BUNDLE, message).help("put rows through them with `apply`"))
        }
    }
}

/// Reads fitted steps.
///
/// # Errors
/// As [`read`]; `BAD_BUNDLE` for a pipeline with a model.
pub fn decode_preparation(bytes: &[u8], registry: &Registry) -> Result<Preparation, Failure> {
    match read(bytes, registry)? {
        Bundle::Preparation(preparation) => Ok(preparation),
        Bundle::Pipeline(_) => {
            let message = "this file holds a model";
            Err(Failure::new(code::BAD_BUNDLE, message).help("predict with it: `predict`"))
        }
    }
}

struct Head<'a>(&'a Json);

impl Head<'_> {
    fn field(&self, name: &str) -> Result<&Json, Failure> {
        self.0.get(name).ok_or_else(|| bad(format!("its head lacks `{name}`")))
    }

    fn text(&self, name: &str) -> Result<String, Failure> {
        let text = self.field(name)?.as_str().ok_or_else(|| bad(format!("its `{name}` is no text")))?;
        Ok(text.to_owned())
    }
}

/// The steps of version 1, whose verbs are listed in the head, in the form of version 2.
fn with_verbs(verbs: &Json, states: Json) -> Result<Json, Failure> {
    let verbs = verbs.as_array().ok_or_else(|| bad("its verbs are not a list"))?;
    let Json::Array(states) = states else { return Err(bad("its states are not a list")) };
    if states.len() != verbs.len() {
        return Err(bad("it does not have one state per step"));
    }
    Ok(verbs.iter().zip(states).map(|(verb, state)| json!({"verb": verb, "state": state})).collect())
}

fn bad(what: impl Into<String>) -> Failure {
    Failure::new(code::BAD_BUNDLE, format!("this is not an intact model: {}", what.into()))
}

fn parse(name: &str, bytes: &[u8]) -> Result<Json, Failure> {
    serde_json::from_slice(bytes).map_err(|error| bad(format!("its section `{name}`: {error}")))
}
