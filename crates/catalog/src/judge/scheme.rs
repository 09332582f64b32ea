//! The schemes by which `eval` splits rows.

use super::eval::Gap;
use super::rows::{self, last_rows, latest_rows, seconds, times};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::Table;
use pipewright_learn::split::{self, Fold, Folds, Forward, Length, Rows};
use pipewright_learn::{Target, metric};
use pipewright_operator::result;
use pipewright_world::random::Key;

/// The bins of a number by which folds are stratified.
const BINS: usize = 10;

/// How rows are split.
#[derive(Debug, Clone)]
pub(super) enum Scheme {
    /// Each row is held out once.
    Folds(usize),
    /// Folds of whole groups.
    Groups(usize),
    /// Forward chaining: rounds that go forward in time.
    Time {
        rounds: usize,
        gap: Option<Gap>,
        /// The time of the training rows, which slide along; all earlier rows without it.
        window: Option<Gap>,
    },
    /// A share of the rows, once.
    Holdout(f64),
    /// The latest share of the rows, once.
    Latest(f64),
    /// Several holdouts of this share, each drawn anew.
    MonteCarlo(usize, f64),
    /// Rows drawn with replacement; those that were not drawn are held out.
    Bootstrap(usize),
    /// Every group once, alone; of this many groups, 0 while that is not known.
    LeaveOneGroupOut(usize),
    /// The rows of another table, which are appended to those that are learned from.
    Apart,
    /// Every row once, alone; of this many rows, 0 while that is not known.
    LeaveOneOut(usize),
}

/// What the rows say about a split.
pub(super) struct Known<'a> {
    rows: &'a Table,
    /// The class or bin of each row, if the folds keep their proportions.
    codes: Option<Vec<u32>>,
    groups: Option<Vec<u32>>,
    /// The fold of each row, if a column gives it.
    pub given: Option<Vec<u32>>,
}

impl<'a> Known<'a> {
    /// What these rows say: their classes or bins if `codes` are wanted, their groups, or the equal ones with `together`.
    ///
    /// # Errors
    /// A `Failure` for roles that contradict the scheme.
    pub(super) fn of(
        scheme: &Scheme,
        rows: &'a Table,
        codes: Option<Vec<u32>>,
        together: bool,
        progress: &dyn Progress,
    ) -> Result<Known<'a>, Failure> {
        let (mut groups, given) = (rows::groups(rows, progress)?, rows::folds(rows)?);
        if together && groups.is_some() {
            let message = "a column has the role group: rows are kept together by it, not by being equal";
            return Err(Failure::new(code::BAD_VALUE, message).help("leave out duplicates=together"));
        }
        if together {
            groups = Some(rows::equal(rows)?);
        }
        if let (Some(given), Some(groups)) = (&given, &groups) {
            rows::groups_in_folds(groups, given, progress);
        }
        if let (Scheme::Groups(_) | Scheme::LeaveOneGroupOut(_), None) = (scheme, &groups) {
            return Err(no_groups());
        }
        let is_grouped = groups.is_some() && !together;
        if is_grouped
            && given.is_none()
            && !matches!(scheme, Scheme::Groups(_) | Scheme::LeaveOneGroupOut(_) | Scheme::Time { .. })
        {
            progress.notice(Failure { help: Vec::new(), ..rows::groups_together() });
        }
        Ok(Known { rows, codes, groups, given })
    }
}

fn no_groups() -> Failure {
    let message = "`eval group` and `eval logo` hold out whole groups, but no column has the role group";
    Failure::new(code::MISSING_ARGUMENT, message).help("name it: role group=NAME")
}

impl Scheme {
    /// The number of folds per repetition.
    pub(super) fn folds(&self) -> usize {
        match *self {
            Scheme::Folds(folds) | Scheme::Groups(folds) | Scheme::Bootstrap(folds) => folds,
            Scheme::Time { rounds, .. } | Scheme::MonteCarlo(rounds, _) => rounds,
            Scheme::LeaveOneOut(count) | Scheme::LeaveOneGroupOut(count) => count,
            Scheme::Holdout(_) | Scheme::Latest(_) | Scheme::Apart => 1,
        }
    }

    pub(super) fn check_rows(&self, rows: usize) -> Result<(), Failure> {
        match *self {
            Scheme::Folds(count) | Scheme::Groups(count) => split::check_counts(rows, count),
            Scheme::Time { rounds, .. } => split::check_forward(rows, rounds),
            Scheme::LeaveOneOut(planned) if planned != rows => {
                let message = format!("`eval loo` was planned for {planned} rows, and there are {rows}");
                let help = "write `eval loo` without a number; below a `holdout`, use `eval kfold`";
                Err(Failure::new(code::BAD_VALUE, message).help(help))
            }
            Scheme::LeaveOneGroupOut(0) => Err(no_groups()),
            Scheme::LeaveOneOut(count) => split::check_counts(rows, count),
            Scheme::Holdout(_)
            | Scheme::Latest(_)
            | Scheme::MonteCarlo(..)
            | Scheme::Bootstrap(_)
            | Scheme::LeaveOneGroupOut(_)
            | Scheme::Apart => Ok(()),
        }
    }

