//! Temporary files beside the files that they replace: removed on failure, when the process is told to end, and, if it
//! was killed, by the next one that writes in the same folder.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Between the name of the file to be replaced and the numbers that make the name unique.
const MARK: &str = ".pipewright-tmp-";

/// The files that this process is writing.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn open() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A set of paths is consistent at every moment.
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file; removed when dropped, also after an error or a panic.
#[derive(Debug)]
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its final name.
    pub(super) fn rename(self, to: &Path) -> io::Result<()> {
        fs::rename(&self.0, to)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may have its final name; and if the removal fails, the error before that is the one to report.
        let _ = fs::remove_file(&self.0);
        open().remove(&self.0);
    }
}

/// Creates a file in `folder` with a unique name. The file is locked as long as it is open, so that others can tell
/// whether somebody still writes it.
pub(super) fn create(folder: &Path, name: &OsStr) -> io::Result<(Temporary, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!("{MARK}{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let path = folder.join(temporary);
        let mut open = open();
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                // Not every file system has locks.
                let _ = file.try_lock();
                open.insert(path.clone());
                return Ok((Temporary(path), file));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Removes the files that this process is writing; from now on nobody can create one.
pub(super) fn abandon() {
    let open = open();
    for path in &*open {
        let _ = fs::remove_file(path);
    }
    // Never unlocked.
    std::mem::forget(open);
}

/// Removes what killed processes have left in a folder. Nothing depends on it, so that errors are ignored.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_left = entry.file_name().to_str().and_then(writer).is_some_and(has_ended);
        if is_left && is_unlocked(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The process that the name of a temporary file tells, if it is one of ours.
fn writer(name: &str) -> Option<u32> {
    let (file, numbers) = name.strip_prefix('.')?.rsplit_once(MARK)?;
    let (process, count) = numbers.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (!file.is_empty() && is_number(process) && is_number(count)).then(|| process.parse().ok())?
}

/// Is it certain that there is no process of this number?
fn has_ended(process: u32) -> bool {
    let all = Path::new("/proc");
    all.join("self").exists() && !all.join(process.to_string()).exists()
}

/// A process of another container is not seen here, but it holds the lock.
fn is_unlocked(path: &Path) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file && File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_tell_a_process() {
        assert_eq!(writer(".out.csv.pipewright-tmp-31017-0"), Some(31017));
        for name in [
            "out.csv.pipewright-tmp-1-0",
            ".pipewright-tmp-1-0",
            ".a.pipewright-tmp-1",
            ".a.tmp1-0",
            ".a.pipewright-tmp--0",
        ] {
            assert_eq!(writer(name), None, "{name}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_a_killed_process_left_is_swept_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("pipewright-sweep-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let names = |folder: &Path| {
            fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect::<BTreeSet<_>>()
        };
        // Numbers of processes are below 2^22.
        let (left, locked) = (".a.csv.pipewright-tmp-99999999-0", ".b.csv.pipewright-tmp-99999999-0");
        let ours = format!(".c.csv.pipewright-tmp-{}-0", std::process::id());
        for name in [left, locked, &ours, ".a.csv.tmp99999999-0", "data.csv"] {
            fs::write(folder.join(name), b"half").unwrap();
        }
        let held = File::open(folder.join(locked)).unwrap();
        held.lock().unwrap();
        sweep(&folder);
        let there = names(&folder);
        fs::remove_dir_all(&folder).unwrap();
        let expected = [locked, &ours, ".a.csv.tmp99999999-0", "data.csv"];
        assert_eq!(there, expected.into_iter().map(str::to_owned).collect());
    }
}
