//! `eval`: evaluates the pipeline above it on held-out rows.

use super::intervals::interval;
use super::rows::{self, with_role};
use super::scheme::{self, Known, OF_QUANTILES, OF_REGIONS, Scheme, USUAL};
use super::subgroups;
use super::suspicion;
use crate::adapt::{FeatureUse, LearnerOf};
use crate::exchange;
use pipewright_diagnostic::{Failure, Progress, code, room_for};
use pipewright_frame::{Role, Schema, Table};
use pipewright_learn::dummy::Dummy;
use pipewright_learn::metric::{self, Judged, METRICS, Metric};
use pipewright_learn::{Labels, Predictions};
use pipewright_operator::result::{Evaluation, FoldResult, Score};
use pipewright_operator::work::{Amendment, Counts, Evaluator, HeldOut, Learner, Round, Splitter};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Count, Domain, Duration, Effect, Environment, Example, Flow,
    Fraction, Group, Int, NonNegative, Seed, Spec, Structure, TableName, Task, TaskKind, Value, Verb, Word, arguments,
    either, words,
};
use pipewright_world::random::Key;
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

/// The evaluator; also splits off validation rows.
pub(crate) struct Eval {
    scheme: Scheme,
    repeat: usize,
    shuffle: bool,
    /// `None`: stratified if the target has classes.
    stratified: Option<bool>,
    metrics: Vec<&'static Metric>,
    seed: Option<u64>,
    /// The column by whose values groups of rows are scored apart.
    by: Option<Arc<str>>,
    /// Are equal rows kept in the same fold?
    together: bool,
    /// Does it evaluate a pipeline? Else it only holds rows out for validation.
    evaluates: bool,
}

impl Eval {
    /// A single holdout of this share, stratified if the target has classes.
    pub(crate) fn holdout(share: f64) -> Eval {
        Eval {
            scheme: Scheme::Holdout(share),
            repeat: 1,
            shuffle: true,
            stratified: None,
            metrics: Vec::new(),
            seed: None,
            by: None,
            together: false,
            evaluates: false,
        }
    }

    /// The split of rows that are set apart for the final exam.
    pub(super) fn apart(share: f64, latest: bool, stratified: Option<bool>, seed: Option<u64>) -> Eval {
        let scheme = if latest { Scheme::Latest(share) } else { Scheme::Holdout(share) };
        Eval { scheme, stratified, seed, evaluates: true, ..Eval::holdout(share) }
    }

    /// The final exam on rows that were set apart, whose share does not matter any more.
    pub(super) fn exam(metrics: Vec<&'static Metric>) -> Eval {
        Eval { metrics, evaluates: true, ..Eval::holdout(0.5) }
    }

    /// The evaluation of the candidates of a search, which looks at nothing but their scores.
    pub(super) fn inner(scheme: Scheme, stratified: Option<bool>, metric: Option<&'static Metric>) -> Eval {
        Eval { scheme, stratified, metrics: metric.into_iter().collect(), ..Eval::holdout(0.5) }
    }

    /// Does it keep the proportions of classes, or of bins of numbers? Not of groups, unless asked to.
    fn stratifies(&self, task: &Task) -> bool {
        let never = matches!(
            self.scheme,
            Scheme::Groups(_) | Scheme::LeaveOneOut(_) | Scheme::LeaveOneGroupOut(_) | Scheme::Apart
        );
        self.stratified.unwrap_or(task.classes().is_some() && !never)
    }

