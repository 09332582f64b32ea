//! The lossless lexer: every byte of a script belongs to exactly one token.
//!
//! The meaning of a sign depends on the preceding verb, so the lexer has three modes: *path* right after a path verb or
//! `include` (`data/2024-*.csv` is one token), *selector* after a selector verb, after `on` and at the start of a route
//! (`/^x/` is a regular expression), and *plain* elsewhere. A stack of open brackets saves and restores the mode.

use crate::words::{self, PATH_OR_NUMBER_VERBS, PATH_SUBJECTS, PATH_VERBS, RESERVED, SELECTOR_VERBS, TABLE_AFTER_ON};
use pipewright_diagnostic::Span;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// The span. The spans of all tokens cover the text without gaps.
    pub span: Span,
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// White space within a line.
    Space,
    /// LF or CRLF.
    Newline,
    /// `# …` up to the end of the line.
    Comment,
    /// `## …` up to the end of the line.
    DocComment,
    /// A name at the start of a stage.
    Verb,
    /// Any other name.
    Name,
    /// A name in backticks.
    Quoted,
    /// A reserved word.
    Keyword(&'static str),
    /// `1_000`, `1e-3`.
    Number,
    /// `20%`.
    Percent,
    /// `7d`.
    Duration,
    /// `"…"` or `'…'`.
    Text,
    /// `$name`.
    Param,
    /// `@name`.
    Class,
    /// `/…/` in selector mode.
    Regex,
    /// A bare path other than a plain name.
    Path,
    /// An operator, a bracket or another sign.
    Sign(&'static str),
    /// `a.b` or `a/b.c` where no path is allowed.
    Dotted,
    /// An unclosed quote on its line.
    Unclosed,
    /// Invalid text.
    Unreadable,
}

impl TokenKind {
    /// Is it white space, a newline or a comment?
    #[must_use]
    pub fn is_trivia(self) -> bool {
        matches!(self, TokenKind::Space | TokenKind::Newline) || self.is_comment()
    }

    /// Is it a comment of either kind?
    #[must_use]
    pub fn is_comment(self) -> bool {
        matches!(self, TokenKind::Comment | TokenKind::DocComment)
    }
}

/// Longest first: the first match is the token. Foreign signs are included for better error messages.
const SIGNS: &[&str] = &[
    "%>%", "..", "=>", "==", "!=", "<=", ">=", "&&", "||", "|>", "**", "//", "|", ",", ";", ":", "=", "<", ">", "+",
    "-", "*", "/", "%", "^", "&", "!", "(", ")", "[", "]", "{", "}",
];

/// Splits a text into tokens, whose concatenation is the text.
///
/// Only for texts up to [`BYTES_MAX`](crate::BYTES_MAX); spans are limited to 4 GiB.
///
/// ```
/// let text = "load a.csv  # all\n| scale";
/// let tokens = pipewright_syntax::tokens(text);
/// let joined: String = tokens.iter().map(|token| token.span.text(text)).collect();
/// assert_eq!(joined, text);
/// ```
#[must_use]
pub fn tokens(text: &str) -> Vec<Token> {
    Lexer::new(text).collect()
}

/// An iterator over the tokens of a text.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    mode: Mode,
    open: Vec<Frame>,
    /// The last token other than white space and comments was a comma.
    after_comma: bool,
}

/// The state of the lexer at a position.
#[derive(Clone, Copy)]
struct Mode {
    /// At the start of a stage: the next name is a verb.
    stage_start: bool,
    /// A bare path is allowed.
    path: bool,
    /// May a number take the place of that path?
    number: bool,
    /// Columns stand here: `/` may start a regular expression.
    selector: bool,
    /// In selector mode, the previous token ended a term: `/` starts nothing.
    after_term: bool,
    /// After `let` or `def`: the next `=` starts a pipeline.
    definition: bool,
    /// After `on` stands a table, not columns.
    table_after_on: bool,
    /// The content of a `{` of this stage.
    holds: Holds,
}

impl Default for Mode {
    fn default() -> Mode {
        Mode {
            stage_start: true,
            path: false,
            number: false,
            selector: false,
            after_term: false,
            definition: false,
            table_after_on: false,
            holds: Holds::Stages,
        }
    }
}

/// An open bracket.
struct Frame {
    brace: bool,
    /// The content of a brace.
    holds: Holds,
    /// The mode to restore.
    outside: Mode,
}

