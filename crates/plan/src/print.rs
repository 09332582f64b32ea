//! Plans as text: the script with every implied step and every relevant default written out.

use crate::model::{Line, Plan};
use crate::path::Path;
use pipewright_operator::{Args, Domain, Form, Param, Spec, Value};
use pipewright_syntax::{is_plain_name, written_name};
use std::sync::Arc;

/// A stage as script text, with its decisions spelled out.
pub(crate) fn stage_text(spec: &Spec, args: &Args, decided: &[(&'static str, String)]) -> String {
    let shape = spec.shape.as_ref().and_then(|shape| args.get(shape.name));
    let mut words = match shape {
        None => vec![spec.name.to_owned()],
        Some(list @ Value::List(_)) => vec![format!("{}{list}", spec.name)],
        Some(single) => vec![format!("{}[{single}]", spec.name)],
    };
    if spec.form == Form::Group
        && let Some(columns) = args.get("columns")
    {
        words.push(columns.to_string());
    }
    // A table after `on` takes the place of positionals that are not given.
    let shown = |param: &&Param| args.table("columns").is_none() || args.is_given(param.name);
    let positionals: Vec<_> = spec.positionals.iter().filter(shown).map(|param| args.get(param.name)).collect();
    match (spec.form, positionals.as_slice()) {
        (Form::Target, [Some(column), Some(function)]) => words.push(format!("{function}({column})")),
        (Form::Group, values) => words.extend(values.iter().flatten().map(|value| format!("{{ {value} }}"))),
        (_, values) => words.extend(values.iter().flatten().map(ToString::to_string)),
    }
    if spec.form == Form::Selector
        && let Some(columns) = args.get("columns")
    {
        words.push(columns.to_string());
    }
    // In the order of the script, so that a script with nothing implied is printed unchanged.
    let option = |name: &str| spec.options.iter().find(|param| param.name == name);
    for (name, value) in args.given() {
        match option(name) {
            // Plans and saved pipelines show a parameter in place of a secret value.
            Some(param) if param.domain == Domain::Secret => words.push(format!("{name}=${name}")),
            Some(_) => words.push(format!("{name}={}", value.node)),
            None => {}
        }
    }
    for (name, value) in decided.iter().filter(|(name, _)| !args.is_given(name)) {
        words.push(format!("{name}={value}"));
    }
    if spec.form == Form::Plain {
        words.extend(args.get("columns").map(|columns| format!("on {columns}")));
    }
    let alias = spec.alias.as_ref().and_then(|param| args.get(param.name));
    words.extend(alias.map(|name| format!("as {name}")));
    words.join(" ")
}

impl Plan {
    /// The plan as text, one line per stage; implied stages start with `+`, and arms are indented.
    #[must_use]
    pub fn text(&self) -> String {
        let pipelines = self.pipelines.iter().map(|pipeline| {
            let mut lines = Vec::new();
            self.lines(&pipeline.outline, 0, &mut lines);
            let width = |line: &PlanLine| line.text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            let width = lines.iter().map(width).max().unwrap_or(0).min(48);
            let print = |line: PlanLine| {
                let sign = if line.implied { '+' } else { ' ' };
                match line.remark {
                    Some(remark) => format!("{sign} {:<width$}  # {remark}\n", line.text),
                    None => format!("{sign} {}\n", line.text),
                }
            };
            lines.into_iter().map(print).collect::<String>()
        });
        pipelines.collect::<Vec<_>>().join("\n")
    }

    fn lines(&self, outline: &[Line], depth: usize, into: &mut Vec<PlanLine>) {
        let indent = "  ".repeat(depth);
        let plain = |text: String| PlanLine { text: format!("{indent}{text}"), implied: false, remark: None };
        for line in outline {
            match line {
                Line::Stage(id) => {
                    let node = &self.nodes[*id];
                    let text = format!("{indent}{}", node.text);
                    into.push(PlanLine { text, implied: node.implied, remark: node.remark.clone() });
                }
                Line::Written(text) => into.push(plain(text.clone())),
                Line::Fork { verb, arms } => {
                    into.push(plain(format!("{verb} {{")));
                    for (name, stages) in arms {
                        into.push(plain(format!("  {}:", written_name(name))));
                        self.lines(stages, depth + 2, into);
                    }
                    into.push(plain("}".to_owned()));
                }
            }
        }
    }

    /// The script with every implied step and every default written out. It is equivalent to the script.
    #[must_use]
    pub fn explicit(&self) -> String {
        let pipelines = self.pipelines.iter().map(|pipeline| self.script(&pipeline.outline, "\n| ") + "\n");
        self.declarations().into_iter().chain(pipelines).collect::<Vec<_>>().join("\n")
    }

    /// The joined tables as `let` declarations, each after those it needs.
    fn declarations(&self) -> Vec<String> {
        let mut names: Vec<&str> = Vec::new();
        let mut declarations = Vec::new();
        for node in &self.nodes {
            let name = node.args.given().find_map(|(_, value)| match &value.node {
                Value::Table(name) => Some(name.as_str()),
                _ => None,
            });
            // A file that is named in place of a table needs no declaration.
            if let (Some(other), Some(name)) = (&node.other, name)
                && is_plain_name(name)
                && !names.contains(&name)
            {
                let stages = other.branch.path.iter().map(|&id| self.nodes[id].text.as_str());
                let stages = stages.collect::<Vec<_>>().join("\n| ");
                declarations.push(format!("let {} = {stages}\n", written_name(name)));
                names.push(name);
            }
        }
        declarations
    }

    fn script(&self, outline: &[Line], between: &str) -> String {
        let stages = outline.iter().map(|line| match line {
            Line::Stage(id) => self.nodes[*id].text.clone(),
            Line::Written(text) => text.clone(),
            Line::Fork { verb, arms } => {
                let arm = |(name, stages): &(Arc<str>, Vec<Line>)| {
                    format!("    {}: {}\n", written_name(name), self.script(stages, " | "))
                };
                format!("{verb} {{\n{}  }}", arms.iter().map(arm).collect::<String>())
            }
        });
        stages.collect::<Vec<_>>().join(between)
    }
}

struct PlanLine {
    text: String,
    implied: bool,
    remark: Option<String>,
}

impl Path<'_> {
    /// The script of this path alone, with every implied step written out.
    #[must_use]
    pub fn explicit(&self) -> String {
        let lines: Vec<&str> = self.nodes.iter().map(|node| node.text.as_str()).collect();
        format!("{}\n", lines.join("\n| "))
    }
}
