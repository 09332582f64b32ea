//! Name resolution: selectors and expressions of a script become selections and expressions over a table, with every
//! name checked against the schema.

use pipewright_diagnostic::{Diagnostic, Failure, Span, Spanned, code, nearest};
use pipewright_frame::profile::FACTS;
use pipewright_frame::{
    Arithmetic, Call, Class, Comparison, Expression, Fact, FrameBound, Function, Functions, ParameterType, Schema,
    Selection, Value as Literal, Window, WindowFunction, look_alike,
};
use pipewright_operator::Block;
use pipewright_syntax::{Arg, BinaryOp, Expr, ExprArg, Pipeline, Selector, UnaryOp, Value};
use std::collections::BTreeMap;

/// The scope of names at one point of a pipeline.
pub(crate) struct Scope<'a> {
    /// The columns; `None` if nothing is known.
    pub schema: Option<&'a Schema>,
    /// Columns that were removed, and the stages that removed them.
    pub removed: &'a BTreeMap<String, Span>,
    /// Is `_` (the columns that earlier arms left) allowed here?
    pub has_rest: bool,
    /// The known functions.
    pub functions: Functions,
    /// The pipelines in braces that stand in place of models, and their steps.
    pub blocks: &'a [(Pipeline, Block)],
}

impl Scope<'_> {
    /// The diagnostic for an unknown name; `None` if it is known, or if nothing is known about the columns.
    pub(crate) fn missing(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let schema = self.schema?;
        if schema.find(name).is_some() || !schema.is_closed() {
            return None;
        }
        let mut diagnostic = Diagnostic::error(code::UNKNOWN_COLUMN, format!("no column named `{name}`"))
            .label(span, "not in the table at this point");
        if let Some(&removed) = self.removed.get(name) {
            return Some(diagnostic.label(removed, "removed here"));
        }
        let names: Vec<&str> = schema.columns().map(|column| &*column.name).collect();
        if let Some((near, help)) = look_alike(name, names.iter().copied()) {
            return Some(diagnostic.help(help).fix(span, pipewright_syntax::written_name(near)));
        }
        let near = nearest(name, names.iter().copied());
        let some: Vec<&str> = names.iter().copied().take(5).collect();
        let more = names.len().saturating_sub(some.len());
        let list = match more {
            0 => some.join(", "),
            _ => format!("{} and {more} more", some.join(", ")),
        };
        diagnostic = match near.first() {
            Some(near) => {
                let written = pipewright_syntax::written_name(near);
                diagnostic.help(format!("did you mean `{near}`?   (columns here: {list})")).fix(span, written)
            }
            None => diagnostic.help(format!("columns here: {list}")),
        };
        Some(diagnostic)
    }
}

/// Resolves a selector to a selection.
pub(crate) fn selection(selector: &Spanned<Selector>, scope: &Scope<'_>) -> Result<Selection, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let selection = select(selector, scope, &mut problems);
    match selection {
        Some(selection) if problems.is_empty() => Ok(selection),
        _ => Err(problems),
    }
}

