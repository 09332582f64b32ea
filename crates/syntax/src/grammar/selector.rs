//! Grammar of column selectors.

use super::expr::{assign, expr};
use super::habits;
use super::input::{Input, Parsed, Problem, expect, expect_name, fail, mismatch, name, reserved, sign};
use super::tall::Tall;
use super::value::{call, unescape};
use crate::lexer::TokenKind;
use crate::tree::{Assign, Selector};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use nom::multi::separated_list1;
use nom::sequence::{preceded, terminated};
use pipewright_diagnostic::{Span, Spanned};

/// Description of a missing selector.
const COLUMN: &str = "a column";

/// `seland { ( "," | "-" ) seland }`, left-associative.
pub(crate) fn selector(input: Input) -> Parsed<Spanned<Selector>> {
    map(union, |tall| tall.node).parse(input)
}

/// Applies the parser, or fails because columns are missing.
pub(crate) fn expect_columns<'a, T>(parser: fn(Input<'a>) -> Parsed<'a, T>) -> impl FnMut(Input<'a>) -> Parsed<'a, T> {
    move |input| match input.kind(0) {
        Some(TokenKind::Keyword(word)) => fail(reserved(input, word, COLUMN)),
        _ => expect(COLUMN, parser)(input),
    }
}

/// What `group` groups by: columns, and expressions such as `month(date)` or `m=month(date)`, which are selected by
/// the name that they get.
pub(crate) fn keys(start: Input) -> Parsed<(Option<Spanned<Selector>>, Vec<Assign>)> {
    if start.is_sign(0, "{") {
        return Ok((start, (None, Vec::new())));
    }
    let mut computed = Vec::new();
    let (input, tall) = union_of(start, |input| {
        let is_call = input.kind(0) == Some(TokenKind::Name) && input.advance(1).is_attached("(");
        if !is_call && !input.is_named() {
            return expect_columns(intersection)(input);
        }
        let (input, key) = if input.is_named() {
            assign(input)?
        } else {
            let (after, expr) = expr(input)?;
            (after, Assign { name: Spanned::new(expr.node.to_string(), expr.span), expr })
        };
        let selected = Spanned::new(Selector::Name(key.name.node.clone()), key.name.span);
        computed.push(key);
        Ok((input, Tall::leaf(selected)))
    })?;
    Ok((input, (Some(tall.node), computed)))
}

fn union(start: Input) -> Parsed<Tall<Selector>> {
    let mut is_first = true;
    union_of(start, |input| {
        let part = if is_first { intersection(input) } else { expect_columns(intersection)(input) };
        is_first = false;
        part
    })
}

/// Parts joined by `,` and `-`.
fn union_of<'a>(
    start: Input<'a>,
    mut part: impl FnMut(Input<'a>) -> Parsed<'a, Tall<Selector>>,
) -> Parsed<'a, Tall<Selector>> {
    let (mut input, first) = part(start)?;
    let mut parts = vec![first];
    while let Some(TokenKind::Sign(joint @ ("," | "-"))) = input.kind(0) {
        let operator = input.span();
        let (after, next) = preceded(sign(joint), &mut part).parse(input)?;
        if joint == "-" {
            let from = gather(parts, operator, Selector::Union)?;
            let height = from.height.max(next.height);
            let span = from.node.span.to(next.node.span);
            let except = Selector::Except { from: Box::new(from.node), less: Box::new(next.node) };
            parts = vec![Tall::over(height, operator, Spanned::new(except, span))?];
        } else {
            parts.push(next);
        }
        input = after;
    }
    let whole = gather(parts, start.span(), Selector::Union)?;
    Ok((input, whole))
}

/// `selterm { "&" selterm }`.
fn intersection(start: Input) -> Parsed<Tall<Selector>> {
    let (input, parts) = separated_list1(sign("&"), term).parse(start)?;
    if input.is_sign(0, "&") {
        return expect_columns(intersection)(input.advance(1));
    }
    Ok((input, gather(parts, start.span(), Selector::And)?))
}

/// A single part is returned as it is; several are combined.
fn gather(
    mut parts: Vec<Tall<Selector>>,
    operator: Span,
    make: fn(Vec<Spanned<Selector>>) -> Selector,
) -> Result<Tall<Selector>, nom::Err<Problem>> {
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    let height = parts.iter().map(|part| part.height).max().unwrap_or(0);
    let nodes: Vec<Spanned<Selector>> = parts.into_iter().map(|part| part.node).collect();
    let span = nodes.iter().map(|node| node.span).reduce(Span::to).unwrap_or(operator);
    Tall::over(height, operator, Spanned::new(make(nodes), span))
}

/// `[ "!" ] ( NAME | "@" NAME [call] | "/regex/" | glob STR | NAME ".." NAME | "(" selector ")" | "_" )`.
fn term(start: Input) -> Parsed<Tall<Selector>> {
    if start.is_sign(0, "!") {
        let (input, inner) = preceded(sign("!"), expect_columns(atom)).parse(start)?;
        let node = Spanned::new(Selector::Not(Box::new(inner.node)), start.span_to(input));
        return Ok((input, Tall::over(inner.height, start.span(), node)?));
    }
    atom(start)
}

fn atom(input: Input) -> Parsed<Tall<Selector>> {
    let (input, ()) = input.count()?;
    alt((group, map(alt((columns, quoted, class)), Tall::leaf))).parse(input)
}

/// `"(" selector ")"`. The parentheses are part of the span.
fn group(start: Input) -> Parsed<Tall<Selector>> {
    let inside = terminated(expect_columns(union), expect("`,`, `-`, `&` or `)`", sign(")")));
    let (input, mut tall) = preceded(sign("("), inside).parse(start)?;
    tall.node.span = start.span_to(input);
    Ok((input, tall))
}

/// `NAME`, `NAME ".." NAME` or `_`.
fn columns(start: Input) -> Parsed<Spanned<Selector>> {
    if start.is_named() {
        return mismatch();
    }
    if start.kind(0) == Some(TokenKind::Dotted) {
        return Ok((start.advance(1), habits::report_dotted(start).map(Selector::Name)));
    }
    let (input, first) = name(start)?;
    if input.is_sign(0, "..") {
        let (input, last) = preceded(sign(".."), expect_name("the last column of the range")).parse(input)?;
        return Ok((input, Spanned::new(Selector::Range { first, last }, start.span_to(input))));
    }
    let rest = start.word() == "_";
    Ok((input, first.map(|name| if rest { Selector::Rest } else { Selector::Name(name) })))
}

/// `"glob*"` or `/regex/`.
fn quoted(input: Input) -> Parsed<Spanned<Selector>> {
    let word = input.word();
    let node = match input.kind(0) {
        Some(TokenKind::Text) => Selector::Glob(unescape(&word[1..word.len() - 1])),
        Some(TokenKind::Regex) => Selector::Regex(word[1..word.len() - 1].replace("\\/", "/")),
        _ => return mismatch(),
    };
    Ok((input.advance(1), Spanned::new(node, input.span())))
}

/// `"@" NAME [call]`.
fn class(start: Input) -> Parsed<Spanned<Selector>> {
    if start.kind(0) != Some(TokenKind::Class) {
        return mismatch();
    }
    let name_span = Span { start: start.span().start + 1, ..start.span() };
    let name = Spanned::new(start.text(name_span).to_owned(), name_span);
    let (input, call) = call(start.advance(1))?;
    if call.is_none() {
        habits::no_detached(input, "(")?;
    }
    Ok((input, Spanned::new(Selector::Class { name, call }, start.span_to(input))))
}
