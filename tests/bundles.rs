//! Saved pipelines: damage is found, whatever it is; models of earlier versions predict what they always did; a save
//! that fails leaves the old file.
//!
//! `tests/bundles/README.md` says how the files there were made.
#![allow(clippy::unwrap_used)]

mod support;

use pipewright::render::text;
use pipewright::{Options, REGISTRY, RunResult, Session, code};
use pipewright_diagnostic::{Failure, NoProgress};
use pipewright_frame::{OnInvalid, ReadOptions, csv};
use pipewright_operator::FittedPipeline;
use pipewright_world::random::Key;
use pipewright_world::{MemoryWorld, World};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::{example_world, files, messages, root};

/// A network behind steps of every kind that is saved.
const SCRIPT: &str = "load titanic.csv | fillna median indicator=true | scale | encode onehot on @string \
                      | select age, \"sex=*\", sibsp | train mlp[3,auto] epochs=1 | save m.pw";

fn run(world: &Arc<MemoryWorld>, script: &str) -> RunResult {
    Session::new(world.clone(), Options::default()).run(script)
}

fn saved(script: &str) -> Vec<u8> {
    let world = Arc::new(example_world());
    let done = run(&world, script);
    assert!(done.is_ok(), "{}", messages(&done, script));
    world.read("m.pw".as_ref()).unwrap()
}

fn decode(bytes: &[u8]) -> Result<FittedPipeline, Failure> {
    pipewright_artifact::decode(bytes, &REGISTRY)
}

fn refused(bytes: &[u8], what: &str) {
    match decode(bytes) {
        Ok(_) => panic!("{what} is not found"),
        Err(failure) => assert!(
            failure.code == code::BAD_BUNDLE || failure.code == code::NEWER_BUNDLE,
            "{what} is called {failure}"
        ),
    }
}

#[test]
fn a_saved_model_says_how_it_was_trained_and_judged() {
    let script = "load diabetes.csv | target progression | train ridge | eval kfold 3 metric=[rmse, r2] | save m.pw";
    let world = Arc::new(example_world());
    let done = run(&world, script);
    let record = decode(&world.read("m.pw".as_ref()).unwrap()).unwrap().record.expect("version 2 has one");
    let csv = world.read("diabetes.csv".as_ref()).unwrap();
    assert_eq!(record.rows, csv.iter().filter(|&&byte| byte == b'\n').count() - 1);
    let evaluation = done.evaluations().next().unwrap();
    let rmse = evaluation.metric("rmse").unwrap();
    assert_eq!(record.evaluations.len(), 1);
    assert_eq!(record.evaluations[0].metrics["rmse"], rmse.mean().unwrap());
    assert_eq!(record.evaluations[0].metrics.len(), 2);
    assert_eq!(record.evaluations[0].baseline["rmse"], rmse.baseline().mean().unwrap());
    let written = run(&world, "load diabetes.csv | write rows.csv");
    assert!(written.is_ok());
    let digest = Sha256::digest(world.read("rows.csv".as_ref()).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(record.fingerprint, Some(digest), "the rows as `write` writes them");
    let other = saved("load diabetes.csv | target progression | where age > 50 | train ridge | save m.pw");
    assert_ne!(decode(&other).unwrap().record.unwrap().fingerprint, record.fingerprint, "other rows");
}

#[test]
fn flipped_bits_are_found() {
    let whole = saved(SCRIPT);
    let (head, key) = (300 * 8, Key::new(1));
    let random = (0..1000).map(|position| key.below(position, whole.len() as u64 * 8) as usize);
    for bit in (0..head).chain(random) {
        let mut damaged = whole.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        refused(&damaged, &format!("bit {bit}"));
    }
}

#[test]
fn truncations_and_additions_are_found() {
    let whole = saved(SCRIPT);
    for length in 0..whole.len() {
        refused(&whole[..length], &format!("a cut at {length}"));
    }
    let mut longer = whole.clone();
    longer.push(b' ');
    refused(&longer, "one byte more");
    refused(&[whole.clone(), whole].concat(), "a second model behind the first");
}

#[test]
fn a_damaged_model_is_an_error_of_the_stage_that_names_it() {
    let mut bytes = saved(SCRIPT);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let world = Arc::new(example_world().with_file("m.pw", bytes));
    let script = "load titanic.csv | predict m.pw";
    let done = run(&world, script);
    assert_eq!(done.diagnostics[0].code, code::BAD_BUNDLE);
    assert_eq!(done.diagnostics[0].span().unwrap().text(script), "m.pw");
    assert!(done.outputs().next().is_none(), "nothing is predicted");
}

/// The documents of a bundle (the pipeline, its steps, its model, the header of its arrays), and the numbers after that
/// header.
#[derive(Clone)]
struct Sections {
    documents: [Json; 4],
    numbers: Vec<u8>,
}

fn sections(bytes: &[u8]) -> Sections {
    let mut body = &bytes[HEADER_BYTES..];
    let mut numbers = Vec::new();
    let documents = [0, 1, 2, 3].map(|index| {
        let length = bytes[24 + 48 * index..][..8].try_into().map(u64::from_le_bytes).unwrap() as usize;
        let (mut section, rest) = body.split_at(length);
        body = rest;
        if index == 3 {
            let header = section[..8].try_into().map(u64::from_le_bytes).unwrap() as usize;
            numbers = section[8 + header..].to_vec();
            section = &section[8..8 + header];
        }
        serde_json::from_slice(section).unwrap()
    });
    Sections { documents, numbers }
}

const HEADER_BYTES: usize = 16 + 4 * 48 + 32;

/// A bundle whose sums are right, whatever its sections say.
fn sealed(sections: &Sections) -> Vec<u8> {
    let mut bodies = sections.documents.each_ref().map(|document| document.to_string().into_bytes());
    let header = bodies[3].clone();
    bodies[3] = [&(header.len() as u64).to_le_bytes(), header.as_slice(), &sections.numbers].concat();
    let mut bytes = b"PIPEWRT\n".to_vec();
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend(4_u32.to_le_bytes());
    for (name, body) in ["pipeline", "steps\0\0\0", "model\0\0\0", "arrays\0\0"].iter().zip(&bodies) {
        bytes.extend(name.as_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(Sha256::digest(body));
    }
    let sum = Sha256::digest(&bytes);
    bytes.extend(sum);
    bodies.iter().for_each(|body| bytes.extend(body));
    bytes
}

/// Everything in a JSON document that holds no other: its places, as pointers.
fn leaves(json: &Json, at: &str, into: &mut Vec<String>) {
    match json {
        Json::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(name, value)| {
                leaves(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), into)
            });
        }
        Json::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{at}/{index}"), into));
        }
        _ => into.push(at.to_owned()),
    }
}

