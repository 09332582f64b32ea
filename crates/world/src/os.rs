//! The real world: the one audited module that calls the system.
#![allow(clippy::disallowed_methods)]

use crate::{Fill, World};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The real file system, clock and standard input.
#[derive(Debug)]
pub struct OsWorld {
    start: Instant,
}

impl OsWorld {
    /// The world as it is; its clock starts now.
    #[must_use]
    pub fn new() -> OsWorld {
        OsWorld { start: Instant::now() }
    }
}

impl Default for OsWorld {
    fn default() -> OsWorld {
        OsWorld::new()
    }
}

impl World for OsWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut file = open(path)?;
        let before = file.metadata()?;
        let mut bytes = Vec::new();
        // One byte over the stated length shows a file that grows; the length itself is not believed further.
        bytes.try_reserve(usize::try_from(before.len()).unwrap_or(0) + 1).map_err(|_| io::ErrorKind::OutOfMemory)?;
        file.read_to_end(&mut bytes)?;
        let after = file.metadata()?;
        let changed = before.modified().ok() != after.modified().ok() || before.len() != after.len();
        if before.is_file() && changed {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(bytes)
    }

    fn read_start(&self, path: &Path, limit_bytes: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        open(path)?.take(limit_bytes as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_standard_input(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn standard_input_is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        let path = resolve_link(path);
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if path.exists() && !path.is_file() {
            // A device or a pipe cannot be replaced by renaming; it is written straight.
            let mut out = BufWriter::new(OpenOptions::new().write(true).open(&path)?);
            fill(&mut out)?;
            return out.flush();
        }
        let (temporary, file) = create_beside(&folder, &path)?;
        let guard = RemoveOnDrop(Some(temporary.clone()));
        let mut out = BufWriter::new(file);
        fill(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        if let Ok(old) = fs::metadata(&path) {
            fs::set_permissions(&temporary, old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        guard.keep();
        File::open(&folder)?.sync_all()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    Ok(file)
}

/// A link is followed, so that the file it points to is replaced and the link stays.
fn resolve_link(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A new file in `folder` with a name that nothing else has.
fn create_beside(folder: &Path, path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    loop {
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".tmp{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
        let temporary = folder.join(temporary);
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Removes the temporary file unless it was kept: an error or a panic on the way leaves nothing behind.
struct RemoveOnDrop(Option<PathBuf>);

impl RemoveOnDrop {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for RemoveOnDrop {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nothing to do about a file that cannot be removed: the error that led here is the one to report.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("pipewright-world-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn names(&self) -> Vec<OsString> {
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_failed_replace_keeps_the_old_file_and_leaves_no_other() {
        let folder = Folder::new("failed");
        let path = folder.0.join("a");
        let world = OsWorld::new();
        world.replace(&path, &mut |out| out.write_all(b"old")).unwrap();
        let result = world.replace(&path, &mut |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(result.is_err());
        assert_eq!(world.read(&path).unwrap(), b"old");
        assert_eq!(folder.names(), ["a"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_a_link_and_modes_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("link");
        let (target, link) = (folder.0.join("target"), folder.0.join("link"));
        fs::write(&target, b"old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        OsWorld::new().replace(&link, &mut |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn directories_are_neither_read_nor_replaced() {
        let folder = Folder::new("folder");
        let world = OsWorld::new();
        assert_eq!(world.read(&folder.0).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(world.replace(&folder.0, &mut |_| Ok(())).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
