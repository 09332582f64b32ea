//! Random scripts over tables of noise, composed of the verbs of the registry.

use crate::expressions::{Columns, Dice, Kind};
use crate::lets;
use crate::script::Script;
use pipewright_world::random::Key;

/// What the end of a script has to fit to.
#[derive(Debug, Default)]
struct Roles {
    /// Values depend on the order of rows, so that the evaluation may not shuffle them.
    ordered: bool,
    time: bool,
    group: bool,
    /// Where the target is declared: at the start, or above the first stage that learns.
    late_target: bool,
    /// Rows that stand in the table twice can be told by their number.
    numbered: bool,
}

struct Draft {
    script: Script,
    columns: Columns,
    dice: Dice,
    roles: Roles,
}

/// The random script of this number.
pub(crate) fn script(seed: u64, number: u64) -> Script {
    let mut dice = Dice::new(Key::new(seed).child("script").index(number));
    let target = if dice.chance(0.6) { "y" } else { "v" };
    let peek = dice.pick(&[0.0, 0.0, 0.2, 0.2, 0.6]);
    let honest = peek == 0.0;
    let columns = Columns::of_file(target, peek);
    let mut draft = Draft { script: Script::default(), columns, dice, roles: Roles::default() };
    draft.start(honest);
    for _ in 0..draft.dice.below(6) {
        draft.prepare();
    }
    draft.leave_out();
    for _ in 0..draft.dice.below(4) {
        draft.learn();
    }
    draft.end();
    draft.script.peeks += draft.columns.peeks;
    draft.script
}

impl Draft {
    fn push(&mut self, stage: impl Into<String>) {
        self.script.main.push(stage.into());
    }

    fn declare_target(&mut self) {
        let target = self.columns.target.clone();
        // Without a word about it, it is `y`, by its name.
        if target == "v" || self.dice.chance(0.9) {
            self.push(format!("target {target}"));
        }
    }

    fn start(&mut self, honest: bool) {
        self.push("load a.csv");
        match self.dice.below(40) {
            0 | 1 => lets::add_rows(&mut self.script, &mut self.columns, &mut self.dice),
            2 => self.group(),
            4 | 5 => lets::add_halves(&mut self.script, &mut self.columns, &mut self.dice),
            3 if honest && self.columns.target == "y" => {
                self.push("derive y = if y == 1 then \"yes\" else \"no\"");
            }
            _ => {}
        }
        self.roles.late_target = self.dice.chance(0.3);
        if !self.roles.late_target {
            self.declare_target();
        }
        if self.columns.has("day") {
            self.roles();
        }
    }

    /// The table of groups is the table that is judged.
    fn group(&mut self) {
        use Kind::{Number, Text};
        let target = self.columns.target.clone();
        let of_target = if target == "y" { "mode" } else { "mean" };
        let (aggregate, of) = (self.columns.aggregate(&mut self.dice), self.columns.any_number(&mut self.dice));
        self.push(format!(
            "group g, s {{ x1 = {aggregate}, x2 = sum({of}), x3 = mean(x3), w = mean(w), {target} = {of_target}({target}) }}"
        ));
        let numbers = ["x1", "x2", "x3", "w", &target].map(|name| (name, Number));
        self.columns.replace_all(&[&numbers[..], &[("g", Text), ("s", Text)][..]].concat());
    }

    fn roles(&mut self) {
        match self.dice.below(12) {
            0 | 1 => {
                self.roles.time = true;
                self.push("role time=day");
                self.columns.remove("day");
            }
            2 => {
                self.roles.group = true;
                self.push("role group=g");
                self.columns.remove("g");
            }
            3 if self.columns.peeks(&mut self.dice) => {
                let target = self.columns.target.clone();
                self.push(format!("derive weight = if {target} > 0 then 0.05 else 1"));
                self.push("role weight=weight");
            }
            3 => {
                self.push("role weight=w");
                self.columns.remove("w");
            }
            _ => {}
        }
    }

