//! The registry: every verb and model there is, by name.

use crate::{Model, Verb};
use pipewright_frame::Functions;

/// Every verb and every model, each list in the order of the reference.
#[derive(Debug)]
pub struct Registry {
    /// The verbs.
    pub verbs: &'static [&'static Verb],
    /// The models that `train` knows.
    pub models: &'static [&'static Model],
    /// The functions that expressions may call.
    pub functions: Functions,
    /// The tables that come with the program.
    pub samples: &'static [Sample],
    /// The stages that a plan may add by itself.
    pub implied: Implied,
}

/// A table that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name in scripts.
    pub name: &'static str,
    /// What it holds, in a sentence.
    pub summary: &'static str,
    /// It, as CSV.
    pub text: &'static str,
}

/// The stages that a plan may add or propose, as a script would write them; `{}` is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Implied {
    /// Reads the table of this name.
    pub source: &'static str,
    /// Names the column to predict.
    pub target: &'static str,
    /// Makes numbers of the columns that a model cannot read; `{}` is a selector.
    pub encode: &'static str,
    /// Judges what was trained.
    pub judge: &'static str,
    /// Fits the pipeline on all rows and hands it to the host program.
    pub fit: &'static str,
    /// Shows a table that nothing else looks at.
    pub look: &'static str,
    /// A whole arm that keeps its columns.
    pub keep: &'static str,
    /// A whole arm that drops its columns.
    pub drop: &'static str,
    /// Trains the model of this name. Proposed, never implied.
    pub train: &'static str,
    /// Evaluates later rows by earlier ones. Proposed, never implied.
    pub in_order: &'static str,
    /// What to use in place of a stage that looks at later rows. Proposed, never implied.
    pub look_back: &'static str,
}

impl Registry {
    /// The verb of this name.
    #[must_use]
    pub fn verb(&self, name: &str) -> Option<&'static Verb> {
        self.verbs.iter().copied().find(|verb| verb.spec.name == name)
    }

    /// The model of this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&'static Model> {
        self.models.iter().copied().find(|model| model.spec.name == name)
    }

    /// The sample set of this name.
    #[must_use]
    pub fn sample(&self, name: &str) -> Option<&'static Sample> {
        self.samples.iter().find(|sample| sample.name == name)
    }

    /// The names of all verbs.
    pub fn verb_names(&self) -> impl Iterator<Item = &'static str> {
        self.verbs.iter().map(|verb| verb.spec.name)
    }

    /// The names of all models.
    pub fn model_names(&self) -> impl Iterator<Item = &'static str> {
        self.models.iter().map(|model| model.spec.name)
    }
}
