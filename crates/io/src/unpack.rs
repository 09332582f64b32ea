//! Compressed files: `.gz` and `.zst` of any format, detected by their first bytes, whatever their names.
//!
//! A compressed file is unpacked once, into memory or, above a limit, into a temporary file. It is reported as damaged
//! if it is truncated, if a checksum or a length does not match, or if anything but zeros follows its last member; it
//! is rejected if it exceeds its size limit, or expands like a zip bomb.

use crate::ReadOptions;
use crate::source::unreadable;
use pipewright_diagnostic::{Failure, code};
use pipewright_world::{Content, World};
#[cfg(feature = "compression")]
use std::io::BufRead;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes read for a look at the head of a file.
const HEAD_BYTES: usize = 1 << 20;

/// Bytes read and unpacked at once.
const BLOCK_BYTES: usize = 256 << 10;

/// Unpacked size above which the expansion ratio is checked.
const BOMB_BYTES: u64 = 1 << 30;
/// Expansion ratio of a zip bomb.
const BOMB_GROWTH: u64 = 1000;

/// The compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

/// Known but unsupported compressions: magic bytes and names.
const REFUSED: [(&[u8], &str); 7] = [
    (b"\xFD7zXZ\0", "xz"),
    (b"\x04\x22\x4D\x18", "lz4"),
    (b"7z\xBC\xAF\x27\x1C", "7-Zip"),
    (b"Rar!\x1A\x07", "rar"),
    (b"\x1F\x9D", "compress"),
    (b"LZIP\x01", "lzip"),
    (b"\x89LZO\0\r\n\x1A\n", "lzop"),
];

impl Packing {
    /// Detects the compression from the first bytes of a file.
    fn of(start: &[u8], options: &ReadOptions) -> Result<Option<Packing>, Failure> {
        let begins = |magic: &[u8]| start.starts_with(magic);
        // A skippable frame may come first: 0x184D2A50 to 0x184D2A5F.
        let skippable = start.len() >= 4 && start[0] & 0xF0 == 0x50 && start[1..4] == *b"\x2A\x4D\x18";
        // The magic of bzip2 is text; what follows it, the digits of pi, is not.
        let bzip2 = begins(b"BZh") && start.get(4..10) == Some(b"1AY&SY");
        let refused = REFUSED.iter().find(|(magic, _)| begins(magic)).map(|(_, name)| *name);
        match refused.or(bzip2.then_some("bzip2")) {
            Some(name) => Err(Failure::new(code::BAD_FILE, format!("the file is compressed with {name}"))
                .file(&options.name)
                .help("decompress it first, or use gzip or zstd")),
            None if begins(b"\x1F\x8B") => Ok(Some(Packing::Gzip)),
            None if begins(b"\x28\xB5\x2F\xFD") || skippable => Ok(Some(Packing::Zstd)),
            None => Ok(None),
        }
    }

