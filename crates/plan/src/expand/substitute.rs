//! Substitution: `$name` is replaced by the value of a parameter, wherever a value may stand.

use super::{Expander, Locals};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_syntax::{Arg, Core, Expr, Named, On, PathArg, Pipeline, Selector, Value};

impl Expander {
    fn lookup(&mut self, name: &str, span: Span, local: &Locals) -> Option<Value> {
        if let Some(value) = local.get(name).or_else(|| self.names.params.get(name)) {
            return Some(value.clone());
        }
        if self.names.declaring.as_deref() == Some(name) {
            let message = format!("`{name}` is defined by itself");
            self.say(Diagnostic::error(code::RECURSIVE, message).label(span, format!("this is `{name}` again")));
            return None;
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

    pub(super) fn substitute(&mut self, core: &mut Core, local: &Locals) {
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
                match on {
                    Some(On::Columns(columns)) => self.selector(columns, local),
                    Some(On::Table(table)) => self.path(table, local),
                    None => {}
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

    fn path(&mut self, path: &mut Spanned<PathArg>, local: &Locals) {
        let name = match &mut path.node {
            PathArg::Param(name) => name.clone(),
            PathArg::Call { args, .. } => return args.iter_mut().for_each(|arg| self.arg(arg, local)),
            PathArg::Text(_) | PathArg::Bare(_) | PathArg::Name(_) | PathArg::Dash => return,
        };
        path.node = match self.lookup(&name, path.span, local) {
            Some(Value::Text(text)) => PathArg::Text(text),
            Some(other) => PathArg::Text(other.to_string()),
            None => return,
        };
    }

    fn named(&mut self, options: &mut [Named], local: &Locals) {
        options.iter_mut().for_each(|named| self.value(&mut named.value, local));
    }

    fn arg(&mut self, arg: &mut Arg, local: &Locals) {
        match arg {
            Arg::Named(named) => self.value(&mut named.value, local),
            Arg::Positional(value) => self.value(value, local),
        }
    }

    pub(super) fn value(&mut self, value: &mut Spanned<Value>, local: &Locals) {
        match &mut value.node {
            Value::Param(name) => {
                let name = name.clone();
                if let Some(found) = self.lookup(&name, value.span, local) {
                    value.node = found;
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.value(item, local)),
            Value::Block(pipeline) => self.inside(pipeline, local),
            Value::Word { shape, call, block, .. } => {
                block.iter_mut().for_each(|pipeline| self.inside(pipeline, local));
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

    /// In the stages of a model in braces, or its layers.
    fn inside(&mut self, pipeline: &mut Pipeline, local: &Locals) {
        pipeline.stages.iter_mut().for_each(|stage| self.substitute(&mut stage.core, local));
    }

    fn selector(&mut self, selector: &mut Spanned<Selector>, local: &Locals) {
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

    fn expression(&mut self, expr: &mut Spanned<Expr>, local: &Locals) {
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
