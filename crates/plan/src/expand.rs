//! Expansion: parameters, fragments and functions are replaced by their definitions, which leaves stages.

mod definitions;
mod shorthand;
mod substitute;

use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_operator::Registry;
use pipewright_syntax::{Arg, Core, Item, Name, Parameter, Pipeline, Script, Stage, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Values of the script's parameters given from outside (`name=value` on the command line).
pub type Overrides = BTreeMap<String, String>;

/// A pipeline without fragments and parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Flat {
    /// Its stages.
    pub stages: Vec<Stage>,
    /// The definitions of the names that `let` defines before it.
    pub named: Arc<BTreeMap<String, Vec<Stage>>>,
}

/// The values of a function's parameters in one call.
type Locals = BTreeMap<String, Value>;

/// Maximum number of stages, as fragments of fragments can grow exponentially.
pub(crate) const STAGES_MAX: usize = 100_000;

/// Maximum nesting of blocks and of calls. Each level takes stack wherever stages are checked, fitted and applied.
pub(crate) const NESTING_MAX: usize = 32;

/// Expands a script.
#[must_use]
pub fn expand(script: &Script, overrides: &Overrides, registry: &'static Registry) -> (Vec<Flat>, Vec<Diagnostic>) {
    let (recursive, mut diagnostics) = definitions::cycles(script);
    diagnostics.extend(definitions::aliases(script, registry));
    let names = Names { recursive, ..Names::default() };
    let mut expander = Expander { registry, names, stages: 0, nesting: 0, diagnostics };
    if let Some(edition) = script.edition.as_ref().filter(|edition| edition.node != 1) {
        expander.say(
            Diagnostic::error(code::UNKNOWN_EDITION, format!("unknown edition {}", edition.node))
                .label(edition.span, "this version knows edition 1")
                .fix(edition.span, "1"),
        );
    }
    let mut pipelines = Vec::new();
    for item in &script.items {
        expander.item(item, overrides, &mut pipelines);
    }
    expander.check_overrides(overrides);
    if expander.diagnostics.iter().all(|said| !said.is_error()) {
        expander.diagnostics.extend(definitions::unused(script));
    }
    (pipelines, expander.diagnostics)
}

/// Splits `group month(date) { … }` into `derive` and a `group` by columns.
fn with_keys_first(mut stage: Stage) -> Vec<Stage> {
    let Core::Group { verb, keys, .. } = &mut stage.core else { return vec![stage] };
    if keys.is_empty() {
        return vec![stage];
    }
    let assigns = std::mem::take(keys);
    let verb = Spanned::new("derive".to_owned(), verb.span);
    let derive = Stage { core: Core::Derive { verb, assigns }, ..stage.clone() };
    vec![derive, stage]
}

#[derive(Default)]
struct Names {
    params: BTreeMap<String, Value>,
    declared: Vec<String>,
    fragments: BTreeMap<String, Fragment>,
    /// Those that use themselves, which are never expanded.
    recursive: BTreeSet<String>,
    /// The parameter that is being declared.
    declaring: Option<String>,
}

#[derive(Clone)]
struct Fragment {
    /// `None` for a `let`, which takes no parameters.
    params: Option<Vec<Parameter>>,
    stages: Vec<Stage>,
}

