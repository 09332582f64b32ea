//! `tune`: searches the choices of the stages above for the best ones.

use super::eval::MetricWord;
use super::evaluator::Eval;
use super::scheme::Scheme;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::Metric;
use pipewright_learn::metric::{self, Undefined};
use pipewright_learn::search::{self, Point, Range, Space, Tpe, Value as At};
use pipewright_operator::result::{Output, Trial};
use pipewright_operator::work::{Choose, Course, Evaluator, Pool, Race, Rung, Search, Splitter};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Count, Duration, Effect, Environment, Example, Flow, Group, Int, Seed, Spec,
    Structure, Task, TaskKind, Verb, arguments, words,
};
use pipewright_world::random::Key;
use std::collections::HashSet;
use std::sync::Arc;

/// The number of candidates that are drawn, if the script does not say.
const DEFAULT: usize = 20;

words! {
    /// Which candidates are tried, and on how many rows.
    enum StrategyWord {
        Grid = "grid",
        Random = "random",
        Tpe = "tpe",
        Halving = "halving",
        Hyperband = "hyperband",
    }
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
        /// Which candidates are tried: all combinations, a random sample, a sample in which each one follows from the
        /// scores of those before it, or a sample of which the best third goes on to three times the rows.
        positional strategy: StrategyWord;
        /// Number of candidates to try.
        positional candidates: Option<Count>, for strategy in ["random", "tpe", "halving"], by strategy {
            "random" => Count::from(DEFAULT),
            "tpe" => Count::from(DEFAULT),
            "halving" => Count::from(DEFAULT),
        };
        /// The inner evaluation: on these folds of the training rows, candidates are compared.
        option inner: Inner = Inner::KFold(3);
        /// The metric that decides. Without it, log_loss for classes and rmse for numbers.
        option metric: Option<MetricWord>;
        /// One in this many candidates goes on to the next rung.
        option eta: Int<2> = 3, for strategy in ["halving", "hyperband"];
        /// Time for the search, such as `10m`; with folds around it, for all of them together. When it is up, candidates that
        /// are left are skipped, with a warning.
        option budget: Option<Duration>;
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
                  on to three times the rows (successive halving); `hyperband` runs several halvings that start with \
                  more and more rows. `tpe 40` tries 40 candidates one after the other, each where earlier scores \
                  make a better one likely (tree-structured Parzen estimator), of a random pool of eight times as \
                  many. Candidates are compared by the mean of the metric \
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
            "optuna",
            "bayesian optimization",
            "hyperopt",
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
    let TuneArgs { strategy, candidates, inner, metric, eta, budget, seed } = TuneArgs::read(args)?;
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
        StrategyWord::Tpe => Strategy::Tpe(candidates),
        StrategyWord::Halving => Strategy::Halving { candidates, eta: eta.get() },
        StrategyWord::Hyperband => Strategy::Hyperband(eta.get()),
    };
    let metric = metric.and_then(|word| Metric::find(word.0));
    let stratified = matches!(inner, Inner::Stratified(_)).then_some(true);
    let judge = Arc::new(Eval::inner(scheme, stratified, metric));
    let budget = budget.map(|budget| budget.budget("budget")).transpose()?;
    Ok(Bound::Search(Arc::new(Tune { strategy, metric, judge, budget, seed: seed.map(|seed| seed.0) })))
}

/// The share of the rows that `inner=holdout` holds out.
const HELD_OUT: f64 = 0.2;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Strategy {
    Grid,
    Random(usize),
    Tpe(usize),
    Halving { candidates: usize, eta: usize },
    Hyperband(usize),
}

struct Tune {
    strategy: Strategy,
    metric: Option<&'static Metric>,
    judge: Arc<Eval>,
    budget: Option<std::time::Duration>,
    seed: Option<u64>,
}

impl Choose for Tune {
    fn rank(&self, evaluations: &[Arc<Output>]) -> Result<Vec<usize>, Failure> {
        let losses: Vec<Result<f64, Failure>> = evaluations.iter().map(|output| self.loss(output)).collect();
        if let (Some(Err(failure)), true) = (losses.first(), losses.iter().all(Result::is_err)) {
            return Err(failure.clone());
        }
        let losses: Vec<f64> = losses.into_iter().map(|loss| loss.unwrap_or(f64::NAN)).collect();
        Ok(search::promote(&losses, losses.len()))
    }
}

