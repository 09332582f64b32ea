//! The registry is in good order, and every bad argument is called bad where it stands.

use crate::MODELS;
use crate::sample::Sample;
use pipewright::{Diagnostic, Options, Output, REGISTRY, Session, code, verb_help, verb_list};
use pipewright_operator::{Args, Domain, Flow, Form, Param, Preset, Spec, Value};
use pipewright_world::MemoryWorld;
use std::sync::Arc;

pub(crate) fn specs() -> impl Iterator<Item = &'static Spec> {
    let only = crate::support::filter();
    let verbs = REGISTRY.verbs.iter().map(|verb| &verb.spec);
    verbs.chain(REGISTRY.models.iter().map(|model| &model.spec)).filter(move |spec| spec.name.contains(&only))
}

fn is_model(spec: &Spec) -> bool {
    REGISTRY.model(spec.name).is_some()
}

fn check(script: &str) -> Vec<Diagnostic> {
    // A saved model, for `predict` to find.
    let world = Arc::new(Sample::new(31, 30).world());
    let options = Options::default();
    let saved = Session::new(world.clone(), options.clone()).run("load t.csv | target grade | train dummy | save m.pw");
    assert!(saved.is_ok());
    let diagnostics = Session::new(world, options).check(script).diagnostics;
    diagnostics.into_iter().filter(Diagnostic::is_error).collect()
}

fn is_sentence(text: &str) -> bool {
    text.starts_with(|c: char| c.is_uppercase() || c == '`') && text.ends_with('.') && !text.contains("  ")
}

#[test]
fn the_registry_is_in_good_order() {
    let mut problems = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let list = verb_list(&REGISTRY);
    for spec in specs() {
        let name = spec.name;
        let mut demand = |holds: bool, what: &str| {
            if !holds {
                problems.push(format!("`{name}`: {what}"));
            }
        };
        demand(!names.contains(&name), "another verb or model has this name");
        demand(spec.summary.starts_with(char::is_uppercase), "its summary starts in lower case");
        demand(is_sentence(spec.summary), "its summary is no sentence");
        demand(spec.details.is_empty() || is_sentence(spec.details), "its details are no sentences");
        demand(!spec.search.is_empty(), "nobody finds it who does not know its name");
        demand(spec.search.iter().all(|word| *word != name), "its search words repeat its name");
        demand(spec.params().all(|param| is_sentence(param.doc)), "a parameter is not documented by a sentence");
        let is_option = |name: &str| spec.options.iter().any(|param| param.name == name);
        let is_word =
            |word: &str| spec.params().any(|param| param.domain.take(&Value::Word(word.to_owned())).is_some());
        let led = spec.elsewhere.iter().all(|(other, own)| (is_option(own) || is_word(own)) && !is_option(other));
        demand(led, "a name of another tool does not lead to an option or a word");
        let mut own: Vec<&str> = spec.params().map(|param| param.name).collect();
        own.sort_unstable();
        demand(own.windows(2).all(|pair| pair[0] != pair[1]), "two parameters have one name");
        // The word before a path is told by the grammar: it may be left out.
        let before = usize::from(spec.form == Form::Path && spec.positionals.len() > 1);
        let required =
            spec.positionals.iter().skip(before).skip_while(|param| param.required).all(|param| !param.required);
        demand(required, "a required argument stands behind one that may be left out");
        demand(spec.params().all(|param| !param.required || !param.has_default()), "required, with a default");
        demand(list.contains(spec.group.title()) && list.contains(spec.summary), "the list of verbs lacks it");
        let help = verb_help(&pipewright::REGISTRY, name).unwrap_or_default();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        demand(spec.params().all(|param| help.contains(param.doc)), "its help lacks a parameter");
        names.push(name);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// A pipeline with one stage or model under test, where these parameters are given these texts.
pub(crate) fn script(spec: &'static Spec, given: &[(&'static Param, &str)]) -> String {
    let text =
        |param: &Param| given.iter().find(|(other, _)| other.name == param.name).map(|(_, text)| (*text).to_owned());
    let usual = |param: &Param| if spec.name == "mlp" { "2, auto".to_owned() } else { valid(param.domain) };
    let shape = spec.shape.as_ref().map(|param| text(param).unwrap_or_else(|| usual(param)));
    let in_braces = spec.shape.as_ref().is_some_and(|param| param.domain == Domain::Layers);
    let shape =
        shape.map(|sizes| if in_braces { format!(" {sizes}") } else { format!("[{sizes}]") }).unwrap_or_default();
    let options: Vec<String> =
        spec.options.iter().filter_map(|param| Some(format!("{}={}", param.name, text(param)?))).collect();
    if is_model(spec) {
        let call = if options.is_empty() { String::new() } else { format!("({})", options.join(", ")) };
        let target = MODELS.iter().find(|row| row.name == spec.name).map_or("grade", |row| row.variants[0].target);
        let parts = if in_braces { format!("{call}{shape}") } else { format!("{shape}{call}") };
        return format!("load t.csv | drop town | target {target} | train {}{parts}", spec.name);
    }
    let last = spec.positionals.iter().rposition(|param| param.required || text(param).is_some());
    let positionals = spec.positionals.iter().take(last.map_or(0, |last| last + 1)).map(|param| {
        text(param).unwrap_or_else(|| if param.has_default() { written_default(param) } else { valid(param.domain) })
    });
    let mut words = vec![format!("{}{shape}", spec.name)];
    words.extend(positionals);
    if spec.form == Form::Selector {
        words.push("town".to_owned());
    }
    words.extend(options);
    let above = match spec.input {
        Flow::Nothing => "",
        Flow::Learner => "load t.csv | target grade | train dummy | ",
        _ => "load t.csv | ",
    };
    format!("{above}{}", words.join(" "))
}

