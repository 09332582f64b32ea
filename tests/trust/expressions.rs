//! Random columns, conditions and expressions over what a table holds.

use pipewright_world::random::Key;

/// Random choices, one after the other.
#[derive(Debug)]
pub(crate) struct Dice {
    key: Key,
    position: u64,
}

impl Dice {
    pub(crate) fn new(key: Key) -> Dice {
        Dice { key, position: 0 }
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.position += 1;
        self.key.below(self.position, bound as u64) as usize
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.position += 1;
        self.key.uniform(self.position) < share
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Date,
    Truth,
}

/// A table that can be joined: its name, its keys, and the column that it brings.
pub(crate) type Offer = (String, String, String);

/// The columns of a table under construction, and which of them is the target.
#[derive(Debug)]
pub(crate) struct Columns {
    all: Vec<(String, Kind)>,
    pub(crate) target: String,
    /// The share of choices that fall on the target in expressions and conditions, which is found easily.
    openly: f64,
    /// The same for keys, orders, and the columns of steps and of other tables.
    hidden: f64,
    /// How often one did.
    pub(crate) peeks: usize,
    /// Other tables so far.
    pub(crate) offers: Vec<Offer>,
    fresh: usize,
}

impl Columns {
    /// Those of `a.csv`.
    pub(crate) fn of_file(target: &str, hidden: f64) -> Columns {
        use Kind::{Date, Number, Text};
        let number = ["id", "c", "w", "x1", "x2", "x3", "v", "y"].map(|name| (name.to_owned(), Number));
        let others = [("g", Text), ("s", Text), ("day", Date)].map(|(name, kind)| (name.to_owned(), kind));
        let all = [&number[..], &others[..]].concat();
        let target = target.to_owned();
        Columns { all, target, openly: hidden / 6.0, hidden, peeks: 0, offers: Vec::new(), fresh: 0 }
    }

    /// The same, for a table that loads the file again.
    pub(crate) fn of_same_file(&self) -> Columns {
        let again = Columns::of_file(&self.target, self.hidden);
        Columns { openly: self.hidden, offers: self.offers.clone(), ..again }
    }

    /// The columns of a table of groups.
    pub(crate) fn replace_all(&mut self, columns: &[(&str, Kind)]) {
        self.all = columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|(found, _)| found == name)
    }

    pub(crate) fn add(&mut self, name: &str, kind: Kind) {
        self.remove(name);
        self.all.push((name.to_owned(), kind));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.all.retain(|(found, _)| found != name);
    }

    /// A name that no column has.
    pub(crate) fn fresh(&mut self, stem: &str) -> String {
        self.fresh += 1;
        format!("{stem}{}", self.fresh)
    }

    /// The features of a kind; rows' numbers are none.
    pub(crate) fn features(&self, kind: Kind) -> Vec<String> {
        let other = if self.target == "y" { "v" } else { "y" };
        let is = |(name, found): &&(String, Kind)| {
            *found == kind && *name != self.target && ![other, "id"].contains(&name.as_str())
        };
        self.all.iter().filter(is).map(|(name, _)| name.clone()).collect()
    }

    /// Should a choice fall on the target?
    pub(crate) fn peeks(&mut self, dice: &mut Dice) -> bool {
        self.peeks_with(self.hidden, dice)
    }

    fn peeks_with(&mut self, share: f64, dice: &mut Dice) -> bool {
        let peeks = self.has(&self.target) && dice.chance(share);
        self.peeks += usize::from(peeks);
        peeks
    }

    /// A column of numbers, for an expression.
    pub(crate) fn number(&mut self, dice: &mut Dice) -> String {
        let peeks = self.peeks_with(self.openly, dice);
        self.feature_or_target(Kind::Number, peeks, dice)
    }

    /// A column to sort by, or for a step.
    pub(crate) fn any_number(&mut self, dice: &mut Dice) -> String {
        let peeks = self.peeks(dice);
        self.feature_or_target(Kind::Number, peeks, dice)
    }

    /// A column to group by or to take as a key.
    pub(crate) fn key(&mut self, dice: &mut Dice) -> String {
        let peeks = self.peeks(dice);
        self.feature_or_target(Kind::Text, peeks, dice)
    }

