//! `eval`: evaluates the pipeline above it on held-out rows.

use super::evaluator::Eval;
use super::scheme::Scheme;
use pipewright_diagnostic::code;
use pipewright_learn::metric::{self, METRICS, Metric};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Count, Domain, Duration, Effect, Environment, Example, Flow,
    Fraction, Group, Int, NonNegative, Seed, Spec, Structure, TableName, Value, Verb, Word, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// How rows are split.
    enum SchemeWord {
        KFold = "kfold",
        Stratified = "stratified",
        Group = "group",
        Time = "time",
        Holdout = "holdout",
        MonteCarlo = "montecarlo",
        Bootstrap = "bootstrap",
        LeaveOneOut = "loo",
        LeaveOneGroupOut = "logo",
    }
}

either! {
    /// A number of folds, or the share of rows to hold out.
    enum Size { Share(Fraction), Folds(Int<0>) }
}

either! {
    /// A time span: a duration for dates and times, a number for numbers.
    pub(super) enum Gap { Duration(Duration), Number(NonNegative) }
}

/// A metric, by its word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MetricWord(pub(crate) &'static str);

impl Argument for MetricWord {
    const DOMAIN: Domain = Domain::Words(&{
        let mut words = [Word { text: "", size: None }; METRICS.len()];
        let mut place = 0;
        while place < words.len() {
            words[place].text = METRICS[place].name;
            place += 1;
        }
        words
    });

    fn from_value(value: &Value) -> Option<MetricWord> {
        let (word, _) = value.word()?;
        METRICS.iter().find(|metric| metric.name == word).map(|metric| MetricWord(metric.name))
    }

    fn to_value(&self) -> Value {
        Value::Word(self.0.to_owned())
    }
}

words! {
    /// What becomes of equal rows.
    enum DuplicatesWord { Together = "together" }
}

arguments! {
    /// The arguments of `eval`.
    struct EvalArgs {
        /// How rows are split.
        positional scheme: SchemeWord = SchemeWord::KFold;
        /// Number of folds, or share of the rows to hold out.
        positional size: Size, by scheme {
            "kfold" => Size::Folds(Int(5)),
            "stratified" => Size::Folds(Int(5)),
            "group" => Size::Folds(Int(5)),
            "time" => Size::Folds(Int(5)),
            "holdout" => Size::Share(Fraction(0.2)),
            "montecarlo" => Size::Folds(Int(10)),
            "bootstrap" => Size::Folds(Int(25)),
            "loo" => Size::Folds(Int(0)),
            "logo" => Size::Folds(Int(0)),
        };
        /// Number of repetitions, each with another shuffle.
        option repeat: Count = 1;
        /// Metrics to compute. Without it, the usual ones for the target.
        option metric: Option<Vec<MetricWord>>;
        /// Shuffles the rows before they are split.
        option shuffle: bool = true;
        /// Gap between the last training row and the first held-out row.
        option gap: Option<Gap>, for scheme in ["time"];
        /// The time that is trained on, so that the training rows slide along. Without it, all earlier rows.
        option window: Option<Gap>, for scheme in ["time"];
        /// Share of the rows that each round holds out.
        option test: Fraction = 0.2, for scheme in ["montecarlo"];
        /// Keeps the class proportions in every fold; of numbers, those of ten bins of equal counts. Without it, where
        /// the target has classes and no groups are kept together.
        option stratified: Option<bool>;
        /// `together` keeps rows that are equal in all features and the target in the same fold.
        option duplicates: Option<DuplicatesWord>;
        /// Scores the rows of each value of a column apart as well, such as `by=sex`.
        option by: Option<Arc<str>>;
        /// Random seed of the splits, in place of the seed of the run.
        option seed: Option<Seed>;
        /// A table to evaluate on: a file, or the name of a `let`. The pipeline is fitted on all rows of its own table, and the
        /// table passes through the same stages.
        on table: Option<TableName>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "eval",
        group: Group::Judge,
        summary: "Evaluates the pipeline above it on held-out rows (cross-validation), and passes its input on.",
        details: "Every stage that learns is fitted anew in every fold, on that fold's training rows only. For \
                  classes, `kfold` keeps the class proportions in every fold; `stratified` says so explicitly, \
                  `stratified=false` turns it off. Rows are shuffled before they are split; `shuffle=false` takes \
                  contiguous folds. `holdout 20%` evaluates once, `montecarlo 10` holds out a random share ten times, \
                  `bootstrap 25` trains on rows drawn with replacement and tests on the others, `loo` leaves out one row at a \
                  time and scores the predictions of all rows together. `eval on test.csv` trains on all rows and tests on those \
                  of another table, which passes through the same stages as new rows do in `predict`. A baseline that uses no feature is evaluated on \
                  the same folds. `group` keeps rows with the same value of the column with the role group in the \
                  same fold (`kfold` does so too, with a note, where there is such a column), and `logo` leaves out one of these groups at a \
                  time. `time` trains on \
                  earlier rows and tests on later ones, ordered by the column with the role time, or else by row. \
                  A column with the role fold sets the folds itself. Each mean has a 95 % interval: over folds, corrected \
                  for the overlap of their training rows (Nadeau and Bengio, 2003); of a holdout, that of DeLong for \
                  `auc`, and of a bootstrap over its rows for other metrics.",
        search: &["evaluate", "cv", "crossval", "cross-validation", "score", "validate", "test"],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Folds,
        elsewhere: metric::ALIASES,
        examples: &[
            Example {
                script: "load diabetes.csv | train ridge | eval holdout 20%",
                output: "\
ridge predicts progression (regression)
holdout, 88 rows, seed 0

                       score          95% interval    baseline
rmse                 57.8171    51.0554 to 65.5335     75.9845
mae                  47.0654    40.3290 to 54.4857     66.3321
r2                    0.4187      0.2349 to 0.5729     -0.0040
",
            },
            Example {
                script: "load iris.csv | train logistic | eval stratified 5 metric=[accuracy, log_loss] repeat=2",
                output: "\
logistic predicts species (3 classes)
stratified, 5 folds, 2 times, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9633      0.9190 to 1.0000    0.9000    1.0000      0.3333
log_loss              0.1380      0.1024 to 0.1736    0.0991    0.1779      1.0986

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                     100           0           0
versicolor                   0          94           6
virginica                    0           5          95
",
            },
        ],
        ..Spec::of::<EvalArgs>()
    },
    bind,
    states: &[],
};

