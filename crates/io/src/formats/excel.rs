//! Excel and OpenDocument workbooks.

use crate::format::{FileFormat, Format, Signature};
use crate::source::Reader;

pub(super) struct Excel;

impl Format {
    /// Excel or OpenDocument workbook.
    pub const EXCEL: Format = Format::new(&Excel);
}

impl Excel {
    pub(super) const SIGNATURE: Signature = Signature {
        words: &["excel"],
        endings: &["xlsx", "xlsm", "xlsb", "xls", "ods"],
        magic: &[b"PK\x03\x04", b"\xD0\xCF\x11\xE0"],
        is_text: false,
        feature: Some("excel"),
        ..Signature::BASE
    };
}

impl FileFormat for Excel {
    fn signature(&self) -> &'static Signature {
        &Excel::SIGNATURE
    }

    #[cfg(feature = "excel")]
    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::excel::ExcelReader)
    }

    #[cfg(not(feature = "excel"))]
    fn reader(&self) -> Option<&'static dyn Reader> {
        None
    }
}
