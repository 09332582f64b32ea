//! Pipelines and stages, with error recovery.

use super::expr::{assign, expr};
use super::habits;
use super::input::{
    Input, Parsed, Problem, expect, expect_name, fail, keyword, mismatch, name, reserved, sign, terminator, told,
    unexpected,
};
use super::selector::{expect_columns, keys, selector};
use super::value::{arg, call, named, shape, unescape};
use crate::layout::is_pipe;
use crate::lexer::TokenKind;
use crate::tree::{Arg, Arm, Core, On, PathArg, Pipeline, Route, Stage};
use crate::words::{OPTIONS_BEHIND, PATH_OR_NUMBER_VERBS, PATH_SUBJECTS, PATH_VERBS, SELECTOR_VERBS, TABLE_AFTER_ON};
use nom::Parser;
use nom::combinator::{map, opt};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, preceded, separated_pair};
use pipewright_diagnostic::{Spanned, code};

/// `stage { "|" stage }`.
pub(crate) fn pipeline(input: Input) -> Parsed<Pipeline> {
    let (after, pipeline) = stages(input)?;
    report_bare_selections(input, &pipeline);
    Ok((after, pipeline))
}

/// A pipeline of an arm or a route: it may also be a single `drop` or `keep` without columns.
fn alternative(input: Input) -> Parsed<Pipeline> {
    let (after, pipeline) = stages(input)?;
    if pipeline.stages.len() > 1 {
        report_bare_selections(input, &pipeline);
    }
    Ok((after, pipeline))
}

/// `"{" [SEP] pipeline [SEP] "}"`; the span includes the braces.
pub(crate) fn block(start: Input) -> Parsed<Spanned<Pipeline>> {
    let (input, _) = (sign("{"), opt(terminator)).parse(start)?;
    let (input, pipeline) = pipeline(input)?;
    let (input, _) = (opt(terminator), expect("`|` or `}`", sign("}"))).parse(input)?;
    Ok((input, Spanned::new(pipeline, start.span_to(input))))
}

fn stages(start: Input) -> Parsed<Pipeline> {
    let mut stages = Vec::new();
    let mut input = start;
    loop {
        let (after, stage) = stage_or_error(input)?;
        stages.push(stage);
        input = after;
        match input.kind(0) {
            Some(kind) if is_pipe(kind) => {
                habits::spelled_pipe(input);
                input = input.advance(1);
            }
            _ => return Ok((input, Pipeline { stages, span: start.span_to(input) })),
        }
    }
}

fn report_bare_selections(input: Input, pipeline: &Pipeline) {
    for stage in &pipeline.stages {
        if let Core::Select { verb, selector: None, .. } = &stage.core {
            let message = format!("`{}` without columns is a whole arm, not one stage of several", verb.node);
            input.report(
                told(code::UNEXPECTED, message, verb.span, "columns are missing").help("name columns, or `@all`"),
            );
        }
    }
}

/// Parses a stage; if that fails, the error is reported and the stage skipped.
fn stage_or_error(start: Input) -> Parsed<Stage> {
    let problem = match stage(start) {
        Err(nom::Err::Failure(problem @ Problem::Full(_))) => return Err(nom::Err::Failure(problem)),
        Err(nom::Err::Failure(problem) | nom::Err::Error(problem)) => problem,
        parsed => return parsed,
    };
    report(start, problem, "a verb");
    let input = skip(start, Input::ends_stage);
    Ok((input, Stage { core: Core::Error, alias: None, span: start.span_to(input) }))
}

/// Reports why parsing failed at `input`, where `what` was expected.
pub(crate) fn report(input: Input, problem: Problem, what: &str) {
    match problem {
        Problem::Told(diagnostic) | Problem::Full(diagnostic) => input.report(*diagnostic),
        Problem::NoObserver => {}
        Problem::Mismatch => {
            if let Err(nom::Err::Failure(Problem::Told(diagnostic))) = unexpected::<()>(input, what) {
                input.report(*diagnostic);
            }
        }
    }
}

