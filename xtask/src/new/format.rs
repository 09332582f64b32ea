//! `new format`: a file format that reads each line as text until it is filled in.

use super::{camel, write};
use crate::project::root;
use std::fs;

const LIST: &str = "crates/io/src/formats.rs";

pub(super) fn run(name: &str) -> Result<(), String> {
    let camel = camel(name)?;
    let list = fs::read_to_string(root().join(LIST)).map_err(|error| format!("cannot read {LIST}: {error}"))?;
    let list = registered(&list, &format!("{name}::{camel}"))?;
    let text = FORMAT.replace("{name}", name).replace("{NAME}", &name.to_uppercase()).replace("{Name}", &camel);
    write(&format!("crates/io/src/formats/{name}.rs"), &text)?;
    fs::write(root().join(LIST), list).map_err(|error| format!("cannot write {LIST}: {error}"))?;
    println!("registered it in {LIST}");
    println!("\nfill in the skeleton, then run `cargo xtask gen` and `cargo test -p pipewright-io`");
    Ok(())
}

/// Returns the list with one more line at its end.
fn registered(list: &str, entry: &str) -> Result<String, String> {
    let start = list.find("\nformats! {\n").ok_or(format!("{LIST} has no list `formats!`"))?;
    let end = list[start..].find("\n}").ok_or(format!("the list of {LIST} does not end"))? + start;
    Ok(format!("{}\n    {entry},{}", &list[..end], &list[end..]))
}

const FORMAT: &str = r#"//! {Name}: says in one line what these files are.

use crate::ReadOptions;
use crate::format::{FileFormat, Format, Signature};
use crate::source::{Reader, Reading, Scan, Sketch, Whole, unreadable};
use arrow_array::{ArrayRef, StringArray};
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Column, ColumnType, Origin, Table};
use pipewright_world::Content;
use std::sync::Arc;

pub(super) struct {Name};

impl Format {
    /// {Name}: says in one line what these files are.
    pub const {NAME}: Format = Format::new(&{Name});
}

impl {Name} {
    pub(super) const SIGNATURE: Signature = Signature { words: &["{name}"], endings: &["{name}"], ..Signature::BASE };
}

impl FileFormat for {Name} {
    fn signature(&self) -> &'static Signature {
        &{Name}::SIGNATURE
    }

    fn reader(&self) -> Option<&'static dyn Reader> {
        Some(&{Name})
    }
}

/// One column, `line`.
impl Reader for {Name} {
    fn sketch(&self, content: &Arc<dyn Content>, truncated: bool, options: &ReadOptions) -> Result<Sketch, Failure> {
        let reading = self.read(content, options)?;
        Ok(Sketch {
            schema: reading.table.schema(),
            certain: !truncated,
            rows_seen: reading.table.rows(),
            memory_bytes: reading.table.memory_bytes(),
            notes: Vec::new(),
            whole: (!truncated).then_some(reading),
        })
    }

    fn read(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Reading, Failure> {
        let bytes = content.start(usize::MAX).map_err(|error| unreadable(&error, options))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(code::BAD_FILE, "the file is not UTF-8 text").file(&options.name))?;
        let lines: ArrayRef = Arc::new(StringArray::from_iter_values(text.lines()));
        let origin = Origin { file: options.name.clone(), facts: vec![("format", "{name}".into())] };
        let table = Table::new(vec![Column::new("line", ColumnType::Text)], vec![lines])?.with_origin(Some(Arc::new(origin)));
        Ok(Reading { table, notes: Vec::new(), rejected: Vec::new() })
    }

    fn scan(&self, content: &Arc<dyn Content>, options: &ReadOptions) -> Result<Arc<dyn Scan>, Failure> {
        Ok(Arc::new(Whole(self.read(content, options)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;
    use pipewright_world::MemoryWorld;

    #[test]
    fn a_file_is_told_by_its_name_and_read() {
        let content: Arc<dyn Content> = Arc::new(b"one\ntwo\n".to_vec());
        let reading = read(&content, &ReadOptions::new("file.{name}"), &MemoryWorld::new()).unwrap();
        assert_eq!((reading.table.rows(), Format::of_path("file.{name}")), (2, Some(Format::{NAME})));
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_one_more_line_of_the_list() {
        let list = "use a;\n\nformats! {\n    csv::Csv,\n}\n\nmod tests {}\n";
        let more = registered(list, "toml::Toml").unwrap();
        assert_eq!(more, "use a;\n\nformats! {\n    csv::Csv,\n    toml::Toml,\n}\n\nmod tests {}\n");
        assert!(registered("nothing", "toml::Toml").is_err());
    }
}
