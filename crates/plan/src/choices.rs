//! The choices of a script: `choose[…]`, `choose { … }` and ranges such as `uniform(0, 0.5)` span a space, and every
//! point of it stands for stages without choices.
//!
//! One walk does both: it collects the dimensions in the order of the script, and replaces every choice by its value at
//! a point. What stands inside an alternative is a dimension that is active only where that alternative is chosen.

use crate::check::whole_arm;
use pipewright_diagnostic::{Diagnostic, Failure, Span, Spanned, code};
use pipewright_learn::search::{Condition, Dimension, Point, Range, Space, Value as At};
use pipewright_operator::Implied;
use pipewright_operator::result::Values;
use pipewright_syntax::{Arg, Arm, Core, Name, Named, Pipeline, Stage, Value};

/// The word of a choice between values, and the verb of a choice between pipelines.
pub(crate) const CHOOSE: &str = "choose";

/// Stages of which some values are open.
#[derive(Debug)]
pub(crate) struct Choices {
    /// The space of their values.
    pub space: Space,
    /// The alternatives of each dimension, as text; none for a range.
    alternatives: Vec<Vec<String>>,
}

/// Stages at a point of their space.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The stages.
    pub stages: Vec<Stage>,
    /// Of each of these stages, the place in the script of the stage that it comes from.
    pub origins: Vec<usize>,
}

impl Choices {
    /// Finds the choices of stages; `None` if there are none.
    ///
    /// # Errors
    /// Diagnostics for choices without alternatives and ranges that are none.
    pub(crate) fn of(stages: &[Stage], implied: &Implied) -> Result<Option<Choices>, Vec<Diagnostic>> {
        let mut walk = Walk::new(None, implied);
        walk.pipeline(stages);
        if !walk.problems.is_empty() {
            return Err(walk.problems);
        }
        let Some(&span) = walk.spans.first() else { return Ok(None) };
        let space = Space::new(walk.dimensions).map_err(|failure| vec![failure.at(span)])?;
        Ok(Some(Choices { space, alternatives: walk.alternatives }))
    }

    /// Returns the values of a point by the names of their dimensions, as a script would write them.
    pub(crate) fn values(&self, point: &Point) -> Values {
        let value = |(place, dimension): (usize, &Dimension)| {
            let text = match point.0[place]? {
                At::Choice(choice) => self.alternatives[place][choice].clone(),
                number => written(number),
            };
            Some((dimension.name.clone(), text))
        };
        self.space.dimensions().iter().enumerate().filter_map(value).collect()
    }
}

/// Returns the stages at a point of their space.
pub(crate) fn resolve(stages: &[Stage], point: &Point, implied: &Implied) -> Resolved {
    let mut walk = Walk::new(Some(point), implied);
    let mut resolved = Resolved { stages: Vec::new(), origins: Vec::new() };
    for (place, stage) in stages.iter().enumerate() {
        let made = walk.stage(stage.clone());
        resolved.origins.extend(made.iter().map(|_| place));
        resolved.stages.extend(made);
    }
    resolved
}

/// Where the first choice of a stage is; `None` if it has none.
pub(crate) fn first_choice(stage: &Stage, implied: &Implied) -> Option<Span> {
    let mut walk = Walk::new(None, implied);
    walk.stage(stage.clone());
    walk.spans.first().copied()
}

/// A number as a script writes it.
fn written(value: At) -> String {
    match value {
        At::Number(number) => number.to_string(),
        At::Int(number) => number.to_string(),
        At::Choice(choice) => choice.to_string(),
    }
}

struct Walk<'p> {
    point: Option<&'p Point>,
    implied: &'p Implied,
    dimensions: Vec<Dimension>,
    alternatives: Vec<Vec<String>>,
    spans: Vec<Span>,
    /// The alternative around the current place.
    inside: Option<Condition>,
    problems: Vec<Diagnostic>,
}

/// What stands in place of a value.
enum Site {
    /// One of these.
    Alternatives(Vec<Spanned<Value>>),
    /// A number.
    Range(Range),
}

