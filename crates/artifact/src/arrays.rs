//! Numeric arrays in a separate section, which other tools can read.
//!
//! The states of steps and models are JSON documents. [`pack`] moves every long array of numbers out of a document and
//! leaves `{"$array": "steps/0/means"}` in its place; the numbers go into a section in the safetensors format: 8 bytes
//! with the length of a JSON header, the header (type, shape and offset of each array), and the numbers, little-endian.
//! A list of equally long lists is one two-dimensional array. Numbers keep every bit: those that are exact in single
//! precision are stored as such.

use crate::bad;
use pipewright_diagnostic::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value as Json};
use std::collections::BTreeMap;

/// Shorter arrays stay in the document.
const NUMBERS_MIN: usize = 8;
/// The key of a reference to an array.
const REFERENCE: &str = "$array";

/// The collected arrays of a bundle.
#[derive(Debug, Default)]
pub(crate) struct Arrays {
    entries: BTreeMap<String, Array>,
}

#[derive(Debug)]
struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Dtype {
    F64,
    F32,
    I64,
}

impl Dtype {
    fn size(self) -> usize {
        if self == Dtype::F32 { 4 } else { 8 }
    }
}

/// An array in the safetensors header.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// Moves the long arrays of a document to `arrays`; `place` names the document.
pub(crate) fn pack(json: Json, place: &str, arrays: &mut Arrays) -> Json {
    if let Some(array) = array_of(&json) {
        arrays.entries.insert(place.to_owned(), array);
        return Json::Object(Map::from_iter([(REFERENCE.to_owned(), place.into())]));
    }
    match json {
        Json::Array(items) => {
            let packed = items.into_iter().enumerate().map(|(at, item)| pack(item, &format!("{place}/{at}"), arrays));
            Json::Array(packed.collect())
        }
        Json::Object(fields) => {
            let packed = fields.into_iter().map(|(name, value)| {
                let value = pack(value, &format!("{place}/{}", escaped(&name)), arrays);
                // Names that look like references are escaped by an additional `$`.
                (if name.starts_with('$') { format!("${name}") } else { name }, value)
            });
            Json::Object(packed.collect())
        }
        other => other,
    }
}

/// Escapes a name as in JSON pointers.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Returns the numbers of a list of numbers, or of equally long lists of numbers, if there are enough.
fn array_of(json: &Json) -> Option<Array> {
    let items = json.as_array().filter(|items| !items.is_empty())?;
    let (rows, shape): (Vec<&[Json]>, Vec<usize>) = match items[0].as_array() {
        None => (vec![items], vec![items.len()]),
        Some(first) => {
            let rows: Option<Vec<&[Json]>> = items.iter().map(|item| item.as_array().map(Vec::as_slice)).collect();
            (rows.filter(|rows| rows.iter().all(|row| row.len() == first.len()))?, vec![items.len(), first.len()])
        }
    };
    let numbers: Vec<&Number> = rows
        .into_iter()
        .flatten()
        .map(|item| if let Json::Number(number) = item { Some(number) } else { None })
        .collect::<Option<_>>()?;
    if numbers.len() < NUMBERS_MIN {
        return None;
    }
    if numbers.iter().all(|number| number.is_f64()) {
        let values: Vec<f64> = numbers.iter().filter_map(|number| number.as_f64()).collect();
        let single = |value: &f64| f64::from(*value as f32).to_bits() == value.to_bits();
        if values.iter().all(single) {
            let bytes = values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
            return Some(Array { dtype: Dtype::F32, shape, bytes });
        }
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        return Some(Array { dtype: Dtype::F64, shape, bytes });
    }
    let whole: Option<Vec<i64>> = numbers.iter().map(|number| number.as_i64()).collect();
    let bytes = whole?.iter().flat_map(|value| value.to_le_bytes()).collect();
    Some(Array { dtype: Dtype::I64, shape, bytes })
}