/// Does the grammar itself read this argument, and not the domain alone? The tests of the grammar cover it.
pub(crate) fn is_grammar(spec: &Spec, param: &Param) -> bool {
    let place = spec.positionals.iter().position(|other| other.name == param.name);
    match spec.form {
        Form::Path => place.is_some_and(|place| place + 1 < spec.positionals.len()),
        Form::Target => place.is_some_and(|place| place > 0),
        Form::Block | Form::Routes | Form::Arms | Form::Group => place.is_some(),
        _ => false,
    }
}

/// A default as a script would write it; of several, the one for the first case.
fn written_default(param: &Param) -> String {
    match param.preset {
        Preset::ByWord(_, table) => table()[0].1.to_string(),
        _ => param.default_value(&Args::default()).map(|value| value.to_string()).unwrap_or_default(),
    }
}

/// A text that a domain takes.
pub(crate) fn valid(domain: Domain) -> String {
    match domain {
        Domain::Int { min, max } => (min + 3).min(max).to_string(),
        Domain::Float { .. } => "0.5".to_owned(),
        Domain::Positive => "0.5".to_owned(),
        Domain::Fraction => "20%".to_owned(),
        Domain::Bool => "true".to_owned(),
        Domain::Ratio => "50%".to_owned(),
        Domain::Words(words) => words[0].text.to_owned(),
        Domain::Text => "\"a\"".to_owned(),
        Domain::List(inner) => valid(*inner),
        Domain::OneOf(domains) => valid(domains[0]),
        Domain::Model => "mlp[2, auto]".to_owned(),
        Domain::Path => "m.pw".to_owned(),
        Domain::Sample => "iris".to_owned(),
        Domain::Generator => "moons".to_owned(),
        Domain::Layers => "{ dense[2] | dense[auto] }".to_owned(),
        Domain::Call(word) => format!("{word}(\"t.csv\")"),
        Domain::Assigns => "sum = real + 1".to_owned(),
        Domain::Renames => "amount=real".to_owned(),
        Domain::Null => "null".to_owned(),
        Domain::Duration => "7d".to_owned(),
        Domain::Name => "test".to_owned(),
        Domain::Table => "iris".to_owned(),
        Domain::Block => "{ head 3 }".to_owned(),
        Domain::Routes => "{ real => scale }".to_owned(),
        Domain::Arms => "{ plain: train dummy }".to_owned(),
        Domain::Bytes => "\"64M\"".to_owned(),
        Domain::Secret => "\"a secret\"".to_owned(),
        Domain::Column => "grade".to_owned(),
        Domain::Columns => "town".to_owned(),
        Domain::Condition => "real > 0".to_owned(),
    }
}

#[test]
fn defaults_can_be_written_out() {
    for spec in specs() {
        for param in spec.params().filter(|param| param.has_default() && param.when.is_empty()) {
            // What is missing is missing with and without: a join has no keys of its own.
            let messages = |script: &str| -> Vec<String> {
                let found = check(script).into_iter().filter(|found| found.code != code::NO_TARGET);
                found.map(|found| found.message).collect()
            };
            let (with, without) = (script(spec, &[(param, &written_default(param))]), script(spec, &[]));
            assert_eq!(messages(&with), messages(&without), "{with}");
        }
        if spec.form == Form::Plain
            && let Some(columns) = spec.columns.and_then(|param| param.default_value(&Args::default()))
        {
            let plain = script(spec, &[]);
            let on = format!("{plain} on {columns}");
            // What values a stage takes, and what it needs above it, is not about how it is written.
            let known: Vec<String> = check(&plain).into_iter().map(|found| found.message).collect();
            let is_about_words = |found: &Diagnostic| found.place.is_none() && !known.contains(&found.message);
            let found: Vec<Diagnostic> = check(&on).into_iter().filter(is_about_words).collect();
            assert!(found.is_empty(), "{on}: {found:?}");
        }
    }
}