impl<'p> Walk<'p> {
    fn new(point: Option<&'p Point>, implied: &'p Implied) -> Walk<'p> {
        let (dimensions, alternatives, spans) = (Vec::new(), Vec::new(), Vec::new());
        Walk { point, implied, dimensions, alternatives, spans, inside: None, problems: Vec::new() }
    }

    /// Adds a dimension, and returns its place. A name that is taken gets a number.
    fn add(&mut self, name: &str, range: Range, alternatives: Vec<String>, span: Span) -> usize {
        let taken = |name: &str| self.dimensions.iter().any(|dimension| dimension.name == name);
        let numbered = (2..).map(|number| format!("{name} {number}"));
        let name = std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default();
        self.dimensions.push(Dimension { name, range, when: self.inside });
        self.alternatives.push(alternatives);
        self.spans.push(span);
        self.dimensions.len() - 1
    }

    /// The chosen one of the alternatives of a dimension; the first one without a point.
    fn chosen(&self, dimension: usize) -> usize {
        self.point.and_then(|point| point.choice(dimension)).unwrap_or(0)
    }

    /// Walks over all alternatives of a dimension, and returns what the chosen one becomes.
    fn among<A, B>(
        &mut self,
        dimension: usize,
        alternatives: impl IntoIterator<Item = A>,
        mut walk: impl FnMut(&mut Self, A) -> B,
    ) -> Option<B> {
        let (around, chosen) = (self.inside, self.chosen(dimension));
        let mut kept = None;
        for (choice, alternative) in alternatives.into_iter().enumerate() {
            self.inside = Some(Condition { dimension, choice });
            let made = walk(self, alternative);
            if choice == chosen {
                kept = Some(made);
            }
        }
        self.inside = around;
        kept
    }

    fn pipeline(&mut self, stages: &[Stage]) -> Vec<Stage> {
        stages.iter().flat_map(|stage| self.stage(stage.clone())).collect()
    }

    fn inner(&mut self, pipeline: &mut Pipeline) {
        pipeline.stages = self.pipeline(&pipeline.stages);
    }

    /// The stages that a stage becomes: those of the chosen arm, or itself with its values.
    fn stage(&mut self, mut stage: Stage) -> Vec<Stage> {
        match &mut stage.core {
            Core::Arms { verb, arms } if verb.node == CHOOSE => {
                let name = stage.alias.as_ref().map_or(CHOOSE, |alias| &alias.node).to_owned();
                return self.arms(&name, verb.span, arms);
            }
            // The arms of a fork are searched one by one.
            Core::Arms { .. } | Core::Where { .. } | Core::Derive { .. } | Core::Group { .. } | Core::Error => {}
            Core::Path { verb, options, .. }
            | Core::Select { verb, options, .. }
            | Core::Target { verb, options, .. } => {
                let verb = verb.node.clone();
                options.iter_mut().for_each(|named| self.named(&verb, named));
            }
            Core::Columns { routes, .. } => routes.iter_mut().for_each(|route| self.inner(&mut route.pipeline)),
            Core::Only { block, .. } => self.inner(block),
            Core::Call { verb, shape, call, args, .. } => {
                let verb = verb.node.clone();
                self.word(&verb, shape.as_mut(), call.as_mut());
                args.iter_mut().for_each(|arg| self.arg(&verb, arg));
            }
        }
        vec![stage]
    }

    fn arms(&mut self, name: &str, span: Span, arms: &[Arm]) -> Vec<Stage> {
        let label = |(place, arm): (usize, &Arm)| match &arm.name {
            Some(name) => name.node.clone(),
            None => format!("arm {}", place + 1),
        };
        let labels: Vec<String> = arms.iter().enumerate().map(label).collect();
        let dimension = self.add(name, Range::Choice(arms.len()), labels, span);
        let implied = self.implied;
        self.among(dimension, arms, |walk, arm| walk.pipeline(&whole_arm(&arm.pipeline, implied).stages))
            .unwrap_or_default()
    }

    fn named(&mut self, verb: &str, named: &mut Named) {
        let name = named.name.node.clone();
        self.value(if name.is_empty() { verb } else { &name }, &mut named.value);
    }

    fn arg(&mut self, of: &str, arg: &mut Arg) {
        match arg {
            Arg::Named(named) => self.named(of, named),
            Arg::Positional(value) => self.value(of, value),
        }
    }

    /// The brackets and parentheses of a word.
    fn word(
        &mut self,
        name: &str,
        shape: Option<&mut Spanned<Vec<Spanned<Value>>>>,
        call: Option<&mut Spanned<Vec<Arg>>>,
    ) {
        if let Some(shape) = shape {
            let single = shape.node.len() == 1;
            for (place, value) in shape.node.iter_mut().enumerate() {
                let name = if single { name.to_owned() } else { format!("{name}[{}]", place + 1) };
                self.value(&name, value);
            }
        }
        call.into_iter().flat_map(|call| &mut call.node).for_each(|arg| self.arg(name, arg));
    }

    fn value(&mut self, name: &str, value: &mut Spanned<Value>) {
        match site(value) {
            Some(Ok(Site::Alternatives(items))) => {
                let texts = items.iter().map(|item| item.node.to_string()).collect();
                let dimension = self.add(name, Range::Choice(items.len()), texts, value.span);
                let kept = self.among(dimension, items, |walk, mut item| {
                    walk.value(name, &mut item);
                    item
                });
                if let Some(kept) = kept {
                    value.node = kept.node;
                }
            }
            Some(Ok(Site::Range(range))) => {
                let dimension = self.add(name, range, Vec::new(), value.span);
                let at = self.point.and_then(|point| point.0[dimension]);
                value.node = number(at.unwrap_or_else(|| low(range)));
            }
            Some(Err(failure)) => {
                self.spans.push(value.span);
                self.problems.push(failure.at(value.span));
            }
            None => self.parts(name, &mut value.node),
        }
    }

    fn parts(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::List(items) => items.iter_mut().for_each(|item| self.value(name, item)),
            Value::Block(pipeline) => self.inner(pipeline),
            Value::Word { name, shape, call, block } => {
                self.word(&name.node, shape.as_mut(), call.as_mut());
                block.iter_mut().for_each(|block| self.inner(block));
            }
            _ => {}
        }
    }
}

