//! Apache Parquet.

use crate::Outline;
use crate::format::{FileFormat, Format, Signature};
use crate::source::{Reader, Writer};
use std::io;

pub(super) struct Parquet;

impl Format {
    /// Apache Parquet.
    pub const PARQUET: Format = Format::new(&Parquet);
}

impl Parquet {
    pub(super) const SIGNATURE: Signature = Signature {
        words: &["parquet"],
        endings: &["parquet", "pq"],
        magic: &[b"PAR1", b"PARE"],
        is_text: false,
        is_written: cfg!(feature = "parquet"),
        feature: Some("parquet"),
        ..Signature::BASE
    };
}

impl FileFormat for Parquet {
    fn signature(&self) -> &'static Signature {
        &Parquet::SIGNATURE
    }

    #[cfg(feature = "parquet")]
    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::parquet::ParquetReader)
    }

    #[cfg(not(feature = "parquet"))]
    fn reader(&self) -> Option<&'static dyn Reader> {
        None
    }

    #[cfg(feature = "parquet")]
    fn writer<'a>(&self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        crate::parquet::writer(outline.schema(), out)
    }
}