    /// Adds a stage that stands above everything that learns.
    fn prepare(&mut self) {
        match self.dice.below(20) {
            0 | 1 => {
                let condition = self.columns.condition(&mut self.dice);
                self.push(format!("where {condition}"));
            }
            2..=4 => self.derive(),
            5..=7 => self.window(),
            8..=12 => lets::add(&mut self.script, &mut self.columns, &mut self.dice),
            13 => {
                let by = self.columns.any_number(&mut self.dice);
                let descending = if self.dice.chance(0.3) { " descending=true" } else { "" };
                self.push(format!("sort {by}{descending}"));
                // The first of sorted rows are a choice by what they are sorted by.
                if self.dice.chance(0.4) {
                    self.push("head 300");
                }
            }
            14 => self.rows(),
            15 => self.rename(),
            16 => self.fill(),
            17 => self.cast(),
            18 => self.renamed_target(),
            _ => {
                let column = self.columns.any_number(&mut self.dice);
                let ways = ["interact on", "poly 2 on", "cast continuous on"];
                let other = if column == "x1" { "x2" } else { "x1" };
                let way = self.dice.pick(&ways);
                self.push(format!("{way} {other}, {column}"));
            }
        }
    }

    fn derive(&mut self) {
        let (expression, kind) = self.columns.of_one_row(&mut self.dice);
        let name = if self.dice.chance(0.2) { "x1".to_owned() } else { self.columns.fresh("d") };
        self.push(format!("derive {name} = {expression}"));
        self.columns.add(&name, kind);
    }

    fn window(&mut self) {
        let expression = self.columns.window(&mut self.dice);
        if self.dice.chance(0.4) {
            let by = self.columns.key(&mut self.dice);
            self.push(format!("sort {by}"));
        }
        let name = self.columns.fresh("d");
        self.push(format!("derive {name} = {expression}"));
        self.columns.add(&name, Kind::Number);
        self.roles.ordered = true;
    }

    fn rows(&mut self) {
        let column = self.columns.any_number(&mut self.dice);
        if self.dice.chance(0.15) && self.columns.has("x1") && self.columns.has("x2") {
            self.columns.remove("x1");
            self.columns.remove("x2");
            self.columns.add("what", Kind::Text);
            self.columns.add("amount", Kind::Number);
            return self.push("unpivot on x1, x2 key=what value=amount");
        }
        let stage = match self.dice.below(7) {
            0 => "head 320".to_owned(),
            1 => "sample 80%".to_owned(),
            2 => "dropna".to_owned(),
            3 => "dropna on x3".to_owned(),
            4 => format!("dedup on {column}, s"),
            5 => "dedup on g, s".to_owned(),
            _ => "dedup on id".to_owned(),
        };
        self.push(stage);
    }

    fn rename(&mut self) {
        let features = self.columns.features(Kind::Number);
        let (Some(old), new) = (features.first(), "renamed") else { return };
        if self.columns.has(new) {
            return;
        }
        self.push(format!("rename {new}={old}"));
        self.columns.remove(old);
        self.columns.add(new, Kind::Number);
    }

    /// Fills from other rows, in groups, now and then of the target.
    fn fill(&mut self) {
        let key = self.columns.key(&mut self.dice);
        let way = self.dice.pick(&["ffill", "ffill", "ffill", "bfill", "interpolate"]);
        self.push(format!("fillna {way} over=[{key}] on x3"));
        self.roles.ordered = true;
    }

    fn cast(&mut self) {
        if self.columns.has("c") {
            self.push("cast text on c");
            self.columns.add("c", Kind::Text);
        }
    }

    /// Uses the target under another name.
    fn renamed_target(&mut self) {
        let target = self.columns.target.clone();
        if !self.columns.peeks(&mut self.dice) {
            return self.derive();
        }
        let feature = self.columns.features(Kind::Number).first().cloned().unwrap_or_default();
        self.push(format!("rename answer={target}"));
        self.push(format!("derive {feature} = {feature} + 3 * answer"));
        self.push(format!("rename {target}=answer"));
    }

    /// Drops what is no feature; the number of a row stays as a text if rows may stand in the table twice.
    fn leave_out(&mut self) {
        let twice = |stage: &String| ["concat", "unpivot", "head 60"].iter().any(|start| stage.starts_with(start));
        let mut stages = self.script.lets.iter().flat_map(|(_, stages)| stages).chain(&self.script.main);
        self.roles.numbered = self.columns.has("id") && stages.any(twice) && self.dice.chance(0.5);
        if self.roles.numbered {
            self.push("cast text on id");
            self.columns.remove("id");
        }
        let other = if self.columns.target == "y" { "v" } else { "y" };
        let dropped: Vec<&str> = ["id", "day", other].into_iter().filter(|name| self.columns.has(name)).collect();
        if !dropped.is_empty() {
            self.push(format!("drop {}", dropped.join(", ")));
        }
        for name in ["id", "day", other] {
            self.columns.remove(name);
        }
        if self.roles.late_target {
            self.declare_target();
        }
    }

