//! SQLite databases.

use crate::format::{FileFormat, Format, Signature};
use crate::source::Reader;

pub(super) struct Sqlite;

impl Format {
    /// SQLite database.
    pub const SQLITE: Format = Format::new(&Sqlite);
}

impl Sqlite {
    pub(super) const SIGNATURE: Signature = Signature {
        words: &["sqlite"],
        endings: &["sqlite", "sqlite3", "db"],
        magic: &[b"SQLite format 3\0"],
        is_text: false,
        feature: Some("sqlite"),
        ..Signature::BASE
    };
}

impl FileFormat for Sqlite {
    fn signature(&self) -> &'static Signature {
        &Sqlite::SIGNATURE
    }

    #[cfg(feature = "sqlite")]
    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&crate::sqlite::SqliteReader)
    }

    #[cfg(not(feature = "sqlite"))]
    fn reader(&self) -> Option<&'static dyn Reader> {
        None
    }
}