    fn of_content(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Option<Packing>, Failure> {
        let start = content.start(16).map_err(|error| unreadable(&error, options))?;
        Packing::of(&start, options)
    }
}

/// Returns what a look at the head needs: a plain content unchanged, or the unpacked head of a compressed one; and
/// whether it is only a head.
pub(crate) fn head(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<(Arc<dyn Content>, bool), Failure> {
    let Some(packing) = Packing::of_content(content, options)? else { return Ok((content.clone(), false)) };
    let mut unpacked = Unpacked::open(packing, content, options)?;
    let mut bytes = Vec::new();
    while bytes.len() <= HEAD_BYTES {
        match unpacked.next()? {
            Some(block) => bytes.extend_from_slice(block),
            None => break,
        }
    }
    let truncated = bytes.len() > HEAD_BYTES;
    bytes.truncate(HEAD_BYTES);
    refuse_twice(&bytes, options)?;
    Ok((Arc::new(bytes), truncated))
}

/// Unpacks a content: into memory, or into a temporary file if it is large.
pub(crate) fn whole(
    content: &Arc<dyn Content>,
    options: &ReadOptions,
    world: &dyn World,
) -> Result<Arc<dyn Content>, Failure> {
    let Some(packing) = Packing::of_content(content, options)? else { return Ok(content.clone()) };
    let mut unpacked = Unpacked::open(packing, content, options)?;
    let mut bytes = Vec::new();
    while let Some(block) = unpacked.next()? {
        if bytes.is_empty() {
            refuse_twice(block, options)?;
        }
        bytes.extend_from_slice(block);
        if bytes.len() as u64 > options.limits.memory_bytes {
            return spilled(bytes, unpacked, options, world);
        }
    }
    Ok(Arc::new(bytes))
}

/// Writes what is in memory and all that follows to a temporary file.
fn spilled(
    bytes: Vec<u8>,
    mut unpacked: Unpacked<'_>,
    options: &ReadOptions,
    world: &dyn World,
) -> Result<Arc<dyn Content>, Failure> {
    let mut bytes = Some(bytes);
    let mut failure = None;
    let content = world.scratch(&mut |out| {
        if let Some(bytes) = bytes.take() {
            out.write_all(&bytes)?;
        }
        loop {
            match unpacked.next() {
                Ok(Some(block)) => out.write_all(block)?,
                Ok(None) => return Ok(()),
                Err(found) => {
                    failure = Some(found);
                    return Err(io::Error::other("the compressed file cannot be read"));
                }
            }
        }
    });
    content.map_err(|error| {
        failure.unwrap_or_else(|| {
            let message = format!("cannot unpack `{}` to a temporary file: {error}", options.name.escape_debug());
            Failure::new(code::CANNOT_WRITE, message)
                .help("make room in the folder of temporary files, or allow more memory: `--mem 16G`")
        })
    })
}

fn refuse_twice(bytes: &[u8], options: &ReadOptions) -> Result<(), Failure> {
    match Packing::of(&bytes[..bytes.len().min(16)], options) {
        Ok(None) => Ok(()),
        _ => Err(Failure::new(code::BAD_FILE, "the file is compressed twice")
            .file(&options.name)
            .help("decompress it once")),
    }
}

/// The unpacked bytes of a compressed file, block by block.
struct Unpacked<'a> {
    options: &'a ReadOptions,
    decoder: Decoder<'a>,
    packed_bytes: u64,
    total: u64,
    block: Vec<u8>,
}

impl<'a> Unpacked<'a> {
    fn open(packing: Packing, content: &'a Arc<dyn Content>, options: &'a ReadOptions) -> Result<Self, Failure> {
        let source = io::BufReader::with_capacity(BLOCK_BYTES, Source { content: &**content, offset: 0 });
        let decoder = Decoder::open(packing, source, options)?;
        Ok(Unpacked { options, decoder, packed_bytes: content.size(), total: 0, block: vec![0; BLOCK_BYTES] })
    }

    /// Returns the next bytes, or `None` at the end.
    fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        let mut length = 0;
        while length < self.block.len() {
            match self.decoder.read(&mut self.block[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.damaged(&error)),
            }
        }
        self.total += length as u64;
        self.check()?;
        Ok((length > 0).then_some(&self.block[..length]))
    }

    fn check(&self) -> Result<(), Failure> {
        let limit = self.options.limits.unpacked_bytes;
        // A raised limit is a deliberate choice.
        let raised = limit > crate::Limits::default().unpacked_bytes;
        let bomb = self.total > BOMB_BYTES && self.total / BOMB_GROWTH > self.packed_bytes && !raised;
        let message = if self.total > limit {
            format!("the file unpacks to more than {}", size(limit))
        } else if bomb {
            format!("the file unpacks to more than {BOMB_GROWTH} times its size, like a zip bomb")
        } else {
            return Ok(());
        };
        let double = limit.max(crate::Limits::default().unpacked_bytes).saturating_mul(2);
        Err(Failure::new(code::LIMIT_REACHED, message)
            .file(&self.options.name)
            .help(format!("to allow it: `load … max_unpacked={}`", size(double).replace(" GiB", "G"))))
    }