#[test]
fn what_was_sealed_by_another_hand_is_still_checked() {
    let honest = sections(&saved(SCRIPT));
    assert!(decode(&sealed(&honest)).is_ok());
    let changed = |section: usize, pointer: &str, value: Json| {
        let mut all = honest.clone();
        *all.documents[section].pointer_mut(pointer).unwrap() = value;
        sealed(&all)
    };
    refused(&changed(1, "/0/verb", "rm -rf".into()), "an unknown verb");
    refused(&changed(1, "/0/verb", "load".into()), "a verb that is no step");
    refused(&changed(1, "/0/verb", "scale".into()), "a verb with the state of another");
    refused(&changed(1, "/0/tag", "knn_imputer".into()), "a state of another kind");
    refused(&changed(1, "/0/tag", "no such state".into()), "an unknown kind of state");
    refused(&changed(1, "", serde_json::json!({})), "steps that are not a list");
    refused(&changed(0, "/model", "gbdt".into()), "an unknown model");
    refused(&changed(0, "/model", "ridge".into()), "a model of another kind");
    refused(&changed(2, "/features", serde_json::json!(["age"])), "a model of more columns than it names");
}

/// Any value may be replaced by any other: the model is refused, or predicts something; it never breaks anything.
#[test]
fn no_value_of_a_sealed_model_breaks_anything() {
    let rows = csv::read(&example_world().read("titanic.csv".as_ref()).unwrap(), &ReadOptions::new("titanic.csv"));
    let rows = rows.unwrap().0.head(50);
    let values = [
        Json::Null,
        (-1).into(),
        0.into(),
        u64::MAX.into(),
        1e308.into(),
        (1_u64 << 40).into(),
        "".into(),
        true.into(),
        serde_json::json!([]),
        serde_json::json!({}),
    ];
    let classifier = "load titanic.csv | fillna mode | encode ordinal | train logistic | save m.pw";
    let regression = "load diabetes.csv | target progression | scale robust | train ridge | save m.pw";
    for script in [SCRIPT, classifier, regression] {
        let honest = sections(&saved(script));
        let mut accepted = 0;
        for section in 0..4 {
            let mut places = Vec::new();
            leaves(&honest.documents[section], "", &mut places);
            // Arrays of arrays of weights are alike all over.
            let step = places.len() / 60 + 1;
            for (place, value) in
                places.iter().step_by(step).flat_map(|place| values.iter().map(move |value| (place, value)))
            {
                let mut all = honest.clone();
                *all.documents[section].pointer_mut(place).unwrap() = value.clone();
                if let Ok(pipeline) = decode(&sealed(&all)) {
                    accepted += 1;
                    let _ = pipeline.predict(&rows, OnInvalid::Error, &NoProgress);
                }
            }
        }
        assert!(accepted > 0, "some values are as good as the honest ones");
    }
}