/// The content of a pair of braces.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Stages,
    Routes,
    Assigns,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let (kind, length) = match self.path_word(rest) {
            Some(length) => (TokenKind::Path, length),
            None => scan(rest, self.mode),
        };
        let start = self.at;
        self.at += length;
        self.follow(kind, start);
        Some(Token { kind, span: Span::new(start, self.at) })
    }
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Lexer<'a> {
        Lexer { text, at: 0, mode: Mode::default(), open: Vec::new(), after_comma: false }
    }

    /// Returns the length of the bare path that starts here, if path mode is on and there is one. A plain name does not
    /// count, so that options (`load format=csv`) and sample data sets (`load iris`) stay names.
    fn path_word(&self, rest: &str) -> Option<usize> {
        if !self.mode.path {
            return None;
        }
        let starts = |c: char| c.is_alphanumeric() || "_./~*-\\".contains(c);
        let ends = |c: char| c.is_whitespace() || "|;,<>'\"`(){}[]".contains(c);
        rest.chars().next().filter(|&c| starts(c))?;
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        let name = &word[..word.find(|c| !words::continues_name(c)).unwrap_or(word.len())];
        let is_name = !name.is_empty() && (name.len() == word.len() || word[name.len()..].starts_with('='));
        if self.mode.number && word.chars().all(|c| c.is_ascii_digit() || c == '-') {
            return None;
        }
        (!is_name || name.starts_with(|c: char| c.is_numeric())).then_some(word.len())
    }

    /// Updates the mode for the tokens that follow.
    fn follow(&mut self, kind: TokenKind, start: usize) {
        if kind == TokenKind::Space || kind.is_comment() {
            return;
        }
        let in_path = std::mem::replace(&mut self.mode.path, false);
        let after_term = std::mem::replace(&mut self.mode.after_term, true);
        match kind {
            TokenKind::Verb => self.enter_stage(start),
            TokenKind::Keyword(word) => self.keyword(word),
            TokenKind::Newline => self.end_line(),
            TokenKind::Sign(sign) => self.sign(sign, after_term),
            TokenKind::Name => {
                self.mode.stage_start = false;
                self.mode.path = in_path && PATH_SUBJECTS.contains(&&self.text[start..self.at]);
            }
            _ => self.mode.stage_start = false,
        }
        self.after_comma = match kind {
            TokenKind::Newline => self.after_comma,
            kind => kind == TokenKind::Sign(","),
        };
    }

    fn enter_stage(&mut self, start: usize) {
        let word = &self.text[start..self.at];
        self.mode.stage_start = false;
        self.mode.path = PATH_VERBS.contains(&word) || PATH_OR_NUMBER_VERBS.contains(&word);
        self.mode.number = PATH_OR_NUMBER_VERBS.contains(&word);
        self.mode.selector = SELECTOR_VERBS.contains(&word) || word == "group";
        self.mode.after_term = false;
        self.mode.table_after_on = TABLE_AFTER_ON.contains(&word);
        self.mode.holds = match word {
            "columns" => Holds::Routes,
            "group" => Holds::Assigns,
            _ => Holds::Stages,
        };
    }

    fn keyword(&mut self, word: &str) {
        let at_start = std::mem::replace(&mut self.mode.stage_start, false);
        self.mode.after_term = matches!(word, "true" | "false" | "null");
        match word {
            "let" | "def" => self.mode.definition = at_start,
            "include" => self.mode.path = at_start,
            "on" if self.mode.table_after_on => self.mode.path = true,
            "on" => self.mode.selector = self.open.last().is_none_or(|frame| frame.brace),
            _ => {}
        }
    }

    fn end_line(&mut self) {
        let within = self.open.last().is_some_and(|frame| !frame.brace);
        if within || self.after_comma {
            self.mode.after_term = false;
        } else {
            self.start_afresh();
        }
    }

    fn sign(&mut self, sign: &str, after_term: bool) {
        self.mode.after_term = matches!(sign, ")" | "]" | "}");
        let at_start = std::mem::replace(&mut self.mode.stage_start, false);
        match sign {
            "|" | "|>" | "||" | "&&" | "%>%" | "=>" => self.mode = Mode::default(),
            ";" => self.start_afresh(),
            ":" if self.open.last().is_some_and(|frame| frame.brace) => self.mode.stage_start = true,
            "=" if self.mode.definition && self.open.is_empty() => self.mode = Mode::default(),
            "(" | "[" => {
                let groups_columns = self.mode.selector && sign == "(" && !after_term;
                self.open.push(Frame { brace: false, holds: Holds::Stages, outside: self.mode });
                self.mode = Mode { stage_start: false, selector: groups_columns, ..Mode::default() };
            }
            "{" => {
                let holds = if at_start { Holds::Stages } else { self.mode.holds };
                self.open.push(Frame { brace: true, holds, outside: self.mode });
                self.start_afresh();
            }
            ")" | "]" | "}" => {
                if let Some(frame) = self.open.pop() {
                    self.mode = Mode { after_term: true, stage_start: false, ..frame.outside };
                }
            }
            _ => {}
        }
    }

    /// Starts a new statement, arm, route or assignment.
    fn start_afresh(&mut self) {
        let holds = self.open.last().map_or(Holds::Stages, |frame| frame.holds);
        self.mode = Mode { stage_start: holds == Holds::Stages, selector: holds == Holds::Routes, ..Mode::default() };
    }
}

