//! Columns of numbers and of categories side by side, as models keep them.

use crate::data::{Categories, Column, Features, Target};
use pipewright_diagnostic::{Failure, code};

/// Code of a level that did not occur in training.
pub(crate) const UNSEEN: u32 = u32::MAX - 1;

/// Returns the place of each row's level among `levels`, [`UNSEEN`] or [`Categories::MISSING`]. A column of numbers has
/// no levels: all that it holds is unseen.
pub(crate) fn codes_among(levels: &[String], features: &Features, index: usize) -> Vec<u32> {
    let Column::Categories(categories) = features.stored(index) else {
        let code = |number: &f64| if number.is_nan() { Categories::MISSING } else { UNSEEN };
        return features.column(index).iter().map(code).collect();
    };
    let place = |level: &String| levels.iter().position(|kept| kept == level).map_or(UNSEEN, |place| place as u32);
    let places: Vec<u32> = match categories.levels() == levels {
        true => (0..levels.len() as u32).collect(),
        false => categories.levels().iter().map(place).collect(),
    };
    let code = |&code: &u32| places.get(code as usize).copied().unwrap_or(Categories::MISSING);
    categories.codes().iter().map(code).collect()
}

/// Checks the number of columns.
///
/// # Errors
/// [`code::WRONG_WIDTH`] if it is another one.
pub(crate) fn check_width(inputs: usize, features: &Features) -> Result<(), Failure> {
    if features.columns() == inputs {
        return Ok(());
    }
    let message = format!("the model has {inputs} columns, the features {}", features.columns());
    Err(Failure::new(code::WRONG_WIDTH, message))
}

/// Checks that columns are of the kinds that they were in training: categories or not, or `None` if none was there. A
/// column without any value is of either kind.
///
/// # Errors
/// [`code::KIND_CHANGED`] that names the first that is not.
pub(crate) fn check_kinds(features: &Features, were_categories: impl Fn(usize) -> Option<bool>) -> Result<(), Failure> {
    for (index, name) in features.names().iter().enumerate() {
        let is_categories = matches!(features.stored(index), Column::Categories(_));
        let changed = were_categories(index).is_some_and(|were| were != is_categories);
        if changed && features.column(index).iter().any(|number| !number.is_nan()) {
            let kind = |categories| if categories { "categories" } else { "numbers" };
            let (now, then) = (kind(is_categories), kind(!is_categories));
            let message = format!("`{name}` holds {now}, but held {then} in training");
            return Err(Failure::new(code::KIND_CHANGED, message).column(name));
        }
    }
    Ok(())
}

/// Are these levels distinct, and is each code one of them, or missing?
pub(crate) fn are_sound_codes(codes: &[u32], levels: &[String]) -> bool {
    let known = |code: &u32| (*code as usize) < levels.len() || *code == Categories::MISSING;
    codes.iter().all(known) && are_distinct(levels)
}

/// Are all of these levels different?
pub(crate) fn are_distinct(levels: &[String]) -> bool {
    let mut sorted: Vec<&String> = levels.iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// Returns the codes and the number of the classes of a target.
///
/// # Errors
/// [`code::WRONG_TASK`] if it holds numbers; [`code::TOO_FEW_ROWS`] if it is empty.
pub(crate) fn classes_of<'a>(target: &'a Target, model: &str) -> Result<(&'a [u32], usize), Failure> {
    match target {
        Target::Classes { codes, .. } if codes.is_empty() => {
            Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"))
        }
        Target::Classes { codes, count } => Ok((codes, *count)),
        Target::Numbers(_) => {
            let message = format!("`{model}` predicts classes, but the target is a number");
            Err(Failure::new(code::WRONG_TASK, message))
        }
    }
}

/// Turns the log of a weight per class into probabilities that sum to 1; a class of weight 0 has -∞.
pub(crate) fn normalise_logs(scores: &mut [f64]) {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    scores.iter_mut().for_each(|score| *score = (*score - most).exp());
    let total: f64 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= total);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn levels_are_told_by_their_names() {
        let codes = vec![0, 1, 2, Categories::MISSING];
        let column = Column::Categories(Categories::new(codes.into(), levels(&["a", "b", "c"]).into()));
        let features = Features::from_columns(4, levels(&["x"]).into(), vec![column]);
        assert_eq!(codes_among(&levels(&["c", "a"]), &features, 0), [1, UNSEEN, 0, Categories::MISSING]);
        assert_eq!(codes_among(&levels(&["a", "b", "c"]), &features, 0), [0, 1, 2, Categories::MISSING]);
        assert!(check_kinds(&features, |_| Some(true)).is_ok() && check_kinds(&features, |_| None).is_ok());
        assert_eq!(check_kinds(&features, |_| Some(false)).unwrap_err().code, code::KIND_CHANGED);
        assert!(are_distinct(&levels(&["a", "b"])) && !are_distinct(&levels(&["a", "b", "a"])));
    }

    #[test]
    fn logs_become_probabilities() {
        let mut scores = [-1e300, f64::NEG_INFINITY, -1e300];
        normalise_logs(&mut scores);
        assert_eq!(scores, [0.5, 0.0, 0.5]);
    }
}
