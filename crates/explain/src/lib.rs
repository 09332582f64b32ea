//! Explanations of fitted models, as plain values: permutation importance, Shapley values, effects of
//! columns, local models, surrogate trees and counterfactuals.
//!
//! Two kinds of methods:
//!
//! - [`Explainer`] explains any function of rows. The rows are a [`Features`](pipewright_learn::Features) matrix or a
//!   [`Table`](pipewright_table::Table), whatever implements [`Rows`]; with tables, the function may be a whole pipeline, and
//!   the columns that are explained are those before any encoding.
//! - [`trees`], [`linear`] and [`integrated_gradients`] use the structure of a model, and are much faster.
#![doc = include_str!("../README.md")]

mod attributions;
mod effect;
mod explainer;
mod gradient;
mod importance;
mod local;
mod numbers;
mod players;
mod quadrature;
mod rows;
mod shapley;
mod surrogate;
pub mod trees;

pub use attributions::{Attributions, Interactions};
pub use effect::{Accumulated, Dependence, DependenceOfTwo, GridPoint, InteractionStrength};
pub use explainer::Explainer;
pub use gradient::integrated_gradients;
pub use importance::{Importances, Permuting, PlayerImportance};
pub use local::{Change, Counterfactual, Goal, Lime, LocalModel, Search};
pub use numbers::Numbers;
pub use pipewright_diagnostic::Failure;
pub use players::Players;
pub use rows::Rows;
pub use shapley::{EXACT_PLAYERS, Shapley, linear};
pub use surrogate::{Condition, Rule, Surrogate, SurrogateTree, Test};