    fn scores(&self, task: &Task, labels: &Labels, model: &Predictions, baseline: &Predictions) -> Vec<Score> {
        let baseline = Judged::new(labels, baseline);
        // Quantiles are compared with the same number in place of each.
        let baseline = match model.quantiles() {
            Some(quantiles) => baseline.at_levels(quantiles.levels()),
            None => baseline,
        };
        let judged = [Judged::new(labels, model), baseline];
        let score = |metric: &'static Metric| {
            let [model, baseline] = judged.each_ref().map(|judged| metric.score(judged));
            Score { metric: metric.name, model, baseline }
        };
        self.metrics(task, model).into_iter().map(score).collect()
    }

    /// Rounds of one row each, scored together: most metrics say nothing of a single row.
    fn pooled(&self, results: Vec<FoldResult>, task: &Task) -> Vec<FoldResult> {
        let Some(mut pooled) = FoldResult::concat(results) else { return Vec::new() };
        pooled.scores = self.scores(task, &pooled.labels(), &pooled.predictions, &pooled.baseline);
        vec![pooled]
    }

    /// The metrics of these predictions: those that were asked for, or the usual ones.
    fn metrics(&self, task: &Task, predictions: &Predictions) -> Vec<&'static Metric> {
        if !self.metrics.is_empty() {
            return self.metrics.clone();
        }
        let of_quantiles = predictions.quantiles().map_or(&[][..], |_| OF_QUANTILES);
        let of_regions = predictions.regions().map_or(&[][..], |_| OF_REGIONS);
        USUAL.iter().chain(of_quantiles).chain(of_regions).filter(|metric| applies(metric, task)).collect()
    }
}

/// The arguments that say how rows are split.
const SPLITTING: [&str; 6] = ["scheme", "size", "repeat", "shuffle", "stratified", "duplicates"];

fn applies(metric: &Metric, task: &Task) -> bool {
    (metric.task == metric::Task::Classes) == task.classes().is_some()
}

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let EvalArgs {
        scheme: word,
        size,
        repeat,
        metric,
        shuffle,
        gap,
        window,
        test,
        stratified,
        duplicates,
        by,
        seed,
        table,
    } = EvalArgs::read(args)?;
    let name = word.to_value();
    let folds = || match &size {
        Size::Folds(folds) if folds.0 >= 2 => Ok(folds.get()),
        size => {
            let message = format!("`{name}` takes a number of folds, 2 or more, not {}", size.to_value());
            Err(ArgumentError::of("size", code::BAD_VALUE, message).help(format!("for example `eval {name} 5`")))
        }
    };
    if let (Some(_), Some(name)) = (&table, SPLITTING.into_iter().find(|name| args.is_given(name))) {
        let message =
            "`eval on` a table does not split the rows: it trains on all rows, and tests on those of the table";
        return Err(ArgumentError::of(name, code::BAD_VALUE, message).help("leave this out, or leave out `on`"));
    }
    // The number of rows, or of groups, once it is known.
    let counted = if let Size::Folds(count) = &size { count.get() } else { 0 };
    let scheme = match word {
        _ if table.is_some() => Scheme::Apart,
        SchemeWord::KFold | SchemeWord::Stratified => Scheme::Folds(folds()?),
        SchemeWord::Group => Scheme::Groups(folds()?),
        SchemeWord::Time => Scheme::Time { rounds: folds()?, gap, window },
        SchemeWord::MonteCarlo => Scheme::MonteCarlo(folds()?, test.0),
        SchemeWord::Bootstrap => Scheme::Bootstrap(folds()?),
        SchemeWord::LeaveOneOut => Scheme::LeaveOneOut(counted),
        SchemeWord::LeaveOneGroupOut => Scheme::LeaveOneGroupOut(counted),
        SchemeWord::Holdout => match &size {
            Size::Share(share) => Scheme::Holdout(share.0),
            Size::Folds(count) => {
                let message = format!("`holdout` takes a share of the rows, and {} is a count", count.0);
                return Err(ArgumentError::of("size", code::BAD_VALUE, message).help("for example `eval holdout 20%`"));
            }
        },
    };
    let stratified = match (word, stratified) {
        (SchemeWord::LeaveOneOut | SchemeWord::LeaveOneGroupOut, Some(true)) => {
            let what = if word == SchemeWord::LeaveOneOut { "row" } else { "group" };
            let message = format!("`eval {name}` does not stratify: it holds out one {what} at a time");
            return Err(ArgumentError::of("stratified", code::BAD_VALUE, message).help("leave it out"));
        }
        (SchemeWord::Time, Some(true)) => {
            let message = format!("`eval {name}` does not stratify: its folds are given by the {name}s of the rows");
            return Err(ArgumentError::of("stratified", code::BAD_VALUE, message).help("leave it out"));
        }
        (SchemeWord::Stratified, Some(false)) => {
            let message = "`eval stratified` with `stratified=false` contradicts itself";
            return Err(ArgumentError::of("stratified", code::BAD_VALUE, message).help("write `eval kfold` instead"));
        }
        (SchemeWord::Stratified, _) => Some(true),
        (_, given) => given,
    };
    if let (SchemeWord::MonteCarlo | SchemeWord::Bootstrap, false) = (word, shuffle) {
        let message = format!("`eval {name}` draws its rows at random, so `shuffle=false` has no effect");
        return Err(ArgumentError::of("shuffle", code::BAD_VALUE, message).help("leave it out"));
    }
    if (!shuffle || matches!(word, SchemeWord::LeaveOneOut | SchemeWord::LeaveOneGroupOut)) && repeat.0 > 1 {
        let message = "without shuffling, every repetition would be the same";
        return Err(ArgumentError::of("repeat", code::BAD_VALUE, message));
    }
    let metrics = metric.unwrap_or_default().iter().filter_map(|word| Metric::find(word.0)).collect();
    let seed = seed.map(|seed| seed.0);
    Ok(Bound::Evaluator(Arc::new(Eval {
        scheme,
        repeat: repeat.get(),
        shuffle,
        stratified,
        metrics,
        seed,
        by,
        together: duplicates.is_some(),
        evaluates: true,
    })))
}