/// The choice that stands in place of a value; `None` for a value.
fn site(value: &Spanned<Value>) -> Option<Result<Site, Failure>> {
    let Value::Word { name, shape, call, block: None } = &value.node else { return None };
    match (name.node.as_str(), shape, call) {
        (CHOOSE, Some(shape), None) => Some(match shape.node.as_slice() {
            [] => Err(Failure::new(code::BAD_VALUE, "`choose[]` has nothing to choose from")),
            items => Ok(Site::Alternatives(items.to_vec())),
        }),
        (word @ ("uniform" | "loguniform" | "int"), None, Some(call)) => Some(range(word, name, &call.node)),
        _ => None,
    }
}

fn range(word: &str, name: &Name, args: &[Arg]) -> Result<Site, Failure> {
    let failure = |message: String| {
        let example = match word {
            "uniform" => "uniform(0, 0.5)",
            "loguniform" => "loguniform(1e-4, 1e-1)",
            _ => "int(2, 12)",
        };
        Failure::new(code::BAD_VALUE, message).help(format!("for example `{example}`"))
    };
    let ends = || failure(format!("`{}` takes the two ends of its range", name.node));
    let mut places =
        args.iter().filter_map(|arg| if let Arg::Positional(value) = arg { Some(&value.node) } else { None });
    let (Some(low), Some(high), None) = (places.next(), places.next(), places.next()) else { return Err(ends()) };
    let mut log = word == "loguniform";
    for named in args.iter().filter_map(|arg| if let Arg::Named(named) = arg { Some(named) } else { None }) {
        match (named.name.node.as_str(), &named.value.node) {
            ("log", Value::Bool(truth)) if word == "int" => log = *truth,
            (option, _) => return Err(failure(format!("`{word}` has no option `{option}`"))),
        }
    }
    let range = match word {
        "int" => {
            let whole = |value: &Value| {
                value.as_integer().ok_or_else(|| failure("the ends of `int` are whole numbers".to_owned()))
            };
            Range::Int { low: whole(low)?, high: whole(high)?, log }
        }
        _ => {
            let number = |value: &Value| match value {
                Value::Number { value, .. } => Ok(*value),
                Value::Percent { fraction, .. } => Ok(*fraction),
                _ => Err(ends()),
            };
            let (low, high) = (number(low)?, number(high)?);
            if log { Range::LogUniform { low, high } } else { Range::Uniform { low, high } }
        }
    };
    Ok(Site::Range(range))
}

/// The lowest value of a range.
fn low(range: Range) -> At {
    match range {
        Range::Choice(_) => At::Choice(0),
        Range::Uniform { low, .. } | Range::LogUniform { low, .. } => At::Number(low),
        Range::Int { low, .. } => At::Int(low),
    }
}

fn number(at: At) -> Value {
    let value = match at {
        At::Number(number) => number,
        At::Int(number) => number as f64,
        At::Choice(choice) => choice as f64,
    };
    Value::Number { value, text: written(at) }
}
