//! Saved pipelines as bytes: versioned, checksummed, inert.
//!
//! ```text
//! offset  bytes
//!      0      8  "PIPEWRT\n"
//!      8      4  format version, little-endian
//!     12      4  number of sections, little-endian
//!     16   48·n  for each section: 8 bytes name (padded with zeros), 8 bytes length, 32 bytes SHA-256 of its bytes
//!  16+48n     32  SHA-256 of everything above
//!  48+48n         the sections, one after the other, nothing between or behind them
//! ```
//!
//! The sections of version 1 are JSON: `pipeline` (input columns, task, script, seed, the verb of each step, the
//! model's name), `steps` (one state a step) and `model`. Names of verbs and models are looked up in a registry; what
//! is not there is an error. Nothing in a bundle is run, and no path in it is followed.
//!
//! **Invariant (inert models):** decoding allocates no more than the bytes that are there, follows no path and runs no
//! code from the bundle. Held by the flip and truncation tests below and by `tests/bundles.rs`.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Column;
use pipewright_operator::{FittedPipeline, Registry, StepRecord, Task};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::io;

const MAGIC: &[u8; 8] = b"PIPEWRT\n";
const VERSION: u32 = 1;
const SECTIONS: [&str; 3] = ["pipeline", "steps", "model"];
const ENTRY_BYTES: usize = 48;
const HEAD_BYTES: usize = 16;
const SUM_BYTES: usize = 32;

/// Writes a pipeline.
///
/// # Errors
/// Those of `out`.
pub fn encode(pipeline: &FittedPipeline, out: &mut dyn io::Write) -> io::Result<()> {
    let head = json!({
        "input": pipeline.input,
        "task": pipeline.task.to_json(),
        "verbs": pipeline.steps.iter().map(|step| step.verb.as_str()).collect::<Vec<_>>(),
        "model": pipeline.model_name,
        "script": pipeline.script,
        "seed": pipeline.seed,
    });
    let steps: Vec<Json> = pipeline.steps.iter().map(|step| step.fitted.save()).collect();
    let bodies = [head.to_string(), Json::from(steps).to_string(), pipeline.model.save().to_string()];
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend((bodies.len() as u32).to_le_bytes());
    for (name, body) in SECTIONS.iter().zip(&bodies) {
        let mut padded = [0; 8];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        header.extend(padded);
        header.extend((body.len() as u64).to_le_bytes());
        header.extend(Sha256::digest(body.as_bytes()));
    }
    let sum = Sha256::digest(&header);
    out.write_all(&header)?;
    out.write_all(&sum)?;
    bodies.iter().try_for_each(|body| out.write_all(body.as_bytes()))
}

/// Reads a pipeline.
///
/// # Errors
/// `BAD_BUNDLE` naming the damaged part; `NEWER_BUNDLE` for a version that is not known here.
pub fn decode(bytes: &[u8], registry: &Registry) -> Result<FittedPipeline, Failure> {
    let sections = sections(bytes)?;
    let head = parse("pipeline", sections[0])?;
    let steps = parse("steps", sections[1])?;
    let model = parse("model", sections[2])?;
    let field = |name: &str| head.get(name).ok_or_else(|| bad(format!("its head lacks `{name}`")));
    let input: Vec<Column> =
        serde_json::from_value(field("input")?.clone()).map_err(|error| bad(format!("its columns: {error}")))?;
    let task = Task::from_json(field("task")?).ok_or_else(|| bad("its task cannot be read"))?;
    let verbs = field("verbs")?.as_array().ok_or_else(|| bad("its verbs are no list"))?;
    let states = steps.as_array().filter(|states| states.len() == verbs.len());
    let states = states.ok_or_else(|| bad("it has not one state a step"))?;
    let steps = verbs.iter().zip(states).map(|(verb, state)| step(verb, state, registry)).collect::<Result<_, _>>()?;
    let model_name = field("model")?.as_str().ok_or_else(|| bad("its model has no name"))?.to_owned();
    let entry = registry.model(&model_name).ok_or_else(|| bad(format!("no model is called `{model_name}`")))?;
    let script = field("script")?.as_str().ok_or_else(|| bad("its script is no text"))?.to_owned();
    let seed = field("seed")?.as_u64().ok_or_else(|| bad("its seed is no number"))?;
    Ok(FittedPipeline { input, steps, model: (entry.load)(&model)?, model_name, task, script, seed })
}

