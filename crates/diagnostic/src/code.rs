//! All diagnostic codes, with the explanations printed by `pipewright why`.
//!
//! One entry per code, in order. E01xx: tokens and grammar. E02xx: verbs and their arguments.
//! E03xx: order, leaks, scope. E04xx: columns and the target. E05xx: data. E06xx: training. E07xx: files and bundles.
//! E08xx: limits. E09xx: assertions of a script. W and N: warnings and notes, in the same groups.

use serde::{Serialize, Serializer};
use std::fmt;

/// The code of a diagnostic, such as `E0412`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Returns its title, explanation and example.
    #[must_use]
    pub fn info(self) -> &'static CodeInfo {
        ALL.iter().find(|info| info.code == self).expect("every code is made by the table of codes")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// The explanation of a code.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Its meaning, in a few words.
    pub title: &'static str,
    /// The cause, and what to do.
    pub story: &'static str,
    /// A script that triggers it; empty where no script alone can.
    pub bad: &'static str,
    /// The fixed script; empty where there is no example.
    pub good: &'static str,
}

/// Returns the code with this name (in any case), if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static CodeInfo> {
    ALL.iter().find(|info| info.code.0.eq_ignore_ascii_case(name))
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $title:literal, $story:literal, $bad:literal => $good:literal;)*) => {
        $(#[doc = concat!("`", $name, "`: ", $title, ".")] pub const $constant: Code = Code($name);)*

        /// Every code, in order.
        pub const ALL: &[CodeInfo] = &[
            $(CodeInfo { code: $constant, title: $title, story: $story, bad: $bad, good: $good },)*
        ];
    };
}

