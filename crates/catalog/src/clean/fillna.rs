//! `fillna`: fills missing values.

use crate::adapt::{StepOf, TableStep, fitted, load_state};
use crate::matrix::{Fill as FillTogether, FillState};
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{
    About, Chunks, DirectionalFill, DirectionalFillState, Fill, FillDirection, Imputer, ImputerState, Schema,
    Value as Literal,
};
use pipewright_learn::impute::{Iterative, IterativeFilling, Knn, KnnFilling, Weights};
use pipewright_operator::work::{Fitted, Learned, Step};
use pipewright_operator::{
    Args, Bound, Columns, Domain, Effect, Example, Fault, Footprint, Group, Neighbours, Param, Sort, Spec,
    Surroundings, Value, Verb,
};
use serde_json::Value as Json;
use std::sync::Arc;

/// Neighbours that fill, where the script does not say.
const NEIGHBOURS: usize = 5;
/// What looks at the rows before and after, and learns nothing.
const CARRIES: [(&str, FillDirection); 3] =
    [("ffill", FillDirection::Before), ("bfill", FillDirection::After), ("interpolate", FillDirection::Between)];

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "fillna",
        group: Group::Clean,
        summary: "Fills missing values with what the training rows say, with a constant, or from the rows around.",
        details: "`mean` and `median` take the numeric features, `mode` (of ties, the smallest) numbers and texts, a \
                  number the numeric features, a text the text features. A column without a single value in the \
                  training rows is an error. `indicator=true` adds a column that says where a value was missing. \
                  `knn[5]` takes the mean of the 5 nearest training rows that have the value: the distance is over the \
                  selected columns that both rows have, which are not scaled, so put `scale` before it; \
                  `weights=distance` lets near rows count more. `iterative` regresses each selected column on the others \
                  (Bayesian ridge), up to 10 times over. Both take numeric columns. `ffill` carries the last value \
                  before, `bfill` the first one after, `interpolate` draws a line between both; ends stay missing. \
                  `over=[key]` keeps them inside the rows of one key, `by=day` orders the rows by a column, and measures \
                  along it, instead of as they stand.",
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
        ],
        output: Sort::Recipe,
        effect: Effect::Fit,
        positionals: &[Param::required(
            "with",
            Domain::OneOf(&[
                Domain::Word(&["mean", "median", "mode", "iterative", "ffill", "bfill", "interpolate"]),
                Domain::Sized("knn"),
                Domain::Real { min: f64::MIN, max: f64::MAX },
                Domain::Text,
            ]),
            "What to fill with.",
        )],
        options: &[
            Param::with_default(
                "indicator",
                Domain::Truth,
                "false",
                "Adds a column that says where a value was missing.",
            ),
            Param::optional(
                "weights",
                Domain::Word(&["uniform", "distance"]),
                "What the neighbours of `knn` weigh; without it all the same.",
            ),
            Param::optional(
                "over",
                Domain::List(&Domain::Column),
                "`ffill`, `bfill`, `interpolate`: columns that name groups of rows, which keep their values.",
            ),
            Param::optional(
                "by",
                Domain::Column,
                "`ffill`, `bfill`, `interpolate`: the column that orders the rows, without which they are as they stand.",
            ),
        ],
        columns: Columns::By(default_columns),
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
        ..Spec::BASE
    },
    bind,
    load: Some(load),
};

