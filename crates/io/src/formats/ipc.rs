//! Arrow IPC: the file format (Feather 2) and the stream format.

use crate::Outline;
use crate::format::{FileFormat, Format, Signature};
use crate::source::{Reader, Writer};
use std::io;

pub(super) struct Ipc;

impl Format {
    /// Arrow IPC: the file format (Feather 2) or a stream, as returned by database drivers.
    pub const IPC: Format = Format::new(&Ipc);
}

impl Ipc {
    pub(super) const SIGNATURE: Signature = Signature {
        words: &["ipc"],
        endings: &["arrow", "feather", "ipc", "arrows"],
        schemes: &["adbc"],
        // Files, and the messages of streams.
        magic: &[b"ARROW1", b"\xFF\xFF\xFF\xFF"],
        is_text: false,
        is_written: cfg!(feature = "ipc"),
        feature: Some("ipc"),
        ..Signature::BASE
    };
}

impl FileFormat for Ipc {
    fn signature(&self) -> &'static Signature {
        &Ipc::SIGNATURE
    }

    #[cfg(feature = "ipc")]
    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::ipc::IpcReader)
    }

    #[cfg(not(feature = "ipc"))]
    fn reader(&self) -> Option<&'static dyn Reader> {
        None
    }

    #[cfg(feature = "ipc")]
    fn writer<'a>(&self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        crate::ipc::writer(outline.schema(), out)
    }
}