impl Splitter for Eval {
    fn rounds(&self) -> usize {
        self.scheme.folds().saturating_mul(self.repeat)
    }

    fn check_rows(&self, rows: usize) -> Result<(), Failure> {
        self.scheme.check_rows(rows)
    }

    fn needs_features(&self) -> bool {
        self.together
    }

    fn split(&self, rows: &Table, task: &Task, key: Key, progress: &dyn Progress) -> Result<Vec<Round>, Failure> {
        self.check_rows(rows.rows())?;
        let (rounds, count) = (self.rounds(), rows.rows());
        let row_numbers = rounds as u128 * count as u128 * size_of::<u32>() as u128;
        room_for(row_numbers, || format!("a list of the rows of {rounds} rounds with {count} rows"))?;
        let target = exchange::target(rows, task)?;
        let codes = self.stratifies(task).then(|| scheme::strata(target));
        let mut known = Known::of(&self.scheme, rows, codes, self.together, progress)?;
        if !self.evaluates {
            // A column of folds is for the evaluation, not for folds inside of its training rows.
            known.given = None;
        }
        let mut rounds = Vec::new();
        for repeat in 0..self.repeat {
            let key = key.index(repeat as u64);
            let folds = self.scheme.split(&known, self.shuffle.then_some(key), key, progress)?;
            // Every repetition would give the same notices.
            folds.notices.into_iter().filter(|_| repeat == 0).for_each(|notice| progress.notice(notice));
            rounds
                .extend(folds.folds.into_iter().map(|fold| Round { train: fold.train.into(), test: fold.test.into() }));
        }
        Ok(rounds)
    }

    fn examine(&self, rows: &Table, rounds: &[Round], progress: &dyn Progress) {
        if !self.evaluates {
            return;
        }
        // In a series, the value before nearly is the value.
        if !self.in_order() {
            suspicion::telling(rows).into_iter().for_each(|warning| progress.notice(warning));
        }
        if !self.together {
            suspicion::repeated(rows, rounds).into_iter().for_each(|warning| progress.notice(warning));
        }
    }
}

