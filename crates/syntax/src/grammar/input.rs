//! The input of the grammar, its error type, and parsers of single lexemes.

use crate::layout::{self, Lexeme};
use crate::lexer::TokenKind;
use crate::tree::Name;
use crate::{DEPTH_MAX, NODES_MAX};
use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Parser};
use pipewright_diagnostic::{Code, Diagnostic, Span, Spanned, code};
use std::cell::{Cell, RefCell};
use std::iter::{Copied, Enumerate};
use std::slice::Iter;

/// The result of a parser of the grammar.
pub(crate) type Parsed<'a, T> = IResult<Input<'a>, T, Problem>;

/// The remaining lexemes.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    rest: &'a [Lexeme],
    cx: &'a Context<'a>,
}

/// State shared by all parsers of one run.
pub(crate) struct Context<'a> {
    text: &'a str,
    all: &'a [Lexeme],
    diagnostics: RefCell<Vec<Diagnostic>>,
    nodes: Cell<usize>,
    depth: Cell<usize>,
}

/// Why a parser failed.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The next lexeme does not match; another parser may.
    Mismatch,
    /// An error with its message.
    Told(Box<Diagnostic>),
    /// An error that has already been reported.
    NoObserver,
    /// The script is too long: parsing ends.
    Full(Box<Diagnostic>),
}

impl<'a> ParseError<Input<'a>> for Problem {
    fn from_error_kind(_: Input<'a>, _: ErrorKind) -> Problem {
        Problem::Mismatch
    }

    fn append(_: Input<'a>, _: ErrorKind, other: Problem) -> Problem {
        other
    }
}

/// Fails after commitment, with this message.
pub(crate) fn fail<'a, T>(diagnostic: Diagnostic) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Problem::Told(Box::new(diagnostic))))
}

/// Fails because the next lexeme does not match.
pub(crate) fn mismatch<'a, T>() -> Parsed<'a, T> {
    Err(nom::Err::Error(Problem::Mismatch))
}

impl<'a> Context<'a> {
    pub(crate) fn new(text: &'a str, all: &'a [Lexeme]) -> Context<'a> {
        Context { text, all, diagnostics: RefCell::default(), nodes: Cell::new(0), depth: Cell::new(0) }
    }

    pub(crate) fn input(&'a self) -> Input<'a> {
        Input { rest: self.all, cx: self }
    }

    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }
}

impl<'a> Input<'a> {
    /// Returns the lexeme `ahead` positions from here.
    pub(crate) fn peek(self, ahead: usize) -> Option<&'a Lexeme> {
        self.rest.get(ahead)
    }

    /// Returns the kind of the lexeme `ahead` positions from here.
    pub(crate) fn kind(self, ahead: usize) -> Option<TokenKind> {
        self.peek(ahead).map(|lexeme| lexeme.kind)
    }

    pub(crate) fn is_sign(self, ahead: usize, sign: &str) -> bool {
        matches!(self.kind(ahead), Some(TokenKind::Sign(here)) if here == sign)
    }

    /// Is the next lexeme this bracket, attached to the previous lexeme?
    pub(crate) fn is_attached(self, bracket: &str) -> bool {
        self.is_sign(0, bracket) && self.peek(0).is_some_and(|lexeme| lexeme.glued)
    }

    /// Is the next lexeme a name?
    pub(crate) fn is_name(self) -> bool {
        matches!(self.kind(0), Some(TokenKind::Verb | TokenKind::Name | TokenKind::Quoted))
    }

    /// Is `key=` next?
    pub(crate) fn is_named(self) -> bool {
        matches!(self.kind(0), Some(TokenKind::Verb | TokenKind::Name | TokenKind::Quoted | TokenKind::Keyword(_)))
            && self.is_sign(1, "=")
    }

    /// Is this the end of a stage: a pipe, a terminator, a closing bracket or the end of the script?
    pub(crate) fn ends_stage(self) -> bool {
        match self.kind(0) {
            None | Some(TokenKind::Newline | TokenKind::Sign(")" | "]" | "}")) => true,
            Some(kind) => layout::is_pipe(kind),
        }
    }

    pub(crate) fn advance(self, count: usize) -> Input<'a> {
        Input { rest: &self.rest[count..], cx: self.cx }
    }

    /// Skips the bracket that opens here and its content.
    pub(crate) fn skip_group(self) -> Input<'a> {
        let index = self.cx.all.len() - self.rest.len();
        match self.rest.first() {
            Some(lexeme) if lexeme.close > index => self.advance(lexeme.close + 1 - index),
            Some(_) => self.advance(1),
            None => self,
        }
    }

    /// Returns the span of the next lexeme; at the end of the script, the empty span after the last one.
    pub(crate) fn span(self) -> Span {
        match self.rest.first() {
            Some(lexeme) => lexeme.span,
            None => self.previous().after(),
        }
    }

    /// Returns the span of the previous lexeme.
    pub(crate) fn previous(self) -> Span {
        let index = self.cx.all.len() - self.rest.len();
        index.checked_sub(1).map_or(Span::default(), |index| self.cx.all[index].span)
    }

    /// Returns the span from here to the last lexeme before `end`.
    pub(crate) fn span_to(self, end: Input<'a>) -> Span {
        self.span().to(end.previous())
    }

    /// Returns the text of a span.
    pub(crate) fn text(self, span: Span) -> &'a str {
        span.text(self.cx.text)
    }

    /// Returns the text of the next lexeme.
    pub(crate) fn word(self) -> &'a str {
        self.text(self.span())
    }

    /// Reports an error that the parser can recover from.
    pub(crate) fn report(self, diagnostic: Diagnostic) {
        self.cx.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Counts a stage or value against the limit.
    pub(crate) fn count(self) -> Parsed<'a, ()> {
        self.cx.nodes.set(self.cx.nodes.get() + 1);
        if self.cx.nodes.get() > NODES_MAX {
            return Err(nom::Err::Failure(Problem::Full(Box::new(layout::too_long(self.span())))));
        }
        Ok((self, ()))
    }

    /// Runs a parser one level deeper, for nesting without brackets.
    pub(crate) fn deeper<T>(self, parse: impl FnOnce(Input<'a>) -> Parsed<'a, T>) -> Parsed<'a, T> {
        let depth = self.cx.depth.get();
        if depth == DEPTH_MAX {
            return fail(too_deep(self.span()));
        }
        self.cx.depth.set(depth + 1);
        let parsed = parse(self);
        self.cx.depth.set(depth);
        parsed
    }
}

