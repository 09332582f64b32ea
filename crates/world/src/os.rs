//! The operating system: the single audited module that calls it.
#![allow(clippy::disallowed_methods)]

mod temporary;

use crate::{Content, Fill, World, address};
use std::collections::BTreeMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use temporary::Temporary;

/// The real file system, clock and standard input.
#[derive(Debug)]
pub struct OsWorld {
    start: Instant,
    /// The contents of pipes and devices, which can be read only once, by their absolute paths.
    streams: Mutex<BTreeMap<PathBuf, Arc<dyn Content>>>,
}

impl OsWorld {
    /// Creates the world; its clock starts now.
    #[must_use]
    pub fn new() -> OsWorld {
        OsWorld { start: Instant::now(), streams: Mutex::default() }
    }

    /// Removes the temporary files that are being written, for a process that is about to end: a thread that writes one, or
    /// wants to, waits from now on.
    pub fn abandon_files() {
        temporary::abandon();
    }
}

impl Default for OsWorld {
    fn default() -> OsWorld {
        OsWorld::new()
    }
}

impl World for OsWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Some(content) = self.stream(path)? {
            return content.start(usize::MAX);
        }
        let mut file = open(path)?;
        let before = file.metadata()?;
        let mut bytes = Vec::new();
        // One byte more than the stated length detects a growing file; otherwise the length is not trusted.
        bytes.try_reserve(usize::try_from(before.len()).unwrap_or(0) + 1).map_err(|_| io::ErrorKind::OutOfMemory)?;
        file.read_to_end(&mut bytes)?;
        let after = file.metadata()?;
        if before.modified().ok() != after.modified().ok() || before.len() != after.len() {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>> {
        if let Some(content) = self.stream(path)? {
            return Ok(content);
        }
        let file = open(path)?;
        let metadata = file.metadata()?;
        Ok(Arc::new(OpenFile::new(file, &metadata)))
    }

    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>> {
        if let Some(refused) = address::refused(pattern) {
            return Err(refused);
        }
        let pattern = pattern.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        let bad = |error: glob::PatternError| io::Error::new(io::ErrorKind::InvalidInput, error);
        let mut paths = Vec::new();
        for path in glob::glob_with(pattern, crate::GLOB_RULES).map_err(bad)? {
            paths.push(path.map_err(io::Error::from)?);
        }
        paths.sort();
        Ok(paths)
    }

    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>> {
        let folder = std::env::temp_dir();
        let (guard, file) = temporary::create(&folder, "scratch".as_ref())?;
        // On Unix the name is unlinked immediately; the bytes stay while the file is open.
        let guard = if cfg!(unix) {
            drop(guard);
            None
        } else {
            Some(guard)
        };
        let mut out = BufWriter::with_capacity(1 << 20, file);
        fill(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let metadata = file.metadata()?;
        Ok(Arc::new(OpenFile { guard, ..OpenFile::new(file, &metadata) }))
    }

    fn standard_input(&self) -> io::Result<Arc<dyn Content>> {
        #[cfg(unix)]
        let limit = match redirected()? {
            Redirected::File(file) => return Ok(Arc::new(file)),
            Redirected::Device => DEVICE_BYTES_MAX,
            Redirected::Pipe => PIPED_BYTES_MAX,
        };
        #[cfg(not(unix))]
        let limit = PIPED_BYTES_MAX;
        self.kept(&mut io::stdin().lock(), limit)
    }

    fn standard_input_is_terminal(&self) -> bool {
        io::stdin().is_terminal()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        if let Some(refused) = address::refused(path).filter(|_| !path.exists()) {
            return Err(refused);
        }
        let path = resolve_link(path);
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if !folder.is_dir() {
            let what = if folder.exists() { "is no folder" } else { "does not exist" };
            let message = format!("the folder `{}` {what}", folder.to_string_lossy().escape_debug());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
        }
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        if path.exists() && !path.is_file() {
            // A device or a pipe cannot be replaced by renaming; it is written directly.
            let mut out = BufWriter::new(OpenOptions::new().write(true).open(&path)?);
            fill(&mut out)?;
            return out.flush();
        }
        temporary::sweep(&folder);
        let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
        let (temporary, file) = temporary::create(&folder, name)?;
        let mut out = BufWriter::new(file);
        fill(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        if let Ok(old) = fs::metadata(&path) {
            fs::set_permissions(temporary.path(), old.permissions())?;
        }
        file.sync_all()?;
        temporary.rename(&path)?;
        File::open(&folder)?.sync_all()
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn state_folder(&self) -> Option<PathBuf> {
        let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
        folder("XDG_STATE_HOME")
            .or_else(|| Some(folder("HOME")?.join(".local/state")))
            .or_else(|| folder("LOCALAPPDATA"))
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_path_buf())
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn free_memory(&self) -> Option<u64> {
        // What can be had without swapping, as Linux estimates it; other systems have no such file.
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    }

    fn may_wait(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn now(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

/// Streams: what is no regular file gives its bytes only once.
impl OsWorld {
    /// Returns the content of a pipe or a device: read on the first request, and kept from then on. `None` for a
    /// regular file, a directory, and what does not exist.
    fn stream(&self, path: &Path) -> io::Result<Option<Arc<dyn Content>>> {
        let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
        if metadata.is_file() || metadata.is_dir() {
            return Ok(None);
        }
        let name = std::path::absolute(path)?;
        // The lock is held while the stream is read: another request waits for its bytes.
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = streams.get(&name) {
            return Ok(Some(content.clone()));
        }
        let limit = if is_device(&metadata) { DEVICE_BYTES_MAX } else { PIPED_BYTES_MAX };
        let content = self.kept(&mut File::open(path)?, limit)?;
        streams.insert(name, content.clone());
        Ok(Some(content))
    }

    /// Reads a stream to its end: into memory, or a temporary file if it is long.
    fn kept(&self, input: &mut dyn Read, limit: u64) -> io::Result<Arc<dyn Content>> {
        let mut bytes = Vec::new();
        input.take(MEMORY_BYTES_MAX.min(limit + 1)).read_to_end(&mut bytes)?;
        let endless = || {
            let message = format!("it is no regular file, and yields more than {} MiB", limit >> 20);
            io::Error::new(io::ErrorKind::FileTooLarge, message)
        };
        if bytes.len() as u64 > limit {
            return Err(endless());
        }
        if (bytes.len() as u64) < MEMORY_BYTES_MAX {
            return Ok(Arc::new(bytes));
        }
        self.scratch(&mut |out| {
            out.write_all(&bytes)?;
            // What is in the file need not be in memory too.
            bytes = Vec::new();
            match io::copy(&mut input.take(limit + 1 - MEMORY_BYTES_MAX), out)? {
                rest if rest > limit - MEMORY_BYTES_MAX => Err(endless()),
                _ => Ok(()),
            }
        })
    }
}

/// Maximum number of bytes read from a pipe, which may be endless.
const PIPED_BYTES_MAX: u64 = 64 << 30;

/// Maximum number of bytes read from a device. Nearly all devices are endless or empty; a terminal is typed into.
const DEVICE_BYTES_MAX: u64 = 64 << 20;

/// Size up to which a stream is kept in memory; above, in a temporary file.
const MEMORY_BYTES_MAX: u64 = 16 << 20;

#[cfg(unix)]
fn is_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_char_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

/// What standard input is.
#[cfg(unix)]
enum Redirected {
    /// A file that has not been read yet.
    File(OpenFile),
    Device,
    /// A pipe, or a file of which a part has been read.
    Pipe,
}

#[cfg(unix)]
fn redirected() -> io::Result<Redirected> {
    use std::io::Seek;
    use std::os::fd::AsFd;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let metadata = file.metadata()?;
    Ok(match metadata.is_file() && file.stream_position()? == 0 {
        true => Redirected::File(OpenFile::new(file, &metadata)),
        false if is_device(&metadata) => Redirected::Device,
        false => Redirected::Pipe,
    })
}

/// A regular file, with metadata that reveals changes by others.
struct OpenFile {
    file: File,
    size: u64,
    modified: Option<SystemTime>,
    #[allow(dead_code)] // Removes the file when it is dropped, where the system cannot do without its name.
    guard: Option<Temporary>,
}

impl OpenFile {
    fn new(file: File, metadata: &Metadata) -> OpenFile {
        OpenFile { file, size: metadata.len(), modified: metadata.modified().ok(), guard: None }
    }
}

impl Content for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        while !out.is_empty() {
            match std::os::windows::fs::FileExt::seek_read(&self.file, out, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => {
                    out = &mut out[count..];
                    offset += count as u64;
                }
            }
        }
        Ok(())
    }

    fn modified(&self) -> Option<Duration> {
        self.modified?.duration_since(SystemTime::UNIX_EPOCH).ok()
    }

    fn unchanged(&self) -> io::Result<()> {
        let now = self.file.metadata()?;
        if now.len() != self.size || now.modified().ok() != self.modified {
            return Err(io::Error::other("the file changed while it was read"));
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => address::refused(path).unwrap_or(error),
        _ => error,
    })?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    Ok(file)
}

/// Links are followed, so that the target is replaced and the link stays.
fn resolve_link(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
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

        fn names(&self) -> Vec<std::ffi::OsString> {
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
    fn an_open_file_is_read_anywhere_and_a_change_is_noticed() {
        let folder = Folder::new("open");
        let path = folder.0.join("a");
        fs::write(&path, b"abcdef").unwrap();
        let content = OsWorld::new().open(&path).unwrap();
        let mut part = [0; 3];
        content.read_at(2, &mut part).unwrap();
        assert_eq!((content.size(), &part), (6, b"cde"));
        assert!(content.read_at(4, &mut part).is_err());
        content.unchanged().unwrap();
        fs::write(&path, b"abcdefg").unwrap();
        assert!(content.unchanged().is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_read_once_and_a_device_within_limits() {
        use std::os::fd::AsRawFd;
        let (read, mut write) = io::pipe().unwrap();
        write.write_all(b"a,b\n1,2\n").unwrap();
        drop(write);
        let world = OsWorld::new();
        let path = PathBuf::from(format!("/dev/fd/{}", read.as_raw_fd()));
        for _ in 0..2 {
            assert_eq!(world.open(&path).unwrap().start(100).unwrap(), b"a,b\n1,2\n");
            assert_eq!(world.read(&path).unwrap(), b"a,b\n1,2\n");
        }
        assert_eq!(world.open("/dev/null".as_ref()).unwrap().size(), 0);
        assert_eq!(world.open("/dev/zero".as_ref()).err().unwrap().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(world.read("/dev/zero".as_ref()).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn scratch_files_have_no_name() {
        let content = OsWorld::new().scratch(&mut |out| out.write_all(b"abc")).unwrap();
        assert_eq!(content.start(10).unwrap(), b"abc");
    }

    #[test]
    fn patterns_name_files_in_order() {
        let folder = Folder::new("pattern");
        ["b.csv", "a.csv", "c.txt", ".d.csv"].iter().for_each(|name| fs::write(folder.0.join(name), b"").unwrap());
        let found = OsWorld::new().matching(&folder.0.join("*.csv")).unwrap();
        assert_eq!(found, [folder.0.join("a.csv"), folder.0.join("b.csv")]);
    }

    #[test]
    fn an_address_is_no_missing_file_and_a_missing_folder_is_named() {
        let world = OsWorld::new();
        for (path, words) in [
            ("https://pipewright.example/a.csv", "no HTTP: it was compiled without the feature `remote`"),
            ("s3://visits/*.csv", "no object stores: it was compiled without the feature `remote`"),
            ("adbc:driver?query=select", "no database drivers: it was compiled without the feature `adbc`"),
            ("gopher://a", "`gopher:` is no known kind of address"),
        ] {
            let path = Path::new(path);
            let written = world.replace(path, &mut |_| Ok(()));
            for error in [world.open(path).err(), world.read(path).err(), world.matching(path).err(), written.err()] {
                let error = error.unwrap();
                assert_eq!(error.kind(), io::ErrorKind::Unsupported);
                assert!(error.to_string().ends_with(words), "{error}");
            }
        }
        assert_eq!(world.open("no/such/file".as_ref()).err().unwrap().kind(), io::ErrorKind::NotFound);
        let folder = Folder::new("nowhere");
        let error = world.replace(&folder.0.join("none/a"), &mut |_| Ok(())).unwrap_err().to_string();
        assert!(error.starts_with("the folder `") && error.ends_with("none` does not exist"), "{error}");
    }

    #[test]
    fn directories_are_neither_read_nor_replaced() {
        let folder = Folder::new("folder");
        let world = OsWorld::new();
        assert_eq!(world.read(&folder.0).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert_eq!(world.replace(&folder.0, &mut |_| Ok(())).unwrap_err().kind(), io::ErrorKind::IsADirectory);
    }
}
