//! Grammar of expressions.
//!
//! From lowest to highest precedence: `if`, `or`, `and`, `not`, one comparison, `+ -`, `* / // %`, unary `-`, `^`
//! (right-associative). Chains of operators are parsed in loops, not by recursion.

use super::habits;
use super::input::{Input, Parsed, Problem, expect, expect_name, fail, keyword, mismatch, name, sign, unexpected};
use super::tall::Tall;
use super::value::{comma_list, literal};
use crate::lexer::TokenKind;
use crate::tree::{Assign, BinaryOp, Expr, ExprArg, Name, UnaryOp};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::many0;
use nom::sequence::{preceded, terminated};
use pipewright_diagnostic::{Span, Spanned};

/// Description of a missing operand.
const OPERAND: &str = "a column, value or `(`";

type Node = Tall<Expr>;

/// A whole expression.
pub(crate) fn expr(input: Input) -> Parsed<Spanned<Expr>> {
    map(tall, |tall| tall.node).parse(input)
}

/// `NAME "=" expr`.
pub(crate) fn assign(input: Input) -> Parsed<Assign> {
    if !input.is_named() {
        return mismatch();
    }
    let (input, name) = expect_name("the name of a column")(input)?;
    let (input, expr) = preceded(sign("="), expect(OPERAND, expr)).parse(input)?;
    Ok((input, Assign { name, expr }))
}

fn tall(input: Input) -> Parsed<Node> {
    row(or_sign, and)(input)
}

fn and(input: Input) -> Parsed<Node> {
    row(and_sign, not)(input)
}

fn sum(input: Input) -> Parsed<Node> {
    row(sum_sign, product)(input)
}

fn product(input: Input) -> Parsed<Node> {
    row(product_sign, negation)(input)
}

/// Operands with operators between them, left-associative.
fn row(operator: fn(Input) -> Parsed<BinaryOp>, operand: fn(Input) -> Parsed<Node>) -> impl Fn(Input) -> Parsed<Node> {
    move |input| {
        let (mut input, mut left) = operand(input)?;
        while let Ok((after, op)) = operator(input) {
            let op = Spanned::new(op, input.span());
            let (rest, right) = expect(OPERAND, operand)(after)?;
            left = binary(left, op, right)?;
            input = rest;
        }
        Ok((input, left))
    }
}

fn or_sign(input: Input) -> Parsed<BinaryOp> {
    habits::spelled(input, "||", "or");
    map(alt((keyword("or"), sign("||"))), |_| BinaryOp::Or).parse(input)
}

fn and_sign(input: Input) -> Parsed<BinaryOp> {
    habits::spelled(input, "&&", "and");
    map(alt((keyword("and"), sign("&&"))), |_| BinaryOp::And).parse(input)
}

fn sum_sign(input: Input) -> Parsed<BinaryOp> {
    alt((map(sign("+"), |_| BinaryOp::Add), map(sign("-"), |_| BinaryOp::Subtract))).parse(input)
}

fn product_sign(input: Input) -> Parsed<BinaryOp> {
    alt((
        map(sign("*"), |_| BinaryOp::Multiply),
        map(sign("/"), |_| BinaryOp::Divide),
        map(sign("//"), |_| BinaryOp::FloorDivide),
        map(sign("%"), |_| BinaryOp::Modulo),
    ))
    .parse(input)
}

/// `{ "not" } comparison`.
fn not(input: Input) -> Parsed<Node> {
    habits::spelled(input, "!", "not");
    let (input, words) = many0(alt((keyword("not"), sign("!")))).parse(input)?;
    let (input, operand) = if words.is_empty() { comparison(input)? } else { expect(OPERAND, comparison)(input)? };
    Ok((input, prefix(words, UnaryOp::Not, operand)?))
}

/// At most one comparison: `a < b < c` is an error.
fn comparison(input: Input) -> Parsed<Node> {
    let (input, left) = sum(input)?;
    let (after, (node, compared)) = compare_once(input, left)?;
    if compared && habits::is_comparison(after) {
        return fail(habits::chained_comparison(after));
    }
    Ok((after, node))
}

