//! The grammar, over lexemes.
//!
//! TERM is one or more newlines or `;`; SEP is the same inside braces. NAME is a name with or without backticks.
//!
//! ```text
//! script    = [ "pipe" INT TERM ] [ item { TERM item } ] [ TERM ]
//! item      = "param" NAME [ ":" NAME ] [ "=" value ] | "include" path
//!           | "let" NAME "=" pipeline | "def" NAME "(" [ param { "," param } ] ")" "=" pipeline | pipeline
//! param     = NAME [ "=" value ]
//! pipeline  = stage { "|" stage }
//! stage     = core [ "as" NAME ]
//! core      = PATHVERB [ path ] { named }
//!           | ( "where" | "assert" ) expr | "derive" assign { "," assign }
//!           | SELVERB [ selector ] { named }
//!           | "target" ( NAME | NAME "(" NAME ")" ) { named }
//!           | "group" selector "{" [SEP] assign { ( SEP | "," ) assign } [SEP] "}"
//!           | "columns" "{" [SEP] route { SEP route } [SEP] "}"
//!           | ( "fork" | "choose" ) "{" [SEP] arm { SEP arm } [SEP] "}"
//!           | "only" NAME block
//!           | NAME [shape] [call] { arg } [ "on" ( selector | path ) ]
//! assign    = NAME "=" expr
//! keys      = key { ( "," | "-" ) key }
//! key       = seland | NAME "(" … ")" | assign
//! route     = selector "=>" pipeline
//! arm       = [ NAME ":" ] pipeline
//! named     = NAME "=" value
//! arg       = named | value
//! value     = [ "-" ] ( NUM | PCT | DUR ) | STR | "true" | "false" | "null" | "$" NAME
//!           | list | block | NAME [shape] [call] [block]
//! shape     = "[" [ value { "," value } [","] ] "]"                attached: no white space before it
//! call      = "(" [ arg { "," arg } [","] ] ")"                    attached
//! list      = "[" [ value { "," value } [","] ] "]"
//! block     = "{" [SEP] pipeline [SEP] "}"
//! selector  = seland { ( "," | "-" ) seland }
//! seland    = selterm { "&" selterm }
//! selterm   = [ "!" ] ( NAME | "@" NAME [call] | "/regex/" | STR | NAME ".." NAME | "(" selector ")" | "_" )
//! path      = STR | "$" NAME | NAME | WORD with "." "/" "*" or ":" | "-"
//! expr      = and { "or" and }
//! and       = not { "and" not }
//! not       = { "not" } comparison
//! comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | [ "not" ] "in" ) sum | "is" [ "not" ] "null" ]
//! sum       = product { ( "+" | "-" ) product }
//! product   = negation { ( "*" | "/" | "//" | "%" ) negation }
//! negation  = { "-" } power
//! power     = atom { "^" { "-" } atom }                            from the right
//! atom      = NUM | PCT | DUR | STR | "true" | "false" | "null" | "$" NAME | NAME | "(" expr ")"
//!           | "[" [ expr { "," expr } [","] ] "]" | "if" expr "then" expr "else" expr
//!           | NAME "(" [ exprarg { "," exprarg } [","] ] ")" [ "over" "(" [ expr { "," expr } ] ")" ]
//! exprarg   = [ NAME "=" ] expr
//! ```
//!
//! After a verb's name the parsers commit: errors are reported, and parsing continues at the next `|`, terminator or
//! closing brace.

mod expr;
mod habits;
mod input;
mod pipeline;
mod selector;
mod tall;
mod value;

use crate::layout::Lexeme;
use crate::lexer::TokenKind;
use crate::tree::{Item, Parameter, Script};
use input::{Context, Input, Parsed, expect, expect_name, fail, keyword, mismatch, name, sign, terminator, told};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::sequence::preceded;
use pipeline::{parts, path, pipeline, report, skip};
use pipewright_diagnostic::{Diagnostic, Spanned, code};
use value::{comma_list, value};

/// The latest edition of the language.
const EDITION: u32 = 1;