fn select(selector: &Spanned<Selector>, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> Option<Selection> {
    let span = selector.span;
    let mut all = |parts: &[Spanned<Selector>]| -> Option<Vec<Selection>> {
        parts.iter().map(|part| select(part, scope, problems)).collect::<Vec<_>>().into_iter().collect()
    };
    Some(match &selector.node {
        Selector::Union(parts) => Selection::Union(all(parts)?),
        Selector::And(parts) => Selection::And(all(parts)?),
        Selector::Except { from, less } => {
            let (from, less) = (select(from, scope, problems), select(less, scope, problems));
            from?.except(less?)
        }
        Selector::Not(inner) => Selection::Not(Box::new(select(inner, scope, problems)?)),
        Selector::Name(name) => {
            problems.extend(scope.missing(name, span));
            Selection::Name(name.as_str().into())
        }
        Selector::Class { name, call } => match Class::NAMES.iter().find(|(known, _)| *known == name.node) {
            Some((_, class)) if call.is_none() => Selection::Class(*class),
            _ => match fact(&name.node, call.as_ref()) {
                Ok(fact) => Selection::Fact(fact),
                Err(problem) => {
                    problems.push(problem.unwrap_or_else(|| unknown_class(&name.node, name.span)));
                    return None;
                }
            },
        },
        Selector::Regex(pattern) => match Selection::regex(pattern) {
            Ok(selection) => selection,
            Err(failure) => {
                problems.push(failure.at(span));
                return None;
            }
        },
        Selector::Glob(pattern) => Selection::Glob(pattern.as_str().into()),
        Selector::Range { first, last } => {
            problems.extend(scope.missing(&first.node, first.span));
            problems.extend(scope.missing(&last.node, last.span));
            Selection::Range(first.node.as_str().into(), last.node.as_str().into())
        }
        Selector::Rest if scope.has_rest => Selection::Rest(Vec::new()),
        Selector::Rest => {
            let message = "`_` selects what no earlier arm took, so it is allowed in `columns { … }` only";
            problems.push(Diagnostic::error(code::BAD_VALUE, message).label(span, ""));
            return None;
        }
    })
}

/// Classes that depend on the rows.
const OF_ROWS: [&str; 3] = ["missing", "constant", "cardinality"];

/// Resolves a class that depends on the rows; without a diagnostic if there is no such class.
fn fact(name: &str, call: Option<&Spanned<Vec<Arg>>>) -> Result<Fact, Option<Diagnostic>> {
    if !OF_ROWS.contains(&name) {
        return Err(None);
    }
    let options: &[&str] = match name {
        "missing" => &["min"],
        "cardinality" => &["min", "max"],
        _ => &[],
    };
    let mut given: BTreeMap<&str, &Spanned<Value>> = BTreeMap::new();
    for arg in call.map(|call| call.node.as_slice()).unwrap_or_default() {
        match arg {
            Arg::Named(named) if options.contains(&named.name.node.as_str()) => {
                given.insert(named.name.node.as_str(), &named.value);
            }
            other => {
                let mut diagnostic = Diagnostic::error(code::UNKNOWN_OPTION, format!("`@{name}` does not take this"))
                    .label(other.span(), "");
                if !options.is_empty() {
                    diagnostic = diagnostic.help(format!("it takes: {}", options.join(", ")));
                }
                return Err(Some(diagnostic));
            }
        }
    }
    let bad = |value: &Spanned<Value>, takes: &str| {
        let message = format!("`@{name}` does not take `{}`", value.node);
        Some(Diagnostic::error(code::BAD_VALUE, message).label(value.span, "").help(format!("it takes {takes}")))
    };
    match name {
        "constant" => Ok(Fact::Constant),
        "missing" => match given.get("min") {
            None => Ok(Fact::Missing(0.0)),
            Some(value) => match &value.node {
                Value::Percent { fraction: share, .. } | Value::Number { value: share, .. }
                    if (0.0..=1.0).contains(share) =>
                {
                    Ok(Fact::Missing(*share))
                }
                _ => Err(bad(value, "a share such as 30% or 0.3")),
            },
        },
        _ => {
            let bound = |option: &str, default: u64| match given.get(option) {
                None => Ok(default),
                Some(value) => match value.node.as_integer().and_then(|number| u64::try_from(number).ok()) {
                    Some(number) => Ok(number),
                    None => Err(bad(value, "a whole number of 0 or more")),
                },
            };
            Ok(Fact::Cardinality(bound("min", 0)?, bound("max", u64::MAX)?))
        }
    }
}

fn unknown_class(name: &str, span: Span) -> Diagnostic {
    let names = Class::NAMES.iter().map(|(known, _)| *known).chain(OF_ROWS);
    let all: Vec<String> = names.clone().map(|known| format!("@{known}")).collect();
    let near = nearest(name, names).first().map(|near| format!("did you mean `@{near}`?"));
    Diagnostic::error(code::BAD_VALUE, format!("no class of columns named `@{name}`"))
        .label(span, "")
        .help(near.unwrap_or_else(|| format!("the classes: {}", all.join(" "))))
}

/// The names and functions that an expression may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    /// Columns, one row at a time.
    Rows,
    /// Columns; aggregates, which are learned; and window functions over other rows.
    Features,
    /// Columns, and aggregates of groups.
    Groups,
    /// Names of results (`accuracy`, `rows`), and statistics of columns: `nulls(column)`, `mean(column)`.
    Facts,
}

