//! How the definitions of a script use one another: those that use themselves would expand for ever, and those that
//! nothing uses are probably a mistake. And names that a script gives to stages, which nothing can use.

use pipewright_diagnostic::{Diagnostic, Spanned, code};
use pipewright_operator::Registry;
use pipewright_syntax::{Arg, Core, Item, Name, Named, On, PathArg, Script, Selector, Stage, Value, written_name};
use std::collections::{BTreeMap, BTreeSet};

/// A definition, and the definitions that its stages use.
struct Definition<'a> {
    name: &'a Name,
    uses: Vec<&'a Name>,
}

/// Where a search for cycles has been.
#[derive(Clone, Copy, PartialEq)]
enum Visit {
    NotYet,
    UnderWay,
    Done,
}

/// Returns the names of all definitions on a cycle, and an error for each cycle.
pub(super) fn cycles(script: &Script) -> (BTreeSet<String>, Vec<Diagnostic>) {
    let definitions = definitions(script);
    let places: BTreeMap<&str, usize> = definitions.iter().enumerate().map(|(at, one)| (&*one.name.node, at)).collect();
    let mut visits = vec![Visit::NotYet; definitions.len()];
    let (mut on_cycle, mut diagnostics) = (BTreeSet::new(), Vec::new());
    for start in 0..definitions.len() {
        if visits[start] != Visit::NotYet {
            continue;
        }
        visits[start] = Visit::UnderWay;
        // The definitions from the first to the current one, each with the number of its uses that were followed.
        let mut path = vec![(start, 0)];
        while let Some((at, followed)) = path.last_mut() {
            let Some(used) = definitions[*at].uses.get(*followed) else {
                visits[*at] = Visit::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            let Some(&next) = places.get(&*used.node) else { continue };
            match visits[next] {
                Visit::Done => {}
                Visit::NotYet => {
                    visits[next] = Visit::UnderWay;
                    path.push((next, 0));
                }
                Visit::UnderWay => {
                    let from = path.iter().position(|&(place, _)| place == next).unwrap_or_default();
                    let names: Vec<&str> =
                        path[from..].iter().map(|&(place, _)| &*definitions[place].name.node).collect();
                    diagnostics.push(error(&names, definitions[next].name, used));
                    on_cycle.extend(names.into_iter().map(str::to_owned));
                }
            }
        }
    }
    (on_cycle, diagnostics)
}

/// `names` use one another in this order; the last one uses the first one at `used`.
fn error(names: &[&str], first: &Name, used: &Name) -> Diagnostic {
    let name = &first.node;
    let message = match names {
        [_] => format!("`{name}` is defined by itself"),
        _ => format!(
            "`{name}` is defined by itself: {}",
            names.iter().chain([&&**name]).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" uses ")
        ),
    };
    let diagnostic = Diagnostic::error(code::RECURSIVE, message).label(used.span, format!("this is `{name}` again"));
    let diagnostic = if names.len() > 1 { diagnostic.label(first.span, "") } else { diagnostic };
    diagnostic.help("a definition can use those above it, not itself")
}

/// The definitions of a script; of several with one name, the first.
fn definitions(script: &Script) -> Vec<Definition<'_>> {
    let mut names = BTreeSet::new();
    let mut definitions = Vec::new();
    for item in &script.items {
        if let Item::Let { name, pipeline, .. } | Item::Def { name, pipeline, .. } = item
            && names.insert(&*name.node)
        {
            let mut uses = Vec::new();
            verbs(&pipeline.stages, &mut uses);
            definitions.push(Definition { name, uses });
        }
    }
    definitions
}

/// A warning for every definition that no other one and no pipeline uses.
pub(super) fn unused(script: &Script) -> Vec<Diagnostic> {
    let mut used = BTreeSet::new();
    for item in &script.items {
        if let Item::Let { pipeline, .. } | Item::Def { pipeline, .. } | Item::Pipeline(pipeline) = item {
            let mut names = Vec::new();
            verbs(&pipeline.stages, &mut names);
            used.extend(names.into_iter().map(|name| &*name.node));
            words(&pipeline.stages, &mut used);
        }
    }
    let is_unused = |definition: &Definition<'_>| !used.contains(&*definition.name.node);
    let warning = |definition: Definition<'_>| {
        let message = format!("nothing uses `{}`", definition.name.node);
        Diagnostic::warning(code::UNUSED, message)
            .label(definition.name.span, "it is neither run nor checked")
            .help("use its name in place of a verb, or remove the line")
    };
    definitions(script).into_iter().filter(is_unused).map(warning).collect()
}

/// An error for every stage with an alias that would do nothing.
pub(super) fn aliases(script: &Script, registry: &Registry) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for item in &script.items {
        let (Item::Let { pipeline, .. } | Item::Def { pipeline, .. } | Item::Pipeline(pipeline)) = item else {
            continue;
        };
        each(&pipeline.stages, &mut |stage| {
            let Some(alias) = &stage.alias else { return };
            let verb = stage.core.verb().and_then(|verb| registry.verb(&verb.node));
            if verb.is_some_and(|verb| verb.spec.alias.is_some()) {
                return;
            }
            let name = written_name(&alias.node);
            let column = last_column(&stage.core).map_or("COLUMN".into(), written_name);
            let message = format!("`as {name}` has no effect: this stage has no name");
            errors.push(
                Diagnostic::error(code::UNEXPECTED, message)
                    .label(alias.span, "")
                    .help(format!("to rename a column: rename {name}={column}")),
            );
        });
    }
    errors
}

/// The column that a stage ends with, which is the one that `as` follows.
fn last_column(core: &Core) -> Option<&str> {
    match core {
        Core::Select { selector: Some(selector), .. } => match &selector.node {
            Selector::Name(name) => Some(name),
            Selector::Union(parts) => match &parts.last()?.node {
                Selector::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        },
        Core::Derive { assigns, .. } => assigns.last().map(|assign| &*assign.name.node),
        _ => None,
    }
}

/// The stages, and those in their blocks.
fn each<'a>(stages: &'a [Stage], visit: &mut impl FnMut(&'a Stage)) {
    for stage in stages {
        visit(stage);
        match &stage.core {
            Core::Columns { routes, .. } => routes.iter().for_each(|route| each(&route.pipeline.stages, visit)),
            Core::Only { block, .. } => each(&block.stages, visit),
            Core::Arms { arms, .. } => arms.iter().for_each(|arm| each(&arm.pipeline.stages, visit)),
            _ => {}
        }
    }
}

/// The words in the place of a verb, which are definitions or verbs.
fn verbs<'a>(stages: &'a [Stage], into: &mut Vec<&'a Name>) {
    each(stages, &mut |stage| {
        if let Core::Call { verb, .. } = &stage.core {
            into.push(verb);
        }
    });
}

/// The words among the arguments, which may be the names of tables.
fn words<'a>(stages: &'a [Stage], into: &mut BTreeSet<&'a str>) {
    fn of_value<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
        match value {
            Value::Word { name, .. } => drop(into.insert(&name.node)),
            Value::List(items) => items.iter().for_each(|item| of_value(&item.node, into)),
            _ => {}
        }
    }
    each(stages, &mut |stage| {
        let Core::Call { args, on, .. } = &stage.core else { return };
        if let Some(On::Table(Spanned { node: PathArg::Name(name), .. })) = on {
            into.insert(name);
        }
        for Arg::Positional(value) | Arg::Named(Named { value, .. }) in args {
            of_value(&value.node, into);
        }
    });
}