    fn damaged(&self, error: &io::Error) -> Failure {
        if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()) {
            return unreadable(&inner.0, self.options);
        }
        let what = match error.kind() {
            io::ErrorKind::UnexpectedEof => "it is truncated".to_string(),
            _ => error.to_string(),
        };
        let message = format!("the compressed file is damaged, {} bytes into its content: {what}", self.total);
        Failure::new(code::BAD_FILE, message).file(&self.options.name)
    }
}

fn size(bytes: u64) -> String {
    match bytes >> 30 {
        0 => format!("{bytes} bytes"),
        whole => format!("{whole} GiB"),
    }
}

/// The bytes of a content, one after another.
struct Source<'a> {
    content: &'a dyn Content,
    offset: u64,
}

/// An I/O error, not one of the compressed data.
#[derive(Debug)]
struct SourceError(io::Error);

impl std::fmt::Display for SourceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for SourceError {}

impl Read for Source<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let rest = self.content.size() - self.offset;
        let length = usize::try_from(rest).unwrap_or(usize::MAX).min(out.len());
        self.content.read_at(self.offset, &mut out[..length]).map_err(|error| io::Error::other(SourceError(error)))?;
        self.offset += length as u64;
        Ok(length)
    }
}

type Packed<'a> = io::BufReader<Source<'a>>;

/// A decoder.
enum Decoder<'a> {
    #[cfg(feature = "compression")]
    Gzip(Box<Members<'a>>),
    #[cfg(feature = "compression")]
    Zstd(Box<zstd::stream::read::Decoder<'a, Packed<'a>>>),
    #[cfg(not(feature = "compression"))]
    #[allow(dead_code)] // Nothing is unpacked.
    None(Packed<'a>),
}

#[cfg(feature = "compression")]
impl<'a> Decoder<'a> {
    fn open(packing: Packing, packed: Packed<'a>, options: &ReadOptions) -> Result<Decoder<'a>, Failure> {
        match packing {
            Packing::Gzip => Ok(Decoder::Gzip(Box::new(Members(Some(flate2::bufread::GzDecoder::new(packed)))))),
            Packing::Zstd => zstd::stream::read::Decoder::with_buffer(packed)
                .map(|decoder| Decoder::Zstd(Box::new(decoder)))
                .map_err(|error| unreadable(&error, options)),
        }
    }
}

#[cfg(not(feature = "compression"))]
impl<'a> Decoder<'a> {
    fn open(_: Packing, _: Packed<'a>, options: &ReadOptions) -> Result<Decoder<'a>, Failure> {
        let message = "this build cannot decompress files: it was compiled without support";
        Err(Failure::new(code::UNKNOWN_FORMAT, message)
            .file(&options.name)
            .help("build it with the feature `compression`"))
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            #[cfg(feature = "compression")]
            Decoder::Gzip(members) => members.read(out),
            #[cfg(feature = "compression")]
            Decoder::Zstd(frames) => frames.read(out),
            #[cfg(not(feature = "compression"))]
            Decoder::None(packed) => packed.read(out),
        }
    }
}

/// The members of a gzip file, with nothing after them but zeros, which fill the last block of some devices.
#[cfg(feature = "compression")]
struct Members<'a>(Option<flate2::bufread::GzDecoder<Packed<'a>>>);

#[cfg(feature = "compression")]
impl Read for Members<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let length = member.read(out)?;
            if length > 0 || out.is_empty() {
                return Ok(length);
            }
            let Some(mut packed) = self.0.take().map(flate2::bufread::GzDecoder::into_inner) else { break };
            skip_zeros(&mut packed)?;
            let rest = packed.fill_buf()?;
            if rest.is_empty() {
                break;
            }
            if rest[0] != 0x1F || rest.get(1).is_some_and(|&byte| byte != 0x8B) {
                let message = "something else follows the last member";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            self.0 = Some(flate2::bufread::GzDecoder::new(packed));
        }
        Ok(0)
    }
}

#[cfg(feature = "compression")]
fn skip_zeros(packed: &mut Packed<'_>) -> io::Result<()> {
    loop {
        let rest = packed.fill_buf()?;
        let zeros = rest.iter().take_while(|&&byte| byte == 0).count();
        let all = zeros == rest.len();
        packed.consume(zeros);
        if zeros == 0 || !all {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
