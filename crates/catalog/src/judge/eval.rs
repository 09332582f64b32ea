//! `eval`: judges everything above it on rows that it has not seen.

use crate::adapt::{LearnerOf, Sees};
use crate::exchange;
use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Role, Schema, Table};
use pipewright_learn::dummy::Dummy;
use pipewright_learn::metric::{self, Judged, METRICS, Metric};
use pipewright_learn::{Target, split};
use pipewright_operator::result::{self, Evaluation, FoldResult, Score};
use pipewright_operator::work::{Amendment, HeldOut, Judge, Learner, Round, Splitter};
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Structure, Surroundings, Task, TaskKind,
    Value, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

const METRIC_NAMES: &[&str] = &[
    "accuracy",
    "balanced_accuracy",
    "auc",
    "log_loss",
    "f1",
    "precision",
    "recall",
    "brier",
    "mcc",
    "rmse",
    "mae",
    "r2",
];

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "eval",
        group: Group::Judge,
        summary: "Judges everything above it on rows that it has not seen, and passes its input on.",
        details: "Every stage that learns is fitted anew in every fold, on that fold's training rows only. `kfold` on \
                  classes keeps their proportions in every fold (`stratified` says so explicitly, \
                  `stratified=false` does not); on numbers it does not. Rows are shuffled before they are dealt out; \
                  `shuffle=false` takes contiguous folds. `holdout 20%` judges once. A baseline that looks at no \
                  feature is judged on the same folds. `group` keeps the rows of each value of the column with that \
                  role together (and `kfold` becomes `group` where there is such a column, with a note); `time` learns from \
                  earlier rows and judges later ones, in the order of the column with that role or else of the rows; \
                  a column with the role of fold says itself which rows are judged together.",
        search: &["evaluate", "cv", "crossval", "cross-validation", "score", "validate", "test"],
        input: Sort::Learner,
        output: Sort::Learner,
        effect: Effect::Tee,
        structure: Structure::Folds,
        positionals: &[
            Param::with_default(
                "scheme",
                Domain::Word(&["kfold", "stratified", "group", "time", "holdout"]),
                "kfold",
                "How rows are parted.",
            ),
            Param::optional(
                "size",
                Domain::OneOf(&[Domain::Share, Domain::Whole { min: 0 }]),
                "How many folds (5), or which share is held out (20%).",
            ),
        ],
        options: &[
            Param::with_default("repeat", Domain::Whole { min: 1 }, "1", "How many times, each with another shuffle."),
            Param::optional(
                "metric",
                Domain::List(&Domain::Word(METRIC_NAMES)),
                "Which metrics; all that apply, if not given.",
            ),
            Param::with_default(
                "shuffle",
                Domain::Truth,
                "true",
                "Whether rows are shuffled before they are dealt out.",
            ),
            Param::optional(
                "gap",
                Domain::OneOf(&[Domain::Duration, Domain::Real { min: 0.0, max: f64::MAX }]),
                "For `time`: how long before the first judged row the last one to learn from may be.",
            ),
            Param::optional("stratified", Domain::Truth, "Whether every fold has the classes in proportion."),
            Param::optional("seed", Domain::Whole { min: 0 }, "A seed of its own for the splits."),
        ],
        examples: &[
            Example {
                script: "load diabetes.csv | train ridge | eval holdout 20%",
                output: "\
ridge predicts progression (regression)
holdout, 88 rows, seed 0

                        mean    lowest   highest    baseline
rmse                 57.8171   57.8171   57.8171     75.9845
mae                  47.0654   47.0654   47.0654     66.3321
r2                    0.4187    0.4187    0.4187     -0.0040
",
            },
            Example {
                script: "load iris.csv | train logistic | eval stratified 5 metric=[accuracy, log_loss] repeat=2",
                output: "\
logistic predicts species (3 classes)
stratified, 5 folds, 2 times, 150 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.9633    0.9000    1.0000      0.3333
log_loss              0.1380    0.0991    0.1779      1.0986

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                     100           0           0
versicolor                   0          94           6
virginica                    0           5          95
",
            },
        ],
        ..Spec::BASE
    },
    bind,
    load: None,
};