#[test]
fn a_newer_format_is_called_so() {
    let mut bytes = saved(SCRIPT);
    bytes[8] = 3;
    assert_eq!(decode(&bytes).err().unwrap().code, code::NEWER_BUNDLE);
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let old = saved(SCRIPT);
    let script = SCRIPT.replace("epochs=1", "epochs=2");
    let new_length = saved(&script).len();
    for limit in (0..new_length).step_by(new_length / 40).chain([HEADER_BYTES - 1, HEADER_BYTES, new_length - 1]) {
        let world = Arc::new(example_world().with_file("m.pw", old.clone()).failing_after(limit));
        let before = world.names();
        let done = run(&world, &script);
        assert_eq!(done.diagnostics.last().unwrap().code, code::CANNOT_WRITE, "{limit}");
        assert_eq!(done.exit_code(), 1);
        assert!(world.read("m.pw".as_ref()).unwrap() == old, "the old model is there when {limit} bytes fit");
        assert_eq!(world.names(), before, "and nothing else");
    }
    let world = Arc::new(example_world().with_file("m.pw", old.clone()).failing_after(new_length));
    assert!(run(&world, &script).is_ok() && world.read("m.pw".as_ref()).unwrap() != old);
}

/// Predictions of linear models may differ by rounding where another machine adds in another order.
const TOLERANCE: f64 = 1e-12;

#[test]
#[allow(clippy::disallowed_methods)]
fn models_of_version_1_predict_what_they_always_did() {
    let models = files("tests/bundles/v1", "pw");
    assert!(models.len() >= 4, "one of every kind");
    for path in models {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let beside = |ending: &str| fs::read(path.with_file_name(format!("{name}.{ending}"))).unwrap();
        let world =
            MemoryWorld::new().with_file("m.pw", fs::read(&path).unwrap()).with_file("t.csv", beside("input.csv"));
        let world = Arc::new(world);
        let proba = if name.starts_with("linear") { "" } else { " proba=true" };
        let done = run(&world, &format!("load t.csv | predict m.pw{proba} | write -"));
        assert!(done.is_ok(), "{name}: {:?}", done.diagnostics);
        let found = text(done.outputs().find(|output| output.kind() == "write").unwrap());
        let tolerance = if name.starts_with("network") { 1e-5 } else { TOLERANCE };
        same(&name, &found, &String::from_utf8(beside("expected.csv")).unwrap(), tolerance);
    }
}

/// Compares two tables cell by cell; numbers to the tolerance.
fn same(name: &str, found: &str, expected: &str, tolerance: f64) {
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
    for (row, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        let (found, expected): (Vec<&str>, Vec<&str>) = (found.split(',').collect(), expected.split(',').collect());
        assert_eq!(found.len(), expected.len(), "{name}, row {row}");
        for (found, expected) in found.iter().zip(&expected) {
            let near = match (found.parse::<f64>(), expected.parse::<f64>()) {
                (Ok(found), Ok(expected)) => (found - expected).abs() <= tolerance * expected.abs().max(1.0),
                _ => found == expected,
            };
            assert!(near, "{name}, row {row}: {found}, always was {expected}");
        }
    }
}

#[test]
fn the_models_of_version_1_are_described() {
    let read_me = root().join("tests/bundles/README.md");
    #[allow(clippy::disallowed_methods)]
    let text = fs::read_to_string(read_me).unwrap();
    for path in files("tests/bundles/v1", "pw") {
        let name = Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
        assert!(text.contains(&name), "README.md does not say how {name} was made");
    }
}