    /// The word of a result.
    pub(super) fn named(&self, stratifies: bool) -> result::Scheme {
        match self {
            Scheme::Groups(_) => result::Scheme::Group,
            Scheme::Time { .. } => result::Scheme::Time,
            Scheme::Folds(_) if stratifies => result::Scheme::Stratified,
            Scheme::Folds(_) => result::Scheme::KFold,
            Scheme::Holdout(_) | Scheme::Latest(_) => result::Scheme::Holdout,
            Scheme::MonteCarlo(..) => result::Scheme::MonteCarlo,
            Scheme::Bootstrap(_) => result::Scheme::Bootstrap,
            Scheme::LeaveOneOut(_) => result::Scheme::LeaveOneOut,
            Scheme::LeaveOneGroupOut(_) => result::Scheme::LeaveOneGroupOut,
            Scheme::Apart => result::Scheme::Table,
        }
    }

    /// The folds of one repetition; those of `Folds` and `Groups` with their notices.
    ///
    /// # Errors
    /// `TOO_FEW_ROWS`.
    pub(super) fn split(
        &self,
        known: &Known<'_>,
        shuffle: Option<Key>,
        key: Key,
        progress: &dyn Progress,
    ) -> Result<Folds, Failure> {
        let Known { rows, codes, groups, given } = known;
        let (count, groups) = (rows.rows(), groups.as_deref());
        let plain = |folds: Vec<Fold>| Folds { folds, notices: Vec::new() };
        let from = match (groups, codes) {
            (Some(groups), _) => Rows::Grouped(groups),
            (None, Some(codes)) => Rows::Stratified(codes),
            (None, None) => Rows::Single(count),
        };
        Ok(match (self, codes) {
            (Scheme::Apart, _) => unreachable!("the rows of another table are held out as they are"),
            (Scheme::Time { rounds, gap, window }, _) => {
                let times = times(rows, gap.as_ref().or(window.as_ref()), progress)?;
                let gap = Length::Time(gap.as_ref().map_or(0.0, seconds));
                let train = window.as_ref().map(|window| Length::Time(seconds(window)));
                plain(Forward { gap, train, ..Forward::new(*rounds) }.split(&times, groups)?)
            }
            (Scheme::Groups(folds) | Scheme::Folds(folds), codes) => match (given, groups, codes) {
                (Some(given), ..) => split::given(given, *folds)?,
                (None, Some(groups), Some(codes)) => split::stratified_grouped(codes, groups, *folds, shuffle)?,
                (None, Some(groups), None) => split::grouped(groups, *folds, shuffle)?,
                (None, None, Some(codes)) => split::stratified(codes, *folds, shuffle)?,
                (None, None, None) => split::kfold(count, *folds, shuffle)?,
            },
            (Scheme::LeaveOneOut(rows), _) => split::kfold(count, *rows, None)?,
            (Scheme::LeaveOneGroupOut(planned), _) => {
                let groups = groups.expect("a role group, without which this is refused");
                let there = groups.iter().max().map_or(0, |&group| group as usize + 1);
                if there != *planned {
                    let message = format!("`eval logo` was planned for {planned} groups, and there are {there}");
                    let help = "write `eval logo` without a number; below a `holdout`, use `eval group`";
                    return Err(Failure::new(code::BAD_VALUE, message).help(help));
                }
                split::given(groups, there)?
            }
            (Scheme::MonteCarlo(rounds, share), _) => plain(split::random_holdouts(from, *share, *rounds, key)?),
            (Scheme::Bootstrap(rounds), _) => plain(split::bootstrap(from, *rounds, key)?),
            (Scheme::Latest(_), _) if groups.is_some() => {
                let message = "the latest rows are set apart, which would tear the groups of rows apart";
                let help = "leave out latest=true, or the role group";
                return Err(Failure::new(code::BAD_VALUE, message).help(help));
            }
            (Scheme::Latest(share), _) => plain(vec![latest_rows(rows, *share, progress)?]),
            (Scheme::Holdout(share), codes) => plain(vec![match (groups, codes) {
                (Some(groups), _) => split::holdout_grouped(groups, *share, key)?,
                (None, _) if shuffle.is_none() => last_rows(count, *share)?,
                (None, Some(codes)) => split::holdout_stratified(codes, *share, key)?,
                (None, None) => split::holdout(count, *share, key)?,
            }]),
        })
    }
}

/// The class of each row, or the bin of a number, by which folds are stratified.
pub(super) fn strata(target: Target) -> Vec<u32> {
    match target {
        Target::Classes { codes, .. } => codes,
        Target::Numbers(numbers) => split::quantile_bins(&numbers, BINS),
    }
}

/// The metrics that are computed unless others are named.
pub(super) const USUAL: &[metric::Metric] = &[
    metric::ACCURACY,
    metric::BALANCED_ACCURACY,
    metric::AUC,
    metric::LOG_LOSS,
    metric::F1,
    metric::PRECISION,
    metric::RECALL,
    metric::BRIER,
    metric::MCC,
    metric::RMSE,
    metric::MAE,
    metric::R2,
];

/// The metrics that are computed besides them where several quantiles are predicted.
pub(super) const OF_QUANTILES: &[metric::Metric] = &[metric::PINBALL];

/// The metrics that are computed besides them where the model predicts intervals or sets.
pub(super) const OF_REGIONS: &[metric::Metric] =
    &[metric::COVERAGE, metric::WIDTH, metric::SET_COVERAGE, metric::SET_SIZE];