#[derive(Clone, Copy)]
enum Scheme {
    Folds(usize),
    /// Folds of whole groups.
    Groups(usize),
    /// Rounds that go forward in time, with a gap in the unit of the times (seconds for dates).
    Time(usize, f64),
    Holdout(f64),
}

impl Scheme {
    /// The number of folds of one repetition.
    fn folds(self) -> usize {
        match self {
            Scheme::Folds(folds) | Scheme::Groups(folds) | Scheme::Time(folds, _) => folds,
            Scheme::Holdout(_) => 1,
        }
    }
}

/// A judge; also what sets rows for validation aside.
pub(crate) struct Eval {
    scheme: Scheme,
    repeat: usize,
    shuffle: bool,
    /// `None`: where there are classes.
    stratified: Option<bool>,
    metrics: Vec<&'static Metric>,
    seed: Option<u64>,
}

impl Eval {
    /// One holdout of this share, in proportion where there are classes.
    pub(crate) fn holdout(share: f64) -> Eval {
        Eval {
            scheme: Scheme::Holdout(share),
            repeat: 1,
            shuffle: true,
            stratified: None,
            metrics: Vec::new(),
            seed: None,
        }
    }

    fn stratifies(&self, task: &Task) -> bool {
        task.classes().is_some() && self.stratified.unwrap_or(true)
    }

    fn metrics(&self, task: &Task) -> Vec<&'static Metric> {
        if !self.metrics.is_empty() {
            return self.metrics.clone();
        }
        let usual = METRICS.iter().filter(|metric| METRIC_NAMES.contains(&metric.name));
        usual.filter(|metric| applies(metric, task)).collect()
    }
}

fn applies(metric: &Metric, task: &Task) -> bool {
    (metric.task == metric::Task::Classes) == task.classes().is_some()
}

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let word = args.text("scheme").unwrap_or("kfold");
    let scheme = match (word, args.get("size")) {
        ("holdout", None) => Scheme::Holdout(0.2),
        ("holdout", Some(Value::Share(share))) => Scheme::Holdout(*share),
        ("holdout", Some(size)) => {
            let message = format!("`holdout` takes a share, and {size} is a count");
            return Err(Fault::of("size", code::BAD_VALUE, message).help("for example `eval holdout 20%`"));
        }
        (_, None) => folds_of(word, 5, args),
        (_, Some(Value::Whole(folds))) if *folds >= 2 => {
            folds_of(word, usize::try_from(*folds).unwrap_or(usize::MAX), args)
        }
        (_, Some(size)) => {
            let message = format!("`{word}` takes a number of folds from 2 up, not {size}");
            return Err(Fault::of("size", code::BAD_VALUE, message).help(format!("for example `eval {word} 5`")));
        }
    };
    if args.is_given("gap") && word != "time" {
        let message = format!("`gap` belongs to `eval time`, and this is `eval {word}`");
        return Err(Fault::of("gap", code::MISPLACED_OPTION, message));
    }
    let stratified = match (word, args.truth("stratified")) {
        ("stratified", Some(false)) => {
            let message = "`eval stratified` with `stratified=false` contradicts itself";
            return Err(Fault::of("stratified", code::BAD_VALUE, message).help("write `eval kfold` instead"));
        }
        ("stratified", _) => Some(true),
        (_, given) => given,
    };
    let repeat = args.whole("repeat").unwrap_or(1);
    let shuffle = args.truth("shuffle").unwrap_or(true);
    if !shuffle && repeat > 1 {
        let message = "without shuffling, every repetition would be the same";
        return Err(Fault::of("repeat", code::BAD_VALUE, message));
    }
    let names = args.list("metric").unwrap_or_default();
    let metrics = names.iter().filter_map(|name| Metric::find(&name.node.to_string())).collect();
    let seed = args.whole("seed").map(|seed| seed as u64);
    Ok(Bound::Judge(Arc::new(Eval { scheme, repeat, shuffle, stratified, metrics, seed })))
}

fn folds_of(word: &str, count: usize, args: &Args) -> Scheme {
    match (word, args.get("gap")) {
        ("group", _) => Scheme::Groups(count),
        ("time", Some(Value::Duration(seconds, _))) => Scheme::Time(count, *seconds),
        ("time", gap) => Scheme::Time(count, gap.and_then(Value::number).unwrap_or(0.0)),
        _ => Scheme::Folds(count),
    }
}

