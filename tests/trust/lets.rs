//! Random tables beside the judged one: the same file in another spelling, or another file, and what is joined of it.

use crate::expressions::{Columns, Dice, Kind};
use crate::script::Script;

/// Ways to load the table that is judged a second time.
const SPELLINGS: [&str; 8] = [
    "load a.csv",
    "load ./a.csv",
    "load \"a.csv\"",
    "load a.csv null=[\"zz\"]",
    "load a.csv schema=\"c: continuous\"",
    "load copy.csv",
    "load ./copy.csv bad=skip",
    "load \"a*.csv\"",
];

/// A table beside the judged one.
struct Other {
    stages: Vec<String>,
    columns: Columns,
    /// Its column besides the keys, if it brings one of numbers.
    brings: Option<String>,
}

impl Other {
    fn again(columns: &Columns, dice: &mut Dice) -> Other {
        let spelling = if dice.chance(0.5) { SPELLINGS[0] } else { dice.pick(&SPELLINGS) };
        Other { stages: vec![spelling.to_owned()], columns: columns.of_same_file(), brings: None }
    }

    fn push(&mut self, stage: String) {
        self.stages.push(stage);
    }

    /// Now and then, filters or sorts the rows, or adds a column.
    fn prepare(&mut self, dice: &mut Dice) {
        if dice.chance(0.25) && !self.columns.offers.is_empty() {
            let (name, keys, column) = dice.pick(&self.columns.offers);
            self.push(format!("join {name} how=left on {keys}"));
            self.columns.add(&column, Kind::Number);
        }
        if dice.chance(0.35) {
            let condition = self.columns.condition(dice);
            self.push(format!("where {condition}"));
        }
        if dice.chance(0.15) {
            let column = self.columns.any_number(dice);
            self.push(format!("sort {column}"));
        }
        if dice.chance(0.15) {
            let window = self.columns.window(dice);
            let name = "extra";
            self.push(format!("derive {name} = {window}"));
            self.columns.add(name, Kind::Number);
        }
    }
}

/// Adds a `let` and the stages that join it, if the table still has the keys for it.
pub(crate) fn add(script: &mut Script, columns: &mut Columns, dice: &mut Dice) {
    let name = columns.fresh("m");
    let mut other = Other::again(columns, dice);
    let joined: Option<Vec<String>> = match dice.below(30) {
        0..=5 => groups(&name, &mut other, columns, dice),
        6..=9 => a_column(&name, &mut other, columns, dice),
        10 | 11 => filtered(&name, &mut other, columns, dice),
        12 | 13 => flagged(&name, &mut other, columns, dice),
        14..=16 => features(&name, &mut other, columns, dice),
        17 => more_rows(&name, &mut other, columns, dice),
        18..=20 => as_of(&name, &mut other, columns, dice),
        21..=23 => pivoted(&name, &mut other, columns, dice),
        24 | 25 => unpivoted(&name, &mut other, columns, dice),
        26 | 27 => predicted(&name, &mut other, columns, dice),
        28 => as_of_the_target(&name, &mut other, columns, dice),
        _ => encoded(&name, &mut other, columns, dice),
    };
    let Some(joined) = joined else { return };
    columns.peeks += other.columns.peeks;
    let on = joined[0].rsplit_once(" on ").map(|(_, keys)| keys.to_owned());
    if let (Some(keys), Some(brings)) = (on, other.brings.clone()) {
        columns.offers.push((name.clone(), keys, brings));
    }
    script.lets.push((name, other.stages));
    script.main.extend(joined);
}

/// Adds the rows of a `let` that loads the same file.
pub(crate) fn add_rows(script: &mut Script, columns: &mut Columns, dice: &mut Dice) {
    let (name, mut other) = (columns.fresh("m"), Other::again(columns, dice));
    script.main.extend(more_rows(&name, &mut other, columns, dice).unwrap_or_default());
    columns.peeks += other.columns.peeks;
    script.lets.push((name, other.stages));
}

