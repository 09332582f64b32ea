//! A plan as text: the script with every implied step and every default that matters written out.

use crate::check::{Node, PipelinePlan};
use pipewright_operator::{Args, Form, Spec, Value};

/// A stage as a script would write it, with its decisions spelled out.
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
    match (spec.form, spec.positionals.iter().map(|param| args.get(param.name)).collect::<Vec<_>>().as_slice()) {
        (Form::Target, [Some(column), Some(function)]) => words.push(format!("{function}({column})")),
        (Form::Group, values) => words.extend(values.iter().flatten().map(|value| format!("{{ {value} }}"))),
        (_, values) => words.extend(values.iter().flatten().map(ToString::to_string)),
    }
    if spec.form == Form::Selector
        && let Some(columns) = args.get("columns")
    {
        words.push(columns.to_string());
    }
    // In the order of the script: then a script with nothing implied is printed as it stands.
    let is_option = |name: &str| spec.options.iter().any(|param| param.name == name);
    for (name, value) in args.given().filter(|(name, _)| is_option(name)) {
        words.push(format!("{name}={}", value.node));
    }
    for (name, value) in decided.iter().filter(|(name, _)| !args.is_given(name)) {
        words.push(format!("{name}={value}"));
    }
    if spec.form == Form::Plain {
        match args.get("columns") {
            Some(Value::Word(default)) if default.is_empty() => {}
            Some(columns) => words.push(format!("on {columns}")),
            None => {}
        }
    }
    words.join(" ")
}

impl PipelinePlan {
    /// The plan, a line a stage; implied stages start with `+`.
    #[must_use]
    pub fn text(&self) -> String {
        let texts: Vec<String> = self.nodes.iter().map(|node| self.without_secrets(&node.text)).collect();
        let width = |text: &String| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let width = texts.iter().map(width).max().unwrap_or(0).min(48);
        let line = |(node, text): (&Node, &String)| {
            let sign = if node.implied { '+' } else { ' ' };
            match &node.remark {
                Some(remark) => format!("{sign} {text:<width$}  # {remark}\n"),
                None => format!("{sign} {text}\n"),
            }
        };
        self.nodes.iter().zip(&texts).map(line).collect()
    }

    /// The script with nothing implied.
    #[must_use]
    pub fn explicit(&self) -> String {
        let lines: Vec<&str> = self.nodes.iter().map(|node| node.text.as_str()).collect();
        format!("{}\n", lines.join("\n| "))
    }

    /// A text of the plan with a parameter in the place of every value that others may not read: `key=$key`.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{name}={value}"), &format!("{name}=${name}"))
        })
    }
}
