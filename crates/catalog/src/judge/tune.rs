//! `tune`: searches the choices of the stages above for the best ones.

use super::eval::{Eval, MetricWord};
use super::scheme::Scheme;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::Metric;
use pipewright_learn::metric::{self, Undefined};
use pipewright_learn::search::{self, Point, Range, Space, Value as At};
use pipewright_operator::result::{Output, Trial};
use pipewright_operator::work::{Choose, Evaluator, Rung, Search, Splitter};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Effect, Environment, Example, Flow, Group, Int, Seed, Spec,
    Structure, Task, TaskKind, Verb, arguments, words,
};
use pipewright_world::random::Key;
use std::collections::HashSet;
use std::sync::Arc;

/// The number of candidates that are drawn, if the script does not say.
const DEFAULT: usize = 20;

words! {
    /// Which candidates are tried, and on how many rows.
    enum StrategyWord { Grid = "grid", Random = "random", Halving = "halving" }
}

words! {
    /// The inner evaluation.
    enum Inner {
        KFold(3) = "kfold",
        Stratified(3) = "stratified",
        Group(3) = "group",
        Time(3) = "time",
        Holdout = "holdout",
    }
}

arguments! {
    /// The arguments of `tune`.
    struct TuneArgs {
        /// Which candidates are tried: all combinations, a random sample of them, or a random sample of which the
        /// best third goes on to three times the rows.
        positional strategy: StrategyWord;
        /// Number of candidates.
        positional candidates: Option<Count>, for strategy in ["random", "halving"], by strategy {
            "random" => Count::from(DEFAULT),
            "halving" => Count::from(DEFAULT),
        };
        /// The inner evaluation: on these folds of the training rows, candidates are compared.
        option inner: Inner = Inner::KFold(3);
        /// The metric that decides. Without it, log_loss for classes and rmse for numbers.
        option metric: Option<MetricWord>;
        /// One in this many candidates goes on to the next rung.
        option eta: Int<2> = 3, for strategy in ["halving"];
        /// Random seed of the candidates and of the inner folds, in place of the seed of the run.
        option seed: Option<Seed>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "tune",
        group: Group::Judge,
        summary: "Tunes hyper-parameters: evaluates candidates on inner folds, and goes on with the best one.",
        details: "The stages above have choices: `choose[a, b]` in place of a value, `choose { name: stages; … }` in \
                  place of stages, and the ranges `uniform(0, 0.5)`, `loguniform(1e-4, 1e-1)` and `int(2, 12)`. \
                  `grid` tries all combinations, `random 40` a sample of 40; drawn numbers are rounded to four \
                  digits. `halving 27` starts with 27 candidates on few rows, and the best third of each rung goes \
                  on to three times the rows (successive halving). Candidates are compared by the mean of the metric \
                  over the inner folds. A search is nested by itself: under `eval`, it runs anew inside every fold, \
                  on that fold's training rows only, so that its score tells what to expect on new rows. The score \
                  of the best candidate on inner folds is too good for that, since it is the best of several. `save` \
                  keeps the winner, fitted on all rows. Steps that candidates share are fitted once per fold.",
        search: &[
            "hyperparameter",
            "hyper-parameter",
            "search",
            "grid search",
            "gridsearchcv",
            "randomizedsearchcv",
            "random search",
            "optimise",
            "optimize",
            "halvinggridsearchcv",
            "successive halving",
        ],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Search,
        elsewhere: metric::ALIASES,
        examples: &[
            Example {
                script: "load diabetes.csv | scale | train ridge(l2=choose[0.1, 1, 10]) | tune grid",
                output: "\
tune grid: 3 candidates for progression

rmse     l2
54.4511  0.1
54.4803  1
54.6063  10

The best of several inner scores is optimistic: `tune … | eval` tells what to expect.
",
            },
            Example {
                script: "load iris.csv | train knn[int(1, 15)] | tune random 5 metric=accuracy | eval kfold 3 metric=accuracy",
                output: "\
tune random 5 predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.9600      0.8239 to 1.0000    0.9400    1.0000      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          48           2
virginica                    0           4          46

chosen on inner folds, in 3 folds
   2  knn=10
   1  knn=2
",
            },
        ],
        ..Spec::of::<TuneArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let TuneArgs { strategy, candidates, inner, metric, eta, seed } = TuneArgs::read(args)?;
    let folds = |count: usize| match count {
        0 | 1 => {
            let message = "candidates are compared on 2 inner folds or more";
            Err(ArgumentError::of("inner", code::BAD_VALUE, message).help("for example `inner=kfold[3]`"))
        }
        count => Ok(count),
    };
    let scheme = match inner {
        Inner::KFold(count) | Inner::Stratified(count) => Scheme::Folds(folds(count)?),
        Inner::Group(count) => Scheme::Groups(folds(count)?),
        Inner::Time(count) => Scheme::Time { rounds: folds(count)?, gap: None, window: None },
        Inner::Holdout => Scheme::Holdout(HELD_OUT),
    };
    let candidates = candidates.map_or(DEFAULT, |count| count.get());
    let strategy = match strategy {
        StrategyWord::Grid => Strategy::Grid,
        StrategyWord::Random => Strategy::Random(candidates),
        StrategyWord::Halving => Strategy::Halving { candidates, eta: eta.get() },
    };
    let metric = metric.and_then(|word| Metric::find(word.0));
    let stratified = matches!(inner, Inner::Stratified(_)).then_some(true);
    let judge = Arc::new(Eval::inner(scheme, stratified, metric));
    Ok(Bound::Search(Arc::new(Tune { strategy, metric, judge, seed: seed.map(|seed| seed.0) })))
}

/// The share of the rows that `inner=holdout` holds out.
const HELD_OUT: f64 = 0.2;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Strategy {
    Grid,
    Random(usize),
    Halving { candidates: usize, eta: usize },
}

struct Tune {
    strategy: Strategy,
    metric: Option<&'static Metric>,
    judge: Arc<Eval>,
    seed: Option<u64>,
}

impl Choose for Tune {
    fn rank(&self, evaluations: &[Arc<Output>]) -> Result<Vec<usize>, Failure> {
        let trial = |(place, output): (usize, &Arc<Output>)| {
            let evaluation = output.as_evaluation()?;
            let metric = self.metric(&evaluation.task);
            Some((Trial::of(place, Vec::new(), 1.0, evaluation, metric.name).mean(), metric))
        };
        let scores: Vec<(Result<f64, Undefined>, &Metric)> = evaluations.iter().enumerate().filter_map(trial).collect();
        let score = |(mean, metric): &(Result<f64, Undefined>, &Metric)| match (mean, metric.better) {
            (Err(_), _) => f64::NAN,
            (Ok(mean), metric::Better::Lower) => *mean,
            (Ok(mean), metric::Better::Higher) => -mean,
        };
        if let (Some((Err(reason), metric)), true) = (scores.first(), scores.iter().all(|(mean, _)| mean.is_err())) {
            let message = format!("`{}` is undefined on inner folds of every candidate: {}", metric.name, reason.0);
            return Err(Failure::new(code::UNDEFINED_SCORE, message).help("use fewer inner folds, or another metric"));
        }
        let scores: Vec<f64> = scores.iter().map(score).collect();
        Ok(search::promote(&scores, scores.len()))
    }
}

impl Search for Tune {
    fn candidates(&self, space: &Space, most: usize, seed: u64) -> Result<Vec<Point>, ArgumentError> {
        let too_many = |count: u128| {
            let message = format!("{count} candidates are over the limit of {most}");
            ArgumentError::of("strategy", code::LIMIT_REACHED, message).help("sample some of them: tune random 100")
        };
        let count = match self.strategy {
            Strategy::Grid => {
                let grid = search::grid(space).map_err(|failure| {
                    let fault = ArgumentError::of("strategy", failure.code, failure.message);
                    fault.help("name its values, or sample: tune random 40")
                })?;
                let count = grid.points();
                return if count > most as u128 { Err(too_many(count)) } else { Ok(grid.collect()) };
            }
            Strategy::Random(count) | Strategy::Halving { candidates: count, .. } => count,
        };
        if count > most {
            return Err(too_many(count as u128));
        }
        let key = Key::new(seed).child("tune");
        let (mut points, mut known) = (Vec::new(), HashSet::new());
        // A space of few points may not have that many different ones.
        for trial in 0..count as u64 * TRIES {
            let point = rounded(space, search::random(space, key, trial));
            // The texts are looked up and never iterated over.
            if known.insert(format!("{point:?}")) {
                points.push(point);
            }
            if points.len() == count {
                break;
            }
        }
        Ok(points)
    }

    fn rungs(&self, candidates: usize) -> Vec<Rung> {
        let Strategy::Halving { eta, .. } = self.strategy else { return vec![Rung { candidates, share: 1.0 }] };
        let highest = (eta as u64).pow(RUNGS_MAX - 1);
        match search::successive_halving(candidates, 1, highest, eta as u64) {
            Ok(bracket) => {
                let rung = |rung: &search::Rung| Rung {
                    candidates: rung.candidates,
                    share: rung.resource as f64 / highest as f64,
                };
                bracket.rungs.iter().map(rung).collect()
            }
            Err(_) => vec![Rung { candidates, share: 1.0 }],
        }
    }

    fn share(&self, share: f64) -> Arc<dyn Splitter> {
        Arc::new(Eval::holdout(1.0 - share))
    }

    fn judge(&self) -> Arc<dyn Evaluator> {
        self.judge.clone()
    }

    fn label(&self) -> String {
        match self.strategy {
            Strategy::Grid => "grid".to_owned(),
            Strategy::Random(count) => format!("random {count}"),
            Strategy::Halving { candidates, .. } => format!("halving {candidates}"),
        }
    }

    fn metric(&self, task: &Task) -> &'static Metric {
        self.metric.unwrap_or(match task.kind {
            TaskKind::Classes(_) => &metric::LOG_LOSS,
            TaskKind::Numbers => &metric::RMSE,
        })
    }

    fn seed(&self) -> Option<u64> {
        self.seed
    }
}

/// Draws per candidate before a space counts as exhausted.
const TRIES: u64 = 20;

/// The number of rungs of a halving, at most; with `eta=3` the first one has a 27th of the rows.
const RUNGS_MAX: u32 = 4;

/// Rounds drawn numbers to four significant digits, within their ranges, so that scripts with them are readable.
fn rounded(space: &Space, point: Point) -> Point {
    let round = |(value, range): (Option<At>, &Range)| match (value, *range) {
        (Some(At::Number(number)), Range::Uniform { low, high } | Range::LogUniform { low, high }) => {
            let digits: f64 = format!("{number:.3e}").parse().unwrap_or(number);
            Some(At::Number(digits.clamp(low, high)))
        }
        (value, _) => value,
    };
    let ranges = space.dimensions().iter().map(|dimension| &dimension.range);
    Point(point.0.into_iter().zip(ranges).map(round).collect())
}