codes! {
    // Tokens and grammar.
    UNREADABLE_TEXT = "E0101", "a character that starts no token",
        "The text here is not a token of the language. The rest of the stage is skipped; parsing resumes at the next `|`.",
        "load | fillna § mean" => "load | fillna mean";
    UNCLOSED = "E0102", "an unclosed bracket, brace or quote",
        "Everything up to the end of the line, or of the script, would belong to it. Close it where it was meant to end.",
        "load | train mlp[64,32,1" => "load | train mlp[64,32,1]";
    UNEXPECTED = "E0103", "unexpected token",
        "The grammar expects another word, value or symbol in this place; the message says which.",
        "load | | scale" => "load | scale";
    DETACHED_BRACKET = "E0104", "white space before a bracket",
        "An attached bracket is a shape or a call: `mlp[64,32,1]`. After white space it would be a new argument.",
        "load | train mlp [64,32,1]" => "load | train mlp[64,32,1]";
    OPTION_AFTER_ON = "E0105", "an option after `on`",
        "`on <columns>` comes last in a stage, after the options.",
        "load | fillna mean on age indicator=true" => "load | fillna mean indicator=true on age";
    SINGLE_EQUALS = "E0106", "`=` in a comparison",
        "In an expression `==` compares; `=` names an option.",
        "load | where age = 1" => "load | where age == 1";
    SHELL_HABIT = "E0107", "syntax of another language",
        "`&&`, `||`, `>`, `%>%`, `|>`, `df.x` belong to other languages; the message says what to write instead.",
        "load |> scale" => "load | scale";
    TOO_DEEP = "E0108", "nesting deeper than the limit",
        "Brackets, braces and expressions nest at most 200 deep, blocks of stages and calls of definitions 32, so that no script can exhaust the stack.",
        "" => "";
    SCRIPT_TOO_LONG = "E0109", "a script larger than the limit",
        "A script has at most 16 MiB and 100,000 stages and values.",
        "" => "";
    NOT_TEXT = "E0110", "a script that is not text",
        "A script is UTF-8 text. The file given as the script is not: perhaps it is the data file.",
        "" => "";
    UNKNOWN_EDITION = "E0111", "an unknown edition",
        "The first line `pipe N` names the edition of the language. This version knows edition 1.",
        "pipe 9\nload" => "pipe 1\nload";
    RESERVED_WORD = "E0112", "a reserved word as a name",
        "Reserved words cannot be used as names. Put a column of that name in backticks.",
        "load | drop target, on" => "load | drop target, `on`";

    // Verbs and their arguments.
// Verbs and their arguments.
    UNKNOWN_VERB = "E0201", "unknown verb",
        "A stage starts with a verb, or with the name of a `let` or `def`. `pipewright help` lists the verbs.",
        "load | filna mean" => "load | fillna mean";
    UNKNOWN_OPTION = "E0202", "unknown option",
        "Options are `key=value`. `pipewright help VERB` lists what a verb takes.",
        "load | train mlp[auto] epoch=5" => "load | train mlp[auto] epochs=5";
    BAD_VALUE = "E0203", "invalid value of an argument",
        "The message lists the valid values.",
        "load | scale zscore" => "load | scale standard";
    MISSING_ARGUMENT = "E0204", "missing argument",
        "The verb requires it.",
        "load | train" => "load | train mlp[auto]";
    TOO_MANY_ARGUMENTS = "E0205", "too many arguments",
        "Positional arguments are never columns: columns come after `on`, or in a selector verb.",
        "load | fillna mean age" => "load | fillna mean on age";
    DUPLICATE_OPTION = "E0206", "an option given twice",
        "Each option may be given once.",
        "load | train mlp[auto] epochs=5 epochs=6" => "load | train mlp[auto] epochs=5";
    MISPLACED_OPTION = "E0207", "an option in the wrong place",
        "A model's own hyper-parameters go in its attached `(...)`; options of the training loop go to `train`.",
        "load | train mlp[auto](epochs=5)" => "load | train mlp[auto] epochs=5";
    UNKNOWN_NAME = "E0208", "unknown parameter, fragment or function",
        "`$name` is a `param` or the parameter of a `def`; a name can be used below the line that defines it.",
        "load | head $n" => "param n = 5\nload | head $n";
    DUPLICATE_NAME = "E0209", "a name that is already taken",
        "A `let`, `def` or `param` may not have the name of a verb or of another definition.",
        "let scale = fillna mean\nload | scale" => "let clean = fillna mean\nload | clean";
    NOT_YET = "E0210", "not implemented yet",
        "This part of the language parses, but this version cannot run it yet.",
        "load | fork { a: scale; b: keep }" => "load | scale";

    RECURSIVE = "E0211", "a definition that uses itself",
        "A `let`, `def` or `param` stands for what is written after it, so it cannot contain itself, directly or through others. It can use the definitions above it.",
        "let clean = clean | fillna mean\nload | clean" => "let clean = fillna mean\nload | clean";

    // Order, leaks, scope.
    READS_TARGET = "E0302", "a feature or a choice of rows that depends on the target",
        "Values computed from the target are unknown for new rows (target leakage). They may come by a value, by the choice or the order of rows, or by a key. Rows may be chosen by the target alone (`where y > 0`), but not by the target and a feature in one condition.",
        "load | target y | where y > 0 or x > 0 | train linear | eval" => "load | target y | where x > 0 | train linear | eval";
    FITTED_IN_JUDGED = "E0304", "a saved model inside an evaluated pipeline",
        "The saved model may have been trained on rows that the evaluation holds out, whether `eval`, `tune`, `assess` or `conformal` does. The same holds for `warm_start`, which goes on from a saved model.",
        "load | predict m.pw | train linear | eval" => "load | train linear | eval";
    UNDECIDED_CHOICE = "E0305", "a choice that nothing decides, or a search without choices",
        "`choose[…]`, `choose { … }` and ranges such as `uniform(0, 0.5)` stand for several pipelines. `tune`, below `train`, evaluates them on inner folds and chooses the best one.",
        "load | target y | train ridge(l2=choose[1, 10]) | eval" => "load | target y | train ridge(l2=choose[1, 10]) | tune grid | eval";
    ORDER_SHUFFLED = "E0306", "shuffled evaluation of order-dependent rows",
        "A feature computed from earlier rows (`lag`, a forward fill), or a column with the role time, means that the rows are ordered. A shuffled evaluation would train on later rows and predict earlier ones. Evaluate with `eval time`; where no column is the time, `shuffle=false` keeps the order too. Stages that use later rows (`lead`, a backward fill) cannot be evaluated at all.",
        "load | role time=day | train linear | eval kfold 5" => "load | role time=day | train linear | eval time 5";
    STATISTIC_OF_ALL = "E0307", "a statistic of all rows as a feature",
        "A mean per group that is computed from the evaluated table and joined to it contains the rows that are held out. Compute it with a stage that is fitted in every fold, or from other rows.",
        "let m = load iris | group species { w = mean(sepal_width) }\nload iris | join m on species | drop species | target petal_width | train linear | eval" => "load iris | derive w = mean(sepal_width) | drop species | target petal_width | train linear | eval";
    SPENT_HOLDOUT = "E0310", "a holdout on which another pipeline was assessed",
        "A holdout is the final exam of one pipeline: the best of several scores on it would be too good. `assess` keeps a ledger beside the script. The same pipeline, data and seed may be assessed again, which gives the same verdict. To compare pipelines, use `eval`. `--spend-again` assesses another pipeline all the same; the count is printed, and saved with the model.",
        "" => "";
    ROW_FILTER_BELOW_FIT = "E0311", "a row filter below the first stage that learns",
        "`where`, `sample` and `head` prepare the table; they are not part of a saved pipeline and do not run when it predicts. Below a stage that learns they would change its training rows. Move them up.",
        "load | fillna mean | where age > 3 | train linear | eval" => "load | where age > 3 | fillna mean | train linear | eval";
    WRONG_ORDER = "E0320", "a stage in the wrong place",
        "Each stage takes the output of the stage before it: a table, a pipeline that learns, a trained model, an evaluation.",
        "load | eval kfold 5" => "load | train linear | eval kfold 5";
    NO_SOURCE = "E0321", "a pipeline without a source",
        "A pipeline starts with `load`, or with the name of a pipeline that does.",
        "scale | train linear" => "load | scale | train linear";
    NO_DATA_NAMED = "E0322", "no data to load",
        "`load` without a path reads the data file given on the command line, else standard input. There is neither.",
        "" => "";
    IMPLIED_STEP = "E0323", "an implied step under `--strict`",
        "`--strict` forbids steps that are not written in the script. The message has the line to add.",
        "" => "";
    WRONG_USAGE = "E0330", "invalid command line",
        "The message says what is missing or superfluous; `pipewright --help` lists the commands.",
        "" => "";

    // Columns and the target.
    WRONG_WIDTH = "E0410", "an output width that does not fit the target",
        "The last size of a network is its output width: 1 for two classes or a number, K for K classes; `auto` derives it.",
        "load iris.csv | target species | train mlp[8,1]" => "load iris.csv | target species | train mlp[8,auto]";
    UNKNOWN_COLUMN = "E0412", "unknown column",
        "Names are matched exactly. The message lists the nearest names at this point of the pipeline.",
        "load | drop agee" => "load | drop age";
    NOT_NUMERIC = "E0413", "a column of the wrong kind",
        "The verb does not take columns of this kind; the message says which kinds it takes.",
        "load | scale on sex" => "load | encode onehot on sex";
    NO_TARGET = "E0414", "no target",
        "A model needs a target, the column to predict: `target NAME`, or `--target NAME`.",
        "load | drop @all | train linear" => "load | target y | train linear";
    NO_FEATURES = "E0415", "no features",
        "There is no column left besides the target.",
        "load | select y | target y | train linear" => "load | target y | train linear";
    WRONG_TASK = "E0416", "a model, loss or metric for another kind of target",
        "Classes need a classifier, numbers a regressor.",
        "load | target species | train linear" => "load | target species | train logistic";
    TYPE_MISMATCH = "E0417", "type mismatch in an expression",
        "Text compares with text, numbers with numbers.",
        "load | where age > \"old\"" => "load | where age > 60";
    DUPLICATE_COLUMN = "E0418", "duplicate column name",
        "Two columns of one table cannot have the same name.",
        "" => "";
    UNENCODED_COLUMN = "E0419", "a text column where numbers are needed",
        "Models learn from numbers: encode text columns, or drop them.",
        "" => "";
    TARGET_DROPPED = "E0420", "the target was dropped",
        "A stage above removed the column to predict.",
        "load | target y | drop @target | train linear" => "load | target y | train linear";

    // Data.
    EMPTY_DATA = "E0501", "no rows, or no columns",
        "The file is empty, or no row is left.",
        "" => "";
    RAGGED_ROW = "E0502", "a row with too few or too many fields",
        "Every row must have as many fields as the header; rows are never silently padded or cut. A common cause is a quote or a delimiter inside a field.",
        "" => "";
    BAD_CSV = "E0503", "invalid CSV",
        "An unclosed quote, bytes that are not text, or a stray quote in a field.",
        "" => "";
    MISSING_VALUES = "E0504", "missing values where none are allowed",
        "The model cannot handle missing values. Fill them (`fillna`), or encode them.",
        "" => "";
    NON_FINITE = "E0505", "an infinite value or NaN",
        "Clean the column first: no meaningful result can be computed from it.",
        "" => "";
    ONE_CLASS = "E0506", "a target with one class",
        "A classifier needs at least two classes.",
        "" => "";
    TOO_FEW_ROWS = "E0507", "too few rows",
        "k folds need at least k rows, and each fold must leave training rows.",
        "" => "";
    KIND_CHANGED = "E0508", "a column of another kind than in training",
        "The new data has a column of that name, but its values are of another kind.",
        "" => "";
    ALL_MISSING = "E0509", "a column without any value",
        "All values are missing, so there is no mean, median or mode to learn.",
        "" => "";
    VALUE_OUT_OF_RANGE = "E0510", "numeric overflow",
        "The values are too large: their sums or squares are not finite.",
        "" => "";
    UNSEEN_LEVEL = "E0511", "a level that did not occur in training",
        "`unknown=error` makes this an error; by default unseen levels are encoded.",
        "" => "";
    BAD_WEIGHT = "E0512", "a weight that is missing, negative or not finite, or weights that are all 0",
        "The column with the role weight holds the sample weights: a weight of 2 counts a row twice, 0 leaves it out. Fill missing weights before `role`, or drop such rows.",
        "" => "";

    // Training.
    DIVERGED = "E0601", "training diverged",
        "The loss or a weight became infinite or NaN. Training stopped at once and nothing was saved. Try a smaller `lr`, or `scale` first.",
        "" => "";
    UNDEFINED_SCORE = "E0605", "a metric that is undefined where models are compared",
        "`tune` and `compare` rank models by the mean of a metric over folds, and it is undefined in one of them: for example, `auc` where a fold has one class. Compare by another metric, or on fewer folds.",
        "load | train ridge(l2=choose[1, 10]) | tune grid metric=r2" => "load | train ridge(l2=choose[1, 10]) | tune grid metric=rmse";

    // Files and bundles.
    CANNOT_READ = "E0701", "a file that cannot be read",
        "It does not exist, is a directory, or cannot be opened.",
        "" => "";
    CANNOT_WRITE = "E0702", "a file that cannot be written",
        "An existing file is left unchanged.",
        "" => "";
    BAD_BUNDLE = "E0703", "a damaged or invalid saved model",
        "Its checksums do not match, or it is another kind of file.",
        "" => "";
    NEWER_BUNDLE = "E0704", "a saved model of a newer version",
        "It was written by a newer version of Pipewright, in a format that this version cannot read.",
        "" => "";
    UNKNOWN_FORMAT = "E0705", "an unknown file format",
        "The file extension sets the format, such as `.csv`, `.json`, `.jsonl` or `.parquet`; `format=` overrides it.",
        "" => "";
    BAD_FILE = "E0706", "a data file that is damaged, or not of its format",
        "Its bytes do not match the format: the file was truncated or changed, or is of another format. Nothing of it is used.",
        "" => "";

    // Limits.
    LIMIT_REACHED = "E0801", "a limit was exceeded",
        "The message names the limit. What would take more memory than `--mem` allows, or without it than the machine has free, is refused before it is made.",
        "" => "";
    CANCELLED = "E0802", "the run was cancelled",
        "Ctrl-C or a signal (SIGTERM, SIGHUP) ended it; no partially written file is left.",
        "" => "";

    // Assertions of a script.
    ASSERT_FAILED = "E0901", "an `assert` that does not hold",
        "The condition is false; the process ends with code 4.",
        "" => "";

    // Bugs.
    BUG = "E0999", "a bug in Pipewright",
        "An internal error. Please report it with the script.",
        "" => "";

    // Warnings.
    SMALL_COUNT = "W0203", "a count of 1 or less",
        "20% and 0.2 are a share; 20 is a count. A count this small is probably a mistake.",
        "load | sample 1" => "load | sample 20%";
    UNUSED = "W0208", "a definition that nothing uses",
        "A `let` or `def` does nothing by itself: its stages run where its name stands in place of a verb, or where a stage such as `join` names it.",
        "let clean = fillna mean\nload | scale" => "let clean = fillna mean\nload | clean | scale";
    UNSCALED_NETWORK = "W0604", "unscaled features in a network",
        "Gradient descent follows the features with the largest values and nearly ignores the others. Put `scale` before `train`.",
        "load | train mlp[auto]" => "load | scale | train mlp[auto]";
    SMALL_CLASS = "W0507", "a class with fewer rows than folds",
        "Some folds contain no row of that class.",
        "" => "";
    NOTHING_SELECTED = "W0412", "an empty selection of columns",
        "The stage does nothing.",
        "" => "";
    NOT_FULLY_CONVERGED = "W0603", "a solver that did not fully converge",
        "The results are usable, but not accurate to the last digit.",
        "" => "";
    TIME_UP = "W0605", "a time budget that ended a search",
        "Candidates that were left when the budget of `tune` was up were not evaluated. How many fit depends on the machine, so the result is not reproducible.",
        "" => "";
    SINGULAR_WARNING = "W0602", "collinear columns",
        "The coefficients are not unique; the solution with the smallest norm is used.",
        "" => "";

    // Notes.
    TARGET_CHOSEN = "N0414", "the target was chosen automatically",
        "Without a `target` stage the column to predict is found by its name, else it is the last column.",
        "" => "";
    TIME_CHOSEN = "N0416", "the time was chosen automatically",
        "A gap of time needs a column of times. Without the role time it is the only date of the table.",
        "load | train ridge | eval time 5 gap=7d" => "load | role time=day | train ridge | eval time 5 gap=7d";
    ROWS_LEFT_OUT = "N0501", "rows were left out",
        "Rows with a missing target can be used neither for training nor for evaluation; `outliers` drops unusual rows from training.",
        "" => "";
    ROWS_REPAIRED = "N0520", "rows were repaired",
        "With `bad=fill`, short rows are padded with missing values, the surplus fields of long rows are cut off, and \
         misplaced quotes are read as text. Check the rows: if a delimiter is missing inside a row, the values after it stand in the wrong columns.",
        "load visits.csv bad=fill" => "load visits.csv bad=quarantine(\"rejects.csv\")";
    COLUMN_LEFT_OUT = "N0419", "a column was left out",
        "A text column with nearly unique values carries no information about new rows.",
        "" => "";
    RENAMED_COLUMN = "N0418", "a column was renamed",
        "Its name was empty or already taken.",
        "" => "";
    REPEATED_ROWS = "W0321", "rows in several folds",
        "A row of the data occurs several times, so that a model is tested on rows that it was trained on: a table was \
         stacked on itself, a join found several matches, or the file holds equal rows. Remove the copies, or keep the \
         rows that belong together in one fold with `role group=`.",
        "let again = load iris\nload iris | concat again | train logistic | eval" => "load iris | dedup | train logistic | eval";
    TELLS_TARGET = "W0322", "a feature that nearly is the target",
        "One column alone tells the target almost without error. It may have been written down after the outcome was \
         known, or number the rows of a sorted file. If it is not known for new rows, drop it.",
        "load iris | derive n = cumcount(sepal_width) | train logistic | eval" => "load iris | train logistic | eval";
    GROUPS_TOGETHER = "W0323", "rows of a group stay in the same fold",
        "A column has the role group: rows of the same group are related, so plain folds would evaluate a model on rows similar to those it was trained on. The folds keep groups together instead.",
        "load | role group=patient | train logistic | eval kfold 5" => "load | role group=patient | train logistic | eval group 5";
    LIKELY_ID = "N0415", "a column that looks like an id",
        "Its values are distinct whole numbers: it identifies rows and is not informative about new ones.",
        "" => "";
    PART_CHOSEN = "N0322", "one of several tables was read",
        "A workbook has several sheets, and no `sheet=` was given: the first one is read.",
        "load \"visits.xlsx\"" => "load \"visits.xlsx\" sheet=\"2024\"";
    READ_AS_MISSING = "N0504", "values that were read as missing",
        "A cell of a workbook holds a formula error, such as #N/A or #DIV/0!, which is read as missing; or a text column of a CSV file has unquoted words such as `NA` or `-`, which usually mean that a value is missing. Declare the column as text to keep them, or say in `null=` what is missing. `cast` and `parse` with `bad=null` count here what they could not convert.",
        "" => "";
    TYPE_WIDENED = "N0503", "a column was read as a wider type",
        "For example integers too large for 64 bits became floats.",
        "" => "";
    EXTRA_COLUMN = "N0508", "columns that the model does not use",
        "They are ignored.",
        "" => "";
    SEEN_ROWS = "N0509", "rows that the model was trained on",
        "Some of the rows to predict were among the training rows of the model. It may know them by heart, so that an `assert` or a score on them says nothing about new rows.",
        "load iris | target species | train logistic | save m.pw\nload iris | predict m.pw" => "load new.csv | predict m.pw";
    NEW_ROWS_ONLY = "N0510", "a window that sees the rows to predict only",
        "A saved pipeline with `lag`, a running sum or a forward fill computes them from the rows that it is given: the rows of its training are not among them. Give it the rows before the ones to predict, too.",
        "load new.csv | predict m.pw" => "load all.csv | predict m.pw";
    UNSEEN_LEVELS = "N0511", "levels that did not occur in training",
        "New rows hold values of a category that the training rows did not have. The encoding treats them as `unseen=` says: as none of the known levels, unless it is an error.",
        "" => "";
    MADE_MISSING = "N0512", "values that became missing",
        "Values could not be read as the kind of the column, and `bad=null` was asked for; or the result of whole numbers is beyond 64 bits. The message counts them.",
        "" => "";
    READ_AS_CODES = "N0506", "numbers that were read as text",
        "A value of the column has a form that a number would lose: a leading zero (`02134`), the plus sign of a telephone number (`+41791234567`), or whole digits with an exponent (`2004E205`). Such columns hold codes. Or the header of the file quotes some names and not others, which says that quoted values are text. If they are not, declare it in `schema=`.",
        "" => "";
    APPROXIMATE = "N0505", "an approximate result",
        "The data exceeds the memory limit, so quantiles are computed from counts in fine bins; the message gives the maximum error.",
        "" => "";
    UNDECIDED = "N0301", "not decidable yet",
        "`check` uses what can be known from the files at hand without reading them whole; `run` checks the rest before anything is fitted.",
        "" => "";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let names: BTreeSet<&str> = ALL.iter().map(|info| info.code.0).collect();
        assert_eq!(names.len(), ALL.len());
        for info in ALL {
            assert!(info.code.0.len() == 5 && info.code.0[1..].chars().all(|c| c.is_ascii_digit()), "{}", info.code);
            assert!(matches!(&info.code.0[..1], "E" | "W" | "N"), "{}", info.code);
            assert!(info.story.ends_with('.'), "{}", info.code);
            assert!(!info.title.ends_with('.'), "{}", info.code);
        }
    }

    #[test]
    fn found_by_name_in_any_case() {
        assert_eq!(find("e0412").map(|info| info.code), Some(UNKNOWN_COLUMN));
        assert!(find("E9999").is_none());
    }
}
