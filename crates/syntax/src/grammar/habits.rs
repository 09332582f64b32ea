//! Errors about syntax of other languages, and about unparsed rest after a stage.

use super::input::{Input, Parsed, Problem, describe, fail, reserved, told, unexpected};
use crate::lexer::TokenKind;
use crate::tree::{Core, Named};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code};

/// Returns the error if a stage could have ended but something else follows.
pub(crate) fn left_over<'a, T>(input: Input<'a>, core: &Core) -> Parsed<'a, T> {
    let span = input.span();
    let diagnostic = match input.kind(0) {
        Some(TokenKind::Sign(">")) => redirect(input),
        Some(TokenKind::Sign("<")) => told(code::SHELL_HABIT, "`<` does not read a file", span, "not a redirection")
            .help("a pipeline starts with `load FILE`"),
        Some(TokenKind::Sign("=")) => match core {
            Core::Call { verb, args, .. } if args.is_empty() => {
                told(code::UNEXPECTED, format!("`{}` is not named by `=` alone", verb.node), span, "not expected here")
                    .help("a named pipeline is `let NAME = …`; an option is `key=value` after the verb")
                    .fix(Span { end: verb.span.start, ..verb.span }, "let ")
            }
            _ => told(code::UNEXPECTED, "an `=` without a key", span, "an option is `key=value`"),
        },
        Some(TokenKind::Sign("==")) => {
            told(code::UNEXPECTED, "`==` compares; an option is `key=value`", span, "write `=`").fix(span, "=")
        }
        Some(TokenKind::Sign(",")) => told(code::UNEXPECTED, "a comma between arguments", span, "not expected here")
            .help("arguments are separated by spaces; columns follow `on`"),
        Some(TokenKind::Sign("=>")) => {
            told(code::UNEXPECTED, "`=>` outside of `columns { … }`", span, "not expected here")
        }
        Some(TokenKind::Dotted) => unquoted(input),
        Some(TokenKind::Sign("/" | "*")) => {
            told(code::UNEXPECTED, format!("{} in an argument", describe(input)), span, "not expected here")
                .help("bare paths are allowed right after `load`, `save` and the like; elsewhere a path is quoted")
        }
        Some(TokenKind::Keyword(word)) => reserved(input, word, "the end of the stage"),
        _ => return unexpected(input, expected_after(core)),
    };
    fail(diagnostic)
}

fn expected_after(core: &Core) -> &'static str {
    match core {
        Core::Where { .. } | Core::Derive { .. } => "an operator, `|` or the end of the line",
        Core::Call { on: None, .. } => "an argument, `on`, `|` or the end of the line",
        Core::Call { .. } => "`,`, `-`, `&`, `|` or the end of the line",
        Core::Path { .. } | Core::Select { .. } | Core::Target { .. } => "an option, `|` or the end of the line",
        _ => "`|` or the end of the line",
    }
}

fn redirect(input: Input) -> Diagnostic {
    let diagnostic = told(code::SHELL_HABIT, "`>` does not write a file", input.span(), "not a redirection");
    match input.kind(1) {
        Some(TokenKind::Name | TokenKind::Dotted | TokenKind::Text) => {
            let file = input.advance(1).span();
            diagnostic
                .help(format!("write `| write {}`", input.text(file)))
                .fix(input.span().to(file), format!("| write {}", input.text(file)))
        }
        Some(TokenKind::Number | TokenKind::Percent) => {
            told(code::UNEXPECTED, "a comparison outside of a condition", input.span(), "not expected here")
                .help("rows are filtered by `where`, results checked by `assert`: where age > 3")
        }
        _ => diagnostic.help("write `| write FILE`"),
    }
}

/// Reports a pipe of another language, if there is one.
pub(crate) fn spelled_pipe(input: Input) {
    if let Some(TokenKind::Sign(sign @ ("|>" | "||" | "&&" | "%>%"))) = input.kind(0) {
        input.report(spelling(input.span(), sign, "|", "leads to the next stage"));
    }
}

/// Reports an operator of another language, if there is one.
pub(crate) fn spelled(input: Input, foreign: &str, ours: &str) {
    if input.is_sign(0, foreign) {
        let glued = |ahead: usize| if input.peek(ahead).is_some_and(|lexeme| lexeme.glued) { " " } else { "" };
        let spaced = format!("{}{ours}{}", glued(0), glued(1));
        input.report(spelling(input.span(), foreign, ours, "is written as a word").fix(input.span(), spaced));
    }
}

fn spelling(span: Span, foreign: &str, ours: &str, what: &str) -> Diagnostic {
    told(code::SHELL_HABIT, format!("`{foreign}` is not an operator of this language"), span, format!("write `{ours}`"))
        .help(format!("here `{ours}` {what}"))
        .fix(span, ours)
}

