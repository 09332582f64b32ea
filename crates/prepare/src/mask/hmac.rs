//! HMAC-SHA-256 (RFC 2104) without the key: only the two intermediate hash states derived from it are kept.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use std::fmt;

/// A keyed hash function.
///
/// The key itself is not kept: it cannot be computed from the two intermediate states, but guesses can be tested.
///
/// ```
/// use pipewright_frame::Hmac;
/// let hmac = Hmac::new(b"key");
/// assert_eq!(hmac.hash(b"The quick brown fox jumps over the lazy dog")[..4], [0xf7, 0xbc, 0x83, 0xf4]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Hmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

/// Block size of SHA-256 in bytes.
const BLOCK: usize = 64;

/// Initial hash value (FIPS 180-4, 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

impl Hmac {
    /// Creates the hash function of a key.
    #[must_use]
    pub fn new(key: &[u8]) -> Hmac {
        let mut block = [0; BLOCK];
        match key.len() {
            0..=BLOCK => block[..key.len()].copy_from_slice(key),
            _ => block[..32].copy_from_slice(&Sha256::digest(key)),
        }
        let padded = |pad: u8| {
            let mut sum = START;
            compress256(&mut sum, &[block.map(|byte| byte ^ pad)]);
            sum
        };
        Hmac { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// Computes the hash of a message.
    #[must_use]
    pub fn hash(&self, message: &[u8]) -> [u8; 32] {
        resumed(self.outer, &resumed(self.inner, message))
    }
}

/// Continues from the state after one block with a message.
fn resumed(mut sum: [u32; 8], message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks::<BLOCK>();
    compress256(&mut sum, blocks);
    // The rest, a one bit, zeros, and the number of all bits in the last eight bytes.
    let mut last = [[0; BLOCK]; 2];
    let last = last.as_flattened_mut();
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let end = if rest.len() < BLOCK - 8 { BLOCK } else { 2 * BLOCK };
    let bits = (BLOCK + message.len()) as u64 * 8;
    last[end - 8..end].copy_from_slice(&bits.to_be_bytes());
    compress256(&mut sum, last[..end].as_chunks::<BLOCK>().0);
    let mut hash = [0; 32];
    hash.as_chunks_mut::<4>().0.iter_mut().zip(sum).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    hash
}

/// Does not reveal the key material.
impl fmt::Debug for Hmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hmac(…)")
    }
}

/// Serialised as 128 hexadecimal digits.
impl Serialize for Hmac {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.inner.iter().chain(&self.outer).map(|word| format!("{word:08x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Hmac {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hmac, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let (words, rest) = digits.as_bytes().as_chunks::<8>();
        let word = |digits: &[u8; 8]| {
            let digits =
                std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|it| it.is_ascii_hexdigit()))?;
            u32::from_str_radix(digits, 16).ok()
        };
        let words: Option<Vec<u32>> = words.iter().map(word).collect();
        match words.as_deref().map(<[u32]>::as_chunks::<8>) {
            Some(([inner, outer], [])) if rest.is_empty() => Ok(Hmac { inner: *inner, outer: *outer }),
            _ => Err(D::Error::custom("a keyed hash is 128 hexadecimal digits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The test vectors of RFC 4231, 4.2 to 4.8 (4.6 is that of a truncated hash).
    #[test]
    fn known_answers() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 7] = [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            ((1..=25).collect(), vec![0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs \
                  to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, expected) in cases {
            assert!(hex(&Hmac::new(&key).hash(&message)).starts_with(expected), "{expected}");
        }
    }

    /// Against the sum of the padded bytes as such, around the edges of blocks.
    #[test]
    fn messages_of_any_length() {
        let key = b"some key";
        for length in 0..200 {
            let message: Vec<u8> = (0..length).map(|byte| byte as u8).collect();
            let padded = |pad: u8| {
                let mut block = [pad; BLOCK];
                key.iter().zip(&mut block).for_each(|(key, byte)| *byte ^= key);
                block
            };
            let inner = Sha256::new().chain_update(padded(0x36)).chain_update(&message).finalize();
            let expected = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
            assert_eq!(Hmac::new(key).hash(&message)[..], expected[..], "{length} bytes");
        }
    }

    #[test]
    fn it_survives_a_file_and_shows_nothing() {
        let hmac = Hmac::new(b"secret");
        let text = serde_json::to_string(&hmac).unwrap();
        assert_eq!(serde_json::from_str::<Hmac>(&text).unwrap(), hmac);
        assert_eq!(format!("{hmac:?}"), "Hmac(…)");
        for bad in
            ["\"\"", "\"00\"", &text.replace('"', "\"0").replacen("\"0", "\"", 1), &text.replace(&text[1..3], "zz")]
        {
            assert!(serde_json::from_str::<Hmac>(bad).is_err(), "{bad}");
        }
    }
}