fn step(verb: &Json, state: &Json, registry: &Registry) -> Result<StepRecord, Failure> {
    let name = verb.as_str().ok_or_else(|| bad("a verb has no name"))?;
    let load = registry.verb(name).and_then(|verb| verb.load);
    let load = load.ok_or_else(|| bad(format!("no step is called `{name}`")))?;
    Ok(StepRecord { verb: name.to_owned(), fitted: load(state)? })
}

fn bad(what: impl Into<String>) -> Failure {
    Failure::new(code::BAD_BUNDLE, format!("this is not an intact model: {}", what.into()))
}

fn parse(name: &str, bytes: &[u8]) -> Result<Json, Failure> {
    serde_json::from_slice(bytes).map_err(|error| bad(format!("its section `{name}`: {error}")))
}

/// The bytes of the three sections, each checked against its checksum; lengths are believed only as far as there are
/// bytes.
fn sections(bytes: &[u8]) -> Result<[&[u8]; 3], Failure> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("it does not start like one"))?;
    let number = |at: usize| -> Result<u32, Failure> {
        let four = rest.get(at..at + 4).ok_or_else(|| bad("it is cut short"))?;
        Ok(u32::from_le_bytes(four.try_into().expect("four bytes are four bytes")))
    };
    let version = number(0)?;
    if version > VERSION {
        let message = format!("this model has format {version}; this version reads up to format {VERSION}");
        return Err(Failure::new(code::NEWER_BUNDLE, message).help("a newer Pipewright wrote it"));
    }
    if version == 0 || number(4)? as usize != SECTIONS.len() {
        return Err(bad("its head is damaged"));
    }
    let header_end = HEAD_BYTES + ENTRY_BYTES * SECTIONS.len();
    let header = bytes.get(..header_end).ok_or_else(|| bad("it is cut short"))?;
    let sum = bytes.get(header_end..header_end + SUM_BYTES).ok_or_else(|| bad("it is cut short"))?;
    if Sha256::digest(header).as_slice() != sum {
        return Err(bad("its head is damaged"));
    }
    let mut body = &bytes[header_end + SUM_BYTES..];
    let mut found = [[].as_slice(); 3];
    for (index, name) in SECTIONS.iter().enumerate() {
        let entry = &header[HEAD_BYTES + ENTRY_BYTES * index..][..ENTRY_BYTES];
        let length = u64::from_le_bytes(entry[8..16].try_into().expect("eight bytes are eight bytes"));
        let length = usize::try_from(length).ok().filter(|&length| length <= body.len());
        let (section, rest) = body.split_at(length.ok_or_else(|| bad(format!("its section `{name}` is cut short")))?);
        if Sha256::digest(section).as_slice() != &entry[16..] {
            return Err(bad(format!("its section `{name}` is damaged")));
        }
        found[index] = section;
        body = rest;
    }
    if !body.is_empty() {
        return Err(bad("there is something behind its end"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(bodies: [&[u8]; 3]) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend(VERSION.to_le_bytes());
        header.extend(3_u32.to_le_bytes());
        for (name, body) in SECTIONS.iter().zip(bodies) {
            let mut padded = [0; 8];
            padded[..name.len()].copy_from_slice(name.as_bytes());
            header.extend(padded);
            header.extend((body.len() as u64).to_le_bytes());
            header.extend(Sha256::digest(body));
        }
        let sum = Sha256::digest(&header);
        header.extend(sum);
        bodies.iter().for_each(|body| header.extend(*body));
        header
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_found() {
        let whole = framed([b"{\"a\":1}", b"[]", b"{\"weights\":[1,2,3]}"]);
        assert!(sections(&whole).is_ok());
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(sections(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..whole.len() {
            assert!(sections(&whole[..length]).is_err(), "length {length}");
        }
        let mut longer = whole;
        longer.push(0);
        assert!(sections(&longer).is_err());
    }

    #[test]
    fn a_length_beyond_the_end_is_not_believed() {
        let mut header = framed([b"", b"", b""])[..HEAD_BYTES + ENTRY_BYTES * 3].to_vec();
        for claim in [1, 1 << 31, 1 << 32, 1 << 63, u64::MAX] {
            header[HEAD_BYTES + 8..HEAD_BYTES + 16].copy_from_slice(&u64::to_le_bytes(claim));
            let mut bytes = header.clone();
            bytes.extend(Sha256::digest(&header));
            assert_eq!(sections(&bytes).unwrap_err().code, code::BAD_BUNDLE);
        }
    }

    #[test]
    fn a_newer_version_is_called_so() {
        let mut bytes = framed([b"", b"", b""]);
        bytes[8] = 2;
        assert_eq!(sections(&bytes).unwrap_err().code, code::NEWER_BUNDLE);
    }
}
