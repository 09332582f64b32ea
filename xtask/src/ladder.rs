//! `ladder`: the crates from top to bottom, one line each.

use crate::project::Workspace;
use crate::usage;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(usage("ladder"));
    }
    let workspace = Workspace::read();
    for (rung, crates) in workspace.ladder.iter().rev() {
        for (place, folder) in crates.iter().enumerate() {
            let rung = if place == 0 { rung.as_str() } else { "" };
            let package = workspace.packages.iter().find(|package| package.folder == *folder);
            let description = package.map_or("no such crate", |package| package.description.as_str());
            println!("{rung:<3} {folder:<11} {description}");
        }
    }
    Ok(())
}
