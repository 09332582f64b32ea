//! Formatting of the tree as text, one statement per line. Parsing the text gives an equal tree, except for spans.
//!
//! White space follows the same rules as the formatter, which a test compares.

use crate::tree::{
    Arg, Arm, Assign, BinaryOp, Core, Expr, ExprArg, Item, Name, Named, On, Parameter, PathArg, Pipeline, Route,
    Script, Selector, Stage, UnaryOp, Value,
};
use crate::words::{EXPRESSION_VERBS, PATH_VERBS, SELECTOR_VERBS, STRUCTURAL_VERBS, is_plain_name};
use pipewright_diagnostic::Spanned;
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(edition) = &self.edition {
            writeln!(f, "pipe {}", edition.node)?;
        }
        self.items.iter().try_for_each(|item| writeln!(f, "{item}"))
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Item::Param { name, kind, default, .. } => {
                f.write_str("param ")?;
                word(f, name)?;
                if let Some(kind) = kind {
                    f.write_str(": ")?;
                    word(f, kind)?;
                }
                after(f, " = ", default.as_ref())
            }
            Item::Include { path, .. } => write!(f, "include {}", path.node),
            Item::Let { name, pipeline, .. } => {
                f.write_str("let ")?;
                word(f, name)?;
                write!(f, " = {pipeline}")
            }
            Item::Def { name, params, pipeline, .. } => {
                f.write_str("def ")?;
                word(f, name)?;
                bracketed(f, '(', params, |f, Parameter { name, default }| {
                    word(f, name)?;
                    after(f, " = ", default.as_ref())
                })?;
                write!(f, " = {pipeline}")
            }
            Item::Pipeline(pipeline) => pipeline.fmt(f),
        }
    }
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        separated(f, " | ", &self.stages, |f, stage| stage.fmt(f))
    }
}

impl Display for Stage {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.core.fmt(f)?;
        match &self.alias {
            Some(alias) => {
                f.write_str(" as ")?;
                word(f, alias)
            }
            None => Ok(()),
        }
    }
}

/// A stage that could not be parsed is printed as `…`, which cannot be parsed either.
impl Display for Core {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Core::Path { verb, what, path, options } => {
                f.write_str(&verb.node)?;
                if let Some(what) = what {
                    f.write_char(' ')?;
                    word(f, what)?;
                }
                after(f, " ", path.as_ref())?;
                named(f, options)
            }
            Core::Where { verb, expr } => write!(f, "{} {}", verb.node, expr.node),
            Core::Derive { verb, assigns } => {
                write!(f, "{} ", verb.node)?;
                separated(f, ", ", assigns, |f, assign| assign.fmt(f))
            }
            Core::Select { verb, selector, options } => {
                f.write_str(&verb.node)?;
                after(f, " ", selector.as_ref())?;
                named(f, options)
            }
            Core::Target { verb, column, transform, options } => {
                write!(f, "{} ", verb.node)?;
                match transform {
                    Some(transform) => {
                        word(f, transform)?;
                        bracketed(f, '(', std::slice::from_ref(column), word)?;
                    }
                    None => word(f, column)?,
                }
                named(f, options)
            }
            Core::Group { verb, by, keys, aggregates } => {
                write!(f, "{} ", verb.node)?;
                if let Some(by) = by {
                    selector(f, &by.node, keys)?;
                    f.write_char(' ')?;
                }
                braced(f, ", ", aggregates)
            }
            Core::Columns { verb, routes } => {
                write!(f, "{} ", verb.node)?;
                braced(f, "; ", routes)
            }
            Core::Arms { verb, arms } => {
                write!(f, "{} ", verb.node)?;
                braced(f, "; ", arms)
            }
            Core::Only { verb, phase, block } => {
                write!(f, "{} ", verb.node)?;
                word(f, phase)?;
                write!(f, " {{ {block} }}")
            }
            Core::Call { verb, shape, call, args, on } => {
                self::verb(f, verb)?;
                attached(f, shape.as_ref(), call.as_ref())?;
                for arg in args {
                    match arg {
                        Arg::Positional(Spanned { node: Value::Block(block), .. }) => write!(f, " {{ {block} }}")?,
                        arg => write!(f, " {arg}")?,
                    }
                }
                on.as_ref().map_or(Ok(()), |on| write!(f, " on {on}"))
            }
            Core::Error => f.write_str("…"),
        }
    }
}

impl Display for On {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            On::Columns(columns) => columns.node.fmt(f),
            On::Table(table) => table.node.fmt(f),
        }
    }
}

impl Display for PathArg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            PathArg::Text(path) => text(f, path),
            PathArg::Bare(path) => f.write_str(path),
            PathArg::Name(name) => plain_or_quoted(f, name),
            PathArg::Call { name, args } => {
                word(f, name)?;
                bracketed(f, '(', args, |f, arg| arg.fmt(f))
            }
            PathArg::Param(name) => write!(f, "${name}"),
            PathArg::Dash => f.write_char('-'),
        }
    }
}

