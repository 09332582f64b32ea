//! The files of a script: read before any is written, and the data file of the command line is one of them.

use crate::bind::find_verb;
use crate::expand::Flat;
use crate::model::{Node, Plan};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code};
use pipewright_operator::{Bound, Effect, Environment, Flow};
use pipewright_syntax::{Arg, Core, Named, On, PathArg, Value};
use std::collections::BTreeMap;

/// The data file of the command line, if no stage reads it.
pub(super) fn unread_data(plan: &Plan, environment: &Environment) -> Option<Diagnostic> {
    let data = environment.data.as_ref()?;
    let origin = match data.as_os_str() {
        name if name == "-" => "-".to_owned(),
        _ => environment.world.canonical(data).to_string_lossy().into_owned(),
    };
    let reads = |node: &Node| match &node.bound {
        Bound::Source(source) => source.origins(environment, false).contains(&origin),
        _ => false,
    };
    if plan.nodes.iter().any(reads) {
        return None;
    }
    let name = data.to_string_lossy();
    let diagnostic = Diagnostic::error(code::WRONG_USAGE, format!("nothing in the script reads `{name}`"));
    let source = plan.nodes.iter().find(|node| matches!(node.bound, Bound::Source(_)));
    let diagnostic = match source {
        Some(node) => diagnostic.label(node.span, "this reads something else"),
        None => diagnostic,
    };
    Some(diagnostic.help("`load` without a path reads the data file of the command line"))
}

/// All files are read before any is written: a pipeline that reads a file written by one above it would find the
/// file of an earlier run, or none.
pub(super) fn reads_of_own_files(pipelines: &[Flat], environment: &Environment) -> Vec<Diagnostic> {
    let mut written: BTreeMap<String, Span> = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for flat in pipelines {
        let mut writes = Vec::new();
        for stage in &flat.stages {
            let Ok(verb) = find_verb(stage, environment.registry) else { continue };
            let spec = &verb.spec;
            for (name, span) in named_files(&stage.core) {
                if spec.effect == Effect::Sink && spec.input != Flow::Table {
                    writes.push((name.to_owned(), span));
                } else if let Some(&above) = written.get(name) {
                    let message =
                        format!("`{name}` is written by this script, but scripts read all files before they write any");
                    diagnostics.push(
                        Diagnostic::error(code::WRONG_ORDER, message)
                            .label(span, "read first")
                            .label(above, "written after that")
                            .help("move the pipeline that reads it to a separate script"),
                    );
                }
            }
        }
        written.extend(writes);
    }
    diagnostics
}

/// The files that a stage may name: its path, the table after `on`, or the quoted strings of its options, such as
/// `warm_start="old.pw"`.
fn named_files(core: &Core) -> Vec<(&str, Span)> {
    match core {
        Core::Path { path: Some(path), .. } => match &path.node {
            PathArg::Text(name) | PathArg::Bare(name) => vec![(name, path.span)],
            PathArg::Dash | PathArg::Name(_) | PathArg::Call { .. } | PathArg::Param(_) => Vec::new(),
        },
        Core::Call { args, on, .. } => {
            args.iter().filter_map(quoted_option).chain(on.as_ref().and_then(table_file)).collect()
        }
        _ => Vec::new(),
    }
}

/// The file to evaluate on.
fn table_file(on: &On) -> Option<(&str, Span)> {
    match on {
        On::Table(Spanned { node: PathArg::Text(name) | PathArg::Bare(name), span }) => Some((name, *span)),
        _ => None,
    }
}

fn quoted_option(arg: &Arg) -> Option<(&str, Span)> {
    match arg {
        Arg::Named(Named { value: Spanned { node: Value::Text(text), span }, .. }) => Some((text, *span)),
        _ => None,
    }
}
