//! `describe`: prints one line of numbers a column.

use super::lines::{Cell, Lines, brief, counted, value};
use super::show::WIDTH;
use pipewright_diagnostic::Failure;
use pipewright_frame::profile::{ColumnProfile, Depth, Level, NumberProfile, Options, Profile, percent};
use pipewright_frame::summary::Counted;
use pipewright_frame::{Selection, shortened, width_of};
use pipewright_operator::work::{Look, Report};
use pipewright_operator::{
    Args, Bound, Columns, Data, Domain, Effect, Example, Fault, Group, Param, Spec, Surroundings, Verb,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "describe",
        group: Group::Look,
        summary: "Prints one line a column (missing and different values, mean, spread, quantiles, levels), and passes its \
                  input on.",
        details: "Numbers show their mean, standard deviation (divided by n - 1), and quantiles; texts and truth values \
                  their most frequent levels, dates their range. `~` stands before what is known only about, where there \
                  is too much to count. With `--json` every column is there, in full precision.",
        search: &["summary", "summarise", "statistics", "mean", "std", "quantiles"],
        effect: Effect::Tee,
        options: &[Param::with_default("limit", Domain::Whole { min: 1 }, "50", "How many columns are printed.")],
        columns: Columns::Default("@all"),
        examples: &[Example {
            script: "load penguins.csv | select Species, Sex, \"Body*\" | describe",
            output: "\
344 rows, 3 columns

column         kind   missing  distinct  mean  std   min   25%   50%   75%   max
Species        text         0         3  Adelie 44.2%, Gentoo 36%, Chinstrap 19.8%
Sex            text      3.2%         2  MALE 50.5%, FEMALE 49.5%
Body Mass (g)  count     0.6%        94  4202  802  2700  3550  4050  4750  6300
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let on = args.columns("columns").cloned();
    Ok(Bound::Look(Arc::new(Describe { on, limit: args.whole("limit").unwrap_or(50) })))
}

struct Describe {
    on: Option<Selection>,
    limit: usize,
}

impl Look for Describe {
    fn look(&self, rows: &Data, _: &Surroundings) -> Result<Report, Failure> {
        let options = Options { on: self.on.clone(), depth: Depth::Columns };
        let profile = Profile::of(rows.chunks(), &options)?;
        let json = json!({"kind": "describe", "rows": profile.rows, "columns": columns(&profile)});
        Ok(Report { kind: "describe", text: text(&profile, self.limit), json, facts: Vec::new() })
    }
}

/// The columns of a profile as JSON.
pub(super) fn columns(profile: &Profile) -> Json {
    serde_json::to_value(&profile.columns).expect("a profile is plain data with finite numbers")
}

fn text(profile: &Profile, limit: usize) -> String {
    let mut text = format!("{}, {}\n", counted(profile.rows, "row"), counted(profile.columns.len() as u64, "column"));
    if profile.columns.is_empty() {
        return text;
    }
    let shown = &profile.columns[..limit.min(profile.columns.len())];
    // As wide as the names want, or as the rest leaves.
    let rest = table(shown, 0).lines().map(width_of).max().unwrap_or(0);
    let widest = shown.iter().map(|column| width_of(&column.name)).max().unwrap_or(0);
    text.push('\n');
    text.push_str(&table(shown, widest.min(WIDTH.saturating_sub(rest).max(12))));
    text.push_str(&left_out("describe", profile.columns.len(), shown.len()));
    text
}

/// The line that says that there are more columns, and how to see them.
pub(super) fn left_out(verb: &str, columns: usize, shown: usize) -> String {
    match columns - shown {
        0 => String::new(),
        more => format!("… and {} (all of them: {verb} limit={columns})\n", counted(more as u64, "more column")),
    }
}

/// The table, its names no wider than `name_width`; levels, which stand at the end of a line, are cut at the width of
/// the terminal.
fn table(columns: &[ColumnProfile], name_width: usize) -> String {
    let left = |text: &str| Cell::Left(text.to_owned());
    let right = |text: &str| Cell::Right(text.to_owned());
    let mut lines = Lines::default();
    let has_numbers = columns.iter().any(|column| column.numbers.is_some());
    let mut head = vec![left("column"), left("kind"), right("missing"), right("distinct")];
    match has_numbers {
        true => head.extend(["mean", "std", "min", "25%", "50%", "75%", "max"].map(right)),
        false => head.push(Cell::Free("most frequent".to_owned())),
    }
    if name_width == 0 {
        head[0] = left("");
    }
    lines.push(head);
    for column in columns {
        let mut line = vec![
            Cell::Left(if name_width == 0 { String::new() } else { shortened(&column.name, name_width) }),
            Cell::Left(column.kind.to_string()),
            Cell::Right(if column.missing == 0 { "0".to_owned() } else { percent(column.missing_share()) }),
            Cell::Right(about(column.distinct)),
        ];
        match &column.numbers {
            Some(numbers) => line.extend(cells(numbers).map(Cell::Right)),
            // For the width that numbers need, what gives way does not count.
            None if name_width == 0 => {}
            None => line.push(levels(column)),
        }
        lines.push(line);
    }
    lines.print(0, WIDTH)
}

fn cells(numbers: &NumberProfile) -> [String; 7] {
    let [min, _, low, middle, high, _, max] = numbers.quantiles.map(brief);
    let std = numbers.std.map_or("·".to_owned(), brief);
    [brief(numbers.mean), std, min, low, middle, high, max]
}

/// The most frequent levels, or the range of dates.
fn levels(column: &ColumnProfile) -> Cell {
    if let Some((first, last)) = &column.range {
        return Cell::Free(format!("{first} … {last}"));
    }
    let present = column.present().max(1);
    // Of texts that all differ, none is the most frequent.
    if column.levels.first().is_some_and(|top| top.count == 1) && column.distinct.value > 3 {
        return Cell::Free(format!("all different, such as {}", value(&column.levels[0].value, 40)));
    }
    let level = |level: &Level| format!("{} {}", value(&level.value, 24), percent(level.count as f64 / present as f64));
    Cell::List(column.levels.iter().map(level).collect())
}

/// A number, with `~` before what was not counted.
pub(super) fn about(counted: Counted) -> String {
    format!("{}{}", if counted.exact { "" } else { "~" }, counted.value)
}