fn default_columns(args: &Args) -> &'static str {
    match args.get("with") {
        Some(Value::Word(word)) if matches!(word.as_str(), "mode" | "ffill" | "bfill") => "@features",
        Some(Value::Text(_)) => "@string",
        _ => "@numeric",
    }
}

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let on = args.columns("columns").cloned();
    let indicator = args.truth("indicator").unwrap_or(false);
    let (word, size) = args.sized("with").unwrap_or_default();
    let neighbour = CARRIES.iter().find(|(name, _)| *name == word).map(|(_, neighbour)| *neighbour);
    refuse_strays(args, word, neighbour.is_some())?;
    if let Some(neighbour) = neighbour {
        return Ok(Bound::Step(Arc::new(Carried(carry(args, neighbour)))));
    }
    if word == "knn" {
        let weights = if args.text("weights") == Some("distance") { Weights::Distance } else { Weights::Uniform };
        let transformer = Knn { neighbours: size.unwrap_or(NEIGHBOURS), weights };
        let fill = FillTogether { step: "`fillna knn`", on, transformer, indicator };
        return Ok(Bound::Step(Arc::new(TableStep::new(fill))));
    }
    if word == "iterative" {
        let fill = FillTogether { step: "`fillna iterative`", on, transformer: Iterative::default(), indicator };
        return Ok(Bound::Step(Arc::new(TableStep::new(fill))));
    }
    let fill = match args.get("with") {
        Some(Value::Word(word)) if word == "median" => Fill::Median,
        Some(Value::Word(word)) if word == "mode" => Fill::Mode,
        Some(Value::Real(number)) => Fill::Constant(Literal::Number(*number)),
        Some(Value::Text(text)) => Fill::Constant(Literal::Text(text.as_str().into())),
        _ => Fill::Mean,
    };
    Ok(Bound::Step(Arc::new(StepOf::new(Imputer { fill, on, indicator }))))
}

fn carry(args: &Args, neighbour: FillDirection) -> DirectionalFill {
    let name = |value: &Value| match value {
        Value::Column(name) => Some(name.as_str().into()),
        _ => None,
    };
    let over = args.list("over").unwrap_or_default().iter().filter_map(|item| name(&item.node)).collect();
    let on = Some(args).filter(|args| args.is_given("columns")).and_then(|args| args.columns("columns")).cloned();
    let indicator = args.truth("indicator").unwrap_or(false);
    DirectionalFill { neighbour, on, over, by: args.get("by").and_then(name), indicator }
}

/// Fills from the rows around.
struct Carried(DirectionalFill);

impl Step for Carried {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.0.schema(input)
    }

    fn footprint(&self, _: Effect) -> Footprint {
        let neighbours = match self.0.neighbour {
            FillDirection::Before => Neighbours::EARLIER,
            FillDirection::After => Neighbours::LATER,
            FillDirection::Between => Neighbours::EARLIER.and(Neighbours::LATER),
        };
        let names = self.0.over.iter().chain(&self.0.by).cloned();
        Footprint::of(Effect::Seq).looking_at(neighbours).reading(names).reading_features().making_values()
    }

    fn fit(&self, rows: &dyn Chunks, _: &About) -> Result<Learned, Failure> {
        Ok(Learned::new(fitted(self.0.state(&rows.schema())?, Vec::new())))
    }
}

/// Options that say nothing here.
fn refuse_strays(args: &Args, word: &str, carries: bool) -> Result<(), Fault> {
    const CARRIED: &str = "`fillna ffill`, `fillna bfill`, `fillna interpolate`";
    let options = [("over", carries, CARRIED), ("by", carries, CARRIED), ("weights", word == "knn", "`fillna knn`")];
    let Some((option, _, of)) = options.into_iter().find(|(option, fits, _)| !fits && args.is_given(option)) else {
        return Ok(());
    };
    let with = args.get("with").map(Value::to_string).unwrap_or_default();
    let message = format!("`fillna {with}` has no use for `{option}`");
    Err(Fault::of(option, code::MISPLACED_OPTION, message).help(format!("it is for {of}")))
}

/// A saved state of any of the ways to fill, known by what it holds.
fn load(json: &Json) -> Result<Arc<dyn Fitted>, Failure> {
    let holds = |path: &str| json.pointer(path).is_some();
    if holds("/neighbour") {
        load_state::<DirectionalFillState>(json)
    } else if holds("/transform/neighbours") {
        load_state::<FillState<KnnFilling>>(json)
    } else if holds("/transform") {
        load_state::<FillState<IterativeFilling>>(json)
    } else {
        load_state::<ImputerState>(json)
    }
}