#[test]
fn every_parameter_takes_what_its_domain_takes() {
    let unreadable = [code::UNKNOWN_OPTION, code::RESERVED_WORD, code::UNEXPECTED];
    for spec in specs() {
        for param in spec.params().filter(|param| !is_grammar(spec, param)) {
            let script = script(spec, &[(param, &valid(param.domain))]);
            let found: Vec<Diagnostic> = check(&script);
            // What fits its domain may still not fit the other arguments, which the verb says in its own words.
            let taken = |problem: &Diagnostic| {
                !unreadable.contains(&problem.code) && !problem.message.contains("does not take")
            };
            assert!(found.iter().all(taken), "{script}: {found:?}");
        }
    }
}

#[test]
fn texts_that_mean_a_missing_value_are_taken_as_written() {
    let world = Arc::new(MemoryWorld::new().with_file("t.csv", "a,b\n1,x\n\\N,y\n-,z\n"));
    let script = "load t.csv null=[\"\\\\N\", \"-\"] | schema";
    let done = Session::new(world, Options::default()).run(script);
    let Some(Output::Schema(schema)) = done.outputs().next() else { panic!("{:?}", done.diagnostics) };
    assert_eq!(schema.columns[0].missing, 2);
}

/// A profile names stages that would mend what it finds; it cannot see the registry.
#[test]
fn stages_that_a_profile_suggests_are_verbs() {
    let row = |row: usize| {
        let text = if row == 3 { "oops".to_owned() } else { format!("{row}") };
        let stray = if row == 5 { 0 } else { 100 + row % 7 };
        let tail = (row as f64 / 4.0).exp();
        let gap = if row.is_multiple_of(3) { "1" } else { "" };
        format!("{row},x,\"{text}\",level {},{tail},{},{stray},{gap}\n", row % 52, -tail)
    };
    let table: String =
        std::iter::once("n,same,text,many,tail,left,stray,gap\n".to_owned()).chain((0..60).map(row)).collect();
    let world = Arc::new(MemoryWorld::new().with_file("t.csv", table));
    let done = Session::new(world, Options::default()).run("load t.csv | profile");
    let Some(Output::Profile(found)) = done.outputs().next() else { panic!("{:?}", done.diagnostics) };
    let stages = found.profile.suspicions.iter().filter_map(|suspicion| suspicion.stage.as_ref());
    let mut verbs: Vec<&str> = stages.filter_map(|stage| stage.split_whitespace().next()).collect();
    verbs.sort_unstable();
    verbs.dedup();
    assert_eq!(verbs, ["drop", "encode", "load", "log1p", "power", "where"]);
    assert!(verbs.iter().all(|verb| REGISTRY.verb(verb).is_some()));
}

#[test]
fn shorthands_stand_for_models() {
    for (word, _) in REGISTRY.shorthands {
        assert!(REGISTRY.model(word).is_none(), "{word}");
        let script =
            format!("load t.csv | target grade | {} | eval kfold 2", REGISTRY.implied.train.replace("{}", word));
        let found: Vec<Diagnostic> = check(&script).into_iter().filter(Diagnostic::is_error).collect();
        assert!(found.is_empty(), "{word}: {found:?}");
    }
}

#[test]
fn implied_stages_can_be_written_out() {
    let implied = REGISTRY.implied;
    let (target, encode) = (implied.target.replace("{}", "grade"), implied.encode.replace("{}", "@string"));
    let script = format!("load t.csv | {} | {target} | {encode} | train dummy | {}", implied.look, implied.judge);
    assert_eq!(check(&script), []);
}

#[test]
fn every_bad_argument_is_called_bad_where_it_stands() {
    let mut problems = Vec::new();
    let mut tried = 0;
    for spec in specs() {
        for param in spec.params().filter(|param| !is_grammar(spec, param)) {
            for bad in param.domain.invalid() {
                tried += 1;
                let text = script(spec, &[(param, bad)]);
                let found = check(&text);
                let start = text.rfind(bad).expect("the script has the bad text");
                let argument = start..start + bad.len();
                let covers = |diagnostic: &Diagnostic| {
                    diagnostic.span().is_some_and(|span| {
                        let (from, to) = (span.start as usize, span.end as usize);
                        // A shape is one argument with its brackets.
                        let room = usize::from(spec.shape.as_ref().is_some_and(|shape| shape.name == param.name));
                        from <= argument.start && to >= argument.end && to - from <= bad.len() + 2 * room
                    })
                };
                if !found.iter().any(covers) {
                    problems.push(format!(
                        "{text}: {:?}",
                        found.iter().map(|d| (&d.message, d.span())).collect::<Vec<_>>()
                    ));
                }
            }
        }
    }
    assert!(tried > 100 || !crate::support::filter().is_empty(), "{tried} bad arguments");
    assert!(problems.is_empty(), "{} of {tried}\n{}", problems.len(), problems.join("\n"));
}