/// Replaces the rows by those of two `let`s, each of which chooses its own.
pub(crate) fn add_halves(script: &mut Script, columns: &mut Columns, dice: &mut Dice) {
    let tag = columns.fresh("k");
    let tagged = dice.chance(0.5);
    script.main.push("head 0".to_owned());
    if tagged {
        script.main.push(format!("derive {tag} = 0"));
    }
    for (half, value) in [("x1 < 0", 1), ("x1 >= 0", 2)] {
        let (name, mut other) = (columns.fresh("m"), Other::again(columns, dice));
        match dice.below(3) {
            0 => {
                let (by, descending) = (other.columns.any_number(dice), dice.pick(&["", " descending=true"]));
                other.stages.extend([format!("where {half}"), format!("sort {by}{descending}"), "head 120".to_owned()]);
            }
            _ => {
                let condition = other.columns.condition(dice);
                other.push(format!("where {half} and ({condition})"));
            }
        }
        if tagged {
            other.push(format!("derive {tag} = {value}"));
        }
        columns.peeks += other.columns.peeks;
        script.main.push(format!("concat {name}"));
        script.lets.push((name, other.stages));
    }
    if tagged {
        columns.add(&tag, Kind::Number);
    }
}

/// Statistics of groups.
fn groups(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    other.prepare(dice);
    let mut keys = vec![other.columns.key(dice)];
    if dice.chance(0.4) {
        keys.push(other.columns.key(dice));
        keys.dedup();
    }
    let (aggregate, new) = (other.columns.aggregate(dice), columns.fresh("k"));
    let keys = keys.join(", ");
    other.brings = Some(new.clone());
    other.push(format!("group {keys} {{ {new} = {aggregate} }}"));
    if !keys.split(", ").all(|key| columns.has(key)) {
        return None;
    }
    let mut joined = match dice.below(5) {
        0 => vec![format!("join {name} on {keys}")],
        1 => return Some(vec![format!("join {name} how={} on {keys}", dice.pick(&["semi", "anti"]))]),
        _ => vec![format!("join {name} how=left on {keys}")],
    };
    columns.add(&new, Kind::Number);
    if dice.chance(0.3) {
        joined.push(format!("derive {new} = coalesce({new}, 0)"));
    }
    // Rows chosen by a column that is gone before anything learns.
    if dice.chance(0.2) {
        joined.push(format!("where {new} > 0.5 or x1 > 0"));
        joined.push(format!("drop {new}"));
        columns.remove(&new);
    }
    Some(joined)
}

/// A column of the same rows, under another name.
fn a_column(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    other.prepare(dice);
    let (column, new) = (other.columns.number(dice), columns.fresh("k"));
    let many = dice.chance(0.15);
    let key = if many { "g" } else { "id" };
    if many {
        other.push("head 60".to_owned());
    }
    other.brings = Some(new.clone()).filter(|_| !many);
    other.push(format!("select {key}, {column}"));
    other.push(format!("rename {new}={column}"));
    if !columns.has(key) {
        return None;
    }
    let how = dice.pick(&["", " how=left", " how=left"]);
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name}{how} on {key}")])
}

/// Rows that a condition chose.
fn filtered(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let condition = format!("{} and {}", other.columns.condition(dice), other.columns.condition(dice));
    other.push(format!("where {condition}"));
    if dice.chance(0.3) {
        let column = other.columns.number(dice);
        other.push(format!("sort {column}"));
        other.push("head 100".to_owned());
    }
    other.push("select id".to_owned());
    let how = dice.pick(&["anti", "anti", "semi"]);
    columns.has("id").then(|| vec![format!("join {name} how={how} on id")])
}

/// A flag on rows that a condition chose.
fn flagged(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (condition, new) = (other.columns.condition(dice), columns.fresh("k"));
    other.brings = Some(new.clone());
    other.stages.extend([format!("where {condition}"), "select id".to_owned(), format!("derive {new} = 1")]);
    if !columns.has("id") {
        return None;
    }
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name} how=left on id"), format!("derive {new} = coalesce({new}, 0)")])
}

/// Columns of the other file.
fn features(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (size, colour) = (columns.fresh("size"), columns.fresh("colour"));
    other.stages = vec!["load b.csv".to_owned()];
    if dice.chance(0.3) {
        other.push("where size > -1".to_owned());
    }
    other.push("select g, size, colour".to_owned());
    other.push(format!("rename {size}=size {colour}=colour"));
    if !columns.has("g") {
        return None;
    }
    columns.add(&size, Kind::Number);
    columns.add(&colour, Kind::Text);
    Some(vec![format!("join {name} how={} on g", dice.pick(&["left", "inner"]))])
}

