//! The formatter: the same tokens with normalised white space.
//!
//! It works on tokens, not on the tree, so that no comment is lost and no token changes. Line breaks are kept; a `|` at
//! the end of a line moves to the start of the next one. Lines inside brackets are indented; `=>`, the stages of arms
//! and trailing comments are aligned.

use crate::lexer::{Token, TokenKind, tokens};
use crate::words::{EXPRESSION_VERBS, SELECTOR_VERBS};

/// Formats a valid script.
pub(crate) fn format(text: &str) -> String {
    let tokens: Vec<Token> = tokens(text).into_iter().filter(|token| token.kind != TokenKind::Space).collect();
    let mut writer = Writer::default();
    for (index, token) in tokens.iter().enumerate() {
        let glued = index > 0 && tokens[index - 1].span.end == token.span.start;
        let next = tokens.get(index + 1).map(|next| next.kind);
        let ends_line = next.is_none_or(TokenKind::is_trivia);
        match token.kind {
            TokenKind::Newline => writer.newlines += 1,
            kind if kind.is_comment() => writer.comment(token.span.text(text).trim_end()),
            TokenKind::Sign("|") if ends_line => writer.held_pipe = true,
            kind => writer.token(kind, token.span.text(text), glued),
        }
    }
    writer.finish()
}

/// Builds lines from tokens.
struct Writer {
    lines: Vec<Line>,
    /// The open brackets; the bottom one is the script itself.
    frames: Vec<Frame>,
    before: Option<TokenKind>,
    /// Newlines since the last token or comment.
    newlines: usize,
    /// A `|` that is deferred to the next line.
    held_pipe: bool,
}

/// An output line, not yet aligned.
#[derive(Default)]
struct Line {
    indent: usize,
    text: String,
    comment: Option<String>,
    blank_before: bool,
    /// The bracket whose direct content the line starts in, and the position of its alignment gap.
    depth: usize,
    gap: Option<usize>,
}

/// An open bracket, and the formatting state inside it.
#[derive(Clone, Copy)]
struct Frame {
    holds: Holds,
    /// Indentation of lines inside.
    indent: usize,
    /// Indentation of a line with the closing bracket.
    close_indent: usize,
    /// The brace has a space inside.
    airy: bool,
    /// The bracket holds the shape of a word.
    shape: bool,
    state: State,
}

/// The content of a pair of brackets.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Pipelines,
    Arms,
    Routes,
    Assigns,
    List,
}

/// How signs are interpreted at a position.
#[derive(Clone, Copy)]
struct State {
    /// After `def`, up to its pipeline.
    def: bool,
    /// `a = b` as in `derive`, not `a=b` as in options.
    spaced_equals: bool,
    /// In expressions and selectors, `-` is an operator if an operand precedes it. Among arguments it is always the
    /// sign of a number.
    minus_operator: bool,
    /// The content of the next brace.
    brace: Holds,
}

impl State {
    /// At the start of a line, arm, route or assignment.
    fn at_start(holds: Holds) -> State {
        let assigns = holds == Holds::Assigns;
        State {
            def: false,
            spaced_equals: assigns,
            minus_operator: assigns || holds == Holds::Routes,
            brace: Holds::Pipelines,
        }
    }

    /// After the verb of a stage; before a verb if it is empty.
    fn in_stage(verb: &str) -> State {
        let columns = SELECTOR_VERBS.contains(&verb) || verb == "group";
        State {
            def: false,
            spaced_equals: verb == "derive",
            minus_operator: columns || EXPRESSION_VERBS.contains(&verb),
            brace: match verb {
                "columns" => Holds::Routes,
                "group" => Holds::Assigns,
                "fork" | "choose" => Holds::Arms,
                _ => Holds::Pipelines,
            },
        }
    }
}

impl Default for Writer {
    fn default() -> Writer {
        let holds = Holds::Pipelines;
        let script =
            Frame { holds, indent: 0, close_indent: 0, airy: false, shape: false, state: State::at_start(holds) };
        Writer { lines: Vec::new(), frames: vec![script], before: None, newlines: 0, held_pipe: false }
    }
}