    fn feature_or_target(&mut self, kind: Kind, peeks: bool, dice: &mut Dice) -> String {
        let features = self.features(kind);
        self.peeks += usize::from(features.is_empty() && !peeks);
        if features.is_empty() || peeks { self.target.clone() } else { dice.pick(&features) }
    }

    /// A condition that half of the rows meet, or more.
    pub(crate) fn condition(&mut self, dice: &mut Dice) -> String {
        let one = self.comparison(dice);
        match dice.below(4) {
            0 => format!("{one} or {}", self.comparison(dice)),
            _ => one,
        }
    }

    fn comparison(&mut self, dice: &mut Dice) -> String {
        let column = self.number(dice);
        if column == "y" {
            return dice.pick(&["y == 1", "y != 1", "y < 1"]).to_owned();
        }
        let texts = self.features(Kind::Text);
        match dice.below(6) {
            0 if texts.contains(&"s".to_owned()) => dice.pick(&["s != \"red\"", "s in [\"red\", \"blue\"]"]).to_owned(),
            1 if self.has("day") => dice.pick(&["day > \"2020-04-01\"", "day < \"2021-01-01\""]).to_owned(),
            2 => format!("{column} is not null"),
            3 => format!("{column} < 1"),
            4 => format!("{column} > -1"),
            _ => format!("{column} > 0"),
        }
    }

    /// An expression over one row: numbers, or a truth value.
    pub(crate) fn of_one_row(&mut self, dice: &mut Dice) -> (String, Kind) {
        let (a, b) = (self.number(dice), self.number(dice));
        let text = match dice.below(10) {
            0 => format!("{a} + {b}"),
            1 => format!("{a} * 2 - {b}"),
            2 => format!("log1p(abs({a}))"),
            3 => format!("if {} then {b} else 0 - {b}", self.condition(dice)),
            4 => format!("coalesce({a}, 0)"),
            5 => format!("floor({a} * 5)"),
            6 => format!("max({a}, {b})"),
            7 if self.has("day") => dice.pick(&["month(day)", "weekday(day)"]).to_owned(),
            8 => format!("if {} then 1 else 0", self.condition(dice)),
            _ => return (format!("coalesce({a}, 0) > 0"), Kind::Truth),
        };
        (text, Kind::Number)
    }

    /// An expression over earlier rows, now and then over later ones.
    pub(crate) fn window(&mut self, dice: &mut Dice) -> String {
        let a = self.number(dice);
        let key = self.key(dice);
        match dice.below(14) {
            0 => format!("lag({a})"),
            1 => format!("lag({a}, 2)"),
            2 => format!("cumsum({a})"),
            3 => format!("cumcount({a})"),
            4 => format!("cummax({a})"),
            5 => format!("mean({a}) over({key})"),
            6 => format!("count() over({key})"),
            7 => format!("mean({a}) over({key}, 5)"),
            8 if self.has("day") => format!("sum({a}) over({key}, 30d)"),
            9 => format!("rolling({a}, 5)"),
            10 => format!("first({a}) over({key})"),
            11 => format!("lag({a}) over({key})"),
            12 => format!("lead({a})"),
            _ => format!("cumcount({a}) - lag({a})"),
        }
    }

    /// A value of a group.
    pub(crate) fn aggregate(&mut self, dice: &mut Dice) -> String {
        let a = self.number(dice);
        match dice.below(8) {
            0 => "count()".to_owned(),
            1 => format!("max({a})"),
            2 => format!("first({a})"),
            3 => format!("last({a})"),
            4 => format!("sum({a})"),
            5 => format!("mode({a})"),
            _ => format!("mean({a})"),
        }
    }

    /// An expression that learns from the training rows.
    pub(crate) fn learned(&mut self, dice: &mut Dice) -> String {
        let a = self.number(dice);
        match dice.below(4) {
            0 => format!("{a} - mean({a})"),
            1 => format!("zscore({a})"),
            2 => format!("rank({a})"),
            _ => format!("{a} / max({a})"),
        }
    }
}