impl Splitter for Eval {
    fn rounds(&self) -> usize {
        self.scheme.folds().saturating_mul(self.repeat)
    }

    fn split(&self, rows: &Table, task: &Task, key: Key, watch: &dyn Watch) -> Result<Vec<Round>, Failure> {
        let codes = match exchange::target(rows, task)? {
            Target::Classes { codes, .. } if self.stratifies(task) => Some(codes),
            _ => None,
        };
        let groups = with_role(rows, Role::Group).map(|name| levels(rows, &name)).transpose()?;
        let given = with_role(rows, Role::Fold).map(|name| levels(rows, &name)).transpose()?;
        if let (Scheme::Groups(_), None) = (self.scheme, &groups) {
            let message = "`eval group` keeps groups together, and no column has that role";
            return Err(Failure::new(code::MISSING_ARGUMENT, message).help("name it: role group=NAME"));
        }
        if let (Scheme::Folds(_) | Scheme::Holdout(_), Some(_), None) = (self.scheme, &groups, &given) {
            watch.notice(groups_together());
        }
        let mut rounds = Vec::new();
        for repeat in 0..self.repeat {
            let key = key.index(repeat as u64);
            let shuffle = self.shuffle.then_some(key);
            let folds = match (self.scheme, &codes) {
                (Scheme::Time(count, gap), _) => split::forward(&times(rows)?, count, gap)?,
                (Scheme::Groups(count) | Scheme::Folds(count), codes) => {
                    let folds = match (&given, &groups, codes) {
                        (Some(given), ..) => split::given(given, count)?,
                        (None, Some(groups), _) => split::grouped(groups, count, shuffle)?,
                        (None, None, Some(codes)) => split::stratified(codes, count, shuffle)?,
                        (None, None, None) => split::kfold(rows.rows(), count, shuffle)?,
                    };
                    // A repetition would only say the same again.
                    folds.notices.into_iter().filter(|_| repeat == 0).for_each(|notice| watch.notice(notice));
                    folds.folds
                }
                (Scheme::Holdout(share), _) if groups.is_some() => {
                    vec![split::holdout_grouped(groups.as_deref().unwrap_or_default(), share, key)?]
                }
                (Scheme::Holdout(share), _) if !self.shuffle => vec![last_rows(rows.rows(), share)?],
                (Scheme::Holdout(share), Some(codes)) => vec![split::holdout_stratified(codes, share, key)?],
                (Scheme::Holdout(share), None) => vec![split::holdout(rows.rows(), share, key)?],
            };
            rounds.extend(folds.into_iter().map(|fold| Round { train: fold.train.into(), test: fold.test.into() }));
        }
        Ok(rounds)
    }
}

fn groups_together() -> Failure {
    let message = "rows of one group stay together, as there is a column with that role";
    Failure::warning(code::GROUPS_TOGETHER, message).help("to say so in the script: eval group")
}

/// The column with this role.
fn with_role(rows: &Table, role: Role) -> Option<Arc<str>> {
    rows.columns().iter().find(|column| column.role == role).map(|column| column.name.clone())
}

/// The value of each row as its place among all values of the column; missing ones are a value of their own.
fn levels(rows: &Table, name: &str) -> Result<Vec<u32>, Failure> {
    let values = rows.classes(name)?;
    let codes = rows.codes(name, &values)?;
    let missing = u32::try_from(values.len()).unwrap_or(u32::MAX);
    Ok(codes.into_iter().map(|code| code.unwrap_or(missing)).collect())
}

/// When each row was seen: in seconds for dates and times, by the order of the rows where nothing says it.
fn times(rows: &Table) -> Result<Vec<f64>, Failure> {
    match with_role(rows, Role::Time) {
        None => Ok((0..rows.rows()).map(|row| row as f64).collect()),
        Some(name) => rows.moments(&name),
    }
}

/// Without shuffling, a holdout is the end of the table.
fn last_rows(rows: usize, share: f64) -> Result<split::Fold, Failure> {
    let folds = split::holdout(rows, share, Key::new(0))?;
    let train = u32::try_from(folds.train.len()).expect("tables have fewer than 2^32 rows");
    let end = u32::try_from(rows).expect("tables have fewer than 2^32 rows");
    Ok(split::Fold { train: (0..train).collect(), test: (train..end).collect() })
}

