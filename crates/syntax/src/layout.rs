//! From tokens to lexemes, the input of the grammar.
//!
//! White space and comments are dropped, newlines that end a statement become terminators, and brackets are paired, so
//! that the grammar always sees balanced brackets: an unclosed bracket is closed at the end of its line or stage, a
//! stray closing one is dropped. Invalid words and brackets are reported here, once.
//! line or stage ends, a stray closing one is left out. What is wrong with words and brackets is told here, once.

use crate::lexer::{Lexer, Token, TokenKind};
use crate::{DEPTH_MAX, DIAGNOSTICS_MAX, LEXEMES_MAX};
use pipewright_diagnostic::{Diagnostic, Span, code};

/// A token that is relevant to the grammar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lexeme {
    /// Its kind; [`TokenKind::Newline`] stands for every terminator, `;` included.
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    /// Is it directly attached to the previous lexeme?
    pub(crate) glued: bool,
    /// For an opening bracket, the index of the closing one.
    pub(crate) close: usize,
}

/// The lexemes of a script.
pub(crate) struct Layout {
    pub(crate) lexemes: Vec<Lexeme>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Maximum recursion depth of the grammar: open brackets and `if`.
    pub(crate) depth: usize,
    /// Is a bracket unclosed?
    pub(crate) open_ended: bool,
}

/// Creates the layout of a text.
///
/// # Errors
/// A single diagnostic, if the script exceeds the size limit.
pub(crate) fn layout(text: &str) -> Result<Layout, Box<Diagnostic>> {
    let marks = marks(text)?;
    let mut diagnostics: Vec<Diagnostic> =
        marks.iter().filter_map(|mark| unreadable(mark, text)).take(DIAGNOSTICS_MAX).collect();
    let pairs = pair(&marks);
    diagnostics.extend(pairs.diagnostics(&marks, text));
    let ifs = marks.iter().filter(|mark| mark.kind == TokenKind::Keyword("if")).count();
    let open_ended = !pairs.unclosed.is_empty();
    let depth = pairs.depth.min(DEPTH_MAX) + ifs.min(DEPTH_MAX);
    let lexemes = Builder::new(&marks, &pairs).build();
    Ok(Layout { lexemes, diagnostics, depth, open_ended })
}

/// A token other than white space and comments.
struct Mark {
    kind: TokenKind,
    span: Span,
    glued: bool,
    /// Is there a newline between it and the previous mark?
    new_line: bool,
}

fn marks(text: &str) -> Result<Vec<Mark>, Box<Diagnostic>> {
    let mut marks = Vec::new();
    let (mut glued, mut new_line) = (true, false);
    for Token { kind, span } in Lexer::new(text) {
        if kind.is_trivia() {
            glued = false;
            new_line |= kind == TokenKind::Newline;
            continue;
        }
        if marks.len() == LEXEMES_MAX {
            return Err(Box::new(too_long(span)));
        }
        marks.push(Mark { kind, span, glued, new_line });
        (glued, new_line) = (true, false);
    }
    Ok(marks)
}

/// The error for a script with too many parts; `span` is where the limit was reached.
pub(crate) fn too_long(span: Span) -> Diagnostic {
    Diagnostic::error(code::SCRIPT_TOO_LONG, "the script has too many parts")
        .label(span, "the limit is reached here")
        .help("a script has at most 100,000 stages and values; data belongs in a file")
}

fn unreadable(mark: &Mark, text: &str) -> Option<Diagnostic> {
    let word = mark.span.text(text);
    match mark.kind {
        TokenKind::Unclosed => {
            let quote = &word[..1];
            Some(
                Diagnostic::error(code::UNCLOSED, format!("a `{quote}` that the line does not close"))
                    .label(mark.span, "reaches up to the end of the line")
                    .help(format!("write `{quote}` where it ends")),
            )
        }
        TokenKind::Unreadable => {
            let shown: String = word.chars().take(20).flat_map(char::escape_debug).collect();
            let diagnostic = Diagnostic::error(code::UNREADABLE_TEXT, format!("`{shown}` is not valid here"));
            Some(match word.chars().next() {
                Some('“' | '”' | '„' | '‘' | '’') => {
                    diagnostic.label(mark.span, "a typographic quote").help("write straight quotes: `\"`")
                }
                Some(first) if first.is_ascii_digit() || (first == '.' && word.len() > 1) => diagnostic
                    .label(mark.span, "neither a number nor a duration")
                    .help("durations are `30s`, `10m`, `7d`; a name starts with a letter or is in backticks"),
                Some('$') => diagnostic.label(mark.span, "a parameter is `$name`"),
                Some('@') => diagnostic.label(mark.span, "a class of columns is `@name`"),
                Some('%') => diagnostic.label(mark.span, "a percentage is `20%`, without a space"),
                _ => diagnostic.label(mark.span, "not part of the language"),
            })
        }
        _ => None,
    }
}