/// Resolves an expression of the script to an expression over columns (or results).
pub(crate) fn expression(
    expr: &Spanned<Expr>,
    scope: &Scope<'_>,
    vocabulary: Vocabulary,
) -> Result<Expression, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let expression = Reader { scope, vocabulary, problems: &mut problems }.read(expr);
    match expression {
        Some(expression) if problems.is_empty() => Ok(expression),
        _ => Err(problems),
    }
}

struct Reader<'a, 's> {
    scope: &'a Scope<'s>,
    vocabulary: Vocabulary,
    problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    fn read(&mut self, expr: &Spanned<Expr>) -> Option<Expression> {
        let span = expr.span;
        match &expr.node {
            Expr::Literal(Value::Duration { seconds, .. }) => Some(Expression::duration(*seconds)),
            Expr::Literal(value) => self.literal(value, span).map(Expression::Literal),
            Expr::Column(name) => {
                if self.vocabulary != Vocabulary::Facts {
                    self.problems.extend(self.scope.missing(name, span));
                }
                Some(Expression::column(name.as_str()))
            }
            Expr::List(_) => self.refuse(span, "a list is allowed after `in` only"),
            Expr::Unary { op, operand } => {
                let operand = self.read(operand)?;
                Some(match op.node {
                    UnaryOp::Negate => operand.minus(),
                    UnaryOp::Not => operand.negated(),
                })
            }
            Expr::Binary { op, left, right } => {
                let (left, right) = (self.read(left), self.read(right));
                Some(combine(op.node, left?, right?))
            }
            Expr::In { value, set, negated } => {
                let value = self.read(value);
                let Expr::List(items) = &set.node else {
                    return self.refuse(set.span, "expected a list such as [1, 2]");
                };
                let items: Option<Vec<Literal>> = items.iter().map(|item| self.item(item)).collect();
                let found = value?.is_in(items?);
                Some(if *negated { found.negated() } else { found })
            }
            Expr::IsNull { value, negated } => {
                let missing = self.read(value)?.is_null();
                Some(if *negated { missing.negated() } else { missing })
            }
            Expr::Call { name, args, over } => self.call(name, args, over.as_ref(), span),
            Expr::If { condition, yes, no } => {
                let parts = (self.read(condition), self.read(yes), self.read(no));
                Some(Expression::choose(parts.0?, parts.1?, parts.2?))
            }
        }
    }

