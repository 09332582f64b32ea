//! Syntax tree of expressions.

use super::{Name, Value};
use pipewright_diagnostic::Spanned;

/// An expression over columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number, percentage, duration, text, boolean, null or `$name`. Never a list, block or word.
    Literal(Value),
    /// A column, or a metric in `assert`.
    Column(String),
    /// `[a, b]`.
    List(Vec<Spanned<Expr>>),
    /// `-x`, `not x`.
    Unary {
        /// The operator.
        op: Spanned<UnaryOp>,
        /// The operand.
        operand: Box<Spanned<Expr>>,
    },
    /// `left op right`.
    Binary {
        /// The operator.
        op: Spanned<BinaryOp>,
        /// The left operand.
        left: Box<Spanned<Expr>>,
        /// The right operand.
        right: Box<Spanned<Expr>>,
    },
    /// `value in set`, `value not in set`.
    In {
        /// The value to look up.
        value: Box<Spanned<Expr>>,
        /// The set: a list or a parameter.
        set: Box<Spanned<Expr>>,
        /// `not in`.
        negated: bool,
    },
    /// `value is null`, `value is not null`.
    IsNull {
        /// The value to test.
        value: Box<Spanned<Expr>>,
        /// `is not null`.
        negated: bool,
    },
    /// `name(args)`, `name(args) over(parts)`.
    Call {
        /// The function.
        name: Name,
        /// Its arguments, in order.
        args: Vec<ExprArg>,
        /// The content of `over(...)`: keys and a window.
        over: Option<Spanned<Vec<Spanned<Expr>>>>,
    },
    /// `if condition then yes else no`.
    If {
        /// The condition.
        condition: Box<Spanned<Expr>>,
        /// The value if it is true.
        yes: Box<Spanned<Expr>>,
        /// The value otherwise.
        no: Box<Spanned<Expr>>,
    },
}

/// An argument of a function in an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct ExprArg {
    /// The key of `key=expression`.
    pub name: Option<Name>,
    /// The value.
    pub expr: Spanned<Expr>,
}

/// A unary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `not`
    Not,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Modulo,
    /// `^`, right-associative
    Power,
}

impl UnaryOp {
    /// Returns the operator as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            UnaryOp::Negate => "-",
            UnaryOp::Not => "not",
        }
    }
}

impl BinaryOp {
    /// Returns the operator as written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::FloorDivide => "//",
            BinaryOp::Modulo => "%",
            BinaryOp::Power => "^",
        }
    }
}