/// The pairing of brackets.
struct Pairs {
    /// For every mark that is a paired bracket, its partner.
    partner: Vec<Option<usize>>,
    unclosed: Vec<usize>,
    stray: Vec<usize>,
    /// The first bracket that exceeds the depth limit.
    too_deep: Option<usize>,
    depth: usize,
}

fn pair(marks: &[Mark]) -> Pairs {
    let mut pairs =
        Pairs { partner: vec![None; marks.len()], unclosed: Vec::new(), stray: Vec::new(), too_deep: None, depth: 0 };
    let mut open: Vec<(usize, &'static str)> = Vec::new();
    // The number of open brackets of each kind, so that a stray one is detected without a search.
    let mut waiting = [0usize; 3];
    for (index, mark) in marks.iter().enumerate() {
        let TokenKind::Sign(sign) = mark.kind else { continue };
        if let Some(closing) = closing(sign) {
            open.push((index, closing));
            waiting[slot(closing)] += 1;
            pairs.depth = pairs.depth.max(open.len());
            if open.len() > DEPTH_MAX {
                pairs.too_deep.get_or_insert(index);
            }
        } else if matches!(sign, ")" | "]" | "}") {
            if waiting[slot(sign)] == 0 {
                pairs.stray.push(index);
                continue;
            }
            while let Some((opening, expected)) = open.pop() {
                waiting[slot(expected)] -= 1;
                if expected == sign {
                    pairs.partner[opening] = Some(index);
                    pairs.partner[index] = Some(opening);
                    break;
                }
                pairs.unclosed.push(opening);
            }
        }
    }
    pairs.unclosed.extend(open.iter().map(|&(index, _)| index));
    pairs.unclosed.sort_unstable();
    pairs
}

/// Returns the closing bracket, if this is an opening one.
pub(crate) fn closing(sign: &str) -> Option<&'static str> {
    match sign {
        "(" => Some(")"),
        "[" => Some("]"),
        "{" => Some("}"),
        _ => None,
    }
}

fn slot(closing: &str) -> usize {
    match closing {
        ")" => 0,
        "]" => 1,
        _ => 2,
    }
}

impl Pairs {
    fn diagnostics(&self, marks: &[Mark], text: &str) -> Vec<Diagnostic> {
        if let Some(index) = self.too_deep {
            return vec![
                Diagnostic::error(code::TOO_DEEP, format!("brackets nest more than {DEPTH_MAX} deep"))
                    .label(marks[index].span, "one too many"),
            ];
        }
        let unclosed = self.unclosed.iter().take(DIAGNOSTICS_MAX).map(|&index| {
            let sign = marks[index].span.text(text);
            let closing = closing(sign).expect("only opening brackets are unclosed");
            Diagnostic::error(code::UNCLOSED, format!("a `{sign}` that is never closed"))
                .label(marks[index].span, "opened here")
                .help(format!("write `{closing}` where it ends"))
        });
        let stray = self.stray.iter().take(DIAGNOSTICS_MAX).map(|&index| {
            let sign = marks[index].span.text(text);
            Diagnostic::error(code::UNEXPECTED, format!("a `{sign}` that closes nothing"))
                .label(marks[index].span, "no matching bracket is open here")
                .fix(marks[index].span, "")
        });
        unclosed.chain(stray).collect()
    }
}

/// Builds lexemes from marks.
struct Builder<'a> {
    marks: &'a [Mark],
    pairs: &'a Pairs,
    lexemes: Vec<Lexeme>,
    open: Vec<Open>,
}