impl Writer {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the script's own frame is never popped")
    }

    fn comment(&mut self, text: &str) {
        match self.lines.last_mut() {
            Some(line) if self.newlines == 0 && line.comment.is_none() => line.comment = Some(text.to_owned()),
            _ => {
                let indent = self.frame().indent;
                self.start_line(indent);
                self.line().comment = Some(text.to_owned());
            }
        }
        // What follows starts a new line in any case.
        self.newlines = 0;
    }

    fn token(&mut self, kind: TokenKind, text: &str, glued: bool) {
        if std::mem::take(&mut self.held_pipe) {
            self.newlines = self.newlines.max(1);
            self.write(TokenKind::Sign("|"), "|", false);
            self.newlines = 0;
        }
        self.write(kind, text, glued);
    }

    fn write(&mut self, kind: TokenKind, text: &str, glued: bool) {
        let breaks = self.newlines > 0 || self.lines.last().is_none_or(|line| line.comment.is_some());
        if breaks {
            let goes_on = kind == TokenKind::Sign("|") || self.before == Some(TokenKind::Sign(","));
            let frame = self.frame();
            if !goes_on && frame.holds != Holds::List {
                frame.state = State::at_start(frame.holds);
            }
            let indent = self.indent_of(kind);
            self.start_line(indent);
        } else if self.needs_space(kind, glued) {
            self.line().text.push(' ');
        }
        self.mark_gap(kind);
        self.line().text.push_str(text);
        self.newlines = 0;
        // The sign of a number is attached to it, like `!` to a selector.
        let clings = self.is_unary_minus(kind);
        self.follow(kind, text);
        self.before = Some(if clings { TokenKind::Sign("!") } else { kind });
    }

    fn line(&mut self) -> &mut Line {
        if self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.lines.last_mut().expect("a line was pushed just now")
    }

    fn start_line(&mut self, indent: usize) {
        let blank_before = self.newlines > 1 && !self.lines.is_empty();
        let depth = self.frames.len();
        self.lines.push(Line { indent, blank_before, depth, ..Line::default() });
    }

    /// Returns the indentation of a line that starts with this token.
    fn indent_of(&mut self, kind: TokenKind) -> usize {
        let after_comma = self.before == Some(TokenKind::Sign(","));
        let at_bottom = self.frames.len() == 1;
        let frame = *self.frame();
        match kind {
            TokenKind::Sign(")" | "]" | "}") => frame.close_indent,
            TokenKind::Sign("|") if !at_bottom => frame.indent + 4,
            _ if after_comma && !matches!(frame.holds, Holds::Assigns | Holds::List) => frame.indent + 4,
            _ => frame.indent,
        }
    }

    /// Records where the line may be widened for alignment.
    fn mark_gap(&mut self, kind: TokenKind) {
        let depth = self.frames.len();
        let holds = self.frame().holds;
        let before = self.before;
        let line = self.line();
        let first = line.depth == depth && line.gap.is_none();
        let after_colon = holds == Holds::Arms && before == Some(TokenKind::Sign(":"));
        if first && (after_colon || (holds == Holds::Routes && kind == TokenKind::Sign("=>"))) {
            line.gap = Some(line.text.len());
        }
    }

    fn is_unary_minus(&mut self, kind: TokenKind) -> bool {
        let after_operand = self.before.is_some_and(ends_operand);
        kind == TokenKind::Sign("-") && !(self.frame().state.minus_operator && after_operand)
    }

    /// Is there a space between the last token and this one?
    fn needs_space(&mut self, kind: TokenKind, glued: bool) -> bool {
        let Some(before) = self.before else { return false };
        let frame = *self.frame();
        match (before, kind) {
            (_, TokenKind::Sign("," | ";" | ")" | "]" | ":" | "..")) => false,
            (TokenKind::Sign("(" | "[" | ".." | "!"), _) => false,
            (TokenKind::Sign("{"), _) | (_, TokenKind::Sign("}")) => frame.airy,
            // A shape reads as one word: `mlp[64,32,1]` may stay as compact as written.
            (TokenKind::Sign(","), _) if frame.shape => !glued,
            (_, TokenKind::Sign("=")) | (TokenKind::Sign("="), _) => frame.state.spaced_equals,
            (TokenKind::Keyword("over"), TokenKind::Sign("(")) => false,
            // Whether a bracket is attached matters here; after anything else it does not.
            (TokenKind::Verb | TokenKind::Name | TokenKind::Quoted | TokenKind::Class, TokenKind::Sign("(" | "[")) => {
                !glued
            }
            (TokenKind::Sign("]"), TokenKind::Sign("(")) => !glued,
            _ => true,
        }
    }

    /// Updates the state for the tokens that follow.
    fn follow(&mut self, kind: TokenKind, text: &str) {
        let holds = self.frame().holds;
        match kind {
            TokenKind::Sign(sign @ ("(" | "[" | "{")) => self.open(sign),
            TokenKind::Sign(")" | "]" | "}") if self.frames.len() > 1 => {
                self.frames.pop();
            }
            _ if matches!(holds, Holds::List | Holds::Assigns) => {}
            TokenKind::Verb | TokenKind::Keyword("only") => self.frame().state = State::in_stage(text),
            TokenKind::Keyword("let" | "def" | "param") => {
                let state = State::at_start(holds);
                self.frame().state = State { def: text == "def", spaced_equals: true, ..state };
            }
            TokenKind::Keyword("on") => self.frame().state.minus_operator = true,
            TokenKind::Sign("|" | "=>") => self.frame().state = State::in_stage(""),
            TokenKind::Sign(";") => self.frame().state = State::at_start(holds),
            _ => {}
        }
    }

    fn open(&mut self, sign: &str) {
        let outer = self.frame().state;
        let line = self.line();
        let (indent, after_pipe) = (line.indent, line.text.starts_with('|'));
        let holds = if sign == "{" { outer.brace } else { Holds::List };
        let inside = State::at_start(holds);
        let state = match holds {
            Holds::List => {
                State { spaced_equals: outer.def && sign == "(", minus_operator: outer.minus_operator, ..inside }
            }
            _ => inside,
        };
        let airy = sign == "{" && !matches!(self.before, Some(TokenKind::Sign("[" | "(" | "," | "=")));
        let named = matches!(self.before, Some(TokenKind::Verb | TokenKind::Name | TokenKind::Quoted));
        let close_indent = indent + if after_pipe { 2 } else { 0 };
        self.frames.push(Frame { holds, indent: indent + 4, close_indent, airy, shape: sign == "[" && named, state });
    }

    /// Returns the lines, aligned and joined.
    fn finish(mut self) -> String {
        align(
            &mut self.lines,
            |line| line.gap.map(|gap| (line.text[..gap].chars().count(), line.depth)),
            |line, width| {
                let gap = line.gap.expect("only lines with a gap are aligned");
                line.text.insert_str(gap, &" ".repeat(width));
            },
        );
        let has_both = |line: &Line| line.comment.is_some() && !line.text.is_empty();
        align(
            &mut self.lines,
            |line| has_both(line).then(|| (line.indent + line.text.chars().count(), 0)),
            |line, width| {
                line.text.push_str(&" ".repeat(width));
            },
        );
        let mut result = String::new();
        for line in &self.lines {
            result.push_str(if line.blank_before { "\n" } else { "" });
            result.push_str(&" ".repeat(line.indent));
            result.push_str(&line.text);
            if let Some(comment) = &line.comment {
                result.push_str(if line.text.is_empty() { "" } else { "  " });
                result.push_str(comment);
            }
            result.push('\n');
        }
        result
    }
}

/// Widens neighbouring lines to equal width. `measure` returns a line's width and a group: neighbours are consecutive
/// lines of the same group with a measure.
fn align(lines: &mut [Line], measure: impl Fn(&Line) -> Option<(usize, usize)>, widen: impl Fn(&mut Line, usize)) {
    let neighbours = |a: &Line, b: &Line| match (measure(a), measure(b)) {
        (Some((_, group_a)), Some((_, group_b))) => group_a == group_b && !b.blank_before,
        _ => false,
    };
    for run in lines.chunk_by_mut(neighbours) {
        let widest = run.iter().filter_map(&measure).map(|(width, _)| width).max();
        for line in run {
            if let (Some((width, _)), Some(widest)) = (measure(line), widest) {
                widen(line, widest - width);
            }
        }
    }
}

/// Can a `-` after this be an operator?
fn ends_operand(kind: TokenKind) -> bool {
    use TokenKind::{Class, Duration, Keyword, Name, Number, Param, Percent, Quoted, Regex, Sign, Text};
    matches!(
        kind,
        Name | Quoted
            | Number
            | Percent
            | Duration
            | Text
            | Param
            | Class
            | Regex
            | Sign(")" | "]")
            | Keyword("null" | "true" | "false")
    )
}
