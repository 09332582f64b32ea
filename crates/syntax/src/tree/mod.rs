//! The syntax tree of a script: plain data, every node with its span.
//!
//! **Invariant:** the tree is shallow. Nesting of brackets, and of the operators of one expression, is limited to
//! [`DEPTH_MAX`](crate::DEPTH_MAX), so recursive walks cannot overflow the stack.

mod expr;

pub use expr::{BinaryOp, Expr, ExprArg, UnaryOp};

use pipewright_diagnostic::{Span, Spanned};

/// A name with its span. Backticks are removed.
pub type Name = Spanned<String>;

/// A whole script.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script {
    /// The edition in the first line `pipe N`.
    pub edition: Option<Spanned<u32>>,
    /// The statements, in order.
    pub items: Vec<Item>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `param name: kind = default`.
    Param {
        /// The name that `$name` refers to.
        name: Name,
        /// The type of its values.
        kind: Option<Name>,
        /// The default value.
        default: Option<Spanned<Value>>,
        /// The whole statement.
        span: Span,
    },
    /// `include path`.
    Include {
        /// The included script.
        path: Spanned<PathArg>,
        /// The whole statement.
        span: Span,
    },
    /// `let name = pipeline`.
    Let {
        /// The name of the fragment.
        name: Name,
        /// The pipeline that it expands to.
        pipeline: Pipeline,
        /// The whole statement.
        span: Span,
    },
    /// `def name(params) = pipeline`.
    Def {
        /// The name of the function.
        name: Name,
        /// Its parameters, in order.
        params: Vec<Parameter>,
        /// The pipeline that it expands to.
        pipeline: Pipeline,
        /// The whole statement.
        span: Span,
    },
    /// A pipeline that is run.
    Pipeline(Pipeline),
}

/// A parameter of a `def`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name that `$name` refers to inside the `def`.
    pub name: Name,
    /// The default value.
    pub default: Option<Spanned<Value>>,
}

/// A pipeline: stages from left to right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pipeline {
    /// At least one, unless nothing could be parsed.
    pub stages: Vec<Stage>,
    /// From the first stage to the last.
    pub span: Span,
}

/// One verb with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The verb and its arguments.
    pub core: Core,
    /// The name after `as`.
    pub alias: Option<Name>,
    /// The whole stage.
    pub span: Span,
}

/// A stage without its alias. The variants are syntactic forms, not verbs.
#[derive(Debug, Clone, PartialEq)]
pub enum Core {
    /// `load save write predict apply freeze`: a path, then options.
    Path {
        /// The verb.
        verb: Name,
        /// A word before the path: `oof` in `write oof "oof.csv"`.
        what: Option<Name>,
        /// The file, data set or parameter.
        path: Option<Spanned<PathArg>>,
        /// `key=value`.
        options: Vec<Named>,
    },
    /// `where assert`: a condition.
    Where {
        /// The verb.
        verb: Name,
        /// The condition.
        expr: Spanned<Expr>,
    },
    /// `derive`: new columns.
    Derive {
        /// The verb.
        verb: Name,
        /// At least one column.
        assigns: Vec<Assign>,
    },
    /// `select drop keep sort`: columns, then options.
    Select {
        /// Columns and options.
        verb: Name,
        /// The columns; `None` only if the stage is a whole arm (drop all, keep all).
        selector: Option<Spanned<Selector>>,
        /// `key=value`.
        options: Vec<Named>,
    },
    /// `target y`, `target log1p(y)`.
    Target {
        /// The verb.
        verb: Name,
        /// The column.
        column: Name,
        /// The function around it.
        transform: Option<Name>,
        /// `key=value`.
        options: Vec<Named>,
    },
    /// `group keys { name = aggregate, … }`.
    Group {
        /// The verb.
        verb: Name,
        /// The grouping columns, those of `keys` included; all rows are one group if `None`.
        by: Option<Spanned<Selector>>,
        /// The grouping columns that are computed first.
        keys: Vec<Assign>,
        /// One new column each.
        aggregates: Vec<Assign>,
    },
    /// `columns { selector => pipeline … }`.
    Columns {
        /// The verb.
        verb: Name,
        /// At least one.
        routes: Vec<Route>,
    },
    /// `fork choose`: alternatives.
    Arms {
        /// The verb.
        verb: Name,
        /// At least one.
        arms: Vec<Arm>,
    },
    /// `only train { … }`.
    Only {
        /// The verb.
        verb: Name,
        /// The phase in which the block is active.
        phase: Name,
        /// The block.
        block: Pipeline,
    },
    /// Every other verb, fragment or function.
    Call {
        /// The verb.
        verb: Name,
        /// The attached `[...]`.
        shape: Option<Spanned<Vec<Spanned<Value>>>>,
        /// The attached `(...)`.
        call: Option<Spanned<Vec<Arg>>>,
        /// Positionals and options, in order.
        args: Vec<Arg>,
        /// What stands after `on`.
        on: Option<On>,
    },
    /// A stage that could not be parsed; there is a diagnostic for it.
    Error,
}