/// The arguments that say how rows are split.
const SPLITTING: [&str; 6] = ["scheme", "size", "repeat", "shuffle", "stratified", "duplicates"];

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let eval = EvalArgs::read(args)?;
    if let (Some(_), Some(name)) = (&eval.table, SPLITTING.into_iter().find(|name| args.is_given(name))) {
        let message =
            "`eval on` a table does not split the rows: it trains on all rows, and tests on those of the table";
        return Err(ArgumentError::of(name, code::BAD_VALUE, message).help("leave this out, or leave out `on`"));
    }
    let (scheme, stratified) = (eval.scheme()?, eval.stratified()?);
    eval.check_shuffle()?;
    let metrics = eval.metric.unwrap_or_default().iter().filter_map(|word| Metric::find(word.0)).collect();
    Ok(Bound::Evaluator(Arc::new(Eval {
        scheme,
        repeat: eval.repeat.get(),
        shuffle: eval.shuffle,
        stratified,
        metrics,
        seed: eval.seed.map(|seed| seed.0),
        by: eval.by,
        together: eval.duplicates.is_some(),
        evaluates: true,
    })))
}

impl EvalArgs {
    fn scheme(&self) -> Result<Scheme, ArgumentError> {
        if self.table.is_some() {
            return Ok(Scheme::Apart);
        }
        // The number of rows, or of groups, once it is known.
        let counted = if let Size::Folds(count) = &self.size { count.get() } else { 0 };
        Ok(match self.scheme {
            SchemeWord::KFold | SchemeWord::Stratified => Scheme::Folds(self.folds()?),
            SchemeWord::Group => Scheme::Groups(self.folds()?),
            SchemeWord::Time => {
                Scheme::Time { rounds: self.folds()?, gap: self.gap.clone(), window: self.window.clone() }
            }
            SchemeWord::MonteCarlo => Scheme::MonteCarlo(self.folds()?, self.test.0),
            SchemeWord::Bootstrap => Scheme::Bootstrap(self.folds()?),
            SchemeWord::LeaveOneOut => Scheme::LeaveOneOut(counted),
            SchemeWord::LeaveOneGroupOut => Scheme::LeaveOneGroupOut(counted),
            SchemeWord::Holdout => match &self.size {
                Size::Share(share) => Scheme::Holdout(share.0),
                Size::Folds(count) => {
                    let message = format!("`holdout` takes a share of the rows, and {} is a count", count.0);
                    return Err(bad("size", message).help("for example `eval holdout 20%`"));
                }
            },
        })
    }

    fn folds(&self) -> Result<usize, ArgumentError> {
        match &self.size {
            Size::Folds(folds) if folds.0 >= 2 => Ok(folds.get()),
            size => {
                let name = self.scheme.to_value();
                let message = format!("`{name}` takes a number of folds, 2 or more, not {}", size.to_value());
                Err(bad("size", message).help(format!("for example `eval {name} 5`")))
            }
        }
    }

    fn stratified(&self) -> Result<Option<bool>, ArgumentError> {
        let reason = match (self.scheme, self.stratified) {
            (SchemeWord::LeaveOneOut, Some(true)) => "it holds out one row at a time",
            (SchemeWord::LeaveOneGroupOut, Some(true)) => "it holds out one group at a time",
            (SchemeWord::Time, Some(true)) => "its folds are given by the times of the rows",
            (SchemeWord::Stratified, Some(false)) => {
                let message = "`eval stratified` with `stratified=false` contradicts itself";
                return Err(bad("stratified", message).help("write `eval kfold` instead"));
            }
            (SchemeWord::Stratified, _) => return Ok(Some(true)),
            (_, given) => return Ok(given),
        };
        let message = format!("`eval {}` does not stratify: {reason}", self.scheme.to_value());
        Err(bad("stratified", message).help("leave it out"))
    }

    fn check_shuffle(&self) -> Result<(), ArgumentError> {
        if let (SchemeWord::MonteCarlo | SchemeWord::Bootstrap, false) = (self.scheme, self.shuffle) {
            let name = self.scheme.to_value();
            let message = format!("`eval {name}` draws its rows at random, so `shuffle=false` has no effect");
            return Err(bad("shuffle", message).help("leave it out"));
        }
        let leaves_out = matches!(self.scheme, SchemeWord::LeaveOneOut | SchemeWord::LeaveOneGroupOut);
        match (!self.shuffle || leaves_out) && self.repeat.0 > 1 {
            true => Err(bad("repeat", "without shuffling, every repetition would be the same")),
            false => Ok(()),
        }
    }
}

fn bad(argument: &'static str, message: impl Into<String>) -> ArgumentError {
    ArgumentError::of(argument, code::BAD_VALUE, message)
}
