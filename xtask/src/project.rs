//! The project as data: its files, and the metadata of its crates.

use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("this package lies in a folder of the root").to_path_buf()
}

/// A text file of the repository.
pub(crate) struct File {
    /// Relative to the root, with `/` as separator.
    pub path: String,
    pub text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Does it consist of tests, benches or test support?
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| matches!(part, "tests" | "benches" | "tests.rs" | "laws.rs"))
    }

    /// Returns the lines before the test module at the end, if there is one.
    pub(crate) fn lines_without_tests(&self) -> Vec<&str> {
        let lines: Vec<&str> = self.text.lines().collect();
        let starts_tests =
            |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{');
        let end = lines.windows(2).position(starts_tests).unwrap_or(lines.len());
        lines[..end].to_vec()
    }

    /// Returns the folder name of its crate.
    pub(crate) fn member(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

/// Returns every hand-written text file of the repository, sorted by path.
pub(crate) fn files() -> Vec<File> {
    let mut files = Vec::new();
    collect(&root(), "", &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

const ENDINGS: &[&str] = &["rs", "md", "toml", "pipe", "test", "py", "sh"];

fn collect(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    let entries = fs::read_dir(folder).expect("a folder of the repository can be listed");
    for entry in entries {
        let entry = entry.expect("an entry of a folder can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().expect("an entry of a folder has a type");
        if kind.is_dir() {
            if !matches!(name.as_str(), "target" | ".git" | "venv" | "node_modules") {
                collect(&entry.path(), &path, files);
            }
        } else if ENDINGS.contains(&name.rsplit('.').next().unwrap_or_default()) || path.starts_with(".ci/") {
            let text = fs::read_to_string(entry.path());
            files.push(File { path, text: text.expect("a file of the repository is text") });
        }
    }
}

/// A package of the workspace.
pub(crate) struct Package {
    /// The published name.
    pub name: String,
    /// The name of its folder.
    pub folder: String,
    pub description: String,
    pub dependencies: Vec<Dependency>,
}

/// A dependency of a package.
pub(crate) struct Dependency {
    pub name: String,
    /// The folder of the package, if it is in the workspace.
    pub folder: Option<String>,
    /// A dev-dependency.
    pub is_dev: bool,
}

/// Cargo metadata.
pub(crate) struct Workspace {
    pub packages: Vec<Package>,
    /// The rungs from bottom to top; each with its name and the folders of its crates.
    pub ladder: Vec<(String, Vec<String>)>,
    /// External packages, by name prefix, that only these crates may use.
    pub confined: Vec<(String, Vec<String>)>,
}

impl Workspace {
    pub(crate) fn read() -> Workspace {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
            .current_dir(root())
            .output()
            .expect("cargo can be run");
        assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        let json: Json = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
        let packages = array(&json["packages"]).iter().map(package).collect();
        Workspace {
            packages,
            ladder: table(&json["metadata"]["ladder"]),
            confined: table(&json["metadata"]["confined"]),
        }
    }

    /// Returns the rung of a crate, counted from the bottom.
    pub(crate) fn rung(&self, folder: &str) -> Option<usize> {
        self.ladder.iter().position(|(_, crates)| crates.iter().any(|name| name == folder))
    }
}

fn package(json: &Json) -> Package {
    let manifest = text(&json["manifest_path"]);
    let dependencies = array(&json["dependencies"]).iter().map(|dependency| Dependency {
        name: text(&dependency["name"]),
        folder: dependency["path"].as_str().map(folder_of),
        is_dev: dependency["kind"] == "dev",
    });
    Package {
        name: text(&json["name"]),
        folder: folder_of(manifest.trim_end_matches("Cargo.toml")),
        description: text(&json["description"]),
        dependencies: dependencies.collect(),
    }
}

fn folder_of(path: &str) -> String {
    let path = path.trim_end_matches(['/', '\\']);
    path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
}

fn table(json: &Json) -> Vec<(String, Vec<String>)> {
    let mut rows: Vec<(String, Vec<String>)> = json
        .as_object()
        .map(|object| {
            object.iter().map(|(name, names)| (name.clone(), array(names).iter().map(text).collect())).collect()
        })
        .unwrap_or_default();
    rows.sort();
    rows
}

fn array(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
