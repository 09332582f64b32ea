//! `messy`: loads every file of folders of messy files, each in its own process, and counts the outcomes; with
//! `--peers`, compared with other tools. Prints a Markdown table.

mod details;
mod expected;
mod ours;
mod peers;

use crate::usage;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time limit per file.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Memory limit per file.
const MEMORY_MAX: u64 = 1 << 30;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let corpora = corpora(&options.folders)?;
    let mut tools = vec![ours::load_all(&options, &corpora)?];
    if let Some(root) = &options.peers {
        tools.extend(peers::load_all(root, &corpora)?);
    }
    let mut summary = table(&corpora, &tools);
    for corpus in &corpora {
        summary.push_str(&expected::report(corpus, &options.binary)?);
    }
    print!("{summary}");
    if let Some(path) = &options.details {
        let text = format!("{summary}\n{}", details::text(&corpora, &tools));
        // Messages may contain control characters from damaged files.
        let text = text.replace(|character: char| character.is_control() && character != '\n', "·");
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

/// Command-line options.
struct Options {
    folders: Vec<PathBuf>,
    /// The folder of the peers, if they are to run too.
    peers: Option<PathBuf>,
    /// Where to write the outcome of every file.
    details: Option<PathBuf>,
    /// The program to measure.
    binary: PathBuf,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Options, String> {
        let (mut folders, mut root, mut details, mut binary, mut peers) = (Vec::new(), None, None, None, false);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().map(PathBuf::from).ok_or(format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--peers" => peers = true,
                "--root" => root = Some(value()?),
                "--details" => details = Some(value()?),
                "--binary" => binary = Some(value()?),
                option if option.starts_with("--") => return Err(usage("messy")),
                folder => folders.push(PathBuf::from(folder)),
            }
        }
        if folders.is_empty() {
            return Err(usage("messy"));
        }
        let peers = if peers { Some(crate::bench::peers_root(root.as_deref())?) } else { None };
        let binary = binary.map_or_else(crate::bench::build_program, Ok)?;
        let binary = fs::canonicalize(&binary).map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Options { folders, peers, details, binary })
    }
}

/// A folder of files.
struct Corpus {
    name: String,
    files: Vec<PathBuf>,
}

/// The outcome of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Read,
    /// Rejected with a message that names the file, and the position if it is text.
    Refused,
    /// Rejected without a position; not distinguished for peers.
    RefusedWithoutPlace,
    Panicked,
    TooLong,
    TooMuchMemory,
}

/// The result of a tool for a file.
#[derive(Debug, Clone)]
struct Outcome {
    end: End,
    /// Rows and columns.
    shape: Option<(u64, u64)>,
    /// Its message.
    message: String,
}

/// A tool, and its results by corpus and file.
struct Tool {
    name: String,
    outcomes: Vec<Vec<Outcome>>,
}

/// Returns all files below each folder, without those that only describe others.
fn corpora(folders: &[PathBuf]) -> Result<Vec<Corpus>, String> {
    let folders =
        folders.iter().map(|folder| fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display())));
    let folders = folders.collect::<Result<Vec<PathBuf>, String>>()?;
    let above = |path: &Path| path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut common = above(&folders[0]);
    while !folders.iter().all(|folder| above(folder).starts_with(&common)) {
        common = above(&common);
    }
    let corpus = |folder: &PathBuf| {
        let mut files = Vec::new();
        collect(folder, &mut files)?;
        files.sort();
        let name = folder.strip_prefix(&common).unwrap_or(folder).display().to_string();
        Ok(Corpus { name, files })
    };
    folders.iter().map(corpus).collect()
}

/// Extensions of files that describe or generate the others.
const DESCRIPTIONS: [&str; 4] = ["md", "py", "yaml", "LICENSE.txt"];

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, files)?;
        } else if !name.starts_with('.') && !DESCRIPTIONS.iter().any(|ending| name.ends_with(ending)) {
            files.push(path);
        }
    }
    Ok(())
}

/// Formats the table: corpora and tools in rows, outcomes in columns.
fn table(corpora: &[Corpus], tools: &[Tool]) -> String {
    let mut text = String::from(
        "| corpus | files | tool | read | refused | refused without a place | panicked | over 10 s | over 1 GiB |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (place, corpus) in corpora.iter().enumerate() {
        for tool in tools {
            let mut counts: BTreeMap<End, usize> = BTreeMap::new();
            tool.outcomes[place].iter().for_each(|outcome| *counts.entry(outcome.end).or_default() += 1);
            let count = |end| counts.get(&end).copied().unwrap_or_default().to_string();
            // The position is not checked for others.
            let without_place =
                if tool.name == ours::NAME { count(End::RefusedWithoutPlace) } else { "–".to_owned() };
            let cells = [
                corpus.name.clone(),
                corpus.files.len().to_string(),
                tool.name.clone(),
                count(End::Read),
                count(End::Refused),
                without_place,
                count(End::Panicked),
                count(End::TooLong),
                count(End::TooMuchMemory),
            ];
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    text
}

/// Returns the outcome of a run that exceeded a limit, whatever its output.
fn excess(elapsed: Duration, peak: u64) -> Option<End> {
    if elapsed >= TIME_MAX {
        Some(End::TooLong)
    } else if peak > MEMORY_MAX {
        Some(End::TooMuchMemory)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_counts_ends_by_corpus_and_tool() {
        let outcome = |end| Outcome { end, shape: None, message: String::new() };
        let corpora = [Corpus { name: "odd".into(), files: vec!["a".into(), "b".into(), "c".into()] }];
        let ours = vec![outcome(End::Read), outcome(End::RefusedWithoutPlace), outcome(End::Read)];
        let theirs = vec![outcome(End::Refused), outcome(End::Panicked), outcome(End::TooLong)];
        let tool = |name: &str, outcomes| Tool { name: name.into(), outcomes: vec![outcomes] };
        let text = table(&corpora, &[tool(ours::NAME, ours), tool("other", theirs)]);
        let rows: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(rows[0], "| odd | 3 | pipewright | 2 | 0 | 1 | 0 | 0 | 0 |");
        assert_eq!(rows[1], "| odd | 3 | other | 0 | 1 | – | 1 | 1 | 0 |");
    }

    #[test]
    fn what_took_too_much_is_told_apart() {
        assert_eq!(excess(Duration::from_secs(1), 5), None);
        assert_eq!(excess(TIME_MAX, 5), Some(End::TooLong));
        assert_eq!(excess(Duration::ZERO, MEMORY_MAX + 1), Some(End::TooMuchMemory));
    }
}
