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

const FORMAT: &str = include_str!("templates/format.txt");

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
