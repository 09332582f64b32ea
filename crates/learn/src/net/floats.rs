//! Serialisation of `f32` arrays in saved models, lossless. Models of bundle version 1 store them as text, eight
//! hexadecimal digits per number, most significant first.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits per number in version 1.
const DIGITS: usize = 8;

pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    values.serialize(serializer)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Numbers(Vec<f32>),
    Digits(String),
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    match Stored::deserialize(deserializer)? {
        Stored::Numbers(numbers) => Ok(numbers),
        Stored::Digits(text) => from_digits(&text).map_err(D::Error::custom),
    }
}

fn from_digits(text: &str) -> Result<Vec<f32>, String> {
    let (numbers, rest) = text.as_bytes().as_chunks::<DIGITS>();
    if !rest.is_empty() {
        return Err(format!("an array of numbers has {DIGITS} digits per number"));
    }
    let number = |digits: &[u8; DIGITS]| {
        let bits = digits.iter().try_fold(0_u32, |bits, &digit| Some(bits << 4 | char::from(digit).to_digit(16)?));
        bits.map(f32::from_bits).ok_or_else(|| "an array of numbers has hexadecimal digits".to_owned())
    };
    numbers.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Vec<f32>);

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn every_bit_survives() {
        let values = vec![0.0, -0.0, 1.0, f32::MIN_POSITIVE / 8.0, -3.25e-20, f32::MAX, 0.1];
        let json = serde_json::to_value(Holder(values.clone())).unwrap();
        let back: Holder = serde_json::from_value(json).unwrap();
        assert_eq!(bits(&back.0), bits(&values));
    }

    #[test]
    fn the_digits_of_version_1_are_read() {
        let read: Holder = serde_json::from_str("\"3f80000080000000\"").unwrap();
        assert_eq!(bits(&read.0), bits(&[1.0, -0.0]));
    }

    #[test]
    fn damaged_text_is_an_error() {
        for text in ["\"3f80000\"", "\"3f80000g\"", "\"ééééxxxx\"", "7", "[\"1\"]"] {
            assert!(serde_json::from_str::<Holder>(text).is_err(), "{text}");
        }
    }
}
