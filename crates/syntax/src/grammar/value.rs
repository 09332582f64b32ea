//! Values, arguments, shapes and calls.

use super::habits;
use super::input::{Input, Parsed, Problem, expect, fail, mismatch, name, sign, told, unexpected};
use super::pipeline::block;
use crate::layout::closing;
use crate::lexer::TokenKind;
use crate::tree::{Arg, Named, Value};
use crate::words::DURATION_UNITS;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::separated_list0;
use nom::sequence::preceded;
use pipewright_diagnostic::{Spanned, code};

/// `named | value`.
pub(crate) fn arg(input: Input) -> Parsed<Arg> {
    alt((map(named, Arg::Named), map(value, Arg::Positional))).parse(input)
}

/// `NAME "=" value`. A reserved word before `=` can only be an option name, such as `null=`.
pub(crate) fn named(input: Input) -> Parsed<Named> {
    if !input.is_named() {
        return mismatch();
    }
    let (input, name) = match input.kind(0) {
        Some(TokenKind::Keyword(word)) => (input.advance(1), Spanned::new(word.to_owned(), input.span())),
        _ => name(input)?,
    };
    let (input, value) = preceded(sign("="), expect("a value", value)).parse(input)?;
    Ok((input, Named { name, value }))
}

/// `["-"] NUM | PCT | DUR | STR | "true" | "false" | "null" | "$" NAME | list | block | NAME [shape] [call] [block]`.
pub(crate) fn value(input: Input) -> Parsed<Spanned<Value>> {
    let (input, ()) = input.count()?;
    alt((negative, literal, list, map(block, |block| block.map(Value::Block)), word)).parse(input)
}

/// `"[" [ value { "," value } ] "]"`.
fn list(input: Input) -> Parsed<Spanned<Value>> {
    map(comma_list("[", "a value", value), |values| values.map(Value::List)).parse(input)
}

/// The attached `[...]`.
pub(crate) fn shape(input: Input) -> Parsed<Option<Spanned<Vec<Spanned<Value>>>>> {
    if !input.is_attached("[") {
        return Ok((input, None));
    }
    map(comma_list("[", "a value", value), Some).parse(input)
}

/// The attached `(...)`.
pub(crate) fn call(input: Input) -> Parsed<Option<Spanned<Vec<Arg>>>> {
    if !input.is_attached("(") {
        return Ok((input, None));
    }
    map(comma_list("(", "an argument", arg), Some).parse(input)
}

/// `NAME [shape] [call] [block]`.
fn word(start: Input) -> Parsed<Spanned<Value>> {
    let (input, name) = name(start)?;
    let (input, shape) = shape(input)?;
    if shape.is_none() {
        habits::no_detached(input, "[")?;
    }
    let (input, call) = call(input)?;
    if call.is_none() {
        habits::no_detached(input, "(")?;
    }
    let (input, block) = opt(block).parse(input)?;
    let word = Value::Word { name, shape, call, block: block.map(|block| block.node) };
    Ok((input, Spanned::new(word, start.span_to(input))))
}

/// A negative number, percentage or duration.
fn negative(start: Input) -> Parsed<Spanned<Value>> {
    let (input, _) = sign("-").parse(start)?;
    let (input, value) = expect("a number", quantity).parse(input)?;
    let minus = |text: String| format!("-{text}");
    let node = match value.node {
        Value::Number { value, text } => Value::Number { value: -value, text: minus(text) },
        Value::Percent { fraction, text } => Value::Percent { fraction: -fraction, text: minus(text) },
        Value::Duration { seconds, text } => Value::Duration { seconds: -seconds, text: minus(text) },
        other => other,
    };
    Ok((input, Spanned::new(node, start.span_to(input))))
}

/// A value of one lexeme that is not a word.
pub(crate) fn literal(input: Input) -> Parsed<Spanned<Value>> {
    let word = input.word();
    let node = match input.kind(0) {
        Some(TokenKind::Text) => Value::Text(unescape(&word[1..word.len() - 1])),
        Some(TokenKind::Keyword("true")) => Value::Bool(true),
        Some(TokenKind::Keyword("false")) => Value::Bool(false),
        Some(TokenKind::Keyword("null")) => Value::Null,
        Some(TokenKind::Param) => Value::Param(word[1..].to_owned()),
        _ => return quantity(input),
    };
    Ok((input.advance(1), Spanned::new(node, input.span())))
}