/// Parses the lexemes of a script.
pub(crate) fn script(text: &str, lexemes: &[Lexeme]) -> (Script, Vec<Diagnostic>) {
    let context = Context::new(text, lexemes);
    let script = read_script(context.input());
    (script, context.into_diagnostics())
}

fn read_script(input: Input) -> Script {
    let (input, edition) = match edition(input) {
        Ok((after, edition)) => (after, Some(edition)),
        Err(nom::Err::Failure(problem)) => {
            report(input, problem, "an edition");
            (skip(input, |input| terminator(input).is_ok()), None)
        }
        Err(_) => (input, None),
    };
    let separates = |input: Input| input.kind(0) == Some(TokenKind::Newline);
    let mut items = Vec::new();
    let push = |input| map(item, |item| items.push(item)).parse(input);
    if let Err(nom::Err::Failure(problem)) = parts(input, "a statement", separates, push) {
        report(input, problem, "a statement");
    }
    Script { edition, items }
}

/// `"pipe" INT`.
fn edition(input: Input) -> Parsed<Spanned<u32>> {
    let (input, _) = keyword("pipe").parse(input)?;
    let number = input.word().parse::<u32>().ok().filter(|_| input.kind(0) == Some(TokenKind::Number));
    match number {
        Some(EDITION) => Ok((input.advance(1), Spanned::new(EDITION, input.span()))),
        _ => fail(
            told(
                code::UNKNOWN_EDITION,
                format!("no edition {}", input::describe(input)),
                input.span(),
                "not known here",
            )
            .help(format!("this version knows edition {EDITION}: `pipe {EDITION}`")),
        ),
    }
}

fn item(input: Input) -> Parsed<Item> {
    match input.kind(0) {
        Some(TokenKind::Keyword("pipe")) => fail(
            told(code::UNEXPECTED, "the edition must be first in a script", input.span(), "too late")
                .help("`pipe 1` is the first line"),
        ),
        _ => alt((param, include, let_item, def, map(pipeline, Item::Pipeline))).parse(input),
    }
}

/// `"param" NAME [ ":" NAME ] [ "=" value ]`.
fn param(start: Input) -> Parsed<Item> {
    let (input, _) = keyword("param").parse(start)?;
    let (input, name) = expect_name("the name of a parameter")(input)?;
    let (input, kind) = opt(preceded(sign(":"), expect_name("a kind, such as `int` or `path`"))).parse(input)?;
    let (input, default) = opt(preceded(sign("="), expect("a value", value))).parse(input)?;
    Ok((input, Item::Param { name, kind, default, span: start.span_to(input) }))
}

/// `"include" path`.
fn include(start: Input) -> Parsed<Item> {
    let (input, path) = preceded(keyword("include"), expect("a path", path)).parse(start)?;
    Ok((input, Item::Include { path, span: start.span_to(input) }))
}

/// `"let" NAME "=" pipeline`.
fn let_item(start: Input) -> Parsed<Item> {
    let (input, _) = keyword("let").parse(start)?;
    let (input, name) = expect_name("the name of a fragment")(input)?;
    let (input, pipeline) = preceded(expect("`=`", sign("=")), pipeline).parse(input)?;
    Ok((input, Item::Let { name, pipeline, span: start.span_to(input) }))
}

/// `"def" NAME "(" [ param { "," param } ] ")" "=" pipeline`.
fn def(start: Input) -> Parsed<Item> {
    let (input, _) = keyword("def").parse(start)?;
    let (input, name) = expect_name("the name of a function")(input)?;
    let (input, params) = expect("`(`", comma_list("(", "a parameter", parameter))(input)?;
    let (input, pipeline) = preceded(expect("`=`", sign("=")), pipeline).parse(input)?;
    Ok((input, Item::Def { name, params: params.node, pipeline, span: start.span_to(input) }))
}

/// `NAME [ "=" value ]`.
fn parameter(input: Input) -> Parsed<Parameter> {
    if !input.is_name() {
        return mismatch();
    }
    let default = opt(preceded(sign("="), expect("a value", value)));
    map((name, default), |(name, default)| Parameter { name, default }).parse(input)
}