    /// Adds a stage that is fitted in every fold.
    fn learn(&mut self) {
        let column = self.columns.any_number(&mut self.dice);
        let texts = self.columns.features(Kind::Text);
        let on = if self.dice.chance(0.5) { String::new() } else { format!(" on {column}") };
        let on_x3 = if column == "x3" || self.dice.chance(0.5) { String::new() } else { format!(" on x3, {column}") };
        match self.dice.below(16) {
            0 => self.push(format!("scale{}{on}", [" robust", " minmax", "", ""][column.len() % 4])),
            1 => self.push(format!("fillna knn[3]{on_x3}")),
            2 => self.push(format!("fillna iterative{on_x3}")),
            3 => {
                let way = self.dice.pick(&["mean", "median", "mode", "0"]);
                self.push(format!("fillna {way}{on}"));
            }
            4 if self.dice.chance(0.4) => {
                self.push(format!("bin 4 encode=onehot on {column}"));
                self.columns.remove(&column);
            }
            4 => self.push(format!("bin 5{on}")),
            5 if column != "x1" => self.push(format!("interact on x1, {column}")),
            6 if column != "x2" => self.push(format!("poly 2 on x2, {column}")),
            7 => self.push(format!("clip 5% 95%{on}")),
            8 => {
                let way = self.dice.pick(&["iqr 2", "zscore 2 do=clip", "mad 3 do=null"]);
                self.push(format!("outliers {way}{on}"));
            }
            9 => self.encode(&texts),
            10 => self.reduce(),
            11 => {
                let condition = self.columns.condition(&mut self.dice);
                self.push(format!("only train {{ where {condition} }}"));
            }
            12 if self.columns.target == "y" => {
                let way = self.dice.pick(&["oversample", "undersample", "oversample ratio=0.8"]);
                self.push(format!("balance {way}"));
            }
            13 => {
                let (name, learned) = (self.columns.fresh("d"), self.columns.learned(&mut self.dice));
                self.push(format!("derive {name} = {learned}"));
                self.columns.add(&name, Kind::Number);
            }
            14 if self.dice.chance(0.1) => self.push("sample 90%"),
            _ => self.push(format!("power{on}")),
        }
    }

    fn encode(&mut self, texts: &[String]) {
        let Some(text) = texts.first() else { return };
        let woe = if self.columns.target == "y" { "woe" } else { "count" };
        let way = self.dice.pick(&["target", "target smooth=0", "ordinal", "count", woe]);
        self.push(format!("encode {way} on {text}"));
        self.columns.remove(text);
    }

    /// Replaces numbers by components, or keeps some of them.
    fn reduce(&mut self) {
        self.push("fillna mean");
        let way = self.dice.pick(&["pca[2]", "select_k f[3]", "filter variance", "svd[2]"]);
        self.push(way);
        for name in self.columns.features(Kind::Number) {
            self.columns.remove(&name);
        }
    }

    /// Adds the routes of `columns`, in which the last one takes what is left.
    fn routes(&mut self) {
        let (a, b) = (self.columns.number(&mut self.dice), self.columns.number(&mut self.dice));
        let inner = match self.dice.below(3) {
            0 => format!("scale | derive q = {a} + {b}"),
            1 => "fillna median | scale robust".to_owned(),
            _ => "fillna iterative".to_owned(),
        };
        let both = if a == b { a } else { format!("{a}, {b}") };
        self.push(format!("columns {{ {both} => {inner}; @string => encode onehot; _ => fillna mean }}"));
    }

    fn end(&mut self) {
        if self.dice.chance(0.1) {
            self.routes();
        }
        self.push("fillna mean");
        self.push("encode onehot");
        let model = match self.columns.target.as_str() {
            "y" => "logistic",
            _ => self.dice.pick(&["ridge", "linear", "ridge"]),
        };
        self.push(format!("train {model}"));
        let scheme = match self.dice.below(10) {
            // A column for every row is slow to learn from.
            _ if self.roles.numbered => self.dice.pick(&["kfold 3", "kfold 3 shuffle=false", "holdout 40%"]),
            _ if self.roles.time && self.dice.chance(0.8) => "time 5",
            _ if self.roles.group && self.dice.chance(0.7) => "group 5",
            0..=5 if self.roles.ordered => "kfold 5 shuffle=false",
            6 | 7 if self.roles.ordered => "time 4",
            8 if self.roles.ordered => "holdout 30% shuffle=false",
            0 => "holdout 40%",
            1 => "kfold 5 shuffle=false",
            2 => "kfold 4 repeat=2",
            _ => "kfold 5",
        };
        self.push(format!("eval {scheme}"));
    }
}