/// A number, percentage or duration.
fn quantity(input: Input) -> Parsed<Spanned<Value>> {
    let text = input.word().to_owned();
    let read = |digits: &str| digits.replace('_', "").parse::<f64>().unwrap_or(f64::INFINITY);
    let node = match input.kind(0) {
        Some(TokenKind::Number) => Value::Number { value: read(&text), text },
        Some(TokenKind::Percent) => Value::Percent { fraction: percent(&text[..text.len() - 1], read), text },
        Some(TokenKind::Duration) => {
            let (unit, seconds) = longest_unit(&text);
            Value::Duration { seconds: read(&text[..text.len() - unit.len()]) * seconds, text }
        }
        _ => return mismatch(),
    };
    let (Value::Number { value: size, .. }
    | Value::Percent { fraction: size, .. }
    | Value::Duration { seconds: size, .. }) = node
    else {
        return mismatch();
    };
    if size.is_infinite() {
        let message = format!("`{}` is too large", input.word());
        return fail(told(code::UNREADABLE_TEXT, message, input.span(), "the largest number is about 1.8e308"));
    }
    Ok((input.advance(1), Spanned::new(node, input.span())))
}

/// Returns the fraction, rounded once: `0.1%` is the same number as `0.001`.
fn percent(digits: &str, read: impl Fn(&str) -> f64) -> f64 {
    if digits.contains(['e', 'E']) { read(digits) / 100.0 } else { read(&format!("{digits}e-2")) }
}

fn longest_unit(text: &str) -> (&'static str, f64) {
    let units = DURATION_UNITS.iter().filter(|(unit, _)| text.ends_with(unit));
    *units.max_by_key(|(unit, _)| unit.len()).expect("the lexer makes durations of these units only")
}

/// Unescapes the text between quotes: `\\ \" \' \n \r \t`. Any other backslash is literal, so that patterns such as
/// `"\d+"` work as written.
pub(crate) fn unescape(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some(&quote @ ('\\' | '"' | '\''))) => Some(quote),
            _ => None,
        };
        if escaped.is_some() {
            chars.next();
        }
        text.push(escaped.unwrap_or(c));
    }
    text
}

/// Comma-separated items between brackets, with an optional trailing comma.
pub(crate) fn comma_list<'a, T>(
    open: &'static str,
    what: &'static str,
    item: fn(Input<'a>) -> Parsed<'a, T>,
) -> impl Parser<Input<'a>, Output = Spanned<Vec<T>>, Error = Problem> {
    move |start: Input<'a>| {
        let items = separated_list0(sign(","), item);
        let (input, (items, comma)) = preceded(sign(open), (items, opt(sign(",")))).parse(start)?;
        let close = closing(open).expect("lists start with an opening bracket");
        if !input.is_sign(0, close) {
            let expected = match (items.is_empty(), comma) {
                (false, None) => "`,` or the closing bracket",
                _ => what,
            };
            return fail_in_list(input, expected);
        }
        let input = input.advance(1);
        Ok((input, Spanned::new(items, start.span_to(input))))
    }
}

/// The error for a list that neither continues nor ends.
fn fail_in_list<'a, T>(input: Input<'a>, expected: &str) -> Parsed<'a, T> {
    match input.kind(0) {
        Some(TokenKind::Dotted) => fail(habits::unquoted(input)),
        Some(kind) if expected.starts_with("`,`") && starts_value(kind) => fail(habits::missing_comma(input)),
        _ => unexpected(input, expected),
    }
}

fn starts_value(kind: TokenKind) -> bool {
    use TokenKind::{Duration, Keyword, Name, Number, Param, Percent, Quoted, Sign, Text, Verb};
    matches!(
        kind,
        Number
            | Percent
            | Duration
            | Text
            | Param
            | Verb
            | Name
            | Quoted
            | Sign("[" | "{")
            | Keyword("true" | "false" | "null")
    )
}
