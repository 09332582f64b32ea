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

fn op(name: &str) -> Result<(), String> {
    let camel = camel(name)?;
    let text = OP.replace("{name}", name).replace("{Name}", &camel);
    write(&format!("crates/tensor/src/op/{name}.rs"), &text)?;
    println!("register it in the list of crates/tensor/src/op/mod.rs:\n");
    println!("  {name}::{camel},");
    println!("\nand give it a method in crates/tensor/src/graph/methods.rs:\n");
    println!("  /// As [`{camel}`](crate::op::{camel}).");
    println!("  pub fn {name}(&mut self, input: Node) -> Node {{");
    println!("      self.apply(Op::{camel}(op::{camel}), &[input])");
    println!("  }}");
    println!("\nthen fill in the skeleton and run `cargo xtask gradcheck {name}`");
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

const VERB: &str = r#"//! `{name}`: passes rows on as they are.

use pipewright_diagnostic::{Failure, Progress};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Arguments, Bound, Effect, Example, ArgumentError, Footprint, Group, Flow, Spec, Environment, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `{name}`.
    struct {Name}Args {
        /// Leaves out every row.
        option none: bool = false;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "{name}",
        group: Group::{Chapter},
        summary: "Passes rows on as they are.",
        search: &["identity"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "load iris.csv | {name} | select species | show 1",
            output: "\
species
setosa
… 149 more rows
",
        }],
        ..Spec::of::<{Name}Args>()
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Rows(Arc::new({Name} { none: {Name}Args::read(args)?.none })))
}

struct {Name} {
    none: bool,
}

impl Rows for {Name} {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        Ok(if self.none { table.head(0) } else { table.clone() })
    }
}
"#;

const OP: &str = r#"//! Says in one line what it computes.

use super::{Differentiable, Domain, Lane, Op};
use crate::Element;
use crate::graph::{Graph, Node};

/// b = a; ā = b̄.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct {Name};

impl Lane for {Name} {
    const NAME: &'static str = "{name}";
    const ARITY: usize = 1;
    const DOMAINS: &'static [(Domain, Differentiable)] = &[(Domain::Any, Differentiable::Yes)];

    #[inline(always)]
    fn lane<T: Element>(&self, a: T, _: T) -> T {
        a
    }

    fn backward(&self, _: &mut Graph, _: &[Node], _: Node, upstream: Node) -> Vec<Option<Node>> {
        vec![Some(upstream)]
    }

    fn variants() -> Vec<Op> {
        vec![Op::{Name}({Name})]
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_verbs_become_names_of_types() {
        assert_eq!(camel("drop_first").as_deref(), Ok("DropFirst"));
        assert!(camel("Drop").is_err() && camel("").is_err() && camel("1x").is_err());
    }
}
