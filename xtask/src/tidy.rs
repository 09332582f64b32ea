//! `tidy`: project rules that the compiler does not check. Each rule reports all its findings; any finding is a
//! failure.

mod arrows;
mod codes;
mod docs;
mod layout;
mod purity;
mod text;

use crate::project::{File, Workspace, files};
use crate::usage;

/// A finding of a rule, with its location.
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

/// The input of the rules.
struct Tree {
    files: Vec<File>,
    workspace: Workspace,
}

/// A rule: its description, and the check.
type Rule = (&'static str, fn(&Tree) -> Vec<Finding>);

const RULES: &[Rule] = &[
    ("a crate depends on lower rungs only", arrows::ladder),
    ("external packages are used only where allowed", arrows::confined),
    ("the outside is accessed through World", purity::world),
    ("verb-independent crates name no verb", purity::verbs),
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
