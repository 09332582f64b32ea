//! Arrows between crates: downwards on the ladder of the root manifest, and to outside packages only where they are
//! allowed. What is for tests only is free.

use super::{Finding, Tree};

pub(super) fn ladder(tree: &Tree) -> Vec<Finding> {
    let workspace = &tree.workspace;
    let mut findings = Vec::new();
    for package in workspace.packages.iter().filter(|package| package.folder != "xtask") {
        let manifest = format!("crates/{}/Cargo.toml", package.folder);
        let Some(rung) = workspace.rung(&package.folder) else {
            findings.push(Finding::new(manifest, "the crate stands on no rung of the ladder in the root Cargo.toml"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            let Some(folder) = &dependency.folder else { continue };
            if workspace.rung(folder).is_none_or(|lower| lower >= rung) {
                findings.push(Finding::new(&manifest, format!("`{folder}` does not stand on a lower rung")));
            }
        }
    }
    for (rung, crates) in &workspace.ladder {
        for folder in crates.iter().filter(|folder| workspace.packages.iter().all(|package| package.folder != **folder))
        {
            findings.push(Finding::new("Cargo.toml", format!("rung {rung} names `{folder}`, which does not exist")));
        }
    }
    findings
}

pub(super) fn confined(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.workspace.packages {
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            for (start, allowed) in &tree.workspace.confined {
                if dependency.name.starts_with(start) && !allowed.contains(&package.folder) {
                    let message = format!("`{}` is for {} only", dependency.name, allowed.join(", "));
                    findings.push(Finding::new(&package.name, message));
                }
            }
        }
    }
    findings
}
