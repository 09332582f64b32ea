//! Stages inside a stage: what stands in the braces of `columns` and `only`, bound and ready to work.

use crate::work::{Fitted, Rows, Step};
use crate::{Bound, Effect, Verb};
use pipewright_diagnostic::{Failure, Ignore, code};
use pipewright_frame::{About, Chunks, Schema, Selection, Table};
use std::fmt;
use std::sync::Arc;

/// Stages that work one after the other inside one stage. Cloning is cheap.
#[derive(Clone)]
pub struct Block {
    stages: Arc<[Inner]>,
}

/// A stage of a block.
pub struct Inner {
    /// Its verb.
    pub verb: &'static Verb,
    /// What does the work.
    pub work: InnerWork,
    /// What it learns, and from which rows.
    pub effect: Effect,
    /// The stage as a script would write it.
    pub text: String,
}

/// The forms of work that a block may hold.
pub enum InnerWork {
    /// Learns from rows and is applied to rows.
    Step(Arc<dyn Step>),
    /// Makes another table of a table.
    Rows(Arc<dyn Rows>),
}

impl InnerWork {
    /// The work, unless it has no place in a block.
    #[must_use]
    pub fn of(bound: &Bound) -> Option<InnerWork> {
        match bound {
            Bound::Step(step) => Some(InnerWork::Step(step.clone())),
            Bound::Rows(rows) => Some(InnerWork::Rows(rows.clone())),
            _ => None,
        }
    }
}

/// Columns, and what is done with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Which columns.
    pub columns: Selection,
    /// The same as written.
    pub text: String,
    /// What is done.
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

/// Two blocks are equal if they are written alike.
impl PartialEq for Block {
    fn eq(&self, other: &Block) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Block {
    /// These stages.
    #[must_use]
    pub fn new(stages: Vec<Inner>) -> Block {
        Block { stages: stages.into() }
    }

    /// Its stages.
    #[must_use]
    pub fn stages(&self) -> &[Inner] {
        &self.stages
    }

    /// The strongest effect of its stages: learning with the target, learning, looking at other rows, none.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let any = |effect: Effect| self.stages.iter().any(|stage| stage.effect == effect);
        [Effect::FitTarget, Effect::Fit, Effect::Seq].into_iter().find(|&effect| any(effect)).unwrap_or(Effect::Row)
    }

    /// Does any stage treat the rows that it learns from apart?
    #[must_use]
    pub fn treats_training_apart(&self) -> bool {
        self.stages.iter().any(|stage| match &stage.work {
            InnerWork::Step(step) => step.treats_training_apart(),
            InnerWork::Rows(_) => false,
        })
    }

    /// The columns that its stages look at by name.
    #[must_use]
    pub fn reads(&self) -> Vec<Arc<str>> {
        let of = |stage: &Inner| match &stage.work {
            InnerWork::Step(step) => step.reads(),
            InnerWork::Rows(rows) => rows.reads(),
        };
        self.stages.iter().flat_map(of).collect()
    }

    /// The schema behind its last stage.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.stages.iter().try_fold(input.clone(), |schema, stage| match &stage.work {
            InnerWork::Step(step) => step.schema(&schema),
            InnerWork::Rows(rows) => rows.schema(&schema),
        })
    }

    /// Fits its steps, each to what the ones before it make of the rows. In memory the rows are made once; what does
    /// not fit there is made again for every step, chunk by chunk.
    ///
    /// # Errors
    /// Those of the stages.
    ///
    /// # Panics
    /// If a stage is no step; only [`Block::of_training`] takes others.
    pub fn fit(&self, rows: &dyn Chunks, about: &About) -> Result<Vec<Arc<dyn Fitted>>, Failure> {
        if rows.budget_bytes().is_none() || self.treats_training_apart() {
            return self.fit_and_apply(rows.table()?, about).map(|(states, _)| states);
        }
        let mut states: Vec<Arc<dyn Fitted>> = Vec::new();
        for (place, step) in self.steps().enumerate() {
            let state = step.fit(&Applied { rows, states: &states }, &inner(about, place))?;
            states.push(state);
        }
        Ok(states)
    }

    /// As [`Block::fit`], with what the rows that were learned from become.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn fit_and_apply(&self, rows: Table, about: &About) -> Result<(Vec<Arc<dyn Fitted>>, Table), Failure> {
        let mut table = rows;
        let mut states = Vec::new();
        for (place, step) in self.steps().enumerate() {
            let about = inner(about, place);
            let state = step.fit(&table, &about)?;
            table = training(step, state.as_ref(), &table, &about)?;
            states.push(state);
        }
        Ok((states, table))
    }

    /// What the rows that `states` were learned from become.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn apply_training(&self, states: &[Arc<dyn Fitted>], rows: Table, about: &About) -> Result<Table, Failure> {
        self.steps().zip(states).enumerate().try_fold(rows, |table, (place, (step, state))| {
            training(step, state.as_ref(), &table, &inner(about, place))
        })
    }

    /// What training rows become that alone go through the block, whose stages may make and choose rows.
    ///
    /// # Errors
    /// Those of the stages.
    pub fn of_training(&self, rows: &Table, about: &About) -> Result<Table, Failure> {
        let mut table = rows.clone();
        for (place, stage) in self.stages.iter().enumerate() {
            let about = inner(about, place);
            table = match &stage.work {
                InnerWork::Rows(rows) => rows.apply(&table, about.key, &Ignore)?,
                InnerWork::Step(step) => {
                    let state = step.fit(&table, &about)?;
                    training(step, state.as_ref(), &table, &about)?
                }
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

/// What a stage of a block may know: random numbers of its own.
fn inner(about: &About, place: usize) -> About {
    About { aim: about.aim.clone(), key: about.key.index(place as u64) }
}

fn training(step: &Arc<dyn Step>, state: &dyn Fitted, rows: &Table, about: &About) -> Result<Table, Failure> {
    if step.treats_training_apart() { step.apply_training(state, rows, about) } else { state.apply(rows) }
}

/// Rows after some states, made chunk by chunk whenever they are asked for.
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
        if self.states.iter().any(|state| !state.by_row()) {
            let message = "a step here looks at all rows at once, and they do not fit in the memory that is allowed";
            return Err(Failure::new(code::LIMIT_REACHED, message).help("allow more: --mem 8G"));
        }
        self.states.iter().try_fold(self.rows.chunk(index)?, |table, state| state.apply_owned(table))
    }

    fn rows_before(&self, index: usize) -> Option<usize> {
        self.rows.rows_before(index)
    }

    fn budget_bytes(&self) -> Option<u64> {
        self.rows.budget_bytes()
    }
}

/// Some columns of rows.
pub struct Selected<'a> {
    /// The rows.
    pub rows: &'a dyn Chunks,
    /// The columns.
    pub names: Vec<Arc<str>>,
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

    fn budget_bytes(&self) -> Option<u64> {
        self.rows.budget_bytes()
    }
}
