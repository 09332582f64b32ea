//! Arrays of `f32` as text that keeps every bit: eight hexadecimal digits a number, most significant first.
//!
//! Shorter than decimal digits, the same on every machine, and read without rounding.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};
use std::fmt::Write;

/// Digits of a number.
const DIGITS: usize = 8;

pub(super) fn serialize<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::with_capacity(values.len() * DIGITS);
    for value in values {
        write!(text, "{:08x}", value.to_bits()).expect("a string takes all text");
    }
    serializer.serialize_str(&text)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (numbers, rest) = text.as_bytes().as_chunks::<DIGITS>();
    if !rest.is_empty() {
        return Err(D::Error::custom(format!("an array of numbers has {DIGITS} digits a number")));
    }
    numbers
        .iter()
        .map(|digits| {
            digits
                .iter()
                .try_fold(0_u32, |bits, &digit| Some(bits << 4 | char::from(digit).to_digit(16)?))
                .map(f32::from_bits)
                .ok_or_else(|| D::Error::custom("an array of numbers has hexadecimal digits"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Vec<f32>);

    #[test]
    fn every_bit_survives() {
        let values = vec![0.0, -0.0, 1.0, f32::MIN_POSITIVE / 8.0, -3.25e-20, f32::MAX, 0.1];
        let text = serde_json::to_string(&Holder(values.clone())).unwrap();
        let back: Holder = serde_json::from_str(&text).unwrap();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(&back.0), bits(&values));
    }

    #[test]
    fn damaged_text_is_an_error() {
        for text in ["\"3f80000\"", "\"3f80000g\"", "\"ééééxxxx\"", "7"] {
            assert!(serde_json::from_str::<Holder>(text).is_err(), "{text}");
        }
    }
}
