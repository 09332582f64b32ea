//! The registry of verbs, models, functions and sample data sets.

use crate::work::AdjustmentKind;
use crate::{Generator, LayerKind, Model, Verb};
use pipewright_frame::Functions;

/// All verbs and models, each list in the order of the reference.
#[derive(Debug)]
pub struct Registry {
    /// The verbs.
    pub verbs: &'static [&'static Verb],
    /// The models of `train`.
    pub models: &'static [&'static Model],
    /// The functions of expressions.
    pub functions: Functions,
    /// The sample data sets.
    pub samples: &'static [Sample],
    /// The sample data sets that are generated.
    pub generators: &'static [&'static Generator],
    /// The kinds of layers of networks.
    pub layers: &'static [&'static LayerKind],
    /// The kinds of adjustments that bundles hold.
    pub adjustments: &'static [AdjustmentKind],
    /// Words in place of a model, each with the model that it stands for, as script text.
    pub shorthands: &'static [(&'static str, &'static str)],
    /// The implied stages.
    pub implied: Implied,
}

/// A sample data set.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name in scripts.
    pub name: &'static str,
    /// Its description, in a sentence.
    pub summary: &'static str,
    /// Its rows, as CSV.
    pub text: &'static str,
}

/// The implied stages, as script text; `{}` is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Implied {
    /// Reads the table of this name.
    pub source: &'static str,
    /// Names the column to predict.
    pub target: &'static str,
    /// Encodes the columns that a model cannot read; `{}` is a selector.
    pub encode: &'static str,
    /// Evaluates a trained model.
    pub judge: &'static str,
    /// Fits the pipeline on all rows and returns it to the host program.
    pub fit: &'static str,
    /// Shows a table that no other stage prints.
    pub look: &'static str,
    /// An arm that keeps its columns.
    pub keep: &'static str,
    /// An arm that drops its columns.
    pub drop: &'static str,
    /// Trains the model of this name. Proposed, never implied.
    pub train: &'static str,
    /// Evaluates later rows by earlier ones. Proposed, never implied.
    pub in_order: &'static str,
    /// What to use in place of a stage that looks at later rows. Proposed, never implied.
    pub look_back: &'static str,
}

impl Registry {
    /// Returns the verb of this name.
    #[must_use]
    pub fn verb(&self, name: &str) -> Option<&'static Verb> {
        self.verbs.iter().copied().find(|verb| verb.spec.name == name)
    }

    /// Returns the model of this name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&'static Model> {
        self.models.iter().copied().find(|model| model.spec.name == name)
    }

    /// Returns the sample data set of this name.
    #[must_use]
    pub fn sample(&self, name: &str) -> Option<&'static Sample> {
        self.samples.iter().find(|sample| sample.name == name)
    }

    /// Returns the generator of this name.
    #[must_use]
    pub fn generator(&self, name: &str) -> Option<&'static Generator> {
        self.generators.iter().copied().find(|generator| generator.spec.name == name)
    }

    /// Returns the kind of layer of this name.
    #[must_use]
    pub fn layer(&self, name: &str) -> Option<&'static LayerKind> {
        self.layers.iter().copied().find(|layer| layer.spec.name == name)
    }

    /// Returns the names of all kinds of layers.
    pub fn layer_names(&self) -> impl Iterator<Item = &'static str> {
        self.layers.iter().map(|layer| layer.spec.name)
    }

    /// Returns the names of all generators.
    pub fn generator_names(&self) -> impl Iterator<Item = &str> {
        self.generators.iter().map(|generator| generator.spec.name)
    }

    /// Returns the names of all verbs.
    pub fn verb_names(&self) -> impl Iterator<Item = &'static str> {
        self.verbs.iter().map(|verb| verb.spec.name)
    }

    /// Returns the names of all models.
    pub fn model_names(&self) -> impl Iterator<Item = &'static str> {
        self.models.iter().map(|model| model.spec.name)
    }
}
