//! `tidy`: rules of the tree that the compiler does not know. Each rule reports all that it finds; a run fails if there
//! is anything.

mod arrows;
mod codes;
mod docs;
mod layout;
mod purity;
mod text;

use crate::project::{File, Workspace, files};
use crate::usage;

/// What a rule found, and where.
pub(crate) struct Finding {
    place: String,
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { place: place.into(), message: message.into() }
    }

    fn at(file: &File, line: usize, message: impl Into<String>) -> Finding {
        Finding::new(format!("{}:{line}", file.path), message)
    }
}

/// Everything that a rule looks at.
struct Tree {
    files: Vec<File>,
    workspace: Workspace,
}

/// A rule: what holds, and what looks for places where it does not.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("a crate depends on lower rungs only", arrows::ladder),
    ("outside packages are known where they may be", arrows::confined),
    ("the outside is reached through World", purity::world),
    ("what knows no verb names none", purity::verbs),
    ("a file says why it exists", layout::heads),
    ("files and functions are short, or say why they are longer", layout::lengths),
    ("every code has a test and a use", codes::run),
    ("names in the docs exist", docs::names),
    ("links in the docs lead somewhere", docs::links),
    ("text is clean", text::run),
    ("every golden says what it is about", text::goldens),
];

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(usage("tidy"));
    }
    let tree = Tree { files: files(), workspace: Workspace::read() };
    let mut report = String::new();
    let mut count = 0;
    for (rule, check) in RULES {
        let findings = check(&tree);
        if !findings.is_empty() {
            report.push_str(&format!("{rule}:\n"));
            findings.iter().for_each(|found| report.push_str(&format!("  {}: {}\n", found.place, found.message)));
        }
        count += findings.len();
    }
    if count > 0 {
        return Err(format!("{report}tidy: {count} findings"));
    }
    println!("tidy: {} rules hold in {} files", RULES.len(), tree.files.len());
    Ok(())
}
