//! Every code that a message can carry, with the long story that `pipewright why` tells.
//!
//! One entry a code, in the order of the codes. E01xx: words and grammar. E02xx: verbs and their arguments.
//! E03xx: order, leaks, scope. E04xx: columns and the target. E05xx: data. E06xx: learning. E07xx: files and bundles.
//! E08xx: limits. E09xx: checks that a script asks for. W and N: the same hundreds for warnings and notes.

use serde::{Serialize, Serializer};
use std::fmt;

/// The code of a message, such as `E0412`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The code as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What there is to know about it.
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

/// The long story of a code.
#[derive(Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// What it means, in a few words.
    pub title: &'static str,
    /// Why it is so, and what to do.
    pub story: &'static str,
    /// A script that gets this message; empty where no script alone can show it.
    pub bad: &'static str,
    /// The same script, mended; empty where there is nothing to mend.
    pub good: &'static str,
}

/// The code with this name, if there is one.
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
    // Words and grammar.
    UNREADABLE_TEXT = "E0101", "a character or token that no rule reads",
        "The lexer met something that starts no token of the language. The rest of the stage is skipped; the next `|` starts afresh.",
        "load | fillna § mean" => "load | fillna mean";
    UNCLOSED = "E0102", "a bracket, brace or quote that is never closed",
        "Everything up to the end of the line, or of the script, would belong to it. Close it where it was meant to end.",
        "load | train mlp[64,32,1" => "load | train mlp[64,32,1]";
    UNEXPECTED = "E0103", "something else was expected here",
        "The grammar has another word, value or sign in this place; the message says which.",
        "load | | scale" => "load | scale";
    DETACHED_BRACKET = "E0104", "a bracket after white space",
        "An attached bracket is a shape or a call: `mlp[64,32,1]`. After white space it would be a new argument.",
        "load | train mlp [64,32,1]" => "load | train mlp[64,32,1]";
    OPTION_AFTER_ON = "E0105", "an option after `on`",
        "`on <columns>` comes last in a stage: options stand before it.",
        "load | fillna mean on age indicator=true" => "load | fillna mean indicator=true on age";
    SINGLE_EQUALS = "E0106", "`=` where `==` is meant",
        "In an expression `==` compares; `=` names an option.",
        "load | where age = 1" => "load | where age == 1";
    SHELL_HABIT = "E0107", "a sign of another language",
        "`&&`, `||`, `>`, `%>%`, `|>`, `df.x` mean something elsewhere; here the message says what to write instead.",
        "load |> scale" => "load | scale";
    TOO_DEEP = "E0108", "nesting deeper than the limit",
        "Brackets, braces and expressions nest 200 deep at most, so that no script can exhaust the stack.",
        "" => "";
    SCRIPT_TOO_LONG = "E0109", "a script larger than the limit",
        "A script has at most 16 MiB and 100,000 stages and values.",
        "" => "";
    NOT_TEXT = "E0110", "a script that is not text",
        "A script is UTF-8 text. The file given as a script holds other bytes: perhaps it is the data file.",
        "" => "";
    UNKNOWN_EDITION = "E0111", "an edition that this version does not know",
        "The first line `pipe N` names the edition of the language. This version knows edition 1.",
        "pipe 9\nload" => "pipe 1\nload";
    RESERVED_WORD = "E0112", "a reserved word as a name",
        "Reserved words name nothing else. A column of that name goes in backticks.",
        "load | drop target, on" => "load | drop target, `on`";

    // Verbs and their arguments.
    UNKNOWN_VERB = "E0201", "no verb of that name",
        "A stage starts with a verb, or with the name of a `let` or `def`. `pipewright help` lists the verbs.",
        "load | filna mean" => "load | fillna mean";
    UNKNOWN_OPTION = "E0202", "no option of that name",
        "Options are `key=value`. `pipewright help VERB` lists what a verb takes.",
        "load | train mlp[auto] epoch=5" => "load | train mlp[auto] epochs=5";
    BAD_VALUE = "E0203", "a value that the argument does not take",
        "The message says which values it takes.",
        "load | scale zscore" => "load | scale standard";
    MISSING_ARGUMENT = "E0204", "an argument is missing",
        "The verb cannot work without it.",
        "load | train" => "load | train mlp[auto]";
    TOO_MANY_ARGUMENTS = "E0205", "more arguments than the verb takes",
        "Positionals are never columns: columns stand after `on`, or in a selector verb.",
        "load | fillna mean age" => "load | fillna mean on age";
    DUPLICATE_OPTION = "E0206", "an option given twice",
        "Each option may be given once.",
        "load | train mlp[auto] epochs=5 epochs=6" => "load | train mlp[auto] epochs=5";
    MISPLACED_OPTION = "E0207", "an option on the wrong side",
        "A model's own hyper-parameters go in its attached `(...)`; controls of the training loop are options of `train`.",
        "load | train mlp[auto](epochs=5)" => "load | train mlp[auto] epochs=5";
    UNKNOWN_NAME = "E0208", "no parameter, fragment or function of that name",
        "`$name` is a `param` or the parameter of a `def`; names are known from the line that makes them.",
        "load | head $n" => "param n = 5\nload | head $n";
    DUPLICATE_NAME = "E0209", "a name that is taken",
        "A `let`, `def` or `param` may not take the name of a verb or of another one.",
        "let scale = fillna mean\nload | scale" => "let clean = fillna mean\nload | clean";
    NOT_YET = "E0210", "part of the language that this version does not run",
        "The words parse, so that scripts keep their form, but nothing here can run them yet.",
        "load | fork { a: scale; b: keep }" => "load | scale";

    // Order, leaks, scope.
    READS_TARGET = "E0302", "a row filter or feature reads the target",
        "What is computed from the target cannot be known for new rows. Filtering rows by it judges the model on rows chosen by their answer.",
        "load | target y | where y > 0 | train linear | eval" => "load | target y | train linear | eval";
    FITTED_IN_JUDGED = "E0304", "a saved model inside a pipeline that is judged",
        "What was saved may have seen the rows that this `eval` holds out.",
        "load | predict m.pw | train linear | eval" => "load | train linear | eval";
    ORDER_SHUFFLED = "E0306", "rows whose order matters, and a judge that shuffles them",
        "A feature that looks at the rows before it (`lag`, a fill from above), or a column with the role of time, says that the rows have an order. A judge that shuffles them learns from later rows and is judged on earlier ones. Judge with `eval time`, or without shuffling; what looks ahead (`lead`, a fill from below) has no place in a pipeline that is judged.",
        "load | role time=day | train linear | eval kfold 5" => "load | role time=day | train linear | eval time 5";
    ROW_FILTER_BELOW_FIT = "E0311", "a row filter below the first stage that learns",
        "`where`, `sample`, `head` make the table; they are not part of what a model does when it predicts. Below a stage that learns they would change what was learned from. Move them up.",
        "load | fillna mean | where age > 3 | train linear | eval" => "load | where age > 3 | fillna mean | train linear | eval";
    WRONG_ORDER = "E0320", "a stage where it cannot stand",
        "Each stage takes what the stage before it gives: a table, a recipe, a trained model, a verdict.",
        "load | eval kfold 5" => "load | train linear | eval kfold 5";
    NO_SOURCE = "E0321", "a pipeline without a source",
        "A pipeline starts with `load`, or with the name of one that does.",
        "scale | train linear" => "load | scale | train linear";
    NO_DATA_NAMED = "E0322", "no data to load",
        "`load` without a path reads the data file named on the command line, else standard input. There is neither.",
        "" => "";
    IMPLIED_STEP = "E0323", "an implied step under `--strict`",
        "`--strict` forbids steps that are not written down. The message has the line to add.",
        "" => "";
    WRONG_USAGE = "E0330", "a command line that cannot be carried out",
        "The message says what is missing or left over; `pipewright --help` lists the commands.",
        "" => "";

    // Columns and the target.
    WRONG_WIDTH = "E0410", "an output width that does not fit the target",
        "The last size of a network is its output width: 1 for two classes or a number, K for K classes; `auto` derives it.",
        "load iris.csv | target species | train mlp[8,1]" => "load iris.csv | target species | train mlp[8,auto]";
    UNKNOWN_COLUMN = "E0412", "no column of that name",
        "Names are matched exactly. The message lists the nearest ones that stand at this point.",
        "load | drop agee" => "load | drop age";
    NOT_NUMERIC = "E0413", "a column of the wrong kind",
        "The verb works on other kinds of columns; the message says which.",
        "load | scale on sex" => "load | encode onehot on sex";
    NO_TARGET = "E0414", "no column to predict",
        "A model needs a target: `target NAME`, or `--target NAME`.",
        "load | drop @all | train linear" => "load | target y | train linear";
    NO_FEATURES = "E0415", "nothing to learn from",
        "There is no feature left besides the target.",
        "load | select y | target y | train linear" => "load | target y | train linear";
    WRONG_TASK = "E0416", "a model, loss or metric for another kind of target",
        "Classes need a classifier, numbers a regressor.",
        "load | target species | train linear" => "load | target species | train logistic";
    TYPE_MISMATCH = "E0417", "an expression whose parts do not fit",
        "Texts compare with texts, numbers with numbers.",
        "load | where age > \"old\"" => "load | where age > 60";
    DUPLICATE_COLUMN = "E0418", "a column name that is taken",
        "Two columns of one table cannot have the same name.",
        "" => "";
    UNENCODED_COLUMN = "E0419", "a text column where numbers are needed",
        "Models learn from numbers: encode text columns, or drop them.",
        "" => "";
    TARGET_DROPPED = "E0420", "the target is no longer there",
        "A stage above removed the column that is to be predicted.",
        "load | target y | drop @target | train linear" => "load | target y | train linear";

    // Data.
    EMPTY_DATA = "E0501", "no rows, or no columns",
        "There is nothing to read or nothing left.",
        "" => "";
    RAGGED_ROW = "E0502", "a row with another number of fields than the header",
        "Short and long rows are never padded or cut in silence. Often a quote or a delimiter in a field is to blame.",
        "" => "";
    BAD_CSV = "E0503", "text that is not the CSV it seemed to be",
        "A quote that never closes, a byte that is no text, or a stray quote in a field.",
        "" => "";
    MISSING_VALUES = "E0504", "missing values where none can be",
        "A model cannot learn from blanks. Fill them, or encode them.",
        "" => "";
    NON_FINITE = "E0505", "an infinite value, or one that is no number",
        "Nothing sensible can be computed from it; clean the column first.",
        "" => "";
    ONE_CLASS = "E0506", "a target with one class",
        "There is nothing to tell apart.",
        "" => "";
    TOO_FEW_ROWS = "E0507", "fewer rows than the work needs",
        "k folds need at least k rows, and each fold must leave something to learn from.",
        "" => "";
    KIND_CHANGED = "E0508", "a column of another kind than the model was trained on",
        "The new data has a column of that name, but its values are of another kind.",
        "" => "";
    ALL_MISSING = "E0509", "a column without a single value",
        "There is no mean, median or mode of nothing.",
        "" => "";
    VALUE_OUT_OF_RANGE = "E0510", "a computation that left the range of numbers",
        "The values are too large for sums or squares of them to be finite.",
        "" => "";
    UNSEEN_LEVEL = "E0511", "a level that was not there in training",
        "`unknown=error` asks for this message; the default gives unseen levels a place of their own.",
        "" => "";
    BAD_WEIGHT = "E0512", "a weight that is missing, negative or not finite, or weights that are all 0",
        "The column with the role of weight says how much each row counts: 2 is the row twice, 0 is no row at all. Fill missing weights above `role`, or leave such rows out.",
        "" => "";

    // Learning.
    DIVERGED = "E0601", "training left the range of numbers",
        "A loss or weight became infinite or no number. Training stopped at once and nothing was saved. Try a smaller `lr`, or `scale` first.",
        "" => "";

    // Files and bundles.
    CANNOT_READ = "E0701", "a file that cannot be read",
        "It does not exist, is a directory, or may not be opened.",
        "" => "";
    CANNOT_WRITE = "E0702", "a file that cannot be written",
        "The old file, if there was one, is untouched.",
        "" => "";
    BAD_BUNDLE = "E0703", "a saved model that is damaged or none at all",
        "Its checksums do not agree with its bytes, or it is another kind of file.",
        "" => "";
    NEWER_BUNDLE = "E0704", "a saved model of a newer version",
        "A newer Pipewright wrote it; this one does not know its form.",
        "" => "";
    UNKNOWN_FORMAT = "E0705", "a file format that is not known",
        "The ending of the name says the format: `.csv`, `.json` or `.jsonl`.",
        "" => "";
    BAD_FILE = "E0706", "a data file that is damaged, or not of its format",
        "Its bytes do not agree with each other or with the format: it was cut off, changed, or never was of that format. Nothing of it is used.",
        "" => "";

    // Limits.
    LIMIT_REACHED = "E0801", "a limit that was reached",
        "The message names the limit.",
        "" => "";
    CANCELLED = "E0802", "the run was stopped",
        "Ctrl-C or a signal ended it; nothing half written is left behind.",
        "" => "";

    // Checks that a script asks for.
    ASSERT_FAILED = "E0901", "an `assert` that does not hold",
        "The condition is false; the process ends with code 4.",
        "" => "";

    // Bugs.
    BUG = "E0999", "a bug in Pipewright",
        "Something that cannot happen did. Please report it with the script.",
        "" => "";

    // Warnings.
    SMALL_COUNT = "W0203", "a count of 1 or less",
        "20% and 0.2 are a share; 20 is a count. A count this small is rarely meant.",
        "load | sample 1" => "load | sample 20%";
    UNSCALED_NETWORK = "W0604", "columns of very different scales reach a network",
        "Gradient descent follows the largest column and all but ignores the others. Put `scale` before `train`.",
        "load | train mlp[auto]" => "load | scale | train mlp[auto]";
    SMALL_CLASS = "W0507", "a class with fewer rows than folds",
        "Some folds hold no row of that class.",
        "" => "";
    NOTHING_SELECTED = "W0412", "a selection without columns",
        "The stage has nothing to do.",
        "" => "";
    NOT_FULLY_CONVERGED = "W0603", "a solver that stopped short of full precision",
        "The figures hold, but not to the last digit.",
        "" => "";
    SINGULAR_WARNING = "W0602", "columns that repeat each other",
        "The coefficients are not unique; the solution of least length was taken.",
        "" => "";

    // Notes.
    TARGET_CHOSEN = "N0414", "the target was chosen by rule",
        "Without a `target` stage the column to predict is found by its name, else the last one is taken.",
        "" => "";
    ROWS_LEFT_OUT = "N0501", "rows were left out",
        "Rows whose target is missing can neither be learned from nor judged; unusual ones are not learned from, if a stage says so.",
        "" => "";
    COLUMN_LEFT_OUT = "N0419", "a column was left out",
        "A text column whose values are nearly all different says nothing about new rows.",
        "" => "";
    RENAMED_COLUMN = "N0418", "a column was renamed",
        "Its name was empty or taken.",
        "" => "";
    GROUPS_TOGETHER = "W0323", "rows of one group are kept on one side",
        "A column has the role of group: rows of one value know of each other, so plain folds would judge a model on what it has seen. The folds keep groups together instead.",
        "load | role group=patient | train logistic | eval kfold 5" => "load | role group=patient | train logistic | eval group 5";
    LIKELY_ID = "N0415", "a column that looks like an id",
        "Its values are all different whole numbers: it identifies rows rather than describing them.",
        "" => "";
    PART_CHOSEN = "N0322", "one of several tables was read",
        "A workbook has several sheets, and none was named: the first one is read.",
        "load \"visits.xlsx\"" => "load \"visits.xlsx\" sheet=\"2024\"";
    READ_AS_MISSING = "N0504", "values that were read as missing",
        "A cell of a workbook holds the error of a formula, such as #N/A or #DIV/0!, which is no value.",
        "" => "";
    TYPE_WIDENED = "N0503", "a column was read as a wider type",
        "For example integers too large for 64 bits became floats.",
        "" => "";
    EXTRA_COLUMN = "N0508", "columns that the model does not know",
        "They are ignored.",
        "" => "";
    APPROXIMATE = "N0505", "a figure that is approximate",
        "The data is larger than the memory that it may take, so that a quantile comes from counts in fine bins; the message says how far off it can be.",
        "" => "";
    UNDECIDED = "N0301", "something that cannot be decided yet",
        "`check` works at the level of knowledge that the files at hand allow; `run` decides the rest before it learns.",
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