/// Parses an optional comparison, and returns whether there was one.
fn compare_once(input: Input, left: Node) -> Parsed<(Node, bool)> {
    let operator = input.span();
    if input.kind(0) == Some(TokenKind::Keyword("is")) {
        let (input, negated) = preceded(keyword("is"), opt(keyword("not"))).parse(input)?;
        let (input, _) = expect("`null` or `not null`", keyword("null"))(input)?;
        let span = left.node.span.to(input.previous());
        let test = Expr::IsNull { value: Box::new(left.node), negated: negated.is_some() };
        return Ok((input, (Tall::over(left.height, operator, Spanned::new(test, span))?, true)));
    }
    if let Ok((input, negated)) = membership(input) {
        let (input, set) = expect("a list", sum)(input)?;
        let span = left.node.span.to(set.node.span);
        let height = left.height.max(set.height);
        let test = Expr::In { value: Box::new(left.node), set: Box::new(set.node), negated };
        return Ok((input, (Tall::over(height, operator, Spanned::new(test, span))?, true)));
    }
    let Some((after, op)) = comparison_sign(input) else { return Ok((input, (left, false))) };
    let (input, right) = expect(OPERAND, sum)(after)?;
    Ok((input, (binary(left, Spanned::new(op, operator), right)?, true)))
}

/// `in` or `not in`; returns whether it is the second.
fn membership(input: Input) -> Parsed<bool> {
    map(terminated(opt(keyword("not")), keyword("in")), |not| not.is_some()).parse(input)
}

fn comparison_sign(input: Input) -> Option<(Input, BinaryOp)> {
    let op = match input.kind(0)? {
        TokenKind::Sign("=") => {
            input.report(habits::single_equals(input));
            BinaryOp::Equal
        }
        TokenKind::Sign("==") => BinaryOp::Equal,
        TokenKind::Sign("!=") => BinaryOp::NotEqual,
        TokenKind::Sign("<") => BinaryOp::Less,
        TokenKind::Sign("<=") => BinaryOp::LessEqual,
        TokenKind::Sign(">") => BinaryOp::Greater,
        TokenKind::Sign(">=") => BinaryOp::GreaterEqual,
        _ => return None,
    };
    Some((input.advance(1), op))
}

/// `{ "-" } power`.
fn negation(input: Input) -> Parsed<Node> {
    let (input, minus) = many0(sign("-")).parse(input)?;
    let (input, operand) = if minus.is_empty() { power(input)? } else { expect(OPERAND, power)(input)? };
    Ok((input, prefix(minus, UnaryOp::Negate, operand)?))
}

/// `atom { "^" { "-" } atom }`, right-associative: `a ^ -b ^ c` is `a ^ (-(b ^ c))`.
fn power(input: Input) -> Parsed<Node> {
    habits::no_double_star(input)?;
    let (mut input, mut base) = atom(input)?;
    let mut waiting = Vec::new();
    habits::no_double_star(input)?;
    while let Ok((after, operator)) = sign("^").parse(input) {
        let (after, minus) = many0(sign("-")).parse(after)?;
        let (after, exponent) = expect(OPERAND, atom)(after)?;
        waiting.push((std::mem::replace(&mut base, exponent), Spanned::new(BinaryOp::Power, operator), minus));
        habits::no_double_star(after)?;
        input = after;
    }
    let mut whole = base;
    while let Some((base, operator, minus)) = waiting.pop() {
        whole = binary(base, operator, prefix(minus, UnaryOp::Negate, whole)?)?;
    }
    Ok((input, whole))
}

fn binary(left: Node, op: Spanned<BinaryOp>, right: Node) -> Result<Node, nom::Err<Problem>> {
    let span = left.node.span.to(right.node.span);
    let height = left.height.max(right.height);
    let operator = op.span;
    let node = Expr::Binary { op, left: Box::new(left.node), right: Box::new(right.node) };
    Tall::over(height, operator, Spanned::new(node, span))
}

/// Applies a prefix operator once for every position.
fn prefix(places: Vec<Span>, op: UnaryOp, operand: Node) -> Result<Node, nom::Err<Problem>> {
    places.into_iter().rev().try_fold(operand, |operand, place| {
        let span = place.to(operand.node.span);
        let node = Expr::Unary { op: Spanned::new(op, place), operand: Box::new(operand.node) };
        Tall::over(operand.height, place, Spanned::new(node, span))
    })
}

