//! Dependencies between crates: downwards on the ladder of the root manifest, and on external packages only where
//! allowed. Dev-dependencies are free.

use super::{Finding, Tree};

pub(super) fn ladder(tree: &Tree) -> Vec<Finding> {
    let workspace = &tree.workspace;
    let mut findings = Vec::new();
    for package in workspace.packages.iter().filter(|package| package.folder != "xtask") {
        let manifest = format!("crates/{}/Cargo.toml", package.folder);
        let Some(rung) = workspace.rung(&package.folder) else {
            findings.push(Finding::new(manifest, "the crate is on no rung of the ladder in the root Cargo.toml"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.is_dev) {
            let Some(folder) = &dependency.folder else { continue };
            if workspace.rung(folder).is_none_or(|lower| lower >= rung) {
                findings.push(Finding::new(&manifest, format!("`{folder}` is not on a lower rung")));
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