/// Returns kind and length in bytes of the first token of a non-empty text.
fn scan(rest: &str, mode: Mode) -> (TokenKind, usize) {
    let first = rest.chars().next().expect("the caller stops at the end of the text");
    match first {
        '\n' => (TokenKind::Newline, 1),
        '\r' if rest.starts_with("\r\n") => (TokenKind::Newline, 2),
        c if is_space(c) => (TokenKind::Space, space_length(rest)),
        '#' => {
            let line = rest.find('\n').unwrap_or(rest.len());
            let length = if rest[..line].ends_with('\r') { line - 1 } else { line };
            (if rest.starts_with("##") { TokenKind::DocComment } else { TokenKind::Comment }, length)
        }
        '"' | '\'' => quoted(rest, first, TokenKind::Text),
        '`' => quoted(rest, first, TokenKind::Quoted),
        '/' if mode.selector && !mode.after_term => quoted(rest, first, TokenKind::Regex),
        '$' => sigil(rest, TokenKind::Param),
        '@' => sigil(rest, TokenKind::Class),
        c if words::starts_name(c) => word(rest, mode),
        c if c.is_ascii_digit() => number(rest),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => number(rest),
        _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => (TokenKind::Sign(sign), sign.len()),
            None => (TokenKind::Unreadable, first.len_utf8()),
        },
    }
}

/// White space within a line; also the byte order mark that some editors add.
fn is_space(c: char) -> bool {
    c != '\n' && (c.is_whitespace() || c == '\u{feff}')
}

fn space_length(rest: &str) -> usize {
    let mut length = 0;
    for c in rest.chars() {
        if !is_space(c) || rest[length..].starts_with("\r\n") {
            break;
        }
        length += c.len_utf8();
    }
    length
}

/// A token between two equal quotes on one line. A backslash escapes the next character, except in backticks, where a
/// doubled one is literal.
fn quoted(rest: &str, quote: char, kind: TokenKind) -> (TokenKind, usize) {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return (TokenKind::Unclosed, line_end(rest, at)),
            '\\' if quote != '`' => {
                chars.next_if(|&(_, next)| next != '\n');
            }
            '`' if quote == '`' && chars.next_if(|&(_, next)| next == '`').is_some() => {}
            c if c == quote => return (kind, at + 1),
            _ => {}
        }
    }
    (TokenKind::Unclosed, rest.len())
}

fn line_end(rest: &str, newline: usize) -> usize {
    if rest[..newline].ends_with('\r') { newline - 1 } else { newline }
}

fn name_length(rest: &str) -> usize {
    rest.find(|c| !words::continues_name(c)).unwrap_or(rest.len())
}

/// `$name` or `@name`.
fn sigil(rest: &str, kind: TokenKind) -> (TokenKind, usize) {
    let name = &rest[1..];
    match name.starts_with(words::starts_name) {
        true => (kind, 1 + name_length(name)),
        false => (TokenKind::Unreadable, 1),
    }
}

/// A name, a reserved word, or a dotted word.
fn word(rest: &str, mode: Mode) -> (TokenKind, usize) {
    let length = name_length(rest);
    let after = &rest[length..];
    if after.starts_with('.') && after[1..].starts_with(words::continues_name) {
        let ends = |c: char| !(words::continues_name(c) || c == '.' || c == '/');
        let end = rest.find(ends).unwrap_or(rest.len());
        let before_range = rest[..end].find("..").unwrap_or(end);
        return (TokenKind::Dotted, before_range);
    }
    if let Some(reserved) = RESERVED.iter().find(|reserved| **reserved == &rest[..length]) {
        return (TokenKind::Keyword(reserved), length);
    }
    let next = after.trim_start_matches([' ', '\t']);
    let names_something = next.starts_with(':') || (next.starts_with('=') && !next.starts_with("=="));
    let is_verb = mode.stage_start && !names_something;
    (if is_verb { TokenKind::Verb } else { TokenKind::Name }, length)
}

/// A number, percentage or duration. Directly following letters that are not a unit make it invalid.
fn number(rest: &str) -> (TokenKind, usize) {
    let mut length = digits(rest);
    if rest[length..].starts_with('.') {
        let fraction = digits(&rest[length + 1..]);
        length += if fraction > 0 { 1 + fraction } else { 0 };
    }
    let exponent = &rest[length..];
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(exponent[1..].starts_with(['+', '-']));
        let power = digits(&exponent[1 + sign..]);
        length += if power > 0 { 1 + sign + power } else { 0 };
    }
    let suffix = &rest[length..];
    // `7%3` is a remainder: nothing that follows a percentage begins like this.
    let is_operand = |c: char| c.is_alphanumeric() || matches!(c, '_' | '(' | '`' | '$');
    if suffix.starts_with('%') && !suffix.starts_with("%>%") && !suffix[1..].starts_with(is_operand) {
        return (TokenKind::Percent, length + 1);
    }
    let unit = name_length(suffix);
    let kind = match &suffix[..unit] {
        "" => TokenKind::Number,
        unit if words::DURATION_UNITS.iter().any(|(name, _)| *name == unit) => TokenKind::Duration,
        _ => TokenKind::Unreadable,
    };
    (kind, length + unit)
}

/// Returns the number of leading bytes that are digits, with `_` between them.
fn digits(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut length = 0;
    while digit(length) || (length > 0 && bytes.get(length) == Some(&b'_') && digit(length + 1)) {
        length += 1;
    }
    length
}