fn atom(input: Input) -> Parsed<Node> {
    let (input, ()) = input.count()?;
    let leaf = alt((map(literal, |value| value.map(Expr::Literal)), column));
    alt((group, list, conditional, function, map(leaf, Tall::leaf))).parse(input)
}

/// `"(" expr ")"`. The parentheses are part of the span.
fn group(start: Input) -> Parsed<Node> {
    let inside = terminated(expect(OPERAND, tall), expect("an operator or `)`", sign(")")));
    let (input, mut tall) = preceded(sign("("), inside).parse(start)?;
    tall.node.span = start.span_to(input);
    Ok((input, tall))
}

fn list(input: Input) -> Parsed<Node> {
    let (input, parts) = comma_list("[", "a value", tall).parse(input)?;
    let height = parts.node.iter().map(|part| part.height).max().unwrap_or(0);
    let nodes = parts.node.into_iter().map(|part| part.node).collect();
    Ok((input, Tall::over(height, parts.span, Spanned::new(Expr::List(nodes), parts.span))?))
}

/// `"if" c "then" a { "else" "if" c "then" a } "else" b`.
fn conditional(start: Input) -> Parsed<Node> {
    if start.kind(0) != Some(TokenKind::Keyword("if")) {
        return mismatch();
    }
    start.deeper(|start| {
        let mut branches = Vec::new();
        let mut input = start;
        while let Ok((after, operator)) = keyword("if").parse(input) {
            let condition = terminated(expect("a condition", tall), expect("an operator or `then`", keyword("then")));
            let value = terminated(expect(OPERAND, tall), expect("an operator or `else`", keyword("else")));
            let (after, (condition, yes)) = (condition, value).parse(after)?;
            branches.push((operator, condition, yes));
            input = after;
        }
        let (input, otherwise) = expect(OPERAND, tall)(input)?;
        let whole = branches.into_iter().rev().try_fold(otherwise, |no, (operator, condition, yes)| {
            let span = operator.to(no.node.span);
            let height = no.height.max(condition.height).max(yes.height);
            let (condition, yes, no) = (Box::new(condition.node), Box::new(yes.node), Box::new(no.node));
            Tall::over(height, operator, Spanned::new(Expr::If { condition, yes, no }, span))
        })?;
        Ok((input, whole))
    })
}

/// `NAME "(" … ")" [ "over" "(" … ")" ]`.
fn function(start: Input) -> Parsed<Node> {
    let (input, name) = name(start)?;
    if !input.is_attached("(") {
        habits::no_detached(input, "(")?;
        return mismatch();
    }
    let (input, args) = comma_list("(", "an argument", argument).parse(input)?;
    let (input, over) = match input.kind(0) {
        Some(TokenKind::Keyword("over")) => {
            let parts = expect("`(` with keys and a window", comma_list("(", "a key or a window", tall));
            map(preceded(keyword("over"), parts), Some).parse(input)?
        }
        _ => (input, None),
    };
    let mut height = args.node.iter().map(|(_, part)| part.height).max().unwrap_or(0);
    let args = args.node.into_iter().map(|(name, part)| ExprArg { name, expr: part.node }).collect();
    let over = over.map(|parts| {
        parts.map(|parts| {
            height = parts.iter().map(|part| part.height).fold(height, usize::max);
            parts.into_iter().map(|part| part.node).collect()
        })
    });
    let span = start.span_to(input);
    Ok((input, Tall::over(height, span, Spanned::new(Expr::Call { name, args, over }, span))?))
}

/// `[ NAME "=" ] expr`.
fn argument(input: Input) -> Parsed<(Option<Name>, Node)> {
    if !input.is_named() {
        return map(tall, |node| (None, node)).parse(input);
    }
    let (input, name) = expect_name("the name of an argument")(input)?;
    let (input, node) = preceded(sign("="), expect(OPERAND, tall)).parse(input)?;
    Ok((input, (Some(name), node)))
}

/// A column name.
fn column(input: Input) -> Parsed<Spanned<Expr>> {
    match input.kind(0) {
        Some(TokenKind::Dotted) => Ok((input.advance(1), habits::report_dotted(input).map(Expr::Column))),
        Some(TokenKind::Unreadable | TokenKind::Unclosed) => unexpected(input, OPERAND),
        _ => map(name, |name| name.map(Expr::Column)).parse(input),
    }
}