impl Arrays {
    /// Serialises the section.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut end = 0;
        let entries: BTreeMap<&String, Entry> = self
            .entries
            .iter()
            .map(|(name, array)| {
                let start = end;
                end += array.bytes.len();
                (name, Entry { dtype: array.dtype, shape: array.shape.clone(), data_offsets: (start, end) })
            })
            .collect();
        let mut header = serde_json::to_string(&entries).expect("a map of plain data is a document");
        // The numbers are aligned to eight bytes.
        header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        self.entries.values().for_each(|array| bytes.extend(&array.bytes));
        bytes
    }
}

/// The arrays of a section, each of which may be referenced once.
#[derive(Debug)]
pub(crate) struct Stored<'a> {
    entries: BTreeMap<String, Entry>,
    data: &'a [u8],
}

impl<'a> Stored<'a> {
    /// Reads the header; sizes are trusted only as far as there are bytes.
    pub(crate) fn decode(section: &'a [u8]) -> Result<Stored<'a>, Failure> {
        let (length, rest) = section.split_first_chunk::<8>().ok_or_else(|| bad("its arrays are cut short"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok().filter(|&length| length <= rest.len());
        let (header, data) = rest.split_at(length.ok_or_else(|| bad("its arrays are cut short"))?);
        let entries = serde_json::from_slice(header).map_err(|error| bad(format!("its arrays: {error}")))?;
        Ok(Stored { entries, data })
    }

    /// Puts the arrays back into the document.
    pub(crate) fn unpack(&mut self, json: Json) -> Result<Json, Failure> {
        match json {
            Json::Array(items) => {
                Ok(Json::Array(items.into_iter().map(|item| self.unpack(item)).collect::<Result<_, _>>()?))
            }
            Json::Object(fields) => match fields.get(REFERENCE) {
                Some(Json::String(name)) if fields.len() == 1 => self.take(name),
                Some(_) => Err(bad("it refers to an array in a way that is not known")),
                None => {
                    let unpacked = fields.into_iter().map(|(name, value)| {
                        let name = name.strip_prefix('$').map_or(name.clone(), str::to_owned);
                        Ok((name, self.unpack(value)?))
                    });
                    Ok(Json::Object(unpacked.collect::<Result<_, Failure>>()?))
                }
            },
            other => Ok(other),
        }
    }

    fn take(&mut self, name: &str) -> Result<Json, Failure> {
        let wrong = || bad(format!("its array `{name}` is damaged"));
        // Only once: many references to one array would need more memory than there are bytes.
        let entry = self.entries.remove(name).ok_or_else(|| bad(format!("it lacks the array `{name}`")))?;
        let (start, end) = entry.data_offsets;
        let bytes = self.data.get(start..end).ok_or_else(wrong)?;
        let count = entry.shape.iter().try_fold(1_usize, |product, &side| product.checked_mul(side));
        let size = count.and_then(|count| count.checked_mul(entry.dtype.size()));
        if size != Some(bytes.len()) {
            return Err(wrong());
        }
        let float = |value: f64| Number::from_f64(value).map(Json::Number).ok_or_else(wrong);
        let numbers: Vec<Json> = match entry.dtype {
            Dtype::F64 => chunks(bytes).map(|bytes| float(f64::from_le_bytes(bytes))).collect::<Result<_, _>>()?,
            Dtype::F32 => {
                let single = |bytes: [u8; 4]| float(f64::from(f32::from_le_bytes(bytes)));
                chunks(bytes).map(single).collect::<Result<_, _>>()?
            }
            Dtype::I64 => chunks(bytes).map(|bytes| Json::from(i64::from_le_bytes(bytes))).collect(),
        };
        match entry.shape.as_slice() {
            [_] => Ok(Json::Array(numbers)),
            [_, columns] if *columns > 0 => {
                Ok(Json::Array(numbers.chunks(*columns).map(|row| Json::Array(row.to_vec())).collect()))
            }
            _ => Err(wrong()),
        }
    }
}

fn chunks<const SIZE: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; SIZE]> + '_ {
    bytes.as_chunks::<SIZE>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn there_and_back(json: &Json) -> (Json, Json) {
        let mut arrays = Arrays::default();
        let packed = pack(json.clone(), "model", &mut arrays);
        let section = arrays.encode();
        let mut stored = Stored::decode(&section).unwrap();
        (packed.clone(), stored.unpack(packed).unwrap())
    }

    #[test]
    fn documents_come_back_to_the_bit() {
        let thirds: Vec<f64> = (0..20).map(|number| f64::from(number) / 3.0).collect();
        let halves: Vec<f64> = (0..20).map(|number| f64::from(number) / -2.0).collect();
        let document = json!({
            "thirds": thirds,
            "halves": halves,
            "whole": (0..9).collect::<Vec<i64>>(),
            "matrix": [thirds, thirds],
            "ragged": [[1.0, 2.0], [3.0]],
            "few": [1.5, 2.5],
            "mixed": [1, 2.5, 3, 4, 5, 6, 7, 8, 9],
            "words": ["a", "b"],
            "$array": "a name that looks like a reference",
            "$$array": {"$array": 1},
            "zeros": [0.0, -0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "none": null,
            "a/b": thirds,
            "a": {"b": halves},
        });
        let (packed, back) = there_and_back(&document);
        assert_eq!(back, document);
        assert_eq!(back["zeros"].to_string(), document["zeros"].to_string(), "also the sign of a zero");
        assert_eq!(packed["thirds"], json!({"$array": "model/thirds"}));
        assert_eq!(packed["few"], document["few"], "short arrays stay where they are");
        assert_eq!(packed["mixed"], document["mixed"]);
    }

    #[test]
    fn the_section_is_a_safetensors_file() {
        let mut arrays = Arrays::default();
        let rows: Vec<[f64; 4]> = vec![[1.5; 4], [2.5; 4]];
        pack(json!({"weights": rows, "bias": vec![0.1; 8]}), "model", &mut arrays);
        let section = arrays.encode();
        let length = u64::from_le_bytes(section[..8].try_into().unwrap()) as usize;
        let header: Json = serde_json::from_slice(&section[8..8 + length]).unwrap();
        assert_eq!(length % 8, 0);
        assert_eq!(header["model/weights"], json!({"dtype": "F32", "shape": [2, 4], "data_offsets": [64, 96]}));
        assert_eq!(header["model/bias"]["dtype"], "F64");
        assert_eq!(section.len(), 8 + length + 96);
    }

    #[test]
    fn damaged_arrays_are_refused() {
        let mut arrays = Arrays::default();
        let packed = pack(json!([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]), "model", &mut arrays);
        let section = arrays.encode();
        for length in 0..section.len() {
            let taken = Stored::decode(&section[..length]).and_then(|mut stored| stored.unpack(packed.clone()));
            assert!(taken.is_err(), "cut at {length}");
        }
        let twice = json!([packed, packed]);
        assert!(Stored::decode(&section).unwrap().unpack(twice).is_err(), "an array is taken once");
        let with_header = |header: &str| {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            bytes.extend([0; 64]);
            Stored::decode(&bytes).and_then(|mut stored| stored.unpack(packed.clone())).is_err()
        };
        assert!(!with_header(r#"{"model":{"dtype":"F64","shape":[8],"data_offsets":[0,64]}}"#));
        for header in [
            r#"{"model":{"dtype":"F64","shape":[9],"data_offsets":[0,64]}}"#,
            r#"{"model":{"dtype":"F64","shape":[8],"data_offsets":[8,72]}}"#,
            r#"{"model":{"dtype":"F64","shape":[8],"data_offsets":[64,0]}}"#,
            r#"{"model":{"dtype":"F64","shape":[4611686018427387904,2],"data_offsets":[0,0]}}"#,
            r#"{"model":{"dtype":"F64","shape":[8,0],"data_offsets":[0,0]}}"#,
            r#"{"model":{"dtype":"F16","shape":[8],"data_offsets":[0,64]}}"#,
            "{}",
            "[",
        ] {
            assert!(with_header(header), "{header}");
        }
    }
}