struct Expander {
    registry: &'static Registry,
    names: Names,
    stages: usize,
    /// The number of calls and blocks around the current stage.
    nesting: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Expander {
    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn item(&mut self, item: &Item, overrides: &Overrides, pipelines: &mut Vec<Flat>) {
        match item {
            Item::Param { name, default, .. } => self.parameter(name, default.as_ref(), overrides),
            Item::Include { span, .. } => self.not_yet("include", *span),
            Item::Let { name, pipeline, .. } => {
                let is_new = self.check_new(name);
                let stages = self.pipeline(pipeline);
                if is_new {
                    self.names.fragments.insert(name.node.clone(), Fragment { params: None, stages });
                }
            }
            Item::Def { name, params, pipeline, .. } => {
                if self.check_new(name) {
                    // The body is expanded at each call, where its parameters have values.
                    let fragment = Fragment { params: Some(params.clone()), stages: pipeline.stages.clone() };
                    self.names.fragments.insert(name.node.clone(), fragment);
                }
            }
            Item::Pipeline(pipeline) => {
                let stages = self.pipeline(pipeline);
                if !stages.is_empty() {
                    pipelines.push(Flat { stages, named: self.plain_fragments() });
                }
            }
        }
    }

    /// Declares a parameter of the script; its default may use those above it.
    fn parameter(&mut self, name: &Name, default: Option<&Spanned<Value>>, overrides: &Overrides) {
        self.check_new(name);
        let value = match (overrides.get(&name.node), default) {
            (Some(text), _) => Some(value_of(text)),
            (None, Some(default)) => {
                let mut default = default.clone();
                self.names.declaring = Some(name.node.clone());
                self.value(&mut default, &Locals::new());
                self.names.declaring = None;
                Some(default.node)
            }
            (None, None) => None,
        };
        match value {
            Some(value) => drop(self.names.params.insert(name.node.clone(), value)),
            None => self.say(
                Diagnostic::error(code::MISSING_ARGUMENT, format!("parameter `{}` has no value", name.node))
                    .label(name.span, "no default here")
                    .help(format!("set it on the command line: {}=…", name.node)),
            ),
        }
        self.names.declared.push(name.node.clone());
    }

    fn plain_fragments(&self) -> Arc<BTreeMap<String, Vec<Stage>>> {
        let plain = self.names.fragments.iter().filter(|(_, fragment)| fragment.params.is_none());
        Arc::new(plain.map(|(name, fragment)| (name.clone(), fragment.stages.clone())).collect())
    }

    fn check_overrides(&mut self, overrides: &Overrides) {
        for name in overrides.keys() {
            if self.names.declared.contains(name) {
                continue;
            }
            let mut diagnostic = Diagnostic::error(code::UNKNOWN_NAME, format!("the script has no `param {name}`"));
            if let Some(near) = nearest(name, self.names.declared.iter().map(String::as_str)).first() {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.say(diagnostic);
        }
    }

    /// Is this the first definition of the name? The first one counts.
    fn check_new(&mut self, name: &Name) -> bool {
        let taken_by = if self.registry.verb(&name.node).is_some() {
            "a verb"
        } else if self.names.fragments.contains_key(&name.node) || self.names.declared.contains(&name.node) {
            "something above"
        } else {
            return true;
        };
        self.say(
            Diagnostic::error(code::DUPLICATE_NAME, format!("`{}` is the name of {taken_by}", name.node))
                .label(name.span, "choose another name"),
        );
        false
    }

    fn not_yet(&mut self, what: &str, span: Span) {
        self.say(
            Diagnostic::error(code::NOT_YET, format!("`{what}` is part of the language, but is not implemented yet"))
                .label(span, ""),
        );
    }

    fn pipeline(&mut self, pipeline: &Pipeline) -> Vec<Stage> {
        let mut stages = Vec::new();
        self.append(&pipeline.stages, &BTreeMap::new(), &mut stages);
        stages
    }

    fn append(&mut self, from: &[Stage], local: &Locals, into: &mut Vec<Stage>) {
        for stage in from {
            self.stages += 1;
            if self.stages >= STAGES_MAX {
                if self.stages == STAGES_MAX {
                    let message = format!("more than {STAGES_MAX} stages after expanding fragments");
                    self.say(
                        Diagnostic::error(code::SCRIPT_TOO_LONG, message).label(stage.span, "over the limit here"),
                    );
                }
                return;
            }
            let mut stage = stage.clone();
            self.substitute(&mut stage.core, local);
            shorthand::replace(&mut stage, self.registry);
            let Core::Call { verb, shape, call, args, on } = &stage.core else {
                into.extend(with_keys_first(stage));
                continue;
            };
            if self.names.recursive.contains(&verb.node) {
                into.push(Stage { core: Core::Error, ..stage });
                continue;
            }
            let Some(fragment) = self.names.fragments.get(&verb.node).cloned() else {
                into.push(stage);
                continue;
            };
            if !(shape.is_none() && args.is_empty() && on.is_none()) {
                let message = format!("`{}` is a fragment and takes no arguments", verb.node);
                self.say(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(stage.span, ""));
            } else if let Some(local) = self.arguments(&fragment, verb, call.as_ref()) {
                self.nested(stage.span, |expander| expander.append(&fragment.stages, &local, into));
            }
        }
    }

    /// Expands the stages of a block, which may be fragments too.
    fn block(&mut self, pipeline: &mut Pipeline, local: &Locals) {
        let mut stages = Vec::new();
        self.nested(pipeline.span, |expander| expander.append(&pipeline.stages, local, &mut stages));
        pipeline.stages = stages;
    }

    /// Expands something inside of the current stage, if it is not nested too deeply.
    fn nested(&mut self, span: Span, expand: impl FnOnce(&mut Self)) {
        if self.nesting == NESTING_MAX {
            let message = format!("blocks and definitions nest more than {NESTING_MAX} deep");
            return self.say(Diagnostic::error(code::TOO_DEEP, message).label(span, "one too many"));
        }
        self.nesting += 1;
        expand(self);
        self.nesting -= 1;
    }

    /// The values of a function's parameters for one call.
    fn arguments(
        &mut self,
        fragment: &Fragment,
        name: &Spanned<String>,
        call: Option<&Spanned<Vec<Arg>>>,
    ) -> Option<Locals> {
        let params = fragment.params.as_deref().unwrap_or_default();
        let mut values = Locals::new();
        let mut positional = params.iter();
        for arg in call.map(|call| call.node.as_slice()).unwrap_or_default() {
            let (param, value) = match arg {
                Arg::Named(named) => (params.iter().find(|param| param.name.node == named.name.node), &named.value),
                Arg::Positional(value) => (positional.next(), value),
            };
            let Some(param) = param else {
                let names: Vec<&str> = params.iter().map(|param| param.name.node.as_str()).collect();
                let message = format!("`{}` has no such parameter", name.node);
                let help = format!("its parameters: {}", names.join(", "));
                self.say(Diagnostic::error(code::UNKNOWN_OPTION, message).label(arg.span(), "").help(help));
                return None;
            };
            values.insert(param.name.node.clone(), value.node.clone());
        }
        for param in params.iter().filter(|param| !values.contains_key(&param.name.node)).collect::<Vec<_>>() {
            let Some(default) = &param.default else {
                let message = format!("`{}` needs a value for `{}`", name.node, param.name.node);
                self.say(Diagnostic::error(code::MISSING_ARGUMENT, message).label(name.span, ""));
                return None;
            };
            let mut default = default.clone();
            self.value(&mut default, &values);
            values.insert(param.name.node.clone(), default.node);
        }
        Some(values)
    }
}

/// A value from the command line: parsed as in a script, or else taken as text.
fn value_of(text: &str) -> Value {
    let number = text.replace('_', "").parse::<f64>().ok().filter(|number| number.is_finite());
    let percent = text.strip_suffix('%').and_then(|text| text.parse::<f64>().ok());
    match (text, number, percent) {
        ("true", ..) => Value::Bool(true),
        ("false", ..) => Value::Bool(false),
        ("null", ..) => Value::Null,
        (_, Some(value), _) => Value::Number { value, text: text.to_owned() },
        (_, _, Some(percent)) => Value::Percent { fraction: percent / 100.0, text: text.to_owned() },
        _ if pipewright_syntax::is_plain_name(text) => {
            let name = Spanned::new(text.to_owned(), Span::default());
            Value::Word { name, shape: None, call: None, block: None }
        }
        _ => Value::Text(text.to_owned()),
    }
}
