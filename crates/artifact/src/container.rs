//! The container of the sections: names, lengths and checksums, all verified before use.

use crate::bad;
use pipewright_diagnostic::{Failure, code};
use sha2::{Digest, Sha256};
use std::io;

const MAGIC: &[u8; 8] = b"PIPEWRT\n";
const VERSION: u32 = 2;
/// The sections by name. Version 1 has the first three.
pub(crate) const SECTIONS: [&str; 4] = ["pipeline", "steps", "model", "arrays"];
const ENTRY_BYTES: usize = 48;
const HEAD_BYTES: usize = 16;
const SUM_BYTES: usize = 32;
/// Maximum size of what stands before the first section, in bytes.
pub const HEADER_BYTES_MAX: usize = HEAD_BYTES + ENTRY_BYTES * SECTIONS.len() + SUM_BYTES;

/// Writes the sections in the latest version.
pub(crate) fn write(bodies: &[Vec<u8>; 4], out: &mut dyn io::Write) -> io::Result<()> {
    let header = header_of(VERSION, bodies);
    let sum = Sha256::digest(&header);
    out.write_all(&header)?;
    out.write_all(&sum)?;
    bodies.iter().try_for_each(|body| out.write_all(body))
}

fn header_of(version: u32, bodies: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(version.to_le_bytes());
    header.extend((bodies.len() as u32).to_le_bytes());
    for (name, body) in SECTIONS.iter().zip(bodies) {
        let mut padded = [0; 8];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        header.extend(padded);
        header.extend((body.as_ref().len() as u64).to_le_bytes());
        header.extend(Sha256::digest(body));
    }
    header
}

/// The head of a container, with a verified checksum.
struct Header<'a> {
    /// The lengths and checksums of the sections.
    entries: &'a [u8],
    /// Where the first section starts.
    end: usize,
}

impl<'a> Header<'a> {
    fn read(bytes: &'a [u8]) -> Result<Header<'a>, Failure> {
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
        let count = if version == 1 { 3 } else { SECTIONS.len() };
        if version == 0 || number(4)? as usize != count {
            return Err(bad("its head is damaged"));
        }
        let sum_start = HEAD_BYTES + ENTRY_BYTES * count;
        let header = bytes.get(..sum_start).ok_or_else(|| bad("it is cut short"))?;
        let sum = bytes.get(sum_start..sum_start + SUM_BYTES).ok_or_else(|| bad("it is cut short"))?;
        if Sha256::digest(header).as_slice() != sum {
            return Err(bad("its head is damaged"));
        }
        Ok(Header { entries: &header[HEAD_BYTES..], end: sum_start + SUM_BYTES })
    }

    /// Returns the name, the length and the checksum of each section.
    fn sections(&self) -> impl Iterator<Item = (&'static str, u64, &'a [u8])> {
        SECTIONS.into_iter().zip(self.entries.chunks_exact(ENTRY_BYTES)).map(|(name, entry)| {
            let length = u64::from_le_bytes(entry[8..16].try_into().expect("eight bytes are eight bytes"));
            (name, length, &entry[16..])
        })
    }
}

/// Returns the length that a container claims to have, from its first [`HEADER_BYTES_MAX`] bytes.
pub(crate) fn claimed_bytes(start: &[u8]) -> Result<u64, Failure> {
    let header = Header::read(start)?;
    Ok(header.sections().fold(header.end as u64, |sum, (_, length, _)| sum.saturating_add(length)))
}

/// Returns the sections in the order of [`SECTIONS`], with verified checksums; lengths are trusted only as far as there
/// are bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<&[u8]>, Failure> {
    let header = Header::read(bytes)?;
    let mut body = &bytes[header.end..];
    let mut found = Vec::with_capacity(SECTIONS.len());
    for (name, length, sum) in header.sections() {
        let length = usize::try_from(length).ok().filter(|&length| length <= body.len());
        let (section, rest) = body.split_at(length.ok_or_else(|| bad(format!("its section `{name}` is cut short")))?);
        if Sha256::digest(section).as_slice() != sum {
            return Err(bad(format!("its section `{name}` is damaged")));
        }
        found.push(section);
        body = rest;
    }
    if !body.is_empty() {
        return Err(bad("there is something after its end"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(version: u32, bodies: &[&[u8]]) -> Vec<u8> {
        let mut bytes = header_of(version, bodies);
        let sum = Sha256::digest(&bytes);
        bytes.extend(sum);
        bodies.iter().for_each(|body| bytes.extend(*body));
        bytes
    }

    const BODIES: [&[u8]; 4] = [b"{\"a\":1}", b"[]", b"{\"weights\":[1,2,3]}", b"\x02\0\0\0\0\0\0\0{}"];

    #[test]
    fn every_flipped_bit_and_every_truncation_is_found() {
        for whole in [framed(1, &BODIES[..3]), framed(2, &BODIES)] {
            assert!(read(&whole).is_ok());
            let start = &whole[..whole.len().min(HEADER_BYTES_MAX)];
            assert_eq!(claimed_bytes(start), Ok(whole.len() as u64));
            for bit in 0..whole.len() * 8 {
                let mut damaged = whole.clone();
                damaged[bit / 8] ^= 1 << (bit % 8);
                assert!(read(&damaged).is_err(), "bit {bit}");
            }
            for length in 0..whole.len() {
                assert!(read(&whole[..length]).is_err(), "length {length}");
            }
            let mut longer = whole;
            longer.push(0);
            assert!(read(&longer).is_err());
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_not_believed() {
        let empty: [&[u8]; 4] = [b""; 4];
        let mut header = framed(2, &empty)[..HEAD_BYTES + ENTRY_BYTES * 4].to_vec();
        for claim in [1, 1 << 31, 1 << 32, 1 << 63, u64::MAX] {
            header[HEAD_BYTES + 8..HEAD_BYTES + 16].copy_from_slice(&u64::to_le_bytes(claim));
            let mut bytes = header.clone();
            bytes.extend(Sha256::digest(&header));
            assert_eq!(read(&bytes).unwrap_err().code, code::BAD_BUNDLE);
        }
    }

    #[test]
    fn a_newer_version_is_called_so() {
        assert_eq!(read(&framed(3, &BODIES)).unwrap_err().code, code::NEWER_BUNDLE);
    }

    #[test]
    fn each_version_has_its_sections() {
        assert!(read(&framed(1, &BODIES)).is_err() && read(&framed(2, &BODIES[..3])).is_err());
        assert_eq!(read(&framed(1, &BODIES[..3])).unwrap().len(), 3);
        assert_eq!(read(&framed(2, &BODIES)).unwrap(), BODIES);
    }
}
