//! Locations of the program, the peers and their data.

use super::job::MISSING;
use super::measure::Call;
use super::{Options, build_example, build_program, peers_root};
use crate::project::root;
use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

/// The locations.
pub(super) struct Environment {
    /// The program to measure, if built or given.
    binary: OnceCell<PathBuf>,
    /// The folder of the peers: `venv`, `data`, `rs`.
    root: PathBuf,
    scripts: PathBuf,
    /// A temporary folder for output, removed at the end.
    scratch: PathBuf,
}

impl Drop for Environment {
    fn drop(&mut self) {
        // Leftovers in the system's temporary folder do no harm.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

impl Environment {
    pub(super) fn find(options: &Options) -> Result<Environment, String> {
        let root_folder = peers_root(options.root.as_deref())?;
        let given =
            |binary: &PathBuf| fs::canonicalize(binary).map_err(|error| format!("{}: {error}", binary.display()));
        let binary = options.binary.as_ref().map(given).transpose()?.map_or_else(OnceCell::new, OnceCell::from);
        let scratch = std::env::temp_dir().join(format!("pipewright-bench-{}", std::process::id()));
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let environment = Environment { binary, root: root_folder, scripts: root().join("xtask/peers"), scratch };
        environment.make_data(options.family.files)?;
        Ok(environment)
    }

    /// Generates missing data files of the peers with fixed seeds; the file for `start` is always regenerated.
    fn make_data(&self, names: &[&str]) -> Result<(), String> {
        if names.iter().any(|name| !Path::new(&self.data(name)).exists()) {
            eprintln!("making the data");
            let (script, folder) = (self.script("data"), path_text(&self.root.join("data")));
            Call::new(self.python(), &[&[&script, folder.as_str()], names].concat()).run()?;
        }
        fs::write(self.scratch("three.csv"), "a,b\n1,2\n3,4\n5,6\n").map_err(|error| format!("three.csv: {error}"))
    }

    pub(super) fn data(&self, name: &str) -> String {
        path_text(&self.root.join("data").join(name))
    }

    pub(super) fn scratch(&self, name: &str) -> String {
        path_text(&self.scratch.join(name))
    }

    pub(super) fn python(&self) -> PathBuf {
        self.root.join("venv/bin/python")
    }

    /// Fails if a package is not installed.
    pub(super) fn probe(&self, package: &str) -> Call {
        let find = format!("import importlib.util; raise SystemExit(importlib.util.find_spec('{package}') is None)");
        Call::new(self.python(), &["-c", &find])
    }

    /// Returns a program of the Rust peers with a number of threads, and the reason if it is not built.
    pub(super) fn rust_peer(&self, name: &str, arguments: &[&str], threads: &'static str) -> (Call, Option<String>) {
        let program = self.root.join(format!("rs/target/release/{name}_mlp"));
        let trouble = (!program.exists()).then(|| MISSING.to_owned());
        (Call::new(program, arguments).variable("RAYON_NUM_THREADS", threads), trouble)
    }

    pub(super) fn script(&self, name: &str) -> String {
        path_text(&self.scripts.join(format!("{name}.py")))
    }

    pub(super) fn pipewright(&self, script: &str, arguments: &[&str]) -> Result<Call, String> {
        let binary = match self.binary.get() {
            Some(binary) => binary,
            None => {
                let built = build_program()?;
                self.binary.get_or_init(|| built)
            }
        };
        Ok(Call::new(binary, &[&["-c", script], arguments].concat()))
    }

    /// An example of the `frame` crate, as a Rust programmer would write it.
    pub(super) fn example(&self, name: &str, arguments: &[&str]) -> Result<Call, String> {
        Ok(Call::new(build_example("pipewright-frame", name)?, arguments))
    }

    /// Like [`Environment::example`], of the `learn` crate.
    pub(super) fn matrix_example(&self, name: &str, arguments: &[&str]) -> Result<Call, String> {
        Ok(Call::new(build_example("pipewright-learn", name)?, arguments))
    }
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
