//! `new`: skeletons that compile once registered.

mod format;

use crate::project::root;
use crate::usage;
use std::fs;
use std::path::Path;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["verb", group, name] => verb(group, name),
        ["model", name] => model(name),
        ["metric", name] => metric(name),
        ["op", name] => op(name),
        ["format", name] => format::run(name),
        _ => Err(usage("new")),
    }
}

/// Folders of the catalogue with their chapters of the reference.
const GROUPS: &[(&str, &str)] = &[
    ("source", "Source"),
    ("choose", "Choose"),
    ("tables", "Tables"),
    ("roles", "Roles"),
    ("derive", "Derive"),
    ("clean", "Clean"),
    ("scale", "Scale"),
    ("encode", "Encode"),
    ("feature", "Features"),
    ("branch", "Branch"),
    ("learn", "Learn"),
    ("judge", "Judge"),
    ("look", "Look"),
    ("out", "Out"),
];

fn verb(group: &str, name: &str) -> Result<(), String> {
    let Some((_, chapter)) = GROUPS.iter().find(|(folder, _)| *folder == group) else {
        let groups: Vec<&str> = GROUPS.iter().map(|(folder, _)| *folder).collect();
        return Err(format!("there is no group `{group}`; the groups: {}", groups.join(", ")));
    };
    let text = VERB.replace("{name}", name).replace("{Name}", &camel(name)?).replace("{Chapter}", chapter);
    write(&format!("crates/catalog/src/{group}/{name}.rs"), &text)?;
    insert(&format!("crates/catalog/src/{group}/mod.rs"), "pub(crate) mod ", &format!("pub(crate) mod {name};"))?;
    let entry = format!("        &{group}::{name}::VERB,");
    insert("crates/catalog/src/lib.rs", &format!("        &{group}::"), &entry)?;
    println!("\nfill in the skeleton, then run `cargo xtask gen` and `cargo xtask laws {name}`");
    Ok(())
}

/// Inserts a line among those with the same prefix: after the last one that sorts before it.
fn insert(path: &str, start: &str, line: &str) -> Result<(), String> {
    let file = root().join(path);
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {path}: {error}"))?;
    let mut lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|known| known.starts_with(start));
    let first = first.ok_or_else(|| format!("{path} has no line that starts with `{start}`"))?;
    let before = lines.iter().rposition(|known| known.starts_with(start) && *known < line);
    lines.insert(before.map_or(first, |last| last + 1), line);
    fs::write(&file, lines.join("\n") + "\n").map_err(|error| format!("cannot write {path}: {error}"))?;
    println!("added to {path}: {}", line.trim());
    Ok(())
}

fn model(name: &str) -> Result<(), String> {
    let text = |template: &str| Ok::<_, String>(template.replace("{name}", name).replace("{Name}", &camel(name)?));
    write(&format!("crates/learn/src/{name}.rs"), &text(LEARNER)?)?;
    write(&format!("crates/catalog/src/learn/{name}.rs"), &text(MODEL)?)?;
    insert("crates/learn/src/lib.rs", "pub mod ", &format!("pub mod {name};"))?;
    insert("crates/catalog/src/learn/mod.rs", "pub(crate) mod ", &format!("pub(crate) mod {name};"))?;
    let entry = format!("        &learn::{name}::MODEL,\n");
    extend_list("crates/catalog/src/lib.rs", "    models: &[\n", "    ],", &entry)?;
    let row = format!("    Row {{ name: \"{name}\", variants: &[model(\"{name}\", \"price\")] }},\n");
    extend_list("tests/laws.rs", "const MODELS: &[Row] = &[\n", "];", &row)?;
    println!("\nfill in the skeletons, then run `cargo xtask gen` and `cargo xtask laws {name}`");
    Ok(())
}

fn metric(name: &str) -> Result<(), String> {
    camel(name)?;
    write(&format!("crates/learn/src/metric/{name}.rs"), &METRIC.replace("{name}", name))?;
    insert("crates/learn/src/metric/mod.rs", "mod ", &format!("mod {name};"))?;
    let table = "crates/learn/src/metric/table.rs";
    let constant = name.to_uppercase();
    let entry = format!("    {constant} = \"{name}\", Numbers, Lower, \"mean |y - ŷ|\", super::{name}::{name};\n");
    extend_list(table, "metrics! {\n", "}", &entry)?;
    println!("\nfill in the skeleton, then run `cargo xtask gen` and `cargo test -p pipewright-learn metric`");
    Ok(())
}

fn op(name: &str) -> Result<(), String> {
    let camel = camel(name)?;
    let text = OP.replace("{name}", name).replace("{Name}", &camel);
    write(&format!("crates/tensor/src/op/{name}.rs"), &text)?;
    extend_list("crates/tensor/src/op/mod.rs", "    elementwise {\n", "    }", &format!("        {name}::{camel},\n"))?;
    let method = format!(
        "\n    /// As [`{camel}`](crate::op::{camel}).\n    pub fn {name}(&mut self, input: Node) -> Node {{\n        \
         self.apply(Op::{camel}(op::{camel}), &[input])\n    }}\n"
    );
    extend_list("crates/tensor/src/graph/methods.rs", "impl Graph {\n", "}", &method)?;
    println!("\nfill in the skeleton, then run `cargo xtask gradcheck {name}`");
    Ok(())
}

/// Adds lines at the end of a list: before the first line after `start` that begins with `end`.
fn extend_list(path: &str, start: &str, end: &str, lines: &str) -> Result<(), String> {
    let file = root().join(path);
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {path}: {error}"))?;
    let at = text.find(start).and_then(|at| {
        let inside = at + start.len();
        text[inside - 1..].find(&format!("\n{end}")).map(|length| inside + length)
    });
    let at = at.ok_or_else(|| format!("{path} has no list that starts with `{}`", start.trim()))?;
    let text = format!("{}{lines}{}", &text[..at], &text[at..]);
    fs::write(&file, text).map_err(|error| format!("cannot write {path}: {error}"))?;
    println!("added to {path}: {}", lines.trim().lines().last().unwrap_or_default().trim());
    Ok(())
}

fn write(path: &str, text: &str) -> Result<(), String> {
    let file = root().join(path);
    if Path::new(&file).exists() {
        return Err(format!("{path} already exists"));
    }
    fs::write(&file, text).map_err(|error| format!("cannot write {path}: {error}"))?;
    println!("wrote {path}");
    Ok(())
}

/// `drop_first` as `DropFirst`.
fn camel(name: &str) -> Result<String, String> {
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name {
        return Err(format!("`{name}` is not a valid name: use lower-case letters, digits and `_`"));
    }
    let parts = name.split('_').filter(|part| !part.is_empty());
    Ok(parts.map(|part| part[..1].to_uppercase() + &part[1..]).collect())
}

const VERB: &str = include_str!("new/templates/verb.txt");
const LEARNER: &str = include_str!("new/templates/learner.txt");
const MODEL: &str = include_str!("new/templates/model.txt");
const METRIC: &str = include_str!("new/templates/metric.txt");
const OP: &str = include_str!("new/templates/op.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_verbs_become_names_of_types() {
        assert_eq!(camel("drop_first").as_deref(), Ok("DropFirst"));
        assert!(camel("Drop").is_err() && camel("").is_err() && camel("1x").is_err());
    }
}