impl Core {
    /// Returns the verb, unless the stage could not be parsed.
    #[must_use]
    pub fn verb(&self) -> Option<&Name> {
        match self {
            Core::Path { verb, .. }
            | Core::Where { verb, .. }
            | Core::Derive { verb, .. }
            | Core::Select { verb, .. }
            | Core::Target { verb, .. }
            | Core::Group { verb, .. }
            | Core::Columns { verb, .. }
            | Core::Arms { verb, .. }
            | Core::Only { verb, .. }
            | Core::Call { verb, .. } => Some(verb),
            Core::Error => None,
        }
    }
}

/// What stands after `on`.
#[derive(Debug, Clone, PartialEq)]
pub enum On {
    /// Columns.
    Columns(Spanned<Selector>),
    /// A table: a file, or the name of a `let` or of a data set.
    Table(Spanned<PathArg>),
}

impl On {
    /// Its place in the script.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            On::Columns(columns) => columns.span,
            On::Table(table) => table.span,
        }
    }
}

/// The path of a path verb or `include`.
#[derive(Debug, Clone, PartialEq)]
pub enum PathArg {
    /// A quoted path: always a file.
    Text(String),
    /// A bare word with `.`, `/`, `*` or `:`: always a file.
    Bare(String),
    /// A bare name: a `let` or a built-in sample data set, never a file.
    Name(String),
    /// A name with arguments: a data set that is generated, `moons(n=1000)`.
    Call {
        /// The name.
        name: Name,
        /// The arguments in parentheses.
        args: Vec<Arg>,
    },
    /// `$name`.
    Param(String),
    /// `-`: standard input or output.
    Dash,
}

/// `name = expression`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assign {
    /// The column to create.
    pub name: Name,
    /// Its values.
    pub expr: Spanned<Expr>,
}

/// `selector => pipeline`.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The columns of the route.
    pub selector: Spanned<Selector>,
    /// The pipeline that they go through.
    pub pipeline: Pipeline,
}

/// `name: pipeline`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The name of the alternative.
    pub name: Option<Name>,
    /// The alternative.
    pub pipeline: Pipeline,
}

/// An argument of a verb.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// `key=value`.
    Named(Named),
    /// A positional value.
    Positional(Spanned<Value>),
}

impl Arg {
    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> &Spanned<Value> {
        match self {
            Arg::Named(named) => &named.value,
            Arg::Positional(value) => value,
        }
    }

    /// Returns the span of the whole argument.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Arg::Named(named) => named.span(),
            Arg::Positional(value) => value.span,
        }
    }
}

/// `name=value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The key.
    pub name: Name,
    /// The value.
    pub value: Spanned<Value>,
}

impl Named {
    /// Returns the span from the key to the end of the value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.name.span.to(self.value.span)
    }
}

/// A value of an argument.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `1_000`, `-1e-3`. Always finite.
    Number {
        /// The number.
        value: f64,
        /// As written, so that integers of any size are exact.
        text: String,
    },
    /// `20%`.
    Percent {
        /// The fraction: 0.2 for `20%`.
        fraction: f64,
        /// As written.
        text: String,
    },
    /// `7d`, `30s`, `10m`.
    Duration {
        /// The length in seconds.
        seconds: f64,
        /// As written.
        text: String,
    },
    /// A quoted text, without quotes and escapes.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `$name`.
    Param(String),
    /// `[a, b]`.
    List(Vec<Spanned<Value>>),
    /// `{ pipeline }`.
    Block(Pipeline),
    /// A word, optionally with an attached shape, call and block: `mlp[64,1](dropout=0.1)`.
    Word {
        /// The word.
        name: Name,
        /// The attached `[...]`.
        shape: Option<Spanned<Vec<Spanned<Value>>>>,
        /// The attached `(...)`.
        call: Option<Spanned<Vec<Arg>>>,
        /// The `{...}` that follows.
        block: Option<Pipeline>,
    },
}

impl Value {
    /// Returns the value as an integer, if it is one that fits an `i64`.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Number { text, .. } => text.replace('_', "").parse().ok(),
            _ => None,
        }
    }

    /// Returns the word, if the value is a plain word.
    #[must_use]
    pub fn as_word(&self) -> Option<&str> {
        match self {
            Value::Word { name, shape: None, call: None, block: None } => Some(&name.node),
            _ => None,
        }
    }
}

/// A column selector.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// `a, b`: at least two.
    Union(Vec<Spanned<Selector>>),
    /// `from - less`.
    Except {
        /// The included columns.
        from: Box<Spanned<Selector>>,
        /// The excluded columns.
        less: Box<Spanned<Selector>>,
    },
    /// `a & b`: at least two.
    And(Vec<Spanned<Selector>>),
    /// `!a`.
    Not(Box<Spanned<Selector>>),
    /// One column.
    Name(String),
    /// `@name` or `@name(args)`.
    Class {
        /// The name, without `@`.
        name: Name,
        /// The attached `(...)`.
        call: Option<Spanned<Vec<Arg>>>,
    },
    /// `/regex/`, without the slashes; `\/` has become `/`.
    Regex(String),
    /// `"glob*"`.
    Glob(String),
    /// `a..b`, inclusive, in table order.
    Range {
        /// The first column.
        first: Name,
        /// The last one.
        last: Name,
    },
    /// `_`: all columns that no earlier arm took.
    Rest,
}
