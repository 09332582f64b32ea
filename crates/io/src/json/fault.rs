//! Error messages for JSON.

use super::chunk::NAME_BYTES_MAX;
use super::parse::{DEPTH_MAX, FaultKind};
use crate::ReadOptions;
use pipewright_diagnostic::{Code, Failure, code};

/// The description of a fault.
pub(super) struct Report {
    code: Code,
    pub(super) message: String,
    column: Option<String>,
    help: Option<&'static str>,
}

impl Report {
    pub(super) fn of(kind: &FaultKind) -> Report {
        let bad = |message: &str, help: Option<&'static str>| Report {
            code: code::BAD_FILE,
            message: message.to_string(),
            column: None,
            help,
        };
        let limit = |message: String, help: &'static str| Report {
            code: code::LIMIT_REACHED,
            message,
            column: None,
            help: Some(help),
        };
        match kind {
            FaultKind::Expected("an object") => bad(
                "a row must be an object `{…}`, but this is another value",
                Some("lists have no names for columns: write one object per row"),
            ),
            FaultKind::Expected(what) => bad(&format!("not JSON: expected {what}"), None),
            FaultKind::Unfinished => bad(
                "the value ends too early",
                Some("is the file truncated? if not: the first objects end on their lines, this one does not"),
            ),
            FaultKind::Control => bad("a control character in a text", Some("JSON writes it as an escape: \\n, \\u0007")),
            FaultKind::BadEscape => {
                bad("an escape that JSON does not have", Some("a backslash must be doubled"))
            }
            FaultKind::NotText => bad("bytes that are not UTF-8 text", Some("convert it: iconv -f latin1 -t utf-8")),
            FaultKind::OutOfRange => bad("a number beyond the range of 64-bit floats", None),
            FaultKind::Deep => limit(
                format!("objects and lists are nested deeper than {DEPTH_MAX}"),
                "flatten the file before it is loaded",
            ),
            FaultKind::Again(name) => Report {
                column: Some(name.clone()),
                ..bad(&format!("an object has the key `{}` twice", name.escape_debug()), None)
            },
            FaultKind::Misfit(name) => {
                Report { code: code::KIND_CHANGED, column: Some(name.clone()), ..bad(&format!("a value of `{}` does not have the declared type", name.escape_debug()), None) }
            }
            FaultKind::LongName => limit(
                format!("a key is longer than {NAME_BYTES_MAX} bytes, with those around it"),
                "shorten the keys before the file is loaded",
            ),
            FaultKind::TooManyColumns => limit("too many different keys".to_string(), "`load … max_columns=` allows more"),
            FaultKind::LongField => limit("a text is longer than its limit".to_string(), "`load … max_field=` allows longer ones"),
            FaultKind::Sparse => limit(
                "the keys differ so much from row to row that nearly all of the table would be missing: more than 16 cells per byte of the file".to_string(),
                "write names and values as two columns instead",
            ),
        }
    }

    /// Creates the failure at a position, with the text there.
    pub(super) fn failure(mut self, line: u64, character: usize, rest: &[u8], options: &ReadOptions) -> Failure {
        let text = String::from_utf8_lossy(rest.split(|&byte| byte == b'\n').next().unwrap_or(rest));
        let shown: String =
            text.trim_end().chars().take(60).map(|char| if char.is_control() { '\u{FFFD}' } else { char }).collect();
        match (self.code, &self.column) {
            (code::KIND_CHANGED, Some(name)) => {
                let kind = options.kinds.get(name).map_or(String::new(), |kind| kind.to_string());
                let value = shown_value(&shown);
                self.message = format!("`{value}` is not a value of type {kind}");
            }
            (code::BAD_FILE, _) => {
                self.message = format!("{} (character {character}): {}", self.message, shown);
            }
            _ => {}
        }
        let mut failure = Failure::new(self.code, self.message).file(&options.name).line(line);
        if let Some(column) = self.column {
            failure = failure.column(column);
        }
        if shown.starts_with("NaN") || shown.trim_start_matches('-').starts_with("Infinity") {
            return failure.help("JSON has no NaN and no infinity: write null");
        }
        match self.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// Returns the value at the start of a text.
fn shown_value(text: &str) -> &str {
    let end = match text.strip_prefix('"') {
        Some(rest) => rest.find('"').map(|end| end + 2),
        None => text.find([',', '}', ' ']),
    };
    &text[..end.unwrap_or(text.len())]
}