    fn refuse<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.problems.push(Diagnostic::error(code::TYPE_MISMATCH, message).label(span, ""));
        None
    }

    fn item(&mut self, item: &Spanned<Expr>) -> Option<Literal> {
        match &item.node {
            Expr::Literal(value) => self.literal(value, item.span),
            Expr::Unary { op, operand } if op.node == UnaryOp::Negate => match self.item(operand)? {
                value if value.negated().is_some() => value.negated(),
                _ => self.refuse(item.span, "only a number can have a minus sign"),
            },
            _ => self.refuse(item.span, "expected a literal value"),
        }
    }

    fn literal(&mut self, value: &Value, span: Span) -> Option<Literal> {
        match value {
            Value::Number { value: number, .. } => {
                Some(value.as_integer().map_or(Literal::Number(*number), Literal::Int))
            }
            Value::Percent { fraction, .. } => Some(Literal::Number(*fraction)),
            Value::Text(text) => Some(Literal::Text(text.as_str().into())),
            Value::Bool(truth) => Some(Literal::Bool(*truth)),
            Value::Null => Some(Literal::Null),
            Value::Word { .. } => self.refuse(span, "text in an expression needs quotes"),
            // A parameter without a value is already reported.
            Value::Param(_) => None,
            _ => self.refuse(span, "this value is not allowed in an expression"),
        }
    }

    fn call(
        &mut self,
        name: &Spanned<String>,
        args: &[ExprArg],
        over: Option<&Spanned<Vec<Spanned<Expr>>>>,
        span: Span,
    ) -> Option<Expression> {
        if let (Vocabulary::Facts, [ExprArg { name: None, expr }], None) = (self.vocabulary, args, over)
            && FACTS.contains(&name.node.as_str())
            && let Expr::Column(column) = &expr.node
        {
            return Some(Expression::column(format!("{}({column})", name.node)));
        }
        let function = self.hold(self.scope.functions.find(&name.node, args.len()), name.span)?;
        let arguments = self.arguments(function, args)?;
        self.hold(function.check_constants(&arguments), span)?;
        match (function.call(&arguments), over) {
            (Call::Row, None) => Some(Expression::Call(function, arguments)),
            (Call::Aggregate(aggregate), None) => {
                let learns = matches!(self.vocabulary, Vocabulary::Features | Vocabulary::Groups);
                self.allow(learns, function, "an aggregate", name.span)?;
                Some(Expression::Aggregate(aggregate, arguments.into_iter().next().map(Box::new)))
            }
            (Call::Score(score), None) => {
                self.allow(self.vocabulary == Vocabulary::Features, function, "learned from many rows", name.span)?;
                Some(Expression::Score(score, Box::new(arguments.into_iter().next()?)))
            }
            (Call::Row | Call::Score(_), Some(over)) => {
                let message = format!("`{}` takes no `over`: it uses a single row", function.usage());
                self.refuse(over.span, &message)
            }
            (Call::Aggregate(aggregate), Some(_)) => {
                self.window(function, WindowFunction::Over(aggregate), arguments, over, span)
            }
            (Call::Window(moving), _) => self.window(function, moving, arguments, over, span),
        }
    }

    /// Returns the result, or reports the failure at its span.
    fn hold<T>(&mut self, checked: Result<T, Failure>, span: Span) -> Option<T> {
        checked.map_err(|failure| self.problems.push(failure.at(span))).ok()
    }

    /// Refuses a function whose scope (a row, many rows) is not allowed here.
    fn allow(&mut self, allowed: bool, function: &Function, what: &str, span: Span) -> Option<()> {
        if allowed {
            return Some(());
        }
        let here = match self.vocabulary {
            Vocabulary::Rows => "a condition is evaluated row by row",
            Vocabulary::Groups => "`group` takes aggregates of columns",
            Vocabulary::Facts => "`assert` uses results",
            Vocabulary::Features => "it is not allowed here",
        };
        let message = format!("`{}` is {what}, and {here}", function.usage());
        let mut diagnostic = Diagnostic::error(code::TYPE_MISMATCH, message).label(span, "");
        if self.vocabulary == Vocabulary::Rows {
            diagnostic = diagnostic.help("compute it as a column first: derive NAME = …");
        }
        self.problems.push(diagnostic);
        None
    }

    /// Orders the arguments of a call by the function's parameters.
    fn arguments(&mut self, function: &'static Function, args: &[ExprArg]) -> Option<Vec<Expression>> {
        let mut places: Vec<Option<Expression>> = vec![None; args.len()];
        let mut complete = true;
        for (index, arg) in args.iter().enumerate() {
            let place = match &arg.name {
                None => Some(index),
                Some(key) => {
                    let place = function.takes.iter().position(|parameter| parameter.name == key.node);
                    let place = place.filter(|&place| place < places.len() && places[place].is_none());
                    if place.is_none() {
                        let message = format!("`{}` does not take `{}`", function.name, key.node);
                        let help = format!("usage: {}", function.usage());
                        self.problems
                            .push(Diagnostic::error(code::UNKNOWN_OPTION, message).label(key.span, "").help(help));
                    }
                    place
                }
            };
            let read = self.read(&arg.expr);
            complete &= place.is_some() && read.is_some();
            if let Some(place) = place {
                places[place] = read;
            }
        }
        if complete { places.into_iter().collect() } else { None }
    }

    /// Resolves a window: its keys, and how far it looks back.
    fn window(
        &mut self,
        function: &'static Function,
        moving: WindowFunction,
        mut arguments: Vec<Expression>,
        over: Option<&Spanned<Vec<Spanned<Expr>>>>,
        span: Span,
    ) -> Option<Expression> {
        self.allow(self.vocabulary == Vocabulary::Features, function, "a window function", span)?;
        let parts = over.map(|over| over.node.as_slice()).unwrap_or_default();
        let keys: Option<Vec<Expression>> = parts.iter().map(|part| self.read(part)).collect();
        let mut keys = keys?;
        let own = function.takes.last().filter(|parameter| parameter.takes == ParameterType::FrameBound).is_some();
        let own = if own { arguments.pop().as_ref().and_then(FrameBound::of) } else { None };
        let given = keys.last().and_then(FrameBound::of);
        if given.is_some() {
            keys.pop();
        }
        let takes_reach = matches!(moving, WindowFunction::Over(_)) && own.is_none();
        if let (Some(_), false, Some(last)) = (&given, takes_reach, parts.last()) {
            let message = format!("`{}` takes no window in its `over`", function.usage());
            return self.refuse(last.span, &message);
        }
        if let Some(place) = keys.iter().position(|key| matches!(key, Expression::Literal(_) | Expression::Moment(..)))
        {
            let message = "a window is a number of rows (1 or more) or a duration such as 30d, and comes last";
            return self.refuse(parts[place].span, message);
        }
        let reach = own.or(given).unwrap_or(FrameBound::All);
        let counts = moving == WindowFunction::Over(pipewright_frame::Aggregate::Rows);
        let of = if counts { None } else { arguments.into_iter().next() };
        Some(Expression::Window(Box::new(Window { moving, of, keys, reach })))
    }
}

