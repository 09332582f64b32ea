//! Golden scripts: data, script and expected output in one file, each run under many settings.
//!
//! `tests/golden/*.test` must end well or as their `exit` section says; `tests/errors/*.test` must fail. Every case
//! runs with 1, 2, 3 and 8 threads, laid out afresh by the formatter, and with every default spelled out (`fmt
//! --explicit`); the output must be the same. A case with a `plan` or an `explicit` section says what is planned, or what the script is with nothing implied.

mod support;

use support::{Case, blessing, files, filter, messages, output};

#[test]
fn golden_scripts_print_what_they_should() {
    check("tests/golden");
}

#[test]
fn erring_scripts_say_what_is_wrong() {
    let succeeded: Vec<String> =
        check("tests/errors").into_iter().filter(|(_, exit)| *exit == 0).map(|(name, _)| name).collect();
    assert!(succeeded.is_empty(), "these should fail: {succeeded:?}");
}

/// Runs every case of a folder; all that fail are reported together.
fn check(folder: &str) -> Vec<(String, u8)> {
    let mut failures = Vec::new();
    let mut exits = Vec::new();
    for path in files(folder, "test") {
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        if !name.contains(&filter()) {
            continue;
        }
        let case = Case::read(&path);
        let script = case.body("pipe").expect("a case has a script");
        let done = case.run(script, 2);
        exits.push((name.clone(), done.exit_code()));
        let exit = if done.exit_code() == 0 { String::new() } else { format!("{}\n", done.exit_code()) };
        let mut found = vec![("out", output(&done)), ("messages", messages(&done, script)), ("exit", exit)];
        // Plans are compared where a case has a section for them.
        let checked = case.session(2).check(script);
        let plans = [("plan", checked.plan_text()), ("explicit", checked.explicit())];
        found.extend(plans.into_iter().filter(|(section, _)| case.body(section).is_some()));
        if blessing() {
            case.bless(&found);
            continue;
        }
        for (section, found) in &found {
            let expected = case.body(section).unwrap_or_default();
            if expected != found {
                failures.push(format!("{name}: {section}\n--- expected\n{expected}--- found\n{found}"));
            }
        }
        for threads in [1, 3, 8] {
            let again = case.run(script, threads);
            if output(&again) != found[0].1 || messages(&again, script) != found[1].1 {
                failures.push(format!("{name}: {threads} threads give another result"));
            }
        }
        if let Ok(formatted) = pipewright::format(script)
            && output(&case.run(&formatted, 2)) != found[0].1
        {
            failures.push(format!("{name}: formatted, it gives another result:\n{formatted}"));
        }
        let explicit = checked.explicit();
        // What a script saves is not there yet when it is checked; a secret stands as the parameter that gives it.
        let is_whole = checked.is_sound() && !explicit.contains("=$");
        if is_whole && done.exit_code() == 0 && output(&case.run_without_parameters(&explicit)) != found[0].1 {
            failures.push(format!("{name}: with every default spelled out, it gives another result:\n{explicit}"));
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
    exits
}