/// Skips to the first position that stops, past whole bracket groups.
pub(crate) fn skip<'a>(mut input: Input<'a>, stops: impl Fn(Input<'a>) -> bool) -> Input<'a> {
    while input.peek(0).is_some() && !stops(input) {
        input = input.skip_group();
    }
    input
}

/// `core [ "as" NAME ]`, to its end.
fn stage(start: Input) -> Parsed<Stage> {
    let (start, ()) = start.count()?;
    let (input, core) = core(start)?;
    let (input, alias) = opt(preceded(keyword("as"), expect_name("a name"))).parse(input)?;
    if !input.ends_stage() {
        return habits::left_over(input, &core);
    }
    Ok((input, Stage { core, alias, span: start.span_to(input) }))
}

fn core(input: Input) -> Parsed<Core> {
    match input.kind(0) {
        Some(TokenKind::Keyword("only")) => return only(input),
        Some(TokenKind::Keyword(word)) => {
            return fail(reserved(input, word, "a verb"));
        }
        Some(TokenKind::Dotted) => return fail(habits::dotted_stage(input)),
        Some(TokenKind::Quoted) => return call_stage(input),
        _ => {}
    }
    match input.word() {
        _ if !input.is_name() => mismatch(),
        word if PATH_VERBS.contains(&word) => path_stage(input),
        word if PATH_OR_NUMBER_VERBS.contains(&word) && starts_file(input.advance(1)) => path_stage(input),
        word if SELECTOR_VERBS.contains(&word) => select(input),
        "where" | "assert" => condition(input),
        "derive" => derive(input),
        "target" => target(input),
        "group" => group(input),
        "columns" => columns(input),
        "fork" | "choose" => arms(input),
        _ => call_stage(input),
    }
}

/// `PATHVERB [ [ "oof" ] path ] { named }`; after the word, the path cannot be a name.
fn path_stage(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, what) = match PATH_SUBJECTS.contains(&input.word()) && starts_file(input.advance(1)) {
        true => map(name, Some).parse(input)?,
        false => (input, None),
    };
    let (input, (path, options)) = (opt(path), many0(named)).parse(input)?;
    Ok((input, Core::Path { verb, what, path, options }))
}

/// Is the next lexeme a path other than a name?
fn starts_file(input: Input) -> bool {
    matches!(input.kind(0), Some(TokenKind::Text | TokenKind::Param | TokenKind::Path))
}

/// `STR | "$" NAME | NAME [call] | bare word | "-"`.
pub(crate) fn path(input: Input) -> Parsed<Spanned<PathArg>> {
    let word = input.word();
    let node = match input.kind(0) {
        Some(TokenKind::Text) => PathArg::Text(unescape(&word[1..word.len() - 1])),
        Some(TokenKind::Param) => PathArg::Param(word[1..].to_owned()),
        Some(TokenKind::Path) if word == "-" => PathArg::Dash,
        Some(TokenKind::Path) if word.contains(['.', '/', '*', ':']) => PathArg::Bare(word.to_owned()),
        Some(TokenKind::Path) => return fail(habits::unquoted(input)),
        _ if input.is_name() && !input.is_named() => {
            return named_source(input);
        }
        _ => return mismatch(),
    };
    Ok((input.advance(1), Spanned::new(node, input.span())))
}

/// `NAME [call]`: a data set by its name, or one that is generated.
fn named_source(start: Input) -> Parsed<Spanned<PathArg>> {
    let (input, name) = name(start)?;
    let (input, call) = call(input)?;
    let node = match call {
        Some(call) => PathArg::Call { name, args: call.node },
        None => {
            habits::no_detached(input, "(")?;
            PathArg::Name(name.node)
        }
    };
    Ok((input, Spanned::new(node, start.span_to(input))))
}

/// `"where" expr | "assert" expr`.
fn condition(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, expr) = expect("a condition", expr)(input)?;
    Ok((input, Core::Where { verb, expr }))
}

/// `"derive" assign { "," assign }`.
fn derive(input: Input) -> Parsed<Core> {
    const ASSIGN: &str = "`name = expression`";
    let (input, verb) = name(input)?;
    let (input, assigns) = expect(ASSIGN, separated_list1(sign(","), assign))(input)?;
    if input.is_sign(0, ",") {
        return unexpected(input.advance(1), ASSIGN);
    }
    Ok((input, Core::Derive { verb, assigns }))
}

/// `SELVERB [ selector ] { named }`.
fn select(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, selector) = if ["sort", "value_counts"].contains(&verb.node.as_str()) {
        map(expect_columns(selector), Some).parse(input)?
    } else {
        opt(selector).parse(input)?
    };
    let (input, options) = many0(named).parse(input)?;
    Ok((input, Core::Select { verb, selector, options }))
}

/// `"target" ( NAME | NAME "(" NAME ")" ) { named }`.
fn target(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    if input.kind(0) == Some(TokenKind::Dotted) {
        input.report(habits::dotted(input));
    }
    let (input, first) = expect_name("a column")(input)?;
    let (input, column, transform) = if input.is_attached("(") {
        let inside = delimited(sign("("), expect_name("a column"), expect("`)`", sign(")")));
        let (input, column) = { inside }.parse(input)?;
        (input, column, Some(first))
    } else {
        habits::no_detached(input, "(")?;
        (input, first, None)
    };
    let (input, options) = many0(named).parse(input)?;
    Ok((input, Core::Target { verb, column, transform, options }))
}

/// `"group" [ keys ] "{" [SEP] assign { ( SEP | "," ) assign } [SEP] "}"`.
fn group(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, (by, keys)) = keys(input)?;
    let (input, aggregates) = braced(input, "`name = aggregate`", &[","], assign)?;
    Ok((input, Core::Group { verb, by, keys, aggregates }))
}