/// Rows of the same file, once more.
fn more_rows(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    if dice.chance(0.6) {
        let condition = other.columns.condition(dice);
        other.push(format!("where {condition}"));
    }
    if dice.chance(0.4) {
        other.push("derive id = id + 1000".to_owned());
    }
    // A tag tells the rows of the two tables apart.
    if dice.chance(0.3) {
        let tag = columns.fresh("k");
        other.push(format!("derive {tag} = 1"));
        columns.add(&tag, Kind::Number);
        return Some(vec![format!("derive {tag} = 0"), format!("concat {name}")]);
    }
    Some(vec![format!("concat {name}")])
}

/// The latest earlier value of the same file or of the other one, or one that is dated back.
fn as_of(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let new = columns.fresh("k");
    if dice.chance(0.4) {
        other.stages = vec!["load b.csv | sort day".to_owned(), "select day, size".to_owned()];
        other.push(format!("rename {new}=size"));
    } else {
        let column = other.columns.number(dice);
        other.push(format!("derive day = day {} 1d", dice.pick(&["+", "+", "-"])));
        other.push(format!("select day, {column}"));
        other.push(format!("rename {new}={column}"));
    }
    if !columns.has("day") {
        return None;
    }
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name} how=asof time=day")])
}

/// The rank of the target, as of the target.
fn as_of_the_target(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (target, new) = (columns.target.clone(), columns.fresh("k"));
    let column = other.columns.number(dice);
    if !columns.peeks(dice) {
        return None;
    }
    other.stages.extend([
        format!("sort {target}"),
        format!("derive {new} = cumcount({column})"),
        format!("select {target}, {new}"),
    ]);
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name} how=asof time={target}")])
}

/// What a saved pipeline that has seen the rows predicts for them, or what saved steps make of their groups.
fn predicted(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (target, new) = (columns.target.clone(), columns.fresh("k"));
    if !columns.has("id") || !columns.peeks(dice) {
        return None;
    }
    match dice.below(2) {
        0 => other.push(format!("predict {target}.pw keep=id | rename {new}=prediction")),
        _ => other.push(format!("select id, g, s | apply steps.pw | select id, g | rename {new}=g")),
    }
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name} on id")])
}

/// A column of numbers by group, wide: `s` has four values, the target two.
fn pivoted(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let key = if other.columns.target == "y" && other.columns.peeks(dice) { "y" } else { "s" };
    let value = match other.columns.number(dice) {
        value if value == key => "x1".to_owned(),
        value => value,
    };
    other.push(format!("select g, {key}, {value}"));
    other.push(format!("pivot key={key} value={value} agg={}", dice.pick(&["mean", "count", "max"])));
    columns.has("g").then(|| vec![format!("join {name} how=left on g")])
}

/// Two columns as rows, and their mean by row.
fn unpivoted(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (a, new) = (other.columns.number(dice), columns.fresh("k"));
    let b = if a == "x2" { "x1" } else { "x2" };
    other.brings = Some(new.clone());
    other.stages.extend([
        format!("select id, {a}, {b}"),
        format!("cast continuous on {a}, {b}"),
        format!("unpivot on {a}, {b} key=what value=amount"),
        format!("group id {{ {new} = {}(amount) }}", dice.pick(&["mean", "max", "first"])),
    ]);
    if !columns.has("id") {
        return None;
    }
    columns.add(&new, Kind::Number);
    Some(vec![format!("join {name} on id")])
}

/// A table whose own stages learn from all of its rows.
fn encoded(name: &str, other: &mut Other, columns: &mut Columns, dice: &mut Dice) -> Option<Vec<String>> {
    let (target, new) = (other.columns.target.clone(), columns.fresh("k"));
    let (stage, column) = match dice.below(3) {
        0 => {
            other.columns.peeks += 1;
            ("encode target smooth=0 on g".to_owned(), "g".to_owned())
        }
        1 => (format!("fillna iterative on x3, {}", other.columns.number(dice)), "x3".to_owned()),
        _ => ("scale on x1".to_owned(), "x1".to_owned()),
    };
    other.stages.extend([
        format!("target {target}"),
        stage,
        format!("select id, {column}"),
        format!("rename {new}={column}"),
    ]);
    if !columns.has("id") {
        return None;
    }
    columns.add(&new, Kind::Number);
    // `select` keeps the target of the other table, which comes along.
    Some(vec![format!("join {name} on id"), format!("drop `{target} (right)`")])
}
