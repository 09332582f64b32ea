//! `fillna`: fills missing values.

use crate::adapt::{StepOf, TableStep, fitted, state};
use crate::matrix::{Fill as FillTogether, FillState};
use pipewright_diagnostic::Failure;
use pipewright_frame::{
    Chunks, Class, Complete, DirectionalFill, DirectionalFillState, Fill, FillDirection, FitContext, Imputer,
    ImputerState, Schema, Selection, Value as Literal,
};
use pipewright_learn::impute::{Iterative, IterativeFilling, Knn, KnnFilling, Weights};
use pipewright_operator::work::{Learned, Step};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Neighbours, Number,
    Spec, StateKind, Verb, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// A way to fill.
    enum Way {
        Mean = "mean",
        Median = "median",
        Mode = "mode",
        Knn(5) = "knn",
        Iterative = "iterative",
        Ffill = "ffill",
        Bfill = "bfill",
        Interpolate = "interpolate",
        Rolling(7) = "rolling",
    }
}

either! {
    /// What to fill with.
    enum With { Way(Way), Number(Number), Text(String) }
}

words! {
    /// How the neighbours of `knn` are weighted.
    struct WeightsWord(Weights) { "uniform" => Weights::Uniform, "distance" => Weights::Distance }
}

arguments! {
    /// The arguments of `fillna`.
    struct FillnaArgs {
        /// What to fill with.
        positional with: With;
        /// Adds a boolean column that is true where a value was missing.
        option indicator: bool = false;
        /// Weights of the neighbours: equal, or by inverse distance.
        option weights: WeightsWord = Weights::Uniform, for with in ["knn"];
        /// Columns of groups: values are carried within the rows of a group only.
        option over: Option<Vec<Arc<str>>>, for with in ["ffill", "bfill", "interpolate", "rolling"];
        /// Column to order the rows by. Without it, their order in the table.
        option by: Option<Arc<str>>, for with in ["ffill", "bfill", "interpolate", "rolling"];
        /// Columns to fill.
        on columns: Selection, by with {
            "mean" => [Class::Numeric],
            "median" => [Class::Numeric],
            "number" => [Class::Numeric],
            "knn" => [Class::Numeric],
            "iterative" => [Class::Numeric],
            "interpolate" => [Class::Numeric],
            "rolling" => [Class::Numeric],
            "text" => [Class::String],
            "mode" => [Class::Features],
            "ffill" => [Class::Features],
            "bfill" => [Class::Features],
        };
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "fillna",
        group: Group::Clean,
        summary: "Fills missing values (imputation): by statistics of the training rows, by a constant, or from \
                  nearby rows.",
        details: "`mean`, `median` and `mode` (the smallest of ties) are learned from the training rows; a column \
                  without any value in them is an error. Filling with fractions makes a column continuous, but \
                  whole numbers that miss nothing stay whole; what new rows miss in them is filled with the nearest \
                  whole number. A number or a quoted string fills with itself. `knn[5]` \
                  takes the mean of the 5 nearest training rows that have the value; distances are over the \
                  selected columns that both rows have, unscaled, so put `scale` before it. `iterative` regresses \
                  each selected column on the others (Bayesian ridge), in up to 10 rounds. `ffill` carries the \
                  last value forward, `bfill` the next one back, `interpolate` interpolates linearly between both; \
                  ends stay missing. `rolling[7]` takes the mean of the values in the 7 rows before. `over=[key]` \
                  keeps them within the rows of one key; with `by=day`, rows are ordered by that column, and \
                  `interpolate` measures along it.",
        search: &[
            "impute",
            "missing",
            "null",
            "na",
            "nan",
            "blank",
            "nearest neighbours",
            "mice",
            "forward fill",
            "last observation",
            "moving average",
        ],
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[
            Example {
                script: "load penguins.csv | select Species, \"Beak*\" | head 5 | fillna mean | show",
                output: "\
Species  Beak Length (mm)  Beak Depth (mm)
Adelie               39.1             18.7
Adelie               39.5             17.4
Adelie               40.3               18
Adelie               38.9            18.35
Adelie               36.7             19.3
",
            },
            Example {
                script: "load penguins.csv | select \"Beak*\" | head 5 | fillna ffill | show",
                output: "\
Beak Length (mm)  Beak Depth (mm)
            39.1             18.7
            39.5             17.4
            40.3               18
            40.3               18
            36.7             19.3
",
            },
            Example {
                script: "load penguins.csv | select Sex | head 5 | fillna \"unknown\" indicator=true | show",
                output: "\
Sex      Sex (missing)
MALE     false
FEMALE   false
FEMALE   false
unknown  true
FEMALE   false
",
            },
        ],
        ..Spec::of::<FillnaArgs>()
    },
    bind,
    states: &[
        StateKind { untagged: |json| json.pointer("/neighbour").is_some(), ..state::<DirectionalFillState>() },
        StateKind {
            untagged: |json| json.pointer("/transform/neighbours").is_some(),
            ..state::<FillState<KnnFilling>>()
        },
        StateKind { untagged: |json| json.get("transform").is_some(), ..state::<FillState<IterativeFilling>>() },
        state::<ImputerState>(),
    ],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    Ok(Bound::Step(Arc::new(Filling::new(FillnaArgs::read(args)?, &Complete::default()))))
}