impl Display for Assign {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        word(f, &self.name)?;
        write!(f, " = {}", self.expr.node)
    }
}

impl Display for Route {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} => {}", self.selector.node, self.pipeline)
    }
}

impl Display for Arm {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if let Some(name) = &self.name {
            word(f, name)?;
            f.write_str(": ")?;
        }
        self.pipeline.fmt(f)
    }
}

impl Display for Arg {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Arg::Named(named) => named.fmt(f),
            Arg::Positional(value) => value.node.fmt(f),
        }
    }
}

impl Display for Named {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        word(f, &self.name)?;
        write!(f, "={}", self.value.node)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Value::Number { text, .. } | Value::Percent { text, .. } | Value::Duration { text, .. } => {
                f.write_str(text)
            }
            Value::Text(content) => text(f, content),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Null => f.write_str("null"),
            Value::Param(name) => write!(f, "${name}"),
            Value::List(values) => bracketed(f, '[', values, |f, value| value.node.fmt(f)),
            Value::Block(block) => write!(f, "{{{block}}}"),
            Value::Word { name, shape, call, block } => {
                word(f, name)?;
                attached(f, shape.as_ref(), call.as_ref())?;
                block.as_ref().map_or(Ok(()), |block| write!(f, " {{ {block} }}"))
            }
        }
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        selector(f, self, &[])
    }
}

/// Columns, with an expression in place of each one that is computed first.
fn selector(f: &mut Formatter<'_>, columns: &Selector, keys: &[Assign]) -> Result {
    match columns {
        Selector::Union(parts) => {
            for (index, part) in parts.iter().enumerate() {
                f.write_str(if index > 0 { ", " } else { "" })?;
                match &part.node {
                    joined @ Selector::Union(_) => in_parentheses(f, true, joined)?,
                    joined @ Selector::Except { .. } if index > 0 => in_parentheses(f, true, joined)?,
                    part => selector(f, part, keys)?,
                }
            }
            Ok(())
        }
        Selector::Except { from, less } => {
            selector(f, &from.node, keys)?;
            f.write_str(" - ")?;
            in_parentheses(f, matches!(less.node, Selector::Union(_) | Selector::Except { .. }), &less.node)
        }
        Selector::And(parts) => separated(f, " & ", parts, |f, part| in_parentheses(f, part.node.joins(), &part.node)),
        Selector::Not(inner) => {
            f.write_char('!')?;
            in_parentheses(f, inner.node.joins() || matches!(inner.node, Selector::Not(_)), &inner.node)
        }
        Selector::Name(name) => match keys.iter().find(|key| key.name.node == *name) {
            Some(Assign { expr, .. }) if expr.node.to_string() == *name => expr.node.fmt(f),
            Some(key) => {
                word(f, &key.name)?;
                write!(f, "={}", key.expr.node)
            }
            None => plain_or_quoted(f, name),
        },
        Selector::Class { name, call } => {
            write!(f, "@{}", name.node)?;
            attached(f, None, call.as_ref())
        }
        Selector::Regex(pattern) => write!(f, "/{}/", pattern.replace('/', "\\/")),
        Selector::Glob(pattern) => text(f, pattern),
        Selector::Range { first, last } => {
            word(f, first)?;
            f.write_str("..")?;
            word(f, last)
        }
        Selector::Rest => f.write_char('_'),
    }
}

impl Selector {
    /// Does it consist of several parts joined by a sign?
    fn joins(&self) -> bool {
        matches!(self, Selector::Union(_) | Selector::Except { .. } | Selector::And(_))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Expr::Literal(value) => value.fmt(f),
            Expr::Column(name) => plain_or_quoted(f, name),
            Expr::List(parts) => bracketed(f, '[', parts, |f, part| part.node.fmt(f)),
            Expr::Unary { op, operand } => {
                f.write_str(op.node.as_str())?;
                f.write_str(if op.node == UnaryOp::Not { " " } else { "" })?;
                operand.node.at_least(f, self.strength())
            }
            Expr::Binary { op, left, right } => {
                let (to_left, to_right) = match (op.node, self.strength()) {
                    (BinaryOp::Power, _) => (Strength::Atom, Strength::Negation),
                    (_, Strength::Comparison) => (Strength::Sum, Strength::Sum),
                    (_, own) => (own, own.tighter()),
                };
                left.node.at_least(f, to_left)?;
                write!(f, " {} ", op.node.as_str())?;
                right.node.at_least(f, to_right)
            }
            Expr::In { value, set, negated } => {
                value.node.at_least(f, Strength::Sum)?;
                f.write_str(if *negated { " not in " } else { " in " })?;
                set.node.at_least(f, Strength::Sum)
            }
            Expr::IsNull { value, negated } => {
                value.node.at_least(f, Strength::Sum)?;
                f.write_str(if *negated { " is not null" } else { " is null" })
            }
            Expr::Call { name, args, over } => {
                word(f, name)?;
                bracketed(f, '(', args, |f, ExprArg { name, expr }| {
                    if let Some(name) = name {
                        word(f, name)?;
                        f.write_char('=')?;
                    }
                    expr.node.fmt(f)
                })?;
                let Some(over) = over else { return Ok(()) };
                f.write_str(" over")?;
                bracketed(f, '(', &over.node, |f, part| part.node.fmt(f))
            }
            Expr::If { condition, yes, no } => {
                write!(f, "if {} then {} else {}", condition.node, yes.node, no.node)
            }
        }
    }
}

