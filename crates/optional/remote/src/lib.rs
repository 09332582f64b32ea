//! Files on web servers and object stores: with [`RemoteWorld`] around another world, a path may be a URL.
//!
//! | address | what it is | what can be done |
//! |---|---|---|
//! | `https://…`, `http://…` | a file on a web server | read |
//! | `s3://bucket/key` | an object of S3 or a store that speaks like it | read, list, replace |
//! | `gs://bucket/key` | an object of Google Cloud Storage | read, list, replace |
//! | `az://container/key` | an object of Azure Blob Storage | read, list, replace |
//!
//! Files are read in blocks on demand; a change during reading is an error. Credentials for stores come from the
//! environment, in the variables that their own tools use.
//!
//! ```
//! use pipewright_remote::{RemoteWorld, object_store::memory::InMemory};
//! use pipewright_world::{MemoryWorld, World};
//! use std::sync::Arc;
//! let world = RemoteWorld::new(Arc::new(MemoryWorld::new().with_file("here.csv", "x\n1\n")))
//!     .with_store("s3://visits", Arc::new(InMemory::new()));
//! world.replace("s3://visits/2024/a.csv".as_ref(), &mut |out| out.write_all(b"y\n2\n"))?;
//! assert_eq!(world.matching("s3://visits/*/*.csv".as_ref())?, ["s3://visits/2024/a.csv".as_ref() as &std::path::Path]);
//! assert_eq!(world.read("s3://visits/2024/a.csv".as_ref())?, b"y\n2\n");
//! assert_eq!(world.read("here.csv".as_ref())?, b"x\n1\n");
//! # Ok::<(), std::io::Error>(())
//! ```

mod blocks;
mod net;
mod objects;
mod upload;
mod web;

pub use object_store;

use net::Net;
use object_store::ObjectStore;
use objects::Stores;
use pipewright_world::{Content, Fill, World};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A world whose paths may also be URLs; other paths are passed to the inner world.
pub struct RemoteWorld {
    inner: Arc<dyn World>,
    net: Arc<Net>,
    stores: Stores,
    pages: web::Pages,
}

impl std::fmt::Debug for RemoteWorld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteWorld").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl RemoteWorld {
    /// Adds remote files to a world. No request is made before a URL is used.
    #[must_use]
    pub fn new(inner: Arc<dyn World>) -> RemoteWorld {
        // An error means that the program has already chosen a crypto provider, which is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        RemoteWorld { inner, net: Arc::default(), stores: Stores::default(), pages: web::Pages::default() }
    }

    /// Sets the store for URLs that start with `root`, such as `s3://visits`, with any scheme.
    #[must_use]
    pub fn with_store(self, root: &str, store: Arc<dyn ObjectStore>) -> RemoteWorld {
        self.stores.insert(root, store);
        self
    }

    /// Returns which implementation handles a path.
    fn place<'a>(&self, path: &'a Path) -> io::Result<Place<'a>> {
        let Some(address) = path.to_str() else { return Ok(Place::Inner) };
        if ["https://", "http://"].iter().any(|start| address.starts_with(start)) {
            return Ok(Place::Web(address));
        }
        self.stores.place(address).map_or(Ok(Place::Inner), |place| place.map(Place::Store))
    }
}

enum Place<'a> {
    Inner,
    Web(&'a str),
    Store(objects::Place),
}

impl World for RemoteWorld {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if let Place::Inner = self.place(path)? {
            return self.inner.read(path);
        }
        let content = self.open(path)?;
        let bytes = content.start(usize::MAX)?;
        content.unchanged()?;
        Ok(bytes)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Content>> {
        match self.place(path)? {
            Place::Inner => self.inner.open(path),
            Place::Web(address) => self.pages.open(address, &self.net, &*self.inner),
            Place::Store(place) => place.open(&self.net),
        }
    }

    fn matching(&self, pattern: &Path) -> io::Result<Vec<PathBuf>> {
        match self.place(pattern)? {
            Place::Inner => self.inner.matching(pattern),
            Place::Store(place) => place.matching(&self.net),
            // A question mark starts the query string of a URL.
            Place::Web(address) if !address.contains('*') => Ok(vec![pattern.to_path_buf()]),
            Place::Web(_) => {
                let message = "there is no such file, and a web server does not list its files; name them one by one";
                Err(io::Error::new(io::ErrorKind::Unsupported, message))
            }
        }
    }

    fn scratch(&self, fill: Fill<'_>) -> io::Result<Arc<dyn Content>> {
        self.inner.scratch(fill)
    }

    fn standard_input(&self) -> io::Result<Arc<dyn Content>> {
        self.inner.standard_input()
    }

    fn standard_input_is_terminal(&self) -> bool {
        self.inner.standard_input_is_terminal()
    }

    fn replace(&self, path: &Path, fill: Fill<'_>) -> io::Result<()> {
        match self.place(path)? {
            Place::Inner => self.inner.replace(path, fill),
            Place::Store(place) => place.replace(&self.net, fill),
            Place::Web(_) => {
                let message = "files of web servers are only read; write to an object store, or to a file here";
                Err(io::Error::new(io::ErrorKind::Unsupported, message))
            }
        }
    }

    fn canonical(&self, path: &Path) -> PathBuf {
        match self.place(path) {
            Ok(Place::Inner) => self.inner.canonical(path),
            _ => path.to_path_buf(),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        match self.place(path) {
            Ok(Place::Inner) => self.inner.exists(path),
            Ok(Place::Web(address)) => web::exists(address, &self.net),
            Ok(Place::Store(place)) => place.exists(&self.net),
            Err(_) => false,
        }
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(path, bytes)
    }

    fn state_folder(&self) -> Option<PathBuf> {
        self.inner.state_folder()
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }
}

/// Returns the root cause of an error in one short line.
fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
