//! Files in object stores: `s3://bucket/key`, `gs://…`, `az://container/…`. Credentials come from the environment.

use crate::blocks::{Blocks, Source};
use crate::net::Net;
use crate::upload::Upload;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{Error, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use pipewright_world::{Content, Fill};
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The schemes of object stores.
const SCHEMES: [&str; 3] = ["s3", "gs", "az"];

/// Maximum number of objects that one pattern examines.
const LISTED_MAX: usize = 1_000_000;

/// As for files: `*` matches neither `/` nor hidden names.
const PATTERN_RULES: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// The known stores by root, such as `s3://bucket`.
#[derive(Default)]
pub(crate) struct Stores(Mutex<HashMap<String, Arc<dyn ObjectStore>>>);

impl Stores {
    /// Registers the store of paths that start with `root`.
    pub(crate) fn insert(&self, root: &str, store: Arc<dyn ObjectStore>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(root.to_owned(), store);
    }

    /// Returns the place of an object-store URL; `None` for other URLs.
    pub(crate) fn place(&self, address: &str) -> Option<io::Result<Place>> {
        let (scheme, rest) = address.split_once("://")?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let root = format!("{scheme}://{bucket}");
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&root).cloned();
        if known.is_none() && !SCHEMES.contains(&scheme) {
            return None;
        }
        let store = known.map_or_else(|| self.make(scheme, &root), Ok);
        Some(store.map(|store| Place { store, root, key: key.to_owned() }))
    }

    fn make(&self, scheme: &str, root: &str) -> io::Result<Arc<dyn ObjectStore>> {
        // Without credentials in the environment, some stores look for a metadata server, for a long time.
        let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() };
        let store: Result<Arc<dyn ObjectStore>, Error> = match scheme {
            "s3" => {
                AmazonS3Builder::from_env().with_url(root).with_retry(retry).build().map(|made| Arc::new(made) as _)
            }
            "gs" => {
                let builder = GoogleCloudStorageBuilder::from_env().with_url(root).with_retry(retry);
                builder.build().map(|made| Arc::new(made) as _)
            }
            _ => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(root).with_retry(retry);
                builder.build().map(|made| Arc::new(made) as _)
            }
        };
        let store = store.map_err(|error| explained(root, &error))?;
        self.insert(root, store.clone());
        Ok(store)
    }
}

/// A key, or a pattern of keys, in a store.
pub(crate) struct Place {
    store: Arc<dyn ObjectStore>,
    root: String,
    key: String,
}

impl Place {
    pub(crate) fn open(self, net: &Arc<Net>) -> io::Result<Arc<dyn Content>> {
        let (object, size) = net.wait(async move {
            let meta = self.head().await?;
            let size = meta.size;
            Ok((Object { store: self.store, root: self.root, meta }, size))
        })?;
        Ok(Arc::new(Blocks::new(net.clone(), Arc::new(object), size, None)))
    }

    pub(crate) fn exists(self, net: &Net) -> bool {
        net.wait(async move { self.head().await }).is_ok()
    }

    async fn head(&self) -> io::Result<ObjectMeta> {
        let key = self.parsed()?;
        self.store.head(&key).await.map_err(|error| explained(&self.root, &error))
    }

    /// Returns the objects that match the key as a pattern.
    pub(crate) fn matching(self, net: &Net) -> io::Result<Vec<PathBuf>> {
        let bad = |error: glob::PatternError| io::Error::new(io::ErrorKind::InvalidInput, error);
        let pattern = glob::Pattern::new(&self.key).map_err(bad)?;
        let root = self.root.clone();
        let mut found = net.wait(async move { self.listed().await })?;
        found.retain(|key| pattern.matches_with(key, PATTERN_RULES));
        found.sort_unstable();
        Ok(found.into_iter().map(|key| PathBuf::from(format!("{root}/{key}"))).collect())
    }

    /// Lists all keys in the folder before the first wildcard.
    async fn listed(&self) -> io::Result<Vec<String>> {
        let plain = self.key.find(['*', '?', '[']).map_or(self.key.as_str(), |at| &self.key[..at]);
        let (folder, _) = plain.rsplit_once('/').unwrap_or_default();
        let is_flat = !self.key[folder.len()..].trim_start_matches('/').contains('/');
        let folder = Key::parse(folder).map_err(|error| bad_key(&error))?;
        let failed = |error: Error| explained(&self.root, &error);
        let mut keys = Vec::new();
        if is_flat {
            let listed = self.store.list_with_delimiter(Some(&folder)).await.map_err(failed)?;
            keys.extend(listed.objects.into_iter().map(|meta| meta.location.to_string()));
        } else {
            let mut objects = self.store.list(Some(&folder));
            while let Some(meta) = objects.try_next().await.map_err(failed)? {
                keys.push(meta.location.to_string());
                if keys.len() > LISTED_MAX {
                    let message = format!("{}: there are more than {LISTED_MAX} objects to look at", self.root);
                    return Err(io::Error::new(io::ErrorKind::QuotaExceeded, message));
                }
            }
        }
        Ok(keys)
    }

    pub(crate) fn replace(self, net: &Arc<Net>, fill: Fill<'_>) -> io::Result<()> {
        let key = self.parsed()?;
        let mut upload = Upload::new(net.clone(), self.store, key, self.root);
        fill(&mut upload)?;
        upload.finish()
    }

    fn parsed(&self) -> io::Result<Key> {
        if self.key.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it has no object key in {}", self.root)));
        }
        Key::parse(&self.key).map_err(|error| bad_key(&error))
    }
}

/// An object as of when it was opened.
struct Object {
    store: Arc<dyn ObjectStore>,
    root: String,
    meta: ObjectMeta,
}

impl Object {
    fn is(&self, other: &ObjectMeta) -> io::Result<()> {
        let same = |meta: &ObjectMeta| (meta.size, meta.e_tag.clone(), meta.last_modified);
        if same(&self.meta) == same(other) { Ok(()) } else { Err(changed()) }
    }
}

impl Source for Object {
    fn fetch(self: Arc<Self>, range: Range<u64>) -> BoxFuture<'static, io::Result<Bytes>> {
        async move {
            let failed = |error: Error| explained(&self.root, &error);
            let options = GetOptions::new().with_range(Some(range.clone()));
            let found = self.store.get_opts(&self.meta.location, options).await.map_err(failed)?;
            self.is(&found.meta)?;
            let bytes = found.bytes().await.map_err(failed)?;
            let whole = bytes.len() as u64 == range.end - range.start;
            whole.then_some(bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
        }
        .boxed()
    }

    fn check(self: Arc<Self>) -> BoxFuture<'static, io::Result<()>> {
        async move {
            let now = self.store.head(&self.meta.location).await;
            self.is(&now.map_err(|error| explained(&self.root, &error))?)
        }
        .boxed()
    }
}

/// Creates the failure for an error of a store: the root cause, in one line.
pub(crate) fn explained(root: &str, error: &Error) -> io::Error {
    let kind = match error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::InvalidPath { .. } => io::ErrorKind::InvalidInput,
        Error::NotSupported { .. } | Error::NotImplemented { .. } => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    let reason = match error {
        Error::PermissionDenied { .. } => "permission denied: ",
        Error::Unauthenticated { .. } => "the credentials are missing or invalid: ",
        _ => "",
    };
    io::Error::new(kind, format!("{root}: {reason}{}", crate::root_cause(error)))
}

fn bad_key(error: &object_store::path::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error.to_string())
}

fn changed() -> io::Error {
    io::Error::other("the file changed while it was read")
}
