//! `plot`: pictures of tables and of evaluations.

mod data;
mod explanations;
mod results;

use crate::out::put;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Class, Selection};
use pipewright_operator::result::{Evaluation, Explanation, Figures, Output};
use pipewright_operator::work::{Consumer, Given, Inspect};
use pipewright_operator::{
    Args, Argument, ArgumentError, Arguments, Bound, Data, Effect, Environment, Example, Flow, Group, Spec, Verb,
    arguments, words,
};
use pipewright_plot::{Figure, Size, Theme};
use std::sync::Arc;

words! {
    /// A kind of picture.
    pub(super) enum Kind {
        Histogram = "histogram",
        Density = "density",
        Box = "box",
        Violin = "violin",
        Bar = "bar",
        Scatter = "scatter",
        Matrix = "matrix",
        Correlation = "correlation",
        Missing = "missing",
        Roc = "roc",
        PrecisionRecall = "pr",
        Gain = "gain",
        Calibration = "calibration",
        Confusion = "confusion",
        Predicted = "predicted",
        Residuals = "residuals",
        Folds = "folds",
        Leaderboard = "leaderboard",
        Importance = "importance",
        Beeswarm = "beeswarm",
        Effect = "effect",
        Waterfall = "waterfall",
    }
}

impl Kind {
    /// Is it of an evaluation, not of a table?
    fn is_of_results(self) -> bool {
        matches!(
            self,
            Kind::Roc
                | Kind::PrecisionRecall
                | Kind::Gain
                | Kind::Calibration
                | Kind::Confusion
                | Kind::Predicted
                | Kind::Residuals
                | Kind::Folds
                | Kind::Leaderboard
                | Kind::Importance
                | Kind::Beeswarm
                | Kind::Effect
                | Kind::Waterfall
        )
    }

    /// Is it of an explanation?
    fn is_of_explanations(self) -> bool {
        matches!(self, Kind::Importance | Kind::Beeswarm | Kind::Effect | Kind::Waterfall)
    }

    fn word(self) -> String {
        self.to_value().to_string()
    }
}