/// The error for an expression that is nested too deeply.
pub(crate) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(code::TOO_DEEP, format!("operators nest more than {DEPTH_MAX} deep"))
        .label(span, "one too many")
        .help("a long row of `or` is better written `x in [a, b, c]`; a long sum in several columns")
}

impl<'a> nom::Input for Input<'a> {
    type Item = Lexeme;
    type Iter = Copied<Iter<'a, Lexeme>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Input { rest: &self.rest[..index], cx: self.cx }
    }

    fn take_from(&self, index: usize) -> Self {
        self.advance(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Lexeme) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|lexeme| predicate(*lexeme))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, nom::Needed> {
        if count <= self.rest.len() { Ok(count) } else { Err(nom::Needed::new(count - self.rest.len())) }
    }
}

/// One lexeme of this kind.
pub(crate) fn token<'a>(kind: TokenKind) -> impl Parser<Input<'a>, Output = Span, Error = Problem> + Copy {
    move |input: Input<'a>| match input.kind(0) {
        Some(here) if here == kind => Ok((input.advance(1), input.span())),
        _ => mismatch(),
    }
}

/// One sign.
pub(crate) fn sign<'a>(sign: &'static str) -> impl Parser<Input<'a>, Output = Span, Error = Problem> + Copy {
    token(TokenKind::Sign(sign))
}

/// One reserved word.
pub(crate) fn keyword<'a>(word: &'static str) -> impl Parser<Input<'a>, Output = Span, Error = Problem> + Copy {
    token(TokenKind::Keyword(word))
}

/// A name, with or without backticks.
pub(crate) fn name(input: Input) -> Parsed<Name> {
    if !input.is_name() {
        return mismatch();
    }
    let span = input.span();
    let word = input.text(span);
    let node = match input.kind(0) {
        Some(TokenKind::Quoted) => word[1..word.len() - 1].replace("``", "`"),
        _ => word.to_owned(),
    };
    Ok((input.advance(1), Spanned::new(node, span)))
}

/// Newlines and `;`.
pub(crate) fn terminator(input: Input) -> Parsed<Span> {
    token(TokenKind::Newline).parse(input)
}

/// Applies the parser, or fails with what was expected.
pub(crate) fn expect<'a, T>(
    what: &'static str,
    mut parser: impl Parser<Input<'a>, Output = T, Error = Problem>,
) -> impl FnMut(Input<'a>) -> Parsed<'a, T> {
    move |input| match parser.parse(input) {
        Err(nom::Err::Error(_)) => unexpected(input, what),
        parsed => parsed,
    }
}

/// The error for an unexpected lexeme.
pub(crate) fn unexpected<'a, T>(input: Input<'a>, what: &str) -> Parsed<'a, T> {
    match input.kind(0) {
        Some(TokenKind::Unreadable | TokenKind::Unclosed) => Err(nom::Err::Failure(Problem::NoObserver)),
        _ => {
            let found = describe(input);
            fail(told(code::UNEXPECTED, format!("expected {what}, found {found}"), input.span(), ""))
        }
    }
}

/// Parses a name, or fails with what was expected; reserved words have their own message.
pub(crate) fn expect_name<'a>(what: &'static str) -> impl FnMut(Input<'a>) -> Parsed<'a, Name> {
    move |input| match input.kind(0) {
        Some(TokenKind::Keyword(word)) => fail(reserved(input, word, what)),
        _ => expect(what, name)(input),
    }
}

/// The error for a reserved word instead of a name.
pub(crate) fn reserved(input: Input, word: &str, what: &str) -> Diagnostic {
    told(code::RESERVED_WORD, format!("`{word}` is a reserved word"), input.span(), format!("expected {what}"))
        .help(format!("a name that is a reserved word goes in backticks: `` `{word}` ``"))
        .fix(input.span(), format!("`{word}`"))
}

/// Creates a diagnostic with one label.
pub(crate) fn told(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message).label(span, label)
}

/// Describes the next lexeme for a message.
pub(crate) fn describe(input: Input) -> String {
    match input.kind(0) {
        None => "the end of the script".into(),
        Some(TokenKind::Newline) if input.word() != ";" => "the end of the line".into(),
        Some(TokenKind::Sign(sign)) => format!("`{sign}`"),
        Some(_) => {
            let word = input.word();
            let short: String = word.chars().take(40).collect();
            if short.len() < word.len() { format!("`{short}…`") } else { format!("`{short}`") }
        }
    }
}