fn combine(op: BinaryOp, left: Expression, right: Expression) -> Expression {
    match op {
        BinaryOp::Or => left.or(right),
        BinaryOp::And => left.and(right),
        BinaryOp::Equal => left.compare(Comparison::Equal, right),
        BinaryOp::NotEqual => left.compare(Comparison::Unequal, right),
        BinaryOp::Less => left.compare(Comparison::Less, right),
        BinaryOp::LessEqual => left.compare(Comparison::LessOrEqual, right),
        BinaryOp::Greater => left.compare(Comparison::Greater, right),
        BinaryOp::GreaterEqual => left.compare(Comparison::GreaterOrEqual, right),
        BinaryOp::Add => left.arithmetic(Arithmetic::Add, right),
        BinaryOp::Subtract => left.arithmetic(Arithmetic::Subtract, right),
        BinaryOp::Multiply => left.arithmetic(Arithmetic::Multiply, right),
        BinaryOp::Divide => left.arithmetic(Arithmetic::Divide, right),
        BinaryOp::FloorDivide => left.arithmetic(Arithmetic::FloorDivide, right),
        BinaryOp::Modulo => left.arithmetic(Arithmetic::Modulo, right),
        BinaryOp::Power => left.arithmetic(Arithmetic::Power, right),
    }
}

/// The diagnostic for a failure of a stage, at the column name in the stage that it is about, if there is one.
pub(crate) fn place(failure: Failure, stage: Span, text: &str) -> Diagnostic {
    let found = failure.place.column.as_deref().and_then(|column| {
        let inside = stage.text(text);
        inside.match_indices(column).next().map(|(offset, _)| {
            let start = stage.start as usize + offset;
            Span::new(start, start + column.len())
        })
    });
    failure.at(found.unwrap_or(stage))
}