impl Tune {
    /// The mean of the metric over the inner folds, with the sign that makes lower better.
    fn loss(&self, output: &Output) -> Result<f64, Failure> {
        let evaluation = output.as_evaluation().expect("candidates are evaluated");
        let metric = self.metric(&evaluation.task);
        let mean = Trial::of(0, Vec::new(), 1.0, evaluation, metric.name).mean().map_err(|Undefined(reason)| {
            let message = format!("`{}` is undefined on inner folds of every candidate: {reason}", metric.name);
            Failure::new(code::UNDEFINED_SCORE, message).help("use fewer inner folds, or another metric")
        })?;
        Ok(match metric.better {
            metric::Better::Lower => mean,
            metric::Better::Higher => -mean,
        })
    }

    /// The number of candidates to draw.
    fn drawn(&self) -> usize {
        match self.strategy {
            Strategy::Grid => 0,
            Strategy::Random(count) | Strategy::Halving { candidates: count, .. } => count,
            Strategy::Tpe(count) => count.saturating_mul(POOL),
            Strategy::Hyperband(eta) => brackets(eta).iter().map(|bracket| bracket.rungs[0].candidates).sum(),
        }
    }
}

/// A race of this many candidates that ends on all rows.
fn race(first: usize, candidates: usize, lowest: u64, eta: usize) -> Race {
    let highest = highest(eta);
    let rung = |rung: &search::Rung| Rung { candidates: rung.candidates, share: rung.resource as f64 / highest as f64 };
    let bracket = search::successive_halving(candidates, lowest, highest, eta as u64);
    let rungs =
        bracket.map_or_else(|_| vec![Rung { candidates, share: 1.0 }], |race| race.rungs.iter().map(rung).collect());
    Race { first, rungs }
}

/// What all rows count as, if the fewest of a race count as 1.
fn highest(eta: usize) -> u64 {
    (eta as u64).saturating_pow(RUNGS_MAX - 1)
}

/// The races of hyperband.
fn brackets(eta: usize) -> Vec<search::Bracket> {
    search::hyperband(1, highest(eta), eta as u64).unwrap_or_default()
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
            _ => self.drawn(),
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

    fn course(&self, candidates: usize) -> Course {
        match self.strategy {
            Strategy::Grid | Strategy::Random(_) => {
                Course::Races(vec![Race { first: 0, rungs: vec![Rung { candidates, share: 1.0 }] }])
            }
            Strategy::Tpe(trials) => Course::OneByOne(trials.min(candidates)),
            Strategy::Halving { eta, .. } => Course::Races(vec![race(0, candidates, 1, eta)]),
            Strategy::Hyperband(eta) => {
                let mut first = 0;
                let mut races = Vec::new();
                for bracket in brackets(eta) {
                    // A space of few points ends before the last race.
                    let count = bracket.rungs[0].candidates.min(candidates - first);
                    if count > 0 {
                        races.push(race(first, count, bracket.rungs[0].resource, eta));
                        first += count;
                    }
                }
                Course::Races(races)
            }
        }
    }

    fn next(&self, pool: &Pool, tried: &[(usize, Arc<Output>)]) -> Result<usize, Failure> {
        // An undefined score is the worst.
        let loss = |(candidate, output): &(usize, Arc<Output>)| (*candidate, self.loss(output).unwrap_or(f64::NAN));
        let history: Vec<(usize, f64)> = tried.iter().map(loss).collect();
        let next = Tpe::new(&pool.space).pick(&pool.points, &history);
        next.ok_or_else(|| Failure::new(code::BUG, "more trials than candidates"))
    }

    fn budget(&self) -> Option<std::time::Duration> {
        self.budget
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
            Strategy::Tpe(count) => format!("tpe {count}"),
            Strategy::Halving { candidates, .. } => format!("halving {candidates}"),
            Strategy::Hyperband(_) => "hyperband".to_owned(),
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

/// Candidates in the pool of `tpe` per candidate that is tried.
const POOL: usize = 8;

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