impl Evaluator for Eval {
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        let numbers = matches!(task.kind, TaskKind::Numbers);
        if let Some(metric) = self.metrics.iter().find(|metric| !applies(metric, task)) {
            let kind = if numbers { "numbers" } else { "classes" };
            let message = format!("`{}` is not a metric for {kind}", metric.name);
            let others: Vec<&str> =
                USUAL.iter().filter(|metric| applies(metric, task)).map(|metric| metric.name).collect();
            let help = format!("metrics for {kind}: {}, and others: pipewright help eval", others.join(", "));
            return Err(ArgumentError::of("metric", code::WRONG_TASK, message).help(help));
        }
        Ok(())
    }

    fn amended(&self, columns: &Schema, counts: Option<Counts>) -> Option<Amendment> {
        let folds = match self.scheme {
            Scheme::LeaveOneOut(0) => counts.map(|counts| counts.rows),
            Scheme::LeaveOneGroupOut(0) => counts.and_then(|counts| counts.groups),
            _ => None,
        };
        if let Some(folds) = folds {
            return Some(Amendment { name: "size", value: Value::Int(folds as i64), notice: None });
        }
        let has = |role| columns.with_role(role).is_some();
        let is_grouped = matches!(self.scheme, Scheme::Folds(_)) && has(Role::Group) && !has(Role::Fold);
        is_grouped.then(|| Amendment {
            name: "scheme",
            value: Value::Word("group".to_owned()),
            notice: Some(rows::groups_together()),
        })
    }

    fn in_order(&self) -> bool {
        matches!(self.scheme, Scheme::Time { .. } | Scheme::Latest(_))
    }

    fn shuffles(&self) -> bool {
        self.shuffle
            && !self.in_order()
            && !matches!(self.scheme, Scheme::LeaveOneOut(_) | Scheme::LeaveOneGroupOut(_) | Scheme::Apart)
    }

    fn by(&self) -> Option<&Arc<str>> {
        self.by.as_ref()
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        match self.scheme {
            Scheme::Time { .. } => return Vec::new(),
            Scheme::LeaveOneGroupOut(_) => return Vec::new(),
            Scheme::Folds(_) if task.classes().is_some() => vec![("stratified", self.stratifies(task).to_string())],
            Scheme::MonteCarlo(..) | Scheme::Bootstrap(_) | Scheme::LeaveOneOut(_) | Scheme::Apart => {
                return Vec::new();
            }
            _ => Vec::new(),
        }
        .into_iter()
        .chain([("shuffle", self.shuffle.to_string())])
        .collect()
    }

    fn baseline(&self, task: &Task) -> Arc<dyn Learner> {
        // The baseline predicts the untransformed target: it is not a model of the script.
        let task = Task { transform: None, ..task.clone() };
        Arc::new(LearnerOf { learner: Dummy, task, sees: FeatureUse::Nothing })
    }

    fn score(&self, held_out: HeldOut<'_>, task: &Task) -> Result<FoldResult, Failure> {
        let HeldOut { round, rows, training, truth, predictions, baseline } = held_out;
        let labels = exchange::labels(truth, task)?;
        let scores = self.scores(task, &labels, &predictions, &baseline);
        let ones = || vec![1.0; labels.rows()];
        let weights = with_role(truth, Role::Weight).map(|_| labels.weights().map_or_else(ones, <[f64]>::to_vec));
        let groups = self.by.as_ref().map(|by| subgroups::names(truth, by)).transpose()?;
        let truth = labels.target().clone();
        let mut result = FoldResult::new(round, self.scheme.folds(), rows, truth, predictions, baseline);
        (result.scores, result.weights, result.training) = (scores, weights, training);
        result.groups = groups;
        Ok(if self.evaluates { result } else { result.scores_alone() })
    }

    fn evaluation(&self, results: Vec<FoldResult>, model: &str, task: &Task, seed: u64) -> Evaluation {
        let results = match self.scheme {
            Scheme::LeaveOneOut(_) => self.pooled(results, task),
            _ => results,
        };
        let scheme = self.scheme.named(self.stratifies(task));
        let key = Key::new(seed).child("intervals");
        let metrics = results.first().filter(|_| self.evaluates).map(|fold| self.metrics(task, &fold.predictions));
        let metrics = metrics.unwrap_or_default().into_iter().enumerate();
        let intervals = metrics.map(|(place, metric)| interval(metric, place, &results, key.index(place as u64)));
        let intervals = intervals.collect();
        let mut evaluation = Evaluation::new(model, task.clone(), scheme, results);
        evaluation.folds = evaluation.results.len() / self.repeat;
        (evaluation.repeat, evaluation.seed) = (self.repeat, seed);
        evaluation.intervals = intervals;
        evaluation.subgroups = self.by.as_ref().and_then(|by| {
            let scores = |rows: &FoldResult| self.scores(task, &rows.labels(), &rows.predictions, &rows.baseline);
            subgroups::scored(by, &evaluation.results, scores)
        });
        evaluation
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}