impl Judge for Eval {
    fn check(&self, task: &Task) -> Result<(), Fault> {
        let numbers = matches!(task.kind, TaskKind::Numbers);
        if numbers && self.stratified == Some(true) {
            let message = format!("`{}` holds numbers: there are no classes to keep in proportion", task.target);
            return Err(Fault::of("scheme", code::WRONG_TASK, message).help("write `eval kfold`"));
        }
        if let Some(metric) = self.metrics.iter().find(|metric| !applies(metric, task)) {
            let kind = if numbers { "numbers" } else { "classes" };
            let message = format!("`{}` is no metric for {kind}", metric.name);
            let others: Vec<&str> = METRICS
                .iter()
                .filter(|metric| METRIC_NAMES.contains(&metric.name) && applies(metric, task))
                .map(|metric| metric.name)
                .collect();
            let help = format!("metrics for {kind}: {}", others.join(", "));
            return Err(Fault::of("metric", code::WRONG_TASK, message).help(help));
        }
        Ok(())
    }

    fn amended(&self, columns: &Schema) -> Option<Amendment> {
        let has = |role| columns.with_role(role).is_some();
        let is_grouped = matches!(self.scheme, Scheme::Folds(_)) && has(Role::Group) && !has(Role::Fold);
        is_grouped.then(|| Amendment {
            name: "scheme",
            value: Value::Word("group".to_owned()),
            notice: groups_together(),
        })
    }

    fn shuffles(&self) -> bool {
        self.shuffle && !matches!(self.scheme, Scheme::Time(..))
    }

    fn decided(&self, task: &Task) -> Vec<(&'static str, String)> {
        match self.scheme {
            Scheme::Time(..) => return Vec::new(),
            Scheme::Folds(_) if task.classes().is_some() => vec![("stratified", self.stratifies(task).to_string())],
            _ => Vec::new(),
        }
        .into_iter()
        .chain([("shuffle", self.shuffle.to_string())])
        .collect()
    }

    fn baseline(&self, task: &Task) -> Arc<dyn Learner> {
        // The numbers as they are: the baseline is no model of the script.
        let task = Task { transform: None, ..task.clone() };
        Arc::new(LearnerOf { learner: Dummy, task, sees: Sees::Nothing })
    }

    fn score(&self, held_out: HeldOut<'_>, task: &Task) -> Result<FoldResult, Failure> {
        let HeldOut { round, rows, truth, outputs, baseline } = held_out;
        let labels = exchange::labels(truth, task)?;
        let judged = [Judged::new(&labels, &outputs), Judged::new(&labels, &baseline)];
        let score = |metric: &'static Metric| {
            let [model, baseline] = judged.each_ref().map(|judged| metric.score(judged));
            Score { metric: metric.name, model, baseline }
        };
        let scores = self.metrics(task).into_iter().map(score).collect();
        let ones = || vec![1.0; labels.rows()];
        let weights = with_role(truth, Role::Weight).map(|_| labels.weights().map_or_else(ones, <[f64]>::to_vec));
        let truth = labels.target().clone();
        let mut result = FoldResult::new(round, self.scheme.folds(), rows, truth, outputs, baseline);
        (result.scores, result.weights) = (scores, weights);
        Ok(result)
    }

    fn evaluation(&self, results: Vec<FoldResult>, model: &str, task: &Task, seed: u64) -> Evaluation {
        let scheme = match self.scheme {
            Scheme::Groups(_) => result::Scheme::Group,
            Scheme::Time(..) => result::Scheme::Time,
            Scheme::Folds(_) if self.stratifies(task) => result::Scheme::Stratified,
            Scheme::Folds(_) => result::Scheme::KFold,
            Scheme::Holdout(_) => result::Scheme::Holdout,
        };
        let mut evaluation = Evaluation::new(model, task.clone(), scheme, results);
        (evaluation.folds, evaluation.repeat, evaluation.seed) = (self.scheme.folds(), self.repeat, seed);
        evaluation
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}