/// Precedence of an expression; a lower one needs parentheses inside a higher one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    If,
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Negation,
    Power,
    Atom,
}

impl Strength {
    /// The next higher one, for left-associative operators.
    fn tighter(self) -> Strength {
        match self {
            Strength::Or => Strength::And,
            Strength::And => Strength::Not,
            Strength::Sum => Strength::Product,
            _ => Strength::Negation,
        }
    }
}

impl Expr {
    fn strength(&self) -> Strength {
        match self {
            Expr::Literal(_) | Expr::Column(_) | Expr::List(_) | Expr::Call { .. } => Strength::Atom,
            Expr::Unary { op, .. } if op.node == UnaryOp::Not => Strength::Not,
            Expr::Unary { .. } => Strength::Negation,
            Expr::In { .. } | Expr::IsNull { .. } => Strength::Comparison,
            Expr::If { .. } => Strength::If,
            Expr::Binary { op, .. } => match op.node {
                BinaryOp::Or => Strength::Or,
                BinaryOp::And => Strength::And,
                BinaryOp::Add | BinaryOp::Subtract => Strength::Sum,
                BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::FloorDivide | BinaryOp::Modulo => Strength::Product,
                BinaryOp::Power => Strength::Power,
                _ => Strength::Comparison,
            },
        }
    }

    fn at_least(&self, f: &mut Formatter<'_>, strength: Strength) -> Result {
        in_parentheses(f, self.strength() < strength, self)
    }
}

fn in_parentheses(f: &mut Formatter<'_>, needed: bool, inner: &impl Display) -> Result {
    if !needed {
        return inner.fmt(f);
    }
    f.write_char('(')?;
    inner.fmt(f)?;
    f.write_char(')')
}

fn separated<T>(
    f: &mut Formatter<'_>,
    separator: &str,
    items: &[T],
    print: impl Fn(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    items.iter().enumerate().try_for_each(|(index, item)| {
        f.write_str(if index > 0 { separator } else { "" })?;
        print(f, item)
    })
}

fn bracketed<T>(
    f: &mut Formatter<'_>,
    open: char,
    items: &[T],
    print: impl Fn(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    f.write_char(open)?;
    separated(f, ", ", items, print)?;
    f.write_char(if open == '(' { ')' } else { ']' })
}

fn braced<T: Display>(f: &mut Formatter<'_>, separator: &str, items: &[T]) -> Result {
    f.write_str("{ ")?;
    separated(f, separator, items, |f, item| item.fmt(f))?;
    f.write_str(" }")
}

fn attached(
    f: &mut Formatter<'_>,
    shape: Option<&Spanned<Vec<Spanned<Value>>>>,
    call: Option<&Spanned<Vec<Arg>>>,
) -> Result {
    if let Some(shape) = shape {
        bracketed(f, '[', &shape.node, |f, value| value.node.fmt(f))?;
    }
    call.map_or(Ok(()), |call| bracketed(f, '(', &call.node, |f, arg| arg.fmt(f)))
}

fn after<T: Display>(f: &mut Formatter<'_>, lead: &str, what: Option<&Spanned<T>>) -> Result {
    what.map_or(Ok(()), |what| {
        f.write_str(lead)?;
        what.node.fmt(f)
    })
}

fn named(f: &mut Formatter<'_>, options: &[Named]) -> Result {
    options.iter().try_for_each(|option| write!(f, " {option}"))
}

/// The verb of a call. Backticks distinguish it from verbs with a special form.
fn verb(f: &mut Formatter<'_>, name: &Name) -> Result {
    let sets = [PATH_VERBS, SELECTOR_VERBS, EXPRESSION_VERBS, STRUCTURAL_VERBS];
    let has_form = sets.iter().any(|set| set.contains(&name.node.as_str()));
    if has_form { write!(f, "`{}`", name.node) } else { word(f, name) }
}

fn word(f: &mut Formatter<'_>, name: &Name) -> Result {
    plain_or_quoted(f, &name.node)
}

fn plain_or_quoted(f: &mut Formatter<'_>, name: &str) -> Result {
    if is_plain_name(name) { f.write_str(name) } else { write!(f, "`{}`", name.replace('`', "``")) }
}

fn text(f: &mut Formatter<'_>, content: &str) -> Result {
    f.write_char('"')?;
    for c in content.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
