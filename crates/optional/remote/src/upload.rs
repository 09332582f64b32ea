//! Upload of an object to a store: small ones at once, large ones in parts. It becomes visible only when complete.

use crate::net::Net;
use crate::objects::explained;
use object_store::path::Path as Key;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use std::io;
use std::sync::Arc;

/// Size of a part in bytes. Stores allow at most ten thousand parts.
const PART_BYTES: usize = 32 << 20;

/// An upload in progress; without [`Upload::finish`], it is aborted.
pub(crate) struct Upload {
    net: Arc<Net>,
    store: Arc<dyn ObjectStore>,
    key: Key,
    root: String,
    waiting: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Upload {
    pub(crate) fn new(net: Arc<Net>, store: Arc<dyn ObjectStore>, key: Key, root: String) -> Upload {
        Upload { net, store, key, root, waiting: Vec::new(), parts: None }
    }

    /// Uploads the rest and completes the object.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        if self.parts.is_some() {
            self.send_part()?;
        }
        let Some(mut parts) = self.parts.take() else {
            let (store, key, bytes) = (self.store.clone(), self.key.clone(), std::mem::take(&mut self.waiting));
            return self.wait(async move { store.put(&key, PutPayload::from(bytes)).await.map(drop) });
        };
        let (parts, done) = self.wait(async move {
            let done = parts.complete().await.map(drop);
            Ok((parts, done))
        })?;
        // Until completed, the parts must be discarded on drop.
        self.parts = done.is_err().then_some(parts);
        done.map_err(|error| explained(&self.root, &error))
    }

    fn send_part(&mut self) -> io::Result<()> {
        let parts = self.parts.take();
        let (store, key) = (self.store.clone(), self.key.clone());
        let mut parts = match parts {
            Some(parts) => parts,
            None => self.wait(async move { store.put_multipart(&key).await })?,
        };
        let sent = parts.put_part(PutPayload::from(std::mem::take(&mut self.waiting)));
        self.parts = Some(parts);
        self.wait(sent)
    }

    fn wait<T: Send + 'static>(&self, work: impl Future<Output = Result<T, Error>> + Send + 'static) -> io::Result<T> {
        let root = self.root.clone();
        self.net.wait(async move { work.await.map_err(|error| explained(&root, &error)) })
    }
}

impl io::Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART_BYTES {
            self.send_part()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            // If discarding fails, the store will expire the parts; the original error is the one to report.
            drop(self.wait(async move { parts.abort().await }));
        }
    }
}
