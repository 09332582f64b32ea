#![doc = include_str!("../README.md")]
//!
//! # Inside
//! ```text
//! text ─tokens→ tokens ─layout→ lexemes ─grammar→ tree
//!            └──────format──────▶ text ◀──Display──┘
//! ```
//! *Tokens* are lossless. *Lexemes* are the tokens without white space and comments, with explicit terminators and
//! paired brackets. The *grammar* is written with nom over lexemes; its module documents it as EBNF.
//!
//! **Invariant:** this crate knows the syntactic forms of stages, not the verbs: which names are verbs, and their
//! arguments, is defined by the catalogue. Only the words of [`PATH_VERBS`], [`SELECTOR_VERBS`], [`EXPRESSION_VERBS`]
//! and [`STRUCTURAL_VERBS`] have special forms.

mod format;
mod grammar;
mod layout;
mod lexer;
mod print;
mod tree;
mod words;

pub use lexer::{Token, TokenKind, tokens};
pub use tree::{
    Arg, Arm, Assign, BinaryOp, Core, Expr, ExprArg, Item, Name, Named, On, Parameter, PathArg, Pipeline, Route,
    Script, Selector, Stage, UnaryOp, Value,
};
pub use words::{
    DURATION_UNITS, EXPRESSION_VERBS, PATH_VERBS, RESERVED, SELECTOR_VERBS, STRUCTURAL_VERBS, is_plain_name,
    written_name,
};

use layout::Layout;
use pipewright_diagnostic::{Diagnostic, Span, code};

/// Maximum nesting of brackets, and of operators in an expression.
pub const DEPTH_MAX: usize = 200;

/// Maximum size of a script in bytes.
pub const BYTES_MAX: usize = 16 << 20;

/// Maximum number of stages, values and columns of a script.
pub const NODES_MAX: usize = 100_000;

/// Enough for the largest script with a sign on either side of every part.
const LEXEMES_MAX: usize = 10 * NODES_MAX;

/// Parses a script. Never fails: invalid parts are skipped, or replaced by [`Core::Error`] for a stage, each with a
/// diagnostic. Diagnostics are in source order.
///
/// ```
/// use pipewright_syntax::{Core, Item, parse};
///
/// let (script, diagnostics) = parse("load | fillna § | where age = 3 | scale");
/// let codes: Vec<&str> = diagnostics.iter().map(|found| found.code.as_str()).collect();
/// assert_eq!(codes, ["E0101", "E0106"]);
///
/// let Item::Pipeline(pipeline) = &script.items[0] else { panic!("a pipeline was written") };
/// assert_eq!(pipeline.stages.len(), 4);
/// assert_eq!(pipeline.stages[1].core, Core::Error);
/// ```
#[must_use]
pub fn parse(text: &str) -> (Script, Vec<Diagnostic>) {
    if text.len() > BYTES_MAX {
        let diagnostic = Diagnostic::error(code::SCRIPT_TOO_LONG, "the script is larger than 16 MiB");
        return (Script::default(), vec![diagnostic.label(Span::new(0, 0), "data belongs in a file of its own")]);
    }
    let layout = match layout::layout(text) {
        Ok(layout) => layout,
        Err(diagnostic) => return (Script::default(), vec![*diagnostic]),
    };
    let Layout { lexemes, mut diagnostics, depth, .. } = layout;
    let (script, found) = with_stack(depth, || grammar::script(text, &lexemes)).unwrap_or_else(|| {
        let diagnostic = Diagnostic::error(code::TOO_DEEP, "the system has no room to read nested brackets");
        (Script::default(), vec![diagnostic.label(Span::default(), "nothing of the script was read")])
    });
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span().map(|span| span.start));
    diagnostics.truncate(DIAGNOSTICS_MAX);
    (script, diagnostics)
}

/// Maximum number of diagnostics per script.
const DIAGNOSTICS_MAX: usize = 100;

/// Runs the grammar, whose recursion depth is at most `depth`, on a stack of sufficient size, whatever is left of the
/// caller's. Typical scripts are flat enough for any stack. `None` if the thread cannot be created.
fn with_stack<T: Send>(depth: usize, run: impl FnOnce() -> T + Send) -> Option<T> {
    const DEPTH_FLAT: usize = 4;
    /// About twice the stack of a level without optimisation.
    const LEVEL_BYTES: usize = 128 << 10;
    if depth <= DEPTH_FLAT {
        return Some(run());
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(depth * LEVEL_BYTES).spawn_scoped(scope, run).ok()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Formats a script: normalises white space, and keeps all tokens and comments.
///
/// # Errors
/// The errors of [`parse`]: an invalid script is not formatted.
///
/// ```
/// let tidy = pipewright_syntax::format("load a.csv|  # all\n  fillna   mean").expect("the script is readable");
/// assert_eq!(tidy, "load a.csv  # all\n| fillna mean\n");
/// ```
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (_, diagnostics) = parse(text);
    if diagnostics.iter().any(Diagnostic::is_error) { Err(diagnostics) } else { Ok(format::format(text)) }
}

/// Is the text complete, or does it continue: after a `|` or `,` at the end, or inside brackets?
///
/// ```
/// use pipewright_syntax::is_complete;
/// assert!(is_complete("load a.csv | scale"));
/// assert!(!is_complete("load a.csv |"));
/// assert!(!is_complete("load a.csv | train mlp[64,"));
/// ```
#[must_use]
pub fn is_complete(text: &str) -> bool {
    let Ok(Layout { lexemes, open_ended, .. }) = layout::layout(text) else { return true };
    let goes_on = |kind| layout::is_pipe(kind) || kind == TokenKind::Sign(",");
    !open_ended && !lexemes.last().is_some_and(|last| goes_on(last.kind))
}
