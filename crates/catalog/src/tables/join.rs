//! `join`: joins the columns of another table by keys.

use super::other::OtherRows;
use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Join, JoinKind, Schema, Selection, Table};
use pipewright_operator::work::{Combine, Rows};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Combined, Duration, Effect, Environment, Example, Flow, Footprint, Group,
    Positive, RowsKept, Spec, TableName, Verb, arguments, either, words,
};
use std::sync::Arc;

words! {
    /// Join type: which rows are kept.
    enum JoinWord {
        Inner = "inner", Left = "left", Full = "full", Semi = "semi", Anti = "anti", AsOf = "asof"
    }
}

either! {
    /// How far back a row may be: a duration for dates and times, a number for numbers.
    enum Tolerance { Duration(Duration), Number(Positive) }
}

arguments! {
    /// The arguments of `join`.
    struct JoinArgs {
        /// The other table: a `let`, or a sample data set.
        positional table: TableName;
        /// Join type: which rows are kept.
        option how: JoinWord = JoinWord::Inner;
        /// Names of the keys in the other table, if they differ, in the order of `on`.
        option right: Option<Vec<Arc<str>>>;
        /// Time column, with the same name in both tables.
        option time: Option<Arc<str>>, for how in ["asof"];
        /// Maximum age of the matching row (tolerance).
        option tolerance: Option<Tolerance>, for how in ["asof"];
        /// The keys: columns that are equal in both tables.
        on columns: Option<Selection>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "join",
        group: Group::Tables,
        summary: "Joins the columns of another table to the rows with equal keys.",
        details: "`inner` keeps the rows that match, `left` all rows, `full` those of the other table too. `semi` \
                  and `anti` keep the rows with and without a match, and add no column. `asof` matches each row with \
                  the latest earlier row of the other table by the column `time`, among those with equal keys if \
                  there are keys. A missing key matches nothing. The rows keep their order; a column that both \
                  tables have is added with the suffix ` (right)`.",
        search: &["merge", "lookup", "vlookup", "asof", "combine"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::RowsAll,
        examples: &[Example {
            script: "let homes = load penguins.csv | select Species, Island | dedup on Species\nload penguins.csv | \
                     select Species, Sex | head 2 | join homes on Species | show",
            output: "\
Species  Sex     Island
Adelie   MALE    Torgersen
Adelie   FEMALE  Torgersen
",
        }],
        ..Spec::of::<JoinArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let JoinArgs { how, right, time, tolerance, columns: on, .. } = JoinArgs::read(args)?;
    let how = match (how, time) {
        (JoinWord::Inner, _) => JoinKind::Inner,
        (JoinWord::Left, _) => JoinKind::Left,
        (JoinWord::Full, _) => JoinKind::Full,
        (JoinWord::Semi, _) => JoinKind::Semi,
        (JoinWord::Anti, _) => JoinKind::Anti,
        (JoinWord::AsOf, Some(time)) => {
            let tolerance = tolerance.map(|tolerance| match tolerance {
                // Dates and times are counted in microseconds.
                Tolerance::Duration(duration) => duration.seconds * 1e6,
                Tolerance::Number(number) => number.0,
            });
            JoinKind::AsOf { times: (time.clone(), time), tolerance }
        }
        (JoinWord::AsOf, None) => {
            let fault = ArgumentError::of("how", code::MISSING_ARGUMENT, "`how=asof` needs a time column");
            return Err(fault.help("name it: time=day"));
        }
    };
    if on.is_none() && !matches!(how, JoinKind::AsOf { .. }) {
        let fault =
            ArgumentError { param: None, ..ArgumentError::of("table", code::MISSING_ARGUMENT, "`join` needs keys") };
        return Err(fault.help("name the columns that are equal in both tables: on id"));
    }
    Ok(Bound::Combine(Arc::new(Joining { how, on, right })))
}

struct Joining {
    how: JoinKind,
    on: Option<Selection>,
    /// The names of the keys in the other table, if they differ.
    right: Option<Vec<Arc<str>>>,
}

impl Joining {
    fn join(&self, own: &Schema) -> Result<Join, Failure> {
        let left = self.on.as_ref().map_or(Ok(Vec::new()), |on| on.resolve(own))?;
        let right = self.right.clone().unwrap_or_else(|| left.clone());
        if left.len() != right.len() {
            let message =
                format!("the numbers of keys differ: {} in this table, {} in the other", left.len(), right.len());
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        Ok(Join { how: self.how.clone(), on: left.into_iter().zip(right).collect() })
    }
}

impl Combine for Joining {
    fn footprint(&self, verb: Effect) -> Footprint {
        let on = self.on.clone().unwrap_or(Selection::Union(Vec::new()));
        let time = match &self.how {
            JoinKind::AsOf { times, .. } => Some(times.0.clone()),
            _ => None,
        };
        let chooses = !matches!(self.how, JoinKind::Left | JoinKind::AsOf { .. });
        let combined = Combined::Columns { on, right: self.right.clone(), time, chooses };
        Footprint::of(verb).reading_features().making_values().keeping(RowsKept::Others).combining(combined)
    }

    fn schema(&self, own: &Schema, other: &Schema) -> Result<Schema, Failure> {
        self.join(own)?.schema(own, other)
    }

    fn with(&self, other: Table) -> Result<Arc<dyn Rows>, Failure> {
        let joining = Joining { how: self.how.clone(), on: self.on.clone(), right: self.right.clone() };
        // Each row is joined independently of the other rows of its table, unless unmatched rows of the other are kept.
        let by_row = self.how != JoinKind::Full;
        Ok(Arc::new(OtherRows {
            combine: joining,
            other,
            by_row,
            apply: |joining, own, other, progress| {
                let (joined, repeated) = joining.join(&own.schema())?.apply_counting(own, other)?;
                if repeated > 0 {
                    let message = "`join` repeats rows that match several: copies of a row may be in several folds";
                    let warning = Failure::warning(code::REPEATED_ROWS, message);
                    progress.notice(
                        warning.help("keep them together: role group=NAME; or join a table with one row per key"),
                    );
                }
                Ok(joined)
            },
        }))
    }
}
