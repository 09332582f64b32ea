//! `new`: skeletons that compile once they are registered.

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

/// Folders of the catalogue with the chapter of the reference that each fills.
const GROUPS: &[(&str, &str)] = &[
    ("source", "Source"),
    ("choose", "Choose"),
    ("roles", "Roles"),
    ("clean", "Clean"),
    ("scale", "Scale"),
    ("encode", "Encode"),
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
    println!("register it:\n");
    println!("  crates/catalog/src/{group}/mod.rs   pub(crate) mod {name};");
    println!("  crates/catalog/src/lib.rs           &{group}::{name}::VERB,");
    println!("\nthen fill in the skeleton, and run `cargo xtask gen` and `cargo xtask laws {name}`");
    Ok(())
}

fn op(name: &str) -> Result<(), String> {
    let camel = camel(name)?;
    let text = OP.replace("{name}", name).replace("{Name}", &camel);
    write(&format!("crates/tensor/src/op/{name}.rs"), &text)?;
    println!("register it in the list of crates/tensor/src/op/mod.rs:\n");
    println!("  {name}::{camel},");
    println!("\nand give it a method in crates/tensor/src/graph.rs:\n");
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
        return Err(format!("{path} is there already"));
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
        return Err(format!("`{name}` is no name: lower-case letters, digits and `_`"));
    }
    let parts = name.split('_').filter(|part| !part.is_empty());
    Ok(parts.map(|part| part[..1].to_uppercase() + &part[1..]).collect())
}

const VERB: &str = r#"//! `{name}`: says in one line what it does.

use pipewright_diagnostic::{Failure, Watch};
use pipewright_frame::{Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Columns, Effect, Example, Fault, Form, Group, Sort, Spec, Structure, Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "{name}",
        group: Group::{Chapter},
        summary: "Passes the table on as it is.",
        details: "",
        search: &[],
        form: Form::Plain,
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::Row,
        structure: Structure::Plain,
        shape: None,
        positionals: &[],
        options: &[],
        columns: Columns::None,
        examples: &[Example { script: "load iris.csv | {name} | show 1", output: "" }],
    },
    bind,
    load: None,
};

fn bind(_: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    Ok(Bound::Rows(Arc::new({Name})))
}

struct {Name};

impl Rows for {Name} {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        Ok(table.clone())
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