/// The step for these arguments, with what is known of its columns.
struct Filling {
    args: FillnaArgs,
    step: Arc<dyn Step>,
}

impl Filling {
    fn new(args: FillnaArgs, complete: &Complete) -> Filling {
        let FillnaArgs { with, indicator, weights, over, by, columns } = &args;
        let (indicator, on, complete) = (*indicator, Some(columns.clone()), complete.clone());
        let fill = |fill: Fill| Imputer { fill, on: on.clone(), indicator, complete: complete.clone() };
        let constant = |value: Literal| -> Arc<dyn Step> { Arc::new(StepOf::new(fill(Fill::Constant(value)))) };
        let carry = |neighbour: FillDirection| -> Arc<dyn Step> {
            let (over, by) = (over.clone().unwrap_or_default(), by.clone());
            Arc::new(Carried(DirectionalFill { neighbour, on: on.clone(), over, by, indicator }))
        };
        let step: Arc<dyn Step> = match with {
            With::Way(Way::Mean) => Arc::new(StepOf::new(fill(Fill::Mean))),
            With::Way(Way::Median) => Arc::new(StepOf::new(fill(Fill::Median))),
            With::Way(Way::Mode) => Arc::new(StepOf::new(fill(Fill::Mode))),
            With::Number(Number::Whole(whole)) => constant(Literal::Int(*whole)),
            With::Number(Number::Real(number)) => constant(Literal::Number(*number)),
            With::Text(text) => constant(Literal::Text(text.as_str().into())),
            With::Way(Way::Ffill) => carry(FillDirection::Before),
            With::Way(Way::Bfill) => carry(FillDirection::After),
            With::Way(Way::Interpolate) => carry(FillDirection::Between),
            With::Way(Way::Rolling(rows)) => carry(FillDirection::Rolling((*rows).try_into().unwrap_or(u32::MAX))),
            With::Way(Way::Knn(neighbours)) => {
                let transformer = Knn { neighbours: *neighbours, weights: weights.0 };
                let fill = FillTogether { step: "`fillna knn`", on, transformer, indicator, complete };
                Arc::new(TableStep::new(fill))
            }
            With::Way(Way::Iterative) => {
                let transformer = Iterative::default();
                let fill = FillTogether { step: "`fillna iterative`", on, transformer, indicator, complete };
                Arc::new(TableStep::new(fill))
            }
        };
        Filling { args, step }
    }
}

impl Step for Filling {
    fn footprint(&self, verb: Effect) -> Footprint {
        self.step.footprint(verb)
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.step.schema(input)
    }

    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        self.step.fit(rows, context)
    }

    fn knowing(&self, complete: &Complete) -> Option<Arc<dyn Step>> {
        let fills_with_fractions = match self.args.with {
            With::Number(Number::Real(_)) | With::Way(Way::Mean | Way::Median | Way::Knn(_) | Way::Iterative) => true,
            With::Number(Number::Whole(_)) | With::Text(_) | With::Way(_) => false,
        };
        fills_with_fractions.then(|| Arc::new(Filling::new(self.args.clone(), complete)) as Arc<dyn Step>)
    }
}

/// Fills from neighbouring rows.
struct Carried(DirectionalFill);

impl Step for Carried {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn footprint(&self, _: Effect) -> Footprint {
        let neighbours = match self.0.neighbour {
            FillDirection::Before | FillDirection::Rolling(_) => Neighbours::EARLIER,
            FillDirection::After => Neighbours::LATER,
            FillDirection::Between => Neighbours::EARLIER.and(Neighbours::LATER),
        };
        let names = self.0.over.iter().chain(&self.0.by).cloned();
        Footprint::of(Effect::Seq).looking_at(neighbours).reading(names).reading_features().making_values()
    }

    fn fit(&self, rows: &dyn Chunks, _: &FitContext) -> Result<Learned, Failure> {
        Ok(Learned::new(fitted(self.0.state(&rows.schema())?, Vec::new())))
    }
}