/// `"columns" "{" [SEP] route { SEP route } [SEP] "}"`.
fn columns(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, routes) = braced(input, "`columns => pipeline`", &[], route)?;
    Ok((input, Core::Columns { verb, routes }))
}

/// `selector "=>" pipeline`.
fn route(input: Input) -> Parsed<Route> {
    map(
        separated_pair(expect_columns(selector), expect("`,` or `=>`", sign("=>")), alternative),
        |(selector, pipeline)| Route { selector, pipeline },
    )
    .parse(input)
}

/// `( "fork" | "choose" ) "{" [SEP] arm { SEP arm } [SEP] "}"`.
fn arms(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, arms) = braced(input, "`name: pipeline`", &[], arm)?;
    Ok((input, Core::Arms { verb, arms }))
}

/// `[ NAME ":" ] pipeline`.
fn arm(input: Input) -> Parsed<Arm> {
    let (input, name) = match input.is_sign(1, ":") {
        true => map((expect_name("the name of an arm"), sign(":")), |(name, _)| Some(name)).parse(input)?,
        false => (input, None),
    };
    let (input, pipeline) = alternative(input)?;
    Ok((input, Arm { name, pipeline }))
}

/// `"only" NAME block`.
fn only(input: Input) -> Parsed<Core> {
    let (after, span) = keyword("only").parse(input)?;
    let verb = Spanned::new("only".to_owned(), span);
    let (after, phase) = expect_name("`train`")(after)?;
    let (after, block) = expect("a block `{ … }`", block)(after)?;
    Ok((after, Core::Only { verb, phase, block: block.node }))
}

/// `NAME [shape] [call] { arg } [ "on" ( selector | path ) ]`.
fn call_stage(input: Input) -> Parsed<Core> {
    let (input, verb) = name(input)?;
    let (input, (shape, call)) = (shape, call).parse(input)?;
    if call.is_none() {
        habits::no_detached(input, "(")?;
    }
    let (input, mut args) = many0(arg).parse(input)?;
    let (after, on) = opt(preceded(keyword("on"), |input| on(input, &verb))).parse(input)?;
    let (after, late) = many0(named).parse(after)?;
    if !late.is_empty() && !OPTIONS_BEHIND.contains(&verb.node.as_str()) {
        after.report(habits::option_after_on(input, &late));
    }
    args.extend(late.into_iter().map(Arg::Named));
    Ok((after, Core::Call { verb, shape, call, args, on }))
}

/// `selector`, or of a verb that takes a table, a path.
fn on<'a>(input: Input<'a>, verb: &Spanned<String>) -> Parsed<'a, On> {
    match TABLE_AFTER_ON.contains(&verb.node.as_str()) {
        true => map(expect("a file, or the name of a table", path), On::Table).parse(input),
        false => map(expect_columns(selector), On::Columns).parse(input),
    }
}

/// Parts in braces, separated by newlines or other separators. A part that cannot be parsed is reported and skipped.
fn braced<'a, T>(
    input: Input<'a>,
    what: &'static str,
    separators: &'static [&'static str],
    part: fn(Input<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let (input, _) = (expect("`{`", sign("{")), opt(terminator)).parse(input)?;
    if input.is_sign(0, "}") {
        return unexpected(input, what);
    }
    let separates = |input: Input| match input.kind(0) {
        Some(TokenKind::Newline) => true,
        Some(TokenKind::Sign(sign)) => separators.contains(&sign),
        _ => false,
    };
    let (input, parts) = parts(input, what, separates, part)?;
    let (input, _) = expect("`}`", sign("}"))(input)?;
    Ok((input, parts))
}

/// Separated parts, up to a `}` or the end of the script.
pub(crate) fn parts<'a, T>(
    mut input: Input<'a>,
    what: &'static str,
    separates: impl Fn(Input<'a>) -> bool,
    mut part: impl FnMut(Input<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let closes = |input: Input<'a>| input.kind(0).is_none() || input.is_sign(0, "}");
    let ends = |input: Input<'a>| closes(input) || separates(input);
    let mut parts = Vec::new();
    loop {
        while separates(input) {
            input = input.advance(1);
        }
        if closes(input) {
            return Ok((input, parts));
        }
        let problem = match part(input) {
            Ok((after, part)) => {
                parts.push(part);
                input = after;
                (!ends(after)).then_some((Problem::Mismatch, "the end of the line"))
            }
            Err(nom::Err::Failure(problem @ Problem::Full(_))) => return Err(nom::Err::Failure(problem)),
            Err(nom::Err::Failure(problem) | nom::Err::Error(problem)) => Some((problem, what)),
            Err(incomplete) => return Err(incomplete),
        };
        if let Some((problem, what)) = problem {
            report(input, problem, what);
            input = skip(input, ends);
        }
    }
}