arguments! {
    /// The arguments of `plot`.
    struct PlotArgs {
        /// What is drawn, such as `histogram` or `[roc, calibration]`.
        positional kinds: Vec<Kind>;
        /// File to write: `NAME.svg`, or a folder, `NAME/`, for one file per picture. Without it, pictures are printed as text.
        option to: Option<String>;
        /// Column whose values are groups, for pictures of tables.
        option by: Option<Arc<str>>;
        /// Columns to draw, for pictures of tables.
        on columns: Selection = [Class::All];
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "plot",
        group: Group::Look,
        summary: "Plots a table or the evaluation above it: as text in the terminal, or as SVG in a file.",
        details: "Of a table: `histogram`, `density`, `box`, `violin` and `bar` of single columns, `scatter` of two, \
                  `matrix` and `correlation` of several numbers, and where values are `missing`; `by=` draws groups. Of an \
                  evaluation: `roc`, `pr` (precision and recall) and `gain` for two classes, with the range of the folds; \
                  `calibration` and `confusion` for classes; `predicted` against actual and `residuals` for numbers; the scores \
                  of `folds` and a `leaderboard` of the arms of a `fork`. Of an `explain` above: the `importance` of columns, \
                  a `beeswarm` of their contributions, \
                  the `effect` of values, and of \
                  one row the `waterfall` of contributions. Missing values are counted in a note and not \
                  drawn; of many rows, a note tells how many stand for how many. SVG files follow the light or dark theme of \
                  the reader; the plotted numbers are in their marks and in `--json`.",
        search: &[
            "chart",
            "graph",
            "picture",
            "figure",
            "draw",
            "histogram",
            "hist",
            "boxplot",
            "roc curve",
            "matplotlib",
            "seaborn",
            "ggplot",
            "visualise",
            "visualize",
            "confusion matrix",
            "calibration curve",
            "heat map",
        ],
        input: Flow::Any,
        effect: Effect::Tee,
        elsewhere: &[
            ("hue", "by"),
            ("hist", "histogram"),
            ("kde", "density"),
            ("boxplot", "box"),
            ("violinplot", "violin"),
            ("pairplot", "matrix"),
            ("corr", "correlation"),
            ("heatmap", "correlation"),
            ("precision_recall", "pr"),
            ("confusion_matrix", "confusion"),
            ("savefig", "to"),
            ("feature_importance", "importance"),
            ("summary_plot", "beeswarm"),
        ],
        examples: &[
            Example {
                script: "load iris.csv | plot histogram on petal_length",
                output: "\
Distribution of petal_length
rows
50 │▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂
   │████████████████
   │████████████████
   │████████████████                                ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
40 │████████████████                                ████████████████
   │████████████████                                ████████████████▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
   │████████████████                                ████████████████████████████████
30 │████████████████                                ████████████████████████████████
   │████████████████                                ████████████████████████████████
   │████████████████                                ████████████████████████████████
   │████████████████                                ████████████████████████████████
20 │████████████████                                ████████████████████████████████
   │████████████████                                ████████████████████████████████
   │████████████████                                ████████████████████████████████
10 │████████████████                ▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆████████████████████████████████▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆▆
   │████████████████                ████████████████████████████████████████████████████████████████
   │████████████████                ████████████████████████████████████████████████████████████████
 0 │████████████████                ████████████████████████████████████████████████████████████████
   └────────────────────────────────────────────────────────────────────────────────────────────────
    1               2               3               4               5               6              7
                                              petal_length
",
            },
            Example {
                script: "load titanic.csv | target survived | train gbdt(trees=50) | eval kfold 3 metric=auc | plot [roc, calibration] to=\"titanic.svg\"",
                output: "\
gbdt(trees=50) predicts survived (binary, positive class survived)
stratified, 3 folds, 1309 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
auc                   0.8511      0.8087 to 0.8935    0.8429    0.8633      0.5000

confusion (rows true, columns predicted)
                        died  survived
died                     712        97
survived                 168       332

plotted roc, calibration to titanic.svg
",
            },
        ],
        ..Spec::of::<PlotArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let PlotArgs { kinds, to, by, columns } = PlotArgs::read(args)?;
    let Some(first) = kinds.first() else {
        return Err(
            ArgumentError::of("kinds", code::BAD_VALUE, "there is nothing to plot").help("for example plot histogram")
        );
    };
    if let Some(other) = kinds.iter().find(|kind| kind.is_of_results() != first.is_of_results()) {
        let (table, evaluation) = if first.is_of_results() { (other, first) } else { (first, other) };
        let message = format!("`{}` draws a table, and `{}` an evaluation", table.word(), evaluation.word());
        return Err(ArgumentError::of("kinds", code::BAD_VALUE, message).help("plot them in two stages"));
    }
    if let Some(path) = to.as_ref().filter(|path| !path.ends_with(".svg") && !path.ends_with('/')) {
        let message = format!("pictures are written as SVG, and `{path}` is no such file");
        return Err(ArgumentError::of("to", code::UNKNOWN_FORMAT, message)
            .help("name a file, plot.svg, or a folder for one file per picture, plots/"));
    }
    let place = Place(to);
    if !first.is_of_results() {
        return Ok(Bound::Inspect(Arc::new(OfTable { kinds, by, columns, place })));
    }
    // All columns are the default, which an explicit script spells out.
    let chooses = columns != Selection::Class(Class::All);
    if let Some(name) =
        [("by", by.is_some()), ("columns", chooses)].into_iter().find_map(|(name, is)| is.then_some(name))
    {
        let message = format!("`plot {}` draws an evaluation, and has no columns", first.word());
        return Err(ArgumentError::of(name, code::MISPLACED_OPTION, message).help("leave it out"));
    }
    Ok(Bound::Consumer(Arc::new(OfResults { kinds, place })))
}

/// Where pictures go: a file, a folder, or the terminal.
struct Place(Option<String>);

impl Place {
    /// Writes pictures, if they go to files.
    fn put(&self, figures: Vec<(String, Figure)>, environment: &Environment) -> Result<Output, Failure> {
        let write = |path: &str, figure: &Figure, size: Size| {
            put(path, &pipewright_plot::svg(figure, Theme::Auto, size), environment)
        };
        match self.0.as_deref() {
            None => {}
            Some(folder) if folder.ends_with('/') => {
                for (kind, figure) in &figures {
                    write(&format!("{folder}{kind}.svg"), figure, Size::default())?;
                }
            }
            Some(path) => match figures.as_slice() {
                [(_, figure)] => write(path, figure, Size::default())?,
                several => {
                    let Size { width, height } = Size::default();
                    let rows = several.len().div_ceil(2) as u32;
                    let size = Size { width: width * 2, height: height * rows };
                    write(path, &together(several), size)?;
                }
            },
        }
        Ok(Output::Figures(Figures::new(figures, self.0.clone())))
    }
}

/// Several pictures as panels of one.
fn together(figures: &[(String, Figure)]) -> Figure {
    let mut panels = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for (_, figure) in figures {
        let title = figure.title.clone();
        panels.extend(figure.panels.iter().cloned().map(|mut panel| {
            panel.title = if panel.title.is_empty() { title.clone() } else { format!("{title}: {}", panel.title) };
            panel
        }));
        notes.extend(figure.notes.iter().filter(|note| !note.is_empty()).map(|note| format!("{title}: {note}")));
    }
    notes.into_iter().fold(Figure::new("", panels), Figure::note)
}

struct OfTable {
    kinds: Vec<Kind>,
    by: Option<Arc<str>>,
    columns: Selection,
    place: Place,
}

impl Inspect for OfTable {
    fn inspect(&self, rows: &Data, environment: &Environment) -> Result<Output, Failure> {
        let columns = self.columns.resolve(&rows.schema())?;
        let mut wanted = columns.clone();
        wanted.extend(self.by.iter().filter(|by| !columns.contains(by)).cloned());
        let table = rows.select(&wanted)?;
        let mut figures = Vec::new();
        for &kind in &self.kinds {
            figures.push((kind.word(), data::figure(kind, &table, &columns, self.by.as_deref())?));
        }
        self.place.put(figures, environment)
    }
}

fn of_results(kind: Kind, evaluations: &[&Evaluation], explanations: &[&Explanation]) -> Result<Figure, Failure> {
    match kind.is_of_explanations() {
        true => explanations::figure(kind, explanations),
        false => results::figure(kind, evaluations),
    }
}

/// Every picture of these results that shows something: those of their kind of target, and of explanations if there are
/// some.
pub(crate) fn all_of_results(evaluations: &[&Evaluation], explanations: &[&Explanation]) -> Vec<Figure> {
    let Some(first) = evaluations.first() else { return Vec::new() };
    let mut kinds = match first.task.classes().map(|classes| classes.len()) {
        Some(2) => vec![Kind::Roc, Kind::PrecisionRecall, Kind::Calibration],
        Some(_) => vec![Kind::Calibration],
        None => vec![Kind::Predicted, Kind::Residuals],
    };
    if evaluations.len() > 1 {
        kinds.push(Kind::Leaderboard);
    }
    if first.results.len() > 1 {
        kinds.push(Kind::Folds);
    }
    kinds.extend([Kind::Importance, Kind::Beeswarm, Kind::Effect].into_iter().filter(|_| !explanations.is_empty()));
    // A curve may be undefined on a fold, and contributions may not have been asked for.
    kinds.into_iter().filter_map(|kind| of_results(kind, evaluations, explanations).ok()).collect()
}

struct OfResults {
    kinds: Vec<Kind>,
    place: Place,
}

impl Consumer for OfResults {
    fn needs_evaluation(&self) -> bool {
        true
    }

    fn takes_all_arms(&self) -> bool {
        true
    }

    fn consume(&self, given: &Given<'_>, environment: &Environment) -> Result<Output, Failure> {
        let evaluations: Vec<&Evaluation> = given.results.iter().filter_map(|output| output.as_evaluation()).collect();
        let explanations: Vec<&Explanation> =
            given.results.iter().filter_map(|output| output.as_explanation()).collect();
        let mut figures = Vec::new();
        for &kind in &self.kinds {
            figures.push((kind.word(), of_results(kind, &evaluations, &explanations)?));
        }
        self.place.put(figures, environment)
    }
}
