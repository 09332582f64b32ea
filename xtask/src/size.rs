//! `size`: lines of code and of tests by crate, without blank lines and comments.

use crate::project::{File, files};
use crate::usage;
use std::collections::BTreeMap;

#[derive(Default, Clone, Copy)]
struct Size {
    code: usize,
    tests: usize,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(usage("size"));
    }
    let mut sizes: BTreeMap<String, Size> = BTreeMap::new();
    let mut total = Size::default();
    for file in files().iter().filter(|file| file.is_rust()) {
        let size = measure(file);
        let owner = file.member().unwrap_or_else(|| file.path.split('/').next().unwrap_or_default());
        for sum in [sizes.entry(owner.to_owned()).or_default(), &mut total] {
            sum.code += size.code;
            sum.tests += size.tests;
        }
    }
    println!("{:<12} {:>7} {:>7}", "", "code", "tests");
    for (owner, size) in sizes.iter().map(|(owner, size)| (owner.as_str(), size)).chain([("all", &total)]) {
        println!("{owner:<12} {:>7} {:>7}", size.code, size.tests);
    }
    Ok(())
}

fn measure(file: &File) -> Size {
    let count = |lines: &[&str]| {
        lines.iter().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).count()
    };
    let all = count(&file.text.lines().collect::<Vec<_>>());
    let code = if file.is_test() { 0 } else { count(&file.lines_without_tests()) };
    Size { code, tests: all - code }
}
