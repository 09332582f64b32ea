//! More trees for a fitted model.

use super::{Gbdt, GbdtModel, rounds};
use crate::data::{Categories, Column, Dataset, Features};
use crate::learner::{Accepts, Fit, Learner, check_width};
use crate::tree::Input;
use pipewright_diagnostic::{Failure, code};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Training that goes on from a fitted model: the configuration. Its trees are added to those of the model, whose starting
/// score stays.
///
/// ```
/// use pipewright_learn::boost::{Gbdt, MoreTrees};
/// use pipewright_learn::{Dataset, Features, Learner, Target};
/// let rows: Vec<[f64; 1]> = (0..100).map(|row| [f64::from(row)]).collect();
/// let target = (0..100).map(|row| f64::from(row * row)).collect();
/// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
/// let model = Gbdt::with_trees(10).fit(&train)?;
/// let more = MoreTrees { gbdt: Gbdt::with_trees(5), model }.fit(&train)?;
/// assert_eq!(more.rounds(), 15);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct MoreTrees {
    /// The trees that are added.
    pub gbdt: Gbdt,
    /// The model that they are added to.
    pub model: GbdtModel,
}

impl Learner for MoreTrees {
    type Model = GbdtModel;

    fn accepts(&self) -> Accepts {
        Accepts { passes: false, ..self.gbdt.accepts() }
    }

    /// Fails with [`code::WRONG_WIDTH`], [`code::KIND_CHANGED`] or [`code::WRONG_TASK`] if the model has other columns or
    /// another target, and with [`code::UNSEEN_LEVEL`] for levels that the trees of the model do not know.
    fn learn(&self, train: &Dataset, fit: &Fit<'_>) -> Result<GbdtModel, Failure> {
        check_width(self.model.inputs.len(), &train.features)?;
        let known = |rows: &Dataset| -> Result<Dataset, Failure> {
            with_levels_of(&self.model.inputs, &rows.features).map(|features| rows.with_features(features))
        };
        let (train, validation) = (known(train)?, fit.validation.map(known).transpose()?);
        let fit = Fit { validation: validation.as_ref(), ..*fit };
        rounds::boost(&self.gbdt, &train, &fit, Some(&self.model), &OnceLock::new())
    }
}

/// The features with their levels numbered as in the model, since its trees know levels by number.
fn with_levels_of(inputs: &[Input], features: &Features) -> Result<Features, Failure> {
    let column = |(index, input): (usize, &Input)| {
        let (name, stored) = (&features.names()[index], features.stored(index));
        match (input, stored) {
            (Input::Number, Column::Dense(_) | Column::Sparse(_)) => Ok(stored.clone()),
            (Input::Levels(levels), Column::Categories(categories)) => {
                numbered(levels, categories, name).map(Column::Categories)
            }
            _ => {
                let message = "the model has numbers where this column has categories, or the other way round";
                Err(Failure::new(code::KIND_CHANGED, message).column(name))
            }
        }
    };
    let columns = inputs.iter().enumerate().map(column).collect::<Result<_, _>>()?;
    Ok(Features::from_columns(features.rows(), features.names().clone(), columns))
}

fn numbered(levels: &[String], categories: &Categories, name: &str) -> Result<Categories, Failure> {
    let places: BTreeMap<&str, u32> = levels.iter().map(String::as_str).zip(0..).collect();
    let codes: Vec<Option<u32>> = categories.levels().iter().map(|level| places.get(level.as_str()).copied()).collect();
    let renumbered = |(row, &own): (usize, &u32)| match own {
        Categories::MISSING => Ok(own),
        _ => codes[own as usize].ok_or_else(|| {
            let level = &categories.levels()[own as usize];
            let message = format!("the model that is continued does not know the level `{level}`");
            Failure::new(code::UNSEEN_LEVEL, message).column(name).row(row as u64 + 1)
        }),
    };
    let codes: Vec<u32> = categories.codes().iter().enumerate().map(renumbered).collect::<Result<_, _>>()?;
    Ok(Categories::new(codes.into(), levels.into()))
}
