//! Blocks: the bound stages in the braces of `columns` and `only`.

use crate::work::{Fitted, Learned, Rows, Step};
use crate::{Bound, Effect, Footprint, TrainingRows, Verb};
use pipewright_diagnostic::{Failure, NoProgress, code};
use pipewright_frame::{Chunks, FitContext, Schema, Selection, Table};
use std::fmt;
use std::sync::Arc;

/// A sequence of stages inside a stage. Cloning is cheap.
#[derive(Clone)]
pub struct Block {
    stages: Arc<[Inner]>,
}

/// A stage of a block.
#[derive(Debug)]
pub struct Inner {
    /// Its verb.
    pub verb: &'static Verb,
    /// Its work.
    pub work: InnerWork,
    /// The stage as script text, without secrets.
    pub text: String,
    /// The canonical form of the stage, with its defaults and dependencies.
    pub canonical: String,
}

impl Inner {
    fn footprint(&self) -> Footprint {
        match &self.work {
            InnerWork::Step(step) => step.footprint(self.verb.spec.effect),
            InnerWork::Rows(rows) => rows.footprint(self.verb.spec.effect),
        }
    }
}

/// The forms of work allowed in a block.
#[derive(Debug)]
pub enum InnerWork {
    /// A step: fitted on rows, applied to rows.
    Step(Arc<dyn Step>),
    /// A transformation of a table.
    Rows(Arc<dyn Rows>),
}

impl InnerWork {
    /// Converts the work, if it is allowed in a block.
    #[must_use]
    pub fn of(bound: &Bound) -> Option<InnerWork> {
        match bound {
            Bound::Step(step) => Some(InnerWork::Step(step.clone())),
            Bound::Rows(rows) => Some(InnerWork::Rows(rows.clone())),
            _ => None,
        }
    }
}

/// A route of `columns`: a selection with its stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// The selection.
    pub columns: Selection,
    /// The selection as written.
    pub text: String,
    /// The stages.
    pub block: Block,
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, stage) in self.stages.iter().enumerate() {
            write!(f, "{}{}", if place == 0 { "" } else { " | " }, stage.text)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ {self} }}")
    }
}

/// Two blocks are equal if their canonical forms are.
impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Block {
    /// Creates a block of these stages.
    #[must_use]
    pub fn new(stages: Vec<Inner>) -> Block {
        Block { stages: stages.into() }
    }

    /// Its stages.
    #[must_use]
    pub fn stages(&self) -> &[Inner] {
        &self.stages
    }

    /// The canonical form of its stages.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.stages.iter().map(|stage| stage.canonical.as_str()).collect::<Vec<_>>().join(" | ")
    }

    /// The combined footprint of its stages.
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        self.stages.iter().map(Inner::footprint).fold(Footprint::of(Effect::Row), Footprint::then)
    }

    /// The schema after its last stage.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.stages.iter().try_fold(input.clone(), |schema, stage| match &stage.work {
            InnerWork::Step(step) => step.schema(&schema),
            InnerWork::Rows(rows) => rows.schema(&schema),
        })
    }

    /// Fits its steps, each on the rows transformed by the steps before it. In memory the rows are transformed once;
    /// larger data is transformed again for every step, chunk by chunk.
    ///
    /// # Errors
    /// Those of the stages.
    ///
    /// # Panics
    /// If a stage is not a step; only [`Block::of_training`] takes others.
    pub fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Vec<Learned>, Failure> {
        let mut learned: Vec<Learned> = Vec::new();
        if rows.budget_bytes().is_none() || self.footprint().training == TrainingRows::Apart {
            let mut table = rows.table()?;
            for (place, step) in self.steps().enumerate() {
                let fitted = step.fit(&table, &inner(context, place))?;
                table = fitted.training_rows(table)?;
                learned.push(fitted);
            }
        } else {
            let mut states: Vec<Arc<dyn Fitted>> = Vec::new();
            for (place, step) in self.steps().enumerate() {
                let fitted = step.fit(&Applied { rows, states: &states }, &inner(context, place))?;
                states.push(fitted.state.clone());
                learned.push(fitted);
            }
        }
        Ok(learned)
    }

    /// Applies the block to the training rows alone; its stages may add and filter rows.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn of_training(&self, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let mut table = rows.clone();
        for (place, stage) in self.stages.iter().enumerate() {
            let context = inner(context, place);
            table = match &stage.work {
                InnerWork::Rows(rows) => rows.apply(&table, context.key, &NoProgress)?,
                InnerWork::Step(step) => step.fit(&table, &context)?.training_rows(table)?,
            };
        }
        Ok(table)
    }

    fn steps(&self) -> impl Iterator<Item = &Arc<dyn Step>> {
        self.stages.iter().map(|stage| match &stage.work {
            InnerWork::Step(step) => step,
            InnerWork::Rows(_) => unreachable!("an arm holds steps; the plan has checked it"),
        })
    }
}

/// The context of a stage of a block, with its own random stream.
fn inner(context: &FitContext, place: usize) -> FitContext {
    FitContext { target_spec: context.target_spec.clone(), key: context.key.index(place as u64) }
}

/// Rows transformed by some states, chunk by chunk on demand.
struct Applied<'a> {
    rows: &'a dyn Chunks,
    states: &'a [Arc<dyn Fitted>],
}

impl Chunks for Applied<'_> {
    fn schema(&self) -> Schema {
        let empty = Table::empty(&self.rows.schema());
        let made = empty.and_then(|empty| self.states.iter().try_fold(empty, |table, state| state.apply_owned(table)));
        made.map_or_else(|_| self.rows.schema(), |table| table.schema())
    }

    fn count(&self) -> usize {
        self.rows.count()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        if self.states.iter().any(|state| !state.needs().by_row) {
            let message = "a step here needs all rows at once, and they exceed the memory limit";
            return Err(Failure::new(code::LIMIT_REACHED, message).help("raise the limit: --mem 8G"));
        }
        self.states.iter().try_fold(self.rows.chunk(index)?, |table, state| state.apply_owned(table))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.rows.rows_before(index)
    }

    fn in_flight(&self) -> usize {
        self.rows.in_flight()
    }

    fn budget_bytes(&self) -> Option<u64> {
        self.rows.budget_bytes()
    }
}

/// A subset of the columns of rows.
pub struct Selected<'a> {
    /// The rows.
    pub rows: &'a dyn Chunks,
    /// The columns.
    pub names: Vec<Arc<str>>,
}

impl fmt::Debug for Selected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Chunks for Selected<'_> {
    fn schema(&self) -> Schema {
        let schema = self.rows.schema();
        Schema::new(self.names.iter().filter_map(|name| schema.find(name).cloned()))
    }

    fn count(&self) -> usize {
        self.rows.count()
    }

    fn chunk(&self, index: usize) -> Result<Table, Failure> {
        self.rows.chunk(index)?.select(&self.names)
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.rows.rows_before(index)
    }

    fn in_flight(&self) -> usize {
        self.rows.in_flight()
    }

    fn budget_bytes(&self) -> Option<u64> {
        self.rows.budget_bytes()
    }
}
