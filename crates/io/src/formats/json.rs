//! JSON: one object per line, objects over several lines, or one array of objects.

use crate::Outline;
use crate::format::{FileFormat, Format, Signature};
use crate::source::{Reader, Writer};
use std::io;

pub(super) struct Json;

impl Format {
    /// JSON: one object per line, objects over several lines, or one array of objects.
    pub const JSON: Format = Format::new(&Json);
}

impl Json {
    pub(super) const SIGNATURE: Signature = Signature {
        words: &["json", "jsonl"],
        endings: &["json", "jsonl", "ndjson"],
        begins: Some(crate::json::begins_json),
        is_written: true,
        ..Signature::BASE
    };
}

impl FileFormat for Json {
    fn signature(&self) -> &'static Signature {
        &Json::SIGNATURE
    }

    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::json::JsonReader)
    }

    fn writer<'a>(&self, outline: &Outline, out: &'a mut dyn io::Write) -> io::Result<Box<dyn Writer + 'a>> {
        crate::json::writer(outline, out)
    }
}
