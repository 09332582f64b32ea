//! Expansion: parameters, fragments and functions are replaced by their definitions, which leaves stages.

use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_operator::Registry;
use pipewright_syntax::{Arg, Core, Expr, Item, Named, Parameter, PathArg, Pipeline, Script, Selector, Stage, Value};
use std::collections::BTreeMap;
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

/// Maximum number of stages, as fragments of fragments can grow exponentially.
const STAGES_MAX: usize = 100_000;

/// Expands a script.
#[must_use]
pub fn expand(script: &Script, overrides: &Overrides, registry: &Registry) -> (Vec<Flat>, Vec<Diagnostic>) {
    let mut expander = Expander { registry, names: Names::default(), stages: 0, diagnostics: Vec::new() };
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
    (pipelines, expander.diagnostics)
}

/// Splits `group month(date) { … }` into `derive` and a `group` by columns.
fn with_keys_first(mut stage: Stage) -> Vec<Stage> {
    let Core::Group { verb, keys, .. } = &mut stage.core else { return vec![stage] };
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
}

#[derive(Clone)]
struct Fragment {
    /// `None` for a `let`, which takes no parameters.
    params: Option<Vec<Parameter>>,
    stages: Vec<Stage>,
}

struct Expander<'a> {
    registry: &'a Registry,
    names: Names,
    stages: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Expander<'_> {
    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn item(&mut self, item: &Item, overrides: &Overrides, pipelines: &mut Vec<Flat>) {
        match item {
            Item::Param { name, default, .. } => {
                self.check_new(name);
                self.names.declared.push(name.node.clone());
                let value = match (overrides.get(&name.node), default) {
                    (Some(text), _) => Some(value_of(text)),
                    (None, Some(default)) => Some(default.node.clone()),
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
            }
            Item::Include { span, .. } => self.not_yet("include", *span),
            Item::Let { name, pipeline, .. } => {
                self.check_new(name);
                let stages = self.pipeline(pipeline);
                self.names.fragments.insert(name.node.clone(), Fragment { params: None, stages });
            }
            Item::Def { name, params, pipeline, .. } => {
                self.check_new(name);
                // The body is expanded at each call, where its parameters have values.
                let fragment = Fragment { params: Some(params.clone()), stages: pipeline.stages.clone() };
                self.names.fragments.insert(name.node.clone(), fragment);
            }
            Item::Pipeline(pipeline) => {
                let stages = self.pipeline(pipeline);
                if !stages.is_empty() {
                    pipelines.push(Flat { stages, named: self.plain_fragments() });
                }
            }
        }
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

    fn check_new(&mut self, name: &Spanned<String>) {
        let taken_by = if self.registry.verb(&name.node).is_some() {
            "a verb"
        } else if self.names.fragments.contains_key(&name.node) || self.names.declared.contains(&name.node) {
            "something above"
        } else {
            return;
        };
        self.say(
            Diagnostic::error(code::DUPLICATE_NAME, format!("`{}` is the name of {taken_by}", name.node))
                .label(name.span, "choose another name"),
        );
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

    fn append(&mut self, from: &[Stage], local: &BTreeMap<String, Value>, into: &mut Vec<Stage>) {
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
            match &stage.core {
                Core::Call { verb, shape, call, args, on } => match self.names.fragments.get(&verb.node).cloned() {
                    Some(fragment) => {
                        let plain = shape.is_none() && args.is_empty() && on.is_none();
                        if let (true, Some(local)) = (plain, self.arguments(&fragment, verb, call.as_ref())) {
                            self.append(&fragment.stages, &local, into);
                        } else if !plain {
                            let message = format!("`{}` is a fragment and takes no arguments", verb.node);
                            self.say(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(stage.span, ""));
                        }
                    }
                    None => into.push(stage),
                },
                Core::Group { keys, .. } if !keys.is_empty() => into.extend(with_keys_first(stage)),
                _ => into.push(stage),
            }
        }
    }

    /// The values of a function's parameters for one call.
    fn arguments(
        &mut self,
        fragment: &Fragment,
        name: &Spanned<String>,
        call: Option<&Spanned<Vec<Arg>>>,
    ) -> Option<BTreeMap<String, Value>> {
        let params = fragment.params.as_deref().unwrap_or_default();
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
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
            values.insert(param.name.node.clone(), default.node.clone());
        }
        Some(values)
    }

    fn lookup(&mut self, name: &str, span: Span, local: &BTreeMap<String, Value>) -> Option<Value> {
        if let Some(value) = local.get(name).or_else(|| self.names.params.get(name)) {
            return Some(value.clone());
        }
        // A parameter without a value is already reported.
        if !self.names.declared.iter().any(|declared| declared == name) {
            let known = local.keys().chain(&self.names.declared).map(String::as_str);
            let near = nearest(name, known.collect::<Vec<_>>()).first().map(|near| format!("did you mean `${near}`?"));
            let help = near.unwrap_or_else(|| format!("declare it above: param {name} = …"));
            self.say(
                Diagnostic::error(code::UNKNOWN_NAME, format!("no parameter named `{name}`"))
                    .label(span, "")
                    .help(help),
            );
        }
        None
    }

    fn substitute(&mut self, core: &mut Core, local: &BTreeMap<String, Value>) {
        match core {
            Core::Path { path, options, .. } => {
                if let Some(path) = path {
                    self.path(path, local);
                }
                self.named(options, local);
            }
            Core::Where { expr, .. } => self.expression(expr, local),
            Core::Derive { assigns, .. } => {
                assigns.iter_mut().for_each(|assign| self.expression(&mut assign.expr, local));
            }
            Core::Group { keys, aggregates, .. } => {
                keys.iter_mut().chain(aggregates).for_each(|assign| self.expression(&mut assign.expr, local));
            }
            Core::Select { options, selector, .. } => {
                if let Some(selector) = selector {
                    self.selector(selector, local);
                }
                self.named(options, local);
            }
            Core::Target { options, .. } => self.named(options, local),
            Core::Call { shape, call, args, on, .. } => {
                for value in shape.iter_mut().flat_map(|shape| &mut shape.node) {
                    self.value(value, local);
                }
                for arg in call.iter_mut().flat_map(|call| &mut call.node).chain(args) {
                    self.arg(arg, local);
                }
                if let Some(on) = on {
                    self.selector(on, local);
                }
            }
            Core::Columns { routes, .. } => {
                for route in routes {
                    self.selector(&mut route.selector, local);
                    self.block(&mut route.pipeline, local);
                }
            }
            Core::Only { block, .. } => self.block(block, local),
            Core::Arms { arms, .. } => arms.iter_mut().for_each(|arm| self.block(&mut arm.pipeline, local)),
            Core::Error => {}
        }
    }

    /// Expands the stages of a block, which may be fragments too.
    fn block(&mut self, pipeline: &mut Pipeline, local: &BTreeMap<String, Value>) {
        let mut stages = Vec::new();
        self.append(&pipeline.stages, local, &mut stages);
        pipeline.stages = stages;
    }

    fn path(&mut self, path: &mut Spanned<PathArg>, local: &BTreeMap<String, Value>) {
        let PathArg::Param(name) = &path.node else { return };
        let name = name.clone();
        path.node = match self.lookup(&name, path.span, local) {
            Some(Value::Text(text)) => PathArg::Text(text),
            Some(other) => PathArg::Text(other.to_string()),
            None => return,
        };
    }

    fn named(&mut self, options: &mut [Named], local: &BTreeMap<String, Value>) {
        options.iter_mut().for_each(|named| self.value(&mut named.value, local));
    }

    fn arg(&mut self, arg: &mut Arg, local: &BTreeMap<String, Value>) {
        match arg {
            Arg::Named(named) => self.value(&mut named.value, local),
            Arg::Positional(value) => self.value(value, local),
        }
    }

    fn value(&mut self, value: &mut Spanned<Value>, local: &BTreeMap<String, Value>) {
        match &mut value.node {
            Value::Param(name) => {
                let name = name.clone();
                if let Some(found) = self.lookup(&name, value.span, local) {
                    value.node = found;
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.value(item, local)),
            Value::Word { shape, call, .. } => {
                for item in shape.iter_mut().flat_map(|shape| &mut shape.node) {
                    self.value(item, local);
                }
                for arg in call.iter_mut().flat_map(|call| &mut call.node) {
                    self.arg(arg, local);
                }
            }
            _ => {}
        }
    }

    fn selector(&mut self, selector: &mut Spanned<Selector>, local: &BTreeMap<String, Value>) {
        match &mut selector.node {
            Selector::Union(parts) | Selector::And(parts) => {
                parts.iter_mut().for_each(|part| self.selector(part, local));
            }
            Selector::Except { from, less } => {
                self.selector(from, local);
                self.selector(less, local);
            }
            Selector::Not(inner) => self.selector(inner, local),
            Selector::Class { call: Some(call), .. } => {
                call.node.iter_mut().for_each(|arg| self.arg(arg, local));
            }
            _ => {}
        }
    }

    fn expression(&mut self, expr: &mut Spanned<Expr>, local: &BTreeMap<String, Value>) {
        match &mut expr.node {
            Expr::Literal(value @ Value::Param(_)) => {
                let mut spanned = Spanned::new(value.clone(), expr.span);
                self.value(&mut spanned, local);
                *value = spanned.node;
            }
            Expr::Literal(_) | Expr::Column(_) => {}
            Expr::List(parts) => parts.iter_mut().for_each(|part| self.expression(part, local)),
            Expr::Unary { operand, .. } => self.expression(operand, local),
            Expr::Binary { left, right, .. } | Expr::In { value: left, set: right, .. } => {
                self.expression(left, local);
                self.expression(right, local);
            }
            Expr::IsNull { value, .. } => self.expression(value, local),
            Expr::Call { args, over, .. } => {
                let over = over.iter_mut().flat_map(|over| &mut over.node);
                args.iter_mut().map(|arg| &mut arg.expr).chain(over).for_each(|part| self.expression(part, local));
            }
            Expr::If { condition, yes, no } => {
                self.expression(condition, local);
                self.expression(yes, local);
                self.expression(no, local);
            }
        }
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