/// Rejects `**`.
///
/// # Errors
/// The message, if there is one.
pub(crate) fn no_double_star(input: Input) -> Result<(), nom::Err<Problem>> {
    if !input.is_sign(0, "**") {
        return Ok(());
    }
    fail::<()>(spelling(input.span(), "**", "^", "raises to a power")).map(|_| ())
}

/// Longer parts of a script are not quoted in messages.
const SHOWN_BYTES: usize = 60;

/// Rejects a bracket after white space.
///
/// # Errors
/// The message, if there is one.
pub(crate) fn no_detached(input: Input, bracket: &str) -> Result<(), nom::Err<Problem>> {
    if !input.is_sign(0, bracket) || input.is_attached(bracket) {
        return Ok(());
    }
    let word = input.text(input.previous());
    let gap = input.previous().after().to(Span { end: input.span().start, ..input.span() });
    let what = if bracket == "[" { "a shape" } else { "a call" };
    let group = input.text(input.span_to(input.skip_group()));
    let shown = if group.len() <= SHOWN_BYTES { group } else { bracket };
    let diagnostic =
        told(code::DETACHED_BRACKET, format!("white space before `{bracket}`"), input.span(), "not attached")
            .label(input.previous(), "belongs to this")
            .help(format!("{what} is attached: `{word}{shown}`"))
            .fix(gap, "");
    fail::<()>(diagnostic).map(|_| ())
}

/// The error for `=` between two values.
pub(crate) fn single_equals(input: Input) -> Diagnostic {
    told(code::SINGLE_EQUALS, "`=` does not compare", input.span(), "write `==`").fix(input.span(), "==")
}

/// Does a comparison follow?
pub(crate) fn is_comparison(input: Input) -> bool {
    matches!(
        input.kind(0),
        Some(TokenKind::Sign("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") | TokenKind::Keyword("is" | "in" | "not"))
    )
}

/// `a < b < c`.
pub(crate) fn chained_comparison(input: Input) -> Diagnostic {
    told(code::UNEXPECTED, "comparisons do not chain", input.span(), "a second comparison")
        .help("write `a < b and b < c`, or parentheses")
}

/// Options after `on`; `before` is the input at `on`.
pub(crate) fn option_after_on(before: Input, late: &[Named]) -> Diagnostic {
    let options = late.iter().map(Named::span).reduce(Span::to).unwrap_or_default();
    let columns = before.text(Span { start: before.span().start, end: options.start }).trim_end();
    let mended = format!("{} {columns}", before.text(options));
    let diagnostic = told(code::OPTION_AFTER_ON, "an option after `on`", options, "must precede `on`")
        .label(before.span(), "the columns come last")
        .fix(before.span().to(options), &mended);
    if mended.len() <= SHOWN_BYTES { diagnostic.help(format!("write `{mended}`")) } else { diagnostic }
}

/// `[64 32]`.
pub(crate) fn missing_comma(input: Input) -> Diagnostic {
    let gap = input.previous().after();
    told(code::SHELL_HABIT, "no comma between two items", input.span(), "a new item starts here")
        .label(gap, "`,` is missing")
        .fix(gap, ",")
}

/// A bare path or similar word that must be quoted.
pub(crate) fn unquoted(input: Input) -> Diagnostic {
    let word = input.word();
    told(code::UNEXPECTED, format!("`{word}` without quotes"), input.span(), "quote it")
        .help("bare paths with `.`, `/`, `*` or `:` are allowed right after `load`, `save` and the like; quote others")
        .fix(input.span(), format!("\"{word}\""))
}

/// `df.x` where a column is expected.
pub(crate) fn dotted(input: Input) -> Diagnostic {
    let column = last_part(input.word());
    told(code::SHELL_HABIT, format!("`{}` is not a column", input.word()), input.span(), "columns have no table prefix")
        .help(format!("write `{column}`; a column whose name has a dot goes in backticks"))
        .fix(input.span(), column)
}

/// Reports `df.x` and continues with `x`.
pub(crate) fn report_dotted(input: Input) -> Spanned<String> {
    input.report(dotted(input));
    Spanned::new(last_part(input.word()).to_owned(), input.span())
}

/// `df.fillna(…)` or `data.csv` at the start of a stage.
pub(crate) fn dotted_stage(input: Input) -> Diagnostic {
    let word = input.word();
    if input.advance(1).is_attached("(") {
        return told(code::SHELL_HABIT, format!("`{word}` is not a verb"), input.span(), "no methods here")
            .help(format!("stages follow `|`: `… | {}`", last_part(word)));
    }
    told(code::UNEXPECTED, format!("`{word}` is not a verb"), input.span(), "a stage starts with a verb")
        .help(format!("a file is read by `load {word}`"))
        .fix(Span { end: input.span().start, ..input.span() }, "load ")
}

fn last_part(word: &str) -> &str {
    word.rsplit(['.', '/']).next().unwrap_or(word)
}