struct Open {
    /// Its index among the marks.
    mark: usize,
    /// Its index among the lexemes.
    lexeme: usize,
    closing: &'static str,
    closed: bool,
}

impl<'a> Builder<'a> {
    fn new(marks: &'a [Mark], pairs: &'a Pairs) -> Builder<'a> {
        Builder { marks, pairs, lexemes: Vec::with_capacity(marks.len()), open: Vec::new() }
    }

    fn build(mut self) -> Vec<Lexeme> {
        let mut index = 0;
        while let Some(mark) = self.marks.get(index) {
            if mark.new_line && !is_pipe(mark.kind) {
                self.end_line();
            }
            index = self.add(index);
        }
        while let Some(open) = self.open.pop() {
            self.close_virtually(open);
        }
        self.lexemes
    }

    /// Adds the mark and returns the index of the next one to process.
    fn add(&mut self, index: usize) -> usize {
        let mark = &self.marks[index];
        match mark.kind {
            TokenKind::Sign(sign @ ("|" | ";")) => {
                self.close_unclosed();
                let kind = if sign == ";" && !self.within_line() { TokenKind::Newline } else { mark.kind };
                self.push(kind, mark);
            }
            TokenKind::Sign("(" | "[" | "{") if self.open.len() == DEPTH_MAX => {
                self.push(TokenKind::Unreadable, mark);
                return self.pairs.partner[index].map_or(self.marks.len(), |close| close + 1);
            }
            TokenKind::Sign(sign @ ("(" | "[" | "{")) => {
                let closing = closing(sign).expect("the arm lists opening brackets");
                let closed = self.pairs.partner[index].is_some();
                self.open.push(Open { mark: index, lexeme: self.lexemes.len(), closing, closed });
                self.push(mark.kind, mark);
            }
            TokenKind::Sign(")" | "]" | "}") => self.close(index),
            _ => self.push(mark.kind, mark),
        }
        index + 1
    }

    fn push(&mut self, kind: TokenKind, mark: &Mark) {
        if kind == TokenKind::Newline && self.lexemes.last().is_none_or(|last| last.kind == TokenKind::Newline) {
            return;
        }
        self.lexemes.push(Lexeme { kind, span: mark.span, glued: mark.glued, close: 0 });
    }

    /// A newline: ends the statement, unless brackets or a trailing `|` or `,` continue it.
    fn end_line(&mut self) {
        self.close_unclosed();
        let trailing = self.lexemes.last().is_some_and(|last| is_pipe(last.kind) || last.kind == TokenKind::Sign(","));
        if !self.within_line() && !trailing {
            let span = self.lexemes.last().map_or(Span::default(), |last| last.span.after());
            self.push(TokenKind::Newline, &Mark { kind: TokenKind::Newline, span, glued: false, new_line: true });
        }
    }

    /// Inside round or square brackets, where newlines do not end statements.
    fn within_line(&self) -> bool {
        self.open.last().is_some_and(|open| open.closing != "}")
    }

    /// Closes unclosed round and square brackets here.
    fn close_unclosed(&mut self) {
        while let Some(open) = self.open.pop_if(|open| !open.closed && open.closing != "}") {
            self.close_virtually(open);
        }
    }

    fn close(&mut self, index: usize) {
        let Some(partner) = self.pairs.partner[index] else { return };
        while let Some(open) = self.open.pop() {
            if open.mark == partner {
                let mark = &self.marks[index];
                self.lexemes[open.lexeme].close = self.lexemes.len();
                self.push(mark.kind, mark);
                return;
            }
            self.close_virtually(open);
        }
    }

    fn close_virtually(&mut self, open: Open) {
        let span = self.lexemes.last().map_or(Span::default(), |last| last.span.after());
        self.lexemes[open.lexeme].close = self.lexemes.len();
        self.lexemes.push(Lexeme { kind: TokenKind::Sign(open.closing), span, glued: true, close: 0 });
    }
}

/// A sign that separates stages, in this or another language.
pub(crate) fn is_pipe(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Sign("|" | "|>" | "||" | "&&" | "%>%"))
}
