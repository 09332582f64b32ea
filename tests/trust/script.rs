//! A script that can be taken apart: made smaller while it still fools.

use std::fmt;

/// A script as stages: those of its `let`s by name, and those of its pipeline.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    pub(crate) lets: Vec<(String, Vec<String>)>,
    pub(crate) main: Vec<String>,
    /// How often a value of the target is used where a feature could stand.
    pub(crate) peeks: usize,
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, stages) in &self.lets {
            writeln!(f, "let {name} = {}", stages.join(" | "))?;
        }
        write!(f, "{}", self.main.join(" | "))
    }
}

impl Script {
    /// Every script with one stage less, or one `let` and the stages that name it. The target stays what it is, and
    /// tables as short as they are.
    fn smaller(&self) -> Vec<Script> {
        let mut all = Vec::new();
        let stays = |stage: &String| ["target", "head", "drop `"].iter().any(|start| stage.starts_with(start));
        for (place, (name, stages)) in self.lets.iter().enumerate() {
            let mut without = self.clone();
            without.lets.remove(place);
            let names = |stage: &String| stage.split_whitespace().any(|word| word == name);
            without.main.retain(|stage| !names(stage));
            without.lets.iter_mut().for_each(|(_, stages)| stages.retain(|stage| !names(stage)));
            all.push(without);
            for stage in (1..stages.len()).filter(|&stage| !stays(&stages[stage])) {
                let mut without = self.clone();
                without.lets[place].1.remove(stage);
                all.push(without);
            }
        }
        for stage in (1..self.main.len()).filter(|&stage| !stays(&self.main[stage])) {
            let mut without = self.clone();
            without.main.remove(stage);
            all.push(without);
        }
        all
    }

    /// The verbs of its stages: scripts of one shape fail for one reason.
    pub(crate) fn shape(&self) -> String {
        let stages = self.lets.iter().flat_map(|(_, stages)| stages).chain(&self.main);
        stages.filter_map(|stage| stage.split_whitespace().next()).collect::<Vec<_>>().join(" ")
    }

    /// The smallest script on the way that still does what this one does.
    pub(crate) fn shrunk(&self, still: impl Fn(&str) -> bool) -> Script {
        let mut script = self.clone();
        while let Some(smaller) = script.smaller().into_iter().find(|smaller| still(&smaller.to_string())) {
            script = smaller;
        }
        script
    }
}

#[test]
fn what_a_script_does_not_need_is_dropped() {
    let lets = vec![("m".to_owned(), vec!["load a".to_owned(), "scale".to_owned()])];
    let main = ["load b", "join m", "sort x", "eval"].map(str::to_owned).to_vec();
    let script = Script { lets, main, peeks: 0 };
    assert_eq!(script.to_string(), "let m = load a | scale\nload b | join m | sort x | eval");
    assert_eq!(script.shrunk(|text| text.contains("eval")).to_string(), "load b | eval");
    assert_eq!(script.shrunk(|text| text.contains("join m") && text.contains("load a")).lets[0].1, ["load a"]);
}
